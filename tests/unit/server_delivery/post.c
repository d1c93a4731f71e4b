/* SPDX-License-Identifier: Apache-2.0
 * A post office for tests. */
#include "tests/unit/server_delivery/post.h"

#include "tacet/crypto.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

char post_folder[TEST_PATH_MAX];
dlv_delivery *post;

/* ---- clock ---- */

static atomic_llong wall_s;
static atomic_ullong monotonic_s;

static int64_t now_s(void *user) {
  (void)user;
  return atomic_load(&wall_s);
}
static uint64_t now_ms(void *user) {
  (void)user;
  return atomic_load(&monotonic_s) * 1000;
}
static const sto_clock fake_clock = {now_s, now_ms, NULL};

void post_days_pass(int64_t days) {
  for (; days > 0; days--) { /* a day at a time is no jump */
    atomic_fetch_add(&wall_s, 86400);
    atomic_fetch_add(&monotonic_s, 86400);
    sto_keeper_now(&post->keeper);
  }
}
void post_seconds_pass(uint64_t seconds) {
  atomic_fetch_add(&monotonic_s, seconds);
}
void post_clock_jumps(int64_t days) {
  atomic_fetch_add(&wall_s, days * 86400);
  sto_keeper_now(&post->keeper);
}

/* ---- hooks ---- */

dlv_item *post_stored[POST_HOOK_MAX];
size_t post_n_stored, post_n_ephemeral, post_n_gone;
uint8_t post_last_gone[16], post_last_ephemeral[16];

static void on_stored(void *user, dlv_item *const *items, size_t n) {
  (void)user;
  for (size_t i = 0; i < n && post_n_stored < POST_HOOK_MAX; i++) {
    dlv_item_ref(items[i]);
    post_stored[post_n_stored++] = items[i];
  }
}
static void on_ephemeral(void *user, const uint8_t mailbox[16],
                         tacet_span item) {
  (void)user;
  (void)item;
  memcpy(post_last_ephemeral, mailbox, 16);
  post_n_ephemeral++;
}
static void on_gone(void *user, const uint8_t mailbox[16]) {
  (void)user;
  memcpy(post_last_gone, mailbox, 16);
  post_n_gone++;
}
void post_hooks_reset(void) {
  for (size_t i = 0; i < post_n_stored; i++) {
    dlv_item_unref(post_stored[i]);
  }
  post_n_stored = 0;
  post_n_ephemeral = 0;
  post_n_gone = 0;
}

/* ---- the office ---- */

static void open_post(void) {
  sto_trouble why = {""};
  const dlv_options o = {.folder = post_folder,
                         .hooks = {.stored = on_stored,
                                   .ephemeral = on_ephemeral,
                                   .gone = on_gone},
                         .clock = &fake_clock,
                         .vfs = FAULT_VFS};
  tacet_err err = dlv_open(&o, &why, &post);
  if (err != TACET_OK) {
    fail_msg("%s: %s", tacet_err_name(err), why.text);
  }
}

int post_setup(void **state) {
  (void)state;
  sto_trouble why;
  fault_vfs_register();
  fault_vfs_reset();
  assert_ok(tacet_crypto_init());
  atomic_store(&wall_s, 20000LL * 86400 + 3600);
  atomic_store(&monotonic_s, 1000);
  test_folder_make(post_folder);
  assert_ok(dlv_create(post_folder, &why));
  open_post();
  return 0;
}
void post_close(void) {
  dlv_close(post);
  post = NULL;
}
void post_reopen(void) {
  post_close();
  open_post();
}
int post_teardown(void **state) {
  (void)state;
  post_close();
  post_hooks_reset();
  fault_vfs_reset();
  test_folder_remove(post_folder);
  return 0;
}

void post_settle(void) {
  char log[TEST_PATH_MAX];
  test_folder_path(post_folder, "delivery.db-wal", log);
  for (int i = 0; i < 1000 && test_file_size(log) > 0; i++) {
    (void)usleep(10000);
  }
  assert_int_equal(0, test_file_size(log));
}

size_t post_count_raw(tacet_span bytes) {
  return test_folder_count(post_folder, bytes);
}

/* ---- tokens ---- */

