/* SPDX-License-Identifier: Apache-2.0
 * The VOPRF's protocol (RFC 9497 3.3.2) and keys (3.2). */
#include "crypto/voprf.h"

#include "crypto/expand_message.h"
#include "tacet/crypto.h"

static const tacet_group *const group = &tacet_group_ristretto255;
static const tacet_hash *const hash = &tacet_hash_sha512;

typedef struct uniform {
  uint8_t b[TACET_GROUP_UNIFORM_MAX];
} uniform;

static void uniform_wipe(uniform *u) {
  tacet_wipe(u, sizeof(*u));
}

void tacet_voprf_key_wipe(tacet_voprf_key *k) {
  tacet_wipe(k, sizeof(*k));
}

tacet_err tacet_voprf_hash_to_scalar(const tacet_span *parts, size_t n_parts,
                                     tacet_span dst, uint8_t *scalar) {
  TACET_CLEANUP(uniform_wipe) uniform u;
  TACET_TRY(
      tacet_expand_message(hash, parts, n_parts, dst, group->uniform_len, u.b));
  group->scalar_from_uniform(u.b, scalar);
  return TACET_OK;
}

static tacet_err hash_to_group(tacet_span input, uint8_t *element) {
  if (input.len > TACET_VOPRF_INPUT_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_CLEANUP(uniform_wipe) uniform u;
  TACET_TRY(tacet_expand_message(hash, &input, 1,
                                 TACET_SPAN_LIT("HashToGroup-" VOPRF_CONTEXT),
                                 group->uniform_len, u.b));
  return group->element_from_uniform(u.b, element);
}

tacet_err tacet_voprf_random_scalar(uint8_t *scalar) {
  TACET_CLEANUP(uniform_wipe) uniform u;
  TACET_TRY(tacet_random(u.b, group->uniform_len));
  group->scalar_from_uniform(u.b, scalar);
  /* One chance in 2^252, or a generator that gives zeros. */
  return group->scalar_is_zero(scalar) ? TACET_ERR_RNG : TACET_OK;
}

/* ---- keys ---- */

tacet_err tacet_voprf_key_load(tacet_span private_key, tacet_voprf_key *k) {
  if (private_key.len != SCALAR_LEN ||
      group->scalar_check(private_key.p) != TACET_OK ||
      group->scalar_is_zero(private_key.p)) {
    return TACET_ERR_ARGUMENT;
  }
  uint8_t public_key[ELEMENT_LEN];
  TACET_TRY(group->mul_base(private_key.p, public_key));
  TACET_TRY(tacet_secret_set(&k->private_key, private_key));
  memcpy(k->public_key, public_key, ELEMENT_LEN);
  return TACET_OK;
}

tacet_err tacet_voprf_key_generate(tacet_voprf_key *k) {
  TACET_SECRET(scalar);
  scalar.len = SCALAR_LEN;
  TACET_TRY(tacet_voprf_random_scalar(scalar.b));
  return tacet_voprf_key_load(tacet_secret_span(&scalar), k);
}

/* DeriveKeyPair (3.2.1): the first counter that gives a scalar which is not
 * zero; the RFC gives up after 255. */
tacet_err tacet_voprf_key_derive(tacet_span seed, tacet_span info,
                                 tacet_voprf_key *k) {
  if (seed.len != TACET_VOPRF_SEED_LEN || info.len > 65535) {
    return TACET_ERR_ARGUMENT;
  }
  uint8_t info_len[2] = {(uint8_t)(info.len >> 8), (uint8_t)info.len};
  TACET_SECRET(scalar);
  scalar.len = SCALAR_LEN;
  for (unsigned i = 0; i < 256; i++) {
    uint8_t counter = (uint8_t)i;
    tacet_span parts[] = {seed, tacet_span_of(info_len, 2), info,
                          tacet_span_of(&counter, 1)};
    TACET_TRY(tacet_voprf_hash_to_scalar(
        parts, 4, TACET_SPAN_LIT("DeriveKeyPair" VOPRF_CONTEXT), scalar.b));
    if (!group->scalar_is_zero(scalar.b)) {
      return tacet_voprf_key_load(tacet_secret_span(&scalar), k);
    }
  }
  return TACET_ERR_PROVIDER;
}

/* ---- client: blind ---- */

static tacet_err blind_one(tacet_span input, uint8_t *blind, uint8_t *blinded) {
  uint8_t element[ELEMENT_LEN];
  TACET_TRY(hash_to_group(input, element));
  TACET_TRY(tacet_voprf_random_scalar(blind));
  return group->mul(blind, element, blinded);
}

tacet_err tacet_voprf_blind(const tacet_span *inputs, size_t n, uint8_t *blinds,
                            uint8_t *blinded) {
  if (n == 0 || n > TACET_VOPRF_BATCH_MAX) {
    return TACET_ERR_LIMIT;
  }
  for (size_t i = 0; i < n; i++) {
    tacet_err err = blind_one(inputs[i], blinds + i * SCALAR_LEN,
                              blinded + i * ELEMENT_LEN);
    if (err != TACET_OK) {
      tacet_wipe(blinds, n * SCALAR_LEN);
      tacet_wipe(blinded, n * ELEMENT_LEN);
      return err;
    }
  }
  return TACET_OK;
}

/* ---- issuer ---- */

static tacet_err batch_size(tacet_span elements, size_t *n) {
  if (elements.len % ELEMENT_LEN != 0) {
    return TACET_ERR_ENCODING;
  }
  *n = elements.len / ELEMENT_LEN;
  return *n == 0 || *n > TACET_VOPRF_BATCH_MAX ? TACET_ERR_LIMIT : TACET_OK;
}

tacet_err tacet_voprf_blind_evaluate(const tacet_voprf_key *k,
                                     tacet_span blinded, uint8_t *evaluated,
                                     uint8_t *proof) {
  size_t n = 0;
  TACET_TRY(batch_size(blinded, &n));
  TACET_BYTES(made);
  TACET_TRY(tacet_bytes_new(&made, blinded.len));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(group->mul(k->private_key.b, blinded.p + i * ELEMENT_LEN,
                         made.p + i * ELEMENT_LEN));
  }
  TACET_TRY(tacet_voprf_prove(k, blinded, tacet_bytes_span(&made), proof));
  memcpy(evaluated, made.p, made.len);
  return TACET_OK;
}

