/* SPDX-License-Identifier: Apache-2.0
 * Trust policies: their text, and which sets of witnesses are a quorum. */
#include "tests/support/support.h"

#include <stdio.h>

#include "tacet/crypto.h"
#include "tacet/keytrans/policy.h"

#define WITNESSES 5
#define NOW 1000000

static tacet_secret log_private, witness_private[WITNESSES];
static tacet_note_key log_key, witness_key[WITNESSES];
static char log_text[512], witness_text[WITNESSES][512];

static int make(const char *name, uint8_t type, tacet_secret *private_key,
                tacet_note_key *key, char text[512]) {
  uint8_t public_key[32];
  TACET_BUF(b, 511);
  if (tacet_sig_ed25519.generate(private_key, public_key) != TACET_OK ||
      tacet_note_key_make(tacet_span_str(name), type, public_key, key) !=
          TACET_OK) {
    return -1;
  }
  tacet_note_key_write(key, &b);
  memcpy(text, b.p, b.len);
  return 0;
}

static int set_up(void **state) {
  (void)state;
  int bad = tacet_crypto_init() != TACET_OK;
  bad |= make("chat.example", TACET_NOTE_ED25519, &log_private, &log_key,
              log_text);
  for (int i = 0; i < WITNESSES; i++) {
    char name[] = "witness-a.example";
    name[8] = (char)('a' + i);
    bad |= make(name, TACET_NOTE_COSIGNATURE, &witness_private[i],
                &witness_key[i], witness_text[i]);
  }
  return bad ? -1 : 0;
}

/* $L and $A..$E stand for the keys. */
static tacet_err read_policy(const char *pattern, tacet_policy **p,
                             size_t *line) {
  TACET_BUF(b, 1 << 20);
  for (; *pattern != '\0'; pattern++) {
    if (*pattern != '$') {
      tacet_write_u8(&b, (uint8_t)*pattern);
      continue;
    }
    pattern++;
    tacet_write_bytes(&b, tacet_span_str(*pattern == 'L'
                                             ? log_text
                                             : witness_text[*pattern - 'A']));
  }
  return tacet_policy_read(tacet_buf_span(&b), p, line);
}

#define ALL                                                                    \
  "log $L\nwitness a $A https://a.example/\nwitness b $B\nwitness c $C\n"      \
  "witness d $D\nwitness e $E\n"

/* A checkpoint that the log signed, and of the witnesses those of which the
 * time is not 0. */
static void cosigned(const uint64_t times[WITNESSES], tacet_buf *note) {
  TACET_BUF(lines, TACET_NOTE_MAX);
  tacet_checkpoint c = {.origin = tacet_span_str("chat.example"), .size = 7};
  tacet_checkpoint_write(&c, note);
  tacet_span text = tacet_buf_span(note);
  assert_ok(tacet_note_sign(text, &log_key, &log_private, 0, &lines));
  for (int i = 0; i < WITNESSES; i++) {
    if (times[i] != 0) {
      assert_ok(tacet_note_sign(text, &witness_key[i], &witness_private[i],
                                times[i], &lines));
    }
  }
  tacet_write_u8(note, '\n');
  tacet_write_bytes(note, tacet_buf_span(&lines));
}

