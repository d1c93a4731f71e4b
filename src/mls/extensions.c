/* SPDX-License-Identifier: Apache-2.0
 * Extension lists as the callers of tacet/mls.h see them. */
#include "tacet/mls.h"

void tacet_mls_extensions_add(tacet_buf *list, uint16_t type, tacet_span data) {
  tacet_write_u16(list, type);
  tacet_write_vec(list, data);
}

bool tacet_mls_extensions_next(tacet_span *list, tacet_mls_extension *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(*list, &err);
  if (!tacet_more(&r)) {
    return false;
  }
  tacet_mls_extension e;
  e.type = tacet_read_u16(&r);
  e.data = tacet_read_vec(&r);
  if (err != TACET_OK) {
    return false;
  }
  *list = tacet_span_of(r.p, tacet_read_left(&r));
  *out = e;
  return true;
}

bool tacet_mls_extensions_find(tacet_span list, uint16_t type,
                               tacet_span *out) {
  tacet_mls_extension e;
  while (tacet_mls_extensions_next(&list, &e)) {
    if (e.type == type) {
      *out = e.data;
      return true;
    }
  }
  return false;
}
