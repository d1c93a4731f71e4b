/* SPDX-License-Identifier: Apache-2.0
 * Writes the seeds of fuzz/corpus/wire: write_wire_corpus FOLDER */
#include <stdio.h>

#include "tests/support/wire_table.h"

int main(int argc, char **argv) {
  for (size_t i = 0; argc == 2 && i < wire_table_n; i++) {
    char path[4096];
    TACET_BUF(w, 1 << 20);
    tacet_write_u8(&w, (uint8_t)i);
    wire_table[i].sample(&w);
    snprintf(path, sizeof(path), "%s/%s", argv[1], wire_table[i].name);
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(w.p, 1, w.len, f) != w.len || fclose(f) != 0) {
      perror(path);
      return 1;
    }
  }
  return argc == 2 ? 0 : 2;
}
