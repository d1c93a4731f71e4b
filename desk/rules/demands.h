/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/demands.h -- what is asked for, each with a code: data of an
 * account, whether anybody holds it or not; searches that begin without an
 * account; and acts that are no data at all.
 */
#ifndef TACET_DESK_RULES_DEMANDS_H
#define TACET_DESK_RULES_DEMANDS_H

#include "desk/model.h"

typedef enum desk_demand_class {
  DESK_DEMAND_DATA,
  DESK_DEMAND_REVERSE, /* names no account: finds people by what they did */
  DESK_DEMAND_ACT      /* to decrypt, to listen, to change the system */
} desk_demand_class;

typedef struct desk_demand {
  const char *code;
  desk_demand_class is;
  desk_category category; /* of DATA; of the others CONTENT */
  const char *words;      /* in a letter: "the contents of messages" */
} desk_demand;

const desk_demand *desk_demand_at(size_t i);           /* NULL past the end */
const desk_demand *desk_demand_find(const char *code); /* NULL if none */

#endif
