/* SPDX-License-Identifier: Apache-2.0
 * Items: unsealed, opened, processed. */
#include "client/receive.h"

#include "client/clock.h"
#include "client/content.h"
#include "client/events.h"
#include "client/letters.h"
#include "client/linking.h"
#include "client/mailboxes.h"
#include "client/slots.h"
#include "client/talks.h"
#include "client/waiting.h"
#include "tacet/content/envelope.h"
#include "tacet/wire/seal.h"

#define UNOPENED_LIFE (7 * CLIENT_DAY)

/* ---- what is in an envelope ---- */

static tacet_err take_hint(client_session *s, const client_epoch *epoch,
                           tacet_span body) {
  tacet_hint hint;
  if (tacet_hint_parse(body, &hint) == TACET_OK && epoch->epoch == s->r.epoch &&
      hint.slot >= s->r.slot) {
    s->r.look_due = true;
  }
  return TACET_OK;
}

/* Commits come by slots, proposals never: what else comes in a mailbox is not
 * even processed. It would spend keys of its sender at those whom he chose to
 * send it to, and they would judge a commit under those keys unlike the rest.
 */
static bool is_application(tacet_span body) {
  tacet_mls_header h;
  return tacet_mls_peek(body, &h) == TACET_OK &&
         h.wire_format == TACET_MLS_PRIVATE_MESSAGE &&
         h.content_type == TACET_MLS_CONTENT_APPLICATION;
}

static tacet_err take_message(client *c, client_session *s, tacet_span body) {
  if (!is_application(body)) {
    return TACET_OK;
  }
  tacet_mls_process_args args = {.now = client_now(c) / 1000};
  tacet_mls_event event;
  TACET_BUF(content, TACET_MLS_MESSAGE_LIMIT);
  tacet_err e = tacet_mls_process(s->mls, body, &args, &content, &event);
  if (e == TACET_ERR_REPLAY || e == TACET_ERR_OWN_MESSAGE) {
    return TACET_OK; /* it came twice */
  }
  if (tacet_err_kind(e) == TACET_KIND_LOCAL && e != TACET_ERR_STATE) {
    return e;
  }
  if (e != TACET_OK) {
    return client_event_warn(
        c, s->r.talk, "undecryptable",
        "A message could not be decrypted (%s). Ask the sender to send it "
        "again.",
        tacet_err_text(e));
  }
  return client_content_take(c, s, &event, tacet_buf_span(&content));
}

/* Tries the keys of the epochs. AUTH: none opens it. */
static tacet_err open_item(client *c, client_session *s, tacet_span item) {
  CLIENT_MEM(mem);
  client_epoch *list;
  size_t n;
  TACET_TRY(client_epochs(c, s->r.id, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_BYTES(plain);
    tacet_envelope_type type;
    tacet_span body;
    tacet_err e = tacet_envelope_open(tacet_secret_span(&list[i].envelope),
                                      item, &plain, &type, &body);
    if (e == TACET_ERR_AUTH) {
      continue;
    }
    if (e == TACET_ERR_NOMEM) {
      return e;
    }
    if (e != TACET_OK || type == TACET_ENVELOPE_SLOT) {
      return TACET_OK; /* of a member, and nonsense: dropped */
    }
    return type == TACET_ENVELOPE_HINT ? take_hint(s, &list[i], body)
                                       : take_message(c, s, body);
  }
  return TACET_ERR_AUTH;
}

/* ---- what does not open yet ---- */

static tacet_err keep_unopened(client *c, client_session *s, tacet_span item) {
  size_t n;
  uint8_t hash[32];
  uint64_t order;
  TACET_TRY(client_store_count(c->store, CLIENT_T_UNOPENED, s->r.id, &n));
  if (n >= CLIENT_UNOPENED_MAX) {
    return TACET_ERR_EPOCH_FUTURE;
  }
  client_unopened u = {.item = item, .received_at = client_now(c)};
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, item, hash));
  TACET_TRY(client_store_next(c->store, &order));
  TACET_TRY(client_put(c, CLIENT_T_UNOPENED, tacet_span_of(hash, sizeof(hash)),
                       s->r.id, order, client_unopened_fields, &u));
  s->r.look_due = true;
  return TACET_OK;
}

