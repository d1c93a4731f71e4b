/* SPDX-License-Identifier: Apache-2.0
 * A connection of net/'s server without threads and without TLS: bytes in,
 * bytes out, and a hash of what the handler was told. For a fuzzer, and for
 * memory that runs out.
 *
 * What the handler does with a request is said by its path's first letter:
 *   e  403 within on_head          l  answers through a net_reply
 *   s  takes the body in pieces    o  the same, and lets requests overlap
 *   p  answers from a source       n  204 with a body all the same
 *   w  WebSocket: echoes; what begins with c is answered with a close
 * and with any other, it gives the body back.
 */
#ifndef TACET_TESTS_BARE_CONN_H
#define TACET_TESTS_BARE_CONN_H

#include "tacet/base.h"

typedef struct bare_trace {
  uint64_t calls; /* a hash of what the handler was told */
  unsigned heads, done, opened, closed, sources, sources_done;
  uint8_t *answers; /* freed by the caller */
  size_t n_answers;
} bare_trace;

/* One connection: sends `in` in pieces of `step` bytes (what is left after the
 * first hundred at once), each when nothing moves any more, then the end. Traps
 * if a connection is left over, or a request or WebSocket does not end exactly
 * once. */
void bare_run(bare_trace *t, tacet_span in, size_t step, bool proxy);

#endif
