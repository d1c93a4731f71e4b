/* SPDX-License-Identifier: Apache-2.0
 * Comparisons, key derivation, KEMs, HPKE, AEADs, signatures, VOPRF, VRF.
 * For the curves of NIST and for X448 and Ed448 libcrypto's word is taken: its
 * big numbers look at themselves, and that is all that would be seen here.
 */
#include "tacet/crypto/voprf.h"
#include "tacet/crypto/vrf.h"
#include "tests/constant_time/cases.h"

/* ---- comparing ---- */

static void compare(size_t differs_at) {
  uint8_t a[64] = {0}, b[64] = {0};
  b[differs_at % 64] ^= differs_at < 64;
  make_secret(a, sizeof(a));
  make_secret(b, sizeof(b));
  bool equal = tacet_equal_ct(tacet_span_of(a, 64), tacet_span_of(b, 64));
  make_public(&equal, sizeof(equal));
  if (equal != (differs_at >= 64)) {
    abort();
  }
}

static void equal_ct(void) {
  for (size_t i = 0; i <= 64; i++) {
    compare(i);
  }
}

static void secret_equal(void) {
  tacet_secret a = {.len = 32}, b = {.len = 32};
  hide(&a);
  hide(&b);
  b.b[31] = 1;
  bool equal = tacet_secret_equal(&a, &b);
  make_public(&equal, sizeof(equal));
}

/* ---- deriving ---- */

static void each_suite(void (*run)(const tacet_suite *s)) {
  run(&tacet_suite_x25519_aes128);
  run(&tacet_suite_x25519_chacha);
  run(&tacet_suite_xwing_chacha);
}

static void secret_of(size_t len, tacet_secret *out) {
  out->len = len;
  must(tacet_random(out->b, len));
  hide(out);
}

static void labels_of(const tacet_suite *s) {
  tacet_secret in, out;
  secret_of(s->hash->len, &in);
  must(tacet_derive_secret(s->hash, &in, "label", &out));
  must(tacet_derive_tree_secret(s->hash, &in, "label", 7, 16, &out));
  must(tacet_hkdf_extract(s->hash, tacet_secret_span(&in),
                          tacet_secret_span(&in), &out));
}
static void labels(void) {
  each_suite(labels_of);
}

/* ---- KEMs and HPKE ---- */

static void hpke_of(const tacet_suite *s) {
  tacet_secret ikm, key;
  uint8_t pub[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX];
  uint8_t plain[32] = {0}, sealed[48], opened[32];
  secret_of(s->hash->len, &ikm);
  must(s->kem->derive_key_pair(tacet_secret_span(&ikm), &key, pub));
  make_public(pub, sizeof(pub));
  make_secret(plain, sizeof(plain));
  must(tacet_encrypt_with_label(s, tacet_span_of(pub, s->kem->public_len),
                                "label", TACET_SPAN_LIT("context"),
                                tacet_span_of(plain, 32), enc, sealed));
  make_public(enc, sizeof(enc));
  make_public(sealed, sizeof(sealed));
  hide(&key);
  must(tacet_decrypt_with_label(
      s, tacet_secret_span(&key), "label", TACET_SPAN_LIT("context"),
      tacet_span_of(enc, s->kem->enc_len), tacet_span_of(sealed, 48), opened));
  sealed[0] ^= 1;
  must_be(TACET_ERR_AUTH,
          tacet_decrypt_with_label(s, tacet_secret_span(&key), "label",
                                   TACET_SPAN_LIT("context"),
                                   tacet_span_of(enc, s->kem->enc_len),
                                   tacet_span_of(sealed, 48), opened));
}
static void hpke(void) {
  each_suite(hpke_of);
}

static void hpke_export_of(const tacet_suite *s) {
  tacet_secret key, out;
  uint8_t pub[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX];
  TACET_HPKE(a);
  TACET_HPKE(b);
  must(s->kem->generate(&key, pub));
  hide(&key);
  make_public(pub, sizeof(pub));
  tacet_secret psk;
  secret_of(32, &psk);
  tacet_span id = TACET_SPAN_LIT("id");
  must(tacet_hpke_setup_sender(
      tacet_suite_hpke(s), tacet_span_of(pub, s->kem->public_len),
      TACET_SPAN_EMPTY, tacet_secret_span(&psk), id, enc, &a));
  make_public(enc, sizeof(enc));
  must(tacet_hpke_setup_receiver(tacet_suite_hpke(s),
                                 tacet_span_of(enc, s->kem->enc_len),
                                 tacet_secret_span(&key), TACET_SPAN_EMPTY,
                                 tacet_secret_span(&psk), id, &b));
  must(tacet_hpke_export(&b, TACET_SPAN_LIT("c"), 32, &out));
}
static void hpke_export(void) {
  each_suite(hpke_export_of);
}

/* ---- AEADs, signatures ---- */

