/* SPDX-License-Identifier: Apache-2.0
 * What belongs to a suite rather than to MLS: the whole protocol in each of
 * them with the n-th allocation failing, and numbers that are not offered.
 */
#include "tests/unit/mls/members.h"

#define LIMIT ((size_t)1 << 20)

/* ---- the whole protocol ---- */

typedef struct story {
  const tacet_suite *suite;
  tacet_secret signature_key[2];
} story;

/* All that it makes; freed by scope, so that each step may just return. */
typedef struct scene {
  tacet_mls_group *a, *b;
  tacet_mls_welcome *w;
  tacet_buf package, message, content;
  tacet_mls_keys keys;
  tacet_mls_commit_result r;
} scene;

static void scene_done(scene *s) {
  tacet_mls_group_free(s->a);
  tacet_mls_group_free(s->b);
  tacet_mls_welcome_free(s->w);
  tacet_buf_free(&s->package);
  tacet_buf_free(&s->message);
  tacet_buf_free(&s->content);
  tacet_mls_keys_wipe(&s->keys);
  tacet_mls_commit_result_free(&s->r);
}

static tacet_err found(const story *t, scene *s) {
  const tacet_mls_leaf_args leaf = {.identity = TACET_SPAN_LIT("a"),
                                    .signature_key = &t->signature_key[0]};
  return tacet_mls_group_new(&test_config, t->suite, TACET_SPAN_LIT("group"),
                             &leaf, TACET_SPAN_EMPTY, &s->a);
}

static tacet_err add(const story *t, scene *s) {
  const tacet_mls_key_package_args args = {
      .leaf = {.identity = TACET_SPAN_LIT("b"),
               .signature_key = &t->signature_key[1]},
      .not_before = NOW - 1,
      .not_after = NOW + 1};
  TACET_TRY(tacet_mls_key_package_new(&test_config, t->suite, &args,
                                      &s->package, &s->keys));
  const tacet_mls_proposal add = {.type = TACET_MLS_ADD,
                                  .key_package = tacet_buf_span(&s->package)};
  TACET_TRY(tacet_mls_commit(
      s->a, &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1}, NOW,
      &s->r));
  return tacet_mls_pending_merge(s->a, NOW);
}

static tacet_err join(const story *t, scene *s) {
  (void)t;
  const tacet_mls_candidate candidate = {tacet_buf_span(&s->package), &s->keys};
  size_t index = 0;
  TACET_TRY(tacet_mls_welcome_open(&test_config,
                                   tacet_bytes_span(&s->r.welcome), &candidate,
                                   1, &index, &s->w));
  TACET_TRY(tacet_mls_welcome_unlock(s->w, (tacet_mls_psks){NULL, 0}));
  return tacet_mls_welcome_join(s->w, tacet_bytes_span(&s->r.ratchet_tree),
                                NULL, &s->b);
}

static tacet_err hear(tacet_mls_group *g, scene *s, tacet_span message,
                      tacet_mls_event *event) {
  const tacet_mls_process_args args = {.now = NOW};
  return tacet_mls_process(g, message, &args, &s->content, event);
}

/* The joiner changes its keys; both enter the epoch. */
static tacet_err update(const story *t, scene *s) {
  (void)t;
  tacet_mls_event event;
  tacet_mls_commit_result_free(&s->r);
  TACET_TRY(tacet_mls_commit(s->b, &(tacet_mls_commit_args){.force_path = true},
                             NOW, &s->r));
  TACET_TRY(hear(s->a, s, tacet_bytes_span(&s->r.commit), &event));
  TACET_TRY(tacet_mls_staged_apply(s->a, NOW));
  TACET_TRY(tacet_mls_pending_merge(s->b, NOW));
  return tacet_secret_equal(tacet_mls_epoch_authenticator(s->a),
                            tacet_mls_epoch_authenticator(s->b))
             ? TACET_OK
             : TACET_ERR_CONFIRMATION;
}

static tacet_err talk(const story *t, scene *s) {
  (void)t;
  tacet_mls_event event;
  const tacet_mls_protect_args args = {.padding = 0};
  TACET_TRY(
      tacet_mls_protect(s->a, TACET_SPAN_LIT("hello"), &args, &s->message));
  TACET_TRY(hear(s->b, s, tacet_buf_span(&s->message), &event));
  return tacet_span_equal(event.content, TACET_SPAN_LIT("hello"))
             ? TACET_OK
             : TACET_ERR_AUTH;
}

static tacet_err tell(void *ctx) {
  static tacet_err (*const steps[])(const story *t, scene *s) = {
      found, add, join, update, talk};
  const story *t = ctx;
  TACET_CLEANUP(scene_done)
  scene s = {.package = {.max = LIMIT},
             .message = {.max = LIMIT},
             .content = {.max = LIMIT}};
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
    TACET_TRY(steps[i](t, &s));
  }
  return TACET_OK;
}

static void every_allocation_may_fail_in_every_suite(void **state) {
  (void)state;
  assert_ok(tacet_crypto_init());
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    story t = {.suite = tacet_suites_all.list[i]};
    uint8_t public_key[TACET_SIG_PUBLIC_MAX];
    assert_ok(t.suite->sig->generate(&t.signature_key[0], public_key));
    assert_ok(t.suite->sig->generate(&t.signature_key[1], public_key));
    test_alloc_sweep(tell, &t);
  }
}

/* ---- numbers ---- */

/* A group under the number that another implementation has for a construction
 * of ours: only who lists that number meets it. */
static void an_alias_is_said_and_never_guessed(void **state) {
  (void)state;
  static tacet_suite alias;
  alias = tacet_suite_alias(&tacet_suite_xwing_aes256, 0x004E);
  const tacet_suite *const list[] = {&tacet_suite_xwing_aes256, &alias};
  const tacet_suites both = {list, 2};
  member m[3];
  test_config.suites = &both;
  members_new(m, 2, &alias);
  members_agree(m, 2);
  members_talk(m, 2);
  member_reload(&m[1]);
  tacet_mls_proposal add = {.type = TACET_MLS_ADD};
  TACET_MLS_COMMIT_RESULT(r);
  /* The same construction under our number does not fit the group. */
  member_new(&m[2], &tacet_suite_xwing_aes256, "other number");
  member_publish(&m[2]);
  add.key_package = tacet_bytes_span(&m[2].key_package);
  assert_err(TACET_ERR_KEY_PACKAGE,
             member_commit(
                 &m[0],
                 &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1},
                 &r));
  /* Who does not list the number is told so: Welcome and saved state. */
  member_free(&m[2]);
  member_new(&m[2], &alias, "lists the number");
  member_publish(&m[2]);
  add.key_package = tacet_bytes_span(&m[2].key_package);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1},
      &r));
  tacet_bytes saved = member_state(&m[0]);
  tacet_mls_group *g = NULL;
  test_config.suites = &tacet_suites_all;
  assert_err(TACET_ERR_UNKNOWN_SUITE,
             member_try_join(&m[2], tacet_bytes_span(&r.welcome),
                             tacet_bytes_span(&r.ratchet_tree)));
  assert_err(TACET_ERR_UNKNOWN_SUITE,
             tacet_mls_load_whole(&test_config, tacet_bytes_span(&saved), &g));
  assert_null(g);
  tacet_bytes_free(&saved);
  members_free(m, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_allocation_may_fail_in_every_suite),
      cmocka_unit_test(an_alias_is_said_and_never_guessed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
