/* SPDX-License-Identifier: Apache-2.0
 * Judging the answers of witnesses. */
#include "server/witnesses/answer.h"

#include <string.h>

#define LINES_MAX 16 /* of one answer that are looked at */

/* Takes the next line with its newline; false if none is ended. */
static bool next_line(tacet_span *rest, tacet_span *line) {
  const uint8_t *end = rest->len > 0 ? memchr(rest->p, '\n', rest->len) : NULL;
  if (end == NULL) {
    return false;
  }
  size_t n = (size_t)(end - rest->p) + 1;
  *line = tacet_span_of(rest->p, n);
  *rest = tacet_span_of(rest->p + n, rest->len - n);
  return true;
}

/* Of whose making is the line: OK, NOT_FOUND for another's, or an error of
 * INPUT or PEER. */
static tacet_err check_line(tacet_span line, tacet_span text,
                            const tacet_note_key *key, uint64_t *time) {
  tacet_note note;
  tacet_span bytes;
  TACET_BUF(b, TACET_NOTE_MAX);
  tacet_write_bytes(&b, text);
  tacet_write_u8(&b, '\n');
  tacet_write_bytes(&b, line);
  TACET_TRY(tacet_buf_done(&b, &bytes));
  TACET_TRY(tacet_note_parse(bytes, &note));
  return tacet_note_verify(&note, key, time);
}

static tacet_err read_cosignature(tacet_span body, tacet_span text,
                                  const tacet_note_key *key, wts_answer *a) {
  tacet_span line;
  a->kind = WTS_ANSWER_GARBAGE;
  for (int i = 0; i < LINES_MAX && next_line(&body, &line); i++) {
    tacet_err e = check_line(line, text, key, &a->time);
    if (e == TACET_OK) {
      a->kind = WTS_ANSWER_COSIGNED;
      a->line = line;
      return TACET_OK;
    }
    if (e != TACET_ERR_NOT_FOUND) {
      return tacet_err_kind(e) == TACET_KIND_LOCAL ? e : TACET_OK;
    }
  }
  return TACET_OK;
}

/* A decimal number below 2^63 and a newline, nothing else. */
static bool read_size(tacet_span body, uint64_t *out) {
  uint64_t n = 0;
  if (body.len < 2 || body.len > 20 || body.p[body.len - 1] != '\n' ||
      (body.p[0] == '0' && body.len > 2)) {
    return false;
  }
  for (size_t i = 0; i + 1 < body.len; i++) {
    if (body.p[i] < '0' || body.p[i] > '9') {
      return false;
    }
    n = n * 10 + (uint64_t)(body.p[i] - '0');
  }
  *out = n;
  return n <= INT64_MAX;
}

tacet_err wts_answer_read(int status, tacet_span body, tacet_span text,
                          const tacet_note_key *key, wts_answer *out) {
  wts_answer a = {.kind = WTS_ANSWER_GARBAGE};
  if (status == 200) {
    TACET_TRY(read_cosignature(body, text, key, &a));
  } else if (status == 409) {
    a.kind =
        read_size(body, &a.size) ? WTS_ANSWER_CONFLICT : WTS_ANSWER_GARBAGE;
  } else if (status == 403 || status == 404) {
    a.kind = WTS_ANSWER_REFUSED;
  } else if (status == 422) {
    a.kind = WTS_ANSWER_CONTRADICTED;
  } else if (status == 429 || status >= 500) {
    a.kind = WTS_ANSWER_LATER;
  }
  *out = a;
  return TACET_OK;
}

/* ---- what it remembers ---- */

/* The note's checkpoint, if a key of the log signed it. */
static tacet_err believed(tacet_span note, const tacet_policy *policy,
                          bool *ours, tacet_checkpoint *out) {
  tacet_policy_verdict v;
  tacet_err e = tacet_policy_judge(policy, note, UINT64_MAX, &v);
  *ours = e == TACET_OK || e == TACET_ERR_POLICY;
  if (*ours) {
    *out = v.checkpoint;
    return TACET_OK;
  }
  return tacet_err_kind(e) == TACET_KIND_LOCAL ? e : TACET_OK;
}

static tacet_err continues(const wts_log *log, const tacet_checkpoint *old,
                           const tacet_checkpoint *next, bool *out) {
  tacet_tlog_proof proof = {.n = 0};
  if (old->size > next->size) {
    *out = false;
    return TACET_OK;
  }
  if (old->size > 0 && old->size < next->size) {
    TACET_TRY(log->consistency(log->ctx, old->size, next->size, &proof));
  }
  tacet_err e = tacet_tlog_verify_consistency(old->size, &old->root, &proof,
                                              next->size, &next->root);
  *out = e == TACET_OK;
  return tacet_err_kind(e) == TACET_KIND_LOCAL ? e : TACET_OK;
}

tacet_err wts_memory_read(tacet_span note, const tacet_policy *policy,
                          const wts_log *log, wts_memory *out, uint64_t *size) {
  tacet_checkpoint theirs, ours;
  tacet_note own;
  bool ok = false;
  TACET_BUF(next, TACET_NOTE_MAX);
  TACET_TRY(believed(note, policy, &ok, &theirs));
  if (!ok) {
    *out = WTS_MEMORY_NONE;
    return TACET_OK;
  }
  /* Only now: it is at least as new as whatever was sent out before. */
  TACET_TRY(log->next(log->ctx, &next));
  TACET_TRY(tacet_note_parse(tacet_buf_span(&next), &own));
  TACET_TRY(tacet_checkpoint_parse(own.text, &ours));
  if (!tacet_span_equal(theirs.origin, ours.origin)) {
    *out = WTS_MEMORY_NONE;
    return TACET_OK;
  }
  TACET_TRY(continues(log, &theirs, &ours, &ok));
  *size = theirs.size;
  *out = ok ? WTS_MEMORY_KNOWN : WTS_MEMORY_FORKED;
  return TACET_OK;
}
