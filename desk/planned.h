/* SPDX-License-Identifier: Apache-2.0
 * desk/planned.h -- the plan of a case and who has signed it, from the log's
 * events: a plan is the body of the newest "planned", and what was signed
 * before it, or before a run that was stopped, counts for nothing.
 */
#ifndef TACET_DESK_PLANNED_H
#define TACET_DESK_PLANNED_H

#include "desk/command.h"
#include "desk/plan/bundle.h"

#define DESK_E_PLANNED "planned"
#define DESK_E_SIGNED "plan-signed"
#define DESK_E_STOPPED "run-stopped"

#define DESK_OPERATOR_MAX 1024
typedef struct desk_planned {
  desk_plan plan;
  desk_consent consents[DESK_CONSENTS_MAX];
  char officers[DESK_CONSENTS_MAX][DESK_NAME_MAX + 1];
  size_t n_consents;
  char operator_name[DESK_OPERATOR_MAX]; /* "": the plan's event has none */
} desk_planned;
#define DESK_PLANNED(name)                                                     \
  TACET_CLEANUP(desk_planned_free) desk_planned name = {.n_consents = 0}
void desk_planned_free(desk_planned *p);

/* NOT_FOUND and a sentence where there is none; STATE where it is not what
 * this program makes of it today. */
TACET_MUST_CHECK tacet_err desk_planned_load(desk_store *s, const char *id,
                                             desk_trouble *why,
                                             desk_planned *out);
/* That these signatures are enough, of people who work here today with the keys
 * that they signed with. POLICY, AUTH. */
TACET_MUST_CHECK tacet_err desk_planned_approved(desk_store *s,
                                                 const desk_planned *p,
                                                 const char *filed_by,
                                                 desk_trouble *why);

#endif
