/* SPDX-License-Identifier: Apache-2.0
 * How long one cryptographic operation takes, for all algorithms of both
 * libraries as the core calls them. */
#include <string.h>

#include "bench/bench.h"
#include "tacet/crypto.h"
#include "tacet/crypto/voprf.h"

static unsigned round_ms = 100;
static uint8_t data[65536], out[65536 + 32];

static void row(const char *name, const char *library, double ns,
                size_t bytes) {
  printf("%-34s %-8s %11.2f us %12.0f /s", name, library, ns / 1000, 1e9 / ns);
  if (bytes > 0) {
    printf(" %8.0f MB/s", (double)bytes * 1000 / ns);
  }
  printf("\n");
  fflush(stdout);
}

/* ---- hashes ---- */

typedef struct hash_case {
  const tacet_hash *hash;
  size_t len;
} hash_case;

static void step_digest(void *ctx) {
  const hash_case *c = ctx;
  BENCH_OK(tacet_hash_one(c->hash, tacet_span_of(data, c->len), out));
}

static void step_hmac(void *ctx) {
  const hash_case *c = ctx;
  tacet_span in = tacet_span_of(data, c->len);
  BENCH_OK(c->hash->hmac(tacet_span_of(data, c->hash->len), &in, 1, out));
}

static void step_expand(void *ctx) {
  const hash_case *c = ctx;
  BENCH_OK(tacet_hkdf_expand(c->hash, tacet_span_of(data, c->hash->len),
                             tacet_span_of(data, 20), c->hash->len, out));
}

static void step_expand_with_label(void *ctx) {
  const hash_case *c = ctx;
  tacet_secret s = {.len = c->hash->len};
  BENCH_OK(tacet_expand_with_label(c->hash, &s, "tree", TACET_SPAN_LIT("left"),
                                   c->hash->len, &s));
}

static void hashes(void) {
  static const struct {
    const char *name, *library;
    const tacet_hash *hash;
  } all[] = {{"SHA-256", "openssl", &tacet_hash_sha256},
             {"SHA-256", "sodium", &tacet_hash_sodium_sha256},
             {"SHA-384", "openssl", &tacet_hash_sha384},
             {"SHA-512", "openssl", &tacet_hash_sha512},
             {"SHA-512", "sodium", &tacet_hash_sodium_sha512}};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    static const size_t sizes[] = {64, 1024, 65536};
    char name[64];
    for (size_t j = 0; j < 3; j++) {
      hash_case c = {all[i].hash, sizes[j]};
      snprintf(name, sizeof(name), "%s, %zu B", all[i].name, sizes[j]);
      row(name, all[i].library, bench_step(step_digest, &c, round_ms),
          sizes[j]);
    }
    hash_case c = {all[i].hash, 64};
    snprintf(name, sizeof(name), "HMAC-%s, 64 B", all[i].name);
    row(name, all[i].library, bench_step(step_hmac, &c, round_ms), 0);
    snprintf(name, sizeof(name), "HKDF-Expand, %s", all[i].name);
    row(name, all[i].library, bench_step(step_expand, &c, round_ms), 0);
    snprintf(name, sizeof(name), "ExpandWithLabel, %s", all[i].name);
    row(name, all[i].library, bench_step(step_expand_with_label, &c, round_ms),
        0);
  }
}

/* ---- AEADs ---- */

typedef struct aead_case {
  const tacet_aead *aead;
  size_t len;
  uint8_t *sealed;
} aead_case;

static void step_seal(void *ctx) {
  const aead_case *c = ctx;
  BENCH_OK(c->aead->seal(tacet_span_of(data, c->aead->key_len),
                         tacet_span_of(data, c->aead->nonce_len),
                         TACET_SPAN_EMPTY, tacet_span_of(data, c->len), out));
}

static void step_open(void *ctx) {
  const aead_case *c = ctx;
  BENCH_OK(c->aead->open(tacet_span_of(data, c->aead->key_len),
                         tacet_span_of(data, c->aead->nonce_len),
                         TACET_SPAN_EMPTY,
                         tacet_span_of(c->sealed, c->len + 16), out));
}

