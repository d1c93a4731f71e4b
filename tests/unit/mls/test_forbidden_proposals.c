/* SPDX-License-Identifier: Apache-2.0
 * Proposals that nobody may send on their own (RFC 9420 7.3, 10.1, 12.1), and
 * what is wrong with a message around one. */
#include "mls/key_package.h"
#include "tests/unit/mls/forbidden.h"

static tacet_bytes propose_update(void (*edit)(tacet_leaf_node *),
                                  uint8_t source) {
  tacet_proposal p = raw_update(f.bad, edit, source, &f.keep);
  return propose(&p);
}

static tacet_bytes update_with_old_key(void) {
  return propose_update(same_encryption_key, TACET_LEAF_SOURCE_UPDATE);
}
static tacet_bytes update_from_commit(void) {
  return propose_update(NULL, TACET_LEAF_SOURCE_COMMIT);
}
static tacet_bytes update_from_key_package(void) {
  return propose_update(NULL, TACET_LEAF_SOURCE_KEY_PACKAGE);
}
static tacet_bytes update_with_short_key(void) {
  return propose_update(short_encryption_key, TACET_LEAF_SOURCE_UPDATE);
}
static void short_signature_key(tacet_leaf_node *leaf) {
  leaf->signature_key.len--;
}
static tacet_bytes update_with_short_signature_key(void) {
  return propose_update(short_signature_key, TACET_LEAF_SOURCE_UPDATE);
}
static tacet_bytes update_with_no_key(void) {
  return propose_update(no_encryption_key, TACET_LEAF_SOURCE_UPDATE);
}
static tacet_bytes update_of_unknown_credential(void) {
  return propose_update(other_credential, TACET_LEAF_SOURCE_UPDATE);
}
static tacet_bytes update_without_capabilities(void) {
  return propose_update(no_capabilities, TACET_LEAF_SOURCE_UPDATE);
}
static tacet_bytes update_with_unlisted_extension(void) {
  return propose_update(lone_extension, TACET_LEAF_SOURCE_UPDATE);
}

static tacet_bytes update_of_another(void) {
  /* Signed by its owner, for its place, but sent by somebody else. */
  tacet_proposal p =
      raw_update(f.third, NULL, TACET_LEAF_SOURCE_UPDATE, &f.keep);
  return propose(&p);
}

static tacet_bytes proposal_signed_without_context(void) {
  tacet_proposal p = remove_of(f.third);
  return raw_propose_signed(f.bad, &p, NULL, RAW_SIGNED_WITHOUT_CONTEXT);
}
static tacet_bytes proposal_signed_for_a_private_message(void) {
  tacet_proposal p = remove_of(f.third);
  return raw_propose_signed(f.bad, &p, NULL, RAW_SIGNED_FOR_OTHER_FORMAT);
}

static tacet_bytes remove_of_nobody(void) {
  tacet_proposal p = {.type = TACET_PROPOSAL_REMOVE, .remove = 77};
  return propose(&p);
}

static void equal_keys(tacet_key_package *k) {
  k->init_key = k->leaf_node.encryption_key;
}
static void another_suite(tacet_key_package *k) {
  k->cipher_suite = TACET_SUITE_P256_AES128;
}
static void not_yet(tacet_key_package *k) {
  k->leaf_node.not_before = NOW + 1;
}
static void of_commit(tacet_key_package *k) {
  k->leaf_node.source = TACET_LEAF_SOURCE_COMMIT;
}
static void short_init_key(tacet_key_package *k) {
  k->init_key.len--;
}

static void unlisted_extension(tacet_key_package *k) {
  static const uint8_t one[] = {0xFF, 0x02, 0x00};
  k->extensions = tacet_span_of(one, sizeof(one));
}
static void too_long(tacet_key_package *k) {
  k->leaf_node.not_before = NOW - 100;
  k->leaf_node.not_after = NOW + LIFETIME_MAX;
}

static void no_init_key(tacet_key_package *k) {
  k->init_key = tacet_span_of(zeros, 32);
}

static tacet_bytes propose_package(void (*edit)(tacet_key_package *)) {
  raw_publish(f.out, edit);
  tacet_proposal p = raw_add(f.out);
  return propose(&p);
}

