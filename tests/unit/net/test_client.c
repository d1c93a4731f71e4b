/* SPDX-License-Identifier: Apache-2.0
 * The client against servers that follow a script, and misbehave. */
#include "tests/support/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/client.h"
#include "net/ws.h"

/* ---- a server with a script ---- */

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

static bool eat(script *s, size_t n) {
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

static bool give(script *s, const char *p, size_t n) {
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
    return eat(s, l->n);
  case SEND:
    return give(s, l->text, length(l));
  case ZEROS:
    for (size_t left = l->n; ok && left > 0;) {
      size_t n = left < sizeof(zeros) ? left : sizeof(zeros);
      ok = give(s, zeros, n);
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

static script *start(const line *lines) {
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

static void go_on(script *s) {
  assert_int_equal(write(s->pipe[1], "", 1), 1);
}
static void until_told(script *s) {
  char c;
  assert_int_equal(read(s->told[0], &c, 1), 1);
}

static void finish(script *s) {
  pthread_join(s->thread, NULL);
  assert_false(s->failed);
  close(s->listener);
  for (int i = 0; i < 2; i++) {
    close(s->pipe[i]);
    close(s->told[i]);
  }
  free(s);
}

static net_client *client_of(const script *s) {
  net_client *c;
  assert_int_equal(net_client_new("127.0.0.1", s->port, NULL, &c), NET_OK);
  return c;
}

static net_call get(void) {
  return (net_call){
      .method = "GET", .target = "/", .max_answer = 1000, .timeout_ms = 10000};
}

static void expect(net_client *c, const net_call *call, net_result want,
                   int status, const char *body) {
  NET_ANSWER(a);
  assert_int_equal(net_client_call(c, call, &a), want);
  assert_int_equal(a.status, status);
  if (body != NULL) {
    assert_span(tacet_span_str(body), tacet_bytes_span(&a.body));
  }
}

#define YES "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
#define REQUEST                                                                \
  { WANT, "\r\n\r\n", 0 }

/* ---- connections that are kept ---- */

static void a_connection_that_died_is_replaced(void **state) {
  (void)state;
  static const line lines[] = {{ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND, YES, 0},
                               {HANG_UP, NULL, 0},
                               {TELL, NULL, 0},
                               {ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND, YES, 0},
                               {UNTIL_END, NULL, 0},
                               {END, NULL, 0}};
  script *s = start(lines);
  net_client *c = client_of(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  until_told(s);
  /* A source cannot be asked twice, and need not be. */
  call.method = "PUT";
  expect(c, &call, NET_OK, 200, "yes");
  net_client_free(c);
  finish(s);
}

static void one_that_dies_unheard_is_replaced_once(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},  REQUEST, {SEND, YES, 0},     REQUEST,
      {HANG_UP, NULL, 0}, /* after the request */
      {ACCEPT, NULL, 0},  REQUEST, {HANG_UP, NULL, 0}, {END, NULL, 0}};
  script *s = start(lines);
  net_client *c = client_of(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  expect(c, &call, NET_UNREACHABLE, 0, NULL);
  net_client_free(c);
  finish(s);
}

/* It may have done what it was asked for. */
static void half_an_answer_is_not_asked_for_again(void **state) {
  (void)state;
  static const line lines[] = {{ACCEPT, NULL, 0},       REQUEST,
                               {SEND, YES, 0},          REQUEST,
                               {SEND, "HTTP/1.1 2", 0}, {HANG_UP, NULL, 0},
                               {END, NULL, 0}};
  script *s = start(lines);
  net_client *c = client_of(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  expect(c, &call, NET_UNREACHABLE, 0, NULL);
  net_client_free(c);
  finish(s); /* nothing came a second time */
}

static void more_than_an_answer_is_not_the_next(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, YES "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", 0},
      {UNTIL_END, NULL, 0},
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, YES, 0},
      {TELL, NULL, 0},
      {WAIT, NULL, 0},
      {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", 0},
      {TELL, NULL, 0},
      {UNTIL_END, NULL, 0},
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, YES, 0},
      {UNTIL_END, NULL, 0},
      {END, NULL, 0}};
  script *s = start(lines);
  net_client *c = client_of(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  expect(c, &call, NET_OK, 200, "yes");
  until_told(s);
  go_on(s);
  until_told(s); /* it comes without having been asked for */
  expect(c, &call, NET_OK, 200, "yes");
  net_client_free(c);
  finish(s);
}

/* ---- answers ---- */

static void interim_answers_are_read_over(void **state) {
  (void)state;
  static const line lines[] = {{ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND,
                                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 "
                                "Early Hints\r\nLink: x\r\n\r\n"
                                "HTTP/1.1 102 Processing\r\n\r\n" YES,
                                0},
                               {UNTIL_END, NULL, 0},
                               {END, NULL, 0}};
  script *s = start(lines);
  net_client *c = client_of(s);
  net_call call = get();
  expect(c, &call, NET_OK, 200, "yes");
  net_client_free(c);
  finish(s);
}

static int64_t give_zeros(void *user, uint8_t *out, size_t cap) {
  *(uint64_t *)user += cap;
  memset(out, 0, cap);
  return (int64_t)cap;
}

/* The server reads nothing of the body: an answer must be seen all the same. */
static void an_early_answer_ends_the_sending(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, "HTTP/1.1 100 Continue\r\n\r\n", 0}, /* that is none */
      {EAT, NULL, 200000},
      {SEND, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 0},
      {WAIT, NULL, 0},
      {RESET, NULL, 0},
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, YES, 0},
      {UNTIL_END, NULL, 0},
      {END, NULL, 0}};
  for (int whole = 0; whole < 2; whole++) {
    script *s = start(lines);
    net_client *c = client_of(s);
    uint64_t given = 0;
    size_t n = 64u << 20;
    uint8_t *body = whole ? calloc(1, n) : NULL;
    net_call call = get();
    call.method = "PUT";
    call.source = whole ? NULL : give_zeros;
    call.source_length = n;
    call.user = &given;
    call.body = whole ? tacet_span_of(body, n) : TACET_SPAN_EMPTY;
    expect(c, &call, NET_OK, 403, "no");
    assert_true(given < n);
    go_on(s);
    call = get();
    expect(c, &call, NET_OK, 200, "yes"); /* over another connection */
    net_client_free(c);
    finish(s);
    free(body);
  }
}

