/* SPDX-License-Identifier: Apache-2.0
 * Sessions: from the upgrade to the end, and the frames that a client sends. */
#include "server/http/session.h"

#include "tacet/crypto.h"

/* SUBSCRIBE frames under way at once: all that a full connection needs. */
#define SUBSCRIBING_MAX (TACETD_SUBSCRIBE_MAX / TACETD_SUBSCRIBE_BATCH_MAX)
/* Bytes that may wait for a reader, control frames included; items stop at
 * TACETD_SESSION_BACKLOG_MAX. */
#define QUEUE_MAX (2 * TACETD_SESSION_BACKLOG_MAX)
/* When a client that is told goodbye may come back: spread over this time. */
#define GOODBYE_SPREAD_MS 5000u

void tacetd_session_ref(tacetd_session *s) {
  (void)atomic_fetch_add(&s->references, 1);
}

void tacetd_session_unref(tacetd_session *s) {
  if (atomic_fetch_sub(&s->references, 1) == 1) {
    tacet_free(s->flights);
    tacet_free(s);
  }
}

/* ---- life ---- */

static void on_retry(net_timer *t) {
  tacetd_session_pump(t->user);
}

static tacetd_session *session_new(tacetd_loop *l,
                                   uint8_t ticket[TACET_TICKET_LEN]) {
  tacetd_session *s = tacet_alloc(sizeof(*s));
  if (s == NULL) {
    return NULL;
  }
  atomic_init(&s->references, 1);
  s->loop = l;
  s->reader.wake = tacetd_session_wake;
  s->wake = (net_post){.fn = tacetd_session_woken, .user = s};
  s->retry = (net_timer){.fn = on_retry, .user = s};
  if (tacetd_resume_ticket(s, ticket) != TACET_OK ||
      tacetd_hub_enter(l->s->hub, &s->reader) != TACET_OK) {
    tacet_free(s);
    return NULL;
  }
  return s;
}

void tacetd_session_open(tacetd_service *service, net_request *r) {
  uint8_t ticket[TACET_TICKET_LEN];
  tacetd_loop *l = tacetd_loop_here(service, net_request_loop(r));
  if (!net_request_head(r)->websocket) {
    tacetd_refuse(service, TACETD_CALL_RECEIVE, r, TACET_WIRE_MALFORMED, 0);
    return;
  }
  tacetd_session *s = session_new(l, ticket);
  if (s == NULL) {
    tacetd_refuse(service, TACETD_CALL_RECEIVE, r, TACET_WIRE_BUSY,
                  TACETD_RETRY_AFTER_SECONDS);
    return;
  }
  s->ws = net_ws_accept(r, TACETD_WS_FRAME_MAX, QUEUE_MAX, NULL, s);
  if (s->ws == NULL) {
    tacetd_hub_leave(service->hub, &s->reader);
    tacetd_session_unref(s);
    return;
  }
  tacetd_count_answer(TACETD_CALL_RECEIVE, 101);
  tacetd_count(TACETD_METRIC_SESSIONS, 0, 1);
  s->next = l->sessions;
  if (l->sessions != NULL) {
    l->sessions->previous = s;
  }
  l->sessions = s;
  tacet_frame hello = {.type = TACET_FRAME_HELLO, .number = TACETD_CREDIT_MAX};
  memcpy(hello.ticket, ticket, sizeof(hello.ticket));
  (void)tacetd_session_send(s, &hello);
  tacet_wipe(ticket, sizeof(ticket));
  tacet_wipe(&hello, sizeof(hello));
}

void tacetd_session_closed(net_ws *w) {
  tacetd_session *s = net_ws_user(w);
  tacetd_loop *l = s->loop;
  s->ws = NULL;
  net_timer_cancel(l->loop, &s->retry);
  tacetd_count(TACETD_METRIC_SESSIONS, 0, -1);
  if (s->previous != NULL) {
    s->previous->next = s->next;
  } else {
    l->sessions = s->next;
  }
  if (s->next != NULL) {
    s->next->previous = s->previous;
  }
  s->previous = s->next = NULL;
  tacetd_resume_keep(s); /* or leaves the hub */
  tacetd_session_unref(s);
}

void tacetd_session_goodbye(tacetd_loop *l) {
  for (tacetd_session *s = l->sessions, *next; s != NULL; s = next) {
    tacet_frame f = {.type = TACET_FRAME_GOODBYE};
    uint32_t random = 0;
    next = s->next;
    /* All at once would be a storm of handshakes on whoever comes next. */
    if (tacet_random((uint8_t *)&random, sizeof(random)) != TACET_OK) {
      random = 0;
    }
    f.number = 500 + random % GOODBYE_SPREAD_MS;
    if (!s->ended) {
      (void)tacetd_session_send(s, &f);
    }
  }
}

void tacetd_session_writable(net_ws *w) {
  tacetd_session_pump(net_ws_user(w));
}

/* ---- SUBSCRIBE ---- */

/* On the loop: the secrets were checked. */
static void on_subscribed(void *user) {
  dlv_request *r = user;
  tacetd_session *s = r->user;
  s->n_subscribing--;
  if (s->ws != NULL && !s->ended) {
    if (r->status != TACET_WIRE_OK) {
      tacetd_session_refuse(s, r->status);
    } else {
      tacetd_hub_confirm(s->loop->s->hub, &s->reader, r->in.subscribe);
      if (!tacetd_session_send_subscribed(s, r->in.subscribe->out,
                                          r->in.subscribe->n)) {
        tacetd_session_refuse(s, TACET_WIRE_BUSY);
      }
      s->caught_up++;
      tacetd_session_pump(s);
    }
  }
  dlv_request_free(r);
  tacetd_session_unref(s);
}

