/* SPDX-License-Identifier: Apache-2.0
 * The form: its lines, and the names that they have in a demand. */
#include "desk/paper.h"

#include "tacet/codec.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char title[] = "Tacet demand form 1";

typedef enum line_kind {
  LINE_TEXT,
  LINE_LIST,  /* may stand there several times */
  LINE_COUNT, /* a number */
  LINE_FLAG   /* yes or no */
} line_kind;

typedef struct form_line {
  const char *name, *where; /* "officer.callback.by": at most three names */
  const char *about;        /* behind it in the empty form, or "" */
  line_kind kind;
} form_line;

/* A heading has no `where`. */
static const form_line lines[] = {
    {"The paper", NULL, "", LINE_TEXT},
    {"Addressee", "addressee", "the company that it names", LINE_TEXT},
    {"Instrument", "instrument", "a code that `tacet-desk tables` lists",
     LINE_TEXT},
    {"Kind", "kind", "criminal, national-security, emergency or civil",
     LINE_TEXT},
    {"Statute", "statute", "the law that it cites", LINE_TEXT},
    {"Case number", "case_number", "", LINE_TEXT},
    {"Dated", "dated", "days are written 2026-08-18", LINE_TEXT},
    {"Deadline", "deadline", "", LINE_TEXT},
    {"Expires", "expires", "the last day on which it may be served", LINE_TEXT},
    {"Language", "language", "two letters", LINE_TEXT},
    {"Translated", "translated", "yes or no", LINE_FLAG},
    {"Signature", "signature.kind",
     "none, ink, seal, pades, s-mime or detached", LINE_TEXT},
    {"Replaces", "replaces", "the case whose paper it corrects", LINE_TEXT},
    {"Document", "document.sha256", "SHA-256 of the original", LINE_TEXT},
    {"Document name", "document.name", "", LINE_TEXT},
    {"Who asks", NULL, "", LINE_TEXT},
    {"Authority code", "authority.code", "that `tacet-desk tables` lists",
     LINE_TEXT},
    {"Authority", "authority.name", "", LINE_TEXT},
    {"Country", "authority.country", "two capital letters", LINE_TEXT},
    {"State", "authority.state", "", LINE_TEXT},
    {"Officer", "officer.name", "", LINE_TEXT},
    {"Mail", "officer.mail", "", LINE_TEXT},
    {"Telephone", "officer.phone", "", LINE_TEXT},
    {"What about", NULL, "", LINE_TEXT},
    {"Account", "identifiers", "a line for each", LINE_LIST},
    {"List SHA-256", "identifier_list.sha256", "of a list that came with it",
     LINE_TEXT},
    {"List count", "identifier_list.count", "", LINE_COUNT},
    {"From", "period.from", "the first day that it asks about", LINE_TEXT},
    {"To", "period.to", "the last", LINE_TEXT},
    {"Demand", "demands", "a code (desk-request.md); a line for each",
     LINE_LIST},
    {"Other demand", "other_demands", "in the paper's words; a line for each",
     LINE_LIST},
    {"Offence", "offence.name", "", LINE_TEXT},
    {"Offence years", "offence.max_years", "that it is punished with at most",
     LINE_COUNT},
    {"Offence from", "offence.from", "the day on which it began", LINE_TEXT},
    {"Privilege", "privileges", "press, lawyer, doctor; a line for each",
     LINE_LIST},
    {"Silence", NULL, "", LINE_TEXT},
    {"Gag basis", "gag.basis", "the law that forbids to tell the user",
     LINE_TEXT},
    {"Gag until", "gag.until", "", LINE_TEXT},
    {"In an emergency", NULL, "", LINE_TEXT},
    {"Who", "emergency.who", "is in danger", LINE_TEXT},
    {"Harm", "emergency.harm", "that threatens", LINE_TEXT},
    {"Why", "emergency.why", "the data would avert it", LINE_TEXT},
    {"When", "emergency.when", "it is going to happen", LINE_TEXT},
    {"Costs", NULL, "", LINE_TEXT},
    {"Cost", "cost.amount", "in the smallest unit", LINE_COUNT},
    {"Currency", "cost.currency", "", LINE_TEXT},
    {"Cost basis", "cost.basis", "", LINE_TEXT},
    {"For the desk alone", NULL, "", LINE_TEXT},
    {"Received", "received", "the day on which it came", LINE_TEXT},
    {"Signature checked", "signature.checked", "valid, invalid or unchecked",
     LINE_TEXT},
    {"Mail checked", "officer.mail_checked",
     "SPF, DKIM and DMARC: valid, invalid or unchecked", LINE_TEXT},
    {"Called back by", "officer.callback.by", "", LINE_TEXT},
    {"Called number", "officer.callback.number",
     "and where it was found: never in the paper", LINE_TEXT},
    {"Called on", "officer.callback.on", "", LINE_TEXT}};
