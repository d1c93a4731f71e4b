/* SPDX-License-Identifier: Apache-2.0
 * desk/store/chain.h -- the hashes of the desk's log: all that a verifier has
 * to know (docs/protocol/desk-log.md). Nothing here touches a database.
 *
 *   words_n      = SHA-256("tacet desk words" || salt[32] || uint64 time ||
 *                          opaque kind<V> || opaque body<V>)
 *   commitment_n = SHA-256("tacet desk event" || words_n || opaque actor<V> ||
 *                          opaque case<V>)
 *   head_0       = SHA-256("tacet desk begin" || the desk's public key)
 *   head_n       = SHA-256("tacet desk chain" || head_n-1 || uint64 n ||
 *                          uint32 day || commitment_n || opaque signature<V>)
 *
 * A purge takes what the words say and their salt away, and leaves their hash:
 * whose act an event was, and of which case, its commitment says for good.
 *
 * An officer signs head_n-1 || commitment_n, so that an act stands at one place
 * of one log; the desk signs the newest head alone, which binds all before it.
 *
 * The commitment of a day is the root of a tree of DESK_DAY_SLOTS leaves: the
 * day's commitments side by side somewhere in it, and pads, which nobody
 * without the pad key tells from hashes of events.
 */
#ifndef TACET_DESK_CHAIN_H
#define TACET_DESK_CHAIN_H

#include "desk/model.h"
#include "desk/store/key.h"
#include "tacet/keytrans/tlog.h"

#define DESK_HASH_LEN 32
#define DESK_SALT_LEN 32
#define DESK_PAD_KEY_LEN 32
#define DESK_DAY_DEPTH 20
#define DESK_DAY_SLOTS ((uint64_t)1 << DESK_DAY_DEPTH) /* events of one day */

typedef tacet_tlog_hash desk_hash;

/* What an event says, as it is committed to. */
typedef struct desk_saying {
  int64_t time;
  tacet_span actor, kind, case_id, body;
} desk_saying;

/* The hash that a purge leaves. */
TACET_MUST_CHECK tacet_err desk_words(const uint8_t salt[DESK_SALT_LEN],
                                      const desk_saying *e, desk_hash *words);
TACET_MUST_CHECK tacet_err desk_commit_words(const desk_hash *words,
                                             tacet_span actor,
                                             tacet_span case_id,
                                             desk_hash *out);
/* Both. */
TACET_MUST_CHECK tacet_err desk_commit(const uint8_t salt[DESK_SALT_LEN],
                                       const desk_saying *e, desk_hash *out);

TACET_MUST_CHECK tacet_err
desk_chain_begin(const uint8_t desk_public[DESK_KEY_LEN], desk_hash *head);
TACET_MUST_CHECK tacet_err desk_chain_link(const desk_hash *before,
                                           uint64_t number, desk_day day,
                                           const desk_hash *commitment,
                                           tacet_span signature,
                                           desk_hash *head);

#define DESK_LABEL_ACT "DeskAct"
#define DESK_LABEL_HEAD "DeskHead"
/* What an officer signs, and what the desk signs. */
void desk_act_content(const desk_hash *before, const desk_hash *commitment,
                      uint8_t out[2 * DESK_HASH_LEN]);
#define DESK_HEAD_CONTENT (8 + 8 + DESK_HASH_LEN)
void desk_head_content(uint64_t number, int64_t time, const desk_hash *head,
                       uint8_t out[DESK_HEAD_CONTENT]);

/* ---- the commitment of a day ---- */

/* The root over the commitments of a day in their order; n may be 0. LIMIT
 * above DESK_DAY_SLOTS. */
TACET_MUST_CHECK tacet_err
desk_day_root(const uint8_t pad_key[DESK_PAD_KEY_LEN], desk_day day,
              const desk_hash *commitments, size_t n, desk_hash *root);
/* Where number `which` of them stands, and the path: for
 * tacet_tlog_verify_inclusion() with a size of DESK_DAY_SLOTS and
 * tacet_tlog_leaf() of the commitment. */
TACET_MUST_CHECK tacet_err
desk_day_prove(const uint8_t pad_key[DESK_PAD_KEY_LEN], desk_day day,
               const desk_hash *commitments, size_t n, size_t which,
               uint64_t *index, tacet_tlog_proof *proof);

#define DESK_STATEMENT_MAX 512
/* The text whose SHA-256 goes out; `before` is the hash of the day before, or
 * zeros. Gives its length. */
size_t desk_day_statement(const uint8_t desk_public[DESK_KEY_LEN], desk_day day,
                          const desk_hash *root, const desk_hash *before,
                          char out[DESK_STATEMENT_MAX]);

/* SHA-256: what stands in the key log. */
TACET_MUST_CHECK tacet_err desk_statement_hash(tacet_span text, desk_hash *out);

#endif
