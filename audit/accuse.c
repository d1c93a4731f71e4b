/* SPDX-License-Identifier: Apache-2.0
 * What replaying has found, for others who do not have the log: two UPDATEs of
 * one key, or an EPOCH, the one before, and what lies between. */
#include "audit/command.h"
#include "audit/folder.h"
#include "audit/replay.h"

#include <stdlib.h>
#include <string.h>

tacet_err aud_read_tile(void *ctx, const char *name, size_t max,
                        tacet_bytes *out) {
  return aud_read(ctx, name, max, out);
}

/* ---- a key that comes twice ---- */

typedef struct search {
  const tacet_map_hash *key;
  uint64_t before, found;
  uint8_t bytes[2][TACET_KEYLOG_ENTRY_MAX]; /* of found, of before */
} search;

static tacet_err look(void *user, uint64_t index, tacet_span bytes) {
  search *s = user;
  tacet_keylog_entry e;
  if (index > s->before) {
    return TACET_ERR_EXISTS; /* enough */
  }
  if (tacet_keylog_entry_read(bytes, &e) == TACET_OK &&
      e.kind == TACET_KEYLOG_UPDATE &&
      memcmp(e.vrf_output.b, s->key->b, sizeof(s->key->b)) == 0) {
    memcpy(s->bytes[index == s->before], bytes.p, bytes.len);
    s->found = index == s->before ? s->found : index;
  }
  return TACET_OK;
}

/* Two UPDATEs of one key: the short proof of it. */
static tacet_err accuse_twice(const char *dir, const aud_replay *r,
                              tacet_span note, const tacet_note_key *log) {
  aud_tiles tiles = {aud_read_tile, (void *)(uintptr_t)dir, r->tree.size};
  const tacet_tlog_source source = aud_tiles_source(&tiles);
  search s = {.key = &r->key, .before = r->at};
  tacet_evidence e = {.kind = TACET_EVIDENCE_OMISSION, .log = *log};
  tacet_err err = aud_tiles_entries(&tiles, 0, look, &s);
  TACET_TRY(err == TACET_ERR_EXISTS ? TACET_OK : err);
  tacet_evidence_shown *shown[] = {&e.first, &e.second};
  for (int i = 0; i < 2; i++) {
    shown[i]->note = note;
    shown[i]->index = i == 0 ? s.found : s.before;
    shown[i]->entry = tacet_span_of(s.bytes[i], TACET_KEYLOG_ENTRY_MAX);
    TACET_TRY(tacet_tlog_prove_inclusion(&source, shown[i]->index, r->tree.size,
                                         &shown[i]->entry_path));
  }
  return aud_accuse(dir, &e);
}

/* ---- a map that is another ---- */

/* The entries between two EPOCHs as they are gone through. */
typedef struct stretch {
  aud_replay *r;
  const tacet_tlog_source *source;
  tacet_evidence *e;
  tacet_buf bytes; /* what the evidence's spans point into: it does not move */
} stretch;

static tacet_span keep(stretch *s, tacet_span bytes) {
  size_t at = s->bytes.len;
  tacet_write_bytes(&s->bytes, bytes);
  return s->bytes.err == TACET_OK ? tacet_span_of(s->bytes.p + at, bytes.len)
                                  : TACET_SPAN_EMPTY;
}

static tacet_err keep_path(stretch *s, uint64_t index, tacet_span *out) {
  tacet_tlog_proof p;
  TACET_TRY(tacet_tlog_prove_inclusion(s->source, index, s->r->tree.size, &p));
  size_t at = s->bytes.len;
  for (size_t i = 0; i < p.n; i++) {
    (void)keep(s, tacet_span_of(p.hashes[i].b, sizeof(p.hashes[i].b)));
  }
  TACET_TRY(s->bytes.err);
  *out = tacet_span_of(s->bytes.p + at, s->bytes.len - at);
  return TACET_OK;
}

