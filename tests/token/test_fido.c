/* SPDX-License-Identifier: Apache-2.0
 * Officers' keys on tokens, against a token in software: making one, signing,
 * and every way in which it goes wrong. Nothing that a token answers makes a
 * signature that does not verify. */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tests/token/soft_token.h"

#include <string.h>

static desk_trouble why;
static desk_reader reader;
static desk_key key;
static desk_touch touch;
static struct {
  const char *pin; /* NULL: nobody is at the terminal */
  unsigned pins, touches;
} person;

static bool ask_pin(void *user, char *out, size_t cap) {
  (void)user;
  person.pins++;
  if (person.pin == NULL) {
    return false;
  }
  (void)snprintf(out, cap, "%s", person.pin);
  return true;
}

static void tell(void *user, const char *sentence) {
  (void)user;
  assert_non_null(strstr(sentence, "touch the token"));
  person.touches++;
}

static void at_terminal(const char *pin) {
  desk_reader_wipe(&reader);
  memset(&person, 0, sizeof(person));
  person.pin = pin;
  reader =
      (desk_reader){.ports = &soft_ports, .ask_pin = ask_pin, .tell = tell};
}

static int setup(void **state) {
  (void)state;
  assert_ok(tacet_crypto_init());
  soft_token_new("2580");
  at_terminal("2580");
  why.text[0] = '\0';
  return 0;
}

static tacet_err enrol(bool verified) {
  tacet_err e = desk_token_enrol(&reader, verified, &why, &key);
  touch = (desk_touch){desk_token_sign, &reader};
  key.touch = &touch;
  return e;
}

/* Signs another act each time, as the log's are; what it gives verifies, what
 * it does not give leaves nothing. */
static tacet_err sign(desk_signature *out) {
  static uint64_t acts;
  acts++;
  desk_signature s = {.len = 0};
  desk_public_key k = desk_key_public(&key);
  tacet_span act = tacet_span_of((const uint8_t *)&acts, sizeof(acts));
  tacet_err e = desk_officer_sign(&key, "DeskAct", act, &why, &s);
  if (e == TACET_OK) {
    assert_ok(
        desk_signature_verify(&k, "DeskAct", act, desk_signature_span(&s)));
    if (out != NULL) {
      *out = s;
    }
  } else {
    assert_int_equal(0, s.len);
    assert_true(why.text[0] != '\0');
  }
  return e;
}

static void refused(tacet_err want, tacet_err got, const char *word) {
  if (want != got || strstr(why.text, word) == NULL) {
    fail_msg("%s: %s", tacet_err_name(got), why.text);
  }
  why.text[0] = '\0';
}

/* ---- honest ---- */

static void makes_and_signs(void **state) {
  (void)state;
  desk_signature first, second;
  assert_ok(enrol(true));
  assert_int_equal(1, person.pins); /* kept for the second touch */
  assert_int_equal(2, person.touches);
  assert_int_equal(DESK_TOKEN_EDDSA, key.token.b[0]);
  assert_int_equal(DESK_FLAG_PRESENT | DESK_FLAG_VERIFIED, key.token.b[1]);
  at_terminal("2580"); /* another run */
  touch.user = &reader;
  assert_ok(sign(&first));
  assert_ok(sign(&second));
  assert_int_equal(1, person.pins);
  assert_int_equal(2, person.touches);
  assert_int_equal(desk_token_counter(desk_signature_span(&first)) + 1,
                   desk_token_counter(desk_signature_span(&second)));
}

static void p256_where_it_has_no_eddsa(void **state) {
  (void)state;
  soft.mood = SOFT_NO_EDDSA;
  assert_ok(enrol(true));
  assert_int_equal(DESK_TOKEN_ES256, key.token.b[0]);
  assert_int_equal(1, soft.n_credentials);
  assert_int_equal(2, soft.touches); /* the refused one took none */
  assert_ok(sign(NULL));
}

