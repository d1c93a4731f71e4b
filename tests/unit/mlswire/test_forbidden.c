/* SPDX-License-Identifier: Apache-2.0
 * What mlswire must not read: a table of forbidden encodings, and the limits.
 */
#include "tests/support/support.h"
#include "tests/unit/mlswire/samples.h"

/* Pieces to build rows from: a leaf node up to its source, and what follows. */
#define LEAF "01aa 01bb 0001 00 02 0001 02 0003 00 00 02 0001 "
#define LEAF_UPDATE LEAF "02 00 01cc "
#define FRAMED(sender, type) "01aa 0000000000000001 " sender " 00 " type " "

static const struct {
  const char *name;
  wire_kind kind;
  const char *hex;
  tacet_err err;
} rows[] = {
    /* The row that the others are variations of. */
    {"leaf", WIRE_LEAF_NODE, LEAF_UPDATE, TACET_OK},
    {"leaf source 0", WIRE_LEAF_NODE, LEAF "00 00 01cc", TACET_ERR_ENCODING},
    {"leaf source 4", WIRE_LEAF_NODE, LEAF "04 00 01cc", TACET_ERR_ENCODING},
    {"key in a long vector", WIRE_LEAF_NODE,
     "4001aa 01bb 0001 00 00 00 00 00 00 02 00 01cc", TACET_ERR_ENCODING},
    {"vector of eight bytes", WIRE_LEAF_NODE,
     "c000000000000001aa 01bb 0001 00 00 00 00 00 00 02 00 01cc",
     TACET_ERR_ENCODING},
    {"odd list of versions", WIRE_LEAF_NODE,
     "01aa 01bb 0001 00 03 000100 00 00 00 00 02 00 01cc", TACET_ERR_TRUNCATED},
    {"certificate cut short", WIRE_LEAF_NODE,
     "01aa 01bb 0002 02 0500 00 00 00 00 00 02 00 01cc", TACET_ERR_TRUNCATED},
    {"extension twice", WIRE_LEAF_NODE, LEAF "02 06 f00100 f00100 01cc",
     TACET_ERR_EXTENSION},
    {"extension cut short", WIRE_LEAF_NODE, LEAF "02 03 f00101 01cc",
     TACET_ERR_TRUNCATED},
    {"default extension twice", WIRE_GROUP_CONTEXT,
     "0001 0003 01aa 0000000000000000 00 00 06 000100 000100",
     TACET_ERR_EXTENSION},

    {"extension twice in a key package", WIRE_MESSAGE,
     "0001 0005 0001 0003 01aa " LEAF_UPDATE "06 f00100 f00100 00",
     TACET_ERR_EXTENSION},
    {"extension twice in a group info", WIRE_MESSAGE,
     "0001 0004 0001 0003 01aa 0000000000000000 00 00 00 06 f00100 f00100 "
     "00 00000000 00",
     TACET_ERR_EXTENSION},
    {"extension twice for a group", WIRE_PROPOSAL, "0007 06 f00100 f00100",
     TACET_ERR_EXTENSION},
    {"extension twice for a successor", WIRE_PROPOSAL,
     "0005 01aa 0001 0003 06 f00100 f00100", TACET_ERR_EXTENSION},

    {"proposal 0", WIRE_PROPOSAL, "0000 00", TACET_ERR_UNKNOWN_TYPE},
    {"proposal 8", WIRE_PROPOSAL, "0008 00", TACET_ERR_UNKNOWN_TYPE},
    {"proposal SelfRemove", WIRE_PROPOSAL, "000a", TACET_ERR_UNKNOWN_TYPE},
    {"proposal GREASE", WIRE_PROPOSAL, "1a1a 00", TACET_ERR_UNKNOWN_TYPE},
    {"proposal ours", WIRE_PROPOSAL, "f000 00", TACET_OK},
    {"remove, too long", WIRE_PROPOSAL, "0003 0000000000", TACET_ERR_TRAILING},
    {"PSK type 0", WIRE_PROPOSAL, "0004 00 00 00", TACET_ERR_ENCODING},
    {"PSK type 3", WIRE_PROPOSAL, "0004 03 00 00", TACET_ERR_ENCODING},
    {"PSK usage 0", WIRE_PROPOSAL, "0004 02 00 00 0000000000000000 00",
     TACET_ERR_ENCODING},
    {"PSK usage 4", WIRE_PROPOSAL, "0004 02 04 00 0000000000000000 00",
     TACET_ERR_ENCODING},
    {"PSK usage 3", WIRE_PROPOSAL, "0004 02 03 00 0000000000000000 00",
     TACET_OK},

    {"public message", WIRE_MESSAGE,
     "0001 0001 " FRAMED("03", "02") "0003 00000000 00", TACET_OK},
    {"version 0", WIRE_MESSAGE,
     "0000 0001 " FRAMED("03", "02") "0003 00000000 00",
     TACET_ERR_UNKNOWN_TYPE},
    {"version 2", WIRE_MESSAGE,
     "0002 0001 " FRAMED("03", "02") "0003 00000000 00",
     TACET_ERR_UNKNOWN_TYPE},
    {"wire format 0", WIRE_MESSAGE, "0001 0000 00", TACET_ERR_UNKNOWN_TYPE},
    {"wire format 6", WIRE_MESSAGE, "0001 0006 00", TACET_ERR_UNKNOWN_TYPE},
    {"sender type 0", WIRE_MESSAGE,
     "0001 0001 " FRAMED("00", "02") "0003 00000000 00", TACET_ERR_ENCODING},
    {"sender type 5", WIRE_MESSAGE,
     "0001 0001 " FRAMED("05", "02") "0003 00000000 00", TACET_ERR_ENCODING},
    {"content type 0", WIRE_MESSAGE,
     "0001 0001 " FRAMED("03", "00") "0003 00000000 00", TACET_ERR_ENCODING},
    {"content type 4", WIRE_MESSAGE,
     "0001 0001 " FRAMED("03", "04") "0003 00000000 00", TACET_ERR_ENCODING},
    {"member without a membership tag", WIRE_MESSAGE,
     "0001 0001 " FRAMED("01 00000000", "02") "0003 00000000 00",
     TACET_ERR_TRUNCATED},
    {"a tag of one who is no member", WIRE_MESSAGE,
     "0001 0001 " FRAMED("03", "02") "0003 00000000 00 01aa",
     TACET_ERR_TRAILING},
    {"commit without a confirmation tag", WIRE_MESSAGE,
     "0001 0001 " FRAMED("04", "03") "00 00 00", TACET_ERR_TRUNCATED},
    {"private message, content type 4", WIRE_MESSAGE,
     "0001 0002 01aa 0000000000000001 04 00 00 00", TACET_ERR_ENCODING},
    {"key package of another version", WIRE_MESSAGE,
     "0001 0005 0002 0003 01aa " LEAF_UPDATE "00 00", TACET_ERR_ENCODING},
    {"key package", WIRE_MESSAGE,
     "0001 0005 0001 0003 01aa " LEAF_UPDATE "00 00", TACET_OK},

    {"commit: optional path 2", WIRE_CONTENT_COMMIT, "00 02 00 00",
     TACET_ERR_ENCODING},
    {"commit: kind of proposal 0", WIRE_CONTENT_COMMIT, "02 0000 00 00 00",
     TACET_ERR_ENCODING},
    {"commit: kind of proposal 3", WIRE_CONTENT_COMMIT, "02 0300 00 00 00",
     TACET_ERR_ENCODING},
    {"padding", WIRE_CONTENT_APPLICATION, "01aa 01bb 000000", TACET_OK},
    {"padding, last byte not zero", WIRE_CONTENT_APPLICATION,
     "01aa 01bb 000001", TACET_ERR_PADDING},
    {"padding, first byte not zero", WIRE_CONTENT_APPLICATION,
     "01aa 01bb 800000", TACET_ERR_PADDING},

    {"tree", WIRE_RATCHET_TREE, "01 00", TACET_OK},
    {"tree: optional 2", WIRE_RATCHET_TREE, "01 02", TACET_ERR_ENCODING},
    {"tree: node type 0", WIRE_RATCHET_TREE, "02 0100", TACET_ERR_ENCODING},
    {"tree: node type 3", WIRE_RATCHET_TREE, "02 0103", TACET_ERR_ENCODING},
    {"tree: unmerged cut short", WIRE_RATCHET_TREE, "07 0102 00 00 02 0000",
     TACET_ERR_TRUNCATED},
    {"tree: more behind it", WIRE_RATCHET_TREE, "01 00 00", TACET_ERR_TRAILING},

    {"group secrets: optional 2", WIRE_GROUP_SECRETS, "00 02 00",
     TACET_ERR_ENCODING},
    {"required capabilities: more", WIRE_REQUIRED_CAPABILITIES, "00 00 00 00",
     TACET_ERR_TRAILING},
    {"external pub: more", WIRE_EXTERNAL_PUB, "01aa 00", TACET_ERR_TRAILING},
    {"external senders: cut short", WIRE_EXTERNAL_SENDERS, "03 01aa00",
     TACET_ERR_TRUNCATED},
    {"external senders: more", WIRE_EXTERNAL_SENDERS, "00 00",
     TACET_ERR_TRAILING},
    {"group secrets: more", WIRE_GROUP_SECRETS, "00 00 00 00",
     TACET_ERR_TRAILING},
    {"sender data: short", WIRE_SENDER_DATA, "0000000000000000000000",
     TACET_ERR_TRUNCATED},
};

