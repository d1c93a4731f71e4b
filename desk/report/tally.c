/* SPDX-License-Identifier: Apache-2.0
 * Counting demands, and the calendar of reports. */
#include "desk/report/build.h"

#include <stdio.h>

static bool takes(const desk_count *c, const tally_filter *f) {
  return c->received >= f->from && c->received <= f->to &&
         (f->kinds >> c->kind & 1) != 0 && c->preservation == f->preservation &&
         (f->takes == NULL || f->takes(c, f->user));
}

static bool add(uint64_t *sum, uint64_t n) {
  bool fits = n <= DESK_COUNT_MAX - *sum;
  *sum += fits ? n : 0;
  return fits;
}

tacet_err tally_count(const desk_report_input *in, const tally_filter *f,
                      tally *out) {
  tally t = {0};
  bool fits = true;
  for (size_t i = 0; i < in->n; i++) {
    const desk_count *c = &in->counts[i];
    TACET_ASSERT(c->kind < DESK_KINDS && c->outcome < DESK_OUTCOMES);
    if (takes(c, f)) {
      t.requests++;
      t.with_data += c->with_data > 0 ? 1 : 0;
      t.outcomes[c->outcome]++;
      fits = fits && add(&t.accounts, c->accounts) &&
             add(&t.accounts_with_data, c->with_data);
    }
  }
  if (!fits) {
    return TACET_ERR_LIMIT;
  }
  *out = t;
  return TACET_OK;
}

/* ---- days ---- */

static void split(desk_day d, int *year, int *month, int *day) {
  char text[DESK_DAY_TEXT];
  desk_day_text(d, text);
  *year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 +
          (text[2] - '0') * 10 + (text[3] - '0');
  *month = (text[5] - '0') * 10 + (text[6] - '0');
  *day = (text[8] - '0') * 10 + (text[9] - '0');
}

static bool join(int year, int month, int day, desk_day *out) {
  char text[40];
  (void)snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
  return desk_day_read(text, out);
}

desk_day day_add_months(desk_day d, int months) {
  int year, month, day;
  desk_day out = DESK_NO_DAY;
  split(d, &year, &month, &day);
  int n = year * 12 + (month - 1) + months;
  if (n < 1970 * 12 || n >= 10000 * 12) {
    return DESK_NO_DAY;
  }
  while (day > 0 && !join(n / 12, n % 12 + 1, day, &out)) {
    day--; /* a shorter month ends sooner */
  }
  return out;
}

bool day_is_half_year(desk_day from, desk_day to, int *year, int *half) {
  int month, day;
  split(from, year, &month, &day);
  *half = month <= 6 ? 1 : 2;
  return day == 1 && (month == 1 || month == 7) &&
         day_add_months(from, 6) == to + 1;
}

bool day_is_calendar_year(desk_day from, desk_day to, int *year) {
  int month, day;
  split(from, year, &month, &day);
  return day == 1 && month == 1 && day_add_months(from, 12) == to + 1;
}

void day_words(desk_day d, char out[DAY_WORDS]) {
  static const char *const months[] = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  int year, month, day;
  split(d, &year, &month, &day);
  (void)snprintf(out, DAY_WORDS, "%s %d, %d", months[month - 1], day, year);
}
