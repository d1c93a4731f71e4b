/* SPDX-License-Identifier: Apache-2.0
 * chat: lines typed go out, what comes is shown, until Ctrl-D. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct chat {
  client *c;
  const char *to;
  bool terminal;
  char line[CLIENT_TEXT_MAX + 2];
  size_t len;
  bool too_long; /* the line under way is dropped, and that is said */
  bool end;
} chat;

static void note(const chat *t, const char *text) {
  printf("%s-- %s\n", t->terminal ? "\r\033[K" : "", text);
}

static void send_text(chat *t, const client_outgoing *m) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const char *id;
  client_delivery d = CLIENT_QUEUED;
  if (client_send(t->c, m, &mem, &id, &err) != CLIENT_OK) {
    note(t, err.text);
    return;
  }
  err = (client_error){0};
  if (client_flush(t->c, id, 10000, &d, &err) != CLIENT_OK) {
    note(t, err.text);
  } else if (d == CLIENT_PARTLY) {
    note(t, "it did not reach everybody: a mailbox is gone.");
  } else if (d != CLIENT_SENT) {
    note(t, "queued: the server has not got it yet; it is sent as soon as it "
            "can be.");
  }
}

static void take_line(chat *t) {
  t->line[t->len] = '\0';
  client_outgoing m = {.to = t->to, .text = t->line};
  const char *file;
  if (t->too_long) {
    note(t, "that line was too long and was not sent; send it as a file.");
  } else if (t->len == 0) {
    return;
  } else if (!cli_is_utf8(t->line, t->len)) {
    note(t, "that was not text, and was not sent.");
  } else if (strcmp(t->line, "/quit") == 0) {
    t->end = true;
  } else if (strcmp(t->line, "/help") == 0) {
    note(t, "/attach FILE sends a file, /quit or Ctrl-D ends; //x says /x.");
  } else if (strcmp(t->line, "/attach") == 0) {
    note(t, "/attach wants the path of a file behind it.");
  } else if (strncmp(t->line, "/attach ", 8) == 0) {
    file = t->line + 8;
    m.text = NULL;
    m.files = &file;
    m.n_files = 1;
    send_text(t, &m);
  } else if (t->line[0] == '/' && t->line[1] != '/') {
    note(t, "there is no such command; /help lists them.");
  } else {
    m.text = t->line[0] == '/' ? t->line + 1 : t->line;
    send_text(t, &m);
  }
}

static void take_bytes(chat *t, const char *bytes, size_t n) {
  for (size_t i = 0; i < n && !t->end; i++) {
    if (bytes[i] == '\n') {
      take_line(t);
      t->len = 0;
      t->too_long = false;
    } else if (t->len < CLIENT_TEXT_MAX) {
      t->line[t->len++] = bytes[i];
    } else {
      t->too_long = true;
    }
  }
}

static void read_input(chat *t) {
  char bytes[4096];
  ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
  if (n > 0) {
    take_bytes(t, bytes, (size_t)n);
  } else if (n == 0 || errno != EINTR) {
    take_bytes(t, "\n", t->len > 0 ? 1 : 0);
    t->end = true;
  }
}

static int show(chat *t, const client_event *e) {
  client_error err = {0};
  if (t->terminal) {
    fputs("\r\033[K", stdout);
  }
  cli_put_event(e);
  if (!cli_flush()) {
    return 1;
  }
  return client_event_done(t->c, e->id, &err) == CLIENT_OK
             ? 0
             : cli_fail_with(&err);
}

/* What was said before, so that one knows where one is. A conversation that
 * does not exist yet has none. */
static int show_history(chat *t) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const client_message *list;
  size_t n = 0;
  client_kind kind = client_history(t->c, t->to, 10, &mem, &list, &n, &err);
  if (kind != CLIENT_OK && strcmp(err.code, "no-such-conversation") != 0) {
    return cli_fail_with(&err);
  }
  for (size_t i = 0; i < n; i++) {
    cli_put_message(&list[i]);
  }
  if (t->terminal) {
    note(t, "type and press Enter; /help for more, Ctrl-D to end.");
  }
  return cli_flush() ? 0 : 1;
}

static int chat_loop(chat *t) {
  int code = show_history(t);
  while (code == 0 && !t->end && !cli_interrupted()) {
    CLIENT_MEM(mem);
    client_error err = {0};
    client_event e = {0};
    client_wait wait = {.timeout_ms = CLIENT_FOREVER, .fd = STDIN_FILENO};
    client_kind kind = client_next_event_of(t->c, t->to, &wait, &mem, &e, &err);
    if (cli_interrupted()) {
      break;
    }
    if (kind != CLIENT_OK) {
      return cli_fail_with(&err);
    }
    if (e.type == CLIENT_EVENT_FD) {
      read_input(t);
      fflush(stdout);
    } else if (e.type != CLIENT_EVENT_NONE) {
      code = show(t, &e);
    }
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
  t->terminal = isatty(STDOUT_FILENO) != 0;
  if (t->c != NULL) {
    code = chat_loop(t);
    client_free(t->c);
  }
  tacet_wipe(t->line, sizeof(t->line));
  free(t);
  return code;
}
