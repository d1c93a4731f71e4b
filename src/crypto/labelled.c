/* SPDX-License-Identifier: Apache-2.0
 * The labelled operations of RFC 9420 (5.1.2, 5.1.3, 5.2, 8, 9.1). Those that
 * hash do it over parts, without a buffer; those that sign or encrypt need
 * their input in one piece. */
#include "crypto/hkdf.h"
#include "tacet/codec.h"

#define LABELLED_MAX ((size_t)TACET_VARINT_MAX + 4096)

/* The length in front of an opaque<V> (RFC 9420 2.1.2), for hashing: what
 * tacet_write_varint() writes, without a buffer. */
typedef struct vec_header {
  uint8_t b[4];
  size_t len;
} vec_header;

static vec_header header_of(size_t n) {
  if (n < 0x40) {
    return (vec_header){{(uint8_t)n}, 1};
  }
  if (n < 0x4000) {
    return (vec_header){{(uint8_t)(0x40 | (n >> 8)), (uint8_t)n}, 2};
  }
  return (vec_header){{(uint8_t)(0x80 | (n >> 24)), (uint8_t)(n >> 16),
                       (uint8_t)(n >> 8), (uint8_t)n},
                      4};
}

static tacet_span header_span(const vec_header *v) {
  return (tacet_span){v->b, v->len};
}

/* struct { opaque label<V> = prefix + label; opaque content<V>; }: SignContent
 * and EncryptContext alike. */
static tacet_err write_labelled(tacet_buf *w, const char *prefix,
                                const char *label, tacet_span content,
                                tacet_span *out) {
  tacet_span first = tacet_span_str(prefix), second = tacet_span_str(label);
  tacet_buf_reserve(w, 8 + first.len + second.len + content.len);
  tacet_write_varint(w, (uint32_t)(first.len + second.len));
  tacet_write_bytes(w, first);
  tacet_write_bytes(w, second);
  tacet_write_vec(w, content);
  return tacet_buf_done(w, out);
}

tacet_err tacet_sig_expand(const tacet_sig *sig, tacet_span private_key,
                           tacet_secret *out) {
  if (private_key.len != sig->private_len) {
    return TACET_ERR_ARGUMENT;
  }
  return sig->expand != NULL ? sig->expand(private_key, out)
                             : tacet_secret_set(out, private_key);
}

tacet_err tacet_sign_with_label(const tacet_sig *alg, tacet_span private_key,
                                const char *prefix, const char *label,
                                tacet_span content, uint8_t *sig,
                                size_t *sig_len) {
  TACET_BUF(w, LABELLED_MAX);
  tacet_span message;
  TACET_TRY(write_labelled(&w, prefix, label, content, &message));
  return alg->sign(private_key, message, sig, sig_len);
}

tacet_err tacet_verify_with_label(const tacet_sig *alg, tacet_span public_key,
                                  const char *prefix, const char *label,
                                  tacet_span content, tacet_span sig) {
  TACET_BUF(w, LABELLED_MAX);
  tacet_span message;
  TACET_TRY(write_labelled(&w, prefix, label, content, &message));
  return alg->verify(public_key, message, sig);
}

tacet_err tacet_encrypt_with_label(const tacet_suite *s, tacet_span public_key,
                                   const char *label, tacet_span context,
                                   tacet_span in, uint8_t *enc, uint8_t *out) {
  TACET_BUF(w, LABELLED_MAX);
  tacet_span info;
  TACET_TRY(write_labelled(&w, TACET_LABEL_MLS, label, context, &info));
  return tacet_hpke_seal_base(tacet_suite_hpke(s), public_key, info,
                              TACET_SPAN_EMPTY, in, enc, out);
}

tacet_err tacet_decrypt_with_label(const tacet_suite *s, tacet_span private_key,
                                   const char *label, tacet_span context,
                                   tacet_span enc, tacet_span in,
                                   uint8_t *out) {
  TACET_BUF(w, LABELLED_MAX);
  tacet_span info;
  TACET_TRY(write_labelled(&w, TACET_LABEL_MLS, label, context, &info));
  return tacet_hpke_open_base(tacet_suite_hpke(s), enc, private_key, info,
                              TACET_SPAN_EMPTY, in, out);
}

/* RFC 9420 8: struct KDFLabel { uint16 length; opaque label<V> = "MLS 1.0 " +
 * Label; opaque context<V>; } is HKDF's info. */
tacet_err tacet_expand_with_label(const tacet_hash *h,
                                  const tacet_secret *secret, const char *label,
                                  tacet_span context, size_t len,
                                  tacet_secret *out) {
  if (len > TACET_SECRET_MAX || context.len > TACET_VARINT_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_span prefix = TACET_SPAN_LIT(TACET_LABEL_MLS);
  tacet_span name = tacet_span_str(label);
  uint8_t length[2] = {(uint8_t)(len >> 8), (uint8_t)len};
  vec_header label_header = header_of(prefix.len + name.len);
  vec_header context_header = header_of(context.len);
  tacet_span info[] = {tacet_span_of(length, sizeof(length)),
                       header_span(&label_header),
                       prefix,
                       name,
                       header_span(&context_header),
                       context};
  TACET_SECRET(made);
  TACET_TRY(tacet_hkdf_expand_parts(h, tacet_secret_span(secret), info, 6, len,
                                    made.b));
  made.len = len;
  return tacet_secret_set(out, tacet_secret_span(&made));
}

tacet_err tacet_derive_secret(const tacet_hash *h, const tacet_secret *secret,
                              const char *label, tacet_secret *out) {
  return tacet_expand_with_label(h, secret, label, TACET_SPAN_EMPTY, h->len,
                                 out);
}

tacet_err tacet_derive_tree_secret(const tacet_hash *h,
                                   const tacet_secret *secret,
                                   const char *label, uint32_t generation,
                                   size_t len, tacet_secret *out) {
  uint8_t context[4] = {(uint8_t)(generation >> 24),
                        (uint8_t)(generation >> 16), (uint8_t)(generation >> 8),
                        (uint8_t)generation};
  return tacet_expand_with_label(
      h, secret, label, tacet_span_of(context, sizeof(context)), len, out);
}

tacet_err tacet_ref_hash(const tacet_hash *h, const char *label,
                         tacet_span value, uint8_t *out) {
  if (value.len > TACET_VARINT_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_span name = tacet_span_str(label);
  vec_header label_header = header_of(name.len);
  vec_header value_header = header_of(value.len);
  tacet_span parts[] = {header_span(&label_header), name,
                        header_span(&value_header), value};
  return h->digest(parts, 4, out);
}
