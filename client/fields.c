/* SPDX-License-Identifier: Apache-2.0
 * Fields of records, in both directions. */
#include "client/fields.h"

static bool failed(const client_fields *f) {
  return f->err != TACET_OK || (!f->reading && f->w->err != TACET_OK);
}

static void fail(client_fields *f, tacet_err e) {
  if (f->err == TACET_OK) {
    f->err = e;
  }
}

void client_field_version(client_fields *f, uint8_t newest) {
  uint8_t v = newest;
  client_field_u8(f, &v);
  if (f->reading && !failed(f) && (v > newest || v == 0)) {
    fail(f, v == 0 ? TACET_ERR_ENCODING : TACET_ERR_VERSION);
  }
}

void client_field_u8(client_fields *f, uint8_t *v) {
  if (f->reading) {
    *v = tacet_read_u8(&f->r);
  } else {
    tacet_write_u8(f->w, *v);
  }
}

void client_field_bool(client_fields *f, bool *v) {
  if (f->reading) {
    *v = tacet_read_optional(&f->r);
  } else {
    tacet_write_optional(f->w, *v);
  }
}

void client_field_u16(client_fields *f, uint16_t *v) {
  if (f->reading) {
    *v = tacet_read_u16(&f->r);
  } else {
    tacet_write_u16(f->w, *v);
  }
}

void client_field_u32(client_fields *f, uint32_t *v) {
  if (f->reading) {
    *v = tacet_read_u32(&f->r);
  } else {
    tacet_write_u32(f->w, *v);
  }
}

void client_field_u64(client_fields *f, uint64_t *v) {
  if (f->reading) {
    *v = tacet_read_u64(&f->r);
  } else {
    tacet_write_u64(f->w, *v);
  }
}

void client_field_fixed(client_fields *f, uint8_t *v, size_t len) {
  if (f->reading) {
    tacet_read_copy(&f->r, v, len);
  } else {
    tacet_write_bytes(f->w, tacet_span_of(v, len));
  }
}

void client_field_span(client_fields *f, tacet_span *v) {
  if (f->reading) {
    *v = tacet_read_vec(&f->r);
  } else {
    tacet_write_vec(f->w, *v);
  }
}

void client_field_secret(client_fields *f, tacet_secret *v) {
  if (f->reading) {
    tacet_span s = tacet_read_vec_max(&f->r, TACET_SECRET_MAX);
    tacet_err e = tacet_secret_set(v, s);
    if (e != TACET_OK) {
      fail(f, e);
    }
  } else {
    tacet_write_vec(f->w, tacet_secret_span(v));
  }
}

void client_field_text(client_fields *f, const char **v) {
  bool present = *v != NULL;
  client_field_bool(f, &present);
  if (!present) {
    *v = NULL;
    return;
  }
  if (!f->reading) {
    tacet_write_vec(f->w, tacet_span_str(*v));
    return;
  }
  tacet_span s = tacet_read_vec(&f->r);
  if (!failed(f)) {
    fail(f, client_mem_text(f->mem, s, v));
  }
}

void *client_field_array(client_fields *f, void *list, size_t *n, size_t size) {
  uint32_t count = (uint32_t)*n;
  client_field_u32(f, &count);
  if (!f->reading) {
    return list;
  }
  *n = 0;
  if (failed(f)) {
    return NULL;
  }
  if (count > tacet_read_left(&f->r)) {
    fail(f, TACET_ERR_LIMIT);
    return NULL;
  }
  void *p = client_mem_array(f->mem, count, size);
  if (p == NULL) {
    fail(f, TACET_ERR_NOMEM);
    return NULL;
  }
  *n = count;
  return p;
}

tacet_err client_fields_write(tacet_buf *w, client_fields_fn fn, void *record) {
  client_fields f = {.w = w};
  fn(&f, record);
  TACET_TRY(f.err);
  return w->err;
}

tacet_err client_fields_read(tacet_span in, client_fields_fn fn, void *record,
                             size_t size, client_mem *mem) {
  client_fields f = {.reading = true, .mem = mem};
  f.r = tacet_reader_over(in, &f.err);
  memset(record, 0, size);
  fn(&f, record);
  tacet_read_end(&f.r);
  return f.err;
}
