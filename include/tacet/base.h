/* SPDX-License-Identifier: Apache-2.0
 * tacet/base.h -- errors, spans, secrets, memory: what every header shares.
 *
 * Conventions that hold for the whole API (a function's own comment only
 * states where it differs):
 *   errors    Functions that can fail return tacet_err; TACET_OK is 0. The
 *             result must be looked at. Nothing goes to errno or thread-locals.
 *   outputs   Output parameters come last. On failure each one is untouched
 *             or, if it could have held a secret, wiped; never half-written.
 *   borrowing A tacet_span argument is read during the call only. A tacet_span
 *             inside an output points into the caller's input (or into the
 *             object that gave it) and lives exactly as long as that.
 *   owning    What a _new function gave, the matching _free takes back. _free
 *             accepts NULL and half-built objects, and wipes what was secret.
 *   lengths   Are in bytes and are size_t; counts are called n_something. A
 *             span of length 0 may have p NULL.
 *   misuse    A NULL where none is allowed, or a call out of order, is a bug in
 *             the caller and traps. It is never reported as an error.
 *   threads   No global state but the allocator hook, set once at start. Two
 *             threads may use two objects; nobody may share one.
 */
#ifndef TACET_BASE_H
#define TACET_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif
/* What these headers declare is what libtacet.so exports: all else is compiled
 * hidden. */
#pragma GCC visibility push(default)

#define TACET_MUST_CHECK __attribute__((warn_unused_result))
#define TACET_CLEANUP(fn) __attribute__((cleanup(fn)))

/* For bugs of the caller or the library. Stays in release builds. */
#define TACET_ASSERT(cond) ((cond) ? (void)0 : __builtin_trap())

/* One list gives the enum, tacet_err_name(), tacet_err_text() and the manual's
 * table. The hundreds digit is the kind: what the caller can do about it. */
#define TACET_ERR_MAP(X)                                                       \
  X(NOMEM, 101, "out of memory")                                               \
  X(RNG, 102, "the system gave no randomness")                                 \
  X(IO, 103, "the system refused to read or write")                            \
  X(FULL, 104, "the disk or a quota is full")                                  \
  X(CLOSED, 105, "the other side closed the connection")                       \
  X(BUSY, 106, "somebody else holds it; try again")                            \
  X(STATE, 107, "the object is not in a state that allows this")               \
  X(UNSUPPORTED, 108, "this build or provider cannot do that")                 \
  X(PROVIDER, 109, "the cryptographic library failed")                         \
  X(ARGUMENT, 110, "an argument is outside what is allowed")                   \
  X(NOT_FOUND, 111, "there is no such thing")                                  \
  X(EXISTS, 112, "it is there already")                                        \
  X(VERSION, 113, "written by a newer version; update the program")            \
  X(TRUNCATED, 201, "input ends inside a field")                               \
  X(TRAILING, 202, "bytes are left over after the last field")                 \
  X(ENCODING, 203, "a value is not in its one permitted encoding")             \
  X(LIMIT, 204, "a length or count is over its limit")                         \
  X(UNKNOWN_SUITE, 205, "a cipher suite that is not offered here")             \
  X(UNKNOWN_TYPE, 206, "a type that must be understood and is not")            \
  X(AUTH, 301, "a signature, MAC or tag does not verify")                      \
  X(EPOCH_PAST, 302, "the message is for an epoch whose keys are gone")        \
  X(EPOCH_FUTURE, 303, "the message is for an epoch not reached yet")          \
  X(GROUP_ID, 304, "the message is for another group")                         \
  X(REPLAY, 305, "the message was processed before")                           \
  X(OWN_MESSAGE, 306, "the message is the echo of an own one")                 \
  X(GENERATION, 307, "the sender skipped more messages than is allowed")       \
  X(SENDER, 308, "the sender may not send this")                               \
  X(KEY_PACKAGE, 309, "a key package is not valid for this group")             \
  X(LEAF, 310, "a leaf node is not valid in this place")                       \
  X(LIFETIME, 311, "a key package is expired or not valid yet")                \
  X(DUPLICATE_KEY, 312, "a key stands in the tree twice")                      \
  X(CAPABILITIES, 313, "a member does not support what the group uses")        \
  X(TREE, 314, "the ratchet tree is malformed")                                \
  X(TREE_HASH, 315, "the tree is not the one that was signed")                 \
  X(PARENT_HASH, 316, "a parent node is not parent-hash valid")                \
  X(PROPOSAL, 317, "a proposal is not allowed in this commit")                 \
  X(PROPOSAL_REF, 318, "a commit names a proposal that never came")            \
  X(PATH, 319, "the update path does not fit the tree")                        \
  X(PATH_REQUIRED, 320, "the commit must have an update path")                 \
  X(CONFIRMATION, 321, "the confirmation tag does not fit the new epoch")      \
  X(PSK, 322, "a pre-shared key is missing, doubled or not allowed")           \
  X(NOT_FOR_US, 323, "nothing in it is addressed to this member")              \
  X(REMOVED, 324, "this member was removed from the group")                    \
  X(EXTERNAL, 325, "an external commit breaks the rules for one")              \
  X(REINIT, 326, "the group was re-initialised, or the successor differs")     \
  X(EXTENSION, 327, "an extension is not allowed here, or doubled")            \
  X(CREDENTIAL, 328, "a credential is not bound to the account it names")      \
  X(PADDING, 329, "padding is not all zero")                                   \
  X(MANIFEST, 330, "a device manifest does not follow from the one before")    \
  X(FORK, 331, "two different manifests claim one number")                     \
  X(TOKEN, 332, "a token or its proof does not verify")                        \
  X(POLICY, 333, "the group's rules do not allow that")                        \
  X(PATH_SECRET, 334, "the own part of an update path does not open or fit")

