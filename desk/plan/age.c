/* SPDX-License-Identifier: Apache-2.0
 * The age format, version 1: header, X25519 stanzas, the STREAM of the payload.
 * c2sp.org/age says what each step is; the sections named here are its. */
#include "desk/plan/age.h"

#include "crypto/x25519.h"
#include "desk/plan/bech32.h"
#include "tacet/crypto.h"

#define FILE_KEY 16
#define WRAPPED (FILE_KEY + 16)
#define NONCE 16
#define MAC 32
#define CHUNK ((size_t)64 * 1024)
#define TAG ((size_t)16)
#define HEADER_MAX ((size_t)64 * 1024)
#define COLUMNS 64 /* of a line of a stanza's body */

#define VERSION_LINE "age-encryption.org/v1\n"
#define STANZA "-> X25519 "
#define LABEL "age-encryption.org/v1/X25519"
#define RECIPIENT_PREFIX "age"
#define IDENTITY_PREFIX "age-secret-key-"

_Static_assert(DESK_AGE_RECIPIENT_TEXT ==
                   sizeof(RECIPIENT_PREFIX "1") + DESK_BECH32_DATA,
               "age1 and its data");
_Static_assert(DESK_AGE_IDENTITY_TEXT ==
                   sizeof(IDENTITY_PREFIX "1") + DESK_BECH32_DATA,
               "AGE-SECRET-KEY-1 and its data");

/* ---- keys as texts ---- */

tacet_err desk_age_recipient_read(const char *text, uint8_t key[DESK_AGE_KEY]) {
  uint8_t got[DESK_AGE_KEY];
  TACET_TRY(desk_bech32_read(text, RECIPIENT_PREFIX, false, got));
  TACET_TRY(tacet_kem_x25519.public_check(tacet_span_of(got, sizeof(got))));
  memcpy(key, got, sizeof(got));
  return TACET_OK;
}

void desk_age_recipient_text(const uint8_t key[DESK_AGE_KEY],
                             char out[DESK_AGE_RECIPIENT_TEXT]) {
  desk_bech32_write(RECIPIENT_PREFIX, key, out);
}

tacet_err desk_age_identity_read(const char *text, tacet_secret *out) {
  TACET_SECRET(got);
  got.len = DESK_AGE_KEY;
  TACET_TRY(desk_bech32_read(text, IDENTITY_PREFIX, true, got.b));
  return tacet_secret_set(out, tacet_secret_span(&got));
}

void desk_age_identity_text(const tacet_secret *identity,
                            char out[DESK_AGE_IDENTITY_TEXT]) {
  TACET_ASSERT(identity->len == DESK_AGE_KEY);
  desk_bech32_write(IDENTITY_PREFIX, identity->b, out);
  for (char *c = out; *c != '\0'; c++) {
    *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
  }
}

tacet_err desk_age_recipient_of(const tacet_secret *identity,
                                uint8_t key[DESK_AGE_KEY]) {
  return tacet_x25519_public(tacet_secret_span(identity), key);
}

/* ---- derived keys ---- */

/* HKDF-SHA-256 with 32 bytes of output. */
static tacet_err derive(tacet_span ikm, tacet_span salt, const char *info,
                        tacet_secret *out) {
  TACET_SECRET(prk);
  TACET_TRY(tacet_hkdf_extract(&tacet_hash_sha256, salt, ikm, &prk));
  TACET_TRY(tacet_hkdf_expand(&tacet_hash_sha256, tacet_secret_span(&prk),
                              tacet_span_str(info), 32, out->b));
  out->len = 32;
  return TACET_OK;
}

/* "The X25519 recipient type": the salt is the share and the recipient. */
static tacet_err wrap_key(tacet_span private_key, const uint8_t *peer,
                          const uint8_t *share, const uint8_t *recipient,
                          tacet_secret *out) {
  TACET_SECRET(shared);
  uint8_t salt[2 * DESK_AGE_KEY];
  memcpy(salt, share, DESK_AGE_KEY);
  memcpy(salt + DESK_AGE_KEY, recipient, DESK_AGE_KEY);
  TACET_TRY(
      tacet_x25519(private_key, tacet_span_of(peer, DESK_AGE_KEY), &shared));
  return derive(tacet_secret_span(&shared), tacet_span_of(salt, sizeof(salt)),
                LABEL, out);
}

