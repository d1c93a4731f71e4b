/* SPDX-License-Identifier: Apache-2.0
 * epoll, a heap of timers, and a list of calls behind an eventfd. */
#include "net/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define ROUND 128    /* events taken from the kernel at once */
#define HELD_LOOPS 8 /* for more of them nothing is held back */

struct net_loop {
  int epoll, wake;
  atomic_bool stop;
  uint64_t now, round;
  net_task *soon, *last_soon; /* in order of round */
  net_timer **heap;           /* heap[1] is the earliest */
  size_t n_timers, cap_timers;
  pthread_mutex_t lock; /* of the two below */
  net_post *first, **last;
  struct epoll_event events[ROUND];
  int n_events; /* of the round under way; stopped watches are struck out */
};

static uint64_t clock_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

tacet_err net_loop_new(net_loop **out) {
  net_loop *l = tacet_alloc(sizeof(*l));
  if (l == NULL) {
    return TACET_ERR_NOMEM;
  }
  l->epoll = epoll_create1(EPOLL_CLOEXEC);
  l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  l->last = &l->first;
  l->now = clock_ms();
  l->round = 1;
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
  if (l->epoll < 0 || l->wake < 0 ||
      epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake, &e) != 0 ||
      pthread_mutex_init(&l->lock, NULL) != 0) {
    if (l->epoll >= 0) {
      close(l->epoll);
    }
    if (l->wake >= 0) {
      close(l->wake);
    }
    tacet_free(l);
    return TACET_ERR_IO;
  }
  *out = l;
  return TACET_OK;
}

/* ---- posted calls ---- */

/* Appends a list that is not empty. */
static void post_list(net_loop *l, net_post *list, net_post **last) {
  pthread_mutex_lock(&l->lock);
  bool first = l->first == NULL;
  *l->last = list;
  l->last = last;
  if (first) {        /* else somebody has woken it up already */
    uint64_t one = 1; /* under the lock: afterwards the loop may be gone */
    (void)!write(l->wake, &one, sizeof(one));
  }
  pthread_mutex_unlock(&l->lock);
}

/* What this thread holds back, by loop. */
static _Thread_local struct {
  bool holds;
  unsigned n;
  struct held {
    net_loop *loop;
    net_post *first, **last;
  } of[HELD_LOOPS];
} held;

static bool hold_back(net_loop *l, net_post *p) {
  unsigned i = 0;
  while (i < held.n && held.of[i].loop != l) {
    i++;
  }
  if (i == HELD_LOOPS) {
    return false;
  }
  struct held *h = &held.of[i];
  if (i == held.n) {
    held.n++;
    *h = (struct held){.loop = l, .last = &h->first};
  }
  *h->last = p;
  h->last = &p->next;
  return true;
}

void net_post_send(net_loop *l, net_post *p) {
  p->next = NULL;
  if (!held.holds || !hold_back(l, p)) {
    post_list(l, p, &p->next);
  }
}

void net_post_hold(void) {
  held.holds = true;
}

void net_post_release(void) {
  for (unsigned i = 0; i < held.n; i++) {
    post_list(held.of[i].loop, held.of[i].first, held.of[i].last);
  }
  held.n = 0;
  held.holds = false;
}

typedef struct copied {
  net_post post;
  void (*fn)(void *user);
  void *user;
} copied;

static void run_copied(void *user) {
  copied c = *(copied *)user;
  tacet_free(user);
  c.fn(c.user);
}

tacet_err net_loop_post(net_loop *l, void (*fn)(void *user), void *user) {
  copied *c = tacet_alloc(sizeof(*c));
  if (c == NULL) {
    return TACET_ERR_NOMEM;
  }
  *c = (copied){.post = {.fn = run_copied, .user = c}, .fn = fn, .user = user};
  net_post_send(l, &c->post);
  return TACET_OK;
}

static bool run_posted(net_loop *l) {
  pthread_mutex_lock(&l->lock);
  net_post *p = l->first;
  l->first = NULL;
  l->last = &l->first;
  pthread_mutex_unlock(&l->lock);
  bool some = p != NULL;
  while (p != NULL) {
    net_post *next = p->next; /* p may be gone after the call */
    p->fn(p->user);
    p = next;
  }
  return some;
}

bool net_loop_run_left(net_loop *l) {
  return run_posted(l);
}

void net_loop_free(net_loop *l) {
  if (l == NULL) {
    return;
  }
  while (run_posted(l)) {
  }
  pthread_mutex_destroy(&l->lock);
  close(l->epoll);
  close(l->wake);
  tacet_free(l->heap);
  tacet_free(l);
}

void net_loop_stop(net_loop *l) {
  atomic_store(&l->stop, true);
  uint64_t one = 1;
  (void)!write(l->wake, &one, sizeof(one));
}

uint64_t net_loop_now(const net_loop *l) {
  return l->now;
}

/* ---- tasks ---- */

void net_task_soon(net_loop *l, net_task *t) {
  if (t->round != 0) {
    return;
  }
  t->round = l->round;
  t->next = NULL;
  t->prev = l->last_soon;
  if (t->prev != NULL) {
    t->prev->next = t;
  } else {
    l->soon = t;
  }
  l->last_soon = t;
}

