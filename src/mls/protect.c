/* SPDX-License-Identifier: Apache-2.0
 * Application messages on their way out (RFC 9420 6.3). */
#include "mls/group.h"

static tacet_err may_protect(const tacet_mls_group *g,
                             const tacet_mls_protect_args *args) {
  TACET_TRY(tacet_group_may_send(g));
  /* 12.4: whoever has seen proposals commits them first. */
  return g->n_proposals > 0 && !args->allow_pending_proposals ? TACET_ERR_STATE
                                                              : TACET_OK;
}

static tacet_err protect(tacet_mls_group *g, tacet_span content,
                         const tacet_mls_protect_args *args, tacet_buf *message,
                         uint32_t *generation) {
  TACET_MESSAGE_KEY(key);
  uint8_t sig[TACET_SIG_MAX];
  TACET_TRY(tacet_secret_tree_next(&g->ratchets, g->keys.leaf,
                                   TACET_RATCHET_APPLICATION, generation));
  TACET_TRY(tacet_secret_tree_key(&g->ratchets, g->keys.leaf,
                                  TACET_RATCHET_APPLICATION, *generation, 0,
                                  &key));
  tacet_frame f = {.wire_format = TACET_WIRE_FORMAT_PRIVATE_MESSAGE,
                   .content = {.group_id = g->context.view.group_id,
                               .epoch = g->context.view.epoch,
                               .sender = {TACET_SENDER_MEMBER, g->keys.leaf},
                               .authenticated_data = args->aad,
                               .content_type = TACET_CONTENT_TYPE_APPLICATION,
                               .body = {.application_data = content}}};
  TACET_TRY(tacet_frame_sign(g->suite, &f, tacet_context_span(&g->context),
                             &g->signature_key, &g->work, sig));
  const tacet_private_keys keys = {.generation = *generation,
                                   .key = &key,
                                   .sender_data = &g->secrets.sender_data};
  return tacet_private_write(g->suite, &f, &keys, args->padding, &g->work,
                             message);
}

tacet_err tacet_mls_protect(tacet_mls_group *g, tacet_span content,
                            const tacet_mls_protect_args *args,
                            tacet_buf *message) {
  size_t start = message->len;
  uint32_t generation = 0;
  TACET_TRY(message->err);
  TACET_TRY(may_protect(g, args));
  tacet_err err = protect(g, content, args, message, &generation);
  if (err == TACET_OK) {
    err = tacet_secret_tree_spend(&g->ratchets, g->keys.leaf,
                                  TACET_RATCHET_APPLICATION, generation, 0, 0);
  }
  tacet_group_tidy(g);
  if (err != TACET_OK) {
    tacet_buf_cut(message, start);
  }
  return err;
}
