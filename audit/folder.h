/* SPDX-License-Identifier: Apache-2.0
 * audit/folder.h -- a copied log: the files of c2sp.org/tlog-tiles under the
 * names that they have there, so that any web server can serve it again.
 *
 *   log                 the log's verifier key
 *   checkpoint          the last one that was found to continue the one before
 *   tile/...            hashes and entries of exactly its size
 *   evidence-...        what was found to be wrong
 */
#ifndef AUDIT_FOLDER_H
#define AUDIT_FOLDER_H

#include "tacet/base.h"

#define AUD_PATH_MAX 4096
#define AUD_KEY "log"
#define AUD_CHECKPOINT "checkpoint"

/* A file of at most `max` bytes. NOT_FOUND; LIMIT; IO, with errno. */
TACET_MUST_CHECK tacet_err aud_read_path(const char *path, size_t max,
                                         tacet_bytes *out);
/* The same of DIR/name. */
TACET_MUST_CHECK tacet_err aud_read(const char *dir, const char *name,
                                    size_t max, tacet_bytes *out);
/* Puts DIR/name there at once or not at all, with the folders on the way. IO,
 * with errno. */
TACET_MUST_CHECK tacet_err aud_write(const char *dir, const char *name,
                                     tacet_span bytes);
/* What was written is on the disk; one wait for however many files. IO, with
 * errno. */
TACET_MUST_CHECK tacet_err aud_settle(const char *dir);
/* Is gone afterwards; was it there? */
bool aud_remove(const char *dir, const char *name);
/* Makes the folder; it may be there. */
TACET_MUST_CHECK tacet_err aud_make(const char *dir);

#endif
