/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk: lawful requests, answered narrowly or refused. This file has the
 * table of commands, finds the one and gives its help. */
#include "desk/command.h"

#include "server/ops/process.h"
#include "tacet/crypto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define T(id) DESK_TAKES(id)
#define SIGNED (T(PASSPHRASE_FILE) | T(DEVICE) | T(CLOCK))
#define SOURCES                                                                \
  (T(FILE) | T(FORM_FILE) | T(MAIL) | T(ROOTS) | T(RECEIVED) | T(DOCUMENT))
static const desk_command commands[] = {
    {"init", "", "make a desk: its folder, its key, its log", 0, 0,
     T(NOTICES_HOME), T(SERVER), desk_cmd_init},
    {"settings", "", "print the settings, or change them", 0, 0,
     T(SERVER) | T(NOTICES_HOME) | T(BY) | SIGNED, 0, desk_cmd_settings},
    {"key new", "FILE", "make a key: FILE is the secret, FILE.pub is public", 1,
     1,
     T(NO_PASSPHRASE) | T(PASSPHRASE_FILE) | T(TOKEN) | T(NO_PIN) | T(DEVICE) |
         DESK_WITHOUT_DATA,
     0, desk_cmd_key_new},
    {"officer add", "NAME", "say who works at the desk (--key FILE.pub)", 1, 1,
     T(CLEARED) | T(BY) | SIGNED, T(KEY) | T(ROLE), desk_cmd_officer_add},
    {"officer remove", "NAME", "their key signs nothing here from now on", 1, 1,
     T(BY) | SIGNED, 0, desk_cmd_officer_remove},
    {"officer list", "", "print who works at the desk", 0, 0, T(JSON), 0,
     desk_cmd_officer_list},
    {"case new", "", "file a demand; prints the case's id", 0, 0,
     SOURCES | T(KEY) | T(RULES) | SIGNED, 0, desk_cmd_case_new},
    {"case form", "", "an empty form of a demand, to be filled", 0, 0,
     T(OUT) | DESK_WITHOUT_DATA, 0, desk_cmd_case_form},
    {"case complete", "ID",
     "the demand again, with what was missing: a call back, an answer", 1, 1,
     SOURCES | T(RULES) | SIGNED, T(KEY) | T(REASON), desk_cmd_case_complete},
    {"case import", "FILE.jsonl", "closed cases of earlier periods, to count",
     1, 1, T(CLOCK), 0, desk_cmd_case_import},
    {"case list", "", "print the cases", 0, 0,
     T(DUE) | T(JSON) | T(KEY) | SIGNED, 0, desk_cmd_case_list},
    {"case show", "ID", "print a case and what was done; the log says who read",
     1, 1, T(JSON) | T(KEY) | SIGNED, 0, desk_cmd_case_show},
    {"case authenticate", "ID",
     "say how it was checked that they who ask are "
     "who they say",
     1, 1, SIGNED, T(KEY) | T(REASON), desk_cmd_case_authenticate},
    {"case review", "ID", "look at an emergency that was answered", 1, 1,
     T(DOCUMENT) | SIGNED, T(KEY) | T(REASON), desk_cmd_case_review},
    {"due", "",
     "every deadline, the nearest first; ends with 4 if one is missed", 0, 0,
     T(WITHIN) | T(TELL) | T(JSON) | T(KEY) | SIGNED, 0, desk_cmd_due},
    {"case withdraw", "ID", "who asked has withdrawn the demand", 1, 1, SIGNED,
     T(KEY) | T(REASON), desk_cmd_case_withdraw},
    {"case close", "ID", "nothing is left to do", 1, 1, SIGNED, T(KEY),
     desk_cmd_case_close},
    {"case lift", "ID", "its secrecy has ended; two officers have to say so", 1,
     1, SIGNED, T(KEY) | T(BASIS), desk_cmd_case_lift},
    {"case purge", "ID", "erase what a closed case says; its counts stay", 1, 1,
     SIGNED, T(KEY), desk_cmd_case_purge},
    {"decide", "ID accept|narrow|refuse|clarify|challenge|fraud|nothing-held",
     "decide about a demand, and say why", 2, 2,
     T(RULES) | T(DESPITE) | T(PARAGRAPH) | SIGNED, T(KEY) | T(REASON),
     desk_cmd_decide},
    {"notices run", "", "tell the people whose notice is due", 0, 0,
     T(RULES) | T(CLOCK), 0, desk_cmd_notices_run},
    {"notices delay", "ID", "let a notice wait, on a legal basis, until a day",
     1, 1, SIGNED, T(KEY) | T(UNTIL) | T(BASIS), desk_cmd_notices_delay},
    {"notices told", "ID", "they were told in another way: by post", 1, 1,
     SIGNED, T(KEY) | T(REASON), desk_cmd_notices_told},
    {"notices", "", "print who is to be told, and when", 0, 0,
     T(JSON) | T(KEY) | SIGNED, 0, desk_cmd_notices},
    {"preservation run", "", "erase the copies whose day is over", 0, 0,
     T(CLOCK), 0, desk_cmd_preservation_run},
    {"preservation extend", "ID", "keep what is frozen longer, once", 1, 1,
     SIGNED, T(KEY) | T(REASON), desk_cmd_preservation_extend},
    {"preservation", "", "print what is kept frozen, and until when", 0, 0,
     T(JSON) | T(KEY) | SIGNED, 0, desk_cmd_preservation},
    {"plan", "ID", "make the plan of what is handed over, and show it", 1, 1,
     T(RECIPIENT) | T(PRESERVED) | T(RULES) | T(OPERATOR) | T(JSON) | SIGNED,
     T(KEY), desk_cmd_plan},
    {"sign", "ID", "agree to the plan; two officers have to", 1, 1,
     T(JSON) | SIGNED, T(KEY), desk_cmd_sign},
    {"run", "ID", "carry out a plan that two officers signed", 1, 1,
     T(OUT) | T(OPERATOR) | T(JSON) | SIGNED, T(KEY), desk_cmd_run},
    {"verify", "DIR|FILE", "check a bundle, anywhere (--key FILE.pub: whose)",
     1, 1,
     T(KEY) | T(IDENTITY) | T(OFFICERS) | T(COMMITMENTS) | T(JSON) |
         DESK_WITHOUT_DATA,
     0, desk_cmd_verify},
    {"log verify", "", "say whether the log is whole, and where it is not", 0,
     0, T(SERVER) | T(POLICY) | T(COMMITMENTS) | T(OTHERS) | T(JSON), 0,
     desk_cmd_log_verify},
    {"log commit", "", "commit to the days that are over; prints their hashes",
     0, 0, T(FROM) | T(CLOCK), 0, desk_cmd_log_commit},
    {"log prove", "CASE", "let an auditor check one case without the others", 1,
     1, SIGNED, T(KEY) | T(OUT), desk_cmd_log_prove},
    {"log check", "FILE", "check what `log prove` wrote", 1, 1,
     T(COMMITMENTS) | DESK_WITHOUT_DATA, 0, desk_cmd_log_check},
    {"evaluate", "ID",
     "find what is wrong with a demand; ends with 4 if it cannot be accepted",
     1, 1, T(RULES) | T(JSON) | T(KEY) | SIGNED, 0, desk_cmd_evaluate},
    {"letter", "ID", "write the answer that was decided on (.txt or .pdf)", 1,
     1, T(RULES) | T(OPERATOR) | T(KEY) | SIGNED, T(OUT), desk_cmd_letter},
    {"tables", "", "print the instruments and authorities that are known", 0, 0,
     T(DATA) | T(RULES) | T(JSON) | DESK_WITHOUT_DATA, 0, desk_cmd_tables},
    {"log show", "[CASE]", "print the events of the log", 0, 1,
     T(JSON) | T(KEY) | SIGNED, 0, desk_cmd_log_show},
    {"report", "", "count demands, in the form that is asked for", 0, 0,
     T(FORMAT) | T(OUT) | T(TABLE) | T(OPERATOR) | T(HOME),
     T(FROM) | T(TO) | T(FORM), desk_cmd_report},
    {"publish", "", "make a report public, if it tells no more than it may", 0,
     0, T(FORMAT) | T(OUT) | T(TABLE) | T(OPERATOR) | T(HOME) | T(KEY) | SIGNED,
     T(FROM) | T(TO) | T(FORM), desk_cmd_publish},
    {"published list", "", "print what is published", 0, 0, T(JSON), 0,
     desk_cmd_published_list},
    {"published show", "NUMBER", "a published report, as it was", 1, 1,
     T(FORMAT) | T(OUT) | T(TABLE), 0, desk_cmd_published_show},
    {"published sign", "NUMBER", "the desk's signature of a published report",
     1, 1, T(OUT), 0, desk_cmd_published_sign},
    {"published check", "REPORT.json SIGNATURE",
     "check a signature, anywhere (--key FILE.pub: whose)", 2, 2,
     T(KEY) | DESK_WITHOUT_DATA, 0, desk_cmd_published_check},
    {"page", "", "what can be handed over, and what does not exist", 0, 0,
     T(FORMAT) | T(OUT), 0, desk_cmd_page},
    {"serve", "", "show the desk as a page, on this machine alone", 0, 0,
     T(LISTEN) | T(CLOCK), 0, desk_cmd_serve},
    {"passkey add", "LINE", "this passkey opens the page for me", 1, 1, SIGNED,
     T(KEY), desk_cmd_passkey_add},
    {"passkey remove", "CREDENTIAL", "it opens nothing any more", 1, 1, SIGNED,
     T(KEY), desk_cmd_passkey_remove},
    {"passkey list", "", "print which passkeys open the page", 0, 0, T(JSON), 0,
     desk_cmd_passkey_list},
    {"sign-in", "", "print a ticket that opens the page once", 0, 0,
     T(PASSPHRASE_FILE) | T(DEVICE), T(KEY), desk_cmd_sign_in},
};
#undef SIGNED
#undef SOURCES
#undef T
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct {
  const char *name, *argument, *what;
} options[DESK_OPTIONS] = {
#define X(id, name, argument, what) {name, argument, what},
    DESK_OPTION_MAP(X)
#undef X
};

