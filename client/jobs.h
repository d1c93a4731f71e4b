/* SPDX-License-Identifier: Apache-2.0
 * client/jobs.h -- what is to be carried out with the server's help: recorded
 * first, so that it survives, and waited for by whoever asked.
 */
#ifndef TACET_CLIENT_JOBS_H
#define TACET_CLIENT_JOBS_H

#include "client/core.h"

typedef enum client_job_kind {
  CLIENT_JOB_CREATE = 1, /* a group with these accounts */
  CLIENT_JOB_ADD,
  CLIENT_JOB_REMOVE,
  CLIENT_JOB_RENAME,
  CLIENT_JOB_LEAVE,
  CLIENT_JOB_TIDY,    /* removes who left; does what manifests say */
  CLIENT_JOB_FETCH,   /* a long text that came as a file */
  CLIENT_JOB_RECHECK, /* asks the directory about an account */
  CLIENT_JOB_UNBLOCK, /* hears an account again (client/blocking.h) */
  CLIENT_JOB_RECOVER, /* a group that cannot be followed (client/recovery.h) */
  CLIENT_JOB_LINK,    /* a new device is added (client/linking.h) */
  CLIENT_JOB_LINKED,  /* ... and is put into all conversations */
  CLIENT_JOB_SYNC,    /* own devices are told something (client/devsync.h) */
  CLIENT_JOB_GREET,   /* whom only a backup knows (client/regain.h) */
  CLIENT_JOB_HISTORY_GIVE, /* a new device gets it (client/history.h) */
  CLIENT_JOB_HISTORY_TAKE
} client_job_kind;

/* Records it. Within a transaction. `due` 0: now. */
TACET_MUST_CHECK tacet_err client_job_add(client *c, client_job *job);
TACET_MUST_CHECK tacet_err client_job_save(client *c, client_job *job);
/* It went through (why NULL), or cannot. Kept for a day, for whoever waits;
 * those that nobody waits for are forgotten. Within a transaction. */
TACET_MUST_CHECK tacet_err client_job_finish(client *c, uint64_t number,
                                             const client_error *why);
TACET_MUST_CHECK tacet_err client_job_get(client *c, uint64_t number,
                                          client_mem *mem, client_job *out);
TACET_MUST_CHECK tacet_err client_job_forget(client *c, uint64_t number);
/* Works on those that are due. CLOSED once the server cannot be reached. */
TACET_MUST_CHECK tacet_err client_jobs_run(client *c, uint64_t *next);
/* A TIDY of this conversation at the given time, unless one waits already.
 * Within a transaction. */
TACET_MUST_CHECK tacet_err client_job_tidy(client *c, const uint8_t *talk,
                                           uint64_t due);
/* The same for now, where something waits for it; but one that was tried in
 * vain has its own time to come again. */
TACET_MUST_CHECK tacet_err client_job_tidy_now(client *c, const uint8_t *talk);

#endif
