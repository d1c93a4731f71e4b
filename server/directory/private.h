/* SPDX-License-Identifier: Apache-2.0
 * What the files of this folder share: the service, its statements, the stages
 * of a request.
 */
#ifndef TACETD_DIRECTORY_PRIVATE_H
#define TACETD_DIRECTORY_PRIVATE_H

#include "server/directory/directory.h"
#include "server/directory/log_private.h"
#include "server/limits.h"
#include "server/storage/keeper.h"
#include "server/tokens/tokens.h"

#define DIR_PATH_MAX 4096
#define DIR_RETIRED_KEY "retired-handles.key" /* in the data folder */
#define DIR_RETIRED_KEY_LEN 32
#define DIR_HASH_LEN 32
/* KeyProofs: a head with its note, a ladder in a deep map. */
#define DIR_PROOFS_MAX (TACET_NOTE_MAX + TACETD_KIB(1024))

/* ---- statements; schema.c has their SQL ---- */

enum {
  Q_META_GET,
  Q_META_SET,
  Q_META_DELETE,
  Q_ACCOUNT_GET,
  Q_ACCOUNT_BY_NAME,
  Q_ACCOUNT_LIST,
  Q_ACCOUNT_ADD,
  Q_ACCOUNT_NAME, /* NULL: the handle is another's */
  Q_ACCOUNT_DRAW,
  Q_ACCOUNT_DELETE,
  Q_MANIFEST_NEWEST,
  Q_MANIFEST_FROM,
  Q_MANIFEST_ADD,
  Q_MANIFEST_DELETE_ALL,
  Q_MANIFEST_VERSION, /* of the newest */
  Q_MANIFEST_ALL,
  Q_MANIFEST_SHOWN, /* the newest that is published */
  Q_MANIFEST_SHOWN_FROM,
  Q_MANIFEST_FIRST,
  Q_PACKAGE_HAS,
  Q_PACKAGE_ADD,
  Q_PACKAGE_TAKE, /* the oldest of a device that is good */
  Q_PACKAGE_LAST_RESORT,
  Q_PACKAGE_DELETE,
  Q_PACKAGE_DROP_LAST_RESORT,
  Q_PACKAGE_DROP_OLDEST, /* but the newest hundred of a device */
  Q_PACKAGE_HELD,
  Q_PACKAGE_DEVICES,
  Q_PACKAGE_DELETE_DEVICE,
  Q_PACKAGE_DELETE_ALL,
  Q_PACKAGE_EXPIRE,
  Q_RETIRED_HAS,
  Q_RETIRED_ADD,
  Q_INVITE_GET,
  Q_INVITE_ADD,
  Q_INVITE_DROP_NAME, /* the link of a reset */
  Q_INVITE_USE,
  Q_INVITE_EXPIRE,
  Q_RESET_GET,
  Q_RESET_NEXT,
  Q_RESET_PUT,
  Q_RESET_DELETE,
  Q_SPENT_GET,
  Q_SPENT_ADD,
  Q_SPENT_EXPIRE,
  Q_LOG_ADD,
  Q_LOG_GET,
  Q_LOG_FROM,
  Q_LOG_ALL,
  Q_HEAD_GET,
  Q_HEAD_SET,
  Q_STATEMENT_FIND,
  Q_STATEMENT_LIST,
  Q_EPOCH_AFTER,
  Q_WEEK_GET,
  Q_WEEK_ADD,
  Q_WEEK_ALL,
  Q_PENDING_ADD,
  Q_PENDING_HAS,
  Q_PENDING_STATEMENTS,
  Q_PENDING_LIST,
  Q_PENDING_DELETE,
  Q_N
};
extern const sto_schema dir_schema;

/* Rows of log_head. */
enum { DIR_HEAD_NEXT, DIR_HEAD_PUBLISHED };

/* ---- stages, as in delivery ---- */

/* A request goes through one or more stages, each on a reader (signatures,
 * proofs, reading) or on the writer. A stage that is not the last names the
 * next one; what it returns is an error of the database or TACET_OK. A stage
 * that refuses sets r->status and names none. */
typedef tacet_err (*dir_stage)(dir_request *r, sto_conn *c);
enum dir_thread { DIR_READER, DIR_WRITER };

/* A key package that passed. */
typedef struct dir_package {
  uint8_t hash[DIR_HASH_LEN];
  int64_t last_day;
  bool last_resort;
  tacet_span message;
} dir_package;

typedef struct dir_work {
  dir_stage stage, next;
  enum dir_thread next_on;
  bool grows; /* of the stage that comes next, if on the writer */
  bool has_spent;
  tok_spent spent; /* the token that came along, if it is good */
  /* The newest manifest when the request was checked, and the one that it
   * brings. */
  tacet_manifest newest, fresh;
  dir_update update; /* of `fresh` */
  dir_package *packages;
  size_t n_packages;
  uint8_t hash[DIR_HASH_LEN]; /* of an invite, of the body of a draw */
} dir_work;

