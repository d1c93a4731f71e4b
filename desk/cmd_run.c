/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk run: carries out a plan that two officers signed, and hands out
 * the bundle. Nothing is on the disk before all of it was compared and sealed;
 * the log hears of it before the database is read, and again at the end. */
#include "desk/lock.h"
#include "desk/notice.h"
#include "desk/planned.h"
#include "desk/preserved.h"

#include "desk/plan/age.h"
#include "desk/plan/freeze.h"
#include "desk/store/verify.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM "tacet-desk " DESK_VERSION

/* All that a run has in hand. */
typedef struct running {
  const desk_args *a;
  desk_store *s;
  const desk_who *who;
  const char *id;
  json_t *row, *officers;
  desk_planned planned;
  desk_snapshot *snapshot;
  desk_extract extract;
  desk_handling *custody;
  size_t n_custody;
  tacet_bytes tar, sealed;
  bool is_minimised; /* the log knows of what was written */
  char path[DESK_PATH_MAX];
  desk_trouble *why;
} running;

static void running_free(running *r) {
  json_decref(r->row);
  json_decref(r->officers);
  desk_planned_free(&r->planned);
  desk_snapshot_close(r->snapshot);
  desk_extract_free(&r->extract);
  for (size_t i = 0; i < r->n_custody; i++) {
    free((void *)(uintptr_t)(const void *)r->custody[i].actor);
    free((void *)(uintptr_t)(const void *)r->custody[i].act);
  }
  free(r->custody);
  tacet_bytes_free(&r->tar);
  tacet_bytes_free(&r->sealed);
}

/* Takes over body and changes. */
static tacet_err act(running *r, desk_step step, const char *kind, json_t *body,
                     json_t *changes, desk_trouble *why) {
  const desk_case_step s = {.case_id = r->id,
                            .act = step,
                            .kind = kind,
                            .actor = r->who->actor,
                            .key = r->who->signs,
                            .body = body,
                            .changes = changes};
  tacet_err err = desk_case_act(r->s, &s, why);
  json_decref(body);
  json_decref(changes);
  return err;
}

/* Back to planning, with the reason that is in *r->why; what was signed counts
 * for nothing from then on. The error stays what it was. */
static tacet_err stop(running *r, tacet_err err) {
  desk_trouble none = {""};
  (void)(act(r, DESK_DO_STOP, DESK_E_STOPPED,
             json_pack("{s:s}", "reason", r->why->text), NULL,
             &none) == TACET_OK);
  return err;
}

/* ---- before ---- */

/* Of a run that was killed after it wrote and before the log said so. */
static void take_back(running *r) {
  const char *out = desk_arg(r->a, DESK_O_OUT);
  int n = out == NULL
              ? -1
              : snprintf(r->path, sizeof(r->path), "%s/%s.tar.age", out, r->id);
  if (n > 0 && (size_t)n < sizeof(r->path)) {
    (void)unlink(r->path);
  }
  desk_preserved_drop(r->s, r->id);
}

static tacet_err check_state(running *r, desk_state *state) {
  const char *text = json_string_value(json_object_get(r->row, "state"));
  if (text == NULL || !desk_state_read(text, state)) {
    *state = DESK_STATES;
  }
  if (*state == DESK_S_APPROVED) {
    return TACET_OK;
  }
  if (*state == DESK_S_EXTRACTED) {
    take_back(r);
    desk_trouble_set(r->why, "the run before did not come to its end; what it "
                             "may have left is removed. Two officers have to "
                             "sign the plan again");
    return stop(r, TACET_ERR_POLICY);
  }
  desk_trouble_set(r->why,
                   "the case is %s: a plan runs when two officers have "
                   "signed it",
                   text == NULL ? "unknown" : text);
  return TACET_ERR_POLICY;
}

