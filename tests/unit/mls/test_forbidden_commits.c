/* SPDX-License-Identifier: Apache-2.0
 * Commits that nobody may send (RFC 9420 12.2, 12.4): their lists of proposals.
 */
#include "tests/unit/mls/forbidden.h"

static tacet_bytes empty_without_path(void) {
  return commit_of(NULL, 0, false);
}

static tacet_bytes remove_without_path(void) {
  tacet_proposal p = remove_of(f.third);
  return commit_of(&p, 1, false);
}

static tacet_bytes update_by_value(void) {
  tacet_proposal p = raw_update(f.bad, NULL, TACET_LEAF_SOURCE_UPDATE, &f.keep);
  return commit_of(&p, 1, true);
}

/* Makes everybody cache a proposal, and commits it. */
static tacet_bytes cached(member *from, const tacet_proposal *p,
                          raw_commit args) {
  static uint8_t ref[TACET_HASH_MAX];
  static tacet_span refs[1];
  tacet_mls_event event;
  tacet_bytes message = raw_propose(from, p, NULL);
  raw_ref(from, tacet_bytes_span(&message), ref);
  refs[0] = tacet_span_of(ref, from->suite->hash->len);
  assert_ok(member_process(f.to, tacet_bytes_span(&message), &event));
  if (from != f.bad) {
    assert_ok(member_process(f.bad, tacet_bytes_span(&message), &event));
  }
  tacet_bytes_free(&message);
  args.refs = refs;
  args.n_refs = 1;
  return commit(args);
}

static tacet_bytes commit_cached(member *from, const tacet_proposal *p,
                                 const tacet_proposal *more, size_t n_more) {
  return cached(
      from, p,
      (raw_commit){.by_value = more, .n_by_value = n_more, .path = true});
}

static tacet_bytes update_without_path(void) {
  tacet_proposal p =
      raw_update(f.third, NULL, TACET_LEAF_SOURCE_UPDATE, &f.keep);
  return cached(f.third, &p, (raw_commit){.path = false});
}

static tacet_bytes update_of_foreign_credential(void) {
  tacet_proposal p =
      raw_update(f.third, both_credentials, TACET_LEAF_SOURCE_UPDATE, &f.keep);
  return cached(f.third, &p, (raw_commit){.path = true});
}

/* Two devices of one hand: the other's key signs, and does it rightly. */
static tacet_bytes update_with_signer_of_another(void) {
  static uint8_t ref[TACET_HASH_MAX];
  static tacet_span refs[1];
  tacet_mls_event event;
  TACET_BUF(message, 1 << 16);
  const tacet_mls_propose_args args = {
      .proposal = {.type = TACET_MLS_UPDATE},
      .update = {.signature_key = &f.to->signature_key},
      .public_message = true};
  assert_ok(tacet_mls_propose(f.third->g, &args, NOW, &message));
  raw_ref(f.third, tacet_buf_span(&message), ref);
  refs[0] = tacet_span_of(ref, f.third->suite->hash->len);
  assert_ok(member_process(f.to, tacet_buf_span(&message), &event));
  assert_ok(member_process(f.bad, tacet_buf_span(&message), &event));
  return commit((raw_commit){.refs = refs, .n_refs = 1, .path = true});
}

static tacet_bytes own_update_by_reference(void) {
  tacet_proposal p = raw_update(f.bad, NULL, TACET_LEAF_SOURCE_UPDATE, &f.keep);
  return commit_cached(f.bad, &p, NULL, 0);
}

static tacet_bytes update_and_remove_of_one(void) {
  tacet_proposal p =
      raw_update(f.third, NULL, TACET_LEAF_SOURCE_UPDATE, &f.keep);
  tacet_proposal remove = remove_of(f.third);
  return commit_cached(f.third, &p, &remove, 1);
}

static tacet_bytes two_updates_of_one(void) {
  static uint8_t ref[2][TACET_HASH_MAX];
  static tacet_span refs[2];
  tacet_mls_event event;
  for (size_t i = 0; i < 2; i++) {
    TACET_BYTES(keep);
    tacet_proposal p =
        raw_update(f.third, NULL, TACET_LEAF_SOURCE_UPDATE, &keep);
    tacet_bytes message = raw_propose(f.third, &p, NULL);
    raw_ref(f.third, tacet_bytes_span(&message), ref[i]);
    refs[i] = tacet_span_of(ref[i], f.third->suite->hash->len);
    assert_ok(member_process(f.to, tacet_bytes_span(&message), &event));
    assert_ok(member_process(f.bad, tacet_bytes_span(&message), &event));
    tacet_bytes_free(&message);
  }
  return commit((raw_commit){
      .refs = refs, .n_refs = 2, .path = true, .apply_nothing = true});
}

