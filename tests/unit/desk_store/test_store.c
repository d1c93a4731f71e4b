/* SPDX-License-Identifier: Apache-2.0
 * The desk's database: what may be appended, by whom and when; cases and what
 * brings them on. */
#include "tests/unit/desk_store/desk.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static desk_trouble why;

static void refused(tacet_err want, tacet_err got, const char *word) {
  if (got != want || strstr(why.text, word) == NULL) {
    fail_msg("%s: %s", tacet_err_name(got), why.text);
  }
}

static tacet_err append(const char *actor, const desk_key *key) {
  json_t *body = json_object();
  const desk_act act = {actor, "test-made", "", body, key};
  uint64_t first = 0;
  tacet_err e = desk_append(desk_db, &act, 1, &why, &first);
  json_decref(body);
  return e;
}

static tacet_err count(void *user, const desk_event *e) {
  ++*(size_t *)user;
  assert_int_equal(*(size_t *)user, e->number);
  return TACET_OK;
}

static size_t events(void) {
  const desk_filter all = {.from = 0};
  size_t n = 0;
  assert_ok(desk_events_each(desk_db, &all, count, &n, &why));
  return n;
}

static tacet_err step(const char *id, desk_step act, const char *actor,
                      const desk_key *key) {
  const desk_case_step s = {
      .case_id = id, .act = act, .actor = actor, .key = key};
  return desk_case_act(desk_db, &s, &why);
}

/* ---- appending ---- */

static void who_signs(void **state) {
  (void)state;
  assert_ok(append("", NULL));
  assert_ok(append("uid:1000", NULL));
  assert_ok(append("ann", &desk_ann));
  size_t n = events();
  refused(TACET_ERR_AUTH, append("ann", &desk_bob), "that key is none");
  refused(TACET_ERR_AUTH, append("ann", &desk_root), "that key is none");
  assert_int_equal(n, events());
  desk_expect(TACET_OK, "");
}

static void the_clock(void **state) {
  (void)state;
  int64_t start = desk_clock;
  assert_ok(append("", NULL));
  size_t n = events();
  desk_clock = start - DESK_SLACK_S; /* a nudge of NTP */
  assert_ok(append("", NULL));
  desk_clock = start - DESK_SLACK_S - 1;
  refused(TACET_ERR_STATE, append("", NULL), "never go back in time");
  desk_clock = -1;
  refused(TACET_ERR_STATE, append("", NULL), "1970 to 9999");
  desk_clock = (int64_t)300000 * 366 * 86400;
  refused(TACET_ERR_STATE, append("", NULL), "1970 to 9999");
  desk_clock = start + DESK_JUMP_S + 1;
  refused(TACET_ERR_STATE, append("", NULL), "--clock-is-right");
  assert_int_equal(n + 1, events());
  desk_expect(TACET_OK, "");
  desk_store_clock_is_right(desk_db);
  assert_ok(append("", NULL));
  desk_clock = start;
  refused(TACET_ERR_STATE, append("", NULL), "never go back in time");
  desk_expect(TACET_OK, "");
}

static void too_long(void **state) {
  (void)state;
  size_t n = events();
  char *text = malloc(DESK_BODY_MAX + 1);
  assert_non_null(text);
  memset(text, 'x', DESK_BODY_MAX);
  text[DESK_BODY_MAX] = '\0';
  json_t *body = json_pack("{s:s}", "text", text);
  const desk_act act = {"", "test-made", "", body, NULL};
  refused(TACET_ERR_LIMIT, desk_append(desk_db, &act, 1, &why, NULL),
          "too long");
  json_decref(body);
  free(text);
  assert_int_equal(n, events());
}

/* ---- making ---- */

