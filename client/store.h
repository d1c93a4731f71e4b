/* SPDX-License-Identifier: Apache-2.0
 * client/store.h -- the home's database: tables of sealed records.
 *
 * Every table has the same four columns. `k` is a keyed hash of the record's
 * name, `p` one of what it belongs to (or NULL), `o` a number that orders the
 * records of one p, `v` the record, sealed with XChaCha20-Poly1305 under the
 * store key, with table, k, p and o as associated data: a record moved to
 * another place does not open. So the file shows how many records there are,
 * how large, in which order they came, and nothing else.
 *
 * The store key is random; it is wrapped by a key that Argon2id makes from the
 * passphrase, or lies in the file `store.key` beside the database.
 *
 * Writing happens between client_tx_begin() and client_tx_commit(), which is
 * durable when it returns. Several processes may have one store open; a
 * transaction waits for those of others.
 */
#ifndef TACET_CLIENT_STORE_H
#define TACET_CLIENT_STORE_H

#include "client/client.h"
#include "client/env.h"
#include "client/mem.h"

/* X(NAME, "table"): what each holds stands in client/records.h. */
#define CLIENT_TABLES(X)                                                       \
  X(SELF, "self")                                                              \
  X(MANIFEST, "manifest")                                                      \
  X(PERSON, "person")                                                          \
  X(HANDLE, "handle")                                                          \
  X(LABEL, "label")                                                            \
  X(GOSSIP, "gossip")                                                          \
  X(TOKEN, "token")                                                            \
  X(MAILBOX, "mailbox")                                                        \
  X(PACKAGE, "package")                                                        \
  X(CLAIM, "claim")                                                            \
  X(CONVERSATION, "conversation")                                              \
  X(GROUP, "mls_group")                                                        \
  X(TREE, "mls_tree")                                                          \
  X(OWN, "mls_own")                                                            \
  X(EPOCH, "epoch")                                                            \
  X(DEVICE, "device")                                                          \
  X(MESSAGE, "message")                                                        \
  X(EXPIRY, "expiry")                                                          \
  X(PENDING, "pending")                                                        \
  X(OUTBOX, "outbox")                                                          \
  X(PAYLOAD, "payload")                                                        \
  X(SEEN, "seen")                                                              \
  X(UNOPENED, "unopened")                                                      \
  X(EVENT, "event")                                                            \
  X(JOB, "job")                                                                \
  X(FILE, "file")                                                              \
  X(SYNC, "sync")                                                              \
  X(READ, "read")

typedef enum client_table {
#define X(name, text) CLIENT_T_##name,
  CLIENT_TABLES(X)
#undef X
      CLIENT_T_N
} client_table;

typedef struct client_store client_store;

/* ---- opening ---- */

#define CLIENT_STORE_VERSION 1 /* PRAGMA user_version */

/* Failures are explained in *detail, which also gets those of later calls. */
TACET_MUST_CHECK tacet_err client_store_create(const char *home,
                                               tacet_span passphrase,
                                               const client_env *env,
                                               client_error *detail,
                                               client_store **out);
TACET_MUST_CHECK tacet_err client_store_open(const char *home,
                                             tacet_span passphrase,
                                             const client_env *env,
                                             client_error *detail,
                                             client_store **out);
TACET_MUST_CHECK tacet_err client_store_probe(const char *home,
                                              client_error *detail,
                                              client_home_state *out);
void client_store_free(client_store *s);
const char *client_store_home(const client_store *s);
bool client_store_has_passphrase(const client_store *s);

/* ---- transactions ---- */

/* Ends with the scope: undone unless it was committed. They nest; an inner one
 * that is undone takes back its own writes alone. */
typedef struct client_tx {
  client_store *s;
  int depth;
} client_tx;
#define CLIENT_TX(name) TACET_CLEANUP(client_tx_end) client_tx name = {NULL, 0}
TACET_MUST_CHECK tacet_err client_tx_begin(client_store *s, client_tx *tx);
TACET_MUST_CHECK tacet_err client_tx_commit(client_tx *tx);
void client_tx_end(client_tx *tx);
/* What is read until tx ends is one state, whoever writes meanwhile. Not within
 * a transaction; nothing is written in it, and it is not committed. */
TACET_MUST_CHECK tacet_err client_snapshot_begin(client_store *s,
                                                 client_tx *tx);
bool client_store_in_tx(const client_store *s);

/* True once the test hook let this "process" die. */
bool client_store_dead(const client_store *s);
/* Changes whenever another process or this one committed something. */
TACET_MUST_CHECK tacet_err client_store_version(client_store *s, uint64_t *out);
/* Empties the -wal file, where deleted records would otherwise linger. Does
 * nothing while others read. */
void client_store_checkpoint(client_store *s);

/* ---- records ---- */

typedef struct client_row {
  uint64_t order;
  tacet_span value; /* in the client_mem of the call */
} client_row;

/* Writes one, in place of what was there. parent may be empty (none). Only
 * within a transaction, like all that writes. */
TACET_MUST_CHECK tacet_err client_store_put(client_store *s, client_table t,
                                            tacet_span key, tacet_span parent,
                                            uint64_t order, tacet_span value);
/* NOT_FOUND if there is none. */
TACET_MUST_CHECK tacet_err client_store_get(client_store *s, client_table t,
                                            tacet_span key, client_mem *mem,
                                            tacet_span *value);
TACET_MUST_CHECK tacet_err client_store_has(client_store *s, client_table t,
                                            tacet_span key, bool *out);
/* Fine if there is none. */
TACET_MUST_CHECK tacet_err client_store_delete(client_store *s, client_table t,
                                               tacet_span key);
/* All of a parent. */
TACET_MUST_CHECK tacet_err client_store_delete_of(client_store *s,
                                                  client_table t,
                                                  tacet_span parent);
/* Those whose order is at most this. */
TACET_MUST_CHECK tacet_err client_store_delete_until(client_store *s,
                                                     client_table t,
                                                     uint64_t order);

/* Which records, and how many: those of `parent` (empty: all of the table) with
 * an order from `from` up to `to`, at most `limit` (0: all), `last`: the last
 * ones, still in ascending order. */
typedef struct client_range {
  tacet_span parent;
  uint64_t from, to; /* to 0: no end */
  size_t limit;
  bool last;
} client_range;
TACET_MUST_CHECK tacet_err client_store_list(client_store *s, client_table t,
                                             const client_range *range,
                                             client_mem *mem,
                                             const client_row **rows,
                                             size_t *n);
TACET_MUST_CHECK tacet_err client_store_count(client_store *s, client_table t,
                                              tacet_span parent, size_t *n);
/* A number larger than all before, for `order`. */
TACET_MUST_CHECK tacet_err client_store_next(client_store *s, uint64_t *out);

/* 32 bytes that only this home can compute: names of files in it. */
TACET_MUST_CHECK tacet_err client_store_keyed(client_store *s,
                                              const char *label, tacet_span in,
                                              uint8_t out[32]);

#endif
