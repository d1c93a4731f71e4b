/* SPDX-License-Identifier: Apache-2.0
 * The tables of the directory and every statement on them. What each column is
 * and why it is there stands in server/ops/inventory.
 *
 * Tables are ordered by hashes, so that the order of rows does not tell when
 * they came; key packages alone have an order, to hand out the oldest first.
 * The key log has one too, and a manifest says where in it its entry stands: a
 * proof names that place. It tells the order in which manifests came, and their
 * day.
 */
#include "server/directory/private.h"

/* Entries of this kind alone have this length. */
#define STATEMENTS " WHERE length(bytes) = 33"

static const char version_1[] = STO_META_TABLE
    "CREATE TABLE account("
    "  id BLOB PRIMARY KEY,"
    "  name TEXT UNIQUE,"
    "  created INTEGER NOT NULL,"
    "  drawn INTEGER NOT NULL DEFAULT -1,"
    "  drawn_directory INTEGER NOT NULL DEFAULT 0,"
    "  drawn_delivery INTEGER NOT NULL DEFAULT 0,"
    "  draw_hash BLOB"
    ") WITHOUT ROWID;"
    "CREATE TABLE manifest("
    "  account BLOB NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  body BLOB NOT NULL,"
    "  version INTEGER NOT NULL,"
    "  log_index INTEGER NOT NULL,"
    "  opening BLOB NOT NULL,"
    "  PRIMARY KEY(account, number)"
    ") WITHOUT ROWID;"
    "CREATE TABLE package("
    "  id INTEGER PRIMARY KEY,"
    "  account BLOB NOT NULL,"
    "  device BLOB NOT NULL,"
    "  last_resort INTEGER NOT NULL,"
    "  last_day INTEGER NOT NULL,"
    "  hash BLOB NOT NULL UNIQUE,"
    "  message BLOB NOT NULL"
    ");"
    "CREATE INDEX package_by_device ON package(account, device, last_resort);"
    "CREATE TABLE retired("
    "  hash BLOB PRIMARY KEY"
    ") WITHOUT ROWID;"
    "CREATE TABLE invite("
    "  hash BLOB PRIMARY KEY,"
    "  uses INTEGER NOT NULL,"
    "  last_day INTEGER NOT NULL,"
    "  name TEXT"
    ") WITHOUT ROWID;"
    "CREATE TABLE reset("
    "  name TEXT PRIMARY KEY,"
    "  other BLOB NOT NULL,"
    "  day INTEGER NOT NULL,"
    "  vetoed INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE spent("
    "  hash BLOB PRIMARY KEY,"
    "  last_day INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE INDEX spent_by_day ON spent(last_day);"
    "CREATE TABLE log_entry("
    "  id INTEGER PRIMARY KEY,"
    "  bytes BLOB NOT NULL"
    ");"
    "CREATE INDEX log_statement ON log_entry(bytes)" STATEMENTS ";"
    "CREATE TABLE log_head("
    "  id INTEGER PRIMARY KEY,"
    "  size INTEGER NOT NULL,"
    "  root BLOB NOT NULL,"
    "  note BLOB"
    ");"
    "CREATE TABLE log_week("
    "  first_day INTEGER PRIMARY KEY,"
    "  log_index INTEGER NOT NULL"
    ");"
    "CREATE TABLE log_pending("
    "  id INTEGER PRIMARY KEY,"
    "  entry BLOB NOT NULL"
    ");";

static const char *const steps[] = {version_1};

