/* SPDX-License-Identifier: Apache-2.0
 * tacet/wire/directory.h -- the calls of the directory: bodies of requests and
 * answers, as docs/protocol/wire.md has them.
 *
 * How lists work, here and in wire/delivery.h: a struct holds a list as the
 * span of its encoded elements, checked when it was parsed. Build one with the
 * element's _write into a tacet_buf; take one apart with its _next, which moves
 * the span on and is false at the end. Parsed spans point into the body.
 *
 * Optional members are opaque<V> of either nothing or their one length.
 */
#ifndef TACET_WIRE_DIRECTORY_H
#define TACET_WIRE_DIRECTORY_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/keytrans/manifest.h"
#include "tacet/wire/token.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_INVITE_LEN 16
/* Bytes of a key package that a server keeps; mlswire.h reads larger ones. */
#define TACET_KEY_PACKAGE_PUBLISH_MAX (8 * 1024)
#define TACET_KEY_PACKAGES_MAX 101 /* of one PUT */
#define TACET_LOOKUP_MANIFESTS_MAX 64
#define TACET_PACKAGE_HASH_LEN 32

/* POST /v1/accounts -> 201, empty. The same request again is answered the same
 * as long as manifest 0 is the newest.
 *   struct { opaque invite<V>; opaque manifest<V>; } CreateAccount; */
typedef struct tacet_create_account {
  tacet_span invite; /* 16 bytes, or empty where registration is open */
  tacet_span manifest;
} tacet_create_account;
void tacet_create_account_write(tacet_buf *w, const tacet_create_account *m);
TACET_MUST_CHECK tacet_err
tacet_create_account_parse(tacet_span in, tacet_create_account *out);

/* PUT /v1/manifests -> 200, empty; DELETE /v1/accounts (with a device's
 * signature; the manifest has no devices) -> 200, empty.
 *   struct { opaque manifest<V>; } PutManifest; */
typedef struct tacet_put_manifest {
  tacet_span manifest;
} tacet_put_manifest;
void tacet_put_manifest_write(tacet_buf *w, const tacet_put_manifest *m);
TACET_MUST_CHECK tacet_err tacet_put_manifest_parse(tacet_span in,
                                                    tacet_put_manifest *out);

/* POST /v1/lookup -> 200, LookupAnswer.
 *   enum { handle(0), account(1) } LookupKind;
 *   struct { LookupKind kind; opaque key<V>; uint32 from; uint64 log_size;
 *            uint32 seen; opaque token<V>; } Lookup;
 *   struct { opaque manifests<V>; opaque proofs<V>; uint8 more; } LookupAnswer;
 *   struct { opaque head<V>; opaque label<V>; opaque first<V>; } KeyProofs;
 * manifests: opaque<V> each, from number `from` on, at most 64; more: there are
 * further ones. log_size: of the log when the client last saw it, 0 for never.
 * seen: one more than the label's version that it has verified, 0 for none (or
 * none that is to be left out). proofs: KeyProofs (keytrans/keylog.h: HeadProof
 * from log_size on, LabelProof of the account's handle for who has seen that
 * much) of the newest manifest, in the answer that ends with it; empty in those
 * that have more. */
typedef enum tacet_lookup_kind {
  TACET_LOOKUP_HANDLE = 0, /* key: name@domain */
  TACET_LOOKUP_ACCOUNT = 1 /* key: the account id */
} tacet_lookup_kind;
typedef struct tacet_lookup {
  tacet_lookup_kind kind;
  tacet_span key;
  uint32_t from;
  uint64_t log_size;
  uint32_t seen;    /* as of tacet_keylog_label_prove() */
  tacet_span token; /* 104 bytes, or empty */
} tacet_lookup;
void tacet_lookup_write(tacet_buf *w, const tacet_lookup *m);
TACET_MUST_CHECK tacet_err tacet_lookup_parse(tacet_span in, tacet_lookup *out);
typedef struct tacet_lookup_answer {
  tacet_span manifests, proofs;
  size_t n_manifests; /* filled by parse */
  bool more;
} tacet_lookup_answer;
void tacet_lookup_answer_write(tacet_buf *w, const tacet_lookup_answer *m);
TACET_MUST_CHECK tacet_err tacet_lookup_answer_parse(tacet_span in,
                                                     tacet_lookup_answer *out);
