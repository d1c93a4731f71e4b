/* SPDX-License-Identifier: Apache-2.0
 * What a proof binds beside that which it is for: every hash in it is
 * MTH(D[lo:hi]) (RFC 6962 2.1) for a range that follows from the sizes alone.
 * A log has one list of entries D, so two of its heads, of whatever sizes,
 * never bind one range to two hashes. */
#include "keytrans/evidence.h"

/* The way from the root down to a node, as the RFC's PATH and SUBPROOF take
 * it: at each step one half is left aside. */
typedef struct way {
  size_t n;
  evidence_range aside[64]; /* hashes not known yet */
  uint64_t lo, hi;          /* of the node */
} way;

/* The largest power of two below n; n > 1. */
static uint64_t split(uint64_t n) {
  uint64_t half = 1;
  while (half < n - half) {
    half *= 2;
  }
  return half;
}

/* Down towards entry `at`, to it alone, or (whole) to the largest node that
 * ends behind it. */
static void descend(uint64_t size, uint64_t at, bool whole, way *w) {
  *w = (way){.n = 0, .lo = 0, .hi = size};
  while (w->hi - w->lo > 1 && !(whole && w->hi == at + 1)) {
    uint64_t middle = w->lo + split(w->hi - w->lo);
    evidence_range *aside = &w->aside[w->n++];
    if (at < middle) {
      *aside = (evidence_range){.lo = middle, .hi = w->hi};
      w->hi = middle;
    } else {
      *aside = (evidence_range){.lo = w->lo, .hi = middle};
      w->lo = middle;
    }
  }
}

static void add(evidence_ranges *out, uint64_t lo, uint64_t hi,
                const tacet_tlog_hash *hash) {
  TACET_ASSERT(out->n < RANGES_MAX);
  out->r[out->n++] = (evidence_range){lo, hi, *hash};
}

/* From the node up again with the hashes of the proof. *root gets the tree's,
 * *left that of the entries before the node's end. */
static tacet_err climb(const way *w, const tacet_tlog_hash *node,
                       const tacet_tlog_hash *hashes, evidence_ranges *out,
                       tacet_tlog_hash *root, tacet_tlog_hash *left) {
  evidence_range whole = {w->lo, w->hi, *node};
  *left = *node;
  add(out, w->lo, w->hi, node);
  for (size_t i = 0; i < w->n; i++) {
    const evidence_range *aside = &w->aside[w->n - 1 - i];
    const tacet_tlog_hash *h = &hashes[i];
    add(out, aside->lo, aside->hi, h);
    if (aside->lo < whole.lo) {
      TACET_TRY(tacet_tlog_node(h, left, left));
      TACET_TRY(tacet_tlog_node(h, &whole.hash, &whole.hash));
      whole.lo = aside->lo;
    } else {
      TACET_TRY(tacet_tlog_node(&whole.hash, h, &whole.hash));
      whole.hi = aside->hi;
    }
    add(out, whole.lo, whole.hi, &whole.hash);
  }
  *root = whole.hash;
  return TACET_OK;
}

static tacet_err entry(const tacet_evidence_shown *s,
                       const tacet_tlog_head *head, evidence_ranges *out) {
  way w;
  tacet_tlog_hash leaf, root, left;
  if (s->index >= head->size) {
    return TACET_ERR_AUTH;
  }
  descend(head->size, s->index, false, &w);
  if (s->entry_path.n != w.n) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_tlog_leaf(s->entry, &leaf));
  TACET_TRY(climb(&w, &leaf, s->entry_path.hashes, out, &root, &left));
  return tacet_tlog_equal(&root, &head->root) ? TACET_OK : TACET_ERR_AUTH;
}

static tacet_err prefix(const tacet_evidence_shown *s,
                        const tacet_tlog_head *head, evidence_ranges *out) {
  way w;
  tacet_tlog_hash root, left;
  const tacet_tlog_proof *p = &s->prefix_path;
  if (s->prefix.size >= head->size) {
    return TACET_ERR_AUTH;
  }
  descend(head->size, s->prefix.size - 1, true, &w);
  /* A complete old tree is a node of the new one: the proof leaves it out. */
  size_t own = w.lo == 0 ? 0 : 1;
  if (p->n != w.n + own) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(climb(&w, own == 0 ? &s->prefix.root : &p->hashes[0],
                  p->hashes + own, out, &root, &left));
  add(out, 0, s->prefix.size, &left);
  return tacet_tlog_equal(&root, &head->root) &&
                 tacet_tlog_equal(&left, &s->prefix.root)
             ? TACET_OK
             : TACET_ERR_AUTH;
}

tacet_err evidence_ranges_of(const tacet_evidence_shown *s,
                             const tacet_tlog_head *head,
                             evidence_ranges *out) {
  out->n = 0;
  add(out, 0, head->size, &head->root);
  if (s->entry.len > 0) {
    TACET_TRY(entry(s, head, out));
  }
  return s->prefix.size == 0 ? TACET_OK : prefix(s, head, out);
}

const evidence_range *evidence_ranges_differ(const evidence_ranges *a,
                                             const evidence_ranges *b) {
  const evidence_range *found = NULL;
  for (size_t i = 0; i < a->n; i++) {
    for (size_t j = 0; j < b->n; j++) {
      const evidence_range *x = &a->r[i], *y = &b->r[j];
      if (x->lo == y->lo && x->hi == y->hi &&
          !tacet_tlog_equal(&x->hash, &y->hash) &&
          (found == NULL || x->hi - x->lo < found->hi - found->lo)) {
        found = x;
      }
    }
  }
  return found;
}
