/* SPDX-License-Identifier: Apache-2.0
 * client/evidence.h -- what a directory did wrong, kept as files in the folder
 * `evidence` of the home: text that a stranger can check.
 */
#ifndef TACET_CLIENT_EVIDENCE_H
#define TACET_CLIENT_EVIDENCE_H

#include "client/keylog.h"

/* Writes the file; *path is in mem, NULL where the disk refused. *stands: it is
 * proof by itself; else it is a report, since nobody signed what is wrong. What
 * is kept once stays: the same finding again is the same file. */
TACET_MUST_CHECK tacet_err
client_evidence_keep(client *c, const client_keylog *k, const client_finding *f,
                     client_mem *mem, const char **path, bool *stands);
/* The signed checkpoint of a HeadProof, in it; and the size that it names. Any
 * INPUT error. */
TACET_MUST_CHECK tacet_err client_evidence_note(tacet_span head,
                                                tacet_span *note);
TACET_MUST_CHECK tacet_err client_evidence_size(tacet_span head,
                                                uint64_t *size);

#endif
