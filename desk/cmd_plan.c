/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk plan, sign: what of a demand is answered, as literal statements,
 * and the two officers who agree to it. */
#include "desk/planned.h"
#include "desk/preserved.h"
#include "desk/judging.h"

#include "desk/plan/freeze.h"
#include "tacet/codec.h"

#include <stdlib.h>
#include <string.h>

/* ---- showing ---- */

static void print_query(const desk_query *q) {
  printf("  %s\n", q->sql);
  for (size_t i = 0; i < q->n_columns; i++) {
    const tacetd_inventory_row *row = q->columns[i];
    printf("    %-20s %s (%s): %s\n", row->answer, row->name,
           tacetd_inventory_category_name(row->category), row->what);
  }
  if (q->n_columns == 0) {
    printf("    gives nothing: it finds the account\n");
  }
}

static void print_plan(const desk_planned *p) {
  char hash[2 * DESK_HASH + 1], plain[DESK_NAME_MAX + 1];
  const desk_plan *plan = &p->plan;
  tacet_hex_write(tacet_span_of(plan->hash, DESK_HASH), hash);
  printf("plan %s\n", hash);
  for (size_t i = 0; i < plan->scope.n_handles; i++) {
    printf("  account %s%s\n",
           desk_plain(plan->scope.handles[i], plain, sizeof(plain)),
           plan->in.present[i] ? "" : ": there is none");
  }
  for (size_t i = 0; i < plan->n_steps; i++) {
    print_query(&plan->steps[i]);
  }
  if (p->operator_name[0] != '\0') {
    char name[200];
    printf("  in the name of %s\n",
           desk_plain(p->operator_name, name, sizeof(name)));
  }
  if (plan->in.recipient != NULL) {
    printf("  sealed to %s\n", plan->in.recipient);
  }
  if (plan->in.purpose == DESK_PRESERVE) {
    char day[DESK_DAY_TEXT];
    desk_day_text(plan->in.until, day);
    printf("  kept by the desk until %s, handed to nobody\n", day);
  }
  if (plan->in.source_case != NULL) {
    printf("  from the copy that case %s preserved, not from the server\n",
           desk_plain(plan->in.source_case, plain, sizeof(plain)));
  }
  for (size_t i = 0; i < p->n_consents; i++) {
    printf("  signed by %s\n", p->consents[i].officer);
  }
}

static void show(const desk_args *a, const desk_planned *p) {
  char hash[2 * DESK_HASH + 1];
  if (!desk_flag(a, DESK_O_JSON)) {
    print_plan(p);
    return;
  }
  json_t *signed_by = json_array();
  for (size_t i = 0; i < p->n_consents; i++) {
    (void)json_array_append_new(signed_by, json_string(p->consents[i].officer));
  }
  tacet_hex_write(tacet_span_of(p->plan.hash, DESK_HASH), hash);
  desk_print(json_pack("{s:s, s:s, s:s, s:o, s:o}", "case",
                       p->plan.scope.case_id, "hash", hash, "operator",
                       p->operator_name, "signed_by", signed_by, "plan",
                       json_loads(p->plan.text, JSON_REJECT_DUPLICATES, NULL)));
}

/* ---- plan ---- */

/* Which of the accounts there are, and which those are. */
typedef struct found {
  bool *present;
  uint8_t (*pins)[DESK_HASH];
} found;

static void found_free(found *f) {
  free(f->present);
  free(f->pins);
}

/* Whoever has the handle now came after the last day that it is about: somebody
 * else may have had it then, and nothing of this one is planned. */
static tacet_err say_if_later(desk_snapshot *snapshot, const char *handle,
                              desk_day to, desk_trouble *why) {
  char day[DESK_DAY_TEXT], plain[DESK_NAME_MAX + 1];
  bool later = false;
  if (to == DESK_NO_DAY) {
    return TACET_OK;
  }
  TACET_TRY(desk_snapshot_present(snapshot, handle, DESK_NO_DAY, why, &later));
  if (later) {
    desk_day_text(to, day);
    desk_say("the account that has the handle %s now was made after %s, the "
             "last day that the demand is about: nothing of it is planned",
             desk_plain(handle, plain, sizeof(plain)), day);
  }
  return TACET_OK;
}

