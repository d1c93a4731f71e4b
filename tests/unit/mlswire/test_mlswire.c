/* SPDX-License-Identifier: Apache-2.0
 * What mlswire reads and writes: known answers, every struct there and back,
 * cut short and with a byte too many, and what covers what. */
#include "tests/support/support.h"
#include "tests/unit/mlswire/samples.h"

/* An exact-size block, so that ASan sees one byte of over-read. */
static tacet_span exact(tacet_span s) {
  uint8_t *p = malloc(s.len == 0 ? 1 : s.len);
  if (s.len > 0) {
    memcpy(p, s.p, s.len);
  }
  return tacet_span_of(p, s.len);
}

static void samples_come_back(void **state) {
  (void)state;
  for (size_t i = 0; i < wire_n_samples(); i++) {
    TACET_BUF(in, TACET_MESSAGE_MAX);
    TACET_BUF(out, TACET_MESSAGE_MAX);
    wire_kind kind = wire_sample(i, &in);
    assert_ok(in.err);
    tacet_err err = wire_round_trip(kind, tacet_buf_span(&in), &out);
    if (err != TACET_OK) {
      fail_msg("%s: %s", wire_sample_name(i), tacet_err_name(err));
    }
    assert_span(tacet_buf_span(&in), tacet_buf_span(&out));
  }
}

/* No beginning of a message is a message. The one exception is padding: a
 * PrivateMessageContent may have less of it. */
static void nothing_shorter_is_read(void **state) {
  (void)state;
  for (size_t i = 0; i < wire_n_samples(); i++) {
    TACET_BUF(in, TACET_MESSAGE_MAX);
    wire_kind kind = wire_sample(i, &in);
    size_t padding = kind == WIRE_CONTENT_APPLICATION ? 5
                     : kind == WIRE_CONTENT_COMMIT    ? 1
                                                      : 0;
    for (size_t len = 0; len < in.len - padding; len++) {
      TACET_BUF(out, TACET_MESSAGE_MAX);
      tacet_span cut = exact(tacet_span_of(in.p, len));
      tacet_err err = wire_round_trip(kind, cut, &out);
      if (tacet_err_kind(err) != TACET_KIND_INPUT || out.len != 0) {
        fail_msg("%s: first %zu bytes: %s", wire_sample_name(i), len,
                 tacet_err_name(err));
      }
      test_hex_free(cut);
    }
  }
}

static void nothing_longer_is_read(void **state) {
  (void)state;
  for (size_t i = 0; i < wire_n_samples(); i++) {
    TACET_BUF(in, TACET_MESSAGE_MAX);
    TACET_BUF(out, TACET_MESSAGE_MAX);
    wire_kind kind = wire_sample(i, &in);
    tacet_write_u8(&in, 0);
    tacet_err err = wire_round_trip(kind, tacet_buf_span(&in), &out);
    bool padded =
        kind >= WIRE_CONTENT_APPLICATION && kind <= WIRE_CONTENT_COMMIT;
    if (err != (padded ? TACET_OK : TACET_ERR_TRAILING)) {
      fail_msg("%s: %s", wire_sample_name(i), tacet_err_name(err));
    }
  }
}

/* Whatever one flipped bit makes of it: an error, or what comes back the same.
 * Never a crash, and never two encodings of one thing. */
static void one_bit_more_or_less(void **state) {
  (void)state;
  for (size_t i = 0; i < wire_n_samples(); i++) {
    TACET_BUF(in, TACET_MESSAGE_MAX);
    wire_kind kind = wire_sample(i, &in);
    for (size_t bit = 0; bit < 8 * in.len; bit++) {
      TACET_BUF(out, TACET_MESSAGE_MAX);
      in.p[bit / 8] = (uint8_t)(in.p[bit / 8] ^ 1u << bit % 8);
      if (wire_round_trip(kind, tacet_buf_span(&in), &out) == TACET_OK) {
        assert_span(tacet_buf_span(&in), tacet_buf_span(&out));
      }
      in.p[bit / 8] = (uint8_t)(in.p[bit / 8] ^ 1u << bit % 8);
    }
  }
}

/* ---- known answers, made by hand from RFC 9420 ---- */

