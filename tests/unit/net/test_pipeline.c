/* SPDX-License-Identifier: Apache-2.0
 * Requests that overlap: whatever order the handler answers in, the client sees
 * its own; what cannot overlap waits; nothing is lost when it ends early. */
#include "tests/support/support.h"

#include "net/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a handler that answers when it is told to ---- */

enum { HELD_MAX = 64 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct {
  net_reply *reply;
  char body[16];
} held[HELD_MAX];
static size_t n_held;
static atomic_int n_begun, n_done;

static net_body on_head(void *user, net_request *r, uint64_t *max_body) {
  (void)user;
  atomic_fetch_add(&n_begun, 1);
  if (net_request_head(r)->content_length > 10) {
    net_respond(r, &(net_response){.status = 413, .close = true});
    return NET_BODY_ANSWERED;
  }
  *max_body = 10;
  return NET_BODY_WHOLE;
}

static void on_request(void *user, net_request *r, tacet_span body) {
  (void)user;
  if (!tacet_span_equal(net_request_head(r)->path, TACET_SPAN_LIT("/held"))) {
    net_respond(r, &(net_response){.status = 200, .body = body});
    return;
  }
  (void)pthread_mutex_lock(&lock);
  assert_true(n_held < HELD_MAX);
  held[n_held].reply = net_request_defer(r);
  (void)snprintf(held[n_held].body, sizeof(held[0].body), "%.*s", (int)body.len,
                 (const char *)body.p);
  n_held++;
  net_request_overlap(r);
  (void)pthread_cond_broadcast(&changed);
  (void)pthread_mutex_unlock(&lock);
}

static void on_done(void *user, net_request *r) {
  (void)user;
  (void)r;
  atomic_fetch_add(&n_done, 1);
}

static const net_handler handler = {
    .on_head = on_head, .on_request = on_request, .on_done = on_done};

/* Waits until the handler holds n requests. */
static void wait_held(size_t n) {
  (void)pthread_mutex_lock(&lock);
  while (n_held < n) {
    (void)pthread_cond_wait(&changed, &lock);
  }
  assert_int_equal(n_held, n);
  (void)pthread_mutex_unlock(&lock);
}

static void answer(size_t i) {
  net_reply_send(
      held[i].reply,
      &(net_response){.status = 200, .body = tacet_span_str(held[i].body)});
}

/* ---- a client that only writes and reads ---- */

static net_server *server;

static int start(void **state) {
  (void)state;
  const net_server_config config = {.host = "127.0.0.1", .port = "0"};
  n_held = 0;
  atomic_store(&n_begun, 0);
  atomic_store(&n_done, 0);
  return net_server_start(&config, &handler, &server) != TACET_OK;
}
static int stop(void **state) {
  (void)state;
  net_server_free(server);
  return 0;
}

static int dial(void) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(net_server_port(server))};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  (void)inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
  return fd;
}

static void put(int fd, const char *text) {
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void post(int fd, const char *path, int n) {
  char text[256], body[16];
  (void)snprintf(body, sizeof(body), "%03d", n);
  (void)snprintf(text, sizeof(text),
                 "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n%s",
                 path, body);
  put(fd, text);
}

/* Reads one answer; gives its status and body. 0: the connection ended. */
static int get(int fd, char body[64]) {
  char text[4096];
  size_t len = 0;
  net_http_head h;
  size_t used;
  for (;;) {
    if (net_http_response(tacet_span_of(text, len), &h, &used) ==
            NET_PARSE_OK &&
        len - used == h.content_length) {
      memcpy(body, text + used, len - used);
      body[len - used] = '\0';
      return h.status;
    }
    assert_true(len < sizeof(text));
    if (read(fd, text + len, 1) != 1) {
      assert_int_equal(len, 0);
      return 0;
    }
    len++;
  }
}

static void expect(int fd, int status, const char *body) {
  char got[64] = "";
  assert_int_equal(get(fd, got), status);
  if (body != NULL) {
    assert_string_equal(got, body);
  }
}

/* ---- tests ---- */

static void test_answers_keep_their_order(void **state) {
  (void)state;
  enum { N = 16 };
  int fd = dial();
  uint32_t dice = 1;
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < N; i++) {
      post(fd, "/held", i);
    }
    wait_held(N);
    bool answered[N] = {false};
    for (int left = N; left > 0;) { /* in any order */
      dice = dice * 1664525u + 1013904223u;
      size_t i = (dice >> 8) % N;
      if (!answered[i]) {
        answered[i] = true;
        answer(i);
        left--;
      }
    }
    for (int i = 0; i < N; i++) {
      char want[16];
      (void)snprintf(want, sizeof(want), "%03d", i);
      expect(fd, 200, want);
    }
    n_held = 0;
  }
  (void)close(fd);
}

/* More than may overlap: the rest waits, and comes as there is room. */
static void test_more_than_may_overlap(void **state) {
  (void)state;
  enum { N = 40 };
  int fd = dial();
  for (int i = 0; i < N; i++) {
    post(fd, "/held", i);
  }
  for (size_t i = 0; i < N; i++) {
    char want[16];
    wait_held(i + 16 < N ? i + 16 : N);
    answer(i);
    (void)snprintf(want, sizeof(want), "%03d", (int)i);
    expect(fd, 200, want);
  }
  (void)close(fd);
}

