/* SPDX-License-Identifier: Apache-2.0
 * A server that follows a script. */
#include "tests/unit/net/script.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t length(const line *l) {
  return l->n != 0 ? l->n : strlen(l->text);
}

/* What was read up to and with `text` is forgotten. */
static bool want(script *s, const char *text) {
  for (;;) {
    s->got[s->n_got] = '\0';
    char *at = strstr(s->got, text);
    if (at != NULL) {
      size_t used = (size_t)(at - s->got) + strlen(text);
      memmove(s->got, s->got + used, s->n_got - used);
      s->n_got -= used;
      return true;
    }
    ssize_t n =
        recv(s->fd, s->got + s->n_got, sizeof(s->got) - 1 - s->n_got, 0);
    if (n <= 0) {
      return false;
    }
    s->n_got += (size_t)n;
  }
}

bool script_eat(script *s, size_t n) {
  size_t had = n < s->n_got ? n : s->n_got;
  memmove(s->got, s->got + had, s->n_got - had);
  s->n_got -= had;
  while (n > had) {
    char away[65536];
    ssize_t r =
        recv(s->fd, away, n - had < sizeof(away) ? n - had : sizeof(away), 0);
    if (r <= 0) {
      return false;
    }
    had += (size_t)r;
  }
  return true;
}

bool script_give(script *s, const char *p, size_t n) {
  while (n > 0) {
    ssize_t r = send(s->fd, p, n, MSG_NOSIGNAL);
    if (r <= 0) {
      return false;
    }
    p += r;
    n -= (size_t)r;
  }
  return true;
}

static bool follow(script *s, const line *l) {
  static const char zeros[65536];
  struct linger hard = {.l_onoff = 1};
  char c;
  bool ok = true;
  switch (l->verb) {
  case ACCEPT:
    s->fd = accept(s->listener, NULL, NULL);
    s->n_got = 0;
    return s->fd >= 0;
  case WANT:
    return want(s, l->text);
  case EAT:
    return script_eat(s, l->n);
  case SEND:
    return script_give(s, l->text, length(l));
  case ZEROS:
    for (size_t left = l->n; ok && left > 0;) {
      size_t n = left < sizeof(zeros) ? left : sizeof(zeros);
      ok = script_give(s, zeros, n);
      left -= n;
    }
    return true; /* the client may have had enough */
  case RESET:
    setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(s->fd);
    return true;
  case HANG_UP:
    close(s->fd);
    return true;
  case UNTIL_END:
    while (recv(s->fd, &c, 1, 0) > 0) {
    }
    close(s->fd);
    return true;
  case WAIT:
    return read(s->pipe[0], &c, 1) == 1;
  case TELL:
    return write(s->told[1], "", 1) == 1;
  case END:
    break;
  }
  return true;
}

static void *play(void *arg) {
  script *s = arg;
  for (const line *l = s->lines; l->verb != END; l++) {
    if (!follow(s, l)) {
      fprintf(stderr, "the script failed at line %d\n", (int)(l - s->lines));
      s->failed = true;
      break;
    }
  }
  return NULL;
}

script *script_start(const line *lines) {
  script *s = calloc(1, sizeof(*s));
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof(a);
  s->lines = lines;
  s->listener = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(s->listener, (struct sockaddr *)&a, len), 0);
  assert_int_equal(listen(s->listener, 8), 0);
  assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a, &len), 0);
  snprintf(s->port, sizeof(s->port), "%u", ntohs(a.sin_port));
  assert_int_equal(pipe(s->pipe), 0);
  assert_int_equal(pipe(s->told), 0);
  assert_int_equal(pthread_create(&s->thread, NULL, play, s), 0);
  return s;
}

void script_go_on(script *s) {
  assert_int_equal(write(s->pipe[1], "", 1), 1);
}
void script_until_told(script *s) {
  char c;
  assert_int_equal(read(s->told[0], &c, 1), 1);
}

void script_finish(script *s) {
  pthread_join(s->thread, NULL);
  assert_false(s->failed);
  close(s->listener);
  for (int i = 0; i < 2; i++) {
    close(s->pipe[i]);
    close(s->told[i]);
  }
  free(s);
}

net_client *script_client(const script *s) {
  net_client *c;
  assert_int_equal(net_client_new("127.0.0.1", s->port, NULL, &c), NET_OK);
  return c;
}
