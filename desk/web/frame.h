/* SPDX-License-Identifier: Apache-2.0
 * desk/web/frame.h -- what is around every page. Within the module only.
 */
#ifndef TACET_DESK_WEB_FRAME_H
#define TACET_DESK_WEB_FRAME_H

#include "desk/web/html.h"
#include "desk/web/pages.h"

#include <string.h>
#include <time.h>

/* Up to the heading. who NULL: nobody is signed in. path: of the page in the
 * list of ways, or NULL. */
void web_begin(FILE *out, const desk_officer *who, const char *path,
               const char *title);
void web_end(FILE *out);
/* A table that scrolls by itself; `columns` end with NULL. */
void web_table_begin(FILE *out, const char *caption,
                     const char *const *columns);
void web_table_end(FILE *out);
/* Seconds since 1970, as UTC. */
void web_time(FILE *out, int64_t t);
/* The first cells of a row about an event: when, who, signed, what. */
void web_event_begin(FILE *out, const desk_event *e);

#endif
