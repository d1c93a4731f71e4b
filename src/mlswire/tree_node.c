/* SPDX-License-Identifier: Apache-2.0
 * Parent nodes and the ratchet_tree extension (RFC 9420 7.1, 12.4.3.3). */
#include "mlswire/list.h"

void tacet_parent_node_read(tacet_reader *r, tacet_parent_node *out) {
  const uint8_t *from = r->p;
  out->encryption_key = tacet_read_vec(r);
  out->parent_hash = tacet_read_vec(r);
  out->unmerged_leaves = tacet_u32_list_read(r);
  out->raw = tacet_read_since(r, from);
}

void tacet_parent_node_write(tacet_buf *w, const tacet_parent_node *n) {
  tacet_write_vec(w, n->encryption_key);
  tacet_write_vec(w, n->parent_hash);
  tacet_write_vec(w, n->unmerged_leaves);
}

void tacet_node_read(tacet_reader *r, tacet_node *out) {
  out->type = TACET_NODE_BLANK;
  if (!tacet_read_optional(r)) {
    return;
  }
  out->type = tacet_read_u8(r);
  switch (out->type) {
  case TACET_NODE_LEAF:
    tacet_leaf_node_read(r, &out->leaf);
    return;
  case TACET_NODE_PARENT:
    tacet_parent_node_read(r, &out->parent);
    return;
  default:
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
}

void tacet_node_write(tacet_buf *w, const tacet_node *n) {
  tacet_write_optional(w, n->type != TACET_NODE_BLANK);
  if (n->type == TACET_NODE_LEAF) {
    tacet_write_u8(w, n->type);
    tacet_leaf_node_write(w, &n->leaf);
  } else if (n->type == TACET_NODE_PARENT) {
    tacet_write_u8(w, n->type);
    tacet_parent_node_write(w, &n->parent);
  }
}

tacet_err tacet_ratchet_tree_parse(tacet_span data, tacet_span *list,
                                   uint32_t *n_nodes) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(data, &err);
  tacet_reader nodes = tacet_read_vec_of(&r);
  tacet_read_end(&r);
  tacet_span all = tacet_list_of(&nodes);
  uint32_t n = 0;
  for (; tacet_more(&nodes); n++) {
    tacet_node node;
    tacet_node_read(&nodes, &node);
    if (n == 2 * TACET_TREE_LEAVES_MAX - 1) {
      tacet_read_fail(&nodes, TACET_ERR_LIMIT);
    }
  }
  TACET_TRY(err);
  *list = all;
  *n_nodes = n;
  return TACET_OK;
}

bool tacet_node_next(tacet_span *list, tacet_node *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  tacet_node_read(&r, out);
  return tacet_list_advance(list, &r);
}
