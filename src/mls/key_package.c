/* SPDX-License-Identifier: Apache-2.0
 * Key packages: making one, and judging somebody's (RFC 9420 10). */
#include "mls/key_package.h"

#include "mls/own_leaf.h"

/* Section 10: the package's own extensions stand among the capabilities of its
 * leaf too. What they say is ignored otherwise. Of GREASE values 13.5 asks that
 * for those in leaves alone, and there are packages that do no more. */
static bool lists_extensions(const tacet_leaf_node *leaf, tacet_span list) {
  for (tacet_extension e; tacet_extension_next(&list, &e);) {
    if (!tacet_type_is_grease(e.type) &&
        !tacet_leaf_supports_extension(leaf, e.type)) {
      return false;
    }
  }
  return true;
}

/* ---- making ---- */

static tacet_err write_leaf(const tacet_suite *suite, tacet_own_leaf *l,
                            const tacet_mls_key_package_args *args,
                            tacet_mls_keys *keys, tacet_buf *w) {
  TACET_TRY(tacet_own_leaf_fresh_key(suite, l, &keys->encryption));
  l->node.source = TACET_LEAF_SOURCE_KEY_PACKAGE;
  l->node.not_before = args->not_before;
  l->node.not_after = args->not_after;
  return tacet_leaf_sign(suite, &l->node, tacet_secret_span(&l->signature_key),
                         TACET_SPAN_EMPTY, 0, w);
}

static tacet_err sign_package(const tacet_suite *suite,
                              const tacet_secret *signature_key,
                              tacet_key_package *k, uint8_t *sig) {
  TACET_BUF(w, TACET_KEY_PACKAGE_READ_MAX);
  tacet_span tbs;
  size_t len = 0;
  tacet_key_package_tbs_write(&w, k);
  TACET_TRY(tacet_buf_done(&w, &tbs));
  TACET_TRY(tacet_sign_with_label(suite->sig, tacet_secret_span(signature_key),
                                  TACET_LABEL_MLS, "KeyPackageTBS", tbs, sig,
                                  &len));
  k->signature = tacet_span_of(sig, len);
  return TACET_OK;
}

static tacet_err write_package(const tacet_suite *suite, tacet_own_leaf *l,
                               const tacet_mls_key_package_args *args,
                               tacet_mls_keys *keys, tacet_buf *message) {
  TACET_BUF(leaf, TACET_KEY_PACKAGE_READ_MAX);
  tacet_span encoded;
  TACET_TRY(write_leaf(suite, l, args, keys, &leaf));
  TACET_TRY(tacet_buf_done(&leaf, &encoded));
  uint8_t init[TACET_KEM_PUBLIC_MAX], sig[TACET_SIG_MAX];
  TACET_TRY(suite->kem->generate(&keys->init, init));
  tacet_key_package k = {.version = TACET_PROTOCOL_MLS10,
                         .cipher_suite = suite->id,
                         .init_key =
                             tacet_span_of(init, suite->kem->public_len),
                         .extensions = args->extensions};
  TACET_TRY(tacet_leaf_node_parse(encoded, &k.leaf_node));
  TACET_TRY(sign_package(suite, &l->signature_key, &k, sig));
  tacet_message_head_write(message, TACET_WIRE_FORMAT_KEY_PACKAGE);
  tacet_key_package_write(message, &k);
  return message->err;
}

tacet_err tacet_mls_key_package_new(const tacet_mls_config *config,
                                    const tacet_suite *suite,
                                    const tacet_mls_key_package_args *args,
                                    tacet_buf *message, tacet_mls_keys *keys) {
  TACET_OWN_LEAF(l);
  TACET_MLS_KEYS(made);
  size_t start = message->len;
  TACET_TRY(message->err);
  TACET_TRY(tacet_own_leaf_new(config, suite, &args->leaf, &l));
  if (tacet_extensions_check(args->extensions) != TACET_OK ||
      !lists_extensions(&l.node, args->extensions)) {
    return TACET_ERR_ARGUMENT;
  }
  tacet_err err = write_package(suite, &l, args, &made, message);
  if (err == TACET_OK) {
    err = tacet_secret_set(&made.signature,
                           tacet_secret_span(args->leaf.signature_key));
  }
  if (err != TACET_OK) {
    tacet_buf_cut(message, start);
    return err;
  }
  memcpy(keys, &made, sizeof(made));
  return TACET_OK;
}

/* ---- judging ---- */

tacet_err tacet_key_package_ref(const tacet_hash *h, const tacet_key_package *k,
                                uint8_t *out) {
  return tacet_ref_hash(h, "MLS 1.0 KeyPackage Reference", k->raw, out);
}

tacet_err tacet_key_package_check(const tacet_key_package *k,
                                  const tacet_leaf_rules *rules,
                                  bool signatures) {
  const tacet_suite *s = rules->suite;
  if (k->version != TACET_PROTOCOL_MLS10 || k->cipher_suite != s->id) {
    return TACET_ERR_KEY_PACKAGE;
  }
  TACET_TRY(tacet_kem_key_check(s, k->init_key, TACET_ERR_KEY_PACKAGE));
  /* 10.1: or the init key's loss would be the leaf's. */
  if (tacet_span_equal(k->init_key, k->leaf_node.encryption_key)) {
    return TACET_ERR_KEY_PACKAGE;
  }
  if (!lists_extensions(&k->leaf_node, k->extensions)) {
    return TACET_ERR_KEY_PACKAGE;
  }
  TACET_TRY(tacet_leaf_check(&k->leaf_node, rules));
  if (!signatures) {
    return TACET_OK;
  }
  TACET_TRY(tacet_leaf_verify(s, &k->leaf_node, TACET_SPAN_EMPTY, 0));
  return tacet_verify_with_label(s->sig, k->leaf_node.signature_key,
                                 TACET_LABEL_MLS, "KeyPackageTBS", k->tbs,
                                 k->signature);
}

tacet_err tacet_key_package_message(tacet_span message,
                                    tacet_key_package *out) {
  tacet_message m;
  TACET_TRY(tacet_message_parse(message, &m));
  if (m.wire_format != TACET_WIRE_FORMAT_KEY_PACKAGE) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  *out = m.key_package;
  return TACET_OK;
}

tacet_err tacet_mls_key_package_check(const tacet_mls_config *config,
                                      tacet_span message, uint64_t now,
                                      tacet_mls_key_package *out) {
  tacet_key_package k;
  TACET_TRY(tacet_key_package_message(message, &k));
  const tacet_suite *suite = tacet_suites_find(config->suites, k.cipher_suite);
  if (suite == NULL) {
    return TACET_ERR_UNKNOWN_SUITE;
  }
  const tacet_leaf_rules rules = {.suite = suite,
                                  .source = TACET_LEAF_SOURCE_KEY_PACKAGE,
                                  .check_lifetime = true,
                                  .now = now,
                                  .max_lifetime = config->max_lifetime};
  TACET_TRY(tacet_key_package_check(&k, &rules, true));
  tacet_mls_key_package made = {.suite = suite,
                                .init_key = k.init_key,
                                .extensions = k.extensions,
                                .not_before = k.leaf_node.not_before,
                                .not_after = k.leaf_node.not_after,
                                .ref_len = suite->hash->len};
  TACET_TRY(tacet_key_package_ref(suite->hash, &k, made.ref));
  tacet_member_set(&made.member, TACET_MLS_NO_LEAF, &k.leaf_node);
  *out = made;
  return TACET_OK;
}
