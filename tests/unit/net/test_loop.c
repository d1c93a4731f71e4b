/* SPDX-License-Identifier: Apache-2.0
 * The event loop: what runs, how often, in which order, and what does not run
 * any more once it was stopped. */
#include "tests/support/support.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"

static net_loop *loop;

static int set_up(void **state) {
  (void)state;
  return net_loop_new(&loop) == TACET_OK ? 0 : -1;
}
static int tear_down(void **state) {
  (void)state;
  net_loop_free(loop);
  return 0;
}

/* What happened, as a string of letters. */
static char log_text[256];
static size_t log_len;

static void note(char c) {
  assert_true(log_len + 1 < sizeof(log_text));
  log_text[log_len++] = c;
  log_text[log_len] = '\0';
}
static void expect_log(const char *want) {
  assert_string_equal(log_text, want);
  log_len = 0;
  log_text[0] = '\0';
}

static char letters[] = "abcmopq"; /* for pointers that are not const */
static char *letter(char c) {
  return strchr(letters, c);
}
static void post_note(void *user) {
  note(*(const char *)user);
}
static void post_stop(void *user) {
  net_loop_stop(user);
}
/* Runs until what was asked for so far has happened. */
static void run(void) {
  assert_ok(net_loop_post(loop, post_stop, loop));
  net_loop_run(loop);
}

/* ---- calls ---- */

static void posted_calls_keep_their_order(void **state) {
  (void)state;
  net_post own = {.fn = post_note, .user = letter('b')};
  assert_ok(net_loop_post(loop, post_note, letter('a')));
  net_post_send(loop, &own);
  assert_ok(net_loop_post(loop, post_note, letter('c')));
  run();
  expect_log("abc");
}

/* Held back: each loop gets its own, in order, and no earlier than released. */
static void held_calls_come_together(void **state) {
  (void)state;
  enum { LOOPS = 10 }; /* more than can be held for: the last do not wait */
  net_loop *many[LOOPS];
  for (size_t i = 0; i < LOOPS; i++) {
    assert_ok(net_loop_new(&many[i]));
  }
  net_post_hold();
  for (size_t i = 0; i < LOOPS; i++) {
    assert_ok(net_loop_post(many[i], post_note, letter('a')));
  }
  for (size_t i = 0; i < LOOPS; i++) {
    assert_ok(net_loop_post(many[i], post_note, letter('b')));
    assert_true(net_loop_run_left(many[i]) == (i >= 8));
  }
  expect_log("abab");
  net_post_release();
  for (size_t i = 0; i < LOOPS; i++) {
    assert_true(net_loop_run_left(many[i]) == (i < 8));
  }
  expect_log("abababababababab");
  assert_ok(net_loop_post(many[0], post_note, letter('c'))); /* as before */
  assert_true(net_loop_run_left(many[0]));
  expect_log("c");
  for (size_t i = 0; i < LOOPS; i++) {
    net_loop_free(many[i]);
  }
}

static void what_is_left_runs_at_the_end(void **state) {
  (void)state;
  assert_ok(net_loop_post(loop, post_note, letter('a')));
  assert_true(net_loop_run_left(loop));
  assert_false(net_loop_run_left(loop));
  assert_ok(net_loop_post(loop, post_note, letter('b')));
  net_loop_free(loop);
  assert_ok(net_loop_new(&loop));
  expect_log("ab");
}

enum { THREADS = 4, POSTS = 5000 };
static unsigned counted[THREADS];
static unsigned long total;

static void count_one(void *user) {
  unsigned *n = user;
  ++*n;
  if (++total == (unsigned long)THREADS * POSTS) {
    net_loop_stop(loop);
  }
}
static void *post_many(void *arg) {
  for (int i = 0; i < POSTS; i++) {
    if (net_loop_post(loop, count_one, arg) != TACET_OK) {
      abort();
    }
  }
  return NULL;
}