static void encryption_key_of_receiver(tacet_leaf_node *leaf) {
  tacet_mls_member m;
  assert_true(tacet_mls_member_at(f.to->g, tacet_mls_own_leaf(f.to->g), &m));
  leaf->encryption_key = m.encryption_key;
}
static tacet_bytes update_with_key_of_another(void) {
  tacet_proposal p = raw_update(f.third, encryption_key_of_receiver,
                                TACET_LEAF_SOURCE_UPDATE, &f.keep);
  return commit_cached(f.third, &p, NULL, 0);
}

static tacet_bytes remove_of_committer(void) {
  tacet_proposal p = remove_of(f.bad);
  return commit((raw_commit){
      .by_value = &p, .n_by_value = 1, .path = true, .apply_nothing = true});
}

static tacet_bytes remove_twice(void) {
  tacet_proposal p[2] = {remove_of(f.third), remove_of(f.third)};
  return commit((raw_commit){
      .by_value = p, .n_by_value = 2, .path = true, .apply_nothing = true});
}

static tacet_bytes add_twice(void) {
  member_publish(f.out);
  tacet_proposal p[2] = {raw_add(f.out), raw_add(f.out)};
  return commit_of(p, 2, false);
}

static tacet_bytes add_of_member(void) {
  member_publish(f.third);
  tacet_proposal p = raw_add(f.third);
  return commit_of(&p, 1, false);
}

static void key_of_third(tacet_key_package *k) {
  tacet_mls_member m;
  assert_true(tacet_mls_member_at(f.to->g, tacet_mls_own_leaf(f.third->g), &m));
  k->leaf_node.encryption_key = m.encryption_key;
}

static tacet_bytes add_with_key_of_another(void) {
  raw_publish(f.out, key_of_third);
  tacet_proposal p = raw_add(f.out);
  return commit_of(&p, 1, false);
}

/* No leaf has it, but a parent (12.4.3.1: in no other node). */
static void key_of_a_parent(tacet_key_package *k) {
  k->leaf_node.encryption_key = tacet_tree_encryption_key(f.to->g->tree, 5);
  assert_true(k->leaf_node.encryption_key.len > 0);
}

static tacet_bytes add_with_key_of_a_parent(void) {
  raw_publish(f.out, key_of_a_parent);
  tacet_proposal p = raw_add(f.out);
  return commit_of(&p, 1, false);
}

/* It supports its own credential; the others do not. */
static void foreign_credential(tacet_key_package *k) {
  static const uint8_t both[] = {0x00, 0x01, 0xF0, 0x0F};
  k->leaf_node.credential.type = 0xF00F;
  k->leaf_node.capabilities.credentials = tacet_span_of(both, sizeof(both));
}

static tacet_bytes add_of_foreign_credential(void) {
  raw_publish(f.out, foreign_credential);
  tacet_proposal p = raw_add(f.out);
  return commit_of(&p, 1, false);
}

static tacet_bytes psk_twice(void) {
  tacet_proposal p[2] = {psk_of("a", 32), psk_of("a", 32)};
  return commit_of(p, 2, false);
}

static tacet_bytes extensions_twice(void) {
  tacet_proposal p[2] = {gce_of(TACET_SPAN_EMPTY), gce_of(TACET_SPAN_EMPTY)};
  return commit_of(p, 2, true);
}

static tacet_bytes reinit_and_remove(void) {
  tacet_proposal p[2] = {reinit_of(1), remove_of(f.third)};
  return commit_of(p, 2, true);
}

static tacet_bytes external_init_by_member(void) {
  tacet_proposal p = {.type = TACET_PROPOSAL_EXTERNAL_INIT,
                      .external_init =
                          tacet_span_of(zeros, f.bad->suite->kem->enc_len)};
  return commit_of(&p, 1, true);
}

static tacet_bytes remove_of_nobody(void) {
  tacet_proposal p = {.type = TACET_PROPOSAL_REMOVE, .remove = 77};
  return commit((raw_commit){
      .by_value = &p, .n_by_value = 1, .path = true, .apply_nothing = true});
}