static void aeads(void) {
  static const struct {
    const char *name, *library;
    const tacet_aead *aead;
  } all[] = {{"AES-128-GCM", "openssl", &tacet_aead_aes128gcm},
             {"AES-256-GCM", "openssl", &tacet_aead_aes256gcm},
             {"ChaCha20-Poly1305", "sodium", &tacet_aead_chacha20poly1305},
             {"XChaCha20-Poly1305", "sodium", &tacet_aead_xchacha20poly1305}};
  static const size_t sizes[] = {64, 1024, 65536};
  for (size_t i = 0; i < 3 * sizeof(all) / sizeof(all[0]); i++) {
    aead_case c = {all[i / 3].aead, sizes[i % 3], NULL};
    char name[64];
    snprintf(name, sizeof(name), "%s seal, %zu B", all[i / 3].name, c.len);
    row(name, all[i / 3].library, bench_step(step_seal, &c, round_ms), c.len);
    c.sealed = malloc(c.len + 16);
    memcpy(c.sealed, out, c.len + 16);
    snprintf(name, sizeof(name), "%s open, %zu B", all[i / 3].name, c.len);
    row(name, all[i / 3].library, bench_step(step_open, &c, round_ms), c.len);
    free(c.sealed);
  }
}

/* ---- KEMs and HPKE ---- */

typedef struct kem_case {
  const tacet_kem *kem;
  tacet_hpke_suite suite;
  tacet_secret sk, shared;
  uint8_t pk[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX];
  uint8_t enc2[TACET_KEM_ENC_MAX], sealed[48];
} kem_case;

static void step_generate(void *ctx) {
  const kem_case *c = ctx;
  tacet_secret sk;
  BENCH_OK(c->kem->generate(&sk, out));
}

static void step_derive(void *ctx) {
  const kem_case *c = ctx;
  tacet_secret sk;
  BENCH_OK(c->kem->derive_key_pair(tacet_span_of(data, 32), &sk, out));
}

static void step_encap(void *ctx) {
  kem_case *c = ctx;
  BENCH_OK(c->kem->encap(tacet_span_of(c->pk, c->kem->public_len), &c->shared,
                         c->enc));
}

static void step_decap(void *ctx) {
  kem_case *c = ctx;
  BENCH_OK(c->kem->decap(tacet_secret_span(&c->sk),
                         tacet_span_of(c->enc, c->kem->enc_len), &c->shared));
}

static void step_hpke_seal(void *ctx) {
  kem_case *c = ctx;
  BENCH_OK(tacet_hpke_seal_base(
      c->suite, tacet_span_of(c->pk, c->kem->public_len), TACET_SPAN_EMPTY,
      TACET_SPAN_EMPTY, tacet_span_of(data, 32), c->enc2, c->sealed));
}

static void step_hpke_open(void *ctx) {
  kem_case *c = ctx;
  BENCH_OK(tacet_hpke_open_base(
      c->suite, tacet_span_of(c->enc2, c->kem->enc_len),
      tacet_secret_span(&c->sk), TACET_SPAN_EMPTY, TACET_SPAN_EMPTY,
      tacet_span_of(c->sealed, 48), out));
}

static void kems(void) {
  static const struct {
    const char *name, *library;
    const tacet_suite *suite;
  } all[] = {{"X25519", "sodium", &tacet_suite_x25519_chacha},
             {"X448", "openssl", &tacet_suite_x448_chacha},
             {"P-256", "openssl", &tacet_suite_p256_aes128},
             {"P-384", "openssl", &tacet_suite_p384_aes256},
             {"P-521", "openssl", &tacet_suite_p521_aes256},
             {"X-Wing", "sodium", &tacet_suite_xwing_chacha}};
  static const struct {
    const char *what;
    void (*step)(void *ctx);
  } steps[] = {
      {"generate", step_generate},        {"derive key pair", step_derive},
      {"encapsulate", step_encap},        {"decapsulate", step_decap},
      {"HPKE seal 32 B", step_hpke_seal}, {"HPKE open 32 B", step_hpke_open}};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    kem_case c = {.kem = all[i].suite->kem,
                  .suite = tacet_suite_hpke(all[i].suite)};
    BENCH_OK(c.kem->generate(&c.sk, c.pk));
    for (size_t j = 0; j < sizeof(steps) / sizeof(steps[0]); j++) {
      char name[64];
      snprintf(name, sizeof(name), "%s %s", all[i].name, steps[j].what);
      row(name, all[i].library, bench_step(steps[j].step, &c, round_ms), 0);
    }
  }
}

/* ---- signatures ---- */

typedef struct sig_case {
  const tacet_sig *alg;
  tacet_secret sk;
  uint8_t pk[TACET_SIG_PUBLIC_MAX], sig[TACET_SIG_MAX];
  size_t len;
} sig_case;

