/* SPDX-License-Identifier: Apache-2.0
 * Lists of numbers and of extensions. */
#include "mlswire/list.h"

bool tacet_list_advance(tacet_span *list, const tacet_reader *r) {
  if (*r->err != TACET_OK) {
    *list = TACET_SPAN_EMPTY;
    return false;
  }
  *list = tacet_list_of(r);
  return true;
}

/* ---- numbers ---- */

static tacet_span read_numbers(tacet_reader *r, size_t size) {
  tacet_span list = tacet_read_vec(r);
  if (list.len % size != 0) {
    tacet_read_fail(r, TACET_ERR_TRUNCATED);
    return TACET_SPAN_EMPTY;
  }
  return list;
}

tacet_span tacet_u16_list_read(tacet_reader *r) {
  return read_numbers(r, 2);
}
tacet_span tacet_u32_list_read(tacet_reader *r) {
  return read_numbers(r, 4);
}

bool tacet_u16_list_next(tacet_span *list, uint16_t *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  *out = tacet_read_u16(&r);
  return tacet_list_advance(list, &r);
}

bool tacet_u16_list_has(tacet_span list, uint16_t value) {
  for (size_t i = 0; i + 1 < list.len; i += 2) {
    if ((uint16_t)(list.p[i] << 8 | list.p[i + 1]) == value) {
      return true;
    }
  }
  return false;
}

bool tacet_u32_list_next(tacet_span *list, uint32_t *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  *out = tacet_read_u32(&r);
  return tacet_list_advance(list, &r);
}

/* ---- extensions ---- */

static void extension_read(tacet_reader *r, tacet_extension *out) {
  out->type = tacet_read_u16(r);
  out->data = tacet_read_vec(r);
}

/* RFC 9420 13.4: not more than one extension of any given type. */
static void extensions_check(tacet_reader r) {
  uint16_t seen[TACET_EXTENSIONS_MAX];
  for (size_t n = 0; tacet_more(&r); n++) {
    tacet_extension e;
    extension_read(&r, &e);
    if (n == TACET_EXTENSIONS_MAX) {
      tacet_read_fail(&r, TACET_ERR_LIMIT);
      return;
    }
    for (size_t i = 0; i < n; i++) {
      if (seen[i] == e.type) {
        tacet_read_fail(&r, TACET_ERR_EXTENSION);
      }
    }
    seen[n] = e.type;
  }
}

tacet_span tacet_extensions_read(tacet_reader *r) {
  tacet_reader list = tacet_read_vec_of(r);
  extensions_check(list);
  return tacet_list_of(&list);
}

tacet_err tacet_extensions_check(tacet_span list) {
  tacet_err err = TACET_OK;
  extensions_check(tacet_reader_over(list, &err));
  return err;
}

bool tacet_extension_next(tacet_span *list, tacet_extension *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  extension_read(&r, out);
  return tacet_list_advance(list, &r);
}

bool tacet_extension_find(tacet_span list, uint16_t type, tacet_span *data) {
  for (tacet_extension e; tacet_extension_next(&list, &e);) {
    if (e.type == type) {
      *data = e.data;
      return true;
    }
  }
  return false;
}

void tacet_extension_write(tacet_buf *w, uint16_t type, tacet_span data) {
  tacet_write_u16(w, type);
  tacet_write_vec(w, data);
}

tacet_err tacet_required_capabilities_parse(tacet_span data,
                                            tacet_required_capabilities *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(data, &err);
  tacet_required_capabilities c;
  c.extensions = tacet_u16_list_read(&r);
  c.proposals = tacet_u16_list_read(&r);
  c.credentials = tacet_u16_list_read(&r);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = c;
  return TACET_OK;
}

void tacet_required_capabilities_write(tacet_buf *w,
                                       const tacet_required_capabilities *c) {
  tacet_write_vec(w, c->extensions);
  tacet_write_vec(w, c->proposals);
  tacet_write_vec(w, c->credentials);
}

tacet_err tacet_external_pub_parse(tacet_span data, tacet_span *external_pub) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(data, &err);
  tacet_span key = tacet_read_vec(&r);
  tacet_read_end(&r);
  TACET_TRY(err);
  *external_pub = key;
  return TACET_OK;
}
