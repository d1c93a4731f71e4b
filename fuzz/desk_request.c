/* SPDX-License-Identifier: Apache-2.0
 * Demands: what is read is written as a text that reads as the same one, and
 * what is not read says why in one line. */
#include "desk/rules/request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const desk_request *r) {
  desk_request again;
  desk_trouble why;
  char *text = desk_request_text(r), *second = NULL;
  if (text == NULL ||
      desk_request_read(tacet_span_str(text), &again, &why) != TACET_OK ||
      (second = desk_request_text(&again)) == NULL ||
      strcmp(text, second) != 0 || again.pages.n != r->pages.n ||
      again.identifiers.n != r->identifiers.n ||
      again.received != r->received ||
      strcmp(again.instrument, r->instrument) != 0) {
    abort();
  }
  desk_request_free(&again);
  free(text);
  free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  desk_request r;
  desk_trouble why = {""};
  tacet_err e = desk_request_read((tacet_span){data, size}, &r, &why);
  if (e != TACET_OK) {
    if (why.text[0] == '\0' || strchr(why.text, '\n') != NULL) {
      abort();
    }
    return 0;
  }
  check_again(&r);
  desk_request_free(&r);
  return 0;
}
