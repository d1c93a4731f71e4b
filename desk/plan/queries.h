/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/queries.h -- which statements a plan has. Within the module only.
 */
#ifndef TACET_DESK_PLAN_QUERIES_H
#define TACET_DESK_PLAN_QUERIES_H

#include "desk/plan/plan.h"

/* The steps for a scope's categories, things and period into `steps`, of which
 * there is room for DESK_QUERIES_MAX. Without a column to give, only the first. */
TACET_MUST_CHECK tacet_err desk_queries_make(const desk_scope *scope,
                                             desk_query *steps, size_t *n);

#endif
