/* SPDX-License-Identifier: Apache-2.0
 * The memory of results: a chain of blocks. */
#include "client/mem.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>

/* Small results share a block; a large one gets its own. */
#define BLOCK_SIZE ((size_t)4096)

struct client_mem_block {
  struct client_mem_block *next;
  size_t size, used; /* of data */
  alignas(max_align_t) uint8_t data[];
};

static size_t round_up(size_t n) {
  size_t a = alignof(max_align_t);
  return (n + a - 1) / a * a;
}

static struct client_mem_block *block_new(size_t size) {
  if (size > SIZE_MAX - sizeof(struct client_mem_block)) {
    return NULL;
  }
  struct client_mem_block *b = tacet_alloc(sizeof(*b) + size);
  if (b != NULL) {
    b->size = size;
  }
  return b;
}

void *client_mem_alloc(client_mem *m, size_t size) {
  if (size > SIZE_MAX / 2) {
    return NULL;
  }
  size_t need = round_up(size == 0 ? 1 : size);
  struct client_mem_block *b = m->first;
  if (b == NULL || b->size - b->used < need) {
    bool large = need > BLOCK_SIZE / 4;
    b = block_new(large ? need : BLOCK_SIZE);
    if (b == NULL) {
      return NULL;
    }
    if (large && m->first != NULL) { /* keep filling the one that has room */
      b->next = m->first->next;
      m->first->next = b;
    } else {
      b->next = m->first;
      m->first = b;
    }
  }
  void *p = b->data + b->used;
  b->used += need;
  return p;
}

void *client_mem_array(client_mem *m, size_t n, size_t size) {
  if (size != 0 && n > SIZE_MAX / 2 / size) {
    return NULL;
  }
  return client_mem_alloc(m, n * size);
}

tacet_err client_mem_copy(client_mem *m, tacet_span in, tacet_span *out) {
  uint8_t *p = client_mem_alloc(m, in.len + 1);
  if (p == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (in.len > 0) {
    memcpy(p, in.p, in.len);
  }
  *out = tacet_span_of(p, in.len);
  return TACET_OK;
}

tacet_err client_mem_text(client_mem *m, tacet_span in, const char **out) {
  tacet_span copy;
  TACET_TRY(client_mem_copy(m, in, &copy));
  *out = (const char *)copy.p;
  return TACET_OK;
}

tacet_err client_mem_hex(client_mem *m, tacet_span in, const char **out) {
  char *p = client_mem_array(m, in.len + 1, 2);
  if (p == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_hex_write(in, p);
  *out = p;
  return TACET_OK;
}

tacet_err client_mem_printf(client_mem *m, const char **out, const char *format,
                            ...) {
  va_list ap;
  va_start(ap, format);
  int n = vsnprintf(NULL, 0, format, ap);
  va_end(ap);
  char *p = n < 0 ? NULL : client_mem_alloc(m, (size_t)n + 1);
  if (p == NULL) {
    return TACET_ERR_NOMEM;
  }
  va_start(ap, format);
  (void)vsnprintf(p, (size_t)n + 1, format, ap);
  va_end(ap);
  *out = p;
  return TACET_OK;
}

tacet_err client_mem_take(client_mem *m, tacet_buf *w, tacet_span *out) {
  tacet_span all;
  TACET_TRY(tacet_buf_done(w, &all));
  TACET_TRY(client_mem_copy(m, all, out));
  tacet_buf_clear(w);
  return TACET_OK;
}

void client_mem_join(client_mem *m, client_mem *from) {
  struct client_mem_block **end = &m->first;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = from->first;
  from->first = NULL;
}

void client_mem_free(client_mem *m) {
  while (m->first != NULL) {
    struct client_mem_block *b = m->first;
    m->first = b->next;
    tacet_free_wiped(b, sizeof(*b) + b->size);
  }
}
