/* SPDX-License-Identifier: Apache-2.0
 * Proposals in the form that callers see.
 */
#ifndef TACET_MLS_VIEWS_H
#define TACET_MLS_VIEWS_H

#include "mls/proposals.h"

void tacet_proposal_view_set(const tacet_suite *s,
                             const tacet_listed_proposal *p,
                             tacet_mls_proposal_view *out);

#endif