static void subscribe_done(dlv_request *r) {
  const tacetd_session *s = r->user;
  if (net_loop_post(s->loop->loop, on_subscribed, r) != TACET_OK) {
    TACETD_LOG(MEMORY, .part = TACETD_PART_HTTP);
    dlv_request_free(r);
  }
}

/* These frames cost what a request costs, and are counted with them. */
static bool may_ask(const tacetd_session *s) {
  const tacetd_service *service = s->loop->s;
  tacetd_address from = tacetd_address_of(net_ws_peer(s->ws));
  uint32_t wait_s;
  return tacetd_rate_take(service->rate, TACETD_RATE_REQUESTS,
                          tacetd_rate_tag(service->rate, &from),
                          tacetd_now_ms(), &wait_s);
}

static void on_subscribe(tacetd_session *s, const tacet_frame *f) {
  dlv_request *r = NULL;
  tacet_span list = f->list;
  if (s->n_subscribing >= SUBSCRIBING_MAX || !may_ask(s)) {
    tacetd_session_refuse(s, TACET_WIRE_RATE);
    return;
  }
  if (dlv_request_new(DLV_SUBSCRIBE, NULL, &r) != TACET_WIRE_OK) {
    tacetd_session_refuse(s, TACET_WIRE_BUSY);
    return;
  }
  dlv_subscribe *in = r->in.subscribe;
  while (in->n < TACET_SUBSCRIBE_MAX &&
         tacet_mailbox_key_next(&list, &in->keys[in->n])) {
    in->n++;
  }
  /* In the hub first, so that nothing falls between its list and the disk's. */
  tacet_err e = tacetd_hub_subscribe(s->loop->s->hub, &s->reader, in);
  if (e != TACET_OK) {
    dlv_request_free(r);
    tacetd_session_refuse(s, e == TACET_ERR_LIMIT ? TACET_WIRE_TOO_LARGE
                                                  : TACET_WIRE_BUSY);
    return;
  }
  r->done = subscribe_done;
  r->user = s;
  s->n_subscribing++;
  tacetd_session_ref(s);
  dlv_submit(s->loop->s->delivery, r);
}

/* ---- the other frames ---- */

static void on_unsubscribe(tacetd_session *s, const tacet_frame *f) {
  for (size_t at = 0; at + TACET_MAILBOX_ID_LEN <= f->list.len;
       at += TACET_MAILBOX_ID_LEN) {
    if (tacetd_hub_unsubscribe(s->loop->s->hub, &s->reader, f->list.p + at)) {
      tacetd_session_landed(s, f->list.p + at, UINT64_MAX);
    }
  }
  tacetd_session_pump(s);
}

static void on_ack(tacetd_session *s, const tacet_frame *f) {
  /* Whoever reads a mailbox has shown its secret; nobody else erases. */
  if (tacetd_hub_has(s->loop->s->hub, &s->reader, f->mailbox)) {
    bool was_full = s->n_flights + s->reserved >= TACETD_CREDIT_MAX;
    tacetd_session_landed(s, f->mailbox, f->seq);
    tacetd_acks_add(s->loop, f->mailbox, f->seq);
    if (was_full) {
      tacetd_session_pump(s);
    }
  }
}

static void on_resume(tacetd_session *s, const tacet_frame *f) {
  tacet_subscription list[TACETD_SUBSCRIBE_BATCH_MAX];
  uint32_t at = 0;
  size_t n;
  if (!may_ask(s)) {
    tacetd_session_refuse(s, TACET_WIRE_RATE);
    return;
  }
  if (s->n_subscribing > 0 ||
      tacetd_hub_count(s->loop->s->hub, &s->reader) > 0) {
    tacetd_session_refuse(s, TACET_WIRE_MALFORMED);
    return;
  }
  /* An unknown ticket resumes no mailboxes: the client sees that, and
   * subscribes. */
  if (tacetd_resume_take(s, f->ticket)) {
    tacetd_count_one(TACETD_METRIC_RESUMED);
  }
  do {
    n = tacetd_hub_list(s->loop->s->hub, &s->reader, &at, list,
                        TACETD_SUBSCRIBE_BATCH_MAX);
    if ((n > 0 || at == 0) && !tacetd_session_send_subscribed(s, list, n)) {
      tacetd_session_refuse(s, TACET_WIRE_BUSY);
      return;
    }
  } while (n == TACETD_SUBSCRIBE_BATCH_MAX);
  s->caught_up++;
  tacetd_session_pump(s);
}

void tacetd_session_message(net_ws *w, tacet_span message) {
  tacetd_session *s = net_ws_user(w);
  tacet_frame f;
  if (s->ended || atomic_load(&s->loop->s->closed)) {
    return;
  }
  if (tacet_frame_parse(message, true, &f) != TACET_OK) {
    tacetd_session_refuse(s, TACET_WIRE_MALFORMED);
    return;
  }
  switch (f.type) {
  case TACET_FRAME_SUBSCRIBE:
    on_subscribe(s, &f);
    break;
  case TACET_FRAME_UNSUBSCRIBE:
    on_unsubscribe(s, &f);
    break;
  case TACET_FRAME_ACK:
    on_ack(s, &f);
    break;
  case TACET_FRAME_RESUME:
    on_resume(s, &f);
    break;
  default:
    tacetd_session_refuse(s, TACET_WIRE_MALFORMED);
    break;
  }
  tacet_wipe(&f, sizeof(f));
}
