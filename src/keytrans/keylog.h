/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the key log share. */
#ifndef KEYTRANS_KEYLOG_H
#define KEYTRANS_KEYLOG_H

#include "tacet/keytrans/keylog.h"

/* The reader's tacet_keylog_key(): AUTH unless the proof shows it. */
tacet_err keylog_key_verify(tacet_span vrf_public_key,
                            const tacet_keylog_label *label, uint32_t version,
                            tacet_span proof, tacet_map_hash *out);

/* The next version of the ladder that a LabelProof shows, for a reader who has
 * seen so many (0: all are shown); those before it are told to be there. */
bool keylog_ladder_next_shown(tacet_keylog_ladder *l, uint32_t seen,
                              uint32_t *version);

/* A HeadProof's parts. Any INPUT error. */
typedef struct keylog_head_proof {
  tacet_span note, epoch;
  tacet_tlog_proof inclusion, consistency;
} keylog_head_proof;
tacet_err keylog_head_read(tacet_span bytes, keylog_head_proof *out);

#endif
