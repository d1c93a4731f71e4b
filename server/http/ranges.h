/* SPDX-License-Identifier: Apache-2.0
 * server/http/ranges.h -- Range and Content-Range, in the one form of each that
 * we take (docs/protocol/wire.md).
 */
#ifndef TACETD_HTTP_RANGES_H
#define TACETD_HTTP_RANGES_H

#include "tacet/base.h"

/* "bytes FIRST-LAST/TOTAL", or "bytes * /TOTAL" without the space: `ask`, and
 * then first and last are 0. FIRST <= LAST < TOTAL; numbers have at most 18
 * digits and no needless zeros. */
typedef struct tacetd_content_range {
  bool ask;
  uint64_t first, last, total;
} tacetd_content_range;
bool tacetd_content_range_parse(tacet_span text, tacetd_content_range *out);

/* "bytes=FIRST-LAST" or "bytes=FIRST-" (`open`, and then last is UINT64_MAX):
 * one range, and no suffix of one. */
typedef struct tacetd_range {
  bool open;
  uint64_t first, last;
} tacetd_range;
bool tacetd_range_parse(tacet_span text, tacetd_range *out);

#endif