static void step_sign(void *ctx) {
  sig_case *c = ctx;
  BENCH_OK(c->alg->sign(tacet_secret_span(&c->sk), tacet_span_of(data, 200),
                        c->sig, &c->len));
}

static void step_verify(void *ctx) {
  const sig_case *c = ctx;
  BENCH_OK(c->alg->verify(tacet_span_of(c->pk, c->alg->public_len),
                          tacet_span_of(data, 200),
                          tacet_span_of(c->sig, c->len)));
}

static void signatures(void) {
  static const struct {
    const char *name, *library;
    const tacet_sig *alg;
  } all[] = {{"Ed25519", "sodium", &tacet_sig_ed25519},
             {"Ed448", "openssl", &tacet_sig_ed448},
             {"ECDSA P-256", "openssl", &tacet_sig_p256},
             {"ECDSA P-384", "openssl", &tacet_sig_p384},
             {"ECDSA P-521", "openssl", &tacet_sig_p521}};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    sig_case c = {.alg = all[i].alg};
    char name[64];
    BENCH_OK(c.alg->generate(&c.sk, c.pk));
    snprintf(name, sizeof(name), "%s sign, 200 B", all[i].name);
    row(name, all[i].library, bench_step(step_sign, &c, round_ms), 0);
    snprintf(name, sizeof(name), "%s verify, 200 B", all[i].name);
    row(name, all[i].library, bench_step(step_verify, &c, round_ms), 0);
  }
}

/* ---- tokens ---- */

#define TOKENS 64

typedef struct token_case {
  tacet_voprf_key key;
  tacet_span inputs[TOKENS];
  uint8_t blinds[TOKENS * 32], blinded[TOKENS * 32], evaluated[TOKENS * 32];
  uint8_t proof[TACET_VOPRF_PROOF_LEN], outputs[TOKENS * 64];
} token_case;

static void step_blind(void *ctx) {
  token_case *c = ctx;
  BENCH_OK(tacet_voprf_blind(c->inputs, TOKENS, c->blinds, c->blinded));
}

static void step_issue(void *ctx) {
  token_case *c = ctx;
  BENCH_OK(tacet_voprf_blind_evaluate(
      &c->key, tacet_span_of(c->blinded, sizeof(c->blinded)), c->evaluated,
      c->proof));
}

static void step_finalize(void *ctx) {
  token_case *c = ctx;
  tacet_voprf_batch batch = {c->inputs, TOKENS,
                             tacet_span_of(c->blinds, sizeof(c->blinds)),
                             tacet_span_of(c->blinded, sizeof(c->blinded))};
  BENCH_OK(tacet_voprf_finalize(
      &batch, tacet_span_of(c->key.public_key, 32),
      tacet_span_of(c->evaluated, sizeof(c->evaluated)),
      tacet_span_of(c->proof, sizeof(c->proof)), c->outputs));
}

static void step_redeem(void *ctx) {
  const token_case *c = ctx;
  BENCH_OK(
      tacet_voprf_redeem(&c->key, c->inputs[0], tacet_span_of(c->outputs, 64)));
}

static void tokens(void) {
  static token_case c;
  for (size_t i = 0; i < TOKENS; i++) {
    c.inputs[i] = tacet_span_of(data + i, 32);
    data[i] = (uint8_t)i;
  }
  BENCH_OK(tacet_voprf_key_generate(&c.key));
  row("VOPRF blind, batch of 64", "sodium",
      bench_step(step_blind, &c, round_ms), 0);
  row("VOPRF issue with proof, 64", "sodium",
      bench_step(step_issue, &c, round_ms), 0);
  row("VOPRF check and finalize, 64", "sodium",
      bench_step(step_finalize, &c, round_ms), 0);
  row("VOPRF redeem one", "sodium", bench_step(step_redeem, &c, round_ms), 0);
}

int main(int argc, char **argv) {
  if (argc > 2 || (argc == 2 && atoi(argv[1]) <= 0)) {
    fprintf(stderr, "bench_crypto [MILLISECONDS A ROUND]\n");
    return 2;
  }
  round_ms = argc == 2 ? (unsigned)atoi(argv[1]) : round_ms;
  BENCH_OK(tacet_crypto_init());
  printf("process CPU time, the least of 3 rounds of %u ms\n", round_ms);
  hashes();
  aeads();
  kems();
  signatures();
  tokens();
  return 0;
}
