/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/support.h"

void test_expect_err(tacet_err want, tacet_err got, const char *call,
                     const char *file, int line) {
  if (want != got) {
    print_error("%s: expected %s, got %s (%s)\n", call, tacet_err_name(want),
                tacet_err_name(got), tacet_err_text(got));
    _fail(file, line);
  }
}

void test_expect_span(tacet_span want, tacet_span got, const char *what,
                      const char *file, int line) {
  if (tacet_span_equal(want, got)) {
    return;
  }
  size_t at = 0;
  while (at < want.len && at < got.len && want.p[at] == got.p[at]) {
    at++;
  }
  print_error("%s: %zu bytes instead of %zu, first difference at %zu\n", what,
              got.len, want.len, at);
  _fail(file, line);
}

tacet_span test_hex(const char *hex) {
  size_t n = 0;
  char *digits = malloc(strlen(hex) + 1);
  for (const char *c = hex; *c != '\0'; c++) {
    if (*c != ' ' && *c != '\n') {
      digits[n++] = *c;
    }
  }
  uint8_t *out = malloc(n / 2 == 0 ? 1 : n / 2);
  if (tacet_hex_read(digits, n, out, n / 2) != TACET_OK) {
    print_error("bad hex in a test: %s\n", hex);
    abort();
  }
  free(digits);
  return (tacet_span){out, n / 2};
}

void test_hex_free(tacet_span s) {
  union {
    const uint8_t *from;
    uint8_t *to;
  } p = {s.p}; /* the test's own block: const only in the span */
  free(p.to);
}

static struct {
  size_t asked, fail_at, live;
} count;

static void *counted_alloc(void *user, size_t size) {
  (void)user;
  if (count.asked++ == count.fail_at) {
    return NULL;
  }
  count.live++;
  return malloc(size);
}

static void counted_free(void *user, void *p) {
  (void)user;
  count.live--;
  free(p);
}

void test_alloc_fail_at(size_t fail_at) {
  static const tacet_allocator counted = {counted_alloc, counted_free, NULL};
  count.asked = 0;
  count.live = 0;
  count.fail_at = fail_at;
  tacet_allocator_set(&counted);
}

size_t test_alloc_normal(void) {
  tacet_allocator_set(NULL);
  assert_int_equal(count.live, 0);
  return count.asked;
}

void test_alloc_sweep(tacet_err (*step)(void *ctx), void *ctx) {
  for (size_t n = 0;; n++) {
    test_alloc_fail_at(n);
    tacet_err err = step(ctx);
    size_t asked = test_alloc_normal();
    if (asked <= n) {
      assert_ok(err);
      return;
    }
    assert_err(TACET_ERR_NOMEM, err);
  }
}
