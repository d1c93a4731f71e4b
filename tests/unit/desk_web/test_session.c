/* SPDX-License-Identifier: Apache-2.0
 * Who may see the desk's page: tickets that open it, and everything that does
 * not; when a session ends. */
#include "tests/support/support.h"
#include "tests/token/touch.h"

#include "desk/web/session.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

typedef struct world {
  char folder[64], desk[80], other[80];
  desk_store *s;
  web_sessions *w;
  desk_key key;
  desk_officer ada;
  int64_t now;
} world;

static world the;

static int64_t now_of(void *user) {
  return ((world *)user)->now;
}

static desk_store *make_desk(const char *folder) {
  desk_trouble why = {""};
  desk_store *s = NULL;
  const desk_settings settings = {.server = the.folder, .notices_home = ""};
  assert_ok(desk_store_create(folder, &settings, &why));
  assert_ok(desk_store_open(folder, &why, &s));
  return s;
}

static int begin(void **state) {
  (void)state;
  desk_trouble why = {""};
  assert_ok(tacet_crypto_init());
  memset(&the, 0, sizeof(the));
  memcpy(the.folder, "/tmp/tacet-desk-XXXXXX", 23);
  assert_non_null(mkdtemp(the.folder));
  (void)snprintf(the.desk, sizeof(the.desk), "%s/desk", the.folder);
  (void)snprintf(the.other, sizeof(the.other), "%s/other", the.folder);
  the.s = make_desk(the.desk);
  the.now = desk_store_now(the.s);
  desk_store_clock_set(the.s, now_of, &the);
  assert_ok(desk_key_generate(&the.key));
  the.ada = (desk_officer){.name = "ada", .role = DESK_OFFICER};
  the.ada.key = desk_key_public(&the.key);
  assert_ok(desk_officer_add(the.s, &the.ada, "uid:0", NULL, &why));
  assert_ok(web_sessions_new(&the.w));
  return 0;
}

static int end(void **state) {
  (void)state;
  char command[128];
  web_sessions_free(the.w);
  desk_store_close(the.s);
  desk_key_wipe(&the.key);
  (void)snprintf(command, sizeof(command), "rm -rf %s", the.folder);
  return system(command);
}

static const uint8_t *desk_of(desk_store *s) {
  return desk_store_key(s)->public_key;
}

static void ticket(const desk_officer *o, const desk_key *k,
                   const uint8_t *desk, int64_t now, char out[512]) {
  tacet_bytes text = {NULL, 0};
  desk_trouble why = {""};
  assert_ok(web_ticket_write(o, k, desk, now, &why, &text));
  assert_true(text.len <= 512);
  memcpy(out, text.p, text.len);
  tacet_bytes_free(&text);
}

static tacet_err sign_in(const char *text, char cookie[WEB_COOKIE_TEXT]) {
  desk_trouble why = {""};
  tacet_err e = web_sign_in(the.w, the.s, tacet_span_str(text), &why, cookie);
  assert_true(e == TACET_OK || why.text[0] != '\0');
  return e;
}

static bool is_in(const char *cookie) {
  desk_officer who;
  return web_session_of(the.w, the.s, tacet_span_str(cookie), &who) &&
         strcmp(who.name, "ada") == 0;
}

static void a_ticket_opens_once(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT], again[WEB_COOKIE_TEXT];
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_ok(sign_in(text, cookie));
  assert_true(is_in(cookie));
  assert_err(TACET_ERR_AUTH, sign_in(text, again));
  web_sign_out(the.w, tacet_span_str(cookie));
  assert_false(is_in(cookie));
  assert_err(TACET_ERR_AUTH, sign_in(text, again));
}

/* A ticket by an officer whose key is on a token; every letter counts. */
static void by_a_token(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT];
  touch_token token;
  desk_key key;
  desk_trouble why = {""};
  desk_officer who, tom = {.role = DESK_OFFICER, .name = "tom"};
  touch_make(&token, &key);
  tom.key = desk_key_public(&key);
  assert_ok(desk_officer_add(the.s, &tom, "uid:1", NULL, &why));
  ticket(&tom, &key, desk_of(the.s), the.now, text);
  assert_int_equal(1, token.asked);
  for (size_t i = 0; text[i] != '\0'; i++) {
    char was = text[i];
    text[i] = was == 'A' ? 'B' : 'A';
    assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
    text[i] = was;
  }
  assert_ok(sign_in(text, cookie));
  assert_true(web_session_of(the.w, the.s, tacet_span_str(cookie), &who));
  assert_string_equal("tom", who.name);
  assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
}

/* The program ends and begins again, or another one serves the same desk. */
static void used_stays_used(void **state) {
  (void)state;
  char text[512], other[512], cookie[WEB_COOKIE_TEXT];
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, other);
  assert_ok(sign_in(text, cookie));
  for (int i = 0; i < 3; i++) {
    web_sessions_free(the.w);
    assert_ok(web_sessions_new(&the.w));
    assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
    the.now += WEB_TICKET_S / 3;
  }
  assert_ok(sign_in(other, cookie)); /* a restart spoils nothing */
  assert_err(TACET_ERR_AUTH, sign_in(other, cookie));
}

