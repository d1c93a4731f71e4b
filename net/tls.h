/* SPDX-License-Identifier: Apache-2.0
 * net/tls.h -- TLS 1.3: contexts, pins, the certificate of a new installation.
 */
#ifndef TACET_NET_TLS_H
#define TACET_NET_TLS_H

#include "tacet/base.h"

typedef struct net_tls net_tls; /* a context: shared by connections, threads */

#define NET_PIN_LEN                                                            \
  32 /* SHA-256 of the certificate's public key (SPKI, DER)                    \
      */

/* TLS 1.3 only, no tickets. IO: a file cannot be read; ARGUMENT: it is not a
 * certificate or key, or they do not belong together. */
TACET_MUST_CHECK tacet_err net_tls_server(const char *cert_path,
                                          const char *key_path, net_tls **out);
/* pin: the server must have exactly this key, whoever signed it and whatever
 * name and dates it has; NULL: the system's trust store and the name decide. */
TACET_MUST_CHECK tacet_err net_tls_client(const uint8_t *pin, net_tls **out);
/* Whoever answers: encrypted, and nobody knows to whom. For what needs no
 * protection by TLS. */
TACET_MUST_CHECK tacet_err net_tls_client_any(net_tls **out);
void net_tls_free(net_tls *t); /* NULL is fine */

/* Makes a P-256 key and a certificate of its own for a DNS name or an address,
 * valid from a day before `now` (Unix seconds) for `days`, as PEM files (key
 * mode 0600). EXISTS: one of the files is there. */
TACET_MUST_CHECK tacet_err net_tls_make_certificate(const char *host,
                                                    uint64_t now, unsigned days,
                                                    const char *cert_path,
                                                    const char *key_path);

/* What is in a certificate file. */
typedef struct net_certificate {
  uint8_t pin[NET_PIN_LEN];
  int64_t not_before, not_after; /* Unix seconds */
  bool self_signed;
} net_certificate;
TACET_MUST_CHECK tacet_err net_tls_read_certificate(const char *cert_path,
                                                    net_certificate *out);
/* Is the certificate for this DNS name or address? */
bool net_tls_certificate_names(const char *cert_path, const char *host);

#endif
