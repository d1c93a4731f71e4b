/* SPDX-License-Identifier: Apache-2.0
 * Tokens from the draw to the till. */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tacet/wire.h"

typedef struct issued {
  tacet_voprf_key key;
  tacet_token_draw draw;
  uint8_t evaluated[64 * 32], proof[64];
  tacet_token tokens[64];
} issued;

static void issue(issued *x, tacet_token_kind kind, size_t n) {
  assert_ok(tacet_voprf_key_generate(&x->key));
  assert_ok(tacet_token_draw_start(kind, x->key.public_key, n, &x->draw));
  assert_ok(tacet_voprf_blind_evaluate(
      &x->key, tacet_span_of(x->draw.blinded, 32 * n), x->evaluated, x->proof));
}

static tacet_err finish(issued *x) {
  return tacet_token_draw_finish(&x->draw,
                                 tacet_span_of(x->evaluated, 32 * x->draw.n),
                                 tacet_span_of(x->proof, 64), x->tokens);
}

static void a_token_is_taken_once_drawn(void **state) {
  (void)state;
  static issued x, y;
  issue(&x, TACET_TOKEN_DELIVERY, 64);
  /* The draw survives being stored. */
  TACET_BUF(w, 1 << 16);
  tacet_token_draw_write(&w, &x.draw);
  tacet_token_draw_wipe(&x.draw);
  assert_ok(tacet_token_draw_parse(tacet_buf_span(&w), &x.draw));
  assert_ok(finish(&x));
  uint8_t key_id[8], hashes[64][32];
  tacet_token_key_id(x.key.public_key, key_id);
  for (size_t i = 0; i < 64; i++) {
    assert_memory_equal(x.tokens[i].key_id, key_id, 8);
    assert_ok(tacet_token_redeem(TACET_TOKEN_DELIVERY, &x.key, &x.tokens[i]));
    assert_ok(tacet_token_hash(&x.tokens[i], hashes[i]));
    for (size_t j = 0; j < i; j++) {
      assert_memory_not_equal(hashes[i], hashes[j], 32);
    }
  }
  /* Not as the other kind, not under another key, not with a changed bit. */
  assert_err(TACET_ERR_TOKEN,
             tacet_token_redeem(TACET_TOKEN_DIRECTORY, &x.key, &x.tokens[0]));
  issue(&y, TACET_TOKEN_DELIVERY, 1);
  assert_err(TACET_ERR_TOKEN,
             tacet_token_redeem(TACET_TOKEN_DELIVERY, &y.key, &x.tokens[0]));
  x.tokens[0].nonce[0] ^= 1;
  assert_err(TACET_ERR_TOKEN,
             tacet_token_redeem(TACET_TOKEN_DELIVERY, &x.key, &x.tokens[0]));
  x.tokens[1].output[63] ^= 1;
  assert_err(TACET_ERR_TOKEN,
             tacet_token_redeem(TACET_TOKEN_DELIVERY, &x.key, &x.tokens[1]));
}

static void another_key_is_noticed(void **state) {
  (void)state;
  static issued x;
  TACET_VOPRF_KEY(marked); /* a key for this account alone would mark it */
  issue(&x, TACET_TOKEN_DIRECTORY, 3);
  assert_ok(tacet_voprf_key_generate(&marked));
  assert_ok(tacet_voprf_blind_evaluate(
      &marked, tacet_span_of(x.draw.blinded, 96), x.evaluated, x.proof));
  assert_err(TACET_ERR_TOKEN, finish(&x));
  issue(&x, TACET_TOKEN_DIRECTORY, 3);
  x.proof[0] ^= 1;
  assert_err(TACET_ERR_TOKEN, finish(&x));
}

static void a_batch_has_its_bounds(void **state) {
  (void)state;
  static issued x;
  uint8_t key[32] = {0};
  assert_err(TACET_ERR_LIMIT,
             tacet_token_draw_start(TACET_TOKEN_DIRECTORY, key, 0, &x.draw));
  assert_err(TACET_ERR_LIMIT,
             tacet_token_draw_start(TACET_TOKEN_DIRECTORY, key, 65, &x.draw));
}

/* Of each kind one, of that week, and a week as it has to be. */
static void test_weeks(void **state) {
  (void)state;
  const tacet_issuer good[2] = {
      {.kind = TACET_TOKEN_DIRECTORY, {1}, 20006, 20012, 20019},
      {.kind = TACET_TOKEN_DELIVERY, {2}, 20006, 20012, 20019}};
  tacet_issuers all = {.n = 3, .list = {good[1], {0}, good[0]}}, week;
  all.list[1] = good[1];
  all.list[1].first_day = 19999;
  assert_ok(tacet_issuers_week(&all, 20006, &week));
  assert_int_equal(2, week.n);
  assert_int_equal(1, week.list[0].public_key[0]);
  assert_int_equal(2, week.list[1].public_key[0]);
  assert_err(TACET_ERR_ENCODING, tacet_issuers_week(&all, 20007, &week));
  assert_err(TACET_ERR_NOT_FOUND, tacet_issuers_week(&all, 20013, &week));
  all.list[1] = good[1]; /* two of one kind */
  assert_err(TACET_ERR_NOT_FOUND, tacet_issuers_week(&all, 20006, &week));
  all.n = 1;
  assert_err(TACET_ERR_NOT_FOUND, tacet_issuers_week(&all, 20006, &week));
  all.n = 3;
  all.list[1].first_day = 19999;
  all.list[2].issue_until++; /* longer than a week */
  assert_err(TACET_ERR_ENCODING, tacet_issuers_week(&all, 20006, &week));
  all.list[2] = good[0];
  all.list[0].accept_until++;
  assert_err(TACET_ERR_ENCODING, tacet_issuers_week(&all, 20006, &week));
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_is_taken_once_drawn),
      cmocka_unit_test(another_key_is_noticed),
      cmocka_unit_test(a_batch_has_its_bounds),
      cmocka_unit_test(test_weeks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
