/* SPDX-License-Identifier: Apache-2.0
 * What others may not send (RFC 9420 7.3, 10.1, 12.1, 12.2, 12.4): a table of
 * messages that are right in everything but one rule. Each is refused with the
 * error of that rule, and leaves the receiver byte for byte as it was.
 */
#include "mls/key_package.h"
#include "tests/unit/mls/raw.h"

/* Four members; `out` is not one, `bad` sends, `to` receives. */
typedef struct fixture {
  member m[5];
  member *to, *bad, *third, *out;
  tacet_bytes keep; /* something that a message was made of */
} fixture;

static fixture f;

static tacet_bytes commit(raw_commit args) {
  return raw_commit_make(f.bad, &args);
}

static tacet_bytes commit_of(const tacet_proposal *list, size_t n, bool path) {
  return commit((raw_commit){.by_value = list, .n_by_value = n, .path = path});
}

static tacet_bytes propose(const tacet_proposal *p) {
  return raw_propose(f.bad, p, NULL);
}

static tacet_proposal remove_of(const member *who) {
  return (tacet_proposal){.type = TACET_PROPOSAL_REMOVE,
                          .remove = tacet_mls_own_leaf(who->g)};
}

static const uint8_t zeros[64];

static tacet_proposal psk_of(const char *id, size_t nonce_len) {
  return (tacet_proposal){.type = TACET_PROPOSAL_PSK,
                          .psk = {.type = TACET_PSK_TYPE_EXTERNAL,
                                  .id = tacet_span_str(id),
                                  .nonce = tacet_span_of(zeros, nonce_len)}};
}

static tacet_proposal gce_of(tacet_span extensions) {
  return (tacet_proposal){.type = TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                          .group_context_extensions = extensions};
}

static tacet_proposal reinit_of(uint16_t version) {
  return (tacet_proposal){.type = TACET_PROPOSAL_REINIT,
                          .reinit = {.group_id = TACET_SPAN_LIT("next"),
                                     .version = version,
                                     .cipher_suite = f.bad->suite->id}};
}

/* ---- proposals on their own ---- */

static void same_encryption_key(tacet_leaf_node *leaf) {
  tacet_mls_member m;
  assert_true(tacet_mls_member_at(f.to->g, tacet_mls_own_leaf(f.bad->g), &m));
  leaf->encryption_key = m.encryption_key;
}

static void short_encryption_key(tacet_leaf_node *leaf) {
  leaf->encryption_key.len--;
}

static void other_credential(tacet_leaf_node *leaf) {
  leaf->credential.type = 0xF00F;
}

static void no_capabilities(tacet_leaf_node *leaf) {
  leaf->capabilities = (tacet_capabilities){.versions = TACET_SPAN_EMPTY};
}

