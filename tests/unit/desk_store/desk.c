/* SPDX-License-Identifier: Apache-2.0
 * A desk for one test. */
#include "tests/unit/desk_store/desk.h"

#include "tacet/crypto.h"

#include <string.h>
#include <time.h>

char desk_folder[TEST_PATH_MAX];
int64_t desk_clock;
desk_store *desk_db;
desk_key desk_ann, desk_bob, desk_root;
static char top[TEST_PATH_MAX];

static int64_t now(void *user) {
  (void)user;
  return desk_clock;
}

void desk_reopen(void) {
  desk_trouble why = {""};
  desk_store_close(desk_db);
  desk_db = NULL;
  tacet_err e = desk_store_open(desk_folder, &why, &desk_db);
  if (e != TACET_OK) {
    fail_msg("%s", why.text);
  }
  desk_store_clock_set(desk_db, now, NULL);
}

static void add(const char *name, desk_role role, const desk_key *key) {
  desk_trouble why = {""};
  desk_officer o = {.role = role, .cleared = role == DESK_APPROVER};
  (void)snprintf(o.name, sizeof(o.name), "%s", name);
  o.key = desk_key_public(key);
  assert_ok(desk_officer_add(desk_db, &o, "uid:1", NULL, &why));
}

int desk_setup(void **state) {
  (void)state;
  desk_trouble why = {""};
  const desk_settings settings = {"/srv/tacetd", ""};
  assert_ok(tacet_crypto_init());
  test_folder_make(top);
  test_folder_path(top, "desk", desk_folder);
  assert_ok(desk_store_create(desk_folder, &settings, &why));
  desk_reopen();
  desk_clock = (int64_t)time(NULL) + 60;
  assert_ok(desk_key_generate(&desk_ann));
  assert_ok(desk_key_generate(&desk_bob));
  assert_ok(desk_key_generate(&desk_root));
  add("ann", DESK_OFFICER, &desk_ann);
  add("bob", DESK_APPROVER, &desk_bob);
  return 0;
}

int desk_teardown(void **state) {
  (void)state;
  desk_store_close(desk_db);
  desk_db = NULL;
  test_folder_remove(top);
  return 0;
}

void desk_sql(const char *sql) {
  char path[TEST_PATH_MAX];
  desk_store_close(desk_db);
  desk_db = NULL;
  test_folder_path(desk_folder, DESK_DATABASE, path);
  if (!fault_vfs_sql(path, sql)) {
    fail_msg("%s", sql);
  }
  desk_reopen();
}

const char *desk_file(const char *kind) {
  static char id[DESK_CASE_ID_MAX + 1];
  desk_trouble why = {""};
  json_t *request = json_pack("{s:[s]}", "identifiers", "alice");
  json_t *row = json_pack(
      "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:b, s:b, s:b}", "received",
      "2026-11-20", "kind", kind, "instrument", "subpoena", "authority",
      "a court", "country", "US", "accounts", 1, "with_data", 0, "outcome",
      "pending", "preservation", 0, "gagged", 0, "notified", 0);
  assert_ok(desk_case_file(desk_db, request, row, "ann", &desk_ann, &why, id));
  json_decref(request);
  json_decref(row);
  return id;
}

void desk_bring(const char *id, desk_step step) {
  desk_trouble why = {""};
  const desk_case_step s = {
      .case_id = id, .act = step, .actor = "ann", .key = &desk_ann};
  tacet_err e = desk_case_act(desk_db, &s, &why);
  if (e != TACET_OK) {
    fail_msg("%s", why.text);
  }
}

void desk_expect(tacet_err want, const char *word) {
  desk_trouble why = {""};
  desk_audit v = {.days = NULL};
  tacet_err e = desk_verify(desk_db, NULL, 0, &why, &v);
  desk_audit_free(&v);
  if (e != want || strstr(why.text, word) == NULL) {
    fail_msg("%s: %s", tacet_err_name(e), why.text);
  }
}
