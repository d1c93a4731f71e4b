/* SPDX-License-Identifier: Apache-2.0
 * Who sent it, what may not be told, emergencies, money: V13, V16, V17, V22. */
#include "desk/rules/findings.h"

/* An order of silence that ends later than this ends never. */
enum { FACT_LETTERS_MIN = 12 };

/* ---- V13 ---- */

static bool has_basis(const desk_instrument *i, const char *basis) {
  for (size_t k = 0; k < i->gag_bases.n; k++) {
    if (desk_statute_has(basis, i->gag_bases.items[k])) {
      return true;
    }
  }
  return false;
}

static void check_gag_end(checking *c) {
  const desk_request *r = c->r;
  bool endless = desk_gag_is_endless(r);
  if (endless && r->kind == DESK_NATIONAL_SECURITY) {
    rules_add(c, RULE_GAG_REVIEW, "gag.until",
              "The order not to speak has no end. We ask for it to be reviewed "
              "by a court.");
  } else if (endless) {
    rules_add(c, RULE_GAG_NO_END, "gag.until",
              "The document forbids us to tell the user and does not say until "
              "when. Please name the day on which that ends.");
  } else if (r->gag.until < c->q->today) {
    rules_add(c, RULE_GAG_PAST, "gag.until",
              "The time for which the document forbids us to tell the user has "
              "passed; we are going to tell.");
  }
}

static void check_gag(checking *c) {
  const desk_request *r = c->r;
  if (!r->gag.given) {
    return;
  }
  if (r->gag.basis[0] == '\0') {
    rules_add(c, RULE_GAG_NO_BASIS, "gag.basis",
              "The document forbids us to tell the user and cites no law for "
              "that. We tell our users unless a law forbids it.");
  } else if (c->instrument != NULL && !has_basis(c->instrument, r->gag.basis)) {
    rules_add(c, RULE_GAG_BASIS_WRONG, "gag.basis",
              "The document forbids us to tell the user and cites \"%s\". We "
              "do not see that this forbids it for %s.",
              r->gag.basis, c->instrument->words);
  }
  check_gag_end(c);
}

/* ---- V16 ---- */

static bool ends_with_domain(const char *domain, const char *end) {
  size_t n = strlen(domain), m = strlen(end);
  if (n < m) {
    return false;
  }
  for (size_t i = 0; i < m; i++) {
    char c = domain[n - m + i];
    c = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    if (c != end[i]) {
      return false;
    }
  }
  /* ".gov" ends what has a dot there; "fbi.gov" is it, or stands after one. */
  return end[0] == '.' || n == m || domain[n - m - 1] == '.';
}

/* One "@", ASCII letters alone: a name that only looks like the authority's is
 * the oldest trick. */
static const char *domain_of(const char *mail) {
  const char *at = strchr(mail, '@');
  if (at == NULL || at == mail || strchr(at + 1, '@') != NULL) {
    return NULL;
  }
  for (const char *p = at + 1; *p != '\0'; p++) {
    bool ok = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
              (*p >= '0' && *p <= '9') || *p == '.' || *p == '-';
    if (!ok) {
      return NULL;
    }
  }
  return at[1] != '\0' && at[1] != '.' ? at + 1 : NULL;
}

static void check_domain(checking *c) {
  const char *domain = domain_of(c->r->officer.mail);
  if (domain == NULL) {
    rules_add(c, RULE_OFFICER_DOMAIN, "officer.mail",
              "The address from which the document was sent is none of an "
              "authority.");
    return;
  }
  if (c->authority == NULL || c->authority->domains.n == 0) {
    rules_add(c, RULE_OFFICER_DOMAIN_UNKNOWN, "officer.mail",
              "The desk does not know which mail addresses this authority has; "
              "somebody must find out.");
    return;
  }
  for (size_t i = 0; i < c->authority->domains.n; i++) {
    if (ends_with_domain(domain, c->authority->domains.items[i])) {
      return;
    }
  }
  rules_add(c, RULE_OFFICER_DOMAIN, "officer.mail",
            "The document was sent from an address that is none of %s. Please "
            "send it from an address of the authority.",
            c->authority->words);
}