tacet_err client_unopened_retry(client *c, client_session *s) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = s->r.id};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_UNOPENED, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_unopened u;
    uint8_t hash[32];
    TACET_TRY(
        client_parse(c, &rows[i], client_unopened_fields, &u, sizeof(u), &mem));
    tacet_err e = open_item(c, s, u.item);
    if (e == TACET_ERR_AUTH) {
      continue;
    }
    TACET_TRY(e);
    TACET_TRY(tacet_hash_one(&tacet_hash_sha256, u.item, hash));
    TACET_TRY(client_store_delete(c->store, CLIENT_T_UNOPENED,
                                  tacet_span_of(hash, sizeof(hash))));
  }
  return client_session_save(c, s);
}

tacet_err client_unopened_sweep(client *c) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n, dropped = 0;
  client_range all = {.limit = 0};
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_UNOPENED, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_unopened u;
    uint8_t hash[32];
    if (client_fields_read(rows[i].value, client_unopened_fields, &u, sizeof(u),
                           &mem) != TACET_OK) {
      continue; /* a letter that waits */
    }
    if (client_since(c, u.received_at) < UNOPENED_LIFE) {
      continue;
    }
    TACET_TRY(tacet_hash_one(&tacet_hash_sha256, u.item, hash));
    TACET_TRY(client_store_delete(c->store, CLIENT_T_UNOPENED,
                                  tacet_span_of(hash, sizeof(hash))));
    dropped++;
  }
  if (dropped > 0) {
    TACET_TRY(client_event_warn(
        c, NULL, "undecryptable",
        "%zu messages came a week ago for which this device never got the "
        "keys; they were dropped. Ask whom you expected to hear from.",
        dropped));
  }
  return client_tx_commit(&tx);
}

/* ---- one item ---- */

static tacet_err take_for_group(client *c, tacet_span group,
                                const client_mailbox *m, tacet_span item) {
  CLIENT_SESSION(s);
  tacet_err e = client_session_load(c, group, &s);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK; /* left, or removed from it */
  }
  TACET_TRY(e);
  e = open_item(c, &s, item);
  if (e == TACET_ERR_AUTH && client_is_letter(m, item)) {
    return TACET_OK; /* the one that brought us here, once more */
  }
  if (e == TACET_ERR_AUTH && !s.r.broken) {
    e = keep_unopened(c, &s, item);
  } else if (e == TACET_ERR_AUTH) {
    e = TACET_OK;
  }
  TACET_TRY(e);
  return client_session_save(c, &s);
}

/* The last-resort mailbox serves every group that was joined through it. */
static tacet_err groups_at(client *c, const client_mailbox *m, client_mem *mem,
                           client_group_record **list, size_t *n) {
  client_group_record *all;
  size_t count, kept = 0;
  TACET_TRY(client_group_list(c, NULL, mem, &all, &count));
  for (size_t i = 0; i < count; i++) {
    if (!all[i].broken &&
        memcmp(all[i].mailbox, m->id, CLIENT_MAILBOX_LEN) == 0) {
      all[kept++] = all[i];
    }
  }
  *list = all;
  *n = kept;
  return TACET_OK;
}

static tacet_err opens_in(client *c, tacet_span group, tacet_span item,
                          bool *out) {
  CLIENT_MEM(mem);
  client_epoch *list;
  size_t n;
  *out = false;
  TACET_TRY(client_epochs(c, group, &mem, &list, &n));
  for (size_t i = 0; i < n && !*out; i++) {
    TACET_BYTES(plain);
    tacet_envelope_type type;
    tacet_span body;
    tacet_err e = tacet_envelope_open(tacet_secret_span(&list[i].envelope),
                                      item, &plain, &type, &body);
    if (e == TACET_ERR_NOMEM) {
      return e;
    }
    *out = e != TACET_ERR_AUTH;
  }
  return TACET_OK;
}