#define N_LINES (sizeof(lines) / sizeof(lines[0]))

/* ---- the empty form ---- */

tacet_err desk_paper_write(const char *path, desk_trouble *why) {
  char text[8192];
  int at = snprintf(text, sizeof(text),
                    "%s\n# Lines that begin with # are no part of it. A line "
                    "that stays empty is\n# what the paper does not have.\n",
                    title);
  for (size_t i = 0; i < N_LINES; i++) {
    const form_line *l = &lines[i];
    size_t left = sizeof(text) - (size_t)at;
    TACET_ASSERT(at > 0 && (size_t)at < sizeof(text));
    at += l->where == NULL
              ? snprintf(text + at, left, "\n# ---- %s ----\n", l->name)
          : *l->about != '\0' ? snprintf(text + at, left, "# %s: %s\n%s:\n",
                                         l->name, l->about, l->name)
                              : snprintf(text + at, left, "%s:\n", l->name);
  }
  TACET_ASSERT((size_t)at < sizeof(text));
  return desk_file_write(path, tacet_span_of(text, (size_t)at), why);
}

/* ---- a filled one ---- */

typedef struct reading {
  json_t *out;
  size_t number; /* of the line */
  desk_trouble *why;
} reading;

static tacet_err refuse(const reading *r, const char *what) {
  desk_trouble_set(r->why, "line %zu of the form %s", r->number, what);
  return TACET_ERR_ENCODING;
}

static tacet_span trimmed(tacet_span s) {
  while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
    s = tacet_span_of(s.p + 1, s.len - 1);
  }
  while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t' ||
                       s.p[s.len - 1] == '\r')) {
    s.len--;
  }
  return s;
}

static const form_line *line_of(tacet_span name) {
  for (size_t i = 0; i < N_LINES; i++) {
    if (lines[i].where != NULL && strlen(lines[i].name) == name.len &&
        strncasecmp(lines[i].name, (const char *)name.p, name.len) == 0) {
      return &lines[i];
    }
  }
  return NULL;
}

/* The object in which the last name of `where` stands, and that name. */
static json_t *parent_of(json_t *root, const char *where, const char **last) {
  for (const char *dot; (dot = strchr(where, '.')) != NULL; where = dot + 1) {
    char name[32];
    (void)snprintf(name, sizeof(name), "%.*s", (int)(dot - where), where);
    json_t *child = json_object_get(root, name);
    if (child == NULL) {
      child = json_object();
      if (json_object_set_new(root, name, child) != 0) {
        return NULL;
      }
    }
    root = child;
  }
  *last = where;
  return root;
}

/* NULL where it is not of the line's kind. */
static json_t *value_of(line_kind kind, tacet_span text) {
  if (kind == LINE_FLAG) {
    bool yes = tacet_span_equal(text, TACET_SPAN_LIT("yes"));
    return yes || tacet_span_equal(text, TACET_SPAN_LIT("no"))
               ? json_boolean(yes)
               : NULL;
  }
  if (kind == LINE_COUNT) {
    json_int_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
      if (text.p[i] < '0' || text.p[i] > '9' || i > 14) {
        return NULL;
      }
      n = 10 * n + (text.p[i] - '0');
    }
    return json_integer(n);
  }
  return json_stringn((const char *)text.p, text.len);
}

