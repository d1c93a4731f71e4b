/* SPDX-License-Identifier: Apache-2.0
 * Addresses of witnesses, and the policy as `tacetd witness` changes it. */
#include "tests/support/support.h"

#include "server/witnesses/address.h"
#include "server/witnesses/edit.h"
#include "tacet/crypto.h"

/* A hand-over's signatures that are not there, in base64. */
#define ZEROS                                                                  \
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"               \
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"               \
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PIN "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define URL "https://w.example:8444"

static char log_key[256], next_key[256], other_key[256], keys[34][256];

static int make(const char *name, uint8_t type, char text[256]) {
  TACET_SECRET(private_key);
  uint8_t public_key[32];
  tacet_note_key key;
  TACET_BUF(b, 255);
  if (tacet_sig_ed25519.generate(&private_key, public_key) != TACET_OK ||
      tacet_note_key_make(tacet_span_str(name), type, public_key, &key) !=
          TACET_OK) {
    return -1;
  }
  tacet_note_key_write(&key, &b);
  memcpy(text, b.p, b.len);
  return 0;
}

static int set_up(void **state) {
  (void)state;
  int bad = tacet_crypto_init() != TACET_OK;
  bad |= make("chat.example", TACET_NOTE_ED25519, log_key);
  bad |= make("chat.example", TACET_NOTE_ED25519, next_key);
  bad |= make("other.example", TACET_NOTE_ED25519, other_key);
  for (size_t i = 0; i < 34; i++) {
    bad |= make("w.example", TACET_NOTE_COSIGNATURE, keys[i]);
  }
  return bad ? -1 : 0;
}

/* ---- addresses ---- */

static void addresses(void **state) {
  (void)state;
  static const struct {
    const char *url, *host, *port, *prefix;
    bool tls, pinned;
  } good[] = {
      {"https://w.example", "w.example", "443", "", true, false},
      {"https://w.example/", "w.example", "443", "", true, false},
      {"https://w.example:1/a/b//", "w.example", "1", "/a/b", true, false},
      {"https://[2001:db8::1]:7", "2001:db8::1", "7", "", true, false},
      {"https://[2001:db8::1]", "2001:db8::1", "443", "", true, false},
      {URL "#sha256=" PIN, "w.example", "8444", "", true, true},
      {URL "/x/#sha256=" PIN, "w.example", "8444", "/x", true, true},
      {"http://127.0.0.1:8444", "127.0.0.1", "8444", "", false, false},
      {"http://localhost", "localhost", "80", "", false, false},
      {"http://[::1]:9/w", "::1", "9", "/w", false, false},
  };
  static const char *const bad[] = {
      "",
      "w.example",
      "ftp://w.example",
      "https://",
      "https:///x",
      "https://:8",
      "https://w.example:0",
      "https://w.example:65536",
      "https://w.example:x",
      "https://user@w.example",
      "https://w.example/a b",
      "https://w.example/a?b",
      "https://w.example/\x7f",
      "https://w.example#",
      "https://w.example#sha256=00",
      "https://w.example#pin=" PIN,
      "https://w.example#sha256=" PIN "0",
      "http://w.example",
      "http://127.0.0.1#sha256=" PIN,
      "https://2001:db8::1",
  };
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    wts_address a;
    assert_ok(wts_address_read(tacet_span_str(good[i].url), &a));
    assert_string_equal(a.host, good[i].host);
    assert_string_equal(a.port, good[i].port);
    assert_string_equal(a.prefix, good[i].prefix);
    assert_int_equal(a.tls, good[i].tls);
    assert_int_equal(a.pinned, good[i].pinned);
  }
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    wts_address a = {.host = "untouched"};
    if (wts_address_read(tacet_span_str(bad[i]), &a) != TACET_ERR_ENCODING) {
      fail_msg("\"%s\" was taken", bad[i]);
    }
    assert_string_equal(a.host, "untouched");
  }
  char longest[WTS_URL_MAX + 2];
  wts_address a;
  memset(longest, 'a', sizeof(longest));
  memcpy(longest, "https://w/", 10);
  assert_ok(wts_address_read(tacet_span_of(longest, WTS_URL_MAX), &a));
  assert_err(TACET_ERR_ENCODING,
             wts_address_read(tacet_span_of(longest, WTS_URL_MAX + 1), &a));
  longest[20] = '\0';
  assert_err(TACET_ERR_ENCODING,
             wts_address_read(tacet_span_of(longest, 100), &a));
}

/* ---- the policy ---- */

typedef struct text {
  char b[TACET_POLICY_TEXT_MAX + 1];
  size_t len;
} text;

static void say(text *t, const char *pattern) {
  TACET_BUF(b, TACET_POLICY_TEXT_MAX);
  for (; *pattern != '\0'; pattern++) {
    if (*pattern != '$') {
      tacet_write_u8(&b, (uint8_t)*pattern);
    } else {
      pattern++;
      tacet_write_bytes(&b, tacet_span_str(*pattern == 'L'   ? log_key
                                           : *pattern == 'N' ? next_key
                                           : *pattern == 'X'
                                               ? other_key
                                               : keys[*pattern - 'A']));
    }
  }
  assert_ok(b.err);
  memcpy(t->b, b.p, b.len);
  t->len = b.len;
}

