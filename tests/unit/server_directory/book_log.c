/* SPDX-License-Identifier: Apache-2.0
 * The key log for tests: look-ups with proofs, a mirror that computes all of it
 * again, witnesses. */
#include "tests/unit/server_directory/book.h"

#include "tacet/crypto.h"

#include <stdlib.h>

static tacet_policy *policy_of_folder(void) {
  TACET_BYTES(text);
  sto_trouble why;
  tacet_policy *p = NULL;
  size_t line;
  assert_ok(dir_log_policy_read(book_folder, &text, &why));
  assert_ok(tacet_policy_read(tacet_bytes_span(&text), &p, &line));
  return p;
}

static tacet_keylog_label label_of(const char *name) {
  char handle[128];
  tacet_keylog_label label;
  (void)snprintf(handle, sizeof(handle), "%s@" DOMAIN, name);
  assert_ok(tacet_keylog_label_handle(tacet_span_str(handle), &label));
  return label;
}

/* ---- look-ups ---- */

static answer look(const char *name, uint64_t log_size, uint32_t versions) {
  TACET_BUF(w, 1024);
  char handle[128];
  (void)snprintf(handle, sizeof(handle), "%s@" DOMAIN, name);
  const tacet_lookup m = {.kind = TACET_LOOKUP_HANDLE,
                          .key = tacet_span_str(handle),
                          .log_size = log_size,
                          .seen = versions};
  tacet_lookup_write(&w, &m);
  return book_call(DIR_LOOKUP, &w, false);
}

proven book_prove(const char *name, tacet_tlog_head *seen) {
  return book_prove_rest(name, seen, 0);
}

proven book_prove_rest(const char *name, tacet_tlog_head *seen,
                       uint32_t versions) {
  answer a = look(name, seen->size, versions);
  proven out = {.status = a.status};
  if (a.status != TACET_WIRE_OK) {
    answer_free(&a);
    return out;
  }
  tacet_lookup_answer found;
  tacet_key_proofs proofs;
  tacet_span list, last = TACET_SPAN_EMPTY;
  tacet_policy *policy = policy_of_folder();
  tacet_keylog_label label = label_of(name);
  assert_ok(tacet_lookup_answer_parse(tacet_bytes_span(&a.body), &found));
  assert_false(found.more);
  list = found.manifests;
  while (tacet_opaque_list_next(&list, &last)) {
  }
  assert_ok(tacet_key_proofs_parse(found.proofs, &proofs));
  assert_ok(tacet_keylog_head_verify(policy, seen, UINT64_MAX, proofs.head,
                                     &out.head));
  assert_ok(tacet_keylog_label_verify(
      &out.head, tacet_span_of(book->log.vrf.public_key, 32), &label, versions,
      last, proofs.label, &out.answer));
  assert_true(out.answer.exists);
  assert_ok(tacet_manifest_parse(last, &out.newest));
  out.label_len = proofs.label.len;
  *seen = out.head.seen;
  tacet_policy_free(policy);
  answer_free(&a);
  return out;
}

/* ---- a mirror ---- */

answer book_file(const char *path) {
  TACET_BUF(w, 1024);
  tacet_write_bytes(&w, tacet_span_str(path));
  return book_call(DIR_FILE, &w, false);
}

/* Element by element, as c2sp.org/tlog-tiles writes numbers. */
static void name_tile(char *out, const char *folder, uint64_t n,
                      unsigned width) {
  size_t len = (size_t)sprintf(out, "tile/%s/", folder);
  if (n >= 1000) {
    len += (size_t)sprintf(out + len, "x%03u/", (unsigned)(n / 1000));
  }
  len += (size_t)sprintf(out + len, "%03u", (unsigned)(n % 1000));
  if (width < 256) {
    (void)sprintf(out + len, ".p/%u", width);
  }
}

typedef struct mirror {
  tacet_map *map;
  tacet_tlog_frontier frontier;
  tacet_tlog_hash *levels[4]; /* of tiles */
  uint64_t updates;
} mirror;
static mirror m;

static tacet_err keep_node(void *ctx, unsigned level, uint64_t index,
                           const tacet_tlog_hash *node) {
  (void)ctx;
  if (level % 8 == 0) {
    tacet_tlog_hash **l = &m.levels[level / 8];
    *l = realloc(*l, (size_t)(index + 1) * sizeof(**l));
    (*l)[index] = *node;
  }
  return TACET_OK;
}

static void take_entry(tacet_span bytes) {
  tacet_keylog_entry e;
  tacet_map_hash value, root;
  tacet_tlog_hash leaf;
  const tacet_tlog_sink sink = {keep_node, NULL};
  assert_ok(tacet_keylog_entry_read(bytes, &e));
  if (e.kind == TACET_KEYLOG_UPDATE) {
    assert_ok(tacet_keylog_value(&e.commitment, m.frontier.size, &value));
    assert_ok(tacet_map_insert(m.map, &e.vrf_output, &value));
    m.updates++;
  } else if (e.kind == TACET_KEYLOG_EPOCH) {
    assert_ok(tacet_map_root(m.map, &root));
    assert_int_equal(e.map_size, tacet_map_size(m.map));
    assert_memory_equal(e.map_root.b, root.b, 32);
  }
  assert_ok(tacet_tlog_leaf(bytes, &leaf));
  assert_ok(tacet_tlog_append(&m.frontier, &leaf, &sink));
}

static void take_bundle(uint64_t n, unsigned width) {
  char path[128];
  name_tile(path, "entries", n, width);
  answer a = book_file(path);
  assert_int_equal(a.status, TACET_WIRE_OK);
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_bytes_span(&a.body), &err);
  for (unsigned i = 0; i < width; i++) {
    take_entry(tacet_read_bytes(&r, tacet_read_u16(&r)));
  }
  tacet_read_end(&r);
  assert_ok(err);
  answer_free(&a);
}

