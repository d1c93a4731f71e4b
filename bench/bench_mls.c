/* SPDX-License-Identifier: Apache-2.0
 * What groups cost: CPU time of one member for each operation at N = 2, 100 and
 * 1,000, on a blank and on a fully populated tree, beside the time that the
 * asymmetric primitives alone would take in the same run.
 *
 *   bench_mls [--rows] [SUITE [N...]]   SUITE as hexadecimal; 0001 F04D by
 *                                       default. --rows: for interop/bench,
 *                                       one line of fields a row
 *
 * At more than 1,000 members only the blank tree is made: a full one takes half
 * as many joins, of which each verifies every leaf.
 *
 * "limit" is the sum of the signatures, verifications and KEM operations that
 * RFC 9420 demands for the operation, as fast as these primitives are here: a
 * signer has his key expanded. For a message AEAD and HKDF are counted too.
 * "ratio" is ours divided by it.
 */
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "limits.h"
#include "tacet/mls.h"

#define NOW 1800000000u
#define POPULATED_MAX 1000

static const tacet_suite *suite;
static tacet_mls_config config;
static bool rows_only, silent;

static void must(tacet_err err, const char *what) {
  if (err != TACET_OK) {
    fprintf(stderr, "bench_mls: %s: %s\n", what, tacet_err_text(err));
    exit(1);
  }
}
#define MUST(call) must((call), #call)

static double cpu_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- what is printed ---- */

static void print_limits(const bench_limits *l) {
  if (rows_only) {
    printf("tacet\t%04X\t0\tprimitives\t%.5f %.5f %.5f %.5f %.5f\t0\t0\n",
           suite->id, l->sign, l->verify, l->keygen, l->encap, l->decap);
    return;
  }
  printf("# primitives in us: sign %.1f, verify %.1f, keygen %.1f, encap %.1f, "
         "decap %.1f\n",
         l->sign * 1e3, l->verify * 1e3, l->keygen * 1e3, l->encap * 1e3,
         l->decap * 1e3);
}

static void row(const char *what, size_t n, double ms, double limit,
                size_t bytes) {
  if (silent) {
    return;
  }
  if (rows_only) {
    printf("tacet\t%04X\t%zu\t%s\t%.4f\t%zu\t%.4f\n", suite->id, n, what, ms,
           bytes, limit);
    return;
  }
  printf("%-34s %6zu %10.3f", what, n, ms);
  if (limit > 0) {
    printf(" %10.3f %6.2f", limit, ms / limit);
  } else {
    printf(" %10s %6s", "-", "-");
  }
  if (bytes > 0) {
    printf(" %10zu", bytes);
  }
  putchar('\n');
}

/* ---- people ---- */

typedef struct person {
  tacet_secret signature_key;
  char name[24];
  tacet_bytes package;
  tacet_mls_keys keys;
  tacet_mls_group *group;
} person;

static tacet_mls_leaf_args leaf_of(const person *p) {
  return (tacet_mls_leaf_args){.identity = tacet_span_str(p->name),
                               .signature_key = &p->signature_key};
}

static void name_person(person *p, size_t i) {
  uint8_t pk[TACET_SIG_PUBLIC_MAX];
  snprintf(p->name, sizeof(p->name), "member-%zu", i);
  MUST(suite->sig->generate(&p->signature_key, pk));
}

static void make_package(person *p) {
  tacet_mls_key_package_args args = {
      .leaf = leaf_of(p), .not_before = NOW - 10, .not_after = NOW + 1000};
  TACET_BUF(w, 1 << 16);
  MUST(tacet_mls_key_package_new(&config, suite, &args, &w, &p->keys));
  MUST(tacet_buf_take(&w, &p->package));
}

static void make_person(person *p, size_t i) {
  name_person(p, i);
  make_package(p);
}

static void free_person(person *p) {
  tacet_mls_group_free(p->group);
  tacet_bytes_free(&p->package);
}

static void found(person *p, const char *id) {
  tacet_mls_leaf_args leaf = leaf_of(p);
  MUST(tacet_mls_group_new(&config, suite, tacet_span_str(id), &leaf,
                           TACET_SPAN_EMPTY, &p->group));
}

static tacet_mls_proposal add_of(const person *p) {
  return (tacet_mls_proposal){.type = TACET_MLS_ADD,
                              .key_package = tacet_bytes_span(&p->package)};
}

