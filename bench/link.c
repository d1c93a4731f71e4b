/* SPDX-License-Identifier: Apache-2.0
 * The load client's connections. */
#include "bench/link.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define READ_AT_ONCE (64 * 1024)

struct engine {
  int epoll;
  SSL_CTX *ctx;
  link_t *dirty;
};

static void give_up(const char *what) {
  fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
  exit(1);
}

engine *engine_new(void) {
  engine *e = calloc(1, sizeof(*e));
  e->epoll = epoll_create1(EPOLL_CLOEXEC);
  e->ctx = SSL_CTX_new(TLS_client_method());
  if (e->epoll < 0 || e->ctx == NULL) {
    give_up("no engine");
  }
  SSL_CTX_set_verify(e->ctx, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_mode(e->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return e;
}

void engine_free(engine *e) {
  SSL_CTX_free(e->ctx);
  (void)close(e->epoll);
  free(e);
}

/* ---- links ---- */

link_t *link_open(engine *e, const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
  int one = 1;
  link_t *l = calloc(1, sizeof(*l));
  if (getaddrinfo(host, port, &hints, &list) != 0) {
    give_up("no such host");
  }
  l->e = e;
  l->fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (l->fd < 0 || connect(l->fd, list->ai_addr, list->ai_addrlen) != 0) {
    give_up("cannot connect");
  }
  freeaddrinfo(list);
  (void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  SSL *ssl = SSL_new(e->ctx);
  SSL_set_fd(ssl, l->fd);
  if (SSL_connect(ssl) != 1) {
    give_up("no TLS");
  }
  l->ssl = ssl;
  (void)fcntl(l->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event ev = {.events = EPOLLIN, .data.ptr = l};
  if (epoll_ctl(e->epoll, EPOLL_CTL_ADD, l->fd, &ev) != 0) {
    give_up("epoll");
  }
  return l;
}

void link_close(link_t *l) {
  SSL_free(l->ssl);
  (void)close(l->fd);
  free(l->in);
  free(l->out);
  free(l);
}

static void grow(uint8_t **p, size_t *cap, size_t need) {
  while (*cap < need) {
    *cap = *cap == 0 ? 4096 : *cap * 2;
  }
  *p = realloc(*p, *cap);
}

void link_send(link_t *l, const void *bytes, size_t len) {
  grow(&l->out, &l->out_cap, l->out_len + len);
  memcpy(l->out + l->out_len, bytes, len);
  l->out_len += len;
  if (!l->dirty) {
    l->dirty = true;
    l->next_dirty = l->e->dirty;
    l->e->dirty = l;
  }
}

static void watch(link_t *l, bool writing) {
  struct epoll_event ev = {.events = EPOLLIN, .data.ptr = l};
  ev.events |= writing ? (uint32_t)EPOLLOUT : 0;
  if (writing != l->waits_to_write) {
    (void)epoll_ctl(l->e->epoll, EPOLL_CTL_MOD, l->fd, &ev);
    l->waits_to_write = writing;
  }
}

static void flush(link_t *l) {
  size_t at = 0;
  while (at < l->out_len) {
    int n = SSL_write(l->ssl, l->out + at, (int)(l->out_len - at));
    if (n <= 0) {
      break;
    }
    at += (size_t)n;
  }
  l->out_len -= at;
  memmove(l->out, l->out + at, l->out_len);
  watch(l, l->out_len > 0);
}

static void read_some(link_t *l) {
  for (;;) {
    grow(&l->in, &l->in_cap, l->in_len + READ_AT_ONCE);
    int n = SSL_read(l->ssl, l->in + l->in_len, READ_AT_ONCE);
    if (n <= 0) {
      if (SSL_get_error(l->ssl, n) != SSL_ERROR_WANT_READ) {
        give_up("the server closed a connection");
      }
      break;
    }
    l->in_len += (size_t)n;
  }
  size_t used = l->in_len > 0 && l->on_bytes != NULL ? l->on_bytes(l) : 0;
  l->in_len -= used;
  memmove(l->in, l->in + used, l->in_len);
}

bool engine_run(engine *e, unsigned ms, const bool *done) {
  struct epoll_event events[128];
  uint64_t end = now_ns() + (uint64_t)ms * 1000000;
  for (;;) {
    while (e->dirty != NULL) {
      link_t *l = e->dirty;
      e->dirty = l->next_dirty;
      l->dirty = false;
      flush(l);
    }
    if (done != NULL && *done) {
      return true;
    }
    uint64_t now = now_ns();
    if (now >= end) {
      return false;
    }
    int n = epoll_wait(e->epoll, events, 128, (int)((end - now) / 1000000) + 1);
    for (int i = 0; i < n; i++) {
      link_t *l = events[i].data.ptr;
      if ((events[i].events & EPOLLOUT) != 0) {
        flush(l);
      }
      read_some(l);
    }
  }
}

/* ---- WebSocket ---- */

void ws_send(link_t *l, const void *payload, size_t len) {
  uint8_t head[14] = {0x82};
  size_t n = 2;
  if (len < 126) {
    head[1] = (uint8_t)(0x80 | len);
  } else if (len < 65536) {
    head[1] = 0x80 | 126;
    head[2] = (uint8_t)(len >> 8);
    head[3] = (uint8_t)len;
    n = 4;
  } else {
    head[1] = 0x80 | 127;
    for (int i = 0; i < 8; i++) {
      head[2 + i] = (uint8_t)(len >> (8 * (7 - i)));
    }
    n = 10;
  }
  n += 4; /* a mask of zeros: a load client need not hide from proxies */
  link_send(l, head, n);
  link_send(l, payload, len);
}

size_t ws_frame(const uint8_t *p, size_t n, const uint8_t **body, size_t *len) {
  size_t head = 2, size = n < 2 ? 0 : p[1] & 127u;
  if (n < 2) {
    return 0;
  }
  if (size == 126 && n >= 4) {
    size = (size_t)p[2] << 8 | p[3];
    head = 4;
  } else if (size == 127 && n >= 10) {
    size = (size_t)p[6] << 24 | (size_t)p[7] << 16 | (size_t)p[8] << 8 | p[9];
    head = 10;
  } else if (size >= 126) {
    return 0;
  }
  if (n < head + size) {
    return 0;
  }
  *body = p + head;
  *len = size;
  return head + size;
}

static bool upgraded;
static size_t on_upgrade(link_t *l) {
  const char *end = memmem(l->in, l->in_len, "\r\n\r\n", 4);
  if (end == NULL) {
    return 0;
  }
  if (memcmp(l->in, "HTTP/1.1 101", 12) != 0) {
    give_up("the upgrade was refused");
  }
  upgraded = true;
  return (size_t)(end - (const char *)l->in) + 4;
}

void ws_upgrade(link_t *l, const char *host, const char *path) {
  char text[512];
  int n = snprintf(text, sizeof(text),
                   "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
                   path, host);
  upgraded = false;
  l->on_bytes = on_upgrade;
  link_send(l, text, (size_t)n);
  if (!engine_run(l->e, 10000, &upgraded)) {
    give_up("no answer to the upgrade");
  }
}

/* ---- measuring ---- */

uint64_t now_ns(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double cpu_seconds(int pid) {
  char path[64];
  unsigned long user = 0, system = 0;
  (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
  FILE *f = fopen(path, "r");
  if (f == NULL || fscanf(f,
                          "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u "
                          "%*u %*u %lu %lu",
                          &user, &system) != 2) {
    give_up("no /proc/PID/stat");
  }
  (void)fclose(f);
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

long resident_kib(int pid) {
  char path[64];
  long pages = 0, resident = 0;
  (void)snprintf(path, sizeof(path), "/proc/%d/statm", pid);
  FILE *f = fopen(path, "r");
  if (f == NULL || fscanf(f, "%ld %ld", &pages, &resident) != 2) {
    give_up("no /proc/PID/statm");
  }
  (void)fclose(f);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}
