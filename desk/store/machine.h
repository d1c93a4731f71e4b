/* SPDX-License-Identifier: Apache-2.0
 * desk/store/machine.h -- the states of a case and what brings it from one to
 * the next. A step that is not in the table of machine.c is refused.
 *
 *   received -> authenticated -> triaged -> legal-review
 *     -> accepted, narrowed                 it will be answered
 *     -> refused, clarification, challenged (in court), fraud
 *   accepted, narrowed -> planned -> approved (two signatures) -> extracted
 *     -> minimised (extract and plan agree) -> sealed -> delivered
 *                                           -> no-data: nothing was held
 *   accepted, narrowed -> no-data           nothing of it is held: no plan
 *   delivered, no-data -> notified, notice-delayed (until a day) -> closed
 *                                           or closed, where nobody is told
 *   closed -> purged                        counts stay
 *
 * An emergency goes the same way, only faster. Preservation freezes what is
 * held and is a mark on the case, not a state.
 */
#ifndef TACET_DESK_MACHINE_H
#define TACET_DESK_MACHINE_H

#include "tacet/base.h"

typedef enum desk_state {
  DESK_S_RECEIVED,
  DESK_S_AUTHENTICATED,
  DESK_S_TRIAGED,
  DESK_S_LEGAL_REVIEW,
  DESK_S_ACCEPTED,
  DESK_S_NARROWED,
  DESK_S_REFUSED,
  DESK_S_CLARIFICATION,
  DESK_S_CHALLENGED,
  DESK_S_FRAUD,
  DESK_S_WITHDRAWN,
  DESK_S_PLANNED,
  DESK_S_APPROVED,
  DESK_S_EXTRACTED,
  DESK_S_MINIMISED,
  DESK_S_SEALED,
  DESK_S_DELIVERED,
  DESK_S_NO_DATA,
  DESK_S_NOTIFIED,
  DESK_S_NOTICE_DELAYED,
  DESK_S_CLOSED,
  DESK_S_PURGED,
  DESK_STATES
} desk_state;

typedef enum desk_step {
  DESK_DO_AUTHENTICATE, /* who asks is who he says: called back, seal checked */
  DESK_DO_TRIAGE,
  DESK_DO_REVIEW, /* the validators' findings are there */
  DESK_DO_ACCEPT,
  DESK_DO_NARROW,
  DESK_DO_REFUSE,
  DESK_DO_CLARIFY,
  DESK_DO_CHALLENGE,
  DESK_DO_FRAUD,
  DESK_DO_WITHDRAW,
  DESK_DO_PLAN,    /* also another plan: signatures of the old one are void */
  DESK_DO_APPROVE, /* the second signature */
  DESK_DO_EXTRACT,
  DESK_DO_STOP, /* the extract had a cell too many: back to planning */
  DESK_DO_MINIMISE,
  DESK_DO_SEAL,
  DESK_DO_DELIVER,
  DESK_DO_NO_DATA,
  DESK_DO_NOTIFY,
  DESK_DO_DELAY, /* the notice, until a day, on a legal basis */
  DESK_DO_CLOSE,
  DESK_DO_PURGE,
  DESK_STEPS
} desk_step;

/* NULL past the end. */
const char *desk_state_name(desk_state s);
bool desk_state_read(const char *text, desk_state *out);
const char *desk_step_name(desk_step d);

/* False where the step is forbidden. */
bool desk_step_next(desk_state from, desk_step step, desk_state *to);
/* The steps that are possible, as words with commas between; "none". */
void desk_steps_text(desk_state from, char *out, size_t cap);

#endif
