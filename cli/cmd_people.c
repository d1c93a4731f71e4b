/* SPDX-License-Identifier: Apache-2.0
 * requests, contacts, block, code, verify. */
#include "cli/cli.h"
#include "cli/json.h"

#include <stdlib.h>
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

static const char *trust_word(client_trust t) {
  static const char *const words[] = {"unverified", "verified", "changed"};
  return words[t];
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
      cli_print_json(json_pack(
          "{s:s, s:s, s:s, s:b, s:I}", "handle", list[i].handle, "account",
          list[i].account, "trust", trust_word(list[i].trust), "blocked",
          list[i].blocked, "devices", (json_int_t)list[i].n_devices));
    } else {
      printf("%-32s %s%s\n", list[i].handle, trust_word(list[i].trust),
             list[i].blocked ? ", blocked" : "");
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
                             code.qr_text, "trust", trust_word(code.trust)));
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

/* Shows the code and asks; true if the owner says that they are the same. */
static bool compare_by_eye(client *c, const char *handle, client_error *err) {
  client_code code;
  char answer[16] = "";
  if (client_code_get(c, handle, &code, err) != CLIENT_OK) {
    return false;
  }
  put_code(&code);
  fflush(stdout);
  return cli_ask("Do they see the same digits? Type yes: ", false, answer,
                 sizeof(answer)) &&
         strcmp(answer, "yes") == 0;
}

int cli_verify(client *c, const cli_args *a) {
  client_error err = {0};
  const char *code = cli_value(a, "--qr-text", 0);
  if (code == NULL && a->n_words > 1) {
    code = a->words[1];
  }
  if (code == NULL && !compare_by_eye(c, a->words[0], &err)) {
    return err.kind != CLIENT_OK
               ? cli_fail_with(&err)
               : cli_fail(2,
                          "nothing was changed: give the code, or compare it "
                          "on a terminal and type yes.");
  }
  client_kind kind = client_verify(c, a->words[0], code, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  printf("%s is verified.\n", a->words[0]);
  return 0;
}
