/* SPDX-License-Identifier: Apache-2.0
 * The key log's entries, labels and commitments, and the ladder. */
#include "keytrans/keylog.h"
#include "keytrans/line.h"

#include "tacet/crypto.h"

/* The constant of the keytrans draft's commitments. */
static const uint8_t kc[16] = {0xd8, 0x21, 0xf8, 0x79, 0x0d, 0x97, 0x70, 0x97,
                               0x96, 0xb4, 0xd7, 0x90, 0x33, 0x57, 0xc3, 0xf5};

static tacet_span hash_span(const tacet_map_hash *h) {
  return tacet_span_of(h->b, sizeof(h->b));
}

/* ---- entries ---- */

void tacet_keylog_entry_write(const tacet_keylog_entry *e, tacet_buf *out) {
  tacet_write_u8(out, (uint8_t)e->kind);
  switch (e->kind) {
  case TACET_KEYLOG_UPDATE:
    tacet_write_bytes(out, hash_span(&e->vrf_output));
    tacet_write_bytes(out, hash_span(&e->commitment));
    break;
  case TACET_KEYLOG_EPOCH:
    tacet_write_u32(out, e->day);
    tacet_write_u64(out, e->map_size);
    tacet_write_bytes(out, hash_span(&e->map_root));
    break;
  case TACET_KEYLOG_STATEMENT:
    tacet_write_bytes(out, tacet_span_of(e->hash, sizeof(e->hash)));
    break;
  }
}

tacet_err tacet_keylog_entry_read(tacet_span bytes, tacet_keylog_entry *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(bytes, &err);
  tacet_keylog_entry e = {.kind = (tacet_keylog_kind)tacet_read_u8(&r)};
  switch (e.kind) {
  case TACET_KEYLOG_UPDATE:
    tacet_read_copy(&r, e.vrf_output.b, TACET_MAP_LEN);
    tacet_read_copy(&r, e.commitment.b, TACET_MAP_LEN);
    break;
  case TACET_KEYLOG_EPOCH:
    e.day = tacet_read_u32(&r);
    e.map_size = tacet_read_u64(&r);
    tacet_read_copy(&r, e.map_root.b, TACET_MAP_LEN);
    break;
  case TACET_KEYLOG_STATEMENT:
    tacet_read_copy(&r, e.hash, sizeof(e.hash));
    break;
  default:
    tacet_read_fail(&r, TACET_ERR_UNKNOWN_TYPE);
  }
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = e;
  return TACET_OK;
}

/* ---- labels ---- */

tacet_err tacet_keylog_label_handle(tacet_span handle,
                                    tacet_keylog_label *out) {
  if (handle.len > TACET_KEYLOG_LABEL_MAX - 2) {
    return TACET_ERR_LIMIT;
  }
  *out = (tacet_keylog_label){.len = 2 + handle.len, .b = "h:"};
  if (handle.len > 0) {
    memcpy(out->b + 2, handle.p, handle.len);
  }
  return TACET_OK;
}

void tacet_keylog_label_issuers(uint32_t first_day, tacet_keylog_label *out) {
  TACET_BUF(text, TACET_KEYLOG_LABEL_MAX);
  tacet_write_bytes(&text, TACET_SPAN_LIT("i:"));
  line_write_number(first_day, &text);
  TACET_ASSERT(text.err == TACET_OK);
  *out = (tacet_keylog_label){.len = text.len};
  memcpy(out->b, text.p, text.len);
}

/* opaque label<0..255>; uint32 version; */
static void write_version(const tacet_keylog_label *label, uint32_t version,
                          tacet_buf *out) {
  tacet_write_u8(out, (uint8_t)label->len);
  tacet_write_bytes(out, tacet_span_of(label->b, label->len));
  tacet_write_u32(out, version);
}

