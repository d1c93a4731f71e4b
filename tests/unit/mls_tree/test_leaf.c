/* SPDX-License-Identifier: Apache-2.0
 * When a leaf is valid (RFC 9420 7.3): each rule with a leaf that breaks it. */
#include "tests/support/support.h"

#include "tests/unit/mls_tree/sim.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;
static uint8_t enc[32] = {9}, sig[32] = {2};

typedef struct row {
  const char *name;
  tacet_err err;
  void (*alter)(tacet_leaf_node *n, tacet_leaf_rules *r);
} row;

static void nothing(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)n;
  (void)r;
}
static void short_key(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->encryption_key.len = 31;
}
static void no_signature_key(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->signature_key = TACET_SPAN_EMPTY;
}
static void no_version(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->capabilities.versions = TACET_SPAN_LIT("\x00\x02");
}
static void no_suite(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->capabilities.cipher_suites = TACET_SPAN_LIT("\x00\x01");
}
static void more_suites(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->capabilities.cipher_suites = TACET_SPAN_LIT("\x0a\x0a\x00\x03\x00\x01");
}
static void other_credential(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->credential.type = 2;
}
static void default_extension(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->extensions = TACET_SPAN_LIT("\x00\x01\x02id"); /* application_id */
}
static void unlisted_extension(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->extensions = TACET_SPAN_LIT("\xf0\x01\x00");
}
static void listed_extension(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->extensions = TACET_SPAN_LIT("\xf0\x01\x00");
  n->capabilities.extensions = TACET_SPAN_LIT("\x1a\x1a\xf0\x01");
}
static void wrong_source(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)n;
  r->source = TACET_LEAF_SOURCE_UPDATE;
}
static void right_source(tacet_leaf_node *n, tacet_leaf_rules *r) {
  n->source = r->source = TACET_LEAF_SOURCE_COMMIT;
}
static void not_yet(tacet_leaf_node *n, tacet_leaf_rules *r) {
  n->not_before = 1001;
  r->check_lifetime = true;
}
static void just_now(tacet_leaf_node *n, tacet_leaf_rules *r) {
  n->not_before = n->not_after = 1000;
  r->check_lifetime = true;
}
static void expired(tacet_leaf_node *n, tacet_leaf_rules *r) {
  n->not_after = 999;
  r->check_lifetime = true;
}
static void expired_in_a_tree(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)r;
  n->not_after = 999;
}
static void no_lifetime(tacet_leaf_node *n, tacet_leaf_rules *r) {
  n->source = TACET_LEAF_SOURCE_UPDATE;
  n->not_after = 0;
  r->check_lifetime = true;
}
static void as_long_as_may_be(tacet_leaf_node *n, tacet_leaf_rules *r) {
  n->not_before = 500;
  n->not_after = 1500;
  r->max_lifetime = 1000;
}
static void too_long(tacet_leaf_node *n, tacet_leaf_rules *r) {
  as_long_as_may_be(n, r);
  n->not_after++;
}
/* The difference wraps. */
static void turned_round(tacet_leaf_node *n, tacet_leaf_rules *r) {
  n->not_before = 1500;
  n->not_after = 500;
  r->max_lifetime = UINT64_MAX;
}
static void group_extension(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)n;
  r->group_extensions = TACET_SPAN_LIT("\xf0\x01\x00");
}
static void group_default_extension(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)n;
  r->group_extensions = TACET_SPAN_LIT("\x00\x05\x01\x00");
}
static void required_all(tacet_leaf_node *n, tacet_leaf_rules *r) {
  n->capabilities.extensions = TACET_SPAN_LIT("\xf0\x01");
  n->capabilities.proposals = TACET_SPAN_LIT("\xf0\x02");
  n->capabilities.credentials = TACET_SPAN_LIT("\x00\x01\x00\x07");
  r->group_extensions = TACET_SPAN_LIT("\x00\x03\x0b"
                                       "\x02\xf0\x01"
                                       "\x02\xf0\x02"
                                       "\x04\x00\x01\x00\x07");
}
static void required_extension(tacet_leaf_node *n, tacet_leaf_rules *r) {
  required_all(n, r);
  n->capabilities.extensions = TACET_SPAN_EMPTY;
}
static void required_proposal(tacet_leaf_node *n, tacet_leaf_rules *r) {
  required_all(n, r);
  n->capabilities.proposals = TACET_SPAN_LIT("\xf0\x01");
}
static void required_credential(tacet_leaf_node *n, tacet_leaf_rules *r) {
  required_all(n, r);
  n->capabilities.credentials = TACET_SPAN_LIT("\x00\x01");
}
static void required_defaults(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)n; /* default types need not be listed */
  r->group_extensions = TACET_SPAN_LIT("\x00\x03\x09"
                                       "\x02\x00\x05"
                                       "\x02\x00\x07"
                                       "\x02\x00\x01");
}
static void required_broken(tacet_leaf_node *n, tacet_leaf_rules *r) {
  (void)n;
  r->group_extensions = TACET_SPAN_LIT("\x00\x03\x02"
                                       "\x00\x00");
}

