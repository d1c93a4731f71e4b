/* SPDX-License-Identifier: Apache-2.0
 * Opens N idle TLS WebSocket connections to a server and says what each costs
 * the server: resident memory from /proc/PID/smaps_rollup, before and after.
 *
 *   bench_idle HOST:PORT PATH PID [N]      N: 10000
 *
 * Instead of a path, `mqtt` opens MQTT sessions and `xmpp` logs accounts in
 * (and registers them before), to compare other servers.
 */
#include "bench/xmpp.h"


#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

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
      fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
             &user, &system) != 2) {
    user = system = 0;
  }
  if (f != NULL) {
    fclose(f);
  }
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static SSL *open_tls(SSL_CTX *ctx, const struct addrinfo *a) {
  int fd = socket(a->ai_family, SOCK_STREAM, 0), one = 1;
  if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
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

static SSL *open_one(SSL_CTX *ctx, const struct addrinfo *a, const char *host,
                     const char *path) {
  static unsigned number;
  char name[32];
  SSL *ssl = open_tls(ctx, a);
  const xmpp_io io = {ssl, xmpp_send, xmpp_wait};
  snprintf(name, sizeof(name), "idle%u", number++);
  if (ssl == NULL) {
    return NULL;
  }
  bool ok = strcmp(path, "mqtt") == 0   ? mqtt_connect(ssl, name)
            : strcmp(path, "xmpp") == 0 ? xmpp_login(&io, name)
                                        : upgrade(ssl, host, path);
  return ok ? ssl : NULL;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: bench_idle HOST:PORT PATH PID [N]\n");
    return 2;
  }
  long n = argc > 4 ? atol(argv[4]) : 10000;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if ((long)files.rlim_cur - 64 < n) {
    n = (long)files.rlim_cur - 64;
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
  /* What a first connection costs once (certificates, tables) is not counted. */
  for (int i = 0; i < 50; i++) {
    if (open_one(ctx, list, argv[1], argv[2]) == NULL) {
      fprintf(stderr, "bench_idle: the server refuses %s\n", argv[2]);
      return 1;
    }
  }
  long before = rss_kib(argv[3]);
  double cpu = cpu_of(argv[3]);
  long opened = 0;
  while (opened < n - 50 && open_one(ctx, list, argv[1], argv[2]) != NULL) {
    opened++;
  }
  long after = rss_kib(argv[3]);
  printf("%ld connections, %.0f bytes each, %.3f ms of server CPU each\n",
         opened, (double)(after - before) * 1024.0 / (double)opened,
         (cpu_of(argv[3]) - cpu) * 1000 / (double)opened);
  return opened < n - 50;
}