typedef enum tacet_err {
  TACET_OK = 0,
#define X(name, value, text) TACET_ERR_##name = (value),
  TACET_ERR_MAP(X)
#undef X
} tacet_err;

/* What to do about an error.
 *   LOCAL  something on this side: retry, give up, or tell the user.
 *   INPUT  the bytes are not what they claim to be: drop them.
 *   PEER   well-formed, but it breaks the rules: drop it and tell the user. */
typedef enum tacet_kind {
  TACET_KIND_OK = 0,
  TACET_KIND_LOCAL = 1,
  TACET_KIND_INPUT = 2,
  TACET_KIND_PEER = 3
} tacet_kind;

static inline tacet_kind tacet_err_kind(tacet_err e) {
  return (tacet_kind)((unsigned)e / 100u);
}
const char *tacet_err_name(tacet_err e); /* "AUTH"; "?" for no error of ours */
const char *tacet_err_text(tacet_err e); /* the sentence of the table above */

/* The only macro in the tree that hides a return. */
#define TACET_TRY(call)                                                        \
  do {                                                                         \
    tacet_err tacet_try_err = (call);                                          \
    if (tacet_try_err != TACET_OK) {                                           \
      return tacet_try_err;                                                    \
    }                                                                          \
  } while (0)

/* ---- spans: bytes that belong to somebody else ---- */

typedef struct tacet_span {
  const uint8_t *p;
  size_t len;
} tacet_span;

#define TACET_SPAN_EMPTY ((tacet_span){NULL, 0})
/* A span over a string literal or an array, without its final NUL. */
#define TACET_SPAN_LIT(s) ((tacet_span){(const uint8_t *)("" s), sizeof(s) - 1})

static inline tacet_span tacet_span_of(const void *p, size_t len) {
  return (tacet_span){(const uint8_t *)p, len};
}
static inline tacet_span tacet_span_str(const char *s) {
  return (tacet_span){(const uint8_t *)s, strlen(s)};
}
/* Public data only: not constant-time. */
static inline bool tacet_span_equal(tacet_span a, tacet_span b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}
/* Like memcmp; a prefix sorts before what it is a prefix of. */
int tacet_span_compare(tacet_span a, tacet_span b);

/* ---- memory ---- */

/* Zeroed memory, or NULL. All of the core allocates here and nowhere else.
 * tacet_free takes NULL. */
void *tacet_alloc(size_t size);
void *tacet_alloc_array(size_t n, size_t size); /* NULL also on overflow */
void tacet_free(void *p);
/* A wiped free: for anything that ever held a secret. */
void tacet_free_wiped(void *p, size_t size);

/* Replaces the allocator: for embedders at start, for tests that let the n-th
 * allocation fail. NULL restores malloc and free. Not thread-safe. */
typedef struct tacet_allocator {
  void *(*alloc)(void *user, size_t size); /* need not zero */
  void (*free)(void *user, void *p);
  void *user;
} tacet_allocator;
void tacet_allocator_set(const tacet_allocator *a);

/* Overwrites memory in a way that no compiler removes. */
void tacet_wipe(void *p, size_t len);
/* Constant-time in the contents; the lengths are public. */
bool tacet_equal_ct(tacet_span a, tacet_span b);

/* ---- secrets ---- */

/* A key, a shared secret, a KDF output. The bytes of TACET_SECRET(s) are wiped
 * on every way out of the block. Copy with tacet_secret_set() only, so that
 * copies can be found by searching for it. */
#define TACET_SECRET_MAX 72 /* P-521 private keys have 66; hashes end at 64 */
typedef struct tacet_secret {
  size_t len;
  uint8_t b[TACET_SECRET_MAX];
} tacet_secret;
#define TACET_SECRET(name)                                                     \
  TACET_CLEANUP(tacet_secret_wipe) tacet_secret name = {.len = 0}

void tacet_secret_wipe(tacet_secret *s);
/* LIMIT if longer than TACET_SECRET_MAX. */
TACET_MUST_CHECK tacet_err tacet_secret_set(tacet_secret *s, tacet_span bytes);
static inline tacet_span tacet_secret_span(const tacet_secret *s) {
  return (tacet_span){s->b, s->len};
}
/* For MACs, VRF inputs and others that must be compared without timing. */
static inline bool tacet_secret_equal(const tacet_secret *a,
                                      const tacet_secret *b) {
  return tacet_equal_ct(tacet_secret_span(a), tacet_secret_span(b));
}

/* ---- bytes: an owned block of fixed length ---- */

/* For what must outlive its source. Freed by scope with TACET_BYTES(name). */
typedef struct tacet_bytes {
  uint8_t *p;
  size_t len;
} tacet_bytes;
#define TACET_BYTES(name)                                                      \
  TACET_CLEANUP(tacet_bytes_free) tacet_bytes name = {NULL, 0}
/* Copies; what *out held before is freed first. An empty span gives p NULL. */
TACET_MUST_CHECK tacet_err tacet_bytes_set(tacet_bytes *out, tacet_span in);
/* Uninitialised block of len bytes (zeroed). */
TACET_MUST_CHECK tacet_err tacet_bytes_new(tacet_bytes *out, size_t len);
void tacet_bytes_free(tacet_bytes *b); /* wipes, then frees, then zeroes *b */
static inline tacet_span tacet_bytes_span(const tacet_bytes *b) {
  return (tacet_span){b->p, b->len};
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
