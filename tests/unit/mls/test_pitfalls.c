/* SPDX-License-Identifier: Apache-2.0
 * Mistakes that other MLS libraries made before: each test's name says what is
 * right.
 */
#include "tests/unit/mls/raw.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

#define PATH (&(tacet_mls_commit_args){.force_path = true})
#define PUBLIC_PATH                                                            \
  (&(tacet_mls_commit_args){.force_path = true, .public_message = true})

static size_t ciphertext_to_spoil;

/* Spoils one of the ciphertexts of the first node. */
static void spoil_ciphertext(tacet_update_path *path) {
  static uint8_t bytes[1 << 16];
  static tacet_buf w;
  tacet_span nodes = path->nodes, list;
  tacet_update_path_node n;
  tacet_hpke_ciphertext c;
  tacet_buf_init(&w, sizeof(bytes));
  assert_true(tacet_update_path_node_next(&nodes, &n));
  list = n.encrypted_path_secret;
  TACET_BUF(changed, 1 << 16);
  for (size_t i = 0; tacet_hpke_ciphertext_next(&list, &c); i++) {
    memcpy(bytes, c.ciphertext.p, c.ciphertext.len);
    bytes[0] ^= i == ciphertext_to_spoil;
    c.ciphertext.p = bytes;
    tacet_hpke_ciphertext_write(&changed, &c);
  }
  n.encrypted_path_secret = tacet_buf_span(&changed);
  tacet_update_path_node_write(&w, &n);
  tacet_write_bytes(&w, nodes);
  assert_true(w.len <= sizeof(bytes));
  memcpy(bytes, w.p, w.len);
  path->nodes = tacet_span_of(bytes, w.len);
  tacet_buf_free(&w);
}

/* What only one member sees must not look like what all see: a committer could
 * split the group with an honest server. */
static void a_failure_of_ones_own_is_told_apart(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  ciphertext_to_spoil = 0;
  tacet_bytes bad = raw_commit_make(
      &m[0], &(raw_commit){.path = true, .edit_path = spoil_ciphertext});
  tacet_bytes before = member_state(&m[1]);
  tacet_mls_event event;
  assert_err(TACET_ERR_PATH_SECRET,
             member_process(&m[1], tacet_bytes_span(&bad), &event));
  assert_same_state(&before, &m[1]);
  tacet_bytes_free(&bad);
  members_free(m, 2);
}

/* After a commit whose confirmation does not fit, public and private tree are
 * as before, and the right one works. */
static void a_failed_commit_rolls_back_whole(void **state) {
  (void)state;
  member m[4];
  members_new(m, 4, suite);
  members_commit(m, 4, 3, PATH);
  tacet_mls_proposal remove = propose_remove(&m[1]);
  tacet_proposal raw = {.type = TACET_PROPOSAL_REMOVE, .remove = remove.leaf};
  tacet_bytes bad =
      raw_commit_make(&m[2], &(raw_commit){.by_value = &raw,
                                           .n_by_value = 1,
                                           .path = true,
                                           .wrong_confirmation = true});
  for (size_t i = 0; i < 4; i++) {
    if (i == 0 || i == 3) {
      tacet_bytes before = member_state(&m[i]);
      tacet_mls_event event;
      assert_err(TACET_ERR_CONFIRMATION,
                 member_process(&m[i], tacet_bytes_span(&bad), &event));
      assert_same_state(&before, &m[i]);
    }
  }
  members_commit(m, 4, 2, PATH);
  members_agree(m, 4);
  tacet_bytes_free(&bad);
  members_free(m, 4);
}

static void short_tags_are_no_tags(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0], PUBLIC_PATH, &r));
  tacet_message message;
  assert_ok(tacet_message_parse(tacet_bytes_span(&r.commit), &message));
  tacet_span tag = message.public_message.membership_tag;
  for (size_t len = 0; len < tag.len; len++) {
    TACET_BUF(w, 1 << 16);
    tacet_mls_event event;
    message.public_message.membership_tag.len = len;
    tacet_message_write(&w, &message);
    assert_err(TACET_ERR_AUTH,
               member_process(&m[1], tacet_buf_span(&w), &event));
  }
  members_free(m, 2);
}

/* Capabilities are asked of those who stay: not of one that the same commit
 * removes. */
static void the_removed_are_not_asked(void **state) {
  (void)state;
  member m[3];
  members_new(m, 2, suite);
  member_new(&m[2], suite, "simple");
  TACET_BUF(w, 1 << 16);
  tacet_mls_leaf_args leaf = member_leaf(&m[2]);
  leaf.n_extension_types = 0; /* knows no extension but the RFC's */
  leaf.n_proposal_types = 0;
  const tacet_mls_key_package_args package = {
      .leaf = leaf, .not_before = NOW - 100, .not_after = NOW + 1000};
  assert_ok(
      tacet_mls_key_package_new(&test_config, suite, &package, &w, &m[2].keys));
  assert_ok(tacet_buf_take(&w, &m[2].key_package));
  tacet_mls_proposal add = propose_add(&m[2]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0],
                          &(tacet_mls_commit_args){.proposals = &add,
                                                   .n_proposals = 1,
                                                   .tree_in_welcome = true},
                          &r));
  members_follow(m, 2, 0, tacet_bytes_span(&r.commit));
  member_join(&m[2], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  members_agree(m, 3);

  TACET_BUF(list, 64);
  tacet_mls_extensions_add(&list, EXTENSION_TEST, TACET_SPAN_LIT("value"));
  tacet_mls_proposal changes[] = {
      {.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS,
       .extensions = tacet_buf_span(&list)},
      {.type = PROPOSAL_TEST, .body = TACET_SPAN_LIT("ours")},
      propose_remove(&m[2])};
  tacet_mls_commit_args args = {.proposals = changes, .n_proposals = 1};
  tacet_mls_commit_result_free(&r);
  assert_err(TACET_ERR_CAPABILITIES, member_commit(&m[0], &args, &r));
  args.proposals = changes + 1;
  assert_err(TACET_ERR_CAPABILITIES, member_commit(&m[0], &args, &r));
  args = (tacet_mls_commit_args){.proposals = changes, .n_proposals = 3};
  assert_ok(member_commit(&m[0], &args, &r));
  members_follow(m, 3, 0, tacet_bytes_span(&r.commit));
  member_free(&m[2]);
  members_agree(m, 3);
  tacet_span value;
  assert_true(tacet_mls_extensions_find(tacet_mls_group_extensions(m[1].g),
                                        EXTENSION_TEST, &value));
  assert_span(TACET_SPAN_LIT("value"), value);
  members_free(m, 3);
}

