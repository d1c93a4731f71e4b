/* SPDX-License-Identifier: Apache-2.0
 * An EPOCH's map against the one before and the entries between the two. */
#include "keytrans/evidence.h"

typedef struct walk {
  const tacet_evidence *e;
  const tacet_tlog_head *head;
  uint64_t from; /* index of the first entry between */
} walk;

static tacet_err stands_if(bool it_does) {
  return it_does ? TACET_OK : TACET_ERR_AUTH;
}

/* Number i of the entries between, which stands at `index`. */
static tacet_err check_between(const walk *w, size_t i, uint64_t index,
                               tacet_keylog_entry *out) {
  const tacet_evidence_between *b = &w->e->between[i];
  tacet_tlog_proof path = {.n = b->path.len / TACET_TLOG_HASH_LEN};
  tacet_tlog_hash leaf;
  if (path.n > TACET_TLOG_PROOF_MAX ||
      path.n * TACET_TLOG_HASH_LEN != b->path.len) {
    return TACET_ERR_AUTH;
  }
  for (size_t k = 0; k < path.n; k++) {
    memcpy(path.hashes[k].b, b->path.p + k * TACET_TLOG_HASH_LEN,
           TACET_TLOG_HASH_LEN);
  }
  TACET_TRY(tacet_tlog_leaf(b->entry, &leaf));
  TACET_TRY(tacet_tlog_verify_inclusion(index, &leaf, &path, w->head->size,
                                        &w->head->root));
  TACET_TRY(tacet_keylog_entry_read(b->entry, out));
  return stands_if(out->kind != TACET_KEYLOG_EPOCH);
}

/* What it makes of the map's root. */
static tacet_err add_between(const walk *w, size_t i, uint64_t index,
                             const tacet_keylog_entry *update,
                             tacet_map_hash *root) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(w->e->between[i].map, &err);
  tacet_map_proof p;
  tacet_map_hash value;
  tacet_map_proof_read(&r, &p);
  tacet_read_end(&r);
  TACET_TRY(err);
  TACET_TRY(tacet_keylog_value(&update->commitment, index, &value));
  err = tacet_map_verify_insert(root, &update->vrf_output, &value, &p, root);
  return err == TACET_ERR_EXISTS ? TACET_ERR_AUTH : err; /* an omission */
}

/* Goes through what is between: counts the UPDATEs, or (counts false) makes the
 * map's root. The proofs are there where they are needed, and nowhere else. */
static tacet_err walk_between(const walk *w, bool counts, uint64_t *n,
                              tacet_map_hash *root) {
  for (size_t i = 0; i < w->e->n_between; i++) {
    tacet_keylog_entry e;
    TACET_TRY(check_between(w, i, w->from + i, &e));
    bool update = e.kind == TACET_KEYLOG_UPDATE;
    *n += update;
    if (!counts) {
      TACET_TRY(stands_if((w->e->between[i].map.len > 0) == update));
      TACET_TRY(update ? add_between(w, i, w->from + i, &e, root) : TACET_OK);
    }
  }
  return TACET_OK;
}

static bool has_maps(const tacet_evidence *e) {
  for (size_t i = 0; i < e->n_between; i++) {
    if (e->between[i].map.len > 0) {
      return true;
    }
  }
  return false;
}

tacet_err evidence_between_check(const tacet_evidence *e,
                                 const tacet_tlog_head *head, uint64_t from,
                                 const tacet_keylog_entry *before,
                                 const tacet_keylog_entry *epoch) {
  const walk w = {e, head, from};
  tacet_map_hash root = before->map_root;
  uint64_t n = 0, again = 0;
  TACET_TRY(walk_between(&w, true, &n, &root));
  if (before->map_size + n != epoch->map_size) {
    return stands_if(!has_maps(e));
  }
  TACET_TRY(walk_between(&w, false, &again, &root));
  return stands_if(memcmp(root.b, epoch->map_root.b, sizeof(root.b)) != 0);
}
