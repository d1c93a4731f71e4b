/* SPDX-License-Identifier: Apache-2.0
 * Every message between client and server. The first byte chooses which.
 * Encodings are canonical, so whatever parses must come out of the writer byte
 * for byte. */
#include <stdlib.h>

#include "tests/support/wire_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  tacet_span in = {data + 1, size - 1};
  TACET_BUF(out, 1 << 25);
  tacet_err err = wire_table[data[0] % wire_table_n].again(in, &out);
  if (err == TACET_ERR_STATE ||
      (err == TACET_OK && !tacet_span_equal(in, tacet_buf_span(&out)))) {
    abort();
  }
  return 0;
}