static inline void dir_then(dir_request *r, enum dir_thread on, bool grows,
                            dir_stage next) {
  r->work->next = next;
  r->work->next_on = on;
  r->work->grows = grows;
}
static inline tacet_err dir_refuse(dir_request *r, tacet_wire_error status) {
  r->status = status;
  return TACET_OK;
}

tacet_err dir_register_start(dir_request *r, sto_conn *c);
tacet_err dir_manifest_start(dir_request *r, sto_conn *c);
tacet_err dir_erase_start(dir_request *r, sto_conn *c);
tacet_err dir_lookup_start(dir_request *r, sto_conn *c);
tacet_err dir_publish_start(dir_request *r, sto_conn *c);
tacet_err dir_claim_start(dir_request *r, sto_conn *c);
tacet_err dir_draw_start(dir_request *r, sto_conn *c);
tacet_err dir_head_start(dir_request *r, sto_conn *c);
tacet_err dir_file_start(dir_request *r, sto_conn *c);
tacet_err dir_week_start(dir_request *r, sto_conn *c);

/* ---- the service ---- */

/* What was done to an account within this hour, in memory. A row that another
 * account needs is taken over: the table forgets rather than grows. */
#define DIR_HOURLY_ROWS 4096
typedef struct dir_hourly {
  struct {
    uint64_t tag; /* from the account's id, which is a hash */
    uint32_t hour, n;
  } rows[DIR_HOURLY_ROWS];
} dir_hourly;
/* Counts one more; false if there were `max` already. */
bool dir_hourly_take(dir_hourly *t, const sto_clock *clock,
                     const uint8_t account[32], uint32_t max);

struct dir_directory {
  sto_db *db;
  char *domain;
  bool open_registration;
  uint32_t tokens_per_day[2];
  sto_watch watch;
  sto_clock clock;
  tok_issuer *issuers[2]; /* by tacet_token_kind */
  tacet_secret retired_key;
  dir_log log;
  dir_log_hook log_grew;
  sto_keeper keeper;
  dir_hourly claims, changes; /* the writer's */
  bool keys_known;            /* the writer's: the issuers have their day */
  int64_t week; /* the writer's: its token keys are in the log; -1: unknown */
};

/* ---- weeks.c ---- */

/* On the writer, before the transaction's EPOCH: the token keys of this week
 * and the next are in the log. */
TACET_MUST_CHECK tacet_err dir_weeks_flush(dir_directory *d, sto_conn *c);
void dir_weeks_undo(dir_directory *d);
/* The UPDATE of a week's token keys. */
TACET_MUST_CHECK tacet_err dir_week_make(tok_issuer *const issuers[2],
                                         const tacet_vrf_key *vrf,
                                         uint32_t first_day, dir_update *out);

static inline int64_t dir_today(const dir_directory *d) {
  return sto_keeper_today(&d->keeper);
}
TACET_MUST_CHECK tacet_err dir_hash(tacet_span in, uint8_t out[DIR_HASH_LEN]);

/* service.c */
TACET_MUST_CHECK tacet_err dir_database_path(const char *folder,
                                             char out[DIR_PATH_MAX],
                                             sto_trouble *why);
TACET_MUST_CHECK tacet_err dir_file_path(const char *folder, const char *name,
                                         char out[DIR_PATH_MAX],
                                         sto_trouble *why);
TACET_MUST_CHECK tacet_err dir_retired_key(const char *folder,
                                           tacet_secret *out, sto_trouble *why);
/* operator.c: the job in a transaction of a connection of its own, beside a
 * server that may be running. */
TACET_MUST_CHECK tacet_err dir_carry_out(const char *folder, sto_job *job,
                                         sto_trouble *why);
/* request.c */
const char *dir_method_of(dir_call call);
const char *dir_path_of(dir_call call);

/* ---- accounts.c ---- */

/* The newest manifest of an account; *found false if there is no account. IO
 * for one that does not parse: the database is damaged. */
TACET_MUST_CHECK tacet_err dir_newest(sto_conn *c, const uint8_t account[32],
                                      tacet_manifest *out, bool *found);
/* The label's version of the newest manifest; NOT_FOUND without one. */
TACET_MUST_CHECK tacet_err dir_newest_version(sto_conn *c,
                                              const uint8_t account[32],
                                              uint32_t *out);
/* The newest manifest that is published, and where its UPDATE stands; under
 * the lock of the log, or on the writer. *found false if there is none. */
TACET_MUST_CHECK tacet_err dir_newest_shown(const dir_log *log, sto_conn *c,
                                            const uint8_t account[32],
                                            tacet_manifest *out,
                                            tacet_keylog_opening *opening,
                                            bool *found);
