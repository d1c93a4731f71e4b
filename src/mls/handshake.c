/* SPDX-License-Identifier: Apache-2.0
 * Handshake messages on their way out. */
#include "mls/commit.h"

tacet_err tacet_handshake_write(tacet_mls_group *g, const tacet_frame *f,
                                const tacet_wrap *wrap, uint32_t *generation,
                                tacet_buf *message) {
  if (wrap->public_message) {
    return tacet_frame_public_write(g->suite, f,
                                    tacet_context_span(&g->context),
                                    &g->secrets.membership, &g->work, message);
  }
  TACET_MESSAGE_KEY(key);
  uint32_t next = 0;
  TACET_TRY(tacet_secret_tree_next(&g->ratchets, g->keys.leaf,
                                   TACET_RATCHET_HANDSHAKE, &next));
  TACET_TRY(tacet_secret_tree_key(&g->ratchets, g->keys.leaf,
                                  TACET_RATCHET_HANDSHAKE, next, 0, &key));
  const tacet_private_keys keys = {
      .generation = next, .key = &key, .sender_data = &g->secrets.sender_data};
  TACET_TRY(tacet_private_write(g->suite, f, &keys, wrap->padding, &g->work,
                                message));
  *generation = next;
  return TACET_OK;
}

tacet_err tacet_handshake_spend(tacet_mls_group *g, const tacet_wrap *wrap,
                                uint32_t generation) {
  return wrap->public_message
             ? TACET_OK
             : tacet_secret_tree_spend(&g->ratchets, g->keys.leaf,
                                       TACET_RATCHET_HANDSHAKE, generation, 0,
                                       0);
}
