/* SPDX-License-Identifier: Apache-2.0
 * server/http/hub_table.h -- the inside of the hub: its entries and what is
 * done to one of them. For hub.c and hub_push.c alone; the lock is held.
 */
#ifndef TACETD_HTTP_HUB_TABLE_H
#define TACETD_HTTP_HUB_TABLE_H

#include "server/http/hub.h"

#include <pthread.h>

#define HUB_BLOCK 512u       /* entries: 18 KB */
#define HUB_BUCKETS_MIN 256u /* a power of two */
#define HUB_LOAD 2u          /* entries a bucket before there are more */
#define HUB_READER_MASK 0xffffffu

enum hub_state { HUB_NEW, HUB_BEHIND, HUB_LIVE };

/* 36 bytes: the sequence number in halves, so that nothing asks for 8-byte
 * alignment. Numbers of entries start at 1; 0 ends a chain. */
struct hub_sub {
  uint8_t mailbox[TACET_MAILBOX_ID_LEN];
  uint32_t seq_low, seq_high;
  uint32_t reader : 24, state : 2;
  uint32_t fetching : 1; /* a cursor of it is out */
  uint32_t again : 1;    /* something came meanwhile (NEW: it is gone) */
  uint32_t next, own_next;
};

struct tacetd_hub {
  pthread_mutex_t lock;
  uint64_t key[2];
  uint32_t *buckets, n_buckets;
  struct hub_sub **blocks;
  uint32_t n_blocks, free, n;
  tacetd_reader **readers;
  uint32_t cap_readers, free_reader; /* none is free below free_reader */
};

static inline struct hub_sub *hub_at(const tacetd_hub *h, uint32_t at) {
  return &h->blocks[(at - 1) / HUB_BLOCK][(at - 1) % HUB_BLOCK];
}
static inline uint64_t hub_seq(const struct hub_sub *s) {
  return (uint64_t)s->seq_high << 32 | s->seq_low;
}
static inline void hub_set_seq(struct hub_sub *s, uint64_t seq) {
  s->seq_low = (uint32_t)seq;
  s->seq_high = (uint32_t)(seq >> 32);
}
/* Keeps the reader's count of those that are behind. */
static inline void hub_set_state(tacetd_reader *r, struct hub_sub *s,
                                 enum hub_state state) {
  r->n_behind +=
      (uint32_t)(state == HUB_BEHIND) - (uint32_t)(s->state == HUB_BEHIND);
  s->state = (uint32_t)state & 3u;
}
/* Is entry `at` still this reader's subscription to that mailbox? Entries are
 * used again, and parcels remember them for a while. */
static inline bool hub_is_of(const tacetd_hub *h, uint32_t at,
                             const tacetd_reader *r, const uint8_t *mailbox) {
  const struct hub_sub *s = hub_at(h, at);
  return s->reader == r->number &&
         memcmp(s->mailbox, mailbox, TACET_MAILBOX_ID_LEN) == 0;
}

/* The subscriptions of a mailbox, one after the other; 0 ends. */
uint32_t hub_first(const tacetd_hub *h, const uint8_t *mailbox);
uint32_t hub_next(const tacetd_hub *h, uint32_t at);
uint32_t hub_find(const tacetd_hub *h, const tacetd_reader *r,
                  const uint8_t *mailbox);
void hub_remove(tacetd_hub *h, tacetd_reader *r, uint32_t at);
/* Tells a reader that a mailbox is gone. */
void hub_put_gone(tacetd_reader *r, const uint8_t *mailbox);

#endif