static void join(person *p, const tacet_mls_commit_result *r, double *ms) {
  tacet_mls_candidate c = {tacet_bytes_span(&p->package), &p->keys};
  tacet_mls_welcome *w;
  size_t index;
  double t = cpu_ms();
  MUST(tacet_mls_welcome_open(&config, tacet_bytes_span(&r->welcome), &c, 1,
                              &index, &w));
  MUST(tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0}));
  MUST(tacet_mls_welcome_join(w, tacet_bytes_span(&r->ratchet_tree), NULL,
                              &p->group));
  if (ms != NULL) {
    *ms = cpu_ms() - t;
  }
  tacet_mls_welcome_free(w);
}

static void commit(person *p, const tacet_mls_commit_args *args,
                   tacet_mls_commit_result *r, double *ms) {
  double t = cpu_ms();
  MUST(tacet_mls_commit(p->group, args, NOW, r));
  MUST(tacet_mls_pending_merge(p->group, NOW));
  *ms = cpu_ms() - t;
}

static double follow(person *p, const tacet_mls_commit_result *r) {
  tacet_mls_event e;
  tacet_mls_process_args args = {.now = NOW};
  TACET_BUF(content, 1 << 20);
  double t = cpu_ms();
  MUST(tacet_mls_process(p->group, tacet_bytes_span(&r->commit), &args,
                         &content, &e));
  MUST(tacet_mls_staged_apply(p->group, NOW));
  return cpu_ms() - t;
}

static void update(const char *what, size_t n, person *a, person *b,
                   double create_limit, double process_limit) {
  char label[64];
  double best_create = 1e9, best_follow = 1e9;
  size_t bytes = 0;
  for (int i = 0; i < 5; i++) {
    TACET_MLS_COMMIT_RESULT(r);
    double ms;
    commit(a, &(tacet_mls_commit_args){.force_path = true}, &r, &ms);
    best_create = ms < best_create ? ms : best_create;
    ms = follow(b, &r);
    best_follow = ms < best_follow ? ms : best_follow;
    bytes = r.commit.len;
  }
  snprintf(label, sizeof(label), "update, %s tree: create", what);
  row(label, n, best_create, create_limit, bytes);
  snprintf(label, sizeof(label), "update, %s tree: process", what);
  row(label, n, best_follow, process_limit, 0);
}

static size_t depth_of(size_t n) {
  size_t d = 0;
  while (((size_t)1 << d) < n) {
    d++;
  }
  return d;
}

/* Parents on the filtered direct path of the last leaf of a tree of n: those
 * whose other child has a member, which are the ones to its left. */
static size_t path_of_last(size_t n) {
  return (size_t)__builtin_popcountll(n - 1);
}

/* ---- one message of 1 KiB ---- */

static void messages(size_t n, person *a, person *b, const bench_limits *l) {
  enum { ROUNDS = 500 };
  static tacet_bytes sent[ROUNDS];
  uint8_t text[1024] = {1};
  tacet_mls_protect_args pa = {.padding = 0};
  tacet_mls_process_args args = {.now = NOW};
  TACET_BUF(message, 1 << 16);
  TACET_BUF(content, 1 << 16);
  double t = cpu_ms();
  for (size_t i = 0; i < ROUNDS; i++) {
    tacet_buf_clear(&message);
    MUST(tacet_mls_protect(a->group, tacet_span_of(text, sizeof(text)), &pa,
                           &message));
    MUST(tacet_bytes_set(&sent[i], tacet_buf_span(&message)));
  }
  row("protect 1 KiB", n, (cpu_ms() - t) / ROUNDS, l->protect_1k, sent[0].len);
  t = cpu_ms();
  for (size_t i = 0; i < ROUNDS; i++) {
    tacet_mls_event e;
    MUST(tacet_mls_process(b->group, tacet_bytes_span(&sent[i]), &args,
                           &content, &e));
  }
  row("unprotect 1 KiB", n, (cpu_ms() - t) / ROUNDS, l->unprotect_1k, 0);
  for (size_t i = 0; i < ROUNDS; i++) {
    tacet_bytes_free(&sent[i]);
  }
}

/* ---- the two shapes of tree ---- */

/* Bytes alone: the tree, the state, and what a loaded group takes of the heap.
 */
