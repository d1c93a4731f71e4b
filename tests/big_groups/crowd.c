/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/big_groups/crowd.h"

#include <stdio.h>
#include <stdlib.h>

void must_be(tacet_err err, const char *what) {
  if (err != TACET_OK) {
    fprintf(stderr, "big_groups: %s: %s\n", what, tacet_err_text(err));
    exit(1);
  }
}

/* ---- chance ---- */

static uint64_t chance;

void dice_seed(uint64_t seed) {
  chance = seed;
}

static uint8_t next_byte(void) {
  chance = chance * 6364136223846793005u + 1442695040888963407u;
  return (uint8_t)(chance >> 56);
}

uint32_t dice(uint32_t n) {
  uint32_t v = 0;
  for (int i = 0; i < 4; i++) {
    v = v << 8 | next_byte();
  }
  return v % n;
}

/* The library's randomness too, or else a run could not be repeated. */
static tacet_err from_chance(uint8_t *out, size_t len) {
  for (size_t i = 0; i < len; i++) {
    out[i] = next_byte();
  }
  return TACET_OK;
}

/* ---- people ---- */

void crowd_publish(crowd *c, person *p) {
  char name[24];
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  TACET_BUF(w, BIG);
  snprintf(name, sizeof(name), "person %llu", (unsigned long long)c->names++);
  MUST(c->suite->sig->generate(&p->signature, public_key));
  const tacet_mls_key_package_args args = {
      .leaf = {.identity = tacet_span_str(name),
               .signature_key = &p->signature},
      .not_before = NOW - 100,
      .not_after = NOW + 1000};
  MUST(tacet_mls_key_package_new(&c->config, c->suite, &args, &w, &p->keys));
  tacet_bytes_free(&p->package);
  MUST(tacet_buf_take(&w, &p->package));
}

static void leave(crowd *c, person *p) {
  tacet_mls_group_free(p->g);
  p->g = NULL;
  tacet_wipe(&p->signature, sizeof(p->signature));
  tacet_mls_keys_wipe(&p->keys);
  c->n_full--;
}

void crowd_join(crowd *c, person *p, const tacet_mls_commit_result *r) {
  const tacet_mls_candidate candidate = {tacet_bytes_span(&p->package),
                                         &p->keys};
  tacet_mls_welcome *w = NULL;
  size_t index = 0;
  MUST(tacet_mls_welcome_open(&c->config, tacet_bytes_span(&r->welcome),
                              &candidate, 1, &index, &w));
  MUST(tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0}));
  MUST(tacet_mls_welcome_join(w, tacet_bytes_span(&r->ratchet_tree), NULL,
                              &p->g));
  tacet_mls_welcome_free(w);
  tacet_bytes_free(&p->package);
  c->n_full++;
}

person *crowd_any(crowd *c) {
  for (;;) {
    person *p = &c->full[dice((uint32_t)c->room)];
    if (p->g != NULL) {
      return p;
    }
  }
}

size_t crowd_size(const crowd *c) {
  for (size_t i = 0; i < c->room; i++) {
    if (c->full[i].g != NULL) {
      return tacet_mls_n_members(c->full[i].g);
    }
  }
  return 0;
}

/* Whose leaf is that? NULL: of the crowd, or nobody's. */
static person *owner(crowd *c, uint32_t leaf) {
  for (size_t i = 0; i < c->room; i++) {
    if (c->full[i].g != NULL && tacet_mls_own_leaf(c->full[i].g) == leaf) {
      return &c->full[i];
    }
  }
  return NULL;
}

/* ---- what a commit does ---- */

typedef struct plan {
  tacet_mls_proposal *list;
  size_t n, cap;
  tacet_bytes *package; /* of those of the crowd who are added */
  size_t n_packages;
  person **joiner;
  size_t n_joiners;
} plan;

static void plan_new(plan *p, size_t cap) {
  *p = (plan){.cap = cap};
  p->list = calloc(cap, sizeof(*p->list));
  p->package = calloc(cap, sizeof(*p->package));
  p->joiner = calloc(cap, sizeof(person *));
  CHECK(p->list != NULL && p->package != NULL && p->joiner != NULL);
}

static void plan_free(plan *p) {
  for (size_t i = 0; i < p->n_packages; i++) {
    tacet_bytes_free(&p->package[i]);
  }
  free(p->list);
  free(p->package);
  free(p->joiner);
}

static person *free_place(const crowd *c, const plan *p) {
  for (size_t i = 0; i < c->room; i++) {
    bool taken = c->full[i].g != NULL;
    for (size_t k = 0; k < p->n_joiners; k++) {
      taken |= p->joiner[k] == &c->full[i];
    }
    if (!taken) {
      return &c->full[i];
    }
  }
  return NULL;
}

person *crowd_place(crowd *c) {
  const plan nobody = {.n = 0};
  person *p = free_place(c, &nobody);
  CHECK(p != NULL);
  return p;
}

