/* SPDX-License-Identifier: Apache-2.0
 * Identifiers: ours as the server writes them, and all that is not ours, with
 * letters that only look like ours. */
#include "tests/support/support.h"

#include "desk/rules/identifier.h"

#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define A32 "abcdefghijklmnopqrstuvwxyz012345"

static const struct {
  const char *text;
  desk_identifier_kind kind;
  const char *normalised;
  uint32_t point;
} table[] = {
    {"alice", DESK_IDENTIFIER_HANDLE, "alice", 0},
    {"  Alice ", DESK_IDENTIFIER_HANDLE, "alice", 0},
    {"@alice", DESK_IDENTIFIER_HANDLE, "alice", 0},
    {"ALICE@EXAMPLE.ORG", DESK_IDENTIFIER_HANDLE, "alice", 0},
    {"@alice@example.org", DESK_IDENTIFIER_HANDLE, "alice", 0},
    {"a", DESK_IDENTIFIER_HANDLE, "a", 0},
    {"a.b_c-d", DESK_IDENTIFIER_HANDLE, "a.b_c-d", 0},
    {A32, DESK_IDENTIFIER_HANDLE, A32, 0},
    {A32 "6", DESK_IDENTIFIER_BAD, "", 0},
    {"1234567@example.org", DESK_IDENTIFIER_HANDLE, "1234567", 0},
    {"10.0.0.1@example.org", DESK_IDENTIFIER_HANDLE, "10.0.0.1", 0},
    {ID, DESK_IDENTIFIER_ACCOUNT, ID, 0},
    {"0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
     DESK_IDENTIFIER_ACCOUNT, ID, 0},
    {"", DESK_IDENTIFIER_BAD, "", 0},
    {" ", DESK_IDENTIFIER_BAD, "", 0},
    {"@", DESK_IDENTIFIER_BAD, "", 0},
    {"@@alice", DESK_IDENTIFIER_BAD, "", 0},
    {".alice", DESK_IDENTIFIER_BAD, "", 0},
    {"alice-", DESK_IDENTIFIER_BAD, "", 0},
    {"al ice", DESK_IDENTIFIER_BAD, "", 0},
    {"al*", DESK_IDENTIFIER_BAD, "", 0},
    {"%", DESK_IDENTIFIER_BAD, "", 0},
    {"alice' OR '1'='1", DESK_IDENTIFIER_BAD, "", 0},
    {"alice\"; DROP TABLE account; --", DESK_IDENTIFIER_BAD, "", 0},
    {"=cmd|' /C calc'!A0", DESK_IDENTIFIER_BAD, "", 0},
    {"alice@", DESK_IDENTIFIER_BAD, "", 0},
    {"@example.org", DESK_IDENTIFIER_HANDLE, "example.org", 0},
    {".@example.org", DESK_IDENTIFIER_BAD, "", 0},
    {A32 "6@example.org", DESK_IDENTIFIER_BAD, "", 0},
    {"alice@example.com", DESK_IDENTIFIER_FOREIGN, "", 0},
    {"alice@example.org.evil.com", DESK_IDENTIFIER_FOREIGN, "", 0},
    {"alice@example.org.", DESK_IDENTIFIER_FOREIGN, "", 0},
    {"a+b@mail.test", DESK_IDENTIFIER_FOREIGN, "", 0},
    {"a@b@example.org", DESK_IDENTIFIER_BAD, "", 0},
    {"+1 (202) 555-0100", DESK_IDENTIFIER_PHONE, "", 0},
    {"2025550100", DESK_IDENTIFIER_PHONE, "", 0},
    {"123456", DESK_IDENTIFIER_HANDLE, "123456", 0},
    {"10.0.0.1", DESK_IDENTIFIER_ADDRESS, "", 0},
    {"2001:db8::1", DESK_IDENTIFIER_ADDRESS, "", 0},
    {"\xd0\xb0lice", DESK_IDENTIFIER_LETTERS, "", 0x430},
    {"al\xc4\xb1"
     "ce",
     DESK_IDENTIFIER_LETTERS, "", 0x131},
    {"alice\xe2\x80\x8b", DESK_IDENTIFIER_LETTERS, "", 0x200b},
    {"\xef\xbd\x81lice", DESK_IDENTIFIER_LETTERS, "", 0xff41},
    {"alice@ex\xd0\xb0mple.org", DESK_IDENTIFIER_LETTERS, "", 0x430},
    {"\xf0\x9d\x92\x82lice", DESK_IDENTIFIER_LETTERS, "", 0x1d482},
    {"Alice\xe2\x80\x99s", DESK_IDENTIFIER_LETTERS, "", 0x2019},
    {"\xc2\xa0"
     "alice",
     DESK_IDENTIFIER_LETTERS, "", 0xa0},
};

static void knows_what_is_ours(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
    desk_identifier id;
    char said[320], point[16];
    desk_identifier_read(table[i].text, "example.org", &id);
    if (id.kind != table[i].kind || id.point != table[i].point ||
        strcmp(id.normalised, table[i].normalised) != 0) {
      fail_msg("%s: %d \"%s\" U+%04X", table[i].text, (int)id.kind,
               id.normalised, id.point);
    }
    desk_identifier_say(&id, said);
    assert_int_equal(said[0] == '\0', id.kind <= DESK_IDENTIFIER_ACCOUNT);
    (void)snprintf(point, sizeof(point), "U+%04X,", table[i].point);
    assert_true(table[i].point == 0 || strstr(said, point) != NULL);
  }
}

static void without_a_domain_all_are_foreign(void **state) {
  (void)state;
  desk_identifier id;
  desk_identifier_read("alice@example.org", "", &id);
  assert_int_equal(id.kind, DESK_IDENTIFIER_FOREIGN);
  desk_identifier_read("alice", "", &id);
  assert_int_equal(id.kind, DESK_IDENTIFIER_HANDLE);
}

static void takes_any_length(void **state) {
  (void)state;
  char text[1001];
  for (size_t n = 0; n < sizeof(text); n += 7) {
    desk_identifier id;
    memset(text, '0', n);
    text[n] = '\0';
    desk_identifier_read(text, "example.org", &id);
    assert_true(n != 0 || id.kind == DESK_IDENTIFIER_BAD);
    assert_true(n <= 15 || id.kind == DESK_IDENTIFIER_BAD ||
                n <= DESK_HANDLE_MAX);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(knows_what_is_ours),
      cmocka_unit_test(without_a_domain_all_are_foreign),
      cmocka_unit_test(takes_any_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
