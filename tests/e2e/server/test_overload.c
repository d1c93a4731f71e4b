/* SPDX-License-Identifier: Apache-2.0
 * More than the writer can take. The service runs in this process, over storage
 * whose commits stand still until the test lets them go on: so its queue is
 * filled to the last place, and not by luck.
 *
 * What is asked then is answered 503 with Retry-After, at once; who reads still
 * can; and when it goes on, everything that waited is acknowledged and there,
 * and nothing else is.
 */
#include "tests/support/support.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "server/http/service.h"
#include "tests/e2e/server/peer.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/folder.h"

#define SENDERS 6
/* Mailboxes: those that are filled, one with an item that waits for its reader,
 * one that stays empty. */
enum { FILLED = 3, READ = FILLED, QUIET, BOXES };

static struct {
  char folder[TEST_PATH_MAX];
  tacetd_config config;
  net_tls *tls;
  tacetd_service *service;
  dir_directory *directory;
  dlv_delivery *delivery;
  host seen; /* as its clients see it */
} server;
static peer owner;
static peer_mailbox boxes[BOXES];

/* ---- the service ---- */

static void open_halves(void) {
  sto_trouble why = {""};
  const dir_options directory = {.folder = server.folder,
                                 .domain = server.config.domain,
                                 .open_registration = true,
                                 .tokens_per_day = {256, 256}};
  const dlv_options delivery = {.folder = server.folder,
                                .hooks = tacetd_service_hooks(server.service),
                                .vfs = FAULT_VFS};
  assert_ok(dir_create(server.folder, server.config.domain, &why));
  assert_ok(dlv_create(server.folder, &why));
  assert_ok(dir_open(&directory, &why, &server.directory));
  assert_ok(dlv_open(&delivery, &why, &server.delivery));
}

static void make_tls(void) {
  char cert[TEST_PATH_MAX], key[TEST_PATH_MAX];
  net_certificate shown;
  test_folder_path(server.folder, "cert.pem", cert);
  test_folder_path(server.folder, "key.pem", key);
  assert_ok(net_tls_make_certificate("127.0.0.1", (uint64_t)time(NULL), 365,
                                     cert, key));
  assert_ok(net_tls_read_certificate(cert, &shown));
  assert_ok(net_tls_server(cert, key, &server.tls));
  memcpy(server.seen.pin, shown.pin, sizeof(server.seen.pin));
}

static void subscribe(peer *p, const peer_mailbox *list, size_t n) {
  tacet_frame f;
  assert_true(p->link != NULL || peer_link(p, NULL));
  assert_true(peer_subscribe(p, list, n));
  peer_expect(p, TACET_FRAME_SUBSCRIBED, &f);
}

static int start(void **state) {
  tacetd_trouble why = {""};
  (void)state;
  fault_vfs_register();
  fault_vfs_reset();
  test_folder_make(server.folder);
  tacetd_config_defaults(&server.config);
  assert_ok(tacetd_config_set(&server.config, "listen", "127.0.0.1:0", &why));
  assert_ok(tacetd_config_finish(&server.config, &why));
  make_tls();
  const tacetd_service_options o = {
      .folder = server.folder, .config = &server.config, .tls = server.tls};
  assert_ok(tacetd_service_new(&o, &server.service));
  open_halves();
  assert_ok(
      tacetd_service_start(server.service, server.directory, server.delivery));
  snprintf(server.seen.host, sizeof(server.seen.host), "127.0.0.1");
  snprintf(server.seen.port, sizeof(server.seen.port), "%u",
           tacetd_service_port(server.service));
  snprintf(server.seen.domain, sizeof(server.seen.domain), "%.63s",
           server.config.domain);
  static const uint8_t invite[16];
  peer_open(&owner, &server.seen);
  peer_register(&owner, "owner", invite);
  peer_mailboxes(&owner, boxes, BOXES);
  subscribe(&owner, boxes, BOXES); /* they take many now */
  return 0;
}

