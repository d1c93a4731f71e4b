/* SPDX-License-Identifier: Apache-2.0
 * The band checker: statements become edges, and what all of them imply is
 * compared with what each of them says. Why this is exact, and where it errs on
 * the side of refusing: docs/adr/0095-bands-are-paths.md. */
#include "desk/report/bands_private.h"

static bool takes_unit(const desk_statement *s, const void *user) {
  const bands_family *f = user;
  return s->unit == f->unit;
}

bool bands_takes(const desk_statement *s, const void *user) {
  const bands_family *f = user;
  return takes_unit(s, user) &&
         (s->kind == DESK_SAYS_BAND
              ? s->what == f->what
              : s->kind == DESK_SAYS_TOTAL && f->what == DESK_NS_ALL);
}

bool bands_meet(const desk_statement *a, const desk_statement *b) {
  return a->from <= b->to && b->from <= a->to;
}

/* ---- what the other kinds can have been in a total's days ---- */

static bool same_days(const desk_statement *a, const desk_statement *b) {
  return a->from == b->from && a->to == b->to;
}

/* Whether an exact number says anything. Nothing received of a kind, in a
 * report that leaves others out, bounds nothing. */
static bool tells(const desk_statement *s) {
  return s->kind != DESK_SAYS_EXACT || s->high > 0 || s->others == 0;
}

bool bands_spread(const desk_statement *s, size_t n, size_t total,
                  bool *reached) {
  bool other = false;
  memset(reached, 0, n * sizeof(*reached));
  reached[total] = true;
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < n; i++) {
      if (reached[i] || s[i].kind == DESK_SAYS_BAND || !tells(&s[i]) ||
          s[i].unit != s[total].unit) {
        continue;
      }
      for (size_t k = 0; k < n && !reached[i]; k++) {
        reached[i] = reached[k] && bands_meet(&s[i], &s[k]);
      }
      if (reached[i]) {
        more = true;
        other = other ||
                (s[i].kind == DESK_SAYS_TOTAL && !same_days(&s[i], &s[total]));
      }
    }
  }
  return other;
}

typedef struct component {
  const desk_statement *first; /* of the array that `reached` goes with */
  const bool *reached;
} component;

static bool takes_reached(const desk_statement *s, const void *user) {
  const component *c = user;
  return c->reached[s - c->first];
}

/* All that is known of the other kinds, from what hangs together with a total.
 * POLICY if that contradicts itself. */
static tacet_err close_others(const desk_statement *s, size_t n, size_t total,
                              const bool *reached, paths *out) {
  component c = {s, reached};
  paths g;
  TACET_TRY(paths_new(&g, s, n, takes_reached, &c, s[total].from, s[total].to));
  for (size_t i = 0; i < n; i++) {
    if (reached[i] && s[i].kind == DESK_SAYS_EXACT) {
      paths_at_most(&g, s[i].from, s[i].to, (int64_t)s[i].others, i);
      paths_at_least(&g, s[i].from, s[i].to, (int64_t)s[i].others, i);
    }
  }
  paths_close(&g);
  if (paths_contradiction(&g) != g.n) {
    paths_free(&g);
    return TACET_ERR_POLICY;
  }
  *out = g;
  return TACET_OK;
}