static void quorums(void **state) {
  (void)state;
  static const struct {
    const char *rule;
    uint64_t times[WITNESSES];
    tacet_err want;
    uint64_t witnessed;
  } rows[] = {
      {"quorum none\n", {0}, TACET_OK, 0},
      {"quorum none\n", {5}, TACET_OK, 0},
      {"quorum a\n", {5}, TACET_OK, 5},
      {"quorum a\n", {0, 5, 5, 5, 5}, TACET_ERR_POLICY, 0},
      {"quorum a\n", {NOW + 1}, TACET_ERR_POLICY, 0}, /* from the future */
      {"quorum a\n", {NOW}, TACET_OK, NOW},
      {"group g any a b c\nquorum g\n", {0, 5}, TACET_OK, 5},
      {"group g any a b c\nquorum g\n", {7, 5, 9}, TACET_OK, 9},
      {"group g any a b c\nquorum g\n", {0, 0, 0, 5, 5}, TACET_ERR_POLICY, 0},
      {"group g all a b c\nquorum g\n", {7, 5, 9}, TACET_OK, 5},
      {"group g all a b c\nquorum g\n", {7, 5, 0, 9}, TACET_ERR_POLICY, 0},
      {"group g 2 a b c\nquorum g\n", {7, 5, 9}, TACET_OK, 7},
      {"group g 2 a b c\nquorum g\n", {7}, TACET_ERR_POLICY, 0},
      {"group g 4 a b c d e\nquorum g\n", {7, 5, 9, 8}, TACET_OK, 5},
      {"group g 4 a b c d e\nquorum g\n", {7, 5, 9, 8, 6}, TACET_OK, 6},
      {"group x 2 a b c\ngroup y any d e\ngroup z all x y\nquorum z\n",
       {9, 8, 0, 0, 7},
       TACET_OK,
       7},
      {"group x 2 a b c\ngroup y any d e\ngroup z all x y\nquorum z\n",
       {9, 8, 7},
       TACET_ERR_POLICY,
       0},
      {"group x 2 a b c\ngroup y any d e\ngroup z all x y\nquorum x\n",
       {9, 8, 7},
       TACET_OK,
       8},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char text[512];
    tacet_policy *p = NULL;
    tacet_policy_verdict v;
    size_t line;
    TACET_BUF(note, TACET_NOTE_MAX);
    (void)snprintf(text, sizeof(text), ALL "%s", rows[i].rule);
    assert_ok(read_policy(text, &p, &line));
    cosigned(rows[i].times, &note);
    tacet_err e = tacet_policy_judge(p, tacet_buf_span(&note), NOW, &v);
    if (e != rows[i].want) {
      fail_msg("row %zu: %s", i, tacet_err_name(e));
    }
    assert_int_equal(v.checkpoint.size, 7);
    assert_string_equal(v.log->name, "chat.example");
    if (e == TACET_OK) {
      assert_int_equal(v.witnessed, rows[i].witnessed);
    }
    tacet_policy_free(p);
  }
}

