/* SPDX-License-Identifier: Apache-2.0
 * AEADs: known answers, every bit flipped, every length cut, in place. */
#include "tests/unit/crypto/rng.h"

#define SUNSCREEN                                                              \
  "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"           \
  "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"           \
  "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"           \
  "637265656e20776f756c642062652069742e"
#define KEY_80                                                                 \
  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
#define GCM_TEXT                                                               \
  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"           \
  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define GCM_AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"

static const struct {
  const char *name;
  const tacet_aead *aead;
  const char *key, *nonce, *aad, *in, *out;
} rows[] = {
    {"RFC 8439 2.8.2", &tacet_aead_chacha20poly1305, KEY_80,
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7", SUNSCREEN,
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
     "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
     "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060"
     "0691"},
    {"draft-irtf-cfrg-xchacha A.3.1", &tacet_aead_xchacha20poly1305, KEY_80,
     "404142434445464748494a4b4c4d4e4f5051525354555657",
     "50515253c0c1c2c3c4c5c6c7", SUNSCREEN,
     "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
     "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
     "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
     "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780a"
     "cf49"},
    {"GCM specification, case 1", &tacet_aead_aes128gcm,
     "00000000000000000000000000000000", "000000000000000000000000", "", "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {"GCM specification, case 4", &tacet_aead_aes128gcm,
     "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", GCM_AAD,
     GCM_TEXT,
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc"
     "3221a5db94fae95ae7121a47"},
    {"GCM specification, case 16", &tacet_aead_aes256gcm,
     "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", GCM_AAD, GCM_TEXT,
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece"
     "0f4e1768cddf8853bb2d551b"},
};

static void known_answers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const tacet_aead *a = rows[i].aead;
    tacet_span key = test_hex(rows[i].key), nonce = test_hex(rows[i].nonce);
    tacet_span aad = test_hex(rows[i].aad), in = test_hex(rows[i].in);
    tacet_span want = test_hex(rows[i].out);
    uint8_t *sealed = malloc(in.len + a->tag_len);
    uint8_t *opened = malloc(in.len + 1);
    assert_ok(a->seal(key, nonce, aad, in, sealed));
    if (!tacet_span_equal(want, tacet_span_of(sealed, in.len + a->tag_len))) {
      fail_msg("%s", rows[i].name);
    }
    assert_ok(a->open(key, nonce, aad, want, opened));
    assert_span(in, tacet_span_of(opened, in.len));
    free(sealed);
    free(opened);
    test_hex_free(key);
    test_hex_free(nonce);
    test_hex_free(aad);
    test_hex_free(in);
    test_hex_free(want);
  }
}

static const tacet_aead *const all[] = {
    &tacet_aead_aes128gcm, &tacet_aead_aes256gcm, &tacet_aead_chacha20poly1305,
    &tacet_aead_xchacha20poly1305};
#define N_ALL (sizeof(all) / sizeof(all[0]))

static uint8_t key_bytes[32], nonce_bytes[24];

static tacet_span key_of(const tacet_aead *a) {
  return tacet_span_of(key_bytes, a->key_len);
}
static tacet_span nonce_of(const tacet_aead *a) {
  return tacet_span_of(nonce_bytes, a->nonce_len);
}

/* Opens a changed copy: must say AUTH and leave nothing of the text. */
static void must_not_open(const tacet_aead *a, tacet_span aad, tacet_span in) {
  size_t room = in.len < a->tag_len ? 0 : in.len - a->tag_len;
  uint8_t *out = malloc(room + 1);
  memset(out, 0xaa, room + 1);
  assert_err(TACET_ERR_AUTH, a->open(key_of(a), nonce_of(a), aad, in, out));
  for (size_t i = 0; i < room; i++) {
    assert_int_equal(out[i], 0);
  }
  assert_int_equal(out[room], 0xaa);
  free(out);
}