static void one_desk_a_folder(void **state) {
  (void)state;
  const desk_settings settings = {"/srv", ""};
  char path[TEST_PATH_MAX], aside[TEST_PATH_MAX], other[TEST_PATH_MAX];
  struct stat st;
  refused(TACET_ERR_EXISTS, desk_store_create(desk_folder, &settings, &why),
          "holds a desk already");
  test_folder_path(desk_folder, DESK_KEY_NAME, path);
  test_folder_path(desk_folder, "aside", aside);
  assert_int_equal(0, stat(path, &st));
  assert_int_equal(0600, st.st_mode & 0777);
  /* Without its key it is somebody's desk still. */
  assert_int_equal(0, rename(path, aside));
  refused(TACET_ERR_EXISTS, desk_store_create(desk_folder, &settings, &why),
          "without its key");
  desk_store *s = NULL;
  refused(TACET_ERR_NOT_FOUND, desk_store_open(desk_folder, &why, &s),
          "desk.key");
  /* Another key. */
  test_folder_path(desk_folder, "other", other);
  assert_ok(desk_key_write(&desk_ann, other, TACET_SPAN_EMPTY, &why));
  assert_int_equal(0, rename(other, path));
  refused(TACET_ERR_AUTH, desk_store_open(desk_folder, &why, &s),
          "not the key of this desk");
  assert_int_equal(0, rename(aside, path));
}

static void settings_change(void **state) {
  (void)state;
  const desk_settings settings = {NULL, "/home/notices"};
  assert_ok(
      desk_store_settings_set(desk_db, &settings, "ann", &desk_ann, &why));
  desk_reopen();
  assert_string_equal("/srv/tacetd", desk_store_settings(desk_db)->server);
  assert_string_equal("/home/notices",
                      desk_store_settings(desk_db)->notices_home);
  desk_expect(TACET_OK, "");
}

/* ---- officers ---- */

static tacet_err add(const char *name, desk_role role, uint8_t key,
                     const char *actor, const desk_key *by) {
  desk_officer o = {.role = role};
  (void)snprintf(o.name, sizeof(o.name), "%s", name);
  o.key.len = DESK_KEY_LEN;
  memset(o.key.b, key, DESK_KEY_LEN);
  return desk_officer_add(desk_db, &o, actor, by, &why);
}

static void an_administrator_adds(void **state) {
  (void)state;
  desk_officer o = {.role = DESK_ADMINISTRATOR, .name = "root"};
  refused(TACET_ERR_EXISTS, add("ann", DESK_OFFICER, 7, "uid:1", NULL),
          "used once");
  o.key = desk_key_public(&desk_root);
  assert_ok(desk_officer_add(desk_db, &o, "uid:1", NULL, &why));
  refused(TACET_ERR_POLICY, add("eve", DESK_OFFICER, 8, "uid:1", NULL),
          "has an administrator");
  refused(TACET_ERR_POLICY, add("eve", DESK_OFFICER, 8, "ann", &desk_ann),
          "has an administrator");
  refused(TACET_ERR_POLICY,
          desk_officer_remove(desk_db, "bob", "ann", &desk_ann, &why),
          "has an administrator");
  assert_ok(add("eve", DESK_OFFICER, 8, "root", &desk_root));
  assert_ok(desk_officer_remove(desk_db, "ann", "root", &desk_root, &why));
  refused(TACET_ERR_NOT_FOUND,
          desk_officer_remove(desk_db, "ann", "root", &desk_root, &why),
          "no officer");
  refused(TACET_ERR_AUTH, append("ann", &desk_ann), "that key is none");
  refused(TACET_ERR_EXISTS, add("ann", DESK_OFFICER, 9, "root", &desk_root),
          "used once");
  desk_expect(TACET_OK, "");
}

static void names(void **state) {
  (void)state;
  static const char *const bad[] = {"",       "uid:0",     "a b", "a\n",
                                    "ann'--", "\xd0\xb0nn" /* Cyrillic a */};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    refused(TACET_ERR_ARGUMENT, add(bad[i], DESK_OFFICER, 7, "uid:1", NULL),
            "an officer's name");
  }
}

/* ---- cases ---- */