static tacet_err look(desk_snapshot *snapshot, const desk_scope *scope,
                      desk_trouble *why, found *f) {
  for (size_t i = 0; i < scope->n_handles; i++) {
    TACET_TRY(desk_snapshot_pin(snapshot, scope->case_id, scope->handles[i],
                                scope->to, why, &f->present[i], f->pins[i]));
    TACET_TRY(f->present[i]
                  ? TACET_OK
                  : say_if_later(snapshot, scope->handles[i], scope->to, why));
  }
  return TACET_OK;
}

/* The server's directory, or the preserved copy of a case. */
static tacet_err open_source(desk_store *s, const char *preserved,
                             const desk_scope *scope, desk_trouble *why,
                             char hash[2 * DESK_HASH + 1],
                             desk_snapshot **out) {
  TACET_BYTES(copy);
  if (preserved == NULL) {
    return desk_snapshot_open(desk_store_settings(s)->server, NULL, why, out);
  }
  TACET_TRY(desk_preserved_open(s, preserved, why, &copy, hash));
  return desk_thaw(tacet_bytes_span(&copy), scope, why, out);
}

/* Which of the accounts there are. *out is the caller's to free, also after a
 * failure. */
static tacet_err find_accounts(desk_store *s, const char *preserved,
                               const desk_scope *scope, desk_trouble *why,
                               char hash[2 * DESK_HASH + 1], found *out) {
  desk_snapshot *snapshot = NULL;
  out->present = calloc(scope->n_handles, sizeof(*out->present));
  out->pins = calloc(scope->n_handles, sizeof(*out->pins));
  tacet_err err = out->present == NULL || out->pins == NULL
                      ? TACET_ERR_NOMEM
                      : open_source(s, preserved, scope, why, hash, &snapshot);
  if (err == TACET_OK) {
    err = look(snapshot, scope, why, out);
  }
  desk_snapshot_close(snapshot);
  return err;
}

/* In whose name it is handed out: whoever signs the plan signs an event behind
 * the one that says it, and a file that is changed later changes nothing. */
static const char *operator_of(const desk_args *a, const desk_tables *t) {
  const char *name = desk_arg(a, DESK_O_OPERATOR);
  return name != NULL                         ? name
         : t->us.given && *t->us.name != '\0' ? t->us.name
                                              : NULL;
}

static tacet_err name_operator(const char *name, desk_trouble *why,
                               desk_planned *out) {
  size_t len = name == NULL ? 0 : strlen(name);
  if (len >= sizeof(out->operator_name) ||
      (len > 0 && !tacet_is_utf8(tacet_span_of((const uint8_t *)name, len)))) {
    desk_trouble_set(why, "the name of --operator is too long, or no UTF-8");
    return TACET_ERR_ARGUMENT;
  }
  memcpy(out->operator_name, name == NULL ? "" : name, len + 1);
  return TACET_OK;
}

static tacet_err note_plan(desk_store *s, const desk_who *who,
                           const desk_planned *planned, desk_trouble *why) {
  const desk_plan *p = &planned->plan;
  const char *name = planned->operator_name;
  char hash[2 * DESK_HASH + 1];
  tacet_hex_write(tacet_span_of(p->hash, DESK_HASH), hash);
  json_t *body = json_pack("{s:s, s:s, s:s*}", "plan", p->text, "hash", hash,
                           "operator", *name != '\0' ? name : NULL);
  const desk_case_step step = {.case_id = p->scope.case_id,
                               .act = DESK_DO_PLAN,
                               .kind = DESK_E_PLANNED,
                               .actor = who->actor,
                               .key = who->signs,
                               .body = body};
  tacet_err err = body == NULL ? TACET_ERR_NOMEM : desk_case_act(s, &step, why);
  json_decref(body);
  return err;
}

