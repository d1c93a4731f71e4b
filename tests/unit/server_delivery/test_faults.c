/* SPDX-License-Identifier: Apache-2.0
 * Killed at any moment, on a full or failing disk, from many threads at once:
 * a copy that was answered `stored` is there, in order, and opens. */
#include "tests/unit/server_delivery/post.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- kill -9 ---- */

enum { BOXES = 4, IN_FLIGHT = 6 };
static owner boxes[BOXES];

typedef struct acknowledged {
  uint32_t box, n; /* item number n of that box is durable */
} acknowledged;

typedef struct flight {
  dlv_request *r;
  uint32_t n;
  int to;
} flight;

static void landed(dlv_request *r) {
  flight *f = r->user;
  if (r->status == TACET_WIRE_OK &&
      r->outcomes[TACET_DELIVERY_STORED] == BOXES) {
    acknowledged a = {0, f->n};
    if (write(f->to, &a, sizeof(a)) != (ssize_t)sizeof(a)) {
      _exit(1);
    }
  }
  __atomic_store_n(&f->r, NULL, __ATOMIC_RELEASE); /* the other may free it */
}

/* One item for all boxes, that says its number. */
static dlv_request *make_send(uint32_t n) {
  TACET_BUF(list, 4096);
  TACET_BUF(w, 8192);
  uint8_t item[500];
  memset(item, 0x2e, sizeof(item));
  memcpy(item, &n, sizeof(n));
  for (int i = 0; i < BOXES; i++) {
    tacet_recipient r = to(&boxes[i]);
    tacet_recipient_write(&list, &r);
  }
  tacet_send m = {.recipients = tacet_buf_span(&list),
                  .item = tacet_span_of(item, sizeof(item))};
  tacet_send_write(&w, &m);
  return post_request(DLV_SEND, tacet_buf_span(&w));
}

/* Sends until it is killed; acknowledges on the way, so that rows go, too. */
static void child(int pipe_end, uint32_t n) {
  static flight flights[IN_FLIGHT];
  post_reopen(); /* the parent has none */
  for (;;) {
    for (int i = 0; i < IN_FLIGHT; i++) {
      flight *f = &flights[i];
      f->n = n++;
      f->to = pipe_end;
      f->r = make_send(f->n);
      f->r->user = f;
      f->r->done = landed;
    }
    dlv_request *mine[IN_FLIGHT];
    for (int i = 0; i < IN_FLIGHT; i++) {
      mine[i] = flights[i].r;
      dlv_submit(post, mine[i]);
    }
    (void)post_count(&boxes[0]);
    for (int i = 0; i < IN_FLIGHT; i++) {
      while (__atomic_load_n(&flights[i].r, __ATOMIC_ACQUIRE) != NULL) {
        (void)usleep(50);
      }
      dlv_request_free(mine[i]);
    }
  }
}

static uint32_t number_of(const owner *o, const dlv_item *i) {
  uint8_t plain[600];
  uint32_t n;
  tacet_unsealer u;
  assert_int_equal(500 + TACET_SEAL_TAG_LEN, i->len);
  assert_ok(tacet_unsealer_new(&o->sealing_key, i->mailbox, i->enc, &u));
  assert_ok(tacet_unsealer_open(&u, i->number, dlv_item_span(i), plain));
  memcpy(&n, plain, sizeof(n));
  return n;
}

/* Every number that was acknowledged is in every box, once, in order. */
static void check_boxes(const bool *known, uint32_t n_known, uint64_t *acked) {
  for (int b = 0; b < BOXES; b++) {
    dlv_request *r = post_fetch(&boxes[b], 0, 65536, SIZE_MAX);
    const dlv_fetch *f = r->in.fetch;
    static bool seen[65536];
    memset(seen, 0, sizeof(seen));
    for (size_t i = 0; i < f->n_items; i++) {
      uint32_t n = number_of(&boxes[b], f->items[i]);
      assert_true(n < 65536);
      assert_false(seen[n]);
      seen[n] = true;
      assert_true(i == 0 || f->items[i]->seq > f->items[i - 1]->seq);
      assert_true(f->items[i]->seq > acked[b]);
    }
    for (uint32_t n = 0; n < n_known; n++) {
      if (known[n] && !seen[n]) {
        fail_msg("item %u of box %d was acknowledged and is lost", n, b);
      }
    }
    if (f->n_items > 0) {
      acked[b] = f->items[f->n_items - 1]->seq;
      (void)post_ack(&boxes[b], acked[b]);
    }
    dlv_request_free(r);
  }
}

