/* SPDX-License-Identifier: Apache-2.0
 * The proof of a label: its greatest version, and what that commits to. */
#include "keytrans/keylog.h"

#include "tacet/crypto.h"

/* The proof is
 *   struct { opaque vrf_proof[80]; MapProof map; } Step;
 *   struct { uint32 seen; Step steps<V>; optional<Opening> opening; }
 *     LabelProof;
 *   struct { opaque opening[16]; uint64 index; } Opening;
 * with the steps in the order of the ladder. `seen`: what the reader named, or
 * 0 where no step was left out for it. */
#define STEPS_MAX 96 /* a ladder over 32 bits has fewer */
#define LABEL_MAX                                                              \
  (STEPS_MAX * (TACET_VRF_PROOF_LEN + 67 + 32 * TACET_MAP_DEPTH_MAX) + 64)

/* Below version 0 there is nothing to leave out: of such a proof there is one
 * form. */
static uint32_t leaves_out(uint32_t seen) {
  return seen == 1 ? 0 : seen;
}

/* ---- proving ---- */

void tacet_keylog_opening_write(const tacet_keylog_opening *o, tacet_buf *out) {
  tacet_write_bytes(out, tacet_span_of(o->opening, TACET_KEYLOG_OPENING_LEN));
  tacet_write_u64(out, o->index);
}

static tacet_err prove_step(tacet_map *map, const tacet_vrf_key *vrf,
                            const tacet_keylog_label *label, uint32_t version,
                            bool *there, tacet_buf *out) {
  tacet_map_hash key;
  tacet_map_proof p;
  uint8_t vrf_proof[TACET_VRF_PROOF_LEN];
  TACET_TRY(tacet_keylog_key(vrf, label, version, &key, vrf_proof));
  TACET_TRY(tacet_map_prove(map, &key, &p));
  tacet_write_bytes(out, tacet_span_of(vrf_proof, sizeof(vrf_proof)));
  tacet_map_proof_write(&p, out);
  *there = p.end == TACET_MAP_FOUND;
  return out->err;
}

/* *present: of the ladder at its end. */
static tacet_err prove_steps(tacet_map *map, const tacet_vrf_key *vrf,
                             const tacet_keylog_label *label, uint32_t seen,
                             uint64_t *present, tacet_buf *out) {
  tacet_keylog_ladder l = {0};
  uint32_t version;
  tacet_write_u32(out, seen);
  size_t at = tacet_write_open(out);
  while (keylog_ladder_next_shown(&l, seen, &version)) {
    bool there;
    TACET_TRY(prove_step(map, vrf, label, version, &there, out));
    tacet_keylog_ladder_tell(&l, there);
  }
  tacet_write_close(out, at);
  *present = l.present;
  return out->err;
}

tacet_err tacet_keylog_label_prove(tacet_map *map, const tacet_vrf_key *vrf,
                                   const tacet_keylog_label *label,
                                   uint32_t seen,
                                   const tacet_keylog_opening *opening,
                                   tacet_buf *out) {
  TACET_BUF(proof, LABEL_MAX);
  uint64_t present;
  TACET_TRY(prove_steps(map, vrf, label, leaves_out(seen), &present, &proof));
  if (present < seen) { /* this map never had what the reader has seen */
    tacet_buf_clear(&proof);
    TACET_TRY(prove_steps(map, vrf, label, 0, &present, &proof));
  }
  if ((present != 0) != (opening != NULL)) {
    return TACET_ERR_STATE;
  }
  tacet_write_optional(&proof, opening != NULL);
  if (opening != NULL) {
    tacet_keylog_opening_write(opening, &proof);
  }
  TACET_TRY(proof.err);
  tacet_write_bytes(out, tacet_buf_span(&proof));
  return out->err;
}

/* ---- checking ---- */

/* What the walk down the ladder has found. */
typedef struct walk {
  uint32_t seen; /* as the proof has it */
  tacet_keylog_ladder ladder;
  tacet_map_hash key, value; /* of the greatest version that is there */
} walk;

static void read_opening(tacet_reader *r, tacet_keylog_opening *o) {
  tacet_read_copy(r, o->opening, sizeof(o->opening));
  o->index = tacet_read_u64(r);
}

