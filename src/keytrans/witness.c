/* SPDX-License-Identifier: Apache-2.0
 * A witness's decision (c2sp.org/tlog-witness, add-checkpoint). */
#include "tacet/keytrans/witness.h"

#include "keytrans/line.h"

/* ---- the body ---- */

/* The lines before the empty one: "old N", then hashes. */
static tacet_err read_proof(tacet_span *rest, tacet_witness_request *r) {
  tacet_span line, word;
  if (!line_next(rest, &line) || !line_word(&line, &word) ||
      !tacet_span_equal(word, TACET_SPAN_LIT("old")) ||
      !line_number(line, &r->old_size)) {
    return TACET_ERR_ENCODING;
  }
  r->proof.n = 0;
  while (line_next(rest, &line)) {
    if (line.len == 0) {
      return TACET_OK;
    }
    if (r->proof.n == TACET_WITNESS_PROOF_MAX) {
      return TACET_ERR_LIMIT;
    }
    if (!line_hash(line, r->proof.hashes[r->proof.n++].b)) {
      return TACET_ERR_ENCODING;
    }
  }
  return TACET_ERR_ENCODING;
}

tacet_err tacet_witness_read(tacet_span body, tacet_witness_request *out) {
  tacet_witness_request r;
  tacet_span rest = body;
  if (body.len > TACET_WITNESS_BODY_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(read_proof(&rest, &r));
  TACET_TRY(tacet_note_parse(rest, &r.note));
  TACET_TRY(tacet_checkpoint_parse(r.note.text, &r.checkpoint));
  *out = r;
  return TACET_OK;
}

void tacet_witness_write(uint64_t old_size, const tacet_tlog_proof *proof,
                         tacet_span note, tacet_buf *out) {
  tacet_write_bytes(out, TACET_SPAN_LIT("old "));
  line_write_number(old_size, out);
  tacet_write_u8(out, '\n');
  for (size_t i = 0; i < proof->n; i++) {
    line_write_base64(tacet_span_of(proof->hashes[i].b, TACET_TLOG_HASH_LEN),
                      out);
    tacet_write_u8(out, '\n');
  }
  tacet_write_u8(out, '\n');
  tacet_write_bytes(out, note);
}

/* ---- the decision ---- */

/* FORBIDDEN unless a key of the log has signed, and none of them wrongly. */
static tacet_err signature(const tacet_witness_request *r,
                           const tacet_note_key *keys, size_t n,
                           tacet_witness_status *status) {
  bool signed_by_one = false;
  for (size_t i = 0; i < n; i++) {
    uint64_t timestamp;
    tacet_err e = tacet_note_verify(&r->note, &keys[i], &timestamp);
    if (tacet_err_kind(e) == TACET_KIND_LOCAL && e != TACET_ERR_NOT_FOUND) {
      return e;
    }
    if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
      *status = TACET_WITNESS_FORBIDDEN;
      return TACET_OK;
    }
    signed_by_one |= e == TACET_OK;
  }
  *status = signed_by_one ? TACET_WITNESS_OK : TACET_WITNESS_FORBIDDEN;
  return TACET_OK;
}

/* Does it continue what is remembered? The standard's order of the checks. */
static tacet_err continuation(const tacet_witness_request *r,
                              const tacet_tlog_head *memory,
                              tacet_witness_status *status) {
  const tacet_checkpoint *c = &r->checkpoint;
  if (r->old_size > c->size) {
    *status = TACET_WITNESS_MALFORMED;
    return TACET_OK;
  }
  if (r->old_size != memory->size) {
    *status = TACET_WITNESS_CONFLICT;
    return TACET_OK;
  }
  if (c->size == 0) {
    tacet_tlog_hash empty;
    TACET_TRY(tacet_tlog_empty(&empty));
    if (!tacet_tlog_equal(&empty, &c->root)) {
      *status = TACET_WITNESS_INCONSISTENT;
      return TACET_OK;
    }
  }
  tacet_err e = tacet_tlog_verify_consistency(memory->size, &memory->root,
                                              &r->proof, c->size, &c->root);
  if (tacet_err_kind(e) == TACET_KIND_LOCAL) {
    return e;
  }
  *status = e == TACET_OK ? TACET_WITNESS_OK : TACET_WITNESS_INCONSISTENT;
  return TACET_OK;
}

tacet_err tacet_witness_judge(const tacet_witness_request *request,
                              const tacet_note_key *log_keys, size_t n_log_keys,
                              const tacet_tlog_head *memory,
                              tacet_tlog_head *next,
                              tacet_witness_status *status) {
  tacet_witness_status s;
  TACET_TRY(signature(request, log_keys, n_log_keys, &s));
  if (s == TACET_WITNESS_OK) {
    TACET_TRY(continuation(request, memory, &s));
  }
  if (s == TACET_WITNESS_OK) {
    *next =
        (tacet_tlog_head){request->checkpoint.size, request->checkpoint.root};
  }
  *status = s;
  return TACET_OK;
}

tacet_err tacet_witness_cosign(const tacet_witness_request *request,
                               const tacet_note_key *witness,
                               const tacet_secret *private_key, uint64_t time,
                               tacet_buf *out) {
  if (witness->type != TACET_NOTE_COSIGNATURE || time == 0) {
    return TACET_ERR_ARGUMENT;
  }
  return tacet_note_sign(request->note.text, witness, private_key, time, out);
}