static void sizes(const char *what, size_t n, person *p) {
  char label[64];
  TACET_BUF(state, 1 << 28);
  TACET_BUF(tree, 1 << 28);
  MUST(tacet_mls_save(p->group, &state));
  MUST(tacet_mls_ratchet_tree(p->group, &tree));
  snprintf(label, sizeof(label), "%s: ratchet_tree", what);
  row(label, n, 0, 0, tree.len);
  snprintf(label, sizeof(label), "%s: saved state", what);
  row(label, n, 0, 0, state.len);
  tacet_mls_group_free(p->group);
  struct mallinfo2 before = mallinfo2();
  MUST(tacet_mls_load_whole(&config, tacet_buf_span(&state), &p->group));
  struct mallinfo2 after = mallinfo2();
  snprintf(label, sizeof(label), "%s: heap", what);
  row(label, n, 0, 0,
      after.uordblks + after.hblkhd - before.uordblks - before.hblkhd);
}

/* Somebody who is there already, when all the others come at once. */
static void follow_adds(size_t n, const person *others, const bench_limits *l) {
  person a = {.group = NULL}, b = {.group = NULL};
  double ms;
  make_person(&a, n);
  make_person(&b, n + 1);
  found(&a, "bench-group-there");
  tacet_mls_proposal *adds = calloc(n, sizeof(*adds));
  adds[0] = add_of(&b);
  TACET_MLS_COMMIT_RESULT(first);
  commit(&a, &(tacet_mls_commit_args){.proposals = adds, .n_proposals = 1},
         &first, &ms);
  join(&b, &first, NULL);
  for (size_t i = 0; i < n - 2; i++) {
    adds[i] = add_of(&others[i]);
  }
  TACET_MLS_COMMIT_RESULT(r);
  commit(&a, &(tacet_mls_commit_args){.proposals = adds, .n_proposals = n - 2},
         &r, &ms);
  row("process a commit that adds N-2", n, follow(&b, &r),
      (double)(2 * (n - 2) + 1) * l->verify, 0);
  free(adds);
  free_person(&a);
  free_person(&b);
}

/* One commit adds everybody; a few updates; messages. */
static void blank_tree(size_t n, const bench_limits *l) {
  person *all = calloc(n, sizeof(*all));
  double ms = 0, m = (double)(n - 1), d = (double)depth_of(n);
  for (size_t i = 0; i < n; i++) {
    name_person(&all[i], i);
  }
  double t = cpu_ms();
  for (size_t i = 0; i < n; i++) {
    make_package(&all[i]);
  }
  row("key package generate", n, (cpu_ms() - t) / (double)n,
      2 * l->sign + 2 * l->keygen, all[0].package.len);
  found(&all[0], "bench-group-blank");
  tacet_mls_proposal *adds = calloc(n, sizeof(*adds));
  for (size_t i = 1; i < n; i++) {
    adds[i - 1] = add_of(&all[i]);
  }
  TACET_MLS_COMMIT_RESULT(r);
  commit(&all[0],
         &(tacet_mls_commit_args){.proposals = adds, .n_proposals = n - 1}, &r,
         &ms);
  row("add N-1 in one commit", n, ms,
      m * (2 * l->verify + l->encap) + 2 * l->sign, r.commit.len);
  row("welcome and tree for N-1", n, 0, 0, r.welcome.len + r.ratchet_tree.len);
  join(&all[1], &r, &ms);
  row("join, blank tree", n, ms, (m + 2) * l->verify + l->decap, 0);
  if (n > 2) {
    follow_adds(n, all, l);
  }
  update("blank", n, &all[0], &all[1],
         m * l->encap + 2 * l->sign + (d + 1) * l->keygen,
         d * l->keygen + l->decap + 2 * l->verify);
  messages(n, &all[0], &all[1], l);
  sizes("blank tree", n, &all[1]);
  for (size_t i = 0; i < n; i++) {
    free_person(&all[i]);
  }
  free(adds);
  free(all);
}

/* Each member adds the next one with a path: in the end everybody has committed
 * once, and no parent above two members is blank. Returns ms of the last join.
 */
static double populate(size_t n, person *all) {
  double ms = 0, joined = 0;
  make_person(&all[0], 0);
  found(&all[0], "bench-group-chain");
  for (size_t i = 1; i < n; i++) {
    make_person(&all[i], i);
    tacet_mls_proposal add = add_of(&all[i]);
    TACET_MLS_COMMIT_RESULT(r);
    commit(&all[i - 1],
           &(tacet_mls_commit_args){
               .proposals = &add, .n_proposals = 1, .force_path = true},
           &r, &ms);
    join(&all[i], &r, &joined);
    if (i >= 2) {
      tacet_mls_group_free(all[i - 2].group);
      all[i - 2].group = NULL;
    }
  }
  return joined;
}

