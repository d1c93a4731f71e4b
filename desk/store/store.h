/* SPDX-License-Identifier: Apache-2.0
 * desk/store/store.h -- the desk's own database: events, officers, cases.
 *
 * Events are the truth. Every act at the desk is one event: {number, time,
 * actor, kind, case, body}. Events are chained by hashes; where an officer acts
 * the event has that officer's signature, and the desk's own key signs the head
 * after each append (desk/store/chain.h, docs/protocol/desk-log.md). The tables
 * of officers and cases beside them are indexes, which desk_verify() holds to
 * the events.
 *
 *   desk_store_open()
 *   desk_append()      an event about no case: a report, an officer
 *   desk_case_act()    an event that brings a case on, by the state machine
 *   desk_events_each() what happened, in order
 *
 * An append is one transaction: after a kill, a full disk or an error either
 * all of its events are there, signed, or none is. Two processes may use one
 * folder; the second waits for the first.
 *
 * Time is the system's. Events never go back in time: a clock behind the newest
 * event refuses every append with a sentence (up to DESK_SLACK_S behind counts
 * as that event's time), and so does one DESK_JUMP_S ahead of it, until
 * somebody says that the clock is right.
 *
 * Functions that take a desk_trouble put a sentence there when they fail.
 * Errors besides those of storage (FULL, IO, BUSY, NOMEM):
 *   NOT_FOUND  no such case, officer, event
 *   POLICY     the rules of the desk do not allow it: exit code 4
 *   STATE      the clock, or a folder that is no desk's
 *   AUTH       a key, signature or hash does not check out: exit code 5
 *   ENCODING, LIMIT, ARGUMENT  input
 */
#ifndef TACET_DESK_STORE_H
#define TACET_DESK_STORE_H

#include "desk/model.h"
#include "desk/store/key.h"
#include "desk/store/machine.h"

#include <jansson.h>

#define DESK_DATABASE "desk.db"
#define DESK_KEY_NAME "desk.key"
#define DESK_DOCUMENTS "documents"
#define DESK_PATH_MAX 4096
#define DESK_NAME_MAX 64        /* bytes of an officer's name */
#define DESK_PAGE_ACTOR "page:" /* and the name: signed in at the page */
#define DESK_ACTOR_MAX (sizeof(DESK_PAGE_ACTOR) - 1 + DESK_NAME_MAX)
#define DESK_KIND_MAX 40        /* of an event's kind */
#define DESK_CASE_ID_MAX 24     /* of a case's id: "c3f09a1b2c4d5" */
#define DESK_BODY_MAX (2 << 20) /* of an event's body as text */
#define DESK_SLACK_S 10
#define DESK_JUMP_S ((int64_t)400 * 86400)

typedef struct desk_store desk_store;

/* ---- opening ---- */

typedef struct desk_settings {
  const char *server;       /* folder of tacetd; only ever read */
  const char *notices_home; /* home of `tacet`; "" none */
} desk_settings;

/* Makes the folder (0700), the desk's key and the database, with the event
 * "desk-made". EXISTS if it holds a desk. */
TACET_MUST_CHECK tacet_err desk_store_create(const char *folder,
                                             const desk_settings *settings,
                                             desk_trouble *why);
TACET_MUST_CHECK tacet_err desk_store_open(const char *folder,
                                           desk_trouble *why, desk_store **out);
void desk_store_close(desk_store *s); /* NULL is fine */

const char *desk_store_folder(const desk_store *s);
/* Borrowed until the store is closed. */
const desk_settings *desk_store_settings(const desk_store *s);
/* Replaces what is not NULL; an event "settings-changed" says so. */
TACET_MUST_CHECK tacet_err desk_store_settings_set(
    desk_store *s, const desk_settings *settings, const char *actor,
    const desk_key *key, desk_trouble *why);
/* The desk's own key: signs heads, bundles, reports. Borrowed. */
const desk_key *desk_store_key(const desk_store *s);

/* Seconds since 1970, UTC, and its day: the one source of time of the program.
 * End-to-end tests preload tests/support/skew.c; unit tests set it. */
