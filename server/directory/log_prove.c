/* SPDX-License-Identifier: Apache-2.0
 * What an answer shows of the key log: the published head, and a handle's
 * newest version in its map. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

void dir_log_read_begin(dir_log *log) {
  (void)pthread_rwlock_rdlock(&log->lock);
}

void dir_log_read_end(dir_log *log) {
  (void)pthread_rwlock_unlock(&log->lock);
}

tacet_err dir_log_prove_head(const dir_log *log, uint64_t old_size,
                             tacet_buf *out) {
  const dir_log_published *p = &log->published;
  if (old_size == 0 || old_size >= p->head.size) {
    tacet_write_bytes(out, tacet_bytes_span(&p->proof));
    return out->err;
  }
  tacet_tlog_source source = dir_tree_source(&log->tree);
  return tacet_keylog_head_prove(&source, old_size, p->head.size, &p->epoch,
                                 tacet_bytes_span(&p->note), out);
}

/* The map's hashes are all made, so that proving only reads. */
tacet_err dir_log_prove(dir_log *log, uint64_t old_size,
                        const tacet_keylog_label *label, uint32_t seen,
                        const tacet_keylog_opening *opening,
                        const tacet_keylog_opening *first, tacet_buf *out) {
  TACET_BUF(first_bytes, 64);
  TACET_BUF(head_proof, DIR_PROOFS_MAX);
  TACET_BUF(label_proof, DIR_PROOFS_MAX);
  TACET_TRY(dir_log_prove_head(log, old_size, &head_proof));
  TACET_TRY(tacet_keylog_label_prove(log->shown, &log->vrf, label, seen,
                                     opening, &label_proof));
  if (first != NULL) {
    tacet_keylog_opening_write(first, &first_bytes);
  }
  tacet_key_proofs p = {tacet_buf_span(&head_proof),
                        tacet_buf_span(&label_proof),
                        tacet_buf_span(&first_bytes)};
  tacet_key_proofs_write(out, &p);
  return out->err;
}

/* ---- POST /v1/log ---- */

static tacet_err prove_both(const dir_log *log, const tacet_log_query *q,
                            tacet_buf *out) {
  TACET_BUF(head, DIR_PROOFS_MAX);
  TACET_BUF(also, DIR_PROOFS_MAX);
  TACET_TRY(dir_log_prove_head(log, q->size, &head));
  TACET_TRY(dir_log_prove_head(log, q->also, &also));
  const tacet_log_heads m = {tacet_buf_span(&head), tacet_buf_span(&also)};
  tacet_log_heads_write(out, &m);
  return out->err;
}

tacet_err dir_head_start(dir_request *r, sto_conn *c) {
  (void)c;
  dir_log *log = &r->directory->log;
  dir_log_read_begin(log);
  tacet_err err = TACET_OK;
  if (log->published.head.size == 0) {
    r->status = TACET_WIRE_BUSY;
  } else {
    const tacet_log_query *q = &r->in.log;
    err = q->also == 0 ? dir_log_prove_head(log, q->size, &r->answer)
                       : prove_both(log, q, &r->answer);
  }
  dir_log_read_end(log);
  return err;
}
