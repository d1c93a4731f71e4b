/* SPDX-License-Identifier: Apache-2.0
 * What a client has to know to judge a key log. */
#include "tacet/keytrans/trust.h"

#define VERSION 1

void tacet_trust_write(tacet_buf *w, const tacet_trust *t) {
  tacet_write_u8(w, VERSION);
  tacet_write_bytes(w, tacet_span_of(t->vrf_key, sizeof(t->vrf_key)));
  tacet_write_u32(w, t->max_age);
  tacet_write_vec(w, t->policy);
}

tacet_err tacet_trust_parse(tacet_span in, tacet_trust *out) {
  tacet_err err = TACET_OK;
  tacet_trust t;
  if (in.len > TACET_TRUST_MAX) {
    return TACET_ERR_LIMIT;
  }
  if (in.len > 0 && in.p[0] > VERSION) {
    return TACET_ERR_VERSION;
  }
  tacet_reader r = tacet_reader_over(in, &err);
  if (tacet_read_u8(&r) != VERSION) {
    tacet_read_fail(&r, TACET_ERR_ENCODING);
  }
  tacet_read_copy(&r, t.vrf_key, sizeof(t.vrf_key));
  t.max_age = tacet_read_u32(&r);
  t.policy = tacet_read_vec(&r);
  tacet_read_end(&r);
  if (err == TACET_OK) {
    *out = t;
  }
  return err;
}
