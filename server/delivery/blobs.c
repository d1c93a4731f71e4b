/* SPDX-License-Identifier: Apache-2.0
 * Blobs: a row that says how much has come, and a file. A piece goes through
 * four stages, so that neither a loop nor the writer waits for a file:
 *   reader  tokens, and does it follow?    start()
 *   writer  the row of a new one           open_row()
 *   reader  the bytes, synced              write_piece()
 *   writer  the row says that they came    grow_row()
 * A crash in between leaves a row that knows of fewer bytes than the file has;
 * the uploader asks and goes on from there. */
#include "server/delivery/private.h"

static tacet_err read_row(sto_conn *c, dlv_work *w) {
  bool row;
  sto_query *q = sto_query_start(c, Q_BLOB_GET);
  sto_bind_blob(q, tacet_span_of(w->hash, sizeof(w->hash)));
  TACET_TRY(sto_step(q, &row));
  w->received = row ? (uint64_t)sto_int(q, 0) : 0;
  w->total = row ? (uint64_t)sto_int(q, 1) : 0;
  sto_query_end(q);
  return TACET_OK;
}

static void answer_state(dlv_request *r) {
  tacet_blob_state s = {r->work->received, r->work->total};
  tacet_buf_clear(&r->answer);
  tacet_blob_state_write(&r->answer, &s);
}

static tacet_err conflict(dlv_request *r) {
  answer_state(r);
  return dlv_refuse(r, TACET_WIRE_BLOB_CONFLICT);
}

/* ---- the stages, last to first ---- */

static tacet_err grow_row(dlv_request *r, sto_conn *c) {
  dlv_work *w = r->work;
  uint64_t first = r->in.put->first, end = first + r->body.len;
  sto_query *q = sto_query_start(c, Q_BLOB_GROW);
  sto_bind_blob(q, tacet_span_of(w->hash, sizeof(w->hash)));
  sto_bind_int(q, (int64_t)first);
  sto_bind_int(q, (int64_t)end);
  TACET_TRY(sto_exec(q));
  if (sto_changes(c) == 0) { /* the same piece came twice, or it expired */
    TACET_TRY(read_row(c, w));
    return conflict(r);
  }
  w->received = end;
  r->completed = end == w->total;
  answer_state(r);
  return TACET_OK;
}

static tacet_err write_piece(dlv_request *r, sto_conn *c) {
  (void)c;
  TACET_TRY(dlv_blob_file_write(r->delivery, r->work->hash, r->in.put->first,
                                tacet_bytes_span(&r->body)));
  dlv_then(r, DLV_WRITER, true, grow_row);
  return TACET_OK;
}

static tacet_err open_row(dlv_request *r, sto_conn *c) {
  dlv_work *w = r->work;
  TACET_TRY(read_row(c, w));
  if (w->total != 0) { /* another request was faster */
    return conflict(r);
  }
  TACET_TRY(dlv_tokens_spend(r, c, tacet_blob_tokens(r->in.put->total)));
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK;
  }
  sto_query *q = sto_query_start(c, Q_BLOB_ADD);
  sto_bind_blob(q, tacet_span_of(w->hash, sizeof(w->hash)));
  sto_bind_int(q, dlv_today(r->delivery));
  sto_bind_int(q, (int64_t)r->in.put->total);
  TACET_TRY(sto_exec(q));
  w->total = r->in.put->total;
  dlv_then(r, DLV_READER, false, write_piece);
  return TACET_OK;
}

static tacet_err start_new(dlv_request *r) {
  dlv_blob_put *put = r->in.put;
  if (put->first != 0) {
    return conflict(r);
  }
  if (put->n_tokens < tacet_blob_tokens(put->total)) {
    return dlv_refuse(r, TACET_WIRE_TOKEN_NEEDED);
  }
  TACET_TRY(dlv_tokens_check(r, put->tokens, put->n_tokens));
  dlv_then(r, DLV_WRITER, true, open_row);
  return TACET_OK;
}

tacet_err dlv_blob_put_start(dlv_request *r, sto_conn *c) {
  dlv_blob_put *put = r->in.put;
  dlv_work *w = r->work;
  TACET_TRY(dlv_hash(put->id, sizeof(put->id), w->hash));
  TACET_TRY(read_row(c, w));
  if (put->ask) {
    answer_state(r);
    return TACET_OK;
  }
  sto_stats stats; /* a piece is on the disk before the writer is asked */
  sto_stats_get(r->delivery->db, &stats);
  if (stats.disk_low) {
    return TACET_ERR_FULL;
  }
  if (w->total == 0) {
    return start_new(r);
  }
  if (w->total != put->total || w->received != put->first) {
    return conflict(r);
  }
  dlv_then(r, DLV_READER, false, write_piece);
  return TACET_OK;
}

/* ---- reading ---- */

tacet_err dlv_blob_get_run(dlv_request *r, sto_conn *c) {
  dlv_blob_get *get = &r->in.get;
  dlv_work *w = r->work;
  TACET_TRY(dlv_hash(get->id, sizeof(get->id), w->hash));
  TACET_TRY(read_row(c, w));
  if (w->total == 0 || w->received < w->total) {
    return dlv_refuse(r, TACET_WIRE_BLOB); /* half a blob is none */
  }
  get->total = w->total;
  if (get->first >= w->total) {
    return dlv_refuse(r, TACET_WIRE_RANGE);
  }
  uint64_t left = w->total - get->first;
  uint64_t len = get->len < left ? get->len : left;
  len = len < TACETD_BLOB_PIECE_MAX ? len : TACETD_BLOB_PIECE_MAX;
  uint8_t *out = tacet_write_space(&r->answer, (size_t)len);
  if (out == NULL) {
    return len == 0 ? TACET_OK : TACET_ERR_NOMEM;
  }
  tacet_err err =
      dlv_blob_file_read(r->delivery, w->hash, get->first, out, (size_t)len);
  get->len = len;
  /* It may have expired between the row and the file. */
  return err == TACET_ERR_NOT_FOUND ? dlv_refuse(r, TACET_WIRE_BLOB) : err;
}
