/* SPDX-License-Identifier: Apache-2.0
 * Tickets and sessions. */
#include "desk/web/session.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

#define LABEL "DeskSignIn"
#define VERSION 1
#define NONCE_LEN 16
#define COOKIE_LEN 32
#define TICKET_MAX 512
#define EVENT "signed-in"

/* ---- tickets ---- */

/* What the signature covers: the desk, then the ticket's bytes before it. */
static void write_signed(tacet_buf *w, const uint8_t desk[DESK_KEY_LEN],
                         tacet_span before) {
  tacet_write_bytes(w, tacet_span_of(desk, DESK_KEY_LEN));
  tacet_write_bytes(w, before);
}

tacet_err web_ticket_write(const desk_officer *officer, const desk_key *key,
                           const uint8_t desk[DESK_KEY_LEN], int64_t now,
                           desk_trouble *why, tacet_bytes *out) {
  TACET_BUF(w, TICKET_MAX);
  TACET_BUF(tbs, TICKET_MAX);
  uint8_t nonce[NONCE_LEN];
  desk_signature signature;
  tacet_span all;
  TACET_TRY(tacet_random(nonce, sizeof(nonce)));
  tacet_write_u8(&w, VERSION);
  tacet_write_vec(&w, tacet_span_str(officer->name));
  tacet_write_u64(&w, (uint64_t)now + WEB_TICKET_S);
  tacet_write_bytes(&w, tacet_span_of(nonce, sizeof(nonce)));
  TACET_TRY(tacet_buf_done(&w, &all));
  write_signed(&tbs, desk, all);
  TACET_TRY(tacet_buf_done(&tbs, &all));
  TACET_TRY(desk_officer_sign(key, LABEL, all, why, &signature));
  tacet_write_bytes(&w, desk_signature_span(&signature));
  TACET_TRY(tacet_buf_done(&w, &all));
  TACET_TRY(tacet_bytes_new(out, TACET_BASE64_LEN(all.len) + 1));
  tacet_base64url_write(all, (char *)out->p);
  return TACET_OK;
}

typedef struct ticket {
  char name[DESK_NAME_MAX + 1];
  uint64_t expires;
  uint8_t nonce[NONCE_LEN];
  uint8_t signed_part[TICKET_MAX];
  size_t signed_len;
  desk_signature signature;
} ticket;

static tacet_err read_ticket(tacet_span text, ticket *out) {
  uint8_t bytes[TICKET_MAX];
  size_t len = 0;
  TACET_TRY(tacet_base64url_read((const char *)text.p, text.len, bytes,
                                 sizeof(bytes), &len));
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_span_of(bytes, len), &err);
  uint8_t version = tacet_read_u8(&r);
  tacet_span name = tacet_read_vec_max(&r, DESK_NAME_MAX);
  out->expires = tacet_read_u64(&r);
  tacet_span nonce = tacet_read_bytes(&r, NONCE_LEN);
  out->signed_len = tacet_read_since(&r, bytes).len;
  tacet_span signature = tacet_read_bytes(&r, len - out->signed_len);
  tacet_read_end(&r);
  TACET_TRY(err);
  if (version != VERSION || name.len == 0 ||
      memchr(name.p, '\0', name.len) != NULL) {
    return TACET_ERR_ENCODING;
  }
  memcpy(out->name, name.p, name.len);
  out->name[name.len] = '\0';
  memcpy(out->nonce, nonce.p, NONCE_LEN);
  memcpy(out->signed_part, bytes, out->signed_len);
  return desk_signature_take(signature, &out->signature);
}

/* ---- sessions ---- */

typedef struct session {
  bool open;
  uint8_t hash[32];
  char name[DESK_NAME_MAX + 1];
  desk_public_key key; /* another key is another officer */
  int64_t began, seen;
} session;

struct web_sessions {
  session all[WEB_SESSIONS_MAX];
  uint64_t from; /* events before are too old to be of a ticket that counts */
};

