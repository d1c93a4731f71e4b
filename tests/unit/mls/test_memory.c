/* SPDX-License-Identifier: Apache-2.0
 * Every call with the n-th allocation failing, for every n: it says NOMEM,
 * leaks nothing (LeakSanitizer looks), and the group is byte for byte as
 * before.
 */
#include "tests/unit/mls/members.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

#define LIMIT ((size_t)1 << 20)

/* ---- calls that make something ---- */

typedef struct making {
  member *m;
  tacet_bytes welcome, tree, info, state;
} making;

static tacet_err make_key_package(void *ctx) {
  making *k = ctx;
  TACET_BUF(w, LIMIT);
  TACET_MLS_KEYS(keys);
  const tacet_mls_key_package_args args = {.leaf = member_leaf(&k->m[0])};
  return tacet_mls_key_package_new(&test_config, suite, &args, &w, &keys);
}

static tacet_err make_group(void *ctx) {
  making *k = ctx;
  tacet_mls_group *g = NULL;
  const tacet_mls_leaf_args leaf = member_leaf(&k->m[0]);
  tacet_err err = tacet_mls_group_new(&test_config, suite, TACET_SPAN_LIT("g"),
                                      &leaf, TACET_SPAN_EMPTY, &g);
  tacet_mls_group_free(g);
  return err;
}

static tacet_err join_group(void *ctx) {
  making *k = ctx;
  member *m = &k->m[3];
  const tacet_mls_candidate candidate = {tacet_bytes_span(&m->key_package),
                                         &m->keys};
  size_t index = 0;
  tacet_mls_welcome *w = NULL;
  tacet_mls_group *g = NULL;
  tacet_err err = tacet_mls_welcome_open(
      &test_config, tacet_bytes_span(&k->welcome), &candidate, 1, &index, &w);
  if (err == TACET_OK) {
    err = tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0});
  }
  if (err == TACET_OK) {
    err = tacet_mls_welcome_join(w, tacet_bytes_span(&k->tree), NULL, &g);
  }
  tacet_mls_welcome_free(w);
  tacet_mls_group_free(g);
  return err;
}

static tacet_err join_from_outside(void *ctx) {
  making *k = ctx;
  tacet_mls_group *g = NULL;
  TACET_BUF(w, LIMIT);
  const tacet_mls_external_args args = {.group_info =
                                            tacet_bytes_span(&k->info),
                                        .leaf = member_leaf(&k->m[3]),
                                        .remove = 1};
  tacet_err err = tacet_mls_external_join(&test_config, &args, &w, &g);
  tacet_mls_group_free(g);
  return err;
}

static tacet_err load_group(void *ctx) {
  making *k = ctx;
  tacet_mls_group *g = NULL;
  tacet_err err =
      tacet_mls_load_whole(&test_config, tacet_bytes_span(&k->state), &g);
  tacet_mls_group_free(g);
  return err;
}

static tacet_err branch_off(void *ctx) {
  making *k = ctx;
  tacet_mls_group *g = NULL;
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_span package = tacet_bytes_span(&k->m[1].key_package);
  const tacet_mls_successor_args args = {.usage = TACET_MLS_USAGE_BRANCH,
                                         .group_id = TACET_SPAN_LIT("branch"),
                                         .leaf = member_leaf(&k->m[0]),
                                         .key_packages = &package,
                                         .n_key_packages = 1};
  tacet_err err =
      tacet_mls_successor(k->m[0].g, &test_config, &args, NOW, &r, &g);
  tacet_mls_group_free(g);
  return err;
}

/* Three in a group, a fourth invited; member 0 in every condition at once:
 * pending commit, cached proposals, skipped keys, past epochs. */
