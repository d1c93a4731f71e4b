/* SPDX-License-Identifier: Apache-2.0
 * client/control.h -- control messages: leaving, moving, the end of an account.
 */
#ifndef TACET_CLIENT_CONTROL_H
#define TACET_CLIENT_CONTROL_H

#include "client/members.h"
#include "tacet/content.h"

/* Carries out what one says. Those that are malformed, of a newer version, or
 * not for the sender to say are ignored. Within a transaction. */
TACET_MUST_CHECK tacet_err client_control_take(client *c, client_session *s,
                                               const client_talk *talk,
                                               const tacet_identity *who,
                                               tacet_span control,
                                               tacet_span aad);

/* When this device commits what any member may: by its place among those who
 * stay, so that mostly one does. */
TACET_MUST_CHECK tacet_err client_turn(client *c, client_session *s,
                                       uint64_t *due);

#endif
