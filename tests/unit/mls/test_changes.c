/* SPDX-License-Identifier: Apache-2.0
 * Changing a group: staging and looking, pending and racing, proposals by
 * reference.
 */
#include "tests/unit/mls/raw.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

#define PATH (&(tacet_mls_commit_args){.force_path = true})
#define PUBLIC_PATH                                                            \
  (&(tacet_mls_commit_args){.force_path = true, .public_message = true})

/* Processes a commit and leaves it staged. */
static tacet_mls_staged_info stage(member *m, const tacet_bytes *commit) {
  tacet_mls_event event;
  tacet_mls_staged_info info;
  assert_ok(member_process(m, tacet_bytes_span(commit), &event));
  assert_int_equal(event.kind, TACET_MLS_EVENT_COMMIT);
  tacet_mls_staged_info_get(m->g, &info);
  return info;
}

/* A proposal of `from`, processed by all of the n that have a group. */
static void propose(member *m, size_t n, size_t from,
                    const tacet_mls_propose_args *args) {
  TACET_BUF(w, 1 << 16);
  assert_ok(tacet_mls_propose(m[from].g, args, NOW, &w));
  for (size_t i = 0; i < n; i++) {
    tacet_mls_event event;
    if (i != from && m[i].g != NULL) {
      assert_ok(member_process(&m[i], tacet_buf_span(&w), &event));
      assert_int_equal(event.kind, TACET_MLS_EVENT_PROPOSAL);
      assert_int_equal(event.proposal.type, args->proposal.type);
    } else if (i == from) {
      assert_err(TACET_ERR_OWN_MESSAGE,
                 member_process(&m[i], tacet_buf_span(&w), &event));
    }
  }
}

/* ---- looking before applying ---- */

static void a_staged_commit_can_be_looked_at(void **state) {
  (void)state;
  member m[5];
  members_new(m, 4, suite);
  member_new(&m[4], suite, "newcomer");
  member_publish(&m[4]);
  tacet_mls_proposal list[] = {propose_add(&m[4]), propose_remove(&m[3])};
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[1], &(tacet_mls_commit_args){.proposals = list, .n_proposals = 2},
      &r));
  tacet_mls_staged_info info = stage(&m[0], &r.commit);
  assert_int_equal(info.committer, 1);
  assert_false(info.external);
  assert_true(info.has_path);
  assert_false(info.removes_self);
  assert_int_equal(info.n_proposals, 2);
  assert_int_equal(info.n_changes, 3);

  tacet_mls_change c;
  tacet_mls_staged_change(m[0].g, 0, &c);
  assert_int_equal(c.kind, TACET_MLS_CHANGE_ADDED);
  assert_int_equal(c.leaf, 3); /* the one that is free now */
  assert_int_equal(c.proposer, 1);
  assert_int_equal(c.before.leaf, TACET_MLS_NO_LEAF);
  assert_span(TACET_SPAN_LIT("newcomer"), c.after.identity);
  tacet_mls_staged_change(m[0].g, 1, &c);
  assert_int_equal(c.kind, TACET_MLS_CHANGE_REMOVED);
  assert_span(TACET_SPAN_LIT("member 3"), c.before.identity);
  assert_int_equal(c.after.leaf, TACET_MLS_NO_LEAF);
  tacet_mls_staged_change(m[0].g, 2, &c);
  assert_int_equal(c.kind, TACET_MLS_CHANGE_COMMITTER);
  assert_span(TACET_SPAN_LIT("member 1"), c.before.identity);
  assert_span(TACET_SPAN_LIT("member 1"), c.after.identity);
  assert_false(
      tacet_span_equal(c.before.encryption_key, c.after.encryption_key));

  tacet_mls_proposal_view p;
  tacet_mls_staged_proposal(m[0].g, 0, &p);
  assert_int_equal(p.type, TACET_MLS_ADD);
  assert_false(p.by_reference);
  assert_span(TACET_SPAN_LIT("newcomer"), p.leaf.identity);
  tacet_mls_staged_proposal(m[0].g, 1, &p);
  assert_int_equal(p.removed, 3);
  /* Meanwhile the group is as it was. */
  tacet_mls_member found;
  assert_true(
      tacet_mls_member_find(m[0].g, TACET_SPAN_LIT("member 3"), &found));
  assert_int_equal(tacet_mls_epoch(m[0].g), 1);
  assert_true(stage(&m[3], &r.commit).removes_self);
  members_free(m, 5);
}

