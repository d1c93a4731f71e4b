/* SPDX-License-Identifier: Apache-2.0
 * Subscribing, fetching in batches, acknowledging. */
#include "tests/unit/server_delivery/post.h"

#include <stdlib.h>

static void test_subscribe(void **state) {
  (void)state;
  owner a, wrong, nobody;
  owners_new(&a, 1);
  wrong = a;
  wrong.read_secret[31] ^= 1;
  owner_make(&nobody);
  tacet_subscription s = post_subscribe(&a);
  assert_true(s.known);
  assert_memory_equal(a.box.id, s.mailbox, 16);
  assert_int_equal(0, s.acknowledged);
  assert_int_equal(0, s.expired);
  s = post_subscribe(&wrong);
  assert_false(s.known);
  assert_memory_equal(a.box.id, s.mailbox, 16);
  assert_false(post_subscribe(&nobody).known);
}

static void test_subscribe_256(void **state) {
  (void)state;
  static owner a[256];
  for (size_t i = 0; i < 256; i += 64) {
    owners_new(a + i, 64);
  }
  dlv_request *r = NULL;
  assert_int_equal(TACET_WIRE_OK, dlv_request_new(DLV_SUBSCRIBE, NULL, &r));
  dlv_subscribe *list = r->in.subscribe;
  list->n = 256;
  for (size_t i = 0; i < 256; i++) {
    memcpy(list->keys[i].id, a[i].box.id, 16);
    memcpy(list->keys[i].read_secret, a[i].read_secret, 32);
  }
  list->keys[100].read_secret[0] ^= 1;
  post_call(r);
  for (size_t i = 0; i < 256; i++) {
    assert_int_equal(i != 100, list->out[i].known);
  }
  dlv_request_free(r);
}

static void test_ack(void **state) {
  (void)state;
  owner a;
  owners_open(&a, 1);
  for (int i = 0; i < 10; i++) {
    (void)post_send_one(&a, TACET_SPAN_LIT("x"));
  }
  assert_int_equal(4, post_ack(&a, 4));
  assert_int_equal(6, post_count(&a));
  assert_int_equal(0, post_ack(&a, 4)); /* again */
  assert_int_equal(0, post_ack(&a, 2)); /* back */
  assert_int_equal(4, post_subscribe(&a).acknowledged);
  /* Above what is there: no more than that, so that what comes stays. */
  assert_int_equal(6, post_ack(&a, UINT64_MAX));
  assert_int_equal(10, post_subscribe(&a).acknowledged);
  (void)post_send_one(&a, TACET_SPAN_LIT("next"));
  assert_int_equal(1, post_count(&a));
  /* Numbers go on, also over a restart with an empty mailbox. */
  assert_int_equal(1, post_ack(&a, 11));
  post_reopen();
  assert_int_equal(11, post_subscribe(&a).acknowledged);
  post_hooks_reset();
  (void)post_send_one(&a, TACET_SPAN_LIT("x"));
  assert_int_equal(12, post_stored[0]->seq);
  owner nobody;
  owner_make(&nobody);
  assert_int_equal(0, post_ack(&nobody, 5));
}

static void test_fetch_batches(void **state) {
  (void)state;
  owner a;
  owners_open(&a, 1);
  static uint8_t item[1000];
  for (int i = 0; i < 25; i++) {
    (void)post_send_one(&a, tacet_span_of(item, sizeof(item)));
  }
  static const struct {
    uint64_t after;
    size_t max_items, max_bytes, n;
    bool more;
  } rows[] = {
      {0, 10, SIZE_MAX, 10, true},  {10, 10, SIZE_MAX, 10, true},
      {20, 10, SIZE_MAX, 5, false}, {15, 10, SIZE_MAX, 10, false},
      {25, 10, SIZE_MAX, 0, false}, {99, 10, SIZE_MAX, 0, false},
      {0, 100, 3 * 1016, 3, true},  {0, 100, 3 * 1016 + 1, 4, true},
      {0, 100, 1, 1, true},         {0, 100, 0, 1, true},
      {24, 100, 0, 1, false},       {0, 25, SIZE_MAX, 25, false},
      {0, 24, SIZE_MAX, 24, true},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    dlv_request *r =
        post_fetch(&a, rows[i].after, rows[i].max_items, rows[i].max_bytes);
    const dlv_fetch *f = r->in.fetch;
    if (f->n_items != rows[i].n || f->cursors[0].more != rows[i].more) {
      fail_msg("row %zu: %zu items, more %d", i, f->n_items,
               f->cursors[0].more);
    }
    if (f->n_items > 0) {
      assert_int_equal(rows[i].after + 1, f->items[0]->seq);
      assert_int_equal(rows[i].after + rows[i].n, f->cursors[0].after);
    } else {
      assert_int_equal(rows[i].after, f->cursors[0].after);
    }
    dlv_request_free(r);
  }
}

static void test_fetch_many_mailboxes(void **state) {
  (void)state;
  owner a[3];
  owners_open(a, 3);
  for (int i = 0; i < 5; i++) {
    (void)post_send_one(&a[0], TACET_SPAN_LIT("x"));
    (void)post_send_one(&a[2], TACET_SPAN_LIT("y"));
  }
  size_t got[3] = {0, 0, 0};
  dlv_cursor cursors[3] = {{.after = 0}};
  bool more = true;
  for (int i = 0; i < 3; i++) {
    memcpy(cursors[i].mailbox, a[i].box.id, 16);
  }
  for (int round = 0; more; round++) {
    assert_true(round < 10);
    dlv_request *r = NULL;
    assert_int_equal(TACET_WIRE_OK, dlv_request_new(DLV_FETCH, NULL, &r));
    dlv_fetch *f = r->in.fetch;
    f->n = 3;
    memcpy(f->cursors, cursors, sizeof(cursors));
    f->max_items = 4;
    f->max_bytes = SIZE_MAX;
    post_call(r);
    assert_true(f->n_items <= 4);
    for (size_t i = 0; i < f->n_items; i++) {
      for (size_t k = 0; k < 3; k++) {
        got[k] += memcmp(f->items[i]->mailbox, a[k].box.id, 16) == 0 ? 1 : 0;
      }
    }
    memcpy(cursors, f->cursors, sizeof(cursors));
    more = cursors[0].more || cursors[1].more || cursors[2].more;
    dlv_request_free(r);
  }
  assert_int_equal(5, got[0]);
  assert_int_equal(0, got[1]);
  assert_int_equal(5, got[2]);
}

/* Reading works on a disk that takes nothing. */
static void test_read_on_a_full_disk(void **state) {
  (void)state;
  owner a;
  owners_new(&a, 1);
  (void)post_send_one(&a, TACET_SPAN_LIT("x"));
  fault_vfs_fail(FAULT_FULL, 0, 0);
  assert_true(post_subscribe(&a).known);
  assert_int_equal(1, post_count(&a));
  fault_vfs_heal();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, post_setup, post_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_subscribe),
      TEST(test_subscribe_256),
      TEST(test_ack),
      TEST(test_fetch_batches),
      TEST(test_fetch_many_mailboxes),
      TEST(test_read_on_a_full_disk),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
