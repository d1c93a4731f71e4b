/* SPDX-License-Identifier: Apache-2.0
 * Linking, on the new device: the server, looked at and written to by who has
 * no account yet. */
#include "client/link.h"
#include "client/linking.h"
#include "tacet/wire/invite.h"

#define LOOK_EVERY ((uint64_t)1000) /* at a slot, ms */
#define ITEM_MAX ((size_t)16 * 1024)

/* ---- the server ---- */

/* `https://host`, `host`, each with a port or not, or an invite of it. */
tacet_err client_joining_server(client *c, const char *text, client_mem *mem,
                                client_joining_record *out) {
  tacet_invite invite;
  char link[TACET_INVITE_LINK_MAX];
  tacet_err e = tacet_invite_parse(tacet_span_str(text), &invite);
  if (e == TACET_ERR_NOMEM) {
    return e;
  }
  if (e == TACET_OK) {
    out->has_pin = invite.has_pin;
    memcpy(out->pin, invite.pin, sizeof(out->pin));
    return client_mem_text(mem, tacet_span_str(invite.url), &out->url);
  }
  const char *scheme = strncmp(text, "https://", 8) == 0 ? "" : "https://";
  size_t len = strlen(text);
  len -= len > 0 && text[len - 1] == '/' ? 1 : 0;
  memset(&invite, 0, sizeof(invite));
  if (len + 9 < sizeof(invite.url)) {
    memcpy(invite.url, scheme, strlen(scheme));
    memcpy(invite.url + strlen(scheme), text, len);
    memcpy(invite.domain, "localhost", 10);
  }
  e = tacet_invite_write(&invite, link);
  if (e == TACET_ERR_NOMEM) {
    return e;
  }
  if (e != TACET_OK) {
    return client_fail(&c->detail, CLIENT_USAGE, "bad-server",
                       "That is not the address of a server: it looks like "
                       "https://chat.example.org, as tacet status on your "
                       "other device shows it.");
  }
  return client_mem_text(mem, tacet_span_str(invite.url), &out->url);
}

void client_joining_disconnect(client *c) {
  if (c->net != NULL) {
    client_link_close(c);
    c->net->calls->free(c->net);
    c->net = NULL;
  }
}

/* Until the offer is there nobody knows how the server is to be known: whoever
 * answers at its address is asked for a slot, and learns its name. */
tacet_err client_joining_connect(client *c, const client_joining_record *r) {
  client_server server = {
      .url = r->url, .has_pin = r->has_pin, .any = !r->has_pin};
  memcpy(server.pin, r->pin, sizeof(server.pin));
  client_joining_disconnect(c);
  const client_transport_maker *maker = c->env->transport;
  return maker->make(maker->user, &server, &c->net);
}

/* ---- slots ---- */

static tacet_err read_slot(client *c, const client_joining_record *r,
                           tacet_linking_step which, tacet_bytes *plain,
                           tacet_span *body, bool *there) {
  CLIENT_MEM(mem);
  tacet_linking_code code = client_joining_code(r);
  uint8_t name[32];
  tacet_slot slot;
  client_reply reply;
  tacet_slots_answer answer;
  TACET_BUF(w, 256);
  *there = false;
  TACET_TRY(tacet_linking_slot(&code, which, name));
  tacet_read_slots ask = {tacet_span_of(name, sizeof(name))};
  tacet_read_slots_write(&w, &ask);
  TACET_TRY(w.err);
  TACET_TRY(client_ask_plain(c, CLIENT_DELIVERY, "POST", "/v1/slots",
                             tacet_buf_span(&w), &mem, &reply));
  TACET_TRY(client_expect_ok(c, &reply));
  if (tacet_slots_answer_parse(reply.body, &answer) != TACET_OK ||
      !tacet_slot_next(&answer.slots, &slot)) {
    return TACET_ERR_ENCODING;
  }
  if (slot.state != TACET_SLOT_TAKEN) {
    return TACET_OK;
  }
  tacet_err e = tacet_linking_open(&code, which, slot.body, plain, body);
  if (e != TACET_OK && tacet_err_kind(e) == TACET_KIND_LOCAL) {
    return e;
  }
  *there = e == TACET_OK;
  return e == TACET_OK
             ? TACET_OK
             : client_fail(&c->detail, CLIENT_KEYS, "linking-disturbed",
                           "The server gave something that your other device "
                           "did not write; nothing was changed. Tell the "
                           "operator.");
}

tacet_err client_joining_sleep(client *c, uint64_t ms) {
  CLIENT_MEM(mem);
  client_sleep sleep = {.ms = ms, .fds = {-1, -1}};
  tacet_span none;
  tacet_err e =
      c->net->calls->link_next(c->net, &sleep, &mem, &none, &c->detail);
  return e == TACET_ERR_NOT_FOUND || e == TACET_ERR_CLOSED ? TACET_OK : e;
}

/* Looks every second until it is there or the time is over. */
tacet_err client_joining_wait(client *c, const client_joining_record *r,
                              tacet_linking_step which, uint64_t until,
                              tacet_bytes *plain, tacet_span *body,
                              bool *there) {
  bool reached = false;
  *there = false;
  while (!*there) {
    tacet_err e = read_slot(c, r, which, plain, body, there);
    if (client_is_unreachable(&c->detail, e)) {
      if (!reached) {
        return e;
      }
      client_error_clear(&c->detail); /* it was there, and comes again */
      e = TACET_OK;
    } else {
      reached = true;
    }
    TACET_TRY(e);
    TACET_TRY(client_check_interrupt(c));
    if (*there || client_now(c) >= until) {
      return TACET_OK;
    }
    TACET_TRY(client_joining_sleep(c, LOOK_EVERY));
  }
  return TACET_OK;
}

/* ---- items ---- */

tacet_err client_joining_send(client *c, const client_joining_record *r) {
  CLIENT_MEM(mem);
  tacet_recipient to;
  tacet_send_answer answer;
  client_reply reply;
  TACET_BUF(list, 128);
  TACET_BUF(w, 2 * ITEM_MAX);
  memcpy(to.mailbox, r->mailbox, sizeof(to.mailbox));
  memcpy(to.capability, r->capability, sizeof(to.capability));
  tacet_recipient_write(&list, &to);
  tacet_send ask = {.recipients = tacet_buf_span(&list),
                    .n_recipients = 1,
                    .item = r->sealed};
  tacet_send_write(&w, &ask);
  TACET_TRY(list.err);
  TACET_TRY(w.err);
  TACET_TRY(client_ask_plain(c, CLIENT_DELIVERY, "POST", "/v1/send",
                             tacet_buf_span(&w), &mem, &reply));
  TACET_TRY(client_expect_ok(c, &reply));
  if (tacet_send_answer_parse(reply.body, &answer) != TACET_OK) {
    return TACET_ERR_ENCODING;
  }
  return answer.deliveries.len == 1 &&
                 answer.deliveries.p[0] == TACET_DELIVERY_STORED
             ? TACET_OK
             : client_fail(&c->detail, CLIENT_REFUSED, "linking-ended",
                           "Your other device waits no more; run tacet link "
                           "again for a new code.");
}
