/* SPDX-License-Identifier: Apache-2.0
 * witness/command.h -- the subcommands of tacet-witness.
 */
#ifndef WITNESS_COMMAND_H
#define WITNESS_COMMAND_H

#include "program/program.h"
#include "witness/store.h"

/* What every program of Tacet ends with. */
typedef enum wit_exit {
  WIT_DONE = PROGRAM_DONE,
  WIT_FAILED = PROGRAM_FAILED,
  WIT_USAGE = PROGRAM_USAGE
} wit_exit;

typedef enum wit_option {
  WIT_O_DATA,
  WIT_O_NAME,
  WIT_O_LISTEN,
  WIT_O_PLAIN,
  WIT_OPTIONS
} wit_option;
/* NULL: not given. */
static inline const char *wit_arg(const program_args *a, wit_option o) {
  return a->values[o];
}

/* Each says what is wrong by itself and gives an exit code. */
int wit_command_init(const program_args *a);
int wit_command_log(const program_args *a);
int wit_command_status(const program_args *a);
int wit_command_run(const program_args *a);

/* "tacet-witness: " and one sentence on stderr. */
__attribute__((format(printf, 1, 2))) void wit_say(const char *format, ...);
/* Host and port of HOST:PORT or [V6]:PORT, cut out of `listen`. */
bool wit_split(char *listen, char **host, char **port);
/* The verifier key, a newline. False if standard output cannot be written. */
bool wit_print_key(const wit_identity *i);
/* Flushes standard output: false, and a sentence, if it is full or closed. */
bool wit_printed(void);

#endif
