/* SPDX-License-Identifier: Apache-2.0
 * The data folder: one server at a time, and a note that only a running one
 * leaves. */
#include "tests/support/support.h"

#include "server/ops/notices.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/tacetd-folder-XXXXXX";

static void test_paths(void **state) {
  (void)state;
  char path[TACETD_PATH_MAX], name[TACETD_PATH_MAX + 1];
  assert_ok(tacetd_folder_path("/a", "b/c", path));
  assert_string_equal(path, "/a/b/c");
  assert_ok(tacetd_folder_path("/a", "/etc/b", path));
  assert_string_equal(path, "/etc/b");
  memset(name, 'x', sizeof(name) - 1);
  name[sizeof(name) - 1] = '\0';
  assert_err(TACET_ERR_LIMIT, tacetd_folder_path("/a", name, path));
}

static void test_files(void **state) {
  (void)state;
  char path[TACETD_PATH_MAX];
  uint8_t got[8];
  size_t len = 99;
  assert_ok(tacetd_folder_path(folder, "file", path));
  assert_err(TACET_ERR_NOT_FOUND, tacetd_file_read(path, got, 8, &len));
  assert_ok(tacetd_file_write(path, TACET_SPAN_LIT("12345678")));
  assert_err(TACET_ERR_LIMIT, tacetd_file_read(path, got, 7, &len));
  assert_int_equal(len, 99);
  assert_ok(tacetd_file_read(path, got, 8, &len));
  assert_int_equal(len, 8);
  assert_ok(tacetd_file_write(path, TACET_SPAN_EMPTY));
  assert_ok(tacetd_file_read(path, got, 8, &len));
  assert_int_equal(len, 0);
  assert_int_equal(unlink(path), 0);
}

static tacet_err notices_of(const char *text, uint8_t id[TACETD_ACCOUNT_LEN]) {
  char path[TACETD_PATH_MAX];
  tacetd_trouble why = {""};
  assert_ok(tacetd_folder_path(folder, TACETD_NOTICES_NAME, path));
  assert_ok(tacetd_file_write(path, tacet_span_str(text)));
  tacet_err e = tacetd_notices_read(folder, id, &why);
  assert_int_equal(e == TACET_OK, why.text[0] == '\0');
  assert_true(e == TACET_OK || strstr(why.text, "tacetd notices set") != NULL);
  assert_int_equal(unlink(path), 0);
  return e;
}

static void test_notices(void **state) {
  (void)state;
  tacetd_trouble why = {""};
  uint8_t id[TACETD_ACCOUNT_LEN], got[TACETD_ACCOUNT_LEN] = {0};
  char text[TACETD_NOTICES_TEXT], bad[TACETD_NOTICES_TEXT + 8];
  assert_err(TACET_ERR_NOT_FOUND, tacetd_notices_read(folder, got, &why));
  assert_string_equal(why.text, "");
  for (size_t i = 0; i < sizeof(id); i++) {
    id[i] = (uint8_t)(i * 7);
  }
  tacetd_notices_text(id, text);
  assert_ok(notices_of(text, got));
  assert_memory_equal(got, id, sizeof(id));
  text[64] = '\0'; /* as an editor may leave it */
  assert_ok(notices_of(text, got));
  memset(got, 0x5a, sizeof(got));
  (void)snprintf(bad, sizeof(bad), "%s\n\n", text);
  assert_err(TACET_ERR_ENCODING, notices_of(bad, got));
  (void)snprintf(bad, sizeof(bad), "%.62s\n", text);
  assert_err(TACET_ERR_ENCODING, notices_of(bad, got));
  text[3] = 'g';
  assert_err(TACET_ERR_ENCODING, notices_of(text, got));
  memset(text, '0', 64);
  assert_err(TACET_ERR_ENCODING, notices_of(text, got));
  assert_err(TACET_ERR_ENCODING, notices_of("", got));
  assert_int_equal(got[0], 0x5a);
}

/* A child that holds the lock until its pipe is closed. */
static pid_t server(int *stop) {
  int ready[2], end[2];
  assert_int_equal(pipe(ready), 0);
  assert_int_equal(pipe(end), 0);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    tacetd_trouble why;
    char c;
    (void)close(end[1]);
    int ok = tacetd_folder_lock(folder, &why) == TACET_OK &&
             tacetd_folder_ready_write(folder, "https://a:1") == TACET_OK;
    (void)!write(ready[1], ok ? "y" : "n", 1);
    (void)!read(end[0], &c, 1);
    _exit(0); /* as by kill -9: the note stays */
  }
  char c = 0;
  (void)close(end[0]);
  assert_int_equal(read(ready[0], &c, 1), 1);
  assert_int_equal(c, 'y');
  (void)close(ready[0]);
  (void)close(ready[1]);
  *stop = end[1];
  return pid;
}

static void test_lock(void **state) {
  (void)state;
  tacetd_trouble why = {""};
  char url[64] = "untouched";
  int stop;
  pid_t pid = server(&stop);
  assert_true(tacetd_folder_is_locked(folder));
  assert_err(TACET_ERR_BUSY, tacetd_folder_lock(folder, &why));
  assert_non_null(strstr(why.text, "already"));
  assert_ok(tacetd_folder_ready_read(folder, url, sizeof(url)));
  assert_string_equal(url, "https://a:1");
  (void)close(stop);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  assert_err(TACET_ERR_NOT_FOUND,
             tacetd_folder_ready_read(folder, url, sizeof(url)));
  assert_ok(tacetd_folder_lock(folder, &why));
  tacetd_folder_ready_remove(folder);
  assert_err(TACET_ERR_NOT_FOUND, tacetd_folder_lock("/nowhere", &why));
  assert_non_null(strstr(why.text, "tacetd init"));
}

static int make(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL;
}
static int clear(void **state) {
  char path[TACETD_PATH_MAX];
  (void)state;
  if (tacetd_folder_path(folder, TACETD_LOCK_NAME, path) == TACET_OK) {
    (void)unlink(path);
  }
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_paths),
      cmocka_unit_test(test_files),
      cmocka_unit_test(test_notices),
      cmocka_unit_test(test_lock),
  };
  return cmocka_run_group_tests(tests, make, clear);
}
