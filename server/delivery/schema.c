/* SPDX-License-Identifier: Apache-2.0
 * The tables of delivery and every statement on them. What each column is and
 * why it is there stands in server/ops/inventory.
 *
 * mailbox.key is the first half of the id, so that rows refer to a mailbox by
 * eight bytes that say nothing: keys are as random as the ids. Items go into an
 * append table with a covering index, which measured twice the throughput of a
 * table clustered by mailbox. No row has a time finer than a day.
 */
#include "server/delivery/private.h"

static const char version_1[] = STO_META_TABLE
    "CREATE TABLE mailbox("
    "  key INTEGER PRIMARY KEY,"
    "  id BLOB NOT NULL,"
    "  read_hash BLOB NOT NULL,"
    "  capability_hash BLOB NOT NULL,"
    "  sealing_key BLOB NOT NULL,"
    "  old_hash BLOB,"
    "  old_until INTEGER NOT NULL DEFAULT 0,"
    "  old_left INTEGER NOT NULL DEFAULT 0,"
    "  opened INTEGER NOT NULL DEFAULT 0,"
    "  touched INTEGER NOT NULL,"
    "  acked INTEGER NOT NULL DEFAULT 0,"
    "  floor INTEGER NOT NULL DEFAULT 0,"
    "  expired INTEGER NOT NULL DEFAULT 0"
    ");"
    "CREATE TABLE item("
    "  id INTEGER PRIMARY KEY,"
    "  mailbox INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  day INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  enc BLOB NOT NULL,"
    "  sealed BLOB NOT NULL"
    ");"
    "CREATE INDEX item_by_mailbox ON item(mailbox, seq, day, size);"
    "CREATE TABLE slot("
    "  name_hash BLOB PRIMARY KEY,"
    "  day INTEGER NOT NULL,"
    "  body BLOB"
    ") WITHOUT ROWID;"
    "CREATE INDEX slot_by_day ON slot(day);"
    "CREATE INDEX slot_body_by_day ON slot(day) WHERE body IS NOT NULL;"
    "CREATE TABLE spent("
    "  hash BLOB PRIMARY KEY,"
    "  last_day INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE INDEX spent_by_day ON spent(last_day);"
    "CREATE TABLE blob("
    "  id_hash BLOB PRIMARY KEY,"
    "  day INTEGER NOT NULL,"
    "  received INTEGER NOT NULL,"
    "  total INTEGER NOT NULL"
    ") WITHOUT ROWID;";

/* Mailboxes whose address anybody may have: strangers pay. */
static const char version_2[] =
    "ALTER TABLE mailbox ADD COLUMN paid INTEGER NOT NULL DEFAULT 0;";

static const char *const steps[] = {version_1, version_2};

static const char *const statements[Q_N] = {
    [Q_META_GET] = STO_META_GET,
    [Q_META_SET] = STO_META_SET,
    [Q_META_DELETE] = STO_META_DELETE,

    [Q_BOX_GET] = "SELECT id, read_hash, capability_hash, sealing_key,"
                  " old_hash, old_until, old_left, opened, touched, acked,"
                  " floor, expired, paid FROM mailbox WHERE key = ?1",
    [Q_BOX_ADD] = "INSERT INTO mailbox(key, id, read_hash, capability_hash,"
                  " sealing_key, touched, paid)"
                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [Q_BOX_UPDATE] = "UPDATE mailbox SET capability_hash = ?2, old_hash = ?3,"
                     " old_until = ?4, old_left = ?5, opened = ?6,"
                     " touched = ?7, acked = ?8, floor = ?9, expired = ?10"
                     " WHERE key = ?1",
    [Q_BOX_DELETE] = "DELETE FROM mailbox WHERE key = ?1",
    [Q_BOX_AFTER] =
        "SELECT key, touched, old_left, old_until,"
        " (SELECT day FROM item WHERE mailbox = key ORDER BY seq LIMIT 1)"
        " FROM mailbox WHERE key > ?1 ORDER BY key LIMIT ?2",

    [Q_ITEM_ADD] = "INSERT INTO item(mailbox, seq, day, size, number, enc,"
                   " sealed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [Q_ITEM_COUNT] = "SELECT count(*), sum(size), max(seq) FROM item"
                     " WHERE mailbox = ?1",
    [Q_ITEM_COUNT_UP_TO] = "SELECT count(*), sum(size) FROM item"
                           " WHERE mailbox = ?1 AND seq <= ?2",
    [Q_ITEM_DELETE_UP_TO] = "DELETE FROM item WHERE mailbox = ?1 AND seq <= ?2",
    [Q_ITEM_DELETE_ALL] = "DELETE FROM item WHERE mailbox = ?1",
    [Q_ITEM_OLDER] = "SELECT max(seq) FROM item"
                     " WHERE mailbox = ?1 AND day < ?2",
    [Q_ITEM_NEXT] = "SELECT seq, number, enc, sealed FROM item"
                    " WHERE mailbox = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",

    [Q_SLOT_GET] = "SELECT body FROM slot WHERE name_hash = ?1",
    [Q_SLOT_ADD] = "INSERT INTO slot(name_hash, day, body) VALUES(?1, ?2, ?3)",
    [Q_SLOT_DROP_BODIES] = "UPDATE slot SET body = NULL WHERE name_hash IN"
                           " (SELECT name_hash FROM slot WHERE day < ?1"
                           "  AND body IS NOT NULL LIMIT ?2)",
    [Q_SLOT_DELETE] = "DELETE FROM slot WHERE name_hash IN"
                      " (SELECT name_hash FROM slot WHERE day < ?1 LIMIT ?2)",

    [Q_SPENT_GET] = "SELECT 1 FROM spent WHERE hash = ?1",
    [Q_SPENT_ADD] = "INSERT INTO spent(hash, last_day) VALUES(?1, ?2)",
    [Q_SPENT_EXPIRE] = "DELETE FROM spent WHERE hash IN"
                       " (SELECT hash FROM spent WHERE last_day < ?1 LIMIT ?2)",

    [Q_BLOB_GET] = "SELECT received, total FROM blob WHERE id_hash = ?1",
    [Q_BLOB_ADD] = "INSERT INTO blob(id_hash, day, received, total)"
                   " VALUES(?1, ?2, 0, ?3)",
    [Q_BLOB_GROW] = "UPDATE blob SET received = ?3"
                    " WHERE id_hash = ?1 AND received = ?2",
    [Q_BLOB_OLDER] = "SELECT id_hash FROM blob WHERE day < ?1"
                     " OR (day < ?2 AND received < total) LIMIT ?3",
    [Q_BLOB_DELETE] = "DELETE FROM blob WHERE id_hash = ?1",
};

const sto_schema dlv_schema = {
    .name = "delivery",
    .init = "tacetd init",
    .application_id = 0x54636c76, /* "Tclv" */
    .steps = steps,
    .n_steps = sizeof(steps) / sizeof(steps[0]),
    .statements = statements,
    .n_statements = Q_N,
};