static void plan_add(crowd *c, plan *p, bool full) {
  person somebody = {.g = NULL};
  person *who = full ? free_place(c, p) : NULL;
  tacet_span package;
  CHECK(p->n < p->cap);
  if (who != NULL) {
    crowd_publish(c, who);
    p->joiner[p->n_joiners++] = who;
    package = tacet_bytes_span(&who->package);
  } else {
    crowd_publish(c, &somebody);
    p->package[p->n_packages] = somebody.package;
    package = tacet_bytes_span(&p->package[p->n_packages++]);
    tacet_mls_keys_wipe(&somebody.keys); /* nobody will ever be this */
    tacet_secret_wipe(&somebody.signature);
  }
  p->list[p->n++] =
      (tacet_mls_proposal){.type = TACET_MLS_ADD, .key_package = package};
}

/* A leaf that is there, not the committer's and not in the plan yet. */
static bool plan_remove(crowd *c, plan *p, const person *by) {
  tacet_mls_member m;
  for (int tries = 0; tries < 1000; tries++) {
    uint32_t leaf = dice(c->top);
    bool free = leaf != tacet_mls_own_leaf(by->g) &&
                tacet_mls_member_at(by->g, leaf, &m);
    for (size_t i = 0; i < p->n; i++) {
      free &= p->list[i].type != TACET_MLS_REMOVE || p->list[i].leaf != leaf;
    }
    if (free && (c->n_full > 2 || owner(c, leaf) == NULL)) {
      p->list[p->n++] =
          (tacet_mls_proposal){.type = TACET_MLS_REMOVE, .leaf = leaf};
      return true;
    }
  }
  return false;
}

/* ---- following ---- */

void crowd_follow_one(crowd *c, person *p, tacet_span commit) {
  TACET_BUF(content, BIG);
  tacet_mls_event e;
  tacet_mls_staged_info info;
  const tacet_mls_process_args args = {.now = NOW};
  MUST(tacet_mls_process(p->g, commit, &args, &content, &e));
  CHECK(e.kind == TACET_MLS_EVENT_COMMIT);
  tacet_mls_staged_info_get(p->g, &info);
  MUST(tacet_mls_staged_apply(p->g, NOW));
  CHECK(info.removes_self == tacet_mls_group_status(p->g).removed);
  if (info.removes_self) {
    leave(c, p);
    c->n_left++;
  }
}

void crowd_follow(crowd *c, const person *by, tacet_span commit) {
  for (size_t i = 0; i < c->room; i++) {
    if (c->full[i].g != NULL && &c->full[i] != by) {
      crowd_follow_one(c, &c->full[i], commit);
    }
  }
}

static void commit(crowd *c, person *by, const plan *p, bool cached) {
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_mls_commit_args args = {.proposals = p->list,
                                      .n_proposals = p->n,
                                      .with_cached = cached,
                                      .force_path = dice(4) != 0};
  MUST(tacet_mls_commit(by->g, &args, NOW, &r));
  MUST(tacet_mls_pending_merge(by->g, NOW));
  crowd_follow(c, by, tacet_bytes_span(&r.commit));
  for (size_t i = 0; i < p->n_joiners; i++) {
    crowd_join(c, p->joiner[i], &r);
    uint32_t leaf = tacet_mls_own_leaf(p->joiner[i]->g);
    CHECK(owner(c, leaf) == p->joiner[i]);
  }
  tacet_mls_member m;
  while (tacet_mls_member_at(by->g, c->top, &m)) {
    c->top++;
  }
  c->n_joined += p->n_joiners;
}

/* Update proposals by reference, of some who are full. */
static bool propose_updates(crowd *c, const person *not_of) {
  uint32_t n = dice(3);
  bool any = false;
  for (uint32_t i = 0; i < n; i++) {
    TACET_BUF(message, BIG);
    const person *from = crowd_any(c);
    const tacet_mls_propose_args args = {.proposal = {.type = TACET_MLS_UPDATE},
                                         .public_message = dice(2) == 0};
    if (from == not_of) {
      continue;
    }
    MUST(tacet_mls_propose(from->g, &args, NOW, &message));
    for (size_t k = 0; k < c->room; k++) {
      TACET_BUF(content, BIG);
      tacet_mls_event e;
      const tacet_mls_process_args how = {.now = NOW};
      if (c->full[k].g != NULL && &c->full[k] != from) {
        MUST(tacet_mls_process(c->full[k].g, tacet_buf_span(&message), &how,
                               &content, &e));
        CHECK(e.kind == TACET_MLS_EVENT_PROPOSAL);
      }
    }
    c->n_updated++;
    any = true;
  }
  return any;
}

/* For each newcomer who is full and one too many, somebody becomes one of the
 * crowd: the leaf stays, the state goes. */
static void fall_silent(crowd *c) {
  while (c->n_full > c->wanted_full) {
    leave(c, crowd_any(c));
  }
}

