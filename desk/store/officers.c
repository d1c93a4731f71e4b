/* SPDX-License-Identifier: Apache-2.0
 * Who works at the desk. */
#include "desk/store/private.h"

#include "tacet/codec.h"

#include <stdlib.h>

static const char *const roles[DESK_ROLES] = {[DESK_OFFICER] = "officer",
                                              [DESK_APPROVER] = "approver",
                                              [DESK_AUDITOR] = "auditor",
                                              [DESK_ADMINISTRATOR] =
                                                  "administrator"};

const char *desk_role_name(desk_role r) {
  return (unsigned)r < DESK_ROLES ? roles[r] : NULL;
}

bool desk_role_read(const char *text, desk_role *out) {
  for (unsigned i = 0; i < DESK_ROLES; i++) {
    if (strcmp(roles[i], text) == 0) {
      *out = (desk_role)i;
      return true;
    }
  }
  return false;
}

bool desk_role_works(desk_role r) {
  return r == DESK_OFFICER || r == DESK_APPROVER;
}

/* Letters, digits, '.', '_', '-' and '@', so that a name cannot be taken for
 * another and never for "uid:1000". */
static bool is_name(const char *name) {
  size_t n = strlen(name);
  for (size_t i = 0; i < n; i++) {
    char c = name[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9');
    if (!letter && strchr("._-@", c) == NULL) {
      return false;
    }
  }
  return n > 0 && n <= DESK_NAME_MAX;
}

/* ---- looking up ---- */

tacet_err officer_read(sto_query *q, desk_officer *out) {
  desk_officer o = {.cleared = sto_int(q, 3) != 0,
                    .removed = sto_int(q, 4) != 0};
  char role[16];
  tacet_span key = sto_blob(q, 1);
  if (!store_copy(sto_text(q, 0), o.name, sizeof(o.name)) ||
      desk_public_take(key, &o.key) != TACET_OK ||
      !store_copy(sto_text(q, 2), role, sizeof(role)) ||
      !desk_role_read(role, &o.role)) {
    return TACET_ERR_IO;
  }
  *out = o;
  return TACET_OK;
}

static tacet_err find(sto_query *q, desk_officer *out) {
  bool row = false;
  TACET_TRY(sto_step(q, &row));
  if (!row) {
    return TACET_ERR_NOT_FOUND;
  }
  tacet_err e = officer_read(q, out);
  sto_query_end(q);
  return e;
}

tacet_err officer_by_key(sto_conn *c, const desk_key *key, desk_officer *out) {
  desk_public_key k = desk_key_public(key);
  sto_query *q = sto_query_start(c, Q_OFFICER_BY_KEY);
  sto_bind_blob(q, desk_public_span(&k));
  return find(q, out);
}

tacet_err officer_by_name(sto_conn *c, const char *name, desk_officer *out) {
  sto_query *q = sto_query_start(c, Q_OFFICER_BY_NAME);
  sto_bind_text(q, tacet_span_str(name));
  return find(q, out);
}

tacet_err desk_officer_of(desk_store *s, const desk_key *key, desk_trouble *why,
                          desk_officer *out) {
  desk_officer o;
  tacet_err e = officer_by_key(s->c, key, &o);
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && o.removed)) {
    desk_trouble_set(why, "that key is none of an officer of this desk; "
                          "`tacet-desk officer list` shows them");
    return TACET_ERR_AUTH;
  }
  why->text[0] = '\0';
  if (e == TACET_OK) {
    *out = o;
  }
  return store_failed(e, why);
}

tacet_err desk_officer_find(desk_store *s, const char *name, desk_trouble *why,
                            desk_officer *out) {
  tacet_err e = officer_by_name(s->c, name, out);
  if (e == TACET_ERR_NOT_FOUND) {
    desk_trouble_set(why, "there is no officer of that name; `tacet-desk "
                          "officer list` shows them");
    return e;
  }
  why->text[0] = '\0';
  return store_failed(e, why);
}

tacet_err desk_officers_each(desk_store *s,
                             tacet_err (*visit)(void *user,
                                                const desk_officer *o),
                             void *user, desk_trouble *why) {
  sto_query *q = sto_query_start(s->c, Q_OFFICER_LIST);
  why->text[0] = '\0';
  for (;;) {
    bool row;
    desk_officer o;
    TACET_TRY(store_failed(sto_step(q, &row), why));
    if (!row) {
      return TACET_OK;
    }
    tacet_err e = officer_read(q, &o);
    if (e == TACET_OK) {
      e = visit(user, &o);
    }
    if (e != TACET_OK) {
      sto_query_end(q);
      return store_failed(e, why);
    }
  }
}