static int stop(void **state) {
  (void)state;
  peer_close(&owner);
  assert_int_equal(tacetd_service_drain(server.service, 10000), 0);
  dir_close(server.directory);
  dlv_close(server.delivery);
  tacetd_service_free(server.service);
  net_tls_free(server.tls);
  test_folder_remove(server.folder);
  return 0;
}

static sto_stats storage(void) {
  dlv_stats s;
  dlv_stats_get(server.delivery, &s);
  return s.storage;
}

static void until_queued(size_t n) {
  for (int i = 0; i < 4000 && storage().queue_jobs < n; i++) {
    (void)poll(NULL, 0, 5);
  }
  assert_int_equal(storage().queue_jobs, n);
}

/* ---- those that wait: over HTTP ---- */

typedef struct sender {
  pthread_t thread;
  peer p;
  int status;
  tacet_delivery delivery;
} sender;
static sender senders[SENDERS];

static void *send_one(void *arg) {
  sender *s = arg;
  s->status =
      peer_send(&s->p, &boxes[0], TACET_SPAN_LIT("over HTTP"), &s->delivery);
  return NULL;
}

static void start_sender(size_t i) {
  peer_open(&senders[i].p, &server.seen);
  assert_int_equal(
      pthread_create(&senders[i].thread, NULL, send_one, &senders[i]), 0);
}

static void expect_sent(size_t i) {
  pthread_join(senders[i].thread, NULL);
  assert_int_equal(senders[i].status, 200);
  assert_int_equal(senders[i].delivery, TACET_DELIVERY_STORED);
  peer_close(&senders[i].p);
}

/* ---- those that fill the queue: at the door of delivery ---- */

static atomic_uint n_stored, n_busy, n_other;

static void on_done(dlv_request *r) {
  bool stored = r->status == TACET_WIRE_OK &&
                r->outcomes[TACET_DELIVERY_STORED] == r->in.send.n_recipients;
  atomic_fetch_add(stored                         ? &n_stored
                   : r->status == TACET_WIRE_BUSY ? &n_busy
                                                  : &n_other,
                   1);
  dlv_request_free(r);
}

/* The body of a send of `item` to n recipients: one of the mailboxes, or
 * strangers that nobody has made. */
static void write_send(tacet_buf *w, const peer_mailbox *m, size_t n,
                       tacet_span item) {
  TACET_BUF(list, 64 * 1024);
  for (size_t i = 0; i < n; i++) {
    tacet_recipient to = {{(uint8_t)(i >> 8), (uint8_t)i}, {0}};
    if (m != NULL) {
      memcpy(to.mailbox, m->id, sizeof(to.mailbox));
      memcpy(to.capability, m->capability, sizeof(to.capability));
    }
    tacet_recipient_write(&list, &to);
  }
  const tacet_send s = {
      .recipients = tacet_buf_span(&list), .n_recipients = n, .item = item};
  tacet_send_write(w, &s);
}

static void submit(const peer_mailbox *m, size_t n, tacet_span item) {
  TACET_BUF(w, 128 * 1024);
  TACET_BYTES(body);
  dlv_request *r = NULL;
  write_send(&w, m, n, item);
  assert_ok(tacet_bytes_set(&body, tacet_buf_span(&w)));
  assert_int_equal(dlv_request_new(DLV_SEND, &body, &r), TACET_WIRE_OK);
  r->done = on_done;
  dlv_submit(server.delivery, r);
}

/* Until one is refused; how many were not. */
static unsigned fill(const peer_mailbox *list, size_t n_list, size_t n,
                     tacet_span item) {
  unsigned taken = 0;
  atomic_store(&n_busy, 0);
  for (;;) {
    submit(list != NULL ? &list[taken % n_list] : NULL, n, item);
    if (atomic_load(&n_busy) > 0) {
      return taken;
    }
    taken++;
  }
}

static void until(atomic_uint *what, unsigned n) {
  for (int i = 0; i < 4000 && atomic_load(what) < n; i++) {
    (void)poll(NULL, 0, 5);
  }
  assert_int_equal(atomic_load(what), n);
}