static void leaf_node_has_its_fields(void **state) {
  (void)state;
  tacet_span in = test_hex("03 656e63"    /* encryption_key */
                           "03 736967"    /* signature_key */
                           "0001 02 6964" /* credential: basic */
                           "02 0001"
                           "04 00010003" /* versions, suites */
                           "00"
                           "02 f001"
                           "02 0001"
                           "01 0000000000000005 0000000000000006"
                           "05 f001 02 abcd" /* extensions */
                           "02 7373" /* signature */);
  tacet_leaf_node n;
  assert_ok(tacet_leaf_node_parse(in, &n));
  assert_span(TACET_SPAN_LIT("enc"), n.encryption_key);
  assert_span(TACET_SPAN_LIT("sig"), n.signature_key);
  assert_int_equal(n.credential.type, TACET_CREDENTIAL_BASIC);
  assert_span(TACET_SPAN_LIT("id"), n.credential.identity);
  assert_true(tacet_u16_list_has(n.capabilities.versions, 1));
  assert_true(tacet_u16_list_has(n.capabilities.cipher_suites, 3));
  assert_false(tacet_u16_list_has(n.capabilities.cipher_suites, 2));
  assert_int_equal(n.capabilities.extensions.len, 0);
  assert_true(tacet_u16_list_has(n.capabilities.proposals, 0xf001));
  assert_true(tacet_u16_list_has(n.capabilities.credentials, 1));
  assert_int_equal(n.source, TACET_LEAF_SOURCE_KEY_PACKAGE);
  assert_int_equal(n.not_before, 5);
  assert_int_equal(n.not_after, 6);
  tacet_span data;
  assert_true(tacet_extension_find(n.extensions, 0xf001, &data));
  assert_span(TACET_SPAN_LIT("\xab\xcd"), data);
  assert_false(tacet_extension_find(n.extensions, 0xf002, &data));
  assert_span(TACET_SPAN_LIT("ss"), n.signature);
  assert_span(in, n.raw);
  assert_span(tacet_span_of(in.p, in.len - 3), n.tbs);
  test_hex_free(in);
}

static void private_message_has_its_fields(void **state) {
  (void)state;
  tacet_span in = test_hex("0001 0002"           /* mls10, PrivateMessage */
                           "02 4747"             /* group_id */
                           "0102030405060708"    /* epoch */
                           "01 03 616164"        /* application, aad */
                           "02 5344 03 435443"); /* sender data, ciphertext */
  tacet_message m;
  assert_ok(tacet_message_parse(in, &m));
  assert_int_equal(m.wire_format, TACET_WIRE_FORMAT_PRIVATE_MESSAGE);
  const tacet_private_message *p = &m.private_message;
  assert_span(TACET_SPAN_LIT("GG"), p->group_id);
  assert_true(p->epoch == 0x0102030405060708);
  assert_int_equal(p->content_type, TACET_CONTENT_TYPE_APPLICATION);
  assert_span(TACET_SPAN_LIT("aad"), p->authenticated_data);
  assert_span(TACET_SPAN_LIT("SD"), p->encrypted_sender_data);
  assert_span(TACET_SPAN_LIT("CTC"), p->ciphertext);
  TACET_BUF(w, 100);
  tacet_sender_data_aad_write(&w, p);
  assert_span(tacet_span_of(in.p + 4, 12), tacet_buf_span(&w));
  tacet_buf_clear(&w);
  tacet_private_content_aad_write(&w, p);
  assert_span(tacet_span_of(in.p + 4, 16), tacet_buf_span(&w));
  test_hex_free(in);
}

static void proposals_have_their_fields(void **state) {
  (void)state;
  tacet_proposal p;
  tacet_span in = test_hex("0003 00000009");
  assert_ok(tacet_proposal_parse(in, &p));
  assert_int_equal(p.type, TACET_PROPOSAL_REMOVE);
  assert_int_equal(p.remove, 9);
  assert_span(in, p.raw);
  assert_span(tacet_span_of(in.p + 2, 4), p.body);
  test_hex_free(in);
  in = test_hex("0004 02 03 02 4747 0000000000000007 01 4e");
  assert_ok(tacet_proposal_parse(in, &p));
  assert_int_equal(p.psk.type, TACET_PSK_TYPE_RESUMPTION);
  assert_int_equal(p.psk.usage, TACET_PSK_USAGE_BRANCH);
  assert_span(TACET_SPAN_LIT("GG"), p.psk.id);
  assert_int_equal(p.psk.epoch, 7);
  assert_span(TACET_SPAN_LIT("N"), p.psk.nonce);
  test_hex_free(in);
  in = test_hex("f123 02 abcd");
  assert_ok(tacet_proposal_parse(in, &p));
  assert_int_equal(p.type, 0xf123);
  assert_span(TACET_SPAN_LIT("\xab\xcd"), p.other);
  test_hex_free(in);
}

/* ---- what covers what ---- */

/* RFC 9420 7.2: group_id and leaf_index are signed with a leaf that was made
 * for the group, and not with one from a key package. */
