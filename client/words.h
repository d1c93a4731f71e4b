/* SPDX-License-Identifier: Apache-2.0
 * client/words.h -- 32 bytes as 24 words and back: the paper form of the
 * recovery key. 256 bits and an 8-bit check, 11 bits a word.
 */
#ifndef TACET_CLIENT_WORDS_H
#define TACET_CLIENT_WORDS_H

#include "client/mem.h"

#define CLIENT_WORDS 24

/* In alphabetical order. */
#define CLIENT_WORD_COUNT 2048
#define CLIENT_WORD_MAX 7
extern const char client_words[CLIENT_WORD_COUNT][CLIENT_WORD_MAX + 1];

/* The words with single spaces between them. */
TACET_MUST_CHECK tacet_err client_words_write(const tacet_secret *key,
                                              client_mem *mem,
                                              const char **out);
/* Any case, any white space between, the first four letters of a word suffice.
 * ENCODING: not 24 known words; AUTH: the check does not fit (one was misread,
 * or two were swapped). */
TACET_MUST_CHECK tacet_err client_words_read(const char *text,
                                             tacet_secret *key);

#endif
