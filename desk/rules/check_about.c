/* SPDX-License-Identifier: Apache-2.0
 * Whom it is about: V06, V07, V20, V21. Many identifiers make one finding of a
 * kind, which names the first ones. */
#include "desk/rules/findings.h"

enum { SHOWN_MAX = 8, DEFAULT_LIST_FROM = 50 };

/* ---- V06 ---- */

typedef struct group {
  size_t n, first;
  char names[1000];
  char why[320]; /* of the first */
} group;

static void group_add(group *g, size_t i, const char *identifier,
                      const char *why) {
  if (g->n++ == 0) {
    g->first = i;
    (void)snprintf(g->why, sizeof(g->why), "%s", why);
  }
  size_t at = strlen(g->names);
  if (g->n <= SHOWN_MAX) {
    (void)snprintf(g->names + at, sizeof(g->names) - at, "%s\"%.80s\"",
                   g->n > 1 ? ", " : "", identifier);
  }
}

static void group_say(checking *c, const group *g, rules_rule rule,
                      const char *what) {
  char where[48], more[48] = "";
  if (g->n == 0) {
    return;
  }
  (void)snprintf(where, sizeof(where), "identifiers[%zu]", g->first);
  if (g->n > SHOWN_MAX) {
    (void)snprintf(more, sizeof(more), " and %zu more", g->n - SHOWN_MAX);
  }
  rules_add(c, rule, where, "%s: %s%s. %s", what, g->names, more, g->why);
}

static void check_identifiers(checking *c) {
  const desk_request *r = c->r;
  group bad = {0}, letters = {0}, others = {0};
  size_t ours = 0;
  for (size_t i = 0; i < r->identifiers.n; i++) {
    const char *text = r->identifiers.items[i];
    desk_identifier id;
    char said[320];
    desk_identifier_read(text, desk_tables_domain(c->q->tables), &id);
    desk_identifier_say(&id, said);
    if (id.kind == DESK_IDENTIFIER_LETTERS) {
      group_add(&letters, i, text, said);
    } else if (id.kind == DESK_IDENTIFIER_BAD) {
      group_add(&bad, i, text, said);
    } else if (id.kind >= DESK_IDENTIFIER_FOREIGN) {
      group_add(&others, i, text, said);
    } else {
      ours++;
    }
  }
  group_say(c, &bad, RULE_IDENTIFIER_MALFORMED,
            "The following cannot be the name of an account");
  group_say(c, &letters, RULE_IDENTIFIER_LOOKALIKE,
            "Please write the following anew, since it has letters that no "
            "account here has");
  group_say(c, &others, RULE_IDENTIFIER_NOT_OURS,
            "We cannot answer for the following, which is no account of this "
            "service");
  if (ours == 0 && r->identifiers.n > 0 && letters.n == 0) {
    rules_add(c, RULE_IDENTIFIER_NONE_OURS, "identifiers",
              "The document names no account of this service.");
  }
}

static bool searches(const desk_request *r) {
  for (size_t i = 0; i < r->demands.n; i++) {
    if (desk_demand_find(r->demands.items[i])->is == DESK_DEMAND_REVERSE) {
      return true;
    }
  }
  return false;
}

/* ---- V07 ---- */

/* The same account, or the same text where it is none. */
static bool same_account(const checking *c, const char *a, const char *b) {
  desk_identifier x, y;
  desk_identifier_read(a, desk_tables_domain(c->q->tables), &x);
  desk_identifier_read(b, desk_tables_domain(c->q->tables), &y);
  if (x.kind <= DESK_IDENTIFIER_ACCOUNT && y.kind == x.kind) {
    return strcmp(x.normalised, y.normalised) == 0;
  }
  return strcmp(a, b) == 0;
}

static bool has(const checking *c, desk_texts list, const char *identifier) {
  if (rules_contains(list, identifier)) {
    return true;
  }
  for (size_t i = 0; i < list.n; i++) {
    if (same_account(c, list.items[i], identifier)) {
      return true;
    }
  }
  return false;
}

static void mismatch(checking *c, size_t page, const char *identifier,
                     bool on_page) {
  char where[48];
  (void)snprintf(where, sizeof(where), "pages[%zu].identifiers", page);
  rules_add(c, RULE_IDENTIFIER_MISMATCH, where,
            "\"%s\" and the rest of the document do not name the same "
            "accounts: \"%.80s\" stands only %s.",
            c->r->pages.items[page].name, identifier,
            on_page ? "there" : "elsewhere");
}

/* Comparing all with all is for the few accounts that a person writes out;
 * where there are more they must stand in the same order. */
enum { COMPARE_MAX = 64 };

static void check_page(checking *c, size_t i) {
  const desk_texts page = c->r->pages.items[i].identifiers;
  const desk_texts face = c->r->identifiers;
  bool ordered = page.n > COMPARE_MAX || face.n > COMPARE_MAX;
  for (size_t k = 0; k < page.n; k++) {
    if (ordered ? k >= face.n || !same_account(c, page.items[k], face.items[k])
                : !has(c, face, page.items[k])) {
      mismatch(c, i, page.items[k], true);
      return;
    }
  }
  for (size_t k = 0; k < face.n; k++) {
    if (ordered ? k >= page.n : !has(c, page, face.items[k])) {
      mismatch(c, i, face.items[k], false);
      return;
    }
  }
}

/* ---- V20 ---- */

static void check_list(checking *c) {
  const desk_request *r = c->r;
  uint64_t from = desk_operator_of(c->q->tables)->list_from;
  from = from > 0 ? from : DEFAULT_LIST_FROM;
  if (!r->identifier_list.given || r->identifier_list.sha256[0] == '\0') {
    if (r->identifiers.n > from) {
      rules_add(c, RULE_LIST_MISSING, "identifier_list",
                "The document names %zu accounts. For more than %llu we need a "
                "machine-readable list and its SHA-256 in the document, so "
                "that no account is mistaken for another.",
                r->identifiers.n, (unsigned long long)from);
    }
  } else if (r->identifier_list.count != r->identifiers.n) {
    rules_add(c, RULE_LIST_DIFFERS, "identifier_list.count",
              "The list has %llu accounts and the document names %zu.",
              (unsigned long long)r->identifier_list.count, r->identifiers.n);
  }
}

void rules_check_about(checking *c) {
  const desk_request *r = c->r;
  if (r->identifiers.n == 0 && !searches(r)) {
    rules_add(c, RULE_IDENTIFIER_MISSING, "identifiers",
              "The document names no account.");
  }
  check_identifiers(c);
  for (size_t i = 0; i < r->pages.n; i++) {
    if (r->pages.items[i].identifiers.n > 0) {
      check_page(c, i);
    }
  }
  check_list(c);
  if (r->privileges.n > 0) {
    rules_add(c, RULE_PRIVILEGE, "privileges",
              "The person whom it is about is protected by immunities or "
              "privileges, or by the freedom of the press (\"%s\"). Please say "
              "how that was taken into account.",
              r->privileges.items[0]);
  }
}
