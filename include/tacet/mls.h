/* SPDX-License-Identifier: Apache-2.0
 * tacet/mls.h -- groups that agree on keys: Messaging Layer Security, RFC 9420.
 *
 * One tacet_mls_group is one member's view of one group. It does no I/O and
 * knows no clock: messages come in and go out as bytes, the time is an argument
 * (`now`, seconds of Unix time). How the pieces fit:
 *
 *   being invited   tacet_mls_key_package_new(); publish it, keep the keys
 *                   tacet_mls_welcome_open(), .._unlock(), .._join()
 *   making a group  tacet_mls_group_new()
 *   changing it     tacet_mls_commit(): nothing changes yet, the commit is
 *                   *pending*. Save, send; when the delivery service took it,
 *                   tacet_mls_pending_merge() and send the Welcomes; when
 *                   another commit won, process that one
 *   reading         tacet_mls_process(). An application message comes back as
 *                   its content. A commit comes back *staged*: look at what it
 *                   changes (tacet_mls_staged_*), then tacet_mls_staged_apply()
 *                   or tacet_mls_staged_drop()
 *   writing         tacet_mls_protect(); save before the bytes leave
 *   keeping         tacet_mls_save(), tacet_mls_load()
 *
 * How a group stands (tacet_mls_group_status says so), and what leads on. STATE
 * is the answer to a step that is not in the row. Messages are read unless a
 * commit is staged, and written in the first three.
 *
 *   at rest    commit()              -> pending
 *              process(a commit)     -> staged
 *   pending    pending_merge()       -> at rest, next epoch
 *              pending_discard()     -> at rest
 *              process(a commit)     -> pending and staged
 *   staged     staged_apply()        -> at rest, next epoch; a pending one is
 *                                       void; or removed, or ended by ReInit
 *              staged_drop()         -> as before process()
 *   removed    the past is read, nothing is written (REMOVED)
 *   ended      the same (REINIT); tacet_mls_successor() makes the next group
 *
 * Whose business is what. This library enforces RFC 9420 whole, and makes no
 * other judgement: whether a credential belongs to whom it names (5.3.1: every
 * member must check that, for every leaf of a group that it joins and every
 * leaf that a commit brings), who may add or remove whom, and when a group is
 * too old, is for the caller to decide between staging and applying, or between
 * joining and using.
 *
 * No trace. A call that fails leaves the group as it was, byte for byte (what
 * tacet_mls_save() gives is the same), and so does tacet_mls_staged_drop().
 * tacet_mls_pending_discard() leaves one: the ratchet generation that a commit
 * sent as PrivateMessage used stays spent, since it may have been seen.
 *
 * Forward secrecy. Every secret is deleted when its use is over (9.2). What
 * tacet_mls_save() gave before may still hold it: overwrite, do not collect.
 *
 * Messages. Every `message` is one whole MLSMessage (6), KeyPackages included,
 * and every output named so is one. Outputs into a tacet_buf are appended; on
 * failure it is cut back to what it held.
 *
 * Extension lists, of whatever place, are spans of encoded Extension structs
 * one after the other, without the length of the whole (tacet_mls_extension).
 */
#ifndef TACET_MLS_H
#define TACET_MLS_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct tacet_mls_group tacet_mls_group;

/* ---- settings ---- */

/* Given to everything that makes a group, and copied into it, except `suites`,
 * which must outlive it (they are constants). Not part of what is saved: a
 * program that loads a state may have other settings than the one before. */
typedef struct tacet_mls_config {
  const tacet_suites *suites; /* what is offered; no other group is joined */
  /* Epochs left behind whose application messages still open, and whose
   * resumption PSKs are known. */
  size_t past_epochs;
  /* How far a message may run ahead of the last one from its sender, and how
   * many keys of skipped messages are kept for a sender (the oldest go first).
   * Both are for each of a sender's two ratchets in an epoch. The distance is
   * what one message can make a member hash (3 times that many HKDF steps, 2 ms
   * for 1,000); the keys are what it can make him keep (48 B each). */
  uint32_t max_forward, max_kept;
  size_t max_proposals; /* proposals that wait for a commit; more are LIMIT */
  /* Key packages that are valid for more seconds than this in all are refused
   * (LIFETIME), when they are checked, added and seen added. RFC 9420 7.2 wants
   * every application to say how long is too long. 0: no bound. */
  uint64_t max_lifetime;
} tacet_mls_config;
#define TACET_MLS_PAST_EPOCHS 3
#define TACET_MLS_FORWARD_MAX 1000
#define TACET_MLS_KEPT_MAX 1000
#define TACET_MLS_PROPOSALS_MAX 256
#define TACET_MLS_CONFIG(offered)                                              \
  ((tacet_mls_config){.suites = (offered),                                     \
                      .past_epochs = TACET_MLS_PAST_EPOCHS,                    \
                      .max_forward = TACET_MLS_FORWARD_MAX,                    \
                      .max_kept = TACET_MLS_KEPT_MAX,                          \
                      .max_proposals = TACET_MLS_PROPOSALS_MAX})

