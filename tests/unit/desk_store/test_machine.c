/* SPDX-License-Identifier: Apache-2.0
 * The states of a case: every pair of state and step, those that are possible
 * and all that are forbidden. */
#include "tests/support/support.h"

#include "desk/store/machine.h"

#include <string.h>

/* A column a step, in the order of desk_step; what the step leads to, or '.'.
 *
 *          A authenticate  T triage   R review   a accept   n narrow
 *          r refuse  c clarify  h challenge  f fraud  w withdraw
 *          P plan  V approve  E extract  S stop  M minimise  L seal  D deliver
 *          0 no-data  N notify  Y delay  X close  U purge */
static const struct {
  desk_state from;
  const char *to;
} rows[DESK_STATES] = {
    /*                       ATRanrchfwPVESMLD0NYXU */
    {DESK_S_RECEIVED, "A.......fw............"},
    {DESK_S_AUTHENTICATED, ".T......fw............"},
    {DESK_S_TRIAGED, "..R.....fw............"},
    {DESK_S_LEGAL_REVIEW, "..Ranrchfw............"},
    {DESK_S_ACCEPTED, ".....r..fwP......0...."},
    {DESK_S_NARROWED, ".....r..fwP......0...."},
    {DESK_S_REFUSED, "....................X."},
    {DESK_S_CLARIFICATION, "..R..r..fw............"},
    {DESK_S_CHALLENGED, "...anr...w............"},
    {DESK_S_FRAUD, "....................X."},
    {DESK_S_WITHDRAWN, "....................X."},
    {DESK_S_PLANNED, ".....r..fwPV.........."},
    {DESK_S_APPROVED, "........fwP.E........."},
    {DESK_S_EXTRACTED, "........fw...SM......."},
    {DESK_S_MINIMISED, "........fw.....L.0...."},
    {DESK_S_SEALED, "........fw......D....."},
    {DESK_S_DELIVERED, "..................NYX."},
    {DESK_S_NO_DATA, "..................NYX."},
    {DESK_S_NOTIFIED, "....................X."},
    {DESK_S_NOTICE_DELAYED, "..................NYX."},
    {DESK_S_CLOSED, ".....................U"},
    {DESK_S_PURGED, "......................"},
};

static const struct {
  char sign;
  desk_state to;
} signs[] = {{'A', DESK_S_AUTHENTICATED}, {'T', DESK_S_TRIAGED},
             {'R', DESK_S_LEGAL_REVIEW},  {'a', DESK_S_ACCEPTED},
             {'n', DESK_S_NARROWED},      {'r', DESK_S_REFUSED},
             {'c', DESK_S_CLARIFICATION}, {'h', DESK_S_CHALLENGED},
             {'f', DESK_S_FRAUD},         {'w', DESK_S_WITHDRAWN},
             {'P', DESK_S_PLANNED},       {'V', DESK_S_APPROVED},
             {'E', DESK_S_EXTRACTED},     {'S', DESK_S_PLANNED},
             {'M', DESK_S_MINIMISED},     {'L', DESK_S_SEALED},
             {'D', DESK_S_DELIVERED},     {'0', DESK_S_NO_DATA},
             {'N', DESK_S_NOTIFIED},      {'Y', DESK_S_NOTICE_DELAYED},
             {'X', DESK_S_CLOSED},        {'U', DESK_S_PURGED}};

static desk_state meant(char sign) {
  for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
    if (signs[i].sign == sign) {
      return signs[i].to;
    }
  }
  return DESK_STATES;
}

static void every_pair(void **state) {
  (void)state;
  for (size_t i = 0; i < DESK_STATES; i++) {
    assert_int_equal(i, rows[i].from);
    assert_int_equal(DESK_STEPS, strlen(rows[i].to));
    for (size_t d = 0; d < DESK_STEPS; d++) {
      desk_state to = DESK_STATES;
      bool possible = desk_step_next(rows[i].from, (desk_step)d, &to);
      if (possible != (rows[i].to[d] != '.') || to != meant(rows[i].to[d])) {
        fail_msg("%s from %s", desk_step_name((desk_step)d),
                 desk_state_name(rows[i].from));
      }
    }
  }
}

/* Nothing is handed over that was not planned, approved and compared. */
static void no_way_round(void **state) {
  (void)state;
  static const desk_state gates[] = {DESK_S_LEGAL_REVIEW, DESK_S_PLANNED,
                                     DESK_S_APPROVED,     DESK_S_EXTRACTED,
                                     DESK_S_MINIMISED,    DESK_S_SEALED};
  for (size_t g = 0; g < sizeof(gates) / sizeof(gates[0]); g++) {
    bool reached[DESK_STATES] = {[DESK_S_RECEIVED] = true};
    for (size_t round = 0; round < DESK_STATES; round++) {
      for (size_t i = 0; i < DESK_STATES; i++) {
        desk_state to;
        for (size_t d = 0; d < DESK_STEPS; d++) {
          if (reached[i] && desk_step_next((desk_state)i, (desk_step)d, &to) &&
              to != gates[g]) {
            reached[to] = true;
          }
        }
      }
    }
    assert_false(reached[DESK_S_DELIVERED]);
  }
}

static void words(void **state) {
  (void)state;
  char text[256];
  for (unsigned i = 0; i < DESK_STATES; i++) {
    desk_state s = DESK_STATES;
    assert_true(desk_state_read(desk_state_name((desk_state)i), &s));
    assert_int_equal(i, s);
  }
  desk_state s = DESK_STATES;
  assert_false(desk_state_read("Received", &s));
  assert_null(desk_state_name(DESK_STATES));
  assert_null(desk_step_name(DESK_STEPS));
  desk_steps_text(DESK_S_RECEIVED, text, sizeof(text));
  assert_string_equal("authenticate, reject-as-fraud, withdraw", text);
  desk_steps_text(DESK_S_PURGED, text, sizeof(text));
  assert_string_equal("none", text);
  desk_steps_text(DESK_S_LEGAL_REVIEW, text, 10);
  assert_int_equal(9, strlen(text));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_pair),
                                     cmocka_unit_test(no_way_round),
                                     cmocka_unit_test(words)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
