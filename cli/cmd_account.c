/* SPDX-License-Identifier: Apache-2.0
 * register, status, delete-account. */
#include "cli/cli.h"
#include "cli/json.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

int cli_register(const cli_args *a) {
  const char *invite = cli_value(a, "--invite", 0);
  if (invite == NULL) {
    return cli_fail(2, "registering needs --invite LINK; the operator of the "
                       "server makes one with `tacetd invite`.");
  }
  int code;
  client *c = cli_create(a, &code);
  if (c == NULL) {
    return code;
  }
  CLIENT_MEM(mem);
  client_error err = {0};
  client_registration r;
  char name[CLI_DEVICE_NAME_MAX];
  client_kind kind = client_register(c, a->words[0], invite,
                                     cli_device_name(a, name), &mem, &r, &err);
  client_free(c);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  printf("You are %s.\n\nWrite down these 24 words and keep them off this "
         "machine. They are the only way back\nif you lose every device; "
         "nobody, the operator included, has them:\n\n",
         r.handle);
  char word[64];
  int n = 0, used;
  for (const char *p = r.words; sscanf(p, " %63s%n", word, &used) == 1;
       p += used) {
    n++;
    printf(n % 6 == 0 ? "  %2d %s\n" : "  %2d %-10s", n, word);
  }
  printf(
      "\n`tacet recovery show` shows them again, until `tacet recovery check` "
      "has compared them\nwith your paper and you let them be erased here.\n");
  cli_warn_open(a);
  return 0;
}

static void status_json(const client_status *s) {
  char time[32];
  json_t *o = json_pack(
      "{s:s, s:s, s:s, s:s?, s:s, s:b, s:b, s:b, s:b, s:s?}", "handle",
      s->handle, "account", s->account, "device", s->device, "device_name",
      s->device_name, "server", s->server, "reachable", s->reachable,
      "passphrase", s->passphrase, "recovery_confirmed", s->recovery_confirmed,
      "post_quantum", s->post_quantum, "last_sync",
      s->last_sync == 0 ? NULL : cli_time(s->last_sync, time));
  const struct {
    const char *key;
    size_t n;
  } counts[] = {{"queued", s->n_queued},
                {"events", s->n_events},
                {"requests", s->n_requests},
                {"contacts", s->n_contacts},
                {"verified", s->n_verified},
                {"conversations", s->n_conversations},
                {"key_packages", s->n_key_packages},
                {"tokens_directory", s->n_tokens_directory},
                {"tokens_delivery", s->n_tokens_delivery}};
  for (size_t i = 0; o != NULL && i < sizeof(counts) / sizeof(counts[0]); i++) {
    json_object_set_new(o, counts[i].key,
                        json_integer((json_int_t)counts[i].n));
  }
  if (o != NULL) {
    json_object_set_new(o, "lost_until",
                        s->lost_until == 0
                            ? json_null()
                            : json_string(cli_time(s->lost_until, time)));
    json_object_set_new(o, "removed", json_boolean(s->removed));
    json_object_set_new(o, "removed_at",
                        s->removed_at == 0
                            ? json_null()
                            : json_string(cli_time(s->removed_at, time)));
    json_object_set_new(o, "trust", json_string(s->log.trust));
    json_object_set_new(o, "log", cli_keylog_json(&s->log));
    json_object_set_new(o, "trouble",
                        s->trouble.kind == CLIENT_OK
                            ? json_null()
                            : json_string(s->trouble.code));
  }
  cli_print_json(o);
}

static void status_text(const client_status *s) {
  char time[32];
  printf("account    %s\n", s->handle);
  if (s->lost_until > 1) {
    printf(
        "           the handle was given to another account: `tacet recovery "
        "veto` takes it back, before %s\n",
        cli_time_short(s->lost_until, time));
  } else if (s->lost_until != 0) {
    printf("           the handle is another account's for good; register "
           "another one\n");
  }
  printf("device     %.8s %s\n", s->device,
         s->device_name == NULL ? "" : s->device_name);
  if (s->removed) {
    printf("           none of the account's any more, since %s\n",
           s->removed_at == 0 ? "some day"
                              : cli_time_short(s->removed_at, time));
  }
  printf("server     %s (%s)\n", s->server,
         s->trouble.kind != CLIENT_OK ? "not talked to: see below"
         : s->reachable               ? "reachable"
                                      : "not reachable now");
  printf("last sync  %s\n",
         s->last_sync == 0 ? "never" : cli_time_short(s->last_sync, time));
  printf("waiting    %zu to send, %zu to read, %zu requests\n", s->n_queued,
         s->n_events, s->n_requests);
  printf("people     %zu contact%s, %zu of them verified; %zu conversation%s\n",
         s->n_contacts, s->n_contacts == 1 ? "" : "s", s->n_verified,
         s->n_conversations, s->n_conversations == 1 ? "" : "s");
  printf("encryption MLS, %s\n",
         s->post_quantum ? "X-Wing (ML-KEM-768 with X25519)" : "classical");
  printf("home       %s\n", s->passphrase
                                ? "locked with a passphrase"
                                : "not locked: the disk shows everything");
  printf("recovery   %s\n",
         s->recovery_confirmed
             ? "the words are with you alone"
             : "the words are still on this device: `tacet recovery check`");
  if (s->log.log != NULL) {
    cli_put_keylog(&s->log);
    cli_put_notices(s->log.notices, s->log.notices_from);
  }
  printf("trust      %s\n", s->log.trust);
}

int cli_status(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  client_status s;
  client_kind kind = client_status_get(c, &mem, &s, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  if (cli_flag(a, "--json")) {
    status_json(&s);
  } else {
    status_text(&s);
  }
  return s.trouble.kind == CLIENT_OK || !cli_flush()
             ? 0
             : cli_fail_with(&s.trouble);
}

int cli_delete_account(client *c, const cli_args *a) {
  char answer[64] = "";
  if (!cli_flag(a, "--yes") &&
      (!isatty(STDIN_FILENO) ||
       !cli_ask("This erases the account, here and on the server; nobody can "
                "have its handle again.\nType erase to go on: ",
                false, answer, sizeof(answer)) ||
       strcmp(answer, "erase") != 0)) {
    return cli_fail(2,
                    "nothing was erased; say --yes, or type erase when asked.");
  }
  client_error err = {0};
  client_kind kind = client_delete_account(c, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  puts("The account is gone, here and on the server.");
  return 0;
}
