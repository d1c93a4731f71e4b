/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk published list, show, sign, check: what is public, as it was, and
 * that it is this desk's. */
#include "desk/reporting.h"

#include "tacet/codec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text == NULL ? "" : text;
}

/* ---- published list ---- */

static tacet_err list_one(void *user, const desk_event *e) {
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  if (desk_flag(user, DESK_O_JSON)) {
    desk_print(json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "number",
                         (json_int_t)e->number, "day", text_of(body, "day"),
                         "form", text_of(body, "form"), "from",
                         text_of(body, "from"), "to", text_of(body, "to"),
                         "sha256", text_of(body, "sha256"), "actor", e->actor));
  } else {
    printf("%6" PRIu64 "  %s  %-6s  %s to %s  %s\n", e->number,
           text_of(body, "day"), text_of(body, "form"), text_of(body, "from"),
           text_of(body, "to"), text_of(body, "sha256"));
  }
  json_decref(body);
  return TACET_OK;
}

int desk_cmd_published_list(const desk_args *a) {
  int code;
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  const desk_filter f = {.kind = DESK_REPORT_EVENT};
  tacet_err e = desk_events_each(s, &f, list_one,
                                 (void *)(uintptr_t)(const void *)a, &why);
  desk_store_close(s);
  return desk_end(e, &why);
}

/* ---- published show, published sign ---- */

typedef struct finding {
  uint64_t number;
  json_t *body;
} finding;

static tacet_err find_one(void *user, const desk_event *e) {
  finding *x = user;
  if (e->number == x->number) {
    x->body = json_loadb((const char *)e->body.p, e->body.len,
                         JSON_REJECT_DUPLICATES, NULL);
  }
  return TACET_OK;
}

/* The report of a number, held to its hash: a new reference. */
static tacet_err find(desk_store *s, uint64_t number, desk_trouble *why,
                      json_t **report) {
  finding x = {.number = number};
  const desk_filter f = {.kind = DESK_REPORT_EVENT};
  char sha256[DESK_SHA256_TEXT];
  TACET_TRY(desk_events_each(s, &f, find_one, &x, why));
  json_t *found = json_object_get(x.body, "report");
  tacet_err e = TACET_ERR_NOT_FOUND;
  if (found == NULL) {
    desk_trouble_set(why, "there is no such report; `tacet-desk published "
                          "list` has their numbers");
  } else {
    e = desk_report_hash(found, sha256);
  }
  if (e == TACET_OK && strcmp(sha256, text_of(x.body, "sha256")) != 0) {
    desk_trouble_set(why, "this is not the report that was published: its hash "
                          "is another one");
    e = TACET_ERR_AUTH;
  }
  if (e == TACET_OK) {
    *report = json_incref(found);
  }
  json_decref(x.body);
  return e;
}

/* Opens the desk and finds what the first word names; false after having said
 * why. */
static bool open_report(const desk_args *a, desk_store **s, json_t **report,
                        int *code) {
  desk_trouble why = {""};
  char *rest = NULL;
  unsigned long long number = strtoull(a->words[0], &rest, 10);
  if (*rest != '\0' || number == 0) {
    desk_say("give the number of a report, as `tacet-desk published list` "
             "prints it");
    *code = DESK_EXIT_USAGE;
    return false;
  }
  *s = desk_open(a, code);
  if (*s != NULL) {
    *code = desk_end(find(*s, number, &why, report), &why);
  }
  return *s != NULL && *code == DESK_EXIT_DONE;
}

int desk_cmd_published_show(const desk_args *a) {
  int code;
  desk_format format;
  desk_trouble why = {""};
  desk_store *s = NULL;
  json_t *report = NULL;
  if (!desk_format_asked(a, &format)) {
    return DESK_EXIT_USAGE;
  }
  if (open_report(a, &s, &report, &code)) {
    code = desk_end(desk_report_put(a, report, format, &why), &why);
  }
  json_decref(report);
  desk_store_close(s);
  return code;
}

/* ---- signatures: one line beside the report's JSON ---- */

#define SIGNATURE_LABEL "DeskReport"
#define SIGNATURE_WORD "tacet-desk-report v1 "
enum { KEY_BASE64 = 43, SIGNATURE_BASE64 = 86, SIGNATURE_FILE_MAX = 1024 };

