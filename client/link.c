/* SPDX-License-Identifier: Apache-2.0
 * The link: subscribing, taking items, acknowledging. */
#include "client/link.h"

#include "client/events.h"
#include "client/mailboxes.h"
#include "client/receive.h"

#define DRAIN_MS ((uint64_t)30000) /* without a frame */

void client_link_close(client *c) {
  if (c->net != NULL) {
    c->net->calls->link_close(c->net);
  }
  c->linked = c->caught_up = false;
  c->n_subscribed = 0;
  client_mem_free(&c->link_mem);
  c->stalled = NULL;
}

static tacet_err send_frame(client *c, const tacet_frame *f) {
  TACET_BUF(w, TACET_FRAME_MAX);
  tacet_frame_write(&w, f);
  TACET_TRY(w.err);
  return c->net->calls->link_send(c->net, tacet_buf_span(&w), &c->detail);
}

/* ---- subscribing ---- */

static tacet_err subscribe(client *c, const client_mailbox *list, size_t n) {
  TACET_BUF(keys, TACET_FRAME_MAX);
  for (size_t i = 0; i < n; i++) {
    tacet_mailbox_key key = {.id = {0}};
    memcpy(key.id, list[i].id, sizeof(key.id));
    memcpy(key.read_secret, list[i].read.b, sizeof(key.read_secret));
    tacet_mailbox_key_write(&keys, &key);
    tacet_wipe(&key, sizeof(key));
  }
  TACET_TRY(keys.err);
  tacet_frame f = {.type = TACET_FRAME_SUBSCRIBE,
                   .list = tacet_buf_span(&keys)};
  c->caught_up = false;
  c->n_subscribes++;
  return send_frame(c, &f);
}

/* The mailboxes to read which this link does not read yet. They are few: what
 * was subscribed is remembered as the set of ids at that time. */
