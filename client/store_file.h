/* SPDX-License-Identifier: Apache-2.0
 * client/store_file.h -- private to the store: the object, and failures of the
 * database in words.
 */
#ifndef TACET_CLIENT_STORE_FILE_H
#define TACET_CLIENT_STORE_FILE_H

#include <sqlite3.h>

#include "client/error.h"
#include "client/store.h"

typedef enum client_statement {
  CLIENT_SQL_PUT,
  CLIENT_SQL_GET,
  CLIENT_SQL_DELETE,
  CLIENT_SQL_DELETE_OF,
  CLIENT_SQL_DELETE_UNTIL,
  CLIENT_SQL_LIST,
  CLIENT_SQL_LIST_LAST,
  CLIENT_SQL_COUNT,
  CLIENT_SQL_N
} client_statement;

struct client_store {
  sqlite3 *db;
  const client_env *env;
  client_error *detail;
  char *home;
  bool passphrase, dead;
  int depth;           /* of nested transactions */
  tacet_secret record; /* seals records */
  tacet_secret name;   /* hashes their names */
  tacet_secret file;   /* client_store_keyed() */
  sqlite3_stmt *prepared[CLIENT_T_N][CLIENT_SQL_N];
  sqlite3_stmt *next, *version;
};

extern const char *const client_table_names[CLIENT_T_N];

/* Says what an SQLite result means, with its next step. */
tacet_err client_store_failed(client_store *s, int rc);
/* A record or the wrapped key does not open. */
tacet_err client_store_damaged(client_store *s);
tacet_err client_store_exec(client_store *s, const char *sql);

#endif