/* Nobody who lacks a group's extension is let in. */
static void newcomers_support_what_the_group_uses(void **state) {
  (void)state;
  member m[3];
  members_new(m, 2, suite);
  TACET_BUF(list, 64);
  tacet_mls_extensions_add(&list, EXTENSION_TEST, TACET_SPAN_EMPTY);
  tacet_mls_proposal gce = {.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS,
                            .extensions = tacet_buf_span(&list)};
  members_commit(m, 2, 0,
                 &(tacet_mls_commit_args){.proposals = &gce, .n_proposals = 1});
  member_new(&m[2], suite, "simple");
  TACET_BUF(w, 1 << 16);
  tacet_mls_leaf_args leaf = member_leaf(&m[2]);
  leaf.n_extension_types = 0;
  const tacet_mls_key_package_args package = {
      .leaf = leaf, .not_before = NOW - 100, .not_after = NOW + 1000};
  assert_ok(
      tacet_mls_key_package_new(&test_config, suite, &package, &w, &m[2].keys));
  assert_ok(tacet_buf_take(&w, &m[2].key_package));
  tacet_mls_proposal add = propose_add(&m[2]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_err(TACET_ERR_CAPABILITIES,
             member_commit(
                 &m[0],
                 &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1},
                 &r));
  members_free(m, 3);
}

/* GroupInfo is signed with the key that the commit installs. */
static void a_new_signature_key_signs_the_welcome(void **state) {
  (void)state;
  member m[3];
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  tacet_secret fresh;
  members_new(m, 2, suite);
  member_new(&m[2], suite, "joiner");
  member_publish(&m[2]);
  assert_ok(suite->sig->generate(&fresh, public_key));
  tacet_span name = TACET_SPAN_LIT("renamed");
  tacet_mls_proposal add = propose_add(&m[2]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(
      member_commit(&m[0],
                    &(tacet_mls_commit_args){
                        .proposals = &add,
                        .n_proposals = 1,
                        .tree_in_welcome = true,
                        .update = {.signature_key = &fresh, .identity = &name}},
                    &r));
  members_follow(m, 2, 0, tacet_bytes_span(&r.commit));
  member_join(&m[2], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  members_agree(m, 3);
  members_talk(m, 3);
  tacet_mls_member found;
  assert_true(tacet_mls_member_find(m[2].g, name, &found));
  assert_int_equal(found.leaf, 0);
  members_free(m, 3);
}

static void an_erased_exporter_stays_erased(void **state) {
  (void)state;
  member m[2];
  tacet_secret out;
  members_new(m, 2, suite);
  tacet_mls_erase_exporter(m[0].g);
  assert_err(TACET_ERR_STATE,
             tacet_mls_export(m[0].g, "x", TACET_SPAN_EMPTY, 32, &out));
  member_reload(&m[0]);
  assert_err(TACET_ERR_STATE,
             tacet_mls_export(m[0].g, "x", TACET_SPAN_EMPTY, 32, &out));
  assert_false(tacet_mls_group_status(m[0].g).exporter);
  members_commit(m, 2, 0, PATH);
  members_agree(m, 2); /* the next epoch has one again */
  members_free(m, 2);
}

static void the_members_can_be_walked(void **state) {
  (void)state;
  member m[5];
  members_new(m, 5, suite);
  tacet_mls_proposal remove = propose_remove(&m[2]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1},
      &r));
  members_follow(m, 5, 0, tacet_bytes_span(&r.commit));
  static const uint32_t want[] = {0, 1, 3, 4};
  size_t n = 0;
  tacet_mls_member who;
  for (uint32_t at = 0; tacet_mls_member_next(m[1].g, &at, &who); n++) {
    assert_int_equal(who.leaf, want[n]);
    assert_span(tacet_span_str(m[who.leaf].name), who.identity);
  }
  assert_int_equal(n, 4);
  assert_int_equal(tacet_mls_n_members(m[1].g), 4);
  assert_int_equal(tacet_mls_n_leaves(m[1].g), 8);
  assert_false(tacet_mls_member_at(m[1].g, 2, &who));
  assert_false(tacet_mls_member_at(m[1].g, 800, &who));
  assert_false(tacet_mls_member_find(m[1].g, TACET_SPAN_LIT("nobody"), &who));
  members_free(m, 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_failure_of_ones_own_is_told_apart),
      cmocka_unit_test(a_failed_commit_rolls_back_whole),
      cmocka_unit_test(short_tags_are_no_tags),
      cmocka_unit_test(the_removed_are_not_asked),
      cmocka_unit_test(newcomers_support_what_the_group_uses),
      cmocka_unit_test(a_new_signature_key_signs_the_welcome),
      cmocka_unit_test(an_erased_exporter_stays_erased),
      cmocka_unit_test(the_members_can_be_walked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
