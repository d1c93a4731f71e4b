/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/psk.h"

#include "mls/key_schedule.h"

void tacet_psk_id_write(tacet_buf *w, const tacet_mls_psk_id *id) {
  tacet_write_u8(w, (uint8_t)id->type);
  if (id->type == TACET_MLS_PSK_RESUMPTION) {
    tacet_write_u8(w, (uint8_t)id->usage);
    tacet_write_vec(w, id->id);
    tacet_write_u64(w, id->epoch);
  } else {
    tacet_write_vec(w, id->id);
  }
  tacet_write_vec(w, id->nonce);
}

void tacet_psk_id_read(tacet_reader *r, tacet_mls_psk_id *out) {
  tacet_mls_psk_id id = {.usage = TACET_MLS_USAGE_APPLICATION};
  uint8_t type = tacet_read_u8(r);
  id.type = (tacet_mls_psk_type)type;
  if (type == TACET_MLS_PSK_RESUMPTION) {
    uint8_t usage = tacet_read_u8(r);
    if (usage < TACET_MLS_USAGE_APPLICATION || usage > TACET_MLS_USAGE_BRANCH) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
    }
    id.usage = (tacet_mls_psk_usage)usage;
    id.id = tacet_read_vec(r);
    id.epoch = tacet_read_u64(r);
  } else if (type == TACET_MLS_PSK_EXTERNAL) {
    id.id = tacet_read_vec(r);
  } else {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  id.nonce = tacet_read_vec(r);
  if (*r->err == TACET_OK) {
    *out = id;
  }
}

bool tacet_psk_id_same(const tacet_mls_psk_id *a, const tacet_mls_psk_id *b) {
  if (a->type != b->type || !tacet_span_equal(a->id, b->id)) {
    return false;
  }
  return a->type == TACET_MLS_PSK_EXTERNAL ||
         (a->usage == b->usage && a->epoch == b->epoch);
}

const tacet_span *tacet_psks_find(tacet_mls_psks psks,
                                  const tacet_mls_psk_id *id) {
  for (size_t i = 0; i < psks.n; i++) {
    if (tacet_psk_id_same(&psks.list[i].id, id)) {
      return &psks.list[i].key;
    }
  }
  return NULL;
}

/* psk_input of one key. PSKLabel binds it to its id and its place. */
static tacet_err psk_input(const tacet_hash *h, const tacet_mls_psk *psk,
                           size_t index, size_t count, tacet_secret *out) {
  TACET_SECRET(zero);
  TACET_SECRET(extracted);
  tacet_epoch_zero(h, &zero);
  TACET_TRY(
      tacet_hkdf_extract(h, tacet_secret_span(&zero), psk->key, &extracted));
  TACET_BUF(label, TACET_MLS_MESSAGE_LIMIT);
  tacet_psk_id_write(&label, &psk->id);
  tacet_write_u16(&label, (uint16_t)index);
  tacet_write_u16(&label, (uint16_t)count);
  tacet_span context;
  TACET_TRY(tacet_buf_done(&label, &context));
  return tacet_expand_with_label(h, &extracted, "derived psk", context, h->len,
                                 out);
}

tacet_err tacet_psk_secret(const tacet_hash *h, const tacet_mls_psk *psks,
                           size_t n, tacet_secret *out) {
  if (n > TACET_MLS_PSKS_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_SECRET(secret);
  TACET_SECRET(input);
  tacet_epoch_zero(h, &secret);
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(psk_input(h, &psks[i], i, n, &input));
    TACET_TRY(tacet_hkdf_extract(h, tacet_secret_span(&input),
                                 tacet_secret_span(&secret), &secret));
  }
  return tacet_secret_set(out, tacet_secret_span(&secret));
}
