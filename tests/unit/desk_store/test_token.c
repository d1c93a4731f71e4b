/* SPDX-License-Identifier: Apache-2.0
 * An officer whose key is on a token: files, what is written while the token
 * waits for a finger, what is written when none comes, counters. The token
 * here is a key and a function. */
#include "tests/token/touch.h"
#include "tests/unit/desk_store/desk.h"

#include "tacet/crypto.h"

#include <string.h>

static desk_trouble why;

/* ---- the token ---- */

static touch_token token;
static desk_key cid; /* its key */

static int setup(void **state) {
  desk_officer o = {.role = DESK_OFFICER, .name = "cid"};
  assert_int_equal(0, desk_setup(state));
  touch_make(&token, &cid);
  o.key = desk_key_public(&cid);
  assert_ok(desk_officer_add(desk_db, &o, "uid:1", NULL, &why));
  return 0;
}

static tacet_err count(void *user, const desk_event *e) {
  (void)e;
  ++*(uint64_t *)user;
  return TACET_OK;
}

static uint64_t events(void) {
  const desk_filter all = {.from = 0};
  uint64_t n = 0;
  desk_trouble none;
  assert_ok(desk_events_each(desk_db, &all, count, &n, &none));
  return n;
}

/* `n` events of cid's, in one append. */
static tacet_err append(size_t n) {
  desk_act acts[10];
  json_t *body = json_pack("{s:s}", "text", "said");
  for (size_t i = 0; i < n; i++) {
    acts[i] = (desk_act){"cid", "test-made", "", body, &cid};
  }
  tacet_err e = desk_append(desk_db, acts, n, &why, NULL);
  json_decref(body);
  return e;
}

/* ---- acts ---- */

static void a_touch_an_act(void **state) {
  (void)state;
  uint64_t n = events();
  assert_ok(append(1));
  assert_int_equal(1, token.asked);
  assert_ok(append(3)); /* in one transaction: each binds the one before */
  assert_int_equal(4, token.asked);
  assert_int_equal(n + 4, events());
  desk_expect(TACET_OK, "");
  desk_audit v;
  assert_ok(desk_verify(desk_db, NULL, 0, &why, &v));
  assert_int_equal(4, v.signatures);
  assert_int_equal(0, v.counted_back);
  desk_audit_free(&v);
}

static void tell_nobody(void *user, const desk_day_hash *d) {
  (void)user;
  (void)d;
}

/* Cases by a token: filed, and brought on. */
static void works_a_case(void **state) {
  (void)state;
  json_t *request = json_pack("{s:[s]}", "identifiers", "alice");
  json_t *row = json_pack("{s:s, s:s}", "received", "2026-11-20", "kind",
                          "criminal"),
         *proof = NULL;
  char id[DESK_CASE_ID_MAX + 1];
  assert_ok(desk_case_file(desk_db, request, row, "cid", &cid, &why, id));
  const desk_case_step step = {
      .case_id = id, .act = DESK_DO_WITHDRAW, .actor = "cid", .key = &cid};
  assert_ok(desk_case_act(desk_db, &step, &why));
  assert_int_equal(2, token.asked);
  json_decref(request);
  json_decref(row);
  desk_expect(TACET_OK, "");
  /* Shown to somebody who sees no other: the signatures are in it. */
  desk_audit v;
  desk_clock += 2 * 86400;
  assert_ok(desk_days_commit(desk_db, tell_nobody, NULL, &why));
  assert_ok(desk_case_prove(desk_db, id, &why, &proof));
  assert_ok(desk_proof_check(proof, &why, &v));
  assert_int_equal(2, v.signatures);
  desk_audit_free(&v);
  json_t *first = json_array_get(json_object_get(proof, "events"), 0);
  char *signature =
      strdup(json_string_value(json_object_get(first, "signature")));
  assert_non_null(signature);
  signature[1] ^= 4; /* the flags: not touched */
  assert_int_equal(
      0, json_object_set_new(first, "signature", json_string(signature)));
  free(signature);
  assert_err(TACET_ERR_AUTH, desk_proof_check(proof, &why, &v));
  assert_non_null(strstr(why.text, "does not verify"));
  json_decref(proof);
}

/* A purge erases and appends in one: done again after the touch, it erases what
 * it named. */