static void test_kill(void **state) {
  (void)state;
  static bool known[65536];
  uint64_t acked[BOXES] = {0};
  uint32_t total = 0;
  owners_open(boxes, BOXES);
  for (uint32_t round = 0; round < 10; round++) {
    int ends[2];
    memset(known, 0, sizeof(known));
    post_close();
    assert_int_equal(0, pipe(ends));
    pid_t pid = fork();
    if (pid == 0) {
      (void)close(ends[0]);
      child(ends[1], round * 5000);
    }
    (void)close(ends[1]);
    acknowledged a;
    for (uint32_t i = 0; i < 15 + round * 4 &&
                         read(ends[0], &a, sizeof(a)) == (ssize_t)sizeof(a);
         i++) {
      known[a.n] = true;
      total++;
    }
    (void)usleep(round * 170);
    (void)kill(pid, SIGKILL);
    while (read(ends[0], &a, sizeof(a)) == (ssize_t)sizeof(a)) {
      known[a.n] = true;
      total++;
    }
    (void)close(ends[0]);
    assert_int_equal(pid, waitpid(pid, NULL, 0));
    post_reopen();
    sto_trouble why;
    assert_ok(dlv_check(post_folder, &why));
    check_boxes(known, (round + 1) * 5000, acked);
  }
  assert_true(total > 200);
}

/* ---- a disk that fails ---- */

static const struct {
  fault_kind kind;
  tacet_wire_error want;
} faults[] = {{FAULT_FULL, TACET_WIRE_STORAGE},
              {FAULT_WRITE, TACET_WIRE_INTERNAL},
              {FAULT_SYNC, TACET_WIRE_INTERNAL},
              {FAULT_READ_ONLY, TACET_WIRE_INTERNAL}};

/* The item is large, so that a transaction is more than one write. */
static void test_failing_disk(void **state) {
  (void)state;
  static uint8_t large[TACETD_ITEM_MAX];
  owner a;
  tacet_send m = {.item = tacet_span_of(large, sizeof(large))};
  size_t stored = 0, refused = 0;
  owners_open(&a, 1);
  tacet_recipient r = to(&a);
  for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++) {
    for (uint64_t n = 0; n < 12; n++) {
      fault_vfs_fail(faults[k].kind, n, 0);
      for (int i = 0; i < 3; i++) {
        sent s = post_send(&m, &r, 1);
        if (s.status == TACET_WIRE_OK) {
          stored++;
        } else {
          assert_int_equal(faults[k].want, s.status);
          refused++;
        }
      }
      assert_int_equal(stored, post_count(&a)); /* reading goes on */
      fault_vfs_heal();
      assert_int_equal(TACET_WIRE_OK, post_send(&m, &r, 1).status);
      stored++;
      assert_int_equal(stored, post_count(&a));
    }
  }
  assert_true(refused > 30);
  post_reopen();
  assert_int_equal(stored, post_count(&a));
  /* And the numbers have no twins. */
  dlv_request *f = post_fetch(&a, 0, 65536, SIZE_MAX);
  for (size_t i = 1; i < f->in.fetch->n_items; i++) {
    assert_true(f->in.fetch->items[i]->seq > f->in.fetch->items[i - 1]->seq);
    assert_opens(&a, f->in.fetch->items[i], m.item);
  }
  dlv_request_free(f);
}

static void test_reserve(void **state) {
  (void)state;
  owner a;
  owners_open(&a, 1);
  (void)post_send_one(&a, TACET_SPAN_LIT("x"));
  post_close();
  sto_trouble why;
  const dlv_options o = {.folder = post_folder, .disk_reserve = UINT64_MAX / 2};
  assert_ok(dlv_open(&o, &why, &post));
  tacet_recipient r = to(&a);
  tacet_send m = {.item = TACET_SPAN_LIT("y")};
  assert_int_equal(TACET_WIRE_STORAGE, post_send(&m, &r, 1).status);
  assert_true(post_subscribe(&a).known);
  assert_int_equal(1, post_count(&a));
  assert_int_equal(1, post_ack(&a, 1));
  assert_int_equal(TACET_WIRE_OK, post_delete(&a, 1));
}

