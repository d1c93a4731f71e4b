/* SPDX-License-Identifier: Apache-2.0
 * What was read, here and on other devices of the account. */
#include "client/reads.h"

#include "client/devsync.h"
#include "client/events.h"
#include "client/messages.h"

#define UNTOLD TACET_SPAN_LIT("untold")
#define EARLY TACET_SPAN_LIT("early")
#define EARLY_DAYS 60 /* longer than anything waits in a mailbox */

void client_read_fields(client_fields *f, void *record) {
  client_read_record *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->message, sizeof(r->message));
  client_field_fixed(f, r->talk, sizeof(r->talk));
  client_field_u64(f, &r->at);
  client_field_fixed(f, r->by, sizeof(r->by));
}

static tacet_err put(client *c, client_read_record *r, tacet_span parent,
                     uint64_t order) {
  return client_put(c, CLIENT_T_READ, client_id_span(r->message), parent, order,
                    client_read_fields, r);
}

/* What disappears some time after it was read begins to do so: not before it
 * came to this device, or its user would never see it here. */
static tacet_err set_read(client *c, client_message_record *m, uint64_t at) {
  m->read_at = at;
  if (m->expires_after == 0) {
    return TACET_OK;
  }
  uint64_t from = at > m->received_at ? at : m->received_at;
  m->expires_at = from + (uint64_t)m->expires_after * 1000;
  return client_message_expires(c, client_id_span(m->id));
}

/* ---- here ---- */

tacet_err client_read_here(client *c, tacet_span message) {
  CLIENT_MEM(mem);
  client_message_record m;
  client_read_record r = {.at = client_now(c) / 1000 * 1000};
  uint64_t order;
  bool others;
  tacet_err e = client_message_get(c, message, &mem, &m);
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && m.read_at != 0)) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(set_read(c, &m, r.at));
  TACET_TRY(client_message_save(c, &m));
  TACET_TRY(client_sync_has_others(c, &others));
  if (m.own || !others) {
    return TACET_OK;
  }
  memcpy(r.message, m.id, sizeof(r.message));
  memcpy(r.talk, m.talk, sizeof(r.talk));
  memcpy(r.by, c->self.device, sizeof(r.by));
  TACET_TRY(client_store_next(c->store, &order));
  TACET_TRY(put(c, &r, UNTOLD, order));
  return client_sync_soon(c);
}

tacet_err client_reads_untold(client *c, size_t limit, client_mem *mem,
                              client_read_record **list, size_t *n) {
  const client_row *rows;
  size_t count;
  client_range range = {.parent = UNTOLD, .limit = limit};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_READ, &range, mem, &rows, &count));
  client_read_record *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    TACET_TRY(client_parse(c, &rows[i], client_read_fields, &found[i],
                           sizeof(found[i]), mem));
  }
  *list = found;
  *n = count;
  return TACET_OK;
}

tacet_err client_read_told(client *c, const uint8_t *message) {
  return client_store_delete(c->store, CLIENT_T_READ, client_id_span(message));
}

/* ---- elsewhere ---- */

/* It may come later, or was deleted here. */
static tacet_err remember(client *c, const tacet_sync_entry *e, tacet_span id) {
  CLIENT_MEM(mem);
  client_read_record r = {.at = e->stamp}, before;
  tacet_err err = client_get(c, CLIENT_T_READ, id, client_read_fields, &before,
                             sizeof(before), &mem);
  TACET_TRY(err == TACET_ERR_NOT_FOUND ? TACET_OK : err);
  if (err == TACET_OK && before.at <= r.at) {
    return TACET_OK;
  }
  memcpy(r.message, id.p, sizeof(r.message));
  memcpy(r.talk, e->id, sizeof(r.talk));
  memcpy(r.by, e->by, sizeof(r.by));
  return put(c, &r, EARLY, client_now(c) / CLIENT_DAY);
}

/* *news: it was unread here. */
static tacet_err take_one(client *c, const tacet_sync_entry *e, tacet_span id,
                          bool *news) {
  CLIENT_MEM(mem);
  client_message_record m;
  tacet_err err = client_message_get(c, id, &mem, &m);
  *news = false;
  if (err == TACET_ERR_NOT_FOUND) {
    return remember(c, e, id);
  }
  TACET_TRY(err);
  if (memcmp(m.talk, e->id, sizeof(m.talk)) != 0 || m.own ||
      (m.read_at != 0 && m.read_at <= e->stamp)) {
    return TACET_OK;
  }
  *news = m.read_at == 0;
  TACET_TRY(set_read(c, &m, e->stamp));
  return client_message_save(c, &m);
}

tacet_err client_read_elsewhere(client *c, const tacet_sync_entry *in) {
  CLIENT_MEM(mem);
  size_t n = in->messages.len / CLIENT_ID_LEN, n_news = 0;
  tacet_sync_entry e = *in;
  uint64_t now = client_now(c) / 1000 * 1000;
  uint8_t(*news)[CLIENT_ID_LEN] = client_mem_array(&mem, n, sizeof(*news));
  if (news == NULL) {
    return TACET_ERR_NOMEM;
  }
  e.stamp = e.stamp == 0 || e.stamp > now ? now : e.stamp; /* that clock's */
  for (size_t i = 0; i < n; i++) {
    tacet_span id =
        tacet_span_of(in->messages.p + i * CLIENT_ID_LEN, CLIENT_ID_LEN);
    bool fresh;
    TACET_TRY(take_one(c, &e, id, &fresh));
    if (fresh) {
      memcpy(news[n_news++], id.p, CLIENT_ID_LEN);
    }
  }
  return n_news == 0 ? TACET_OK : client_event_read(c, e.id, news, n_news);
}

tacet_err client_read_early(client *c, client_message_record *m) {
  CLIENT_MEM(mem);
  client_read_record r;
  tacet_err e = client_get(c, CLIENT_T_READ, client_id_span(m->id),
                           client_read_fields, &r, sizeof(r), &mem);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  if (memcmp(m->talk, r.talk, sizeof(m->talk)) == 0 && !m->own) {
    TACET_TRY(set_read(c, m, r.at));
  }
  return client_store_delete(c->store, CLIENT_T_READ, client_id_span(m->id));
}

tacet_err client_reads_sweep(client *c) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  uint64_t day = client_now(c) / CLIENT_DAY;
  client_range range = {.parent = EARLY,
                        .to = day > EARLY_DAYS ? day - EARLY_DAYS : 1};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_READ, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_read_record r;
    TACET_TRY(
        client_parse(c, &rows[i], client_read_fields, &r, sizeof(r), &mem));
    TACET_TRY(client_read_told(c, r.message));
  }
  return TACET_OK;
}