/* "Header MAC": over all of the header up to and with "---". */
static tacet_err header_mac(tacet_span file_key, tacet_span header,
                            uint8_t out[MAC]) {
  TACET_SECRET(key);
  TACET_TRY(derive(file_key, TACET_SPAN_EMPTY, "header", &key));
  return tacet_hash_sha256.hmac(tacet_secret_span(&key), &header, 1, out);
}

/* ---- the payload: STREAM ---- */

/* Eleven bytes of counter, and one that says whether it is the last chunk. */
static void chunk_nonce(size_t number, bool last, uint8_t out[12]) {
  memset(out, 0, 12);
  for (size_t i = 0; i < sizeof(number); i++) {
    out[10 - i] = (uint8_t)(number >> 8 * i);
  }
  out[11] = last ? 1 : 0;
}

/* Seals or opens all chunks. A payload has at least one; only the chunk of an
 * empty one is empty. */
static tacet_err stream(const tacet_secret *key, bool seal, tacet_span in,
                        uint8_t *out) {
  const tacet_aead *aead = &tacet_aead_chacha20poly1305;
  size_t step = seal ? CHUNK : CHUNK + TAG, at = 0, number = 0;
  for (bool last = false; !last; number++) {
    size_t n = in.len - at < step ? in.len - at : step;
    uint8_t nonce[12];
    last = at + n == in.len;
    if (!seal && last && number > 0 && n == TAG) {
      return TACET_ERR_ENCODING; /* an empty chunk behind others */
    }
    chunk_nonce(number, last, nonce);
    tacet_span piece = n == 0 ? TACET_SPAN_EMPTY : tacet_span_of(in.p + at, n);
    TACET_TRY((seal ? aead->seal : aead->open)(
        tacet_secret_span(key), tacet_span_of(nonce, sizeof(nonce)),
        TACET_SPAN_EMPTY, piece, out));
    at += n;
    if (seal || n > TAG) { /* an empty payload has no memory */
      out += seal ? n + TAG : n - TAG;
    }
  }
  return TACET_OK;
}

static size_t chunks_of(size_t len, size_t step) {
  return len == 0 ? 1 : (len + step - 1) / step;
}

/* ---- sealing ---- */

/* Base64 without padding: 43 characters for 32 bytes. */
static void write_base64(tacet_buf *w, const uint8_t bytes[32]) {
  char text[TACET_BASE64_PADDED_LEN(32) + 1];
  tacet_base64_write(tacet_span_of(bytes, 32), text);
  tacet_write_bytes(w, tacet_span_of(text, TACET_BASE64_LEN(32)));
}

static tacet_err write_header(tacet_buf *w, const uint8_t *recipient,
                              tacet_span file_key) {
  TACET_SECRET(ephemeral);
  TACET_SECRET(key);
  uint8_t share[DESK_AGE_KEY], wrapped[WRAPPED], mac[MAC];
  static const uint8_t zero[12] = {0};
  ephemeral.len = DESK_AGE_KEY;
  TACET_TRY(tacet_random(ephemeral.b, DESK_AGE_KEY));
  TACET_TRY(tacet_x25519_public(tacet_secret_span(&ephemeral), share));
  TACET_TRY(wrap_key(tacet_secret_span(&ephemeral), recipient, share, recipient,
                     &key));
  /* The key is used once: the nonce may be zero. */
  TACET_TRY(tacet_aead_chacha20poly1305.seal(
      tacet_secret_span(&key), tacet_span_of(zero, sizeof(zero)),
      TACET_SPAN_EMPTY, file_key, wrapped));
  tacet_write_bytes(w, TACET_SPAN_LIT(VERSION_LINE STANZA));
  write_base64(w, share);
  tacet_write_u8(w, '\n');
  write_base64(w, wrapped);
  tacet_write_bytes(w, TACET_SPAN_LIT("\n---"));
  tacet_span so_far;
  TACET_TRY(tacet_buf_done(w, &so_far));
  TACET_TRY(header_mac(file_key, so_far, mac));
  tacet_write_u8(w, ' ');
  write_base64(w, mac);
  tacet_write_u8(w, '\n');
  return w->err;
}

