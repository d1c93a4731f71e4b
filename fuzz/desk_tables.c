/* SPDX-License-Identifier: Apache-2.0
 * An operator's tables: what is read holds together and is written as JSON,
 * what is not read says why in one line; and any bytes as an identifier. */
#include "desk/rules/identifier.h"
#include "desk/rules/tables.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rows(const desk_tables *t) {
  const desk_instrument *row;
  for (size_t i = 0; (row = desk_instrument_at(t, i)) != NULL; i++) {
    if (desk_instrument_find(t, row->code) != row || row->source[0] == '\0') {
      abort();
    }
    for (size_t k = 0; k < row->authorities.n; k++) {
      if (desk_authority_find(t, row->authorities.items[k]) == NULL) {
        abort();
      }
    }
  }
  char *text = desk_tables_text(t);
  if (text == NULL) {
    abort();
  }
  free(text);
}

/* Ours is a handle that the server could have made, or an id. */
static void check_identifier(const char *text, const char *domain) {
  desk_identifier id;
  desk_identifier_read(text, domain, &id);
  bool ours = id.kind <= DESK_IDENTIFIER_ACCOUNT;
  size_t n = strlen(id.normalised);
  if (ours != (n > 0) ||
      (id.kind == DESK_IDENTIFIER_HANDLE && n > DESK_HANDLE_MAX) ||
      strspn(id.normalised, "abcdefghijklmnopqrstuvwxyz0123456789._-") != n) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  desk_tables t;
  desk_trouble why = {""};
  char *text = malloc(size + 1);
  if (text == NULL) {
    return 0;
  }
  memcpy(text, data, size);
  text[size] = '\0';
  check_identifier(text, "example.org");
  (void)desk_statute_has(text, "18usc2703(d)");
  free(text);
  if (desk_tables_read((tacet_span){data, size}, &t, &why) == TACET_OK) {
    check_rows(&t);
    desk_tables_free(&t);
  } else if (why.text[0] == '\0' || strchr(why.text, '\n') != NULL) {
    abort();
  }
  return 0;
}
