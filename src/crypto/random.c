/* SPDX-License-Identifier: Apache-2.0
 * Randomness, with a seam so that tests can make it fail or repeat. */
#include "crypto/provider.h"

static tacet_err (*replaced)(uint8_t *out, size_t len);

void tacet_random_source_set(tacet_err (*source)(uint8_t *out, size_t len)) {
  replaced = source;
}

tacet_err tacet_random(uint8_t *out, size_t len) {
  if (len == 0) {
    return TACET_OK;
  }
  return replaced == NULL ? tacet_random_system(out, len) : replaced(out, len);
}
