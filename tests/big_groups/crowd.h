/* SPDX-License-Identifier: Apache-2.0
 * A group with a crowd in it: some members have all of the state that a member
 * has ("full"), the others are a leaf whose keys nobody keeps. Every call ends
 * the program, with a sentence, if something is not as it should be.
 */
#ifndef TACET_TESTS_BIG_GROUPS_CROWD_H
#define TACET_TESTS_BIG_GROUPS_CROWD_H

#include "tacet/mls.h"

#define NOW 1800000000u
#define BIG ((size_t)64 << 20) /* more than any message here */

typedef struct person {
  tacet_mls_group *g; /* NULL: not in it */
  tacet_secret signature;
  tacet_mls_keys keys; /* of `package` */
  tacet_bytes package;
} person;

typedef struct crowd {
  const tacet_suite *suite;
  tacet_mls_config config;
  person *full; /* room for `room` */
  size_t room, n_full;
  size_t wanted, wanted_full; /* how many members there should be, about */
  uint32_t top;               /* no leaf that is not blank is at or beyond it */
  uint64_t names;             /* given so far */
  /* What was done. */
  size_t n_added, n_removed, n_updated, n_joined, n_left;
} crowd;

void must_be(tacet_err err, const char *what);
#define MUST(call) must_be((call), #call)
#define CHECK(cond) must_be((cond) ? TACET_OK : TACET_ERR_STATE, #cond)

/* From the seed: a run with the same arguments is the same. */
void dice_seed(uint64_t seed);
uint32_t dice(uint32_t n); /* 0 to n - 1 */

/* `n` members, `n_full` of them full and spread over the tree. */
void crowd_new(crowd *c, const tacet_suite *suite, size_t n, size_t n_full);
void crowd_free(crowd *c);
size_t crowd_size(const crowd *c); /* members */
person *crowd_any(crowd *c);       /* one who is full */

/* One epoch of somebody's making: adds, removes, updates, as the dice have it.
 * Newcomers are full where somebody full has left, and now and then in place of
 * somebody who stays. */
void crowd_epoch(crowd *c);
/* All who are full are in the same group: epoch, tree, secrets. */
void crowd_agree(const crowd *c);
/* Somebody says something and all who are full hear it. */
void crowd_talk(crowd *c);
/* Somebody's program ends, and loads what it saved. */
void crowd_restart(crowd *c);

/* The steps of it. A place for one more who is full; a key package of his;
 * joining with it; following a commit, all but its sender or one alone. */
person *crowd_place(crowd *c);
void crowd_publish(crowd *c, person *p);
void crowd_join(crowd *c, person *p, const tacet_mls_commit_result *r);
void crowd_follow(crowd *c, const person *by, tacet_span commit);
void crowd_follow_one(crowd *c, person *p, tacet_span commit);

#endif
