/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk letter: the answer that was decided on, as text or PDF. */
#include "desk/judging.h"

#include "desk/pdf/pdf.h"
#include "desk/rules/letter.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

/* ---- which letter ---- */

/* The newest decision of a case, and what the officer says in it. */
typedef struct decided {
  char kind[DESK_KIND_MAX + 1];
  json_t *body;
} decided;

static tacet_err take_decision(void *user, const desk_event *e) {
  decided *d = user;
  if (strncmp(e->kind, "decided-", 8) == 0 && !e->erased) {
    (void)snprintf(d->kind, sizeof(d->kind), "%s", e->kind + 8);
    json_decref(d->body);
    d->body = json_loadb((const char *)e->body.p, e->body.len,
                         JSON_REJECT_DUPLICATES, NULL);
  }
  return TACET_OK;
}

static tacet_err kind_of(const decided *d, const desk_judging *j,
                         desk_trouble *why, desk_letter_kind *out) {
  static const struct {
    const char *decision;
    desk_letter_kind kind;
  } kinds[] = {
      {"accept", DESK_LETTER_COVER},     {"narrow", DESK_LETTER_NARROW},
      {"refuse", DESK_LETTER_REFUSE},    {"clarify", DESK_LETTER_CLARIFY},
      {"challenge", DESK_LETTER_OBJECT}, {"fraud", DESK_LETTER_REFUSE}};
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    if (strcmp(kinds[i].decision, d->kind) == 0) {
      bool gives = kinds[i].kind <= DESK_LETTER_NARROW;
      *out = gives && !j->narrowing.anything ? DESK_LETTER_NOT_HELD
                                             : kinds[i].kind;
      return TACET_OK;
    }
  }
  desk_trouble_set(why, "nothing has been decided yet: a letter says what was "
                        "decided (tacet-desk decide)");
  return TACET_ERR_POLICY;
}

/* ---- writing ---- */

static bool is_pdf(const char *path) {
  size_t n = strlen(path);
  return n > 4 && strcmp(path + n - 4, ".pdf") == 0;
}

static tacet_err render(const desk_args *a, const char *text, desk_trouble *why,
                        tacet_bytes *out) {
  char title[64];
  if (!is_pdf(desk_arg(a, DESK_O_OUT))) {
    return tacet_bytes_set(out, tacet_span_str(text));
  }
  (void)snprintf(title, sizeof(title), "Our reference: %.30s", a->words[0]);
  return desk_pdf_write(text, title, desk_pdf_fonts, why, out);
}

static tacet_err note(desk_store *s, const desk_who *who, const char *id,
                      desk_letter_kind kind, tacet_span bytes,
                      desk_trouble *why) {
  uint8_t hash[32];
  char hex[65];
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, bytes, hash));
  for (size_t i = 0; i < sizeof(hash); i++) {
    (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
  }
  json_t *body = json_pack("{s:s, s:s}", "letter", desk_letter_kind_name(kind),
                           "sha256", hex);
  if (body == NULL) {
    return TACET_ERR_NOMEM;
  }
  const desk_act act = {who->actor, "letter-written", id, body, who->signs};
  tacet_err e = desk_case_note(s, &act, NULL, why);
  json_decref(body);
  return e;
}

static tacet_err write_decided(const desk_args *a, desk_store *s,
                               const desk_who *who, const decided *d,
                               desk_trouble *why) {
  DESK_JUDGING(j);
  TACET_BYTES(bytes);
  desk_letter l = {.case_id = a->words[0],
                   .day = desk_store_today(s),
                   .question = &j.c.question,
                   .findings = &j.findings,
                   .narrowing = &j.narrowing,
                   .paragraph =
                       json_string_value(json_object_get(d->body, "paragraph")),
                   .operator_name = desk_arg(a, DESK_O_OPERATOR)};
  char *text = NULL;
  TACET_TRY(desk_judge(a, s, who, why, &j));
  TACET_TRY(kind_of(d, &j, why, &l.kind));
  TACET_TRY(desk_rules_check(s, a->words[0], &j.c.tables, why));
  TACET_TRY(desk_letter_write(&l, why, &text));
  tacet_err e = render(a, text, why, &bytes);
  tacet_free(text);
  if (e == TACET_OK) { /* before it is there */
    e = note(s, who, a->words[0], l.kind, tacet_bytes_span(&bytes), why);
  }
  return e != TACET_OK ? e
                       : desk_file_write(desk_arg(a, DESK_O_OUT),
                                         tacet_bytes_span(&bytes), why);
}

static tacet_err write_letter(const desk_args *a, desk_store *s,
                              const desk_who *who, desk_trouble *why) {
  decided d = {.kind = ""};
  const desk_filter f = {.case_id = a->words[0]};
  tacet_err e = desk_events_each(s, &f, take_decision, &d, why);
  if (e == TACET_OK) {
    e = write_decided(a, s, who, &d, why);
  }
  json_decref(d.body);
  return e;
}

int desk_cmd_letter(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    code = desk_end(write_letter(a, s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}
