/* SPDX-License-Identifier: Apache-2.0
 * tacet/content/backup.h -- a copy of what a home knows, in one file: records
 * in encrypted chunks. docs/protocol/backup.md has the format.
 *
 * The file is a header and chunks of 64 KiB, each sealed with
 * XChaCha20-Poly1305 under a key made from a passphrase. What the chunks hold,
 * one after the other, is a list of records, then zeros up to its padded size.
 * The first record says whose it is and the last is a signature by a device of
 * that account, so that nobody else can write one. Reordered, cut, prolonged or
 * changed in one bit, it does not open; whoever reads one carries nothing out
 * before it has seen the end.
 */
#ifndef TACET_CONTENT_BACKUP_H
#define TACET_CONTENT_BACKUP_H

#include "tacet/base.h"
#include "tacet/codec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- chunks ---- */

#define TACET_BACKUP_VERSION 1
#define TACET_BACKUP_HEAD_LEN (12 + 1 + 4 + 4 + 16 + 19)
#define TACET_BACKUP_CHUNK                                                     \
  (64 * 1024) /* of plaintext; the last may be less                            \
               */
#define TACET_BACKUP_SEALED_MAX (TACET_BACKUP_CHUNK + 16)

typedef struct tacet_backup_head {
  uint32_t passes, memory; /* of Argon2id, memory in KiB */
  uint8_t salt[16];
  uint8_t prefix[19]; /* of the nonces */
} tacet_backup_head;
void tacet_backup_head_write(tacet_buf *w, const tacet_backup_head *h);
/* ENCODING: it is no backup; VERSION: of a newer kind. */
TACET_MUST_CHECK tacet_err tacet_backup_head_parse(tacet_span in,
                                                   tacet_backup_head *out);

/* A key, and how far one is. */
typedef struct tacet_backup_stream {
  uint8_t head[TACET_BACKUP_HEAD_LEN];
  tacet_secret key;
  uint32_t next;
  bool over;
} tacet_backup_stream;
/* `key`: what the passphrase gives, 32 bytes. */
TACET_MUST_CHECK tacet_err
tacet_backup_stream_start(const tacet_backup_head *head,
                          const tacet_secret *key, tacet_backup_stream *out);
void tacet_backup_stream_wipe(tacet_backup_stream *s);
/* Chunks before the last are full. out: in.len + 16 bytes, may be `in`. LIMIT
 * after 2^32 chunks; STATE after the last. */
TACET_MUST_CHECK tacet_err tacet_backup_seal(tacet_backup_stream *s,
                                             tacet_span in, bool last,
                                             uint8_t *out);
/* out: sealed.len - 16 bytes. AUTH: it is not that chunk, or the passphrase is
 * another. */
TACET_MUST_CHECK tacet_err tacet_backup_open(tacet_backup_stream *s,
                                             tacet_span sealed, bool last,
                                             uint8_t *out);

/* ---- records ---- */

#define TACET_BACKUP_RECORD_MAX ((size_t)4 << 20)
#define TACET_BACKUP_PARTS_MAX 32

typedef enum tacet_backup_type {
  TACET_BACKUP_OWNER = 1, /* the first one */
  TACET_BACKUP_PERSON,
  TACET_BACKUP_RIVAL, /* evidence of a second chain of keys */
  TACET_BACKUP_TALK,  /* a conversation; its messages follow it */
  TACET_BACKUP_MESSAGE,
  TACET_BACKUP_END
} tacet_backup_type;

typedef struct tacet_backup_owner {
  uint8_t account[32];
  tacet_span handle;
  uint64_t made_at; /* ms since 1970, as all times here */
} tacet_backup_owner;

#define TACET_BACKUP_CONFIRMED                                                 \
  0x01 /* the directory named it for its handle                                \
        */
