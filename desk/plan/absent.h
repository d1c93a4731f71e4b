/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/absent.h -- what demands ask for and no answer has, in words for
 * who asked: that it does not exist, or in what form it does.
 */
#ifndef TACET_DESK_ABSENT_H
#define TACET_DESK_ABSENT_H

#include <stddef.h>

typedef struct desk_absent {
  const char *code; /* as in desk/rules/demands.h: "ip-history" */
  const char *what; /* "IP addresses and when they were used" */
  const char *why;  /* one sentence or two */
} desk_absent;

const desk_absent *desk_absent_at(size_t i);           /* NULL past the end */
const desk_absent *desk_absent_find(const char *code); /* NULL if none */

#endif
