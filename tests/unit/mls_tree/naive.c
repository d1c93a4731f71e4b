/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mls_tree/naive.h"

/* ---- shape, without tree_math.h ---- */

static uint32_t size_below(uint32_t node) { /* leaves below */
  uint32_t n = 1;
  while ((node & n) != 0) {
    n *= 2;
  }
  return n;
}
static uint32_t left_of(uint32_t node) {
  return node - size_below(node) / 2;
}
static uint32_t right_of(uint32_t node) {
  return node + size_below(node) / 2;
}
static uint64_t leaves_below(uint32_t node) {
  if (node % 2 == 0) {
    return (uint64_t)1 << node / 2;
  }
  return leaves_below(left_of(node)) | leaves_below(right_of(node));
}
static bool is_above(uint32_t node, uint32_t other) { /* or the same */
  return (leaves_below(node) & leaves_below(other)) == leaves_below(other);
}

/* ---- making ---- */

void naive_init(naive_tree *t, const tacet_hash *hash) {
  *t = (naive_tree){.hash = hash, .n_leaves = 1};
}

static naive_node leaf_of(tacet_span bytes) {
  tacet_leaf_node view;
  TACET_ASSERT(tacet_leaf_node_parse(bytes, &view) == TACET_OK);
  return (naive_node){.here = true,
                      .leaf = bytes,
                      .encryption_key = view.encryption_key,
                      .parent_hash = view.parent_hash};
}

void naive_load(naive_tree *t, const tacet_hash *hash,
                tacet_span ratchet_tree) {
  tacet_span list;
  uint32_t n_nodes, x = 0;
  naive_init(t, hash);
  TACET_ASSERT(tacet_ratchet_tree_parse(ratchet_tree, &list, &n_nodes) ==
               TACET_OK);
  while (2 * t->n_leaves - 1 < n_nodes) {
    t->n_leaves *= 2;
  }
  TACET_ASSERT(t->n_leaves <= NAIVE_LEAVES);
  for (tacet_node n; tacet_node_next(&list, &n); x++) {
    if (n.type == TACET_NODE_LEAF) {
      t->node[x] = leaf_of(n.leaf.raw);
    } else if (n.type == TACET_NODE_PARENT) {
      naive_set_parent(t, x, n.parent.encryption_key, n.parent.parent_hash);
      for (uint32_t leaf;
           tacet_u32_list_next(&n.parent.unmerged_leaves, &leaf);) {
        t->node[x].unmerged |= (uint64_t)1 << leaf;
      }
    }
  }
}

static void unmerged_write(tacet_buf *w, uint64_t unmerged) {
  size_t at = tacet_write_open(w);
  for (uint32_t i = 0; i < NAIVE_LEAVES; i++) {
    if ((unmerged >> i & 1) != 0) {
      tacet_write_u32(w, i);
    }
  }
  tacet_write_close(w, at);
}

/* optional<ParentNode>, some of its unmerged leaves left out. */
static void parent_write(tacet_buf *w, const naive_node *n, uint64_t gone) {
  tacet_write_vec(w, n->encryption_key);
  tacet_write_vec(w, n->parent_hash);
  unmerged_write(w, n->unmerged & ~gone);
}

void naive_write(const naive_tree *t, tacet_buf *w) {
  uint32_t n = 2 * t->n_leaves - 1;
  while (n > 0 && !t->node[n - 1].here) {
    n--;
  }
  size_t at = tacet_write_open(w);
  for (uint32_t x = 0; x < n; x++) {
    tacet_write_u8(w, t->node[x].here);
    if (t->node[x].here) {
      tacet_write_u8(w, x % 2 == 0 ? 1 : 2);
      if (x % 2 == 0) {
        tacet_write_bytes(w, t->node[x].leaf);
      } else {
        parent_write(w, &t->node[x], 0);
      }
    }
  }
  tacet_write_close(w, at);
}

/* ---- changing ---- */

void naive_set_parent(naive_tree *t, uint32_t node, tacet_span key,
                      tacet_span parent_hash) {
  t->node[node] = (naive_node){
      .here = true, .encryption_key = key, .parent_hash = parent_hash};
}

