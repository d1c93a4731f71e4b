/* SPDX-License-Identifier: Apache-2.0
 * Sealed records in SQLite. */
#include "client/store.h"

#include <errno.h>
#include <stdio.h>

#include "client/store_file.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#define NAME_LEN 16 /* bytes of a keyed hash that stand in the file */
#define NONCE_LEN 24
#define TAG_LEN 16
#define RECORD_MAX ((size_t)64 << 20)

const char *const client_table_names[CLIENT_T_N] = {
#define X(name, text) [CLIENT_T_##name] = (text),
    CLIENT_TABLES(X)
#undef X
};

static const char *const statements[CLIENT_SQL_N] = {
    [CLIENT_SQL_PUT] = "INSERT OR REPLACE INTO %s (k, p, o, v) VALUES "
                       "(?1, ?2, ?3, ?4)",
    [CLIENT_SQL_GET] = "SELECT k, p, o, v FROM %s WHERE k = ?1",
    [CLIENT_SQL_DELETE] = "DELETE FROM %s WHERE k = ?1",
    [CLIENT_SQL_DELETE_OF] = "DELETE FROM %s WHERE p = ?1",
    [CLIENT_SQL_DELETE_UNTIL] = "DELETE FROM %s WHERE o <= ?1",
    [CLIENT_SQL_LIST] =
        "SELECT k, p, o, v FROM %s WHERE (?1 IS NULL OR p = ?1) "
        "AND o BETWEEN ?2 AND ?3 ORDER BY o LIMIT ?4",
    [CLIENT_SQL_LIST_LAST] =
        "SELECT k, p, o, v FROM (SELECT * FROM %s WHERE (?1 IS NULL OR p = ?1) "
        "AND o BETWEEN ?2 AND ?3 ORDER BY o DESC LIMIT ?4) ORDER BY o",
    [CLIENT_SQL_COUNT] = "SELECT count(*) FROM %s WHERE ?1 IS NULL OR p = ?1",
};

/* ---- failures ---- */

tacet_err client_store_damaged(client_store *s) {
  return client_fail(s->detail, CLIENT_FAILED, "corrupt",
                     "The store in %s is damaged; keep a copy of the folder, "
                     "check the disk, and put back the last state that opens.",
                     s->home);
}

tacet_err client_store_failed(client_store *s, int rc) {
  int os = sqlite3_system_errno(s->db);
  switch (rc & 0xff) {
  case SQLITE_NOMEM:
    return TACET_ERR_NOMEM;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return TACET_ERR_BUSY;
  case SQLITE_FULL:
    return TACET_ERR_FULL;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return client_store_damaged(s);
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
    if (os == ENOSPC || os == EFBIG || os == EDQUOT) {
      return TACET_ERR_FULL;
    }
    break;
  default:
    break;
  }
  (void)client_fail(s->detail, CLIENT_FAILED, "unreadable",
                    "The store in %s cannot be read or written (%s); check the "
                    "permissions of the folder and the disk.",
                    s->home, os != 0 ? strerror(os) : sqlite3_errmsg(s->db));
  return TACET_ERR_IO;
}

tacet_err client_store_exec(client_store *s, const char *sql) {
  int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
  return rc == SQLITE_OK ? TACET_OK : client_store_failed(s, rc);
}

bool client_store_dead(const client_store *s) {
  return s->dead;
}

/* ---- transactions ---- */

static tacet_err die(client_store *s) {
  s->dead = true;
  return client_fail(s->detail, CLIENT_FAILED, "killed",
                     "The process was killed by a test.");
}

bool client_store_in_tx(const client_store *s) {
  return s->depth > 0;
}

tacet_err client_tx_begin(client_store *s, client_tx *tx) {
  if (s->dead) {
    return die(s);
  }
  char sql[48];
  if (s->depth == 0) {
    (void)snprintf(sql, sizeof(sql), "BEGIN IMMEDIATE");
  } else {
    (void)snprintf(sql, sizeof(sql), "SAVEPOINT t%d", s->depth);
  }
  TACET_TRY(client_store_exec(s, sql));
  s->depth++;
  tx->s = s;
  tx->depth = s->depth;
  return TACET_OK;
}

tacet_err client_snapshot_begin(client_store *s, client_tx *tx) {
  TACET_ASSERT(s->depth == 0);
  if (s->dead) {
    return die(s);
  }
  TACET_TRY(client_store_exec(s, "BEGIN"));
  s->depth++;
  tx->s = s;
  tx->depth = s->depth;
  return TACET_OK;
}