static tacet_span of(const text *t) {
  return tacet_span_of(t->b, t->len);
}

static tacet_err take(text *t, tacet_err e, const tacet_buf *out) {
  if (e == TACET_OK) {
    memcpy(t->b, out->p, out->len);
    t->len = out->len;
  } else {
    assert_int_equal(out->len, 0);
  }
  return e;
}

static tacetd_trouble why;

static tacet_err add(text *t, const char *name, const char *key,
                     const char *url, const char *pin) {
  TACET_BUF(out, TACET_POLICY_TEXT_MAX);
  return take(t, wts_edit_add(of(t), name, key, url, pin, &out, &why), &out);
}
static tacet_err drop(text *t, const char *name) {
  TACET_BUF(out, TACET_POLICY_TEXT_MAX);
  return take(t, wts_edit_remove(of(t), name, &out, &why), &out);
}
static tacet_err quorum(text *t, size_t n) {
  TACET_BUF(out, TACET_POLICY_TEXT_MAX);
  return take(t, wts_edit_quorum(of(t), n, &out, &why), &out);
}

static void expect(const text *t, const char *pattern) {
  static text want;
  say(&want, pattern);
  assert_span(of(&want), of(t));
}

static void grows_and_shrinks(void **state) {
  (void)state;
  static text t;
  size_t witnesses, needed;
  say(&t, "# ours\nlog $L\nquorum none\n");
  assert_ok(add(&t, "a", keys[0], URL, NULL));
  expect(&t, "# ours\nlog $L\nwitness a $A " URL "\nquorum none\n");
  assert_ok(add(&t, "b", keys[1], URL "/b", PIN));
  assert_ok(add(&t, "c.d-e_F9", keys[2], "http://localhost:1", NULL));
  assert_ok(quorum(&t, 2));
  expect(&t, "# ours\nlog $L\nwitness a $A " URL "\nwitness b $B " URL
             "/b#sha256=" PIN "\nwitness c.d-e_F9 $C http://localhost:1\n"
             "group witnesses 2 a b c.d-e_F9\nquorum witnesses\n");
  assert_ok(wts_edit_read(of(&t), &witnesses, &needed, &why));
  assert_int_equal(witnesses, 3);
  assert_int_equal(needed, 2);
  assert_ok(drop(&t, "a"));
  assert_err(TACET_ERR_ARGUMENT, drop(&t, "b"));
  assert_non_null(strstr(why.text, "quorum"));
  assert_ok(quorum(&t, 1));
  assert_ok(drop(&t, "b"));
  assert_ok(quorum(&t, 0));
  assert_ok(drop(&t, "c.d-e_F9"));
  expect(&t, "# ours\nlog $L\nquorum none\n");
}

static void refuses(void **state) {
  (void)state;
  static text t;
  char name[66];
  say(&t, "log $L\nwitness a $A " URL "\ngroup witnesses 1 a\n"
          "quorum witnesses\n");
  static const char *const names[] = {"",     "a b",       "a+b", "none",
                                      "a\nb", "witnesses", "#a",  "\xc3\xa9"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    assert_err(TACET_ERR_ARGUMENT, add(&t, names[i], keys[1], URL, NULL));
  }
  memset(name, 'x', 65);
  name[65] = '\0';
  assert_err(TACET_ERR_ARGUMENT, add(&t, name, keys[1], URL, NULL));
  assert_err(TACET_ERR_EXISTS, add(&t, "a", keys[1], URL, NULL));
  assert_err(TACET_ERR_EXISTS, add(&t, "b", keys[0], URL, NULL));
  assert_err(TACET_ERR_ARGUMENT, add(&t, "b", log_key, URL, NULL));
  assert_err(TACET_ERR_ARGUMENT, add(&t, "b", "x", URL, NULL));
  assert_err(TACET_ERR_ARGUMENT, add(&t, "b", keys[1], "w.example", NULL));
  assert_err(TACET_ERR_ARGUMENT, add(&t, "b", keys[1], URL, "12"));
  assert_err(TACET_ERR_ARGUMENT, add(&t, "b", keys[1], "http://::1", PIN));
  assert_err(TACET_ERR_NOT_FOUND, drop(&t, "b"));
  assert_err(TACET_ERR_ARGUMENT, drop(&t, "a"));
  assert_err(TACET_ERR_ARGUMENT, quorum(&t, 2));
  assert_non_null(strstr(why.text, "1 witness;"));
  expect(&t, "log $L\nwitness a $A " URL "\ngroup witnesses 1 a\n"
             "quorum witnesses\n");
}

