/* SPDX-License-Identifier: Apache-2.0
 * Two hundred connections at once, over several loops: every one gets back what
 * was its own, whatever happens to the others, and those that die midway leave
 * nothing behind.
 *
 * A connection belongs to one thread here and to one loop there; between the
 * threads of the test there is nothing but a barrier and a counter.
 */
#include "tests/unit/net/rig.h"

#include <pthread.h>

#define THREADS 8
#define EACH 25
#define CONNECTIONS (THREADS * EACH)
#define ROUNDS 8
#define BODY_MAX 20000

/* What a connection speaks, and when and how it ends before its time. */
typedef enum kind { KIND_ECHO, KIND_LATER, KIND_WS, KINDS } kind;
typedef enum fate {
  FATE_IN_HEAD, /* reset within a head, or within a frame's */
  FATE_IN_BODY, /* reset within a body */
  FATE_UNREAD,  /* asked, and gone without waiting for the answer */
  FATE_SAID_ENOUGH /* ends in good order, in the middle of nothing */,
  FATES
} fate;

typedef struct one {
  unsigned number;
  kind kind;
  fate fate;
  unsigned dies_in; /* a round; ROUNDS and more: it lives */
  peer *p;          /* NULL: dead */
} one;

static one all[CONNECTIONS];
static pthread_barrier_t together;
static atomic_int wrong, echoes;

/* ---- what is said ---- */

/* No two of them, in any round, say the same; sizes go over the buffers of
 * records and of one read. */
static size_t words(const one *o, unsigned round, uint8_t out[BODY_MAX]) {
  size_t n = 1 + (o->number * 7919u + round * 104729u) % BODY_MAX;
  uint32_t x = o->number * 2654435761u + round * 40503u + 1;
  for (size_t i = 0; i < n; i++) {
    x = x * 1664525u + 1013904223u;
    out[i] = (uint8_t)(x >> 24);
  }
  return n;
}

static bool say_head(one *o, size_t n) {
  char head[128];
  int len = snprintf(head, sizeof(head),
                     "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n"
                     "\r\n",
                     o->kind == KIND_LATER ? "/later" : "/echo", n);
  return peer_try_send(o->p, head, (size_t)len);
}

static bool say(one *o, unsigned round) {
  uint8_t body[BODY_MAX];
  size_t n = words(o, round, body);
  if (o->kind == KIND_WS) {
    return peer_ws_try_send(o->p, NET_WS_BINARY, body, n);
  }
  return say_head(o, n) && peer_try_send(o->p, body, n);
}

static bool hear(one *o, unsigned round) {
  uint8_t want[BODY_MAX], got[BODY_MAX];
  size_t n = words(o, round, want), len = 0;
  if (o->kind == KIND_WS) {
    return peer_ws_read(o->p, got, sizeof(got), &len) == NET_WS_BINARY &&
           len == n && memcmp(got, want, n) == 0;
  }
  char *body = NULL;
  /* One byte more than it should be would stay, and spoil the next answer. */
  bool ok = peer_try_answer(o->p, &body) == 200 && o->p->n == 0 &&
            memcmp(body, want, n) == 0 && body[n] == '\0';
  free(body);
  return ok;
}

static void die(one *o) {
  static const uint8_t bytes[100] = {0x82, 0xfe, 0x40, 0x00, 1, 2, 3, 4};
  switch (o->fate) {
  case FATE_IN_HEAD:
    (void)peer_try_send(o->p,
                        o->kind == KIND_WS ? (const void *)bytes
                                           : (const void *)"POST /ec",
                        o->kind == KIND_WS ? 3 : 8);
    break;
  case FATE_IN_BODY:
    if (o->kind != KIND_WS) {
      (void)say_head(o, 90000);
    }
    (void)peer_try_send(o->p, bytes, sizeof(bytes));
    break;
  case FATE_UNREAD:
    (void)say(o, 0);
    break;
  default:
    peer_close(o->p);
    o->p = NULL;
    return;
  }
  peer_reset(o->p);
  o->p = NULL;
}

/* ---- the threads ---- */

static void check(bool ok) {
  atomic_fetch_add(ok ? &echoes : &wrong, 1);
}

/* All of them ask before any is heard, so that answers are under way on all
 * loops at once. */
static void one_round(one *mine, unsigned round) {
  for (unsigned i = 0; i < EACH; i++) {
    if (mine[i].p != NULL && mine[i].dies_in == round) {
      die(&mine[i]);
    } else if (mine[i].p != NULL && !say(&mine[i], round)) {
      check(false);
    }
  }
  for (unsigned i = 0; i < EACH; i++) {
    if (mine[i].p != NULL) {
      check(hear(&mine[i], round));
    }
  }
}

