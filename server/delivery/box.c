/* SPDX-License-Identifier: Apache-2.0
 * Mailboxes in memory. */
#include "server/delivery/box.h"

#include "server/delivery/private.h"

#include <stdlib.h>

/* ---- the table ---- */

/* Keys are random already. */
static dlv_box **bucket(dlv_boxes *all, int64_t key) {
  return &all->buckets[(uint64_t)key % DLV_BOX_BUCKETS];
}

static void unlink_use(dlv_boxes *all, dlv_box *b) {
  *(b->newer != NULL ? &b->newer->older : &all->newest) = b->older;
  *(b->older != NULL ? &b->older->newer : &all->oldest) = b->newer;
  b->newer = NULL;
  b->older = NULL;
}

static void link_newest(dlv_boxes *all, dlv_box *b) {
  b->older = all->newest;
  b->newer = NULL;
  *(all->newest != NULL ? &all->newest->newer : &all->oldest) = b;
  all->newest = b;
}

static void box_free(dlv_box *b) {
  if (b->sealer != NULL) {
    tacet_sealer_wipe(b->sealer);
    free(b->sealer);
  }
  free(b);
}

void dlv_box_drop(dlv_boxes *all, dlv_box *b) {
  for (dlv_box **at = bucket(all, b->key); *at != NULL; at = &(*at)->next) {
    if (*at == b) {
      *at = b->next;
      break;
    }
  }
  for (dlv_box **at = &all->changed; *at != NULL; at = &(*at)->next_changed) {
    if (*at == b) {
      *at = b->next_changed;
      break;
    }
  }
  unlink_use(all, b);
  all->n--;
  box_free(b);
}

void dlv_boxes_trim(dlv_boxes *all) {
  while (all->n > DLV_BOXES_MAX) {
    dlv_box_drop(all, all->oldest);
  }
}

void dlv_boxes_clear(dlv_boxes *all) {
  for (dlv_box *b = all->newest, *older; b != NULL; b = older) {
    older = b->older;
    box_free(b);
  }
  memset(all, 0, sizeof(*all));
}

/* ---- rows ---- */

static void copy_blob(sto_query *q, int column, uint8_t *out, size_t len) {
  tacet_span s = sto_blob(q, column);
  if (s.len == len) {
    memcpy(out, s.p, len);
  }
}

void dlv_box_read_row(sto_query *q, dlv_box *b) {
  copy_blob(q, 0, b->id, sizeof(b->id));
  copy_blob(q, 1, b->read_hash, sizeof(b->read_hash));
  copy_blob(q, 2, b->hash, sizeof(b->hash));
  copy_blob(q, 3, b->sealing_key, sizeof(b->sealing_key));
  copy_blob(q, 4, b->old_hash, sizeof(b->old_hash));
  b->old_until = sto_int(q, 5);
  b->old_left = (uint32_t)sto_int(q, 6);
  b->opened = sto_int(q, 7) != 0;
  b->touched = sto_int(q, 8);
  b->acked = (uint64_t)sto_int(q, 9);
  b->floor = (uint64_t)sto_int(q, 10);
  b->expired = (uint32_t)sto_int(q, 11);
  b->paid = sto_int(q, 12) != 0;
}

static tacet_err count_items(dlv_box *b, sto_conn *c) {
  bool row;
  sto_query *q = sto_query_start(c, Q_ITEM_COUNT);
  sto_bind_int(q, b->key);
  TACET_TRY(sto_step(q, &row));
  b->n_items = (uint32_t)sto_int(q, 0);
  b->n_bytes = (uint64_t)sto_int(q, 1);
  uint64_t last = (uint64_t)sto_int(q, 2);
  sto_query_end(q);
  last = last > b->floor ? last : b->floor;
  b->next_seq = (last > b->acked ? last : b->acked) + 1;
  return TACET_OK;
}

static tacet_err load(sto_conn *c, int64_t key, dlv_box **out) {
  bool row;
  *out = NULL;
  sto_query *q = sto_query_start(c, Q_BOX_GET);
  sto_bind_int(q, key);
  TACET_TRY(sto_step(q, &row));
  if (!row) {
    return TACET_OK;
  }
  dlv_box *b = calloc(1, sizeof(*b));
  if (b == NULL) {
    sto_query_end(q);
    return TACET_ERR_NOMEM;
  }
  b->key = key;
  dlv_box_read_row(q, b);
  sto_query_end(q);
  tacet_err err = count_items(b, c);
  if (err != TACET_OK) {
    free(b);
    return err;
  }
  *out = b;
  return TACET_OK;
}

