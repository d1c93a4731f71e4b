/* SPDX-License-Identifier: Apache-2.0
 * Mistakes that other MLS libraries made before: each test's name says what is
 * right.
 */
#include "mls/group_info.h"
#include "mls/transcript.h"
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
  members_commit(m, 4, 0,
                 PATH); /* member 0 has a key that the removal blanks */
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

/* GREASE, and whatever else nobody has heard of, wherever a list has room. */
static void grease_everywhere(tacet_key_package *k) {
  static const uint8_t versions[] = {0x00, 0x01, 0x5a, 0x5a};
  static const uint8_t types[] = {0x0a, 0x0a, 0xff, 0x01, 0xff, 0x77};
  static const uint8_t credentials[] = {0x00, 0x01, 0x3a, 0x3a};
  static const uint8_t suites[] = {0x2a, 0x2a, 0x00, 0x03};
  static const uint8_t extensions[] = {0x0a, 0x0a, 2, 7, 7, 0xff, 0x77, 0};
  tacet_capabilities *c = &k->leaf_node.capabilities;
  c->versions = tacet_span_of(versions, sizeof(versions));
  c->cipher_suites = tacet_span_of(suites, sizeof(suites));
  c->extensions = c->proposals = tacet_span_of(types, sizeof(types));
  c->credentials = tacet_span_of(credentials, sizeof(credentials));
  k->extensions = k->leaf_node.extensions =
      tacet_span_of(extensions, sizeof(extensions));
}

static void what_is_unknown_is_carried(void **state) {
  (void)state;
  member m[3];
  members_new(m, 2, suite);
  member_new(&m[2], suite, "greasy");
  raw_publish(&m[2], grease_everywhere);
  TACET_BUF(info, 64);
  tacet_mls_extensions_add(&info, 0x1a1a, TACET_SPAN_LIT("?"));
  tacet_mls_proposal add = propose_add(&m[2]);
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_mls_commit_args args = {.proposals = &add,
                                      .n_proposals = 1,
                                      .tree_in_welcome = true,
                                      .group_info_extensions =
                                          tacet_buf_span(&info)};
  assert_ok(member_commit(&m[0], &args, &r));
  members_follow(m, 2, 0, tacet_bytes_span(&r.commit));
  member_join(&m[2], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  members_agree(m, 3);
  members_commit(m, 3, 2, PATH);
  member_reload(&m[1]);
  tacet_mls_member seen;
  tacet_span data;
  assert_true(tacet_mls_member_at(m[1].g, 2, &seen));
  assert_true(tacet_mls_extensions_find(seen.extensions, 0x0a0a, &data));
  assert_span(TACET_SPAN_LIT("\7\7"), data);
  members_talk(m, 3);
  members_free(m, 3);
}

/* Of six only the last two stay: the path of one ends right above both, for
 * there is nobody else, and the commit secret comes from there. */
static void a_path_ends_where_nobody_is_left(void **state) {
  (void)state;
  member m[6];
  members_new(m, 6, suite);
  members_commit(m, 6, 2, PATH);
  tacet_mls_proposal removes[4];
  for (size_t i = 0; i < 4; i++) {
    removes[i] = propose_remove(&m[i]);
  }
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[4], &(tacet_mls_commit_args){.proposals = removes, .n_proposals = 4},
      &r));
  for (size_t i = 0; i < 4; i++) {
    member_free(&m[i]);
  }
  members_follow(m, 6, 4, tacet_bytes_span(&r.commit));
  assert_int_equal(tacet_mls_n_leaves(m[5].g), 8);
  members_agree(m, 6);
  for (size_t i = 0; i < 3; i++) {
    members_commit(m, 6, 4 + i % 2, PATH);
    members_agree(m, 6);
  }
  members_free(m, 6);
}

