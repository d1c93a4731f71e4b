/* SPDX-License-Identifier: Apache-2.0
 * The saved form of a group. load.c reads it: change both, and the version.
 *
 *   shared: version, suite, GroupContext, ratchet tree
 *   own:    version, hash of the GroupContext (which names the tree's hash, so
 *           that the two parts cannot be mixed up), secrets, proposals, past
 *           epochs, pending commit
 */
#include "mls/state.h"

static void write_secret(tacet_buf *w, const tacet_secret *s) {
  tacet_write_vec(w, tacet_secret_span(s));
}

/* Without what was expanded: that is found again. */
static void write_signature_key(tacet_buf *w, const tacet_suite *suite,
                                const tacet_secret *key) {
  size_t len = key->len == 0 ? 0 : suite->sig->private_len;
  tacet_write_vec(w, tacet_span_of(key->b, len));
}

static void write_epoch(tacet_buf *w, const tacet_epoch *e) {
  const tacet_secret *list[TACET_STATE_EPOCH_SECRETS];
  tacet_state_epoch_list(e, list);
  for (size_t i = 0; i < TACET_STATE_EPOCH_SECRETS; i++) {
    write_secret(w, list[i]);
  }
}

static void write_hash(tacet_buf *w, const tacet_suite *s,
                       const uint8_t *hash) {
  tacet_write_bytes(w, tacet_span_of(hash, s->hash->len));
}

/* ---- parts ---- */

static void write_proposals(tacet_buf *w, const tacet_mls_group *g) {
  size_t list = tacet_write_open(w);
  for (size_t i = 0; i < g->n_proposals; i++) {
    const tacet_cached_proposal *p = &g->proposals[i];
    tacet_write_u8(w, p->sender.type);
    tacet_write_u32(w, p->sender.index);
    write_hash(w, g->suite, p->ref);
    tacet_write_vec(w, tacet_bytes_span(&p->bytes));
    write_secret(w, &p->leaf_key);
    write_signature_key(w, g->suite, &p->signature_key);
  }
  tacet_write_close(w, list);
}

static void write_leaves(tacet_buf *w, const tacet_past_epoch *p) {
  size_t list = tacet_write_open(w);
  for (size_t i = 0; i < p->n_leaves; i++) {
    const tacet_leaf_then *l = &p->leaves[i];
    tacet_write_u32(w, l->leaf);
    tacet_write_optional(w, !l->blank);
    if (!l->blank) {
      tacet_write_vec(w, tacet_bytes_span(&l->signature_key));
      tacet_write_vec(w, tacet_bytes_span(&l->credential));
    }
  }
  tacet_write_close(w, list);
}

static void write_past(tacet_buf *w, const tacet_mls_group *g) {
  size_t list = tacet_write_open(w);
  for (size_t i = 0; i < g->n_past; i++) {
    const tacet_past_epoch *p = &g->past[i];
    tacet_write_u64(w, p->left);
    tacet_write_vec(w, tacet_context_span(&p->context));
    write_secret(w, &p->sender_data);
    write_secret(w, &p->resumption);
    tacet_secret_tree_write(w, &p->ratchets);
    write_leaves(w, p);
  }
  tacet_write_close(w, list);
}

static void write_pending(tacet_buf *w, const tacet_mls_group *g) {
  tacet_write_optional(w, g->pending != NULL);
  if (g->pending == NULL) {
    return;
  }
  const tacet_next *n = &g->pending->next;
  write_hash(w, g->suite, g->pending->message_hash);
  tacet_tree_change_write(n->change, w);
  tacet_tree_private_write(w, &n->keys);
  tacet_write_vec(w, tacet_context_span(&n->context));
  write_hash(w, g->suite, n->interim);
  write_epoch(w, &n->secrets);
  write_signature_key(w, g->suite, &n->signature_key);
  tacet_write_vec(w, tacet_bytes_span(&n->reinit));
}

/* ---- the whole ---- */

static tacet_err finish(tacet_buf *w, size_t start) {
  tacet_err err = w->err;
  if (err != TACET_OK) {
    tacet_buf_cut(w, start);
  }
  return err;
}

tacet_err tacet_mls_save_shared(const tacet_mls_group *g, tacet_buf *shared) {
  size_t start = shared->len;
  TACET_TRY(shared->err);
  tacet_write_u8(shared, TACET_STATE_VERSION);
  tacet_write_u16(shared, g->suite->id);
  tacet_write_vec(shared, tacet_context_span(&g->context));
  tacet_tree_write(g->tree, shared);
  return finish(shared, start);
}

tacet_err tacet_mls_save_own(const tacet_mls_group *g, tacet_buf *own) {
  uint8_t context_hash[TACET_HASH_MAX];
  size_t start = own->len;
  TACET_TRY(own->err);
  TACET_TRY(tacet_hash_one(g->suite->hash, tacet_context_span(&g->context),
                           context_hash));
  tacet_write_u8(own, TACET_STATE_VERSION);
  write_hash(own, g->suite, context_hash);
  tacet_tree_private_write(own, &g->keys);
  write_signature_key(own, g->suite, &g->signature_key);
  write_hash(own, g->suite, g->interim);
  write_epoch(own, &g->secrets);
  tacet_secret_tree_write(own, &g->ratchets);
  tacet_write_optional(own, g->removed);
  tacet_write_vec(own, tacet_bytes_span(&g->reinit));
  write_proposals(own, g);
  write_past(own, g);
  write_pending(own, g);
  return finish(own, start);
}

tacet_err tacet_mls_save(const tacet_mls_group *g, tacet_buf *state) {
  size_t start = state->len;
  TACET_TRY(state->err);
  size_t shared = tacet_write_open(state);
  tacet_err err = tacet_mls_save_shared(g, state);
  tacet_write_close(state, shared);
  size_t own = tacet_write_open(state);
  if (err == TACET_OK) {
    err = tacet_mls_save_own(g, state);
  }
  tacet_write_close(state, own);
  if (err != TACET_OK) {
    tacet_buf_cut(state, start);
    return err;
  }
  return finish(state, start);
}
