/* SPDX-License-Identifier: Apache-2.0
 * The VOPRF: RFC 9497 A.1.2, whole batches, and every way to cheat that the
 * proof is there to stop. */
#include "tacet/crypto/group.h"
#include "tacet/crypto/voprf.h"
#include "tests/unit/crypto/rng.h"

#define ELEMENT TACET_VOPRF_ELEMENT_LEN
#define OUTPUT TACET_VOPRF_OUTPUT_LEN
#define PROOF TACET_VOPRF_PROOF_LEN

/* ---- known answer ---- */

static tacet_span script;

/* A scalar, then zeros: reduces to that scalar. */
static tacet_err scripted(uint8_t *out, size_t len) {
  if (script.len < 32 || len != 64) {
    return TACET_ERR_RNG;
  }
  memset(out, 0, len);
  memcpy(out, script.p, 32);
  script = tacet_span_of(script.p + 32, script.len - 32);
  return TACET_OK;
}

/* A.1.2.3: the batch of two. */
static void rfc_known_answer(void **state) {
  (void)state;
  tacet_span seed = test_hex(
      "a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3");
  tacet_span sk = test_hex(
      "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909");
  tacet_span pk = test_hex(
      "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e");
  tacet_span blinds = test_hex(
      "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
      "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e");
  tacet_span blinded = test_hex(
      "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"
      "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654");
  tacet_span evaluated = test_hex(
      "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"
      "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a");
  tacet_span r = test_hex(
      "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c");
  tacet_span proof = test_hex(
      "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
      "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08");
  tacet_span output = test_hex(
      "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
      "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"
      "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
      "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6");
  uint8_t a[64], b[64], c[64], out[2 * OUTPUT];
  tacet_span inputs[] = {TACET_SPAN_LIT("\0"),
                         TACET_SPAN_LIT("ZZZZZZZZZZZZZZZZZ")};
  TACET_VOPRF_KEY(k);
  assert_ok(tacet_voprf_key_derive(seed, TACET_SPAN_LIT("test key"), &k));
  assert_span(sk, tacet_secret_span(&k.private_key));
  assert_span(pk, tacet_span_of(k.public_key, ELEMENT));

  tacet_random_source_set(scripted);
  script = blinds;
  assert_ok(tacet_voprf_blind(inputs, 2, a, b));
  assert_span(blinds, tacet_span_of(a, 64));
  assert_span(blinded, tacet_span_of(b, 64));
  script = r;
  assert_ok(tacet_voprf_blind_evaluate(&k, blinded, b, c));
  test_rng_normal();
  assert_span(evaluated, tacet_span_of(b, 64));
  assert_span(proof, tacet_span_of(c, PROOF));

  tacet_voprf_batch batch = {inputs, 2, blinds, blinded};
  assert_ok(tacet_voprf_finalize(&batch, pk, evaluated, proof, out));
  assert_span(output, tacet_span_of(out, sizeof(out)));
  assert_ok(tacet_voprf_redeem(&k, inputs[0], tacet_span_of(out, OUTPUT)));
  tacet_span all[] = {seed,      sk, pk,    blinds, blinded,
                      evaluated, r,  proof, output};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    test_hex_free(all[i]);
  }
}

/* ---- a batch of ours ---- */

#define N 3

typedef struct exchange {
  tacet_voprf_key key;
  tacet_span inputs[N];
  uint8_t input_bytes[N][32];
  uint8_t blinds[N * 32], blinded[N * ELEMENT], evaluated[N * ELEMENT];
  uint8_t proof[PROOF], outputs[N * OUTPUT];
} exchange;

static void draw(exchange *e) {
  for (size_t i = 0; i < N; i++) {
    assert_ok(tacet_random(e->input_bytes[i], 32));
    e->inputs[i] = tacet_span_of(e->input_bytes[i], 32);
  }
  assert_ok(tacet_voprf_key_generate(&e->key));
  assert_ok(tacet_voprf_blind(e->inputs, N, e->blinds, e->blinded));
  assert_ok(tacet_voprf_blind_evaluate(
      &e->key, tacet_span_of(e->blinded, sizeof(e->blinded)), e->evaluated,
      e->proof));
}

static tacet_err finalize_with(const exchange *e, const uint8_t *public_key,
                               uint8_t *outputs) {
  tacet_voprf_batch batch = {e->inputs, N,
                             tacet_span_of(e->blinds, sizeof(e->blinds)),
                             tacet_span_of(e->blinded, sizeof(e->blinded))};
  return tacet_voprf_finalize(&batch, tacet_span_of(public_key, ELEMENT),
                              tacet_span_of(e->evaluated, sizeof(e->evaluated)),
                              tacet_span_of(e->proof, PROOF), outputs);
}

