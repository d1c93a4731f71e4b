/* SPDX-License-Identifier: Apache-2.0
 * Groups that follow another: re-initialisation, branching, and those that only
 * pretend to.
 */
#include "tests/unit/mls/raw.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

#define PATH (&(tacet_mls_commit_args){.force_path = true})

typedef struct successors {
  member old[3];  /* the group that ends */
  member next[3]; /* the same people, in the next suite */
  tacet_span packages[2];
} successors;

static void successors_new(successors *s, const tacet_suite *next) {
  members_new(s->old, 3, suite);
  for (size_t i = 0; i < 3; i++) {
    member_new(&s->next[i], next, s->old[i].name);
    member_publish(&s->next[i]);
  }
  s->packages[0] = tacet_bytes_span(&s->next[1].key_package);
  s->packages[1] = tacet_bytes_span(&s->next[2].key_package);
}

static void successors_free(successors *s) {
  members_free(s->old, 3);
  members_free(s->next, 3);
}

static tacet_err join_successor(member *m, const tacet_bytes *welcome,
                                const tacet_mls_group *old,
                                const tacet_secret *key) {
  const tacet_mls_candidate candidate = {tacet_bytes_span(&m->key_package),
                                         &m->keys};
  tacet_mls_welcome *w = NULL;
  size_t index = 0;
  tacet_mls_psk psk;
  assert_ok(tacet_mls_welcome_open(&test_config, tacet_bytes_span(welcome),
                                   &candidate, 1, &index, &w));
  assert_int_equal(tacet_mls_welcome_n_psks(w), 1);
  tacet_mls_welcome_psk(w, 0, &psk.id);
  psk.key = tacet_secret_span(key);
  assert_ok(tacet_mls_welcome_unlock(w, (tacet_mls_psks){&psk, 1}));
  tacet_mls_group *g = NULL;
  tacet_err err = tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, old, &g);
  tacet_mls_welcome_free(w);
  if (err == TACET_OK) {
    m->g = g;
  }
  return err;
}

static void end_group(successors *s, const tacet_suite *next) {
  tacet_mls_proposal p = {.type = TACET_MLS_REINIT,
                          .group_id = TACET_SPAN_LIT("the next group"),
                          .suite = next};
  members_commit(s->old, 3, 1,
                 &(tacet_mls_commit_args){.proposals = &p, .n_proposals = 1});
  for (size_t i = 0; i < 3; i++) {
    member_reload(&s->old[i]);
    assert_true(tacet_mls_group_status(s->old[i].g).reinit);
  }
}

static void an_ended_group_goes_on_in_another(void **state) {
  (void)state;
  const tacet_suite *next = &tacet_suite_xwing_chacha;
  successors s;
  successors_new(&s, next);
  tacet_mls_successor_args args = {.usage = TACET_MLS_USAGE_REINIT,
                                   .leaf = member_leaf(&s.next[0]),
                                   .key_packages = s.packages,
                                   .n_key_packages = 2,
                                   .tree_in_welcome = true};
  TACET_MLS_COMMIT_RESULT(r);
  assert_err(TACET_ERR_REINIT,
             tacet_mls_successor(s.old[0].g, &test_config, &args, NOW, &r,
                                 &s.next[0].g));
  end_group(&s, next);
  /* Read-only from now on. */
  TACET_BUF(w, 1 << 12);
  assert_err(TACET_ERR_REINIT,
             tacet_mls_protect(s.old[0].g, TACET_SPAN_LIT("x"),
                               &(tacet_mls_protect_args){.padding = 0}, &w));
  assert_err(TACET_ERR_REINIT, member_commit(&s.old[0], PATH, &r));
  /* Nobody is left behind. */
  args.n_key_packages = 1;
  assert_err(TACET_ERR_REINIT,
             tacet_mls_successor(s.old[0].g, &test_config, &args, NOW, &r,
                                 &s.next[0].g));
  args.n_key_packages = 2;
  assert_ok(tacet_mls_successor(s.old[0].g, &test_config, &args, NOW, &r,
                                &s.next[0].g));
  assert_ok(tacet_mls_pending_merge(s.next[0].g, NOW));
  for (size_t i = 1; i < 3; i++) {
    const tacet_secret *key = tacet_mls_resumption_psk(s.old[i].g);
    assert_err(TACET_ERR_REINIT,
               join_successor(&s.next[i], &r.welcome, NULL, key));
    assert_ok(join_successor(&s.next[i], &r.welcome, s.old[i].g, key));
  }
  members_agree(s.next, 3);
  members_talk(s.next, 3);
  assert_span(TACET_SPAN_LIT("the next group"),
              tacet_mls_group_id(s.next[2].g));
  successors_free(&s);
}

