/* SPDX-License-Identifier: Apache-2.0
 * The private keys that one member knows of the tree. */
#include "mls/treekem.h"

void tacet_tree_private_wipe(tacet_tree_private *p) {
  tacet_wipe(p, sizeof(*p));
}

const tacet_secret *tacet_tree_private_key(const tacet_tree_private *p,
                                           uint32_t node) {
  if (node == tacet_node_of_leaf(p->leaf)) {
    return &p->leaf_key;
  }
  for (uint32_t i = 0; i < p->n; i++) {
    if (p->parent[i].node == node) {
      return &p->parent[i].key;
    }
  }
  return NULL;
}

/* The parents above one leaf have different levels, and are kept by them. */
void tacet_tree_private_set(tacet_tree_private *p, uint32_t node,
                            const tacet_secret *key) {
  TACET_ASSERT(!tacet_node_is_leaf(node) && tacet_node_has_leaf(node, p->leaf));
  uint32_t i = 0;
  while (i < p->n &&
         tacet_node_level(p->parent[i].node) < tacet_node_level(node)) {
    i++;
  }
  if (i == p->n || p->parent[i].node != node) {
    TACET_ASSERT(p->n < TACET_PATH_MAX);
    memmove(&p->parent[i + 1], &p->parent[i],
            (p->n - i) * sizeof(p->parent[0]));
    p->n++;
    p->parent[i].node = node;
  }
  TACET_ASSERT(tacet_secret_set(&p->parent[i].key, tacet_secret_span(key)) ==
               TACET_OK);
}

void tacet_tree_private_prune(tacet_tree_private *p, const tacet_tree *t) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < p->n; i++) {
    if (tacet_tree_encryption_key(t, p->parent[i].node).len > 0) {
      p->parent[n++] = p->parent[i];
    }
  }
  tacet_wipe(&p->parent[n], (p->n - n) * sizeof(p->parent[0]));
  p->n = n;
}

/* ---- saving ---- */

#define PRIVATE_FORMAT 1

void tacet_tree_private_write(tacet_buf *w, const tacet_tree_private *p) {
  tacet_write_u8(w, PRIVATE_FORMAT);
  tacet_write_u32(w, p->leaf);
  tacet_write_vec(w, tacet_secret_span(&p->leaf_key));
  tacet_write_u8(w, (uint8_t)p->n);
  for (uint32_t i = 0; i < p->n; i++) {
    tacet_write_u32(w, p->parent[i].node);
    tacet_write_vec(w, tacet_secret_span(&p->parent[i].key));
  }
}

static void key_read(tacet_reader *r, const tacet_suite *suite,
                     tacet_secret *out) {
  tacet_span key = tacet_read_vec(r);
  if (*r->err == TACET_OK && (key.len != suite->kem->private_len ||
                              tacet_secret_set(out, key) != TACET_OK)) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
}

static void private_read(tacet_reader *r, const tacet_tree *t,
                         tacet_tree_private *p) {
  uint32_t n_nodes = tacet_tree_n_nodes(tacet_tree_n_leaves(t));
  p->leaf = tacet_read_u32(r);
  key_read(r, tacet_tree_suite(t), &p->leaf_key);
  uint32_t n = tacet_read_u8(r), level = 0;
  if (p->leaf >= tacet_tree_n_leaves(t) || n > TACET_PATH_MAX) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  for (uint32_t i = 0; i < n && *r->err == TACET_OK; i++) {
    uint32_t node = tacet_read_u32(r);
    if (node >= n_nodes || tacet_node_level(node) <= level ||
        !tacet_node_has_leaf(node, p->leaf)) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
      return;
    }
    level = tacet_node_level(node);
    p->parent[i].node = node;
    key_read(r, tacet_tree_suite(t), &p->parent[i].key);
    p->n = i + 1;
  }
}

tacet_err tacet_tree_private_read(tacet_reader *r, const tacet_tree *t,
                                  tacet_tree_private *out) {
  TACET_TREE_PRIVATE(p);
  uint8_t version = tacet_read_u8(r);
  if (version != PRIVATE_FORMAT) {
    tacet_read_fail(r, version > PRIVATE_FORMAT ? TACET_ERR_VERSION
                                                : TACET_ERR_ENCODING);
  }
  private_read(r, t, &p);
  TACET_TRY(*r->err);
  *out = p;
  return TACET_OK;
}
