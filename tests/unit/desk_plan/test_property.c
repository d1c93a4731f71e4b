/* SPDX-License-Identifier: Apache-2.0
 * Random scopes, each with every subset of the categories: what comes out is
 * what the test knows to be permitted, not a cell more and not one less.
 *
 *   test_desk_property [CASES]
 *
 * The table of categories is written here once more, by hand, and so are the
 * rules of periods: neither the inventory nor the plan is asked. */
#include "desk/plan/snapshot.h"
#include "tacet/crypto.h"
#include "tests/unit/desk_plan/desk_folder.h"

#include <stdlib.h>

#define RECIPIENT                                                              \
  "age1k2dslpec7tcuuqn7k360v27npxw7lrw8ypcqvenkzxqgxwvxlf6s6px7jh"
#define ACCOUNTS 200
#define SUBSETS (1u << DESK_CATEGORIES)

static const struct {
  const char *column;
  desk_category category;
} law[] = {{"account.created", DESK_SUBSCRIBER},
           {"account.drawn", DESK_SUBSCRIBER},
           {"account.id", DESK_IDENTIFICATION},
           {"account.drawn_directory", DESK_TRAFFIC},
           {"account.drawn_delivery", DESK_TRAFFIC},
           {"manifest.number", DESK_IDENTIFICATION},
           {"manifest.body", DESK_IDENTIFICATION},
           {"manifest.version", DESK_IDENTIFICATION},
           {"manifest.log_index", DESK_IDENTIFICATION},
           {"manifest.opening", DESK_IDENTIFICATION},
           {"package.device", DESK_IDENTIFICATION},
           {"package.message", DESK_IDENTIFICATION}};
#define N_LAW (sizeof(law) / sizeof(law[0]))

static size_t n_cases = 6000;
static uint64_t seed = 0x9e3779b97f4a7c15;

static size_t below(size_t n) { /* xorshift */
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (size_t)(seed % n);
}

/* One random scope; its categories are set later. */
typedef struct round {
  const char *handles[4];
  char names[4][16];
  folder_account accounts[4];
  bool present[4];
  desk_scope scope;
} round_;

static void make_round(round_ *r) {
  size_t n = 1 + below(4);
  desk_day from = (desk_day)(14900 + below(2200));
  desk_day to = from + (desk_day)below(1500);
  r->scope = (desk_scope){.case_id = "c",
                          .instrument = "i",
                          .handles = r->handles,
                          .n_handles = n,
                          .from = below(2) == 0 ? DESK_NO_DAY : from,
                          .to = below(2) == 0 ? DESK_NO_DAY : to};
  for (size_t i = 0; i < n; i++) {
    size_t number = below(ACCOUNTS + 20); /* some are not there */
    r->accounts[i] = folder_account_of(number);
    r->handles[i] = r->names[i];
    memcpy(r->names[i], r->accounts[i].name, sizeof(r->names[i]));
    r->present[i] =
        number < ACCOUNTS &&
        (r->scope.to == DESK_NO_DAY || r->accounts[i].created <= r->scope.to);
  }
}

static bool use_is_in(const round_ *r, const folder_account *a) {
  return a->drawn >= 0 &&
         (r->scope.from == DESK_NO_DAY || a->drawn >= r->scope.from) &&
         (r->scope.to == DESK_NO_DAY || a->drawn <= r->scope.to);
}

/* How many cells of that column are permitted. */
static size_t permitted(const round_ *r, const char *column) {
  size_t n = 0;
  for (size_t i = 0; i < r->scope.n_handles; i++) {
    const folder_account *a = &r->accounts[i];
    if (r->present[i] && strncmp(column, "account.drawn", 13) == 0) {
      n += use_is_in(r, a) ? 1 : 0;
    } else if (r->present[i]) {
      n += strncmp(column, "manifest", 8) == 0  ? a->n_manifests
           : strncmp(column, "package", 7) == 0 ? a->n_packages
                                                : 1;
    }
  }
  return n;
}