static void a_group_that_did_not_end_has_no_successor(void **state) {
  (void)state;
  successors s;
  successors_new(&s, suite);
  /* One member holds that it ended, another does not. */
  tacet_bytes live = member_state(&s.old[2]);
  end_group(&s, suite);
  const tacet_mls_successor_args args = {.usage = TACET_MLS_USAGE_REINIT,
                                         .leaf = member_leaf(&s.next[0]),
                                         .key_packages = s.packages,
                                         .n_key_packages = 2,
                                         .tree_in_welcome = true};
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(tacet_mls_successor(s.old[0].g, &test_config, &args, NOW, &r,
                                &s.next[0].g));
  tacet_mls_group *before = NULL;
  assert_ok(
      tacet_mls_load_whole(&test_config, tacet_bytes_span(&live), &before));
  assert_err(TACET_ERR_REINIT,
             join_successor(&s.next[2], &r.welcome, before,
                            tacet_mls_resumption_psk(s.old[2].g)));
  tacet_mls_group_free(before);
  tacet_bytes_free(&live);
  successors_free(&s);
}

static void some_members_branch_off(void **state) {
  (void)state;
  successors s;
  successors_new(&s, suite);
  member stranger;
  member_new(&stranger, suite, "stranger");
  member_publish(&stranger);
  const tacet_span outsider = tacet_bytes_span(&stranger.key_package);
  tacet_mls_successor_args args = {.usage = TACET_MLS_USAGE_BRANCH,
                                   .group_id = TACET_SPAN_LIT("a branch"),
                                   .leaf = member_leaf(&s.next[0]),
                                   .key_packages = &outsider,
                                   .n_key_packages = 1,
                                   .tree_in_welcome = true};
  TACET_MLS_COMMIT_RESULT(r);
  assert_err(TACET_ERR_REINIT,
             tacet_mls_successor(s.old[0].g, &test_config, &args, NOW, &r,
                                 &s.next[0].g));
  args.key_packages = s.packages + 1;
  assert_ok(tacet_mls_successor(s.old[0].g, &test_config, &args, NOW, &r,
                                &s.next[0].g));
  assert_ok(tacet_mls_pending_merge(s.next[0].g, NOW));
  assert_ok(join_successor(&s.next[2], &r.welcome, s.old[2].g,
                           tacet_mls_resumption_psk(s.old[2].g)));
  members_agree(s.next, 3);
  members_talk(s.next, 3);
  members_talk(s.old, 3); /* and the old group lives */
  member_free(&stranger);
  successors_free(&s);
}

/* ---- false ones ---- */

typedef struct false_successor {
  const char *name;
  tacet_mls_psk_usage usage;
  const tacet_suite *suite;
  const char *group_id;
  bool extension;     /* one that was not announced */
  bool leaves_out;    /* the third member */
  bool brings_in;     /* a stranger */
  bool later;         /* at epoch 2 */
  bool earlier_epoch; /* the PSK of the epoch before the last */
  bool other_group;   /* the PSK of a group that is not the old one */
  bool untied;        /* no PSK at all */
  tacet_err err;
} false_successor;

#define REINIT TACET_MLS_USAGE_REINIT
#define BRANCH TACET_MLS_USAGE_BRANCH
#define NEXT "the next group"

static const false_successor claims[] = {
    {.name = "true", .usage = REINIT, .group_id = NEXT},
    {.name = "suite",
     .usage = REINIT,
     .suite = &tacet_suite_x25519_aes128,
     .group_id = NEXT,
     .err = TACET_ERR_REINIT},
    {.name = "id",
     .usage = REINIT,
     .group_id = "another",
     .err = TACET_ERR_REINIT},
    {.name = "extension",
     .usage = REINIT,
     .group_id = NEXT,
     .extension = true,
     .err = TACET_ERR_REINIT},
    {.name = "fewer",
     .usage = REINIT,
     .group_id = NEXT,
     .leaves_out = true,
     .err = TACET_ERR_REINIT},
    {.name = "more",
     .usage = REINIT,
     .group_id = NEXT,
     .brings_in = true,
     .err = TACET_ERR_REINIT},
    {.name = "later",
     .usage = REINIT,
     .group_id = NEXT,
     .later = true,
     .err = TACET_ERR_REINIT},
    {.name = "epoch",
     .usage = REINIT,
     .group_id = NEXT,
     .earlier_epoch = true,
     .err = TACET_ERR_REINIT},
    {.name = "group",
     .usage = REINIT,
     .group_id = NEXT,
     .other_group = true,
     .err = TACET_ERR_REINIT},
    {.name = "no PSK",
     .usage = REINIT,
     .group_id = NEXT,
     .untied = true,
     .err = TACET_ERR_REINIT},
    {.name = "branch", .usage = BRANCH, .group_id = "any"},
    {.name = "small branch",
     .usage = BRANCH,
     .group_id = "any",
     .leaves_out = true},
    {.name = "branch and stranger",
     .usage = BRANCH,
     .group_id = "any",
     .brings_in = true,
     .err = TACET_ERR_REINIT},
    {.name = "branch in another suite",
     .usage = BRANCH,
     .suite = &tacet_suite_x25519_aes128,
     .group_id = "any",
     .err = TACET_ERR_REINIT},
    {.name = "branch of another group",
     .usage = BRANCH,
     .group_id = "any",
     .other_group = true,
     .err = TACET_ERR_REINIT},
    {.name = "branch of an earlier epoch",
     .usage = BRANCH,
     .group_id = "any",
     .earlier_epoch = true,
     .err = TACET_ERR_REINIT},
    {.name = "late branch",
     .usage = BRANCH,
     .group_id = "any",
     .later = true,
     .err = TACET_ERR_REINIT},
};

