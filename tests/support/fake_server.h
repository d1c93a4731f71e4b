/* SPDX-License-Identifier: Apache-2.0
 * tests/support/fake_server.h -- a server in memory behind the transport of the
 * client, and a clock that only tests move.
 *
 * It checks what the real one checks, as far as a client can notice, and can do
 * what a real one must not: lose answers, drop and repeat items, hand out other
 * people's keys. Waiting takes no time: it moves the clock.
 */
#ifndef TACET_TESTS_FAKE_SERVER_H
#define TACET_TESTS_FAKE_SERVER_H

#include "client/env.h"
#include "client/transport.h"
#include "tacet/wire.h"
#include "tests/support/fake_log.h"

#define FAKE_DOMAIN "example.org"
#define FAKE_START ((uint64_t)1700000000000) /* ms, when a world begins */

typedef struct fake_bytes {
  uint8_t *p;
  size_t len;
} fake_bytes;

typedef struct fake_package {
  uint8_t device[16];
  bool last_resort;
  fake_bytes bytes;
} fake_package;

typedef struct fake_account {
  char handle[300];
  uint8_t id[32];
  fake_bytes *manifests;
  size_t n_manifests;
  tacet_manifest last;
  bool erased;
  bool lost; /* its handle is another account's: a reset, or its veto */
  fake_package *packages;
  size_t n_packages;
  size_t n_claims;
} fake_account;

typedef struct fake_item {
  uint64_t seq;
  uint8_t enc[32];
  uint32_t number;
  fake_bytes sealed;
} fake_item;

typedef struct fake_mailbox {
  uint8_t id[16], read_hash[32], capability_hash[32], old_hash[32],
      sealing_key[32];
  bool gone, full, has_old, paid;
  uint64_t next_seq, acknowledged;
  fake_item *items;
  size_t n_items;
} fake_mailbox;

typedef struct fake_slot {
  uint8_t name[32];
  fake_bytes body;
  bool expired;
} fake_slot;

typedef struct fake_blob {
  uint8_t id[32];
  fake_bytes data;
  uint64_t received;
} fake_blob;

typedef struct fake_server {
  uint64_t now; /* ms; also the clients' clocks */
  fake_log *log;
  tacet_voprf_key issuer[2];
  uint8_t (*spent)[32];
  size_t n_spent;
  uint8_t (*nonces)[16];
  size_t n_nonces;
  fake_account *accounts;
  size_t n_accounts;
  fake_mailbox **mailboxes;
  size_t n_mailboxes;
  fake_slot *slots;
  size_t n_slots;
  fake_blob *blobs;
  size_t n_blobs;

  /* What a test looks at. */
  size_t n_requests, n_sends, n_stored, n_tokens_spent, n_lookups, n_seen,
      n_heads, n_weeks;
  size_t n_blob_bytes; /* given out */

  /* What a test turns on. */
  bool down;           /* nobody can reach it */
  size_t lose_at;      /* the n-th request from now is lost (1: the next) ... */
  bool lose_answer;    /* ... after it was carried out */
  size_t drop_items;   /* so many items are answered `stored` and dropped */
  size_t repeat_items; /* so many items are stored twice */
  bool last_mailbox_first; /* items of the mailbox that was asked for last */
  bool last_resort_only;   /* claims give the last-resort package */
  bool no_delivery_tokens; /* the day's are used up */
  /* The next claim is answered with the package of this account ... */
  const fake_account *impostor;
  /* ... and look-ups of a handle with the chain of this one. */
  const fake_account *impostor_chain;
  bool no_veto;              /* an account that lost its handle is unknown */
  bool swallows_veto;        /* it says "done", and nothing is */
  bool no_trust;             /* invites name no log */
  bool no_proofs;            /* look-ups are answered without */
  bool no_lookups;           /* too many from this address */
  bool no_log;               /* nobody is told of its head */
  bool issuer_for_you;       /* a token key that the log does not have */
  uint32_t issuer_day;       /* not 0: of a week that begins on this day */
  bool no_weeks, other_week; /* no proof of token keys, or another week\'s */
  /* Who asks for the log's head from this size on is told that there is none,
   * or that there are too many, or half of it, or the head of this log. */
  uint64_t evade_from;
  enum { FAKE_NONE, FAKE_RATE, FAKE_HALF, FAKE_OTHER, FAKE_GROW } evasion;
  fake_log *other_log;
  size_t flip_proof;       /* in the next proofs this bit, from 1, is flipped */
  const char *proofs_of;   /* look-ups come with the proof of this handle */
  uint32_t leave_out;      /* as if everybody had named so much as seen */
  const char *certificate; /* not NULL: fails as if it had changed */
  /* Called when the server begins and ends to work: what is tried on the client
   * is not tried on it. */
  void (*at_work)(bool begins);
  /* Called while a client waits without a link, with its time going on; what it
   * does is done by others. Not called from within itself. */
  void (*meanwhile)(void *user);
  void *meanwhile_user;
  bool in_meanwhile;
} fake_server;

