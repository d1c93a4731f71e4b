/* SPDX-License-Identifier: Apache-2.0
 * A server that follows a script, for tests of the client. */
#ifndef TACET_TESTS_NET_SCRIPT_H
#define TACET_TESTS_NET_SCRIPT_H

#include "tests/support/support.h"

#include <pthread.h>

#include "net/client.h"

typedef enum verb {
  END, /* of the script */
  ACCEPT,
  WANT,    /* reads until `text` has come */
  EAT,     /* reads n bytes */
  SEND,    /* sends text */
  ZEROS,   /* as many of n as are taken */
  HANG_UP, /* in good order */
  RESET,
  UNTIL_END, /* reads until the client has closed */
  WAIT,      /* for the test's go_on() */
  TELL       /* the test's until_told() returns */
} verb;

typedef struct line {
  verb verb;
  const char *text;
  size_t n; /* bytes of text, if it has a NUL; or of EAT, ZEROS */
} line;

typedef struct script {
  const line *lines;
  int listener, fd;
  pthread_t thread;
  char port[8];
  char got[1 << 17];
  size_t n_got;
  int pipe[2], told[2];
  bool failed;
} script;

/* Listens on a port of its own and follows the lines, in a thread. */
script *script_start(const line *lines);
void script_go_on(script *s);      /* past a WAIT */
void script_until_told(script *s); /* waits for a TELL */
/* Waits for its end; fails the test if it could not follow it. */
void script_finish(script *s);
/* For a test that speaks for it: on s->fd, until all is there, or false. */
bool script_eat(script *s, size_t n);
bool script_give(script *s, const char *p, size_t n);
/* A client of it, without TLS. */
net_client *script_client(const script *s);

#endif
