/* SPDX-License-Identifier: Apache-2.0
 * Opens N idle TLS WebSocket connections to a server and says what each costs
 * the server: resident memory from /proc/PID/smaps_rollup, before and after.
 * More descriptors than the hard limit allows need root, also for the server.
 *
 *   bench_idle HOST:PORT PATH PID [N]      N: 10000
 *
 * Instead of a path, `mqtt` opens MQTT sessions and `xmpp` logs accounts in
 * (and registers them before), to compare other servers.
 */
#include "bench/xmpp.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define SPARE 64    /* descriptors for other things */
#define PORTS 20000 /* connections of one source address */
#define FIRST 50    /* connections that are not counted */

static long rss_kib(const char *pid) {
  char path[64], line[256];
  long kib = -1;
  snprintf(path, sizeof(path), "/proc/%s/smaps_rollup", pid);
  FILE *f = fopen(path, "r");
  while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
    if (sscanf(line, "Rss: %ld", &kib) == 1) {
      break;
    }
  }
  if (f != NULL) {
    fclose(f);
  }
  return kib;
}

static double cpu_of(const char *pid) {
  char path[64];
  unsigned long user = 0, system = 0;
  snprintf(path, sizeof(path), "/proc/%s/stat", pid);
  FILE *f = fopen(path, "r");
  if (f == NULL ||
      fscanf(f,
             "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
             &user, &system) != 2) {
    user = system = 0;
  }
  if (f != NULL) {
    fclose(f);
  }
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* A source address of its own for each 20,000 connections to a loopback server:
 * one address has 28,000 ports by default. */
static void choose_source(int fd, const struct addrinfo *a, long i) {
  struct sockaddr_in to;
  int one = 1;
  if (a->ai_family != AF_INET || i < PORTS) {
    return;
  }
  memcpy(&to, a->ai_addr, sizeof(to));
  if (ntohl(to.sin_addr.s_addr) >> 24 == 127) {
    struct sockaddr_in from = {
        .sin_family = AF_INET,
        .sin_addr = {htonl(INADDR_LOOPBACK + (uint32_t)(i / PORTS))}};
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
                     sizeof(one));
    (void)bind(fd, (const struct sockaddr *)&from, sizeof(from));
  }
}

static SSL *open_tls(SSL_CTX *ctx, const struct addrinfo *a, long i) {
  int fd = socket(a->ai_family, SOCK_STREAM, 0), one = 1;
  if (fd < 0) {
    return NULL;
  }
  choose_source(fd, a, i);
  if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
    return NULL;
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  SSL *ssl = SSL_new(ctx);
  SSL_set_fd(ssl, fd);
  return SSL_connect(ssl) == 1 ? ssl : NULL;
}

static bool upgrade(SSL *ssl, const char *host, const char *path) {
  char text[512];
  int n = snprintf(text, sizeof(text),
                   "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                   path, host);
  if (SSL_write(ssl, text, n) != n) {
    return false;
  }
  n = SSL_read(ssl, text, sizeof(text) - 1);
  text[n > 0 ? n : 0] = '\0';
  return strstr(text, " 101 ") != NULL;
}

static bool mqtt_connect(SSL *ssl, const char *name) {
  unsigned char p[64] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0};
  size_t n = strlen(name);
  p[1] = (unsigned char)(12 + n);
  p[13] = (unsigned char)n;
  memcpy(p + 14, name, n);
  return SSL_write(ssl, p, (int)(14 + n)) > 0 &&
         SSL_read(ssl, p, sizeof(p)) == 4 && p[0] == 0x20 && p[3] == 0;
}

static void xmpp_send(void *user, const char *text) {
  (void)SSL_write(user, text, (int)strlen(text));
}

static bool xmpp_wait(void *user, const char *text) {
  char in[8192];
  size_t have = 0;
  do {
    int n = SSL_read(user, in + have, (int)(sizeof(in) - have - 1));
    if (n <= 0) {
      return false;
    }
    have += (size_t)n;
    in[have] = '\0';
  } while (strstr(in, text) == NULL);
  return true;
}

/* The i-th. */
static SSL *open_one(SSL_CTX *ctx, const struct addrinfo *a, const char *host,
                     const char *path, long i) {
  char name[32];
  SSL *ssl = open_tls(ctx, a, i);
  const xmpp_io io = {ssl, xmpp_send, xmpp_wait};
  snprintf(name, sizeof(name), "idle%ld", i);
  if (ssl == NULL) {
    return NULL;
  }
  bool ok = strcmp(path, "mqtt") == 0   ? mqtt_connect(ssl, name)
            : strcmp(path, "xmpp") == 0 ? xmpp_login(&io, name)
                                        : upgrade(ssl, host, path);
  return ok ? ssl : NULL;
}

/* How many there may be: n, if that can be had. */
static long allow_descriptors(long n) {
  struct rlimit files, more;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
    return 1024;
  }
  more = (struct rlimit){(rlim_t)n, (rlim_t)n};
  if (files.rlim_max < (rlim_t)n && setrlimit(RLIMIT_NOFILE, &more) == 0) {
    return n; /* root may */
  }
  files.rlim_cur = files.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur > (rlim_t)n ? n : (long)files.rlim_cur;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: bench_idle HOST:PORT PATH PID [N]\n");
    return 2;
  }
  long n = argc > 4 ? atol(argv[4]) : 10000;
  long allowed = allow_descriptors(n + SPARE);
  if (allowed - SPARE < n) {
    n = allowed - SPARE;
    printf("# scaled down to %ld: no more descriptors are allowed\n", n);
  }
  char host[256];
  snprintf(host, sizeof(host), "%s", argv[1]);
  char *port = strrchr(host, ':');
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
  if (port == NULL) {
    return 2;
  }
  *port++ = '\0';
  if (getaddrinfo(host, port, &hints, &list) != 0) {
    return 2;
  }
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
  /* What a first connection costs once (certificates, tables) is not counted.
   */
  for (long i = 0; i < FIRST; i++) {
    if (open_one(ctx, list, argv[1], argv[2], i) == NULL) {
      fprintf(stderr, "bench_idle: the server refuses %s\n", argv[2]);
      return 1;
    }
  }
  long before = rss_kib(argv[3]);
  double cpu = cpu_of(argv[3]);
  long opened = 0;
  while (opened < n - FIRST &&
         open_one(ctx, list, argv[1], argv[2], opened + FIRST) != NULL) {
    opened++;
  }
  long after = rss_kib(argv[3]);
  printf("%ld connections, %.0f bytes each, %.3f ms of server CPU each\n",
         opened, (double)(after - before) * 1024.0 / (double)opened,
         (cpu_of(argv[3]) - cpu) * 1000 / (double)opened);
  return opened < n - FIRST;
}
