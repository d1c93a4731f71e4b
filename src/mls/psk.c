/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/psk.h"

#include "mls/key_schedule.h"

tacet_mls_psk_id tacet_psk_id_of(const tacet_pre_shared_key_id *wire) {
  return (tacet_mls_psk_id){.type = (tacet_mls_psk_type)wire->type,
                            .usage = (tacet_mls_psk_usage)wire->usage,
                            .id = wire->id,
                            .epoch = wire->epoch,
                            .nonce = wire->nonce};
}

tacet_pre_shared_key_id tacet_psk_id_wire(const tacet_mls_psk_id *id) {
  bool resumption = id->type == TACET_MLS_PSK_RESUMPTION;
  return (tacet_pre_shared_key_id){.type = (uint8_t)id->type,
                                   .usage = resumption ? (uint8_t)id->usage : 0,
                                   .id = id->id,
                                   .epoch = resumption ? id->epoch : 0,
                                   .nonce = id->nonce};
}

bool tacet_psk_id_same(const tacet_mls_psk_id *a, const tacet_mls_psk_id *b) {
  if (a->type != b->type || !tacet_span_equal(a->id, b->id)) {
    return false;
  }
  return a->type == TACET_MLS_PSK_EXTERNAL ||
         (a->usage == b->usage && a->epoch == b->epoch);
}

bool tacet_psk_id_equal(const tacet_mls_psk_id *a, const tacet_mls_psk_id *b) {
  return tacet_psk_id_same(a, b) && tacet_span_equal(a->nonce, b->nonce);
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
  tacet_pre_shared_key_id id = tacet_psk_id_wire(&psk->id);
  tacet_pre_shared_key_id_write(&label, &id);
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
