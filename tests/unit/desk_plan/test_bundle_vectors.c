/* SPDX-License-Identifier: Apache-2.0
 * Bundles of docs/protocol/vectors/desk-bundle.json, which were made apart from
 * this code, in Python: the bytes of the archive, what checks out and what does
 * not, and what there is to show that those who signed are officers. */
#include "tests/support/support.h"

#include "desk/plan/bundle.h"
#include "desk/store/verify.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

#define VECTORS "docs/protocol/vectors/desk-bundle.json"

static const char *text(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  assert_non_null(t);
  return t;
}

static void files_of(const json_t *row, desk_files *out) {
  const char *name;
  json_t *content;
  json_object_foreach(json_object_get(row, "files"), name, content) {
    assert_ok(
        desk_files_add(out, name, tacet_span_str(json_string_value(content))));
  }
}

/* The archive has the bytes that another program gives it. */
static void same_archive(const json_t *row, const desk_files *files) {
  TACET_BYTES(tar);
  DESK_FILES(again);
  uint8_t hash[32];
  char hex[65];
  assert_ok(desk_tar_write(files, &tar));
  assert_ok(tacet_hash_one(&tacet_hash_sha256, tacet_bytes_span(&tar), hash));
  tacet_hex_write(tacet_span_of(hash, sizeof(hash)), hex);
  assert_string_equal(text(row, "tar_sha256"), hex);
  assert_ok(desk_tar_read(tacet_bytes_span(&tar), &again));
  assert_int_equal(files->n, again.n);
}

static void same_signer(const json_t *want, const desk_signer *got,
                        const desk_shown *shown, size_t n) {
  const desk_shown *found = NULL;
  desk_public_key key;
  assert_string_equal(text(want, "officer"), got->officer);
  assert_ok(desk_public_of_hex(text(want, "key"), &key));
  assert_true(desk_public_equal(&key, &got->key));
  for (size_t i = 0; i < n; i++) {
    found = strcmp(shown[i].name, got->officer) == 0 ? &shown[i] : found;
  }
  if (json_is_null(json_object_get(want, "added"))) {
    assert_null(found);
    return;
  }
  assert_non_null(found);
  char day[DESK_DAY_TEXT], hex[65];
  desk_day_text(found->day.day, day);
  tacet_hex_write(tacet_span_of(found->day.hash.b, 32), hex);
  assert_string_equal(text(want, "added"), day);
  assert_string_equal(text(want, "statement"), hex);
  assert_true(desk_public_equal(&found->key, &got->key));
}

static void officers_of(const json_t *row, const desk_files *files,
                        const desk_bundle_summary *s) {
  const desk_file *f = desk_files_find(files, "officers.json");
  const json_t *signers = json_object_get(row, "signers");
  desk_shown *shown = NULL;
  desk_trouble why = {""};
  size_t n = 0;
  if (f != NULL) {
    json_t *proof = json_loadb((const char *)f->bytes.p, f->bytes.len,
                               JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(proof);
    tacet_err e = desk_officers_check(proof, s->desk_key, &why, &shown, &n);
    json_decref(proof);
    bool good = json_is_true(json_object_get(row, "officers"));
    if ((e == TACET_OK) != good || (!good && e != TACET_ERR_AUTH)) {
      fail_msg("%s: %s %s", text(row, "name"), tacet_err_name(e), why.text);
    }
  }
  for (size_t i = 0; i < json_array_size(signers); i++) {
    same_signer(json_array_get(signers, i), &s->signers[i], shown, n);
  }
  free(shown);
}

static void bundles_of_others(void **state) {
  (void)state;
  json_t *vectors = json_load_file(VECTORS, 0, NULL);
  assert_non_null(vectors);
  const json_t *rows = json_object_get(vectors, "bundles");
  uint8_t desk[32];
  const char *key = text(vectors, "desk_key");
  assert_ok(tacet_hex_read(key, strlen(key), desk, sizeof(desk)));
  assert_true(json_array_size(rows) > 10);
  for (size_t i = 0; i < json_array_size(rows); i++) {
    const json_t *row = json_array_get(rows, i);
    DESK_FILES(files);
    desk_bundle_summary s;
    desk_trouble why = {""};
    files_of(row, &files);
    same_archive(row, &files);
    tacet_err e = desk_bundle_verify(&files, desk, &why, &s);
    bool good = json_is_true(json_object_get(row, "verifies"));
    if ((e == TACET_OK) != good || (!good && e != TACET_ERR_AUTH)) {
      fail_msg("%s: %s %s", text(row, "name"), tacet_err_name(e), why.text);
    }
    if (good) {
      officers_of(row, &files, &s);
    }
  }
  json_decref(vectors);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bundles_of_others)};
  return tacet_crypto_init() != TACET_OK
             ? 1
             : cmocka_run_group_tests(tests, NULL, NULL);
}
