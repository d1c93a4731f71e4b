/* SPDX-License-Identifier: Apache-2.0
 * Drawing tokens: quotas by day, the same request again, keys by the week. */
#include "tests/unit/server_directory/book.h"

#include "tacet/crypto.h"

typedef struct drawn {
  tacet_wire_error status;
  size_t n;
  tacet_token tokens[TACET_TOKEN_BATCH_MAX];
} drawn;

static tacet_token_draw current; /* the draw of the last request */
static uint8_t current_key_id[8];

static void issuer_key(tacet_token_kind kind, uint8_t public_key[32]) {
  TACET_BUF(w, 4096);
  tacet_issuers all;
  assert_ok(dir_issuers(book, &w));
  assert_ok(tacet_issuers_parse(tacet_buf_span(&w), &all));
  assert_int_equal(4, all.n); /* this week's and the last, of each kind */
  for (size_t i = all.n; i > 0; i--) {
    if (all.list[i - 1].kind == kind) { /* the issuing one comes first */
      memcpy(public_key, all.list[i - 1].public_key, 32);
    }
  }
}

static void start(tacet_token_kind kind, size_t n) {
  uint8_t public_key[32];
  issuer_key(kind, public_key);
  assert_ok(tacet_token_draw_start(kind, public_key, n, &current));
  tacet_token_key_id(public_key, current_key_id);
}

static drawn send_again(const person *p) {
  static drawn d;
  TACET_BUF(w, 4096);
  tacet_draw m = {.kind = current.kind,
                  .blinded = tacet_span_of(current.blinded, current.n * 32)};
  memcpy(m.key_id, current_key_id, sizeof(m.key_id));
  tacet_draw_write(&w, &m);
  answer a = book_call_as(p, 0, DIR_DRAW, &w);
  d.status = a.status;
  d.n = 0;
  if (a.status == TACET_WIRE_OK) {
    tacet_draw_answer got;
    assert_ok(tacet_draw_answer_parse(tacet_bytes_span(&a.body), &got));
    assert_ok(tacet_token_draw_finish(&current, got.evaluated,
                                      tacet_span_of(got.proof, 64), d.tokens));
    d.n = current.n;
  }
  answer_free(&a);
  return d;
}

static drawn draw(const person *p, tacet_token_kind kind, size_t n) {
  start(kind, n);
  return send_again(p);
}

static void test_tokens_work(void **state) {
  (void)state;
  person alice;
  person_register(&alice, "alice");
  drawn d = draw(&alice, TACET_TOKEN_DIRECTORY, 3);
  assert_int_equal(TACET_WIRE_OK, d.status);
  for (size_t i = 0; i < 3; i++) { /* there are no packages: kept */
    assert_int_equal(
        TACET_WIRE_NO_KEY_PACKAGE,
        book_claim(alice.manifest.account_id, &d.tokens[i]).status);
  }
  d = draw(&alice, TACET_TOKEN_DELIVERY, 1);
  assert_int_equal(TACET_WIRE_TOKEN,
                   book_claim(alice.manifest.account_id, &d.tokens[0]).status);
}

static void test_quota(void **state) {
  (void)state;
  person alice, bob;
  person_register(&alice, "alice");
  person_register(&bob, "bob");
  assert_int_equal(TACET_WIRE_OK,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 64).status);
  assert_int_equal(TACET_WIRE_QUOTA,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 37).status);
  assert_int_equal(TACET_WIRE_OK,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 36).status);
  assert_int_equal(TACET_WIRE_QUOTA,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 1).status);
  /* The other kind, and another account, count for themselves. */
  assert_int_equal(TACET_WIRE_OK,
                   draw(&alice, TACET_TOKEN_DELIVERY, 64).status);
  assert_int_equal(TACET_WIRE_QUOTA,
                   draw(&alice, TACET_TOKEN_DELIVERY, 64).status);
  assert_int_equal(TACET_WIRE_OK, draw(&bob, TACET_TOKEN_DIRECTORY, 64).status);
  book_reopen();
  assert_int_equal(TACET_WIRE_QUOTA,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 1).status);
  book_days_pass(1);
  assert_int_equal(TACET_WIRE_OK,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 64).status);
}

/* A lost answer costs nothing: the same request, the same tokens. */
static void test_same_again(void **state) {
  (void)state;
  person alice;
  static tacet_token before[64];
  person_register(&alice, "alice");
  drawn d = draw(&alice, TACET_TOKEN_DIRECTORY, 64);
  assert_int_equal(TACET_WIRE_OK, d.status);
  memcpy(before, d.tokens, sizeof(before));
  for (int i = 0; i < 3; i++) {
    d = send_again(&alice);
    assert_int_equal(TACET_WIRE_OK, d.status);
    assert_memory_equal(before, d.tokens, sizeof(before));
  }
  book_reopen();
  assert_int_equal(TACET_WIRE_OK, send_again(&alice).status);
  /* 36 are left; another request is another one. */
  assert_int_equal(TACET_WIRE_OK,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 1).status);
  assert_int_equal(TACET_WIRE_OK,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 35).status);
  assert_int_equal(TACET_WIRE_QUOTA,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 1).status);
}

