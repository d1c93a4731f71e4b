/* SPDX-License-Identifier: Apache-2.0
 * A failing disk, a kill at any moment, many at once. */
#include "tests/unit/server_directory/book.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
  fault_kind kind;
  tacet_wire_error want;
} faults[] = {{FAULT_FULL, TACET_WIRE_STORAGE},
              {FAULT_WRITE, TACET_WIRE_INTERNAL},
              {FAULT_SYNC, TACET_WIRE_INTERNAL},
              {FAULT_READ_ONLY, TACET_WIRE_INTERNAL}};

/* A registration that failed has used nothing up and can be made again. */
static void test_failing_disk(void **state) {
  (void)state;
  size_t n;
  bool more;
  uint8_t invite[16];
  int made = 0;
  invite_new(invite, 1000, 7);
  for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++) {
    for (uint64_t at = 0; at < 10; at++) {
      person p;
      char name[32], handle[64];
      (void)snprintf(name, sizeof(name), "p%d", made);
      (void)snprintf(handle, sizeof(handle), "%s@%s", name, DOMAIN);
      person_make(&p, name);
      fault_vfs_fail(faults[k].kind, at, 0);
      tacet_wire_error e = book_register(&p, invite);
      assert_true(e == TACET_WIRE_OK || e == faults[k].want);
      tacet_wire_error found = book_lookup(
          TACET_LOOKUP_HANDLE, tacet_span_str(handle), 0, &n, &more);
      assert_int_equal(e == TACET_WIRE_OK ? TACET_WIRE_OK
                                          : TACET_WIRE_UNKNOWN_ACCOUNT,
                       found);
      fault_vfs_heal();
      assert_int_equal(TACET_WIRE_OK, book_register(&p, invite));
      made++;
    }
  }
  sto_trouble why;
  assert_ok(dir_check(book_folder, &why));
}

static void test_token_is_kept_by_a_failure(void **state) {
  (void)state;
  person alice;
  TACET_BUF(list, 32768);
  person_register(&alice, "alice");
  published_add(&list, &alice, 0, false);
  assert_int_equal(1, book_publish(&alice, 0, &list).n_held);
  tacet_token t = book_token(TACET_TOKEN_DIRECTORY);
  fault_vfs_fail(FAULT_SYNC, 0, 0);
  assert_int_equal(TACET_WIRE_INTERNAL,
                   book_claim(alice.manifest.account_id, &t).status);
  fault_vfs_heal();
  assert_int_equal(1, book_claim(alice.manifest.account_id, &t).n);
}

static void test_reserve(void **state) {
  (void)state;
  person alice, bob;
  uint8_t invite[16];
  size_t n;
  bool more;
  tacet_manifest last;
  person_register(&alice, "alice");
  invite_new(invite, 1, 7);
  book_options.disk_reserve = UINT64_MAX / 2;
  book_reopen();
  person_make(&bob, "bob");
  assert_int_equal(TACET_WIRE_STORAGE, book_register(&bob, invite));
  assert_int_equal(TACET_WIRE_OK,
                   book_lookup(TACET_LOOKUP_HANDLE,
                               TACET_SPAN_LIT("alice@" DOMAIN), 0, &n, &more));
  person_next(&alice, 0, &last);
  assert_int_equal(TACET_WIRE_OK, book_erase(&alice, 0)); /* frees */
}

/* ---- kill -9 ---- */

static void child(int to, int round) {
  uint8_t invite[16];
  book_reopen(); /* the parent has none */
  invite_new(invite, 10000, 7);
  for (int i = 0;; i++) {
    person p;
    char name[32];
    (void)snprintf(name, sizeof(name), "k%d-%d", round, i);
    person_make(&p, name);
    if (book_register(&p, invite) != TACET_WIRE_OK ||
        write(to, &i, sizeof(i)) != (ssize_t)sizeof(i)) {
      _exit(1);
    }
  }
}

static void test_kill(void **state) {
  (void)state;
  for (int round = 0; round < 6; round++) {
    int ends[2], i, last = -1;
    book_close();
    assert_int_equal(0, pipe(ends));
    pid_t pid = fork();
    if (pid == 0) {
      (void)close(ends[0]);
      child(ends[1], round);
    }
    (void)close(ends[1]);
    while (last < 5 + round &&
           read(ends[0], &i, sizeof(i)) == (ssize_t)sizeof(i)) {
      last = i;
    }
    (void)usleep((unsigned)round * 333);
    (void)kill(pid, SIGKILL);
    while (read(ends[0], &i, sizeof(i)) == (ssize_t)sizeof(i)) {
      last = i;
    }
    (void)close(ends[0]);
    assert_int_equal(pid, waitpid(pid, NULL, 0));
    assert_true(last >= 5);
    book_reopen();
    for (int k = 0; k <= last; k++) {
      char handle[64];
      size_t n;
      bool more;
      (void)snprintf(handle, sizeof(handle), "k%d-%d@%s", round, k, DOMAIN);
      assert_int_equal(TACET_WIRE_OK,
                       book_lookup(TACET_LOOKUP_HANDLE, tacet_span_str(handle),
                                   0, &n, &more));
    }
  }
}

