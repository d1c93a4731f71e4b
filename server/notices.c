/* SPDX-License-Identifier: Apache-2.0
 * tacetd notices: which account the operator's notices come from. Invites made
 * from then on name it; the server itself does nothing with it. */
#include "server/command.h"

#include "server/directory/directory.h"
#include "server/ops/notices.h"
#include "server/policy_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(TACETD_ACCOUNT_LEN == TACET_ACCOUNT_ID_LEN, "one id");

static void print_id(const uint8_t id[TACETD_ACCOUNT_LEN], const char *name,
                     const char *domain) {
  char text[TACETD_NOTICES_TEXT];
  tacetd_notices_text(id, text);
  printf("%.*s\t%s%s%s\n", 2 * TACETD_ACCOUNT_LEN, text, name,
         *domain != '\0' ? "@" : "", domain);
}

static void print_what_follows(void) {
  printf("invites made from now on say so; who has registered takes it with "
         "`tacet trust accept LINK`, LINK being a new invite\n");
}

static bool put(const tacetd_args *a, const uint8_t id[TACETD_ACCOUNT_LEN]) {
  tacetd_policy_file lock = {.lock = -1};
  tacetd_trouble why = {""};
  char path[TACETD_PATH_MAX], text[TACETD_NOTICES_TEXT];
  tacetd_notices_text(id, text);
  bool ok = tacetd_policy_open(a->data, &lock) &&
            tacetd_folder_path(a->data, TACETD_NOTICES_NAME, path) == TACET_OK;
  if (ok) {
    tacet_err e = tacetd_file_write(path, tacet_span_str(text));
    if (e != TACET_OK) {
      tacetd_trouble_set(&why, "cannot write %.300s: %s", path,
                         tacet_err_text(e));
    }
    ok = e == TACET_OK && tacetd_policy_give(&lock, path, &why);
    if (!ok) {
      tacetd_say("%s", why.text);
    }
  }
  tacetd_policy_close(&lock);
  return ok;
}

static int set(const tacetd_args *a, const char *handle) {
  char name[TACETD_HANDLE_MAX + 1];
  uint8_t id[TACETD_ACCOUNT_LEN];
  tacetd_config c;
  sto_trouble why = {""};
  bool there = false;
  if (!tacetd_args_config(a, &c)) {
    return TACETD_FAILED;
  }
  if (tacetd_handle_read(handle, c.domain, name, sizeof(name)) &&
      dir_account_id(a->data, name, id, &there, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  if (!there) {
    return tacetd_no_account(handle);
  }
  if (!put(a, id)) {
    return TACETD_FAILED;
  }
  print_id(id, name, c.domain);
  print_what_follows();
  return TACETD_DONE;
}

static int take_away(const tacetd_args *a) {
  char path[TACETD_PATH_MAX];
  if (tacetd_folder_path(a->data, TACETD_NOTICES_NAME, path) != TACET_OK) {
    tacetd_say("the name of the data folder is too long");
    return TACETD_FAILED;
  }
  if (unlink(path) == 0) {
    print_what_follows();
    return TACETD_DONE;
  }
  if (errno == ENOENT) {
    tacetd_say("no account is named for notices");
    return TACETD_REFUSED;
  }
  tacetd_say("cannot remove %s: %s", path, strerror(errno));
  return TACETD_FAILED;
}

static int show(const tacetd_args *a) {
  uint8_t id[TACETD_ACCOUNT_LEN];
  char name[TACETD_HANDLE_MAX + 1];
  tacetd_config c;
  tacetd_trouble trouble = {""};
  sto_trouble why = {""};
  bool there = false;
  if (!tacetd_args_config(a, &c)) {
    return TACETD_FAILED;
  }
  tacet_err e = tacetd_notices_read(a->data, id, &trouble);
  if (e == TACET_ERR_NOT_FOUND) {
    printf("none\n");
    return TACETD_DONE;
  }
  if (e != TACET_OK) {
    tacetd_say("%s", trouble.text);
    return TACETD_FAILED;
  }
  if (dir_account_name(a->data, id, name, &there, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  print_id(id, there ? name : "gone, or another account has its handle",
           there ? c.domain : "");
  return TACETD_DONE;
}

int tacetd_command_notices(const tacetd_args *a) {
  const char *word = a->words[0];
  if (strcmp(word, "set") == 0 && a->n_words == 2) {
    return set(a, a->words[1]);
  }
  if (strcmp(word, "remove") == 0 && a->n_words == 1) {
    return take_away(a);
  }
  if (strcmp(word, "show") == 0 && a->n_words == 1) {
    return show(a);
  }
  tacetd_say("usage: tacetd notices set HANDLE | remove | show --data DIR");
  return TACETD_USAGE;
}
