/* SPDX-License-Identifier: Apache-2.0
 * The age format: keys as texts, a known answer, every length around a chunk,
 * every byte changed and cut; and, where it is installed, the age program
 * itself in both directions. */
#include "desk/plan/age.h"
#include "desk/plan/bech32.h"
#include "tacet/crypto.h"
#include "tests/support/folder.h"
#include "tests/support/support.h"

#include <unistd.h>

#define CHUNK ((size_t)64 * 1024)

/* Made by age-keygen 1.1.1. */
static const char identity_text[] =
    "AGE-SECRET-KEY-"
    "19MJDW4M8TPTJEQM4TM0ZEF2N4ZZ3VZSRUTLY88QT8N7WHVGQ2F5QWY7LG6";
static const char recipient_text[] =
    "age1k2dslpec7tcuuqn7k360v27npxw7lrw8ypcqvenkzxqgxwvxlf6s6px7jh";

static void read_keys(tacet_secret *identity, uint8_t recipient[32]) {
  assert_ok(desk_age_identity_read(identity_text, identity));
  assert_ok(desk_age_recipient_read(recipient_text, recipient));
}

static void test_texts(void **state) {
  (void)state;
  TACET_SECRET(identity);
  uint8_t recipient[32], own[32];
  char text[DESK_AGE_RECIPIENT_TEXT], secret[DESK_AGE_IDENTITY_TEXT];
  read_keys(&identity, recipient);
  assert_ok(desk_age_recipient_of(&identity, own));
  assert_memory_equal(own, recipient, 32);
  desk_age_recipient_text(recipient, text);
  assert_string_equal(text, recipient_text);
  desk_age_identity_text(&identity, secret);
  assert_string_equal(secret, identity_text);
}

/* BIP 173 finds every single wrong character; so is every other case. */
static void test_wrong_texts(void **state) {
  (void)state;
  uint8_t key[32] = {7}, was[32] = {7};
  char text[sizeof(recipient_text) + 1];
  for (size_t i = 0; i < sizeof(recipient_text) - 1; i++) {
    for (int c = 1; c < 128; c++) {
      memcpy(text, recipient_text, sizeof(recipient_text));
      if (text[i] != (char)c) {
        text[i] = (char)c;
        assert_err(TACET_ERR_ENCODING, desk_age_recipient_read(text, key));
      }
    }
    memcpy(text, recipient_text, i);
    text[i] = '\0';
    assert_err(TACET_ERR_ENCODING, desk_age_recipient_read(text, key));
  }
  memcpy(text, recipient_text, sizeof(recipient_text) - 1);
  memcpy(text + sizeof(recipient_text) - 1, "q", 2);
  assert_err(TACET_ERR_ENCODING, desk_age_recipient_read(text, key));
  assert_err(TACET_ERR_ENCODING, desk_age_recipient_read(identity_text, key));
  for (char *c = text; *c != '\0'; c++) {
    *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
  }
  text[sizeof(recipient_text) - 1] = '\0';
  assert_err(TACET_ERR_ENCODING, desk_age_recipient_read(text, key));
  assert_memory_equal(key, was, 32);
  TACET_SECRET(identity);
  assert_err(TACET_ERR_ENCODING,
             desk_age_identity_read(recipient_text, &identity));
  assert_int_equal(0, identity.len);
}

/* Zero and the other points of small order seal to whoever reads. */
static void test_keys_of_everybody(void **state) {
  (void)state;
  static const uint8_t bad[2][32] = {{0}, {1}};
  for (size_t i = 0; i < 2; i++) {
    char text[DESK_AGE_RECIPIENT_TEXT];
    uint8_t key[32];
    desk_age_recipient_text(bad[i], text);
    assert_err(TACET_ERR_ENCODING, desk_age_recipient_read(text, key));
  }
}

static uint8_t counted;
static tacet_err counting(uint8_t *out, size_t len) {
  for (size_t i = 0; i < len; i++) {
    out[i] = counted++;
  }
  return TACET_OK;
}

