/* SPDX-License-Identifier: Apache-2.0
 * What server.c and client.c see of a TLS context. */
#ifndef TACET_NET_TLS_INTERNAL_H
#define TACET_NET_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "net/tls.h"

struct net_tls {
  SSL_CTX *ctx;
  bool has_pin;
  uint8_t pin[NET_PIN_LEN];
};

/* A BIO over a plain descriptor, without buffers or callbacks of its own. With
 * `shared` one such BIO serves all connections of a thread: set the descriptor
 * before each call into SSL with net_tls_bio_set(). NULL: no memory. */
BIO *net_tls_bio_new(void);
void net_tls_bio_set(BIO *bio, int fd);

/* SHA-256 of the SubjectPublicKeyInfo. */
bool net_tls_pin_of(X509 *cert, uint8_t pin[NET_PIN_LEN]);

#endif
