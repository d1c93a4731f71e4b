/* SPDX-License-Identifier: Apache-2.0
 * The collector and its witnesses: what is published when, and that none of
 * them does harm by what it answers. Times are shortened; nothing sleeps. */
#include "tests/unit/server_witnesses/fake.h"

#include <sched.h>

#include "server/ops/metrics.h"
#include "tacet/crypto.h"

static const wts_timing fast = {.timeout = 200,
                                .pace = 1,
                                .gather = 1,
                                .patience = 50,
                                .alarm = 60000,
                                .retry = 10,
                                .retry_max = 40,
                                .claim = 40,
                                .refresh = 3600000};

typedef struct rig {
  fake_log log;
  fake_witness w[FAKE_WITNESSES];
  wts_collector *c;
  wts_timing timing;
} rig;

static rig r;

static int set_up(void **state) {
  (void)state;
  char name[] = "w0.example";
  memset(&r, 0, sizeof(r));
  r.timing = fast;
  fake_log_new(&r.log, "log.example");
  for (int i = 0; i < FAKE_WITNESSES; i++) {
    name[1] = (char)('0' + i);
    fake_witness_start(&r.w[i], name, &r.log.key);
  }
  r.log.policy = fake_policy(&r.log, r.w, FAKE_WITNESSES, 2);
  return 0;
}

static void start(void) {
  const wts_options o = {.policy = r.log.policy,
                         .log = fake_log_shown(&r.log),
                         .timing = r.timing};
  size_t number = 0;
  assert_ok(wts_start(&o, &number, &r.c));
}

static void stop(void) {
  wts_free(r.c);
  r.c = NULL;
}

static int tear_down(void **state) {
  (void)state;
  stop();
  for (int i = 0; i < FAKE_WITNESSES; i++) {
    fake_witness_free(&r.w[i]);
  }
  fake_log_free(&r.log);
  return 0;
}

static void grow(size_t n) {
  fake_log_grow(&r.log, n, 1);
  wts_wake(r.c);
}

static wts_stats stats(void) {
  wts_stats s;
  wts_stats_get(r.c, &s);
  return s;
}

/* Asks until it is so, or for a minute. */
static void wait_state(int witness, wts_state want) {
  while (stats().states[witness] != want) {
    (void)sched_yield();
  }
}

/* The collector hears of it after the log does. */
static void wait_published(uint64_t size) {
  while (stats().published != size) {
    (void)sched_yield();
  }
}

/* ---- all is well ---- */

static void publishes_what_grows(void **state) {
  (void)state;
  start();
  for (uint64_t size = 1; size <= 40; size += 3) {
    grow(size == 1 ? 1 : 3);
    fake_log_wait(&r.log, size, 2);
  }
  fake_log_wait(&r.log, 40, 3); /* late ones, too */
  wait_published(40);
  assert_false(stats().forked || stats().missing);
  for (int i = 0; i < FAKE_WITNESSES; i++) {
    wait_state(i, WTS_STATE_WELL);
  }
  assert_int_equal(
      tacetd_metric_value(TACETD_METRIC_WITNESSES, TACETD_WITNESSES_WELL), 3);
}

static void nothing_to_publish(void **state) {
  (void)state;
  start();
  wts_wake(r.c);
  stop();
  assert_int_equal(fake_log_published(&r.log), 0);
  assert_int_equal(r.w[0].asked, 0);
}

/* A log that was published before, and witnesses that remember it. */
static void goes_on_after_a_restart(void **state) {
  (void)state;
  fake_log_grow(&r.log, 7, 1);
  start();
  fake_log_wait(&r.log, 7, 3);
  stop();
  fake_log_grow(&r.log, 4, 1);
  fake_witness_forget(&r.w[0], true); /* and says it by 409 alone */
  start();
  fake_log_wait(&r.log, 11, 3);
  stop();
  size_t n = fake_log_published(&r.log);
  start(); /* nothing new, but newer cosignatures */
  while (fake_log_published(&r.log) == n) {
    (void)sched_yield();
  }
}

static void asks_again_in_time(void **state) {
  (void)state;
  r.timing.refresh = 20;
  start();
  grow(3);
  for (int i = 0; i < FAKE_WITNESSES; i++) {
    fake_witness_wait(&r.w[i], 4);
  }
  fake_log_wait(&r.log, 3, 3);
}

/* ---- one that is not well does no harm ---- */

