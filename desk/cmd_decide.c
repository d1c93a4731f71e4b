/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk decide, case authenticate, withdraw, close, purge: what officers
 * do to a case, each time with their key. */
#include "desk/blocking.h"
#include "desk/intake.h"
#include "desk/notice.h"

#include "tacet/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REASON_MAX 4000
#define PARAGRAPH_MAX 2000

/* It goes into a letter: what would break its lines, or turn writing round, is
 * no part of one. */
static bool is_paragraph(const char *text) {
  char plain[PARAGRAPH_MAX + 1];
  size_t n = strlen(text);
  return n > 0 && n <= PARAGRAPH_MAX && tacet_is_utf8(tacet_span_str(text)) &&
         strcmp(desk_plain(text, plain, sizeof(plain)), text) == 0;
}

/* One signed step; `changes` is taken over. */
static tacet_err signed_step(const desk_args *a, desk_store *s,
                             const desk_who *who, desk_step act,
                             const char *kind, json_t *changes,
                             desk_trouble *why) {
  const char *reason = desk_arg(a, DESK_O_REASON);
  json_t *body = json_object();
  tacet_err e = body == NULL ? TACET_ERR_NOMEM : TACET_OK;
  if (e == TACET_OK && reason != NULL &&
      (strlen(reason) > REASON_MAX ||
       json_object_set_new(body, "reason", json_string(reason)) != 0)) {
    desk_trouble_set(why, "--reason is UTF-8 of at most %d bytes", REASON_MAX);
    e = TACET_ERR_ENCODING;
  }
  const char *despite = desk_arg(a, DESK_O_DESPITE),
             *paragraph = desk_arg(a, DESK_O_PARAGRAPH);
  if (e == TACET_OK && despite != NULL &&
      json_object_set_new(body, "despite", json_string(despite)) != 0) {
    e = TACET_ERR_NOMEM;
  }
  if (e == TACET_OK && paragraph != NULL && !is_paragraph(paragraph)) {
    desk_trouble_set(why,
                     "--paragraph is one paragraph of UTF-8, without "
                     "control characters, of at most %d bytes",
                     PARAGRAPH_MAX);
    e = TACET_ERR_ENCODING;
  }
  if (e == TACET_OK && paragraph != NULL &&
      json_object_set_new(body, "paragraph", json_string(paragraph)) != 0) {
    e = TACET_ERR_NOMEM;
  }
  if (e == TACET_OK) {
    const desk_case_step step = {.case_id = a->words[0],
                                 .act = act,
                                 .kind = kind,
                                 .actor = who->actor,
                                 .key = who->signs,
                                 .body = body,
                                 .changes = changes};
    e = desk_case_act(s, &step, why);
  }
  json_decref(body);
  json_decref(changes);
  return e;
}

/* What an end changes in the row. */
static json_t *ended(const char *outcome) {
  return outcome == NULL ? json_pack("{s:n, s:n}", "due", "due_at")
                         : json_pack("{s:s, s:n, s:n}", "outcome", outcome,
                                     "due", "due_at");
}

static int run_signed(const desk_args *a, desk_step act, const char *kind,
                      json_t *changes) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s == NULL || !desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    json_decref(changes);
  } else {
    code = desk_end(signed_step(a, s, &who, act, kind, changes, &why), &why);
  }
  desk_store_close(s);
  return code;
}

static const struct {
  const char *word;
  desk_step act;
  const char *kind, *outcome; /* NULL: it stays as it is */
} decisions[] = {
    {"accept", DESK_DO_ACCEPT, "decided-accept", NULL},
    {"narrow", DESK_DO_NARROW, "decided-narrow", NULL},
    {"refuse", DESK_DO_REFUSE, "decided-refuse", "refused"},
    {"clarify", DESK_DO_CLARIFY, "decided-clarify", NULL},
    {"challenge", DESK_DO_CHALLENGE, "decided-challenge", NULL},
    {"nothing-held", DESK_DO_NO_DATA, "case-holds-nothing", "partly"},
    {"fraud", DESK_DO_FRAUD, "decided-fraud", "refused"},
};

/* The authority owes the paper within this time after an emergency was answered
 * (the operator's own rule), and somebody else looks at it. */
#define REVIEW_S ((json_int_t)48 * 3600)
/* An answer to the form of Annex III: Regulation (EU) 2023/1543, to be read
 * again. */
enum { ANNEX3_DAYS = 5 };