tacet_err web_sessions_new(web_sessions **out) {
  web_sessions *w = calloc(1, sizeof(*w));
  if (w == NULL) {
    return TACET_ERR_NOMEM;
  }
  *out = w;
  return TACET_OK;
}

void web_sessions_free(web_sessions *w) {
  if (w != NULL) {
    tacet_wipe(w, sizeof(*w));
    free(w);
  }
}

static bool is_open(const session *s, int64_t now) {
  return s->open && now >= s->began - DESK_SLACK_S &&
         now < s->began + WEB_SESSION_S && now < s->seen + WEB_IDLE_S;
}

/* ---- what was used ---- */

/* The log has it, so a ticket stays used when the program ends, and for another
 * one that serves the same desk. */
typedef struct search {
  web_sessions *w;
  char ticket[32 + 2 * NONCE_LEN]; /* as it stands in a body */
  int64_t old;                     /* what is older cannot be of it */
  bool found;
} search;

static tacet_err look_at(void *user, const desk_event *e) {
  search *x = user;
  if (e->time < x->old) {
    x->w->from = e->number + 1;
  } else {
    x->found |=
        memmem(e->body.p, e->body.len, x->ticket, strlen(x->ticket)) != NULL;
  }
  return TACET_OK;
}

static void nonce_text(const ticket *t, char out[2 * NONCE_LEN + 1]) {
  tacet_hex_write(tacet_span_of(t->nonce, NONCE_LEN), out);
}

static tacet_err is_unused(web_sessions *w, desk_store *s, const ticket *t,
                           int64_t now, desk_trouble *why) {
  char nonce[2 * NONCE_LEN + 1];
  search x = {.w = w, .old = now - WEB_TICKET_S - (int64_t)2 * DESK_SLACK_S};
  const desk_filter f = {.kind = EVENT, .from = w->from};
  nonce_text(t, nonce);
  (void)snprintf(x.ticket, sizeof(x.ticket), "\"ticket\":\"%s\"", nonce);
  TACET_TRY(desk_events_each(s, &f, look_at, &x, why));
  return x.found ? TACET_ERR_AUTH : TACET_OK;
}

static tacet_err note(desk_store *s, const desk_officer *officer,
                      const char *nonce, desk_trouble *why) {
  char actor[DESK_ACTOR_MAX + 1];
  json_t *body = json_pack("{s:s}", "by", "page");
  const desk_act act = {actor, EVENT, "", body, NULL};
  (void)snprintf(actor, sizeof(actor), DESK_PAGE_ACTOR "%s", officer->name);
  bool whole = body != NULL &&
               (nonce == NULL ||
                json_object_set_new(body, "ticket", json_string(nonce)) == 0);
  tacet_err e = whole ? desk_append(s, &act, 1, why, NULL) : TACET_ERR_NOMEM;
  json_decref(body);
  return e;
}

/* ---- opening ---- */

static session *free_place(web_sessions *w, int64_t now) {
  for (size_t i = 0; i < WEB_SESSIONS_MAX; i++) {
    if (!is_open(&w->all[i], now)) {
      return &w->all[i];
    }
  }
  return NULL;
}

/* The officer whose ticket it is. One answer for all that is wrong with it: who
 * guesses learns nothing. */
static tacet_err judge(desk_store *s, tacet_span text, int64_t now, ticket *t,
                       desk_officer *officer) {
  TACET_BUF(tbs, TICKET_MAX);
  tacet_span content;
  desk_trouble none;
  if (read_ticket(text, t) != TACET_OK || t->expires < (uint64_t)now ||
      t->expires > (uint64_t)now + WEB_TICKET_S + DESK_SLACK_S ||
      desk_officer_find(s, t->name, &none, officer) != TACET_OK ||
      officer->removed) {
    return TACET_ERR_AUTH;
  }
  write_signed(&tbs, desk_store_key(s)->public_key,
               tacet_span_of(t->signed_part, t->signed_len));
  TACET_TRY(tacet_buf_done(&tbs, &content));
  return desk_signature_verify(&officer->key, LABEL, content,
                               desk_signature_span(&t->signature));
}

