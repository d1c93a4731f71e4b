/* SPDX-License-Identifier: Apache-2.0
 * XMPP: a pair is two accounts. A server acknowledges no message, so one that
 * is delivered counts as acknowledged; of an offline run, the answer to a ping
 * after every PING_EVERY of them (which asks less of the server than an answer
 * to each). */
#include "bench/load.h"
#include "bench/xmpp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PING_EVERY 10
#define PLACE_LEN 8 /* a place in hexadecimal, at the front of a body */

struct xmpp {
  load_pair *pair;
  link_t *out, *in;
  uint32_t places[64]; /* not acknowledged, a ring */
  unsigned first, n, since_ping;
  char *stanza; /* head_len bytes, the place, the rest */
  size_t head_len, stanza_len;
};

/* ---- logging in ---- */

struct login {
  link_t *l;
  const char *want;
  bool came;
};

static size_t on_login(link_t *l) {
  struct login *w = l->user;
  if (w->want == NULL ||
      memmem(l->in, l->in_len, w->want, strlen(w->want)) == NULL) {
    return 0;
  }
  w->came = true;
  return l->in_len;
}

static void login_send(void *user, const char *text) {
  struct login *w = user;
  w->want = NULL;
  link_send(w->l, text, strlen(text));
}

static bool login_wait(void *user, const char *text) {
  struct login *w = user;
  w->want = text;
  w->came = false;
  return engine_run(w->l->e, 10000, &w->came);
}

static link_t *log_in(load_run *r, char kind, unsigned number) {
  char name[32];
  struct login w = {.l = link_open(r->e, r->target->host, r->target->port)};
  const xmpp_io io = {&w, login_send, login_wait};
  w.l->user = &w;
  w.l->on_bytes = on_login;
  (void)snprintf(name, sizeof(name), "%c%u", kind, number);
  if (!xmpp_login(&io, name)) {
    die("XMPP: no login as %s; last came: %.*s", name, (int)w.l->in_len,
        (const char *)w.l->in);
  }
  return w.l;
}

/* ---- messages ---- */

static size_t on_messages(link_t *l) {
  static const char body[] = "<body>", end[] = "</message>";
  struct xmpp *x = l->user;
  size_t at = 0;
  const char *stop;
  while ((stop = memmem(l->in + at, l->in_len - at, end, sizeof(end) - 1)) !=
         NULL) {
    const char *p = (const char *)l->in + at;
    const char *text = memmem(p, (size_t)(stop - p), body, sizeof(body) - 1);
    if (text == NULL) {
      die("XMPP: not a message of this bench: %.*s", (int)(stop - p), p);
    }
    char hex[PLACE_LEN + 1] = {0};
    memcpy(hex, text + sizeof(body) - 1, PLACE_LEN);
    uint32_t place = (uint32_t)strtoul(hex, NULL, 16);
    load_delivered(x->pair, place);
    if (!x->pair->run->offline) {
      load_acknowledged(x->pair, place);
    }
    at = (size_t)(stop - (const char *)l->in) + sizeof(end) - 1;
  }
  return at;
}

static size_t on_pongs(link_t *l) {
  static const char pong[] = "id='p'";
  struct xmpp *x = l->user;
  size_t at = 0;
  const char *p;
  while ((p = memmem(l->in + at, l->in_len - at, pong, sizeof(pong) - 1)) !=
         NULL) {
    at = (size_t)(p - (const char *)l->in) + sizeof(pong) - 1;
    for (unsigned i = 0; i < PING_EVERY && x->n > 0; i++) {
      x->n--;
      load_acknowledged(x->pair, x->places[x->first++ % 64]);
    }
  }
  return at;
}

static void send_one(load_pair *p, uint32_t place, const uint8_t *message) {
  static const char ping[] = "<iq type='get' to='localhost' id='p'>"
                             "<ping xmlns='urn:xmpp:ping'/></iq>";
  struct xmpp *x = p->user;
  char hex[PLACE_LEN + 1];
  (void)message;
  (void)snprintf(hex, sizeof(hex), "%08x", (unsigned)place);
  memcpy(x->stanza + x->head_len, hex, PLACE_LEN);
  link_send(x->out, x->stanza, x->stanza_len);
  if (p->run->offline) {
    x->places[(x->first + x->n++) % 64] = place;
    if (++x->since_ping == PING_EVERY) {
      x->since_ping = 0;
      link_send(x->out, ping, sizeof(ping) - 1);
    }
  }
}

/* ---- life ---- */

static void receive(load_run *r, struct xmpp *x) {
  static const char available[] = "<presence/>";
  x->in = log_in(r, r->offline ? 'o' : 'r', x->pair->number);
  x->in->on_bytes = on_messages;
  x->in->user = x;
  link_send(x->in, available, sizeof(available) - 1);
}

static void open_all(load_run *r) {
  size_t size = r->setup->size;
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    struct xmpp *x = calloc(1, sizeof(*x));
    x->pair = &r->pairs[i];
    r->pairs[i].user = x;
    x->stanza = malloc(size + 256);
    x->head_len = (size_t)snprintf(
        x->stanza, 256, "<message to='%c%u@localhost' type='chat'><body>",
        r->offline ? 'o' : 'r', i);
    memset(x->stanza + x->head_len, 'x', size);
    x->stanza_len =
        x->head_len + size +
        (size_t)snprintf(x->stanza + x->head_len + size, 64,
                         "</body></message>");
    if (r->offline) { /* the account has to be there */
      link_close(log_in(r, 'o', i));
    } else {
      receive(r, x);
    }
    x->out = log_in(r, 's', i);
    x->out->on_bytes = on_pongs;
    x->out->user = x;
  }
  /* Presences are asynchronous: a message before them would be stored. */
  (void)engine_run(r->e, 500, NULL);
}

static void receive_all(load_run *r) {
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    receive(r, r->pairs[i].user);
  }
}

static void close_all(load_run *r) {
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    struct xmpp *x = r->pairs[i].user;
    link_close(x->in);
    link_close(x->out);
    free(x->stanza);
    free(x);
  }
}

const load_protocol load_xmpp = {open_all, receive_all, send_one, close_all};
