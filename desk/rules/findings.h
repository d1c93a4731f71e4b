/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/findings.h -- the list that the checks write. Within the module
 * only. */
#ifndef TACET_DESK_RULES_FINDINGS_H
#define TACET_DESK_RULES_FINDINGS_H

#include "desk/rules/demands.h"
#include "desk/rules/evaluate.h"
#include "desk/rules/identifier.h"

#include <stdio.h>

#define ECPA "18 U.S.C. 2703"
#define EVIDENCE "Regulation (EU) 2023/1543"
/* Source and `confirmed`: what is no law needs no text to be held against. None
 * of the laws was held against its text: it is to be read again before a
 * paragraph that rests on it goes out. */
#define LAW(source) (source), false
#define OURS "the operator's own rule", true
#define HOLDINGS "the inventory", true
#define SYSTEM "nothing of the kind exists in the system", true

/* Number, code, severity, answer, automatic, source. */
#define DESK_RULE_MAP(X)                                                       \
  X(ADDRESSEE_MISSING, "V01", "addressee-missing", WARN, CLARIFY, true, OURS)  \
  X(ADDRESSEE_WRONG, "V01", "addressee-wrong", BLOCK, REFUSE, true, OURS)      \
  X(INSTRUMENT_UNKNOWN, "V02", "instrument-unknown", BLOCK, CLARIFY, true,     \
    OURS)                                                                      \
  X(AUTHORITY_UNKNOWN, "V02", "authority-unknown", BLOCK, CLARIFY, true, OURS) \
  X(AUTHORITY_UNNAMED, "V02", "authority-unnamed", BLOCK, CLARIFY, true, OURS) \
  X(AUTHORITY_NOT_COMPETENT, "V02", "authority-not-competent", BLOCK, REFUSE,  \
    true, OURS)                                                                \
  X(SIGNATURE_MISSING, "V03", "signature-missing", BLOCK, CLARIFY, true, OURS) \
  X(SIGNATURE_INVALID, "V03", "signature-invalid", BLOCK, REFUSE, true, OURS)  \
  X(SIGNATURE_UNCHECKED, "V03", "signature-unchecked", WARN, NONE, true, OURS) \
  X(DATE_MISSING, "V04", "date-missing", BLOCK, CLARIFY, true, OURS)           \
  X(DATE_FUTURE, "V04", "date-future", BLOCK, CLARIFY, true, OURS)             \
  X(DATE_EXPIRED, "V04", "date-expired", BLOCK, REFUSE, true, OURS)            \
  X(DATE_BEFORE_OFFENCE, "V04", "date-before-offence", BLOCK, CLARIFY, true,   \
    OURS)                                                                      \
  X(RECEIVED_FUTURE, "V04", "received-future", BLOCK, NONE, true, OURS)        \
  X(DEADLINE_PAST, "V04", "deadline-past", WARN, CLARIFY, true, OURS)          \
  X(PERIOD_INVERTED, "V05", "period-inverted", BLOCK, CLARIFY, true, OURS)     \
  X(PERIOD_TOO_WIDE, "V05", "period-too-wide", BLOCK, CLARIFY, true, OURS)     \
  X(PERIOD_FUTURE, "V05", "period-future", WARN, NARROW, true, OURS)           \
  X(PERIOD_BEFORE_SERVICE, "V05", "period-before-service", BLOCK, CLARIFY,     \
    true, OURS)                                                                \
  X(IDENTIFIER_MISSING, "V06", "identifier-missing", BLOCK, CLARIFY, true,     \
    OURS)                                                                      \
  X(IDENTIFIER_MALFORMED, "V06", "identifier-malformed", WARN, NARROW, true,   \
    OURS)                                                                      \
  X(IDENTIFIER_LOOKALIKE, "V06", "identifier-lookalike", BLOCK, CLARIFY, true, \
    OURS)                                                                      \
  X(IDENTIFIER_NOT_OURS, "V06", "identifier-not-ours", WARN, NARROW, true,     \
    OURS)                                                                      \
  X(IDENTIFIER_NONE_OURS, "V06", "identifier-none-ours", BLOCK, REFUSE, true,  \
    OURS)                                                                      \
  X(IDENTIFIER_MISMATCH, "V07", "identifier-mismatch", BLOCK, CLARIFY, true,   \
    OURS)                                                                      \
  X(CASE_NUMBER_MISSING, "V08", "case-number-missing", WARN, CLARIFY, true,    \
    OURS)                                                                      \
  X(CASE_NUMBER_DIFFERS, "V08", "case-number-differs", BLOCK, CLARIFY, true,   \
    OURS)                                                                      \
  X(NOT_HELD, "V09", "not-held", NOTE, ACCEPT, true, HOLDINGS)                 \
  X(HOLDING_UNKNOWN, "V09", "holding-unknown", WARN, NONE, false, HOLDINGS)    \
  X(CATEGORY_TOO_STRONG, "V10", "category-too-strong", WARN, NARROW, true,     \
    LAW(ECPA "; " EVIDENCE))                                                   \
  X(JUDGE_NEEDED, "V10", "judge-needed", WARN, NARROW, true, LAW(EVIDENCE))    \
  X(OFFENCE_TOO_LIGHT, "V10", "offence-too-light", WARN, NARROW, true,         \
    LAW(EVIDENCE))                                                             \
  X(NOTHING_PERMITTED, "V10", "nothing-permitted", BLOCK, REFUSE, true,        \
    LAW(ECPA "; " EVIDENCE))                                                   \
  X(REVERSE_SEARCH, "V11", "reverse-search", BLOCK, REFUSE, true, OURS)        \
  X(PERIOD_MISSING, "V11", "period-missing", BLOCK, CLARIFY, true, OURS)       \
  X(DEMAND_MISSING, "V11", "demand-missing", BLOCK, CLARIFY, true, OURS)       \
  X(DEMAND_OVERBROAD, "V11", "demand-overbroad", BLOCK, CLARIFY, true, OURS)   \
  X(DEMAND_UNCLEAR, "V11", "demand-unclear", WARN, NARROW, false, OURS)        \
  X(JURISDICTION, "V12", "jurisdiction", BLOCK, OBJECT, true, OURS)            \
  X(JURISDICTION_UNKNOWN, "V12", "jurisdiction-unknown", WARN, NONE, false,    \
    OURS)                                                                      \
  X(AUTHORITY_COUNTRY, "V12", "authority-country", BLOCK, CLARIFY, true, OURS) \
  X(FOREIGN_ORDER, "V12", "foreign-order", BLOCK, OBJECT, true,                \
    LAW("treaties of mutual legal assistance"))                                \
  X(CONFLICT_OF_LAWS, "V12", "conflict-of-laws", NOTE, NONE, false,            \
    LAW(EVIDENCE ", Article 17"))                                              \
  X(GAG_NO_BASIS, "V13", "gag-no-basis", BLOCK, CLARIFY, true,                 \
    LAW("18 U.S.C. 2705(b)"))                                                  \
  X(GAG_BASIS_WRONG, "V13", "gag-basis-wrong", BLOCK, CLARIFY, true,           \
    LAW("18 U.S.C. 2705(b)"))                                                  \
  X(GAG_NO_END, "V13", "gag-no-end", BLOCK, CLARIFY, true,                     \
    LAW("18 U.S.C. 2705(b)"))                                                  \
  X(GAG_REVIEW, "V13", "gag-review", WARN, OBJECT, true,                       \
    LAW("18 U.S.C. 3511"))                                                     \
  X(GAG_PAST, "V13", "gag-past", WARN, CLARIFY, true, OURS)                    \
  X(ACT_DEMANDED, "V14", "act-demanded", BLOCK, REFUSE, true, SYSTEM)          \
  X(PROSPECTIVE, "V14", "prospective", BLOCK, REFUSE, true, SYSTEM)            \
  X(DUPLICATE, "V15", "duplicate", BLOCK, CLARIFY, true, OURS)                 \
  X(OFFICER_UNNAMED, "V16", "officer-unnamed", WARN, CLARIFY, true, OURS)      \
  X(OFFICER_MAIL_MISSING, "V16", "officer-mail-missing", WARN, CLARIFY, true,  \
    OURS)                                                                      \
  X(OFFICER_DOMAIN, "V16", "officer-domain", BLOCK, CLARIFY, true, OURS)       \
  X(OFFICER_DOMAIN_UNKNOWN, "V16", "officer-domain-unknown", WARN, NONE,       \
    false, OURS)                                                               \
  X(MAIL_FORGED, "V16", "mail-forged", BLOCK, REFUSE, true, OURS)              \
  X(MAIL_UNCHECKED, "V16", "mail-unchecked", WARN, NONE, true, OURS)           \
  X(CALLBACK_MISSING, "V16", "callback-missing", WARN, NONE, true, OURS)       \
  X(EMERGENCY_FACTS, "V17", "emergency-facts", BLOCK, CLARIFY, true,           \
    LAW("18 U.S.C. 2702(b)(8), 2702(c)(4)"))                                   \
  X(EMERGENCY_CALLBACK, "V17", "emergency-callback", BLOCK, NONE, true, OURS)  \
  X(LANGUAGE_MISSING, "V18", "language-missing", BLOCK, CLARIFY, true,         \
    LAW(EVIDENCE ", Annex I"))                                                 \
  X(LANGUAGE_FOREIGN, "V18", "language-foreign", BLOCK, CLARIFY, true,         \
    LAW(EVIDENCE ", Annex I"))                                                 \
  X(STATUTE_MISSING, "V19", "statute-missing", WARN, CLARIFY, true, OURS)      \
  X(STATUTE_MISMATCH, "V19", "statute-mismatch", BLOCK, CLARIFY, true, OURS)   \
  X(STATUTE_UNKNOWN, "V19", "statute-unknown", WARN, NONE, false, OURS)        \
  X(KIND_WRONG, "V19", "kind-wrong", BLOCK, NONE, true, LAW("50 U.S.C. 1874")) \
  X(LIST_MISSING, "V20", "list-missing", BLOCK, CLARIFY, true, OURS)           \
  X(LIST_DIFFERS, "V20", "list-differs", BLOCK, CLARIFY, true, OURS)           \
  X(PRIVILEGE, "V21", "privilege", WARN, OBJECT, false,                        \
    LAW(EVIDENCE ", Annex III"))                                               \
  X(COST_BASIS, "V22", "cost-basis", NOTE, NONE, false, LAW("18 U.S.C. 2706"))

