/* SPDX-License-Identifier: Apache-2.0
 * Inviters who lie: Welcomes into groups that are not what they say, right in
 * every signature and tag but the one that the lie is about.
 */
#include "tests/unit/mls/raw.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

/* ---- Welcomes ---- */

static uint8_t some_key[TACET_KEM_PUBLIC_MAX];

/* A parent that nobody made: its hash stands in no leaf. */
static void invent_a_parent(tacet_tree *t) {
  assert_ok(tacet_tree_set_parent(t, 1, tacet_span_of(some_key, 32),
                                  TACET_SPAN_EMPTY));
}

static void spoil_leaf(tacet_tree *t, size_t from_end) {
  TACET_BYTES(leaf);
  assert_ok(tacet_bytes_set(&leaf, tacet_tree_leaf_bytes(t, 1)));
  leaf.p[leaf.len - from_end] ^= 1;
  assert_ok(tacet_tree_set_leaf(t, 1, tacet_bytes_span(&leaf)));
}

static void spoil_a_signature(tacet_tree *t) {
  spoil_leaf(t, 1);
}

static void double_a_leaf(tacet_tree *t) {
  uint32_t leaf = 0;
  TACET_BYTES(copy);
  assert_ok(tacet_bytes_set(&copy, tacet_tree_leaf_bytes(t, 1)));
  assert_ok(tacet_tree_add(t, tacet_bytes_span(&copy), &leaf));
}

static void remove_the_signer(tacet_tree *t) {
  assert_ok(tacet_tree_remove(t, 1));
}

/* ---- of members whose leaves are signed, whatever they say ---- */

static const member *people; /* whose keys these are: leaves 0 to 2 */

/* Leaf `i` with what edit makes of it, signed by its owner. */
static void sign_leaf(tacet_tree *t, uint32_t i, uint8_t source,
                      tacet_span parent_hash, void (*edit)(tacet_leaf_node *)) {
  tacet_leaf_node leaf;
  TACET_BYTES(copy);
  TACET_BUF(made, 1 << 14);
  assert_ok(tacet_bytes_set(&copy, tacet_tree_leaf_bytes(t, i)));
  assert_ok(tacet_leaf_node_parse(tacet_bytes_span(&copy), &leaf));
  leaf.source = source;
  leaf.parent_hash = parent_hash;
  if (edit != NULL) {
    edit(&leaf);
  }
  assert_ok(tacet_leaf_sign(suite, &leaf,
                            tacet_secret_span(&people[i].signature_key),
                            people[i].g->context.view.group_id, i, &made));
  assert_ok(tacet_tree_set_leaf(t, i, tacet_buf_span(&made)));
}

/* The inviter's path with these keys, every parent hash right. */
static void path_with(tacet_tree *t, tacet_span low, tacet_span high) {
  uint8_t hash[TACET_HASH_MAX];
  assert_ok(tacet_tree_set_parent(t, 3, high, TACET_SPAN_EMPTY));
  assert_ok(tacet_tree_parent_hash_of(t, 3, 5, hash));
  assert_ok(tacet_tree_set_parent(t, 1, low, tacet_span_of(hash, 32)));
  assert_ok(tacet_tree_parent_hash_of(t, 1, 2, hash));
  sign_leaf(t, 0, TACET_LEAF_SOURCE_COMMIT, tacet_span_of(hash, 32), NULL);
}

static uint8_t other_key[TACET_KEM_PUBLIC_MAX];
static const uint8_t zeros[32];

static void right_path(tacet_tree *t) {
  path_with(t, tacet_span_of(some_key, 32), tacet_span_of(other_key, 32));
}
static void parent_of_low_order(tacet_tree *t) {
  path_with(t, tacet_span_of(zeros, 32), tacet_span_of(other_key, 32));
}
static void root_of_low_order(tacet_tree *t) {
  path_with(t, tacet_span_of(some_key, 32), tacet_span_of(zeros, 32));
}
static void short_parent(tacet_tree *t) {
  path_with(t, tacet_span_of(some_key, 31), tacet_span_of(other_key, 32));
}
static void parent_without_key(tacet_tree *t) {
  path_with(t, TACET_SPAN_EMPTY, tacet_span_of(other_key, 32));
}
static void parent_with_key_of_leaf(tacet_tree *t) {
  TACET_BYTES(key);
  assert_ok(tacet_bytes_set(&key, tacet_tree_encryption_key(t, 4)));
  path_with(t, tacet_bytes_span(&key), tacet_span_of(other_key, 32));
}
static void parents_of_one_key(tacet_tree *t) {
  path_with(t, tacet_span_of(some_key, 32), tacet_span_of(some_key, 32));
}

