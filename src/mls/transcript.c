/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/transcript.h"

#include "tacet/codec.h"

/* The length in front of a vector<V>, so that the vector need not be copied to
 * be hashed. 4 bytes are enough for every length there is. */
static tacet_err vector_length(tacet_span vector, tacet_buf *w) {
  if (vector.len > TACET_VARINT_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_write_varint(w, (uint32_t)vector.len);
  return w->err;
}

tacet_err tacet_transcript_confirmed(const tacet_hash *h,
                                     tacet_span interim_before,
                                     uint16_t wire_format, tacet_span content,
                                     tacet_span signature, uint8_t *out) {
  TACET_BUF(length, 4);
  TACET_TRY(vector_length(signature, &length));
  uint8_t format[2] = {(uint8_t)(wire_format >> 8), (uint8_t)wire_format};
  const tacet_span parts[] = {interim_before,
                              tacet_span_of(format, sizeof(format)), content,
                              tacet_buf_span(&length), signature};
  return h->digest(parts, sizeof(parts) / sizeof(parts[0]), out);
}

tacet_err tacet_transcript_interim(const tacet_hash *h, tacet_span confirmed,
                                   tacet_span confirmation_tag, uint8_t *out) {
  TACET_BUF(length, 4);
  TACET_TRY(vector_length(confirmation_tag, &length));
  const tacet_span parts[] = {confirmed, tacet_buf_span(&length),
                              confirmation_tag};
  return h->digest(parts, sizeof(parts) / sizeof(parts[0]), out);
}

tacet_err tacet_confirmation_tag(const tacet_hash *h,
                                 const tacet_secret *confirmation_key,
                                 tacet_span confirmed, uint8_t *out) {
  return h->hmac(tacet_secret_span(confirmation_key), &confirmed, 1, out);
}