static void forbidden_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_span in = test_hex(rows[i].hex);
    TACET_BUF(w, TACET_MESSAGE_MAX);
    tacet_err err = wire_round_trip(rows[i].kind, in, &w);
    if (err != rows[i].err) {
      fail_msg("%s: %s", rows[i].name, tacet_err_name(err));
    }
    if (err == TACET_OK) {
      assert_span(in, tacet_buf_span(&w));
    }
    test_hex_free(in);
  }
}

/* ---- limits ---- */

static tacet_err read_kind(wire_kind kind, const tacet_buf *in) {
  TACET_BUF(out, 2 * TACET_MESSAGE_MAX);
  assert_ok(in->err);
  return wire_round_trip(kind, tacet_buf_span(in), &out);
}

static void extensions_are_counted(void **state) {
  (void)state;
  for (uint16_t n = TACET_EXTENSIONS_MAX; n <= TACET_EXTENSIONS_MAX + 1; n++) {
    TACET_BUF(list, 1000);
    TACET_BUF(w, 1000);
    for (uint16_t i = 0; i < n; i++) {
      tacet_extension_write(&list, i, TACET_SPAN_EMPTY);
    }
    tacet_err want = n > TACET_EXTENSIONS_MAX ? TACET_ERR_LIMIT : TACET_OK;
    assert_err(want, tacet_extensions_check(tacet_buf_span(&list)));
    tacet_group_context c = {.version = 1, .extensions = tacet_buf_span(&list)};
    tacet_group_context_write(&w, &c);
    assert_err(want, read_kind(WIRE_GROUP_CONTEXT, &w));
  }
}