/* No message of more bytes is looked at (LIMIT), none is made. */
#define TACET_MLS_MESSAGE_LIMIT ((size_t)32 << 20)
/* A leaf index that no leaf has. */
#define TACET_MLS_NO_LEAF UINT32_MAX

/* ---- extensions ---- */

/* One out of a list; `data` is the content of extension_data<V>. */
typedef struct tacet_mls_extension {
  uint16_t type;
  tacet_span data;
} tacet_mls_extension;

/* Appends one to a list under construction. */
void tacet_mls_extensions_add(tacet_buf *list, uint16_t type, tacet_span data);
/* Takes the first off *list; false at its end. For lists that this library
 * gave, which are well formed. */
bool tacet_mls_extensions_next(tacet_span *list, tacet_mls_extension *out);
/* False if there is none of that type. */
bool tacet_mls_extensions_find(tacet_span list, uint16_t type, tacet_span *out);

/* ---- leaves and members ---- */

/* What one's own leaf is to say, for key packages and for groups one makes. */
typedef struct tacet_mls_leaf_args {
  tacet_span identity;               /* of a basic credential (5.3) */
  const tacet_secret *signature_key; /* private; also signs all messages */
  /* Capabilities (7.2) beyond the defaults of RFC 9420, which go unsaid: types
   * of extensions and of proposals that the *caller* understands. Those of
   * `extensions` must be among them. The suites are those of the config, the
   * credential type is basic. */
  const uint16_t *extension_types;
  size_t n_extension_types;
  const uint16_t *proposal_types;
  size_t n_proposal_types;
  tacet_span extensions; /* leaf node extensions */
} tacet_mls_leaf_args;

/* A leaf, seen. The spans lie in the group (or in the message that it came
 * from) and live until that changes. */
typedef struct tacet_mls_member {
  uint32_t leaf;       /* index, or TACET_MLS_NO_LEAF for a key package */
  uint16_t credential; /* its type; 1 is basic */
  tacet_span identity; /* basic: the identity; x509 and others: the body */
  tacet_span signature_key, encryption_key; /* public */
  tacet_span extensions;
} tacet_mls_member;
#define TACET_MLS_CREDENTIAL_BASIC 1
#define TACET_MLS_CREDENTIAL_X509 2

/* ---- key packages ---- */

/* The private part of a key package. Keep it, encrypted, as long as the package
 * is published; delete it when the join is saved, unless the package is a last
 * resort. */
typedef struct tacet_mls_keys {
  tacet_secret init, encryption, signature;
} tacet_mls_keys;
#define TACET_MLS_KEYS(name)                                                   \
  TACET_CLEANUP(tacet_mls_keys_wipe) tacet_mls_keys name = {.init = {.len = 0}}
void tacet_mls_keys_wipe(tacet_mls_keys *k);
/* A versioned form of some 100 bytes; read refuses everything else. */
void tacet_mls_keys_write(tacet_buf *w, const tacet_mls_keys *k);
TACET_MUST_CHECK tacet_err tacet_mls_keys_read(tacet_span in,
                                               tacet_mls_keys *out);

typedef struct tacet_mls_key_package_args {
  tacet_mls_leaf_args leaf;
  uint64_t not_before, not_after; /* Unix seconds; checked by who adds */
  tacet_span extensions;          /* of the package, not of its leaf */
} tacet_mls_key_package_args;

/* Makes a KeyPackage (10) with fresh keys. ARGUMENT: extensions malformed or
 * doubled, or missing from the leaf's capabilities. */
TACET_MUST_CHECK tacet_err tacet_mls_key_package_new(
    const tacet_mls_config *config, const tacet_suite *suite,
    const tacet_mls_key_package_args *args, tacet_buf *message,
    tacet_mls_keys *keys);

/* A KeyPackage that was checked. Spans point into the message. */
typedef struct tacet_mls_key_package {
  const tacet_suite *suite;
  tacet_mls_member member;
  tacet_span init_key, extensions;
  uint64_t not_before, not_after;
  size_t ref_len; /* KeyPackageRef (5.2): what a Welcome calls it by */
  uint8_t ref[TACET_HASH_MAX];
} tacet_mls_key_package;

/* Parses and checks one on its own (10.1, 7.3): suite, signatures, lifetime at
 * `now`, distinct keys, leaf. KEY_PACKAGE, LEAF, LIFETIME, AUTH,
 * UNKNOWN_SUITE, or any INPUT error. */
