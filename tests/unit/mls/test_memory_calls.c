/* SPDX-License-Identifier: Apache-2.0
 * The calls of tacet/mls.h that test_memory.c does not sweep: small ones that
 * allocate, each with the n-th allocation failing, and those that answer
 * questions, which ask for no memory at all. Together the two files name every
 * function of the header (tools/check-negative looks).
 */
#include "tacet/mlswire.h"
#include "tests/unit/mls/members.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

#define LIMIT ((size_t)1 << 20)

/* Three members, and what is needed to call everything. */
typedef struct world {
  member m[4]; /* [3] is invited */
  tacet_mls_commit_result invitation;
  tacet_bytes info, package_message;
  tacet_mls_psk psk;
} world;

static void world_new(world *w) {
  memset(w, 0, sizeof(*w));
  members_new(w->m, 3, suite);
  members_commit(w->m, 3, 1, &(tacet_mls_commit_args){.force_path = true});
  member_new(&w->m[3], suite, "fourth");
  member_publish(&w->m[3]);
  w->psk = (tacet_mls_psk){
      .id = {.type = TACET_MLS_PSK_EXTERNAL, .id = TACET_SPAN_LIT("pw")},
      .key = TACET_SPAN_LIT("secret")};
  const tacet_mls_proposal list[] = {propose_add(&w->m[3]),
                                     {.type = TACET_MLS_PSK, .psk = w->psk.id}};
  assert_ok(member_commit(&w->m[0],
                          &(tacet_mls_commit_args){.proposals = list,
                                                   .n_proposals = 2,
                                                   .psks = {&w->psk, 1},
                                                   .want_group_info = true},
                          &w->invitation));
  TACET_BUF(info, LIMIT);
  assert_ok(tacet_mls_group_info_write(
      w->m[1].g,
      &(tacet_mls_group_info_args){.external_pub = true, .tree = true}, &info));
  assert_ok(tacet_buf_take(&info, &w->info));
}

static void world_free(world *w) {
  tacet_mls_commit_result_free(&w->invitation);
  tacet_bytes_free(&w->info);
  members_free(w->m, 4);
}

/* ---- calls that allocate, and no group to compare ---- */

static tacet_err open_welcome(const world *w, tacet_mls_welcome **out) {
  const tacet_mls_candidate c = {tacet_bytes_span(&w->m[3].key_package),
                                 &w->m[3].keys};
  size_t index = 0;
  return tacet_mls_welcome_open(&test_config,
                                tacet_bytes_span(&w->invitation.welcome), &c, 1,
                                &index, out);
}

static tacet_err welcome_steps(void *ctx) {
  world *w = ctx;
  tacet_mls_welcome *welcome = NULL;
  tacet_mls_group *g = NULL;
  tacet_mls_group_info info;
  tacet_mls_psk_id id;
  tacet_err err = open_welcome(w, &welcome);
  if (err == TACET_OK) {
    assert_int_equal(tacet_mls_welcome_n_psks(welcome), 1);
    tacet_mls_welcome_psk(welcome, 0, &id);
    err = tacet_mls_welcome_unlock(welcome, (tacet_mls_psks){&w->psk, 1});
  }
  if (err == TACET_OK) {
    tacet_mls_welcome_info(welcome, &info);
    err = tacet_mls_welcome_join(
        welcome, tacet_bytes_span(&w->invitation.ratchet_tree), NULL, &g);
  }
  tacet_mls_group_free(g);
  tacet_mls_welcome_free(welcome);
  return err;
}

static tacet_err welcome_for(void *ctx) {
  world *w = ctx;
  tacet_mls_key_package k;
  TACET_BUF(out, LIMIT);
  TACET_TRY(tacet_mls_key_package_check(
      &test_config, tacet_bytes_span(&w->m[3].key_package), NOW, &k));
  return tacet_mls_welcome_for(tacet_bytes_span(&w->invitation.welcome),
                               tacet_span_of(k.ref, k.ref_len), &out);
}

