/* SPDX-License-Identifier: Apache-2.0
 * The prefix tree in memory. Nodes are never freed one by one, for the map only
 * grows: they lie in blocks, and name each other by number. In the order in
 * which they came they can be taken back. */
#include "keytrans/map_hash.h"

#define BLOCK 1024 /* nodes */

/* A node's number: 0 for none, else (index + 1) * 2, plus 1 for a leaf. */
typedef uint32_t ref;
#define IS_LEAF(r) (((r)&1u) != 0)
#define INDEX(r) ((size_t)((r) >> 1) - 1)
#define INDEX_MAX ((size_t)1 << 30)

/* A hash of zeros is none yet: something below has changed. */
typedef struct parent {
  tacet_map_hash hash;
  ref child[2];
} parent;

typedef struct leaf {
  tacet_map_hash key, value;
} leaf;

/* Nodes of one kind. */
typedef struct nodes {
  size_t size; /* of one */
  size_t n, n_blocks, cap;
  void **blocks;
} nodes;

struct tacet_map {
  ref root;
  nodes parents, leaves;
};

static const tacet_map_hash nothing;

static void *node_at(const nodes *s, size_t index) {
  return (uint8_t *)s->blocks[index / BLOCK] + index % BLOCK * s->size;
}

static parent *parent_of(const tacet_map *m, ref r) {
  return node_at(&m->parents, INDEX(r));
}

static leaf *leaf_of(const tacet_map *m, ref r) {
  return node_at(&m->leaves, INDEX(r));
}

/* ---- room ---- */

