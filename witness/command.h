/* SPDX-License-Identifier: Apache-2.0
 * witness/command.h -- the subcommands of tacet-witness.
 */
#ifndef WITNESS_COMMAND_H
#define WITNESS_COMMAND_H

#include "witness/store.h"

/* What every program of Tacet ends with. */
typedef enum wit_exit { WIT_DONE = 0, WIT_FAILED = 1, WIT_USAGE = 2 } wit_exit;

typedef struct wit_args {
  const char *data, *name, *listen; /* NULL: not given */
  bool plain;
  const char *words[2];
  size_t n_words;
} wit_args;

/* Each says what is wrong by itself and gives an exit code. */
int wit_command_init(const wit_args *a);
int wit_command_log(const wit_args *a);
int wit_command_status(const wit_args *a);
int wit_command_run(const wit_args *a);

/* "tacet-witness: " and one sentence on stderr. */
__attribute__((format(printf, 1, 2))) void wit_say(const char *format, ...);
/* Host and port of HOST:PORT or [V6]:PORT, cut out of `listen`. */
bool wit_split(char *listen, char **host, char **port);
/* The verifier key, a newline. False if standard output cannot be written. */
bool wit_print_key(const wit_identity *i);
/* Flushes standard output: false, and a sentence, if it is full or closed. */
bool wit_printed(void);

#endif
