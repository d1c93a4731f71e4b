/* SPDX-License-Identifier: Apache-2.0
 * Issuers' keys and drawing tokens. */
#include "tacet/wire/directory.h"

#include "wire/fields.h"

void tacet_issuers_write(tacet_buf *w, const tacet_issuers *m) {
  size_t at = tacet_write_open(w);
  for (size_t i = 0; i < m->n; i++) {
    tacet_write_u8(w, (uint8_t)m->list[i].kind);
    wire_write_fixed(w, m->list[i].public_key, 32);
    tacet_write_u32(w, m->list[i].first_day);
    tacet_write_u32(w, m->list[i].issue_until);
    tacet_write_u32(w, m->list[i].accept_until);
  }
  tacet_write_close(w, at);
}

tacet_err tacet_issuers_parse(tacet_span in, tacet_issuers *out) {
  WIRE_READ(in);
  tacet_issuers m = {.n = 0};
  tacet_reader e = tacet_read_vec_of(&r);
  while (tacet_more(&e)) {
    if (m.n == TACET_ISSUERS_MAX) {
      return TACET_ERR_LIMIT;
    }
    tacet_issuer *i = &m.list[m.n++];
    i->kind = wire_read_token_kind(&e);
    tacet_read_copy(&e, i->public_key, sizeof(i->public_key));
    i->first_day = tacet_read_u32(&e);
    i->issue_until = tacet_read_u32(&e);
    i->accept_until = tacet_read_u32(&e);
  }
  WIRE_END(out, m);
}

tacet_err tacet_issuers_week(const tacet_issuers *all, uint32_t first_day,
                             tacet_issuers *out) {
  tacet_issuers week = {.n = 2};
  bool there[2] = {false, false};
  if (first_day % TACET_ISSUER_DAYS != 0) {
    return TACET_ERR_ENCODING;
  }
  for (size_t i = 0; i < all->n; i++) {
    const tacet_issuer *one = &all->list[i];
    if (one->first_day != first_day) {
      continue;
    }
    if (one->issue_until - first_day != TACET_ISSUER_DAYS - 1 ||
        one->accept_until - first_day != 2 * TACET_ISSUER_DAYS - 1) {
      return TACET_ERR_ENCODING;
    }
    if (there[one->kind]) {
      return TACET_ERR_NOT_FOUND;
    }
    there[one->kind] = true;
    week.list[one->kind] = *one;
  }
  if (!there[0] || !there[1]) {
    return TACET_ERR_NOT_FOUND;
  }
  *out = week;
  return TACET_OK;
}

void tacet_issuer_query_write(tacet_buf *w, const tacet_issuer_query *m) {
  tacet_write_u32(w, m->first_day);
  tacet_write_u64(w, m->log_size);
}

tacet_err tacet_issuer_query_parse(tacet_span in, tacet_issuer_query *out) {
  WIRE_READ(in);
  tacet_issuer_query m;
  m.first_day = tacet_read_u32(&r);
  m.log_size = tacet_read_u64(&r);
  WIRE_END(out, m);
}

void tacet_draw_write(tacet_buf *w, const tacet_draw *m) {
  tacet_write_u8(w, (uint8_t)m->kind);
  wire_write_fixed(w, m->key_id, sizeof(m->key_id));
  tacet_write_vec(w, m->blinded);
}

tacet_err tacet_draw_parse(tacet_span in, tacet_draw *out) {
  WIRE_READ(in);
  tacet_draw m;
  size_t n;
  m.kind = wire_read_token_kind(&r);
  tacet_read_copy(&r, m.key_id, sizeof(m.key_id));
  m.blinded = wire_read_array(&r, TACET_VOPRF_ELEMENT_LEN, 1,
                              TACET_TOKEN_BATCH_MAX, &n);
  WIRE_END(out, m);
}

void tacet_draw_answer_write(tacet_buf *w, const tacet_draw_answer *m) {
  tacet_write_vec(w, m->evaluated);
  wire_write_fixed(w, m->proof, sizeof(m->proof));
}

tacet_err tacet_draw_answer_parse(tacet_span in, tacet_draw_answer *out) {
  WIRE_READ(in);
  tacet_draw_answer m;
  size_t n;
  m.evaluated = wire_read_array(&r, TACET_VOPRF_ELEMENT_LEN, 1,
                                TACET_TOKEN_BATCH_MAX, &n);
  tacet_read_copy(&r, m.proof, sizeof(m.proof));
  WIRE_END(out, m);
}