/* That it is not there yet; and then it is. */
static tacet_err keep_map(stretch *s, uint64_t index,
                          const tacet_keylog_entry *update, tacet_span *out) {
  tacet_map_proof p;
  tacet_map_hash value;
  TACET_TRY(tacet_map_prove(s->r->map, &update->vrf_output, &p));
  size_t at = s->bytes.len;
  tacet_map_proof_write(&p, &s->bytes);
  TACET_TRY(s->bytes.err);
  *out = tacet_span_of(s->bytes.p + at, s->bytes.len - at);
  TACET_TRY(tacet_keylog_value(&update->commitment, index, &value));
  return tacet_map_insert(s->r->map, &update->vrf_output, &value);
}

static tacet_err add_between(void *user, uint64_t index, tacet_span entry) {
  stretch *s = user;
  tacet_keylog_entry e;
  if (index == s->r->at) {
    s->e->first.entry = keep(s, entry);
    return s->bytes.err == TACET_OK ? TACET_ERR_EXISTS : s->bytes.err;
  }
  if (s->e->n_between == TACET_EVIDENCE_BETWEEN_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_evidence_between *b = &s->e->between[s->e->n_between++];
  b->entry = keep(s, entry);
  TACET_TRY(keep_path(s, index, &b->path));
  TACET_TRY(tacet_keylog_entry_read(entry, &e));
  bool needs = e.kind == TACET_KEYLOG_UPDATE && s->r->fault == AUD_FAULT_MAP;
  return needs ? keep_map(s, index, &e, &b->map) : TACET_OK;
}

static tacet_err one_entry(void *user, uint64_t index, tacet_span entry) {
  stretch *s = user;
  (void)index;
  s->e->second.entry = keep(s, entry);
  return s->bytes.err == TACET_OK ? TACET_ERR_EXISTS : s->bytes.err;
}

static tacet_err gather(aud_tiles *tiles, stretch *s, tacet_span note) {
  tacet_evidence *e = s->e;
  const aud_replay *r = s->r;
  e->first.note = note;
  e->first.index = r->at;
  TACET_TRY(tacet_tlog_prove_inclusion(s->source, r->at, r->tree.size,
                                       &e->first.entry_path));
  tacet_map_truncate(s->r->map, r->good_size);
  tacet_err err = aud_tiles_entries(tiles, r->good_end, add_between, s);
  if (err != TACET_ERR_EXISTS || r->good_end == 0) {
    return err == TACET_ERR_EXISTS ? TACET_OK : err;
  }
  e->second.note = note;
  e->second.index = r->good_end - 1;
  TACET_TRY(tacet_tlog_prove_inclusion(s->source, e->second.index, r->tree.size,
                                       &e->second.entry_path));
  err = aud_tiles_entries(tiles, e->second.index, one_entry, s);
  return err == TACET_ERR_EXISTS ? TACET_OK : err;
}

static tacet_err accuse_map(const char *dir, aud_replay *r, tacet_span note,
                            const tacet_note_key *log) {
  aud_tiles tiles = {aud_read_tile, (void *)(uintptr_t)dir, r->tree.size};
  const tacet_tlog_source source = aud_tiles_source(&tiles);
  tacet_evidence *e = calloc(1, sizeof(*e));
  stretch s = {.r = r, .source = &source, .e = e};
  tacet_buf_init(&s.bytes, TACET_EVIDENCE_MAX);
  tacet_buf_reserve(&s.bytes, TACET_EVIDENCE_MAX);
  tacet_err err = e == NULL ? TACET_ERR_NOMEM : s.bytes.err;
  if (err == TACET_OK) {
    e->kind = TACET_EVIDENCE_WRONG_MAP;
    e->log = *log;
    err = gather(&tiles, &s, note);
  }
  err = err == TACET_OK ? aud_accuse(dir, e) : err;
  tacet_buf_free(&s.bytes);
  free(e);
  return err;
}

tacet_err aud_replay_accuse(const char *dir, aud_replay *r, tacet_span note,
                            const tacet_note_key *log) {
  switch (r->fault) {
  case AUD_FAULT_TWICE:
    return accuse_twice(dir, r, note, log);
  case AUD_FAULT_COUNT:
  case AUD_FAULT_MAP:
    return accuse_map(dir, r, note, log);
  case AUD_FAULT_NONE:
  case AUD_FAULT_FORM:
    break;
  }
  return TACET_ERR_NOT_FOUND;
}
