/* SPDX-License-Identifier: Apache-2.0
 * The key log's vectors in docs/protocol: a small log from its keys on. With an
 * argument the file is written anew instead:
 *
 *   test_keylog_vectors --write FILE
 */
#include "tests/support/support.h"

#include <jansson.h>

#include "tacet/crypto.h"
#include "tacet/keytrans/inclusion.h"
#include "tacet/keytrans/keylog.h"
#include "tacet/keytrans/trust.h"

#define VECTORS "docs/protocol/vectors/keylog.json"
#define TIME 1764000000

/* What is published, in this order, and then an EPOCH. */
static const struct {
  const char *label, *value;
  uint32_t version;
} updates[] = {
    {"h:alice@chat.example", "manifest 0 of alice", 0},
    {"h:bob@chat.example", "manifest 0 of bob", 0},
    {"h:bob@chat.example", "manifest 1 of bob", 1},
    {"h:carol@chat.example", "manifest 0 of carol", 0},
    {"h:bob@chat.example", "manifest 2 of bob", 2},
    {"h:dave@chat.example", "manifest 0 of dave", 0},
    {"h:bob@chat.example", "manifest 3 of bob", 3},
};
#define UPDATES (sizeof(updates) / sizeof(updates[0]))

/* Which are proven, and how much of each the reader has seen. */
static const struct {
  size_t update; /* UPDATES: a label that is not there */
  uint32_t seen;
} labels[] = {{6, 0}, {0, 0}, {UPDATES, 0}, {6, 4}, {6, 3}};
#define LABELS (sizeof(labels) / sizeof(labels[0]))

typedef struct log_state {
  tacet_map *map;
  tacet_tlog_frontier log;
  tacet_tlog_hash nodes[5][16];
} log_state;

static tacet_err put_node(void *ctx, unsigned level, uint64_t index,
                          const tacet_tlog_hash *node) {
  ((log_state *)ctx)->nodes[level][index] = *node;
  return TACET_OK;
}

static tacet_err get_node(void *ctx, unsigned level, uint64_t index,
                          tacet_tlog_hash *node) {
  *node = ((log_state *)ctx)->nodes[level][index];
  return TACET_OK;
}

static void put(json_t *o, const char *key, tacet_span bytes) {
  char *hex = malloc(2 * bytes.len + 1);
  tacet_hex_write(bytes, hex);
  json_object_set_new(o, key, json_string(hex));
  free(hex);
}

static void put_hash(json_t *o, const char *key, const void *hash) {
  put(o, key, tacet_span_of(hash, 32));
}

static tacet_keylog_label label_of(const char *text) {
  tacet_keylog_label l = {.len = strlen(text)};
  memcpy(l.b, text, l.len);
  return l;
}

/* Private keys and openings, for everybody to repeat: SHA-256 of a name. A
 * scalar of the VRF has its highest byte zero, so that it is reduced. */
static void known_bytes(const char *name, uint8_t out[32]) {
  tacet_span s = tacet_span_str(name);
  assert_ok(tacet_hash_sha256.digest(&s, 1, out));
}

static void append(log_state *s, const tacet_keylog_entry *e, json_t *o) {
  TACET_BUF(b, TACET_KEYLOG_ENTRY_MAX);
  tacet_tlog_hash leaf;
  const tacet_tlog_sink sink = {put_node, s};
  tacet_keylog_entry_write(e, &b);
  put(o, "entry", tacet_buf_span(&b));
  assert_ok(tacet_tlog_leaf(tacet_buf_span(&b), &leaf));
  assert_ok(tacet_tlog_append(&s->log, &leaf, &sink));
}

static json_t *publish(log_state *s, const tacet_vrf_key *vrf, size_t i,
                       tacet_keylog_opening *opening) {
  json_t *o = json_object();
  tacet_keylog_label label = label_of(updates[i].label);
  tacet_span value = tacet_span_str(updates[i].value);
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_UPDATE};
  uint8_t proof[TACET_VRF_PROOF_LEN], random[32];
  tacet_map_hash leaf;
  known_bytes(updates[i].value, random);
  memcpy(opening->opening, random, TACET_KEYLOG_OPENING_LEN);
  opening->index = s->log.size;
  assert_ok(
      tacet_keylog_key(vrf, &label, updates[i].version, &e.vrf_output, proof));
  assert_ok(tacet_keylog_commit(opening->opening, &label, updates[i].version,
                                value, &e.commitment));
  assert_ok(tacet_keylog_value(&e.commitment, s->log.size, &leaf));
  assert_ok(tacet_map_insert(s->map, &e.vrf_output, &leaf));
  put(o, "label", tacet_span_of(label.b, label.len));
  json_object_set_new(o, "version", json_integer(updates[i].version));
  put(o, "value", value);
  put(o, "opening", tacet_span_of(opening->opening, TACET_KEYLOG_OPENING_LEN));
  put(o, "vrf_proof", tacet_span_of(proof, sizeof(proof)));
  put_hash(o, "map_value", leaf.b);
  append(s, &e, o);
  return o;
}