static const struct {
  const char *name;
  fake_mode mode;
  int status;
  const char *text;
  wts_state state;
} odd[] = {
    {"403", STATUS, 403, NULL, WTS_STATE_REFUSES},
    {"404", STATUS, 404, NULL, WTS_STATE_REFUSES},
    {"422", STATUS, 422, NULL, WTS_STATE_CLAIMS},
    {"400", STATUS, 400, NULL, WTS_STATE_GARBAGE},
    {"429", STATUS, 429, NULL, WTS_STATE_AWAY},
    {"503", STATUS, 503, NULL, WTS_STATE_AWAY},
    {"302", STATUS, 302, NULL, WTS_STATE_GARBAGE},
    {"nothing", TEXT, 0, "", WTS_STATE_GARBAGE},
    {"nonsense", TEXT, 0, "yes\n", WTS_STATE_GARBAGE},
    {"another's", OTHER_KEY, 0, NULL, WTS_STATE_GARBAGE},
    {"forged", FORGES, 0, NULL, WTS_STATE_GARBAGE},
    {"endless", ENDLESS, 0, NULL, WTS_STATE_GARBAGE},
    {"stalls", STALLS, 0, NULL, WTS_STATE_AWAY},
    {"a size far ahead", SIZE, 0, "1000000\n", WTS_STATE_CLAIMS},
    {"a size below", SIZE, 0, "2\n", WTS_STATE_CLAIMS},
    {"the size again", SIZE, 0, "5\n", WTS_STATE_CLAIMS},
    {"no size", SIZE, 0, "many\n", WTS_STATE_GARBAGE},
    {"an old clock", WRONG_CLOCK, 0, NULL, WTS_STATE_WELL},
    {"a fast clock", FUTURE, 0, NULL, WTS_STATE_WELL},
};
#define N_ODD (sizeof(odd) / sizeof(odd[0]))

static void one_odd_one(size_t i) {
  fake_witness_be(&r.w[1], odd[i].mode, odd[i].status, odd[i].text);
  start();
  grow(5);
  fake_log_wait(&r.log, 5, 2);
  wait_state(1, odd[i].state);
  grow(3);
  fake_log_wait(&r.log, 8, 2);
  assert_false(stats().forked || stats().missing);
  fake_witness_be(&r.w[1], HONEST, 0, NULL);
  fake_log_wait(&r.log, 8, 3); /* it is taken back */
  wait_state(1, WTS_STATE_WELL);
}

static void an_odd_one_does_no_harm(void **state) {
  for (size_t i = 0; i < N_ODD; i++) {
    print_message("  %s\n", odd[i].name);
    one_odd_one(i);
    (void)tear_down(state);
    (void)set_up(state);
  }
}

static void one_that_ends_and_comes_back(void **state) {
  (void)state;
  start();
  grow(1);
  fake_log_wait(&r.log, 1, 3);
  fake_witness_stop(&r.w[2]);
  grow(1);
  fake_log_wait(&r.log, 2, 2);
  wait_state(2, WTS_STATE_AWAY);
  fake_witness_again(&r.w[2]);
  fake_log_wait(&r.log, 2, 3);
  wait_state(2, WTS_STATE_WELL);
}

/* ---- a quorum that is missing ---- */

static void too_few_publish_nothing(void **state) {
  (void)state;
  r.timing.alarm = 300;
  start();
  grow(1);
  fake_log_wait(&r.log, 1, 2);
  wait_published(1);
  fake_witness_stop(&r.w[0]);
  fake_witness_be(&r.w[1], FORGES, 0, NULL);
  for (int i = 0; i < 5; i++) {
    grow(2);
  }
  while (!stats().missing) {
    (void)sched_yield();
  }
  fake_witness_wait(&r.w[1], 3);
  assert_int_equal(stats().published, 1);
  assert_int_equal(fake_log_size(&r.log), 1);
  assert_int_equal(tacetd_metric_value(TACETD_METRIC_QUORUM_MISSING, 0), 1);
  fake_witness_be(&r.w[1], HONEST, 0, NULL);
  fake_log_wait(&r.log, 11, 2);
  while (stats().missing) {
    (void)sched_yield();
  }
  assert_int_equal(tacetd_metric_value(TACETD_METRIC_QUORUM_MISSING, 0), 0);
}

/* One word of another time is no part of a quorum; if all are of it, it is our
 * clock that is wrong. */
static void a_word_of_another_time(fake_mode mode) {
  r.timing.alarm = 300;
  fake_witness_be(&r.w[1], mode, 0, NULL);
  fake_witness_stop(&r.w[2]);
  start();
  grow(1);
  while (!stats().missing) {
    (void)sched_yield();
  }
  assert_int_equal(fake_log_size(&r.log), 0);
  fake_witness_be(&r.w[0], mode, 0, NULL);
  grow(1);
  fake_log_wait(&r.log, 2, 2);
  fake_witness_be(&r.w[0], HONEST, 0, NULL);
  fake_witness_again(&r.w[2]);
  grow(1);
  fake_log_wait(&r.log, 3, 2);
  fake_witness_be(&r.w[1], HONEST, 0, NULL);
  fake_log_wait(&r.log, 3, 3); /* its clock was put right */
  while (stats().missing) {
    (void)sched_yield();
  }
}

