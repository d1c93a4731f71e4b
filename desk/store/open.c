/* SPDX-License-Identifier: Apache-2.0
 * The desk's folder: made, opened, its settings and its clock. */
#include "desk/store/private.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

tacet_err store_failed(tacet_err e, desk_trouble *why) {
  if (e != TACET_OK && why->text[0] == '\0') {
    const char *next = e == TACET_ERR_FULL
                           ? "make room on the disk and do it again"
                       : e == TACET_ERR_BUSY ? "another tacet-desk holds it; "
                                               "do it again"
                                             : "nothing was written";
    desk_trouble_set(why, "the desk's database: %s; %s", tacet_err_text(e),
                     next);
  }
  return e;
}

/* The database is free while the token waits for a finger. */
static tacet_err sign_rehearsed(desk_rehearsal *r, desk_trouble *why) {
  struct rehearsed *e = &r->events[r->at];
  return desk_officer_sign(r->wants, DESK_LABEL_ACT,
                           tacet_span_of(e->content, sizeof(e->content)), why,
                           &e->signature);
}

tacet_err store_transact(desk_store *s, sto_job *job, desk_trouble *why) {
  enum { TOUCHES_MAX = 2 * DESK_REHEARSED_MAX };
  desk_rehearsal *r = &s->rehearsal;
  r->n = 0;
  for (unsigned touches = 0;; touches++) {
    why->text[0] = '\0';
    r->wants = NULL;
    tacet_err e = sto_conn_transact(s->c, job);
    if (e == TACET_OK || r->wants == NULL) {
      return store_failed(e, why);
    }
    if (touches == TOUCHES_MAX) {
      desk_trouble_set(why, "the log went on each time before the token had "
                            "signed; do it again when the desk is quieter");
      return TACET_ERR_BUSY;
    }
    why->text[0] = '\0';
    TACET_TRY(store_failed(sign_rehearsed(r, why), why));
  }
}

bool store_copy(tacet_span text, char *out, size_t cap) {
  if (text.len >= cap) {
    return false;
  }
  if (text.len > 0) {
    memcpy(out, text.p, text.len);
  }
  out[text.len] = '\0';
  return true;
}

/* json_dumps() of jansson 2.14 leaves out what it found no memory for, without
 * a word; this has a size first, and its one block. */
char *store_text(const json_t *value) {
  const size_t how = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY;
  size_t n = json_dumpb(value, NULL, 0, how);
  char *text = n > 0 ? malloc(n + 1) : NULL;
  if (text != NULL && json_dumpb(value, text, n, how) != n) {
    free(text);
    return NULL;
  }
  if (text != NULL) {
    text[n] = '\0';
  }
  return text;
}

static tacet_err path_of(const char *folder, const char *name,
                         char out[DESK_PATH_MAX], desk_trouble *why) {
  int n = snprintf(out, DESK_PATH_MAX, "%s/%s", folder, name);
  if (n < 0 || n >= DESK_PATH_MAX) {
    desk_trouble_set(why, "the name of the desk's folder is too long");
    return TACET_ERR_LIMIT;
  }
  return TACET_OK;
}

/* ---- the clock ---- */

static int64_t system_now(void *user) {
  (void)user;
  return (int64_t)time(NULL);
}

int64_t desk_store_now(const desk_store *s) {
  return s->now(s->now_user);
}

desk_day desk_store_today(const desk_store *s) {
  return (desk_day)(desk_store_now(s) / 86400);
}

void desk_store_clock_set(desk_store *s, int64_t (*now)(void *user),
                          void *user) {
  s->now = now != NULL ? now : system_now;
  s->now_user = user;
}

void desk_store_clock_is_right(desk_store *s) {
  s->clock_is_right = true;
}

/* ---- opening ---- */

void desk_store_close(desk_store *s) {
  if (s != NULL) {
    sto_conn_close(s->c);
    tacet_wipe(s, sizeof(*s));
    free(s);
  }
}

static tacet_err refuse(sto_trouble *t, tacet_err e, desk_trouble *why) {
  if (t->text[0] == '\0') {
    sto_trouble_set(t, "the desk's folder: %s", tacet_err_text(e));
  }
  desk_trouble_set(why, "%s", t->text);
  return e;
}

