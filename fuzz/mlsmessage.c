/* SPDX-License-Identifier: Apache-2.0
 * Any struct of RFC 9420 that is read and written again gives the same bytes.
 * The first byte says which. */
#include "tests/unit/mlswire/samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || data[0] >= WIRE_KINDS) {
    return 0;
  }
  tacet_span in = tacet_span_of(data + 1, size - 1);
  TACET_BUF(w, TACET_MESSAGE_MAX);
  if (wire_round_trip((wire_kind)data[0], in, &w) == TACET_OK) {
    TACET_ASSERT(tacet_span_equal(in, tacet_buf_span(&w)));
  }
  return 0;
}
