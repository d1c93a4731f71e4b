/* SPDX-License-Identifier: Apache-2.0
 * From one epoch to the next: what a commit derives, and putting it in place.
 */
#include "mls/group.h"

#include "mls/transcript.h"

/* ---- contexts ---- */

void tacet_context_free(tacet_context *c) {
  tacet_bytes_free(&c->bytes);
  *c = (tacet_context){.bytes = {NULL, 0}};
}

tacet_err tacet_context_set(tacet_context *c, tacet_span in) {
  TACET_CLEANUP(tacet_context_free) tacet_context made = {.bytes = {NULL, 0}};
  TACET_TRY(tacet_bytes_set(&made.bytes, in));
  TACET_TRY(
      tacet_group_context_parse(tacet_bytes_span(&made.bytes), &made.view));
  tacet_context_free(c);
  *c = made;
  made = (tacet_context){.bytes = {NULL, 0}};
  return TACET_OK;
}

tacet_err tacet_context_make(tacet_context *c,
                             const tacet_group_context *from) {
  TACET_BUF(w, TACET_MLS_MESSAGE_LIMIT);
  tacet_span encoded;
  tacet_group_context_write(&w, from);
  TACET_TRY(tacet_buf_done(&w, &encoded));
  return tacet_context_set(c, encoded);
}

tacet_err tacet_next_context(const tacet_group_context *old,
                             tacet_span tree_hash, tacet_span confirmed,
                             tacet_span extensions, tacet_context *out) {
  if (old->epoch == UINT64_MAX) {
    return TACET_ERR_LIMIT;
  }
  const tacet_group_context next = {.version = old->version,
                                    .cipher_suite = old->cipher_suite,
                                    .group_id = old->group_id,
                                    .epoch = old->epoch + 1,
                                    .tree_hash = tree_hash,
                                    .confirmed_transcript_hash = confirmed,
                                    .extensions = extensions};
  return tacet_context_make(out, &next);
}

/* ---- deriving ---- */

void tacet_next_free(tacet_next *n) {
  tacet_tree_change_free(n->change);
  tacet_context_free(&n->context);
  tacet_bytes_free(&n->reinit);
  tacet_wipe(n, sizeof(*n));
}

static tacet_err confirmed_hash(const tacet_derivation *d, uint8_t *out) {
  TACET_BUF(w, TACET_MLS_MESSAGE_LIMIT);
  tacet_span content;
  tacet_frame_content_write(&w, d->commit);
  TACET_TRY(tacet_buf_done(&w, &content));
  return tacet_transcript_confirmed(d->suite->hash, d->interim,
                                    d->commit->wire_format, content,
                                    d->commit->auth.signature, out);
}

tacet_err tacet_next_derive(const tacet_derivation *d, tacet_next *next,
                            tacet_secret *joiner_secret,
                            uint8_t *confirmation_tag) {
  const tacet_hash *h = d->suite->hash;
  uint8_t confirmed[TACET_HASH_MAX];
  TACET_SECRET(joiner);
  TACET_TRY(confirmed_hash(d, confirmed));
  tacet_span confirmed_span = tacet_span_of(confirmed, h->len);
  TACET_TRY(tacet_next_context(d->old, d->tree_hash, confirmed_span,
                               d->extensions, &next->context));
  tacet_span context = tacet_context_span(&next->context);
  TACET_TRY(tacet_epoch_joiner(h, d->init, d->commit_secret, context, &joiner));
  TACET_TRY(
      tacet_epoch_derive(h, &joiner, d->psk_secret, context, &next->secrets));
  TACET_TRY(tacet_confirmation_tag(h, &next->secrets.confirmation,
                                   confirmed_span, confirmation_tag));
  TACET_TRY(tacet_transcript_interim(h, confirmed_span,
                                     tacet_span_of(confirmation_tag, h->len),
                                     next->interim));
  if (joiner_secret != NULL) {
    TACET_TRY(tacet_secret_set(joiner_secret, tacet_secret_span(&joiner)));
  }
  return TACET_OK;
}

