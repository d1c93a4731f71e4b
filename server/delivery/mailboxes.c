/* SPDX-License-Identifier: Apache-2.0
 * Making, changing and deleting mailboxes. */
#include "server/delivery/private.h"

#include "tacet/crypto.h"

tacet_err dlv_hash(const uint8_t *secret, size_t len,
                   uint8_t out[TACET_HASH_LEN]) {
  return tacet_hash_one(&tacet_hash_sha256, tacet_span_of(secret, len), out);
}

int64_t dlv_key_of(const uint8_t id[TACET_MAILBOX_ID_LEN]) {
  uint64_t key = 0;
  for (int i = 0; i < 8; i++) {
    key = key << 8 | id[i];
  }
  return (int64_t)(key >> 1); /* 63 bits: not negative */
}

/* ---- POST ---- */

static bool same(const dlv_box *b, const tacet_new_mailbox *m) {
  return memcmp(b->id, m->id, sizeof(b->id)) == 0 &&
         memcmp(b->read_hash, m->read_hash, sizeof(b->read_hash)) == 0 &&
         memcmp(b->hash, m->capability_hash, sizeof(b->hash)) == 0 &&
         memcmp(b->sealing_key, m->sealing_key, sizeof(b->sealing_key)) == 0 &&
         b->paid == m->paid;
}

static tacet_err add(dlv_request *r, sto_conn *c, const tacet_new_mailbox *m) {
  sto_query *q = sto_query_start(c, Q_BOX_ADD);
  sto_bind_int(q, dlv_key_of(m->id));
  sto_bind_blob(q, tacet_span_of(m->id, sizeof(m->id)));
  sto_bind_blob(q, tacet_span_of(m->read_hash, sizeof(m->read_hash)));
  sto_bind_blob(q,
                tacet_span_of(m->capability_hash, sizeof(m->capability_hash)));
  sto_bind_blob(q, tacet_span_of(m->sealing_key, sizeof(m->sealing_key)));
  sto_bind_int(q, dlv_today(r->delivery));
  sto_bind_int(q, m->paid);
  return sto_exec(q);
}

/* How many of the list are new; EXISTS in *status if another has an id. Two of
 * one list may not share a key either, which the look-up cannot see. */
static tacet_err count_new(dlv_request *r, sto_conn *c, size_t *n_new) {
  int64_t keys[TACET_MAILBOXES_MAX];
  size_t n = 0;
  tacet_span list = r->in.create.mailboxes;
  for (tacet_new_mailbox m; tacet_new_mailbox_next(&list, &m);) {
    dlv_box *b;
    int64_t key = dlv_key_of(m.id);
    TACET_TRY(dlv_box_find_key(&r->delivery->boxes, c, key, &b));
    if (b != NULL && !same(b, &m)) {
      return dlv_refuse(r, TACET_WIRE_MAILBOX_EXISTS);
    }
    for (size_t i = 0; i < n; i++) {
      if (keys[i] == key) {
        return dlv_refuse(r, TACET_WIRE_MAILBOX_EXISTS);
      }
    }
    keys[n++] = key;
    *n_new += b == NULL ? 1 : 0;
  }
  return TACET_OK;
}

static tacet_err create_run(dlv_request *r, sto_conn *c) {
  size_t n_new = 0;
  TACET_TRY(count_new(r, c, &n_new));
  if (r->status != TACET_WIRE_OK || n_new == 0) {
    return TACET_OK;
  }
  TACET_TRY(dlv_tokens_spend(r, c, 1));
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK;
  }
  tacet_span list = r->in.create.mailboxes;
  for (tacet_new_mailbox m; tacet_new_mailbox_next(&list, &m);) {
    dlv_box *b;
    TACET_TRY(dlv_box_find(&r->delivery->boxes, c, m.id, &b));
    if (b == NULL) {
      TACET_TRY(add(r, c, &m));
    }
  }
  return TACET_OK;
}

/* A key that nothing can be sealed to would make a mailbox that is always
 * empty: better told to its owner than to those who send. */
