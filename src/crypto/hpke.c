/* SPDX-License-Identifier: Apache-2.0
 * HPKE (RFC 9180 5), modes base and psk. */
#include "crypto/hkdf.h"

#define PSK_MIN 32 /* RFC 9180 5.1.2: at least 32 bytes of entropy */

typedef struct hpke_suite_id {
  uint8_t b[10];
} hpke_suite_id;

static hpke_suite_id suite_id(tacet_hpke_suite s) {
  uint16_t kem = s.kem->id, kdf = s.kdf->kdf_id, aead = s.aead->id;
  return (hpke_suite_id){{'H', 'P', 'K', 'E', (uint8_t)(kem >> 8), (uint8_t)kem,
                          (uint8_t)(kdf >> 8), (uint8_t)kdf,
                          (uint8_t)(aead >> 8), (uint8_t)aead}};
}

void tacet_hpke_wipe(tacet_hpke *c) {
  tacet_wipe(c, sizeof(*c));
}

/* KeySchedule (5.1). c is wiped by the caller if this fails. */
static tacet_err key_schedule(tacet_hpke_suite s, tacet_span shared,
                              tacet_span info, tacet_span psk,
                              tacet_span psk_id, tacet_hpke *c) {
  hpke_suite_id id_bytes = suite_id(s);
  tacet_span id = tacet_span_of(id_bytes.b, sizeof(id_bytes.b));
  uint8_t mode = psk.len == 0 ? 0 : 1;
  TACET_SECRET(psk_id_hash);
  TACET_SECRET(info_hash);
  TACET_TRY(tacet_labeled_extract(s.kdf, id, TACET_SPAN_EMPTY, "psk_id_hash",
                                  psk_id, &psk_id_hash));
  TACET_TRY(tacet_labeled_extract(s.kdf, id, TACET_SPAN_EMPTY, "info_hash",
                                  info, &info_hash));
  tacet_span context[] = {{&mode, 1},
                          tacet_secret_span(&psk_id_hash),
                          tacet_secret_span(&info_hash)};
  TACET_SECRET(secret);
  TACET_TRY(tacet_labeled_extract(s.kdf, id, shared, "secret", psk, &secret));
  TACET_TRY(tacet_labeled_expand(s.kdf, id, &secret, "key", context, 3,
                                 s.aead->key_len, &c->key));
  TACET_TRY(tacet_labeled_expand(s.kdf, id, &secret, "base_nonce", context, 3,
                                 s.aead->nonce_len, &c->base_nonce));
  TACET_TRY(tacet_labeled_expand(s.kdf, id, &secret, "exp", context, 3,
                                 s.kdf->len, &c->exporter_secret));
  c->suite = s;
  c->seq = 0;
  return TACET_OK;
}

/* VerifyPSKInputs (5.1), and a length below which no key has the entropy that
 * is asked for. */
static bool psk_inputs_valid(tacet_span psk, tacet_span psk_id) {
  if (psk.len == 0) {
    return psk_id.len == 0;
  }
  return psk_id.len != 0 && psk.len >= PSK_MIN;
}

tacet_err tacet_hpke_setup_shared(tacet_hpke_suite s, tacet_span shared,
                                  tacet_span info, tacet_span psk,
                                  tacet_span psk_id, tacet_hpke *c) {
  if (!psk_inputs_valid(psk, psk_id)) {
    return TACET_ERR_ARGUMENT;
  }
  tacet_err err = key_schedule(s, shared, info, psk, psk_id, c);
  if (err != TACET_OK) {
    tacet_hpke_wipe(c);
  }
  return err;
}

tacet_err tacet_hpke_setup_sender(tacet_hpke_suite s, tacet_span public_key,
                                  tacet_span info, tacet_span psk,
                                  tacet_span psk_id, uint8_t *enc,
                                  tacet_hpke *c) {
  if (!psk_inputs_valid(psk, psk_id)) {
    return TACET_ERR_ARGUMENT; /* before any randomness is spent */
  }
  TACET_SECRET(shared);
  uint8_t made[TACET_KEM_ENC_MAX];
  TACET_TRY(s.kem->encap(public_key, &shared, made));
  TACET_TRY(tacet_hpke_setup_shared(s, tacet_secret_span(&shared), info, psk,
                                    psk_id, c));
  memcpy(enc, made, s.kem->enc_len);
  return TACET_OK;
}