/* The signed checkpoint, and the policy that believes it. */
static void sign(const log_state *s, json_t *o, tacet_buf *note) {
  TACET_SECRET(log_key);
  TACET_SECRET(witness_key);
  tacet_note_key log_name, witness_name;
  uint8_t public_key[32];
  TACET_BUF(lines, TACET_NOTE_MAX);
  TACET_BUF(policy, 1000);
  tacet_checkpoint c = {.origin = tacet_span_str("chat.example/keylog"),
                        .size = s->log.size};
  log_key.len = witness_key.len = 32;
  known_bytes("the log's key", log_key.b);
  known_bytes("the witness's key", witness_key.b);
  assert_ok(
      tacet_sig_ed25519.public_key(tacet_secret_span(&log_key), public_key));
  assert_ok(
      tacet_note_key_make(c.origin, TACET_NOTE_ED25519, public_key, &log_name));
  assert_ok(tacet_sig_ed25519.public_key(tacet_secret_span(&witness_key),
                                         public_key));
  assert_ok(tacet_note_key_make(tacet_span_str("witness.example"),
                                TACET_NOTE_COSIGNATURE, public_key,
                                &witness_name));
  assert_ok(tacet_tlog_frontier_root(&s->log, &c.root));
  tacet_checkpoint_write(&c, note);
  assert_ok(
      tacet_note_sign(tacet_buf_span(note), &log_name, &log_key, 0, &lines));
  assert_ok(tacet_note_sign(tacet_buf_span(note), &witness_name, &witness_key,
                            TIME, &lines));
  tacet_write_u8(note, '\n');
  tacet_write_bytes(note, tacet_buf_span(&lines));
  tacet_write_bytes(&policy, tacet_span_str("log "));
  tacet_note_key_write(&log_name, &policy);
  tacet_write_bytes(&policy, tacet_span_str("\nwitness w "));
  tacet_note_key_write(&witness_name, &policy);
  tacet_write_bytes(&policy, tacet_span_str("\nquorum w\n"));
  json_object_set_new(o, "policy",
                      json_stringn((const char *)policy.p, policy.len));
  json_object_set_new(o, "note",
                      json_stringn((const char *)note->p, note->len));
}

/* For a reader who has seen so many versions. */
static json_t *prove(log_state *s, const tacet_vrf_key *vrf, const char *text,
                     uint32_t seen, const tacet_keylog_opening *opening,
                     const char *value) {
  json_t *o = json_object();
  tacet_keylog_label label = label_of(text);
  TACET_BUF(proof, 1 << 16);
  assert_ok(
      tacet_keylog_label_prove(s->map, vrf, &label, seen, opening, &proof));
  put(o, "label", tacet_span_of(label.b, label.len));
  json_object_set_new(o, "seen", json_integer(seen));
  put(o, "proof", tacet_buf_span(&proof));
  if (value != NULL) {
    put(o, "value", tacet_span_str(value));
  }
  return o;
}

/* A STATEMENT and another EPOCH go on from there, and the proof for strangers.
 */
static json_t *say(log_state *s, tacet_keylog_entry *epoch) {
  static const char said[] = "tacet 1.0 is released";
  json_t *o = json_object(), *end = json_object();
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_STATEMENT};
  tacet_inclusion p = {.index = s->log.size};
  const tacet_tlog_source source = {get_node, s};
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(text, TACET_INCLUSION_MAX);
  known_bytes(said, e.hash);
  json_object_set_new(o, "said", json_string(said));
  append(s, &e, o);
  append(s, epoch, end);
  json_object_set_new(o, "epoch", end);
  sign(s, o, &note);
  p.note = tacet_buf_span(&note);
  assert_ok(tacet_tlog_prove_inclusion(&source, p.index, s->log.size, &p.path));
  tacet_inclusion_write(&p, &text);
  assert_ok(text.err);
  json_object_set_new(o, "proof", json_stringn((const char *)text.p, text.len));
  return o;
}

/* Trust of an invite, without and with an account for notices. */
static json_t *trust(const tacet_vrf_key *vrf, const char *policy,
                     const char *account) {
  json_t *o = json_object();
  TACET_BUF(w, TACET_TRUST_MAX);
  tacet_trust t = {.max_age = 86400, .policy = tacet_span_str(policy)};
  memcpy(t.vrf_key, vrf->public_key, sizeof(t.vrf_key));
  if (account != NULL) {
    t.has_notices = true;
    known_bytes(account, t.notices);
    put_hash(o, "notices", t.notices);
  }
  tacet_trust_write(&w, &t);
  assert_ok(w.err);
  json_object_set_new(o, "max_age", json_integer(t.max_age));
  put(o, "trust", tacet_buf_span(&w));
  return o;
}

