/* SPDX-License-Identifier: Apache-2.0
 * Bundles: the same bytes each time, what stands in them, and that every change
 * is found; two signatures; what a demand of 2016 gets. */
#include "desk/plan/absent.h"
#include "desk/plan/age.h"
#include "desk/plan/bundle.h"
#include "tacet/crypto.h"
#include "tests/unit/desk_plan/desk_folder.h"

#include <jansson.h>
#include <stdlib.h>

#define RECIPIENT                                                              \
  "age1k2dslpec7tcuuqn7k360v27npxw7lrw8ypcqvenkzxqgxwvxlf6s6px7jh"

typedef struct key_pair {
  tacet_secret private_key;
  uint8_t public_key[32];
} key_pair;

static key_pair desk, ann, ben;
static desk_consent consents[2];
static const desk_handling custody[] = {{1785000000, 4, "ann", "case-filed"},
                                        {1785000100, 9, "ben", "plan-signed"}};

static void make_key(key_pair *k, uint8_t seed) {
  uint8_t bytes[32];
  memset(bytes, seed, sizeof(bytes));
  assert_ok(tacet_secret_set(&k->private_key, tacet_span_of(bytes, 32)));
  assert_ok(tacet_sig_ed25519.public_key(tacet_secret_span(&k->private_key),
                                         k->public_key));
}

static desk_consent consent_of(const key_pair *k, const char *name,
                               const desk_plan *p) {
  desk_consent c = {.officer = name, .time = 1785000200, .number = 10};
  TACET_BUF(w, DESK_CONSENT_CONTENT_MAX);
  tacet_span content;
  c.key = desk_public_of_file(k->public_key);
  desk_consent_content(p->scope.case_id, p->hash, &w);
  assert_ok(tacet_buf_done(&w, &content));
  assert_ok(tacet_sign_with_label(
      &tacet_sig_ed25519, tacet_secret_span(&k->private_key), TACET_LABEL_TACET,
      DESK_CONSENT_LABEL, content, c.signature.b, &c.signature.len));
  return c;
}

/* A plan and what it gave, of a folder that is gone by then. */
typedef struct fixture {
  desk_plan plan;
  desk_extract extract;
} fixture;

static const char *const handles[] = {"user3", "=cmd|'/c calc'!A1", "user7"};
static const bool present[] = {true, false, true};

static void make_fixture(fixture *f, desk_category_set set) {
  char folder[TEST_PATH_MAX];
  desk_trouble why = {""};
  desk_snapshot *s = NULL;
  test_folder_make(folder);
  folder_create(folder);
  sqlite3 *db = folder_database(folder);
  for (size_t i = 0; i < 10; i++) {
    folder_account a = folder_account_of(i);
    folder_add(db, &a);
  }
  assert_int_equal(SQLITE_OK, sqlite3_close(db));
  desk_scope scope = {.case_id = "c3f09a1b2c4d5",
                      .instrument = "subpoena",
                      .categories = set,
                      .handles = handles,
                      .n_handles = 3,
                      .from = DESK_NO_DAY,
                      .to = 20000};
  desk_plan_input in = {.scope = &scope,
                        .present = present,
                        .recipient = RECIPIENT,
                        .until = DESK_NO_DAY};
  *f = (fixture){.plan = {.text = NULL}};
  assert_ok(desk_plan_make(&in, &why, &f->plan));
  assert_ok(desk_snapshot_open(folder, NULL, &why, &s));
  if (desk_snapshot_run(s, &f->plan, &why, &f->extract) != TACET_OK) {
    fail_msg("%s", why.text);
  }
  desk_snapshot_close(s);
  test_folder_remove(folder);
  make_key(&desk, 1);
  make_key(&ann, 2);
  make_key(&ben, 3);
  consents[0] = consent_of(&ann, "ann", &f->plan);
  consents[1] = consent_of(&ben, "ben", &f->plan);
}

static void free_fixture(fixture *f) {
  desk_extract_free(&f->extract);
  desk_plan_free(&f->plan);
}

static desk_bundle_input input_of(const fixture *f) {
  desk_bundle_input in = {.plan = &f->plan,
                          .extract = &f->extract,
                          .operator_name = "Example e.V.",
                          .request = "",
                          .program = "tacet-desk 0.1.0",
                          .made = 1785000300,
                          .custody = custody,
                          .n_custody = 2,
                          .consents = consents,
                          .n_consents = 2,
                          .private_key = tacet_secret_span(&desk.private_key)};
  memcpy(in.public_key, desk.public_key, 32);
  return in;
}

