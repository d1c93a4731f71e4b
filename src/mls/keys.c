/* SPDX-License-Identifier: Apache-2.0
 * The saved form of a key package's private part. */
#include "tacet/mls.h"

#define KEYS_VERSION 1

void tacet_mls_keys_wipe(tacet_mls_keys *k) {
  tacet_wipe(k, sizeof(*k));
}

void tacet_mls_keys_write(tacet_buf *w, const tacet_mls_keys *k) {
  tacet_write_u8(w, KEYS_VERSION);
  tacet_write_vec(w, tacet_secret_span(&k->init));
  tacet_write_vec(w, tacet_secret_span(&k->encryption));
  tacet_write_vec(w, tacet_secret_span(&k->signature));
}

static void read_secret(tacet_reader *r, tacet_secret *out) {
  tacet_err err = tacet_secret_set(out, tacet_read_vec(r));
  if (err != TACET_OK) {
    tacet_read_fail(r, err);
  }
}

tacet_err tacet_mls_keys_read(tacet_span in, tacet_mls_keys *out) {
  TACET_MLS_KEYS(k);
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  uint8_t version = tacet_read_u8(&r);
  if (version != KEYS_VERSION) {
    tacet_read_fail(&r, version > KEYS_VERSION ? TACET_ERR_VERSION
                                               : TACET_ERR_ENCODING);
  }
  read_secret(&r, &k.init);
  read_secret(&r, &k.encryption);
  read_secret(&r, &k.signature);
  tacet_read_end(&r);
  TACET_TRY(err);
  memcpy(out, &k, sizeof(k));
  return TACET_OK;
}
