/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/own_leaf.h"

void tacet_own_leaf_free(tacet_own_leaf *l) {
  tacet_secret_wipe(&l->signature_key);
  tacet_buf_free(&l->lists);
}

/* ---- capabilities ---- */

typedef struct part {
  size_t from, to;
} part;

static part write_list(tacet_buf *w, const uint16_t *list, size_t n) {
  part p = {w->len, w->len};
  for (size_t i = 0; i < n; i++) {
    tacet_write_u16(w, list[i]);
  }
  p.to = w->len;
  return p;
}

static part write_suites(tacet_buf *w, const tacet_suites *suites) {
  part p = {w->len, w->len};
  for (size_t i = 0; i < suites->n; i++) {
    tacet_write_u16(w, suites->list[i]->id);
  }
  p.to = w->len;
  return p;
}

/* The spans only once nothing moves any more. */
static tacet_span span_at(const tacet_buf *w, part p) {
  return p.from == p.to ? TACET_SPAN_EMPTY
                        : tacet_span_of(w->p + p.from, p.to - p.from);
}

static tacet_err capabilities(const tacet_mls_config *config,
                              const tacet_mls_leaf_args *args, tacet_buf *w,
                              tacet_capabilities *out) {
  static const uint16_t version = TACET_PROTOCOL_MLS10;
  static const uint16_t credential = TACET_CREDENTIAL_BASIC;
  part versions = write_list(w, &version, 1);
  part suites = write_suites(w, config->suites);
  part extensions =
      write_list(w, args->extension_types, args->n_extension_types);
  part proposals = write_list(w, args->proposal_types, args->n_proposal_types);
  part credentials = write_list(w, &credential, 1);
  TACET_TRY(w->err);
  *out = (tacet_capabilities){.versions = span_at(w, versions),
                              .cipher_suites = span_at(w, suites),
                              .extensions = span_at(w, extensions),
                              .proposals = span_at(w, proposals),
                              .credentials = span_at(w, credentials)};
  return TACET_OK;
}

/* ---- the leaf ---- */

/* A list of the caller's own: what is wrong with it is his mistake. */
static tacet_err check_extensions(const tacet_leaf_node *leaf,
                                  tacet_span list) {
  if (tacet_extensions_check(list) != TACET_OK) {
    return TACET_ERR_ARGUMENT;
  }
  tacet_extension e;
  while (tacet_extension_next(&list, &e)) {
    if (!tacet_leaf_supports_extension(leaf, e.type)) {
      return TACET_ERR_ARGUMENT;
    }
  }
  return TACET_OK;
}

static tacet_err set_signature_key(const tacet_suite *suite,
                                   const tacet_secret *key, tacet_own_leaf *l) {
  if (tacet_sig_expand(suite->sig, tacet_secret_span(key),
                       &l->signature_key) != TACET_OK ||
      suite->sig->public_key(tacet_secret_span(&l->signature_key),
                             l->signature_public) != TACET_OK) {
    return TACET_ERR_ARGUMENT;
  }
  l->node.signature_key =
      tacet_span_of(l->signature_public, suite->sig->public_len);
  return TACET_OK;
}

/* The same key again: it is expanded, and its public half stands in the leaf
 * that the fields are from. */
static tacet_err keep_signature_key(const tacet_mls_group *g,
                                    tacet_own_leaf *l) {
  TACET_TRY(g->suite->sig->public_key(tacet_secret_span(&g->signature_key),
                                      l->signature_public));
  l->node.signature_key =
      tacet_span_of(l->signature_public, g->suite->sig->public_len);
  return tacet_secret_set(&l->signature_key,
                          tacet_secret_span(&g->signature_key));
}

tacet_err tacet_own_leaf_new(const tacet_mls_config *config,
                             const tacet_suite *suite,
                             const tacet_mls_leaf_args *args,
                             tacet_own_leaf *out) {
  out->node = (tacet_leaf_node){.credential = {.type = TACET_CREDENTIAL_BASIC,
                                               .identity = args->identity},
                                .extensions = args->extensions};
  TACET_TRY(set_signature_key(suite, args->signature_key, out));
  TACET_TRY(capabilities(config, args, &out->lists, &out->node.capabilities));
  return check_extensions(&out->node, args->extensions);
}

tacet_err tacet_own_leaf_update(const tacet_mls_group *g,
                                const tacet_mls_update_args *args,
                                tacet_own_leaf *out) {
  TACET_ASSERT(tacet_tree_leaf(g->tree, g->keys.leaf, &out->node));
  TACET_TRY(args->signature_key != NULL
                ? set_signature_key(g->suite, args->signature_key, out)
                : keep_signature_key(g, out));
  if (args->identity != NULL) {
    out->node.credential = (tacet_credential){.type = TACET_CREDENTIAL_BASIC,
                                              .identity = *args->identity};
  }
  if (args->extensions != NULL) {
    out->node.extensions = *args->extensions;
  }
  return check_extensions(&out->node, out->node.extensions);
}

tacet_err tacet_own_leaf_fresh_key(const tacet_suite *suite, tacet_own_leaf *l,
                                   tacet_secret *private_key) {
  TACET_TRY(suite->kem->generate(private_key, l->encryption_public));
  l->node.encryption_key =
      tacet_span_of(l->encryption_public, suite->kem->public_len);
  return TACET_OK;
}