static void test_refused(void **state) {
  (void)state;
  person alice, nobody;
  person_register(&alice, "alice");
  person_make(&nobody, "nobody");
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT,
                   draw(&nobody, TACET_TOKEN_DIRECTORY, 1).status);
  person thief = alice;
  thief.device_keys[0] = nobody.device_keys[0];
  assert_int_equal(TACET_WIRE_AUTHORIZATION,
                   draw(&thief, TACET_TOKEN_DIRECTORY, 1).status);
  start(TACET_TOKEN_DIRECTORY, 1);
  current_key_id[0] ^= 1;
  assert_int_equal(TACET_WIRE_ISSUER_KEY, send_again(&alice).status);
  start(TACET_TOKEN_DIRECTORY, 1); /* an element that is none */
  memset(current.blinded, 0xff, 32);
  assert_int_equal(TACET_WIRE_MALFORMED, send_again(&alice).status);
}

static void test_keys_by_the_week(void **state) {
  (void)state;
  person alice;
  uint8_t first[32], second[32];
  person_register(&alice, "alice");
  drawn d = draw(&alice, TACET_TOKEN_DIRECTORY, 2);
  tacet_token t[2] = {d.tokens[0], d.tokens[1]};
  issuer_key(TACET_TOKEN_DIRECTORY, first);
  book_days_pass(5); /* day 20,005 is the last of its week */
  issuer_key(TACET_TOKEN_DIRECTORY, second);
  assert_memory_equal(first, second, 32);
  start(TACET_TOKEN_DIRECTORY, 1);
  book_days_pass(1);
  issuer_key(TACET_TOKEN_DIRECTORY, second);
  assert_memory_not_equal(first, second, 32);
  assert_int_equal(TACET_WIRE_ISSUER_KEY, send_again(&alice).status);
  assert_int_equal(TACET_WIRE_OK,
                   draw(&alice, TACET_TOKEN_DIRECTORY, 1).status);
  const uint8_t *id = alice.manifest.account_id;
  book_days_pass(6);
  assert_int_equal(TACET_WIRE_NO_KEY_PACKAGE, book_claim(id, &t[0]).status);
  book_days_pass(1);
  assert_int_equal(TACET_WIRE_TOKEN, book_claim(id, &t[1]).status);
  /* The same keys after a restart. */
  issuer_key(TACET_TOKEN_DIRECTORY, first);
  book_reopen();
  issuer_key(TACET_TOKEN_DIRECTORY, second);
  assert_memory_equal(first, second, 32);
}

/* ---- the keys in the log ---- */

static tacet_wire_error week_status(uint32_t first_day) {
  TACET_BUF(w, 64);
  tacet_issuer_query_write(&w, &(tacet_issuer_query){first_day, 0});
  return status_of_call(book_call(DIR_WEEK, &w, false));
}

/* As a client checks it; gives where in the log they stand. */
static uint64_t prove_week(uint32_t first_day, tacet_span value) {
  TACET_BUF(w, 64);
  TACET_BYTES(text);
  sto_trouble why;
  tacet_policy *policy = NULL;
  tacet_key_proofs p;
  tacet_keylog_label label;
  tacet_keylog_answer got;
  tacet_keylog_head head;
  const tacet_tlog_head seen = {0};
  size_t line;
  tacet_issuer_query_write(&w, &(tacet_issuer_query){first_day, 0});
  answer a = book_call(DIR_WEEK, &w, false);
  assert_int_equal(TACET_WIRE_OK, a.status);
  assert_ok(tacet_key_proofs_parse(tacet_bytes_span(&a.body), &p));
  assert_ok(dir_log_policy_read(book_folder, &text, &why));
  assert_ok(tacet_policy_read(tacet_bytes_span(&text), &policy, &line));
  assert_ok(tacet_keylog_head_verify(policy, &seen, UINT64_MAX, p.head, &head));
  tacet_keylog_label_issuers(first_day, &label);
  assert_ok(tacet_keylog_label_verify(
      &head, tacet_span_of(book->log.vrf.public_key, 32), &label, 0, value,
      p.label, &got));
  assert_true(got.exists);
  assert_int_equal(0, got.version);
  tacet_policy_free(policy);
  answer_free(&a);
  return got.index;
}

static uint64_t prove_this_week(uint32_t first_day) {
  TACET_BUF(list, 4096);
  TACET_BUF(value, 4096);
  tacet_issuers all, week;
  assert_ok(dir_issuers(book, &list));
  assert_ok(tacet_issuers_parse(tacet_buf_span(&list), &all));
  assert_ok(tacet_issuers_week(&all, first_day, &week));
  tacet_issuers_write(&value, &week);
  return prove_week(first_day, tacet_buf_span(&value));
}

/* What is given out is what was logged a week before, once. */
static void test_weeks_are_logged(void **state) {
  (void)state;
  uint64_t first = prove_this_week(19999);
  assert_int_equal(TACET_WIRE_OK, week_status(20006));
  assert_int_equal(TACET_WIRE_MALFORMED, week_status(20013));
  assert_int_equal(TACET_WIRE_MALFORMED, week_status(19992));
  assert_int_equal(TACET_WIRE_MALFORMED, week_status(20000));
  book_days_pass(6);
  sto_keeper_now(&book->keeper);
  uint64_t second = prove_this_week(20006);
  assert_true(second > first);
  assert_int_equal(first, prove_this_week(19999)); /* it is accepted still */
  assert_int_equal(TACET_WIRE_OK, week_status(20013));
  dir_log_state before, after;
  dir_log_state_get(book, &before);
  book_close();
  book_reopen();
  assert_int_equal(second, prove_this_week(20006));
  dir_log_state_get(book, &after);
  assert_int_equal(before.map_size, after.map_size);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, book_setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_tokens_work),      TEST(test_quota),
      TEST(test_same_again),       TEST(test_refused),
      TEST(test_keys_by_the_week), TEST(test_weeks_are_logged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