static tacet_err check_step(const tacet_keylog_head *head,
                            tacet_span vrf_public_key,
                            const tacet_keylog_label *label, tacet_reader *r,
                            walk *w) {
  tacet_map_proof p;
  tacet_map_hash key;
  uint32_t version;
  tacet_span vrf_proof = tacet_read_bytes(r, TACET_VRF_PROOF_LEN);
  tacet_map_proof_read(r, &p);
  TACET_TRY(*r->err);
  if (!keylog_ladder_next_shown(&w->ladder, w->seen, &version)) {
    return TACET_ERR_AUTH; /* more steps than the ladder has */
  }
  TACET_TRY(keylog_key_verify(vrf_public_key, label, version, vrf_proof, &key));
  TACET_TRY(tacet_map_verify(&head->map_root, &key, &p));
  bool there = p.end == TACET_MAP_FOUND;
  if (there) {
    w->key = key;
    w->value = p.value;
  }
  tacet_keylog_ladder_tell(&w->ladder, there);
  return TACET_OK;
}

/* Does the greatest version so far commit to the value? */
static tacet_err check_value(const tacet_keylog_head *head,
                             const tacet_keylog_label *label, tacet_span value,
                             const tacet_keylog_opening *o, const walk *w) {
  tacet_map_hash commitment, leaf;
  if (o->index >= head->seen.size) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_keylog_commit(o->opening, label,
                                (uint32_t)(w->ladder.present - 1), value,
                                &commitment));
  TACET_TRY(tacet_keylog_value(&commitment, o->index, &leaf));
  return memcmp(leaf.b, w->value.b, sizeof(leaf.b)) == 0 ? TACET_OK
                                                         : TACET_ERR_AUTH;
}

/* Are they the whole ladder, but for what was left out; and is what was seen
 * before still there? */
static tacet_err check_steps(const tacet_keylog_head *head,
                             tacet_span vrf_public_key,
                             const tacet_keylog_label *label, tacet_reader *r,
                             walk *w) {
  tacet_reader steps = tacet_read_vec_of(r);
  uint32_t version;
  while (tacet_more(&steps)) {
    TACET_TRY(check_step(head, vrf_public_key, label, &steps, w));
  }
  TACET_TRY(*r->err);
  bool whole = !keylog_ladder_next_shown(&w->ladder, w->seen, &version);
  return whole && w->ladder.present >= w->seen ? TACET_OK : TACET_ERR_AUTH;
}

tacet_err tacet_keylog_label_verify(const tacet_keylog_head *head,
                                    tacet_span vrf_public_key,
                                    const tacet_keylog_label *label,
                                    uint32_t seen, tacet_span value,
                                    tacet_span proof,
                                    tacet_keylog_answer *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(proof, &err);
  walk w = {.seen = tacet_read_u32(&r)};
  tacet_keylog_opening o = {.index = 0};
  TACET_TRY(err);
  if (w.seen != 0 && w.seen != leaves_out(seen)) {
    return TACET_ERR_AUTH; /* it leaves out what this reader never saw */
  }
  TACET_TRY(check_steps(head, vrf_public_key, label, &r, &w));
  bool exists = tacet_read_optional(&r);
  if (exists) {
    read_opening(&r, &o);
  }
  tacet_read_end(&r);
  TACET_TRY(err);
  if (exists != (w.ladder.present != 0)) {
    return TACET_ERR_AUTH;
  }
  if (exists) {
    TACET_TRY(check_value(head, label, value, &o, &w));
  }
  *out = (tacet_keylog_answer){
      .exists = exists,
      .version = exists ? (uint32_t)(w.ladder.present - 1) : 0,
      .key = w.key,
      .value = w.value,
      .index = o.index};
  return TACET_OK;
}

/* Each ladder begins with version 0, where nothing is left out of it. */
tacet_err tacet_keylog_first_verify(const tacet_keylog_head *head,
                                    tacet_span vrf_public_key,
                                    const tacet_keylog_label *label,
                                    tacet_span value, tacet_span proof,
                                    tacet_span opening) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(proof, &err);
  tacet_reader in = tacet_reader_over(opening, &err);
  walk w = {.seen = tacet_read_u32(&r)};
  tacet_reader steps = tacet_read_vec_of(&r);
  tacet_keylog_opening o = {.index = 0};
  read_opening(&in, &o);
  tacet_read_end(&in);
  TACET_TRY(err);
  if (w.seen != 0) {
    return TACET_ERR_AUTH; /* its step may have been left out */
  }
  TACET_TRY(check_step(head, vrf_public_key, label, &steps, &w));
  return w.ladder.present == 1 ? check_value(head, label, value, &o, &w)
                               : TACET_ERR_AUTH;
}
