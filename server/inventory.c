/* SPDX-License-Identifier: Apache-2.0
 * tacetd inventory: everything that the server holds, and why. */
#include "server/command.h"

#include "server/ops/inventory.h"

#include <stdio.h>

int tacetd_command_inventory(const tacetd_args *args) {
  tacetd_trouble why = {""};
  tacetd_config c;
  if (!tacetd_args_config(args, &c)) {
    return TACETD_FAILED;
  }
  /* A list that is not true of this folder is worth nothing. */
  if (tacetd_inventory_check(args->data, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  if (!args->json) {
    tacetd_inventory_print(stdout);
  } else if (tacetd_inventory_print_json(stdout) == TACET_ERR_NOMEM) {
    tacetd_say("there is not enough memory to write the inventory");
    return TACETD_FAILED;
  }
  return TACETD_DONE;
}