/* All randomness given: the file is the same byte for byte. */
static void test_known_answer(void **state) {
  (void)state;
  TACET_SECRET(identity);
  TACET_BYTES(sealed);
  uint8_t recipient[32], digest[32];
  char hex[65];
  read_keys(&identity, recipient);
  counted = 0;
  tacet_random_source_set(counting);
  tacet_err err =
      desk_age_seal(recipient, TACET_SPAN_LIT("two dates\n"), &sealed);
  tacet_random_source_set(NULL);
  assert_ok(err);
  assert_ok(
      tacet_hash_one(&tacet_hash_sha256, tacet_bytes_span(&sealed), digest));
  tacet_hex_write(tacet_span_of(digest, 32), hex);
  assert_string_equal(
      hex, "38d020bc4b546db32c8e8964a5674506b6c59e387dea0f4bb06b6524d337a564");
}

static void test_lengths(void **state) {
  (void)state;
  static const size_t lengths[] = {0,
                                   1,
                                   63,
                                   CHUNK - 1,
                                   CHUNK,
                                   CHUNK + 1,
                                   2 * CHUNK,
                                   2 * CHUNK + 1,
                                   3 * CHUNK - 1};
  TACET_SECRET(identity);
  uint8_t recipient[32];
  read_keys(&identity, recipient);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    TACET_BYTES(plain);
    TACET_BYTES(sealed);
    TACET_BYTES(again);
    assert_ok(tacet_bytes_new(&plain, lengths[i]));
    assert_true(lengths[i] == 0 ||
                tacet_random(plain.p, plain.len) == TACET_OK);
    assert_ok(desk_age_seal(recipient, tacet_bytes_span(&plain), &sealed));
    assert_ok(desk_age_open(&identity, tacet_bytes_span(&sealed), &again));
    assert_span(tacet_bytes_span(&plain), tacet_bytes_span(&again));
  }
}

static void test_changed(void **state) {
  (void)state;
  TACET_SECRET(identity);
  TACET_BYTES(sealed);
  TACET_BYTES(out);
  uint8_t recipient[32];
  read_keys(&identity, recipient);
  assert_ok(desk_age_seal(recipient, TACET_SPAN_LIT("two dates"), &sealed));
  for (size_t i = 0; i < sealed.len; i++) {
    for (unsigned bit = 0; bit < 8; bit++) {
      sealed.p[i] = (uint8_t)(sealed.p[i] ^ 1u << bit);
      assert_true(desk_age_open(&identity, tacet_bytes_span(&sealed), &out) !=
                  TACET_OK);
      sealed.p[i] = (uint8_t)(sealed.p[i] ^ 1u << bit);
    }
    uint8_t *copy = malloc(i + 1);
    assert_non_null(copy);
    memcpy(copy, sealed.p, i);
    assert_true(desk_age_open(&identity, tacet_span_of(copy, i), &out) !=
                TACET_OK);
    free(copy);
  }
  assert_null(out.p);
}

/* Chunks of a longer file: dropped at the end, swapped, doubled. */
static void test_chunks(void **state) {
  (void)state;
  TACET_SECRET(identity);
  TACET_BYTES(plain);
  TACET_BYTES(sealed);
  TACET_BYTES(out);
  uint8_t recipient[32];
  read_keys(&identity, recipient);
  assert_ok(tacet_bytes_new(&plain, 3 * CHUNK));
  assert_ok(desk_age_seal(recipient, tacet_bytes_span(&plain), &sealed));
  size_t one = CHUNK + 16;
  assert_err(TACET_ERR_AUTH,
             desk_age_open(&identity, tacet_span_of(sealed.p, sealed.len - one),
                           &out));
  uint8_t *first = sealed.p + sealed.len - 3 * one;
  TACET_BYTES(kept);
  assert_ok(tacet_bytes_set(&kept, tacet_span_of(first, one)));
  memcpy(first, first + one, one);
  assert_err(TACET_ERR_AUTH,
             desk_age_open(&identity, tacet_bytes_span(&sealed), &out));
  memcpy(first + one, kept.p, one);
  assert_err(TACET_ERR_AUTH,
             desk_age_open(&identity, tacet_bytes_span(&sealed), &out));
}

