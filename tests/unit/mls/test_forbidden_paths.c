/* SPDX-License-Identifier: Apache-2.0
 * Commits that nobody may send: their paths, and what is round them (RFC 9420
 * 6.1, 7.3, 7.5, 12.4.2). */
#include "tests/unit/mls/forbidden.h"

/* ---- paths ---- */

static tacet_bytes path_leaf_with(void (*edit)(tacet_leaf_node *)) {
  return commit((raw_commit){.path = true, .edit_leaf = edit});
}
static tacet_bytes path_leaf_of_unknown_credential(void) {
  return path_leaf_with(other_credential);
}
static tacet_bytes path_leaf_without_capabilities(void) {
  return path_leaf_with(no_capabilities);
}
static tacet_bytes path_leaf_with_unlisted_extension(void) {
  return path_leaf_with(lone_extension);
}

static tacet_bytes path_leaf_of_foreign_credential(void) {
  return path_leaf_with(both_credentials);
}
static void credential_of_its_own(tacet_leaf_node *leaf) {
  static const uint8_t other[] = {0xF0, 0x0F};
  leaf->credential.type = 0xF00F;
  leaf->capabilities.credentials = tacet_span_of(other, sizeof(other));
}
static tacet_bytes path_leaf_without_credentials_of_others(void) {
  return path_leaf_with(credential_of_its_own);
}
static tacet_bytes path_leaf_with_wrong_signature(void) {
  return commit((raw_commit){.path = true, .wrong_leaf_signature = true});
}
static tacet_bytes path_leaf_for_another_place(void) {
  return commit((raw_commit){.path = true, .leaf_of_next = true});
}
static tacet_bytes commit_with_short_tag(void) {
  return commit((raw_commit){.path = true, .short_tag = 1});
}
static tacet_bytes commit_without_tag(void) {
  return commit((raw_commit){.path = true, .short_tag = 32});
}
static tacet_bytes commit_of_epoch_before(void) {
  return commit((raw_commit){.path = true, .edit_frame = of_epoch_before});
}
static tacet_bytes commit_of_epoch_after(void) {
  return commit((raw_commit){.path = true, .edit_frame = of_epoch_after});
}
static tacet_bytes commit_of_other_group(void) {
  return commit((raw_commit){.path = true, .edit_frame = of_other_group});
}
static tacet_bytes private_commit_with_wrong_signature(void) {
  return commit((raw_commit){
      .path = true, .wrong_signature = true, .private_message = true});
}

/* What is signed is for this frame, and for this group in this epoch. */
static tacet_bytes commit_signed_without_context(void) {
  return commit(
      (raw_commit){.path = true, .as_signed = RAW_SIGNED_WITHOUT_CONTEXT});
}
static tacet_bytes commit_signed_for_a_private_message(void) {
  return commit(
      (raw_commit){.path = true, .as_signed = RAW_SIGNED_FOR_OTHER_FORMAT});
}
static tacet_bytes private_commit_signed_for_a_public_message(void) {
  return commit((raw_commit){.path = true,
                             .as_signed = RAW_SIGNED_FOR_OTHER_FORMAT,
                             .private_message = true});
}

/* Two devices of one hand: the other's key signs, and does it rightly. */
static tacet_bytes path_leaf_signed_by_another(void) {
  return commit(
      (raw_commit){.path = true, .leaf_signer = &f.third->signature_key});
}

static tacet_bytes path_with(void (*edit)(tacet_update_path *)) {
  return commit((raw_commit){.path = true, .edit_path = edit});
}

