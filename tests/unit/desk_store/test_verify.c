/* SPDX-License-Identifier: Apache-2.0
 * Whatever is changed in the desk's database behind its back is found, and it
 * is said where: bits of every column, events that are missing, doubled or in
 * another order, a log that is cut off, put back or written again; and what
 * shows one case. */
#include "tests/unit/desk_store/desk.h"

#include "tacet/crypto.h"

#include <string.h>
#include <unistd.h>

static desk_trouble why;
static char id[DESK_CASE_ID_MAX + 1];

/* Three days of a desk: cases, reads, a decision, commitments. */
static int busy(void **state) {
  (void)desk_setup(state);
  (void)desk_file("criminal");
  memcpy(id, desk_file("civil"), sizeof(id));
  desk_clock += 86400;
  assert_ok(desk_case_evaluated(desk_db, id, "uid:1", NULL, NULL, NULL, &why));
  desk_bring(id, DESK_DO_REFUSE);
  desk_clock += 2 * 86400;
  return 0;
}

static void tell(void *user, const desk_day_hash *d) {
  desk_day_hash *days = user;
  while (days->day != 0) {
    days++;
  }
  *days = *d;
}

static size_t commit(desk_day_hash *days, size_t cap) {
  size_t n = 0;
  memset(days, 0, cap * sizeof(*days));
  assert_ok(desk_days_commit(desk_db, tell, days, &why));
  while (n < cap && days[n].day != 0) {
    n++;
  }
  return n;
}

static tacet_err against(const desk_day_hash *days, size_t n) {
  desk_audit v = {.days = NULL};
  tacet_err e = desk_verify(desk_db, days, n, &why, &v);
  desk_audit_free(&v);
  return e;
}

/* ---- flips ---- */

static void copy_file(const char *from, const char *to) {
  char command[3 * TEST_PATH_MAX];
  (void)snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
  assert_int_equal(0, system(command));
}

static char database[TEST_PATH_MAX], aside[TEST_PATH_MAX];

static void keep(void) {
  desk_store_close(desk_db);
  desk_db = NULL;
  test_folder_path(desk_folder, DESK_DATABASE, database);
  test_folder_path(desk_folder, "aside.db", aside);
  copy_file(database, aside);
  desk_reopen();
}

static void put_back(void) {
  desk_store_close(desk_db);
  desk_db = NULL;
  copy_file(aside, database);
  desk_reopen();
}

/* Each column of each event, one bit or letter. */
static void every_column(void **state) {
  (void)state;
  static const char *const changes[] = {
      "day = day + 1",
      "time = time + 1",
      "actor = actor || 'x'",
      "kind = kind || 'x'",
      "case_id = case_id || 'x'",
      "body = replace(body, '}', ',\"x\":1}')",
      "salt = CAST(CASE substr(salt, 1, 1) WHEN x'00' THEN x'01' ELSE x'00' END"
      " || substr(salt, 2) AS BLOB)",
      "commitment = CAST(CASE substr(commitment, 1, 1) WHEN x'00' THEN x'01' "
      "ELSE x'00' END"
      " || substr(commitment, 2) AS BLOB)",
      "signature = CASE signature WHEN x'' THEN x'00' ELSE x'' END",
      "signature = CASE signature WHEN x'' THEN zeroblob(64) ELSE"
      " CAST(CASE substr(signature, 1, 1) WHEN x'00' THEN x'01' ELSE x'00' END"
      " || substr(signature, 2) AS BLOB) END",
      "time = NULL, kind = NULL, case_id = NULL, body = NULL, salt = NULL",
      "time = NULL, kind = NULL, body = NULL"};
  desk_day_hash days[8];
  assert_int_equal(3, commit(days, 8));
  desk_expect(TACET_OK, "");
  keep();
  /* The first, one that an officer signed, one of nobody, a decision, a day. */
  static const int numbers[] = {1, 4, 8, 9, 12};
  for (size_t at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
    int n = numbers[at];
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
      char sql[256];
      (void)snprintf(sql, sizeof(sql), "UPDATE event SET %s WHERE number = %d",
                     changes[i], n);
      desk_sql(sql);
      desk_trouble found = {""};
      desk_audit v = {.days = NULL};
      tacet_err e = desk_verify(desk_db, NULL, 0, &found, &v);
      desk_audit_free(&v);
      if (e == TACET_OK || found.text[0] == '\0') {
        fail_msg("not found: %s", sql);
      }
      put_back();
    }
  }
}

