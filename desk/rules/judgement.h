/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/judgement.h -- what an evaluation came to, for people and for
 * programs. */
#ifndef TACET_DESK_RULES_JUDGEMENT_H
#define TACET_DESK_RULES_JUDGEMENT_H

#include "desk/rules/narrow.h"

struct json_t;

/* For people: at most 79 columns; the proposal, each finding with its source
 * and whether that was held against the text of the law, each thing demanded
 * and what becomes of it. NOMEM; free with tacet_free(). */
TACET_MUST_CHECK tacet_err desk_judgement_text(const desk_findings *f,
                                               const desk_narrowing *n,
                                               char **out);
/* {"proposed","worst","findings":[{"number","code","severity","answer",
 * "automatic","where","paragraph","source","confirmed"}],"demands":[{"what",
 * "code","verdict","words"}],"accounts":[the same],"scope":null or
 * {"categories","handles","from","to"}}. With `brief` accounts and the scope's
 * handles are left out: what the log keeps. A new reference; NULL: no memory.
 */
struct json_t *desk_judgement_json(const desk_findings *f,
                                   const desk_narrowing *n, bool brief);

#endif