static void test_opening(void **state) {
  (void)state;
  char path[TEST_PATH_MAX];
  sto_trouble why;
  const dlv_options o = {.folder = post_folder};
  dlv_delivery *d = NULL;
  post_close();
  test_folder_path(post_folder, "issuer-delivery.key", path);
  assert_int_equal(0, truncate(path, 31));
  assert_err(TACET_ERR_IO, dlv_open(&o, &why, &d));
  assert_non_null(strstr(why.text, "issuer-delivery.key"));
  assert_int_equal(0, unlink(path));
  assert_err(TACET_ERR_NOT_FOUND, dlv_open(&o, &why, &d));
  assert_ok(dlv_create(post_folder, &why)); /* makes what is missing */
  test_folder_path(post_folder, "delivery.db", path);
  assert_int_equal(0, unlink(path));
  assert_err(TACET_ERR_NOT_FOUND, dlv_open(&o, &why, &d));
  assert_non_null(strstr(why.text, "tacetd init"));
  assert_ok(dlv_create(post_folder, &why));
  test_file_patch(path, 8192 * 2, "garbage that is no page", 23);
  assert_err(TACET_ERR_IO, dlv_open(&o, &why, &d));
  assert_non_null(strstr(why.text, "damaged"));
  assert_null(d);
}

/* ---- many threads ---- */

enum { SENDERS = 4, EACH = 60, SHARED = 3 };
static owner shared[SHARED];
static atomic_uint n_sent;

static void *sender(void *arg) {
  tacet_send m = {.item = TACET_SPAN_LIT("from many")};
  tacet_recipient list[SHARED];
  for (int i = 0; i < SHARED; i++) {
    list[i] = to(&shared[i]);
  }
  for (int i = 0; i < EACH; i++) {
    sent s = post_send(&m, list, SHARED);
    if (s.status != TACET_WIRE_OK || s.outcomes[1] != TACET_DELIVERY_STORED) {
      return arg;
    }
    atomic_fetch_add(&n_sent, 1);
  }
  return NULL;
}

static void *reader(void *arg) {
  const owner *o = arg;
  uint64_t got = 0, after = 0;
  while (got < SENDERS * EACH) {
    dlv_request *r = post_fetch(o, after, 16, 4096);
    got += r->in.fetch->n_items;
    after = r->in.fetch->cursors[0].after;
    if (r->in.fetch->n_items > 0) {
      (void)post_ack(o, after);
    } else {
      (void)usleep(300);
    }
    dlv_request_free(r);
  }
  return got == SENDERS * EACH && after == got ? NULL : arg;
}

static void test_many_threads(void **state) {
  (void)state;
  pthread_t senders[SENDERS], readers[SHARED];
  void *failed;
  owners_open(shared, SHARED);
  for (int i = 0; i < SENDERS; i++) {
    assert_int_equal(0, pthread_create(&senders[i], NULL, sender, &n_sent));
  }
  for (int i = 0; i < SHARED; i++) {
    assert_int_equal(0, pthread_create(&readers[i], NULL, reader, &shared[i]));
  }
  for (int i = 0; i < 5; i++) {
    sto_keeper_now(&post->keeper); /* in between */
  }
  for (int i = 0; i < SENDERS; i++) {
    assert_int_equal(0, pthread_join(senders[i], &failed));
    assert_null(failed);
  }
  for (int i = 0; i < SHARED; i++) {
    assert_int_equal(0, pthread_join(readers[i], &failed));
    assert_null(failed);
    assert_int_equal(0, post_count(&shared[i]));
  }
  assert_int_equal(SENDERS * EACH * SHARED, post_n_stored);
  /* The hook heard of each mailbox's items in order, without holes. */
  for (int k = 0; k < SHARED; k++) {
    uint64_t seq = 0;
    for (size_t i = 0; i < post_n_stored; i++) {
      if (memcmp(post_stored[i]->mailbox, shared[k].box.id, 16) == 0) {
        assert_int_equal(++seq, post_stored[i]->seq);
      }
    }
    assert_int_equal(SENDERS * EACH, seq);
  }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, post_setup, post_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_kill),    TEST(test_failing_disk), TEST(test_reserve),
      TEST(test_opening), TEST(test_many_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
