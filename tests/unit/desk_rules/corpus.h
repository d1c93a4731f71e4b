/* SPDX-License-Identifier: Apache-2.0
 * Demands without a fault, one for each kind of paper, to plant faults in. */
#ifndef TACET_TESTS_DESK_RULES_CORPUS_H
#define TACET_TESTS_DESK_RULES_CORPUS_H

#include "tests/support/support.h"

#include "desk/rules/demands.h"
#include "desk/rules/evaluate.h"

#include <jansson.h>

#define CORPUS_TODAY "2026-11-10"

/* The operator of the corpus; free with desk_tables_free(). */
void corpus_tables(desk_tables *out);
/* What it holds: the handle, two days, the account's id, devices and keys. */
extern const desk_holding *const corpus_holdings;
size_t corpus_holdings_count(void);

/* A demand that has no fault. NULL for papers that are refused as they are. */
json_t *corpus_clean(const desk_tables *t, const desk_instrument *i);

/* "officer.callback.on" becomes `value` (JSON; NULL: goes away). False if what
 * it is in is not there. */
bool corpus_set(json_t *request, const char *path, const char *value);

/* Reads and evaluates; fails if it cannot. */
void corpus_evaluate(const desk_tables *t, const json_t *request,
                     desk_findings *out);
/* Reads it first; false with why if it has not the form. */
bool corpus_try(const desk_tables *t, const json_t *request,
                const desk_earlier *earlier, size_t n_earlier,
                desk_findings *out, desk_trouble *why);
const desk_finding *corpus_find(const desk_findings *f, const char *code);
desk_day corpus_day(const char *text);

#endif
