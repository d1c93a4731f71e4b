/* SPDX-License-Identifier: Apache-2.0
 * A full disk, slow and half-open connections, too many of them, readers that
 * do not read, and a stop in good order. */
#include "tests/support/support.h"

#include "tests/e2e/server/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static host server;

static int make(void **state) {
  (void)state;
  host_make(&server, NULL);
  return 0;
}
static int clear(void **state) {
  (void)state;
  host_remove(&server);
  return 0;
}

static void account(peer *p, const char *name, peer_mailbox *boxes, size_t n) {
  uint8_t invite[16];
  host_invite(&server, invite);
  peer_open(p, &server);
  peer_register(p, name, invite);
  peer_mailboxes(p, boxes, n);
}

static int get(peer *p, const char *path, net_answer *a) {
  return peer_call(p, "GET", path, NULL, TACET_SPAN_EMPTY, a, NULL);
}

static bool has(const net_answer *a, const char *text) {
  return a->body.p != NULL &&
         memmem(a->body.p, a->body.len, text, strlen(text)) != NULL;
}

/* ---- a full disk ---- */

static void small_disk(void) {
  const struct rlimit limit = {512 << 10, 512 << 10};
  (void)setrlimit(RLIMIT_FSIZE, &limit);
}

static void test_full_disk(void **state) {
  (void)state;
  peer p;
  peer_mailbox box;
  tacet_delivery d;
  tacet_frame f;
  NET_ANSWER(a);
  char code[64];
  static uint8_t item[16000], plain[16100];
  uint32_t stored = 0, refused = 0;
  server.in_child = small_disk;
  host_start(&server, NULL);
  account(&p, "fritz", &box, 1);
  for (uint32_t i = 0; i < 200 && refused < 5; i++) {
    memcpy(item, &stored, sizeof(stored));
    int status = peer_send(&p, &box, tacet_span_of(item, sizeof(item)), &d);
    if (status == 200 && d == TACET_DELIVERY_STORED) {
      stored++;
    } else if (status == 200) {
      assert_int_equal(d, TACET_DELIVERY_FULL);
      refused++;
    } else {
      assert_int_equal(status, 507);
      refused++;
    }
  }
  assert_true(refused > 0);
  assert_true(stored > 0);
  assert_true(host_is_alive(&server));
  /* It says so, and those who read still can. */
  int status = get(&p, "/v1/health", &a);
  assert_true(status == 200 || status == 503);
  peer_problem(&a, code);
  assert_true(peer_link(&p, NULL));
  assert_true(peer_subscribe(&p, &box, 1));
  peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
  peer_expect(&p, TACET_FRAME_ITEM, &f);
  peer_unlink(&p);
  (void)host_end(&server, SIGKILL);
  /* Somebody made room: everything that was stored is there, in order. */
  server.in_child = NULL;
  host_start(&server, NULL);
  peer_reconnect(&p);
  assert_true(peer_link(&p, NULL));
  assert_true(peer_subscribe(&p, &box, 1));
  peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
  for (uint32_t i = 0; i < stored; i++) {
    uint32_t got;
    peer_expect(&p, TACET_FRAME_ITEM, &f);
    assert_int_equal(peer_unseal(&box, &f, plain), sizeof(item));
    memcpy(&got, plain, sizeof(got));
    assert_int_equal(got, i);
    assert_true(peer_ack(&p, box.id, f.seq));
  }
  assert_int_equal(peer_send(&p, &box, TACET_SPAN_LIT("again"), &d), 200);
  assert_int_equal(d, TACET_DELIVERY_STORED);
  peer_close(&p);
  host_stop(&server);
}

/* ---- connections ---- */

static int raw_connect(void) {
  struct sockaddr_in to = {.sin_family = AF_INET};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  to.sin_port = htons((uint16_t)atoi(server.port));
  (void)inet_pton(AF_INET, server.host, &to.sin_addr);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
  return fd;
}