uint32_t naive_reserve(naive_tree *t) {
  uint32_t i = 0;
  while (i < t->n_leaves && t->node[2 * i].here) {
    i++;
  }
  if (i == t->n_leaves) {
    t->n_leaves *= 2;
    TACET_ASSERT(t->n_leaves <= NAIVE_LEAVES);
  }
  return i;
}

uint32_t naive_add(naive_tree *t, tacet_span leaf_node) {
  uint32_t i = naive_reserve(t);
  for (uint32_t x = 1; x < 2 * t->n_leaves - 1; x += 2) {
    if (is_above(x, 2 * i) && t->node[x].here) {
      t->node[x].unmerged |= (uint64_t)1 << i;
    }
  }
  t->node[2 * i] = leaf_of(leaf_node);
  return i;
}

static void blank_above(naive_tree *t, uint32_t leaf) {
  for (uint32_t x = 1; x < 2 * t->n_leaves - 1; x += 2) {
    if (is_above(x, 2 * leaf)) {
      t->node[x] = (naive_node){.here = false};
    }
  }
}

void naive_update(naive_tree *t, uint32_t leaf, tacet_span leaf_node) {
  blank_above(t, leaf);
  t->node[2 * leaf] = leaf_of(leaf_node);
}

void naive_remove(naive_tree *t, uint32_t leaf) {
  blank_above(t, leaf);
  t->node[2 * leaf] = (naive_node){.here = false};
  uint32_t last = 0;
  for (uint32_t i = 0; i < t->n_leaves; i++) {
    last = t->node[2 * i].here ? i : last;
  }
  while (t->n_leaves > 1 && last < t->n_leaves / 2) {
    t->n_leaves /= 2;
    for (uint32_t x = t->n_leaves * 2 - 1; x < 4 * t->n_leaves - 1; x++) {
      t->node[x] = (naive_node){.here = false};
    }
  }
}

uint32_t naive_n_members(const naive_tree *t) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < t->n_leaves; i++) {
    n += t->node[2 * i].here ? 1 : 0;
  }
  return n;
}

uint32_t naive_member(const naive_tree *t, uint32_t n) {
  for (uint32_t i = 0; i < t->n_leaves; i++) {
    if (t->node[2 * i].here && n-- == 0) {
      return i;
    }
  }
  TACET_ASSERT(false);
  return 0;
}

/* ---- hashes ---- */

void naive_node_hash(const naive_tree *t, uint32_t node, uint64_t gone,
                     uint8_t *out) {
  const naive_node *n = &t->node[node];
  TACET_BUF(w, 1 << 20);
  if (node % 2 == 0) {
    bool here = n->here && (gone >> node / 2 & 1) == 0;
    tacet_write_u8(&w, 1);
    tacet_write_u32(&w, node / 2);
    tacet_write_u8(&w, here);
    tacet_write_bytes(&w, here ? n->leaf : TACET_SPAN_EMPTY);
  } else {
    uint8_t child[TACET_HASH_MAX];
    tacet_write_u8(&w, 2);
    tacet_write_u8(&w, n->here);
    if (n->here) {
      parent_write(&w, n, gone);
    }
    naive_node_hash(t, left_of(node), gone, child);
    tacet_write_vec(&w, tacet_span_of(child, t->hash->len));
    naive_node_hash(t, right_of(node), gone, child);
    tacet_write_vec(&w, tacet_span_of(child, t->hash->len));
  }
  TACET_ASSERT(tacet_hash_one(t->hash, tacet_buf_span(&w), out) == TACET_OK);
}

uint32_t naive_resolution(const naive_tree *t, uint32_t node, uint32_t *out) {
  if (t->node[node].here) {
    uint32_t n = 1;
    out[0] = node;
    for (uint32_t i = 0; i < NAIVE_LEAVES; i++) {
      if ((t->node[node].unmerged >> i & 1) != 0) {
        out[n++] = 2 * i;
      }
    }
    return n;
  }
  if (node % 2 == 0) {
    return 0;
  }
  uint32_t n = naive_resolution(t, left_of(node), out);
  return n + naive_resolution(t, right_of(node), out + n);
}