static tacet_bytes psk_with_short_nonce(void) {
  tacet_proposal p = psk_of("a", 31);
  return commit_of(&p, 1, false);
}
static tacet_bytes psk_of_usage(uint8_t usage) {
  tacet_proposal p = psk_of("a", 32);
  p.psk.type = TACET_PSK_TYPE_RESUMPTION;
  p.psk.usage = usage;
  return commit_of(&p, 1, false);
}
static tacet_bytes psk_for_reinit(void) {
  return psk_of_usage(TACET_PSK_USAGE_REINIT);
}
static tacet_bytes psk_for_branch(void) {
  return psk_of_usage(TACET_PSK_USAGE_BRANCH);
}

static tacet_bytes reinit_to_older(void) {
  tacet_proposal p = reinit_of(0);
  return commit_of(&p, 1, false);
}
static tacet_bytes reinit_twice(void) {
  tacet_proposal p[2] = {reinit_of(1), reinit_of(1)};
  return commit_of(p, 2, false);
}
static tacet_bytes extensions_without_path(void) {
  tacet_proposal p = gce_of(TACET_SPAN_EMPTY);
  return commit_of(&p, 1, false);
}

static tacet_bytes add_of_expired(void) {
  raw_publish(f.out, expired_package);
  tacet_proposal p = raw_add(f.out);
  return commit_of(&p, 1, false);
}
static void later_version(tacet_key_package *k) {
  k->version = 2;
}
static tacet_bytes add_of_another_version(void) {
  static uint8_t bytes[1 << 12];
  TACET_BUF(w, sizeof(bytes));
  member_publish(f.out);
  tacet_proposal p = raw_add(f.out);
  later_version(&p.add);
  tacet_key_package_write(&w, &p.add);
  memcpy(bytes, w.p, w.len);
  assert_ok(tacet_key_package_parse(tacet_span_of(bytes, w.len), &p.add));
  return commit_of(&p, 1, false);
}
static void of_nobody(tacet_key_package *k) {
  static uint8_t empty[1];
  k->leaf_node.capabilities.extensions = tacet_span_of(empty, 0);
}

/* The same commit makes the group use an extension. */
static tacet_bytes add_without_the_new_extension(void) {
  static const uint8_t list[] = {0xFF, 0x01, 0x00};
  raw_publish(f.out, of_nobody);
  tacet_proposal p[2] = {gce_of(tacet_span_of(list, sizeof(list))),
                         raw_add(f.out)};
  return commit_of(p, 2, true);
}
static void without_extensions(tacet_leaf_node *leaf) {
  leaf->capabilities.extensions = TACET_SPAN_EMPTY;
}
static tacet_bytes update_without_the_new_extension(void) {
  static const uint8_t list[] = {0xFF, 0x01, 0x00};
  tacet_proposal p = raw_update(f.third, without_extensions,
                                TACET_LEAF_SOURCE_UPDATE, &f.keep);
  tacet_proposal gce = gce_of(tacet_span_of(list, sizeof(list)));
  return commit_cached(f.third, &p, &gce, 1);
}
static tacet_bytes path_leaf_without_the_new_extension(void) {
  static const uint8_t list[] = {0xFF, 0x01, 0x00};
  tacet_proposal gce = gce_of(tacet_span_of(list, sizeof(list)));
  return commit((raw_commit){.by_value = &gce,
                             .n_by_value = 1,
                             .path = true,
                             .edit_leaf = without_extensions});
}

/* The same commit makes the group require one. */
static tacet_bytes add_without_what_is_required(void) {
  /* required_capabilities: extensions {0xFF01}, proposals {}, credentials {} */
  static const uint8_t list[] = {0, 3, 5, 2, 0xFF, 0x01, 0, 0};
  raw_publish(f.out, of_nobody);
  tacet_proposal p[2] = {gce_of(tacet_span_of(list, sizeof(list))),
                         raw_add(f.out)};
  return commit_of(p, 2, true);
}
static tacet_bytes path_leaf_without_what_is_required(void) {
  static const uint8_t list[] = {0, 3, 5, 2, 0xFF, 0x01, 0, 0};
  tacet_proposal gce = gce_of(tacet_span_of(list, sizeof(list)));
  return commit((raw_commit){.by_value = &gce,
                             .n_by_value = 1,
                             .path = true,
                             .edit_leaf = without_extensions});
}

static tacet_bytes broken_senders(void) {
  static const uint8_t list[] = {0, 5, 3, 2, 1, 0xAA};
  tacet_proposal p = gce_of(tacet_span_of(list, sizeof(list)));
  return commit_of(&p, 1, true);
}

