/* SPDX-License-Identifier: Apache-2.0
 * The hashes of the desk's log against docs/protocol/vectors/desk-log.json,
 * which was made apart from this code, in Python; and every place of small
 * trees. */
#include "tests/support/support.h"

#include "desk/store/chain.h"
#include "tacet/crypto.h"

#include <jansson.h>
#include <string.h>

#define VECTORS "docs/protocol/vectors/desk-log.json"
#define MANY 1025

static json_t *vectors;
static uint8_t pad_key[DESK_PAD_KEY_LEN];
static desk_hash commitments[MANY];

static const char *text(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  assert_non_null(t);
  return t;
}

static void bytes(const json_t *v, const char *name, uint8_t *out, size_t len) {
  const char *t = text(v, name);
  assert_ok(tacet_hex_read(t, strlen(t), out, len));
}

static tacet_span span(const desk_hash *h) {
  return tacet_span_of(h->b, DESK_HASH_LEN);
}

static void same(const json_t *v, const char *name, const desk_hash *got) {
  desk_hash want;
  bytes(v, name, want.b, sizeof(want.b));
  assert_span(span(&want), span(got));
}

static void key_of(const char *name, desk_key *out) {
  uint8_t seed[32];
  bytes(vectors, name, seed, sizeof(seed));
  tacet_span s = tacet_span_of(seed, sizeof(seed));
  assert_ok(tacet_sig_ed25519.public_key(s, out->public_key));
  assert_ok(tacet_sig_expand(&tacet_sig_ed25519, s, &out->private_key));
}

static int setup(void **state) {
  (void)state;
  assert_ok(tacet_crypto_init());
  vectors = json_load_file(VECTORS, 0, NULL);
  assert_non_null(vectors);
  bytes(vectors, "pad_key", pad_key, sizeof(pad_key));
  for (size_t i = 0; i < MANY; i++) {
    char name[16];
    (void)snprintf(name, sizeof(name), "c%zu", i);
    assert_ok(tacet_hash_one(&tacet_hash_sha256, tacet_span_str(name),
                             commitments[i].b));
  }
  return 0;
}

static int teardown(void **state) {
  (void)state;
  json_decref(vectors);
  return 0;
}

static void one_event(const json_t *v, uint64_t number, const desk_key *officer,
                      desk_hash *head) {
  uint8_t salt[DESK_SALT_LEN], content[2 * DESK_HASH_LEN],
      sig[DESK_SIGNATURE_LEN], want[DESK_SIGNATURE_LEN];
  desk_hash c;
  tacet_span signature = TACET_SPAN_EMPTY;
  int64_t time = json_integer_value(json_object_get(v, "time"));
  const desk_saying e = {
      time, tacet_span_str(text(v, "actor")), tacet_span_str(text(v, "kind")),
      tacet_span_str(text(v, "case")), tacet_span_str(text(v, "body"))};
  bytes(v, "salt", salt, sizeof(salt));
  assert_ok(desk_words(salt, &e, &c));
  same(v, "words", &c);
  assert_ok(desk_commit_words(&c, e.actor, e.case_id, &c));
  same(v, "commitment", &c);
  assert_ok(desk_commit(salt, &e, &c));
  same(v, "commitment", &c);
  if (*text(v, "signature") != '\0') {
    desk_act_content(head, &c, content);
    assert_ok(desk_key_sign(officer, DESK_LABEL_ACT,
                            tacet_span_of(content, sizeof(content)), sig));
    bytes(v, "signature", want, sizeof(want));
    assert_memory_equal(want, sig, sizeof(sig));
    signature = tacet_span_of(sig, sizeof(sig));
  }
  assert_ok(desk_chain_link(head, number, (desk_day)(time / 86400), &c,
                            signature, head));
  same(v, "head", head);
}

static void chains_as_others_do(void **state) {
  (void)state;
  DESK_KEY(desk);
  DESK_KEY(officer);
  uint8_t content[DESK_HEAD_CONTENT], sig[DESK_SIGNATURE_LEN],
      want[DESK_SIGNATURE_LEN];
  const json_t *events = json_object_get(vectors, "events");
  size_t n = json_array_size(events);
  desk_hash head;
  key_of("desk_seed", &desk);
  key_of("officer_seed", &officer);
  assert_ok(desk_chain_begin(desk.public_key, &head));
  same(vectors, "begin", &head);
  for (size_t i = 0; i < n; i++) {
    one_event(json_array_get(events, i), i + 1, &officer, &head);
  }
  desk_head_content(n,
                    json_integer_value(
                        json_object_get(json_array_get(events, n - 1), "time")),
                    &head, content);
  assert_ok(desk_key_sign(&desk, DESK_LABEL_HEAD,
                          tacet_span_of(content, sizeof(content)), sig));
  bytes(vectors, "head_signature", want, sizeof(want));
  assert_memory_equal(want, sig, sizeof(sig));
}