/* ---- entering ---- */

/* Replaces the list of past epochs by one with room for another in front; what
 * falls off its end is dropped. */
static tacet_err past_list_make(const tacet_mls_group *g,
                                tacet_past_epoch **out, size_t *n_kept) {
  size_t max = g->config.past_epochs;
  *n_kept = g->n_past < max ? g->n_past : max - 1;
  *out = tacet_alloc_array(*n_kept + 1, sizeof(**out));
  return *out == NULL ? TACET_ERR_NOMEM : TACET_OK;
}

static void past_push(tacet_mls_group *g, tacet_past_epoch *list, size_t n_kept,
                      tacet_past_epoch *left, uint64_t now) {
  left->left = now;
  left->context = g->context; /* moved */
  g->context = (tacet_context){.bytes = {NULL, 0}};
  left->sender_data = g->secrets.sender_data;
  left->resumption = g->secrets.resumption;
  left->ratchets = g->ratchets; /* moved */
  tacet_wipe(&g->ratchets, sizeof(g->ratchets));
  list[0] = *left;
  for (size_t i = 0; i < g->n_past; i++) {
    if (i < n_kept) {
      list[i + 1] = g->past[i];
    } else {
      tacet_past_free(&g->past[i]);
    }
  }
  tacet_free_wiped(g->past, g->n_past * sizeof(*g->past));
  g->past = list;
  g->n_past = n_kept + 1;
  tacet_wipe(left, sizeof(*left));
}

static void proposals_drop(tacet_mls_group *g) {
  tacet_mls_proposals_clear(g);
  tacet_free(g->proposals);
  g->proposals = NULL;
  g->cap_proposals = 0;
}

/* Everything but the past and the tree, which are done. Cannot fail. */
static void take_over(tacet_mls_group *g, tacet_next *next,
                      tacet_secret_tree *ratchets) {
  tacet_secret_tree_free(&g->ratchets);
  g->ratchets = *ratchets;
  tacet_wipe(ratchets, sizeof(*ratchets));
  tacet_context_free(&g->context);
  g->context = next->context;
  next->context = (tacet_context){.bytes = {NULL, 0}};
  memcpy(g->interim, next->interim, sizeof(g->interim));
  g->secrets = next->secrets;
  tacet_secret_wipe(&g->secrets.encryption);
  g->keys = next->keys;
  if (next->signature_key.len > 0) {
    g->signature_key = next->signature_key;
  }
  tacet_bytes_free(&g->reinit);
  g->reinit = next->reinit;
  next->reinit = (tacet_bytes){NULL, 0};
  proposals_drop(g);
}

tacet_err tacet_group_enter(tacet_mls_group *g, tacet_next *next, uint64_t now,
                            bool forget) {
  bool keep = !forget && g->config.past_epochs > 0;
  tacet_past_epoch *list = NULL;
  size_t n_kept = 0;
  TACET_CLEANUP(tacet_past_free) tacet_past_epoch left = {.left = now};
  TACET_CLEANUP(tacet_secret_tree_free)
  tacet_secret_tree ratchets = {.suite = g->suite};
  if (keep) {
    TACET_TRY(tacet_past_leaves(g, next->change, &left));
    TACET_TRY(past_list_make(g, &list, &n_kept));
  }
  tacet_err err = tacet_tree_attach(g->tree, &next->change);
  if (err == TACET_OK) {
    err = tacet_secret_tree_init(&ratchets, g->suite,
                                 tacet_tree_n_leaves(g->tree),
                                 &next->secrets.encryption);
    if (err != TACET_OK) {
      tacet_tree_detach(g->tree, &next->change);
    }
  }
  if (err != TACET_OK) {
    tacet_free(list);
    return err;
  }
  tacet_tree_commit(g->tree);
  if (keep) {
    past_push(g, list, n_kept, &left, now);
  } else {
    tacet_mls_forget_past(g, UINT64_MAX); /* a state may have brought some */
  }
  take_over(g, next, &ratchets);
  tacet_next_free(next);
  return TACET_OK;
}
