/* SPDX-License-Identifier: Apache-2.0
 * Keys in files: there and back, wrapped and not, and what is none. */
#include "tests/support/support.h"

#include "desk/store/key.h"
#include "tacet/crypto.h"
#include "tests/support/folder.h"

#include <string.h>
#include <sys/stat.h>

static char folder[TEST_PATH_MAX], path[TEST_PATH_MAX],
    public_path[TEST_PATH_MAX];

static int setup(void **state) {
  (void)state;
  assert_ok(tacet_crypto_init());
  test_folder_make(folder);
  test_folder_path(folder, "ann", path);
  test_folder_path(folder, "ann.pub", public_path);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  test_folder_remove(folder);
  return 0;
}

static bool says(void *user, char *out, size_t cap) {
  (void)snprintf(out, cap, "%s", (const char *)user);
  return true;
}

static void write_file(const char *where, const char *text) {
  FILE *f = fopen(where, "w");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(0, fclose(f));
}

static void there_and_back(void **state) {
  (void)state;
  DESK_KEY(k);
  DESK_KEY(again);
  desk_trouble why = {""};
  uint8_t public_key[DESK_KEY_LEN], sig[DESK_SIGNATURE_LEN];
  struct stat st;
  assert_ok(desk_key_generate(&k));
  assert_ok(desk_key_write(&k, path, TACET_SPAN_EMPTY, &why));
  assert_int_equal(0, stat(path, &st));
  assert_int_equal(0600, st.st_mode & 0777);
  assert_err(TACET_ERR_EXISTS,
             desk_key_write(&k, path, TACET_SPAN_EMPTY, &why));
  assert_ok(desk_key_load(path, NULL, &why, &again));
  assert_memory_equal(k.public_key, again.public_key, DESK_KEY_LEN);
  assert_true(tacet_secret_equal(&k.private_key, &again.private_key));
  assert_ok(desk_key_load_public(public_path, &why, public_key));
  assert_memory_equal(k.public_key, public_key, DESK_KEY_LEN);
  assert_ok(desk_key_sign(&k, "DeskTest", TACET_SPAN_LIT("yes"), sig));
  tacet_span s = tacet_span_of(sig, sizeof(sig));
  assert_ok(desk_key_verify(public_key, "DeskTest", TACET_SPAN_LIT("yes"), s));
  assert_err(TACET_ERR_AUTH,
             desk_key_verify(public_key, "DeskTest", TACET_SPAN_LIT("no"), s));
  assert_err(TACET_ERR_AUTH, desk_key_verify(public_key, "DeskOther",
                                             TACET_SPAN_LIT("yes"), s));
}

static void wrapped(void **state) {
  (void)state;
  DESK_KEY(k);
  DESK_KEY(again);
  desk_trouble why = {""};
  char right[] = "correct horse", wrong[] = "correct house";
  desk_passphrase asks = {says, right};
  assert_ok(desk_key_generate(&k));
  assert_ok(desk_key_write(&k, path, tacet_span_str(right), &why));
  assert_int_equal(
      0, test_folder_count(folder, tacet_span_of(k.private_key.b, 32)));
  assert_ok(desk_key_load(path, &asks, &why, &again));
  assert_true(tacet_secret_equal(&k.private_key, &again.private_key));
  asks.user = wrong;
  again.public_key[0] ^= 1;
  uint8_t before = again.public_key[0];
  assert_err(TACET_ERR_AUTH, desk_key_load(path, &asks, &why, &again));
  assert_err(TACET_ERR_AUTH, desk_key_load(path, NULL, &why, &again));
  assert_int_equal(before, again.public_key[0]);
  assert_non_null(strstr(why.text, "passphrase"));
}

static void what_is_none(void **state) {
  (void)state;
  static const char *const secrets[] = {
      "",
      "\n",
      "tacet-desk-secret v1 plain\n",
      "tacet-desk-secret v1 plain AAAA\n",
      "tacet-desk-secret v2 plain "
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
      "tacet-desk-secret v1 plain "
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n", /* unused bits */
      "tacet-desk-secret v1 wrapped 3 65536 AAAA AAAA\n",
      "tacet-desk-key v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"};
  DESK_KEY(k);
  desk_trouble why = {""};
  uint8_t public_key[DESK_KEY_LEN];
  assert_err(TACET_ERR_NOT_FOUND, desk_key_load(path, NULL, &why, &k));
  for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
    write_file(path, secrets[i]);
    assert_err(TACET_ERR_ENCODING, desk_key_load(path, NULL, &why, &k));
    assert_non_null(strstr(why.text, "tacet-desk key new"));
  }
  /* The wrong one of the pair. */
  write_file(path, secrets[3]);
  assert_err(TACET_ERR_ENCODING, desk_key_load_public(path, &why, public_key));
}

/* Nobody writes to the pipe: a program that opened it as a file would hang. */
static void what_is_no_file(void **state) {
  (void)state;
  DESK_KEY(k);
  uint8_t public_key[DESK_KEY_LEN];
  char pipe[TEST_PATH_MAX];
  test_folder_path(folder, "pipe", pipe);
  assert_int_equal(0, mkfifo(pipe, 0600));
  const char *const paths[] = {pipe, folder, "/dev/null", "/dev/zero"};
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
    desk_trouble why = {""};
    assert_err(TACET_ERR_ARGUMENT, desk_key_load(paths[i], NULL, &why, &k));
    assert_non_null(strstr(why.text, "is not a file"));
    why.text[0] = '\0';
    assert_err(TACET_ERR_ARGUMENT,
               desk_key_load_public(paths[i], &why, public_key));
    assert_non_null(strstr(why.text, "is not a file"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(there_and_back, setup, teardown),
      cmocka_unit_test_setup_teardown(wrapped, setup, teardown),
      cmocka_unit_test_setup_teardown(what_is_none, setup, teardown),
      cmocka_unit_test_setup_teardown(what_is_no_file, setup, teardown)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
