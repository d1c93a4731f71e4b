/* SPDX-License-Identifier: Apache-2.0
 * A process that ends at any write, a disk that is full or fails, memory that
 * runs out: the log holds what was said to be there, and verifies. */
#include "tests/unit/desk_store/desk.h"

#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static desk_trouble why;

static int setup(void **state) {
  fault_vfs_register();
  (void)sqlite3_vfs_register(sqlite3_vfs_find(FAULT_VFS), 1);
  fault_vfs_reset();
  return desk_setup(state);
}

static tacet_err append(void) {
  json_t *body = json_pack("{s:s}", "text", "said");
  const desk_act acts[] = {{"", "test-made", "", body, NULL},
                           {"ann", "test-made", "", body, &desk_ann},
                           {"", "test-made", "", body, NULL}};
  tacet_err e = desk_append(desk_db, acts, 3, &why, NULL);
  json_decref(body);
  return e;
}

static tacet_err count(void *user, const desk_event *e) {
  (void)e;
  ++*(uint64_t *)user;
  return TACET_OK;
}

static uint64_t events(void) {
  const desk_filter all = {.from = 0};
  uint64_t n = 0;
  assert_ok(desk_events_each(desk_db, &all, count, &n, &why));
  return n;
}

/* ---- kill ---- */

/* In a process of its own: appends, and tells each time that it is there. */
static void live(int end, fault_kind kind, uint64_t at) {
  desk_reopen();
  fault_vfs_fail(kind, at, 1);
  for (uint64_t n = events();;) {
    if (append() != TACET_OK) {
      _exit(3);
    }
    n += 3;
    if (write(end, &n, sizeof(n)) != (ssize_t)sizeof(n)) {
      _exit(4);
    }
  }
}

static void one_life(fault_kind kind, uint64_t at) {
  int ends[2], status;
  uint64_t said = 0, n;
  desk_store_close(desk_db);
  desk_db = NULL;
  assert_int_equal(0, pipe(ends));
  pid_t pid = fork();
  if (pid == 0) {
    (void)close(ends[0]);
    live(ends[1], kind, at);
  }
  (void)close(ends[1]);
  while (read(ends[0], &n, sizeof(n)) == (ssize_t)sizeof(n)) {
    said = n;
  }
  (void)close(ends[0]);
  assert_int_equal(pid, waitpid(pid, &status, 0));
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  desk_reopen();
  n = events();
  assert_true(n >= said && n % 3 == 0); /* three officers' worth at first */
  desk_expect(TACET_OK, "");
}

static void killed_at_every_write(void **state) {
  (void)state;
  assert_int_equal(3, events()); /* the desk, ann, bob */
  for (uint64_t at = 0; at < 24; at++) {
    one_life(at % 3 == 2 ? FAULT_TEAR : FAULT_KILL, at);
  }
}

/* ---- the disk ---- */

static void full_disk(void **state) {
  (void)state;
  static const struct {
    fault_kind kind;
    tacet_err err;
  } kinds[] = {{FAULT_FULL, TACET_ERR_FULL},
               {FAULT_WRITE, TACET_ERR_IO},
               {FAULT_SYNC, TACET_ERR_IO}};
  for (size_t k = 0; k < 3; k++) {
    uint64_t n = events();
    fault_vfs_fail(kinds[k].kind, 0, 0);
    tacet_err e = append();
    fault_vfs_heal();
    if (e != kinds[k].err || why.text[0] == '\0') {
      fail_msg("%s: %s", tacet_err_name(e), why.text);
    }
    desk_reopen();
    assert_int_equal(n, events());
    desk_expect(TACET_OK, "");
    assert_ok(append());
    desk_expect(TACET_OK, "");
  }
}

/* ---- memory ---- */

static size_t left;

static void *some(size_t size) {
  return left-- == 0 ? NULL : malloc(size);
}

/* jansson's allocations are the ones that can be made to fail. */
static void out_of_memory(void **state) {
  (void)state;
  json_t *row = NULL;
  tacet_err e = TACET_ERR_NOMEM;
  char id[DESK_CASE_ID_MAX + 1];
  memcpy(id, desk_file("criminal"), sizeof(id));
  size_t tried = 0;
  for (; e != TACET_OK; tried++) {
    const desk_case_step s = {.case_id = id,
                              .act = DESK_DO_WITHDRAW,
                              .actor = "ann",
                              .key = &desk_ann};
    uint64_t n = events();
    left = tried;
    json_set_alloc_funcs(some, free);
    e = desk_case_act(desk_db, &s, &why);
    json_set_alloc_funcs(malloc, free);
    if (e != TACET_OK) {
      assert_true(why.text[0] != '\0');
      assert_int_equal(n, events());
    }
  }
  assert_true(tried > 10);
  assert_ok(desk_case_get(desk_db, id, &why, &row));
  assert_string_equal("withdrawn",
                      json_string_value(json_object_get(row, "state")));
  json_decref(row);
  desk_expect(TACET_OK, "");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, desk_teardown)
  const struct CMUnitTest tests[] = {TEST(killed_at_every_write),
                                     TEST(full_disk), TEST(out_of_memory)};
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
