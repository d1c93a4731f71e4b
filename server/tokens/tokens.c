/* SPDX-License-Identifier: Apache-2.0
 * The keys of an issuer. */
#include "server/tokens/tokens.h"

#include "tacet/crypto.h"

#include <pthread.h>
#include <stdlib.h>

#define PATH_LEN_MAX 4096

/* What clients hold the keys against. */
_Static_assert(TACETD_TOKEN_KEY_DAYS == TACET_ISSUER_DAYS &&
                   TACETD_TOKEN_GRACE_DAYS == TACET_ISSUER_DAYS,
               "weeks as docs/protocol/tokens.md has them");

typedef struct week_key {
  int64_t first_day;
  uint8_t key_id[TACET_TOKEN_KEY_ID_LEN];
  tacet_voprf_key key;
} week_key;

struct tok_issuer {
  tacet_token_kind kind;
  tacet_secret seed;
  pthread_mutex_t lock;
  week_key keys[2]; /* of this week, of the last */
};

static const char *const names[] = {"issuer-directory.key",
                                    "issuer-delivery.key"};

static tacet_err seed_path(const char *folder, tacet_token_kind kind, char *out,
                           sto_trouble *why) {
  int n = snprintf(out, PATH_LEN_MAX, "%s/%s", folder, names[kind]);
  if (n < 0 || n >= PATH_LEN_MAX) {
    sto_trouble_set(why, "the name of the data folder is too long");
    return TACET_ERR_LIMIT;
  }
  return TACET_OK;
}

tacet_err tok_issuer_create(const char *folder, tacet_token_kind kind,
                            sto_trouble *why) {
  char path[PATH_LEN_MAX];
  TACET_TRY(seed_path(folder, kind, path, why));
  uint8_t seed[TACET_VOPRF_SEED_LEN];
  tacet_err err = tacet_random(seed, sizeof(seed));
  if (err != TACET_OK) {
    sto_trouble_set(why, "%s", tacet_err_text(err));
    return err;
  }
  err = sto_secret_write(path, tacet_span_of(seed, sizeof(seed)), why);
  tacet_wipe(seed, sizeof(seed));
  return err == TACET_ERR_EXISTS ? TACET_OK : err;
}

/* info of DeriveKeyPair: "Tacet 1.0 issuer" || uint8 kind || uint32 first day
 */
static tacet_err derive(const tok_issuer *i, int64_t first_day, week_key *out) {
  TACET_BUF(info, 64);
  tacet_span span;
  tacet_write_bytes(&info, TACET_SPAN_LIT("Tacet 1.0 issuer"));
  tacet_write_u8(&info, (uint8_t)i->kind);
  tacet_write_u32(&info, (uint32_t)first_day);
  TACET_TRY(tacet_buf_done(&info, &span));
  TACET_TRY(
      tacet_voprf_key_derive(tacet_secret_span(&i->seed), span, &out->key));
  out->first_day = first_day;
  tacet_token_key_id(out->key.public_key, out->key_id);
  return TACET_OK;
}

static int64_t week_of(int64_t day) {
  return day < 0 ? 0 : day - day % TACETD_TOKEN_KEY_DAYS;
}

static tacet_err derive_both(tok_issuer *i, int64_t day) {
  week_key fresh[2];
  int64_t first = week_of(day);
  int64_t before =
      first >= TACETD_TOKEN_KEY_DAYS ? first - TACETD_TOKEN_KEY_DAYS : first;
  memset(fresh, 0, sizeof(fresh));
  tacet_err err = derive(i, first, &fresh[0]);
  if (err == TACET_OK) {
    err = derive(i, before, &fresh[1]);
  }
  if (err == TACET_OK) {
    memcpy(i->keys, fresh, sizeof(fresh));
  }
  tacet_wipe(fresh, sizeof(fresh));
  return err;
}

static tacet_err load(tok_issuer *i, const char *folder, int64_t day,
                      sto_trouble *why) {
  char path[PATH_LEN_MAX];
  uint8_t seed[TACET_VOPRF_SEED_LEN];
  TACET_TRY(seed_path(folder, i->kind, path, why));
  TACET_TRY(sto_secret_read(path, seed, sizeof(seed), why));
  tacet_err err = tacet_secret_set(&i->seed, tacet_span_of(seed, sizeof(seed)));
  tacet_wipe(seed, sizeof(seed));
  if (err == TACET_OK) {
    err = derive_both(i, day);
  }
  if (err != TACET_OK) {
    sto_trouble_set(why, "the issuer's keys: %s", tacet_err_text(err));
  }
  return err;
}

