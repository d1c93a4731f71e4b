/* SPDX-License-Identifier: Apache-2.0
 * The table of suites against RFC 9420 17.1 and draft-ietf-mls-pq-ciphersuites,
 * and finding a suite among those that are offered. */
#include "tests/unit/crypto/rng.h"

/* Numbers of HPKE (RFC 9180 7) and TLS, not the names that our tables have. */
static const struct {
  uint16_t id;
  const char *name;
  uint16_t kem, kdf, aead, sig;
  size_t hash_len;
} rows[] = {
    {0xF04D, "MLS_128_MLKEM768X25519_CHACHA20POLY1305_SHA256_Ed25519", 0x647A,
     0x0001, 0x0003, 0x0807, 32},
    {1, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", 0x0020, 0x0001, 0x0001,
     0x0807, 32},
    {2, "MLS_128_DHKEMP256_AES128GCM_SHA256_P256", 0x0010, 0x0001, 0x0001,
     0x0403, 32},
    {3, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519", 0x0020, 0x0001,
     0x0003, 0x0807, 32},
    {4, "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448", 0x0021, 0x0003, 0x0002,
     0x0808, 64},
    {5, "MLS_256_DHKEMP521_AES256GCM_SHA512_P521", 0x0012, 0x0003, 0x0002,
     0x0603, 64},
    {6, "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448", 0x0021, 0x0003,
     0x0003, 0x0808, 64},
    {7, "MLS_256_DHKEMP384_AES256GCM_SHA384_P384", 0x0011, 0x0002, 0x0002,
     0x0503, 48},
    {0xF04E, "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519", 0x647A, 0x0002,
     0x0002, 0x0807, 48},
    {0xF04F, "MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519", 0x647A, 0x0001,
     0x0001, 0x0807, 32},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void suites_are_what_the_documents_say(void **state) {
  (void)state;
  assert_int_equal(tacet_suites_all.n, N_ROWS);
  assert_int_equal(tacet_suites_all.list[0]->id, TACET_SUITE_XWING_CHACHA);
  for (size_t i = 0; i < N_ROWS; i++) {
    const tacet_suite *s = tacet_suites_find(&tacet_suites_all, rows[i].id);
    assert_non_null(s);
    assert_int_equal(s->id, rows[i].id);
    assert_string_equal(s->name, rows[i].name);
    assert_int_equal(s->kem->id, rows[i].kem);
    assert_int_equal(s->hash->kdf_id, rows[i].kdf);
    assert_int_equal(s->hash->len, rows[i].hash_len);
    assert_int_equal(s->aead->id, rows[i].aead);
    assert_int_equal(s->sig->id, rows[i].sig);
  }
}

/* RFC 9180 7.1, tables 2 and 5, hpke-pq; RFC 8446 4.2.3 and RFC 8032. */
static void lengths_are_what_the_documents_say(void **state) {
  (void)state;
  static const struct {
    const tacet_kem *kem;
    size_t secret, enc, public_key, private_key;
  } kems[] = {{&tacet_kem_p256, 32, 65, 65, 32},
              {&tacet_kem_p384, 48, 97, 97, 48},
              {&tacet_kem_p521, 64, 133, 133, 66},
              {&tacet_kem_x25519, 32, 32, 32, 32},
              {&tacet_kem_x448, 64, 56, 56, 56},
              {&tacet_kem_xwing, 32, 1120, 1216, 32}};
  static const struct {
    const tacet_sig *sig;
    size_t public_key, private_key, max;
  } sigs[] = {{&tacet_sig_ed25519, 32, 32, 64},
              {&tacet_sig_ed448, 57, 57, 114},
              {&tacet_sig_p256, 65, 32, 72},
              {&tacet_sig_p384, 97, 48, 104},
              {&tacet_sig_p521, 133, 66, 139}};
  for (size_t i = 0; i < sizeof(kems) / sizeof(kems[0]); i++) {
    const tacet_kem *k = kems[i].kem;
    assert_int_equal(k->secret_len, kems[i].secret);
    assert_int_equal(k->enc_len, kems[i].enc);
    assert_int_equal(k->public_len, kems[i].public_key);
    assert_int_equal(k->private_len, kems[i].private_key);
    assert_true(k->public_len <= TACET_KEM_PUBLIC_MAX);
    assert_true(k->enc_len <= TACET_KEM_ENC_MAX);
    assert_true(k->private_len <= TACET_SECRET_MAX);
  }
  for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
    const tacet_sig *a = sigs[i].sig;
    assert_int_equal(a->public_len, sigs[i].public_key);
    assert_int_equal(a->private_len, sigs[i].private_key);
    assert_int_equal(a->sig_max, sigs[i].max);
    assert_true(a->public_len <= TACET_SIG_PUBLIC_MAX);
    assert_true(a->sig_max <= TACET_SIG_MAX);
    assert_true(a->private_len <= TACET_SECRET_MAX);
  }
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    const tacet_suite *s = tacet_suites_all.list[i];
    assert_true(s->hash->len <= TACET_HASH_MAX);
    assert_true(s->aead->key_len <= TACET_AEAD_KEY_MAX);
    assert_true(s->aead->nonce_len <= TACET_AEAD_NONCE_MAX);
    assert_true(s->aead->tag_len <= TACET_AEAD_TAG_MAX);
  }
}

static void suites_are_found_by_number(void **state) {
  (void)state;
  static const tacet_suite *const two[] = {&tacet_suite_xwing_chacha,
                                           &tacet_suite_x25519_chacha};
  const tacet_suites offered = {two, 2};
  assert_ptr_equal(tacet_suites_find(&offered, TACET_SUITE_XWING_CHACHA),
                   &tacet_suite_xwing_chacha);
  assert_ptr_equal(tacet_suites_find(&offered, 3), &tacet_suite_x25519_chacha);
  assert_null(tacet_suites_find(&offered, TACET_SUITE_X25519_AES128));
  assert_null(tacet_suites_find(&offered, 0));
  for (unsigned id = 0; id <= 0xFFFF; id++) {
    bool known = false;
    for (size_t i = 0; i < N_ROWS; i++) {
      known = known || rows[i].id == id;
    }
    assert_true(known ==
                (tacet_suites_find(&tacet_suites_all, (uint16_t)id) != NULL));
  }
}

/* The number alone differs, and the original stays what it was. */
static void an_alias_is_the_same_construction(void **state) {
  (void)state;
  const tacet_suite alias =
      tacet_suite_alias(&tacet_suite_xwing_aes128, 0x004F);
  assert_int_equal(alias.id, 0x004F);
  assert_int_equal(tacet_suite_xwing_aes128.id, 0xF04F);
  assert_ptr_equal(alias.kem, tacet_suite_xwing_aes128.kem);
  assert_ptr_equal(alias.hash, tacet_suite_xwing_aes128.hash);
  assert_ptr_equal(alias.aead, tacet_suite_xwing_aes128.aead);
  assert_ptr_equal(alias.sig, tacet_suite_xwing_aes128.sig);
  assert_null(tacet_suites_find(&tacet_suites_all, 0x004F));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(suites_are_what_the_documents_say),
      cmocka_unit_test(lengths_are_what_the_documents_say),
      cmocka_unit_test(suites_are_found_by_number),
      cmocka_unit_test(an_alias_is_the_same_construction),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
