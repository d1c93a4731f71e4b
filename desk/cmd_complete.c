/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk case form, case complete: an empty form, and a demand of which
 * more is known than when it was filed. */
#include "desk/filing.h"
#include "desk/paper.h"

#include <string.h>

int desk_cmd_case_form(const desk_args *a) {
  desk_trouble why = {""};
  const char *out = desk_arg(a, DESK_O_OUT);
  return desk_end(desk_paper_write(out != NULL ? out : "-", &why), &why);
}

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

/* Two who sign answer for what a third wrote down: so only that one writes.
 * What a case is counted as does not change with it. */
static tacet_err may_complete(const desk_who *who, const json_t *row,
                              const json_t *changes, desk_trouble *why) {
  static const char *const open[] = {"received", "authenticated", "triaged",
                                     "legal-review", "clarification-asked"};
  const char *state = text_of(row, "state");
  bool is_open = false;
  for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
    is_open |= strcmp(open[i], state) == 0;
  }
  if (!is_open) {
    desk_trouble_set(why,
                     "the case is %s; a demand is completed before it is "
                     "decided on, or while an answer to a question is awaited",
                     state);
    return TACET_ERR_POLICY;
  }
  if (strcmp(text_of(row, "filed_by"), who->actor) != 0) {
    desk_trouble_set(why, "a demand is completed by the officer who filed it; "
                          "anybody else files it anew, with \"replaces\"");
    return TACET_ERR_POLICY;
  }
  if (strcmp(text_of(row, "kind"), text_of(changes, "kind")) != 0 ||
      strcmp(text_of(row, "received"), text_of(changes, "received")) != 0) {
    desk_trouble_set(why, "kind and received stay what they were, since the "
                          "case is counted by them; file another demand anew");
    return TACET_ERR_POLICY;
  }
  return TACET_OK;
}

/* The original before this one is kept with it, and purged with it. */
static tacet_err earlier(const json_t *row, const json_t *fresh,
                         json_t *changes) {
  json_t *old = json_object_get(row, "document"),
         *new = json_object_get(fresh, "document");
  if (!json_is_string(old) || new == NULL || json_equal(old, new)) {
    return TACET_OK;
  }
  json_t *before = json_object_get(row, "documents_before");
  json_t *list = json_is_array(before) ? json_copy(before) : json_array();
  return list != NULL && json_array_append(list, old) == 0 &&
                 json_object_set_new(changes, "documents_before", list) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

/* Of the new row what a demand decides; state, notice and end stay. */
static tacet_err changed(const json_t *fresh, json_t *changes) {
  static const char *const names[] = {
      "kind",    "received",   "instrument",   "authority",
      "country", "accounts",   "gagged",       "due",
      "due_at",  "kept_until", "preservation", "document"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    json_t *v = json_object_get(fresh, names[i]);
    if (v != NULL && json_object_set(changes, names[i], v) != 0) {
      return TACET_ERR_NOMEM;
    }
  }
  return TACET_OK;
}

static tacet_err write_down(const desk_args *a, desk_store *s,
                            const desk_who *who, const desk_filing *f,
                            json_t *changes, desk_trouble *why) {
  json_t *body = json_pack("{s:O, s:s}", "request", f->request.json, "reason",
                           desk_arg(a, DESK_O_REASON));
  if (body == NULL) {
    desk_trouble_set(why, "--reason is UTF-8");
    return TACET_ERR_ENCODING;
  }
  const desk_act act = {who->actor, "demand-completed", a->words[0], body,
                        who->signs};
  tacet_err e = desk_case_note(s, &act, changes, why);
  json_decref(body);
  return e;
}

static tacet_err complete(const desk_args *a, desk_store *s,
                          const desk_who *who, desk_trouble *why) {
  DESK_FILING(f);
  desk_tables tables = {.json = NULL};
  json_t *row = NULL, *fresh = NULL, *changes = json_object();
  tacet_err e = changes == NULL ? TACET_ERR_NOMEM
                                : desk_case_get(s, a->words[0], why, &row);
  if (e == TACET_OK) {
    e = desk_may_see(who, row, why);
  }
  if (e == TACET_OK) {
    e = desk_filing_read(a, desk_store_today(s), why, &f);
  }
  if (e == TACET_OK) {
    e = desk_intake_tables(a, why, &tables);
  }
  if (e == TACET_OK) {
    e = desk_intake_row(&f.request, &tables, desk_store_now(s), who->actor, why,
                        &fresh);
  }
  if (e == TACET_OK) {
    e = may_complete(who, row, fresh, why);
  }
  if (e == TACET_OK) {
    e = desk_filing_keep(&f, desk_arg(a, DESK_O_MAIL) != NULL, s, fresh, why);
  }
  if (e == TACET_OK && json_is_null(json_object_get(fresh, "document"))) {
    (void)json_object_del(fresh, "document");
  }
  if (e == TACET_OK) {
    e = earlier(row, fresh, changes);
  }
  if (e == TACET_OK) {
    e = changed(fresh, changes);
  }
  if (e == TACET_OK) {
    e = write_down(a, s, who, &f, changes, why);
  }
  desk_tables_free(&tables);
  json_decref(row);
  json_decref(fresh);
  json_decref(changes);
  return e;
}

int desk_cmd_case_complete(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    code = desk_end(complete(a, s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}
