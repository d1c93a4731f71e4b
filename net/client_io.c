/* SPDX-License-Identifier: Apache-2.0
 * Bytes of a client, and waiting. The socket does not block; each wait is a
 * poll() of it and of a pipe by which net_client_interrupt() wakes it up. */
#include "net/client_private.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

uint64_t dial_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

tacet_span dial_input(const net_client *c) {
  return c->in.len == c->in_at
             ? TACET_SPAN_EMPTY
             : tacet_span_of(c->in.p + c->in_at, c->in.len - c->in_at);
}

/* ---- waiting ---- */

/* The flag says it; the pipe only ends a wait. */
static bool take_interrupt(net_client *c) {
  return atomic_load_explicit(&c->interrupted, memory_order_relaxed) &&
         atomic_exchange(&c->interrupted, false);
}

/* However much there is to do without waiting. */
static net_result may_go_on(net_client *c) {
  if (take_interrupt(c)) {
    return NET_INTERRUPTED;
  }
  bool over = c->deadline != UINT64_MAX && dial_now() >= c->deadline;
  return over ? NET_TIMEOUT : NET_OK;
}

static void empty_pipe(net_client *c) {
  char drain[512];
  while (read(c->wake[0], drain, sizeof(drain)) > 0) {
  }
}

net_result dial_wait_fd(net_client *c, int fd, short events, dial_wait *w,
                        short *got) {
  struct pollfd p[3] = {
      {fd, events, 0}, {c->wake[0], POLLIN, 0}, {w->extra_fd, POLLIN, 0}};
  for (;;) {
    uint64_t now = dial_now();
    uint64_t left = w->until <= now ? 0 : w->until - now;
    int n = poll(p, 3, left > 3600000 ? 3600000 : (int)left);
    if (n < 0 && errno != EINTR) {
      return NET_UNREACHABLE;
    }
    if (n > 0 && p[1].revents != 0) {
      empty_pipe(c);
    }
    if (take_interrupt(c)) {
      return NET_INTERRUPTED;
    }
    if (n > 0 && p[0].revents != 0) {
      *got = p[0].revents;
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

/* ---- one read, one write ---- */

/* What a result of SSL that is no success means. */
static net_result ssl_says(net_client *c, int result, short *wants) {
  int e = SSL_get_error(c->ssl, result);
  ERR_clear_error();
  switch (e) {
  case SSL_ERROR_WANT_READ:
    *wants = POLLIN;
    return NET_TIMEOUT;
  case SSL_ERROR_WANT_WRITE:
    *wants = POLLOUT;
    return NET_TIMEOUT;
  case SSL_ERROR_ZERO_RETURN:
    return NET_CLOSED;
  default:
    return e == SSL_ERROR_SSL ? NET_TLS : NET_UNREACHABLE;
  }
}

net_result dial_wait_ssl(net_client *c, int result, dial_wait *w) {
  short wants, got;
  net_result r = ssl_says(c, result, &wants);
  if (r == NET_TIMEOUT) {
    return dial_wait_fd(c, c->fd, wants, w, &got);
  }
  return r == NET_CLOSED ? NET_UNREACHABLE : r;
}

static net_result socket_says(ssize_t n, short wanted, short *wants) {
  if (n == 0) {
    return NET_CLOSED;
  }
  *wants = wanted;
  return errno == EAGAIN || errno == EINTR ? NET_TIMEOUT : NET_UNREACHABLE;
}

static uint8_t *make_room(net_client *c) {
  if (c->in_at > 0) {
    size_t left = c->in.len - c->in_at;
    memmove(c->in.p, c->in.p + c->in_at, left);
    c->in.len = left;
    c->in_at = 0;
  }
  uint8_t *p = tacet_write_space(&c->in, CLIENT_CHUNK);
  if (p != NULL) {
    c->in.len -= CLIENT_CHUNK;
  }
  return p;
}

net_result dial_read_now(net_client *c, short *wants) {
  uint8_t *p = make_room(c);
  if (p == NULL) {
    return NET_NO_MEMORY;
  }
  ssize_t n;
  if (c->ssl != NULL) {
    ERR_clear_error(); /* what others left there would be taken for ours */
    n = SSL_read(c->ssl, p, CLIENT_CHUNK);
  } else {
    n = recv(c->fd, p, CLIENT_CHUNK, 0);
  }
  if (n <= 0) {
    return c->ssl != NULL ? ssl_says(c, (int)n, wants)
                          : socket_says(n, POLLIN, wants);
  }
  c->in.len += (size_t)n;
  c->heard = true;
  return NET_OK;
}

static net_result write_now(net_client *c, tacet_span *s, short *wants) {
  size_t part = s->len > CLIENT_CHUNK ? CLIENT_CHUNK : s->len;
  ssize_t n;
  if (c->ssl != NULL) {
    ERR_clear_error();
    n = SSL_write(c->ssl, s->p, (int)part);
  } else {
    n = send(c->fd, s->p, part, MSG_NOSIGNAL);
  }
  if (n <= 0) {
    net_result r = c->ssl != NULL ? ssl_says(c, (int)n, wants)
                                  : socket_says(n, POLLOUT, wants);
    return r == NET_CLOSED ? NET_UNREACHABLE : r;
  }
  s->p += n;
  s->len -= (size_t)n;
  return NET_OK;
}

/* ---- until it is done ---- */

static net_result flush_some(net_client *c, short *wants) {
  while (c->out.len > c->out_at) {
    tacet_span s = {c->out.p + c->out_at, c->out.len - c->out_at};
    net_result r = write_now(c, &s, wants);
    c->out_at = c->out.len - s.len;
    if (r != NET_OK) {
      return r;
    }
  }
  tacet_buf_free(&c->out);
  c->out_at = 0;
  return NET_OK;
}

net_result dial_flush(net_client *c) {
  short wants;
  net_result r = flush_some(c, &wants);
  return r == NET_TIMEOUT ? NET_OK : r;
}

net_result dial_read(net_client *c, dial_wait *w) {
  for (;;) {
    short wants, got, out = 0;
    net_result r = may_go_on(c);
    if (r != NET_OK) {
      return r;
    }
    r = dial_read_now(c, &wants);
    if (r != NET_TIMEOUT) {
      return r;
    }
    if (flush_some(c, &out) == NET_TIMEOUT) {
      wants |= out;
    }
    r = dial_wait_fd(c, c->fd, wants, w, &got);
    if (r != NET_OK) {
      return r;
    }
  }
}

/* Something can be read while something is written. */
static net_result read_meanwhile(net_client *c, bool *early) {
  short wants;
  net_result r = dial_read_now(c, &wants);
  if (early != NULL && r != NET_TIMEOUT) {
    dial_skip_interim(c);
    /* An answer, or the end: whoever reads on will see. */
    *early = r != NET_OK || dial_input(c).len > 0;
    return NET_OK;
  }
  return r == NET_TIMEOUT ? NET_OK : r == NET_CLOSED ? NET_UNREACHABLE : r;
}

net_result dial_write(net_client *c, tacet_span s, uint32_t timeout_ms,
                      bool *early) {
  dial_wait w = dial_wait_ms(c, timeout_ms);
  while (s.len > 0) {
    short wants = 0, got = 0;
    net_result r = may_go_on(c);
    if (r != NET_OK) {
      return r;
    }
    r = flush_some(c, &wants);
    if (r == NET_OK) {
      r = write_now(c, &s, &wants);
    }
    if (r != NET_OK && r != NET_TIMEOUT) {
      return r;
    }
    if (s.len == 0) {
      return NET_OK;
    }
    /* If it is not listened to, the other side may stop listening too. */
    bool reads = early != NULL || c->in.len - c->in_at < CLIENT_AHEAD;
    dial_wait now = {.until = 0, .extra_fd = -1};
    bool moved = r == NET_OK;
    r = dial_wait_fd(c, c->fd, (short)(wants | (reads ? POLLIN : 0)),
                     moved ? &now : &w, &got);
    if (r == NET_OK && reads && (got & ~POLLOUT) != 0) {
      r = read_meanwhile(c, early);
    }
    if (r != NET_OK && !(moved && r == NET_TIMEOUT)) {
      return r;
    }
    if (early != NULL && *early) {
      return NET_OK;
    }
    if (moved) {
      w.until = dial_until(c, timeout_ms);
    }
  }
  return NET_OK;
}