#define TACET_BACKUP_ACCEPTED 0x02
#define TACET_BACKUP_BLOCKED 0x04
#define TACET_BACKUP_VERIFIED 0x08
#define TACET_BACKUP_FORKED 0x10
#define TACET_BACKUP_NAMED 0x20 /* its handle means this account */
#define TACET_BACKUP_PERSON_FLAGS 0x3f
typedef struct tacet_backup_person {
  uint8_t account[32];
  uint8_t flags;
  uint64_t met_at;
  tacet_span manifests; /* opaque<V> each, from number 0 on */
} tacet_backup_person;

typedef enum tacet_backup_state {
  TACET_BACKUP_OPEN = 1,
  TACET_BACKUP_LEFT,
  TACET_BACKUP_REMOVED,
  TACET_BACKUP_STOPPED /* its one other member is blocked */
} tacet_backup_state;
typedef struct tacet_backup_talk {
  uint8_t id[32];
  bool group; /* false: of two */
  uint8_t state;
  uint8_t peer[32]; /* of two: the other; else zero */
  uint8_t inviter[32];
  tacet_span name; /* UTF-8; empty for two */
  uint64_t made_at, active_at;
  tacet_span members; /* of a group: account ids, 32 bytes each */
} tacet_backup_talk;

#define TACET_BACKUP_OWN 0x01
#define TACET_BACKUP_UNSENT 0x02 /* written, and never left */
#define TACET_BACKUP_MESSAGE_FLAGS 0x03
typedef struct tacet_backup_part {
  tacet_span name, type; /* UTF-8 */
  uint64_t size;
  tacet_span reference; /* an Attachment (attachments.md) */
} tacet_backup_part;
typedef struct tacet_backup_message {
  uint8_t id[32], account[32], device[16];
  uint8_t flags;
  uint8_t delivery; /* 0 queued, 1 partly, 2 sent: of an own one */
  uint64_t sent_at, received_at, expires_at; /* expires_at 0: never */
  uint64_t read_at;       /* 0: not yet, or an own one */
  uint32_t expires_after; /* seconds from when it was read; 0: not so */
  tacet_span text;        /* UTF-8 */
  tacet_span long_text;   /* an Attachment to fetch it from, or empty */
  tacet_span reply_to;    /* 32 bytes, or empty */
  tacet_span parts;       /* encoded; take them with _part_next */
  size_t n_parts;         /* filled by parse */
} tacet_backup_message;
void tacet_backup_part_write(tacet_buf *w, const tacet_backup_part *p);
bool tacet_backup_part_next(tacet_span *list, tacet_backup_part *out);

/* signature: by the key of that device, which number `manifest` of the owner's
 * chain lists, over all records before: see tacet_backup_hash(). */
typedef struct tacet_backup_end {
  uint32_t n_people, n_talks;
  uint64_t n_messages;
  uint32_t manifest;
  uint8_t device[16];
  uint8_t signature[64];
} tacet_backup_end;

typedef struct tacet_backup_record {
  tacet_backup_type type;
  union {
    tacet_backup_owner owner;
    tacet_backup_person person;
    tacet_span rival; /* a manifest */
    tacet_backup_talk talk;
    tacet_backup_message message;
    tacet_backup_end end;
  } u;
} tacet_backup_record;
void tacet_backup_record_write(tacet_buf *w, const tacet_backup_record *r);
/* The record at the beginning of `in`, and its length. TRUNCATED: it is longer
 * than `in`; whatever else means that it is none. Spans point into `in`. */
TACET_MUST_CHECK tacet_err tacet_backup_record_read(tacet_span in,
                                                    tacet_backup_record *out,
                                                    size_t *used);

/* What the signature is over: h = SHA-256(h || record), 32 zeros to begin with,
 * over every record (as encoded) but the last. */
TACET_MUST_CHECK tacet_err tacet_backup_hash(uint8_t h[32], tacet_span record);
/* Over h and the rest of *end. */
TACET_MUST_CHECK tacet_err tacet_backup_sign(tacet_backup_end *end,
                                             const uint8_t h[32],
                                             const tacet_secret *device_key);
TACET_MUST_CHECK tacet_err tacet_backup_verify(const tacet_backup_end *end,
                                               const uint8_t h[32],
                                               const uint8_t device_key[32]);

#ifdef __cplusplus
}
#endif
#endif
