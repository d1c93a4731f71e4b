/* SPDX-License-Identifier: Apache-2.0
 * tacetd account: who is registered, erasing one, and the link with which a
 * handle is given to a new account. */
#include "server/command.h"

#include "server/directory/directory.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void tacetd_day_write(int64_t day, char out[TACETD_DAY_MAX]) {
  time_t t = (time_t)(day * 86400);
  struct tm tm;
  if (day < 0 || gmtime_r(&t, &tm) == NULL ||
      strftime(out, TACETD_DAY_MAX, "%Y-%m-%d", &tm) == 0) {
    memcpy(out, "never", 6);
  }
}

static void print_account(void *user, tacet_span name, int64_t created,
                          int64_t drawn) {
  char first[TACETD_DAY_MAX], last[TACETD_DAY_MAX];
  (void)user;
  tacetd_day_write(created, first);
  tacetd_day_write(drawn, last);
  printf("%.*s\t%s\t%s\n", (int)name.len, (const char *)name.p, first, last);
}

static int list_accounts(const tacetd_args *args) {
  sto_trouble why = {""};
  if (dir_account_list(args->data, print_account, NULL, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  return TACETD_DONE;
}

bool tacetd_handle_read(const char *text, const char *domain, char *out,
                        size_t cap) {
  const char *at = strchr(text, '@');
  size_t len = at != NULL ? (size_t)(at - text) : strlen(text);
  if (len == 0 || len >= cap ||
      (at != NULL && strcasecmp(at + 1, domain) != 0)) {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    bool upper = text[i] >= 'A' && text[i] <= 'Z';
    out[i] = upper ? (char)(text[i] - 'A' + 'a') : text[i];
  }
  out[len] = '\0';
  return true;
}

int tacetd_no_account(const char *handle) {
  tacetd_say("there is no account \"%.80s\"; `tacetd account list` shows "
             "them all",
             handle);
  return TACETD_REFUSED;
}

static int delete_account(const tacetd_args *args, const char *handle) {
  char name[TACETD_HANDLE_MAX + 1];
  tacetd_config c;
  sto_trouble why = {""};
  if (!tacetd_args_config(args, &c)) {
    return TACETD_FAILED;
  }
  tacet_err e = tacetd_handle_read(handle, c.domain, name, sizeof(name))
                    ? dir_account_erase(args->data, name, &why)
                    : TACET_ERR_NOT_FOUND;
  if (e == TACET_ERR_NOT_FOUND) {
    return tacetd_no_account(handle);
  }
  if (e != TACET_OK) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  return TACETD_DONE;
}

static int reset_account(const tacetd_args *args, const char *handle) {
  char name[TACETD_HANDLE_MAX + 1];
  tacetd_config c;
  if (!tacetd_args_config(args, &c)) {
    return TACETD_FAILED;
  }
  if (!tacetd_handle_read(handle, c.domain, name, sizeof(name))) {
    return tacetd_no_account(handle);
  }
  int code = tacetd_invite_print(args, name);
  if (code == TACETD_DONE) {
    tacetd_say("whoever registers %s with this link takes the handle from the "
               "account that has it; that account's devices are told and can "
               "veto it, and contacts refuse the new one for 72 hours",
               name);
  }
  return code;
}

int tacetd_command_account(const tacetd_args *args) {
  if (strcmp(args->words[0], "list") == 0 && args->n_words == 1) {
    return list_accounts(args);
  }
  if (strcmp(args->words[0], "delete") == 0 && args->n_words == 2) {
    return delete_account(args, args->words[1]);
  }
  if (strcmp(args->words[0], "reset") == 0 && args->n_words == 2) {
    return reset_account(args, args->words[1]);
  }
  tacetd_say("usage: tacetd account list | delete HANDLE | reset HANDLE "
             "--data DIR");
  return TACETD_USAGE;
}
