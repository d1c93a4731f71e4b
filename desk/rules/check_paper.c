/* SPDX-License-Identifier: Apache-2.0
 * The paper itself: to whom, from whom, signed, under which law, in which
 * language, seen before. V01 to V03, V08, V12, V15, V18, V19. */
#include "desk/rules/findings.h"

/* ---- V01: to whom ---- */

static char fold(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool counts(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         (unsigned char)c >= 0x80;
}

/* Names of companies: case, spaces and punctuation do not matter. */
static bool same_name(const char *a, const char *b) {
  for (;;) {
    while (*a != '\0' && !counts(fold(*a))) {
      a++;
    }
    while (*b != '\0' && !counts(fold(*b))) {
      b++;
    }
    if (*a == '\0' || *b == '\0') {
      return *a == *b;
    }
    if (fold(*a++) != fold(*b++)) {
      return false;
    }
  }
}

static void check_addressee(checking *c) {
  const desk_operator *us = desk_operator_of(c->q->tables);
  const char *to = c->r->addressee;
  if (to[0] == '\0') {
    rules_add(c, RULE_ADDRESSEE_MISSING, "addressee",
              "The document does not say to whom it is addressed. Please name "
              "the company that is to answer it.");
    return;
  }
  if (!us->given || same_name(to, us->name)) {
    return;
  }
  for (size_t i = 0; i < us->addressees.n; i++) {
    if (same_name(to, us->addressees.items[i])) {
      return;
    }
  }
  rules_add(c, RULE_ADDRESSEE_WRONG, "addressee",
            "The document is addressed to \"%s\". We are %s; we do not act for "
            "others and cannot accept a document that is not addressed to us.",
            to, us->name);
}

/* ---- V02: from whom ---- */

static void check_authority(checking *c) {
  const desk_request *r = c->r;
  if (c->instrument == NULL) {
    rules_add(c, RULE_INSTRUMENT_UNKNOWN, "instrument",
              "We do not know the kind of document that this is. Please say "
              "under which law it was issued and what it orders.");
  }
  if (r->authority.name[0] == '\0') {
    rules_add(c, RULE_AUTHORITY_UNNAMED, "authority.name",
              "The document does not name the authority that issued it.");
  }
  if (c->authority == NULL) {
    rules_add(c, RULE_AUTHORITY_UNKNOWN, "authority.code",
              "We could not tell which authority issued the document. Please "
              "name it, with its address and the law under which it acts.");
  } else if (c->instrument != NULL &&
             !rules_contains(c->instrument->authorities, c->authority->code)) {
    rules_add(c, RULE_AUTHORITY_NOT_COMPETENT, "authority.code",
              "The document calls itself %s. Such a document cannot be issued "
              "by %s (%s).",
              c->instrument->words, c->authority->words, c->instrument->source);
  }
}

/* ---- V03: signed ---- */

static void check_signature(checking *c) {
  const desk_request *r = c->r;
  bool none = !r->signature.given || r->signature.kind == DESK_SIGNATURE_NONE;
  if (none) {
    if (c->instrument == NULL || !c->instrument->unsigned_ok) {
      rules_add(c, RULE_SIGNATURE_MISSING, "signature",
                "The document bears neither a signature nor a seal.");
    }
  } else if (r->signature.checked == DESK_INVALID) {
    rules_add(c, RULE_SIGNATURE_INVALID, "signature.checked",
              "The signature on the document is not valid. We have kept the "
              "document and shall not act on it.");
  } else if (r->signature.checked == DESK_UNCHECKED) {
    rules_add(c, RULE_SIGNATURE_UNCHECKED, "signature.checked",
              "Nobody has checked the signature yet.");
  }
}

/* ---- V08: one case ---- */

static void check_case_number(checking *c) {
  const desk_request *r = c->r;
  if (r->case_number[0] == '\0') {
    rules_add(c, RULE_CASE_NUMBER_MISSING, "case_number",
              "The document has no case number.");
  }
  for (size_t i = 0; i < r->pages.n; i++) {
    const desk_page *page = &r->pages.items[i];
    char where[48];
    if (page->case_number[0] == '\0' ||
        same_name(page->case_number, r->case_number)) {
      continue;
    }
    (void)snprintf(where, sizeof(where), "pages[%zu].case_number", i);
    rules_add(c, RULE_CASE_NUMBER_DIFFERS, where,
              "The document has the case number \"%s\", but \"%s\" has "
              "\"%s\". We cannot tell which case it belongs to.",
              r->case_number, page->name, page->case_number);
  }
}

/* ---- V12: whose law ---- */

/* A request by treaty is served by the operator's own state. */
static void check_country(checking *c, const desk_operator *us) {
  const char *country = c->r->authority.country;
  if (c->authority == NULL) {
    return;
  }
  if (!desk_jurisdiction_has(c->authority->jurisdiction, country)) {
    rules_add(c, RULE_AUTHORITY_COUNTRY, "authority.country",
              "The document does not show that it comes from an authority of "
              "%s, as one of its kind must.",
              desk_jurisdiction_words(c->authority->jurisdiction));
  } else if (strcmp(c->authority->code, "central-authority") == 0 &&
             us->country[0] != '\0' && strcmp(us->country, country) != 0) {
    rules_add(c, RULE_AUTHORITY_COUNTRY, "authority.country",
              "A request by treaty must reach us through the authorities of "
              "the state in which we are established.");
  }
}

static void check_jurisdiction(checking *c) {
  const desk_operator *us = desk_operator_of(c->q->tables);
  const desk_instrument *i = c->instrument;
  check_country(c, us);
  if (i == NULL) {
    return;
  }
  if (strcmp(i->code, "foreign-order") == 0) {
    rules_add(c, RULE_FOREIGN_ORDER, "instrument",
              "An order of another state binds us once it is served through "
              "the authorities of the state in which we are established. "
              "Please ask them for legal assistance.");
  } else if (us->jurisdictions.n == 0) {
    rules_add(c, RULE_JURISDICTION_UNKNOWN, "instrument",
              "The operator's file does not say whose orders reach it.");
  } else if (strcmp(i->jurisdiction, "any") != 0 &&
             !rules_contains(us->jurisdictions, i->jurisdiction)) {
    rules_add(c, RULE_JURISDICTION, "instrument",
              "We are not subject to orders under the law of %s. Please ask "
              "the authorities of the state in which we are established for "
              "legal assistance.",
              desk_jurisdiction_words(i->jurisdiction));
  } else if (i->annex3 && us->country[0] != '\0' &&
             !desk_jurisdiction_has("eu", us->country)) {
    rules_add(c, RULE_CONFLICT_OF_LAWS, "instrument",
              "The operator is established outside the Union: whether its own "
              "law forbids the answer must be looked at within ten days.");
  }
}

/* ---- V15: seen before ---- */

static bool is_same(const desk_request *r, const desk_earlier *e) {
  if (r->replaces[0] != '\0' && strcmp(r->replaces, e->case_id) == 0) {
    return false;
  }
  bool same_document = r->document.sha256[0] != '\0' &&
                       strcmp(r->document.sha256, e->document) == 0;
  bool same_words = r->case_number[0] != '\0' && r->dated != DESK_NO_DAY &&
                    same_name(r->case_number, e->case_number) &&
                    same_name(r->authority.name, e->authority) &&
                    strcmp(r->instrument, e->instrument) == 0 &&
                    r->dated == e->dated;
  return same_document || same_words;
}

static void check_duplicate(checking *c) {
  for (size_t i = 0; i < c->q->n_earlier; i++) {
    if (is_same(c->r, &c->q->earlier[i])) {
      rules_add(c, RULE_DUPLICATE, "document",
                "We have received this document before; it has our reference "
                "%s. If this one corrects it, please say so.",
                c->q->earlier[i].case_id);
      return;
    }
  }
}

/* ---- V18: the language ---- */

static void check_language(checking *c) {
  const desk_request *r = c->r;
  if (c->instrument == NULL || !c->instrument->language) {
    return;
  }
  if (r->language[0] == '\0') {
    rules_add(c, RULE_LANGUAGE_MISSING, "language",
              "The document does not declare its language.");
    return;
  }
  const char lower[] = {fold(r->language[0]), fold(r->language[1]), '\0'};
  desk_texts ours = desk_operator_of(c->q->tables)->languages;
  if (ours.n > 0 && !rules_contains(ours, lower) && !r->translated) {
    rules_add(c, RULE_LANGUAGE_FOREIGN, "language",
              "The document is in a language that we have not declared to "
              "accept (\"%s\"). Please send a translation.",
              lower);
  }
}

/* ---- V19: under which law ---- */

static bool cites(const desk_instrument *i, const char *citation) {
  for (size_t k = 0; k < i->statutes.n; k++) {
    if (desk_statute_has(citation, i->statutes.items[k])) {
      return true;
    }
  }
  return false;
}

static void check_statute(checking *c) {
  const desk_request *r = c->r;
  const desk_instrument *other, *i = c->instrument;
  if (i == NULL) {
    return;
  }
  if (r->statute[0] == '\0') {
    rules_add(c, RULE_STATUTE_MISSING, "statute",
              "The document does not cite the law under which it was issued.");
    return;
  }
  if (i->statutes.n == 0 || cites(i, r->statute)) {
    return;
  }
  for (size_t k = 0; (other = desk_instrument_at(c->q->tables, k)) != NULL;
       k++) {
    if (cites(other, r->statute)) {
      rules_add(c, RULE_STATUTE_MISMATCH, "statute",
                "The document calls itself %s and cites \"%s\", which is the "
                "law of %s.",
                i->words, r->statute, other->words);
      return;
    }
  }
  rules_add(c, RULE_STATUTE_UNKNOWN, "statute",
            "The law that it cites, \"%s\", is not one that the desk knows for "
            "such a document.",
            r->statute);
}

/* Counts of national security are published in bands alone, so a demand of
 * that kind must not be filed as another, nor another as one. */
static void check_kind(checking *c) {
  if (c->instrument != NULL && c->instrument->kind != c->r->kind) {
    rules_add(c, RULE_KIND_WRONG, "kind",
              "It is filed as \"%s\"; such a document counts as \"%s\". File "
              "it again.",
              desk_kind_name(c->r->kind), desk_kind_name(c->instrument->kind));
  }
}

void rules_check_paper(checking *c) {
  check_addressee(c);
  check_authority(c);
  check_signature(c);
  check_case_number(c);
  check_jurisdiction(c);
  check_duplicate(c);
  check_language(c);
  check_statute(c);
  check_kind(c);
}