/* What waits after an answer: the notice, and after an emergency the review. */
static tacet_err after_answer(const desk_request *r, const desk_tables *tables,
                              desk_store *s, json_t *changes) {
  json_t *notice = NULL;
  TACET_TRY(desk_notice_new(r, tables, desk_store_today(s), &notice));
  if (json_object_set_new(changes, "notice", notice) != 0) {
    return TACET_ERR_NOMEM;
  }
  if (!desk_is_emergency(r, tables)) {
    return TACET_OK;
  }
  return json_object_set_new(
             changes, "review",
             json_pack("{s:s, s:I}", "state", "owed", "due_at",
                       (json_int_t)desk_store_now(s) + REVIEW_S)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

/* What waits after a question. */
static tacet_err after_question(const desk_request *r,
                                const desk_tables *tables, desk_store *s,
                                json_t *changes) {
  const desk_instrument *i = desk_instrument_find(tables, r->instrument);
  char day[DESK_DAY_TEXT];
  if (i == NULL || !i->annex3) {
    return TACET_OK;
  }
  desk_day_text(desk_store_today(s) + ANNEX3_DAYS, day);
  return json_object_set_new(changes, "asked_until", json_string(day)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

/* Who is to be told and when, and what else waits, follows from the paper. */
static tacet_err add_what_waits(const desk_args *a, desk_store *s,
                                desk_step act, json_t *changes,
                                desk_trouble *why) {
  json_t *demand = NULL;
  desk_request r = {.json = NULL};
  desk_tables tables = {.json = NULL};
  char *text = NULL;
  TACET_TRY(desk_case_request(s, a->words[0], why, &demand));
  tacet_err e = desk_intake_tables(a, why, &tables);
  if (e == TACET_OK) {
    text = json_dumps(demand, JSON_COMPACT);
    e = text == NULL ? TACET_ERR_NOMEM
                     : desk_request_read(tacet_span_str(text), &r, why);
  }
  if (e == TACET_OK) {
    e = act == DESK_DO_CLARIFY ? after_question(&r, &tables, s, changes)
                               : after_answer(&r, &tables, s, changes);
  }
  free(text);
  desk_request_free(&r);
  desk_tables_free(&tables);
  json_decref(demand);
  return e;
}

static int decide(const desk_args *a, size_t which) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  json_t *changes = decisions[which].outcome == NULL
                        ? json_object()
                        : ended(decisions[which].outcome);
  desk_step act = decisions[which].act;
  desk_store *s = desk_open(a, &code);
  if (s == NULL || !desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    json_decref(changes);
    desk_store_close(s);
    return code;
  }
  tacet_err e = changes == NULL ? TACET_ERR_NOMEM : TACET_OK;
  bool answers = act == DESK_DO_ACCEPT || act == DESK_DO_NARROW;
  if (e == TACET_OK && !answers && desk_arg(a, DESK_O_DESPITE) != NULL) {
    desk_trouble_set(&why, "--despite goes with accept and narrow");
    e = TACET_ERR_ARGUMENT;
  }
  if (e == TACET_OK && answers) {
    e = desk_blocking_check(s, a->words[0], desk_arg(a, DESK_O_DESPITE), &why);
  }
  if (e == TACET_OK && (answers || act == DESK_DO_CLARIFY)) {
    e = add_what_waits(a, s, act, changes, &why);
  }
  if (e == TACET_OK) {
    e = signed_step(a, s, &who, act, decisions[which].kind, changes, &why);
  } else {
    json_decref(changes);
  }
  desk_store_close(s);
  return desk_end(e, &why);
}

int desk_cmd_decide(const desk_args *a) {
  for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++) {
    if (strcmp(decisions[i].word, a->words[1]) == 0) {
      return decide(a, i);
    }
  }
  desk_say("a decision is accept, narrow, refuse, clarify, challenge, fraud or "
           "nothing-held");
  return DESK_EXIT_USAGE;
}

int desk_cmd_case_authenticate(const desk_args *a) {
  return run_signed(a, DESK_DO_AUTHENTICATE, "case-authenticated",
                    json_object());
}

int desk_cmd_case_withdraw(const desk_args *a) {
  return run_signed(a, DESK_DO_WITHDRAW, "case-withdrawn", ended("withdrawn"));
}

static tacet_err review_before_end(const json_t *row, desk_trouble *why) {
  const char *state = json_string_value(
      json_object_get(json_object_get(row, "review"), "state"));
  if (state == NULL || strcmp(state, "owed") != 0) {
    return TACET_OK;
  }
  desk_trouble_set(why, "an emergency is reviewed before it is closed, by "
                        "somebody who neither filed nor decided it: "
                        "`tacet-desk case review`");
  return TACET_ERR_POLICY;
}

/* Before a case is closed its notice has gone, or has a day. */
static tacet_err notice_before_end(desk_store *s, const desk_who *who,
                                   const char *id, desk_trouble *why) {
  json_t *row = NULL;
  TACET_TRY(desk_case_get(s, id, why, &row));
  const char *state = json_string_value(json_object_get(row, "state"));
  const char *notice = json_string_value(
      json_object_get(json_object_get(row, "notice"), "state"));
  bool delivered = state != NULL && strcmp(state, "delivered") == 0;
  desk_case_step step = {
      .case_id = id, .actor = who->actor, .key = who->signs, .act = DESK_STEPS};
  tacet_err e = review_before_end(row, why);
  if (e != TACET_OK) {
    json_decref(row);
    return e;
  }
  if (delivered && notice != NULL && strcmp(notice, "sent") == 0) {
    step.act = DESK_DO_NOTIFY;
    step.kind = "case-notified";
  } else if (delivered && notice != NULL && strcmp(notice, "delayed") == 0) {
    step.act = DESK_DO_DELAY;
    step.kind = "case-notice-waits";
  } else if (delivered && notice != NULL && strcmp(notice, "none") != 0) {
    desk_trouble_set(why, "the person was not told yet: `tacet-desk notices "
                          "run` does that");
    e = TACET_ERR_POLICY;
  }
  if (e == TACET_OK && step.act != DESK_STEPS) {
    e = desk_case_act(s, &step, why);
  }
  json_decref(row);
  return e;
}

int desk_cmd_case_close(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    tacet_err e = notice_before_end(s, &who, a->words[0], &why);
    if (e == TACET_OK) {
      e = signed_step(a, s, &who, DESK_DO_CLOSE, "case-closed", ended(NULL),
                      &why);
    }
    code = desk_end(e, &why);
  }
  desk_store_close(s);
  return code;
}

/* ---- purge ---- */

/* Two cases may have come with one document. */
typedef struct sharing {
  const json_t *row; /* of the case that is purged */
  const char *hash;
} sharing;

static bool has_document(const json_t *row, const char *hash) {
  const char *now = json_string_value(json_object_get(row, "document"));
  size_t i;
  json_t *old;
  if (now != NULL && strcmp(now, hash) == 0) {
    return true;
  }
  json_array_foreach(json_object_get(row, "documents_before"), i, old) {
    if (json_is_string(old) && strcmp(json_string_value(old), hash) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err shares_document(void *user, const json_t *row) {
  const sharing *x = user;
  bool other =
      !json_equal(json_object_get(row, "id"), json_object_get(x->row, "id")) &&
      strcmp(json_string_value(json_object_get(row, "state")), "purged") != 0;
  return other && has_document(row, x->hash) ? TACET_ERR_EXISTS : TACET_OK;
}

static tacet_err erase_one(desk_store *s, const json_t *row, const char *hash,
                           desk_trouble *why) {
  char path[DESK_PATH_MAX + 128];
  sharing x = {row, hash};
  if (hash == NULL) {
    return TACET_OK;
  }
  tacet_err e = desk_cases_each(s, shares_document, &x, why);
  if (e != TACET_OK) {
    return e == TACET_ERR_EXISTS ? TACET_OK : e;
  }
  (void)snprintf(path, sizeof(path), "%s/%s/%.64s", desk_store_folder(s),
                 DESK_DOCUMENTS, hash);
  if (unlink(path) != 0 && errno != ENOENT) {
    desk_trouble_set(why, "the document %.300s cannot be erased: %s", path,
                     strerror(errno));
    return TACET_ERR_IO;
  }
  return TACET_OK;
}

static tacet_err erase_document(desk_store *s, const json_t *row,
                                desk_trouble *why) {
  size_t i;
  json_t *old;
  TACET_TRY(erase_one(
      s, row, json_string_value(json_object_get(row, "document")), why));
  json_array_foreach(json_object_get(row, "documents_before"), i, old) {
    TACET_TRY(erase_one(s, row, json_string_value(old), why));
  }
  return TACET_OK;
}

/* A notice names whom it is for from the demand, which a purge erases. */
static tacet_err notice_before_purge(desk_store *s, const json_t *row,
                                     desk_trouble *why) {
  const char *state = json_string_value(
      json_object_get(json_object_get(row, "notice"), "state"));
  if (*desk_store_settings(s)->notices_home == '\0' || state == NULL ||
      strcmp(state, "none") == 0 || strcmp(state, "sent") == 0) {
    return TACET_OK;
  }
  desk_trouble_set(why, "the person was not told yet, and a purge would erase "
                        "who it is: `tacet-desk notices` shows when it is due, "
                        "`tacet-desk notices run` tells them");
  return TACET_ERR_POLICY;
}

static tacet_err purge(const desk_args *a, desk_store *s, const desk_who *who,
                       const json_t *row, desk_trouble *why) {
  TACET_TRY(notice_before_purge(s, row, why));
  TACET_TRY(desk_case_purge(s, a->words[0], who->actor, who->signs, why));
  return erase_document(s, row, why);
}

int desk_cmd_case_purge(const desk_args *a) {
  return desk_on_case(a, purge);
}
