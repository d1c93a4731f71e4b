/* SPDX-License-Identifier: Apache-2.0
 * Deterministic CBOR: heads, strings, items that are taken whole. */
#include "tacet/codec/cbor.h"

tacet_cbor_type tacet_cbor_peek(const tacet_reader *r) {
  return *r->err != TACET_OK || r->p == r->end ? TACET_CBOR_UINT
                                               : (tacet_cbor_type)(*r->p >> 5);
}

static uint64_t be(tacet_span s) {
  uint64_t v = 0;
  for (size_t i = 0; i < s.len; i++) {
    v = v << 8 | s.p[i];
  }
  return v;
}

/* A form of IEEE 754: bits of exponent and mantissa, and of the next shorter
 * form. */
typedef struct float_form {
  unsigned exponent, mantissa, short_exponent, short_mantissa;
} float_form;

/* Would the shorter form hold the same value? Infinities, zeros and NaNs whose
 * payload fits count as values like others. */
static bool fits_shorter(uint64_t v, const float_form *f) {
  const uint64_t one = 1;
  uint64_t all_ones = (one << f->exponent) - 1;
  uint64_t exponent = v >> f->mantissa & all_ones;
  uint64_t mantissa = v & ((one << f->mantissa) - 1);
  unsigned drop = f->mantissa - f->short_mantissa;
  int bias = (1 << (f->exponent - 1)) - 1;
  int short_bias = (1 << (f->short_exponent - 1)) - 1;
  int e = (int)exponent - bias;
  if (exponent == 0) { /* zero; subnormals are too small for it */
    return mantissa == 0;
  }
  if (exponent != all_ones && e > short_bias) {
    return false;
  }
  if (e < 1 - short_bias) { /* a subnormal there: it has fewer bits */
    drop += (unsigned)(1 - short_bias - e);
  }
  return drop <= f->mantissa && (mantissa & ((one << drop) - 1)) == 0;
}

static bool is_shortest_float(uint8_t info, uint64_t v) {
  static const float_form single = {8, 23, 5, 10}, twice = {11, 52, 8, 23};
  return info == 25 || !fits_shorter(v, info == 26 ? &single : &twice);
}

/* The head of an item: its type and argument, in the shortest form (RFC 8949
 * 4.2.1). Indefinite lengths are refused. */
static uint64_t read_head(tacet_reader *r, tacet_cbor_type *type) {
  static const uint64_t least[] = {24, 0x100, 0x10000, 0x100000000};
  uint8_t first = tacet_read_u8(r);
  uint8_t info = first & 31;
  *type = (tacet_cbor_type)(first >> 5);
  if (info < 24) {
    return info;
  }
  if (info > 27) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
    return 0;
  }
  uint64_t v = be(tacet_read_bytes(r, (size_t)1 << (info - 24)));
  /* Floats are simple values with their own lengths. */
  bool is_float = *type == TACET_CBOR_SIMPLE && info > 24;
  uint64_t min = *type == TACET_CBOR_SIMPLE ? 32 : least[info - 24];
  bool shortest = is_float ? is_shortest_float(info, v) : v >= min;
  if (*r->err == TACET_OK && !shortest) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return *r->err == TACET_OK ? v : 0;
}

static uint64_t read_of(tacet_reader *r, tacet_cbor_type want) {
  tacet_cbor_type type;
  uint64_t v = read_head(r, &type);
  if (*r->err == TACET_OK && type != want) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return *r->err == TACET_OK ? v : 0;
}

uint64_t tacet_cbor_read_uint(tacet_reader *r) {
  return read_of(r, TACET_CBOR_UINT);
}

static tacet_span read_string(tacet_reader *r, tacet_cbor_type type) {
  uint64_t n = read_of(r, type);
  if (n > tacet_read_left(r)) {
    tacet_read_fail(r, TACET_ERR_TRUNCATED);
    return TACET_SPAN_EMPTY;
  }
  return tacet_read_bytes(r, (size_t)n);
}

tacet_span tacet_cbor_read_bytes(tacet_reader *r) {
  return read_string(r, TACET_CBOR_BYTES);
}

tacet_span tacet_cbor_read_text(tacet_reader *r) {
  return read_string(r, TACET_CBOR_TEXT);
}

bool tacet_cbor_read_bool(tacet_reader *r) {
  uint8_t v = tacet_read_u8(r);
  if (v != 0xf4 && v != 0xf5) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return *r->err == TACET_OK && v == 0xf5;
}

bool tacet_cbor_read_null(tacet_reader *r) {
  if (*r->err != TACET_OK || r->p == r->end || *r->p != 0xf6) {
    return false;
  }
  r->p++;
  return true;
}

static size_t read_count(tacet_reader *r, tacet_cbor_type type, size_t max) {
  uint64_t n = read_of(r, type);
  if (n > max) {
    tacet_read_fail(r, TACET_ERR_LIMIT);
    return 0;
  }
  return (size_t)n;
}