TACET_MUST_CHECK tacet_err
tacet_mls_key_package_check(const tacet_mls_config *config, tacet_span message,
                            uint64_t now, tacet_mls_key_package *out);

/* ---- pre-shared keys (8.4) ---- */

typedef enum tacet_mls_psk_type {
  TACET_MLS_PSK_EXTERNAL = 1,
  TACET_MLS_PSK_RESUMPTION = 2
} tacet_mls_psk_type;
typedef enum tacet_mls_psk_usage {
  TACET_MLS_USAGE_APPLICATION = 1,
  TACET_MLS_USAGE_REINIT = 2,
  TACET_MLS_USAGE_BRANCH = 3
} tacet_mls_psk_usage;

typedef struct tacet_mls_psk_id {
  tacet_mls_psk_type type;
  tacet_mls_psk_usage usage; /* resumption only */
  tacet_span id;             /* external: psk_id; resumption: the group's id */
  uint64_t epoch;            /* resumption only */
  tacet_span nonce;          /* psk_nonce; leave it empty in proposals: drawn */
} tacet_mls_psk_id;

/* A key that the caller knows. The nonce of `id` does not matter here. A group
 * knows its own resumption PSKs (current and past epochs) by itself. */
typedef struct tacet_mls_psk {
  tacet_mls_psk_id id;
  tacet_span key;
} tacet_mls_psk;
typedef struct tacet_mls_psks {
  const tacet_mls_psk *list;
  size_t n;
} tacet_mls_psks;

/* ---- making a group ---- */

/* A group of one, at epoch 0. group_id: choose 16 random bytes or more.
 * extensions: the GroupContext's (required_capabilities, external_senders, the
 * application's own); all must be in the leaf's capabilities. */
TACET_MUST_CHECK tacet_err tacet_mls_group_new(const tacet_mls_config *config,
                                               const tacet_suite *suite,
                                               tacet_span group_id,
                                               const tacet_mls_leaf_args *leaf,
                                               tacet_span extensions,
                                               tacet_mls_group **out);
void tacet_mls_group_free(tacet_mls_group *g); /* wipes everything */

/* ---- joining with a Welcome (12.4.3.1) ---- */

typedef struct tacet_mls_welcome tacet_mls_welcome;

/* A key package of one's own (the message) and its keys. */
typedef struct tacet_mls_candidate {
  tacet_span key_package;
  const tacet_mls_keys *keys;
} tacet_mls_candidate;

/* First step: which of the candidates is invited, and its group secrets.
 * *index says which. Copies what it needs. NOT_FOR_US: none; AUTH: it does not
 * open; PSK: a PSK list that no joiner may accept. */
TACET_MUST_CHECK tacet_err
tacet_mls_welcome_open(const tacet_mls_config *config, tacet_span message,
                       const tacet_mls_candidate *candidates, size_t n,
                       size_t *index, tacet_mls_welcome **out);
void tacet_mls_welcome_free(tacet_mls_welcome *w);
/* The PSKs that it takes, 0 .. n-1. Spans live as long as w. */
size_t tacet_mls_welcome_n_psks(const tacet_mls_welcome *w);
void tacet_mls_welcome_psk(const tacet_mls_welcome *w, size_t i,
                           tacet_mls_psk_id *out);

/* Second step: with these PSKs the GroupInfo opens. PSK: one is missing (then
 * nothing happened: find it, and call again). AUTH: a wrong one. */
TACET_MUST_CHECK tacet_err tacet_mls_welcome_unlock(tacet_mls_welcome *w,
                                                    tacet_mls_psks psks);
/* What the GroupInfo says, of which nothing is verified yet: enough to fetch
 * the right ratchet tree. Only after unlock. */
typedef struct tacet_mls_group_info {
  const tacet_suite *suite;
  tacet_span group_id, tree_hash;
  uint64_t epoch;
  uint32_t signer;             /* leaf of who committed (or published) it */
  tacet_span group_extensions; /* of the GroupContext */
  tacet_span extensions;       /* of the GroupInfo */
  bool has_tree;               /* the ratchet tree is inside */
  bool has_external_pub;       /* can be joined with an external commit */
} tacet_mls_group_info;
void tacet_mls_welcome_info(const tacet_mls_welcome *w,
                            tacet_mls_group_info *out);

/* Third step: the group. tree: what tacet_mls_ratchet_tree() gave, or empty if
 * it is inside. All of 12.4.3.1 is checked, each leaf and the whole chain of
 * parent hashes included; leaf lifetimes are not (7.3: only where a key package
 * is added). predecessor: the group that this one succeeds, if the Welcome
 * carries a PSK of usage reinit or branch (then REINIT without it, and unless
 * the successor is what 11.2 or 11.3 demand), else NULL; with one, and without
 * such a PSK, it is REINIT too: nothing ties the two groups together.
 * The group is the caller's to examine: walk its members, check each
 * credential, then keep it, or free it, which is all that declining takes.
 * TREE, TREE_HASH, PARENT_HASH, LEAF, CONFIRMATION, AUTH, ... */
