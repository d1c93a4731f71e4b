/* SPDX-License-Identifier: Apache-2.0
 * What the unit tests share: cmocka with its includes in order, hexadecimal
 * into exact-size heap blocks (so that ASan sees one byte of over-read), and
 * the n-th allocation that fails.
 */
#ifndef TACET_TESTS_SUPPORT_H
#define TACET_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tacet/base.h"
#include "tacet/codec.h"

/* Fails with the error's name, so that a red test says what happened. */
#define assert_ok(call) test_expect_err(TACET_OK, (call), #call, __FILE__, __LINE__)
#define assert_err(want, call)                                                 \
  test_expect_err((want), (call), #call, __FILE__, __LINE__)
void test_expect_err(tacet_err want, tacet_err got, const char *call,
                     const char *file, int line);
#define assert_span(want, got)                                                 \
  test_expect_span((want), (got), #got, __FILE__, __LINE__)
void test_expect_span(tacet_span want, tacet_span got, const char *what,
                      const char *file, int line);

/* A malloc'd block of exactly the bytes that `hex` spells (spaces allowed).
 * Aborts on bad hex. Free the pointer of the span with free(). */
tacet_span test_hex(const char *hex);
void test_hex_free(tacet_span s);

/* Allocations of the core from now on: number `fail_at` (0 is the next) gives
 * NULL, the others work. Returns to normal with test_alloc_normal(), which
 * gives how many allocations were asked for and traps if blocks are left over
 * (leaks) since test_alloc_fail_at(). */
void test_alloc_fail_at(size_t fail_at);
size_t test_alloc_normal(void);

/* Runs step(ctx) with the 0th, 1st, ... allocation failing until it returns
 * TACET_OK without having reached the failure. Every earlier run must return
 * TACET_ERR_NOMEM and leak nothing. */
void test_alloc_sweep(tacet_err (*step)(void *ctx), void *ctx);

#endif
