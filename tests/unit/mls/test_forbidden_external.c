/* SPDX-License-Identifier: Apache-2.0
 * What nobody outside the group may send: external commits (RFC 9420 12.2,
 * 12.4.3.2) and external proposals (12.1.8). */
#include "tests/unit/mls/forbidden.h"

/* ---- external commits ---- */

static uint8_t kem_output[TACET_KEM_ENC_MAX];

static tacet_proposal external_init(void) {
  uint8_t key[TACET_KEM_PUBLIC_MAX];
  TACET_SECRET(init);
  const tacet_suite *s = f.bad->suite;
  assert_ok(tacet_external_pub(s, &f.bad->g->secrets.external, key));
  assert_ok(tacet_external_init_make(s, tacet_span_of(key, s->kem->public_len),
                                     kem_output, &init));
  return (tacet_proposal){.type = TACET_PROPOSAL_EXTERNAL_INIT,
                          .external_init =
                              tacet_span_of(kem_output, s->kem->enc_len)};
}

/* As `out`, who borrows the view of `bad`. */
static tacet_bytes join_as(raw_commit args) {
  tacet_secret mine = f.bad->signature_key;
  f.bad->signature_key = f.out->signature_key;
  args.external = true;
  tacet_bytes message = commit(args);
  f.bad->signature_key = mine;
  return message;
}

static tacet_bytes join(const tacet_proposal *list, size_t n, bool path) {
  return join_as((raw_commit){.by_value = list, .n_by_value = n, .path = path});
}

static tacet_bytes join_but(raw_commit args) {
  tacet_proposal p = external_init();
  args.by_value = &p;
  args.n_by_value = 1;
  args.path = true;
  return join_as(args);
}

/* An external commit with one proposal more. */
static tacet_bytes join_and(const tacet_proposal *more) {
  tacet_proposal p[2] = {external_init(), *more};
  return join_as((raw_commit){
      .by_value = p, .n_by_value = 2, .path = true, .apply_nothing = true});
}

static tacet_bytes join_without_init(void) {
  return join(NULL, 0, true);
}
static tacet_bytes join_with_two_inits(void) {
  tacet_proposal p[2] = {external_init(), external_init()};
  return join(p, 2, true);
}
static tacet_bytes join_without_path(void) {
  tacet_proposal p = external_init();
  return join(&p, 1, false);
}
static tacet_bytes join_and_add(void) {
  member_publish(f.out);
  tacet_proposal p[2] = {external_init(), raw_add(f.out)};
  return join(p, 2, true);
}
static tacet_bytes join_and_remove_two(void) {
  tacet_proposal p[3] = {external_init(), remove_of(f.bad), remove_of(f.third)};
  return join(p, 3, true);
}
static tacet_bytes join_and_change_extensions(void) {
  tacet_proposal p[2] = {external_init(), gce_of(TACET_SPAN_EMPTY)};
  return join(p, 2, true);
}
static tacet_bytes join_by_reference(void) {
  static uint8_t ref[TACET_HASH_MAX];
  static tacet_span refs[1];
  static tacet_proposal init;
  tacet_mls_event event;
  tacet_proposal remove = remove_of(f.third);
  tacet_bytes message = raw_propose(f.bad, &remove, NULL);
  raw_ref(f.bad, tacet_bytes_span(&message), ref);
  refs[0] = tacet_span_of(ref, f.bad->suite->hash->len);
  assert_ok(member_process(f.to, tacet_bytes_span(&message), &event));
  tacet_bytes_free(&message);
  init = external_init();
  return join_as((raw_commit){.by_value = &init,
                              .n_by_value = 1,
                              .refs = refs,
                              .n_refs = 1,
                              .path = true});
}
static tacet_bytes join_with_short_init(void) {
  tacet_proposal p = external_init();
  p.external_init.len--;
  return join(&p, 1, true);
}