/* The digits of a telephone number, without what stands before them in some
 * places: the last nine. */
static size_t digits_of(const char *text, char out[9]) {
  size_t n = 0;
  for (size_t i = strlen(text); i > 0 && n < 9; i--) {
    if (text[i - 1] >= '0' && text[i - 1] <= '9') {
      out[n++] = text[i - 1];
    }
  }
  return n;
}

/* A call to the number that the paper names reaches whoever wrote the paper. */
static bool is_papers_number(const desk_request *r) {
  char theirs[9], called[9];
  size_t n = digits_of(r->officer.phone, theirs);
  return n >= 6 && digits_of(r->officer.callback.number, called) == n &&
         memcmp(theirs, called, n) == 0;
}

static bool called_back(const checking *c) {
  const desk_request *r = c->r;
  desk_day on = r->officer.callback.on;
  return r->officer.callback.given && r->officer.callback.by[0] != '\0' &&
         r->officer.callback.number[0] != '\0' && on != DESK_NO_DAY &&
         on >= r->received && on <= c->q->today && !is_papers_number(r);
}

static void check_officer(checking *c) {
  const desk_request *r = c->r;
  if (r->officer.name[0] == '\0') {
    rules_add(c, RULE_OFFICER_UNNAMED, "officer.name",
              "The document does not name the official whom we can ask.");
  }
  if (r->officer.mail[0] == '\0') {
    rules_add(c, RULE_OFFICER_MAIL_MISSING, "officer.mail",
              "The document does not say to which address of the authority an "
              "answer goes.");
  } else {
    check_domain(c);
    if (r->officer.mail_checked == DESK_INVALID) {
      rules_add(c, RULE_MAIL_FORGED, "officer.mail_checked",
                "The message that brought the document was not sent by the "
                "domain that it names. We have kept it and shall not act on "
                "it.");
    } else if (r->officer.mail_checked == DESK_UNCHECKED) {
      rules_add(c, RULE_MAIL_UNCHECKED, "officer.mail_checked",
                "Nobody has checked yet that the mail comes from the domain "
                "that it names.");
    }
  }
}

/* ---- V17 ---- */

/* Something that a person can judge, and not "n/a" or "urgent". */
static bool is_fact(const char *text) {
  size_t letters = 0, words = 0;
  for (const char *p = text; *p != '\0'; p++) {
    bool letter = *p != ' ' && *p != '.' && *p != '-' && *p != '?';
    letters += letter ? 1 : 0;
    words += letter && (p == text || p[-1] == ' ') ? 1 : 0;
  }
  return letters >= FACT_LETTERS_MIN && words >= 2;
}

static void check_fact(checking *c, const char *where, const char *text,
                       const char *question) {
  if (!is_fact(text)) {
    rules_add(c, RULE_EMERGENCY_FACTS, where,
              "The document does not say %s. Without that we cannot believe in "
              "good faith that there is an emergency.",
              question);
  }
}

static void check_emergency(checking *c) {
  const desk_request *r = c->r;
  bool called = called_back(c);
  bool emergency = r->kind == DESK_EMERGENCY ||
                   (c->instrument != NULL && c->instrument->emergency);
  if (emergency) {
    check_fact(c, "emergency.who", r->emergency.who, "who is in danger");
    check_fact(c, "emergency.harm", r->emergency.harm,
               "what death or serious injury threatens");
    check_fact(c, "emergency.why", r->emergency.why,
               "how the data that it asks for would avert it");
    check_fact(c, "emergency.when", r->emergency.when,
               "when that is going to happen");
  }
  if (!called) {
    rules_add(c, emergency ? RULE_EMERGENCY_CALLBACK : RULE_CALLBACK_MISSING,
              "officer.callback",
              "Nobody of the desk has called the authority back, on a number "
              "that was not found in the document, on or after the day on "
              "which it came.");
  }
}

void rules_check_sender(checking *c) {
  check_gag(c);
  check_officer(c);
  check_emergency(c);
  if (c->r->cost.given && c->r->cost.basis[0] == '\0') {
    rules_add(c, RULE_COST_BASIS, "cost.basis",
              "An amount is named without the law that gives it.");
  }
}