typedef struct tacet_key_proofs {
  tacet_span head, label;
  tacet_span first; /* an Opening, or empty */
} tacet_key_proofs;
void tacet_key_proofs_write(tacet_buf *w, const tacet_key_proofs *m);
TACET_MUST_CHECK tacet_err tacet_key_proofs_parse(tacet_span in,
                                                  tacet_key_proofs *out);

/* POST /v1/log -> 200, a HeadProof: the newest head of the log, and that it
 * continues the one of this size (0: no such proof). With `also` not 0: two of
 * one head, that it continues either.
 *   struct { uint64 size; uint64 also; } LogQuery;
 *   struct { opaque head<V>; opaque also<V>; } LogHeads; */
typedef struct tacet_log_query {
  uint64_t size, also;
} tacet_log_query;
typedef struct tacet_log_heads {
  tacet_span head, also;
} tacet_log_heads;
void tacet_log_heads_write(tacet_buf *w, const tacet_log_heads *m);
TACET_MUST_CHECK tacet_err tacet_log_heads_parse(tacet_span in,
                                                 tacet_log_heads *out);
void tacet_log_query_write(tacet_buf *w, const tacet_log_query *m);
TACET_MUST_CHECK tacet_err tacet_log_query_parse(tacet_span in,
                                                 tacet_log_query *out);

/* Lists of opaque<V>, such as manifests. */
void tacet_opaque_list_add(tacet_buf *w, tacet_span element);
bool tacet_opaque_list_next(tacet_span *list, tacet_span *out);
/* Checks such a list: at most max_n elements of at most max_len bytes. */
TACET_MUST_CHECK tacet_err tacet_opaque_list_check(tacet_span list,
                                                   size_t max_n, size_t max_len,
                                                   size_t *n);

/* PUT /v1/keypackages (device's signature) -> 200, PackagesAnswer.
 *   struct { uint8 last_resort; opaque key_package<V>; } PublishedPackage;
 *   struct { PublishedPackage packages<V>; } PublishPackages;   maybe empty
 *   struct { opaque held<V>; } PackagesAnswer;    32-byte hashes
 * key_package is an MLSMessage. A last-resort package replaces the one before.
 * held: SHA-256 of each package of this device that nobody has claimed, after
 * the call, the last-resort one included. The same request again is fine. */
typedef struct tacet_published_package {
  bool last_resort;
  tacet_span key_package;
} tacet_published_package;
void tacet_published_package_write(tacet_buf *w,
                                   const tacet_published_package *p);
bool tacet_published_package_next(tacet_span *list,
                                  tacet_published_package *out);
typedef struct tacet_publish {
  tacet_span packages;
  size_t n_packages; /* filled by parse */
} tacet_publish;
void tacet_publish_write(tacet_buf *w, const tacet_publish *m);
TACET_MUST_CHECK tacet_err tacet_publish_parse(tacet_span in,
                                               tacet_publish *out);
typedef struct tacet_publish_answer {
  tacet_span held; /* n * 32 bytes */
} tacet_publish_answer;
void tacet_publish_answer_write(tacet_buf *w, const tacet_publish_answer *m);
TACET_MUST_CHECK tacet_err
tacet_publish_answer_parse(tacet_span in, tacet_publish_answer *out);

/* POST /v1/keypackages/claim -> 200, ClaimAnswer.
 *   struct { opaque account_id[32]; opaque token<V>; } Claim;
 *   struct { opaque device_id[16]; uint8 last_resort; opaque key_package<V>; }
 *     ClaimedPackage;
 *   struct { ClaimedPackage packages<V>; } ClaimAnswer;    one of each device
 */
