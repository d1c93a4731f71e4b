/* SPDX-License-Identifier: Apache-2.0
 * Joining with a Welcome (RFC 9420 12.4.3.1), step by step. */
#include "mls/join.h"

#include "mls/group_info.h"
#include "mls/key_package.h"
#include "mls/psk.h"
#include "mls/welcome_make.h"

struct tacet_mls_welcome {
  tacet_mls_config config;
  const tacet_suite *suite;
  tacet_bytes encrypted_info;
  tacet_bytes leaf; /* the own LeafNode, as it must stand in the tree */
  tacet_mls_keys keys;
  tacet_bytes secrets; /* GroupSecrets, decrypted */
  tacet_group_secrets view;
  tacet_mls_psk_id psks[TACET_MLS_PSKS_MAX];
  size_t n_psks;
  /* After unlock. */
  tacet_secret psk_secret;
  tacet_bytes info; /* GroupInfo, decrypted */
  tacet_group_info info_view;
};

void tacet_mls_welcome_free(tacet_mls_welcome *w) {
  if (w != NULL) {
    tacet_bytes_free(&w->encrypted_info);
    tacet_bytes_free(&w->leaf);
    tacet_bytes_free(&w->secrets);
    tacet_bytes_free(&w->info);
    tacet_free_wiped(w, sizeof(*w));
  }
}

static inline void welcome_cleanup(tacet_mls_welcome **w) {
  tacet_mls_welcome_free(*w);
}

/* ---- opening ---- */

static bool find_entry(const tacet_welcome *m, tacet_span ref,
                       tacet_encrypted_group_secrets *out) {
  tacet_span list = m->secrets;
  while (tacet_encrypted_group_secrets_next(&list, out)) {
    if (tacet_span_equal(out->new_member, ref)) {
      return true;
    }
  }
  return false;
}

/* A candidate that is no key package, or of another suite, is not ours. */
static bool is_invited(const tacet_suite *s, const tacet_welcome *m,
                       const tacet_mls_candidate *c, tacet_key_package *k,
                       tacet_encrypted_group_secrets *entry) {
  uint8_t ref[TACET_HASH_MAX];
  return tacet_key_package_message(c->key_package, k) == TACET_OK &&
         k->cipher_suite == s->id &&
         tacet_key_package_ref(s->hash, k, ref) == TACET_OK &&
         find_entry(m, tacet_span_of(ref, s->hash->len), entry);
}

static tacet_err open_entry(tacet_mls_welcome *w, const tacet_welcome *m,
                            const tacet_encrypted_group_secrets *entry) {
  const tacet_hpke_ciphertext *c = &entry->encrypted_group_secrets;
  size_t tag = w->suite->aead->tag_len;
  if (c->ciphertext.len <= tag) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_bytes_new(&w->secrets, c->ciphertext.len - tag));
  TACET_TRY(tacet_decrypt_with_label(
      w->suite, tacet_secret_span(&w->keys.init), "Welcome",
      m->encrypted_group_info, c->kem_output, c->ciphertext, w->secrets.p));
  return tacet_group_secrets_parse(tacet_bytes_span(&w->secrets), &w->view);
}

/* 12.4.3.1: of usage reinit or branch there is at most one PSK. */
static tacet_err list_psks(tacet_mls_welcome *w) {
  tacet_span list = w->view.psks;
  size_t n_successor = 0;
  for (tacet_pre_shared_key_id id; tacet_pre_shared_key_id_next(&list, &id);) {
    if (w->n_psks == TACET_MLS_PSKS_MAX) {
      return TACET_ERR_LIMIT;
    }
    if (id.nonce.len != w->suite->hash->len) {
      return TACET_ERR_PSK;
    }
    n_successor += id.type == TACET_PSK_TYPE_RESUMPTION &&
                   id.usage != TACET_PSK_USAGE_APPLICATION;
    w->psks[w->n_psks] = tacet_psk_id_of(&id);
    for (size_t i = 0; i < w->n_psks; i++) {
      if (tacet_psk_id_equal(&w->psks[i], &w->psks[w->n_psks])) {
        return TACET_ERR_PSK;
      }
    }
    w->n_psks++;
  }
  return n_successor > 1 ? TACET_ERR_PSK : TACET_OK;
}