static tacet_bytes add_with_equal_keys(void) {
  return propose_package(equal_keys);
}
static tacet_bytes add_of_another_suite(void) {
  return propose_package(another_suite);
}
static tacet_bytes add_of_expired(void) {
  return propose_package(expired_package);
}
static tacet_bytes add_of_not_yet(void) {
  return propose_package(not_yet);
}
static tacet_bytes add_of_commit_leaf(void) {
  return propose_package(of_commit);
}
static tacet_bytes add_with_unlisted_extension(void) {
  return propose_package(unlisted_extension);
}
static tacet_bytes add_for_too_long(void) {
  return propose_package(too_long);
}
static tacet_bytes add_with_no_init_key(void) {
  return propose_package(no_init_key);
}
static tacet_bytes add_with_short_init(void) {
  return propose_package(short_init_key);
}

/* What an Update may not have, an Add may not have either. */
static void leaf_of_unknown_credential(tacet_key_package *k) {
  other_credential(&k->leaf_node);
}
static tacet_bytes add_of_unknown_credential(void) {
  return propose_package(leaf_of_unknown_credential);
}
static void leaf_without_capabilities(tacet_key_package *k) {
  no_capabilities(&k->leaf_node);
}
static tacet_bytes add_without_capabilities(void) {
  return propose_package(leaf_without_capabilities);
}
static void leaf_with_unlisted_extension(tacet_key_package *k) {
  lone_extension(&k->leaf_node);
}
static tacet_bytes add_with_unlisted_leaf_extension(void) {
  return propose_package(leaf_with_unlisted_extension);
}
static void leaf_with_short_key(tacet_key_package *k) {
  short_encryption_key(&k->leaf_node);
}
static tacet_bytes add_with_short_key(void) {
  return propose_package(leaf_with_short_key);
}
static void leaf_with_no_key(tacet_key_package *k) {
  no_encryption_key(&k->leaf_node);
}
static tacet_bytes add_with_no_key(void) {
  return propose_package(leaf_with_no_key);
}

static tacet_bytes add_with_wrong_signature(void) {
  member_publish(f.out);
  f.out->key_package.p[f.out->key_package.len - 1] ^= 1;
  tacet_proposal p = raw_add(f.out);
  return propose(&p);
}

/* The package's own signature is right. */
static tacet_bytes add_with_wrong_leaf_signature(void) {
  static uint8_t bytes[1 << 12];
  tacet_key_package k;
  TACET_BUF(tbs, 1 << 12);
  TACET_BUF(w, 1 << 12);
  uint8_t sig[TACET_SIG_MAX];
  size_t len = 0;
  member_publish(f.out);
  assert_ok(
      tacet_key_package_message(tacet_bytes_span(&f.out->key_package), &k));
  memcpy(bytes, k.leaf_node.signature.p, k.leaf_node.signature.len);
  bytes[5] ^= 1;
  k.leaf_node.signature.p = bytes;
  tacet_key_package_tbs_write(&tbs, &k);
  assert_ok(tacet_sign_with_label(
      f.out->suite->sig, tacet_secret_span(&f.out->signature_key),
      TACET_LABEL_MLS, "KeyPackageTBS", tacet_buf_span(&tbs), sig, &len));
  k.signature = tacet_span_of(sig, len);
  tacet_key_package_write(&w, &k);
  tacet_proposal p = {.type = TACET_PROPOSAL_ADD};
  assert_ok(tacet_key_package_parse(tacet_buf_span(&w), &p.add));
  return propose(&p);
}

static tacet_bytes psk_with_short_nonce(void) {
  tacet_proposal p = psk_of("a", 31);
  return propose(&p);
}

static tacet_bytes psk_for_branch(void) {
  tacet_proposal p = psk_of("a", 32);
  p.psk.type = TACET_PSK_TYPE_RESUMPTION;
  p.psk.usage = TACET_PSK_USAGE_BRANCH;
  return propose(&p);
}

static tacet_bytes psk_for_reinit(void) {
  tacet_proposal p = psk_of("a", 32);
  p.psk.type = TACET_PSK_TYPE_RESUMPTION;
  p.psk.usage = TACET_PSK_USAGE_REINIT;
  return propose(&p);
}

static tacet_bytes reinit_to_older_version(void) {
  tacet_proposal p = reinit_of(0);
  return propose(&p);
}

/* required_capabilities: a list of nine bytes that are not there. */
static tacet_bytes extensions_with_broken_requirements(void) {
  static const uint8_t list[] = {0, 3, 1, 9};
  tacet_proposal p = gce_of(tacet_span_of(list, sizeof(list)));
  return propose(&p);
}
/* external_senders: one with a key and no credential. */
static tacet_bytes extensions_with_broken_senders(void) {
  static const uint8_t list[] = {0, 5, 3, 2, 1, 0xAA};
  tacet_proposal p = gce_of(tacet_span_of(list, sizeof(list)));
  return propose(&p);
}