static void goes_by_the_table(void **state) {
  (void)state;
  const char *id = desk_file("criminal");
  size_t n = events();
  for (unsigned d = 0; d < DESK_STEPS; d++) {
    desk_state to;
    if (!desk_step_next(DESK_S_RECEIVED, (desk_step)d, &to)) {
      refused(TACET_ERR_POLICY, step(id, (desk_step)d, "ann", &desk_ann),
              "possible is: authenticate, reject-as-fraud, withdraw");
    }
  }
  assert_int_equal(n, events());
  assert_ok(desk_case_evaluated(desk_db, id, "uid:1", NULL, NULL, NULL, &why));
  assert_int_equal(n + 3, events());
  assert_ok(step(id, DESK_DO_REFUSE, "bob", &desk_bob));
  refused(TACET_ERR_NOT_FOUND, step("c000000000000", DESK_DO_REFUSE, "", NULL),
          "no case");
  desk_expect(TACET_OK, "");
}

static void roles(void **state) {
  (void)state;
  const char *id = desk_file("national-security");
  refused(TACET_ERR_POLICY, step(id, DESK_DO_AUTHENTICATE, "ann", &desk_ann),
          "cleared");
  assert_ok(step(id, DESK_DO_AUTHENTICATE, "bob", &desk_bob));
  desk_officer o = {.role = DESK_AUDITOR, .name = "iris", .cleared = true};
  o.key = desk_key_public(&desk_root);
  assert_ok(desk_officer_add(desk_db, &o, "uid:1", NULL, &why));
  refused(TACET_ERR_POLICY, step(id, DESK_DO_TRIAGE, "iris", &desk_root),
          "changes no case");
  json_t *body = json_object();
  const desk_act read = {"iris", "case-read", id, body, &desk_root};
  assert_ok(desk_case_note(desk_db, &read, NULL, &why));
  json_decref(body);
  desk_expect(TACET_OK, "");
}

static void purged(void **state) {
  (void)state;
  json_t *row = NULL, *request = NULL;
  char id[DESK_CASE_ID_MAX + 1];
  memcpy(id, desk_file("criminal"), sizeof(id));
  (void)desk_file("criminal");
  assert_ok(desk_case_request(desk_db, id, &why, &request));
  json_decref(request);
  refused(TACET_ERR_POLICY,
          desk_case_purge(desk_db, id, "ann", &desk_ann, &why), "possible is");
  assert_ok(desk_case_request(desk_db, id, &why, &request)); /* all is there */
  json_decref(request);
  desk_bring(id, DESK_DO_WITHDRAW);
  desk_bring(id, DESK_DO_CLOSE);
  assert_ok(desk_case_purge(desk_db, id, "ann", &desk_ann, &why));
  refused(TACET_ERR_NOT_FOUND, desk_case_request(desk_db, id, &why, &request),
          "purged");
  assert_ok(desk_case_get(desk_db, id, &why, &row));
  assert_string_equal("purged",
                      json_string_value(json_object_get(row, "state")));
  json_decref(row);
  desk_expect(TACET_OK, "");
  desk_store_close(desk_db); /* one of the two is left on the disk */
  desk_db = NULL;
  assert_int_equal(1, test_folder_count(desk_folder, TACET_SPAN_LIT("alice")));
}

static tacet_err count_case(void *user, const desk_count *c) {
  uint64_t *n = user;
  n[0]++;
  n[1] += c->accounts;
  return TACET_OK;
}

static void imports(void **state) {
  (void)state;
  uint64_t n[2] = {0, 0};
  json_t *rows[3];
  for (int i = 0; i < 3; i++) {
    rows[i] =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "received",
                  "2013-01-15", "kind", "criminal", "instrument", "subpoena",
                  "authority", "\"; DROP TABLE event; --", "country", "US",
                  "accounts", i, "with_data", 0, "outcome", "refused");
  }
  assert_ok(desk_case_import(desk_db, rows, 3, "uid:1", &why));
  for (int i = 0; i < 3; i++) {
    json_decref(rows[i]);
  }
  assert_ok(desk_counts_each(desk_db, count_case, n, &why));
  assert_int_equal(3, n[0]);
  assert_int_equal(0 + 1 + 2, n[1]);
  desk_expect(TACET_OK, "");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
  const struct CMUnitTest tests[] = {
      TEST(who_signs),       TEST(the_clock),
      TEST(too_long),        TEST(one_desk_a_folder),
      TEST(settings_change), TEST(an_administrator_adds),
      TEST(names),           TEST(goes_by_the_table),
      TEST(roles),           TEST(purged),
      TEST(imports)};
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