/* Forms that are none: with the version that has an account, and without it;
 * the other way round; an account that is all zero; a version to come. */
static json_t *refused(const json_t *plain, const json_t *full) {
  json_t *list = json_array();
  char text[2 * TACET_TRUST_MAX + 1];
  const char *a = json_string_value(json_object_get(plain, "trust")),
             *b = json_string_value(json_object_get(full, "trust"));
  (void)snprintf(text, sizeof(text), "02%s", a + 2);
  json_array_append_new(list, json_string(text));
  (void)snprintf(text, sizeof(text), "01%s", b + 2);
  json_array_append_new(list, json_string(text));
  (void)snprintf(text, sizeof(text), "02%s%064d", a + 2, 0);
  json_array_append_new(list, json_string(text));
  (void)snprintf(text, sizeof(text), "03%s", b + 2);
  json_array_append_new(list, json_string(text));
  return list;
}

static void put_trusts(json_t *root, const tacet_vrf_key *vrf) {
  const char *policy = json_string_value(json_object_get(root, "policy"));
  json_t *list = json_array();
  json_t *plain = trust(vrf, policy, NULL),
         *full = trust(vrf, policy, "the account for notices");
  json_object_set_new(root, "refused_trusts", refused(plain, full));
  json_array_append_new(list, plain);
  json_array_append_new(list, full);
  json_object_set_new(root, "trusts", list);
}

static json_t *make(void) {
  json_t *root = json_object(), *list = json_array(), *proofs = json_array();
  log_state s = {.map = NULL};
  TACET_VRF_KEY(vrf);
  uint8_t scalar[32];
  tacet_keylog_opening openings[UPDATES];
  assert_ok(tacet_map_new(&s.map));
  known_bytes("the VRF's key", scalar);
  scalar[31] = 0;
  assert_ok(tacet_vrf_key_load(tacet_span_of(scalar, 32), &vrf));
  put_hash(root, "vrf_private_key", scalar);
  put_hash(root, "vrf_public_key", vrf.public_key);
  for (size_t i = 0; i < UPDATES; i++) {
    json_array_append_new(list, publish(&s, &vrf, i, &openings[i]));
  }
  tacet_keylog_entry epoch = {
      .kind = TACET_KEYLOG_EPOCH, .day = TIME / 86400, .map_size = UPDATES};
  json_t *o = json_object();
  assert_ok(tacet_map_root(s.map, &epoch.map_root));
  append(&s, &epoch, o);
  json_object_set_new(root, "updates", list);
  json_object_set_new(root, "epoch", o);
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(head, 1 << 16);
  const tacet_tlog_source source = {get_node, &s};
  sign(&s, root, &note);
  put_trusts(root, &vrf);
  /* For a reader who has seen the first four entries. */
  tacet_tlog_hash seen;
  assert_ok(tacet_tlog_root(&source, 4, &seen));
  put_hash(root, "seen_root_of_4", seen.b);
  assert_ok(tacet_keylog_head_prove(&source, 4, s.log.size, &epoch,
                                    tacet_buf_span(&note), &head));
  put(root, "head_proof", tacet_buf_span(&head));
  for (size_t i = 0; i < LABELS; i++) {
    size_t u = labels[i].update;
    json_array_append_new(
        proofs, u < UPDATES
                    ? prove(&s, &vrf, updates[u].label, labels[i].seen,
                            &openings[u], updates[u].value)
                    : prove(&s, &vrf, "h:nobody@chat.example", 0, NULL, NULL));
  }
  json_object_set_new(root, "labels", proofs);
  json_object_set_new(root, "statement", say(&s, &epoch));
  tacet_map_free(s.map);
  return root;
}

/* ---- reading them ---- */

static json_t *file;

static tacet_span get(const json_t *o, const char *key) {
  const char *hex = json_string_value(json_object_get(o, key));
  if (hex == NULL) {
    fail_msg("%s has no %s", VECTORS, key);
  }
  return test_hex(hex);
}

/* Nothing in them is random: made again they are the same. */
static void they_are_what_is_made(void **state) {
  (void)state;
  json_t *made = make();
  if (!json_equal(made, file)) {
    fail_msg("%s is not what this makes", VECTORS);
  }
  json_decref(made);
}

