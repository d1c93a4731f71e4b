/* SPDX-License-Identifier: Apache-2.0
 * cli/screen.h -- a terminal that what is typed and what comes share.
 *
 * The row that is being typed stays at the bottom; what comes is printed above
 * it. A thread of its own reads the keys, so that typing shows at once however
 * long a call to the server takes. It also follows the window's size, and gives
 * the terminal back while the program is stopped with Ctrl-Z.
 *
 * Everything else is for the one thread that called cli_screen_start().
 */
#ifndef TACET_CLI_SCREEN_H
#define TACET_CLI_SCREEN_H

#include "tacet/base.h"

typedef struct cli_screen cli_screen;

/* NULL where stdin and stdout are no terminal that can be written to anywhere,
 * or something failed: then lines are read as they come. Lines have at most
 * `max` bytes. */
cli_screen *cli_screen_start(size_t max);
/* Gives the terminal back. The number of lines that were typed and not taken.
 * NULL is fine. */
size_t cli_screen_stop(cli_screen *s);

/* Readable while something is there to be taken. */
int cli_screen_fd(const cli_screen *s);

typedef enum cli_typed {
  CLI_TYPED_NOTHING,
  CLI_TYPED_LINE,
  CLI_TYPED_TOO_LONG, /* a line that did not fit; it is dropped */
  CLI_TYPED_END       /* Ctrl-D, or the terminal went away */
} cli_typed;
/* The next line, to be wiped and freed; it may have line breaks in it. */
cli_typed cli_screen_take(cli_screen *s, char **line);
/* Puts text back that could not be used, unless something else is being typed
 * there by now: then false. */
bool cli_screen_return(cli_screen *s, const char *text);

/* What is written to stdout or stderr between the two, in whole lines, stands
 * above the row that is being typed. Nothing else of the screen is called in
 * between. NULL is fine: then they do nothing. */
void cli_screen_open(cli_screen *s);
void cli_screen_close(cli_screen *s);
/* What stands before the typed text, ASCII; "> " if NULL. */
void cli_screen_prompt(cli_screen *s, const char *prompt);

#endif
