/* SPDX-License-Identifier: Apache-2.0
 * desk/command.h -- the commands of tacet-desk: their arguments, and what all
 * of them need: the open desk, who acts, files of JSON, the exit code.
 *
 * A command is a row of the table in desk/main.c and a function in a file
 * desk/cmd_SUBJECT.c. Time comes from desk_store_now() alone; tests move it
 * with tests/support/skew.c, and no option does.
 */
#ifndef TACET_DESK_COMMAND_H
#define TACET_DESK_COMMAND_H

#include "desk/store/store.h"
#include "desk/token/token.h"

#include <stdio.h>

/* What every program of Tacet ends with. */
typedef enum desk_exit {
  DESK_EXIT_DONE = 0,
  DESK_EXIT_FAILED = 1,
  DESK_EXIT_USAGE = 2,
  DESK_EXIT_UNREACHABLE = 3,
  DESK_EXIT_REFUSED = 4,
  DESK_EXIT_KEYS = 5
} desk_exit;

/* ---- arguments ---- */

/* Every option of the program: X(ID, name, argument, what). An option without
 * an argument is a flag. A name means the same wherever it is taken. */
#define DESK_OPTION_MAP(X)                                                     \
  X(DATA, "data", "DIR", "the desk's folder")                                  \
  X(SERVER, "server", "DIR", "the folder of tacetd, which is only ever read")  \
  X(NOTICES_HOME, "notices-home", "DIR",                                       \
    "home of the `tacet` account that tells users")                            \
  X(KEY, "key", "FILE", "the key of the officer who acts")                     \
  X(BY, "by", "FILE", "the key of an administrator of the desk")               \
  X(PASSPHRASE_FILE, "passphrase-file", "FILE",                                \
    "where the key's passphrase stands (else TACET_DESK_PASSPHRASE, or it is " \
    "asked for)")                                                              \
  X(TOKEN, "token", "", "on a FIDO2 token; FILE says which key it is")         \
  X(NO_PIN, "no-pin", "", "a touch of the token is enough, without its PIN")   \
  X(DEVICE, "device", "PATH",                                                  \
    "the token, if several are plugged in: /dev/hidraw0")                      \
  X(NO_PASSPHRASE, "no-passphrase", "", "leave the key unwrapped")             \
  X(ROLE, "role", "ROLE", "officer, approver, auditor or administrator")       \
  X(CLEARED, "cleared", "", "may see cases of national security")              \
  X(FILE, "file", "FILE", "the demand, as JSON")                               \
  X(FORM_FILE, "from-form", "FILE",                                            \
    "the demand, as a form that `case form` wrote and somebody filled")        \
  X(MAIL, "mail", "FILE",                                                      \
    "the demand, as the attachment of a mail, which is kept whole")            \
  X(ROOTS, "roots", "FILE",                                                    \
    "certificates (PEM) of those who vouch for signatures of mails")           \
  X(RECEIVED, "received", "DAY", "the day on which the mail came (today)")     \
  X(DOCUMENT, "document", "FILE", "the original, which is kept and hashed")    \
  X(REASON, "reason", "TEXT", "why, in words for the log")                     \
  X(PARAGRAPH, "paragraph", "TEXT",                                            \
    "what the letter says besides the findings, in your words")                \
  X(DESPITE, "despite", "CODES",                                               \
    "findings that block and are passed over, for the reason given")           \
  X(OUT, "out", "FILE", "where to write it")                                   \
  X(FROM, "from", "DAY", "the first day, as 2013-06-16")                       \
  X(TO, "to", "DAY", "the last day")                                           \
  X(FORM, "form", "FORM", "2013, a1, a2, a3, a4, dsa, github or lifted")       \
  X(FORMAT, "format", "FORMAT", "text, json, csv or html")                     \
  X(DUE, "due", "", "only those that wait, the earliest first")                \
  X(WITHIN, "within", "DAYS", "what is near: so many days ahead (3)")          \
  X(TELL, "tell", "HANDLE",                                                    \
    "whom to tell, through Tacet, that something is near or missed")           \
  X(UNTIL, "until", "DAY", "the day on which it ends")                         \
  X(BASIS, "basis", "TEXT", "the legal basis, in words")                       \
  X(JSON, "json", "", "for programs: one object a line")                       \
  X(RULES, "rules", "FILE", "more instruments and authorities")                \
  X(OPERATOR, "operator", "NAME", "in whose name letters are written")         \
  X(RECIPIENT, "recipient", "KEY", "the age key of the officer who gets it")   \
  X(COMMITMENTS, "commitments", "FILE",                                        \
    "days with their hashes, as `log commit` printed them")                    \
  X(POLICY, "policy", "FILE",                                                  \
    "by which witnesses are judged (else that of the server's folder)")        \
  X(OTHERS, "others", "FILE",                                                  \
    "hashes of all else that the operator said in the key log")                \
  X(OFFICERS, "officers", "FILE",                                              \
    "keys of officers, as `officer list` prints them")                         \
  X(PRESERVED, "preserved", "CASE",                                            \
    "plan on the copy that this case preserved, not on the server")            \
  X(IDENTITY, "identity", "FILE", "the age key that opens a sealed bundle")    \
  X(LISTEN, "listen", "ADDRESS",                                               \
    "where it listens (127.0.0.1:8480), or unix:/PATH")                        \
  X(HOME, "home", "COUNTRY",                                                   \
    "whose own demands cross no border: two letters, US by itself")            \
  X(TABLE, "table", "NAME", "one table of a CSV alone")                        \
  X(CLOCK, "clock-is-right", "",                                               \
    "the clock is far ahead of the log's newest event, and right")

