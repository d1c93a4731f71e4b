/* SPDX-License-Identifier: Apache-2.0
 * The table of a case's states and steps. What does not stand here is refused.
 */
#include "desk/store/machine.h"

#include <stdio.h>

static const char *const states[DESK_STATES] = {
    [DESK_S_RECEIVED] = "received",
    [DESK_S_AUTHENTICATED] = "authenticated",
    [DESK_S_TRIAGED] = "triaged",
    [DESK_S_LEGAL_REVIEW] = "legal-review",
    [DESK_S_ACCEPTED] = "accepted",
    [DESK_S_NARROWED] = "narrowed",
    [DESK_S_REFUSED] = "refused",
    [DESK_S_CLARIFICATION] = "clarification-asked",
    [DESK_S_CHALLENGED] = "challenged",
    [DESK_S_FRAUD] = "fraud-rejected",
    [DESK_S_WITHDRAWN] = "withdrawn",
    [DESK_S_PLANNED] = "planned",
    [DESK_S_APPROVED] = "approved",
    [DESK_S_EXTRACTED] = "extracted",
    [DESK_S_MINIMISED] = "minimised",
    [DESK_S_SEALED] = "sealed",
    [DESK_S_DELIVERED] = "delivered",
    [DESK_S_NO_DATA] = "no-data",
    [DESK_S_NOTIFIED] = "notified",
    [DESK_S_NOTICE_DELAYED] = "notice-delayed",
    [DESK_S_CLOSED] = "closed",
    [DESK_S_PURGED] = "purged"};

static const char *const steps[DESK_STEPS] = {
    [DESK_DO_AUTHENTICATE] = "authenticate",
    [DESK_DO_TRIAGE] = "triage",
    [DESK_DO_REVIEW] = "review",
    [DESK_DO_ACCEPT] = "accept",
    [DESK_DO_NARROW] = "narrow",
    [DESK_DO_REFUSE] = "refuse",
    [DESK_DO_CLARIFY] = "clarify",
    [DESK_DO_CHALLENGE] = "challenge",
    [DESK_DO_FRAUD] = "reject-as-fraud",
    [DESK_DO_WITHDRAW] = "withdraw",
    [DESK_DO_PLAN] = "plan",
    [DESK_DO_APPROVE] = "approve",
    [DESK_DO_EXTRACT] = "extract",
    [DESK_DO_STOP] = "stop",
    [DESK_DO_MINIMISE] = "minimise",
    [DESK_DO_SEAL] = "seal",
    [DESK_DO_DELIVER] = "deliver",
    [DESK_DO_NO_DATA] = "no-data",
    [DESK_DO_NOTIFY] = "notify",
    [DESK_DO_DELAY] = "delay-notice",
    [DESK_DO_CLOSE] = "close",
    [DESK_DO_PURGE] = "purge"};

