/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk, with the tokens at this machine's ports. */
#include "desk/command.h"

int main(int argc, char **argv) {
  return desk_main(argc, argv, &desk_usb_ports);
}
