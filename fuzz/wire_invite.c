/* SPDX-License-Identifier: Apache-2.0
 * Invite links: what parses is written again as the same link, but for white
 * space around it; so is what it says of the key log. */
#include "tacet/keytrans/trust.h"
#include "tacet/wire/invite.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_trust(tacet_span in) {
  tacet_trust t;
  TACET_BUF(w, TACET_TRUST_MAX);
  if (tacet_trust_parse(in, &t) != TACET_OK) {
    return;
  }
  tacet_trust_write(&w, &t);
  if (w.err != TACET_OK || !tacet_span_equal(tacet_buf_span(&w), in)) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  check_trust((tacet_span){data, size});
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
  check_trust((tacet_span){invite.policy, invite.policy_len});
  return 0;
}
