/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk with a token in software at its only port, for the end-to-end
 * tests: the program's own commands under another main(). The token is a file,
 * TACET_TEST_TOKEN; TACET_TEST_MOOD says how it behaves in this run. Neither
 * means anything to tacet-desk. */
#include "desk/command.h"
#include "tests/token/soft_token.h"

#include <stdlib.h>
#include <string.h>

static soft_mood mood_of(const char *name) {
  static const char *const names[] = {
#define X(id, text) text,
      SOFT_MOOD_MAP(X)
#undef X
  };
  for (unsigned i = 0; name != NULL && i < SOFT_MOODS; i++) {
    if (strcmp(names[i], name) == 0) {
      return (soft_mood)i;
    }
  }
  return SOFT_HONEST;
}

/* "": a new one with the PIN 2580. */
static void load(const char *path) {
  FILE *f = fopen(path, "rb");
  soft_token_new("2580");
  if (f != NULL) {
    if (fread(&soft, sizeof(soft), 1, f) != 1) {
      abort();
    }
    (void)fclose(f);
  }
}

static void save(const char *path) {
  FILE *f = fopen(path, "wb");
  if (f == NULL || fwrite(&soft, sizeof(soft), 1, f) != 1 || fclose(f) != 0) {
    abort();
  }
}

int main(int argc, char **argv) {
  const char *path = getenv("TACET_TEST_TOKEN");
  if (path == NULL) {
    abort();
  }
  load(path);
  soft.mood = mood_of(getenv("TACET_TEST_MOOD"));
  int code = desk_main(argc, argv, &soft_ports);
  save(path);
  return code;
}
