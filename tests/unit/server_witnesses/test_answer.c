/* SPDX-License-Identifier: Apache-2.0
 * What witnesses answer, read: each status, each way to lie, and the heads that
 * they remember. */
#include "tests/unit/server_witnesses/fake.h"

#include "tacet/crypto.h"

static fake_log the_log;
static tacet_note_key key, other_key;
static tacet_secret private_key, other_private;
static char text[512], line[512], other_line[512], twice[1100];
static size_t text_len;

static void sign(const tacet_note_key *k, const tacet_secret *p, uint64_t time,
                 char *out) {
  TACET_BUF(b, 500);
  assert_ok(tacet_note_sign(tacet_span_of(text, text_len), k, p, time, &b));
  memcpy(out, b.p, b.len);
  out[b.len] = '\0';
}

static int set_up(void **state) {
  (void)state;
  uint8_t public_key[32];
  tacet_note note;
  TACET_BUF(b, 4096);
  if (tacet_crypto_init() != TACET_OK) {
    return -1;
  }
  fake_log_new(&the_log, "log.example");
  fake_log_grow(&the_log, 5, 1);
  assert_ok(tacet_sig_ed25519.generate(&private_key, public_key));
  assert_ok(tacet_note_key_make(TACET_SPAN_LIT("w.example"),
                                TACET_NOTE_COSIGNATURE, public_key, &key));
  assert_ok(tacet_sig_ed25519.generate(&other_private, public_key));
  assert_ok(tacet_note_key_make(TACET_SPAN_LIT("o.example"),
                                TACET_NOTE_COSIGNATURE, public_key,
                                &other_key));
  fake_log_note(&the_log, &b);
  assert_ok(tacet_note_parse(tacet_buf_span(&b), &note));
  memcpy(text, note.text.p, note.text.len);
  text_len = note.text.len;
  sign(&key, &private_key, 1234, line);
  sign(&other_key, &other_private, 99, other_line);
  (void)snprintf(twice, sizeof(twice), "%s%s", other_line, line);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  fake_log_free(&the_log);
  return 0;
}

static wts_answer read_answer(int status, const char *body) {
  wts_answer a;
  assert_ok(wts_answer_read(status, tacet_span_str(body),
                            tacet_span_of(text, text_len), &key, &a));
  return a;
}

static void statuses(void **state) {
  (void)state;
  static const struct {
    int status;
    const char *body;
    wts_answer_kind kind;
    uint64_t size;
  } rows[] = {
      {200, "", WTS_ANSWER_GARBAGE, 0},
      {200, "ok\n", WTS_ANSWER_GARBAGE, 0},
      {200, "\xe2\x80\x94 w.example AAAA\n", WTS_ANSWER_GARBAGE, 0},
      {409, "12\n", WTS_ANSWER_CONFLICT, 12},
      {409, "0\n", WTS_ANSWER_CONFLICT, 0},
      {409, "9223372036854775807\n", WTS_ANSWER_CONFLICT, INT64_MAX},
      {409, "9223372036854775808\n", WTS_ANSWER_GARBAGE, 0},
      {409, "99999999999999999999\n", WTS_ANSWER_GARBAGE, 0},
      {409, "012\n", WTS_ANSWER_GARBAGE, 0},
      {409, "12", WTS_ANSWER_GARBAGE, 0},
      {409, "-1\n", WTS_ANSWER_GARBAGE, 0},
      {409, "1 \n", WTS_ANSWER_GARBAGE, 0},
      {409, "1\n\n", WTS_ANSWER_GARBAGE, 0},
      {409, "\n", WTS_ANSWER_GARBAGE, 0},
      {409, "", WTS_ANSWER_GARBAGE, 0},
      {403, "", WTS_ANSWER_REFUSED, 0},
      {404, "", WTS_ANSWER_REFUSED, 0},
      {422, "", WTS_ANSWER_CONTRADICTED, 0},
      {429, "", WTS_ANSWER_LATER, 0},
      {500, "", WTS_ANSWER_LATER, 0},
      {503, "", WTS_ANSWER_LATER, 0},
      {204, "", WTS_ANSWER_GARBAGE, 0},
      {206, "", WTS_ANSWER_GARBAGE, 0},
      {302, "", WTS_ANSWER_GARBAGE, 0},
      {400, "", WTS_ANSWER_GARBAGE, 0},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    wts_answer a = read_answer(rows[i].status, rows[i].body);
    if (a.kind != rows[i].kind ||
        (a.kind == WTS_ANSWER_CONFLICT && a.size != rows[i].size)) {
      fail_msg("%d \"%s\": %d", rows[i].status, rows[i].body, (int)a.kind);
    }
  }
}

