/* SPDX-License-Identifier: Apache-2.0
 * A demand, read from a file, a form or a mail. */
#include "desk/filing.h"

#include "desk/paper.h"
#include "desk/mail/mail.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- from a file, from a form ---- */

static tacet_err from_json(const char *path, tacet_span text, desk_trouble *why,
                           desk_request *out) {
  desk_trouble t = {""};
  tacet_err e = desk_request_read(text, out, &t);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the demand %.200s cannot be filed: %.250s", path,
                     t.text);
  }
  return e;
}

static tacet_err from_form(const char *path, tacet_span text, desk_trouble *why,
                           desk_request *out) {
  desk_trouble t = {""};
  char *json = NULL;
  tacet_err e = desk_paper_read(text, &t, &json);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the form %.200s cannot be filed: %.250s", path,
                     t.text);
    return e;
  }
  e = from_json(path, tacet_span_str(json), why, out);
  free(json);
  return e;
}

/* ---- from a mail ---- */

static bool ends_with(const char *name, const char *end) {
  size_t n = strlen(name), m = strlen(end);
  return n >= m && strcasecmp(name + n - m, end) == 0;
}

static bool is_form(const desk_mime_part *p) {
  return ends_with(p->name, ".form");
}

static bool is_demand(const desk_mime_part *p) {
  return is_form(p) || ends_with(p->name, ".json") ||
         strcmp(p->type, "application/json") == 0;
}

static tacet_err find_demand(const desk_mime *m, desk_trouble *why,
                             const desk_mime_part **out) {
  const desk_mime_part *found = NULL;
  size_t n = 0;
  for (size_t i = 0; i < m->n; i++) {
    if (is_demand(&m->parts[i])) {
      found = &m->parts[i];
      n++;
    }
  }
  if (n != 1) {
    desk_trouble_set(why,
                     "the mail has %s attachment that is a demand (.json or "
                     ".form): write down what it says, and file that with "
                     "--file and the mail with --document",
                     n == 0 ? "no" : "more than one");
    return TACET_ERR_ENCODING;
  }
  *out = found;
  return TACET_OK;
}

/* What only the desk can say, by where it stands. */
static const char *const ours[][2] = {{NULL, "received"},
                                      {"signature", "checked"},
                                      {"officer", "mail_checked"},
                                      {"officer", "callback"}};

static void take_out(json_t *demand) {
  for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
    json_t *in =
        ours[i][0] == NULL ? demand : json_object_get(demand, ours[i][0]);
    if (json_object_get(in, ours[i][1]) == NULL) {
      continue;
    }
    (void)json_object_del(in, ours[i][1]);
    desk_say("the mail says %s%s%s, which only the desk can say: left out",
             ours[i][0] == NULL ? "" : ours[i][0],
             ours[i][0] == NULL ? "" : ".", ours[i][1]);
  }
}

/* `in`.`name` = text, making `in` where it is not there. */
static bool set_in(json_t *demand, const char *in, const char *name,
                   const char *text) {
  json_t *object = json_object_get(demand, in);
  if (!json_is_object(object) &&
      json_object_set_new(demand, in, object = json_object()) != 0) {
    return false;
  }
  return json_object_set_new(object, name, json_string(text)) == 0;
}

/* What the desk saw of the mail. A signature of the mail takes the place of
 * what the demand says of its own. */
static bool put_in(json_t *demand, const desk_mail *m) {
  static const char *const checks[] = {
      [DESK_MAIL_UNKNOWN] = "unchecked",
      [DESK_MAIL_VALID] = "valid",
      [DESK_MAIL_INVALID] = "invalid",
  };
  const char *mail = json_string_value(
      json_object_get(json_object_get(demand, "officer"), "mail"));
  bool ok = true;
  if (mail == NULL && *m->from != '\0') {
    ok = set_in(demand, "officer", "mail", m->from);
  }
  if (m->signature != DESK_MAIL_UNSIGNED) {
    ok = ok && set_in(demand, "signature", "kind", "s-mime") &&
         set_in(demand, "signature", "checked", checks[m->signature]);
  }
  /* A signature under an authority that is believed shows the address too. */
  if (m->signature == DESK_MAIL_VALID &&
      (mail == NULL || strcasecmp(mail, m->from) == 0)) {
    ok = ok && set_in(demand, "officer", "mail_checked", "valid");
  }
  return ok;
}

/* A hash in the demand is that of something that came with it. */
static tacet_err check_document(const desk_request *r, const desk_mime *m,
                                desk_trouble *why) {
  if (!r->document.given) {
    return TACET_OK;
  }
  for (size_t i = 0; i < m->n; i++) {
    uint8_t hash[32];
    char hex[65];
    TACET_TRY(tacet_hash_one(&tacet_hash_sha256,
                             tacet_bytes_span(&m->parts[i].bytes), hash));
    tacet_hex_write(tacet_span_of(hash, sizeof(hash)), hex);
    if (strcmp(hex, r->document.sha256) == 0) {
      return TACET_OK;
    }
  }
  desk_trouble_set(why, "the document that the demand names by its SHA-256 is "
                        "not attached to the mail");
  return TACET_ERR_ENCODING;
}