static const row rows[] = {
    {"as it should be", TACET_OK, nothing},
    {"encryption key of 31 bytes", TACET_ERR_LEAF, short_key},
    {"no signature key", TACET_ERR_LEAF, no_signature_key},
    {"another version", TACET_ERR_CAPABILITIES, no_version},
    {"own suite unlisted", TACET_OK, no_suite},
    {"more suites, GREASE among them", TACET_OK, more_suites},
    {"own credential type unlisted", TACET_ERR_LEAF, other_credential},
    {"default extension, unlisted", TACET_OK, default_extension},
    {"extension unlisted", TACET_ERR_LEAF, unlisted_extension},
    {"extension listed", TACET_OK, listed_extension},
    {"source", TACET_ERR_LEAF, wrong_source},
    {"source that is asked for", TACET_OK, right_source},
    {"not valid yet", TACET_ERR_LIFETIME, not_yet},
    {"valid for this second", TACET_OK, just_now},
    {"expired", TACET_ERR_LIFETIME, expired},
    {"expired, where nobody asks", TACET_OK, expired_in_a_tree},
    {"valid for as long as may be", TACET_OK, as_long_as_may_be},
    {"valid for too long", TACET_ERR_LIFETIME, too_long},
    {"ends before it begins", TACET_ERR_LIFETIME, turned_round},
    {"no lifetime", TACET_OK, no_lifetime},
    {"group extension not supported", TACET_ERR_CAPABILITIES, group_extension},
    {"group extension by default", TACET_OK, group_default_extension},
    {"all that is required", TACET_OK, required_all},
    {"required extension", TACET_ERR_CAPABILITIES, required_extension},
    {"required proposal", TACET_ERR_CAPABILITIES, required_proposal},
    {"required credential", TACET_ERR_CAPABILITIES, required_credential},
    {"required defaults", TACET_OK, required_defaults},
    {"required_capabilities broken", TACET_ERR_TRUNCATED, required_broken},
};

static void rules(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_leaf_node n;
    tacet_leaf_rules r = {.suite = suite, .now = 1000};
    sim_leaf_fields(suite, tacet_span_of(enc, 32), tacet_span_of(sig, 32), &n);
    rows[i].alter(&n, &r);
    tacet_err err = tacet_leaf_check(&n, &r);
    if (err != rows[i].err) {
      fail_msg("%s: %s", rows[i].name, tacet_err_name(err));
    }
  }
}

/* ---- signatures ---- */

static void signatures(void **state) {
  (void)state;
  for (uint8_t source = 1; source <= 3; source++) {
    sim s;
    sim_member m = {.here = false};
    TACET_BUF(bytes, 10000);
    tacet_leaf_node n;
    sim_init(&s, suite);
    sim_new_leaf(&s, source, 4, &m, &bytes);
    assert_ok(tacet_leaf_node_parse(tacet_buf_span(&bytes), &n));
    bool bound = source != TACET_LEAF_SOURCE_KEY_PACKAGE;
    assert_ok(tacet_leaf_verify(suite, &n, s.group_id, 4));
    assert_err(bound ? TACET_ERR_AUTH : TACET_OK,
               tacet_leaf_verify(suite, &n, s.group_id, 5));
    assert_err(bound ? TACET_ERR_AUTH : TACET_OK,
               tacet_leaf_verify(suite, &n, TACET_SPAN_LIT("other"), 4));
    for (size_t i = 0; i < bytes.len; i++) {
      bytes.p[i] ^= 1;
      if (tacet_leaf_node_parse(tacet_buf_span(&bytes), &n) == TACET_OK) {
        assert_err(TACET_ERR_AUTH, tacet_leaf_verify(suite, &n, s.group_id, 4));
      }
      bytes.p[i] ^= 1;
    }
    sim_free(&s);
  }
}

/* ---- all leaves of a tree ---- */

static void whole_trees(void **state) {
  (void)state;
  sim s;
  uint64_t seed = 5;
  sim_init(&s, suite);
  assert_null(sim_live(&s, 6, 8, &seed));
  tacet_leaf_rules r = {.suite = suite};
  assert_ok(tacet_tree_check_leaves(s.tree, &r, s.group_id));
  /* The leaves of those who committed are bound to their group. */
  assert_err(TACET_ERR_AUTH,
             tacet_tree_check_leaves(s.tree, &r, TACET_SPAN_LIT("other")));
  assert_ok(tacet_tree_check_extensions(s.tree, TACET_SPAN_EMPTY));
  assert_err(
      TACET_ERR_CAPABILITIES,
      tacet_tree_check_extensions(s.tree, TACET_SPAN_LIT("\xf0\x01\x00")));
  r.group_extensions = TACET_SPAN_LIT("\xf0\x01\x00");
  assert_err(TACET_ERR_CAPABILITIES,
             tacet_tree_check_leaves(s.tree, &r, s.group_id));
  r.group_extensions = TACET_SPAN_EMPTY;
  r.suite = &tacet_suite_p256_aes128;
  assert_err(TACET_ERR_LEAF, tacet_tree_check_leaves(s.tree, &r, s.group_id));
  sim_free(&s);
}

