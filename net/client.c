/* SPDX-License-Identifier: Apache-2.0
 * One connection of a client. The socket does not block; each wait is a poll()
 * of it and of a pipe by which net_client_interrupt() wakes it up. */
#include "net/client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "net/tls_internal.h"
#include "net/ws.h"

#define CHUNK (64 * 1024)

struct net_client {
  char host[256], port[8];
  const net_tls *tls;
  int fd, wake[2]; /* wake: a pipe; a byte in it interrupts */
  SSL *ssl;
  tacet_buf in; /* read and not used yet */
  size_t in_at;
  bool used; /* an answer came over this connection before */
  bool websocket;
  net_ws_reader reader;
  bool close_sent;
};

const char *net_result_text(net_result r) {
  static const char *const texts[] = {
      "done",
      "the server cannot be reached",
      "the server did not answer in time",
      "interrupted",
      "the server shows another certificate than the one that is known",
      "no secure connection to the server could be made",
      "what the server said is not the protocol",
      "the server's answer is too long",
      "the server refused",
      "given up on this side",
      "the server closed the connection",
      "out of memory"};
  return texts[r];
}

net_result net_client_new(const char *host, const char *port,
                          const net_tls *tls, net_client **out) {
  net_client *c = tacet_alloc(sizeof(*c));
  if (c == NULL || strlen(host) >= sizeof(c->host) ||
      strlen(port) >= sizeof(c->port) ||
      pipe2(c->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
    tacet_free(c);
    return NET_NO_MEMORY;
  }
  memcpy(c->host, host, strlen(host) + 1);
  memcpy(c->port, port, strlen(port) + 1);
  c->tls = tls;
  c->fd = -1;
  c->in.max = SIZE_MAX / 2;
  *out = c;
  return NET_OK;
}

void net_client_close(net_client *c) {
  SSL_free(c->ssl);
  c->ssl = NULL;
  if (c->fd >= 0) {
    close(c->fd);
    c->fd = -1;
  }
  tacet_buf_free(&c->in);
  c->in_at = 0;
  net_ws_reader_free(&c->reader);
  c->reader = (net_ws_reader){.max = 0};
  c->used = c->websocket = c->close_sent = false;
}

void net_client_free(net_client *c) {
  if (c != NULL) {
    net_client_close(c);
    close(c->wake[0]);
    close(c->wake[1]);
    tacet_free(c);
  }
}

void net_client_interrupt(net_client *c) {
  (void)!write(c->wake[1], "", 1);
}

int net_client_fd(const net_client *c) {
  return c->fd;
}

/* ---- waiting ---- */

static uint64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

typedef struct wait_for {
  uint64_t until; /* now_ms() */
  int extra_fd;
  bool extra_ready;
} wait_for;

static net_result wait_fd(net_client *c, int fd, short events, wait_for *w) {
  struct pollfd p[3] = {
      {fd, events, 0}, {c->wake[0], POLLIN, 0}, {w->extra_fd, POLLIN, 0}};
  for (;;) {
    uint64_t now = now_ms();
    uint64_t left = w->until <= now ? 0 : w->until - now;
    int n = poll(p, 3, left > 3600000 ? 3600000 : (int)left);
    if (n < 0 && errno != EINTR) {
      return NET_UNREACHABLE;
    }
    if (n > 0 && p[1].revents != 0) {
      char drain[16];
      while (read(c->wake[0], drain, sizeof(drain)) > 0) {
      }
      return NET_INTERRUPTED;
    }
    if (n > 0 && p[0].revents != 0) {
      return NET_OK;
    }
    if (n > 0 && p[2].revents != 0) {
      w->extra_ready = true;
      return NET_TIMEOUT;
    }
    if (n == 0 && left == 0) {
      return NET_TIMEOUT;
    }
  }
}

/* ---- connecting ---- */

static net_result connect_one(net_client *c, const struct addrinfo *a,
                              uint64_t until) {
  int one = 1, error = 0;
  socklen_t len = sizeof(error);
  int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return NET_UNREACHABLE;
  }
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  net_result r = NET_OK;
  if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
    wait_for w = {.until = until, .extra_fd = -1};
    r = errno == EINPROGRESS ? wait_fd(c, fd, POLLOUT, &w) : NET_UNREACHABLE;
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

static net_result connect_tcp(net_client *c, uint64_t until) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *list;
  if (getaddrinfo(c->host, c->port, &hints, &list) != 0) {
    return NET_UNREACHABLE;
  }
  net_result r = NET_UNREACHABLE;
  for (const struct addrinfo *a = list; a != NULL && r == NET_UNREACHABLE;
       a = a->ai_next) {
    r = connect_one(c, a, until);
  }
  freeaddrinfo(list);
  return r;
}

