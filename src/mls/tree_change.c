/* SPDX-License-Identifier: Apache-2.0
 * Changes of a tree as transactions.
 *
 * A change is a list of what stood where. While it is open the tree has the new
 * nodes and the list the old ones; taking it back exchanges the two, and so
 * does making it again. Hashes are not kept with it: those above a node that
 * was exchanged are found anew, which costs a path's worth and not a tree's. */
#include "mls/tree_state.h"

/* ---- open, close ---- */

/* Without the nodes in it. */
static void list_free(tacet_tree_change *c) {
  tacet_free(c->entries);
  tacet_free(c->touched);
  tacet_free(c->added);
  tacet_free(c);
}

/* Of a detached one, whose nodes are its own. */
static void change_free(tacet_tree_change *c) {
  for (uint32_t i = 0; i < c->n; i++) {
    tacet_free(c->entries[i].other);
  }
  list_free(c);
}

void tacet_tree_change_free(tacet_tree_change *c) {
  if (c != NULL) {
    change_free(c);
  }
}

tacet_err tacet_tree_grow_bits(tacet_tree_change *c, uint32_t n_leaves) {
  if (n_leaves <= c->cap_leaves) {
    return TACET_OK;
  }
  bool first = c->cap_leaves == 0;
  uint8_t *touched = tacet_tree_regrow(
      c->touched, first ? 0 : bits_len(tacet_tree_n_nodes(c->cap_leaves)),
      bits_len(tacet_tree_n_nodes(n_leaves)));
  uint8_t *added = tacet_tree_regrow(
      c->added, first ? 0 : bits_len(c->cap_leaves), bits_len(n_leaves));
  if (touched == NULL || added == NULL) {
    tacet_free(touched);
    tacet_free(added);
    return TACET_ERR_NOMEM;
  }
  tacet_free(c->touched);
  tacet_free(c->added);
  c->touched = touched;
  c->added = added;
  c->cap_leaves = n_leaves;
  return TACET_OK;
}

static tacet_err change_new(const tacet_tree *t, tacet_tree_change **out) {
  tacet_tree_change *c = tacet_alloc(sizeof(*c));
  if (c == NULL) {
    return TACET_ERR_NOMEM;
  }
  c->version = t->version;
  c->n_leaves = t->n_leaves;
  tacet_err err = tacet_tree_grow_bits(c, t->cap_leaves);
  if (err != TACET_OK) {
    change_free(c);
    return err;
  }
  *out = c;
  return TACET_OK;
}

tacet_err tacet_tree_begin(tacet_tree *t) {
  TACET_ASSERT(t->open == NULL);
  return change_new(t, &t->open);
}

bool tacet_tree_is_open(const tacet_tree *t) {
  return t->open != NULL;
}

void tacet_tree_commit(tacet_tree *t) {
  TACET_ASSERT(t->open != NULL);
  tacet_tree_pack_settle(t, t->open);
  list_free(t->open);
  t->open = NULL;
  t->version++;
}

/* Exchanges old and new. All old nodes leave the counts before any new one
 * enters them, so that they never see more than one of the two states. */
static void exchange(tacet_tree *t, tacet_tree_change *c) {
  uint32_t n_leaves = c->n_leaves;
  c->n_leaves = t->n_leaves;
  /* In between the change may have been larger than at both ends. */
  tacet_tree_set_n_leaves(t, t->cap_leaves);
  for (uint32_t i = 0; i < c->n; i++) {
    tree_entry *e = &c->entries[i];
    if (t->nodes[e->node] != NULL) {
      tacet_tree_index_remove(t, e->node);
    }
    tree_node *other = e->other;
    e->other = t->nodes[e->node];
    t->nodes[e->node] = NULL;
    e->incoming = other;
  }
  for (uint32_t i = 0; i < c->n; i++) {
    const tree_entry *e = &c->entries[i];
    t->nodes[e->node] = e->incoming;
    if (e->incoming != NULL) {
      tacet_tree_index_add(t, e->node);
    }
    tacet_tree_touch_hashes(t, e->node);
  }
  tacet_tree_set_n_leaves(t, n_leaves);
  t->first_blank = 0;
}

