/* SPDX-License-Identifier: Apache-2.0
 * chat: lines typed go out, what comes is shown, until Ctrl-D. */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/screen.h"

#define SHOWN_LINES 10 /* of one's own message, which may be a long paste */
#define FLUSH_MS 10000 /* of one message, before it is called queued */

typedef struct chat {
  client *c;
  const char *to;
  cli_screen *screen; /* NULL: input or output is no terminal */
  bool talks;         /* there is a conversation to hear something of */
  bool end;
  /* Without a screen: the line under way. */
  char line[CLIENT_TEXT_MAX + 2];
  size_t len;
  bool too_long; /* it is dropped, and that is said */
} chat;

static void note(const chat *t, const char *text) {
  cli_screen_open(t->screen);
  printf("-- %s\n", text);
  cli_screen_close(t->screen);
}

/* ---- sending ---- */

/* How many lines there are behind the first n, whose bytes go to *shown. */
static size_t lines_beyond(const char *text, size_t n, size_t *shown) {
  size_t more = 0;
  *shown = strlen(text);
  for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++) {
    if (n > 0 && --n == 0) {
      *shown = (size_t)(p - text);
    }
    more += n == 0;
  }
  return more;
}

/* On a screen the line that was typed is gone, so it is shown as the message
 * that it has become. */
static void show_sent(const chat *t, const client_outgoing *m) {
  if (t->screen == NULL) {
    return;
  }
  if (m->text == NULL) {
    note(t, "the file is on its way.");
    return;
  }
  size_t shown, more = lines_beyond(m->text, SHOWN_LINES, &shown);
  char *text = strndup(m->text, shown);
  const client_message sent = {.own = true,
                               .sent_at = (uint64_t)time(NULL) * 1000,
                               .text = text == NULL ? "" : text,
                               .delivery = CLIENT_SENT};
  cli_screen_open(t->screen);
  cli_put_message(&sent);
  if (more > 0) {
    printf("-- and %zu more lines\n", more);
  }
  cli_screen_close(t->screen);
  free(text);
}

static void send(chat *t, const client_outgoing *m, const char *typed) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const char *id;
  client_delivery d = CLIENT_QUEUED;
  if (client_send(t->c, m, &mem, &id, &err) != CLIENT_OK) {
    note(t, err.text);
    if (t->screen != NULL) {
      (void)cli_screen_return(t->screen, typed);
    }
    return;
  }
  show_sent(t, m);
  err = (client_error){0};
  if (client_flush(t->c, id, FLUSH_MS, &d, &err) != CLIENT_OK) {
    note(t, err.text);
  } else if (d != CLIENT_SENT) {
    note(t, "queued: the server has not got it yet; it is sent as soon as it "
            "can be.");
  }
}

static void take_line(chat *t, const char *line) {
  client_outgoing m = {.to = t->to, .text = line};
  const char *file;
  if (line[strspn(line, " \t\n")] == '\0') {
    return;
  }
  if (strcmp(line, "/quit") == 0) {
    t->end = true;
  } else if (strcmp(line, "/help") == 0) {
    note(t, "/attach FILE sends a file, /quit or Ctrl-D ends; //x says /x. "
            "Alt-Enter begins a new line.");
  } else if (strcmp(line, "/attach") == 0) {
    note(t, "/attach wants the path of a file behind it.");
  } else if (strncmp(line, "/attach ", 8) == 0) {
    file = line + 8;
    m.text = NULL;
    m.files = &file;
    m.n_files = 1;
    send(t, &m, line);
  } else if (line[0] == '/' && line[1] != '/') {
    note(t, "there is no such command; /help lists them.");
  } else {
    m.text = line[0] == '/' ? line + 1 : line;
    send(t, &m, line);
  }
}

static void say_too_long(const chat *t) {
  note(t, "that line was too long and was not sent; send it as a file.");
}

/* ---- input: a screen's lines, or bytes from anywhere ---- */

static void take_typed(chat *t) {
  char *line;
  cli_typed what;
  while (!t->end && !cli_interrupted() &&
         (what = cli_screen_take(t->screen, &line)) != CLI_TYPED_NOTHING) {
    if (what == CLI_TYPED_END) {
      t->end = true;
    } else if (what == CLI_TYPED_TOO_LONG) {
      say_too_long(t);
    } else {
      size_t len = strlen(line);
      if (len > 0 && line[len - 1] == '\n') { /* the last one of a paste */
        line[len - 1] = '\0';
      }
      take_line(t, line);
      tacet_wipe(line, len);
      free(line);
    }
  }
}

static void take_bytes(chat *t, const char *bytes, size_t n) {
  for (size_t i = 0; i < n && !t->end; i++) {
    if (bytes[i] != '\n') {
      t->too_long = t->too_long || t->len == CLIENT_TEXT_MAX;
      if (!t->too_long) {
        t->line[t->len++] = bytes[i];
      }
      continue;
    }
    t->line[t->len] = '\0';
    if (t->too_long) {
      say_too_long(t);
    } else if (!cli_is_utf8(t->line, t->len)) {
      note(t, "that was not text, and was not sent.");
    } else {
      take_line(t, t->line);
    }
    t->len = 0;
    t->too_long = false;
  }
}

