/* SPDX-License-Identifier: Apache-2.0
 * Load that keeps account, whatever happens to the server in between. */
#include "tests/e2e/server/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Between two tries at a server that is not there. */
static void back_off(void) {
  (void)usleep(5000);
}

static uint64_t now_ms(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- the two ends ---- */

static void *send_all(void *arg) {
  load_pair *p = arg;
  load *l = p->l;
  uint8_t *item = calloc(1, l->item_len);
  while (!atomic_load(&l->stop_sending)) {
    uint32_t n = atomic_load(&p->n);
    if (n == LOAD_ITEMS_MAX) {
      break;
    }
    atomic_store(&p->n, n + 1);
    memcpy(item, &n, sizeof(n));
    /* The same bytes until there is an answer. */
    for (;;) {
      tacet_delivery d = TACET_DELIVERY_GONE;
      int status =
          peer_send(&p->sender, &p->box, tacet_span_of(item, l->item_len), &d);
      if (status == 200) {
        bool stored = d == TACET_DELIVERY_STORED;
        atomic_store(&p->stored[n], stored);
        atomic_fetch_add(&l->acknowledged, stored);
        break;
      }
      if (atomic_load(&l->stop)) {
        free(item);
        return NULL;
      }
      if (status != 0 && status != 503 && status != 507) {
        die("a send was answered %d", status);
      }
      back_off();
      if (status == 0) {
        peer_reconnect(&p->sender);
      }
    }
  }
  free(item);
  return NULL;
}

static void take(load_pair *p, const tacet_frame *f) {
  uint8_t plain[TACET_ITEM_MAX + 64];
  uint32_t n;
  if (peer_unseal(&p->box, f, plain) != p->l->item_len) {
    die("an item of another length came");
  }
  memcpy(&n, plain, sizeof(n));
  if (n >= LOAD_ITEMS_MAX || n >= atomic_load(&p->n)) {
    die("an item came that was never sent");
  }
  if (atomic_load(&p->arrived[n]) < 255) {
    atomic_fetch_add(&p->arrived[n], 1);
  }
  (void)peer_ack(&p->receiver, p->box.id, f->seq);
}

static void *receive_all(void *arg) {
  load_pair *p = arg;
  while (!atomic_load(&p->l->stop)) {
    tacet_frame f;
    bool closed = false;
    if (p->receiver.link == NULL) {
      if (!peer_link(&p->receiver, NULL) ||
          !peer_subscribe(&p->receiver, &p->box, 1)) {
        peer_unlink(&p->receiver);
        back_off();
      }
      continue;
    }
    if (peer_frame(&p->receiver, 100, &f, &closed)) {
      if (f.type == TACET_FRAME_ITEM) {
        take(p, &f);
      }
    } else if (closed) {
      peer_unlink(&p->receiver);
    }
  }
  return NULL;
}

/* ---- life ---- */

void load_make(load *l, host *server, size_t n_pairs, size_t item_len) {
  static peer account;
  peer_mailbox boxes[LOAD_PAIRS_MAX];
  uint8_t invite[16];
  memset(l, 0, sizeof(*l));
  l->server = server;
  l->n_pairs = n_pairs;
  l->item_len = item_len;
  host_invite(server, invite);
  peer_open(&account, server);
  peer_register(&account, "load", invite);
  peer_mailboxes(&account, boxes, n_pairs);
  peer_close(&account);
  for (size_t i = 0; i < n_pairs; i++) {
    load_pair *p = calloc(1, sizeof(*p));
    l->pairs[i] = p;
    p->l = l;
    p->box = boxes[i];
    peer_open(&p->sender, server);
    peer_open(&p->receiver, server);
  }
}

void load_start(load *l) {
  for (size_t i = 0; i < l->n_pairs; i++) {
    load_pair *p = l->pairs[i];
    if (pthread_create(&p->threads[0], NULL, send_all, p) != 0 ||
        pthread_create(&p->threads[1], NULL, receive_all, p) != 0) {
      die("no threads");
    }
  }
}

void load_stop_sending(load *l) {
  atomic_store(&l->stop_sending, true);
  for (size_t i = 0; i < l->n_pairs; i++) {
    (void)pthread_join(l->pairs[i]->threads[0], NULL);
  }
}

unsigned load_count(const load *l, unsigned *doubled) {
  unsigned lost = 0;
  *doubled = 0;
  for (size_t i = 0; i < l->n_pairs; i++) {
    const load_pair *p = l->pairs[i];
    for (uint32_t n = 0; n < atomic_load(&p->n); n++) {
      lost += p->stored[n] != 0 && p->arrived[n] == 0;
      *doubled += p->arrived[n] > 1;
    }
  }
  return lost;
}

void load_finish(load *l) {
  unsigned doubled, before = UINT32_MAX;
  uint64_t since = now_ms();
  for (;;) {
    unsigned lost = load_count(l, &doubled);
    if (lost < before) {
      before = lost;
      since = now_ms();
    }
    if (lost == 0 || now_ms() - since > 60000) {
      break;
    }
    back_off();
  }
  atomic_store(&l->stop, true);
  for (size_t i = 0; i < l->n_pairs; i++) {
    (void)pthread_join(l->pairs[i]->threads[1], NULL);
  }
}

void load_free(load *l) {
  for (size_t i = 0; i < l->n_pairs; i++) {
    peer_close(&l->pairs[i]->sender);
    peer_close(&l->pairs[i]->receiver);
    free(l->pairs[i]);
  }
}
