/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk init, settings, key, officer: who and what a desk is. */
#include "desk/command.h"
#include "desk/notices_home.h"

#include "tacet/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A name that stays right wherever the program is run. NULL after having said
 * why; freed with free(). */
static char *whole_path(const char *path) {
  char *whole = realpath(path, NULL);
  if (whole == NULL) {
    desk_say("the folder %.300s cannot be found: %s", path, strerror(errno));
  }
  return whole;
}

int desk_cmd_init(const desk_args *a) {
  const char *home = desk_arg(a, DESK_O_NOTICES_HOME);
  char *server = whole_path(desk_arg(a, DESK_O_SERVER));
  char *notices = home != NULL && server != NULL ? whole_path(home) : NULL;
  desk_trouble why = {""};
  int code = DESK_EXIT_FAILED;
  if (server != NULL && (home == NULL || notices != NULL)) {
    const desk_settings settings = {server, notices != NULL ? notices : ""};
    code = desk_end(
        desk_store_create(desk_arg(a, DESK_O_DATA), &settings, &why), &why);
  }
  free(server);
  free(notices);
  if (code == DESK_EXIT_DONE) {
    desk_store *s = desk_open(a, &code);
    char key[DESK_KEY_TEXT];
    if (s != NULL) {
      desk_key_text(desk_store_key(s)->public_key, key);
      printf("%s\n", key);
      (void)fflush(stdout);
      desk_notices_home_check(desk_store_settings(s)->server,
                              desk_store_settings(s)->notices_home);
      desk_store_close(s);
    }
  }
  return code;
}

/* ---- settings ---- */

static int change_settings(const desk_args *a, desk_store *s) {
  int code = DESK_EXIT_DONE;
  DESK_WHO(who);
  desk_trouble why = {""};
  const char *given[2] = {desk_arg(a, DESK_O_SERVER),
                          desk_arg(a, DESK_O_NOTICES_HOME)};
  char *paths[2] = {NULL, NULL};
  if (!desk_who_of(a, s, DESK_O_BY, false, &who, &code)) {
    return code;
  }
  for (int i = 0; i < 2 && code == DESK_EXIT_DONE; i++) {
    if (given[i] != NULL && (paths[i] = whole_path(given[i])) == NULL) {
      code = DESK_EXIT_FAILED;
    }
  }
  if (code == DESK_EXIT_DONE) {
    const desk_settings settings = {paths[0], paths[1]};
    code = desk_end(
        desk_store_settings_set(s, &settings, who.actor, who.signs, &why),
        &why);
  }
  if (code == DESK_EXIT_DONE) {
    desk_notices_home_check(desk_store_settings(s)->server,
                            desk_store_settings(s)->notices_home);
  }
  free(paths[0]);
  free(paths[1]);
  return code;
}

int desk_cmd_settings(const desk_args *a) {
  int code;
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  if (desk_flag(a, DESK_O_SERVER) || desk_flag(a, DESK_O_NOTICES_HOME)) {
    code = change_settings(a, s);
  }
  if (code == DESK_EXIT_DONE) {
    char key[DESK_KEY_TEXT];
    const desk_settings *now = desk_store_settings(s);
    desk_key_text(desk_store_key(s)->public_key, key);
    printf("key            %s\nserver         %s\nnotices-home   %s\n", key,
           now->server, *now->notices_home ? now->notices_home : "none");
  }
  desk_store_close(s);
  return code;
}

/* ---- keys ---- */

static int write_key(const desk_key *key, const char *path,
                     tacet_span passphrase) {
  desk_trouble why = {""};
  char text[DESK_PUBLIC_TEXT];
  desk_public_key public_key = desk_key_public(key);
  tacet_err e = desk_key_write(key, path, passphrase, &why);
  if (e == TACET_OK) {
    desk_public_text(&public_key, text);
    printf("%s\n", text);
  }
  return desk_end(e, &why);
}

/* Before somebody touches a token for nothing. */
static bool is_free(const char *path) {
  char name[4096];
  (void)snprintf(name, sizeof(name), "%s.pub", path);
  if (access(path, F_OK) == 0 || access(name, F_OK) == 0) {
    desk_say("%.300s is there already, or its .pub; name another file", path);
    return false;
  }
  return true;
}

