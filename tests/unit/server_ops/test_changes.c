/* SPDX-License-Identifier: Apache-2.0
 * Waiting for what somebody else writes: it ends with the write and not before,
 * whenever that comes, and without one with the time. */
#include "server/ops/changes.h"
#include "tests/support/folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/support/support.h"

#define LONG 60000

static void write_to(const char *folder, const char *name) {
  char path[512];
  (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "x", 1), 1);
  (void)close(fd);
}

static void what_was_written_before_the_wait(void **state) {
  tacetd_changes w;
  const char *folder = *state;
  write_to(folder, "it"); /* and before the start: of that is no notice */
  tacetd_changes_start(&w, folder, "it", 50);
  assert_false(tacetd_changes_wait(&w));
  tacetd_changes_end(&w);
  tacetd_changes_start(&w, folder, "it", LONG);
  write_to(folder, "it");
  assert_true(tacetd_changes_wait(&w));
  for (int i = 0; i < 1000; i++) { /* many are one */
    write_to(folder, i % 2 == 0 ? "it" : "another");
  }
  assert_true(tacetd_changes_wait(&w));
  tacetd_changes_end(&w);
  assert_false(tacetd_changes_wait(&w)); /* at once */
}

static void others_are_none(void **state) {
  tacetd_changes w;
  const char *folder = *state;
  tacetd_changes_start(&w, folder, "it", 50);
  write_to(folder, "another");
  write_to(folder, "it2");
  write_to(folder, "i");
  assert_false(tacetd_changes_wait(&w));
  tacetd_changes_end(&w);
}

typedef struct writer {
  const char *folder;
  pthread_barrier_t starts;
} writer;

static void *run(void *arg) {
  writer *w = arg;
  (void)pthread_barrier_wait(&w->starts);
  write_to(w->folder, "another");
  write_to(w->folder, "it");
  return NULL;
}

/* Before, while or after this side begins to wait. */
static void what_is_written_meanwhile(void **state) {
  for (int i = 0; i < 200; i++) {
    tacetd_changes w;
    pthread_t thread;
    writer other = {.folder = *state};
    assert_int_equal(pthread_barrier_init(&other.starts, NULL, 2), 0);
    assert_int_equal(pthread_create(&thread, NULL, run, &other), 0);
    tacetd_changes_start(&w, *state, "it", LONG);
    (void)pthread_barrier_wait(&other.starts);
    assert_true(tacetd_changes_wait(&w));
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)pthread_barrier_destroy(&other.starts);
    tacetd_changes_end(&w);
  }
}

static void a_folder_that_is_not_there(void **state) {
  tacetd_changes w;
  (void)state;
  tacetd_changes_start(&w, "/nowhere", "it", LONG);
  assert_false(tacetd_changes_wait(&w)); /* at once */
  tacetd_changes_end(&w);
}

static int set_up(void **state) {
  static char folder[TEST_PATH_MAX];
  test_folder_make(folder);
  *state = folder;
  return 0;
}

static int tear_down(void **state) {
  test_folder_remove(*state);
  return 0;
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(what_was_written_before_the_wait),
      TEST(others_are_none),
      TEST(what_is_written_meanwhile),
      TEST(a_folder_that_is_not_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
