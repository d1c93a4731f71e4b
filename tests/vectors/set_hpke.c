/* SPDX-License-Identifier: Apache-2.0
 * X-Wing by itself (draft-connolly-cfrg-xwing-kem) and HPKE with it
 * (hpkewg/hpke-pq). */
#include "tests/vectors/sets.h"

vec_outcome set_xwing(vec_context *c, const json_t *entry) {
  const tacet_kem *kem = &tacet_kem_xwing;
  tacet_span sk = vec_hex(c, entry, "sk"), pk = vec_hex(c, entry, "pk");
  tacet_span ss = vec_hex(c, entry, "ss"), ct = vec_hex(c, entry, "ct");
  uint8_t public_key[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX];
  TACET_SECRET(shared);
  VEC_CHECK(c, tacet_span_equal(vec_hex(c, entry, "seed"), sk));
  VEC_OK(c, kem->public_key(sk, public_key));
  VEC_CHECK(c,
            tacet_span_equal(tacet_span_of(public_key, kem->public_len), pk));
  VEC_OK(c, kem->encap_deterministic(pk, vec_hex(c, entry, "eseed"), &shared,
                                     enc));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(enc, kem->enc_len), ct));
  VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&shared), ss));
  tacet_secret_wipe(&shared);
  VEC_OK(c, kem->decap(sk, ct, &shared));
  VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&shared), ss));
  return VEC_PASSED;
}

static const tacet_kem *find_kem(uint64_t id) {
  static const tacet_kem *const all[] = {&tacet_kem_xwing, &tacet_kem_x25519,
                                         &tacet_kem_x448,  &tacet_kem_p256,
                                         &tacet_kem_p384,  &tacet_kem_p521};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    if (all[i]->id == id) {
      return all[i];
    }
  }
  return NULL;
}

static const tacet_hash *find_kdf(uint64_t id) {
  static const tacet_hash *const all[] = {
      &tacet_hash_sha256, &tacet_hash_sha384, &tacet_hash_sha512};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    if (all[i]->kdf_id == id) {
      return all[i];
    }
  }
  return NULL;
}

static const tacet_aead *find_aead(uint64_t id) {
  static const tacet_aead *const all[] = {&tacet_aead_aes128gcm,
                                          &tacet_aead_aes256gcm,
                                          &tacet_aead_chacha20poly1305};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    if (all[i]->id == id) {
      return all[i];
    }
  }
  return NULL;
}

/* RFC 9180 has private keys of X25519 and X448 as they were derived; others
 * write them clamped, which is the same key. */
static bool same_private(const tacet_kem *kem, tacet_secret ours,
                         tacet_span want) {
  if (tacet_span_equal(tacet_secret_span(&ours), want)) {
    return true;
  }
  if (kem->id != tacet_kem_x448.id && kem->id != tacet_kem_x25519.id) {
    return false;
  }
  bool x448 = kem->id == tacet_kem_x448.id;
  ours.b[0] &= x448 ? 0xfc : 0xf8;
  ours.b[ours.len - 1] &= x448 ? 0xff : 0x7f;
  ours.b[ours.len - 1] |= x448 ? 0x80 : 0x40;
  return tacet_span_equal(tacet_secret_span(&ours), want);
}

/* Every key and encapsulation that the entry gives comes out of ours. */
static vec_outcome kem_matches(vec_context *c, const json_t *v,
                               const tacet_kem *kem) {
  TACET_SECRET(sk);
  TACET_SECRET(shared);
  uint8_t pk[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX];
  tacet_span want_pk = vec_hex(c, v, "pkRm"), want_enc = vec_hex(c, v, "enc");
  tacet_span want_shared = vec_hex(c, v, "shared_secret");
  VEC_OK(c, kem->derive_key_pair(vec_hex(c, v, "ikmR"), &sk, pk));
  VEC_CHECK(c, same_private(kem, sk, vec_hex(c, v, "skRm")));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(pk, kem->public_len), want_pk));
  VEC_OK(c, kem->encap_deterministic(want_pk, vec_hex(c, v, "ikmE"), &shared,
                                     enc));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(enc, kem->enc_len), want_enc));
  VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&shared), want_shared));
  tacet_secret_wipe(&shared);
  VEC_OK(c, kem->decap(tacet_secret_span(&sk), want_enc, &shared));
  VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&shared), want_shared));
  return VEC_PASSED;
}

