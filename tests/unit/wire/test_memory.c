/* SPDX-License-Identifier: Apache-2.0
 * The wire without memory: each allocation of each call fails in turn, gives
 * NOMEM and leaves nothing behind.
 */
#include "tests/support/support.h"

#include <string.h>

#include "tacet/wire.h"
#include "tests/support/wire_table.h"

/* ---- every message ---- */

typedef struct message {
  const wire_row *row;
  tacet_span bytes;
} message;

static tacet_err read_and_write(void *ctx) {
  const message *m = ctx;
  TACET_BUF(out, 1 << 24);
  TACET_TRY(m->row->again(m->bytes, &out));
  assert_span(m->bytes, tacet_buf_span(&out));
  return TACET_OK;
}

static void every_message(void **state) {
  (void)state;
  for (size_t i = 0; i < wire_table_n; i++) {
    TACET_BUF(sample, 1 << 24);
    wire_table[i].sample(&sample);
    assert_ok(sample.err);
    message m = {&wire_table[i], tacet_buf_span(&sample)};
    test_alloc_sweep(read_and_write, &m);
  }
}

/* ---- sealing ---- */

static tacet_err seal_an_item(void *ctx) {
  (void)ctx;
  const uint8_t mailbox[16] = {3};
  uint8_t public_key[32], sealed[4 + TACET_SEAL_TAG_LEN], open[4];
  uint32_t number;
  tacet_sealer s;
  tacet_unsealer u;
  TACET_SECRET(key);
  TACET_TRY(tacet_seal_key_new(&key, public_key));
  TACET_TRY(tacet_sealer_new(public_key, mailbox, &s));
  tacet_err e = tacet_sealer_seal(&s, TACET_SPAN_LIT("item"), &number, sealed);
  if (e == TACET_OK) {
    e = tacet_unsealer_new(&key, mailbox, s.enc, &u);
  }
  tacet_sealer_wipe(&s);
  TACET_TRY(e);
  e = tacet_unsealer_open(&u, number, tacet_span_of(sealed, sizeof(sealed)),
                          open);
  tacet_unsealer_wipe(&u);
  TACET_TRY(e);
  assert_memory_equal(open, "item", 4);
  return TACET_OK;
}

static void sealing(void **state) {
  (void)state;
  test_alloc_sweep(seal_an_item, NULL);
}

/* ---- tokens ---- */

#define N 3

static tacet_err draw_and_redeem(void *ctx) {
  tacet_voprf_key *key = ctx;
  uint8_t evaluated[N * 32], proof[64], hash[32];
  tacet_token_draw draw, kept;
  tacet_token tokens[N], one;
  TACET_TRY(
      tacet_token_draw_start(TACET_TOKEN_DELIVERY, key->public_key, N, &draw));
  TACET_BUF(stored, 8192);
  TACET_BUF(shown, 1024);
  tacet_token_draw_write(&stored, &draw);
  TACET_TRY(stored.err);
  TACET_TRY(tacet_token_draw_parse(tacet_buf_span(&stored), &kept));
  TACET_TRY(tacet_voprf_blind_evaluate(
      key, tacet_span_of(kept.blinded, sizeof(evaluated)), evaluated, proof));
  TACET_TRY(tacet_token_draw_finish(
      &kept, tacet_span_of(evaluated, sizeof(evaluated)),
      tacet_span_of(proof, sizeof(proof)), tokens));
  tacet_token_write(&shown, &tokens[1]);
  TACET_TRY(shown.err);
  TACET_TRY(tacet_token_parse(tacet_buf_span(&shown), &one));
  TACET_TRY(tacet_token_redeem(TACET_TOKEN_DELIVERY, key, &one));
  return tacet_token_hash(&one, hash);
}

static void tokens(void **state) {
  (void)state;
  const uint8_t seed[32] = {9};
  tacet_voprf_key key;
  assert_ok(tacet_voprf_key_derive(tacet_span_of(seed, sizeof(seed)),
                                   TACET_SPAN_LIT("test"), &key));
  test_alloc_sweep(draw_and_redeem, &key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_message),
      cmocka_unit_test(sealing),
      cmocka_unit_test(tokens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
