/* SPDX-License-Identifier: Apache-2.0
 * Slots: registers that are written once. */
#include "server/delivery/private.h"

tacet_err dlv_slot_look(sto_conn *c, const uint8_t hash[32], tacet_span body,
                        dlv_slot_result *result, tacet_span *winner) {
  bool row;
  sto_query *q = sto_query_start(c, Q_SLOT_GET);
  sto_bind_blob(q, tacet_span_of(hash, TACET_HASH_LEN));
  TACET_TRY(sto_step(q, &row));
  *winner = TACET_SPAN_EMPTY;
  if (!row) {
    *result = DLV_SLOT_FREE;
  } else if (sto_is_null(q, 0)) {
    *result = DLV_SLOT_EXPIRED;
  } else {
    *winner = sto_blob(q, 0);
    *result = tacet_span_equal(*winner, body) ? DLV_SLOT_SAME : DLV_SLOT_OTHER;
  }
  if (*result != DLV_SLOT_OTHER) {
    sto_query_end(q);
    *winner = TACET_SPAN_EMPTY;
  }
  return TACET_OK;
}

tacet_err dlv_slot_add(sto_conn *c, const uint8_t hash[32], int64_t day,
                       tacet_span body) {
  sto_query *q = sto_query_start(c, Q_SLOT_ADD);
  sto_bind_blob(q, tacet_span_of(hash, TACET_HASH_LEN));
  sto_bind_int(q, day);
  sto_bind_blob(q, body);
  return sto_exec(q);
}

bool dlv_claims_allow(dlv_delivery *d, const uint8_t hash[32], bool take) {
  uint64_t tag;
  memcpy(&tag, hash, sizeof(tag));
  uint32_t hour = (uint32_t)(dlv_now_ms(d) / 3600000);
  size_t at = tag % DLV_CLAIM_ROWS;
  if (d->claims.rows[at].tag != tag || d->claims.rows[at].hour != hour) {
    if (!take) {
      return true;
    }
    d->claims.rows[at].tag = tag;
    d->claims.rows[at].hour = hour;
    d->claims.rows[at].n = 0;
  }
  if (d->claims.rows[at].n >= TACETD_SLOT_CLAIMS_PER_HOUR) {
    return false;
  }
  d->claims.rows[at].n += take ? 1 : 0;
  return true;
}

/* ---- reading ---- */

static tacet_err read_one(sto_conn *c, const uint8_t *name, tacet_buf *out,
                          size_t *bytes) {
  uint8_t hash[TACET_HASH_LEN];
  bool row;
  TACET_TRY(dlv_hash(name, TACET_SLOT_NAME_LEN, hash));
  sto_query *q = sto_query_start(c, Q_SLOT_GET);
  sto_bind_blob(q, tacet_span_of(hash, sizeof(hash)));
  TACET_TRY(sto_step(q, &row));
  tacet_slot s = {.state = TACET_SLOT_EMPTY};
  if (row) {
    s.state = sto_is_null(q, 0) ? TACET_SLOT_EXPIRED : TACET_SLOT_TAKEN;
    s.body = s.state == TACET_SLOT_TAKEN ? sto_blob(q, 0) : TACET_SPAN_EMPTY;
  }
  *bytes += s.body.len;
  tacet_slot_write(out, &s);
  sto_query_end(q);
  return TACET_OK;
}

/* In order, while the next body fits in any case. */
tacet_err dlv_slots_run(dlv_request *r, sto_conn *c) {
  TACET_BUF(list, TACETD_SLOT_READ_BYTES_MAX + TACETD_KIB(4));
  tacet_span names = r->in.slots.names, all;
  size_t bytes = 0;
  while (names.len >= TACET_SLOT_NAME_LEN &&
         bytes + TACET_SLOT_BODY_MAX <= TACETD_SLOT_READ_BYTES_MAX) {
    TACET_TRY(read_one(c, names.p, &list, &bytes));
    names.p += TACET_SLOT_NAME_LEN;
    names.len -= TACET_SLOT_NAME_LEN;
  }
  TACET_TRY(tacet_buf_done(&list, &all));
  tacet_slots_answer answer = {.slots = all};
  tacet_slots_answer_write(&r->answer, &answer);
  return TACET_OK;
}
