/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/manifest.h -- who an account is: a chain of signed lists of
 * its devices.
 *
 *   struct { opaque device_id[16]; opaque device_key[32]; } Device;
 *   struct { uint16 signer; opaque signature[64]; } ...      (see below)
 *
 *   struct {
 *     uint8  version = 1;
 *     opaque account_id[32];
 *     uint32 number;
 *     opaque previous_hash[32];
 *     opaque handle<V>;           name@domain, folded
 *     Device devices<V>;          at most 16, by ascending device_id
 *     opaque recovery_key[32];    Ed25519
 *   } ManifestBody;
 *
 *   struct {
 *     ManifestBody body;
 *     uint8  signer;              0: a device, 1: the recovery key
 *     opaque signer_device[16];   which device; zero for the recovery key
 *     opaque signature[64];       SignWithLabel("Tacet 1.0 Manifest", body)
 *     opaque possession<V>;       64 bytes for each device key that is new, in
 *                                 the order of devices: SignWithLabel(
 *                                 "Tacet 1.0 ManifestPossession", body)
 *   } Manifest;
 *
 *   account_id    = SHA-256("Tacet 1.0 account" || body of number 0 with
 *                   account_id and previous_hash all zero)
 *   previous_hash = SHA-256(the whole Manifest before); zero in number 0
 *
 * Rules of the chain. Number 0 has one device, which signs it. Number n+1 is
 * signed by a device listed in n or by the recovery key of n; handle and
 * account_id never change; only a signature of the recovery key of n may change
 * recovery_key, or keep none of the devices of n. A key proves its possession
 * where it is new: not in n, or there under another device_id. A manifest
 * without devices erases the account: nothing follows it.
 *
 * With the key log a manifest comes with proofs that the log commits to it;
 * nothing here changes then: the log's value *is* the manifest.
 */
#ifndef TACET_KEYTRANS_MANIFEST_H
#define TACET_KEYTRANS_MANIFEST_H

#include "tacet/base.h"
#include "tacet/codec.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_ACCOUNT_ID_LEN 32
#define TACET_DEVICE_ID_LEN 16
#define TACET_DEVICE_KEY_LEN 32 /* Ed25519 public */
#define TACET_DEVICES_MAX 16
#define TACET_MANIFEST_MAX (16 * 1024) /* bytes of one */
#define TACET_MANIFEST_HASH_LEN 32

/* ---- handles ---- */

#define TACET_NAME_MAX 32    /* before the @ */
#define TACET_DOMAIN_MAX 253 /* RFC 1035 */
#define TACET_HANDLE_MAX (TACET_NAME_MAX + 1 + TACET_DOMAIN_MAX)

/* 1-32 of a-z 0-9 . _ -, neither starting nor ending with punctuation. Upper
 * case is for the caller to fold first: it is refused here, like every byte
 * outside ASCII, so that no two handles look alike. */
bool tacet_name_valid(tacet_span name);
/* Labels of a-z 0-9 -, by dots; "localhost" is one. */
bool tacet_domain_valid(tacet_span domain);
/* Splits name@domain and checks both. ENCODING. */
TACET_MUST_CHECK tacet_err tacet_handle_split(tacet_span handle,
                                              tacet_span *name,
                                              tacet_span *domain);

/* ---- one manifest ---- */

typedef struct tacet_device {
  uint8_t id[TACET_DEVICE_ID_LEN];
  uint8_t key[TACET_DEVICE_KEY_LEN];
} tacet_device;

typedef struct tacet_manifest {
  uint8_t account_id[TACET_ACCOUNT_ID_LEN];
  uint32_t number;
  uint8_t previous_hash[TACET_MANIFEST_HASH_LEN];
  char handle[TACET_HANDLE_MAX + 1];
  size_t n_devices;
  tacet_device devices[TACET_DEVICES_MAX];
  uint8_t recovery_key[TACET_DEVICE_KEY_LEN];
  /* what follows is filled by parse and ignored by sign */
  bool by_recovery_key;
  uint8_t signer[TACET_DEVICE_ID_LEN];
  uint8_t hash[TACET_MANIFEST_HASH_LEN]; /* SHA-256 of the whole */
} tacet_manifest;

