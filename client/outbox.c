/* SPDX-License-Identifier: Apache-2.0
 * Parcels: put in, sent, done. */
#include "client/outbox.h"

#include "client/attachments.h"
#include "client/call.h"
#include "client/clock.h"
#include "client/deliver.h"
#include "client/members.h"
#include "tacet/content/envelope.h"

#define PAYLOAD_MAX ((size_t)3 << 20)

/* ---- parcels in the store ---- */

static void number_key(uint64_t number, tacet_buf *w) {
  tacet_write_u64(w, number);
}

void client_letter_file_key(uint64_t number, tacet_buf *w) {
  tacet_write_bytes(w, TACET_SPAN_LIT("letters"));
  number_key(number, w);
}

tacet_err client_parcel_save(client *c, client_parcel *p) {
  TACET_BUF(key, 16);
  number_key(p->number, &key);
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_OUTBOX, tacet_buf_span(&key), p->group,
                    p->number, client_parcel_fields, p);
}

tacet_err client_payload_save(client *c, const client_parcel *p,
                              tacet_span item, tacet_span body) {
  TACET_BUF(key, 16);
  client_payload payload = {item, body};
  number_key(p->number, &key);
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_PAYLOAD, tacet_buf_span(&key), TACET_SPAN_EMPTY,
                    0, client_payload_fields, &payload);
}

tacet_err client_payload_get(client *c, const client_parcel *p, client_mem *mem,
                             client_payload *out) {
  TACET_BUF(key, 16);
  number_key(p->number, &key);
  TACET_TRY(key.err);
  return client_get(c, CLIENT_T_PAYLOAD, tacet_buf_span(&key),
                    client_payload_fields, out, sizeof(*out), mem);
}

tacet_err client_parcel_add(client *c, client_parcel *p, tacet_span item,
                            tacet_span body) {
  TACET_TRY(client_store_next(c->store, &p->number));
  TACET_TRY(client_payload_save(c, p, item, body));
  return client_parcel_save(c, p);
}

tacet_err client_parcel_remove(client *c, const client_parcel *p) {
  TACET_BUF(key, 16);
  number_key(p->number, &key);
  TACET_TRY(key.err);
  if (p->file != 0) {
    TACET_BUF(file, 32);
    client_letter_file_key(p->file, &file);
    TACET_TRY(client_file_release(c, tacet_buf_span(&file)));
  }
  TACET_TRY(
      client_store_delete(c->store, CLIENT_T_PAYLOAD, tacet_buf_span(&key)));
  return client_store_delete(c->store, CLIENT_T_OUTBOX, tacet_buf_span(&key));
}

tacet_err client_parcel_list(client *c, client_mem *mem, client_parcel **list,
                             size_t *n) {
  const client_row *rows;
  size_t count;
  client_range all = {.limit = 0};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_OUTBOX, &all, mem, &rows, &count));
  client_parcel *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    TACET_TRY(client_parse(c, &rows[i], client_parcel_fields, &found[i],
                           sizeof(found[i]), mem));
  }
  *list = found;
  *n = count;
  return TACET_OK;
}

