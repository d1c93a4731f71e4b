/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk evaluate, tables: what is wrong with a demand, and by which law.
 */
#include "desk/intake.h"
#include "desk/judging.h"

#include "desk/rules/judgement.h"

#include <stdlib.h>
#include <string.h>

/* ---- evaluate ---- */

/* Where an evaluation still decides something. Later it is looked at again, and
 * the log says so. */
static bool is_open(const json_t *row) {
  static const char *const open[] = {"received", "authenticated", "triaged",
                                     "legal-review", "clarification-asked"};
  const char *state = json_string_value(json_object_get(row, "state"));
  for (size_t i = 0; state != NULL && i < sizeof(open) / sizeof(open[0]); i++) {
    if (strcmp(open[i], state) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err note(desk_store *s, const desk_who *who, const desk_judging *j,
                      const char *id, desk_trouble *why) {
  json_t *body = desk_judgement_json(&j->findings, &j->narrowing, true);
  if (body == NULL ||
      json_object_set_new(body, "rules", json_string(j->rules)) != 0) {
    json_decref(body);
    return TACET_ERR_NOMEM;
  }
  const desk_act act = {who->actor, "case-looked-over", id, body, who->signs};
  tacet_err e =
      is_open(j->c.row)
          ? desk_case_evaluated(s, id, who->actor, who->signs, body, NULL, why)
          : desk_case_note(s, &act, NULL, why);
  json_decref(body);
  return e;
}

static tacet_err show(const desk_args *a, const desk_judging *j) {
  if (desk_flag(a, DESK_O_JSON)) {
    json_t *all = desk_judgement_json(&j->findings, &j->narrowing, false);
    if (all == NULL ||
        json_object_set_new(all, "rules", json_string(j->rules)) != 0 ||
        json_object_set_new(all, "case", json_string(a->words[0])) != 0) {
      json_decref(all);
      return TACET_ERR_NOMEM;
    }
    desk_print(all);
    return TACET_OK;
  }
  char *text = NULL;
  TACET_TRY(desk_judgement_text(&j->findings, &j->narrowing, &text));
  (void)fputs(text, stdout);
  tacet_free(text);
  return TACET_OK;
}

static tacet_err may_evaluate(const desk_who *who, desk_trouble *why) {
  if (who->signs != NULL && !desk_role_works(who->officer.role)) {
    desk_trouble_set(why,
                     "demands are evaluated by officers and approvers, "
                     "not by an %s",
                     desk_role_name(who->officer.role));
    return TACET_ERR_POLICY;
  }
  return TACET_OK;
}

static int evaluate(const desk_args *a, desk_store *s, const desk_who *who) {
  DESK_JUDGING(j);
  desk_trouble why = {""};
  tacet_err e = may_evaluate(who, &why);
  if (e == TACET_OK) {
    e = desk_judge(a, s, who, &why, &j);
  }
  if (e == TACET_OK) { /* before anything is shown */
    e = note(s, who, &j, a->words[0], &why);
  }
  if (e == TACET_OK) {
    e = show(a, &j);
  }
  if (e != TACET_OK) {
    return desk_end(e, &why);
  }
  return desk_findings_worst(&j.findings) == DESK_BLOCK ? DESK_EXIT_REFUSED
                                                        : DESK_EXIT_DONE;
}

int desk_cmd_evaluate(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    code = evaluate(a, s, &who);
  }
  desk_store_close(s);
  return code;
}

/* ---- tables ---- */

static void print_tables(const desk_tables *t) {
  const desk_instrument *i;
  const desk_authority *k;
  printf("instruments (* to be read again in the text of the law):\n");
  for (size_t n = 0; (i = desk_instrument_at(t, n)) != NULL; n++) {
    printf("%c %-21s %-4s ", i->confirmed ? ' ' : '*', i->code,
           i->jurisdiction);
    for (unsigned c = 0; c < DESK_CATEGORIES; c++) {
      if ((i->permits >> c & 1) != 0) {
        printf("%s ", desk_category_name((desk_category)c));
      }
    }
    printf("[%s]\n", i->source);
  }
  printf("authorities:\n");
  for (size_t n = 0; (k = desk_authority_at(t, n)) != NULL; n++) {
    printf("%c %-21s %-4s %s\n", k->confirmed ? ' ' : '*', k->code,
           k->jurisdiction, k->words);
  }
}

int desk_cmd_tables(const desk_args *a) {
  desk_tables t = {.json = NULL};
  desk_trouble why = {""};
  tacet_err e = desk_intake_tables(a, &why, &t);
  if (e == TACET_OK && desk_flag(a, DESK_O_JSON)) {
    char *json = desk_tables_text(&t);
    e = json == NULL ? TACET_ERR_NOMEM : TACET_OK;
    if (json != NULL) {
      puts(json);
    }
    free(json);
  } else if (e == TACET_OK) {
    print_tables(&t);
  }
  desk_tables_free(&t);
  return desk_end(e, &why);
}
