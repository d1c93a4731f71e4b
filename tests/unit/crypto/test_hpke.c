/* SPDX-License-Identifier: Apache-2.0
 * HPKE: the known answers of RFC 9180, sequence numbers, and what must not
 * open. */
#include "tests/unit/crypto/rfc9180.h"
#include "tests/unit/crypto/rfc9180_p521.h"
#include "tests/unit/crypto/rng.h"

#define N_CASES (sizeof(rfc9180) / sizeof(rfc9180[0]))

static void kem_answers(const rfc9180_case *v) {
  const tacet_kem *k = v->suite.kem;
  tacet_span ikm_r = test_hex(v->ikm_r), ikm_e = test_hex(v->ikm_e);
  tacet_span pk_r = test_hex(v->pk_r), sk_r = test_hex(v->sk_r);
  tacet_span enc = test_hex(v->enc), shared = test_hex(v->shared);
  TACET_SECRET(sk);
  TACET_SECRET(s);
  uint8_t pk[TACET_KEM_PUBLIC_MAX], made[TACET_KEM_ENC_MAX];
  assert_ok(k->derive_key_pair(ikm_r, &sk, pk));
  assert_span(sk_r, tacet_secret_span(&sk));
  assert_span(pk_r, tacet_span_of(pk, k->public_len));
  assert_ok(k->encap_deterministic(pk_r, ikm_e, &s, made));
  assert_span(enc, tacet_span_of(made, k->enc_len));
  assert_span(shared, tacet_secret_span(&s));
  tacet_secret_wipe(&s);
  assert_ok(k->decap(sk_r, enc, &s));
  assert_span(shared, tacet_secret_span(&s));
  test_hex_free(ikm_r);
  test_hex_free(ikm_e);
  test_hex_free(pk_r);
  test_hex_free(sk_r);
  test_hex_free(enc);
  test_hex_free(shared);
}

static void setup(const rfc9180_case *v, tacet_hpke *sender,
                  tacet_hpke *receiver) {
  tacet_span psk = test_hex(v->psk), psk_id = test_hex(v->psk_id);
  tacet_span info = test_hex(RFC9180_INFO), shared = test_hex(v->shared);
  tacet_span enc = test_hex(v->enc), sk_r = test_hex(v->sk_r);
  assert_ok(
      tacet_hpke_setup_shared(v->suite, shared, info, psk, psk_id, sender));
  assert_ok(tacet_hpke_setup_receiver(v->suite, enc, sk_r, info, psk, psk_id,
                                      receiver));
  test_hex_free(psk);
  test_hex_free(psk_id);
  test_hex_free(info);
  test_hex_free(shared);
  test_hex_free(enc);
  test_hex_free(sk_r);
}

static void context_answers(const rfc9180_case *v, const tacet_hpke *c) {
  tacet_span key = test_hex(v->key), nonce = test_hex(v->base_nonce);
  tacet_span exporter = test_hex(v->exporter);
  assert_span(key, tacet_secret_span(&c->key));
  assert_span(nonce, tacet_secret_span(&c->base_nonce));
  assert_span(exporter, tacet_secret_span(&c->exporter_secret));
  test_hex_free(key);
  test_hex_free(nonce);
  test_hex_free(exporter);
  for (size_t i = 0; i < 3; i++) {
    tacet_span context = test_hex(v->exports[i].context);
    tacet_span want = test_hex(v->exports[i].value);
    TACET_SECRET(out);
    assert_ok(tacet_hpke_export(c, context, want.len, &out));
    assert_span(want, tacet_secret_span(&out));
    test_hex_free(context);
    test_hex_free(want);
  }
}

/* Messages 0 and 1 in turn; all three by their number. */
static void message_answers(const rfc9180_case *v, tacet_hpke *sender,
                            tacet_hpke *receiver) {
  tacet_span pt = test_hex(RFC9180_PT);
  for (size_t i = 0; i < 3; i++) {
    tacet_span aad = test_hex(v->messages[i].aad);
    tacet_span ct = test_hex(v->messages[i].ct);
    uint64_t seq = v->messages[i].seq;
    uint8_t out[64];
    assert_int_equal(ct.len, pt.len + 16);
    assert_ok(tacet_hpke_seal_at(sender, seq, aad, pt, out));
    assert_span(ct, tacet_span_of(out, ct.len));
    assert_ok(tacet_hpke_open_at(receiver, seq, aad, ct, out));
    assert_span(pt, tacet_span_of(out, pt.len));
    assert_err(TACET_ERR_AUTH,
               tacet_hpke_open_at(receiver, seq + 1, aad, ct, out));
    if (seq < 2) {
      assert_int_equal(sender->seq, seq); /* the _at calls left it alone */
      assert_ok(tacet_hpke_seal(sender, aad, pt, out));
      assert_span(ct, tacet_span_of(out, ct.len));
      assert_ok(tacet_hpke_open(receiver, aad, ct, out));
      assert_span(pt, tacet_span_of(out, pt.len));
      assert_int_equal(receiver->seq, seq + 1);
    }
    test_hex_free(aad);
    test_hex_free(ct);
  }
  test_hex_free(pt);
}