static void what_is_gone(void **state) {
  (void)state;
  desk_day_hash days[8];
  (void)commit(days, 8);
  keep();
  static const struct {
    const char *sql, *word;
  } changes[] = {
      {"DELETE FROM event WHERE number = 5",
       "event 6: it stands where event 5"},
      {"DELETE FROM event WHERE number = 1", "event 2"},
      {"DELETE FROM event WHERE number > 9", "cut off"},
      {"UPDATE event SET number = 99 WHERE number = 5; UPDATE event SET number"
       " = 5 WHERE number = 6; UPDATE event SET number = 6 WHERE number = 99",
       "event 5"},
      {"UPDATE head SET signature = zeroblob(64)", "the desk's signature"},
      {"UPDATE head SET head = zeroblob(32)", "the desk's signature"},
      {"UPDATE head SET time = time + 1", "the desk's signature"},
      {"UPDATE head SET number = number - 1; DELETE FROM event WHERE number ="
       " (SELECT max(number) FROM event)",
       "the desk's signature"},
      {"UPDATE cases SET row = replace(row, 'pending', 'refused')", "its row"},
      {"UPDATE cases SET event = 4, row = (SELECT json_extract(body, '$.row')"
       " FROM event WHERE number = 5) WHERE id = (SELECT case_id FROM event"
       " WHERE number = 5)",
       "its row"},
      {"DELETE FROM cases", "taken away"},
      {"UPDATE cases SET received = '2011-11-11'", "its row"},
      {"UPDATE officer SET cleared = 1", "officer ann"},
      {"UPDATE officer SET role = 'administrator'", "officer ann"},
      {"UPDATE officer SET removed = 1", "officer ann"},
      {"DELETE FROM officer WHERE name = 'bob'", "list of officers"},
      {"UPDATE desk SET pad_key = zeroblob(32)", "not those that were"},
  };
  for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
    desk_sql(changes[i].sql);
    desk_expect(TACET_ERR_AUTH, changes[i].word);
    put_back();
  }
  desk_expect(TACET_OK, "");
}

/* ---- who has the desk's key ---- */

/* What one may write who has the desk's folder, but no officer's key. */
static void acts_of_officers(void **state) {
  (void)state;
  json_t *body = json_pack("{s:s}", "reason", "none");
  const desk_act forged = {"ann", "decided-accept", id, body, NULL};
  const desk_act nobody = {"", "decided-accept", id, body, NULL};
  keep();
  assert_ok(desk_append(desk_db, &forged, 1, &why, NULL));
  desk_expect(TACET_ERR_AUTH, "has no signature");
  put_back();
  assert_ok(desk_append(desk_db, &nobody, 1, &why, NULL));
  desk_expect(TACET_ERR_AUTH, "nobody signed it");
  put_back();
  json_decref(body);
  /* A state that no step leads to. */
  const char *other = desk_file("criminal");
  json_t *row = NULL;
  assert_ok(desk_case_get(desk_db, other, &why, &row));
  (void)json_object_set_new(row, "state", json_string("delivered"));
  body = json_pack("{s:o}", "row", row);
  const desk_act jump = {"ann", "case-changed", other, body, &desk_ann};
  assert_ok(desk_append(desk_db, &jump, 1, &why, NULL));
  json_decref(body);
  desk_expect(TACET_ERR_AUTH, "from received to delivered");
}

/* ---- what an officer may take away who also has the folder ---- */

typedef struct erasing {
  uint64_t number;
  char sql[400];
} erasing;

static tacet_err make_erasing(void *user, const desk_event *e) {
  erasing *x = user;
  desk_hash words;
  char hex[2 * DESK_HASH_LEN + 1];
  const desk_saying said = {
      .time = e->time, .kind = tacet_span_str(e->kind), .body = e->body};
  assert_int_equal(e->number, x->number);
  assert_ok(desk_words(e->salt.p, &said, &words));
  tacet_hex_write(tacet_span_of(words.b, DESK_HASH_LEN), hex);
  (void)snprintf(x->sql, sizeof(x->sql),
                 "UPDATE event SET time = NULL, kind = NULL, body = NULL, salt "
                 "= x'%s' WHERE number = %d",
                 hex, (int)x->number);
  return TACET_ERR_CLOSED;
}

