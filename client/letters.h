/* SPDX-License-Identifier: Apache-2.0
 * client/letters.h -- first letters: being invited into a group.
 */
#ifndef TACET_CLIENT_LETTERS_H
#define TACET_CLIENT_LETTERS_H

#include "client/session.h"
#include "tacet/content/envelope.h"

/* A letter that was opened, with its tree at hand. */
typedef struct client_letter {
  bool opened;
  client_mem mem; /* holds a fetched tree */
  tacet_bytes plain;
  tacet_letter body;
  tacet_span tree;
  bool useless; /* its tree is gone or damaged: dropped with a warning */
} client_letter;
#define CLIENT_LETTER(name)                                                    \
  TACET_CLEANUP(client_letter_close) client_letter name = {.opened = false}
void client_letter_close(client_letter *l);

/* Opens an item as a letter to this mailbox, and fetches its tree if it comes
 * as a blob. Fine, with opened false, if it is none. */
TACET_MUST_CHECK tacet_err client_letter_open(client *c,
                                              const client_mailbox *m,
                                              tacet_span item,
                                              client_letter *out);
bool client_is_letter(const client_mailbox *m, tacet_span item);
/* Joins: checks every member against the manifests, and makes it a conversation
 * or a request. One that does not check out is dropped with a warning.
 * GROUP_ID: this device is in that very group, as far as it knows; the letter
 * has to wait then. Within a transaction. */
TACET_MUST_CHECK tacet_err client_letter_take(client *c,
                                              const client_mailbox *m,
                                              const client_letter *l);
/* It was waiting, and this device is still in that very group: nobody removed
 * it, so the letter is refused. Within a transaction. */
TACET_MUST_CHECK tacet_err client_letter_refuse(client *c,
                                                const client_mailbox *m);

#endif