static void making_new(making *k, member *m) {
  memset(k, 0, sizeof(*k));
  k->m = m;
  members_new(m, 3, suite);
  member_new(&m[3], suite, "fourth");
  member_publish(&m[3]);
  member_publish(&m[1]);
  members_commit(m, 3, 1, &(tacet_mls_commit_args){.force_path = true});
  TACET_BUF(w, LIMIT);
  assert_ok(tacet_mls_group_info_write(
      m[0].g, &(tacet_mls_group_info_args){.external_pub = true, .tree = true},
      &w));
  assert_ok(tacet_buf_take(&w, &k->info));
  tacet_mls_proposal add = propose_add(&m[3]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[2], &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1},
      &r));
  k->welcome = r.welcome;
  k->tree = r.ratchet_tree;
  r.welcome = r.ratchet_tree = (tacet_bytes){NULL, 0};
  tacet_mls_pending_discard(m[2].g);

  tacet_bytes skipped = member_say(&m[1], "skipped");
  tacet_bytes said = member_say(&m[1], "said");
  tacet_span heard;
  assert_ok(member_read(&m[0], tacet_bytes_span(&said), &heard));
  tacet_bytes_free(&said);
  tacet_bytes_free(&skipped);
  assert_ok(tacet_mls_propose(
      m[0].g, &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE}},
      NOW, &w));
  tacet_mls_commit_result_free(&r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1},
      &r));
  k->state = member_state(&m[0]);
}

static void what_makes_something_leaks_nothing(void **state) {
  (void)state;
  member m[4];
  making k;
  making_new(&k, m);
  test_alloc_sweep(make_key_package, &k);
  test_alloc_sweep(make_group, &k);
  test_alloc_sweep(join_group, &k);
  test_alloc_sweep(join_from_outside, &k);
  test_alloc_sweep(load_group, &k);
  test_alloc_sweep(branch_off, &k);
  tacet_bytes_free(&k.welcome);
  tacet_bytes_free(&k.tree);
  tacet_bytes_free(&k.info);
  tacet_bytes_free(&k.state);
  members_free(m, 4);
}

/* ---- calls that change a group ---- */

typedef struct change {
  tacet_bytes message;
  tacet_span key_package;
} change;
typedef tacet_err change_call(tacet_mls_group *g, const change *c);

static tacet_err protect(tacet_mls_group *g, const change *c) {
  (void)c;
  TACET_BUF(w, LIMIT);
  return tacet_mls_protect(g, TACET_SPAN_LIT("x"),
                           &(tacet_mls_protect_args){.padding = 9}, &w);
}

static tacet_err process(tacet_mls_group *g, const change *c) {
  TACET_BUF(content, LIMIT);
  tacet_mls_event event;
  return tacet_mls_process(g, tacet_bytes_span(&c->message),
                           &(tacet_mls_process_args){.now = NOW}, &content,
                           &event);
}

static tacet_err propose(tacet_mls_group *g, const change *c) {
  (void)c;
  TACET_BUF(w, LIMIT);
  return tacet_mls_propose(
      g, &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE}}, NOW,
      &w);
}

static tacet_err commit(tacet_mls_group *g, const change *c) {
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_mls_proposal list[] = {
      {.type = TACET_MLS_ADD, .key_package = c->key_package},
      {.type = TACET_MLS_REMOVE, .leaf = 2}};
  return tacet_mls_commit(g,
                          &(tacet_mls_commit_args){.proposals = list,
                                                   .n_proposals = 2,
                                                   .want_group_info = true,
                                                   .external_pub = true},
                          NOW, &r);
}

static tacet_err write_all(tacet_mls_group *g, const change *c) {
  (void)c;
  TACET_BUF(w, LIMIT);
  TACET_TRY(tacet_mls_save(g, &w));
  TACET_TRY(tacet_mls_ratchet_tree(g, &w));
  return tacet_mls_group_info_write(
      g, &(tacet_mls_group_info_args){.external_pub = true, .tree = true}, &w);
}

static tacet_mls_group *loaded(const tacet_bytes *state) {
  tacet_mls_group *g = NULL;
  assert_ok(tacet_mls_load_whole(&test_config, tacet_bytes_span(state), &g));
  return g;
}

static size_t sweep(const tacet_bytes *state, change_call *call,
                    const change *c) {
  for (size_t n = 0;; n++) {
    member m = {.g = loaded(state)};
    tacet_bytes before = member_state(&m);
    test_alloc_fail_at(n);
    tacet_err err = call(m.g, c);
    tacet_allocator_set(NULL);
    if (err != TACET_OK) {
      assert_err(TACET_ERR_NOMEM, err);
      assert_same_state(&before, &m);
    }
    tacet_bytes_free(&before);
    tacet_mls_group_free(m.g);
    if (err == TACET_OK) {
      return n;
    }
  }
}