static void lone_extension(tacet_leaf_node *leaf) {
  static const uint8_t one[] = {0xFF, 0x02, 0x00};
  leaf->extensions = tacet_span_of(one, sizeof(one));
}

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
static void expired(tacet_key_package *k) {
  k->leaf_node.not_after = NOW - 1;
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
  return propose_package(expired);
}
static tacet_bytes add_of_not_yet(void) {
  return propose_package(not_yet);
}
static tacet_bytes add_of_commit_leaf(void) {
  return propose_package(of_commit);
}
static tacet_bytes add_with_short_init(void) {
  return propose_package(short_init_key);
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

static tacet_bytes reinit_to_older_version(void) {
  tacet_proposal p = reinit_of(0);
  return propose(&p);
}

static tacet_bytes external_init_of_member(void) {
  tacet_proposal p = {.type = TACET_PROPOSAL_EXTERNAL_INIT,
                      .external_init =
                          tacet_span_of(zeros, f.bad->suite->kem->enc_len)};
  return propose(&p);
}

static void from_blank_leaf(tacet_framed_content *c) {
  c->sender.index = 7;
}
static void from_beyond(tacet_framed_content *c) {
  c->sender.index = 70000;
}
static void from_third(tacet_framed_content *c) {
  c->sender.index = tacet_mls_own_leaf(f.third->g);
}
static void from_external(tacet_framed_content *c) {
  c->sender = (tacet_sender){TACET_SENDER_EXTERNAL, 0};
}
static void from_new_member(tacet_framed_content *c) {
  c->sender = (tacet_sender){TACET_SENDER_NEW_MEMBER_PROPOSAL, 0};
}
static void from_new_committer(tacet_framed_content *c) {
  c->sender = (tacet_sender){TACET_SENDER_NEW_MEMBER_COMMIT, 0};
}
static void of_epoch_before(tacet_framed_content *c) {
  c->epoch--;
}
static void of_epoch_after(tacet_framed_content *c) {
  c->epoch++;
}
static void of_other_group(tacet_framed_content *c) {
  c->group_id = TACET_SPAN_LIT("another");
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

/* ---- commits ---- */

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
static tacet_bytes commit_cached(member *from, const tacet_proposal *p,
                                 const tacet_proposal *more, size_t n_more) {
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
  return commit((raw_commit){.refs = refs,
                             .n_refs = 1,
                             .by_value = more,
                             .n_by_value = n_more,
                             .path = true});
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
static tacet_bytes join(const tacet_proposal *list, size_t n, bool path) {
  tacet_secret mine = f.bad->signature_key;
  f.bad->signature_key = f.out->signature_key;
  tacet_bytes message = commit((raw_commit){
      .by_value = list, .n_by_value = n, .path = path, .external = true});
  f.bad->signature_key = mine;
  return message;
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
  tacet_secret mine = f.bad->signature_key;
  f.bad->signature_key = f.out->signature_key;
  message = commit((raw_commit){.by_value = &init,
                                .n_by_value = 1,
                                .refs = refs,
                                .n_refs = 1,
                                .path = true,
                                .external = true});
  f.bad->signature_key = mine;
  return message;
}
static tacet_bytes join_with_short_init(void) {
  tacet_proposal p = external_init();
  p.external_init.len--;
  return join(&p, 1, true);
}

/* ---- the table ---- */

static const struct {
  const char *name;
  tacet_bytes (*make)(void);
  tacet_err err;
} forbidden[] = {
#define ROW(name, err)                                                         \
  { #name, name, TACET_ERR_##err }
    ROW(update_with_old_key, LEAF),
    ROW(update_from_commit, LEAF),
    ROW(update_from_key_package, LEAF),
    ROW(update_with_short_key, LEAF),
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
    ROW(add_with_short_init, KEY_PACKAGE),
    ROW(add_with_wrong_signature, AUTH),
    ROW(add_with_wrong_leaf_signature, AUTH),
    ROW(add_of_foreign_credential, CAPABILITIES),
    ROW(psk_with_short_nonce, PSK),
    ROW(psk_for_branch, PSK),
    ROW(reinit_to_older_version, REINIT),
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

    ROW(empty_without_path, PATH_REQUIRED),
    ROW(remove_without_path, PATH_REQUIRED),
    ROW(update_by_value, PROPOSAL),
    ROW(own_update_by_reference, PROPOSAL),
    ROW(update_and_remove_of_one, PROPOSAL),
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

    ROW(path_leaf_of_unknown_credential, LEAF),
    ROW(path_leaf_without_capabilities, CAPABILITIES),
    ROW(path_leaf_with_unlisted_extension, LEAF),
    ROW(path_leaf_as_update, LEAF),
    ROW(path_leaf_with_old_key, LEAF),
    ROW(path_leaf_with_key_of_another, DUPLICATE_KEY),
    ROW(path_leaf_with_signer_of_another, AUTH),
    ROW(path_without_parent_hash, PARENT_HASH),
    ROW(path_with_other_parent_hash, PARENT_HASH),
    ROW(path_without_nodes, PATH),
    ROW(path_one_node_short, PATH),

    ROW(join_without_init, EXTERNAL),
    ROW(join_with_two_inits, EXTERNAL),
    ROW(join_without_path, PATH_REQUIRED),
    ROW(join_and_add, EXTERNAL),
    ROW(join_and_remove_two, EXTERNAL),
    ROW(join_and_change_extensions, EXTERNAL),
    ROW(join_with_short_init, EXTERNAL),
    ROW(join_by_reference, EXTERNAL),
#undef ROW
};

static void fixture_new(const tacet_suite *suite) {
  members_new(f.m, 4, suite);
  member_new(&f.m[4], suite, "outside");
  f.to = &f.m[0];
  f.bad = &f.m[1];
  f.third = &f.m[2];
  f.out = &f.m[4];
  /* Fill the tree with parents, so that there is a parent hash to get wrong. */
  members_commit(f.m, 4, 2, &(tacet_mls_commit_args){.force_path = true});
  members_commit(f.m, 4, 0, &(tacet_mls_commit_args){.force_path = true});
}

static void fixture_free(void) {
  tacet_bytes_free(&f.keep);
  members_free(f.m, 5);
}

static void each_is_refused_and_leaves_no_trace(void **state) {
  (void)state;
  fixture_new(&tacet_suite_x25519_chacha);
  size_t wrong = 0;
  for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
    tacet_mls_event event;
    tacet_bytes message = forbidden[i].make();
    tacet_bytes before = member_state(f.to);
    tacet_err got = member_process(f.to, tacet_bytes_span(&message), &event);
    if (got != forbidden[i].err) {
      print_error("%s: expected %s, got %s\n", forbidden[i].name,
                  tacet_err_name(forbidden[i].err), tacet_err_name(got));
      wrong++;
      tacet_mls_staged_drop(f.to->g);
    }
    assert_same_state(&before, f.to);
    tacet_bytes_free(&message);
    /* Whatever was cached on the way goes. */
    for (size_t k = 0; k < 4; k++) {
      tacet_mls_proposals_clear(f.m[k].g);
    }
  }
  assert_int_equal(wrong, 0);
  /* And the group lives on. */
  members_commit(f.m, 4, 3, &(tacet_mls_commit_args){.force_path = true});
  members_agree(f.m, 4);
  fixture_free();
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
    const struct {
      const tacet_proposal *list;
      size_t n;
      bool path, needs_psk;
    } rows[] = {{NULL, 0, true, false},     {&add, 1, false, false},
                {&add, 1, true, false},     {&remove, 1, true, false},
                {&gce, 1, true, false},     {&own, 1, false, false},
                {&reinit, 1, false, false}, {&psk, 1, false, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
      tacet_mls_event event;
      tacet_bytes before = member_state(f.to);
      tacet_bytes message = commit_of(rows[i].list, rows[i].n, rows[i].path);
      assert_ok(member_process(f.to, tacet_bytes_span(&message), &event));
      assert_int_equal(event.kind, rows[i].needs_psk ? TACET_MLS_EVENT_NEEDS_PSK
                                                     : TACET_MLS_EVENT_COMMIT);
      tacet_mls_staged_drop(f.to->g);
      assert_same_state(&before, f.to);
      tacet_bytes_free(&message);
    }
    fixture_free();
  }
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_refused_and_leaves_no_trace),
      cmocka_unit_test(what_is_allowed_passes),
      cmocka_unit_test(a_stranger_may_join),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
