/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk passkey add, remove, list: which passkeys open the page. */
#include "desk/command.h"

#include "desk/web/passkey.h"

int desk_cmd_passkey_add(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  web_passkey p;
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    tacet_err e = web_passkey_read(a->words[0], &why, &p);
    if (e == TACET_OK) {
      e = web_passkey_add(s, &p, &who.officer, who.signs, &why);
    }
    code = desk_end(e, &why);
  }
  desk_store_close(s);
  return code;
}

int desk_cmd_passkey_remove(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    code = desk_end(
        web_passkey_remove(s, a->words[0], &who.officer, who.signs, &why),
        &why);
  }
  desk_store_close(s);
  return code;
}

static tacet_err list(void *user, const web_passkey *p) {
  const desk_args *a = user;
  const char *algorithm = p->is_ed25519 ? "EdDSA" : "ES256";
  if (desk_flag(a, DESK_O_JSON)) {
    desk_print(json_pack("{s:s, s:s, s:s}", "officer", p->officer, "algorithm",
                         algorithm, "credential", p->credential));
  } else {
    printf("%-16s %s  %s\n", p->officer, algorithm, p->credential);
  }
  return TACET_OK;
}

int desk_cmd_passkey_list(const desk_args *a) {
  int code;
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL) {
    code = desk_end(
        web_passkeys_each(s, list, (void *)(uintptr_t)(const void *)a, &why),
        &why);
  }
  desk_store_close(s);
  return code;
}
