/* SPDX-License-Identifier: Apache-2.0
 * What the files of the key log share: the log in memory and who may touch
 * which part of it.
 */
#ifndef TACETD_DIRECTORY_LOG_PRIVATE_H
#define TACETD_DIRECTORY_LOG_PRIVATE_H

#include "server/directory/log.h"

#include <pthread.h>

#define DIR_LOG_EPOCH_LEN 45

/* ---- the hashes of the tree: log_tree.c ---- */

/* The levels that tiles have: 0, 8, 16, ... What lies between is computed from
 * them when a proof needs it, at most 128 hashes for one. */
#define DIR_TILE_HEIGHT 8
#define DIR_TILE_WIDTH 256
#define DIR_TILE_LEVELS 8

typedef struct dir_tree {
  struct dir_tree_level {
    size_t n, cap;
    tacet_tlog_hash *hashes;
  } levels[DIR_TILE_LEVELS];
} dir_tree;

/* A source of proofs for any size up to what was put. */
tacet_tlog_source dir_tree_source(const dir_tree *t);
tacet_tlog_sink dir_tree_sink(dir_tree *t);
/* Forgets what a log of `size` entries does not have. */
void dir_tree_cut(dir_tree *t, uint64_t size);
void dir_tree_free(dir_tree *t);

/* ---- the log ---- */

/* A log that ends in an EPOCH, and all that is needed to go on from there. */
typedef struct dir_log_end {
  tacet_tlog_frontier frontier;
  tacet_tlog_hash root;
  tacet_keylog_entry epoch; /* the last entry */
} dir_log_end;

typedef struct dir_log_published {
  tacet_tlog_head head; /* size 0: nothing is published */
  tacet_keylog_entry epoch;
  tacet_bytes note;
  /* The HeadProof for who has seen nothing, or this very head. */
  tacet_bytes proof;
  size_t n_witnesses;
  uint64_t witnessed;
} dir_log_published;

/* A head that dir_log_publish() brought and its job found good: committed()
 * publishes it. */
typedef struct dir_log_offer {
  tacet_span note;
  tacet_tlog_head head;
  tacet_keylog_entry epoch;
  size_t n_witnesses;
  uint64_t witnessed;
} dir_log_offer;

typedef struct dir_log {
  /* Set at the start. */
  tacet_secret key;
  tacet_note_key name;
  bool rotating; /* there is a key that is to follow, and signs too */
  tacet_secret next_key;
  tacet_note_key next_name;
  tacet_vrf_key vrf;
  tacet_policy *policy;
  /* The writer's alone. */
  bool serving;                 /* loaded: transactions end with an EPOCH */
  tacet_tlog_frontier frontier; /* with what this transaction appended */
  tacet_map *map;               /* of `frontier` */
  dir_log_end ending; /* what this transaction's commit makes of `durable` */
  const dir_log_offer *offer;
  sto_trouble load_trouble;
  /* Of all threads: written by the writer, under `lock`. */
  pthread_rwlock_t lock;
  dir_tree tree;
  dir_log_end durable;
  tacet_map *shown; /* the map of `published`, its hashes all made */
  dir_log_published published;
} dir_log;

/* ---- log_keys.c ---- */

TACET_MUST_CHECK tacet_err dir_log_create(const char *folder,
                                          const char *domain, sto_trouble *why);
/* The keys and the policy of a folder. STATE if they do not belong together. */
/* *log is zeroed; to be closed after a failure too. */
TACET_MUST_CHECK tacet_err dir_log_open(dir_log *log, const char *folder,
                                        const char *domain, sto_trouble *why);
void dir_log_close(dir_log *log);
TACET_MUST_CHECK tacet_err dir_log_vrf_key(const char *folder,
                                           tacet_vrf_key *out,
                                           sto_trouble *why);
/* The checkpoint with the log's signature. */
TACET_MUST_CHECK tacet_err dir_log_sign(const dir_log *log,
                                        const tacet_tlog_head *head,
                                        tacet_buf *note);

