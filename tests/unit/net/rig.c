/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/net/rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

rig the;
_Thread_local bool rig_in_call;
static char folder[64], cert[96], key[96];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;

/* ---- waiting ---- */

static struct timespec in_seconds(int n) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_sec += n;
  return t;
}

void rig_count(atomic_int *what) {
  pthread_mutex_lock(&lock);
  atomic_fetch_add(what, 1);
  pthread_cond_broadcast(&moved);
  pthread_mutex_unlock(&lock);
}

void rig_until(atomic_int *what, int n) {
  struct timespec end = in_seconds(10);
  int r = 0;
  pthread_mutex_lock(&lock);
  while (atomic_load(what) < n && r == 0) {
    r = pthread_cond_timedwait(&moved, &lock, &end);
  }
  pthread_mutex_unlock(&lock);
  if (atomic_load(what) < n) {
    fail_msg("waited for %d, came %d", n, atomic_load(what));
  }
}

net_server_stats rig_stats(void) {
  net_server_stats s;
  net_server_get_stats(the.server, &s);
  return s;
}

void rig_until_connections(uint64_t n) {
  for (int i = 0; i < 2000 && rig_stats().connections != n; i++) {
    poll(NULL, 0, 5);
  }
  assert_int_equal(rig_stats().connections, n);
}

void rig_until_requests(uint64_t n) {
  for (int i = 0; i < 2000 && rig_stats().requests < n; i++) {
    poll(NULL, 0, 5);
  }
  assert_int_equal(rig_stats().requests, n);
}

/* ---- a thread that answers ---- */

typedef struct job {
  struct job *next;
  net_reply *reply;
  tacet_bytes body; /* to answer with; p NULL: only resume */
  bool resume;
} job;

static struct {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t come;
  job *first, **last;
  bool stop;
} worker = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .come = PTHREAD_COND_INITIALIZER};

static void *work(void *arg) {
  (void)arg;
  pthread_mutex_lock(&worker.lock);
  while (worker.first != NULL || !worker.stop) {
    job *j = worker.first;
    if (j == NULL) {
      pthread_cond_wait(&worker.come, &worker.lock);
      continue;
    }
    worker.first = j->next;
    worker.last = worker.first == NULL ? &worker.first : worker.last;
    pthread_mutex_unlock(&worker.lock);
    if (j->resume) {
      net_reply_resume(j->reply);
    } else {
      net_reply_send(
          j->reply,
          &(net_response){.status = 200, .body = tacet_bytes_span(&j->body)});
    }
    tacet_bytes_free(&j->body);
    free(j);
    pthread_mutex_lock(&worker.lock);
  }
  pthread_mutex_unlock(&worker.lock);
  return NULL;
}

static void give_work(net_reply *reply, tacet_span body, bool resume) {
  job *j = calloc(1, sizeof(*j));
  j->reply = reply;
  j->resume = resume;
  assert_ok(tacet_bytes_set(&j->body, body));
  pthread_mutex_lock(&worker.lock);
  *worker.last = j;
  worker.last = &j->next;
  pthread_cond_signal(&worker.come);
  pthread_mutex_unlock(&worker.lock);
}

static void start_worker(void) {
  worker.first = NULL;
  worker.last = &worker.first;
  worker.stop = false;
  pthread_create(&worker.thread, NULL, work, NULL);
}

static void stop_worker(void) {
  pthread_mutex_lock(&worker.lock);
  worker.stop = true;
  pthread_cond_signal(&worker.come);
  pthread_mutex_unlock(&worker.lock);
  pthread_join(worker.thread, NULL);
}

/* ---- the handler ---- */

typedef struct upload {
  uint64_t bytes, wrong;
  net_reply *reply;
} upload;

static void note_call(void) {
  if (rig_in_call) {
    atomic_fetch_add(&the.reentered, 1);
  }
}

static bool path_is(const net_request *r, const char *path) {
  return tacet_span_equal(net_request_head(r)->path, tacet_span_str(path));
}

static void respond(net_request *r, int status, const char *text) {
  net_respond(r,
              &(net_response){.status = status, .body = tacet_span_str(text)});
}

static bool on_accept(void *user, net_peer from) {
  (void)user;
  if (atomic_load(&the.refuse_all)) {
    return false;
  }
  pthread_mutex_lock(&lock);
  memcpy(the.address, from.address, sizeof(the.address));
  pthread_mutex_unlock(&lock);
  rig_count(&the.accepted);
  return true;
}

