/* SPDX-License-Identifier: Apache-2.0
 * A log's Merkle tree: hashes, growth, and the verifiers (RFC 9162 2.1). */
#include "tacet/keytrans/tlog.h"

#include "tacet/crypto.h"

/* ---- hashes (RFC 6962 2.1) ---- */

static tacet_err hash(uint8_t kind, tacet_span a, tacet_span b,
                      tacet_tlog_hash *out) {
  const tacet_span parts[] = {tacet_span_of(&kind, 1), a, b};
  tacet_tlog_hash made; /* out may be an input */
  TACET_TRY(tacet_hash_sha256.digest(parts, 3, made.b));
  *out = made;
  return TACET_OK;
}

tacet_err tacet_tlog_leaf(tacet_span entry, tacet_tlog_hash *out) {
  return hash(0x00, entry, TACET_SPAN_EMPTY, out);
}

tacet_err tacet_tlog_node(const tacet_tlog_hash *left,
                          const tacet_tlog_hash *right, tacet_tlog_hash *out) {
  return hash(0x01, tacet_span_of(left->b, TACET_TLOG_HASH_LEN),
              tacet_span_of(right->b, TACET_TLOG_HASH_LEN), out);
}

tacet_err tacet_tlog_empty(tacet_tlog_hash *out) {
  return tacet_hash_sha256.digest(NULL, 0, out->b);
}

/* ---- growing ---- */

static tacet_err put(const tacet_tlog_sink *sink, unsigned level,
                     uint64_t index, const tacet_tlog_hash *node) {
  return sink == NULL ? TACET_OK : sink->put(sink->ctx, level, index, node);
}

tacet_err tacet_tlog_append(tacet_tlog_frontier *f, const tacet_tlog_hash *leaf,
                            const tacet_tlog_sink *sink) {
  if (f->size >= UINT64_MAX >> 1) {
    return TACET_ERR_LIMIT;
  }
  tacet_tlog_hash node = *leaf;
  unsigned level = 0;
  TACET_TRY(put(sink, 0, f->size, &node));
  /* As in adding one to a binary number: each set bit carries. */
  for (; (f->size >> level & 1) != 0; level++) {
    TACET_TRY(tacet_tlog_node(&f->nodes[level], &node, &node));
    TACET_TRY(put(sink, level + 1, f->size >> (level + 1), &node));
  }
  f->nodes[level] = node;
  f->size++;
  return TACET_OK;
}

tacet_err tacet_tlog_frontier_root(const tacet_tlog_frontier *f,
                                   tacet_tlog_hash *out) {
  tacet_tlog_hash root;
  bool any = false;
  for (unsigned level = 0; level < 64; level++) {
    if ((f->size >> level & 1) == 0) {
      continue;
    }
    if (any) {
      TACET_TRY(tacet_tlog_node(&f->nodes[level], &root, &root));
    } else {
      root = f->nodes[level];
      any = true;
    }
  }
  if (!any) {
    return tacet_tlog_empty(out);
  }
  *out = root;
  return TACET_OK;
}

/* ---- verifying ---- */

/* The walk that both verifiers share: from a node up to the root. `fn` is the
 * node's index at its level, `sn` that of the last node there. */
typedef struct walk {
  uint64_t fn, sn;
} walk;

/* Does the next hash of the proof stand on the left? Then the levels at which
 * the node has no sibling, for it is the last there, are skipped. */
static bool is_left(walk *w) {
  bool left = (w->fn & 1) != 0 || w->fn == w->sn;
  while (left && (w->fn & 1) == 0 && w->fn != 0) {
    w->fn >>= 1;
    w->sn >>= 1;
  }
  w->fn >>= 1;
  w->sn >>= 1;
  return left;
}

tacet_err tacet_tlog_verify_inclusion(uint64_t index,
                                      const tacet_tlog_hash *leaf,
                                      const tacet_tlog_proof *proof,
                                      uint64_t size,
                                      const tacet_tlog_hash *root) {
  if (index >= size || proof->n > TACET_TLOG_PROOF_MAX) {
    return TACET_ERR_AUTH;
  }
  walk w = {index, size - 1};
  tacet_tlog_hash r = *leaf;
  for (size_t i = 0; i < proof->n; i++) {
    const tacet_tlog_hash *p = &proof->hashes[i];
    if (w.sn == 0) {
      return TACET_ERR_AUTH;
    }
    TACET_TRY(is_left(&w) ? tacet_tlog_node(p, &r, &r)
                          : tacet_tlog_node(&r, p, &r));
  }
  return w.sn == 0 && tacet_tlog_equal(&r, root) ? TACET_OK : TACET_ERR_AUTH;
}

/* The proof's hashes from `at` on, over the old root (fr) and the new (sr). */
static tacet_err climb(walk *w, const tacet_tlog_proof *proof, size_t at,
                       tacet_tlog_hash *fr, tacet_tlog_hash *sr) {
  for (; at < proof->n; at++) {
    const tacet_tlog_hash *c = &proof->hashes[at];
    if (w->sn == 0) {
      return TACET_ERR_FORK;
    }
    if (is_left(w)) {
      TACET_TRY(tacet_tlog_node(c, fr, fr));
      TACET_TRY(tacet_tlog_node(c, sr, sr));
    } else {
      TACET_TRY(tacet_tlog_node(sr, c, sr));
    }
  }
  return w->sn == 0 ? TACET_OK : TACET_ERR_FORK;
}

tacet_err tacet_tlog_verify_consistency(uint64_t old_size,
                                        const tacet_tlog_hash *old_root,
                                        const tacet_tlog_proof *proof,
                                        uint64_t size,
                                        const tacet_tlog_hash *root) {
  if (old_size > size || proof->n > TACET_TLOG_PROOF_MAX) {
    return TACET_ERR_FORK;
  }
  if (old_size == 0 || old_size == size) {
    bool same = old_size == 0 || tacet_tlog_equal(old_root, root);
    return proof->n == 0 && same ? TACET_OK : TACET_ERR_FORK;
  }
  walk w = {old_size - 1, size - 1};
  while ((w.fn & 1) != 0) {
    w.fn >>= 1;
    w.sn >>= 1;
  }
  /* A complete old tree is a node of the new one: the proof leaves it out. */
  bool complete = (old_size & (old_size - 1)) == 0;
  if (!complete && proof->n == 0) {
    return TACET_ERR_FORK;
  }
  tacet_tlog_hash fr = complete ? *old_root : proof->hashes[0], sr = fr;
  TACET_TRY(climb(&w, proof, complete ? 0 : 1, &fr, &sr));
  return tacet_tlog_equal(&fr, old_root) && tacet_tlog_equal(&sr, root)
             ? TACET_OK
             : TACET_ERR_FORK;
}