/* The only member, who does not sit at the left end. */
static void one_is_left_at_another_leaf(void **state) {
  (void)state;
  member m[3];
  members_new(m, 2, suite);
  tacet_mls_proposal remove = propose_remove(&m[0]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[1], &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1},
      &r));
  member_free(&m[0]);
  members_follow(m, 2, 1, tacet_bytes_span(&r.commit));
  assert_int_equal(tacet_mls_own_leaf(m[1].g), 1);
  members_commit(m, 2, 1, PATH);
  member_reload(&m[1]);
  member_new(&m[2], suite, "joiner");
  member_publish(&m[2]);
  tacet_mls_proposal add = propose_add(&m[2]);
  tacet_mls_commit_result_free(&r);
  assert_ok(member_commit(&m[1],
                          &(tacet_mls_commit_args){.proposals = &add,
                                                   .n_proposals = 1,
                                                   .tree_in_welcome = true},
                          &r));
  assert_ok(tacet_mls_pending_merge(m[1].g, NOW));
  member_join(&m[2], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  assert_int_equal(tacet_mls_own_leaf(m[2].g), 0);
  members_agree(m, 3);
  members_talk(m, 3);
  members_free(m, 3);
}

/* A GroupInfo whose tree has a parent that nobody made, signed and hashed as it
 * should be. */
static void outsiders_check_the_whole_tree(void **state) {
  (void)state;
  static const uint8_t key[32] = {9};
  uint8_t hash[TACET_HASH_MAX], tag[TACET_HASH_MAX];
  member m[3];
  members_new(m, 2, suite);
  member_new(&m[2], suite, "stranger");
  tacet_mls_group *g = m[0].g;
  TACET_BUF(info, 1 << 16);
  TACET_BUF(commit, 1 << 16);
  assert_ok(tacet_tree_begin(g->tree));
  assert_ok(tacet_tree_set_parent(g->tree, 1, tacet_span_of(key, sizeof(key)),
                                  TACET_SPAN_EMPTY));
  assert_ok(tacet_tree_hash(g->tree, hash));
  assert_ok(tacet_confirmation_tag(suite->hash, &g->secrets.confirmation,
                                   g->context.view.confirmed_transcript_hash,
                                   tag));
  tacet_group_info_job job = {.suite = suite,
                              .context = g->context.view,
                              .confirmation_tag =
                                  tacet_span_of(tag, suite->hash->len),
                              .signer = g->keys.leaf,
                              .signature_key = &g->signature_key,
                              .tree = g->tree,
                              .external_secret = &g->secrets.external};
  job.context.tree_hash = tacet_span_of(hash, suite->hash->len);
  tacet_message_head_write(&info, TACET_WIRE_FORMAT_GROUP_INFO);
  assert_ok(tacet_group_info_make(&job, &info));
  tacet_tree_rollback(g->tree);
  const tacet_mls_external_args args = {.group_info = tacet_buf_span(&info),
                                        .leaf = member_leaf(&m[2]),
                                        .remove = TACET_MLS_NO_LEAF};
  assert_err(TACET_ERR_PARENT_HASH,
             tacet_mls_external_join(&test_config, &args, &commit, &m[2].g));
  members_free(m, 3);
}

/* Messages do not move the ratchet of handshakes, nor the other way. */
static void the_two_ratchets_are_apart(void **state) {
  (void)state;
  member m[2];
  tacet_mls_event event;
  members_new(m, 2, suite);
  for (size_t i = 0; i < 3; i++) {
    tacet_bytes lost = member_say(&m[0], "lost");
    tacet_bytes_free(&lost);
  }
  for (uint32_t i = 0; i < 2; i++) {
    TACET_BUF(w, 1 << 16);
    assert_ok(tacet_mls_propose(
        m[0].g,
        &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE}}, NOW,
        &w));
    assert_ok(member_process(&m[1], tacet_buf_span(&w), &event));
    assert_int_equal(event.generation, i);
  }
  TACET_BUF(w, 1 << 16);
  assert_ok(tacet_mls_protect(
      m[0].g, TACET_SPAN_LIT("heard"),
      &(tacet_mls_protect_args){.allow_pending_proposals = true}, &w));
  TACET_BUF(content, 1 << 10);
  assert_ok(tacet_mls_process(m[1].g, tacet_buf_span(&w),
                              &(tacet_mls_process_args){.now = NOW}, &content,
                              &event));
  assert_int_equal(event.generation, 3);
  members_free(m, 2);
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
      cmocka_unit_test(what_is_unknown_is_carried),
      cmocka_unit_test(a_path_ends_where_nobody_is_left),
      cmocka_unit_test(one_is_left_at_another_leaf),
      cmocka_unit_test(outsiders_check_the_whole_tree),
      cmocka_unit_test(the_two_ratchets_are_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
