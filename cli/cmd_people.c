/* SPDX-License-Identifier: Apache-2.0
 * requests, contacts, block, code, verify. */
#include "cli/cli.h"
#include "cli/json.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

int cli_requests(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const client_request *list;
  size_t n;
  client_kind kind = client_requests(c, &mem, &list, &n, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  for (size_t i = 0; i < n; i++) {
    char time[32];
    if (cli_flag(a, "--json")) {
      cli_print_json(
          json_pack("{s:s, s:s?, s:s, s:s, s:I}", "from", list[i].from, "group",
                    list[i].group, "conversation", list[i].conversation,
                    "received_at", cli_time(list[i].received_at, time),
                    "messages", (json_int_t)list[i].n_messages));
      continue;
    }
    printf("%s  ", cli_time_short(list[i].received_at, time));
    cli_put_text(stdout, list[i].from);
    if (list[i].group != NULL) {
      fputs(" invites you to ", stdout);
      cli_put_text(stdout, list[i].group);
    }
    printf(", %zu message%s\n", list[i].n_messages,
           list[i].n_messages == 1 ? "" : "s");
  }
  return 0;
}

/* One call that takes a handle and says nothing when it went well. */
static int with_handle(client *c, const cli_args *a,
                       client_kind (*call)(client *, const char *,
                                           client_error *)) {
  client_error err = {0};
  client_kind kind = call(c, a->words[0], &err);
  return kind == CLIENT_OK ? 0 : cli_fail_with(&err);
}

int cli_accept(client *c, const cli_args *a) {
  return with_handle(c, a, client_request_accept);
}
int cli_refuse(client *c, const cli_args *a) {
  return with_handle(c, a, client_request_refuse);
}
int cli_block(client *c, const cli_args *a) {
  return with_handle(c, a, client_block);
}
int cli_unblock(client *c, const cli_args *a) {
  client_error err = {0};
  bool queued = false;
  client_kind kind = client_unblock(c, a->words[0], &queued, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  if (queued) {
    fputs(
        "tacet: queued; they stay blocked until the next command that reaches "
        "the server.\n",
        stderr);
  }
  return 0;
}

const char *cli_trust_word(client_trust t) {
  static const char *const words[] = {"unchecked", "verified", "changed",
                                      "transparent", "reset"};
  return words[t];
}

void cli_put_trust(client_trust t, uint64_t reset_until) {
  char time[32];
  fputs(cli_trust_word(t), stdout);
  if (reset_until != 0) {
    printf(", wait until %s", cli_time_short(reset_until, time));
  }
}

static void set_reset(json_t *o, uint64_t reset_until) {
  char time[32];
  if (reset_until != 0) {
    json_object_set_new(o, "reset_until",
                        json_string(cli_time(reset_until, time)));
  }
}

int cli_contacts(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const client_contact *list;
  size_t n;
  client_kind kind = client_contacts(c, &mem, &list, &n, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  for (size_t i = 0; i < n; i++) {
    if (cli_flag(a, "--json")) {
      json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:b, s:I}", "handle",
                            list[i].handle, "account", list[i].account, "trust",
                            cli_trust_word(list[i].trust), "blocked",
                            list[i].blocked, "deleted", list[i].deleted,
                            "devices", (json_int_t)list[i].n_devices);
      set_reset(o, list[i].reset_until);
      cli_print_json(o);
    } else {
      printf("%-32s ", list[i].handle);
      cli_put_trust(list[i].trust, list[i].reset_until);
      printf("%s%s\n", list[i].blocked ? ", blocked" : "",
             list[i].deleted ? ", deleted" : "");
    }
  }
  return 0;
}

static void put_code(const client_code *code) {
  /* Twelve groups of five, in lines of four: read aloud a line at a time. */
  size_t n = 0;
  for (const char *p = code->digits; *p != '\0'; p++) {
    if (*p == ' ' && ++n % 4 == 0) {
      putchar('\n');
    } else {
      putchar(*p);
    }
  }
  putchar('\n');
}

int cli_code(client *c, const cli_args *a) {
  client_error err = {0};
  client_code code;
  client_kind kind = client_code_get(c, a->words[0], &code, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  const char *svg = cli_value(a, "--svg", 0);
  if (svg != NULL && !cli_qr_svg(code.qr_text, svg)) {
    return cli_fail(1, "the picture %s could not be written.", svg);
  }
  if (cli_flag(a, "--json")) {
    cli_print_json(json_pack("{s:s, s:s, s:s}", "code", code.digits, "qr_text",
                             code.qr_text, "trust",
                             cli_trust_word(code.trust)));
    return 0;
  }
  put_code(&code);
  if (isatty(STDOUT_FILENO)) {
    (void)cli_qr_terminal(code.qr_text);
    printf("Compare with what they see; then `tacet verify %s`.\n",
           a->words[0]);
  }
  return 0;
}

/* 1 for yes, 0 for no, -1 for anything else. */
static int read_answer(const char *answer) {
  answer += strspn(answer, " \t");
  size_t len = strcspn(answer, " \t\r");
  bool yes = strncasecmp(answer, "yes", len) == 0;
  bool no = strncasecmp(answer, "no", len) == 0;
  return len == 0 || (!yes && !no) ? -1 : yes;
}

/* Shows the code and asks whether they are the same: 0, or an exit code after
 * saying why. */
static int compare_by_eye(client *c, const char *handle) {
  client_code code;
  client_error err = {0};
  char answer[16] = "";
  if (client_code_get(c, handle, &code, &err) != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  put_code(&code);
  if (!cli_flush()) {
    return 1;
  }
  const char *question = "Do they see the same digits? (yes or no) ";
  while (cli_ask(question, false, answer, sizeof(answer))) {
    int said = read_answer(answer);
    if (said == 1) {
      return 0;
    }
    if (said == 0) {
      return cli_fail(5, "then the server may have put other keys between you; "
                         "nothing was changed. Compare again, and write "
                         "nothing secret until they are the same.");
    }
    question = "Type yes if all 60 digits are the same, else no: ";
  }
  return cli_fail(2, "nothing was changed: give the code, or compare it on a "
                     "terminal and answer yes.");
}

int cli_verify(client *c, const cli_args *a) {
  client_error err = {0};
  const char *code = cli_value(a, "--qr-text", 0);
  if (code == NULL && a->n_words > 1) {
    code = a->words[1];
  }
  int compared = code == NULL ? compare_by_eye(c, a->words[0]) : 0;
  if (compared != 0) {
    return compared;
  }
  client_kind kind = client_verify(c, a->words[0], code, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  printf("%s is verified.\n", a->words[0]);
  return 0;
}
