/* SPDX-License-Identifier: Apache-2.0
 * Messages and events, for people and as JSON lines. */
#include "cli/cli.h"
#include "cli/json.h"

/* ---- for people ---- */

static void put_size(uint64_t n) {
  if (n < 10000) {
    printf("%llu B", (unsigned long long)n);
  } else if (n < (10u << 20)) {
    printf("%llu KiB", (unsigned long long)(n >> 10));
  } else {
    printf("%llu MiB", (unsigned long long)(n >> 20));
  }
}

static void put_delivery(client_delivery d) {
  static const char *const words[] = {" (queued)", " (not to everybody yet)",
                                      ""};
  fputs(words[d], stdout);
}

static void put_message(const client_message *m, const char *mark) {
  char time[32];
  if (m->notice) { /* a line of its own: no handle and no name can hold it */
    printf("-- from the operator of this server (legal notices):\n");
  }
  printf("%s  ", cli_time_short(m->sent_at, time));
  if (m->group != NULL) {
    cli_put_text(stdout, m->group);
    fputs(" / ", stdout);
  }
  cli_put_text(stdout, m->own ? "me" : m->from);
  if (m->request) {
    fputs(" (request)", stdout);
  }
  fputs(mark, stdout);
  if (m->own) {
    put_delivery(m->delivery);
  }
  fputs(": ", stdout);
  cli_put_lines(stdout, m->text);
  putchar('\n');
  for (size_t i = 0; i < m->n_attachments; i++) {
    const client_attachment *f = &m->attachments[i];
    fputs("    file ", stdout);
    cli_put_text(stdout, f->name);
    fputs(", ", stdout);
    put_size(f->size);
    if (f->path != NULL) {
      fputs(", saved as ", stdout);
      cli_put_text(stdout, f->path);
    }
    putchar('\n');
  }
}

void cli_put_message(const client_message *m) {
  put_message(m, "");
}

/* What no device of the account has shown before is new. */
void cli_put_past_message(const client_message *m) {
  put_message(m, m->read_at == 0 ? " (new)" : "");
}

static void put_group_event(const client_event *e) {
  fputs("-- ", stdout);
  cli_put_text(stdout, e->u.group.name == NULL ? "?" : e->u.group.name);
  printf(": %s by ", e->u.group.action);
  cli_put_text(stdout, e->u.group.by == NULL ? "?" : e->u.group.by);
  for (size_t i = 0; i < e->u.group.n_members; i++) {
    fputs(i == 0 ? ": " : ", ", stdout);
    cli_put_text(stdout, e->u.group.members[i]);
  }
  putchar('\n');
}

void cli_put_event(const client_event *e) {
  switch (e->type) {
  case CLIENT_EVENT_MESSAGE:
    put_message(&e->u.message,
                e->u.message.own || e->u.message.read_at == 0 ? "" : " (read)");
    break;
  case CLIENT_EVENT_GROUP:
    put_group_event(e);
    break;
  case CLIENT_EVENT_REQUEST:
    fputs("-- ", stdout);
    cli_put_text(stdout, e->u.request.from);
    if (e->u.request.group != NULL) {
      fputs(" invites you to ", stdout);
      cli_put_text(stdout, e->u.request.group);
    } else {
      fputs(" writes to you for the first time", stdout);
    }
    fputs("; answer, or `tacet requests accept|refuse ", stdout);
    cli_put_text(stdout, e->u.request.from);
    fputs("`\n", stdout);
    break;
  case CLIENT_EVENT_WARNING:
    printf("-- warning: ");
    cli_put_text(stdout, e->u.warning.text);
    putchar('\n');
    break;
  case CLIENT_EVENT_HISTORY:
    printf("-- what was said before has come from your other device: %zu "
           "message%s, %zu new conversation%s\n",
           e->u.history.n_messages, e->u.history.n_messages == 1 ? "" : "s",
           e->u.history.n_conversations,
           e->u.history.n_conversations == 1 ? "" : "s");
    break;
  case CLIENT_EVENT_READ: /* for programs: the messages say it themselves */
  case CLIENT_EVENT_NONE:
  case CLIENT_EVENT_FD:
    break;
  }
}

void cli_put_link(bool up) {
  fputs(up ? "tacet: the server can be reached again.\n"
           : "tacet: the server cannot be reached; trying again until it "
             "can.\n",
        stderr);
}

/* ---- JSON lines: the fields of docs/man/tacet.1, in that order ---- */