static void forms_of_answers(void **state) {
  (void)state;
  static const struct {
    const char *answer;
    net_result want;
    int status;
    const char *body;
  } cases[] = {
      {YES, NET_OK, 200, "yes"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "2;x=y\r\nye\r\n1\r\ns\r\n0\r\n\r\n",
       NET_OK, 200, "yes"},
      {"HTTP/1.1 204 No Content\r\n\r\n", NET_OK, 204, ""},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", NET_OK, 304,
       ""},
      {"HTTP/1.1 200 OK\r\n\r\nyes", NET_PROTOCOL, 0, NULL},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", NET_TOO_LARGE, 0,
       NULL},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyesno",
       NET_PROTOCOL, 0, NULL},
      {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nyes", NET_UNREACHABLE, 0,
       NULL},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nyes",
       NET_PROTOCOL, 0, NULL},
      {"SSH-2.0-x\r\n", NET_PROTOCOL, 0, NULL},
      {"", NET_UNREACHABLE, 0, NULL},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const line lines[] = {{ACCEPT, NULL, 0},
                          REQUEST,
                          {SEND, cases[i].answer, 0},
                          {HANG_UP, NULL, 0},
                          {END, NULL, 0}};
    script *s = start(lines);
    net_client *c = client_of(s);
    net_call call = get();
    expect(c, &call, cases[i].want, cases[i].status, cases[i].body);
    net_client_free(c);
    finish(s);
  }
}

