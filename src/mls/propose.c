/* SPDX-License-Identifier: Apache-2.0
 * Proposals on their own, of members and of strangers (RFC 9420 12.1). */
#include "mls/commit.h"

/* ---- of a member ---- */

/* 12.1.2: a new leaf of source update. */
static tacet_err build_update(const tacet_mls_group *g,
                              const tacet_mls_update_args *args,
                              tacet_cached_proposal *keys, tacet_buf *w) {
  TACET_OWN_LEAF(leaf);
  TACET_TRY(tacet_own_leaf_update(g, args, &leaf));
  TACET_TRY(tacet_own_leaf_fresh_key(g->suite, &leaf, &keys->leaf_key));
  leaf.node.source = TACET_LEAF_SOURCE_UPDATE;
  leaf.node.parent_hash = TACET_SPAN_EMPTY;
  if (args->signature_key != NULL) {
    TACET_TRY(tacet_secret_set(&keys->signature_key,
                               tacet_secret_span(&leaf.signature_key)));
  }
  tacet_write_u16(w, TACET_PROPOSAL_UPDATE);
  return tacet_leaf_sign(g->suite, &leaf.node,
                         tacet_secret_span(&leaf.signature_key),
                         g->context.view.group_id, g->keys.leaf, w);
}

static tacet_err build(const tacet_mls_group *g,
                       const tacet_mls_propose_args *args,
                       tacet_cached_proposal *keys, tacet_buf *w) {
  return args->proposal.type == TACET_PROPOSAL_UPDATE
             ? build_update(g, &args->update, keys, w)
             : tacet_proposal_build(g->suite, &args->proposal, w);
}

/* What others would refuse is not sent. */
static tacet_err check(const tacet_mls_group *g, tacet_span encoded,
                       uint64_t now) {
  tacet_listed_proposal p = {.sender = {TACET_SENDER_MEMBER, g->keys.leaf}};
  TACET_TRY(tacet_proposal_parse(encoded, &p.view));
  const tacet_proposal_rules rules = {.extensions = g->context.view.extensions,
                                      .check_lifetime = true,
                                      .now = now};
  return tacet_proposal_check(g, &p, &rules);
}

static tacet_err propose(tacet_mls_group *g, const tacet_mls_propose_args *args,
                         uint64_t now, tacet_buf *message) {
  TACET_CACHED(cached);
  TACET_BUF(w, TACET_MLS_MESSAGE_LIMIT);
  uint8_t sig[TACET_SIG_MAX];
  uint32_t generation = 0;
  const tacet_wrap wrap = {.public_message = args->public_message,
                           .padding = args->padding};
  TACET_TRY(build(g, args, &cached, &w));
  TACET_TRY(check(g, tacet_buf_span(&w), now));
  tacet_frame f = {.wire_format = wrap.public_message
                                      ? TACET_WIRE_FORMAT_PUBLIC_MESSAGE
                                      : TACET_WIRE_FORMAT_PRIVATE_MESSAGE,
                   .content = {.group_id = g->context.view.group_id,
                               .epoch = g->context.view.epoch,
                               .sender = {TACET_SENDER_MEMBER, g->keys.leaf},
                               .authenticated_data = args->aad,
                               .content_type = TACET_CONTENT_TYPE_PROPOSAL,
                               .body = {.raw = tacet_buf_span(&w)}}};
  TACET_TRY(tacet_frame_sign(g->suite, &f, tacet_context_span(&g->context),
                             &g->signature_key, &g->work, sig));
  TACET_TRY(tacet_cached_set(g->suite, &f, &cached));
  TACET_TRY(tacet_cached_reserve(g, g->config.max_proposals));
  TACET_TRY(tacet_handshake_write(g, &f, &wrap, &generation, message));
  TACET_TRY(tacet_handshake_spend(g, &wrap, generation));
  (void)tacet_cached_add(g, &cached);
  return TACET_OK;
}

tacet_err tacet_mls_propose(tacet_mls_group *g,
                            const tacet_mls_propose_args *args, uint64_t now,
                            tacet_buf *message) {
  size_t start = message->len;
  TACET_TRY(message->err);
  TACET_TRY(tacet_group_may_send(g));
  if (g->staged != NULL) {
    return TACET_ERR_STATE;
  }
  tacet_err err = propose(g, args, now, message);
  tacet_group_tidy(g);
  if (err != TACET_OK) {
    tacet_buf_cut(message, start);
  }
  return err;
}

/* ---- of a stranger (12.1.8) ---- */

static tacet_err external_propose(const tacet_mls_external_proposal_args *args,
                                  tacet_buf *message) {
  TACET_BUF(body, TACET_MLS_MESSAGE_LIMIT);
  TACET_BUF(work, TACET_MLS_MESSAGE_LIMIT);
  uint8_t sig[TACET_SIG_MAX];
  uint8_t sender = args->new_member ? TACET_SENDER_NEW_MEMBER_PROPOSAL
                                    : TACET_SENDER_EXTERNAL;
  if (tacet_proposal_sender_check(args->proposal.type, sender) != TACET_OK) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(tacet_proposal_build(args->suite, &args->proposal, &body));
  tacet_frame f = {
      .wire_format = TACET_WIRE_FORMAT_PUBLIC_MESSAGE,
      .content = {.group_id = args->group_id,
                  .epoch = args->epoch,
                  .sender = {sender, args->new_member ? 0 : args->sender},
                  .authenticated_data = args->aad,
                  .content_type = TACET_CONTENT_TYPE_PROPOSAL,
                  .body = {.raw = tacet_buf_span(&body)}}};
  TACET_TRY(tacet_frame_sign(args->suite, &f, TACET_SPAN_EMPTY,
                             args->signature_key, &work, sig));
  return tacet_frame_public_write(args->suite, &f, TACET_SPAN_EMPTY, NULL,
                                  &work, message);
}

tacet_err
tacet_mls_external_propose(const tacet_mls_external_proposal_args *args,
                           tacet_buf *message) {
  size_t start = message->len;
  TACET_TRY(message->err);
  tacet_err err = external_propose(args, message);
  if (err != TACET_OK) {
    tacet_buf_cut(message, start);
  }
  return err;
}
