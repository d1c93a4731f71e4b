/* SPDX-License-Identifier: Apache-2.0
 * What is said where the program was built without libfido2. */
#include "tests/support/support.h"

#include "desk/token/token.h"

#include <string.h>

static void says_so(void **state) {
  (void)state;
  desk_trouble why = {""};
  desk_reader r = {.ports = &desk_usb_ports};
  uint8_t challenge[DESK_CLIENT_HASH] = {0};
  desk_key key = {.credential_len = 1};
  desk_signature s = {.len = 7};
  assert_err(TACET_ERR_UNSUPPORTED, desk_token_enrol(&r, true, &why, &key));
  assert_non_null(strstr(why.text, "install libfido2-dev"));
  why.text[0] = '\0';
  assert_err(TACET_ERR_UNSUPPORTED,
             desk_token_sign(&r, &key, challenge, &why, &s));
  assert_non_null(strstr(why.text, "install libfido2-dev"));
  assert_int_equal(1, key.credential_len);
  assert_int_equal(7, s.len);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(says_so)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
