/* SPDX-License-Identifier: Apache-2.0
 * The hashes of the desk's log. */
#include "desk/store/chain.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

static const tacet_span tag_words = {(const uint8_t *)"tacet desk words", 16};
static const tacet_span tag_event = {(const uint8_t *)"tacet desk event", 16};
static const tacet_span tag_chain = {(const uint8_t *)"tacet desk chain", 16};
static const tacet_span tag_begin = {(const uint8_t *)"tacet desk begin", 16};

enum { VARINT_MAX = 4 };

static void put_u64(uint8_t out[8], uint64_t v) {
  for (unsigned i = 0; i < 8; i++) {
    out[i] = (uint8_t)(v >> (56 - 8 * i));
  }
}

/* The length before an opaque<V> (RFC 9420 2.1.2), on the stack: an event is
 * hashed where it lies. */
static tacet_err put_len(size_t len, uint8_t out[VARINT_MAX],
                         tacet_span *span) {
  if (len > TACET_VARINT_MAX) {
    return TACET_ERR_LIMIT;
  }
  unsigned size = len < 64 ? 1 : len < 16384 ? 2 : 4;
  uint32_t v = (uint32_t)len | (size == 1   ? 0
                                : size == 2 ? (uint32_t)0x4000
                                            : (uint32_t)0x80000000);
  for (unsigned i = 0; i < size; i++) {
    out[i] = (uint8_t)(v >> (8 * (size - 1 - i)));
  }
  *span = tacet_span_of(out, size);
  return TACET_OK;
}

/* Hashes what stands before, and each field with its length before it. */
static tacet_err hash_fields(const tacet_span *before, size_t n_before,
                             const tacet_span *fields, size_t n,
                             desk_hash *out) {
  enum { FIELDS_MAX = 2, BEFORE_MAX = 3 };
  uint8_t lens[FIELDS_MAX][VARINT_MAX];
  tacet_span parts[BEFORE_MAX + 2 * FIELDS_MAX];
  TACET_ASSERT(n_before <= BEFORE_MAX && n <= FIELDS_MAX);
  memcpy(parts, before, n_before * sizeof(*before));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(put_len(fields[i].len, lens[i], &parts[n_before + 2 * i]));
    parts[n_before + 2 * i + 1] = fields[i];
  }
  return tacet_hash_sha256.digest(parts, n_before + 2 * n, out->b);
}

tacet_err desk_words(const uint8_t salt[DESK_SALT_LEN], const desk_saying *e,
                     desk_hash *words) {
  uint8_t time[8];
  const tacet_span before[] = {tag_words, {salt, DESK_SALT_LEN}, {time, 8}};
  const tacet_span fields[] = {e->kind, e->body};
  if (e->time < 0) {
    return TACET_ERR_ARGUMENT;
  }
  put_u64(time, (uint64_t)e->time);
  return hash_fields(before, 3, fields, 2, words);
}

tacet_err desk_commit_words(const desk_hash *words, tacet_span actor,
                            tacet_span case_id, desk_hash *out) {
  const tacet_span before[] = {tag_event, {words->b, DESK_HASH_LEN}};
  const tacet_span fields[] = {actor, case_id};
  return hash_fields(before, 2, fields, 2, out);
}

tacet_err desk_commit(const uint8_t salt[DESK_SALT_LEN], const desk_saying *e,
                      desk_hash *out) {
  desk_hash words;
  TACET_TRY(desk_words(salt, e, &words));
  return desk_commit_words(&words, e->actor, e->case_id, out);
}

tacet_err desk_chain_begin(const uint8_t desk_public[DESK_KEY_LEN],
                           desk_hash *head) {
  const tacet_span parts[] = {tag_begin, {desk_public, DESK_KEY_LEN}};
  return tacet_hash_sha256.digest(parts, 2, head->b);
}

tacet_err desk_chain_link(const desk_hash *before, uint64_t number,
                          desk_day day, const desk_hash *commitment,
                          tacet_span signature, desk_hash *head) {
  uint8_t numbers[12], len[VARINT_MAX];
  put_u64(numbers, number);
  for (unsigned i = 0; i < 4; i++) {
    numbers[8 + i] = (uint8_t)((uint32_t)day >> (24 - 8 * i));
  }
  tacet_span parts[] = {tag_chain,
                        {before->b, DESK_HASH_LEN},
                        {numbers, sizeof(numbers)},
                        {commitment->b, DESK_HASH_LEN},
                        {NULL, 0},
                        signature};
  TACET_TRY(put_len(signature.len, len, &parts[4]));
  return tacet_hash_sha256.digest(parts, 6, head->b);
}

void desk_act_content(const desk_hash *before, const desk_hash *commitment,
                      uint8_t out[2 * DESK_HASH_LEN]) {
  memcpy(out, before->b, DESK_HASH_LEN);
  memcpy(out + DESK_HASH_LEN, commitment->b, DESK_HASH_LEN);
}

void desk_head_content(uint64_t number, int64_t time, const desk_hash *head,
                       uint8_t out[DESK_HEAD_CONTENT]) {
  put_u64(out, number);
  put_u64(out + 8, (uint64_t)time);
  memcpy(out + 16, head->b, DESK_HASH_LEN);
}
