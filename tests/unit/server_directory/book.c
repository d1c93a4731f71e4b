/* SPDX-License-Identifier: Apache-2.0
 * A phone book for tests. */
#include "tests/unit/server_directory/book.h"

#include "tacet/crypto.h"

#include <semaphore.h>
#include <unistd.h>

char book_folder[TEST_PATH_MAX];
dir_directory *book;
dir_options book_options;

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

int64_t book_now_s(void) {
  return atomic_load(&wall_s);
}
void book_days_pass(int64_t days) {
  for (; days > 0; days--) { /* a day at a time is no jump */
    atomic_fetch_add(&wall_s, 86400);
    atomic_fetch_add(&monotonic_s, 86400);
    sto_keeper_now(&book->keeper);
  }
}
void book_hours_pass(uint64_t hours) {
  atomic_fetch_add(&monotonic_s, hours * 3600);
}

/* ---- the book ---- */

static void open_book(void) {
  sto_trouble why = {""};
  tacet_err err = dir_open(&book_options, &why, &book);
  if (err != TACET_OK) {
    fail_msg("%s: %s", tacet_err_name(err), why.text);
  }
}

int book_setup(void **state) {
  (void)state;
  sto_trouble why;
  fault_vfs_register();
  fault_vfs_reset();
  assert_ok(tacet_crypto_init());
  atomic_store(&wall_s, 20000LL * 86400 + 3600);
  atomic_store(&monotonic_s, 1000);
  test_folder_make(book_folder);
  assert_ok(dir_create(book_folder, DOMAIN, &why));
  book_options = (dir_options){.folder = book_folder,
                               .domain = DOMAIN,
                               .tokens_per_day = {100, 100},
                               .clock = &fake_clock,
                               .vfs = FAULT_VFS};
  open_book();
  return 0;
}
void book_close(void) {
  dir_close(book);
  book = NULL;
}
void book_reopen(void) {
  book_close();
  open_book();
}
int book_teardown(void **state) {
  (void)state;
  book_close();
  fault_vfs_reset();
  test_folder_remove(book_folder);
  return 0;
}

void book_settle(void) {
  char log[TEST_PATH_MAX];
  test_folder_path(book_folder, "directory.db-wal", log);
  for (int i = 0; i < 1000 && test_file_size(log) > 0; i++) {
    (void)usleep(10000);
  }
  assert_int_equal(0, test_file_size(log));
}
size_t book_count_raw(tacet_span bytes) {
  return test_folder_count(book_folder, bytes);
}

/* ---- people ---- */

static void sort_devices(person *p) {
  for (size_t i = 1; i < PERSON_DEVICES; i++) {
    for (size_t k = i;
         k > 0 && memcmp(p->device_ids[k - 1], p->device_ids[k], 16) > 0; k--) {
      uint8_t swap[16];
      memcpy(swap, p->device_ids[k], 16);
      memcpy(p->device_ids[k], p->device_ids[k - 1], 16);
      memcpy(p->device_ids[k - 1], swap, 16);
    }
  }
}

static void put_device(person *p, tacet_manifest *m, size_t i) {
  tacet_device *d = &m->devices[i];
  memcpy(d->id, p->device_ids[i], sizeof(d->id));
  assert_ok(tacet_sig_ed25519.public_key(tacet_secret_span(&p->device_keys[i]),
                                         d->key));
}

static void sign(person *p, tacet_manifest *m, const tacet_manifest *before) {
  TACET_BUF(w, sizeof(p->bytes));
  const tacet_secret *fresh[PERSON_DEVICES];
  size_t n_fresh = 0, n_before = before == NULL ? 0 : before->n_devices;
  for (size_t i = n_before; i < m->n_devices; i++) {
    fresh[n_fresh++] = &p->device_keys[i];
  }
  tacet_manifest_signer signer = {.private_key = &p->device_keys[0]};
  memcpy(signer.device_id, p->device_ids[0], sizeof(signer.device_id));
  assert_ok(tacet_manifest_sign(m, before, &signer, fresh, n_fresh, &w));
  memcpy(p->bytes, w.p, w.len);
  p->len = w.len;
}

void person_make_at(person *p, const char *name, const char *domain) {
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  memset(p, 0, sizeof(*p));
  for (size_t i = 0; i < PERSON_DEVICES; i++) {
    assert_ok(tacet_random(p->device_ids[i], 16));
    assert_ok(tacet_sig_ed25519.generate(&p->device_keys[i], public_key));
  }
  sort_devices(p);
  tacet_manifest *m = &p->manifest;
  assert_ok(tacet_sig_ed25519.generate(&p->recovery, m->recovery_key));
  (void)snprintf(m->handle, sizeof(m->handle), "%s@%s", name, domain);
  m->n_devices = 1;
  p->n_devices = 1;
  put_device(p, m, 0);
  sign(p, m, NULL);
  assert_ok(tacet_manifest_first(tacet_span_of(p->bytes, p->len), m));
}
void person_make(person *p, const char *name) {
  person_make_at(p, name, DOMAIN);
}

void person_next(person *p, size_t n_devices, tacet_manifest *next) {
  *next = p->manifest;
  next->number++;
  next->n_devices = n_devices;
  for (size_t i = 0; i < n_devices; i++) {
    put_device(p, next, i);
  }
  sign(p, next, &p->manifest);
  assert_ok(tacet_manifest_parse(tacet_span_of(p->bytes, p->len), next));
}
void person_accept(person *p, const tacet_manifest *next) {
  p->manifest = *next;
  p->n_devices = next->n_devices;
}

