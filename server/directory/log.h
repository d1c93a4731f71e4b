/* SPDX-License-Identifier: Apache-2.0
 * server/directory/log.h -- the directory's key log: its keys, its two heads,
 * and what it serves of itself.
 *
 * Every change of an account's devices is an UPDATE of the log, in the same
 * transaction as the manifest; an EPOCH ends the transaction's entries. There
 * are two heads (tacet/keytrans/tlog.h):
 *
 *   next       the newest EPOCH that is on the disk
 *   published  the one that look-ups prove against, and that GET of the
 *              checkpoint gives; never beyond `next`
 *
 * The policy of the data folder (c2sp.org/tlog-policy) says what a head needs
 * to be published. With "quorum none" that is nothing: each next head is
 * published in the same commit. Else somebody brings cosignatures:
 *
 *   the next head is there    -> options.log_grew(), on the writer
 *   dir_log_next()               the checkpoint, signed by the log alone
 *   dir_log_consistency()        from what a witness has seen to it
 *   ... witnesses cosign ...
 *   dir_log_publish()            judged, stored, and only then published
 *
 * Until then look-ups answer as of the published head: a manifest whose UPDATE
 * is not below its size is not shown, nor are key packages of devices that only
 * such a manifest lists. A quorum that is missing stops what is new, never the
 * server.
 *
 * A head is signed once it is on the disk, never before, and the log is never
 * shortened: so there is one checkpoint of a size, whenever the process is
 * killed. Restoring an old copy of the folder breaks that, and nothing in the
 * folder can tell; the witnesses can.
 */
#ifndef TACETD_DIRECTORY_LOG_H
#define TACETD_DIRECTORY_LOG_H

#include "server/directory/directory.h"
#include "tacet/keytrans/handover.h"
#include "tacet/keytrans/keylog.h"
#include "tacet/keytrans/trust.h"

/* Files in the data folder; `tacetd init` makes them. */
#define DIR_LOG_KEY "log.key" /* Ed25519: signs checkpoints */
#define DIR_LOG_NEXT_KEY                                                       \
  "log-next.key"                      /* the key that is to follow, or none    \
                                       */
#define DIR_LOG_VRF_KEY "log-vrf.key" /* hides whose entries they are */
#define DIR_LOG_POLICY "log-policy"   /* text; no secret */

/* ---- the policy and what invites say; any process ---- */

/* The text of the policy. IO, LIMIT, NOT_FOUND, and a sentence. */
TACET_MUST_CHECK tacet_err dir_log_policy_read(const char *folder,
                                               tacet_bytes *out,
                                               sto_trouble *why);
/* The verifier key of the log, "DOMAIN/log+id+base64". */
TACET_MUST_CHECK tacet_err dir_log_name(const char *folder, const char *domain,
                                        tacet_note_key *out, sto_trouble *why);
/* ---- another key ---- */

/* The key that is to follow. *there false: none. */
TACET_MUST_CHECK tacet_err dir_log_next_name(const char *folder,
                                             const char *domain,
                                             tacet_note_key *out, bool *there,
                                             sto_trouble *why);
/* Makes one, unless it is there: a server that is started then signs with both.
 */
TACET_MUST_CHECK tacet_err dir_log_rotate(const char *folder,
                                          const char *domain,
                                          tacet_note_key *next,
                                          sto_trouble *why);
/* What the key and the one that is to follow say of each other. NOT_FOUND where
 * none is to. */
TACET_MUST_CHECK tacet_err dir_log_handover(const char *folder,
                                            const char *domain,
                                            tacet_handover *out,
                                            sto_trouble *why);
/* Puts it into the place of the first. NOT_FOUND. */
TACET_MUST_CHECK tacet_err dir_log_retire(const char *folder, sto_trouble *why);

/* What an invite tells of the log (tacet/keytrans/trust.h), and of the account
 * for the operator's notices (an id; NULL: none). LIMIT where the policy is too
 * long for a link. */
TACET_MUST_CHECK tacet_err dir_log_trust(const char *folder, uint32_t max_age,
                                         const uint8_t *notices, tacet_buf *out,
                                         sto_trouble *why);

/* Whether the log is whole, ends in the head that was stored, commits to every
 * manifest and all token keys that are there, and fits the keys and the policy
 * (slow: a VRF evaluation for each manifest). A server may be running on it.
 * *end (unless NULL) gets the newest head. IO and a sentence if not; errors of
 * the files. */
