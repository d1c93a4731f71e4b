/* SPDX-License-Identifier: Apache-2.0
 * The home's store: what the disk shows, what opens it, what a crash leaves. */
#include "tests/support/support.h"

#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/error.h"
#include "client/store.h"

typedef struct fixture {
  char home[64];
  client_error detail;
  client_env env;
  int deaths_at; /* durable steps until death; 0: immortal */
  bool before;
} fixture;

static bool dies(void *user, bool done) {
  fixture *f = user;
  if (f->deaths_at == 0 || done == f->before) {
    return false;
  }
  return --f->deaths_at == 0;
}

static int setup(void **state) {
  fixture *f = calloc(1, sizeof(*f));
  strcpy(f->home, "/tmp/tacet-store-XXXXXX");
  assert_non_null(mkdtemp(f->home));
  f->env = *client_env_system();
  f->env.user = f;
  f->env.dies = dies;
  f->env.pwhash_passes = 1;
  f->env.pwhash_memory = 64;
  *state = f;
  return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *ftw) {
  (void)st, (void)flag, (void)ftw;
  return remove(path);
}

static int teardown(void **state) {
  fixture *f = *state;
  (void)nftw(f->home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  free(f);
  return 0;
}

static client_store *create(fixture *f, const char *passphrase) {
  client_store *s = NULL;
  assert_ok(client_store_create(f->home, tacet_span_str(passphrase), &f->env,
                                &f->detail, &s));
  return s;
}

static tacet_err reopen(fixture *f, const char *passphrase, client_store **s) {
  client_error_clear(&f->detail);
  return client_store_open(f->home, tacet_span_str(passphrase), &f->env,
                           &f->detail, s);
}

static void put(client_store *s, client_table t, const char *key,
                const char *parent, uint64_t order, const char *value) {
  CLIENT_TX(tx);
  assert_ok(client_tx_begin(s, &tx));
  assert_ok(client_store_put(s, t, tacet_span_str(key), tacet_span_str(parent),
                             order, tacet_span_str(value)));
  assert_ok(client_tx_commit(&tx));
}

static void assert_value(client_store *s, client_table t, const char *key,
                         const char *want) {
  CLIENT_MEM(mem);
  tacet_span got;
  tacet_err e = client_store_get(s, t, tacet_span_str(key), &mem, &got);
  if (want == NULL) {
    assert_err(TACET_ERR_NOT_FOUND, e);
    return;
  }
  assert_ok(e);
  assert_span(tacet_span_str(want), got);
}

static void test_records(void **state) {
  fixture *f = *state;
  client_store *s = create(f, "");
  put(s, CLIENT_T_MESSAGE, "a", "talk", 3, "third");
  put(s, CLIENT_T_MESSAGE, "b", "talk", 1, "first");
  put(s, CLIENT_T_MESSAGE, "c", "talk", 2, "second");
  put(s, CLIENT_T_MESSAGE, "d", "other", 9, "");
  put(s, CLIENT_T_MESSAGE, "c", "talk", 2, "second, edited");
  assert_value(s, CLIENT_T_MESSAGE, "a", "third");
  assert_value(s, CLIENT_T_MESSAGE, "d", "");
  assert_value(s, CLIENT_T_EVENT, "a", NULL);

  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = TACET_SPAN_LIT("talk")};
  assert_ok(client_store_list(s, CLIENT_T_MESSAGE, &range, &mem, &rows, &n));
  assert_int_equal(n, 3);
  assert_span(TACET_SPAN_LIT("first"), rows[0].value);
  assert_span(TACET_SPAN_LIT("second, edited"), rows[1].value);
  assert_int_equal(rows[2].order, 3);
  range.limit = 2;
  range.last = true;
  assert_ok(client_store_list(s, CLIENT_T_MESSAGE, &range, &mem, &rows, &n));
  assert_int_equal(n, 2);
  assert_int_equal(rows[0].order, 2);
  range = (client_range){.from = 3};
  assert_ok(client_store_list(s, CLIENT_T_MESSAGE, &range, &mem, &rows, &n));
  assert_int_equal(n, 2);
  assert_ok(client_store_count(s, CLIENT_T_MESSAGE, TACET_SPAN_EMPTY, &n));
  assert_int_equal(n, 4);

  CLIENT_TX(tx);
  assert_ok(client_tx_begin(s, &tx));
  assert_ok(
      client_store_delete_of(s, CLIENT_T_MESSAGE, TACET_SPAN_LIT("talk")));
  assert_ok(client_store_delete(s, CLIENT_T_MESSAGE, TACET_SPAN_LIT("none")));
  uint64_t a, b;
  assert_ok(client_store_next(s, &a));
  assert_ok(client_store_next(s, &b));
  assert_true(b > a);
  assert_ok(client_tx_commit(&tx));
  assert_ok(client_store_count(s, CLIENT_T_MESSAGE, TACET_SPAN_EMPTY, &n));
  assert_int_equal(n, 1);
  client_store_free(s);
}