/* Not yet in the state for it: said before the server's folder is opened. */
static tacet_err may_plan(const desk_case *c, desk_trouble *why) {
  desk_state state, next;
  const char *text = json_string_value(json_object_get(c->row, "state"));
  if (text != NULL && desk_state_read(text, &state) &&
      desk_step_next(state, DESK_DO_PLAN, &next)) {
    return TACET_OK;
  }
  desk_trouble_set(why,
                   "the case is %s: a demand is planned once it was "
                   "evaluated and accepted or narrowed",
                   text == NULL ? "unknown" : text);
  return TACET_ERR_POLICY;
}

static tacet_err make(const desk_args *a, desk_store *s, const desk_case *c,
                      const desk_narrowing *n, desk_trouble *why,
                      desk_plan *out) {
  TACET_CLEANUP(found_free) found f = {.present = NULL};
  char hash[2 * DESK_HASH + 1] = "";
  const char *preserved = desk_arg(a, DESK_O_PRESERVED);
  const char *kept = json_string_value(json_object_get(c->row, "kept_until"));
  desk_purpose purpose = DESK_ANSWER;
  desk_day until = DESK_NO_DAY;
  if (!n->anything) {
    desk_trouble_set(why, "nothing of what is demanded is held and permitted "
                          "for an account of this server: there is nothing to "
                          "plan; refuse it, or ask for what is missing");
    return TACET_ERR_POLICY;
  }
  const desk_instrument *instrument =
      desk_instrument_find(&c->tables, n->scope.instrument);
  if (instrument != NULL && instrument->preservation) {
    purpose = DESK_PRESERVE;
    if (kept == NULL || !desk_day_read(kept, &until)) {
      desk_trouble_set(why, "the case does not say until when it keeps; it is "
                            "said when the demand is accepted");
      return TACET_ERR_POLICY;
    }
  }
  TACET_TRY(find_accounts(s, preserved, &n->scope, why, hash, &f));
  const desk_plan_input in = {.scope = &n->scope,
                              .present = f.present,
                              .pins = (const uint8_t(*)[DESK_HASH])f.pins,
                              .purpose = purpose,
                              .recipient = desk_arg(a, DESK_O_RECIPIENT),
                              .until = until,
                              .source_case = preserved,
                              .source_hash = preserved == NULL ? NULL : hash};
  return desk_plan_make(&in, why, out);
}

/* Another case's copy is seen by who may see that case. */
static tacet_err may_use(desk_store *s, const desk_who *who,
                         const char *preserved, desk_trouble *why) {
  json_t *row = NULL;
  if (preserved == NULL) {
    return TACET_OK;
  }
  TACET_TRY(desk_case_get(s, preserved, why, &row));
  tacet_err err = desk_may_see(who, row, why);
  json_decref(row);
  return err;
}

static tacet_err plan(const desk_args *a, desk_store *s, const desk_who *who,
                      desk_trouble *why) {
  DESK_CASE(c);
  DESK_PLANNED(p);
  desk_narrowing n;
  TACET_TRY(desk_case_load(a, s, who, why, &c));
  TACET_TRY(may_use(s, who, desk_arg(a, DESK_O_PRESERVED), why));
  TACET_TRY(may_plan(&c, why));
  TACET_TRY(desk_rules_check(s, a->words[0], &c.tables, why));
  TACET_TRY(desk_narrow(&c.question, a->words[0], NULL, 0, &n));
  tacet_err err = make(a, s, &c, &n, why, &p.plan);
  desk_narrowing_free(&n);
  TACET_TRY(err);
  TACET_TRY(name_operator(operator_of(a, &c.tables), why, &p));
  TACET_TRY(note_plan(s, who, &p, why));
  show(a, &p);
  return TACET_OK;
}

