/* SPDX-License-Identifier: Apache-2.0
 * What was erased from the store is gone from its files, sealed as it was: the
 * database file and the log are searched for the raw bytes.
 */
#include "tests/support/support.h"

#include <sqlite3.h>
#include <unistd.h>

#include "client/error.h"
#include "client/store.h"
#include "tests/support/folder.h"

enum { BOXES = 24, ROUNDS = 150, MARK = 32, MARKS_MAX = 8192 };

typedef struct fixture {
  char folder[TEST_PATH_MAX];
  client_error detail;
  client_env env;
  client_store *s;
  uint8_t marks[MARKS_MAX][MARK]; /* of the records of one box */
  size_t n_marks;
} fixture;

static int setup(void **state) {
  fixture *f = calloc(1, sizeof(*f));
  test_folder_make(f->folder);
  f->env = *client_env_system();
  assert_ok(client_store_create(f->folder, TACET_SPAN_EMPTY, &f->env,
                                &f->detail, &f->s));
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture *f = *state;
  client_store_free(f->s);
  test_folder_remove(f->folder);
  free(f);
  return 0;
}

static void key_of(int box, int round, tacet_buf *w) {
  tacet_write_u32(w, (uint32_t)box);
  tacet_write_u32(w, (uint32_t)round);
}

/* One record of each box, of a size that merges and splits pages. */
static void add_round(fixture *f, int round, uint32_t *seed) {
  static uint8_t value[9000];
  CLIENT_TX(tx);
  assert_ok(client_tx_begin(f->s, &tx));
  for (int box = 0; box < BOXES; box++) {
    TACET_BUF(key, 16);
    key_of(box, round, &key);
    *seed = *seed * 1664525u + 1013904223u;
    size_t len = 40 + (*seed >> 16) % (round % 3 == 0 ? 3000 : 200);
    assert_ok(client_store_put(f->s, CLIENT_T_MESSAGE, tacet_buf_span(&key),
                               tacet_span_of(&box, sizeof(box)), *seed & 0xffff,
                               tacet_span_of(value, len)));
  }
  assert_ok(client_tx_commit(&tx));
}

static sqlite3_stmt *raw_rows(fixture *f, sqlite3 **db) {
  char path[TEST_PATH_MAX];
  sqlite3_stmt *q = NULL;
  test_folder_path(f->folder, "store.db", path);
  assert_int_equal(sqlite3_open(path, db), SQLITE_OK);
  assert_int_equal(
      sqlite3_prepare_v2(*db, "SELECT v FROM message", -1, &q, NULL),
      SQLITE_OK);
  return q;
}

/* The sealed bytes that stand in the file now: the first of them are a random
 * nonce, so that each is one of a kind. From its end, too: an overflow page. */
static void note_marks(fixture *f) {
  sqlite3 *db = NULL;
  sqlite3_stmt *q = raw_rows(f, &db);
  f->n_marks = 0;
  while (sqlite3_step(q) == SQLITE_ROW) {
    const uint8_t *v = sqlite3_column_blob(q, 0);
    size_t len = (size_t)sqlite3_column_bytes(q, 0);
    assert_true(f->n_marks + 2 <= MARKS_MAX);
    memcpy(f->marks[f->n_marks++], v, MARK);
    memcpy(f->marks[f->n_marks++], v + len - MARK, MARK);
  }
  (void)sqlite3_finalize(q);
  (void)sqlite3_close(db);
}

/* How many of the marks stand in a file of the store. */
static size_t search(fixture *f, const char *name) {
  char path[TEST_PATH_MAX];
  size_t found = 0;
  test_folder_path(f->folder, name, path);
  size_t len = test_file_size(path);
  FILE *file = len > 0 ? fopen(path, "rb") : NULL;
  if (file == NULL) {
    return 0;
  }
  uint8_t *all = malloc(len);
  assert_int_equal(fread(all, 1, len, file), len);
  (void)fclose(file);
  for (size_t i = 0; i < f->n_marks; i++) {
    found += memmem(all, len, f->marks[i], MARK) != NULL;
  }
  free(all);
  return found;
}

static size_t marks_left(fixture *f) {
  sqlite3 *db = NULL;
  sqlite3_stmt *q = raw_rows(f, &db);
  while (sqlite3_step(q) == SQLITE_ROW) { /* those that are still valid */
    const uint8_t *v = sqlite3_column_blob(q, 0);
    for (size_t i = 0; i < f->n_marks; i += 2) {
      if (memcmp(f->marks[i], v, MARK) == 0) {
        f->n_marks -= 2;
        memmove(f->marks[i], f->marks[i + 2], (f->n_marks - i) * MARK);
        break;
      }
    }
  }
  (void)sqlite3_finalize(q);
  (void)sqlite3_close(db);
  assert_true(f->n_marks > 0); /* something was erased */
  return search(f, "store.db") + search(f, "store.db-wal");
}

static void erase_box(fixture *f, int box) {
  CLIENT_TX(tx);
  assert_ok(client_tx_begin(f->s, &tx));
  assert_ok(client_store_delete_of(f->s, CLIENT_T_MESSAGE,
                                   tacet_span_of(&box, sizeof(box))));
  assert_ok(client_tx_commit(&tx));
}

static void test_erased_is_gone(void **state) {
  fixture *f = *state;
  uint32_t seed = 12345;
  for (int i = 0; i < ROUNDS; i++) {
    add_round(f, i, &seed);
    if (i % 5 != 4) {
      continue;
    }
    client_store_checkpoint(f->s);
    note_marks(f);
    erase_box(f, (i / 5 * 7) % BOXES);
    erase_box(f, (i / 5 * 7 + 3) % BOXES);
    client_store_checkpoint(f->s);
    assert_int_equal(marks_left(f), 0);
  }
  note_marks(f); /* the search does find what is there */
  assert_int_equal(search(f, "store.db"), f->n_marks);
}

/* Each record written again in place of the one before: sealed anew, in other
 * bytes, and of another size. */
static void test_replaced_is_gone(void **state) {
  fixture *f = *state;
  uint32_t seed = 999;
  for (int i = 0; i < 12; i++) {
    add_round(f, i, &seed);
  }
  client_store_checkpoint(f->s);
  note_marks(f);
  for (int i = 0; i < 12; i++) {
    add_round(f, i, &seed);
  }
  client_store_checkpoint(f->s);
  assert_int_equal(marks_left(f), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_erased_is_gone, setup, teardown),
      cmocka_unit_test_setup_teardown(test_replaced_is_gone, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