static void what_is_refused(void **state) {
  (void)state;
  static const uint64_t times[WITNESSES] = {5, 5};
  tacet_policy *p = NULL;
  tacet_policy_verdict v;
  size_t line;
  TACET_BUF(note, TACET_NOTE_MAX);
  cosigned(times, &note);
  /* A log that the policy does not know. */
  assert_ok(read_policy("witness a $A\nquorum a\n", &p, &line));
  assert_err(TACET_ERR_AUTH,
             tacet_policy_judge(p, tacet_buf_span(&note), NOW, &v));
  tacet_policy_free(p);
  /* Every bit: the log's signature or a witness's breaks, or says nothing. */
  assert_ok(read_policy(
      "log $L\nwitness a $A\nwitness b $B\ngroup g all a b\nquorum g\n", &p,
      &line));
  assert_ok(tacet_policy_judge(p, tacet_buf_span(&note), NOW, &v));
  assert_int_equal(v.n_witnesses, 2);
  for (size_t bit = 0; bit < note.len * 8; bit++) {
    note.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_true(tacet_policy_judge(p, tacet_buf_span(&note), NOW, &v) !=
                TACET_OK);
    note.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  tacet_policy_free(p);
}

/* A log's key under an origin that is not its name. */
static void the_origin_is_the_logs_name(void **state) {
  (void)state;
  tacet_policy *p = NULL;
  tacet_policy_verdict v;
  size_t line;
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(sig, TACET_NOTE_MAX);
  tacet_checkpoint c = {.origin = tacet_span_str("other.example"), .size = 7};
  tacet_checkpoint_write(&c, &note);
  assert_ok(
      tacet_note_sign(tacet_buf_span(&note), &log_key, &log_private, 0, &sig));
  tacet_write_u8(&note, '\n');
  tacet_write_bytes(&note, tacet_buf_span(&sig));
  assert_ok(read_policy("log $L\nquorum none\n", &p, &line));
  assert_err(TACET_ERR_AUTH,
             tacet_policy_judge(p, tacet_buf_span(&note), NOW, &v));
  tacet_policy_free(p);
}

static void texts(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tacet_err want;
    size_t line; /* at fault */
  } rows[] = {
      {"quorum none\n", TACET_OK, 0},
      {"# why\n\n \t\n  log\t$L  https://x/ \nquorum none\n", TACET_OK, 0},
      {ALL "group g 2 a b\nquorum g\n", TACET_OK, 0},
      {"", TACET_ERR_ENCODING, 1},
      {"log $L\n", TACET_ERR_ENCODING, 2}, /* no quorum */
      {"quorum none", TACET_ERR_ENCODING, 1},
      {"quorum none\nquorum none\n", TACET_ERR_ENCODING, 2},
      {"quorum a\nwitness a $A\n", TACET_ERR_ENCODING, 1},
      {"quorum none a\n", TACET_ERR_ENCODING, 1},
      {"log $L\nlog $L\nquorum none\n", TACET_ERR_ENCODING, 2},
      {"log $A\nquorum none\n", TACET_ERR_ENCODING, 1},
      {"witness a $L\nquorum none\n", TACET_ERR_ENCODING, 1},
      {"log $L u x\nquorum none\n", TACET_ERR_ENCODING, 1},
      {"witness a $A\nwitness b $A\nquorum a\n", TACET_ERR_ENCODING, 2},
      {"witness a $A\nwitness a $B\nquorum a\n", TACET_ERR_ENCODING, 2},
      {"witness none $A\nquorum none\n", TACET_ERR_ENCODING, 1},
      {"witness a\nquorum none\n", TACET_ERR_ENCODING, 1},
      {ALL "group g all\nquorum g\n", TACET_ERR_ENCODING, 7},
      {ALL "group g 0 a\nquorum g\n", TACET_ERR_ENCODING, 7},
      {ALL "group g 3 a b\nquorum g\n", TACET_ERR_ENCODING, 7},
      {ALL "group g 01 a b\nquorum g\n", TACET_ERR_ENCODING, 7},
      {ALL "group g most a b\nquorum g\n", TACET_ERR_ENCODING, 7},
      {ALL "group g all a a\nquorum g\n", TACET_ERR_ENCODING, 7},
      {ALL "group g all a g\nquorum g\n", TACET_ERR_ENCODING, 7},
      {ALL "group g all a none\nquorum g\n", TACET_ERR_ENCODING, 7},
      {ALL "group g all a b\ngroup h all b c\nquorum g\n", TACET_ERR_ENCODING,
       8},
      {ALL "group a all b c\nquorum a\n", TACET_ERR_ENCODING, 7},
      {"log $L\r\nquorum none\n", TACET_ERR_ENCODING, 1},
      {"witnesses a $A\nquorum none\n", TACET_ERR_ENCODING, 1},
      {"log example.com+00000000+AA==\nquorum none\n", TACET_ERR_UNKNOWN_TYPE,
       1},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_policy *p = NULL;
    size_t line = 0;
    tacet_err e = read_policy(rows[i].text, &p, &line);
    if (e != rows[i].want || (e != TACET_OK && line != rows[i].line)) {
      fail_msg("row %zu: %s in line %zu", i, tacet_err_name(e), line);
    }
    tacet_policy_free(p);
  }
}

static void witnesses_are_listed(void **state) {
  (void)state;
  tacet_policy *p = NULL;
  size_t line;
  assert_ok(read_policy(ALL "group g any a\nquorum g\n", &p, &line));
  assert_int_equal(tacet_policy_witness_count(p), WITNESSES);
  tacet_policy_witness w = tacet_policy_witness_at(p, 0);
  assert_span(tacet_span_str("a"), w.name);
  assert_span(tacet_span_str("https://a.example/"), w.url);
  w = tacet_policy_witness_at(p, 4);
  assert_span(tacet_span_str("e"), w.name);
  assert_int_equal(w.url.len, 0);
  assert_string_equal(w.key->name, "witness-e.example");
  assert_false(tacet_policy_is_unwitnessed(p));
  tacet_policy_free(p);
}

static tacet_err step(void *ctx) {
  tacet_policy *p = NULL;
  size_t line;
  tacet_err e = tacet_policy_read(*(tacet_span *)ctx, &p, &line);
  tacet_policy_free(p);
  return e;
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  tacet_span text = tacet_span_str("quorum none\n");
  test_alloc_sweep(step, &text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quorums),
      cmocka_unit_test(what_is_refused),
      cmocka_unit_test(the_origin_is_the_logs_name),
      cmocka_unit_test(texts),
      cmocka_unit_test(witnesses_are_listed),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
