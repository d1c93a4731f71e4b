/* SPDX-License-Identifier: Apache-2.0
 * desk/web/serve.h -- the desk's page over HTTP, on this machine alone.
 *
 *   GET  /                to /cases, or the form for a ticket
 *   GET  /style.css /script.js
 *   GET  /cases /cases/ID /log /officers /reports /passkeys
 *   POST /sign-in         ticket=...
 *   POST /sign-in-passkey credential, client, data, signature: base64url
 *   POST /sign-out
 *
 * It listens on a loopback address or a UNIX socket. What other pages in the
 * same browser could try is refused: a Host that is not this address (a name
 * that was bound to 127.0.0.1), a POST that another origin sent, frames.
 *
 * One loop with one connection to the database, in whose callbacks the pages
 * are made: a handful of officers may wait for each other.
 */
#ifndef TACET_DESK_WEB_SERVE_H
#define TACET_DESK_WEB_SERVE_H

#include "desk/store/store.h"

typedef struct web_server web_server;

/* listen: "127.0.0.1:8480", "[::1]:8480", "localhost:8480", "unix:/PATH"; port
 * 0 is any. ARGUMENT for another address, EXISTS if it is taken, IO; with a
 * sentence. `s` is the server's alone until it is freed. */
TACET_MUST_CHECK tacet_err web_server_start(desk_store *s, const char *listen,
                                            desk_trouble *why,
                                            web_server **out);
/* "http://127.0.0.1:8480/" or "unix:/PATH". */
const char *web_server_where(const web_server *w);
/* Answers what is being answered, and ends. NULL is fine. */
void web_server_free(web_server *w);

#endif
