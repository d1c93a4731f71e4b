/* SPDX-License-Identifier: Apache-2.0
 * What the server listens on: a port, or a UNIX socket. */
#include "net/conn.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

/* A socket that nobody listens on is what a server leaves behind that was
 * killed; anything else in the way stays. */
static tacet_err clear_path(const struct sockaddr_un *a) {
  struct stat st;
  if (lstat(a->sun_path, &st) != 0) {
    return errno == ENOENT ? TACET_OK : TACET_ERR_IO;
  }
  if (!S_ISSOCK(st.st_mode)) {
    return TACET_ERR_EXISTS;
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return TACET_ERR_IO;
  }
  bool dead = connect(fd, (const struct sockaddr *)a, sizeof(*a)) != 0 &&
              errno == ECONNREFUSED;
  close(fd);
  if (!dead) {
    return TACET_ERR_EXISTS;
  }
  return unlink(a->sun_path) == 0 ? TACET_OK : TACET_ERR_IO;
}

static tacet_err bind_path(net_server *s, const char *path) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  struct stat st;
  if (strlen(path) >= sizeof(a.sun_path)) {
    return TACET_ERR_ARGUMENT;
  }
  memcpy(a.sun_path, path, strlen(path) + 1);
  TACET_TRY(clear_path(&a));
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return TACET_ERR_IO;
  }
  if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
    close(fd);
    return TACET_ERR_IO;
  }
  /* Nobody can connect before listen(), so the mode is never too wide. */
  if (chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0 ||
      lstat(path, &st) != 0) {
    (void)unlink(path);
    close(fd);
    return TACET_ERR_IO;
  }
  s->listen_fd = fd;
  s->socket_dev = (uint64_t)st.st_dev;
  s->socket_ino = (uint64_t)st.st_ino;
  return TACET_OK;
}

/* Ours, and not that of a server which has taken its place. */
void listen_end(net_server *s) {
  struct stat st;
  if (s->config.path != NULL && s->listen_fd >= 0 &&
      lstat(s->config.path, &st) == 0 && (uint64_t)st.st_dev == s->socket_dev &&
      (uint64_t)st.st_ino == s->socket_ino) {
    (void)unlink(s->config.path);
  }
  if (s->listen_fd >= 0) {
    close(s->listen_fd);
  }
}

static tacet_err bind_port(const char *host, const char *port, int *out) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
  struct addrinfo *list;
  if (getaddrinfo(host, port, &hints, &list) != 0) {
    return TACET_ERR_ARGUMENT;
  }
  tacet_err err = TACET_ERR_IO;
  int one = 1;
  int fd =
      socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, list->ai_addr, list->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0) {
      err = TACET_OK;
    } else {
      err = errno == EADDRINUSE ? TACET_ERR_EXISTS : TACET_ERR_IO;
      close(fd);
    }
  }
  freeaddrinfo(list);
  if (err == TACET_OK) {
    *out = fd;
  }
  return err;
}

static uint16_t port_of(int fd) {
  struct sockaddr_storage a;
  socklen_t len = sizeof(a);
  if (getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
    return 0;
  }
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  memcpy(&in, &a, sizeof(in));
  memcpy(&in6, &a, sizeof(in6));
  return a.ss_family == AF_INET    ? ntohs(in.sin_port)
         : a.ss_family == AF_INET6 ? ntohs(in6.sin6_port)
                                   : 0;
}

tacet_err listen_begin(net_server *s) {
  const net_server_config *c = &s->config;
  if (c->path != NULL) {
    return bind_path(s, c->path);
  }
  TACET_TRY(bind_port(c->host, c->port, &s->listen_fd));
  s->port = port_of(s->listen_fd);
  return TACET_OK;
}
