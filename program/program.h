/* SPDX-License-Identifier: Apache-2.0
 * program/program.h -- what the small programs have in common: a table of
 * commands and one of options, and what is said about a line that does not fit
 * them. docs/man says what each of them means.
 *
 * A line is PROGRAM COMMAND [WORD|OPTION]...; an option is --name, --name value
 * or --name=value, wherever it stands, and all after "--" are words.
 */
#ifndef PROGRAM_PROGRAM_H
#define PROGRAM_PROGRAM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every program of Tacet ends with; some have more. */
enum { PROGRAM_DONE = 0, PROGRAM_FAILED = 1, PROGRAM_USAGE = 2 };

#define PROGRAM_WORDS_MAX 4
#define PROGRAM_OPTIONS_MAX 16

typedef struct program_option {
  const char *name;     /* without the "--" */
  const char *argument; /* what --help calls its value; "": it has none */
  const char *help;
} program_option;

typedef struct program_args {
  const char *words[PROGRAM_WORDS_MAX];
  size_t n_words;
  /* In the order of the program's options. NULL: not given; "": a flag. */
  const char *values[PROGRAM_OPTIONS_MAX];
} program_args;

typedef struct program_command {
  const char *name, *words, *help;
  size_t min_words, max_words; /* at most PROGRAM_WORDS_MAX */
  uint32_t takes;              /* PROGRAM_TAKES(index) of each option */
  uint32_t needs;              /* of which these have to be there */
  int (*run)(const program_args *args); /* what the program ends with */
} program_command;
#define PROGRAM_TAKES(option) ((uint32_t)1 << (option))

typedef struct program {
  const char *name, *version;
  const char *about; /* --help begins with it, */
  const char *more;  /* and ends with it */
  const program_option *options;
  size_t n_options; /* at most PROGRAM_OPTIONS_MAX */
  const program_command *commands;
  size_t n_commands;
  bool (*start)(void); /* before a command runs; says what is wrong */
} program;

/* All of main(). */
int program_main(const program *p, int argc, char **argv);

/* What stands after the command's name. False, and a sentence, if it does not
 * fit. Points into `words`. */
bool program_args_parse(const program *p, const program_command *c, int n,
                        char **words, program_args *out);

/* "NAME: ", one sentence and a newline on stderr. */
__attribute__((format(printf, 2, 0))) void
program_say(const char *name, const char *format, va_list list);
/* Flushes standard output: false, and a sentence, if it is full or closed. A
 * pipe whose reader has gone needs no sentence. */
bool program_printed(const char *name);

#endif