static void known_answer(const rfc9180_case *v) {
  print_message("%s\n", v->name);
  TACET_HPKE(sender);
  TACET_HPKE(receiver);
  kem_answers(v);
  setup(v, &sender, &receiver);
  context_answers(v, &sender);
  context_answers(v, &receiver);
  message_answers(v, &sender, &receiver);
}

static void rfc_known_answers(void **state) {
  (void)state;
  assert_int_equal(N_CASES, 10);
  for (size_t i = 0; i < N_CASES; i++) {
    known_answer(&rfc9180[i]);
  }
  known_answer(&rfc9180_p521[0]);
  known_answer(&rfc9180_p521[1]);
}

/* ---- contexts of all suites ---- */

typedef struct ends {
  tacet_secret sk;
  uint8_t pk[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX];
  tacet_hpke sender, receiver;
} ends;

static const uint8_t psk_bytes[32] = {7};
#define PSK ((tacet_span){psk_bytes, sizeof(psk_bytes)})

static void connect_ends(tacet_hpke_suite s, bool with_psk, ends *e) {
  tacet_span info = TACET_SPAN_LIT("info");
  tacet_span psk = with_psk ? PSK : TACET_SPAN_EMPTY;
  tacet_span psk_id = with_psk ? TACET_SPAN_LIT("id") : TACET_SPAN_EMPTY;
  assert_ok(s.kem->generate(&e->sk, e->pk));
  assert_ok(tacet_hpke_setup_sender(s, tacet_span_of(e->pk, s.kem->public_len),
                                    info, psk, psk_id, e->enc, &e->sender));
  assert_ok(tacet_hpke_setup_receiver(s, tacet_span_of(e->enc, s.kem->enc_len),
                                      tacet_secret_span(&e->sk), info, psk,
                                      psk_id, &e->receiver));
}

static void every_suite_carries_messages(void **state) {
  (void)state;
  for (size_t i = 0; i < 2 * tacet_suites_all.n; i++) {
    ends e = {.sk = {.len = 0}};
    connect_ends(tacet_suite_hpke(tacet_suites_all.list[i / 2]), i % 2 == 1,
                 &e);
    TACET_SECRET(a);
    TACET_SECRET(b);
    assert_ok(tacet_hpke_export(&e.sender, TACET_SPAN_LIT("x"), 48, &a));
    assert_ok(tacet_hpke_export(&e.receiver, TACET_SPAN_LIT("x"), 48, &b));
    assert_true(tacet_secret_equal(&a, &b));
    for (size_t n = 0; n < 40; n++) {
      uint8_t text[40], sealed[40 + 16], opened[40];
      memset(text, (int)n, sizeof(text));
      tacet_span in = tacet_span_of(text, n);
      assert_ok(tacet_hpke_seal(&e.sender, in, in, sealed));
      tacet_span ct = tacet_span_of(sealed, n + 16);
      sealed[n] ^= 1;
      assert_err(TACET_ERR_AUTH, tacet_hpke_open(&e.receiver, in, ct, opened));
      sealed[n] ^= 1; /* the failure did not count on */
      assert_ok(tacet_hpke_open(&e.receiver, in, ct, opened));
      assert_span(in, tacet_span_of(opened, n));
      assert_err(TACET_ERR_AUTH, tacet_hpke_open(&e.receiver, in, ct, opened));
    }
    tacet_hpke_wipe(&e.sender);
    static const tacet_hpke wiped;
    assert_memory_equal(&e.sender, &wiped, sizeof(wiped));
    tacet_hpke_wipe(&e.receiver);
    tacet_secret_wipe(&e.sk);
  }
}

