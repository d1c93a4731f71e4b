/* SPDX-License-Identifier: Apache-2.0
 * The answer to a demand, as a letter. */
#include "desk/rules/letter.h"

#include "desk/rules/prose.h"

#include <stdio.h>

static const struct {
  const char *name, *subject, *opening, *closing;
} templates[DESK_LETTER_KINDS] = {
    [DESK_LETTER_COVER] =
        {"cover", "What we hold of what you ask for",
         "We have examined your document and found nothing against it. With "
         "this letter you receive what we hold of what it orders, and no more; "
         "below it is said of each thing that you ask for whether there is "
         "such data.",
         "The archive that comes with this letter is signed. Its file "
         "README.txt explains each value."},
    [DESK_LETTER_NARROW] =
        {"narrow", "What we hold of a part of what you ask for",
         "We have examined your document. A part of what it asks for we do not "
         "hand over, for the reasons below. With this letter you receive what "
         "we hold of the rest.",
         "If you think that a reason is wrong, please answer it in writing; if "
         "another document can order what this one cannot, please send that."},
    [DESK_LETTER_NOT_HELD] =
        {"not-held", "There is no such data",
         "We have examined your document. Nothing of what it asks for exists "
         "with us, so there is nothing to hand over. Below it is said of each "
         "thing why.",
         "We keep no other records from which it could be made."},
    [DESK_LETTER_CLARIFY] =
        {"clarify", "Questions about your demand",
         "We have examined your document. We cannot act on it as it stands and "
         "ask for what follows.",
         "Until we have your answer we hand nothing over. Please give our "
         "reference in it."},
    [DESK_LETTER_OBJECT] =
        {"object", "Objection to your demand",
         "We have examined your document. We object to it for the reasons "
         "below and hand nothing over.",
         "We are ready to have the objection decided by a court."},
    [DESK_LETTER_REFUSE] =
        {"refuse", "Refusal of your demand",
         "We have examined your document. We refuse what it demands, for the "
         "reasons below, and hand nothing over.",
         "A new document without these faults will be examined anew."},
};

const char *desk_letter_kind_name(desk_letter_kind k) {
  return (unsigned)k < DESK_LETTER_KINDS ? templates[k].name : NULL;
}

/* ---- which findings it says ---- */

static bool has_answer(const desk_letter *l, desk_answer from, desk_answer to) {
  for (size_t i = 0; i < l->findings->n; i++) {
    desk_answer a = l->findings->items[i].rule->answer;
    if (a >= from && a <= to) {
      return true;
    }
  }
  return false;
}

/* A refusal that has a reason of its own goes on with what else is wrong; one
 * that an officer decided on lesser grounds says those. */
static bool says(const desk_letter *l, const desk_rule *rule) {
  switch (l->kind) {
  case DESK_LETTER_COVER:
  case DESK_LETTER_NOT_HELD:
    return false;          /* what is not held stands in the list */
  case DESK_LETTER_NARROW: /* accounts have a list of their own */
    return rule->answer == DESK_ANSWER_NARROW &&
           strcmp(rule->number, "V06") != 0;
  case DESK_LETTER_CLARIFY:
    return rule->answer == DESK_ANSWER_CLARIFY;
  case DESK_LETTER_OBJECT:
    return rule->answer == DESK_ANSWER_OBJECT;
  case DESK_LETTER_REFUSE:
    return rule->answer >= DESK_ANSWER_NARROW;
  case DESK_LETTER_KINDS:
    break;
  }
  return false;
}

static bool anything_to_say(const desk_letter *l) {
  if (l->paragraph != NULL) {
    return true;
  }
  switch (l->kind) {
  case DESK_LETTER_CLARIFY:
    return has_answer(l, DESK_ANSWER_CLARIFY, DESK_ANSWER_CLARIFY);
  case DESK_LETTER_OBJECT:
    return has_answer(l, DESK_ANSWER_OBJECT, DESK_ANSWER_OBJECT);
  case DESK_LETTER_REFUSE:
    return has_answer(l, DESK_ANSWER_NARROW, DESK_ANSWER_REFUSE);
  case DESK_LETTER_COVER:
  case DESK_LETTER_NARROW:
  case DESK_LETTER_NOT_HELD:
  case DESK_LETTER_KINDS:
    break;
  }
  return true;
}

/* ---- its head ---- */

static const char *sender(const desk_letter *l) {
  const desk_operator *us = desk_operator_of(l->question->tables);
  return us->name[0] != '\0'        ? us->name
         : l->operator_name != NULL ? l->operator_name
                                    : "";
}

static void put_day(rules_prose *t, const char *before, desk_day d) {
  char day[DESK_DAY_TEXT];
  if (d != DESK_NO_DAY) {
    desk_day_text(d, day);
    rules_prose_line(t, "%s%s", before, day);
  }
}

static void put_if(rules_prose *t, const char *before, const char *text) {
  if (text[0] != '\0') {
    rules_prose_paragraph(t, before, text);
  }
}