static void on_disconnect(void *user, net_peer from) {
  (void)user;
  (void)from;
  rig_count(&the.disconnected);
}

static net_body on_head(void *user, net_request *r, uint64_t *max_body) {
  (void)user;
  note_call();
  if (path_is(r, "/early")) {
    respond(r, 403, "no");
    return NET_BODY_ANSWERED;
  }
  bool streamed =
      path_is(r, "/stream") || path_is(r, "/pause") || path_is(r, "/nothing");
  *max_body = streamed ? 64u << 20 : 100000;
  if (streamed) {
    net_request_set_user(r, calloc(1, sizeof(upload)));
  }
  return streamed ? NET_BODY_STREAM : NET_BODY_WHOLE;
}

static int64_t pull(void *user, uint8_t *out, size_t cap) {
  uint64_t *at = user;
  for (size_t i = 0; i < cap; i++) {
    out[i] = rig_byte((*at)++);
  }
  return (int64_t)cap;
}

static void pulled(void *user) {
  free(user);
  rig_count(&the.sources_done);
}

static void on_request(void *user, net_request *r, tacet_span body) {
  (void)user;
  note_call();
  if (path_is(r, "/stream")) {
    ((upload *)net_request_user(r))->reply = net_request_defer(r);
  } else if (path_is(r, "/pause") || path_is(r, "/nothing")) {
    return;
  } else if (path_is(r, "/later")) {
    give_work(net_request_defer(r), body, false);
  } else if (path_is(r, "/hold")) {
    net_reply *reply = net_request_defer(r);
    pthread_mutex_lock(&lock);
    the.reply = reply;
    the.request = the.one_loop ? r : NULL;
    pthread_mutex_unlock(&lock);
    rig_count(&the.held);
  } else if (path_is(r, "/big")) {
    net_source s = {.pull = pull,
                    .done = pulled,
                    .user = calloc(1, sizeof(uint64_t)),
                    .length = RIG_BIG};
    net_respond(r, &(net_response){.status = 200, .source = &s});
  } else if (path_is(r, "/none")) {
    respond(r, 204, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  } else if (path_is(r, "/taint")) {
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    respond(r, 200, "tainted");
  } else if (path_is(r, "/ws")) {
    size_t queue = the.max_queue == 0 ? 1 << 16 : the.max_queue;
    net_ws *w = net_ws_accept(r, 1 << 20, queue, NULL, calloc(1, sizeof(int)));
    assert_non_null(w);
    pthread_mutex_lock(&lock);
    the.ws = the.one_loop ? w : NULL;
    pthread_mutex_unlock(&lock);
    rig_count(&the.ws_opened);
  } else {
    net_respond(r, &(net_response){.status = 200, .body = body});
  }
}

static void on_body(void *user, net_request *r, tacet_span piece, bool last) {
  (void)user;
  note_call();
  upload *u = net_request_user(r);
  for (size_t i = 0; i < piece.len; i++) {
    u->wrong += piece.p[i] != rig_byte(u->bytes++);
  }
  char text[64];
  snprintf(text, sizeof(text), "%llu %llu", (unsigned long long)u->bytes,
           (unsigned long long)u->wrong);
  if (path_is(r, "/pause")) {
    net_request_pause(r);
    rig_count(&the.paused);
  } else if (path_is(r, "/nothing")) {
    if (last) {
      respond(r, 200, text);
    }
  } else if (last) {
    give_work(u->reply, tacet_span_str(text), false);
  } else {
    net_request_pause(r);
    give_work(u->reply, TACET_SPAN_EMPTY, true);
  }
}

static void on_done(void *user, net_request *r) {
  (void)user;
  upload *u = net_request_user(r);
  if (u != NULL && u->reply != NULL && path_is(r, "/stream") &&
      net_request_head(r)->content_length != u->bytes) {
    give_work(u->reply, TACET_SPAN_EMPTY, false); /* it broke off */
  }
  free(u);
  rig_count(&the.done);
}

static void on_refused(void *user, int status, net_response *a) {
  (void)user;
  (void)status;
  a->body = TACET_SPAN_LIT("refused");
  rig_count(&the.refused);
}

static void flood(net_ws *w) {
  static const uint8_t zeros[1000];
  int *left = net_ws_user(w);
  while (*left > 0 && net_ws_send(w, tacet_span_of(zeros, sizeof(zeros)))) {
    --*left;
  }
}

static void on_ws_message(void *user, net_ws *w, tacet_span message) {
  (void)user;
  note_call();
  if (message.len > 6 && memcmp(message.p, "flood ", 6) == 0) {
    char text[16] = "";
    memcpy(text, message.p + 6, message.len - 6 < 15 ? message.len - 6 : 15);
    *(int *)net_ws_user(w) += atoi(text);
    flood(w);
  } else if (tacet_span_equal(message, TACET_SPAN_LIT("close"))) {
    net_ws_close(w, 4000);
  } else if (!tacet_span_equal(message, TACET_SPAN_LIT("drop"))) {
    assert_true(net_ws_send(w, message));
  }
  rig_count(&the.ws_messages);
}

static void on_ws_writable(void *user, net_ws *w) {
  (void)user;
  note_call();
  rig_count(&the.writable);
  flood(w);
}

static void on_ws_close(void *user, net_ws *w, uint16_t code) {
  (void)user;
  note_call();
  (void)net_ws_send(w, TACET_SPAN_LIT("too late")); /* does nothing */
  net_ws_close(w, 1000);
  free(net_ws_user(w));
  atomic_store(&the.ws_code, code);
  rig_count(&the.ws_closed);
}

static const net_handler handler = {.on_accept = on_accept,
                                    .on_disconnect = on_disconnect,
                                    .on_head = on_head,
                                    .on_request = on_request,
                                    .on_body = on_body,
                                    .on_done = on_done,
                                    .on_refused = on_refused,
                                    .on_ws_message = on_ws_message,
                                    .on_ws_writable = on_ws_writable,
                                    .on_ws_close = on_ws_close};

/* ---- set-up ---- */

int rig_set_up(void **state) {
  (void)state;
  strcpy(folder, "/tmp/tacet-net-XXXXXX");
  if (mkdtemp(folder) == NULL) {
    return -1;
  }
  snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
  snprintf(key, sizeof(key), "%s/key.pem", folder);
  return net_tls_make_certificate("127.0.0.1", 1800000000, 365, cert, key) ==
                     TACET_OK &&
                 net_tls_read_certificate(cert, &the.certificate) == TACET_OK
             ? 0
             : -1;
}

int rig_tear_down(void **state) {
  (void)state;
  unlink(cert);
  unlink(key);
  return rmdir(folder);
}

const char *rig_file(const char *name) {
  static char path[108];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  return path;
}

void rig_open(net_server_config config, bool with_tls) {
  the = (rig){.certificate = the.certificate,
              .path = config.path,
              .one_loop = config.n_loops <= 1,
              .max_queue = the.max_queue};
  if (with_tls) {
    assert_ok(net_tls_server(cert, key, &the.tls));
    assert_ok(net_tls_client(the.certificate.pin, &the.client_tls));
  }
  config.tls = the.tls;
  if (config.path == NULL) {
    config.host = "127.0.0.1";
    config.port = "0";
  }
  start_worker();
  assert_ok(net_server_start(&config, &handler, &the.server));
  snprintf(the.port, sizeof(the.port), "%u", net_server_port(the.server));
}

void rig_close(void) {
  net_server_drain(the.server, 10000);
  rig_end();
}

void rig_end(void) {
  stop_worker(); /* nobody answers any more before the server goes */
  net_server_free(the.server);
  net_tls_free(the.tls);
  net_tls_free(the.client_tls);
  assert_int_equal(atomic_load(&the.accepted), atomic_load(&the.disconnected));
  assert_int_equal(atomic_load(&the.ws_opened), atomic_load(&the.ws_closed));
  assert_int_equal(atomic_load(&the.reentered), 0);
  the.server = NULL;
  the.max_queue = 0;
}

struct visit {
  void (*fn)(void *user);
  void *user;
  atomic_int over;
};

static void visit(void *user) {
  struct visit *v = user;
  rig_in_call = true;
  v->fn(v->user);
  rig_in_call = false;
  rig_count(&v->over);
}

void rig_on_loop(void (*fn)(void *user), void *user) {
  struct visit v = {.fn = fn, .user = user};
  assert_ok(net_loop_post(net_server_loop(the.server, 0), visit, &v));
  rig_until(&v.over, 1);
}

static sem_t standing, go;

static void stand_still(void *user) {
  (void)user;
  sem_post(&standing);
  while (sem_wait(&go) != 0) {
  }
}

void rig_stop_loop(void) {
  sem_init(&standing, 0, 0);
  sem_init(&go, 0, 0);
  assert_ok(net_loop_post(net_server_loop(the.server, 0), stand_still, NULL));
  sem_wait(&standing);
}

void rig_go_loop(void) {
  sem_post(&go);
}
