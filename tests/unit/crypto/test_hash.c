/* SPDX-License-Identifier: Apache-2.0
 * Hashes, HMAC and HKDF: known answers (FIPS 180-4, RFC 4231, RFC 5869), input
 * in parts, both libraries against each other, limits. */
#include "tests/unit/crypto/rng.h"

/* ---- digests ---- */

static const struct {
  const char *name;
  const tacet_hash *hash;
  const char *text, *hex;
} digests[] = {
    {"SHA-256 empty", &tacet_hash_sha256, "",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"SHA-256 abc", &tacet_hash_sha256, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"SHA-256 two blocks", &tacet_hash_sha256,
     "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"SHA-384 abc", &tacet_hash_sha384, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {"SHA-512 abc", &tacet_hash_sha512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"libsodium's SHA-256 abc", &tacet_hash_sodium_sha256, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"libsodium's SHA-512 abc", &tacet_hash_sodium_sha512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void digest_known_answers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
    const tacet_hash *h = digests[i].hash;
    tacet_span want = test_hex(digests[i].hex);
    uint8_t out[TACET_HASH_MAX];
    assert_ok(tacet_hash_one(h, tacet_span_str(digests[i].text), out));
    if (!tacet_span_equal(want, tacet_span_of(out, h->len))) {
      fail_msg("%s", digests[i].name);
    }
    test_hex_free(want);
  }
}

/* ---- HMAC ---- */

static const struct {
  const char *name, *key, *data; /* hex */
  const char *mac256, *mac384, *mac512;
} macs[] = {
    {"RFC 4231 4.2", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
     "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
     "faea9ea9076ede7f4af152e8b2fa9cb6",
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
     "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
    {"RFC 4231 4.3", "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
     "8e2240ca5e69e2c78b3239ecfab21649",
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    {"RFC 4231 4.7, a key longer than a block",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
     "65204b6579202d2048617368204b6579204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
     "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
     "0c2ef6ab4030fe8296248df163f44952",
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
     "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
};

static void check_mac(const char *name, const tacet_hash *h, tacet_span key,
                      tacet_span data, const char *want_hex) {
  tacet_span want = test_hex(want_hex);
  uint8_t out[TACET_HASH_MAX];
  assert_ok(h->hmac(key, &data, 1, out));
  if (!tacet_span_equal(want, tacet_span_of(out, h->len))) {
    fail_msg("%s, %zu bytes", name, h->len);
  }
  test_hex_free(want);
}

static void hmac_known_answers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
    tacet_span key = test_hex(macs[i].key), data = test_hex(macs[i].data);
    const char *name = macs[i].name;
    check_mac(name, &tacet_hash_sha256, key, data, macs[i].mac256);
    check_mac(name, &tacet_hash_sodium_sha256, key, data, macs[i].mac256);
    check_mac(name, &tacet_hash_sha384, key, data, macs[i].mac384);
    check_mac(name, &tacet_hash_sha512, key, data, macs[i].mac512);
    check_mac(name, &tacet_hash_sodium_sha512, key, data, macs[i].mac512);
    test_hex_free(key);
    test_hex_free(data);
  }
}

/* ---- parts ---- */

/* However the input is cut into three, also with empty and absent parts, the
 * result is that of the whole. */
static void parts_are_one_input(void **state) {
  (void)state;
  static const tacet_hash *const all[] = {
      &tacet_hash_sha256, &tacet_hash_sha384, &tacet_hash_sha512,
      &tacet_hash_sodium_sha256, &tacet_hash_sodium_sha512};
  uint8_t text[150];
  for (size_t i = 0; i < sizeof(text); i++) {
    text[i] = (uint8_t)(i * 7 + 1);
  }
  tacet_span whole = tacet_span_of(text, sizeof(text));
  tacet_span key = tacet_span_of(text, 40);
  for (size_t a = 0; a < sizeof(all) / sizeof(all[0]); a++) {
    const tacet_hash *h = all[a];
    uint8_t digest[TACET_HASH_MAX], mac[TACET_HASH_MAX], out[TACET_HASH_MAX];
    assert_ok(tacet_hash_one(h, whole, digest));
    assert_ok(h->hmac(key, &whole, 1, mac));
    for (size_t i = 0; i <= sizeof(text); i += 7) {
      for (size_t j = i; j <= sizeof(text); j += 11) {
        tacet_span parts[] = {{text, i},
                              TACET_SPAN_EMPTY,
                              {text + i, j - i},
                              {text + j, sizeof(text) - j}};
        assert_ok(h->digest(parts, 4, out));
        assert_memory_equal(out, digest, h->len);
        assert_ok(h->hmac(key, parts, 4, out));
        assert_memory_equal(out, mac, h->len);
      }
    }
  }
}

/* The two libraries agree for every length around the block sizes. */
static void libraries_agree(void **state) {
  (void)state;
  uint8_t text[300];
  memset(text, 0x5a, sizeof(text));
  for (size_t n = 0; n <= sizeof(text); n++) {
    tacet_span in = tacet_span_of(text, n);
    uint8_t a[TACET_HASH_MAX], b[TACET_HASH_MAX];
    assert_ok(tacet_hash_one(&tacet_hash_sha256, in, a));
    assert_ok(tacet_hash_one(&tacet_hash_sodium_sha256, in, b));
    assert_memory_equal(a, b, 32);
    assert_ok(tacet_hash_one(&tacet_hash_sha512, in, a));
    assert_ok(tacet_hash_one(&tacet_hash_sodium_sha512, in, b));
    assert_memory_equal(a, b, 64);
    assert_ok(tacet_hash_sha256.hmac(in, &in, 1, a));
    assert_ok(tacet_hash_sodium_sha256.hmac(in, &in, 1, b));
    assert_memory_equal(a, b, 32);
    assert_ok(tacet_hash_sha512.hmac(in, &in, 1, a));
    assert_ok(tacet_hash_sodium_sha512.hmac(in, &in, 1, b));
    assert_memory_equal(a, b, 64);
  }
}

/* ---- HKDF ---- */

static const struct {
  const char *name, *ikm, *salt, *info, *prk, *okm;
} hkdfs[] = {
    {"RFC 5869 A.1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
     "34007208d5b887185865"},
    {"RFC 5869 A.2, longer",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
     "404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
     "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
     "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
     "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
     "cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"RFC 5869 A.3, no salt, no info",
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
     "9d201395faa4b61a96c8"},
};

static void hkdf_known_answers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(hkdfs) / sizeof(hkdfs[0]); i++) {
    tacet_span ikm = test_hex(hkdfs[i].ikm), salt = test_hex(hkdfs[i].salt);
    tacet_span info = test_hex(hkdfs[i].info), prk = test_hex(hkdfs[i].prk);
    tacet_span okm = test_hex(hkdfs[i].okm);
    TACET_SECRET(made);
    assert_ok(tacet_hkdf_extract(&tacet_hash_sha256, salt, ikm, &made));
    assert_span(prk, tacet_secret_span(&made));
    uint8_t *out = malloc(okm.len);
    /* Every shorter output is a prefix of it (RFC 5869 2.3). */
    for (size_t len = 0; len <= okm.len; len++) {
      assert_ok(tacet_hkdf_expand(&tacet_hash_sha256, prk, info, len, out));
      assert_span(tacet_span_of(okm.p, len), tacet_span_of(out, len));
    }
    free(out);
    test_hex_free(ikm);
    test_hex_free(salt);
    test_hex_free(info);
    test_hex_free(prk);
    test_hex_free(okm);
  }
}