static void one_path(const json_t *v, desk_day day, size_t n) {
  tacet_tlog_proof proof;
  uint64_t index = 0;
  const json_t *path = json_object_get(v, "path");
  size_t which = (size_t)json_integer_value(json_object_get(v, "which"));
  assert_ok(
      desk_day_prove(pad_key, day, commitments, n, which, &index, &proof));
  assert_int_equal(index, json_integer_value(json_object_get(v, "index")));
  assert_int_equal(DESK_DAY_DEPTH, proof.n);
  assert_int_equal(DESK_DAY_DEPTH, json_array_size(path));
  for (size_t i = 0; i < proof.n; i++) {
    char hex[2 * DESK_HASH_LEN + 1];
    tacet_hex_write(span(&proof.hashes[i]), hex);
    assert_string_equal(json_string_value(json_array_get(path, i)), hex);
  }
}

static void days_as_others_do(void **state) {
  (void)state;
  uint8_t desk[DESK_KEY_LEN];
  desk_hash root, before = {{0}};
  size_t i;
  json_t *v;
  bytes(vectors, "desk_key", desk, sizeof(desk));
  json_array_foreach(json_object_get(vectors, "days"), i, v) {
    desk_day day = (desk_day)json_integer_value(json_object_get(v, "day"));
    size_t n = (size_t)json_integer_value(json_object_get(v, "n"));
    char statement[DESK_STATEMENT_MAX];
    assert_ok(desk_day_root(pad_key, day, commitments, n, &root));
    same(v, "root", &root);
    size_t len = desk_day_statement(desk, day, &root, &before, statement);
    assert_string_equal(text(v, "statement"), statement);
    assert_ok(desk_statement_hash(tacet_span_of(statement, len), &before));
    same(v, "hash", &before);
    if (n > 0) {
      one_path(v, day, n);
    }
  }
}

/* Every leaf of trees of every small size, on many days; and none elsewhere. */
static void every_place_proves(void **state) {
  (void)state;
  for (size_t n = 1; n <= 9; n++) {
    desk_day day = (desk_day)(20000 + n);
    desk_hash root, leaf;
    assert_ok(desk_day_root(pad_key, day, commitments, n, &root));
    for (size_t which = 0; which < n; which++) {
      tacet_tlog_proof proof;
      uint64_t index;
      assert_ok(
          desk_day_prove(pad_key, day, commitments, n, which, &index, &proof));
      assert_ok(tacet_tlog_leaf(span(&commitments[which]), &leaf));
      assert_ok(tacet_tlog_verify_inclusion(index, &leaf, &proof,
                                            DESK_DAY_SLOTS, &root));
      assert_err(TACET_ERR_AUTH,
                 tacet_tlog_verify_inclusion(index ^ 1, &leaf, &proof,
                                             DESK_DAY_SLOTS, &root));
      proof.hashes[which].b[0] ^= 1;
      assert_err(TACET_ERR_AUTH,
                 tacet_tlog_verify_inclusion(index, &leaf, &proof,
                                             DESK_DAY_SLOTS, &root));
    }
  }
}

static void takes_no_more_than_fit(void **state) {
  (void)state;
  desk_hash root = {{7}};
  uint64_t index = 7;
  tacet_tlog_proof proof = {.n = 7};
  assert_err(TACET_ERR_LIMIT, desk_day_root(pad_key, 1, commitments,
                                            (size_t)DESK_DAY_SLOTS + 1, &root));
  assert_int_equal(7, root.b[0]);
  assert_err(TACET_ERR_ARGUMENT,
             desk_day_prove(pad_key, 1, commitments, 3, 3, &index, &proof));
  assert_int_equal(7, index);
  assert_int_equal(7, proof.n);
  const desk_saying early = {.time = -1};
  assert_err(TACET_ERR_ARGUMENT, desk_commit(pad_key, &early, &root));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(chains_as_others_do),
                                     cmocka_unit_test(days_as_others_do),
                                     cmocka_unit_test(every_place_proves),
                                     cmocka_unit_test(takes_no_more_than_fit)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
