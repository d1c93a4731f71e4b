/* SPDX-License-Identifier: Apache-2.0
 * What the files of this folder share: the service, its statements, the stages
 * of a request.
 */
#ifndef TACETD_DELIVERY_PRIVATE_H
#define TACETD_DELIVERY_PRIVATE_H

#include "server/delivery/box.h"
#include "server/delivery/delivery.h"
#include "server/delivery/outgoing.h"
#include "server/limits.h"
#include "server/storage/keeper.h"
#include "server/tokens/tokens.h"

#define DLV_PATH_MAX 4096

/* ---- statements; schema.c has their SQL ---- */

enum {
  Q_META_GET,
  Q_META_SET,
  Q_META_DELETE,
  Q_BOX_GET,
  Q_BOX_ADD,
  Q_BOX_UPDATE,
  Q_BOX_DELETE,
  Q_BOX_AFTER, /* keys of mailboxes in order, for housekeeping */
  Q_ITEM_ADD,
  Q_ITEM_COUNT,
  Q_ITEM_COUNT_UP_TO,
  Q_ITEM_DELETE_UP_TO,
  Q_ITEM_DELETE_ALL,
  Q_ITEM_OLDER, /* the last of a mailbox that is past its day */
  Q_ITEM_NEXT,
  Q_SLOT_GET,
  Q_SLOT_ADD,
  Q_SLOT_DROP_BODIES,
  Q_SLOT_DELETE,
  Q_SPENT_GET,
  Q_SPENT_ADD,
  Q_SPENT_EXPIRE,
  Q_BLOB_GET,
  Q_BLOB_ADD,
  Q_BLOB_GROW,
  Q_BLOB_OLDER,
  Q_BLOB_DELETE,
  Q_N
};
extern const sto_schema dlv_schema;

/* ---- stages ---- */

/* A request goes through one or more stages, each on a reader (checks that take
 * time, files) or on the writer. A stage that is not the last names the next
 * one; what it returns is an error of the database or TACET_OK. A stage that
 * refuses sets r->status and names none. */
typedef tacet_err (*dlv_stage)(dlv_request *r, sto_conn *c);
enum dlv_thread { DLV_READER, DLV_WRITER };

typedef struct dlv_work {
  dlv_stage stage, next;
  enum dlv_thread next_on;
  bool grows; /* of the stage that comes next, if on the writer */
  /* Tokens that came along, once checked: how many are good. */
  size_t n_spent;
  tok_spent *spent;
  /* SEND: SHA-256 of each recipient's capability, n_recipients of them. */
  uint8_t (*hashes)[TACET_HASH_LEN];
  /* Blobs: the hash of the id, and what the row says. */
  uint8_t hash[TACET_HASH_LEN];
  uint64_t received, total;
} dlv_work;

static inline void dlv_then(dlv_request *r, enum dlv_thread on, bool grows,
                            dlv_stage next) {
  r->work->next = next;
  r->work->next_on = on;
  r->work->grows = grows;
}
static inline tacet_err dlv_refuse(dlv_request *r, tacet_wire_error status) {
  r->status = status;
  return TACET_OK;
}

/* First stages of the calls, and where they begin. */
tacet_err dlv_create_start(dlv_request *r, sto_conn *c);
tacet_err dlv_change_run(dlv_request *r, sto_conn *c);
tacet_err dlv_delete_run(dlv_request *r, sto_conn *c);
tacet_err dlv_send_start(dlv_request *r, sto_conn *c); /* with a token */
tacet_err dlv_send_run(dlv_request *r, sto_conn *c);
tacet_err dlv_send_ephemeral(dlv_request *r, sto_conn *c);
tacet_err dlv_slots_run(dlv_request *r, sto_conn *c);
tacet_err dlv_blob_put_start(dlv_request *r, sto_conn *c);
tacet_err dlv_blob_get_run(dlv_request *r, sto_conn *c);
tacet_err dlv_subscribe_start(dlv_request *r, sto_conn *c);
tacet_err dlv_fetch_run(dlv_request *r, sto_conn *c);
tacet_err dlv_ack_run(dlv_request *r, sto_conn *c);

/* ---- the service ---- */

/* Claims of slots by capability within this hour, in memory. A row that another
 * capability needs is taken over: the table forgets rather than grows. */