static tacet_bytes unknown_reference(void) {
  static const tacet_span refs[] = {{zeros, 32}};
  return commit((raw_commit){.refs = refs, .n_refs = 1, .path = true});
}

static tacet_bytes extension_nobody_knows(void) {
  static const uint8_t list[] = {0xFF, 0x02, 0x00};
  tacet_proposal p = gce_of(tacet_span_of(list, sizeof(list)));
  return commit_of(&p, 1, true);
}

static tacet_bytes requirement_nobody_meets(void) {
  /* required_capabilities: extensions {}, proposals {0xF002}, credentials {} */
  static const uint8_t list[] = {0, 3, 5, 0, 2, 0xF0, 0x02, 0};
  tacet_proposal p = gce_of(tacet_span_of(list, sizeof(list)));
  return commit_of(&p, 1, true);
}

static tacet_bytes proposal_type_nobody_knows(void) {
  tacet_proposal p = {.type = 0xF002, .other = TACET_SPAN_LIT("?")};
  return commit_of(&p, 1, true);
}

static tacet_bytes wrong_signature(void) {
  return commit((raw_commit){.path = true, .wrong_signature = true});
}
static tacet_bytes wrong_membership(void) {
  return commit((raw_commit){.path = true, .wrong_membership = true});
}
static tacet_bytes wrong_confirmation(void) {
  return commit((raw_commit){.path = true, .wrong_confirmation = true});
}
static tacet_bytes wrong_confirmation_in_private(void) {
  return commit((raw_commit){
      .path = true, .wrong_confirmation = true, .private_message = true});
}
static tacet_bytes commit_of_blank_leaf(void) {
  return commit((raw_commit){.path = true, .edit_frame = from_blank_leaf});
}
static tacet_bytes commit_of_another(void) {
  return commit((raw_commit){.path = true, .edit_frame = from_third});
}
static tacet_bytes commit_of_external_sender(void) {
  return commit((raw_commit){.path = true, .edit_frame = from_external});
}
static tacet_bytes commit_of_new_member_proposer(void) {
  return commit((raw_commit){.path = true, .edit_frame = from_new_member});
}

/* ---- the table ---- */

static const forbidden_row rows[] = {
    ROW(add_of_foreign_credential, CAPABILITIES),
    ROW(empty_without_path, PATH_REQUIRED),
    ROW(remove_without_path, PATH_REQUIRED),
    ROW(update_without_path, PATH_REQUIRED),
    ROW(update_by_value, PROPOSAL),
    ROW(own_update_by_reference, PROPOSAL),
    ROW(update_and_remove_of_one, PROPOSAL),
    ROW(two_updates_of_one, PROPOSAL),
    ROW(update_with_key_of_another, DUPLICATE_KEY),
    ROW(update_with_signer_of_another, DUPLICATE_KEY),
    ROW(update_of_foreign_credential, CAPABILITIES),
    ROW(remove_of_nobody, PROPOSAL),
    ROW(psk_with_short_nonce, PSK),
    ROW(psk_for_reinit, PSK),
    ROW(psk_for_branch, PSK),
    ROW(reinit_to_older, REINIT),
    ROW(reinit_twice, REINIT),
    ROW(extensions_without_path, PATH_REQUIRED),
    ROW(add_of_expired, LIFETIME),
    ROW(add_of_another_version, KEY_PACKAGE),
    ROW(add_without_the_new_extension, CAPABILITIES),
    ROW(update_without_the_new_extension, CAPABILITIES),
    ROW(path_leaf_without_the_new_extension, CAPABILITIES),
    ROW(add_without_what_is_required, CAPABILITIES),
    ROW(path_leaf_without_what_is_required, CAPABILITIES),
    ROW(broken_senders, TRUNCATED),
    ROW(remove_of_committer, PROPOSAL),
    ROW(remove_twice, PROPOSAL),
    ROW(add_twice, DUPLICATE_KEY),
    ROW(add_of_member, DUPLICATE_KEY),
    ROW(add_with_key_of_another, DUPLICATE_KEY),
    ROW(psk_twice, PSK),
    ROW(extensions_twice, PROPOSAL),
    ROW(reinit_and_remove, REINIT),
    ROW(external_init_by_member, PROPOSAL),
    ROW(unknown_reference, PROPOSAL_REF),
    ROW(extension_nobody_knows, CAPABILITIES),
    ROW(requirement_nobody_meets, CAPABILITIES),
    ROW(proposal_type_nobody_knows, CAPABILITIES),
    ROW(wrong_signature, AUTH),
    ROW(wrong_membership, AUTH),
    ROW(wrong_confirmation, CONFIRMATION),
    ROW(wrong_confirmation_in_private, CONFIRMATION),
    ROW(commit_of_blank_leaf, SENDER),
    ROW(commit_of_another, AUTH),
    ROW(commit_of_external_sender, SENDER),
    ROW(commit_of_new_member_proposer, SENDER),
    ROW(add_with_key_of_a_parent, DUPLICATE_KEY),
};

