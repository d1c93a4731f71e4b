/* SPDX-License-Identifier: Apache-2.0
 * TLS contexts, and the BIO that connections share: with one BIO a thread a
 * connection costs 300 bytes less, and there is no socket BIO to keep in step
 * with the descriptor. */
#include "net/tls_internal.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/* ---- the BIO ---- */

static int bio_write(BIO *b, const char *p, int n) {
  ssize_t r = send((int)(intptr_t)BIO_get_data(b), p, (size_t)n, MSG_NOSIGNAL);
  BIO_clear_retry_flags(b);
  if (r < 0 && (errno == EAGAIN || errno == EINTR)) {
    BIO_set_retry_write(b);
  }
  return (int)r;
}

static int bio_read(BIO *b, char *p, int n) {
  ssize_t r = recv((int)(intptr_t)BIO_get_data(b), p, (size_t)n, 0);
  BIO_clear_retry_flags(b);
  if (r < 0 && (errno == EAGAIN || errno == EINTR)) {
    BIO_set_retry_read(b);
  }
  return (int)r;
}

static long bio_ctrl(BIO *b, int cmd, long n, void *p) {
  (void)b;
  (void)n;
  (void)p;
  return cmd == BIO_CTRL_FLUSH ? 1 : 0;
}

static int bio_create(BIO *b) {
  BIO_set_init(b, 1);
  return 1;
}

static int bio_destroy(BIO *b) {
  (void)b;
  return 1;
}

/* Made before main(), so that threads need no lock; constant from then on. */
static BIO_METHOD *method;

static __attribute__((constructor)) void make_method(void) {
  method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tacet");
  if (method != NULL) {
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_ctrl(method, bio_ctrl);
    BIO_meth_set_create(method, bio_create);
    BIO_meth_set_destroy(method, bio_destroy);
  }
}

static __attribute__((destructor)) void free_method(void) {
  BIO_meth_free(method);
  method = NULL;
}

BIO *net_tls_bio_new(void) {
  return method == NULL ? NULL : BIO_new(method);
}

void net_tls_bio_set(BIO *bio, int fd) {
  BIO_set_data(bio, (void *)(intptr_t)fd);
}

/* ---- contexts ---- */

static net_tls *new_context(const SSL_METHOD *m) {
  net_tls *t = tacet_alloc(sizeof(*t));
  SSL_CTX *c = t == NULL ? NULL : SSL_CTX_new(m);
  if (c == NULL || SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1) {
    SSL_CTX_free(c);
    tacet_free(t);
    return NULL;
  }
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                             SSL_OP_IGNORE_UNEXPECTED_EOF);
  t->ctx = c;
  return t;
}

tacet_err net_tls_server(const char *cert_path, const char *key_path,
                         net_tls **out) {
  if (access(cert_path, R_OK) != 0 || access(key_path, R_OK) != 0) {
    return TACET_ERR_IO;
  }
  net_tls *t = new_context(TLS_server_method());
  if (t == NULL) {
    return TACET_ERR_NOMEM;
  }
  /* No tickets: they would keep a key that opens recorded handshakes, and a
   * session cache keeps 1 KB a connection. */
  SSL_CTX_set_num_tickets(t->ctx, 0);
  /* One recv() takes the heads and bodies of all records that are there. */
  SSL_CTX_set_read_ahead(t->ctx, 1);
  SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate_chain_file(t->ctx, cert_path) != 1 ||
      SSL_CTX_use_PrivateKey_file(t->ctx, key_path, SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(t->ctx) != 1) {
    net_tls_free(t);
    return TACET_ERR_ARGUMENT;
  }
  *out = t;
  return TACET_OK;
}

tacet_err net_tls_client(const uint8_t *pin, net_tls **out) {
  net_tls *t = new_context(TLS_client_method());
  if (t == NULL) {
    return TACET_ERR_NOMEM;
  }
  SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
  if (pin != NULL) {
    /* The key is compared after the handshake, which proved its possession. */
    t->has_pin = true;
    memcpy(t->pin, pin, NET_PIN_LEN);
    SSL_CTX_set_verify(t->ctx, SSL_VERIFY_NONE, NULL);
  } else {
    SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_set_default_verify_paths(t->ctx) != 1) {
      net_tls_free(t);
      return TACET_ERR_IO;
    }
  }
  *out = t;
  return TACET_OK;
}

tacet_err net_tls_client_any(net_tls **out) {
  net_tls *t = new_context(TLS_client_method());
  if (t == NULL) {
    return TACET_ERR_NOMEM;
  }
  SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(t->ctx, SSL_VERIFY_NONE, NULL);
  *out = t;
  return TACET_OK;
}

void net_tls_free(net_tls *t) {
  if (t != NULL) {
    SSL_CTX_free(t->ctx);
    tacet_free(t);
  }
}

bool net_tls_pin_of(X509 *cert, uint8_t pin[NET_PIN_LEN]) {
  unsigned char *der = NULL;
  int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
  unsigned n = 0;
  bool ok =
      len > 0 && EVP_Digest(der, (size_t)len, pin, &n, EVP_sha256(), NULL) == 1;
  OPENSSL_free(der);
  return ok;
}
