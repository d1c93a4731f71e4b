/* SPDX-License-Identifier: Apache-2.0
 * Names of the key log's files: what is one has one name. */
#include "server/directory/directory.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The name that c2sp.org/tlog-tiles gives it. */
static size_t name_of(const dir_file *f, char out[128]) {
  size_t len;
  char digits[32];
  if (f->kind == DIR_FILE_CHECKPOINT) {
    return (size_t)snprintf(out, 128, "checkpoint");
  }
  len = f->kind == DIR_FILE_ENTRIES
            ? (size_t)snprintf(out, 128, "tile/entries/")
            : (size_t)snprintf(out, 128, "tile/%u/", f->level);
  int n =
      snprintf(digits, sizeof(digits), "%llu", (unsigned long long)f->index);
  int lead = (3 - n % 3) % 3;
  for (int i = -lead; i < n; i++) {
    if ((i + lead) % 3 == 0) {
      len += (size_t)snprintf(out + len, 128 - len, "%s%s",
                              i + lead > 0 ? "/" : "", n - i > 3 ? "x" : "");
    }
    out[len++] = i < 0 ? '0' : digits[i];
  }
  out[len] = '\0';
  if (f->width < 256) {
    len += (size_t)snprintf(out + len, 128 - len, ".p/%u", f->width);
  }
  return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  dir_file f;
  char name[128];
  tacet_span in = tacet_span_of(data, size);
  if (dir_file_parse(in, &f) == TACET_OK &&
      !tacet_span_equal(in, tacet_span_of(name, name_of(&f, name)))) {
    abort();
  }
  return 0;
}
