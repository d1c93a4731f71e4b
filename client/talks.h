/* SPDX-License-Identifier: Apache-2.0
 * client/talks.h -- conversations: found by what people type, kept by id.
 */
#ifndef TACET_CLIENT_TALKS_H
#define TACET_CLIENT_TALKS_H

#include "client/core.h"

TACET_MUST_CHECK tacet_err client_talk_get(client *c, const uint8_t *id,
                                           client_mem *mem, client_talk *out);
/* Within a transaction. */
TACET_MUST_CHECK tacet_err client_talk_save(client *c, client_talk *t);
TACET_MUST_CHECK tacet_err client_talk_list(client *c, client_mem *mem,
                                            client_talk **list, size_t *n);

/* What TO means. One of three: a conversation there is; a person without one
 * yet; a handle that was never met (person false). USAGE
 * "no-such-conversation", "ambiguous", "bad-handle", "other-server". */
typedef struct client_target {
  bool has_talk, has_person;
  client_talk talk;
  client_person person;
  const char *handle; /* NULL for a group */
} client_target;
TACET_MUST_CHECK tacet_err client_resolve(client *c, const char *to,
                                          client_mem *mem, client_target *out);
/* The same, but a conversation there must be. */
TACET_MUST_CHECK tacet_err client_resolve_talk(client *c, const char *to,
                                               client_mem *mem,
                                               client_talk *out);
/* The same, and it must be a group. */
TACET_MUST_CHECK tacet_err client_resolve_group(client *c, const char *to,
                                                client_mem *mem,
                                                client_talk *out);

/* The conversation with a person, made if there is none. Within a transaction.
 */
TACET_MUST_CHECK tacet_err client_talk_with(client *c, const client_person *p,
                                            client_mem *mem, client_talk *out);
/* REFUSED "not-member" where nothing can be said any more. */
TACET_MUST_CHECK tacet_err client_talk_may_speak(client *c,
                                                 const client_talk *t);

#endif
