/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk due: every deadline of the desk, the nearest first, and who is
 * told of them. */
#include "desk/intake.h"
#include "desk/notice.h"
#include "desk/spawn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S ((int64_t)86400)
enum { NEAR_DAYS = 3, WITHIN_MAX = 3650, HANDLE_MAX = 300 };

typedef enum due_when { DUE_MISSED, DUE_NEAR, DUE_LATER, DUE_WHENS } due_when;
static const char *const whens[DUE_WHENS] = {"missed", "near", "later"};

typedef struct due_item {
  int64_t at;
  const char *what; /* "answer" */
  char case_id[DESK_CASE_ID_MAX + 1];
  char instrument[65];
} due_item;

typedef struct dues {
  const desk_who *who;
  due_item *items;
  size_t n, room;
  int64_t now;
} dues;

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

static tacet_err add(dues *d, int64_t at, const char *what, const json_t *row) {
  if (d->n == d->room) {
    size_t room = d->room > 0 ? 2 * d->room : 64;
    due_item *items = realloc(d->items, room * sizeof(*items));
    if (items == NULL) {
      return TACET_ERR_NOMEM;
    }
    d->items = items;
    d->room = room;
  }
  due_item *i = &d->items[d->n++];
  *i = (due_item){.at = at, .what = what};
  (void)snprintf(i->case_id, sizeof(i->case_id), "%.*s", DESK_CASE_ID_MAX,
                 row == NULL ? "" : text_of(row, "id"));
  (void)snprintf(i->instrument, sizeof(i->instrument), "%.64s",
                 row == NULL ? "" : text_of(row, "instrument"));
  return TACET_OK;
}

/* The last second of the day that `name` has; nothing where it has none. */
static tacet_err add_day(dues *d, const json_t *in, const char *name,
                         const char *what, const json_t *row) {
  desk_day day;
  return desk_day_read(text_of(in, name), &day)
             ? add(d, (day + 1) * DAY_S - 1, what, row)
             : TACET_OK;
}

/* ---- what a case waits for ---- */

static tacet_err add_notice(dues *d, const json_t *row) {
  const json_t *n = json_object_get(row, "notice");
  const char *state = text_of(n, "state");
  if (strcmp(state, "delayed") == 0) {
    return add_day(d, n, "until", "notice", row);
  }
  bool waits = desk_notice_is_due(row, (desk_day)(d->now / DAY_S)) &&
               strcmp(text_of(row, "state"), "purged") != 0;
  return waits ? add(d, d->now, "notice", row) : TACET_OK;
}

static tacet_err add_case(void *user, const json_t *row) {
  dues *d = user;
  desk_trouble hidden;
  const json_t *review = json_object_get(row, "review");
  json_int_t due = json_integer_value(json_object_get(row, "due_at"));
  if (desk_may_see(d->who, row, &hidden) != TACET_OK) {
    return TACET_OK;
  }
  TACET_TRY(due > 0 ? add(d, due, "answer", row) : TACET_OK);
  TACET_TRY(add_day(d, row, "kept_until", "preservation", row));
  TACET_TRY(add_notice(d, row));
  if (strcmp(text_of(row, "state"), "clarification-asked") == 0) {
    TACET_TRY(add_day(d, row, "asked_until", "their-answer", row));
  }
  return strcmp(text_of(review, "state"), "owed") == 0
             ? add(d, json_integer_value(json_object_get(review, "due_at")),
                   "review", row)
             : TACET_OK;
}

/* ---- the desk's own ---- */

/* The day after the newest commitment is committed to on the day after it. */
static tacet_err add_commitment(dues *d, desk_store *s, desk_trouble *why) {
  json_t *body = NULL;
  desk_day day;
  const desk_filter f = {.kind = "day-committed"};
  tacet_err e = desk_event_newest(s, &f, why, &body);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK; /* a desk that commits to nothing has no such deadline */
  }
  if (e == TACET_OK && desk_day_read(text_of(body, "day"), &day)) {
    e = add(d, (day + 3) * DAY_S - 1, "log-commit", NULL);
  }
  json_decref(body);
  return e;
}

static int sooner(const void *a, const void *b) {
  const due_item *x = a, *y = b;
  return x->at != y->at ? (x->at < y->at ? -1 : 1)
                        : strcmp(x->case_id, y->case_id);
}

static tacet_err collect(dues *d, desk_store *s, desk_trouble *why) {
  TACET_TRY(desk_cases_each(s, add_case, d, why));
  TACET_TRY(add_commitment(d, s, why));
  if (d->n > 0) {
    qsort(d->items, d->n, sizeof(*d->items), sooner);
  }
  return TACET_OK;
}