/* ---- help ---- */

static void print_help(void) {
  printf("tacet-desk answers lawful requests: evaluated, narrowed, handed over "
         "or refused,\nlogged, and counted in public.\n\n"
         "usage: tacet-desk COMMAND --data DIR [OPTION]...\n\n");
  for (size_t i = 0; i < N_COMMANDS; i++) {
    printf("  %-19s %s\n", commands[i].name, commands[i].help);
  }
  printf("\n`tacet-desk COMMAND --help` lists its options; tacet-desk(8) "
         "explains them.\n");
}

static void print_command_help(const desk_command *c) {
  uint64_t takes = c->takes | c->needs;
  if ((c->takes & DESK_WITHOUT_DATA) == 0) {
    takes |= DESK_TAKES(DATA);
  }
  printf("usage: tacet-desk %s%s%s", c->name, *c->words ? " " : "", c->words);
  for (unsigned i = 0; i < DESK_OPTIONS; i++) {
    uint64_t bit = (uint64_t)1 << i;
    if ((c->needs & bit) != 0 ||
        (i == DESK_O_DATA && (c->takes & DESK_WITHOUT_DATA) == 0)) {
      printf(" --%s %s", options[i].name, options[i].argument);
    }
  }
  printf(" [OPTION]...\n%s.\n\n", c->help);
  for (unsigned i = 0; i < DESK_OPTIONS; i++) {
    if ((takes & ((uint64_t)1 << i)) != 0) {
      printf("  --%s%s%s\n        %s\n", options[i].name,
             *options[i].argument ? " " : "", options[i].argument,
             options[i].what);
    }
  }
}