static tacet_bytes join_and_update(void) {
  tacet_proposal p = raw_update(f.bad, NULL, TACET_LEAF_SOURCE_UPDATE, &f.keep);
  return join_and(&p);
}
static tacet_bytes join_and_reinit(void) {
  tacet_proposal p = reinit_of(1);
  return join_and(&p);
}
static tacet_bytes join_and_our_own(void) {
  tacet_proposal p = {.type = PROPOSAL_TEST, .other = TACET_SPAN_LIT("!")};
  return join_and(&p);
}
static tacet_bytes join_and_remove_nobody(void) {
  tacet_proposal p = {.type = TACET_PROPOSAL_REMOVE, .remove = 77};
  return join_and(&p);
}
static tacet_bytes join_with_short_psk_nonce(void) {
  tacet_proposal p = psk_of("a", 31);
  return join_and(&p);
}
static tacet_bytes join_with_branch_psk(void) {
  tacet_proposal p = psk_of("a", 32);
  p.psk.type = TACET_PSK_TYPE_RESUMPTION;
  p.psk.usage = TACET_PSK_USAGE_BRANCH;
  return join_and(&p);
}

/* X25519: a point of low order, which is a KEM output of nobody. */
static tacet_bytes join_with_init_of_zeros(void) {
  tacet_proposal p = external_init();
  p.external_init = tacet_span_of(zeros, f.bad->suite->kem->enc_len);
  return join(&p, 1, true);
}
/* The tag is of another init secret than the KEM output gives. */
static tacet_bytes join_with_another_init(void) {
  return join_but((raw_commit){.other_init = true});
}

static tacet_bytes join_with_wrong_signature(void) {
  return join_but((raw_commit){.wrong_signature = true});
}
static tacet_bytes join_with_wrong_leaf_signature(void) {
  return join_but((raw_commit){.wrong_leaf_signature = true});
}
static tacet_bytes join_with_wrong_confirmation(void) {
  return join_but((raw_commit){.wrong_confirmation = true});
}
static tacet_bytes join_with_short_tag(void) {
  return join_but((raw_commit){.short_tag = 1});
}
static tacet_bytes join_of_epoch_before(void) {
  return join_but((raw_commit){.edit_frame = of_epoch_before});
}
static tacet_bytes join_of_epoch_after(void) {
  return join_but((raw_commit){.edit_frame = of_epoch_after});
}
static tacet_bytes join_of_other_group(void) {
  return join_but((raw_commit){.edit_frame = of_other_group});
}
static tacet_bytes join_as_member(void) {
  return join_but((raw_commit){.edit_frame = from_bad});
}
static tacet_bytes join_as_external_sender(void) {
  return join_but((raw_commit){.edit_frame = from_external});
}

/* Signed with the key of a member: also that of the leaf. */
static tacet_bytes join_of_member(void) {
  tacet_proposal p = external_init();
  return commit((raw_commit){
      .by_value = &p, .n_by_value = 1, .path = true, .external = true});
}

static void old_key_of_third(tacet_update_path *p) {
  tacet_mls_member m;
  assert_true(tacet_mls_member_at(f.to->g, tacet_mls_own_leaf(f.third->g), &m));
  p->leaf_node.encryption_key = m.encryption_key;
}
static tacet_bytes return_with_old_key(void) {
  tacet_proposal p[2] = {external_init(), remove_of(f.third)};
  return join_as((raw_commit){.by_value = p,
                              .n_by_value = 2,
                              .path = true,
                              .edit_path = old_key_of_third});
}

static tacet_bytes join_leaf_of_unknown_credential(void) {
  return join_but((raw_commit){.edit_leaf = other_credential});
}
static tacet_bytes join_leaf_without_capabilities(void) {
  return join_but((raw_commit){.edit_leaf = no_capabilities});
}
static tacet_bytes join_leaf_with_unlisted_extension(void) {
  return join_but((raw_commit){.edit_leaf = lone_extension});
}
static void as_update(tacet_update_path *p) {
  p->leaf_node.source = TACET_LEAF_SOURCE_UPDATE;
}
static tacet_bytes join_leaf_as_update(void) {
  return join_but((raw_commit){.edit_path = as_update});
}
static void without_nodes(tacet_update_path *p) {
  p->nodes = TACET_SPAN_EMPTY;
}
static tacet_bytes join_path_without_nodes(void) {
  return join_but((raw_commit){.edit_path = without_nodes});
}

