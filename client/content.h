/* SPDX-License-Identifier: Apache-2.0
 * client/content.h -- what is inside a message: composed here, and taken apart
 * when it comes.
 */
#ifndef TACET_CLIENT_CONTENT_H
#define TACET_CLIENT_CONTENT_H

#include "client/session.h"
#include "tacet/content.h"

/* Texts above this go as a file: an item holds 64 KiB. */
#define CLIENT_TEXT_INLINE (40 * 1024)

/* Takes one that was decrypted: stores it, tells it, or carries out what it
 * says. Within a transaction, whose caller saves the session. */
TACET_MUST_CHECK tacet_err client_content_take(client *c, client_session *s,
                                               const tacet_mls_event *event,
                                               tacet_span content);

/* Writes a message of this device into its conversation and among what waits to
 * be sent; gives its id. Within a transaction. */
typedef struct client_draft {
  tacet_span text;
  const tacet_content_file *files; /* encrypted already */
  const char *const *paths;        /* their copies in the home */
  size_t n_files;
  tacet_span reply_to;
  uint32_t expires_s;
} client_draft;
TACET_MUST_CHECK tacet_err client_content_post(client *c, const uint8_t *talk,
                                               const client_draft *d,
                                               uint8_t id[CLIENT_ID_LEN]);
/* Encrypts a control message into the group. Within a transaction. */
TACET_MUST_CHECK tacet_err client_control_send(client *c, client_session *s,
                                               const tacet_control *control,
                                               tacet_span aad);
/* Holes that stayed open for a minute become warnings. */
TACET_MUST_CHECK tacet_err client_gaps_sweep(client *c, uint64_t *next);
/* A long text came as a file: fetches it and shows the message. */
TACET_MUST_CHECK tacet_err client_text_fetch(client *c, tacet_span message);

#endif
