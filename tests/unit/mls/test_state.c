/* SPDX-License-Identifier: Apache-2.0
 * What is saved: in every condition, exactly, and nothing else is loaded.
 */
#include "mls/group.h"
#include "tests/unit/mls/members.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

#define LIMIT ((size_t)1 << 20)

/* Member 0 with a pending commit, proposals of its own and of others, skipped
 * keys in two epochs, past epochs with changed leaves, no exporter. */
static void everything_at_once(member *m) {
  tacet_span heard;
  tacet_mls_event event;
  members_new(m, 4, suite);
  tacet_bytes early = member_say(&m[2], "early");
  tacet_mls_proposal remove = propose_remove(&m[3]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[1], &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1},
      &r));
  member_free(&m[3]);
  members_follow(m, 4, 1, tacet_bytes_span(&r.commit));
  tacet_bytes a = member_say(&m[1], "a"), b = member_say(&m[1], "b");
  assert_ok(member_read(&m[0], tacet_bytes_span(&b), &heard));
  TACET_BUF(w, LIMIT);
  assert_ok(tacet_mls_propose(
      m[1].g, &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE}},
      NOW, &w));
  assert_ok(member_process(&m[0], tacet_buf_span(&w), &event));
  tacet_buf_clear(&w);
  assert_ok(
      tacet_mls_propose(m[0].g,
                        &(tacet_mls_propose_args){
                            .proposal = {.type = TACET_MLS_UPDATE},
                            .update = {.signature_key = &m[0].signature_key}},
                        NOW, &w));
  tacet_mls_erase_exporter(m[0].g);
  tacet_mls_commit_result_free(&r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.with_cached = true, .force_path = true},
      &r));
  tacet_bytes_free(&early);
  tacet_bytes_free(&a);
  tacet_bytes_free(&b);
}

static void every_condition_comes_back(void **state) {
  (void)state;
  member m[4];
  everything_at_once(m);
  tacet_mls_status before = tacet_mls_group_status(m[0].g);
  assert_true(before.pending && !before.exporter);
  assert_int_equal(before.n_proposals, 2);
  assert_int_equal(before.n_past_epochs, 2);
  member_reload(&m[0]);
  tacet_mls_status after = tacet_mls_group_status(m[0].g);
  assert_true(after.pending && !after.exporter);
  assert_int_equal(after.n_proposals, 2);
  assert_int_equal(after.n_past_epochs, 2);
  members_free(m, 4);
}

static void parts_are_checked_against_each_other(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  tacet_mls_group *g = NULL;
  TACET_BUF(shared, LIMIT);
  TACET_BUF(own, LIMIT);
  TACET_BUF(shared_next, LIMIT);
  TACET_BUF(own_next, LIMIT);
  assert_ok(tacet_mls_save_shared(m[0].g, &shared));
  assert_ok(tacet_mls_save_own(m[0].g, &own));
  /* Messages leave the shared part alone. */
  tacet_bytes said = member_say(&m[0], "x");
  tacet_bytes_free(&said);
  TACET_BUF(again, LIMIT);
  assert_ok(tacet_mls_save_shared(m[0].g, &again));
  assert_span(tacet_buf_span(&shared), tacet_buf_span(&again));
  members_commit(m, 2, 1, &(tacet_mls_commit_args){.force_path = true});
  assert_ok(tacet_mls_save_shared(m[0].g, &shared_next));
  assert_ok(tacet_mls_save_own(m[0].g, &own_next));
  assert_err(TACET_ERR_ENCODING,
             tacet_mls_load(&test_config, tacet_buf_span(&shared),
                            tacet_buf_span(&own_next), &g));
  assert_err(TACET_ERR_ENCODING,
             tacet_mls_load(&test_config, tacet_buf_span(&shared_next),
                            tacet_buf_span(&own), &g));
  assert_ok(tacet_mls_load(&test_config, tacet_buf_span(&shared),
                           tacet_buf_span(&own), &g));
  /* The context of before, the tree of now. */
  TACET_BUF(tree, LIMIT);
  TACET_BUF(tree_next, LIMIT);
  TACET_BUF(mixed, LIMIT);
  assert_ok(tacet_mls_ratchet_tree(g, &tree));
  assert_ok(tacet_mls_ratchet_tree(m[0].g, &tree_next));
  tacet_mls_group_free(g);
  tacet_write_bytes(&mixed, tacet_span_of(shared.p, shared.len - tree.len));
  tacet_write_bytes(&mixed, tacet_buf_span(&tree_next));
  assert_err(TACET_ERR_TREE_HASH,
             tacet_mls_load(&test_config, tacet_buf_span(&mixed),
                            tacet_buf_span(&own), &g));
  members_free(m, 2);
}

/* Own part: version, hash of the context, version of the keys, leaf. */
static void nobody_sits_on_a_blank_leaf(void **state) {
  (void)state;
  member m[3];
  members_new(m, 3, suite);
  members_commit(m, 3, 2, &(tacet_mls_commit_args){.force_path = true});
  tacet_mls_group *g = NULL;
  TACET_BUF(shared, LIMIT);
  TACET_BUF(own, LIMIT);
  assert_ok(tacet_mls_save_shared(m[2].g, &shared));
  assert_ok(tacet_mls_save_own(m[2].g, &own));
  uint8_t *leaf = own.p + 1 + suite->hash->len + 1 + 3;
  assert_int_equal(*leaf, 2);
  *leaf = 3;
  assert_err(TACET_ERR_ENCODING,
             tacet_mls_load(&test_config, tacet_buf_span(&shared),
                            tacet_buf_span(&own), &g));
  members_free(m, 3);
}

