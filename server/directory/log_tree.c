/* SPDX-License-Identifier: Apache-2.0
 * The hashes of the log's tree in memory: the levels that tiles have, from
 * which the others follow. */
#include "server/directory/log_private.h"

#include <stdlib.h>

#define FIRST_CAP 256

static tacet_err room(struct dir_tree_level *l) {
  if (l->n < l->cap) {
    return TACET_OK;
  }
  size_t cap = l->cap == 0 ? FIRST_CAP : l->cap * 2;
  tacet_tlog_hash *more = reallocarray(l->hashes, cap, sizeof(*more));
  if (more == NULL) {
    return TACET_ERR_NOMEM;
  }
  l->hashes = more;
  l->cap = cap;
  return TACET_OK;
}

static tacet_err put(void *ctx, unsigned level, uint64_t index,
                     const tacet_tlog_hash *node) {
  if (level % DIR_TILE_HEIGHT != 0) {
    return TACET_OK;
  }
  dir_tree *t = ctx;
  struct dir_tree_level *l = &t->levels[level / DIR_TILE_HEIGHT];
  TACET_ASSERT(index == l->n);
  TACET_TRY(room(l));
  l->hashes[l->n++] = *node;
  return TACET_OK;
}

/* A node between two levels: the root of the nodes below it. */
static tacet_err get(void *ctx, unsigned level, uint64_t index,
                     tacet_tlog_hash *node) {
  const dir_tree *t = ctx;
  const struct dir_tree_level *l = &t->levels[level / DIR_TILE_HEIGHT];
  size_t n = (size_t)1 << level % DIR_TILE_HEIGHT;
  uint64_t first = index << level % DIR_TILE_HEIGHT;
  tacet_tlog_hash work[DIR_TILE_WIDTH / 2];
  if (first + n > l->n) {
    return TACET_ERR_STATE;
  }
  if (n == 1) {
    *node = l->hashes[first];
    return TACET_OK;
  }
  const tacet_tlog_hash *from = &l->hashes[first];
  for (n /= 2; n > 0; n /= 2) {
    for (size_t i = 0; i < n; i++) {
      TACET_TRY(tacet_tlog_node(&from[2 * i], &from[2 * i + 1], &work[i]));
    }
    from = work;
  }
  *node = work[0];
  return TACET_OK;
}

tacet_tlog_source dir_tree_source(const dir_tree *t) {
  return (tacet_tlog_source){get, (void *)(uintptr_t)t};
}

tacet_tlog_sink dir_tree_sink(dir_tree *t) {
  return (tacet_tlog_sink){put, t};
}

void dir_tree_cut(dir_tree *t, uint64_t size) {
  for (size_t i = 0; i < DIR_TILE_LEVELS; i++) {
    uint64_t n = size >> DIR_TILE_HEIGHT * i;
    t->levels[i].n = t->levels[i].n > n ? (size_t)n : t->levels[i].n;
  }
}

void dir_tree_free(dir_tree *t) {
  for (size_t i = 0; i < DIR_TILE_LEVELS; i++) {
    free(t->levels[i].hashes);
  }
  *t = (dir_tree){{{0}}};
}
