/* SPDX-License-Identifier: Apache-2.0
 * The peers of rig.h. */
#include "tests/unit/net/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/tls_internal.h"
#include "net/ws.h"

static int connect_to_server(void) {
  struct sockaddr_in in = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)atoi(the.port)),
                           .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  struct timeval t = {.tv_sec = 10};
  int fd = socket(the.path != NULL ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
  if (fd < 0) {
    return -1;
  }
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
  int r;
  if (the.path != NULL) {
    snprintf(un.sun_path, sizeof(un.sun_path), "%s", the.path);
    r = connect(fd, (struct sockaddr *)&un, sizeof(un));
  } else {
    r = connect(fd, (struct sockaddr *)&in, sizeof(in));
  }
  if (r != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

peer *peer_try_open_raw(void) {
  peer *p = calloc(1, sizeof(*p));
  p->fd = connect_to_server();
  if (p->fd < 0) {
    free(p);
    return NULL;
  }
  return p;
}

peer *peer_open_raw(void) {
  peer *p = peer_try_open_raw();
  assert_non_null(p);
  return p;
}

bool peer_try_tls(peer *p) {
  p->ssl = SSL_new(the.client_tls->ctx);
  BIO *bio = net_tls_bio_new(); /* that of a socket would raise SIGPIPE */
  net_tls_bio_set(bio, p->fd);
  SSL_set_bio(p->ssl, bio, bio);
  return SSL_connect(p->ssl) == 1;
}

void peer_start_tls(peer *p) {
  assert_true(peer_try_tls(p));
}

peer *peer_try_open(void) {
  peer *p = peer_try_open_raw();
  if (p != NULL && the.tls != NULL && !peer_try_tls(p)) {
    peer_close(p);
    return NULL;
  }
  return p;
}

peer *peer_open(void) {
  peer *p = peer_open_raw();
  if (the.tls != NULL) {
    peer_start_tls(p);
  }
  return p;
}

void peer_close(peer *p) {
  SSL_free(p->ssl);
  close(p->fd);
  free(p);
}

void peer_reset(peer *p) {
  struct linger l = {.l_onoff = 1};
  setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
  peer_close(p);
}

void peer_say_no_more(peer *p) {
  assert_int_equal(shutdown(p->fd, SHUT_WR), 0);
}

bool peer_try_send(peer *p, const void *bytes, size_t n) {
  const uint8_t *at = bytes;
  while (n > 0) {
    ssize_t sent = p->ssl != NULL ? SSL_write(p->ssl, at, (int)n)
                                  : send(p->fd, at, n, MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    at += sent;
    n -= (size_t)sent;
  }
  return true;
}

void peer_send_bytes(peer *p, const void *bytes, size_t n) {
  assert_true(peer_try_send(p, bytes, n));
}

void peer_send(peer *p, const char *text) {
  peer_send_bytes(p, text, strlen(text));
}

int peer_fill(peer *p) {
  size_t room = sizeof(p->in) - p->n;
  ssize_t n;
  if (room == 0) {
    return -1;
  }
  if (p->ssl != NULL) {
    n = SSL_read(p->ssl, p->in + p->n, (int)room);
    if (n <= 0) {
      return SSL_get_error(p->ssl, (int)n) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
    }
  } else {
    n = recv(p->fd, p->in + p->n, room, 0);
  }
  if (n > 0) {
    p->n += (size_t)n;
  }
  return (int)n;
}

bool peer_readable(peer *p, int ms) {
  struct pollfd f = {p->fd, POLLIN, 0};
  return (p->ssl != NULL && SSL_pending(p->ssl) > 0) || poll(&f, 1, ms) == 1;
}

static void take(peer *p, size_t n) {
  memmove(p->in, p->in + n, p->n - n);
  p->n -= n;
}

int peer_try_answer(peer *p, char **body) {
  net_http_head h;
  size_t used;
  for (;;) {
    net_parse r = net_http_response(tacet_span_of(p->in, p->n), &h, &used);
    if (r == NET_PARSE_OK && p->n >= used + (size_t)h.content_length) {
      break;
    }
    if ((r != NET_PARSE_OK && r != NET_PARSE_MORE) || peer_fill(p) <= 0) {
      return 0;
    }
  }
  if (body != NULL) {
    *body = calloc(1, (size_t)h.content_length + 1);
    memcpy(*body, p->in + used, (size_t)h.content_length);
  }
  take(p, used + (size_t)h.content_length);
  return h.status;
}

int peer_answer(peer *p, char **body) {
  int status = peer_try_answer(p, body);
  if (status == 0) {
    fail_msg("no answer came: %d bytes, %s", (int)p->n, strerror(errno));
  }
  return status;
}

void peer_expect_end(peer *p) {
  assert_int_equal(p->n, 0);
  assert_int_equal(peer_fill(p), 0);
}

void peer_expect_any_end(peer *p) {
  while (peer_fill(p) > 0) {
    p->n = 0;
  }
  assert_true(errno != EAGAIN && errno != EWOULDBLOCK);
}

/* ---- WebSocket ---- */

void peer_ws_open(peer *p) {
  peer_send(p, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
               "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  assert_int_equal(peer_answer(p, NULL), 101);
}

bool peer_ws_try_send(peer *p, int opcode, const void *bytes, size_t n) {
  static const uint8_t mask[4] = {1, 2, 3, 4};
  TACET_BUF(w, 1 << 22);
  net_ws_write(&w, opcode, tacet_span_of(bytes, n), mask);
  return w.err == TACET_OK && peer_try_send(p, w.p, w.len);
}

void peer_ws_send(peer *p, int opcode, const void *bytes, size_t n) {
  assert_true(peer_ws_try_send(p, opcode, bytes, n));
}

int peer_ws_read(peer *p, uint8_t *out, size_t cap, size_t *n) {
  for (;;) {
    size_t len = p->n < 2 ? 0 : p->in[1] & 127, head = 2;
    if (p->n >= 4 && len == 126) {
      len = (size_t)p->in[2] << 8 | p->in[3];
      head = 4;
    } else if (p->n >= 10 && len == 127) {
      len = (size_t)p->in[7] << 16 | (size_t)p->in[8] << 8 | p->in[9];
      head = 10;
    }
    if (p->n >= head && p->n >= head + len) {
      int opcode = p->in[0] & 15;
      if (len > cap) {
        return -1;
      }
      memcpy(out, p->in + head, len);
      *n = len;
      take(p, head + len);
      return opcode;
    }
    if (peer_fill(p) <= 0) {
      return -1;
    }
  }
}
