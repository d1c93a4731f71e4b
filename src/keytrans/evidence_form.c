/* SPDX-License-Identifier: Apache-2.0
 * The text of evidence. Reading and writing walk through one list of lines for
 * each kind, so that what is written is what is read, in one form. */
#include "keytrans/evidence.h"
#include "keytrans/line.h"

#define FIRST_LINE "tacet-evidence/v1"

static const char *const kinds[] = {
    [TACET_EVIDENCE_SPLIT_VIEW] = "split-view",
    [TACET_EVIDENCE_ROLLBACK] = "rollback",
    [TACET_EVIDENCE_OMISSION] = "omission",
    [TACET_EVIDENCE_PHANTOM_LEAF] = "phantom-leaf",
    [TACET_EVIDENCE_UNSIGNED_MANIFEST] = "unsigned-manifest",
    [TACET_EVIDENCE_LATE_INCLUSION] = "late-inclusion",
    [TACET_EVIDENCE_REPORT] = "report",
    [TACET_EVIDENCE_WRONG_MAP] = "wrong-map"};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *tacet_evidence_kind_name(tacet_evidence_kind kind) {
  return kind > 0 && (size_t)kind < N_KINDS ? kinds[kind] : "?";
}

/* A file that is being written (out) or read (rest, and store for what was in
 * base64), with a sticky error. */
typedef struct form {
  bool writing;
  tacet_buf *out, *store;
  tacet_span rest;
  tacet_err err;
} form;

static void fail(form *f, tacet_err e) {
  if (f->err == TACET_OK) {
    f->err = e;
  }
}

/* ---- lines: a name, then words ---- */

/* Does the next line have this name? What follows it goes to *words. */
static bool peek(const form *f, const char *name, tacet_span *words) {
  tacet_span rest = f->rest, word;
  return line_next(&rest, words) && line_word(words, &word) &&
         tacet_span_equal(word, tacet_span_str(name));
}

/* Writes a name, or reads it with its line. */
static tacet_span begin(form *f, const char *name) {
  tacet_span words = TACET_SPAN_EMPTY, line;
  if (f->writing) {
    tacet_write_bytes(f->out, tacet_span_str(name));
  } else if (f->err != TACET_OK || !peek(f, name, &words)) {
    fail(f, TACET_ERR_ENCODING);
  } else {
    (void)line_next(&f->rest, &line);
  }
  return words;
}

/* No word is left over. */
static void end(form *f, tacet_span words) {
  if (f->writing) {
    tacet_write_u8(f->out, '\n');
  } else if (words.p != NULL) { /* a word, or the space before none */
    fail(f, TACET_ERR_ENCODING);
  }
}

/* Is an optional part there? Known when writing. */
static bool has(const form *f, const char *name, bool there) {
  tacet_span words;
  return f->writing ? there : f->err == TACET_OK && peek(f, name, &words);
}

/* The next word: written, or taken off *words. */
static tacet_span word(form *f, tacet_span *words) {
  tacet_span w = TACET_SPAN_EMPTY;
  if (f->writing) {
    tacet_write_u8(f->out, ' ');
  } else if (!line_word(words, &w)) {
    fail(f, TACET_ERR_ENCODING);
  }
  return w;
}

static void number(form *f, tacet_span *words, uint64_t *v) {
  tacet_span w = word(f, words);
  if (f->writing) {
    line_write_number(*v, f->out);
  } else if (f->err == TACET_OK && !line_number(w, v)) {
    fail(f, TACET_ERR_ENCODING);
  }
}

static void write_base64(tacet_span in, tacet_buf *out) {
  size_t len = TACET_BASE64_PADDED_LEN(in.len);
  uint8_t *p = tacet_write_space(out, len + 1);
  if (p != NULL) {
    tacet_base64_write(in, (char *)p);
    tacet_buf_cut(out, out->len - 1); /* the NUL */
  }
}

/* `store` has room for the whole file: what lies in it does not move. */
static tacet_span read_base64(form *f, tacet_span text) {
  size_t len = 0, at = f->store->len;
  uint8_t *p = tacet_write_space(f->store, text.len / 4 * 3);
  if (f->err != TACET_OK || f->store->err != TACET_OK) {
    fail(f, f->store->err);
    return TACET_SPAN_EMPTY;
  }
  tacet_err e = p == NULL ? TACET_ERR_ENCODING
                          : tacet_base64_read((const char *)text.p, text.len, p,
                                              text.len / 4 * 3, &len);
  tacet_buf_cut(f->store, at + len);
  if (e != TACET_OK || len == 0) {
    fail(f, TACET_ERR_ENCODING);
    return TACET_SPAN_EMPTY;
  }
  return tacet_span_of(p, len);
}