static void cosignatures(void **state) {
  (void)state;
  wts_answer a = read_answer(200, line);
  assert_int_equal(a.kind, WTS_ANSWER_COSIGNED);
  assert_int_equal(a.time, 1234);
  assert_span(tacet_span_str(line), a.line);
  a = read_answer(200, twice); /* another's stands before it */
  assert_int_equal(a.kind, WTS_ANSWER_COSIGNED);
  assert_span(tacet_span_str(line), a.line);
  assert_int_equal(read_answer(200, other_line).kind, WTS_ANSWER_GARBAGE);
}

/* Every bit of it counts, and every byte. */
static void no_bit_may_differ(void **state) {
  (void)state;
  char bad[512];
  size_t len = strlen(line);
  for (size_t i = 0; i < len; i++) {
    for (int bit = 0; bit < 8; bit++) {
      memcpy(bad, line, len + 1);
      bad[i] = (char)(bad[i] ^ (1 << bit));
      if (bad[i] != '\0') {
        assert_int_equal(read_answer(200, bad).kind, WTS_ANSWER_GARBAGE);
      }
    }
    memcpy(bad, line, i);
    bad[i] = '\0';
    assert_int_equal(read_answer(200, bad).kind, WTS_ANSWER_GARBAGE);
  }
}

static tacet_err answer_step(void *ctx) {
  wts_answer a;
  (void)ctx;
  return wts_answer_read(200, tacet_span_str(twice),
                         tacet_span_of(text, text_len), &key, &a);
}

static void without_memory(void **state) {
  (void)state;
  test_alloc_sweep(answer_step, NULL);
}

/* ---- what they remember ---- */

static wts_memory remembers(fake_log *shown, tacet_span note, uint64_t *size) {
  wts_memory m = WTS_MEMORY_NONE;
  const wts_log log = fake_log_shown(shown);
  assert_ok(wts_memory_read(note, the_log.policy, &log, &m, size));
  return m;
}

static void heads(void **state) {
  (void)state;
  static fake_log now, forked, foreign;
  uint64_t size = 0;
  TACET_BUF(five, 4096);
  TACET_BUF(nine, 4096);
  TACET_BUF(other, 4096);
  TACET_BUF(elsewhere, 4096);
  fake_witness w = {.port = 1};
  w.key = key;
  the_log.policy = fake_policy(&the_log, &w, 1, 1);
  fake_log_note(&the_log, &five);
  now = the_log; /* the same log, later */
  fake_log_grow(&now, 4, 1);
  fake_log_note(&now, &nine);
  forked = the_log; /* as after a backup was restored */
  fake_log_grow(&forked, 4, 2);
  fake_log_note(&forked, &other);
  fake_log_new(&foreign, "log.example");
  fake_log_grow(&foreign, 50, 1);
  fake_log_note(&foreign, &elsewhere);
  assert_int_equal(remembers(&now, tacet_buf_span(&five), &size),
                   WTS_MEMORY_KNOWN);
  assert_int_equal(size, 5);
  assert_int_equal(remembers(&now, tacet_buf_span(&nine), &size),
                   WTS_MEMORY_KNOWN);
  assert_int_equal(remembers(&forked, tacet_buf_span(&five), &size),
                   WTS_MEMORY_KNOWN);
  /* larger than what is here, other at the same size, other below it */
  assert_int_equal(remembers(&the_log, tacet_buf_span(&nine), &size),
                   WTS_MEMORY_FORKED);
  assert_int_equal(size, 9);
  assert_int_equal(remembers(&forked, tacet_buf_span(&nine), &size),
                   WTS_MEMORY_FORKED);
  fake_log_grow(&forked, 10, 2);
  assert_int_equal(remembers(&forked, tacet_buf_span(&nine), &size),
                   WTS_MEMORY_FORKED);
  /* what the log has not signed proves nothing */
  assert_int_equal(remembers(&now, tacet_buf_span(&elsewhere), &size),
                   WTS_MEMORY_NONE);
  assert_int_equal(remembers(&now, TACET_SPAN_LIT("nonsense"), &size),
                   WTS_MEMORY_NONE);
  for (size_t i = 0; i < nine.len; i++) {
    for (uint8_t bit = 1; bit != 0; bit = (uint8_t)(bit << 1)) {
      nine.p[i] ^= bit;
      assert_int_equal(remembers(&the_log, tacet_buf_span(&nine), &size),
                       WTS_MEMORY_NONE);
      nine.p[i] ^= bit;
    }
  }
  fake_log_free(&foreign);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(statuses),
      cmocka_unit_test(cosignatures),
      cmocka_unit_test(no_bit_may_differ),
      cmocka_unit_test(without_memory),
      cmocka_unit_test(heads),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
