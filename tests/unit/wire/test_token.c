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
  assert_err(TACET_ERR_TOKEN, tacet_token_redeem(TACET_TOKEN_DIRECTORY, &x.key,
                                                 &x.tokens[0]));
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

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_is_taken_once_drawn),
      cmocka_unit_test(another_key_is_noticed),
      cmocka_unit_test(a_batch_has_its_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