static void path_nodes_are_counted(void **state) {
  (void)state;
  for (size_t n = TACET_PATH_MAX; n <= TACET_PATH_MAX + 1; n++) {
    TACET_BUF(w, 1000);
    tacet_leaf_node leaf;
    wire_leaf(&leaf, TACET_LEAF_SOURCE_COMMIT);
    tacet_leaf_node_write(&w, &leaf);
    size_t at = tacet_write_open(&w);
    tacet_write_zeros(&w, 2 * n); /* no key, no ciphertexts */
    tacet_write_close(&w, at);
    assert_err(n > TACET_PATH_MAX ? TACET_ERR_LIMIT : TACET_OK,
               read_kind(WIRE_UPDATE_PATH, &w));
  }
}

static void proposals_are_counted(void **state) {
  (void)state;
  for (size_t n = TACET_PROPOSALS_MAX; n <= TACET_PROPOSALS_MAX + 1; n++) {
    TACET_BUF(w, 100000);
    size_t at = tacet_write_open(&w);
    for (size_t i = 0; i < n; i++) {
      tacet_write_u8(&w, TACET_PROPOSAL_BY_REFERENCE);
      tacet_write_u8(&w, 0);
    }
    tacet_write_close(&w, at);
    tacet_write_zeros(&w, 3); /* no path, no signature, no tag */
    assert_err(n > TACET_PROPOSALS_MAX ? TACET_ERR_LIMIT : TACET_OK,
               read_kind(WIRE_CONTENT_COMMIT, &w));
  }
}

