/* SPDX-License-Identifier: Apache-2.0
 * server/directory/directory.h -- the phone book: accounts and their chains of
 * manifests, key packages, the issue of anonymous tokens, invites.
 *
 * It knows nothing of mailboxes and shares no row and no identifier with the
 * delivery half. It knows nothing of transport either: a request comes in as
 * the body of its call and the text of its Tacet-Authorization field, and goes
 * out as a status and a body.
 *
 *   dir_request *r;
 *   status = dir_request_new(DIR_CLAIM, &body, auth, &r);   any thread
 *   r->done = ...; r->user = ...;
 *   dir_submit(d, r);          done(r) comes exactly once, on a thread of the
 *                              directory or, when it is busy, before the return
 *   ... r->status, r->answer ...
 *   dir_request_free(r);
 *
 * done() comes after the commit that holds the request is on the disk. All
 * times in rows are days, and the day is the server's own (server/storage/
 * clock.h). Whether a nonce is fresh is the caller's to check (server/http/
 * nonce.h); the signature over it is checked here.
 */
#ifndef TACETD_DIRECTORY_H
#define TACETD_DIRECTORY_H

#include "server/limits.h"
#include "server/storage/clock.h"
#include "server/storage/storage.h"
#include "tacet/codec.h"
#include "tacet/wire/auth.h"
#include "tacet/wire/directory.h"
#include "tacet/wire/errors.h"

#define DIR_DATABASE "directory.db" /* in the data folder */

typedef struct dir_directory dir_directory;

/* ---- opening ---- */

/* Hears, on the writer, that the key log has a new next head (log.h). May be
 * empty; must not wait for the directory. */
typedef struct dir_log_hook {
  void *user;
  void (*tell)(void *user);
} dir_log_hook;

typedef struct dir_options {
  const char *folder; /* the data folder */
  const char *domain; /* the part of handles after the @, and in signatures */
  bool open_registration;
  /* Tokens that an account may draw a day, by tacet_token_kind. */
  uint32_t tokens_per_day[2];
  uint64_t disk_reserve;
  const sto_clock *clock; /* NULL: the system's */
  sto_watch watch;        /* what the log should hear of */
  const char *vfs;        /* SQLite VFS; NULL. For tests. */
  dir_log_hook log_grew;
} dir_options;

/* Makes the database, the issuers' keys, the key log's keys and its policy in
 * the folder, where they are not there yet: for `tacetd init`. Errors as
 * sto_open(). */
TACET_MUST_CHECK tacet_err dir_create(const char *folder, const char *domain,
                                      sto_trouble *why);
/* Opens what is there and starts its threads. */
TACET_MUST_CHECK tacet_err dir_open(const dir_options *o, sto_trouble *why,
                                    dir_directory **out);
/* Finishes what was submitted. NULL is fine. */
void dir_close(dir_directory *d);

/* ---- requests ---- */

typedef enum dir_call {
  DIR_REGISTER, /* POST   /v1/accounts */
  DIR_ERASE,    /* DELETE /v1/accounts           signed */
  DIR_MANIFEST, /* PUT    /v1/manifests */
  DIR_LOOKUP,   /* POST   /v1/lookup */
  DIR_PUBLISH,  /* PUT    /v1/keypackages        signed */
  DIR_CLAIM,    /* POST   /v1/keypackages/claim */
  DIR_DRAW,     /* POST   /v1/tokens             signed */
  DIR_HEAD,     /* POST   /v1/log */
  DIR_WEEK,     /* POST   /v1/tokens/proof */
  DIR_FILE      /* GET    /log/...; the body is the path behind /log/ */
} dir_call;

/* A file of the key log, as c2sp.org/tlog-tiles names them. */
typedef enum dir_file_kind {
  DIR_FILE_CHECKPOINT, /* changes all the time; the others never */
  DIR_FILE_TILE,
  DIR_FILE_ENTRIES
} dir_file_kind;
typedef struct dir_file {
  dir_file_kind kind;
  unsigned level; /* of a tile */
  uint64_t index;
  unsigned width; /* 256, or less: a partial one */
} dir_file;
/* The path behind /log/. NOT_FOUND for what is no name of a file: one file has
 * one name. */
TACET_MUST_CHECK tacet_err dir_file_parse(tacet_span path, dir_file *out);

