/* SPDX-License-Identifier: Apache-2.0
 * tacet/wire/seal.h -- sealing at rest: what the server does to an item before
 * it stores it, and what the device undoes.
 *
 * HPKE base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305 to
 * the mailbox's sealing key; info = "Tacet 1.0 sealing", aad = mailbox id. One
 * encapsulation serves up to 256 items, numbered 0, 1, ... by HPKE's sequence
 * number, which is spent when it is used, whether or not the item was stored.
 */
#ifndef TACET_WIRE_SEAL_H
#define TACET_WIRE_SEAL_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_SEAL_ENC_LEN 32
#define TACET_SEAL_TAG_LEN 16
#define TACET_SEAL_ITEMS_MAX 256

/* The server's side of one encapsulation. Wipe it when it is used up. */
typedef struct tacet_sealer {
  tacet_hpke hpke;
  uint8_t mailbox[16];
  uint8_t enc[TACET_SEAL_ENC_LEN];
  uint32_t next; /* number of the next item */
} tacet_sealer;
void tacet_sealer_wipe(tacet_sealer *s);

/* A new private key for a mailbox, and its public half (X25519). */
TACET_MUST_CHECK tacet_err tacet_seal_key_new(tacet_secret *private_key,
                                              uint8_t public_key[32]);
/* ENCODING for a sealing key that is no point to seal to. */
TACET_MUST_CHECK tacet_err tacet_sealer_new(const uint8_t sealing_key[32],
                                            const uint8_t mailbox[16],
                                            tacet_sealer *s);
/* Seals item number s->next, which is spent, and says which it was. out gets
 * item.len + TACET_SEAL_TAG_LEN bytes. LIMIT when all are spent. */
TACET_MUST_CHECK tacet_err tacet_sealer_seal(tacet_sealer *s, tacet_span item,
                                             uint32_t *number, uint8_t *out);

/* The device's side: one setup for an encapsulation, then any number of it. */
typedef struct tacet_unsealer {
  tacet_hpke hpke;
  uint8_t mailbox[16];
} tacet_unsealer;
void tacet_unsealer_wipe(tacet_unsealer *u);
TACET_MUST_CHECK tacet_err tacet_unsealer_new(const tacet_secret *private_key,
                                              const uint8_t mailbox[16],
                                              const uint8_t enc[32],
                                              tacet_unsealer *u);
/* AUTH. out gets sealed.len - TACET_SEAL_TAG_LEN bytes. */
TACET_MUST_CHECK tacet_err tacet_unsealer_open(const tacet_unsealer *u,
                                               uint32_t number,
                                               tacet_span sealed, uint8_t *out);

#ifdef __cplusplus
}
#endif
#endif