static void test_transactions_nest(void **state) {
  fixture *f = *state;
  client_store *s = create(f, "");
  {
    CLIENT_TX(outer);
    assert_ok(client_tx_begin(s, &outer));
    assert_ok(client_store_put(s, CLIENT_T_SELF, TACET_SPAN_LIT("kept"),
                               TACET_SPAN_EMPTY, 0, TACET_SPAN_LIT("1")));
    {
      CLIENT_TX(inner);
      assert_ok(client_tx_begin(s, &inner));
      assert_ok(client_store_put(s, CLIENT_T_SELF, TACET_SPAN_LIT("undone"),
                                 TACET_SPAN_EMPTY, 0, TACET_SPAN_LIT("1")));
    }
    assert_ok(client_tx_commit(&outer));
  }
  {
    CLIENT_TX(dropped);
    assert_ok(client_tx_begin(s, &dropped));
    assert_ok(client_store_put(s, CLIENT_T_SELF, TACET_SPAN_LIT("dropped"),
                               TACET_SPAN_EMPTY, 0, TACET_SPAN_LIT("1")));
  }
  assert_false(client_store_in_tx(s));
  assert_value(s, CLIENT_T_SELF, "kept", "1");
  assert_value(s, CLIENT_T_SELF, "undone", NULL);
  assert_value(s, CLIENT_T_SELF, "dropped", NULL);
  client_store_free(s);
}

/* ---- what the disk shows ---- */

static const char *canary;
static size_t canary_hits;

static int search_one(const char *path, const struct stat *st, int flag,
                      struct FTW *ftw) {
  (void)ftw;
  if (flag != FTW_F || st->st_size == 0) {
    return 0;
  }
  int fd = open(path, O_RDONLY);
  assert_true(fd >= 0);
  char *data = malloc((size_t)st->st_size);
  ssize_t n = read(fd, data, (size_t)st->st_size);
  if (n > 0 && memmem(data, (size_t)n, canary, strlen(canary)) != NULL) {
    canary_hits++;
  }
  free(data);
  close(fd);
  return 0;
}

static size_t search(fixture *f, const char *what) {
  canary = what;
  canary_hits = 0;
  (void)nftw(f->home, search_one, 8, FTW_PHYS);
  return canary_hits;
}

static void test_nothing_shows(void **state) {
  fixture *f = *state;
  client_store *s = create(f, "correct horse");
  put(s, CLIENT_T_MESSAGE, "canary-key", "canary-parent", 1, "canary-value");
  put(s, CLIENT_T_HANDLE, "canary-key", "", 0, "canary-value");
  for (int open = 0; open < 2; open++) { /* with the -wal file, and without */
    assert_int_equal(search(f, "canary"), 0);
    assert_int_equal(search(f, "correct horse"), 0);
    if (open == 0) {
      client_store_free(s);
    }
  }
  /* The control: the search would find it. */
  char path[128];
  (void)snprintf(path, sizeof(path), "%s/planted", f->home);
  FILE *file = fopen(path, "w");
  (void)fputs("xx canary-value xx", file);
  (void)fclose(file);
  assert_int_equal(search(f, "canary"), 1);
}

