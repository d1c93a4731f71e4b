/* SPDX-License-Identifier: Apache-2.0
 * Shortest paths among days (Floyd and Warshall). */
#include "desk/report/paths.h"

#include <stdlib.h>

static int by_day(const void *a, const void *b) {
  const desk_day *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

static tacet_err collect(paths *g, const desk_statement *s, size_t n,
                         bool (*takes)(const desk_statement *s,
                                       const void *user),
                         const void *user, desk_day from, desk_day to) {
  size_t m = 0;
  g->days = tacet_alloc_array(2 * n + 2, sizeof(*g->days));
  if (g->days == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    if (takes(&s[i], user)) {
      g->days[m++] = s[i].from;
      g->days[m++] = s[i].to + 1;
    }
  }
  g->days[m++] = from;
  g->days[m++] = to + 1;
  qsort(g->days, m, sizeof(*g->days), by_day);
  for (size_t i = 0; i < m; i++) {
    if (g->n == 0 || g->days[g->n - 1] != g->days[i]) {
      g->days[g->n++] = g->days[i];
    }
  }
  return g->n <= PATHS_NODES_MAX ? TACET_OK : TACET_ERR_LIMIT;
}

static void edge(paths *g, size_t u, size_t v, int64_t w, size_t statement) {
  size_t i = u * g->n + v;
  if (w < g->weight[i]) {
    g->weight[i] = w;
    g->next[i] = (uint16_t)v;
    g->statement[i] = statement;
  }
}

tacet_err paths_new(paths *out, const desk_statement *s, size_t n,
                    bool (*takes)(const desk_statement *s, const void *user),
                    const void *user, desk_day from, desk_day to) {
  paths g = {0};
  tacet_err err = collect(&g, s, n, takes, user, from, to);
  if (err == TACET_OK) {
    g.weight = tacet_alloc_array(g.n * g.n, sizeof(*g.weight));
    g.next = tacet_alloc_array(g.n * g.n, sizeof(*g.next));
    g.statement = tacet_alloc_array(g.n * g.n, sizeof(*g.statement));
    err = g.weight == NULL || g.next == NULL || g.statement == NULL
              ? TACET_ERR_NOMEM
              : TACET_OK;
  }
  if (err != TACET_OK) {
    paths_free(&g);
    return err;
  }
  for (size_t i = 0; i < g.n * g.n; i++) {
    g.weight[i] = PATHS_FAR;
  }
  for (size_t i = 0; i < g.n; i++) {
    edge(&g, i, i, 0, PATHS_NO_STATEMENT);
    if (i > 0) { /* no day counts less than nothing */
      edge(&g, i, i - 1, 0, PATHS_NO_STATEMENT);
    }
  }
  *out = g;
  return TACET_OK;
}

void paths_free(paths *g) {
  tacet_free(g->days);
  tacet_free(g->weight);
  tacet_free(g->next);
  tacet_free(g->statement);
  *g = (paths){0};
}

size_t paths_node(const paths *g, desk_day begins) {
  size_t low = 0, high = g->n;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (g->days[middle] <= begins) {
      low = middle;
    } else {
      high = middle;
    }
  }
  TACET_ASSERT(g->n > 0 && g->days[low] == begins);
  return low;
}

void paths_at_most(paths *g, desk_day from, desk_day to, int64_t w,
                   size_t statement) {
  edge(g, paths_node(g, from), paths_node(g, to + 1), w, statement);
}

void paths_at_least(paths *g, desk_day from, desk_day to, int64_t w,
                    size_t statement) {
  edge(g, paths_node(g, to + 1), paths_node(g, from), -w, statement);
}

/* Paths that go round a cycle of less than nothing would grow without end: they
 * stop here, and the contradiction stays to be seen on the diagonal. */
static int64_t sum(int64_t a, int64_t b) {
  return a + b < -PATHS_FAR ? -PATHS_FAR : a + b;
}

void paths_close(paths *g) {
  for (size_t k = 0; k < g->n; k++) {
    const int64_t *through = g->weight + k * g->n;
    for (size_t u = 0; u < g->n; u++) {
      int64_t *row = g->weight + u * g->n;
      if (row[k] == PATHS_FAR || u == k) {
        continue;
      }
      for (size_t v = 0; v < g->n; v++) {
        if (through[v] != PATHS_FAR && sum(row[k], through[v]) < row[v]) {
          row[v] = sum(row[k], through[v]);
          g->next[u * g->n + v] = g->next[u * g->n + k];
        }
      }
    }
  }
}

size_t paths_contradiction(const paths *g) {
  for (size_t i = 0; i < g->n; i++) {
    if (paths_get(g, i, i) < 0) {
      return i;
    }
  }
  return g->n;
}
