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

/* PreSharedKeyID: external, "a", a nonce of 31 bytes. */
static const uint8_t short_nonce[3 + 1 + 31] = {1, 1, 'a', 31};

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
    {"short PSK nonce",
     {.psks = {short_nonce, sizeof(short_nonce)}},
     TACET_ERR_PSK},
    {"parent hash", {.edit_tree = invent_a_parent}, TACET_ERR_PARENT_HASH},
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_lie_gets_anybody_in),
      cmocka_unit_test(the_leaf_is_the_invited_one),
      cmocka_unit_test(the_suite_is_that_of_the_package),
      cmocka_unit_test(the_tree_is_of_that_epoch),
      cmocka_unit_test(a_welcome_has_one_predecessor),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
