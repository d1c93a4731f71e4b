/* SPDX-License-Identifier: Apache-2.0
 * Signed notes, checkpoints and cosignatures: the standard's example, and every
 * way in which a note is none. */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tacet/keytrans/note.h"

#define FOO_KEY                                                                \
  "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define FOO_NOTE                                                               \
  "This is an example message.\n\n"                                            \
  "\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONnc" \
  "AlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

static tacet_span str(const char *s) {
  return tacet_span_str(s);
}

/* The example of c2sp.org/signed-note. */
static void the_standards_example(void **state) {
  (void)state;
  tacet_note_key k;
  tacet_note n;
  uint64_t time = 9;
  TACET_BUF(text, 1000);
  assert_ok(tacet_note_key_read(str(FOO_KEY), &k));
  assert_string_equal(k.name, "example.com/foo");
  assert_int_equal(k.id, 0x530d903a);
  assert_int_equal(k.type, TACET_NOTE_ED25519);
  tacet_note_key_write(&k, &text);
  assert_span(str(FOO_KEY), tacet_buf_span(&text));
  assert_ok(tacet_note_parse(str(FOO_NOTE), &n));
  assert_span(str("This is an example message.\n"), n.text);
  assert_ok(tacet_note_verify(&n, &k, &time));
  assert_int_equal(time, 0);
}

/* Each bit of the note: it is refused, or nobody known has signed it. */
static void every_bit_counts(void **state) {
  (void)state;
  tacet_note_key k;
  char copy[] = FOO_NOTE;
  assert_ok(tacet_note_key_read(str(FOO_KEY), &k));
  for (size_t bit = 0; bit < (sizeof(copy) - 1) * 8; bit++) {
    tacet_note n;
    uint64_t time;
    copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
    if (tacet_note_parse(tacet_span_of(copy, sizeof(copy) - 1), &n) ==
        TACET_OK) {
      tacet_err e = tacet_note_verify(&n, &k, &time);
      assert_true(e == TACET_ERR_AUTH || e == TACET_ERR_NOT_FOUND);
    }
    copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
  }
}

#define LINE                                                                   \
  "\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONnc" \
  "AlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
#define DASH "\xe2\x80\x94 "

static void what_is_no_note(void **state) {
  (void)state;
  static const struct {
    const char *what, *bytes;
    tacet_err want;
  } rows[] = {
      {"two paragraphs", "a\n\nb\n\n" LINE, TACET_OK},
      {"two signatures", "a\n\n" LINE LINE, TACET_OK},
      {"nothing", "", TACET_ERR_ENCODING},
      {"no signature", "a\n\n", TACET_ERR_ENCODING},
      {"no empty line", "a\n" LINE, TACET_ERR_ENCODING},
      {"no text", "\n" LINE, TACET_ERR_ENCODING},
      {"no end", "a\n\n" DASH "k AAAAAAA=", TACET_ERR_ENCODING},
      {"a carriage return", "a\r\n\n" LINE, TACET_ERR_ENCODING},
      {"a tab", "a\tb\n\n" LINE, TACET_ERR_ENCODING},
      {"no UTF-8", "\xff\n\n" LINE, TACET_ERR_ENCODING},
      {"a hyphen", "a\n\n- k AAAAAAA=\n", TACET_ERR_ENCODING},
      {"no name", "a\n\n" DASH " AAAAAAA=\n", TACET_ERR_ENCODING},
      {"a plus in the name", "a\n\n" DASH "k+ AAAAAAA=\n", TACET_ERR_ENCODING},
      {"a wide space in the name", "a\n\n" DASH "k\xe2\x80\xa8 AAAAAAA=\n",
       TACET_ERR_ENCODING},
      {"no signature", "a\n\n" DASH "k\n", TACET_ERR_ENCODING},
      {"no base64", "a\n\n" DASH "k AAAA*AA=\n", TACET_ERR_ENCODING},
      {"a word too many", "a\n\n" DASH "k AAAAAAA= b\n", TACET_ERR_ENCODING},
      {"an id and nothing", "a\n\n" DASH "k AAAAAA==\n", TACET_ERR_ENCODING},
      {"an unknown key's", "a\n\n" DASH "k AAAAAAA=\n", TACET_OK},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_note n;
    tacet_err e = tacet_note_parse(str(rows[i].bytes), &n);
    if (e != rows[i].want) {
      fail_msg("%s: %s", rows[i].what, tacet_err_name(e));
    }
  }
}