static bool interrupt_it(void *user, tacet_span piece) {
  (void)piece;
  net_client_interrupt(user);
  return true;
}
static bool go_on_reading(void *user, tacet_span piece) {
  (void)user;
  (void)piece;
  return true;
}

static bool give_up(void *user, tacet_span piece) {
  (void)piece;
  return --*(int *)user > 0;
}

static void a_sink_may_give_up(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", 0},
      {ZEROS, NULL, 1000000},
      {UNTIL_END, NULL, 0},
      {END, NULL, 0}};
  script *s = start(lines);
  net_client *c = client_of(s);
  net_call call = get();
  int times = 2;
  call.sink = give_up;
  call.user = &times;
  expect(c, &call, NET_ABORTED, 0, NULL);
  net_client_free(c);
  finish(s);
}

/* ---- time ---- */

static void silence_times_out(void **state) {
  (void)state;
  static const line lines[] = {{ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND, "HTTP/1.1 200 OK\r\nContent-Len", 0},
                               {UNTIL_END, NULL, 0},
                               {ACCEPT, NULL, 0},
                               REQUEST,
                               {SEND,
                                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                                "\r\nye",
                                0},
                               {UNTIL_END, NULL, 0},
                               {ACCEPT, NULL, 0},
                               {WAIT, NULL, 0},
                               {HANG_UP, NULL, 0},
                               {END, NULL, 0}};
  script *s = start(lines);
  net_client *c = client_of(s);
  net_call call = get();
  call.timeout_ms = 100;
  expect(c, &call, NET_TIMEOUT, 0, NULL);
  expect(c, &call, NET_TIMEOUT, 0, NULL);
  /* Nobody reads. */
  uint64_t given = 0;
  call.source = give_zeros;
  call.source_length = 64u << 20;
  call.user = &given;
  expect(c, &call, NET_TIMEOUT, 0, NULL);
  go_on(s);
  net_client_free(c);
  finish(s);
}

/* However much there is to read. */
static void much_to_read_is_no_obstacle(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n", 0},
      {ZEROS, NULL, 900000000},
      {UNTIL_END, NULL, 0},
      {ACCEPT, NULL, 0},
      REQUEST,
      {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n", 0},
      {ZEROS, NULL, 900000000},
      {UNTIL_END, NULL, 0},
      {END, NULL, 0}};
  script *s = start(lines);
  net_client *c = client_of(s);
  net_call call = get();
  call.sink = interrupt_it;
  call.user = c;
  expect(c, &call, NET_INTERRUPTED, 0, NULL);
  call.sink = go_on_reading;
  call.total_ms = 100;
  expect(c, &call, NET_TIMEOUT, 0, NULL);
  net_client_free(c);
  finish(s);
}

static net_client *to_interrupt;
static volatile sig_atomic_t errno_kept;
static void on_signal(int n) {
  (void)n;
  errno = EBADF;
  net_client_interrupt(to_interrupt);
  errno_kept = errno == EBADF;
}

/* From a signal handler, that must not change errno either. */
static void a_signal_interrupts(void **state) {
  (void)state;
  static const line lines[] = {
      {ACCEPT, NULL, 0}, {UNTIL_END, NULL, 0}, {ACCEPT, NULL, 0}, REQUEST,
      {SEND, YES, 0},    {UNTIL_END, NULL, 0}, {END, NULL, 0}};
  script *s = start(lines);
  net_client *c = client_of(s);
  to_interrupt = c;
  struct sigaction act = {.sa_handler = on_signal}, old;
  sigaction(SIGUSR1, &act, &old);
  net_call call = get();
  for (int i = 0; i < 100000; i++) {
    net_client_interrupt(c); /* more than any pipe holds */
  }
  raise(SIGUSR1); /* before: the next one ends */
  expect(c, &call, NET_INTERRUPTED, 0, NULL);
  expect(c, &call, NET_OK, 200, "yes"); /* and only that one */
  assert_true(errno_kept);
  sigaction(SIGUSR1, &old, NULL);
  net_client_free(c);
  finish(s);
}

