/* SPDX-License-Identifier: Apache-2.0
 * What waits, and what becomes of it. */
#include "client/waiting.h"

#include "client/letters.h"
#include "client/mailboxes.h"
#include "client/pending.h"
#include "client/receive.h"

#define PARENT TACET_SPAN_LIT("letters")
#define TRIES_MAX 13 /* after a minute, two, four ...: nearly three days */
#define BYTES_A_DAY ((uint64_t)64 << 20)

/* ---- records ---- */

static tacet_err list_all(client *c, client_mem *mem, const client_row **rows,
                          size_t *n) {
  client_range range = {.parent = PARENT};
  return client_store_list(c->store, CLIENT_T_UNOPENED, &range, mem, rows, n);
}

static void key_of(uint64_t order, tacet_buf *w) {
  tacet_write_bytes(w, PARENT);
  tacet_write_u64(w, order);
}

static tacet_err save(client *c, uint64_t order, client_waiting *r) {
  TACET_BUF(key, 32);
  key_of(order, &key);
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_UNOPENED, tacet_buf_span(&key), PARENT, order,
                    client_waiting_fields, r);
}

static tacet_err forget(client *c, uint64_t order) {
  TACET_BUF(key, 32);
  key_of(order, &key);
  TACET_TRY(key.err);
  return client_store_delete(c->store, CLIENT_T_UNOPENED, tacet_buf_span(&key));
}

/* Which group a letter leads to, only the join told: all are looked at. */
static tacet_err look_for_news(client *c) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  TACET_TRY(client_group_list(c, NULL, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    list[i].look_due = list[i].look_due || !list[i].broken;
    TACET_TRY(client_group_save(c, &list[i]));
  }
  return TACET_OK;
}

tacet_err client_waiting_add(client *c, const client_mailbox *m,
                             client_waits_for what, tacet_span item) {
  size_t n;
  uint64_t order;
  client_waiting r = {.what = (uint8_t)what, .item = item};
  memcpy(r.mailbox, m->id, sizeof(r.mailbox));
  TACET_TRY(client_store_count(c->store, CLIENT_T_UNOPENED, PARENT, &n));
  if (n >= CLIENT_WAITING_MAX) {
    return TACET_ERR_EPOCH_FUTURE;
  }
  TACET_TRY(client_store_next(c->store, &order));
  TACET_TRY(save(c, order, &r));
  return what == CLIENT_WAITS_GROUP ? look_for_news(c) : TACET_OK;
}

tacet_err client_waiting_has(client *c, const client_mailbox *m, bool *out) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  *out = false;
  TACET_TRY(list_all(c, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_waiting r;
    TACET_TRY(
        client_parse(c, &rows[i], client_waiting_fields, &r, sizeof(r), &mem));
    *out = *out || (r.what != CLIENT_WAITS_BEHIND &&
                    memcmp(r.mailbox, m->id, CLIENT_MAILBOX_LEN) == 0);
  }
  return TACET_OK;
}

/* ---- fetching ---- */

/* Within what a day may cost? Strangers decide how much there is to fetch. */
static tacet_err may_fetch(client *c, const client_letter *l, bool *out) {
  client_upkeep upkeep;
  uint64_t today = client_now(c) / CLIENT_DAY;
  uint64_t size = tacet_attachment_sealed_size(l->body.parts.size);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_upkeep_load(c, &upkeep));
  if (upkeep.letters_day != today) {
    upkeep.letters_day = today;
    upkeep.letters_bytes = 0;
  }
  *out = upkeep.letters_bytes + size <= BYTES_A_DAY;
  upkeep.letters_bytes += *out ? size : 0;
  TACET_TRY(client_upkeep_save(c, &upkeep));
  return client_tx_commit(&tx);
}

static tacet_err put_off(client *c, uint64_t order, client_waiting *r,
                         uint64_t until, uint64_t *next) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  r->what = CLIENT_WAITS_PARTS;
  r->again = until;
  *next = until < *next ? until : *next;
  TACET_TRY(save(c, order, r));
  return client_tx_commit(&tx);
}

static tacet_err give_up(client *c, uint64_t order, const client_mailbox *m) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(forget(c, order));
  TACET_TRY(client_letter_give_up(c, m));
  return client_tx_commit(&tx);
}

