/* SPDX-License-Identifier: Apache-2.0
 * tacet/crypto.h -- algorithms as tables, cipher suites, HPKE, and the labelled
 * operations of RFC 9420 5.
 *
 * Nothing here implements a primitive. An algorithm is a const table of
 * functions that an adapter (src/crypto/sodium, src/crypto/openssl) fills; a
 * cipher suite is a const table of algorithms. Whoever links one suite links
 * the adapters of that suite and no others. Lengths of keys, nonces and outputs
 * stand in the tables; a caller's buffer of those lengths is assumed, a span of
 * another length is refused (ENCODING for public input, ARGUMENT for own keys).
 *
 * Private keys have one form each, the one that the RFCs' vectors use: scalars
 * for ECDH and ECDSA (big endian, full width), 32-byte seeds for Ed25519 and
 * X-Wing. Signature keys may have a second one, for who signs often
 * (tacet_sig_expand).
 */
#ifndef TACET_CRYPTO_H
#define TACET_CRYPTO_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Maxima over all algorithms that a build may contain; for buffers on stack. */
#define TACET_HASH_MAX 64
#define TACET_AEAD_KEY_MAX 32
#define TACET_AEAD_NONCE_MAX 24
#define TACET_AEAD_TAG_MAX 16
#define TACET_KEM_PUBLIC_MAX 1665 /* MLKEM1024-P384; X-Wing has 1216 */
#define TACET_KEM_ENC_MAX 1665    /* X-Wing has 1120 */
#define TACET_SIG_PUBLIC_MAX 133  /* P-521, uncompressed */
#define TACET_SIG_MAX 144         /* ECDSA P-521, DER */

/* ---- algorithms ---- */

/* A hash, its HMAC, and with them HKDF (RFC 5869). `parts` are hashed one after
 * the other: no concatenation has to be built. `out` gets len bytes and may
 * overlap no part. */
typedef struct tacet_hash {
  uint16_t kdf_id; /* HPKE KDF identifier of HKDF with it (RFC 9180 7.2) */
  size_t len, block_len;
  tacet_err (*digest)(const tacet_span *parts, size_t n_parts, uint8_t *out);
  tacet_err (*hmac)(tacet_span key, const tacet_span *parts, size_t n_parts,
                    uint8_t *out);
} tacet_hash;

/* seal writes in.len + tag_len bytes, open in.len - tag_len. in and out may be
 * the same memory, else must not overlap. open: AUTH where the tag is wrong
 * (then out is zeroed) or there is not even room for one. LIMIT for what is
 * longer than the algorithm allows. */
typedef struct tacet_aead {
  uint16_t id; /* RFC 9180 7.3; 0xFFF0 XChaCha20-Poly1305 (ours, not in HPKE) */
  size_t key_len, nonce_len, tag_len;
  tacet_err (*seal)(tacet_span key, tacet_span nonce, tacet_span aad,
                    tacet_span in, uint8_t *out);
  tacet_err (*open)(tacet_span key, tacet_span nonce, tacet_span aad,
                    tacet_span in, uint8_t *out);
} tacet_aead;

/* A KEM as HPKE wants it (RFC 9180 4). decap: AUTH for an encapsulation that
 * can be seen to be wrong (DHKEM's all-zero check, a point not on the curve);
 * encap: ENCODING for such a public key. generate draws randomness, and so does
 * encap. */
typedef struct tacet_kem {
  uint16_t id;
  size_t secret_len, enc_len, public_len, private_len;
  tacet_err (*derive_key_pair)(tacet_span ikm, tacet_secret *private_key,
                               uint8_t *public_key);
  tacet_err (*generate)(tacet_secret *private_key, uint8_t *public_key);
  tacet_err (*public_key)(tacet_span private_key, uint8_t *public_key);
  /* ENCODING for bytes of the right length that are no public key: encap would
   * refuse them. No point is multiplied, so it costs next to nothing. */
  tacet_err (*public_check)(tacet_span public_key);
  tacet_err (*encap)(tacet_span public_key, tacet_secret *shared, uint8_t *enc);
  tacet_err (*decap)(tacet_span private_key, tacet_span enc,
                     tacet_secret *shared);
  /* For known answers alone: encap with the given randomness. May be NULL. */
  tacet_err (*encap_deterministic)(tacet_span public_key, tacet_span randomness,
                                   tacet_secret *shared, uint8_t *enc);
} tacet_kem;

