/* SPDX-License-Identifier: Apache-2.0
 * Answers of witnesses: two bytes of status, then the body; and URLs of
 * policies. Nothing that is made here is a cosignature of the key, and a size
 * is one that a log can have. */
#include "server/witnesses/address.h"
#include "server/witnesses/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(int status, tacet_span body) {
  const tacet_span text = TACET_SPAN_LIT(
      "log.example\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
  static const uint8_t public_key[32] = {
      0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
      0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
      0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};
  tacet_note_key key;
  wts_answer a;
  TACET_ASSERT(tacet_note_key_make(TACET_SPAN_LIT("w.example"),
                                   TACET_NOTE_COSIGNATURE, public_key,
                                   &key) == TACET_OK);
  TACET_ASSERT(wts_answer_read(status, body, text, &key, &a) == TACET_OK);
  TACET_ASSERT(a.kind != WTS_ANSWER_COSIGNED);
  TACET_ASSERT(a.kind != WTS_ANSWER_CONFLICT || a.size <= INT64_MAX);
}

static void address(tacet_span url) {
  wts_address a;
  if (wts_address_read(url, &a) == TACET_OK) {
    TACET_ASSERT(a.host[0] != '\0' && a.port[0] != '\0');
    TACET_ASSERT(strpbrk(a.prefix, " \r\n#?") == NULL);
    TACET_ASSERT(a.tls || !a.pinned);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size >= 2) {
    answer(data[0] << 8 | data[1], tacet_span_of(data + 2, size - 2));
  }
  if (size > 0) {
    address(tacet_span_of(data, size));
  }
  return 0;
}