static void test_half_open_connections(void **state) {
  (void)state;
  enum { N = 400 };
  static const char *const many[] = {"--max-connections-per-address", "100000",
                                     NULL};
  static const uint8_t hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};
  int fds[N];
  peer p;
  peer_mailbox box;
  tacet_delivery d;
  host_start(&server, many);
  for (int i = 0; i < N; i++) {
    fds[i] = raw_connect();
    if (i % 2 == 0) { /* half of a TLS hello, and then nothing */
      assert_int_equal(write(fds[i], hello, sizeof(hello)), sizeof(hello));
    }
  }
  /* Others are served meanwhile. */
  account(&p, "slow", &box, 1);
  for (int i = 0; i < 50; i++) {
    assert_int_equal(peer_send(&p, &box, TACET_SPAN_LIT("x"), &d), 200);
  }
  for (int i = 0; i < N; i++) {
    (void)close(fds[i]);
  }
  peer_close(&p);
  host_stop(&server);
}

/* The one beyond the limit is closed, and there is room again when one ends. */
static void test_connections_of_one_address(void **state) {
  (void)state;
  enum { MAX = 16 };
  static const char *const few[] = {"--max-connections-per-address", "16",
                                    NULL};
  int fds[MAX];
  char byte;
  peer p;
  net_result why;
  NET_ANSWER(a);
  host_start(&server, few);
  for (int i = 0; i < MAX; i++) {
    fds[i] = raw_connect();
  }
  int beyond = raw_connect();
  assert_true(read(beyond, &byte, 1) <= 0);
  (void)close(beyond);
  for (int i = 0; i < MAX; i++) {
    (void)close(fds[i]);
  }
  peer_open(&p, &server);
  int status = 0;
  for (int i = 0; i < 1000 && status == 0; i++) { /* until it has noticed */
    status =
        peer_call(&p, "GET", "/v1/health", NULL, TACET_SPAN_EMPTY, &a, &why);
    if (status == 0) {
      peer_reconnect(&p);
    }
  }
  assert_int_equal(status, 200);
  peer_close(&p);
  host_stop(&server);
}

static void test_rate(void **state) {
  (void)state;
  static const char *const slow[] = {"--requests-per-second", "1", NULL};
  peer p;
  NET_ANSWER(a);
  char code[64];
  int status = 200;
  host_start(&server, slow);
  peer_open(&p, &server);
  for (int i = 0; i < 30 && status == 200; i++) {
    status = get(&p, "/v1/health", &a);
  }
  assert_int_equal(status, 429);
  peer_problem(&a, code);
  assert_string_equal(code, "rate");
  assert_true(net_http_get(&a.parsed, "retry-after").len > 0);
  peer_close(&p);
  host_stop(&server);
}

/* Frames that cost as much as requests are counted with them. */
static void test_rate_of_frames(void **state) {
  (void)state;
  static const char *const slow[] = {"--requests-per-second", "1", NULL};
  static peer_mailbox nobody;
  peer p;
  tacet_frame f = {.type = TACET_FRAME_SUBSCRIBED};
  host_start(&server, slow);
  peer_open(&p, &server);
  assert_true(peer_link(&p, NULL));
  for (int i = 0; i < 30 && f.type != TACET_FRAME_REFUSED; i++) {
    assert_true(peer_subscribe(&p, &nobody, 1));
    do {
      assert_true(peer_frame(&p, 60000, &f, NULL));
    } while (f.type == TACET_FRAME_CAUGHT_UP);
  }
  assert_int_equal(f.type, TACET_FRAME_REFUSED);
  assert_span(TACET_SPAN_LIT("rate"), f.body);
  peer_close(&p);
  host_stop(&server);
}

/* This program is built as the server is. A sanitizer's memory says nothing. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

static long resident_kib(void) {
  char path[64];
  long pages = 0, resident = 0;
  (void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)server.pid);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  assert_int_equal(fscanf(f, "%ld %ld", &pages, &resident), 2);
  (void)fclose(f);
  return resident * 4;
}

/* Somebody subscribes and never reads: what comes for him stays on the disk,
 * and others do not wait. */