static tacet_bytes join_leaf_of_foreign_credential(void) {
  return join_but((raw_commit){.edit_leaf = both_credentials});
}
static void no_leaf_key(tacet_update_path *p) {
  no_encryption_key(&p->leaf_node);
}
static void no_extensions(tacet_leaf_node *leaf) {
  leaf->capabilities.extensions = TACET_SPAN_EMPTY;
}
static tacet_bytes join_leaf_without_the_extension(void) {
  return join_but((raw_commit){.edit_leaf = no_extensions});
}
static void no_proposals(tacet_leaf_node *leaf) {
  leaf->capabilities.proposals = TACET_SPAN_EMPTY;
}
static tacet_bytes join_leaf_without_what_is_required(void) {
  return join_but((raw_commit){.edit_leaf = no_proposals});
}
static void node_key_of_third(tacet_update_path *p) {
  tacet_mls_member m;
  assert_true(tacet_mls_member_at(f.to->g, tacet_mls_own_leaf(f.third->g), &m));
  key_in_first_node(p, m.encryption_key);
}
static tacet_bytes join_path_node_with_key_of_another(void) {
  return join_but((raw_commit){.edit_path = node_key_of_third});
}
static tacet_bytes join_signed_without_context(void) {
  return join_but((raw_commit){.as_signed = RAW_SIGNED_WITHOUT_CONTEXT});
}
static tacet_bytes join_signed_for_a_private_message(void) {
  return join_but((raw_commit){.as_signed = RAW_SIGNED_FOR_OTHER_FORMAT});
}
static tacet_bytes join_leaf_with_no_key(void) {
  return join_but((raw_commit){.edit_path = no_leaf_key});
}
static tacet_bytes join_leaf_with_key_of_another(void) {
  return join_but((raw_commit){.edit_path = old_key_of_third});
}
/* Not the leftmost blank leaf, where 12.4.2 puts it. */
static tacet_bytes join_leaf_for_another_place(void) {
  return join_but((raw_commit){.leaf_of_next = true});
}
static void no_parent_hash(tacet_update_path *p) {
  p->leaf_node.parent_hash = TACET_SPAN_EMPTY;
}
static tacet_bytes join_path_without_parent_hash(void) {
  return join_but((raw_commit){.edit_path = no_parent_hash});
}
static tacet_bytes join_path_node_with_no_key(void) {
  return join_but((raw_commit){.edit_path = no_key_in_first_node});
}
static tacet_bytes join_with_psk_twice(void) {
  tacet_proposal p[3] = {external_init(), psk_of("a", 32), psk_of("a", 32)};
  return join(p, 3, true);
}

/* ---- proposals from outside ---- */

static tacet_bytes propose_signed(const tacet_proposal *p,
                                  void (*edit)(tacet_framed_content *),
                                  raw_signed as_signed) {
  tacet_secret mine = f.bad->signature_key;
  f.bad->signature_key = f.out->signature_key;
  tacet_bytes message = raw_propose_signed(f.bad, p, edit, as_signed);
  f.bad->signature_key = mine;
  return message;
}

static tacet_bytes propose_outside(const tacet_proposal *p,
                                   void (*edit)(tacet_framed_content *)) {
  return propose_signed(p, edit, RAW_SIGNED_RIGHT);
}

static tacet_bytes listed_sender(const tacet_proposal *p) {
  return propose_outside(p, from_listed);
}

