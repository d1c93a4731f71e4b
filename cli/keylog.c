/* SPDX-License-Identifier: Apache-2.0
 * What is known of the key log, printed. */
#include "cli/cli.h"
#include "cli/json.h"

static const char *time_or_null(uint64_t ms, char text[32]) {
  return ms == 0 ? NULL : cli_time(ms, text);
}

json_t *cli_keylog_json(const client_keylog_state *s) {
  char day[32], witnessed[32], checked[32];
  if (s->log == NULL) {
    return json_null();
  }
  return json_pack(
      "{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:s, s:s?, s:i, s:s?, s:s?, s:s?, "
      "s:s?, s:s?}",
      "name", s->log, "policy", s->policy, "quorum", s->quorum, "vrf_key",
      s->vrf_key, "unwitnessed", s->unwitnessed, "max_age_seconds",
      (json_int_t)(s->max_age_ms / 1000), "size", (json_int_t)s->size, "root",
      s->root, "day", time_or_null(s->day, day), "witnesses",
      (int)s->n_witnesses, "witnessed_at",
      time_or_null(s->witnessed_at, witnessed), "checked_at",
      time_or_null(s->checked_at, checked), "trouble",
      s->trouble.kind == CLIENT_OK ? NULL : s->trouble.code, "notices_account",
      s->notices, "notices_from", s->notices_from);
}

void cli_put_notices(const char *account, const char *handle) {
  if (account == NULL) {
    printf("notices    from nobody: the operator has named no account\n");
    return;
  }
  printf("notices    of the operator come from the account %.16s", account);
  printf(handle != NULL ? ", %s\n" : "\n", handle);
}

void cli_put_keylog(const client_keylog_state *s) {
  char time[32];
  if (s->trouble.kind != CLIENT_OK) {
    printf("key log    DOES NOT CHECK OUT: see below\n");
  }
  if (s->size == 0) {
    printf("key log    %s, not seen yet\n", s->log);
    return;
  }
  printf("key log    %s, %llu entries, root %.16s, checked %s\n", s->log,
         (unsigned long long)s->size, s->root,
         cli_time_short(s->checked_at, time));
  if (s->unwitnessed) {
    printf("           unwitnessed: nobody vouches that all see the same\n");
  } else {
    printf("           %zu witness%s vouched for it, at %s\n", s->n_witnesses,
           s->n_witnesses == 1 ? "" : "es",
           cli_time_short(s->witnessed_at, time));
  }
}
