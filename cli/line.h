/* SPDX-License-Identifier: Apache-2.0
 * cli/line.h -- the line that is being typed.
 *
 * Bytes go in as a terminal sends them: text, keys as escape sequences, pastes
 * between their marks. What comes out is the text, and the bytes that show it
 * in one row of a terminal, however narrow, with the cursor in its place. No
 * terminal is touched here, so all of it can be tested.
 *
 * A line may have line breaks in it: a paste of many lines is one message. They
 * are shown as one sign. Widths are those of wcwidth(), so the program's
 * LC_CTYPE has to be one of UTF-8.
 */
#ifndef TACET_CLI_LINE_H
#define TACET_CLI_LINE_H

#include <stdio.h>

#include "tacet/base.h"

typedef struct cli_line {
  char *text; /* UTF-8, no NUL behind it; NULL until something was typed */
  size_t len, cap;
  size_t max;    /* bytes that it may have */
  size_t cursor; /* in bytes, between two characters */
  bool full;     /* something did not fit since the line was empty */
  bool pasting;
  unsigned char part[4]; /* of a character that has not come whole */
  size_t n_part;
  char keys[16]; /* of an escape sequence that has not come whole */
  size_t n_keys;
} cli_line;

typedef enum cli_line_event {
  CLI_LINE_MORE,  /* nothing but what drawing shows */
  CLI_LINE_ENTER, /* the line is ready; cli_line_clear() begins the next */
  CLI_LINE_END,   /* Ctrl-D on an empty line */
  CLI_LINE_REDRAW /* Ctrl-L: whoever owns the screen clears it */
} cli_line_event;

/* Takes one byte. What is no text and no key is left out. */
cli_line_event cli_line_feed(cli_line *l, unsigned char byte);
/* Wipes and empties it; a paste that is under way goes on. */
void cli_line_clear(cli_line *l);
void cli_line_free(cli_line *l);
/* Puts text that was taken out back in, the cursor behind it. */
void cli_line_set(cli_line *l, const char *text);

/* Shows prompt and line in the row where the cursor is, of a terminal with that
 * many columns; takes columns - 1 of them, so that nothing wraps. What does not
 * fit is cut off where the cursor is not. */
void cli_line_draw(const cli_line *l, const char *prompt, size_t columns,
                   FILE *out);

#endif