static tacet_bytes external_update(void) {
  tacet_proposal p = raw_update(f.bad, NULL, TACET_LEAF_SOURCE_UPDATE, &f.keep);
  return listed_sender(&p);
}
static tacet_bytes external_external_init(void) {
  tacet_proposal p = external_init();
  return listed_sender(&p);
}
static tacet_bytes external_our_own(void) {
  tacet_proposal p = {.type = PROPOSAL_TEST, .other = TACET_SPAN_LIT("!")};
  return listed_sender(&p);
}
static tacet_bytes external_remove_of_nobody(void) {
  tacet_proposal p = {.type = TACET_PROPOSAL_REMOVE, .remove = 77};
  return listed_sender(&p);
}
static tacet_bytes external_reinit_to_older(void) {
  tacet_proposal p = reinit_of(0);
  return listed_sender(&p);
}
static tacet_bytes external_psk_for_reinit(void) {
  tacet_proposal p = psk_of("a", 32);
  p.psk.type = TACET_PSK_TYPE_RESUMPTION;
  p.psk.usage = TACET_PSK_USAGE_REINIT;
  return listed_sender(&p);
}
static tacet_bytes external_with_key_of_member(void) {
  tacet_proposal p = remove_of(f.third);
  return raw_propose(f.bad, &p, from_listed);
}
static tacet_bytes external_unlisted(void) {
  tacet_proposal p = remove_of(f.third);
  return propose_outside(&p, from_external);
}
static void listed_before(tacet_framed_content *c) {
  from_listed(c);
  of_epoch_before(c);
}
static tacet_bytes external_of_epoch_before(void) {
  tacet_proposal p = remove_of(f.third);
  return propose_outside(&p, listed_before);
}
static tacet_bytes newcomer_removes(void) {
  tacet_proposal p = remove_of(f.third);
  return propose_outside(&p, from_new_member);
}
static tacet_bytes newcomer_with_another_key(void) {
  member_publish(f.out);
  tacet_proposal p = raw_add(f.out);
  return raw_propose(f.bad, &p, from_new_member);
}
static tacet_bytes newcomer_expired(void) {
  raw_publish(f.out, expired_package);
  tacet_proposal p = raw_add(f.out);
  return propose_outside(&p, from_new_member);
}
/* A listed sender may propose, and no more. */
static tacet_bytes commit_of_listed_sender(void) {
  tacet_secret mine = f.bad->signature_key;
  f.bad->signature_key = f.out->signature_key;
  tacet_bytes message =
      commit((raw_commit){.path = true, .edit_frame = from_listed});
  f.bad->signature_key = mine;
  return message;
}
static tacet_bytes join_as_listed_sender(void) {
  return join_but((raw_commit){.edit_frame = from_listed});
}
/* Strangers know no GroupContext: theirs must not be signed with one. */
static tacet_bytes external_signed_with_context(void) {
  tacet_proposal p = remove_of(f.third);
  return propose_signed(&p, from_listed, RAW_SIGNED_WITHOUT_CONTEXT);
}
static tacet_bytes newcomer_signed_with_context(void) {
  member_publish(f.out);
  tacet_proposal p = raw_add(f.out);
  return propose_signed(&p, from_new_member, RAW_SIGNED_WITHOUT_CONTEXT);
}
static void package_without_extensions(tacet_key_package *k) {
  no_extensions(&k->leaf_node);
}
static void package_without_proposals(tacet_key_package *k) {
  no_proposals(&k->leaf_node);
}
static tacet_bytes newcomer_without_the_extension(void) {
  raw_publish(f.out, package_without_extensions);
  tacet_proposal p = raw_add(f.out);
  return propose_outside(&p, from_new_member);
}
static tacet_bytes newcomer_without_what_is_required(void) {
  raw_publish(f.out, package_without_proposals);
  tacet_proposal p = raw_add(f.out);
  return propose_outside(&p, from_new_member);
}
static tacet_bytes newcomer_as_committer(void) {
  member_publish(f.out);
  tacet_proposal p = raw_add(f.out);
  return propose_outside(&p, from_new_committer);
}

/* ---- the table ---- */

