/* SPDX-License-Identifier: Apache-2.0
 * server/witnesses/ask.h -- the calls to one witness, over HTTPS: what it
 * remembers of the log, and its cosignature. For one thread, which it keeps
 * waiting for at most the time given, a look-up of the host's name apart.
 */
#ifndef TACETD_WITNESSES_ASK_H
#define TACETD_WITNESSES_ASK_H

#include "net/client.h"
#include "server/witnesses/address.h"
#include "server/witnesses/answer.h"

typedef enum wts_outcome {
  WTS_COSIGNED,
  WTS_AWAY,        /* does not answer, or says "later" */
  WTS_CERTIFICATE, /* not the pinned key, or not trusted */
  WTS_REFUSED,     /* does not know the log, or its key */
  WTS_GARBAGE,     /* nothing that a witness would say */
  WTS_CLAIMED,     /* says that it has seen another head, and proves nothing */
  WTS_FORKED,      /* has another head, with the log's own signature */
  WTS_BEHIND,      /* has seen a newer head of ours than was sent: send that */
  WTS_STOPPED,     /* wts_asker_interrupt() */
  WTS_FAILED       /* of this side: memory, the log */
} wts_outcome;

typedef struct wts_asker wts_asker;

/* Policy and log are borrowed. ENCODING for a URL that is none. */
TACET_MUST_CHECK tacet_err wts_asker_new(const tacet_policy_witness *w,
                                         const tacet_policy *policy,
                                         const wts_log *log,
                                         uint32_t timeout_ms, wts_asker **out);
void wts_asker_free(wts_asker *a); /* NULL is fine */
/* Any thread: the call under way, or else the next, ends with STOPPED. */
void wts_asker_interrupt(wts_asker *a);

/* Asks for a cosignature of a checkpoint of the log, after having asked once
 * what it remembers. *line (its content is replaced) and *time: COSIGNED. */
wts_outcome wts_ask(wts_asker *a, tacet_span note, tacet_bytes *line,
                    uint64_t *time);
/* Asks only what it remembers: COSIGNED stands for "a head that ours
 * continues, or none"; *size gets the head's, 0 for none. */
wts_outcome wts_ask_memory(wts_asker *a, tacet_span origin, uint64_t *size);

#endif