void tacet_tree_rollback(tacet_tree *t) {
  tacet_tree_change *c;
  tacet_tree_detach(t, &c);
  change_free(c);
}

void tacet_tree_detach(tacet_tree *t, tacet_tree_change **out) {
  TACET_ASSERT(t->open != NULL);
  *out = t->open;
  t->open = NULL;
  exchange(t, *out);
}

tacet_err tacet_tree_attach(tacet_tree *t, tacet_tree_change **change) {
  tacet_tree_change *c = *change;
  TACET_ASSERT(t->open == NULL && c->version == t->version);
  TACET_TRY(tacet_tree_reserve_leaves(t, c->n_leaves));
  TACET_TRY(tacet_tree_index_reserve(t, c->n));
  t->open = c;
  /* Again, for the bits of what is open now. */
  tacet_err err = tacet_tree_reserve_leaves(t, t->cap_leaves);
  if (err != TACET_OK) {
    t->open = NULL;
    return err;
  }
  exchange(t, c);
  *change = NULL;
  return TACET_OK;
}

/* ---- the one way to alter a node ---- */

bool tacet_tree_is_touched(const tacet_tree *t, uint32_t node) {
  return bit_get(t->open->touched, node);
}

static tacet_err entry_add(tacet_tree_change *c, uint32_t node,
                           tree_node *other) {
  if (c->n == c->cap) {
    uint32_t cap = c->cap == 0 ? 8 : 2 * c->cap;
    tree_entry *entries = tacet_alloc_array(cap, sizeof(*entries));
    if (entries == NULL) {
      return TACET_ERR_NOMEM;
    }
    if (c->n > 0) {
      memcpy(entries, c->entries, c->n * sizeof(*entries));
    }
    tacet_free(c->entries);
    c->entries = entries;
    c->cap = cap;
  }
  c->entries[c->n++] = (tree_entry){.node = node, .other = other};
  bit_set(c->touched, node, true);
  return TACET_OK;
}

static tacet_err make_way(tacet_tree *t, uint32_t node) {
  TACET_TRY(tacet_tree_index_reserve(t, 1));
  if (tacet_tree_is_touched(t, node)) {
    return TACET_OK;
  }
  return entry_add(t->open, node, t->nodes[node]);
}

tacet_err tacet_tree_put(tacet_tree *t, uint32_t node, tree_node *n) {
  TACET_ASSERT(t->open != NULL && node < tacet_tree_n_nodes(t->n_leaves));
  tree_node *before = t->nodes[node];
  if (before == NULL && n == NULL) {
    return TACET_OK;
  }
  bool own = tacet_tree_is_touched(t, node);
  tacet_err err = make_way(t, node);
  if (err != TACET_OK) {
    tacet_free(n);
    return err;
  }
  if (before != NULL) {
    tacet_tree_index_remove(t, node);
  }
  if (own) {
    tacet_free(before);
  }
  t->nodes[node] = n;
  if (n != NULL) {
    tacet_tree_index_add(t, node);
  } else if (tacet_node_is_leaf(node) &&
             tacet_leaf_of_node(node) < t->first_blank) {
    t->first_blank = tacet_leaf_of_node(node);
  }
  tacet_tree_touch_hashes(t, node);
  return TACET_OK;
}

void tacet_tree_set_added(tacet_tree *t, uint32_t leaf, bool added) {
  bit_set(t->open->added, leaf, added);
}

bool tacet_tree_is_added(const tacet_tree *t, uint32_t leaf) {
  return t->open != NULL && leaf < t->open->cap_leaves &&
         bit_get(t->open->added, leaf);
}

/* ---- saving a detached change ---- */

#define CHANGE_FORMAT 1