static const char *const statements[Q_N] = {
    [Q_META_GET] = STO_META_GET,
    [Q_META_SET] = STO_META_SET,
    [Q_META_DELETE] = STO_META_DELETE,

    [Q_ACCOUNT_GET] = "SELECT name, drawn, drawn_directory, drawn_delivery,"
                      " draw_hash FROM account WHERE id = ?1",
    [Q_ACCOUNT_BY_NAME] = "SELECT id FROM account WHERE name = ?1",
    [Q_ACCOUNT_LIST] = "SELECT name, created, drawn FROM account"
                       " WHERE name IS NOT NULL ORDER BY name",
    [Q_ACCOUNT_ADD] = "INSERT INTO account(id, name, created)"
                      " VALUES(?1, ?2, ?3)",
    [Q_ACCOUNT_NAME] = "UPDATE account SET name = ?2 WHERE id = ?1",
    [Q_ACCOUNT_DRAW] = "UPDATE account SET drawn = ?2, drawn_directory = ?3,"
                       " drawn_delivery = ?4, draw_hash = ?5 WHERE id = ?1",
    [Q_ACCOUNT_DELETE] = "DELETE FROM account WHERE id = ?1",

    [Q_MANIFEST_NEWEST] = "SELECT body FROM manifest WHERE account = ?1"
                          " ORDER BY number DESC LIMIT 1",
    [Q_MANIFEST_FROM] = "SELECT body FROM manifest"
                        " WHERE account = ?1 AND number >= ?2"
                        " ORDER BY number LIMIT ?3",
    [Q_MANIFEST_ADD] = "INSERT INTO manifest(account, number, body, version,"
                       " log_index, opening) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [Q_MANIFEST_DELETE_ALL] = "DELETE FROM manifest WHERE account = ?1",

    [Q_MANIFEST_VERSION] = "SELECT version FROM manifest WHERE account = ?1"
                           " ORDER BY number DESC LIMIT 1",
    [Q_MANIFEST_ALL] = "SELECT body, version, log_index, opening"
                       " FROM manifest WHERE log_index < ?1",
    [Q_MANIFEST_SHOWN] = "SELECT body, log_index, opening FROM manifest"
                         " WHERE account = ?1 AND log_index < ?2"
                         " ORDER BY number DESC LIMIT 1",
    [Q_MANIFEST_FIRST] = "SELECT log_index, opening FROM manifest"
                         " WHERE account = ?1 AND number = 0",
    [Q_MANIFEST_SHOWN_FROM] = "SELECT body FROM manifest"
                              " WHERE account = ?1 AND number >= ?2"
                              " AND log_index < ?3 ORDER BY number LIMIT ?4",

    [Q_PACKAGE_HAS] = "SELECT 1 FROM package WHERE hash = ?1",
    [Q_PACKAGE_ADD] = "INSERT INTO package(account, device, last_resort,"
                      " last_day, hash, message)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [Q_PACKAGE_TAKE] = "SELECT id, message FROM package WHERE account = ?1"
                       " AND device = ?2 AND last_resort = 0 AND last_day >= ?3"
                       " ORDER BY id LIMIT 1",
    [Q_PACKAGE_LAST_RESORT] = "SELECT id, message FROM package"
                              " WHERE account = ?1 AND device = ?2"
                              " AND last_resort = 1 AND last_day >= ?3"
                              " ORDER BY id DESC LIMIT 1",
    [Q_PACKAGE_DELETE] = "DELETE FROM package WHERE id = ?1",
    [Q_PACKAGE_DROP_LAST_RESORT] = "DELETE FROM package WHERE account = ?1"
                                   " AND device = ?2 AND last_resort = 1"
                                   " AND hash <> ?3",
    [Q_PACKAGE_DROP_OLDEST] =
        "DELETE FROM package WHERE id IN (SELECT id FROM package"
        " WHERE account = ?1 AND device = ?2 AND last_resort = 0"
        " ORDER BY id DESC LIMIT -1 OFFSET ?3)",
    [Q_PACKAGE_HELD] = "SELECT hash FROM package WHERE account = ?1"
                       " AND device = ?2 AND last_day >= ?3 ORDER BY hash",
    [Q_PACKAGE_DEVICES] = "SELECT DISTINCT device FROM package"
                          " WHERE account = ?1",
    [Q_PACKAGE_DELETE_DEVICE] = "DELETE FROM package WHERE account = ?1"
                                " AND device = ?2",
    [Q_PACKAGE_DELETE_ALL] = "DELETE FROM package WHERE account = ?1",
    [Q_PACKAGE_EXPIRE] = "DELETE FROM package WHERE id IN (SELECT id"
                         " FROM package WHERE last_day < ?1 LIMIT ?2)",

    [Q_RETIRED_HAS] = "SELECT 1 FROM retired WHERE hash = ?1",
    [Q_RETIRED_ADD] = "INSERT OR IGNORE INTO retired(hash) VALUES(?1)",

    [Q_INVITE_GET] = "SELECT uses, name FROM invite WHERE hash = ?1"
                     " AND last_day >= ?2 AND uses > 0",
    [Q_INVITE_ADD] = "INSERT INTO invite(hash, uses, last_day, name)"
                     " VALUES(?1, ?2, ?3, ?4)",
    [Q_INVITE_DROP_NAME] = "DELETE FROM invite WHERE name = ?1",
    [Q_INVITE_USE] = "UPDATE invite SET uses = uses - 1 WHERE hash = ?1",
    [Q_INVITE_EXPIRE] = "DELETE FROM invite WHERE hash IN (SELECT hash"
                        " FROM invite WHERE last_day < ?1 OR uses <= 0"
                        " LIMIT ?2)",

    [Q_RESET_GET] = "SELECT other, day, vetoed FROM reset WHERE name = ?1",
    [Q_RESET_NEXT] = "SELECT name, other, day, vetoed FROM reset"
                     " WHERE name > ?1 ORDER BY name LIMIT 1",
    [Q_RESET_PUT] = "INSERT OR REPLACE INTO reset(name, other, day, vetoed)"
                    " VALUES(?1, ?2, ?3, ?4)",
    [Q_RESET_DELETE] = "DELETE FROM reset WHERE name = ?1",

    [Q_SPENT_GET] = "SELECT 1 FROM spent WHERE hash = ?1",
    [Q_SPENT_ADD] = "INSERT INTO spent(hash, last_day) VALUES(?1, ?2)",
    [Q_SPENT_EXPIRE] = "DELETE FROM spent WHERE hash IN (SELECT hash FROM spent"
                       " WHERE last_day < ?1 LIMIT ?2)",

    [Q_LOG_ADD] = "INSERT INTO log_entry(id, bytes) VALUES(?1, ?2)",
    [Q_LOG_GET] = "SELECT bytes FROM log_entry WHERE id = ?1",
    [Q_LOG_FROM] = "SELECT bytes FROM log_entry WHERE id >= ?1"
                   " ORDER BY id LIMIT ?2",
    [Q_LOG_ALL] = "SELECT id, bytes FROM log_entry WHERE id < ?1"
                  " ORDER BY id",
    [Q_HEAD_GET] = "SELECT size, root, note FROM log_head WHERE id = ?1",
    [Q_HEAD_SET] = "INSERT OR REPLACE INTO log_head(id, size, root, note)"
                   " VALUES(?1, ?2, ?3, ?4)",
    [Q_STATEMENT_FIND] =
        "SELECT id FROM log_entry" STATEMENTS " AND bytes = ?1",
    [Q_STATEMENT_LIST] =
        "SELECT id, bytes FROM log_entry" STATEMENTS " ORDER BY id",
    [Q_EPOCH_AFTER] = "SELECT bytes FROM log_entry WHERE id > ?1"
                      " AND length(bytes) = 45 ORDER BY id LIMIT 1",
    [Q_WEEK_GET] = "SELECT log_index FROM log_week WHERE first_day = ?1",
    [Q_WEEK_ADD] = "INSERT INTO log_week(first_day, log_index)"
                   " VALUES(?1, ?2)",
    [Q_WEEK_ALL] = "SELECT first_day, log_index FROM log_week",
    [Q_PENDING_ADD] = "INSERT INTO log_pending(entry) VALUES(?1)",
    [Q_PENDING_HAS] = "SELECT 1 FROM log_pending WHERE entry = ?1 LIMIT 1",
    [Q_PENDING_STATEMENTS] = "SELECT entry FROM log_pending"
                             " WHERE length(entry) = 33 ORDER BY id",
    [Q_PENDING_LIST] = "SELECT id, entry FROM log_pending ORDER BY id"
                       " LIMIT ?1",
    [Q_PENDING_DELETE] = "DELETE FROM log_pending WHERE id <= ?1",
};

const sto_schema dir_schema = {
    .name = "directory",
    .init = "tacetd init",
    .application_id = 0x54636472, /* "Tcdr" */
    .steps = steps,
    .n_steps = sizeof(steps) / sizeof(steps[0]),
    .statements = statements,
    .n_statements = Q_N,
};