static void each_is_refused_and_leaves_no_trace(void **state) {
  (void)state;
  forbidden_run("commits", rows, sizeof(rows) / sizeof(rows[0]), NULL);
}

/* The builder makes valid commits where it is not told otherwise: else the
 * table would prove little. */
static void what_is_allowed_passes(void **state) {
  (void)state;
  for (size_t s = 0; s < tacet_suites_all.n; s++) {
    fixture_new(tacet_suites_all.list[s]);
    member_publish(f.out);
    tacet_proposal psk = psk_of("a", f.bad->suite->hash->len);
    tacet_proposal add = raw_add(f.out);
    tacet_proposal remove = remove_of(f.third);
    tacet_proposal gce = gce_of(TACET_SPAN_EMPTY);
    tacet_proposal own = {.type = PROPOSAL_TEST, .other = TACET_SPAN_LIT("!")};
    tacet_proposal reinit = reinit_of(1);
    member_publish(f.third);
    tacet_proposal back[2] = {remove, raw_add(f.third)};
    /* One key by two nonces is two PreSharedKeyIDs (12.2). */
    static const uint8_t nonce[TACET_HASH_MAX] = {1};
    tacet_proposal psks[2] = {psk, psk};
    psks[1].psk.nonce.p = nonce;
    const struct {
      const tacet_proposal *list;
      size_t n;
      bool path, needs_psk;
    } good[] = {{NULL, 0, true, false},     {&add, 1, false, false},
                {&add, 1, true, false},     {&remove, 1, true, false},
                {&gce, 1, true, false},     {&own, 1, false, false},
                {&reinit, 1, false, false}, {&psk, 1, false, true},
                {back, 2, true, false},     {psks, 2, false, true}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
      tacet_mls_event event;
      tacet_bytes before = member_state(f.to);
      tacet_bytes message = commit_of(good[i].list, good[i].n, good[i].path);
      assert_ok(member_process(f.to, tacet_bytes_span(&message), &event));
      assert_int_equal(event.kind, good[i].needs_psk ? TACET_MLS_EVENT_NEEDS_PSK
                                                     : TACET_MLS_EVENT_COMMIT);
      tacet_mls_staged_drop(f.to->g);
      assert_same_state(&before, f.to);
      tacet_bytes_free(&message);
    }
    fixture_free();
  }
}

static void support_no_extension(tacet_leaf_node *leaf) {
  leaf->capabilities.extensions = TACET_SPAN_EMPTY;
}

/* 12.3: the other proposals and the path are judged by the extensions that the
 * same commit brings, not by those that it takes away. */
static void what_the_commit_drops_is_not_asked(void **state) {
  (void)state;
  fixture_new(&tacet_suite_x25519_chacha);
  TACET_BUF(list, 64);
  tacet_mls_extensions_add(&list, EXTENSION_TEST, TACET_SPAN_EMPTY);
  tacet_mls_proposal use = {.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS,
                            .extensions = tacet_buf_span(&list)};
  members_commit(f.m, 4, 0,
                 &(tacet_mls_commit_args){.proposals = &use, .n_proposals = 1});
  raw_publish(f.out, of_nobody);
  tacet_proposal p[2] = {gce_of(TACET_SPAN_EMPTY), raw_add(f.out)};
  const raw_commit drops[] = {{.by_value = p, .n_by_value = 2, .path = true},
                              {.by_value = p,
                               .n_by_value = 1,
                               .path = true,
                               .edit_leaf = support_no_extension}};
  for (size_t i = 0; i < 2; i++) {
    tacet_mls_event event;
    tacet_bytes message = commit(drops[i]);
    assert_ok(member_process(f.to, tacet_bytes_span(&message), &event));
    tacet_mls_staged_drop(f.to->g);
    tacet_bytes_free(&message);
  }
  fixture_free();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_refused_and_leaves_no_trace),
      cmocka_unit_test(what_is_allowed_passes),
      cmocka_unit_test(what_the_commit_drops_is_not_asked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
