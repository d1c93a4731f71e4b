/* SPDX-License-Identifier: Apache-2.0
 * Mails that bring a demand, signed and not: nothing is valid without roots. */
#include "desk/mail/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  desk_trouble why = {""};
  desk_mail m;
  if (desk_mail_read(tacet_span_of(data, size), NULL, &why, &m) != TACET_OK) {
    return 0;
  }
  TACET_ASSERT(m.signature != DESK_MAIL_VALID);
  TACET_ASSERT(m.mime.n <= DESK_MIME_PARTS_MAX);
  for (size_t i = 0; i < m.mime.n; i++) {
    const desk_mime_part *p = &m.mime.parts[i];
    TACET_ASSERT(strlen(p->name) < sizeof(p->name));
    TACET_ASSERT(p->bytes.len <= size);
  }
  desk_mail_free(&m);
  return 0;
}
