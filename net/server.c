/* SPDX-License-Identifier: Apache-2.0
 * Accepting, threads, draining. */
#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/tls_internal.h"

#define ACCEPTS 64 /* connections taken in one go */
#define NO_DESCRIPTORS_MS 100

/* ---- accepting ---- */

static net_peer peer_of(const struct sockaddr_storage *a) {
  net_peer p = {.address = {0}};
  if (a->ss_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, a, sizeof(in));
    p.address[10] = p.address[11] = 0xff;
    memcpy(p.address + 12, &in.sin_addr, 4);
  } else if (a->ss_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, a, sizeof(in6));
    memcpy(p.address, &in6.sin6_addr, 16);
  }
  return p;
}

void server_count_one_less(loop_context *lc) {
  net_server *s = lc->s;
  atomic_fetch_sub_explicit(&lc->n, 1, memory_order_relaxed);
  if (atomic_fetch_sub(&s->connections, 1) == 1) {
    pthread_mutex_lock(&s->lock);
    pthread_cond_broadcast(&s->gone);
    pthread_mutex_unlock(&s->lock);
  }
}

void conn_turn_away(loop_context *lc, int fd, net_peer peer) {
  net_server *s = lc->s;
  close(fd);
  if (!s->config.proxy_protocol && s->h.on_disconnect != NULL) {
    s->h.on_disconnect(s->h.user, peer);
  }
  server_count_one_less(lc);
}

/* A connection on its way to another loop. */
typedef struct arrival {
  net_post post;
  loop_context *lc;
  int fd;
  net_peer peer;
} arrival;

static void arrive(void *user) {
  arrival a = *(arrival *)user;
  tacet_free(user);
  if (a.lc->ended || a.lc->draining) {
    conn_turn_away(a.lc, a.fd, a.peer);
  } else {
    conn_new(a.lc, a.fd, a.peer);
  }
}

/* The kernel wakes the loop that fell asleep last, and it would get most of
 * the connections. */
static loop_context *with_fewest(loop_context *lc) {
  loop_context *best = lc;
  unsigned n = atomic_load_explicit(&lc->n, memory_order_relaxed);
  for (unsigned i = 0; i < lc->s->config.n_loops; i++) {
    loop_context *other = &lc->s->loops[i];
    unsigned has = atomic_load_explicit(&other->n, memory_order_relaxed);
    if (has < n) {
      best = other;
      n = has;
    }
  }
  return best;
}

static void take(loop_context *lc, int fd, const struct sockaddr_storage *a) {
  net_server *s = lc->s;
  net_peer peer = peer_of(a);
  bool full = atomic_load_explicit(&s->connections, memory_order_relaxed) >=
              s->config.max_connections;
  if (full || (!s->config.proxy_protocol && s->h.on_accept != NULL &&
               !s->h.on_accept(s->h.user, peer))) {
    NET_COUNT(s, refused, 1);
    close(fd);
    return;
  }
  int one = 1;
  if (s->config.path == NULL) {
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  }
  loop_context *to = with_fewest(lc);
  arrival *there = to == lc ? NULL : tacet_alloc(sizeof(*there));
  to = there == NULL ? lc : to;
  NET_COUNT(s, connections, 1);
  atomic_fetch_add_explicit(&to->n, 1, memory_order_relaxed);
  if (there == NULL) {
    conn_new(lc, fd, peer);
    return;
  }
  *there = (arrival){
      .post = {.fn = arrive, .user = there}, .lc = to, .fd = fd, .peer = peer};
  net_post_send(to->loop, &there->post);
}

static void listen_later(loop_context *lc) {
  /* It is always set, so that moving it needs no memory. */
  (void)!net_timer_set(lc->loop, &lc->listen_again,
                       net_loop_now(lc->loop) + NO_DESCRIPTORS_MS);
}

static void listen_again(net_timer *t) {
  loop_context *lc = t->user;
  (void)!net_timer_set(lc->loop, t, UINT64_MAX);
  if (lc->resting && net_watch_start(lc->loop, &lc->listen, true) != TACET_OK) {
    listen_later(lc);
    return;
  }
  lc->resting = false;
}