/* Where the log cannot have it nothing opens, and the ticket is still good. */
static void nothing_opens_unwritten(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT];
  desk_trouble why = {""};
  the.now += 3600;
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_ok(sign_in(text, cookie));
  the.now -= 3600; /* the clock is set back: no event can be written */
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_err(TACET_ERR_STATE,
             web_sign_in(the.w, the.s, tacet_span_str(text), &why, cookie));
  the.now += 3600;
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_ok(sign_in(text, cookie));
}

/* Each letter of a ticket changed, and each beginning of it. */
static void a_changed_ticket_opens_nothing(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT];
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  size_t len = strlen(text);
  for (size_t i = 0; i < len; i++) {
    char was = text[i];
    text[i] = was == 'A' ? 'B' : 'A';
    assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
    text[i] = '\0';
    assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
    text[i] = was;
  }
  assert_err(TACET_ERR_AUTH, sign_in("", cookie));
  assert_ok(sign_in(text, cookie)); /* it was good all the time */
}

static void a_ticket_of_others_opens_nothing(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT];
  DESK_KEY(stranger);
  assert_ok(desk_key_generate(&stranger));
  /* Another's key under her name; a name that is none; another desk. */
  ticket(&the.ada, &stranger, desk_of(the.s), the.now, text);
  assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
  desk_officer nobody = {.name = "nobody"};
  ticket(&nobody, &stranger, desk_of(the.s), the.now, text);
  assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
  desk_store *other = make_desk(the.other);
  ticket(&the.ada, &the.key, desk_of(other), the.now, text);
  desk_store_close(other);
  assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
}

static void a_ticket_has_its_time(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT];
  ticket(&the.ada, &the.key, desk_of(the.s), the.now - WEB_TICKET_S - 1, text);
  assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
  ticket(&the.ada, &the.key, desk_of(the.s), the.now + 3600, text);
  assert_err(TACET_ERR_AUTH, sign_in(text, cookie)); /* good for too long */
  ticket(&the.ada, &the.key, desk_of(the.s), the.now - WEB_TICKET_S, text);
  assert_ok(sign_in(text, cookie));
}

static void a_session_ends(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT];
  int64_t began = the.now;
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_ok(sign_in(text, cookie));
  for (int i = 0; i < 4; i++) { /* it is used, so it goes on */
    the.now += WEB_IDLE_S - 1;
    assert_true(is_in(cookie));
  }
  the.now += WEB_IDLE_S;
  assert_false(is_in(cookie));
  the.now -= WEB_IDLE_S;
  assert_false(is_in(cookie)); /* ended is ended */

  the.now += WEB_IDLE_S; /* what is in the log is not taken back */
  began = the.now;
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_ok(sign_in(text, cookie));
  while (the.now + WEB_IDLE_S - 1 < began + WEB_SESSION_S) {
    the.now += WEB_IDLE_S - 1;
    assert_true(is_in(cookie));
  }
  the.now = began + WEB_SESSION_S;
  assert_false(is_in(cookie));
}

static void who_is_removed_is_out(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT];
  desk_trouble why = {""};
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_ok(sign_in(text, cookie));
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_ok(desk_officer_remove(the.s, "ada", "uid:0", NULL, &why));
  assert_false(is_in(cookie));
  assert_err(TACET_ERR_AUTH, sign_in(text, cookie));
}

static void no_cookie_is_guessed(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT];
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_ok(sign_in(text, cookie));
  for (size_t i = 0; i + 1 < WEB_COOKIE_TEXT; i++) {
    char was = cookie[i];
    cookie[i] = was == 'A' ? 'B' : 'A';
    assert_false(is_in(cookie));
    cookie[i] = '\0';
    assert_false(is_in(cookie));
    cookie[i] = was;
  }
  assert_true(is_in(cookie));
}

static void there_are_so_many_sessions(void **state) {
  (void)state;
  char text[512], cookie[WEB_COOKIE_TEXT], first[WEB_COOKIE_TEXT];
  for (int i = 0; i < WEB_SESSIONS_MAX; i++) {
    ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
    assert_ok(sign_in(text, i == 0 ? first : cookie));
  }
  ticket(&the.ada, &the.key, desk_of(the.s), the.now, text);
  assert_err(TACET_ERR_LIMIT, sign_in(text, cookie));
  assert_true(is_in(first)); /* nobody is put out */
  web_sign_out(the.w, tacet_span_str(first));
  assert_ok(sign_in(text, cookie)); /* the refused one is still good */
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
  const struct CMUnitTest tests[] = {
      T(a_ticket_opens_once),
      T(by_a_token),
      T(used_stays_used),
      T(nothing_opens_unwritten),
      T(a_changed_ticket_opens_nothing),
      T(a_ticket_of_others_opens_nothing),
      T(a_ticket_has_its_time),
      T(a_session_ends),
      T(who_is_removed_is_out),
      T(no_cookie_is_guessed),
      T(there_are_so_many_sessions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