static tacet_err write_keys(void *ctx) {
  world *w = ctx;
  TACET_BUF(out, LIMIT);
  TACET_MLS_KEYS(back);
  tacet_mls_keys_write(&out, &w->m[3].keys);
  TACET_TRY(out.err);
  TACET_TRY(tacet_mls_keys_read(tacet_buf_span(&out), &back));
  tacet_mls_keys_wipe(&back);
  return TACET_OK;
}

static tacet_err write_extensions(void *ctx) {
  (void)ctx;
  TACET_BUF(list, LIMIT);
  tacet_mls_extensions_add(&list, EXTENSION_TEST, TACET_SPAN_LIT("x"));
  return list.err;
}

static tacet_err propose_from_outside(void *ctx) {
  world *w = ctx;
  TACET_BUF(out, LIMIT);
  const tacet_mls_external_proposal_args args = {
      .suite = suite,
      .group_id = tacet_mls_group_id(w->m[0].g),
      .epoch = tacet_mls_epoch(w->m[0].g),
      .new_member = true,
      .signature_key = &w->m[3].signature_key,
      .proposal = propose_add(&w->m[3])};
  return tacet_mls_external_propose(&args, &out);
}

static tacet_err save_in_parts(void *ctx) {
  world *w = ctx;
  TACET_BUF(shared, LIMIT);
  TACET_BUF(own, LIMIT);
  tacet_mls_group *g = NULL;
  TACET_TRY(tacet_mls_save_shared(w->m[0].g, &shared));
  TACET_TRY(tacet_mls_save_own(w->m[0].g, &own));
  tacet_err err = tacet_mls_load(&test_config, tacet_buf_span(&shared),
                                 tacet_buf_span(&own), &g);
  tacet_mls_group_free(g);
  return err;
}

/* The derivation works on the stack; whatever it asks for may fail. */
static tacet_err export(void *ctx) {
  world *w = ctx;
  tacet_secret out;
  return tacet_mls_export(w->m[0].g, "label", TACET_SPAN_LIT("context"), 32,
                          &out);
}

static void small_calls_leak_nothing(void **state) {
  (void)state;
  world w;
  world_new(&w);
  test_alloc_sweep(welcome_steps, &w);
  test_alloc_sweep(welcome_for, &w);
  test_alloc_sweep(write_keys, &w);
  test_alloc_sweep(write_extensions, &w);
  test_alloc_sweep(propose_from_outside, &w);
  test_alloc_sweep(save_in_parts, &w);
  test_alloc_sweep(export, &w);
  world_free(&w);
}

/* ---- an update that somebody else commits, and a group info that fails ----
 */

static tacet_mls_group *loaded(const tacet_bytes *state) {
  tacet_mls_group *g = NULL;
  assert_ok(tacet_mls_load_whole(&test_config, tacet_bytes_span(state), &g));
  return g;
}

typedef tacet_err change_call(tacet_mls_group *g, const world *w);

static tacet_err propose_each(tacet_mls_group *g, const world *w) {
  const tacet_mls_proposal list[] = {
      propose_add(&w->m[3]),
      {.type = TACET_MLS_REMOVE, .leaf = 2},
      {.type = TACET_MLS_PSK, .psk = w->psk.id},
      {.type = TACET_MLS_REINIT,
       .group_id = TACET_SPAN_LIT("next"),
       .suite = suite},
      {.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS},
      {.type = PROPOSAL_TEST, .body = TACET_SPAN_LIT("!")}};
  for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
    TACET_BUF(out, LIMIT);
    const tacet_mls_propose_args args = {.proposal = list[i],
                                         .public_message = i % 2 == 0};
    tacet_err err = tacet_mls_propose(g, &args, NOW, &out);
    if (err != TACET_OK) {
      /* Those before it are there, and they alone. */
      assert_int_equal(tacet_mls_group_status(g).n_proposals, i);
      tacet_mls_proposals_clear(g);
      return err;
    }
  }
  return TACET_OK;
}