static void tree_nodes_are_counted(void **state) {
  (void)state;
  for (size_t more = 0; more < 2; more++) {
    TACET_BUF(w, 1000000);
    size_t at = tacet_write_open(&w);
    tacet_write_zeros(&w, 2 * TACET_TREE_LEAVES_MAX - 1 + more);
    tacet_write_close(&w, at);
    assert_err(more > 0 ? TACET_ERR_LIMIT : TACET_OK,
               read_kind(WIRE_RATCHET_TREE, &w));
  }
}

static void key_packages_are_measured(void **state) {
  (void)state;
  static uint8_t big[TACET_KEY_PACKAGE_READ_MAX];
  tacet_key_package k;
  TACET_BUF(small, TACET_MESSAGE_MAX);
  wire_key_package(&k);
  k.signature = TACET_SPAN_EMPTY;
  tacet_key_package_write(&small, &k);
  size_t rest =
      TACET_KEY_PACKAGE_READ_MAX - small.len - 3; /* length of 4 bytes */
  for (size_t more = 0; more < 2; more++) {
    TACET_BUF(w, TACET_MESSAGE_MAX);
    k.signature = tacet_span_of(big, rest + more);
    tacet_key_package_write(&w, &k);
    assert_int_equal(w.len, TACET_KEY_PACKAGE_READ_MAX + more);
    assert_err(more > 0 ? TACET_ERR_LIMIT : TACET_OK,
               read_kind(WIRE_KEY_PACKAGE, &w));
  }
}

static void messages_are_measured(void **state) {
  (void)state;
  tacet_message m;
  TACET_BUF(w, 2 * TACET_MESSAGE_MAX);
  tacet_message_head_write(&w, TACET_WIRE_FORMAT_PRIVATE_MESSAGE);
  tacet_write_zeros(&w, 1 + 8);
  tacet_write_u8(&w, TACET_CONTENT_TYPE_APPLICATION);
  tacet_write_zeros(&w, 2);
  size_t at = tacet_write_open(&w);
  tacet_write_zeros(&w, TACET_MESSAGE_MAX - w.len - 3);
  tacet_write_close(&w, at);
  assert_int_equal(w.len, TACET_MESSAGE_MAX);
  assert_ok(tacet_message_parse(tacet_buf_span(&w), &m));
  tacet_write_u8(&w, 0);
  assert_err(TACET_ERR_LIMIT, tacet_message_parse(tacet_buf_span(&w), &m));
}

/* ---- outputs ---- */

/* A failure leaves *out as it was. */
static void failure_touches_nothing(void **state) {
  (void)state;
  tacet_message m;
  memset(&m, 0x5a, sizeof(m));
  TACET_BUF(in, 10000);
  for (size_t i = 0; i < wire_n_samples(); i++) {
    tacet_buf_clear(&in);
    if (wire_sample(i, &in) == WIRE_MESSAGE) {
      tacet_span cut = tacet_span_of(in.p, in.len - 1);
      assert_err(TACET_ERR_TRUNCATED, tacet_message_parse(cut, &m));
    }
  }
  const uint8_t *p = (const uint8_t *)&m;
  for (size_t i = 0; i < sizeof(m); i++) {
    assert_int_equal(p[i], 0x5a);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forbidden_is_refused),
      cmocka_unit_test(extensions_are_counted),
      cmocka_unit_test(path_nodes_are_counted),
      cmocka_unit_test(proposals_are_counted),
      cmocka_unit_test(tree_nodes_are_counted),
      cmocka_unit_test(key_packages_are_measured),
      cmocka_unit_test(messages_are_measured),
      cmocka_unit_test(failure_touches_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