static void *speak(void *arg) {
  one *mine = arg;
  (void)pthread_barrier_wait(&together);
  for (unsigned round = 0; round < ROUNDS; round++) {
    one_round(mine, round);
  }
  (void)pthread_barrier_wait(&together); /* the test counts who is left */
  (void)pthread_barrier_wait(&together);
  one_round(mine, ROUNDS);
  for (unsigned i = 0; i < EACH; i++) {
    if (mine[i].p != NULL) {
      peer_close(mine[i].p);
    }
  }
  return NULL;
}

/* ---- the test ---- */

static void open_all(void) {
  for (unsigned i = 0; i < CONNECTIONS; i++) {
    one *o = &all[i];
    *o = (one){.number = i,
               .kind = (kind)(i % KINDS),
               .fate = (fate)(i / KINDS % FATES),
               .dies_in = i % 5 < 2 ? 1 + i % (ROUNDS - 1) : ROUNDS + 1};
    o->p = peer_open();
    if (o->kind == KIND_WS) {
      peer_ws_open(o->p);
    }
  }
}

/* How many live, and how often all of them were heard. */
static unsigned expected(unsigned *heard) {
  unsigned left = 0;
  *heard = 0;
  for (unsigned i = 0; i < CONNECTIONS; i++) {
    bool lives = all[i].dies_in > ROUNDS;
    left += lives;
    *heard += lives ? ROUNDS + 1 : all[i].dies_in;
  }
  return left;
}

static void each_hears_itself(bool with_tls) {
  pthread_t threads[THREADS];
  unsigned heard;
  rig_open((net_server_config){.n_loops = 4}, with_tls);
  atomic_store(&wrong, 0);
  atomic_store(&echoes, 0);
  open_all();
  rig_until_connections(CONNECTIONS);
  unsigned left = expected(&heard);
  assert_int_equal(pthread_barrier_init(&together, NULL, THREADS + 1), 0);
  for (unsigned i = 0; i < THREADS; i++) {
    assert_int_equal(
        pthread_create(&threads[i], NULL, speak, &all[(size_t)i * EACH]), 0);
  }
  (void)pthread_barrier_wait(&together);
  (void)pthread_barrier_wait(&together);
  rig_until_connections(left);
  (void)pthread_barrier_wait(&together);
  for (unsigned i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  (void)pthread_barrier_destroy(&together);
  rig_until_connections(0);
  assert_int_equal(atomic_load(&wrong), 0);
  assert_int_equal(atomic_load(&echoes), heard);
  assert_int_equal(rig_stats().websockets, 0);
  rig_close();
}

static void many_echo_over_tls(void **state) {
  (void)state;
  each_hears_itself(true);
}

static void many_echo_in_the_clear(void **state) {
  (void)state;
  each_hears_itself(false);
}

/* Nobody is left in the middle of an answer, and nobody of the others notices:
 * the server goes while all of them speak. */
static void *speak_until_the_end(void *arg) {
  one *mine = arg;
  (void)pthread_barrier_wait(&together);
  for (unsigned round = 0, alive = EACH; alive > 0; round++) {
    alive = 0;
    for (unsigned i = 0; i < EACH; i++) {
      if (mine[i].p != NULL && say(&mine[i], round) && hear(&mine[i], round)) {
        alive++;
      } else if (mine[i].p != NULL) {
        peer_close(mine[i].p);
        mine[i].p = NULL;
      }
    }
    atomic_fetch_add(&echoes, (int)alive);
  }
  return NULL;
}

static void a_server_may_go_while_all_speak(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  rig_open((net_server_config){.n_loops = 4}, true);
  atomic_store(&echoes, 0);
  open_all();
  assert_int_equal(pthread_barrier_init(&together, NULL, THREADS + 1), 0);
  for (unsigned i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, speak_until_the_end,
                                    &all[(size_t)i * EACH]),
                     0);
  }
  (void)pthread_barrier_wait(&together);
  rig_until(&the.done, CONNECTIONS); /* it is in full swing */
  net_server_drain(the.server, 10000);
  assert_int_equal(rig_stats().connections, 0);
  for (unsigned i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  (void)pthread_barrier_destroy(&together);
  assert_true(atomic_load(&echoes) > 0);
  rig_end();
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(many_echo_over_tls),
      cmocka_unit_test(many_echo_in_the_clear),
      cmocka_unit_test(a_server_may_go_while_all_speak),
  };
  return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
