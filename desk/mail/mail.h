/* SPDX-License-Identifier: Apache-2.0
 * desk/mail/mail.h -- a mail and who signed it: S/MIME (RFC 8551), checked by
 * OpenSSL's CMS (docs/adr/0106-signed-mails.md).
 */
#ifndef TACET_DESK_MAIL_H
#define TACET_DESK_MAIL_H

#include "desk/mail/mime.h"

#define DESK_MAIL_MAX ((size_t)64 << 20)

typedef enum desk_mail_signature {
  DESK_MAIL_UNSIGNED,
  DESK_MAIL_UNKNOWN, /* intact, by a certificate that nobody here vouches for */
  DESK_MAIL_VALID,   /* intact, by the sender, under an authority of `roots` */
  DESK_MAIL_INVALID  /* altered, or signed by another than the sender */
} desk_mail_signature;

typedef struct desk_mail {
  desk_mail_signature signature;
  char from[256]; /* the address of the sender, lower case, or "" */
  desk_mime mime; /* of what was signed, where something was */
} desk_mail;

/* Reads a mail. `roots`: a file of certificates (PEM) whose authorities are
 * believed, or NULL: then no signature is VALID. What stands outside of what
 * was signed is not among the parts. ENCODING, LIMIT, IO and a sentence. Free
 * with desk_mail_free(). */
TACET_MUST_CHECK tacet_err desk_mail_read(tacet_span mail, const char *roots,
                                          desk_trouble *why, desk_mail *out);
void desk_mail_free(desk_mail *m);

#endif
