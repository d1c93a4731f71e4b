/* SPDX-License-Identifier: Apache-2.0
 * The hub: who gets what, and that between memory and disk no item is lost,
 * doubled or out of order, whatever comes when. */
#include "tests/support/support.h"

#include "server/http/hub.h"

#include <string.h>

static unsigned wakes;
static void on_wake(tacetd_reader *r) {
  (void)r;
  wakes++;
}

static tacetd_hub *make(void) {
  tacetd_hub *h = NULL;
  assert_ok(tacetd_hub_new(&h));
  return h;
}

static tacetd_reader *reader(tacetd_hub *h) {
  tacetd_reader *r = calloc(1, sizeof(*r));
  assert_non_null(r);
  r->wake = on_wake;
  assert_ok(tacetd_hub_enter(h, r));
  return r;
}
static void leave(tacetd_hub *h, tacetd_reader *r) {
  tacetd_hub_leave(h, r);
  free(r);
}

static void id_of(uint32_t n, uint8_t id[TACET_MAILBOX_ID_LEN]) {
  memset(id, 0, TACET_MAILBOX_ID_LEN);
  memcpy(id, &n, sizeof(n));
}

static dlv_item *item_of(uint32_t mailbox, uint64_t seq, size_t len) {
  dlv_item *i = calloc(1, sizeof(*i) + len);
  assert_non_null(i);
  atomic_init(&i->references, 1);
  id_of(mailbox, i->mailbox);
  i->seq = seq;
  i->len = len;
  return i;
}

/* A list for SUBSCRIBE of mailboxes `from` to `from + n - 1`. */
static dlv_subscribe *list_of(uint32_t from, size_t n) {
  dlv_subscribe *l = calloc(1, sizeof(*l));
  assert_non_null(l);
  l->n = n;
  for (size_t i = 0; i < n; i++) {
    id_of(from + (uint32_t)i, l->keys[i].id);
    memcpy(l->out[i].mailbox, l->keys[i].id, TACET_MAILBOX_ID_LEN);
    l->out[i].known = true;
  }
  return l;
}

static void subscribe(tacetd_hub *h, tacetd_reader *r, uint32_t from,
                      size_t n) {
  dlv_subscribe *l = list_of(from, n);
  assert_ok(tacetd_hub_subscribe(h, r, l));
  tacetd_hub_confirm(h, r, l);
  free(l);
}

/* Fetches nothing, so that what is behind becomes live. */
static void catch_up(tacetd_hub *h, tacetd_reader *r) {
  dlv_fetch *f = calloc(1, sizeof(*f));
  while (tacetd_hub_cursors(h, r, f)) {
    tacetd_hub_fetched(h, r, f, NULL);
  }
  free(f);
  assert_false(tacetd_hub_is_behind(h, r));
}

static void store(tacetd_hub *h, uint32_t mailbox, uint64_t seq, size_t len) {
  dlv_item *i = item_of(mailbox, seq, len);
  dlv_hooks hooks = tacetd_hub_hooks(h);
  hooks.stored(hooks.user, &i, 1);
  dlv_item_unref(i);
}

static size_t take(tacetd_hub *h, tacetd_reader *r, size_t items,
                   tacetd_parcel *out, size_t cap) {
  tacetd_credit credit = {items, 1 << 20};
  size_t n = 0;
  bool slow;
  (void)tacetd_hub_take(h, r, &credit, out, cap, &n, &slow);
  return n;
}

static void drop(tacetd_parcel *p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    dlv_item_unref(p[i].item);
  }
}

/* ---- what each state gets ---- */

