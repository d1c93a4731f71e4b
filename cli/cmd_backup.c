/* SPDX-License-Identifier: Apache-2.0
 * export and import. */
#include "cli/cli.h"
#include "cli/json.h"

static const char *plural(size_t n) {
  return n == 1 ? "" : "s";
}

static void tell(const cli_args *a, const client_backup_counts *n, bool in) {
  if (cli_flag(a, "--json")) {
    json_t *o =
        json_pack("{s:I, s:I, s:I, s:I}", "people", (json_int_t)n->people,
                  "conversations", (json_int_t)n->conversations, "messages",
                  (json_int_t)n->messages, "known", (json_int_t)n->known);
    cli_print_json(o);
    return;
  }
  printf("%s: %zu message%s, %zu conversation%s, %zu contact%s",
         in ? "Taken in" : "Written", n->messages, plural(n->messages),
         n->conversations, plural(n->conversations), n->people,
         plural(n->people));
  if (in && n->known > 0) {
    printf("; %zu message%s had been there already", n->known,
           plural(n->known));
  }
  puts(".");
}

static int run(client *c, const cli_args *a, bool in) {
  char passphrase[512];
  client_error err = {0};
  client_backup_counts counts;
  int code = cli_backup_passphrase(a, !in, passphrase, sizeof(passphrase));
  if (code != 0) {
    return code;
  }
  tacet_span key = tacet_span_str(passphrase);
  client_kind kind = in ? client_import(c, a->words[0], key, &counts, &err)
                        : client_export(c, a->words[0], key, &counts, &err);
  tacet_wipe(passphrase, sizeof(passphrase));
  cli_progress_clear();
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  tell(a, &counts, in);
  return 0;
}

int cli_export(client *c, const cli_args *a) {
  return run(c, a, false);
}

int cli_import(client *c, const cli_args *a) {
  return run(c, a, true);
}