/* ---- many threads ---- */

enum { RACERS = 6 };
static uint8_t shared_invite[16];
static struct racer {
  person p;
  tacet_token t;
  tacet_wire_error registered, claimed;
  const uint8_t *account;
} racers[RACERS];

static void *race(void *arg) {
  struct racer *r = arg;
  r->registered = book_register(&r->p, shared_invite);
  r->claimed = book_claim(r->account, &r->t).status;
  return NULL;
}

/* One handle, three uses of one invite, two packages: exactly so many win. */
static void test_many_threads(void **state) {
  (void)state;
  person shop;
  pthread_t threads[RACERS];
  TACET_BUF(list, 32768);
  person_register(&shop, "shop");
  published_add(&list, &shop, 0, false);
  published_add(&list, &shop, 0, false);
  assert_int_equal(2, book_publish(&shop, 0, &list).n_held);
  invite_new(shared_invite, 3, 7);
  for (int i = 0; i < RACERS; i++) {
    char name[16];
    (void)snprintf(name, sizeof(name), "r%d", i < 2 ? 0 : i);
    person_make(&racers[i].p, name);
    racers[i].t = book_token(TACET_TOKEN_DIRECTORY);
    racers[i].account = shop.manifest.account_id;
  }
  for (int i = 0; i < RACERS; i++) {
    assert_int_equal(0, pthread_create(&threads[i], NULL, race, &racers[i]));
  }
  int registered = 0, claimed_ok = 0, same_handle = 0;
  for (int i = 0; i < RACERS; i++) {
    assert_int_equal(0, pthread_join(threads[i], NULL));
    registered += racers[i].registered == TACET_WIRE_OK ? 1 : 0;
    same_handle += i < 2 && racers[i].registered == TACET_WIRE_OK ? 1 : 0;
    claimed_ok += racers[i].claimed == TACET_WIRE_OK ? 1 : 0;
  }
  assert_int_equal(3, registered);
  assert_true(same_handle <= 1);
  assert_int_equal(2, claimed_ok);
}

/* Two manifests for one number, both checked while the writer waits for the
 * disk: one is the next, the other a conflict. */
static person rivals[2];
static tacet_wire_error rival_status[2];
static void *put_rival(void *arg) {
  size_t i = (size_t)((person *)arg - rivals);
  rival_status[i] = book_manifest(&rivals[i]);
  return NULL;
}
static void *keep_writer_busy(void *arg) {
  person p;
  uint8_t invite[16];
  (void)arg;
  invite_new(invite, 1, 7);
  person_make(&p, "busy");
  assert_int_equal(TACET_WIRE_OK, book_register(&p, invite));
  return NULL;
}

static void test_rival_manifests(void **state) {
  (void)state;
  tacet_manifest next;
  pthread_t busy, threads[2];
  person_register(&rivals[0], "alice");
  rivals[1] = rivals[0];
  person_next(&rivals[0], 2, &next);
  person_next(&rivals[1], 3, &next);
  fault_counts from = fault_vfs_counts();
  fault_vfs_slow_sync(200000);
  assert_int_equal(0, pthread_create(&busy, NULL, keep_writer_busy, NULL));
  while (fault_vfs_counts().log_syncs == from.log_syncs) {
    (void)usleep(1000);
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(0,
                     pthread_create(&threads[i], NULL, put_rival, &rivals[i]));
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(0, pthread_join(threads[i], NULL));
  }
  assert_int_equal(0, pthread_join(busy, NULL));
  int won = rival_status[0] == TACET_WIRE_OK ? 0 : 1;
  assert_int_equal(TACET_WIRE_OK, rival_status[won]);
  assert_int_equal(TACET_WIRE_MANIFEST_CONFLICT, rival_status[1 - won]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, book_setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_failing_disk), TEST(test_token_is_kept_by_a_failure),
      TEST(test_reserve),      TEST(test_kill),
      TEST(test_many_threads), TEST(test_rival_manifests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
