/* SPDX-License-Identifier: Apache-2.0
 * The primitives of a suite, measured now. */
#include "limits.h"

#include "bench.h"

/* What is measured, and with what. */
typedef struct primitives {
  const tacet_suite *suite;
  tacet_secret sign_key, kem_key, out_key, shared;
  uint8_t pk[TACET_SIG_PUBLIC_MAX], sig[TACET_SIG_MAX];
  uint8_t kem_pk[TACET_KEM_PUBLIC_MAX], out_pk[TACET_KEM_PUBLIC_MAX];
  uint8_t enc[TACET_KEM_ENC_MAX];
  tacet_span text;
  size_t sig_len;
} primitives;

static void do_sign(primitives *p) {
  BENCH_OK(p->suite->sig->sign(tacet_secret_span(&p->sign_key), p->text, p->sig,
                               &p->sig_len));
}

static void do_verify(primitives *p) {
  BENCH_OK(
      p->suite->sig->verify(tacet_span_of(p->pk, p->suite->sig->public_len),
                            p->text, tacet_span_of(p->sig, p->sig_len)));
}

static void do_keygen(primitives *p) {
  BENCH_OK(p->suite->kem->generate(&p->out_key, p->out_pk));
}

static void do_encap(primitives *p) {
  BENCH_OK(p->suite->kem->encap(
      tacet_span_of(p->kem_pk, p->suite->kem->public_len), &p->shared, p->enc));
}

static void do_decap(primitives *p) {
  BENCH_OK(p->suite->kem->decap(tacet_secret_span(&p->kem_key),
                                tacet_span_of(p->enc, p->suite->kem->enc_len),
                                &p->shared));
}

/* What RFC 9420 9 demands for a message besides its signature: content and
 * sender data under AEAD, and the keys and nonces for both and the ratchet's
 * next secret from HKDF. */
static void do_symmetric(primitives *p) {
  static uint8_t out[2048];
  const tacet_aead *a = p->suite->aead;
  uint8_t nonce[TACET_AEAD_NONCE_MAX] = {0};
  TACET_SECRET(key);
  for (int i = 0; i < 5; i++) {
    BENCH_OK(tacet_expand_with_label(p->suite->hash, &p->shared, "key",
                                     tacet_span_of(nonce, 4), a->key_len,
                                     &key));
  }
  tacet_span iv = tacet_span_of(nonce, a->nonce_len);
  BENCH_OK(
      a->seal(tacet_secret_span(&key), iv, TACET_SPAN_EMPTY, p->text, out));
  BENCH_OK(a->seal(tacet_secret_span(&key), iv, TACET_SPAN_EMPTY,
                   tacet_span_of(p->text.p, 12), out));
}

/* ms: the least of five rounds. */
static double each(void (*what)(primitives *), primitives *p) {
  const int rounds = 100;
  double best = 1e9;
  for (int k = 0; k < 5; k++) {
    uint64_t start = bench_cpu_ns();
    for (int i = 0; i < rounds; i++) {
      what(p);
    }
    double ms = (double)(bench_cpu_ns() - start) / 1e6 / rounds;
    best = ms < best ? ms : best;
  }
  return best;
}

void bench_limits_measure(const tacet_suite *s, bench_limits *out) {
  static uint8_t text[1100] = {7};
  primitives p = {.suite = s};
  TACET_SECRET(seed);
  BENCH_OK(s->sig->generate(&seed, p.pk));
  BENCH_OK(tacet_sig_expand(s->sig, tacet_secret_span(&seed), &p.sign_key));
  BENCH_OK(s->kem->generate(&p.kem_key, p.kem_pk));
  p.text = tacet_span_of(text, sizeof(text)); /* a message of 1 KiB */
  do_encap(&p);                               /* a shared secret to expand */
  double symmetric = each(do_symmetric, &p);
  out->protect_1k = each(do_sign, &p) + symmetric;
  out->unprotect_1k = each(do_verify, &p) + symmetric;
  p.text.len = 300; /* a leaf, a handshake */
  out->sign = each(do_sign, &p);
  out->verify = each(do_verify, &p);
  out->keygen = each(do_keygen, &p);
  out->encap = each(do_encap, &p);
  out->decap = each(do_decap, &p);
}
