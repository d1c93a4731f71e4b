/* SPDX-License-Identifier: Apache-2.0
 * tree-math.json, tree-operations.json and tree-validation.json of
 * mlswg/mls-implementations (RFC 9420 4, 7, Appendix C). */
#include "mls/leaf.h"
#include "tests/vectors/sets.h"

/* ---- tree-math ---- */

/* An entry of an array of numbers; null is -1. */
static int64_t number_at(vec_context *c, const json_t *v, const char *key,
                         size_t i) {
  const json_t *n = json_array_get(vec_array(c, v, key), i);
  return json_is_integer(n) ? (int64_t)json_integer_value(n) : -1;
}

vec_outcome set_tree_math(vec_context *c, const json_t *v) {
  uint32_t n_leaves = (uint32_t)vec_uint(c, v, "n_leaves");
  uint32_t n_nodes = tacet_tree_n_nodes(n_leaves);
  uint32_t root = tacet_tree_root(n_leaves);
  VEC_CHECK(c, vec_uint(c, v, "n_nodes") == n_nodes);
  VEC_CHECK(c, vec_uint(c, v, "root") == root);
  for (uint32_t x = 0; x < n_nodes; x++) {
    bool leaf = tacet_node_is_leaf(x);
    VEC_CHECK(c, number_at(c, v, "left", x) ==
                     (leaf ? -1 : (int64_t)tacet_node_left(x)));
    VEC_CHECK(c, number_at(c, v, "right", x) ==
                     (leaf ? -1 : (int64_t)tacet_node_right(x)));
    VEC_CHECK(c, number_at(c, v, "parent", x) ==
                     (x == root ? -1 : (int64_t)tacet_node_parent(x)));
    VEC_CHECK(c, number_at(c, v, "sibling", x) ==
                     (x == root ? -1 : (int64_t)tacet_node_sibling(x)));
  }
  return VEC_PASSED;
}

/* ---- tree-operations ---- */

static vec_outcome check_tree(vec_context *c, const json_t *v, tacet_tree *t,
                              const char *tree, const char *hash) {
  uint8_t out[TACET_HASH_MAX];
  TACET_BUF(w, TACET_MESSAGE_MAX);
  VEC_OK(c, tacet_tree_hash(t, out));
  VEC_CHECK(c,
            tacet_span_equal(tacet_span_of(out, tacet_tree_suite(t)->hash->len),
                             vec_hex(c, v, hash)));
  tacet_tree_write(t, &w);
  VEC_OK(c, w.err);
  VEC_CHECK(c, tacet_span_equal(tacet_buf_span(&w), vec_hex(c, v, tree)));
  return VEC_PASSED;
}

static tacet_err apply(tacet_tree *t, const tacet_proposal *p,
                       uint32_t sender) {
  uint32_t leaf;
  switch (p->type) {
  case TACET_PROPOSAL_ADD:
    return tacet_tree_add(t, p->add.leaf_node.raw, &leaf);
  case TACET_PROPOSAL_UPDATE:
    return tacet_tree_update(t, sender, p->update.raw);
  case TACET_PROPOSAL_REMOVE:
    return tacet_tree_remove(t, p->remove);
  default:
    return TACET_ERR_PROPOSAL;
  }
}

/* Applied, taken back, and applied again. */
static vec_outcome operate(vec_context *c, const json_t *v, tacet_tree *t) {
  tacet_proposal p;
  VEC_OK(c, tacet_proposal_parse(vec_hex(c, v, "proposal"), &p));
  uint32_t sender = (uint32_t)vec_uint(c, v, "proposal_sender");
  for (int again = 0; again < 2; again++) {
    if (check_tree(c, v, t, "tree_before", "tree_hash_before") != VEC_PASSED) {
      return VEC_FAILED;
    }
    VEC_OK(c, tacet_tree_begin(t));
    VEC_OK(c, apply(t, &p, sender));
    if (check_tree(c, v, t, "tree_after", "tree_hash_after") != VEC_PASSED) {
      return VEC_FAILED;
    }
    tacet_tree_rollback(t);
  }
  return VEC_PASSED;
}

vec_outcome set_tree_operations(vec_context *c, const json_t *v) {
  const tacet_suite *s = vec_suite(c, v);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  tacet_tree *t = NULL;
  VEC_OK(c, tacet_tree_load(s, vec_hex(c, v, "tree_before"), &t));
  vec_outcome outcome = operate(c, v, t);
  tacet_tree_free(t);
  return outcome;
}

/* ---- tree-validation ---- */

static vec_outcome check_resolution(vec_context *c, const json_t *want,
                                    const tacet_tree *t, uint32_t x) {
  tacet_resolution it;
  size_t n = 0;
  tacet_resolution_start(t, x, &it);
  for (uint32_t node; tacet_resolution_next(&it, &node); n++) {
    VEC_CHECK(c, json_integer_value(json_array_get(want, n)) == node);
  }
  VEC_CHECK(c, json_array_size(want) == n);
  return VEC_PASSED;
}

static vec_outcome validate(vec_context *c, const json_t *v, tacet_tree *t) {
  const json_t *hashes = vec_array(c, v, "tree_hashes");
  const json_t *resolutions = vec_array(c, v, "resolutions");
  const tacet_suite *s = tacet_tree_suite(t);
  uint8_t out[TACET_HASH_MAX];
  VEC_CHECK(c, json_array_size(hashes) ==
                   tacet_tree_n_nodes(tacet_tree_n_leaves(t)));
  for (uint32_t x = 0; x < json_array_size(hashes); x++) {
    VEC_OK(c, tacet_tree_node_hash(t, x, out));
    VEC_CHECK(c, tacet_span_equal(tacet_span_of(out, s->hash->len),
                                  vec_hex_value(c, json_array_get(hashes, x))));
    if (check_resolution(c, json_array_get(resolutions, x), t, x) !=
        VEC_PASSED) {
      return VEC_FAILED;
    }
  }
  tacet_leaf_rules rules = {.suite = s};
  VEC_OK(c, tacet_tree_check_parent_hashes(t));
  VEC_OK(c, tacet_tree_check_leaves(t, &rules, vec_hex(c, v, "group_id")));
  TACET_BUF(w, TACET_MESSAGE_MAX);
  tacet_tree_write(t, &w);
  VEC_OK(c, w.err);
  VEC_CHECK(c, tacet_span_equal(tacet_buf_span(&w), vec_hex(c, v, "tree")));
  return VEC_PASSED;
}

vec_outcome set_tree_validation(vec_context *c, const json_t *v) {
  const tacet_suite *s = vec_suite(c, v);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  tacet_tree *t = NULL;
  VEC_OK(c, tacet_tree_load(s, vec_hex(c, v, "tree"), &t));
  vec_outcome outcome = validate(c, v, t);
  tacet_tree_free(t);
  return outcome;
}
