/* SPDX-License-Identifier: Apache-2.0
 * server/ops/holdings.h -- the page "what this server can hand over": the
 * inventory in words for a judge, and what does not exist.
 *
 * It is made from the inventory and from nothing else, so it cannot promise
 * what the program does not keep: a column that is added appears on it, and
 * what contradicts a sentence about things that do not exist takes that
 * sentence away. tacetd serves it at /what-we-hold, `tacet-desk page` prints
 * it.
 */
#ifndef TACETD_OPS_HOLDINGS_H
#define TACETD_OPS_HOLDINGS_H

#include "server/ops/inventory.h"
#include "tacet/codec.h"

typedef enum tacetd_holdings_format {
  TACETD_HOLDINGS_TEXT, /* at most 79 columns */
  TACETD_HOLDINGS_HTML  /* a page that fetches nothing and runs nothing */
} tacetd_holdings_format;

#define TACETD_HOLDINGS_MAX ((size_t)256 * 1024)

/* `domain`: whose server it is. `at` is tacetd_inventory_at; tests add rows. */
void tacetd_holdings_write(tacet_buf *w, tacetd_holdings_format format,
                           const char *domain,
                           const tacetd_inventory_row *(*at)(size_t i));

#endif
