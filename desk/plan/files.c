/* SPDX-License-Identifier: Apache-2.0
 * Files in memory, and the tar of them. */
#include "desk/plan/files.h"
#include "tacet/codec.h"

#include <string.h>

#define BLOCK ((size_t)512)

void desk_files_free(desk_files *f) {
  for (size_t i = 0; i < f->n; i++) {
    tacet_bytes_free(&f->list[i].bytes);
  }
  f->n = 0;
}

static bool is_name(const char *name) {
  size_t len = strlen(name);
  char before = '/';
  for (const char *c = name; *c != '\0'; c++) {
    bool word = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                (*c >= '0' && *c <= '9');
    bool mark = *c == '.' || *c == '_' || *c == '-' || *c == '/';
    if (!word && !(mark && before != '/' && before != '.')) {
      return false;
    }
    before = *c;
  }
  return len > 0 && len < DESK_FILE_NAME && before != '/' && before != '.';
}

tacet_err desk_files_add(desk_files *f, const char *name, tacet_span bytes) {
  size_t at = 0;
  if (!is_name(name)) {
    return TACET_ERR_ENCODING;
  }
  while (at < f->n && strcmp(f->list[at].name, name) < 0) {
    at++;
  }
  if (at < f->n && strcmp(f->list[at].name, name) == 0) {
    return TACET_ERR_EXISTS;
  }
  if (f->n == DESK_FILES_MAX) {
    return TACET_ERR_LIMIT;
  }
  desk_file file = {.bytes = {NULL, 0}};
  memcpy(file.name, name, strlen(name) + 1);
  TACET_TRY(tacet_bytes_set(&file.bytes, bytes));
  memmove(&f->list[at + 1], &f->list[at], (f->n - at) * sizeof(f->list[0]));
  f->list[at] = file;
  f->n++;
  return TACET_OK;
}

const desk_file *desk_files_find(const desk_files *f, const char *name) {
  for (size_t i = 0; i < f->n; i++) {
    if (strcmp(f->list[i].name, name) == 0) {
      return &f->list[i];
    }
  }
  return NULL;
}

/* ---- tar ---- */

/* Octal digits, right-aligned with zeros, and a NUL. */
static void put_octal(uint8_t *at, size_t width, uint64_t v) {
  for (size_t i = width - 1; i-- > 0;) {
    at[i] = (uint8_t)('0' + (v & 7));
    v >>= 3;
  }
}

/* POSIX.1-1988 ustar: offsets of the header's fields. */
static void make_header(const char *name, size_t size, uint8_t out[BLOCK]) {
  memset(out, 0, BLOCK);
  memcpy(out, name, strlen(name));
  put_octal(out + 100, 8, 0644);
  put_octal(out + 108, 8, 0);
  put_octal(out + 116, 8, 0);
  put_octal(out + 124, 12, size);
  put_octal(out + 136, 12, 0);
  out[156] = '0';
  memcpy(out + 257,
         "ustar\0"
         "00",
         8);
  put_octal(out + 329, 8, 0);
  put_octal(out + 337, 8, 0);
  uint64_t sum = 8 * ' ';
  for (size_t i = 0; i < BLOCK; i++) {
    sum += out[i];
  }
  put_octal(out + 148, 7, sum);
  out[155] = ' ';
}

static size_t padding(size_t len) {
  return (BLOCK - len % BLOCK) % BLOCK;
}

tacet_err desk_tar_write(const desk_files *f, tacet_bytes *out) {
  TACET_BUF(w, DESK_TAR_MAX);
  for (size_t i = 0; i < f->n; i++) {
    uint8_t header[BLOCK];
    tacet_span bytes = tacet_bytes_span(&f->list[i].bytes);
    make_header(f->list[i].name, bytes.len, header);
    tacet_write_bytes(&w, tacet_span_of(header, BLOCK));
    tacet_write_bytes(&w, bytes);
    tacet_write_zeros(&w, padding(bytes.len));
  }
  tacet_write_zeros(&w, 2 * BLOCK);
  return tacet_buf_take(&w, out);
}

static bool is_zero(tacet_span s) {
  for (size_t i = 0; i < s.len; i++) {
    if (s.p[i] != 0) {
      return false;
    }
  }
  return true;
}

/* One file. Its header is the one that would be written for what it says. */
static tacet_err read_file(tacet_reader *r, tacet_span header,
                           desk_files *files) {
  char name[DESK_FILE_NAME];
  uint8_t same[BLOCK];
  size_t size = 0;
  memcpy(name, header.p, sizeof(name));
  if (name[sizeof(name) - 1] != '\0') {
    return TACET_ERR_ENCODING;
  }
  for (size_t i = 124; i < 135; i++) {
    if (header.p[i] < '0' || header.p[i] > '7') {
      return TACET_ERR_ENCODING;
    }
    size = size << 3 | (size_t)(header.p[i] - '0');
  }
  make_header(name, size, same);
  if (memcmp(header.p, same, BLOCK) != 0 ||
      (files->n > 0 && strcmp(files->list[files->n - 1].name, name) >= 0)) {
    return TACET_ERR_ENCODING;
  }
  tacet_span bytes = tacet_read_bytes(r, size);
  tacet_span rest = tacet_read_bytes(r, padding(size));
  TACET_TRY(*r->err);
  return is_zero(rest) ? desk_files_add(files, name, bytes) : TACET_ERR_PADDING;
}

tacet_err desk_tar_read(tacet_span tar, desk_files *out) {
  DESK_FILES(files);
  tacet_err err = TACET_OK;
  if (tar.len > DESK_TAR_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_reader r = tacet_reader_over(tar, &err);
  tacet_span header = tacet_read_bytes(&r, BLOCK);
  while (err == TACET_OK && !is_zero(header)) {
    TACET_TRY(read_file(&r, header, &files));
    header = tacet_read_bytes(&r, BLOCK);
  }
  tacet_span last = tacet_read_bytes(&r, BLOCK);
  tacet_read_end(&r);
  TACET_TRY(err);
  if (!is_zero(last)) {
    return TACET_ERR_ENCODING;
  }
  desk_files_free(out);
  *out = files;
  files.n = 0;
  return TACET_OK;
}