static bool is_subscribed(const client *c, const uint8_t *id) {
  for (size_t i = 0; i < c->n_subscribed; i++) {
    if (memcmp(c->subscribed[i], id, CLIENT_MAILBOX_LEN) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err remember(client *c, const client_mailbox *list, size_t n) {
  uint8_t(*all)[CLIENT_MAILBOX_LEN] =
      client_mem_array(&c->link_mem, c->n_subscribed + n, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (c->n_subscribed > 0) {
    memcpy(all, c->subscribed, c->n_subscribed * sizeof(*all));
  }
  for (size_t i = 0; i < n; i++) {
    memcpy(all[c->n_subscribed + i], list[i].id, CLIENT_MAILBOX_LEN);
  }
  c->subscribed = all;
  c->n_subscribed += n;
  return TACET_OK;
}

tacet_err client_link_refresh(client *c) {
  if (!c->linked) {
    return TACET_OK;
  }
  CLIENT_MEM(mem);
  client_mailbox *list;
  size_t n, fresh = 0;
  TACET_TRY(client_mailbox_list(c, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    if (client_mailbox_is_read(&list[i]) && !is_subscribed(c, list[i].id)) {
      list[fresh++] = list[i];
    }
  }
  for (size_t i = 0; i < fresh; i += TACET_SUBSCRIBE_MAX) {
    size_t some =
        fresh - i < TACET_SUBSCRIBE_MAX ? fresh - i : TACET_SUBSCRIBE_MAX;
    TACET_TRY(subscribe(c, list + i, some));
  }
  return fresh > 0 ? remember(c, list, fresh) : TACET_OK;
}

static tacet_err subscribe_all(client *c) {
  client_mem_free(&c->link_mem);
  c->subscribed = NULL;
  c->stalled = NULL;
  c->n_subscribed = c->n_stalled = c->n_subscribes = 0;
  TACET_TRY(client_link_refresh(c));
  c->caught_up = c->n_subscribes == 0; /* nothing to read */
  return TACET_OK;
}

tacet_err client_link_open(client *c) {
  if (c->linked) {
    return TACET_OK;
  }
  TACET_TRY(client_check_interrupt(c));
  client_upkeep upkeep;
  TACET_TRY(client_upkeep_load(c, &upkeep));
  if (upkeep.stopped != 0) {
    return client_copy_found(c);
  }
  if (!client_may_ask(c)) {
    return TACET_ERR_CLOSED;
  }
  TACET_TRY(client_connect(c));
  tacet_err e = c->net->calls->link_open(c->net, &c->detail);
  client_reached(c, !client_is_unreachable(&c->detail, e));
  TACET_TRY(e);
  c->linked = true;
  e = subscribe_all(c);
  if (e != TACET_OK) {
    client_link_close(c);
  }
  return e;
}

/* ---- what the server says about a mailbox ---- */

tacet_err client_copy_found(client *c) {
  return client_fail(
      &c->detail, CLIENT_KEYS, "copied-home",
      "Another copy of this home has been used, or it was restored from a "
      "backup; going on would repeat keys. Register this device anew.");
}

static tacet_err stop(client *c) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  client_upkeep upkeep;
  TACET_TRY(client_upkeep_load(c, &upkeep));
  upkeep.stopped = client_now(c);
  TACET_TRY(client_upkeep_save(c, &upkeep));
  TACET_TRY(client_tx_commit(&tx));
  client_link_close(c);
  return client_copy_found(c);
}

static tacet_err take_subscription(client *c, const tacet_subscription *s) {
  CLIENT_MEM(mem);
  client_mailbox m;
  tacet_err e = client_mailbox_get(
      c, tacet_span_of(s->mailbox, sizeof(s->mailbox)), &mem, &m);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  if (s->acknowledged > m.seen) {
    return stop(c);
  }
  return s->expired > 0 || !s->known ? client_mailbox_lost(c, &m, s) : TACET_OK;
}

static tacet_err take_subscriptions(client *c, tacet_span list) {
  tacet_subscription s;
  while (tacet_subscription_next(&list, &s)) {
    TACET_TRY(take_subscription(c, &s));
  }
  return TACET_OK;
}

/* ---- items ---- */

/* An item that must wait holds up those behind it in its mailbox: one
 * acknowledgement covers all before. */
static bool is_stalled(const client *c, const uint8_t *mailbox) {
  for (size_t i = 0; i < c->n_stalled; i++) {
    if (memcmp(c->stalled[i], mailbox, CLIENT_MAILBOX_LEN) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err stall(client *c, const uint8_t *mailbox) {
  uint8_t(*all)[CLIENT_MAILBOX_LEN] =
      client_mem_array(&c->link_mem, c->n_stalled + 1, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (c->n_stalled > 0) {
    memcpy(all, c->stalled, c->n_stalled * sizeof(*all));
  }
  memcpy(all[c->n_stalled], mailbox, CLIENT_MAILBOX_LEN);
  c->stalled = all;
  c->n_stalled++;
  return TACET_OK;
}

static tacet_err take_item(client *c, const tacet_frame *f) {
  if (is_stalled(c, f->mailbox)) {
    return TACET_OK;
  }
  tacet_err e = client_receive_sealed(c, f);
  if (e ==
      TACET_ERR_EPOCH_FUTURE) { /* the buffer of what does not open is full */
    return stall(c, f->mailbox);
  }
  TACET_TRY(e);
  tacet_frame ack = {.type = TACET_FRAME_ACK, .seq = f->seq};
  memcpy(ack.mailbox, f->mailbox, sizeof(ack.mailbox));
  return send_frame(c, &ack);
}

static tacet_err take_frame(client *c, const tacet_frame *f) {
  switch (f->type) {
  case TACET_FRAME_SUBSCRIBED:
    c->n_subscribes -= c->n_subscribes > 0 ? 1 : 0;
    return take_subscriptions(c, f->list);
  case TACET_FRAME_ITEM:
    return take_item(c, f);
  case TACET_FRAME_CAUGHT_UP: /* with all the answers: of all we asked for */
    c->caught_up = c->n_subscribes == 0;
    return TACET_OK;
  case TACET_FRAME_GOODBYE:
    client_reached(c, false);
    client_link_close(c);
    return TACET_OK;
  case TACET_FRAME_REFUSED:
    client_link_close(c);
    client_reached(c, false);
    return client_fail(&c->detail, CLIENT_UNREACHABLE, "refused-link",
                       "The server ended the connection (%.*s); try again "
                       "later.",
                       (int)(client_is_name(f->body, 40) ? f->body.len : 0),
                       (const char *)f->body.p);
  case TACET_FRAME_HELLO:
  case TACET_FRAME_EPHEMERAL: /* nothing here sends or shows them yet */
  case TACET_FRAME_GONE:
    return TACET_OK;
  case TACET_FRAME_SUBSCRIBE:
  case TACET_FRAME_UNSUBSCRIBE:
  case TACET_FRAME_ACK:
  case TACET_FRAME_RESUME:
    break;
  }
  return TACET_ERR_ENCODING;
}

tacet_err client_link_pump(client *c, client_sleep *sleep) {
  CLIENT_MEM(mem);
  tacet_span bytes;
  tacet_frame f;
  TACET_TRY(client_connect(c));
  tacet_err e =
      c->net->calls->link_next(c->net, sleep, &mem, &bytes, &c->detail);
  if (e == TACET_ERR_CLOSED) {
    client_link_close(c);
    client_reached(c, false);
  }
  TACET_TRY(e);
  if (tacet_frame_parse(bytes, false, &f) != TACET_OK) {
    client_link_close(c);
    client_reached(c, false);
    return client_fail(&c->detail, CLIENT_UNREACHABLE, "protocol",
                       "The server sent something that is not understood; "
                       "update this program or ask the operator.");
  }
  e = take_frame(c, &f);
  if (e !=
      TACET_OK) { /* what was not acknowledged comes again with a new link */
    client_link_close(c);
  }
  return e == TACET_ERR_NOT_FOUND ? TACET_ERR_STATE : e;
}

tacet_err client_link_drain(client *c) {
  TACET_TRY(client_link_open(c));
  TACET_TRY(client_link_refresh(c));
  uint64_t until = client_monotonic(c) + DRAIN_MS;
  while (c->linked && !c->caught_up) {
    TACET_TRY(client_check_interrupt(c));
    client_sleep sleep = {.ms = 1000, .fds = {-1, -1}};
    tacet_err e = client_link_pump(c, &sleep);
    if (e == TACET_OK) {
      until = client_monotonic(c) + DRAIN_MS;
    } else if (e != TACET_ERR_NOT_FOUND) {
      return e;
    } else if (client_monotonic(c) >= until) {
      client_link_close(c);
      client_reached(c, false);
    }
  }
  return c->linked ? TACET_OK : TACET_ERR_CLOSED;
}
