/* SPDX-License-Identifier: Apache-2.0
 * MLS: key schedule, ratchets, tags, messages, saved states.
 */
#include "mls/frame.h"
#include "mls/group.h"
#include "mls/key_schedule.h"
#include "mls/psk.h"
#include "mls/secret_tree.h"
#include "mls/transcript.h"
#include "mls/treekem.h"
#include "tests/constant_time/cases.h"

#define LIMIT ((size_t)1 << 16)
#define NOW 1700000000u

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

static void secret_of(size_t len, tacet_secret *out) {
  out->len = len;
  must(tacet_random(out->b, len));
  hide(out);
}

/* ---- key schedule ---- */

static void key_schedule(void) {
  const tacet_hash *h = suite->hash;
  tacet_secret init, commit, joiner, psk_secret, welcome, key;
  TACET_EPOCH(epoch);
  uint8_t tag[TACET_HASH_MAX], pub[TACET_KEM_PUBLIC_MAX];
  static const uint8_t nonce[32];
  secret_of(h->len, &init);
  secret_of(h->len, &commit);
  secret_of(h->len, &key);
  const tacet_mls_psk psk = {.id = {.type = TACET_MLS_PSK_EXTERNAL,
                                    .id = TACET_SPAN_LIT("a"),
                                    .nonce = {nonce, sizeof(nonce)}},
                             .key = tacet_secret_span(&key)};
  must(tacet_psk_secret(h, &psk, 1, &psk_secret));
  must(tacet_epoch_joiner(h, &init, &commit, TACET_SPAN_LIT("c"), &joiner));
  must(tacet_epoch_welcome(h, &joiner, &psk_secret, &welcome));
  must(
      tacet_epoch_derive(h, &joiner, &psk_secret, TACET_SPAN_LIT("c"), &epoch));
  must(tacet_epoch_export(h, &epoch.exporter, "label", TACET_SPAN_LIT("c"), 32,
                          &key));
  must(
      tacet_confirmation_tag(h, &epoch.confirmation, TACET_SPAN_LIT("t"), tag));
  must(tacet_external_pub(suite, &epoch.external, pub));
}

static void external_init(void) {
  tacet_secret external, init, found;
  uint8_t pub[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX];
  secret_of(suite->hash->len, &external);
  must(tacet_external_pub(suite, &external, pub));
  make_public(pub, sizeof(pub));
  must(tacet_external_init_make(
      suite, tacet_span_of(pub, suite->kem->public_len), enc, &init));
  make_public(enc, sizeof(enc));
  must(tacet_external_init_find(
      suite, &external, tacet_span_of(enc, suite->kem->enc_len), &found));
}

static void path_secrets(void) {
  tacet_secret secret, key;
  uint8_t pub[TACET_KEM_PUBLIC_MAX];
  secret_of(suite->hash->len, &secret);
  must(tacet_path_secret_keys(suite, &secret, &key, pub));
}

/* ---- ratchets ---- */

static void ratchets(void) {
  tacet_secret root;
  tacet_secret_tree t = {.suite = NULL};
  secret_of(suite->hash->len, &root);
  must(tacet_secret_tree_init(&t, suite, 8, &root));
  static const uint32_t order[] = {3, 0, 2, 1, 4};
  for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
    tacet_message_key k;
    must(tacet_secret_tree_key(&t, 5, TACET_RATCHET_APPLICATION, order[i], 10,
                               &k));
    must(tacet_secret_tree_spend(&t, 5, TACET_RATCHET_APPLICATION, order[i], 10,
                                 10));
  }
  TACET_BUF(w, LIMIT);
  tacet_secret_tree_write(&w, &t);
  tacet_secret_tree_free(&t);
}

static void sender_data(void) {
  tacet_secret secret;
  tacet_message_key k;
  static const uint8_t ciphertext[40];
  secret_of(suite->hash->len, &secret);
  must(tacet_sender_data_key(
      suite, &secret, tacet_span_of(ciphertext, sizeof(ciphertext)), &k));
}

/* ---- tags ---- */

