/* SPDX-License-Identifier: Apache-2.0
 * The page "what this server can hand over": that it follows the inventory,
 * also where that contradicts what the page says of things that do not exist.
 */
#include "server/ops/holdings.h"
#include "tests/support/support.h"

#include <stdlib.h>

static tacetd_inventory_row added;
static bool is_added;

static const tacetd_inventory_row *at(size_t i) {
  return is_added && i == 0 ? &added
                            : tacetd_inventory_at(i - (is_added ? 1 : 0));
}

static char *page(tacetd_holdings_format format) {
  TACET_BUF(w, TACETD_HOLDINGS_MAX);
  tacet_span all;
  tacetd_holdings_write(&w, format, "a<b>.example", at);
  assert_err(TACET_OK, tacet_buf_done(&w, &all));
  char *text = strndup((const char *)all.p, all.len);
  assert_non_null(text);
  return text;
}

static void says(const char *text, const char *words) {
  if (strstr(text, words) == NULL) {
    fail_msg("does not say \"%s\":\n%s", words, text);
  }
}
static void says_not(const char *text, const char *words) {
  if (strstr(text, words) != NULL) {
    fail_msg("says \"%s\":\n%s", words, text);
  }
}

static const char *const absent[] = {"Names of people",
                                     "Postal addresses",
                                     "Telephone numbers",
                                     "Payments",
                                     "A history of IP addresses",
                                     "Contacts, and who writes to whom",
                                     "Members and names of groups",
                                     "What messages say",
                                     "Pictures",
                                     "Locations",
                                     "Searches",
                                     "Requests to an assistant",
                                     "Passwords",
                                     "Names and models of devices"};

static void says_what_there_is(void **state) {
  (void)state;
  is_added = false;
  for (unsigned f = 0; f < 2; f++) {
    char *text = page((tacetd_holdings_format)f);
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
      says(text, absent[i]);
    }
    says(text, "the day the account was made");
    says(text, "How long");
    says(text, "Who can read it");
    char *again = page((tacetd_holdings_format)f);
    assert_string_equal(text, again);
    free(again);
    free(text);
  }
}

/* Each row of the inventory stands on it, in words. */
static void every_row_is_there(void **state) {
  (void)state;
  const tacetd_inventory_row *row;
  is_added = false;
  char *html = page(TACETD_HOLDINGS_HTML);
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    if (strpbrk(row->what, "<>&\"") == NULL) {
      says(html, row->what);
    }
  }
  free(html);
}

static void accessible_and_alone(void **state) {
  (void)state;
  is_added = false;
  char *html = page(TACETD_HOLDINGS_HTML);
  says(html, "<html lang=\"en\">");
  says(html, "<th scope=\"col\">");
  says(html, "<th scope=\"row\">");
  says(html, "<caption>");
  says(html, "a&lt;b&gt;.example");
  says_not(html, "<script");
  says_not(html, "http:");
  says_not(html, "https:");
  free(html);
  char *text = page(TACETD_HOLDINGS_TEXT);
  for (const char *line = text; *line != '\0';) {
    size_t len = strcspn(line, "\n");
    assert_true(len <= 79);
    line += len + (line[len] == '\n' ? 1 : 0);
  }
  free(text);
}

static void a_column_more_changes_it(void **state) {
  (void)state;
  is_added = false;
  char *before = page(TACETD_HOLDINGS_HTML);
  is_added = true;
  added = (tacetd_inventory_row){.kind = TACETD_HELD_DIRECTORY,
                                 .name = "account.favourite",
                                 .what = "the colour that they like",
                                 .why = "w",
                                 .how_long = "a year",
                                 .who = "us",
                                 .category = TACETD_CATEGORY_SUBSCRIBER,
                                 .plaintext = true,
                                 .answer = "favourite"};
  char *after = page(TACETD_HOLDINGS_HTML);
  assert_string_not_equal(before, after);
  says(after, "the colour that they like");
  free(before);
  free(after);
}

/* A column that contradicts a sentence takes it away. */
static void promises_nothing_that_is_not_kept(void **state) {
  (void)state;
  static const struct {
    const char *column, *gone;
  } rows[] = {{"account.phone", "Telephone numbers"},
              {"account.email", "Telephone numbers"},
              {"account.street", "Postal addresses"},
              {"account.ip_address", "A history of IP addresses"},
              {"account.payment", "Payments"},
              {"item.sender", "Contacts, and who writes to whom"},
              {"item.location", "Locations"},
              {"account.Search_Terms", "Searches"},
              {"device.model", "Names and models of devices"}};
  is_added = true;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    added = (tacetd_inventory_row){.kind = TACETD_HELD_DIRECTORY,
                                   .name = rows[i].column,
                                   .what = "something new",
                                   .why = "w",
                                   .how_long = "a year",
                                   .who = "us",
                                   .category = TACETD_CATEGORY_NONE,
                                   .plaintext = true};
    char *html = page(TACETD_HOLDINGS_HTML);
    says(html, "something new");
    says_not(html, rows[i].gone);
    free(html);
  }
  is_added = false;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(says_what_there_is),
      cmocka_unit_test(every_row_is_there),
      cmocka_unit_test(accessible_and_alone),
      cmocka_unit_test(a_column_more_changes_it),
      cmocka_unit_test(promises_nothing_that_is_not_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