static tacet_err commit_with_everything(tacet_mls_group *g, const world *w) {
  TACET_MLS_COMMIT_RESULT(r);
  static const uint8_t list[] = {0xFF, 0x01, 0x00};
  const tacet_mls_proposal proposals[] = {
      propose_add(&w->m[3]),
      {.type = TACET_MLS_PSK, .psk = w->psk.id},
      {.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS,
       .extensions = tacet_span_of(list, sizeof(list))},
      {.type = PROPOSAL_TEST, .body = TACET_SPAN_LIT("!")}};
  tacet_span renamed = TACET_SPAN_LIT("renamed");
  return tacet_mls_commit(
      g,
      &(tacet_mls_commit_args){.proposals = proposals,
                               .n_proposals = 4,
                               .update = {.identity = &renamed},
                               .psks = {&w->psk, 1},
                               .public_message = true,
                               .tree_in_welcome = true,
                               .want_group_info = true,
                               .tree_in_group_info = true,
                               .external_pub = true},
      NOW, &r);
}

/* Private messages of a proposal spend a generation; public ones, and those
 * that fail, none. */
static void what_fails_changes_nothing(void **state) {
  (void)state;
  world w;
  world_new(&w);
  static change_call *const calls[] = {propose_each, commit_with_everything};
  tacet_bytes fresh = member_state(&w.m[2]);
  for (size_t c = 0; c < 2; c++) {
    for (size_t n = 0;; n++) {
      member m = {.g = loaded(&fresh)};
      tacet_bytes before = member_state(&m);
      test_alloc_fail_at(n);
      tacet_err err = calls[c](m.g, &w);
      tacet_allocator_set(NULL);
      if (err != TACET_OK) {
        assert_err(TACET_ERR_NOMEM, err);
        if (c == 1) {
          tacet_bytes after = member_state(&m);
          assert_span(tacet_bytes_span(&before), tacet_bytes_span(&after));
          tacet_bytes_free(&after);
        }
      }
      tacet_bytes_free(&before);
      tacet_mls_group_free(m.g);
      if (err == TACET_OK) {
        assert_true(n > 0);
        break;
      }
    }
  }
  tacet_bytes_free(&fresh);
  world_free(&w);
}

/* A staged commit of somebody who was outside. */
static void a_stranger_is_followed_whole_or_not(void **state) {
  (void)state;
  world w;
  world_new(&w);
  tacet_mls_group *joined = NULL;
  TACET_BUF(commit, LIMIT);
  const tacet_mls_external_args args = {.group_info = tacet_bytes_span(&w.info),
                                        .leaf = member_leaf(&w.m[3]),
                                        .remove = 1};
  assert_ok(tacet_mls_external_join(&test_config, &args, &commit, &joined));
  tacet_bytes fresh = member_state(&w.m[2]);
  for (size_t n = 0;; n++) {
    member m = {.g = loaded(&fresh)};
    tacet_mls_event event;
    tacet_bytes before = member_state(&m);
    test_alloc_fail_at(n);
    tacet_err err = member_process(&m, tacet_buf_span(&commit), &event);
    if (err == TACET_OK) {
      err = tacet_mls_staged_apply(m.g, NOW);
    }
    tacet_allocator_set(NULL);
    if (err != TACET_OK) {
      assert_err(TACET_ERR_NOMEM, err);
      tacet_mls_staged_drop(m.g);
      tacet_bytes after = member_state(&m);
      assert_span(tacet_bytes_span(&before), tacet_bytes_span(&after));
      tacet_bytes_free(&after);
    } else {
      assert_true(tacet_secret_equal(tacet_mls_epoch_authenticator(m.g),
                                     tacet_mls_epoch_authenticator(joined)));
    }
    tacet_bytes_free(&before);
    tacet_mls_group_free(m.g);
    if (err == TACET_OK) {
      break;
    }
  }
  tacet_bytes_free(&fresh);
  tacet_mls_group_free(joined);
  world_free(&w);
}

/* ---- calls that ask for nothing ---- */

