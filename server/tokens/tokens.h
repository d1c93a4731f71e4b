/* SPDX-License-Identifier: Apache-2.0
 * server/tokens/tokens.h -- an issuer's keys by the week: what the directory
 * issues anonymous tokens with, and what each half takes its own with.
 *
 * There is one issuer a kind of token, and its keys are derived from a seed in
 * a file of the data folder (DeriveKeyPair of RFC 9497, by week), so that the
 * halves share no row. A week begins on the days that 7 divides. The key of a
 * week issues for 7 days and is accepted for 7 more. Old keys need not be
 * erased: blinding hides what was evaluated from who has them, too.
 */
#ifndef TACETD_TOKENS_H
#define TACETD_TOKENS_H

#include "server/limits.h"
#include "server/storage/storage.h"
#include "tacet/wire/directory.h"
#include "tacet/wire/token.h"

typedef struct tok_issuer tok_issuer;

/* Makes the seed file of a kind in the data folder, unless it is there. */
TACET_MUST_CHECK tacet_err tok_issuer_create(const char *folder,
                                             tacet_token_kind kind,
                                             sto_trouble *why);
TACET_MUST_CHECK tacet_err tok_issuer_open(const char *folder,
                                           tacet_token_kind kind, int64_t day,
                                           sto_trouble *why, tok_issuer **out);
void tok_issuer_free(tok_issuer *i);

/* All of these: any thread. */

/* It is that day now (the server's own). *changed: with another key. */
TACET_MUST_CHECK tacet_err tok_issuer_set_day(tok_issuer *i, int64_t day,
                                              bool *changed);
/* Appends the keys that are accepted now, the issuing one first. */
void tok_issuer_list(tok_issuer *i, tacet_issuers *out);
/* The key of the week that begins on that day, whenever it is. */
TACET_MUST_CHECK tacet_err tok_issuer_week(const tok_issuer *i,
                                           uint32_t first_day,
                                           tacet_issuer *out);
/* Whether key_id is the key that issues now. */
bool tok_issuer_issues(tok_issuer *i,
                       const uint8_t key_id[TACET_TOKEN_KEY_ID_LEN]);
/* Evaluates a batch. NOT_FOUND unless key_id is the key that issues now. */
TACET_MUST_CHECK tacet_err
tok_issuer_evaluate(tok_issuer *i, const uint8_t key_id[TACET_TOKEN_KEY_ID_LEN],
                    tacet_span blinded, uint8_t *evaluated, uint8_t *proof);

/* A token that is good, unless a list of spent ones has the hash. */
typedef struct tok_spent {
  uint8_t hash[32];
  int64_t last_day; /* afterwards its key is not accepted anyway */
} tok_spent;
/* TOKEN: made up, of another kind, or of a key that is past. */
TACET_MUST_CHECK tacet_err tok_issuer_redeem(tok_issuer *i,
                                             const tacet_token *t,
                                             tok_spent *out);

#endif