/* What SSL wants before it can go on. */
static net_result ssl_wait(net_client *c, int result, wait_for *w) {
  int e = SSL_get_error(c->ssl, result);
  ERR_clear_error();
  if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) {
    return wait_fd(c, c->fd, e == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, w);
  }
  return e == SSL_ERROR_SSL ? NET_TLS : NET_UNREACHABLE;
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
  wait_for w = {.until = until, .extra_fd = -1};
  for (int r; (r = SSL_connect(c->ssl)) != 1;) {
    net_result e = ssl_wait(c, r, &w);
    if (e != NET_OK) {
      return e;
    }
  }
  return c->tls->has_pin ? check_pin(c) : NET_OK;
}

static net_result connect_to(net_client *c, uint32_t timeout_ms) {
  uint64_t until = now_ms() + timeout_ms;
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

/* ---- bytes ---- */

static net_result write_all(net_client *c, tacet_span s, uint32_t timeout_ms) {
  wait_for w = {.until = now_ms() + timeout_ms, .extra_fd = -1};
  while (s.len > 0) {
    size_t part = s.len > CHUNK ? CHUNK : s.len;
    ssize_t n = c->ssl != NULL ? SSL_write(c->ssl, s.p, (int)part)
                               : send(c->fd, s.p, part, MSG_NOSIGNAL);
    if (n > 0) {
      s.p += n;
      s.len -= (size_t)n;
      w.until = now_ms() + timeout_ms;
      continue;
    }
    net_result r = NET_UNREACHABLE;
    if (c->ssl != NULL) {
      r = ssl_wait(c, (int)n, &w);
    } else if (errno == EAGAIN || errno == EINTR) {
      r = wait_fd(c, c->fd, POLLOUT, &w);
    }
    if (r != NET_OK) {
      return r;
    }
  }
  return NET_OK;
}

/* Reads once into c->in; CLOSED at a clean end. */
static net_result read_more(net_client *c, wait_for *w) {
  if (c->in_at > 0) {
    size_t left = c->in.len - c->in_at;
    memmove(c->in.p, c->in.p + c->in_at, left);
    c->in.len = left;
    c->in_at = 0;
  }
  uint8_t *p = tacet_write_space(&c->in, CHUNK);
  if (p == NULL) {
    return NET_NO_MEMORY;
  }
  c->in.len -= CHUNK;
  for (;;) {
    ssize_t n =
        c->ssl != NULL ? SSL_read(c->ssl, p, CHUNK) : recv(c->fd, p, CHUNK, 0);
    if (n > 0) {
      c->in.len += (size_t)n;
      return NET_OK;
    }
    net_result r;
    if (c->ssl != NULL) {
      if (SSL_get_error(c->ssl, (int)n) == SSL_ERROR_ZERO_RETURN) {
        return NET_CLOSED;
      }
      r = ssl_wait(c, (int)n, w);
    } else if (n == 0) {
      return NET_CLOSED;
    } else if (errno == EAGAIN || errno == EINTR) {
      r = wait_fd(c, c->fd, POLLIN, w);
    } else {
      r = NET_UNREACHABLE;
    }
    if (r != NET_OK) {
      return r;
    }
  }
}

static tacet_span input(const net_client *c) {
  return c->in.len == c->in_at
             ? TACET_SPAN_EMPTY
             : tacet_span_of(c->in.p + c->in_at, c->in.len - c->in_at);
}

/* ---- requests ---- */

void net_answer_free(net_answer *a) {
  tacet_bytes_free(&a->head);
  tacet_bytes_free(&a->body);
  *a = (net_answer){.status = 0};
}

static void put_text(tacet_buf *w, const char *text) {
  tacet_write_bytes(w, tacet_span_str(text));
}

static net_result send_head(net_client *c, const net_call *call,
                            const char *more) {
  char line[64];
  TACET_BUF(w, NET_HEAD_MAX);
  put_text(&w, call->method);
  put_text(&w, " ");
  put_text(&w, call->target);
  put_text(&w, " HTTP/1.1\r\nHost: ");
  bool v6 = strchr(c->host, ':') != NULL;
  put_text(&w, v6 ? "[" : "");
  put_text(&w, c->host);
  put_text(&w, v6 ? "]:" : ":");
  put_text(&w, c->port);
  put_text(&w, "\r\n");
  uint64_t len = call->source != NULL ? call->source_length : call->body.len;
  if (len > 0 || strcmp(call->method, "GET") != 0) {
    snprintf(line, sizeof(line), "Content-Length: %llu\r\n",
             (unsigned long long)len);
    put_text(&w, line);
  }
  if (call->content_type != NULL) {
    put_text(&w, "Content-Type: ");
    put_text(&w, call->content_type);
    put_text(&w, "\r\n");
  }
  put_text(&w, call->headers == NULL ? "" : call->headers);
  put_text(&w, more);
  put_text(&w, "\r\n");
  if (w.err != TACET_OK) {
    return NET_NO_MEMORY;
  }
  return write_all(c, tacet_buf_span(&w), call->timeout_ms);
}

static net_result send_body(net_client *c, const net_call *call) {
  if (call->source == NULL) {
    return write_all(c, call->body, call->timeout_ms);
  }
  TACET_BYTES(piece);
  if (tacet_bytes_new(&piece, CHUNK) != TACET_OK) {
    return NET_NO_MEMORY;
  }
  for (uint64_t left = call->source_length; left > 0;) {
    size_t want = left < CHUNK ? (size_t)left : CHUNK;
    int64_t n = call->source(call->user, piece.p, want);
    if (n <= 0 || (uint64_t)n > want) {
      return NET_ABORTED;
    }
    net_result r =
        write_all(c, tacet_span_of(piece.p, (size_t)n), call->timeout_ms);
    if (r != NET_OK) {
      return r;
    }
    left -= (uint64_t)n;
  }
  return NET_OK;
}

/* Heads of 100 Continue are read over. */
static net_result read_head(net_client *c, uint32_t timeout_ms, net_answer *a) {
  wait_for w = {.until = now_ms() + timeout_ms, .extra_fd = -1};
  for (;;) {
    size_t used;
    net_parse p = net_http_response(input(c), &a->parsed, &used);
    if (p == NET_PARSE_OK) {
      tacet_span raw = {c->in.p + c->in_at, used};
      c->in_at += used;
      if (a->parsed.status == 100) {
        continue;
      }
      if (tacet_bytes_set(&a->head, raw) != TACET_OK) {
        return NET_NO_MEMORY;
      }
      (void)net_http_response(tacet_bytes_span(&a->head), &a->parsed, &used);
      a->status = a->parsed.status;
      return NET_OK;
    }
    if (p != NET_PARSE_MORE) {
      return NET_PROTOCOL;
    }
    net_result r = read_more(c, &w);
    if (r != NET_OK) {
      return r == NET_CLOSED ? NET_UNREACHABLE : r;
    }
  }
}

typedef struct body_target {
  const net_call *call;
  tacet_buf collected;
  bool to_sink;
} body_target;

static net_result take_piece(body_target *t, tacet_span piece) {
  if (piece.len == 0) {
    return NET_OK;
  }
  if (t->to_sink) {
    return t->call->sink(t->call->user, piece) ? NET_OK : NET_ABORTED;
  }
  tacet_write_bytes(&t->collected, piece);
  return t->collected.err == TACET_OK          ? NET_OK
         : t->collected.err == TACET_ERR_LIMIT ? NET_TOO_LARGE
                                               : NET_NO_MEMORY;
}

/* Takes what is in the buffer. MORE: the body goes on. */
static net_parse take_buffered(net_client *c, net_answer *a, net_chunked *k,
                               uint64_t *left, body_target *t, net_result *r) {
  size_t used = 0;
  tacet_span piece = input(c);
  net_parse p = NET_PARSE_MORE;
  if (a->parsed.chunked) {
    p = net_chunked_read(k, input(c), &piece, &used);
  } else {
    if (piece.len > *left) {
      piece.len = (size_t)*left;
    }
    used = piece.len;
    *left -= used;
    p = *left == 0 ? NET_PARSE_OK : NET_PARSE_MORE;
  }
  *r = p == NET_PARSE_BAD ? NET_PROTOCOL : take_piece(t, piece);
  c->in_at += used;
  return p;
}

static net_result read_body(net_client *c, const net_call *call,
                            net_answer *a) {
  body_target t = {.call = call,
                   .to_sink = call->sink != NULL &&
                              (a->status == 200 || a->status == 206)};
  t.collected.max = call->max_answer;
  net_chunked k = {.left = 0};
  uint64_t left = a->parsed.content_length;
  net_result r = NET_OK;
  bool none =
      a->status == 204 || a->status == 304 || strcmp(call->method, "HEAD") == 0;
  if (!none && !a->parsed.chunked && !a->parsed.has_length) {
    return NET_PROTOCOL;
  }
  if (!t.to_sink && !a->parsed.chunked && left > call->max_answer && !none) {
    return NET_TOO_LARGE;
  }
  while (!none && r == NET_OK) {
    size_t before = c->in_at;
    net_parse p = take_buffered(c, a, &k, &left, &t, &r);
    if (r != NET_OK || p == NET_PARSE_OK) {
      break;
    }
    if (c->in_at == before || c->in_at == c->in.len) {
      wait_for w = {.until = now_ms() + call->timeout_ms, .extra_fd = -1};
      r = read_more(c, &w);
      r = r == NET_CLOSED ? NET_UNREACHABLE : r;
    }
  }
  if (r == NET_OK && tacet_buf_take(&t.collected, &a->body) != TACET_OK) {
    r = NET_NO_MEMORY;
  }
  tacet_buf_free(&t.collected);
  return r;
}

static net_result try_call(net_client *c, const net_call *call, net_answer *a) {
  net_result r = NET_OK;
  if (c->fd < 0) {
    r = connect_to(c, call->timeout_ms);
  }
  if (r == NET_OK) {
    r = send_head(c, call, "");
  }
  if (r == NET_OK) {
    r = send_body(c, call);
  }
  /* A server that refuses a body may answer and close before it is all sent. */
  if (r == NET_OK || r == NET_UNREACHABLE) {
    net_result answer = c->fd < 0 ? r : read_head(c, call->timeout_ms, a);
    r = answer == NET_OK || r == NET_OK ? answer : r;
  }
  if (r == NET_OK) {
    r = read_body(c, call, a);
  }
  if (r != NET_OK || !a->parsed.keep_alive) {
    net_client_close(c);
  }
  c->used = c->fd >= 0;
  return r;
}

net_result net_client_call(net_client *c, const net_call *call, net_answer *a) {
  net_answer_free(a);
  TACET_ASSERT(!c->websocket);
  bool reused = c->fd >= 0 && c->used;
  net_result r = try_call(c, call, a);
  if (r == NET_UNREACHABLE && reused && call->source == NULL &&
      a->status == 0) {
    r = try_call(c, call, a);
  }
  if (r != NET_OK) {
    net_answer_free(a);
  }
  return r;
}

/* ---- WebSocket ---- */

static net_result upgrade(net_client *c, const char *target,
                          const char *headers, uint32_t timeout_ms,
                          net_answer *a) {
  uint8_t nonce[16];
  char key[32], more[160], want[29];
  if (RAND_bytes(nonce, sizeof(nonce)) != 1) {
    return NET_TLS;
  }
  EVP_EncodeBlock((unsigned char *)key, nonce, sizeof(nonce));
  snprintf(more, sizeof(more),
           "Upgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n",
           key);
  net_call call = {.method = "GET",
                   .target = target,
                   .headers = headers,
                   .timeout_ms = timeout_ms,
                   .max_answer = 4096};
  net_result r = connect_to(c, timeout_ms);
  if (r == NET_OK) {
    r = send_head(c, &call, more);
  }
  if (r == NET_OK) {
    r = read_head(c, timeout_ms, a);
  }
  if (r != NET_OK) {
    return r;
  }
  if (a->status != 101) {
    return NET_REFUSED;
  }
  if (!a->parsed.websocket ||
      net_ws_accept_key(tacet_span_str(key), want) != TACET_OK ||
      !tacet_span_equal(net_http_get(&a->parsed, "sec-websocket-accept"),
                        tacet_span_str(want))) {
    return NET_PROTOCOL;
  }
  return NET_OK;
}

net_result net_client_ws_open(net_client *c, const char *target,
                              const char *headers, size_t max_message,
                              uint32_t timeout_ms, int *status) {
  NET_ANSWER(a);
  net_result r = upgrade(c, target, headers, timeout_ms, &a);
  *status = a.status;
  if (r != NET_OK) {
    net_client_close(c);
    return r;
  }
  c->websocket = true;
  c->reader = (net_ws_reader){.server = false, .max = max_message};
  return NET_OK;
}

static net_result send_frame(net_client *c, int opcode, tacet_span payload,
                             uint32_t timeout_ms) {
  uint8_t mask[4];
  TACET_BUF(w, payload.len + 16);
  if (RAND_bytes(mask, sizeof(mask)) != 1) {
    return NET_TLS;
  }
  net_ws_write(&w, opcode, payload, mask);
  if (w.err != TACET_OK) {
    return NET_NO_MEMORY;
  }
  return write_all(c, tacet_buf_span(&w), timeout_ms);
}

net_result net_client_ws_send(net_client *c, tacet_span message,
                              uint32_t timeout_ms) {
  TACET_ASSERT(c->websocket);
  net_result r = send_frame(c, NET_WS_BINARY, message, timeout_ms);
  if (r != NET_OK) {
    net_client_close(c);
  }
  return r;
}

/* What one event of the reader means: TIMEOUT: nothing for the caller yet. */
static net_result take_event(net_client *c, net_ws_event e, tacet_span payload,
                             tacet_span *message, uint16_t *close_code) {
  switch (e) {
  case NET_WS_MESSAGE:
    *message = payload;
    return NET_OK;
  case NET_WS_GOT_PING: {
    net_result r = send_frame(c, NET_WS_PONG, payload, 10000);
    return r == NET_OK ? NET_TIMEOUT : r;
  }
  case NET_WS_GOT_CLOSE:
    *close_code = c->reader.code;
    return NET_CLOSED;
  case NET_WS_ERROR:
    return NET_PROTOCOL;
  case NET_WS_GOT_PONG:
  case NET_WS_MORE:
    break;
  }
  return NET_TIMEOUT;
}

net_result net_client_ws_recv(net_client *c, uint32_t timeout_ms, int extra_fd,
                              bool *extra_ready, tacet_span *message,
                              uint16_t *close_code) {
  TACET_ASSERT(c->websocket);
  wait_for w = {.until = now_ms() + timeout_ms, .extra_fd = extra_fd};
  net_result r = NET_TIMEOUT;
  *close_code = 1006;
  for (;;) {
    while (r == NET_TIMEOUT && input(c).len > 0) {
      size_t used;
      tacet_span payload;
      net_ws_event e = net_ws_read(&c->reader, input(c), &used, &payload);
      c->in_at += used;
      r = take_event(c, e, payload, message, close_code);
    }
    if (r == NET_OK) {
      return r;
    }
    if (r == NET_TIMEOUT) {
      r = read_more(c, &w);
    }
    if (r == NET_OK) {
      r = NET_TIMEOUT; /* there is input: look at it */
      continue;
    }
    if (extra_ready != NULL) {
      *extra_ready = w.extra_ready;
    }
    if (r != NET_TIMEOUT && r != NET_INTERRUPTED) {
      net_client_close(c);
    }
    return r;
  }
}

void net_client_ws_close(net_client *c) {
  if (c->websocket && c->fd >= 0) {
    uint8_t code[2] = {NET_WS_NORMAL >> 8, NET_WS_NORMAL & 0xff};
    (void)send_frame(c, NET_WS_CLOSE, tacet_span_of(code, 2), 1000);
    if (c->ssl != NULL) {
      (void)SSL_shutdown(c->ssl);
      ERR_clear_error();
    }
  }
  net_client_close(c);
}