static void on_listen(net_watch *w, unsigned events) {
  loop_context *lc = w->user;
  (void)events;
  for (int i = 0; i < ACCEPTS; i++) {
    struct sockaddr_storage a = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(a);
    int fd = accept4(w->fd, (struct sockaddr *)&a, &len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take(lc, fd, &a);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
        errno == ENOMEM) {
      /* The listener stays readable: look again when some may have ended. */
      net_watch_stop(lc->loop, w);
      lc->resting = true;
      listen_later(lc);
    }
    if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

/* ---- threads ---- */

static void *run(void *arg) {
  loop_context *lc = arg;
  net_loop_run(lc->loop);
  lc->ended = true;
  while (lc->first != NULL) {
    conn_kill_now(lc->first);
  }
  return NULL;
}

static void drain_loop(void *user) {
  loop_context *lc = user;
  net_server *s = lc->s;
  lc->draining = true;
  lc->resting = false;
  net_watch_stop(lc->loop, &lc->listen);
  for (conn *c = lc->first, *next; c != NULL; c = next) {
    next = c->next;
    conn_retire(c);
  }
  pthread_mutex_lock(&s->lock);
  s->n_draining++;
  pthread_cond_broadcast(&s->gone);
  pthread_mutex_unlock(&s->lock);
}

static tacet_err make_loop(net_server *s, loop_context *lc) {
  lc->s = s;
  TACET_TRY(net_loop_new(&lc->loop));
  lc->bio = net_tls_bio_new();
  if (lc->bio == NULL) {
    return TACET_ERR_NOMEM;
  }
  lc->listen = (net_watch){
      .fd = s->listen_fd, .events = NET_READ, .fn = on_listen, .user = lc};
  lc->listen_again = (net_timer){.fn = listen_again, .user = lc};
  lc->drain = (net_post){.fn = drain_loop, .user = lc};
  TACET_TRY(net_timer_set(lc->loop, &lc->listen_again, UINT64_MAX));
  return net_watch_start(lc->loop, &lc->listen, true);
}

/* Signals are for the program's own threads. */
static tacet_err start_loops(net_server *s) {
  sigset_t all, before;
  bool ok = true;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned i = 0; ok && i < s->config.n_loops; i++) {
    loop_context *lc = &s->loops[i];
    lc->started = true; /* before it runs: what follows it is the loop's */
    ok = pthread_create(&lc->thread, NULL, run, lc) == 0;
    if (!ok) {
      lc->started = false;
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return ok ? TACET_OK : TACET_ERR_IO;
}

static uint32_t or_default(uint32_t v, uint32_t value) {
  return v == 0 ? value : v;
}

static net_server_config complete(const net_server_config *given) {
  net_server_config c = *given;
  c.n_loops = or_default(c.n_loops, 1);
  c.max_connections = or_default(c.max_connections, 20000);
  c.handshake_ms = or_default(c.handshake_ms, 10000);
  c.head_ms = or_default(c.head_ms, 10000);
  c.idle_ms = or_default(c.idle_ms, 60000);
  c.body_ms = or_default(c.body_ms, 30000);
  c.write_ms = or_default(c.write_ms, 30000);
  c.linger_ms = or_default(c.linger_ms, 2000);
  c.ping_ms = or_default(c.ping_ms, 50000);
  c.max_controls = or_default(c.max_controls, 100);
  return c;
}

tacet_err net_server_start(const net_server_config *config,
                           const net_handler *handler, net_server **out) {
  net_server *s = tacet_alloc(sizeof(*s));
  if (s == NULL) {
    return TACET_ERR_NOMEM;
  }
  s->config = complete(config);
  s->h = *handler;
  s->listen_fd = -1;
  pthread_mutex_init(&s->lock, NULL);
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&s->gone, &attr);
  pthread_condattr_destroy(&attr);
  tacet_err err = listen_begin(s);
  if (err == TACET_OK) {
    s->loops = tacet_alloc_array(s->config.n_loops, sizeof(*s->loops));
    err = s->loops == NULL ? TACET_ERR_NOMEM : TACET_OK;
  }
  for (unsigned i = 0; err == TACET_OK && i < s->config.n_loops; i++) {
    err = make_loop(s, &s->loops[i]);
  }
  if (err == TACET_OK) { /* all are there before one may hand over to another */
    err = start_loops(s);
  }
  if (err != TACET_OK) {
    net_server_free(s);
    return err;
  }
  *out = s;
  return TACET_OK;
}

uint16_t net_server_port(const net_server *s) {
  return s->port;
}
size_t net_server_n_loops(const net_server *s) {
  return s->config.n_loops;
}
net_loop *net_server_loop(const net_server *s, size_t i) {
  return s->loops[i].loop;
}

void net_server_get_stats(const net_server *s, net_server_stats *out) {
#define GET(what) atomic_load_explicit(&s->what, memory_order_relaxed)
  *out = (net_server_stats){.accepted = GET(accepted),
                            .refused = GET(refused),
                            .handshakes_failed = GET(handshakes_failed),
                            .requests = GET(requests),
                            .bytes_in = GET(bytes_in),
                            .bytes_out = GET(bytes_out),
                            .timeouts = GET(timeouts),
                            .connections = GET(connections),
                            .websockets = GET(websockets)};
#undef GET
}

/* ---- the end ---- */

void net_server_drain(net_server *s, uint32_t ms) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += ms / 1000;
  end.tv_nsec += (long)(ms % 1000) * 1000000;
  if (end.tv_nsec >= 1000000000) {
    end.tv_sec++;
    end.tv_nsec -= 1000000000;
  }
  for (unsigned i = 0; !s->draining && i < s->config.n_loops; i++) {
    net_post_send(s->loops[i].loop, &s->loops[i].drain);
  }
  s->draining = true;
  /* Who connects from now on is refused, rather than kept waiting. */
  (void)shutdown(s->listen_fd, SHUT_RDWR);
  pthread_mutex_lock(&s->lock);
  while (
      (s->n_draining < s->config.n_loops || atomic_load(&s->connections) > 0) &&
      pthread_cond_timedwait(&s->gone, &s->lock, &end) != ETIMEDOUT) {
  }
  pthread_mutex_unlock(&s->lock);
}

void net_server_free(net_server *s) {
  if (s == NULL) {
    return;
  }
  size_t n = s->loops == NULL ? 0 : s->config.n_loops;
  for (size_t i = 0; i < n; i++) {
    if (s->loops[i].started) {
      net_loop_stop(s->loops[i].loop);
    }
  }
  for (size_t i = 0; i < n; i++) {
    if (s->loops[i].started) {
      pthread_join(s->loops[i].thread, NULL);
    }
    s->loops[i].ended = true;
  }
  /* What is left to run may post to another's loop. */
  for (bool some = true; some;) {
    some = false;
    for (size_t i = 0; i < n; i++) {
      some =
          (s->loops[i].loop != NULL && net_loop_run_left(s->loops[i].loop)) ||
          some;
    }
  }
  for (size_t i = 0; i < n; i++) {
    net_loop_free(s->loops[i].loop);
    BIO_free(s->loops[i].bio);
  }
  listen_end(s);
  tacet_free(s->loops);
  pthread_mutex_destroy(&s->lock);
  pthread_cond_destroy(&s->gone);
  tacet_free(s);
}
