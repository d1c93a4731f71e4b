/* SPDX-License-Identifier: Apache-2.0
 * The bytes of one connection: into `in`, out of `out`, with or without TLS. */
#include "net/conn.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "net/proxy.h"
#include "net/tls_internal.h"

/* ---- TLS ---- */

void conn_ssl_begin(conn *c) {
  net_tls_bio_set(c->lc->bio, c->watch.fd);
  /* SSL_get_error() also looks at the thread's queue of errors, and a signature
   * that did not verify somewhere else may have left one there. */
  if (ERR_peek_error() != 0) {
    ERR_clear_error();
  }
}

ssize_t conn_ssl_result(conn *c, int r) {
  if (r > 0) {
    return r;
  }
  int e = SSL_get_error(c->ssl, r);
  ERR_clear_error();
  if (e == SSL_ERROR_WANT_READ) {
    return 0;
  }
  if (e == SSL_ERROR_WANT_WRITE) {
    c->wants_write = true;
    return 0;
  }
  return -1;
}

static ssize_t read_some(conn *c, uint8_t *p, size_t n) {
  if (c->ssl != NULL) {
    conn_ssl_begin(c);
    return conn_ssl_result(c, SSL_read(c->ssl, p, (int)n));
  }
  ssize_t r = recv(c->watch.fd, p, n, 0);
  if (r < 0 && (errno == EAGAIN || errno == EINTR)) {
    return 0;
  }
  return r > 0 ? r : -1;
}

static ssize_t write_some(conn *c, const uint8_t *p, size_t n) {
  n = n > (1u << 30) ? (1u << 30) : n;
  if (c->ssl != NULL) {
    conn_ssl_begin(c);
    return conn_ssl_result(c, SSL_write(c->ssl, p, (int)n));
  }
  ssize_t r = send(c->watch.fd, p, n, MSG_NOSIGNAL);
  if (r < 0 && (errno == EAGAIN || errno == EINTR)) {
    return 0;
  }
  return r > 0 ? r : -1;
}

/* ---- out ---- */

/* The slowest that is waited for: a slice of the body within the time-out, for
 * a byte now and then would hold a connection for ever. */
static void put_off(conn *c, size_t n, uint32_t ms) {
  c->slice += n;
  if (c->slice >= NET_SLICE) {
    c->slice = 0;
    conn_set_deadline(c, net_loop_now(c->lc->loop) + ms);
  }
}

/* A slow reader's queue is never empty: what has left must not stay in memory.
 * Each byte is moved once at most for each byte that left. */
static void compact(conn *c) {
  size_t left = c->out.len - c->out_at;
  if (c->out_at >= NET_SLICE && c->out_at >= left) {
    memmove(c->out.p, c->out.p + c->out_at, left);
    c->out.len = left;
    c->out_at = 0;
  }
}

bool conn_flush(conn *c) {
  while (c->out.len > c->out_at) {
    ssize_t n = write_some(c, c->out.p + c->out_at, c->out.len - c->out_at);
    if (n < 0) {
      c->dead = true;
      return false;
    }
    if (n == 0) {
      c->wants_write = true;
      compact(c);
      return false;
    }
    c->out_at += (size_t)n;
    c->progress = net_loop_now(c->lc->loop);
    NET_COUNT(c->lc->s, bytes_out, (uint_fast64_t)n);
    if (c->state == CONN_WRITE || c->state == CONN_CLOSING) {
      put_off(c, (size_t)n, c->lc->s->config.write_ms);
    }
  }
  if (c->out.p != NULL) {
    tacet_buf_free(&c->out); /* an idle connection holds nothing */
    c->out_at = 0;
  }
  return true;
}

void conn_say_goodbye(conn *c) {
  if (c->ssl != NULL) {
    conn_ssl_begin(c);
    (void)SSL_shutdown(c->ssl);
    ERR_clear_error();
  }
}

/* ---- in ---- */

tacet_span conn_input(const conn *c) {
  return c->in.len == c->in_at
             ? c->fresh
             : tacet_span_of(c->in.p + c->in_at, c->in.len - c->in_at);
}

void conn_consume(conn *c, size_t n) {
  if (c->fresh.len > 0) {
    c->fresh.p += n;
    c->fresh.len -= n;
    return;
  }
  c->in_at += n;
  if (c->in_at == c->in.len) {
    tacet_buf_free(&c->in);
    c->in_at = 0;
  }
}

static void append(conn *c, tacet_span s) {
  if (c->in_at > 0) {
    size_t left = c->in.len - c->in_at;
    memmove(c->in.p, c->in.p + c->in_at, left);
    c->in.len = left;
    c->in_at = 0;
  }
  tacet_write_bytes(&c->in, s);
  c->dead = c->dead || c->in.err != TACET_OK;
}

void conn_keep(conn *c) {
  if (c->fresh.len > 0) {
    tacet_span fresh = c->fresh;
    c->fresh = TACET_SPAN_EMPTY;
    append(c, fresh);
  }
}

bool conn_fill(conn *c) {
  uint8_t *scratch = c->lc->scratch;
  if (c->end_of_input || c->drained) {
    return false;
  }
  conn_keep(c);
  ssize_t n = read_some(c, scratch, NET_SCRATCH);
  /* Less than a whole record, and nothing left inside TLS: epoll says when
   * there is more, which spares the read that finds nothing. */
  c->drained = n < SSL3_RT_MAX_PLAIN_LENGTH &&
               (c->ssl == NULL || !SSL_has_pending(c->ssl));
  if (n <= 0) {
    c->end_of_input = n < 0;
    return false;
  }
  NET_COUNT(c->lc->s, bytes_in, (uint_fast64_t)n);
  if (c->in.len > c->in_at) {
    append(c, tacet_span_of(scratch, (size_t)n));
  } else {
    c->fresh = tacet_span_of(scratch, (size_t)n);
  }
  if (c->dead) {
    return false;
  }
  if (c->state == CONN_BODY) {
    put_off(c, (size_t)n, c->lc->s->config.body_ms);
  }
  return true;
}

bool conn_discard(conn *c) {
  ssize_t n = recv(c->watch.fd, c->lc->scratch, NET_SCRATCH, 0);
  if (n > 0) {
    c->slice += (size_t)n;
  }
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
      c->slice > NET_LINGER_MAX) {
    c->dead = true;
  }
  return n > 0;
}

net_parse conn_read_proxy(conn *c, bool *known) {
  uint8_t *p = c->lc->scratch;
  size_t had = conn_input(c).len, used;
  if (had > 0) {
    memcpy(p, conn_input(c).p, had);
  }
  ssize_t n = recv(c->watch.fd, p + had, NET_PROXY_MAX, MSG_PEEK);
  if (n <= 0) {
    bool later = n < 0 && (errno == EAGAIN || errno == EINTR);
    return later ? NET_PARSE_MORE : NET_PARSE_BAD;
  }
  size_t has = had + (size_t)n;
  net_parse r =
      net_proxy_read(tacet_span_of(p, has), c->peer.address, known, &used);
  if (r == NET_PARSE_BAD) {
    return r;
  }
  size_t take = (r == NET_PARSE_OK ? used : has) - had;
  if (recv(c->watch.fd, p + had, take, 0) != (ssize_t)take) {
    return NET_PARSE_BAD;
  }
  if (r == NET_PARSE_OK) {
    conn_consume(c, had);
  } else {
    tacet_write_bytes(&c->in, tacet_span_of(p + had, take));
  }
  return c->in.err == TACET_OK ? r : NET_PARSE_BAD;
}