static void ask_about_group(const tacet_mls_group *g) {
  tacet_mls_member who;
  uint32_t at = 0;
  tacet_span data;
  assert_true(tacet_mls_group_id(g).len > 0);
  assert_true(tacet_mls_epoch(g) > 0);
  assert_ptr_equal(tacet_mls_suite(g), suite);
  assert_true(tacet_mls_own_leaf(g) < tacet_mls_n_leaves(g));
  assert_int_equal(tacet_mls_group_extensions(g).len, 0);
  assert_int_equal(tacet_mls_tree_hash(g).len, 32);
  assert_int_equal(tacet_mls_confirmed_transcript_hash(g).len, 32);
  assert_int_equal(tacet_mls_epoch_authenticator(g)->len, 32);
  assert_int_equal(tacet_mls_resumption_psk(g)->len, 32);
  assert_int_equal(tacet_mls_n_members(g), 3);
  assert_true(tacet_mls_member_at(g, 0, &who));
  assert_true(tacet_mls_member_next(g, &at, &who));
  assert_true(tacet_mls_member_find(g, who.identity, &who));
  assert_true(tacet_mls_member_find_key(g, who.signature_key, &who));
  assert_false(tacet_mls_extensions_find(who.extensions, 77, &data));
  (void)tacet_mls_group_status(g);
}

static void ask_about_messages(const world *w) {
  tacet_mls_header header;
  tacet_mls_group_info info;
  tacet_mls_key_package k;
  tacet_mls_extension e;
  assert_ok(tacet_mls_peek(tacet_bytes_span(&w->invitation.commit), &header));
  assert_ok(tacet_mls_group_info_read(&test_config, tacet_bytes_span(&w->info),
                                      &info));
  assert_ok(tacet_mls_key_package_check(
      &test_config, tacet_bytes_span(&w->m[3].key_package), NOW, &k));
  for (tacet_span list = info.extensions;
       tacet_mls_extensions_next(&list, &e);) {
    assert_true(e.type != 0);
  }
}

static void ask_about_commits(const world *w, tacet_mls_group *staged) {
  tacet_mls_staged_info info;
  tacet_mls_change change;
  tacet_mls_proposal_view view;
  assert_true(tacet_mls_pending_matches(
      w->m[0].g, tacet_bytes_span(&w->invitation.commit)));
  tacet_mls_staged_info_get(staged, &info);
  assert_true(info.n_changes > 0 && info.n_proposals > 0);
  tacet_mls_staged_change(staged, 0, &change);
  tacet_mls_staged_proposal(staged, 0, &view);
  tacet_mls_proposal_at(w->m[2].g, 0, &view);
}

static void let_go(world *w, tacet_mls_group *staged) {
  tacet_mls_staged_drop(staged);
  tacet_mls_pending_discard(w->m[0].g);
  tacet_mls_proposals_clear(w->m[2].g);
  tacet_mls_forget_past(w->m[2].g, NOW);
  tacet_mls_erase_exporter(w->m[2].g);
}

/* Everything that only looks, or only lets go: it cannot fail for want of
 * memory, since it asks for none. (Sums of hashes and signatures happen on the
 * stack, but for the key package's, whose label is put before it.) */
static void questions_need_no_memory(void **state) {
  (void)state;
  world w;
  world_new(&w);
  tacet_mls_event event;
  tacet_mls_process_args args = {.psks = {&w.psk, 1}, .now = NOW};
  TACET_BUF(content, LIMIT);
  TACET_BUF(proposal, LIMIT);
  assert_ok(tacet_mls_process(w.m[1].g, tacet_bytes_span(&w.invitation.commit),
                              &args, &content, &event));
  assert_ok(tacet_mls_propose(
      w.m[2].g,
      &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE}}, NOW,
      &proposal));
  test_alloc_fail_at(SIZE_MAX);
  ask_about_messages(&w);
  assert_true(test_alloc_normal() <= 8);
  test_alloc_fail_at(0);
  for (size_t i = 0; i < 3; i++) {
    ask_about_group(w.m[i].g);
  }
  ask_about_commits(&w, w.m[1].g);
  assert_int_equal(test_alloc_normal(), 0);
  let_go(&w, w.m[1].g);
  assert_int_equal(tacet_mls_group_status(w.m[2].g).n_proposals, 0);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_calls_leak_nothing),
      cmocka_unit_test(what_fails_changes_nothing),
      cmocka_unit_test(a_stranger_is_followed_whole_or_not),
      cmocka_unit_test(questions_need_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
