/* SPDX-License-Identifier: Apache-2.0
 * Backups: the header, the chunks, the signature. */
#include "tacet/content/backup.h"

#include "tacet/crypto.h"

#define MAGIC TACET_SPAN_LIT("tacet-backup")
#define TAG_LEN 16
#define LABEL "Backup"

/* ---- the header ---- */

void tacet_backup_head_write(tacet_buf *w, const tacet_backup_head *h) {
  tacet_write_bytes(w, MAGIC);
  tacet_write_u8(w, TACET_BACKUP_VERSION);
  tacet_write_u32(w, h->passes);
  tacet_write_u32(w, h->memory);
  tacet_write_bytes(w, tacet_span_of(h->salt, sizeof(h->salt)));
  tacet_write_bytes(w, tacet_span_of(h->prefix, sizeof(h->prefix)));
}

tacet_err tacet_backup_head_parse(tacet_span in, tacet_backup_head *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_backup_head h;
  if (!tacet_span_equal(tacet_read_bytes(&r, MAGIC.len), MAGIC)) {
    tacet_read_fail(&r, TACET_ERR_ENCODING);
  }
  uint8_t version = tacet_read_u8(&r);
  if (err == TACET_OK && version != TACET_BACKUP_VERSION) {
    return version == 0 ? TACET_ERR_ENCODING : TACET_ERR_VERSION;
  }
  h.passes = tacet_read_u32(&r);
  h.memory = tacet_read_u32(&r);
  tacet_read_copy(&r, h.salt, sizeof(h.salt));
  tacet_read_copy(&r, h.prefix, sizeof(h.prefix));
  tacet_read_end(&r);
  if (err == TACET_OK) {
    *out = h;
  }
  return err;
}

/* ---- chunks ---- */

tacet_err tacet_backup_stream_start(const tacet_backup_head *head,
                                    const tacet_secret *key,
                                    tacet_backup_stream *out) {
  TACET_BUF(w, TACET_BACKUP_HEAD_LEN);
  tacet_backup_head_write(&w, head);
  TACET_TRY(w.err);
  if (key->len != tacet_aead_xchacha20poly1305.key_len) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(tacet_secret_set(&out->key, tacet_secret_span(key)));
  memcpy(out->head, w.p, sizeof(out->head));
  out->next = 0;
  out->over = false;
  return TACET_OK;
}

void tacet_backup_stream_wipe(tacet_backup_stream *s) {
  tacet_wipe(s, sizeof(*s));
}

/* The prefix is the header's tail. */
static void make_nonce(const tacet_backup_stream *s, bool last,
                       uint8_t nonce[24]) {
  memcpy(nonce, s->head + TACET_BACKUP_HEAD_LEN - 19, 19);
  nonce[19] = (uint8_t)(s->next >> 24);
  nonce[20] = (uint8_t)(s->next >> 16);
  nonce[21] = (uint8_t)(s->next >> 8);
  nonce[22] = (uint8_t)s->next;
  nonce[23] = last;
}

static tacet_err check_turn(const tacet_backup_stream *s, size_t len,
                            bool last) {
  if (s->over) {
    return TACET_ERR_STATE;
  }
  if (s->next == UINT32_MAX) {
    return TACET_ERR_LIMIT;
  }
  return len > TACET_BACKUP_CHUNK || (!last && len != TACET_BACKUP_CHUNK)
             ? TACET_ERR_ARGUMENT
             : TACET_OK;
}

static void go_on(tacet_backup_stream *s, bool last) {
  s->next++;
  s->over = last;
}

tacet_err tacet_backup_seal(tacet_backup_stream *s, tacet_span in, bool last,
                            uint8_t *out) {
  uint8_t nonce[24];
  TACET_TRY(check_turn(s, in.len, last));
  make_nonce(s, last, nonce);
  TACET_TRY(tacet_aead_xchacha20poly1305.seal(
      tacet_secret_span(&s->key), tacet_span_of(nonce, sizeof(nonce)),
      tacet_span_of(s->head, sizeof(s->head)), in, out));
  go_on(s, last);
  return TACET_OK;
}

tacet_err tacet_backup_open(tacet_backup_stream *s, tacet_span sealed,
                            bool last, uint8_t *out) {
  uint8_t nonce[24];
  if (sealed.len < TAG_LEN ||
      check_turn(s, sealed.len - TAG_LEN, last) == TACET_ERR_ARGUMENT) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(check_turn(s, sealed.len - TAG_LEN, last));
  make_nonce(s, last, nonce);
  TACET_TRY(tacet_aead_xchacha20poly1305.open(
      tacet_secret_span(&s->key), tacet_span_of(nonce, sizeof(nonce)),
      tacet_span_of(s->head, sizeof(s->head)), sealed, out));
  go_on(s, last);
  return TACET_OK;
}

/* ---- the signature ---- */

tacet_err tacet_backup_hash(uint8_t h[32], tacet_span record) {
  uint8_t before[32];
  memcpy(before, h, sizeof(before));
  tacet_span parts[] = {tacet_span_of(before, sizeof(before)), record};
  return tacet_hash_sha256.digest(parts, 2, h);
}

static void signed_part(const tacet_backup_end *end, const uint8_t h[32],
                        tacet_buf *w) {
  tacet_write_bytes(w, tacet_span_of(h, 32));
  tacet_write_u32(w, end->n_people);
  tacet_write_u32(w, end->n_talks);
  tacet_write_u64(w, end->n_messages);
  tacet_write_u32(w, end->manifest);
  tacet_write_bytes(w, tacet_span_of(end->device, sizeof(end->device)));
}

tacet_err tacet_backup_sign(tacet_backup_end *end, const uint8_t h[32],
                            const tacet_secret *device_key) {
  uint8_t signature[TACET_SIG_MAX];
  size_t len;
  TACET_BUF(w, 128);
  signed_part(end, h, &w);
  TACET_TRY(w.err);
  TACET_TRY(tacet_sign_with_label(
      &tacet_sig_ed25519, tacet_secret_span(device_key), TACET_LABEL_TACET,
      LABEL, tacet_buf_span(&w), signature, &len));
  memcpy(end->signature, signature, sizeof(end->signature));
  return TACET_OK;
}

tacet_err tacet_backup_verify(const tacet_backup_end *end, const uint8_t h[32],
                              const uint8_t device_key[32]) {
  TACET_BUF(w, 128);
  signed_part(end, h, &w);
  TACET_TRY(w.err);
  return tacet_verify_with_label(
      &tacet_sig_ed25519, tacet_span_of(device_key, 32), TACET_LABEL_TACET,
      LABEL, tacet_buf_span(&w),
      tacet_span_of(end->signature, sizeof(end->signature)));
}
