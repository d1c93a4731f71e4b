/* SPDX-License-Identifier: Apache-2.0
 * A database of words, for tests of the storage alone: jobs that add, read and
 * erase, and a caller that waits for them.
 */
#ifndef TACET_TESTS_WORDS_H
#define TACET_TESTS_WORDS_H

#include "server/storage/storage.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/folder.h"
#include "tests/support/support.h"

#include <semaphore.h>

enum {
  WORDS_ADD,
  WORDS_COUNT,
  WORDS_DELETE_BOX,
  WORDS_ADD_TWICE,
  WORDS_HAS,
  WORDS_N
};
extern const sto_schema words_schema;   /* version 1 */
extern const sto_schema words_schema_2; /* version 2: one more column */

/* Opens folder/words.db with the fault VFS and one reader. */
tacet_err words_open(const char *folder, const sto_schema *schema, bool create,
                     sto_trouble *why, sto_db **out);
sto_options words_options(const char *path, const sto_schema *schema);

typedef enum word_action {
  WORD_ADD,
  WORD_ADD_AND_FAIL, /* adds, then reports an error of the database */
  WORD_COUNT,
  WORD_DELETE_BOX,
  WORD_HAS
} word_action;

typedef struct word_job {
  sto_job job;
  word_action action;
  int64_t box;
  tacet_span text;
  int64_t n;     /* what COUNT and HAS found */
  unsigned runs; /* how often it was carried out */
  tacet_err err;
  sem_t finished;
} word_job;
void word_job_init(word_job *w, word_action action, int64_t box,
                   tacet_span text);
void word_job_wait(word_job *w); /* for its end */

/* One job from submission to its end. */
tacet_err words_add(sto_db *db, int64_t box, const char *text);
tacet_err words_delete_box(sto_db *db, int64_t box);
int64_t words_count(sto_db *db);
bool words_has(sto_db *db, const char *text);

#endif
