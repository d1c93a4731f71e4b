/* SPDX-License-Identifier: Apache-2.0
 * desk/paper.h -- a demand as a form of lines "Name: value", for people who do
 * not write JSON (docs/protocol/desk-request.md has its lines).
 */
#ifndef TACET_DESK_PAPER_H
#define TACET_DESK_PAPER_H

#include "desk/command.h"

/* The empty form, with what each line is about. Writes to stdout or a new file
 * ("-", a path): as desk_file_write(). */
TACET_MUST_CHECK tacet_err desk_paper_write(const char *path,
                                            desk_trouble *why);

/* A filled form as the JSON text that desk_request_read() takes; free with
 * free(). Empty lines are what the paper does not have. ENCODING with the line
 * and what is wrong there; values are judged by desk_request_read() alone. */
TACET_MUST_CHECK tacet_err desk_paper_read(tacet_span text, desk_trouble *why,
                                           char **json);

#endif