static void limits(void **state) {
  (void)state;
  TACET_BUF(b, 1 << 20);
  tacet_note n;
  tacet_write_bytes(&b, str("a\n\n"));
  for (int i = 0; i < TACET_NOTE_SIGNATURES_MAX; i++) {
    tacet_write_bytes(&b, str(LINE));
  }
  assert_ok(tacet_note_parse(tacet_buf_span(&b), &n));
  tacet_write_bytes(&b, str(LINE));
  assert_err(TACET_ERR_LIMIT, tacet_note_parse(tacet_buf_span(&b), &n));
  tacet_buf_clear(&b);
  tacet_write_bytes(&b, str("a\n\n" DASH "k "));
  for (int i = 0; i < 5120 / 3; i++) { /* a signature of another type */
    tacet_write_bytes(&b, str("AAAA"));
  }
  tacet_write_bytes(&b, str("\n"));
  assert_ok(tacet_note_parse(tacet_buf_span(&b), &n));
  tacet_buf_clear(&b);
  while (b.len < TACET_NOTE_MAX) {
    tacet_write_bytes(&b, str("a long text\n"));
  }
  tacet_write_bytes(&b, str("\n" LINE));
  assert_err(TACET_ERR_LIMIT, tacet_note_parse(tacet_buf_span(&b), &n));
}

static void what_is_no_key(void **state) {
  (void)state;
  static const struct {
    const char *vkey;
    tacet_err want;
  } rows[] = {
      {FOO_KEY, TACET_OK},
      {"", TACET_ERR_ENCODING},
      {"example.com/foo", TACET_ERR_ENCODING},
      {"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
       TACET_ERR_ENCODING},
      {"example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
       TACET_ERR_ENCODING}, /* the id is another name's */
      {"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
       TACET_ERR_ENCODING},
      {"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
       TACET_ERR_ENCODING}, /* one form: lower case */
      {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
       TACET_ERR_ENCODING},
      {"example.com/foo+530d903a+Aek=", TACET_ERR_ENCODING},
      {"example.com/foo+530d903a+Ausp", TACET_ERR_UNKNOWN_TYPE},
      {"example.com/foo+530d903a+"
       "BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAAAA",
       TACET_ERR_UNKNOWN_TYPE},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_note_key k;
    tacet_err e = tacet_note_key_read(str(rows[i].vkey), &k);
    if (e != rows[i].want) {
      fail_msg("%s: %s", rows[i].vkey, tacet_err_name(e));
    }
  }
  tacet_note_key k;
  const uint8_t key[32] = {1};
  assert_err(TACET_ERR_ARGUMENT, tacet_note_key_make(str("a b"), 1, key, &k));
  assert_err(TACET_ERR_ARGUMENT, tacet_note_key_make(str("ab"), 6, key, &k));
}

/* ---- what we sign ---- */

typedef struct party {
  tacet_secret private_key;
  tacet_note_key key;
} party;

static void make(const char *name, uint8_t type, party *p) {
  uint8_t public_key[32];
  assert_ok(tacet_sig_ed25519.generate(&p->private_key, public_key));
  assert_ok(tacet_note_key_make(str(name), type, public_key, &p->key));
}

