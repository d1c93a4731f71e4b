/* SPDX-License-Identifier: Apache-2.0
 * Events: written with what they tell, gone when shown. */
#include "client/events.h"

#include <stdarg.h>
#include <stdio.h>

#include "client/messages.h"
#include "client/people.h"

static tacet_err add(client *c, const uint8_t *talk, client_event_record *r) {
  CLIENT_MEM(mem);
  if (r->id == NULL) {
    uint8_t id[16];
    TACET_TRY(tacet_random(id, sizeof(id)));
    TACET_TRY(client_mem_hex(&mem, tacet_span_of(id, sizeof(id)), &r->id));
  }
  if (talk != NULL) {
    memcpy(r->talk, talk, sizeof(r->talk));
    r->has_talk = true;
  }
  uint64_t order;
  TACET_TRY(client_store_next(c->store, &order));
  tacet_span parent =
      talk != NULL ? client_id_span(talk) : TACET_SPAN_LIT("nowhere");
  return client_put(c, CLIENT_T_EVENT, tacet_span_str(r->id), parent, order,
                    client_event_fields, r);
}

tacet_err client_event_message(client *c, const uint8_t *talk,
                               tacet_span message) {
  CLIENT_MEM(mem);
  client_event_record r = {.type = CLIENT_EVENT_MESSAGE, .message = message};
  TACET_TRY(client_mem_hex(&mem, message, &r.id));
  return add(c, talk, &r);
}

tacet_err client_event_request(client *c, const uint8_t *talk, tacet_span by,
                               const char *group) {
  client_event_record r = {.type = CLIENT_EVENT_REQUEST, .name = group};
  memcpy(r.by, by.p, sizeof(r.by));
  return add(c, talk, &r);
}

tacet_err client_event_group(client *c, const uint8_t *talk, const char *action,
                             const char *name, tacet_span by,
                             uint8_t (*members)[CLIENT_ID_LEN],
                             size_t n_members) {
  client_event_record r = {.type = CLIENT_EVENT_GROUP,
                           .action = action,
                           .name = name,
                           .members = members,
                           .n_members = n_members};
  memcpy(r.by, by.p, sizeof(r.by));
  return add(c, talk, &r);
}

tacet_err client_event_read(client *c, const uint8_t *talk,
                            uint8_t (*ids)[CLIENT_ID_LEN], size_t n) {
  client_event_record r = {
      .type = CLIENT_EVENT_READ, .members = ids, .n_members = n};
  return add(c, talk, &r);
}

tacet_err client_event_history(client *c, uint64_t n_talks,
                               uint64_t n_messages) {
  client_event_record r = {.type = CLIENT_EVENT_HISTORY,
                           .n_talks = n_talks,
                           .n_messages = n_messages};
  return add(c, NULL, &r);
}

tacet_err client_event_warn(client *c, const uint8_t *talk, const char *code,
                            const char *format, ...) {
  char text[600];
  va_list ap;
  va_start(ap, format);
  (void)vsnprintf(text, sizeof(text), format, ap);
  va_end(ap);
  client_event_record r = {
      .type = CLIENT_EVENT_WARNING, .code = code, .text = text};
  return add(c, talk, &r);
}

tacet_err client_events_drop(client *c, const uint8_t *talk) {
  return client_store_delete_of(c->store, CLIENT_T_EVENT, client_id_span(talk));
}

tacet_err client_event_remove(client *c, const char *id) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_EVENT, tacet_span_str(id)));
  return client_tx_commit(&tx);
}

/* ---- giving them out ---- */

static tacet_err fill_group(client *c, const client_event_record *r,
                            client_mem *mem, client_event *out) {
  out->u.group.action = r->action;
  out->u.group.name = r->name;
  TACET_TRY(client_handle_of(c, client_id_span(r->by), mem, &out->u.group.by));
  const char **list = client_mem_array(mem, r->n_members, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < r->n_members; i++) {
    TACET_TRY(
        client_handle_of(c, client_id_span(r->members[i]), mem, &list[i]));
  }
  out->u.group.members = list;
  out->u.group.n_members = r->n_members;
  return TACET_OK;
}

