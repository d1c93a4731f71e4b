/* SPDX-License-Identifier: Apache-2.0
 * The commands about the key log: what it says about somebody, what others saw
 * of it, and what is believed. */
#include "cli/cli.h"
#include "cli/json.h"

#include <string.h>
#include <unistd.h>

/* ---- tacet log ---- */

static const char *short_day(uint64_t ms, char text[32]) {
  (void)cli_time(ms, text);
  text[10] = '\0'; /* 2026-11-24 */
  return text;
}

static json_t *ids(const char *const *list, size_t n) {
  json_t *a = json_array();
  for (size_t i = 0; i < n; i++) {
    json_array_append_new(a, json_string(list[i]));
  }
  return a;
}

static void entry_json(const client_log_history *h, const client_log_entry *e) {
  char day[32];
  cli_print_json(json_pack(
      "{s:s, s:i, s:s?, s:s?, s:b, s:b, s:b, s:o, s:o}", "handle", h->handle,
      "number", (int)e->number, "seen",
      e->seen == 0 ? NULL : short_day(e->seen, day), "by", e->by,
      "by_recovery_key", e->by_recovery_key, "new_recovery_key", e->new_words,
      "deleted", e->erased, "added", ids(e->added, e->n_added), "removed",
      ids(e->removed, e->n_removed)));
}

static void put_devices(const char *what, const char *const *list, size_t n) {
  for (size_t i = 0; i < n; i++) {
    printf("%s%s %.8s", i == 0 ? ", " : " and ", i == 0 ? what : "device",
           list[i]);
  }
}

static void entry_text(const client_log_entry *e) {
  char day[32];
  printf("%-4u %-12s", e->number,
         e->seen == 0 ? "not seen" : short_day(e->seen, day));
  if (e->number == 0) {
    printf("made with device %.8s\n", e->n_added > 0 ? e->added[0] : "");
    return;
  }
  printf("%s%.8s", e->by_recovery_key ? "by the recovery words" : "by device ",
         e->by_recovery_key ? "" : e->by);
  if (e->erased) {
    printf(", the account was deleted\n");
    return;
  }
  put_devices("added device", e->added, e->n_added);
  put_devices("removed device", e->removed, e->n_removed);
  printf("%s\n", e->new_words ? ", new recovery words" : "");
}

int cli_log(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  client_log_history h;
  client_kind kind = client_log_get(c, a->words[0], &mem, &h, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  bool json = cli_flag(a, "--json");
  if (!json) {
    char time[32];
    printf("%s  ", h.handle);
    cli_put_trust(h.trust, h.reset_until);
    printf(h.checked_at == 0 ? "\n" : ", looked up %s\n",
           cli_time_short(h.checked_at, time));
    if (h.accounts_before) {
      printf("The handle belonged to another account before, or for a "
             "while.\n");
    }
    printf("%-4s %-12sdevices\n", "no", "in the log");
  }
  for (size_t i = 0; i < h.n_entries; i++) {
    if (json) {
      entry_json(&h, &h.entries[i]);
    } else {
      entry_text(&h.entries[i]);
    }
  }
  return 0;
}

/* ---- tacet gossip ---- */

static const char *told_words(const char *state) {
  static const char *const words[][2] = {
      {"waits", "not compared yet"},
      {"fits", "one log with what is shown here"},
      {"unknown-log", "not signed by a log that is believed here"},
      {"contradicts", "ANOTHER LOG THAN IS SHOWN HERE"}};
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (strcmp(words[i][0], state) == 0) {
      return words[i][1];
    }
  }
  return state;
}

static void put_told(const client_told *t) {
  char time[32];
  printf("%-32s %.8s  %llu  %s\n", t->from, t->device,
         (unsigned long long)t->size, t->root);
  printf("  %s, told %s\n", told_words(t->state),
         cli_time_short(t->heard_at, time));
}

static void told_json(const client_told *t) {
  char time[32];
  cli_print_json(json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "from", t->from,
                           "device", t->device, "size", (json_int_t)t->size,
                           "root", t->root, "state", t->state, "told_at",
                           cli_time(t->heard_at, time)));
}

int cli_gossip(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  client_keylog_state s;
  const client_told *list;
  size_t n;
  client_kind kind = client_keylog_get(c, &mem, &s, &err);
  if (kind == CLIENT_OK) {
    kind = client_gossip_get(c, &mem, &list, &n, &err);
  }
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  if (cli_flag(a, "--json")) {
    cli_print_json(json_pack("{s:n, s:I, s:s?}", "from", "size",
                             (json_int_t)s.size, "root", s.root));
  } else if (s.size == 0) {
    printf("Nothing of the key log was seen yet.\n");
  } else {
    printf("%-32s %-8s  %llu  %s\n", "this device", "",
           (unsigned long long)s.size, s.root);
  }
  for (size_t i = 0; i < n; i++) {
    if (cli_flag(a, "--json")) {
      told_json(&list[i]);
    } else {
      put_told(&list[i]);
    }
  }
  return 0;
}

/* ---- tacet trust ---- */

static void put_policy(const char *policy) {
  for (const char *p = policy; *p != '\0';) {
    size_t n = strcspn(p, "\n");
    printf("  %.*s\n", (int)n, p);
    p += n + (p[n] == '\n' ? 1 : 0);
  }
}

static void put_terms(const char *log, const char *quorum,
                      uint64_t max_age_ms) {
  printf("log        %s\n", log);
  printf("witnesses  %s\n", quorum);
  printf("freshness  their word counts for %llu hours\n",
         (unsigned long long)(max_age_ms / 3600000));
}

int cli_trust_show(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  client_keylog_state s;
  client_kind kind = client_keylog_get(c, &mem, &s, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  if (cli_flag(a, "--json")) {
    cli_print_json(cli_keylog_json(&s));
  } else if (s.log == NULL) {
    printf("%s\n", s.trust);
  } else {
    put_terms(s.log, s.quorum, s.max_age_ms);
    cli_put_keylog(&s);
    cli_put_notices(s.notices, s.notices_from);
    printf("vrf key    %s\npolicy\n", s.vrf_key);
    put_policy(s.policy);
  }
  return 0;
}

static bool agreed(const cli_args *a, bool *asked) {
  char answer[16];
  *asked = true;
  if (cli_flag(a, "--yes")) {
    return true;
  }
  *asked = cli_ask("Believe this from now on? (yes/no) ", false, answer,
                   sizeof(answer));
  return *asked && strcmp(answer, "yes") == 0;
}

int cli_trust_accept(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  client_trust_change t;
  bool asked, forgets;
  client_kind kind = client_trust_compare(c, a->words[0], &mem, &t, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  if (t.same) {
    printf("That is what is believed already; nothing was changed.\n");
    return 0;
  }
  put_terms(t.log, t.quorum, t.max_age_ms);
  cli_put_notices(t.notices, t.notices_from);
  printf("policy\n");
  put_policy(t.policy);
  printf("%s", t.forgets
                   ? "What was seen of the log so far is forgotten: whoever "
                     "gave you this link could\nhide a log that was changed. "
                     "Contacts are looked up anew; who was verified stays so.\n"
                   : "What was seen of the log so far still has to fit.\n");
  (void)fflush(stdout);
  if (!agreed(a, &asked)) {
    return asked ? cli_fail(1, "nothing was changed.")
                 : cli_fail(2, "this needs a terminal to ask on, or --yes.");
  }
  kind = client_trust_accept(c, a->words[0], &forgets, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  printf("Changed.\n");
  return 0;
}
