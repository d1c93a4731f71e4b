/* SPDX-License-Identifier: Apache-2.0
 * The log against itself: numbers, days, commitments, the chain, signatures. */
#include "desk/store/verify_private.h"

#include "tacet/codec.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void desk_audit_free(desk_audit *v) {
  free(v->days);
  *v = (desk_audit){.days = NULL};
}

tacet_err fault(verifying *v, const char *format, ...) {
  char text[400];
  va_list list;
  va_start(list, format);
  (void)vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  desk_trouble_set(v->why, "event %" PRIu64 ": %s", v->number, text);
  return TACET_ERR_AUTH;
}

/* ---- one event ---- */

static tacet_err check_place(verifying *v, const desk_event *e) {
  if (e->number != v->number) {
    uint64_t missing = v->number;
    v->number = e->number;
    return fault(v,
                 "it stands where event %" PRIu64 " should; events are "
                 "missing or have changed places",
                 missing);
  }
  if (e->day < v->day || (!e->erased && e->time < v->time)) {
    return fault(v, "it is older than the event before it");
  }
  if (!e->erased && (e->time < 0 || e->time / 86400 != e->day)) {
    return fault(v, "its time is not of its day");
  }
  if (e->commitment.len != DESK_HASH_LEN) {
    return fault(v, "its commitment is damaged");
  }
  return TACET_OK;
}