/* A signed leaf of a credential type that only it supports. */
static void leaf_of_type(sim *s, uint16_t type, tacet_buf *bytes) {
  sim_member m = {.here = false};
  tacet_leaf_node n;
  TACET_BUF(plain, 10000);
  sim_new_leaf(s, TACET_LEAF_SOURCE_KEY_PACKAGE, 0, &m, &plain);
  assert_ok(tacet_leaf_node_parse(tacet_buf_span(&plain), &n));
  n.credential.type = type;
  n.capabilities.credentials = TACET_SPAN_LIT("\x00\x01\x00\x07");
  assert_ok(tacet_leaf_sign(suite, &n, tacet_secret_span(&m.signature),
                            s->group_id, 0, bytes));
}

/* Each leaf is fine, but not beside the others. */
static void leaves_beside_each_other(void **state) {
  (void)state;
  sim s;
  uint32_t leaf;
  TACET_BUF(one, 10000);
  TACET_BUF(other, 10000);
  tacet_leaf_rules r = {.suite = suite};
  sim_init(&s, suite);
  leaf_of_type(&s, 1, &one);
  leaf_of_type(&s, 7, &other);
  assert_ok(tacet_tree_begin(s.tree));
  assert_ok(tacet_tree_add(s.tree, tacet_buf_span(&one), &leaf));
  assert_ok(tacet_tree_check_leaves(s.tree, &r, s.group_id));
  assert_ok(tacet_tree_add(s.tree, tacet_buf_span(&one), &leaf));
  assert_err(TACET_ERR_DUPLICATE_KEY,
             tacet_tree_check_leaves(s.tree, &r, s.group_id));
  assert_ok(tacet_tree_remove(s.tree, leaf));
  assert_ok(tacet_tree_add(s.tree, tacet_buf_span(&other), &leaf));
  assert_err(TACET_ERR_CAPABILITIES,
             tacet_tree_check_leaves(s.tree, &r, s.group_id));
  assert_ok(tacet_tree_remove(s.tree, 0)); /* who does not support type 7 */
  assert_ok(tacet_tree_check_leaves(s.tree, &r, s.group_id));
  sim_free(&s);
}

/* RFC 9420 12.2: those who are added or removed need not support a proposal. */
static void proposal_types(void **state) {
  (void)state;
  tacet_tree *t = NULL;
  uint32_t leaf;
  TACET_BUF(with, 1000);
  TACET_BUF(without, 1000);
  tacet_leaf_node n;
  sim_leaf_fields(suite, tacet_span_of(enc, 32), tacet_span_of(sig, 32), &n);
  tacet_leaf_node_write(&without, &n);
  n.capabilities.proposals = TACET_SPAN_LIT("\xf0\x02");
  tacet_leaf_node_write(&with, &n);
  assert_ok(tacet_tree_new(suite, &t));
  assert_ok(tacet_tree_begin(t));
  assert_ok(tacet_tree_add(t, tacet_buf_span(&with), &leaf));
  assert_ok(tacet_tree_add(t, tacet_buf_span(&without), &leaf));
  tacet_tree_commit(t);
  assert_ok(tacet_tree_check_proposal_type(t, TACET_PROPOSAL_REINIT));
  assert_err(TACET_ERR_CAPABILITIES, tacet_tree_check_proposal_type(t, 0xf002));
  assert_ok(tacet_tree_begin(t));
  assert_ok(tacet_tree_remove(t, leaf));
  assert_ok(tacet_tree_check_proposal_type(t, 0xf002));
  assert_ok(tacet_tree_add(t, tacet_buf_span(&without), &leaf));
  assert_ok(tacet_tree_check_proposal_type(t, 0xf002));
  tacet_tree_commit(t);
  assert_err(TACET_ERR_CAPABILITIES, tacet_tree_check_proposal_type(t, 0xf002));
  tacet_tree_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rules),
      cmocka_unit_test(signatures),
      cmocka_unit_test(whole_trees),
      cmocka_unit_test(leaves_beside_each_other),
      cmocka_unit_test(proposal_types),
  };
  return tacet_crypto_init() == TACET_OK
             ? cmocka_run_group_tests(tests, NULL, NULL)
             : 1;
}
