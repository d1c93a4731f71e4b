/* SPDX-License-Identifier: Apache-2.0
 * When to believe the clock. */
#include "client/clock.h"

#include <time.h>

#include "client/events.h"
#include "client/tokens.h"

#define JUMP (2 * CLIENT_DAY)
#define NOTE_EVERY CLIENT_HOUR
#define SLACK_DAYS 2 /* zones, and the server's own day that does not jump */

/* "clock": when it was last believed, by itself. */
typedef struct clock_record {
  uint64_t at;
  bool told; /* that it is wrong, since then */
} clock_record;

static void fields(client_fields *f, void *record) {
  clock_record *r = record;
  client_field_version(f, 1);
  client_field_u64(f, &r->at);
  client_field_bool(f, &r->told);
}

static tacet_err load(client *c, clock_record *out) {
  CLIENT_MEM(mem);
  tacet_err e = client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("clock"), fields,
                           out, sizeof(*out), &mem);
  if (e == TACET_ERR_NOT_FOUND) { /* never looked at */
    *out = (clock_record){.at = 0};
    return TACET_OK;
  }
  return e;
}

static tacet_err save(client *c, clock_record *r) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_put(c, CLIENT_T_SELF, TACET_SPAN_LIT("clock"),
                       TACET_SPAN_EMPTY, 0, fields, r));
  return client_tx_commit(&tx);
}

uint64_t client_since(const client *c, uint64_t then) {
  uint64_t now = client_now(c);
  return now > then ? now - then : 0;
}

bool client_is_due(const client *c, uint64_t when, uint64_t most) {
  uint64_t now = client_now(c);
  return now >= when || when - now > most;
}

static uint64_t away(uint64_t a, uint64_t b) {
  return a > b ? a - b : b - a;
}

static bool is_near(const client *c, const clock_record *r) {
  return r->at == 0 || away(client_now(c), r->at) < JUMP;
}

bool client_clock_is_believed(client *c) {
  clock_record r;
  return load(c, &r) == TACET_OK && is_near(c, &r);
}

/* It is right now. */
static tacet_err note(client *c, clock_record *r) {
  if (!r->told && r->at != 0 && away(client_now(c), r->at) < NOTE_EVERY) {
    return TACET_OK;
  }
  *r = (clock_record){.at = client_now(c)};
  return save(c, r);
}

/* As an ISO date. */
static void date_of(uint64_t day, char out[16]) {
  time_t t = (time_t)(day * (CLIENT_DAY / 1000));
  struct tm tm;
  if (gmtime_r(&t, &tm) == NULL || strftime(out, 16, "%Y-%m-%d", &tm) == 0) {
    memcpy(out, "far away", 9);
  }
}

tacet_err client_clock_judge(client *c, uint32_t first, uint32_t last) {
  clock_record r;
  uint64_t today = client_now(c) / CLIENT_DAY;
  if (today + SLACK_DAYS < first || today > (uint64_t)last + SLACK_DAYS) {
    char here[16], there[16];
    date_of(today, here);
    date_of(first, there);
    return client_fail(&c->detail, CLIENT_FAILED, "clock",
                       "This device's clock says that it is %s, the server's "
                       "about %s; set the one that is wrong. Until then "
                       "nothing is lost, and new conversations wait.",
                       here, there);
  }
  TACET_TRY(load(c, &r));
  return note(c, &r);
}

tacet_err client_clock_check(client *c) {
  clock_record r;
  TACET_TRY(load(c, &r));
  if (!is_near(c, &r)) {
    return client_tokens_look(c);
  }
  return note(c, &r);
}

tacet_err client_clock_upkeep(client *c) {
  clock_record r;
  tacet_err e = client_clock_check(c);
  if (e == TACET_OK || strcmp(c->detail.code, "clock") != 0) {
    return e;
  }
  client_error why = c->detail;
  client_error_clear(&c->detail);
  TACET_TRY(load(c, &r));
  if (r.told) {
    return TACET_OK;
  }
  r.told = true;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_event_warn(c, NULL, "clock", "%s", why.text));
  TACET_TRY(save(c, &r));
  return client_tx_commit(&tx);
}
