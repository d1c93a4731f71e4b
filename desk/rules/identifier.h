/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/identifier.h -- what a demand calls an account, as the server
 * calls it, or why it is none of this server's. Nothing is guessed: a letter
 * that looks like another is refused, not turned into it.
 */
#ifndef TACET_DESK_RULES_IDENTIFIER_H
#define TACET_DESK_RULES_IDENTIFIER_H

#include "desk/model.h"

#define DESK_HANDLE_MAX 32
#define DESK_ACCOUNT_ID_BYTES 32

typedef enum desk_identifier_kind {
  DESK_IDENTIFIER_HANDLE,  /* of this server; normalised is the handle */
  DESK_IDENTIFIER_ACCOUNT, /* normalised: 64 lower-case hexadecimal digits */
  DESK_IDENTIFIER_FOREIGN, /* well formed, at another domain */
  DESK_IDENTIFIER_PHONE,
  DESK_IDENTIFIER_ADDRESS, /* an IP address */
  DESK_IDENTIFIER_LETTERS, /* has what is not ASCII; `point` is the first */
  DESK_IDENTIFIER_BAD      /* nothing of these */
} desk_identifier_kind;

typedef struct desk_identifier {
  desk_identifier_kind kind;
  char normalised[2 * DESK_ACCOUNT_ID_BYTES + 1]; /* "" of the others */
  uint32_t point;
} desk_identifier;

/* domain: of this server's handles, lower case; "" if it is not known, and then
 * every domain is foreign. White space around, one "@" before a handle and
 * upper case are taken; nothing else is. What could be a handle and is more
 * likely another thing (seven digits, four numbers with dots) is a handle only
 * with the domain: the wrong account is worse than a question. */
void desk_identifier_read(const char *text, const char *domain,
                          desk_identifier *out);

/* The sentence of a letter about one that is not ours; "" for those that
 * are. */
void desk_identifier_say(const desk_identifier *id, char out[320]);

#endif
