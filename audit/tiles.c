/* SPDX-License-Identifier: Apache-2.0
 * Tiles by name, nodes and entries out of them (c2sp.org/tlog-tiles). */
#include "audit/tiles.h"

#include "tacet/codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- names ---- */

/* 1234067 is x001/x234/067. */
static void append_number(uint64_t n, char out[AUD_NAME_MAX]) {
  uint64_t unit = 1;
  while (n / unit >= 1000) {
    unit *= 1000;
  }
  for (; unit > 0; unit /= 1000) {
    size_t at = strlen(out);
    (void)snprintf(out + at, AUD_NAME_MAX - at, "/%s%03" PRIu64,
                   unit > 1 ? "x" : "", n / unit % 1000);
  }
}

static void append_width(unsigned width, char out[AUD_NAME_MAX]) {
  size_t at = strlen(out);
  if (width < AUD_TILE) {
    (void)snprintf(out + at, AUD_NAME_MAX - at, ".p/%u", width);
  }
}

void aud_tile_name(unsigned level, uint64_t n, unsigned width,
                   char out[AUD_NAME_MAX]) {
  (void)snprintf(out, AUD_NAME_MAX, "tile/%u", level);
  append_number(n, out);
  append_width(width, out);
}

void aud_bundle_name(uint64_t n, unsigned width, char out[AUD_NAME_MAX]) {
  (void)snprintf(out, AUD_NAME_MAX, "tile/entries");
  append_number(n, out);
  append_width(width, out);
}

unsigned aud_width(uint64_t count, uint64_t n) {
  uint64_t left = count / AUD_TILE < n ? 0 : count - n * AUD_TILE;
  return left < AUD_TILE ? (unsigned)left : AUD_TILE;
}

/* ---- nodes ---- */

/* MTH of a power of two of hashes. */
static tacet_err fold(tacet_tlog_hash *h, size_t n, tacet_tlog_hash *out) {
  for (; n > 1; n /= 2) {
    for (size_t i = 0; i < n / 2; i++) {
      TACET_TRY(tacet_tlog_node(&h[2 * i], &h[2 * i + 1], &h[i]));
    }
  }
  *out = h[0];
  return TACET_OK;
}

static tacet_err get_node(void *ctx, unsigned level, uint64_t index,
                          tacet_tlog_hash *node) {
  aud_tiles *t = ctx;
  TACET_BYTES(tile);
  char name[AUD_NAME_MAX];
  tacet_tlog_hash hashes[AUD_TILE];
  unsigned at = level / 8;
  size_t n = (size_t)1 << level % 8;
  uint64_t first = index << level % 8;
  unsigned width = aud_width(t->size >> 8 * at, first / AUD_TILE);
  aud_tile_name(at, first / AUD_TILE, width, name);
  TACET_TRY(t->read(t->ctx, name, AUD_TILE_MAX, &tile));
  if (tile.len != width * sizeof(hashes[0]) ||
      first % AUD_TILE + n > (uint64_t)width) {
    return TACET_ERR_ENCODING;
  }
  memcpy(hashes, tile.p + first % AUD_TILE * sizeof(hashes[0]),
         n * sizeof(hashes[0]));
  return fold(hashes, n, node);
}

tacet_tlog_source aud_tiles_source(aud_tiles *t) {
  return (tacet_tlog_source){get_node, t};
}

/* ---- entries ---- */

tacet_err aud_tiles_entries(aud_tiles *t, uint64_t from,
                            tacet_err (*each)(void *user, uint64_t index,
                                              tacet_span entry),
                            void *user) {
  char name[AUD_NAME_MAX];
  for (uint64_t n = from / AUD_TILE; n * AUD_TILE < t->size; n++) {
    TACET_BYTES(bundle);
    tacet_err err = TACET_OK;
    unsigned width = aud_width(t->size, n);
    aud_bundle_name(n, width, name);
    TACET_TRY(t->read(t->ctx, name, AUD_BUNDLE_MAX, &bundle));
    tacet_reader r = tacet_reader_over(tacet_bytes_span(&bundle), &err);
    for (unsigned i = 0; i < width; i++) {
      tacet_span entry = tacet_read_bytes(&r, tacet_read_u16(&r));
      TACET_TRY(err == TACET_OK ? TACET_OK : TACET_ERR_ENCODING);
      if (n * AUD_TILE + i >= from) {
        TACET_TRY(each(user, n * AUD_TILE + i, entry));
      }
    }
    tacet_read_end(&r);
    TACET_TRY(err == TACET_OK ? TACET_OK : TACET_ERR_ENCODING);
  }
  return TACET_OK;
}