static void a_reader_accepts_them(void **state) {
  (void)state;
  tacet_policy *policy = NULL;
  tacet_tlog_head seen = {.size = 4};
  tacet_keylog_head head;
  size_t line, i;
  tacet_span root = get(file, "seen_root_of_4"),
             proof = get(file, "head_proof"), vrf = get(file, "vrf_public_key");
  json_t *o;
  memcpy(seen.root.b, root.p, 32);
  assert_ok(tacet_policy_read(
      tacet_span_str(json_string_value(json_object_get(file, "policy"))),
      &policy, &line));
  assert_ok(tacet_keylog_head_verify(policy, &seen, TIME, proof, &head));
  assert_int_equal(head.map_size, UPDATES);
  assert_int_equal(head.seen.size, UPDATES + 1);
  json_array_foreach(json_object_get(file, "labels"), i, o) {
    tacet_span label = get(o, "label"), label_proof = get(o, "proof"),
               value = json_object_get(o, "value") != NULL ? get(o, "value")
                                                           : test_hex("");
    tacet_keylog_label l = {.len = label.len};
    tacet_keylog_answer a;
    memcpy(l.b, label.p, label.len);
    size_t u = labels[i].update;
    uint32_t known = (uint32_t)json_integer_value(json_object_get(o, "seen"));
    assert_ok(tacet_keylog_label_verify(&head, vrf, &l, known, value,
                                        label_proof, &a));
    assert_int_equal(known, labels[i].seen);
    assert_int_equal(a.exists, u < UPDATES);
    assert_int_equal(a.version, u < UPDATES ? updates[u].version : 0);
    test_hex_free(label);
    test_hex_free(label_proof);
    test_hex_free(value);
  }
  assert_int_equal(i, LABELS);
  test_hex_free(root);
  test_hex_free(proof);
  test_hex_free(vrf);
  tacet_policy_free(policy);
}

static void readers_know_what_an_invite_says(void **state) {
  (void)state;
  size_t i;
  json_t *o;
  tacet_trust t;
  tacet_span vrf = get(file, "vrf_public_key");
  const char *policy = json_string_value(json_object_get(file, "policy"));
  json_array_foreach(json_object_get(file, "trusts"), i, o) {
    tacet_span bytes = get(o, "trust");
    const char *account = json_string_value(json_object_get(o, "notices"));
    assert_ok(tacet_trust_parse(bytes, &t));
    assert_memory_equal(t.vrf_key, vrf.p, vrf.len);
    assert_int_equal(t.max_age,
                     json_integer_value(json_object_get(o, "max_age")));
    assert_true(tacet_span_equal(t.policy, tacet_span_str(policy)));
    assert_int_equal(t.has_notices, account != NULL);
    if (account != NULL) {
      tacet_span id = get(o, "notices");
      assert_memory_equal(t.notices, id.p, sizeof(t.notices));
      test_hex_free(id);
    }
    test_hex_free(bytes);
  }
  assert_int_equal(i, 2);
  json_array_foreach(json_object_get(file, "refused_trusts"), i, o) {
    tacet_span bytes = test_hex(json_string_value(o));
    assert_int_not_equal(tacet_trust_parse(bytes, &t), TACET_OK);
    test_hex_free(bytes);
  }
  assert_int_equal(i, 4);
  test_hex_free(vrf);
}

static void a_stranger_accepts_the_statement(void **state) {
  (void)state;
  const json_t *o = json_object_get(file, "statement");
  tacet_policy *policy = NULL;
  tacet_policy_verdict v;
  tacet_inclusion p;
  size_t line;
  tacet_span entry = get(o, "entry");
  assert_ok(tacet_policy_read(
      tacet_span_str(json_string_value(json_object_get(o, "policy"))), &policy,
      &line));
  assert_ok(tacet_inclusion_parse(
      tacet_span_str(json_string_value(json_object_get(o, "proof"))), &p));
  assert_ok(tacet_policy_judge(policy, p.note, TIME, &v));
  const tacet_tlog_head head = {v.checkpoint.size, v.checkpoint.root};
  assert_ok(tacet_inclusion_verify(&p, entry, &head));
  tacet_policy_free(policy);
  test_hex_free(entry);
}

int main(int argc, char **argv) {
  json_error_t error;
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  if (argc == 3 && strcmp(argv[1], "--write") == 0) {
    json_t *made = make();
    int bad = json_dump_file(made, argv[2], JSON_INDENT(2));
    json_decref(made);
    return bad == 0 ? 0 : 1;
  }
  file = json_load_file(VECTORS, 0, &error);
  if (file == NULL) {
    (void)fprintf(stderr, "%s: %s\n", VECTORS, error.text);
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(they_are_what_is_made),
      cmocka_unit_test(a_stranger_accepts_the_statement),
      cmocka_unit_test(readers_know_what_an_invite_says),
      cmocka_unit_test(a_reader_accepts_them),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  json_decref(file);
  return failed;
}
