/* SPDX-License-Identifier: Apache-2.0
 * desk/report/paths.h -- shortest paths among days: the arithmetic of the band
 * checker.
 *
 * A node is the beginning of a day, and stands for how many were counted before
 * it. An edge u -> v of weight w says count(v) - count(u) <= w. All pairs of
 * shortest paths are then all that such statements imply of sums over
 * consecutive days, exactly (docs/adr/0095-bands-are-paths.md).
 */
#ifndef DESK_REPORT_PATHS_H
#define DESK_REPORT_PATHS_H

#include "desk/report/bands.h"

#define PATHS_FAR (INT64_MAX / 4) /* no path */
#define PATHS_NODES_MAX 1024
#define PATHS_NO_STATEMENT SIZE_MAX

typedef struct paths {
  size_t n;
  desk_day *days;    /* ascending; day i ends where day i + 1 begins */
  int64_t *weight;   /* n * n */
  uint16_t *next;    /* first step from u towards v */
  size_t *statement; /* of an edge: which statement gave it */
} paths;

/* Nodes at both ends of each statement that `takes` takes, and of one more
 * period. Edges that say that nothing is counted backwards. LIMIT, NOMEM. */
TACET_MUST_CHECK tacet_err
paths_new(paths *out, const desk_statement *s, size_t n,
          bool (*takes)(const desk_statement *s, const void *user),
          const void *user, desk_day from, desk_day to);
void paths_free(paths *g);

size_t paths_node(const paths *g, desk_day begins); /* which must be one */
/* At most w in [from, to], and at least w. */
void paths_at_most(paths *g, desk_day from, desk_day to, int64_t w,
                   size_t statement);
void paths_at_least(paths *g, desk_day from, desk_day to, int64_t w,
                    size_t statement);
void paths_close(paths *g); /* all pairs */
/* A node from which a path leads back with less than nothing; or n. */
size_t paths_contradiction(const paths *g);

static inline int64_t paths_get(const paths *g, size_t u, size_t v) {
  return g->weight[u * g->n + v];
}

#endif