static tacet_err check_out(running *r) {
  const char *out = desk_arg(r->a, DESK_O_OUT);
  struct stat st;
  if (r->planned.plan.in.purpose == DESK_PRESERVE) {
    return TACET_OK;
  }
  if (out == NULL) {
    desk_trouble_set(r->why, "where to? name a folder with --out DIR");
    return TACET_ERR_ARGUMENT;
  }
  int n = snprintf(r->path, sizeof(r->path), "%s/%s.tar.age", out, r->id);
  if (n < 0 || (size_t)n >= sizeof(r->path) || stat(out, &st) != 0 ||
      !S_ISDIR(st.st_mode)) {
    desk_trouble_set(r->why,
                     "%.300s is no folder; --out names one that is "
                     "there",
                     out);
    return TACET_ERR_ARGUMENT;
  }
  if (access(r->path, F_OK) == 0) {
    desk_trouble_set(r->why, "%.400s is there already; nothing was done",
                     r->path);
    return TACET_ERR_EXISTS;
  }
  return TACET_OK;
}

/* Who signed the plan saw in whose name. */
static tacet_err check_operator(running *r) {
  const char *name = desk_arg(r->a, DESK_O_OPERATOR);
  const char *planned = r->planned.operator_name;
  if (name == NULL || *planned == '\0' || strcmp(name, planned) == 0) {
    return TACET_OK;
  }
  desk_trouble_set(r->why, "the plan was signed to be handed out in another "
                           "name than that of --operator: leave it out, or "
                           "plan it again");
  return TACET_ERR_POLICY;
}

/* The server's directory; or the preserved copy, if it is the one that was
 * planned from. */
static tacet_err open_source(running *r) {
  TACET_BYTES(copy);
  char hash[2 * DESK_HASH + 1];
  const desk_plan *p = &r->planned.plan;
  if (p->in.source_case == NULL) {
    return desk_snapshot_open(desk_store_settings(r->s)->server, NULL, r->why,
                              &r->snapshot);
  }
  TACET_TRY(desk_preserved_open(r->s, p->in.source_case, r->why, &copy, hash));
  if (strcmp(hash, p->in.source_hash) != 0) {
    desk_trouble_set(r->why, "the preserved copy is not the one that was "
                             "planned from");
    return TACET_ERR_AUTH;
  }
  return desk_thaw(tacet_bytes_span(&copy), &p->scope, r->why, &r->snapshot);
}

static tacet_err prepare(running *r, desk_state *state) {
  const char *filed_by;
  TACET_TRY(desk_case_get(r->s, r->id, r->why, &r->row));
  TACET_TRY(desk_may_see(r->who, r->row, r->why));
  if (!desk_role_works(r->who->officer.role)) {
    desk_trouble_set(r->why, "officers and approvers run plans; %s is neither",
                     r->who->actor);
    return TACET_ERR_POLICY;
  }
  TACET_TRY(check_state(r, state));
  filed_by = json_string_value(json_object_get(r->row, "filed_by"));
  TACET_TRY(desk_planned_load(r->s, r->id, r->why, &r->planned));
  TACET_TRY(desk_planned_approved(r->s, &r->planned, filed_by, r->why));
  TACET_TRY(check_operator(r));
  if (r->planned.plan.in.purpose == DESK_ANSWER) {
    TACET_TRY(desk_notice_gate(r->s, r->row, r->why));
  }
  TACET_TRY(check_out(r));
  return open_source(r);
}

/* ---- the bundle ---- */

