/* SPDX-License-Identifier: Apache-2.0
 * Evidence that anybody may have written: what is read is written again to the
 * same bytes, and nothing stands that was not signed. */
#include "keytrans/evidence.h"

/* Of the corpus, the only key that ever signed: it stands for that log alone.
 */
static const uint8_t nobody[32] = {1};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tacet_span in = tacet_span_of(data, size);
  TACET_BUF(store, TACET_EVIDENCE_MAX);
  TACET_BUF(out, TACET_EVIDENCE_MAX);
  tacet_evidence e;
  tacet_evidence_verdict v;
  tacet_note_key log;
  if (evidence_read(in, &store, &e) == TACET_OK) {
    evidence_write(&e, &out);
    TACET_ASSERT(out.err == TACET_OK);
    TACET_ASSERT(tacet_span_equal(in, tacet_buf_span(&out)));
  }
  (void)!tacet_evidence_verify(in, NULL, NULL, &v);
  if (tacet_note_key_make(TACET_SPAN_LIT("nobody"), TACET_NOTE_ED25519, nobody,
                          &log) == TACET_OK) {
    tacet_err err = tacet_evidence_verify(in, &log, NULL, &v);
    TACET_ASSERT(err != TACET_OK);
  }
  return 0;
}