static void purges(void **state) {
  (void)state;
  char id[DESK_CASE_ID_MAX + 1];
  memcpy(id, desk_file("criminal"), sizeof(id));
  desk_bring(id, DESK_DO_WITHDRAW);
  desk_bring(id, DESK_DO_CLOSE);
  token.fails = TACET_ERR_STATE;
  assert_err(TACET_ERR_STATE, desk_case_purge(desk_db, id, "cid", &cid, &why));
  json_t *request = NULL;
  assert_ok(desk_case_request(desk_db, id, &why, &request)); /* still there */
  json_decref(request);
  desk_expect(TACET_OK, "");
  token.fails = TACET_OK;
  assert_ok(desk_case_purge(desk_db, id, "cid", &cid, &why));
  assert_err(TACET_ERR_NOT_FOUND,
             desk_case_request(desk_db, id, &why, &request));
  desk_expect(TACET_OK, "");
}

/* An administrator with a token adds and removes; with another key nobody. */
static void administers(void **state) {
  (void)state;
  touch_token other;
  desk_key boss;
  desk_officer o = {.role = DESK_ADMINISTRATOR, .name = "boss"};
  touch_make(&other, &boss);
  o.key = desk_key_public(&boss);
  assert_ok(desk_officer_add(desk_db, &o, "uid:1", NULL, &why));
  o = (desk_officer){.role = DESK_AUDITOR, .name = "eve"};
  o.key = desk_key_public(&desk_root);
  assert_err(TACET_ERR_POLICY,
             desk_officer_add(desk_db, &o, "cid", &cid, &why));
  assert_int_equal(0, token.asked);
  assert_ok(desk_officer_add(desk_db, &o, "boss", &boss, &why));
  assert_ok(desk_officer_remove(desk_db, "cid", "boss", &boss, &why));
  const desk_settings settings = {"/srv/other", NULL};
  assert_ok(desk_store_settings_set(desk_db, &settings, "boss", &boss, &why));
  assert_string_equal("/srv/other", desk_store_settings(desk_db)->server);
  assert_int_equal(3, other.asked);
  desk_expect(TACET_OK, "");
}

/* ---- nobody touches it ---- */

static void nothing_is_written_without_a_touch(void **state) {
  (void)state;
  static const tacet_err errors[] = {TACET_ERR_STATE, TACET_ERR_AUTH,
                                     TACET_ERR_NOT_FOUND, TACET_ERR_IO};
  uint64_t n = events();
  for (size_t i = 0; i < 4; i++) {
    token.fails = errors[i];
    assert_err(errors[i], append(3));
    assert_string_equal("nobody touched it", why.text);
    assert_int_equal(i + 1, token.asked);
    assert_int_equal(n, events());
  }
  token.fails = TACET_OK;
  assert_ok(append(1));
  desk_expect(TACET_OK, "");
}

/* ---- others write meanwhile ---- */

static unsigned others;

static int64_t later(void *user) {
  (void)user;
  return ++desk_clock;
}

static void another_writes(void) {
  desk_store *other = NULL;
  desk_trouble t;
  if (others > 0) {
    others--;
    json_t *body = json_object();
    const desk_act act = {"ann", "test-other", "", body, &desk_ann};
    assert_ok(desk_store_open(desk_folder, &t, &other));
    desk_store_clock_set(other, later, NULL);
    assert_ok(desk_append(other, &act, 1, &t, NULL)); /* it does not wait */
    desk_store_close(other);
    json_decref(body);
  }
}

static void the_desk_is_free_while_it_waits(void **state) {
  (void)state;
  uint64_t n = events();
  uint8_t before[DESK_CLIENT_HASH];
  token.meanwhile = another_writes;
  others = 1;
  assert_ok(append(1));
  memcpy(before, token.challenge, sizeof(before));
  assert_int_equal(2, token.asked); /* the place was taken: once more */
  assert_int_equal(n + 2, events());
  others = 2; /* and in the midst of three */
  assert_ok(append(3));
  assert_int_equal(2 + 3 + 2, token.asked);
  desk_expect(TACET_OK, "");
  others = 1000;
  assert_err(TACET_ERR_BUSY, append(1));
  assert_non_null(strstr(why.text, "do it again when the desk is quieter"));
  assert_true(others > 900);
  others = 0;
  desk_expect(TACET_OK, "");
}

/* ---- limits ---- */

static void no_more_than_are_rehearsed(void **state) {
  (void)state;
  assert_ok(append(8));
  assert_err(TACET_ERR_LIMIT, append(9));
  desk_expect(TACET_OK, "");
}

static void who_is_removed_is_not_asked(void **state) {
  (void)state;
  assert_ok(desk_officer_remove(desk_db, "cid", "uid:1", NULL, &why));
  assert_err(TACET_ERR_AUTH, append(1));
  assert_int_equal(0, token.asked);
}

/* ---- counters ---- */

