/* SPDX-License-Identifier: Apache-2.0
 * client/linking.h -- linking: a new device becomes one of the account's, over
 * the channel of tacet/content/linking.h. Both halves are steps that stand in
 * the store before anything of them leaves, so that a process that is killed at
 * any of them is gone on for by the next.
 *
 *   old device (linking_offer.c,       new device (linking_join.c)
 *                                      shows a code, looks at slot 0
 *   reads the code; slot 0: offer  ->
 *                                  <-  hello, to the offer's mailbox
 *   checks it against the code;
 *   slot 2: body of a manifest     ->
 *                                  <-  possession: its signature over that
 *   signs, publishes the manifest;
 *   slot 4: outcome                ->  reads the chain, publishes key packages
 *                                  <-  ready
 *   adds it to all conversations
 *
 * Until the old device has published nothing has changed, and the new one has
 * nothing that it could use.
 */
#ifndef TACET_CLIENT_LINKING_H
#define TACET_CLIENT_LINKING_H

#include "client/call.h"
#include "client/mailboxes.h"
#include "tacet/content/linking.h"

/* ---- the old device ---- */

typedef enum client_offer_step {
  CLIENT_OFFER_BEGIN = 1,  /* nothing was sent */
  CLIENT_OFFER_OFFER,      /* .sealed goes into slot 0 */
  CLIENT_OFFER_HELLO,      /* waits for it */
  CLIENT_OFFER_PROPOSE,    /* a body is to be made */
  CLIENT_OFFER_PROPOSAL,   /* .sealed goes into slot 2 */
  CLIENT_OFFER_POSSESSION, /* waits for it */
  CLIENT_OFFER_SIGN,       /* the manifest is to be signed */
  CLIENT_OFFER_PUBLISH,    /* .manifest goes to the directory */
  CLIENT_OFFER_OUTCOME,    /* .sealed goes into slot 4 */
  CLIENT_OFFER_READY       /* waits for it; the account has the device */
} client_offer_step;

/* In SELF, "offer": the linking that this device takes part in as the old one.
 */
typedef struct client_offer_record {
  uint8_t secret[TACET_LINKING_SECRET_LEN];
  uint16_t minute;
  uint8_t step; /* client_offer_step */
  uint64_t job; /* its number */
  uint8_t mailbox[CLIENT_MAILBOX_LEN];
  uint8_t device[CLIENT_DEVICE_ID_LEN], device_key[CLIENT_KEY_LEN];
  const char *name;
  tacet_span body, possession, manifest, sealed;
  bool refused; /* the outcome says so */
  bool history; /* what was said before follows (client/history.h) */
} client_offer_record;
void client_offer_fields(client_fields *f, void *record);
TACET_MUST_CHECK tacet_err client_offer_load(client *c, client_mem *mem,
                                             client_offer_record *out);
TACET_MUST_CHECK tacet_err client_offer_save(client *c, client_offer_record *r);
static inline tacet_linking_code
client_offer_code(const client_offer_record *r) {
  tacet_linking_code code = {.minute = r->minute};
  memcpy(code.secret, r->secret, sizeof(code.secret));
  return code;
}

/* Records the wish; a job carries it out. USAGE "bad-code", REFUSED
 * "code-expired", FAILED "clock", "busy". *job: its number. */
TACET_MUST_CHECK tacet_err client_offer_begin(client *c, tacet_span code,
                                              bool history, uint64_t *job);
/* One with whose outcome nothing has been done yet is given up. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_offer_abandon(client *c);
/* The job: everything that can be done now. */
TACET_MUST_CHECK tacet_err client_offer_run(client *c, client_job *job,
                                            uint64_t *next);
/* An item that came to its mailbox. Within a transaction. */
TACET_MUST_CHECK tacet_err client_offer_take(client *c, const client_mailbox *m,
                                             tacet_span item);

/* ---- the new device ---- */

typedef enum client_joining_step {
  CLIENT_JOINING_CODE = 1,   /* waits for an offer */
  CLIENT_JOINING_HELLO,      /* has one; .sealed goes to its mailbox */
  CLIENT_JOINING_PROPOSAL,   /* waits for it */
  CLIENT_JOINING_POSSESSION, /* .sealed goes to the mailbox */
  CLIENT_JOINING_OUTCOME,    /* waits for it */
  CLIENT_JOINING_ADDED       /* it is one of the account's: publish, say so */
} client_joining_step;

/* In SELF, "joining". */
typedef struct client_joining_record {
  uint8_t secret[TACET_LINKING_SECRET_LEN];
  uint16_t minute;
  uint8_t step; /* client_joining_step */
  uint64_t until;
  uint8_t device[CLIENT_DEVICE_ID_LEN], salt[32];
  tacet_secret device_key;
  uint8_t device_public[CLIENT_KEY_LEN];
  const char *name, *url, *handle, *domain;
  bool has_pin;
  uint8_t pin[32], account[CLIENT_ID_LEN], mailbox[CLIENT_MAILBOX_LEN],
      capability[CLIENT_SECRET_LEN];
  uint8_t recovery_public[CLIENT_KEY_LEN];
  tacet_span sealed;
} client_joining_record;
void client_joining_fields(client_fields *f, void *record);

static inline tacet_linking_code
client_joining_code(const client_joining_record *r) {
  tacet_linking_code code = {.minute = r->minute};
  memcpy(code.secret, r->secret, sizeof(code.secret));
  return code;
}

/* The server, for who has no account yet (linking_wire.c). Its address or an
 * invite of it, as somebody typed it: USAGE "bad-server". */
TACET_MUST_CHECK tacet_err client_joining_server(client *c, const char *text,
                                                 client_mem *mem,
                                                 client_joining_record *out);
TACET_MUST_CHECK tacet_err
client_joining_connect(client *c, const client_joining_record *r);
void client_joining_disconnect(client *c);
TACET_MUST_CHECK tacet_err client_joining_sleep(client *c, uint64_t ms);
/* Looks at a slot every second until it is there or the time is over. KEYS
 * "linking-disturbed": something else stands in it. */
TACET_MUST_CHECK tacet_err client_joining_wait(
    client *c, const client_joining_record *r, tacet_linking_step which,
    uint64_t until, tacet_bytes *plain, tacet_span *body, bool *there);
/* r->sealed, to the mailbox of the offer. REFUSED "linking-ended". */
TACET_MUST_CHECK tacet_err client_joining_send(client *c,
                                               const client_joining_record *r);

/* Is this home being linked? */
TACET_MUST_CHECK tacet_err client_is_joining(client *c, bool *out);
/* The whole of it; `show` gets the code as soon as it is there. */
TACET_MUST_CHECK tacet_err client_joining_run(client *c, const char *server,
                                              const char *name,
                                              client_code_fn show, void *user);

#endif