static tacet_err note_handling(void *user, const desk_event *e) {
  running *r = user;
  desk_handling *list = realloc(r->custody, (r->n_custody + 1) * sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  r->custody = list;
  desk_handling h = {e->time, e->number,
                     strdup(*e->actor == '\0' ? "desk" : e->actor),
                     strdup(e->kind)};
  list[r->n_custody++] = h;
  return h.actor == NULL || h.act == NULL ? TACET_ERR_NOMEM : TACET_OK;
}

/* SHA-256 of the demand as it was filed, in hexadecimal. */
static tacet_err hash_request(running *r, char out[2 * DESK_HASH + 1]) {
  json_t *demand = NULL;
  uint8_t hash[DESK_HASH];
  TACET_TRY(desk_case_request(r->s, r->id, r->why, &demand));
  char *text = json_dumps(demand, JSON_COMPACT | JSON_SORT_KEYS);
  json_decref(demand);
  tacet_err err = text == NULL ? TACET_ERR_NOMEM
                               : tacet_hash_one(&tacet_hash_sha256,
                                                tacet_span_str(text), hash);
  free(text);
  TACET_TRY(err);
  tacet_hex_write(tacet_span_of(hash, DESK_HASH), out);
  return TACET_OK;
}

/* What shows that those who signed work here, so far as it can be shown. */
static tacet_err prove_officers(running *r, json_t **out) {
  const char *names[DESK_CONSENTS_MAX];
  for (size_t i = 0; i < r->planned.n_consents; i++) {
    names[i] = r->planned.consents[i].officer;
  }
  return desk_officers_prove(r->s, names, r->planned.n_consents, r->why, out);
}

/* As it was planned; where it was planned without, as whoever runs it says. */
static const char *operator_of(const running *r) {
  const char *name = desk_arg(r->a, DESK_O_OPERATOR);
  return r->planned.operator_name[0] != '\0' ? r->planned.operator_name
         : name != NULL                      ? name
                                             : "the operator of this service";
}

static tacet_err bundle(running *r) {
  DESK_FILES(files);
  char request[2 * DESK_HASH + 1];
  uint8_t recipient[DESK_AGE_KEY];
  const desk_key *key = desk_store_key(r->s);
  const desk_filter of_case = {.case_id = r->id};
  TACET_TRY(desk_events_each(r->s, &of_case, note_handling, r, r->why));
  TACET_TRY(hash_request(r, request));
  TACET_TRY(prove_officers(r, &r->officers));
  desk_bundle_input in = {.plan = &r->planned.plan,
                          .extract = &r->extract,
                          .operator_name = operator_of(r),
                          .request = request,
                          .program = PROGRAM,
                          .made = desk_store_now(r->s),
                          .custody = r->custody,
                          .n_custody = r->n_custody,
                          .consents = r->planned.consents,
                          .n_consents = r->planned.n_consents,
                          .officers = r->officers,
                          .private_key = tacet_secret_span(&key->private_key)};
  memcpy(in.public_key, key->public_key, sizeof(in.public_key));
  TACET_TRY(desk_bundle_make(&in, &files));
  TACET_TRY(desk_tar_write(&files, &r->tar));
  TACET_TRY(desk_age_recipient_read(r->planned.plan.in.recipient, recipient));
  return desk_age_seal(recipient, tacet_bytes_span(&r->tar), &r->sealed);
}

/* ---- after ---- */

static json_t *hex_of(tacet_span bytes) {
  uint8_t hash[DESK_HASH];
  char text[2 * DESK_HASH + 1];
  if (tacet_hash_one(&tacet_hash_sha256, bytes, hash) != TACET_OK) {
    return NULL;
  }
  tacet_hex_write(tacet_span_of(hash, DESK_HASH), text);
  return json_string(text);
}

static size_t accounts_with_data(const running *r) {
  const desk_plan *p = &r->planned.plan; /* what came was compared with it */
  size_t n = 0;
  for (size_t i = 0; i < p->scope.n_handles; i++) {
    n += p->in.present[i] ? 1 : 0;
  }
  return n;
}

static json_t *outcome(running *r) {
  json_t *body = NULL;
  desk_trouble none;
  const desk_filter narrowed = {.case_id = r->id, .kind = "decided-narrow"};
  bool partly = accounts_with_data(r) < r->planned.plan.scope.n_handles ||
                desk_event_newest(r->s, &narrowed, &none, &body) == TACET_OK;
  json_decref(body);
  return json_pack("{s:I, s:s, s:n, s:n}", "with_data",
                   (json_int_t)accounts_with_data(r), "outcome",
                   partly ? "partly" : "disclosed", "due", "due_at");
}

/* What lies in the file: the sealed bundle, or the copy that is kept. */
static tacet_span written(const running *r) {
  return tacet_bytes_span(r->sealed.len > 0 ? &r->sealed : &r->tar);
}

static json_t *counts(const running *r) {
  json_t *rows = json_object();
  for (size_t t = 1; t < r->extract.n_tables; t++) {
    const desk_extract_table *table = &r->extract.tables[t];
    (void)json_object_set_new(rows, table->step->name,
                              json_integer((json_int_t)table->n_rows));
  }
  return json_pack("{s:o, s:s, s:o}", "rows", rows, "compared", "cell by cell",
                   "file", hex_of(written(r)));
}

/* From minimised, or from sealed, to the end. */
static tacet_err log_rest(running *r, bool is_sealed) {
  if (!is_sealed) {
    json_t *hashes = json_pack(
        "{s:o, s:o, s:s}", "bundle",
        r->tar.len == 0 ? json_null() : hex_of(tacet_bytes_span(&r->tar)),
        "sealed", hex_of(tacet_bytes_span(&r->sealed)), "recipient",
        r->planned.plan.in.recipient);
    if (accounts_with_data(r) == 0) {
      return act(r, DESK_DO_NO_DATA, "no-data", hashes, outcome(r), r->why);
    }
    TACET_TRY(act(r, DESK_DO_SEAL, "sealed", hashes, NULL, r->why));
  }
  return act(r, DESK_DO_DELIVER, "delivered", json_object(), outcome(r),
             r->why);
}

static tacet_err log_end(running *r) {
  TACET_TRY(act(r, DESK_DO_MINIMISE, "minimised", counts(r), NULL, r->why));
  r->is_minimised = true;
  return log_rest(r, false);
}

/* ---- a preservation ---- */

static tacet_err log_copy(running *r) {
  json_t *body = json_pack("{s:o}", "copy", hex_of(tacet_bytes_span(&r->tar)));
  /* Nothing was handed over: the case may be closed. */
  return act(
      r, DESK_DO_NO_DATA, DESK_E_PRESERVED, body,
      json_pack("{s:s, s:n, s:n}", "outcome", "disclosed", "due", "due_at"),
      r->why);
}

static tacet_err log_kept(running *r) {
  TACET_TRY(act(r, DESK_DO_MINIMISE, "minimised", counts(r), NULL, r->why));
  r->is_minimised = true;
  return log_copy(r);
}

static tacet_err keep(running *r) {
  tacet_err err =
      desk_preserved_keep(r->s, r->id, tacet_bytes_span(&r->tar), r->why);
  if (err != TACET_OK) {
    return stop(r, err);
  }
  err = log_kept(r);
  if (err != TACET_OK && !r->is_minimised) {
    desk_preserved_drop(r->s, r->id);
  }
  return err;
}

static tacet_err hand_out(running *r) {
  tacet_err err =
      desk_file_write(r->path, tacet_bytes_span(&r->sealed), r->why);
  if (err != TACET_OK) {
    return stop(r, err);
  }
  err = log_end(r);
  if (err != TACET_OK && !r->is_minimised) { /* or the next run goes on */
    (void)unlink(r->path);
  }
  return err;
}

static void say_done(running *r) {
  size_t n = accounts_with_data(r);
  if (r->planned.plan.in.purpose == DESK_PRESERVE) {
    (void)snprintf(r->path, sizeof(r->path), "%s/" DESK_PRESERVED "/%s.age",
                   desk_store_folder(r->s), r->id);
  }
  if (desk_flag(r->a, DESK_O_JSON)) {
    desk_print(json_pack(
        "{s:s, s:s, s:I, s:I, s:o}", "case", r->id, "file", r->path, "accounts",
        (json_int_t)r->planned.plan.scope.n_handles, "with_data", (json_int_t)n,
        "bundle",
        r->tar.len == 0 ? json_null() : hex_of(tacet_bytes_span(&r->tar))));
    return;
  }
  printf("%s\n", r->path);
}

/* Before anything is read: who is to be told was told. */
static tacet_err person_was_told(running *r) {
  json_t *row = NULL;
  TACET_TRY(desk_case_get(r->s, r->id, r->why, &row));
  tacet_err err = desk_notice_gate(r->s, row, r->why);
  json_decref(row);
  return err;
}

/* Nobody put another file in the place of the one that was compared. */
static tacet_err check_written(running *r) {
  json_t *body = NULL, *found = hex_of(written(r));
  const desk_filter f = {.case_id = r->id, .kind = "minimised"};
  tacet_err err = desk_event_newest(r->s, &f, r->why, &body);
  if (err == TACET_OK &&
      (found == NULL || !json_equal(json_object_get(body, "file"), found))) {
    desk_trouble_set(r->why, "what lies there is not what the run wrote: find "
                             "the file that it wrote, or withdraw the case");
    err = TACET_ERR_AUTH;
  }
  json_decref(found);
  json_decref(body);
  return err;
}

/* A run that was killed when the file was there and the log had not heard of
 * it to the end. What is handed out is what it wrote. */
static tacet_err finish(running *r, desk_state state) {
  const char *out = desk_arg(r->a, DESK_O_OUT);
  TACET_TRY(desk_planned_load(r->s, r->id, r->why, &r->planned));
  if (r->planned.plan.in.purpose == DESK_PRESERVE) {
    TACET_TRY(desk_preserved_open(r->s, r->id, r->why, &r->tar, NULL));
    TACET_TRY(check_written(r));
    return log_copy(r);
  }
  if (out == NULL || snprintf(r->path, sizeof(r->path), "%s/%s.tar.age", out,
                              r->id) >= (int)sizeof(r->path)) {
    desk_trouble_set(r->why, "name the folder of the run that was cut off with "
                             "--out DIR");
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(desk_file_read(r->path, DESK_AGE_FILE_MAX, r->why, &r->sealed));
  TACET_TRY(check_written(r));
  return log_rest(r, state == DESK_S_SEALED);
}

static tacet_err run(running *r) {
  size_t erased;
  desk_state state = DESK_STATES;
  TACET_TRY(desk_lock(r->s, "run", r->why));
  TACET_TRY(desk_preserved_expire(r->s, r->why, &erased));
  tacet_err ready = prepare(r, &state);
  if (ready == TACET_ERR_POLICY &&
      (state == DESK_S_MINIMISED || state == DESK_S_SEALED)) {
    TACET_TRY(finish(r, state));
    say_done(r);
    return TACET_OK;
  }
  TACET_TRY(ready);
  bool keeps = r->planned.plan.in.purpose == DESK_PRESERVE;
  if (!keeps) {
    TACET_TRY(person_was_told(r));
  }
  TACET_TRY(act(r, DESK_DO_EXTRACT, "extracted", json_object(), NULL, r->why));
  tacet_err err =
      desk_snapshot_run(r->snapshot, &r->planned.plan, r->why, &r->extract);
  if (err == TACET_OK) {
    err = keeps ? desk_freeze(r->snapshot, &r->planned.plan, &r->extract,
                              r->why, &r->tar)
                : bundle(r);
  }
  if (err != TACET_OK) {
    if (r->why->text[0] == '\0') {
      desk_trouble_set(r->why, "the bundle could not be made (%s)",
                       tacet_err_text(err));
    }
    return stop(r, err);
  }
  TACET_TRY(keeps ? keep(r) : hand_out(r));
  say_done(r);
  return TACET_OK;
}

int desk_cmd_run(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    running r = {.a = a, .s = s, .who = &who, .id = a->words[0], .why = &why};
    code = desk_end(run(&r), &why);
    running_free(&r);
  }
  desk_store_close(s);
  return code;
}