static void membership_tag(void) {
  tacet_secret membership, key;
  uint8_t pub[TACET_SIG_PUBLIC_MAX], sig[TACET_SIG_MAX];
  TACET_BUF(work, LIMIT);
  TACET_BUF(message, LIMIT);
  must(suite->sig->generate(&key, pub));
  tacet_frame f = {
      .wire_format = TACET_WIRE_FORMAT_PUBLIC_MESSAGE,
      .content = {.group_id = TACET_SPAN_LIT("g"),
                  .sender = {TACET_SENDER_MEMBER, 1},
                  .content_type = TACET_CONTENT_TYPE_PROPOSAL,
                  .body = {.raw = TACET_SPAN_LIT("\x00\x03\x00\x00\x00\x02")}}};
  must(
      tacet_frame_sign(suite, &f, TACET_SPAN_LIT("context"), &key, &work, sig));
  secret_of(suite->hash->len, &membership);
  must(tacet_frame_public_write(suite, &f, TACET_SPAN_LIT("context"),
                                &membership, &work, &message));
  make_public(message.p, message.len); /* it is sent */
  tacet_message m;
  must(tacet_message_parse(tacet_buf_span(&message), &m));
  tacet_span tag = m.public_message.membership_tag;
  must(tacet_frame_membership_check(suite, &f, TACET_SPAN_LIT("context"),
                                    &membership, tag, &work));
  message.p[message.len - 1] ^= 1;
  must_be(TACET_ERR_AUTH,
          tacet_frame_membership_check(suite, &f, TACET_SPAN_LIT("context"),
                                       &membership, tag, &work));
}

/* ---- groups ---- */

static tacet_mls_config config;

static void leaf_args(tacet_mls_leaf_args *out, const char *name,
                      tacet_secret *key) {
  uint8_t pub[TACET_SIG_PUBLIC_MAX];
  must(suite->sig->generate(key, pub));
  *out = (tacet_mls_leaf_args){.identity = tacet_span_str(name),
                               .signature_key = key};
}

/* Two members; what they know is not secret yet. */
static void two(tacet_mls_group **a, tacet_mls_group **b) {
  static tacet_secret key[2];
  tacet_mls_leaf_args leaf[2];
  TACET_BUF(package, LIMIT);
  TACET_MLS_KEYS(keys);
  TACET_MLS_COMMIT_RESULT(r);
  config = TACET_MLS_CONFIG(&tacet_suites_all);
  leaf_args(&leaf[0], "a", &key[0]);
  leaf_args(&leaf[1], "b", &key[1]);
  must(tacet_mls_group_new(&config, suite, TACET_SPAN_LIT("g"), &leaf[0],
                           TACET_SPAN_EMPTY, a));
  const tacet_mls_key_package_args args = {.leaf = leaf[1],
                                           .not_after = UINT64_MAX};
  must(tacet_mls_key_package_new(&config, suite, &args, &package, &keys));
  const tacet_mls_proposal add = {.type = TACET_MLS_ADD,
                                  .key_package = tacet_buf_span(&package)};
  const tacet_mls_commit_args commit = {.proposals = &add,
                                        .n_proposals = 1,
                                        .force_path = true,
                                        .tree_in_welcome = true};
  must(tacet_mls_commit(*a, &commit, NOW, &r));
  must(tacet_mls_pending_merge(*a, NOW));
  const tacet_mls_candidate c = {tacet_buf_span(&package), &keys};
  tacet_mls_welcome *w = NULL;
  size_t index = 0;
  must(tacet_mls_welcome_open(&config, tacet_bytes_span(&r.welcome), &c, 1,
                              &index, &w));
  must(tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0}));
  must(tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, NULL, b));
  tacet_mls_welcome_free(w);
}

static void hide_group(tacet_mls_group *g) {
  tacet_epoch *e = &g->secrets;
  tacet_secret *list[] = {
      &e->init,          &e->sender_data,  &e->exporter,   &e->external,
      &e->confirmation,  &e->membership,   &e->resumption, &e->authenticator,
      &g->signature_key, &g->keys.leaf_key};
  for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
    hide(list[i]);
  }
  for (uint32_t i = 0; i < g->keys.n; i++) {
    hide(&g->keys.parent[i].key);
  }
  for (size_t i = 0; i < g->ratchets.n_nodes; i++) {
    hide(&g->ratchets.nodes[i].secret);
  }
}