static void a_touch_alone(void **state) {
  (void)state;
  soft_token_new("");
  refused(TACET_ERR_STATE, enrol(true), "has no PIN");
  assert_int_equal(0, soft.n_credentials);
  assert_ok(enrol(false));
  assert_ok(sign(NULL));
  assert_int_equal(DESK_FLAG_PRESENT, key.token.b[1]);
  assert_int_equal(0, person.pins);
  /* A token that has a PIN wants it for a new key, whatever the key wants. */
  soft_token_new("2580");
  at_terminal("2580");
  assert_ok(enrol(false));
  assert_int_equal(1, person.pins);
  assert_int_equal(DESK_FLAG_PRESENT, key.token.b[1]);
}

static void a_finger_in_place_of_a_pin(void **state) {
  (void)state;
  soft_token_new("");
  soft.mood = SOFT_SELF_SERVICE;
  assert_ok(enrol(true));
  assert_ok(sign(NULL));
  assert_int_equal(0, person.pins);
  assert_int_equal(DESK_FLAG_PRESENT | DESK_FLAG_VERIFIED, key.token.b[1]);
}

/* ---- the PIN ---- */

static void wrong_pins(void **state) {
  (void)state;
  assert_ok(enrol(true));
  at_terminal("0852");
  refused(TACET_ERR_AUTH, sign(NULL), "7 wrong ones are left");
  refused(TACET_ERR_AUTH, sign(NULL), "6 wrong ones are left");
  assert_int_equal(2, person.pins); /* asked for again, not tried again */
  refused(TACET_ERR_AUTH, sign(NULL), "take it out");
  soft.tries = 0; /* taken out and put in */
  at_terminal("2580");
  assert_ok(sign(NULL));
  at_terminal("0852");
  soft.retries = 1;
  refused(TACET_ERR_AUTH, sign(NULL), "blocked for good");
  at_terminal("2580");
  refused(TACET_ERR_AUTH, sign(NULL), "blocked for good");
  assert_ok(tacet_crypto_init());
}

static void nobody_at_the_terminal(void **state) {
  (void)state;
  assert_ok(enrol(true));
  at_terminal(NULL);
  refused(TACET_ERR_AUTH, sign(NULL), "asked for at a terminal");
  at_terminal("");
  refused(TACET_ERR_AUTH, sign(NULL), "asked for at a terminal");
  at_terminal(
      "0123456789012345678901234567890123456789012345678901234567890123");
  refused(TACET_ERR_AUTH, sign(NULL), "at most 63 bytes");
  assert_int_equal(8, soft.retries); /* none of them came to the token */
  soft.pin[0] = '\0';
  at_terminal("2580");
  refused(TACET_ERR_AUTH, sign(NULL), "has no PIN any more");
}

/* ---- moods ---- */

static void every_mood(void **state) {
  (void)state;
  static const struct {
    soft_mood mood;
    tacet_err err;
    const char *word;
  } moods[] = {
      {SOFT_UNTOUCHED, TACET_ERR_STATE, "nobody touched the token"},
      {SOFT_DENIED, TACET_ERR_STATE, "told no"},
      {SOFT_UNPLUGGED, TACET_ERR_IO, "does not answer any more"},
      {SOFT_NOBODY, TACET_ERR_AUTH, "not its signature for this act"},
      {SOFT_UNVERIFIED, TACET_ERR_AUTH, "not its signature for this act"},
      {SOFT_OTHER_PARTY, TACET_ERR_AUTH, "not its signature for this act"},
      {SOFT_OTHER_ACT, TACET_ERR_AUTH, "not its signature for this act"},
      {SOFT_OTHER_KEY, TACET_ERR_AUTH, "not its signature for this act"},
      {SOFT_REPLAY, TACET_ERR_AUTH, "not its signature for this act"},
      {SOFT_EXTENSION, TACET_ERR_AUTH, "not its signature for this act"},
      {SOFT_NO_CBOR, TACET_ERR_IO, "the token"},
  };
  for (int es256 = 0; es256 < 2; es256++) {
    soft_token_new("2580");
    at_terminal("2580");
    soft.mood = es256 ? SOFT_NO_EDDSA : SOFT_HONEST;
    assert_ok(enrol(true));
    for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++) {
      soft.mood = moods[i].mood;
      refused(moods[i].err, sign(NULL), moods[i].word);
      soft.mood = SOFT_HONEST;
      assert_ok(sign(NULL));
    }
  }
}

