/* SPDX-License-Identifier: Apache-2.0
 * A log in memory, and witnesses that can be told to lie. */
#include "tests/unit/server_witnesses/fake.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tacet/crypto.h"

#define WAIT_SECONDS 60 /* a hang is a failure */

static void make_key(const char *name, uint8_t type, tacet_secret *private_key,
                     tacet_note_key *out) {
  uint8_t public_key[32];
  assert_ok(tacet_sig_ed25519.generate(private_key, public_key));
  assert_ok(tacet_note_key_make(tacet_span_str(name), type, public_key, out));
}

/* Waits for the condition variable; fails after a minute. */
static void wait_for(pthread_cond_t *c, pthread_mutex_t *m) {
  struct timespec t;
  (void)clock_gettime(CLOCK_REALTIME, &t);
  t.tv_sec += WAIT_SECONDS;
  assert_int_equal(pthread_cond_timedwait(c, m, &t), 0);
}

/* ---- the log ---- */

void fake_log_new(fake_log *l, const char *name) {
  memset(l, 0, sizeof(*l));
  make_key(name, TACET_NOTE_ED25519, &l->private_key, &l->key);
  (void)pthread_mutex_init(&l->lock, NULL);
  (void)pthread_cond_init(&l->changed, NULL);
}

void fake_log_free(fake_log *l) {
  tacet_policy_free(l->policy);
  (void)pthread_mutex_destroy(&l->lock);
  (void)pthread_cond_destroy(&l->changed);
}

static tacet_err keep_node(void *ctx, unsigned level, uint64_t index,
                           const tacet_tlog_hash *node) {
  fake_log *l = ctx;
  l->nodes[level][index] = *node;
  return TACET_OK;
}

static tacet_err get_node(void *ctx, unsigned level, uint64_t index,
                          tacet_tlog_hash *node) {
  fake_log *l = ctx;
  *node = l->nodes[level][index];
  return TACET_OK;
}

void fake_log_grow(fake_log *l, size_t n, uint8_t seed) {
  (void)pthread_mutex_lock(&l->lock);
  const tacet_tlog_sink sink = {keep_node, l};
  for (size_t i = 0; i < n; i++) {
    tacet_tlog_hash leaf;
    uint8_t entry[2] = {(uint8_t)l->frontier.size, seed};
    assert_ok(tacet_tlog_leaf(tacet_span_of(entry, 2), &leaf));
    assert_ok(tacet_tlog_append(&l->frontier, &leaf, &sink));
  }
  (void)pthread_mutex_unlock(&l->lock);
}

static tacet_err write_note(fake_log *l, tacet_buf *out) {
  TACET_BUF(text, 1024);
  tacet_checkpoint c = {.origin = tacet_span_str(l->key.name),
                        .size = l->frontier.size};
  TACET_TRY(tacet_tlog_frontier_root(&l->frontier, &c.root));
  tacet_checkpoint_write(&c, &text);
  tacet_write_bytes(out, tacet_buf_span(&text));
  tacet_write_u8(out, '\n');
  return tacet_note_sign(tacet_buf_span(&text), &l->key, &l->private_key, 0,
                         out);
}

static tacet_err next(void *ctx, tacet_buf *note) {
  fake_log *l = ctx;
  (void)pthread_mutex_lock(&l->lock);
  tacet_err e =
      l->frontier.size == 0 ? TACET_ERR_NOT_FOUND : write_note(l, note);
  (void)pthread_mutex_unlock(&l->lock);
  return e;
}

void fake_log_note(fake_log *l, tacet_buf *out) {
  assert_ok(next(l, out));
}

static tacet_err consistency(void *ctx, uint64_t old_size, uint64_t size,
                             tacet_tlog_proof *out) {
  fake_log *l = ctx;
  const tacet_tlog_source source = {get_node, l};
  (void)pthread_mutex_lock(&l->lock);
  tacet_err e = tacet_tlog_prove_consistency(&source, old_size, size, out);
  (void)pthread_mutex_unlock(&l->lock);
  return e;
}

static tacet_err publish(void *ctx, tacet_span note) {
  fake_log *l = ctx;
  tacet_policy_verdict v;
  (void)pthread_mutex_lock(&l->lock);
  tacet_err e = l->publish_fails;
  if (e == TACET_OK) {
    e = tacet_policy_judge(l->policy, note, UINT64_MAX, &v);
  }
  if (e == TACET_OK && v.checkpoint.size < l->published) {
    e = TACET_ERR_STATE;
  }
  if (e == TACET_OK) {
    l->published = v.checkpoint.size;
    l->vouched = v.n_witnesses;
    l->n_published++;
  }
  (void)pthread_cond_broadcast(&l->changed);
  (void)pthread_mutex_unlock(&l->lock);
  return e;
}