int desk_cmd_plan(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    code = desk_end(plan(a, s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}

/* ---- sign ---- */

static tacet_err may_sign(const desk_who *who, const json_t *row,
                          const desk_planned *p, desk_trouble *why) {
  const char *filed_by = json_string_value(json_object_get(row, "filed_by"));
  if (!desk_role_works(who->officer.role)) {
    desk_trouble_set(why, "officers and approvers sign plans; %s is neither",
                     who->actor);
    return TACET_ERR_POLICY;
  }
  if (filed_by != NULL && strcmp(filed_by, who->actor) == 0) {
    desk_trouble_set(why, "%s filed the case and may not sign its plan",
                     who->actor);
    return TACET_ERR_POLICY;
  }
  for (size_t i = 0; i < p->n_consents; i++) {
    if (strcmp(p->consents[i].officer, who->actor) == 0) {
      desk_trouble_set(why,
                       "%s has signed this plan already; another officer "
                       "is needed",
                       who->actor);
      return TACET_ERR_EXISTS;
    }
  }
  return TACET_OK;
}

static tacet_err consent(const desk_who *who, desk_planned *p,
                         desk_trouble *why) {
  TACET_BUF(w, DESK_CONSENT_CONTENT_MAX);
  tacet_span content;
  if (p->n_consents == DESK_CONSENTS_MAX) {
    desk_trouble_set(why, "there are signatures enough");
    return TACET_ERR_LIMIT;
  }
  desk_consent *c = &p->consents[p->n_consents];
  *c = (desk_consent){.officer = who->actor};
  c->key = desk_key_public(&who->key);
  desk_consent_content(p->plan.scope.case_id, p->plan.hash, &w);
  TACET_TRY(tacet_buf_done(&w, &content));
  TACET_TRY(desk_officer_sign(&who->key, DESK_CONSENT_LABEL, content, why,
                              &c->signature));
  p->n_consents++;
  return TACET_OK;
}

static json_t *consent_body(const desk_planned *p) {
  const desk_consent *c = &p->consents[p->n_consents - 1];
  char hash[2 * DESK_HASH + 1], key[2 * DESK_PUBLIC_MAX + 1];
  char signature[2 * DESK_SIGNATURE_MAX + 1];
  tacet_hex_write(tacet_span_of(p->plan.hash, DESK_HASH), hash);
  tacet_hex_write(desk_public_span(&c->key), key);
  tacet_hex_write(desk_signature_span(&c->signature), signature);
  return json_pack("{s:s, s:s, s:s}", "plan", hash, "key", key, "signature",
                   signature);
}

/* The signature that makes it two is the step to approved, in one event. */
static tacet_err note_consent(desk_store *s, const desk_who *who,
                              const char *filed_by, const desk_planned *p,
                              desk_trouble *why) {
  desk_trouble not_yet;
  const char *id = p->plan.scope.case_id;
  json_t *body = consent_body(p);
  const desk_act note = {who->actor, DESK_E_SIGNED, id, body, who->signs};
  const desk_case_step step = {.case_id = id,
                               .act = DESK_DO_APPROVE,
                               .kind = DESK_E_SIGNED,
                               .actor = who->actor,
                               .key = who->signs,
                               .body = body};
  tacet_err err = TACET_ERR_NOMEM;
  if (body != NULL) {
    err = desk_planned_approved(s, p, filed_by, &not_yet) == TACET_OK
              ? desk_case_act(s, &step, why)
              : desk_case_note(s, &note, NULL, why);
  }
  json_decref(body);
  return err;
}

static tacet_err is_planned(const json_t *row, desk_trouble *why) {
  const char *state = json_string_value(json_object_get(row, "state"));
  if (state != NULL && strcmp(state, "planned") == 0) {
    return TACET_OK;
  }
  desk_trouble_set(why,
                   "the case is %s: there is no plan that waits for a "
                   "signature",
                   state == NULL ? "unknown" : state);
  return TACET_ERR_POLICY;
}

static tacet_err sign(const desk_args *a, desk_store *s, const desk_who *who,
                      const json_t *row, desk_trouble *why) {
  DESK_PLANNED(p);
  const char *filed_by = json_string_value(json_object_get(row, "filed_by"));
  TACET_TRY(desk_may_see(who, row, why));
  TACET_TRY(is_planned(row, why));
  TACET_TRY(desk_planned_load(s, a->words[0], why, &p));
  TACET_TRY(may_sign(who, row, &p, why));
  TACET_TRY(consent(who, &p, why));
  TACET_TRY(note_consent(s, who, filed_by, &p, why));
  show(a, &p);
  return TACET_OK;
}

int desk_cmd_sign(const desk_args *a) {
  return desk_on_case(a, sign);
}
