/* SPDX-License-Identifier: Apache-2.0
 * client/link.h -- the connection that items come in on: which mailboxes it
 * reads, what is acknowledged when.
 */
#ifndef TACET_CLIENT_LINK_H
#define TACET_CLIENT_LINK_H

#include "client/call.h"

/* Opens it, unless it is, and reads every mailbox there is to read. */
TACET_MUST_CHECK tacet_err client_link_open(client *c);
void client_link_close(client *c);
/* Reads mailboxes that came in use since it was opened. */
TACET_MUST_CHECK tacet_err client_link_refresh(client *c);
/* Takes one frame, waiting for it as *sleep says; items are processed, stored
 * and acknowledged. NOT_FOUND: nothing came. */
TACET_MUST_CHECK tacet_err client_link_pump(client *c, client_sleep *sleep);
/* Opens it and pumps until all that waited was taken. */
TACET_MUST_CHECK tacet_err client_link_drain(client *c);
/* The failure that says that a copy of this home is about: KEYS. */
tacet_err client_copy_found(client *c);

#endif