TACET_MUST_CHECK tacet_err tacet_mls_welcome_join(
    const tacet_mls_welcome *w, tacet_span tree,
    const tacet_mls_group *predecessor, tacet_mls_group **out);

/* The same Welcome with the entry of one joiner alone, so that joiners do not
 * learn of each other's key packages and each gets a small letter. `ref` is the
 * KeyPackageRef. NOT_FOUND: not invited. */
TACET_MUST_CHECK tacet_err tacet_mls_welcome_for(tacet_span message,
                                                 tacet_span ref,
                                                 tacet_buf *out);

/* ---- what the group is ---- */

tacet_span tacet_mls_group_id(const tacet_mls_group *g);
uint64_t tacet_mls_epoch(const tacet_mls_group *g);
const tacet_suite *tacet_mls_suite(const tacet_mls_group *g);
uint32_t tacet_mls_own_leaf(const tacet_mls_group *g);
/* GroupContext.extensions */
tacet_span tacet_mls_group_extensions(const tacet_mls_group *g);
tacet_span tacet_mls_tree_hash(const tacet_mls_group *g);
tacet_span tacet_mls_confirmed_transcript_hash(const tacet_mls_group *g);
/* Equal at all members of an epoch and at nobody else (8.7). */
const tacet_secret *tacet_mls_epoch_authenticator(const tacet_mls_group *g);
/* What groups that follow this one prove their descent with (8.6). */
const tacet_secret *tacet_mls_resumption_psk(const tacet_mls_group *g);

uint32_t tacet_mls_n_members(const tacet_mls_group *g);
/* Leaf indices run below this; some are blank. */
uint32_t tacet_mls_n_leaves(const tacet_mls_group *g);
/* False where the leaf is blank or there is none. */
bool tacet_mls_member_at(const tacet_mls_group *g, uint32_t leaf,
                         tacet_mls_member *out);
/* The member at leaf >= *at; *at then stands behind it. Start with 0. */
bool tacet_mls_member_next(const tacet_mls_group *g, uint32_t *at,
                           tacet_mls_member *out);
/* The first leaf with this credential identity, or with this signature key. */
bool tacet_mls_member_find(const tacet_mls_group *g, tacet_span identity,
                           tacet_mls_member *out);
bool tacet_mls_member_find_key(const tacet_mls_group *g,
                               tacet_span signature_key, tacet_mls_member *out);

/* How the group stands. */
typedef struct tacet_mls_status {
  bool pending;  /* an own commit waits: merge or discard it */
  bool staged;   /* somebody's commit waits: apply or drop it */
  bool removed;  /* this member was removed: reading the past is all it can */
  bool reinit;   /* ended by a ReInit: tacet_mls_successor() continues */
  bool exporter; /* the exporter secret is still there */
  size_t n_proposals;   /* proposals waiting for a commit */
  size_t n_past_epochs; /* epochs of which messages still open */
} tacet_mls_status;
tacet_mls_status tacet_mls_group_status(const tacet_mls_group *g);

/* MLS-Exporter of the current epoch (8.5), len bytes (at most
 * TACET_SECRET_MAX). STATE after tacet_mls_erase_exporter(). */
TACET_MUST_CHECK tacet_err tacet_mls_export(const tacet_mls_group *g,
                                            const char *label,
                                            tacet_span context, size_t len,
                                            tacet_secret *out);
/* The exporter secret is not forward secret within its epoch: derive what the
 * epoch needs, then erase it. The next epoch has a new one. */
void tacet_mls_erase_exporter(tacet_mls_group *g);

/* ---- application messages ---- */

/* Encrypts one, with `padding` zero bytes inside, and spends one generation of
 * the own ratchet: SAVE THE GROUP BEFORE THE MESSAGE LEAVES, else a crash makes
 * two messages under one key. Allocates nothing but what `message` needs, apart
 * from the first message of an epoch and a work area that grows to the largest
 * message seen. REINIT, REMOVED: no messages any more. STATE: proposals wait
 * (12.4: commit first), unless allow_pending_proposals is set. */
typedef struct tacet_mls_protect_args {
  tacet_span aad; /* authenticated, not encrypted */
  size_t padding;
  bool allow_pending_proposals;
} tacet_mls_protect_args;
TACET_MUST_CHECK tacet_err tacet_mls_protect(tacet_mls_group *g,
                                             tacet_span content,
                                             const tacet_mls_protect_args *args,
                                             tacet_buf *message);

