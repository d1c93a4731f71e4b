/* SPDX-License-Identifier: Apache-2.0
 * desk/intake.h -- what the desk notes of a demand when it comes in: the row of
 * a case (desk/store/store.h), its deadlines, and the original document.
 */
#ifndef TACET_DESK_INTAKE_H
#define TACET_DESK_INTAKE_H

#include "desk/command.h"
#include "desk/rules/tables.h"

#define DESK_DOCUMENT_MAX (1ULL << 30) /* of an original */
#define DESK_IMPORT_MAX (256ULL << 20) /* of a file of closed cases */
#define DESK_ACCOUNTS_MAX 1000000000   /* that a line may claim */

/* Reads the operator's tables: of --rules FILE, else rules.json in the desk's
 * folder, else the program's own alone. */
TACET_MUST_CHECK tacet_err desk_intake_tables(const desk_args *a,
                                              desk_trouble *why,
                                              desk_tables *out);

/* The row of a new case, a new reference. `due` is the earlier of what the
 * paper says and what the instrument's law says; `kept_until` is set where the
 * instrument preserves. ENCODING where it came in the future. */
TACET_MUST_CHECK tacet_err desk_intake_row(const desk_request *demand,
                                           const desk_tables *tables,
                                           int64_t now, const char *filed_by,
                                           desk_trouble *why, json_t **row);
/* One line of `case import`: received, kind, instrument, authority, accounts,
 * with_data, outcome; also country, preservation, gagged, notified,
 * new_service. Any other name is refused. A new reference. */
TACET_MUST_CHECK tacet_err desk_intake_line(tacet_span line, desk_day today,
                                            desk_trouble *why, json_t **row);
/* Copies an original into the folder of documents, under its SHA-256. */
TACET_MUST_CHECK tacet_err desk_intake_document(desk_store *s, const char *path,
                                                desk_trouble *why,
                                                char hash[65]);

#endif