static tacet_err sign(const desk_args *a, desk_store *s, const json_t *report,
                      desk_trouble *why) {
  const desk_key *key = desk_store_key(s);
  const char *out = desk_arg(a, DESK_O_OUT);
  uint8_t signature[DESK_SIGNATURE_LEN];
  char key_text[KEY_BASE64 + 1], text[SIGNATURE_BASE64 + 1], line[256];
  char *json = NULL;
  size_t len = 0;
  TACET_TRY(desk_report_render(report, DESK_JSON, NULL, &json, &len));
  tacet_err e =
      desk_key_sign(key, SIGNATURE_LABEL, tacet_span_of(json, len), signature);
  free(json);
  TACET_TRY(e);
  tacet_base64url_write(tacet_span_of(key->public_key, DESK_KEY_LEN), key_text);
  tacet_base64url_write(tacet_span_of(signature, sizeof(signature)), text);
  int n =
      snprintf(line, sizeof(line), SIGNATURE_WORD "%s %s\n", key_text, text);
  return desk_file_write(out != NULL ? out : "-",
                         tacet_span_of(line, (size_t)n), why);
}

int desk_cmd_published_sign(const desk_args *a) {
  int code;
  desk_trouble why = {""};
  desk_store *s = NULL;
  json_t *report = NULL;
  if (open_report(a, &s, &report, &code)) {
    code = desk_end(sign(a, s, report, &why), &why);
  }
  json_decref(report);
  desk_store_close(s);
  return code;
}

/* ---- published check: anywhere ---- */

typedef struct signature_line {
  uint8_t key[DESK_KEY_LEN], signature[DESK_SIGNATURE_LEN];
} signature_line;

/* The line, with or without its newline, and nothing else. */
static bool read_line(tacet_span file, signature_line *out) {
  const size_t word = strlen(SIGNATURE_WORD);
  const char *p = (const char *)file.p;
  size_t len = file.len, got = 0;
  len -= len > 0 && p[len - 1] == '\n' ? 1 : 0;
  return len == word + KEY_BASE64 + 1 + SIGNATURE_BASE64 &&
         memcmp(p, SIGNATURE_WORD, word) == 0 && p[word + KEY_BASE64] == ' ' &&
         tacet_base64url_read(p + word, KEY_BASE64, out->key, DESK_KEY_LEN,
                              &got) == TACET_OK &&
         got == DESK_KEY_LEN &&
         tacet_base64url_read(p + word + KEY_BASE64 + 1, SIGNATURE_BASE64,
                              out->signature, DESK_SIGNATURE_LEN,
                              &got) == TACET_OK &&
         got == DESK_SIGNATURE_LEN;
}

static tacet_err check_key(const desk_args *a, const signature_line *line,
                           desk_trouble *why) {
  uint8_t key[DESK_KEY_LEN];
  if (!desk_flag(a, DESK_O_KEY)) {
    return TACET_OK;
  }
  TACET_TRY(desk_key_load_public(desk_arg(a, DESK_O_KEY), why, key));
  if (memcmp(key, line->key, DESK_KEY_LEN) != 0) {
    desk_trouble_set(why, "it is signed by another key than the one of --key");
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}

static tacet_err check(const desk_args *a, signature_line *line,
                       desk_trouble *why) {
  TACET_BYTES(report);
  TACET_BYTES(file);
  TACET_TRY(desk_file_read(a->words[0], DESK_BODY_MAX, why, &report));
  TACET_TRY(desk_file_read(a->words[1], SIGNATURE_FILE_MAX, why, &file));
  if (!read_line(tacet_bytes_span(&file), line)) {
    desk_trouble_set(why, "the second file is not a signature of a report");
    return TACET_ERR_ENCODING;
  }
  TACET_TRY(check_key(a, line, why));
  if (desk_key_verify(line->key, SIGNATURE_LABEL, tacet_bytes_span(&report),
                      tacet_span_of(line->signature, DESK_SIGNATURE_LEN)) !=
      TACET_OK) {
    desk_trouble_set(why, "the signature is not one of this report");
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}

int desk_cmd_published_check(const desk_args *a) {
  desk_trouble why = {""};
  signature_line line;
  char key[DESK_KEY_TEXT];
  int code = desk_end(check(a, &line, &why), &why);
  if (code == DESK_EXIT_DONE) {
    desk_key_text(line.key, key);
    printf("signed by %s%s\n", key,
           desk_flag(a, DESK_O_KEY) ? "" : "; compare it, or give --key");
  }
  return code;
}