static void leaves_hands_their_work(void **state) {
  (void)state;
  static const char *const by_hand[] = {
      "log $L\nwitness a $A " URL "\nquorum a\n",
      "log $L\nwitness a $A " URL "\ngroup all all a\nquorum all\n",
      "log $L\nwitness a $A " URL "\ngroup witnesses all a\nquorum witnesses\n",
      "log $L\nwitness a $A " URL "\nwitness b $B " URL
      "\ngroup witnesses 1 a\nquorum witnesses\n",
      "log $L\nwitness a $A " URL "\ngroup witnesses 1 a\nwitness b $B " URL
      "\nquorum witnesses\n",
      "log $L\nwitness a $A " URL "\nwitness b $B " URL
      "\ngroup witnesses 1 a\ngroup x any b\nquorum witnesses\n",
      "log $L\nwitness a $A " URL "\ngroup witnesses 1 a\nquorum a\n",
      "log $L\nwitness a $A " URL "\ngroup witnesses 1 a\nquorum none\n",
  };
  static text t;
  for (size_t i = 0; i < sizeof(by_hand) / sizeof(by_hand[0]); i++) {
    say(&t, by_hand[i]);
    if (quorum(&t, 1) != TACET_ERR_ARGUMENT ||
        strstr(why.text, "by hand") == NULL) {
      fail_msg("%s\n%s", by_hand[i], why.text);
    }
  }
  say(&t, "log $L\nnonsense\nquorum none\n");
  assert_err(TACET_ERR_ENCODING, quorum(&t, 0));
  assert_non_null(strstr(why.text, "line 2"));
}

static void another_key_of_the_log(void **state) {
  (void)state;
  static text t;
  tacet_note_key a, b, c;
  say(&t, "# ours\nlog $L https://x\nlog $X\nquorum none\n");
  assert_ok(tacet_note_key_read(tacet_span_str(log_key), &a));
  assert_ok(tacet_note_key_read(tacet_span_str(next_key), &b));
  assert_ok(tacet_note_key_read(tacet_span_str(other_key), &c));
  const tacet_handover ab = {.from = a, .to = b}, ba = {.from = b, .to = a},
                       aa = {.from = a, .to = a};
  TACET_BUF(out, TACET_POLICY_TEXT_MAX);
  assert_err(TACET_ERR_NOT_FOUND,
             take(&t, wts_edit_log_keep(of(&t), &a, &out, &why), &out));
  assert_err(TACET_ERR_EXISTS,
             take(&t, wts_edit_log_add(of(&t), &ba, &out, &why), &out));
  assert_ok(take(&t, wts_edit_log_add(of(&t), &ab, &out, &why), &out));
  expect(&t, "# ours\nlog $L https://x\nlog $N\n# handover $L $N " ZEROS
             "\nlog $X\nquorum none\n");
  tacet_buf_clear(&out);
  assert_err(TACET_ERR_EXISTS,
             take(&t, wts_edit_log_add(of(&t), &ab, &out, &why), &out));
  assert_ok(take(&t, wts_edit_log_keep(of(&t), &b, &out, &why), &out));
  expect(&t,
         "# ours\nlog $N\n# handover $L $N " ZEROS "\nlog $X\nquorum none\n");
  tacet_buf_clear(&out);
  assert_ok(take(&t, wts_edit_log_add(of(&t), &ba, &out, &why), &out));
  expect(&t, "# ours\nlog $N\nlog $L\n# handover $N $L " ZEROS
             "\nlog $X\nquorum none\n");
  tacet_buf_clear(&out);
  assert_ok(take(&t, wts_edit_log_keep(of(&t), &b, &out, &why), &out));
  tacet_buf_clear(&out);
  assert_err(TACET_ERR_NOT_FOUND,
             take(&t, wts_edit_log_add(of(&t), &aa, &out, &why), &out));
  assert_err(TACET_ERR_NOT_FOUND,
             take(&t, wts_edit_log_keep(of(&t), &a, &out, &why), &out));
}

static void has_an_end(void **state) {
  (void)state;
  static text t;
  char name[] = "w00";
  say(&t, "log $L\nquorum none\n");
  for (int i = 0; i < TACET_POLICY_WITNESSES_MAX; i++) {
    name[1] = (char)('0' + i / 10);
    name[2] = (char)('0' + i % 10);
    assert_ok(add(&t, name, keys[i], URL, PIN));
  }
  assert_err(TACET_ERR_LIMIT, add(&t, "more", keys[33], URL, NULL));
  assert_ok(quorum(&t, TACET_POLICY_WITNESSES_MAX));
  assert_err(TACET_ERR_ARGUMENT, quorum(&t, TACET_POLICY_WITNESSES_MAX + 1));
}

static tacet_err edit_step(void *ctx) {
  TACET_BUF(out, TACET_POLICY_TEXT_MAX);
  const text *t = ctx;
  TACET_TRY(wts_edit_add(of(t), "b", keys[1], URL, PIN, &out, &why));
  tacet_buf_clear(&out);
  return wts_edit_quorum(of(t), 1, &out, &why);
}

static void without_memory(void **state) {
  (void)state;
  static text t;
  say(&t, "log $L\nwitness a $A " URL "\nquorum none\n");
  test_alloc_sweep(edit_step, &t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses),
      cmocka_unit_test(grows_and_shrinks),
      cmocka_unit_test(refuses),
      cmocka_unit_test(leaves_hands_their_work),
      cmocka_unit_test(another_key_of_the_log),
      cmocka_unit_test(has_an_end),
      cmocka_unit_test(without_memory),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
