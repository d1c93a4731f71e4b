/* SPDX-License-Identifier: Apache-2.0
 * Does evidence stand? Each kind is a contradiction to one rule of
 * docs/protocol/keylog.md, in things that the log's key has bound: a log that
 * keeps the rules has bound nothing of the sort. */
#include "keytrans/evidence.h"
#include "keytrans/policy.h"

#include "tacet/crypto.h"

#define DAY 86400u

/* What is known of a file so far. */
typedef struct trial {
  const tacet_evidence *e;
  const tacet_policy *policy;
  evidence_keys keys;
  unsigned signers; /* of all notes so far: keys that have signed each */
  tacet_evidence_verdict v;
} trial;

static tacet_err stands_if(bool it_does) {
  return it_does ? TACET_OK : TACET_ERR_AUTH;
}

/* ---- what is shown ---- */

static const tacet_evidence_shown *shown_at(const trial *t, int i) {
  return i == 0 ? &t->e->first : &t->e->second;
}

static bool same_key(const tacet_note_key *a, const tacet_note_key *b) {
  return a->id == b->id && strcmp(a->name, b->name) == 0 &&
         memcmp(a->public_key, b->public_key, sizeof(a->public_key)) == 0;
}

/* One of the keys is a log's of the policy. */
static bool is_named(const trial *t) {
  for (size_t i = 0; i < t->policy->n_logs; i++) {
    for (size_t k = 0; k < t->keys.n; k++) {
      if (same_key(&t->policy->logs[i], t->keys.key[k])) {
        return true;
      }
    }
  }
  return false;
}

/* Number i is signed; for a late inclusion the first may be cosigned. */
static tacet_err check_head(trial *t, int i) {
  bool cosigned = i == 0 && t->e->kind == TACET_EVIDENCE_LATE_INCLUSION;
  tacet_policy_verdict v;
  unsigned signers;
  tacet_span note = shown_at(t, i)->note;
  TACET_TRY(evidence_note_check(note, &t->keys, cosigned ? t->policy : NULL,
                                &t->v.heads[i], &signers));
  t->signers &= signers;
  if (t->policy == NULL) {
    return TACET_OK;
  }
  if (cosigned) { /* others need no quorum */
    TACET_TRY(tacet_policy_judge(t->policy, note, UINT64_MAX, &v));
    t->v.witnessed = v.witnessed;
  }
  return stands_if(is_named(t));
}

/* The entry of number i, and that it is of this kind (0: any). */
static tacet_err check_entry(trial *t, int i, tacet_keylog_kind kind,
                             tacet_keylog_entry *out) {
  const tacet_evidence_shown *s = shown_at(t, i);
  tacet_tlog_hash leaf;
  TACET_TRY(check_head(t, i));
  TACET_TRY(tacet_tlog_leaf(s->entry, &leaf));
  TACET_TRY(tacet_tlog_verify_inclusion(s->index, &leaf, &s->entry_path,
                                        t->v.heads[i].size,
                                        &t->v.heads[i].root));
  t->v.indexes[i] = s->index;
  TACET_TRY(tacet_keylog_entry_read(s->entry, out));
  return stands_if(kind == 0 || out->kind == kind);
}

static tacet_err check_map(const tacet_keylog_entry *epoch,
                           const tacet_map_hash *key, tacet_span bytes,
                           tacet_map_proof *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(bytes, &err);
  tacet_map_proof_read(&r, out);
  tacet_read_end(&r);
  TACET_TRY(err);
  return tacet_map_verify(&epoch->map_root, key, out);
}

