/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/inclusion.h -- a text that shows that something is in a log:
 * c2sp.org/tlog-proof, v1.
 *
 *   c2sp.org/tlog-proof@v1\n
 *   index 1234\n
 *   base64(hash)\n          a line for each hash of the path, at most 64
 *   \n
 *   the signed checkpoint   (note.h)
 *
 * Who has the entry and this text needs nothing but public keys:
 *
 *   tacet_inclusion_parse()     form alone
 *   judge `note`                tacet_note_verify() or tacet_policy_judge()
 *   tacet_inclusion_verify()    the entry stands there, under that head
 */
#ifndef TACET_KEYTRANS_INCLUSION_H
#define TACET_KEYTRANS_INCLUSION_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/keytrans/note.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Name, index, 64 lines of 45 bytes and the note. */
#define TACET_INCLUSION_MAX (TACET_NOTE_MAX + (4 * 1024))

typedef struct tacet_inclusion {
  uint64_t index;
  tacet_tlog_proof path;
  tacet_span note; /* after parsing: points into the text */
} tacet_inclusion;

void tacet_inclusion_write(const tacet_inclusion *p, tacet_buf *out);
/* UNSUPPORTED for a text with an `extra` line, which nothing of ours has;
 * ENCODING for any other fault of the lines before the note. The note is not
 * looked at. */
TACET_MUST_CHECK tacet_err tacet_inclusion_parse(tacet_span text,
                                                 tacet_inclusion *out);
/* AUTH unless `entry` stands at p->index of the log with this head. */
TACET_MUST_CHECK tacet_err tacet_inclusion_verify(const tacet_inclusion *p,
                                                  tacet_span entry,
                                                  const tacet_tlog_head *head);

#ifdef __cplusplus
}
#endif
#endif
