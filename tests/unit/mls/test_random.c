/* SPDX-License-Identifier: Apache-2.0
 * A long random life of a group: adds, removes, updates, proposals, messages in
 * disorder, races, restarts at every step. All members agree after each epoch.
 * The seed is fixed, so that what once failed fails again.
 */
#include "tests/unit/mls/members.h"

#define PEOPLE 12
#define EPOCHS 150
#define IN_FLIGHT 24

static uint64_t seed;

static uint32_t dice(uint32_t n) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % n;
}

typedef struct flight {
  tacet_bytes message;
  size_t from;
  bool open[PEOPLE]; /* who should still be able to read it */
} flight;

typedef struct world {
  member m[PEOPLE];
  flight air[IN_FLIGHT];
  uint64_t n_read, n_epochs;
} world;

static size_t n_in(const world *w) {
  size_t n = 0;
  for (size_t i = 0; i < PEOPLE; i++) {
    n += w->m[i].g != NULL;
  }
  return n;
}

static size_t somebody(const world *w, bool in) {
  for (;;) {
    size_t i = dice(PEOPLE);
    if ((w->m[i].g != NULL) == in) {
      return i;
    }
  }
}

/* ---- messages that take their time ---- */

static void deliver(world *w, flight *f, size_t to) {
  tacet_span heard;
  if (!f->open[to]) {
    return;
  }
  f->open[to] = false;
  if (w->m[to].g == NULL) {
    return;
  }
  tacet_err err = member_read(&w->m[to], tacet_bytes_span(&f->message), &heard);
  if (err == TACET_ERR_EPOCH_PAST) {
    return; /* it took more than three epochs */
  }
  assert_ok(err);
  assert_span(tacet_span_str(w->m[f->from].name), heard);
  assert_err(TACET_ERR_REPLAY,
             member_read(&w->m[to], tacet_bytes_span(&f->message), &heard));
  w->n_read++;
}

static void send(world *w, flight *f, size_t from) {
  for (size_t i = 0; i < PEOPLE; i++) {
    deliver(w, f, i);
  }
  tacet_bytes_free(&f->message);
  f->message = member_say(&w->m[from], w->m[from].name);
  f->from = from;
  for (size_t i = 0; i < PEOPLE; i++) {
    f->open[i] = i != from && w->m[i].g != NULL;
  }
}

static void talk(world *w) {
  for (uint32_t k = dice(8); k > 0; k--) {
    send(w, &w->air[dice(IN_FLIGHT)], somebody(w, true));
    deliver(w, &w->air[dice(IN_FLIGHT)], dice(PEOPLE));
  }
}

/* ---- changes ---- */

static void propose_some(world *w) {
  for (uint32_t k = dice(3); k > 0; k--) {
    TACET_BUF(message, 1 << 16);
    tacet_mls_event event;
    size_t from = somebody(w, true);
    const tacet_mls_propose_args args = {.proposal = {.type = TACET_MLS_UPDATE},
                                         .public_message = dice(2) == 0};
    assert_ok(tacet_mls_propose(w->m[from].g, &args, NOW, &message));
    for (size_t i = 0; i < PEOPLE; i++) {
      if (i != from && w->m[i].g != NULL) {
        assert_ok(member_process(&w->m[i], tacet_buf_span(&message), &event));
      }
    }
  }
}

/* What a commit of `from` does, by value. */
typedef struct plan {
  tacet_mls_proposal list[PEOPLE];
  size_t n;
  bool in[PEOPLE], out[PEOPLE];
} plan;

static void plan_make(world *w, size_t from, plan *p) {
  memset(p, 0, sizeof(*p));
  for (size_t i = 0; i < PEOPLE; i++) {
    if (i == from) {
      continue;
    }
    if (w->m[i].g == NULL && dice(5) == 0) {
      member_publish(&w->m[i]);
      p->in[i] = true;
      p->list[p->n++] = propose_add(&w->m[i]);
    } else if (w->m[i].g != NULL && dice(10) == 0) {
      p->out[i] = true;
      p->list[p->n++] = propose_remove(&w->m[i]);
    }
  }
}

static void restart_some(world *w) {
  for (size_t i = 0; i < PEOPLE; i++) {
    if (w->m[i].g != NULL && dice(3) == 0) {
      member_reload(&w->m[i]);
    }
  }
}

static void follow_all(world *w, size_t from, const plan *p,
                       const tacet_mls_commit_result *r) {
  for (size_t i = 0; i < PEOPLE; i++) {
    if (w->m[i].g == NULL || i == from) {
      continue;
    }
    member_follow(&w->m[i], tacet_bytes_span(&r->commit));
    assert_int_equal(tacet_mls_group_status(w->m[i].g).removed, p->out[i]);
    if (p->out[i]) {
      tacet_mls_group_free(w->m[i].g);
      w->m[i].g = NULL;
    }
  }
  assert_ok(tacet_mls_pending_merge(w->m[from].g, NOW));
  for (size_t i = 0; i < PEOPLE; i++) {
    if (p->in[i]) {
      member_join(&w->m[i], tacet_bytes_span(&r->welcome),
                  tacet_bytes_span(&r->ratchet_tree));
    }
  }
}

/* Two want to commit; the second wins. */
static void epoch(world *w) {
  TACET_MLS_COMMIT_RESULT(lost);
  TACET_MLS_COMMIT_RESULT(won);
  plan p;
  propose_some(w);
  size_t loser = somebody(w, true), winner = somebody(w, true);
  if (loser != winner) {
    assert_ok(member_commit(
        &w->m[loser], &(tacet_mls_commit_args){.force_path = true}, &lost));
  }
  plan_make(w, winner, &p);
  const tacet_mls_commit_args args = {.proposals = p.list,
                                      .n_proposals = p.n,
                                      .with_cached = dice(2) == 0,
                                      .force_path = dice(2) == 0,
                                      .public_message = dice(2) == 0,
                                      .padding = dice(100)};
  assert_ok(member_commit(&w->m[winner], &args, &won));
  restart_some(w);
  follow_all(w, winner, &p, &won);
  restart_some(w);
  w->n_epochs++;
}

static void live(const tacet_suite *suite, uint64_t start, size_t epochs) {
  static world w;
  memset(&w, 0, sizeof(w));
  seed = start;
  for (size_t i = 0; i < PEOPLE; i++) {
    char name[16];
    snprintf(name, sizeof(name), "person %u", (unsigned)(i % PEOPLE));
    member_new(&w.m[i], suite, name);
  }
  member_found(&w.m[0], "the world");
  for (size_t i = 0; i < epochs; i++) {
    epoch(&w);
    members_agree(w.m, PEOPLE);
    assert_int_equal(n_in(&w), tacet_mls_n_members(w.m[somebody(&w, true)].g));
    talk(&w);
  }
  assert_int_equal(w.n_epochs, epochs);
  assert_true(w.n_read > epochs);
  for (size_t i = 0; i < IN_FLIGHT; i++) {
    tacet_bytes_free(&w.air[i].message);
  }
  members_free(w.m, PEOPLE);
}

static void a_long_life(void **state) {
  (void)state;
  live(&tacet_suite_x25519_chacha, 1, EPOCHS);
  live(&tacet_suite_x25519_chacha, 2, EPOCHS);
}

static void a_life_in_every_suite(void **state) {
  (void)state;
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    live(tacet_suites_all.list[i], 10 + i, 15);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_long_life),
      cmocka_unit_test(a_life_in_every_suite),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