/* ---- WebSocket ---- */

static const char upgraded[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Accept: ";

/* A raw server's side, by hand: the key must be computed. */
typedef struct raw {
  script *s;
  net_client *c;
  int fd;
} raw;

static void *open_ws(void *arg) {
  raw *r = arg;
  int status;
  net_result e = net_client_ws_open(r->c, "/", NULL, 8 << 20, 10000, &status);
  return e == NET_OK ? r : NULL;
}

static const line nothing[] = {{END, NULL, 0}};

static raw ws_pair(void) {
  raw r = {.s = start(nothing)};
  pthread_t t;
  void *result;
  char text[4096], answer[256], key[29];
  size_t n = 0;
  r.c = client_of(r.s);
  assert_int_equal(pthread_create(&t, NULL, open_ws, &r), 0);
  r.fd = accept(r.s->listener, NULL, NULL);
  do {
    ssize_t got = recv(r.fd, text + n, sizeof(text) - 1 - n, 0);
    assert_true(got > 0);
    n += (size_t)got;
    text[n] = '\0';
  } while (strstr(text, "\r\n\r\n") == NULL);
  char *at = strstr(text, "Sec-WebSocket-Key: ");
  assert_non_null(at);
  assert_ok(
      net_ws_accept_key(tacet_span_of((const uint8_t *)at + 19, 24), key));
  int len = snprintf(answer, sizeof(answer), "%s%s\r\n\r\n", upgraded, key);
  assert_int_equal(send(r.fd, answer, (size_t)len, 0), len);
  pthread_join(t, &result);
  assert_non_null(result);
  return r;
}

static void end_pair(raw *r) {
  net_client_free(r->c);
  close(r->fd);
  finish(r->s);
}

static void read_exactly(int fd, uint8_t *out, size_t n) {
  while (n > 0) {
    ssize_t got = recv(fd, out, n, 0);
    assert_true(got > 0);
    out += got;
    n -= (size_t)got;
  }
}

/* One masked frame of less than 126 bytes. */
static size_t read_frame(int fd, int opcode, uint8_t *out) {
  uint8_t head[6];
  read_exactly(fd, head, 6);
  assert_int_equal(head[0], 0x80 | opcode);
  assert_true((head[1] & 0x80) != 0);
  size_t n = head[1] & 127;
  read_exactly(fd, out, n);
  for (size_t i = 0; i < n; i++) {
    out[i] ^= head[2 + (i & 3)];
  }
  return n;
}

static void pings_and_closes_are_answered(void **state) {
  (void)state;
  raw r = ws_pair();
  uint8_t got[128];
  tacet_span message;
  uint16_t code;
  assert_int_equal(send(r.fd, "\x89\x02hi\x82\x03yes\x88\x02\x0f\xa0", 13, 0),
                   13);
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_OK);
  assert_span(TACET_SPAN_LIT("yes"), message);
  assert_int_equal(read_frame(r.fd, NET_WS_PONG, got), 2);
  assert_memory_equal(got, "hi", 2);
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_CLOSED);
  assert_int_equal(code, 4000);
  assert_int_equal(read_frame(r.fd, NET_WS_CLOSE, got), 2);
  assert_int_equal(got[0] << 8 | got[1], 4000);
  assert_int_equal(recv(r.fd, got, 1, 0), 0);
  end_pair(&r);
}

static void *send_end(void *arg) {
  raw *r = arg;
  return net_client_ws_send(r->c, TACET_SPAN_LIT("end"), 10000) == NET_OK
             ? r
             : NULL;
}

/* Whoever floods a client with pings and reads no pongs stops nothing: neither
 * what it receives nor, when it reads again, what it is sent. */