static void many_threads_may_post(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, post_many, &counted[i]),
                     0);
  }
  net_loop_run(loop);
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(counted[i], POSTS);
  }
}

/* ---- tasks ---- */

static void task_note(net_task *t) {
  note(*(const char *)t->user);
}
static net_task other = {.fn = task_note, .user = &letters[4]};

static void task_again(net_task *t) {
  static int times;
  note('t');
  if (++times < 3) {
    net_task_soon(loop, t);
  }
}
static net_task again = {.fn = task_again};

static void ask_for_tasks(void *user) {
  (void)user;
  net_task_soon(loop, &again);
  net_task_soon(loop, &other);
  net_task_soon(loop, &again);
  net_task_soon(loop, &other);
  note('p');
}

static void tasks_run_once_at_the_end_of_the_round(void **state) {
  (void)state;
  assert_ok(net_loop_post(loop, ask_for_tasks, NULL));
  assert_ok(net_loop_post(loop, post_note, letter('q')));
  run();
  expect_log("pqto");
}

static void stop_after_tasks(net_task *t) {
  note('s');
  if (log_len > 8) {
    net_loop_stop(loop);
  } else {
    net_task_soon(loop, t);
  }
}

/* A task that asks for itself does not keep others from running. */
static void tasks_of_tasks_run_in_the_next_round(void **state) {
  (void)state;
  static net_task s = {.fn = stop_after_tasks};
  again = (net_task){.fn = task_again};
  net_task_soon(loop, &s);
  net_task_soon(loop, &other);
  assert_ok(net_loop_post(loop, post_note, letter('p')));
  net_loop_run(loop);
  expect_log("psossssss");
}

static void cancelled_tasks_do_not_run(void **state) {
  (void)state;
  net_task tasks[3] = {{.fn = task_note, .user = letter('a')},
                       {.fn = task_note, .user = letter('b')},
                       {.fn = task_note, .user = letter('c')}};
  for (size_t gone = 0; gone < 3; gone++) {
    static const char *const want[] = {"bc", "ac", "ab"};
    for (size_t i = 0; i < 3; i++) {
      net_task_soon(loop, &tasks[i]);
    }
    net_task_cancel(loop, &tasks[gone]);
    net_task_cancel(loop, &tasks[gone]);
    run();
    expect_log(want[gone]);
  }
}

/* ---- timers ---- */

enum { TIMERS = 500 };
static net_timer timers[TIMERS];
static uint64_t last_at;
static size_t n_fired;

static void on_timer(net_timer *t) {
  assert_true(t->at <= net_loop_now(loop));
  assert_true(t->at >= last_at); /* all are due: the order is theirs */
  assert_int_equal(t->place, 0);
  last_at = t->at;
  n_fired++;
}

static void timers_fire_in_order(void **state) {
  (void)state;
  uint32_t dice = 7;
  size_t want = 0;
  uint64_t past = net_loop_now(loop) - 1000000;
  for (size_t i = 0; i < TIMERS; i++) {
    timers[i] = (net_timer){.fn = on_timer};
    dice = dice * 1664525u + 1013904223u;
    assert_ok(net_timer_set(loop, &timers[i], past + (dice >> 12) % 1000));
  }
  for (size_t i = 0; i < TIMERS; i++) {
    dice = dice * 1664525u + 1013904223u;
    switch ((dice >> 16) % 3) {
    case 0:
      net_timer_cancel(loop, &timers[i]);
      net_timer_cancel(loop, &timers[i]);
      break;
    case 1: /* moved, to and fro */
      assert_ok(net_timer_set(loop, &timers[i], past + (dice >> 8) % 1000));
      want++;
      break;
    default:
      want++;
      break;
    }
  }
  run();
  assert_int_equal(n_fired, want);
}

static void stop_by_timer(net_timer *t) {
  assert_true(net_loop_now(loop) >= t->at);
  net_loop_stop(loop);
}