void crowd_epoch(crowd *c) {
  plan p;
  person *by = crowd_any(c);
  plan_new(&p, 16);
  bool cached = propose_updates(c, by);
  size_t n = crowd_size(c);
  uint32_t adds = dice(n < c->wanted ? 5 : 3);
  uint32_t removes = dice(n < c->wanted / 2 + 2 ? 1 : 4);
  for (uint32_t i = 0; i < removes; i++) {
    c->n_removed += plan_remove(c, &p, by) ? 1 : 0;
  }
  for (uint32_t i = 0; i < adds; i++) {
    plan_add(c, &p, c->n_full + p.n_joiners < c->wanted_full || dice(8) == 0);
  }
  c->n_added += adds;
  commit(c, by, &p, cached);
  plan_free(&p);
  fall_silent(c);
}

/* ---- what all know ---- */

static void same(const tacet_mls_group *a, const tacet_mls_group *b) {
  tacet_secret x, y;
  CHECK(tacet_mls_epoch(a) == tacet_mls_epoch(b));
  CHECK(tacet_mls_n_members(a) == tacet_mls_n_members(b));
  CHECK(tacet_span_equal(tacet_mls_tree_hash(a), tacet_mls_tree_hash(b)));
  CHECK(tacet_secret_equal(tacet_mls_epoch_authenticator(a),
                           tacet_mls_epoch_authenticator(b)));
  CHECK(tacet_secret_equal(tacet_mls_resumption_psk(a),
                           tacet_mls_resumption_psk(b)));
  MUST(tacet_mls_export(a, "big", TACET_SPAN_LIT("x"), 32, &x));
  MUST(tacet_mls_export(b, "big", TACET_SPAN_LIT("x"), 32, &y));
  CHECK(tacet_secret_equal(&x, &y));
}

void crowd_agree(const crowd *c) {
  const tacet_mls_group *first = NULL;
  for (size_t i = 0; i < c->room; i++) {
    if (c->full[i].g != NULL && first == NULL) {
      first = c->full[i].g;
    } else if (c->full[i].g != NULL) {
      same(first, c->full[i].g);
    }
  }
}

void crowd_talk(crowd *c) {
  TACET_BUF(said, BIG);
  person *from = crowd_any(c);
  const tacet_mls_protect_args args = {.padding = dice(64)};
  MUST(tacet_mls_protect(from->g, TACET_SPAN_LIT("hello"), &args, &said));
  for (size_t i = 0; i < c->room; i++) {
    TACET_BUF(content, BIG);
    tacet_mls_event e;
    const tacet_mls_process_args how = {.now = NOW};
    if (c->full[i].g != NULL && &c->full[i] != from) {
      MUST(tacet_mls_process(c->full[i].g, tacet_buf_span(&said), &how,
                             &content, &e));
      CHECK(tacet_span_equal(e.content, TACET_SPAN_LIT("hello")));
      CHECK(e.sender == tacet_mls_own_leaf(from->g));
    }
  }
}

void crowd_restart(crowd *c) {
  TACET_BUF(state, BIG);
  person *p = crowd_any(c);
  tacet_mls_group *g = NULL;
  MUST(tacet_mls_save(p->g, &state));
  MUST(tacet_mls_load_whole(&c->config, tacet_buf_span(&state), &g));
  same(p->g, g);
  tacet_mls_group_free(p->g);
  p->g = g;
}

/* ---- the beginning ---- */

static void found(crowd *c, person *p) {
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  MUST(c->suite->sig->generate(&p->signature, public_key));
  const tacet_mls_leaf_args leaf = {.identity = TACET_SPAN_LIT("founder"),
                                    .signature_key = &p->signature};
  MUST(tacet_mls_group_new(&c->config, c->suite, TACET_SPAN_LIT("big group"),
                           &leaf, TACET_SPAN_EMPTY, &p->g));
  c->n_full = 1;
}

void crowd_new(crowd *c, const tacet_suite *suite, size_t n, size_t n_full) {
  *c = (crowd){.suite = suite,
               .config = TACET_MLS_CONFIG(&tacet_suites_all),
               .room = n_full + n_full / 4 + 2,
               .wanted = n,
               .wanted_full = n_full,
               .top = 1};
  c->full = calloc(c->room, sizeof(*c->full));
  CHECK(c->full != NULL && n_full > 0 && n_full <= n);
  MUST(tacet_crypto_init());
  tacet_random_source_set(from_chance);
  found(c, &c->full[0]);
  plan p;
  plan_new(&p, n);
  for (size_t i = 1; i < n; i++) {
    plan_add(c, &p, i * n_full / n != (i - 1) * n_full / n);
  }
  if (n > 1) {
    commit(c, &c->full[0], &p, false);
  }
  plan_free(&p);
  c->n_joined = 0; /* who was there from the start did not */
}

void crowd_free(crowd *c) {
  for (size_t i = 0; i < c->room; i++) {
    tacet_mls_group_free(c->full[i].g);
    tacet_bytes_free(&c->full[i].package);
  }
  free(c->full);
  tacet_random_source_set(NULL);
}
