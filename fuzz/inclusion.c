/* SPDX-License-Identifier: Apache-2.0
 * A proof of inclusion that anybody may have written: what is read is written
 * again to the same bytes. */
#include "tacet/keytrans/inclusion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tacet_span in = tacet_span_of(data, size);
  const tacet_tlog_head head = {.size = 1};
  TACET_BUF(out, TACET_INCLUSION_MAX);
  tacet_inclusion p;
  if (size > TACET_INCLUSION_MAX || tacet_inclusion_parse(in, &p) != TACET_OK) {
    return 0;
  }
  tacet_inclusion_write(&p, &out);
  TACET_ASSERT(out.err == TACET_OK);
  TACET_ASSERT(tacet_span_equal(in, tacet_buf_span(&out)));
  tacet_err err = tacet_inclusion_verify(&p, in, &head);
  TACET_ASSERT(err != TACET_OK); /* nobody finds what hashes to zeros */
  return 0;
}
