/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/ratchet.h"

void tacet_message_key_wipe(tacet_message_key *k) {
  tacet_wipe(k, sizeof(*k));
}

void tacet_ratchet_free(tacet_ratchet *r) {
  tacet_free_wiped(r->skipped, r->cap_skipped * sizeof(*r->skipped));
  tacet_wipe(r, sizeof(*r));
}

/* Is `generation` one that the ratchet has already gone past? */
static bool is_past(const tacet_ratchet *r, uint32_t generation) {
  return r->exhausted || generation < r->generation;
}

/* Where among the skipped keys a generation stands or would stand. */
static size_t skipped_at(const tacet_ratchet *r, uint32_t generation) {
  size_t low = 0, high = r->n_skipped;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (r->skipped[middle].generation < generation) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static bool is_skipped(const tacet_ratchet *r, size_t at, uint32_t generation) {
  return at < r->n_skipped && r->skipped[at].generation == generation;
}

static tacet_err derive_key(const tacet_suite *s, const tacet_secret *secret,
                            uint32_t generation, tacet_message_key *out) {
  TACET_SECRET(nonce);
  TACET_ASSERT(s->aead->nonce_len <= TACET_MLS_NONCE_MAX);
  TACET_TRY(tacet_derive_tree_secret(s->hash, secret, "nonce", generation,
                                     s->aead->nonce_len, &nonce));
  TACET_TRY(tacet_derive_tree_secret(s->hash, secret, "key", generation,
                                     s->aead->key_len, &out->key));
  memcpy(out->nonce, nonce.b, nonce.len);
  return TACET_OK;
}

static tacet_err step(const tacet_suite *s, uint32_t generation,
                      tacet_secret *secret) {
  return tacet_derive_tree_secret(s->hash, secret, "secret", generation,
                                  s->hash->len, secret);
}

tacet_err tacet_ratchet_key(const tacet_suite *s, const tacet_ratchet *r,
                            uint32_t generation, uint32_t max_forward,
                            tacet_message_key *out) {
  if (is_past(r, generation)) {
    size_t at = skipped_at(r, generation);
    if (!is_skipped(r, at, generation)) {
      return TACET_ERR_REPLAY;
    }
    const tacet_skipped_key *k = &r->skipped[at];
    memcpy(out->nonce, k->nonce, sizeof(out->nonce));
    return tacet_secret_set(&out->key, tacet_span_of(k->key, s->aead->key_len));
  }
  if (generation - r->generation > max_forward) {
    return TACET_ERR_GENERATION;
  }
  TACET_SECRET(secret);
  TACET_TRY(tacet_secret_set(&secret, tacet_secret_span(&r->secret)));
  for (uint32_t g = r->generation; g < generation; g++) {
    TACET_TRY(step(s, g, &secret));
  }
  return derive_key(s, &secret, generation, out);
}

static void forget_skipped(tacet_ratchet *r, size_t at, size_t n) {
  TACET_ASSERT(r->skipped != NULL); /* there are n of them */
  memmove(&r->skipped[at], &r->skipped[at + n],
          (r->n_skipped - at - n) * sizeof(*r->skipped));
  r->n_skipped -= n;
  tacet_wipe(&r->skipped[r->n_skipped], n * sizeof(*r->skipped));
}

/* Room for n skipped keys in all. Not realloc: that leaves keys behind. */
static tacet_err reserve_skipped(tacet_ratchet *r, size_t n) {
  if (n <= r->cap_skipped) {
    TACET_ASSERT(n == 0 || r->skipped != NULL);
    return TACET_OK;
  }
  size_t cap = n < 8 ? 8 : n + n / 2;
  tacet_skipped_key *grown = tacet_alloc_array(cap, sizeof(*grown));
  if (grown == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (r->n_skipped > 0) {
    memcpy(grown, r->skipped, r->n_skipped * sizeof(*grown));
  }
  tacet_free_wiped(r->skipped, r->cap_skipped * sizeof(*r->skipped));
  r->skipped = grown;
  r->cap_skipped = cap;
  return TACET_OK;
}

static tacet_err keep_skipped(const tacet_suite *s, const tacet_secret *secret,
                              uint32_t generation, tacet_skipped_key *out) {
  TACET_ASSERT(out != NULL); /* there is room for all that are kept */
  TACET_MESSAGE_KEY(k);
  TACET_TRY(derive_key(s, secret, generation, &k));
  out->generation = generation;
  memcpy(out->key, k.key.b, k.key.len);
  memcpy(out->nonce, k.nonce, sizeof(out->nonce));
  return TACET_OK;
}

/* Walks to the secret after `generation`, keeping the last `keep` keys on the
 * way in `kept` (room for them all). */
static tacet_err walk(const tacet_suite *s, uint32_t from, uint32_t generation,
                      uint32_t keep, tacet_secret *secret,
                      tacet_skipped_key *kept) {
  for (uint32_t g = from; g < generation; g++) {
    if (generation - g <= keep) {
      TACET_TRY(keep_skipped(s, secret, g, kept++));
    }
    TACET_TRY(step(s, g, secret));
  }
  return step(s, generation, secret);
}

tacet_err tacet_ratchet_spend(const tacet_suite *s, tacet_ratchet *r,
                              uint32_t generation, uint32_t max_forward,
                              uint32_t max_kept) {
  if (is_past(r, generation)) {
    size_t at = skipped_at(r, generation);
    if (!is_skipped(r, at, generation)) {
      return TACET_ERR_REPLAY;
    }
    forget_skipped(r, at, 1);
    return TACET_OK;
  }
  uint32_t distance = generation - r->generation;
  if (distance > max_forward) {
    return TACET_ERR_GENERATION;
  }
  uint32_t keep = distance < max_kept ? distance : max_kept;
  TACET_SECRET(secret);
  TACET_TRY(tacet_secret_set(&secret, tacet_secret_span(&r->secret)));
  TACET_TRY(reserve_skipped(r, r->n_skipped + keep));
  tacet_err err = walk(s, r->generation, generation, keep, &secret,
                       r->skipped == NULL ? NULL : r->skipped + r->n_skipped);
  if (err != TACET_OK) {
    if (keep > 0) {
      tacet_wipe(r->skipped + r->n_skipped, keep * sizeof(*r->skipped));
    }
    return err;
  }
  r->n_skipped += keep;
  if (r->n_skipped > max_kept) {
    forget_skipped(r, 0, r->n_skipped - max_kept);
  }
  if (generation == UINT32_MAX) {
    r->exhausted = true;
    tacet_secret_wipe(&r->secret);
    r->secret.len = s->hash->len;
    return TACET_OK;
  }
  r->generation = generation + 1;
  return tacet_secret_set(&r->secret, tacet_secret_span(&secret));
}

/* ---- the saved form ---- */

void tacet_ratchet_write(tacet_buf *w, const tacet_suite *s,
                         const tacet_ratchet *r) {
  tacet_write_u32(w, r->generation);
  tacet_write_u8(w, r->exhausted);
  tacet_write_bytes(w, tacet_secret_span(&r->secret));
  size_t list = tacet_write_open(w);
  for (size_t i = 0; i < r->n_skipped; i++) {
    const tacet_skipped_key *k = &r->skipped[i];
    tacet_write_u32(w, k->generation);
    tacet_write_bytes(w, tacet_span_of(k->key, s->aead->key_len));
    tacet_write_bytes(w, tacet_span_of(k->nonce, s->aead->nonce_len));
  }
  tacet_write_close(w, list);
}

static void read_skipped(tacet_reader *list, const tacet_suite *s,
                         tacet_ratchet *r) {
  while (tacet_more(list)) {
    tacet_skipped_key *k = &r->skipped[r->n_skipped];
    k->generation = tacet_read_u32(list);
    tacet_read_copy(list, k->key, s->aead->key_len);
    tacet_read_copy(list, k->nonce, s->aead->nonce_len);
    bool rising = r->n_skipped == 0 || k[-1].generation < k->generation;
    if (!rising || !is_past(r, k->generation)) {
      tacet_read_fail(list, TACET_ERR_ENCODING);
    }
    r->n_skipped++;
  }
}

tacet_err tacet_ratchet_read(tacet_reader *in, const tacet_suite *s,
                             tacet_ratchet *out) {
  tacet_ratchet r = {.secret = {.len = 0}};
  r.generation = tacet_read_u32(in);
  r.exhausted = tacet_read_optional(in);
  r.secret.len = s->hash->len;
  tacet_read_copy(in, r.secret.b, s->hash->len);
  tacet_reader list = tacet_read_vec_of(in);
  size_t entry = 4 + s->aead->key_len + s->aead->nonce_len;
  size_t n = tacet_read_left(&list) / entry;
  tacet_err err = n == 0 ? TACET_OK : reserve_skipped(&r, n);
  if (n * entry != tacet_read_left(&list)) {
    tacet_read_fail(in, TACET_ERR_ENCODING);
  }
  if (err == TACET_OK) {
    read_skipped(&list, s, &r);
    err = *in->err;
  }
  if (err != TACET_OK) {
    tacet_ratchet_free(&r);
    return err;
  }
  *out = r;
  tacet_wipe(&r, sizeof(r));
  return TACET_OK;
}
