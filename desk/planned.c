/* SPDX-License-Identifier: Apache-2.0
 * A case's plan and its signatures, from the log. */
#include "desk/planned.h"

#include "tacet/codec.h"

#include <stdlib.h>
#include <string.h>

void desk_planned_free(desk_planned *p) {
  desk_plan_free(&p->plan);
  *p = (desk_planned){.n_consents = 0};
}

/* What is gathered while the events of the case are read. */
typedef struct gathering {
  char *text; /* of the newest plan */
  desk_planned *out;
} gathering;

static tacet_err take_plan(gathering *g, const json_t *body) {
  const char *text = json_string_value(json_object_get(body, "plan"));
  const char *name = json_string_value(json_object_get(body, "operator"));
  size_t len = name == NULL ? 0 : strlen(name);
  if (len >= sizeof(g->out->operator_name)) {
    return TACET_ERR_LIMIT;
  }
  memcpy(g->out->operator_name, name == NULL ? "" : name, len + 1);
  free(g->text);
  g->text = text == NULL ? NULL : strdup(text);
  g->out->n_consents = 0;
  return text != NULL && g->text == NULL ? TACET_ERR_NOMEM : TACET_OK;
}

/* What cannot be read is left out: it counts for nothing. */
static void take_consent(gathering *g, const desk_event *e,
                         const json_t *body) {
  size_t n = g->out->n_consents;
  desk_consent c = {.time = e->time, .number = e->number};
  if (n == DESK_CONSENTS_MAX || strlen(e->actor) > DESK_NAME_MAX ||
      desk_public_of_hex(json_string_value(json_object_get(body, "key")),
                         &c.key) != TACET_OK ||
      desk_signature_of_hex(
          json_string_value(json_object_get(body, "signature")),
          &c.signature) != TACET_OK) {
    return;
  }
  memcpy(g->out->officers[n], e->actor, strlen(e->actor) + 1);
  g->out->consents[n] = c;
  g->out->n_consents++;
}

static tacet_err see(void *user, const desk_event *e) {
  gathering *g = user;
  bool plan = strcmp(e->kind, DESK_E_PLANNED) == 0;
  bool consent = strcmp(e->kind, DESK_E_SIGNED) == 0;
  if (e->erased) {
    return TACET_OK;
  }
  if (strcmp(e->kind, DESK_E_STOPPED) == 0) {
    g->out->n_consents = 0;
  }
  if (!plan && !consent) {
    return TACET_OK;
  }
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  tacet_err err = plan ? take_plan(g, body) : TACET_OK;
  if (consent) {
    take_consent(g, e, body);
  }
  json_decref(body);
  return err;
}

static tacet_err read_plan(const char *text, const char *id, desk_trouble *why,
                           desk_plan *out) {
  if (text == NULL) {
    desk_trouble_set(why,
                     "the case has no plan; make one with tacet-desk plan");
    return TACET_ERR_NOT_FOUND;
  }
  TACET_TRY(desk_plan_read(tacet_span_str(text), why, out));
  if (strcmp(out->scope.case_id, id) != 0) {
    desk_trouble_set(why, "the plan is of another case");
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}

tacet_err desk_planned_load(desk_store *s, const char *id, desk_trouble *why,
                            desk_planned *out) {
  gathering g = {.out = out};
  const desk_filter of_case = {.case_id = id};
  tacet_err err = desk_events_each(s, &of_case, see, &g, why);
  if (err == TACET_OK) {
    err = read_plan(g.text, id, why, &out->plan);
  }
  free(g.text);
  TACET_TRY(err);
  /* A plan that moved by being copied would point to where it was. */
  for (size_t i = 0; i < out->n_consents; i++) {
    out->consents[i].officer = out->officers[i];
  }
  return TACET_OK;
}

tacet_err desk_planned_approved(desk_store *s, const desk_planned *p,
                                const char *filed_by, desk_trouble *why) {
  for (size_t i = 0; i < p->n_consents; i++) {
    desk_officer o;
    TACET_TRY(desk_officer_find(s, p->consents[i].officer, why, &o));
    if (o.removed || !desk_role_works(o.role) ||
        !desk_public_equal(&o.key, &p->consents[i].key)) {
      desk_trouble_set(why, "one who signed the plan does not work cases here "
                            "any more; plan it again, and sign again");
      return TACET_ERR_POLICY;
    }
  }
  return desk_consents_check(p->consents, p->n_consents, filed_by,
                             p->plan.scope.case_id, p->plan.hash, why);
}