static tacet_bytes external_init_of_member(void) {
  tacet_proposal p = {.type = TACET_PROPOSAL_EXTERNAL_INIT,
                      .external_init =
                          tacet_span_of(zeros, f.bad->suite->kem->enc_len)};
  return propose(&p);
}

static tacet_bytes propose_as(void (*edit)(tacet_framed_content *)) {
  tacet_proposal p = remove_of(f.third);
  return raw_propose(f.bad, &p, edit);
}

static tacet_bytes proposal_of_blank_leaf(void) {
  return propose_as(from_blank_leaf);
}
static tacet_bytes proposal_from_beyond(void) {
  return propose_as(from_beyond);
}
static tacet_bytes proposal_of_another(void) {
  return propose_as(from_third);
}
static tacet_bytes proposal_of_unlisted_external(void) {
  return propose_as(from_external);
}
static tacet_bytes remove_of_new_member(void) {
  return propose_as(from_new_member);
}
static tacet_bytes proposal_of_new_committer(void) {
  return propose_as(from_new_committer);
}
static tacet_bytes proposal_of_epoch_before(void) {
  return propose_as(of_epoch_before);
}
static tacet_bytes proposal_of_epoch_after(void) {
  return propose_as(of_epoch_after);
}
static tacet_bytes proposal_of_other_group(void) {
  return propose_as(of_other_group);
}

/* ---- the table ---- */

static const forbidden_row rows[] = {
    ROW(update_with_old_key, LEAF),
    ROW(update_from_commit, LEAF),
    ROW(update_from_key_package, LEAF),
    ROW(update_with_short_key, LEAF),
    ROW(update_with_no_key, LEAF),
    ROW(update_with_short_signature_key, LEAF),
    ROW(update_of_unknown_credential, LEAF),
    ROW(update_without_capabilities, CAPABILITIES),
    ROW(update_with_unlisted_extension, LEAF),
    ROW(update_of_another, AUTH),
    ROW(remove_of_nobody, PROPOSAL),
    ROW(add_with_equal_keys, KEY_PACKAGE),
    ROW(add_of_another_suite, KEY_PACKAGE),
    ROW(add_of_expired, LIFETIME),
    ROW(add_of_not_yet, LIFETIME),
    ROW(add_of_commit_leaf, LEAF),
    ROW(add_with_unlisted_extension, KEY_PACKAGE),
    ROW(add_for_too_long, LIFETIME),
    ROW(add_with_no_init_key, KEY_PACKAGE),
    ROW(add_with_short_init, KEY_PACKAGE),
    ROW(add_of_unknown_credential, LEAF),
    ROW(add_without_capabilities, CAPABILITIES),
    ROW(add_with_unlisted_leaf_extension, LEAF),
    ROW(add_with_short_key, LEAF),
    ROW(add_with_no_key, LEAF),
    ROW(add_with_wrong_signature, AUTH),
    ROW(add_with_wrong_leaf_signature, AUTH),
    ROW(psk_with_short_nonce, PSK),
    ROW(psk_for_branch, PSK),
    ROW(psk_for_reinit, PSK),
    ROW(reinit_to_older_version, REINIT),
    ROW(extensions_with_broken_requirements, TRUNCATED),
    ROW(extensions_with_broken_senders, TRUNCATED),
    ROW(external_init_of_member, SENDER),
    ROW(proposal_of_blank_leaf, SENDER),
    ROW(proposal_from_beyond, SENDER),
    ROW(proposal_of_another, AUTH),
    ROW(proposal_of_unlisted_external, SENDER),
    ROW(remove_of_new_member, SENDER),
    ROW(proposal_of_new_committer, SENDER),
    ROW(proposal_of_epoch_before, EPOCH_PAST),
    ROW(proposal_of_epoch_after, EPOCH_FUTURE),
    ROW(proposal_of_other_group, GROUP_ID),
    ROW(proposal_signed_without_context, AUTH),
    ROW(proposal_signed_for_a_private_message, AUTH),
};

static void each_is_refused_and_leaves_no_trace(void **state) {
  (void)state;
  forbidden_run("proposals", rows, sizeof(rows) / sizeof(rows[0]), NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_refused_and_leaves_no_trace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
