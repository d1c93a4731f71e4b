/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/tables.h -- the law as the desk knows it, as data: kinds of paper
 * (instruments), who may sign which (authorities), what each may ask for, and
 * who the operator is that answers.
 *
 * The rows that come with the program are in tables_law.c. Each names its
 * source; where nobody has held the row against the text of the law,
 * `confirmed` is false, and whoever relies on it reads that text first. A row
 * says what the desk lets through, never more than the law is known to allow:
 * where it is in doubt the row is narrower. An operator adds rows and says who
 * he is in a file of his own (docs/protocol/desk-tables.md).
 */
#ifndef TACET_DESK_RULES_TABLES_H
#define TACET_DESK_RULES_TABLES_H

#include "desk/rules/request.h"

#define DESK_TABLES_VERSION 1
#define DESK_TABLES_MAX (256 * 1024) /* bytes of an operator's file */
#define DESK_ROWS_MAX 200            /* of one table in it */

/* "us", "eu", "uk", "in": whose law it is. "any": nobody's in particular. */
typedef struct desk_authority {
  bool given;
  const char *code;
  const char *words;
  const char *jurisdiction;
  bool judge; /* a court or a judge */
  /* Ends of mail domains that nobody else can have: "agency.gov" or ".gov".
   * Empty: not known, a person looks. */
  desk_texts domains;
  const char *source;
  bool confirmed;
} desk_authority;

typedef struct desk_instrument {
  bool given;
  const char *code;
  const char *words;        /* in a letter: "a search warrant" */
  const char *jurisdiction; /* as above */
  desk_kind kind;           /* how it is counted */
  desk_category_set permits;
  desk_texts authorities;      /* codes of those who may sign it */
  desk_texts statutes;         /* as desk_statute_has() compares */
  desk_texts gag_bases;        /* the same; empty: it cannot forbid notice */
  desk_category_set judge_for; /* these only if a judge signed */
  /* These only for an offence of at least so many years at most; 0: any. */
  desk_category_set grave_for;
  uint64_t grave_years;
  uint64_t answer_days, answer_hours; /* from receipt; 0: it says itself */
  uint64_t valid_days;                /* from signature to service; 0: any */
  uint64_t keep_days; /* preservation: how long at first; 0: none */
  bool notice;        /* the user is told by default */
  bool unsigned_ok;   /* asks, does not order: needs no signature */
  bool language;      /* must say its language, or bring a translation */
  bool preservation;  /* keeps, hands nothing over */
  bool emergency;     /* needs the facts of an emergency and a call back */
  bool prospective;   /* orders to record from now on */
  bool annex3;        /* faults are told on the form of Annex III */
  const char *source;
  bool confirmed;
} desk_instrument;

/* Who answers. Nothing is known ("", 0, none) without a file. */
typedef struct desk_operator {
  bool given;
  const char *name;
  desk_texts addressees; /* other names under which it is rightly addressed */
  desk_texts address;    /* lines */
  const char *contact;
  const char *domain;       /* of its handles */
  const char *country;      /* where it is established */
  desk_texts jurisdictions; /* whose orders reach it: "us", "eu", ... */
  desk_texts languages;     /* two letters each, that it reads */
  uint64_t max_period_days; /* longer periods are overbroad; 0: 366 */
  uint64_t list_from;       /* more identifiers need a list; 0: 50 */
  desk_day began;           /* nothing is older */
} desk_operator;

typedef struct desk_instruments {
  const desk_instrument *items;
  size_t n;
} desk_instruments;
typedef struct desk_authorities {
  const desk_authority *items;
  size_t n;
} desk_authorities;

/* All zero is a whole one too: the program's rows, and an unknown operator. */
typedef struct desk_tables {
  desk_operator us;
  const char *server_domain;    /* where `us` names none; or NULL */
  desk_instruments instruments; /* the operator's own */
  desk_authorities authorities;
  struct json_t *json;
  struct rules_block *blocks;
} desk_tables;

/* Whose handles are the server's own; "" if nobody says. */
const char *desk_tables_domain(const desk_tables *t);

/* Reads an operator's file: like desk_request_read(). Refused as well: a code
 * twice or one of the program's, an authority that is none, a row without
 * source. */
TACET_MUST_CHECK tacet_err desk_tables_read(tacet_span text, desk_tables *out,
                                            desk_trouble *why);
void desk_tables_free(desk_tables *t);

/* Never NULL: one of whom nothing is known where the file names none. */
const desk_operator *desk_operator_of(const desk_tables *t);

/* The program's rows first. NULL past the end, or if there is none. */
const desk_instrument *desk_instrument_at(const desk_tables *t, size_t i);
const desk_instrument *desk_instrument_find(const desk_tables *t,
                                            const char *code);
const desk_authority *desk_authority_at(const desk_tables *t, size_t i);
const desk_authority *desk_authority_find(const desk_tables *t,
                                          const char *code);

/* A country (upper case) is one of those whose authorities a jurisdiction has;
 * "any" has all, but not "". */
bool desk_jurisdiction_has(const char *jurisdiction, const char *country);
/* How a letter calls it: "the United States". */
const char *desk_jurisdiction_words(const char *jurisdiction);

/* Whether a citation names a statute: "18 U.S.C. Sec. 2703(d)" has
 * "18usc2703(d)" (lower case, without spaces, dots and section signs), which is
 * not followed by a further digit or letter. */
bool desk_statute_has(const char *citation, const char *statute);

/* All rows and the operator as one JSON text (names sorted), for --json and for
 * the hash that says by which rules a case was judged. NULL if there is no
 * memory; free with free(). */
char *desk_tables_text(const desk_tables *t);

#endif
