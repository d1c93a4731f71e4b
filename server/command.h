/* SPDX-License-Identifier: Apache-2.0
 * server/command.h -- the subcommands of tacetd and their arguments.
 */
#ifndef TACETD_COMMAND_H
#define TACETD_COMMAND_H

#include "server/ops/config.h"
#include "server/ops/doctor.h"

/* What every program of Tacet ends with. */
typedef enum tacetd_exit {
  TACETD_DONE = 0,
  TACETD_FAILED = 1,
  TACETD_USAGE = 2,
  TACETD_UNREACHABLE = 3,
  TACETD_REFUSED = 4,
  TACETD_KEYS = 5
} tacetd_exit;

#define TACETD_WORDS_MAX 4
#define TACETD_SET_MAX 32
typedef struct tacetd_args {
  const char *data;
  const char
      *words[TACETD_WORDS_MAX]; /* what is not an option, after the command */
  size_t n_words;
  bool json;
  bool clock_is_right;  /* doctor */
  const char *pin;      /* witness add; NULL: none given */
  const char *hash;     /* statement add; NULL: none given */
  const char *out;      /* statement prove: a file; NULL: standard output */
  int64_t uses;         /* of an invite */
  int64_t expires_days; /* of an invite */
  struct {
    const char *key, *value;
  } set[TACETD_SET_MAX]; /* keys of tacetd.conf, in order */
  size_t n_set;
} tacetd_args;

typedef struct tacetd_command {
  const char *name, *words, *help; /* words: "" or how usage writes them */
  size_t min_words, max_words;
  unsigned options; /* bits of tacetd_option */
  int (*run)(const tacetd_args *args);
} tacetd_command;

enum tacetd_option {
  TACETD_OPTION_KEYS = 1,      /* --KEY VALUE of tacetd.conf */
  TACETD_OPTION_OPEN = 2,      /* --open */
  TACETD_OPTION_JSON = 4,      /* --json */
  TACETD_OPTION_INVITE = 8,    /* --uses, --expires */
  TACETD_OPTION_CLOCK = 16,    /* --clock-is-right */
  TACETD_OPTION_PIN = 32,      /* --pin */
  TACETD_OPTION_STATEMENT = 64 /* --hash, --out */
};

/* Each prints its own errors and gives an exit code. */
int tacetd_command_init(const tacetd_args *args);
int tacetd_command_run(const tacetd_args *args);
int tacetd_command_invite(const tacetd_args *args);
int tacetd_command_account(const tacetd_args *args);
int tacetd_command_inventory(const tacetd_args *args);
int tacetd_command_doctor(const tacetd_args *args);
int tacetd_command_witness(const tacetd_args *args);
int tacetd_command_log(const tacetd_args *args);
int tacetd_command_statement(const tacetd_args *args);
int tacetd_command_notices(const tacetd_args *args);

/* "tacetd: " and one sentence on stderr. */
__attribute__((format(printf, 1, 2))) void tacetd_say(const char *format, ...);

/* YYYY-MM-DD; "never" for a day below 0. */
#define TACETD_DAY_MAX 16
void tacetd_day_write(int64_t day, char out[TACETD_DAY_MAX]);
/* The name of `name` or `name@domain`, folded; false if it is no handle here.
 */
bool tacetd_handle_read(const char *text, const char *domain, char *out,
                        size_t cap);
/* Says that there is none; REFUSED. */
int tacetd_no_account(const char *handle);
/* Makes an invite and prints its link: for whoever has it (name NULL), or for
 * the reset of a handle. An exit code. */
int tacetd_invite_print(const tacetd_args *args, const char *name);

/* A line of what doctor found. */
void tacetd_report(const char *what, tacetd_health health, const char *text);
/* Looks at the key log and asks its witnesses; reports by itself. False after a
 * FAIL. */
bool tacetd_doctor_log(const char *folder, const char *domain, int64_t now);

/* What every command ends with: writes what stdout still holds. Gives `code`,
 * or FAILED if it could not be written; says why, unless it was a pipe whose
 * reader has gone. */
int tacetd_finish(int code);

/* Parses what stands after the command's name. False after having said why. */
bool tacetd_args_parse(const tacetd_command *command, int n, char **words,
                       tacetd_args *out);
/* A number with s, m, h or d behind it (d if nothing is): seconds. */
bool tacetd_seconds_read(const char *text, int64_t *out);
/* Reads DIR/tacetd.conf, puts the options over it and finishes it. False after
 * having said why. */
bool tacetd_args_config(const tacetd_args *args, tacetd_config *out);

#endif
