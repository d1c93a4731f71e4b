/* SPDX-License-Identifier: Apache-2.0
 * send, receive, history. */
#include "cli/cli.h"

#include <stdlib.h>
#include <unistd.h>

/* How long `send` works on the outbox before it leaves the rest to the next
 * command. */
#define FLUSH_MS 30000

/* 0, or an exit code after saying why. */
static int report_delivery(client_delivery d, const client_error *err,
                           bool insist) {
  if (d == CLIENT_SENT) {
    return 0;
  }
  if (d == CLIENT_PARTLY) {
    static const char gone[] =
        "it did not reach everybody: a mailbox is gone, and no newer one is "
        "known.";
    if (insist) {
      return cli_fail(3, "%s", gone);
    }
    fprintf(stderr, "tacet: %s\n", gone);
    return 0;
  }
  bool here = err->kind == CLIENT_FAILED || err->kind == CLIENT_KEYS;
  if (insist) {
    return cli_fail(here ? (int)err->kind : 3, "%s It stays in the outbox.",
                    err->text[0] == '\0' ? "The server does not have it yet."
                                         : err->text);
  }
  if (here) {
    fprintf(stderr, "tacet: queued. %s\n", err->text);
    return 0;
  }
  fputs("tacet: queued; it goes out with the next command that reaches the "
        "server.\n",
        stderr);
  return 0;
}

