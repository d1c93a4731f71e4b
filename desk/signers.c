/* SPDX-License-Identifier: Apache-2.0
 * What shows that those who signed are officers. */
#include "desk/signers.h"

#include "desk/keylog.h"
#include "tacet/codec.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX ((size_t)1 << 20)

/* ---- what the bundle shows ---- */

static tacet_err take_shown(const desk_bundle_summary *s,
                            const desk_shown *shown, size_t n,
                            desk_trouble *why, desk_signers *out) {
  for (size_t i = 0; i < s->n_consents; i++) {
    for (size_t k = 0; k < n; k++) {
      if (strcmp(s->signers[i].officer, shown[k].name) != 0) {
        continue;
      }
      if (!desk_public_equal(&s->signers[i].key, &shown[k].key)) {
        desk_trouble_set(why, "the bundle does not check out: one who signed "
                              "the plan has another key in officers.json");
        return TACET_ERR_AUTH;
      }
      out->all[i].is_logged = true;
      out->all[i].day = shown[k].day;
    }
  }
  return TACET_OK;
}

static tacet_err read_shown(const desk_files *files,
                            const desk_bundle_summary *s, desk_trouble *why,
                            desk_signers *out) {
  const desk_file *f = desk_files_find(files, "officers.json");
  json_t *proof = NULL;
  desk_shown *shown = NULL;
  size_t n = 0;
  if (f == NULL) {
    return TACET_OK; /* the desk's word is all there is */
  }
  tacet_err e = desk_json_read(tacet_bytes_span(&f->bytes), why, &proof);
  if (e == TACET_OK) {
    e = desk_officers_check(proof, s->desk_key, why, &shown, &n);
  }
  if (e == TACET_OK) {
    e = take_shown(s, shown, n, why, out);
  } else {
    desk_trouble t = *why;
    desk_trouble_set(why, "officers.json: %.400s", t.text);
  }
  json_decref(proof);
  free(shown);
  return e;
}

/* ---- what others know ---- */

/* A key stands in a list as `officer list` prints it, or as a .pub file has it:
 * behind it comes the end of the word. */
static bool has_key(tacet_span list, const desk_public_key *key) {
  char line[DESK_PUBLIC_TEXT];
  desk_public_text(key, line);
  size_t len = strlen(line);
  for (size_t at = 0; list.len - at >= len;) {
    const uint8_t *found = memmem(list.p + at, list.len - at, line, len);
    if (found == NULL) {
      return false;
    }
    size_t end = (size_t)(found - list.p) + len;
    if (end == list.len || list.p[end] == ' ' || list.p[end] == '\r' ||
        list.p[end] == '\n') {
      return true;
    }
    at = end;
  }
  return false;
}

static tacet_err hold_against_list(const char *path,
                                   const desk_bundle_summary *s,
                                   desk_trouble *why, desk_signers *out) {
  TACET_BYTES(list);
  TACET_TRY(desk_file_read(path, LIST_MAX, why, &list));
  for (size_t i = 0; i < s->n_consents; i++) {
    out->all[i].is_pinned =
        has_key(tacet_bytes_span(&list), &s->signers[i].key);
    if (!out->all[i].is_pinned) {
      char name[80];
      desk_trouble_set(why,
                       "%s signed the plan with a key that is not one of those "
                       "in %.200s",
                       desk_plain(s->signers[i].officer, name, sizeof(name)),
                       path);
      return TACET_ERR_AUTH;
    }
  }
  return TACET_OK;
}

static bool is_kept(const desk_day_hash *known, size_t n,
                    const desk_day_hash *day) {
  for (size_t i = 0; i < n; i++) {
    if (known[i].day == day->day &&
        tacet_tlog_equal(&known[i].hash, &day->hash)) {
      return true;
    }
  }
  return false;
}

