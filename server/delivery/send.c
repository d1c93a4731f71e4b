/* SPDX-License-Identifier: Apache-2.0
 * One item to many mailboxes, with or without a slot. */
#include "server/delivery/private.h"

#include <stdlib.h>

/* The token is checked before the writer has the request. */
tacet_err dlv_send_start(dlv_request *r, sto_conn *c) {
  (void)c;
  tacet_token t;
  if (tacet_token_parse(r->in.send.token, &t) == TACET_OK) {
    TACET_TRY(dlv_tokens_check(r, &t, 1));
  }
  dlv_then(r, DLV_WRITER, true, dlv_send_run);
  return TACET_OK;
}

/* ---- who may ---- */

typedef struct target {
  dlv_box *box; /* NULL: gone */
  dlv_right right;
  bool paid_for; /* by the token of the request */
} target;

static tacet_err find_targets(dlv_request *r, sto_conn *c, target *out) {
  dlv_delivery *d = r->delivery;
  tacet_span list = r->in.send.recipients;
  size_t i = 0;
  for (tacet_recipient to; tacet_recipient_next(&list, &to); i++) {
    out[i].paid_for = false;
    TACET_TRY(dlv_box_find(&d->boxes, c, to.mailbox, &out[i].box));
    out[i].right =
        out[i].box == NULL
            ? DLV_RIGHT_NONE
            : dlv_box_right(out[i].box, r->work->hashes[i], dlv_today(d));
  }
  return TACET_OK;
}

/* ---- the slot ---- */

/* The capability that pays for a claim: a right one that has claims left. */
static const uint8_t *payer(const dlv_request *r, const target *targets,
                            bool *any) {
  *any = false;
  for (size_t i = 0; i < r->in.send.n_recipients; i++) {
    if (targets[i].right == DLV_RIGHT_NONE) {
      continue;
    }
    *any = true;
    if (dlv_claims_allow(r->delivery, r->work->hashes[i], false)) {
      return r->work->hashes[i];
    }
  }
  return NULL;
}

/* What a claim comes to: whether the slot is this request's to write, and what
 * that costs. */
typedef struct claim {
  uint8_t hash[TACET_HASH_LEN];
  bool write, costs_token;
  const uint8_t *pays; /* else: the capability that does */
} claim;

static tacet_err look_at_slot(dlv_request *r, sto_conn *c,
                              const target *targets, claim *out) {
  dlv_slot_result found;
  tacet_slot_conflict conflict;
  tacet_span body = r->in.send.slot.body;
  bool any;
  TACET_TRY(dlv_hash(r->in.send.slot.name, TACET_SLOT_NAME_LEN, out->hash));
  TACET_TRY(dlv_slot_look(c, out->hash, body, &found, &conflict.body));
  switch (found) {
  case DLV_SLOT_FREE:
    out->write = true;
    out->pays = payer(r, targets, &any);
    out->costs_token = out->pays == NULL || body.len > TACETD_SLOT_FREE_MAX;
    if (out->costs_token && r->in.send.token.len == 0) {
      return dlv_refuse(r, any ? TACET_WIRE_TOKEN_NEEDED
                               : TACET_WIRE_NO_RECIPIENT);
    }
    return TACET_OK;
  case DLV_SLOT_SAME: /* a resend: its hints may not have arrived */
    return TACET_OK;
  case DLV_SLOT_OTHER:
    tacet_slot_conflict_write(&r->answer, &conflict);
    return dlv_refuse(r, TACET_WIRE_SLOT_TAKEN);
  case DLV_SLOT_EXPIRED:
    return dlv_refuse(r, TACET_WIRE_SLOT_EXPIRED);
  }
  return TACET_ERR_STATE;
}

static tacet_err write_slot(dlv_request *r, sto_conn *c, const claim *s) {
  if (!s->write) {
    return TACET_OK;
  }
  if (!s->costs_token) {
    (void)dlv_claims_allow(r->delivery, s->pays, true);
  }
  return dlv_slot_add(c, s->hash, dlv_today(r->delivery), r->in.send.slot.body);
}

/* ---- the token ---- */

static size_t size_in_box(const dlv_request *r) {
  return r->in.send.item.len + TACET_SEAL_TAG_LEN;
}

/* Spends it on what it is for, before anything is written: a token that is no
 * good refuses the request. */
static tacet_err spend(dlv_request *r, sto_conn *c, target *targets,
                       const claim *s) {
  if (s->costs_token) {
    return dlv_tokens_spend(r, c, 1);
  }
  for (size_t i = 0; i < r->in.send.n_recipients && r->in.send.token.len > 0;
       i++) {
    target *t = &targets[i];
    if (t->right != DLV_RIGHT_NONE && t->box->paid &&
        dlv_box_has_room(t->box, size_in_box(r))) {
      TACET_TRY(dlv_tokens_spend(r, c, 1));
      t->paid_for = r->status == TACET_WIRE_OK;
      return TACET_OK;
    }
  }
  return TACET_OK;
}