/* The first member, who sits far away. The parents above it are blank then, so
 * the half that it was in is reached by depth - 1 keys instead of one. */
static void remove_first(size_t n, person *a, person *b,
                         const bench_limits *l) {
  double ms, path = (double)path_of_last(n), d = (double)depth_of(n);
  tacet_mls_proposal remove = {.type = TACET_MLS_REMOVE, .leaf = 0};
  TACET_MLS_COMMIT_RESULT(r);
  commit(a, &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1},
         &r, &ms);
  row("remove 1, populated: create", n, ms,
      (path + 1) * l->keygen + (path + d - 2) * l->encap + 2 * l->sign,
      r.commit.len);
  row("remove 1, populated: process", n, follow(b, &r),
      path * l->keygen + l->decap + 2 * l->verify, 0);
}

static void add_one(size_t n, person *a, person *b, const bench_limits *l) {
  double ms;
  person next = {.group = NULL};
  make_person(&next, n);
  tacet_mls_proposal add = add_of(&next);
  TACET_MLS_COMMIT_RESULT(r);
  commit(a, &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1}, &r,
         &ms);
  row("add 1, no path: create", n, ms, 2 * l->verify + 2 * l->sign + l->encap,
      r.commit.len);
  row("add 1, no path: process", n, follow(b, &r), 3 * l->verify, 0);
  free_person(&next);
}

static void populated_tree(size_t n, const bench_limits *l) {
  person *all = calloc(n, sizeof(*all));
  double path = (double)path_of_last(n);
  double joined = populate(n, all);
  row("join, populated tree", n, joined,
      (double)(n + 1) * l->verify + l->decap + path * l->keygen, 0);
  /* A key of one's own leaf and of each parent on the path; one encryption for
   * each parent, and for the receiver, who sits beside, all of the keys. */
  update("populated", n, &all[n - 1], &all[n - 2],
         (path + 1) * l->keygen + path * l->encap + 2 * l->sign,
         path * l->keygen + l->decap + 2 * l->verify);
  if (n > 2) {
    remove_first(n, &all[n - 1], &all[n - 2], l);
  }
  add_one(n, &all[n - 1], &all[n - 2], l);
  sizes("populated tree", n, &all[n - 1]);
  for (size_t i = 0; i < n; i++) {
    free_person(&all[i]);
  }
  free(all);
}

static void run(uint16_t id, const size_t *list, size_t n_list) {
  suite = tacet_suites_find(&tacet_suites_all, id);
  if (suite == NULL) {
    fprintf(stderr, "bench_mls: no suite %04X here\n", id);
    exit(2);
  }
  if (!rows_only) {
    printf("\n# suite %04X %s\n", id, suite->name);
  }
  bench_limits l;
  bench_limits_measure(suite, &l);
  print_limits(&l);
  if (!rows_only) {
    printf("%-34s %6s %10s %10s %6s %10s\n", "operation", "N", "ms", "limit ms",
           "ratio", "bytes");
  }
  silent = true; /* what a first use loads is no row */
  blank_tree(2, &l);
  populated_tree(2, &l);
  silent = false;
  for (size_t i = 0; i < n_list; i++) {
    blank_tree(list[i], &l);
    if (list[i] <= POPULATED_MAX) {
      populated_tree(list[i], &l);
    }
  }
}

int main(int argc, char **argv) {
  static const size_t usual[] = {2, 100, 1000};
  size_t given[16], n = 0;
  MUST(tacet_crypto_init());
  config = TACET_MLS_CONFIG(&tacet_suites_all);
  if (argc > 1 && strcmp(argv[1], "--rows") == 0) {
    rows_only = true;
    setvbuf(stdout, NULL, _IOLBF, 0); /* who is ended early has said so far */
    argc--;
    argv++;
  }
  for (int i = 2; i < argc && n < 16; i++) {
    given[n++] = strtoul(argv[i], NULL, 10);
  }
  const size_t *list = n > 0 ? given : usual;
  n = n > 0 ? n : 3;
  if (argc > 1) {
    run((uint16_t)strtoul(argv[1], NULL, 16), list, n);
  } else {
    run(TACET_SUITE_X25519_AES128, list, n);
    run(TACET_SUITE_XWING_CHACHA, list, n);
  }
  return 0;
}
