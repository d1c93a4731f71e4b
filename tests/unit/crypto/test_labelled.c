/* SPDX-License-Identifier: Apache-2.0
 * The labelled operations of RFC 9420 against their definitions spelt out by
 * hand, the suites, and allocations that fail. */
#include "tests/unit/crypto/rng.h"

static tacet_secret secret_of(uint8_t fill, size_t len) {
  tacet_secret s = {.len = len};
  memset(s.b, fill, len);
  return s;
}

/* ---- derivation ---- */

/* KDFLabel in hexadecimal: length, label<V>, context<V>. */
static const struct {
  const char *name, *label, *context, *info;
  size_t len;
} labels[] = {
    {"empty context", "key", "",
     "0020"
     "0b"
     "4d4c5320312e3020"
     "6b6579"
     "00",
     32},
    {"short output", "nonce", "0102",
     "000c"
     "0d"
     "4d4c5320312e3020"
     "6e6f6e6365"
     "02"
     "0102",
     12},
    {"label of 63 bytes",
     "0123456789012345678901234567890123456789012345678901234", "ff",
     "0040"
     "3f"
     "4d4c5320312e3020"
     "303132333435363738393031323334353637383930313233343536373839"
     "30313233343536373839303132333435363738393031323334"
     "01"
     "ff",
     64},
    {"label of 64 bytes: two bytes of length",
     "01234567890123456789012345678901234567890123456789012345", "ff",
     "0048"
     "4040"
     "4d4c5320312e3020"
     "303132333435363738393031323334353637383930313233343536373839"
     "3031323334353637383930313233343536373839303132333435"
     "01"
     "ff",
     72},
};

static void expand_is_the_definition(void **state) {
  (void)state;
  static const tacet_hash *const all[] = {&tacet_hash_sha256,
                                          &tacet_hash_sha512};
  for (size_t i = 0; i < 2 * sizeof(labels) / sizeof(labels[0]); i++) {
    const tacet_hash *h = all[i % 2];
    tacet_secret s = secret_of(3, h->len);
    tacet_span context = test_hex(labels[i / 2].context);
    tacet_span info = test_hex(labels[i / 2].info);
    size_t len = labels[i / 2].len;
    uint8_t want[TACET_SECRET_MAX];
    TACET_SECRET(got);
    assert_ok(tacet_hkdf_expand(h, tacet_secret_span(&s), info, len, want));
    assert_ok(tacet_expand_with_label(h, &s, labels[i / 2].label, context, len,
                                      &got));
    if (!tacet_span_equal(tacet_span_of(want, len), tacet_secret_span(&got))) {
      fail_msg("%s", labels[i / 2].name);
    }
    /* The output may be the input. */
    assert_ok(
        tacet_expand_with_label(h, &s, labels[i / 2].label, context, len, &s));
    assert_true(tacet_secret_equal(&s, &got));
    test_hex_free(context);
    test_hex_free(info);
  }
}

static void the_others_are_expand(void **state) {
  (void)state;
  const tacet_hash *h = &tacet_hash_sha256;
  tacet_secret s = secret_of(9, 32);
  TACET_SECRET(a);
  TACET_SECRET(b);
  assert_ok(tacet_derive_secret(h, &s, "init", &a));
  assert_ok(tacet_expand_with_label(h, &s, "init", TACET_SPAN_EMPTY, 32, &b));
  assert_true(tacet_secret_equal(&a, &b));
  assert_ok(tacet_derive_tree_secret(h, &s, "key", 0x01020304, 16, &a));
  assert_ok(tacet_expand_with_label(
      h, &s, "key", TACET_SPAN_LIT("\x01\x02\x03\x04"), 16, &b));
  assert_true(tacet_secret_equal(&a, &b));
  assert_ok(tacet_derive_tree_secret(h, &s, "key", 0x01020305, 16, &b));
  assert_false(tacet_secret_equal(&a, &b));
}

