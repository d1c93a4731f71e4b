/* SPDX-License-Identifier: Apache-2.0
 * mlswire_samples FOLDER: each sample, behind the byte of its kind, as one
 * file. */
#include <stdio.h>

#include "tests/unit/mlswire/samples.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: mlswire_samples FOLDER\n");
    return 2;
  }
  for (size_t i = 0; i < wire_n_samples(); i++) {
    char path[4096];
    TACET_BUF(w, TACET_MESSAGE_MAX);
    uint8_t kind = (uint8_t)wire_sample(i, &w);
    snprintf(path, sizeof(path), "%s/%s", argv[1], wire_sample_name(i));
    FILE *f = fopen(path, "wb");
    if (f == NULL || fputc(kind, f) == EOF ||
        fwrite(w.p, 1, w.len, f) != w.len || fclose(f) != 0) {
      perror(path);
      return 1;
    }
  }
  return 0;
}