static void a_dropped_commit_leaves_no_trace(void **state) {
  (void)state;
  member m[3];
  members_new(m, 3, suite);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[1], PATH, &r));
  tacet_bytes before = member_state(&m[0]);
  (void)stage(&m[0], &r.commit);
  tacet_mls_event event;
  assert_err(TACET_ERR_STATE,
             member_process(&m[0], tacet_bytes_span(&r.commit), &event));
  tacet_mls_staged_drop(m[0].g);
  assert_same_state(&before, &m[0]);
  (void)stage(&m[0], &r.commit); /* and it can be taken up again */
  assert_ok(tacet_mls_staged_apply(m[0].g, NOW));
  assert_err(TACET_ERR_STATE, tacet_mls_staged_apply(m[0].g, NOW));
  assert_ok(tacet_mls_pending_merge(m[1].g, NOW));
  member_follow(&m[2], tacet_bytes_span(&r.commit));
  members_agree(m, 3);
  members_free(m, 3);
}

static void what_is_staged_is_not_saved(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[1], PATH, &r));
  (void)stage(&m[0], &r.commit);
  member_reload(&m[0]);
  assert_false(tacet_mls_group_status(m[0].g).staged);
  members_follow(m, 2, 1, tacet_bytes_span(&r.commit));
  members_agree(m, 2);
  members_free(m, 2);
}

/* ---- pending ---- */

/* It has no keys: whoever applied it would be in an epoch of zeros. */
static void a_look_at_the_public_part_is_no_commit(void **state) {
  (void)state;
  member m[3];
  tacet_mls_event event;
  TACET_BUF(content, 1 << 10);
  TACET_MLS_COMMIT_RESULT(r);
  members_new(m, 3, suite);
  assert_ok(
      member_commit(&m[0], &(tacet_mls_commit_args){.force_path = true}, &r));
  tacet_bytes before = member_state(&m[1]);
  assert_ok(tacet_mls_process(
      m[1].g, tacet_bytes_span(&r.commit),
      &(tacet_mls_process_args){.now = NOW, .public_only = true}, &content,
      &event));
  assert_int_equal(event.kind, TACET_MLS_EVENT_COMMIT);
  assert_err(TACET_ERR_STATE, tacet_mls_staged_apply(m[1].g, NOW));
  tacet_mls_staged_drop(m[1].g);
  assert_same_state(&before, &m[1]);
  members_follow(m, 3, 0, tacet_bytes_span(&r.commit));
  members_agree(m, 3);
  members_free(m, 3);
}

static void an_own_commit_waits_to_be_accepted(void **state) {
  (void)state;
  member m[3];
  members_new(m, 3, suite);
  TACET_MLS_COMMIT_RESULT(r);
  TACET_MLS_COMMIT_RESULT(second);
  assert_ok(member_commit(&m[0], PATH, &r));
  assert_true(tacet_mls_group_status(m[0].g).pending);
  assert_int_equal(tacet_mls_epoch(m[0].g), 1);
  members_talk(m, 3); /* in the old epoch */
  assert_err(TACET_ERR_STATE, member_commit(&m[0], PATH, &second));
  /* Its echo is known, also after a restart, and is not an error to fear. */
  member_reload(&m[0]);
  tacet_mls_event event;
  assert_true(tacet_mls_pending_matches(m[0].g, tacet_bytes_span(&r.commit)));
  assert_err(TACET_ERR_OWN_MESSAGE,
             member_process(&m[0], tacet_bytes_span(&r.commit), &event));
  members_follow(m, 3, 0, tacet_bytes_span(&r.commit));
  members_agree(m, 3);
  members_talk(m, 3);
  assert_err(TACET_ERR_STATE, tacet_mls_pending_merge(m[0].g, NOW));
  members_free(m, 3);
}

