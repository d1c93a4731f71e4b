/* SPDX-License-Identifier: Apache-2.0
 * net/loop.h -- an event loop: descriptors, timers, calls from other threads.
 *
 * One loop belongs to the thread that is in net_loop_run(). Everything here is
 * for that thread alone, except net_loop_post(), net_loop_stop() and what is
 * done before net_loop_run() starts. Nothing is called from inside another
 * call: callbacks come from net_loop_run() only.
 */
#ifndef TACET_NET_LOOP_H
#define TACET_NET_LOOP_H

#include "tacet/base.h"

typedef struct net_loop net_loop;

TACET_MUST_CHECK tacet_err net_loop_new(net_loop **out);
/* The loop has ended, and nobody posts to it any more. NULL is fine. */
void net_loop_free(net_loop *l);
/* Runs what was posted and did not run, once the loop has ended. False if there
 * was nothing: loops that post to each other are freed when none has any. */
bool net_loop_run_left(net_loop *l);
/* Runs until net_loop_stop(); afterwards it may be run again. */
void net_loop_run(net_loop *l);
void net_loop_stop(net_loop *l); /* any thread; ends after the current round */
/* Milliseconds of a clock that never jumps, as of the current round. */
uint64_t net_loop_now(const net_loop *l);

/* ---- calls from other threads ---- */

/* fn(user) runs soon on the loop's thread, in the order of posting. Any thread.
 * NOMEM: it will not run. */
TACET_MUST_CHECK tacet_err net_loop_post(net_loop *l, void (*fn)(void *user),
                                         void *user);
/* The same with the caller's memory, so that it cannot fail: embed one, set fn
 * and user; it may be used or freed again once fn is called. */
typedef struct net_post {
  void (*fn)(void *user);
  void *user;
  struct net_post *next;
} net_post;
void net_post_send(net_loop *l, net_post *p);
/* Between these two what this thread posts, to up to 8 loops, waits, and then
 * comes together: one wake-up for the results of many. */
void net_post_hold(void);
void net_post_release(void);

/* ---- later in the same round ---- */

/* Embed one; zero-initialise it. */
typedef struct net_task {
  void (*fn)(struct net_task *t);
  void *user;
  struct net_task *next, *prev;
  uint64_t round; /* in which it was asked for; 0: not */
} net_task;
/* fn(t) runs once at the end of this round, however often it is asked for; if
 * it is asked for by a task, at the end of the next, which does not wait. */
void net_task_soon(net_loop *l, net_task *t);
void net_task_cancel(net_loop *l, net_task *t); /* not asked for: fine */

/* ---- descriptors ---- */

/* HANGUP is only ever reported, with the other two: both directions are gone,
 * and nothing but closing makes it stop. */
enum { NET_READ = 1, NET_WRITE = 2, NET_HANGUP = 4 };

/* Embed one in the object that owns the descriptor. */
typedef struct net_watch {
  int fd;
  unsigned events; /* NET_READ | NET_WRITE, 0: hang-ups alone */
  void (*fn)(struct net_watch *w, unsigned events);
  void *user;
} net_watch;
/* `exclusive`: a listening descriptor that several loops watch: one wakes up.
 */
TACET_MUST_CHECK tacet_err net_watch_start(net_loop *l, net_watch *w,
                                           bool exclusive);
void net_watch_change(net_loop *l, net_watch *w, unsigned events);
/* No callback comes any more, not even one of the current round. */
void net_watch_stop(net_loop *l, net_watch *w);

/* ---- timers ---- */

/* Embed one; zero-initialise it. */
typedef struct net_timer {
  uint64_t at; /* in terms of net_loop_now() */
  void (*fn)(struct net_timer *t);
  void *user;
  size_t place; /* in the loop's heap, from 1; 0: not set */
} net_timer;
/* Sets or moves it. Once; the callback may set it again. NOMEM: not set. */
TACET_MUST_CHECK tacet_err net_timer_set(net_loop *l, net_timer *t,
                                         uint64_t at);
void net_timer_cancel(net_loop *l, net_timer *t); /* not set: fine */

#endif
