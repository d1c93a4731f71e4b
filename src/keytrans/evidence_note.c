/* SPDX-License-Identifier: Apache-2.0
 * The signed checkpoints of evidence. A line of a key that the reader does not
 * have binds nothing, so it is left out when evidence is written and refused
 * when it is read: then no bit of a file may change. */
#include "keytrans/evidence.h"
#include "keytrans/line.h"

evidence_keys evidence_keys_of(const tacet_evidence *e) {
  bool two = e->handover.to.type != 0;
  return (evidence_keys){.n = two ? 2 : 1,
                         .key = {&e->log, two ? &e->handover.to : NULL}};
}

/* Is this line of a key that counts? AUTH if it is, and is wrong. */
static tacet_err judge_line(const tacet_note *line, const evidence_keys *keys,
                            const tacet_policy *policy, bool *known) {
  uint64_t time;
  size_t n = policy == NULL ? 0 : tacet_policy_witness_count(policy);
  tacet_err e = TACET_ERR_NOT_FOUND;
  for (size_t i = 0; e == TACET_ERR_NOT_FOUND && i < keys->n; i++) {
    e = tacet_note_verify(line, keys->key[i], &time);
  }
  for (size_t i = 0; e == TACET_ERR_NOT_FOUND && i < n; i++) {
    e = tacet_note_verify(line, tacet_policy_witness_at(policy, i).key, &time);
  }
  *known = e == TACET_OK;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

/* The next signature as a note of its own. */
static bool next(tacet_span *rest, tacet_note *one) {
  const uint8_t *from = rest->p;
  tacet_span line;
  if (!line_next(rest, &line)) {
    return false;
  }
  one->signatures = tacet_span_of(from, line.len + 1);
  return true;
}

tacet_err evidence_note_strip(tacet_span note, const evidence_keys *keys,
                              const tacet_policy *policy, tacet_buf *out) {
  tacet_note n, one;
  TACET_TRY(tacet_note_parse(note, &n));
  tacet_span rest = n.signatures;
  one.text = n.text;
  tacet_write_bytes(out, n.text);
  tacet_write_u8(out, '\n');
  while (next(&rest, &one)) {
    bool known;
    TACET_TRY(judge_line(&one, keys, policy, &known));
    if (known) {
      tacet_write_bytes(out, one.signatures);
    }
  }
  return out->err;
}

tacet_err evidence_note_check(tacet_span note, const evidence_keys *keys,
                              const tacet_policy *policy, tacet_tlog_head *out,
                              unsigned *signers) {
  tacet_note n, one;
  tacet_checkpoint c;
  uint64_t time;
  TACET_TRY(tacet_note_parse(note, &n));
  TACET_TRY(tacet_checkpoint_parse(n.text, &c));
  if (!tacet_span_equal(c.origin, tacet_span_str(keys->key[0]->name))) {
    return TACET_ERR_AUTH;
  }
  tacet_span rest = n.signatures;
  one.text = n.text;
  while (next(&rest, &one)) {
    bool known;
    TACET_TRY(judge_line(&one, keys, policy, &known));
    if (!known) {
      return TACET_ERR_AUTH;
    }
  }
  unsigned who = 0;
  for (size_t i = 0; i < keys->n; i++) {
    tacet_err e = tacet_note_verify(&n, keys->key[i], &time);
    TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
    who |= e == TACET_OK ? 1u << i : 0;
  }
  if (who == 0) {
    return TACET_ERR_AUTH;
  }
  *out = (tacet_tlog_head){c.size, c.root};
  *signers = who;
  return TACET_OK;
}
