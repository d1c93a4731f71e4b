/* SPDX-License-Identifier: Apache-2.0
 * JSON lines, for the files that build them. */
#ifndef TACET_CLI_JSON_H
#define TACET_CLI_JSON_H

#include <jansson.h>

/* One line, members in the order in which they were set; frees o. NULL (no
 * memory) prints nothing. */
void cli_print_json(json_t *o);
struct client_keylog_state;
/* An object of it; NULL: no memory. */
json_t *cli_keylog_json(const struct client_keylog_state *s);

#endif