/* Whether a request bears the signature of a device that its account lists now;
 * r->work->newest is that account's manifest. Else r->status says why. */
TACET_MUST_CHECK tacet_err dir_check_signature(dir_request *r, sto_conn *c);
/* What a row remembers of a handle that was erased. */
TACET_MUST_CHECK tacet_err dir_retired_hash(const tacet_secret *key,
                                            tacet_span name,
                                            uint8_t out[DIR_HASH_LEN]);
TACET_MUST_CHECK tacet_err dir_is_retired(sto_conn *c, const tacet_secret *key,
                                          tacet_span name, bool *out);
/* Everything of an account, but that its handle is retired. */
TACET_MUST_CHECK tacet_err dir_erase_rows(sto_conn *c, const tacet_secret *key,
                                          const uint8_t account[32],
                                          tacet_span name);
/* The id of the account with a name; *found. */
TACET_MUST_CHECK tacet_err dir_find_name(sto_conn *c, tacet_span name,
                                         uint8_t account[32], bool *found);

/* The name of its handle. */
tacet_span dir_name_of(const tacet_manifest *m);
/* Counts one use of the invite whose hash the work has. */
TACET_MUST_CHECK tacet_err dir_invite_use(dir_request *r, sto_conn *c);
/* The row of the account of r->work->fresh, by its name. */
TACET_MUST_CHECK tacet_err dir_account_add(dir_request *r, sto_conn *c);
/* The bytes of r->work->fresh and their UPDATE, r->work->update. */
TACET_MUST_CHECK tacet_err dir_manifest_add(dir_request *r, sto_conn *c,
                                            tacet_span bytes);
/* The writer's look at what a reader saw: is r->work->newest that still? */
TACET_MUST_CHECK tacet_err dir_is_newest(dir_request *r, sto_conn *c,
                                         bool *out);

/* ---- reset.c ---- */

/* What is known of a handle that passed to another account lately. */
typedef struct dir_reset {
  bool there;
  uint8_t other[TACET_ACCOUNT_ID_LEN]; /* that does not have the handle now */
  int64_t day; /* on which the log began to show it, or shows it not yet */
  bool vetoed; /* `other` is the new account, which is nobody's any more */
} dir_reset;
TACET_MUST_CHECK tacet_err dir_reset_get(sto_conn *c, tacet_span name,
                                         dir_reset *out);
/* Is this an account whose handle is another's? */
TACET_MUST_CHECK tacet_err dir_reset_hides(sto_conn *c,
                                           const uint8_t account[32],
                                           bool *out);
/* *is_one: the invite that r->work->fresh is registered with was made for a
 * reset; what comes next, or r->status, is set. */
TACET_MUST_CHECK tacet_err dir_reset_start(dir_request *r, sto_conn *c,
                                           bool *is_one);
/* *is_one: r->work->fresh, which follows, is of an account that lost its handle
 * by a reset; what comes next, or r->status, is set. */
TACET_MUST_CHECK tacet_err dir_reset_veto(dir_request *r, sto_conn *c,
                                          bool *is_one);
/* Which account the published head has for a name that somebody has. NOT_FOUND
 * if nobody has it. */
TACET_MUST_CHECK tacet_err dir_reset_shown(const dir_log *log, sto_conn *c,
                                           tacet_span name,
                                           uint8_t account[32]);
/* The other account of a handle is erased, if there is one. */
TACET_MUST_CHECK tacet_err dir_reset_forget(sto_conn *c, tacet_span name);
/* The same of all whose days are over. */
TACET_MUST_CHECK tacet_err dir_reset_keep(dir_directory *d, sto_conn *c,
                                          int64_t day, uint64_t *erased);

/* ---- spent.c ---- */

/* Checks a token of the directory's kind (a reader's work); empty is none. */
TACET_MUST_CHECK tacet_err dir_token_check(dir_request *r, tacet_span token);
/* Spends it, in a transaction. r->status is TOKEN if it was not good,
 * TOKEN_SPENT if it was spent before. */
TACET_MUST_CHECK tacet_err dir_token_spend(dir_request *r, sto_conn *c);

/* ---- key_package.c ---- */

/* Whether an MLSMessage is a key package that may be published for a device:
 * our suite, a lifetime that has begun and not ended, a credential of that
 * account and device, their key, and both signatures. KEY_PACKAGE, LIFETIME or
 * any INPUT error. *last_second: of its lifetime. */
TACET_MUST_CHECK tacet_err dir_key_package_check(tacet_span message,
                                                 const tacet_manifest *newest,
                                                 const tacet_device *device,
                                                 int64_t now_s,
                                                 int64_t *last_second);

/* ---- keep.c ---- */
sto_keeping dir_keeping(dir_directory *d);

#endif