static void test_states(void **state) {
  (void)state;
  tacetd_hub *h = make();
  tacetd_reader *r = reader(h);
  tacetd_parcel p[8];
  uint8_t id[TACET_MAILBOX_ID_LEN];
  dlv_subscribe *l = list_of(1, 1);
  wakes = 0;
  assert_ok(tacetd_hub_subscribe(h, r, l));
  id_of(1, id);
  assert_false(tacetd_hub_has(h, r, id)); /* not checked yet */
  store(h, 1, 5, 10);
  assert_int_equal(wakes, 0);
  l->out[0].acknowledged = 4;
  tacetd_hub_confirm(h, r, l);
  assert_true(tacetd_hub_has(h, r, id));
  assert_true(tacetd_hub_is_behind(h, r));
  store(h, 1, 6, 10); /* behind: it will be fetched */
  assert_int_equal(take(h, r, 9, p, 8), 0);
  catch_up(h, r);
  store(h, 1, 7, 10);
  store(h, 1, 8, 10);
  assert_int_equal(wakes, 1); /* once for both */
  assert_int_equal(take(h, r, 9, p, 8), 2);
  assert_int_equal(p[0].item->seq, 7);
  assert_int_equal(p[1].item->seq, 8);
  drop(p, 2);
  store(h, 1, 9, 10);
  assert_int_equal(wakes, 2);
  assert_int_equal(take(h, r, 0, p, 8), 0); /* no credit: behind */
  assert_true(tacetd_hub_is_behind(h, r));
  free(l);
  leave(h, r);
  tacetd_hub_free(h);
}

static void test_unknown_and_doubled(void **state) {
  (void)state;
  tacetd_hub *h = make();
  tacetd_reader *r = reader(h);
  uint8_t id[TACET_MAILBOX_ID_LEN];
  dlv_subscribe *l = list_of(1, 4);
  l->out[2].known = false;
  id_of(2, l->keys[3].id); /* the second once more */
  id_of(2, l->out[3].mailbox);
  assert_ok(tacetd_hub_subscribe(h, r, l));
  assert_int_equal(tacetd_hub_count(h, r), 3);
  tacetd_hub_confirm(h, r, l);
  assert_int_equal(tacetd_hub_count(h, r), 2);
  /* A wrong secret for one that it reads already changes nothing. */
  l->out[0].known = false;
  assert_ok(tacetd_hub_subscribe(h, r, l));
  tacetd_hub_confirm(h, r, l);
  id_of(1, id);
  assert_true(tacetd_hub_has(h, r, id));
  assert_true(tacetd_hub_unsubscribe(h, r, id));
  assert_false(tacetd_hub_unsubscribe(h, r, id));
  assert_false(tacetd_hub_has(h, r, id));
  free(l);
  leave(h, r);
  tacetd_hub_free(h);
}

static void test_limit(void **state) {
  (void)state;
  tacetd_hub *h = make();
  tacetd_reader *r = reader(h), *other = reader(h);
  size_t n, bytes;
  for (uint32_t i = 0; i < TACETD_SUBSCRIBE_MAX; i += 256) {
    subscribe(h, r, i, 256);
  }
  dlv_subscribe *l = list_of(TACETD_SUBSCRIBE_MAX - 1, 2);
  assert_err(TACET_ERR_LIMIT, tacetd_hub_subscribe(h, r, l));
  assert_int_equal(tacetd_hub_count(h, r), TACETD_SUBSCRIBE_MAX);
  assert_ok(tacetd_hub_subscribe(h, other, l)); /* a limit of one connection */
  free(l);
  tacetd_hub_size(h, &n, &bytes);
  assert_int_equal(n, TACETD_SUBSCRIBE_MAX + 2);
  /* The memory goal: 40 bytes a mailbox, and one block that is not full. */
  assert_true(bytes <= n * 40 + 512 * 40);
  leave(h, r);
  leave(h, other);
  tacetd_hub_size(h, &n, &bytes);
  assert_int_equal(n, 0);
  tacetd_hub_free(h);
}