static bool equal(const tacet_map_hash *a, const tacet_map_hash *b) {
  return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* ---- kinds ---- */

/* Rule: a checkpoint's root is that of the log's first entries. */
static tacet_err split_view(trial *t) {
  evidence_ranges a, b;
  TACET_TRY(check_head(t, 0));
  TACET_TRY(check_head(t, 1));
  TACET_TRY(evidence_ranges_of(&t->e->first, &t->v.heads[0], &a));
  TACET_TRY(evidence_ranges_of(&t->e->second, &t->v.heads[1], &b));
  const evidence_range *r = evidence_ranges_differ(&a, &b);
  if (r == NULL) {
    return TACET_ERR_AUTH;
  }
  t->v.from = r->lo;
  t->v.to = r->hi;
  t->v.indexes[0] = t->e->first.index;
  t->v.indexes[1] = t->e->second.index;
  return TACET_OK;
}

/* Rule: the map of an EPOCH has all that an earlier one's has. */
static tacet_err rollback(trial *t) {
  const tacet_evidence *e = t->e;
  tacet_keylog_entry earlier, later;
  tacet_map_proof before, after;
  TACET_TRY(check_entry(t, 0, TACET_KEYLOG_EPOCH, &earlier));
  TACET_TRY(check_entry(t, 1, TACET_KEYLOG_EPOCH, &later));
  TACET_TRY(stands_if(e->first.index < e->second.index));
  if (e->first_map.len == 0) {
    return stands_if(later.map_size < earlier.map_size);
  }
  TACET_TRY(check_map(&earlier, &e->key, e->first_map, &before));
  TACET_TRY(check_map(&later, &e->key, e->second_map, &after));
  return stands_if(
      before.end == TACET_MAP_FOUND &&
      (after.end != TACET_MAP_FOUND || !equal(&before.value, &after.value)));
}

/* Rules: the map of an EPOCH has all UPDATEs before it; no key comes twice. */
static tacet_err omission(trial *t) {
  const tacet_evidence *e = t->e;
  tacet_keylog_entry update, other;
  tacet_map_proof map;
  tacet_map_hash value;
  TACET_TRY(check_entry(t, 0, TACET_KEYLOG_UPDATE, &update));
  TACET_TRY(check_entry(t, 1, (tacet_keylog_kind)0, &other));
  if (e->second_map.len == 0) {
    return stands_if(other.kind == TACET_KEYLOG_UPDATE &&
                     e->first.index != e->second.index &&
                     equal(&update.vrf_output, &other.vrf_output));
  }
  TACET_TRY(stands_if(other.kind == TACET_KEYLOG_EPOCH &&
                      e->first.index < e->second.index));
  TACET_TRY(check_map(&other, &update.vrf_output, e->second_map, &map));
  TACET_TRY(tacet_keylog_value(&update.commitment, e->first.index, &value));
  return stands_if(map.end != TACET_MAP_FOUND || !equal(&map.value, &value));
}

/* Rule: the map of an EPOCH has nothing but UPDATEs before it. */
static tacet_err phantom_leaf(trial *t) {
  const tacet_evidence *e = t->e;
  tacet_keylog_entry epoch, named;
  tacet_map_proof map;
  tacet_map_hash value;
  TACET_TRY(check_entry(t, 0, TACET_KEYLOG_EPOCH, &epoch));
  if (e->first_map.len == 0) {
    return stands_if(epoch.map_size > e->first.index);
  }
  TACET_TRY(check_map(&epoch, &e->key, e->first_map, &map));
  TACET_TRY(tacet_keylog_value(&e->commitment, e->leaf_index, &value));
  TACET_TRY(stands_if(map.end == TACET_MAP_FOUND && equal(&map.value, &value)));
  if (e->second.note.len == 0) {
    return stands_if(e->leaf_index >= e->first.index);
  }
  TACET_TRY(check_entry(t, 1, (tacet_keylog_kind)0, &named));
  return stands_if(e->second.index == e->leaf_index &&
                   (named.kind != TACET_KEYLOG_UPDATE ||
                    !equal(&named.vrf_output, &e->key) ||
                    !equal(&named.commitment, &e->commitment)));
}

/* The UPDATE of number i is of this version, and its value is `value`. */
static tacet_err check_opening(trial *t, int i, const uint8_t *opening,
                               uint32_t version, tacet_span value) {
  tacet_keylog_entry update;
  tacet_map_hash commitment;
  TACET_TRY(check_entry(t, i, TACET_KEYLOG_UPDATE, &update));
  TACET_TRY(
      tacet_keylog_commit(opening, &t->e->label, version, value, &commitment));
  return stands_if(equal(&update.commitment, &commitment));
}

/* The same by the map of an EPOCH: there is no leaf without its UPDATE. */
static tacet_err check_leaf(trial *t) {
  const tacet_evidence *e = t->e;
  tacet_keylog_entry epoch;
  tacet_map_proof map;
  tacet_map_hash commitment, value;
  TACET_TRY(check_entry(t, 0, TACET_KEYLOG_EPOCH, &epoch));
  TACET_TRY(check_map(&epoch, &e->key, e->first_map, &map));
  TACET_TRY(tacet_keylog_commit(e->opening, &e->label, e->version, e->manifest,
                                &commitment));
  TACET_TRY(tacet_keylog_value(&commitment, e->leaf_index, &value));
  t->v.indexes[0] = e->leaf_index;
  return stands_if(map.end == TACET_MAP_FOUND && equal(&map.value, &value));
}

/* A label is "h:" and a handle: of no other do the rules say what it is. */
static tacet_err check_label(const tacet_keylog_label *label) {
  tacet_span name, domain;
  TACET_TRY(stands_if(label->len > 2 && memcmp(label->b, "h:", 2) == 0));
  return tacet_handle_split(tacet_span_of(label->b + 2, label->len - 2), &name,
                            &domain);
}

/* An error of this side is one; any other fault of the manifest is what is to
 * be shown. */
static tacet_err must_fail(tacet_err e) {
  return tacet_err_kind(e) == TACET_KIND_LOCAL && e != TACET_ERR_EXISTS
             ? e
             : stands_if(e != TACET_OK && e != TACET_ERR_EXISTS);
}

/* `previous` is what came before: by the manifest's own word, or by the log's.
 */
static tacet_err check_previous(trial *t, const tacet_manifest *m) {
  const tacet_evidence *e = t->e;
  tacet_manifest previous, next;
  TACET_TRY(tacet_manifest_parse(e->previous, &previous));
  if (e->second.note.len == 0) {
    TACET_TRY(stands_if(memcmp(previous.hash, m->previous_hash,
                               sizeof(m->previous_hash)) == 0));
  } else {
    /* The handle may have come back to an account that had lost it. */
    TACET_TRY(stands_if(memcmp(previous.account_id, m->account_id,
                               sizeof(previous.account_id)) == 0));
    TACET_TRY(
        check_opening(t, 1, e->previous_opening, e->version - 1, e->previous));
  }
  return must_fail(tacet_manifest_next(&previous, e->manifest, &next));
}

/* A program that does not know a form cannot say that nobody signed it. */
static bool is_known_form(tacet_span manifest) {
  return manifest.len > 0 && manifest.p[0] == 1;
}

/* Rule: the versions of a handle are manifests, each of which is a valid number
 * 0 or follows from the last one of its account. */
static tacet_err unsigned_manifest(trial *t) {
  const tacet_evidence *e = t->e;
  tacet_manifest m, first;
  TACET_TRY(check_label(&e->label));
  TACET_TRY(stands_if(is_known_form(e->manifest)));
  TACET_TRY(e->first_map.len > 0
                ? check_leaf(t)
                : check_opening(t, 0, e->opening, e->version, e->manifest));
  t->v.label = e->label;
  t->v.version = e->version;
  tacet_err err = tacet_manifest_parse(e->manifest, &m);
  if (err == TACET_OK && m.number > 0 && e->version > 0) {
    return e->previous.len == 0 ? TACET_ERR_AUTH : check_previous(t, &m);
  }
  TACET_TRY(stands_if(e->previous.len == 0));
  return must_fail(err != TACET_OK ? err
                                   : tacet_manifest_first(e->manifest, &first));
}

/* Rule: an EPOCH bears the day on which it was appended. The witnesses say that
 * it was not there yet when its day was long over. */
static tacet_err late_inclusion(trial *t) {
  const tacet_evidence *e = t->e;
  tacet_keylog_entry epoch;
  if (t->policy == NULL || tacet_policy_is_unwitnessed(t->policy)) {
    return TACET_ERR_POLICY;
  }
  TACET_TRY(check_head(t, 0));
  TACET_TRY(check_entry(t, 1, TACET_KEYLOG_EPOCH, &epoch));
  t->v.day = epoch.day;
  uint64_t over = ((uint64_t)epoch.day + 1 + TACET_EVIDENCE_DAYS) * DAY;
  return stands_if(e->second.index >= t->v.heads[0].size &&
                   t->v.witnessed >= over);
}

/* Rule: the map of an EPOCH has one leaf for each UPDATE before it: those that
 * the EPOCH before has, and those between. */
static tacet_err wrong_map(trial *t) {
  const tacet_evidence *e = t->e;
  tacet_keylog_entry epoch, before = {.kind = TACET_KEYLOG_EPOCH};
  uint64_t from = 0;
  TACET_TRY(check_entry(t, 0, TACET_KEYLOG_EPOCH, &epoch));
  if (e->second.note.len > 0) {
    TACET_TRY(check_entry(t, 1, TACET_KEYLOG_EPOCH, &before));
    from = e->second.index + 1;
  }
  TACET_TRY(stands_if(from <= e->first.index &&
                      e->first.index - from == e->n_between));
  return evidence_between_check(e, &t->v.heads[0], from, &before, &epoch);
}

static tacet_err try_kind(trial *t) {
  switch (t->e->kind) {
  case TACET_EVIDENCE_SPLIT_VIEW:
    return split_view(t);
  case TACET_EVIDENCE_ROLLBACK:
    return rollback(t);
  case TACET_EVIDENCE_OMISSION:
    return omission(t);
  case TACET_EVIDENCE_PHANTOM_LEAF:
    return phantom_leaf(t);
  case TACET_EVIDENCE_UNSIGNED_MANIFEST:
    return unsigned_manifest(t);
  case TACET_EVIDENCE_LATE_INCLUSION:
    return late_inclusion(t);
  case TACET_EVIDENCE_WRONG_MAP:
    return wrong_map(t);
  case TACET_EVIDENCE_REPORT:
    return TACET_ERR_UNSUPPORTED;
  }
  return TACET_ERR_UNKNOWN_TYPE;
}

/* Another key counts where the two have said that they are of one log, and no
 * key alone has signed it all. */
static tacet_err check_handover(const trial *t) {
  const tacet_evidence *e = t->e;
  if (t->keys.n == 1) {
    return TACET_OK;
  }
  TACET_TRY(stands_if(same_key(&e->handover.from, &e->log) && t->signers == 0));
  return tacet_handover_verify(&e->handover);
}

static bool is_suspect(const trial *t, const tacet_note_key *log) {
  return same_key(log, &t->e->log) ||
         (t->keys.n > 1 && same_key(log, &t->e->handover.to));
}

tacet_err tacet_evidence_verify(tacet_span file, const tacet_note_key *log,
                                const tacet_policy *policy,
                                tacet_evidence_verdict *out) {
  TACET_BUF(store, TACET_EVIDENCE_MAX);
  tacet_evidence e;
  TACET_TRY(evidence_read(file, &store, &e));
  trial t = {.e = &e, .policy = policy, .keys = evidence_keys_of(&e)};
  t.signers = ~0u;
  t.v = (tacet_evidence_verdict){
      .kind = e.kind, .log = e.log, .other = e.handover.to};
  if (e.log.type != TACET_NOTE_ED25519) {
    return TACET_ERR_ENCODING;
  }
  if (e.kind != TACET_EVIDENCE_REPORT && log != NULL && !is_suspect(&t, log)) {
    return TACET_ERR_AUTH;
  }
  tacet_err err = try_kind(&t);
  if (err == TACET_OK) {
    err = check_handover(&t);
  }
  if (err == TACET_OK || err == TACET_ERR_UNSUPPORTED) {
    *out = t.v;
  }
  return err;
}

/* ---- writing ---- */

/* A split view is shown by whatever leads to the signed root: a directory that
 * splits may answer with proofs of which one is wrong. */
static tacet_err prune(tacet_evidence_shown *s) {
  tacet_note n;
  tacet_checkpoint c;
  evidence_ranges r;
  TACET_TRY(tacet_note_parse(s->note, &n));
  TACET_TRY(tacet_checkpoint_parse(n.text, &c));
  const tacet_tlog_head head = {c.size, c.root};
  tacet_evidence_shown entry = *s, prefix = *s;
  entry.prefix.size = 0;
  prefix.entry = TACET_SPAN_EMPTY;
  tacet_err e = evidence_ranges_of(&entry, &head, &r);
  if (e == TACET_ERR_AUTH) {
    s->entry = TACET_SPAN_EMPTY;
    e = TACET_OK;
  }
  TACET_TRY(e);
  e = evidence_ranges_of(&prefix, &head, &r);
  if (e == TACET_ERR_AUTH) {
    s->prefix.size = 0;
    e = TACET_OK;
  }
  return e;
}

static tacet_err strip(tacet_evidence_shown *s, const evidence_keys *keys,
                       const tacet_policy *policy, tacet_buf *note) {
  if (s->note.len > 0) {
    TACET_TRY(evidence_note_strip(s->note, keys, policy, note));
    s->note = tacet_buf_span(note);
  }
  return TACET_OK;
}

tacet_err tacet_evidence_write(const tacet_evidence *e,
                               const tacet_policy *policy, tacet_buf *out) {
  TACET_BUF(first, TACET_NOTE_MAX);
  TACET_BUF(second, TACET_NOTE_MAX);
  TACET_BUF(file, TACET_EVIDENCE_MAX);
  tacet_evidence stripped = *e;
  tacet_evidence_verdict v;
  if (e->log.type != TACET_NOTE_ED25519) {
    return TACET_ERR_ARGUMENT;
  }
  const evidence_keys keys = evidence_keys_of(e);
  TACET_TRY(strip(&stripped.first, &keys,
                  e->kind == TACET_EVIDENCE_LATE_INCLUSION ? policy : NULL,
                  &first));
  TACET_TRY(strip(&stripped.second, &keys, NULL, &second));
  if (e->kind == TACET_EVIDENCE_SPLIT_VIEW) {
    TACET_TRY(prune(&stripped.first));
    TACET_TRY(prune(&stripped.second));
  }
  evidence_write(&stripped, &file);
  TACET_TRY(file.err);
  tacet_err err =
      tacet_evidence_verify(tacet_buf_span(&file), &e->log, policy, &v);
  if (err != TACET_OK && e->kind != TACET_EVIDENCE_REPORT) {
    return err;
  }
  tacet_write_bytes(out, tacet_buf_span(&file));
  return out->err;
}
