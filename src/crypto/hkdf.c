/* SPDX-License-Identifier: Apache-2.0
 * HKDF (RFC 5869) and its labelled forms (RFC 9180 4). */
#include "crypto/hkdf.h"

tacet_err tacet_hkdf_extract_parts(const tacet_hash *h, tacet_span salt,
                                   const tacet_span *ikm, size_t n_ikm,
                                   tacet_secret *prk) {
  /* An absent salt is HashLen zeros (2.2), and so is HMAC's padding of an
   * empty key: no case of its own. */
  TACET_SECRET(made);
  TACET_TRY(h->hmac(salt, ikm, n_ikm, made.b));
  made.len = h->len;
  return tacet_secret_set(prk, tacet_secret_span(&made));
}

tacet_err tacet_hkdf_extract(const tacet_hash *h, tacet_span salt,
                             tacet_span ikm, tacet_secret *prk) {
  return tacet_hkdf_extract_parts(h, salt, &ikm, 1, prk);
}

/* RFC 5869 2.3: T(i) = HMAC(prk, T(i-1) || info || i). */
static tacet_err expand(const tacet_hash *h, tacet_span prk, tacet_span *parts,
                        size_t n_parts, size_t len, uint8_t *out) {
  TACET_SECRET(t);
  uint8_t counter = 0;
  parts[n_parts - 1] = tacet_span_of(&counter, 1);
  while (len > 0) {
    TACET_SECRET(next); /* hmac's output may overlap no input */
    parts[0] = tacet_secret_span(&t);
    counter++;
    TACET_TRY(h->hmac(prk, parts, n_parts, next.b));
    next.len = h->len;
    TACET_TRY(tacet_secret_set(&t, tacet_secret_span(&next)));
    size_t n = len < h->len ? len : h->len;
    memcpy(out, t.b, n);
    out += n;
    len -= n;
  }
  return TACET_OK;
}

tacet_err tacet_hkdf_expand_parts(const tacet_hash *h, tacet_span prk,
                                  const tacet_span *info, size_t n_info,
                                  size_t len, uint8_t *out) {
  TACET_ASSERT(n_info <= TACET_HKDF_PARTS_MAX);
  if (len > 255 * h->len) {
    return TACET_ERR_LIMIT;
  }
  tacet_span parts[TACET_HKDF_PARTS_MAX + 2];
  for (size_t i = 0; i < n_info; i++) {
    parts[i + 1] = info[i];
  }
  tacet_err err = expand(h, prk, parts, n_info + 2, len, out);
  if (err != TACET_OK) {
    tacet_wipe(out, len);
  }
  return err;
}

tacet_err tacet_hkdf_expand(const tacet_hash *h, tacet_span prk,
                            tacet_span info, size_t len, uint8_t *out) {
  return tacet_hkdf_expand_parts(h, prk, &info, 1, len, out);
}

tacet_err tacet_labeled_extract(const tacet_hash *h, tacet_span suite_id,
                                tacet_span salt, const char *label,
                                tacet_span ikm, tacet_secret *prk) {
  tacet_span parts[] = {TACET_SPAN_LIT("HPKE-v1"), suite_id,
                        tacet_span_str(label), ikm};
  return tacet_hkdf_extract_parts(h, salt, parts, 4, prk);
}

tacet_err tacet_labeled_expand(const tacet_hash *h, tacet_span suite_id,
                               const tacet_secret *prk, const char *label,
                               const tacet_span *info, size_t n_info,
                               size_t len, tacet_secret *out) {
  TACET_ASSERT(n_info <= 3);
  if (len > TACET_SECRET_MAX) {
    return TACET_ERR_LIMIT;
  }
  uint8_t length[2] = {(uint8_t)(len >> 8), (uint8_t)len};
  tacet_span parts[TACET_HKDF_PARTS_MAX] = {
      tacet_span_of(length, sizeof(length)), TACET_SPAN_LIT("HPKE-v1"),
      suite_id, tacet_span_str(label)};
  for (size_t i = 0; i < n_info; i++) {
    parts[4 + i] = info[i];
  }
  TACET_SECRET(made);
  TACET_TRY(tacet_hkdf_expand_parts(h, tacet_secret_span(prk), parts,
                                    4 + n_info, len, made.b));
  made.len = len;
  return tacet_secret_set(out, tacet_secret_span(&made));
}
