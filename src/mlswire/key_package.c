/* SPDX-License-Identifier: Apache-2.0
 * Key packages (RFC 9420 10). */
#include "mlswire/list.h"

void tacet_key_package_read(tacet_reader *r, tacet_key_package *out) {
  const uint8_t *from = r->p;
  out->version = tacet_read_u16(r);
  out->cipher_suite = tacet_read_u16(r);
  out->init_key = tacet_read_vec(r);
  tacet_leaf_node_read(r, &out->leaf_node);
  out->extensions = tacet_extensions_read(r);
  out->tbs = tacet_read_since(r, from);
  out->signature = tacet_read_vec(r);
  out->raw = tacet_read_since(r, from);
  if (out->raw.len > TACET_KEY_PACKAGE_READ_MAX) {
    tacet_read_fail(r, TACET_ERR_LIMIT);
  }
}

tacet_err tacet_key_package_parse(tacet_span in, tacet_key_package *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_key_package k;
  tacet_key_package_read(&r, &k);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = k;
  return TACET_OK;
}

void tacet_key_package_tbs_write(tacet_buf *w, const tacet_key_package *k) {
  tacet_write_u16(w, k->version);
  tacet_write_u16(w, k->cipher_suite);
  tacet_write_vec(w, k->init_key);
  tacet_leaf_node_write(w, &k->leaf_node);
  tacet_write_vec(w, k->extensions);
}

void tacet_key_package_write(tacet_buf *w, const tacet_key_package *k) {
  tacet_key_package_tbs_write(w, k);
  tacet_write_vec(w, k->signature);
}