static void put_head(const desk_letter *l, rules_prose *t) {
  const desk_operator *us = desk_operator_of(l->question->tables);
  const desk_request *r = l->question->request;
  const desk_instrument *i =
      desk_instrument_find(l->question->tables, r->instrument);
  rules_prose_paragraph(t, "", sender(l));
  for (size_t k = 0; k < us->address.n; k++) {
    rules_prose_paragraph(t, "", us->address.items[k]);
  }
  put_if(t, "", us->contact);
  rules_prose_line(t, "%s", "");
  put_day(t, "", l->day);
  rules_prose_line(t, "%s", "");
  put_if(t, "To:              ", r->authority.name);
  put_if(t, "                 ", r->officer.name);
  put_if(t, "Your reference:  ", r->case_number);
  rules_prose_paragraph(t, "Our reference:   ", l->case_id);
  put_if(t, "Your document:   ", i != NULL ? i->words : "");
  put_day(t, "  dated          ", r->dated);
  put_day(t, "  received       ", r->received);
  put_if(t, "  SHA-256        ", r->document.sha256);
  rules_prose_line(t, "%s", "");
  rules_prose_paragraph(t, "", templates[l->kind].subject);
  rules_prose_line(t, "%s", "");
}

/* ---- the form of Annex III ---- */

typedef enum ground {
  GROUND_INCOMPLETE,
  GROUND_ERROR,
  GROUND_INFORMATION,
  GROUND_IMPOSSIBLE,
  GROUND_PRIVILEGE,
  GROUNDS
} ground;

static const char *const grounds[GROUNDS] = {
    "it is incomplete",
    "it contains manifest errors",
    "it does not contain sufficient information to carry it out",
    "it cannot be carried out: de facto impossibility",
    ("it could interfere with immunities or privileges, or with rules on the "
     "freedom of the press and of expression"),
};

/* From memory: Regulation (EU) 2023/1543 has to be read again before the form
 * is relied on. */
static ground ground_of(const desk_rule *rule) {
  static const struct {
    const char *number;
    ground g;
  } known[] = {{"V06", GROUND_ERROR},      {"V07", GROUND_ERROR},
               {"V08", GROUND_ERROR},      {"V19", GROUND_ERROR},
               {"V09", GROUND_IMPOSSIBLE}, {"V14", GROUND_IMPOSSIBLE},
               {"V21", GROUND_PRIVILEGE},  {"V10", GROUND_INFORMATION},
               {"V11", GROUND_INFORMATION}};
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
    if (strcmp(known[i].number, rule->number) == 0) {
      return known[i].g;
    }
  }
  return GROUND_INCOMPLETE;
}

static bool is_for_authority(const desk_rule *rule) {
  return rule->answer >= DESK_ANSWER_NARROW ||
         strcmp(rule->code, "not-held") == 0;
}

static void put_annex(const desk_letter *l, rules_prose *t) {
  const desk_instrument *i = desk_instrument_find(
      l->question->tables, l->question->request->instrument);
  if (i == NULL || !i->annex3 || l->kind == DESK_LETTER_COVER) {
    return;
  }
  bool ticked[GROUNDS] = {false};
  for (size_t k = 0; k < l->findings->n; k++) {
    const desk_rule *rule = l->findings->items[k].rule;
    ticked[ground_of(rule)] |= is_for_authority(rule);
  }
  rules_prose_paragraph(t, "",
                        "This is the information under Annex III of Regulation "
                        "(EU) 2023/1543. The certificate is not carried out, "
                        "or not in full, since");
  for (size_t g = 0; g < GROUNDS; g++) {
    rules_prose_paragraph(t, ticked[g] ? "  [x] " : "  [ ] ", grounds[g]);
  }
  rules_prose_paragraph(t, "",
                        "Please react within five days. Data that you ask for "
                        "and that we hold will be there until then.");
  rules_prose_line(t, "%s", "");
}

/* ---- its body ---- */

static void put_findings(const desk_letter *l, rules_prose *t) {
  size_t n = 0;
  if (l->paragraph != NULL) { /* a person's reason stands before the desk's */
    n++;
    rules_prose_paragraph(t, "1.  ", l->paragraph);
    rules_prose_line(t, "%s", "");
  }
  /* The weightiest first: those that refuse, then what else there is. */
  for (int answer = DESK_ANSWER_REFUSE; answer >= DESK_ANSWER_NARROW;
       answer--) {
    for (size_t i = 0; i < l->findings->n; i++) {
      const desk_finding *f = &l->findings->items[i];
      if ((int)f->rule->answer != answer || !says(l, f->rule)) {
        continue;
      }
      char number[32];
      n++;
      (void)snprintf(number, sizeof(number), "%zu.%s ", n, n < 10 ? " " : "");
      rules_prose_paragraph(t, number, f->paragraph);
      rules_prose_line(t, "    [%s %s; %s]", f->rule->number, f->rule->code,
                       f->rule->source);
      rules_prose_line(t, "%s", "");
    }
  }
}

