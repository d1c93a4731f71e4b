/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/tables_law.h -- the rows that come with the program. Within the
 * module only. */
#ifndef TACET_DESK_RULES_TABLES_LAW_H
#define TACET_DESK_RULES_TABLES_LAW_H

#include "desk/rules/tables.h"

extern const desk_instruments rules_law_instruments;
extern const desk_authorities rules_law_authorities;

#endif
