/* SPDX-License-Identifier: Apache-2.0
 * Demands: what is read is written as a text that reads as the same one, is
 * judged, and what is not read says why in one line. */
#include "desk/rules/evaluate.h"

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

/* Findings are whole lines; no emergency passes without a call back. */
static void judge(const desk_request *r) {
  static const desk_tables tables = {0};
  const desk_question q = {.request = r, .tables = &tables, .today = 20000};
  desk_findings f;
  if (desk_evaluate(&q, &f) != TACET_OK) {
    abort();
  }
  for (size_t i = 0; i < f.n; i++) {
    if (strchr(f.items[i].paragraph, '\n') != NULL) {
      abort();
    }
  }
  if (r->kind == DESK_EMERGENCY && !r->officer.callback.given &&
      desk_findings_worst(&f) != DESK_BLOCK) {
    abort();
  }
  desk_findings_free(&f);
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
  judge(&r);
  desk_request_free(&r);
  return 0;
}
