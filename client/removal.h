/* SPDX-License-Identifier: Apache-2.0
 * client/removal.h -- that this device is none of the account's any more: since
 * when, who did it, and what its owner can do.
 */
#ifndef TACET_CLIENT_REMOVAL_H
#define TACET_CLIENT_REMOVAL_H

#include "client/core.h"
#include "tacet/keytrans/manifest.h"

typedef enum client_removal_kind {
  CLIENT_LISTED = 0, /* it is one of the account's */
  CLIENT_REMOVED,    /* another device took it off */
  CLIENT_RECOVERED,  /* the account was taken up with its words, without it */
  CLIENT_ERASED      /* the account is no more */
} client_removal_kind;

typedef struct client_removal {
  client_removal_kind kind;
  uint8_t by[CLIENT_DEVICE_ID_LEN]; /* REMOVED: which one */
  uint64_t at; /* ms: the begin of the day as of which the key log has it; else
                  when this device heard of it */
} client_removal;

TACET_MUST_CHECK tacet_err client_removal_get(client *c, client_removal *out);
/* Explains one that is not LISTED: REFUSED "device-removed", "recovered" or
 * "account-deleted". */
tacet_err client_removal_fail(client *c, const client_removal *r);
/* A manifest of the account that is kept: if this device was listed until then
 * and is not in it, that is noted with the time. Within a transaction. */
TACET_MUST_CHECK tacet_err client_removal_note(client *c,
                                               const tacet_manifest *before,
                                               const tacet_manifest *m);

#endif