static void a_discarded_commit_leaves_no_trace(void **state) {
  (void)state;
  member m[3];
  members_new(m, 3, suite);
  tacet_bytes before = member_state(&m[0]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0], PUBLIC_PATH, &r));
  tacet_mls_pending_discard(m[0].g);
  assert_same_state(&before, &m[0]);
  /* A private one spent a key: the next must not use it again. */
  uint32_t first = 9, second = 9;
  assert_ok(tacet_secret_tree_next(&m[0].g->ratchets, 0,
                                   TACET_RATCHET_HANDSHAKE, &first));
  assert_ok(member_commit(&m[0], PATH, &r));
  tacet_mls_pending_discard(m[0].g);
  assert_ok(tacet_secret_tree_next(&m[0].g->ratchets, 0,
                                   TACET_RATCHET_HANDSHAKE, &second));
  assert_int_equal(first + 1, second);
  /* If the discarded one wins after all, this member cannot follow. */
  tacet_mls_event event;
  assert_err(TACET_ERR_OWN_MESSAGE,
             member_process(&m[0], tacet_bytes_span(&r.commit), &event));
  assert_false(tacet_mls_pending_matches(m[0].g, tacet_bytes_span(&r.commit)));
  members_free(m, 3);
}

static void of_a_race_one_wins_and_the_others_follow(void **state) {
  (void)state;
  member m[6];
  tacet_mls_commit_result r[6];
  memset(r, 0, sizeof(r));
  members_new(m, 6, suite);
  for (size_t round = 0; round < 6; round++) {
    for (size_t i = 0; i < 6; i++) {
      assert_ok(member_commit(&m[i], PATH, &r[i]));
      member_reload(&m[i]);
    }
    size_t winner = (round * 5 + 2) % 6;
    members_follow(m, 6, winner, tacet_bytes_span(&r[winner].commit));
    members_agree(m, 6);
    for (size_t i = 0; i < 6; i++) {
      assert_false(tacet_mls_group_status(m[i].g).pending);
      tacet_mls_event event;
      if (i != winner) { /* the losers' are of the past now */
        assert_err(
            TACET_ERR_EPOCH_PAST,
            member_process(&m[winner], tacet_bytes_span(&r[i].commit), &event));
      }
      tacet_mls_commit_result_free(&r[i]);
    }
  }
  members_talk(m, 6);
  members_free(m, 6);
}

static void two_winners_are_a_fork_that_shows(void **state) {
  (void)state;
  member m[4];
  members_new(m, 4, suite);
  TACET_MLS_COMMIT_RESULT(a);
  TACET_MLS_COMMIT_RESULT(b);
  assert_ok(member_commit(&m[0], PATH, &a));
  assert_ok(member_commit(&m[1], PATH, &b));
  assert_ok(tacet_mls_pending_merge(m[0].g, NOW));
  assert_ok(tacet_mls_pending_merge(m[1].g, NOW));
  member_follow(&m[2], tacet_bytes_span(&a.commit));
  member_follow(&m[3], tacet_bytes_span(&b.commit));
  assert_int_equal(tacet_mls_epoch(m[2].g), tacet_mls_epoch(m[3].g));
  assert_false(tacet_secret_equal(tacet_mls_epoch_authenticator(m[2].g),
                                  tacet_mls_epoch_authenticator(m[3].g)));
  tacet_bytes said = member_say(&m[2], "hello?");
  tacet_span heard;
  assert_err(TACET_ERR_AUTH,
             member_read(&m[3], tacet_bytes_span(&said), &heard));
  tacet_bytes_free(&said);
  members_free(m, 4);
}

/* ---- proposals by reference ---- */