wts_log fake_log_shown(fake_log *l) {
  return (wts_log){
      .ctx = l, .next = next, .consistency = consistency, .publish = publish};
}

void fake_log_wait(fake_log *l, uint64_t size, size_t vouched) {
  (void)pthread_mutex_lock(&l->lock);
  while (l->published != size || l->vouched < vouched) {
    wait_for(&l->changed, &l->lock);
  }
  (void)pthread_mutex_unlock(&l->lock);
}

size_t fake_log_published(fake_log *l) {
  (void)pthread_mutex_lock(&l->lock);
  size_t n = l->n_published;
  (void)pthread_mutex_unlock(&l->lock);
  return n;
}

uint64_t fake_log_size(fake_log *l) {
  (void)pthread_mutex_lock(&l->lock);
  uint64_t n = l->published;
  (void)pthread_mutex_unlock(&l->lock);
  return n;
}

/* ---- a witness ---- */

static void respond(net_request *r, int status, tacet_span body) {
  net_respond(r, &(net_response){.status = status,
                                 .content_type = "text/plain",
                                 .body = body});
}

static int64_t endless(void *user, uint8_t *out, size_t cap) {
  (void)user;
  memset(out, 'x', cap);
  return (int64_t)cap;
}

static void done(void *user) {
  (void)user;
}

/* The line of a key that did not sign. */
static void forge(net_request *r, const tacet_note_key *key) {
  uint8_t raw[76] = {(uint8_t)(key->id >> 24), (uint8_t)(key->id >> 16),
                     (uint8_t)(key->id >> 8), (uint8_t)key->id};
  char blob[TACET_BASE64_PADDED_LEN(sizeof(raw)) + 1];
  char text[sizeof(blob) + TACET_NOTE_NAME_MAX + 8];
  tacet_base64_write(tacet_span_of(raw, sizeof(raw)), blob);
  (void)snprintf(text, sizeof(text), "\xe2\x80\x94 %s %s\n", key->name, blob);
  respond(r, 200, tacet_span_str(text));
}

static void cosign(fake_witness *w, net_request *r, tacet_span body) {
  tacet_witness_request q;
  tacet_witness_status status;
  tacet_tlog_head head;
  tacet_note_key key = w->key;
  TACET_SECRET(private_key);
  TACET_BUF(line, 2048);
  char size[32];
  assert_ok(tacet_secret_set(&private_key, tacet_secret_span(&w->private_key)));
  assert_ok(tacet_witness_read(body, &q));
  assert_ok(tacet_witness_judge(&q, &w->log_key, 1, &w->head, &head, &status));
  if (status != TACET_WITNESS_OK) {
    (void)snprintf(size, sizeof(size), "%llu\n",
                   (unsigned long long)w->head.size);
    respond(r, (int)status, tacet_span_str(size));
    return;
  }
  w->head = head;
  if (w->mode == OTHER_KEY) {
    make_key("other.example", TACET_NOTE_COSIGNATURE, &private_key, &key);
  }
  uint64_t now = (uint64_t)time(NULL);
  assert_ok(tacet_witness_cosign(&q, &key, &private_key,
                                 w->mode == WRONG_CLOCK ? 1000
                                 : w->mode == FUTURE    ? now + 86400
                                                        : now,
                                 &line));
  if (w->mode == FORGES) {
    forge(r, &key);
    return;
  }
  TACET_BUF(note, 8192);
  tacet_write_bytes(&note, q.note.text);
  tacet_write_u8(&note, '\n');
  tacet_write_bytes(&note, q.note.signatures);
  tacet_write_bytes(&note, tacet_buf_span(&line));
  assert_ok(tacet_bytes_set(&w->cosigned, tacet_buf_span(&note)));
  respond(r, 200, tacet_buf_span(&line));
}

static void answer(fake_witness *w, net_request *r, tacet_span body) {
  static const net_source source = {
      .pull = endless, .done = done, .length = 1ull << 40};
  switch (w->mode) {
  case STATUS:
    respond(r, w->status, TACET_SPAN_EMPTY);
    break;
  case TEXT:
    respond(r, 200, tacet_span_str(w->text));
    break;
  case SIZE:
    respond(r, 409, tacet_span_str(w->text));
    break;
  case ENDLESS:
    net_respond(r, &(net_response){.status = 200, .source = &source});
    break;
  case STALLS:
    w->stalled[w->n_stalled++ % 64] = net_request_defer(r);
    break;
  default:
    cosign(w, r, body);
    break;
  }
}

static net_body on_head(void *user, net_request *r, uint64_t *max_body) {
  (void)user;
  (void)r;
  *max_body = TACET_WITNESS_BODY_MAX;
  return NET_BODY_WHOLE;
}

