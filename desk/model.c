/* SPDX-License-Identifier: Apache-2.0
 * The words that all parts of the desk share, and its calendar. */
#include "desk/model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void desk_trouble_set(desk_trouble *t, const char *format, ...) {
  va_list list;
  va_start(list, format);
  (void)vsnprintf(t->text, sizeof(t->text), format, list);
  va_end(list);
}

/* ---- days ---- */

enum { FIRST_YEAR = 1970, LAST_YEAR = 9999, MONTHS = 12 };

static bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of(int year, int month) { /* month: from 1 */
  static const int days[MONTHS] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* From 1970-01-01 to the first day of a year. */
static desk_day year_begins(int year) {
  int y = year - 1;
  return (year - FIRST_YEAR) * 365 + (y / 4 - y / 100 + y / 400) -
         (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static bool digits(const char *text, size_t n, int *out) {
  int v = 0;
  for (size_t i = 0; i < n; i++) {
    if (text[i] < '0' || text[i] > '9') {
      return false;
    }
    v = v * 10 + (text[i] - '0');
  }
  *out = v;
  return true;
}

bool desk_day_read(const char *text, desk_day *out) {
  int year, month, day;
  if (strlen(text) != DESK_DAY_TEXT - 1 || text[4] != '-' || text[7] != '-' ||
      !digits(text, 4, &year) || !digits(text + 5, 2, &month) ||
      !digits(text + 8, 2, &day) || year < FIRST_YEAR || month < 1 ||
      month > MONTHS || day < 1 || day > days_of(year, month)) {
    return false;
  }
  desk_day d = year_begins(year) + day - 1;
  for (int m = 1; m < month; m++) {
    d += days_of(year, m);
  }
  *out = d;
  return true;
}

void desk_day_text(desk_day d, char out[DESK_DAY_TEXT]) {
  TACET_ASSERT(d >= 0 && d < year_begins(LAST_YEAR + 1));
  int year = FIRST_YEAR + d / 366, month = 1;
  while (year_begins(year + 1) <= d) {
    year++;
  }
  d -= year_begins(year);
  while (d >= days_of(year, month)) {
    d -= days_of(year, month++);
  }
  unsigned y = (unsigned)year % 10000, m = (unsigned)month % 100,
           day = (unsigned)(d + 1) % 100;
  (void)snprintf(out, DESK_DAY_TEXT, "%04u-%02u-%02u", y, m, day);
}

/* ---- words ---- */

static const char *const kinds[DESK_KINDS] = {[DESK_CRIMINAL] = "criminal",
                                              [DESK_NATIONAL_SECURITY] =
                                                  "national-security",
                                              [DESK_EMERGENCY] = "emergency",
                                              [DESK_CIVIL] = "civil"};
static const char *const outcomes[DESK_OUTCOMES] = {
    [DESK_PENDING] = "pending",
    [DESK_DISCLOSED] = "disclosed",
    [DESK_PARTLY] = "partly",
    [DESK_REFUSED] = "refused",
    [DESK_WITHDRAWN] = "withdrawn"};
static const char *const categories[DESK_CATEGORIES] = {
    [DESK_SUBSCRIBER] = "subscriber",
    [DESK_IDENTIFICATION] = "identification",
    [DESK_TRAFFIC] = "traffic",
    [DESK_CONTENT] = "content"};

static const char *const things[DESK_THINGS] = {
    [DESK_THING_HANDLE] = "handle",
    [DESK_THING_CREATED] = "created",
    [DESK_THING_LAST_SEEN] = "last-seen",
    [DESK_THING_ACCOUNT_ID] = "account-id",
    [DESK_THING_DEVICES] = "devices",
    [DESK_THING_PUBLIC_KEYS] = "public-keys"};

static const char *name(const char *const *words, size_t n, size_t i) {
  return i < n ? words[i] : NULL;
}

bool desk_word_find(const char *const *words, size_t n, const char *text,
                    size_t *out) {
  for (size_t i = 0; i < n; i++) {
    if (strcmp(words[i], text) == 0) {
      *out = i;
      return true;
    }
  }
  return false;
}

void desk_time_text(int64_t seconds, char out[DESK_TIME_TEXT]) {
  struct tm tm;
  time_t t = (time_t)seconds;
  if (gmtime_r(&t, &tm) == NULL ||
      strftime(out, DESK_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
    (void)snprintf(out, DESK_TIME_TEXT, "%" PRId64, seconds);
  }
}

void desk_html_text(FILE *out, const char *text) {
  for (const char *p = text; *p != '\0'; p++) {
    switch (*p) {
    case '<':
      (void)fputs("&lt;", out);
      break;
    case '>':
      (void)fputs("&gt;", out);
      break;
    case '&':
      (void)fputs("&amp;", out);
      break;
    case '"':
      (void)fputs("&quot;", out);
      break;
    case '\'':
      (void)fputs("&#39;", out);
      break;
    case '\n':
    case '\t':
      (void)fputc(*p, out);
      break;
    default:
      if ((unsigned char)*p < 0x20 || *p == 0x7f) {
        (void)fputs("\xef\xbf\xbd", out);
      } else {
        (void)fputc(*p, out);
      }
    }
  }
}

const char *desk_kind_name(desk_kind k) {
  return name(kinds, DESK_KINDS, (size_t)k);
}

const char *desk_outcome_name(desk_outcome o) {
  return name(outcomes, DESK_OUTCOMES, (size_t)o);
}

const char *desk_category_name(desk_category c) {
  return name(categories, DESK_CATEGORIES, (size_t)c);
}

bool desk_kind_read(const char *text, desk_kind *out) {
  size_t i;
  bool found = desk_word_find(kinds, DESK_KINDS, text, &i);
  if (found) {
    *out = (desk_kind)i;
  }
  return found;
}

bool desk_outcome_read(const char *text, desk_outcome *out) {
  size_t i;
  bool found = desk_word_find(outcomes, DESK_OUTCOMES, text, &i);
  if (found) {
    *out = (desk_outcome)i;
  }
  return found;
}

bool desk_category_read(const char *text, desk_category *out) {
  size_t i;
  bool found = desk_word_find(categories, DESK_CATEGORIES, text, &i);
  if (found) {
    *out = (desk_category)i;
  }
  return found;
}

const char *desk_thing_name(desk_thing t) {
  return name(things, DESK_THINGS, (size_t)t);
}

bool desk_thing_read(const char *text, desk_thing *out) {
  size_t i;
  bool found = desk_word_find(things, DESK_THINGS, text, &i);
  if (found) {
    *out = (desk_thing)i;
  }
  return found;
}
