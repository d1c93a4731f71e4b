/* SPDX-License-Identifier: Apache-2.0
 * The PIN of the token in software: CTAP2 6.5, PIN protocol one. */
#ifndef TACET_TESTS_SOFT_PIN_H
#define TACET_TESTS_SOFT_PIN_H

#include "tacet/codec.h"

/* getKeyAgreement: writes the answer; gives the status. */
uint8_t soft_pin_agree(tacet_buf *w);
/* getPINToken, with the platform's key (a COSE_Key) and the encrypted hash of a
 * PIN. */
uint8_t soft_pin_token(tacet_span cose, tacet_span encrypted, tacet_buf *w);
/* Whether a pinAuth over this hash is by the newest token. */
bool soft_pin_fits(tacet_span client_hash, tacet_span pin_auth);

#endif
