/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/prose.h -- text that grows, and paragraphs of 79 columns. Within
 * the module only. */
#ifndef TACET_DESK_RULES_PROSE_H
#define TACET_DESK_RULES_PROSE_H

#include "tacet/base.h"

/* The first error stays. */
typedef struct rules_prose {
  char *p;
  size_t len, room;
  tacet_err e;
} rules_prose;

void rules_prose_add(rules_prose *t, const char *text, size_t len);
/* One line as it is. */
__attribute__((format(printf, 2, 3))) void
rules_prose_line(rules_prose *t, const char *format, ...);
/* A paragraph: the first line begins with `first`, the others with as many
 * spaces. White space within becomes one space or an end of line; words that no
 * line has room for are cut. */
void rules_prose_paragraph(rules_prose *t, const char *first, const char *text);
/* Columns of a terminal: two for wide letters of East Asia, none for marks. */
size_t rules_width(uint32_t point);

#endif
