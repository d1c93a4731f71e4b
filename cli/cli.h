/* SPDX-License-Identifier: Apache-2.0
 * cli/cli.h -- what the commands of tacet(1) share.
 *
 * A command is a row of a table (cli/commands.c): its words, what may follow
 * them, and a function that gets the parsed arguments and gives the exit code.
 * Help and usage errors come from the same row. What people read goes to
 * stdout, one diagnostic sentence to stderr.
 */
#ifndef TACET_CLI_CLI_H
#define TACET_CLI_CLI_H

#include <stdio.h>

#include "client/client.h"

/* ---- the command table ---- */

typedef struct cli_option {
  const char *name;  /* "--attach" */
  const char *value; /* "FILE"; NULL for a flag */
  const char *help;
} cli_option;

#define CLI_ARGS_MAX 1100 /* words of one command line: a group of 1,024 */

typedef struct cli_args {
  const char *words[CLI_ARGS_MAX]; /* what is no option, after the command */
  size_t n_words;
  const char *option_names[64];
  const char *option_values[64];
  size_t n_options;
} cli_args;

typedef struct cli_command {
  const char *name;  /* "group add" */
  const char *usage; /* "G HANDLE…", what follows the name */
  const char *help;  /* one line */
  size_t min_words, max_words;
  /* One of the two. run opens the home itself, once its arguments make sense;
   * for at_home that is done, and undone, around it. */
  int (*run)(const cli_args *a);
  int (*at_home)(client *c, const cli_args *a);
  cli_option options[8]; /* besides the common ones; ends with a NULL name */
} cli_command;

extern const cli_command cli_commands[]; /* ends with a NULL name */

/* True if the flag was given; the value of its n-th occurrence, or NULL. */
bool cli_flag(const cli_args *a, const char *name);
const char *cli_value(const cli_args *a, const char *name, size_t nth);

/* Parses argv after the program's name and runs what it says. */
int cli_main(int argc, char **argv);