static tacet_err open_session(web_sessions *w, desk_store *s,
                              const desk_officer *officer, const char *nonce,
                              desk_trouble *why, char cookie[WEB_COOKIE_TEXT]) {
  uint8_t random[COOKIE_LEN];
  int64_t now = desk_store_now(s);
  session *place = free_place(w, now);
  if (place == NULL) {
    desk_trouble_set(why, "too many officers are signed in; sign out "
                          "somewhere, or try again in half an hour");
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(tacet_random(random, sizeof(random)));
  session opened = {.open = true, .began = now, .seen = now};
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256,
                           tacet_span_of(random, sizeof(random)), opened.hash));
  memcpy(opened.name, officer->name, sizeof(opened.name));
  opened.key = officer->key;
  TACET_TRY(note(s, officer, nonce, why)); /* before it opens anything */
  *place = opened;
  tacet_base64url_write(tacet_span_of(random, sizeof(random)), cookie);
  tacet_wipe(random, sizeof(random));
  return TACET_OK;
}

tacet_err web_session_open(web_sessions *w, desk_store *s,
                           const desk_officer *officer, desk_trouble *why,
                           char cookie[WEB_COOKIE_TEXT]) {
  return open_session(w, s, officer, NULL, why, cookie);
}

tacet_err web_sign_in(web_sessions *w, desk_store *s, tacet_span text,
                      desk_trouble *why, char cookie[WEB_COOKIE_TEXT]) {
  ticket t;
  desk_officer officer;
  char nonce[2 * NONCE_LEN + 1];
  int64_t now = desk_store_now(s);
  tacet_err e = now < 0 ? TACET_ERR_STATE : judge(s, text, now, &t, &officer);
  if (e == TACET_OK) {
    e = is_unused(w, s, &t, now, why);
  }
  if (e == TACET_ERR_AUTH) {
    desk_trouble_set(why, "that is no ticket that opens this desk now: each is "
                          "good for five minutes and once; print another with "
                          "`tacet-desk sign-in`");
  }
  TACET_TRY(e);
  nonce_text(&t, nonce);
  return open_session(w, s, &officer, nonce, why, cookie);
}

static session *find(web_sessions *w, tacet_span cookie) {
  uint8_t random[COOKIE_LEN], hash[32];
  size_t len = 0;
  if (tacet_base64url_read((const char *)cookie.p, cookie.len, random,
                           sizeof(random), &len) != TACET_OK ||
      len != sizeof(random) ||
      tacet_hash_one(&tacet_hash_sha256, tacet_span_of(random, len), hash) !=
          TACET_OK) {
    return NULL;
  }
  for (size_t i = 0; i < WEB_SESSIONS_MAX; i++) {
    if (w->all[i].open && memcmp(w->all[i].hash, hash, sizeof(hash)) == 0) {
      return &w->all[i];
    }
  }
  return NULL;
}

bool web_session_of(web_sessions *w, desk_store *s, tacet_span cookie,
                    desk_officer *out) {
  int64_t now = desk_store_now(s);
  session *x = find(w, cookie);
  desk_officer officer;
  desk_trouble none;
  if (x == NULL) {
    return false;
  }
  if (!is_open(x, now) ||
      desk_officer_find(s, x->name, &none, &officer) != TACET_OK ||
      officer.removed || !desk_public_equal(&officer.key, &x->key)) {
    *x = (session){.open = false};
    return false;
  }
  x->seen = now;
  *out = officer;
  return true;
}

void web_sign_out(web_sessions *w, tacet_span cookie) {
  session *x = find(w, cookie);
  if (x != NULL) {
    *x = (session){.open = false};
  }
}