static const char *text_of(const desk_files *f, const char *name) {
  static char text[1 << 20];
  const desk_file *file = desk_files_find(f, name);
  assert_non_null(file);
  assert_true(file->bytes.len < sizeof(text));
  memcpy(text, file->bytes.p, file->bytes.len);
  text[file->bytes.len] = '\0';
  return text;
}

/* ---- what stands in it ---- */

static void test_two_dates(void **state) {
  (void)state;
  fixture f;
  DESK_FILES(files);
  make_fixture(&f, 1u << DESK_SUBSCRIBER);
  desk_bundle_input in = input_of(&f);
  assert_ok(desk_bundle_make(&in, &files));
  assert_string_equal(text_of(&files, "data/accounts.csv"),
                      "handle,account\r\nuser3,yes\r\n"
                      "\"'=cmd|'/c calc'!A1\",no\r\nuser7,yes\r\n");
  assert_string_equal(text_of(&files, "data/account.csv"),
                      "handle,created\r\nuser3,2011-02-16\r\n"
                      "user7,2011-03-16\r\n");
  assert_string_equal(text_of(&files, "data/last-use.csv"),
                      "handle,last_drew_tokens\r\nuser3,2013-11-30\r\n"
                      "user7,2014-01-21\r\n");
  assert_null(desk_files_find(&files, "data/manifests.csv"));
  free_fixture(&f);
}

/* The subpoenas that Signal published of 2016 and 2021 ask for these. */
static void test_what_was_asked_in_2016(void **state) {
  (void)state;
  static const char *const asked[] = {
      "name",         "address",         "phone",        "email",
      "payment",      "ip-history",      "sessions",     "contacts",
      "call-records", "message-records", "messages",     "attachments",
      "groups",       "location",        "device-models"};
  fixture f;
  DESK_FILES(files);
  make_fixture(&f, 1u << DESK_SUBSCRIBER);
  desk_bundle_input in = input_of(&f);
  assert_ok(desk_bundle_make(&in, &files));
  char *readme = strdup(text_of(&files, "README.txt"));
  assert_non_null(readme);
  for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
    const desk_absent *a = desk_absent_find(asked[i]);
    assert_non_null(a);
    assert_int_equal(0, strncmp(a->why, "Does not exist", 14));
    const char *at = strstr(readme, a->what);
    assert_non_null(at);
    assert_non_null(strstr(at, "Does not exist"));
  }
  free(readme);
  /* And of each account two cells, both of them days. */
  size_t cells = 0;
  for (size_t t = 0; t < f.extract.n_tables; t++) {
    for (size_t r = 0; r < f.extract.tables[t].n_rows; r++) {
      cells += f.extract.tables[t].rows[r].n_cells;
    }
  }
  assert_int_equal(2 * 2, cells);
  free_fixture(&f);
}

static void test_readme(void **state) {
  (void)state;
  fixture f;
  DESK_FILES(files);
  make_fixture(&f, (1u << DESK_CATEGORIES) - 1);
  desk_bundle_input in = input_of(&f);
  assert_ok(desk_bundle_make(&in, &files));
  const char *text = text_of(&files, "README.txt");
  const tacetd_inventory_row *row;
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    if (row->answer != NULL || row->no_answer != NULL) {
      assert_non_null(strstr(text, row->name));
    }
  }
  size_t column = 0;
  for (const char *c = text; *c != '\0'; c++) {
    column = *c == '\n' ? 0 : column + 1;
    assert_true(column <= 79);
  }
  assert_null(desk_files_find(&files, "data/x.csv"));
  free_fixture(&f);
}

/* JSON says what CSV says. */
static void test_json(void **state) {
  (void)state;
  fixture f;
  DESK_FILES(files);
  make_fixture(&f, (1u << DESK_CATEGORIES) - 1);
  desk_bundle_input in = input_of(&f);
  assert_ok(desk_bundle_make(&in, &files));
  json_t *j = json_loads(text_of(&files, "data/manifests.json"), 0, NULL);
  assert_non_null(j);
  const json_t *rows = json_object_get(j, "rows");
  folder_account a = folder_account_of(3), b = folder_account_of(7);
  assert_int_equal(a.n_manifests + b.n_manifests, json_array_size(rows));
  uint8_t body[24];
  char hex[49];
  folder_blob(&a, 'm', 0, body);
  tacet_hex_write(tacet_span_of(body, 24), hex);
  const json_t *first = json_array_get(rows, 0);
  assert_string_equal(hex,
                      json_string_value(json_object_get(first, "manifest")));
  assert_int_equal(100, json_integer_value(json_object_get(first, "version")));
  json_decref(j);
  assert_non_null(strstr(text_of(&files, "data/manifests.csv"), hex));
  free_fixture(&f);
}

/* ---- its form ---- */