static void bytes(form *f, tacet_span *words, tacet_span *v) {
  tacet_span w = word(f, words);
  if (f->writing) {
    write_base64(*v, f->out);
  } else if (f->err == TACET_OK) {
    *v = read_base64(f, w);
  }
}

static void fixed(form *f, tacet_span *words, uint8_t *v, size_t len) {
  tacet_span b = tacet_span_of(v, len);
  bytes(f, words, &b);
  if (!f->writing && f->err == TACET_OK && b.len != len) {
    fail(f, TACET_ERR_ENCODING);
  }
  if (!f->writing && f->err == TACET_OK) {
    memcpy(v, b.p, len);
  }
}

/* ---- lines of one word ---- */

static void number_line(form *f, const char *name, uint64_t *v) {
  tacet_span words = begin(f, name);
  number(f, &words, v);
  end(f, words);
}

static void bytes_line(form *f, const char *name, tacet_span *v) {
  tacet_span words = begin(f, name);
  bytes(f, &words, v);
  end(f, words);
}

static void fixed_line(form *f, const char *name, uint8_t *v, size_t len) {
  tacet_span words = begin(f, name);
  fixed(f, &words, v, len);
  end(f, words);
}

/* "path" and its hashes, which may be none. */
static void path_line(form *f, tacet_tlog_proof *p) {
  tacet_span words = begin(f, "path");
  if (!f->writing) {
    p->n = 0;
    for (; words.len > 0 && f->err == TACET_OK; p->n++) {
      if (p->n == TACET_TLOG_PROOF_MAX) {
        fail(f, TACET_ERR_LIMIT);
        return;
      }
      fixed(f, &words, p->hashes[p->n].b, TACET_TLOG_HASH_LEN);
    }
  }
  for (size_t i = 0; f->writing && i < p->n; i++) {
    fixed(f, &words, p->hashes[i].b, TACET_TLOG_HASH_LEN);
  }
  end(f, words);
}

/* The same as bytes. `store` has them side by side. */
static void path_bytes(form *f, tacet_span *p) {
  tacet_span words = begin(f, "path");
  size_t n = f->writing ? p->len / TACET_TLOG_HASH_LEN : 0;
  for (size_t i = 0; i < n; i++) {
    tacet_span hash =
        tacet_span_of(p->p + i * TACET_TLOG_HASH_LEN, TACET_TLOG_HASH_LEN);
    bytes(f, &words, &hash);
  }
  while (!f->writing && words.len > 0 && f->err == TACET_OK) {
    tacet_span hash = TACET_SPAN_EMPTY;
    bytes(f, &words, &hash);
    if (hash.len != TACET_TLOG_HASH_LEN || n++ == TACET_TLOG_PROOF_MAX) {
      fail(f, TACET_ERR_ENCODING);
    }
    *p = tacet_span_of(p->len == 0 ? hash.p : p->p, p->len + hash.len);
  }
  end(f, words);
}

/* ---- parts ---- */

static void log_line(form *f, tacet_note_key *log) {
  tacet_span words = begin(f, "log"), w = word(f, &words);
  if (f->writing) {
    tacet_note_key_write(log, f->out);
  } else if (f->err == TACET_OK) {
    tacet_err e = tacet_note_key_read(w, log);
    if (e != TACET_OK) {
      fail(f, e);
    }
  }
  end(f, words);
}

/* "handover", the other key, and what both have signed. */
static void handover_line(form *f, tacet_evidence *e) {
  tacet_handover *h = &e->handover;
  tacet_span words = begin(f, "handover"), w = word(f, &words);
  if (f->writing) {
    tacet_note_key_write(&h->to, f->out);
  } else if (f->err == TACET_OK) {
    tacet_err err = tacet_note_key_read(w, &h->to);
    if (err != TACET_OK) {
      fail(f, err);
    }
    h->from = e->log;
  }
  fixed(f, &words, h->signatures, sizeof(h->signatures));
  end(f, words);
}

