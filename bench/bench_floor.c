/* SPDX-License-Identifier: Apache-2.0
 * The floor: the least that a TLS WebSocket server can be on this machine. Bare
 * epoll and OpenSSL, one thread, one shared BIO, RELEASE_BUFFERS; it upgrades
 * whatever it is asked for and echoes frames. No parsing, limits or time-outs:
 * not a server, but what one is compared with.
 *
 *   bench_floor CERT KEY      prints "ready 127.0.0.1:PORT", runs until killed
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>

typedef struct conn {
  SSL *ssl;
  int fd;
  char stage; /* 0 handshake, 1 request, 2 frames */
} conn;

static BIO *shared;
static int epoll;
static unsigned char buf[1 << 17];
static size_t have; /* bytes of one frame or head that came so far: one client
                       at a time sends, which is all that an echo needs */

static int raw_write(BIO *b, const char *p, int n) {
  ssize_t r = send((int)(long)BIO_get_data(b), p, (size_t)n, MSG_NOSIGNAL);
  BIO_clear_retry_flags(b);
  if (r < 0 && errno == EAGAIN) {
    BIO_set_retry_write(b);
  }
  return (int)r;
}
static int raw_read(BIO *b, char *p, int n) {
  ssize_t r = recv((int)(long)BIO_get_data(b), p, (size_t)n, 0);
  BIO_clear_retry_flags(b);
  if (r < 0 && errno == EAGAIN) {
    BIO_set_retry_read(b);
  }
  return (int)r;
}
static long raw_ctrl(BIO *b, int cmd, long n, void *p) {
  (void)b;
  (void)n;
  (void)p;
  return cmd == BIO_CTRL_FLUSH;
}
static int raw_create(BIO *b) {
  BIO_set_init(b, 1);
  return 1;
}

static void upgrade(conn *c) {
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  char text[128], answer[256], accept[32];
  unsigned char digest[32];
  unsigned len;
  buf[have] = 0;
  char *key = strcasestr((char *)buf, "sec-websocket-key: ");
  if (key == NULL) {
    return;
  }
  snprintf(text, sizeof(text), "%.24s%s", key + 19, guid);
  EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL);
  EVP_EncodeBlock((unsigned char *)accept, digest, 20);
  int n = snprintf(answer, sizeof(answer),
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                   accept);
  SSL_write(c->ssl, answer, n);
  c->stage = 2;
}

/* One whole masked frame goes back unmasked; others are ignored. */
static size_t echo(conn *c, unsigned char *p, size_t n) {
  size_t len = n < 2 ? 0 : p[1] & 127, head = 2;
  if (n < 2) {
    return 0;
  }
  if (len == 126) {
    len = (size_t)p[2] << 8 | p[3];
    head = 4;
  } else if (len == 127) {
    len = (size_t)p[6] << 24 | (size_t)p[7] << 16 | (size_t)p[8] << 8 | p[9];
    head = 10;
  }
  if (n < head + 4 + len) {
    return 0;
  }
  unsigned char *mask = p + head, *body = mask + 4;
  for (size_t i = 0; i < len; i++) {
    body[i] ^= mask[i & 3];
  }
  p[1] &= 127;
  memmove(p + 4, p, head); /* over the mask */
  SSL_write(c->ssl, p + 4, (int)(head + len));
  return head + 4 + len;
}

static int serve(conn *c) {
  BIO_set_data(shared, (void *)(long)c->fd);
  if (c->stage == 0) {
    int r = SSL_accept(c->ssl);
    if (r != 1) {
      return SSL_get_error(c->ssl, r) == SSL_ERROR_WANT_READ;
    }
    c->stage = 1;
  }
  have = 0;
  for (;;) {
    int n = SSL_read(c->ssl, buf + have, (int)(sizeof(buf) - have - 1));
    if (n <= 0) {
      return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ;
    }
    have += (size_t)n;
    if (c->stage == 1) {
      upgrade(c);
      have = 0;
      continue;
    }
    size_t at = 0;
    for (size_t used; (used = echo(c, buf + at, have - at)) > 0;) {
      at += used;
    }
    memmove(buf, buf + at, have - at);
    have -= at;
  }
}

static int listen_on(char *where) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof(a);
  if (bind(fd, (struct sockaddr *)&a, len) != 0 || listen(fd, 1024) != 0 ||
      getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
    exit(1);
  }
  sprintf(where, "127.0.0.1:%u", ntohs(a.sin_port));
  return fd;
}

int main(int argc, char **argv) {
  struct rlimit files;
  char where[32];
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_max < 120000) {
    struct rlimit more = {120000, 120000};
    (void)setrlimit(RLIMIT_NOFILE, &more); /* root may */
    getrlimit(RLIMIT_NOFILE, &files);
  }
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  if (argc != 3 || SSL_CTX_use_certificate_chain_file(ctx, argv[1]) != 1 ||
      SSL_CTX_use_PrivateKey_file(ctx, argv[2], SSL_FILETYPE_PEM) != 1) {
    fprintf(stderr, "usage: bench_floor CERT KEY\n");
    return 2;
  }
  SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_num_tickets(ctx, 0);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  BIO_METHOD *m =
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "raw");
  BIO_meth_set_write(m, raw_write);
  BIO_meth_set_read(m, raw_read);
  BIO_meth_set_ctrl(m, raw_ctrl);
  BIO_meth_set_create(m, raw_create);
  shared = BIO_new(m);
  int listener = listen_on(where);
  epoll = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}, events[64];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
  printf("ready %s\n", where);
  fflush(stdout);
  for (;;) {
    int n = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < n; i++) {
      conn *c = events[i].data.ptr;
      if (c != NULL) {
        if (!serve(c)) {
          SSL_free(c->ssl);
          close(c->fd);
          free(c);
        }
        continue;
      }
      int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
      if (fd < 0) {
        continue;
      }
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
      c = calloc(1, sizeof(*c));
      c->fd = fd;
      c->ssl = SSL_new(ctx);
      BIO_up_ref(shared);
      SSL_set_bio(c->ssl, shared, shared);
      e = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
      epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
    }
  }
}