tacet_err client_tx_commit(client_tx *tx) {
  client_store *s = tx->s;
  TACET_ASSERT(s != NULL && s->depth == tx->depth);
  char sql[48];
  if (s->depth > 1) {
    (void)snprintf(sql, sizeof(sql), "RELEASE t%d", s->depth - 1);
    TACET_TRY(client_store_exec(s, sql));
  } else {
    if (s->env->dies != NULL && s->env->dies(s->env->user, false)) {
      return die(s);
    }
    TACET_TRY(client_store_exec(s, "COMMIT"));
  }
  s->depth--;
  tx->s = NULL;
  if (s->depth == 0 && s->env->dies != NULL &&
      s->env->dies(s->env->user, true)) {
    return die(s);
  }
  return TACET_OK;
}

void client_tx_end(client_tx *tx) {
  client_store *s = tx->s;
  if (s == NULL) {
    return;
  }
  TACET_ASSERT(s->depth == tx->depth);
  char sql[64];
  if (s->depth > 1) {
    (void)snprintf(sql, sizeof(sql), "ROLLBACK TO t%d; RELEASE t%d",
                   s->depth - 1, s->depth - 1);
  } else {
    (void)snprintf(sql, sizeof(sql), "ROLLBACK");
  }
  /* Fails only where SQLite rolled back by itself after an I/O error. */
  (void)sqlite3_exec(s->db, sql, NULL, NULL, NULL);
  s->depth--;
  tx->s = NULL;
}

void client_store_checkpoint(client_store *s) {
  if (s->depth == 0 && !s->dead) {
    (void)sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                    NULL, NULL);
  }
}

/* ---- names and seals ---- */

static tacet_err keyed(const tacet_secret *key, const char *label,
                       tacet_span in, uint8_t out[32]) {
  tacet_span parts[3] = {tacet_span_str(label), tacet_span_of("", 1), in};
  return tacet_hash_sha256.hmac(tacet_secret_span(key), parts, 3, out);
}

tacet_err client_store_keyed(client_store *s, const char *label, tacet_span in,
                             uint8_t out[32]) {
  return keyed(&s->file, label, in, out);
}

static tacet_err name_of(client_store *s, client_table t, const char *column,
                         tacet_span in, uint8_t out[32]) {
  char label[40];
  (void)snprintf(label, sizeof(label), "%s.%s", client_table_names[t], column);
  return keyed(&s->name, label, in, out);
}

static void associated(tacet_buf *w, client_table t, tacet_span k, tacet_span p,
                       uint64_t o) {
  tacet_write_vec(w, tacet_span_str(client_table_names[t]));
  tacet_write_vec(w, k);
  tacet_write_vec(w, p);
  tacet_write_u64(w, o);
}

static tacet_err seal(client_store *s, tacet_span aad, tacet_span value,
                      tacet_bytes *out) {
  if (value.len > RECORD_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_BYTES(sealed);
  TACET_TRY(tacet_bytes_new(&sealed, NONCE_LEN + value.len + TAG_LEN));
  TACET_TRY(tacet_random(sealed.p, NONCE_LEN));
  TACET_TRY(tacet_aead_xchacha20poly1305.seal(
      tacet_secret_span(&s->record), tacet_span_of(sealed.p, NONCE_LEN), aad,
      value, sealed.p + NONCE_LEN));
  *out = sealed;
  sealed = (tacet_bytes){NULL, 0};
  return TACET_OK;
}

/* ---- statements ---- */

static tacet_err statement(client_store *s, client_table t, client_statement q,
                           sqlite3_stmt **out) {
  if (s->dead) {
    return die(s);
  }
  sqlite3_stmt **slot = &s->prepared[t][q];
  if (*slot == NULL) {
    char sql[320];
    (void)snprintf(sql, sizeof(sql), statements[q], client_table_names[t]);
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot,
                                NULL);
    if (rc != SQLITE_OK) {
      return client_store_failed(s, rc);
    }
  }
  *out = *slot;
  return TACET_OK;
}

static void finish(sqlite3_stmt **q) {
  if (*q != NULL) {
    (void)sqlite3_reset(*q);
    (void)sqlite3_clear_bindings(*q);
  }
}
#define STATEMENT(name) TACET_CLEANUP(finish) sqlite3_stmt *name = NULL

static void bind_blob(sqlite3_stmt *q, int at, tacet_span v) {
  (void)sqlite3_bind_blob64(q, at, v.p, v.len, SQLITE_TRANSIENT);
}

static tacet_span column(sqlite3_stmt *q, int at) {
  const void *p = sqlite3_column_blob(q, at);
  return tacet_span_of(p, (size_t)sqlite3_column_bytes(q, at));
}

