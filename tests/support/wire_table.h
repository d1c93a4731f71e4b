/* SPDX-License-Identifier: Apache-2.0
 * Every message of tacet/wire.h as one table: for the unit test and the fuzzer.
 */
#ifndef TACET_TESTS_WIRE_TABLE_H
#define TACET_TESTS_WIRE_TABLE_H

#include "tacet/codec.h"

typedef struct wire_row {
  const char *name;
  /* Parses in, walks its lists, and writes what it parsed. */
  tacet_err (*again)(tacet_span in, tacet_buf *out);
  /* Writes one that is valid. */
  void (*sample)(tacet_buf *out);
} wire_row;

extern const wire_row wire_table[];
extern const size_t wire_table_n;

#endif
