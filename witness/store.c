/* SPDX-License-Identifier: Apache-2.0
 * What a witness keeps. */
#include "witness/store.h"

#include "tacet/crypto.h"

#include <stdio.h>

static const char *const steps[] = {
    "CREATE TABLE witness (id INTEGER PRIMARY KEY CHECK (id = 1),"
    " name TEXT NOT NULL, listen TEXT NOT NULL) STRICT;"
    "CREATE TABLE log (vkey TEXT PRIMARY KEY, origin TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX log_origin ON log (origin);"
    "CREATE TABLE head (origin_hash BLOB PRIMARY KEY, size INTEGER NOT NULL,"
    " root BLOB NOT NULL, cosigned BLOB NOT NULL, time INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE evidence (id INTEGER PRIMARY KEY, origin_hash BLOB NOT NULL,"
    " note BLOB NOT NULL UNIQUE, remembered BLOB NOT NULL,"
    " time INTEGER NOT NULL) STRICT;"};

enum {
  IDENTITY_SET,
  IDENTITY_GET,
  LOG_COUNT,
  LOG_ADD,
  LOG_REMOVE,
  LOG_LIST,
  LOG_KEYS,
  HEAD_GET,
  HEAD_SET,
  EVIDENCE_COUNT,
  EVIDENCE_ADD,
  EVIDENCE_OF
};

static const char *const statements[] = {
    [IDENTITY_SET] =
        "INSERT INTO witness (id, name, listen) VALUES (1, ?1, ?2)",
    [IDENTITY_GET] = "SELECT name, listen FROM witness",
    [LOG_COUNT] = "SELECT count(*) FROM log",
    [LOG_ADD] = "INSERT INTO log (vkey, origin) VALUES (?1, ?2)",
    [LOG_REMOVE] = "DELETE FROM log WHERE origin = ?1",
    [LOG_LIST] = "SELECT origin, vkey FROM log ORDER BY origin, vkey",
    [LOG_KEYS] = "SELECT vkey FROM log WHERE origin = ?1 ORDER BY vkey",
    [HEAD_GET] = "SELECT size, root, cosigned, time FROM head"
                 " WHERE origin_hash = ?1",
    [HEAD_SET] = "INSERT INTO head (origin_hash, size, root, cosigned, time)"
                 " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (origin_hash)"
                 " DO UPDATE SET size = excluded.size, root = excluded.root,"
                 " cosigned = excluded.cosigned, time = excluded.time",
    [EVIDENCE_COUNT] = "SELECT count(*) FROM evidence",
    [EVIDENCE_ADD] =
        "INSERT INTO evidence (origin_hash, note, remembered, time)"
        " SELECT ?1, ?2, cosigned, ?3 FROM head"
        " WHERE origin_hash = ?1 ON CONFLICT DO NOTHING",
    [EVIDENCE_OF] = "SELECT count(*) FROM evidence WHERE origin_hash = ?1",
};

static const sto_schema schema = {.name = "witness",
                                  .init = "tacet-witness init",
                                  .application_id = 0x54575431, /* "TWT1" */
                                  .steps = steps,
                                  .n_steps = sizeof(steps) / sizeof(steps[0]),
                                  .statements = statements,
                                  .n_statements = sizeof(statements) /
                                                  sizeof(statements[0])};

bool wit_path(const char *folder, const char *name, char out[WIT_PATH_MAX]) {
  int n = snprintf(out, WIT_PATH_MAX, "%s/%s", folder, name);
  return n > 0 && n < WIT_PATH_MAX;
}

static tacet_err path_of(const char *folder, const char *name,
                         char out[WIT_PATH_MAX], sto_trouble *why) {
  if (!wit_path(folder, name, out)) {
    sto_trouble_set(why, "the name of the data folder is too long");
    return TACET_ERR_LIMIT;
  }
  return TACET_OK;
}

static tacet_err hash_of(tacet_span origin, uint8_t out[32]) {
  return tacet_hash_sha256.digest(&origin, 1, out);
}

/* ---- opening ---- */

