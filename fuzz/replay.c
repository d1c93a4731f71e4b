/* SPDX-License-Identifier: Apache-2.0
 * Runs a fuzz target over the files of a corpus: `make check` does that with
 * any compiler, so what a fuzzer once found stays found. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path) {
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    perror(path);
    return 1;
  }
  size_t len = 0, cap = 1 << 16;
  uint8_t *data = malloc(cap);
  for (size_t n; (n = fread(data + len, 1, cap - len, f)) > 0;) {
    len += n;
    if (len == cap) {
      data = realloc(data, cap *= 2);
    }
  }
  fclose(f);
  /* An exact-size copy, so that ASan sees one byte of over-read. */
  uint8_t *exact = malloc(len == 0 ? 1 : len);
  for (size_t i = 0; i < len; i++) {
    exact[i] = data[i];
  }
  (void)LLVMFuzzerTestOneInput(exact, len);
  free(exact);
  free(data);
  return 0;
}

int main(int argc, char **argv) {
  DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
  if (dir == NULL) {
    fprintf(stderr, "usage: %s FOLDER (it must exist)\n", argv[0]);
    return 2;
  }
  int n = 0, failed = 0;
  for (struct dirent *e; (e = readdir(dir)) != NULL;) {
    if (e->d_name[0] != '.') {
      char path[4096];
      snprintf(path, sizeof(path), "%s/%s", argv[1], e->d_name);
      failed += run_file(path);
      n++;
    }
  }
  closedir(dir);
  printf("%d inputs replayed\n", n);
  return failed != 0 || n == 0;
}