static void updates_of_others_are_committed(void **state) {
  (void)state;
  member m[5];
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  tacet_secret fresh;
  members_new(m, 5, suite);
  assert_ok(suite->sig->generate(&fresh, public_key));
  propose(m, 5, 1,
          &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE}});
  propose(m, 5, 3,
          &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE},
                                    .update = {.signature_key = &fresh},
                                    .public_message = true});
  /* Its own is left out of its commit, with everybody else's taken. */
  member_reload(&m[3]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(
      member_commit(&m[1], &(tacet_mls_commit_args){.with_cached = true}, &r));
  tacet_mls_staged_info info = stage(&m[0], &r.commit);
  assert_int_equal(info.n_proposals, 1);
  tacet_mls_change c;
  tacet_mls_staged_change(m[0].g, 0, &c);
  assert_int_equal(c.kind, TACET_MLS_CHANGE_UPDATED);
  assert_int_equal(c.leaf, 3);
  assert_int_equal(c.proposer, 3);
  assert_span(tacet_span_of(public_key, suite->sig->public_len),
              c.after.signature_key);
  tacet_mls_staged_drop(m[0].g);
  members_follow(m, 5, 1, tacet_bytes_span(&r.commit));
  m[3].signature_key = fresh;
  members_agree(m, 5);
  members_talk(m, 5);
  members_commit(m, 5, 3, PATH);
  members_agree(m, 5);
  members_free(m, 5);
}

static void one_who_leaves_is_removed_by_another(void **state) {
  (void)state;
  member m[4];
  members_new(m, 4, suite);
  propose(m, 4, 2,
          &(tacet_mls_propose_args){.proposal = propose_remove(&m[2])});
  /* 12.4: first the proposals, then messages. */
  TACET_BUF(w, 1 << 12);
  assert_err(TACET_ERR_STATE,
             tacet_mls_protect(m[0].g, TACET_SPAN_LIT("x"),
                               &(tacet_mls_protect_args){.padding = 0}, &w));
  assert_ok(tacet_mls_protect(
      m[0].g, TACET_SPAN_LIT("x"),
      &(tacet_mls_protect_args){.allow_pending_proposals = true}, &w));
  TACET_MLS_COMMIT_RESULT(r);
  /* He himself cannot commit it: it is left out, a plain update remains. */
  assert_ok(member_commit(
      &m[2], &(tacet_mls_commit_args){.with_cached = true, .force_path = true},
      &r));
  tacet_mls_staged_info info = stage(&m[0], &r.commit);
  assert_int_equal(info.n_proposals, 0);
  tacet_mls_staged_drop(m[0].g);
  tacet_mls_pending_discard(m[2].g);
  tacet_mls_commit_result_free(&r);
  assert_ok(
      member_commit(&m[0], &(tacet_mls_commit_args){.with_cached = true}, &r));
  members_follow(m, 4, 0, tacet_bytes_span(&r.commit));
  assert_true(tacet_mls_group_status(m[2].g).removed);
  /* Out: nothing of his is sent any more, the past he may read. */
  tacet_span heard;
  assert_ok(member_read(&m[2], tacet_buf_span(&w), &heard));
  assert_span(TACET_SPAN_LIT("x"), heard);
  TACET_BUF(more, 1 << 12);
  assert_err(TACET_ERR_REMOVED,
             tacet_mls_protect(m[2].g, TACET_SPAN_LIT("x"),
                               &(tacet_mls_protect_args){.padding = 0}, &more));
  assert_err(TACET_ERR_REMOVED, member_commit(&m[2], PATH, &r));
  member_reload(&m[2]);
  assert_true(tacet_mls_group_status(m[2].g).removed);
  member_free(&m[2]);
  members_agree(m, 4);
  members_talk(m, 4);
  members_free(m, 4);
}

static void proposals_die_with_their_epoch(void **state) {
  (void)state;
  member m[3];
  members_new(m, 3, suite);
  propose(m, 3, 1,
          &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE}});
  assert_int_equal(tacet_mls_group_status(m[0].g).n_proposals, 1);
  members_commit(m, 3, 0, PATH); /* does not take it up */
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(tacet_mls_group_status(m[i].g).n_proposals, 0);
  }
  members_agree(m, 3);
  members_free(m, 3);
}

