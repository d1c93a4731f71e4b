/* SPDX-License-Identifier: Apache-2.0
 * group create, add, remove, leave, rename, list, show. */
#include "cli/cli.h"
#include "cli/json.h"

#include <stdlib.h>

/* What every change ends with. */
static int finish(client_kind kind, bool queued, const client_error *err) {
  if (kind != CLIENT_OK) {
    return cli_fail_with(err);
  }
  if (queued) {
    fputs("tacet: queued; it is carried out with the next command that reaches "
          "the server.\n",
          stderr);
  }
  return 0;
}

int cli_group_create(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const char *id = NULL;
  bool queued = false;
  client_kind kind = client_group_create(
      c, a->words[0], a->words + 1, a->n_words - 1, &mem, &id, &queued, &err);
  if (kind == CLIENT_OK && cli_flag(a, "--json")) {
    json_t *o = json_pack("{s:s, s:s, s:b}", "conversation", id, "name",
                          a->words[0], "queued", queued);
    cli_print_json(o);
  } else if (kind == CLIENT_OK) {
    puts(id);
  }
  return finish(kind, queued, &err);
}

/* The same for a change of a group that there is: --json tells of it, else
 * nothing does. */
static int finish_change(const cli_args *a, client_kind kind, bool queued,
                         const client_error *err) {
  if (kind == CLIENT_OK && cli_flag(a, "--json")) {
    cli_print_json(
        json_pack("{s:s, s:b}", "group", a->words[0], "queued", queued));
  }
  return finish(kind, queued, err);
}

static int change_members(client *c, const cli_args *a, bool add) {
  client_error err = {0};
  bool queued = false;
  client_kind kind = add ? client_group_add(c, a->words[0], a->words + 1,
                                            a->n_words - 1, &queued, &err)
                         : client_group_remove(c, a->words[0], a->words + 1,
                                               a->n_words - 1, &queued, &err);
  return finish_change(a, kind, queued, &err);
}

int cli_group_add(client *c, const cli_args *a) {
  return change_members(c, a, true);
}
int cli_group_remove(client *c, const cli_args *a) {
  return change_members(c, a, false);
}

int cli_group_leave(client *c, const cli_args *a) {
  client_error err = {0};
  bool queued = false;
  client_kind kind = client_group_leave(c, a->words[0], &queued, &err);
  return finish_change(a, kind, queued, &err);
}

int cli_group_rename(client *c, const cli_args *a) {
  client_error err = {0};
  bool queued = false;
  client_kind kind =
      client_group_rename(c, a->words[0], a->words[1], &queued, &err);
  return finish_change(a, kind, queued, &err);
}

static void group_json(const client_group *g) {
  json_t *members = json_array(), *admins = json_array();
  for (size_t i = 0; i < g->n_members; i++) {
    json_array_append_new(members, json_string(g->members[i].handle));
    if (g->members[i].admin) {
      json_array_append_new(admins, json_string(g->members[i].handle));
    }
  }
  json_t *o = json_pack("{s:s, s:s, s:b, s:b, s:I, s:o, s:o}", "conversation",
                        g->conversation, "name", g->name, "request", g->request,
                        "left", g->left, "epoch", (json_int_t)g->epoch,
                        "members", members, "admins", admins);
  cli_print_json(o);
}

int cli_group_list(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const client_group *list;
  size_t n;
  client_kind kind = client_groups(c, &mem, &list, &n, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  for (size_t i = 0; i < n; i++) {
    if (cli_flag(a, "--json")) {
      group_json(&list[i]);
      continue;
    }
    cli_put_text(stdout, list[i].name);
    printf("  %zu member%s%s%s  %s\n", list[i].n_members,
           list[i].n_members == 1 ? "" : "s",
           list[i].request ? ", not accepted yet" : "",
           list[i].left ? ", left" : "", list[i].conversation);
  }
  return 0;
}

int cli_group_show(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  client_group g;
  client_kind kind = client_group_show(c, a->words[0], &mem, &g, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  if (cli_flag(a, "--json")) {
    group_json(&g);
    return 0;
  }
  cli_put_text(stdout, g.name);
  printf("  %s\n", g.conversation);
  for (size_t i = 0; i < g.n_members; i++) {
    printf("  %-32s ", g.members[i].handle);
    if (g.members[i].self) {
      fputs("you", stdout);
    } else {
      cli_put_trust(g.members[i].trust, g.members[i].reset_until);
    }
    printf("%s%s\n", g.members[i].admin ? ", admin" : "",
           g.left ? ", you left" : "");
  }
  return 0;
}
