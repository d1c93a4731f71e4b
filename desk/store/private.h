/* SPDX-License-Identifier: Apache-2.0
 * What the files of this folder share: the open desk, its statements, and the
 * append inside a transaction. */
#ifndef TACET_DESK_STORE_PRIVATE_H
#define TACET_DESK_STORE_PRIVATE_H

#include "desk/store/chain.h"
#include "desk/store/store.h"
#include "server/storage/storage.h"

/* A token takes half a minute to sign, and nobody else is to wait for that. So
 * an append that a token signs is rehearsed: it runs until it wants a
 * signature, is rolled back, the token signs, and it runs again with the same
 * time and salts. Where the log went on meanwhile, it is another place of the
 * log and takes another touch. */
#define DESK_REHEARSED_MAX 8 /* events of such an append */
typedef struct desk_rehearsal {
  desk_hash head; /* that the append stood on */
  int64_t time;
  size_t n; /* events of which the salt is known */
  struct rehearsed {
    uint8_t salt[DESK_SALT_LEN], content[2 * DESK_HASH_LEN];
    desk_signature signature; /* len 0: none yet */
  } events[DESK_REHEARSED_MAX];
  const desk_key *wants; /* of events[at]; NULL: no signature is missing */
  size_t at;
} desk_rehearsal;

struct desk_store {
  sto_conn *c;
  desk_rehearsal rehearsal;
  char folder[DESK_PATH_MAX];
  char server[DESK_PATH_MAX], notices_home[DESK_PATH_MAX];
  desk_settings settings; /* over the two */
  desk_key key;
  uint8_t pad_key[DESK_PAD_KEY_LEN];
  int64_t (*now)(void *user);
  void *now_user;
  bool clock_is_right;
};

/* ---- statements; schema.c has their SQL ---- */

enum {
  Q_DESK_SET,
  Q_DESK_GET,
  Q_SETTINGS_SET,
  Q_HEAD_GET,
  Q_HEAD_SET,
  Q_EVENT_ADD,
  Q_EVENT_ALL,
  Q_EVENT_OF_CASE,
  Q_EVENT_OF_KIND,
  Q_EVENT_OF_BOTH,
  Q_EVENT_LAST,
  Q_EVENT_LAST_OF_CASE,
  Q_EVENT_ERASE,
  Q_EVENT_COUNT,
  Q_OFFICER_ADD,
  Q_OFFICER_REMOVE,
  Q_OFFICER_BY_KEY,
  Q_OFFICER_BY_NAME,
  Q_OFFICER_LIST,
  Q_OFFICER_ADMINS,
  Q_CASE_PUT,
  Q_CASE_GET,
  Q_CASE_LIST,
  Q_CASE_ALL,
  Q_DAY_FIRST,
  Q_DAY_COMMITMENTS,
  Q_N
};
extern const sto_schema desk_schema;

/* ---- appending, in a transaction (append.c) ---- */

/* One event with what it does to the index of cases. */
typedef struct desk_item {
  desk_act act;
  const json_t *row; /* of the case, for body and index; NULL: leaves it */
  uint64_t number;   /* out */
} desk_item;

/* In a job of the caller's, once. Sets a sentence for its own refusals. */
tacet_err append_items(desk_store *s, sto_conn *c, desk_item *items, size_t n,
                       desk_trouble *why);
/* Runs a job; puts a sentence about the database where there is none yet. With
 * an officer's key on a token it runs more than once: a job leaves nothing
 * behind but in the database. */
tacet_err store_transact(desk_store *s, sto_job *job, desk_trouble *why);
tacet_err store_failed(tacet_err e, desk_trouble *why);

/* An officer by the key; NOT_FOUND. In or out of a transaction. */
tacet_err officer_by_key(sto_conn *c, const desk_key *key, desk_officer *out);
/* Officers and settings: POLICY where there is an administrator and `key`
 * (NULL: none) is not one's. */
tacet_err officer_may_change(sto_conn *c, const desk_key *key,
                             desk_trouble *why);
tacet_err officer_by_name(sto_conn *c, const char *name, desk_officer *out);
tacet_err officer_read(sto_query *q, desk_officer *out);

/* A row as it stands in the index, a new reference. NOT_FOUND. */
tacet_err case_row(sto_conn *c, const char *id, json_t **out);

/* Canonical text of a value: sorted, compact. Freed with free(). */
char *store_text(const json_t *value);
/* Text as NUL-ended copy into out; false if it does not fit. */
bool store_copy(tacet_span text, char *out, size_t cap);

#endif
