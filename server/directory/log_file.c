/* SPDX-License-Identifier: Apache-2.0
 * The key log as files (c2sp.org/tlog-tiles): the checkpoint, tiles of hashes,
 * bundles of entries. What is given is the published log and nothing beyond.
 */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

/* ---- paths ---- */

/* Three digits of a path's element. */
static bool read_three(tacet_span *s, uint64_t *out) {
  uint64_t v = 0;
  if (s->len < 3) {
    return false;
  }
  for (size_t i = 0; i < 3; i++) {
    if (s->p[i] < '0' || s->p[i] > '9') {
      return false;
    }
    v = v * 10 + (uint64_t)(s->p[i] - '0');
  }
  *s = tacet_span_of(s->p + 3, s->len - 3);
  *out = v;
  return true;
}

static bool skip(tacet_span *s, const char *text) {
  size_t n = strlen(text);
  if (s->len < n || memcmp(s->p, text, n) != 0) {
    return false;
  }
  *s = tacet_span_of(s->p + n, s->len - n);
  return true;
}

/* x001/x234/067 is 1234067: elements of three digits, all but the last with an
 * x, the first of several not 000. So that one number has one name. */
static bool read_index(tacet_span *s, uint64_t *out) {
  uint64_t n = 0, part = 0;
  bool first = true;
  while (skip(s, "x")) {
    if (n > UINT64_MAX / 1000000000 || !read_three(s, &part) ||
        (first && part == 0) || !skip(s, "/")) {
      return false;
    }
    n = n * 1000 + part;
    first = false;
  }
  if (!read_three(s, &part)) {
    return false;
  }
  *out = n * 1000 + part;
  return true;
}

/* Decimal, without leading zeros, 1 to 255. */
static bool read_number(tacet_span *s, unsigned max, unsigned *out) {
  unsigned v = 0;
  size_t n = 0;
  while (n < s->len && n < 4 && s->p[n] >= '0' && s->p[n] <= '9') {
    v = v * 10 + (unsigned)(s->p[n++] - '0');
  }
  if (n == 0 || (n > 1 && s->p[0] == '0') || v > max) {
    return false;
  }
  *s = tacet_span_of(s->p + n, s->len - n);
  *out = v;
  return true;
}

tacet_err dir_file_parse(tacet_span path, dir_file *out) {
  dir_file f = {.kind = DIR_FILE_CHECKPOINT, .width = DIR_TILE_WIDTH};
  if (tacet_span_equal(path, TACET_SPAN_LIT("checkpoint"))) {
    *out = f;
    return TACET_OK;
  }
  if (!skip(&path, "tile/")) {
    return TACET_ERR_NOT_FOUND;
  }
  bool entries = skip(&path, "entries/");
  f.kind = entries ? DIR_FILE_ENTRIES : DIR_FILE_TILE;
  bool ok = entries || (read_number(&path, DIR_TILE_LEVELS - 1, &f.level) &&
                        skip(&path, "/"));
  ok = ok && read_index(&path, &f.index);
  if (ok && skip(&path, ".p/")) {
    ok = read_number(&path, DIR_TILE_WIDTH - 1, &f.width) && f.width > 0;
  }
  if (!ok || path.len > 0) {
    return TACET_ERR_NOT_FOUND;
  }
  *out = f;
  return TACET_OK;
}

/* ---- files ---- */

/* Is all of it published? Under the lock. */
static bool is_there(const dir_log *log, const dir_file *f) {
  uint64_t n = log->published.head.size >> DIR_TILE_HEIGHT * f->level;
  return f->index < n / DIR_TILE_WIDTH ||
         (f->index == n / DIR_TILE_WIDTH && f->width <= n % DIR_TILE_WIDTH);
}

static tacet_err write_entries(sto_conn *c, const dir_file *f, tacet_buf *out) {
  bool row = true;
  unsigned n = 0;
  sto_query *q = sto_query_start(c, Q_LOG_FROM);
  sto_bind_int(q, (int64_t)(f->index * DIR_TILE_WIDTH));
  sto_bind_int(q, f->width);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row) {
      tacet_write_u16(out, (uint16_t)sto_blob(q, 0).len);
      tacet_write_bytes(out, sto_blob(q, 0));
      n++;
    }
  }
  return n == f->width ? out->err : TACET_ERR_IO;
}

static void write_hashes(const dir_log *log, const dir_file *f,
                         tacet_buf *out) {
  const tacet_tlog_hash *from =
      log->tree.levels[f->level].hashes + f->index * DIR_TILE_WIDTH;
  for (unsigned i = 0; i < f->width; i++) {
    tacet_write_bytes(out, tacet_span_of(from[i].b, TACET_TLOG_HASH_LEN));
  }
}

tacet_err dir_file_start(dir_request *r, sto_conn *c) {
  const dir_file *f = &r->in.file;
  dir_log *log = &r->directory->log;
  dir_log_read_begin(log);
  bool there = f->kind == DIR_FILE_CHECKPOINT ? log->published.head.size > 0
                                              : is_there(log, f);
  if (there && f->kind == DIR_FILE_CHECKPOINT) {
    tacet_write_bytes(&r->answer, tacet_bytes_span(&log->published.note));
  } else if (there && f->kind == DIR_FILE_TILE) {
    write_hashes(log, f, &r->answer);
  }
  dir_log_read_end(log);
  if (!there) {
    return dir_refuse(r, TACET_WIRE_NOT_FOUND);
  }
  return f->kind == DIR_FILE_ENTRIES ? write_entries(c, f, &r->answer)
                                     : r->answer.err;
}