/* A message from a group of which every secret is hidden. The text is the
 * user's, and secret too; its length is not. */
static void sending(void) {
  tacet_mls_group *a = NULL, *b = NULL;
  two(&a, &b);
  hide_group(a);
  for (size_t i = 0; i < 3; i++) {
    uint8_t text[40] = {0};
    TACET_BUF(message, LIMIT);
    make_secret(text, sizeof(text));
    must(tacet_mls_protect(a, tacet_span_of(text, sizeof(text)),
                           &(tacet_mls_protect_args){.padding = 24}, &message));
    make_public(message.p, message.len); /* it is sent */
  }
  tacet_mls_group_free(a);
  tacet_mls_group_free(b);
}

/* Forged messages, refused before anything of them is known. What comes after a
 * right tag (whose message, which generation, how long) is the sender's to
 * choose and the receiver's to act upon: no secret between the two. */
static void receiving_forgeries(void) {
  tacet_mls_group *a = NULL, *b = NULL;
  two(&a, &b);
  TACET_BUF(message, LIMIT);
  TACET_BUF(content, LIMIT);
  tacet_mls_event event;
  tacet_message m;
  must(tacet_mls_protect(a, TACET_SPAN_LIT("text"),
                         &(tacet_mls_protect_args){.padding = 24}, &message));
  must(tacet_message_parse(tacet_buf_span(&message), &m));
  size_t at = (size_t)(m.private_message.encrypted_sender_data.p - message.p);
  hide_group(b);
  for (size_t i = 0; i < m.private_message.encrypted_sender_data.len; i++) {
    message.p[at + i] ^= 1;
    must_be(TACET_ERR_AUTH,
            tacet_mls_process(b, tacet_buf_span(&message),
                              &(tacet_mls_process_args){.now = NOW}, &content,
                              &event));
    message.p[at + i] ^= 1;
  }
  tacet_mls_group_free(a);
  tacet_mls_group_free(b);
}

#define SECRETS_MAX 32

static void find_in(const tacet_buf *w, const tacet_secret *s, size_t *at) {
  for (size_t i = 0; i + s->len <= w->len; i++) {
    if (memcmp(w->p + i, s->b, s->len) == 0) {
      *at = i;
      return;
    }
  }
  abort();
}

/* Saving and loading move secrets and look at none. */
static void saved_states(void) {
  tacet_mls_group *a = NULL, *b = NULL, *loaded = NULL;
  two(&a, &b);
  TACET_BUF(w, LIMIT);
  must(tacet_mls_save(a, &w));
  const tacet_epoch *e = &a->secrets;
  const tacet_secret *list[SECRETS_MAX] = {
      &e->init,          &e->sender_data,       &e->exporter,
      &e->external,      &e->confirmation,      &e->membership,
      &e->resumption,    &e->authenticator,     &a->signature_key,
      &a->keys.leaf_key, &a->keys.parent[0].key};
  size_t n = 11, at[SECRETS_MAX];
  for (size_t i = 0; i < a->ratchets.n_nodes; i++) {
    list[n++] = &a->ratchets.nodes[i].secret;
  }
  for (size_t i = 0; i < n; i++) {
    find_in(&w, list[i], &at[i]);
  }
  for (size_t i = 0; i < n; i++) {
    make_secret(w.p + at[i], list[i]->len);
  }
  must(tacet_mls_load_whole(&config, tacet_buf_span(&w), &loaded));
  TACET_BUF(again, LIMIT);
  must(tacet_mls_save(loaded, &again));
  tacet_mls_group_free(a);
  tacet_mls_group_free(b);
  tacet_mls_group_free(loaded);
}

const ct_case ct_group_cases[] = {
    {"MLS key schedule, PSKs, exporter", key_schedule},
    {"MLS external init", external_init},
    {"MLS path secrets", path_secrets},
    {"MLS ratchets, in any order", ratchets},
    {"MLS sender data", sender_data},
    {"MLS membership tag, right and wrong", membership_tag},
    {"MLS messages sent", sending},
    {"MLS messages received, forged", receiving_forgeries},
    {"MLS saving and loading", saved_states},
};
const size_t ct_n_group_cases =
    sizeof(ct_group_cases) / sizeof(ct_group_cases[0]);
