/* SPDX-License-Identifier: Apache-2.0
 * witness/serve.h -- the witness's HTTP: POST /add-checkpoint, and GET
 * /<hex of SHA-256(origin)>/checkpoint (c2sp.org/tlog-witness).
 */
#ifndef WITNESS_SERVE_H
#define WITNESS_SERVE_H

#include "net/server.h"
#include "witness/store.h"

typedef struct wit_server wit_server;

/* The identity and the database stay the caller's, and outlive the server.
 * Errors as of net_server_start(). */
TACET_MUST_CHECK tacet_err wit_server_start(const net_server_config *config,
                                            const wit_identity *identity,
                                            sto_db *db, wit_server **out);
uint16_t wit_server_port(const wit_server *s);
/* Lets what is under way finish, for at most ms. */
void wit_server_stop(wit_server *s, uint32_t ms);
/* After sto_close() of the database. */
void wit_server_free(wit_server *s);

#endif