static tacet_err demand_of(const desk_mail *m, desk_day received,
                           desk_trouble *why, json_t **out) {
  const desk_mime_part *part = NULL;
  char *form = NULL, day[DESK_DAY_TEXT];
  TACET_TRY(find_demand(&m->mime, why, &part));
  tacet_span text = tacet_bytes_span(&part->bytes);
  if (text.len > DESK_REQUEST_MAX) {
    desk_trouble_set(why, "the demand is larger than 1 MiB");
    return TACET_ERR_LIMIT;
  }
  if (is_form(part)) {
    TACET_TRY(desk_paper_read(text, why, &form));
    text = tacet_span_str(form);
  }
  json_t *demand = NULL;
  tacet_err e = desk_json_read(text, why, &demand);
  free(form);
  TACET_TRY(e);
  take_out(demand);
  desk_day_text(received, day);
  if (json_object_set_new(demand, "received", json_string(day)) != 0 ||
      !put_in(demand, m)) {
    json_decref(demand);
    return TACET_ERR_NOMEM;
  }
  *out = demand;
  return TACET_OK;
}

static tacet_err from_mail(const desk_args *a, tacet_span text, desk_day today,
                           desk_trouble *why, desk_request *out) {
  desk_mail m = {.from = ""};
  desk_request r = {.json = NULL};
  desk_trouble t = {""};
  json_t *demand = NULL;
  desk_day received = today;
  const char *on = desk_arg(a, DESK_O_RECEIVED);
  if (on != NULL && !desk_day_read(on, &received)) {
    desk_trouble_set(why, "--received is a day, such as 2026-08-18");
    return TACET_ERR_ARGUMENT;
  }
  tacet_err e = desk_mail_read(text, desk_arg(a, DESK_O_ROOTS), &t, &m);
  if (e == TACET_OK) {
    e = demand_of(&m, received, &t, &demand);
  }
  char *json = e == TACET_OK ? json_dumps(demand, JSON_COMPACT) : NULL;
  if (e == TACET_OK) {
    e = json == NULL ? TACET_ERR_NOMEM
                     : desk_request_read(tacet_span_str(json), &r, &t);
  }
  if (e == TACET_OK) {
    e = check_document(&r, &m.mime, &t);
  }
  free(json);
  json_decref(demand);
  desk_mail_free(&m);
  if (e != TACET_OK) {
    desk_request_free(&r);
    desk_trouble_set(why, "the mail %.200s cannot be filed: %.250s",
                     desk_arg(a, DESK_O_MAIL),
                     *t.text != '\0' ? t.text : tacet_err_text(e));
    return e;
  }
  *out = r;
  return TACET_OK;
}

/* ---- whichever ---- */

static tacet_err check_options(const desk_args *a, desk_trouble *why) {
  int n = (desk_arg(a, DESK_O_FILE) != NULL) +
          (desk_arg(a, DESK_O_FORM_FILE) != NULL) +
          (desk_arg(a, DESK_O_MAIL) != NULL);
  if (n != 1) {
    desk_trouble_set(why, "say where the demand is: one of --file, "
                          "--from-form and --mail");
    return TACET_ERR_ARGUMENT;
  }
  if (desk_arg(a, DESK_O_MAIL) != NULL &&
      desk_arg(a, DESK_O_DOCUMENT) != NULL) {
    desk_trouble_set(why, "with --mail the mail itself is the original: leave "
                          "--document out");
    return TACET_ERR_ARGUMENT;
  }
  if (desk_arg(a, DESK_O_MAIL) == NULL &&
      (desk_arg(a, DESK_O_ROOTS) != NULL ||
       desk_arg(a, DESK_O_RECEIVED) != NULL)) {
    desk_trouble_set(why, "--roots and --received go with --mail");
    return TACET_ERR_ARGUMENT;
  }
  return TACET_OK;
}

tacet_err desk_filing_read(const desk_args *a, desk_day today,
                           desk_trouble *why, desk_filing *out) {
  TACET_BYTES(text);
  desk_filing f = {.original = desk_arg(a, DESK_O_DOCUMENT)};
  const char *file = desk_arg(a, DESK_O_FILE),
             *form = desk_arg(a, DESK_O_FORM_FILE),
             *mail = desk_arg(a, DESK_O_MAIL);
  TACET_TRY(check_options(a, why));
  TACET_TRY(desk_file_read(mail != NULL   ? mail
                           : form != NULL ? form
                                          : file,
                           mail != NULL ? DESK_MAIL_MAX : DESK_REQUEST_MAX, why,
                           &text));
  tacet_span all = tacet_bytes_span(&text);
  if (mail != NULL) {
    f.original = mail;
    TACET_TRY(from_mail(a, all, today, why, &f.request));
  } else if (form != NULL) {
    TACET_TRY(from_form(form, all, why, &f.request));
  } else {
    TACET_TRY(from_json(file, all, why, &f.request));
  }
  *out = f;
  return TACET_OK;
}

void desk_filing_free(desk_filing *f) {
  desk_request_free(&f->request);
  f->original = NULL;
}

/* ---- the original ---- */

tacet_err desk_filing_keep(const desk_filing *f, bool is_mail, desk_store *s,
                           json_t *row, desk_trouble *why) {
  char hash[65] = "";
  if (f->original != NULL) {
    TACET_TRY(desk_intake_document(s, f->original, why, hash));
  }
  if (f->request.document.given && !is_mail) {
    if (f->original != NULL && strcmp(hash, f->request.document.sha256) != 0) {
      desk_trouble_set(why, "the document is not the one that the demand "
                            "names: its SHA-256 is another");
      return TACET_ERR_ENCODING;
    }
    (void)snprintf(hash, sizeof(hash), "%.64s", f->request.document.sha256);
  }
  return *hash == '\0' ||
                 json_object_set_new(row, "document", json_string(hash)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}
