/* SPDX-License-Identifier: Apache-2.0
 * tacet-audit: looks after a key log from outside. This file finds the command
 * and its arguments. */
#include "audit/command.h"

#include "tacet/crypto.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

typedef struct command {
  const char *name, *words, *help;
  size_t min_words, max_words;
  const char *more; /* an option that the others do not take, or "" */
  int (*run)(const aud_args *a);
} command;

static const command commands[] = {
    {"mirror", "URL DIR", "copy a log, and see that it goes on as it began", 2,
     2, "pin", aud_command_mirror},
    {"replay", "DIR", "compute a copied log again: tree, maps, checkpoint", 1,
     1, "", aud_command_replay},
    {"verify", "FILE", "check evidence against a log", 1, 1, "",
     aud_command_verify},
    {"statement", "FILE|--hash HEX PROOF|DIR",
     "see that a hash is in a log that its operator signed", 1, 2, "hash",
     aud_command_statement},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(void) {
  printf("tacet-audit looks after a key log from outside, with public keys "
         "alone.\n\nusage: tacet-audit COMMAND [OPTION]...\n\n");
  for (size_t i = 0; i < N_COMMANDS; i++) {
    printf("  %-9s %-25s  %s\n", commands[i].name, commands[i].words,
           commands[i].help);
  }
  printf("\n  --key VKEY     the log's verifier key, NAME+ID+BASE64\n"
         "  --policy FILE  or a trust policy that names the log and its "
         "witnesses\n"
         "  --pin HEX      mirror: the key of the server's certificate, where "
         "it is\n                 signed by itself\n"
         "  --hash HEX     statement: the SHA-256 instead of its file\n"
         "\nIt ends with 0 if all is well (verify: if the evidence stands), "
         "with 5 if not,\nwith 1 if it could not find out. tacet-audit(1) "
         "explains it.\n");
  return aud_printed() ? AUD_DONE : AUD_FAILED;
}

/* ---- arguments ---- */

static const char **slot(const command *c, aud_args *a, const char *name) {
  if (strcmp(name, "key") == 0) {
    return &a->key;
  }
  if (strcmp(name, "policy") == 0) {
    return &a->policy;
  }
  if (*name == '\0' || strcmp(name, c->more) != 0) {
    return NULL;
  }
  return strcmp(name, "pin") == 0 ? &a->pin : &a->hash;
}

static bool take_option(const command *c, int n, char **words, int *i,
                        aud_args *a) {
  const char **value = slot(c, a, words[*i] + 2);
  if (value == NULL) {
    aud_say("%.64s is not an option of `tacet-audit %s`; see "
            "`tacet-audit --help`",
            words[*i], c->name);
    return false;
  }
  if (*i + 1 == n) {
    aud_say("%s needs a value", words[*i]);
    return false;
  }
  *value = words[++*i];
  return true;
}

static bool parse(const command *c, int n, char **words, aud_args *out) {
  aud_args a = {.n_words = 0};
  for (int i = 0; i < n; i++) {
    if (strncmp(words[i], "--", 2) == 0) {
      if (!take_option(c, n, words, &i, &a)) {
        return false;
      }
    } else if (a.n_words == c->max_words) {
      aud_say("\"%.64s\" is one argument too many; see `tacet-audit --help`",
              words[i]);
      return false;
    } else {
      a.words[a.n_words++] = words[i];
    }
  }
  if (a.n_words < c->min_words) {
    aud_say("usage: tacet-audit %s %s [--key VKEY|--policy FILE]%s", c->name,
            c->words, strcmp(c->more, "pin") == 0 ? " [--pin HEX]" : "");
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
    printf("tacet-audit %s\n", AUDIT_VERSION);
    return aud_printed() ? AUD_DONE : AUD_FAILED;
  }
  (void)signal(SIGPIPE, SIG_IGN);
  for (size_t i = 0; i < N_COMMANDS; i++) {
    aud_args args;
    if (strcmp(commands[i].name, name) != 0) {
      continue;
    }
    if (argc > 2 && strcmp(argv[2], "--help") == 0) {
      return help();
    }
    if (!parse(&commands[i], argc - 2, argv + 2, &args)) {
      return AUD_USAGE;
    }
    if (tacet_crypto_init() != TACET_OK) {
      aud_say("the cryptographic libraries do not start; reinstall libsodium "
              "and OpenSSL");
      return AUD_FAILED;
    }
    return commands[i].run(&args);
  }
  aud_say("say what to do: tacet-audit mirror, replay, verify or "
          "statement; see "
          "`tacet-audit --help`");
  return AUD_USAGE;
}