fake_server *fake_server_new(void);
void fake_server_free(fake_server *s);
/* For client_env.transport and .now, .monotonic with the server as user. */
client_transport_maker fake_server_maker(fake_server *s);
uint64_t fake_server_now(void *server);
/* An invite link, for any number of uses. */
void fake_server_invite(const fake_server *s, char out[TACET_INVITE_LINK_MAX]);
/* One with which an account takes a handle that is taken. */
void fake_server_reset_link(const fake_server *s,
                            char out[TACET_INVITE_LINK_MAX]);
/* The account that has the handle. */
fake_account *fake_server_account(fake_server *s, const char *handle);
/* Items that wait, over all mailboxes. */
size_t fake_server_waiting(const fake_server *s);
/* True if the bytes stand anywhere in what the server holds. */
bool fake_server_holds(const fake_server *s, tacet_span needle);

/* The next manifest of an account, on the server and in its log. */
void fake_manifest_add(fake_server *s, fake_account *a, tacet_span bytes,
                       const tacet_manifest *m);

/* ---- private to the sources ---- */

fake_bytes fake_copy(tacet_span in);
/* Grows an array by one zeroed element and gives it. */
void *fake_grow(void *list, size_t *n, size_t size);
typedef struct fake_reply {
  unsigned status;
  tacet_wire_error code;
  fake_bytes body; /* application/tacet; freed by the transport */
  bool raw;        /* the body goes with an error status */
} fake_reply;
void fake_problem(fake_reply *r, tacet_wire_error code);
void fake_answer(fake_reply *r, unsigned status, tacet_buf *w);
tacet_wire_error fake_spend(fake_server *s, tacet_token_kind kind,
                            tacet_span token);
void fake_directory(fake_server *s, const client_call *call, fake_reply *out);
void fake_delivery(fake_server *s, const client_call *call, fake_reply *out);
fake_mailbox *fake_mailbox_find(fake_server *s, const uint8_t id[16]);
const char *fake_header(const client_call *call, const char *name);
void fake_delivery_free(fake_server *s);
bool fake_delivery_holds(const fake_server *s, tacet_span needle);

typedef struct fake_subscription {
  fake_mailbox *m;
  uint64_t pushed;
} fake_subscription;
typedef struct fake_link {
  bool open, caught_up_due;
  fake_subscription *subs;
  size_t n_subs;
  fake_bytes *queue; /* frames that go before items */
  size_t n_queue;
} fake_link;
void fake_link_open(fake_server *s, fake_link *l);
void fake_link_close(fake_link *l);
void fake_link_send(fake_server *s, fake_link *l, tacet_span frame);
/* False: nothing to give out now. */
bool fake_link_next(fake_server *s, fake_link *l, fake_bytes *out);

#endif
