/* SPDX-License-Identifier: Apache-2.0
 * Days: of the paper and of what it asks about. V04, V05, and of V11 that there
 * is no period at all. */
#include "desk/rules/findings.h"

enum { DEFAULT_PERIOD_DAYS = 366 };

bool rules_needs_period(const desk_request *r) {
  static const char *const dated[] = {"ip-history", "sessions"};
  for (size_t i = 0; i < r->demands.n; i++) {
    const desk_demand *d = desk_demand_find(r->demands.items[i]);
    if (d->is == DESK_DEMAND_DATA && d->category >= DESK_TRAFFIC) {
      return true;
    }
    for (size_t k = 0; k < sizeof(dated) / sizeof(dated[0]); k++) {
      if (strcmp(d->code, dated[k]) == 0) {
        return true;
      }
    }
  }
  return false;
}

static void check_expired(checking *c) {
  const desk_request *r = c->r;
  char day[DESK_DAY_TEXT];
  if (r->expires != DESK_NO_DAY && r->received > r->expires) {
    desk_day_text(r->expires, day);
    rules_add(c, RULE_DATE_EXPIRED, "expires",
              "The document could be served until %s and reached us later.",
              day);
  } else if (c->instrument != NULL && c->instrument->valid_days > 0 &&
             r->dated != DESK_NO_DAY && r->expires == DESK_NO_DAY &&
             (int64_t)r->received - r->dated >
                 (int64_t)c->instrument->valid_days) {
    desk_day_text(r->dated, day);
    rules_add(c, RULE_DATE_EXPIRED, "dated",
              "The document was issued on %s and reached us more than %u days "
              "later.",
              day, (unsigned)c->instrument->valid_days);
  }
}

static void check_dates(checking *c) {
  const desk_request *r = c->r;
  char day[DESK_DAY_TEXT];
  if (r->received > c->q->today) {
    rules_add(c, RULE_RECEIVED_FUTURE, "received",
              "It is filed as received on a day that has not come yet.");
  }
  if (r->dated == DESK_NO_DAY) {
    rules_add(c, RULE_DATE_MISSING, "dated",
              "The document does not say when it was issued.");
  } else if (r->dated > r->received || r->dated > c->q->today) {
    desk_day_text(r->dated, day);
    rules_add(c, RULE_DATE_FUTURE, "dated",
              "The document is dated %s, which is after the day on which it "
              "reached us.",
              day);
  }
  check_expired(c);
  if (r->dated != DESK_NO_DAY && r->offence.from != DESK_NO_DAY &&
      r->dated < r->offence.from) {
    desk_day_text(r->offence.from, day);
    rules_add(c, RULE_DATE_BEFORE_OFFENCE, "offence.from",
              "The document was issued before %s, the day on which what it is "
              "about is said to have begun.",
              day);
  }
  if (r->deadline != DESK_NO_DAY && r->deadline < r->received) {
    desk_day_text(r->deadline, day);
    rules_add(c, RULE_DEADLINE_PAST, "deadline",
              "The document asks for an answer by %s, which had passed when it "
              "reached us.",
              day);
  }
}

static void check_wide(checking *c) {
  const desk_operator *us = desk_operator_of(c->q->tables);
  uint64_t most =
      us->max_period_days > 0 ? us->max_period_days : DEFAULT_PERIOD_DAYS;
  int64_t days = (int64_t)c->r->period.to - c->r->period.from + 1;
  if (days > (int64_t)most && rules_needs_period(c->r)) {
    rules_add(c, RULE_PERIOD_TOO_WIDE, "period",
              "The period has %lld days. For more than %llu we ask for the "
              "reasons why each part of it is needed, or for a shorter one.",
              (long long)days, (unsigned long long)most);
  }
}

static void check_period(checking *c) {
  const desk_request *r = c->r;
  desk_day from = r->period.from, to = r->period.to;
  desk_day began = desk_operator_of(c->q->tables)->began;
  bool known = desk_operator_of(c->q->tables)->given && began != DESK_NO_DAY;
  bool open = from == DESK_NO_DAY || to == DESK_NO_DAY;
  if (open) {
    if (rules_needs_period(r)) {
      rules_add(c, RULE_PERIOD_MISSING, "period",
                "The document asks about no period that begins and ends. We do "
                "not answer demands without one.");
    }
  } else if (from > to) {
    rules_add(c, RULE_PERIOD_INVERTED, "period",
              "The period that the document asks about ends before it "
              "begins.");
    return;
  } else {
    check_wide(c);
  }
  if (to != DESK_NO_DAY && known && to < began) {
    char day[DESK_DAY_TEXT];
    desk_day_text(began, day);
    rules_add(c, RULE_PERIOD_BEFORE_SERVICE, "period.to",
              "The service began on %s, after the period that the document "
              "asks about.",
              day);
  }
  if (to != DESK_NO_DAY && to > r->received) {
    rules_add(c, RULE_PERIOD_FUTURE, "period.to",
              "The period goes beyond the day on which the document reached "
              "us. We answer for what there was on that day; we do not record "
              "for the time after it.");
  }
}

void rules_check_time(checking *c) {
  check_dates(c);
  check_period(c);
}