static void test_gone(void **state) {
  (void)state;
  tacetd_hub *h = make();
  tacetd_reader *r = reader(h), *other = reader(h);
  tacetd_parcel p[4];
  dlv_hooks hooks = tacetd_hub_hooks(h);
  uint8_t id[TACET_MAILBOX_ID_LEN];
  subscribe(h, r, 1, 1);
  dlv_subscribe *l = list_of(1, 1);
  assert_ok(tacetd_hub_subscribe(h, other, l)); /* still being checked */
  id_of(1, id);
  hooks.gone(hooks.user, id);
  assert_int_equal(take(h, r, 0, p, 4), 1);
  assert_int_equal(p[0].kind, TACETD_PARCEL_GONE);
  assert_memory_equal(p[0].mailbox, id, sizeof(id));
  assert_false(tacetd_hub_has(h, r, id));
  tacetd_hub_confirm(h, other, l); /* was checked just before it went */
  assert_int_equal(take(h, other, 0, p, 4), 1);
  assert_int_equal(p[0].kind, TACETD_PARCEL_GONE);
  assert_int_equal(tacetd_hub_count(h, other), 0);
  free(l);
  leave(h, r);
  leave(h, other);
  tacetd_hub_free(h);
}

static void test_ephemeral(void **state) {
  (void)state;
  tacetd_hub *h = make();
  tacetd_reader *r = reader(h), *fresh = reader(h);
  tacetd_parcel p[4];
  dlv_hooks hooks = tacetd_hub_hooks(h);
  uint8_t id[TACET_MAILBOX_ID_LEN];
  id_of(1, id);
  subscribe(h, r, 1, 1);
  dlv_subscribe *l = list_of(1, 1);
  assert_ok(tacetd_hub_subscribe(h, fresh, l));
  hooks.ephemeral(hooks.user, id, TACET_SPAN_LIT("typing"));
  hooks.ephemeral(hooks.user, id, TACET_SPAN_EMPTY);
  assert_int_equal(take(h, fresh, 9, p, 4), 0); /* has shown no secret */
  assert_int_equal(take(h, r, 0, p, 4), 2);     /* costs no credit */
  assert_int_equal(p[0].kind, TACETD_PARCEL_EPHEMERAL);
  assert_span(TACET_SPAN_LIT("typing"), dlv_item_span(p[0].item));
  drop(p, 2);
  /* As many as fit, then they are dropped. */
  for (int i = 0; i < 3 * TACETD_INBOX_MAX; i++) {
    hooks.ephemeral(hooks.user, id, TACET_SPAN_LIT("x"));
  }
  size_t n, total = 0;
  while ((n = take(h, r, 0, p, 4)) > 0) {
    drop(p, n);
    total += n;
  }
  assert_int_equal(total, TACETD_INBOX_MAX);
  free(l);
  leave(h, r);
  leave(h, fresh);
  tacetd_hub_free(h);
}

/* Two connections may read one mailbox: each gets everything. */
static void test_two_readers(void **state) {
  (void)state;
  tacetd_hub *h = make();
  tacetd_reader *a = reader(h), *b = reader(h);
  tacetd_parcel p[4];
  subscribe(h, a, 1, 1);
  subscribe(h, b, 1, 1);
  catch_up(h, a);
  catch_up(h, b);
  store(h, 1, 1, 5);
  assert_int_equal(take(h, a, 9, p, 4), 1);
  drop(p, 1);
  leave(h, a);
  store(h, 1, 2, 5);
  assert_int_equal(take(h, b, 9, p, 4), 2);
  drop(p, 2);
  leave(h, b);
  tacetd_hub_free(h);
}

/* ---- resuming ---- */

