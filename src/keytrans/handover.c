/* SPDX-License-Identifier: Apache-2.0
 * Two keys of one log. */
#include "tacet/keytrans/handover.h"

#include "tacet/crypto.h"
#include "tacet/keytrans/policy.h"

#define SIGNATURE_LEN (TACET_HANDOVER_LEN / 2)
#define TEXT_MAX 1024

static tacet_err write_text(const tacet_note_key *from,
                            const tacet_note_key *to, tacet_buf *out) {
  tacet_write_bytes(out, TACET_SPAN_LIT("tacet-log-handover/v1\n"));
  tacet_note_key_write(from, out);
  tacet_write_u8(out, '\n');
  tacet_note_key_write(to, out);
  tacet_write_u8(out, '\n');
  return out->err;
}

static bool are_of_one_log(const tacet_note_key *a, const tacet_note_key *b) {
  return a->type == TACET_NOTE_ED25519 && b->type == TACET_NOTE_ED25519 &&
         strcmp(a->name, b->name) == 0 &&
         memcmp(a->public_key, b->public_key, sizeof(a->public_key)) != 0;
}

tacet_err tacet_handover_sign(const tacet_note_key *from,
                              const tacet_secret *from_private,
                              const tacet_note_key *to,
                              const tacet_secret *to_private,
                              tacet_handover *out) {
  uint8_t sig[2][TACET_SIG_MAX];
  size_t len;
  TACET_BUF(text, TEXT_MAX);
  if (!are_of_one_log(from, to)) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(write_text(from, to, &text));
  TACET_TRY(tacet_sig_ed25519.sign(tacet_secret_span(from_private),
                                   tacet_buf_span(&text), sig[0], &len));
  TACET_TRY(tacet_sig_ed25519.sign(tacet_secret_span(to_private),
                                   tacet_buf_span(&text), sig[1], &len));
  *out = (tacet_handover){.from = *from, .to = *to};
  memcpy(out->signatures, sig[0], SIGNATURE_LEN);
  memcpy(out->signatures + SIGNATURE_LEN, sig[1], SIGNATURE_LEN);
  return TACET_OK;
}

tacet_err tacet_handover_verify(const tacet_handover *h) {
  TACET_BUF(text, TEXT_MAX);
  if (!are_of_one_log(&h->from, &h->to)) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(write_text(&h->from, &h->to, &text));
  const tacet_note_key *keys[] = {&h->from, &h->to};
  for (size_t i = 0; i < 2; i++) {
    TACET_TRY(tacet_sig_ed25519.verify(
        tacet_span_of(keys[i]->public_key, sizeof(keys[i]->public_key)),
        tacet_buf_span(&text),
        tacet_span_of(h->signatures + i * SIGNATURE_LEN, SIGNATURE_LEN)));
  }
  return TACET_OK;
}

/* ---- in a policy ---- */

void tacet_handover_write(const tacet_handover *h, tacet_buf *out) {
  char text[TACET_BASE64_PADDED_LEN(TACET_HANDOVER_LEN) + 1];
  tacet_base64_write(tacet_span_of(h->signatures, sizeof(h->signatures)), text);
  tacet_write_bytes(out, TACET_SPAN_LIT("# handover "));
  tacet_note_key_write(&h->from, out);
  tacet_write_u8(out, ' ');
  tacet_note_key_write(&h->to, out);
  tacet_write_u8(out, ' ');
  tacet_write_bytes(out, tacet_span_str(text));
  tacet_write_u8(out, '\n');
}

/* Moves *line behind the two words. */
static bool begins(tacet_span *line) {
  return tacet_span_equal(tacet_policy_word(line), TACET_SPAN_LIT("#")) &&
         tacet_span_equal(tacet_policy_word(line), TACET_SPAN_LIT("handover"));
}

bool tacet_handover_is_line(tacet_span line) {
  return begins(&line);
}

static bool read_line(tacet_span line, tacet_handover *out) {
  size_t len = 0;
  tacet_handover h;
  if (!begins(&line) ||
      tacet_note_key_read(tacet_policy_word(&line), &h.from) != TACET_OK ||
      tacet_note_key_read(tacet_policy_word(&line), &h.to) != TACET_OK) {
    return false;
  }
  tacet_span text = tacet_policy_word(&line);
  if (tacet_base64_read((const char *)text.p, text.len, h.signatures,
                        sizeof(h.signatures), &len) != TACET_OK ||
      len != sizeof(h.signatures) || tacet_policy_word(&line).len > 0) {
    return false;
  }
  *out = h;
  return true;
}

tacet_err tacet_handover_read(tacet_span policy, tacet_handover *out) {
  bool found = false;
  while (policy.len > 0) {
    found = read_line(tacet_policy_line(&policy), out) || found;
  }
  return found ? TACET_OK : TACET_ERR_NOT_FOUND;
}