static const char *const verdicts[DESK_VERDICTS] = {
    [DESK_GIVEN] = "handed over",
    [DESK_CUT] = "handed over for the days up to the document's receipt",
    [DESK_NOT_HELD] = "", /* the inventory's words say it */
    [DESK_NOT_PERMITTED] = "not handed over",
    [DESK_NO_DATA] = "refused",
    [DESK_NOT_KNOWN] = "not handed over",
};

static void put_reason(rules_prose *t, const desk_reason *r,
                       const char *verdict) {
  rules_prose_paragraph(t, "  - ", r->what);
  char line[4096];
  (void)snprintf(line, sizeof(line), "%s%s%s", verdict,
                 verdict[0] == '\0'    ? ""
                 : r->words[0] == '\0' ? "."
                                       : ". ",
                 r->words);
  rules_prose_paragraph(t, "    = ", line);
}

/* Lists of what is handed over belong to letters that hand something over; that
 * something does not exist may be said in any. */
static void put_demands(const desk_letter *l, rules_prose *t) {
  bool gives = l->kind <= DESK_LETTER_NOT_HELD, headed = false;
  for (size_t i = 0; i < l->narrowing->n_demands; i++) {
    const desk_reason *r = &l->narrowing->demands[i];
    if (!gives && r->verdict != DESK_NOT_HELD) {
      continue;
    }
    if (!headed) {
      rules_prose_paragraph(t, "",
                            gives ? "What you ask for, and our answer:"
                                  : "Of what you ask for, the following does "
                                    "not exist with us in any case:");
      headed = true;
    }
    put_reason(t, r, verdicts[r->verdict]);
  }
  if (headed) {
    rules_prose_line(t, "%s", "");
  }
}

enum { ACCOUNTS_SHOWN = 50 };

static void put_accounts(const desk_letter *l, rules_prose *t) {
  bool headed = false;
  size_t shown = 0, left = 0;
  if (l->kind > DESK_LETTER_NOT_HELD) {
    return; /* the findings say it */
  }
  for (size_t i = 0; i < l->narrowing->n_accounts; i++) {
    const desk_reason *r = &l->narrowing->accounts[i];
    if (r->verdict == DESK_GIVEN) {
      continue;
    }
    if (shown++ >= ACCOUNTS_SHOWN) {
      left++;
      continue;
    }
    if (!headed) {
      rules_prose_paragraph(t, "", "We cannot answer for the following:");
      headed = true;
    }
    put_reason(t, r, "no account of ours");
  }
  if (left > 0) {
    rules_prose_line(t, "  and %zu more", left);
  }
  if (headed) {
    rules_prose_line(t, "%s", "");
  }
}

/* Who gets a letter can tell that a gag is believed, or that it is not. */
static void put_notice(const desk_letter *l, rules_prose *t) {
  const desk_request *r = l->question->request;
  const desk_instrument *i =
      desk_instrument_find(l->question->tables, r->instrument);
  bool gives = l->kind == DESK_LETTER_COVER || l->kind == DESK_LETTER_NARROW;
  if (!gives || i == NULL || !i->notice) {
    return;
  }
  if (!r->gag.given) {
    rules_prose_paragraph(t, "",
                          "We tell our users of every disclosure unless "
                          "a law forbids it, and shall tell the user of "
                          "this one.");
    rules_prose_line(t, "%s", "");
  } else if (r->gag.until != DESK_NO_DAY) {
    char line[200], day[DESK_DAY_TEXT];
    desk_day_text(r->gag.until, day);
    (void)snprintf(line, sizeof(line),
                   "You have forbidden us to tell the user until %s. We shall "
                   "tell the user on the day after it.",
                   day);
    rules_prose_paragraph(t, "", line);
    rules_prose_line(t, "%s", "");
  }
}

tacet_err desk_letter_write(const desk_letter *l, desk_trouble *why,
                            char **out) {
  rules_prose t = {NULL, 0, 0, TACET_OK};
  if (sender(l)[0] == '\0') {
    desk_trouble_set(why, "The letter needs the operator's name: give the "
                          "tables an \"operator\", or --operator.");
    return TACET_ERR_STATE;
  }
  if (!anything_to_say(l)) {
    desk_trouble_set(why,
                     "Nothing that was found is a reason for a letter of the "
                     "kind \"%s\".",
                     desk_letter_kind_name(l->kind));
    return TACET_ERR_STATE;
  }
  put_head(l, &t);
  rules_prose_paragraph(&t, "", templates[l->kind].opening);
  rules_prose_line(&t, "%s", "");
  put_annex(l, &t);
  put_findings(l, &t);
  put_demands(l, &t);
  put_accounts(l, &t);
  put_notice(l, &t);
  rules_prose_paragraph(&t, "", templates[l->kind].closing);
  rules_prose_line(&t, "%s", "");
  rules_prose_paragraph(&t, "", sender(l));
  if (t.e != TACET_OK) {
    desk_trouble_set(why, "There is not enough memory for the letter.");
    tacet_free(t.p);
    return t.e;
  }
  *out = t.p;
  return TACET_OK;
}
