/* SPDX-License-Identifier: Apache-2.0
 * desk/keylog.h -- the commitments of days as others hold them: in the key log
 * of the server, with its witnesses, or in a file that somebody kept.
 */
#ifndef TACET_DESK_KEYLOG_H
#define TACET_DESK_KEYLOG_H

#include "desk/store/verify.h"

typedef struct desk_keylog_check {
  const char *server; /* folder of tacetd */
  const char *policy; /* file with the policy to judge by; NULL: the folder's */
  const char *others; /* file with hashes of other statements; or NULL */
  desk_day today;
  int64_t now;
} desk_keylog_check;

typedef struct desk_keylog_found {
  size_t n_days;
  uint64_t size;      /* of the checkpoint that vouches for the newest day */
  size_t n_witnesses; /* that cosigned it */
  size_t unknown;     /* statements that are none of the days' */
} desk_keylog_found;

/* Every one of `days` (in their order) is a statement of the key log, and the
 * newest of them stands under a checkpoint that the policy believes. AUTH where
 * one is not there, or where another history of this desk may have been
 * committed to: a statement that is none of ours came after a day was over and
 * before that day's. POLICY: too few witnesses. Runs `tacetd statement`. */
TACET_MUST_CHECK tacet_err desk_keylog_verify(const desk_keylog_check *c,
                                              const desk_day_hash *days,
                                              size_t n, desk_trouble *why,
                                              desk_keylog_found *out);

/* A file of lines "2026-11-24 HEX", as `log commit` prints them. Freed with
 * free(). */
TACET_MUST_CHECK tacet_err desk_days_read(const char *path, desk_trouble *why,
                                          desk_day_hash **out, size_t *n);

#endif