static void test_same_bytes(void **state) {
  (void)state;
  TACET_BYTES(first);
  for (size_t i = 0; i < 3; i++) {
    fixture f;
    DESK_FILES(files);
    DESK_FILES(again);
    TACET_BYTES(tar);
    make_fixture(&f, (1u << DESK_CATEGORIES) - 1);
    desk_bundle_input in = input_of(&f);
    assert_ok(desk_bundle_make(&in, &files));
    assert_ok(desk_tar_write(&files, &tar));
    assert_true(i == 0 || tacet_span_equal(tacet_bytes_span(&first),
                                           tacet_bytes_span(&tar)));
    assert_ok(tacet_bytes_set(&first, tacet_bytes_span(&tar)));
    assert_ok(desk_tar_read(tacet_bytes_span(&tar), &again));
    assert_int_equal(files.n, again.n);
    free_fixture(&f);
  }
}

static void run(const char *folder, const char *command) {
  char line[2 * TEST_PATH_MAX];
  (void)snprintf(line, sizeof(line), "cd '%s' && %s", folder, command);
  assert_int_equal(0, system(line));
}

/* Other people's programs open it. */
static void test_tar_program(void **state) {
  (void)state;
  fixture f;
  DESK_FILES(files);
  TACET_BYTES(tar);
  char folder[TEST_PATH_MAX], path[TEST_PATH_MAX];
  make_fixture(&f, 1u << DESK_SUBSCRIBER);
  desk_bundle_input in = input_of(&f);
  assert_ok(desk_bundle_make(&in, &files));
  assert_ok(desk_tar_write(&files, &tar));
  test_folder_make(folder);
  test_folder_path(folder, "b.tar", path);
  FILE *out = fopen(path, "wb");
  assert_non_null(out);
  assert_int_equal(tar.len, fwrite(tar.p, 1, tar.len, out));
  assert_int_equal(0, fclose(out));
  run(folder, "tar xf b.tar && grep -q '^user3,2011-02-16' data/account.csv"
              " && test \"$(tar tf b.tar | LC_ALL=C sort -c && tar tf b.tar |"
              " head -1)\" = README.txt");
  /* Its hashes are those that sha256sum has. */
  run(folder, "tr -d ' \\n' <manifest.json | grep -q \"$(sha256sum plan.json |"
              " cut -c1-64)\"");
  test_folder_remove(folder);
  free_fixture(&f);
}

static void test_tar_refuses(void **state) {
  (void)state;
  DESK_FILES(files);
  DESK_FILES(out);
  TACET_BYTES(tar);
  static const char *const names[] = {
      "", "/etc/passwd", "../x", "a//b", "a/", "a/../b", ".x", "a b", "x\n"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    assert_err(TACET_ERR_ENCODING,
               desk_files_add(&files, names[i], TACET_SPAN_EMPTY));
  }
  assert_ok(desk_files_add(&files, "b", TACET_SPAN_LIT("two")));
  assert_ok(desk_files_add(&files, "a/c.d", TACET_SPAN_LIT("one")));
  assert_err(TACET_ERR_EXISTS, desk_files_add(&files, "b", TACET_SPAN_EMPTY));
  assert_ok(desk_tar_write(&files, &tar));
  assert_ok(desk_tar_read(tacet_bytes_span(&tar), &out));
  assert_string_equal(out.list[0].name, "a/c.d");
  /* Every byte that is not content is what it has to be. */
  for (size_t i = 0; i < tar.len; i++) {
    bool content = (i >= 512 && i < 515) || (i >= 1536 && i < 1539);
    tar.p[i] ^= 1;
    tacet_err err = desk_tar_read(tacet_bytes_span(&tar), &out);
    assert_true(content == (err == TACET_OK));
    tar.p[i] ^= 1;
    assert_true(desk_tar_read(tacet_span_of(tar.p, i), &out) != TACET_OK);
  }
}

/* ---- checking ---- */

static void expect_wrong(const desk_files *files, const char *words) {
  desk_trouble why = {""};
  desk_bundle_summary s;
  assert_err(TACET_ERR_AUTH, desk_bundle_verify(files, NULL, &why, &s));
  if (strstr(why.text, words) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", why.text, words);
  }
}

