/* SPDX-License-Identifier: Apache-2.0
 * desk/mail/mime.h -- the parts of a mail: RFC 5322 headers and RFC 2045 to
 * 2047 bodies, as far as a demand that came as an attachment needs it.
 *
 * Lines end with CRLF or LF. Names of files are what the sender wrote; they are
 * compared, shown after desk_plain(), and never opened.
 */
#ifndef TACET_DESK_MIME_H
#define TACET_DESK_MIME_H

#include "desk/model.h"

#define DESK_MIME_PARTS_MAX 100
#define DESK_MIME_DEPTH_MAX 8

typedef struct desk_mime_part {
  char type[64];  /* "application/json", lower case */
  char name[256]; /* of the file, or "" */
  tacet_bytes bytes;
} desk_mime_part;

typedef struct desk_mime {
  desk_mime_part *parts; /* leaves alone, in their order */
  size_t n;
} desk_mime;

/* Reads an entity: headers, an empty line, a body. ENCODING or LIMIT and a
 * sentence. Free with desk_mime_free(). */
TACET_MUST_CHECK tacet_err desk_mime_read(tacet_span entity, desk_trouble *why,
                                          desk_mime *out);
void desk_mime_free(desk_mime *m);

/* The value of a header, unfolded, cut to fit; "" if it is not there. Of two
 * with one name *twice is set: which of them counts nobody can tell. */
void desk_mime_header(tacet_span entity, const char *name, char *out,
                      size_t cap, bool *twice);
/* The one address of a header like "A. Example <a@example.org>", lower case.
 * False where there is none, or more than one. */
bool desk_mime_address(const char *header, char *out, size_t cap);

#endif
