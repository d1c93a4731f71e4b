/* SPDX-License-Identifier: Apache-2.0
 * From a name to a connection that is who it should be. */
#include "net/client_private.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_internal.h"

static net_result connect_one(net_client *c, const struct addrinfo *a,
                              uint64_t until) {
  int one = 1, error = 0;
  socklen_t len = sizeof(error);
  short got;
  int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return NET_UNREACHABLE;
  }
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  net_result r = NET_OK;
  if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
    dial_wait w = {.until = until, .extra_fd = -1};
    r = errno == EINPROGRESS ? dial_wait_fd(c, fd, POLLOUT, &w, &got)
                             : NET_UNREACHABLE;
    if (r == NET_OK &&
        (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ||
         error != 0)) {
      r = NET_UNREACHABLE;
    }
  }
  if (r != NET_OK) {
    close(fd);
    return r;
  }
  c->fd = fd;
  return NET_OK;
}

/* Each address gets an equal share of the time that is left, so that one which
 * swallows packets (IPv6 that leads nowhere) does not take it all. */
static net_result connect_tcp(net_client *c, uint64_t until) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *list;
  uint64_t n = 0;
  if (getaddrinfo(c->host, c->port, &hints, &list) != 0) {
    return NET_UNREACHABLE;
  }
  for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
    n++;
  }
  net_result r = NET_UNREACHABLE;
  for (const struct addrinfo *a = list; a != NULL; a = a->ai_next, n--) {
    uint64_t now = dial_now();
    uint64_t left = until <= now ? 0 : until - now;
    r = connect_one(c, a, now + left / n);
    if (r != NET_UNREACHABLE && r != NET_TIMEOUT) {
      break;
    }
  }
  freeaddrinfo(list);
  return r;
}

static net_result check_pin(net_client *c) {
  uint8_t pin[NET_PIN_LEN];
  X509 *cert = SSL_get1_peer_certificate(c->ssl);
  bool same = cert != NULL && net_tls_pin_of(cert, pin) &&
              memcmp(pin, c->tls->pin, NET_PIN_LEN) == 0;
  X509_free(cert);
  return same ? NET_OK : NET_PIN;
}

static bool prepare_tls(net_client *c) {
  c->ssl = SSL_new(c->tls->ctx);
  BIO *bio = c->ssl == NULL ? NULL : net_tls_bio_new();
  if (bio == NULL) {
    return false;
  }
  net_tls_bio_set(bio, c->fd);
  SSL_set_bio(c->ssl, bio, bio);
  SSL_set_connect_state(c->ssl);
  X509_VERIFY_PARAM *param = SSL_get0_param(c->ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, c->host) == 1) {
    return true;
  }
  return SSL_set1_host(c->ssl, c->host) == 1 &&
         SSL_set_tlsext_host_name(c->ssl, c->host) == 1;
}

static net_result start_tls(net_client *c, uint64_t until) {
  if (!prepare_tls(c)) {
    return NET_NO_MEMORY;
  }
  dial_wait w = {.until = until, .extra_fd = -1};
  for (;;) {
    ERR_clear_error();
    int r = SSL_connect(c->ssl);
    if (r == 1) {
      return c->tls->has_pin ? check_pin(c) : NET_OK;
    }
    net_result e = dial_wait_ssl(c, r, &w);
    if (e != NET_OK) {
      return e;
    }
  }
}

net_result dial_connect(net_client *c, uint32_t timeout_ms) {
  uint64_t until = dial_until(c, timeout_ms);
  net_client_close(c);
  net_result r = connect_tcp(c, until);
  if (r == NET_OK && c->tls != NULL) {
    r = start_tls(c, until);
  }
  if (r != NET_OK) {
    net_client_close(c);
  }
  return r;
}