static void edit(fixture *f, const char *sql) {
  char path[128];
  (void)snprintf(path, sizeof(path), "%s/store.db", f->home);
  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  char *why = NULL;
  if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
    fail_msg("%s: %s", sql, why);
  }
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_a_record_opens_in_its_place_alone(void **state) {
  fixture *f = *state;
  static const char *const edits[] = {
      "UPDATE message SET v = (SELECT v FROM message WHERE o = 2) WHERE o = 1",
      "UPDATE message SET o = 7 WHERE o = 1",
      "UPDATE message SET p = (SELECT p FROM message WHERE o = 3) WHERE o = 1",
      "UPDATE message SET p = NULL WHERE o = 1",
      "UPDATE message SET v = substr(v, 1, 30) WHERE o = 1",
      "UPDATE message SET v = x'00' WHERE o = 1",
      "INSERT OR REPLACE INTO event SELECT k, p, o, v FROM message WHERE o = 1",
  };
  client_store *s = create(f, "");
  put(s, CLIENT_T_MESSAGE, "a", "p", 1, "one");
  put(s, CLIENT_T_MESSAGE, "b", "p", 2, "two");
  put(s, CLIENT_T_MESSAGE, "c", "q", 3, "three");
  client_store_free(s);
  for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
    edit(f, "CREATE TABLE kept AS SELECT * FROM message");
    edit(f, edits[i]);
    assert_ok(reopen(f, "", &s));
    CLIENT_MEM(mem);
    const client_row *rows;
    size_t n;
    client_range all = {.limit = 0};
    tacet_err e = client_store_list(s, CLIENT_T_MESSAGE, &all, &mem, &rows, &n);
    if (e == TACET_OK) {
      e = client_store_list(s, CLIENT_T_EVENT, &all, &mem, &rows, &n);
    }
    if (e == TACET_OK) {
      fail_msg("not noticed: %s", edits[i]);
    }
    assert_string_equal(f->detail.code, "corrupt");
    client_store_free(s);
    edit(f, "DELETE FROM message; DELETE FROM event;"
            "INSERT INTO message SELECT * FROM kept; DROP TABLE kept");
  }
}

/* ---- what opens it ---- */

static void expect_code(fixture *f, const char *passphrase, const char *code) {
  client_store *s = NULL;
  tacet_err e = reopen(f, passphrase, &s);
  if (e == TACET_OK) {
    client_store_free(s);
    fail_msg("opened instead of %s", code);
  }
  assert_string_equal(f->detail.code, code);
  assert_int_equal(f->detail.text[strlen(f->detail.text) - 1], '.');
}

static void test_passphrase(void **state) {
  fixture *f = *state;
  expect_code(f, "", "no-home");
  client_store *s = create(f, "correct horse");
  put(s, CLIENT_T_SELF, "a", "", 0, "value");
  client_store_free(s);
  expect_code(f, "wrong horse", "wrong-passphrase");
  expect_code(f, "", "passphrase-needed");
  assert_ok(reopen(f, "correct horse", &s));
  assert_value(s, CLIENT_T_SELF, "a", "value");
  assert_true(client_store_has_passphrase(s));
  client_store_free(s);
  client_home_state home;
  assert_ok(client_store_probe(f->home, &f->detail, &home));
  assert_int_equal(home, CLIENT_HOME_PASSPHRASE);
  /* Cheaper costs written into the file do not open it. */
  edit(f, "UPDATE wrapping SET memory = 8");
  expect_code(f, "correct horse", "wrong-passphrase");
  edit(f, "UPDATE wrapping SET memory = 2000000000");
  expect_code(f, "correct horse", "corrupt");
}

