/* SPDX-License-Identifier: Apache-2.0 */
#include "tacet/codec.h"

#include "codec/varint.h"

void tacet_buf_init(tacet_buf *w, size_t max) {
  *w = (tacet_buf){.max = max};
}

void tacet_buf_free(tacet_buf *w) {
  tacet_free_wiped(w->p, w->cap);
  *w = (tacet_buf){.max = w->max};
}

void tacet_buf_clear(tacet_buf *w) {
  tacet_wipe(w->p, w->len);
  w->len = 0;
  w->err = TACET_OK;
}

void tacet_buf_cut(tacet_buf *w, size_t len) {
  TACET_ASSERT(len <= w->len);
  if (len < w->len) {
    tacet_wipe(w->p + len, w->len - len);
  }
  w->len = len;
  w->err = TACET_OK;
}

void tacet_write_fail(tacet_buf *w, tacet_err e) {
  if (w->err == TACET_OK) {
    w->err = e;
  }
}

/* Not realloc(): it may leave the old bytes behind unwiped. */
static bool grow(tacet_buf *w, size_t cap) {
  uint8_t *p = tacet_alloc(cap);
  if (p == NULL) {
    w->err = TACET_ERR_NOMEM;
    return false;
  }
  if (w->len > 0) {
    memcpy(p, w->p, w->len);
  }
  tacet_free_wiped(w->p, w->cap);
  w->p = p;
  w->cap = cap;
  return true;
}

/* The one bounds check of the writer: room for n more, within max. */
static bool make_room(tacet_buf *w, size_t n) {
  if (w->err != TACET_OK) {
    return false;
  }
  if (n > w->max - w->len) {
    w->err = TACET_ERR_LIMIT;
    return false;
  }
  if (n <= w->cap - w->len) {
    return true;
  }
  size_t cap = w->cap < 32 ? 64 : w->cap > w->max / 2 ? w->max : w->cap * 2;
  if (cap < w->len + n) {
    cap = w->len + n;
  }
  return grow(w, cap < w->max ? cap : w->max);
}

uint8_t *tacet_write_space(tacet_buf *w, size_t n) {
  if (!make_room(w, n) || n == 0) {
    return NULL;
  }
  uint8_t *p = w->p + w->len;
  w->len += n;
  return p;
}

void tacet_buf_reserve(tacet_buf *w, size_t n) {
  (void)make_room(w, n);
}

tacet_err tacet_buf_done(const tacet_buf *w, tacet_span *out) {
  TACET_TRY(w->err);
  *out = (tacet_span){w->p, w->len};
  return TACET_OK;
}

tacet_err tacet_buf_take(tacet_buf *w, tacet_bytes *out) {
  TACET_TRY(w->err);
  /* Unwritten capacity is zero, so that wiping len bytes wipes all secrets. */
  tacet_bytes taken = {w->p, w->len};
  if (w->len == 0) {
    tacet_free(w->p);
    taken.p = NULL;
  }
  tacet_bytes_free(out);
  *out = taken;
  *w = (tacet_buf){.max = w->max};
  return TACET_OK;
}

static void write_be(tacet_buf *w, uint64_t v, size_t n) {
  uint8_t *p = tacet_write_space(w, n);
  if (p != NULL) {
    for (size_t i = n; i-- > 0; v >>= 8) {
      p[i] = (uint8_t)v;
    }
  }
}

void tacet_write_u8(tacet_buf *w, uint8_t v) {
  write_be(w, v, 1);
}
void tacet_write_u16(tacet_buf *w, uint16_t v) {
  write_be(w, v, 2);
}
void tacet_write_u32(tacet_buf *w, uint32_t v) {
  write_be(w, v, 4);
}
void tacet_write_u64(tacet_buf *w, uint64_t v) {
  write_be(w, v, 8);
}
void tacet_write_optional(tacet_buf *w, bool present) {
  write_be(w, present ? 1 : 0, 1);
}

void tacet_write_bytes(tacet_buf *w, tacet_span bytes) {
  uint8_t *p = tacet_write_space(w, bytes.len);
  if (p != NULL) {
    memcpy(p, bytes.p, bytes.len);
  }
}

void tacet_write_zeros(tacet_buf *w, size_t n) {
  uint8_t *p = tacet_write_space(w, n);
  if (p != NULL) {
    memset(p, 0, n);
  }
}

void tacet_write_varint(tacet_buf *w, uint32_t v) {
  if (v > TACET_VARINT_MAX) {
    tacet_write_fail(w, TACET_ERR_LIMIT);
    return;
  }
  size_t size = varint_size(v);
  uint32_t prefix = size == 1 ? 0 : size == 2 ? 0x4000 : 0x80000000;
  write_be(w, v | prefix, size);
}

void tacet_write_vec(tacet_buf *w, tacet_span bytes) {
  if (bytes.len > TACET_VARINT_MAX) {
    tacet_write_fail(w, TACET_ERR_LIMIT);
    return;
  }
  tacet_write_varint(w, (uint32_t)bytes.len);
  tacet_write_bytes(w, bytes);
}

/* The header is one byte until close knows how long the body became; most
 * bodies are under 64 bytes, and then nothing moves. */
size_t tacet_write_open(tacet_buf *w) {
  tacet_write_u8(w, 0);
  return w->len;
}

void tacet_write_close(tacet_buf *w, size_t at) {
  if (w->err != TACET_OK) {
    return;
  }
  TACET_ASSERT(at >= 1 && at <= w->len);
  size_t body = w->len - at;
  if (body > TACET_VARINT_MAX) {
    w->err = TACET_ERR_LIMIT;
    return;
  }
  size_t more = varint_size((uint32_t)body) - 1;
  if (more > 0) {
    if (tacet_write_space(w, more) == NULL) {
      return;
    }
    memmove(w->p + at + more, w->p + at, body);
  }
  size_t end = w->len;
  w->len = at - 1;
  tacet_write_varint(w, (uint32_t)body);
  w->len = end;
}
