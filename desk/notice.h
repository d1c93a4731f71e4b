/* SPDX-License-Identifier: Apache-2.0
 * desk/notice.h -- telling the person whom a demand is about.
 *
 * It is the default, and comes before anything is handed over. A delay needs a
 * legal basis and a last day, and the notice fires by itself on the day after.
 * The row of a case has it as the member `notice`:
 *
 *   {"state": "owed" | "delayed" | "sending" | "queued" | "sent" | "none",
 *    "until": day or null, "basis": why it waits or is none, or "",
 *    "reference": "n-0123456789abcdef", "endless": true where it is so}
 *
 * "endless": a national-security order forbids it and names no day. Such a
 * notice does not fire; on the day `until` an officer sees whether the order
 * still stands (`due` says so), and either `notices delay` names another day or
 * two lift it (`case lift`).
 *
 * "sending": it was begun, and some may have it. "queued": the server does not
 * have all of it yet, the account's outbox does.
 */
#ifndef TACET_DESK_NOTICE_H
#define TACET_DESK_NOTICE_H

#include "desk/command.h"
#include "desk/rules/tables.h"

/* By what it is counted as, or by the instrument's own word. */
bool desk_is_emergency(const desk_request *demand, const desk_tables *tables);
/* What follows from the paper when the demand is accepted or narrowed: a new
 * reference. After an emergency the person is told too, but not while it lasts:
 * a notice could bring about what is to be averted. */
TACET_MUST_CHECK tacet_err desk_notice_new(const desk_request *demand,
                                           const desk_tables *tables,
                                           desk_day today, json_t **notice);
/* It is to be sent today. */
bool desk_notice_is_due(const json_t *row, desk_day today);
/* The person was told, or nobody has to be told (yet): something may be handed
 * over. POLICY and a sentence where the notice is owed and was not sent. A desk
 * without an account for notices tells people in another way, and is let pass.
 */
TACET_MUST_CHECK tacet_err desk_notice_gate(const desk_store *s,
                                            const json_t *row,
                                            desk_trouble *why);
/* The message; `was_secret`: a duty of secrecy has ended. NULL: no memory.
 * Freed with free(). */
char *desk_notice_text(const desk_request *demand, const desk_tables *tables,
                       const char *reference, bool was_secret);

#endif
