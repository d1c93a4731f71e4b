/* SPDX-License-Identifier: Apache-2.0
 * Notes, trees and witnesses without memory: each allocation of each call fails
 * in turn, gives NOMEM and leaves nothing behind. (Manifests, maps, policies
 * and the key log: beside their own tests.)
 */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tacet/keytrans/manifest.h"
#include "tacet/keytrans/witness.h"

typedef struct keys {
  tacet_secret log_private, witness_private;
  tacet_note_key log, witness;
} keys;

/* ---- a tree of two leaves ---- */

static tacet_err grow(tacet_tlog_hash *old_root, tacet_tlog_proof *proof,
                      tacet_tlog_hash *root) {
  tacet_tlog_frontier f = {.size = 0};
  tacet_tlog_hash leaf[2], none;
  TACET_TRY(tacet_tlog_empty(&none));
  for (int i = 0; i < 2; i++) {
    TACET_TRY(tacet_tlog_leaf(
        i == 0 ? TACET_SPAN_LIT("one") : TACET_SPAN_LIT("two"), &leaf[i]));
    TACET_TRY(tacet_tlog_append(&f, &leaf[i], NULL));
    TACET_TRY(tacet_tlog_frontier_root(&f, i == 0 ? old_root : root));
  }
  tacet_tlog_hash node;
  TACET_TRY(tacet_tlog_node(&leaf[0], &leaf[1], &node));
  *proof = (tacet_tlog_proof){.n = 1};
  proof->hashes[0] = leaf[1];
  TACET_TRY(tacet_tlog_verify_inclusion(0, &leaf[0], proof, 2, root));
  return tacet_tlog_verify_consistency(1, old_root, proof, 2, root);
}

/* ---- a checkpoint, signed, shown to a witness, cosigned ---- */

static tacet_err checkpoint(const keys *k, const tacet_tlog_hash *root,
                            tacet_buf *note) {
  tacet_checkpoint c = {
      .origin = TACET_SPAN_LIT("log.example.org"), .size = 2, .root = *root};
  TACET_BUF(text, 1024);
  tacet_checkpoint_write(&c, &text);
  TACET_TRY(text.err);
  tacet_write_bytes(note, tacet_buf_span(&text));
  tacet_write_bytes(note, TACET_SPAN_LIT("\n"));
  return tacet_note_sign(tacet_buf_span(&text), &k->log, &k->log_private, 0,
                         note);
}

static tacet_err witness_it(void *ctx) {
  const keys *k = ctx;
  tacet_tlog_hash old_root, root;
  tacet_tlog_proof proof;
  tacet_witness_request request;
  tacet_witness_status status;
  tacet_note parsed;
  uint64_t time;
  TACET_BUF(note, 4096);
  TACET_BUF(body, 8192);
  TACET_TRY(grow(&old_root, &proof, &root));
  TACET_TRY(checkpoint(k, &root, &note));
  TACET_TRY(tacet_note_parse(tacet_buf_span(&note), &parsed));
  TACET_TRY(tacet_note_verify(&parsed, &k->log, &time));
  tacet_witness_write(1, &proof, tacet_buf_span(&note), &body);
  TACET_TRY(body.err);
  TACET_TRY(tacet_witness_read(tacet_buf_span(&body), &request));
  tacet_tlog_head memory = {.size = 1, .root = old_root}, next;
  TACET_TRY(tacet_witness_judge(&request, &k->log, 1, &memory, &next, &status));
  assert_int_equal(status, TACET_WITNESS_OK);
  TACET_BUF(line, 1024);
  return tacet_witness_cosign(&request, &k->witness, &k->witness_private,
                              1700000000, &line);
}

static tacet_err key_in_and_out(void *ctx) {
  const keys *k = ctx;
  tacet_note_key out;
  TACET_BUF(w, 1024);
  tacet_note_key_write(&k->log, &w);
  TACET_TRY(w.err);
  return tacet_note_key_read(tacet_buf_span(&w), &out);
}

static tacet_err safety_code(void *ctx) {
  char digits[TACET_SAFETY_DIGITS + 1];
  const uint8_t a[32] = {1}, b[32] = {2};
  tacet_span name, domain;
  (void)ctx;
  TACET_TRY(
      tacet_handle_split(TACET_SPAN_LIT("a@example.org"), &name, &domain));
  return tacet_safety_code(a, b, digits);
}

static void a_failed_allocation_is_an_error(void **state) {
  (void)state;
  keys k = {.log_private = {.len = 0}};
  uint8_t public_key[32];
  assert_ok(tacet_sig_ed25519.generate(&k.log_private, public_key));
  assert_ok(tacet_note_key_make(TACET_SPAN_LIT("log.example.org"),
                                TACET_NOTE_ED25519, public_key, &k.log));
  assert_ok(tacet_sig_ed25519.generate(&k.witness_private, public_key));
  assert_ok(tacet_note_key_make(TACET_SPAN_LIT("witness.example.org"),
                                TACET_NOTE_COSIGNATURE, public_key,
                                &k.witness));
  test_alloc_sweep(witness_it, &k);
  test_alloc_sweep(key_in_and_out, &k);
  test_alloc_sweep(safety_code, NULL);
  tacet_secret_wipe(&k.log_private);
  tacet_secret_wipe(&k.witness_private);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_failed_allocation_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