tacet_err tacet_keylog_key(const tacet_vrf_key *vrf,
                           const tacet_keylog_label *label, uint32_t version,
                           tacet_map_hash *out,
                           uint8_t proof[TACET_VRF_PROOF_LEN]) {
  TACET_BUF(alpha, TACET_KEYLOG_LABEL_MAX + 5);
  uint8_t beta[TACET_VRF_OUTPUT_LEN];
  write_version(label, version, &alpha);
  TACET_TRY(alpha.err);
  TACET_TRY(proof == NULL
                ? tacet_vrf_evaluate(vrf, tacet_buf_span(&alpha), beta)
                : tacet_vrf_prove(vrf, tacet_buf_span(&alpha), proof, beta));
  memcpy(out->b, beta, TACET_MAP_LEN);
  return TACET_OK;
}

tacet_err keylog_key_verify(tacet_span vrf_public_key,
                            const tacet_keylog_label *label, uint32_t version,
                            tacet_span proof, tacet_map_hash *out) {
  TACET_BUF(alpha, TACET_KEYLOG_LABEL_MAX + 5);
  uint8_t beta[TACET_VRF_OUTPUT_LEN];
  write_version(label, version, &alpha);
  TACET_TRY(alpha.err);
  TACET_TRY(
      tacet_vrf_verify(vrf_public_key, tacet_buf_span(&alpha), proof, beta));
  memcpy(out->b, beta, TACET_MAP_LEN);
  return TACET_OK;
}

tacet_err tacet_keylog_commit(const uint8_t opening[TACET_KEYLOG_OPENING_LEN],
                              const tacet_keylog_label *label, uint32_t version,
                              tacet_span value, tacet_map_hash *out) {
  TACET_BUF(about, TACET_KEYLOG_LABEL_MAX + 9);
  if (value.len > UINT32_MAX) {
    return TACET_ERR_LIMIT;
  }
  write_version(label, version, &about);
  tacet_write_u32(&about, (uint32_t)value.len);
  TACET_TRY(about.err);
  const tacet_span parts[] = {tacet_span_of(opening, TACET_KEYLOG_OPENING_LEN),
                              tacet_buf_span(&about), value};
  return tacet_hash_sha256.hmac(tacet_span_of(kc, sizeof(kc)), parts, 3,
                                out->b);
}

tacet_err tacet_keylog_value(const tacet_map_hash *commitment, uint64_t index,
                             tacet_map_hash *out) {
  uint8_t bytes[8];
  for (int i = 0; i < 8; i++) {
    bytes[i] = (uint8_t)(index >> (56 - 8 * i));
  }
  const tacet_span parts[] = {hash_span(commitment), tacet_span_of(bytes, 8)};
  return tacet_hash_sha256.digest(parts, 2, out->b);
}

/* ---- the ladder ---- */

/* Among fewer than so many the next one up is looked up: each look-up but one
 * then finds something, and only what it does not find has to be shown again to
 * who knows the version (docs/adr/0073). */
#define NARROW 16

static uint64_t upwards(const tacet_keylog_ladder *l) {
  uint64_t next = l->present == 0 ? 0 : l->present - 1 + l->stride;
  return next < UINT32_MAX ? next : UINT32_MAX;
}

static uint64_t between(const tacet_keylog_ladder *l) {
  uint64_t unknown = l->absent - 1 - l->present;
  return unknown < NARROW ? l->present : l->present + unknown / 2;
}

bool tacet_keylog_ladder_next(const tacet_keylog_ladder *l, uint32_t *version) {
  bool known = l->absent != 0 && l->absent - 1 == l->present;
  if (known || l->present > UINT32_MAX) {
    return false;
  }
  *version = (uint32_t)(l->absent == 0 ? upwards(l) : between(l));
  return true;
}

void tacet_keylog_ladder_tell(tacet_keylog_ladder *l, bool there) {
  uint32_t version;
  TACET_ASSERT(tacet_keylog_ladder_next(l, &version));
  if (!there) {
    l->absent = (uint64_t)version + 1;
    return;
  }
  l->present = (uint64_t)version + 1;
  if (l->absent == 0) {
    l->stride = l->stride < NARROW ? l->stride + 1 : 2 * l->stride;
  }
}

bool keylog_ladder_next_shown(tacet_keylog_ladder *l, uint32_t seen,
                              uint32_t *version) {
  while (tacet_keylog_ladder_next(l, version)) {
    if ((uint64_t)*version + 1 >= seen) {
      return true;
    }
    tacet_keylog_ladder_tell(l, true);
  }
  return false;
}