/* Hash(I2OSP(len(input), 2) || input || I2OSP(32, 2) || element || "Finalize"),
 * the same on both sides. */
static tacet_err output_of(tacet_span input, const uint8_t *element,
                           uint8_t *output) {
  uint8_t input_len[2] = {(uint8_t)(input.len >> 8), (uint8_t)input.len};
  uint8_t element_len[2] = {0, ELEMENT_LEN};
  tacet_span parts[] = {
      tacet_span_of(input_len, 2), input, tacet_span_of(element_len, 2),
      tacet_span_of(element, ELEMENT_LEN), TACET_SPAN_LIT("Finalize")};
  return hash->digest(parts, 5, output);
}

tacet_err tacet_voprf_evaluate(const tacet_voprf_key *k, tacet_span input,
                               uint8_t *output) {
  TACET_SECRET(evaluated);
  uint8_t element[ELEMENT_LEN];
  TACET_TRY(hash_to_group(input, element));
  TACET_TRY(group->mul(k->private_key.b, element, evaluated.b));
  return output_of(input, evaluated.b, output);
}

tacet_err tacet_voprf_redeem(const tacet_voprf_key *k, tacet_span input,
                             tacet_span output) {
  TACET_SECRET(expected);
  TACET_TRY(tacet_voprf_evaluate(k, input, expected.b));
  expected.len = TACET_VOPRF_OUTPUT_LEN;
  return tacet_equal_ct(tacet_secret_span(&expected), output) ? TACET_OK
                                                              : TACET_ERR_TOKEN;
}

/* ---- client: finalize ---- */

static tacet_err finalize_one(const tacet_voprf_batch *batch, size_t i,
                              tacet_span evaluated, uint8_t *output) {
  TACET_SECRET(inverse);
  TACET_SECRET(unblinded);
  TACET_TRY(group->scalar_invert(batch->blinds.p + i * SCALAR_LEN, inverse.b));
  TACET_TRY(group->mul(inverse.b, evaluated.p + i * ELEMENT_LEN, unblinded.b));
  return output_of(batch->inputs[i], unblinded.b, output);
}

tacet_err tacet_voprf_finalize(const tacet_voprf_batch *batch,
                               tacet_span public_key, tacet_span evaluated,
                               tacet_span proof, uint8_t *outputs) {
  size_t n = 0;
  TACET_TRY(batch_size(batch->blinded, &n));
  if (n != batch->n || batch->blinds.len != n * SCALAR_LEN) {
    return TACET_ERR_ARGUMENT;
  }
  if (evaluated.len != n * ELEMENT_LEN || public_key.len != ELEMENT_LEN ||
      proof.len != TACET_VOPRF_PROOF_LEN) {
    return TACET_ERR_ENCODING;
  }
  TACET_TRY(tacet_voprf_verify(public_key.p, batch->blinded, evaluated, proof));
  for (size_t i = 0; i < n; i++) {
    tacet_err err =
        finalize_one(batch, i, evaluated, outputs + i * TACET_VOPRF_OUTPUT_LEN);
    if (err != TACET_OK) {
      tacet_wipe(outputs, n * TACET_VOPRF_OUTPUT_LEN);
      return err;
    }
  }
  return TACET_OK;
}
