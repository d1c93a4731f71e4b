/* SPDX-License-Identifier: Apache-2.0
 * An officer's public key, as a line and as bytes, and a signature by it: a key
 * has one form, which comes back; and nobody signs by guessing. Input: a line,
 * a newline, the bytes of the signature. */
#include "desk/keys/token.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_again(const char *line, const desk_public_key *key) {
  char text[DESK_PUBLIC_TEXT];
  desk_public_key again;
  desk_public_text(key, text);
  if (strcmp(text, line) != 0 ||
      desk_public_take(desk_public_span(key), &again) != TACET_OK ||
      !desk_public_equal(key, &again)) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
  char line[LINE_MAX];
  desk_public_key key;
  if (end == NULL || end - data >= LINE_MAX ||
      tacet_crypto_init() != TACET_OK) {
    return 0;
  }
  memcpy(line, data, (size_t)(end - data));
  line[end - data] = '\0';
  if (desk_public_read(line, &key) != TACET_OK) {
    return 0;
  }
  same_again(line, &key);
  tacet_span signature = {end + 1, size - (size_t)(end - data) - 1};
  (void)desk_token_counter(signature);
  if (desk_signature_verify(&key, "DeskFuzz", signature, signature) !=
      TACET_ERR_AUTH) {
    abort(); /* over its own bytes: nobody has signed that */
  }
  return 0;
}
