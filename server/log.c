/* SPDX-License-Identifier: Apache-2.0
 * tacetd log: another key for the key log. Between `rotate` and `retire` each
 * checkpoint has the signatures of both, which is the hand-over: who believes
 * the old key sees that it signed what the new one signs. */
#include "server/command.h"

#include "server/directory/log.h"
#include "server/ops/folder.h"
#include "server/policy_file.h"
#include "server/witnesses/edit.h"

#include <stdio.h>
#include <string.h>

static void print_key(const char *what, const tacet_note_key *k) {
  TACET_BUF(vkey, 1024);
  tacet_note_key_write(k, &vkey);
  printf("%s%.*s\n", what, (int)vkey.len, (const char *)vkey.p);
}

static void say_restart(const char *folder) {
  if (tacetd_folder_is_locked(folder)) {
    printf("restart the server: until then it goes on as before\n");
  }
}

/* Makes the key, once it is clear that the policy can take it. */
static bool make_key(const tacetd_args *a, const char *domain,
                     const tacetd_policy_file *f, tacet_note_key *now,
                     tacet_handover *h) {
  sto_trouble why = {""};
  tacetd_trouble trouble = {""};
  char path[TACETD_PATH_MAX];
  tacet_note_key next;
  if (dir_log_name(a->data, domain, now, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  if (!wts_edit_has_log(tacetd_policy_text(f), now)) {
    tacetd_say("%s does not name the log %s with the key in %s; change it with "
               "an editor",
               f->path, now->name, DIR_LOG_KEY);
    return false;
  }
  if (dir_log_rotate(a->data, domain, &next, &why) != TACET_OK ||
      dir_log_handover(a->data, domain, h, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  if (tacetd_folder_path(a->data, DIR_LOG_NEXT_KEY, path) != TACET_OK ||
      !tacetd_policy_give(f, path, &trouble)) {
    tacetd_say("%s", trouble.text);
    return false;
  }
  return true;
}

static int rotate(const tacetd_args *a, const char *domain,
                  tacetd_policy_file *f) {
  tacetd_trouble why = {""};
  tacet_note_key now;
  tacet_handover h;
  TACET_BUF(text, TACET_POLICY_TEXT_MAX);
  if (!make_key(a, domain, f, &now, &h)) {
    return TACETD_FAILED;
  }
  tacet_err e = wts_edit_log_add(tacetd_policy_text(f), &h, &text, &why);
  if (e == TACET_ERR_EXISTS) {
    tacetd_say("another key is there already; when witnesses and users have "
               "it, go on with `tacetd log retire`");
    return TACETD_REFUSED;
  }
  if (e != TACET_OK || !tacetd_policy_replace(f, tacet_buf_span(&text), &why)) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  print_key("the new key is ", &h.to);
  say_restart(a->data);
  printf("from then on both keys sign; let each witness run `tacet-witness log "
         "add` with the new one,\nand who has registered `tacet trust accept "
         "LINK` with a new invite; then run `tacetd log retire`\n");
  return TACETD_DONE;
}

/* Readers who took the new policy must find the new key's signature. */
static bool may_retire(const tacetd_args *a, const char *domain,
                       const tacet_note_key *next) {
  sto_trouble why = {""};
  dir_log_copy *copy = NULL;
  if (dir_log_copy_new(a->data, domain, &why, &copy) != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  bool may = dir_log_copy_signed(copy, next);
  dir_log_copy_free(copy);
  if (!may) {
    tacetd_say("what is published has no signature of the new key yet; let the "
               "server run until its witnesses have cosigned");
  }
  return may;
}

/* Puts the new key into its place, unless that was done before; *key gets it.
 */
static int put_key(const tacetd_args *a, const char *domain,
                   tacet_note_key *key) {
  sto_trouble why = {""};
  bool there = false;
  tacet_err e = dir_log_next_name(a->data, domain, key, &there, &why);
  if (e == TACET_OK && there) {
    if (!may_retire(a, domain, key)) {
      return TACETD_REFUSED;
    }
    e = dir_log_retire(a->data, &why);
  } else if (e == TACET_OK) {
    e = dir_log_name(a->data, domain, key, &why);
  }
  if (e != TACET_OK) {
    tacetd_say("%s", why.text);
  }
  return e == TACET_OK ? TACETD_DONE : TACETD_FAILED;
}

static int retire(const tacetd_args *a, const char *domain,
                  tacetd_policy_file *f) {
  tacetd_trouble why = {""};
  tacet_note_key key;
  TACET_BUF(text, TACET_POLICY_TEXT_MAX);
  int code = put_key(a, domain, &key);
  if (code != TACETD_DONE) {
    return code;
  }
  tacet_err e = wts_edit_log_keep(tacetd_policy_text(f), &key, &text, &why);
  if (e == TACET_ERR_NOT_FOUND) {
    tacetd_say("there is no other key; begin with `tacetd log rotate`");
    return TACETD_REFUSED;
  }
  if (e != TACET_OK || !tacetd_policy_replace(f, tacet_buf_span(&text), &why)) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  print_key("the log's only key is now ", &key);
  say_restart(a->data);
  return TACETD_DONE;
}

int tacetd_command_log(const tacetd_args *a) {
  tacetd_policy_file f = {.lock = -1};
  tacetd_config c;
  int code = TACETD_FAILED;
  bool rotates = strcmp(a->words[0], "rotate") == 0;
  if (!rotates && strcmp(a->words[0], "retire") != 0) {
    tacetd_say("usage: tacetd log rotate | retire --data DIR");
    return TACETD_USAGE;
  }
  if (tacetd_args_config(a, &c) && tacetd_policy_open(a->data, &f)) {
    code = rotates ? rotate(a, c.domain, &f) : retire(a, c.domain, &f);
  }
  tacetd_policy_close(&f);
  return code;
}
