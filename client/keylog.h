/* SPDX-License-Identifier: Apache-2.0
 * client/keylog.h -- the directory's key log as this home knows it: what is
 * believed (the trust of the invite), how far the log was seen to go, what was
 * found wrong with it.
 *
 * Whoever asks the directory opens a client_keylog first, names its size in the
 * question, judges the head that the answer brings by it, and keeps that head
 * in the transaction of what the answer is used for. So the head in the store
 * is always one that was shown to continue the ones before.
 *
 * What fails is one of two things, and never mixed up:
 *   an outage   the witnesses' word is missing or too old: UNREACHABLE
 *               "stale-log", "few-witnesses". Nothing new is believed; what was
 *               verified before goes on working.
 *   an attack   the proofs do not check out: KEYS. It is told once as a
 *               warning, kept as a file in the home, and remembered until the
 *               directory shows again that its log goes on from what was seen.
 */
#ifndef TACET_CLIENT_KEYLOG_H
#define TACET_CLIENT_KEYLOG_H

#include "client/core.h"
#include "tacet/keytrans/keylog.h"
#include "tacet/keytrans/trust.h"

typedef struct client_keylog {
  client_mem mem; /* holds what the others point to */
  bool has_trust; /* false: the invite named no log, nothing is checked */
  tacet_trust trust;
  tacet_policy *policy;
  client_keylog_record r; /* as it was when this was opened */
} client_keylog;
#define CLIENT_KEYLOG(name)                                                    \
  TACET_CLEANUP(client_keylog_close)                                           \
  client_keylog name = {.has_trust = false}
void client_keylog_close(client_keylog *k);

/* KEYS "bad-trust" where the stored trust cannot be read (a newer version's).
 */
TACET_MUST_CHECK tacet_err client_keylog_open(client *c, client_keylog *k);
/* Is that something which a client can be registered with? ENCODING if not;
 * VERSION. Empty is fine. */
TACET_MUST_CHECK tacet_err client_trust_check(tacet_span trust);

/* A cosignature from later than that does not count. Clocks here and there may
 * each be wrong by a day; what it costs is that a word is fresh for as much
 * longer where a witness lies about its own clock. */
#define CLIENT_KEYLOG_AHEAD (2 * CLIENT_DAY)

/* A head that answers a question from k->r.size on. OK also for one that is
 * old: see the next. UNREACHABLE "few-witnesses"; KEYS "log-fork",
 * "log-rollback", "log-signature", "proof-invalid". Outside a transaction. */
TACET_MUST_CHECK tacet_err client_keylog_judge(client *c, client_keylog *k,
                                               tacet_span proof,
                                               tacet_keylog_head *out);
/* UNREACHABLE "stale-log" where the quorum vouched longer ago than the trust
 * allows. */
TACET_MUST_CHECK tacet_err client_keylog_fresh(client *c,
                                               const client_keylog *k,
                                               const tacet_keylog_head *head);
/* Remembers a head that was judged, in the place of the one before, and that
 * all is well. Within a transaction. BUSY if another process has kept one since
 * k was opened: ask again. */
TACET_MUST_CHECK tacet_err client_keylog_keep(client *c, client_keylog *k,
                                              tacet_span proof,
                                              const tacet_keylog_head *head);
/* How large the log was seen to be at some time before `then` (ms); 0 where
 * nobody looked then. */
TACET_MUST_CHECK tacet_err client_keylog_seen_before(client *c, uint64_t then,
                                                     uint64_t *size);
TACET_MUST_CHECK tacet_err client_keylog_save(client *c,
                                              client_keylog_record *r);
/* Asks for the newest head, judges and keeps it. Besides what these give:
 * UNREACHABLE, and REFUSED where the server has no log to show. */
TACET_MUST_CHECK tacet_err client_keylog_look(client *c);

/* What does not check out, and what there is to show for it. */
typedef struct client_finding {
  const char *code;
  const char *what;   /* one sentence, without the next step */
  const char *handle; /* whom it is about; NULL: the log as a whole */
  /* That the server gave; each may be empty. previous: the manifest before
   * value. */
  tacet_span head, label, value, previous;
  uint64_t from;   /* which size `head` answers */
  tacet_span note; /* a checkpoint that it contradicts; empty: the one seen */
} client_finding;
/* Keeps the evidence, tells it once, remembers it, and gives the failure: KEYS,
 * which names the file. Outside a transaction. */
tacet_err client_keylog_alarm(client *c, const client_keylog *k,
                              const client_finding *f);
/* The code of what others have seen and is not shown here: only
 * client_gossip_check() can find that it is well again. */
#define CLIENT_LOG_SPLIT "log-split"
/* KEYS as it was found, where something was. */
TACET_MUST_CHECK tacet_err client_keylog_is_well(client *c,
                                                 const client_keylog *k);

#endif
