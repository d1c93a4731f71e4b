/* SPDX-License-Identifier: Apache-2.0 */
#include "tacet/wire/errors.h"

static const struct {
  const char *code;
  int status;
  const char *title;
} table[] = {{"ok", 200, "Done."},
#define X(name, code, status, title) {code, status, title},
             TACET_WIRE_ERRORS(X)
#undef X
};
#define N (sizeof(table) / sizeof(table[0]))

static size_t index_of(tacet_wire_error e) {
  size_t i = (size_t)e;
  return i < N ? i : (size_t)TACET_WIRE_INTERNAL;
}

const char *tacet_wire_error_code(tacet_wire_error e) {
  return table[index_of(e)].code;
}

const char *tacet_wire_error_title(tacet_wire_error e) {
  return table[index_of(e)].title;
}

int tacet_wire_error_status(tacet_wire_error e) {
  return table[index_of(e)].status;
}

tacet_wire_error tacet_wire_error_find(tacet_span code) {
  for (size_t i = 1; i < N; i++) {
    if (code.len == strlen(table[i].code) &&
        memcmp(code.p, table[i].code, code.len) == 0) {
      return (tacet_wire_error)i;
    }
  }
  return TACET_WIRE_INTERNAL;
}