/* What a purge leaves still says whose act it was, and of which case. */
static tacet_err check_erased(verifying *v, const desk_event *e,
                              const desk_hash *commitment) {
  desk_hash words, h;
  if (e->salt.len != DESK_HASH_LEN || *e->case_id == '\0') {
    return fault(v, "its words are gone, and what a purge leaves of them too");
  }
  memcpy(words.b, e->salt.p, DESK_HASH_LEN);
  TACET_TRY(desk_commit_words(&words, tacet_span_str(e->actor),
                              tacet_span_str(e->case_id), &h));
  if (!tacet_tlog_equal(&h, commitment)) {
    return fault(v, "what was left of it by a purge is not what was committed "
                    "to: it is of another case, or was changed");
  }
  json_t *list = json_object_get(v->erased, e->case_id);
  if (list == NULL) {
    list = json_array();
    if (json_object_set_new(v->erased, e->case_id, list) != 0) {
      return TACET_ERR_NOMEM;
    }
  }
  return json_array_append_new(list, json_integer((json_int_t)e->number)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static tacet_err check_words(verifying *v, const desk_event *e,
                             const desk_hash *commitment) {
  desk_hash h;
  if (e->erased) {
    return check_erased(v, e, commitment);
  }
  const desk_saying said = {e->time, tacet_span_str(e->actor),
                            tacet_span_str(e->kind), tacet_span_str(e->case_id),
                            e->body};
  if (e->salt.len != DESK_SALT_LEN) {
    return fault(v, "its salt is damaged");
  }
  TACET_TRY(desk_commit(e->salt.p, &said, &h));
  return tacet_tlog_equal(&h, commitment)
             ? TACET_OK
             : fault(v, "what it says is not what was committed to: it was "
                        "changed");
}

/* "" is the desk, "uid:N" somebody at the machine, "page:NAME" an officer at
 * the page, where there is no key; else an officer, who signs. */
static bool is_officer(const char *actor) {
  return *actor != '\0' && strchr(actor, ':') == NULL;
}

/* Tokens that do not count say 0 each time. */
static tacet_err check_counter(verifying *v, const desk_event *e, json_t *o) {
  json_int_t now = desk_token_counter(e->signature),
             before = json_integer_value(json_object_get(o, "counter"));
  if (now <= before && (now != 0 || before != 0)) {
    v->out.counted_back_at =
        v->out.counted_back == 0 ? e->number : v->out.counted_back_at;
    v->out.counted_back++;
  }
  return json_object_set_new(o, "counter", json_integer(now)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static tacet_err check_signature(verifying *v, const desk_event *e,
                                 const desk_hash *commitment) {
  uint8_t content[2 * DESK_HASH_LEN];
  desk_public_key key;
  if (e->signature.len == 0) {
    return is_officer(e->actor)
               ? fault(v, "it is said to be an officer's, and has no signature")
               : TACET_OK;
  }
  json_t *o = json_object_get(v->officers, e->actor);
  if (o == NULL || json_is_true(json_object_get(o, "removed"))) {
    return fault(v, "its signature is of nobody who was an officer then");
  }
  if (desk_public_of_hex(json_string_value(json_object_get(o, "key")), &key) !=
      TACET_OK) {
    return TACET_ERR_STATE;
  }
  desk_act_content(&v->head, commitment, content);
  tacet_err e2 = desk_signature_verify(&key, DESK_LABEL_ACT,
                                       tacet_span_of(content, sizeof(content)),
                                       e->signature);
  if (e2 == TACET_ERR_AUTH) {
    return fault(v, "the officer's signature is not over this event at this "
                    "place of the log");
  }
  v->out.signatures++;
  return e2 == TACET_OK && desk_public_is_token(&key) ? check_counter(v, e, o)
                                                      : e2;
}

static tacet_err take_commitment(verifying *v, const desk_hash *c) {
  if (v->n_commitments == v->cap_commitments) {
    size_t cap = v->cap_commitments > 0 ? 2 * v->cap_commitments : 1024;
    desk_hash *more = realloc(v->commitments, cap * sizeof(*more));
    if (more == NULL) {
      return TACET_ERR_NOMEM;
    }
    v->commitments = more;
    v->cap_commitments = cap;
  }
  v->commitments[v->n_commitments++] = *c;
  return TACET_OK;
}

static tacet_err visit(void *user, const desk_event *e) {
  verifying *v = user;
  desk_hash commitment;
  v->number++;
  TACET_TRY(check_place(v, e));
  memcpy(commitment.b, e->commitment.p, DESK_HASH_LEN);
  if (e->day != v->day) {
    TACET_TRY(verify_day_ends(v));
    v->day = e->day;
  }
  TACET_TRY(check_words(v, e, &commitment));
  TACET_TRY(check_signature(v, e, &commitment));
  TACET_TRY(desk_chain_link(&v->head, e->number, e->day, &commitment,
                            e->signature, &v->head));
  TACET_TRY(take_commitment(v, &commitment));
  if (!e->erased) {
    v->time = e->time;
    TACET_TRY(verify_meaning(v, e));
  }
  v->out.events++;
  v->out.purged += e->erased ? 1 : 0;
  return TACET_OK;
}

/* ---- the call ---- */

static tacet_err check_known(verifying *v, const desk_day_hash *known,
                             size_t n) {
  for (size_t i = 0; i < n; i++) {
    char day[DESK_DAY_TEXT];
    size_t at = 0;
    desk_day_text(known[i].day, day);
    while (at < v->out.n_days && v->out.days[at].day != known[i].day) {
      at++;
    }
    if (at == v->out.n_days) {
      desk_trouble_set(v->why,
                       "the log has no commitment to %s, but others hold one: "
                       "it was cut off, or put back to an older state",
                       day);
      return TACET_ERR_AUTH;
    }
    if (!tacet_tlog_equal(&v->out.days[at].hash, &known[i].hash)) {
      desk_trouble_set(v->why,
                       "the log's commitment to %s is not the one that others "
                       "hold: this is another history",
                       day);
      return TACET_ERR_AUTH;
    }
  }
  return TACET_OK;
}

static tacet_err verify_all(verifying *v, const desk_day_hash *known,
                            size_t n) {
  const desk_filter all = {.from = 0};
  TACET_TRY(desk_chain_begin(v->s->key.public_key, &v->head));
  TACET_TRY(desk_events_each(v->s, &all, visit, v, v->why));
  TACET_TRY(verify_day_ends(v));
  TACET_TRY(verify_end(v));
  return check_known(v, known, n);
}

tacet_err desk_verify(desk_store *s, const desk_day_hash *known, size_t n,
                      desk_trouble *why, desk_audit *out) {
  verifying v = {.s = s,
                 .why = why,
                 .officers = json_object(),
                 .states = json_object(),
                 .erased = json_object(),
                 .roots = json_object()};
  why->text[0] = '\0';
  tacet_err e = v.officers == NULL || v.states == NULL || v.erased == NULL ||
                        v.roots == NULL
                    ? TACET_ERR_NOMEM
                    : verify_all(&v, known, n);
  json_decref(v.officers);
  json_decref(v.states);
  json_decref(v.erased);
  json_decref(v.roots);
  free(v.commitments);
  if (e == TACET_OK) {
    *out = v.out;
  } else {
    desk_audit_free(&v.out);
  }
  return store_failed(e, why);
}
