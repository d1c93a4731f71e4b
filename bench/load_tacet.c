/* SPDX-License-Identifier: Apache-2.0
 * tacetd: a pair is a mailbox, a connection that sends the whole window, one
 * request behind the other, and one that receives, decrypts what the server
 * sealed, and acknowledges. With BENCH_SENDERS=N the window is spread over N
 * connections: as many as it is wide means one request at a time on each. */
#include "bench/load.h"

#include "tests/e2e/server/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sender {
  struct pair *pair;
  link_t *l;
  uint32_t places[64]; /* under way, a ring: answers come in order */
  unsigned first, n;
};

struct pair {
  load_pair *pair;
  peer_mailbox box;
  link_t *in;
  struct sender *senders;
  uint8_t *request; /* head and body; the item is its end but one byte or two */
  size_t request_len, item_at;
  tacet_unsealer unsealer;
  uint8_t enc[32];
  bool has_unsealer;
};

/* ---- sending ---- */

static size_t one_answer(struct sender *s, const char *head, size_t n) {
  const char *end = memmem(head, n, "\r\n\r\n", 4);
  const char *length =
      end != NULL ? memmem(head, (size_t)(end - head), "Content-Length: ", 16)
                  : NULL;
  if (length == NULL) {
    return 0;
  }
  size_t body = (size_t)atoi(length + 16);
  size_t whole = (size_t)(end - head) + 4 + body;
  if (n < whole) {
    return 0;
  }
  /* SendAnswer of one recipient: its length, and `stored`. */
  if (memcmp(head, "HTTP/1.1 200", 12) != 0 || body != 2 || end[5] != 0) {
    die("a send was answered %.60s", head);
  }
  uint32_t place = s->places[s->first++ % 64];
  s->n--;
  load_acknowledged(s->pair->pair, place);
  return whole;
}

static size_t on_answer(link_t *l) {
  size_t at = 0, used;
  while ((used = one_answer(l->user, (const char *)l->in + at,
                            l->in_len - at)) > 0) {
    at += used;
  }
  return at;
}

/* How many connections a pair sends over. */
static unsigned senders_of(const bench_setup *setup) {
  const char *text = getenv("BENCH_SENDERS");
  unsigned n = text != NULL ? (unsigned)atoi(text) : 1;
  return n == 0 || n > setup->window ? setup->window : n;
}

static void send_one(load_pair *p, uint32_t place, const uint8_t *message) {
  struct pair *t = p->user;
  const bench_setup *setup = p->run->setup;
  struct sender *s = &t->senders[place % senders_of(setup)];
  s->places[(s->first + s->n++) % 64] = place;
  memcpy(t->request + t->item_at, message, setup->size);
  link_send(s->l, t->request, t->request_len);
}

/* The bytes of a request, and where the item is in them. */
static void make_request(struct pair *t, const bench_target *target,
                         unsigned size) {
  TACET_BUF(list, 128);
  TACET_BUF(body, 1 << 17);
  uint8_t *item = malloc(size);
  tacet_recipient r;
  memcpy(r.mailbox, t->box.id, sizeof(r.mailbox));
  memcpy(r.capability, t->box.capability, sizeof(r.capability));
  tacet_recipient_write(&list, &r);
  memset(item, 0xa5, size);
  const tacet_send m = {.recipients = tacet_buf_span(&list),
                        .n_recipients = 1,
                        .item = tacet_span_of(item, size)};
  tacet_send_write(&body, &m);
  char head[256];
  int n = snprintf(head, sizeof(head),
                   "POST /v1/send HTTP/1.1\r\nHost: %s\r\n"
                   "Content-Type: application/tacet\r\n"
                   "Content-Length: %zu\r\n\r\n",
                   target->host, body.len);
  t->request_len = (size_t)n + body.len;
  t->request = malloc(t->request_len);
  memcpy(t->request, head, (size_t)n);
  memcpy(t->request + n, body.p, body.len);
  const uint8_t *at = memmem(t->request, t->request_len, item, size);
  t->item_at = (size_t)(at - t->request);
  free(item);
}

/* ---- receiving ---- */

static void on_item(struct pair *t, const tacet_frame *f) {
  uint8_t plain[1 << 16];
  if (!t->has_unsealer || memcmp(t->enc, f->enc, sizeof(t->enc)) != 0) {
    if (tacet_unsealer_new(&t->box.sealing_key, t->box.id, f->enc,
                           &t->unsealer) != TACET_OK) {
      die("an item does not open");
    }
    memcpy(t->enc, f->enc, sizeof(t->enc));
    t->has_unsealer = true;
  }
  if (tacet_unsealer_open(&t->unsealer, f->number, f->body, plain) !=
      TACET_OK) {
    die("an item does not open");
  }
  load_delivered(t->pair, load_place_of(plain));
}

