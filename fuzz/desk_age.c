/* SPDX-License-Identifier: Apache-2.0
 * Files and keys of the age format. First byte odd: a key's text, which reads
 * back as it was; else a file, opened with a fixed identity. What opens is
 * sealed again and opens to the same. */
#include <stdlib.h>

#include "desk/plan/age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void try_texts(tacet_span in) {
  char text[128], again[DESK_AGE_IDENTITY_TEXT];
  uint8_t key[DESK_AGE_KEY];
  TACET_SECRET(identity);
  size_t len = in.len < sizeof(text) ? in.len : sizeof(text) - 1;
  memcpy(text, in.p, len);
  text[len] = '\0';
  if (desk_age_recipient_read(text, key) == TACET_OK) {
    desk_age_recipient_text(key, again);
    must(strcmp(text, again) == 0);
  }
  if (desk_age_identity_read(text, &identity) == TACET_OK) {
    desk_age_identity_text(&identity, again);
    must(strcmp(text, again) == 0);
  }
}

static void try_file(tacet_span in) {
  TACET_SECRET(identity);
  TACET_BYTES(out);
  TACET_BYTES(sealed);
  TACET_BYTES(again);
  uint8_t key[DESK_AGE_KEY];
  identity.len = DESK_AGE_KEY;
  memset(identity.b, 9, DESK_AGE_KEY);
  if (desk_age_open(&identity, in, &out) == TACET_OK) {
    must(desk_age_recipient_of(&identity, key) == TACET_OK);
    must(desk_age_seal(key, tacet_bytes_span(&out), &sealed) == TACET_OK);
    must(desk_age_open(&identity, tacet_bytes_span(&sealed), &again) ==
         TACET_OK);
    must(tacet_span_equal(tacet_bytes_span(&out), tacet_bytes_span(&again)));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 0) {
    tacet_span in = tacet_span_of(data + 1, size - 1);
    (data[0] % 2 == 1 ? try_texts : try_file)(in);
  }
  return 0;
}
