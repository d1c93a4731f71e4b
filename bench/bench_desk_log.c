/* SPDX-License-Identifier: Apache-2.0
 * Verifying the desk's log: events that no officer signed (imports, reads), and
 * acts of officers, apart and mixed.
 *
 *   bench_desk_log FOLDER [EVENTS]      100000; FOLDER must not exist
 */
#include "bench/bench.h"

#include "desk/store/verify.h"
#include "tacet/crypto.h"

#include <string.h>

#define BATCH 10000

static desk_store *db;
static desk_key ann;
static desk_trouble why;

static void must(tacet_err e) {
  if (e != TACET_OK) {
    fprintf(stderr, "%s: %s\n", tacet_err_name(e), why.text);
    exit(1);
  }
}

static json_t *row(void) {
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:b, s:b, s:b}",
                   "received", "2013-01-15", "kind", "criminal", "instrument",
                   "subpoena", "authority", "United States District Court",
                   "country", "US", "accounts", 2, "with_data", 1, "outcome",
                   "disclosed", "preservation", 0, "gagged", 0, "notified", 0);
}

static void import(size_t n) {
  json_t **rows = calloc(n, sizeof(*rows));
  for (size_t i = 0; rows != NULL && i < n; i++) {
    rows[i] = row();
  }
  must(rows == NULL ? TACET_ERR_NOMEM
                    : desk_case_import(db, rows, n, "uid:0", &why));
  for (size_t i = 0; i < n; i++) {
    json_decref(rows[i]);
  }
  free(rows);
}

/* Signed by an officer: plans of 600 bytes. */
static void acts(size_t n) {
  char text[601];
  memset(text, 'x', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  json_t *body = json_pack("{s:s}", "reason", text);
  desk_act *all = calloc(n, sizeof(*all));
  for (size_t i = 0; all != NULL && i < n; i++) {
    all[i] = (desk_act){"ann", "test-made", "", body, &ann};
  }
  must(all == NULL ? TACET_ERR_NOMEM : desk_append(db, all, n, &why, NULL));
  free(all);
  json_decref(body);
}

/* As the program does: the file was closed, and holds all of it. */
static void verify(const char *folder, const char *what) {
  desk_store_close(db);
  must(desk_store_open(folder, &why, &db));
  double best = 0;
  desk_audit v = {.days = NULL};
  for (int round = 0; round < 3; round++) {
    uint64_t start = bench_cpu_ns();
    desk_audit_free(&v);
    must(desk_verify(db, NULL, 0, &why, &v));
    double s = (double)(bench_cpu_ns() - start) / 1e9;
    best = round == 0 || s < best ? s : best;
  }
  printf("%-40s %8llu events, %6llu signatures: %6.2f s, %9.0f events/s\n",
         what, (unsigned long long)v.events, (unsigned long long)v.signatures,
         best, (double)v.events / best);
  desk_audit_free(&v);
}

int main(int argc, char **argv) {
  size_t n = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 100000;
  const desk_settings settings = {"/", ""};
  desk_officer o = {.role = DESK_OFFICER, .name = "ann"};
  if (argc < 2 || n < BATCH) {
    fprintf(stderr, "usage: bench_desk_log FOLDER [EVENTS]\n");
    return 2;
  }
  BENCH_OK(tacet_crypto_init());
  must(desk_store_create(argv[1], &settings, &why));
  must(desk_store_open(argv[1], &why, &db));
  BENCH_OK(desk_key_generate(&ann));
  o.key = desk_key_public(&ann);
  must(desk_officer_add(db, &o, "uid:0", NULL, &why));
  for (size_t done = 0; done < n; done += BATCH) {
    import(BATCH);
  }
  verify(argv[1], "imports");
  acts(n / 20);
  verify(argv[1], "and one act of an officer in 20");
  acts(n / 20);
  verify(argv[1], "and two");
  desk_store_close(db);
  return 0;
}
