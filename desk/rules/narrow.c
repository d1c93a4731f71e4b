/* SPDX-License-Identifier: Apache-2.0
 * What is left of a demand. */
#include "desk/rules/narrow.h"

#include "desk/rules/fields.h"
#include "desk/rules/findings.h"

#include <stdio.h>

typedef struct narrowing {
  checking c; /* of the findings' list nothing is used */
  desk_narrowing n;
  const char **handles;
  bool cut; /* the period ends later than the data */
} narrowing;

static const char *const verdicts[DESK_VERDICTS] = {
    "given", "cut", "not-held", "not-permitted", "no-data", "not-known"};

const char *desk_verdict_name(desk_verdict v) {
  return (unsigned)v < DESK_VERDICTS ? verdicts[v] : NULL;
}

/* Zeroed; NULL also for none. */
static void *block_new(narrowing *w, size_t n, size_t size) {
  if (n > (SIZE_MAX - sizeof(rules_block)) / size) {
    w->c.e = TACET_ERR_NOMEM;
    return NULL;
  }
  rules_block *b = tacet_alloc(sizeof(rules_block) + n * size);
  if (b == NULL) {
    w->c.e = TACET_ERR_NOMEM;
    return NULL;
  }
  b->next = w->n.blocks;
  w->n.blocks = b;
  return b->bytes;
}

static const char *copy(narrowing *w, const char *text) {
  char *to = block_new(w, strlen(text) + 1, 1);
  if (to != NULL) {
    memcpy(to, text, strlen(text) + 1);
  }
  return to != NULL ? to : "";
}

/* ---- what is demanded ---- */

static const desk_holding *holding_of(const desk_question *q,
                                      const char *demand) {
  for (size_t i = 0; i < q->n_holdings; i++) {
    if (strcmp(q->holdings[i].demand, demand) == 0) {
      return &q->holdings[i];
    }
  }
  return NULL;
}

/* What is not held is said first: it is the better answer, since no stronger
 * paper changes it. */
static void judge_data(narrowing *w, const desk_demand *d, desk_reason *r) {
  const desk_holding *h = holding_of(w->c.q, d->code);
  if (h == NULL) {
    r->verdict = DESK_NOT_KNOWN;
    r->words = "The inventory does not say whether there is such data.";
  } else if (!h->held) {
    r->verdict = DESK_NOT_HELD;
    r->words = h->words;
  } else if (!rules_permits(&w->c, d->category)) {
    r->verdict = DESK_NOT_PERMITTED;
    r->words = "A document of this kind cannot order it.";
  } else {
    r->verdict = w->cut ? DESK_CUT : DESK_GIVEN;
    r->words = h->words;
    w->n.scope.categories |= (desk_category_set)1 << d->category;
    desk_thing thing;
    if (desk_thing_read(d->code, &thing)) {
      w->n.scope.things |= (desk_thing_set)1 << thing;
    }
  }
}

static void judge_demands(narrowing *w) {
  const desk_request *r = w->c.r;
  size_t n = r->demands.n + r->other_demands.n;
  w->n.demands = block_new(w, n, sizeof(desk_reason));
  if (w->n.demands == NULL) {
    return;
  }
  for (size_t i = 0; i < r->demands.n; i++) {
    const desk_demand *d = desk_demand_find(r->demands.items[i]);
    desk_reason *reason = &w->n.demands[i];
    *reason = (desk_reason){.what = d->words,
                            .code = d->code,
                            .verdict = DESK_NO_DATA,
                            .words = ""};
    if (d->is == DESK_DEMAND_DATA) {
      judge_data(w, d, reason);
    } else {
      reason->words = "The service has no means to do that.";
    }
  }
  for (size_t i = 0; i < r->other_demands.n; i++) {
    w->n.demands[r->demands.n + i] =
        (desk_reason){.what = copy(w, r->other_demands.items[i]),
                      .code = "",
                      .verdict = DESK_NOT_KNOWN,
                      .words = "We know nothing by these words."};
  }
  w->n.n_demands = n;
}

/* ---- whom it is about ---- */

