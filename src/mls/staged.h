/* SPDX-License-Identifier: Apache-2.0
 * A commit that came in, was found valid, and waits for the caller's word.
 */
#ifndef TACET_MLS_STAGED_H
#define TACET_MLS_STAGED_H

#include "mls/group.h"
#include "mls/proposals.h"

struct tacet_staged {
  tacet_next next;          /* empty but for the change if removes_self, or: */
  bool public_only;         /* to be looked at, not to be applied */
  tacet_bytes body;         /* encoded Commit: what the views point into */
  tacet_proposal_list list; /* those by reference point into the cache */
  tacet_mls_staged_info info;
  tacet_mls_change *changes; /* before and after are found when asked for */
};
void tacet_staged_free(tacet_staged *s); /* NULL is fine */

#endif
