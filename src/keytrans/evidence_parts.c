/* SPDX-License-Identifier: Apache-2.0
 * What a directory's answers give for evidence against it. */
#include "keytrans/keylog.h"
#include "tacet/keytrans/evidence.h"

/* The old root that a proof of consistency claims: what it makes of the hashes
 * on the left. A complete old tree is not in the proof. */
static tacet_err claimed_root(uint64_t old_size, uint64_t size,
                              const tacet_tlog_proof *p, tacet_tlog_head *out) {
  uint64_t fn = old_size - 1, sn = size - 1;
  if ((old_size & fn) == 0 || old_size >= size || p->n == 0) {
    return TACET_OK;
  }
  for (; (fn & 1) != 0; fn >>= 1) {
    sn >>= 1;
  }
  tacet_tlog_hash root = p->hashes[0];
  for (size_t i = 1; i < p->n && sn != 0; i++) {
    if ((fn & 1) != 0 || fn == sn) {
      TACET_TRY(tacet_tlog_node(&p->hashes[i], &root, &root));
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    }
    fn >>= 1;
    sn >>= 1;
  }
  *out = (tacet_tlog_head){old_size, root};
  return TACET_OK;
}

tacet_err tacet_evidence_from_head(tacet_span proof, uint64_t old_size,
                                   tacet_evidence_shown *out) {
  keylog_head_proof p;
  tacet_note note;
  tacet_checkpoint c;
  TACET_TRY(keylog_head_read(proof, &p));
  TACET_TRY(tacet_note_parse(p.note, &note));
  TACET_TRY(tacet_checkpoint_parse(note.text, &c));
  tacet_evidence_shown s = {.note = p.note};
  if (c.size > 0) {
    s.entry = p.epoch;
    s.index = c.size - 1;
    s.entry_path = p.inclusion;
  }
  if (old_size > 0) {
    TACET_TRY(claimed_root(old_size, c.size, &p.consistency, &s.prefix));
    s.prefix_path = s.prefix.size > 0 ? p.consistency : s.prefix_path;
  }
  *out = s;
  return TACET_OK;
}

tacet_err tacet_evidence_from_label(tacet_span proof, tacet_span vrf_public_key,
                                    const tacet_keylog_label *label,
                                    uint32_t version, tacet_map_hash *key,
                                    tacet_span *map_proof,
                                    tacet_keylog_opening *opening) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(proof, &err);
  uint32_t seen = tacet_read_u32(&r);
  tacet_reader steps = tacet_read_vec_of(&r);
  tacet_keylog_ladder l = {.present = 0};
  tacet_keylog_opening o = {.index = 0};
  tacet_span vrf = TACET_SPAN_EMPTY, map = TACET_SPAN_EMPTY;
  uint32_t at;
  while (tacet_more(&steps) && keylog_ladder_next_shown(&l, seen, &at)) {
    tacet_map_proof p;
    tacet_span vrf_proof = tacet_read_bytes(&steps, TACET_VRF_PROOF_LEN);
    const uint8_t *from = steps.p;
    tacet_map_proof_read(&steps, &p);
    if (at == version) {
      vrf = vrf_proof;
      map = tacet_read_since(&steps, from);
    }
    tacet_keylog_ladder_tell(&l, p.end == TACET_MAP_FOUND);
  }
  tacet_read_end(&steps);
  if (tacet_read_optional(&r)) {
    tacet_read_copy(&r, o.opening, sizeof(o.opening));
    o.index = tacet_read_u64(&r);
  }
  tacet_read_end(&r);
  TACET_TRY(err);
  if (map.len == 0) {
    return TACET_ERR_NOT_FOUND;
  }
  TACET_TRY(keylog_key_verify(vrf_public_key, label, version, vrf, key));
  *map_proof = map;
  *opening = o;
  return TACET_OK;
}

/* ---- an answer that was refused ---- */

/* The greatest version that the proof's ladder finds; what it left out is taken
 * to be there. NOT_FOUND if it is no ladder, or finds none. */
static tacet_err greatest(tacet_span proof, uint32_t *version) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(proof, &err);
  uint32_t seen = tacet_read_u32(&r);
  tacet_reader steps = tacet_read_vec_of(&r);
  tacet_keylog_ladder l = {.present = 0};
  tacet_map_proof p;
  uint32_t at;
  while (tacet_more(&steps) && keylog_ladder_next_shown(&l, seen, &at)) {
    (void)tacet_read_bytes(&steps, TACET_VRF_PROOF_LEN);
    tacet_map_proof_read(&steps, &p);
    tacet_keylog_ladder_tell(&l, p.end == TACET_MAP_FOUND);
  }
  TACET_TRY(err);
  if (l.present == 0) {
    return TACET_ERR_NOT_FOUND;
  }
  *version = (uint32_t)(l.present - 1);
  return TACET_OK;
}

/* What the two kinds have in common. */
static tacet_err begin(const tacet_evidence_answer *a,
                       const tacet_note_key *log, tacet_evidence *e) {
  tacet_keylog_opening o;
  *e = (tacet_evidence){.log = *log, .label = *a->label};
  TACET_TRY(tacet_evidence_from_head(a->head_proof, 0, &e->first));
  TACET_TRY(greatest(a->label_proof, &e->version));
  TACET_TRY(tacet_evidence_from_label(a->label_proof, a->vrf_public_key,
                                      a->label, e->version, &e->key,
                                      &e->first_map, &o));
  memcpy(e->opening, o.opening, sizeof(e->opening));
  e->leaf_index = o.index;
  e->manifest = a->manifest;
  return tacet_keylog_commit(o.opening, a->label, e->version, a->manifest,
                             &e->commitment);
}

tacet_err tacet_evidence_of_answer(const tacet_evidence_answer *a,
                                   const tacet_note_key *log, tacet_buf *out) {
  tacet_evidence e;
  tacet_err err = begin(a, log, &e);
  if (err == TACET_ERR_NOT_FOUND) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(err);
  e.kind = TACET_EVIDENCE_PHANTOM_LEAF;
  err = tacet_evidence_write(&e, NULL, out);
  if (err == TACET_OK || err == TACET_ERR_NOMEM) {
    return err;
  }
  e.kind = TACET_EVIDENCE_UNSIGNED_MANIFEST;
  e.previous = a->previous;
  err = tacet_evidence_write(&e, NULL, out);
  if (err == TACET_ERR_AUTH && a->previous.len > 0) {
    e.previous = TACET_SPAN_EMPTY; /* a number 0, or no manifest at all */
    err = tacet_evidence_write(&e, NULL, out);
  }
  return err;
}