static void test_resume(void **state) {
  (void)state;
  tacetd_hub *h = make();
  tacetd_reader *r = reader(h), *next = reader(h);
  tacetd_parcel p[8];
  tacet_subscription list[4];
  uint8_t id[TACET_MAILBOX_ID_LEN];
  uint32_t at = 0;
  dlv_fetch *f = calloc(1, sizeof(*f));
  subscribe(h, r, 1, 3);
  catch_up(h, r);
  store(h, 1, 1, 5);
  store(h, 2, 1, 5);
  assert_int_equal(take(h, r, 9, p, 8), 2);
  drop(p, 2);
  store(h, 2, 2, 5); /* still in the inbox when the line breaks */
  dlv_subscribe *l = list_of(9, 1);
  assert_ok(tacetd_hub_subscribe(h, r, l)); /* never checked */
  id_of(1, id);
  tacetd_hub_rewind(h, r, id, 1); /* was not acknowledged */
  tacetd_hub_detach(h, r);
  wakes = 0;
  store(h, 3, 1, 5); /* while nobody is there */
  assert_int_equal(wakes, 0);
  tacetd_hub_adopt(h, r, next);
  leave(h, r);
  assert_int_equal(tacetd_hub_count(h, next), 3);
  assert_int_equal(tacetd_hub_list(h, next, &at, list, 2), 2);
  assert_int_equal(tacetd_hub_list(h, next, &at, list, 2), 1);
  assert_int_equal(tacetd_hub_list(h, next, &at, list, 2), 0);
  assert_true(tacetd_hub_cursors(h, next, f));
  assert_int_equal(f->n, 3);
  for (size_t i = 0; i < f->n; i++) {
    uint32_t which;
    memcpy(&which, f->cursors[i].mailbox, sizeof(which));
    assert_int_equal(f->cursors[i].after, which == 2 ? 1 : 0);
  }
  free(l);
  free(f);
  leave(h, next);
  tacetd_hub_free(h);
}

/* ---- nothing lost, doubled or out of order ---- */

#define BOXES 5

/* A server and a client in small: a disk of items, a fetch that takes time, a
 * session with credit, a connection that sometimes refuses. */
struct world {
  tacetd_hub *h;
  tacetd_reader *r;
  uint64_t stored[BOXES], got[BOXES], acked[BOXES];
  dlv_fetch *fetch; /* under way: its snapshot is `seen` */
  uint64_t seen[BOXES];
  unsigned flying;
  bool refused; /* the rest of a batch follows the first that was */
  uint32_t dice;
};

static uint32_t roll(struct world *w, uint32_t n) {
  w->dice = w->dice * 1664525u + 1013904223u;
  return (w->dice >> 8) % n;
}

static void receive(struct world *w, const dlv_item *i) {
  uint32_t box;
  memcpy(&box, i->mailbox, sizeof(box));
  w->refused = w->refused || roll(w, 17) == 0;
  if (w->refused) { /* the connection's queue is full */
    tacetd_hub_rewind(w->h, w->r, i->mailbox, i->seq);
    return;
  }
  if (i->seq != w->got[box] + 1) {
    fail_msg("box %u: %u after %u", box, (unsigned)i->seq,
             (unsigned)w->got[box]);
  }
  w->got[box] = i->seq;
  w->flying++;
}

static void start_fetch(struct world *w) {
  if (w->fetch != NULL) {
    return;
  }
  w->fetch = calloc(1, sizeof(*w->fetch));
  if (!tacetd_hub_cursors(w->h, w->r, w->fetch)) {
    free(w->fetch);
    w->fetch = NULL;
    return;
  }
  w->fetch->max_items = roll(w, 6) + 1;
  memcpy(w->seen, w->stored, sizeof(w->seen));
}

static void end_fetch(struct world *w) {
  dlv_fetch *f = w->fetch;
  dlv_item *items[16];
  bool keep[16];
  if (f == NULL) {
    return;
  }
  w->fetch = NULL;
  f->items = items;
  for (size_t i = 0; i < f->n; i++) {
    uint32_t box;
    memcpy(&box, f->cursors[i].mailbox, sizeof(box));
    while (f->cursors[i].after < w->seen[box] && f->n_items < f->max_items) {
      items[f->n_items++] = item_of(box, ++f->cursors[i].after, 5);
    }
    f->cursors[i].more = f->cursors[i].after < w->seen[box];
  }
  tacetd_hub_fetched(w->h, w->r, f, keep);
  w->refused = false;
  for (size_t i = 0; i < f->n_items; i++) {
    if (keep[i]) {
      receive(w, items[i]);
    }
    dlv_item_unref(items[i]);
  }
  free(f);
}

static void take_some(struct world *w) {
  tacetd_parcel p[4];
  size_t n =
      take(w->h, w->r, w->flying < 8 ? 8 - w->flying : 0, p, roll(w, 4) + 1);
  for (size_t i = 0; i < n; i++) {
    receive(w, p[i].item);
    dlv_item_unref(p[i].item);
  }
}