static void pings_without_end_block_nobody(void **state) {
  (void)state;
  raw r = ws_pair();
  static const uint8_t ping[127] = {0x89, 125};
  tacet_span message;
  uint16_t code;
  int small = 4096;
  setsockopt(net_client_fd(r.c), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
  for (int i = 0; i < 10000; i++) {
    assert_int_equal(send(r.fd, ping, sizeof(ping), 0), sizeof(ping));
    if (i % 100 == 99) {
      assert_int_equal(net_client_ws_recv(r.c, 0, -1, NULL, &message, &code),
                       NET_TIMEOUT);
    }
  }
  assert_int_equal(send(r.fd, "\x82\x03yes", 5, 0), 5);
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_OK);
  /* What is sent now comes after the pongs, and all are whole frames. */
  pthread_t t;
  void *result;
  uint8_t got[128];
  size_t n_pongs = 0;
  assert_int_equal(pthread_create(&t, NULL, send_end, &r), 0);
  for (;;) {
    uint8_t first;
    assert_int_equal(recv(r.fd, &first, 1, MSG_PEEK), 1);
    if (first != (0x80 | NET_WS_PONG)) {
      break;
    }
    assert_int_equal(read_frame(r.fd, NET_WS_PONG, got), 125);
    n_pongs++;
  }
  assert_true(n_pongs > 100 && n_pongs < 10000);
  assert_int_equal(read_frame(r.fd, NET_WS_BINARY, got), 3);
  pthread_join(t, &result);
  assert_non_null(result);
  end_pair(&r);
}

static void *send_much(void *arg) {
  raw *r = arg;
  uint8_t *p = calloc(1, 4 << 20);
  net_result e = net_client_ws_send(r->c, tacet_span_of(p, 4 << 20), 10000);
  free(p);
  return e == NET_OK ? r : NULL;
}

/* A server that stops listening until it has been listened to. */
static void sending_goes_on_while_receiving(void **state) {
  (void)state;
  raw r = ws_pair();
  pthread_t t;
  void *result;
  assert_int_equal(pthread_create(&t, NULL, send_much, &r), 0);
  uint8_t *much = calloc(1, 3000000);
  memcpy(much, "\x82\x7f\x00\x00\x00\x00\x00\x2d\xc6\xb6", 10); /* 2999990 */
  script *s = r.s;
  s->fd = r.fd;
  assert_true(give(s, (char *)much, 3000000));
  assert_true(eat(s, (4 << 20) + 14));
  pthread_join(t, &result);
  assert_non_null(result);
  tacet_span message;
  uint16_t code;
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_OK);
  assert_int_equal(message.len, 2999990);
  free(much);
  end_pair(&r);
}

static void a_broken_frame_is_a_protocol_error(void **state) {
  (void)state;
  raw r = ws_pair();
  uint8_t got[128];
  tacet_span message;
  uint16_t code;
  assert_int_equal(send(r.fd, "\x82\x81zzzzz", 7, 0), 7); /* masked */
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_PROTOCOL);
  assert_int_equal(read_frame(r.fd, NET_WS_CLOSE, got), 2);
  assert_int_equal(got[0] << 8 | got[1], 1002);
  end_pair(&r);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_connection_that_died_is_replaced),
      cmocka_unit_test(one_that_dies_unheard_is_replaced_once),
      cmocka_unit_test(half_an_answer_is_not_asked_for_again),
      cmocka_unit_test(more_than_an_answer_is_not_the_next),
      cmocka_unit_test(interim_answers_are_read_over),
      cmocka_unit_test(an_early_answer_ends_the_sending),
      cmocka_unit_test(forms_of_answers),
      cmocka_unit_test(a_sink_may_give_up),
      cmocka_unit_test(silence_times_out),
      cmocka_unit_test(much_to_read_is_no_obstacle),
      cmocka_unit_test(a_signal_interrupts),
      cmocka_unit_test(pings_and_closes_are_answered),
      cmocka_unit_test(pings_without_end_block_nobody),
      cmocka_unit_test(sending_goes_on_while_receiving),
      cmocka_unit_test(a_broken_frame_is_a_protocol_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
