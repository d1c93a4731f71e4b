/* SPDX-License-Identifier: Apache-2.0
 * Proofs of inclusion as text: what is written is read again, shows what it
 * shows and nothing else; forms that are not allowed. */
#include "tests/unit/keytrans/small_log.h"

#include "tacet/crypto.h"
#include "tacet/keytrans/inclusion.h"

#define FIRST "c2sp.org/tlog-proof@v1\n"
#define HASH "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"

typedef struct shown {
  small_log log;
  small_keys keys;
  tacet_tlog_head head;
} shown;

static void shown_start(shown *s) {
  small_log_start(&s->log);
  small_keys_make(&s->keys);
  for (int i = 0; i < 5; i++) {
    const char name[] = {(char)('a' + i), '\0'};
    (void)small_update(&s->log, name, name, false);
  }
  s->head.size = small_epoch(&s->log, SMALL_DAY) + 1;
  const tacet_tlog_source source = small_source(&s->log);
  assert_ok(tacet_tlog_root(&source, s->head.size, &s->head.root));
}

static void shown_write(shown *s, uint64_t index, tacet_buf *out) {
  const tacet_tlog_source source = small_source(&s->log);
  tacet_inclusion p = {.index = index,
                       .note = small_note(&s->log, &s->keys, s->head.size, 0)};
  assert_ok(tacet_tlog_prove_inclusion(&source, index, s->head.size, &p.path));
  tacet_inclusion_write(&p, out);
  assert_ok(out->err);
}

static tacet_span entry(shown *s, uint64_t index) {
  return tacet_span_of(s->log.bytes[index], s->log.lens[index]);
}

static void each_entry_is_shown_at_its_place(void **state) {
  (void)state;
  static shown s;
  shown_start(&s);
  for (uint64_t i = 0; i < s.head.size; i++) {
    TACET_BUF(text, TACET_INCLUSION_MAX);
    TACET_BUF(again, TACET_INCLUSION_MAX);
    tacet_inclusion p;
    shown_write(&s, i, &text);
    assert_ok(tacet_inclusion_parse(tacet_buf_span(&text), &p));
    tacet_inclusion_write(&p, &again);
    assert_span(tacet_buf_span(&text), tacet_buf_span(&again));
    for (uint64_t k = 0; k < s.head.size; k++) {
      assert_err(k == i ? TACET_OK : TACET_ERR_AUTH,
                 tacet_inclusion_verify(&p, entry(&s, k), &s.head));
    }
    tacet_tlog_head other = s.head;
    other.root.b[31] ^= 1;
    assert_err(TACET_ERR_AUTH,
               tacet_inclusion_verify(&p, entry(&s, i), &other));
    other = (tacet_tlog_head){.size = i, .root = s.head.root};
    assert_err(TACET_ERR_AUTH,
               tacet_inclusion_verify(&p, entry(&s, i), &other));
  }
  small_log_end(&s.log);
}

/* No text that is cut short before its note is one. */
static void cut_short(void **state) {
  (void)state;
  static shown s;
  TACET_BUF(text, TACET_INCLUSION_MAX);
  tacet_inclusion p;
  shown_start(&s);
  shown_write(&s, 2, &text);
  assert_ok(tacet_inclusion_parse(tacet_buf_span(&text), &p));
  size_t before = text.len - p.note.len;
  for (size_t n = 0; n < before; n++) {
    uint8_t *exact = malloc(n + (n == 0));
    assert_non_null(exact);
    memcpy(exact, text.p, n);
    tacet_inclusion none = {.index = 77};
    assert_err(TACET_ERR_ENCODING,
               tacet_inclusion_parse(tacet_span_of(exact, n), &none));
    assert_int_equal(none.index, 77); /* a failed call leaves no trace */
    free(exact);
  }
  small_log_end(&s.log);
}

static void forms(void **state) {
  (void)state;
  static const struct {
    const char *name, *text;
    tacet_err err;
  } rows[] = {
      {"no hash, no note", FIRST "index 0\n\n", TACET_OK},
      {"one hash", FIRST "index 7\n" HASH "\n", TACET_OK},
      {"the greatest index", FIRST "index 9223372036854775807\n\n", TACET_OK},
      {"2^63", FIRST "index 9223372036854775808\n\n", TACET_ERR_ENCODING},
      {"leading zero", FIRST "index 07\n\n", TACET_ERR_ENCODING},
      {"a sign", FIRST "index -7\n\n", TACET_ERR_ENCODING},
      {"two spaces", FIRST "index  7\n\n", TACET_ERR_ENCODING},
      {"a word more", FIRST "index 7 8\n\n", TACET_ERR_ENCODING},
      {"another name", FIRST "Index 7\n\n", TACET_ERR_ENCODING},
      {"another version", "c2sp.org/tlog-proof@v2\nindex 0\n\n",
       TACET_ERR_ENCODING},
      {"carriage returns", "c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\n",
       TACET_ERR_ENCODING},
      {"extra", FIRST "extra AAAA\nindex 0\n\n", TACET_ERR_UNSUPPORTED},
      {"31 bytes",
       FIRST "index 0\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPg==\n\n",
       TACET_ERR_ENCODING},
      {"bits that are not zero",
       FIRST "index 0\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlR=\n\n",
       TACET_ERR_ENCODING},
      {"the padding is missing",
       FIRST "index 0\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ\n\n",
       TACET_ERR_ENCODING},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_inclusion p;
    if (tacet_inclusion_parse(tacet_span_str(rows[i].text), &p) !=
        rows[i].err) {
      fail_msg("%s", rows[i].name);
    }
  }
}

static void at_most_64_hashes(void **state) {
  (void)state;
  TACET_BUF(text, TACET_INCLUSION_MAX);
  tacet_inclusion p;
  tacet_write_bytes(&text, TACET_SPAN_LIT(FIRST "index 0\n"));
  for (int i = 0; i < 64; i++) {
    tacet_write_bytes(&text, TACET_SPAN_LIT(HASH));
  }
  size_t at = text.len;
  tacet_write_bytes(&text, TACET_SPAN_LIT("\nthe note"));
  assert_ok(tacet_inclusion_parse(tacet_buf_span(&text), &p));
  assert_int_equal(p.path.n, 64);
  assert_span(TACET_SPAN_LIT("the note"), p.note);
  text.len = at;
  tacet_write_bytes(&text, TACET_SPAN_LIT(HASH "\n"));
  assert_err(TACET_ERR_ENCODING,
             tacet_inclusion_parse(tacet_buf_span(&text), &p));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_entry_is_shown_at_its_place),
      cmocka_unit_test(cut_short),
      cmocka_unit_test(forms),
      cmocka_unit_test(at_most_64_hashes),
  };
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
