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
/* Its verifier key; and those of all logs, one after the other: moves the text
 * on, false at its end. */
tacet_span client_trust_log_key(tacet_span text);
bool client_trust_next_log(tacet_span *text, tacet_span *vkey);

/* Lines of a text, and words of a line: move it on. A line is false at the end;
 * a word is empty there. */
bool client_text_line(tacet_span *text, tacet_span *line);
tacet_span client_text_word(tacet_span *line);

#endif
