/* SPDX-License-Identifier: Apache-2.0
 * bench/xmpp.h -- logging in to an XMPP server: in-band registration, SASL
 * PLAIN, a resource. The domain is "localhost", the password the name.
 */
#ifndef BENCH_XMPP_H
#define BENCH_XMPP_H

#include <stdbool.h>

typedef struct xmpp_io {
  void *user;
  void (*send)(void *user, const char *text);
  /* Waits until the text has come; takes everything up to now. */
  bool (*wait)(void *user, const char *text);
} xmpp_io;

/* An account that exists already is used. False: the server refused. */
bool xmpp_login(const xmpp_io *io, const char *name);

#endif