static tacet_err finalize(const exchange *e, uint8_t *outputs) {
  return finalize_with(e, e->key.public_key, outputs);
}

static void tokens_are_redeemed(void **state) {
  (void)state;
  exchange e;
  TACET_VOPRF_KEY(other);
  draw(&e);
  assert_ok(finalize(&e, e.outputs));
  assert_ok(tacet_voprf_key_generate(&other));
  for (size_t i = 0; i < N; i++) {
    tacet_span output = tacet_span_of(e.outputs + i * OUTPUT, OUTPUT);
    uint8_t evaluated[OUTPUT];
    assert_ok(tacet_voprf_evaluate(&e.key, e.inputs[i], evaluated));
    assert_span(output, tacet_span_of(evaluated, OUTPUT));
    assert_ok(tacet_voprf_redeem(&e.key, e.inputs[i], output));
    assert_err(TACET_ERR_TOKEN,
               tacet_voprf_redeem(&other, e.inputs[i], output));
    assert_err(TACET_ERR_TOKEN,
               tacet_voprf_redeem(&e.key, e.inputs[(i + 1) % N], output));
    assert_err(TACET_ERR_TOKEN, tacet_voprf_redeem(&e.key, e.inputs[i],
                                                   (tacet_span){output.p, 63}));
    assert_err(TACET_ERR_TOKEN,
               tacet_voprf_redeem(&e.key, e.inputs[i], TACET_SPAN_EMPTY));
    for (size_t bit = 0; bit < 8 * OUTPUT; bit += 5) {
      e.outputs[i * OUTPUT + bit / 8] ^= (uint8_t)(1u << (bit % 8));
      assert_err(TACET_ERR_TOKEN,
                 tacet_voprf_redeem(&e.key, e.inputs[i], output));
      e.outputs[i * OUTPUT + bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
  }
}

/* The same inputs blinded again look like nothing seen before, and give the
 * same outputs. */
static void blinding_hides_the_input(void **state) {
  (void)state;
  exchange e;
  draw(&e);
  assert_ok(finalize(&e, e.outputs));
  exchange again = e;
  for (size_t i = 0; i < N; i++) {
    again.inputs[i] = tacet_span_of(again.input_bytes[i], 32);
  }
  assert_ok(tacet_voprf_blind(again.inputs, N, again.blinds, again.blinded));
  for (size_t i = 0; i < N; i++) {
    assert_memory_not_equal(e.blinded + i * ELEMENT,
                            again.blinded + i * ELEMENT, ELEMENT);
  }
  assert_ok(tacet_voprf_blind_evaluate(
      &again.key, tacet_span_of(again.blinded, sizeof(again.blinded)),
      again.evaluated, again.proof));
  assert_ok(finalize(&again, again.outputs));
  assert_memory_equal(e.outputs, again.outputs, sizeof(e.outputs));
}

/* ---- cheating ---- */

static void must_not_finalize(const exchange *e, const uint8_t *public_key) {
  uint8_t outputs[N * OUTPUT];
  memset(outputs, 0xee, sizeof(outputs));
  tacet_err err = finalize_with(e, public_key, outputs);
  assert_true(err == TACET_ERR_TOKEN || err == TACET_ERR_ENCODING);
  for (size_t i = 0; i < sizeof(outputs); i++) {
    assert_true(outputs[i] == 0xee);
  }
}

/* The issuer evaluates one element of the batch under a key of its own, which
 * would mark that token. */
static void one_marked_token_is_noticed(void **state) {
  (void)state;
  exchange e;
  draw(&e);
  TACET_VOPRF_KEY(marking);
  assert_ok(tacet_voprf_key_generate(&marking));
  uint8_t proof[PROOF];
  for (size_t i = 0; i < N; i++) {
    exchange cheat = e;
    assert_ok(tacet_voprf_blind_evaluate(
        &marking, tacet_span_of(e.blinded + i * ELEMENT, ELEMENT),
        cheat.evaluated + i * ELEMENT, proof));
    must_not_finalize(&cheat, e.key.public_key);
  }
  /* A whole batch under another key, with that key's own good proof. */
  exchange cheat = e;
  assert_ok(tacet_voprf_blind_evaluate(
      &marking, tacet_span_of(e.blinded, sizeof(e.blinded)), cheat.evaluated,
      cheat.proof));
  assert_ok(finalize_with(&cheat, marking.public_key, cheat.outputs));
  must_not_finalize(&cheat, e.key.public_key);
}

static void elements_changed_places(void **state) {
  (void)state;
  exchange e;
  draw(&e);
  uint8_t first[ELEMENT];
  memcpy(first, e.evaluated, ELEMENT);
  memcpy(e.evaluated, e.evaluated + ELEMENT, ELEMENT);
  memcpy(e.evaluated + ELEMENT, first, ELEMENT);
  must_not_finalize(&e, e.key.public_key);
}

static void every_bit_of_the_proof_counts(void **state) {
  (void)state;
  exchange e;
  draw(&e);
  for (size_t bit = 0; bit < 8 * PROOF; bit++) {
    e.proof[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    must_not_finalize(&e, e.key.public_key);
    e.proof[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  }
  memset(e.proof, 0, PROOF);
  must_not_finalize(&e, e.key.public_key);
}

/* RFC 9496 A.3 and the like: what is not the one encoding of an element. */
static const char *const not_elements[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "2eb76f7eb6e9f1fab4cf4b2ff6f0c8c1ab0bbc1e5a50a5d8e2ef9f4d1d1e84ff",
};

static void only_elements_are_taken(void **state) {
  (void)state;
  exchange e;
  draw(&e);
  for (size_t i = 0; i < sizeof(not_elements) / sizeof(not_elements[0]); i++) {
    tacet_span bad = test_hex(not_elements[i]);
    uint8_t proof[PROOF], evaluated[N * ELEMENT], outputs[N * OUTPUT];
    memset(evaluated, 0xee, sizeof(evaluated));
    assert_err(TACET_ERR_ENCODING,
               tacet_group_ristretto255.element_check(bad.p));
    exchange cheat = e;
    memcpy(cheat.blinded + ELEMENT, bad.p, ELEMENT);
    assert_err(TACET_ERR_ENCODING,
               tacet_voprf_blind_evaluate(
                   &e.key, tacet_span_of(cheat.blinded, sizeof(cheat.blinded)),
                   evaluated, proof));
    assert_int_equal(evaluated[0], 0xee);
    cheat = e;
    memcpy(cheat.evaluated + ELEMENT, bad.p, ELEMENT);
    assert_err(TACET_ERR_ENCODING, finalize(&cheat, outputs));
    assert_err(TACET_ERR_ENCODING, finalize_with(&e, bad.p, outputs));
    test_hex_free(bad);
  }
}

/* A proof whose scalars are not reduced is another text for the same proof. */
static void proofs_have_one_encoding(void **state) {
  (void)state;
  static const uint8_t order[32] = {
      0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
      0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
      0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  exchange e;
  draw(&e);
  for (size_t half = 0; half < PROOF; half += 32) {
    exchange cheat = e;
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
      carry += (unsigned)cheat.proof[half + i] + order[i];
      cheat.proof[half + i] = (uint8_t)carry;
      carry >>= 8;
    }
    must_not_finalize(&cheat, e.key.public_key);
  }
}

/* ---- lengths, keys, failures ---- */

static void batches_have_limits(void **state) {
  (void)state;
  enum { MOST = TACET_VOPRF_BATCH_MAX };
  TACET_VOPRF_KEY(k);
  assert_ok(tacet_voprf_key_generate(&k));
  tacet_span *inputs = calloc(MOST + 1, sizeof(*inputs));
  uint8_t *blinds = malloc((MOST + 1) * 32), proof[PROOF];
  uint8_t *blinded = malloc((MOST + 1) * ELEMENT);
  assert_err(TACET_ERR_LIMIT, tacet_voprf_blind(inputs, 0, blinds, blinded));
  assert_err(TACET_ERR_LIMIT,
             tacet_voprf_blind(inputs, MOST + 1, blinds, blinded));
  assert_ok(tacet_voprf_blind(inputs, 1, blinds, blinded)); /* empty input */
  for (size_t i = 1; i <= MOST; i++) {
    memcpy(blinded + i * ELEMENT, blinded, ELEMENT);
  }
  uint8_t *evaluated = malloc((MOST + 1) * ELEMENT);
  assert_ok(tacet_voprf_blind_evaluate(
      &k, tacet_span_of(blinded, MOST * ELEMENT), evaluated, proof));
  assert_err(
      TACET_ERR_LIMIT,
      tacet_voprf_blind_evaluate(
          &k, tacet_span_of(blinded, (MOST + 1) * ELEMENT), evaluated, proof));
  assert_err(TACET_ERR_LIMIT, tacet_voprf_blind_evaluate(&k, TACET_SPAN_EMPTY,
                                                         evaluated, proof));
  assert_err(TACET_ERR_ENCODING,
             tacet_voprf_blind_evaluate(&k, tacet_span_of(blinded, 33),
                                        evaluated, proof));
  inputs[0] = (tacet_span){blinded, TACET_VOPRF_INPUT_MAX + 1};
  assert_err(TACET_ERR_LIMIT, tacet_voprf_blind(inputs, 1, blinds, blinded));
  assert_err(TACET_ERR_LIMIT, tacet_voprf_evaluate(&k, inputs[0], blinds));
  free(inputs);
  free(blinds);
  free(blinded);
  free(evaluated);
}

static void answers_must_fit_the_batch(void **state) {
  (void)state;
  exchange e;
  draw(&e);
  tacet_span pk = tacet_span_of(e.key.public_key, ELEMENT);
  tacet_span evaluated = tacet_span_of(e.evaluated, sizeof(e.evaluated));
  tacet_span proof = tacet_span_of(e.proof, PROOF);
  const tacet_voprf_batch good = {e.inputs, N,
                                  tacet_span_of(e.blinds, sizeof(e.blinds)),
                                  tacet_span_of(e.blinded, sizeof(e.blinded))};
  tacet_voprf_batch b = good;
  assert_ok(tacet_voprf_finalize(&b, pk, evaluated, proof, e.outputs));
  assert_err(TACET_ERR_ENCODING,
             tacet_voprf_finalize(&b, pk,
                                  tacet_span_of(e.evaluated, 2 * ELEMENT),
                                  proof, e.outputs));
  assert_err(TACET_ERR_ENCODING,
             tacet_voprf_finalize(&b, pk, evaluated, tacet_span_of(e.proof, 63),
                                  e.outputs));
  assert_err(TACET_ERR_ENCODING,
             tacet_voprf_finalize(&b, tacet_span_of(e.key.public_key, 31),
                                  evaluated, proof, e.outputs));
  uint8_t longer[(N + 1) * ELEMENT];
  memcpy(longer, e.evaluated, sizeof(e.evaluated));
  memcpy(longer + sizeof(e.evaluated), e.evaluated, ELEMENT);
  assert_err(TACET_ERR_ENCODING,
             tacet_voprf_finalize(&b, pk, tacet_span_of(longer, sizeof(longer)),
                                  proof, e.outputs));
  b.n = N - 1;
  assert_err(TACET_ERR_ARGUMENT,
             tacet_voprf_finalize(&b, pk, evaluated, proof, e.outputs));
  b = good;
  b.blinds.len -= 32;
  assert_err(TACET_ERR_ARGUMENT,
             tacet_voprf_finalize(&b, pk, evaluated, proof, e.outputs));
}

static void keys_are_checked(void **state) {
  (void)state;
  static const struct {
    const char *name, *hex;
    tacet_err err;
  } rows[] = {
      {"zero",
       "0000000000000000000000000000000000000000000000000000000000000000",
       TACET_ERR_ARGUMENT},
      {"one",
       "0100000000000000000000000000000000000000000000000000000000000000",
       TACET_OK},
      {"order",
       "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
       TACET_ERR_ARGUMENT},
      {"order - 1",
       "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
       TACET_OK},
      {"31 bytes",
       "01000000000000000000000000000000000000000000000000000000000000",
       TACET_ERR_ARGUMENT},
      {"none", "", TACET_ERR_ARGUMENT},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_span sk = test_hex(rows[i].hex);
    TACET_VOPRF_KEY(k);
    tacet_err err = tacet_voprf_key_load(sk, &k);
    if (err != rows[i].err) {
      fail_msg("%s: %s", rows[i].name, tacet_err_name(err));
    }
    test_hex_free(sk);
  }
  TACET_VOPRF_KEY(a);
  TACET_VOPRF_KEY(b);
  assert_ok(tacet_voprf_key_generate(&a));
  assert_ok(tacet_voprf_key_load(tacet_secret_span(&a.private_key), &b));
  assert_memory_equal(a.public_key, b.public_key, ELEMENT);
  uint8_t seed[33] = {0};
  assert_err(TACET_ERR_ARGUMENT, tacet_voprf_key_derive(tacet_span_of(seed, 31),
                                                        TACET_SPAN_EMPTY, &a));
  assert_err(TACET_ERR_ARGUMENT, tacet_voprf_key_derive(tacet_span_of(seed, 33),
                                                        TACET_SPAN_EMPTY, &a));
}

static tacet_err whole_exchange(void *ctx) {
  const exchange *fixed = ctx;
  TACET_VOPRF_KEY(k);
  uint8_t blinds[N * 32], blinded[N * ELEMENT], evaluated[N * ELEMENT];
  uint8_t proof[PROOF], outputs[N * OUTPUT];
  TACET_TRY(tacet_voprf_key_generate(&k));
  TACET_TRY(tacet_voprf_blind(fixed->inputs, N, blinds, blinded));
  TACET_TRY(tacet_voprf_blind_evaluate(
      &k, tacet_span_of(blinded, sizeof(blinded)), evaluated, proof));
  tacet_voprf_batch batch = {fixed->inputs, N,
                             tacet_span_of(blinds, sizeof(blinds)),
                             tacet_span_of(blinded, sizeof(blinded))};
  return tacet_voprf_finalize(&batch, tacet_span_of(k.public_key, ELEMENT),
                              tacet_span_of(evaluated, sizeof(evaluated)),
                              tacet_span_of(proof, PROOF), outputs);
}

static void failures_are_reported(void **state) {
  (void)state;
  exchange e;
  draw(&e);
  /* The key, a blind for each input, the proof. */
  assert_int_equal(test_rng_sweep(whole_exchange, &e), N + 2);
  test_alloc_sweep(whole_exchange, &e);
  /* A blind of zero would show the input; a nonce of zero the key. */
  uint8_t blinds[32], blinded[ELEMENT];
  memset(blinds, 0xee, sizeof(blinds));
  tacet_random_source_set(test_rng_zeros);
  assert_err(TACET_ERR_RNG, tacet_voprf_blind(e.inputs, 1, blinds, blinded));
  assert_err(TACET_ERR_RNG, tacet_voprf_blind_evaluate(
                                &e.key, tacet_span_of(e.blinded, ELEMENT),
                                e.evaluated, e.proof));
  assert_err(TACET_ERR_RNG, tacet_voprf_key_generate(&e.key));
  test_rng_normal();
}

/* ---- the group ---- */

static void group_laws(void **state) {
  (void)state;
  const tacet_group *g = &tacet_group_ristretto255;
  static const uint8_t one[32] = {1}, two[32] = {2}, three[32] = {3};
  uint8_t a[32], b[32], c[32], zero[32], minus[32];
  assert_ok(g->mul_base(one, a));
  assert_ok(g->mul_base(two, b));
  assert_ok(g->add(a, a, c));
  assert_memory_equal(b, c, 32); /* 2G = G + G */
  assert_ok(g->mul_base(three, b));
  assert_ok(g->add(a, c, c)); /* in place */
  assert_memory_equal(b, c, 32);
  assert_ok(g->scalar_invert(three, minus));
  assert_ok(g->mul(minus, b, c));
  assert_memory_equal(a, c, 32); /* 1/3 * 3G = G */
  g->scalar_mul(three, minus, c);
  assert_memory_equal(one, c, 32);
  g->scalar_sub(one, one, zero);
  assert_true(g->scalar_is_zero(zero));
  g->scalar_sub(zero, one, minus);
  assert_ok(g->scalar_check(minus));
  assert_ok(g->mul_base(minus, b));
  memset(c, 0xee, sizeof(c));
  /* The neutral element is never given out. */
  assert_err(TACET_ERR_ENCODING, g->add(a, b, c));
  assert_err(TACET_ERR_ENCODING, g->mul(zero, a, c));
  assert_err(TACET_ERR_ENCODING, g->mul_base(zero, c));
  assert_err(TACET_ERR_ARGUMENT, g->scalar_invert(zero, c));
  assert_int_equal(c[0], 0xee);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rfc_known_answer),
      cmocka_unit_test(tokens_are_redeemed),
      cmocka_unit_test(blinding_hides_the_input),
      cmocka_unit_test(one_marked_token_is_noticed),
      cmocka_unit_test(elements_changed_places),
      cmocka_unit_test(every_bit_of_the_proof_counts),
      cmocka_unit_test(only_elements_are_taken),
      cmocka_unit_test(proofs_have_one_encoding),
      cmocka_unit_test(batches_have_limits),
      cmocka_unit_test(answers_must_fit_the_batch),
      cmocka_unit_test(keys_are_checked),
      cmocka_unit_test(failures_are_reported),
      cmocka_unit_test(group_laws),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
