/* SPDX-License-Identifier: Apache-2.0
 * audit/tiles.h -- the tiles of c2sp.org/tlog-tiles: hashes and entries of a
 * log, 256 at a time, wherever they lie.
 */
#ifndef AUDIT_TILES_H
#define AUDIT_TILES_H

#include "tacet/keytrans/tlog.h"

#define AUD_TILE 256 /* hashes or entries of a whole tile */
#define AUD_TILE_MAX (AUD_TILE * TACET_TLOG_HASH_LEN)
#define AUD_BUNDLE_MAX ((size_t)AUD_TILE * (2 + 65535))
#define AUD_LEVELS 8 /* of 8 levels of the tree each */
#define AUD_NAME_MAX 64

/* Names relative to the log's address; width 256 is a whole tile. */
void aud_tile_name(unsigned level, uint64_t n, unsigned width,
                   char out[AUD_NAME_MAX]);
void aud_bundle_name(uint64_t n, unsigned width, char out[AUD_NAME_MAX]);
/* How many of tile n there are in a log where the tile's level has `count`
 * hashes (or entries): 0 to 256. */
unsigned aud_width(uint64_t count, uint64_t n);

/* Where tiles come from, of the log with this size. */
typedef struct aud_tiles {
  tacet_err (*read)(void *ctx, const char *name, size_t max, tacet_bytes *out);
  void *ctx;
  uint64_t size;
} aud_tiles;

/* The nodes of the tree, for the provers. */
tacet_tlog_source aud_tiles_source(aud_tiles *t);

/* Calls `each` for the entries [from, size) in order; what it gives ends it.
 * ENCODING if a bundle is not in its form. */
TACET_MUST_CHECK tacet_err aud_tiles_entries(
    aud_tiles *t, uint64_t from,
    tacet_err (*each)(void *user, uint64_t index, tacet_span entry),
    void *user);

#endif
