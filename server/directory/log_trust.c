/* SPDX-License-Identifier: Apache-2.0
 * What an invite tells of the key log. A link and a QR code are short, so of
 * the policy only what a reader judges by goes into it: not where logs and
 * witnesses are asked, which is the server's affair, and of comments only the
 * hand-over from the key before, if there is room for it. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

#include "tacet/keytrans/handover.h"

/* How many words of a line say something to a reader. */
static size_t words_of(tacet_span first) {
  if (first.len == 0 || first.p[0] == '#') {
    return 0;
  }
  return tacet_span_equal(first, TACET_SPAN_LIT("log"))       ? 2
         : tacet_span_equal(first, TACET_SPAN_LIT("witness")) ? 3
                                                              : SIZE_MAX;
}

static void shorten(tacet_span text, bool handover, tacet_buf *out) {
  while (text.len > 0) {
    tacet_span line = tacet_policy_line(&text);
    bool keep = handover && tacet_handover_is_line(line);
    tacet_span word = tacet_policy_word(&line);
    size_t n = keep ? SIZE_MAX : words_of(word);
    for (size_t i = 0; i < n && word.len > 0; i++) {
      if (i > 0) {
        tacet_write_u8(out, ' ');
      }
      tacet_write_bytes(out, word);
      word = tacet_policy_word(&line);
    }
    if (n > 0) {
      tacet_write_u8(out, '\n');
    }
  }
}

/* t: all but the policy. */
static tacet_err write_trust(tacet_span policy, bool handover, tacet_trust t,
                             tacet_buf *out) {
  TACET_BUF(text, TACET_POLICY_TEXT_MAX + 1);
  TACET_BUF(trust, TACET_TRUST_MAX);
  shorten(policy, handover, &text);
  TACET_TRY(text.err);
  t.policy = tacet_buf_span(&text);
  tacet_trust_write(&trust, &t);
  TACET_TRY(trust.err);
  tacet_write_bytes(out, tacet_buf_span(&trust));
  return out->err;
}

tacet_err dir_log_trust(const char *folder, uint32_t max_age,
                        const uint8_t *notices, tacet_buf *out,
                        sto_trouble *why) {
  TACET_VRF_KEY(vrf);
  TACET_BYTES(policy);
  TACET_TRY(dir_log_vrf_key(folder, &vrf, why));
  TACET_TRY(dir_log_policy_read(folder, &policy, why));
  tacet_trust t = {.max_age = max_age, .has_notices = notices != NULL};
  memcpy(t.vrf_key, vrf.public_key, sizeof(t.vrf_key));
  if (notices != NULL) {
    memcpy(t.notices, notices, sizeof(t.notices));
  }
  tacet_err err = TACET_ERR_LIMIT;
  for (int handover = 1; handover >= 0 && err == TACET_ERR_LIMIT; handover--) {
    err = write_trust(tacet_bytes_span(&policy), handover == 1, t, out);
  }
  if (err != TACET_OK) {
    sto_trouble_set(why,
                    "the policy %s/%s is too long for an invite: name fewer "
                    "witnesses",
                    folder, DIR_LOG_POLICY);
  }
  return err;
}
