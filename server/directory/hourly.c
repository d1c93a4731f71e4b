/* SPDX-License-Identifier: Apache-2.0
 * How much of something was done to an account within the hour. */
#include "server/directory/private.h"

bool dir_hourly_take(dir_hourly *t, const sto_clock *clock,
                     const uint8_t account[32], uint32_t max) {
  uint64_t tag;
  memcpy(&tag, account, sizeof(tag));
  uint32_t hour = (uint32_t)(clock->monotonic_ms(clock->user) / 3600000);
  size_t at = tag % DIR_HOURLY_ROWS;
  if (t->rows[at].tag != tag || t->rows[at].hour != hour) {
    t->rows[at].tag = tag;
    t->rows[at].hour = hour;
    t->rows[at].n = 0;
  }
  if (t->rows[at].n >= max) {
    return false;
  }
  t->rows[at].n++;
  return true;
}
