/* SPDX-License-Identifier: Apache-2.0
 * Passkeys: the line that makes one, what the log keeps, and the assertions
 * that open nothing. The authenticator is played here, with both algorithms. */
#include "tests/support/support.h"

#include "desk/web/passkey.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

#define ORIGIN "http://localhost:8480"
#define NOW 1700000000

static const char p256_head[] = "3059301306072a8648ce3d020106082a8648ce3d030107"
                                "034200",
                  ed_head[] = "302a300506032b6570032100";

typedef struct token {
  const tacet_sig *sig;
  tacet_secret secret;
  web_passkey p;
  char line[512];
} token;

static void token_make(token *t, bool ed25519) {
  uint8_t spki[128], public_key[128];
  char text[256];
  desk_trouble why = {""};
  t->sig = ed25519 ? &tacet_sig_ed25519 : &tacet_sig_p256;
  t->secret = (tacet_secret){.len = 0};
  assert_ok(t->sig->generate(&t->secret, public_key));
  tacet_span head = test_hex(ed25519 ? ed_head : p256_head);
  memcpy(spki, head.p, head.len);
  memcpy(spki + head.len, public_key, t->sig->public_len);
  tacet_base64url_write(tacet_span_of(spki, head.len + t->sig->public_len),
                        text);
  test_hex_free(head);
  (void)snprintf(t->line, sizeof(t->line), "tacet-passkey-v1.%s.Y3JlZA.%s",
                 ed25519 ? "EdDSA" : "ES256", text);
  assert_ok(web_passkey_read(t->line, &why, &t->p));
  assert_string_equal(t->p.credential, "Y3JlZA");
  assert_int_equal(t->p.key_len, t->sig->public_len);
  assert_memory_equal(t->p.key, public_key, t->sig->public_len);
}

/* What an authenticator would give, with what is to be wrong with it. */
typedef struct wrong {
  const char *name, *type, *origin, *party, *more;
  uint8_t flags;
  int64_t late;
  bool other_challenge, cut, other_key, flip;
} wrong;

static const wrong good = {"nothing", "webauthn.get", ORIGIN, "localhost",
                           "",        0x05,           0,      false,
                           false,     false,          false};

static tacet_err sign_in(token *t, const wrong *w) {
  web_challenges *c = NULL;
  char challenge[WEB_CHALLENGE_TEXT], json[512];
  uint8_t content[37 + 32] = {0}, signature[128];
  size_t sig_len = 0;
  assert_ok(web_challenges_new(&c));
  assert_ok(web_challenge_make(c, NOW, challenge));
  if (w->other_challenge) {
    challenge[0] = challenge[0] == 'A' ? 'B' : 'A';
  }
  (void)snprintf(json, sizeof(json),
                 "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}",
                 w->type, challenge, w->origin, w->more);
  tacet_span client = tacet_span_str(json);
  assert_ok(
      tacet_hash_one(&tacet_hash_sha256, tacet_span_str(w->party), content));
  content[32] = w->flags;
  assert_ok(tacet_hash_one(&tacet_hash_sha256, client, content + 37));
  tacet_secret other = {.len = 0};
  uint8_t unused[128];
  assert_ok(t->sig->generate(&other, unused));
  assert_ok(t->sig->sign(
      w->other_key ? tacet_secret_span(&other) : tacet_secret_span(&t->secret),
      tacet_span_of(content, sizeof(content)), signature, &sig_len));
  content[36] = (uint8_t)(content[36] ^ (w->flip ? 1 : 0));
  const web_assertion a = {client, tacet_span_of(content, w->cut ? 36 : 37),
                           tacet_span_of(signature, sig_len)};
  tacet_err e = web_passkey_verify(c, NOW + w->late, &t->p, ORIGIN, &a);
  if (e == TACET_OK) { /* a challenge is answered once */
    assert_err(TACET_ERR_AUTH, web_passkey_verify(c, NOW, &t->p, ORIGIN, &a));
  }
  web_challenges_free(c);
  return e;
}

static void only_a_right_assertion_opens(void **state) {
  (void)state;
  wrong all[16];
  size_t n = 0;
#define WRONG(what, member, value)                                             \
  all[n] = good;                                                               \
  all[n].name = what;                                                          \
  all[n++].member = value
  WRONG("made, not used", type, "webauthn.create");
  WRONG("another origin", origin, "http://evil.example");
  WRONG("another port", origin, "http://localhost:8481");
  WRONG("https", origin, "https://localhost:8480");
  WRONG("another party", party, "evil.example");
  WRONG("within another page", more, ",\"crossOrigin\":true");
  WRONG("a name twice", more, ",\"origin\":\"" ORIGIN "\"");
  WRONG("nobody verified", flags, 0x01);
  WRONG("nobody present", flags, 0x04);
  WRONG("too late", late, 301);
  WRONG("another challenge", other_challenge, true);
  WRONG("cut short", cut, true);
  WRONG("another key", other_key, true);
  WRONG("another counter than was signed", flip, true);
#undef WRONG
  for (int ed25519 = 0; ed25519 < 2; ed25519++) {
    token t;
    token_make(&t, ed25519 != 0);
    assert_ok(sign_in(&t, &good));
    for (size_t i = 0; i < n; i++) {
      if (sign_in(&t, &all[i]) != TACET_ERR_AUTH) {
        fail_msg("%s opens the desk", all[i].name);
      }
    }
  }
}

