/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/big_groups/weigh.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- counting ---- */

typedef struct block {
  size_t size;
  max_align_t data[];
} block;

static size_t now_held, most_held;

static void *counted_alloc(void *user, size_t size) {
  (void)user;
  block *b = malloc(sizeof(*b) + size);
  if (b == NULL) {
    return NULL;
  }
  b->size = size;
  now_held += size;
  most_held = now_held > most_held ? now_held : most_held;
  return b->data;
}

static void counted_free(void *user, void *p) {
  (void)user;
  if (p != NULL) {
    block *b = (block *)(void *)((uint8_t *)p - offsetof(block, data));
    now_held -= b->size;
    free(b);
  }
}

void weigh_start(void) {
  static const tacet_allocator counted = {counted_alloc, counted_free, NULL};
  tacet_allocator_set(&counted);
}

/* ---- one member ---- */

typedef struct weighing {
  size_t own;    /* what the member holds when it does nothing */
  size_t before; /* what everybody else holds */
  double since;  /* ms */
} weighing;

static double cpu_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void begin(weighing *w) {
  w->before = now_held - w->own;
  most_held = now_held;
  w->since = cpu_ms();
}

static void end(const weighing *w, const char *what, size_t bytes) {
  double ms = cpu_ms() - w->since;
  size_t most = most_held - w->before;
  printf("%-26s %10.2f ms %8.2f MB at most %9zu bytes\n", what, ms,
         (double)most / 1048576, bytes);
  if (most > WEIGHT_MAX) {
    fprintf(stderr, "big_groups: %s took more memory than it may\n", what);
    exit(1);
  }
}

/* Invites, outside of what is weighed; everybody else follows. */
static void invite(crowd *c, person *by, const tacet_bytes *package,
                   tacet_mls_commit_result *r) {
  const tacet_mls_proposal add = {.type = TACET_MLS_ADD,
                                  .key_package = tacet_bytes_span(package)};
  const tacet_mls_commit_args args = {
      .proposals = &add, .n_proposals = 1, .force_path = true};
  MUST(tacet_mls_commit(by->g, &args, NOW, r));
  MUST(tacet_mls_pending_merge(by->g, NOW));
  crowd_follow(c, by, tacet_bytes_span(&r->commit));
}

static void weigh_join(crowd *c, weighing *w, person *p) {
  TACET_MLS_COMMIT_RESULT(r);
  crowd_publish(c, p);
  invite(c, crowd_any(c), &p->package, &r);
  w->own = p->package.len;
  begin(w);
  crowd_join(c, p, &r);
  end(w, "join", r.welcome.len + r.ratchet_tree.len);
  w->own = now_held - w->before;
  printf("%-26s %13s %8.2f MB\n", "held after that", "",
         (double)w->own / 1048576);
}

static void weigh_commit(crowd *c, weighing *w, person *p, const char *what) {
  TACET_MLS_COMMIT_RESULT(r);
  begin(w);
  MUST(tacet_mls_commit(p->g, &(tacet_mls_commit_args){.force_path = true}, NOW,
                        &r));
  MUST(tacet_mls_pending_merge(p->g, NOW));
  end(w, what, r.commit.len);
  crowd_follow(c, p, tacet_bytes_span(&r.commit));
}

static void weigh_process(crowd *c, weighing *w, person *p) {
  TACET_MLS_COMMIT_RESULT(r);
  person *by = crowd_any(c);
  while (by == p) {
    by = crowd_any(c);
  }
  MUST(tacet_mls_commit(by->g, &(tacet_mls_commit_args){.force_path = true},
                        NOW, &r));
  MUST(tacet_mls_pending_merge(by->g, NOW));
  begin(w);
  crowd_follow_one(c, p, tacet_bytes_span(&r.commit));
  end(w, "process a commit", r.commit.len);
  for (size_t i = 0; i < c->room; i++) {
    if (c->full[i].g != NULL && &c->full[i] != p && &c->full[i] != by) {
      crowd_follow_one(c, &c->full[i], tacet_bytes_span(&r.commit));
    }
  }
}

static void weigh_talk(crowd *c, weighing *w, person *p) {
  TACET_BUF(said, BIG);
  TACET_BUF(content, BIG);
  uint8_t text[1024] = {7};
  tacet_mls_event e;
  const tacet_mls_process_args how = {.now = NOW};
  const tacet_mls_protect_args args = {.padding = 0};
  person *to = crowd_any(c);
  while (to == p) {
    to = crowd_any(c);
  }
  begin(w);
  MUST(
      tacet_mls_protect(p->g, tacet_span_of(text, sizeof(text)), &args, &said));
  end(w, "send 1 KiB", said.len);
  begin(w);
  MUST(tacet_mls_process(to->g, tacet_buf_span(&said), &how, &content, &e));
  end(w, "read 1 KiB, the first", said.len);
}

void weigh_member(crowd *c) {
  weighing w = {.own = 0};
  person *p = crowd_place(c);
  weigh_join(c, &w, p);
  weigh_commit(c, &w, p, "commit, its first");
  weigh_commit(c, &w, p, "commit, the next");
  weigh_process(c, &w, p);
  weigh_talk(c, &w, p);
  crowd_agree(c);
}
