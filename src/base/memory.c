/* SPDX-License-Identifier: Apache-2.0
 * The one place where the core allocates, and the ways to forget. */
#include "tacet/base.h"

#include <stdlib.h>

static tacet_allocator current;

void tacet_allocator_set(const tacet_allocator *a) {
  current = a == NULL ? (tacet_allocator){NULL, NULL, NULL} : *a;
}

void *tacet_alloc(size_t size) {
  if (current.alloc == NULL) {
    return calloc(1, size == 0 ? 1 : size);
  }
  void *p = current.alloc(current.user, size == 0 ? 1 : size);
  if (p != NULL) {
    memset(p, 0, size);
  }
  return p;
}

void *tacet_alloc_array(size_t n, size_t size) {
  size_t total;
  return __builtin_mul_overflow(n, size, &total) ? NULL : tacet_alloc(total);
}

void tacet_free(void *p) {
  if (p == NULL) {
    return;
  }
  if (current.free == NULL) {
    free(p);
  } else {
    current.free(current.user, p);
  }
}

void tacet_free_wiped(void *p, size_t size) {
  if (p != NULL) {
    tacet_wipe(p, size);
    tacet_free(p);
  }
}

void tacet_wipe(void *p, size_t len) {
  if (len > 0) {
    memset(p, 0, len);
    /* The compiler must assume that this reads *p, so the memset stays. */
    __asm__ __volatile__("" : : "r"(p) : "memory");
  }
}

bool tacet_equal_ct(tacet_span a, tacet_span b) {
  if (a.len != b.len) {
    return false;
  }
  /* volatile: no early exit, however clever the optimiser. */
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < a.len; i++) {
    difference = (uint8_t)(difference | (a.p[i] ^ b.p[i]));
  }
  return difference == 0;
}

int tacet_span_compare(tacet_span a, tacet_span b) {
  size_t common = a.len < b.len ? a.len : b.len;
  int order = common == 0 ? 0 : memcmp(a.p, b.p, common);
  if (order != 0) {
    return order;
  }
  return (a.len > b.len) - (a.len < b.len);
}

void tacet_secret_wipe(tacet_secret *s) {
  tacet_wipe(s, sizeof(*s));
}

tacet_err tacet_secret_set(tacet_secret *s, tacet_span bytes) {
  if (bytes.len > TACET_SECRET_MAX) {
    return TACET_ERR_LIMIT;
  }
  uint8_t copy[TACET_SECRET_MAX] = {0}; /* bytes may lie inside *s */
  if (bytes.len > 0) {
    memcpy(copy, bytes.p, bytes.len);
  }
  memcpy(s->b, copy, sizeof(copy));
  s->len = bytes.len;
  tacet_wipe(copy, sizeof(copy));
  return TACET_OK;
}

tacet_err tacet_bytes_new(tacet_bytes *out, size_t len) {
  uint8_t *p = NULL;
  if (len > 0) {
    p = tacet_alloc(len);
    if (p == NULL) {
      return TACET_ERR_NOMEM;
    }
  }
  tacet_bytes_free(out);
  *out = (tacet_bytes){p, len};
  return TACET_OK;
}

tacet_err tacet_bytes_set(tacet_bytes *out, tacet_span in) {
  tacet_bytes copy = {NULL, 0};
  TACET_TRY(tacet_bytes_new(&copy, in.len));
  if (in.len > 0) {
    memcpy(copy.p, in.p, in.len);
  }
  tacet_bytes_free(out);
  *out = copy;
  return TACET_OK;
}

void tacet_bytes_free(tacet_bytes *b) {
  tacet_free_wiped(b->p, b->len);
  *b = (tacet_bytes){NULL, 0};
}
