/* SPDX-License-Identifier: Apache-2.0
 * client/gossip.h -- telling each other, inside messages, which head of the key
 * log one has seen, so that a directory that keeps two logs is caught by the
 * first message that crosses from one to the other.
 *
 * What is told is a head with the log's signature: size, root, signature. So it
 * is the log's word, not the sender's: nobody can accuse a server by telling a
 * lie, and what contradicts is evidence.
 */
#ifndef TACET_CLIENT_GOSSIP_H
#define TACET_CLIENT_GOSSIP_H

#include "client/keylog.h"

/* What goes into the next message of a conversation: in mem; empty where there
 * is no news since it was last told there, or no log. Within the transaction
 * that makes the message. */
TACET_MUST_CHECK tacet_err client_gossip_tell(client *c, const uint8_t *talk,
                                              client_mem *mem, tacet_span *out);
/* What came in a message of that device. Within a transaction. */
TACET_MUST_CHECK tacet_err client_gossip_take(client *c, const uint8_t *account,
                                              const uint8_t *device,
                                              tacet_span told);
/* Holds what was told against the log as it is shown here. KEYS "log-split"
 * where the two are not one log; UNREACHABLE as of client_keylog_look().
 * Outside a transaction. */
TACET_MUST_CHECK tacet_err client_gossip_check(client *c);
/* For showing them: everything that was told, in mem. */
TACET_MUST_CHECK tacet_err client_gossip_list(client *c, client_mem *mem,
                                              client_gossip **list, size_t *n);

#endif