static void test_verify(void **state) {
  (void)state;
  fixture f;
  DESK_FILES(files);
  desk_trouble why = {""};
  desk_bundle_summary s;
  make_fixture(&f, (1u << DESK_CATEGORIES) - 1);
  desk_bundle_input in = input_of(&f);
  assert_ok(desk_bundle_make(&in, &files));
  tacet_err err = desk_bundle_verify(&files, desk.public_key, &why, &s);
  if (err != TACET_OK) {
    fail_msg("%s", why.text);
  }
  assert_string_equal(s.case_id, "c3f09a1b2c4d5");
  assert_int_equal(2, s.n_consents);
  assert_int_equal(files.n, s.n_files);
  assert_err(TACET_ERR_AUTH,
             desk_bundle_verify(&files, ann.public_key, &why, &s));
  /* Any bit of any file. */
  for (size_t i = 0; i < files.n; i++) {
    tacet_bytes *b = &files.list[i].bytes;
    for (size_t at = 0; at < b->len; at += 1 + b->len / 40) {
      b->p[at] ^= 1;
      assert_true(desk_bundle_verify(&files, NULL, &why, &s) != TACET_OK);
      b->p[at] ^= 1;
    }
  }
  /* A file more; a file less. */
  assert_ok(desk_files_add(&files, "data/more.csv", TACET_SPAN_LIT("x")));
  expect_wrong(&files, "does not list");
  free_fixture(&f);
}

/* The desk itself signs what its plan does not give, or what nobody, one
 * officer or one officer twice has signed: seen by whoever gets it. */
static void test_dishonest_desk(void **state) {
  (void)state;
  fixture small, big;
  make_fixture(&big, (1u << DESK_CATEGORIES) - 1);
  desk_consent kept[2] = {consents[0], consents[1]};
  make_fixture(&small, 1u << DESK_SUBSCRIBER);
  {
    DESK_FILES(files);
    desk_bundle_input in = input_of(&small);
    in.n_consents = 1;
    assert_ok(desk_bundle_make(&in, &files));
    expect_wrong(&files, "two officers");
  }
  {
    DESK_FILES(files);
    desk_bundle_input in = input_of(&small);
    desk_consent twice[2] = {consents[0], consents[0]};
    twice[1].officer = "ben";
    in.consents = twice;
    assert_ok(desk_bundle_make(&in, &files));
    expect_wrong(&files, "two officers");
  }
  {
    DESK_FILES(files);
    desk_bundle_input in = input_of(&small);
    in.consents = kept; /* over another plan */
    assert_ok(desk_bundle_make(&in, &files));
    expect_wrong(&files, "does not verify");
  }
  {
    DESK_FILES(files);
    desk_bundle_input in = input_of(&small);
    in.extract = &big.extract; /* more than the plan gives */
    assert_ok(desk_bundle_make(&in, &files));
    expect_wrong(&files, "data that the plan does not give");
  }
  free_fixture(&small);
  free_fixture(&big);
}

static void test_consents(void **state) {
  (void)state;
  fixture f;
  desk_trouble why = {""};
  make_fixture(&f, 1u << DESK_SUBSCRIBER);
  const char *id = f.plan.scope.case_id;
  assert_ok(desk_consents_check(consents, 2, "carl", id, f.plan.hash, &why));
  assert_err(TACET_ERR_POLICY,
             desk_consents_check(consents, 1, "carl", id, f.plan.hash, &why));
  assert_err(TACET_ERR_POLICY,
             desk_consents_check(consents, 0, "carl", id, f.plan.hash, &why));
  assert_err(TACET_ERR_POLICY,
             desk_consents_check(consents, 2, "ben", id, f.plan.hash, &why));
  assert_non_null(strstr(why.text, "who filed"));
  assert_err(TACET_ERR_AUTH, desk_consents_check(consents, 2, "carl", "other",
                                                 f.plan.hash, &why));
  uint8_t other[DESK_HASH] = {0};
  assert_err(TACET_ERR_AUTH,
             desk_consents_check(consents, 2, "carl", id, other, &why));
  desk_consent list[3] = {consents[0], consents[1], consents[0]};
  list[1].officer = "ann"; /* two keys, one person */
  assert_err(TACET_ERR_POLICY,
             desk_consents_check(list, 3, "carl", id, f.plan.hash, &why));
  list[1] = consents[0];
  list[1].officer = "ben"; /* two names, one key */
  assert_err(TACET_ERR_POLICY,
             desk_consents_check(list, 2, "carl", id, f.plan.hash, &why));
  free_fixture(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_two_dates),
      cmocka_unit_test(test_what_was_asked_in_2016),
      cmocka_unit_test(test_readme),
      cmocka_unit_test(test_json),
      cmocka_unit_test(test_same_bytes),
      cmocka_unit_test(test_tar_program),
      cmocka_unit_test(test_tar_refuses),
      cmocka_unit_test(test_verify),
      cmocka_unit_test(test_dishonest_desk),
      cmocka_unit_test(test_consents)};
  return tacet_crypto_init() != TACET_OK
             ? 1
             : cmocka_run_group_tests(tests, NULL, NULL);
}
