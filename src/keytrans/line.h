/* SPDX-License-Identifier: Apache-2.0
 * Lines and numbers of c2sp.org's texts. */
#ifndef KEYTRANS_LINE_H
#define KEYTRANS_LINE_H

#include "tacet/base.h"
#include "tacet/codec.h"

/* Takes the next line off *rest, without its newline. False if there is none
 * that is ended. */
bool line_next(tacet_span *rest, tacet_span *line);
/* Takes the next word off *rest; words are parted by one space. False if there
 * is none, or an empty one. */
bool line_word(tacet_span *rest, tacet_span *word);
/* Decimal, without leading zeros, below 2^63. */
bool line_number(tacet_span text, uint64_t *out);
void line_write_number(uint64_t v, tacet_buf *out);
/* Exactly 32 bytes in base64. */
bool line_hash(tacet_span text, uint8_t out[32]);
/* Base64 of at most 1 KiB. */
void line_write_base64(tacet_span in, tacet_buf *out);

#endif