static void every_bit_counts(void **state) {
  (void)state;
  static const uint8_t text[21] = "twenty-one bytes long";
  uint8_t aad[5] = {1, 2, 3, 4, 5};
  for (size_t i = 0; i < N_ALL; i++) {
    const tacet_aead *a = all[i];
    tacet_span aad_span = tacet_span_of(aad, sizeof(aad));
    uint8_t sealed[sizeof(text) + 16];
    assert_ok(a->seal(key_of(a), nonce_of(a), aad_span,
                      tacet_span_of(text, sizeof(text)), sealed));
    for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
      sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
      must_not_open(a, aad_span, tacet_span_of(sealed, sizeof(sealed)));
      sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t bit = 0; bit < 8 * sizeof(aad); bit++) {
      aad[bit / 8] ^= (uint8_t)(1u << (bit % 8));
      must_not_open(a, aad_span, tacet_span_of(sealed, sizeof(sealed)));
      aad[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    must_not_open(a, tacet_span_of(aad, 4),
                  tacet_span_of(sealed, sizeof(sealed)));
    nonce_bytes[0] ^= 1;
    must_not_open(a, aad_span, tacet_span_of(sealed, sizeof(sealed)));
    nonce_bytes[0] ^= 1;
    key_bytes[3] ^= 1;
    must_not_open(a, aad_span, tacet_span_of(sealed, sizeof(sealed)));
    key_bytes[3] ^= 1;
    for (size_t n = 0; n < sizeof(sealed); n++) {
      uint8_t *cut = malloc(n + 1); /* ASan sees what is read beyond it */
      memcpy(cut + 1, sealed, n);
      must_not_open(a, aad_span, tacet_span_of(cut + 1, n));
      free(cut);
    }
  }
}

static void round_trips_of_every_length(void **state) {
  (void)state;
  for (size_t i = 0; i < N_ALL; i++) {
    const tacet_aead *a = all[i];
    for (size_t n = 0; n < 200; n++) {
      uint8_t *p = malloc(n + a->tag_len), *copy = malloc(n + 1);
      memset(p, (int)n, n);
      memset(copy, (int)n, n);
      /* In place, both ways; and apart, with the same result. */
      uint8_t *apart = malloc(n + a->tag_len);
      assert_ok(a->seal(key_of(a), nonce_of(a), TACET_SPAN_EMPTY,
                        tacet_span_of(copy, n), apart));
      assert_ok(a->seal(key_of(a), nonce_of(a), TACET_SPAN_EMPTY,
                        tacet_span_of(p, n), p));
      assert_memory_equal(apart, p, n + a->tag_len);
      assert_ok(a->open(key_of(a), nonce_of(a), TACET_SPAN_EMPTY,
                        tacet_span_of(p, n + a->tag_len), p));
      assert_span(tacet_span_of(copy, n), tacet_span_of(p, n));
      free(apart);
      free(copy);
      free(p);
    }
    /* Nothing sealed is a tag, and opens into nothing. */
    uint8_t tag[16];
    assert_ok(a->seal(key_of(a), nonce_of(a), TACET_SPAN_EMPTY,
                      TACET_SPAN_EMPTY, tag));
    assert_ok(a->open(key_of(a), nonce_of(a), TACET_SPAN_EMPTY,
                      tacet_span_of(tag, sizeof(tag)), NULL));
  }
}

static void wrong_lengths_are_refused(void **state) {
  (void)state;
  uint8_t big[64] = {0}, out[64];
  for (size_t i = 0; i < N_ALL; i++) {
    const tacet_aead *a = all[i];
    for (size_t n = 0; n <= 33; n++) {
      tacet_span key = tacet_span_of(big, n), in = tacet_span_of(big, 20);
      tacet_err want = n == a->key_len ? TACET_OK : TACET_ERR_ARGUMENT;
      assert_err(want, a->seal(key, nonce_of(a), TACET_SPAN_EMPTY, in, out));
      want = n == a->key_len ? TACET_ERR_AUTH : TACET_ERR_ARGUMENT;
      assert_err(want, a->open(key, nonce_of(a), TACET_SPAN_EMPTY, in, out));
      want = n == a->nonce_len ? TACET_OK : TACET_ERR_ARGUMENT;
      assert_err(want, a->seal(key_of(a), tacet_span_of(big, n),
                               TACET_SPAN_EMPTY, in, out));
      want = n == a->nonce_len ? TACET_ERR_AUTH : TACET_ERR_ARGUMENT;
      assert_err(want, a->open(key_of(a), tacet_span_of(big, n),
                               TACET_SPAN_EMPTY, in, out));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_answers),
      cmocka_unit_test(every_bit_counts),
      cmocka_unit_test(round_trips_of_every_length),
      cmocka_unit_test(wrong_lengths_are_refused),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
