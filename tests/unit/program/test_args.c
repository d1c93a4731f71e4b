/* SPDX-License-Identifier: Apache-2.0
 * Lines of a made-up program: what becomes of them, and what is said. */
#include "program/program.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/support.h"

enum { DATA, NAME, PLAIN, OPTIONS };
static const program_option options[OPTIONS] = {
    {"data", "DIR", "where"}, {"name", "NAME", "what"}, {"plain", "", "how"}};

static program_args seen;
static int runs, starts;
static int keep(const program_args *a) {
  seen = *a;
  runs++;
  return 5;
}
static const program_command commands[] = {
    {.name = "make",
     .words = "",
     .help = "one\ntwo",
     .needs = 1U << DATA,
     .takes = 1U << NAME | 1U << PLAIN,
     .run = keep},
    {.name = "put",
     .words = "WHAT [WHERE]",
     .help = "put",
     .min_words = 1,
     .max_words = 2,
     .takes = 1U << DATA,
     .run = keep},
    {.name = "end", .words = "", .help = "end", .run = keep},
};
static bool start(void) {
  starts++;
  return true;
}
static bool never(void) {
  return false;
}
static const program small = {.name = "small",
                              .version = "7.1",
                              .about = "About.",
                              .more = "More.",
                              .options = options,
                              .n_options = OPTIONS,
                              .commands = commands,
                              .n_commands = 3,
                              .start = start};

/* ---- a line, and what came of it ---- */

#define LINE_MAX_WORDS 8

typedef struct outcome {
  int code;
  char out[1024], err[512];
} outcome;

/* What `fd` gets from now on goes into a file; gives the old one. */
static int divert(int fd, FILE *into) {
  int old = dup(fd);
  assert_int_not_equal(old, -1);
  assert_int_equal(dup2(fileno(into), fd), fd);
  return old;
}

static void restore(int fd, int old, FILE *from, char *text, size_t max) {
  assert_int_equal(dup2(old, fd), fd);
  assert_int_equal(close(old), 0);
  rewind(from);
  text[fread(text, 1, max - 1, from)] = '\0';
  assert_int_equal(fclose(from), 0);
}

static outcome run(const program *p, const char *const *line) {
  static char copies[LINE_MAX_WORDS][64];
  static char name[] = "small";
  char *argv[LINE_MAX_WORDS + 1] = {name};
  outcome o = {.code = -1};
  int n = 1;
  for (; line[n - 1] != NULL; n++) {
    (void)snprintf(copies[n - 1], sizeof(copies[0]), "%s", line[n - 1]);
    argv[n] = copies[n - 1];
  }
  FILE *out = tmpfile(), *err = tmpfile();
  assert_non_null(out);
  assert_non_null(err);
  assert_int_equal(fflush(stdout), 0);
  int old_out = divert(STDOUT_FILENO, out),
      old_err = divert(STDERR_FILENO, err);
  o.code = program_main(p, n, argv);
  (void)fflush(stdout);
  restore(STDOUT_FILENO, old_out, out, o.out, sizeof(o.out));
  restore(STDERR_FILENO, old_err, err, o.err, sizeof(o.err));
  return o;
}

#define LINE(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- tests ---- */

