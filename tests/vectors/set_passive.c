/* SPDX-License-Identifier: Apache-2.0
 * passive-client-*.json of mlswg/mls-implementations: joins a group with a
 * Welcome and follows its commits, saving and loading the group on the way. */
#include "tacet/mls.h"
#include "tacet/mlswire.h"
#include "tests/vectors/sets.h"

#define LIMIT ((size_t)1 << 24)

typedef struct client {
  vec_context *c;
  tacet_mls_config config;
  tacet_mls_psks psks;
  tacet_mls_group *g;
} client;

static void read_psks(client *k, const json_t *entry) {
  const json_t *list = vec_list(entry, "external_psks");
  size_t n = json_array_size(list);
  tacet_mls_psk *psks = vec_alloc(k->c, n * sizeof(*psks));
  for (size_t i = 0; i < n; i++) {
    const json_t *v = json_array_get(list, i);
    psks[i] = (tacet_mls_psk){.id = {.type = TACET_MLS_PSK_EXTERNAL,
                                     .id = vec_hex(k->c, v, "psk_id")},
                              .key = vec_hex(k->c, v, "psk")};
  }
  k->psks = (tacet_mls_psks){psks, n};
}

static vec_outcome is_public(vec_context *c, tacet_err err, const uint8_t *made,
                             tacet_span want) {
  VEC_OK(c, err);
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(made, want.len), want));
  return VEC_PASSED;
}

/* The private keys are those of the key package. */
static vec_outcome keys_fit(client *k, const tacet_suite *s,
                            const json_t *entry, const tacet_mls_keys *keys) {
  uint8_t made[TACET_KEM_PUBLIC_MAX];
  tacet_message m;
  VEC_OK(k->c, tacet_message_parse(vec_hex(k->c, entry, "key_package"), &m));
  VEC_CHECK(k->c, m.wire_format == TACET_WIRE_FORMAT_KEY_PACKAGE &&
                      m.key_package.cipher_suite == s->id);
  const tacet_key_package *p = &m.key_package;
  VEC_CHECK(k->c, p->init_key.len == s->kem->public_len &&
                      p->leaf_node.encryption_key.len == s->kem->public_len &&
                      p->leaf_node.signature_key.len == s->sig->public_len);
  tacet_err err = s->kem->public_key(tacet_secret_span(&keys->init), made);
  VEC_CHECK(k->c, is_public(k->c, err, made, p->init_key) == VEC_PASSED);
  err = s->kem->public_key(tacet_secret_span(&keys->encryption), made);
  VEC_CHECK(k->c, is_public(k->c, err, made, p->leaf_node.encryption_key) ==
                      VEC_PASSED);
  err = s->sig->public_key(tacet_secret_span(&keys->signature), made);
  return is_public(k->c, err, made, p->leaf_node.signature_key);
}

static vec_outcome join(client *k, const tacet_suite *s, const json_t *entry) {
  const tacet_mls_keys keys = {
      .init = vec_private(k->c, entry, "init_priv", s->kem->private_len),
      .encryption =
          vec_private(k->c, entry, "encryption_priv", s->kem->private_len),
      .signature =
          vec_private(k->c, entry, "signature_priv", s->sig->private_len)};
  VEC_CHECK(k->c, keys_fit(k, s, entry, &keys) == VEC_PASSED);
  const tacet_mls_candidate candidate = {vec_hex(k->c, entry, "key_package"),
                                         &keys};
  tacet_span tree = vec_has(entry, "ratchet_tree")
                        ? vec_hex(k->c, entry, "ratchet_tree")
                        : TACET_SPAN_EMPTY;
  size_t index = 0;
  tacet_mls_welcome *w = NULL;
  VEC_OK(k->c,
         tacet_mls_welcome_open(&k->config, vec_hex(k->c, entry, "welcome"),
                                &candidate, 1, &index, &w));
  tacet_err err = tacet_mls_welcome_unlock(w, k->psks);
  if (err == TACET_OK) {
    err = tacet_mls_welcome_join(w, tree, NULL, &k->g);
  }
  tacet_mls_welcome_free(w);
  VEC_OK(k->c, err);
  return VEC_PASSED;
}

static vec_outcome authentic(const client *k, const json_t *v,
                             const char *key) {
  VEC_CHECK(k->c, tacet_span_equal(
                      tacet_secret_span(tacet_mls_epoch_authenticator(k->g)),
                      vec_hex(k->c, v, key)));
  return VEC_PASSED;
}

static tacet_err save(const client *k, tacet_bytes *out) {
  TACET_BUF(w, LIMIT);
  TACET_TRY(tacet_mls_save(k->g, &w));
  return tacet_buf_take(&w, out);
}

static vec_outcome reload(client *k) {
  TACET_BYTES(first);
  TACET_BYTES(second);
  tacet_mls_group *loaded = NULL;
  VEC_OK(k->c, save(k, &first));
  VEC_OK(k->c,
         tacet_mls_load_whole(&k->config, tacet_bytes_span(&first), &loaded));
  tacet_mls_group_free(k->g);
  k->g = loaded;
  VEC_OK(k->c, save(k, &second));
  VEC_CHECK(k->c, tacet_span_equal(tacet_bytes_span(&first),
                                   tacet_bytes_span(&second)));
  return VEC_PASSED;
}

static vec_outcome process(client *k, tacet_span message,
                           tacet_mls_event_kind kind) {
  TACET_BUF(content, LIMIT);
  const tacet_mls_process_args args = {.psks = k->psks};
  tacet_mls_event event;
  VEC_OK(k->c, tacet_mls_process(k->g, message, &args, &content, &event));
  VEC_CHECK(k->c, event.kind == kind);
  return VEC_PASSED;
}

static vec_outcome follow(client *k, const json_t *v) {
  const json_t *proposals = vec_list(v, "proposals");
  for (size_t i = 0; i < json_array_size(proposals); i++) {
    VEC_CHECK(k->c,
              process(k, vec_hex_value(k->c, json_array_get(proposals, i)),
                      TACET_MLS_EVENT_PROPOSAL) == VEC_PASSED);
  }
  VEC_CHECK(k->c, reload(k) == VEC_PASSED);
  VEC_CHECK(k->c, process(k, vec_hex(k->c, v, "commit"),
                          TACET_MLS_EVENT_COMMIT) == VEC_PASSED);
  VEC_OK(k->c, tacet_mls_staged_apply(k->g, 0));
  VEC_CHECK(k->c, reload(k) == VEC_PASSED);
  return authentic(k, v, "epoch_authenticator");
}

static vec_outcome run(client *k, const tacet_suite *s, const json_t *entry) {
  read_psks(k, entry);
  VEC_CHECK(k->c, join(k, s, entry) == VEC_PASSED);
  VEC_CHECK(k->c,
            authentic(k, entry, "initial_epoch_authenticator") == VEC_PASSED);
  const json_t *epochs = vec_list(entry, "epochs");
  for (size_t i = 0; i < json_array_size(epochs); i++) {
    VEC_CHECK(k->c, follow(k, json_array_get(epochs, i)) == VEC_PASSED);
  }
  return VEC_PASSED;
}

vec_outcome set_passive_client(vec_context *c, const json_t *entry) {
  const tacet_suite *s = vec_suite(c, entry);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  client k = {.c = c, .config = TACET_MLS_CONFIG(&tacet_suites_all)};
  vec_outcome outcome = run(&k, s, entry);
  tacet_mls_group_free(k.g);
  return outcome;
}
