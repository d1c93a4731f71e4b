/* SPDX-License-Identifier: Apache-2.0
 * Writes down what one member hears, from its Welcome on, as a test vector of
 * docs/protocol/mls-vectors.md. Randomness is counted meanwhile, so that the
 * same program writes the same bytes.
 */
#ifndef TACET_TESTS_MLS_RECORD_H
#define TACET_TESTS_MLS_RECORD_H

#include "tests/unit/mls/members.h"

/* A file of cases. NULL where it cannot be written. */
bool record_open(const char *folder, const char *name);
void record_close(void);

/* From now on `m`, which is yet to join, is listened to. */
void record_case(const char *name, const member *m);
void record_case_end(void);
/* Of the next message: what is wrong with it. */
void record_name(const char *name);
/* A key that is given to every message from here on. */
void record_psk(const tacet_mls_psk *psk);
/* That a Welcome to a successor is joined (err TACET_OK) or refused. */
void record_successor(const member *m, tacet_span welcome, tacet_err err,
                      const tacet_mls_group *joined);
/* Is somebody listening? */
bool record_active(void);

#endif
