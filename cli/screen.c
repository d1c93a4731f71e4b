/* SPDX-License-Identifier: Apache-2.0
 * The shared terminal: raw mode, the thread that reads keys, a queue of lines.
 */
#include "cli/screen.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "cli/line.h"

/* Bytes of lines that wait to be taken; above it no more keys are read. */
#define QUEUE_MAX ((size_t)1 << 20)
#define LINE_COST ((size_t)64) /* of one, besides its bytes */
#define PROMPT_MAX 48

typedef struct typed {
  struct typed *next;
  cli_typed what;
  char *text;
} typed;

struct cli_screen {
  pthread_t thread;
  struct termios before; /* how the terminal was */
  sigset_t mask_before;
  int ready; /* eventfd: something can be taken */
  int wake;  /* eventfd: the thread looks around */
  int signals;

  pthread_mutex_t lock; /* of all below, and of stdout */
  cli_line line;
  char prompt[PROMPT_MAX];
  typed *first, **last;
  size_t queued; /* bytes */
  bool mine;     /* the terminal is in our mode, and we are in front */
  bool ended, stop;
};

/* ---- the row ---- */

static size_t columns(void) {
  struct winsize w;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col
                                                                   : 80;
}

static void draw(cli_screen *s) {
  if (s->mine) {
    cli_line_draw(&s->line, s->prompt, columns(), stdout);
    (void)fflush(stdout);
  }
}

static void erase(const cli_screen *s) {
  if (s->mine) {
    fputs("\r\033[K", stdout);
    (void)fflush(stdout);
  }
}

/* ---- the terminal's mode ---- */

/* Every key as it comes, and no echo: the row is ours. Signals and the
 * translation of output stay the terminal's. */
static void take_terminal(cli_screen *s) {
  struct termios raw = s->before;
  if (s->mine || tcgetpgrp(STDIN_FILENO) != getpgrp()) {
    return; /* in the background nothing is ours */
  }
  raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
  raw.c_iflag &= ~(tcflag_t)(IXON | ISTRIP);
  raw.c_cc[VQUIT] = _POSIX_VDISABLE;
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  s->mine = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  if (s->mine) {
    fputs("\033[?2004h", stdout); /* pastes come between marks */
  }
}

static void give_terminal(cli_screen *s) {
  if (s->mine) {
    erase(s);
    fputs("\033[?2004l", stdout);
    (void)fflush(stdout);
    (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
    s->mine = false;
  }
}

/* ---- what was typed ---- */

static void push(cli_screen *s, cli_typed what, const char *text, size_t len) {
  typed *t = calloc(1, sizeof(*t));
  char *copy = calloc(1, len + 1);
  const uint64_t one = 1;
  if (t == NULL || copy == NULL) {
    free(t);
    free(copy);
    return; /* the line is lost, with the memory */
  }
  if (len > 0) {
    memcpy(copy, text, len);
  }
  *t = (typed){.what = what, .text = copy};
  *s->last = t;
  s->last = &t->next;
  s->queued += len + LINE_COST;
  (void)!write(s->ready, &one, sizeof(one));
}

static void end(cli_screen *s) {
  if (!s->ended) {
    s->ended = true;
    push(s, CLI_TYPED_END, NULL, 0);
  }
}

static void take_key(cli_screen *s, unsigned char byte) {
  switch (cli_line_feed(&s->line, byte)) {
  case CLI_LINE_MORE:
    break;
  case CLI_LINE_ENTER:
    push(s, s->line.full ? CLI_TYPED_TOO_LONG : CLI_TYPED_LINE, s->line.text,
         s->line.full ? 0 : s->line.len);
    cli_line_clear(&s->line);
    break;
  case CLI_LINE_END:
    end(s);
    break;
  case CLI_LINE_REDRAW:
    fputs("\033[H\033[J", stdout);
    break;
  }
}

static void read_keys(cli_screen *s) {
  unsigned char bytes[4096];
  ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
  for (ssize_t i = 0; i < n && !s->ended; i++) {
    take_key(s, bytes[i]);
  }
  tacet_wipe(bytes, sizeof(bytes));
  if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
    end(s);
  }
}

/* ---- the thread ---- */

static void take_signal(cli_screen *s) {
  struct signalfd_siginfo got;
  if (read(s->signals, &got, sizeof(got)) != (ssize_t)sizeof(got)) {
    return;
  }
  if (got.ssi_signo == SIGTSTP) {
    give_terminal(s);
    (void)kill(getpid(), SIGSTOP); /* may take hold of this thread later */
  }
  if (got.ssi_signo == SIGCONT) { /* the shell may have changed its mode */
    s->mine = false;
    take_terminal(s);
  }
}

/* False when it is time to end. */
static bool look_around(cli_screen *s) {
  uint64_t count;
  (void)pthread_mutex_lock(&s->lock);
  bool reads = s->mine && !s->ended && s->queued < QUEUE_MAX;
  (void)pthread_mutex_unlock(&s->lock);
  struct pollfd fds[] = {{.fd = s->wake, .events = POLLIN},
                         {.fd = s->signals, .events = POLLIN},
                         {.fd = reads ? STDIN_FILENO : -1, .events = POLLIN}};
  if (poll(fds, 3, -1) < 0) {
    return errno == EINTR;
  }
  (void)pthread_mutex_lock(&s->lock);
  if (fds[0].revents != 0) {
    (void)!read(s->wake, &count, sizeof(count));
  }
  if (fds[1].revents != 0) {
    take_signal(s);
  }
  if (fds[2].revents != 0 && s->mine) {
    read_keys(s);
  }
  draw(s);
  bool go_on = !s->stop;
  (void)pthread_mutex_unlock(&s->lock);
  return go_on;
}

