/* SPDX-License-Identifier: Apache-2.0
 * Items of mailboxes: not shown, shown twice, late, in another order. A server
 * numbers and seals what it shows, so what it adds gets numbers of its own. */
#include "tests/hostile/hostile.h"

#include "server/http/session.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BOXES 256
#define ITEMS 1024

bool __real_tacetd_session_send_item(tacetd_session *s, const dlv_item *item);
bool __wrap_tacetd_session_send_item(tacetd_session *s, const dlv_item *item);
void __real_tacetd_acks_add(tacetd_loop *l, const uint8_t *mailbox,
                            uint64_t seq);
void __wrap_tacetd_acks_add(tacetd_loop *l, const uint8_t *mailbox,
                            uint64_t seq);

/* A mailbox in which more was shown than there is. */
static struct box {
  uint8_t mailbox[TACET_MAILBOX_ID_LEN];
  uint64_t more; /* that many: numbers from now on are greater by it */
} boxes[BOXES];
static size_t n_boxes;

/* What came by while something was done with it. */
static struct kept {
  dlv_item *item; /* a copy */
  bool hidden;    /* never shown under its own number again */
  bool due;       /* to be shown behind the next one of its mailbox */
} kept[ITEMS];
static size_t n_kept;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct box *find_box(const uint8_t *mailbox) {
  for (size_t i = 0; i < n_boxes; i++) {
    if (memcmp(boxes[i].mailbox, mailbox, TACET_MAILBOX_ID_LEN) == 0) {
      return &boxes[i];
    }
  }
  return NULL;
}

static uint64_t more_of(const uint8_t *mailbox) {
  const struct box *b = find_box(mailbox);
  return b != NULL ? b->more : 0;
}

/* One more was shown. A place is taken by lies alone: an honest run has as many
 * mailboxes as it likes. */
static uint64_t one_more(const uint8_t *mailbox) {
  struct box *b = find_box(mailbox);
  if (b == NULL) {
    TACET_ASSERT(n_boxes < BOXES);
    b = &boxes[n_boxes++];
    memcpy(b->mailbox, mailbox, TACET_MAILBOX_ID_LEN);
  }
  return ++b->more;
}

static bool same_mailbox(const dlv_item *a, const dlv_item *b) {
  return memcmp(a->mailbox, b->mailbox, sizeof(a->mailbox)) == 0;
}

static struct kept *find(const dlv_item *item) {
  for (size_t i = 0; i < n_kept; i++) {
    const dlv_item *k = kept[i].item;
    if (k->seq == item->seq && same_mailbox(k, item)) {
      return &kept[i];
    }
  }
  return NULL;
}

static dlv_item *copy_of(const dlv_item *item) {
  dlv_item *i = malloc(sizeof(*i) + item->len);
  TACET_ASSERT(i != NULL);
  atomic_init(&i->references, 1);
  memcpy(i->mailbox, item->mailbox, sizeof(i->mailbox));
  memcpy(i->enc, item->enc, sizeof(i->enc));
  i->seq = item->seq;
  i->number = item->number;
  i->len = item->len;
  if (item->len > 0) {
    memcpy(i->sealed, item->sealed, item->len);
  }
  return i;
}

static void keep(const dlv_item *item, bool hidden, bool due) {
  struct kept *k = find(item);
  if (k == NULL) {
    TACET_ASSERT(n_kept < ITEMS);
    k = &kept[n_kept++];
    *k = (struct kept){.item = copy_of(item)};
  }
  k->hidden = k->hidden || hidden;
  k->due = k->due || due;
}

static bool show(tacetd_session *s, const dlv_item *item, uint64_t seq) {
  dlv_item *renumbered = copy_of(item);
  renumbered->seq = seq;
  bool sent = __real_tacetd_session_send_item(s, renumbered);
  free(renumbered);
  return sent;
}

static uint64_t held_of(const dlv_item *item) {
  uint64_t n = 0;
  for (size_t i = 0; i < n_kept; i++) {
    n += kept[i].hidden && kept[i].due && same_mailbox(kept[i].item, item);
  }
  return n;
}

/* The item, `times` more of it, and what was kept for this moment. */
static bool show_all(tacetd_session *s, const dlv_item *item, uint64_t times,
                     bool release) {
  bool sent = show(s, item, item->seq + more_of(item->mailbox));
  for (; sent && times > 0; times--) {
    sent = show(s, item, item->seq + one_more(item->mailbox));
  }
  if (!release) {
    return sent;
  }
  for (size_t i = 0; sent && i < n_kept; i++) {
    struct kept *k = &kept[i];
    if (k->due && k->item->seq != item->seq && same_mailbox(k->item, item)) {
      k->due = false;
      sent = show(s, k->item, item->seq + one_more(item->mailbox));
    }
  }
  return sent;
}

static bool lie(tacetd_session *s, const dlv_item *item) {
  uint64_t number;
  hostile_attack attack = hostile_now(&number);
  bool hold = attack == HOSTILE_HOLD;
  const struct kept *k = find(item);
  if (k != NULL && k->hidden) {
    return true;
  }
  if (attack == HOSTILE_DROP || (hold && held_of(item) < number)) {
    keep(item, true, hold);
    return true;
  }
  if (attack == HOSTILE_RECORD) {
    keep(item, false, false);
  }
  for (size_t i = 0; attack == HOSTILE_REPLAY && i < n_kept; i++) {
    kept[i].due = kept[i].due || !kept[i].hidden;
  }
  return show_all(s, item, attack == HOSTILE_DOUBLE ? number : 0, !hold);
}

bool __wrap_tacetd_session_send_item(tacetd_session *s, const dlv_item *item) {
  (void)pthread_mutex_lock(&lock);
  bool sent = lie(s, item);
  (void)pthread_mutex_unlock(&lock);
  return sent;
}

/* In the numbers that the disk knows. */
void __wrap_tacetd_acks_add(tacetd_loop *l, const uint8_t *mailbox,
                            uint64_t seq) {
  (void)pthread_mutex_lock(&lock);
  uint64_t more = more_of(mailbox);
  (void)pthread_mutex_unlock(&lock);
  __real_tacetd_acks_add(l, mailbox, seq > more ? seq - more : 0);
}
