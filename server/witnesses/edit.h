/* SPDX-License-Identifier: Apache-2.0
 * server/witnesses/edit.h -- the trust policy as `tacetd witness` changes it:
 * one group "witnesses" of all witnesses, and a number of them as the quorum.
 *
 * Comments and what else stands in the text stay. A policy with groups of its
 * own was written by hand and is left to hands.
 */
#ifndef TACETD_WITNESSES_EDIT_H
#define TACETD_WITNESSES_EDIT_H

#include "server/ops/config.h"
#include "tacet/codec.h"
#include "tacet/keytrans/handover.h"
#include "tacet/keytrans/policy.h"

#define WTS_GROUP "witnesses"

/* ARGUMENT for what may not be, EXISTS, NOT_FOUND, LIMIT: *why says it. Each
 * writes the whole new text into an empty buffer, which tacet_policy_read()
 * takes. */
TACET_MUST_CHECK tacet_err wts_edit_add(tacet_span policy, const char *name,
                                        const char *vkey, const char *url,
                                        const char *pin, tacet_buf *out,
                                        tacetd_trouble *why);
TACET_MUST_CHECK tacet_err wts_edit_remove(tacet_span policy, const char *name,
                                           tacet_buf *out, tacetd_trouble *why);
/* quorum 0: none. */
TACET_MUST_CHECK tacet_err wts_edit_quorum(tacet_span policy, size_t quorum,
                                           tacet_buf *out, tacetd_trouble *why);

/* How many witnesses there are and have to vouch. ARGUMENT, with *why, for a
 * policy that was written by hand. */
TACET_MUST_CHECK tacet_err wts_edit_read(tacet_span policy, size_t *witnesses,
                                         size_t *quorum, tacetd_trouble *why);

/* Is this one of the logs? */
bool wts_edit_has_log(tacet_span policy, const tacet_note_key *key);
/* The policy with h->to behind h->from, a key that it names, and with `h` as
 * its one hand-over. EXISTS, NOT_FOUND. */
TACET_MUST_CHECK tacet_err wts_edit_log_add(tacet_span policy,
                                            const tacet_handover *h,
                                            tacet_buf *out,
                                            tacetd_trouble *why);
/* The policy without the other keys of the log that `key` is of. NOT_FOUND
 * where there is none, or not `key`. */
TACET_MUST_CHECK tacet_err wts_edit_log_keep(tacet_span policy,
                                             const tacet_note_key *key,
                                             tacet_buf *out,
                                             tacetd_trouble *why);

#endif