static void test_for_others(void **state) {
  (void)state;
  TACET_SECRET(identity);
  TACET_SECRET(other);
  TACET_BYTES(sealed);
  TACET_BYTES(out);
  uint8_t recipient[32];
  read_keys(&identity, recipient);
  other.len = 32;
  assert_ok(tacet_random(other.b, 32));
  assert_ok(desk_age_seal(recipient, TACET_SPAN_LIT("x"), &sealed));
  assert_err(TACET_ERR_AUTH,
             desk_age_open(&other, tacet_bytes_span(&sealed), &out));
  assert_err(TACET_ERR_TRUNCATED,
             desk_age_open(&identity, TACET_SPAN_LIT("age-encryption"), &out));
  assert_err(TACET_ERR_ENCODING,
             desk_age_open(&identity, TACET_SPAN_LIT("a zip file\n"), &out));
}

static tacet_err seal_and_open(void *ctx) {
  TACET_SECRET(identity);
  TACET_BYTES(sealed);
  TACET_BYTES(out);
  uint8_t recipient[32];
  (void)ctx;
  TACET_TRY(desk_age_identity_read(identity_text, &identity));
  TACET_TRY(desk_age_recipient_read(recipient_text, recipient));
  TACET_TRY(desk_age_seal(recipient, TACET_SPAN_LIT("x"), &sealed));
  return desk_age_open(&identity, tacet_bytes_span(&sealed), &out);
}

static void test_memory(void **state) {
  (void)state;
  test_alloc_sweep(seal_and_open, NULL);
}

/* ---- the age program ---- */

static void write_file(const char *path, tacet_span bytes) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(bytes.len, fwrite(bytes.p, 1, bytes.len, f));
  assert_int_equal(0, fclose(f));
}

static void run(const char *folder, const char *command) {
  char line[2 * TEST_PATH_MAX];
  (void)snprintf(line, sizeof(line), "cd '%s' && %s", folder, command);
  assert_int_equal(0, system(line));
}

static void test_age_program(void **state) {
  (void)state;
  if (access("/usr/bin/age", X_OK) != 0) {
    skip();
  }
  TACET_SECRET(identity);
  TACET_BYTES(plain);
  TACET_BYTES(sealed);
  TACET_BYTES(out);
  char folder[TEST_PATH_MAX], path[TEST_PATH_MAX];
  uint8_t recipient[32];
  read_keys(&identity, recipient);
  assert_ok(tacet_bytes_new(&plain, 2 * CHUNK + 77));
  assert_ok(tacet_random(plain.p, plain.len));
  assert_ok(desk_age_seal(recipient, tacet_bytes_span(&plain), &sealed));
  test_folder_make(folder);
  test_folder_path(folder, "key", path);
  write_file(path, tacet_span_str(identity_text));
  test_folder_path(folder, "plain", path);
  write_file(path, tacet_bytes_span(&plain));
  test_folder_path(folder, "ours", path);
  write_file(path, tacet_bytes_span(&sealed));
  run(folder, "/usr/bin/age -d -i key -o got ours && cmp got plain");
  char line[256];
  /* For two, of whom the second is ours: a stanza to step over. */
  (void)snprintf(line, sizeof(line),
                 "/usr/bin/age-keygen -o other 2>/dev/null &&"
                 " /usr/bin/age -r $(/usr/bin/age-keygen -y other) -r %s"
                 " -o theirs plain",
                 recipient_text);
  run(folder, line);
  test_folder_path(folder, "theirs", path);
  size_t len = test_file_size(path);
  assert_ok(tacet_bytes_new(&sealed, len));
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  assert_int_equal(len, fread(sealed.p, 1, len, f));
  assert_int_equal(0, fclose(f));
  assert_ok(desk_age_open(&identity, tacet_bytes_span(&sealed), &out));
  assert_span(tacet_bytes_span(&plain), tacet_bytes_span(&out));
  test_folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts),
                                     cmocka_unit_test(test_wrong_texts),
                                     cmocka_unit_test(test_keys_of_everybody),
                                     cmocka_unit_test(test_known_answer),
                                     cmocka_unit_test(test_lengths),
                                     cmocka_unit_test(test_changed),
                                     cmocka_unit_test(test_chunks),
                                     cmocka_unit_test(test_for_others),
                                     cmocka_unit_test(test_memory),
                                     cmocka_unit_test(test_age_program)};
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