/* ---- what a client sees ---- */

static void expect_busy(peer *p, const char *method, const char *path,
                        tacet_span body) {
  NET_ANSWER(a);
  char code[64];
  assert_int_equal(peer_call(p, method, path, NULL, body, &a, NULL), 503);
  peer_problem(&a, code);
  assert_string_equal(code, "busy");
  assert_span(TACET_SPAN_LIT("2"), net_http_get(&a.parsed, "retry-after"));
}

static void expect_all_are_refused(peer *p) {
  TACET_BUF(send, 1024);
  TACET_BUF(list, 1024);
  TACET_BUF(erase, 1024);
  tacet_mailbox_key k;
  write_send(&send, &boxes[0], 1, TACET_SPAN_LIT("too much"));
  for (int i = 0; i < 3; i++) {
    expect_busy(p, "POST", "/v1/send", tacet_buf_span(&send));
  }
  memcpy(k.id, boxes[1].id, sizeof(k.id));
  memcpy(k.read_secret, boxes[1].read_secret, sizeof(k.read_secret));
  tacet_mailbox_key_write(&list, &k);
  const tacet_delete_mailboxes m = {.mailboxes = tacet_buf_span(&list),
                                    .n_mailboxes = 1};
  tacet_delete_mailboxes_write(&erase, &m);
  expect_busy(p, "DELETE", "/v1/mailboxes", tacet_buf_span(&erase));
}

/* Reading needs no writer: what was stored before comes, and pages are there.
 */
static void expect_that_reading_works(peer *p) {
  tacet_frame f;
  uint8_t text[64];
  NET_ANSWER(a);
  assert_int_equal(
      peer_call(p, "GET", "/metrics", NULL, TACET_SPAN_EMPTY, &a, NULL), 200);
  subscribe(p, &boxes[READ], 1);
  peer_expect(p, TACET_FRAME_ITEM, &f);
  assert_span(TACET_SPAN_LIT("before"),
              tacet_span_of(text, peer_unseal(&boxes[READ], &f, text)));
}

static void wake(dlv_request *r) {
  (void)sem_post(r->user);
}

static size_t count_items(const peer_mailbox *m) {
  dlv_request *r = NULL;
  static sem_t over;
  assert_int_equal(dlv_request_new(DLV_FETCH, NULL, &r), TACET_WIRE_OK);
  memcpy(r->in.fetch->cursors[0].mailbox, m->id, 16);
  r->in.fetch->n = 1;
  r->in.fetch->max_items = 65536;
  r->in.fetch->max_bytes = SIZE_MAX;
  (void)sem_init(&over, 0, 0);
  r->user = &over;
  r->done = wake;
  dlv_submit(server.delivery, r);
  while (sem_wait(&over) != 0) {
  }
  assert_int_equal(r->status, TACET_WIRE_OK);
  size_t n = r->in.fetch->n_items;
  dlv_request_free(r);
  return n;
}

static size_t count_all(void) {
  size_t n = 0;
  for (size_t i = 0; i < BOXES; i++) {
    n += count_items(&boxes[i]);
  }
  return n;
}

/* ---- the tests ---- */

/* The last mailbox has an item that its reader has not acknowledged. */
static void send_before(void) {
  tacet_delivery became;
  assert_int_equal(
      peer_send(&owner, &boxes[READ], TACET_SPAN_LIT("before"), &became), 200);
  assert_int_equal(became, TACET_DELIVERY_STORED);
}

