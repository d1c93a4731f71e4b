/* SPDX-License-Identifier: Apache-2.0
 * tacet(1): words into a command, help out of the table. */
#include "cli/cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#ifndef TACET_VERSION
#define TACET_VERSION "0"
#endif

static const cli_option common[] = {
    {"--home", "DIR",
     "the home to use (else TACET_HOME, else the usual place)"},
    {"--passphrase-file", "FILE", "the first line of FILE opens the home"},
    {"--help", NULL, "this"},
    {0},
};

int cli_fail(int code, const char *format, ...) {
  va_list list;
  cli_progress_clear();
  va_start(list, format);
  fputs("tacet: ", stderr);
  vfprintf(stderr, format, list);
  fputc('\n', stderr);
  va_end(list);
  return code;
}

int cli_fail_with(const client_error *err) {
  return cli_fail((int)err->kind, "%s", err->text);
}

bool cli_flag(const cli_args *a, const char *name) {
  return cli_value(a, name, 0) != NULL;
}

const char *cli_value(const cli_args *a, const char *name, size_t nth) {
  for (size_t i = 0; i < a->n_options; i++) {
    if (strcmp(a->option_names[i], name) == 0 && nth-- == 0) {
      return a->option_values[i];
    }
  }
  return NULL;
}

/* ---- help ---- */

static void put_option(const cli_option *o) {
  char left[64];
  snprintf(left, sizeof(left), "%s%s%s", o->name, o->value ? " " : "",
           o->value ? o->value : "");
  printf("  %-28s %s\n", left, o->help);
}

static void help_all(void) {
  printf("usage: tacet COMMAND …\n\n");
  for (const cli_command *c = cli_commands; c->name != NULL; c++) {
    char left[80];
    snprintf(left, sizeof(left), "%s %s", c->name, c->usage);
    int bytes_only = 0; /* "…" is three bytes and one column */
    for (const char *p = left; *p != '\0'; p++) {
      bytes_only += ((unsigned char)*p & 0xc0) == 0x80;
    }
    printf("  %-*s %s\n", 32 + bytes_only, left, c->help);
  }
  printf("\nTO is a handle (name or name@domain), a group or a conversation id."
         "\n`tacet COMMAND --help` says more; so does tacet(1).\n");
}

/* Every command whose words begin with `name`: "group" shows all of them. */
static bool help_for(const char *name) {
  size_t len = strlen(name);
  bool found = false;
  for (const cli_command *c = cli_commands; c->name != NULL; c++) {
    if (strncmp(c->name, name, len) != 0 ||
        (c->name[len] != '\0' && c->name[len] != ' ')) {
      continue;
    }
    printf("%susage: tacet %s%s%s\n  %s\n", found ? "\n" : "", c->name,
           c->usage[0] == '\0' ? "" : " ", c->usage, c->help);
    for (const cli_option *o = c->options; o->name != NULL; o++) {
      put_option(o);
    }
    found = true;
  }
  if (found) {
    printf("\nEvery command takes\n");
    for (const cli_option *o = common; o->name != NULL; o++) {
      put_option(o);
    }
  }
  return found;
}

/* ---- parsing ---- */

static const cli_option *find_option(const cli_command *c, const char *name,
                                     size_t len) {
  for (const cli_option *o = common; o->name != NULL; o++) {
    if (strlen(o->name) == len && strncmp(o->name, name, len) == 0) {
      return o;
    }
  }
  for (const cli_option *o = c == NULL ? NULL : c->options;
       o != NULL && o->name != NULL; o++) {
    if (strlen(o->name) == len && strncmp(o->name, name, len) == 0) {
      return o;
    }
  }
  return NULL;
}

/* The command that the words of argv name: the longest one that fits. Words
 * that belong to it are marked used. */
static const cli_command *find_command(int argc, char **argv, bool *used) {
  int at[2] = {-1, -1};
  for (int i = 1, n = 0; i < argc && n < 2; i++) {
    if (argv[i][0] == '-' && argv[i][1] != '\0') {
      const cli_option *o = find_option(NULL, argv[i], strlen(argv[i]));
      if (n == 0 && o != NULL && o->value != NULL) {
        i++; /* tacet --home DIR send … */
      } else if (n > 0) {
        break;
      }
      continue;
    }
    at[n++] = i;
  }
  const cli_command *best = NULL;
  for (const cli_command *c = cli_commands; c->name != NULL && at[0] > 0; c++) {
    const char *space = strchr(c->name, ' ');
    size_t first = space == NULL ? strlen(c->name) : (size_t)(space - c->name);
    if (strlen(argv[at[0]]) != first ||
        strncmp(argv[at[0]], c->name, first) != 0) {
      continue;
    }
    if (space == NULL) {
      best = best == NULL ? c : best;
    } else if (at[1] > 0 && strcmp(argv[at[1]], space + 1) == 0) {
      best = c;
    }
  }
  if (best != NULL) {
    used[at[0]] = true;
    if (strchr(best->name, ' ') != NULL) {
      used[at[1]] = true;
    }
  }
  return best;
}