static void label_line(form *f, tacet_keylog_label *label) {
  tacet_span words = begin(f, "label"), w = word(f, &words);
  if (f->writing) {
    tacet_write_bytes(f->out, tacet_span_of(label->b, label->len));
  } else if (w.len > TACET_KEYLOG_LABEL_MAX) {
    fail(f, TACET_ERR_LIMIT);
  } else if (f->err == TACET_OK) {
    label->len = w.len;
    memcpy(label->b, w.p, w.len);
  }
  end(f, words);
}

static void version_line(form *f, uint32_t *version) {
  uint64_t v = *version;
  number_line(f, "version", &v);
  if (v > UINT32_MAX) {
    fail(f, TACET_ERR_ENCODING);
    return;
  }
  *version = (uint32_t)v;
}

static void checkpoint(form *f, tacet_evidence_shown *s) {
  bytes_line(f, "checkpoint", &s->note);
}

static void entry(form *f, tacet_evidence_shown *s) {
  tacet_span words = begin(f, "entry");
  number(f, &words, &s->index);
  bytes(f, &words, &s->entry);
  end(f, words);
  path_line(f, &s->entry_path);
}

static void prefix(form *f, tacet_evidence_shown *s) {
  tacet_span words = begin(f, "prefix");
  number(f, &words, &s->prefix.size);
  fixed(f, &words, s->prefix.root.b, TACET_TLOG_HASH_LEN);
  end(f, words);
  if (!f->writing && s->prefix.size == 0) {
    fail(f, TACET_ERR_ENCODING);
  }
  path_line(f, &s->prefix_path);
}

/* A checkpoint, of which an entry is shown. */
static void shown(form *f, tacet_evidence_shown *s) {
  checkpoint(f, s);
  entry(f, s);
}

static void key(form *f, tacet_evidence *e) {
  fixed_line(f, "key", e->key.b, TACET_MAP_LEN);
}

/* What the map's value is the SHA-256 of. */
static void leaf_line(form *f, tacet_evidence *e) {
  uint8_t made_of[TACET_MAP_LEN + 8];
  memcpy(made_of, e->commitment.b, TACET_MAP_LEN);
  for (int i = 0; i < 8; i++) {
    made_of[TACET_MAP_LEN + i] = (uint8_t)(e->leaf_index >> (56 - 8 * i));
  }
  fixed_line(f, "leaf", made_of, sizeof(made_of));
  memcpy(e->commitment.b, made_of, TACET_MAP_LEN);
  e->leaf_index = 0;
  for (int i = 0; i < 8; i++) {
    e->leaf_index = e->leaf_index << 8 | made_of[TACET_MAP_LEN + i];
  }
}

/* ---- kinds ---- */

static void side(form *f, tacet_evidence_shown *s) {
  checkpoint(f, s);
  if (has(f, "entry", s->entry.len > 0)) {
    entry(f, s);
  }
  if (has(f, "prefix", s->prefix.size > 0)) {
    prefix(f, s);
  }
}

static void rollback(form *f, tacet_evidence *e) {
  shown(f, &e->first);
  shown(f, &e->second);
  if (has(f, "key", e->first_map.len > 0)) {
    key(f, e);
    bytes_line(f, "map", &e->first_map);
    bytes_line(f, "map", &e->second_map);
  }
}

static void omission(form *f, tacet_evidence *e) {
  shown(f, &e->first);
  shown(f, &e->second);
  if (has(f, "map", e->second_map.len > 0)) {
    bytes_line(f, "map", &e->second_map);
  }
}

static void phantom_leaf(form *f, tacet_evidence *e) {
  shown(f, &e->first);
  if (!has(f, "key", e->first_map.len > 0)) {
    return;
  }
  key(f, e);
  bytes_line(f, "map", &e->first_map);
  leaf_line(f, e);
  if (has(f, "checkpoint", e->second.note.len > 0)) {
    shown(f, &e->second);
  }
}

static void unsigned_manifest(form *f, tacet_evidence *e) {
  shown(f, &e->first);
  if (has(f, "key", e->first_map.len > 0)) {
    key(f, e);
    bytes_line(f, "map", &e->first_map);
    number_line(f, "index", &e->leaf_index);
  }
  label_line(f, &e->label);
  version_line(f, &e->version);
  fixed_line(f, "opening", e->opening, sizeof(e->opening));
  bytes_line(f, "manifest", &e->manifest);
  if (has(f, "previous", e->previous.len > 0)) {
    bytes_line(f, "previous", &e->previous);
    if (has(f, "checkpoint", e->second.note.len > 0)) {
      shown(f, &e->second);
      fixed_line(f, "opening", e->previous_opening,
                 sizeof(e->previous_opening));
    }
  }
}

