/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk log verify, commit, prove, check. */
#include "desk/command.h"
#include "desk/keylog.h"

#include "tacet/codec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PROOF_MAX ((size_t)64 << 20)

static void day_line(const desk_day_hash *d) {
  char day[DESK_DAY_TEXT], hex[2 * DESK_HASH_LEN + 1];
  desk_day_text(d->day, day);
  tacet_hex_write(tacet_span_of(d->hash.b, DESK_HASH_LEN), hex);
  printf("%s %s\n", day, hex);
}

/* ---- verify ---- */

static tacet_err against_keylog(const desk_args *a, desk_day today, int64_t now,
                                const desk_audit *v, desk_trouble *why) {
  desk_keylog_found found;
  const desk_keylog_check c = {.server = desk_arg(a, DESK_O_SERVER),
                               .policy = desk_arg(a, DESK_O_POLICY),
                               .others = desk_arg(a, DESK_O_OTHERS),
                               .today = today,
                               .now = now};
  TACET_TRY(desk_keylog_verify(&c, v->days, v->n_days, why, &found));
  printf("key log: %zu days, the newest under a checkpoint of %" PRIu64
         " entries that %zu witnesses cosigned\n",
         found.n_days, found.size, found.n_witnesses);
  if (found.unknown > 0) {
    printf("look: %zu other statements are in the key log since this desk "
           "began; `tacetd statement list` shows them\n",
           found.unknown);
  }
  return TACET_OK;
}

/* Yesterday has to be committed to, or the timer does not run. */
static void say_missing(const desk_audit *v, desk_day first, desk_day today) {
  desk_day next = v->n_days > 0 ? v->days[v->n_days - 1].day + 1 : first;
  if (next < today) {
    char day[DESK_DAY_TEXT];
    desk_day_text(next, day);
    printf("look: %d days are over and not committed to, the first is %s; "
           "`tacet-desk log commit` catches up\n",
           (int)(today - next), day);
  }
}

static tacet_err first_day(void *user, const desk_event *e) {
  *(desk_day *)user = e->day;
  return TACET_ERR_CLOSED; /* the first is enough */
}

static void print_verdict(const desk_args *a, const desk_audit *v) {
  if (desk_flag(a, DESK_O_JSON)) {
    desk_print(json_pack("{s:I, s:I, s:I, s:I, s:I}", "events",
                         (json_int_t)v->events, "signatures",
                         (json_int_t)v->signatures, "purged",
                         (json_int_t)v->purged, "days", (json_int_t)v->n_days,
                         "counted_back", (json_int_t)v->counted_back));
  } else {
    printf("log: %" PRIu64 " events, %" PRIu64 " signatures of officers, %zu "
           "days committed to",
           v->events, v->signatures, v->n_days);
    if (v->purged > 0) {
      printf(", %" PRIu64 " events purged", v->purged);
    }
    printf("\n");
  }
}

/* On stderr in both forms: somebody has to look at it. */
static void say_counters(const desk_audit *v) {
  if (v->counted_back > 0) {
    desk_say("%" PRIu64 " signatures were made by a token that had counted no "
             "further than at the officer's signature before, first event "
             "%" PRIu64 ": they verify, but the token may have been copied; "
             "ask the officer, and give out another key if it is not explained",
             v->counted_back, v->counted_back_at);
  }
}

static tacet_err verify(const desk_args *a, desk_store *s, desk_trouble *why) {
  desk_day_hash *known = NULL;
  desk_audit v = {.days = NULL};
  size_t n = 0;
  desk_day first = desk_store_today(s), today = first;
  const desk_filter all = {.from = 0};
  const char *file = desk_arg(a, DESK_O_COMMITMENTS);
  tacet_err e = file == NULL ? TACET_OK : desk_days_read(file, why, &known, &n);
  if (e == TACET_OK) {
    e = desk_verify(s, known, n, why, &v);
  }
  free(known);
  TACET_TRY(e);
  print_verdict(a, &v);
  say_counters(&v);
  e = desk_events_each(s, &all, first_day, &first, why);
  e = e == TACET_ERR_CLOSED ? TACET_OK : e;
  if (e == TACET_OK && !desk_flag(a, DESK_O_JSON)) {
    say_missing(&v, first, today);
  }
  if (e == TACET_OK && desk_flag(a, DESK_O_SERVER)) {
    e = against_keylog(a, today, desk_store_now(s), &v, why);
  }
  desk_audit_free(&v);
  return e;
}

int desk_cmd_log_verify(const desk_args *a) {
  int code;
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL) {
    code = desk_end(verify(a, s, &why), &why);
  }
  desk_store_close(s);
  return code;
}

/* ---- commit ---- */

static void tell_day(void *user, const desk_day_hash *d) {
  (void)user;
  day_line(d);
}

