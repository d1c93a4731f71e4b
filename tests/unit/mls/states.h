/* SPDX-License-Identifier: Apache-2.0
 * Saved states in text: what write_states.c writes once for each version of the
 * form, and test_state_files.c reads for ever. A line is a name and a value;
 * bytes are hexadecimal.
 */
#ifndef TACET_TESTS_MLS_STATES_H
#define TACET_TESTS_MLS_STATES_H

#include "tests/unit/mls/members.h"

/* Makes a group of one kind: `m[0].g` is the state, the others help. */
typedef struct state_kind {
  const char *name;
  const tacet_suite *suite;
  void (*make)(member *m, const tacet_suite *suite, tacet_bytes *messages);
} state_kind;
/* Messages that the state opens, each saying "still here". */
#define STATE_MESSAGES 3
#define STATE_TEXT "still here"
#define STATE_MEMBERS 5

#endif