/* ---- proposals ---- */

enum {
  TACET_MLS_ADD = 1,
  TACET_MLS_UPDATE = 2,
  TACET_MLS_REMOVE = 3,
  TACET_MLS_PSK = 4,
  TACET_MLS_REINIT = 5,
  TACET_MLS_EXTERNAL_INIT = 6,
  TACET_MLS_GROUP_CONTEXT_EXTENSIONS = 7
};

/* A proposal to make. Which fields count depends on the type; UPDATE only as a
 * standalone proposal (its new leaf is given by tacet_mls_update_args), never
 * EXTERNAL_INIT (external commits make it). */
typedef struct tacet_mls_proposal {
  uint16_t type;
  tacet_span key_package; /* ADD: a KeyPackage message */
  uint32_t leaf;          /* REMOVE */
  tacet_mls_psk_id psk;  /* PSK: external, or resumption of usage application */
  tacet_span extensions; /* GROUP_CONTEXT_EXTENSIONS and REINIT: the new ones */
  tacet_span group_id;   /* REINIT */
  const tacet_suite *suite; /* REINIT */
  tacet_span body; /* any other type: its content; all members' capabilities
                      must name it (12.1, 7.2) */
} tacet_mls_proposal;

/* A new own leaf: for update proposals and for the path of a commit. NULL and
 * `keep` leave things as they are; the encryption key is always fresh. */
typedef struct tacet_mls_update_args {
  const tacet_span *identity;
  const tacet_span *extensions;
  const tacet_secret *signature_key; /* rotates it: later messages use it */
} tacet_mls_update_args;

/* Sends a proposal by reference: cached here and at everybody who processes
 * the message; takes effect when somebody commits it, and is void after the
 * epoch. */
typedef struct tacet_mls_propose_args {
  tacet_mls_proposal proposal;
  tacet_mls_update_args update; /* for UPDATE */
  tacet_span aad;
  size_t padding;      /* of a private message */
  bool public_message; /* PublicMessage rather than PrivateMessage */
} tacet_mls_propose_args;
TACET_MUST_CHECK tacet_err tacet_mls_propose(tacet_mls_group *g,
                                             const tacet_mls_propose_args *args,
                                             uint64_t now, tacet_buf *message);

/* A proposal, seen: cached, or part of a staged commit. Spans live until the
 * group changes. */
typedef struct tacet_mls_proposal_view {
  uint16_t type;
  bool by_reference;
  uint8_t sender_type;   /* TACET_MLS_SENDER_... */
  uint32_t sender;       /* leaf, or index among external_senders */
  uint32_t removed;      /* REMOVE */
  tacet_mls_member leaf; /* ADD, UPDATE: the new one */
  tacet_mls_psk_id psk;  /* PSK */
  tacet_span extensions; /* GROUP_CONTEXT_EXTENSIONS, REINIT */
  tacet_span body;       /* the whole encoded proposal without its type */
  tacet_span ref;        /* ProposalRef, if by reference */
} tacet_mls_proposal_view;
enum {
  TACET_MLS_SENDER_MEMBER = 1,
  TACET_MLS_SENDER_EXTERNAL = 2,
  TACET_MLS_SENDER_NEW_MEMBER_PROPOSAL = 3,
  TACET_MLS_SENDER_NEW_MEMBER_COMMIT = 4
};
/* The cached ones, 0 .. status.n_proposals - 1. */
void tacet_mls_proposal_at(const tacet_mls_group *g, size_t i,
                           tacet_mls_proposal_view *out);
/* Forgets them all. A commit that names one fails with PROPOSAL_REF then. Not
 * while a commit is staged. */
void tacet_mls_proposals_clear(tacet_mls_group *g);

/* ---- commits ---- */

typedef struct tacet_mls_commit_args {
  const tacet_mls_proposal *proposals; /* by value */
  size_t n_proposals;
  /* Take up the cached proposals too. Those that contradict each other or the
   * ones by value, and own updates, are left out (12.2): a Remove beats an
   * Update, the later of two like ones beats the earlier. */
  bool with_cached;
  bool force_path; /* new own keys even if no proposal demands them */
  tacet_mls_update_args update; /* the own leaf; anything set forces a path */
  tacet_mls_psks psks;          /* for PSK proposals */
  tacet_span aad;
  size_t padding;
  bool public_message;
  bool tree_in_welcome; /* else joiners need result.ratchet_tree */
  bool want_group_info; /* fill result.group_info ... */
  bool tree_in_group_info, external_pub; /* ... and put these in */
  tacet_span group_info_extensions;      /* more for Welcome's GroupInfo */
} tacet_mls_commit_args;

