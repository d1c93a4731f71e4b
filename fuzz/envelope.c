/* SPDX-License-Identifier: Apache-2.0
 * What a member may put inside an envelope, and a stranger inside a letter: the
 * bytes are sealed as they are, so that the parsers behind the keys are
 * reached. First byte odd: an envelope, 2: what a letter's blob holds, else a
 * letter. What opens is sealed again (the padding may differ) and must open to
 * the same. */
#include <stdlib.h>

#include "tacet/content/envelope.h"
#include "tacet/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NONCE_LEN 24
#define ENC_LEN 32
#define TAG_LEN 16
#define INPUT_MAX 60000

static const uint8_t key[32] = {7}, mailbox[16] = {3};
#define KEY tacet_span_of(key, sizeof(key))

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void try_envelope(tacet_span in) {
  TACET_BUF(w, INPUT_MAX + 64);
  TACET_BUF(again, 1 << 20);
  TACET_BYTES(plain);
  TACET_BYTES(plain2);
  tacet_envelope_type type, type2;
  tacet_span body, body2;
  tacet_slot_body slot;
  tacet_hint hint;
  tacet_write_u8(&w, 1);
  tacet_write_zeros(&w, NONCE_LEN);
  uint8_t *sealed = tacet_write_space(&w, in.len + TAG_LEN);
  must(sealed != NULL);
  must(tacet_aead_xchacha20poly1305.seal(KEY, tacet_span_of(w.p + 1, NONCE_LEN),
                                         TACET_SPAN_EMPTY, in,
                                         sealed) == TACET_OK);
  if (tacet_envelope_open(KEY, tacet_buf_span(&w), &plain, &type, &body) !=
      TACET_OK) {
    return;
  }
  must(tacet_envelope_seal(KEY, type, body, &again) == TACET_OK);
  must(tacet_envelope_open(KEY, tacet_buf_span(&again), &plain2, &type2,
                           &body2) == TACET_OK);
  must(type == type2 && tacet_span_equal(body, body2));
  (void)!tacet_slot_body_parse(body, &slot);
  (void)!tacet_hint_parse(body, &hint);
}

static bool same_letter(const tacet_letter *a, const tacet_letter *b) {
  TACET_BUF(x, 256);
  TACET_BUF(y, 256);
  tacet_attachment_write(&x, &a->parts);
  tacet_attachment_write(&y, &b->parts);
  return tacet_span_equal(a->welcome, b->welcome) &&
         tacet_span_equal(a->manifests, b->manifests) && a->kind == b->kind &&
         tacet_span_equal(a->tree, b->tree) &&
         tacet_span_equal(tacet_buf_span(&x), tacet_buf_span(&y));
}

static void try_letter(tacet_span in) {
  static const tacet_hpke_suite suite = {&tacet_kem_x25519, &tacet_hash_sha256,
                                         &tacet_aead_chacha20poly1305};
  TACET_SECRET(private_key);
  uint8_t public_key[32], enc[ENC_LEN];
  TACET_BUF(w, INPUT_MAX + 64);
  TACET_BUF(again, 1 << 20);
  TACET_BYTES(plain);
  TACET_BYTES(plain2);
  TACET_BYTES(sealed);
  tacet_letter letter, letter2;
  must(tacet_secret_set(&private_key, KEY) == TACET_OK);
  must(suite.kem->public_key(KEY, public_key) == TACET_OK);
  must(tacet_bytes_new(&sealed, in.len + TAG_LEN) == TACET_OK);
  must(tacet_hpke_seal_base(suite, tacet_span_of(public_key, 32),
                            TACET_SPAN_LIT("Tacet 1.0 letter"),
                            tacet_span_of(mailbox, sizeof(mailbox)), in, enc,
                            sealed.p) == TACET_OK);
  tacet_write_u8(&w, 1);
  tacet_write_bytes(&w, tacet_span_of(enc, sizeof(enc)));
  tacet_write_bytes(&w, tacet_bytes_span(&sealed));
  if (tacet_letter_open(&private_key, mailbox, tacet_buf_span(&w), &plain,
                        &letter) != TACET_OK) {
    return;
  }
  must(tacet_letter_seal(public_key, mailbox, &letter, &again) == TACET_OK);
  must(tacet_letter_open(&private_key, mailbox, tacet_buf_span(&again), &plain2,
                         &letter2) == TACET_OK);
  must(same_letter(&letter, &letter2));
}

static void try_parts(tacet_span in) {
  TACET_BUF(again, INPUT_MAX);
  tacet_letter_parts parts;
  if (tacet_letter_parts_parse(in, &parts) == TACET_OK) {
    tacet_letter_parts_write(&again, &parts);
    must(tacet_span_equal(in, tacet_buf_span(&again)));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || size > INPUT_MAX || tacet_crypto_init() != TACET_OK) {
    return 0;
  }
  tacet_span in = {data + 1, size - 1};
  if (data[0] & 1) {
    try_envelope(in);
  } else if (data[0] == 2) {
    try_parts(in);
  } else {
    try_letter(in);
  }
  return 0;
}