/* Form alone, of all of `bytes`; no signature is looked at. Any INPUT error. */
TACET_MUST_CHECK tacet_err tacet_manifest_parse(tacet_span bytes,
                                                tacet_manifest *out);

/* Parses number 0 and checks it whole: the account id, the signature, the
 * possession. MANIFEST or AUTH if it is not valid. */
TACET_MUST_CHECK tacet_err tacet_manifest_first(tacet_span bytes,
                                                tacet_manifest *out);
/* Parses the one that follows `previous` and checks every rule of the chain.
 * MANIFEST: a rule; AUTH: a signature; FORK: it has the number of `previous`
 * and is another one. An equal copy of `previous` is EXISTS.
 *
 * FORK is said before any signature is looked at, and so is no evidence: anybody
 * can write such bytes. Check the rival against *its* predecessor (with _first
 * for number 0) before believing in it. And a chain binds no handle: whoever
 * likes signs a number 0 that claims one. Only the directory says whose a handle
 * is; a manifest that came beside a letter or a commit does not. */
TACET_MUST_CHECK tacet_err tacet_manifest_next(const tacet_manifest *previous,
                                               tacet_span bytes,
                                               tacet_manifest *out);

/* The device with this id; NULL if it is not listed. */
const tacet_device *tacet_manifest_device(const tacet_manifest *m,
                                          const uint8_t id[16]);

/* ---- making one ---- */

/* Who signs: a device of the manifest before (of this one, for number 0), or
 * the recovery key. The private key is a 32-byte seed. */
typedef struct tacet_manifest_signer {
  bool recovery;
  uint8_t device_id[TACET_DEVICE_ID_LEN];
  const tacet_secret *private_key;
} tacet_manifest_signer;

/* Writes m, signed. For number 0 account_id is computed and put into m too.
 * previous: the one before, NULL for number 0; previous_hash is set from it.
 * new_keys: private keys of the devices that are new, in the order in which
 * they stand in m. devices must be in ascending order of id. ARGUMENT if the
 * result would not be accepted by _first or _next. */
TACET_MUST_CHECK tacet_err tacet_manifest_sign(
    tacet_manifest *m, const tacet_manifest *previous,
    const tacet_manifest_signer *signer, const tacet_secret *const *new_keys,
    size_t n_new_keys, tacet_buf *out);

/* The same in steps, for a device whose private key is somewhere else: the body
 * of what follows `previous` (account id, number and previous_hash are set from
 * it), the proof of a key that is new in it, and the manifest with the proofs of
 * all such keys, 64 bytes each, in the order of devices. */
TACET_MUST_CHECK tacet_err tacet_manifest_body(tacet_manifest *m,
                                               const tacet_manifest *previous,
                                               tacet_buf *out);
TACET_MUST_CHECK tacet_err tacet_manifest_possess(tacet_span body,
                                                  const tacet_secret *key,
                                                  uint8_t out[64]);
/* AUTH. */
TACET_MUST_CHECK tacet_err tacet_manifest_possession_check(
    tacet_span body, const uint8_t key[TACET_DEVICE_KEY_LEN],
    tacet_span signature);
TACET_MUST_CHECK tacet_err tacet_manifest_sign_with(
    tacet_manifest *m, const tacet_manifest *previous,
    const tacet_manifest_signer *signer, tacet_span possession, tacet_buf *out);
/* Form alone. Any INPUT error. */
TACET_MUST_CHECK tacet_err tacet_manifest_body_parse(tacet_span body,
                                                     tacet_manifest *out);

/* ---- safety codes ---- */

#define TACET_SAFETY_DIGITS 60
/* 60 digits over two account ids, the same from both sides: twelve groups of 5
 * digits, each from 5 bytes of SHA-512("Tacet 1.0 safety code" || smaller id ||
 * larger id), in order. `out` gets them with a NUL. */
TACET_MUST_CHECK tacet_err tacet_safety_code(const uint8_t a[32],
                                             const uint8_t b[32],
                                             char out[TACET_SAFETY_DIGITS + 1]);

#ifdef __cplusplus
}
#endif
#endif
