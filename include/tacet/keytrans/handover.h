/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/handover.h -- that two keys are of one key log: what the old
 * one and the new one say of each other when a log changes its key.
 *
 * Both sign the same text, each as it would sign a note (note.h):
 *
 *   tacet-log-handover/v1\n
 *   FROM\n                     verifier key of the old one
 *   TO\n                       of the new one, with the same name
 *
 * No checkpoint is such a text. The old key alone could lay its history at the
 * door of a stranger's key, the new one alone could help itself to another's;
 * both together answer for what either has signed. Nobody believes a key for
 * it: that is the policy's affair. It makes evidence of two heads of which each
 * key has signed one.
 *
 * It lies in the policy's text as a comment, which is how it reaches readers:
 *
 *   # handover FROM TO BASE64
 */
#ifndef TACET_KEYTRANS_HANDOVER_H
#define TACET_KEYTRANS_HANDOVER_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/keytrans/note.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_HANDOVER_LEN 128 /* the signature of the old key, of the new */

typedef struct tacet_handover {
  tacet_note_key from, to;
  uint8_t signatures[TACET_HANDOVER_LEN];
} tacet_handover;

/* private keys: 32-byte seeds. ARGUMENT for keys that are not two of one
 * Ed25519 log. */
TACET_MUST_CHECK tacet_err tacet_handover_sign(const tacet_note_key *from,
                                               const tacet_secret *from_private,
                                               const tacet_note_key *to,
                                               const tacet_secret *to_private,
                                               tacet_handover *out);
/* AUTH unless both have signed it. */
TACET_MUST_CHECK tacet_err tacet_handover_verify(const tacet_handover *h);

/* The comment, with its newline. */
void tacet_handover_write(const tacet_handover *h, tacet_buf *out);
/* Is this line of a policy such a comment, whatever stands in it? */
bool tacet_handover_is_line(tacet_span line);
/* The last one of a policy's text, in form; not verified. NOT_FOUND. */
TACET_MUST_CHECK tacet_err tacet_handover_read(tacet_span policy,
                                               tacet_handover *out);

#ifdef __cplusplus
}
#endif
#endif