static tacet_err range_of_others(const desk_statement *s, size_t n,
                                 size_t total, int64_t *least, int64_t *most) {
  bool *reached = tacet_alloc_array(n, sizeof(*reached));
  if (reached == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err err = TACET_OK;
  if (bands_spread(s, n, total, reached)) {
    *least = *most = (int64_t)s[total].others;
  } else {
    paths g = {0};
    err = close_others(s, n, total, reached, &g);
    if (err == TACET_OK) {
      size_t u = paths_node(&g, s[total].from);
      size_t v = paths_node(&g, s[total].to + 1);
      *most = paths_get(&g, u, v);
      *least = -paths_get(&g, v, u);
    }
    paths_free(&g);
  }
  tacet_free(reached);
  return err;
}

/* What a total says of the protected count: itself less the others. */
static tacet_err add_total(bands_family *f, const desk_statement *s, size_t n,
                           size_t total) {
  int64_t least = 0, most = 0;
  TACET_TRY(range_of_others(s, n, total, &least, &most));
  paths_at_most(&f->sums, s[total].from, s[total].to, (int64_t)s[total].high,
                total);
  paths_at_most(&f->all, s[total].from, s[total].to,
                (int64_t)s[total].high - least, total);
  if (most < PATHS_FAR) {
    paths_at_least(&f->all, s[total].from, s[total].to,
                   (int64_t)s[total].low - most, total);
  }
  return TACET_OK;
}

/* ---- one family: a protected count in one unit ---- */

static void add_bands(bands_family *f, const desk_statement *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const desk_statement *b = &s[i];
    if (b->kind == DESK_SAYS_BAND && bands_takes(b, f)) {
      paths_at_most(&f->all, b->from, b->to, (int64_t)b->high, i);
      paths_at_least(&f->all, b->from, b->to, (int64_t)b->low, i);
      paths_at_most(&f->sums, b->from, b->to, (int64_t)b->high, i);
      paths_at_least(&f->least, b->from, b->to, (int64_t)b->low, i);
    }
  }
}

static tacet_err add_totals(bands_family *f, const desk_statement *s,
                            size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (s[i].kind == DESK_SAYS_TOTAL && bands_takes(&s[i], f)) {
      TACET_TRY(add_total(f, s, n, i));
    }
  }
  return TACET_OK;
}

static tacet_err fill(bands_family *f, const desk_statement *s, size_t n,
                      desk_day from, desk_day to) {
  TACET_TRY(paths_new(&f->all, s, n, bands_takes, f, from, to));
  TACET_TRY(paths_new(&f->sums, s, n, bands_takes, f, from, to));
  TACET_TRY(paths_new(&f->least, s, n, bands_takes, f, from, to));
  add_bands(f, s, n);
  TACET_TRY(add_totals(f, s, n));
  paths_close(&f->all);
  paths_close(&f->sums);
  paths_close(&f->least);
  return TACET_OK;
}

tacet_err bands_family_make(bands_family *f, const desk_statement *s, size_t n,
                            desk_day from, desk_day to) {
  tacet_err err = fill(f, s, n, from, to);
  if (err != TACET_OK) {
    bands_family_free(f);
  }
  return err;
}

void bands_family_free(bands_family *f) {
  paths_free(&f->all);
  paths_free(&f->sums);
  paths_free(&f->least);
}

/* ---- finding the leak ---- */

static size_t steps(const paths *g, size_t u, size_t v) {
  size_t n = 0;
  for (; u != v && n < g->n; n++) {
    u = g->next[u * g->n + v];
  }
  return n;
}

/* The plainest is a published band, then what follows in the fewest steps. */
static void offer(bands_leak *best, const bands_family *f, size_t u, size_t v,
                  bool published) {
  size_t n = steps(&f->all, u, v);
  if (!best->found || (published && !best->published) ||
      (published == best->published && n < best->steps)) {
    *best = (bands_leak){true, published, u, v, n};
  }
}

static void compare(const bands_family *f, bands_leak *best) {
  for (size_t u = 0; u < f->all.n; u++) {
    for (size_t v = 0; v < f->all.n; v++) {
      const paths *plain = u < v ? &f->sums : &f->least;
      if (u != v && paths_get(&f->all, u, v) < paths_get(plain, u, v)) {
        offer(best, f, u, v, false);
      }
    }
  }
}

/* Each published band is still as wide as it was published. */
static void compare_published(const bands_family *f, const desk_statement *s,
                              size_t n, bands_leak *best) {
  for (size_t i = 0; i < n; i++) {
    if (s[i].kind != DESK_SAYS_BAND || !bands_takes(&s[i], f)) {
      continue;
    }
    size_t u = paths_node(&f->all, s[i].from);
    size_t v = paths_node(&f->all, s[i].to + 1);
    if (paths_get(&f->all, u, v) < (int64_t)s[i].high) {
      offer(best, f, u, v, true);
    }
    if (-paths_get(&f->all, v, u) > (int64_t)s[i].low) {
      offer(best, f, v, u, true);
    }
  }
}

