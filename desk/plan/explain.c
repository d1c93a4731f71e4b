/* SPDX-License-Identifier: Apache-2.0
 * The texts of a bundle: what each field means, what is not held, and the
 * certificate. Words come from the inventory, so that they are those of the
 * page and of `tacetd inventory`. */
#include "desk/plan/absent.h"
#include "desk/plan/bundle.h"
#include "tacet/codec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)8 * 1024 * 1024)
#define WIDTH 76

/* A paragraph, wrapped, each line behind `indent` spaces. */
__attribute__((format(printf, 3, 4))) static void
say(tacet_buf *w, size_t indent, const char *format, ...) {
  char text[4096];
  va_list list;
  va_start(list, format);
  (void)vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  size_t column = 0;
  for (const char *at = text; *at != '\0';) {
    size_t len = strcspn(at, " ");
    if (column > 0 && column + 1 + len > WIDTH) {
      tacet_write_u8(w, '\n');
      column = 0;
    } else if (column > 0) {
      tacet_write_u8(w, ' ');
      column++;
    }
    for (size_t i = 0; column == 0 && i < indent; i++) {
      tacet_write_u8(w, ' ');
    }
    column = column == 0 ? indent : column;
    tacet_write_bytes(w, tacet_span_of(at, len));
    column += len;
    at += len;
    at += strspn(at, " ");
  }
  tacet_write_u8(w, '\n');
}

static void heading(tacet_buf *w, const char *text) {
  tacet_write_u8(w, '\n');
  say(w, 0, "%s", text);
  for (size_t i = 0; i < strlen(text); i++) {
    tacet_write_u8(w, '-');
  }
  tacet_write_bytes(w, TACET_SPAN_LIT("\n\n"));
}

/* ---- README.txt ---- */

/* A day, or what there is in its place. */
static const char *day_or(desk_day d, char text[DESK_DAY_TEXT],
                          const char *none) {
  if (d == DESK_NO_DAY) {
    return none;
  }
  desk_day_text(d, text);
  return text;
}

static void say_period(tacet_buf *w, const desk_scope *s) {
  char from[DESK_DAY_TEXT], to[DESK_DAY_TEXT];
  if (s->from == DESK_NO_DAY && s->to == DESK_NO_DAY) {
    say(w, 0, "The demand names no period.");
    return;
  }
  say(w, 0,
      "Period: from %s to %s, both days included, UTC. An account that was "
      "made later counts as none; the day of its last use is given if it lies "
      "within. Other fields are as they were when this was made.",
      day_or(s->from, from, "the beginning"),
      day_or(s->to, to, "the day this was made"));
}

static void say_accounts(tacet_buf *w, const desk_bundle_input *in) {
  size_t n = 0;
  for (size_t i = 0; i < in->extract->n_handles; i++) {
    n += in->extract->present[i] ? 1 : 0;
  }
  say(w, 0,
      "Accounts asked for: %zu. Accounts that there are: %zu. "
      "data/accounts.csv has each.",
      in->extract->n_handles, n);
}

static void say_fields(tacet_buf *w, const desk_plan *p) {
  heading(w, "What each field is");
  say(w, 0,
      "Every file of data is there twice, as CSV and as JSON, with the same "
      "content. \"handle\" is the account as the demand names it. Days are in "
      "UTC; the server knows no hour. Bytes are in hexadecimal.");
  for (size_t q = 0; q < p->n_steps; q++) {
    for (size_t c = 0; c < p->steps[q].n_columns; c++) {
      const tacetd_inventory_row *row = p->steps[q].columns[c];
      tacet_write_u8(w, '\n');
      say(w, 0, "data/%s, \"%s\"", p->steps[q].name, row->answer);
      say(w, 4, "what: %s", row->what);
      say(w, 4, "why it is held: %s", row->why);
      say(w, 4, "for how long: %s", row->how_long);
      say(w, 4, "category: %s; column: %s",
          tacetd_inventory_category_name(row->category), row->name);
    }
  }
}

static void say_absent(tacet_buf *w) {
  const desk_absent *a;
  heading(w, "What is not held");
  for (size_t i = 0; (a = desk_absent_at(i)) != NULL; i++) {
    say(w, 0, "%s", a->what);
    say(w, 4, "%s", a->why);
  }
}

