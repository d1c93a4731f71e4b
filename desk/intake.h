/* SPDX-License-Identifier: Apache-2.0
 * desk/intake.h -- what the desk notes of a demand when it comes in: the row of
 * a case (desk/store/store.h), and the original document.
 */
#ifndef TACET_DESK_INTAKE_H
#define TACET_DESK_INTAKE_H

#include "desk/command.h"

#define DESK_DEMAND_MAX (1024 * 1024)  /* bytes of a demand as JSON */
#define DESK_DOCUMENT_MAX (1ULL << 30) /* of an original */
#define DESK_IMPORT_MAX (256ULL << 20) /* of a file of closed cases */
#define DESK_ACCOUNTS_MAX 1000000000   /* that a line may claim */

/* The row of a new case, from the demand as it was made: a new reference.
 * ENCODING where a member that is counted is no word or day. */
TACET_MUST_CHECK tacet_err desk_intake_row(const json_t *demand, desk_day today,
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
