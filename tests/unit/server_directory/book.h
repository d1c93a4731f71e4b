/* SPDX-License-Identifier: Apache-2.0
 * A phone book for tests: the directory on a folder of its own with a clock
 * that the test moves, people with devices, and calls that wait for their end.
 */
#ifndef TACET_TESTS_BOOK_H
#define TACET_TESTS_BOOK_H

#include "server/directory/directory.h"
#include "server/directory/private.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/folder.h"
#include "tests/support/support.h"

#define DOMAIN "example.org"

extern char book_folder[TEST_PATH_MAX];
extern dir_directory *book;
extern dir_options book_options; /* of the next opening */

/* A new folder, the directory open on it with 100 tokens a day of each kind,
 * by invite, on day 20,000. */
int book_setup(void **state);
int book_teardown(void **state);
void book_close(void);
void book_reopen(void);
void book_days_pass(int64_t days);
void book_hours_pass(uint64_t hours); /* of the monotonic clock */
int64_t book_now_s(void);
void book_settle(void); /* until the write-ahead log is empty */
size_t book_count_raw(tacet_span bytes);

/* ---- people ---- */

#define PERSON_DEVICES 3
typedef struct person {
  tacet_manifest manifest; /* the newest */
  uint8_t bytes[2048];     /* and its form */
  size_t len;
  uint8_t device_ids[PERSON_DEVICES][16];
  tacet_secret device_keys[PERSON_DEVICES]; /* by ascending device id */
  size_t n_devices;
  tacet_secret recovery;
} person;

/* Makes keys and manifest 0 for name@DOMAIN; registers nothing. */
void person_make(person *p, const char *name);
void person_make_at(person *p, const char *name, const char *domain);
/* The next manifest, signed by the first device: with device `n` too, or (n is
 * SIZE_MAX) without any. In p->bytes; p->manifest is the newest only once
 * person_accept() was called. */
void person_next(person *p, size_t n_devices, tacet_manifest *next);
void person_accept(person *p, const tacet_manifest *next);
/* An invite that works once, and an account with it. */
void invite_new(uint8_t token[TACET_INVITE_LEN], uint32_t uses, int64_t days);
void person_register(person *p, const char *name);

/* ---- calls ---- */

typedef struct answer {
  tacet_wire_error status;
  tacet_bytes body;
} answer;
void answer_free(answer *a);

/* Unsigned. must_pay counts for look-ups. */
answer book_call(dir_call call, const tacet_buf *body, bool must_pay);
/* Signed by a device of a person. */
answer book_call_as(const person *p, size_t device, dir_call call,
                    const tacet_buf *body);
/* The status alone. */
tacet_wire_error status_of_call(answer a);

tacet_wire_error book_register(const person *p, const uint8_t *invite);
tacet_wire_error book_manifest(const person *p); /* PUT of p->bytes */
tacet_wire_error book_erase(const person *p, size_t device);
/* By handle (kind) or account; how many manifests came. */
tacet_wire_error book_lookup(tacet_lookup_kind kind, tacet_span key,
                             uint32_t from, size_t *n, bool *more);

/* ---- the key log (book_log.c) ---- */

/* A look-up of name@DOMAIN whose proofs are checked as a client does, by the
 * policy of the folder. `seen` is what the last one saw, and is moved on. */
typedef struct proven {
  size_t label_len; /* bytes of the LabelProof */
  tacet_wire_error status;
  tacet_keylog_head head;
  tacet_keylog_answer answer;
  tacet_manifest newest;
} proven;
proven book_prove(const char *name, tacet_tlog_head *seen);
/* The same by who has seen so many of the label's versions. */
proven book_prove_rest(const char *name, tacet_tlog_head *seen,
                       uint32_t versions);
/* A file of the log, as in GET /log/PATH. */
answer book_file(const char *path);
/* Reads all of the published log through its files and computes it again: each
 * EPOCH's map, the head, every tile in every width that a mirror may ask for.
 * Gives the UPDATEs of handles. */
uint64_t book_replay(tacet_tlog_head *head);
/* Is a version of a label in the log? `book_replay()` was called. */
bool book_replay_has(const char *name, uint32_t version);

/* ---- witnesses ---- */

/* A policy of two witnesses of which one is enough; the directory is opened
 * anew with it. */
void book_witnesses(void);
/* The note with the cosignature of witness `i` at a time. */
void book_cosign(tacet_buf *note, size_t i, uint64_t time);

/* ---- tokens ---- */

tacet_token book_token(tacet_token_kind kind);
tacet_span book_token_bytes(const tacet_token *t, uint8_t out[TACET_TOKEN_LEN]);

/* ---- key packages (book_packages.c) ---- */

typedef struct package_wish {
  uint16_t suite;
  int64_t not_before, not_after; /* seconds from now */
  uint32_t manifest;
  bool wrong_account, wrong_device, wrong_key, same_keys;
  bool bad_leaf_signature, bad_signature, no_package;
} package_wish;
extern const package_wish package_good;
/* The MLSMessage into w. */
void package_write(tacet_buf *w, const person *p, size_t device,
                   const package_wish *wish);

typedef struct shelf {
  tacet_wire_error status;
  size_t n_held;
} shelf;
/* Publishes packages that were written end to end as PublishedPackage. */
shelf book_publish(const person *p, size_t device, const tacet_buf *packages);
void published_add(tacet_buf *w, const person *p, size_t device,
                   bool last_resort);
typedef struct claimed {
  tacet_wire_error status;
  size_t n, n_last_resort;
  uint8_t hashes[TACET_DEVICES_MAX][32];
} claimed;
claimed book_claim(const uint8_t account[32], const tacet_token *t);

#endif