static tacet_err more_blocks(nodes *s) {
  size_t cap = s->cap == 0 ? 16 : s->cap * 2;
  void **blocks = tacet_alloc_array(cap, sizeof(*blocks));
  if (blocks == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (s->n_blocks > 0) {
    memcpy(blocks, s->blocks, s->n_blocks * sizeof(*blocks));
  }
  tacet_free(s->blocks);
  s->blocks = blocks;
  s->cap = cap;
  return TACET_OK;
}

/* Makes room for n more, so that taking them cannot fail. */
static tacet_err reserve(nodes *s, size_t n) {
  if (n > INDEX_MAX - s->n) {
    return TACET_ERR_LIMIT;
  }
  while (s->n_blocks * BLOCK < s->n + n) {
    if (s->n_blocks == s->cap) {
      TACET_TRY(more_blocks(s));
    }
    void *block = tacet_alloc_array(BLOCK, s->size);
    if (block == NULL) {
      return TACET_ERR_NOMEM;
    }
    s->blocks[s->n_blocks++] = block;
  }
  return TACET_OK;
}

static ref take(nodes *s, bool is_leaf) {
  return (ref)(++s->n << 1 | (is_leaf ? 1 : 0));
}

static void drop(nodes *s) {
  for (size_t i = 0; i < s->n_blocks; i++) {
    tacet_free(s->blocks[i]);
  }
  tacet_free(s->blocks);
}

tacet_err tacet_map_new(tacet_map **out) {
  tacet_map *m = tacet_alloc(sizeof(*m));
  if (m == NULL) {
    return TACET_ERR_NOMEM;
  }
  m->parents.size = sizeof(parent);
  m->leaves.size = sizeof(leaf);
  *out = m;
  return TACET_OK;
}

void tacet_map_free(tacet_map *m) {
  if (m != NULL) {
    drop(&m->parents);
    drop(&m->leaves);
    tacet_free(m);
  }
}

static tacet_err copy_nodes(const nodes *of, nodes *out) {
  TACET_TRY(reserve(out, of->n));
  for (size_t at = 0; at < of->n; at += BLOCK) {
    size_t n = of->n - at < BLOCK ? of->n - at : BLOCK;
    memcpy(out->blocks[at / BLOCK], of->blocks[at / BLOCK], n * of->size);
  }
  out->n = of->n;
  return TACET_OK;
}

/* Nodes name each other by number, so these may lie elsewhere. */
tacet_err tacet_map_copy(const tacet_map *of, tacet_map **out) {
  tacet_map *m;
  TACET_TRY(tacet_map_new(&m));
  tacet_err err = copy_nodes(&of->parents, &m->parents);
  if (err == TACET_OK) {
    err = copy_nodes(&of->leaves, &m->leaves);
  }
  if (err != TACET_OK) {
    tacet_map_free(m);
    return err;
  }
  m->root = of->root;
  *out = m;
  return TACET_OK;
}

uint64_t tacet_map_size(const tacet_map *m) {
  return m->leaves.n;
}

/* ---- walking ---- */

/* Where the path of a key ends, how deep. */
static ref *end_of(tacet_map *m, const tacet_map_hash *key, size_t *depth) {
  ref *at = &m->root;
  *depth = 0;
  while (*at != 0 && !IS_LEAF(*at)) {
    at = &parent_of(m, *at)->child[map_bit(key, (*depth)++)];
  }
  return at;
}

bool tacet_map_has(const tacet_map *m, const tacet_map_hash *key) {
  ref at = m->root;
  for (size_t depth = 0; at != 0 && !IS_LEAF(at); depth++) {
    at = parent_of(m, at)->child[map_bit(key, depth)];
  }
  return at != 0 && map_equal(&leaf_of(m, at)->key, key);
}

/* The hashes on the way to a key are none any more. */
static void spoil(tacet_map *m, const tacet_map_hash *key) {
  ref at = m->root;
  for (size_t depth = 0; at != 0 && !IS_LEAF(at); depth++) {
    parent *p = parent_of(m, at);
    p->hash = nothing;
    at = p->child[map_bit(key, depth)];
  }
}

/* Two keys that were together at `depth`: parents down to where they part. */
static void part(tacet_map *m, ref *at, size_t depth, ref old, ref added) {
  const tacet_map_hash *a = &leaf_of(m, old)->key, *b = &leaf_of(m, added)->key;
  for (;; depth++) {
    ref r = take(&m->parents, false);
    parent *p = parent_of(m, r);
    *p = (parent){.child = {0, 0}};
    *at = r;
    if (map_bit(a, depth) != map_bit(b, depth)) {
      p->child[map_bit(a, depth)] = old;
      p->child[map_bit(b, depth)] = added;
      return;
    }
    at = &p->child[map_bit(a, depth)];
  }
}

/* How many parents `part` takes. */
static size_t parents_needed(const tacet_map_hash *a, const tacet_map_hash *b,
                             size_t depth) {
  size_t n = 1;
  while (map_bit(a, depth + n - 1) == map_bit(b, depth + n - 1)) {
    n++;
  }
  return n;
}

tacet_err tacet_map_insert(tacet_map *m, const tacet_map_hash *key,
                           const tacet_map_hash *value) {
  size_t depth;
  ref *at = end_of(m, key, &depth), old = *at;
  if (old != 0) {
    const tacet_map_hash *other = &leaf_of(m, old)->key;
    if (map_equal(other, key)) {
      return TACET_ERR_EXISTS;
    }
    TACET_TRY(reserve(&m->parents, parents_needed(other, key, depth)));
  }
  TACET_TRY(reserve(&m->leaves, 1));
  spoil(m, key);
  ref added = take(&m->leaves, true);
  *leaf_of(m, added) = (leaf){*key, *value};
  if (old == 0) {
    *at = added;
  } else {
    part(m, at, depth, old, added);
  }
  return TACET_OK;
}

/* ---- taking back ---- */

/* Undoes part(), or the filling of a missing child, for the newest leaf. All
 * that came after it is gone already, so a parent of two leaves was made for
 * it, with the parents of one child right above; and a parent whose other child
 * is a parent was there before. */
static void take_back(tacet_map *m) {
  const ref last = (ref)(m->leaves.n << 1 | 1);
  const tacet_map_hash *key = &leaf_of(m, last)->key;
  ref *at = &m->root, *top = at, other = 0;
  size_t made = 0; /* parents from *top down */
  spoil(m, key);
  for (size_t depth = 0; !IS_LEAF(*at); depth++) {
    parent *p = parent_of(m, *at);
    unsigned bit = map_bit(key, depth);
    top = made == 0 || other != 0 ? at : top;
    made = made == 0 || other != 0 ? 1 : made + 1;
    other = p->child[1 - bit];
    at = &p->child[bit];
  }
  if (IS_LEAF(other)) {
    *top = other;
    m->parents.n -= made;
  } else {
    *at = 0;
  }
  m->leaves.n--;
}

void tacet_map_at(const tacet_map *m, uint64_t i, tacet_map_hash *key,
                  tacet_map_hash *value) {
  const leaf *l = node_at(&m->leaves, (size_t)i);
  *key = l->key;
  *value = l->value;
}

void tacet_map_truncate(tacet_map *m, uint64_t size) {
  while (m->leaves.n > size) {
    take_back(m);
  }
}

/* ---- hashes ---- */

/* Recursion goes as deep as the tree: some 40 for a billion random keys, 256
 * for keys that somebody has chosen. */
/* NOLINTNEXTLINE(misc-no-recursion): the depth is bounded, as said */
static tacet_err hash_of(tacet_map *m, ref r, tacet_map_hash *out) {
  if (r == 0) {
    *out = nothing;
    return TACET_OK;
  }
  if (IS_LEAF(r)) {
    return map_leaf(&leaf_of(m, r)->key, &leaf_of(m, r)->value, out);
  }
  parent *p = parent_of(m, r);
  if (map_equal(&p->hash, &nothing)) {
    tacet_map_hash left, right;
    TACET_TRY(hash_of(m, p->child[0], &left));
    TACET_TRY(hash_of(m, p->child[1], &right));
    TACET_TRY(map_parent(&left, &right, &p->hash));
  }
  *out = p->hash;
  return TACET_OK;
}

tacet_err tacet_map_root(tacet_map *m, tacet_map_hash *out) {
  return hash_of(m, m->root, out);
}

tacet_err tacet_map_prove(tacet_map *m, const tacet_map_hash *key,
                          tacet_map_proof *out) {
  tacet_map_proof proof = {.end = TACET_MAP_NOTHING};
  ref at = m->root;
  for (; at != 0 && !IS_LEAF(at); proof.depth++) {
    const parent *p = parent_of(m, at);
    unsigned bit = map_bit(key, proof.depth);
    TACET_TRY(hash_of(m, p->child[1 - bit], &proof.siblings[proof.depth]));
    at = p->child[bit];
  }
  if (at != 0) {
    const leaf *l = leaf_of(m, at);
    bool found = map_equal(&l->key, key);
    proof.end = found ? TACET_MAP_FOUND : TACET_MAP_OTHER;
    proof.value = l->value;
    if (!found) {
      proof.other = l->key;
    }
  }
  *out = proof;
  return TACET_OK;
}