typedef struct tacet_mls_commit_result {
  tacet_bytes commit;       /* message for the members */
  tacet_bytes welcome;      /* message for all joiners; empty if none. Split it
                               with tacet_mls_welcome_for() */
  tacet_bytes group_info;   /* message, if asked for */
  tacet_bytes ratchet_tree; /* of the new epoch, if there are joiners and the
                               tree is not in the Welcome, or group_info is
                               wanted without it */
} tacet_mls_commit_result;
#define TACET_MLS_COMMIT_RESULT(name)                                          \
  TACET_CLEANUP(tacet_mls_commit_result_free)                                  \
  tacet_mls_commit_result name = {.commit = {NULL, 0}}
void tacet_mls_commit_result_free(tacet_mls_commit_result *r);

/* Makes a commit (12.4). The group stays in its epoch; the commit is pending
 * (and saved with the group) until it is merged, discarded, or another commit
 * is applied. With no proposals and no path forced, it is a key update.
 * A path is made where 12.4 demands one, or where asked for.
 * STATE: one is pending or staged. PROPOSAL, PSK, KEY_PACKAGE, LIFETIME (`now`
 * against added key packages), CAPABILITIES, DUPLICATE_KEY, EXTENSION, REINIT:
 * the list would not be accepted. */
TACET_MUST_CHECK tacet_err tacet_mls_commit(tacet_mls_group *g,
                                            const tacet_mls_commit_args *args,
                                            uint64_t now,
                                            tacet_mls_commit_result *result);
/* Is this the pending commit, byte for byte? */
bool tacet_mls_pending_matches(const tacet_mls_group *g, tacet_span message);
/* Enters the epoch of the pending commit. `now` dates the epoch left behind
 * for tacet_mls_forget_past(). STATE: none pending, or one staged. NOMEM leaves
 * it pending. */
TACET_MUST_CHECK tacet_err tacet_mls_pending_merge(tacet_mls_group *g,
                                                   uint64_t now);
void tacet_mls_pending_discard(tacet_mls_group *g); /* none: fine */

/* ---- what comes in ---- */

#define TACET_MLS_PUBLIC_MESSAGE 1 /* wire formats (6) */
#define TACET_MLS_PRIVATE_MESSAGE 2
#define TACET_MLS_CONTENT_APPLICATION 1 /* content types (6) */
#define TACET_MLS_CONTENT_PROPOSAL 2
#define TACET_MLS_CONTENT_COMMIT 3

/* What can be told of a message without keys, to find its group. */
typedef struct tacet_mls_header {
  uint16_t wire_format; /* 1 public, 2 private, 3 Welcome, 4 GroupInfo, 5
                           KeyPackage */
  tacet_span group_id;  /* 1 and 2 */
  uint64_t epoch;       /* 1 and 2 */
  uint8_t content_type; /* 1 and 2: 1 application, 2 proposal, 3 commit */
  tacet_span aad;       /* 1 and 2: authenticated_data, unverified */
} tacet_mls_header;
TACET_MUST_CHECK tacet_err tacet_mls_peek(tacet_span message,
                                          tacet_mls_header *out);

typedef enum tacet_mls_event_kind {
  TACET_MLS_EVENT_APPLICATION = 1, /* content */
  TACET_MLS_EVENT_PROPOSAL,        /* proposal; it is cached now */
  TACET_MLS_EVENT_COMMIT,          /* staged; see tacet_mls_staged_* */
  TACET_MLS_EVENT_NEEDS_PSK        /* a commit, and nothing happened: process
                                      it again with the keys of `psks` */
} tacet_mls_event_kind;

/* All of it verified. Spans: aad in the message, content in the caller's
 * buffer, the others in the group until it changes. */
typedef struct tacet_mls_event {
  tacet_mls_event_kind kind;
  uint64_t epoch;      /* of the message; may be a past one */
  uint8_t sender_type; /* TACET_MLS_SENDER_... */
  uint32_t sender;     /* leaf *in that epoch*, or index of external sender */
  uint32_t generation; /* private messages */
  tacet_mls_member member; /* sender_type member: as its leaf was in that epoch;
                              for a past one only leaf, credential, identity
                              and signature_key are set */
  tacet_span aad;
  tacet_span content;               /* APPLICATION */
  tacet_mls_proposal_view proposal; /* PROPOSAL */
  const tacet_mls_psk_id *psks;     /* NEEDS_PSK: those nobody knows yet */
  size_t n_psks;
} tacet_mls_event;

