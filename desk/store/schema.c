/* SPDX-License-Identifier: Apache-2.0
 * The desk's tables and every statement on them. `event` is the log;
 * officer and cases are indexes of it. */
#include "desk/store/private.h"

static const char *const steps[] = {
    "CREATE TABLE desk (id INTEGER PRIMARY KEY CHECK (id = 1),"
    " public_key BLOB NOT NULL, pad_key BLOB NOT NULL, server TEXT NOT NULL,"
    " notices_home TEXT NOT NULL) STRICT;"
    "CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1),"
    " number INTEGER NOT NULL, time INTEGER NOT NULL, head BLOB NOT NULL,"
    " signature BLOB NOT NULL) STRICT;"
    /* Without time, kind and body: purged; salt then has the hash of its
     * words. */
    "CREATE TABLE event (number INTEGER PRIMARY KEY, day INTEGER NOT NULL,"
    " actor TEXT NOT NULL, time INTEGER, kind TEXT, case_id TEXT, body TEXT,"
    " salt BLOB, commitment BLOB NOT NULL, signature BLOB NOT NULL) STRICT;"
    "CREATE INDEX event_case ON event (case_id, number)"
    " WHERE case_id <> '';"
    "CREATE INDEX event_kind ON event (kind, number);"
    "CREATE INDEX event_day ON event (day, number);"
    "CREATE TABLE officer (name TEXT PRIMARY KEY, key BLOB NOT NULL UNIQUE,"
    " role TEXT NOT NULL, cleared INTEGER NOT NULL, removed INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    /* event: the one whose body has this row */
    "CREATE TABLE cases (id TEXT PRIMARY KEY, event INTEGER NOT NULL,"
    " received TEXT NOT NULL, row TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX cases_received ON cases (received, event);"};

#define EVENT_COLUMNS                                                          \
  "number, day, actor, time, kind, case_id, body, salt, commitment, signature"

static const char *const statements[Q_N] = {
    [Q_DESK_SET] = "INSERT INTO desk (id, public_key, pad_key, server,"
                   " notices_home) VALUES (1, ?1, ?2, ?3, ?4)",
    [Q_DESK_GET] = "SELECT public_key, pad_key, server, notices_home FROM desk",
    [Q_SETTINGS_SET] = "UPDATE desk SET server = ?1, notices_home = ?2",
    [Q_HEAD_GET] = "SELECT number, time, head, signature FROM head",
    [Q_HEAD_SET] = "INSERT INTO head (id, number, time, head, signature)"
                   " VALUES (1, ?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET"
                   " number = excluded.number, time = excluded.time,"
                   " head = excluded.head, signature = excluded.signature",
    [Q_EVENT_ADD] = "INSERT INTO event (" EVENT_COLUMNS ") VALUES"
                    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [Q_EVENT_ALL] = "SELECT " EVENT_COLUMNS " FROM event WHERE number >= ?1"
                    " ORDER BY number",
    [Q_EVENT_OF_CASE] = "SELECT " EVENT_COLUMNS " FROM event"
                        " WHERE case_id <> '' AND case_id = ?2"
                        " AND number >= ?1 ORDER BY number",
    [Q_EVENT_OF_KIND] = "SELECT " EVENT_COLUMNS " FROM event WHERE kind = ?2"
                        " AND number >= ?1 ORDER BY number",
    [Q_EVENT_OF_BOTH] = "SELECT " EVENT_COLUMNS " FROM event"
                        " WHERE case_id <> '' AND case_id = ?2"
                        " AND +kind = ?3 AND number >= ?1 ORDER BY number",
    [Q_EVENT_LAST] = "SELECT body FROM event WHERE kind = ?1"
                     " ORDER BY number DESC LIMIT 1",
    [Q_EVENT_LAST_OF_CASE] = "SELECT body FROM event WHERE case_id <> ''"
                             " AND case_id = ?1 AND +kind = ?2"
                             " ORDER BY number DESC LIMIT 1",
    [Q_EVENT_ERASE] = "UPDATE event SET time = NULL, kind = NULL,"
                      " body = NULL, salt = ?2 WHERE number = ?1",
    [Q_EVENT_COUNT] = "SELECT count(*) FROM event WHERE case_id <> ''"
                      " AND case_id = ?1 AND number < ?2",
    [Q_OFFICER_ADD] = "INSERT INTO officer (name, key, role, cleared, removed)"
                      " VALUES (?1, ?2, ?3, ?4, 0)",
    [Q_OFFICER_REMOVE] = "UPDATE officer SET removed = 1 WHERE name = ?1",
    [Q_OFFICER_BY_KEY] = "SELECT name, key, role, cleared, removed FROM officer"
                         " WHERE key = ?1",
    [Q_OFFICER_BY_NAME] = "SELECT name, key, role, cleared, removed"
                          " FROM officer WHERE name = ?1",
    [Q_OFFICER_LIST] = "SELECT name, key, role, cleared, removed FROM officer"
                       " ORDER BY name",
    [Q_OFFICER_ADMINS] = "SELECT count(*) FROM officer"
                         " WHERE role = 'administrator' AND removed = 0",
    [Q_CASE_PUT] = "INSERT INTO cases (id, event, received, row) VALUES"
                   " (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET"
                   " event = excluded.event, received = excluded.received,"
                   " row = excluded.row",
    [Q_CASE_GET] = "SELECT row FROM cases WHERE id = ?1",
    [Q_CASE_LIST] = "SELECT row FROM cases ORDER BY received, event",
    [Q_CASE_ALL] = "SELECT id, event, received, row FROM cases",
    [Q_DAY_FIRST] = "SELECT day FROM event WHERE number = 1",
    [Q_DAY_COMMITMENTS] = "SELECT commitment, number FROM event WHERE day = ?1"
                          " ORDER BY number",
};

const sto_schema desk_schema = {.name = "desk",
                                .init = "tacet-desk init",
                                .application_id = 0x54444b31, /* "TDK1" */
                                .steps = steps,
                                .n_steps = sizeof(steps) / sizeof(steps[0]),
                                .statements = statements,
                                .n_statements = Q_N};