typedef struct tacet_claim {
  uint8_t account_id[TACET_ACCOUNT_ID_LEN];
  tacet_span token;
} tacet_claim;
void tacet_claim_write(tacet_buf *w, const tacet_claim *m);
TACET_MUST_CHECK tacet_err tacet_claim_parse(tacet_span in, tacet_claim *out);
typedef struct tacet_claimed_package {
  uint8_t device_id[TACET_DEVICE_ID_LEN];
  bool last_resort;
  tacet_span key_package;
} tacet_claimed_package;
void tacet_claimed_package_write(tacet_buf *w, const tacet_claimed_package *p);
bool tacet_claimed_package_next(tacet_span *list, tacet_claimed_package *out);
typedef struct tacet_claim_answer {
  tacet_span packages;
  size_t n_packages; /* filled by parse */
} tacet_claim_answer;
void tacet_claim_answer_write(tacet_buf *w, const tacet_claim_answer *m);
TACET_MUST_CHECK tacet_err tacet_claim_answer_parse(tacet_span in,
                                                    tacet_claim_answer *out);

/* GET /v1/tokens -> 200, Issuers: the keys with which tokens are issued (the
 * newest of each kind) and accepted (all).
 *   struct { TokenKind kind; opaque public_key[32]; uint32 first_day;
 *            uint32 issue_until; uint32 accept_until; } Issuer;
 *   struct { Issuer issuers<V>; } Issuers;
 * Days since 1970, inclusive. */
#define TACET_ISSUERS_MAX 16
typedef struct tacet_issuer {
  tacet_token_kind kind;
  uint8_t public_key[32];
  uint32_t first_day, issue_until, accept_until;
} tacet_issuer;
typedef struct tacet_issuers {
  size_t n;
  tacet_issuer list[TACET_ISSUERS_MAX];
} tacet_issuers;
void tacet_issuers_write(tacet_buf *w, const tacet_issuers *m);
TACET_MUST_CHECK tacet_err tacet_issuers_parse(tacet_span in,
                                               tacet_issuers *out);

/* Weeks begin on the days that 7 divides. A key issues for a week, and is
 * accepted for one more. */
#define TACET_ISSUER_DAYS 7
/* The keys of the week that begins on that day, one of each kind, by kind:
 * written, they are what the key log commits to. NOT_FOUND unless there is just
 * one of each; ENCODING if a week would be another. */
TACET_MUST_CHECK tacet_err tacet_issuers_week(const tacet_issuers *all,
                                              uint32_t first_day,
                                              tacet_issuers *out);

/* POST /v1/tokens/proof -> 200, KeyProofs (HeadProof from log_size on,
 * LabelProof of "i:FIRST_DAY") of that week's keys.
 *   struct { uint32 first_day; uint64 log_size; } IssuerQuery; */
typedef struct tacet_issuer_query {
  uint32_t first_day;
  uint64_t log_size;
} tacet_issuer_query;
void tacet_issuer_query_write(tacet_buf *w, const tacet_issuer_query *m);
TACET_MUST_CHECK tacet_err tacet_issuer_query_parse(tacet_span in,
                                                    tacet_issuer_query *out);

/* POST /v1/tokens (device's signature) -> 200, DrawAnswer.
 *   struct { TokenKind kind; opaque key_id[8]; opaque blinded<V>; } Draw;
 *   struct { opaque evaluated<V>; opaque proof[64]; } DrawAnswer;
 * 1 to 64 elements of 32 bytes. The same request again on the same day gets the
 * same tokens and costs nothing. */
typedef struct tacet_draw {
  tacet_token_kind kind;
  uint8_t key_id[TACET_TOKEN_KEY_ID_LEN];
  tacet_span blinded;
} tacet_draw;
void tacet_draw_write(tacet_buf *w, const tacet_draw *m);
TACET_MUST_CHECK tacet_err tacet_draw_parse(tacet_span in, tacet_draw *out);
typedef struct tacet_draw_answer {
  tacet_span evaluated;
  uint8_t proof[TACET_VOPRF_PROOF_LEN];
} tacet_draw_answer;
void tacet_draw_answer_write(tacet_buf *w, const tacet_draw_answer *m);
TACET_MUST_CHECK tacet_err tacet_draw_answer_parse(tacet_span in,
                                                   tacet_draw_answer *out);

#ifdef __cplusplus
}
#endif
#endif
