/* SPDX-License-Identifier: Apache-2.0
 * Does what the log has of a handle now fit what it had? */
#include "tests/support/support.h"

#include <stdio.h>

#include "client/labels.h"

typedef struct row {
  const char *what;
  /* before: version 4 of the label, number 3 of account 1, at index 40 */
  uint8_t account;
  uint32_t number, version;
  uint64_t index;
  uint8_t key, value;
  bool fits;
} row;

static const row rows[] = {
    {"the same", 1, 3, 4, 40, 7, 8, true},
    {"another key", 1, 3, 4, 40, 9, 8, false},
    {"another value", 1, 3, 4, 40, 7, 9, false},
    {"another place in the log", 1, 3, 4, 41, 7, 8, false},
    {"another account's", 2, 3, 4, 40, 7, 8, false},
    {"the next", 1, 4, 5, 50, 1, 1, true},
    {"some further on", 1, 7, 8, 50, 1, 1, true},
    {"the next, but before it in the log", 1, 4, 5, 39, 1, 1, false},
    {"the next, in its place", 1, 4, 5, 40, 1, 1, false},
    {"an older one", 1, 2, 3, 30, 1, 1, false},
    {"a version without a manifest", 1, 3, 5, 50, 1, 1, false},
    {"a manifest without a version", 1, 5, 5, 50, 1, 1, false},
    {"the next, behind another account's", 1, 4, 6, 50, 1, 1, true},
    {"fewer versions than manifests", 1, 7, 6, 50, 1, 1, false},
    {"more manifests than versions", 1, 9, 8, 50, 1, 1, false},
    {"a new account behind it", 2, 0, 5, 50, 1, 1, true},
    {"a new account further on", 2, 1, 6, 50, 1, 1, true},
    {"another account that comes back", 2, 1, 5, 50, 1, 1, true},
    {"a new account in an older version", 2, 0, 3, 30, 1, 1, false},
};

static void test_fits(void **state) {
  (void)state;
  client_sighting seen = {.version = 4, .day = 1, .index = 40};
  client_label before = {.number = 3,
                         .version = 4,
                         .account = {1},
                         .key = {7},
                         .value = {8},
                         .seen = &seen,
                         .n_seen = 1};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const row *r = &rows[i];
    tacet_manifest m = {.account_id = {r->account}, .number = r->number};
    tacet_keylog_answer now = {.exists = true,
                               .version = r->version,
                               .key = {{r->key}},
                               .value = {{r->value}},
                               .index = r->index};
    tacet_err e = client_label_fits(&before, &m, &now);
    if (e != (r->fits ? TACET_OK : TACET_ERR_AUTH)) {
      fail_msg("%s: %s", r->what, tacet_err_name(e));
    }
    /* Nothing was seen: an account has at most as many manifests as versions.
     */
    e = client_label_fits(NULL, &m, &now);
    assert_int_equal(e, r->number <= r->version ? TACET_OK : TACET_ERR_AUTH);
  }
}

/* Of a handle that was one account's from the begin on nobody comes back. */
static void test_nobody_comes_back(void **state) {
  (void)state;
  client_sighting seen = {.version = 4, .day = 1, .index = 40};
  client_label before = {
      .number = 4, .version = 4, .account = {1}, .seen = &seen, .n_seen = 1};
  tacet_keylog_answer now = {.exists = true, .version = 5, .index = 50};
  tacet_manifest back = {.account_id = {2}, .number = 1},
                 fresh = {.account_id = {2}, .number = 0};
  assert_err(TACET_ERR_AUTH, client_label_fits(&before, &back, &now));
  assert_ok(client_label_fits(&before, &fresh, &now));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_fits),
                                     cmocka_unit_test(test_nobody_comes_back)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