static void what_fails_changes_nothing(void **state) {
  (void)state;
  member m[4];
  change c = {.message = {NULL, 0}};
  members_new(m, 3, suite);
  members_commit(m, 3, 1, &(tacet_mls_commit_args){.force_path = true});
  member_new(&m[3], suite, "fourth");
  member_publish(&m[3]);
  c.key_package = tacet_bytes_span(&m[3].key_package);
  tacet_bytes fresh = member_state(&m[0]);
  assert_true(sweep(&fresh, protect, &c) > 0);
  assert_true(sweep(&fresh, propose, &c) > 0);
  assert_true(sweep(&fresh, commit, &c) > 0);
  assert_true(sweep(&fresh, write_all, &c) > 0);
  /* A message that skips some. */
  for (size_t i = 0; i < 20; i++) {
    tacet_bytes_free(&c.message);
    c.message = member_say(&m[1], "hello");
  }
  assert_true(sweep(&fresh, process, &c) > 0);
  /* A proposal, public and private. */
  for (int public = 0; public < 2; public ++) {
    TACET_BUF(w, LIMIT);
    assert_ok(tacet_mls_propose(
        m[1].g,
        &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE},
                                  .public_message = public != 0},
        NOW, &w));
    assert_ok(tacet_buf_take(&w, &c.message));
    assert_true(sweep(&fresh, process, &c) > 0);
  }
  tacet_mls_proposals_clear(m[1].g);
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_mls_proposal add = propose_add(&m[3]);
  assert_ok(member_commit(&m[1],
                          &(tacet_mls_commit_args){.proposals = &add,
                                                   .n_proposals = 1,
                                                   .force_path = true},
                          &r));
  tacet_bytes_free(&c.message);
  c.message = r.commit;
  r.commit = (tacet_bytes){NULL, 0};
  assert_true(sweep(&fresh, process, &c) > 0);
  tacet_bytes_free(&c.message);
  tacet_bytes_free(&fresh);
  members_free(m, 4);
}

/* Entering an epoch, from a pending and from a staged commit. */
static void an_epoch_is_entered_whole_or_not(void **state) {
  (void)state;
  member m[4];
  members_new(m, 3, suite);
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_mls_proposal remove = propose_remove(&m[2]);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1},
      &r));
  tacet_bytes pending = member_state(&m[0]);
  tacet_bytes other = member_state(&m[1]);
  for (size_t n = 0, done = 0; done < 2; n++) {
    member a = {.g = loaded(&pending)}, b = {.g = loaded(&other)};
    tacet_mls_event event;
    assert_ok(member_process(&b, tacet_bytes_span(&r.commit), &event));
    tacet_bytes before_a = member_state(&a), before_b = member_state(&b);
    test_alloc_fail_at(n);
    tacet_err err_a = tacet_mls_pending_merge(a.g, NOW);
    test_alloc_fail_at(n);
    tacet_err err_b = tacet_mls_staged_apply(b.g, NOW);
    tacet_allocator_set(NULL);
    if (err_a != TACET_OK) {
      assert_err(TACET_ERR_NOMEM, err_a);
      assert_same_state(&before_a, &a);
      assert_ok(tacet_mls_pending_merge(a.g, NOW));
    }
    if (err_b != TACET_OK) {
      assert_err(TACET_ERR_NOMEM, err_b);
      assert_same_state(&before_b, &b);
      assert_ok(tacet_mls_staged_apply(b.g, NOW));
    }
    assert_true(tacet_secret_equal(tacet_mls_epoch_authenticator(a.g),
                                   tacet_mls_epoch_authenticator(b.g)));
    done = (size_t)(err_a == TACET_OK) + (size_t)(err_b == TACET_OK);
    tacet_bytes_free(&before_a);
    tacet_bytes_free(&before_b);
    tacet_mls_group_free(a.g);
    tacet_mls_group_free(b.g);
  }
  tacet_bytes_free(&pending);
  tacet_bytes_free(&other);
  members_free(m, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_makes_something_leaks_nothing),
      cmocka_unit_test(what_fails_changes_nothing),
      cmocka_unit_test(an_epoch_is_entered_whole_or_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
