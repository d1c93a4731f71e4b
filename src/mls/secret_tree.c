/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/secret_tree.h"

#include "mls/ratchet.h"
#include "mls/tree_math.h"

#define DEPTH_MAX 31 /* n_leaves is at most 2^31 */

/* ---- the two sorted lists ---- */

static size_t node_at(const tacet_secret_tree *t, uint32_t node) {
  size_t low = 0, high = t->n_nodes;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (t->nodes[middle].node < node) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static bool has_node(const tacet_secret_tree *t, size_t at, uint32_t node) {
  return at < t->n_nodes && t->nodes[at].node == node;
}

static size_t leaf_at(const tacet_secret_tree *t, uint32_t leaf) {
  size_t low = 0, high = t->n_used;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (t->leaves[middle].leaf < leaf) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static bool has_leaf(const tacet_secret_tree *t, size_t at, uint32_t leaf) {
  return at < t->n_used && t->leaves[at].leaf == leaf;
}

/* A larger block with the same content; the old one is wiped. */
static tacet_err grow(void **block, size_t *cap, size_t used, size_t want,
                      size_t size) {
  if (want <= *cap) {
    return TACET_OK;
  }
  size_t new_cap = want + want / 2;
  void *grown = tacet_alloc_array(new_cap, size);
  if (grown == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (used > 0) {
    memcpy(grown, *block, used * size);
  }
  tacet_free_wiped(*block, *cap * size);
  *block = grown;
  *cap = new_cap;
  return TACET_OK;
}

static tacet_err reserve_nodes(tacet_secret_tree *t, size_t want) {
  void *p = t->nodes;
  tacet_err err = grow(&p, &t->cap_nodes, t->n_nodes, want, sizeof(*t->nodes));
  t->nodes = p;
  return err;
}

static tacet_err reserve_leaves(tacet_secret_tree *t, size_t want) {
  void *p = t->leaves;
  tacet_err err = grow(&p, &t->cap_used, t->n_used, want, sizeof(*t->leaves));
  t->leaves = p;
  return err;
}

static void remove_node(tacet_secret_tree *t, size_t at) {
  memmove(&t->nodes[at], &t->nodes[at + 1],
          (t->n_nodes - at - 1) * sizeof(*t->nodes));
  t->n_nodes--;
  tacet_wipe(&t->nodes[t->n_nodes], sizeof(*t->nodes));
}

/* Room was made before. */
static void insert_node(tacet_secret_tree *t, const tacet_tree_secret *node) {
  size_t at = node_at(t, node->node);
  TACET_ASSERT(t->n_nodes < t->cap_nodes && !has_node(t, at, node->node));
  memmove(&t->nodes[at + 1], &t->nodes[at],
          (t->n_nodes - at) * sizeof(*t->nodes));
  t->nodes[at] = *node;
  t->n_nodes++;
}

static void insert_leaf(tacet_secret_tree *t, size_t at,
                        const tacet_leaf_ratchets *leaf) {
  TACET_ASSERT(t->n_used < t->cap_used && !has_leaf(t, at, leaf->leaf));
  memmove(&t->leaves[at + 1], &t->leaves[at],
          (t->n_used - at) * sizeof(*t->leaves));
  t->leaves[at] = *leaf;
  t->n_used++;
}

/* ---- from a node's secret to a leaf's ratchets ---- */

static uint32_t child(uint32_t node, bool right) {
  return right ? tacet_node_right(node) : tacet_node_left(node);
}

/* What opening a leaf takes away and leaves behind. */
typedef struct opening {
  size_t from; /* index of the ancestor whose secret goes */
  tacet_tree_secret beside[DEPTH_MAX];
  size_t n_beside;
} opening;

static void opening_wipe(opening *o) {
  tacet_wipe(o, sizeof(*o));
}

/* RFC 9420 9: the secrets of the two children. */
static tacet_err split(const tacet_hash *h, const tacet_secret *secret,
                       bool right, tacet_secret *out) {
  tacet_span side = right ? TACET_SPAN_LIT("right") : TACET_SPAN_LIT("left");
  return tacet_expand_with_label(h, secret, "tree", side, h->len, out);
}

static tacet_err find_ancestor(const tacet_secret_tree *t, uint32_t node,
                               size_t *at) {
  for (;; node = tacet_node_parent(node)) {
    *at = node_at(t, node);
    if (has_node(t, *at, node)) {
      return TACET_OK;
    }
    if (node == tacet_tree_root(t->n_leaves)) {
      return TACET_ERR_STATE; /* a saved state without that leaf's secret */
    }
  }
}

static tacet_err open_leaf(const tacet_secret_tree *t, uint32_t leaf,
                           opening *o, tacet_leaf_ratchets *out) {
  const tacet_hash *h = t->suite->hash;
  uint32_t target = tacet_node_of_leaf(leaf);
  TACET_TRY(find_ancestor(t, target, &o->from));
  uint32_t node = t->nodes[o->from].node;
  TACET_SECRET(secret);
  TACET_TRY(
      tacet_secret_set(&secret, tacet_secret_span(&t->nodes[o->from].secret)));
  while (node != target) {
    bool right = target > node;
    tacet_tree_secret *beside = &o->beside[o->n_beside++];
    beside->node = child(node, !right);
    TACET_TRY(split(h, &secret, !right, &beside->secret));
    TACET_TRY(split(h, &secret, right, &secret));
    node = child(node, right);
  }
  static const char *const labels[2] = {"handshake", "application"};
  for (size_t i = 0; i < 2; i++) {
    TACET_TRY(tacet_expand_with_label(h, &secret, labels[i], TACET_SPAN_EMPTY,
                                      h->len, &out->ratchet[i].secret));
  }
  out->leaf = leaf;
  return TACET_OK;
}

/* ---- the tree ---- */

tacet_err tacet_secret_tree_init(tacet_secret_tree *t, const tacet_suite *suite,
                                 uint32_t n_leaves, const tacet_secret *root) {
  TACET_ASSERT(n_leaves > 0 && (n_leaves & (n_leaves - 1)) == 0);
  tacet_secret_tree made = {.suite = suite, .n_leaves = n_leaves};
  TACET_TRY(reserve_nodes(&made, 1));
  made.nodes[0].node = tacet_tree_root(n_leaves);
  made.nodes[0].secret = *root;
  made.n_nodes = 1;
  *t = made;
  return TACET_OK;
}

static void leaf_ratchets_free(tacet_leaf_ratchets *l) {
  tacet_ratchet_free(&l->ratchet[0]);
  tacet_ratchet_free(&l->ratchet[1]);
}

void tacet_secret_tree_free(tacet_secret_tree *t) {
  for (size_t i = 0; i < t->n_used; i++) {
    leaf_ratchets_free(&t->leaves[i]);
  }
  tacet_free_wiped(t->leaves, t->cap_used * sizeof(*t->leaves));
  tacet_free_wiped(t->nodes, t->cap_nodes * sizeof(*t->nodes));
  tacet_wipe(t, sizeof(*t));
}

tacet_err tacet_secret_tree_next(const tacet_secret_tree *t, uint32_t leaf,
                                 tacet_ratchet_type type,
                                 uint32_t *generation) {
  size_t at = leaf_at(t, leaf);
  if (!has_leaf(t, at, leaf)) {
    *generation = 0;
    return TACET_OK;
  }
  const tacet_ratchet *r = &t->leaves[at].ratchet[type];
  if (r->exhausted) {
    return TACET_ERR_LIMIT;
  }
  *generation = r->generation;
  return TACET_OK;
}

tacet_err tacet_secret_tree_key(const tacet_secret_tree *t, uint32_t leaf,
                                tacet_ratchet_type type, uint32_t generation,
                                uint32_t max_forward, tacet_message_key *out) {
  if (leaf >= t->n_leaves) {
    return TACET_ERR_SENDER;
  }
  size_t at = leaf_at(t, leaf);
  if (has_leaf(t, at, leaf)) {
    return tacet_ratchet_key(t->suite, &t->leaves[at].ratchet[type], generation,
                             max_forward, out);
  }
  TACET_CLEANUP(opening_wipe) opening o = {.n_beside = 0};
  TACET_CLEANUP(leaf_ratchets_free)
  tacet_leaf_ratchets opened = {.leaf = leaf};
  TACET_TRY(open_leaf(t, leaf, &o, &opened));
  return tacet_ratchet_key(t->suite, &opened.ratchet[type], generation,
                           max_forward, out);
}

/* RFC 9420 9.2: a node's secret goes when both children have theirs, a leaf's
 * when both ratchets have started. */
static tacet_err spend_first(tacet_secret_tree *t, uint32_t leaf,
                             tacet_ratchet_type type, uint32_t generation,
                             uint32_t max_forward, uint32_t max_kept) {
  TACET_CLEANUP(opening_wipe) opening o = {.n_beside = 0};
  TACET_CLEANUP(leaf_ratchets_free)
  tacet_leaf_ratchets opened = {.leaf = leaf};
  TACET_TRY(open_leaf(t, leaf, &o, &opened));
  TACET_TRY(tacet_ratchet_spend(t->suite, &opened.ratchet[type], generation,
                                max_forward, max_kept));
  TACET_TRY(reserve_nodes(t, t->n_nodes + o.n_beside));
  TACET_TRY(reserve_leaves(t, t->n_used + 1));
  remove_node(t, o.from);
  for (size_t i = 0; i < o.n_beside; i++) {
    insert_node(t, &o.beside[i]);
  }
  insert_leaf(t, leaf_at(t, leaf), &opened);
  tacet_wipe(&opened, sizeof(opened)); /* the tree has it now */
  return TACET_OK;
}

tacet_err tacet_secret_tree_spend(tacet_secret_tree *t, uint32_t leaf,
                                  tacet_ratchet_type type, uint32_t generation,
                                  uint32_t max_forward, uint32_t max_kept) {
  if (leaf >= t->n_leaves) {
    return TACET_ERR_SENDER;
  }
  size_t at = leaf_at(t, leaf);
  if (!has_leaf(t, at, leaf)) {
    return spend_first(t, leaf, type, generation, max_forward, max_kept);
  }
  return tacet_ratchet_spend(t->suite, &t->leaves[at].ratchet[type], generation,
                             max_forward, max_kept);
}

/* ---- the saved form ---- */

void tacet_secret_tree_write(tacet_buf *w, const tacet_secret_tree *t) {
  tacet_write_u32(w, t->n_leaves);
  size_t nodes = tacet_write_open(w);
  for (size_t i = 0; i < t->n_nodes; i++) {
    tacet_write_u32(w, t->nodes[i].node);
    tacet_write_bytes(w, tacet_secret_span(&t->nodes[i].secret));
  }
  tacet_write_close(w, nodes);
  size_t leaves = tacet_write_open(w);
  for (size_t i = 0; i < t->n_used; i++) {
    tacet_write_u32(w, t->leaves[i].leaf);
    tacet_ratchet_write(w, t->suite, &t->leaves[i].ratchet[0]);
    tacet_ratchet_write(w, t->suite, &t->leaves[i].ratchet[1]);
  }
  tacet_write_close(w, leaves);
}

static tacet_err read_nodes(tacet_reader *r, tacet_secret_tree *t) {
  tacet_reader list = tacet_read_vec_of(r);
  size_t entry = 4 + t->suite->hash->len;
  TACET_TRY(reserve_nodes(t, tacet_read_left(&list) / entry));
  if (tacet_read_left(&list) % entry != 0) {
    return TACET_ERR_ENCODING;
  }
  while (tacet_more(&list)) {
    TACET_ASSERT(t->nodes != NULL); /* room for all of the list */
    tacet_tree_secret *n = &t->nodes[t->n_nodes];
    n->node = tacet_read_u32(&list);
    n->secret.len = t->suite->hash->len;
    tacet_read_copy(&list, n->secret.b, n->secret.len);
    if (n->node > 2 * tacet_tree_root(t->n_leaves) ||
        (t->n_nodes > 0 && n[-1].node >= n->node)) {
      return TACET_ERR_ENCODING;
    }
    t->n_nodes++;
  }
  return *r->err;
}

static tacet_err read_leaves(tacet_reader *r, tacet_secret_tree *t) {
  tacet_reader list = tacet_read_vec_of(r);
  while (tacet_more(&list)) {
    TACET_TRY(reserve_leaves(t, t->n_used + 1));
    tacet_leaf_ratchets *l = &t->leaves[t->n_used];
    l->leaf = tacet_read_u32(&list);
    if (l->leaf >= t->n_leaves || (t->n_used > 0 && l[-1].leaf >= l->leaf)) {
      return TACET_ERR_ENCODING;
    }
    TACET_TRY(tacet_ratchet_read(&list, t->suite, &l->ratchet[0]));
    t->n_used++; /* from here on free() knows it */
    TACET_TRY(tacet_ratchet_read(&list, t->suite, &l->ratchet[1]));
  }
  return *r->err;
}

tacet_err tacet_secret_tree_read(tacet_reader *r, const tacet_suite *suite,
                                 tacet_secret_tree *out) {
  TACET_CLEANUP(tacet_secret_tree_free)
  tacet_secret_tree t = {.suite = suite};
  t.n_leaves = tacet_read_u32(r);
  TACET_TRY(*r->err);
  if (t.n_leaves == 0 || (t.n_leaves & (t.n_leaves - 1)) != 0) {
    return TACET_ERR_ENCODING;
  }
  TACET_TRY(read_nodes(r, &t));
  TACET_TRY(read_leaves(r, &t));
  *out = t;
  tacet_wipe(&t, sizeof(t));
  return TACET_OK;
}

/* ---- sender data ---- */

tacet_err tacet_sender_data_key(const tacet_suite *s,
                                const tacet_secret *sender_data_secret,
                                tacet_span ciphertext, tacet_message_key *out) {
  /* RFC 9420 6.3.2: the first Nh bytes, or all where there are fewer. */
  size_t len = ciphertext.len < s->hash->len ? ciphertext.len : s->hash->len;
  tacet_span sample = {ciphertext.p, len};
  TACET_SECRET(nonce);
  TACET_ASSERT(s->aead->nonce_len <= TACET_MLS_NONCE_MAX);
  TACET_TRY(tacet_expand_with_label(s->hash, sender_data_secret, "nonce",
                                    sample, s->aead->nonce_len, &nonce));
  TACET_TRY(tacet_expand_with_label(s->hash, sender_data_secret, "key", sample,
                                    s->aead->key_len, &out->key));
  memcpy(out->nonce, nonce.b, nonce.len);
  return TACET_OK;
}
