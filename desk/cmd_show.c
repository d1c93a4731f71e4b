/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk case show, log show: reading, which is an act too. */
#include "desk/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void print_event_json(const desk_event *e) {
  char at[DESK_TIME_TEXT];
  desk_time_text(e->time, at);
  json_t *body = e->erased ? json_null()
                           : json_loadb((const char *)e->body.p, e->body.len,
                                        JSON_REJECT_DUPLICATES, NULL);
  desk_print(json_pack("{s:I, s:s?, s:s, s:s?, s:s?, s:b, s:b, s:o}", "number",
                       (json_int_t)e->number, "time", e->erased ? NULL : at,
                       "actor", e->actor, "kind", e->erased ? NULL : e->kind,
                       "case", !*e->case_id ? NULL : e->case_id, "signed",
                       e->signature.len > 0, "purged", e->erased, "body",
                       body != NULL ? body : json_null()));
}

/* `name`: member of a body that a person wants to read at once. */
static void print_member(const desk_event *e, const char *name) {
  char plain[300];
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  const char *t = json_string_value(json_object_get(body, name));
  if (t != NULL) {
    printf("  %s", desk_plain(t, plain, sizeof(plain)));
  }
  json_decref(body);
}

static void print_event(const desk_event *e) {
  char at[DESK_TIME_TEXT];
  if (e->erased) {
    char day[DESK_DAY_TEXT];
    desk_day_text(e->day, day);
    printf("%6" PRIu64 "  %s            %-12s %c purged               %s\n",
           e->number, day, e->actor, e->signature.len > 0 ? '*' : ' ',
           e->case_id);
    return;
  }
  desk_time_text(e->time, at);
  printf("%6" PRIu64 "  %s  %-12s %c %-20s %s", e->number, at,
         *e->actor ? e->actor : "desk", e->signature.len > 0 ? '*' : ' ',
         e->kind, e->case_id);
  print_member(e, "reason");
  printf("\n");
}

/* ---- case show ---- */

static tacet_err show_event(void *user, const desk_event *e) {
  if (desk_flag(user, DESK_O_JSON)) {
    print_event_json(e);
  } else {
    print_event(e);
  }
  return TACET_OK;
}

static void print_row(const json_t *row) {
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)row, name, value) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    char plain[300];
    const char *shown = json_is_string(value) ? json_string_value(value) : text;
    printf("%-14s %s\n", name,
           desk_plain(shown != NULL ? shown : "", plain, sizeof(plain)));
    free(text);
  }
}

static tacet_err read_case(desk_store *s, const desk_who *who, const char *id,
                           desk_trouble *why, json_t **row) {
  json_t *empty = json_object();
  const desk_act act = {who->actor, "case-read", id, empty, who->signs};
  tacet_err e =
      empty == NULL ? TACET_ERR_NOMEM : desk_case_get(s, id, why, row);
  if (e == TACET_OK) {
    e = desk_may_see(who, *row, why);
  }
  if (e == TACET_OK) { /* before anything is shown */
    e = desk_case_note(s, &act, NULL, why);
  }
  json_decref(empty);
  return e;
}

static tacet_err show_case(const desk_args *a, desk_store *s,
                           const desk_who *who, desk_trouble *why) {
  json_t *row = NULL, *demand = NULL;
  const char *id = a->words[0];
  const desk_filter f = {.case_id = id};
  tacet_err e = read_case(s, who, id, why, &row);
  if (e == TACET_OK) {
    desk_trouble none;
    (void)(desk_case_request(s, id, &none, &demand) == TACET_OK);
    if (desk_flag(a, DESK_O_JSON)) {
      desk_print(json_pack("{s:O, s:O?}", "case", row, "request", demand));
    } else {
      print_row(row);
      char *text = demand == NULL
                       ? NULL
                       : json_dumps(demand, JSON_INDENT(2) | JSON_ENSURE_ASCII);
      printf("\n%s\n\n", text != NULL ? text : "the demand is not here");
      free(text);
    }
    e = desk_events_each(s, &f, show_event, (void *)(uintptr_t)(const void *)a,
                         why);
  }
  json_decref(row);
  json_decref(demand);
  return e;
}

int desk_cmd_case_show(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    code = desk_end(show_case(a, s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}

/* ---- log show ---- */

typedef struct showing {
  const desk_args *a;
  desk_store *s;
  const desk_who *who;
} showing;

/* The log of all cases shows that they are, not what they say. */
static tacet_err show_line(void *user, const desk_event *e) {
  const showing *x = user;
  desk_event bare = *e;
  if (*e->case_id == '\0') {
    return show_event((void *)(uintptr_t)(const void *)x->a, e);
  }
  json_t *row = NULL;
  desk_trouble why = {""};
  tacet_err err = desk_case_get(x->s, e->case_id, &why, &row);
  if (err == TACET_OK && desk_may_see(x->who, row, &why) != TACET_OK) {
    json_decref(row);
    return TACET_OK;
  }
  json_decref(row);
  bare.body = TACET_SPAN_LIT("{}");
  return show_event((void *)(uintptr_t)(const void *)x->a, &bare);
}

int desk_cmd_log_show(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    showing x = {a, s, &who};
    const desk_filter all = {.from = 0};
    code = desk_end(a->n_words > 0
                        ? show_case(a, s, &who, &why)
                        : desk_events_each(s, &all, show_line, &x, &why),
                    &why);
  }
  desk_store_close(s);
  return code;
}