/* ---- log.c: an update, from the reader that makes it to the commit ---- */

/* One version of a label, ready to be appended. */
typedef struct dir_update {
  tacet_keylog_entry entry;
  uint32_t version;
  uint8_t opening[TACET_KEYLOG_OPENING_LEN];
} dir_update;

/* Some 0.1 ms: a reader's work. handle: name@domain. */
TACET_MUST_CHECK tacet_err dir_update_make(const tacet_vrf_key *vrf,
                                           const char *handle, uint32_t version,
                                           tacet_span value, dir_update *out);
/* The only version of what everybody may know: its opening is zeros. */
TACET_MUST_CHECK tacet_err dir_update_make_public(
    const tacet_vrf_key *vrf, const tacet_keylog_label *label, tacet_span value,
    dir_update *out);
/* On the writer, in a transaction. */
TACET_MUST_CHECK tacet_err dir_update_append(dir_log *log, sto_conn *c,
                                             const dir_update *u,
                                             uint64_t *index);
/* Leaves an UPDATE or a STATEMENT for the server to append, in a transaction of
 * a process beside it. */
TACET_MUST_CHECK tacet_err dir_entry_leave(sto_conn *c,
                                           const tacet_keylog_entry *e);

/* ---- statements.c ---- */

/* Where the log has a STATEMENT of this hash. */
TACET_MUST_CHECK tacet_err dir_statement_at(sto_conn *c, const uint8_t hash[32],
                                            uint64_t *index, bool *found);

/* The hooks of the database. */
TACET_MUST_CHECK tacet_err dir_log_flush(dir_log *log, sto_conn *c,
                                         int64_t day);
bool dir_log_committed(dir_log *log); /* is there a new next head? */
void dir_log_undo(dir_log *log);

/* ---- log_load.c ---- */

/* Reads the whole log: a job's run(). IO, and log->load_trouble, if it is not
 * what it was. beside_server: outside of a transaction; what comes meanwhile is
 * passed over. */
TACET_MUST_CHECK tacet_err dir_log_load(dir_log *log, sto_conn *c,
                                        bool beside_server);
TACET_MUST_CHECK tacet_err dir_log_damaged(dir_log *log, const char *what);

/* ---- log_publish.c ---- */

/* On the writer: makes this head, which is on the disk, the published one. */
TACET_MUST_CHECK tacet_err dir_log_show(dir_log *log, const dir_log_offer *o);
/* The same for the next head, with the log's signature alone. */
TACET_MUST_CHECK tacet_err dir_log_show_next(dir_log *log);
/* The entry with a number; IO if it is not there. */
TACET_MUST_CHECK tacet_err dir_log_entry(sto_conn *c, uint64_t index,
                                         tacet_keylog_entry *out);
/* Judges a stored or offered note. `o` borrows from it. */
TACET_MUST_CHECK tacet_err dir_log_judge(const dir_log *log, sto_conn *c,
                                         tacet_span note, dir_log_offer *o);

/* ---- log_prove.c: under the lock, for reading ---- */

void dir_log_read_begin(dir_log *log);
void dir_log_read_end(dir_log *log);
/* A HeadProof of the published head for who saw `old_size`. One who saw more
 * than there is gets the proof of one who saw nothing: the size in it says
 * enough. */
TACET_MUST_CHECK tacet_err dir_log_prove_head(const dir_log *log,
                                              uint64_t old_size,
                                              tacet_buf *out);
/* KeyProofs: that head, the LabelProof in the published map, and the opening
 * of an account's number 0, where that is not the newest (NULL: none).
 * `seen` as of tacet_keylog_label_prove(). */
TACET_MUST_CHECK tacet_err dir_log_prove(dir_log *log, uint64_t old_size,
                                         const tacet_keylog_label *label,
                                         uint32_t seen,
                                         const tacet_keylog_opening *opening,
                                         const tacet_keylog_opening *first,
                                         tacet_buf *out);

#endif
