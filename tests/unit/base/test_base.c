/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/support.h"

static void every_error_has_a_name_a_text_and_a_kind(void **state) {
  (void)state;
  static const tacet_err all[] = {
#define X(name, value, text) TACET_ERR_##name,
      TACET_ERR_MAP(X)
#undef X
  };
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    assert_string_not_equal(tacet_err_name(all[i]), "?");
    assert_true(strlen(tacet_err_text(all[i])) > 5);
    tacet_kind kind = tacet_err_kind(all[i]);
    assert_in_range(kind, TACET_KIND_LOCAL, TACET_KIND_PEER);
    for (size_t j = 0; j < i; j++) {
      assert_int_not_equal(all[i], all[j]);
    }
  }
  assert_string_equal(tacet_err_name((tacet_err)999), "?");
  assert_int_equal(tacet_err_kind(TACET_OK), TACET_KIND_OK);
}

static void comparison_looks_at_every_byte_and_the_length(void **state) {
  (void)state;
  uint8_t a[33], b[33];
  memset(a, 7, sizeof(a));
  memset(b, 7, sizeof(b));
  assert_true(tacet_equal_ct(tacet_span_of(a, 33), tacet_span_of(b, 33)));
  for (size_t i = 0; i < sizeof(a); i++) {
    b[i] ^= 0x80;
    assert_false(tacet_equal_ct(tacet_span_of(a, 33), tacet_span_of(b, 33)));
    b[i] ^= 0x80;
  }
  assert_false(tacet_equal_ct(tacet_span_of(a, 33), tacet_span_of(b, 32)));
  assert_true(tacet_equal_ct(TACET_SPAN_EMPTY, TACET_SPAN_EMPTY));
}

static void spans_sort_like_words(void **state) {
  (void)state;
  static const char *const sorted[] = {"", "a", "aa", "ab", "b", "ba"};
  for (size_t i = 0; i < 6; i++) {
    for (size_t j = 0; j < 6; j++) {
      int order = tacet_span_compare(tacet_span_str(sorted[i]),
                                     tacet_span_str(sorted[j]));
      assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
    }
  }
}

static void secret_is_wiped_by_scope(void **state) {
  (void)state;
  tacet_secret s = {.len = 0};
  assert_ok(tacet_secret_set(&s, TACET_SPAN_LIT("secret")));
  tacet_secret_wipe(&s);
  static const tacet_secret zero;
  assert_memory_equal(&s, &zero, sizeof(s));
  uint8_t big[TACET_SECRET_MAX + 1] = {1};
  assert_err(TACET_ERR_LIMIT, tacet_secret_set(&s, tacet_span_of(big, sizeof(big))));
  assert_memory_equal(&s, &zero, sizeof(s));
  /* From inside itself, and shorter than what was there: nothing stays. */
  assert_ok(tacet_secret_set(&s, TACET_SPAN_LIT("abcdef")));
  assert_ok(tacet_secret_set(&s, tacet_span_of(s.b + 2, 2)));
  assert_span(TACET_SPAN_LIT("cd"), tacet_secret_span(&s));
  assert_int_equal(s.b[2], 0);
}

/* What memory held when it was given back. */
static uint8_t last_freed[64];
static size_t alloc_size;
static void *watched_alloc(void *user, size_t size) {
  (void)user;
  alloc_size = size;
  return malloc(size);
}
static void watched_free(void *user, void *p) {
  (void)user;
  memcpy(last_freed, p, alloc_size < 64 ? alloc_size : 64);
  free(p);
}

static void bytes_are_wiped_before_they_are_freed(void **state) {
  (void)state;
  static const tacet_allocator watched = {watched_alloc, watched_free, NULL};
  static const uint8_t zero[6];
  tacet_allocator_set(&watched);
  tacet_bytes b = {NULL, 0};
  tacet_err err = tacet_bytes_set(&b, TACET_SPAN_LIT("secret"));
  memset(last_freed, 0xff, sizeof(last_freed));
  tacet_bytes_free(&b);
  tacet_allocator_set(NULL);
  assert_ok(err);
  assert_memory_equal(last_freed, zero, 6);
  assert_null(b.p);
}

static void allocation_refuses_overflow(void **state) {
  (void)state;
  assert_null(tacet_alloc_array(SIZE_MAX / 2, 3));
  uint8_t *p = tacet_alloc_array(0, 8);
  assert_non_null(p);
  tacet_free(p);
  tacet_free(NULL);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_error_has_a_name_a_text_and_a_kind),
      cmocka_unit_test(comparison_looks_at_every_byte_and_the_length),
      cmocka_unit_test(spans_sort_like_words),
      cmocka_unit_test(secret_is_wiped_by_scope),
      cmocka_unit_test(bytes_are_wiped_before_they_are_freed),
      cmocka_unit_test(allocation_refuses_overflow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