/* One byte of difference in what either side is given, and nothing opens. */
static void everything_is_bound(void **state) {
  (void)state;
  tacet_hpke_suite s = tacet_suite_hpke(&tacet_suite_x25519_chacha);
  ends e = {.sk = {.len = 0}};
  connect_ends(s, true, &e);
  uint8_t ct[21], out[5];
  tacet_span text = TACET_SPAN_LIT("hello"), sealed = {ct, sizeof(ct)};
  assert_ok(tacet_hpke_seal(&e.sender, TACET_SPAN_EMPTY, text, ct));
  static const uint8_t other_psk[32] = {8};
  static const struct {
    const char *info, *id;
    bool psk;
  } rows[] = {{"info", "id", false},
              {"infO", "id", true},
              {"info", "iD", true},
              {"", "id", true}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_HPKE(c);
    assert_ok(tacet_hpke_setup_receiver(
        s, tacet_span_of(e.enc, 32), tacet_secret_span(&e.sk),
        tacet_span_str(rows[i].info),
        rows[i].psk ? PSK : tacet_span_of(other_psk, 32),
        tacet_span_str(rows[i].id), &c));
    assert_err(TACET_ERR_AUTH,
               tacet_hpke_open(&c, TACET_SPAN_EMPTY, sealed, out));
  }
  TACET_HPKE(base);
  assert_ok(tacet_hpke_setup_receiver(
      s, tacet_span_of(e.enc, 32), tacet_secret_span(&e.sk),
      TACET_SPAN_LIT("info"), TACET_SPAN_EMPTY, TACET_SPAN_EMPTY, &base));
  assert_err(TACET_ERR_AUTH,
             tacet_hpke_open(&base, TACET_SPAN_EMPTY, sealed, out));
  /* Another KDF or AEAD with the same key lengths is another suite. */
  TACET_HPKE(other);
  s.kdf = &tacet_hash_sha512;
  assert_ok(tacet_hpke_setup_receiver(
      s, tacet_span_of(e.enc, 32), tacet_secret_span(&e.sk),
      TACET_SPAN_LIT("info"), PSK, TACET_SPAN_LIT("id"), &other));
  assert_err(TACET_ERR_AUTH,
             tacet_hpke_open(&other, TACET_SPAN_EMPTY, sealed, out));
  assert_ok(tacet_hpke_open(&e.receiver, TACET_SPAN_EMPTY, sealed, out));
}

static void psk_inputs_are_checked(void **state) {
  (void)state;
  tacet_hpke_suite s = tacet_suite_hpke(&tacet_suite_x25519_chacha);
  uint8_t pk[32], enc[32];
  memset(enc, 0xee, sizeof(enc));
  TACET_SECRET(sk);
  assert_ok(s.kem->generate(&sk, pk));
  const struct {
    tacet_span psk, id;
  } rows[] = {{PSK, TACET_SPAN_EMPTY},
              {TACET_SPAN_EMPTY, TACET_SPAN_LIT("id")},
              {{psk_bytes, 31}, TACET_SPAN_LIT("id")}};
  for (size_t i = 0; i < 3; i++) {
    TACET_HPKE(c);
    assert_err(TACET_ERR_ARGUMENT,
               tacet_hpke_setup_sender(s, tacet_span_of(pk, 32),
                                       TACET_SPAN_EMPTY, rows[i].psk,
                                       rows[i].id, enc, &c));
    assert_err(TACET_ERR_ARGUMENT,
               tacet_hpke_setup_receiver(
                   s, tacet_span_of(pk, 32), tacet_secret_span(&sk),
                   TACET_SPAN_EMPTY, rows[i].psk, rows[i].id, &c));
    assert_int_equal(enc[0], 0xee);
    assert_int_equal(c.key.len, 0);
  }
}

static void sequence_numbers_end(void **state) {
  (void)state;
  ends e = {.sk = {.len = 0}};
  connect_ends(tacet_suite_hpke(&tacet_suite_x25519_chacha), false, &e);
  uint8_t ct[17], out[1];
  tacet_span one = TACET_SPAN_LIT("1"), sealed = {ct, sizeof(ct)};
  e.sender.seq = UINT64_MAX - 1;
  e.receiver.seq = UINT64_MAX - 1;
  assert_ok(tacet_hpke_seal(&e.sender, TACET_SPAN_EMPTY, one, ct));
  assert_ok(tacet_hpke_open(&e.receiver, TACET_SPAN_EMPTY, sealed, out));
  assert_err(TACET_ERR_LIMIT,
             tacet_hpke_seal(&e.sender, TACET_SPAN_EMPTY, one, ct));
  assert_err(TACET_ERR_LIMIT,
             tacet_hpke_open(&e.receiver, TACET_SPAN_EMPTY, sealed, out));
}