tacet_err desk_age_seal(const uint8_t recipient[DESK_AGE_KEY], tacet_span plain,
                        tacet_bytes *out) {
  TACET_BUF(w, DESK_AGE_FILE_MAX + HEADER_MAX);
  TACET_SECRET(file_key);
  TACET_SECRET(key);
  uint8_t nonce[NONCE];
  if (plain.len > DESK_AGE_FILE_MAX / 2) {
    return TACET_ERR_LIMIT;
  }
  file_key.len = FILE_KEY;
  TACET_TRY(tacet_random(file_key.b, FILE_KEY));
  TACET_TRY(write_header(&w, recipient, tacet_secret_span(&file_key)));
  TACET_TRY(tacet_random(nonce, sizeof(nonce)));
  TACET_TRY(derive(tacet_secret_span(&file_key),
                   tacet_span_of(nonce, sizeof(nonce)), "payload", &key));
  tacet_write_bytes(&w, tacet_span_of(nonce, sizeof(nonce)));
  uint8_t *at =
      tacet_write_space(&w, plain.len + chunks_of(plain.len, CHUNK) * TAG);
  if (at == NULL) {
    return w.err;
  }
  TACET_TRY(stream(&key, true, plain, at));
  return tacet_buf_take(&w, out);
}

/* ---- opening ---- */

/* A line without its newline. TRUNCATED if there is none, LIMIT where the
 * header is longer than any that is made. */
static tacet_span read_line(tacet_reader *r) {
  size_t left = tacet_read_left(r);
  const uint8_t *end =
      *r->err != TACET_OK || left == 0
          ? NULL
          : memchr(r->p, '\n', left < HEADER_MAX ? left : HEADER_MAX);
  if (end == NULL) {
    tacet_read_fail(r,
                    left < HEADER_MAX ? TACET_ERR_TRUNCATED : TACET_ERR_LIMIT);
    return TACET_SPAN_EMPTY;
  }
  tacet_span line = tacet_read_bytes(r, (size_t)(end - r->p));
  (void)tacet_read_u8(r);
  return line;
}

static tacet_err read_base64(tacet_span text, uint8_t out[32]) {
  char padded[TACET_BASE64_PADDED_LEN(32)];
  size_t len = 0;
  if (text.len != TACET_BASE64_LEN(32)) {
    return TACET_ERR_ENCODING;
  }
  memcpy(padded, text.p, text.len);
  padded[sizeof(padded) - 1] = '=';
  TACET_TRY(tacet_base64_read(padded, sizeof(padded), out, 32, &len));
  return len == 32 ? TACET_OK : TACET_ERR_ENCODING;
}

static bool starts(tacet_span line, tacet_span with) {
  return line.len >= with.len && memcmp(line.p, with.p, with.len) == 0;
}

/* The key of the file from an X25519 stanza, if it is for this identity. AUTH
 * if it is for another. */
static tacet_err unwrap(const tacet_secret *identity, tacet_span share_text,
                        tacet_span body, tacet_secret *file_key) {
  TACET_SECRET(key);
  uint8_t share[DESK_AGE_KEY], wrapped[WRAPPED], own[DESK_AGE_KEY];
  static const uint8_t zero[12] = {0};
  TACET_TRY(read_base64(share_text, share));
  TACET_TRY(read_base64(body, wrapped));
  TACET_TRY(desk_age_recipient_of(identity, own));
  TACET_TRY(wrap_key(tacet_secret_span(identity), share, share, own, &key));
  TACET_TRY(tacet_aead_chacha20poly1305.open(
      tacet_secret_span(&key), tacet_span_of(zero, sizeof(zero)),
      TACET_SPAN_EMPTY, tacet_span_of(wrapped, sizeof(wrapped)), file_key->b));
  file_key->len = FILE_KEY;
  return TACET_OK;
}