static void leaf_tbs_depends_on_source(void **state) {
  (void)state;
  for (uint8_t source = 1; source <= 3; source++) {
    tacet_leaf_node made, n;
    TACET_BUF(bytes, 1000);
    TACET_BUF(tbs, 1000);
    wire_leaf(&made, source);
    tacet_leaf_node_write(&bytes, &made);
    assert_ok(tacet_leaf_node_parse(tacet_buf_span(&bytes), &n));
    tacet_leaf_node_tbs_write(&tbs, &n, TACET_SPAN_LIT("GG"), 0x01020304);
    tacet_span begin = tacet_span_of(tbs.p, n.tbs.len);
    assert_span(n.tbs, begin);
    tacet_span rest = tacet_span_of(tbs.p + n.tbs.len, tbs.len - n.tbs.len);
    assert_span(source == TACET_LEAF_SOURCE_KEY_PACKAGE
                    ? TACET_SPAN_EMPTY
                    : TACET_SPAN_LIT("\x02GG\x01\x02\x03\x04"),
                rest);
  }
}

static void tbs_is_all_but_the_signature(void **state) {
  (void)state;
  tacet_key_package made, k;
  TACET_BUF(bytes, 1000);
  TACET_BUF(tbs, 1000);
  wire_key_package(&made);
  tacet_key_package_write(&bytes, &made);
  assert_ok(tacet_key_package_parse(tacet_buf_span(&bytes), &k));
  tacet_key_package_tbs_write(&tbs, &k);
  assert_span(k.tbs, tacet_buf_span(&tbs));
  assert_int_equal(k.tbs.len + 1 + k.signature.len, bytes.len);
  assert_span(tacet_buf_span(&bytes), k.raw);
  /* A server's look into it: suite, lifetime, credential, extensions. */
  assert_int_equal(k.cipher_suite, 0xf04d);
  assert_int_equal(k.leaf_node.not_before, 1700000000);
  assert_int_equal(k.leaf_node.not_after, 1800000000);
  assert_span(TACET_SPAN_LIT("alice"), k.leaf_node.credential.identity);
  tacet_span data;
  assert_true(tacet_extension_find(k.leaf_node.extensions, 0xf001, &data));
  assert_span(TACET_SPAN_LIT("data"), data);
}

static void framed_content_tbs(void **state) {
  (void)state;
  TACET_BUF(w, 100);
  tacet_framed_content_tbs_write(&w, TACET_WIRE_FORMAT_PRIVATE_MESSAGE,
                                 TACET_SPAN_LIT("content"),
                                 TACET_SPAN_LIT("context"));
  assert_span(TACET_SPAN_LIT("\x00\x01\x00\x02"
                             "contentcontext"),
              tacet_buf_span(&w));
}

static void lists_are_walked(void **state) {
  (void)state;
  tacet_span list = TACET_SPAN_LIT("\x00\x00\x00\x01\x00\x00\x01\x00");
  uint32_t u32;
  assert_true(tacet_u32_list_next(&list, &u32));
  assert_int_equal(u32, 1);
  assert_true(tacet_u32_list_next(&list, &u32));
  assert_int_equal(u32, 256);
  assert_false(tacet_u32_list_next(&list, &u32));
  tacet_span chain = TACET_SPAN_LIT("\x02"
                                    "ab"
                                    "\x00"
                                    "\x01"
                                    "c"),
             cert;
  assert_true(tacet_certificate_next(&chain, &cert));
  assert_span(TACET_SPAN_LIT("ab"), cert);
  assert_true(tacet_certificate_next(&chain, &cert));
  assert_int_equal(cert.len, 0);
  assert_true(tacet_certificate_next(&chain, &cert));
  assert_span(TACET_SPAN_LIT("c"), cert);
  assert_false(tacet_certificate_next(&chain, &cert));
  /* A list of the caller's that is broken ends, and ends for good. */
  tacet_span broken = TACET_SPAN_LIT("\xf0\x01\x05"
                                     "abc");
  tacet_extension e;
  assert_false(tacet_extension_next(&broken, &e));
  assert_false(tacet_extension_next(&broken, &e));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(samples_come_back),
      cmocka_unit_test(nothing_shorter_is_read),
      cmocka_unit_test(nothing_longer_is_read),
      cmocka_unit_test(one_bit_more_or_less),
      cmocka_unit_test(leaf_node_has_its_fields),
      cmocka_unit_test(private_message_has_its_fields),
      cmocka_unit_test(proposals_have_their_fields),
      cmocka_unit_test(leaf_tbs_depends_on_source),
      cmocka_unit_test(tbs_is_all_but_the_signature),
      cmocka_unit_test(framed_content_tbs),
      cmocka_unit_test(lists_are_walked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