static void counting_back_is_seen(void **state) {
  (void)state;
  desk_audit v;
  token.step = 0; /* as tokens that do not count */
  assert_ok(append(2));
  assert_ok(desk_verify(desk_db, NULL, 0, &why, &v));
  assert_int_equal(0, v.counted_back);
  desk_audit_free(&v);
  token.step = 1;
  token.counter = 6;
  assert_ok(append(2)); /* 7, 8 */
  uint64_t at = events() + 1;
  token.counter = 7;
  assert_ok(append(1)); /* 8 again */
  token.counter = 8;
  assert_ok(append(1)); /* 9 */
  token.counter = 2;
  assert_ok(append(1)); /* 3 */
  assert_ok(desk_verify(desk_db, NULL, 0, &why, &v));
  assert_int_equal(2, v.counted_back);
  assert_int_equal(at, v.counted_back_at);
  desk_audit_free(&v);
}

/* ---- the log, changed ---- */

static void a_changed_signature_is_found(void **state) {
  (void)state;
  assert_ok(append(1));
  desk_sql("UPDATE event SET signature ="
           " CAST(X'01' || substr(signature, 2) AS BLOB) WHERE number = "
           "(SELECT max(number) FROM event)");
  desk_expect(TACET_OK, ""); /* it was 01 */
  desk_sql("UPDATE event SET signature ="
           " CAST(X'05' || substr(signature, 2) AS BLOB) WHERE number = "
           "(SELECT max(number) FROM event)");
  desk_expect(TACET_ERR_AUTH, "not over this event");
}

/* ---- files ---- */

static void write_file(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(0, fclose(f));
}

static void files_of_tokens(void **state) {
  (void)state;
  char path[TEST_PATH_MAX], public_path[TEST_PATH_MAX];
  desk_public_key key;
  uint8_t file[DESK_KEY_LEN];
  DESK_KEY(again);
  test_folder_path(desk_folder, "cid", path);
  test_folder_path(desk_folder, "cid.pub", public_path);
  cid.credential_len = DESK_CREDENTIAL_MAX;
  assert_ok(desk_key_write(&cid, path, TACET_SPAN_EMPTY, &why));
  assert_err(TACET_ERR_EXISTS,
             desk_key_write(&cid, path, TACET_SPAN_EMPTY, &why));
  assert_ok(desk_public_load(public_path, &why, &key));
  assert_true(desk_public_equal(&key, &cid.token));
  assert_err(TACET_ERR_ENCODING, desk_key_load_public(public_path, &why, file));
  assert_non_null(strstr(why.text, "a desk's own key is wanted"));
  assert_ok(desk_key_load(path, NULL, &why, &again));
  assert_true(desk_public_equal(&again.token, &cid.token));
  assert_int_equal(DESK_CREDENTIAL_MAX, again.credential_len);
  assert_memory_equal(cid.credential, again.credential, DESK_CREDENTIAL_MAX);
  /* Without a token at hand it signs nothing. */
  desk_signature s;
  assert_err(TACET_ERR_ARGUMENT,
             desk_officer_sign(&again, "DeskAct", TACET_SPAN_EMPTY, &why, &s));
  static const char *const wrong[] = {
      "tacet-desk-token v1 ",
      "tacet-desk-token v1 AQFh AQID",
      "tacet-desk-token v1 AQUXRVO0Vt3fxpCOyrHBAf5qsh4rqgYXeVt9Q6Y0gpk_1Q",
      "tacet-desk-token v1 AQUXRVO0Vt3fxpCOyrHBAf5qsh4rqgYXeVt9Q6Y0gpk_1Q ",
      ("tacet-desk-token v1 AQUXRVO0Vt3fxpCOyrHBAf5qsh4rqgYXeVt9Q6Y0gpk_1Q AQ "
       "ID"),
      "tacet-desk-token v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA AQID",
      "tacet-desk-token v2 AQUXRVO0Vt3fxpCOyrHBAf5qsh4rqgYXeVt9Q6Y0gpk_1Q AQ"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    write_file(path, wrong[i]);
    if (desk_key_load(path, NULL, &why, &again) != TACET_ERR_ENCODING ||
        strstr(why.text, "makes a pair") == NULL) {
      fail_msg("%s: %s", wrong[i], why.text);
    }
  }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, desk_teardown)
  const struct CMUnitTest tests[] = {TEST(a_touch_an_act),
                                     TEST(works_a_case),
                                     TEST(purges),
                                     TEST(administers),
                                     TEST(nothing_is_written_without_a_touch),
                                     TEST(the_desk_is_free_while_it_waits),
                                     TEST(no_more_than_are_rehearsed),
                                     TEST(who_is_removed_is_not_asked),
                                     TEST(counting_back_is_seen),
                                     TEST(a_changed_signature_is_found),
                                     TEST(files_of_tokens)};
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
