/* SPDX-License-Identifier: Apache-2.0
 * A server's folder with accounts that the tests know. */
#ifndef TACET_TESTS_DESK_FOLDER_H
#define TACET_TESTS_DESK_FOLDER_H

#include "tests/support/folder.h"
#include "tests/support/support.h"

#include <sqlite3.h>

#define FOLDER_MANIFESTS 3 /* at most, of one account */

/* What the test put in. Texts and bytes follow from the numbers. */
typedef struct folder_account {
  char name[16];
  uint8_t id[32];
  int64_t created, drawn, first_letters, mailboxes;
  size_t n_manifests, n_packages;
} folder_account;

/* Makes the directory of a tacetd in `folder`, which exists. */
void folder_create(const char *folder);
/* Opens directory.db for writing; sqlite3_close() it. */
sqlite3 *folder_database(const char *folder);
void folder_run(sqlite3 *db, const char *sql);
/* Account number i of the tests, and its rows. */
folder_account folder_account_of(size_t i);
void folder_add(sqlite3 *db, const folder_account *a);
/* The bytes of a blob of the account, of which there are 24: what is 'm' a
 * manifest's body, 'o' its opening, 'd' a package's device, 'k' its message. */
void folder_blob(const folder_account *a, char what, size_t number,
                 uint8_t out[24]);
/* How many files there are below it, and a hash of all their names, sizes,
 * times and bytes. */
void folder_state(const char *folder, uint8_t out[32]);

#endif
