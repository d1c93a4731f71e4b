/* SPDX-License-Identifier: Apache-2.0
 * Sealing at rest: HPKE with an explicit sequence number. */
#include "tacet/wire/seal.h"

static const tacet_hpke_suite suite = {&tacet_kem_x25519, &tacet_hash_sha256,
                                       &tacet_aead_chacha20poly1305};
#define INFO TACET_SPAN_LIT("Tacet 1.0 sealing")

void tacet_sealer_wipe(tacet_sealer *s) {
  tacet_wipe(s, sizeof(*s));
}
void tacet_unsealer_wipe(tacet_unsealer *u) {
  tacet_wipe(u, sizeof(*u));
}

tacet_err tacet_seal_key_new(tacet_secret *private_key,
                             uint8_t public_key[32]) {
  return suite.kem->generate(private_key, public_key);
}

tacet_err tacet_sealer_new(const uint8_t sealing_key[32],
                           const uint8_t mailbox[16], tacet_sealer *s) {
  *s = (tacet_sealer){.next = 0};
  memcpy(s->mailbox, mailbox, sizeof(s->mailbox));
  tacet_err err = tacet_hpke_setup_sender(suite, tacet_span_of(sealing_key, 32),
                                          INFO, TACET_SPAN_EMPTY,
                                          TACET_SPAN_EMPTY, s->enc, &s->hpke);
  if (err != TACET_OK) {
    tacet_sealer_wipe(s);
  }
  return err;
}

tacet_err tacet_sealer_seal(tacet_sealer *s, tacet_span item, uint32_t *number,
                            uint8_t *out) {
  if (s->next >= TACET_SEAL_ITEMS_MAX) {
    return TACET_ERR_LIMIT;
  }
  uint32_t n = s->next++; /* spent, whatever becomes of it */
  TACET_TRY(tacet_hpke_seal_at(&s->hpke, n, tacet_span_of(s->mailbox, 16), item,
                               out));
  *number = n;
  return TACET_OK;
}

tacet_err tacet_unsealer_new(const tacet_secret *private_key,
                             const uint8_t mailbox[16], const uint8_t enc[32],
                             tacet_unsealer *u) {
  TACET_HPKE(hpke);
  TACET_TRY(tacet_hpke_setup_receiver(
      suite, tacet_span_of(enc, TACET_SEAL_ENC_LEN),
      tacet_secret_span(private_key), INFO, TACET_SPAN_EMPTY, TACET_SPAN_EMPTY,
      &hpke));
  u->hpke = hpke;
  memcpy(u->mailbox, mailbox, sizeof(u->mailbox));
  return TACET_OK;
}

tacet_err tacet_unsealer_open(const tacet_unsealer *u, uint32_t number,
                              tacet_span sealed, uint8_t *out) {
  return tacet_hpke_open_at(&u->hpke, number, tacet_span_of(u->mailbox, 16),
                            sealed, out);
}
