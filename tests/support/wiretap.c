/* SPDX-License-Identifier: Apache-2.0
 * wiretap: stands between clients and a server and writes down every byte that
 * passes, in both directions. For the demonstration and the blindness tests:
 * what somebody on the wire sees, and with the server's own certificate, what
 * passes inside TLS.
 *
 *   wiretap --listen HOST:PORT --to HOST:PORT|unix:PATH --record FILE
 *           [--tls CERT KEY]      ends TLS here and passes plaintext on
 *           [--proxy-protocol]    tells the server who connected (version 1)
 *
 * Prints "ready HOST:PORT" once it accepts. SIGTERM or SIGINT ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

static struct {
  char to_host[256], to_port[8], to_path[108];
  FILE *record;
  pthread_mutex_t record_lock;
  SSL_CTX *tls;
  bool proxy_protocol;
} tap = {.record_lock = PTHREAD_MUTEX_INITIALIZER};

static void die(const char *what) {
  fprintf(stderr, "wiretap: %s: %s\n", what, strerror(errno));
  exit(1);
}

static bool split(const char *text, char *host, size_t cap, char *port) {
  const char *colon = strrchr(text, ':');
  if (colon == NULL || (size_t)(colon - text) >= cap || strlen(colon + 1) > 5) {
    return false;
  }
  memcpy(host, text, (size_t)(colon - text));
  host[colon - text] = '\0';
  strcpy(port, colon + 1);
  return true;
}

static int open_socket(const char *host, const char *port, bool listening) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                           .ai_flags = listening ? AI_PASSIVE : 0};
  struct addrinfo *list;
  if (getaddrinfo(host, port, &hints, &list) != 0) {
    return -1;
  }
  int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;
  if (fd >= 0 && listening) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  }
  int r = fd < 0 ? -1
          : listening
              ? bind(fd, list->ai_addr, list->ai_addrlen) || listen(fd, 128)
              : connect(fd, list->ai_addr, list->ai_addrlen);
  freeaddrinfo(list);
  if (r != 0 && fd >= 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static int open_server(void) {
  if (tap.to_path[0] == '\0') {
    return open_socket(tap.to_host, tap.to_port, false);
  }
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  memcpy(a.sun_path, tap.to_path, strlen(tap.to_path) + 1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static void write_down(const char *buf, size_t n) {
  pthread_mutex_lock(&tap.record_lock);
  if (fwrite(buf, 1, n, tap.record) != n || fflush(tap.record) != 0) {
    die("recording");
  }
  pthread_mutex_unlock(&tap.record_lock);
}

static bool send_all(int fd, SSL *ssl, const char *buf, size_t n) {
  while (n > 0) {
    ssize_t sent = ssl != NULL ? SSL_write(ssl, buf, (int)n)
                               : send(fd, buf, n, MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    buf += sent;
    n -= (size_t)sent;
  }
  return true;
}

/* One direction, once. False when that side is done. */
static bool pass_on(int from, SSL *from_ssl, int to, SSL *to_ssl) {
  char buf[16384];
  ssize_t n = from_ssl != NULL ? SSL_read(from_ssl, buf, sizeof(buf))
                               : recv(from, buf, sizeof(buf), 0);
  if (n <= 0) {
    return false;
  }
  write_down(buf, (size_t)n);
  return send_all(to, to_ssl, buf, (size_t)n);
}

static void *serve(void *arg) {
  int client = (int)(intptr_t)arg;
  int server = open_server();
  SSL *ssl = NULL;
  bool up = server >= 0;
  if (up && tap.tls != NULL) {
    ssl = SSL_new(tap.tls);
    up = ssl != NULL && SSL_set_fd(ssl, client) == 1 && SSL_accept(ssl) == 1;
  }
  static const char hello[] = "PROXY TCP4 127.0.0.1 127.0.0.1 40000 443\r\n";
  if (up && tap.proxy_protocol) {
    up = send_all(server, NULL, hello, sizeof(hello) - 1);
  }
  while (up) {
    struct pollfd p[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    bool waiting = ssl != NULL && SSL_pending(ssl) > 0;
    if (!waiting && poll(p, 2, -1) < 0) {
      break;
    }
    if (waiting || (p[0].revents & (POLLIN | POLLHUP | POLLERR))) {
      up = pass_on(client, ssl, server, NULL);
    }
    if (up && (p[1].revents & (POLLIN | POLLHUP | POLLERR))) {
      up = pass_on(server, NULL, client, ssl);
    }
  }
  if (ssl != NULL) {
    SSL_shutdown(ssl);
    SSL_free(ssl);
  }
  close(client);
  if (server >= 0) {
    close(server);
  }
  return NULL;
}

static SSL_CTX *tls_of(const char *cert, const char *key) {
  SSL_CTX *c = SSL_CTX_new(TLS_server_method());
  if (c == NULL || SSL_CTX_use_certificate_chain_file(c, cert) != 1 ||
      SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1) {
    ERR_print_errors_fp(stderr);
    exit(1);
  }
  return c;
}

static void stop(int sig) {
  (void)sig;
  _exit(0); /* every record is flushed as it is written */
}

int main(int argc, char **argv) {
  char host[256] = "", port[8] = "";
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc) {
      if (!split(argv[++i], host, sizeof(host), port)) {
        host[0] = '\0';
      }
    } else if (strcmp(argv[i], "--to") == 0 && i + 1 < argc) {
      const char *to = argv[++i];
      if (strncmp(to, "unix:", 5) == 0 && strlen(to) - 5 < sizeof(tap.to_path)) {
        strcpy(tap.to_path, to + 5);
      } else if (!split(to, tap.to_host, sizeof(tap.to_host), tap.to_port)) {
        die("--to wants HOST:PORT or unix:PATH");
      }
    } else if (strcmp(argv[i], "--record") == 0 && i + 1 < argc) {
      tap.record = fopen(argv[++i], "ab");
    } else if (strcmp(argv[i], "--tls") == 0 && i + 2 < argc) {
      tap.tls = tls_of(argv[i + 1], argv[i + 2]);
      i += 2;
    } else if (strcmp(argv[i], "--proxy-protocol") == 0) {
      tap.proxy_protocol = true;
    }
  }
  if (host[0] == '\0' || tap.record == NULL ||
      (tap.to_path[0] == '\0' && tap.to_host[0] == '\0')) {
    fprintf(stderr, "usage: wiretap --listen HOST:PORT --to HOST:PORT|unix:PATH"
                    " --record FILE [--tls CERT KEY] [--proxy-protocol]\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  int fd = open_socket(host, port, true);
  if (fd < 0) {
    die("listening");
  }
  struct sockaddr_in a;
  socklen_t len = sizeof(a);
  getsockname(fd, (struct sockaddr *)&a, &len);
  printf("ready %s:%u\n", host, ntohs(a.sin_port));
  fflush(stdout);
  for (;;) {
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    pthread_t t;
    if (client >= 0 &&
        pthread_create(&t, NULL, serve, (void *)(intptr_t)client) == 0) {
      pthread_detach(t);
    } else if (client >= 0) {
      close(client);
    }
  }
}
