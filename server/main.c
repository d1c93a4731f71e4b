/* SPDX-License-Identifier: Apache-2.0
 * tacetd: the messaging server. This file finds the command and its help. */
#include "server/command.h"

#include "server/ops/process.h"
#include "tacet/crypto.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const tacetd_command commands[] = {
    {"init", "", "make the data folder of a new server", 0, 0,
     TACETD_OPTION_KEYS | TACETD_OPTION_OPEN, tacetd_command_init},
    {"run", "", "serve it until SIGTERM", 0, 0, TACETD_OPTION_KEYS,
     tacetd_command_run},
    {"invite", "", "print a link with which somebody can register", 0, 0,
     TACETD_OPTION_INVITE, tacetd_command_invite},
    {"account", "list|delete HANDLE|reset HANDLE",
     "list accounts, erase one, or let a new one take a handle", 1, 2, 0,
     tacetd_command_account},
    {"witness", "add NAME VKEY URL|remove NAME|quorum N|list",
     "say who vouches for the key log", 1, 4, TACETD_OPTION_PIN,
     tacetd_command_witness},
    {"log", "rotate|retire", "give the key log another key", 1, 1, 0,
     tacetd_command_log},
    {"notices", "set HANDLE|remove|show",
     "say which account the operator's notices come from", 1, 2, 0,
     tacetd_command_notices},
    {"statement", "add FILE|list|prove HASH", "say in public, in the key log",
     1, 2, TACETD_OPTION_JSON | TACETD_OPTION_STATEMENT,
     tacetd_command_statement},
    {"inventory", "", "print everything that the server stores, and why", 0, 0,
     TACETD_OPTION_JSON, tacetd_command_inventory},
    {"doctor", "", "say what is wrong with a set-up, and what to do", 0, 0,
     TACETD_OPTION_CLOCK, tacetd_command_doctor},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(void) {
  printf("tacetd carries end-to-end encrypted messages and reads none.\n\n"
         "usage: tacetd COMMAND --data DIR [OPTION]...\n\n");
  for (size_t i = 0; i < N_COMMANDS; i++) {
    const tacetd_command *c = &commands[i];
    printf("  %-9s %-24s %s\n", c->name, c->words, c->help);
  }
  printf("\n`tacetd COMMAND --help` lists its options; tacetd(8) explains "
         "them.\n");
}

static void print_command_help(const tacetd_command *c) {
  printf("usage: tacetd %s%s%s --data DIR", c->name, *c->words ? " " : "",
         c->words);
  printf("%s\n%s.\n\n", c->options != 0 ? " [OPTION]..." : "", c->help);
  printf("  --data DIR\n        the server's folder\n");
  if ((c->options & TACETD_OPTION_INVITE) != 0) {
    printf("  --uses N\n        how many people may use it (1)\n"
           "  --expires TIME\n        how many days it works: 1d, 30d (%dd)\n",
           TACETD_INVITE_DAYS);
  }
  if ((c->options & TACETD_OPTION_PIN) != 0) {
    printf(
        "  --pin HEX\n        add: the key of the witness's own certificate, "
        "as its `status` prints it\n");
  }
  if ((c->options & TACETD_OPTION_STATEMENT) != 0) {
    printf("  --hash HEX\n        add: the SHA-256 of what is said, instead of "
           "its file\n"
           "  --out FILE\n        prove: where the proof goes (standard "
           "output)\n");
  }
  if ((c->options & TACETD_OPTION_JSON) != 0) {
    printf("  --json\n        for programs\n");
  }
  if ((c->options & TACETD_OPTION_CLOCK) != 0) {
    printf("  --clock-is-right\n        the clock jumped and is right now: let "
           "things expire again\n");
  }
  if ((c->options & TACETD_OPTION_OPEN) != 0) {
    printf("  --open\n        anybody may register, without an invite\n");
  }
  if ((c->options & TACETD_OPTION_KEYS) == 0) {
    return;
  }
  for (size_t i = 0; tacetd_config_key_at(i) != NULL; i++) {
    const tacetd_config_key *k = tacetd_config_key_at(i);
    printf("  --%s %s\n        %s\n", k->name, k->argument, k->what);
  }
}

static const tacetd_command *find_command(const char *name) {
  for (size_t i = 0; i < N_COMMANDS; i++) {
    if (strcmp(commands[i].name, name) == 0) {
      return &commands[i];
    }
  }
  return NULL;
}

static bool asks_for_help(int n, char **words) {
  for (int i = 0; i < n; i++) {
    if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
      return true;
    }
  }
  return false;
}

/* With 0, 1 or 2 closed, the next file opened would take its number, and output
 * would go into a database. What stands there instead cannot be used. */
static void fill_closed(void) {
  for (int fd = 0; fd <= 2; fd++) {
    if (fcntl(fd, F_GETFD) < 0) {
      (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    }
  }
}

static int run(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : NULL;
  if (name == NULL) {
    tacetd_say(
        "say what to do: tacetd init, run, invite, account, witness, log, "
        "notices, statement, inventory or doctor; see `tacetd --help`");
    return TACETD_USAGE;
  }
  if (strcmp(name, "--version") == 0) {
    printf("tacetd %s\n", TACETD_VERSION);
    return TACETD_DONE;
  }
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
    print_help();
    return TACETD_DONE;
  }
  const tacetd_command *c = find_command(name);
  if (c == NULL) {
    tacetd_say("there is no command \"%.64s\"; see `tacetd --help`", name);
    return TACETD_USAGE;
  }
  if (asks_for_help(argc - 2, argv + 2)) {
    print_command_help(c);
    return TACETD_DONE;
  }
  tacetd_args args;
  if (!tacetd_args_parse(c, argc - 2, argv + 2, &args)) {
    return TACETD_USAGE;
  }
  if (tacet_crypto_init() != TACET_OK) {
    tacetd_say("the cryptographic libraries do not start; reinstall libsodium "
               "and OpenSSL");
    return TACETD_FAILED;
  }
  return c->run(&args);
}

int main(int argc, char **argv) {
  fill_closed();
  (void)tacetd_process_start();
  return tacetd_finish(run(argc, argv));
}
