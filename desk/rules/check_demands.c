/* SPDX-License-Identifier: Apache-2.0
 * What it asks for: V09, V10, V11, V14. */
#include "desk/rules/findings.h"

static bool lacks_judge(const checking *c, desk_category category) {
  return (c->instrument->judge_for >> category & 1) != 0 &&
         (c->authority == NULL || !c->authority->judge);
}

static bool too_light(const checking *c, desk_category category) {
  return (c->instrument->grave_for >> category & 1) != 0 &&
         c->r->offence.max_years < c->instrument->grave_years;
}

bool rules_permits(const checking *c, desk_category category) {
  return c->instrument != NULL &&
         (c->instrument->permits >> category & 1) != 0 &&
         !lacks_judge(c, category) && !too_light(c, category);
}

/* ---- V09 ---- */

static const desk_holding *holding_of(const checking *c, const char *demand) {
  for (size_t i = 0; i < c->q->n_holdings; i++) {
    if (strcmp(c->q->holdings[i].demand, demand) == 0) {
      return &c->q->holdings[i];
    }
  }
  return NULL;
}

static void check_held(checking *c, const desk_demand *d, const char *where) {
  const desk_holding *h = holding_of(c, d->code);
  if (h == NULL) {
    rules_add(c, RULE_HOLDING_UNKNOWN, where,
              "The inventory does not say whether there is such data: %s.",
              d->words);
  } else if (!h->held) {
    rules_add(c, RULE_NOT_HELD, where, "You ask for: %s. %s", d->words,
              h->words);
  }
}

/* ---- V10 ---- */

static void check_strength(checking *c, const desk_demand *d,
                           const char *where) {
  const desk_instrument *i = c->instrument;
  if ((i->permits >> d->category & 1) == 0) {
    rules_add(c, RULE_CATEGORY_TOO_STRONG, where,
              "You ask for: %s. That is more than %s can order (%s).", d->words,
              i->words, i->source);
  } else if (lacks_judge(c, d->category)) {
    rules_add(c, RULE_JUDGE_NEEDED, where,
              "You ask for: %s. For data of this kind %s must be issued or "
              "validated by a judge or court (%s).",
              d->words, i->words, i->source);
  } else if (too_light(c, d->category)) {
    rules_add(c, RULE_OFFENCE_TOO_LIGHT, where,
              "You ask for: %s. For data of this kind the document must show "
              "an offence that is punished with at least %llu years at most "
              "(%s).",
              d->words, (unsigned long long)i->grave_years, i->source);
  }
}

/* ---- V11, V14 ---- */

static void check_search(checking *c, const desk_demand *d, const char *where) {
  rules_add(c, RULE_REVERSE_SEARCH, where,
            "The document asks for %s. That names no account; it searches "
            "among everybody for somebody to suspect. We refuse such demands, "
            "and the service has no means to carry them out.",
            d->words);
}

static void check_act(checking *c, const desk_demand *d, const char *where) {
  rules_add(c, RULE_ACT_DEMANDED, where,
            "The document asks us %s. The keys are on the devices of our users "
            "alone, the server has no function of this kind, and we are not "
            "going to make one.",
            d->words);
}

/* Lower-cased ASCII of `text` contains `words`. */
static bool says(const char *text, const char *words) {
  size_t n = strlen(words);
  for (; *text != '\0'; text++) {
    size_t i = 0;
    while (i < n && text[i] != '\0' &&
           (text[i] == words[i] || text[i] + ('a' - 'A') == words[i])) {
      i++;
    }
    if (i == n) {
      return true;
    }
  }
  return false;
}

static void check_others(checking *c) {
  static const char *const wide[] = {"any and all", "all records", "all data",
                                     "all information", "everything"};
  for (size_t i = 0; i < c->r->other_demands.n; i++) {
    const char *text = c->r->other_demands.items[i];
    char where[48];
    bool is_wide = false;
    for (size_t k = 0; k < sizeof(wide) / sizeof(wide[0]); k++) {
      is_wide = is_wide || says(text, wide[k]);
    }
    (void)snprintf(where, sizeof(where), "other_demands[%zu]", i);
    rules_add(c, is_wide ? RULE_DEMAND_OVERBROAD : RULE_DEMAND_UNCLEAR, where,
              is_wide ? "The document asks for \"%s\". That describes nothing "
                        "in particular. Please name the kinds of data."
                      : "The document asks for \"%s\". We hold nothing that we "
                        "know by these words.",
              text);
  }
}

static void check_each(checking *c, size_t i, size_t *data, size_t *permitted) {
  const desk_demand *d = desk_demand_find(c->r->demands.items[i]);
  char where[48];
  (void)snprintf(where, sizeof(where), "demands[%zu]", i);
  switch (d->is) {
  case DESK_DEMAND_REVERSE:
    check_search(c, d, where);
    break;
  case DESK_DEMAND_ACT:
    check_act(c, d, where);
    break;
  case DESK_DEMAND_DATA:
    *data += 1;
    *permitted += rules_permits(c, d->category) ? 1 : 0;
    check_held(c, d, where);
    if (c->instrument != NULL) {
      check_strength(c, d, where);
    }
    break;
  }
}

void rules_check_demands(checking *c) {
  const desk_request *r = c->r;
  size_t data = 0, permitted = 0;
  if (r->demands.n + r->other_demands.n == 0) {
    rules_add(c, RULE_DEMAND_MISSING, "demands",
              "The document does not say what data it asks for.");
  }
  for (size_t i = 0; i < r->demands.n; i++) {
    check_each(c, i, &data, &permitted);
  }
  check_others(c);
  if (c->instrument != NULL && data > 0 && permitted == 0) {
    rules_add(c, RULE_NOTHING_PERMITTED, "demands",
              "Nothing of what the document asks for can be ordered in this "
              "way.");
  }
  if (c->instrument != NULL && c->instrument->prospective) {
    rules_add(c, RULE_PROSPECTIVE, "instrument",
              "The document orders us to record from now on. The server has no "
              "function that records what it does not store anyway, and we are "
              "not going to make one.");
  }
}
