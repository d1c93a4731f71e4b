/* SPDX-License-Identifier: Apache-2.0
 * audit/copy.h -- writing the tiles of a copied log as its entries come.
 */
#ifndef AUDIT_COPY_H
#define AUDIT_COPY_H

#include "audit/tiles.h"

typedef struct aud_copy {
  const char *dir;
  tacet_tlog_frontier tree;
  tacet_tlog_hash tile[AUD_LEVELS][AUD_TILE]; /* that is being filled */
} aud_copy;

/* Goes on with the copy of this size (0: none yet). FORK if its tiles are not
 * those of `root`. */
TACET_MUST_CHECK tacet_err aud_copy_open(const char *dir,
                                         const tacet_tlog_head *head,
                                         aud_copy *out);
/* The next entry: writes the tiles of hashes that it completes. */
TACET_MUST_CHECK tacet_err aud_copy_append(aud_copy *c, tacet_span entry);
/* Writes the tiles that are not whole. */
TACET_MUST_CHECK tacet_err aud_copy_finish(aud_copy *c);
/* Removes the files that a copy of the size `drop` has and one of the size
 * `keep` has not. */
void aud_copy_trim(const char *dir, uint64_t keep, uint64_t drop);

#endif