static void edit_leaf(tacet_tree *t, void (*edit)(tacet_leaf_node *)) {
  sign_leaf(t, 2, TACET_LEAF_SOURCE_UPDATE, TACET_SPAN_EMPTY, edit);
  right_path(t); /* its parent hashes cover the leaf */
}
static void no_key(tacet_leaf_node *leaf) {
  leaf->encryption_key = tacet_span_of(zeros, 32);
}
static void leaf_of_low_order(tacet_tree *t) {
  edit_leaf(t, no_key);
}
static void lone_extension(tacet_leaf_node *leaf) {
  static const uint8_t one[] = {0xFF, 0x02, 0x00};
  leaf->extensions = tacet_span_of(one, sizeof(one));
}
static void leaf_of_unlisted_extension(tacet_tree *t) {
  edit_leaf(t, lone_extension);
}
static void lone_credential(tacet_leaf_node *leaf) {
  leaf->credential.type = 0xF00F;
}
static void leaf_of_unlisted_credential(tacet_tree *t) {
  edit_leaf(t, lone_credential);
}
static void foreign_credential(tacet_leaf_node *leaf) {
  static const uint8_t both[] = {0x00, 0x01, 0xF0, 0x0F};
  leaf->credential.type = 0xF00F;
  leaf->capabilities.credentials = tacet_span_of(both, sizeof(both));
}
static void leaf_of_foreign_credential(tacet_tree *t) {
  edit_leaf(t, foreign_credential);
}
static void no_versions(tacet_leaf_node *leaf) {
  leaf->capabilities.versions = TACET_SPAN_EMPTY;
}
static void leaf_of_no_version(tacet_tree *t) {
  edit_leaf(t, no_versions);
}
static void no_extensions(tacet_leaf_node *leaf) {
  leaf->capabilities.extensions = TACET_SPAN_EMPTY;
}
static void leaf_without_extensions(tacet_tree *t) {
  edit_leaf(t, no_extensions);
}
static void signer_of_another(tacet_leaf_node *leaf) {
  static uint8_t key[TACET_SIG_PUBLIC_MAX];
  assert_ok(
      suite->sig->public_key(tacet_secret_span(&people[1].signature_key), key));
  leaf->signature_key = tacet_span_of(key, suite->sig->public_len);
}
static void two_leaves_of_one_signer(tacet_tree *t) {
  edit_leaf(t, signer_of_another);
}

static void claim_an_extension(tacet_group_context *c) {
  static const uint8_t list[] = {0xFF, 0x02, 0x00};
  c->extensions = tacet_span_of(list, sizeof(list));
}
static void claim_another_suite(tacet_group_context *c) {
  c->cipher_suite = TACET_SUITE_XWING_CHACHA;
}
static void claim_another_version(tacet_group_context *c) {
  c->version = 2;
}
static void claim_another_tree(tacet_group_context *c) {
  c->tree_hash = tacet_span_of(some_key, 32);
}
static void claim_another_group(tacet_group_context *c) {
  c->group_id = TACET_SPAN_LIT("elsewhere");
}

static void say_extensions(tacet_group_context *c, const uint8_t *list,
                           size_t len) {
  c->extensions = tacet_span_of(list, len);
}
static void claim_a_known_extension(tacet_group_context *c) {
  static const uint8_t list[] = {0xFF, 0x01, 0x00};
  say_extensions(c, list, sizeof(list));
}
static void require_what_nobody_has(tacet_group_context *c) {
  static const uint8_t list[] = {0, 3, 5, 0, 2, 0xF0, 0x02, 0};
  say_extensions(c, list, sizeof(list));
}
static void require_nonsense(tacet_group_context *c) {
  static const uint8_t list[] = {0, 3, 1, 9};
  say_extensions(c, list, sizeof(list));
}
static void list_half_a_sender(tacet_group_context *c) {
  static const uint8_t list[] = {0, 5, 3, 2, 1, 0xAA};
  say_extensions(c, list, sizeof(list));
}