int64_t desk_store_now(const desk_store *s);
desk_day desk_store_today(const desk_store *s);
void desk_store_clock_set(desk_store *s, int64_t (*now)(void *user),
                          void *user);
/* From now on a clock far ahead is believed. */
void desk_store_clock_is_right(desk_store *s);

/* ---- appending ---- */

typedef struct desk_act {
  const char *actor; /* officer's name; "" the desk itself; "uid:1000" */
  const char *kind;  /* lower-case words with hyphens, as "report-published" */
  const char *case_id; /* "" none */
  const json_t *body;  /* an object; integers, never reals */
  const desk_key *key; /* of the officer who acts; NULL: nobody signs */
} desk_act;

/* All of them, in one transaction. Where `key` is set it has to be the key of
 * the officer `actor` (AUTH). *first (or NULL) gets the number of the first. */
TACET_MUST_CHECK tacet_err desk_append(desk_store *s, const desk_act *acts,
                                       size_t n, desk_trouble *why,
                                       uint64_t *first);

/* ---- reading ---- */

/* As it stands in the log. Borrowed until visit() returns. */
typedef struct desk_event {
  uint64_t number; /* from 1 */
  desk_day day;
  bool erased; /* purged: time, kind and body are empty */
  int64_t time;
  const char *actor, *kind, *case_id;
  tacet_span body;             /* JSON */
  tacet_span signature;        /* of the officer; empty: nobody signed */
  tacet_span commitment, salt; /* erased: the hash of its words */
} desk_event;

typedef struct desk_filter {
  const char *case_id; /* NULL: all */
  const char *kind;    /* NULL: all */
  uint64_t from;       /* numbers from here on; 0 all */
} desk_filter;

/* In their order, until visit() gives another thing than OK, which is given
 * back. visit() may not append. */
TACET_MUST_CHECK tacet_err
desk_events_each(desk_store *s, const desk_filter *filter,
                 tacet_err (*visit)(void *user, const desk_event *e),
                 void *user, desk_trouble *why);
/* The body of the newest event that fits, a new reference. NOT_FOUND, without a
 * sentence. */
TACET_MUST_CHECK tacet_err desk_event_newest(desk_store *s,
                                             const desk_filter *filter,
                                             desk_trouble *why, json_t **body);

/* ---- officers ---- */

typedef enum desk_role {
  DESK_OFFICER,       /* works cases: files, decides, plans, signs, delivers */
  DESK_APPROVER,      /* signs and decides; files nothing */
  DESK_AUDITOR,       /* reads, proves, verifies; changes nothing */
  DESK_ADMINISTRATOR, /* officers and settings; no cases */
  DESK_ROLES
} desk_role;
const char *desk_role_name(desk_role r); /* NULL past the end */
bool desk_role_read(const char *text, desk_role *out);
bool desk_role_works(desk_role r); /* changes cases: officers, approvers */

typedef struct desk_officer {
  char name[DESK_NAME_MAX + 1];
  desk_role role;
  bool cleared; /* sees cases of national security */
  bool removed;
  desk_public_key key;
} desk_officer;

/* Adds. While the desk has no administrator, whoever may write the folder adds
 * officers; then only an administrator's key does. POLICY, EXISTS (name or
 * key). */
TACET_MUST_CHECK tacet_err desk_officer_add(desk_store *s,
                                            const desk_officer *officer,
                                            const char *actor,
                                            const desk_key *by,
                                            desk_trouble *why);
/* From now on that key signs nothing here; what it signed stays. */
TACET_MUST_CHECK tacet_err desk_officer_remove(desk_store *s, const char *name,
                                               const char *actor,
                                               const desk_key *by,
                                               desk_trouble *why);
/* Who has this key, and was not removed. AUTH and a sentence. */
TACET_MUST_CHECK tacet_err desk_officer_of(desk_store *s, const desk_key *key,
                                           desk_trouble *why,
                                           desk_officer *out);
/* NOT_FOUND; removed ones are found too. */
TACET_MUST_CHECK tacet_err desk_officer_find(desk_store *s, const char *name,
                                             desk_trouble *why,
                                             desk_officer *out);
TACET_MUST_CHECK tacet_err desk_officers_each(
    desk_store *s, tacet_err (*visit)(void *user, const desk_officer *o),
    void *user, desk_trouble *why);