void net_task_cancel(net_loop *l, net_task *t) {
  if (t->round == 0) {
    return;
  }
  t->round = 0;
  if (t->prev != NULL) {
    t->prev->next = t->next;
  } else {
    l->soon = t->next;
  }
  if (t->next != NULL) {
    t->next->prev = t->prev;
  } else {
    l->last_soon = t->prev;
  }
}

static void run_tasks(net_loop *l) {
  uint64_t round = l->round++;
  while (l->soon != NULL && l->soon->round <= round) {
    net_task *t = l->soon;
    net_task_cancel(l, t);
    t->fn(t);
  }
}

/* ---- timers: a binary heap by deadline ---- */

static void put(net_loop *l, size_t place, net_timer *t) {
  l->heap[place] = t;
  t->place = place;
}

static void sift(net_loop *l, size_t place, net_timer *t) {
  while (place > 1 && l->heap[place / 2]->at > t->at) {
    put(l, place, l->heap[place / 2]);
    place /= 2;
  }
  for (;;) {
    size_t child = place * 2;
    if (child > l->n_timers) {
      break;
    }
    if (child < l->n_timers && l->heap[child + 1]->at < l->heap[child]->at) {
      child++;
    }
    if (l->heap[child]->at >= t->at) {
      break;
    }
    put(l, place, l->heap[child]);
    place = child;
  }
  put(l, place, t);
}

tacet_err net_timer_set(net_loop *l, net_timer *t, uint64_t at) {
  if (t->place == 0) {
    if (l->n_timers + 1 >= l->cap_timers) {
      size_t cap = l->cap_timers == 0 ? 64 : l->cap_timers * 2;
      net_timer **heap = tacet_alloc_array(cap, sizeof(*heap));
      if (heap == NULL) {
        return TACET_ERR_NOMEM;
      }
      if (l->n_timers > 0) {
        memcpy(heap, l->heap, (l->n_timers + 1) * sizeof(net_timer *));
      }
      tacet_free(l->heap);
      l->heap = heap;
      l->cap_timers = cap;
    }
    t->place = ++l->n_timers;
    l->heap[t->place] = t;
  }
  t->at = at;
  sift(l, t->place, t);
  return TACET_OK;
}

void net_timer_cancel(net_loop *l, net_timer *t) {
  if (t->place == 0) {
    return;
  }
  size_t place = t->place;
  net_timer *moved = l->heap[l->n_timers--];
  t->place = 0;
  if (moved != t) {
    sift(l, place, moved);
  }
}

static void run_timers(net_loop *l) {
  while (l->n_timers > 0 && l->heap[1]->at <= l->now) {
    net_timer *t = l->heap[1];
    net_timer_cancel(l, t);
    t->fn(t);
  }
}

static int wait_ms(net_loop *l) {
  if (l->soon != NULL) {
    return 0;
  }
  if (l->n_timers == 0) {
    return -1;
  }
  uint64_t at = l->heap[1]->at;
  uint64_t left = at <= l->now ? 0 : at - l->now;
  return left > 60000 ? 60000 : (int)left;
}

/* ---- descriptors ---- */

static uint32_t to_epoll(unsigned events) {
  return (events & NET_READ ? EPOLLIN | EPOLLRDHUP : 0u) |
         (events & NET_WRITE ? (uint32_t)EPOLLOUT : 0u);
}

tacet_err net_watch_start(net_loop *l, net_watch *w, bool exclusive) {
  struct epoll_event e = {.events = to_epoll(w->events) |
                                    (exclusive ? (uint32_t)EPOLLEXCLUSIVE : 0u),
                          .data.ptr = w};
  if (exclusive) {
    e.events &= ~(uint32_t)EPOLLRDHUP; /* not allowed together */
  }
  return epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &e) == 0 ? TACET_OK
                                                            : TACET_ERR_IO;
}

void net_watch_change(net_loop *l, net_watch *w, unsigned events) {
  if (w->events != events) {
    w->events = events;
    struct epoll_event e = {.events = to_epoll(events), .data.ptr = w};
    (void)epoll_ctl(l->epoll, EPOLL_CTL_MOD, w->fd, &e);
  }
}

void net_watch_stop(net_loop *l, net_watch *w) {
  (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
  for (int i = 0; i < l->n_events; i++) {
    if (l->events[i].data.ptr == w) {
      l->events[i].events = 0;
    }
  }
}

static void run_event(net_loop *l, int i) {
  struct epoll_event e = l->events[i];
  if (e.data.ptr == NULL) {
    uint64_t n;
    (void)!read(l->wake, &n, sizeof(n));
    return;
  }
  unsigned events = 0;
  if (e.events & (EPOLLERR | EPOLLHUP)) {
    events = NET_READ | NET_WRITE | NET_HANGUP;
  }
  events |= e.events & (EPOLLIN | EPOLLRDHUP) ? (unsigned)NET_READ : 0u;
  events |= e.events & EPOLLOUT ? (unsigned)NET_WRITE : 0u;
  net_watch *w = e.data.ptr;
  if (events != 0) {
    w->fn(w, events);
  }
}

void net_loop_run(net_loop *l) {
  while (!atomic_load(&l->stop)) {
    l->now = clock_ms();
    l->n_events = epoll_wait(l->epoll, l->events, ROUND, wait_ms(l));
    l->now = clock_ms();
    for (int i = 0; i < l->n_events; i++) {
      run_event(l, i);
    }
    l->n_events = 0;
    (void)run_posted(l);
    run_timers(l);
    run_tasks(l);
  }
  atomic_store(&l->stop, false);
}