/* One sentence on stderr, "tacet: …"; gives `code`. */
int cli_fail(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for what the library says. */
int cli_fail_with(const client_error *err);

/* ---- the home ---- */

/* The home that options and environment name; never NULL. */
const char *cli_home(const cli_args *a);
/* Opens it, asking for the passphrase where that is needed. On failure says why
 * and puts the exit code into *code. From then on SIGINT and SIGTERM interrupt
 * the client, and progress shows on a terminal. */
client *cli_open(const cli_args *a, int *code);
/* For register: opens a half-done home or creates one. */
client *cli_create(const cli_args *a, int *code);
/* The passphrase of a backup: of --backup-passphrase-file, the environment, or
 * asked for, twice if `repeat`. 0, or an exit code after saying why. */
int cli_backup_passphrase(const cli_args *a, bool repeat, char *out,
                          size_t cap);
/* Takes a progress line off the terminal, before something else is printed. */
void cli_progress_clear(void);
/* True after SIGINT or SIGTERM. */
bool cli_interrupted(void);

/* ---- arguments ---- */

/* "90", "15s", "5m", "2h", "1d", "1w" in milliseconds; false if it is not one.
 * A bare number is seconds. */
bool cli_duration(const char *text, uint64_t *ms);
/* All of stdin as UTF-8 text without its last line break. On failure says why
 * and returns NULL (exit code 2). Free the result. */
char *cli_read_text(void);
bool cli_is_utf8(const char *text, size_t len);
/* The code point at text (of `left` bytes, more than 0) and its length; 0 if it
 * is not the shortest form of a scalar value. */
size_t cli_utf8_next(const char *text, size_t left, uint32_t *cp);
/* Asks on the terminal; false if there is none. The answer (at most cap-1
 * bytes) has no line break; without echo if `hidden`. */
bool cli_ask(const char *question, bool hidden, char *answer, size_t cap);

/* The 24 words: of --words-file, typed unseen on a terminal, or all of stdin.
 * 0, or an exit code after saying why. Wipe them. */
int cli_read_words(const cli_args *a, char *words, size_t cap);

/* ---- output ---- */

/* False for control characters, which move the cursor or ring, and for the
 * bidirectional marks, which reorder a line so that it reads as another. Line
 * breaks and tabs are harmless. */
bool cli_is_harmless(uint32_t cp);
/* Text of others on a terminal: control characters and the marks that reorder
 * lines are shown as "?", so that nobody's message can forge another. */
void cli_put_text(FILE *f, const char *text);
/* The same for a text of several lines: those after the first stand further in
 * than anything that this program says itself. */
void cli_put_lines(FILE *f, const char *text);
/* RFC 3339, UTC, into text[32]. */
const char *cli_time(uint64_t ms, char text[32]);
/* The same for people: local time without seconds. */
const char *cli_time_short(uint64_t ms, char text[32]);
void cli_put_message(const client_message *m);
/* One of `history`. */
void cli_put_past_message(const client_message *m);
void cli_put_event(const client_event *e);
void cli_put_message_json(const client_message *m);
void cli_put_event_json(const client_event *e);
/* One line on stderr: the server cannot be reached any more, or can again. */
void cli_put_link(bool up);
/* Flushes stdout; false if it could not be written. Says so the first time,
 * unless it is a pipe whose reader has gone. */
bool cli_flush(void);

/* QR code of text: on a terminal with half blocks, or as an SVG file. False if
 * it could not be made or written. */
bool cli_qr_terminal(const char *text);
bool cli_qr_svg(const char *text, const char *path);

/* What is known of the key log's head, in lines. */
void cli_put_keylog(const client_keylog_state *s);
/* Whose notices are shown unasked: an id and a handle, or NULL. */
void cli_put_notices(const char *account, const char *handle);

/* "unchecked", "transparent", "verified", "changed". */
const char *cli_trust_word(client_trust t);
/* Prints the same and, after a reset, until when to wait. */
void cli_put_trust(client_trust t, uint64_t reset_until);

/* ---- for register and link ---- */

#define CLI_DEVICE_NAME_MAX 65 /* HOST_NAME_MAX and a NUL */
/* What --device says, else what this machine is called; NULL if nothing. No one
 * but the owner sees it. */
const char *cli_device_name(const cli_args *a, char host[CLI_DEVICE_NAME_MAX]);
/* With --no-passphrase: what that means. */
void cli_warn_open(const cli_args *a);

/* ---- commands, one file a subject ---- */
int cli_register(const cli_args *a);
int cli_recovery_show(client *c, const cli_args *a);
int cli_recovery_check(client *c, const cli_args *a);
int cli_recovery_veto(client *c, const cli_args *a);
int cli_recover(const cli_args *a);
int cli_export(client *c, const cli_args *a);
int cli_import(client *c, const cli_args *a);
int cli_status(client *c, const cli_args *a);
int cli_link(const cli_args *a);
int cli_devices(client *c, const cli_args *a);
int cli_devices_approve(client *c, const cli_args *a);
int cli_devices_remove(client *c, const cli_args *a);
int cli_delete_account(client *c, const cli_args *a);
int cli_send(const cli_args *a);
int cli_receive(const cli_args *a);
int cli_chat(const cli_args *a);
int cli_history(const cli_args *a);
int cli_group_create(client *c, const cli_args *a);
int cli_group_add(client *c, const cli_args *a);
int cli_group_remove(client *c, const cli_args *a);
int cli_group_leave(client *c, const cli_args *a);
int cli_group_rename(client *c, const cli_args *a);
int cli_group_list(client *c, const cli_args *a);
int cli_group_show(client *c, const cli_args *a);
int cli_requests(client *c, const cli_args *a);
int cli_accept(client *c, const cli_args *a);
int cli_refuse(client *c, const cli_args *a);
int cli_contacts(client *c, const cli_args *a);
int cli_block(client *c, const cli_args *a);
int cli_unblock(client *c, const cli_args *a);
int cli_code(client *c, const cli_args *a);
int cli_verify(client *c, const cli_args *a);
int cli_log(client *c, const cli_args *a);
int cli_gossip(client *c, const cli_args *a);
int cli_trust_show(client *c, const cli_args *a);
int cli_trust_accept(client *c, const cli_args *a);

#endif