static const struct {
  const char *name;
  raw_welcome args;
  tacet_err err;
} lies[] = {
    {"none", {.edit_tree = NULL}, TACET_OK},
    {"wrong signature", {.wrong_signature = true}, TACET_ERR_AUTH},
    {"wrong tag", {.wrong_confirmation = true}, TACET_ERR_CONFIRMATION},
    {"no such signer", {.signer = 77}, TACET_ERR_SENDER},
    {"blank signer",
     {.signer = 1, .edit_tree = remove_the_signer},
     TACET_ERR_SENDER},
    {"signer is another", {.signer = 2}, TACET_ERR_AUTH},
    {"signer is the joiner", {.joiner_signs = true}, TACET_ERR_SENDER},
    {"short joiner secret", {.short_joiner = true}, TACET_ERR_ENCODING},
    {"parent hash", {.edit_tree = invent_a_parent}, TACET_ERR_PARENT_HASH},
    {"a right path", {.edit_tree = right_path}, TACET_OK},
    {"parent of low order", {.edit_tree = parent_of_low_order}, TACET_ERR_TREE},
    {"root of low order", {.edit_tree = root_of_low_order}, TACET_ERR_TREE},
    {"parent key a byte short", {.edit_tree = short_parent}, TACET_ERR_TREE},
    {"parent without key", {.edit_tree = parent_without_key}, TACET_ERR_TREE},
    {"parent with the key of a leaf",
     {.edit_tree = parent_with_key_of_leaf},
     TACET_ERR_DUPLICATE_KEY},
    {"two parents of one key",
     {.edit_tree = parents_of_one_key},
     TACET_ERR_DUPLICATE_KEY},
    {"leaf of low order", {.edit_tree = leaf_of_low_order}, TACET_ERR_LEAF},
    {"leaf with an extension unlisted",
     {.edit_tree = leaf_of_unlisted_extension},
     TACET_ERR_LEAF},
    {"leaf with a credential unlisted",
     {.edit_tree = leaf_of_unlisted_credential},
     TACET_ERR_CAPABILITIES},
    {"leaf with a credential of its own",
     {.edit_tree = leaf_of_foreign_credential},
     TACET_ERR_CAPABILITIES},
    {"leaf of no version",
     {.edit_tree = leaf_of_no_version},
     TACET_ERR_CAPABILITIES},
    {"leaf without the extension of the group",
     {.edit_tree = leaf_without_extensions,
      .edit_context = claim_a_known_extension},
     TACET_ERR_CAPABILITIES},
    {"a known extension", {.edit_context = claim_a_known_extension}, TACET_OK},
    {"two leaves of one signer",
     {.edit_tree = two_leaves_of_one_signer},
     TACET_ERR_DUPLICATE_KEY},
    {"a requirement unmet",
     {.edit_context = require_what_nobody_has},
     TACET_ERR_CAPABILITIES},
    {"requirements broken",
     {.edit_context = require_nonsense},
     TACET_ERR_TRUNCATED},
    {"external senders broken",
     {.edit_context = list_half_a_sender},
     TACET_ERR_TRUNCATED},
    {"leaf signature", {.edit_tree = spoil_a_signature}, TACET_ERR_AUTH},
    {"leaf twice", {.edit_tree = double_a_leaf}, TACET_ERR_DUPLICATE_KEY},
    {"tree hash", {.edit_context = claim_another_tree}, TACET_ERR_TREE_HASH},
    {"extension", {.edit_context = claim_an_extension}, TACET_ERR_CAPABILITIES},
    {"suite", {.edit_context = claim_another_suite}, TACET_ERR_UNKNOWN_SUITE},
    {"version",
     {.edit_context = claim_another_version},
     TACET_ERR_UNKNOWN_SUITE},
    /* The leaves of commits and updates are signed for their group. */
    {"group", {.edit_context = claim_another_group}, TACET_ERR_AUTH},
};

static void no_lie_gets_anybody_in(void **state) {
  (void)state;
  member m[3], joiner;
  members_new(m, 3, suite);
  members_commit(m, 3, 1, &(tacet_mls_commit_args){.force_path = true});
  member_new(&joiner, suite, "joiner");
  member_publish(&joiner);
  memset(some_key, 9, sizeof(some_key));
  memset(other_key, 8, sizeof(other_key));
  people = m;
  for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
    tacet_bytes welcome = raw_welcome_make(&m[0], &joiner, &lies[i].args);
    tacet_err err =
        member_try_join(&joiner, tacet_bytes_span(&welcome), TACET_SPAN_EMPTY);
    if (err != lies[i].err) {
      print_error("%s: expected %s, got %s\n", lies[i].name,
                  tacet_err_name(lies[i].err), tacet_err_name(err));
      fail();
    }
    /* Nothing came of it. */
    assert_true((joiner.g != NULL) == (err == TACET_OK));
    tacet_mls_group_free(joiner.g);
    joiner.g = NULL;
    tacet_bytes_free(&welcome);
  }
  member_free(&joiner);
  members_free(m, 3);
}