/* Any group's: who has not heard yet that this device moved on from here still
 * writes to it. AUTH: none opens it. */
static tacet_err take_shared(client *c, tacet_span item) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  TACET_TRY(client_group_list(c, NULL, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    CLIENT_SESSION(s);
    bool opens;
    TACET_TRY(opens_in(c, list[i].id, item, &opens));
    if (opens) {
      TACET_TRY(client_session_load(c, list[i].id, &s));
      TACET_TRY(open_item(c, &s, item));
      return client_session_save(c, &s);
    }
  }
  return TACET_ERR_AUTH;
}

/* It may be of an epoch to come, in any of them. Strangers write here: what is
 * too much is dropped, and does not hold up the mailbox. */
static tacet_err keep_shared(client *c, const client_mailbox *m,
                             tacet_span item) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  if (client_is_letter(m, item)) {
    return TACET_OK; /* one that was taken, once more */
  }
  TACET_TRY(groups_at(c, m, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    CLIENT_SESSION(s);
    TACET_TRY(client_session_load(c, list[i].id, &s));
    tacet_err e = keep_unopened(c, &s, item);
    if (e != TACET_ERR_EPOCH_FUTURE) {
      TACET_TRY(e);
      TACET_TRY(client_session_save(c, &s));
    }
  }
  return TACET_OK;
}

/* ---- where a letter is expected ---- */

/* A package that serves once tells a letter that comes again; the last-resort
 * one does not. */
static tacet_err came_before(client *c, tacet_span item, bool *out) {
  uint8_t hash[32];
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, item, hash));
  tacet_span key = tacet_span_of(hash, sizeof(hash));
  TACET_TRY(client_store_has(c->store, CLIENT_T_SEEN, key, out));
  return *out ? TACET_OK
              : client_store_put(c->store, CLIENT_T_SEEN, key, TACET_SPAN_EMPTY,
                                 client_now(c) / CLIENT_DAY, TACET_SPAN_EMPTY);
}

static tacet_err take_letter(client *c, const client_mailbox *m,
                             const client_letter *letter, tacet_span item) {
  bool before = false;
  TACET_TRY(m->last_resort ? came_before(c, item, &before) : TACET_OK);
  if (before) {
    return TACET_OK;
  }
  if (letter->absent) {
    return client_waiting_add(c, m, CLIENT_WAITS_PARTS, item);
  }
  tacet_err e = client_letter_take(c, m, letter, false);
  return e == TACET_ERR_GROUP_ID
             ? client_waiting_add(c, m, CLIENT_WAITS_GROUP, item)
             : e;
}

/* What is no letter: behind one that waits, or for groups that share this
 * mailbox. */
static tacet_err take_for_package(client *c, const client_mailbox *m,
                                  tacet_span item) {
  bool waits;
  tacet_err e = m->last_resort ? take_shared(c, item) : TACET_ERR_AUTH;
  if (e != TACET_ERR_AUTH) {
    return e;
  }
  TACET_TRY(client_waiting_has(c, m, &waits));
  if (waits) {
    return client_waiting_add(c, m, CLIENT_WAITS_BEHIND, item);
  }
  return m->last_resort ? keep_shared(c, m, item) : TACET_OK;
}

static tacet_err take(client *c, const client_mailbox *m,
                      const client_letter *letter, tacet_span item) {
  switch ((client_mailbox_use)m->use) {
  case CLIENT_MAILBOX_PACKAGE:
    return letter->opened ? take_letter(c, m, letter, item)
                          : take_for_package(c, m, item);
  case CLIENT_MAILBOX_GROUP:
  case CLIENT_MAILBOX_OLD:
    return take_for_group(c, m->group, m, item);
  case CLIENT_MAILBOX_LINKING:
    return client_offer_take(c, m, item);
  case CLIENT_MAILBOX_MAKING:
  case CLIENT_MAILBOX_SPARE:
  case CLIENT_MAILBOX_CONDEMNED:
    break;
  }
  return TACET_OK;
}

