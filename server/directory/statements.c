/* SPDX-License-Identifier: Apache-2.0
 * STATEMENTs of the key log: leaving them for the server, and finding them. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

static tacet_err write_statement(const uint8_t hash[32], tacet_buf *out) {
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_STATEMENT};
  memcpy(e.hash, hash, sizeof(e.hash));
  tacet_keylog_entry_write(&e, out);
  return out->err;
}

/* ---- finding ---- */

tacet_err dir_statement_at(sto_conn *c, const uint8_t hash[32], uint64_t *index,
                           bool *found) {
  TACET_BUF(bytes, TACET_KEYLOG_ENTRY_MAX);
  TACET_TRY(write_statement(hash, &bytes));
  sto_query *q = sto_query_start(c, Q_STATEMENT_FIND);
  sto_bind_blob(q, tacet_buf_span(&bytes));
  TACET_TRY(sto_step(q, found));
  *index = *found ? (uint64_t)sto_int(q, 0) : 0;
  sto_query_end(q);
  return TACET_OK;
}

static tacet_err is_waiting(sto_conn *c, const uint8_t hash[32], bool *waits) {
  TACET_BUF(bytes, TACET_KEYLOG_ENTRY_MAX);
  TACET_TRY(write_statement(hash, &bytes));
  sto_query *q = sto_query_start(c, Q_PENDING_HAS);
  sto_bind_blob(q, tacet_buf_span(&bytes));
  TACET_TRY(sto_step(q, waits));
  sto_query_end(q);
  return TACET_OK;
}

/* An EPOCH ends each transaction that appends anything. */
static tacet_err day_of(sto_conn *c, uint64_t index, uint32_t *day) {
  tacet_keylog_entry e;
  bool row;
  sto_query *q = sto_query_start(c, Q_EPOCH_AFTER);
  sto_bind_int(q, (int64_t)index);
  TACET_TRY(sto_step(q, &row));
  tacet_err err =
      row ? tacet_keylog_entry_read(sto_blob(q, 0), &e) : TACET_ERR_IO;
  sto_query_end(q);
  TACET_TRY(err == TACET_OK ? TACET_OK : TACET_ERR_IO);
  *day = e.day;
  return TACET_OK;
}

static tacet_err find(sto_conn *c, const uint8_t hash[32], dir_statement *out,
                      bool *waits) {
  *out = (dir_statement){.logged = false};
  memcpy(out->hash, hash, sizeof(out->hash));
  TACET_TRY(dir_statement_at(c, hash, &out->index, &out->logged));
  *waits = false;
  return out->logged ? day_of(c, out->index, &out->day)
                     : is_waiting(c, hash, waits);
}

/* ---- the operator's commands ---- */

typedef struct statement_job {
  sto_job job;
  const uint8_t *hash;
  dir_statement found;
  bool waits, too_many;
  void (*visit)(void *user, const dir_statement *s);
  void *user;
} statement_job;

static tacet_err find_run(sto_job *job, sto_conn *c) {
  statement_job *j = (statement_job *)(void *)job;
  return find(c, j->hash, &j->found, &j->waits);
}

tacet_err dir_statement_find(const char *folder, const uint8_t hash[32],
                             dir_statement *out, sto_trouble *why) {
  statement_job j = {.job = {.run = find_run}, .hash = hash};
  TACET_TRY(dir_carry_out(folder, &j.job, why));
  if (!j.found.logged && !j.waits) {
    return TACET_ERR_NOT_FOUND;
  }
  *out = j.found;
  return TACET_OK;
}

static tacet_err each_waiting(sto_conn *c, statement_job *j, size_t *n) {
  bool row = true;
  sto_query *q = sto_query_start(c, Q_PENDING_STATEMENTS);
  for (*n = 0; row;) {
    TACET_TRY(sto_step(q, &row));
    if (!row) {
      break;
    }
    tacet_keylog_entry e;
    ++*n;
    if (j->visit != NULL &&
        tacet_keylog_entry_read(sto_blob(q, 0), &e) == TACET_OK) {
      dir_statement s = {.logged = false};
      memcpy(s.hash, e.hash, sizeof(s.hash));
      j->visit(j->user, &s);
    }
  }
  return TACET_OK;
}

static tacet_err add_run(sto_job *job, sto_conn *c) {
  statement_job *j = (statement_job *)(void *)job;
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_STATEMENT};
  size_t n;
  TACET_TRY(find(c, j->hash, &j->found, &j->waits));
  if (j->found.logged || j->waits) {
    return TACET_OK;
  }
  TACET_TRY(each_waiting(c, j, &n));
  j->too_many = n >= TACETD_STATEMENTS_WAITING_MAX;
  if (j->too_many) {
    return TACET_OK;
  }
  memcpy(e.hash, j->hash, sizeof(e.hash));
  return dir_entry_leave(c, &e);
}

tacet_err dir_statement_add(const char *folder, const uint8_t hash[32],
                            dir_statement *out, sto_trouble *why) {
  statement_job j = {.job = {.run = add_run}, .hash = hash};
  TACET_TRY(dir_carry_out(folder, &j.job, why));
  if (j.too_many) {
    sto_trouble_set(why,
                    "%d statements wait already for a server that takes them: "
                    "is `tacetd run` running?",
                    TACETD_STATEMENTS_WAITING_MAX);
    return TACET_ERR_LIMIT;
  }
  *out = j.found;
  return TACET_OK;
}

static tacet_err list_run(sto_job *job, sto_conn *c) {
  statement_job *j = (statement_job *)(void *)job;
  bool row = true;
  size_t n;
  sto_query *q = sto_query_start(c, Q_STATEMENT_LIST);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    tacet_keylog_entry e;
    if (row && tacet_keylog_entry_read(sto_blob(q, 1), &e) == TACET_OK) {
      dir_statement s = {.logged = true, .index = (uint64_t)sto_int(q, 0)};
      memcpy(s.hash, e.hash, sizeof(s.hash));
      TACET_TRY(day_of(c, s.index, &s.day));
      j->visit(j->user, &s);
    }
  }
  return each_waiting(c, j, &n);
}

tacet_err dir_statement_list(const char *folder,
                             void (*visit)(void *user, const dir_statement *s),
                             void *user, sto_trouble *why) {
  statement_job j = {.job = {.run = list_run}, .visit = visit, .user = user};
  return dir_carry_out(folder, &j.job, why);
}
