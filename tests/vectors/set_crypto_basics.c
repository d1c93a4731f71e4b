/* SPDX-License-Identifier: Apache-2.0
 * crypto-basics.json (RFC 9420 5 and 8) and deserialization.json (2.1.2) of
 * mlswg/mls-implementations. */
#include "tacet/codec.h"
#include "tests/vectors/sets.h"

static vec_outcome ref_hash(vec_context *c, const json_t *v,
                            const tacet_suite *s) {
  uint8_t out[TACET_HASH_MAX];
  VEC_OK(c, tacet_ref_hash(s->hash, vec_text(c, v, "label"),
                           vec_hex(c, v, "value"), out));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(out, s->hash->len),
                                vec_hex(c, v, "out")));
  return VEC_PASSED;
}

static vec_outcome expand(vec_context *c, const json_t *v,
                          const tacet_suite *s) {
  tacet_secret secret = vec_secret(c, v, "secret");
  VEC_OK(c, tacet_expand_with_label(s->hash, &secret, vec_text(c, v, "label"),
                                    vec_hex(c, v, "context"),
                                    (size_t)vec_uint(c, v, "length"), &secret));
  VEC_CHECK(c,
            tacet_span_equal(tacet_secret_span(&secret), vec_hex(c, v, "out")));
  return VEC_PASSED;
}

static vec_outcome derive(vec_context *c, const json_t *v,
                          const tacet_suite *s) {
  tacet_secret secret = vec_secret(c, v, "secret");
  VEC_OK(c, tacet_derive_secret(s->hash, &secret, vec_text(c, v, "label"),
                                &secret));
  VEC_CHECK(c,
            tacet_span_equal(tacet_secret_span(&secret), vec_hex(c, v, "out")));
  return VEC_PASSED;
}

static vec_outcome derive_tree(vec_context *c, const json_t *v,
                               const tacet_suite *s) {
  tacet_secret secret = vec_secret(c, v, "secret");
  VEC_OK(c,
         tacet_derive_tree_secret(s->hash, &secret, vec_text(c, v, "label"),
                                  (uint32_t)vec_uint(c, v, "generation"),
                                  (size_t)vec_uint(c, v, "length"), &secret));
  VEC_CHECK(c,
            tacet_span_equal(tacet_secret_span(&secret), vec_hex(c, v, "out")));
  return VEC_PASSED;
}

/* The given signature verifies, and so does one of ours. */
static vec_outcome sign(vec_context *c, const json_t *v, const tacet_suite *s) {
  tacet_span priv = vec_hex(c, v, "priv"), pub = vec_hex(c, v, "pub");
  tacet_span content = vec_hex(c, v, "content");
  const char *label = vec_text(c, v, "label");
  uint8_t own[TACET_SIG_PUBLIC_MAX], sig[TACET_SIG_MAX];
  size_t len = 0;
  VEC_OK(c, s->sig->public_key(priv, own));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(own, s->sig->public_len), pub));
  VEC_OK(c, tacet_verify_with_label(s->sig, pub, TACET_LABEL_MLS, label,
                                    content, vec_hex(c, v, "signature")));
  VEC_OK(c, tacet_sign_with_label(s->sig, priv, TACET_LABEL_MLS, label, content,
                                  sig, &len));
  VEC_OK(c, tacet_verify_with_label(s->sig, pub, TACET_LABEL_MLS, label,
                                    content, tacet_span_of(sig, len)));
  VEC_CHECK(c, tacet_verify_with_label(s->sig, pub, TACET_LABEL_TACET, label,
                                       content, tacet_span_of(sig, len)) ==
                   TACET_ERR_AUTH);
  return VEC_PASSED;
}

/* The given ciphertext opens, and so does one of ours. */
static vec_outcome encrypt(vec_context *c, const json_t *v,
                           const tacet_suite *s) {
  tacet_span priv = vec_hex(c, v, "priv"), pub = vec_hex(c, v, "pub");
  tacet_span context = vec_hex(c, v, "context");
  tacet_span text = vec_hex(c, v, "plaintext");
  tacet_span sealed = vec_hex(c, v, "ciphertext");
  const char *label = vec_text(c, v, "label");
  VEC_CHECK(c, sealed.len == text.len + s->aead->tag_len);
  uint8_t *out = vec_alloc(c, text.len);
  VEC_OK(c, tacet_decrypt_with_label(s, priv, label, context,
                                     vec_hex(c, v, "kem_output"), sealed, out));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(out, text.len), text));
  uint8_t enc[TACET_KEM_ENC_MAX], *again = vec_alloc(c, sealed.len);
  VEC_OK(c, tacet_encrypt_with_label(s, pub, label, context, text, enc, again));
  memset(out, 0, text.len);
  VEC_OK(c, tacet_decrypt_with_label(s, priv, label, context,
                                     tacet_span_of(enc, s->kem->enc_len),
                                     tacet_span_of(again, sealed.len), out));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(out, text.len), text));
  return VEC_PASSED;
}

vec_outcome set_crypto_basics(vec_context *c, const json_t *entry) {
  static const struct {
    const char *key;
    vec_outcome (*run)(vec_context *c, const json_t *v, const tacet_suite *s);
  } parts[] = {
      {"ref_hash", ref_hash},    {"expand_with_label", expand},
      {"derive_secret", derive}, {"derive_tree_secret", derive_tree},
      {"sign_with_label", sign}, {"encrypt_with_label", encrypt},
  };
  const tacet_suite *s = vec_suite(c, entry);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    if (parts[i].run(c, vec_get(c, entry, parts[i].key), s) != VEC_PASSED) {
      return VEC_FAILED;
    }
  }
  return VEC_PASSED;
}

vec_outcome set_deserialization(vec_context *c, const json_t *entry) {
  tacet_span header = vec_hex(c, entry, "vlbytes_header");
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(header, &err);
  uint32_t length = tacet_read_varint(&r);
  tacet_read_end(&r);
  VEC_OK(c, err);
  VEC_CHECK(c, length == vec_uint(c, entry, "length"));
  TACET_BUF(w, 8);
  tacet_write_varint(&w, length);
  VEC_CHECK(c, tacet_span_equal(tacet_buf_span(&w), header));
  return VEC_PASSED;
}