/* Contexts around the sizes where the length in front grows. */
static void long_contexts(void **state) {
  (void)state;
  static const struct {
    size_t len;
    const char *header;
  } rows[] = {{63, "3f"},
              {64, "4040"},
              {16383, "7fff"},
              {16384, "80004000"},
              {100000, "800186a0"}};
  tacet_secret s = secret_of(5, 32);
  uint8_t *big = calloc(1, 100000);
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(w, 200000);
    tacet_span front = test_hex("0020"
                                "09"
                                "4d4c5320312e3020"
                                "78");
    tacet_span header = test_hex(rows[i].header);
    tacet_write_bytes(&w, front);
    tacet_write_bytes(&w, header);
    tacet_write_bytes(&w, tacet_span_of(big, rows[i].len));
    uint8_t want[32];
    TACET_SECRET(got);
    assert_ok(tacet_hkdf_expand(&tacet_hash_sha256, tacet_secret_span(&s),
                                tacet_buf_span(&w), 32, want));
    assert_ok(tacet_expand_with_label(&tacet_hash_sha256, &s, "x",
                                      tacet_span_of(big, rows[i].len), 32,
                                      &got));
    assert_memory_equal(got.b, want, 32);
    /* RefHash has the same lengths: H(label<V> || value<V>). */
    tacet_buf_clear(&w);
    tacet_write_vec(&w, TACET_SPAN_LIT("Label"));
    tacet_write_vec(&w, tacet_span_of(big, rows[i].len));
    uint8_t ref[32];
    assert_ok(tacet_hash_one(&tacet_hash_sha256, tacet_buf_span(&w), want));
    assert_ok(tacet_ref_hash(&tacet_hash_sha256, "Label",
                             tacet_span_of(big, rows[i].len), ref));
    assert_memory_equal(ref, want, 32);
    test_hex_free(front);
    test_hex_free(header);
  }
  free(big);
}

static void limits(void **state) {
  (void)state;
  tacet_secret s = secret_of(5, 32);
  TACET_SECRET(out);
  uint8_t digest[32];
  /* The length alone is looked at: nothing lies there. */
  tacet_span too_long = {s.b, (size_t)TACET_VARINT_MAX + 1};
  assert_err(TACET_ERR_LIMIT, tacet_expand_with_label(
                                  &tacet_hash_sha256, &s, "x", TACET_SPAN_EMPTY,
                                  TACET_SECRET_MAX + 1, &out));
  assert_err(TACET_ERR_LIMIT, tacet_expand_with_label(&tacet_hash_sha256, &s,
                                                      "x", too_long, 32, &out));
  assert_err(TACET_ERR_LIMIT,
             tacet_ref_hash(&tacet_hash_sha256, "x", too_long, digest));
  assert_int_equal(out.len, 0);
}

/* ---- signatures ---- */

static void a_signature_is_bound_to_its_label(void **state) {
  (void)state;
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    const tacet_sig *a = tacet_suites_all.list[i]->sig;
    TACET_SECRET(sk);
    uint8_t pk_bytes[TACET_SIG_PUBLIC_MAX], sig_bytes[TACET_SIG_MAX];
    size_t len = 0;
    tacet_span content = TACET_SPAN_LIT("content");
    assert_ok(a->generate(&sk, pk_bytes));
    assert_ok(tacet_sign_with_label(a, tacet_secret_span(&sk), TACET_LABEL_MLS,
                                    "LeafNodeTBS", content, sig_bytes, &len));
    tacet_span pk = {pk_bytes, a->public_len}, sig = {sig_bytes, len};
    assert_ok(tacet_verify_with_label(a, pk, TACET_LABEL_MLS, "LeafNodeTBS",
                                      content, sig));
    /* SignContent is what is signed, to the byte. */
    assert_ok(a->verify(pk,
                        TACET_SPAN_LIT("\x13MLS 1.0 LeafNodeTBS"
                                       "\x07"
                                       "content"),
                        sig));
    assert_err(TACET_ERR_AUTH,
               tacet_verify_with_label(a, pk, TACET_LABEL_TACET, "LeafNodeTBS",
                                       content, sig));
    assert_err(TACET_ERR_AUTH,
               tacet_verify_with_label(a, pk, TACET_LABEL_MLS, "LeafNodeTB",
                                       content, sig));
    assert_err(TACET_ERR_AUTH,
               tacet_verify_with_label(a, pk, TACET_LABEL_MLS, "LeafNodeTBS",
                                       TACET_SPAN_LIT("conten"), sig));
    assert_err(TACET_ERR_AUTH, a->verify(pk, content, sig));
  }
}

/* ---- encryption ---- */