static void a_word_from_the_future(void **state) {
  (void)state;
  a_word_of_another_time(FUTURE);
}
static void a_word_from_the_past(void **state) {
  (void)state;
  a_word_of_another_time(WRONG_CLOCK);
}

static void the_disk_that_is_full(void **state) {
  (void)state;
  r.log.publish_fails = TACET_ERR_FULL;
  start();
  grow(3);
  for (int i = 0; i < FAKE_WITNESSES; i++) {
    wait_state(i, WTS_STATE_WELL);
  }
  (void)pthread_mutex_lock(&r.log.lock);
  r.log.publish_fails = TACET_OK;
  (void)pthread_mutex_unlock(&r.log.lock);
  fake_log_wait(&r.log, 3, 2);
}

/* ---- another head with our signature ---- */

/* The tables as they were before: two entries fewer, and others since. */
static void rewind_log(uint64_t to, size_t others) {
  memset(&r.log.frontier, 0, sizeof(r.log.frontier));
  fake_log_grow(&r.log, to, 1);
  fake_log_grow(&r.log, others, 2);
  r.log.published = to < r.log.published ? to : r.log.published;
}

static void a_restored_backup_is_not_published(void **state) {
  (void)state;
  static const struct {
    size_t others;
    bool no_memory; /* of the two that are not ahead */
  } rows[] = {{0, false}, {1, false}, {2, false}, {9, false}, {9, true}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    fake_log_grow(&r.log, 6, 1);
    start();
    fake_log_wait(&r.log, 6, 3);
    fake_witness_stop(&r.w[0]);
    fake_witness_stop(&r.w[1]);
    grow(2);
    while (fake_witness_size(&r.w[2]) != 8) { /* only the third has seen it */
      (void)sched_yield();
    }
    stop();
    fake_witness_again(&r.w[0]);
    fake_witness_again(&r.w[1]);
    fake_witness_forget(&r.w[0], rows[i].no_memory);
    fake_witness_forget(&r.w[1], rows[i].no_memory);
    rewind_log(6, rows[i].others);
    size_t n = fake_log_published(&r.log);
    start();
    while (!stats().forked) {
      (void)sched_yield();
    }
    wts_wake(r.c);
    assert_int_equal(tacetd_metric_value(TACETD_METRIC_LOG_FORKED, 0), 1);
    stop();
    assert_int_equal(fake_log_published(&r.log), n);
    (void)tear_down(state);
    (void)set_up(state);
  }
}

/* Who has the log's key need not have the log: found while it runs, too. */
static void a_head_that_somebody_else_signed(void **state) {
  (void)state;
  static fake_log thief;
  TACET_BUF(note, 4096);
  start();
  grow(5);
  fake_log_wait(&r.log, 5, 3);
  thief = r.log;
  fake_log_grow(&thief, 4, 9);
  fake_log_note(&thief, &note);
  (void)pthread_mutex_lock(&r.w[1].lock);
  assert_ok(tacet_bytes_set(&r.w[1].remembers, tacet_buf_span(&note)));
  (void)pthread_mutex_unlock(&r.w[1].lock);
  fake_witness_be(&r.w[1], STATUS, 422, NULL);
  grow(1);
  while (!stats().forked) {
    (void)sched_yield();
  }
}

/* ---- starting ---- */

static void bad_addresses(void **state) {
  (void)state;
  TACET_BUF(b, 4096);
  tacet_policy *p = NULL;
  wts_collector *c = NULL;
  size_t line, number = 0;
  tacet_write_bytes(&b, TACET_SPAN_LIT("log "));
  tacet_note_key_write(&r.log.key, &b);
  tacet_write_bytes(&b, TACET_SPAN_LIT("\nwitness a "));
  tacet_note_key_write(&r.w[0].key, &b);
  tacet_write_bytes(&b, TACET_SPAN_LIT("\nwitness b "));
  tacet_note_key_write(&r.w[1].key, &b);
  tacet_write_bytes(&b, TACET_SPAN_LIT(" ftp://b\nquorum a\n"));
  assert_ok(tacet_policy_read(tacet_buf_span(&b), &p, &line));
  const wts_options o = {.policy = p, .log = fake_log_shown(&r.log)};
  assert_err(TACET_ERR_ENCODING, wts_start(&o, &number, &c));
  assert_int_equal(number, 2);
  tacet_policy_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(publishes_what_grows, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_to_publish, set_up, tear_down),
      cmocka_unit_test_setup_teardown(goes_on_after_a_restart, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(asks_again_in_time, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_odd_one_does_no_harm, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(one_that_ends_and_comes_back, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(too_few_publish_nothing, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_word_from_the_future, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_word_from_the_past, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_disk_that_is_full, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_restored_backup_is_not_published,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_head_that_somebody_else_signed, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(bad_addresses, set_up, tear_down),
  };
  return tacet_crypto_init() == TACET_OK
             ? cmocka_run_group_tests(tests, NULL, NULL)
             : 1;
}