static void exports_fit_a_secret(void **state) {
  (void)state;
  ends e = {.sk = {.len = 0}};
  connect_ends(tacet_suite_hpke(&tacet_suite_x25519_chacha), false, &e);
  TACET_SECRET(out);
  assert_ok(tacet_hpke_export(&e.sender, TACET_SPAN_EMPTY, 0, &out));
  assert_ok(
      tacet_hpke_export(&e.sender, TACET_SPAN_EMPTY, TACET_SECRET_MAX, &out));
  assert_int_equal(out.len, TACET_SECRET_MAX);
  assert_err(TACET_ERR_LIMIT, tacet_hpke_export(&e.sender, TACET_SPAN_EMPTY,
                                                TACET_SECRET_MAX + 1, &out));
}

static void one_call_messages(void **state) {
  (void)state;
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    tacet_hpke_suite s = tacet_suite_hpke(tacet_suites_all.list[i]);
    TACET_SECRET(sk);
    uint8_t pk[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX], ct[21], out[5];
    tacet_span info = TACET_SPAN_LIT("i"), aad = TACET_SPAN_LIT("a");
    tacet_span sealed = {ct, sizeof(ct)};
    assert_ok(s.kem->generate(&sk, pk));
    assert_ok(tacet_hpke_seal_base(s, tacet_span_of(pk, s.kem->public_len),
                                   info, aad, TACET_SPAN_LIT("hello"), enc,
                                   ct));
    tacet_span enc_span = {enc, s.kem->enc_len};
    assert_ok(tacet_hpke_open_base(s, enc_span, tacet_secret_span(&sk), info,
                                   aad, sealed, out));
    assert_memory_equal(out, "hello", 5);
    assert_err(TACET_ERR_AUTH,
               tacet_hpke_open_base(s, enc_span, tacet_secret_span(&sk), aad,
                                    aad, sealed, out));
    assert_err(TACET_ERR_AUTH,
               tacet_hpke_open_base(s, enc_span, tacet_secret_span(&sk), info,
                                    info, sealed, out));
    /* Every tenth byte of the encapsulation counts; where P-256 sees that it
     * is no point it says so with the same error. */
    for (size_t at = 0; at < s.kem->enc_len; at += 10) {
      enc[at] ^= 1;
      assert_err(TACET_ERR_AUTH,
                 tacet_hpke_open_base(s, enc_span, tacet_secret_span(&sk), info,
                                      aad, sealed, out));
      enc[at] ^= 1;
    }
  }
}

typedef struct seal_run {
  tacet_hpke_suite suite;
  tacet_span pk;
} seal_run;

static tacet_err seal_once(void *ctx) {
  const seal_run *run = ctx;
  uint8_t enc[TACET_KEM_ENC_MAX] = {0xee}, ct[21] = {0xee};
  tacet_err err =
      tacet_hpke_seal_base(run->suite, run->pk, TACET_SPAN_EMPTY,
                           TACET_SPAN_EMPTY, TACET_SPAN_LIT("hello"), enc, ct);
  if (err != TACET_OK) {
    assert_int_equal(enc[0], 0xee);
    assert_int_equal(ct[0], 0xee);
  }
  return err;
}

static void a_failing_generator_is_reported(void **state) {
  (void)state;
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    seal_run run = {tacet_suite_hpke(tacet_suites_all.list[i]),
                    TACET_SPAN_EMPTY};
    TACET_SECRET(sk);
    uint8_t pk[TACET_KEM_PUBLIC_MAX];
    assert_ok(run.suite.kem->generate(&sk, pk));
    run.pk = tacet_span_of(pk, run.suite.kem->public_len);
    assert_int_equal(test_rng_sweep(seal_once, &run), 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rfc_known_answers),
      cmocka_unit_test(every_suite_carries_messages),
      cmocka_unit_test(everything_is_bound),
      cmocka_unit_test(psk_inputs_are_checked),
      cmocka_unit_test(sequence_numbers_end),
      cmocka_unit_test(exports_fit_a_secret),
      cmocka_unit_test(one_call_messages),
      cmocka_unit_test(a_failing_generator_is_reported),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
