/* SPDX-License-Identifier: Apache-2.0
 * The state of a verification: what was seen so far. */
#ifndef TACET_DESK_VERIFY_PRIVATE_H
#define TACET_DESK_VERIFY_PRIVATE_H

#include "desk/store/private.h"
#include "desk/store/verify.h"

typedef struct verifying {
  desk_store *s;
  desk_trouble *why;
  desk_audit out;
  /* the chain */
  uint64_t number;
  int64_t time;
  desk_day day;
  desk_hash head;
  /* officers by name -> {key, removed}; states by case -> text */
  json_t *officers, *states;
  /* numbers of events without words by case, of which no purge was met yet */
  json_t *erased;
  /* commitments of the day that is being read; roots of days by number */
  desk_hash *commitments;
  size_t n_commitments, cap_commitments;
  json_t *roots;    /* days without one had no event */
  desk_hash before; /* statement of the day before */
  size_t cap_days, n_officers;
} verifying;

/* AUTH and "event N: ...". */
__attribute__((format(printf, 2, 3))) tacet_err fault(verifying *v,
                                                      const char *format, ...);
/* What an event means: officers, states of cases, purges, days. */
tacet_err verify_meaning(verifying *v, const desk_event *e);
/* A day's events are all there: its root. */
tacet_err verify_day_ends(verifying *v);
/* At the end: the desk's signature, the indexes, what was purged. */
tacet_err verify_end(verifying *v);

/* Those of a day, in their order; freed with free(). */
tacet_err day_commitments(sto_conn *c, desk_day day, desk_hash **out,
                          size_t *n);

/* ---- what shows an event in the commitment of its day (prove_day.c) ---- */

typedef struct prove_days {
  desk_store *s;
  json_t *days; /* "2026-11-24" -> {root, before, statement} */
  desk_hash before;
  /* commitments of the day that was asked for last */
  desk_day day;
  desk_hash *all;
  size_t n;
} prove_days;
void prove_days_free(prove_days *p);
/* All days that are committed to. */
tacet_err prove_days_read(prove_days *p, desk_trouble *why);
bool prove_day_is_there(const prove_days *p, desk_day day);
/* {day, time, actor, kind, body, salt, index, path}, a new reference. The day
 * has to be there. */
tacet_err prove_event(prove_days *p, const desk_event *e, json_t **out);
/* The days that these events are of, and no others, into an object. */
tacet_err prove_own_days(const prove_days *p, const json_t *events,
                         json_t *out);
/* NULL for more than 128 bytes, or without memory. */
json_t *prove_hex(tacet_span bytes);

/* ---- and who checks it (proof.c) ---- */

#define PROOF_DAYS_MAX 10000
#define PROOF_EVENTS_MAX 100000

typedef struct proof_checking {
  const json_t *days, *events;
  const char *case_id; /* "" in a proof about no case */
  desk_hash desk;
  desk_trouble *why;
  size_t at; /* which event, from 1 */
  desk_audit out;
} proof_checking;

/* The form of a proof, ENCODING, VERSION. */
tacet_err proof_begin(proof_checking *c, const json_t *proof);
/* The statements of its days, into out.days, the caller's to free. */
tacet_err proof_days(proof_checking *c);
/* That an event stands in its day. */
tacet_err proof_event(proof_checking *c, const json_t *e,
                      desk_hash *commitment);
/* AUTH and "event N of the proof: ...". */
tacet_err proof_bad(proof_checking *c, const char *what);

/* 32 bytes from 64 digits of a member. */
bool hash_of(const json_t *body, const char *name, desk_hash *out);

#endif