/* True in *got once the letter is whole; else it was put off, or given up. */
static tacet_err fetch(client *c, uint64_t order, client_waiting *r,
                       const client_mailbox *m, client_letter *l,
                       uint64_t *next, bool *got) {
  uint64_t now = client_now(c), ignored = UINT64_MAX;
  bool may;
  *got = false;
  TACET_TRY(may_fetch(c, l, &may));
  if (!may) {
    return put_off(c, order, r, (now / CLIENT_DAY + 1) * CLIENT_DAY, next);
  }
  tacet_err e = client_letter_fetch(c, l);
  *got = e == TACET_OK;
  if (*got) {
    return TACET_OK;
  }
  if (client_judge(c, e, &ignored) == CLIENT_ABORT) {
    return e;
  }
  client_error_clear(&c->detail);
  r->tries++;
  return r->tries >= TRIES_MAX
             ? give_up(c, order, m)
             : put_off(c, order, r, now + (CLIENT_MINUTE << (r->tries - 1)),
                       next);
}

/* ---- what becomes of it ---- */

static tacet_err take(client *c, uint64_t order, client_waiting *r,
                      const client_mailbox *m, const client_letter *l,
                      uint64_t *next) {
  bool waited = r->what == CLIENT_WAITS_GROUP;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(forget(c, order));
  if (l->opened) {
    tacet_err e = client_letter_take(c, m, l, waited);
    if (e == TACET_ERR_GROUP_ID) { /* also of what another letter led to */
      r->what = CLIENT_WAITS_GROUP;
      *next = 0;
      TACET_TRY(save(c, order, r));
      e = look_for_news(c);
    }
    TACET_TRY(e);
  }
  return client_tx_commit(&tx);
}

static tacet_err run_letter(client *c, uint64_t order, client_waiting *r,
                            const client_mailbox *m, bool looked,
                            uint64_t *next) {
  CLIENT_LETTER(letter);
  bool got = true;
  if (r->what == CLIENT_WAITS_GROUP && !looked) {
    return TACET_OK;
  }
  if (r->what == CLIENT_WAITS_PARTS && client_now(c) < r->again) {
    *next = r->again < *next ? r->again : *next;
    return TACET_OK;
  }
  TACET_TRY(client_letter_open(c, m, r->item, &letter));
  if (letter.absent) {
    TACET_TRY(fetch(c, order, r, m, &letter, next, &got));
  }
  return got ? take(c, order, r, m, &letter, next) : TACET_OK;
}

/* In its mailbox there may be a group by now, or still a letter. */
static tacet_err run_behind(client *c, uint64_t order, const client_waiting *r,
                            const client_mailbox *m) {
  bool waits;
  CLIENT_TX(tx);
  TACET_TRY(client_waiting_has(c, m, &waits));
  if (waits && !m->last_resort) {
    return TACET_OK;
  }
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = client_receive_behind(c, m, waits, r->item);
  if (e == TACET_ERR_AUTH || e == TACET_ERR_EPOCH_FUTURE) {
    return TACET_OK; /* not yet */
  }
  TACET_TRY(e);
  TACET_TRY(forget(c, order));
  return client_tx_commit(&tx);
}

static tacet_err run_one(client *c, const client_row *row, bool looked,
                         uint64_t *next) {
  CLIENT_MEM(mem);
  client_mailbox m;
  client_waiting r;
  TACET_TRY(client_parse(c, row, client_waiting_fields, &r, sizeof(r), &mem));
  tacet_err e = client_mailbox_get(
      c, tacet_span_of(r.mailbox, sizeof(r.mailbox)), &mem, &m);
  bool letter = r.what != CLIENT_WAITS_BEHIND;
  if (e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK && letter && m.use != CLIENT_MAILBOX_PACKAGE)) {
    CLIENT_TX(tx); /* refused meanwhile, or too old */
    TACET_TRY(client_tx_begin(c->store, &tx));
    TACET_TRY(forget(c, row->order));
    return client_tx_commit(&tx);
  }
  TACET_TRY(e);
  return letter ? run_letter(c, row->order, &r, &m, looked, next)
                : run_behind(c, row->order, &r, &m);
}

tacet_err client_waiting_run(client *c, bool looked, uint64_t *next) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  TACET_TRY(list_all(c, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(client_check_interrupt(c));
    TACET_TRY(run_one(c, &rows[i], looked, next));
  }
  return TACET_OK;
}
