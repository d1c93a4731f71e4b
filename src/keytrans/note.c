/* SPDX-License-Identifier: Apache-2.0
 * Signed notes (c2sp.org/signed-note), cosignatures
 * (c2sp.org/tlog-cosignature). */
#include "tacet/keytrans/note.h"

#include "keytrans/line.h"
#include "tacet/crypto.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space begin a signature line */
#define SIGNATURE_MAX 5120   /* "nearly 5 kB": the longest of other types */
#define OURS_MAX (4 + 8 + 64)

/* One signature line. */
typedef struct signature {
  tacet_span name;
  tacet_span text; /* base64 */
  uint32_t id;
} signature;

/* The key id alone is decoded here: a line of another type may be long. */
static tacet_err read_line(tacet_span line, signature *out) {
  const size_t dash = sizeof(DASH) - 1;
  signature s;
  if (line.len < dash || memcmp(line.p, DASH, dash) != 0) {
    return TACET_ERR_ENCODING;
  }
  s.text = tacet_span_of(line.p + dash, line.len - dash);
  if (!line_word(&s.text, &s.name) || !tacet_note_name_valid(s.name) ||
      s.text.len > TACET_BASE64_PADDED_LEN(SIGNATURE_MAX)) {
    return TACET_ERR_ENCODING;
  }
  uint8_t bytes[SIGNATURE_MAX];
  size_t len = 0;
  TACET_TRY(tacet_base64_read((const char *)s.text.p, s.text.len, bytes,
                              sizeof(bytes), &len));
  if (len < 5) {
    return TACET_ERR_ENCODING;
  }
  s.id = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
         (uint32_t)bytes[2] << 8 | bytes[3];
  *out = s;
  return TACET_OK;
}

/* Ends with a newline, is UTF-8 and has no other control character. */
static bool is_text(tacet_span text) {
  if (text.len == 0 || text.p[text.len - 1] != '\n' || !tacet_is_utf8(text)) {
    return false;
  }
  for (size_t i = 0; i < text.len; i++) {
    if (text.p[i] < ' ' && text.p[i] != '\n') {
      return false;
    }
  }
  return true;
}

tacet_err tacet_note_parse(tacet_span bytes, tacet_note *out) {
  if (bytes.len > TACET_NOTE_MAX) {
    return TACET_ERR_LIMIT;
  }
  if (!is_text(bytes)) {
    return TACET_ERR_ENCODING;
  }
  /* The last empty line parts the text from the signatures. */
  size_t at = bytes.len - 1;
  while (at > 0 && !(bytes.p[at] == '\n' && bytes.p[at - 1] == '\n')) {
    at--;
  }
  if (at == 0) {
    return TACET_ERR_ENCODING;
  }
  tacet_note note = {.text = tacet_span_of(bytes.p, at),
                     .signatures =
                         tacet_span_of(bytes.p + at + 1, bytes.len - at - 1)};
  tacet_span rest = note.signatures, line;
  size_t n = 0;
  for (; line_next(&rest, &line); n++) {
    signature s;
    if (n == TACET_NOTE_SIGNATURES_MAX) {
      return TACET_ERR_LIMIT;
    }
    TACET_TRY(read_line(line, &s));
  }
  if (n == 0) {
    return TACET_ERR_ENCODING;
  }
  *out = note;
  return TACET_OK;
}

/* ---- signatures ---- */

/* What a key of this type signs. */
static void write_message(tacet_span text, uint8_t type, uint64_t timestamp,
                          tacet_buf *out) {
  if (type == TACET_NOTE_COSIGNATURE) {
    tacet_write_bytes(out, TACET_SPAN_LIT("cosignature/v1\ntime "));
    line_write_number(timestamp, out);
    tacet_write_u8(out, '\n');
  }
  tacet_write_bytes(out, text);
}

