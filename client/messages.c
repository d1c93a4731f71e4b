/* SPDX-License-Identifier: Apache-2.0
 * Messages, kept and shown. */
#include "client/messages.h"

#include "client/attachments.h"
#include "client/notices.h"
#include "client/people.h"
#include "client/talks.h"

tacet_err client_message_get(client *c, tacet_span id, client_mem *mem,
                             client_message_record *out) {
  return client_get(c, CLIENT_T_MESSAGE, id, client_message_fields, out,
                    sizeof(*out), mem);
}

tacet_err client_message_expires(client *c, tacet_span id) {
  return client_store_put(c->store, CLIENT_T_EXPIRY, id, TACET_SPAN_EMPTY, 0,
                          id);
}

tacet_err client_message_save(client *c, client_message_record *r) {
  if (r->order == 0) {
    TACET_TRY(client_store_next(c->store, &r->order));
    if (r->expires_at != 0) {
      TACET_TRY(client_message_expires(c, client_id_span(r->id)));
    }
  }
  return client_put(c, CLIENT_T_MESSAGE, client_id_span(r->id),
                    client_id_span(r->talk), r->order, client_message_fields,
                    r);
}

/* ---- showing ---- */

static tacet_err show_parts(client *c, const client_message_record *r,
                            client_mem *mem, client_message *out) {
  client_attachment *list = client_mem_array(mem, r->n_parts, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < r->n_parts; i++) {
    list[i] = (client_attachment){.index = i,
                                  .name = r->parts[i].name,
                                  .type = r->parts[i].type,
                                  .size = r->parts[i].size};
    TACET_TRY(
        client_file_saved(c, client_id_span(r->id), i, mem, &list[i].path));
  }
  out->attachments = list;
  out->n_attachments = r->n_parts;
  return TACET_OK;
}

static tacet_err show(client *c, const client_message_record *r,
                      client_mem *mem, client_message *out) {
  client_message m = {.own = r->own,
                      .sent_at = r->sent_at,
                      .received_at = r->received_at,
                      .expires_at = r->expires_at,
                      .read_at = r->own ? r->sent_at : r->read_at,
                      .text = r->text != NULL ? r->text : "",
                      .delivery = (client_delivery)r->delivery};
  client_talk talk;
  TACET_TRY(client_talk_get(c, r->talk, mem, &talk));
  m.group = talk.pair ? NULL : talk.name;
  TACET_TRY(client_is_request(c, &talk, &m.request));
  TACET_TRY(r->own ? TACET_OK : client_is_notices(c, &talk, &m.notice));
  TACET_TRY(client_mem_hex(mem, client_id_span(r->id), &m.id));
  TACET_TRY(client_mem_hex(mem, client_id_span(r->talk), &m.conversation));
  TACET_TRY(client_handle_of(c, client_id_span(r->account), mem, &m.from));
  TACET_TRY(client_mem_hex(mem, tacet_span_of(r->device, sizeof(r->device)),
                           &m.device));
  if (r->reply_to.len > 0) {
    TACET_TRY(client_mem_hex(mem, r->reply_to, &m.reply_to));
  }
  TACET_TRY(show_parts(c, r, mem, &m));
  *out = m;
  return TACET_OK;
}

static bool has_expired(const client *c, const client_message_record *r) {
  return r->expires_at != 0 && client_now(c) >= r->expires_at;
}

tacet_err client_message_show(client *c, tacet_span id, client_mem *mem,
                              client_message *out) {
  client_message_record r;
  TACET_TRY(client_message_get(c, id, mem, &r));
  return has_expired(c, &r) ? TACET_ERR_NOT_FOUND : show(c, &r, mem, out);
}

tacet_err client_message_list(client *c, const uint8_t *talk, size_t limit,
                              client_mem *mem, const client_message **list,
                              size_t *n) {
  const client_row *rows;
  size_t count, kept = 0;
  client_range range = {
      .parent = client_id_span(talk), .limit = limit, .last = true};
  TACET_TRY(client_store_list(c->store, CLIENT_T_MESSAGE, &range, mem, &rows,
                              &count));
  client_message *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    client_message_record r;
    TACET_TRY(
        client_parse(c, &rows[i], client_message_fields, &r, sizeof(r), mem));
    if (!has_expired(c, &r)) {
      TACET_TRY(show(c, &r, mem, &found[kept++]));
    }
  }
  *list = found;
  *n = kept;
  return TACET_OK;
}

/* ---- deleting ---- */

tacet_err client_message_delete(client *c, tacet_span id) {
  TACET_TRY(client_files_forget(c, id));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_PENDING, id));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_EXPIRY, id));
  return client_store_delete(c->store, CLIENT_T_MESSAGE, id);
}

tacet_err client_messages_delete_of(client *c, const uint8_t *talk) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = client_id_span(talk)};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_MESSAGE, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_message_record r;
    TACET_TRY(
        client_parse(c, &rows[i], client_message_fields, &r, sizeof(r), &mem));
    TACET_TRY(client_message_delete(c, client_id_span(r.id)));
  }
  return TACET_OK;
}

tacet_err client_messages_sweep(client *c) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range all = {.limit = 0};
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_EXPIRY, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_message_record r;
    tacet_err e = client_message_get(c, rows[i].value, &mem, &r);
    if (e == TACET_OK && has_expired(c, &r)) {
      TACET_TRY(client_message_delete(c, rows[i].value));
    } else if (e == TACET_ERR_NOT_FOUND) {
      TACET_TRY(client_store_delete(c->store, CLIENT_T_EXPIRY, rows[i].value));
    } else {
      TACET_TRY(e);
    }
  }
  return client_tx_commit(&tx);
}

tacet_err client_message_fail(client *c, tacet_span id,
                              const client_error *why) {
  CLIENT_MEM(mem);
  client_message_record r;
  TACET_TRY(client_message_get(c, id, &mem, &r));
  r.failed = true;
  r.fail_kind = (uint8_t)why->kind;
  r.fail_code = why->code;
  r.fail_text = why->text;
  TACET_TRY(client_store_delete(c->store, CLIENT_T_PENDING, id));
  return client_message_save(c, &r);
}