static void between(form *f, tacet_evidence_between *b) {
  bytes_line(f, "between", &b->entry);
  path_bytes(f, &b->path);
  if (has(f, "map", b->map.len > 0)) {
    bytes_line(f, "map", &b->map);
  }
}

static void wrong_map(form *f, tacet_evidence *e) {
  shown(f, &e->first);
  if (has(f, "checkpoint", e->second.note.len > 0)) {
    shown(f, &e->second);
  }
  for (size_t i = 0; has(f, "between", i < e->n_between); i++) {
    if (i == TACET_EVIDENCE_BETWEEN_MAX) {
      fail(f, TACET_ERR_LIMIT);
      return;
    }
    between(f, &e->between[i]);
    e->n_between = f->writing ? e->n_between : i + 1;
  }
}

/* The rest of the file: lines without control characters. */
static void report(form *f, tacet_evidence *e) {
  tacet_span t = f->writing ? e->text : f->rest;
  bool ok = t.len > 0 && t.len <= TACET_EVIDENCE_TEXT_MAX &&
            t.p[t.len - 1] == '\n' && tacet_is_utf8(t);
  for (size_t i = 0; ok && i < t.len; i++) {
    ok = t.p[i] == '\n' || (t.p[i] >= ' ' && t.p[i] != 0x7f);
  }
  if (!ok) {
    fail(f, TACET_ERR_ENCODING);
  } else if (f->writing) {
    tacet_write_bytes(f->out, t);
  } else {
    e->text = t;
    f->rest = TACET_SPAN_EMPTY;
  }
}

static void kind_line(form *f, tacet_evidence_kind *kind) {
  tacet_span words = begin(f, "kind"), w = word(f, &words);
  if (f->writing) {
    tacet_write_bytes(f->out, tacet_span_str(tacet_evidence_kind_name(*kind)));
  } else {
    for (size_t i = 1; i < N_KINDS; i++) {
      if (tacet_span_equal(w, tacet_span_str(kinds[i]))) {
        *kind = (tacet_evidence_kind)i;
      }
    }
    if (*kind == 0) {
      fail(f, TACET_ERR_UNKNOWN_TYPE);
    }
  }
  end(f, words);
}

static void walk(form *f, tacet_evidence *e) {
  end(f, begin(f, FIRST_LINE));
  kind_line(f, &e->kind);
  log_line(f, &e->log);
  if (e->kind != TACET_EVIDENCE_REPORT &&
      has(f, "handover", e->handover.to.type != 0)) {
    handover_line(f, e);
  }
  if (f->err != TACET_OK) {
    return;
  }
  switch (e->kind) {
  case TACET_EVIDENCE_SPLIT_VIEW:
    side(f, &e->first);
    side(f, &e->second);
    break;
  case TACET_EVIDENCE_ROLLBACK:
    rollback(f, e);
    break;
  case TACET_EVIDENCE_OMISSION:
    omission(f, e);
    break;
  case TACET_EVIDENCE_PHANTOM_LEAF:
    phantom_leaf(f, e);
    break;
  case TACET_EVIDENCE_UNSIGNED_MANIFEST:
    unsigned_manifest(f, e);
    break;
  case TACET_EVIDENCE_LATE_INCLUSION:
    checkpoint(f, &e->first);
    shown(f, &e->second);
    break;
  case TACET_EVIDENCE_WRONG_MAP:
    wrong_map(f, e);
    break;
  case TACET_EVIDENCE_REPORT:
    report(f, e);
    break;
  }
}

tacet_err evidence_read(tacet_span file, tacet_buf *store,
                        tacet_evidence *out) {
  tacet_evidence e = {.kind = (tacet_evidence_kind)0};
  if (file.len > TACET_EVIDENCE_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_buf_reserve(store, file.len);
  TACET_TRY(store->err);
  form f = {.rest = file, .store = store};
  walk(&f, &e);
  TACET_TRY(f.err);
  if (f.rest.len > 0) {
    return TACET_ERR_TRAILING;
  }
  *out = e;
  return TACET_OK;
}

void evidence_write(const tacet_evidence *e, tacet_buf *out) {
  tacet_evidence copy = *e; /* the walk only reads it */
  form f = {.writing = true, .out = out};
  walk(&f, &copy);
  tacet_write_fail(out, f.err);
}