/* Key, pad key and settings; the file of the key has to be the database's. */
static tacet_err read_desk(desk_store *s, desk_trouble *why) {
  sto_query *q = sto_query_start(s->c, Q_DESK_GET);
  bool row = false;
  TACET_TRY(store_failed(sto_step(q, &row), why));
  bool fits = row && sto_blob(q, 1).len == DESK_PAD_KEY_LEN &&
              store_copy(sto_text(q, 2), s->server, DESK_PATH_MAX) &&
              store_copy(sto_text(q, 3), s->notices_home, DESK_PATH_MAX);
  bool ours =
      fits && tacet_span_equal(sto_blob(q, 0),
                               tacet_span_of(s->key.public_key, DESK_KEY_LEN));
  if (fits) {
    memcpy(s->pad_key, sto_blob(q, 1).p, DESK_PAD_KEY_LEN);
  }
  sto_query_end(q);
  if (!fits) {
    desk_trouble_set(why, "the desk's database is not finished or damaged; "
                          "restore it from a copy, or move the folder away and "
                          "run tacet-desk init");
    return TACET_ERR_IO;
  }
  if (!ours) {
    desk_trouble_set(why, "desk.key is not the key of this desk's database; "
                          "restore both from one copy");
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}

static tacet_err open_into(desk_store *s, const char *folder,
                           desk_trouble *why) {
  char path[DESK_PATH_MAX];
  sto_trouble t = {""};
  if (!store_copy(tacet_span_str(folder), s->folder, DESK_PATH_MAX)) {
    desk_trouble_set(why, "the name of the desk's folder is too long");
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(path_of(folder, DESK_DATABASE, path, why));
  tacet_err e = sto_conn_open(&desk_schema, path, &t, &s->c);
  if (e != TACET_OK) {
    return refuse(&t, e, why);
  }
  TACET_TRY(path_of(folder, DESK_KEY_NAME, path, why));
  TACET_TRY(desk_key_load(path, NULL, why, &s->key));
  return read_desk(s, why);
}

tacet_err desk_store_open(const char *folder, desk_trouble *why,
                          desk_store **out) {
  desk_store *s = calloc(1, sizeof(*s));
  why->text[0] = '\0';
  if (s == NULL) {
    return store_failed(TACET_ERR_NOMEM, why);
  }
  s->now = system_now;
  s->settings = (desk_settings){s->server, s->notices_home};
  tacet_err e = open_into(s, folder, why);
  if (e != TACET_OK) {
    desk_store_close(s);
    return store_failed(e, why);
  }
  *out = s;
  return TACET_OK;
}

const char *desk_store_folder(const desk_store *s) {
  return s->folder;
}

const desk_settings *desk_store_settings(const desk_store *s) {
  return &s->settings;
}

const desk_key *desk_store_key(const desk_store *s) {
  return &s->key;
}

/* ---- making ---- */

typedef struct making {
  sto_job job;
  desk_store *s;
  desk_trouble *why;
} making;

static tacet_err made_event(desk_store *s, sto_conn *c, desk_trouble *why) {
  char key[DESK_KEY_TEXT];
  desk_key_text(s->key.public_key, key);
  json_t *body = json_pack("{s:s, s:i}", "key", key, "version", 1);
  desk_item item = {
      .act = {.actor = "", .kind = "desk-made", .case_id = "", .body = body}};
  tacet_err e =
      body == NULL ? TACET_ERR_NOMEM : append_items(s, c, &item, 1, why);
  json_decref(body);
  return e;
}

static tacet_err make_rows(sto_job *job, sto_conn *c) {
  const making *m = (making *)job;
  desk_store *s = m->s;
  sto_query *q = sto_query_start(c, Q_DESK_SET);
  sto_bind_blob(q, tacet_span_of(s->key.public_key, DESK_KEY_LEN));
  sto_bind_blob(q, tacet_span_of(s->pad_key, DESK_PAD_KEY_LEN));
  sto_bind_text(q, tacet_span_str(s->server));
  sto_bind_text(q, tacet_span_str(s->notices_home));
  TACET_TRY(sto_exec(q));
  return made_event(s, c, m->why);
}

static tacet_err make_folder(const char *folder, desk_trouble *why) {
  char path[DESK_PATH_MAX];
  if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
    desk_trouble_set(why, "the folder %.300s cannot be made: %s", folder,
                     strerror(errno));
    return TACET_ERR_IO;
  }
  TACET_TRY(path_of(folder, DESK_DOCUMENTS, path, why));
  if (mkdir(path, 0700) != 0 && errno != EEXIST) {
    desk_trouble_set(why, "the folder %.300s cannot be made: %s", path,
                     strerror(errno));
    return TACET_ERR_IO;
  }
  return TACET_OK;
}

static tacet_err make_database(const char *folder, desk_trouble *why) {
  char path[DESK_PATH_MAX];
  sto_trouble t = {""};
  sto_db *db = NULL;
  TACET_TRY(path_of(folder, DESK_DATABASE, path, why));
  const sto_options o = {.path = path,
                         .schema = &desk_schema,
                         .n_readers = 1,
                         .queue_jobs_max = 16,
                         .queue_bytes_max = 1 << 20};
  tacet_err e = sto_open(&o, true, &t, &db);
  if (e != TACET_OK) {
    return refuse(&t, e, why);
  }
  sto_close(db);
  return TACET_OK;
}

static tacet_err fill(desk_store *s, const char *folder,
                      const desk_settings *settings, desk_trouble *why) {
  char path[DESK_PATH_MAX];
  sto_trouble t = {""};
  TACET_TRY(path_of(folder, DESK_DATABASE, path, why));
  if (!store_copy(tacet_span_str(settings->server), s->server, DESK_PATH_MAX) ||
      !store_copy(tacet_span_str(settings->notices_home), s->notices_home,
                  DESK_PATH_MAX)) {
    desk_trouble_set(why, "the name of a folder is too long");
    return TACET_ERR_LIMIT;
  }
  tacet_err e = sto_conn_open(&desk_schema, path, &t, &s->c);
  if (e != TACET_OK) {
    return refuse(&t, e, why);
  }
  TACET_TRY(store_failed(tacet_random(s->pad_key, DESK_PAD_KEY_LEN), why));
  making m = {{.run = make_rows}, s, why};
  return store_transact(s, &m.job, why);
}

/* The key comes first: a making that was cut off goes on with it. A database
 * without its key is somebody's desk, and is left alone. */
static tacet_err own_key(const char *folder, desk_trouble *why, desk_key *out) {
  char path[DESK_PATH_MAX], database[DESK_PATH_MAX];
  TACET_TRY(path_of(folder, DESK_KEY_NAME, path, why));
  TACET_TRY(path_of(folder, DESK_DATABASE, database, why));
  if (access(path, F_OK) == 0) {
    return desk_key_load(path, NULL, why, out);
  }
  if (access(database, F_OK) == 0) {
    desk_trouble_set(why,
                     "the folder %.300s holds a desk without its key; "
                     "restore desk.key from a copy, or use another folder",
                     folder);
    return TACET_ERR_EXISTS;
  }
  TACET_TRY(store_failed(desk_key_generate(out), why));
  return desk_key_write(out, path, TACET_SPAN_EMPTY, why);
}

static tacet_err create_into(desk_store *s, const char *folder,
                             const desk_settings *settings, desk_trouble *why) {
  TACET_TRY(make_folder(folder, why));
  TACET_TRY(own_key(folder, why, &s->key));
  TACET_TRY(make_database(folder, why));
  tacet_err e = fill(s, folder, settings, why);
  if (e == TACET_ERR_EXISTS) {
    desk_trouble_set(why, "the folder %.300s holds a desk already", folder);
  }
  return e;
}

tacet_err desk_store_create(const char *folder, const desk_settings *settings,
                            desk_trouble *why) {
  desk_store *s = calloc(1, sizeof(*s));
  why->text[0] = '\0';
  if (s == NULL) {
    return store_failed(TACET_ERR_NOMEM, why);
  }
  s->now = system_now;
  tacet_err e = create_into(s, folder, settings, why);
  desk_store_close(s);
  return e;
}

/* ---- settings ---- */

typedef struct setting {
  sto_job job;
  desk_store *s;
  desk_item item;
  const char *server, *notices_home;
  desk_trouble *why;
} setting;

static tacet_err settings_run(sto_job *job, sto_conn *c) {
  setting *x = (setting *)job;
  TACET_TRY(officer_may_change(c, x->item.act.key, x->why));
  sto_query *q = sto_query_start(c, Q_SETTINGS_SET);
  sto_bind_text(q, tacet_span_str(x->server));
  sto_bind_text(q, tacet_span_str(x->notices_home));
  TACET_TRY(sto_exec(q));
  return append_items(x->s, c, &x->item, 1, x->why);
}

tacet_err desk_store_settings_set(desk_store *s, const desk_settings *settings,
                                  const char *actor, const desk_key *key,
                                  desk_trouble *why) {
  setting x = {.job.run = settings_run, .s = s, .why = why};
  x.server = settings->server != NULL ? settings->server : s->server;
  x.notices_home =
      settings->notices_home != NULL ? settings->notices_home : s->notices_home;
  if (strlen(x.server) >= DESK_PATH_MAX ||
      strlen(x.notices_home) >= DESK_PATH_MAX) {
    desk_trouble_set(why, "the name of a folder is too long");
    return TACET_ERR_LIMIT;
  }
  json_t *body = json_pack("{s:s, s:s}", "server", x.server, "notices_home",
                           x.notices_home);
  x.item.act = (desk_act){actor, "settings-changed", "", body, key};
  tacet_err e = body == NULL ? store_failed(TACET_ERR_NOMEM, why)
                             : store_transact(s, &x.job, why);
  json_decref(body);
  if (e == TACET_OK) {
    memmove(s->server, x.server, strlen(x.server) + 1);
    memmove(s->notices_home, x.notices_home, strlen(x.notices_home) + 1);
  }
  return e;
}