typedef enum desk_option {
#define X(id, name, argument, what) DESK_O_##id,
  DESK_OPTION_MAP(X)
#undef X
      DESK_OPTIONS
} desk_option;
#define DESK_TAKES(id) ((uint64_t)1 << DESK_O_##id)

#define DESK_WORDS_MAX 4
typedef struct desk_args {
  const char *words[DESK_WORDS_MAX]; /* what is no option, after the name */
  size_t n_words;
  const char *options[DESK_OPTIONS]; /* NULL: not given; a flag: "" */
  const desk_ports *ports;           /* where tokens are found */
} desk_args;
static inline const char *desk_arg(const desk_args *a, desk_option o) {
  return a->options[o];
}
static inline bool desk_flag(const desk_args *a, desk_option o) {
  return a->options[o] != NULL;
}

typedef struct desk_command {
  const char *name;  /* "case new": one word or two */
  const char *words; /* as usage writes them */
  const char *help;
  size_t min_words, max_words;
  uint64_t takes; /* DESK_TAKES(...); --data is always taken... */
  uint64_t needs; /* of which these have to be there */
  int (*run)(const desk_args *args);
} desk_command;
#define DESK_WITHOUT_DATA ((uint64_t)1 << 63) /* in `takes`: ...unless this */

/* Parses what stands after the command's name. False after having said why. */
bool desk_args_parse(const desk_command *c, int n, char **words,
                     desk_args *out);

/* ---- speaking ---- */

/* "tacet-desk: " and one sentence on stderr. */
__attribute__((format(printf, 1, 2))) void desk_say(const char *format, ...);
/* Says the sentence; gives the exit code of the error: 4 for POLICY and EXISTS,
 * 5 for AUTH and FORK, 0 for OK, else 1. */
int desk_end(tacet_err e, const desk_trouble *why);
/* One JSON object as a line of stdout; frees the reference. */
void desk_print(json_t *value);
/* A text that came from outside, for a terminal: control characters, and what
 * turns writing round, become '?'. Into out, cut to fit. */
const char *desk_plain(const char *text, char *out, size_t cap);

/* ---- the desk ---- */

/* Opens --data. NULL after having said why; *code has the exit code. Close with
 * desk_store_close(). */
desk_store *desk_open(const desk_args *a, int *code);

/* Who acts. Without --key: somebody at this machine, "uid:1000", who signs
 * nothing and sees no case of national security. */
typedef struct desk_who {
  char actor[DESK_NAME_MAX + 1];
  desk_key key;          /* with --key; on a token: by `reader` */
  const desk_key *signs; /* &key, or NULL */
  desk_officer officer;  /* with --key */
  desk_reader reader;
  desk_touch touch;
} desk_who; /* stays where it is: the key points into it */
#define DESK_WHO(name)                                                         \
  TACET_CLEANUP(desk_who_wipe) desk_who name = {.signs = NULL}
void desk_who_wipe(desk_who *w);
/* `option`: KEY or BY. `must`: without the option it is an error. False after
 * having said why. */
bool desk_who_of(const desk_args *a, desk_store *s, desk_option option,
                 bool must, desk_who *out, int *code);
