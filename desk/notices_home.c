/* SPDX-License-Identifier: Apache-2.0
 * The account that sends notices, against the one that invites name. */
#include "desk/notices_home.h"

#include "desk/command.h"
#include "desk/spawn.h"
#include "server/ops/notices.h"

#include "tacet/codec.h"

#include <string.h>

/* Its id and handle, as the home itself knows them. NULL after its own
 * sentence on stderr. */
static json_t *status_of(const char *home) {
  TACET_BYTES(out);
  int code = 0;
  desk_trouble why = {""};
  const char *const argv[] = {"tacet",  "status", "--json",
                              "--home", home,     NULL};
  if (desk_spawn(argv, NULL, &why, &code, &out) != TACET_OK) {
    desk_say("%s", why.text);
    return NULL;
  }
  /* What it says of itself it says whatever its exit code. */
  return json_loadb((const char *)out.p, out.len, JSON_REJECT_DUPLICATES, NULL);
}

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

static void compare(const char *server, const char *home,
                    const json_t *status) {
  uint8_t named[TACETD_ACCOUNT_LEN], account[TACETD_ACCOUNT_LEN];
  tacetd_trouble why = {""};
  const char *hex = text_of(status, "account");
  if (tacet_hex_read(hex, strlen(hex), account, sizeof(account)) != TACET_OK) {
    desk_say("%.300s is not the home of an account that could be opened, so "
             "it is not known whether its notices are shown without a request: "
             "`tacet status --home` says what is wrong",
             home);
    return;
  }
  tacet_err e = tacetd_notices_read(server, named, &why);
  if (e == TACET_OK && memcmp(named, account, sizeof(account)) == 0) {
    return;
  }
  if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
    desk_say("%s", why.text);
    return;
  }
  desk_say("the server's invites name %s for notices, so people are asked "
           "before they read one: `tacetd notices set %.100s` changes that",
           e == TACET_OK ? "another account" : "no account",
           text_of(status, "handle"));
}

void desk_notices_home_check(const char *server, const char *home) {
  if (*server == '\0' || *home == '\0') {
    return;
  }
  json_t *status = status_of(home);
  compare(server, home, status);
  json_decref(status);
}
