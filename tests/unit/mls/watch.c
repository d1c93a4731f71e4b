/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mls/watch.h"

#include "tests/support/support.h"

typedef struct block {
  struct block *before, *after;
  size_t size;
  uint8_t bytes[];
} block;

#define MARKS_MAX 64

static struct {
  block *first;
  size_t n_blocks, spilt, n_marks;
  struct {
    uint8_t bytes[64];
    size_t len;
  } mark[MARKS_MAX];
} heap;

bool watch_holds(tacet_span where, tacet_span secret) {
  assert_true(secret.len >= 16); /* else chance would find it */
  for (size_t i = 0; i + secret.len <= where.len; i++) {
    if (memcmp(where.p + i, secret.p, secret.len) == 0) {
      return true;
    }
  }
  return false;
}

static void *watched_alloc(void *user, size_t size) {
  (void)user;
  block *b = malloc(sizeof(*b) + size);
  if (b == NULL) {
    return NULL;
  }
  memset(b->bytes, 0xa5, size);
  b->size = size;
  b->before = NULL;
  b->after = heap.first;
  if (heap.first != NULL) {
    heap.first->before = b;
  }
  heap.first = b;
  heap.n_blocks++;
  return b->bytes;
}

static void watched_free(void *user, void *p) {
  (void)user;
  if (p == NULL) {
    return;
  }
  block *b = (block *)(void *)((uint8_t *)p - offsetof(block, bytes));
  for (size_t i = 0; i < heap.n_marks; i++) {
    heap.spilt +=
        watch_holds(tacet_span_of(b->bytes, b->size),
                    tacet_span_of(heap.mark[i].bytes, heap.mark[i].len));
  }
  if (b->before != NULL) {
    b->before->after = b->after;
  } else {
    heap.first = b->after;
  }
  if (b->after != NULL) {
    b->after->before = b->before;
  }
  heap.n_blocks--;
  free(b);
}

void watch_start(void) {
  static const tacet_allocator watched = {watched_alloc, watched_free, NULL};
  memset(&heap, 0, sizeof(heap));
  tacet_allocator_set(&watched);
}

void watch_stop(void) {
  tacet_allocator_set(NULL);
  assert_int_equal(heap.n_blocks, 0);
}

size_t watch_find(tacet_span secret) {
  size_t n = 0;
  for (const block *b = heap.first; b != NULL; b = b->after) {
    n += watch_holds(tacet_span_of(b->bytes, b->size), secret);
  }
  return n;
}

void watch_mark(tacet_span secret) {
  assert_true(heap.n_marks < MARKS_MAX && secret.len <= 64);
  memcpy(heap.mark[heap.n_marks].bytes, secret.p, secret.len);
  heap.mark[heap.n_marks++].len = secret.len;
}

size_t watch_spilt(void) {
  return heap.spilt;
}
