/* SPDX-License-Identifier: Apache-2.0
 * Rates: a table of sets, in each the eight addresses seen last.
 *
 * A set-associative table is bounded by construction. Who comes from very many
 * addresses can push others out, which gives those a full bucket: limits by
 * address are a fence against accidents and single machines, and everything
 * that costs something durable is paid with tokens. */
#include "server/http/rate.h"

#include "tacet/crypto.h"

#include <pthread.h>
#include <string.h>

#define WAYS 8
#define LOCKS 64
#define BURST_MAX 4000000u /* its thousandths fit 32 bits */

struct record {
  uint64_t tag;     /* keyed hash of the address; 0: free */
  uint64_t seen_ms; /* when it was used last */
  uint32_t connections;
  /* Thousandths of a unit that were used and have not come back. */
  uint32_t used[TACETD_RATE_KINDS];
  uint64_t at_ms[TACETD_RATE_KINDS];
};

struct tacetd_rate {
  tacetd_rate_rule rules[TACETD_RATE_KINDS];
  uint8_t key[32];
  size_t n_sets;
  struct record *records;
  pthread_mutex_t locks[LOCKS];
};

tacet_err tacetd_rate_new(size_t n_addresses,
                          const tacetd_rate_rule rules[TACETD_RATE_KINDS],
                          tacetd_rate **out) {
  tacetd_rate *r = tacet_alloc(sizeof(*r));
  if (r == NULL) {
    return TACET_ERR_NOMEM;
  }
  r->n_sets = 1;
  while (r->n_sets * WAYS < n_addresses) {
    r->n_sets *= 2;
  }
  r->records = tacet_alloc_array(r->n_sets * WAYS, sizeof(*r->records));
  tacet_err e = r->records == NULL ? TACET_ERR_NOMEM
                                   : tacet_random(r->key, sizeof(r->key));
  for (size_t i = 0; i < LOCKS; i++) {
    (void)pthread_mutex_init(&r->locks[i], NULL);
  }
  for (size_t i = 0; i < TACETD_RATE_KINDS; i++) {
    r->rules[i] = rules[i];
    if (rules[i].burst > BURST_MAX) {
      r->rules[i].burst = BURST_MAX;
    }
  }
  if (e != TACET_OK) {
    tacetd_rate_free(r);
    return e;
  }
  *out = r;
  return TACET_OK;
}

void tacetd_rate_free(tacetd_rate *r) {
  if (r == NULL) {
    return;
  }
  for (size_t i = 0; i < LOCKS; i++) {
    (void)pthread_mutex_destroy(&r->locks[i]);
  }
  tacet_free(r->records);
  tacet_free_wiped(r, sizeof(*r));
}

/* ---- finding the record ---- */

static bool is_v4(const tacetd_address *a) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/* 0 where hashing fails, which then shares one record: limits stay in force. */
uint64_t tacetd_rate_tag(const tacetd_rate *r, const tacetd_address *a) {
  uint8_t digest[TACET_HASH_MAX];
  tacet_span part = tacet_span_of(a->b, is_v4(a) ? 16 : 8);
  uint64_t tag = 0;
  if (tacet_hash_sha256.hmac(tacet_span_of(r->key, sizeof(r->key)), &part, 1,
                             digest) == TACET_OK) {
    memcpy(&tag, digest, sizeof(tag));
  }
  return tag == 0 ? 1 : tag;
}

static pthread_mutex_t *lock_of(tacetd_rate *r, uint64_t tag) {
  return &r->locks[(tag & (r->n_sets - 1)) % LOCKS];
}

/* The record of `tag`, or the one that is worth least: free, else without
 * connections and seen longest ago. NULL if all eight have connections. */
static struct record *find(tacetd_rate *r, uint64_t tag) {
  struct record *set = &r->records[(tag & (r->n_sets - 1)) * WAYS];
  struct record *worst = NULL;
  for (size_t i = 0; i < WAYS; i++) {
    if (set[i].tag == tag) {
      return &set[i];
    }
    if (set[i].connections == 0 &&
        (worst == NULL || set[i].seen_ms < worst->seen_ms)) {
      worst = &set[i];
    }
  }
  return worst;
}

static struct record *take_record(tacetd_rate *r, uint64_t tag,
                                  uint64_t now_ms) {
  struct record *found = find(r, tag);
  if (found == NULL) {
    return NULL;
  }
  if (found->tag != tag) {
    memset(found, 0, sizeof(*found));
    found->tag = tag;
  }
  found->seen_ms = now_ms;
  return found;
}

/* ---- the buckets ---- */

static bool take_one(const tacetd_rate_rule *rule, uint32_t *used,
                     uint64_t *at_ms, uint64_t now_ms, uint32_t *wait_s) {
  if (rule->amount == 0) {
    *wait_s = rule->seconds;
    return false;
  }
  /* amount / seconds units a second are amount / seconds thousandths a ms. */
  uint64_t elapsed = now_ms > *at_ms ? now_ms - *at_ms : 0;
  uint64_t back = elapsed > UINT32_MAX ? UINT64_MAX
                                       : elapsed * rule->amount / rule->seconds;
  uint64_t full = (uint64_t)rule->burst * 1000;
  uint64_t now_used = back >= *used ? 0 : *used - back;
  /* Only the time that gave something back is used up. */
  *at_ms = now_used == 0 ? now_ms
                         : *at_ms + (back * rule->seconds + rule->amount - 1) /
                                        rule->amount;
  *used = (uint32_t)now_used;
  if (now_used + 1000 > full) {
    uint64_t ms =
        ((now_used + 1000 - full) * rule->seconds + rule->amount - 1) /
        rule->amount;
    *wait_s = (uint32_t)((ms + 999) / 1000);
    return false;
  }
  *used += 1000;
  return true;
}

bool tacetd_rate_take(tacetd_rate *r, tacetd_rate_kind kind, uint64_t tag,
                      uint64_t now_ms, uint32_t *wait_s) {
  pthread_mutex_t *lock = lock_of(r, tag);
  *wait_s = 1;
  (void)pthread_mutex_lock(lock);
  struct record *rec = take_record(r, tag, now_ms);
  /* No room for one more address: let it pass, its connection was refused. */
  bool ok = rec == NULL || take_one(&r->rules[kind], &rec->used[kind],
                                    &rec->at_ms[kind], now_ms, wait_s);
  (void)pthread_mutex_unlock(lock);
  return ok;
}

bool tacetd_rate_connection_add(tacetd_rate *r, uint64_t tag, uint32_t max,
                                uint64_t now_ms) {
  pthread_mutex_t *lock = lock_of(r, tag);
  (void)pthread_mutex_lock(lock);
  struct record *rec = take_record(r, tag, now_ms);
  bool ok = rec != NULL && rec->connections < max;
  if (ok) {
    rec->connections++;
  }
  (void)pthread_mutex_unlock(lock);
  return ok;
}

void tacetd_rate_connection_remove(tacetd_rate *r, uint64_t tag) {
  pthread_mutex_t *lock = lock_of(r, tag);
  (void)pthread_mutex_lock(lock);
  struct record *rec = find(r, tag);
  if (rec != NULL && rec->tag == tag && rec->connections > 0) {
    rec->connections--;
  }
  (void)pthread_mutex_unlock(lock);
}
