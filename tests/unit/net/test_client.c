/* SPDX-License-Identifier: Apache-2.0
 * The client against servers that follow a script, and misbehave. */
#include "tests/unit/net/script.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static net_call get(void) {
  return (net_call){
      .method = "GET", .target = "/", .max_answer = 1000, .timeout_ms = 10000};
}

static void expect(net_client *c, const net_call *call, net_result want,
                   int status, const char *body) {
  NET_ANSWER(a);
  assert_int_equal(net_client_call(c, call, &a), want);
  assert_int_equal(a.status, status);
  if (body != NULL) {
    assert_span(tacet_span_str(body), tacet_bytes_span(&a.body));
  }
}

#define YES "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
#define REQUEST                                                                \
  { WANT, "\r\n\r\n", 0 }

/* ---- connections that are kept ---- */

static void a_connection_that_died_is_replaced(void **state) {
  (void)state;
  static const line lines[] = {{ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND, YES, 0},
                               {HANG_UP, NULL, 0},
                               {TELL, NULL, 0},
                               {ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND, YES, 0},
                               {UNTIL_END, NULL, 0},
                               {END, NULL, 0}};
  script *s = script_start(lines);
  net_client *c = script_client(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  script_until_told(s);
  /* A source cannot be asked twice, and need not be. */
  call.method = "PUT";
  expect(c, &call, NET_OK, 200, "yes");
  net_client_free(c);
  script_finish(s);
}

static void one_that_dies_unheard_is_replaced_once(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},  REQUEST, {SEND, YES, 0},     REQUEST,
      {HANG_UP, NULL, 0}, /* after the request */
      {ACCEPT, NULL, 0},  REQUEST, {HANG_UP, NULL, 0}, {END, NULL, 0}};
  script *s = script_start(lines);
  net_client *c = script_client(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  expect(c, &call, NET_UNREACHABLE, 0, NULL);
  net_client_free(c);
  script_finish(s);
}

/* It may have done what it was asked for. */
static void half_an_answer_is_not_asked_for_again(void **state) {
  (void)state;
  static const line lines[] = {{ACCEPT, NULL, 0},       REQUEST,
                               {SEND, YES, 0},          REQUEST,
                               {SEND, "HTTP/1.1 2", 0}, {HANG_UP, NULL, 0},
                               {END, NULL, 0}};
  script *s = script_start(lines);
  net_client *c = script_client(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  expect(c, &call, NET_UNREACHABLE, 0, NULL);
  net_client_free(c);
  script_finish(s); /* nothing came a second time */
}

static void more_than_an_answer_is_not_the_next(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, YES "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", 0},
      {UNTIL_END, NULL, 0},
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, YES, 0},
      {TELL, NULL, 0},
      {WAIT, NULL, 0},
      {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", 0},
      {TELL, NULL, 0},
      {UNTIL_END, NULL, 0},
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, YES, 0},
      {UNTIL_END, NULL, 0},
      {END, NULL, 0}};
  script *s = script_start(lines);
  net_client *c = script_client(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  expect(c, &call, NET_OK, 200, "yes");
  script_until_told(s);
  script_go_on(s);
  script_until_told(s); /* it comes without having been asked for */
  expect(c, &call, NET_OK, 200, "yes");
  net_client_free(c);
  script_finish(s);
}

/* ---- answers ---- */

static void interim_answers_are_read_over(void **state) {
  (void)state;
  static const line lines[] = {{ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND,
                                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 "
                                "Early Hints\r\nLink: x\r\n\r\n"
                                "HTTP/1.1 102 Processing\r\n\r\n" YES,
                                0},
                               {UNTIL_END, NULL, 0},
                               {END, NULL, 0}};
  script *s = script_start(lines);
  net_client *c = script_client(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  net_client_free(c);
  script_finish(s);
}

static int64_t give_zeros(void *user, uint8_t *out, size_t cap) {
  *(uint64_t *)user += cap;
  memset(out, 0, cap);
  return (int64_t)cap;
}

/* The server reads nothing of the body: an answer must be seen all the same. */
static void an_early_answer_ends_the_sending(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, "HTTP/1.1 100 Continue\r\n\r\n", 0}, /* that is none */
      {EAT, NULL, 200000},
      {SEND, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 0},
      {WAIT, NULL, 0},
      {RESET, NULL, 0},
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, YES, 0},
      {UNTIL_END, NULL, 0},
      {END, NULL, 0}};
  for (int whole = 0; whole < 2; whole++) {
    script *s = script_start(lines);
    net_client *c = script_client(s);
    uint64_t given = 0;
    size_t n = 64u << 20;
    uint8_t *body = whole ? calloc(1, n) : NULL;
    net_call call = get();
    call.method = "PUT";
    call.source = whole ? NULL : give_zeros;
    call.source_length = n;
    call.user = &given;
    call.body = whole ? tacet_span_of(body, n) : TACET_SPAN_EMPTY;
    expect(c, &call, NET_OK, 403, "no");
    assert_true(given < n);
    script_go_on(s);
    call = get();
    expect(c, &call, NET_OK, 200, "yes"); /* over another connection */
    net_client_free(c);
    script_finish(s);
    free(body);
  }
}

