/* SPDX-License-Identifier: Apache-2.0
 * Judging a checkpoint by a trust policy. */
#include "keytrans/policy.h"

size_t tacet_policy_witness_count(const tacet_policy *p) {
  return p->n_witnesses;
}

tacet_policy_witness tacet_policy_witness_at(const tacet_policy *p, size_t i) {
  TACET_ASSERT(i < p->n_witnesses);
  const policy_name *n = p->names;
  while (n->members != 0 || n->witness != i) {
    n++;
  }
  return (tacet_policy_witness){n->name, n->url, &p->witnesses[i]};
}

bool tacet_policy_is_unwitnessed(const tacet_policy *p) {
  return p->quorum == NO_QUORUM;
}

/* When each witness vouched; `vouched` has a bit for those that did. */
typedef struct cosignatures {
  uint64_t vouched;
  uint64_t time[TACET_POLICY_WITNESSES_MAX];
} cosignatures;

static tacet_err collect(const tacet_policy *p, const tacet_note *note,
                         uint64_t latest, cosignatures *out, size_t *n) {
  for (size_t i = 0; i < p->n_witnesses; i++) {
    tacet_err e = tacet_note_verify(note, &p->witnesses[i], &out->time[i]);
    if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
      return e;
    }
    if (e == TACET_OK && out->time[i] <= latest) {
      out->vouched |= (uint64_t)1 << i;
      ++*n;
    }
  }
  return TACET_OK;
}

/* Is the quorum there with cosignatures of `since` and later alone? */
static bool holds(const tacet_policy *p, const cosignatures *c,
                  uint64_t since) {
  uint64_t met = 0; /* a bit for each name */
  for (size_t i = 0; i < p->n_names; i++) {
    const policy_name *n = &p->names[i];
    bool ok = false;
    if (n->members == 0) {
      ok = (c->vouched >> n->witness & 1) != 0 && c->time[n->witness] >= since;
    } else {
      size_t count = 0;
      for (uint64_t m = n->members & met; m != 0; m &= m - 1) {
        count++;
      }
      ok = count >= n->threshold;
    }
    met |= (uint64_t)ok << i;
  }
  return (met >> p->quorum & 1) != 0;
}

static tacet_err quorum(const tacet_policy *p, const cosignatures *c,
                        uint64_t *witnessed) {
  if (p->quorum == NO_QUORUM) {
    *witnessed = 0;
    return TACET_OK;
  }
  bool any = false;
  for (size_t i = 0; i < p->n_witnesses; i++) {
    if ((c->vouched >> i & 1) != 0 && holds(p, c, c->time[i]) &&
        (!any || c->time[i] > *witnessed)) {
      *witnessed = c->time[i];
      any = true;
    }
  }
  return any ? TACET_OK : TACET_ERR_POLICY;
}

/* The first log of the policy that signed the note. */
static tacet_err signer(const tacet_policy *p, const tacet_note *note,
                        tacet_span origin, const tacet_note_key **out) {
  const tacet_note_key *first = NULL;
  for (size_t i = 0; i < p->n_logs; i++) {
    uint64_t timestamp;
    tacet_err e = tacet_note_verify(note, &p->logs[i], &timestamp);
    if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
      return e;
    }
    if (e == TACET_OK && first == NULL &&
        tacet_span_equal(origin, tacet_span_str(p->logs[i].name))) {
      first = &p->logs[i];
    }
  }
  *out = first;
  return first != NULL ? TACET_OK : TACET_ERR_AUTH;
}

tacet_err tacet_policy_judge(const tacet_policy *p, tacet_span bytes,
                             uint64_t latest, tacet_policy_verdict *out) {
  tacet_note note;
  tacet_policy_verdict v = {.n_witnesses = 0};
  cosignatures c = {.vouched = 0};
  TACET_TRY(tacet_note_parse(bytes, &note));
  TACET_TRY(tacet_checkpoint_parse(note.text, &v.checkpoint));
  TACET_TRY(signer(p, &note, v.checkpoint.origin, &v.log));
  TACET_TRY(collect(p, &note, latest, &c, &v.n_witnesses));
  tacet_err e = quorum(p, &c, &v.witnessed);
  *out = v;
  return e;
}