static void test_key_file(void **state) {
  fixture *f = *state;
  client_store *s = create(f, "");
  put(s, CLIENT_T_SELF, "a", "", 0, "value");
  client_store_free(s);
  char path[128];
  (void)snprintf(path, sizeof(path), "%s/store.key", f->home);
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  (void)snprintf(path, sizeof(path), "%s/store.db", f->home);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  (void)snprintf(path, sizeof(path), "%s/store.key", f->home);
  assert_int_equal(stat(f->home, &st), 0);
  assert_int_equal(st.st_mode & 0077, 0);
  client_home_state home;
  assert_ok(client_store_probe(f->home, &f->detail, &home));
  assert_int_equal(home, CLIENT_HOME_OPEN);
  assert_int_equal(truncate(path, 31), 0);
  expect_code(f, "", "corrupt");
  assert_int_equal(unlink(path), 0);
  expect_code(f, "", "unreadable");
}

static void test_damage_and_versions(void **state) {
  fixture *f = *state;
  client_store_free(create(f, ""));
  client_store *s = NULL;
  client_error_clear(&f->detail);
  assert_int_not_equal(
      client_store_create(f->home, TACET_SPAN_EMPTY, &f->env, &f->detail, &s),
      TACET_OK);
  assert_string_equal(f->detail.code, "exists");
  edit(f, "PRAGMA user_version = 9999");
  expect_code(f, "", "newer-version");
  edit(f, "PRAGMA user_version = 1");
  edit(f, "PRAGMA application_id = 12");
  expect_code(f, "", "corrupt");
  edit(f, "PRAGMA application_id = 1952539508");
  assert_ok(reopen(f, "", &s));
  client_store_free(s);
  char path[128];
  (void)snprintf(path, sizeof(path), "%s/store.db", f->home);
  FILE *file = fopen(path, "r+");
  for (int i = 0; i < 60; i++) {
    (void)fputs("this is not a database", file);
  }
  (void)fclose(file);
  expect_code(f, "", "corrupt");
}

/* ---- a crash, and another process ---- */

static void test_death_before_and_after_a_commit(void **state) {
  fixture *f = *state;
  client_store *s = create(f, "");
  for (int before = 0; before < 2; before++) {
    f->before = before != 0;
    f->deaths_at = 1;
    {
      CLIENT_TX(tx);
      assert_ok(client_tx_begin(s, &tx));
      assert_ok(client_store_put(
          s, CLIENT_T_SELF, before ? TACET_SPAN_LIT("b") : TACET_SPAN_LIT("a"),
          TACET_SPAN_EMPTY, 0, TACET_SPAN_LIT("1")));
      assert_int_not_equal(client_tx_commit(&tx), TACET_OK);
    }
    assert_true(client_store_dead(s));
    CLIENT_TX(tx);
    assert_int_not_equal(client_tx_begin(s, &tx), TACET_OK);
    client_store_free(s);
    assert_ok(reopen(f, "", &s));
  }
  assert_value(s, CLIENT_T_SELF, "a", "1");
  assert_value(s, CLIENT_T_SELF, "b", NULL);
  client_store_free(s);
}

static void test_two_open(void **state) {
  fixture *f = *state;
  client_store *a = create(f, ""), *b = NULL;
  assert_ok(reopen(f, "", &b));
  uint64_t before, after;
  assert_ok(client_store_version(b, &before));
  put(a, CLIENT_T_SELF, "x", "", 0, "1");
  assert_ok(client_store_version(b, &after));
  assert_int_not_equal(before, after);
  assert_value(b, CLIENT_T_SELF, "x", "1");
  client_store_checkpoint(a);
  put(b, CLIENT_T_SELF, "x", "", 0, "2");
  assert_value(a, CLIENT_T_SELF, "x", "2");
  client_store_free(a);
  client_store_free(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_records, setup, teardown),
      cmocka_unit_test_setup_teardown(test_transactions_nest, setup, teardown),
      cmocka_unit_test_setup_teardown(test_nothing_shows, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_record_opens_in_its_place_alone,
                                      setup, teardown),
      cmocka_unit_test_setup_teardown(test_passphrase, setup, teardown),
      cmocka_unit_test_setup_teardown(test_key_file, setup, teardown),
      cmocka_unit_test_setup_teardown(test_damage_and_versions, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(test_death_before_and_after_a_commit,
                                      setup, teardown),
      cmocka_unit_test_setup_teardown(test_two_open, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