static int key_on_token(const desk_args *a) {
  DESK_KEY(key);
  desk_trouble why = {""};
  desk_reader reader = desk_reader_of(a);
  if (desk_flag(a, DESK_O_NO_PASSPHRASE) ||
      desk_flag(a, DESK_O_PASSPHRASE_FILE)) {
    desk_say("a key on a token has no passphrase: the token has its PIN");
    return DESK_EXIT_USAGE;
  }
  if (!is_free(a->words[0])) {
    return DESK_EXIT_REFUSED;
  }
  tacet_err e =
      desk_token_enrol(&reader, !desk_flag(a, DESK_O_NO_PIN), &why, &key);
  desk_reader_wipe(&reader);
  return e == TACET_OK ? write_key(&key, a->words[0], TACET_SPAN_EMPTY)
                       : desk_end(e, &why);
}

int desk_cmd_key_new(const desk_args *a) {
  DESK_KEY(key);
  desk_trouble why = {""};
  char words[1024] = "";
  if (desk_flag(a, DESK_O_TOKEN)) {
    return key_on_token(a);
  }
  if (desk_flag(a, DESK_O_NO_PIN) || desk_flag(a, DESK_O_DEVICE)) {
    desk_say("--no-pin and --device are for keys on a token: add --token");
    return DESK_EXIT_USAGE;
  }
  if (!desk_flag(a, DESK_O_NO_PASSPHRASE)) {
    if (!desk_ask_passphrase((void *)(uintptr_t)(const void *)a, words,
                             sizeof(words)) ||
        *words == '\0') {
      desk_say("a passphrase is missing: give it with --passphrase-file FILE "
               "or at a terminal, or leave the key open with --no-passphrase");
      return DESK_EXIT_USAGE;
    }
  }
  tacet_err e = desk_key_generate(&key);
  int code = e == TACET_OK ? write_key(&key, a->words[0], tacet_span_str(words))
                           : desk_end(e, &why);
  tacet_wipe(words, sizeof(words));
  return code;
}

/* ---- officers ---- */

int desk_cmd_officer_add(const desk_args *a) {
  int code;
  desk_officer o = {.cleared = desk_flag(a, DESK_O_CLEARED)};
  desk_trouble why = {""};
  DESK_WHO(who);
  if (strlen(a->words[0]) > DESK_NAME_MAX) {
    desk_say("an officer's name has at most %d bytes", DESK_NAME_MAX);
    return DESK_EXIT_USAGE;
  }
  memcpy(o.name, a->words[0], strlen(a->words[0]) + 1);
  if (!desk_role_read(desk_arg(a, DESK_O_ROLE), &o.role)) {
    desk_say("--role is officer, approver, auditor or administrator");
    return DESK_EXIT_USAGE;
  }
  tacet_err e = desk_public_load(desk_arg(a, DESK_O_KEY), &why, &o.key);
  if (e != TACET_OK) {
    return desk_end(e, &why);
  }
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  if (desk_who_of(a, s, DESK_O_BY, false, &who, &code)) {
    code = desk_end(desk_officer_add(s, &o, who.actor, who.signs, &why), &why);
  }
  desk_store_close(s);
  return code;
}

int desk_cmd_officer_remove(const desk_args *a) {
  int code;
  desk_trouble why = {""};
  DESK_WHO(who);
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  if (desk_who_of(a, s, DESK_O_BY, false, &who, &code)) {
    code = desk_end(
        desk_officer_remove(s, a->words[0], who.actor, who.signs, &why), &why);
  }
  desk_store_close(s);
  return code;
}

static tacet_err show_officer(void *user, const desk_officer *o) {
  const desk_args *a = user;
  char key[DESK_PUBLIC_TEXT];
  desk_public_text(&o->key, key);
  if (desk_flag(a, DESK_O_JSON)) {
    desk_print(json_pack("{s:s, s:s, s:s, s:b, s:b}", "name", o->name, "key",
                         key, "role", desk_role_name(o->role), "cleared",
                         o->cleared, "removed", o->removed));
  } else {
    printf("%-16s %-13s %s%s%s\n", o->name, desk_role_name(o->role), key,
           o->cleared ? "  cleared" : "", o->removed ? "  removed" : "");
  }
  return TACET_OK;
}

int desk_cmd_officer_list(const desk_args *a) {
  int code;
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  code = desk_end(desk_officers_each(s, show_officer,
                                     (void *)(uintptr_t)(const void *)a, &why),
                  &why);
  desk_store_close(s);
  return code;
}
