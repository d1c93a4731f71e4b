/* SPDX-License-Identifier: Apache-2.0
 * mls_tree_samples FOLDER: trees of groups that lived for a while, each behind
 * some edits, as inputs of fuzz/ratchet_tree.c. */
#include <stdio.h>

#include "tests/unit/mls_tree/sim.h"

int main(int argc, char **argv) {
  if (argc != 2 || tacet_crypto_init() != TACET_OK) {
    fprintf(stderr, "usage: mls_tree_samples FOLDER\n");
    return 2;
  }
  for (uint32_t i = 0; i < 8; i++) {
    static const uint8_t edits[] = {6, 0, 5, 2, 9, 4, 3};
    sim s;
    char path[4096];
    uint64_t seed = i;
    TACET_BUF(w, TACET_MESSAGE_MAX);
    sim_init(&s, &tacet_suite_x25519_chacha);
    if (sim_live(&s, 1 + i, 2 * i, &seed) != NULL) {
      return 1;
    }
    tacet_tree_write(s.tree, &w);
    sim_free(&s);
    snprintf(path, sizeof(path), "%s/lived-%u", argv[1], i);
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(edits, 1, sizeof(edits), f) != sizeof(edits) ||
        fwrite(w.p, 1, w.len, f) != w.len || fclose(f) != 0) {
      perror(path);
      return 1;
    }
  }
  return 0;
}
