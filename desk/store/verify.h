/* SPDX-License-Identifier: Apache-2.0
 * desk/store/verify.h -- is the log whole: every event against its commitment,
 * the chain, officers' signatures, the desk's own over the newest head, the
 * commitments of days, and the indexes against the events.
 *
 * What bounds it: four hashes an event (words, commitment, chain, day's tree),
 * and a signature to check for each act of an officer. Reads, imports and other
 * events without an officer have no signature of their own; the desk's is over
 * the newest head alone, which binds all the others.
 *
 * Whoever has the desk's folder, its key and every officer's key can write a
 * new log. What shows that are the commitments of days, which others hold:
 * desk_verify() compares with those it is given.
 */
#ifndef TACET_DESK_VERIFY_H
#define TACET_DESK_VERIFY_H

#include "desk/store/chain.h"
#include "desk/store/store.h"

/* A day's statement. */
typedef struct desk_day_hash {
  desk_day day;
  desk_hash hash;
} desk_day_hash;

typedef struct desk_audit {
  uint64_t events, signatures, purged;
  /* Signatures whose token did not count on from the one before, and the first
   * such event. No fault: they verify. But two things sign with one key. */
  uint64_t counted_back, counted_back_at;
  size_t n_days; /* committed to; days[0] is the first */
  desk_day_hash *days;
} desk_audit;
void desk_audit_free(desk_audit *v);

/* AUTH, and a sentence that says where, at the first fault. `known` are
 * statements that somebody else kept. Free what *out gets. */
TACET_MUST_CHECK tacet_err desk_verify(desk_store *s,
                                       const desk_day_hash *known, size_t n,
                                       desk_trouble *why, desk_audit *out);

/* ---- commitments of days ---- */

/* Commits to every day that is over and is not committed to yet: the day of the
 * first event, and each after it, empty or not. One event "day-committed" a
 * day. tell() gets each as it is made, in a transaction of its own. */
TACET_MUST_CHECK tacet_err desk_days_commit(
    desk_store *s, void (*tell)(void *user, const desk_day_hash *d), void *user,
    desk_trouble *why);
/* Those that there are, from a day on. */
TACET_MUST_CHECK tacet_err desk_days_each(desk_store *s, desk_day from,
                                          void (*tell)(void *user,
                                                       const desk_day_hash *d),
                                          void *user, desk_trouble *why);

/* ---- one case, for somebody who may see no other ---- */

/* What shows the events of a case: each with its salt and its path to the
 * commitment of its day (docs/protocol/desk-log.md). The days of its events
 * have to be over and committed to: STATE where none is; "later" counts those
 * that are not yet. A new reference. */
TACET_MUST_CHECK tacet_err desk_case_prove(desk_store *s, const char *id,
                                           desk_trouble *why, json_t **proof);
/* Checks one, with nothing but itself: AUTH where something does not fit. What
 * it claims of days has then to be held against the statements that the key log
 * has: days[] of the verdict. */
TACET_MUST_CHECK tacet_err desk_proof_check(const json_t *proof,
                                            desk_trouble *why, desk_audit *out);

/* ---- who works at the desk, for somebody who has no more than a bundle ----
 */

/* What shows when these were added: those of whom the event is in a day that
 * is committed to. The others are left out, and the desk's word is all there
 * is. A new reference. */
TACET_MUST_CHECK tacet_err desk_officers_prove(desk_store *s,
                                               const char *const *names,
                                               size_t n, desk_trouble *why,
                                               json_t **proof);

/* That this key was added under this name on that day, and the statement in
 * which it was said. */
typedef struct desk_shown {
  char name[DESK_NAME_MAX + 1];
  desk_public_key key;
  desk_day_hash day;
} desk_shown;
/* Checks one, of the desk with this key, with nothing but itself: AUTH. What it
 * shows has weight as far as its statements stand in the key log: who has the
 * desk's key can make others. Free *out with free(). */
TACET_MUST_CHECK tacet_err desk_officers_check(const json_t *proof,
                                               const uint8_t desk[DESK_KEY_LEN],
                                               desk_trouble *why,
                                               desk_shown **out, size_t *n);

#endif