#define DLV_CLAIM_ROWS 4096
typedef struct dlv_claims {
  struct {
    uint64_t tag; /* from the hash of the capability */
    uint32_t hour, n;
  } rows[DLV_CLAIM_ROWS];
} dlv_claims;

struct dlv_delivery {
  sto_db *db;
  char *folder;
  dlv_hooks hooks;
  sto_watch watch;
  sto_clock clock;
  tok_issuer *issuer;
  sto_keeper keeper;
  /* The writer's alone. */
  dlv_boxes boxes;
  dlv_outgoing out;
  dlv_claims claims;
  uint8_t (*dead_blobs)[TACET_HASH_LEN]; /* files to remove after the commit */
  size_t n_dead_blobs;
};

static inline int64_t dlv_today(const dlv_delivery *d) {
  return sto_keeper_today(&d->keeper);
}
static inline uint64_t dlv_now_ms(const dlv_delivery *d) {
  return d->clock.monotonic_ms(d->clock.user);
}

/* SHA-256 of a secret, as rows have it. */
TACET_MUST_CHECK tacet_err dlv_hash(const uint8_t *secret, size_t len,
                                    uint8_t out[TACET_HASH_LEN]);
/* The integer key of a mailbox: the first half of its id. */
int64_t dlv_key_of(const uint8_t id[TACET_MAILBOX_ID_LEN]);

/* mailboxes.c: the row and all that waits; the hook is told. */
TACET_MUST_CHECK tacet_err dlv_box_erase(dlv_delivery *d, sto_conn *c,
                                         dlv_box *b);
/* receive.c: the items of a mailbox up to a number; how many there were. */
TACET_MUST_CHECK tacet_err dlv_items_erase(dlv_delivery *d, sto_conn *c,
                                           dlv_box *b, uint64_t seq,
                                           uint32_t *n);

/* tokens.c */
/* Checks the tokens of a request (a reader's work): those that are good, and
 * not the same twice, stand in r->work->spent afterwards. */
TACET_MUST_CHECK tacet_err dlv_tokens_check(dlv_request *r,
                                            const tacet_token *tokens,
                                            size_t n);
/* Spends the first n of r->work->spent, in a transaction. r->status is TOKEN if
 * fewer were good, TOKEN_SPENT if one was spent before; then none is. */
TACET_MUST_CHECK tacet_err dlv_tokens_spend(dlv_request *r, sto_conn *c,
                                            size_t n);

/* slots.c */
typedef enum dlv_slot_result {
  DLV_SLOT_FREE,
  DLV_SLOT_SAME,
  DLV_SLOT_OTHER,
  DLV_SLOT_EXPIRED
} dlv_slot_result;
/* What a slot has for who claims it with `body`. OTHER: *winner is valid until
 * the statement's next use. */
TACET_MUST_CHECK tacet_err dlv_slot_look(sto_conn *c, const uint8_t hash[32],
                                         tacet_span body,
                                         dlv_slot_result *result,
                                         tacet_span *winner);
TACET_MUST_CHECK tacet_err dlv_slot_add(sto_conn *c, const uint8_t hash[32],
                                        int64_t day, tacet_span body);
/* Whether a capability has claims left in this hour; `take` counts one. */
bool dlv_claims_allow(dlv_delivery *d, const uint8_t hash[32], bool take);

/* blob_files.c: all return IO, FULL or NOT_FOUND and touch nothing else. */
TACET_MUST_CHECK tacet_err dlv_blob_file_write(const dlv_delivery *d,
                                               const uint8_t hash[32],
                                               uint64_t at, tacet_span piece);
TACET_MUST_CHECK tacet_err dlv_blob_file_read(const dlv_delivery *d,
                                              const uint8_t hash[32],
                                              uint64_t at, uint8_t *out,
                                              size_t len);
void dlv_blob_file_remove(const dlv_delivery *d, const uint8_t hash[32]);
TACET_MUST_CHECK tacet_err dlv_blob_folder_make(const char *folder,
                                                sto_trouble *why);
/* Removes files that have no row: what a crash left. On a reader. */
TACET_MUST_CHECK tacet_err dlv_blob_files_sweep(const dlv_delivery *d,
                                                sto_conn *c);

/* keep.c: for the keeper. */
sto_keeping dlv_keeping(dlv_delivery *d);

#endif