static tacet_err hold_against_days(const char *path,
                                   const desk_bundle_summary *s,
                                   desk_trouble *why, desk_signers *out) {
  desk_day_hash *known = NULL;
  size_t n = 0;
  tacet_err e = TACET_OK;
  TACET_TRY(desk_days_read(path, why, &known, &n));
  for (size_t i = 0; e == TACET_OK && i < s->n_consents; i++) {
    out->all[i].is_kept =
        out->all[i].is_logged && is_kept(known, n, &out->all[i].day);
    if (!out->all[i].is_kept) {
      char name[80];
      desk_trouble_set(why,
                       "%s signed the plan, and no day of %.200s shows that "
                       "this key is an officer's",
                       desk_plain(s->signers[i].officer, name, sizeof(name)),
                       path);
      e = TACET_ERR_AUTH;
    }
  }
  free(known);
  return e;
}

tacet_err desk_signers_check(const desk_args *a, const desk_files *files,
                             const desk_bundle_summary *s, desk_trouble *why,
                             desk_signers *out) {
  desk_signers signers = {.n = s->n_consents};
  const char *list = desk_arg(a, DESK_O_OFFICERS);
  const char *days = desk_arg(a, DESK_O_COMMITMENTS);
  TACET_TRY(read_shown(files, s, why, &signers));
  if (list != NULL) {
    TACET_TRY(hold_against_list(list, s, why, &signers));
  }
  if (days != NULL) {
    TACET_TRY(hold_against_days(days, s, why, &signers));
  }
  *out = signers;
  return TACET_OK;
}

/* ---- saying it ---- */

static void hash_text(const desk_hash *h, char out[2 * DESK_HASH_LEN + 1]) {
  tacet_hex_write(tacet_span_of(h->b, DESK_HASH_LEN), out);
}

static void print_one(const desk_args *a, const desk_signer *who,
                      const desk_signers *s, size_t i) {
  char name[80], key[DESK_PUBLIC_TEXT], day[DESK_DAY_TEXT];
  char hash[2 * DESK_HASH_LEN + 1];
  desk_public_text(&who->key, key);
  printf("  %s, %s\n", desk_plain(who->officer, name, sizeof(name)), key);
  if (s->all[i].is_pinned) {
    printf("    is an officer's by %s\n", desk_arg(a, DESK_O_OFFICERS));
  }
  if (s->all[i].is_logged) {
    desk_day_text(s->all[i].day.day, day);
    hash_text(&s->all[i].day.hash, hash);
    printf("    was made an officer's on %s, by the desk's statement %s%s\n",
           day, hash, s->all[i].is_kept ? ", which was kept" : "");
  }
  if (!s->all[i].is_logged && !s->all[i].is_pinned) {
    printf("    is an officer's by the desk's word alone\n");
  }
}

void desk_signers_print(const desk_args *a, const desk_bundle_summary *s,
                        const desk_signers *signers) {
  bool look = false, ask = false;
  for (size_t i = 0; i < signers->n; i++) {
    print_one(a, &s->signers[i], signers, i);
    bool logged = signers->all[i].is_logged;
    look |= logged && !signers->all[i].is_kept && !signers->all[i].is_pinned;
    ask |= !logged && !signers->all[i].is_pinned;
  }
  if (look) {
    printf("not checked: that those statements are public: they are if they "
           "stand in the server's key log (`tacet-audit statement --hash HASH "
           "DIR`); whoever has the desk's key can write others\n");
  }
  if (ask) {
    printf("not checked: that they are officers; whoever has the desk's key "
           "can make such names and keys up: ask the operator for the "
           "officers' keys, and name them with --officers FILE\n");
  }
}

json_t *desk_signers_json(const desk_bundle_summary *s,
                          const desk_signers *signers) {
  json_t *list = json_array();
  for (size_t i = 0; i < signers->n; i++) {
    char key[DESK_PUBLIC_TEXT], day[DESK_DAY_TEXT];
    char hash[2 * DESK_HASH_LEN + 1];
    bool logged = signers->all[i].is_logged;
    desk_public_text(&s->signers[i].key, key);
    hash_text(&signers->all[i].day.hash, hash);
    desk_day_text(logged ? signers->all[i].day.day : 0, day);
    (void)json_array_append_new(
        list, json_pack("{s:s, s:s, s:s?, s:s?, s:b, s:b}", "officer",
                        s->signers[i].officer, "key", key, "added",
                        logged ? day : NULL, "statement", logged ? hash : NULL,
                        "kept", signers->all[i].is_kept, "pinned",
                        signers->all[i].is_pinned));
  }
  return list;
}
