/* SPDX-License-Identifier: Apache-2.0
 * A case, judged. */
#include "desk/judging.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

void desk_judging_free(desk_judging *j) {
  desk_narrowing_free(&j->narrowing);
  desk_findings_free(&j->findings);
  for (size_t i = 0; i < j->n_earlier; i++) {
    json_decref(j->bodies[i]);
  }
  free(j->bodies);
  free(j->earlier);
  desk_case_free(&j->c);
}

/* ---- cases before it ---- */

typedef struct search {
  const desk_who *who;
  const char *id;
  const desk_request *r;
  desk_judging *j;
  bool done; /* this case has come: all others are younger */
} search;

static bool has_text(tacet_span body, const char *text) {
  return text[0] != '\0' &&
         memmem(body.p, body.len, text, strlen(text)) != NULL;
}

static const char *text_in(const json_t *in, const char *name) {
  const char *t = json_string_value(json_object_get(in, name));
  return t != NULL ? t : "";
}

/* Room for one more, by doubling. */
static bool grow(desk_judging *j) {
  size_t n = j->n_earlier;
  if ((n & (n - 1)) != 0) {
    return true; /* no power of two: there is room */
  }
  size_t room = n == 0 ? 1 : 2 * n;
  desk_earlier *earlier = realloc(j->earlier, room * sizeof(*earlier));
  if (earlier != NULL) {
    j->earlier = earlier;
  }
  json_t **bodies = realloc(j->bodies, room * sizeof(*bodies));
  if (bodies != NULL) {
    j->bodies = bodies;
  }
  return earlier != NULL && bodies != NULL;
}

static tacet_err add_earlier(desk_judging *j, const char *id, json_t *body) {
  if (!grow(j) || json_object_set_new(body, "id", json_string(id)) != 0) {
    json_decref(body);
    return TACET_ERR_NOMEM;
  }
  const json_t *request = json_object_get(body, "request");
  desk_day dated = DESK_NO_DAY;
  (void)desk_day_read(text_in(request, "dated"), &dated);
  j->earlier[j->n_earlier] = (desk_earlier){
      .case_id = text_in(body, "id"),
      .document = text_in(json_object_get(body, "row"), "document"),
      .authority = text_in(json_object_get(request, "authority"), "name"),
      .case_number = text_in(request, "case_number"),
      .instrument = text_in(request, "instrument"),
      .dated = dated};
  j->bodies[j->n_earlier++] = body;
  return TACET_OK;
}

/* Bodies are searched before they are read: most have neither the document's
 * hash nor the day and the kind of paper. */
static tacet_err look_at(void *user, const desk_event *e) {
  search *x = user;
  desk_trouble why;
  char dated[DESK_DAY_TEXT] = "";
  x->done = x->done || strcmp(e->case_id, x->id) == 0;
  if (x->r->dated != DESK_NO_DAY) {
    desk_day_text(x->r->dated, dated);
  }
  if (x->done || e->erased ||
      !(has_text(e->body, x->r->document.sha256) ||
        (has_text(e->body, dated) && has_text(e->body, x->r->instrument)))) {
    return TACET_OK;
  }
  json_t *body = json_loadb((const char *)e->body.p, e->body.len, 0, NULL);
  if (body == NULL ||
      desk_may_see(x->who, json_object_get(body, "row"), &why) != TACET_OK) {
    json_decref(body);
    return TACET_OK;
  }
  return add_earlier(x->j, e->case_id, body);
}

static tacet_err find_earlier(desk_store *s, const desk_who *who,
                              const char *id, desk_trouble *why,
                              desk_judging *j) {
  search x = {.who = who, .id = id, .r = &j->c.request, .j = j};
  const desk_filter filed = {.kind = "case-filed"};
  TACET_TRY(desk_events_each(s, &filed, look_at, &x, why));
  j->c.question.earlier = j->earlier;
  j->c.question.n_earlier = j->n_earlier;
  return TACET_OK;
}

/* ---- by which rules ---- */

tacet_err desk_rules_hash(const desk_tables *tables, char out[65]) {
  uint8_t hash[32];
  char *text = desk_tables_text(tables);
  if (text == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err e = tacet_hash_one(&tacet_hash_sha256, tacet_span_str(text), hash);
  free(text);
  if (e == TACET_OK) {
    for (size_t i = 0; i < sizeof(hash); i++) {
      (void)snprintf(out + 2 * i, 3, "%02x", hash[i]);
    }
  }
  return e;
}

tacet_err desk_rules_check(desk_store *s, const char *id,
                           const desk_tables *tables, desk_trouble *why) {
  json_t *body = NULL;
  char now[65] = "";
  const desk_filter f = {.case_id = id, .kind = "case-evaluated"};
  TACET_TRY(desk_rules_hash(tables, now));
  tacet_err e = desk_event_newest(s, &f, why, &body);
  const char *rules =
      e == TACET_OK ? json_string_value(json_object_get(body, "rules")) : NULL;
  if ((e == TACET_OK || e == TACET_ERR_NOT_FOUND) &&
      (rules == NULL || strcmp(rules, now) != 0)) {
    desk_trouble_set(why, "the case was evaluated by other rules than these: "
                          "name the same file with --rules, or let it be "
                          "evaluated and decided again");
    e = TACET_ERR_POLICY;
  }
  json_decref(body);
  return e;
}

tacet_err desk_judge(const desk_args *a, desk_store *s, const desk_who *who,
                     desk_trouble *why, desk_judging *out) {
  TACET_TRY(desk_case_load(a, s, who, why, &out->c));
  if (out->c.request.document.sha256[0] == '\0') { /* came with --document */
    out->c.request.document.sha256 = text_in(out->c.row, "document");
  }
  TACET_TRY(find_earlier(s, who, a->words[0], why, out));
  TACET_TRY(desk_rules_hash(&out->c.tables, out->rules));
  TACET_TRY(desk_evaluate(&out->c.question, &out->findings));
  return desk_narrow(&out->c.question, a->words[0], NULL, 0, &out->narrowing);
}
