/* SPDX-License-Identifier: Apache-2.0
 * What shows one case, from somebody else: it is refused with a sentence, or
 * all of its events stand in days that it has. */
#include "desk/store/verify.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same bytes as what shows officers. */
static void fuzz_officers(const json_t *proof) {
  static const uint8_t desk[DESK_KEY_LEN];
  desk_trouble why = {""};
  desk_shown *list = NULL;
  size_t n = 0;
  tacet_err e = desk_officers_check(proof, desk, &why, &list, &n);
  if (e != TACET_OK && (why.text[0] == '\0' || list != NULL)) {
    abort();
  }
  free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  json_t *proof =
      json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
  desk_trouble why = {""};
  desk_audit a = {.days = NULL};
  if (proof == NULL) {
    return 0;
  }
  tacet_err e = desk_proof_check(proof, &why, &a);
  if (e != TACET_OK && (why.text[0] == '\0' || a.days != NULL)) {
    abort();
  }
  if (e == TACET_OK &&
      a.events != json_array_size(json_object_get(proof, "events"))) {
    abort();
  }
  desk_audit_free(&a);
  fuzz_officers(proof);
  json_decref(proof);
  return 0;
}