/* ---- changing ---- */

typedef struct changing {
  sto_job job;
  desk_store *s;
  desk_item item;
  const desk_officer *officer; /* to be added; NULL: removed */
  const char *name;
  desk_trouble *why;
} changing;

/* Until there is an administrator anybody who may write here adds officers. */
tacet_err officer_may_change(sto_conn *c, const desk_key *key,
                             desk_trouble *why) {
  desk_officer o;
  sto_query *q = sto_query_start(c, Q_OFFICER_ADMINS);
  bool row = false;
  TACET_TRY(sto_step(q, &row));
  bool has_administrator = row && sto_int(q, 0) > 0;
  sto_query_end(q);
  if (!has_administrator) {
    return TACET_OK;
  }
  tacet_err e = key == NULL ? TACET_ERR_NOT_FOUND : officer_by_key(c, key, &o);
  if (e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK && (o.removed || o.role != DESK_ADMINISTRATOR))) {
    desk_trouble_set(why, "this desk has an administrator, who alone changes "
                          "officers and settings: --by FILE names that key");
    return TACET_ERR_POLICY;
  }
  return e;
}

static tacet_err add_row(const desk_officer *o, sto_conn *c) {
  sto_query *q = sto_query_start(c, Q_OFFICER_ADD);
  sto_bind_text(q, tacet_span_str(o->name));
  sto_bind_blob(q, desk_public_span(&o->key));
  sto_bind_text(q, tacet_span_str(desk_role_name(o->role)));
  sto_bind_int(q, o->cleared ? 1 : 0);
  return sto_exec(q);
}

static tacet_err add_run(sto_job *job, sto_conn *c) {
  changing *x = (changing *)job;
  TACET_TRY(officer_may_change(c, x->item.act.key, x->why));
  /* The event first: the signature is one of an officer that was there. */
  TACET_TRY(append_items(x->s, c, &x->item, 1, x->why));
  tacet_err e = add_row(x->officer, c);
  if (e == TACET_ERR_EXISTS) {
    desk_trouble_set(x->why, "an officer with that name or that key is there "
                             "already, or was; a name and a key are used once");
  }
  return e;
}

tacet_err desk_officer_add(desk_store *s, const desk_officer *officer,
                           const char *actor, const desk_key *by,
                           desk_trouble *why) {
  char key[DESK_PUBLIC_TEXT];
  if (!is_name(officer->name)) {
    desk_trouble_set(why,
                     "an officer's name has 1 to %d of A-Z a-z 0-9 . _ - @",
                     DESK_NAME_MAX);
    return TACET_ERR_ARGUMENT;
  }
  desk_public_text(&officer->key, key);
  json_t *body = json_pack("{s:s, s:s, s:s, s:b}", "name", officer->name, "key",
                           key, "role", desk_role_name(officer->role),
                           "cleared", officer->cleared);
  changing x = {.job.run = add_run, .s = s, .officer = officer, .why = why};
  x.item.act = (desk_act){actor, "officer-added", "", body, by};
  tacet_err e = body == NULL ? store_failed(TACET_ERR_NOMEM, why)
                             : store_transact(s, &x.job, why);
  json_decref(body);
  return e;
}

static tacet_err remove_run(sto_job *job, sto_conn *c) {
  changing *x = (changing *)job;
  desk_officer o;
  TACET_TRY(officer_may_change(c, x->item.act.key, x->why));
  tacet_err e = officer_by_name(c, x->name, &o);
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && o.removed)) {
    desk_trouble_set(x->why, "there is no officer of that name; `tacet-desk "
                             "officer list` shows them");
    return TACET_ERR_NOT_FOUND;
  }
  TACET_TRY(e);
  TACET_TRY(append_items(x->s, c, &x->item, 1, x->why));
  sto_query *q = sto_query_start(c, Q_OFFICER_REMOVE);
  sto_bind_text(q, tacet_span_str(x->name));
  return sto_exec(q);
}

tacet_err desk_officer_remove(desk_store *s, const char *name,
                              const char *actor, const desk_key *by,
                              desk_trouble *why) {
  json_t *body = json_pack("{s:s}", "name", name);
  changing x = {.job.run = remove_run, .s = s, .name = name, .why = why};
  if (body == NULL) { /* not UTF-8 */
    desk_trouble_set(why, "there is no officer of that name");
    return TACET_ERR_NOT_FOUND;
  }
  x.item.act = (desk_act){actor, "officer-removed", "", body, by};
  tacet_err e = store_transact(s, &x.job, why);
  json_decref(body);
  return e;
}
