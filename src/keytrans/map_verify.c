/* SPDX-License-Identifier: Apache-2.0
 * Proofs of the prefix tree: checking them, and their bytes. */
#include "keytrans/map_hash.h"

#include "tacet/crypto.h"

static tacet_err hash(uint8_t kind, const tacet_map_hash *a,
                      const tacet_map_hash *b, tacet_map_hash *out) {
  const tacet_span parts[] = {tacet_span_of(&kind, 1),
                              tacet_span_of(a->b, sizeof(a->b)),
                              tacet_span_of(b->b, sizeof(b->b))};
  tacet_map_hash made; /* out may be an input */
  TACET_TRY(tacet_hash_sha256.digest(parts, 3, made.b));
  *out = made;
  return TACET_OK;
}

tacet_err map_leaf(const tacet_map_hash *key, const tacet_map_hash *value,
                   tacet_map_hash *out) {
  return hash(0x02, key, value, out);
}

tacet_err map_parent(const tacet_map_hash *left, const tacet_map_hash *right,
                     tacet_map_hash *out) {
  return hash(0x03, left, right, out);
}

/* Does the other key differ, and only below the depth at which its leaf is? */
static bool is_other(const tacet_map_hash *key, const tacet_map_proof *p) {
  for (size_t i = 0; i < p->depth; i++) {
    if (map_bit(key, i) != map_bit(&p->other, i)) {
      return false;
    }
  }
  return !map_equal(key, &p->other);
}

/* From the node at the end of a key's path up to the root. */
static tacet_err climb(const tacet_map_hash *key, const tacet_map_proof *p,
                       tacet_map_hash *node) {
  for (size_t i = p->depth; i-- > 0;) {
    TACET_TRY(map_bit(key, i) == 0 ? map_parent(node, &p->siblings[i], node)
                                   : map_parent(&p->siblings[i], node, node));
  }
  return TACET_OK;
}

tacet_err tacet_map_verify(const tacet_map_hash *root,
                           const tacet_map_hash *key,
                           const tacet_map_proof *p) {
  tacet_map_hash node = {{0}};
  if (p->depth > TACET_MAP_DEPTH_MAX ||
      (p->end == TACET_MAP_OTHER && !is_other(key, p))) {
    return TACET_ERR_AUTH;
  }
  if (p->end != TACET_MAP_NOTHING) {
    TACET_TRY(map_leaf(p->end == TACET_MAP_FOUND ? key : &p->other, &p->value,
                       &node));
  }
  TACET_TRY(climb(key, p, &node));
  return map_equal(&node, root) ? TACET_OK : TACET_ERR_AUTH;
}

/* Two leaves where one was: they part where their keys first differ. */
static tacet_err part(const tacet_map_hash *key, const tacet_map_proof *p,
                      tacet_map_hash *node) {
  static const tacet_map_hash nothing = {{0}};
  tacet_map_hash other;
  size_t at = p->depth;
  TACET_TRY(map_leaf(&p->other, &p->value, &other));
  while (map_bit(key, at) == map_bit(&p->other, at)) { /* they are not equal */
    at++;
  }
  TACET_TRY(map_bit(key, at) == 0 ? map_parent(node, &other, node)
                                  : map_parent(&other, node, node));
  while (at-- > p->depth) {
    TACET_TRY(map_bit(key, at) == 0 ? map_parent(node, &nothing, node)
                                    : map_parent(&nothing, node, node));
  }
  return TACET_OK;
}

tacet_err tacet_map_verify_insert(const tacet_map_hash *root,
                                  const tacet_map_hash *key,
                                  const tacet_map_hash *value,
                                  const tacet_map_proof *p,
                                  tacet_map_hash *out) {
  tacet_map_hash node;
  TACET_TRY(tacet_map_verify(root, key, p));
  if (p->end == TACET_MAP_FOUND) {
    return TACET_ERR_EXISTS;
  }
  TACET_TRY(map_leaf(key, value, &node));
  if (p->end == TACET_MAP_OTHER) {
    TACET_TRY(part(key, p, &node));
  }
  TACET_TRY(climb(key, p, &node));
  *out = node;
  return TACET_OK;
}

/* ---- bytes ---- */

static void write_hash(const tacet_map_hash *h, tacet_buf *out) {
  tacet_write_bytes(out, tacet_span_of(h->b, sizeof(h->b)));
}

void tacet_map_proof_write(const tacet_map_proof *p, tacet_buf *out) {
  tacet_write_u8(out, (uint8_t)p->end);
  tacet_write_u16(out, (uint16_t)p->depth);
  for (size_t i = 0; i < p->depth; i++) {
    write_hash(&p->siblings[i], out);
  }
  if (p->end == TACET_MAP_OTHER) {
    write_hash(&p->other, out);
  }
  if (p->end != TACET_MAP_NOTHING) {
    write_hash(&p->value, out);
  }
}

void tacet_map_proof_read(tacet_reader *r, tacet_map_proof *out) {
  uint8_t end = tacet_read_u8(r);
  uint16_t depth = tacet_read_u16(r);
  if (end > TACET_MAP_FOUND) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  if (depth > TACET_MAP_DEPTH_MAX) {
    tacet_read_fail(r, TACET_ERR_LIMIT);
    depth = 0;
  }
  *out = (tacet_map_proof){.end = (tacet_map_end)end, .depth = depth};
  for (size_t i = 0; i < depth; i++) {
    tacet_read_copy(r, out->siblings[i].b, TACET_MAP_LEN);
  }
  if (end == TACET_MAP_OTHER) {
    tacet_read_copy(r, out->other.b, TACET_MAP_LEN);
  }
  if (end != TACET_MAP_NOTHING) {
    tacet_read_copy(r, out->value.b, TACET_MAP_LEN);
  }
}
