/* SPDX-License-Identifier: Apache-2.0
 * key-schedule.json, psk_secret.json and secret-tree.json (RFC 9420 8 and 9) of
 * mlswg/mls-implementations. */
#include "mls/key_schedule.h"
#include "mls/psk.h"
#include "mls/secret_tree.h"
#include "tests/vectors/sets.h"

/* ---- key schedule ---- */

static bool same(const tacet_secret *got, tacet_span want) {
  return tacet_span_equal(tacet_secret_span(got), want);
}

static vec_outcome exporter(vec_context *c, const json_t *v,
                            const tacet_suite *s, const tacet_epoch *e) {
  tacet_secret out;
  VEC_OK(c, tacet_epoch_export(s->hash, &e->exporter, vec_text(c, v, "label"),
                               vec_hex(c, v, "context"),
                               (size_t)vec_uint(c, v, "length"), &out));
  VEC_CHECK(c, same(&out, vec_hex(c, v, "secret")));
  return VEC_PASSED;
}

static vec_outcome secrets(vec_context *c, const json_t *v,
                           const tacet_epoch *e) {
  const struct {
    const char *key;
    const tacet_secret *got;
  } list[] = {
      {"init_secret", &e->init},
      {"sender_data_secret", &e->sender_data},
      {"encryption_secret", &e->encryption},
      {"exporter_secret", &e->exporter},
      {"epoch_authenticator", &e->authenticator},
      {"external_secret", &e->external},
      {"confirmation_key", &e->confirmation},
      {"membership_key", &e->membership},
      {"resumption_psk", &e->resumption},
  };
  for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
    VEC_CHECK(c, same(list[i].got, vec_hex(c, v, list[i].key)));
  }
  return VEC_PASSED;
}

static vec_outcome epoch(vec_context *c, const json_t *v, const tacet_suite *s,
                         tacet_secret *init) {
  tacet_secret commit = vec_secret(c, v, "commit_secret");
  tacet_secret psk = vec_secret(c, v, "psk_secret");
  tacet_span context = vec_hex(c, v, "group_context");
  tacet_secret joiner, welcome;
  tacet_epoch e;
  VEC_OK(c, tacet_epoch_joiner(s->hash, init, &commit, context, &joiner));
  VEC_CHECK(c, same(&joiner, vec_hex(c, v, "joiner_secret")));
  VEC_OK(c, tacet_epoch_welcome(s->hash, &joiner, &psk, &welcome));
  VEC_CHECK(c, same(&welcome, vec_hex(c, v, "welcome_secret")));
  VEC_OK(c, tacet_epoch_derive(s->hash, &joiner, &psk, context, &e));
  VEC_CHECK(c, secrets(c, v, &e) == VEC_PASSED);
  uint8_t external_pub[TACET_KEM_PUBLIC_MAX];
  VEC_OK(c, tacet_external_pub(s, &e.external, external_pub));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(external_pub, s->kem->public_len),
                                vec_hex(c, v, "external_pub")));
  *init = e.init;
  return exporter(c, vec_get(c, v, "exporter"), s, &e);
}

vec_outcome set_key_schedule(vec_context *c, const json_t *entry) {
  const tacet_suite *s = vec_suite(c, entry);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  tacet_secret init = vec_secret(c, entry, "initial_init_secret");
  const json_t *epochs = vec_array(c, entry, "epochs");
  for (size_t i = 0; i < json_array_size(epochs); i++) {
    if (epoch(c, json_array_get(epochs, i), s, &init) != VEC_PASSED) {
      return VEC_FAILED;
    }
  }
  return VEC_PASSED;
}

/* ---- PSKs ---- */

vec_outcome set_psk_secret(vec_context *c, const json_t *entry) {
  const tacet_suite *s = vec_suite(c, entry);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  tacet_mls_psk psks[TACET_MLS_PSKS_MAX];
  const json_t *list = vec_array(c, entry, "psks");
  size_t n = json_array_size(list);
  VEC_CHECK(c, n <= TACET_MLS_PSKS_MAX);
  for (size_t i = 0; i < n; i++) {
    const json_t *v = json_array_get(list, i);
    psks[i] = (tacet_mls_psk){
        .id = {.type = TACET_MLS_PSK_EXTERNAL,
               .id = vec_hex(c, v, "psk_id"),
               .nonce = vec_hex(c, v, "psk_nonce")},
        .key = vec_hex(c, v, "psk"),
    };
  }
  tacet_secret out;
  VEC_OK(c, tacet_psk_secret(s->hash, psks, n, &out));
  VEC_CHECK(c, same(&out, vec_hex(c, entry, "psk_secret")));
  return VEC_PASSED;
}

/* ---- secret tree ---- */

static bool same_key(const tacet_suite *s, const tacet_message_key *k,
                     tacet_span key, tacet_span nonce) {
  return same(&k->key, key) &&
         tacet_span_equal(tacet_span_of(k->nonce, s->aead->nonce_len), nonce);
}

static vec_outcome sender_data(vec_context *c, const json_t *v,
                               const tacet_suite *s) {
  tacet_secret secret = vec_secret(c, v, "sender_data_secret");
  tacet_message_key k;
  VEC_OK(c, tacet_sender_data_key(s, &secret, vec_hex(c, v, "ciphertext"), &k));
  VEC_CHECK(c, same_key(s, &k, vec_hex(c, v, "key"), vec_hex(c, v, "nonce")));
  return VEC_PASSED;
}

static vec_outcome generation(vec_context *c, const json_t *v,
                              tacet_secret_tree *t, uint32_t leaf) {
  static const struct {
    const char *key, *nonce;
  } names[] = {{"handshake_key", "handshake_nonce"},
               {"application_key", "application_nonce"}};
  uint32_t number = (uint32_t)vec_uint(c, v, "generation");
  for (int type = 0; type < 2; type++) {
    tacet_message_key k;
    VEC_OK(c, tacet_secret_tree_key(t, leaf, (tacet_ratchet_type)type, number,
                                    1000, &k));
    VEC_CHECK(c, same_key(t->suite, &k, vec_hex(c, v, names[type].key),
                          vec_hex(c, v, names[type].nonce)));
    VEC_OK(c, tacet_secret_tree_spend(t, leaf, (tacet_ratchet_type)type, number,
                                      1000, 1000));
  }
  return VEC_PASSED;
}

static vec_outcome leaves(vec_context *c, const json_t *list,
                          tacet_secret_tree *t) {
  for (size_t leaf = 0; leaf < json_array_size(list); leaf++) {
    const json_t *generations = json_array_get(list, leaf);
    for (size_t i = 0; i < json_array_size(generations); i++) {
      VEC_CHECK(c, generation(c, json_array_get(generations, i), t,
                              (uint32_t)leaf) == VEC_PASSED);
    }
  }
  return VEC_PASSED;
}

vec_outcome set_secret_tree(vec_context *c, const json_t *entry) {
  const tacet_suite *s = vec_suite(c, entry);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  VEC_CHECK(c,
            sender_data(c, vec_get(c, entry, "sender_data"), s) == VEC_PASSED);
  tacet_secret root = vec_secret(c, entry, "encryption_secret");
  const json_t *list = vec_array(c, entry, "leaves");
  uint32_t n_leaves = 1;
  while (n_leaves < json_array_size(list)) {
    n_leaves *= 2;
  }
  tacet_secret_tree t = {0};
  VEC_OK(c, tacet_secret_tree_init(&t, s, n_leaves, &root));
  vec_outcome outcome = leaves(c, list, &t);
  tacet_secret_tree_free(&t);
  return outcome;
}