static void old_challenges_make_room(void **state) {
  (void)state;
  web_challenges *c = NULL;
  char first[WEB_CHALLENGE_TEXT], text[WEB_CHALLENGE_TEXT];
  assert_ok(web_challenges_new(&c));
  assert_ok(web_challenge_make(c, NOW, first));
  for (int i = 0; i < 10000; i++) {
    assert_ok(web_challenge_make(c, NOW, text));
    assert_int_equal(strlen(text), WEB_CHALLENGE_TEXT - 1);
    assert_string_not_equal(text, first);
  }
  web_challenges_free(c);
}

static void lines_that_are_none(void **state) {
  (void)state;
  token t;
  web_passkey p;
  desk_trouble why = {""};
  token_make(&t, true);
  for (size_t len = strlen(t.line); len-- > 0;) {
    t.line[len] = '\0';
    assert_err(TACET_ERR_ENCODING, web_passkey_read(t.line, &why, &p));
  }
  token_make(&t, true);
  static const char *const others[] = {"tacet-passkey-v1.RS256.Y3JlZA.MA",
                                       "tacet-passkey-v1.EdDSA..MA",
                                       "tacet-passkey-v1.ES256.Y3JlZA.MA",
                                       "tacet-passkey-v2.EdDSA.Y3JlZA.MA",
                                       "tacet-passkey-v1....",
                                       "tacet-passkey-v1.EdDSA.Y3J lZA.MA"};
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    assert_err(TACET_ERR_ENCODING, web_passkey_read(others[i], &why, &p));
    assert_true(why.text[0] != '\0');
  }
  t.line[sizeof("tacet-passkey-v1.") - 1] = 'E';
  memcpy(t.line + sizeof("tacet-passkey-v1.") - 1, "ES256", 5);
  assert_err(TACET_ERR_ENCODING, web_passkey_read(t.line, &why, &p));
}

/* ---- in the log ---- */

static void add_officer(desk_store *s, const char *name, desk_key *key,
                        desk_officer *o) {
  desk_trouble why = {""};
  assert_ok(desk_key_generate(key));
  *o = (desk_officer){.role = DESK_OFFICER};
  (void)snprintf(o->name, sizeof(o->name), "%s", name);
  o->key = desk_key_public(key);
  assert_ok(desk_officer_add(s, o, "uid:0", NULL, &why));
}

static tacet_err count(void *user, const web_passkey *p) {
  assert_string_equal(p->credential, "Y3JlZA");
  ++*(int *)user;
  return TACET_OK;
}

static int how_many(desk_store *s) {
  int n = 0;
  desk_trouble why = {""};
  assert_ok(web_passkeys_each(s, count, &n, &why));
  return n;
}

static void the_log_knows_them(void **state) {
  (void)state;
  char folder[] = "/tmp/tacet-desk-XXXXXX", path[64], command[64];
  desk_trouble why = {""};
  desk_store *s = NULL;
  desk_officer ada, bob;
  DESK_KEY(ada_key);
  DESK_KEY(bob_key);
  token t;
  web_passkey p;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof(path), "%s/desk", folder);
  const desk_settings settings = {.server = folder, .notices_home = ""};
  assert_ok(desk_store_create(path, &settings, &why));
  assert_ok(desk_store_open(path, &why, &s));
  add_officer(s, "ada", &ada_key, &ada);
  add_officer(s, "bob", &bob_key, &bob);
  token_make(&t, false);
  assert_int_equal(how_many(s), 0);
  assert_err(TACET_ERR_AUTH, web_passkey_add(s, &t.p, &ada, &bob_key, &why));
  assert_ok(web_passkey_add(s, &t.p, &ada, &ada_key, &why));
  assert_err(TACET_ERR_EXISTS, web_passkey_add(s, &t.p, &bob, &bob_key, &why));
  assert_ok(web_passkey_find(s, "Y3JlZA", &why, &p));
  assert_string_equal(p.officer, "ada");
  assert_memory_equal(p.key, t.p.key, t.p.key_len);
  assert_err(TACET_ERR_POLICY,
             web_passkey_remove(s, "Y3JlZA", &bob, &bob_key, &why));
  assert_err(TACET_ERR_NOT_FOUND,
             web_passkey_remove(s, "none", &ada, &ada_key, &why));
  assert_int_equal(how_many(s), 1);
  assert_ok(web_passkey_remove(s, "Y3JlZA", &ada, &ada_key, &why));
  assert_int_equal(how_many(s), 0);
  assert_err(TACET_ERR_EXISTS, web_passkey_add(s, &t.p, &ada, &ada_key, &why));
  memcpy(t.p.credential, "b3RoZXI", 8);
  assert_ok(web_passkey_add(s, &t.p, &bob, &bob_key, &why));
  assert_ok(web_passkey_find(s, "b3RoZXI", &why, &p));
  assert_ok(desk_officer_remove(s, "bob", "uid:0", NULL, &why));
  assert_err(TACET_ERR_NOT_FOUND, web_passkey_find(s, "b3RoZXI", &why, &p));
  desk_store_close(s);
  (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
  assert_int_equal(system(command), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_a_right_assertion_opens),
      cmocka_unit_test(old_challenges_make_room),
      cmocka_unit_test(lines_that_are_none),
      cmocka_unit_test(the_log_knows_them),
  };
  return tacet_crypto_init() != TACET_OK
             ? 1
             : cmocka_run_group_tests(tests, NULL, NULL);
}
