/* SPDX-License-Identifier: Apache-2.0
 * Range and Content-Range: what is taken has one form, so it is written again
 * byte for byte. */
#include "server/http/ranges.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(const char *text, const uint8_t *data, size_t size) {
  if (strlen(text) != size || memcmp(text, data, size) != 0) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char text[128];
  tacetd_content_range c;
  tacetd_range r;
  if (tacetd_content_range_parse((tacet_span){data, size}, &c)) {
    if (c.ask) {
      (void)snprintf(text, sizeof(text), "bytes */%" PRIu64, c.total);
    } else {
      (void)snprintf(text, sizeof(text),
                     "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, c.first, c.last,
                     c.total);
    }
    expect(text, data, size);
  }
  if (tacetd_range_parse((tacet_span){data, size}, &r)) {
    if (r.open) {
      (void)snprintf(text, sizeof(text), "bytes=%" PRIu64 "-", r.first);
    } else {
      (void)snprintf(text, sizeof(text), "bytes=%" PRIu64 "-%" PRIu64, r.first,
                     r.last);
    }
    expect(text, data, size);
  }
  return 0;
}
