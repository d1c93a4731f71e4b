/* SPDX-License-Identifier: Apache-2.0
 * What an evaluation came to, in text and JSON. */
#include "desk/rules/judgement.h"

#include "desk/rules/prose.h"

#include <jansson.h>
#include <stdio.h>

/* ---- text ---- */

static void put_finding(rules_prose *t, const desk_finding *f) {
  char first[32], source[400];
  (void)snprintf(first, sizeof(first), "%-6s ",
                 desk_severity_name(f->rule->severity));
  rules_prose_paragraph(t, first, f->paragraph);
  (void)snprintf(source, sizeof(source), "[%s %s; %s%s; at %s]",
                 f->rule->number, f->rule->code, f->rule->source,
                 f->rule->confirmed ? "" : ", to be read again", f->where);
  rules_prose_paragraph(t, "       ", source);
}

static void put_reasons(rules_prose *t, const char *head, const desk_reason *r,
                        size_t n) {
  if (n > 0) {
    rules_prose_line(t, "%s", "");
    rules_prose_line(t, "%s", head);
  }
  for (size_t i = 0; i < n; i++) {
    char first[32];
    (void)snprintf(first, sizeof(first), "  %-14s ",
                   desk_verdict_name(r[i].verdict));
    rules_prose_paragraph(t, first, r[i].what);
  }
}

tacet_err desk_judgement_text(const desk_findings *f, const desk_narrowing *n,
                              char **out) {
  rules_prose t = {NULL, 0, 0, TACET_OK};
  rules_prose_line(&t, "proposed: %s",
                   desk_answer_name(desk_findings_propose(f)));
  for (size_t i = 0; i < f->n; i++) {
    put_finding(&t, &f->items[i]);
  }
  put_reasons(&t, "demanded:", n->demands, n->n_demands);
  put_reasons(&t, "accounts:", n->accounts, n->n_accounts);
  if (t.e != TACET_OK) {
    tacet_free(t.p);
    return t.e;
  }
  *out = t.p;
  return TACET_OK;
}

/* ---- JSON ---- */

static json_t *finding_json(const desk_finding *f) {
  return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:b}", "number",
                   f->rule->number, "code", f->rule->code, "severity",
                   desk_severity_name(f->rule->severity), "answer",
                   desk_answer_name(f->rule->answer), "automatic",
                   f->rule->automatic, "where", f->where, "paragraph",
                   f->paragraph, "source", f->rule->source, "confirmed",
                   f->rule->confirmed);
}

static json_t *reason_json(const desk_reason *r) {
  return json_pack("{s:s, s:s, s:s, s:s}", "what", r->what, "code", r->code,
                   "verdict", desk_verdict_name(r->verdict), "words", r->words);
}

/* Takes over `item`; false without memory. */
static bool append(json_t *list, json_t *item) {
  return json_array_append_new(list, item) == 0;
}

static json_t *day_json(desk_day d) {
  char text[DESK_DAY_TEXT];
  if (d == DESK_NO_DAY) {
    return json_null();
  }
  desk_day_text(d, text);
  return json_string(text);
}

static json_t *scope_json(const desk_narrowing *n, bool brief) {
  const desk_scope *s = &n->scope;
  if (!n->anything) {
    return json_null();
  }
  json_t *categories = json_array(), *handles = json_array();
  bool ok = categories != NULL && handles != NULL;
  for (unsigned i = 0; ok && i < DESK_CATEGORIES; i++) {
    ok = (s->categories >> i & 1) == 0 ||
         append(categories, json_string(desk_category_name((desk_category)i)));
  }
  for (size_t i = 0; ok && !brief && i < s->n_handles; i++) {
    ok = append(handles, json_string(s->handles[i]));
  }
  json_t *scope =
      ok ? json_pack("{s:O, s:I, s:o, s:o}", "categories", categories,
                     "accounts", (json_int_t)s->n_handles, "from",
                     day_json(s->from), "to", day_json(s->to))
         : NULL;
  if (scope != NULL && !brief &&
      json_object_set(scope, "handles", handles) != 0) {
    json_decref(scope);
    scope = NULL;
  }
  json_decref(categories);
  json_decref(handles);
  return scope;
}

json_t *desk_judgement_json(const desk_findings *f, const desk_narrowing *n,
                            bool brief) {
  json_t *findings = json_array(), *demands = json_array(),
         *accounts = json_array();
  bool ok = findings != NULL && demands != NULL && accounts != NULL;
  for (size_t i = 0; ok && i < f->n; i++) {
    ok = append(findings, finding_json(&f->items[i]));
  }
  for (size_t i = 0; ok && i < n->n_demands; i++) {
    ok = append(demands, reason_json(&n->demands[i]));
  }
  for (size_t i = 0; ok && !brief && i < n->n_accounts; i++) {
    ok = append(accounts, reason_json(&n->accounts[i]));
  }
  json_t *all =
      ok ? json_pack("{s:s, s:s, s:O, s:O, s:o}", "proposed",
                     desk_answer_name(desk_findings_propose(f)), "worst",
                     desk_severity_name(desk_findings_worst(f)), "findings",
                     findings, "demands", demands, "scope",
                     scope_json(n, brief))
         : NULL;
  if (all != NULL && !brief &&
      json_object_set(all, "accounts", accounts) != 0) {
    json_decref(all);
    all = NULL;
  }
  json_decref(findings);
  json_decref(demands);
  json_decref(accounts);
  return all;
}