static const forbidden_row rows[] = {
    ROW(join_without_init, EXTERNAL),
    ROW(join_with_two_inits, EXTERNAL),
    ROW(join_without_path, PATH_REQUIRED),
    ROW(join_and_add, EXTERNAL),
    ROW(join_and_update, EXTERNAL),
    ROW(join_and_reinit, EXTERNAL),
    ROW(join_and_our_own, EXTERNAL),
    ROW(join_and_remove_two, EXTERNAL),
    ROW(join_and_remove_nobody, PROPOSAL),
    ROW(join_and_change_extensions, EXTERNAL),
    ROW(join_with_short_psk_nonce, PSK),
    ROW(join_with_branch_psk, PSK),
    ROW(join_with_short_init, EXTERNAL),
    ROW(join_with_init_of_zeros, EXTERNAL),
    ROW(join_with_another_init, CONFIRMATION),
    ROW(join_by_reference, EXTERNAL),
    ROW(join_with_wrong_signature, AUTH),
    ROW(join_with_wrong_leaf_signature, AUTH),
    ROW(join_with_wrong_confirmation, CONFIRMATION),
    ROW(join_with_short_tag, CONFIRMATION),
    ROW(join_of_epoch_before, EPOCH_PAST),
    ROW(join_of_epoch_after, EPOCH_FUTURE),
    ROW(join_of_other_group, GROUP_ID),
    ROW(join_as_member, AUTH),
    ROW(join_as_external_sender, SENDER),
    ROW(join_of_member, DUPLICATE_KEY),
    ROW(return_with_old_key, LEAF),
    ROW(join_leaf_of_unknown_credential, LEAF),
    ROW(join_leaf_without_capabilities, CAPABILITIES),
    ROW(join_leaf_with_unlisted_extension, LEAF),
    ROW(join_leaf_as_update, LEAF),
    ROW(join_path_without_nodes, PATH),
    ROW(join_leaf_of_foreign_credential, CAPABILITIES),
    ROW(join_leaf_with_no_key, LEAF),
    ROW(join_leaf_with_key_of_another, DUPLICATE_KEY),
    ROW(join_leaf_for_another_place, AUTH),
    ROW(join_path_without_parent_hash, PARENT_HASH),
    ROW(join_path_node_with_no_key, PATH),
    ROW(join_with_psk_twice, PSK),
    ROW(external_update, SENDER),
    ROW(external_external_init, SENDER),
    ROW(external_our_own, SENDER),
    ROW(external_remove_of_nobody, PROPOSAL),
    ROW(external_reinit_to_older, REINIT),
    ROW(external_psk_for_reinit, PSK),
    ROW(external_with_key_of_member, AUTH),
    ROW(external_unlisted, SENDER),
    ROW(external_of_epoch_before, EPOCH_PAST),
    ROW(newcomer_removes, SENDER),
    ROW(newcomer_with_another_key, AUTH),
    ROW(newcomer_expired, LIFETIME),
    ROW(newcomer_as_committer, SENDER),
    ROW(newcomer_signed_with_context, AUTH),
    ROW(newcomer_without_the_extension, CAPABILITIES),
    ROW(newcomer_without_what_is_required, CAPABILITIES),
    ROW(external_signed_with_context, AUTH),
    ROW(commit_of_listed_sender, SENDER),
    ROW(join_as_listed_sender, SENDER),
    ROW(join_signed_without_context, AUTH),
    ROW(join_signed_for_a_private_message, AUTH),
    ROW(join_leaf_without_the_extension, CAPABILITIES),
    ROW(join_leaf_without_what_is_required, CAPABILITIES),
    ROW(join_path_node_with_key_of_another, DUPLICATE_KEY),
};

static void each_is_refused_and_leaves_no_trace(void **state) {
  (void)state;
  forbidden_run("external", rows, sizeof(rows) / sizeof(rows[0]),
                fixture_list_sender);
}

static void a_stranger_may_join(void **state) {
  (void)state;
  fixture_new(&tacet_suite_x25519_chacha);
  tacet_mls_event event;
  tacet_mls_staged_info info;
  tacet_proposal init = external_init();
  tacet_bytes message = join(&init, 1, true);
  assert_ok(member_process(f.to, tacet_bytes_span(&message), &event));
  tacet_mls_staged_info_get(f.to->g, &info);
  assert_true(info.external);
  assert_int_equal(info.committer, 4);
  tacet_bytes_free(&message);
  fixture_free();
}

/* The same that the table bends, unbent. */
static void a_listed_sender_may_propose(void **state) {
  (void)state;
  fixture_new(&tacet_suite_x25519_chacha);
  fixture_list_sender();
  tacet_mls_event event;
  tacet_proposal p = remove_of(f.third);
  tacet_bytes message = listed_sender(&p);
  assert_ok(member_process(f.to, tacet_bytes_span(&message), &event));
  assert_int_equal(event.kind, TACET_MLS_EVENT_PROPOSAL);
  tacet_bytes_free(&message);
  fixture_free();
}

static void a_lost_member_may_return(void **state) {
  (void)state;
  fixture_new(&tacet_suite_x25519_chacha);
  tacet_mls_event event;
  tacet_proposal p[2] = {external_init(), remove_of(f.third)};
  tacet_bytes message = join(p, 2, true);
  assert_ok(member_process(f.to, tacet_bytes_span(&message), &event));
  tacet_bytes_free(&message);
  fixture_free();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_refused_and_leaves_no_trace),
      cmocka_unit_test(a_stranger_may_join),
      cmocka_unit_test(a_listed_sender_may_propose),
      cmocka_unit_test(a_lost_member_may_return),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
