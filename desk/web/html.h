/* SPDX-License-Identifier: Apache-2.0
 * desk/web/html.h -- writing HTML: everything that came from outside goes
 * through html_text(), which no text can leave.
 */
#ifndef TACET_DESK_WEB_HTML_H
#define TACET_DESK_WEB_HTML_H

#include <jansson.h>
#include <stdio.h>

/* Markup of ours, as it is. */
void html_raw(FILE *out, const char *markup);
/* A text, for an element or an attribute in double quotes: <, >, &, quotes are
 * written as references, control characters as U+FFFD. */
void html_text(FILE *out, const char *text);
/* <name>text</name>; name is ours. */
void html_element(FILE *out, const char *name, const char *text);
/* A value out of JSON: texts and numbers as text; objects as description lists,
 * arrays as lists, to a depth of 32. Texts stand in <bdi>, so that letters
 * which turn the writing round turn nothing beyond them. */
void html_json(FILE *out, const json_t *value);

#endif
