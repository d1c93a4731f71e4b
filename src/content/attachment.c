/* SPDX-License-Identifier: Apache-2.0
 * Files in chunks. */
#include "tacet/content/attachment.h"

#include "tacet/content/envelope.h"
#include "tacet/crypto.h"

uint32_t tacet_attachment_chunks(uint64_t size) {
  uint64_t padded = tacet_padme(size);
  return padded == 0 ? 1
                     : (uint32_t)((padded + TACET_CHUNK_LEN - 1) /
                                  TACET_CHUNK_LEN);
}

uint64_t tacet_attachment_sealed_size(uint64_t size) {
  return tacet_padme(size) +
         (uint64_t)tacet_attachment_chunks(size) * TACET_CHUNK_TAG_LEN;
}

/* Plaintext of chunk i with its padding. */
static size_t chunk_len(const tacet_attachment *a, uint32_t i) {
  uint64_t padded = tacet_padme(a->size);
  uint64_t at = (uint64_t)i * TACET_CHUNK_LEN;
  uint64_t left = padded > at ? padded - at : 0;
  return left < TACET_CHUNK_LEN ? (size_t)left : TACET_CHUNK_LEN;
}

/* How much of it belongs to the file. */
static size_t file_len(const tacet_attachment *a, uint32_t i) {
  uint64_t at = (uint64_t)i * TACET_CHUNK_LEN;
  uint64_t left = a->size > at ? a->size - at : 0;
  return left < TACET_CHUNK_LEN ? (size_t)left : TACET_CHUNK_LEN;
}

static bool is_over(const tacet_attachment *a,
                    const tacet_attachment_state *s) {
  return s->next >= tacet_attachment_chunks(a->size);
}

static void make_nonce(const tacet_attachment *a, uint32_t i,
                       uint8_t nonce[24]) {
  memcpy(nonce, a->prefix, sizeof(a->prefix));
  nonce[19] = (uint8_t)(i >> 24);
  nonce[20] = (uint8_t)(i >> 16);
  nonce[21] = (uint8_t)(i >> 8);
  nonce[22] = (uint8_t)i;
  nonce[23] = i + 1 == tacet_attachment_chunks(a->size);
}

static tacet_err hash_on(const tacet_attachment_state *s, tacet_span chunk,
                         uint8_t hash[32]) {
  uint8_t before[32];
  memcpy(before, s->hash, sizeof(before));
  tacet_span parts[] = {tacet_span_of(before, sizeof(before)), chunk};
  return tacet_hash_sha256.digest(parts, 2, hash);
}

tacet_err tacet_attachment_new(uint64_t size, tacet_attachment *a) {
  tacet_attachment made = {.size = size};
  if (size > TACET_ATTACHMENT_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_err err = tacet_random(made.blob, sizeof(made.blob));
  if (err == TACET_OK) {
    err = tacet_random(made.key, sizeof(made.key));
  }
  if (err == TACET_OK) {
    err = tacet_random(made.prefix, sizeof(made.prefix));
  }
  if (err == TACET_OK) {
    *a = made;
  }
  tacet_wipe(&made, sizeof(made));
  return err;
}

size_t tacet_attachment_wants(const tacet_attachment *a,
                              const tacet_attachment_state *s) {
  return is_over(a, s) ? 0 : file_len(a, s->next);
}

tacet_err tacet_attachment_seal(const tacet_attachment *a,
                                tacet_attachment_state *s, tacet_span plain,
                                uint8_t *out, size_t *out_len) {
  if (is_over(a, s)) {
    return TACET_ERR_STATE;
  }
  if (plain.len != file_len(a, s->next)) {
    return TACET_ERR_ARGUMENT;
  }
  uint8_t nonce[24], hash[32];
  size_t len = chunk_len(a, s->next);
  make_nonce(a, s->next, nonce);
  if (plain.len > 0) {
    memmove(out, plain.p, plain.len);
  }
  memset(out + plain.len, 0, len - plain.len);
  tacet_err err = tacet_aead_xchacha20poly1305.seal(
      tacet_span_of(a->key, sizeof(a->key)),
      tacet_span_of(nonce, sizeof(nonce)), TACET_SPAN_EMPTY,
      tacet_span_of(out, len), out);
  if (err == TACET_OK) {
    err = hash_on(s, tacet_span_of(out, len + TACET_CHUNK_TAG_LEN), hash);
  }
  if (err != TACET_OK) {
    tacet_wipe(out, len + TACET_CHUNK_TAG_LEN); /* may be the file itself */
    return err;
  }
  memcpy(s->hash, hash, sizeof(hash));
  s->next++;
  *out_len = len + TACET_CHUNK_TAG_LEN;
  return TACET_OK;
}

size_t tacet_attachment_sealed_wants(const tacet_attachment *a,
                                     const tacet_attachment_state *s) {
  return is_over(a, s) ? 0 : chunk_len(a, s->next) + TACET_CHUNK_TAG_LEN;
}

tacet_err tacet_attachment_open(const tacet_attachment *a,
                                tacet_attachment_state *s, tacet_span sealed,
                                uint8_t *out, size_t *out_len) {
  if (is_over(a, s)) {
    return TACET_ERR_STATE;
  }
  size_t len = chunk_len(a, s->next), of_file = file_len(a, s->next);
  uint8_t nonce[24], hash[32];
  if (sealed.len != len + TACET_CHUNK_TAG_LEN) {
    return TACET_ERR_AUTH;
  }
  make_nonce(a, s->next, nonce);
  TACET_TRY(hash_on(s, sealed, hash));
  bool last = s->next + 1 == tacet_attachment_chunks(a->size);
  if (last &&
      !tacet_equal_ct(tacet_span_of(hash, 32), tacet_span_of(a->hash, 32))) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_aead_xchacha20poly1305.open(
      tacet_span_of(a->key, sizeof(a->key)),
      tacet_span_of(nonce, sizeof(nonce)), TACET_SPAN_EMPTY, sealed, out));
  for (size_t i = of_file; i < len; i++) {
    if (out[i] != 0) {
      tacet_wipe(out, len);
      return TACET_ERR_PADDING;
    }
  }
  memcpy(s->hash, hash, sizeof(hash));
  s->next++;
  *out_len = of_file;
  return TACET_OK;
}

void tacet_attachment_write(tacet_buf *w, const tacet_attachment *a) {
  tacet_write_bytes(w, tacet_span_of(a->blob, sizeof(a->blob)));
  tacet_write_bytes(w, tacet_span_of(a->key, sizeof(a->key)));
  tacet_write_bytes(w, tacet_span_of(a->prefix, sizeof(a->prefix)));
  tacet_write_bytes(w, tacet_span_of(a->hash, sizeof(a->hash)));
  tacet_write_u64(w, a->size);
}

void tacet_attachment_read(tacet_reader *r, tacet_attachment *a) {
  tacet_read_copy(r, a->blob, sizeof(a->blob));
  tacet_read_copy(r, a->key, sizeof(a->key));
  tacet_read_copy(r, a->prefix, sizeof(a->prefix));
  tacet_read_copy(r, a->hash, sizeof(a->hash));
  a->size = tacet_read_u64(r);
  if (a->size > TACET_ATTACHMENT_MAX) {
    tacet_read_fail(r, TACET_ERR_LIMIT);
  }
}
