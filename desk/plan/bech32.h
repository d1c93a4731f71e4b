/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/bech32.h -- the text form of age's keys: Bech32 (BIP 173), of 32
 * bytes, without the bound of 90 characters.
 */
#ifndef TACET_DESK_BECH32_H
#define TACET_DESK_BECH32_H

#include "tacet/base.h"

#define DESK_BECH32_BYTES 32
/* Characters of the data and the checksum, behind the prefix and its "1". */
#define DESK_BECH32_DATA (52 + 6)

/* Prefix + "1" + data + NUL into out, in lower case. `prefix` is in lower case
 * too. */
void desk_bech32_write(const char *prefix, const uint8_t bytes[32], char *out);
/* Exactly that, in lower case or, if `upper`, all in upper case: one key has
 * one text. ENCODING. */
TACET_MUST_CHECK tacet_err desk_bech32_read(const char *text,
                                            const char *prefix, bool upper,
                                            uint8_t bytes[32]);

#endif