tacet_err tok_issuer_open(const char *folder, tacet_token_kind kind,
                          int64_t day, sto_trouble *why, tok_issuer **out) {
  tok_issuer *i = calloc(1, sizeof(*i));
  if (i == NULL || pthread_mutex_init(&i->lock, NULL) != 0) {
    free(i);
    sto_trouble_set(why, "%s", tacet_err_text(TACET_ERR_NOMEM));
    return TACET_ERR_NOMEM;
  }
  i->kind = kind;
  tacet_err err = load(i, folder, day, why);
  if (err != TACET_OK) {
    tok_issuer_free(i);
    return err;
  }
  *out = i;
  return TACET_OK;
}

void tok_issuer_free(tok_issuer *i) {
  if (i != NULL) {
    (void)pthread_mutex_destroy(&i->lock);
    tacet_wipe(i, sizeof(*i));
    free(i);
  }
}

tacet_err tok_issuer_set_day(tok_issuer *i, int64_t day, bool *changed) {
  tacet_err err = TACET_OK;
  (void)pthread_mutex_lock(&i->lock);
  *changed = i->keys[0].first_day != week_of(day);
  if (*changed) {
    err = derive_both(i, day);
  }
  (void)pthread_mutex_unlock(&i->lock);
  return err;
}

static void describe(const tok_issuer *i, const week_key *k,
                     tacet_issuer *out) {
  uint32_t first = (uint32_t)k->first_day;
  *out = (tacet_issuer){.kind = i->kind,
                        .first_day = first,
                        .issue_until = first + TACETD_TOKEN_KEY_DAYS - 1,
                        .accept_until = first + TACETD_TOKEN_KEY_DAYS - 1 +
                                        TACETD_TOKEN_GRACE_DAYS};
  memcpy(out->public_key, k->key.public_key, sizeof(out->public_key));
}

void tok_issuer_list(tok_issuer *i, tacet_issuers *out) {
  (void)pthread_mutex_lock(&i->lock);
  for (size_t k = 0; k < 2 && out->n < TACET_ISSUERS_MAX; k++) {
    describe(i, &i->keys[k], &out->list[out->n++]);
  }
  (void)pthread_mutex_unlock(&i->lock);
}

/* The seed never changes. */
tacet_err tok_issuer_week(const tok_issuer *i, uint32_t first_day,
                          tacet_issuer *out) {
  week_key k;
  TACET_TRY(derive(i, first_day, &k));
  describe(i, &k, out);
  tacet_wipe(&k, sizeof(k));
  return TACET_OK;
}

/* A copy, so that the work with it holds no lock. */
static bool copy_key(tok_issuer *i, const uint8_t *key_id, size_t n_keys,
                     week_key *out) {
  bool found = false;
  (void)pthread_mutex_lock(&i->lock);
  for (size_t k = 0; k < n_keys && !found; k++) {
    found = memcmp(i->keys[k].key_id, key_id, TACET_TOKEN_KEY_ID_LEN) == 0;
    if (found) {
      memcpy(out, &i->keys[k], sizeof(*out));
    }
  }
  (void)pthread_mutex_unlock(&i->lock);
  return found;
}

bool tok_issuer_issues(tok_issuer *i,
                       const uint8_t key_id[TACET_TOKEN_KEY_ID_LEN]) {
  (void)pthread_mutex_lock(&i->lock);
  bool same = memcmp(i->keys[0].key_id, key_id, TACET_TOKEN_KEY_ID_LEN) == 0;
  (void)pthread_mutex_unlock(&i->lock);
  return same;
}

tacet_err tok_issuer_evaluate(tok_issuer *i,
                              const uint8_t key_id[TACET_TOKEN_KEY_ID_LEN],
                              tacet_span blinded, uint8_t *evaluated,
                              uint8_t *proof) {
  week_key k;
  if (!copy_key(i, key_id, 1, &k)) {
    return TACET_ERR_NOT_FOUND;
  }
  tacet_err err = tacet_voprf_blind_evaluate(&k.key, blinded, evaluated, proof);
  tacet_wipe(&k, sizeof(k));
  return err;
}

tacet_err tok_issuer_redeem(tok_issuer *i, const tacet_token *t,
                            tok_spent *out) {
  week_key k;
  if (!copy_key(i, t->key_id, 2, &k)) {
    return TACET_ERR_TOKEN;
  }
  tok_spent spent = {.last_day = k.first_day + TACETD_TOKEN_KEY_DAYS - 1 +
                                 TACETD_TOKEN_GRACE_DAYS};
  tacet_err err = tacet_token_redeem(i->kind, &k.key, t);
  tacet_wipe(&k, sizeof(k));
  TACET_TRY(err);
  TACET_TRY(tacet_token_hash(t, spent.hash));
  *out = spent;
  return TACET_OK;
}