/* No key is made of what does not sign afterwards. */
static void no_key_of_a_bad_token(void **state) {
  (void)state;
  static const soft_mood moods[] = {
      SOFT_UNTOUCHED,    SOFT_DENIED,    SOFT_UNPLUGGED,
      SOFT_NO_ALGORITHM, SOFT_NOBODY,    SOFT_UNVERIFIED,
      SOFT_OTHER_KEY,    SOFT_OTHER_ACT, SOFT_NO_CBOR};
  memset(&key, 0, sizeof(key));
  for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++) {
    soft_token_new("2580");
    at_terminal("2580");
    soft.mood = moods[i];
    tacet_err e = desk_token_enrol(&reader, true, &why, &key);
    assert_true(e != TACET_OK && why.text[0] != '\0');
    assert_int_equal(0, key.credential_len);
    why.text[0] = '\0';
  }
}

/* ---- which ---- */

static void which_token(void **state) {
  (void)state;
  soft.n_plugged = 0;
  refused(TACET_ERR_NOT_FOUND, enrol(true), "no token is plugged in");
  soft.n_plugged = 2;
  refused(TACET_ERR_ARGUMENT, enrol(true), "soft:0 or soft:1");
  reader.device = "soft:1";
  assert_ok(enrol(true));
  reader.device = "/dev/nowhere";
  refused(TACET_ERR_NOT_FOUND, sign(NULL), "/dev/nowhere cannot be opened");
  reader.device = NULL;
  soft_token_new("2580"); /* another token: it does not know the key */
  refused(TACET_ERR_NOT_FOUND, sign(NULL), "does not have that key");
}

/* ---- faults ---- */

/* Taken out before each answer. */
static void unplugged_anywhere(void **state) {
  (void)state;
  unsigned tried = 0;
  tacet_err e = TACET_ERR_IO;
  assert_ok(enrol(true));
  for (unsigned at = 1; e != TACET_OK; at++, tried++) {
    at_terminal("2580");
    soft.answers = 0;
    soft.fails_at = at;
    e = sign(NULL);
    assert_true(e == TACET_OK || e == TACET_ERR_IO || e == TACET_ERR_NOT_FOUND);
  }
  assert_true(tried >= 5);
  e = TACET_ERR_IO;
  for (unsigned at = 1; e != TACET_OK; at++) {
    desk_key none = {.credential_len = 0};
    soft_token_new("2580");
    at_terminal("2580");
    soft.fails_at = at;
    e = desk_token_enrol(&reader, true, &why, &none);
    assert_true(e == TACET_OK || none.credential_len == 0);
  }
}

/* Every byte of every answer, changed: sign() checks that there is a signature
 * that verifies, or none and a sentence. */
static void every_byte_of_an_answer(void **state) {
  (void)state;
  size_t refusals = 0, tried = 0;
  assert_ok(enrol(true));
  soft.answers = 0;
  soft.longest = 0;
  at_terminal("2580");
  assert_ok(sign(NULL));
  unsigned answers = soft.answers;
  size_t longest = soft.longest;
  assert_true(answers >= 5 && longest > 150);
  for (unsigned n = 1; n <= answers; n++) {
    for (unsigned at = 0; at < longest; at++) {
      at_terminal("2580");
      soft.answers = 0;
      soft.garbles_at = n;
      soft.garble_at = at;
      soft.retries = 8;
      soft.tries = 0;
      refusals += sign(NULL) != TACET_OK ? 1 : 0;
      tried++;
    }
  }
  assert_true(refusals > 100 && refusals < tried);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup(f, setup)
  const struct CMUnitTest tests[] = {TEST(makes_and_signs),
                                     TEST(p256_where_it_has_no_eddsa),
                                     TEST(a_touch_alone),
                                     TEST(a_finger_in_place_of_a_pin),
                                     TEST(wrong_pins),
                                     TEST(nobody_at_the_terminal),
                                     TEST(every_mood),
                                     TEST(no_key_of_a_bad_token),
                                     TEST(which_token),
                                     TEST(unplugged_anywhere),
                                     TEST(every_byte_of_an_answer)};
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