static void test_good(void **state) {
  (void)state;
  outcome o = run(&small, LINE("make", "--data", "d", "--plain"));
  assert_int_equal(o.code, 5);
  assert_string_equal(seen.values[DATA], "d");
  assert_string_equal(seen.values[PLAIN], "");
  assert_null(seen.values[NAME]);
  assert_int_equal(seen.n_words, 0);
  assert_string_equal(o.err, "");

  assert_int_equal(run(&small, LINE("make", "--name=a=b", "--data=d")).code, 5);
  assert_string_equal(seen.values[NAME], "a=b");

  /* An option anywhere; a word that looks like one behind "--". */
  o = run(&small, LINE("put", "--data", "--x", "a", "--", "--data"));
  assert_int_equal(o.code, 5);
  assert_string_equal(seen.values[DATA], "--x");
  assert_int_equal(seen.n_words, 2);
  assert_string_equal(seen.words[0], "a");
  assert_string_equal(seen.words[1], "--data");
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *line[LINE_MAX_WORDS];
    const char *said;
  } rows[] = {
      {{NULL}, "small: say what to do: make, put or end; see `small --help`\n"},
      {{"mak"},
       "small: say what to do: make, put or end; see `small --help`\n"},
      {{"make", "--date", "d"},
       "small: --date is not an option of `small make`; see `small --help`\n"},
      {{"make", "--dat", "d"},
       "small: --dat is not an option of `small make`; see `small --help`\n"},
      {{"end", "--plain"},
       "small: --plain is not an option of `small end`; see `small --help`\n"},
      {{"make", "--data", "d", "--data=e"},
       "small: --data stands there twice\n"},
      {{"make", "--plain=1", "--data", "d"}, "small: --plain takes no value\n"},
      {{"make", "--data"}, "small: --data needs a value: DIR\n"},
      {{"make", "--name", "n"},
       "small: --data DIR is missing; see `small --help`\n"},
      {{"make", "--data="},
       "small: --data DIR is missing; see `small --help`\n"},
      {{"put"},
       "small: usage: small put WHAT [WHERE] [OPTION]...; see `small "
       "--help`\n"},
      {{"put", "a", "b", "c"},
       "small: \"c\" is one argument too many; see `small --help`\n"},
      {{"end", "x"},
       "small: \"x\" is one argument too many; see `small --help`\n"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    int runs_before = runs, starts_before = starts;
    outcome o = run(&small, rows[i].line);
    assert_int_equal(o.code, PROGRAM_USAGE);
    assert_string_equal(o.err, rows[i].said);
    assert_string_equal(o.out, "");
    assert_int_equal(runs, runs_before);
    assert_int_equal(starts, starts_before);
  }
}

static void test_help(void **state) {
  (void)state;
  static const char text[] = "About.\n\n"
                             "usage: small COMMAND [OPTION]...\n\n"
                             "  make              one\n"
                             "                    two\n"
                             "  put WHAT [WHERE]  put\n"
                             "  end               end\n\n"
                             "  --data DIR   where\n"
                             "  --name NAME  what\n"
                             "  --plain      how\n\n"
                             "More.\n";
  static const char *const lines[][3] = {
      {"--help"}, {"-h"}, {"make", "--help"}, {"put", "-h"}};
  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    outcome o = run(&small, lines[i]);
    assert_int_equal(o.code, PROGRAM_DONE);
    assert_string_equal(o.out, text);
    assert_string_equal(o.err, "");
  }
  outcome o = run(&small, LINE("--version"));
  assert_int_equal(o.code, PROGRAM_DONE);
  assert_string_equal(o.out, "small 7.1\n");
}

static void test_start_fails(void **state) {
  (void)state;
  program p = small;
  p.start = never;
  int before = runs;
  assert_int_equal(run(&p, LINE("end")).code, PROGRAM_FAILED);
  assert_int_equal(runs, before);
}

/* A full disk shows when the output is flushed. */
static void test_full(void **state) {
  (void)state;
  FILE *full = fopen("/dev/full", "w"), *err = tmpfile();
  char said[128];
  assert_non_null(full);
  assert_non_null(err);
  assert_int_equal(fflush(stdout), 0);
  int old_out = divert(STDOUT_FILENO, full),
      old_err = divert(STDERR_FILENO, err);
  char name[] = "small", version[] = "--version";
  char *argv[] = {name, version, NULL};
  int code = program_main(&small, 2, argv);
  assert_int_equal(dup2(old_out, STDOUT_FILENO), STDOUT_FILENO);
  assert_int_equal(close(old_out), 0);
  restore(STDERR_FILENO, old_err, err, said, sizeof(said));
  clearerr(stdout);
  (void)fclose(full);
  assert_int_equal(code, PROGRAM_FAILED);
  assert_string_equal(said,
                      "small: standard output cannot be written: No space "
                      "left on device\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good), cmocka_unit_test(test_refused),
      cmocka_unit_test(test_help), cmocka_unit_test(test_start_fails),
      cmocka_unit_test(test_full),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
