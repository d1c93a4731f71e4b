/* SPDX-License-Identifier: Apache-2.0
 * client/recovery.h -- groups that cannot be followed any more: noticed, told,
 * and put right without anybody's doing.
 *
 *   BEHIND  the others have gone on and this device cannot: it was away for
 *           longer than slots are kept, or a commit was not right for it alone.
 *           It calls members, and one of them adds it again
 *           (client/returning.h).
 *   STUCK   nobody can change it any more: a successor is made by an admin, or
 *           after an hour by another member (client/successor.h).
 *
 * A conversation of two is begun anew by who notices; that of two such groups
 * the smaller id is used, is what both do with any pair.
 */
#ifndef TACET_CLIENT_RECOVERY_H
#define TACET_CLIENT_RECOVERY_H

#include "client/jobs.h"
#include "client/session.h"

/* From here on it is not followed. `why` is for the user. Within a transaction;
 * saves s. */
TACET_MUST_CHECK tacet_err client_broken(client *c, client_session *s,
                                         client_trouble trouble,
                                         const char *why);
/* A broken group of which there is reason to think that all are in the same
 * trouble. Within a transaction. */
TACET_MUST_CHECK tacet_err client_stuck(client *c, client_session *s);
/* Sets when the job for it is due (0: now), making one if there is none. Within
 * a transaction. */
TACET_MUST_CHECK tacet_err client_recovery_at(client *c, const uint8_t *talk,
                                              uint64_t due);
/* Makes one if there is none. */
TACET_MUST_CHECK tacet_err client_recovery_ensure(client *c,
                                                  const uint8_t *talk);
/* Carries the job out; it stays until the group is whole again. */
TACET_MUST_CHECK tacet_err client_recovery_run(client *c, client_job *job,
                                               uint64_t *next);

#endif