static void *run(void *arg) {
  while (look_around(arg)) {
  }
  return NULL;
}

/* ---- for the other thread ---- */

static bool can_be_drawn_on(void) {
  const char *term = getenv("TERM");
  return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term != NULL &&
         *term != '\0' && strcmp(term, "dumb") != 0;
}

static void free_screen(cli_screen *s) {
  while (s->first != NULL) {
    typed *t = s->first;
    s->first = t->next;
    tacet_wipe(t->text, strlen(t->text));
    free(t->text);
    free(t);
  }
  cli_line_free(&s->line);
  (void)pthread_mutex_destroy(&s->lock);
  const int fds[] = {s->ready, s->wake, s->signals};
  for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
    if (fds[i] >= 0) {
      (void)close(fds[i]);
    }
  }
  free(s);
}

/* The signals of the terminal come through a descriptor; all others, which
 * interrupt the client, go to the thread that works for it. */
static bool start_thread(cli_screen *s) {
  sigset_t ours, all;
  (void)sigemptyset(&ours);
  (void)sigaddset(&ours, SIGWINCH);
  (void)sigaddset(&ours, SIGCONT);
  (void)sigaddset(&ours, SIGTSTP);
  (void)sigfillset(&all);
  s->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
  if (s->ready < 0 || s->wake < 0 || s->signals < 0) {
    return false;
  }
  (void)pthread_sigmask(SIG_SETMASK, &all, &s->mask_before);
  bool ok = pthread_create(&s->thread, NULL, run, s) == 0;
  (void)pthread_sigmask(SIG_SETMASK, &s->mask_before, NULL);
  if (ok) {
    (void)pthread_sigmask(SIG_BLOCK, &ours, NULL);
  }
  return ok;
}

cli_screen *cli_screen_start(size_t max) {
  if (!can_be_drawn_on()) {
    return NULL;
  }
  cli_screen *s = calloc(1, sizeof(*s));
  if (s == NULL) {
    return NULL;
  }
  (void)setlocale(LC_CTYPE, "C.UTF-8"); /* for the widths of characters */
  s->line.max = max;
  s->last = &s->first;
  s->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  s->signals = -1;
  (void)pthread_mutex_init(&s->lock, NULL);
  cli_screen_prompt(s, NULL);
  if (tcgetattr(STDIN_FILENO, &s->before) != 0) {
    free_screen(s);
    return NULL;
  }
  take_terminal(s);
  draw(s);
  if (!start_thread(s)) {
    give_terminal(s);
    free_screen(s);
    return NULL;
  }
  return s;
}

static void wake(cli_screen *s) {
  const uint64_t one = 1;
  (void)!write(s->wake, &one, sizeof(one));
}

size_t cli_screen_stop(cli_screen *s) {
  if (s == NULL) {
    return 0;
  }
  (void)pthread_mutex_lock(&s->lock);
  s->stop = true;
  (void)pthread_mutex_unlock(&s->lock);
  wake(s);
  (void)pthread_join(s->thread, NULL);
  give_terminal(s);
  (void)pthread_sigmask(SIG_SETMASK, &s->mask_before, NULL);
  size_t n = 0;
  for (const typed *t = s->first; t != NULL; t = t->next) {
    n += t->what != CLI_TYPED_END && t->text[0] != '\0';
  }
  free_screen(s);
  return n;
}

int cli_screen_fd(const cli_screen *s) {
  return s->ready;
}

cli_typed cli_screen_take(cli_screen *s, char **line) {
  uint64_t count;
  (void)pthread_mutex_lock(&s->lock);
  typed *t = s->first;
  cli_typed what = t == NULL ? CLI_TYPED_NOTHING : t->what;
  if (t != NULL) {
    bool was_full = s->queued >= QUEUE_MAX;
    s->first = t->next;
    s->queued -= strlen(t->text) + LINE_COST;
    if (was_full && s->queued < QUEUE_MAX) {
      wake(s);
    }
  }
  if (s->first == NULL) {
    s->last = &s->first;
    (void)!read(s->ready, &count, sizeof(count));
  }
  (void)pthread_mutex_unlock(&s->lock);
  *line = NULL;
  if (what == CLI_TYPED_LINE) {
    *line = t->text;
  } else if (t != NULL) {
    free(t->text);
  }
  free(t);
  return what;
}

bool cli_screen_return(cli_screen *s, const char *text) {
  (void)pthread_mutex_lock(&s->lock);
  bool empty = s->line.len == 0 && s->first == NULL;
  if (empty) {
    cli_line_set(&s->line, text);
    draw(s);
  }
  (void)pthread_mutex_unlock(&s->lock);
  return empty;
}

void cli_screen_open(cli_screen *s) {
  if (s != NULL) {
    (void)pthread_mutex_lock(&s->lock);
    erase(s);
  }
}

void cli_screen_close(cli_screen *s) {
  if (s != NULL) {
    (void)fflush(stdout);
    draw(s);
    (void)pthread_mutex_unlock(&s->lock);
  }
}

void cli_screen_prompt(cli_screen *s, const char *prompt) {
  (void)pthread_mutex_lock(&s->lock);
  (void)snprintf(s->prompt, sizeof(s->prompt), "%s",
                 prompt == NULL ? "> " : prompt);
  draw(s);
  (void)pthread_mutex_unlock(&s->lock);
}