static void aead_of(const tacet_aead *a) {
  tacet_secret key;
  uint8_t nonce[TACET_AEAD_NONCE_MAX] = {0}, plain[50] = {0};
  uint8_t sealed[66], opened[50];
  secret_of(a->key_len, &key);
  make_secret(nonce, sizeof(nonce)); /* MLS: the ratchet gives it */
  make_secret(plain, sizeof(plain));
  must(a->seal(tacet_secret_span(&key), tacet_span_of(nonce, a->nonce_len),
               TACET_SPAN_LIT("aad"), tacet_span_of(plain, 50), sealed));
  make_public(sealed, sizeof(sealed));
  must(a->open(tacet_secret_span(&key), tacet_span_of(nonce, a->nonce_len),
               TACET_SPAN_LIT("aad"), tacet_span_of(sealed, 66), opened));
  sealed[65] ^= 1;
  must_be(TACET_ERR_AUTH,
          a->open(tacet_secret_span(&key), tacet_span_of(nonce, a->nonce_len),
                  TACET_SPAN_LIT("aad"), tacet_span_of(sealed, 66), opened));
}
static void aeads(void) {
  aead_of(&tacet_aead_aes128gcm);
  aead_of(&tacet_aead_aes256gcm);
  aead_of(&tacet_aead_chacha20poly1305);
  aead_of(&tacet_aead_xchacha20poly1305);
}

static void signature_of(const tacet_suite *s) {
  tacet_secret key;
  uint8_t pub[TACET_SIG_PUBLIC_MAX], sig[TACET_SIG_MAX];
  size_t len = 0;
  must(s->sig->generate(&key, pub));
  hide(&key);
  must(tacet_sign_with_label(s->sig, tacet_secret_span(&key), TACET_LABEL_MLS,
                             "label", TACET_SPAN_LIT("content"), sig, &len));
  make_public(&len, sizeof(len)); /* of a DER signature: it is sent */
  make_public(sig, sizeof(sig));
  make_public(pub, sizeof(pub));
  must(tacet_verify_with_label(
      s->sig, tacet_span_of(pub, s->sig->public_len), TACET_LABEL_MLS, "label",
      TACET_SPAN_LIT("content"), tacet_span_of(sig, len)));
}
static void signatures(void) {
  each_suite(signature_of);
}

/* ---- VOPRF, VRF ---- */

static void voprf(void) {
  TACET_VOPRF_KEY(k);
  uint8_t input[32] = {0}, blind[32], blinded[32], evaluated[32], proof[64];
  uint8_t output[64], again[64];
  must(tacet_voprf_key_generate(&k));
  hide(&k.private_key);
  make_secret(input, sizeof(input)); /* the client's, until it is spent */
  tacet_span in = tacet_span_of(input, sizeof(input));
  must(tacet_voprf_blind(&in, 1, blind, blinded));
  make_secret(blind, sizeof(blind));
  make_public(blinded, sizeof(blinded));
  make_public(k.public_key, sizeof(k.public_key));
  must(tacet_voprf_blind_evaluate(&k, tacet_span_of(blinded, 32), evaluated,
                                  proof));
  make_public(evaluated, sizeof(evaluated));
  make_public(proof, sizeof(proof));
  const tacet_voprf_batch batch = {.inputs = &in,
                                   .n = 1,
                                   .blinds = tacet_span_of(blind, 32),
                                   .blinded = tacet_span_of(blinded, 32)};
  must(tacet_voprf_finalize(&batch, tacet_span_of(k.public_key, 32),
                            tacet_span_of(evaluated, 32),
                            tacet_span_of(proof, 64), output));
  make_public(input, sizeof(input)); /* spent: the issuer sees it */
  must(tacet_voprf_evaluate(&k, in, again));
  must(tacet_voprf_redeem(&k, in, tacet_span_of(output, 64)));
  make_public(output, sizeof(output));
  output[5] ^= 1;
  must_be(TACET_ERR_TOKEN,
          tacet_voprf_redeem(&k, in, tacet_span_of(output, 64)));
}

static void vrf(void) {
  TACET_VRF_KEY(k);
  uint8_t pi[TACET_VRF_PROOF_LEN], beta[TACET_VRF_OUTPUT_LEN];
  must(tacet_vrf_key_generate(&k));
  hide(&k.private_key);
  make_public(k.public_key, sizeof(k.public_key));
  must(tacet_vrf_evaluate(&k, TACET_SPAN_LIT("alpha"), beta));
  must(tacet_vrf_prove(&k, TACET_SPAN_LIT("alpha"), pi, beta));
  make_public(pi, sizeof(pi));
  must(tacet_vrf_verify(tacet_span_of(k.public_key, 32),
                        TACET_SPAN_LIT("alpha"), tacet_span_of(pi, sizeof(pi)),
                        beta));
}

const ct_case ct_crypto_cases[] = {
    {"tacet_equal_ct, differing anywhere", equal_ct},
    {"tacet_secret_equal", secret_equal},
    {"HKDF and labels", labels},
    {"HPKE seal and open, X25519 and X-Wing", hpke},
    {"HPKE with a PSK, export, X25519 and X-Wing", hpke_export},
    {"AEADs, right and wrong tags", aeads},
    {"Ed25519 signatures", signatures},
    {"VOPRF: blind, evaluate, finalize, redeem", voprf},
    {"VRF: evaluate, prove", vrf},
};
const size_t ct_n_crypto_cases =
    sizeof(ct_crypto_cases) / sizeof(ct_crypto_cases[0]);
