/* SPDX-License-Identifier: Apache-2.0
 * What is counted along with every change of a node: who has which key, and
 * which credential types are in use (RFC 9420 7.3).
 *
 * The index of keys is an array of node numbers in the order of the keys: the
 * smallest form there is, without a hash function for which a member could
 * choose keys that collide. */
#include "mls/tree_state.h"

/* ---- keys ---- */

typedef tacet_span key_of(const tree_node *n);

static int compare(const tacet_tree *t, key_of *key, uint32_t a, uint32_t b) {
  int order = tacet_span_compare(key(t->nodes[a]), key(t->nodes[b]));
  return order != 0 ? order : (a > b) - (a < b);
}

/* How many come before `key`, or before that key at that node. */
static uint32_t place(const tacet_tree *t, const tree_index *x, key_of *key,
                      tacet_span wanted, uint32_t node) {
  uint32_t low = 0, high = x->n;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2, at = x->node[middle];
    int order = tacet_span_compare(key(t->nodes[at]), wanted);
    if (order < 0 || (order == 0 && at < node)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* Does either neighbour of place i have the same key? */
static bool doubled(const tacet_tree *t, const tree_index *x, key_of *key,
                    uint32_t i) {
  tacet_span own = key(t->nodes[x->node[i]]);
  return (i > 0 && tacet_span_equal(own, key(t->nodes[x->node[i - 1]]))) ||
         (i + 1 < x->n && tacet_span_equal(own, key(t->nodes[x->node[i + 1]])));
}

static void index_insert(const tacet_tree *t, tree_index *x, key_of *key,
                         uint32_t node) {
  TACET_ASSERT(x->n < x->cap);
  uint32_t i = place(t, x, key, key(t->nodes[node]), node);
  memmove(x->node + i + 1, x->node + i, (x->n - i) * sizeof(*x->node));
  x->node[i] = node;
  x->n++;
  x->n_doubles += doubled(t, x, key, i) ? 1 : 0;
}

static void index_delete(const tacet_tree *t, tree_index *x, key_of *key,
                         uint32_t node) {
  uint32_t i = place(t, x, key, key(t->nodes[node]), node);
  TACET_ASSERT(i < x->n && x->node[i] == node);
  x->n_doubles -= doubled(t, x, key, i) ? 1 : 0;
  x->n--;
  memmove(x->node + i, x->node + i + 1, (x->n - i) * sizeof(*x->node));
}

static bool index_find(const tacet_tree *t, const tree_index *x, key_of *key,
                       tacet_span wanted, uint32_t *node) {
  uint32_t i = place(t, x, key, wanted, 0);
  if (i == x->n || !tacet_span_equal(key(t->nodes[x->node[i]]), wanted)) {
    return false;
  }
  *node = x->node[i];
  return true;
}

bool tacet_tree_find_encryption_key(const tacet_tree *t, tacet_span key,
                                    uint32_t *node) {
  return index_find(t, &t->by_encryption_key, tree_node_first, key, node);
}

bool tacet_tree_find_signature_key(const tacet_tree *t, tacet_span key,
                                   uint32_t *leaf) {
  uint32_t node;
  if (!index_find(t, &t->by_signature_key, tree_node_second, key, &node)) {
    return false;
  }
  *leaf = tacet_leaf_of_node(node);
  return true;
}

tacet_err tacet_tree_check_unique(const tacet_tree *t) {
  return t->by_encryption_key.n_doubles + t->by_signature_key.n_doubles > 0
             ? TACET_ERR_DUPLICATE_KEY
             : TACET_OK;
}

static tacet_err index_reserve(tree_index *x, uint32_t n) {
  if (n <= x->cap - x->n) {
    return TACET_OK;
  }
  uint32_t cap = x->n + n + (n == 1 ? x->n / 8 + 4 : 0);
  uint32_t *node = tacet_alloc_array(cap, sizeof(*node));
  if (node == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (x->n > 0) {
    memcpy(node, x->node, x->n * sizeof(*node));
  }
  tacet_free(x->node);
  x->node = node;
  x->cap = cap;
  return TACET_OK;
}

tacet_err tacet_tree_index_reserve(tacet_tree *t, uint32_t n) {
  TACET_TRY(index_reserve(&t->by_encryption_key, n));
  return index_reserve(&t->by_signature_key, n);
}

void tacet_tree_index_free(tacet_tree *t) {
  tacet_free(t->by_encryption_key.node);
  tacet_free(t->by_signature_key.node);
}

/* Heap sort: no recursion, no memory, no order of keys that makes it slow. */
static void sift(const tacet_tree *t, tree_index *x, key_of *key, uint32_t root,
                 uint32_t n) {
  for (uint32_t child; (child = 2 * root + 1) < n; root = child) {
    if (child + 1 < n &&
        compare(t, key, x->node[child], x->node[child + 1]) < 0) {
      child++;
    }
    uint32_t a = x->node[root], b = x->node[child];
    if (compare(t, key, a, b) >= 0) {
      return;
    }
    x->node[root] = b;
    x->node[child] = a;
  }
}

static void index_sort(const tacet_tree *t, tree_index *x, key_of *key) {
  for (uint32_t i = x->n / 2; i-- > 0;) {
    sift(t, x, key, i, x->n);
  }
  for (uint32_t n = x->n; n-- > 1;) {
    uint32_t last = x->node[n];
    x->node[n] = x->node[0];
    x->node[0] = last;
    sift(t, x, key, 0, n);
  }
  x->n_doubles = 0;
  for (uint32_t i = 1; i < x->n; i++) {
    x->n_doubles += tacet_span_equal(key(t->nodes[x->node[i - 1]]),
                                     key(t->nodes[x->node[i]]))
                        ? 1
                        : 0;
  }
}

/* ---- credential types ---- */

static bool supports(const tacet_leaf_node *leaf, uint16_t type) {
  return tacet_u16_list_has(leaf->capabilities.credentials, type);
}

/* The type of `leaf` comes into use: who of those there supports it? */
static void credentials_open(tacet_tree *t, uint16_t type) {
  tree_credentials *c = &t->credentials;
  if (c->n == TACET_TREE_CREDENTIAL_TYPES_MAX) {
    c->lost_count = true;
    return;
  }
  uint32_t n_supporters = 0;
  for (uint32_t i = 0; i < t->n_leaves; i++) {
    tacet_leaf_node other;
    if (tacet_tree_leaf(t, i, &other)) {
      n_supporters += supports(&other, type) ? 1 : 0;
    }
  }
  c->use[c->n].type = type;
  c->use[c->n].n_users = 1;
  c->use[c->n].n_supporters = n_supporters;
  c->n++;
}

/* Adds (by 1) or takes away (by -1) a leaf that stands in the tree. */
static void credentials_count(tacet_tree *t, const tree_node *n, bool add) {
  tree_credentials *c = &t->credentials;
  uint32_t by = add ? 1 : UINT32_MAX;
  tacet_leaf_node leaf;
  tacet_tree_node_leaf_view(n, &leaf);
  bool known = false;
  for (uint32_t i = 0; i < c->n; i++) {
    if (supports(&leaf, c->use[i].type)) {
      c->use[i].n_supporters += by;
    }
    if (leaf.credential.type == c->use[i].type) {
      c->use[i].n_users += by;
      known = true;
    }
  }
  if (!known && add) {
    credentials_open(t, leaf.credential.type);
  }
  for (uint32_t i = 0; i < c->n; i++) {
    if (c->use[i].n_users == 0) {
      c->use[i] = c->use[--c->n];
    }
  }
}

static void credentials_build(tacet_tree *t) {
  t->credentials = (tree_credentials){.n = 0};
  for (uint32_t i = 0; i < t->n_leaves; i++) {
    const tree_node *n = tree_at(t, tacet_node_of_leaf(i));
    if (n == NULL) {
      continue;
    }
    tacet_leaf_node leaf;
    tacet_tree_node_leaf_view(n, &leaf);
    bool known = false;
    for (uint32_t j = 0; j < t->credentials.n; j++) {
      if (t->credentials.use[j].type == leaf.credential.type) {
        t->credentials.use[j].n_users++;
        known = true;
      }
    }
    if (!known) {
      credentials_open(t, leaf.credential.type);
    }
  }
}

tacet_err tacet_tree_check_credentials(tacet_tree *t) {
  if (t->credentials.lost_count) {
    credentials_build(t);
  }
  if (t->credentials.lost_count) {
    return TACET_ERR_LIMIT;
  }
  for (uint32_t i = 0; i < t->credentials.n; i++) {
    if (t->credentials.use[i].n_supporters != t->n_members) {
      return TACET_ERR_CAPABILITIES;
    }
  }
  return TACET_OK;
}

/* ---- all of it for one node ---- */

void tacet_tree_index_add(tacet_tree *t, uint32_t node) {
  index_insert(t, &t->by_encryption_key, tree_node_first, node);
  if (tacet_node_is_leaf(node)) {
    index_insert(t, &t->by_signature_key, tree_node_second, node);
    t->n_members++;
    credentials_count(t, t->nodes[node], true);
  }
}

void tacet_tree_index_remove(tacet_tree *t, uint32_t node) {
  index_delete(t, &t->by_encryption_key, tree_node_first, node);
  if (tacet_node_is_leaf(node)) {
    index_delete(t, &t->by_signature_key, tree_node_second, node);
    t->n_members--;
    credentials_count(t, t->nodes[node], false);
  }
}

/* Exactly: most trees that are read do not grow. */
static tacet_err reserve_all(tacet_tree *t) {
  uint32_t n_nodes = 0, n_leaves = 0;
  for (uint32_t x = 0; x < tacet_tree_n_nodes(t->n_leaves); x++) {
    n_nodes += t->nodes[x] != NULL ? 1 : 0;
    n_leaves += t->nodes[x] != NULL && tacet_node_is_leaf(x) ? 1 : 0;
  }
  TACET_TRY(index_reserve(&t->by_encryption_key, n_nodes));
  return index_reserve(&t->by_signature_key, n_leaves);
}

tacet_err tacet_tree_index_build(tacet_tree *t) {
  t->by_encryption_key.n = t->by_signature_key.n = t->n_members = 0;
  TACET_TRY(reserve_all(t));
  for (uint32_t x = 0; x < tacet_tree_n_nodes(t->n_leaves); x++) {
    if (t->nodes[x] != NULL) {
      t->by_encryption_key.node[t->by_encryption_key.n++] = x;
    }
    if (t->nodes[x] != NULL && tacet_node_is_leaf(x)) {
      t->by_signature_key.node[t->by_signature_key.n++] = x;
      t->n_members++;
    }
  }
  index_sort(t, &t->by_encryption_key, tree_node_first);
  index_sort(t, &t->by_signature_key, tree_node_second);
  credentials_build(t);
  return TACET_OK;
}