/* The invitation is for one key package, the tree has another of the same
 * device. */
static void the_leaf_is_the_invited_one(void **state) {
  (void)state;
  member m[2], joiner;
  members_new(m, 2, suite);
  member_new(&joiner, suite, "joiner");
  member_publish(&joiner);
  member twin = joiner; /* the same key signs, another package */
  twin.key_package = (tacet_bytes){NULL, 0};
  member_publish(&twin);
  tacet_bytes welcome =
      raw_welcome_make(&m[0], &joiner, &(raw_welcome){.other_leaf = &twin});
  assert_err(
      TACET_ERR_NOT_FOR_US,
      member_try_join(&joiner, tacet_bytes_span(&welcome), TACET_SPAN_EMPTY));
  tacet_bytes_free(&welcome);
  member_free(&twin);
  member_free(&joiner);
  members_free(m, 2);
}

/* The Welcome claims a suite that is offered, but not the package's. */
static void the_suite_is_that_of_the_package(void **state) {
  (void)state;
  member m[2], joiner;
  members_new(m, 2, suite);
  member_new(&joiner, suite, "joiner");
  member_publish(&joiner);
  tacet_bytes welcome =
      raw_welcome_make(&m[0], &joiner, &(raw_welcome){.edit_tree = NULL});
  assert_int_equal(welcome.p[5], TACET_SUITE_X25519_CHACHA);
  welcome.p[5] = TACET_SUITE_X25519_AES128;
  assert_err(
      TACET_ERR_NOT_FOR_US,
      member_try_join(&joiner, tacet_bytes_span(&welcome), TACET_SPAN_EMPTY));
  tacet_bytes_free(&welcome);
  member_free(&joiner);
  members_free(m, 2);
}

/* A tree of another epoch, though everybody in it is real. */
static void the_tree_is_of_that_epoch(void **state) {
  (void)state;
  member m[3];
  members_new(m, 2, suite);
  member_new(&m[2], suite, "joiner");
  member_publish(&m[2]);
  tacet_mls_proposal add = propose_add(&m[2]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1},
      &r));
  members_follow(m, 2, 0, tacet_bytes_span(&r.commit));
  members_commit(m, 2, 1, &(tacet_mls_commit_args){.force_path = true});
  TACET_BUF(later, 1 << 16);
  assert_ok(tacet_mls_ratchet_tree(m[0].g, &later));
  assert_err(TACET_ERR_TREE_HASH,
             member_try_join(&m[2], tacet_bytes_span(&r.welcome),
                             tacet_buf_span(&later)));
  member_join(&m[2], tacet_bytes_span(&r.welcome),
              tacet_bytes_span(&r.ratchet_tree));
  members_free(m, 3);
}

static void write_psk(tacet_buf *w, uint8_t usage, const char *group) {
  static const uint8_t nonce[32];
  const tacet_pre_shared_key_id id = {.type = TACET_PSK_TYPE_RESUMPTION,
                                      .usage = usage,
                                      .id = tacet_span_str(group),
                                      .epoch = 1,
                                      .nonce = tacet_span_of(nonce, 32)};
  tacet_pre_shared_key_id_write(w, &id);
}

/* Opens and no more: unlocking would ask for the keys first. */
static tacet_err open_welcome(const member *m, const tacet_bytes *welcome) {
  const tacet_mls_candidate c = {tacet_bytes_span(&m->key_package), &m->keys};
  tacet_mls_welcome *w = NULL;
  size_t index = 0;
  tacet_err err = tacet_mls_welcome_open(
      &test_config, tacet_bytes_span(welcome), &c, 1, &index, &w);
  tacet_mls_welcome_free(w);
  return err;
}

