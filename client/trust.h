/* SPDX-License-Identifier: Apache-2.0
 * client/trust.h -- what is believed about the key log, in words.
 */
#ifndef TACET_CLIENT_TRUST_H
#define TACET_CLIENT_TRUST_H

#include "client/keylog.h"

/* One sentence: what is and is not checked about whose keys these are. */
TACET_MUST_CHECK tacet_err client_trust_sentence(const client_keylog *k,
                                                 client_mem *mem,
                                                 const char **out);
/* Who has to vouch: "2 of witness-a.example, witness-b.example", or "nobody
 * (unwitnessed)". */
TACET_MUST_CHECK tacet_err client_trust_quorum(const tacet_policy *policy,
                                               tacet_span text, client_mem *mem,
                                               const char **out);
/* The name of the first log of a policy's text; "" if it has none. */
TACET_MUST_CHECK tacet_err client_trust_log(tacet_span text, client_mem *mem,
                                            const char **out);
/* Its verifier key. */
tacet_span client_trust_log_key(tacet_span text);

#endif