/* Whether a value is one that this account has in that column. */
static bool is_value(const folder_account *a, const char *column,
                     const desk_extract_cell *c) {
  char what = strcmp(column, "manifest.body") == 0      ? 'm'
              : strcmp(column, "manifest.opening") == 0 ? 'o'
              : strcmp(column, "package.device") == 0   ? 'd'
              : strcmp(column, "package.message") == 0  ? 'k'
                                                        : 0;
  if (what != 0) {
    return c->bytes.len == 24 && memcmp(c->bytes.p, a->id, 20) == 0 &&
           c->bytes.p[20] == (uint8_t)what;
  }
  if (strcmp(column, "account.id") == 0) {
    return c->bytes.len == 32 && memcmp(c->bytes.p, a->id, 32) == 0;
  }
  int64_t v = c->number;
  return strcmp(column, "account.created") == 0 ? v == a->created
         : strcmp(column, "account.drawn") == 0 ? v == a->drawn
         : strcmp(column, "account.drawn_directory") == 0
             ? v == a->first_letters
         : strcmp(column, "account.drawn_delivery") == 0 ? v == a->mailboxes
                                                         : v >= 0 && v < 300;
}

static void count_cells(const round_ *r, const desk_extract *x,
                        size_t seen[N_LAW]) {
  for (size_t t = 0; t < x->n_tables; t++) {
    for (size_t i = 0; i < x->tables[t].n_rows; i++) {
      const desk_extract_row *row = &x->tables[t].rows[i];
      assert_true(row->handle < r->scope.n_handles && r->present[row->handle]);
      for (size_t c = 0; c < row->n_cells; c++) {
        size_t l = 0;
        while (l < N_LAW &&
               strcmp(law[l].column, row->cells[c].from->name) != 0) {
          l++;
        }
        assert_true(l < N_LAW);
        assert_true(
            is_value(&r->accounts[row->handle], law[l].column, &row->cells[c]));
        seen[l]++;
      }
    }
  }
}

static void try_subset(desk_snapshot *s, round_ *r, desk_category_set set) {
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  desk_trouble why = {""};
  size_t seen[N_LAW] = {0};
  r->scope.categories = set;
  desk_plan_input in = {.scope = &r->scope,
                        .present = r->present,
                        .recipient = RECIPIENT,
                        .until = DESK_NO_DAY};
  if (desk_plan_make(&in, &why, &p) != TACET_OK ||
      desk_snapshot_run(s, &p, &why, &x) != TACET_OK) {
    fail_msg("%s", why.text);
  }
  count_cells(r, &x, seen);
  for (size_t l = 0; l < N_LAW; l++) {
    bool may = (set >> law[l].category & 1u) != 0;
    assert_int_equal(may ? permitted(r, law[l].column) : 0, seen[l]);
  }
}

static void test_all(void **state) {
  (void)state;
  char folder[TEST_PATH_MAX];
  desk_trouble why = {""};
  desk_snapshot *s = NULL;
  test_folder_make(folder);
  folder_create(folder);
  sqlite3 *db = folder_database(folder);
  folder_run(db, "BEGIN");
  for (size_t i = 0; i < ACCOUNTS; i++) {
    folder_account a = folder_account_of(i);
    folder_add(db, &a);
  }
  folder_run(db, "COMMIT");
  assert_int_equal(SQLITE_OK, sqlite3_close(db));
  assert_ok(desk_snapshot_open(folder, NULL, &why, &s));
  for (size_t done = 0; done < n_cases; done += SUBSETS - 1) {
    round_ r;
    make_round(&r);
    for (desk_category_set set = 1; set < SUBSETS; set++) {
      try_subset(s, &r, set);
    }
  }
  desk_snapshot_close(s);
  test_folder_remove(folder);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
  if (argc > 1) {
    n_cases = (size_t)strtoul(argv[1], NULL, 10);
  }
  return tacet_crypto_init() != TACET_OK
             ? 1
             : cmocka_run_group_tests(tests, NULL, NULL);
}