static void test_what_cannot_overlap_waits(void **state) {
  (void)state;
  int fd = dial();
  post(fd, "/held", 1);
  post(fd, "/held", 2);
  post(fd, "/now", 3);
  post(fd, "/held", 4);
  wait_held(2);
  assert_int_equal(atomic_load(&n_begun), 2);
  answer(1);
  answer(0);
  expect(fd, 200, "001");
  expect(fd, 200, "002");
  expect(fd, 200, "003");
  wait_held(3);
  answer(2);
  expect(fd, 200, "004");
  (void)close(fd);
}

static void test_bad_one_behind_good_ones(void **state) {
  (void)state;
  int fd = dial();
  post(fd, "/held", 1);
  post(fd, "/held", 2);
  put(fd, "THIS IS NOT HTTP\r\n\r\n");
  wait_held(2);
  answer(1);
  answer(0);
  expect(fd, 200, "001");
  expect(fd, 200, "002");
  expect(fd, 400, NULL);
  expect(fd, 0, NULL);
  (void)close(fd);
}

/* An answer at the head waits for its turn too, and ends what comes after. */
static void test_refused_behind_good_ones(void **state) {
  (void)state;
  int fd = dial();
  post(fd, "/held", 1);
  put(fd, "POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"
          "12345678901");
  post(fd, "/held", 3);
  wait_held(1);
  answer(0);
  expect(fd, 200, "001");
  expect(fd, 413, NULL);
  char body[64];
  /* The end may be a reset, since something was left unread. */
  assert_int_equal(get(fd, body), 0);
  assert_int_equal(n_held, 1);
  (void)close(fd);
}

static void test_half_closed(void **state) {
  (void)state;
  int fd = dial();
  for (int i = 0; i < 5; i++) {
    post(fd, "/held", i);
  }
  (void)shutdown(fd, SHUT_WR);
  wait_held(5);
  for (size_t i = 5; i-- > 0;) {
    answer(i);
  }
  for (int i = 0; i < 5; i++) {
    char want[16];
    (void)snprintf(want, sizeof(want), "%03d", i);
    expect(fd, 200, want);
  }
  expect(fd, 0, NULL);
  (void)close(fd);
}

static void test_last_says_close(void **state) {
  (void)state;
  int fd = dial();
  post(fd, "/held", 1);
  put(fd, "POST /held HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
          "Content-Length: 3\r\n\r\n002");
  wait_held(1);
  answer(0);
  expect(fd, 200, "001");
  wait_held(2);
  answer(1);
  expect(fd, 200, "002");
  expect(fd, 0, NULL);
  (void)close(fd);
}

/* The client is gone: each request is over exactly once, each reply is dropped
 * without harm. */
static void test_client_goes_away(void **state) {
  (void)state;
  int fd = dial();
  for (int i = 0; i < 8; i++) {
    post(fd, "/held", i);
  }
  wait_held(8);
  answer(3);
  struct linger now = {1, 0}; /* a reset */
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  (void)close(fd);
  for (int i = 0; i < 20000 && atomic_load(&n_done) < 8; i++) {
    (void)usleep(1000);
  }
  assert_int_equal(atomic_load(&n_done), 8);
  for (size_t i = 0; i < 8; i++) {
    if (i != 3) {
      answer(i);
    }
  }
}

static void *answer_all(void *arg) {
  (void)arg;
  wait_held(4);
  for (size_t i = 4; i-- > 0;) {
    answer(i);
  }
  return NULL;
}

static void test_drain(void **state) {
  (void)state;
  pthread_t t;
  int fd = dial();
  for (int i = 0; i < 4; i++) {
    post(fd, "/held", i);
  }
  wait_held(4);
  assert_int_equal(pthread_create(&t, NULL, answer_all, NULL), 0);
  net_server_drain(server, 60000);
  assert_int_equal(pthread_join(t, NULL), 0);
  for (int i = 0; i < 4; i++) {
    char want[16];
    (void)snprintf(want, sizeof(want), "%03d", i);
    expect(fd, 200, want);
  }
  expect(fd, 0, NULL);
  (void)close(fd);
}

/* Stopped at once, with requests under way. */
static void test_freed_at_once(void **state) {
  (void)state;
  int fd = dial();
  for (int i = 0; i < 4; i++) {
    post(fd, "/held", i);
  }
  wait_held(4);
  answer(2);
  net_reply *left[3] = {held[0].reply, held[1].reply, held[3].reply};
  /* Replies go through their loop, so they are sent while it is there. */
  for (size_t i = 0; i < 3; i++) {
    net_reply_drop(left[i]);
  }
  (void)close(fd);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(test_answers_keep_their_order),
      T(test_more_than_may_overlap),
      T(test_what_cannot_overlap_waits),
      T(test_bad_one_behind_good_ones),
      T(test_refused_behind_good_ones),
      T(test_half_closed),
      T(test_last_says_close),
      T(test_client_goes_away),
      T(test_drain),
      T(test_freed_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
