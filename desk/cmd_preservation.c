/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk preservation: until when what was frozen is kept. The dates stand
 * in the rows of cases; making and erasing copies is the plan's. */
#include "desk/intake.h"
#include "desk/lock.h"
#include "desk/preserved.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

/* How long one renewal lasts, and that there is one: 18 U.S.C. 2703(f) and
 * Regulation (EU) 2023/1543. Held against no text of the law yet: that has to
 * be read before it is relied on. */
static const struct {
  const char *instrument;
  desk_day days;
} renewals[] = {{"preservation-2703f", 90}, {"epoc-pr", 30}};

typedef struct listing {
  const desk_args *a;
  const desk_who *who;
} listing;

static tacet_err list_row(void *user, const json_t *row) {
  const listing *l = user;
  desk_trouble hidden;
  const char *until = text_of(row, "kept_until");
  if (*until == '\0' || desk_may_see(l->who, row, &hidden) != TACET_OK) {
    return TACET_OK;
  }
  if (desk_flag(l->a, DESK_O_JSON)) {
    desk_print(json_pack(
        "{s:O, s:O, s:s, s:b, s:b}", "case", json_object_get(row, "id"),
        "instrument", json_object_get(row, "instrument"), "kept_until", until,
        "renewed", json_is_true(json_object_get(row, "kept_renewed")),
        "confirmed", 0));
  } else {
    printf("%-13s  %-20s  kept until %s%s\n", text_of(row, "id"),
           text_of(row, "instrument"), until,
           json_is_true(json_object_get(row, "kept_renewed")) ? "  renewed"
                                                              : "");
  }
  return TACET_OK;
}

int desk_cmd_preservation(const desk_args *a) {
  int code;
  desk_trouble why = {""};
  DESK_WHO(who);
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    listing l = {a, &who};
    code = desk_end(desk_cases_each(s, list_row, &l, &why), &why);
  }
  desk_store_close(s);
  return code;
}

static tacet_err renewed(const json_t *row, desk_day today, desk_trouble *why,
                         json_t **changes) {
  desk_day until, days = 0;
  char text[DESK_DAY_TEXT];
  for (size_t i = 0; i < sizeof(renewals) / sizeof(renewals[0]); i++) {
    if (strcmp(renewals[i].instrument, text_of(row, "instrument")) == 0) {
      days = renewals[i].days;
    }
  }
  if (!desk_day_read(text_of(row, "kept_until"), &until) || days == 0) {
    desk_trouble_set(why, "that case keeps nothing that could be kept longer");
    return TACET_ERR_POLICY;
  }
  if (json_is_true(json_object_get(row, "kept_renewed"))) {
    desk_trouble_set(why, "it was kept longer once, and the law has no second "
                          "time");
    return TACET_ERR_POLICY;
  }
  if (until < today) {
    desk_trouble_set(why, "it was kept until %s, which is over",
                     text_of(row, "kept_until"));
    return TACET_ERR_POLICY;
  }
  desk_day_text(until + days, text);
  *changes = json_pack("{s:s, s:b}", "kept_until", text, "kept_renewed", 1);
  return *changes != NULL ? TACET_OK : TACET_ERR_NOMEM;
}

static tacet_err extend(const desk_args *a, desk_store *s, const desk_who *who,
                        desk_trouble *why) {
  json_t *row = NULL, *changes = NULL;
  json_t *body = json_pack("{s:s}", "reason", desk_arg(a, DESK_O_REASON));
  const desk_act act = {who->actor, "preservation-extended", a->words[0], body,
                        who->signs};
  tacet_err e = body == NULL ? TACET_ERR_ENCODING
                             : desk_case_get(s, a->words[0], why, &row);
  if (e == TACET_OK) {
    e = renewed(row, desk_store_today(s), why, &changes);
  }
  if (e == TACET_OK) {
    e = desk_case_note(s, &act, changes, why);
  }
  if (e == TACET_OK) {
    printf("kept until %s\n", text_of(changes, "kept_until"));
  }
  json_decref(row);
  json_decref(changes);
  json_decref(body);
  return e;
}

int desk_cmd_preservation_extend(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    code = desk_end(extend(a, s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}

int desk_cmd_preservation_run(const desk_args *a) {
  int code;
  size_t n = 0;
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL) {
    tacet_err e = desk_lock(s, "preservation run", &why);
    if (e == TACET_OK) {
      e = desk_preserved_expire(s, &why, &n);
      printf("%zu erased\n", n);
    }
    code = desk_end(e, &why);
  }
  desk_store_close(s);
  return code;
}
