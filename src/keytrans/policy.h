/* SPDX-License-Identifier: Apache-2.0
 * A trust policy in memory: names in the order of their definition, so that a
 * group names only what stands before it. */
#ifndef KEYTRANS_POLICY_H
#define KEYTRANS_POLICY_H

#include "tacet/keytrans/policy.h"

#define NAMES_MAX (TACET_POLICY_WITNESSES_MAX + TACET_POLICY_GROUPS_MAX)
#define NO_QUORUM SIZE_MAX /* "none" */

typedef struct policy_name {
  tacet_span name, url; /* into the text */
  size_t witness;       /* which, if members is 0 */
  uint64_t members;     /* a bit for each name that the group lists */
  size_t threshold;
} policy_name;

struct tacet_policy {
  tacet_bytes text;
  size_t n_logs, n_witnesses, n_names;
  size_t quorum; /* a name, or NO_QUORUM */
  tacet_note_key logs[TACET_POLICY_LOGS_MAX];
  tacet_note_key witnesses[TACET_POLICY_WITNESSES_MAX];
  policy_name names[NAMES_MAX];
};

#endif