TACET_MUST_CHECK tacet_err dir_log_check(const char *folder, const char *domain,
                                         tacet_tlog_head *end,
                                         sto_trouble *why);

/* ---- what the operator says in public, beside a server that may run ---- */

/* A STATEMENT of the log: the hash of something that cannot be taken back or
 * said differently to others. Said a second time it keeps its number. */
typedef struct dir_statement {
  uint8_t hash[32];
  bool logged; /* else it waits for the server to take it */
  uint64_t index;
  uint32_t day; /* of the EPOCH that follows it */
} dir_statement;

/* Leaves it for the server, which appends it within a second, or when it is
 * started. *out says if it is in the log already. LIMIT and a sentence where
 * TACETD_STATEMENTS_WAITING_MAX wait. */
TACET_MUST_CHECK tacet_err dir_statement_add(const char *folder,
                                             const uint8_t hash[32],
                                             dir_statement *out,
                                             sto_trouble *why);
/* NOT_FOUND (without a sentence) where it neither is in the log nor waits. */
TACET_MUST_CHECK tacet_err dir_statement_find(const char *folder,
                                              const uint8_t hash[32],
                                              dir_statement *out,
                                              sto_trouble *why);
/* All of them: those of the log in their order, then those that wait. */
TACET_MUST_CHECK tacet_err dir_statement_list(
    const char *folder, void (*visit)(void *user, const dir_statement *s),
    void *user, sto_trouble *why);

/* ---- the heads of a running directory; any thread ---- */

typedef struct dir_log_state {
  tacet_tlog_head next, published; /* size 0: none yet */
  uint64_t map_size;               /* UPDATEs of the next head */
  bool unwitnessed;                /* "quorum none" */
  size_t n_witnesses;              /* that vouched for the published head */
  uint64_t witnessed;              /* seconds; see tacet_policy_verdict */
} dir_log_state;
void dir_log_state_get(dir_directory *d, dir_log_state *out);

/* Writes the checkpoint of the next head with the log's signature alone, for
 * the witnesses. NOT_FOUND where it is published already, unless `again`, which
 * is for cosignatures with a newer time. */
TACET_MUST_CHECK tacet_err dir_log_next(dir_directory *d, bool again,
                                        tacet_buf *note);
/* From `old_size` to `size`, neither beyond the next head. ARGUMENT. */
TACET_MUST_CHECK tacet_err dir_log_consistency(dir_directory *d,
                                               uint64_t old_size, uint64_t size,
                                               tacet_tlog_proof *out);
/* Publishes a checkpoint of this log with cosignatures. Waits until it is on
 * the disk: not for a thread of the directory or a loop.
 *   POLICY   the quorum is not there
 *   AUTH     not signed by the log, or a signature is wrong
 *   FORK     not a head of this log
 *   STATE    older than the published one, or the policy wants no quorum
 *   other    of the database: nothing is published */
TACET_MUST_CHECK tacet_err dir_log_publish(dir_directory *d, tacet_span note);

/* ---- the log on the disk, beside a server that may be running ---- */

typedef struct dir_log_copy dir_log_copy;

/* Reads the hashes of the whole log, in pieces, so that the server's writer
 * waits for none of it. IO if it is damaged. */
TACET_MUST_CHECK tacet_err dir_log_copy_new(const char *folder,
                                            const char *domain,
                                            sto_trouble *why,
                                            dir_log_copy **out);
void dir_log_copy_free(dir_log_copy *c); /* NULL is fine */
void dir_log_copy_state(const dir_log_copy *c, dir_log_state *out);
/* As dir_log_next() with `again`, and dir_log_consistency(). */
TACET_MUST_CHECK tacet_err dir_log_copy_next(const dir_log_copy *c,
                                             tacet_buf *note);
TACET_MUST_CHECK tacet_err dir_log_copy_consistency(const dir_log_copy *c,
                                                    uint64_t old_size,
                                                    uint64_t size,
                                                    tacet_tlog_proof *out);
/* Writes the proof of inclusion (tacet/keytrans/inclusion.h) of an entry under
 * the published checkpoint with all its cosignatures. NOT_FOUND where that does
 * not have it yet. */
TACET_MUST_CHECK tacet_err dir_log_copy_prove(const dir_log_copy *c,
                                              uint64_t index, tacet_buf *out);
/* Has the published head, if it is kept with its signatures, one of this key?
 */
bool dir_log_copy_signed(const dir_log_copy *c, const tacet_note_key *key);
/* The policy of the folder. */
const tacet_policy *dir_log_copy_policy(const dir_log_copy *c);

#endif
