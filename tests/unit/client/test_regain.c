/* SPDX-License-Identifier: Apache-2.0
 * The 24 words: compared, erased. */
#include "tests/unit/client/people.h"

#include <string.h>

static person *with_words(world *w, const char *name, char words[300]) {
  CLIENT_MEM(mem);
  person *p = person_join(w, name);
  const char *text;
  expect_ok(p, client_recovery_words(p->c, &mem, &text, &p->err));
  (void)snprintf(words, 300, "%s", text);
  return p;
}

static void test_checking_words(void **state) {
  world *w = *state;
  char mine[300], other[300], changed[310];
  person *a = with_words(w, "alice", mine);
  (void)with_words(w, "bob", other);
  bool held = false;
  expect_ok(a, client_recovery_check(a->c, mine, &held, &a->err));
  assert_true(held);
  expect_failure(a, client_recovery_check(a->c, other, &held, &a->err),
                 CLIENT_USAGE, "wrong-words");
  expect_failure(a, client_recovery_confirm(a->c, other, &a->err), CLIENT_USAGE,
                 "wrong-words");
  (void)snprintf(changed, sizeof(changed), "%s abide", mine); /* 25 of them */
  expect_failure(a, client_recovery_check(a->c, changed, &held, &a->err),
                 CLIENT_USAGE, "wrong-words");
  *strrchr(changed, ' ') = '\0';
  *strrchr(changed, ' ') = '\0'; /* 23 */
  expect_failure(a, client_recovery_check(a->c, changed, &held, &a->err),
                 CLIENT_USAGE, "wrong-words");
  for (char *p = changed; *p != '\0'; p++) { /* as a paper may have it */
    *p = mine[p - changed] == ' ' ? '\n' : (char)(mine[p - changed] & ~0x20);
  }
  (void)snprintf(changed + strlen(changed), 20, " %s", strrchr(mine, ' ') + 1);
  expect_ok(a, client_recovery_check(a->c, changed, &held, &a->err));
}

static void test_erasing_words(void **state) {
  world *w = *state;
  CLIENT_MEM(mem);
  char mine[300];
  const char *words;
  client_status s;
  bool held = true;
  person *a = with_words(w, "alice", mine);
  expect_ok(a, client_status_get(a->c, &mem, &s, &a->err));
  assert_false(s.recovery_confirmed);
  expect_ok(a, client_recovery_confirm(a->c, mine, &a->err));
  person_reopen(a);
  expect_failure(a, client_recovery_words(a->c, &mem, &words, &a->err),
                 CLIENT_REFUSED, "recovery-erased");
  expect_ok(a, client_status_get(a->c, &mem, &s, &a->err));
  assert_true(s.recovery_confirmed);
  /* A paper can still be compared, years later. */
  expect_ok(a, client_recovery_check(a->c, mine, &held, &a->err));
  assert_false(held);
  expect_ok(a, client_recovery_confirm(a->c, mine, &a->err));
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_checking_words),
      TEST(test_erasing_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