/* Binds the keyed hash of `in`; nothing for an empty parent. */
static tacet_err bind_name(client_store *s, client_table t, sqlite3_stmt *q,
                           int at, const char *col, tacet_span in,
                           uint8_t hash[32]) {
  TACET_TRY(name_of(s, t, col, in, hash));
  bind_blob(q, at, tacet_span_of(hash, NAME_LEN));
  return TACET_OK;
}

static tacet_err run(client_store *s, sqlite3_stmt *q) {
  int rc = sqlite3_step(q);
  return rc == SQLITE_DONE ? TACET_OK : client_store_failed(s, rc);
}

/* ---- records ---- */

tacet_err client_store_put(client_store *s, client_table t, tacet_span key,
                           tacet_span parent, uint64_t order,
                           tacet_span value) {
  TACET_ASSERT(s->depth > 0);
  if (order > INT64_MAX) {
    return TACET_ERR_LIMIT;
  }
  STATEMENT(q);
  TACET_TRY(statement(s, t, CLIENT_SQL_PUT, &q));
  uint8_t k[32], p[32];
  TACET_TRY(bind_name(s, t, q, 1, "k", key, k));
  tacet_span owner = TACET_SPAN_EMPTY;
  if (parent.len > 0) {
    TACET_TRY(bind_name(s, t, q, 2, "p", parent, p));
    owner = tacet_span_of(p, NAME_LEN);
  }
  TACET_BUF(aad, 256);
  associated(&aad, t, tacet_span_of(k, NAME_LEN), owner, order);
  TACET_TRY(aad.err);
  TACET_BYTES(sealed);
  TACET_TRY(seal(s, tacet_buf_span(&aad), value, &sealed));
  (void)sqlite3_bind_int64(q, 3, (sqlite3_int64)order);
  (void)sqlite3_bind_blob64(q, 4, sealed.p, sealed.len, SQLITE_STATIC);
  return run(s, q);
}

/* The row that q stands on, opened. */
static tacet_err open_row(client_store *s, client_table t, sqlite3_stmt *q,
                          client_mem *mem, client_row *out) {
  tacet_span k = column(q, 0), p = column(q, 1), sealed = column(q, 3);
  uint64_t order = (uint64_t)sqlite3_column_int64(q, 2);
  TACET_BUF(aad, 256);
  associated(&aad, t, k, p, order);
  TACET_TRY(aad.err);
  if (sealed.len < NONCE_LEN + TAG_LEN) {
    return client_store_damaged(s);
  }
  size_t len = sealed.len - NONCE_LEN - TAG_LEN;
  uint8_t *value = client_mem_alloc(mem, len + 1);
  if (value == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err e = tacet_aead_xchacha20poly1305.open(
      tacet_secret_span(&s->record), tacet_span_of(sealed.p, NONCE_LEN),
      tacet_buf_span(&aad),
      tacet_span_of(sealed.p + NONCE_LEN, sealed.len - NONCE_LEN), value);
  if (e != TACET_OK) {
    return e == TACET_ERR_AUTH ? client_store_damaged(s) : e;
  }
  *out = (client_row){order, tacet_span_of(value, len)};
  return TACET_OK;
}

tacet_err client_store_get(client_store *s, client_table t, tacet_span key,
                           client_mem *mem, tacet_span *value) {
  STATEMENT(q);
  uint8_t k[32];
  TACET_TRY(statement(s, t, CLIENT_SQL_GET, &q));
  TACET_TRY(bind_name(s, t, q, 1, "k", key, k));
  int rc = sqlite3_step(q);
  if (rc == SQLITE_DONE) {
    return TACET_ERR_NOT_FOUND;
  }
  if (rc != SQLITE_ROW) {
    return client_store_failed(s, rc);
  }
  client_row row;
  TACET_TRY(open_row(s, t, q, mem, &row));
  *value = row.value;
  return TACET_OK;
}

tacet_err client_store_has(client_store *s, client_table t, tacet_span key,
                           bool *out) {
  STATEMENT(q);
  uint8_t k[32];
  TACET_TRY(statement(s, t, CLIENT_SQL_GET, &q));
  TACET_TRY(bind_name(s, t, q, 1, "k", key, k));
  int rc = sqlite3_step(q);
  if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
    return client_store_failed(s, rc);
  }
  *out = rc == SQLITE_ROW;
  return TACET_OK;
}