/* A signature scheme. sign writes at most sig_max bytes. verify: AUTH where it
 * does not verify, whatever the reason (a malformed key or signature too).
 * ECDSA takes its nonce from libcrypto's own generator. public_key and sign
 * take a private key in either form: of private_len bytes, or expanded. */
typedef struct tacet_sig {
  uint16_t id; /* TLS SignatureScheme */
  size_t public_len, private_len, sig_max;
  size_t expanded_len; /* 0: there is no second form */
  tacet_err (*generate)(tacet_secret *private_key, uint8_t *public_key);
  tacet_err (*public_key)(tacet_span private_key, uint8_t *public_key);
  tacet_err (*sign)(tacet_span private_key, tacet_span message, uint8_t *sig,
                    size_t *sig_len);
  tacet_err (*verify)(tacet_span public_key, tacet_span message,
                      tacet_span sig);
  tacet_err (*expand)(tacet_span private_key, tacet_secret *out); /* or NULL */
} tacet_sig;

/* Defined by the adapters. */
extern const tacet_hash tacet_hash_sha256, tacet_hash_sha384, tacet_hash_sha512;
/* The same functions of libsodium, for builds without libcrypto. */
extern const tacet_hash tacet_hash_sodium_sha256, tacet_hash_sodium_sha512;
extern const tacet_aead tacet_aead_aes128gcm, tacet_aead_aes256gcm,
    tacet_aead_chacha20poly1305, tacet_aead_xchacha20poly1305;
extern const tacet_kem tacet_kem_x25519, tacet_kem_x448, tacet_kem_p256,
    tacet_kem_p384, tacet_kem_p521, tacet_kem_xwing;
extern const tacet_sig tacet_sig_ed25519, tacet_sig_ed448, tacet_sig_p256,
    tacet_sig_p384, tacet_sig_p521;

/* A private key (of private_len bytes) as signing takes it fastest: expanded,
 * where the scheme has that form, else as it is. With Ed25519 a signature then
 * takes half the time, since its public key, which is in it, need not be found
 * each time. The first private_len bytes of either form are the private key:
 * that is what is stored and handed on. ARGUMENT. */
TACET_MUST_CHECK tacet_err tacet_sig_expand(const tacet_sig *sig,
                                            tacet_span private_key,
                                            tacet_secret *out);

/* Fills out from the system's generator. RNG if it gave none. Tests may put
 * another source in its place (NULL restores the system's); not thread-safe. */
TACET_MUST_CHECK tacet_err tacet_random(uint8_t *out, size_t len);
void tacet_random_source_set(tacet_err (*source)(uint8_t *out, size_t len));
/* Call once per process before anything else here; may be repeated. */
TACET_MUST_CHECK tacet_err tacet_crypto_init(void);

/* ---- cipher suites ---- */

typedef struct tacet_suite {
  uint16_t id;
  const char *name; /* the RFC's or draft's full name */
  const tacet_hash *hash;
  const tacet_aead *aead;
  const tacet_kem *kem;
  const tacet_sig *sig;
} tacet_suite;

/* RFC 9420 17.1. */
#define TACET_SUITE_X25519_AES128 0x0001
#define TACET_SUITE_P256_AES128 0x0002
#define TACET_SUITE_X25519_CHACHA 0x0003
#define TACET_SUITE_X448_AES256 0x0004
#define TACET_SUITE_P521_AES256 0x0005
#define TACET_SUITE_X448_CHACHA 0x0006
#define TACET_SUITE_P384_AES256 0x0007
/* IANA has assigned none of these: they are private-use numbers, and stand only
 * here and in docs/protocol/suites.md. */
#define TACET_SUITE_XWING_CHACHA 0xF04D /* the default */
#define TACET_SUITE_XWING_AES256 0xF04E /* TBD2 of mls-pq-ciphersuites-06 */
#define TACET_SUITE_XWING_AES128 0xF04F /* TBD1 */

