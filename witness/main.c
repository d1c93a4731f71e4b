/* SPDX-License-Identifier: Apache-2.0
 * tacet-witness: vouches that a log shows everybody the same. This file finds
 * the command and its arguments. */
#include "witness/command.h"

#include "server/ops/process.h"
#include "tacet/crypto.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct command {
  const char *name, *words, *help;
  size_t min_words, max_words;
  const char *options; /* of those in take_option(), by spaces */
  int (*run)(const wit_args *a);
} command;

static const command commands[] = {
    {"init", "", "make a witness: its folder, its key, its certificate", 0, 0,
     "data name listen", wit_command_init},
    {"log", "add VKEY|remove ORIGIN", "say which logs it witnesses", 2, 2,
     "data", wit_command_log},
    {"status", "", "print its key, and what it has cosigned", 0, 0, "data",
     wit_command_status},
    {"run", "", "serve until SIGTERM", 0, 0, "data listen plain",
     wit_command_run},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

void wit_say(const char *format, ...) {
  va_list list;
  va_start(list, format);
  fputs("tacet-witness: ", stderr);
  (void)vfprintf(stderr, format, list);
  fputc('\n', stderr);
  va_end(list);
}

static int help(void) {
  printf(
      "tacet-witness cosigns the checkpoints of logs (c2sp.org/tlog-witness),"
      "\nand only those that continue what it has seen.\n\n"
      "usage: tacet-witness COMMAND --data DIR [OPTION]...\n\n");
  for (size_t i = 0; i < N_COMMANDS; i++) {
    printf("  %-7s %-24s %s\n", commands[i].name, commands[i].words,
           commands[i].help);
  }
  printf("\n  --data DIR          the witness's folder\n"
         "  --name NAME         init: what it is called, such as "
         "witness.example.org\n"
         "  --listen HOST:PORT  init, run: where it listens (127.0.0.1:8444)\n"
         "  --plain             run: without TLS, behind a proxy that has it\n"
         "\ntacet-witness(8) explains them.\n");
  return wit_printed() ? WIT_DONE : WIT_FAILED;
}

/* ---- arguments ---- */

static bool has_word(const char *list, const char *word) {
  size_t len = strlen(word);
  for (const char *p = list; (p = strstr(p, word)) != NULL; p += len) {
    if ((p == list || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0')) {
      return len > 0;
    }
  }
  return false;
}

static const char **slot(wit_args *a, const char *name) {
  return strcmp(name, "data") == 0     ? &a->data
         : strcmp(name, "name") == 0   ? &a->name
         : strcmp(name, "listen") == 0 ? &a->listen
                                       : NULL;
}

static bool take_option(const command *c, int n, char **words, int *i,
                        wit_args *a) {
  char *name = words[*i] + 2;
  if (!has_word(c->options, name)) {
    wit_say("--%.64s is not an option of `tacet-witness %s`; see "
            "`tacet-witness --help`",
            name, c->name);
    return false;
  }
  const char **value = slot(a, name);
  if (value == NULL) {
    a->plain = true;
    return true;
  }
  if (*i + 1 == n) {
    wit_say("--%s needs a value", name);
    return false;
  }
  *value = words[++*i];
  return true;
}

static bool parse(const command *c, int n, char **words, wit_args *out) {
  wit_args a = {.plain = false};
  for (int i = 0; i < n; i++) {
    if (strncmp(words[i], "--", 2) == 0) {
      if (!take_option(c, n, words, &i, &a)) {
        return false;
      }
    } else if (a.n_words == c->max_words) {
      wit_say("\"%.64s\" is one argument too many; see `tacet-witness --help`",
              words[i]);
      return false;
    } else {
      a.words[a.n_words++] = words[i];
    }
  }
  if (a.n_words < c->min_words) {
    wit_say("usage: tacet-witness %s %s --data DIR", c->name, c->words);
    return false;
  }
  if (a.data == NULL || *a.data == '\0') {
    wit_say("--data DIR is missing: the witness's folder, which "
            "`tacet-witness init` makes");
    return false;
  }
  *out = a;
  return true;
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
    return help();
  }
  if (strcmp(name, "--version") == 0) {
    printf("tacet-witness %s\n", WITNESS_VERSION);
    return wit_printed() ? WIT_DONE : WIT_FAILED;
  }
  for (size_t i = 0; i < N_COMMANDS; i++) {
    wit_args args;
    if (strcmp(commands[i].name, name) != 0) {
      continue;
    }
    if (argc > 2 && strcmp(argv[2], "--help") == 0) {
      return help();
    }
    if (!parse(&commands[i], argc - 2, argv + 2, &args)) {
      return WIT_USAGE;
    }
    (void)tacetd_process_start();
    if (tacet_crypto_init() != TACET_OK) {
      wit_say("the cryptographic libraries do not start; reinstall libsodium "
              "and OpenSSL");
      return WIT_FAILED;
    }
    return commands[i].run(&args);
  }
  wit_say("say what to do: tacet-witness init, log, status or run; see "
          "`tacet-witness --help`");
  return WIT_USAGE;
}