static vec_outcome messages_match(vec_context *c, const json_t *v,
                                  tacet_hpke *sender, tacet_hpke *receiver) {
  json_t *list = vec_array(c, v, "encryptions");
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *m = json_array_get(list, i);
    tacet_span aad = vec_hex(c, m, "aad"), pt = vec_hex(c, m, "pt");
    tacet_span ct = vec_hex(c, m, "ct");
    VEC_CHECK(c, ct.len == pt.len + sender->suite.aead->tag_len);
    uint8_t *out = vec_alloc(c, ct.len);
    VEC_OK(c, tacet_hpke_seal(sender, aad, pt, out));
    VEC_CHECK(c, tacet_span_equal(tacet_span_of(out, ct.len), ct));
    VEC_OK(c, tacet_hpke_open(receiver, aad, ct, out));
    VEC_CHECK(c, tacet_span_equal(tacet_span_of(out, pt.len), pt));
  }
  return VEC_PASSED;
}

static vec_outcome exports_match(vec_context *c, const json_t *v,
                                 const tacet_hpke *context) {
  json_t *list = vec_array(c, v, "exports");
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *e = json_array_get(list, i);
    TACET_SECRET(out);
    VEC_OK(c, tacet_hpke_export(context, vec_hex(c, e, "exporter_context"),
                                (size_t)vec_uint(c, e, "L"), &out));
    VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&out),
                                  vec_hex(c, e, "exported_value")));
  }
  return VEC_PASSED;
}

vec_outcome set_hpke_pq(vec_context *c, const json_t *entry) {
  uint64_t mode = vec_uint(c, entry, "mode");
  tacet_hpke_suite s = {find_kem(vec_uint(c, entry, "kem_id")),
                        find_kdf(vec_uint(c, entry, "kdf_id")),
                        find_aead(vec_uint(c, entry, "aead_id"))};
  if (s.kem == NULL) {
    return vec_not_offered(c, "KEM", vec_uint(c, entry, "kem_id"));
  }
  if (kem_matches(c, entry, s.kem) != VEC_PASSED) {
    return VEC_FAILED;
  }
  if (s.kdf == NULL) { /* the KEM was right */
    return vec_not_offered(c, "KDF", vec_uint(c, entry, "kdf_id"));
  }
  if (s.aead == NULL || mode > 1) {
    return vec_not_offered(c, s.aead == NULL ? "AEAD" : "HPKE mode",
                           s.aead == NULL ? vec_uint(c, entry, "aead_id")
                                          : mode);
  }
  tacet_span info = vec_hex(c, entry, "info");
  tacet_span psk = mode == 1 ? vec_hex(c, entry, "psk") : TACET_SPAN_EMPTY;
  tacet_span psk_id =
      mode == 1 ? vec_hex(c, entry, "psk_id") : TACET_SPAN_EMPTY;
  TACET_HPKE(sender);
  TACET_HPKE(receiver);
  VEC_OK(c, tacet_hpke_setup_shared(s, vec_hex(c, entry, "shared_secret"), info,
                                    psk, psk_id, &sender));
  VEC_OK(c, tacet_hpke_setup_receiver(s, vec_hex(c, entry, "enc"),
                                      vec_hex(c, entry, "skRm"), info, psk,
                                      psk_id, &receiver));
  VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&sender.key),
                                vec_hex(c, entry, "key")));
  VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&sender.base_nonce),
                                vec_hex(c, entry, "base_nonce")));
  VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&sender.exporter_secret),
                                vec_hex(c, entry, "exporter_secret")));
  if (messages_match(c, entry, &sender, &receiver) != VEC_PASSED) {
    return VEC_FAILED;
  }
  return exports_match(c, entry, &receiver);
}
