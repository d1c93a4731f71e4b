/* SPDX-License-Identifier: Apache-2.0
 * A post office for tests: delivery on a folder of its own with a clock that
 * the test moves, owners of mailboxes, and calls that wait for their end.
 */
#ifndef TACET_TESTS_POST_H
#define TACET_TESTS_POST_H

#include "server/delivery/delivery.h"
#include "server/delivery/private.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/folder.h"
#include "tests/support/support.h"

/* ---- the office ---- */

extern char post_folder[TEST_PATH_MAX];
extern dlv_delivery *post;

/* Group fixtures: a new folder with delivery open on it, the clock on day
 * 20,000 and no faults. */
int post_setup(void **state);
int post_teardown(void **state);
void post_close(void);
void post_reopen(void);
/* Moves both clocks on by whole days, and lets housekeeping end. */
void post_days_pass(int64_t days);
/* Moves the monotonic clock alone. */
void post_seconds_pass(uint64_t seconds);
/* Moves the wall clock alone: a jump. */
void post_clock_jumps(int64_t days);
/* Waits until the write-ahead log is empty. */
void post_settle(void);
/* How often bytes stand in the files of the folder. */
size_t post_count_raw(tacet_span bytes);

/* What the hooks were told since the last post_hooks_reset(). Items are held.
 */
#define POST_HOOK_MAX 4096
extern dlv_item *post_stored[POST_HOOK_MAX];
extern size_t post_n_stored, post_n_ephemeral, post_n_gone;
extern uint8_t post_last_gone[16], post_last_ephemeral[16];
void post_hooks_reset(void);

/* ---- tokens ---- */

/* A fresh one that delivery takes (or the directory, to be refused). */
tacet_token post_token(tacet_token_kind kind);

/* ---- owners ---- */

typedef struct owner {
  tacet_new_mailbox box;
  uint8_t read_secret[32], capability[32];
  tacet_secret sealing_key;
} owner;

/* Makes up secrets and keys; creates nothing. */
void owner_make(owner *o);
tacet_wire_error post_create(const owner *list, size_t n, const tacet_token *t);
/* Makes n of them, up to 64, and creates them with one token. */
void owners_new(owner *list, size_t n);
/* The same and reads them once, so that they take many items. */
void owners_open(owner *list, size_t n);
tacet_recipient to(const owner *o);

/* ---- calls ---- */

/* Submits and waits. The request is the caller's to free. */
void post_call(dlv_request *r);
/* From a body. */
dlv_request *post_request(dlv_call call, tacet_span body);

typedef struct sent {
  tacet_wire_error status;
  uint8_t outcomes[TACET_RECIPIENTS_MAX];
  size_t n;
  uint8_t winner[64]; /* the beginning of the body of SLOT_TAKEN */
  size_t winner_len;
} sent;
sent post_send(const tacet_send *m, const tacet_recipient *list, size_t n);
/* One item to one owner. */
uint8_t post_send_one(const owner *o, tacet_span item);
tacet_wire_error post_change(const owner *o, const uint8_t capability[32],
                             bool drop_old);
tacet_wire_error post_delete(const owner *list, size_t n);
tacet_subscription post_subscribe(const owner *o);
/* All that is stored above `after`: the request holds the items. */
dlv_request *post_fetch(const owner *o, uint64_t after, size_t max_items,
                        size_t max_bytes);
size_t post_count(const owner *o); /* items that wait */
uint64_t post_ack(const owner *o, uint64_t seq);
/* Opens a sealed item and compares. */
void assert_opens(const owner *o, const dlv_item *item, tacet_span want);

void fill_random(uint8_t *out, size_t len);

#endif