static void a_full_queue_is_answered_503(void **state) {
  (void)state;
  peer p;
  tacet_delivery became;
  atomic_store(&n_stored, 0);
  send_before();
  fault_vfs_hold();
  start_sender(0); /* its transaction is the one that stands still */
  fault_vfs_until_held();
  for (size_t i = 1; i < SENDERS; i++) {
    start_sender(i);
  }
  until_queued(SENDERS - 1);
  unsigned taken = fill(boxes, FILLED, 1, TACET_SPAN_LIT("waits"));
  assert_int_equal(storage().queue_jobs, TACETD_WRITER_QUEUE_MAX);
  assert_true(taken + SENDERS > TACETD_WRITER_QUEUE_MAX - 8);
  assert_int_equal(atomic_load(&n_stored), 0);
  peer_open(&p, &server.seen);
  expect_all_are_refused(&p);
  expect_that_reading_works(&p);
  fault_vfs_go_on();
  for (size_t i = 0; i < SENDERS; i++) {
    expect_sent(i);
  }
  until(&n_stored, taken);
  assert_int_equal(atomic_load(&n_other), 0);
  assert_int_equal(count_all(), 1 + SENDERS + taken);
  /* And it goes on: who comes back is served. */
  assert_int_equal(peer_send(&p, &boxes[0], TACET_SPAN_LIT("again"), &became),
                   200);
  assert_int_equal(count_all(), 1 + SENDERS + taken + 1);
  peer_close(&p);
}

/* Few jobs may hold much memory: they are counted by what they would take. */
static void a_queue_is_full_of_bytes_too(void **state) {
  (void)state;
  static uint8_t item[TACETD_SEND_BYTES_MAX / TACETD_SEND_RECIPIENTS_MAX];
  peer p;
  atomic_store(&n_other, 0);
  fault_vfs_hold();
  start_sender(0);
  fault_vfs_until_held();
  unsigned taken = fill(NULL, 0, TACETD_SEND_RECIPIENTS_MAX,
                        tacet_span_of(item, sizeof(item)));
  assert_true(taken > 0);
  assert_true(taken <= TACETD_WRITER_QUEUE_BYTES_MAX / TACETD_SEND_BYTES_MAX);
  assert_true(storage().queue_bytes <= TACETD_WRITER_QUEUE_BYTES_MAX);
  assert_true(storage().queue_bytes >
              TACETD_WRITER_QUEUE_BYTES_MAX - 2 * TACETD_SEND_BYTES_MAX);
  peer_open(&p, &server.seen);
  TACET_BUF(big, 128 * 1024);
  write_send(&big, NULL, TACETD_SEND_RECIPIENTS_MAX,
             tacet_span_of(item, sizeof(item)));
  expect_busy(&p, "POST", "/v1/send", tacet_buf_span(&big));
  fault_vfs_go_on();
  expect_sent(0);
  until(&n_other, taken); /* there is nobody to store it for */
  assert_int_equal(storage().queue_bytes, 0);
  peer_close(&p);
}

/* An acknowledgement that finds the queue full is tried again by itself. */
static void an_acknowledgement_is_not_forgotten(void **state) {
  (void)state;
  tacet_frame f;
  peer p;
  uint8_t at[16];
  peer_open(&p, &server.seen);
  subscribe(&p, &boxes[READ], 1);
  peer_expect(&p, TACET_FRAME_ITEM, &f);
  memcpy(at, f.mailbox, sizeof(at));
  uint64_t seq = f.seq;
  peer_expect(&p, TACET_FRAME_CAUGHT_UP, &f);
  size_t before = count_items(&boxes[READ]);
  atomic_store(&n_other, 0);
  fault_vfs_hold();
  start_sender(0);
  fault_vfs_until_held();
  unsigned taken = fill(NULL, 0, 1, TACET_SPAN_LIT("waits"));
  assert_true(peer_ack(&p, at, seq));
  /* What is answered behind it says that it was tried. */
  subscribe(&p, &boxes[QUIET], 1);
  fault_vfs_go_on();
  expect_sent(0);
  until(&n_other, taken);
  for (int i = 0; i < 1000 && count_items(&boxes[READ]) == before; i++) {
    (void)poll(NULL, 0, 10);
  }
  assert_int_equal(count_items(&boxes[READ]), before - 1);
  peer_close(&p);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_full_queue_is_answered_503),
      cmocka_unit_test(a_queue_is_full_of_bytes_too),
      cmocka_unit_test(an_acknowledgement_is_not_forgotten),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