static bool asks_for_help(int n, char **words) {
  for (int i = 0; i < n; i++) {
    if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
      return true;
    }
  }
  return false;
}

/* ---- finding ---- */

/* Names of two words come first: "case new" before anything called "case". */
static const desk_command *find_command(int argc, char **argv, int *used) {
  char two[64] = "";
  if (argc > 2) {
    (void)snprintf(two, sizeof(two), "%.30s %.30s", argv[1], argv[2]);
  }
  for (size_t i = 0; i < N_COMMANDS; i++) {
    if (strcmp(commands[i].name, two) == 0) {
      *used = 3;
      return &commands[i];
    }
  }
  for (size_t i = 0; i < N_COMMANDS; i++) {
    if (strcmp(commands[i].name, argv[1]) == 0) {
      *used = 2;
      return &commands[i];
    }
  }
  return NULL;
}

/* A first word without its second: the names that begin with it. */
static int name_is_missing(const char *first) {
  size_t len = strlen(first);
  char list[256] = "";
  for (size_t i = 0; i < N_COMMANDS; i++) {
    const char *name = commands[i].name;
    size_t at = strlen(list);
    if (strncmp(name, first, len) == 0 && name[len] == ' ') {
      (void)snprintf(list + at, sizeof(list) - at, "%s%s", at > 0 ? ", " : "",
                     name + len + 1);
    }
  }
  if (*list != '\0') {
    desk_say("say what to do: tacet-desk %s %s; see `tacet-desk --help`", first,
             list);
  } else {
    desk_say("there is no command \"%.64s\"; see `tacet-desk --help`", first);
  }
  return DESK_EXIT_USAGE;
}

static int run(int argc, char **argv, const desk_ports *ports) {
  int used = 0;
  if (argc < 2) {
    desk_say("say what to do; `tacet-desk --help` lists the commands");
    return DESK_EXIT_USAGE;
  }
  if (strcmp(argv[1], "--version") == 0) {
    printf("tacet-desk %s\n", DESK_VERSION);
    return DESK_EXIT_DONE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    print_help();
    return DESK_EXIT_DONE;
  }
  const desk_command *c = find_command(argc, argv, &used);
  if (c == NULL) {
    return name_is_missing(argv[1]);
  }
  if (asks_for_help(argc - used, argv + used)) {
    print_command_help(c);
    return DESK_EXIT_DONE;
  }
  desk_args args;
  if (!desk_args_parse(c, argc - used, argv + used, &args)) {
    return DESK_EXIT_USAGE;
  }
  if (tacet_crypto_init() != TACET_OK) {
    desk_say("the cryptographic libraries do not start; reinstall libsodium "
             "and OpenSSL");
    return DESK_EXIT_FAILED;
  }
  args.ports = ports;
  return c->run(&args);
}

static int finish(int code) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) {
    return code;
  }
  if (errno != EPIPE) {
    desk_say("cannot write the output: %s",
             errno == 0 ? "the disk is full, or fails" : strerror(errno));
  }
  return code == DESK_EXIT_DONE ? DESK_EXIT_FAILED : code;
}

int desk_main(int argc, char **argv, const desk_ports *ports) {
  (void)tacetd_process_start();
  return finish(run(argc, argv, ports));
}
