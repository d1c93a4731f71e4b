/* SPDX-License-Identifier: Apache-2.0
 * The block that most nodes of a tree stand in.
 *
 * Nodes that a change makes are blocks of their own, since a change may wait,
 * or be taken back. Once it is committed they stay, and the places of the nodes
 * that they replaced are dead; when both together are a part of the whole that
 * matters, everything moves into a new block. What that costs is a copy of the
 * tree, once for each sixteenth of it that was replaced. */
#include "mls/tree_state.h"

/* Of a small tree no block is worth it. */
#define WASTE_MIN 4096
#define WASTE_PART 16

static bool is_packed(const tacet_tree *t, const tree_node *n) {
  uintptr_t at = (uintptr_t)n, from = (uintptr_t)t->pack;
  return t->pack != NULL && at >= from && at - from < t->pack_len;
}

static tree_node *place_at(uint8_t *pack, size_t at) {
  return (tree_node *)(void *)(pack + at);
}

/* ---- reading ---- */

static tacet_err measure(tacet_span list, uint32_t *n_nodes, size_t *len) {
  tacet_node view;
  uint32_t x = 0;
  for (*len = 0; tacet_node_next(&list, &view); x++) {
    if (!tacet_tree_node_fits(&view, x)) {
      return TACET_ERR_TREE;
    }
    *len += tacet_tree_node_size(&view);
  }
  *n_nodes = x;
  return TACET_OK;
}

tacet_err tacet_tree_pack_read(tacet_tree *t, tacet_span list,
                               uint32_t *n_nodes) {
  TACET_TRY(measure(list, n_nodes, &t->pack_len));
  t->pack = tacet_alloc(t->pack_len);
  if (t->pack == NULL) {
    return TACET_ERR_NOMEM;
  }
  size_t at = 0;
  tacet_node view;
  for (uint32_t x = 0; tacet_node_next(&list, &view); x++) {
    size_t size = tacet_tree_node_size(&view);
    if (size > 0) {
      t->nodes[x] = place_at(t->pack, at);
      tacet_tree_node_fill(&view, t->nodes[x]);
      at += size;
    }
  }
  return TACET_OK;
}

/* ---- moving ---- */

static size_t live_bytes(const tacet_tree *t) {
  size_t len = 0;
  for (uint32_t x = 0; x < tacet_tree_n_nodes(t->n_leaves); x++) {
    len += t->nodes[x] != NULL ? tree_node_size(t->nodes[x]) : 0;
  }
  return len;
}

/* Without memory all stays where it is: the next change asks again. */
static void pack(tacet_tree *t) {
  size_t len = live_bytes(t), at = 0;
  uint8_t *block = tacet_alloc(len);
  if (block == NULL) {
    return;
  }
  for (uint32_t x = 0; x < tacet_tree_n_nodes(t->n_leaves); x++) {
    tree_node *n = t->nodes[x];
    if (n == NULL) {
      continue;
    }
    t->nodes[x] = place_at(block, at);
    memcpy(t->nodes[x], n, tree_node_size(n));
    at += tree_node_size(n);
    if (!is_packed(t, n)) {
      tacet_free(n);
    }
  }
  tacet_free(t->pack);
  t->pack = block;
  t->pack_len = len;
  t->waste = 0;
}

static void drop(tacet_tree *t, tree_node *n) {
  if (n == NULL) {
    return;
  }
  if (is_packed(t, n)) {
    t->waste += tree_node_size(n);
  } else {
    t->waste -= tree_node_size(n);
    tacet_free(n);
  }
}

void tacet_tree_pack_settle(tacet_tree *t, const tacet_tree_change *done) {
  for (uint32_t i = 0; i < done->n; i++) {
    const tree_entry *e = &done->entries[i];
    const tree_node *now = tree_at(t, e->node);
    t->waste += now != NULL ? tree_node_size(now) : 0;
    drop(t, e->other);
  }
  if (t->waste > WASTE_MIN && t->waste > t->pack_len / WASTE_PART) {
    pack(t);
  }
}

void tacet_tree_pack_free(tacet_tree *t) {
  if (t->nodes != NULL) {
    for (uint32_t x = 0; x < tacet_tree_n_nodes(t->cap_leaves); x++) {
      if (!is_packed(t, t->nodes[x])) {
        tacet_free(t->nodes[x]);
      }
    }
  }
  tacet_free(t->pack);
}