typedef struct people {
  member old[3];
  member next[4]; /* the same, and a stranger */
} people;

static void people_new(people *p, const tacet_suite *next) {
  static const char *const names[] = {"member 0", "member 1", "member 2",
                                      "stranger"};
  members_new(p->old, 3, suite);
  tacet_mls_proposal end = {.type = TACET_MLS_REINIT,
                            .group_id = TACET_SPAN_LIT(NEXT),
                            .suite = suite};
  members_commit(p->old, 3, 0,
                 &(tacet_mls_commit_args){.proposals = &end, .n_proposals = 1});
  for (size_t i = 0; i < 4; i++) {
    member_new(&p->next[i], next, names[i]);
    member_publish(&p->next[i]);
  }
}

/* The group and its first commit, unchecked. */
static tacet_bytes make_successor(people *p, const false_successor *s) {
  member *maker = &p->next[0];
  tacet_mls_leaf_args leaf = member_leaf(maker);
  TACET_BUF(extensions, 64);
  if (s->extension) {
    tacet_mls_extensions_add(&extensions, EXTENSION_TEST, TACET_SPAN_EMPTY);
  }
  assert_ok(tacet_mls_group_new(&test_config, maker->suite,
                                tacet_span_str(s->group_id), &leaf,
                                tacet_buf_span(&extensions), &maker->g));
  if (s->later) {
    TACET_MLS_COMMIT_RESULT(first);
    assert_ok(member_commit(maker, &(tacet_mls_commit_args){.force_path = true},
                            &first));
    assert_ok(tacet_mls_pending_merge(maker->g, NOW));
  }
  const tacet_mls_group *old = p->old[0].g;
  tacet_mls_proposal list[4];
  size_t n = 0;
  list[n++] = propose_add(&p->next[1]);
  if (!s->leaves_out) {
    list[n++] = propose_add(&p->next[2]);
  }
  if (s->brings_in) {
    list[n++] = propose_add(&p->next[3]);
  }
  list[n] = (tacet_mls_proposal){
      .type = TACET_MLS_PSK,
      .psk = {.type = TACET_MLS_PSK_RESUMPTION,
              .usage = s->usage,
              .id = s->other_group ? TACET_SPAN_LIT("a third group")
                                   : tacet_mls_group_id(old),
              .epoch = tacet_mls_epoch(old) - (s->earlier_epoch ? 1 : 0)}};
  const tacet_mls_psk psk = {
      .id = list[n].psk,
      .key = tacet_secret_span(tacet_mls_resumption_psk(old))};
  const tacet_mls_commit_args args = {.proposals = list,
                                      .n_proposals = n + (s->untied ? 0 : 1),
                                      .psks = {&psk, 1},
                                      .tree_in_welcome = true};
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(tacet_commit_pending(maker->g, &args, NOW, true, &r));
  tacet_bytes welcome = r.welcome;
  r.welcome = (tacet_bytes){NULL, 0};
  return welcome;
}

static tacet_err join_claimed(people *p, const tacet_bytes *welcome) {
  member *m = &p->next[1];
  const tacet_mls_candidate c = {tacet_bytes_span(&m->key_package), &m->keys};
  tacet_mls_welcome *w = NULL;
  size_t index = 0;
  tacet_mls_psk psk = {
      .key = tacet_secret_span(tacet_mls_resumption_psk(p->old[1].g))};
  assert_ok(tacet_mls_welcome_open(&test_config, tacet_bytes_span(welcome), &c,
                                   1, &index, &w));
  size_t n = tacet_mls_welcome_n_psks(w);
  if (n > 0) {
    tacet_mls_welcome_psk(w, 0, &psk.id);
  }
  assert_ok(tacet_mls_welcome_unlock(w, (tacet_mls_psks){&psk, n}));
  tacet_err err =
      tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, p->old[1].g, &m->g);
  tacet_mls_welcome_free(w);
  return err;
}

static void only_true_successors_are_joined(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
    const false_successor *s = &claims[i];
    people p;
    people_new(&p, s->suite != NULL ? s->suite : suite);
    tacet_bytes welcome = make_successor(&p, s);
    tacet_err err = join_claimed(&p, &welcome);
    if (err != s->err) {
      print_error("%s: expected %s, got %s\n", s->name, tacet_err_name(s->err),
                  tacet_err_name(err));
      fail();
    }
    tacet_bytes_free(&welcome);
    members_free(p.old, 3);
    members_free(p.next, 4);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_ended_group_goes_on_in_another),
      cmocka_unit_test(a_group_that_did_not_end_has_no_successor),
      cmocka_unit_test(some_members_branch_off),
      cmocka_unit_test(only_true_successors_are_joined),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