extern const tacet_suite tacet_suite_x25519_aes128, tacet_suite_p256_aes128,
    tacet_suite_x25519_chacha, tacet_suite_x448_aes256, tacet_suite_p521_aes256,
    tacet_suite_x448_chacha, tacet_suite_p384_aes256, tacet_suite_xwing_chacha,
    tacet_suite_xwing_aes256, tacet_suite_xwing_aes128;

/* The same construction under the number that somebody else has given it: for
 * a list of suites that a program makes for that peer. The number is in what is
 * signed and in every GroupContext, so that a group is of one of them. */
static inline tacet_suite tacet_suite_alias(const tacet_suite *s, uint16_t id) {
  tacet_suite alias = *s;
  alias.id = id;
  return alias;
}

/* The suites that a program offers. There is no fallback from one to another:
 * what is not in the list is UNKNOWN_SUITE. */
typedef struct tacet_suites {
  const tacet_suite *const *list;
  size_t n;
} tacet_suites;
extern const tacet_suites tacet_suites_all; /* links every adapter */
/* NULL if not offered. */
const tacet_suite *tacet_suites_find(const tacet_suites *offered, uint16_t id);

/* ---- HKDF (RFC 5869) ---- */

TACET_MUST_CHECK tacet_err tacet_hkdf_extract(const tacet_hash *h,
                                              tacet_span salt, tacet_span ikm,
                                              tacet_secret *prk);
/* len bytes into out (at most 255 * h->len, else LIMIT). */
TACET_MUST_CHECK tacet_err tacet_hkdf_expand(const tacet_hash *h,
                                             tacet_span prk, tacet_span info,
                                             size_t len, uint8_t *out);

/* ---- HPKE (RFC 9180), base and PSK modes ---- */

typedef struct tacet_hpke_suite {
  const tacet_kem *kem;
  const tacet_hash *kdf;
  const tacet_aead *aead;
} tacet_hpke_suite;
static inline tacet_hpke_suite tacet_suite_hpke(const tacet_suite *s) {
  return (tacet_hpke_suite){s->kem, s->hash, s->aead};
}

/* A context of either side. Wipe with tacet_hpke_wipe (or by scope). */
typedef struct tacet_hpke {
  tacet_hpke_suite suite;
  tacet_secret key, base_nonce, exporter_secret;
  uint64_t seq; /* of the next message */
} tacet_hpke;
#define TACET_HPKE(name) TACET_CLEANUP(tacet_hpke_wipe) tacet_hpke name = {0}
void tacet_hpke_wipe(tacet_hpke *c);

/* psk and psk_id both empty: mode base; both given: mode psk; else ARGUMENT, as
 * for a psk under 32 bytes, which cannot have the entropy that 5.1.2 asks for.
 * enc gets kem->enc_len bytes. */
TACET_MUST_CHECK tacet_err tacet_hpke_setup_sender(
    tacet_hpke_suite s, tacet_span public_key, tacet_span info, tacet_span psk,
    tacet_span psk_id, uint8_t *enc, tacet_hpke *c);
TACET_MUST_CHECK tacet_err tacet_hpke_setup_receiver(
    tacet_hpke_suite s, tacet_span enc, tacet_span private_key, tacet_span info,
    tacet_span psk, tacet_span psk_id, tacet_hpke *c);
/* For known answers: setup from a shared secret that the KEM gave. */
TACET_MUST_CHECK tacet_err
tacet_hpke_setup_shared(tacet_hpke_suite s, tacet_span shared, tacet_span info,
                        tacet_span psk, tacet_span psk_id, tacet_hpke *c);
/* Message c->seq, which then counts on (LIMIT at 2^64-1). out has room for
 * in.len + tag_len. */
TACET_MUST_CHECK tacet_err tacet_hpke_seal(tacet_hpke *c, tacet_span aad,
                                           tacet_span in, uint8_t *out);
/* in.len - tag_len bytes. A failure does not count seq on. */
TACET_MUST_CHECK tacet_err tacet_hpke_open(tacet_hpke *c, tacet_span aad,
                                           tacet_span in, uint8_t *out);