static void hkdf_has_a_limit(void **state) {
  (void)state;
  static uint8_t out[255 * 64 + 1], prk[64];
  static const tacet_hash *const all[] = {
      &tacet_hash_sha256, &tacet_hash_sha384, &tacet_hash_sha512};
  for (size_t i = 0; i < 3; i++) {
    tacet_span key = tacet_span_of(prk, all[i]->len);
    size_t most = 255 * all[i]->len;
    memset(out, 0xee, sizeof(out));
    assert_err(TACET_ERR_LIMIT,
               tacet_hkdf_expand(all[i], key, TACET_SPAN_EMPTY, most + 1, out));
    assert_int_equal(out[0], 0xee);
    assert_ok(tacet_hkdf_expand(all[i], key, TACET_SPAN_EMPTY, most, out));
    assert_int_equal(out[most], 0xee);
  }
}

/* ---- randomness ---- */

static void randomness_is_replaceable(void **state) {
  (void)state;
  uint8_t a[32] = {0}, b[32] = {0};
  assert_ok(tacet_random(a, sizeof(a)));
  assert_ok(tacet_random(b, sizeof(b)));
  assert_memory_not_equal(a, b, sizeof(a));
  assert_ok(tacet_random(NULL, 0));
  test_rng_repeat(7);
  assert_ok(tacet_random(a, sizeof(a)));
  assert_int_equal(a[0], 7);
  assert_int_equal(a[31], 38);
  test_rng.fail_at = 1;
  assert_err(TACET_ERR_RNG, tacet_random(a, sizeof(a)));
  test_rng_normal();
  assert_ok(tacet_crypto_init()); /* may be repeated */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(digest_known_answers),
      cmocka_unit_test(hmac_known_answers),
      cmocka_unit_test(parts_are_one_input),
      cmocka_unit_test(libraries_agree),
      cmocka_unit_test(hkdf_known_answers),
      cmocka_unit_test(hkdf_has_a_limit),
      cmocka_unit_test(randomness_is_replaceable),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