/* Takes one PublicMessage or PrivateMessage. `content` gets the plaintext of an
 * application message (it is cleared first); reserve it to spare allocations.
 * `now` is the time for the lifetimes of key packages that are added. 0: they
 * are not looked at (7.3 only recommends it to who receives), so that members
 * who follow days later judge as those did who were there.
 *
 * Errors, and whose they are. A commit can be rejected for what every member of
 * the epoch computes alike, or for what only this one sees. The second kind is:
 *   PATH_SECRET   its own part of the update path does not open or fit
 *   CONFIRMATION  the new epoch's keys differ from the committer's (or a PSK
 *                 that it was given is not the one meant)
 *   REPLAY, GENERATION  the ratchet stands elsewhere
 *   PROPOSAL_REF  a proposal that the commit names never came here
 *   and everything of TACET_KIND_LOCAL.
 * All others (bad encodings, signatures, trees, parent hashes, proposals) come
 * first, from public parts and the epoch's common keys, and are the same
 * everywhere (LIFETIME as far as the clocks agree; see `now`).
 *
 * STATE: a commit is staged already. GROUP_ID, EPOCH_FUTURE, EPOCH_PAST: not
 * for now (handshake messages of past epochs are EPOCH_PAST; own private
 * ones OWN_MESSAGE).
 * OWN_MESSAGE: an echo, nothing to do; of a commit: merge it if
 * tacet_mls_pending_matches(), else it was discarded and this member
 * cannot follow the group any more. REPLAY: seen before, or too late.
 * REMOVED: only past messages are read after a removal. REINIT: the group
 * was ended; messages of the epochs before still open. */
typedef struct tacet_mls_process_args {
  tacet_mls_psks psks;
  uint64_t now;
  bool public_only; /* of a commit: stages it by what all members compute alike,
                       for a look at what it would have changed after its
                       second kind of error. It can only be dropped again. */
} tacet_mls_process_args;
TACET_MUST_CHECK tacet_err tacet_mls_process(tacet_mls_group *g,
                                             tacet_span message,
                                             const tacet_mls_process_args *args,
                                             tacet_buf *content,
                                             tacet_mls_event *event);

/* ---- a staged commit ---- */

/* While one is staged the group is still in the old epoch; what is asked about
 * it (members and all) answers so. A state saved meanwhile does not hold the
 * staged commit: process the message again after loading. */
typedef struct tacet_mls_staged_info {
  uint32_t committer; /* leaf; of an external commit: where it will sit */
  bool external;      /* an external commit: a stranger joins (12.4.3.2) */
  bool has_path;
  bool removes_self; /* this member is among the removed */
  bool reinit;       /* ends the group */
  bool changes_extensions;
  tacet_span extensions; /* GroupContext.extensions of the new epoch */
  size_t n_changes, n_proposals;
} tacet_mls_staged_info;
typedef enum tacet_mls_change_kind {
  TACET_MLS_CHANGE_ADDED = 1, /* after */
  TACET_MLS_CHANGE_REMOVED,   /* before */
  TACET_MLS_CHANGE_UPDATED,   /* before, after: an Update proposal */
  TACET_MLS_CHANGE_COMMITTER  /* before, after: the committer's path; an
                                 external committer has no before */
} tacet_mls_change_kind;
/* One leaf that changes: whoever checks credentials checks every `after`. */
typedef struct tacet_mls_change {
  tacet_mls_change_kind kind;
  uint32_t leaf;
  uint8_t proposer_type; /* TACET_MLS_SENDER_... of who proposed it */
  uint32_t proposer;     /* leaf, or index of external sender */
  tacet_mls_member before, after;
} tacet_mls_change;
void tacet_mls_staged_info_get(const tacet_mls_group *g,
                               tacet_mls_staged_info *out);
void tacet_mls_staged_change(const tacet_mls_group *g, size_t i,
                             tacet_mls_change *out);
void tacet_mls_staged_proposal(const tacet_mls_group *g, size_t i,
                               tacet_mls_proposal_view *out);
/* Enters the new epoch: a pending own commit and all cached proposals are void.
 * If removes_self, the group stays in the old epoch and is `removed`. NOMEM
 * leaves it staged. STATE: nothing is staged, or only to be looked at. */
TACET_MUST_CHECK tacet_err tacet_mls_staged_apply(tacet_mls_group *g,
                                                  uint64_t now);
void tacet_mls_staged_drop(tacet_mls_group *g); /* none: fine */

/* Drops the keys of past epochs that were left at or before `left` (Unix
 * seconds). */
void tacet_mls_forget_past(tacet_mls_group *g, uint64_t left);

/* ---- GroupInfo, trees, external commits (12.4.3) ---- */

/* A GroupInfo of the current epoch, signed by this member. */
typedef struct tacet_mls_group_info_args {
  bool external_pub, tree;
  tacet_span extensions;
} tacet_mls_group_info_args;
TACET_MUST_CHECK tacet_err tacet_mls_group_info_write(
    const tacet_mls_group *g, const tacet_mls_group_info_args *args,
    tacet_buf *message);