static tacet_err db_open(const char *folder, bool create, sto_trouble *why,
                         sto_db **out) {
  char path[WIT_PATH_MAX];
  TACET_TRY(path_of(folder, WIT_DATABASE, path, why));
  const sto_options o = {.path = path,
                         .schema = &schema,
                         .n_readers = 1,
                         .queue_jobs_max = 1024,
                         .queue_bytes_max = 64 * 1024 * 1024};
  return sto_open(&o, create, why, out);
}

tacet_err wit_db_open(const char *folder, sto_trouble *why, sto_db **out) {
  return db_open(folder, false, why, out);
}

tacet_err wit_conn_open(const char *folder, sto_trouble *why, sto_conn **out) {
  char path[WIT_PATH_MAX];
  TACET_TRY(path_of(folder, WIT_DATABASE, path, why));
  return sto_conn_open(&schema, path, why, out);
}

/* ---- who the witness is ---- */

void wit_identity_wipe(wit_identity *i) {
  tacet_wipe(i, sizeof(*i));
}

/* Fills in the key from its private half. */
static tacet_err complete(tacet_span name, tacet_span private_key,
                          wit_identity *out) {
  uint8_t public_key[32];
  TACET_TRY(tacet_sig_ed25519.public_key(private_key, public_key));
  TACET_TRY(
      tacet_note_key_make(name, TACET_NOTE_COSIGNATURE, public_key, &out->key));
  return tacet_secret_set(&out->private_key, private_key);
}

typedef struct naming {
  sto_job job;
  tacet_span name, listen;
} naming;

static tacet_err set_identity(sto_job *job, sto_conn *c) {
  const naming *n = (naming *)job;
  sto_query *q = sto_query_start(c, IDENTITY_SET);
  sto_bind_text(q, n->name);
  sto_bind_text(q, n->listen);
  return sto_exec(q);
}

static tacet_err create_database(const char *folder, tacet_span name,
                                 const char *listen, sto_trouble *why) {
  sto_db *db = NULL;
  sto_conn *c = NULL;
  TACET_TRY(db_open(folder, true, why, &db));
  sto_close(db);
  TACET_TRY(wit_conn_open(folder, why, &c));
  naming n = {{.run = set_identity}, name, tacet_span_str(listen)};
  tacet_err e = sto_conn_transact(c, &n.job);
  sto_conn_close(c);
  if (e != TACET_OK) {
    sto_trouble_set(why, "the folder %s holds a witness already", folder);
  }
  return e;
}

tacet_err wit_create(const char *folder, tacet_span name, const char *listen,
                     sto_trouble *why, wit_identity *out) {
  WIT_IDENTITY(i);
  TACET_SECRET(private_key);
  uint8_t public_key[32];
  char path[WIT_PATH_MAX];
  TACET_TRY(path_of(folder, WIT_KEY, path, why));
  sto_trouble_set(why, "the cryptographic library failed");
  TACET_TRY(tacet_sig_ed25519.generate(&private_key, public_key));
  TACET_TRY(complete(name, tacet_secret_span(&private_key), &i));
  TACET_TRY(sto_secret_write(path, tacet_secret_span(&private_key), why));
  TACET_TRY(create_database(folder, name, listen, why));
  (void)snprintf(i.listen, sizeof(i.listen), "%s", listen);
  *out = i;
  return TACET_OK;
}

/* Name and address, out of the database. */
static tacet_err read_identity(sto_conn *c, char name[TACET_NOTE_NAME_MAX + 1],
                               wit_identity *out) {
  sto_query *q = sto_query_start(c, IDENTITY_GET);
  bool row = false;
  TACET_TRY(sto_step(q, &row));
  tacet_span n = row ? sto_text(q, 0) : TACET_SPAN_EMPTY;
  tacet_span listen = row ? sto_text(q, 1) : TACET_SPAN_EMPTY;
  bool fits = n.len > 0 && n.len <= TACET_NOTE_NAME_MAX &&
              listen.len < sizeof(out->listen);
  if (fits) {
    (void)snprintf(name, TACET_NOTE_NAME_MAX + 1, "%.*s", (int)n.len,
                   (const char *)n.p);
    (void)snprintf(out->listen, sizeof(out->listen), "%.*s", (int)listen.len,
                   (const char *)listen.p);
  }
  sto_query_end(q);
  return fits ? TACET_OK : TACET_ERR_IO;
}