tacet_err dlv_create_start(dlv_request *r, sto_conn *c) {
  (void)c;
  tacet_span list = r->in.create.mailboxes;
  for (tacet_new_mailbox m; tacet_new_mailbox_next(&list, &m);) {
    tacet_sealer s;
    tacet_err err = tacet_sealer_new(m.sealing_key, m.id, &s);
    tacet_sealer_wipe(&s);
    if (err != TACET_OK) {
      return tacet_err_kind(err) == TACET_KIND_LOCAL
                 ? err
                 : dlv_refuse(r, TACET_WIRE_MALFORMED);
    }
  }
  TACET_TRY(dlv_tokens_check(r, &r->in.create.token, 1));
  dlv_then(r, DLV_WRITER, true, create_run);
  return TACET_OK;
}

/* ---- PATCH ---- */

static bool may_read(const dlv_box *b, const uint8_t secret_hash[32]) {
  return b != NULL &&
         tacet_equal_ct(tacet_span_of(secret_hash, TACET_HASH_LEN),
                        tacet_span_of(b->read_hash, sizeof(b->read_hash)));
}

tacet_err dlv_change_run(dlv_request *r, sto_conn *c) {
  const tacet_change_mailbox *m = &r->in.change;
  dlv_delivery *d = r->delivery;
  dlv_box *b;
  uint8_t hash[TACET_HASH_LEN];
  TACET_TRY(dlv_hash(m->read_secret, sizeof(m->read_secret), hash));
  TACET_TRY(dlv_box_find(&d->boxes, c, m->id, &b));
  if (!may_read(b, hash)) {
    return dlv_refuse(r, TACET_WIRE_MAILBOX);
  }
  /* The same again must not push the old one out of its seven days. */
  bool rotate = memcmp(b->hash, m->capability_hash, sizeof(b->hash)) != 0;
  if (rotate) {
    memcpy(b->old_hash, b->hash, sizeof(b->old_hash));
    memcpy(b->hash, m->capability_hash, sizeof(b->hash));
    b->old_until = dlv_today(d) + TACETD_STALE_CAPABILITY_DAYS;
    b->old_left = TACETD_STALE_CAPABILITY_ITEMS_MAX;
  }
  if (m->drop_old) {
    b->old_left = 0;
  }
  if (rotate || m->drop_old) {
    dlv_box_change(&d->boxes, b);
  }
  return TACET_OK;
}

/* ---- DELETE ---- */

tacet_err dlv_box_erase(dlv_delivery *d, sto_conn *c, dlv_box *b) {
  TACET_TRY(dlv_outgoing_gone(&d->out, b));
  sto_query *q = sto_query_start(c, Q_ITEM_DELETE_ALL);
  sto_bind_int(q, b->key);
  TACET_TRY(sto_exec(q));
  q = sto_query_start(c, Q_BOX_DELETE);
  sto_bind_int(q, b->key);
  TACET_TRY(sto_exec(q));
  dlv_box_drop(&d->boxes, b);
  return TACET_OK;
}

/* All of them, or none where one secret is wrong. */
tacet_err dlv_delete_run(dlv_request *r, sto_conn *c) {
  dlv_delivery *d = r->delivery;
  tacet_span list = r->in.erase.mailboxes;
  for (tacet_mailbox_key k; tacet_mailbox_key_next(&list, &k);) {
    dlv_box *b;
    uint8_t hash[TACET_HASH_LEN];
    TACET_TRY(dlv_hash(k.read_secret, sizeof(k.read_secret), hash));
    TACET_TRY(dlv_box_find(&d->boxes, c, k.id, &b));
    if (b != NULL && !may_read(b, hash)) {
      return dlv_refuse(r, TACET_WIRE_MAILBOX);
    }
  }
  list = r->in.erase.mailboxes;
  for (tacet_mailbox_key k; tacet_mailbox_key_next(&list, &k);) {
    dlv_box *b;
    TACET_TRY(dlv_box_find(&d->boxes, c, k.id, &b));
    if (b != NULL) {
      TACET_TRY(dlv_box_erase(d, c, b));
    }
  }
  return TACET_OK;
}