static void forms_of_answers(void **state) {
  (void)state;
  static const struct {
    const char *answer;
    net_result want;
    int status;
    const char *body;
  } cases[] = {
      {YES, NET_OK, 200, "yes"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "2;x=y\r\nye\r\n1\r\ns\r\n0\r\n\r\n",
       NET_OK, 200, "yes"},
      {"HTTP/1.1 204 No Content\r\n\r\n", NET_OK, 204, ""},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", NET_OK, 304,
       ""},
      {"HTTP/1.1 200 OK\r\n\r\nyes", NET_PROTOCOL, 0, NULL},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", NET_TOO_LARGE, 0,
       NULL},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyesno",
       NET_PROTOCOL, 0, NULL},
      {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nyes", NET_UNREACHABLE, 0,
       NULL},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nyes",
       NET_PROTOCOL, 0, NULL},
      {"SSH-2.0-x\r\n", NET_PROTOCOL, 0, NULL},
      {"", NET_UNREACHABLE, 0, NULL},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const line lines[] = {{ACCEPT, NULL, 0},
                          REQUEST,
                          {SEND, cases[i].answer, 0},
                          {HANG_UP, NULL, 0},
                          {END, NULL, 0}};
    script *s = script_start(lines);
    net_client *c = script_client(s);
    net_call call = get();
    expect(c, &call, cases[i].want, cases[i].status, cases[i].body);
    net_client_free(c);
    script_finish(s);
  }
}

static bool interrupt_it(void *user, tacet_span piece) {
  (void)piece;
  net_client_interrupt(user);
  return true;
}
static bool go_on_reading(void *user, tacet_span piece) {
  (void)user;
  (void)piece;
  return true;
}

static bool give_up(void *user, tacet_span piece) {
  (void)piece;
  return --*(int *)user > 0;
}

static void a_sink_may_give_up(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", 0},
      {ZEROS, NULL, 1000000},
      {UNTIL_END, NULL, 0},
      {END, NULL, 0}};
  script *s = script_start(lines);
  net_client *c = script_client(s);
  net_call call = get();
  int times = 2;
  call.sink = give_up;
  call.user = &times;
  expect(c, &call, NET_ABORTED, 0, NULL);
  net_client_free(c);
  script_finish(s);
}

/* ---- time ---- */

static void silence_times_out(void **state) {
  (void)state;
  static const line lines[] = {{ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND, "HTTP/1.1 200 OK\r\nContent-Len", 0},
                               {UNTIL_END, NULL, 0},
                               {ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND,
                                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                                "\r\nye",
                                0},
                               {UNTIL_END, NULL, 0},
                               {ACCEPT, NULL, 0},
                               {WAIT, NULL, 0},
                               {HANG_UP, NULL, 0},
                               {END, NULL, 0}};
  script *s = script_start(lines);
  net_client *c = script_client(s);
  net_call call = get();
  call.timeout_ms = 100;
  expect(c, &call, NET_TIMEOUT, 0, NULL);
  expect(c, &call, NET_TIMEOUT, 0, NULL);
  /* Nobody reads. */
  uint64_t given = 0;
  call.source = give_zeros;
  call.source_length = 64u << 20;
  call.user = &given;
  expect(c, &call, NET_TIMEOUT, 0, NULL);
  script_go_on(s);
  net_client_free(c);
  script_finish(s);
}

/* However much there is to read. */
static void much_to_read_is_no_obstacle(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n", 0},
      {ZEROS, NULL, 900000000},
      {UNTIL_END, NULL, 0},
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n", 0},
      {ZEROS, NULL, 900000000},
      {UNTIL_END, NULL, 0},
      {END, NULL, 0}};
  script *s = script_start(lines);
  net_client *c = script_client(s);
  net_call call = get();
  call.sink = interrupt_it;
  call.user = c;
  expect(c, &call, NET_INTERRUPTED, 0, NULL);
  call.sink = go_on_reading;
  call.total_ms = 100;
  expect(c, &call, NET_TIMEOUT, 0, NULL);
  net_client_free(c);
  script_finish(s);
}

static net_client *to_interrupt;
static volatile sig_atomic_t errno_kept;
static void on_signal(int n) {
  (void)n;
  errno = EBADF;
  net_client_interrupt(to_interrupt);
  errno_kept = errno == EBADF;
}

/* From a signal handler, that must not change errno either. */
static void a_signal_interrupts(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0}, {UNTIL_END, NULL, 0}, {ACCEPT, NULL, 0}, REQUEST,
      {SEND, YES, 0},    {UNTIL_END, NULL, 0}, {END, NULL, 0}};
  script *s = script_start(lines);
  net_client *c = script_client(s);
  to_interrupt = c;
  struct sigaction act = {.sa_handler = on_signal}, old;
  sigaction(SIGUSR1, &act, &old);
  net_call call = get();
  for (int i = 0; i < 100000; i++) {
    net_client_interrupt(c); /* more than any pipe holds */
  }
  raise(SIGUSR1); /* before: the next one ends */
  expect(c, &call, NET_INTERRUPTED, 0, NULL);
  expect(c, &call, NET_OK, 200, "yes"); /* and only that one */
  assert_true(errno_kept);
  sigaction(SIGUSR1, &old, NULL);
  net_client_free(c);
  script_finish(s);
}
int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_connection_that_died_is_replaced),
      cmocka_unit_test(one_that_dies_unheard_is_replaced_once),
      cmocka_unit_test(half_an_answer_is_not_asked_for_again),
      cmocka_unit_test(more_than_an_answer_is_not_the_next),
      cmocka_unit_test(interim_answers_are_read_over),
      cmocka_unit_test(an_early_answer_ends_the_sending),
      cmocka_unit_test(forms_of_answers),
      cmocka_unit_test(a_sink_may_give_up),
      cmocka_unit_test(silence_times_out),
      cmocka_unit_test(much_to_read_is_no_obstacle),
      cmocka_unit_test(a_signal_interrupts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