static void a_welcome_has_one_predecessor(void **state) {
  (void)state;
  member m[2], joiner;
  members_new(m, 2, suite);
  member_new(&joiner, suite, "joiner");
  member_publish(&joiner);
  static const uint8_t usages[][2] = {
      {TACET_PSK_USAGE_BRANCH, TACET_PSK_USAGE_BRANCH},
      {TACET_PSK_USAGE_REINIT, TACET_PSK_USAGE_BRANCH},
      {TACET_PSK_USAGE_REINIT, TACET_PSK_USAGE_REINIT}};
  for (size_t i = 0; i < 3; i++) {
    TACET_BUF(psks, 1 << 10);
    write_psk(&psks, usages[i][0], "one");
    write_psk(&psks, usages[i][1], "two");
    tacet_bytes welcome = raw_welcome_make(
        &m[0], &joiner, &(raw_welcome){.psks = tacet_buf_span(&psks)});
    assert_err(TACET_ERR_PSK, open_welcome(&joiner, &welcome));
    tacet_bytes_free(&welcome);
  }
  TACET_BUF(psks, 1 << 10);
  write_psk(&psks, TACET_PSK_USAGE_APPLICATION, "one");
  write_psk(&psks, TACET_PSK_USAGE_APPLICATION, "one"); /* one key twice */
  tacet_bytes welcome = raw_welcome_make(
      &m[0], &joiner, &(raw_welcome){.psks = tacet_buf_span(&psks)});
  assert_err(TACET_ERR_PSK, open_welcome(&joiner, &welcome));
  tacet_bytes_free(&welcome);
  member_free(&joiner);
  members_free(m, 2);
}

/* Before anybody looks for the key: a missing one is PSK as well. */
static void a_psk_nonce_has_its_length(void **state) {
  (void)state;
  static const uint8_t nonce[33];
  member m[2], joiner;
  members_new(m, 2, suite);
  member_new(&joiner, suite, "joiner");
  member_publish(&joiner);
  for (size_t len = 31; len <= 33; len++) {
    TACET_BUF(psks, 1 << 10);
    const tacet_pre_shared_key_id id = {.type = TACET_PSK_TYPE_EXTERNAL,
                                        .id = TACET_SPAN_LIT("a"),
                                        .nonce = tacet_span_of(nonce, len)};
    tacet_pre_shared_key_id_write(&psks, &id);
    tacet_bytes welcome = raw_welcome_make(
        &m[0], &joiner, &(raw_welcome){.psks = tacet_buf_span(&psks)});
    assert_err(len == 32 ? TACET_OK : TACET_ERR_PSK,
               open_welcome(&joiner, &welcome));
    tacet_bytes_free(&welcome);
  }
  member_free(&joiner);
  members_free(m, 2);
}

static void claim_the_last_epoch(tacet_group_context *c) {
  c->epoch = UINT64_MAX;
}

/* No number comes again: there is no commit out of it. */
static void the_last_epoch_is_the_last(void **state) {
  (void)state;
  member m[2], joiner;
  members_new(m, 2, suite);
  member_new(&joiner, suite, "joiner");
  member_publish(&joiner);
  tacet_bytes welcome = raw_welcome_make(
      &m[0], &joiner, &(raw_welcome){.edit_context = claim_the_last_epoch});
  member_join(&joiner, tacet_bytes_span(&welcome), TACET_SPAN_EMPTY);
  tacet_bytes before = member_state(&joiner);
  TACET_MLS_COMMIT_RESULT(r);
  assert_err(
      TACET_ERR_LIMIT,
      member_commit(&joiner, &(tacet_mls_commit_args){.force_path = true}, &r));
  assert_same_state(&before, &joiner);
  tacet_bytes_free(&welcome);
  member_free(&joiner);
  members_free(m, 2);
}

/* ---- GroupInfos, to whoever would join from outside ---- */

/* As m[0] would write it, with this for external_pub. */
static void info_with(const member *m, tacet_span external_pub, tacet_buf *w) {
  TACET_BUF(honest, 1 << 16);
  TACET_BUF(list, 1 << 16);
  TACET_BUF(key, 1 << 12);
  TACET_BUF(tbs, 1 << 16);
  tacet_message message;
  tacet_span tree;
  uint8_t sig[TACET_SIG_MAX];
  size_t len = 0;
  assert_ok(tacet_mls_group_info_write(
      m->g, &(tacet_mls_group_info_args){.external_pub = true, .tree = true},
      &honest));
  assert_ok(tacet_message_parse(tacet_buf_span(&honest), &message));
  assert_true(tacet_extension_find(message.group_info.extensions,
                                   TACET_EXTENSION_RATCHET_TREE, &tree));
  tacet_write_vec(&key, external_pub);
  tacet_extension_write(&list, TACET_EXTENSION_EXTERNAL_PUB,
                        tacet_buf_span(&key));
  tacet_extension_write(&list, TACET_EXTENSION_RATCHET_TREE, tree);
  message.group_info.extensions = tacet_buf_span(&list);
  tacet_group_info_tbs_write(&tbs, &message.group_info);
  assert_ok(tacet_sign_with_label(
      suite->sig, tacet_secret_span(&m->signature_key), TACET_LABEL_MLS,
      "GroupInfoTBS", tacet_buf_span(&tbs), sig, &len));
  message.group_info.signature = tacet_span_of(sig, len);
  tacet_message_write(w, &message);
  assert_ok(w->err);
}