tacet_err wit_identity_load(const char *folder, sto_conn *c, sto_trouble *why,
                            wit_identity *out) {
  WIT_IDENTITY(i);
  TACET_SECRET(private_key);
  char path[WIT_PATH_MAX], name[TACET_NOTE_NAME_MAX + 1];
  private_key.len = 32;
  TACET_TRY(path_of(folder, WIT_KEY, path, why));
  TACET_TRY(sto_secret_read(path, private_key.b, 32, why));
  sto_trouble_set(why, "the database of %s is damaged; restore it from a copy",
                  folder);
  TACET_TRY(read_identity(c, name, &i));
  TACET_TRY(
      complete(tacet_span_str(name), tacet_secret_span(&private_key), &i));
  *out = i;
  return TACET_OK;
}

/* ---- logs ---- */

/* A row count; 0 where there is no row. */
static tacet_err count(sto_query *q, int64_t *out) {
  bool row = false;
  TACET_TRY(sto_step(q, &row));
  *out = row ? sto_int(q, 0) : 0;
  sto_query_end(q);
  return TACET_OK;
}

typedef struct log_change {
  sto_job job;
  tacet_span origin, vkey;
  int64_t touched;
} log_change;

static tacet_err add_log(sto_job *job, sto_conn *c) {
  const log_change *l = (log_change *)job;
  tacet_note_key keys[WIT_KEYS_OF_LOG_MAX];
  int64_t logs = 0;
  size_t n = 0;
  TACET_TRY(count(sto_query_start(c, LOG_COUNT), &logs));
  TACET_TRY(wit_keys(c, l->origin, keys, &n));
  if (logs >= WIT_LOGS_MAX || n >= WIT_KEYS_OF_LOG_MAX) {
    return TACET_ERR_LIMIT;
  }
  sto_query *q = sto_query_start(c, LOG_ADD);
  sto_bind_text(q, l->vkey);
  sto_bind_text(q, l->origin);
  return sto_exec(q);
}

tacet_err wit_log_add(sto_conn *c, const tacet_note_key *key) {
  TACET_BUF(vkey, 512);
  tacet_note_key_write(key, &vkey);
  TACET_TRY(vkey.err);
  log_change l = {.job = {.run = add_log},
                  .origin = tacet_span_str(key->name),
                  .vkey = tacet_buf_span(&vkey)};
  return sto_conn_transact(c, &l.job);
}

static tacet_err remove_log(sto_job *job, sto_conn *c) {
  log_change *l = (log_change *)job;
  sto_query *q = sto_query_start(c, LOG_REMOVE);
  sto_bind_text(q, l->origin);
  TACET_TRY(sto_exec(q));
  l->touched = sto_changes(c);
  return TACET_OK;
}

tacet_err wit_log_remove(sto_conn *c, tacet_span origin) {
  log_change l = {.job = {.run = remove_log}, .origin = origin};
  TACET_TRY(sto_conn_transact(c, &l.job));
  return l.touched == 0 ? TACET_ERR_NOT_FOUND : TACET_OK;
}

typedef struct listing {
  sto_job job;
  void (*visit)(void *user, const wit_log *log);
  void *user;
} listing;

static tacet_err state_of_log(sto_conn *c, wit_log *log) {
  uint8_t h[32];
  bool row = false;
  int64_t evidence = 0;
  TACET_TRY(hash_of(log->origin, h));
  sto_query *q = sto_query_start(c, HEAD_GET);
  sto_bind_blob(q, tacet_span_of(h, 32));
  TACET_TRY(sto_step(q, &row));
  if (row) {
    log->size = (uint64_t)sto_int(q, 0);
    log->time = sto_int(q, 3);
  }
  sto_query_end(q);
  q = sto_query_start(c, EVIDENCE_OF);
  sto_bind_blob(q, tacet_span_of(h, 32));
  TACET_TRY(count(q, &evidence));
  log->evidence = (uint64_t)evidence;
  return TACET_OK;
}

