/* SPDX-License-Identifier: Apache-2.0
 * client/watch.h -- watching the directory: that its key log goes on, that it
 * shows others what this account is, and that those who were met are still who
 * they were.
 *
 * Whoever starts to sync looks at the head of the log first, before anything is
 * sent: it is less than the handshake of TLS, and a server that was set back is
 * noticed at once. The own handle is looked up at least daily, on a connection
 * that names nobody, so that the answer is what everybody gets. Others are
 * looked up one by one at times that nobody can tell, each at least monthly.
 */
#ifndef TACET_CLIENT_WATCH_H
#define TACET_CLIENT_WATCH_H

#include "client/people.h"

/* At the beginning of a round. KEYS where the log does not check out: then
 * nothing may be sent. That it cannot be looked at is no failure. */
TACET_MUST_CHECK tacet_err client_watch_run(client *c);
/* Somebody has new keys: they are looked up soon. Within a transaction. */
TACET_MUST_CHECK tacet_err client_watch_soon(client *c, tacet_span account);
/* Picks one whom it is time to look up, if there is one. */
TACET_MUST_CHECK tacet_err client_watch_pick(client *c);
/* The job that does it: is it done? What does not check out is told and
 * remembered, and no failure; an outage is for later. */
TACET_MUST_CHECK tacet_err client_watch_recheck(client *c, client_job *job,
                                                bool *done);
/* Something did not check out about somebody, and the user tries again: so does
 * this, by looking them up. KEYS if it still does not. */
TACET_MUST_CHECK tacet_err client_watch_again(client *c, client_person *p,
                                              client_mem *mem);
/* Were the newest keys that are known of somebody seen in the log? Looks them
 * up if not: before anything is encrypted to them. Fails as the look-up does.
 */
TACET_MUST_CHECK tacet_err client_watch_covered(client *c, client_person *p,
                                                client_mem *mem);

#endif
