/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/fields.h"

bool wire_read_bool(tacet_reader *r) {
  return tacet_read_optional(r); /* the same form */
}

tacet_token_kind wire_read_token_kind(tacet_reader *r) {
  uint8_t kind = tacet_read_u8(r);
  if (kind > TACET_TOKEN_DELIVERY) {
    tacet_read_fail(r, TACET_ERR_UNKNOWN_TYPE);
  }
  return (tacet_token_kind)kind;
}

tacet_span wire_read_maybe(tacet_reader *r, size_t len) {
  tacet_span s = tacet_read_vec_max(r, len);
  if (s.len != 0 && s.len != len) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return s;
}

tacet_span wire_read_array(tacet_reader *r, size_t size, size_t min, size_t max,
                           size_t *n) {
  tacet_span s = tacet_read_vec_max(r, size * max);
  if (s.len % size != 0) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  } else if (s.len / size < min) {
    tacet_read_fail(r, TACET_ERR_LIMIT);
  }
  *n = s.len / size;
  return s;
}

tacet_span wire_read_list(tacet_reader *r, size_t max,
                          void (*element)(tacet_reader *e), size_t *n) {
  tacet_reader e = tacet_read_vec_of(r);
  const uint8_t *from = e.p;
  size_t count = 0;
  while (tacet_more(&e)) {
    if (count++ == max) {
      tacet_read_fail(r, TACET_ERR_LIMIT);
    }
    element(&e);
  }
  *n = count;
  return *r->err == TACET_OK ? tacet_span_of(from, (size_t)(e.end - from))
                             : TACET_SPAN_EMPTY;
}
