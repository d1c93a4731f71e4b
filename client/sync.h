/* SPDX-License-Identifier: Apache-2.0
 * client/sync.h -- the engine: rounds of everything that can be done now, by
 * the process that holds the lock, until what somebody waits for has happened.
 */
#ifndef TACET_CLIENT_SYNC_H
#define TACET_CLIENT_SYNC_H

#include "client/core.h"

/* Has it happened? Asked between rounds, outside of transactions. */
typedef tacet_err (*client_until_fn)(client *c, void *what, bool *yes);

typedef struct client_work {
  client_until_fn until;
  void *what;
  uint64_t timeout_ms; /* CLIENT_FOREVER */
  bool link;           /* listen too, not only send */
  bool once;           /* end when there is nothing more to do now */
  bool stay;           /* keep trying where the server cannot be reached */
  int fd;              /* ends when this is readable; -1: none */
} client_work;

typedef enum client_end {
  CLIENT_END_DONE, /* it has happened */
  CLIENT_END_TIME, /* the time is over, or there is nothing more to do */
  CLIENT_END_FD
} client_end;

/* Works, or waits for the process that does. CLOSED, with the detail: the
 * server cannot be reached (unless `stay`). */
TACET_MUST_CHECK tacet_err client_work_until(client *c, const client_work *w,
                                             client_end *end);
/* Tells the syncing process that there is something new to do. */
void client_ring(client *c);
/* Lets go of the lock, unless the link is open. */
void client_rest(client *c);

#endif
