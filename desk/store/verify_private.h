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
  /* numbers of events without words, and of those that purges name */
  json_t *erased, *purged;
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

/* 32 bytes from 64 digits of a member. */
bool hash_of(const json_t *body, const char *name, desk_hash *out);

#endif