static tacet_err list_logs(sto_job *job, sto_conn *c) {
  const listing *l = (listing *)job;
  sto_query *q = sto_query_start(c, LOG_LIST);
  bool row = false;
  for (;;) {
    TACET_TRY(sto_step(q, &row));
    if (!row) {
      return TACET_OK;
    }
    wit_log log = {.origin = sto_text(q, 0), .vkey = sto_text(q, 1)};
    TACET_TRY(state_of_log(c, &log));
    l->visit(l->user, &log);
  }
}

tacet_err wit_log_each(sto_conn *c,
                       void (*visit)(void *user, const wit_log *log),
                       void *user) {
  listing l = {{.run = list_logs}, visit, user};
  return sto_conn_transact(c, &l.job);
}

/* ---- in a job of the server ---- */

tacet_err wit_keys(sto_conn *c, tacet_span origin,
                   tacet_note_key keys[WIT_KEYS_OF_LOG_MAX], size_t *n) {
  sto_query *q = sto_query_start(c, LOG_KEYS);
  bool row = false;
  *n = 0;
  sto_bind_text(q, origin);
  for (;;) {
    TACET_TRY(sto_step(q, &row));
    if (!row) {
      return TACET_OK;
    }
    if (*n == WIT_KEYS_OF_LOG_MAX ||
        tacet_note_key_read(sto_text(q, 0), &keys[*n]) != TACET_OK) {
      sto_query_end(q);
      return TACET_ERR_IO; /* wit_log_add() has written no such row */
    }
    ++*n;
  }
}

tacet_err wit_head(sto_conn *c, tacet_span origin, tacet_tlog_head *out) {
  uint8_t h[32];
  bool row = false;
  tacet_tlog_head head = {.size = 0};
  TACET_TRY(hash_of(origin, h));
  sto_query *q = sto_query_start(c, HEAD_GET);
  sto_bind_blob(q, tacet_span_of(h, 32));
  TACET_TRY(sto_step(q, &row));
  if (row) {
    tacet_span root = sto_blob(q, 1);
    head.size = (uint64_t)sto_int(q, 0);
    if (root.len == sizeof(head.root.b)) {
      memcpy(head.root.b, root.p, root.len);
    }
  }
  sto_query_end(q);
  *out = head;
  return TACET_OK;
}

tacet_err wit_head_set(sto_conn *c, tacet_span origin,
                       const tacet_tlog_head *head, tacet_span cosigned,
                       int64_t time) {
  uint8_t h[32];
  TACET_TRY(hash_of(origin, h));
  sto_query *q = sto_query_start(c, HEAD_SET);
  sto_bind_blob(q, tacet_span_of(h, 32));
  sto_bind_int(q, (int64_t)head->size);
  sto_bind_blob(q, tacet_span_of(head->root.b, sizeof(head->root.b)));
  sto_bind_blob(q, cosigned);
  sto_bind_int(q, time);
  return sto_exec(q);
}

tacet_err wit_cosigned(sto_conn *c, const uint8_t origin_hash[32],
                       tacet_bytes *out) {
  sto_query *q = sto_query_start(c, HEAD_GET);
  bool row = false;
  sto_bind_blob(q, tacet_span_of(origin_hash, 32));
  TACET_TRY(sto_step(q, &row));
  tacet_err e = tacet_bytes_set(out, row ? sto_blob(q, 2) : TACET_SPAN_EMPTY);
  sto_query_end(q);
  return e;
}

tacet_err wit_evidence(sto_conn *c, tacet_span origin, tacet_span note,
                       int64_t time) {
  uint8_t h[32];
  int64_t kept = 0;
  TACET_TRY(hash_of(origin, h));
  TACET_TRY(count(sto_query_start(c, EVIDENCE_COUNT), &kept));
  if (kept >= WIT_EVIDENCE_MAX) {
    return TACET_OK;
  }
  sto_query *q = sto_query_start(c, EVIDENCE_ADD);
  sto_bind_blob(q, tacet_span_of(h, 32));
  sto_bind_blob(q, note);
  sto_bind_int(q, time);
  return sto_exec(q);
}