static void parent_hash(const naive_tree *t, uint32_t p, uint32_t s,
                        uint8_t *out) {
  uint8_t original[TACET_HASH_MAX];
  naive_node_hash(t, s, t->node[p].unmerged, original);
  TACET_BUF(w, 1 << 20);
  tacet_write_vec(&w, t->node[p].encryption_key);
  tacet_write_vec(&w, t->node[p].parent_hash);
  tacet_write_vec(&w, tacet_span_of(original, t->hash->len));
  TACET_ASSERT(tacet_hash_one(t->hash, tacet_buf_span(&w), out) == TACET_OK);
}

/* "The parent hash in a node D is valid with respect to a parent node P" */
static bool is_valid_link(const naive_tree *t, uint32_t d, uint32_t p) {
  uint32_t c = is_above(left_of(p), d) ? left_of(p) : right_of(p);
  uint32_t s = c == left_of(p) ? right_of(p) : left_of(p);
  uint8_t hash[TACET_HASH_MAX];
  if (d == p || !is_above(c, d) || !t->node[p].here || !t->node[d].here) {
    return false;
  }
  parent_hash(t, p, s, hash);
  if (!tacet_span_equal(t->node[d].parent_hash,
                        tacet_span_of(hash, t->hash->len))) {
    return false;
  }
  uint32_t list[4 * NAIVE_LEAVES], n = naive_resolution(t, c, list);
  uint64_t rest = 0;
  bool has_d = false;
  for (uint32_t i = 0; i < n; i++) {
    if (list[i] == d) {
      has_d = true;
    } else if (list[i] % 2 == 0) {
      rest |= (uint64_t)1 << list[i] / 2;
    } else {
      return false; /* no set of leaves is equal to that */
    }
  }
  return has_d && rest == (t->node[p].unmerged & leaves_below(c));
}

/* Each chain begins at a leaf and goes up as far as links are valid. */
bool naive_parent_hashes_are_valid(const naive_tree *t) {
  uint32_t n_nodes = 2 * t->n_leaves - 1;
  int covered[2 * NAIVE_LEAVES - 1] = {0};
  for (uint32_t leaf = 0; leaf < n_nodes; leaf += 2) {
    for (uint32_t d = leaf, next = n_nodes; t->node[d].here; d = next) {
      next = n_nodes;
      for (uint32_t p = 1; p < n_nodes; p += 2) {
        if (is_above(p, d) && is_valid_link(t, d, p)) {
          next = p;
        }
      }
      if (next == n_nodes) {
        break;
      }
      covered[next]++;
    }
  }
  for (uint32_t p = 1; p < n_nodes; p += 2) {
    if (t->node[p].here && covered[p] != 1) {
      return false;
    }
  }
  return true;
}

/* ---- rules about the whole ---- */

static tacet_span signature_key(const naive_node *n) {
  tacet_leaf_node view;
  TACET_ASSERT(tacet_leaf_node_parse(n->leaf, &view) == TACET_OK);
  return view.signature_key;
}

bool naive_has_double_keys(const naive_tree *t) {
  for (uint32_t a = 0; a < 2 * t->n_leaves - 1; a++) {
    for (uint32_t b = 0; b < a; b++) {
      const naive_node *m = &t->node[a], *n = &t->node[b];
      if (!m->here || !n->here) {
        continue;
      }
      if (tacet_span_equal(m->encryption_key, n->encryption_key) ||
          (a % 2 == 0 && b % 2 == 0 &&
           tacet_span_equal(signature_key(m), signature_key(n)))) {
        return true;
      }
    }
  }
  return false;
}

bool naive_credentials_are_supported(const naive_tree *t) {
  for (uint32_t a = 0; a < 2 * t->n_leaves - 1; a += 2) {
    for (uint32_t b = 0; b < 2 * t->n_leaves - 1; b += 2) {
      tacet_leaf_node m, n;
      if (t->node[a].here && t->node[b].here &&
          tacet_leaf_node_parse(t->node[a].leaf, &m) == TACET_OK &&
          tacet_leaf_node_parse(t->node[b].leaf, &n) == TACET_OK &&
          !tacet_u16_list_has(m.capabilities.credentials, n.credential.type)) {
        return false;
      }
    }
  }
  return true;
}
