/* SPDX-License-Identifier: Apache-2.0
 * A database of words. */
#include "tests/unit/server_storage/words.h"

static const char *const steps[] = {
    "CREATE TABLE word(id INTEGER PRIMARY KEY, box INTEGER NOT NULL,"
    " text BLOB NOT NULL);"
    "CREATE INDEX word_by_box ON word(box);",
    "ALTER TABLE word ADD COLUMN tone INTEGER;",
};
static const char *const statements[WORDS_N] = {
    [WORDS_ADD] = "INSERT INTO word(box, text) VALUES(?1, ?2)",
    [WORDS_COUNT] = "SELECT count(*) FROM word",
    [WORDS_DELETE_BOX] = "DELETE FROM word WHERE box = ?1",
    [WORDS_ADD_TWICE] = "INSERT INTO word(id, box, text) VALUES(1, ?1, ?2)",
    [WORDS_HAS] = "SELECT count(*) FROM word WHERE text = ?1",
};
const sto_schema words_schema = {
    .name = "words",
    .init = "words init",
    .application_id = 0x54777264,
    .steps = steps,
    .n_steps = 1,
    .statements = statements,
    .n_statements = WORDS_N,
};
const sto_schema words_schema_2 = {
    .name = "words",
    .init = "words init",
    .application_id = 0x54777264,
    .steps = steps,
    .n_steps = 2,
    .statements = statements,
    .n_statements = WORDS_N,
};

sto_options words_options(const char *path, const sto_schema *schema) {
  fault_vfs_register();
  return (sto_options){.path = path,
                       .schema = schema,
                       .n_readers = 1,
                       .queue_jobs_max = 4096,
                       .queue_bytes_max = (size_t)64 << 20,
                       .vfs = FAULT_VFS};
}

tacet_err words_open(const char *folder, const sto_schema *schema, bool create,
                     sto_trouble *why, sto_db **out) {
  char path[TEST_PATH_MAX];
  test_folder_path(folder, "words.db", path);
  sto_options o = words_options(path, schema);
  return sto_open(&o, create, why, out);
}

static tacet_err count(word_job *w, sto_query *q) {
  bool row;
  TACET_TRY(sto_step(q, &row));
  w->n = row ? sto_int(q, 0) : -1;
  sto_query_end(q);
  return TACET_OK;
}

static tacet_err run(sto_job *job, sto_conn *c) {
  word_job *w = (word_job *)(void *)job;
  sto_query *q;
  w->runs++;
  switch (w->action) {
  case WORD_ADD:
  case WORD_ADD_AND_FAIL:
    q = sto_query_start(c, WORDS_ADD);
    sto_bind_int(q, w->box);
    sto_bind_blob(q, w->text);
    TACET_TRY(sto_exec(q));
    w->n = sto_changes(c);
    return w->action == WORD_ADD ? TACET_OK : TACET_ERR_IO;
  case WORD_DELETE_BOX:
    q = sto_query_start(c, WORDS_DELETE_BOX);
    sto_bind_int(q, w->box);
    TACET_TRY(sto_exec(q));
    w->n = sto_changes(c);
    return TACET_OK;
  case WORD_HAS:
    q = sto_query_start(c, WORDS_HAS);
    sto_bind_blob(q, w->text);
    return count(w, q);
  case WORD_COUNT:
    return count(w, sto_query_start(c, WORDS_COUNT));
  }
  return TACET_ERR_STATE;
}

static void done(sto_job *job, tacet_err err) {
  word_job *w = (word_job *)(void *)job;
  w->err = err;
  (void)sem_post(&w->finished);
}

void word_job_init(word_job *w, word_action action, int64_t box,
                   tacet_span text) {
  *w = (word_job){.action = action, .box = box, .text = text};
  w->job.run = run;
  w->job.done = done;
  w->job.bytes = sizeof(*w) + text.len;
  w->job.grows = action == WORD_ADD;
  (void)sem_init(&w->finished, 0, 0);
}

void word_job_wait(word_job *w) {
  while (sem_wait(&w->finished) != 0) {
  }
  (void)sem_destroy(&w->finished);
}

tacet_err words_add(sto_db *db, int64_t box, const char *text) {
  word_job w;
  word_job_init(&w, WORD_ADD, box, tacet_span_str(text));
  TACET_TRY(sto_write(db, &w.job));
  word_job_wait(&w);
  return w.err;
}

tacet_err words_delete_box(sto_db *db, int64_t box) {
  word_job w;
  word_job_init(&w, WORD_DELETE_BOX, box, TACET_SPAN_EMPTY);
  TACET_TRY(sto_write(db, &w.job));
  word_job_wait(&w);
  return w.err;
}

int64_t words_count(sto_db *db) {
  word_job w;
  word_job_init(&w, WORD_COUNT, 0, TACET_SPAN_EMPTY);
  assert_ok(sto_read(db, &w.job));
  word_job_wait(&w);
  assert_ok(w.err);
  return w.n;
}

bool words_has(sto_db *db, const char *text) {
  word_job w;
  word_job_init(&w, WORD_HAS, 0, tacet_span_str(text));
  assert_ok(sto_read(db, &w.job));
  word_job_wait(&w);
  assert_ok(w.err);
  return w.n > 0;
}
