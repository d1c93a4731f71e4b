/* SPDX-License-Identifier: Apache-2.0
 * The proof of a head: a witnessed checkpoint that continues what was seen and
 * ends in an EPOCH. */
#include "keytrans/keylog.h"

#define EPOCH_LEN 45
#define HEAD_MAX (TACET_NOTE_MAX + 2 * 32 * TACET_TLOG_PROOF_MAX + 64)

/* ---- bytes ---- */

/* HashValue proof<V>, as opaque bytes of 32 each. */
static void write_proof(const tacet_tlog_proof *p, tacet_buf *out) {
  size_t at = tacet_write_open(out);
  for (size_t i = 0; i < p->n; i++) {
    tacet_write_bytes(out, tacet_span_of(p->hashes[i].b, TACET_TLOG_HASH_LEN));
  }
  tacet_write_close(out, at);
}

static void read_proof(tacet_reader *r, tacet_tlog_proof *out) {
  tacet_reader hashes = tacet_read_vec_of(r);
  out->n = 0;
  while (tacet_more(&hashes)) {
    if (out->n == TACET_TLOG_PROOF_MAX) {
      tacet_read_fail(&hashes, TACET_ERR_LIMIT);
      return;
    }
    tacet_read_copy(&hashes, out->hashes[out->n++].b, TACET_TLOG_HASH_LEN);
  }
}

/* opaque note<V>; opaque epoch[45]; HashValue inclusion<V>, consistency<V>; */
tacet_err keylog_head_read(tacet_span bytes, keylog_head_proof *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(bytes, &err);
  out->note = tacet_read_vec_max(&r, TACET_NOTE_MAX);
  out->epoch = tacet_read_bytes(&r, EPOCH_LEN);
  read_proof(&r, &out->inclusion);
  read_proof(&r, &out->consistency);
  tacet_read_end(&r);
  return err;
}

tacet_err tacet_keylog_head_prove(const tacet_tlog_source *log,
                                  uint64_t old_size, uint64_t size,
                                  const tacet_keylog_entry *epoch,
                                  tacet_span note, tacet_buf *out) {
  tacet_tlog_proof inclusion, consistency;
  TACET_BUF(head, HEAD_MAX);
  if (size == 0 || epoch->kind != TACET_KEYLOG_EPOCH) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(tacet_tlog_prove_inclusion(log, size - 1, size, &inclusion));
  TACET_TRY(tacet_tlog_prove_consistency(log, old_size, size, &consistency));
  tacet_write_vec(&head, note);
  tacet_keylog_entry_write(epoch, &head);
  write_proof(&inclusion, &head);
  write_proof(&consistency, &head);
  TACET_TRY(head.err);
  tacet_write_bytes(out, tacet_buf_span(&head));
  return out->err;
}

/* ---- checking ---- */

/* The last entry is this EPOCH. */
static tacet_err check_epoch(const keylog_head_proof *p,
                             const tacet_checkpoint *c,
                             tacet_keylog_entry *epoch) {
  tacet_tlog_hash leaf;
  if (c->size == 0) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_keylog_entry_read(p->epoch, epoch));
  if (epoch->kind != TACET_KEYLOG_EPOCH) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_tlog_leaf(p->epoch, &leaf));
  return tacet_tlog_verify_inclusion(c->size - 1, &leaf, &p->inclusion, c->size,
                                     &c->root);
}

tacet_err tacet_keylog_head_verify(const tacet_policy *policy,
                                   const tacet_tlog_head *seen, uint64_t latest,
                                   tacet_span proof, tacet_keylog_head *out) {
  keylog_head_proof p;
  tacet_policy_verdict v;
  tacet_keylog_entry epoch;
  TACET_TRY(keylog_head_read(proof, &p));
  TACET_TRY(tacet_policy_judge(policy, p.note, latest, &v));
  TACET_TRY(tacet_tlog_verify_consistency(seen->size, &seen->root,
                                          &p.consistency, v.checkpoint.size,
                                          &v.checkpoint.root));
  TACET_TRY(check_epoch(&p, &v.checkpoint, &epoch));
  *out = (tacet_keylog_head){
      .seen = {.size = v.checkpoint.size, .root = v.checkpoint.root},
      .day = epoch.day,
      .map_size = epoch.map_size,
      .map_root = epoch.map_root,
      .n_witnesses = v.n_witnesses,
      .witnessed = v.witnessed};
  return TACET_OK;
}
