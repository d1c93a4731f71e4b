/* SPDX-License-Identifier: Apache-2.0
 * The hashes of the prefix tree. */
#ifndef KEYTRANS_MAP_HASH_H
#define KEYTRANS_MAP_HASH_H

#include "tacet/keytrans/map.h"

/* Bit `depth` of a key; bit 0 is the highest of the first byte. */
static inline unsigned map_bit(const tacet_map_hash *key, size_t depth) {
  return (unsigned)key->b[depth / 8] >> (7 - depth % 8) & 1u;
}

tacet_err map_leaf(const tacet_map_hash *key, const tacet_map_hash *value,
                   tacet_map_hash *out);
/* out may be either child. */
tacet_err map_parent(const tacet_map_hash *left, const tacet_map_hash *right,
                     tacet_map_hash *out);

static inline bool map_equal(const tacet_map_hash *a, const tacet_map_hash *b) {
  return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

#endif
