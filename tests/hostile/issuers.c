/* SPDX-License-Identifier: Apache-2.0
 * Token keys that are not everybody's: with keys of its own, of which it has
 * the secrets, a server could tell the tokens that one account draws from all
 * others'. */
#include "tests/hostile/hostile.h"

#include "server/tokens/tokens.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void __real_tok_issuer_list(tok_issuer *i, tacet_issuers *out);
void __wrap_tok_issuer_list(tok_issuer *i, tacet_issuers *out);
bool __real_tok_issuer_issues(tok_issuer *i, const uint8_t *key_id);
bool __wrap_tok_issuer_issues(tok_issuer *i, const uint8_t *key_id);
tacet_err __real_tok_issuer_evaluate(tok_issuer *i, const uint8_t *key_id,
                                     tacet_span blinded, uint8_t *evaluated,
                                     uint8_t *proof);
tacet_err __wrap_tok_issuer_evaluate(tok_issuer *i, const uint8_t *key_id,
                                     tacet_span blinded, uint8_t *evaluated,
                                     uint8_t *proof);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static tok_issuer *marking[2];

/* The one in the place of `i`, whose seed is in a folder beside the orders. */
static tok_issuer *in_place_of(tok_issuer *i) {
  tacet_issuers now = {.n = 0};
  sto_trouble why;
  char folder[512];
  __real_tok_issuer_list(i, &now);
  TACET_ASSERT(now.n > 0);
  tacet_token_kind kind = now.list[0].kind;
  (void)snprintf(folder, sizeof(folder), "%s.keys", getenv("TACET_HOSTILE"));
  (void)pthread_mutex_lock(&lock);
  if (marking[kind] == NULL) {
    (void)mkdir(folder, 0700);
    TACET_ASSERT(tok_issuer_create(folder, kind, &why) == TACET_OK &&
                 tok_issuer_open(folder, kind, now.list[0].first_day, &why,
                                 &marking[kind]) == TACET_OK);
  }
  (void)pthread_mutex_unlock(&lock);
  return marking[kind];
}

static void lie(tok_issuer *i, hostile_attack attack, uint32_t days,
                tacet_issuer *key) {
  tacet_issuer other = *key;
  if (attack == HOSTILE_MARKING_KEYS) {
    TACET_ASSERT(tok_issuer_week(in_place_of(i), key->first_day, &other) ==
                 TACET_OK);
  } else if (attack == HOSTILE_OLD_KEYS) {
    TACET_ASSERT(tok_issuer_week(i, key->first_day - days, &other) == TACET_OK);
  } else if (attack == HOSTILE_OTHER_WEEK) {
    key->first_day += days;
    key->issue_until += days;
    key->accept_until += days;
  }
  memcpy(key->public_key, other.public_key, sizeof(key->public_key));
}

void __wrap_tok_issuer_list(tok_issuer *i, tacet_issuers *out) {
  uint64_t number;
  hostile_attack attack = hostile_now(&number);
  size_t n = out->n;
  __real_tok_issuer_list(i, out);
  for (; n < out->n; n++) {
    lie(i, attack, (uint32_t)number, &out->list[n]);
  }
}

static bool marks(void) {
  uint64_t number;
  return hostile_now(&number) == HOSTILE_MARKING_KEYS;
}

bool __wrap_tok_issuer_issues(tok_issuer *i, const uint8_t *key_id) {
  return __real_tok_issuer_issues(marks() ? in_place_of(i) : i, key_id);
}

tacet_err __wrap_tok_issuer_evaluate(tok_issuer *i, const uint8_t *key_id,
                                     tacet_span blinded, uint8_t *evaluated,
                                     uint8_t *proof) {
  return __real_tok_issuer_evaluate(marks() ? in_place_of(i) : i, key_id,
                                    blinded, evaluated, proof);
}
