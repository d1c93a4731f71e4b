/* SPDX-License-Identifier: Apache-2.0
 * desk/web/session.h -- who may see the desk's page.
 *
 * An officer signs in with a passkey (desk/web/passkey.h) or with a ticket:
 * `tacet-desk sign-in --key FILE` prints one, signed with the officer's key for
 * this desk alone; pasted into the page within five minutes it opens one
 * session, once: the log has which were used, before a session opens. A session
 * is a random cookie, known here by its hash, in memory alone: it ends after
 * half an hour without a request, after eight hours, with the program, and when
 * the officer is removed.
 *
 *   ticket = base64url of struct {
 *     uint8  version = 1;
 *     opaque name<V>;         the officer's
 *     uint64 expires;         seconds since 1970
 *     opaque nonce[16];
 *     opaque signature[];     to the end: label "DeskSignIn" over the desk's
 *   }                         public key and all that stands before
 */
#ifndef TACET_DESK_WEB_SESSION_H
#define TACET_DESK_WEB_SESSION_H

#include "desk/store/store.h"

#define WEB_TICKET_S 300
#define WEB_IDLE_S 1800
#define WEB_SESSION_S (8 * 3600)
#define WEB_SESSIONS_MAX 64
#define WEB_COOKIE_TEXT 44 /* 32 bytes as base64url, and a NUL */

/* Writes a ticket and its NUL; `key` is the officer's. LIMIT, NOMEM. */
TACET_MUST_CHECK tacet_err web_ticket_write(const desk_officer *officer,
                                            const desk_key *key,
                                            const uint8_t desk[DESK_KEY_LEN],
                                            int64_t now, desk_trouble *why,
                                            tacet_bytes *out);

typedef struct web_sessions web_sessions;
TACET_MUST_CHECK tacet_err web_sessions_new(web_sessions **out);
void web_sessions_free(web_sessions *w); /* NULL is fine */

/* Opens a session for an officer who has shown who he is, with an event
 * "signed-in". LIMIT and a sentence if too many are signed in; nobody is put
 * out. What appending gives. */
TACET_MUST_CHECK tacet_err web_session_open(web_sessions *w, desk_store *s,
                                            const desk_officer *officer,
                                            desk_trouble *why,
                                            char cookie[WEB_COOKIE_TEXT]);
/* Opens a session with a ticket. AUTH and a sentence if it is none of this
 * desk's, too old, used or its officer is none; LIMIT as above. */
TACET_MUST_CHECK tacet_err web_sign_in(web_sessions *w, desk_store *s,
                                       tacet_span ticket, desk_trouble *why,
                                       char cookie[WEB_COOKIE_TEXT]);
/* Whose session it is. False: nobody's. */
bool web_session_of(web_sessions *w, desk_store *s, tacet_span cookie,
                    desk_officer *out);
void web_sign_out(web_sessions *w, tacet_span cookie);

#endif