static tacet_err fill_read(const client_event_record *r, client_mem *mem,
                           client_event *out) {
  const char **list = client_mem_array(mem, r->n_members, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < r->n_members; i++) {
    TACET_TRY(client_mem_hex(mem, client_id_span(r->members[i]), &list[i]));
  }
  out->u.read.messages = list;
  out->u.read.n_messages = r->n_members;
  return TACET_OK;
}

static tacet_err fill_trust(client *c, tacet_span account, client_trust *out) {
  CLIENT_MEM(mem);
  client_person p;
  if (client_is_self(c, account)) {
    *out = CLIENT_VERIFIED;
    return TACET_OK;
  }
  tacet_err e = client_person_get(c, account, &mem, &p);
  return e == TACET_ERR_NOT_FOUND ? TACET_OK
         : e != TACET_OK          ? e
                                  : client_trust_of(c, &p, out);
}

static tacet_err fill_message(client *c, const client_event_record *r,
                              client_mem *mem, client_event *out) {
  CLIENT_MEM(scratch);
  client_message_record m;
  TACET_TRY(client_message_show(c, r->message, mem, &out->u.message));
  TACET_TRY(client_message_get(c, r->message, &scratch, &m));
  return fill_trust(c, client_id_span(m.account), &out->trust);
}

static tacet_err fill(client *c, const client_event_record *r, client_mem *mem,
                      client_event *out) {
  client_event e = {.type = (client_event_type)r->type, .id = r->id};
  if (r->has_talk) {
    TACET_TRY(client_mem_hex(mem, client_id_span(r->talk), &e.conversation));
  }
  switch (e.type) {
  case CLIENT_EVENT_MESSAGE:
    TACET_TRY(fill_message(c, r, mem, &e));
    break;
  case CLIENT_EVENT_GROUP:
    TACET_TRY(fill_group(c, r, mem, &e));
    break;
  case CLIENT_EVENT_REQUEST:
    e.u.request.group = r->name;
    TACET_TRY(fill_trust(c, client_id_span(r->by), &e.trust));
    TACET_TRY(
        client_handle_of(c, client_id_span(r->by), mem, &e.u.request.from));
    break;
  case CLIENT_EVENT_WARNING:
    e.u.warning.code = r->code;
    e.u.warning.text = r->text;
    break;
  case CLIENT_EVENT_READ:
    TACET_TRY(fill_read(r, mem, &e));
    break;
  case CLIENT_EVENT_HISTORY:
    e.u.history.n_conversations = (size_t)r->n_talks;
    e.u.history.n_messages = (size_t)r->n_messages;
    break;
  case CLIENT_EVENT_NONE:
  case CLIENT_EVENT_FD:
    return TACET_ERR_ENCODING;
  }
  *out = e;
  return TACET_OK;
}

tacet_err client_event_first(client *c, const uint8_t *talk, client_mem *mem,
                             client_event *out) {
  for (;;) {
    const client_row *rows;
    size_t n;
    client_range range = {.parent = talk != NULL ? client_id_span(talk)
                                                 : TACET_SPAN_EMPTY,
                          .limit = 1};
    TACET_TRY(
        client_store_list(c->store, CLIENT_T_EVENT, &range, mem, &rows, &n));
    if (n == 0) {
      return TACET_ERR_NOT_FOUND;
    }
    client_event_record r;
    TACET_TRY(
        client_parse(c, &rows[0], client_event_fields, &r, sizeof(r), mem));
    tacet_err e = fill(c, &r, mem, out);
    if (e != TACET_ERR_NOT_FOUND) {
      return e;
    }
    TACET_TRY(client_event_remove(c, r.id)); /* its message has expired */
  }
}