/* The current tree in the form of the ratchet_tree extension (12.4.3.3). */
TACET_MUST_CHECK tacet_err tacet_mls_ratchet_tree(const tacet_mls_group *g,
                                                  tacet_buf *out);
/* What a GroupInfo message says; nothing is verified. */
TACET_MUST_CHECK tacet_err
tacet_mls_group_info_read(const tacet_mls_config *config, tacet_span message,
                          tacet_mls_group_info *out);

/* Joins without an invitation. The result is the commit to send and the group
 * as it will be once the delivery service took the commit: keep it then, free
 * it otherwise. remove: an own old leaf that the commit replaces, or
 * TACET_MLS_NO_LEAF. The signer's credential and all members are for the caller
 * to check, as after a Welcome. EXTERNAL: the group does not let itself be
 * joined so. */
typedef struct tacet_mls_external_args {
  tacet_span group_info; /* message */
  tacet_span tree;       /* empty if inside */
  tacet_mls_leaf_args leaf;
  uint32_t remove;
  const tacet_mls_psk *psks; /* all are put into the commit */
  size_t n_psks;
  tacet_span aad;
} tacet_mls_external_args;
TACET_MUST_CHECK tacet_err tacet_mls_external_join(
    const tacet_mls_config *config, const tacet_mls_external_args *args,
    tacet_buf *commit, tacet_mls_group **out);

/* Proposals from outside (12.1.8), as PublicMessages: of a new member who asks
 * to be added (proposal.type ADD, its own key package), or of a sender listed
 * in the group's external_senders extension. */
typedef struct tacet_mls_external_proposal_args {
  const tacet_suite *suite;
  tacet_span group_id;
  uint64_t epoch;
  bool new_member; /* else: external_senders[sender] */
  uint32_t sender;
  const tacet_secret *signature_key;
  tacet_mls_proposal proposal;
  tacet_span aad;
} tacet_mls_external_proposal_args;
TACET_MUST_CHECK tacet_err tacet_mls_external_propose(
    const tacet_mls_external_proposal_args *args, tacet_buf *message);

/* ---- successors (11.2, 11.3) ---- */

/* REINIT: continues a group that a ReInit proposal ended (status.reinit), with
 * the id, suite and extensions that it said, for exactly the members of the old
 * one. BRANCH: a subgroup of some members, same suite.
 * The new group has a commit pending that adds the others (merge it at once:
 * nobody can contest it) and takes up the old group's resumption PSK;
 * result.welcome invites them. key_packages: one message for each member but
 * this one; each must name the identity of a member of the old group. */
typedef struct tacet_mls_successor_args {
  tacet_mls_psk_usage usage; /* REINIT or BRANCH */
  tacet_span group_id;       /* BRANCH */
  tacet_span extensions;     /* BRANCH: of the GroupContext */
  tacet_mls_leaf_args leaf;
  const tacet_span *key_packages;
  size_t n_key_packages;
  bool tree_in_welcome;
} tacet_mls_successor_args;
TACET_MUST_CHECK tacet_err
tacet_mls_successor(const tacet_mls_group *old, const tacet_mls_config *config,
                    const tacet_mls_successor_args *args, uint64_t now,
                    tacet_mls_commit_result *result, tacet_mls_group **out);

/* ---- keeping it ---- */

/* The state in two parts, because they change at different times: `shared` (the
 * tree and the GroupContext: large, public) only when tacet_mls_epoch() does,
 * `own` (secrets, cached proposals, a pending commit) with every message. Write
 * both, or `own` alone while the epoch is the same. The two belong together:
 * load checks that. Versioned; load(save(g)) saves the same bytes again. A
 * staged commit is not saved. `own` is secret: encrypt it. */
TACET_MUST_CHECK tacet_err tacet_mls_save_shared(const tacet_mls_group *g,
                                                 tacet_buf *shared);
TACET_MUST_CHECK tacet_err tacet_mls_save_own(const tacet_mls_group *g,
                                              tacet_buf *own);
/* VERSION: written by a newer library. UNKNOWN_SUITE: not offered any more.
 * ENCODING, TRUNCATED, ...: not a state, or parts that do not belong together.
 */
TACET_MUST_CHECK tacet_err tacet_mls_load(const tacet_mls_config *config,
                                          tacet_span shared, tacet_span own,
                                          tacet_mls_group **out);
/* Both in one, for whoever does not mind the size. */
TACET_MUST_CHECK tacet_err tacet_mls_save(const tacet_mls_group *g,
                                          tacet_buf *state);
TACET_MUST_CHECK tacet_err tacet_mls_load_whole(const tacet_mls_config *config,
                                                tacet_span state,
                                                tacet_mls_group **out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