static void a_timer_wakes_the_loop(void **state) {
  (void)state;
  net_timer t = {.fn = stop_by_timer};
  assert_ok(net_timer_set(loop, &t, net_loop_now(loop) + 20));
  net_loop_run(loop);
}

/* ---- descriptors ---- */

static int ends[2][2];
static net_watch watches[2];

static void on_read_stop_other(net_watch *w, unsigned events) {
  char c;
  assert_int_equal(events, NET_READ);
  assert_int_equal(read(w->fd, &c, 1), 1);
  note(c);
  net_watch_stop(loop, &watches[w == &watches[0] ? 1 : 0]);
  net_loop_stop(loop);
}

/* Both are readable in one round; whichever comes first stops the other, which
 * must not be called any more: its owner may be freed. */
static void a_stopped_watch_is_not_called(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
    watches[i] = (net_watch){
        .fd = ends[i][0], .events = NET_READ, .fn = on_read_stop_other};
    assert_ok(net_watch_start(loop, &watches[i], false));
    assert_int_equal(write(ends[i][1], "r", 1), 1);
  }
  net_loop_run(loop);
  expect_log("r");
  for (int i = 0; i < 2; i++) {
    close(ends[i][0]);
    close(ends[i][1]);
  }
}

static unsigned seen;
static void on_any(net_watch *w, unsigned events) {
  seen = events;
  net_watch_stop(loop, w);
  net_loop_stop(loop);
}

static unsigned events_of(unsigned wanted, void (*before)(int fd)) {
  int fds[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  net_watch w = {.fd = fds[0], .events = wanted, .fn = on_any};
  assert_ok(net_watch_start(loop, &w, false));
  before(fds[1]);
  net_loop_run(loop);
  close(fds[0]);
  close(fds[1]);
  return seen;
}

static void nothing(int fd) {
  (void)fd;
}
static void say(int fd) {
  assert_int_equal(write(fd, "x", 1), 1);
}
static void half_close(int fd) {
  assert_int_equal(shutdown(fd, SHUT_WR), 0);
}
static void hang_up(int fd) {
  assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
}

static void events_mean_what_they_say(void **state) {
  (void)state;
  assert_int_equal(events_of(NET_WRITE, nothing), NET_WRITE);
  assert_int_equal(events_of(NET_READ, say), NET_READ);
  assert_int_equal(events_of(NET_READ | NET_WRITE, say), NET_READ | NET_WRITE);
  assert_int_equal(events_of(NET_READ, half_close), NET_READ);
  /* Also to those who asked for nothing. */
  assert_int_equal(events_of(0, hang_up), NET_READ | NET_WRITE | NET_HANGUP);
}

/* ---- memory ---- */

static tacet_err make_and_use(void *ctx) {
  (void)ctx;
  net_loop *l;
  net_timer t = {.fn = on_timer};
  TACET_TRY(net_loop_new(&l));
  tacet_err err = net_timer_set(l, &t, 1);
  if (err == TACET_OK) {
    net_timer_cancel(l, &t);
    err = net_loop_post(l, post_note, letter('m'));
  }
  net_loop_free(l);
  return err;
}

static void memory_may_run_out(void **state) {
  (void)state;
  test_alloc_sweep(make_and_use, NULL);
}

int main(void) {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  static const struct CMUnitTest tests[] = {
      TEST(posted_calls_keep_their_order),
      TEST(held_calls_come_together),
      TEST(what_is_left_runs_at_the_end),
      TEST(many_threads_may_post),
      TEST(tasks_run_once_at_the_end_of_the_round),
      TEST(tasks_of_tasks_run_in_the_next_round),
      TEST(cancelled_tasks_do_not_run),
      TEST(timers_fire_in_order),
      TEST(a_timer_wakes_the_loop),
      TEST(a_stopped_watch_is_not_called),
      TEST(events_mean_what_they_say),
      TEST(memory_may_run_out),
  };
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