size_t tacet_cbor_read_array(tacet_reader *r, size_t max) {
  return read_count(r, TACET_CBOR_ARRAY, max);
}

size_t tacet_cbor_read_map(tacet_reader *r, size_t max) {
  return read_count(r, TACET_CBOR_MAP, max);
}

/* What is still to come of an array, map or tag. */
typedef struct level {
  uint64_t left; /* items; a map has two for each pair */
  bool is_map;
  tacet_span last_key;
  const uint8_t *key_from; /* of the key that is being read, or NULL */
} level;

/* An item of this level has ended: keys must ascend (RFC 8949 4.2.1). */
static void end_item(tacet_reader *r, level *l) {
  l->left--;
  if (l->is_map && l->key_from != NULL) {
    tacet_span key = tacet_read_since(r, l->key_from);
    if (l->last_key.p != NULL && tacet_span_compare(l->last_key, key) >= 0) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
    }
    l->last_key = key;
    l->key_from = NULL;
  }
}

/* Takes an item's head and strings; true if it holds `*inner` further items. */
static bool open_item(tacet_reader *r, uint64_t *inner, bool *is_map) {
  tacet_cbor_type type;
  uint64_t n = read_head(r, &type);
  *inner = 0;
  *is_map = type == TACET_CBOR_MAP;
  switch (type) {
  case TACET_CBOR_BYTES:
  case TACET_CBOR_TEXT:
    if (n > tacet_read_left(r)) {
      tacet_read_fail(r, TACET_ERR_TRUNCATED);
    } else {
      (void)tacet_read_bytes(r, (size_t)n);
    }
    return false;
  case TACET_CBOR_ARRAY:
  case TACET_CBOR_MAP:
    if (n > tacet_read_left(r)) { /* each item has a byte at least */
      tacet_read_fail(r, TACET_ERR_TRUNCATED);
      return false;
    }
    *inner = *is_map ? n * 2 : n;
    return *inner > 0;
  case TACET_CBOR_TAG:
    *inner = 1;
    return true;
  case TACET_CBOR_UINT:
  case TACET_CBOR_NEGATIVE:
  case TACET_CBOR_SIMPLE:
    return false;
  }
  return false;
}

tacet_span tacet_cbor_read_any(tacet_reader *r) {
  const uint8_t *from = r->p;
  level stack[TACET_CBOR_DEPTH_MAX + 1] = {{.left = 1}};
  size_t depth = 0;
  while (*r->err == TACET_OK) {
    level *l = &stack[depth];
    if (l->left == 0) {
      if (depth == 0) {
        break;
      }
      end_item(r, &stack[--depth]);
      continue;
    }
    if (l->is_map && l->left % 2 == 0) {
      l->key_from = r->p;
    }
    uint64_t inner;
    bool is_map;
    if (!open_item(r, &inner, &is_map)) {
      end_item(r, l);
    } else if (depth == TACET_CBOR_DEPTH_MAX) {
      tacet_read_fail(r, TACET_ERR_LIMIT);
    } else {
      stack[++depth] = (level){.left = inner, .is_map = is_map};
    }
  }
  return *r->err == TACET_OK ? tacet_read_since(r, from) : TACET_SPAN_EMPTY;
}

static void write_head(tacet_buf *w, tacet_cbor_type type, uint64_t v) {
  uint8_t major = (uint8_t)((unsigned)type << 5);
  if (v < 24) {
    tacet_write_u8(w, (uint8_t)(major | v));
  } else if (v < 0x100) {
    tacet_write_u8(w, major | 24);
    tacet_write_u8(w, (uint8_t)v);
  } else if (v < 0x10000) {
    tacet_write_u8(w, major | 25);
    tacet_write_u16(w, (uint16_t)v);
  } else if (v < 0x100000000) {
    tacet_write_u8(w, major | 26);
    tacet_write_u32(w, (uint32_t)v);
  } else {
    tacet_write_u8(w, major | 27);
    tacet_write_u64(w, v);
  }
}

void tacet_cbor_write_uint(tacet_buf *w, uint64_t v) {
  write_head(w, TACET_CBOR_UINT, v);
}
void tacet_cbor_write_bytes(tacet_buf *w, tacet_span s) {
  write_head(w, TACET_CBOR_BYTES, s.len);
  tacet_write_bytes(w, s);
}
void tacet_cbor_write_text(tacet_buf *w, tacet_span s) {
  write_head(w, TACET_CBOR_TEXT, s.len);
  tacet_write_bytes(w, s);
}
void tacet_cbor_write_bool(tacet_buf *w, bool v) {
  tacet_write_u8(w, v ? 0xf5 : 0xf4);
}
void tacet_cbor_write_null(tacet_buf *w) { tacet_write_u8(w, 0xf6); }
void tacet_cbor_write_array(tacet_buf *w, size_t n) {
  write_head(w, TACET_CBOR_ARRAY, n);
}
void tacet_cbor_write_map(tacet_buf *w, size_t n) {
  write_head(w, TACET_CBOR_MAP, n);
}