/* One line that bears the key's name and id. */
static tacet_err verify_line(const tacet_note *note, const signature *s,
                             const tacet_note_key *key, uint64_t *timestamp) {
  uint8_t bytes[OURS_MAX];
  size_t len = 0, at = key->type == TACET_NOTE_COSIGNATURE ? 12 : 4;
  uint64_t time = 0;
  if (tacet_base64_read((const char *)s->text.p, s->text.len, bytes,
                        sizeof(bytes), &len) != TACET_OK ||
      len != at + 64) {
    return TACET_ERR_AUTH;
  }
  for (size_t i = 4; i < at; i++) {
    time = time << 8 | bytes[i];
  }
  if (time > INT64_MAX) {
    return TACET_ERR_AUTH;
  }
  TACET_BUF(message, TACET_NOTE_MAX + 64);
  write_message(note->text, key->type, time, &message);
  TACET_TRY(message.err);
  TACET_TRY(tacet_sig_ed25519.verify(tacet_span_of(key->public_key, 32),
                                     tacet_buf_span(&message),
                                     tacet_span_of(bytes + at, 64)));
  *timestamp = time;
  return TACET_OK;
}

tacet_err tacet_note_verify(const tacet_note *note, const tacet_note_key *key,
                            uint64_t *timestamp) {
  tacet_span rest = note->signatures, line;
  uint64_t latest = 0;
  bool found = false;
  while (line_next(&rest, &line)) {
    signature s;
    uint64_t time;
    TACET_TRY(read_line(line, &s));
    if (s.id != key->id ||
        !tacet_span_equal(s.name, tacet_span_str(key->name))) {
      continue;
    }
    TACET_TRY(verify_line(note, &s, key, &time));
    latest = time > latest ? time : latest;
    found = true;
  }
  if (!found) {
    return TACET_ERR_NOT_FOUND;
  }
  *timestamp = latest;
  return TACET_OK;
}

tacet_err tacet_note_sign(tacet_span text, const tacet_note_key *key,
                          const tacet_secret *private_key, uint64_t timestamp,
                          tacet_buf *out) {
  if (!is_text(text) || timestamp > INT64_MAX) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_BUF(message, TACET_NOTE_MAX + 64);
  TACET_BUF(line, OURS_MAX);
  uint8_t sig[TACET_SIG_MAX];
  size_t len = 0;
  write_message(text, key->type, timestamp, &message);
  TACET_TRY(message.err);
  TACET_TRY(tacet_sig_ed25519.sign(tacet_secret_span(private_key),
                                   tacet_buf_span(&message), sig, &len));
  tacet_write_u32(&line, key->id);
  if (key->type == TACET_NOTE_COSIGNATURE) {
    tacet_write_u64(&line, timestamp);
  }
  tacet_write_bytes(&line, tacet_span_of(sig, len));
  TACET_TRY(line.err);
  tacet_write_bytes(out, TACET_SPAN_LIT(DASH));
  tacet_write_bytes(out, tacet_span_str(key->name));
  tacet_write_u8(out, ' ');
  line_write_base64(tacet_buf_span(&line), out);
  tacet_write_u8(out, '\n');
  return out->err;
}

/* ---- checkpoints (c2sp.org/tlog-checkpoint) ---- */

tacet_err tacet_checkpoint_parse(tacet_span text, tacet_checkpoint *out) {
  tacet_checkpoint c;
  tacet_span rest = text, size, root, line;
  if (!is_text(text) || !line_next(&rest, &c.origin) || c.origin.len == 0 ||
      !line_next(&rest, &size) || !line_number(size, &c.size) ||
      !line_next(&rest, &root) || !line_hash(root, c.root.b)) {
    return TACET_ERR_ENCODING;
  }
  c.extensions = rest;
  while (line_next(&rest, &line)) {
    if (line.len == 0) {
      return TACET_ERR_ENCODING;
    }
  }
  *out = c;
  return TACET_OK;
}

void tacet_checkpoint_write(const tacet_checkpoint *c, tacet_buf *out) {
  tacet_write_bytes(out, c->origin);
  tacet_write_u8(out, '\n');
  line_write_number(c->size, out);
  tacet_write_u8(out, '\n');
  line_write_base64(tacet_span_of(c->root.b, sizeof(c->root.b)), out);
  tacet_write_u8(out, '\n');
}