static void on_request(void *user, net_request *r, tacet_span body) {
  fake_witness *w = user;
  const net_http_head *h = net_request_head(r);
  (void)pthread_mutex_lock(&w->lock);
  if (tacet_span_equal(h->path, TACET_SPAN_LIT("/p/add-checkpoint"))) {
    w->asked++;
    answer(w, r, body);
  } else {
    const tacet_bytes *note =
        w->remembers.len > 0 ? &w->remembers : &w->cosigned;
    w->looked++;
    bool none = w->no_memory || note->len == 0;
    respond(r, none ? 404 : 200,
            none ? TACET_SPAN_EMPTY : tacet_bytes_span(note));
  }
  (void)pthread_cond_broadcast(&w->changed);
  (void)pthread_mutex_unlock(&w->lock);
}

static void listen_at(fake_witness *w, const char *port) {
  const net_server_config config = {
      .host = "127.0.0.1", .port = port, .n_loops = 1, .max_connections = 100};
  w->handler =
      (net_handler){.user = w, .on_head = on_head, .on_request = on_request};
  assert_ok(net_server_start(&config, &w->handler, &w->net));
  w->port = net_server_port(w->net);
}

void fake_witness_start(fake_witness *w, const char *name,
                        const tacet_note_key *log) {
  memset(w, 0, sizeof(*w));
  make_key(name, TACET_NOTE_COSIGNATURE, &w->private_key, &w->key);
  w->log_key = *log;
  (void)pthread_mutex_init(&w->lock, NULL);
  (void)pthread_cond_init(&w->changed, NULL);
  listen_at(w, "0");
}

void fake_witness_stop(fake_witness *w) {
  if (w->net == NULL) {
    return;
  }
  net_server_drain(w->net, 0);
  for (size_t i = 0; i < w->n_stalled && i < 64; i++) {
    net_reply_drop(w->stalled[i]);
  }
  w->n_stalled = 0;
  net_server_free(w->net);
  w->net = NULL;
}

void fake_witness_again(fake_witness *w) {
  char port[8];
  (void)snprintf(port, sizeof(port), "%u", w->port);
  listen_at(w, port);
}

void fake_witness_free(fake_witness *w) {
  fake_witness_stop(w);
  tacet_bytes_free(&w->remembers);
  tacet_bytes_free(&w->cosigned);
  (void)pthread_mutex_destroy(&w->lock);
  (void)pthread_cond_destroy(&w->changed);
}

void fake_witness_be(fake_witness *w, fake_mode mode, int status,
                     const char *text) {
  (void)pthread_mutex_lock(&w->lock);
  w->mode = mode;
  w->status = status;
  w->text = text;
  (void)pthread_mutex_unlock(&w->lock);
}

void fake_witness_forget(fake_witness *w, bool no_memory) {
  (void)pthread_mutex_lock(&w->lock);
  w->no_memory = no_memory;
  (void)pthread_mutex_unlock(&w->lock);
}

uint64_t fake_witness_size(fake_witness *w) {
  (void)pthread_mutex_lock(&w->lock);
  uint64_t n = w->head.size;
  (void)pthread_mutex_unlock(&w->lock);
  return n;
}

void fake_witness_wait(fake_witness *w, size_t n) {
  (void)pthread_mutex_lock(&w->lock);
  for (size_t until = w->asked + n; w->asked < until;) {
    wait_for(&w->changed, &w->lock);
  }
  (void)pthread_mutex_unlock(&w->lock);
}

tacet_policy *fake_policy(const fake_log *l, const fake_witness *w, size_t n,
                          size_t quorum) {
  TACET_BUF(b, TACET_POLICY_TEXT_MAX);
  char part[128];
  tacet_policy *p = NULL;
  size_t line;
  tacet_write_bytes(&b, TACET_SPAN_LIT("log "));
  tacet_note_key_write(&l->key, &b);
  for (size_t i = 0; i < n; i++) {
    (void)snprintf(part, sizeof(part), "\nwitness w%zu ", i);
    tacet_write_bytes(&b, tacet_span_str(part));
    tacet_note_key_write(&w[i].key, &b);
    (void)snprintf(part, sizeof(part), " http://127.0.0.1:%u/p/", w[i].port);
    tacet_write_bytes(&b, tacet_span_str(part));
  }
  (void)snprintf(part, sizeof(part), "\ngroup q %zu", quorum);
  tacet_write_bytes(&b, tacet_span_str(part));
  for (size_t i = 0; i < n; i++) {
    (void)snprintf(part, sizeof(part), " w%zu", i);
    tacet_write_bytes(&b, tacet_span_str(part));
  }
  tacet_write_bytes(&b, TACET_SPAN_LIT("\nquorum q\n"));
  assert_ok(tacet_policy_read(tacet_buf_span(&b), &p, &line));
  return p;
}