/* What an officer does to the case that the first word names: opens the desk,
 * asks for --key, loads the row. `act` must set a sentence where it fails.
 * Gives what the command ends with. */
int desk_on_case(const desk_args *a,
                 tacet_err (*act)(const desk_args *a, desk_store *s,
                                  const desk_who *who, const json_t *row,
                                  desk_trouble *why));
/* May this one see the case? POLICY and a sentence. */
TACET_MUST_CHECK tacet_err desk_may_see(const desk_who *w, const json_t *row,
                                        desk_trouble *why);
/* Asks for a passphrase as desk_passphrase wants it; user: the desk_args. */
bool desk_ask_passphrase(void *user, char *out, size_t cap);
/* A token, by --device, that asks and speaks at the terminal. */
desk_reader desk_reader_of(const desk_args *a);

/* ---- files ---- */

/* A whole file of at most `max` bytes. */
TACET_MUST_CHECK tacet_err desk_file_read(const char *path, size_t max,
                                          desk_trouble *why, tacet_bytes *out);
/* A new file for its owner alone, durable; "-" is stdout. EXISTS. */
TACET_MUST_CHECK tacet_err desk_file_write(const char *path, tacet_span bytes,
                                           desk_trouble *why);
/* One JSON object: strict UTF-8, no name twice, no reals, nothing behind it,
 * at most 32 levels deep. ENCODING and where. */
TACET_MUST_CHECK tacet_err desk_json_read(tacet_span text, desk_trouble *why,
                                          json_t **out);

/* ---- the program ---- */

/* All of it: gives what the process ends with. */
int desk_main(int argc, char **argv, const desk_ports *ports);

/* ---- the commands ---- */

int desk_cmd_init(const desk_args *a);
int desk_cmd_settings(const desk_args *a);
int desk_cmd_key_new(const desk_args *a);
int desk_cmd_officer_add(const desk_args *a);
int desk_cmd_officer_remove(const desk_args *a);
int desk_cmd_officer_list(const desk_args *a);
int desk_cmd_case_new(const desk_args *a);
int desk_cmd_case_form(const desk_args *a);
int desk_cmd_case_complete(const desk_args *a);
int desk_cmd_case_review(const desk_args *a);
int desk_cmd_due(const desk_args *a);
int desk_cmd_case_import(const desk_args *a);
int desk_cmd_case_list(const desk_args *a);
int desk_cmd_case_show(const desk_args *a);
int desk_cmd_case_authenticate(const desk_args *a);
int desk_cmd_case_withdraw(const desk_args *a);
int desk_cmd_case_close(const desk_args *a);
int desk_cmd_case_purge(const desk_args *a);
int desk_cmd_case_lift(const desk_args *a);
int desk_cmd_decide(const desk_args *a);
int desk_cmd_notices(const desk_args *a);
int desk_cmd_notices_told(const desk_args *a);
int desk_cmd_notices_delay(const desk_args *a);
int desk_cmd_notices_run(const desk_args *a);
int desk_cmd_preservation(const desk_args *a);
int desk_cmd_preservation_run(const desk_args *a);
int desk_cmd_preservation_extend(const desk_args *a);
int desk_cmd_plan(const desk_args *a);
int desk_cmd_sign(const desk_args *a);
int desk_cmd_run(const desk_args *a);
int desk_cmd_verify(const desk_args *a);
int desk_cmd_evaluate(const desk_args *a);
int desk_cmd_letter(const desk_args *a);
int desk_cmd_tables(const desk_args *a);
int desk_cmd_log_show(const desk_args *a);
int desk_cmd_log_verify(const desk_args *a);
int desk_cmd_log_commit(const desk_args *a);
int desk_cmd_log_prove(const desk_args *a);
int desk_cmd_log_check(const desk_args *a);
int desk_cmd_report(const desk_args *a);
int desk_cmd_publish(const desk_args *a);
int desk_cmd_published_list(const desk_args *a);
int desk_cmd_published_show(const desk_args *a);
int desk_cmd_published_sign(const desk_args *a);
int desk_cmd_published_check(const desk_args *a);
int desk_cmd_page(const desk_args *a);
int desk_cmd_serve(const desk_args *a);
int desk_cmd_sign_in(const desk_args *a);
int desk_cmd_passkey_add(const desk_args *a);
int desk_cmd_passkey_remove(const desk_args *a);
int desk_cmd_passkey_list(const desk_args *a);

#endif
