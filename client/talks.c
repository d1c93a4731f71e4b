/* SPDX-License-Identifier: Apache-2.0
 * Conversations. */
#include "client/talks.h"

#include "client/api.h"
#include "client/devsync.h"
#include "client/people.h"

tacet_err client_talk_get(client *c, const uint8_t *id, client_mem *mem,
                          client_talk *out) {
  return client_get(c, CLIENT_T_CONVERSATION, client_id_span(id),
                    client_talk_fields, out, sizeof(*out), mem);
}

tacet_err client_talk_save(client *c, client_talk *t) {
  return client_put(c, CLIENT_T_CONVERSATION, client_id_span(t->id),
                    TACET_SPAN_EMPTY, t->made_at, client_talk_fields, t);
}

tacet_err client_talk_list(client *c, client_mem *mem, client_talk **list,
                           size_t *n) {
  const client_row *rows;
  size_t count;
  client_range all = {.limit = 0};
  TACET_TRY(client_store_list(c->store, CLIENT_T_CONVERSATION, &all, mem, &rows,
                              &count));
  client_talk *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    TACET_TRY(client_parse(c, &rows[i], client_talk_fields, &found[i],
                           sizeof(found[i]), mem));
  }
  *list = found;
  *n = count;
  return TACET_OK;
}

/* ---- TO ---- */

static bool is_named(const client_talk *t, const char *name, bool request) {
  return !t->pair && t->name != NULL && strcmp(t->name, name) == 0 &&
         (t->state == CLIENT_TALK_REQUEST) == request;
}

/* Groups with this name; *first is the first of them. Requests, which anybody
 * can give any name, count only if there are no others. */
static tacet_err groups_named(client *c, const char *name, client_mem *mem,
                              client_talk *first, size_t *n) {
  client_talk *all;
  size_t count;
  *n = 0;
  TACET_TRY(client_talk_list(c, mem, &all, &count));
  for (int request = 0; request < 2 && *n == 0; request++) {
    for (size_t i = 0; i < count; i++) {
      if (is_named(&all[i], name, request != 0)) {
        if (*n == 0) {
          *first = all[i];
        }
        ++*n;
      }
    }
  }
  return TACET_OK;
}

static tacet_err by_id(client *c, const char *to, client_mem *mem,
                       client_target *out) {
  uint8_t id[CLIENT_ID_LEN];
  if (tacet_hex_read(to, strlen(to), id, sizeof(id)) != TACET_OK) {
    return TACET_ERR_NOT_FOUND;
  }
  TACET_TRY(client_talk_get(c, id, mem, &out->talk));
  if (client_is_self_talk(c, &out->talk)) {
    return TACET_ERR_NOT_FOUND; /* nobody writes there */
  }
  out->has_talk = true;
  return TACET_OK;
}