tacet_err dlv_box_find_key(dlv_boxes *all, sto_conn *c, int64_t key,
                           dlv_box **out) {
  dlv_box **at = bucket(all, key), *b = *at;
  while (b != NULL && b->key != key) {
    b = b->next;
  }
  if (b != NULL) {
    unlink_use(all, b);
  } else {
    TACET_TRY(load(c, key, &b));
    if (b == NULL) {
      *out = NULL;
      return TACET_OK;
    }
    b->next = *at;
    *at = b;
    all->n++;
  }
  link_newest(all, b);
  *out = b;
  return TACET_OK;
}

tacet_err dlv_box_find(dlv_boxes *all, sto_conn *c,
                       const uint8_t id[TACET_MAILBOX_ID_LEN], dlv_box **out) {
  dlv_box *b;
  TACET_TRY(dlv_box_find_key(all, c, dlv_key_of(id), &b));
  *out = b != NULL && memcmp(b->id, id, sizeof(b->id)) == 0 ? b : NULL;
  return TACET_OK;
}

void dlv_box_change(dlv_boxes *all, dlv_box *b) {
  if (!b->changed) {
    b->changed = true;
    b->next_changed = all->changed;
    all->changed = b;
  }
}

static tacet_err write_row(const dlv_box *b, sto_conn *c) {
  sto_query *q = sto_query_start(c, Q_BOX_UPDATE);
  sto_bind_int(q, b->key);
  sto_bind_blob(q, tacet_span_of(b->hash, sizeof(b->hash)));
  if (b->old_left > 0) {
    sto_bind_blob(q, tacet_span_of(b->old_hash, sizeof(b->old_hash)));
  } else {
    sto_bind_null(q);
  }
  sto_bind_int(q, b->old_left > 0 ? b->old_until : 0);
  sto_bind_int(q, b->old_left);
  sto_bind_int(q, b->opened);
  sto_bind_int(q, b->touched);
  sto_bind_int(q, (int64_t)b->acked);
  sto_bind_int(q, (int64_t)b->floor);
  sto_bind_int(q, b->expired);
  return sto_exec(q);
}

tacet_err dlv_boxes_write(dlv_boxes *all, sto_conn *c) {
  while (all->changed != NULL) {
    dlv_box *b = all->changed;
    TACET_TRY(write_row(b, c));
    b->changed = false;
    all->changed = b->next_changed;
    b->next_changed = NULL;
  }
  return TACET_OK;
}

/* ---- rules ---- */

dlv_right dlv_box_right(const dlv_box *b, const uint8_t hash[TACET_HASH_LEN],
                        int64_t today) {
  tacet_span given = tacet_span_of(hash, TACET_HASH_LEN);
  if (tacet_equal_ct(given, tacet_span_of(b->hash, sizeof(b->hash)))) {
    return DLV_RIGHT_CURRENT;
  }
  bool old = b->old_left > 0 && today <= b->old_until;
  return old && tacet_equal_ct(given,
                               tacet_span_of(b->old_hash, sizeof(b->old_hash)))
             ? DLV_RIGHT_OLD
             : DLV_RIGHT_NONE;
}

bool dlv_box_has_room(const dlv_box *b, size_t size) {
  uint32_t items =
      b->opened ? TACETD_MAILBOX_ITEMS_MAX : TACETD_MAILBOX_UNREAD_ITEMS_MAX;
  uint64_t bytes =
      b->opened ? TACETD_MAILBOX_BYTES_MAX : TACETD_MAILBOX_UNREAD_BYTES_MAX;
  return b->n_items < items && b->n_bytes + size <= bytes;
}

tacet_err dlv_box_seal(dlv_box *b, uint64_t now_ms, tacet_span item,
                       uint8_t enc[TACET_SEAL_ENC_LEN], uint32_t *number,
                       uint8_t *out) {
  if (b->sealer != NULL &&
      (b->sealer->next >= TACETD_SEALING_ITEMS_MAX ||
       now_ms - b->sealer_ms >= (uint64_t)TACETD_SEALING_SECONDS * 1000)) {
    tacet_sealer_wipe(b->sealer);
    free(b->sealer);
    b->sealer = NULL;
  }
  if (b->sealer == NULL) {
    tacet_sealer *s = calloc(1, sizeof(*s));
    if (s == NULL) {
      return TACET_ERR_NOMEM;
    }
    tacet_err err = tacet_sealer_new(b->sealing_key, b->id, s);
    if (err != TACET_OK) {
      free(s);
      return err;
    }
    b->sealer = s;
    b->sealer_ms = now_ms;
  }
  TACET_TRY(tacet_sealer_seal(b->sealer, item, number, out));
  memcpy(enc, b->sealer->enc, TACET_SEAL_ENC_LEN);
  return TACET_OK;
}
