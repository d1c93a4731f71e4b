/* SPDX-License-Identifier: Apache-2.0
 * Finding the home, asking for its passphrase, signals and progress. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static client *current; /* for the signal handler alone */
static volatile sig_atomic_t interrupted;

static void on_signal(int sig) {
  (void)sig;
  interrupted = 1;
  if (current != NULL) {
    client_interrupt(current);
  }
}

bool cli_interrupted(void) {
  return interrupted != 0;
}

static void catch_signals(client *c) {
  current = c;
  struct sigaction sa = {.sa_handler = on_signal};
  sigaction(SIGINT, &sa, NULL);
  sigaction(SIGTERM, &sa, NULL);
}

static bool progress_shown;

void cli_progress_clear(void) {
  if (progress_shown) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress_shown = false;
  }
}

static void show_progress(void *user, const char *what, const char *name,
                          uint64_t done, uint64_t total) {
  (void)user;
  if (total == 0) {
    return; /* short steps of unknown length only flicker */
  }
  fprintf(stderr, "\r\033[K%s", what);
  if (name != NULL) {
    fputc(' ', stderr);
    cli_put_text(stderr, name);
  }
  fprintf(stderr, " %u %%", (unsigned)(done * 100 / total));
  fflush(stderr);
  progress_shown = true;
  if (done >= total) {
    cli_progress_clear();
  }
}

static void ready(client *c) {
  catch_signals(c);
  if (isatty(STDERR_FILENO)) {
    client_set_progress(c, show_progress, NULL);
  }
}

const char *cli_home(const cli_args *a) {
  static char path[4096];
  const char *given = cli_value(a, "--home", 0);
  if (given != NULL) {
    return given;
  }
  const char *env = getenv("TACET_HOME");
  if (env != NULL && *env != '\0') {
    return env;
  }
  const char *data = getenv("XDG_DATA_HOME");
  const char *home = getenv("HOME");
  if (data != NULL && *data != '\0') {
    snprintf(path, sizeof(path), "%s/tacet", data);
  } else {
    snprintf(path, sizeof(path), "%s/.local/share/tacet",
             home == NULL ? "." : home);
  }
  return path;
}

bool cli_ask(const char *question, bool hidden, char *answer, size_t cap) {
  int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  struct termios before, quiet;
  bool is_tty = tcgetattr(fd, &before) == 0;
  if (hidden && is_tty) {
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fd, TCSAFLUSH, &quiet);
  }
  ssize_t wrote = write(fd, question, strlen(question));
  size_t n = 0;
  ssize_t got = 0;
  char ch;
  while (wrote >= 0 && (got = read(fd, &ch, 1)) == 1 && ch != '\n') {
    if (n + 1 < cap) {
      answer[n++] = ch;
    }
  }
  answer[n] = '\0';
  if (hidden && is_tty) {
    tcsetattr(fd, TCSAFLUSH, &before);
    wrote = write(fd, "\n", 1);
  }
  close(fd);
  return wrote >= 0 && got == 1;
}

/* The first line of a file. */
static bool read_first_line(const char *path, char *out, size_t cap) {
  FILE *f = fopen(path, "r");
  if (f == NULL) {
    return false;
  }
  bool ok = fgets(out, (int)cap, f) != NULL;
  fclose(f);
  if (ok) {
    out[strcspn(out, "\r\n")] = '\0';
  }
  return ok;
}

/* 0, or an exit code after saying why. *out stays empty where nobody gave one
 * and there is no terminal to ask on. */
static int find_passphrase(const cli_args *a, const char *question, char *out,
                           size_t cap) {
  const char *file = cli_value(a, "--passphrase-file", 0);
  if (file != NULL) {
    if (!read_first_line(file, out, cap)) {
      return cli_fail(1, "the passphrase file %s cannot be read: %s.", file,
                      strerror(errno));
    }
    return 0;
  }
  const char *env = getenv("TACET_PASSPHRASE");
  if (env != NULL && *env != '\0') {
    snprintf(out, cap, "%s", env);
    return 0;
  }
  if (!isatty(STDIN_FILENO) || !cli_ask(question, true, out, cap)) {
    out[0] = '\0';
  }
  return 0;
}

/* The passphrase of a backup, which need not be the home's. `repeat`: a new
 * one.
 */