/* ---- cases ---- */

/* A case is a row: a JSON object with
 *   id, state (desk_state_name), received, kind, instrument, authority,
 * country, accounts, with_data, outcome, preservation, gagged, notified
 * (desk_count) filed_by   officer or "uid:N";  imported   came in by `case
 * import` due        the day an answer is due, or null due_at     seconds, for
 * deadlines in hours; or null document   SHA-256 of the original in
 * hexadecimal, or null Ids are random: they stand in letters, and a count would
 * tell how many cases there are. Nothing in a row tells whom the demand is
 * about. The demand itself is the body of the event "case-filed" (member
 * "request"), which a purge erases. */

/* A new reference in *row. NOT_FOUND and a sentence. */
TACET_MUST_CHECK tacet_err desk_case_get(desk_store *s, const char *id,
                                         desk_trouble *why, json_t **row);
TACET_MUST_CHECK tacet_err desk_cases_each(
    desk_store *s, tacet_err (*visit)(void *user, const json_t *row),
    void *user, desk_trouble *why);
/* The demand as it was made, or as it was last completed. NOT_FOUND after a purge or of an imported case. */
TACET_MUST_CHECK tacet_err desk_case_request(desk_store *s, const char *id,
                                             desk_trouble *why,
                                             json_t **request);
/* What reports count: every case, imported or worked here, in the order of
 * days. Texts are borrowed until visit() returns. */
TACET_MUST_CHECK tacet_err desk_counts_each(
    desk_store *s, tacet_err (*visit)(void *user, const desk_count *c),
    void *user, desk_trouble *why);

/* Files a case: `row` has the members of desk_count as the caller knows them;
 * id and state are made here. The body of the event is {request, row}; event
 * and row are there together. `document` names a file of the folder documents/
 * by its hash, or is NULL. id gets the new id. */
TACET_MUST_CHECK tacet_err desk_case_file(desk_store *s, const json_t *request,
                                          const json_t *row, const char *actor,
                                          const desk_key *key,
                                          desk_trouble *why,
                                          char id[DESK_CASE_ID_MAX + 1]);
/* Closed cases of earlier periods: rows, all in one transaction. */
TACET_MUST_CHECK tacet_err desk_case_import(desk_store *s, json_t *const *rows,
                                            size_t n, const char *actor,
                                            desk_trouble *why);

/* Brings a case on: `act` by the machine (POLICY, and a sentence with what is
 * possible, where it forbids it), `changes` (or NULL) over the row's members,
 * and an event `kind` with `body` and the new row. Several steps of one act are
 * several calls. */
typedef struct desk_case_step {
  const char *case_id;
  desk_step act;
  const char *kind;    /* of the event; NULL: the step's name */
  const char *actor;   /* as in desk_act */
  const desk_key *key; /* or NULL */
  const json_t *body;  /* an object, or NULL: nothing more to say */
  const json_t *changes;
} desk_case_step;
TACET_MUST_CHECK tacet_err desk_case_act(desk_store *s,
                                         const desk_case_step *step,
                                         desk_trouble *why);
/* The findings of the validators: brings a case from received, authenticated,
 * triaged or clarification-asked to legal-review, or leaves it there; the last
 * step is the event "case-evaluated" with `body`. An evaluation looks at who
 * asks, sorts, and opens the review: three steps of one act. */
TACET_MUST_CHECK tacet_err desk_case_evaluated(
    desk_store *s, const char *id, const char *actor, const desk_key *key,
    const json_t *body, const json_t *changes, desk_trouble *why);
/* An event about a case that leaves its state: a read, a plan's signature. */
TACET_MUST_CHECK tacet_err desk_case_note(desk_store *s, const desk_act *act,
                                          const json_t *changes,
                                          desk_trouble *why);
/* Erases what the events of a closed case say: the demand, findings, reasons.
 * Their commitments stay in the chain; row and counts stay. */
TACET_MUST_CHECK tacet_err desk_case_purge(desk_store *s, const char *id,
                                           const char *actor,
                                           const desk_key *key,
                                           desk_trouble *why);

#endif