tacet_err client_outbox_drop_after(client *c, uint64_t number) {
  CLIENT_MEM(mem);
  client_parcel *list;
  size_t n;
  TACET_TRY(client_parcel_list(c, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    if (list[i].after == number) {
      TACET_TRY(client_parcel_remove(c, &list[i]));
    }
  }
  return TACET_OK;
}

tacet_err client_outbox_drop_group(client *c, tacet_span group) {
  CLIENT_MEM(mem);
  client_parcel *list;
  size_t n;
  TACET_TRY(client_parcel_list(c, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    if (tacet_span_equal(list[i].group, group)) {
      TACET_TRY(client_parcel_remove(c, &list[i]));
    }
  }
  return TACET_OK;
}

/* ---- encrypting ---- */

tacet_err client_outbox_close(client *c, client_session *s, tacet_span content,
                              tacet_span aad, tacet_buf *item) {
  CLIENT_MEM(mem);
  client_epoch epoch;
  tacet_mls_protect_args args = {.aad = aad};
  TACET_TRY(client_epoch_get(c, s->r.id, s->r.epoch, &mem, &epoch));
  TACET_BUF(message, PAYLOAD_MAX);
  TACET_TRY(tacet_mls_protect(s->mls, content, &args, &message));
  TACET_TRY(tacet_envelope_seal(tacet_secret_span(&epoch.envelope),
                                TACET_ENVELOPE_MESSAGE,
                                tacet_buf_span(&message), item));
  return item->len > TACET_ITEM_MAX ? TACET_ERR_LIMIT : TACET_OK;
}

tacet_err client_outbox_encrypt(client *c, client_session *s,
                                tacet_span content, tacet_span message,
                                tacet_span aad) {
  CLIENT_MEM(mem);
  client_parcel p = {.kind = CLIENT_PARCEL_ITEM,
                     .group = s->r.id,
                     .epoch = s->r.epoch,
                     .message = message,
                     .made_at = client_now(c)};
  TACET_TRY(client_recipients(c, s, false, &mem, &p.to, &p.n_to));
  if (p.n_to == 0) { /* alone in the group */
    return client_delivered(c, &p);
  }
  TACET_BUF(item, PAYLOAD_MAX);
  TACET_TRY(client_outbox_close(c, s, content, aad, &item));
  TACET_TRY(client_parcel_add(c, &p, tacet_buf_span(&item), TACET_SPAN_EMPTY));
  return client_session_save(c, s);
}

/* ---- flushing ---- */

/* Mailboxes for which something earlier has not gone out. */
typedef struct busy {
  client_mem mem;
  client_recipient *list;
  size_t n, cap;
} busy;

static void busy_free(busy *b) {
  client_mem_free(&b->mem);
}

/* By account too: who claims another's mailbox holds up nobody but himself. */
static bool is_busy(const busy *b, const client_recipient *r) {
  for (size_t i = 0; i < b->n; i++) {
    if (memcmp(b->list[i].account, r->account, CLIENT_ID_LEN) == 0 &&
        memcmp(b->list[i].mailbox, r->mailbox, CLIENT_MAILBOX_LEN) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err make_busy(busy *b, const client_parcel *p) {
  for (size_t i = 0; i < p->n_to; i++) {
    if (client_is_settled(p->to[i].state)) {
      continue;
    }
    if (b->n == b->cap) {
      size_t cap = b->cap * 2 + 64;
      client_recipient *list = client_mem_array(&b->mem, cap, sizeof(*list));
      if (list == NULL) {
        return TACET_ERR_NOMEM;
      }
      if (b->n > 0) {
        memcpy(list, b->list, b->n * sizeof(*list));
      }
      b->list = list;
      b->cap = cap;
    }
    b->list[b->n++] = p->to[i];
  }
  return TACET_OK;
}

static bool waits_for(const client_parcel *list, size_t n,
                      const client_parcel *p) {
  for (size_t i = 0; i < n; i++) {
    if (p->after != 0 && list[i].number == p->after) {
      return true;
    }
  }
  return false;
}

/* Which recipients it goes to now. */
static size_t choose(const client *c, const client_parcel *p, const busy *b,
                     bool *chosen) {
  bool again = client_is_due(c, p->retry_at, CLIENT_HOUR);
  size_t n = 0;
  for (size_t i = 0; i < p->n_to; i++) {
    const client_recipient *r = &p->to[i];
    bool due =
        r->state == CLIENT_TO_SEND || (!client_is_settled(r->state) && again);
    chosen[i] = due && !is_busy(b, r);
    n += chosen[i];
  }
  return n;
}

static tacet_err flush_one(client *c, client_parcel *p, busy *b,
                           uint64_t *next) {
  CLIENT_MEM(mem);
  bool *chosen = client_mem_array(&mem, p->n_to, sizeof(*chosen));
  if (chosen == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (choose(c, p, b, chosen) > 0) {
    TACET_TRY(client_deliver(c, p, chosen));
    if (choose(c, p, b, chosen) > 0) {
      *next = 0; /* another request, or another try after a look */
    }
  }
  if (!client_is_due(c, p->retry_at, CLIENT_HOUR) && p->retry_at < *next) {
    *next = p->retry_at;
  }
  return make_busy(b, p);
}

/* True in *again if a commit was settled: the list is another one then. */
static tacet_err flush_all(client *c, uint64_t *next, bool *again) {
  CLIENT_MEM(mem);
  TACET_CLEANUP(busy_free) busy b = {{NULL}, NULL, 0, 0};
  client_parcel *list;
  size_t n;
  *again = false;
  TACET_TRY(client_parcel_list(c, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(client_check_interrupt(c));
    if (waits_for(list, n, &list[i])) {
      TACET_TRY(make_busy(&b, &list[i]));
    } else if (list[i].kind == CLIENT_PARCEL_COMMIT) {
      *again = true;
      return client_deliver_commit(c, &list[i]);
    } else {
      TACET_TRY(flush_one(c, &list[i], &b, next));
    }
  }
  return TACET_OK;
}

tacet_err client_outbox_flush(client *c, uint64_t *next) {
  bool again = true;
  while (again) {
    TACET_TRY(flush_all(c, next, &again));
  }
  return TACET_OK;
}
