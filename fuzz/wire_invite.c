/* SPDX-License-Identifier: Apache-2.0
 * Invite links: what parses is written again as the same link, but for white
 * space around it. */
#include "tacet/wire/invite.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tacet_invite invite;
  char link[TACET_INVITE_LINK_MAX];
  if (tacet_invite_parse((tacet_span){data, size}, &invite) != TACET_OK) {
    return 0;
  }
  while (size > 0 && data[0] <= ' ') {
    data++;
    size--;
  }
  while (size > 0 && data[size - 1] <= ' ') {
    size--;
  }
  if (tacet_invite_write(&invite, link) != TACET_OK || strlen(link) != size ||
      memcmp(link, data, size) != 0) {
    abort();
  }
  return 0;
}
