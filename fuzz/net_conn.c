/* SPDX-License-Identifier: Apache-2.0
 * A whole connection of the server: requests behind each other, bodies, answers
 * at once and later, an upgrade and frames, a PROXY header before it all. The
 * bytes come at once, and again in pieces; what the handler is told and what
 * the client is told must be the same, or somebody in front of the server could
 * see other requests than it does.
 *
 * The first byte: 1 PROXY; 2-16 how long the pieces are. */
#include <stdlib.h>

#include "tests/support/bare_conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  bare_trace whole, pieces;
  if (size < 2 || size > 20000) {
    return 0;
  }
  tacet_span in = {data + 1, size - 1};
  bool proxy = (data[0] & 1) != 0;
  bare_run(&whole, in, in.len, proxy);
  bare_run(&pieces, in, 1 + (data[0] >> 1 & 15), proxy);
  if (whole.calls != pieces.calls ||
      !tacet_span_equal(tacet_span_of(whole.answers, whole.n_answers),
                        tacet_span_of(pieces.answers, pieces.n_answers))) {
    abort();
  }
  free(whole.answers);
  free(pieces.answers);
  return 0;
}