void tacet_tree_change_write(const tacet_tree_change *c, tacet_buf *w) {
  tacet_write_u8(w, CHANGE_FORMAT);
  tacet_write_u32(w, c->n_leaves);
  size_t at = tacet_write_open(w);
  for (uint32_t i = 0; i < c->n; i++) {
    const tree_entry *e = &c->entries[i];
    /* What lies beyond the new end is blank: reading knows that. */
    if (e->node < tacet_tree_n_nodes(c->n_leaves)) {
      tacet_write_u32(w, e->node);
      tacet_tree_node_write(w, e->node, e->other);
    }
  }
  tacet_write_close(w, at);
}

static bool unmerged_fits(const tree_node *n, uint32_t node) {
  tacet_span list = tree_node_unmerged(n);
  for (size_t i = 0; i < list.len / 4; i++) {
    if (!tacet_node_has_leaf(node, tacet_u32_at(list, i)) ||
        (i > 0 && tacet_u32_at(list, i - 1) >= tacet_u32_at(list, i))) {
      return false;
    }
  }
  return true;
}

/* One entry; it belongs to c as soon as it is made. */
static tacet_err read_entry(tacet_reader *r, tacet_tree_change *c) {
  uint32_t node = tacet_read_u32(r);
  tacet_node view;
  tacet_node_read(r, &view);
  TACET_TRY(*r->err);
  if (node >= tacet_tree_n_nodes(c->n_leaves) || bit_get(c->touched, node)) {
    return TACET_ERR_TREE;
  }
  TACET_TRY(entry_add(c, node, NULL));
  tree_node **slot = &c->entries[c->n - 1].other;
  TACET_TRY(tacet_tree_node_of(&view, node, slot));
  return *slot == NULL || unmerged_fits(*slot, node) ? TACET_OK
                                                     : TACET_ERR_TREE;
}

static tacet_err read_entries(const tacet_tree *t, tacet_reader *r,
                              tacet_tree_change *c) {
  tacet_reader list = tacet_read_vec_of(r);
  while (tacet_more(&list)) {
    TACET_TRY(read_entry(&list, c));
  }
  TACET_TRY(*r->err);
  for (uint32_t x = tacet_tree_n_nodes(c->n_leaves);
       x < tacet_tree_n_nodes(t->n_leaves); x++) {
    if (t->nodes[x] != NULL) {
      TACET_TRY(entry_add(c, x, NULL));
    }
  }
  return TACET_OK;
}

tacet_err tacet_tree_change_read(const tacet_tree *t, tacet_reader *r,
                                 tacet_tree_change **out) {
  uint8_t version = tacet_read_u8(r);
  if (version != CHANGE_FORMAT) {
    tacet_read_fail(r, version > CHANGE_FORMAT ? TACET_ERR_VERSION
                                               : TACET_ERR_ENCODING);
  }
  uint32_t n_leaves = tacet_read_u32(r);
  TACET_TRY(*r->err);
  if (n_leaves == 0 || n_leaves > TACET_TREE_LEAVES_MAX ||
      (n_leaves & (n_leaves - 1)) != 0) {
    return TACET_ERR_ENCODING;
  }
  tacet_tree_change *c = NULL;
  TACET_TRY(change_new(t, &c));
  c->n_leaves = n_leaves;
  tacet_err err = tacet_tree_grow_bits(c, n_leaves);
  if (err == TACET_OK) {
    err = read_entries(t, r, c);
  }
  if (err != TACET_OK) {
    change_free(c);
    return err;
  }
  *out = c;
  return TACET_OK;
}

bool tacet_tree_change_leaf(const tacet_tree_change *c, uint32_t leaf,
                            tacet_leaf_node *out) {
  if (leaf >= c->cap_leaves || !bit_get(c->touched, tacet_node_of_leaf(leaf))) {
    return false;
  }
  *out = (tacet_leaf_node){.source = 0};
  for (uint32_t i = 0; i < c->n; i++) {
    const tree_entry *e = &c->entries[i];
    if (e->node == tacet_node_of_leaf(leaf) && e->other != NULL) {
      tacet_tree_node_leaf_view(e->other, out);
    }
  }
  return true;
}
