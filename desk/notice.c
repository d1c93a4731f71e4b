/* SPDX-License-Identifier: Apache-2.0
 * When the person is told, and in which words. */
#include "desk/notice.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)8192)
/* An emergency is over by then: the operator's own rule. */
enum { EMERGENCY_DAYS = 30 };
/* A duty of secrecy that has no end is looked at again after as many. */
enum { LOOK_AGAIN_DAYS = 366 };

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

static tacet_err make(const char *state, desk_day until, const char *basis,
                      json_t **out) {
  uint8_t random[8];
  char reference[2 + 2 * sizeof(random) + 1] = "n-", day[DESK_DAY_TEXT];
  TACET_TRY(tacet_random(random, sizeof(random)));
  tacet_hex_write(tacet_span_of(random, sizeof(random)), reference + 2);
  if (until != DESK_NO_DAY) {
    desk_day_text(until, day);
  }
  json_t *v = json_pack("{s:s, s:s?, s:s, s:s}", "state", state, "until",
                        until != DESK_NO_DAY ? day : NULL, "basis", basis,
                        "reference", reference);
  if (v == NULL) {
    return TACET_ERR_NOMEM;
  }
  *out = v;
  return TACET_OK;
}

/* The order of a national-security demand may name no day (18 U.S.C. 2709(c)):
 * it holds until the authority or a court lifts it. Whoever told by then that
 * the demand exists would commit a crime, so no clock does. */
static bool is_endless(const desk_request *r) {
  return r->kind == DESK_NATIONAL_SECURITY && r->gag.given &&
         *r->gag.basis != '\0' && desk_gag_is_endless(r);
}

static tacet_err make_endless(const desk_request *r, desk_day today,
                              json_t **notice) {
  json_t *v = NULL;
  TACET_TRY(make("delayed", today + LOOK_AGAIN_DAYS, r->gag.basis, &v));
  if (json_object_set_new(v, "endless", json_true()) != 0) {
    json_decref(v);
    return TACET_ERR_NOMEM;
  }
  *notice = v;
  return TACET_OK;
}

bool desk_is_emergency(const desk_request *r, const desk_tables *tables) {
  const desk_instrument *i = desk_instrument_find(tables, r->instrument);
  return r->kind == DESK_EMERGENCY || (i != NULL && i->emergency);
}

tacet_err desk_notice_new(const desk_request *r, const desk_tables *tables,
                          desk_day today, json_t **notice) {
  const desk_instrument *i = desk_instrument_find(tables, r->instrument);
  if (i != NULL && i->preservation) {
    return make("none", DESK_NO_DAY,
                "nothing is handed over: it asks to keep data", notice);
  }
  if (i != NULL && !i->notice) {
    return make("none", DESK_NO_DAY,
                "under this instrument the authority tells the person", notice);
  }
  if (is_endless(r)) {
    return make_endless(r, today, notice);
  }
  bool delayed = r->gag.given && *r->gag.basis != '\0' &&
                 r->gag.until != DESK_NO_DAY && r->gag.until >= today;
  if (!delayed && desk_is_emergency(r, tables)) {
    return make("delayed", today + EMERGENCY_DAYS,
                "after an emergency, by the operator's own rule", notice);
  }
  return make(delayed ? "delayed" : "owed",
              delayed ? r->gag.until : DESK_NO_DAY, delayed ? r->gag.basis : "",
              notice);
}

bool desk_notice_is_due(const json_t *row, desk_day today) {
  const json_t *n = json_object_get(row, "notice");
  const char *state = text_of(n, "state");
  desk_day until;
  if (strcmp(state, "delayed") == 0) {
    return !json_is_true(json_object_get(n, "endless")) &&
           (!desk_day_read(text_of(n, "until"), &until) || until < today);
  }
  return strcmp(state, "owed") == 0 || strcmp(state, "sending") == 0 ||
         strcmp(state, "queued") == 0;
}

tacet_err desk_notice_gate(const desk_store *s, const json_t *row,
                           desk_trouble *why) {
  const char *state = text_of(json_object_get(row, "notice"), "state");
  if (*desk_store_settings(s)->notices_home == '\0' ||
      (strcmp(state, "owed") != 0 && strcmp(state, "sending") != 0)) {
    return TACET_OK;
  }
  desk_trouble_set(why, "the person was not told yet: `tacet-desk notices run` "
                        "does that, or `tacet-desk notices delay` on a legal "
                        "basis and until a day");
  return TACET_ERR_POLICY;
}

char *desk_notice_text(const desk_request *r, const desk_tables *tables,
                       const char *reference, bool was_secret) {
  const desk_instrument *i = desk_instrument_find(tables, r->instrument);
  const desk_operator *o = &tables->us;
  char day[DESK_DAY_TEXT], *out = malloc(TEXT_MAX);
  desk_day_text(r->received, day);
  if (out == NULL) {
    return NULL;
  }
  int n = snprintf(
      out, TEXT_MAX,
      "This is %s, who runs this server.\n\nOn %s we were served with %s from "
      "%s. It demands data about your account. We hold what stands on the "
      "page \"what we can hand over\" of this server, and nothing of what you "
      "write. What we hand over is only what the law makes us hand over.%s\n\n"
      "You may ask a lawyer, or the court, to look at it. You can answer to "
      "this message.%s%.300s\n\nReference: %s\n",
      o->given && *o->name ? o->name : "the operator", day,
      i != NULL ? i->words : "a demand",
      *r->authority.name ? r->authority.name : "an authority",
      was_secret ? " Until now we were forbidden to tell you; that has ended."
                 : "",
      o->given && *o->contact ? " Or write to " : "",
      o->given ? o->contact : "", reference);
  if (n < 0 || (size_t)n >= TEXT_MAX) {
    free(out);
    return NULL;
  }
  return out;
}
