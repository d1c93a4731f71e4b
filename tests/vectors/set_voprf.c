/* SPDX-License-Identifier: Apache-2.0
 * allVectors.json of cfrg/draft-irtf-cfrg-voprf (RFC 9497 A): ristretto255 with
 * SHA-512, mode VOPRF. */
#include <stdio.h>
#include <string.h>

#include "tacet/crypto/voprf.h"
#include "tests/vectors/sets.h"

/* The vectors give the random scalars. A scalar followed by zeros reduces to
 * itself, so that is what the generator is made to say. */
static tacet_span scripted;

static tacet_err scripted_random(uint8_t *out, size_t len) {
  if (scripted.len < TACET_VOPRF_SCALAR_LEN || len < TACET_VOPRF_SCALAR_LEN) {
    return TACET_ERR_RNG;
  }
  memset(out, 0, len);
  memcpy(out, scripted.p, TACET_VOPRF_SCALAR_LEN);
  scripted.p += TACET_VOPRF_SCALAR_LEN;
  scripted.len -= TACET_VOPRF_SCALAR_LEN;
  return TACET_OK;
}

/* A field of several values: hex strings with commas between them. */
static size_t split(vec_context *c, const json_t *v, const char *key,
                    tacet_span *out, size_t max) {
  const char *text = vec_text(c, v, key);
  for (size_t n = 0;; n++) {
    size_t len = strcspn(text, ",");
    json_t *one = json_stringn(text, len);
    if (n < max) {
      out[n] = vec_hex_value(c, one);
    }
    json_decref(one);
    if (text[len] == '\0') {
      return n + 1;
    }
    text += len + 1;
  }
}

/* The same values end to end. */
static tacet_span joined(vec_context *c, const json_t *v, const char *key) {
  tacet_span parts[8];
  size_t n = split(c, v, key, parts, 8), len = 0;
  uint8_t *out = vec_alloc(c, 8 * 256);
  for (size_t i = 0; i < n && i < 8 && parts[i].len <= 256; i++) {
    memcpy(out + len, parts[i].p, parts[i].len);
    len += parts[i].len;
  }
  return tacet_span_of(out, len);
}

static vec_outcome issue(vec_context *c, const tacet_voprf_key *k,
                         const json_t *v, const tacet_voprf_batch *batch) {
  const json_t *proof = vec_get(c, v, "Proof");
  tacet_span want = vec_hex(c, proof, "proof");
  tacet_span evaluated = joined(c, v, "EvaluationElement");
  tacet_span outputs = joined(c, v, "Output");
  uint8_t *made = vec_alloc(c, batch->blinded.len);
  uint8_t made_proof[TACET_VOPRF_PROOF_LEN];
  VEC_CHECK(c, evaluated.len == batch->blinded.len &&
                   outputs.len == batch->n * TACET_VOPRF_OUTPUT_LEN);
  scripted = vec_hex(c, proof, "r");
  VEC_OK(c, tacet_voprf_blind_evaluate(k, batch->blinded, made, made_proof));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(made, evaluated.len), evaluated));
  VEC_CHECK(
      c, tacet_span_equal(tacet_span_of(made_proof, sizeof(made_proof)), want));
  uint8_t *got = vec_alloc(c, outputs.len);
  VEC_OK(c, tacet_voprf_finalize(
                batch, tacet_span_of(k->public_key, sizeof(k->public_key)),
                evaluated, want, got));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(got, outputs.len), outputs));
  for (size_t i = 0; i < batch->n; i++) {
    VEC_OK(c, tacet_voprf_redeem(
                  k, batch->inputs[i],
                  tacet_span_of(outputs.p + i * TACET_VOPRF_OUTPUT_LEN,
                                TACET_VOPRF_OUTPUT_LEN)));
  }
  return VEC_PASSED;
}

static vec_outcome run(vec_context *c, const tacet_voprf_key *k,
                       const json_t *v) {
  tacet_span inputs[8];
  size_t n = split(c, v, "Input", inputs, 8);
  tacet_span blinds = joined(c, v, "Blind");
  tacet_span blinded = joined(c, v, "BlindedElement");
  uint8_t *made_blinds = vec_alloc(c, n * TACET_VOPRF_SCALAR_LEN);
  uint8_t *made = vec_alloc(c, n * TACET_VOPRF_ELEMENT_LEN);
  VEC_CHECK(c, n == vec_uint(c, v, "Batch") && n <= 8);
  VEC_CHECK(c, blinds.len == n * TACET_VOPRF_SCALAR_LEN &&
                   blinded.len == n * TACET_VOPRF_ELEMENT_LEN);
  scripted = blinds;
  VEC_OK(c, tacet_voprf_blind(inputs, n, made_blinds, made));
  VEC_CHECK(c,
            tacet_span_equal(tacet_span_of(made_blinds, blinds.len), blinds));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(made, blinded.len), blinded));
  tacet_voprf_batch batch = {inputs, n, blinds, blinded};
  return issue(c, k, v, &batch);
}

static vec_outcome run_suite(vec_context *c, const json_t *entry) {
  TACET_VOPRF_KEY(k);
  VEC_OK(c, tacet_voprf_key_derive(vec_hex(c, entry, "seed"),
                                   vec_hex(c, entry, "keyInfo"), &k));
  VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&k.private_key),
                                vec_hex(c, entry, "skSm")));
  VEC_CHECK(c,
            tacet_span_equal(tacet_span_of(k.public_key, sizeof(k.public_key)),
                             vec_hex(c, entry, "pkSm")));
  json_t *list = vec_array(c, entry, "vectors");
  VEC_CHECK(c, json_array_size(list) > 0);
  for (size_t i = 0; i < json_array_size(list); i++) {
    if (run(c, &k, json_array_get(list, i)) != VEC_PASSED) {
      return VEC_FAILED;
    }
  }
  return VEC_PASSED;
}

vec_outcome set_voprf(vec_context *c, const json_t *entry) {
  if (strcmp(vec_text(c, entry, "identifier"), "ristretto255-SHA512") != 0 ||
      vec_uint(c, entry, "mode") != 1) {
    char what[48];
    snprintf(what, sizeof(what), "%s mode", vec_text(c, entry, "identifier"));
    return vec_not_offered(c, what, vec_uint(c, entry, "mode"));
  }
  tacet_random_source_set(scripted_random);
  vec_outcome outcome = run_suite(c, entry);
  tacet_random_source_set(NULL);
  return outcome;
}
