/* SPDX-License-Identifier: Apache-2.0
 * client/call.h -- asking the server: one request, its answer or the code of
 * its refusal, signed where the directory wants to know who asks.
 *
 * While the server cannot be reached, calls fail at once until a waiting time,
 * which doubles with each failure, is over.
 */
#ifndef TACET_CLIENT_CALL_H
#define TACET_CLIENT_CALL_H

#include "client/core.h"
#include "tacet/wire.h"

typedef struct client_reply {
  unsigned status;
  tacet_wire_error code; /* TACET_WIRE_OK for 2xx */
  tacet_span body;
  const client_answer *answer; /* for its headers */
} client_reply;

/* The transport to the server of the record "server". */
TACET_MUST_CHECK tacet_err client_connect(client *c);
/* TACET_OK whenever the server answered, also with a refusal: look at
 * out->code. That the server is overloaded counts as not reached. */
TACET_MUST_CHECK tacet_err client_ask(client *c, const client_call *call,
                                      client_mem *mem, client_reply *out);
/* The same without headers. */
TACET_MUST_CHECK tacet_err client_ask_plain(client *c, client_half half,
                                            const char *method,
                                            const char *path, tacet_span body,
                                            client_mem *mem, client_reply *out);
/* Signed by this device, whose keys stand in c->self. */
TACET_MUST_CHECK tacet_err client_ask_signed(client *c, const char *method,
                                             const char *path, tacet_span body,
                                             client_mem *mem,
                                             client_reply *out);
/* For codes that the caller did not expect: REFUSED with the server's reason.
 * TACET_OK if the code is OK. */
TACET_MUST_CHECK tacet_err client_expect_ok(client *c,
                                            const client_reply *reply);
/* Has the waiting time after the last failure passed? */
bool client_may_ask(const client *c);
/* Counts a failure to reach the server, and after a success forgets them. */
void client_reached(client *c, bool reached);

#endif
