/* SPDX-License-Identifier: Apache-2.0
 * The commitment of a day: a tree of one size, however much happened.
 *
 * Only the part over the day's events is computed. A node under which no event
 * stands is a pad, HMAC(pad key, day || level || index): a sibling in a proof
 * is 32 bytes that tell nothing, and a quiet day has the shape of a busy one.
 * Where in the tree the events begin follows from the pad key too, so that an
 * index says nothing about how many came before. */
#include "desk/store/chain.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdio.h>
#include <stdlib.h>

/* level: DESK_DAY_DEPTH + 1 draws the place of the first event. */
static tacet_err pad(const uint8_t pad_key[DESK_PAD_KEY_LEN], desk_day day,
                     unsigned level, uint64_t index, desk_hash *out) {
  uint8_t in[4 + 1 + 4];
  for (unsigned i = 0; i < 4; i++) {
    in[i] = (uint8_t)((uint32_t)day >> (24 - 8 * i));
    in[5 + i] = (uint8_t)((uint32_t)index >> (24 - 8 * i));
  }
  in[4] = (uint8_t)level;
  const tacet_span parts[] = {TACET_SPAN_LIT("tacet desk pad"),
                              {in, sizeof(in)}};
  return tacet_hash_sha256.hmac(tacet_span_of(pad_key, DESK_PAD_KEY_LEN), parts,
                                2, out->b);
}

static tacet_err first_slot(const uint8_t pad_key[DESK_PAD_KEY_LEN],
                            desk_day day, size_t n, uint64_t *out) {
  desk_hash h;
  uint64_t v = 0;
  TACET_TRY(pad(pad_key, day, DESK_DAY_DEPTH + 1, 0, &h));
  for (unsigned i = 0; i < 8; i++) {
    v = v << 8 | h.b[i];
  }
  *out = v % (DESK_DAY_SLOTS - n + 1);
  return TACET_OK;
}

/* What is known of one level: nodes [first, first + n). */
typedef struct level {
  const uint8_t *pad_key;
  desk_day day;
  unsigned up;
  uint64_t first;
  size_t n;
  desk_hash *nodes;
} level;

static tacet_err node_at(const level *l, uint64_t index, desk_hash *out) {
  if (index >= l->first && index - l->first < l->n) {
    *out = l->nodes[index - l->first];
    return TACET_OK;
  }
  return pad(l->pad_key, l->day, l->up, index, out);
}

/* The level above, in the same memory: parents are never more. */
static tacet_err rise(level *l) {
  uint64_t first = l->first / 2, last = (l->first + l->n - 1) / 2;
  for (uint64_t i = first; i <= last; i++) {
    desk_hash left, right;
    TACET_TRY(node_at(l, 2 * i, &left));
    TACET_TRY(node_at(l, 2 * i + 1, &right));
    /* Its place was read: children 2i of i - first places before. */
    TACET_TRY(tacet_tlog_node(&left, &right, &l->nodes[i - first]));
  }
  l->first = first;
  l->n = (size_t)(last - first + 1);
  l->up++;
  return TACET_OK;
}

static tacet_err leaves(const desk_hash *commitments, level *l) {
  for (size_t i = 0; i < l->n; i++) {
    TACET_TRY(tacet_tlog_leaf(tacet_span_of(commitments[i].b, DESK_HASH_LEN),
                              &l->nodes[i]));
  }
  return TACET_OK;
}

/* From the leaves to the root; notes the siblings of `at` where there is a
 * proof to make. */
static tacet_err climb(level *l, uint64_t at, tacet_tlog_proof *proof) {
  while (l->up < DESK_DAY_DEPTH) {
    if (proof != NULL) {
      TACET_TRY(node_at(l, at ^ 1, &proof->hashes[proof->n++]));
      at /= 2;
    }
    TACET_TRY(rise(l));
  }
  return TACET_OK;
}

static tacet_err build(const uint8_t pad_key[DESK_PAD_KEY_LEN], desk_day day,
                       const desk_hash *commitments, size_t n, size_t which,
                       uint64_t *index, tacet_tlog_proof *proof,
                       desk_hash *root) {
  if (n > DESK_DAY_SLOTS) {
    return TACET_ERR_LIMIT;
  }
  if (n == 0) {
    return pad(pad_key, day, DESK_DAY_DEPTH, 0, root);
  }
  level l = {.pad_key = pad_key, .day = day, .n = n};
  TACET_TRY(first_slot(pad_key, day, n, &l.first));
  *index = l.first + which;
  l.nodes = malloc((n + 1) * sizeof(*l.nodes));
  if (l.nodes == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err e = leaves(commitments, &l);
  if (e == TACET_OK) {
    e = climb(&l, *index, proof);
  }
  if (e == TACET_OK) {
    *root = l.nodes[0];
  }
  free(l.nodes);
  return e;
}

tacet_err desk_day_root(const uint8_t pad_key[DESK_PAD_KEY_LEN], desk_day day,
                        const desk_hash *commitments, size_t n,
                        desk_hash *root) {
  uint64_t index;
  return build(pad_key, day, commitments, n, 0, &index, NULL, root);
}

tacet_err desk_day_prove(const uint8_t pad_key[DESK_PAD_KEY_LEN], desk_day day,
                         const desk_hash *commitments, size_t n, size_t which,
                         uint64_t *index, tacet_tlog_proof *proof) {
  tacet_tlog_proof p = {.n = 0};
  desk_hash root;
  uint64_t at = 0;
  if (which >= n) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(build(pad_key, day, commitments, n, which, &at, &p, &root));
  *index = at;
  *proof = p;
  return TACET_OK;
}

static void hex(const uint8_t *p, char out[2 * DESK_HASH_LEN + 1]) {
  tacet_hex_write(tacet_span_of(p, DESK_HASH_LEN), out);
}

size_t desk_day_statement(const uint8_t desk_public[DESK_KEY_LEN], desk_day day,
                          const desk_hash *root, const desk_hash *before,
                          char out[DESK_STATEMENT_MAX]) {
  char key[2 * DESK_HASH_LEN + 1], r[2 * DESK_HASH_LEN + 1],
      b[2 * DESK_HASH_LEN + 1], date[DESK_DAY_TEXT];
  hex(desk_public, key);
  hex(root->b, r);
  hex(before->b, b);
  desk_day_text(day, date);
  int n = snprintf(out, DESK_STATEMENT_MAX,
                   "tacet-desk day v1\nday %s\ndesk %s\nroot %s\nbefore %s\n",
                   date, key, r, b);
  return n > 0 ? (size_t)n : 0;
}

tacet_err desk_statement_hash(tacet_span text, desk_hash *out) {
  return tacet_hash_one(&tacet_hash_sha256, text, out->b);
}