void invite_new(uint8_t token[TACET_INVITE_LEN], uint32_t uses, int64_t days) {
  sto_trouble why;
  assert_ok(tacet_random(token, TACET_INVITE_LEN));
  assert_ok(dir_invite_add(book_folder, token, uses,
                           sto_day_of(book_now_s()) + days, &why));
}
void person_register(person *p, const char *name) {
  uint8_t token[TACET_INVITE_LEN];
  invite_new(token, 1, 7);
  person_make(p, name);
  assert_int_equal(TACET_WIRE_OK, book_register(p, token));
}

/* ---- calls ---- */

static void wake(dir_request *r) {
  (void)sem_post(r->user);
}

static answer submit(dir_call call, const tacet_buf *body, tacet_span auth,
                     bool must_pay) {
  sem_t over;
  tacet_bytes copy = {NULL, 0};
  dir_request *r = NULL;
  answer a = {.body = {NULL, 0}};
  assert_ok(tacet_bytes_set(&copy, tacet_buf_span(body)));
  a.status = dir_request_new(call, &copy, auth, &r);
  if (a.status != TACET_WIRE_OK) {
    return a;
  }
  (void)sem_init(&over, 0, 0);
  r->done = wake;
  r->user = &over;
  r->must_pay = must_pay;
  dir_submit(book, r);
  while (sem_wait(&over) != 0) {
  }
  (void)sem_destroy(&over);
  a.status = r->status;
  assert_true(a.status == TACET_WIRE_OK || r->answer.len == 0);
  assert_ok(tacet_bytes_set(&a.body, tacet_buf_span(&r->answer)));
  dir_request_free(r);
  return a;
}

answer book_call(dir_call call, const tacet_buf *body, bool must_pay) {
  return submit(call, body, TACET_SPAN_EMPTY, must_pay);
}

answer book_call_as(const person *p, size_t device, dir_call call,
                    const tacet_buf *body) {
  char text[TACET_AUTH_TEXT_MAX];
  tacet_auth auth;
  memcpy(auth.account_id, p->manifest.account_id, sizeof(auth.account_id));
  memcpy(auth.device_id, p->device_ids[device], sizeof(auth.device_id));
  assert_ok(tacet_random(auth.nonce, sizeof(auth.nonce)));
  const tacet_auth_request what = {.domain = TACET_SPAN_LIT(DOMAIN),
                                   .method =
                                       tacet_span_str(dir_method_of(call)),
                                   .path = tacet_span_str(dir_path_of(call)),
                                   .body = tacet_buf_span(body)};
  assert_ok(tacet_auth_sign(&auth, &what, &p->device_keys[device]));
  tacet_auth_write(&auth, text);
  return submit(call, body, tacet_span_str(text), false);
}

void answer_free(answer *a) {
  tacet_bytes_free(&a->body);
}
tacet_wire_error status_of_call(answer a) {
  answer_free(&a);
  return a.status;
}

tacet_wire_error book_register(const person *p, const uint8_t *invite) {
  TACET_BUF(w, 4096);
  const tacet_create_account m = {
      .invite = tacet_span_of(invite, invite == NULL ? 0 : TACET_INVITE_LEN),
      .manifest = tacet_span_of(p->bytes, p->len)};
  tacet_create_account_write(&w, &m);
  return status_of_call(book_call(DIR_REGISTER, &w, false));
}

static void put_manifest(tacet_buf *w, const person *p) {
  const tacet_put_manifest m = {tacet_span_of(p->bytes, p->len)};
  tacet_put_manifest_write(w, &m);
}
tacet_wire_error book_manifest(const person *p) {
  TACET_BUF(w, 4096);
  put_manifest(&w, p);
  return status_of_call(book_call(DIR_MANIFEST, &w, false));
}
tacet_wire_error book_erase(const person *p, size_t device) {
  TACET_BUF(w, 4096);
  put_manifest(&w, p);
  return status_of_call(book_call_as(p, device, DIR_ERASE, &w));
}

tacet_wire_error book_lookup(tacet_lookup_kind kind, tacet_span key,
                             uint32_t from, size_t *n, bool *more) {
  TACET_BUF(w, 1024);
  const tacet_lookup m = {.kind = kind, .key = key, .from = from};
  tacet_lookup_write(&w, &m);
  answer a = book_call(DIR_LOOKUP, &w, false);
  tacet_lookup_answer found = {.n_manifests = 0};
  if (a.status == TACET_WIRE_OK) {
    assert_ok(tacet_lookup_answer_parse(tacet_bytes_span(&a.body), &found));
  }
  *n = found.n_manifests;
  *more = found.more;
  return status_of_call(a);
}

/* ---- tokens ---- */

tacet_token book_token(tacet_token_kind kind) {
  tok_issuer *i = book->issuers[kind];
  static tacet_token_draw draw;
  tacet_issuers keys = {.n = 0};
  uint8_t evaluated[32], proof[64], id[8];
  tacet_token t;
  tok_issuer_list(i, &keys);
  assert_ok(tacet_token_draw_start(kind, keys.list[0].public_key, 1, &draw));
  tacet_token_key_id(keys.list[0].public_key, id);
  assert_ok(tok_issuer_evaluate(i, id, tacet_span_of(draw.blinded, 32),
                                evaluated, proof));
  assert_ok(tacet_token_draw_finish(&draw, tacet_span_of(evaluated, 32),
                                    tacet_span_of(proof, 64), &t));
  return t;
}

tacet_span book_token_bytes(const tacet_token *t,
                            uint8_t out[TACET_TOKEN_LEN]) {
  TACET_BUF(w, 256);
  tacet_token_write(&w, t);
  memcpy(out, w.p, TACET_TOKEN_LEN);
  return tacet_span_of(out, TACET_TOKEN_LEN);
}
