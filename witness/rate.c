/* SPDX-License-Identifier: Apache-2.0
 * How much one address may ask. */
#include "witness/rate.h"

#include "tacet/crypto.h"

#include <stdlib.h>

#define BUCKETS 4096
#define UNIT 1000 /* of one request, so that milliseconds count */

typedef struct bucket {
  uint64_t left; /* in units; what is missing refills from `since` on */
  uint64_t since_ms;
} bucket;

struct wit_rate {
  uint8_t key[32];
  bucket buckets[BUCKETS];
};

tacet_err wit_rate_new(wit_rate **out) {
  wit_rate *r = calloc(1, sizeof(*r));
  if (r == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err e = tacet_random(r->key, sizeof(r->key));
  if (e != TACET_OK) {
    free(r);
    return e;
  }
  for (size_t i = 0; i < BUCKETS; i++) {
    r->buckets[i].left = (uint64_t)WIT_RATE_BURST * UNIT;
  }
  *out = r;
  return TACET_OK;
}

void wit_rate_free(wit_rate *r) {
  free(r);
}

/* Nobody without the key can aim at another's bucket. */
static size_t place(const wit_rate *r, const uint8_t address[16]) {
  uint8_t h[32];
  const tacet_span part = tacet_span_of(address, 16);
  if (tacet_hash_sha256.hmac(tacet_span_of(r->key, sizeof(r->key)), &part, 1,
                             h) != TACET_OK) {
    return 0;
  }
  return ((size_t)h[0] << 8 | h[1]) % BUCKETS;
}

bool wit_rate_take(wit_rate *r, const uint8_t address[16], uint64_t now_ms) {
  bucket *b = &r->buckets[place(r, address)];
  const uint64_t full = (uint64_t)WIT_RATE_BURST * UNIT;
  uint64_t passed = now_ms - b->since_ms;
  uint64_t gained = passed > full ? full : passed * WIT_RATE_PER_SECOND;
  b->left = b->left + gained > full ? full : b->left + gained;
  b->since_ms = now_ms;
  if (b->left < UNIT) {
    return false;
  }
  b->left -= UNIT;
  return true;
}