typedef enum rules_rule {
#define X(name, ...) RULE_##name,
  DESK_RULE_MAP(X)
#undef X
      RULES
} rules_rule;

/* What the checks share. The first error stays. */
typedef struct checking {
  const desk_question *q;
  const desk_request *r;
  const desk_instrument *instrument; /* NULL: unknown */
  const desk_authority *authority;   /* NULL: unknown */
  desk_findings found;
  size_t room;
  tacet_err e;
} checking;

__attribute__((format(printf, 4, 5))) void rules_add(checking *c,
                                                     rules_rule rule,
                                                     const char *where,
                                                     const char *format, ...);
static inline bool rules_contains(desk_texts list, const char *text) {
  for (size_t i = 0; i < list.n; i++) {
    if (strcmp(list.items[i], text) == 0) {
      return true;
    }
  }
  return false;
}
/* A demanded thing may be handed over on this paper, the judge and the offence
 * looked at; the demand is one of data. */
bool rules_permits(const checking *c, desk_category category);
/* Something whose answer depends on a period is demanded. */
bool rules_needs_period(const desk_request *r);

/* By numbers of the rules. */
void rules_check_paper(checking *c);   /* V01 to V04, V08, V12, V15, V18, V19 */
void rules_check_time(checking *c);    /* V04, V05 */
void rules_check_about(checking *c);   /* V06, V07, V20, V21 */
void rules_check_demands(checking *c); /* V09 to V11, V14 */
void rules_check_sender(checking *c);  /* V13, V16, V17, V22 */

#endif
