/* SPDX-License-Identifier: Apache-2.0
 * Nonces: masked counters with a MAC, and two generations of used ones.
 *
 *   mac    = HMAC(key, "mac" || time || number), 8 bytes
 *   masked = (time || number) XOR HMAC(key, "mask" || mac)
 *   nonce  = mac || masked
 *
 * The mask hides how many the server hands out. 8 bytes of MAC are enough: who
 * guesses one still needs a device's signature over it. */
#include "server/http/nonce.h"

#include "server/limits.h"
#include "tacet/crypto.h"

#include <pthread.h>
#include <stdatomic.h>

#define PLAIN_LEN 8
#define SLOTS (2u * 131072u) /* power of two, above TACETD_NONCES_MAX */

_Static_assert(TACETD_NONCES_MAX <= SLOTS / 2, "at most half full");

/* A set of numbers other than 0, by open addressing. */
struct generation {
  uint64_t since_s;
  size_t n;
  uint64_t *slots;
};

struct tacetd_nonces {
  uint8_t key[32];
  _Atomic uint32_t number;
  pthread_mutex_t lock;
  struct generation now, before;
};

tacet_err tacetd_nonces_new(tacetd_nonces **out) {
  tacetd_nonces *n = tacet_alloc(sizeof(*n));
  if (n == NULL) {
    return TACET_ERR_NOMEM;
  }
  (void)pthread_mutex_init(&n->lock, NULL);
  n->now.slots = tacet_alloc_array(SLOTS, sizeof(uint64_t));
  n->before.slots = tacet_alloc_array(SLOTS, sizeof(uint64_t));
  tacet_err e = n->now.slots == NULL || n->before.slots == NULL
                    ? TACET_ERR_NOMEM
                    : tacet_random(n->key, sizeof(n->key));
  if (e != TACET_OK) {
    tacetd_nonces_free(n);
    return e;
  }
  *out = n;
  return TACET_OK;
}

void tacetd_nonces_free(tacetd_nonces *n) {
  if (n == NULL) {
    return;
  }
  (void)pthread_mutex_destroy(&n->lock);
  tacet_free(n->now.slots);
  tacet_free(n->before.slots);
  tacet_free_wiped(n, sizeof(*n));
}

/* ---- the form ---- */

static tacet_err keyed(const tacetd_nonces *n, tacet_span label, tacet_span in,
                       uint8_t out[PLAIN_LEN]) {
  uint8_t digest[TACET_HASH_MAX];
  const tacet_span parts[] = {label, in};
  TACET_TRY(tacet_hash_sha256.hmac(tacet_span_of(n->key, sizeof(n->key)), parts,
                                   2, digest));
  memcpy(out, digest, PLAIN_LEN);
  return TACET_OK;
}

/* XORs the mask that belongs to a MAC. */
static tacet_err apply_mask(const tacetd_nonces *n, const uint8_t *mac,
                            uint8_t plain[PLAIN_LEN]) {
  uint8_t mask[PLAIN_LEN];
  TACET_TRY(
      keyed(n, TACET_SPAN_LIT("mask"), tacet_span_of(mac, PLAIN_LEN), mask));
  for (size_t i = 0; i < PLAIN_LEN; i++) {
    plain[i] ^= mask[i];
  }
  return TACET_OK;
}

tacet_err tacetd_nonce_make(tacetd_nonces *n, uint64_t now_s,
                            uint8_t out[TACET_NONCE_LEN]) {
  uint8_t plain[PLAIN_LEN], mac[PLAIN_LEN];
  uint32_t number = atomic_fetch_add(&n->number, 1);
  for (size_t i = 0; i < 4; i++) {
    plain[i] = (uint8_t)(now_s >> (8 * i));
    plain[4 + i] = (uint8_t)(number >> (8 * i));
  }
  TACET_TRY(
      keyed(n, TACET_SPAN_LIT("mac"), tacet_span_of(plain, PLAIN_LEN), mac));
  TACET_TRY(apply_mask(n, mac, plain));
  memcpy(out, mac, PLAIN_LEN);
  memcpy(out + PLAIN_LEN, plain, PLAIN_LEN);
  return TACET_OK;
}