/* Columns about people that are held and not in this answer. */
static void say_kept_back(tacet_buf *w, const desk_plan *p) {
  const tacetd_inventory_row *row;
  heading(w, "What is held and is not in this answer");
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    desk_category c;
    bool column =
        row->kind == TACETD_HELD_DIRECTORY || row->kind == TACETD_HELD_DELIVERY;
    if (!column || !desk_column_category(row, &c)) {
      continue;
    }
    if (row->no_answer != NULL) {
      say(w, 0, "%s (%s): %s", row->name, row->what, row->no_answer);
    } else if ((p->scope.categories >> c & 1u) == 0) {
      say(w, 0, "%s (%s): the demand permits no %s data", row->name, row->what,
          tacetd_inventory_category_name(row->category));
    } else if (!desk_column_answers(row, p->scope.things)) {
      say(w, 0, "%s (%s): it was not asked for", row->name, row->what);
    }
  }
}

static void say_checking(tacet_buf *w) {
  heading(w, "How to check it");
  say(w, 0,
      "`tacet-desk verify FILE` checks the hashes of manifest.json, the desk's "
      "signature over it (manifest.sig) and two signatures over the plan "
      "(plan.json), with public keys alone. It says what there is to show that "
      "they are officers' (officers.json). "
      "docs/protocol/desk-bundle.md of Tacet says how to do it with other "
      "tools.");
}

tacet_err bundle_readme(const desk_bundle_input *in, tacet_bytes *out) {
  TACET_BUF(w, TEXT_MAX);
  char time[DESK_TIME_TEXT];
  const desk_scope *s = &in->plan->scope;
  desk_time_text(in->made, time);
  say(&w, 0, "Answer of %s to a lawful request", in->operator_name);
  tacet_write_u8(&w, '\n');
  say(&w, 0, "Case: %s", s->case_id);
  say(&w, 0, "Instrument: %s", s->instrument);
  say(&w, 0, "Made: %s", time);
  if (in->plan->in.source_case != NULL) {
    say(&w, 0, "Taken from the copy that was preserved under case %s",
        in->plan->in.source_case);
  }
  tacet_write_u8(&w, '\n');
  say_period(&w, s);
  say_accounts(&w, in);
  say_fields(&w, in->plan);
  say_absent(&w);
  say_kept_back(&w, in->plan);
  say_checking(&w);
  return tacet_buf_take(&w, out);
}

/* ---- declaration.txt ---- */

tacet_err bundle_declaration(const desk_bundle_input *in, tacet_bytes *out) {
  TACET_BUF(w, TEXT_MAX);
  char time[DESK_TIME_TEXT], hash[2 * DESK_HASH + 1];
  desk_time_text(in->made, time);
  tacet_hex_write(tacet_span_of(in->plan->hash, DESK_HASH), hash);
  say(&w, 0, "CERTIFICATE OF AUTHENTICITY");
  tacet_write_u8(&w, '\n');
  say(&w, 0,
      "In the style of Federal Rules of Evidence 902(11) and 902(14). Whether "
      "it is enough is for the court to say; the text of the law is to be read "
      "again before this is relied on.");
  tacet_write_u8(&w, '\n');
  say(&w, 0, "Case: %s", in->plan->scope.case_id);
  say(&w, 0, "Records of: %s", in->operator_name);
  tacet_write_u8(&w, '\n');
  say(&w, 0,
      "I, the undersigned, am a custodian of the records of %s, or another "
      "person qualified to say the following.",
      in->operator_name);
  tacet_write_u8(&w, '\n');
  say(&w, 2,
      "1. The files in the folder data/ are copies of records that the server "
      "makes by itself, at or near the time of what they record, in the course "
      "of a regularly conducted activity, as a regular practice of it.");
  say(&w, 2,
      "2. They were taken at %s from %s by the program %s, with the statements "
      "in plan.json and no others, at one moment, without changing it.",
      time,
      in->plan->in.source_case == NULL ? "the server's database"
                                       : "the copy of the server's database "
                                         "that had been preserved",
      in->program);
  say(&w, 2, "3. SHA-256 of plan.json is %s.", hash);
  say(&w, 2,
      "4. manifest.json has the SHA-256 of every file, by which a copy is "
      "identified; manifest.sig is the signature over it.");
  tacet_write_u8(&w, '\n');
  say(&w, 0, "I declare that the foregoing is true and correct.");
  tacet_write_bytes(&w, TACET_SPAN_LIT("\n\nDate: ______________________\n\n"
                                       "Name: ______________________\n\n"
                                       "Signature: ______________________\n"));
  return tacet_buf_take(&w, out);
}