tacet_token post_token(tacet_token_kind kind) {
  static tok_issuer *issuers[2];
  static char folder[TEST_PATH_MAX];
  sto_trouble why;
  bool changed;
  if (strcmp(folder, post_folder) != 0) {
    for (int k = 0; k < 2; k++) {
      tok_issuer_free(issuers[k]);
      assert_ok(tok_issuer_create(post_folder, (tacet_token_kind)k, &why));
      assert_ok(tok_issuer_open(post_folder, (tacet_token_kind)k, 20000, &why,
                                &issuers[k]));
    }
    (void)snprintf(folder, sizeof(folder), "%s", post_folder);
  }
  assert_ok(tok_issuer_set_day(issuers[kind], sto_day_of(wall_s), &changed));
  tacet_issuers keys = {.n = 0};
  tok_issuer_list(issuers[kind], &keys);
  static tacet_token_draw draw;
  uint8_t evaluated[32], proof[64], id[8];
  tacet_token t;
  assert_ok(tacet_token_draw_start(kind, keys.list[0].public_key, 1, &draw));
  tacet_token_key_id(keys.list[0].public_key, id);
  assert_ok(tok_issuer_evaluate(
      issuers[kind], id, tacet_span_of(draw.blinded, 32), evaluated, proof));
  assert_ok(tacet_token_draw_finish(&draw, tacet_span_of(evaluated, 32),
                                    tacet_span_of(proof, 64), &t));
  return t;
}

/* ---- calls ---- */

static void wake(dlv_request *r) {
  (void)sem_post(r->user);
}

void post_call(dlv_request *r) {
  sem_t over;
  (void)sem_init(&over, 0, 0);
  r->done = wake;
  r->user = &over;
  dlv_submit(post, r);
  while (sem_wait(&over) != 0) {
  }
  (void)sem_destroy(&over);
}

dlv_request *post_request(dlv_call call, tacet_span body) {
  tacet_bytes copy = {NULL, 0};
  dlv_request *r = NULL;
  assert_ok(tacet_bytes_set(&copy, body));
  assert_int_equal(TACET_WIRE_OK, dlv_request_new(call, &copy, &r));
  return r;
}

static tacet_wire_error call_body(dlv_call call, const tacet_buf *w) {
  tacet_span body;
  assert_ok(tacet_buf_done(w, &body));
  dlv_request *r = post_request(call, body);
  post_call(r);
  tacet_wire_error status = r->status;
  dlv_request_free(r);
  return status;
}

/* ---- owners ---- */

void fill_random(uint8_t *out, size_t len) {
  assert_ok(tacet_random(out, len));
}

void owner_make(owner *o) {
  memset(o, 0, sizeof(*o));
  fill_random(o->box.id, sizeof(o->box.id));
  fill_random(o->read_secret, sizeof(o->read_secret));
  fill_random(o->capability, sizeof(o->capability));
  assert_ok(dlv_hash(o->read_secret, 32, o->box.read_hash));
  assert_ok(dlv_hash(o->capability, 32, o->box.capability_hash));
  assert_ok(tacet_seal_key_new(&o->sealing_key, o->box.sealing_key));
}

tacet_wire_error post_create(const owner *list, size_t n,
                             const tacet_token *t) {
  TACET_BUF(boxes, 64 * 1024);
  TACET_BUF(w, 64 * 1024);
  for (size_t i = 0; i < n; i++) {
    tacet_new_mailbox_write(&boxes, &list[i].box);
  }
  tacet_create_mailboxes m = {.token = *t, .mailboxes = tacet_buf_span(&boxes)};
  tacet_create_mailboxes_write(&w, &m);
  return call_body(DLV_CREATE, &w);
}

void owners_new(owner *list, size_t n) {
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  for (size_t i = 0; i < n; i++) {
    owner_make(&list[i]);
  }
  assert_int_equal(TACET_WIRE_OK, post_create(list, n, &t));
}

void owners_open(owner *list, size_t n) {
  owners_new(list, n);
  for (size_t i = 0; i < n; i++) {
    assert_true(post_subscribe(&list[i]).known);
  }
}

tacet_recipient to(const owner *o) {
  tacet_recipient r;
  memcpy(r.mailbox, o->box.id, sizeof(r.mailbox));
  memcpy(r.capability, o->capability, sizeof(r.capability));
  return r;
}

/* ---- sending ---- */

sent post_send(const tacet_send *m, const tacet_recipient *list, size_t n) {
  TACET_BUF(recipients, 64 * 1024);
  TACET_BUF(w, 4 * 1024 * 1024);
  tacet_span body;
  sent out = {.n = 0};
  for (size_t i = 0; i < n; i++) {
    tacet_recipient_write(&recipients, &list[i]);
  }
  tacet_send whole = *m;
  whole.recipients = tacet_buf_span(&recipients);
  tacet_send_write(&w, &whole);
  assert_ok(tacet_buf_done(&w, &body));
  dlv_request *r = post_request(DLV_SEND, body);
  post_call(r);
  out.status = r->status;
  tacet_send_answer a;
  tacet_slot_conflict c;
  if (r->status == TACET_WIRE_OK) {
    assert_ok(tacet_send_answer_parse(tacet_buf_span(&r->answer), &a));
    out.n = a.deliveries.len;
    if (out.n > 0) {
      memcpy(out.outcomes, a.deliveries.p, out.n);
    }
    assert_int_equal(n, out.n);
  } else if (r->status == TACET_WIRE_SLOT_TAKEN) {
    assert_ok(tacet_slot_conflict_parse(tacet_buf_span(&r->answer), &c));
    out.winner_len =
        c.body.len < sizeof(out.winner) ? c.body.len : sizeof(out.winner);
    memcpy(out.winner, c.body.p, out.winner_len);
  } else {
    assert_int_equal(0, r->answer.len);
  }
  dlv_request_free(r);
  return out;
}