static void as_update(tacet_update_path *p) {
  p->leaf_node.source = TACET_LEAF_SOURCE_UPDATE;
}
static void old_leaf_key(tacet_update_path *p) {
  same_encryption_key(&p->leaf_node);
}
static void leaf_key_of_third(tacet_update_path *p) {
  tacet_mls_member m;
  assert_true(tacet_mls_member_at(f.to->g, tacet_mls_own_leaf(f.third->g), &m));
  p->leaf_node.encryption_key = m.encryption_key;
}
static void signature_key_of_third(tacet_update_path *p) {
  tacet_mls_member m;
  assert_true(tacet_mls_member_at(f.to->g, tacet_mls_own_leaf(f.third->g), &m));
  p->leaf_node.signature_key = m.signature_key;
}
/* Of no node on the committer's own path. */
static void leaf_key_of_a_parent(tacet_update_path *p) {
  p->leaf_node.encryption_key = tacet_tree_encryption_key(f.to->g->tree, 5);
  assert_true(p->leaf_node.encryption_key.len > 0);
}
static tacet_bytes path_leaf_with_key_of_a_parent(void) {
  return path_with(leaf_key_of_a_parent);
}
static void node_key_of_third(tacet_update_path *p) {
  tacet_mls_member m;
  assert_true(tacet_mls_member_at(f.to->g, tacet_mls_own_leaf(f.third->g), &m));
  key_in_first_node(p, m.encryption_key);
}
static tacet_bytes path_node_with_key_of_another(void) {
  return path_with(node_key_of_third);
}
static void no_parent_hash(tacet_update_path *p) {
  p->leaf_node.parent_hash = TACET_SPAN_EMPTY;
}
static void other_parent_hash(tacet_update_path *p) {
  p->leaf_node.parent_hash = tacet_span_of(zeros, 32);
}
static void no_nodes(tacet_update_path *p) {
  p->nodes = TACET_SPAN_EMPTY;
}
static void last_node_missing(tacet_update_path *p) {
  tacet_span rest = p->nodes;
  tacet_update_path_node n;
  tacet_span upto = rest;
  while (tacet_update_path_node_next(&rest, &n)) {
    if (rest.len > 0) {
      upto.len = p->nodes.len - rest.len;
    }
  }
  p->nodes = upto;
}

static void no_leaf_key(tacet_update_path *p) {
  p->leaf_node.encryption_key = tacet_span_of(zeros, 32);
}
static tacet_bytes path_leaf_with_no_key(void) {
  return path_with(no_leaf_key);
}
static tacet_bytes path_node_with_no_key(void) {
  return path_with(no_key_in_first_node);
}
static tacet_bytes path_leaf_as_update(void) {
  return path_with(as_update);
}
static tacet_bytes path_leaf_with_old_key(void) {
  return path_with(old_leaf_key);
}
static tacet_bytes path_leaf_with_key_of_another(void) {
  return path_with(leaf_key_of_third);
}
static tacet_bytes path_leaf_with_signer_of_another(void) {
  return path_with(signature_key_of_third);
}
static tacet_bytes path_without_parent_hash(void) {
  return path_with(no_parent_hash);
}
static tacet_bytes path_with_other_parent_hash(void) {
  return path_with(other_parent_hash);
}
static tacet_bytes path_without_nodes(void) {
  return path_with(no_nodes);
}
static tacet_bytes path_one_node_short(void) {
  return path_with(last_node_missing);
}

/* ---- the table ---- */

static const forbidden_row rows[] = {
    ROW(path_leaf_of_foreign_credential, CAPABILITIES),
    ROW(path_leaf_without_credentials_of_others, CAPABILITIES),
    ROW(path_leaf_with_wrong_signature, AUTH),
    ROW(path_leaf_for_another_place, AUTH),
    ROW(commit_with_short_tag, CONFIRMATION),
    ROW(commit_without_tag, CONFIRMATION),
    ROW(commit_of_epoch_before, EPOCH_PAST),
    ROW(commit_of_epoch_after, EPOCH_FUTURE),
    ROW(commit_of_other_group, GROUP_ID),
    ROW(private_commit_with_wrong_signature, AUTH),
    ROW(path_leaf_of_unknown_credential, LEAF),
    ROW(path_leaf_without_capabilities, CAPABILITIES),
    ROW(path_leaf_with_unlisted_extension, LEAF),
    ROW(path_leaf_with_no_key, LEAF),
    ROW(path_node_with_no_key, PATH),
    ROW(path_leaf_as_update, LEAF),
    ROW(path_leaf_with_old_key, LEAF),
    ROW(path_leaf_with_key_of_another, DUPLICATE_KEY),
    ROW(path_leaf_with_signer_of_another, AUTH),
    ROW(path_without_parent_hash, PARENT_HASH),
    ROW(path_with_other_parent_hash, PARENT_HASH),
    ROW(path_without_nodes, PATH),
    ROW(path_one_node_short, PATH),
    ROW(commit_signed_without_context, AUTH),
    ROW(commit_signed_for_a_private_message, AUTH),
    ROW(private_commit_signed_for_a_public_message, AUTH),
    ROW(path_leaf_signed_by_another, DUPLICATE_KEY),
    ROW(path_leaf_with_key_of_a_parent, DUPLICATE_KEY),
    ROW(path_node_with_key_of_another, DUPLICATE_KEY),
};

static void each_is_refused_and_leaves_no_trace(void **state) {
  (void)state;
  forbidden_run("paths", rows, sizeof(rows) / sizeof(rows[0]), NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_refused_and_leaves_no_trace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