static void step(struct world *w) {
  uint32_t box = roll(w, BOXES), some = roll(w, 4);
  switch (roll(w, 5)) {
  case 0:
  case 1:
    for (uint32_t i = 0; i < some; i++) {
      store(w->h, box, ++w->stored[box], 5);
    }
    break;
  case 2:
    take_some(w);
    break;
  case 3:
    if (roll(w, 2) == 0) {
      start_fetch(w);
    } else {
      end_fetch(w);
    }
    break;
  default:
    w->flying = w->flying > some ? w->flying - some : 0; /* acknowledged */
    break;
  }
}

static void test_any_order(void **state) {
  (void)state;
  for (uint32_t seed = 1; seed <= 300; seed++) {
    struct world w = {.h = make(), .dice = seed};
    w.r = reader(w.h);
    dlv_subscribe *l = list_of(0, BOXES);
    store(w.h, 0, ++w.stored[0], 5); /* before anybody reads */
    assert_ok(tacetd_hub_subscribe(w.h, w.r, l));
    store(w.h, 1, ++w.stored[1], 5); /* while the secrets are checked */
    tacetd_hub_confirm(w.h, w.r, l);
    free(l);
    for (int i = 0; i < 400; i++) {
      step(&w);
    }
    /* Let everything come to rest: all that is stored has been received. */
    for (int i = 0; i < 400; i++) {
      w.flying = 0;
      take_some(&w);
      start_fetch(&w);
      end_fetch(&w);
    }
    assert_memory_equal(w.stored, w.got, sizeof(w.stored));
    assert_false(tacetd_hub_is_behind(w.h, w.r));
    leave(w.h, w.r);
    tacetd_hub_free(w.h);
  }
}

/* ---- many entries, many readers ---- */

static void test_reuse(void **state) {
  (void)state;
  enum { N = 200 };
  tacetd_hub *h = make();
  tacetd_reader *all[N] = {NULL};
  uint32_t dice = 3;
  for (int i = 0; i < 20000; i++) {
    dice = dice * 1664525u + 1013904223u;
    uint32_t k = (dice >> 8) % N;
    if (all[k] == NULL) {
      all[k] = reader(h);
      subscribe(h, all[k], k * 7, 1 + k % 9); /* neighbours overlap */
    } else {
      leave(h, all[k]);
      all[k] = NULL;
    }
    if (i % 1000 == 0) {
      store(h, k * 7, (uint64_t)i + 1, 5);
    }
  }
  for (uint32_t k = 0; k < N; k++) {
    uint8_t id[TACET_MAILBOX_ID_LEN];
    id_of(k * 7, id);
    if (all[k] != NULL) {
      assert_true(tacetd_hub_has(h, all[k], id));
      assert_int_equal(tacetd_hub_count(h, all[k]), 1 + k % 9);
      leave(h, all[k]);
    }
  }
  size_t n, bytes;
  tacetd_hub_size(h, &n, &bytes);
  assert_int_equal(n, 0);
  tacetd_hub_free(h);
}

static tacet_err enter_step(void *ctx) {
  tacetd_hub *h = NULL;
  tacetd_reader r = {.wake = on_wake};
  TACET_TRY(tacetd_hub_new(&h));
  tacet_err e = tacetd_hub_enter(h, &r);
  if (e == TACET_OK) {
    e = tacetd_hub_subscribe(h, &r, ctx);
    tacetd_hub_leave(h, &r);
  }
  tacetd_hub_free(h);
  return e;
}
static void test_allocations(void **state) {
  (void)state;
  dlv_subscribe *l = list_of(0, 200);
  test_alloc_sweep(enter_step, l);
  free(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_states),
      cmocka_unit_test(test_unknown_and_doubled),
      cmocka_unit_test(test_limit),
      cmocka_unit_test(test_gone),
      cmocka_unit_test(test_ephemeral),
      cmocka_unit_test(test_two_readers),
      cmocka_unit_test(test_resume),
      cmocka_unit_test(test_any_order),
      cmocka_unit_test(test_reuse),
      cmocka_unit_test(test_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