static void check_tile(unsigned level, uint64_t n, unsigned width) {
  char path[128], folder[8];
  (void)sprintf(folder, "%u", level);
  name_tile(path, folder, n, width);
  answer a = book_file(path);
  assert_int_equal(a.status, TACET_WIRE_OK);
  assert_int_equal(a.body.len, 32 * width);
  assert_memory_equal(a.body.p, m.levels[level][n * 256].b, 32 * width);
  answer_free(&a);
}

static void is_missing(unsigned level, uint64_t n, unsigned width) {
  char path[128], folder[8];
  (void)sprintf(folder, "%u", level);
  name_tile(path, level == 9 ? "entries" : folder, n, width);
  answer a = book_file(path);
  assert_int_equal(a.status, TACET_WIRE_NOT_FOUND);
  answer_free(&a);
}

static void check_level(unsigned level, uint64_t n) {
  unsigned rest = (unsigned)(n % 256);
  for (uint64_t i = 0; i < n / 256; i++) {
    check_tile(level, i, 256);
    check_tile(level, i, 255);
  }
  for (unsigned w = 1; w <= rest; w++) {
    check_tile(level, n / 256, w);
  }
  if (rest < 255) {
    is_missing(level, n / 256, rest + 1);
  }
  is_missing(level, n / 256, 256);
  is_missing(level, n / 256 + 1, 256);
  is_missing(level, n / 256 + 1, 1);
}

static void forget_mirror(void) {
  tacet_map_free(m.map);
  for (size_t i = 0; i < 4; i++) {
    free(m.levels[i]);
  }
  m = (mirror){.map = NULL};
}

/* UPDATEs that are a week's token keys, from day 20,000 on. */
static uint64_t count_weeks(void) {
  uint64_t n = 0;
  for (uint32_t week = 0; week < 20; week++) {
    tacet_keylog_label label;
    tacet_map_hash key;
    tacet_keylog_label_issuers(19999 + 7 * week, &label);
    assert_ok(tacet_keylog_key(&book->log.vrf, &label, 0, &key, NULL));
    n += tacet_map_has(m.map, &key);
  }
  return n;
}

uint64_t book_replay(tacet_tlog_head *head) {
  tacet_tlog_hash root;
  tacet_policy_verdict v;
  tacet_policy *policy = policy_of_folder();
  answer note = book_file("checkpoint");
  assert_int_equal(note.status, TACET_WIRE_OK);
  assert_ok(
      tacet_policy_judge(policy, tacet_bytes_span(&note.body), UINT64_MAX, &v));
  uint64_t size = v.checkpoint.size;
  *head = (tacet_tlog_head){size, v.checkpoint.root};
  forget_mirror();
  assert_ok(tacet_map_new(&m.map));
  for (uint64_t at = 0; at < size; at += 256) {
    take_bundle(at / 256, size - at < 256 ? (unsigned)(size - at) : 256);
  }
  is_missing(9, size / 256, size % 256 == 0 ? 256 : (unsigned)(size % 256) + 1);
  assert_ok(tacet_tlog_frontier_root(&m.frontier, &root));
  assert_memory_equal(root.b, head->root.b, 32);
  for (unsigned level = 0; level < 3; level++) {
    check_level(level, size >> 8 * level);
  }
  tacet_policy_free(policy);
  answer_free(&note);
  return m.updates - count_weeks();
}

bool book_replay_has(const char *name, uint32_t version) {
  tacet_keylog_label label = label_of(name);
  tacet_map_hash key;
  assert_ok(tacet_keylog_key(&book->log.vrf, &label, version, &key, NULL));
  return tacet_map_has(m.map, &key);
}

/* ---- witnesses ---- */

static tacet_note_key witness_keys[2];
static tacet_secret witness_secrets[2];

void book_witnesses(void) {
  TACET_BUF(text, 4096);
  char path[TEST_PATH_MAX];
  tacet_note_key log;
  sto_trouble why;
  assert_ok(dir_log_name(book_folder, DOMAIN, &log, &why));
  tacet_write_bytes(&text, TACET_SPAN_LIT("log "));
  tacet_note_key_write(&log, &text);
  for (size_t i = 0; i < 2; i++) {
    uint8_t public_key[32];
    char line[64];
    assert_ok(tacet_sig_ed25519.generate(&witness_secrets[i], public_key));
    (void)sprintf(line, "witness%zu.example", i);
    assert_ok(tacet_note_key_make(tacet_span_str(line), TACET_NOTE_COSIGNATURE,
                                  public_key, &witness_keys[i]));
    (void)sprintf(line, "\nwitness w%zu ", i);
    tacet_write_bytes(&text, tacet_span_str(line));
    tacet_note_key_write(&witness_keys[i], &text);
  }
  tacet_write_bytes(&text, TACET_SPAN_LIT("\ngroup g 1 w0 w1\nquorum g\n"));
  test_folder_path(book_folder, DIR_LOG_POLICY, path);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(text.len, fwrite(text.p, 1, text.len, f));
  assert_int_equal(0, fclose(f));
  book_reopen();
}

void book_cosign(tacet_buf *note, size_t i, uint64_t time) {
  tacet_note parts;
  TACET_BUF(line, 4096);
  assert_ok(tacet_note_parse(tacet_buf_span(note), &parts));
  assert_ok(tacet_note_sign(parts.text, &witness_keys[i], &witness_secrets[i],
                            time, &line));
  tacet_write_bytes(note, tacet_buf_span(&line));
  assert_ok(note->err);
}