static tacet_err check_family(bands_family *f, const desk_statement *s,
                              size_t n, desk_leak *why) {
  bands_leak leak = {.found = false};
  tacet_err err = bands_family_make(f, s, n, s[0].from, s[0].to);
  if (err == TACET_ERR_POLICY) {
    bands_explain_others(s, n, f, why);
  }
  TACET_TRY(err);
  size_t loop = paths_contradiction(&f->all);
  if (loop < f->all.n) {
    bands_explain_contradiction(f, s, loop, why);
    err = TACET_ERR_POLICY;
  } else {
    compare_published(f, s, n, &leak);
    compare(f, &leak);
    if (leak.found) {
      bands_explain(f, s, n, &leak, why);
      err = TACET_ERR_POLICY;
    }
  }
  bands_family_free(f);
  return err;
}

/* ---- all of it ---- */

static tacet_err check_statement(const desk_statement *s) {
  bool enums = s->kind < DESK_SAYS_KINDS && s->what < DESK_PROTECTED &&
               s->unit < DESK_UNITS && s->structure < DESK_STRUCTURES;
  return enums && s->from >= 0 && s->from <= s->to && s->to < INT32_MAX &&
                 s->low <= s->high && s->high <= DESK_COUNT_MAX &&
                 s->others <= DESK_COUNT_MAX && s->source != NULL
             ? TACET_OK
             : TACET_ERR_ARGUMENT;
}

static tacet_err check_statements(const desk_statement *s, size_t n) {
  if (n > DESK_STATEMENTS_MAX) {
    return TACET_ERR_LIMIT;
  }
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(check_statement(&s[i]));
  }
  return TACET_OK;
}

/* One structure a day: otherwise parts of one count could be told in two, and
 * the families would not be independent. */
static tacet_err check_structures(const desk_statement *s, size_t n,
                                  desk_leak *why) {
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < i; k++) {
      if (s[i].kind != DESK_SAYS_EXACT && s[k].kind != DESK_SAYS_EXACT &&
          s[i].structure != s[k].structure && bands_meet(&s[i], &s[k])) {
        bands_explain_structures(&s[k], &s[i], why);
        return TACET_ERR_POLICY;
      }
    }
  }
  return TACET_OK;
}

tacet_err desk_bands_check(const desk_statement *s, size_t n, desk_leak *why) {
  TACET_TRY(check_statements(s, n));
  for (unsigned u = 0; u < DESK_UNITS && n > 0; u++) {
    for (unsigned p = 0; p < DESK_PROTECTED; p++) {
      bands_family f = {.what = (desk_protected)p, .unit = (desk_unit)u};
      TACET_TRY(check_family(&f, s, n, why));
    }
  }
  return check_structures(s, n, why);
}

tacet_err desk_bands_range(const desk_statement *s, size_t n,
                           desk_protected what, desk_unit unit, desk_day from,
                           desk_day to, uint64_t *low, uint64_t *high) {
  TACET_TRY(check_statements(s, n));
  bands_family f = {.what = what, .unit = unit};
  TACET_TRY(bands_family_make(&f, s, n, from, to));
  size_t u = paths_node(&f.all, from), v = paths_node(&f.all, to + 1);
  int64_t most = paths_get(&f.all, u, v), least = -paths_get(&f.all, v, u);
  bool contradiction = paths_contradiction(&f.all) != f.all.n;
  bands_family_free(&f);
  if (contradiction) {
    return TACET_ERR_POLICY;
  }
  *low = (uint64_t)least;
  *high = most == PATHS_FAR ? UINT64_MAX : (uint64_t)most;
  return TACET_OK;
}