/* ---- the item ---- */

static tacet_err deliver(dlv_request *r, const target *t, uint8_t *outcome) {
  dlv_delivery *d = r->delivery;
  tacet_span item = r->in.send.item;
  if (t->right == DLV_RIGHT_NONE) {
    *outcome = t->box == NULL ? TACET_DELIVERY_GONE : TACET_DELIVERY_STALE;
    return TACET_OK;
  }
  /* A mailbox that stands in the list twice may have used its old capability
   * up on the way. */
  if (t->right == DLV_RIGHT_OLD && t->box->old_left == 0) {
    *outcome = TACET_DELIVERY_STALE;
    return TACET_OK;
  }
  if (!dlv_box_has_room(t->box, size_in_box(r))) {
    *outcome = TACET_DELIVERY_FULL;
    return TACET_OK;
  }
  if (t->box->paid && !t->paid_for) {
    *outcome = TACET_DELIVERY_TOKEN_NEEDED;
    return TACET_OK;
  }
  TACET_TRY(dlv_outgoing_add(&d->out, t->box, dlv_now_ms(d), item));
  if (t->right == DLV_RIGHT_OLD) {
    t->box->old_left--;
    dlv_box_change(&d->boxes, t->box);
  }
  *outcome = TACET_DELIVERY_STORED;
  return TACET_OK;
}

static tacet_err deliver_all(dlv_request *r, const target *targets,
                             uint8_t *outcomes) {
  memset(r->outcomes, 0, sizeof(r->outcomes));
  for (size_t i = 0; i < r->in.send.n_recipients; i++) {
    TACET_TRY(deliver(r, &targets[i], &outcomes[i]));
    r->outcomes[outcomes[i]]++;
  }
  return TACET_OK;
}

static void answer(dlv_request *r, const uint8_t *outcomes) {
  tacet_send_answer a = {tacet_span_of(outcomes, r->in.send.n_recipients)};
  tacet_send_answer_write(&r->answer, &a);
}

tacet_err dlv_send_run(dlv_request *r, sto_conn *c) {
  target targets[TACET_RECIPIENTS_MAX];
  uint8_t outcomes[TACET_RECIPIENTS_MAX];
  claim slot = {.write = false};
  TACET_TRY(find_targets(r, c, targets));
  if (r->in.send.has_slot) {
    TACET_TRY(look_at_slot(r, c, targets, &slot));
  }
  if (r->status == TACET_WIRE_OK) {
    TACET_TRY(spend(r, c, targets, &slot));
  }
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK; /* nothing is stored */
  }
  TACET_TRY(write_slot(r, c, &slot));
  TACET_TRY(deliver_all(r, targets, outcomes));
  answer(r, outcomes);
  return TACET_OK;
}

/* ---- ephemeral ---- */

static tacet_err look(sto_conn *c, const tacet_recipient *to,
                      const uint8_t hash[32], int64_t today, uint8_t *outcome) {
  dlv_box b = {.key = dlv_key_of(to->mailbox)};
  bool row;
  sto_query *q = sto_query_start(c, Q_BOX_GET);
  sto_bind_int(q, b.key);
  TACET_TRY(sto_step(q, &row));
  if (row) {
    dlv_box_read_row(q, &b);
  }
  sto_query_end(q);
  bool there = row && memcmp(b.id, to->mailbox, sizeof(b.id)) == 0;
  bool right = there && dlv_box_right(&b, hash, today) != DLV_RIGHT_NONE;
  *outcome = !there   ? TACET_DELIVERY_GONE
             : !right ? TACET_DELIVERY_STALE
             : b.paid ? TACET_DELIVERY_TOKEN_NEEDED
                      : TACET_DELIVERY_STORED;
  return TACET_OK;
}

/* On a reader: there is nothing to write. "Stored" means handed on. */
tacet_err dlv_send_ephemeral(dlv_request *r, sto_conn *c) {
  const dlv_delivery *d = r->delivery;
  uint8_t outcomes[TACET_RECIPIENTS_MAX];
  tacet_span list = r->in.send.recipients;
  size_t i = 0;
  memset(r->outcomes, 0, sizeof(r->outcomes));
  for (tacet_recipient to; tacet_recipient_next(&list, &to); i++) {
    TACET_TRY(
        look(c, &to, r->work->hashes[i], dlv_today(r->delivery), &outcomes[i]));
    r->outcomes[outcomes[i]]++;
    if (outcomes[i] == TACET_DELIVERY_STORED && d->hooks.ephemeral != NULL) {
      d->hooks.ephemeral(d->hooks.user, to.mailbox, r->in.send.item);
    }
  }
  answer(r, outcomes);
  return TACET_OK;
}