/* One option, with its value in the next word or after "=". */
static int take_option(const cli_command *c, int argc, char **argv, int *i,
                       cli_args *a) {
  char *word = argv[*i];
  char *equals = strchr(word, '=');
  size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
  const cli_option *o = find_option(c, word, len);
  if (o == NULL) {
    return cli_fail(2, "%s does not take %s; see `tacet %s --help`.", c->name,
                    word, c->name);
  }
  if (a->n_options == sizeof(a->option_names) / sizeof(a->option_names[0])) {
    return cli_fail(2, "too many options; see `tacet %s --help`.", c->name);
  }
  const char *value = o->name;
  if (o->value != NULL && equals != NULL) {
    value = equals + 1;
  } else if (o->value != NULL) {
    if (*i + 1 >= argc) {
      return cli_fail(2, "%s wants %s after it; see `tacet %s --help`.",
                      o->name, o->value, c->name);
    }
    value = argv[++*i];
  } else if (equals != NULL) {
    return cli_fail(2, "%s takes no value; see `tacet %s --help`.", o->name,
                    c->name);
  }
  a->option_names[a->n_options] = o->name;
  a->option_values[a->n_options++] = value;
  return 0;
}

static int parse(const cli_command *c, int argc, char **argv, const bool *used,
                 cli_args *a) {
  bool only_words = false;
  for (int i = 1; i < argc; i++) {
    if (used[i]) {
      continue;
    }
    if (!only_words && strcmp(argv[i], "--") == 0) {
      only_words = true;
    } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
      int code = take_option(c, argc, argv, &i, a);
      if (code != 0) {
        return code;
      }
    } else if (a->n_words == CLI_ARGS_MAX) {
      return cli_fail(2, "too many words in one `tacet` command.");
    } else {
      a->words[a->n_words++] = argv[i];
    }
  }
  if (cli_flag(a, "--help")) {
    return 0;
  }
  for (size_t i = 0; i < a->n_words; i++) {
    if (a->words[i][0] == '\0' && c->run != cli_send) {
      return cli_fail(2, "one of the words is empty; usage: tacet %s %s",
                      c->name, c->usage);
    }
  }
  if (a->n_words < c->min_words || a->n_words > c->max_words) {
    return cli_fail(2, "usage: tacet %s%s%s%s", c->name,
                    c->usage[0] == '\0' ? "" : " ", c->usage,
                    c->run == cli_send && a->n_words > c->max_words
                        ? " (put the text in quotes)"
                        : "");
  }
  return 0;
}

static int no_command(int argc, char **argv) {
  if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
    printf("tacet %s\n", TACET_VERSION);
    return 0;
  }
  if (argc >= 2 &&
      (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
    if (argc == 2) {
      help_all();
      return 0;
    }
    return help_for(argv[2])
               ? 0
               : cli_fail(2, "there is no command tacet %s.", argv[2]);
  }
  if (argc >= 3 && strcmp(argv[2], "--help") == 0 && help_for(argv[1])) {
    return 0;
  }
  if (argc < 2) {
    return cli_fail(2, "say what to do; `tacet --help` lists the commands.");
  }
  for (const cli_command *c = cli_commands; c->name != NULL; c++) {
    size_t len = strlen(argv[1]);
    if (strncmp(c->name, argv[1], len) == 0 && c->name[len] == ' ') {
      bool none = argc < 3 || argv[2][0] == '-';
      return none ? cli_fail(2,
                             "`tacet %s` wants a word more; see `tacet %s "
                             "--help`.",
                             argv[1], argv[1])
                  : cli_fail(2,
                             "`tacet %s` has no \"%.40s\"; see `tacet %s "
                             "--help`.",
                             argv[1], argv[2], argv[1]);
    }
  }
  return cli_fail(2, "there is no such command; `tacet --help` lists them.");
}

static int run_at_home(const cli_command *command, const cli_args *a) {
  int code;
  client *c = cli_open(a, &code);
  if (c != NULL) {
    code = command->at_home(c, a);
    client_free(c);
  }
  return code;
}

int cli_main(int argc, char **argv) {
  bool *used = calloc((size_t)argc + 1, sizeof(*used));
  cli_args *a = calloc(1, sizeof(*a));
  if (used == NULL || a == NULL) {
    free(used);
    free(a);
    return cli_fail(1, "out of memory.");
  }
  const cli_command *c = find_command(argc, argv, used);
  int code;
  if (c == NULL) {
    code = no_command(argc, argv);
  } else {
    code = parse(c, argc, argv, used, a);
    if (code == 0 && cli_flag(a, "--help")) {
      (void)help_for(c->name);
    } else if (code == 0) {
      code = c->run != NULL ? c->run(a) : run_at_home(c, a);
    }
  }
  if (!cli_flush() && code == 0) {
    code = 1;
  }
  free(used);
  free(a);
  return code;
}

/* With 0, 1 or 2 closed, the next file opened would take its number, and output
 * would go into the store. What stands there instead cannot be used. */
static void fill_closed(void) {
  for (int fd = 0; fd <= 2; fd++) {
    if (fcntl(fd, F_GETFD) < 0) {
      (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    }
  }
}

int main(int argc, char **argv) {
  fill_closed();
  signal(SIGPIPE, SIG_IGN);
  umask(077); /* what is saved or drawn here is for its owner */
  return cli_main(argc, argv);
}