static const char *handle_of_id(const desk_account *known, size_t n,
                                const char *id) {
  for (size_t i = 0; i < n; i++) {
    if (strcmp(known[i].id, id) == 0) {
      return known[i].handle;
    }
  }
  return NULL;
}

static void add_handle(narrowing *w, const char *handle) {
  for (size_t i = 0; i < w->n.scope.n_handles; i++) {
    if (strcmp(w->handles[i], handle) == 0) {
      return;
    }
  }
  const char *own = copy(w, handle);
  if (w->c.e == TACET_OK) {
    w->handles[w->n.scope.n_handles++] = own;
  }
}

static void judge_account(narrowing *w, const desk_account *known,
                          size_t n_known, const char *text,
                          desk_reason *reason) {
  desk_identifier id;
  char said[320];
  desk_identifier_read(text, desk_tables_domain(w->c.q->tables), &id);
  desk_identifier_say(&id, said);
  *reason = (desk_reason){.what = copy(w, text),
                          .code = "",
                          .verdict = DESK_NOT_KNOWN,
                          .words = ""};
  if (id.kind == DESK_IDENTIFIER_HANDLE) {
    reason->verdict = DESK_GIVEN;
    add_handle(w, id.normalised);
  } else if (id.kind == DESK_IDENTIFIER_ACCOUNT) {
    const char *handle = handle_of_id(known, n_known, id.normalised);
    if (handle == NULL) {
      reason->words = "No account here is known by this id. Please name it.";
      return;
    }
    reason->verdict = DESK_GIVEN;
    add_handle(w, handle);
  } else {
    reason->words = copy(w, said);
  }
}

static void judge_accounts(narrowing *w, const desk_account *known,
                           size_t n_known) {
  const desk_request *r = w->c.r;
  w->n.accounts = block_new(w, r->identifiers.n, sizeof(desk_reason));
  w->handles = block_new(w, r->identifiers.n, sizeof(*w->handles));
  if (w->n.accounts == NULL || w->handles == NULL) {
    return;
  }
  for (size_t i = 0; i < r->identifiers.n && w->c.e == TACET_OK; i++) {
    judge_account(w, known, n_known, r->identifiers.items[i],
                  &w->n.accounts[i]);
    w->n.n_accounts = i + 1;
  }
  w->n.scope.handles = w->handles;
}

/* ---- all of it ---- */

/* Nothing is handed over for days after the paper came: that would be to
 * record. An inverted period has no days. */
static bool judge_period(narrowing *w) {
  const desk_request *r = w->c.r;
  w->n.scope.from = r->period.from;
  w->n.scope.to = r->period.to;
  if (r->period.to == DESK_NO_DAY || r->period.to > r->received) {
    w->n.scope.to = r->received;
    w->cut = r->period.to != DESK_NO_DAY;
  }
  return r->period.from == DESK_NO_DAY || r->period.from <= w->n.scope.to;
}

tacet_err desk_narrow(const desk_question *q, const char *case_id,
                      const desk_account *known, size_t n_known,
                      desk_narrowing *out) {
  const desk_request *r = q->request;
  narrowing w = {
      .c = {.q = q,
            .r = r,
            .instrument = desk_instrument_find(q->tables, r->instrument),
            .authority = desk_authority_find(q->tables, r->authority.code)}};
  bool days = judge_period(&w);
  judge_demands(&w);
  judge_accounts(&w, known, n_known);
  if (w.c.e != TACET_OK) {
    desk_narrowing_free(&w.n);
    return w.c.e;
  }
  /* Without a thing by name the scope would have all that is held. */
  w.n.anything = days && w.n.scope.categories != 0 && w.n.scope.things != 0 &&
                 w.n.scope.n_handles > 0;
  w.n.scope.case_id = case_id;
  w.n.scope.instrument = w.c.instrument != NULL ? w.c.instrument->code : "";
  if (!w.n.anything) {
    w.n.scope = (desk_scope){.from = DESK_NO_DAY, .to = DESK_NO_DAY};
  }
  *out = w.n;
  return TACET_OK;
}

void desk_narrowing_free(desk_narrowing *n) {
  rules_blocks_free(n->blocks);
  *n = (desk_narrowing){.scope = {.from = DESK_NO_DAY, .to = DESK_NO_DAY}};
}
