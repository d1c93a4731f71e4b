/* SPDX-License-Identifier: Apache-2.0
 * The life of groups in memory, in every suite: found, add, talk, update,
 * remove, propose, race, leave.
 */
#include "tests/unit/mls/members.h"

static void for_each_suite(void (*run)(const tacet_suite *suite)) {
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    run(tacet_suites_all.list[i]);
  }
}

/* ---- two ---- */

static void two(const tacet_suite *suite) {
  member m[2];
  members_new(m, 2, suite);
  assert_int_equal(tacet_mls_epoch(m[1].g), 1);
  assert_int_equal(tacet_mls_n_members(m[1].g), 2);
  members_agree(m, 2);
  members_talk(m, 2);
  for (size_t round = 0; round < 4; round++) {
    members_commit(m, 2, round % 2, &(tacet_mls_commit_args){.padding = 0});
    members_agree(m, 2);
    members_talk(m, 2);
  }
  members_free(m, 2);
}

static void two_talk_and_update(void **state) {
  (void)state;
  for_each_suite(two);
}

/* ---- more ---- */

static void many(const tacet_suite *suite, size_t n) {
  member m[20];
  members_new(m, n, suite);
  members_agree(m, n);
  members_talk(m, n);
  members_commit(m, n, n - 1, &(tacet_mls_commit_args){.force_path = true});
  members_commit(m, n, n / 2, &(tacet_mls_commit_args){.public_message = true});
  members_agree(m, n);
  members_talk(m, n);
  /* The second goes; a message of the new epoch is nothing to him. */
  tacet_mls_proposal remove = propose_remove(&m[1]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1},
      &r));
  member gone = m[1];
  m[1].g = NULL; /* all of him is in `gone` now */
  m[1].key_package = (tacet_bytes){NULL, 0};
  members_follow(m, n, 0, tacet_bytes_span(&r.commit));
  members_agree(m, n);
  members_talk(m, n);
  member_follow(&gone, tacet_bytes_span(&r.commit));
  assert_true(tacet_mls_group_status(gone.g).removed);
  tacet_bytes said = member_say(&m[0], "without you");
  tacet_mls_event event;
  assert_err(TACET_ERR_EPOCH_FUTURE,
             member_process(&gone, tacet_bytes_span(&said), &event));
  tacet_bytes_free(&said);
  member_free(&gone);
  members_free(m, n);
}

static void many_in_every_suite(const tacet_suite *suite) {
  many(suite, 5);
}

static void groups_of_many(void **state) {
  (void)state;
  for_each_suite(many_in_every_suite);
  for (size_t n = 2; n <= 20; n += 3) {
    many(&tacet_suite_x25519_chacha, n);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_talk_and_update),
      cmocka_unit_test(groups_of_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
