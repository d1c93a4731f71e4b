/* SPDX-License-Identifier: Apache-2.0
 * A server's folder with accounts that the tests know. */
#include "tests/unit/desk_plan/desk_folder.h"

#include "server/directory/directory.h"
#include "tacet/crypto.h"

#include <dirent.h>
#include <sys/stat.h>

void folder_create(const char *folder) {
  sto_trouble why;
  assert_ok(dir_create(folder, "localhost", &why));
}

sqlite3 *folder_database(const char *folder) {
  char path[TEST_PATH_MAX];
  sqlite3 *db = NULL;
  test_folder_path(folder, "directory.db", path);
  assert_int_equal(SQLITE_OK, sqlite3_open(path, &db));
  folder_run(db, "PRAGMA wal_autocheckpoint=0");
  return db;
}

void folder_run(sqlite3 *db, const char *sql) {
  char *words = NULL;
  if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK) {
    fail_msg("%s: %s", sql, words);
  }
}

folder_account folder_account_of(size_t i) {
  folder_account a = {.created = (int64_t)(15000 + i * 7 % 900),
                      .drawn =
                          i % 5 == 0 ? -1 : (int64_t)(16000 + i * 13 % 900),
                      .first_letters = (int64_t)(1000000 + i),
                      .mailboxes = (int64_t)(2000000 + i),
                      .n_manifests = 1 + i % FOLDER_MANIFESTS,
                      .n_packages = i % 4};
  (void)snprintf(a.name, sizeof(a.name), "user%zu", i);
  tacet_span parts[2] = {TACET_SPAN_LIT("id of "), tacet_span_str(a.name)};
  assert_ok(tacet_hash_sha256.digest(parts, 2, a.id));
  return a;
}

void folder_blob(const folder_account *a, char what, size_t number,
                 uint8_t out[24]) {
  memcpy(out, a->id, 20);
  out[20] = (uint8_t)what;
  out[21] = (uint8_t)number;
  out[22] = out[23] = 0;
}

static void insert(sqlite3 *db, const char *sql, const folder_account *a,
                   size_t number, const char *blobs) {
  sqlite3_stmt *q = NULL;
  assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &q, NULL));
  int at = 0;
  (void)sqlite3_bind_blob(q, ++at, a->id, 32, SQLITE_TRANSIENT);
  (void)sqlite3_bind_int64(q, ++at, (int64_t)number);
  for (const char *b = blobs; *b != '\0'; b++) {
    uint8_t bytes[24];
    folder_blob(a, *b, number, bytes);
    (void)sqlite3_bind_blob(q, ++at, bytes, 24, SQLITE_TRANSIENT);
  }
  assert_int_equal(SQLITE_DONE, sqlite3_step(q));
  (void)sqlite3_finalize(q);
}

void folder_add(sqlite3 *db, const folder_account *a) {
  char sql[256], id[65];
  tacet_hex_write(tacet_span_of(a->id, 32), id);
  (void)snprintf(sql, sizeof(sql),
                 "INSERT INTO account VALUES(x'%s','%s',%lld,%lld,%lld,%lld,"
                 "NULL)",
                 id, a->name, (long long)a->created, (long long)a->drawn,
                 (long long)a->first_letters, (long long)a->mailboxes);
  folder_run(db, sql);
  for (size_t i = 0; i < a->n_manifests; i++) {
    insert(db, "INSERT INTO manifest VALUES(?1,?2,?3,?2+100,?2+200,?4)", a, i,
           "mo");
  }
  for (size_t i = 0; i < a->n_packages; i++) {
    insert(db,
           "INSERT INTO package(account,device,last_resort,last_day,hash,"
           "message) VALUES(?1,?3,?2,?2,?4,?5)",
           a, i, "dhk");
  }
}

static void add_file(const char *folder, const char *name, uint8_t hash[32]) {
  char path[2 * TEST_PATH_MAX], line[1024];
  struct stat st;
  (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
  assert_int_equal(0, stat(path, &st));
  int n = snprintf(line, sizeof(line), "%s %lld %lld.%ld", name,
                   (long long)st.st_size, (long long)st.st_mtim.tv_sec,
                   st.st_mtim.tv_nsec);
  TACET_BYTES(bytes);
  if (S_ISREG(st.st_mode)) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_ok(tacet_bytes_new(&bytes, (size_t)st.st_size));
    assert_int_equal(bytes.len, fread(bytes.p, 1, bytes.len, f));
    assert_int_equal(0, fclose(f));
  }
  uint8_t one[32];
  tacet_span parts[2] = {tacet_span_of(line, (size_t)n),
                         tacet_bytes_span(&bytes)};
  assert_ok(tacet_hash_sha256.digest(parts, 2, one));
  for (size_t i = 0; i < 32; i++) {
    hash[i] = (uint8_t)(hash[i] ^ one[i]); /* in whatever order they come */
  }
}

void folder_state(const char *folder, uint8_t out[32]) {
  memset(out, 0, 32);
  DIR *list = opendir(folder);
  assert_non_null(list);
  for (struct dirent *e; (e = readdir(list)) != NULL;) {
    if (strcmp(e->d_name, "..") != 0) {
      add_file(folder, e->d_name, out);
    }
  }
  assert_int_equal(0, closedir(list));
}
