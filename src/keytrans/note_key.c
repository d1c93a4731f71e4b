/* SPDX-License-Identifier: Apache-2.0
 * The keys of notes (c2sp.org/signed-note). */
#include "keytrans/line.h"
#include "tacet/crypto.h"
#include "tacet/keytrans/note.h"

/* Unicode's spaces (White_Space) above ASCII, as UTF-8. */
static bool is_wide_space(tacet_span at) {
  static const char *const spaces[] = {
      "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80",
      "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84",
      "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
      "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
      "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
  for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
    tacet_span s = tacet_span_str(spaces[i]);
    if (at.len >= s.len && memcmp(at.p, s.p, s.len) == 0) {
      return true;
    }
  }
  return false;
}

bool tacet_note_name_valid(tacet_span name) {
  if (name.len == 0 || name.len > TACET_NOTE_NAME_MAX || !tacet_is_utf8(name)) {
    return false;
  }
  for (size_t i = 0; i < name.len; i++) {
    uint8_t c = name.p[i];
    if (c <= ' ' || c == '+' || c == 0x7f ||
        is_wide_space(tacet_span_of(name.p + i, name.len - i))) {
      return false;
    }
  }
  return true;
}

tacet_err tacet_note_key_make(tacet_span name, uint8_t type,
                              const uint8_t public_key[32],
                              tacet_note_key *out) {
  if (!tacet_note_name_valid(name) ||
      (type != TACET_NOTE_ED25519 && type != TACET_NOTE_COSIGNATURE)) {
    return TACET_ERR_ARGUMENT;
  }
  const tacet_span parts[] = {name, TACET_SPAN_LIT("\n"),
                              tacet_span_of(&type, 1),
                              tacet_span_of(public_key, 32)};
  uint8_t h[32];
  TACET_TRY(tacet_hash_sha256.digest(parts, 4, h));
  tacet_note_key k = {.type = type,
                      .id = (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 |
                            (uint32_t)h[2] << 8 | h[3]};
  memcpy(k.name, name.p, name.len);
  memcpy(k.public_key, public_key, 32);
  *out = k;
  return TACET_OK;
}

/* ---- verifier keys ---- */

/* name "+" 8 hexadecimal digits "+" base64; a name has no "+", base64 may. */
static bool split(tacet_span vkey, tacet_span *name, tacet_span *id,
                  tacet_span *key) {
  size_t plus = 0;
  while (plus < vkey.len && vkey.p[plus] != '+') {
    plus++;
  }
  if (vkey.len - plus < 10 || vkey.p[plus + 9] != '+') {
    return false;
  }
  *name = tacet_span_of(vkey.p, plus);
  *id = tacet_span_of(vkey.p + plus + 1, 8);
  *key = tacet_span_of(vkey.p + plus + 10, vkey.len - plus - 10);
  return true;
}

tacet_err tacet_note_key_read(tacet_span vkey, tacet_note_key *out) {
  tacet_span name, id, key;
  uint8_t id_bytes[4], bytes[1 + 32];
  char id_text[9];
  size_t len = 0;
  if (!split(vkey, &name, &id, &key) || !tacet_note_name_valid(name)) {
    return TACET_ERR_ENCODING;
  }
  tacet_err e = tacet_base64_read((const char *)key.p, key.len, bytes,
                                  sizeof(bytes), &len);
  if (e == TACET_ERR_LIMIT) {
    return TACET_ERR_UNKNOWN_TYPE; /* the keys of other types are longer */
  }
  if (e != TACET_OK || len == 0) {
    return TACET_ERR_ENCODING;
  }
  if (bytes[0] != TACET_NOTE_ED25519 && bytes[0] != TACET_NOTE_COSIGNATURE) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  tacet_note_key k;
  if (len != sizeof(bytes)) {
    return TACET_ERR_ENCODING;
  }
  TACET_TRY(tacet_note_key_make(name, bytes[0], bytes + 1, &k));
  for (int i = 0; i < 4; i++) {
    id_bytes[i] = (uint8_t)(k.id >> (24 - 8 * i));
  }
  tacet_hex_write(tacet_span_of(id_bytes, 4), id_text);
  if (memcmp(id_text, id.p, 8) != 0) {
    return TACET_ERR_ENCODING;
  }
  *out = k;
  return TACET_OK;
}

void tacet_note_key_write(const tacet_note_key *k, tacet_buf *out) {
  uint8_t bytes[1 + 32] = {k->type}, id[4];
  char id_text[9];
  memcpy(bytes + 1, k->public_key, 32);
  for (int i = 0; i < 4; i++) {
    id[i] = (uint8_t)(k->id >> (24 - 8 * i));
  }
  tacet_hex_write(tacet_span_of(id, 4), id_text);
  tacet_write_bytes(out, tacet_span_str(k->name));
  tacet_write_u8(out, '+');
  tacet_write_bytes(out, tacet_span_of(id_text, 8));
  tacet_write_u8(out, '+');
  line_write_base64(tacet_span_of(bytes, sizeof(bytes)), out);
}
