/* SPDX-License-Identifier: Apache-2.0
 * Forgeries. */
#include "tests/unit/client/forge.h"

#include "mls/commit.h"
#include "tests/support/support.h"

#define FORWARD 1000

void forge_commit_of(tacet_mls_group *g, uint32_t leaf, tacet_buf *out) {
  static const uint8_t commit[] = {0, 0}; /* no proposals, no path */
  static const uint8_t unsigned_[64], tag[32];
  TACET_MESSAGE_KEY(key);
  tacet_frame f = {
      .wire_format = TACET_WIRE_FORMAT_PRIVATE_MESSAGE,
      .content = {.group_id = g->context.view.group_id,
                  .epoch = g->context.view.epoch,
                  .sender = {TACET_SENDER_MEMBER, leaf},
                  .content_type = TACET_CONTENT_TYPE_COMMIT,
                  .body = {.raw = tacet_span_of(commit, sizeof(commit))}},
      .auth = {.signature = tacet_span_of(unsigned_, sizeof(unsigned_)),
               .confirmation_tag = tacet_span_of(tag, sizeof(tag))}};
  assert_ok(tacet_secret_tree_key(&g->ratchets, leaf, TACET_RATCHET_HANDSHAKE,
                                  0, FORWARD, &key));
  tacet_private_keys keys = {
      .generation = 0, .key = &key, .sender_data = &g->secrets.sender_data};
  assert_ok(tacet_private_write(g->suite, &f, &keys, 0, &g->work, out));
}

void forge_proposal(tacet_mls_group *g, uint32_t leaf, tacet_buf *out) {
  tacet_mls_propose_args args = {
      .proposal = {.type = TACET_MLS_REMOVE, .leaf = leaf}};
  assert_ok(tacet_mls_propose(g, &args, 0, out));
}

void forge_deafness(tacet_mls_group *g) {
  g->secrets.init.b[0] ^= 1;
}