tacet_err tacet_hpke_setup_receiver(tacet_hpke_suite s, tacet_span enc,
                                    tacet_span private_key, tacet_span info,
                                    tacet_span psk, tacet_span psk_id,
                                    tacet_hpke *c) {
  TACET_SECRET(shared);
  TACET_TRY(s.kem->decap(private_key, enc, &shared));
  return tacet_hpke_setup_shared(s, tacet_secret_span(&shared), info, psk,
                                 psk_id, c);
}

/* ComputeNonce (5.2). */
static void compute_nonce(const tacet_hpke *c, uint64_t seq,
                          tacet_secret *nonce) {
  size_t n = c->base_nonce.len;
  nonce->len = n;
  memcpy(nonce->b, c->base_nonce.b, n);
  for (size_t i = 0; i < 8; i++) {
    nonce->b[n - 1 - i] ^= (uint8_t)(seq >> (8 * i));
  }
}

tacet_err tacet_hpke_seal_at(const tacet_hpke *c, uint64_t seq, tacet_span aad,
                             tacet_span in, uint8_t *out) {
  TACET_SECRET(nonce);
  compute_nonce(c, seq, &nonce);
  return c->suite.aead->seal(tacet_secret_span(&c->key),
                             tacet_secret_span(&nonce), aad, in, out);
}

tacet_err tacet_hpke_open_at(const tacet_hpke *c, uint64_t seq, tacet_span aad,
                             tacet_span in, uint8_t *out) {
  TACET_SECRET(nonce);
  compute_nonce(c, seq, &nonce);
  return c->suite.aead->open(tacet_secret_span(&c->key),
                             tacet_secret_span(&nonce), aad, in, out);
}

tacet_err tacet_hpke_seal(tacet_hpke *c, tacet_span aad, tacet_span in,
                          uint8_t *out) {
  if (c->seq == UINT64_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(tacet_hpke_seal_at(c, c->seq, aad, in, out));
  c->seq++;
  return TACET_OK;
}

tacet_err tacet_hpke_open(tacet_hpke *c, tacet_span aad, tacet_span in,
                          uint8_t *out) {
  if (c->seq == UINT64_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(tacet_hpke_open_at(c, c->seq, aad, in, out));
  c->seq++;
  return TACET_OK;
}

tacet_err tacet_hpke_export(const tacet_hpke *c, tacet_span context, size_t len,
                            tacet_secret *out) {
  hpke_suite_id id = suite_id(c->suite);
  return tacet_labeled_expand(c->suite.kdf, tacet_span_of(id.b, sizeof(id.b)),
                              &c->exporter_secret, "sec", &context, 1, len,
                              out);
}

tacet_err tacet_hpke_seal_base(tacet_hpke_suite s, tacet_span public_key,
                               tacet_span info, tacet_span aad, tacet_span in,
                               uint8_t *enc, uint8_t *out) {
  TACET_HPKE(c);
  uint8_t made[TACET_KEM_ENC_MAX];
  TACET_TRY(tacet_hpke_setup_sender(s, public_key, info, TACET_SPAN_EMPTY,
                                    TACET_SPAN_EMPTY, made, &c));
  TACET_TRY(tacet_hpke_seal(&c, aad, in, out));
  memcpy(enc, made, s.kem->enc_len);
  return TACET_OK;
}

tacet_err tacet_hpke_open_base(tacet_hpke_suite s, tacet_span enc,
                               tacet_span private_key, tacet_span info,
                               tacet_span aad, tacet_span in, uint8_t *out) {
  TACET_HPKE(c);
  TACET_TRY(tacet_hpke_setup_receiver(s, enc, private_key, info,
                                      TACET_SPAN_EMPTY, TACET_SPAN_EMPTY, &c));
  return tacet_hpke_open(&c, aad, in, out);
}