static void a_cosigned_checkpoint(void **state) {
  (void)state;
  party log, witness, other;
  TACET_BUF(note, TACET_NOTE_MAX);
  tacet_checkpoint c = {.origin = str("chat.example/log"), .size = 20852163},
                   got;
  memset(c.root.b, 0xa5, 32);
  make("chat.example/log", TACET_NOTE_ED25519, &log);
  make("witness.example", TACET_NOTE_COSIGNATURE, &witness);
  make("witness.example", TACET_NOTE_COSIGNATURE, &other);
  tacet_checkpoint_write(&c, &note);
  tacet_span text = tacet_span_of(note.p, note.len);
  TACET_BUF(lines, TACET_NOTE_MAX);
  assert_ok(tacet_note_sign(text, &log.key, &log.private_key, 0, &lines));
  assert_ok(tacet_note_sign(text, &witness.key, &witness.private_key,
                            1679315147, &lines));
  assert_ok(tacet_note_sign(text, &witness.key, &witness.private_key,
                            1679315140, &lines));
  tacet_write_u8(&note, '\n');
  tacet_write_bytes(&note, tacet_buf_span(&lines));

  tacet_note n;
  uint64_t time;
  assert_ok(tacet_note_parse(tacet_buf_span(&note), &n));
  assert_ok(tacet_note_verify(&n, &log.key, &time));
  assert_int_equal(time, 0);
  assert_ok(tacet_note_verify(&n, &witness.key, &time));
  assert_int_equal(time, 1679315147);
  assert_err(TACET_ERR_NOT_FOUND, tacet_note_verify(&n, &other.key, &time));
  assert_ok(tacet_checkpoint_parse(n.text, &got));
  assert_span(c.origin, got.origin);
  assert_int_equal(got.size, c.size);
  assert_memory_equal(got.root.b, c.root.b, 32);
  assert_int_equal(got.extensions.len, 0);

  /* A cosignature is none of the plain type, nor the other way round. */
  tacet_note_key plain = witness.key;
  plain.type = TACET_NOTE_ED25519;
  assert_err(TACET_ERR_AUTH, tacet_note_verify(&n, &plain, &time));
  plain = log.key;
  plain.type = TACET_NOTE_COSIGNATURE;
  assert_err(TACET_ERR_AUTH, tacet_note_verify(&n, &plain, &time));
  /* One good line does not outweigh a bad one. */
  other.key.id = witness.key.id;
  assert_err(TACET_ERR_AUTH, tacet_note_verify(&n, &other.key, &time));

  TACET_BUF(none, 100);
  assert_err(TACET_ERR_ARGUMENT, tacet_note_sign(str("no end"), &log.key,
                                                 &log.private_key, 0, &none));
  assert_int_equal(none.len, 0);
}

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

static void what_is_no_checkpoint(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tacet_err want;
  } rows[] = {
      {"o\n0\n" ROOT "\n", TACET_OK},
      {"o\n9223372036854775807\n" ROOT "\n", TACET_OK},
      {"o\n1\n" ROOT "\nmore\n", TACET_OK},
      {"o\n9223372036854775808\n" ROOT "\n", TACET_ERR_ENCODING},
      {"o\n99999999999999999999\n" ROOT "\n", TACET_ERR_ENCODING},
      {"", TACET_ERR_ENCODING},
      {"\n1\n" ROOT "\n", TACET_ERR_ENCODING},
      {"o\n\n" ROOT "\n", TACET_ERR_ENCODING},
      {"o\n01\n" ROOT "\n", TACET_ERR_ENCODING},
      {"o\n-1\n" ROOT "\n", TACET_ERR_ENCODING},
      {"o\n1\n", TACET_ERR_ENCODING},
      {"o\n1\n" ROOT, TACET_ERR_ENCODING},
      {"o\n1\nAAAA\n", TACET_ERR_ENCODING},
      {"o\n1\n" ROOT "=\n", TACET_ERR_ENCODING},
      {"o\n1\n" ROOT "\n\n", TACET_ERR_ENCODING},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_checkpoint c;
    tacet_err e = tacet_checkpoint_parse(str(rows[i].text), &c);
    if (e != rows[i].want) {
      fail_msg("row %zu: %s", i, tacet_err_name(e));
    }
  }
}

static int set_up(void **state) {
  (void)state;
  return tacet_crypto_init() == TACET_OK ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_standards_example),
      cmocka_unit_test(every_bit_counts),
      cmocka_unit_test(what_is_no_note),
      cmocka_unit_test(limits),
      cmocka_unit_test(what_is_no_key),
      cmocka_unit_test(a_cosigned_checkpoint),
      cmocka_unit_test(what_is_no_checkpoint),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
