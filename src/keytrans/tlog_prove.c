/* SPDX-License-Identifier: Apache-2.0
 * Proofs of a log, from its nodes (RFC 6962 2.1.1, 2.1.2). */
#include "tacet/keytrans/tlog.h"

/* The largest power of two below n, as its exponent; n > 1. */
static unsigned split_level(uint64_t n) {
  unsigned level = 0;
  while ((n - 1) >> (level + 1) != 0) {
    level++;
  }
  return level;
}

/* MTH(D[lo:hi]), hi > lo, where lo is a multiple of the power of two that
 * covers the range: then the left part of every split is a node. */
static tacet_err range(const tacet_tlog_source *s, uint64_t lo, uint64_t hi,
                       tacet_tlog_hash *out) {
  tacet_tlog_hash parts[64];
  size_t n = 0;
  while (hi - lo > 1) {
    unsigned level = split_level(hi - lo);
    if ((uint64_t)1 << (level + 1) == hi - lo) {
      level++; /* complete: the whole is one node */
    }
    TACET_TRY(s->get(s->ctx, level, lo >> level, &parts[n]));
    n++;
    lo += (uint64_t)1 << level;
    if (lo == hi) {
      break;
    }
  }
  if (hi - lo == 1) {
    TACET_TRY(s->get(s->ctx, 0, lo, &parts[n]));
    n++;
  }
  tacet_tlog_hash r = parts[--n];
  while (n > 0) {
    TACET_TRY(tacet_tlog_node(&parts[--n], &r, &r));
  }
  *out = r;
  return TACET_OK;
}

tacet_err tacet_tlog_root(const tacet_tlog_source *s, uint64_t size,
                          tacet_tlog_hash *out) {
  return size == 0 ? tacet_tlog_empty(out) : range(s, 0, size, out);
}

/* Both proofs walk down from the root and collect siblings; the RFC lists them
 * from the bottom. */
static void reverse(tacet_tlog_proof *p) {
  for (size_t i = 0; i < p->n / 2; i++) {
    tacet_tlog_hash swap = p->hashes[i];
    p->hashes[i] = p->hashes[p->n - 1 - i];
    p->hashes[p->n - 1 - i] = swap;
  }
}

static tacet_err collect(const tacet_tlog_source *s, uint64_t lo, uint64_t hi,
                         tacet_tlog_proof *p) {
  TACET_ASSERT(p->n < TACET_TLOG_PROOF_MAX);
  TACET_TRY(range(s, lo, hi, &p->hashes[p->n]));
  p->n++;
  return TACET_OK;
}

tacet_err tacet_tlog_prove_inclusion(const tacet_tlog_source *s, uint64_t index,
                                     uint64_t size, tacet_tlog_proof *out) {
  if (index >= size || size > UINT64_MAX >> 1) {
    return TACET_ERR_ARGUMENT;
  }
  tacet_tlog_proof p = {.n = 0};
  uint64_t lo = 0, hi = size;
  while (hi - lo > 1) {
    uint64_t middle = lo + ((uint64_t)1 << split_level(hi - lo));
    if (index < middle) {
      TACET_TRY(collect(s, middle, hi, &p));
      hi = middle;
    } else {
      TACET_TRY(collect(s, lo, middle, &p));
      lo = middle;
    }
  }
  reverse(&p);
  *out = p;
  return TACET_OK;
}

/* SUBPROOF (2.1.2): down to the node that ends where the old tree ended. As
 * long as only left parts were taken, that node is the old tree itself, which
 * the verifier has. */
tacet_err tacet_tlog_prove_consistency(const tacet_tlog_source *s,
                                       uint64_t old_size, uint64_t size,
                                       tacet_tlog_proof *out) {
  if (old_size > size || size > UINT64_MAX >> 1) {
    return TACET_ERR_ARGUMENT;
  }
  tacet_tlog_proof p = {.n = 0};
  uint64_t lo = 0, hi = size;
  while (old_size != 0 && hi != old_size) {
    uint64_t middle = lo + ((uint64_t)1 << split_level(hi - lo));
    if (old_size <= middle) {
      TACET_TRY(collect(s, middle, hi, &p));
      hi = middle;
    } else {
      TACET_TRY(collect(s, lo, middle, &p));
      lo = middle;
    }
  }
  if (lo != 0) {
    TACET_TRY(collect(s, lo, hi, &p));
  }
  reverse(&p);
  *out = p;
  return TACET_OK;
}
