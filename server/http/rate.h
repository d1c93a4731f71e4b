/* SPDX-License-Identifier: Apache-2.0
 * server/http/rate.h -- how much an address may do, in memory and nowhere else.
 *
 * An address is an IPv4 address or the first 64 bits of an IPv6 one: who has
 * one address of a /64 has them all. What is kept is a keyed hash (the key is
 * made at start), so that the table holds no addresses either; a record that
 * has nothing left to remember is forgotten.
 */
#ifndef TACETD_HTTP_RATE_H
#define TACETD_HTTP_RATE_H

#include "tacet/base.h"

typedef struct tacetd_address {
  uint8_t b[16]; /* IPv4 as ::ffff:a.b.c.d */
} tacetd_address;

/* What is counted. */
typedef enum tacetd_rate_kind {
  TACETD_RATE_REQUESTS,
  TACETD_RATE_REGISTRATIONS,
  TACETD_RATE_LOOKUPS,
  TACETD_RATE_KINDS
} tacetd_rate_kind;

/* A bucket: it holds `burst` (at most 4,000,000, above it counts as that) and
 * gains `amount` every `seconds`. */
typedef struct tacetd_rate_rule {
  uint32_t amount, seconds, burst;
} tacetd_rate_rule;

typedef struct tacetd_rate tacetd_rate;
/* Room for about n_addresses, rounded up to a power of two. */
TACET_MUST_CHECK tacet_err tacetd_rate_new(
    size_t n_addresses, const tacetd_rate_rule rules[TACETD_RATE_KINDS],
    tacetd_rate **out);
void tacetd_rate_free(tacetd_rate *r);

/* The keyed hash of an address: what a connection keeps instead of it. */
uint64_t tacetd_rate_tag(const tacetd_rate *r, const tacetd_address *from);

/* Takes one; false if there is none left, and then *wait_s says in how many
 * seconds there will be. Any thread; now_ms is a monotonic time. */
bool tacetd_rate_take(tacetd_rate *r, tacetd_rate_kind kind, uint64_t tag,
                      uint64_t now_ms, uint32_t *wait_s);

/* Connections open from an address: `add` is false when there are `max`
 * already. A connection that was added is removed once. */
bool tacetd_rate_connection_add(tacetd_rate *r, uint64_t tag, uint32_t max,
                                uint64_t now_ms);
void tacetd_rate_connection_remove(tacetd_rate *r, uint64_t tag);

#endif
