/* SPDX-License-Identifier: Apache-2.0
 * Writing tiles. */
#include "audit/copy.h"

#include "audit/folder.h"

static tacet_err read_tile(void *ctx, const char *name, size_t max,
                           tacet_bytes *out) {
  return aud_read(ctx, name, max, out);
}

/* The tiles at the right edge, and of them the tree as far as it goes. */
static tacet_err load(uint64_t size, aud_copy *c) {
  aud_tiles tiles = {read_tile, (void *)(uintptr_t)c->dir, size};
  const tacet_tlog_source source = aud_tiles_source(&tiles);
  c->tree.size = size;
  for (unsigned level = 0; level < 64 && size >> level != 0; level++) {
    if ((size >> level & 1) != 0) {
      uint64_t index = (size >> level) - 1;
      TACET_TRY(source.get(source.ctx, level, index, &c->tree.nodes[level]));
    }
  }
  for (unsigned at = 0; at < AUD_LEVELS; at++) {
    TACET_BYTES(tile);
    char name[AUD_NAME_MAX];
    uint64_t count = size >> 8 * at;
    unsigned width = (unsigned)(count % AUD_TILE);
    if (width == 0) {
      continue;
    }
    aud_tile_name(at, count / AUD_TILE, width, name);
    TACET_TRY(aud_read(c->dir, name, AUD_TILE_MAX, &tile));
    if (tile.len != width * sizeof(c->tile[at][0])) {
      return TACET_ERR_ENCODING;
    }
    memcpy(c->tile[at], tile.p, tile.len);
  }
  return TACET_OK;
}

tacet_err aud_copy_open(const char *dir, const tacet_tlog_head *head,
                        aud_copy *out) {
  tacet_tlog_hash root;
  *out = (aud_copy){.dir = dir};
  TACET_TRY(load(head->size, out));
  TACET_TRY(tacet_tlog_frontier_root(&out->tree, &root));
  return head->size == 0 || tacet_tlog_equal(&root, &head->root)
             ? TACET_OK
             : TACET_ERR_FORK;
}

static tacet_err write_tile(aud_copy *c, unsigned at, uint64_t n,
                            unsigned width) {
  char name[AUD_NAME_MAX];
  aud_tile_name(at, n, width, name);
  return aud_write(c->dir, name,
                   tacet_span_of(c->tile[at], width * sizeof(c->tile[0][0])));
}

static tacet_err put_node(void *ctx, unsigned level, uint64_t index,
                          const tacet_tlog_hash *node) {
  aud_copy *c = ctx;
  unsigned at = level / 8;
  if (level % 8 != 0) {
    return TACET_OK;
  }
  c->tile[at][index % AUD_TILE] = *node;
  return index % AUD_TILE == AUD_TILE - 1
             ? write_tile(c, at, index / AUD_TILE, AUD_TILE)
             : TACET_OK;
}

tacet_err aud_copy_append(aud_copy *c, tacet_span entry) {
  const tacet_tlog_sink sink = {put_node, c};
  tacet_tlog_hash leaf;
  TACET_TRY(tacet_tlog_leaf(entry, &leaf));
  return tacet_tlog_append(&c->tree, &leaf, &sink);
}

tacet_err aud_copy_finish(aud_copy *c) {
  for (unsigned at = 0; at < AUD_LEVELS; at++) {
    uint64_t count = c->tree.size >> 8 * at;
    if (count % AUD_TILE != 0) {
      TACET_TRY(
          write_tile(c, at, count / AUD_TILE, (unsigned)(count % AUD_TILE)));
    }
  }
  return TACET_OK;
}

/* One level's tiles, or (at == AUD_LEVELS) the entries. They are written one
 * after the other, so behind one that is not there is none: `drop` is what a
 * checkpoint claims, and may be any number. */
static void trim_level(const char *dir, unsigned at, uint64_t keep,
                       uint64_t drop) {
  char name[AUD_NAME_MAX];
  uint64_t first = (keep < drop ? keep : drop) / AUD_TILE;
  for (uint64_t n = first; n <= drop / AUD_TILE; n++) {
    unsigned width = aud_width(drop, n);
    if (width == 0 || width == aud_width(keep, n)) {
      continue;
    }
    if (at < AUD_LEVELS) {
      aud_tile_name(at, n, width, name);
    } else {
      aud_bundle_name(n, width, name);
    }
    if (!aud_remove(dir, name) && n > first) {
      return;
    }
  }
}

void aud_copy_trim(const char *dir, uint64_t keep, uint64_t drop) {
  for (unsigned at = 0; at < AUD_LEVELS; at++) {
    trim_level(dir, at, keep >> 8 * at, drop >> 8 * at);
  }
  trim_level(dir, AUD_LEVELS, keep, drop);
}
