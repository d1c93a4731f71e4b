/* SPDX-License-Identifier: Apache-2.0
 * Envelopes, hints, bodies of slots, first letters. */
#include "tacet/content/envelope.h"

#include "tacet/crypto.h"

#define VERSION 1
#define NONCE_LEN 24
#define TAG_LEN 16
#define ENC_LEN 32
#define LETTER_OVERHEAD (1 + ENC_LEN + TAG_LEN)

static const tacet_hpke_suite letter_suite = {
    &tacet_kem_x25519, &tacet_hash_sha256, &tacet_aead_chacha20poly1305};
#define LETTER_INFO TACET_SPAN_LIT("Tacet 1.0 letter")

/* Zeros until the whole, with `overhead` bytes around it, fills a bucket. */
static void pad(tacet_buf *w, size_t overhead, uint64_t max) {
  uint64_t whole = tacet_bucket(w->len + overhead);
  if (whole > max) {
    tacet_write_fail(w, TACET_ERR_LIMIT);
    return;
  }
  tacet_write_zeros(w, (size_t)whole - overhead - w->len);
}

static tacet_err check_padding(const tacet_reader *r) {
  uint8_t any = 0;
  for (const uint8_t *p = r->p; p < r->end; p++) {
    any |= *p;
  }
  return any == 0 ? TACET_OK : TACET_ERR_PADDING;
}

tacet_err tacet_envelope_seal(tacet_span key, tacet_envelope_type type,
                              tacet_span body, tacet_buf *out) {
  TACET_BUF(plain, TACET_ENVELOPE_MAX);
  uint8_t nonce[NONCE_LEN];
  tacet_write_u8(&plain, (uint8_t)type);
  tacet_write_vec(&plain, body);
  pad(&plain, TACET_ENVELOPE_OVERHEAD, TACET_ENVELOPE_MAX);
  TACET_TRY(plain.err);
  TACET_TRY(tacet_random(nonce, sizeof(nonce)));
  size_t before = out->len;
  tacet_write_u8(out, VERSION);
  tacet_write_bytes(out, tacet_span_of(nonce, sizeof(nonce)));
  uint8_t *sealed = tacet_write_space(out, plain.len + TAG_LEN);
  tacet_err err = out->err;
  if (err == TACET_OK) {
    err = tacet_aead_xchacha20poly1305.seal(
        key, tacet_span_of(nonce, sizeof(nonce)), TACET_SPAN_EMPTY,
        tacet_buf_span(&plain), sealed);
  }
  if (err != TACET_OK) {
    tacet_buf_cut(out, before);
    tacet_write_fail(out, err);
  }
  return err;
}

tacet_err tacet_envelope_open(tacet_span key, tacet_span in, tacet_bytes *plain,
                              tacet_envelope_type *type, tacet_span *body) {
  tacet_err err = in.len > TACET_ENVELOPE_MAX ? TACET_ERR_LIMIT : TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  uint8_t version = tacet_read_u8(&r);
  tacet_span nonce = tacet_read_bytes(&r, NONCE_LEN);
  tacet_span sealed = tacet_read_bytes(&r, tacet_read_left(&r));
  TACET_TRY(err);
  if (version != VERSION) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  if (sealed.len < TAG_LEN) {
    return TACET_ERR_TRUNCATED;
  }
  TACET_BYTES(open);
  TACET_TRY(tacet_bytes_new(&open, sealed.len - TAG_LEN));
  TACET_TRY(tacet_aead_xchacha20poly1305.open(key, nonce, TACET_SPAN_EMPTY,
                                              sealed, open.p));
  r = tacet_reader_over(tacet_bytes_span(&open), &err);
  uint8_t t = tacet_read_u8(&r);
  tacet_span b = tacet_read_vec(&r);
  TACET_TRY(err);
  TACET_TRY(check_padding(&r));
  if (t < TACET_ENVELOPE_MESSAGE || t > TACET_ENVELOPE_LINKING) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  tacet_bytes_free(plain);
  *plain = open;
  open = (tacet_bytes){NULL, 0};
  *type = (tacet_envelope_type)t;
  *body = b;
  return TACET_OK;
}

void tacet_hint_write(tacet_buf *w, const tacet_hint *h) {
  tacet_write_u32(w, h->slot);
}

tacet_err tacet_hint_parse(tacet_span in, tacet_hint *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_hint h = {tacet_read_u32(&r)};
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = h;
  return TACET_OK;
}

void tacet_slot_body_write(tacet_buf *w, const tacet_slot_body *s) {
  tacet_write_vec(w, s->manifests);
  tacet_write_vec(w, s->commit);
}

tacet_err tacet_slot_body_parse(tacet_span in, tacet_slot_body *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_slot_body s;
  s.manifests = tacet_read_vec(&r);
  s.commit = tacet_read_vec(&r);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = s;
  return TACET_OK;
}

/* ---- first letters ---- */