static tacet_err open_for(tacet_mls_welcome *w, const tacet_welcome *m,
                          const tacet_key_package *k,
                          const tacet_mls_candidate *c,
                          const tacet_encrypted_group_secrets *entry) {
  memcpy(&w->keys, c->keys, sizeof(w->keys));
  TACET_TRY(tacet_bytes_set(&w->encrypted_info, m->encrypted_group_info));
  TACET_TRY(tacet_bytes_set(&w->leaf, k->leaf_node.raw));
  TACET_TRY(open_entry(w, m, entry));
  if (w->view.joiner_secret.len != w->suite->hash->len) {
    return TACET_ERR_ENCODING;
  }
  return list_psks(w);
}

static tacet_err parse_welcome(const tacet_mls_config *config,
                               tacet_span message, tacet_welcome *out,
                               const tacet_suite **suite) {
  tacet_message m;
  TACET_TRY(tacet_message_parse(message, &m));
  if (m.wire_format != TACET_WIRE_FORMAT_WELCOME) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  *out = m.welcome;
  *suite = tacet_suites_find(config->suites, m.welcome.cipher_suite);
  return *suite == NULL ? TACET_ERR_UNKNOWN_SUITE : TACET_OK;
}

tacet_err tacet_mls_welcome_open(const tacet_mls_config *config,
                                 tacet_span message,
                                 const tacet_mls_candidate *candidates,
                                 size_t n, size_t *index,
                                 tacet_mls_welcome **out) {
  tacet_welcome m;
  const tacet_suite *suite = NULL;
  TACET_TRY(parse_welcome(config, message, &m, &suite));
  tacet_key_package k;
  tacet_encrypted_group_secrets entry;
  size_t found = 0;
  while (found < n && !is_invited(suite, &m, &candidates[found], &k, &entry)) {
    found++;
  }
  if (found == n) {
    return TACET_ERR_NOT_FOR_US;
  }
  TACET_CLEANUP(welcome_cleanup)
  tacet_mls_welcome *w = tacet_alloc(sizeof(*w));
  if (w == NULL) {
    return TACET_ERR_NOMEM;
  }
  w->config = *config;
  w->suite = suite;
  TACET_TRY(open_for(w, &m, &k, &candidates[found], &entry));
  *index = found;
  *out = w;
  w = NULL;
  return TACET_OK;
}

size_t tacet_mls_welcome_n_psks(const tacet_mls_welcome *w) {
  return w->n_psks;
}

void tacet_mls_welcome_psk(const tacet_mls_welcome *w, size_t i,
                           tacet_mls_psk_id *out) {
  TACET_ASSERT(i < w->n_psks);
  *out = w->psks[i];
}

/* ---- unlocking ---- */

static tacet_err find_psk_secret(tacet_mls_welcome *w, tacet_mls_psks psks) {
  tacet_mls_psk found[TACET_MLS_PSKS_MAX];
  for (size_t i = 0; i < w->n_psks; i++) {
    const tacet_span *key = tacet_psks_find(psks, &w->psks[i]);
    if (key == NULL) {
      return TACET_ERR_PSK;
    }
    found[i] = (tacet_mls_psk){.id = w->psks[i], .key = *key};
  }
  return tacet_psk_secret(w->suite->hash, found, w->n_psks, &w->psk_secret);
}

static tacet_err decrypt_info(const tacet_mls_welcome *w, tacet_bytes *out) {
  TACET_MESSAGE_KEY(k);
  TACET_SECRET(joiner);
  const tacet_aead *aead = w->suite->aead;
  if (w->encrypted_info.len <= aead->tag_len) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_secret_set(&joiner, w->view.joiner_secret));
  TACET_TRY(tacet_welcome_key(w->suite, &joiner, &w->psk_secret, &k));
  TACET_TRY(tacet_bytes_new(out, w->encrypted_info.len - aead->tag_len));
  return aead->open(tacet_secret_span(&k.key),
                    tacet_span_of(k.nonce, aead->nonce_len), TACET_SPAN_EMPTY,
                    tacet_bytes_span(&w->encrypted_info), out->p);
}

