/* SPDX-License-Identifier: Apache-2.0
 * CBOR. What is taken whole is taken apart and put together again, item by item
 * with the typed functions, and must come out byte for byte: nothing is accepted
 * that the writer would have written differently. */
#include <stdlib.h>

#include "tacet/codec/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy_raw(tacet_reader *r, tacet_buf *w) {
  tacet_write_bytes(w, tacet_cbor_read_any(r));
}

/* One item's head and strings; gives how many items are in it. A tag, a
 * negative or a simple value has no typed function: it is copied with all that
 * is in it. */
static size_t copy_item(tacet_reader *r, tacet_buf *w) {
  size_t n;
  switch (tacet_cbor_peek(r)) {
  case TACET_CBOR_UINT:
    tacet_cbor_write_uint(w, tacet_cbor_read_uint(r));
    return 0;
  case TACET_CBOR_BYTES:
    tacet_cbor_write_bytes(w, tacet_cbor_read_bytes(r));
    return 0;
  case TACET_CBOR_TEXT:
    tacet_cbor_write_text(w, tacet_cbor_read_text(r));
    return 0;
  case TACET_CBOR_ARRAY:
    n = tacet_cbor_read_array(r, SIZE_MAX);
    tacet_cbor_write_array(w, n);
    return n;
  case TACET_CBOR_MAP:
    n = tacet_cbor_read_map(r, SIZE_MAX / 2);
    tacet_cbor_write_map(w, n);
    return 2 * n;
  case TACET_CBOR_SIMPLE:
    if (tacet_cbor_read_null(r)) {
      tacet_cbor_write_null(w);
    } else if (*r->p == 0xf4 || *r->p == 0xf5) {
      tacet_cbor_write_bool(w, tacet_cbor_read_bool(r));
    } else {
      copy_raw(r, w);
    }
    return 0;
  case TACET_CBOR_NEGATIVE:
  case TACET_CBOR_TAG:
    copy_raw(r, w);
    return 0;
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_span_of(data, size), &err);
  tacet_span item = tacet_cbor_read_any(&r);
  if (err != TACET_OK) {
    return 0;
  }
  TACET_BUF(w, size);
  r = tacet_reader_over(item, &err);
  for (size_t left = 1; left > 0 && err == TACET_OK; left--) {
    left += copy_item(&r, &w);
  }
  tacet_read_end(&r);
  if (err != TACET_OK || w.err != TACET_OK ||
      !tacet_span_equal(item, tacet_buf_span(&w))) {
    abort();
  }
  return 0;
}