uint8_t post_send_one(const owner *o, tacet_span item) {
  tacet_recipient r = to(o);
  tacet_send m = {.item = item};
  sent s = post_send(&m, &r, 1);
  assert_int_equal(TACET_WIRE_OK, s.status);
  return s.outcomes[0];
}

tacet_wire_error post_change(const owner *o, const uint8_t capability[32],
                             bool drop_old) {
  TACET_BUF(w, 1024);
  tacet_change_mailbox m = {.drop_old = drop_old};
  memcpy(m.id, o->box.id, sizeof(m.id));
  memcpy(m.read_secret, o->read_secret, sizeof(m.read_secret));
  assert_ok(dlv_hash(capability, 32, m.capability_hash));
  tacet_change_mailbox_write(&w, &m);
  return call_body(DLV_CHANGE, &w);
}

static tacet_mailbox_key key_of(const owner *o) {
  tacet_mailbox_key k;
  memcpy(k.id, o->box.id, sizeof(k.id));
  memcpy(k.read_secret, o->read_secret, sizeof(k.read_secret));
  return k;
}

tacet_wire_error post_delete(const owner *list, size_t n) {
  TACET_BUF(keys, 64 * 1024);
  TACET_BUF(w, 64 * 1024);
  for (size_t i = 0; i < n; i++) {
    tacet_mailbox_key k = key_of(&list[i]);
    tacet_mailbox_key_write(&keys, &k);
  }
  tacet_delete_mailboxes m = {.mailboxes = tacet_buf_span(&keys)};
  tacet_delete_mailboxes_write(&w, &m);
  return call_body(DLV_DELETE, &w);
}

/* ---- receiving ---- */

static dlv_request *new_request(dlv_call call) {
  dlv_request *r = NULL;
  assert_int_equal(TACET_WIRE_OK, dlv_request_new(call, NULL, &r));
  return r;
}

tacet_subscription post_subscribe(const owner *o) {
  dlv_request *r = new_request(DLV_SUBSCRIBE);
  r->in.subscribe->n = 1;
  r->in.subscribe->keys[0] = key_of(o);
  post_call(r);
  assert_int_equal(TACET_WIRE_OK, r->status);
  tacet_subscription s = r->in.subscribe->out[0];
  static const tacet_mailbox_key wiped;
  assert_memory_equal(&wiped, &r->in.subscribe->keys[0], sizeof(wiped));
  dlv_request_free(r);
  return s;
}

dlv_request *post_fetch(const owner *o, uint64_t after, size_t max_items,
                        size_t max_bytes) {
  dlv_request *r = new_request(DLV_FETCH);
  r->in.fetch->n = 1;
  r->in.fetch->max_items = max_items;
  r->in.fetch->max_bytes = max_bytes;
  r->in.fetch->cursors[0].after = after;
  memcpy(r->in.fetch->cursors[0].mailbox, o->box.id, 16);
  post_call(r);
  assert_int_equal(TACET_WIRE_OK, r->status);
  return r;
}

size_t post_count(const owner *o) {
  dlv_request *r = post_fetch(o, 0, 65536, SIZE_MAX);
  size_t n = r->in.fetch->n_items;
  assert_false(r->in.fetch->cursors[0].more);
  dlv_request_free(r);
  return n;
}

uint64_t post_ack(const owner *o, uint64_t seq) {
  dlv_request *r = new_request(DLV_ACK);
  r->in.ack->n = 1;
  r->in.ack->acks[0].seq = seq;
  memcpy(r->in.ack->acks[0].mailbox, o->box.id, 16);
  post_call(r);
  assert_int_equal(TACET_WIRE_OK, r->status);
  uint64_t erased = r->in.ack->erased;
  dlv_request_free(r);
  return erased;
}

void assert_opens(const owner *o, const dlv_item *item, tacet_span want) {
  static uint8_t plain[TACET_ITEM_MAX];
  tacet_unsealer u;
  assert_memory_equal(o->box.id, item->mailbox, 16);
  assert_int_equal(want.len + TACET_SEAL_TAG_LEN, item->len);
  assert_ok(tacet_unsealer_new(&o->sealing_key, item->mailbox, item->enc, &u));
  assert_ok(tacet_unsealer_open(&u, item->number, dlv_item_span(item), plain));
  assert_memory_equal(want.p, plain, want.len);
  tacet_unsealer_wipe(&u);
}