/* Its time and its key in the sets; false if it is not one of ours. */
static bool open_nonce(const tacetd_nonces *n,
                       const uint8_t in[TACET_NONCE_LEN], uint32_t *time_s,
                       uint64_t *id) {
  uint8_t plain[PLAIN_LEN], mac[PLAIN_LEN];
  memcpy(plain, in + PLAIN_LEN, PLAIN_LEN);
  if (apply_mask(n, in, plain) != TACET_OK ||
      keyed(n, TACET_SPAN_LIT("mac"), tacet_span_of(plain, PLAIN_LEN), mac) !=
          TACET_OK ||
      !tacet_equal_ct(tacet_span_of(mac, PLAIN_LEN),
                      tacet_span_of(in, PLAIN_LEN))) {
    return false;
  }
  *time_s = 0;
  for (size_t i = 0; i < 4; i++) {
    *time_s |= (uint32_t)plain[i] << (8 * i);
  }
  memcpy(id, in, sizeof(*id)); /* the MAC: spread evenly already */
  *id = *id == 0 ? 1 : *id;
  return true;
}

/* ---- the used ones ---- */

/* The place of `id`, or the free one where it would go. */
static size_t place_of(const struct generation *g, uint64_t id) {
  size_t i = (size_t)id & (SLOTS - 1);
  while (g->slots[i] != 0 && g->slots[i] != id) {
    i = (i + 1) & (SLOTS - 1);
  }
  return i;
}

/* A generation covers one life of a nonce; two together cover all that can
 * still be valid. */
static void turn(tacetd_nonces *n, uint64_t now_s) {
  if (now_s - n->now.since_s <= TACETD_NONCE_SECONDS) {
    return;
  }
  struct generation old = n->before;
  n->before = n->now;
  memset(old.slots, 0, SLOTS * sizeof(uint64_t));
  old.n = 0;
  old.since_s = now_s;
  n->now = old;
}

tacet_err tacetd_nonce_take(tacetd_nonces *n, uint64_t now_s,
                            const uint8_t in[TACET_NONCE_LEN]) {
  uint32_t made_s = 0;
  uint64_t id = 0;
  if (!open_nonce(n, in, &made_s, &id) ||
      (uint32_t)now_s - made_s > TACETD_NONCE_SECONDS) {
    return TACET_ERR_REPLAY;
  }
  tacet_err e = TACET_OK;
  (void)pthread_mutex_lock(&n->lock);
  turn(n, now_s);
  size_t at = place_of(&n->now, id);
  if (n->now.slots[at] == id ||
      n->before.slots[place_of(&n->before, id)] == id) {
    e = TACET_ERR_REPLAY;
  } else if (n->now.n >= TACETD_NONCES_MAX) {
    e = TACET_ERR_BUSY;
  } else {
    n->now.slots[at] = id;
    n->now.n++;
  }
  (void)pthread_mutex_unlock(&n->lock);
  return e;
}

/* Takes an entry out and moves up those that had to step aside for it. */
static void erase(struct generation *g, uint64_t id) {
  size_t hole = place_of(g, id);
  if (g->slots[hole] != id) {
    return;
  }
  g->n--;
  g->slots[hole] = 0;
  for (size_t i = (hole + 1) & (SLOTS - 1); g->slots[i] != 0;
       i = (i + 1) & (SLOTS - 1)) {
    uint64_t moved = g->slots[i];
    g->slots[i] = 0;
    g->slots[place_of(g, moved)] = moved;
  }
}

void tacetd_nonce_give_back(tacetd_nonces *n,
                            const uint8_t in[TACET_NONCE_LEN]) {
  uint32_t made_s = 0;
  uint64_t id = 0;
  if (!open_nonce(n, in, &made_s, &id)) {
    return;
  }
  (void)pthread_mutex_lock(&n->lock);
  erase(&n->now, id);
  erase(&n->before, id);
  (void)pthread_mutex_unlock(&n->lock);
}