tacet_err tacet_mls_welcome_unlock(tacet_mls_welcome *w, tacet_mls_psks psks) {
  TACET_BYTES(info);
  tacet_group_info view;
  if (w->info.len > 0) {
    return TACET_OK; /* it was right before */
  }
  TACET_TRY(find_psk_secret(w, psks));
  TACET_TRY(decrypt_info(w, &info));
  TACET_TRY(tacet_group_info_parse(tacet_bytes_span(&info), &view));
  w->info = info;
  info = (tacet_bytes){NULL, 0};
  w->info_view = view; /* points into the block that moved along */
  return TACET_OK;
}

void tacet_mls_welcome_info(const tacet_mls_welcome *w,
                            tacet_mls_group_info *out) {
  TACET_ASSERT(w->info.len > 0);
  tacet_group_info_view(w->suite, &w->info_view, out);
}

/* ---- joining ---- */

static tacet_err find_own_leaf(const tacet_mls_welcome *w,
                               const tacet_tree *tree, uint32_t *leaf) {
  tacet_leaf_node own;
  tacet_span bytes = tacet_bytes_span(&w->leaf);
  TACET_TRY(tacet_leaf_node_parse(bytes, &own));
  if (!tacet_tree_find_signature_key(tree, own.signature_key, leaf) ||
      !tacet_span_equal(tacet_tree_leaf_bytes(tree, *leaf), bytes)) {
    return TACET_ERR_NOT_FOR_US;
  }
  return TACET_OK;
}

static tacet_err join_keys(const tacet_mls_welcome *w, tacet_mls_group *g) {
  uint32_t leaf = 0;
  TACET_SECRET(path);
  TACET_TRY(find_own_leaf(w, g->tree, &leaf));
  if (leaf == w->info_view.signer) {
    return TACET_ERR_SENDER; /* nobody invites himself */
  }
  TACET_TRY(tacet_secret_set(&path, w->view.path_secret));
  TACET_TRY(tacet_treekem_join(
      g->tree, leaf, &w->keys.encryption, w->info_view.signer,
      w->view.has_path_secret ? &path : NULL, &g->keys));
  return tacet_sig_expand(w->suite->sig, tacet_secret_span(&w->keys.signature),
                          &g->signature_key);
}

static tacet_err join_epoch(const tacet_mls_welcome *w, tacet_mls_group *g) {
  TACET_SECRET(joiner);
  TACET_TRY(tacet_secret_set(&joiner, w->view.joiner_secret));
  TACET_TRY(tacet_context_set(&g->context, w->info_view.group_context.raw));
  TACET_TRY(tacet_epoch_derive(g->suite->hash, &joiner, &w->psk_secret,
                               tacet_context_span(&g->context), &g->secrets));
  return tacet_group_confirm(g, w->info_view.confirmation_tag);
}

/* 11.2, 11.3: the PSK is what ties the new group to the old one. Without it
 * whoever heard of a ReInit could invite into a group that has its name. */
static tacet_err check_successor(const tacet_mls_welcome *w,
                                 const tacet_mls_group *g,
                                 const tacet_mls_group *predecessor) {
  bool tied = false;
  for (size_t i = 0; i < w->n_psks; i++) {
    TACET_TRY(tacet_successor_check(g, &w->psks[i], predecessor));
    tied = tied || tacet_psk_names_predecessor(&w->psks[i]);
  }
  return predecessor != NULL && !tied ? TACET_ERR_REINIT : TACET_OK;
}

tacet_err tacet_mls_welcome_join(const tacet_mls_welcome *w, tacet_span tree,
                                 const tacet_mls_group *predecessor,
                                 tacet_mls_group **out) {
  TACET_ASSERT(w->info.len > 0);
  TACET_CLEANUP(tacet_group_cleanup) tacet_mls_group *g = NULL;
  TACET_TRY(tacet_group_alloc(&w->config, w->suite, &g));
  TACET_TRY(tacet_group_info_check(w->suite, &w->info_view, tree, &g->tree));
  TACET_TRY(join_keys(w, g));
  TACET_TRY(join_epoch(w, g));
  TACET_TRY(check_successor(w, g, predecessor));
  *out = g;
  g = NULL;
  return TACET_OK;
}