static void encryption_is_bound_to_its_label(void **state) {
  (void)state;
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    const tacet_suite *s = tacet_suites_all.list[i];
    TACET_SECRET(sk);
    uint8_t pk[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX], ct[20], out[4];
    tacet_span context = TACET_SPAN_LIT("context"), sealed = {ct, sizeof(ct)};
    assert_ok(s->kem->generate(&sk, pk));
    assert_ok(tacet_encrypt_with_label(s, tacet_span_of(pk, s->kem->public_len),
                                       "UpdatePathNode", context,
                                       TACET_SPAN_LIT("path"), enc, ct));
    tacet_span enc_span = {enc, s->kem->enc_len};
    assert_ok(tacet_decrypt_with_label(s, tacet_secret_span(&sk),
                                       "UpdatePathNode", context, enc_span,
                                       sealed, out));
    assert_memory_equal(out, "path", 4);
    assert_err(TACET_ERR_AUTH,
               tacet_decrypt_with_label(s, tacet_secret_span(&sk), "Welcome",
                                        context, enc_span, sealed, out));
    assert_err(TACET_ERR_AUTH,
               tacet_decrypt_with_label(
                   s, tacet_secret_span(&sk), "UpdatePathNode",
                   TACET_SPAN_LIT("contexT"), enc_span, sealed, out));
    assert_err(TACET_ERR_AUTH,
               tacet_decrypt_with_label(s, tacet_secret_span(&sk),
                                        "UpdatePathNode", context, enc_span,
                                        tacet_span_of(ct, 15), out));
  }
}

/* ---- allocation ---- */

typedef struct keys {
  const tacet_suite *suite;
  tacet_secret sig_sk, kem_sk;
  uint8_t sig_pk[TACET_SIG_PUBLIC_MAX], kem_pk[TACET_KEM_PUBLIC_MAX];
} keys;

static tacet_err use_all_labels(void *ctx) {
  const keys *k = ctx;
  const tacet_suite *s = k->suite;
  uint8_t sig[TACET_SIG_MAX], enc[TACET_KEM_ENC_MAX], ct[20], out[4];
  size_t len = 0;
  tacet_span content = TACET_SPAN_LIT("content");
  TACET_TRY(tacet_sign_with_label(s->sig, tacet_secret_span(&k->sig_sk),
                                  TACET_LABEL_MLS, "x", content, sig, &len));
  TACET_TRY(tacet_verify_with_label(
      s->sig, tacet_span_of(k->sig_pk, s->sig->public_len), TACET_LABEL_MLS,
      "x", content, tacet_span_of(sig, len)));
  TACET_TRY(
      tacet_encrypt_with_label(s, tacet_span_of(k->kem_pk, s->kem->public_len),
                               "x", content, TACET_SPAN_LIT("text"), enc, ct));
  TACET_TRY(tacet_decrypt_with_label(
      s, tacet_secret_span(&k->kem_sk), "x", content,
      tacet_span_of(enc, s->kem->enc_len), tacet_span_of(ct, 20), out));
  TACET_SECRET(derived);
  return tacet_expand_with_label(s->hash, &k->kem_sk, "x", content, 32,
                                 &derived);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    keys k = {.suite = tacet_suites_all.list[i]};
    assert_ok(k.suite->sig->generate(&k.sig_sk, k.sig_pk));
    assert_ok(k.suite->kem->generate(&k.kem_sk, k.kem_pk));
    test_alloc_sweep(use_all_labels, &k);
  }
}

/* What is done ten thousand times a commit allocates nothing of ours. */
static void derivation_does_not_allocate(void **state) {
  (void)state;
  tacet_secret s = secret_of(1, 32);
  uint8_t ref[32];
  test_alloc_fail_at(0);
  tacet_err err =
      tacet_derive_tree_secret(&tacet_hash_sha256, &s, "key", 1, 32, &s);
  tacet_err err2 =
      tacet_ref_hash(&tacet_hash_sha256, "x", tacet_secret_span(&s), ref);
  assert_int_equal(test_alloc_normal(), 0);
  assert_ok(err);
  assert_ok(err2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(expand_is_the_definition),
      cmocka_unit_test(the_others_are_expand),
      cmocka_unit_test(long_contexts),
      cmocka_unit_test(limits),
      cmocka_unit_test(a_signature_is_bound_to_its_label),
      cmocka_unit_test(encryption_is_bound_to_its_label),
      cmocka_unit_test(every_allocation_may_fail),
      cmocka_unit_test(derivation_does_not_allocate),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