static void tell_nobody(void *user, const desk_day_hash *d) {
  (void)user;
  (void)d;
}

int desk_cmd_log_commit(const desk_args *a) {
  int code;
  desk_trouble why = {""};
  desk_day from = 0;
  const char *from_text = desk_arg(a, DESK_O_FROM);
  if (from_text != NULL && !desk_day_read(from_text, &from)) {
    desk_say("--from is a day, such as 2026-11-24");
    return DESK_EXIT_USAGE;
  }
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  /* Printed once it is durable; with --from also what was printed before. */
  tacet_err e = desk_days_commit(s, from_text == NULL ? tell_day : tell_nobody,
                                 NULL, &why);
  if (e == TACET_OK && from_text != NULL) {
    e = desk_days_each(s, from, tell_day, NULL, &why);
  }
  desk_store_close(s);
  return desk_end(e, &why);
}

/* ---- prove ---- */

static tacet_err write_proof(const char *path, const json_t *proof,
                             desk_trouble *why) {
  char *text = json_dumps(proof, JSON_COMPACT | JSON_SORT_KEYS);
  tacet_err e = text == NULL ? TACET_ERR_NOMEM
                             : desk_file_write(path, tacet_span_str(text), why);
  free(text);
  return e;
}

static tacet_err prove(const desk_args *a, desk_store *s, const desk_who *who,
                       desk_trouble *why) {
  const char *id = a->words[0];
  json_t *row = NULL, *proof = NULL, *body = json_object();
  const desk_act act = {who->actor, "case-proven", id, body, who->signs};
  tacet_err e =
      body == NULL ? TACET_ERR_NOMEM : desk_case_get(s, id, why, &row);
  if (e == TACET_OK) {
    e = desk_may_see(who, row, why);
  }
  if (e == TACET_OK) {
    e = desk_case_prove(s, id, why, &proof);
  }
  if (e == TACET_OK) { /* the officer's consent is in the log */
    e = desk_case_note(s, &act, NULL, why);
  }
  if (e == TACET_OK) {
    e = write_proof(desk_arg(a, DESK_O_OUT), proof, why);
  }
  json_decref(body);
  json_decref(row);
  json_decref(proof);
  return e;
}

int desk_cmd_log_prove(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    code = desk_end(prove(a, s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}

/* ---- check ---- */

static tacet_err read_proof(const char *path, desk_trouble *why, json_t **out) {
  TACET_BYTES(text);
  desk_trouble t = {""};
  TACET_TRY(desk_file_read(path, PROOF_MAX, why, &text));
  tacet_err e = desk_json_read(tacet_bytes_span(&text), &t, out);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the proof %.200s: %.250s", path, t.text);
  }
  return e;
}

static tacet_err in_file(const char *path, const desk_audit *v,
                         desk_trouble *why) {
  desk_day_hash *known = NULL;
  size_t n = 0;
  TACET_TRY(desk_days_read(path, why, &known, &n));
  tacet_err e = TACET_OK;
  for (size_t i = 0; e == TACET_OK && i < v->n_days; i++) {
    size_t at = 0;
    while (at < n && !tacet_tlog_equal(&known[at].hash, &v->days[i].hash)) {
      at++;
    }
    if (at == n) {
      char day[DESK_DAY_TEXT];
      desk_day_text(v->days[i].day, day);
      desk_trouble_set(why,
                       "the proof's commitment to %s is not among those "
                       "that were kept",
                       day);
      e = TACET_ERR_AUTH;
    }
  }
  free(known);
  return e;
}

static tacet_err check_days(const desk_args *a, const desk_audit *v,
                            desk_trouble *why) {
  const char *file = desk_arg(a, DESK_O_COMMITMENTS);
  if (file != NULL) {
    TACET_TRY(in_file(file, v, why));
    printf("its days are those that were kept\n");
  }
  for (size_t i = 0; file == NULL && i < v->n_days; i++) {
    day_line(&v->days[i]);
  }
  return TACET_OK;
}

int desk_cmd_log_check(const desk_args *a) {
  desk_trouble why = {""};
  desk_audit v = {.days = NULL};
  json_t *proof = NULL;
  tacet_err e = read_proof(a->words[0], &why, &proof);
  if (e == TACET_OK) {
    e = desk_proof_check(proof, &why, &v);
  }
  if (e == TACET_OK) {
    printf("case: %" PRIu64 " events, %" PRIu64 " signatures of officers\n",
           v.events, v.signatures);
    e = check_days(a, &v, &why);
  }
  if (e == TACET_OK) {
    json_int_t later = json_integer_value(json_object_get(proof, "later"));
    if (later > 0) {
      printf("look: %" JSON_INTEGER_FORMAT " newer events were not committed "
             "to when it was made\n",
             later);
    }
  }
  desk_audit_free(&v);
  json_decref(proof);
  return desk_end(e, &why);
}