/* As a purge does it. */
static void erase_words(uint64_t number) {
  erasing x = {.number = number};
  const desk_filter f = {.from = number};
  assert_err(TACET_ERR_CLOSED,
             desk_events_each(desk_db, &f, make_erasing, &x, &why));
  desk_sql(x.sql);
}

static tacet_err add_number(void *user, const desk_event *e) {
  return json_array_append_new(user, json_integer((json_int_t)e->number)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static json_t *numbers_of(const char *case_id) {
  json_t *list = json_array();
  const desk_filter f = {.case_id = case_id};
  assert_ok(desk_events_each(desk_db, &f, add_number, list, &why));
  return list;
}

/* Signed with ann's own key, as her own program would; takes `numbers`. */
static void purge_as_ann(const char *case_id, json_t *numbers) {
  json_t *row = NULL;
  size_t i;
  json_t *n;
  json_array_foreach(numbers, i, n) {
    erase_words((uint64_t)json_integer_value(n));
  }
  assert_ok(desk_case_get(desk_db, case_id, &why, &row));
  (void)json_object_set_new(row, "state", json_string("purged"));
  json_t *body = json_pack("{s:o, s:o}", "erased", numbers, "row", row);
  const desk_act act = {"ann", "case-purged", case_id, body, &desk_ann};
  assert_ok(desk_append(desk_db, &act, 1, &why, NULL));
  json_decref(body);
}

static void a_purge_has_one_case(void **state) {
  (void)state;
  char other[DESK_CASE_ID_MAX + 1], sql[200];
  memcpy(other, desk_file("criminal"), sizeof(other));
  desk_bring(id, DESK_DO_CLOSE);
  json_t *theirs = numbers_of(other), *own = numbers_of(id);
  uint64_t one = (uint64_t)json_integer_value(json_array_get(theirs, 0));
  keep();
  assert_ok(desk_case_purge(desk_db, id, "ann", &desk_ann, &why));
  desk_expect(TACET_OK, "");
  erase_words(one); /* of the other, besides */
  desk_expect(TACET_ERR_AUTH, "no purge of its case named it");
  (void)snprintf(sql, sizeof(sql),
                 "UPDATE event SET case_id = '%s' WHERE number = %d", id,
                 (int)one);
  desk_sql(sql);
  desk_expect(TACET_ERR_AUTH, "it is of another case");
  put_back();
  /* A purge that ann's own program makes: as the desk's, but for the index. */
  purge_as_ann(id, json_copy(own));
  desk_expect(TACET_ERR_AUTH, "its row in the list");
  put_back();
  json_t *both = json_copy(own);
  (void)json_array_append(both, json_array_get(theirs, 0));
  purge_as_ann(id, both);
  desk_expect(TACET_ERR_AUTH, "are not those of its case");
  put_back();
  json_t *fewer = json_copy(own);
  (void)json_array_remove(fewer, 0);
  purge_as_ann(id, fewer);
  desk_expect(TACET_ERR_AUTH, "are not those of its case");
  put_back();
  /* What stays of an event, changed. */
  assert_ok(desk_case_purge(desk_db, id, "ann", &desk_ann, &why));
  (void)snprintf(sql, sizeof(sql),
                 "UPDATE event SET actor = 'uid:2' WHERE number = %d",
                 (int)json_integer_value(json_array_get(own, 0)));
  desk_sql(sql);
  desk_expect(TACET_ERR_AUTH, "was left of it by a purge");
  json_decref(theirs);
  json_decref(own);
}

/* ---- commitments of days ---- */

static void once_a_day(void **state) {
  (void)state;
  desk_day_hash days[16], more[16];
  assert_int_equal(3, commit(days, 16));
  assert_int_equal(0, commit(more, 16));
  for (int i = 1; i < 3; i++) {
    assert_int_equal(days[0].day + i, days[i].day); /* the empty one too */
    assert_false(tacet_tlog_equal(&days[0].hash, &days[i].hash));
  }
  desk_clock += 86400;
  assert_int_equal(1, commit(more, 16));
  assert_int_equal(days[2].day + 1, more[0].day);
  assert_ok(against(days, 3));
  assert_ok(against(more, 1));
}

static void another_history(void **state) {
  (void)state;
  desk_day_hash days[16], again[16];
  keep(); /* a copy of before */
  assert_int_equal(3, commit(days, 16));
  put_back();
  assert_err(TACET_ERR_AUTH, against(days, 3));
  assert_non_null(strstr(why.text, "put back to an older state"));
  /* It is written on from the copy; with all keys, all of it is well. */
  desk_bring(id, DESK_DO_CLOSE);
  desk_clock += 86400;
  assert_int_equal(4, commit(again, 16));
  desk_expect(TACET_OK, "");
  assert_true(tacet_tlog_equal(&days[0].hash, &again[0].hash)); /* before it */
  assert_err(TACET_ERR_AUTH,
             against(again + 0, 0) == TACET_OK ? TACET_ERR_AUTH : TACET_OK);
  days[3] = days[2];
  days[3].hash.b[0] ^= 1;
  assert_err(TACET_ERR_AUTH, against(&days[3], 1));
  assert_non_null(strstr(why.text, "another history"));
}

/* ---- one case ---- */

static json_t *proof_of(void) {
  json_t *proof = NULL;
  tacet_err e = desk_case_prove(desk_db, id, &why, &proof);
  if (e != TACET_OK) {
    fail_msg("%s", why.text);
  }
  return proof;
}

static tacet_err check(const json_t *proof, size_t *events) {
  desk_audit v = {.days = NULL};
  tacet_err e = desk_proof_check(proof, &why, &v);
  *events = (size_t)v.events;
  desk_audit_free(&v);
  return e;
}

static void shows_one_case(void **state) {
  (void)state;
  desk_day_hash days[16];
  json_t *none = NULL;
  size_t n = 0;
  assert_err(TACET_ERR_STATE, desk_case_prove(desk_db, id, &why, &none));
  (void)commit(days, 16);
  desk_bring(id, DESK_DO_CLOSE);
  json_t *proof = proof_of();
  assert_ok(check(proof, &n));
  assert_int_equal(5, n); /* filed, three steps, refused */
  assert_int_equal(1, json_integer_value(json_object_get(proof, "later")));
  assert_int_equal(2, json_object_size(json_object_get(proof, "days")));
  char *text = json_dumps(proof, 0);
  assert_null(strstr(text, "\"number\""));
  free(text);
  json_decref(proof);
}

/* Every text and number of a proof, changed. */
static size_t change_nth(json_t *v, size_t *n) {
  const char *name;
  json_t *child;
  size_t i, changed = 0;
  void *tmp;
  json_object_foreach_safe(v, tmp, name, child) {
    changed += change_nth(child, n);
  }
  json_array_foreach(v, i, child) {
    changed += change_nth(child, n);
  }
  if (json_is_string(v) && (*n)-- == 0) {
    const char *t = json_string_value(v);
    char *other = malloc(strlen(t) + 2);
    assert_non_null(other);
    (void)sprintf(other, "%s", *t ? t : "x");
    other[0] = other[0] == '1' ? '2' : '1';
    assert_int_equal(0, json_string_set(v, other));
    free(other);
    return 1;
  }
  if (json_is_integer(v) && (*n)-- == 0) {
    assert_int_equal(0, json_integer_set(v, json_integer_value(v) + 1));
    return 1;
  }
  return changed;
}

static void every_part_of_a_proof(void **state) {
  (void)state;
  desk_day_hash days[16];
  size_t tried = 0;
  (void)commit(days, 16);
  json_t *whole = proof_of();
  (void)json_object_del(whole, "later"); /* a remark */
  for (size_t i = 0;; i++) {
    json_t *proof = json_deep_copy(whole);
    size_t n = i, events;
    if (change_nth(proof, &n) == 0) {
      json_decref(proof);
      break;
    }
    if (check(proof, &events) == TACET_OK) {
      fail_msg("part %zu of the proof may be changed", i);
    }
    json_decref(proof);
    tried++;
  }
  assert_true(tried > 100);
  json_decref(whole);
}

/* ---- who works here ---- */

static json_t *officers_of(const char *const *names, size_t n) {
  json_t *proof = NULL;
  tacet_err e = desk_officers_prove(desk_db, names, n, &why, &proof);
  if (e != TACET_OK) {
    fail_msg("%s", why.text);
  }
  return proof;
}

static tacet_err shown_by(const json_t *proof, const uint8_t *desk,
                          desk_shown *first, size_t *n) {
  desk_shown *list = NULL;
  tacet_err e = desk_officers_check(proof, desk, &why, &list, n);
  if (e == TACET_OK && *n > 0) {
    *first = list[0];
  }
  free(list);
  return e;
}

static void shows_officers(void **state) {
  (void)state;
  static const char *const names[] = {"bob", "nobody"};
  const uint8_t *desk = desk_store_key(desk_db)->public_key;
  desk_day_hash days[16];
  desk_shown bob;
  size_t n = 9;
  json_t *proof = officers_of(names, 2); /* no day is committed to */
  assert_ok(shown_by(proof, desk, &bob, &n));
  assert_int_equal(0, n);
  json_decref(proof);
  (void)commit(days, 16);
  proof = officers_of(names, 2);
  assert_ok(shown_by(proof, desk, &bob, &n));
  assert_int_equal(1, n);
  assert_string_equal("bob", bob.name);
  assert_span(tacet_span_of(desk_bob.public_key, DESK_KEY_LEN),
              desk_public_span(&bob.key));
  assert_int_equal(days[0].day, bob.day.day);
  assert_true(tacet_tlog_equal(&days[0].hash, &bob.day.hash));
  char *text = json_dumps(proof, 0);
  assert_null(strstr(text, "ann")); /* nobody who was not asked for */
  free(text);
  assert_err(TACET_ERR_AUTH, shown_by(proof, desk_ann.public_key, &bob, &n));
  json_decref(proof);
}

static void every_part_of_officers(void **state) {
  (void)state;
  static const char *const names[] = {"ann", "bob"};
  const uint8_t *desk = desk_store_key(desk_db)->public_key;
  desk_day_hash days[16];
  desk_shown first;
  size_t tried = 0, n;
  (void)commit(days, 16);
  json_t *whole = officers_of(names, 2);
  for (size_t i = 0;; i++) {
    json_t *proof = json_deep_copy(whole);
    size_t at = i;
    if (change_nth(proof, &at) == 0) {
      json_decref(proof);
      break;
    }
    if (shown_by(proof, desk, &first, &n) == TACET_OK) {
      fail_msg("part %zu of what shows the officers may be changed", i);
    }
    json_decref(proof);
    tried++;
  }
  assert_true(tried > 40);
  json_decref(whole);
}

/* An event that stands in a day and adds nobody. */
static void no_officers(void **state) {
  (void)state;
  const uint8_t *desk = desk_store_key(desk_db)->public_key;
  desk_day_hash days[16];
  desk_shown first;
  size_t n;
  (void)commit(days, 16);
  json_t *proof = proof_of();
  assert_err(TACET_ERR_AUTH, shown_by(proof, desk, &first, &n)); /* a case's */
  (void)json_object_del(proof, "case");
  assert_err(TACET_ERR_AUTH, shown_by(proof, desk, &first, &n));
  json_decref(proof);
  proof = json_pack("{s:i}", "version", 2);
  assert_err(TACET_ERR_VERSION, shown_by(proof, desk, &first, &n));
  json_decref(proof);
}

static void no_proofs(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{}",
      "{\"version\":1}",
      "{\"version\":2}",
      "{\"version\":1,\"days\":{},\"events\":[],\"desk\":\"00\"}",
      "{\"version\":1,\"days\":{},\"events\":[1],\"case\":\"c\",\"desk\":"
      "\"0000000000000000000000000000000000000000000000000000000000000000\"}",
      "{\"version\":1,\"days\":{\"9999-99-99\":{}},\"events\":[{}],\"desk\":"
      "\"0000000000000000000000000000000000000000000000000000000000000000\"}"};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    json_t *v = json_loads(texts[i], 0, NULL);
    size_t n;
    assert_non_null(v);
    why.text[0] = '\0';
    assert_true(check(v, &n) != TACET_OK);
    assert_true(why.text[0] != '\0');
    json_decref(v);
  }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, busy, desk_teardown)
  const struct CMUnitTest tests[] = {
      TEST(every_column),     TEST(what_is_gone),
      TEST(acts_of_officers), TEST(a_purge_has_one_case),
      TEST(once_a_day),       TEST(another_history),
      TEST(shows_one_case),   TEST(every_part_of_a_proof),
      TEST(shows_officers),   TEST(every_part_of_officers),
      TEST(no_officers),      TEST(no_proofs)};
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