/* The person and the conversation with them, as far as there are such. */
static tacet_err by_handle(client *c, const char *handle, client_mem *mem,
                           client_target *out) {
  out->handle = handle;
  tacet_err e = client_person_by_handle(c, handle, mem, &out->person);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  out->has_person = true;
  uint8_t id[CLIENT_ID_LEN];
  TACET_TRY(client_pair_id(client_id_span(c->self.account),
                           client_id_span(out->person.account), id));
  e = client_talk_get(c, id, mem, &out->talk);
  out->has_talk = e == TACET_OK && out->talk.pair;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

static tacet_err ambiguous(client *c, const char *to, size_t n_groups,
                           bool person) {
  return client_fail(&c->detail, CLIENT_USAGE, "ambiguous",
                     "\"%.100s\" is the name of %s%s; write the group's id "
                     "(tacet group list)%s.",
                     to, n_groups > 1 ? "several groups" : "a group",
                     person ? " and of a person" : "",
                     person ? " or the person's handle with its domain" : "");
}

tacet_err client_resolve(client *c, const char *to, client_mem *mem,
                         client_target *out) {
  client_target t = {.has_talk = false};
  tacet_err e = by_id(c, to, mem, &t);
  if (e != TACET_ERR_NOT_FOUND) {
    TACET_TRY(e);
    *out = t;
    return TACET_OK;
  }
  size_t n_groups;
  client_talk group;
  const char *handle = NULL;
  TACET_TRY(groups_named(c, to, mem, &group, &n_groups));
  e = client_handle_typed(c, to, mem, &handle);
  bool is_handle = e == TACET_OK;
  if (n_groups > 0) { /* then it need not be a handle */
    client_error_clear(&c->detail);
    e = TACET_OK;
  }
  if (e != TACET_OK && strcmp(c->detail.code, "bad-handle") == 0) {
    client_error_clear(&c->detail);
    bool shown = client_is_name(tacet_span_str(to), 100);
    return client_fail(&c->detail, CLIENT_USAGE, "no-such-conversation",
                       "%s%.100s%s is neither a group that you are in nor a "
                       "handle (1 to 32 of a-z 0-9 . _ -).",
                       shown ? "\"" : "", shown ? to : "That",
                       shown ? "\"" : "");
  }
  TACET_TRY(e);
  if (is_handle) {
    TACET_TRY(by_handle(c, handle, mem, &t));
  }
  if (n_groups > 1 || (n_groups == 1 && t.has_person)) {
    return ambiguous(c, to, n_groups, t.has_person);
  }
  if (n_groups == 1) {
    t = (client_target){.has_talk = true, .talk = group};
  }
  *out = t;
  return TACET_OK;
}

tacet_err client_resolve_talk(client *c, const char *to, client_mem *mem,
                              client_talk *out) {
  client_target t;
  TACET_TRY(client_resolve(c, to, mem, &t));
  if (!t.has_talk && strcmp(t.handle, c->self.handle) == 0) {
    return client_fail(
        &c->detail, CLIENT_USAGE, "self",
        "That is your own handle, and this is for other people.");
  }
  if (!t.has_talk) {
    return client_fail(&c->detail, CLIENT_USAGE, "no-such-conversation",
                       "There is no conversation with %s yet.", t.handle);
  }
  *out = t.talk;
  return TACET_OK;
}

tacet_err client_resolve_group(client *c, const char *to, client_mem *mem,
                               client_talk *out) {
  client_target t;
  tacet_err e = client_resolve(c, to, mem, &t);
  if (e == TACET_OK && (!t.has_talk || t.talk.pair)) {
    e = client_fail(&c->detail, CLIENT_USAGE, "no-such-group",
                    "There is no group called \"%.100s\"; tacet group list "
                    "shows those there are.",
                    to);
  }
  TACET_TRY(e);
  *out = t.talk;
  return TACET_OK;
}

/* ---- having one ---- */

tacet_err client_talk_with(client *c, const client_person *p, client_mem *mem,
                           client_talk *out) {
  client_talk t = {
      .pair = true, .state = CLIENT_TALK_OPEN, .made_at = client_now(c)};
  t.active_at = t.made_at;
  TACET_TRY(client_pair_id(client_id_span(c->self.account),
                           client_id_span(p->account), t.id));
  tacet_err e = client_talk_get(c, t.id, mem, out);
  if (e == TACET_OK && !out->pair) { /* no group has that id by chance */
    TACET_TRY(client_talk_erase(c, out));
  } else if (e != TACET_ERR_NOT_FOUND) {
    return e;
  }
  memcpy(t.peer, p->account, sizeof(t.peer));
  memcpy(t.inviter, c->self.account, sizeof(t.inviter));
  TACET_TRY(client_talk_save(c, &t));
  *out = t;
  return TACET_OK;
}

tacet_err client_talk_may_speak(client *c, const client_talk *t) {
  switch ((client_talk_state)t->state) {
  case CLIENT_TALK_OPEN:
  case CLIENT_TALK_REQUEST:
    return TACET_OK;
  case CLIENT_TALK_BLOCKED:
    return client_fail(&c->detail, CLIENT_REFUSED, "blocked",
                       "You blocked this person; use tacet unblock first.");
  case CLIENT_TALK_LEFT:
  case CLIENT_TALK_REMOVED:
    break;
  }
  return client_fail(&c->detail, CLIENT_REFUSED, "not-member",
                     "You are not a member of %s any more.",
                     t->name != NULL ? t->name : "this conversation");
}