static void write_letter(tacet_buf *w, const tacet_letter *l) {
  tacet_write_vec(w, l->welcome);
  tacet_write_u8(w, (uint8_t)l->kind);
  if (l->kind == TACET_LETTER_BLOB) {
    tacet_attachment_write(w, &l->parts);
    return;
  }
  tacet_write_vec(w, l->manifests);
  if (l->kind == TACET_LETTER_INLINE) {
    tacet_write_vec(w, l->tree);
  }
}

static void read_letter(tacet_reader *r, tacet_letter *l) {
  l->welcome = tacet_read_vec(r);
  uint8_t kind = tacet_read_u8(r);
  l->kind = (tacet_letter_kind)kind;
  if (kind == TACET_LETTER_BLOB) {
    tacet_attachment_read(r, &l->parts);
    return;
  }
  l->manifests = tacet_read_vec(r);
  if (kind == TACET_LETTER_INLINE) {
    l->tree = tacet_read_vec(r);
  } else if (kind != TACET_LETTER_INSIDE) {
    tacet_read_fail(r, TACET_ERR_UNKNOWN_TYPE);
  }
}

static uint64_t vec_size(tacet_span v) {
  return (v.len < 64 ? 1u : v.len < 16384 ? 2u : 4u) + (uint64_t)v.len;
}

uint64_t tacet_letter_size(const tacet_letter *l) {
  uint64_t n = LETTER_OVERHEAD + vec_size(l->welcome) + 1;
  if (l->kind == TACET_LETTER_BLOB) {
    return tacet_bucket(n + TACET_ATTACHMENT_LEN);
  }
  n += vec_size(l->manifests);
  n += l->kind == TACET_LETTER_INLINE ? vec_size(l->tree) : 0;
  return tacet_bucket(n);
}

tacet_err tacet_letter_seal(const uint8_t sealing_key[32],
                            const uint8_t mailbox[16],
                            const tacet_letter *letter, tacet_buf *out) {
  TACET_BUF(plain, TACET_LETTER_MAX);
  uint8_t enc[ENC_LEN];
  size_t before = out->len;
  write_letter(&plain, letter);
  pad(&plain, LETTER_OVERHEAD, TACET_LETTER_MAX);
  TACET_TRY(plain.err);
  TACET_BYTES(sealed);
  TACET_TRY(tacet_bytes_new(&sealed, plain.len + TAG_LEN));
  TACET_TRY(tacet_hpke_seal_base(letter_suite, tacet_span_of(sealing_key, 32),
                                 LETTER_INFO, tacet_span_of(mailbox, 16),
                                 tacet_buf_span(&plain), enc, sealed.p));
  tacet_write_u8(out, VERSION);
  tacet_write_bytes(out, tacet_span_of(enc, sizeof(enc)));
  tacet_write_bytes(out, tacet_bytes_span(&sealed));
  tacet_err err = out->err;
  if (err != TACET_OK) {
    tacet_buf_cut(out, before);
    tacet_write_fail(out, err);
  }
  return err;
}

tacet_err tacet_letter_open(const tacet_secret *private_key,
                            const uint8_t mailbox[16], tacet_span in,
                            tacet_bytes *plain, tacet_letter *letter) {
  tacet_err err = in.len > TACET_LETTER_MAX ? TACET_ERR_LIMIT : TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  uint8_t version = tacet_read_u8(&r);
  tacet_span enc = tacet_read_bytes(&r, ENC_LEN);
  tacet_span sealed = tacet_read_bytes(&r, tacet_read_left(&r));
  TACET_TRY(err);
  if (version != VERSION) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  if (sealed.len < TAG_LEN) {
    return TACET_ERR_TRUNCATED;
  }
  TACET_BYTES(open);
  TACET_TRY(tacet_bytes_new(&open, sealed.len - TAG_LEN));
  TACET_TRY(tacet_hpke_open_base(letter_suite, enc,
                                 tacet_secret_span(private_key), LETTER_INFO,
                                 tacet_span_of(mailbox, 16), sealed, open.p));
  tacet_letter l = {.kind = TACET_LETTER_INSIDE};
  r = tacet_reader_over(tacet_bytes_span(&open), &err);
  read_letter(&r, &l);
  TACET_TRY(err);
  TACET_TRY(check_padding(&r));
  tacet_bytes_free(plain);
  *plain = open;
  open = (tacet_bytes){NULL, 0};
  *letter = l;
  return TACET_OK;
}

void tacet_letter_parts_write(tacet_buf *w, const tacet_letter_parts *p) {
  tacet_write_vec(w, p->manifests);
  tacet_write_vec(w, p->tree);
}

tacet_err tacet_letter_parts_parse(tacet_span in, tacet_letter_parts *out) {
  tacet_err err = in.len > TACET_LETTER_PARTS_MAX ? TACET_ERR_LIMIT : TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_letter_parts p;
  p.manifests = tacet_read_vec(&r);
  p.tree = tacet_read_vec(&r);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = p;
  return TACET_OK;
}
