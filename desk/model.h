/* SPDX-License-Identifier: Apache-2.0
 * desk/model.h -- words that all parts of the desk share: days, what kind of
 * demand it is, how it ended, categories of data, what may be handed over.
 *
 * The parts, each one subject:
 *
 *   model     these words
 *   rules     a demand as it was made, the tables of law, what is wrong with
 * it, what of it may be answered, letters plan      the answer as literal
 * SELECTs over columns of the inventory, carried out under an authorizer; the
 * bundle report    counts, bands, what must not be published log       the
 * chain of events, and the commitment of each day store     the desk's own
 * database: cases, officers, events program   tacet-desk(1)
 *
 * rules and report do no input or output of their own and keep no state. Codes
 * (of instruments, authorities, findings) are lower-case words with hyphens, as
 * they stand in files and in --json; they stay the same for good.
 */
#ifndef TACET_DESK_MODEL_H
#define TACET_DESK_MODEL_H

#include "tacet/base.h"

#include <stdio.h>

/* What went wrong, for a person: one sentence with the cause and the next
 * step, without a newline. Never a value that came from a case. */
typedef struct desk_trouble {
  char text[512];
} desk_trouble;
__attribute__((format(printf, 2, 3))) void
desk_trouble_set(desk_trouble *t, const char *format, ...);

/* ---- days ---- */

/* Days since 1970-01-01, UTC; periods include both ends. */
typedef int32_t desk_day;
#define DESK_NO_DAY INT32_MIN
#define DESK_DAY_TEXT sizeof("2012-12-01")
/* "2012-12-01", nothing before or after it, of the years 1970 to 9999, and a
 * day that there was. */
bool desk_day_read(const char *text, desk_day *out);
void desk_day_text(desk_day d, char out[DESK_DAY_TEXT]);

/* "2026-11-24T22:05:51Z"; of what is no time the number of seconds. */
#define DESK_TIME_TEXT 32
void desk_time_text(int64_t seconds, char out[DESK_TIME_TEXT]);

/* ---- text in HTML ---- */

/* Within an element or a quoted attribute: nothing of it is markup; control
 * characters but tabs and newlines become U+FFFD. */
void desk_html_text(FILE *out, const char *text);

/* ---- what kind of demand, and how it ended ---- */

typedef enum desk_kind {
  DESK_CRIMINAL,
  DESK_NATIONAL_SECURITY, /* counted in bands alone: 50 U.S.C. 1874 */
  DESK_EMERGENCY,
  DESK_CIVIL,
  DESK_KINDS
} desk_kind;

typedef enum desk_outcome {
  DESK_PENDING,
  DESK_DISCLOSED, /* all that was demanded and is held */
  DESK_PARTLY,    /* narrowed, or a part was not held */
  DESK_REFUSED,
  DESK_WITHDRAWN,
  DESK_OUTCOMES
} desk_outcome;

/* What the law calls data, from what is asked for most easily to what takes
 * most. The inventory (server/ops/inventory.h) has one of each column. */
typedef enum desk_category {
  DESK_SUBSCRIBER,
  DESK_IDENTIFICATION,
  DESK_TRAFFIC,
  DESK_CONTENT,
  DESK_CATEGORIES
} desk_category;
typedef uint32_t desk_category_set; /* bit 1 << desk_category */

/* What can be asked for by itself, of what a server holds about an account: a
 * demand for one day does not get the other. */
typedef enum desk_thing {
  DESK_THING_HANDLE,
  DESK_THING_CREATED,
  DESK_THING_LAST_SEEN,
  DESK_THING_ACCOUNT_ID,
  DESK_THING_DEVICES,
  DESK_THING_PUBLIC_KEYS,
  DESK_THINGS
} desk_thing;
typedef uint32_t desk_thing_set; /* bit 1 << desk_thing; 0: all of them */

/* The words in files: "national-security", "partly", "subscriber". NULL past
 * the end; reading gives false for a word that is none. */
bool desk_word_find(const char *const *words, size_t n, const char *text,
                    size_t *out); /* its place in a list */
const char *desk_kind_name(desk_kind k);
const char *desk_outcome_name(desk_outcome o);
const char *desk_category_name(desk_category c);
bool desk_kind_read(const char *text, desk_kind *out);
bool desk_outcome_read(const char *text, desk_outcome *out);
bool desk_category_read(const char *text, desk_category *out);
/* As in demands: "last-seen". */
const char *desk_thing_name(desk_thing t);
bool desk_thing_read(const char *text, desk_thing *out);

/* ---- what reports count ---- */

/* One demand, without anything that tells whom it was about. The texts are
 * their owner's. */
typedef struct desk_count {
  desk_day received;
  desk_kind kind;
  const char *instrument; /* code: "subpoena", "epoc", "nsl" */
  const char *authority;  /* who asked, as words */
  const char *country;    /* ISO 3166-1 alpha-2, upper case; "" unknown */
  uint64_t accounts;      /* specified in the demand, not unique people */
  uint64_t with_data;     /* of which anything was handed over */
  desk_outcome outcome;
  bool preservation; /* counted apart, never among requests for data */
  bool gagged;       /* the user could not be told */
  bool notified;     /* the user was told */
  /* The first national-security demand for data of a service that none had
   * reached before: 50 U.S.C. 1874(b) keeps it out of reports for 540 days. */
  bool new_service;
  desk_day lifted; /* since when it may be named, whatever it was; 0: not */
} desk_count;

/* ---- what may be handed over ---- */

/* What evaluation leaves of a demand, and all that a plan is made of: an
 * account that is not listed or a category that is not set is out of reach. */
typedef struct desk_scope {
  const char *case_id;
  const char *instrument;
  desk_category_set categories;
  desk_thing_set things; /* of those categories, these alone */
  /* Handles of this server, normalised, without "@domain". */
  const char *const *handles;
  size_t n_handles;
  desk_day from, to; /* DESK_NO_DAY: that end is open */
} desk_scope;

#endif