static void what_contradicts_is_left_out(void **state) {
  (void)state;
  member m[6];
  members_new(m, 5, suite);
  member_new(&m[5], suite, "newcomer");
  member_publish(&m[5]);
  /* An Update and two Removes of one, two Adds of one, a second list of
   * extensions, a ReInit: the commit is valid all the same. */
  const tacet_mls_propose_args list[] = {
      {.proposal = {.type = TACET_MLS_UPDATE}},
      {.proposal = propose_remove(&m[1])},
      {.proposal = propose_add(&m[5])},
      {.proposal = {.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS}},
      {.proposal = {.type = TACET_MLS_REINIT,
                    .group_id = TACET_SPAN_LIT("new"),
                    .suite = suite}}};
  propose(m, 5, 1, &list[0]);
  for (size_t i = 1; i < 5; i++) {
    propose(m, 5, 2, &list[i]);
  }
  propose(m, 5, 3, &list[1]);
  propose(m, 5, 3, &list[2]);
  propose(m, 5, 3, &list[3]);
  assert_int_equal(tacet_mls_group_status(m[0].g).n_proposals, 8);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[0],
      &(tacet_mls_commit_args){.with_cached = true, .tree_in_welcome = true},
      &r));
  tacet_mls_staged_info info = stage(&m[4], &r.commit);
  assert_int_equal(info.n_proposals, 3);
  tacet_mls_staged_drop(m[4].g);
  members_follow(m, 5, 0, tacet_bytes_span(&r.commit));
  member_join(&m[5], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  member_free(&m[1]);
  members_agree(m, 6);
  members_talk(m, 6);
  members_free(m, 6);
}

static void too_many_proposals_are_refused(void **state) {
  (void)state;
  member m[2];
  test_config.max_proposals = 2;
  members_new(m, 2, suite);
  const tacet_mls_propose_args update = {
      .proposal = {.type = TACET_MLS_UPDATE}};
  propose(m, 2, 1, &update);
  propose(m, 2, 1, &update);
  TACET_BUF(w, 1 << 16);
  tacet_bytes before = member_state(&m[1]);
  assert_err(TACET_ERR_LIMIT, tacet_mls_propose(m[1].g, &update, NOW, &w));
  assert_int_equal(w.len, 0);
  assert_same_state(&before, &m[1]);
  test_config.max_proposals = 1; /* what was saved still loads */
  member_reload(&m[1]);
  test_config.max_proposals = TACET_MLS_PROPOSALS_MAX;
  members_free(m, 2);
}

/* What a sender leaves out and RFC 9420 does not ask for: its own suite among
 * its capabilities (7.3), and GREASE in a key package (10, 13.5). The files of
 * mlswg/mls-implementations, interop/passive, have members of both kinds. */
static void says_little(tacet_key_package *k) {
  static const uint8_t grease[] = {0x9A, 0x9A, 0x02, 0x12, 0x34};
  k->leaf_node.capabilities.cipher_suites = TACET_SPAN_LIT("\x00\x01\x0a\x0a");
  k->extensions = tacet_span_of(grease, sizeof(grease));
}

static void members_that_say_little_are_added(void **state) {
  (void)state;
  member m[3];
  members_new(m, 2, suite);
  member_new(&m[2], suite, "laconic");
  raw_publish(&m[2], says_little);
  const tacet_mls_proposal add = propose_add(&m[2]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1},
      &r));
  members_follow(m, 2, 0, tacet_bytes_span(&r.commit));
  member_join(&m[2], tacet_bytes_span(&r.welcome),
              tacet_bytes_span(&r.ratchet_tree));
  members_agree(m, 3);
  members_talk(m, 3);
  members_free(m, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_staged_commit_can_be_looked_at),
      cmocka_unit_test(a_dropped_commit_leaves_no_trace),
      cmocka_unit_test(what_is_staged_is_not_saved),
      cmocka_unit_test(a_look_at_the_public_part_is_no_commit),
      cmocka_unit_test(an_own_commit_waits_to_be_accepted),
      cmocka_unit_test(a_discarded_commit_leaves_no_trace),
      cmocka_unit_test(of_a_race_one_wins_and_the_others_follow),
      cmocka_unit_test(two_winners_are_a_fork_that_shows),
      cmocka_unit_test(updates_of_others_are_committed),
      cmocka_unit_test(one_who_leaves_is_removed_by_another),
      cmocka_unit_test(proposals_die_with_their_epoch),
      cmocka_unit_test(what_contradicts_is_left_out),
      cmocka_unit_test(too_many_proposals_are_refused),
      cmocka_unit_test(members_that_say_little_are_added),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
