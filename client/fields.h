/* SPDX-License-Identifier: Apache-2.0
 * client/fields.h -- one list of fields both writes a record and reads it, so
 * that the two cannot differ.
 *
 * A record's function names its fields one after the other; each call writes
 * the field or fills it, as `reading` says. Spans that were read lie in the
 * client_mem that the value lies in. Errors are sticky, as in tacet/codec.h.
 */
#ifndef TACET_CLIENT_FIELDS_H
#define TACET_CLIENT_FIELDS_H

#include "client/mem.h"
#include "tacet/codec.h"

typedef struct client_fields {
  bool reading;
  tacet_err err;
  tacet_buf *w;
  tacet_reader r;
  client_mem *mem; /* for strings and arrays that are read */
} client_fields;

/* For a record's first field: its version. Reading a newer one is VERSION. */
void client_field_version(client_fields *f, uint8_t newest);
void client_field_bool(client_fields *f, bool *v);
void client_field_u8(client_fields *f, uint8_t *v);
void client_field_u16(client_fields *f, uint16_t *v);
void client_field_u32(client_fields *f, uint32_t *v);
void client_field_u64(client_fields *f, uint64_t *v);
void client_field_fixed(client_fields *f, uint8_t *v, size_t len);
void client_field_span(client_fields *f, tacet_span *v);
void client_field_secret(client_fields *f, tacet_secret *v);
/* NULL stays NULL. */
void client_field_text(client_fields *f, const char **v);
/* An array of elements that take `size` bytes in memory and at least one on the
 * disk: its count is written, or read and the array allocated. Gives the array;
 * the caller then visits its *n elements. */
TACET_MUST_CHECK void *client_field_array(client_fields *f, void *list,
                                          size_t *n, size_t size);

typedef void (*client_fields_fn)(client_fields *f, void *record);
#define CLIENT_RECORD_MAX ((size_t)16 << 20)
TACET_MUST_CHECK tacet_err client_fields_write(tacet_buf *w,
                                               client_fields_fn fn,
                                               void *record);
/* The record is zeroed first. */
TACET_MUST_CHECK tacet_err client_fields_read(tacet_span in,
                                              client_fields_fn fn, void *record,
                                              size_t size, client_mem *mem);

#endif
