/* SPDX-License-Identifier: Apache-2.0
 * tests/e2e/server/load.h -- pairs of senders and receivers that keep account:
 * what was answered `stored`, what arrived, how often.
 */
#ifndef TACET_E2E_LOAD_H
#define TACET_E2E_LOAD_H

#include "tests/e2e/server/peer.h"

#include <pthread.h>
#include <stdatomic.h>

#define LOAD_PAIRS_MAX 8
#define LOAD_ITEMS_MAX 200000 /* of one pair */

typedef struct load load;

typedef struct load_pair {
  load *l;
  peer sender, receiver;
  peer_mailbox box;
  pthread_t threads[2];
  /* By number of the item: answered `stored`; arrived so often. */
  atomic_uchar stored[LOAD_ITEMS_MAX], arrived[LOAD_ITEMS_MAX];
  atomic_uint n; /* items that were begun */
} load_pair;

struct load {
  host *server;
  size_t item_len, n_pairs;
  load_pair *pairs[LOAD_PAIRS_MAX];
  atomic_uint acknowledged; /* items answered `stored`, of all pairs */
  atomic_bool stop_sending, stop;
};

/* Registers one account, makes the mailboxes; the server runs. */
void load_make(load *l, host *server, size_t n_pairs, size_t item_len);
void load_start(load *l);
/* No item is begun any more; those under way are sent to their end. */
void load_stop_sending(load *l);
/* Waits until everything that was stored has arrived (or a minute has passed
 * without any arriving), and ends the receivers. */
void load_finish(load *l);
/* Items that were stored and did not arrive; *doubled: those that did more than
 * once. */
unsigned load_count(const load *l, unsigned *doubled);
void load_free(load *l);

#endif
