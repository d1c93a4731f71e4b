/* SPDX-License-Identifier: Apache-2.0
 * A folder for one test. */
#include "tests/support/folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool ok, const char *what) {
  if (!ok) {
    perror(what);
    abort();
  }
}

void test_folder_make(char out[TEST_PATH_MAX]) {
  const char *base = getenv("TMPDIR");
  (void)snprintf(out, TEST_PATH_MAX, "%s/tacet-test-XXXXXX",
                 base != NULL ? base : "/tmp");
  must(mkdtemp(out) != NULL, "mkdtemp");
}

static int remove_one(const char *path, const struct stat *s, int type,
                      struct FTW *at) {
  (void)s;
  (void)type;
  (void)at;
  return remove(path);
}

void test_folder_remove(const char *folder) {
  (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void test_folder_path(const char *folder, const char *name,
                      char out[TEST_PATH_MAX]) {
  int n = snprintf(out, TEST_PATH_MAX, "%s/%s", folder, name);
  must(n > 0 && n < TEST_PATH_MAX, "path");
}

size_t test_file_size(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 ? (size_t)s.st_size : 0;
}

void test_file_patch(const char *path, size_t at, const void *bytes,
                     size_t len) {
  FILE *f = fopen(path, "r+b");
  must(f != NULL, path);
  must(fseek(f, (long)at, SEEK_SET) == 0, "fseek");
  must(fwrite(bytes, 1, len, f) == len, "fwrite");
  must(fclose(f) == 0, "fclose");
}

/* nftw() has no argument for its user. */
static tacet_span wanted;
static size_t found;

static int search_one(const char *path, const struct stat *s, int type,
                      struct FTW *at) {
  (void)at;
  if (type != FTW_F || s->st_size == 0) {
    return 0;
  }
  size_t len = (size_t)s->st_size;
  uint8_t *all = malloc(len);
  FILE *f = fopen(path, "rb");
  must(f != NULL && all != NULL, path);
  len = fread(all, 1, len, f);
  (void)fclose(f);
  const uint8_t *p = all, *end = all + len;
  while ((p = memmem(p, (size_t)(end - p), wanted.p, wanted.len)) != NULL) {
    found++;
    p++;
  }
  free(all);
  return 0;
}

size_t test_folder_count(const char *folder, tacet_span needle) {
  wanted = needle;
  found = 0;
  (void)nftw(folder, search_one, 16, FTW_PHYS);
  return found;
}