#define S(x) DESK_S_##x
#define D(x) DESK_DO_##x
static const struct {
  desk_state from;
  desk_step step;
  desk_state to;
} table[] = {
    {S(RECEIVED), D(AUTHENTICATE), S(AUTHENTICATED)},
    {S(RECEIVED), D(FRAUD), S(FRAUD)},
    {S(RECEIVED), D(WITHDRAW), S(WITHDRAWN)},

    {S(AUTHENTICATED), D(TRIAGE), S(TRIAGED)},
    {S(AUTHENTICATED), D(FRAUD), S(FRAUD)},
    {S(AUTHENTICATED), D(WITHDRAW), S(WITHDRAWN)},

    {S(TRIAGED), D(REVIEW), S(LEGAL_REVIEW)},
    {S(TRIAGED), D(FRAUD), S(FRAUD)},
    {S(TRIAGED), D(WITHDRAW), S(WITHDRAWN)},

    /* Evaluated again, with another set of rules or a completed demand. */
    {S(LEGAL_REVIEW), D(REVIEW), S(LEGAL_REVIEW)},
    {S(LEGAL_REVIEW), D(ACCEPT), S(ACCEPTED)},
    {S(LEGAL_REVIEW), D(NARROW), S(NARROWED)},
    {S(LEGAL_REVIEW), D(REFUSE), S(REFUSED)},
    {S(LEGAL_REVIEW), D(CLARIFY), S(CLARIFICATION)},
    {S(LEGAL_REVIEW), D(CHALLENGE), S(CHALLENGED)},
    {S(LEGAL_REVIEW), D(FRAUD), S(FRAUD)},
    {S(LEGAL_REVIEW), D(WITHDRAW), S(WITHDRAWN)},

    {S(CLARIFICATION), D(REVIEW), S(LEGAL_REVIEW)},
    {S(CLARIFICATION), D(REFUSE), S(REFUSED)},
    {S(CLARIFICATION), D(FRAUD), S(FRAUD)},
    {S(CLARIFICATION), D(WITHDRAW), S(WITHDRAWN)},

    {S(CHALLENGED), D(ACCEPT), S(ACCEPTED)},
    {S(CHALLENGED), D(NARROW), S(NARROWED)},
    {S(CHALLENGED), D(REFUSE), S(REFUSED)},
    {S(CHALLENGED), D(WITHDRAW), S(WITHDRAWN)},

    {S(ACCEPTED), D(PLAN), S(PLANNED)},
    {S(ACCEPTED), D(NO_DATA), S(NO_DATA)}, /* nothing to plan */
    {S(ACCEPTED), D(REFUSE), S(REFUSED)},
    {S(ACCEPTED), D(FRAUD), S(FRAUD)},
    {S(ACCEPTED), D(WITHDRAW), S(WITHDRAWN)},
    {S(NARROWED), D(PLAN), S(PLANNED)},
    {S(NARROWED), D(NO_DATA), S(NO_DATA)},
    {S(NARROWED), D(REFUSE), S(REFUSED)},
    {S(NARROWED), D(FRAUD), S(FRAUD)},
    {S(NARROWED), D(WITHDRAW), S(WITHDRAWN)},

    {S(PLANNED), D(PLAN), S(PLANNED)},
    {S(PLANNED), D(APPROVE), S(APPROVED)},
    {S(PLANNED), D(REFUSE), S(REFUSED)},
    {S(PLANNED), D(FRAUD), S(FRAUD)},
    {S(PLANNED), D(WITHDRAW), S(WITHDRAWN)},

    {S(APPROVED), D(PLAN), S(PLANNED)},
    {S(APPROVED), D(EXTRACT), S(EXTRACTED)},
    {S(APPROVED), D(FRAUD), S(FRAUD)},
    {S(APPROVED), D(WITHDRAW), S(WITHDRAWN)},

    {S(EXTRACTED), D(MINIMISE), S(MINIMISED)},
    {S(EXTRACTED), D(STOP), S(PLANNED)},
    {S(EXTRACTED), D(FRAUD), S(FRAUD)},
    {S(EXTRACTED), D(WITHDRAW), S(WITHDRAWN)},

    {S(MINIMISED), D(SEAL), S(SEALED)},
    {S(MINIMISED), D(NO_DATA), S(NO_DATA)},
    {S(MINIMISED), D(FRAUD), S(FRAUD)},
    {S(MINIMISED), D(WITHDRAW), S(WITHDRAWN)},

    {S(SEALED), D(DELIVER), S(DELIVERED)},
    {S(SEALED), D(FRAUD), S(FRAUD)},
    {S(SEALED), D(WITHDRAW), S(WITHDRAWN)},

    {S(DELIVERED), D(NOTIFY), S(NOTIFIED)},
    {S(DELIVERED), D(DELAY), S(NOTICE_DELAYED)},
    {S(DELIVERED), D(CLOSE), S(CLOSED)}, /* nobody has to be told */
    {S(NO_DATA), D(NOTIFY), S(NOTIFIED)},
    {S(NO_DATA), D(DELAY), S(NOTICE_DELAYED)},
    {S(NO_DATA), D(CLOSE), S(CLOSED)}, /* nothing was handed over */
    {S(NOTICE_DELAYED), D(NOTIFY), S(NOTIFIED)},
    {S(NOTICE_DELAYED), D(DELAY), S(NOTICE_DELAYED)},
    /* The notice fires by itself, whether the case is closed or not. */
    {S(NOTICE_DELAYED), D(CLOSE), S(CLOSED)},
    {S(NOTIFIED), D(CLOSE), S(CLOSED)},

    {S(REFUSED), D(CLOSE), S(CLOSED)},
    {S(FRAUD), D(CLOSE), S(CLOSED)},
    {S(WITHDRAWN), D(CLOSE), S(CLOSED)},

    {S(CLOSED), D(PURGE), S(PURGED)},
};
#undef S
#undef D
#define N_ROWS (sizeof(table) / sizeof(table[0]))

const char *desk_state_name(desk_state s) {
  return (unsigned)s < DESK_STATES ? states[s] : NULL;
}

const char *desk_step_name(desk_step d) {
  return (unsigned)d < DESK_STEPS ? steps[d] : NULL;
}

bool desk_state_read(const char *text, desk_state *out) {
  for (unsigned i = 0; i < DESK_STATES; i++) {
    if (strcmp(states[i], text) == 0) {
      *out = (desk_state)i;
      return true;
    }
  }
  return false;
}

bool desk_step_next(desk_state from, desk_step step, desk_state *to) {
  for (size_t i = 0; i < N_ROWS; i++) {
    if (table[i].from == from && table[i].step == step) {
      *to = table[i].to;
      return true;
    }
  }
  return false;
}

void desk_steps_text(desk_state from, char *out, size_t cap) {
  size_t at = 0;
  for (size_t i = 0; i < N_ROWS; i++) {
    if (table[i].from != from || at >= cap) {
      continue;
    }
    int n = snprintf(out + at, cap - at, "%s%s", at > 0 ? ", " : "",
                     steps[table[i].step]);
    at += n > 0 ? (size_t)n : 0;
  }
  if (at == 0) {
    (void)snprintf(out, cap, "none");
  }
}