static void read_input(chat *t) {
  char bytes[4096];
  if (t->screen != NULL) {
    take_typed(t);
    return;
  }
  ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
  if (n > 0) {
    take_bytes(t, bytes, (size_t)n);
  } else if (n == 0 || errno != EINTR) {
    take_bytes(t, "\n", t->len > 0 ? 1 : 0);
    t->end = true;
  }
}

/* ---- output ---- */

static int show(chat *t, const client_event *e) {
  client_error err = {0};
  cli_screen_open(t->screen);
  cli_put_event(e);
  bool ok = cli_flush();
  cli_screen_close(t->screen);
  if (!ok) {
    return 1;
  }
  return client_event_done(t->c, e->id, &err) == CLIENT_OK
             ? 0
             : cli_fail_with(&err);
}

/* What was said before, so that one knows where one is. */
static int show_history(chat *t) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const client_message *list;
  size_t n = 0;
  client_kind kind = client_history(t->c, t->to, 10, &mem, &list, &n, &err);
  t->talks = kind == CLIENT_OK;
  if (kind != CLIENT_OK && strcmp(err.code, "no-such-conversation") != 0) {
    return cli_fail_with(&err);
  }
  client_code code; /* whoever has one with us exists, and can be written to */
  if (kind != CLIENT_OK &&
      client_code_get(t->c, t->to, &code, &err) != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  for (size_t i = 0; i < n; i++) {
    if (list[i].read_at != 0) { /* what is new is shown as it comes, below */
      cli_put_message(&list[i]);
    }
  }
  if (isatty(STDOUT_FILENO)) {
    printf("-- type and press Enter; /help for more, Ctrl-D to end.\n");
  }
  return cli_flush() ? 0 : 1;
}

static void show_progress(void *user, const char *what, const char *name,
                          uint64_t done, uint64_t total) {
  const chat *t = user;
  char prompt[40];
  (void)name;
  if (total > 0) {
    (void)snprintf(prompt, sizeof(prompt), "%.16s %u %% > ", what,
                   (unsigned)(done * 100 / total));
    cli_screen_prompt(t->screen, done < total ? prompt : NULL);
  }
}

static void show_link(void *user, bool up) {
  const chat *t = user;
  cli_screen_open(t->screen);
  cli_put_link(up);
  cli_screen_close(t->screen);
}

/* ---- the loop ---- */

/* Nobody can answer before the first message made the conversation. */
static int wait_for_first_line(chat *t) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const client_message *list;
  size_t n;
  struct pollfd p = {.fd = t->screen != NULL ? cli_screen_fd(t->screen)
                                             : STDIN_FILENO,
                     .events = POLLIN};
  if (poll(&p, 1, 1000) > 0) { /* a signal may have come before */
    read_input(t);
    t->talks =
        client_history(t->c, t->to, 1, &mem, &list, &n, &err) == CLIENT_OK;
  }
  return 0;
}

static int wait_for_both(chat *t) {
  CLIENT_MEM(mem);
  client_error err = {0};
  client_event e = {0};
  client_wait wait = {.timeout_ms = CLIENT_FOREVER,
                      .fd = t->screen != NULL ? cli_screen_fd(t->screen)
                                              : STDIN_FILENO};
  client_kind kind = client_next_event_of(t->c, t->to, &wait, &mem, &e, &err);
  if (cli_interrupted()) {
    return 0;
  }
  if (kind != CLIENT_OK) {
    cli_screen_open(t->screen);
    int code = cli_fail_with(&err);
    cli_screen_close(t->screen);
    return code;
  }
  if (e.type == CLIENT_EVENT_FD) {
    read_input(t);
    return cli_flush() ? 0 : 1;
  }
  return e.type == CLIENT_EVENT_NONE ? 0 : show(t, &e);
}

static int chat_loop(chat *t) {
  int code = show_history(t);
  if (code != 0) {
    return code;
  }
  t->screen = cli_screen_start(CLIENT_TEXT_MAX);
  client_set_link(t->c, show_link, t);
  if (t->screen != NULL) {
    client_set_progress(t->c, show_progress, t);
  }
  while (code == 0 && !t->end && !cli_interrupted()) {
    code = t->talks ? wait_for_both(t) : wait_for_first_line(t);
  }
  client_set_progress(t->c, NULL, NULL);
  client_set_link(t->c, NULL, NULL);
  size_t left = cli_screen_stop(t->screen);
  if (left > 0) {
    (void)cli_fail(0, "%zu line%s that you typed %s not sent.", left,
                   left == 1 ? "" : "s", left == 1 ? "was" : "were");
  }
  return code;
}

int cli_chat(const cli_args *a) {
  int code;
  chat *t = calloc(1, sizeof(*t));
  if (t == NULL) {
    return cli_fail(1, "out of memory.");
  }
  t->c = cli_open(a, &code);
  t->to = a->words[0];
  if (t->c != NULL) {
    code = chat_loop(t);
    client_free(t->c);
  }
  tacet_wipe(t->line, sizeof(t->line));
  free(t);
  return code;
}
