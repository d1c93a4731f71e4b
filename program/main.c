/* SPDX-License-Identifier: Apache-2.0
 * Finds the command, and explains them all. */
#include "program/program.h"

#include <stdio.h>
#include <string.h>

/* Writes it from column `at` on, each of its lines. */
static void put_indented(const char *text, int at) {
  for (const char *line = text;;) {
    int len = (int)strcspn(line, "\n");
    printf("%.*s\n", len, line);
    if (line[len] == '\0') {
      return;
    }
    line += len + 1;
    printf("%*s", at, "");
  }
}

static int widest(const program *p, bool options) {
  int widest = 0;
  for (size_t i = 0; i < (options ? p->n_options : p->n_commands); i++) {
    int n = options ? snprintf(NULL, 0, "--%s %s", p->options[i].name,
                               p->options[i].argument)
                    : snprintf(NULL, 0, "%s %s", p->commands[i].name,
                               p->commands[i].words);
    widest = n > widest ? n : widest;
  }
  return widest;
}

static int help(const program *p) {
  printf("%s\n\nusage: %s COMMAND [OPTION]...\n\n", p->about, p->name);
  int width = widest(p, false);
  for (size_t i = 0; i < p->n_commands; i++) {
    const program_command *c = &p->commands[i];
    printf("  %s %-*s  ", c->name, width - (int)strlen(c->name) - 1, c->words);
    put_indented(c->help, width + 4);
  }
  printf("\n");
  width = widest(p, true);
  for (size_t i = 0; i < p->n_options; i++) {
    const program_option *o = &p->options[i];
    printf("  --%s %-*s  ", o->name, width - (int)strlen(o->name) - 3,
           o->argument);
    put_indented(o->help, width + 4);
  }
  printf("\n%s\n", p->more);
  return program_printed(p->name) ? PROGRAM_DONE : PROGRAM_FAILED;
}

static bool asks_help(const char *word) {
  return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run(const program *p, const program_command *c, int n,
               char **words) {
  program_args args;
  if (n > 0 && asks_help(words[0])) {
    return help(p);
  }
  if (!program_args_parse(p, c, n, words, &args)) {
    return PROGRAM_USAGE;
  }
  return p->start() ? c->run(&args) : PROGRAM_FAILED;
}

int program_main(const program *p, int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
  if (asks_help(name)) {
    return help(p);
  }
  if (strcmp(name, "--version") == 0) {
    printf("%s %s\n", p->name, p->version);
    return program_printed(p->name) ? PROGRAM_DONE : PROGRAM_FAILED;
  }
  for (size_t i = 0; i < p->n_commands; i++) {
    if (strcmp(p->commands[i].name, name) == 0) {
      return run(p, &p->commands[i], argc - 2, argv + 2);
    }
  }
  (void)fprintf(stderr, "%s: say what to do: ", p->name);
  for (size_t i = 0; i < p->n_commands; i++) {
    (void)fprintf(stderr, "%s%s",
                  i == 0                  ? ""
                  : i + 1 < p->n_commands ? ", "
                                          : " or ",
                  p->commands[i].name);
  }
  (void)fprintf(stderr, "; see `%s --help`\n", p->name);
  return PROGRAM_USAGE;
}
