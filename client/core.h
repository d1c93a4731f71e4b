/* SPDX-License-Identifier: Apache-2.0
 * client/core.h -- the open home as the library's own files see it.
 *
 * client.c opens and closes it; the other files are each one subject and work
 * on this struct. What they keep across calls is in the store; what stands here
 * is only what a process can lose.
 */
#ifndef TACET_CLIENT_CORE_H
#define TACET_CLIENT_CORE_H

#include <signal.h>

#include "client/error.h"
#include "client/lock.h"
#include "client/records.h"
#include "client/transport.h"
#include "tacet/crypto.h"
#include "tacet/mls.h"

#define CLIENT_MINUTE ((uint64_t)60 * 1000)
#define CLIENT_HOUR (60 * CLIENT_MINUTE)
#define CLIENT_DAY (24 * CLIENT_HOUR)

struct client {
  const client_env *env;
  client_store *store;
  client_error detail; /* of the failure under way: client/error.h */
  client_lock lock;
  client_progress_fn progress;
  void *progress_user;
  client_link_fn link_told;
  void *link_user;
  bool away; /* link_told was told so */
  volatile sig_atomic_t interrupted;

  client_mem self_mem; /* holds `self` */
  client_self self;
  bool has_self;

  client_transport *net; /* made when first needed */
  char nonce[64];        /* for the next signed request, or "" */
  client_error problem;  /* why something waits, for whoever asks about it */
  uint64_t next_upkeep;  /* not before */
  uint64_t quiet_until;  /* monotonic: no try to reach the server before ... */
  uint64_t told_until;   /* ... nor before this, which the server asked for */
  unsigned failures;     /* to reach it, in a row */
  bool watched;          /* the head of the key log: client/watch.c */
  bool gossip;           /* something was told that is to be held against it */
  uint64_t watch_at;     /* monotonic: nothing more to be watched before */

  /* The link: client/link.c alone touches these. */
  bool linked;
  bool caught_up;      /* everything that waited was taken */
  client_mem link_mem; /* holds the two lists */
  uint8_t (*subscribed)[CLIENT_MAILBOX_LEN];
  uint8_t (*stalled)[CLIENT_MAILBOX_LEN];
  size_t n_subscribed, n_stalled;
  size_t n_subscribes; /* frames that were not answered yet */
};

/* ---- time, chance, progress ---- */

uint64_t client_now(const client *c);
uint64_t client_monotonic(const client *c);
/* 0 .. below-1; below > 0. */
TACET_MUST_CHECK tacet_err client_chance(client *c, uint64_t below,
                                         uint64_t *out);
void client_tell(client *c, const char *what, const char *name, uint64_t done,
                 uint64_t total);
/* FAILED "interrupted" once client_interrupt() was called. */
TACET_MUST_CHECK tacet_err client_check_interrupt(client *c);

/* ---- records ---- */

/* NOT_FOUND if there is none. */
TACET_MUST_CHECK tacet_err client_get(client *c, client_table t, tacet_span key,
                                      client_fields_fn fn, void *record,
                                      size_t size, client_mem *mem);
TACET_MUST_CHECK tacet_err client_put(client *c, client_table t, tacet_span key,
                                      tacet_span parent, uint64_t order,
                                      client_fields_fn fn, void *record);
/* Parses a row of a list. */
TACET_MUST_CHECK tacet_err client_parse(client *c, const client_row *row,
                                        client_fields_fn fn, void *record,
                                        size_t size, client_mem *mem);
/* "account" anew, as another process may have changed it. */
TACET_MUST_CHECK tacet_err client_self_load(client *c);
TACET_MUST_CHECK tacet_err client_self_save(client *c, client_self *self);
/* "upkeep": zeroes if nothing was recorded yet. */
TACET_MUST_CHECK tacet_err client_upkeep_load(client *c, client_upkeep *out);
TACET_MUST_CHECK tacet_err client_upkeep_save(client *c, client_upkeep *r);

static inline tacet_span client_id_span(const uint8_t id[CLIENT_ID_LEN]) {
  return tacet_span_of(id, CLIENT_ID_LEN);
}

/* ---- the settings of every group ---- */

tacet_mls_config client_mls_config(void);
#define CLIENT_SUITE (&tacet_suite_xwing_chacha) /* and no other */

/* ---- entry points ---- */

/* At the start of a call of client.h: clears the last failure, loads "account",
 * and fails where the account is not there. */
TACET_MUST_CHECK tacet_err client_enter(client *c);
/* The same for who only looks back: a removed device may, too. */
TACET_MUST_CHECK tacet_err client_enter_past(client *c);
/* REFUSED "device-removed" or "account-deleted" once the newest manifest of the
 * account does not list this device. Asks nobody. */
TACET_MUST_CHECK tacet_err client_self_is_listed(client *c);

#endif