/* One stanza whose first line was read. *found stays as it is where the stanza
 * is of another type or for somebody else. */
static tacet_err read_stanza(tacet_reader *r, const tacet_secret *identity,
                             tacet_span first, tacet_secret *file_key,
                             bool *found) {
  tacet_span mark = TACET_SPAN_LIT(STANZA);
  tacet_span body = read_line(r), line = body;
  while (*r->err == TACET_OK && line.len == COLUMNS) {
    line = read_line(r); /* the body of a type that is not ours */
  }
  if (*r->err != TACET_OK || line.len > COLUMNS) {
    return *r->err != TACET_OK ? *r->err : TACET_ERR_ENCODING;
  }
  if (*found || !starts(first, mark)) {
    return TACET_OK;
  }
  tacet_err err =
      unwrap(identity, tacet_span_of(first.p + mark.len, first.len - mark.len),
             line.p == body.p ? body : TACET_SPAN_EMPTY, file_key);
  *found = err == TACET_OK;
  return err == TACET_ERR_AUTH ? TACET_OK : err;
}

/* The header to its end, and the key it holds for this identity. */
static tacet_err read_header(tacet_reader *r, const tacet_secret *identity,
                             tacet_secret *file_key) {
  const uint8_t *start = r->p;
  tacet_span version = TACET_SPAN_LIT(VERSION_LINE);
  bool found = false;
  version.len--; /* a line comes without its newline */
  if (!tacet_span_equal(read_line(r), version)) {
    return *r->err != TACET_OK ? *r->err : TACET_ERR_ENCODING;
  }
  tacet_span line = read_line(r);
  while (starts(line, TACET_SPAN_LIT("-> "))) {
    TACET_TRY(read_stanza(r, identity, line, file_key, &found));
    line = read_line(r);
    if ((size_t)(r->p - start) > HEADER_MAX) {
      return TACET_ERR_LIMIT;
    }
  }
  tacet_span mark = TACET_SPAN_LIT("--- ");
  uint8_t mac[MAC], want[MAC];
  if (*r->err != TACET_OK || !starts(line, mark)) {
    return *r->err != TACET_OK ? *r->err : TACET_ERR_ENCODING;
  }
  TACET_TRY(
      read_base64(tacet_span_of(line.p + mark.len, line.len - mark.len), mac));
  if (!found) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(header_mac(tacet_secret_span(file_key),
                       tacet_span_of(start, (size_t)(line.p - start) + 3),
                       want));
  return tacet_equal_ct(tacet_span_of(mac, MAC), tacet_span_of(want, MAC))
             ? TACET_OK
             : TACET_ERR_AUTH;
}

tacet_err desk_age_open(const tacet_secret *identity, tacet_span sealed,
                        tacet_bytes *out) {
  TACET_SECRET(file_key);
  TACET_SECRET(key);
  TACET_BYTES(plain);
  tacet_err err = TACET_OK;
  if (sealed.len > DESK_AGE_FILE_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_reader r = tacet_reader_over(sealed, &err);
  TACET_TRY(read_header(&r, identity, &file_key));
  tacet_span nonce = tacet_read_bytes(&r, NONCE);
  tacet_span body = tacet_read_bytes(&r, tacet_read_left(&r));
  TACET_TRY(err);
  size_t tags = chunks_of(body.len, CHUNK + TAG) * TAG;
  if (body.len < tags) {
    return TACET_ERR_TRUNCATED;
  }
  TACET_TRY(derive(tacet_secret_span(&file_key), nonce, "payload", &key));
  TACET_TRY(tacet_bytes_new(&plain, body.len - tags));
  TACET_TRY(stream(&key, false, body, plain.p));
  tacet_bytes_free(out);
  *out = plain;
  plain = (tacet_bytes){NULL, 0};
  return TACET_OK;
}