static int send_message(client *c, const client_outgoing *m, bool insist) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const char *id;
  if (client_send(c, m, &mem, &id, &err) != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  client_delivery d = CLIENT_QUEUED;
  err = (client_error){0};
  if (client_flush(c, id, FLUSH_MS, &d, &err) != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  puts(id);
  return report_delivery(d, &err, insist);
}

int cli_send(const cli_args *a) {
  const char *files[CLIENT_FILES_MAX];
  client_outgoing m = {.to = a->words[0],
                       .files = files,
                       .reply_to = cli_value(a, "--reply-to", 0)};
  for (const char *f; (f = cli_value(a, "--attach", m.n_files)) != NULL;) {
    if (m.n_files == CLIENT_FILES_MAX) {
      return cli_fail(2, "at most %d files go with one message.",
                      CLIENT_FILES_MAX);
    }
    files[m.n_files++] = f;
  }
  const char *expires = cli_value(a, "--expires", 0);
  if (expires != NULL &&
      (!cli_duration(expires, &m.expires_ms) || m.expires_ms == 0)) {
    return cli_fail(2, "--expires wants a time such as 30m, 2h or 1d, not %s.",
                    expires);
  }
  if (m.to[0] == '\0') {
    return cli_fail(2, "TO is empty: it is a handle, a group or a conversation "
                       "id.");
  }
  char *typed = NULL;
  m.text = a->n_words > 1 ? a->words[1] : NULL;
  if (m.text != NULL && strcmp(m.text, "-") == 0) {
    typed = cli_read_text();
    if (typed == NULL) {
      return 2;
    }
    m.text = typed;
  }
  if ((m.text == NULL || m.text[strspn(m.text, " \t\n")] == '\0') &&
      m.n_files == 0) {
    free(typed);
    return cli_fail(2, "the message is empty: usage: tacet send TO [TEXT|-] "
                       "[--attach FILE]…");
  }
  int code;
  client *c = cli_open(a, &code);
  if (c != NULL) {
    code = send_message(c, &m, cli_flag(a, "--sent"));
    client_free(c);
  }
  free(typed);
  return code;
}

/* ---- receive ---- */

/* Fetches the files of a message before it is shown, so that it can be said
 * where they are. One that fails is told, and `history` can fetch it another
 * time: then not 0. *list: the message's, with the paths; NULL: as it was. */
static int save_attachments(client *c, const client_message *m, const char *dir,
                            client_mem *mem, client_attachment **list) {
  int code = 0;
  *list = NULL;
  if (dir == NULL || m->n_attachments == 0 || m->request || m->own) {
    return 0;
  }
  client_attachment *l = calloc(m->n_attachments, sizeof(*l));
  if (l == NULL) {
    return cli_fail(1, "out of memory.");
  }
  memcpy(l, m->attachments, m->n_attachments * sizeof(*l));
  for (size_t i = 0; i < m->n_attachments; i++) {
    client_error err = {0};
    const char *path;
    if (l[i].path != NULL) {
      continue;
    }
    if (client_attachment_save(c, m->id, l[i].index, dir, mem, &path, &err) ==
        CLIENT_OK) {
      l[i].path = path;
    } else if (!m->notice || strcmp(err.code, "not-accepted") != 0) {
      code = cli_fail_with(&err);
    }
  }
  *list = l;
  return code;
}

/* Prints, flushes, then marks: a kill in between shows it once more. Files that
 * were not saved go to *unsaved. */
static int show_event(client *c, client_event *e, const cli_args *a,
                      client_mem *mem, int *unsaved) {
  const char *dir = cli_value(a, "--save-attachments", 0);
  client_attachment *list = NULL;
  if (e->type == CLIENT_EVENT_MESSAGE) {
    int code = save_attachments(c, &e->u.message, dir, mem, &list);
    *unsaved = code != 0 ? code : *unsaved;
    e->u.message.attachments = list != NULL ? list : e->u.message.attachments;
  }
  if (cli_flag(a, "--json")) {
    cli_put_event_json(e);
  } else {
    cli_put_event(e);
  }
  free(list);
  client_error err = {0};
  if (!cli_flush()) {
    return 1;
  }
  return client_event_done(c, e->id, &err) == CLIENT_OK ? 0
                                                        : cli_fail_with(&err);
}

static int receive_loop(client *c, const cli_args *a, client_wait wait) {
  bool follow = cli_flag(a, "--follow");
  int unsaved = 0;
  while (!cli_interrupted()) { /* also while something was being printed */
    CLIENT_MEM(mem);
    client_error err = {0};
    client_event e = {0};
    client_kind kind = client_next_event(c, &wait, &mem, &e, &err);
    if (cli_interrupted()) {
      break;
    }
    if (kind != CLIENT_OK) {
      return cli_fail_with(&err);
    }
    if (e.type == CLIENT_EVENT_NONE) {
      break;
    }
    int code = show_event(c, &e, a, &mem, &unsaved);
    if (code != 0) {
      return code;
    }
    if (!follow) {
      wait.timeout_ms = 0; /* something came; print what is there and end */
    }
  }
  return unsaved;
}

static void tell_link(void *user, bool up) {
  (void)user;
  cli_progress_clear();
  cli_put_link(up);
}

int cli_receive(const cli_args *a) {
  client_wait wait = {.timeout_ms = 0, .fd = -1};
  const char *timeout = cli_value(a, "--timeout", 0);
  if (timeout != NULL && !cli_duration(timeout, &wait.timeout_ms)) {
    return cli_fail(2, "--timeout wants seconds, not %s.", timeout);
  }
  if (cli_flag(a, "--follow")) {
    wait.timeout_ms = CLIENT_FOREVER;
  }
  int code;
  client *c = cli_open(a, &code);
  if (c != NULL && cli_flag(a, "--follow")) {
    client_set_link(c, tell_link, NULL);
  }
  if (c != NULL) {
    code = receive_loop(c, a, wait);
    client_free(c);
  }
  return code;
}

static int show_history(client *c, const cli_args *a, size_t limit) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const client_message *all;
  size_t n;
  int code = 0;
  if (client_history(c, a->words[0], limit, &mem, &all, &n, &err) !=
      CLIENT_OK) {
    return cli_fail_with(&err);
  }
  for (size_t i = 0; i < n && !cli_interrupted(); i++) {
    client_message m = all[i];
    client_attachment *list;
    int saved = save_attachments(c, &m, cli_value(a, "--save-attachments", 0),
                                 &mem, &list);
    code = saved != 0 ? saved : code;
    m.attachments = list != NULL ? list : m.attachments;
    if (cli_flag(a, "--json")) {
      cli_put_message_json(&m);
    } else {
      cli_put_past_message(&m);
    }
    free(list);
  }
  return code;
}

int cli_history(const cli_args *a) {
  size_t limit = 50;
  const char *text = cli_value(a, "--limit", 0);
  if (text != NULL) {
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0') {
      return cli_fail(2, "--limit wants a number, not %s.", text);
    }
    limit = v;
  }
  int code;
  client *c = cli_open(a, &code);
  if (c != NULL) {
    code = show_history(c, a, limit);
    client_free(c);
  }
  return code;
}
