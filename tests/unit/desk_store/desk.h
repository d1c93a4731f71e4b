/* SPDX-License-Identifier: Apache-2.0
 * A desk in a folder of its own, with officers and a clock that tests set.
 */
#ifndef TACET_TESTS_DESK_H
#define TACET_TESTS_DESK_H

#include "tests/support/support.h"

#include "desk/store/verify.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/folder.h"

extern char desk_folder[TEST_PATH_MAX]; /* of the desk */
extern int64_t desk_clock;              /* what now is */
extern desk_store *desk_db;
extern desk_key desk_ann, desk_bob,
    desk_root; /* officer, approver, administrator */

/* cmocka's setup and teardown of one test: a new desk, ann and bob in it. */
int desk_setup(void **state);
int desk_teardown(void **state);
void desk_reopen(void);
/* Closes, changes the file, opens. */
void desk_sql(const char *sql);
/* Files one; gives its id until the next call. */
const char *desk_file(const char *kind);
/* Brings a case to a state on the shortest way. */
void desk_bring(const char *id, desk_step step);
/* Verifies: the error, and that its sentence has `word`. */
void desk_expect(tacet_err want, const char *word);

#endif