static tacet_err put(reading *r, const form_line *l, tacet_span text) {
  const char *name = "";
  json_t *in = parent_of(r->out, l->where, &name);
  json_t *value = value_of(l->kind, text);
  if (in == NULL || value == NULL) {
    json_decref(value);
    return in == NULL ? TACET_ERR_NOMEM
                      : refuse(r, l->kind == LINE_FLAG ? "says yes or no"
                                                       : "is a whole number");
  }
  json_t *there = json_object_get(in, name);
  if (l->kind != LINE_LIST && there != NULL) {
    json_decref(value);
    return refuse(r, "stands there a second time; only accounts, demands and "
                     "privileges may");
  }
  if (l->kind == LINE_LIST && there == NULL) {
    there = json_array();
    if (json_object_set_new(in, name, there) != 0) {
      json_decref(value);
      return TACET_ERR_NOMEM;
    }
  }
  int bad = l->kind == LINE_LIST ? json_array_append_new(there, value)
                                 : json_object_set_new(in, name, value);
  return bad == 0 ? TACET_OK : TACET_ERR_NOMEM;
}

static tacet_err read_line(reading *r, tacet_span line) {
  line = trimmed(line);
  if (line.len == 0 || line.p[0] == '#') {
    return TACET_OK;
  }
  const uint8_t *colon = memchr(line.p, ':', line.len);
  if (colon == NULL) {
    return refuse(r, "has no colon: a line is \"Name: value\", or begins "
                     "with #");
  }
  size_t n = (size_t)(colon - line.p);
  const form_line *l = line_of(trimmed(tacet_span_of(line.p, n)));
  if (l == NULL) {
    return refuse(r, "has a name that the form does not have; `tacet-desk case "
                     "form` writes an empty one");
  }
  tacet_span text = trimmed(tacet_span_of(colon + 1, line.len - n - 1));
  return text.len == 0 ? TACET_OK : put(r, l, text);
}

static tacet_err read_lines(reading *r, tacet_span text) {
  while (text.len > 0) {
    const uint8_t *end = memchr(text.p, '\n', text.len);
    size_t len = end != NULL ? (size_t)(end - text.p) : text.len;
    tacet_span line = tacet_span_of(text.p, len);
    len += end != NULL ? 1 : 0;
    text = tacet_span_of(text.p + len, text.len - len);
    if (++r->number == 1) {
      line = trimmed(line);
      if (!tacet_span_equal(line, tacet_span_str(title))) {
        return strncmp(title, (const char *)line.p,
                       line.len < 18 ? line.len : 18) == 0 &&
                       line.len >= 18
                   ? refuse(r, "is of another version; update tacet-desk")
                   : refuse(r, "is not \"Tacet demand form 1\"");
      }
      continue;
    }
    TACET_TRY(read_line(r, line));
  }
  return TACET_OK;
}

tacet_err desk_paper_read(tacet_span text, desk_trouble *why, char **json) {
  reading r = {.out = json_pack("{s:i}", "version", 1), .why = why};
  tacet_err e = r.out == NULL ? TACET_ERR_NOMEM : TACET_OK;
  if (e == TACET_OK && !tacet_is_utf8(text)) {
    desk_trouble_set(why, "the form is not UTF-8");
    e = TACET_ERR_ENCODING;
  }
  if (e == TACET_OK && text.len == 0) {
    desk_trouble_set(why, "the form is empty");
    e = TACET_ERR_ENCODING;
  }
  if (e == TACET_OK) {
    e = read_lines(&r, text);
  }
  char *out =
      e == TACET_OK ? json_dumps(r.out, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
  json_decref(r.out);
  if (e == TACET_OK && out == NULL) {
    e = TACET_ERR_NOMEM;
  }
  if (e == TACET_OK) {
    *json = out;
  }
  return e;
}