static void an_external_pub_is_a_key(void **state) {
  (void)state;
  member m[2], stranger;
  members_new(m, 2, suite);
  member_new(&stranger, suite, "stranger");
  memset(some_key, 9, sizeof(some_key));
  const struct {
    tacet_span key;
    tacet_err err;
  } keys[] = {{tacet_span_of(some_key, 32), TACET_OK},
              {tacet_span_of(zeros, 32), TACET_ERR_EXTERNAL},
              {tacet_span_of(some_key, 31), TACET_ERR_EXTERNAL},
              {tacet_span_of(some_key, 33), TACET_ERR_EXTERNAL},
              {TACET_SPAN_EMPTY, TACET_ERR_EXTERNAL}};
  for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
    TACET_BUF(info, 1 << 16);
    TACET_BUF(commit, 1 << 16);
    tacet_mls_group *g = NULL;
    info_with(&m[0], keys[i].key, &info);
    const tacet_mls_external_args args = {.group_info = tacet_buf_span(&info),
                                          .leaf = member_leaf(&stranger),
                                          .remove = TACET_MLS_NO_LEAF};
    assert_err(keys[i].err,
               tacet_mls_external_join(&test_config, &args, &commit, &g));
    tacet_mls_group_free(g);
  }
  member_free(&stranger);
  members_free(m, 2);
}

/* Who joins is as bound by what the group uses as those who are in (13.4). */
static void a_stranger_supports_what_the_group_uses(void **state) {
  (void)state;
  static const uint8_t required[] = {0, 2, PROPOSAL_TEST >> 8,
                                     PROPOSAL_TEST & 0xFF, 0};
  member m[2], stranger;
  members_new(m, 2, suite);
  member_new(&stranger, suite, "stranger");
  TACET_BUF(list, 64);
  tacet_mls_extensions_add(&list, TACET_EXTENSION_REQUIRED_CAPABILITIES,
                           tacet_span_of(required, sizeof(required)));
  tacet_mls_extensions_add(&list, EXTENSION_TEST, TACET_SPAN_EMPTY);
  tacet_mls_proposal gce = {.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS,
                            .extensions = tacet_buf_span(&list)};
  members_commit(m, 2, 0,
                 &(tacet_mls_commit_args){.proposals = &gce, .n_proposals = 1});
  TACET_BUF(info, 1 << 16);
  assert_ok(tacet_mls_group_info_write(
      m[0].g, &(tacet_mls_group_info_args){.external_pub = true, .tree = true},
      &info));
  tacet_mls_external_args args = {.group_info = tacet_buf_span(&info),
                                  .leaf = member_leaf(&stranger),
                                  .remove = TACET_MLS_NO_LEAF};
  tacet_mls_group *g = NULL;
  TACET_BUF(commit, 1 << 16);
  args.leaf.n_extension_types = 0;
  assert_err(TACET_ERR_CAPABILITIES,
             tacet_mls_external_join(&test_config, &args, &commit, &g));
  args.leaf = member_leaf(&stranger);
  args.leaf.n_proposal_types = 0;
  assert_err(TACET_ERR_CAPABILITIES,
             tacet_mls_external_join(&test_config, &args, &commit, &g));
  assert_int_equal(commit.len, 0);
  args.leaf = member_leaf(&stranger);
  assert_ok(tacet_mls_external_join(&test_config, &args, &commit, &g));
  tacet_mls_group_free(g);
  member_free(&stranger);
  members_free(m, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_lie_gets_anybody_in),
      cmocka_unit_test(the_leaf_is_the_invited_one),
      cmocka_unit_test(the_suite_is_that_of_the_package),
      cmocka_unit_test(the_tree_is_of_that_epoch),
      cmocka_unit_test(a_welcome_has_one_predecessor),
      cmocka_unit_test(a_psk_nonce_has_its_length),
      cmocka_unit_test(the_last_epoch_is_the_last),
      cmocka_unit_test(an_external_pub_is_a_key),
      cmocka_unit_test(a_stranger_supports_what_the_group_uses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
