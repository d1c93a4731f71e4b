/* SPDX-License-Identifier: Apache-2.0
 * Accounts, manifests, look-ups. */
#include "tacet/wire/directory.h"

#include "wire/fields.h"

/* ---- lists of opaque<V> ---- */

void tacet_opaque_list_add(tacet_buf *w, tacet_span element) {
  tacet_write_vec(w, element);
}

static void read_opaque(tacet_reader *r, tacet_span *out) {
  *out = tacet_read_vec(r);
}

bool tacet_opaque_list_next(tacet_span *list, tacet_span *out) {
  WIRE_NEXT(list, read_opaque, out);
}

tacet_err tacet_opaque_list_check(tacet_span list, size_t max_n, size_t max_len,
                                  size_t *n) {
  WIRE_READ(list);
  size_t count = 0;
  while (tacet_more(&r)) {
    if (count++ == max_n) {
      tacet_read_fail(&r, TACET_ERR_LIMIT);
    }
    (void)tacet_read_vec_max(&r, max_len);
  }
  WIRE_END(n, count);
}

/* ---- accounts ---- */

void tacet_create_account_write(tacet_buf *w, const tacet_create_account *m) {
  tacet_write_vec(w, m->invite);
  tacet_write_vec(w, m->manifest);
}

tacet_err tacet_create_account_parse(tacet_span in, tacet_create_account *out) {
  WIRE_READ(in);
  tacet_create_account m;
  m.invite = wire_read_maybe(&r, TACET_INVITE_LEN);
  m.manifest = tacet_read_vec_max(&r, TACET_MANIFEST_MAX);
  WIRE_END(out, m);
}

void tacet_put_manifest_write(tacet_buf *w, const tacet_put_manifest *m) {
  tacet_write_vec(w, m->manifest);
}

tacet_err tacet_put_manifest_parse(tacet_span in, tacet_put_manifest *out) {
  WIRE_READ(in);
  tacet_put_manifest m = {tacet_read_vec_max(&r, TACET_MANIFEST_MAX)};
  WIRE_END(out, m);
}

/* ---- look-ups ---- */

void tacet_lookup_write(tacet_buf *w, const tacet_lookup *m) {
  tacet_write_u8(w, (uint8_t)m->kind);
  tacet_write_vec(w, m->key);
  tacet_write_u32(w, m->from);
  tacet_write_u64(w, m->log_size);
  tacet_write_u32(w, m->seen);
  tacet_write_vec(w, m->token);
}

tacet_err tacet_lookup_parse(tacet_span in, tacet_lookup *out) {
  WIRE_READ(in);
  tacet_lookup m;
  uint8_t kind = tacet_read_u8(&r);
  m.kind = (tacet_lookup_kind)kind;
  m.key = tacet_read_vec_max(&r, TACET_HANDLE_MAX);
  m.from = tacet_read_u32(&r);
  m.log_size = tacet_read_u64(&r);
  m.seen = tacet_read_u32(&r);
  m.token = wire_read_maybe(&r, TACET_TOKEN_LEN);
  if (kind > TACET_LOOKUP_ACCOUNT) {
    tacet_read_fail(&r, TACET_ERR_UNKNOWN_TYPE);
  } else if (kind == TACET_LOOKUP_ACCOUNT &&
             m.key.len != TACET_ACCOUNT_ID_LEN) {
    tacet_read_fail(&r, TACET_ERR_ENCODING);
  }
  WIRE_END(out, m);
}

void tacet_lookup_answer_write(tacet_buf *w, const tacet_lookup_answer *m) {
  tacet_write_vec(w, m->manifests);
  tacet_write_vec(w, m->proofs);
  tacet_write_optional(w, m->more);
}

tacet_err tacet_lookup_answer_parse(tacet_span in, tacet_lookup_answer *out) {
  WIRE_READ(in);
  tacet_lookup_answer m;
  m.manifests = tacet_read_vec(&r);
  m.proofs = tacet_read_vec(&r);
  m.more = wire_read_bool(&r);
  if (err == TACET_OK) {
    err = tacet_opaque_list_check(m.manifests, TACET_LOOKUP_MANIFESTS_MAX,
                                  TACET_MANIFEST_MAX, &m.n_manifests);
  }
  WIRE_END(out, m);
}

/* ---- the key log ---- */

void tacet_key_proofs_write(tacet_buf *w, const tacet_key_proofs *m) {
  tacet_write_vec(w, m->head);
  tacet_write_vec(w, m->label);
  tacet_write_vec(w, m->first);
}

tacet_err tacet_key_proofs_parse(tacet_span in, tacet_key_proofs *out) {
  WIRE_READ(in);
  tacet_key_proofs m;
  m.head = tacet_read_vec(&r);
  m.label = tacet_read_vec(&r);
  m.first = tacet_read_vec(&r);
  WIRE_END(out, m);
}

void tacet_log_query_write(tacet_buf *w, const tacet_log_query *m) {
  tacet_write_u64(w, m->size);
  tacet_write_u64(w, m->also);
}

tacet_err tacet_log_query_parse(tacet_span in, tacet_log_query *out) {
  WIRE_READ(in);
  tacet_log_query m;
  m.size = tacet_read_u64(&r);
  m.also = tacet_read_u64(&r);
  WIRE_END(out, m);
}

void tacet_log_heads_write(tacet_buf *w, const tacet_log_heads *m) {
  tacet_write_vec(w, m->head);
  tacet_write_vec(w, m->also);
}

tacet_err tacet_log_heads_parse(tacet_span in, tacet_log_heads *out) {
  WIRE_READ(in);
  tacet_log_heads m;
  m.head = tacet_read_vec(&r);
  m.also = tacet_read_vec(&r);
  WIRE_END(out, m);
}
