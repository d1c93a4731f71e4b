/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/map.h -- the prefix tree: which keys there are, and with which
 * value; it only grows.
 *
 * Keys and values are 32 bytes; keys look random (they are outputs of a VRF). A
 * leaf lies at the shallowest depth at which no other key has its prefix; bit 0
 * of a key is the highest of its first byte and decides at the root.
 *
 *   leaf     SHA-256(0x02 || key || value)
 *   parent   SHA-256(0x03 || left || right)
 *   nothing  32 zero bytes, where a child is missing, and for the empty map
 *
 * (The hashing of draft-ietf-keytrans-protocol's prefix tree.) One root has for
 * one key one truth: that it is there with this value, or that it is not.
 */
#ifndef TACET_KEYTRANS_MAP_H
#define TACET_KEYTRANS_MAP_H

#include "tacet/base.h"
#include "tacet/codec.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_MAP_LEN 32        /* of a key, a value, a hash */
#define TACET_MAP_DEPTH_MAX 256 /* siblings of one proof */

typedef struct tacet_map_hash {
  uint8_t b[TACET_MAP_LEN];
} tacet_map_hash;

/* Where the path of a key ends. */
typedef enum tacet_map_end {
  TACET_MAP_NOTHING = 0, /* a missing child: the key is not there */
  TACET_MAP_OTHER = 1,   /* the leaf of another key: it is not there either */
  TACET_MAP_FOUND = 2    /* its leaf */
} tacet_map_end;

typedef struct tacet_map_proof {
  tacet_map_end end;
  size_t depth;                                 /* of the end */
  tacet_map_hash siblings[TACET_MAP_DEPTH_MAX]; /* from the root down */
  tacet_map_hash other;                         /* key of OTHER's leaf */
  tacet_map_hash value;                         /* of OTHER's or FOUND's */
} tacet_map_proof;

/* AUTH unless the proof shows, for this root, what it says about the key. */
TACET_MUST_CHECK tacet_err tacet_map_verify(const tacet_map_hash *root,
                                            const tacet_map_hash *key,
                                            const tacet_map_proof *proof);

/* The root after `key` is put in with `value`, where the proof shows that it is
 * not in the map of `root`. EXISTS if it shows that it is; else as
 * tacet_map_verify(). */
TACET_MUST_CHECK tacet_err tacet_map_verify_insert(const tacet_map_hash *root,
                                                   const tacet_map_hash *key,
                                                   const tacet_map_hash *value,
                                                   const tacet_map_proof *proof,
                                                   tacet_map_hash *out);

/*   uint8 end; uint16 depth; opaque siblings[32 * depth];
 *   select (end) { other: opaque key[32], value[32]; found: opaque value[32]; }
 */
void tacet_map_proof_write(const tacet_map_proof *p, tacet_buf *out);
void tacet_map_proof_read(tacet_reader *r, tacet_map_proof *out);

/* ---- keeping one ---- */

typedef struct tacet_map tacet_map; /* about 120 bytes a key */

TACET_MUST_CHECK tacet_err tacet_map_new(tacet_map **out);
/* All of it, with the hashes that were made: far cheaper than to insert it all
 * again. */
TACET_MUST_CHECK tacet_err tacet_map_copy(const tacet_map *of, tacet_map **out);
void tacet_map_free(tacet_map *m);
uint64_t tacet_map_size(const tacet_map *m); /* keys */
/* EXISTS if the key is there, with whatever value. LIMIT for over 2^30 keys. */
TACET_MUST_CHECK tacet_err tacet_map_insert(tacet_map *m,
                                            const tacet_map_hash *key,
                                            const tacet_map_hash *value);
bool tacet_map_has(const tacet_map *m, const tacet_map_hash *key);
/* The i-th key that was inserted, from 0, and its value. i must be below the
 * size. */
void tacet_map_at(const tacet_map *m, uint64_t i, tacet_map_hash *key,
                  tacet_map_hash *value);
/* Takes back the newest insertions, until `size` keys are left: for a writer
 * whose transaction failed. Nothing if there are no more than that. */
void tacet_map_truncate(tacet_map *m, uint64_t size);
/* Hashes what changed since the last time. */
TACET_MUST_CHECK tacet_err tacet_map_root(tacet_map *m, tacet_map_hash *out);
TACET_MUST_CHECK tacet_err tacet_map_prove(tacet_map *m,
                                           const tacet_map_hash *key,
                                           tacet_map_proof *out);

#ifdef __cplusplus
}
#endif
#endif