/* The same for a message with an explicit sequence number; c is unchanged. */
TACET_MUST_CHECK tacet_err tacet_hpke_seal_at(const tacet_hpke *c, uint64_t seq,
                                              tacet_span aad, tacet_span in,
                                              uint8_t *out);
TACET_MUST_CHECK tacet_err tacet_hpke_open_at(const tacet_hpke *c, uint64_t seq,
                                              tacet_span aad, tacet_span in,
                                              uint8_t *out);
TACET_MUST_CHECK tacet_err tacet_hpke_export(const tacet_hpke *c,
                                             tacet_span context, size_t len,
                                             tacet_secret *out);
/* One message in one call, base mode (RFC 9180 6.1): out is ct with its tag. */
TACET_MUST_CHECK tacet_err tacet_hpke_seal_base(tacet_hpke_suite s,
                                                tacet_span public_key,
                                                tacet_span info, tacet_span aad,
                                                tacet_span in, uint8_t *enc,
                                                uint8_t *out);
TACET_MUST_CHECK tacet_err tacet_hpke_open_base(tacet_hpke_suite s,
                                                tacet_span enc,
                                                tacet_span private_key,
                                                tacet_span info, tacet_span aad,
                                                tacet_span in, uint8_t *out);

/* ---- the labelled operations of RFC 9420 ---- */

/* Which protocol a label belongs to: "MLS 1.0 " for RFC 9420, "Tacet 1.0 " for
 * what is ours, so that no signature of one passes for one of the other. */
#define TACET_LABEL_MLS "MLS 1.0 "
#define TACET_LABEL_TACET "Tacet 1.0 "

/* RFC 9420 5.1.2: over struct { opaque label<V>; opaque content<V>; }, label =
 * prefix + label. sig gets up to alg->sig_max bytes. */
TACET_MUST_CHECK tacet_err tacet_sign_with_label(
    const tacet_sig *alg, tacet_span private_key, const char *prefix,
    const char *label, tacet_span content, uint8_t *sig, size_t *sig_len);
TACET_MUST_CHECK tacet_err tacet_verify_with_label(
    const tacet_sig *alg, tacet_span public_key, const char *prefix,
    const char *label, tacet_span content, tacet_span sig);

/* RFC 9420 5.1.3, EncryptContext as info, no aad. enc gets enc_len bytes, out
 * in.len + tag_len. */
TACET_MUST_CHECK tacet_err tacet_encrypt_with_label(
    const tacet_suite *s, tacet_span public_key, const char *label,
    tacet_span context, tacet_span in, uint8_t *enc, uint8_t *out);
TACET_MUST_CHECK tacet_err tacet_decrypt_with_label(
    const tacet_suite *s, tacet_span private_key, const char *label,
    tacet_span context, tacet_span enc, tacet_span in, uint8_t *out);

/* RFC 9420 8: ExpandWithLabel, DeriveSecret, DeriveTreeSecret (9.1). `out` may
 * be `secret`. */
TACET_MUST_CHECK tacet_err tacet_expand_with_label(
    const tacet_hash *h, const tacet_secret *secret, const char *label,
    tacet_span context, size_t len, tacet_secret *out);
TACET_MUST_CHECK tacet_err tacet_derive_secret(const tacet_hash *h,
                                               const tacet_secret *secret,
                                               const char *label,
                                               tacet_secret *out);
TACET_MUST_CHECK tacet_err tacet_derive_tree_secret(
    const tacet_hash *h, const tacet_secret *secret, const char *label,
    uint32_t generation, size_t len, tacet_secret *out);

/* RFC 9420 5.2: RefHash(label, value), h->len bytes. The label is the whole
 * one, such as "MLS 1.0 KeyPackage Reference". */
TACET_MUST_CHECK tacet_err tacet_ref_hash(const tacet_hash *h,
                                          const char *label, tacet_span value,
                                          uint8_t *out);

static inline tacet_err tacet_hash_one(const tacet_hash *h, tacet_span in,
                                       uint8_t *out) {
  return h->digest(&in, 1, out);
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