typedef struct dir_request dir_request;
struct dir_request {
  sto_job job; /* the directory's */
  dir_call call;
  tacet_bytes body; /* owned; the spans of `in` point into it */
  tacet_auth auth;  /* of signed calls */
  union {
    tacet_create_account create;
    tacet_put_manifest put; /* MANIFEST, ERASE */
    tacet_lookup lookup;
    tacet_publish publish;
    tacet_claim claim;
    tacet_draw draw;
    tacet_log_query log;
    tacet_issuer_query week;
    dir_file file;
  } in;
  /* The caller's, set before dir_submit(). */
  void (*done)(dir_request *r);
  void *user;
  /* LOOKUP: the free ones of this address are used up, so a token must pay.
   * Without it a token that came along is not spent. */
  bool must_pay;
  /* What came of it; `answer` is the body of the answer, empty for some calls
   * and for errors. */
  tacet_wire_error status;
  tacet_buf answer;
  /* Between the stages; the directory's. */
  dir_directory *directory;
  struct dir_work *work;
};

/* Parses a body, which it takes over (*body is empty afterwards), and for
 * signed calls the authorization. TACET_WIRE_OK, MALFORMED, AUTHORIZATION,
 * NOT_FOUND (of FILE) or INTERNAL (no memory). */
TACET_MUST_CHECK tacet_wire_error dir_request_new(dir_call call,
                                                  tacet_bytes *body,
                                                  tacet_span authorization,
                                                  dir_request **out);
void dir_request_free(dir_request *r);
void dir_submit(dir_directory *d, dir_request *r);

/* ---- any thread, at once ---- */

/* The body of GET /v1/tokens. */
TACET_MUST_CHECK tacet_err dir_issuers(dir_directory *d, tacet_buf *out);

typedef struct dir_stats {
  sto_stats storage;
  bool clock_trusted;
  int64_t day, clock_ahead; /* days; see sto_day */
  uint64_t expired;         /* rows erased because their day had come */
} dir_stats;
void dir_stats_get(dir_directory *d, dir_stats *out);

/* ---- for the operator's commands; a server may be running ---- */

/* Remembers the hash of an invite's token. Works for `uses` people through
 * the day `last_day` (sto_day_of()). */
TACET_MUST_CHECK tacet_err dir_invite_add(const char *folder,
                                          const uint8_t token[TACET_INVITE_LEN],
                                          uint32_t uses, int64_t last_day,
                                          sto_trouble *why);
/* The same for one invite with which a new account takes the handle `name`: a
 * reset. *there false: nobody has it, and nothing was done. STATE: one is under
 * way, or was vetoed; on the day *again the next one can be begun. */
TACET_MUST_CHECK tacet_err dir_reset_invite(
    const char *folder, const char *name, const uint8_t token[TACET_INVITE_LEN],
    int64_t last_day, bool *there, int64_t *again, sto_trouble *why);
/* Calls visit for each account, by handle: name@domain is name here. drawn: the
 * day it last drew tokens, below 0 for never. */
TACET_MUST_CHECK tacet_err dir_account_list(
    const char *folder,
    void (*visit)(void *user, tacet_span name, int64_t created, int64_t drawn),
    void *user, sto_trouble *why);
/* The account that has the handle `name` now; *there false: nobody has it. */
TACET_MUST_CHECK tacet_err dir_account_id(const char *folder, const char *name,
                                          uint8_t id[TACET_ACCOUNT_ID_LEN],
                                          bool *there, sto_trouble *why);
/* The name that an account has now; *there false: it is no account of this
 * server any more, or another one has its handle. */
TACET_MUST_CHECK tacet_err dir_account_name(
    const char *folder, const uint8_t id[TACET_ACCOUNT_ID_LEN],
    char name[TACETD_HANDLE_MAX + 1], bool *there, sto_trouble *why);
/* Erases an account and retires its handle. NOT_FOUND. */
TACET_MUST_CHECK tacet_err dir_account_erase(const char *folder,
                                             const char *name,
                                             sto_trouble *why);
/* The operator says that the machine's clock is right: a running server takes
 * it over within a minute. */
TACET_MUST_CHECK tacet_err dir_clock_confirm(const char *folder,
                                             sto_trouble *why);
/* The whole database, page by page. dir_log_check() reads the key log in it. */
TACET_MUST_CHECK tacet_err dir_check(const char *folder, sto_trouble *why);

#endif