static void test_reader_that_does_not_read(void **state) {
  (void)state;
  peer p, deaf[8];
  static peer_mailbox boxes[8];
  static uint8_t item[60000];
  tacet_delivery d;
  tacet_frame f;
  NET_ANSWER(a);
  host_start(&server, NULL);
  account(&p, "dora", boxes, 8);
  for (int i = 0; i < 8; i++) {
    peer_open(&deaf[i], &server);
    assert_true(peer_link(&deaf[i], NULL));
    assert_true(peer_subscribe(&deaf[i], &boxes[i], 1));
    peer_expect(&deaf[i], TACET_FRAME_SUBSCRIBED, &f);
    peer_expect(&deaf[i], TACET_FRAME_CAUGHT_UP, &f);
  }
  long before = resident_kib();
  for (int round = 0; round < 80; round++) {
    for (int i = 0; i < 8; i++) {
      assert_int_equal(
          peer_send(&p, &boxes[i], tacet_span_of(item, sizeof(item)), &d), 200);
      assert_int_equal(d, TACET_DELIVERY_STORED);
    }
  }
  /* 38 MB were sent; a backlog of half a megabyte each may be in memory. */
#ifndef SANITIZED
  assert_in_range(resident_kib() - before, 0, 24 * 1024);
#else
  (void)before;
#endif
  assert_int_equal(get(&p, "/metrics", &a), 200);
  assert_true(has(&a, "tacetd_slow_readers_total "));
  assert_false(has(&a, "tacetd_slow_readers_total 0\n"));
  /* One of them wakes up, and gets all of it in order. */
  uint64_t last = 0;
  for (int i = 0; i < 80; i++) {
    peer_expect(&deaf[3], TACET_FRAME_ITEM, &f);
    assert_true(f.seq > last);
    last = f.seq;
    assert_true(peer_ack(&deaf[3], boxes[3].id, last));
  }
  for (int i = 0; i < 8; i++) {
    peer_close(&deaf[i]);
  }
  peer_close(&p);
  host_stop(&server);
}

/* ---- stopping ---- */

static void test_stop_says_goodbye(void **state) {
  (void)state;
  peer p;
  peer_mailbox box;
  tacet_frame f;
  bool closed = false;
  host_start(&server, NULL);
  account(&p, "gustav", &box, 1);
  assert_true(peer_link(&p, NULL));
  assert_true(peer_subscribe(&p, &box, 1));
  peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
  peer_expect(&p, TACET_FRAME_CAUGHT_UP, &f);
  (void)kill(server.pid, SIGTERM);
  peer_expect(&p, TACET_FRAME_GOODBYE, &f);
  assert_in_range(f.number, 1, 60000);
  assert_false(peer_frame(&p, 60000, &f, &closed));
  assert_true(closed);
  peer_unlink(&p);
  peer_close(&p);
  assert_int_equal(host_end(&server, 0), 0);
}

/* Under load: what was answered is durable, the end is clean. */
static void test_stop_under_load(void **state) {
  (void)state;
  static load l;
  unsigned doubled;
  char listen[80];
  const char *const same_port[] = {"--listen", listen, NULL};
  host_start(&server, NULL);
  (void)snprintf(listen, sizeof(listen), "%s:%s", server.host, server.port);
  load_make(&l, &server, 4, 500);
  load_start(&l);
  for (int round = 0; round < 3; round++) {
    unsigned want = atomic_load(&l.acknowledged) + 50;
    for (int i = 0; atomic_load(&l.acknowledged) < want && i < 60000; i++) {
      (void)usleep(1000);
    }
    host_stop(&server);
    host_start(&server, same_port);
  }
  load_stop_sending(&l);
  load_finish(&l);
  assert_int_equal(load_count(&l, &doubled), 0);
  load_free(&l);
  host_stop(&server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_full_disk, make, clear),
      cmocka_unit_test_setup_teardown(test_half_open_connections, make, clear),
      cmocka_unit_test_setup_teardown(test_connections_of_one_address, make,
                                      clear),
      cmocka_unit_test_setup_teardown(test_rate, make, clear),
      cmocka_unit_test_setup_teardown(test_rate_of_frames, make, clear),
      cmocka_unit_test_setup_teardown(test_reader_that_does_not_read, make,
                                      clear),
      cmocka_unit_test_setup_teardown(test_stop_says_goodbye, make, clear),
      cmocka_unit_test_setup_teardown(test_stop_under_load, make, clear),
  };
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