static void set_text(json_t *o, const char *key, const char *text) {
  json_object_set_new(o, key, text == NULL ? json_null() : json_string(text));
}

static void set_time(json_t *o, const char *key, uint64_t ms) {
  char text[32];
  set_text(o, key, ms == 0 ? NULL : cli_time(ms, text));
}

void cli_print_json(json_t *o) {
  char *line = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
  if (line != NULL) {
    puts(line);
    free(line);
  }
  json_decref(o);
}

static json_t *json_texts(const char *const *list, size_t n) {
  json_t *o = json_array();
  for (size_t i = 0; i < n; i++) {
    json_array_append_new(o, json_string(list[i]));
  }
  return o;
}

static json_t *attachments_json(const client_message *m) {
  json_t *list = json_array();
  for (size_t i = 0; i < m->n_attachments; i++) {
    json_t *o = json_object();
    set_text(o, "name", m->attachments[i].name);
    set_text(o, "type", m->attachments[i].type);
    json_object_set_new(o, "size",
                        json_integer((json_int_t)m->attachments[i].size));
    set_text(o, "path", m->attachments[i].path);
    json_array_append_new(list, o);
  }
  return list;
}

static json_t *message_json(const client_message *m) {
  json_t *o = json_object();
  set_text(o, "type", "message");
  set_text(o, "id", m->id);
  set_text(o, "conversation", m->conversation);
  set_text(o, "group", m->group);
  set_text(o, "from", m->from);
  set_text(o, "device", m->device);
  set_time(o, "sent_at", m->sent_at);
  set_time(o, "received_at", m->received_at);
  set_text(o, "text", m->text);
  set_text(o, "reply_to", m->reply_to);
  json_object_set_new(o, "request", json_boolean(m->request));
  json_object_set_new(o, "notice", json_boolean(m->notice));
  json_object_set_new(o, "own", json_boolean(m->own));
  json_object_set_new(o, "attachments", attachments_json(m));
  set_time(o, "expires_at", m->expires_at);
  set_time(o, "read_at", m->read_at);
  if (m->own) {
    static const char *const words[] = {"queued", "partly", "sent"};
    set_text(o, "delivery", words[m->delivery]);
  }
  return o;
}

void cli_put_message_json(const client_message *m) {
  cli_print_json(message_json(m));
}

void cli_put_event_json(const client_event *e) {
  if (e->type == CLIENT_EVENT_MESSAGE) {
    json_t *m = message_json(&e->u.message);
    set_text(m, "trust", cli_trust_word(e->trust));
    cli_print_json(m);
    return;
  }
  json_t *o = json_object();
  switch (e->type) {
  case CLIENT_EVENT_GROUP:
    set_text(o, "type", "group");
    set_text(o, "id", e->id);
    set_text(o, "conversation", e->conversation);
    set_text(o, "group", e->u.group.name);
    set_text(o, "action", e->u.group.action);
    set_text(o, "by", e->u.group.by);
    json_object_set_new(o, "members",
                        json_texts(e->u.group.members, e->u.group.n_members));
    break;
  case CLIENT_EVENT_REQUEST:
    set_text(o, "type", "request");
    set_text(o, "id", e->id);
    set_text(o, "conversation", e->conversation);
    set_text(o, "from", e->u.request.from);
    set_text(o, "group", e->u.request.group);
    set_text(o, "trust", cli_trust_word(e->trust));
    break;
  case CLIENT_EVENT_WARNING:
    set_text(o, "type", "warning");
    set_text(o, "id", e->id);
    set_text(o, "code", e->u.warning.code);
    set_text(o, "conversation", e->conversation);
    set_text(o, "text", e->u.warning.text);
    break;
  case CLIENT_EVENT_READ:
    set_text(o, "type", "read");
    set_text(o, "id", e->id);
    set_text(o, "conversation", e->conversation);
    json_object_set_new(o, "messages",
                        json_texts(e->u.read.messages, e->u.read.n_messages));
    break;
  case CLIENT_EVENT_HISTORY:
    set_text(o, "type", "history");
    set_text(o, "id", e->id);
    json_object_set_new(o, "conversations",
                        json_integer((json_int_t)e->u.history.n_conversations));
    json_object_set_new(o, "messages",
                        json_integer((json_int_t)e->u.history.n_messages));
    break;
  case CLIENT_EVENT_MESSAGE:
  case CLIENT_EVENT_NONE:
  case CLIENT_EVENT_FD:
    json_decref(o);
    return;
  }
  cli_print_json(o);
}
