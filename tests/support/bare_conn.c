/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/bare_conn.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn.h"

#define PIECES 100

static net_server server;
static loop_context context;
static net_post stopper;

static bare_trace *now;

static void add(const void *p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    now->calls = (now->calls ^ ((const uint8_t *)p)[i]) * 1099511628211u;
  }
}
static void add_span(char kind, tacet_span s) {
  add(&kind, 1);
  add(s.p, s.len);
}

/* ---- a handler that does something else for each letter of a path ---- */

static char letter(net_request *r) {
  tacet_span path = net_request_head(r)->path;
  return path.len > 1 ? (char)path.p[1] : '\0';
}

static net_body on_head(void *user, net_request *r, uint64_t *max_body) {
  (void)user;
  now->heads++;
  add_span('h', net_request_head(r)->method);
  add_span('t', net_request_head(r)->target);
  *max_body = 1000;
  if (letter(r) == 'e') {
    net_respond(r, &(net_response){.status = 403});
    return NET_BODY_ANSWERED;
  }
  return letter(r) == 's' ? NET_BODY_STREAM : NET_BODY_WHOLE;
}

static int64_t pull(void *user, uint8_t *out, size_t cap) {
  (void)user;
  memset(out, 'p', cap);
  return (int64_t)(cap < 7 ? cap : 7);
}

static void pulled(void *user) {
  (void)user;
  now->sources_done++;
}

static void on_request(void *user, net_request *r, tacet_span body) {
  (void)user;
  const net_source source = {.pull = pull, .done = pulled, .length = 20};
  add_span('b', body);
  switch (letter(r)) {
  case 's':
    break;
  case 'o':
    net_request_overlap(r);
    /* fallthrough */
  case 'l': {
    net_reply *p = net_request_defer(r);
    if (p == NULL) {
      net_respond(r, &(net_response){.status = 503});
    } else {
      net_reply_send(p, &(net_response){.status = 200, .body = body});
    }
    break;
  }
  case 'p':
    now->sources++;
    net_respond(r, &(net_response){.status = 200, .source = &source});
    break;
  case 'n':
    net_respond(r, &(net_response){.status = 204, .body = body});
    break;
  case 'w':
    if (net_request_head(r)->websocket) {
      now->opened += net_ws_accept(r, 300, 1 << 20, NULL, NULL) != NULL;
      break;
    }
    /* fallthrough */
  default:
    net_respond(r, &(net_response){.status = 200, .body = body});
    break;
  }
}

static void on_body(void *user, net_request *r, tacet_span piece, bool last) {
  (void)user;
  add(piece.p, piece.len);
  if (last) {
    add("l", 1);
    net_respond(r, &(net_response){.status = 200});
  }
}

static void on_done(void *user, net_request *r) {
  (void)user;
  (void)r;
  now->done++;
}

static void on_refused(void *user, int status, net_response *a) {
  (void)user;
  (void)a;
  add(&status, sizeof(status));
}

static void on_ws_message(void *user, net_ws *w, tacet_span message) {
  (void)user;
  add_span('m', message);
  if (message.len > 0 && message.p[0] == 'c') {
    net_ws_close(w, 4000);
  } else {
    (void)net_ws_send(w, message);
  }
}
static void on_ws_writable(void *user, net_ws *w) {
  (void)user;
  (void)w;
}
static void on_ws_close(void *user, net_ws *w, uint16_t code) {
  (void)user;
  (void)w;
  add(&code, sizeof(code));
  now->closed++;
}

/* ---- one run ---- */

static void stop(void *user) {
  (void)user;
  net_loop_stop(context.loop);
}

static void set_up(void) {
  server.config = (net_server_config){.n_loops = 1,
                                      .handshake_ms = 3600000,
                                      .head_ms = 3600000,
                                      .idle_ms = 3600000,
                                      .body_ms = 3600000,
                                      .write_ms = 3600000,
                                      .linger_ms = 3600000,
                                      .ping_ms = 3600000};
  server.h = (net_handler){.on_head = on_head,
                           .on_request = on_request,
                           .on_body = on_body,
                           .on_done = on_done,
                           .on_refused = on_refused,
                           .on_ws_message = on_ws_message,
                           .on_ws_writable = on_ws_writable,
                           .on_ws_close = on_ws_close};
  server.loops = &context;
  context.s = &server;
  stopper = (net_post){.fn = stop};
  if (pthread_mutex_init(&server.lock, NULL) != 0 ||
      pthread_cond_init(&server.gone, NULL) != 0 ||
      net_loop_new(&context.loop) != TACET_OK) {
    abort();
  }
}

/* Until nothing moves any more: a round may ask for another one. */
static void settle(int fd) {
  uint8_t piece[4096];
  for (int quiet = 0; quiet < 2; quiet++) {
    net_post_send(context.loop, &stopper);
    net_loop_run(context.loop);
    for (ssize_t n; (n = read(fd, piece, sizeof(piece))) > 0;) {
      now->answers = realloc(now->answers, now->n_answers + (size_t)n);
      memcpy(now->answers + now->n_answers, piece, (size_t)n);
      now->n_answers += (size_t)n;
      quiet = 0;
    }
  }
}

void bare_run(bare_trace *t, tacet_span in, size_t step, bool proxy) {
  static bool ready;
  int fds[2];
  if (!ready) {
    set_up();
    ready = true;
  }
  *t = (bare_trace){.calls = 1469598103934665603u};
  now = t;
  server.config.proxy_protocol = proxy;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0) {
    abort();
  }
  atomic_fetch_add(&server.connections, 1);
  atomic_fetch_add(&context.n, 1);
  conn_new(&context, fds[0], (net_peer){{0}});
  for (size_t at = 0, i = 0; at < in.len; i++) {
    size_t n = in.len - at < step || i == PIECES ? in.len - at : step;
    if (send(fds[1], in.p + at, n, MSG_NOSIGNAL) != (ssize_t)n) {
      break; /* it has closed */
    }
    at += n;
    settle(fds[1]);
  }
  (void)shutdown(fds[1], SHUT_WR); /* half-closed is closed, in any state */
  settle(fds[1]);
  (void)close(fds[1]);
  if (context.first != NULL || atomic_load(&server.connections) != 0 ||
      t->heads != t->done || t->opened != t->closed ||
      t->sources != t->sources_done) {
    abort();
  }
}
