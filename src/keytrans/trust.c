/* SPDX-License-Identifier: Apache-2.0
 * What a client has to know to judge a key log. */
#include "tacet/keytrans/trust.h"

#define PLAIN 1
#define WITH_NOTICES 2

/* What nobody's manifest hashes to: it would stand for "none" in a second way.
 */
static bool is_account(const uint8_t id[TACET_TRUST_ACCOUNT_LEN]) {
  static const uint8_t zero[TACET_TRUST_ACCOUNT_LEN];
  return memcmp(id, zero, sizeof(zero)) != 0;
}

void tacet_trust_write(tacet_buf *w, const tacet_trust *t) {
  if (t->has_notices && !is_account(t->notices) && w->err == TACET_OK) {
    w->err = TACET_ERR_ARGUMENT;
  }
  tacet_write_u8(w, t->has_notices ? WITH_NOTICES : PLAIN);
  tacet_write_bytes(w, tacet_span_of(t->vrf_key, sizeof(t->vrf_key)));
  tacet_write_u32(w, t->max_age);
  tacet_write_vec(w, t->policy);
  tacet_write_bytes(
      w, tacet_span_of(t->notices, t->has_notices ? sizeof(t->notices) : 0));
}

tacet_err tacet_trust_parse(tacet_span in, tacet_trust *out) {
  tacet_err err = TACET_OK;
  tacet_trust t = {.max_age = 0};
  if (in.len > TACET_TRUST_MAX) {
    return TACET_ERR_LIMIT;
  }
  if (in.len > 0 && in.p[0] > WITH_NOTICES) {
    return TACET_ERR_VERSION;
  }
  tacet_reader r = tacet_reader_over(in, &err);
  uint8_t version = tacet_read_u8(&r);
  if (version < PLAIN) {
    tacet_read_fail(&r, TACET_ERR_ENCODING);
  }
  tacet_read_copy(&r, t.vrf_key, sizeof(t.vrf_key));
  t.max_age = tacet_read_u32(&r);
  t.policy = tacet_read_vec(&r);
  t.has_notices = version == WITH_NOTICES;
  if (t.has_notices) {
    tacet_read_copy(&r, t.notices, sizeof(t.notices));
    if (!is_account(t.notices)) {
      tacet_read_fail(&r, TACET_ERR_ENCODING);
    }
  }
  tacet_read_end(&r);
  if (err == TACET_OK) {
    *out = t;
  }
  return err;
}
