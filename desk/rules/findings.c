/* SPDX-License-Identifier: Apache-2.0
 * The list of findings, and the rules that there are. */
#include "desk/rules/findings.h"

#include "desk/rules/fields.h"

#include <stdarg.h>

static const desk_rule rules[RULES] = {
#define X(name, number, code, severity, answer, automatic, source)             \
  [RULE_##name] = {number,    code,  DESK_##severity, DESK_ANSWER_##answer,    \
                   automatic, source},
    DESK_RULE_MAP(X)
#undef X
};

const desk_rule *desk_rule_at(size_t i) {
  return i < RULES ? &rules[i] : NULL;
}

static const char *const severities[DESK_SEVERITIES] = {"note", "warn",
                                                        "block"};
static const char *const answers[DESK_ANSWERS] = {
    "none", "accept", "narrow", "clarify", "object", "refuse"};

const char *desk_severity_name(desk_severity s) {
  return (unsigned)s < DESK_SEVERITIES ? severities[s] : NULL;
}
const char *desk_answer_name(desk_answer a) {
  return (unsigned)a < DESK_ANSWERS ? answers[a] : NULL;
}

static char *text_new(checking *c, size_t len) {
  rules_block *b = tacet_alloc(sizeof(rules_block) + len + 1);
  if (b == NULL) {
    c->e = TACET_ERR_NOMEM;
    return NULL;
  }
  b->next = c->found.blocks;
  c->found.blocks = b;
  return (char *)b->bytes;
}

/* Room for one more. */
static bool grow(checking *c) {
  if (c->found.n < c->room) {
    return true;
  }
  size_t room = c->room == 0 ? 16 : 2 * c->room;
  desk_finding *items = tacet_alloc_array(room, sizeof(*items));
  if (items == NULL) {
    c->e = TACET_ERR_NOMEM;
    return false;
  }
  if (c->found.n > 0) {
    memcpy(items, c->found.items, c->found.n * sizeof(*items));
  }
  tacet_free(c->found.items);
  c->found.items = items;
  c->room = room;
  return true;
}

void rules_add(checking *c, rules_rule rule, const char *where,
               const char *format, ...) {
  va_list list, again;
  if (c->e != TACET_OK || !grow(c)) {
    return;
  }
  va_start(list, format);
  va_copy(again, list);
  int len = vsnprintf(NULL, 0, format, list);
  va_end(list);
  char *text = len < 0 ? NULL : text_new(c, (size_t)len);
  if (text != NULL) {
    (void)vsnprintf(text, (size_t)len + 1, format, again);
    desk_finding *f = &c->found.items[c->found.n++];
    f->rule = &rules[rule];
    f->paragraph = text;
    (void)snprintf(f->where, sizeof(f->where), "%s", where);
  }
  va_end(again);
}

void desk_findings_free(desk_findings *f) {
  tacet_free(f->items);
  rules_blocks_free(f->blocks);
  *f = (desk_findings){0};
}

desk_severity desk_findings_worst(const desk_findings *f) {
  desk_severity worst = DESK_NOTE;
  for (size_t i = 0; i < f->n; i++) {
    desk_severity s = f->items[i].rule->severity;
    worst = s > worst ? s : worst;
  }
  return worst;
}

desk_answer desk_findings_propose(const desk_findings *f) {
  desk_severity worst = desk_findings_worst(f);
  desk_answer strongest = DESK_ANSWER_ACCEPT;
  for (size_t i = 0; i < f->n; i++) {
    const desk_rule *rule = f->items[i].rule;
    /* A question that blocks nothing is asked in passing, if at all. */
    bool counts = worst == DESK_BLOCK ? rule->severity == DESK_BLOCK
                                      : rule->answer == DESK_ANSWER_NARROW;
    if (counts && rule->answer > strongest) {
      strongest = rule->answer;
    }
  }
  return strongest;
}

/* A forged demand comes with haste, and with reasons why nobody can call back;
 * so these are not left to the hour. */
bool desk_rule_is_final(const char *code) {
  static const rules_rule final[] = {RULE_SIGNATURE_INVALID, RULE_MAIL_FORGED,
                                     RULE_EMERGENCY_FACTS,
                                     RULE_EMERGENCY_CALLBACK, RULE_KIND_WRONG};
  for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
    if (strcmp(desk_rule_at(final[i])->code, code) == 0) {
      return true;
    }
  }
  return false;
}

tacet_err desk_evaluate(const desk_question *q, desk_findings *out) {
  checking c = {
      .q = q,
      .r = q->request,
      .instrument = desk_instrument_find(q->tables, q->request->instrument),
      .authority = desk_authority_find(q->tables, q->request->authority.code)};
  rules_check_paper(&c);
  rules_check_time(&c);
  rules_check_about(&c);
  rules_check_demands(&c);
  rules_check_sender(&c);
  if (c.e != TACET_OK) {
    desk_findings_free(&c.found);
    return c.e;
  }
  *out = c.found;
  return TACET_OK;
}