/* In the record as it is after the item was taken. */
static tacet_err mark_seen(client *c, tacet_span id, uint64_t seq) {
  CLIENT_MEM(mem);
  client_mailbox m;
  tacet_err e = client_mailbox_get(c, id, &mem, &m);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  m.seen = seq;
  return client_mailbox_save(c, &m);
}

static tacet_err receive(client *c, const client_mailbox *m, uint64_t seq,
                         tacet_span item) {
  CLIENT_LETTER(letter);
  if (m->use == CLIENT_MAILBOX_PACKAGE) {
    TACET_TRY(client_letter_open(c, m, item, &letter));
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(take(c, m, &letter, item));
  TACET_TRY(mark_seen(c, tacet_span_of(m->id, sizeof(m->id)), seq));
  return client_tx_commit(&tx);
}

tacet_err client_receive_behind(client *c, const client_mailbox *m,
                                bool letter_waits, tacet_span item) {
  CLIENT_LETTER(none);
  if (m->use != CLIENT_MAILBOX_PACKAGE) {
    return take(c, m, &none, item);
  }
  tacet_err e = m->last_resort ? take_shared(c, item) : TACET_OK;
  return e == TACET_ERR_AUTH && !letter_waits ? keep_shared(c, m, item) : e;
}

static void unsealer_cleanup(tacet_unsealer *u) {
  tacet_unsealer_wipe(u);
}

tacet_err client_receive_sealed(client *c, const tacet_frame *f) {
  CLIENT_MEM(mem);
  client_mailbox m;
  tacet_err e = client_mailbox_get(
      c, tacet_span_of(f->mailbox, sizeof(f->mailbox)), &mem, &m);
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && f->seq <= m.seen)) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_CLEANUP(unsealer_cleanup) tacet_unsealer u = {.mailbox = {0}};
  TACET_BYTES(item);
  e = f->body.len < TACET_SEAL_TAG_LEN
          ? TACET_ERR_AUTH
          : tacet_bytes_new(&item, f->body.len - TACET_SEAL_TAG_LEN);
  if (e == TACET_OK) {
    e = tacet_unsealer_new(&m.sealing, m.id, f->enc, &u);
  }
  if (e == TACET_OK) {
    e = tacet_unsealer_open(&u, f->number, f->body, item.p);
  }
  if (e != TACET_OK && tacet_err_kind(e) == TACET_KIND_LOCAL) {
    return e;
  }
  if (e != TACET_OK) { /* nobody but the server could have made that */
    CLIENT_TX(tx);
    TACET_TRY(client_tx_begin(c->store, &tx));
    TACET_TRY(mark_seen(c, tacet_span_of(m.id, sizeof(m.id)), f->seq));
    return client_tx_commit(&tx);
  }
  return receive(c, &m, f->seq, tacet_bytes_span(&item));
}

/* ---- what is lost ---- */

tacet_err client_mailbox_lost(client *c, const client_mailbox *m,
                              const tacet_subscription *s) {
  CLIENT_MEM(mem);
  client_group_record r;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  if (m->group.len > 0) {
    tacet_err e = client_group_get(c, m->group, &mem, &r);
    if (e == TACET_OK && s->expired > 0) {
      e = client_event_warn(
          c, r.talk, "gap",
          "%u messages here waited longer than the server keeps them, and are "
          "gone. Ask the others to send again what you miss.",
          (unsigned)s->expired);
    } else if (e == TACET_OK && m->use == CLIENT_MAILBOX_GROUP) {
      r.fresh_due = true; /* nobody reaches us there any more: move */
      r.fresh_at = client_now(c);
      e = client_group_save(c, &r);
    }
    if (e != TACET_ERR_NOT_FOUND) {
      TACET_TRY(e);
    }
  }
  if (!s->known) {
    TACET_TRY(client_store_delete(c->store, CLIENT_T_MAILBOX,
                                  tacet_span_of(m->id, sizeof(m->id))));
  }
  return client_tx_commit(&tx);
}