int cli_backup_passphrase(const cli_args *a, bool repeat, char *out,
                          size_t cap) {
  const char *file = cli_value(a, "--backup-passphrase-file", 0);
  const char *env = getenv("TACET_BACKUP_PASSPHRASE");
  char again[512] = "";
  int code = 0;
  out[0] = '\0';
  if (file != NULL) {
    if (!read_first_line(file, out, cap)) {
      return cli_fail(1, "the passphrase file %s cannot be read: %s.", file,
                      strerror(errno));
    }
  } else if (env != NULL && *env != '\0') {
    snprintf(out, cap, "%s", env);
  } else if (isatty(STDIN_FILENO) &&
             cli_ask("Passphrase of the backup: ", true, out, cap) &&
             out[0] != '\0' && repeat &&
             (!cli_ask("The same again: ", true, again, sizeof(again)) ||
              strcmp(again, out) != 0)) {
    code = cli_fail(2, "the two passphrases differ; nothing was written.");
  }
  tacet_wipe(again, sizeof(again));
  return code == 0 && out[0] == '\0'
             ? cli_fail(2, "a backup has a passphrase of its own: give it in "
                           "TACET_BACKUP_PASSPHRASE, with "
                           "--backup-passphrase-file, or on a terminal.")
             : code;
}

client *cli_open(const cli_args *a, int *code) {
  const char *home = cli_home(a);
  client_error err = {0};
  client_home_state state;
  client *c = NULL;
  char passphrase[512] = "";
  if (client_home_probe(home, &state, &err) != CLIENT_OK) {
    *code = cli_fail_with(&err);
    return NULL;
  }
  if (state == CLIENT_HOME_NONE) {
    *code = cli_fail(2,
                     "there is no account in %s yet; `tacet register` makes "
                     "one, `tacet link` or `tacet recover` takes yours here.",
                     home);
    return NULL;
  }
  if (state == CLIENT_HOME_PASSPHRASE) {
    *code = find_passphrase(a, "Passphrase: ", passphrase, sizeof(passphrase));
    if (*code == 0 && passphrase[0] == '\0') {
      *code = cli_fail(1, "this home is locked: give its passphrase in "
                          "TACET_PASSPHRASE, with --passphrase-file, or on a "
                          "terminal.");
    }
    if (*code != 0) {
      return NULL;
    }
  }
  client_kind kind =
      client_open(home, tacet_span_str(passphrase), NULL, &c, &err);
  tacet_wipe(passphrase, sizeof(passphrase));
  if (kind != CLIENT_OK) {
    *code = cli_fail_with(&err);
    return NULL;
  }
  ready(c);
  *code = 0;
  return c;
}

static int new_passphrase(const cli_args *a, char *out, size_t cap) {
  if (cli_flag(a, "--no-passphrase")) {
    out[0] = '\0';
    return 0;
  }
  int code = find_passphrase(a, "New passphrase: ", out, cap);
  if (code != 0) {
    return code;
  }
  if (out[0] == '\0') {
    return cli_fail(
        2, "a passphrase locks this home: give one in "
           "TACET_PASSPHRASE, with --passphrase-file or on a terminal, "
           "or say --no-passphrase.");
  }
  bool typed = cli_value(a, "--passphrase-file", 0) == NULL &&
               (getenv("TACET_PASSPHRASE") == NULL ||
                *getenv("TACET_PASSPHRASE") == '\0');
  char again[512] = "";
  if (typed && (!cli_ask("The same again: ", true, again, sizeof(again)) ||
                strcmp(again, out) != 0)) {
    code = cli_fail(2, "the two passphrases differ; nothing was made.");
  }
  tacet_wipe(again, sizeof(again));
  return code;
}

client *cli_create(const cli_args *a, int *code) {
  const char *home = cli_home(a);
  client_error err = {0};
  client_home_state state;
  if (client_home_probe(home, &state, &err) != CLIENT_OK) {
    *code = cli_fail_with(&err);
    return NULL;
  }
  if (state != CLIENT_HOME_NONE) {
    /* A registration that stopped half-way. Its home is locked or not; what is
     * wished for now must be the same, or somebody believes a lock that is not
     * there. */
    bool open = state == CLIENT_HOME_OPEN;
    if (open != cli_flag(a, "--no-passphrase")) {
      *code =
          cli_fail(2,
                   "%s holds an account that was begun %s a "
                   "passphrase: go on %s --no-passphrase, or remove that "
                   "folder and begin anew.",
                   home, open ? "without" : "with", open ? "with" : "without");
      return NULL;
    }
    return cli_open(a, code);
  }
  client *c = NULL;
  char passphrase[512] = "";
  *code = new_passphrase(a, passphrase, sizeof(passphrase));
  if (*code == 0 && client_create(home, tacet_span_str(passphrase), NULL, &c,
                                  &err) != CLIENT_OK) {
    *code = cli_fail_with(&err);
  }
  tacet_wipe(passphrase, sizeof(passphrase));
  if (c != NULL) {
    ready(c);
  }
  return c;
}