/* Or a leaf of the one would have no place in the other. */
static void the_secret_tree_has_the_size_of_the_tree(void **state) {
  (void)state;
  member m[3];
  members_new(m, 3, suite);
  tacet_secret root = m[0].g->secrets.init;
  for (uint32_t n_leaves = 2; n_leaves <= 8; n_leaves *= 2) {
    tacet_secret_tree_free(&m[0].g->ratchets);
    assert_ok(
        tacet_secret_tree_init(&m[0].g->ratchets, suite, n_leaves, &root));
    TACET_BUF(shared, LIMIT);
    TACET_BUF(own, LIMIT);
    tacet_mls_group *g = NULL;
    assert_ok(tacet_mls_save_shared(m[0].g, &shared));
    assert_ok(tacet_mls_save_own(m[0].g, &own));
    assert_err(n_leaves == 4 ? TACET_OK : TACET_ERR_ENCODING,
               tacet_mls_load(&test_config, tacet_buf_span(&shared),
                              tacet_buf_span(&own), &g));
    tacet_mls_group_free(g);
  }
  members_free(m, 3);
}

static void newer_and_unknown_states_are_refused(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  tacet_mls_group *g = NULL;
  TACET_BUF(shared, LIMIT);
  TACET_BUF(own, LIMIT);
  assert_ok(tacet_mls_save_shared(m[0].g, &shared));
  assert_ok(tacet_mls_save_own(m[0].g, &own));
  shared.p[0]++;
  assert_err(TACET_ERR_VERSION,
             tacet_mls_load(&test_config, tacet_buf_span(&shared),
                            tacet_buf_span(&own), &g));
  shared.p[0]--;
  own.p[0]++;
  assert_err(TACET_ERR_VERSION,
             tacet_mls_load(&test_config, tacet_buf_span(&shared),
                            tacet_buf_span(&own), &g));
  own.p[0]--;
  const tacet_suite *const one[] = {&tacet_suite_p256_aes128};
  const tacet_suites offered = {one, 1};
  const tacet_mls_config narrow = TACET_MLS_CONFIG(&offered);
  assert_err(TACET_ERR_UNKNOWN_SUITE,
             tacet_mls_load(&narrow, tacet_buf_span(&shared),
                            tacet_buf_span(&own), &g));
  members_free(m, 2);
}

static tacet_err load_exact(tacet_span state, tacet_mls_group **g) {
  uint8_t *exact = malloc(state.len == 0 ? 1 : state.len);
  if (state.len > 0) {
    memcpy(exact, state.p, state.len);
  }
  tacet_err err =
      tacet_mls_load_whole(&test_config, tacet_span_of(exact, state.len), g);
  free(exact); /* nothing of it is needed any more */
  return err;
}

/* Cut anywhere it is refused. */
static void a_state_cut_short_is_none(void **state) {
  (void)state;
  member m[4];
  everything_at_once(m);
  tacet_bytes saved = member_state(&m[0]);
  tacet_mls_group *g = NULL;
  for (size_t i = 0; i < saved.len; i++) {
    tacet_err err = load_exact(tacet_span_of(saved.p, i), &g);
    assert_int_equal(tacet_err_kind(err), TACET_KIND_INPUT);
    assert_null(g);
  }
  tacet_bytes_free(&saved);
  members_free(m, 4);
}

/* Any one bit of it changed, it is refused or it is a state: most bits are of
 * keys, and any key is a key. Whatever loads saves to the bytes that were
 * loaded, and reads a message without harm. */
static void damaged_states_do_no_harm(void **state) {
  (void)state;
  member m[4];
  everything_at_once(m);
  tacet_bytes saved = member_state(&m[0]);
  tacet_bytes said = member_say(&m[2], "hello");
  size_t loaded = 0;
  for (size_t i = 0; i < 8 * saved.len; i++) {
    member other = {.g = NULL};
    saved.p[i / 8] ^= (uint8_t)(1u << (i % 8));
    if (tacet_mls_load_whole(&test_config, tacet_bytes_span(&saved),
                             &other.g) == TACET_OK) {
      tacet_span heard;
      tacet_bytes again = member_state(&other);
      assert_span(tacet_bytes_span(&saved), tacet_bytes_span(&again));
      tacet_bytes_free(&again);
      (void)!member_read(&other, tacet_bytes_span(&said), &heard);
      tacet_mls_group_free(other.g);
      loaded++;
    }
    saved.p[i / 8] ^= (uint8_t)(1u << (i % 8));
  }
  assert_true(loaded > 0);
  tacet_bytes_free(&said);
  tacet_bytes_free(&saved);
  members_free(m, 4);
}

/* The state must not grow with what is over. */
static void it_stays_small(void **state) {
  (void)state;
  member m[3];
  members_new(m, 3, suite);
  tacet_bytes first = {NULL, 0};
  for (size_t i = 0; i < 40; i++) {
    members_commit(m, 3, i % 3, &(tacet_mls_commit_args){.force_path = true});
    members_talk(m, 3);
    if (i == 9) {
      first = member_state(&m[0]);
    }
  }
  tacet_bytes last = member_state(&m[0]);
  assert_in_range(last.len, first.len - 200, first.len + 200);
  assert_true(last.len < 8000);
  tacet_bytes_free(&first);
  tacet_bytes_free(&last);
  members_free(m, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_condition_comes_back),
      cmocka_unit_test(parts_are_checked_against_each_other),
      cmocka_unit_test(nobody_sits_on_a_blank_leaf),
      cmocka_unit_test(the_secret_tree_has_the_size_of_the_tree),
      cmocka_unit_test(newer_and_unknown_states_are_refused),
      cmocka_unit_test(a_state_cut_short_is_none),
      cmocka_unit_test(damaged_states_do_no_harm),
      cmocka_unit_test(it_stays_small),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
