/* SPDX-License-Identifier: Apache-2.0
 * client/letters.h -- first letters: being invited into a group.
 */
#ifndef TACET_CLIENT_LETTERS_H
#define TACET_CLIENT_LETTERS_H

#include "client/session.h"
#include "tacet/content/envelope.h"

/* A letter that was opened. */
typedef struct client_letter {
  bool opened;
  client_mem mem; /* holds fetched parts */
  tacet_bytes plain;
  tacet_letter body;
  bool absent; /* manifests and tree are to be fetched yet */
  tacet_span manifests, tree;
  tacet_err useless; /* not OK: why it leads nowhere; dropped with a warning */
} client_letter;
#define CLIENT_LETTER(name)                                                    \
  TACET_CLEANUP(client_letter_close) client_letter name = {.opened = false}
void client_letter_close(client_letter *l);

/* Opens an item as a letter to this mailbox. Fine, with opened false, if it is
 * none. Asks nobody. */
TACET_MUST_CHECK tacet_err client_letter_open(client *c,
                                              const client_mailbox *m,
                                              tacet_span item,
                                              client_letter *out);
/* Fetches what is absent: at most TACET_LETTER_PARTS_MAX bytes, whose digest
 * the letter holds. REFUSED "expired" where the server does not have them, KEYS
 * "attachment-damaged" where they are others. Not within a transaction. */
TACET_MUST_CHECK tacet_err client_letter_fetch(client *c, client_letter *l);
bool client_is_letter(const client_mailbox *m, tacet_span item);
/* Joins, with nothing absent: checks every member against the manifests, and
 * makes it a conversation,
 * what one goes on in (client/successor.h), or a request; or takes note of a
 * call for help (client/returning.h). One that does not check out is dropped
 * with a warning; one into a group that this device is in, of an epoch that is
 * past, without. GROUP_ID: this device is in that very group, as far as it
 * knows, or in another of that conversation; the letter has to wait until it
 * has looked. `last`: it has waited before, and GROUP_ID is given only for
 * groups that were not looked at since. Within a transaction. */
TACET_MUST_CHECK tacet_err client_letter_take(client *c,
                                              const client_mailbox *m,
                                              const client_letter *l,
                                              bool last);
/* Its parts did not come, and are not waited for any longer: refused. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_letter_give_up(client *c,
                                                 const client_mailbox *m);

#endif