/* ---- saying it ---- */

static due_when when(const dues *d, const due_item *i, int64_t within) {
  return i->at < d->now                    ? DUE_MISSED
         : i->at < d->now + within * DAY_S ? DUE_NEAR
                                           : DUE_LATER;
}

static void print_item(const desk_args *a, const due_item *i, due_when w) {
  char at[DESK_TIME_TEXT];
  desk_time_text(i->at, at);
  if (desk_flag(a, DESK_O_JSON)) {
    desk_print(json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "when", whens[w], "at",
                         at, "what", i->what, "case",
                         *i->case_id ? i->case_id : NULL, "instrument",
                         *i->instrument ? i->instrument : NULL));
  } else {
    printf("%-6s  %s  %-13s %-13s  %s\n", whens[w], at, i->what, i->case_id,
           i->instrument);
  }
}

/* ---- telling an officer ---- */

/* How many there are, and no more: a message lies on a telephone. */
static tacet_err tell(const desk_args *a, desk_store *s, const size_t n[],
                      desk_trouble *why) {
  TACET_BYTES(out);
  int code = 0;
  char text[400];
  const char *home = desk_store_settings(s)->notices_home,
             *to = desk_arg(a, DESK_O_TELL);
  if (*home == '\0') {
    desk_trouble_set(why, "the desk has no account to send with: `tacet-desk "
                          "settings --notices-home DIR` names its home");
    return TACET_ERR_STATE;
  }
  (void)snprintf(text, sizeof(text),
                 "At the desk, deadlines missed: %zu; near: %zu. `tacet-desk "
                 "due` lists them. Who is cleared looks with --key as well: "
                 "what is not for all is not counted here.\n",
                 n[DUE_MISSED], n[DUE_NEAR]);
  const char *const argv[] = {"tacet",  "send",   to,   "-",
                              "--sent", "--home", home, NULL};
  TACET_TRY(desk_spawn(argv, text, why, &code, &out));
  if (code != 0 && code != DESK_EXIT_UNREACHABLE) { /* then its outbox has it */
    desk_trouble_set(why, "%.100s could not be told of the deadlines", to);
    return TACET_ERR_IO;
  }
  return TACET_OK;
}

static tacet_err check_options(const desk_args *a, int64_t *within,
                               desk_trouble *why) {
  const char *text = desk_arg(a, DESK_O_WITHIN), *to = desk_arg(a, DESK_O_TELL);
  char *end = NULL;
  long n = text == NULL ? NEAR_DAYS : strtol(text, &end, 10);
  if (text != NULL &&
      (end == text || *end != '\0' || n < 0 || n > WITHIN_MAX)) {
    desk_trouble_set(why, "--within is a number of days, at most %d",
                     WITHIN_MAX);
    return TACET_ERR_ARGUMENT;
  }
  if (to != NULL && desk_arg(a, DESK_O_KEY) != NULL) {
    desk_trouble_set(why, "--tell goes without --key: what an officer may see "
                          "is not sent to another");
    return TACET_ERR_ARGUMENT;
  }
  if (to != NULL && (*to == '\0' || *to == '-' || strlen(to) > HANDLE_MAX)) {
    desk_trouble_set(why, "--tell is the handle of an account");
    return TACET_ERR_ARGUMENT;
  }
  *within = n;
  return TACET_OK;
}

static int due(const desk_args *a, desk_store *s, const desk_who *who) {
  desk_trouble why = {""};
  int64_t within;
  size_t n[DUE_WHENS] = {0};
  dues d = {.who = who, .now = desk_store_now(s)};
  tacet_err e = check_options(a, &within, &why);
  if (e == TACET_OK) {
    e = collect(&d, s, &why);
  }
  for (size_t i = 0; e == TACET_OK && i < d.n; i++) {
    due_when w = when(&d, &d.items[i], within);
    n[w]++;
    print_item(a, &d.items[i], w);
  }
  free(d.items);
  if (e == TACET_OK && desk_arg(a, DESK_O_TELL) != NULL &&
      n[DUE_MISSED] + n[DUE_NEAR] > 0) {
    e = tell(a, s, n, &why);
  }
  if (e != TACET_OK) {
    return desk_end(e, &why);
  }
  if (n[DUE_MISSED] > 0) {
    desk_say("%zu %s missed", n[DUE_MISSED],
             n[DUE_MISSED] == 1 ? "deadline is" : "deadlines are");
    return DESK_EXIT_REFUSED;
  }
  return DESK_EXIT_DONE;
}

int desk_cmd_due(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    code = due(a, s, &who);
  }
  desk_store_close(s);
  return code;
}
