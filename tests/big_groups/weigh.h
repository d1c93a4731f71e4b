/* SPDX-License-Identifier: Apache-2.0
 * What one member of a big group needs: time, and memory counted where the
 * library allocates it.
 */
#ifndef TACET_TESTS_BIG_GROUPS_WEIGH_H
#define TACET_TESTS_BIG_GROUPS_WEIGH_H

#include "tests/big_groups/crowd.h"

#define WEIGHT_MAX ((size_t)100 << 20) /* for one member, whatever it does */

/* Counts from here on; before anything is allocated. */
void weigh_start(void);
/* One more member joins, commits, sends, receives: prints what each took, and
 * ends the program if it was more than WEIGHT_MAX. */
void weigh_member(crowd *c);

#endif