tacet_err client_store_delete(client_store *s, client_table t, tacet_span key) {
  TACET_ASSERT(s->depth > 0);
  STATEMENT(q);
  uint8_t k[32];
  TACET_TRY(statement(s, t, CLIENT_SQL_DELETE, &q));
  TACET_TRY(bind_name(s, t, q, 1, "k", key, k));
  return run(s, q);
}

tacet_err client_store_delete_of(client_store *s, client_table t,
                                 tacet_span parent) {
  TACET_ASSERT(s->depth > 0 && parent.len > 0);
  STATEMENT(q);
  uint8_t p[32];
  TACET_TRY(statement(s, t, CLIENT_SQL_DELETE_OF, &q));
  TACET_TRY(bind_name(s, t, q, 1, "p", parent, p));
  return run(s, q);
}

tacet_err client_store_delete_until(client_store *s, client_table t,
                                    uint64_t order) {
  TACET_ASSERT(s->depth > 0);
  STATEMENT(q);
  TACET_TRY(statement(s, t, CLIENT_SQL_DELETE_UNTIL, &q));
  (void)sqlite3_bind_int64(q, 1, (sqlite3_int64)(order & INT64_MAX));
  return run(s, q);
}

static tacet_err bind_range(client_store *s, client_table t, sqlite3_stmt *q,
                            const client_range *range) {
  uint8_t p[32];
  if (range->parent.len > 0) {
    TACET_TRY(bind_name(s, t, q, 1, "p", range->parent, p));
  }
  uint64_t to = range->to == 0 || range->to > INT64_MAX ? INT64_MAX : range->to;
  uint64_t from = range->from > INT64_MAX ? INT64_MAX : range->from;
  (void)sqlite3_bind_int64(q, 2, (sqlite3_int64)from);
  (void)sqlite3_bind_int64(q, 3, (sqlite3_int64)to);
  (void)sqlite3_bind_int64(
      q, 4, range->limit == 0 ? -1 : (sqlite3_int64)range->limit);
  return TACET_OK;
}

tacet_err client_store_list(client_store *s, client_table t,
                            const client_range *range, client_mem *mem,
                            const client_row **rows, size_t *n) {
  STATEMENT(q);
  TACET_TRY(statement(
      s, t, range->last ? CLIENT_SQL_LIST_LAST : CLIENT_SQL_LIST, &q));
  TACET_TRY(bind_range(s, t, q, range));
  TACET_BUF(found, (size_t)1 << 28);
  size_t count = 0;
  int rc = sqlite3_step(q);
  for (; rc == SQLITE_ROW; rc = sqlite3_step(q)) {
    client_row row;
    TACET_TRY(open_row(s, t, q, mem, &row));
    tacet_write_bytes(&found, tacet_span_of(&row, sizeof(row)));
    TACET_TRY(found.err);
    count++;
  }
  if (rc != SQLITE_DONE) {
    return client_store_failed(s, rc);
  }
  client_row *list = client_mem_array(mem, count, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (count > 0) {
    memcpy(list, found.p, count * sizeof(*list));
  }
  *rows = list;
  *n = count;
  return TACET_OK;
}

tacet_err client_store_count(client_store *s, client_table t, tacet_span parent,
                             size_t *n) {
  STATEMENT(q);
  uint8_t p[32];
  TACET_TRY(statement(s, t, CLIENT_SQL_COUNT, &q));
  if (parent.len > 0) {
    TACET_TRY(bind_name(s, t, q, 1, "p", parent, p));
  }
  int rc = sqlite3_step(q);
  if (rc != SQLITE_ROW) {
    return client_store_failed(s, rc);
  }
  *n = (size_t)sqlite3_column_int64(q, 0);
  return TACET_OK;
}

/* The single number that a query without arguments gives. */
static tacet_err number(client_store *s, sqlite3_stmt **slot, const char *sql,
                        uint64_t *out) {
  if (s->dead) {
    return die(s);
  }
  if (*slot == NULL) {
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot,
                                NULL);
    if (rc != SQLITE_OK) {
      return client_store_failed(s, rc);
    }
  }
  STATEMENT(q);
  q = *slot;
  int rc = sqlite3_step(q);
  if (rc != SQLITE_ROW) {
    return client_store_failed(s, rc);
  }
  *out = (uint64_t)sqlite3_column_int64(q, 0);
  return TACET_OK;
}

tacet_err client_store_next(client_store *s, uint64_t *out) {
  TACET_ASSERT(s->depth > 0);
  return number(s, &s->next,
                "UPDATE sequence SET n = n + 1 WHERE id = 0 RETURNING n", out);
}

tacet_err client_store_version(client_store *s, uint64_t *out) {
  return number(s, &s->version, "PRAGMA data_version", out);
}
