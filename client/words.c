/* SPDX-License-Identifier: Apache-2.0
 * Keys as words. */
#include "client/words.h"

#include "tacet/crypto.h"

#define KEY_LEN 32
#define BITS 11
#define PREFIX 4 /* letters that tell every word from every other */

/* The place of the word that `text` begins; CLIENT_WORD_COUNT if there is none.
 */
static unsigned find(const char *text, size_t len) {
  unsigned place = 0;
  while (place < CLIENT_WORD_COUNT &&
         (len < PREFIX || len > strlen(client_words[place]) ||
          memcmp(client_words[place], text, len) != 0)) {
    place++;
  }
  return place;
}

static tacet_err check_byte(const uint8_t *key, uint8_t *out) {
  uint8_t hash[32];
  tacet_span parts[2] = {TACET_SPAN_LIT("tacet recovery words"),
                         tacet_span_of(key, KEY_LEN)};
  TACET_TRY(tacet_hash_sha256.digest(parts, 2, hash));
  *out = hash[0];
  tacet_wipe(hash, sizeof(hash));
  return TACET_OK;
}

static unsigned bits_at(const uint8_t *p, size_t bit) {
  unsigned v = 0;
  for (size_t i = bit; i < bit + BITS; i++) {
    v = v << 1 | ((unsigned)p[i / 8] >> (7 - i % 8) & 1u);
  }
  return v;
}

tacet_err client_words_write(const tacet_secret *key, client_mem *mem,
                             const char **out) {
  TACET_ASSERT(key->len == KEY_LEN);
  TACET_SECRET(bits);
  bits.len = KEY_LEN + 1;
  memcpy(bits.b, key->b, KEY_LEN);
  TACET_TRY(check_byte(bits.b, &bits.b[KEY_LEN]));
  TACET_BUF(text, 1024);
  tacet_buf_reserve(&text, 300);
  for (size_t i = 0; i < CLIENT_WORDS; i++) {
    const char *w = client_words[bits_at(bits.b, i * BITS)];
    if (i > 0) {
      tacet_write_u8(&text, ' ');
    }
    tacet_write_bytes(&text, tacet_span_str(w));
  }
  TACET_TRY(text.err);
  return client_mem_text(mem, tacet_buf_span(&text), out);
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word of *text, folded; its length, 0 at the end. */
static size_t next_word(const char **text, char out[16]) {
  while (is_space(**text)) {
    (*text)++;
  }
  size_t n = 0;
  for (; **text != '\0' && !is_space(**text); (*text)++) {
    if (n < 15) {
      char c = **text;
      out[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
  }
  return n;
}

tacet_err client_words_read(const char *text, tacet_secret *key) {
  TACET_SECRET(bits);
  bits.len = KEY_LEN + 1;
  memset(bits.b, 0, bits.len);
  char word[16];
  for (size_t i = 0; i < CLIENT_WORDS; i++) {
    size_t len = next_word(&text, word);
    unsigned place = find(word, len);
    if (place == CLIENT_WORD_COUNT) {
      return TACET_ERR_ENCODING;
    }
    for (size_t b = 0; b < BITS; b++) {
      size_t at = i * BITS + b;
      unsigned bit = place >> (BITS - 1 - b) & 1u;
      bits.b[at / 8] = (uint8_t)(bits.b[at / 8] | bit << (7 - at % 8));
    }
  }
  tacet_wipe(word, sizeof(word));
  if (next_word(&text, word) != 0) {
    return TACET_ERR_ENCODING;
  }
  uint8_t check;
  TACET_TRY(check_byte(bits.b, &check));
  if (check != bits.b[KEY_LEN]) {
    return TACET_ERR_AUTH;
  }
  return tacet_secret_set(key, tacet_span_of(bits.b, KEY_LEN));
}
