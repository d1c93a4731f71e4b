/* SPDX-License-Identifier: Apache-2.0
 * audit/fetch.h -- files of a log over HTTP.
 */
#ifndef AUDIT_FETCH_H
#define AUDIT_FETCH_H

#include "net/client.h"

typedef struct aud_fetch {
  net_client *client;
  net_tls *tls;
  bool pinned;
  char path[512]; /* of the log's address, without its last slash */
} aud_fetch;

/* https://HOST[:PORT][/PATH]; http:// for this machine alone. pin: of the
 * certificate's key, in hexadecimal, or NULL. False, and a sentence. */
bool aud_fetch_start(const char *url, const char *pin, aud_fetch *out);
void aud_fetch_end(aud_fetch *f);
/* ADDRESS/name, of at most `max` bytes. NOT_FOUND; IO, and a sentence. */
TACET_MUST_CHECK tacet_err aud_fetch_file(aud_fetch *f, const char *name,
                                          size_t max, tacet_bytes *out);

#endif
