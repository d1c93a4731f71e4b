/* SPDX-License-Identifier: Apache-2.0
 * tacet/content/sync.h -- what one's own devices tell each other in their self
 * group: a single part of type application/tacet-sync, alone in its content.
 *
 *   enum { device(1), accepted(2), conversation(3), blocked(4), verified(5),
 *          chain(6), read(7), history(8) } SyncType;
 *   struct { uint8 type; uint64 stamp; opaque by[16]; opaque body<V>; } Entry;
 *   struct { uint8 version = 1; Entry entries<V>; } Sync;
 *
 * Each entry is the whole of what is said about one thing, as it was left by
 * device `by` at `stamp` (milliseconds of Unix time, by its clock; never below
 * the stamp it replaces). Of two about one thing the later one counts, and of
 * two with one stamp that of the larger device id: so all devices come to the
 * same, in whatever order they hear of it. Unknown types are passed over.
 *
 * Three are no such things: a chain is what has to be known of an account
 * before it is spoken of, and says the same whoever tells it; what is read
 * stays so, and of two that say when the earlier counts; a history is for one
 * device.
 */
#ifndef TACET_CONTENT_SYNC_H
#define TACET_CONTENT_SYNC_H

#include "tacet/codec.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_TYPE_SYNC "application/tacet-sync"
#define TACET_SYNC_NAME_MAX 128
#define TACET_SYNC_ID_LEN 32
#define TACET_SYNC_PART_LEN 123 /* an Attachment */
#define TACET_SYNC_PARTS_MAX 64
#define TACET_SYNC_MAX ((size_t)48 * 1024) /* bytes of one: it is one item */

typedef enum tacet_sync_type {
  TACET_SYNC_DEVICE = 1,
  TACET_SYNC_ACCEPTED_PERSON = 2, /* of an account: one thing each, so that */
  TACET_SYNC_CONVERSATION = 3,    /* none is lost for a change of another */
  TACET_SYNC_BLOCKED_PERSON = 4,
  TACET_SYNC_VERIFIED_PERSON = 5,
  TACET_SYNC_CHAIN = 6,
  TACET_SYNC_READ = 7,
  TACET_SYNC_HISTORY = 8
} tacet_sync_type;

/* What became of a request, or of a membership. */
typedef enum tacet_sync_state {
  TACET_SYNC_ACCEPTED = 1,
  TACET_SYNC_REFUSED = 2,
  TACET_SYNC_LEFT = 3
} tacet_sync_state;

/* device:       opaque device[16]; opaque name<V>;
 * accepted, blocked, verified:
 *               opaque account[32]; uint8 value, 0 or 1;
 * conversation: opaque id[32]; uint8 state;
 * chain:        opaque manifests<V>;   some of one account's, of opaque<V>
 * each, ascending; `stamp` and `by` say nothing read:         opaque
 * conversation[32]; opaque messages<V>; ids of 32 bytes, one at least; `stamp`:
 *                                      when they were shown, whole seconds
 * history:      opaque device[16]; opaque secret[32]; Attachment parts<V>;
 *                                      for that device: a backup, cut into
 * files of 123 bytes each (attachments.md), one at least; its passphrase is the
 * secret in hexadecimal */
typedef struct tacet_sync_entry {
  tacet_sync_type type;
  uint64_t stamp;
  uint8_t by[16];
  uint8_t device[16]; /* DEVICE, HISTORY */
  tacet_span name;
  uint8_t id[32]; /* ..._PERSON: the account; CONVERSATION, READ */
  bool value;
  tacet_sync_state state; /* CONVERSATION */
  tacet_span manifests;   /* CHAIN */
  tacet_span messages;    /* READ */
  uint8_t secret[32];     /* HISTORY */
  tacet_span parts;
} tacet_sync_entry;

static inline bool tacet_sync_is_of_person(tacet_sync_type t) {
  return t == TACET_SYNC_ACCEPTED_PERSON || t == TACET_SYNC_BLOCKED_PERSON ||
         t == TACET_SYNC_VERIFIED_PERSON;
}

/* Appends an entry to a list of them. */
void tacet_sync_entry_write(tacet_buf *w, const tacet_sync_entry *e);
/* A whole Sync around a list of entries. */
void tacet_sync_write(tacet_buf *w, tacet_span entries);
/* Checks the form of all of it, entries of unknown types excepted, and gives
 * the list. UNKNOWN_TYPE: of a newer version. */
TACET_MUST_CHECK tacet_err tacet_sync_parse(tacet_span in, tacet_span *entries);
/* Takes the first entry of a known type off a list that was parsed; false at
 * its end. */
bool tacet_sync_next(tacet_span *entries, tacet_sync_entry *out);
/* Does (stamp, by) of a come after that of b? */
bool tacet_sync_is_later(uint64_t stamp, const uint8_t by[16], uint64_t than,
                         const uint8_t than_by[16]);

#ifdef __cplusplus
}
#endif
#endif
