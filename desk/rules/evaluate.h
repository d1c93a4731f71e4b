/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/evaluate.h -- what is wrong with a demand: findings, each with a
 * code, how bad it is, the law it comes from, and the paragraph of the answer.
 *
 * The desk proposes and an officer decides. The same demand, tables, holdings
 * and day give the same findings in the same order.
 */
#ifndef TACET_DESK_RULES_EVALUATE_H
#define TACET_DESK_RULES_EVALUATE_H

#include "desk/rules/tables.h"

typedef enum desk_severity {
  DESK_NOTE,  /* goes into the answer */
  DESK_WARN,  /* an officer looks, and may go on */
  DESK_BLOCK, /* as it stands it cannot be accepted */
  DESK_SEVERITIES
} desk_severity;

/* Which letter says it, from the mildest. */
typedef enum desk_answer {
  DESK_ANSWER_NONE,    /* a remark for the officer alone */
  DESK_ANSWER_ACCEPT,  /* said beside what is handed over */
  DESK_ANSWER_NARROW,  /* a part is not handed over */
  DESK_ANSWER_CLARIFY, /* asked for, corrected or completed */
  DESK_ANSWER_OBJECT,  /* a reasoned objection */
  DESK_ANSWER_REFUSE,
  DESK_ANSWERS
} desk_answer;

/* One thing that can be wrong. */
typedef struct desk_rule {
  const char *number; /* "V05": of the list in tacet-desk(8) */
  const char *code;   /* "period-inverted"; stays the same for good */
  desk_severity severity;
  desk_answer answer;
  bool automatic; /* false: the desk only points, a person must judge */
  const char *source;
  bool confirmed; /* as in rules/tables.h; true for what is no law */
} desk_rule;
const desk_rule *desk_rule_at(size_t i); /* NULL past the end */
/* Blocks whatever an officer thinks of it: it is about who asks, or about how
 * the case is counted. */
bool desk_rule_is_final(const char *code);
const char *desk_severity_name(desk_severity s);
const char *desk_answer_name(desk_answer a);

typedef struct desk_finding {
  const desk_rule *rule;
  char where[48];        /* "period.from", "demands[3]" */
  const char *paragraph; /* of a letter: whole sentences, with values of the
                          * demand; one line */
} desk_finding;

typedef struct desk_findings {
  desk_finding *items;
  size_t n;
  struct rules_block *blocks;
} desk_findings;

/* What the operator's inventory says of a demanded thing. */
typedef struct desk_holding {
  const char *demand; /* code of rules/demands.h */
  bool held;
  const char *words; /* what is held, or why it is not; whole sentences */
} desk_holding;

/* Of a case that came before. */
typedef struct desk_earlier {
  const char *case_id;
  const char *document; /* SHA-256, or "" */
  const char *authority, *case_number, *instrument;
  desk_day dated;
} desk_earlier;

typedef struct desk_question {
  const desk_request *request;
  const desk_tables *tables;
  desk_day today;
  /* What is held; a demand that is not listed is asked about, not denied. */
  const desk_holding *holdings;
  size_t n_holdings;
  const desk_earlier *earlier;
  size_t n_earlier;
} desk_question;

/* NOMEM. Free with desk_findings_free(). */
TACET_MUST_CHECK tacet_err desk_evaluate(const desk_question *q,
                                         desk_findings *out);
void desk_findings_free(desk_findings *f);

/* The worst of them; NOTE if there are none. */
desk_severity desk_findings_worst(const desk_findings *f);
/* The strongest answer that a blocking finding, or else any, proposes: ACCEPT
 * if there is nothing against the demand. */
desk_answer desk_findings_propose(const desk_findings *f);

#endif
