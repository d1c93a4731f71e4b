/* SPDX-License-Identifier: Apache-2.0
 * Anonymous tokens: what goes into the VOPRF, and the form of a token. */
#include "tacet/wire/token.h"

#include "tacet/crypto.h"
#include "wire/fields.h"

static const char prefix[] = "Tacet 1.0 token";
#define INPUT_LEN (sizeof(prefix) - 1 + 1 + TACET_TOKEN_NONCE_LEN)

static void write_input(tacet_token_kind kind, const uint8_t *nonce,
                        uint8_t out[INPUT_LEN]) {
  memcpy(out, prefix, sizeof(prefix) - 1);
  out[sizeof(prefix) - 1] = (uint8_t)kind;
  memcpy(out + sizeof(prefix), nonce, TACET_TOKEN_NONCE_LEN);
}

void tacet_token_write(tacet_buf *w, const tacet_token *t) {
  wire_write_fixed(w, t->key_id, sizeof(t->key_id));
  wire_write_fixed(w, t->nonce, sizeof(t->nonce));
  wire_write_fixed(w, t->output, sizeof(t->output));
}

tacet_err tacet_token_parse(tacet_span in, tacet_token *out) {
  WIRE_READ(in);
  tacet_token t;
  tacet_read_copy(&r, t.key_id, sizeof(t.key_id));
  tacet_read_copy(&r, t.nonce, sizeof(t.nonce));
  tacet_read_copy(&r, t.output, sizeof(t.output));
  WIRE_END(out, t);
}

void tacet_token_key_id(const uint8_t public_key[32], uint8_t key_id[8]) {
  uint8_t hash[32] = {0};
  /* SHA-256 of 32 bytes has nothing that could fail but the provider. */
  TACET_ASSERT(tacet_hash_one(&tacet_hash_sha256, tacet_span_of(public_key, 32),
                              hash) == TACET_OK);
  memcpy(key_id, hash, TACET_TOKEN_KEY_ID_LEN);
}

/* ---- drawing ---- */

void tacet_token_draw_wipe(tacet_token_draw *d) {
  tacet_wipe(d, sizeof(*d));
}

static void fill_inputs(const tacet_token_draw *d, uint8_t (*bytes)[INPUT_LEN],
                        tacet_span *inputs) {
  for (size_t i = 0; i < d->n; i++) {
    write_input(d->kind, d->nonces + i * TACET_TOKEN_NONCE_LEN, bytes[i]);
    inputs[i] = tacet_span_of(bytes[i], INPUT_LEN);
  }
}

tacet_err tacet_token_draw_start(tacet_token_kind kind,
                                 const uint8_t public_key[32], size_t n,
                                 tacet_token_draw *d) {
  if (n == 0 || n > TACET_TOKEN_BATCH_MAX) {
    return TACET_ERR_LIMIT;
  }
  uint8_t bytes[TACET_TOKEN_BATCH_MAX][INPUT_LEN];
  tacet_span inputs[TACET_TOKEN_BATCH_MAX];
  *d = (tacet_token_draw){.kind = kind, .n = n};
  memcpy(d->public_key, public_key, sizeof(d->public_key));
  tacet_err err = tacet_random(d->nonces, n * TACET_TOKEN_NONCE_LEN);
  if (err == TACET_OK) {
    fill_inputs(d, bytes, inputs);
    err = tacet_voprf_blind(inputs, n, d->blinds, d->blinded);
  }
  tacet_wipe(bytes, sizeof(bytes));
  if (err != TACET_OK) {
    tacet_token_draw_wipe(d);
  }
  return err;
}

tacet_err tacet_token_draw_finish(const tacet_token_draw *d,
                                  tacet_span evaluated, tacet_span proof,
                                  tacet_token *tokens) {
  uint8_t bytes[TACET_TOKEN_BATCH_MAX][INPUT_LEN];
  uint8_t outputs[TACET_TOKEN_BATCH_MAX * TACET_VOPRF_OUTPUT_LEN];
  tacet_span inputs[TACET_TOKEN_BATCH_MAX];
  fill_inputs(d, bytes, inputs);
  tacet_voprf_batch batch = {
      inputs, d->n, tacet_span_of(d->blinds, d->n * TACET_VOPRF_SCALAR_LEN),
      tacet_span_of(d->blinded, d->n * TACET_VOPRF_ELEMENT_LEN)};
  tacet_err err = tacet_voprf_finalize(&batch, tacet_span_of(d->public_key, 32),
                                       evaluated, proof, outputs);
  for (size_t i = 0; err == TACET_OK && i < d->n; i++) {
    tacet_token_key_id(d->public_key, tokens[i].key_id);
    memcpy(tokens[i].nonce, d->nonces + i * TACET_TOKEN_NONCE_LEN,
           TACET_TOKEN_NONCE_LEN);
    memcpy(tokens[i].output, outputs + i * TACET_VOPRF_OUTPUT_LEN,
           TACET_VOPRF_OUTPUT_LEN);
  }
  tacet_wipe(bytes, sizeof(bytes));
  tacet_wipe(outputs, sizeof(outputs));
  return err;
}

void tacet_token_draw_write(tacet_buf *w, const tacet_token_draw *d) {
  tacet_write_u8(w, (uint8_t)d->kind);
  wire_write_fixed(w, d->public_key, sizeof(d->public_key));
  tacet_write_u8(w, (uint8_t)d->n);
  wire_write_fixed(w, d->nonces, d->n * TACET_TOKEN_NONCE_LEN);
  wire_write_fixed(w, d->blinds, d->n * TACET_VOPRF_SCALAR_LEN);
  wire_write_fixed(w, d->blinded, d->n * TACET_VOPRF_ELEMENT_LEN);
}

tacet_err tacet_token_draw_parse(tacet_span in, tacet_token_draw *out) {
  tacet_token_draw d = {.kind = TACET_TOKEN_DIRECTORY};
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  d.kind = wire_read_token_kind(&r);
  tacet_read_copy(&r, d.public_key, sizeof(d.public_key));
  d.n = tacet_read_u8(&r);
  if (d.n == 0 || d.n > TACET_TOKEN_BATCH_MAX) {
    tacet_read_fail(&r, TACET_ERR_LIMIT);
    d.n = 0;
  }
  tacet_read_copy(&r, d.nonces, d.n * TACET_TOKEN_NONCE_LEN);
  tacet_read_copy(&r, d.blinds, d.n * TACET_VOPRF_SCALAR_LEN);
  tacet_read_copy(&r, d.blinded, d.n * TACET_VOPRF_ELEMENT_LEN);
  tacet_read_end(&r);
  if (err == TACET_OK) {
    *out = d;
  }
  tacet_token_draw_wipe(&d);
  return err;
}

/* ---- taking ---- */

tacet_err tacet_token_redeem(tacet_token_kind kind, const tacet_voprf_key *key,
                             const tacet_token *t) {
  uint8_t input[INPUT_LEN];
  write_input(kind, t->nonce, input);
  return tacet_voprf_redeem(key, tacet_span_of(input, sizeof(input)),
                            tacet_span_of(t->output, sizeof(t->output)));
}

tacet_err tacet_token_hash(const tacet_token *t, uint8_t hash[32]) {
  return tacet_hash_one(&tacet_hash_sha256,
                        tacet_span_of(t->nonce, sizeof(t->nonce)), hash);
}