static void send_frame(link_t *l, const tacet_frame *f) {
  TACET_BUF(w, TACET_FRAME_MAX);
  tacet_frame_write(&w, f);
  ws_send(l, w.p, w.len);
}

/* One acknowledgement for all that one read brought, as a client does that
 * stores them in one transaction. */
static size_t on_frames(link_t *l) {
  struct pair *t = l->user;
  tacet_frame f, ack = {.type = TACET_FRAME_ACK};
  size_t at = 0, used, len;
  const uint8_t *body;
  while ((used = ws_frame(l->in + at, l->in_len - at, &body, &len)) > 0) {
    bool binary = (l->in[at] & 15) == 2;
    if (binary &&
        tacet_frame_parse(tacet_span_of(body, len), false, &f) == TACET_OK) {
      if (f.type == TACET_FRAME_ITEM) {
        on_item(t, &f);
        ack.seq = f.seq;
      } else if (f.type == TACET_FRAME_CAUGHT_UP) {
        *(bool *)t->pair->run->user = true;
      } else if (f.type == TACET_FRAME_REFUSED) {
        die("refused: %.*s", (int)f.body.len, (const char *)f.body.p);
      }
    }
    at += used;
  }
  if (ack.seq > 0) {
    memcpy(ack.mailbox, t->box.id, sizeof(ack.mailbox));
    send_frame(l, &ack);
  }
  return at;
}

static void subscribe(load_run *r, struct pair *t, bool *caught_up) {
  TACET_BUF(keys, 128);
  tacet_mailbox_key k;
  memcpy(k.id, t->box.id, sizeof(k.id));
  memcpy(k.read_secret, t->box.read_secret, sizeof(k.read_secret));
  tacet_mailbox_key_write(&keys, &k);
  const tacet_frame f = {.type = TACET_FRAME_SUBSCRIBE,
                         .list = tacet_buf_span(&keys),
                         .n_list = 1};
  t->in = link_open(r->e, r->target->host, r->target->port);
  ws_upgrade(t->in, r->target->host, "/v1/receive");
  t->in->on_bytes = on_frames;
  t->in->user = t;
  *caught_up = false;
  send_frame(t->in, &f);
  if (!engine_run(r->e, 10000, caught_up)) {
    die("a subscription was not answered");
  }
}

/* ---- life ---- */

static void open_all(load_run *r) {
  static bool caught_up;
  static unsigned round;
  static peer account;
  static peer_mailbox boxes[64];
  char name[32];
  uint8_t invite[16];
  r->user = &caught_up;
  host_invite(r->target->server, invite);
  peer_open(&account, r->target->server);
  (void)snprintf(name, sizeof(name), "bench%u", round++);
  peer_register(&account, name, invite);
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    if (i % 64 == 0) {
      unsigned left = r->setup->pairs - i;
      peer_mailboxes(&account, boxes, left < 64 ? left : 64);
    }
    struct pair *t = calloc(1, sizeof(*t));
    t->pair = &r->pairs[i];
    t->box = boxes[i % 64];
    r->pairs[i].user = t;
    make_request(t, r->target, r->setup->size);
    subscribe(r, t, &caught_up);
    if (r->offline) { /* a mailbox that was never read holds little */
      link_close(t->in);
    }
    t->senders = calloc(senders_of(r->setup), sizeof(*t->senders));
    for (unsigned k = 0; k < senders_of(r->setup); k++) {
      struct sender *s = &t->senders[k];
      s->pair = t;
      s->l = link_open(r->e, r->target->host, r->target->port);
      s->l->on_bytes = on_answer;
      s->l->user = s;
    }
  }
  peer_close(&account);
}

static void receive_all(load_run *r) {
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    subscribe(r, r->pairs[i].user, r->user);
  }
}

static void close_all(load_run *r) {
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    struct pair *t = r->pairs[i].user;
    for (unsigned k = 0; k < senders_of(r->setup); k++) {
      link_close(t->senders[k].l);
    }
    link_close(t->in);
    free(t->senders);
    free(t->request);
    free(t);
  }
}

const load_protocol load_tacet = {open_all, receive_all, send_one, close_all};
