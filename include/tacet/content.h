/* SPDX-License-Identifier: Apache-2.0
 * tacet/content.h -- what is inside a message: MIMI content
 * (draft-ietf-mimi-content), and our control messages.
 *
 *   mimiContent = [ salt, replaces, topicId, expires, inReplyTo, extensions,
 *                   nestedPart ]
 *
 * in deterministic CBOR. Parts, extensions and dispositions that this version
 * does not know are carried: what was parsed and is written again has the same
 * bytes. A message's id is
 *
 *   0x01 || first 31 bytes of SHA-256("Tacet 1.0 message" || account id ||
 *           device id || conversation id || the encoded content)
 *
 * the draft's, with our ids in place of URIs. The salt makes it unique; the
 * same content encrypted twice has one id, which is how receivers drop doubles.
 */
#ifndef TACET_CONTENT_H
#define TACET_CONTENT_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/content/attachment.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_MESSAGE_ID_LEN 32
#define TACET_CONTENT_SALT_LEN 16
#define TACET_CONTENT_MAX (1024u * 1024) /* bytes of one */
#define TACET_PARTS_MAX 32               /* leaves of one content */
#define TACET_PART_DEPTH_MAX 4
/* Key of our extension: the sender's counter (per device and conversation). */
#define TACET_EXTENSION_COUNTER 61600
/* And of when it was written, by the sender's clock: the draft leaves that to
 * the server, which must not know. Milliseconds of Unix time. */
#define TACET_EXTENSION_SENT 61601
/* And of a head of the key log that the sender has seen:
 *   struct { uint64 size; opaque root[32]; opaque signature[64]; }
 * in a byte string; the signature is the log's own line of that checkpoint. */
#define TACET_EXTENSION_LOG 61602
#define TACET_CONTENT_LOG_LEN 104

typedef enum tacet_disposition {
  TACET_DISPOSITION_UNSPECIFIED = 0,
  TACET_DISPOSITION_RENDER = 1,
  TACET_DISPOSITION_REACTION = 2,
  TACET_DISPOSITION_PROFILE = 3,
  TACET_DISPOSITION_INLINE = 4,
  TACET_DISPOSITION_ICON = 5,
  TACET_DISPOSITION_ATTACHMENT = 6,
  TACET_DISPOSITION_SESSION = 7,
  TACET_DISPOSITION_PREVIEW = 8
} tacet_disposition;

typedef enum tacet_part_kind {
  TACET_PART_NULL = 0,
  TACET_PART_SINGLE = 1,
  TACET_PART_EXTERNAL = 2,
  TACET_PART_MULTI = 3, /* never given out: its parts are */
  TACET_PART_UNKNOWN = 255
} tacet_part_kind;

/* One leaf. Text is UTF-8 as far as the sender is honest. */
typedef struct tacet_part {
  tacet_part_kind kind;
  uint64_t disposition;
  tacet_span language;
  tacet_span type; /* SINGLE, EXTERNAL: the media type */
  tacet_span body; /* SINGLE */
  /* EXTERNAL, of one of our blobs (reference_ok), or of something else */
  bool reference_ok;
  tacet_attachment reference;
  uint64_t size;
  tacet_span filename, description;
} tacet_part;

/* A content, seen. Spans point into the bytes. */
typedef struct tacet_content {
  uint8_t salt[TACET_CONTENT_SALT_LEN];
  tacet_span replaces; /* a message id, or empty */
  tacet_span topic;
  bool has_expires, expires_relative;
  uint32_t expires;       /* seconds: of Unix time, or from reading */
  tacet_span in_reply_to; /* a message id, or empty */
  bool has_counter;
  uint64_t counter;
  uint64_t sent_at;      /* ms; 0: not said */
  tacet_span log;        /* TACET_CONTENT_LOG_LEN bytes, or empty */
  tacet_span extensions; /* the encoded map */
  tacet_span part;       /* the encoded nestedPart */
} tacet_content;

/* Checks form and bounds, of all parts too. Any INPUT error. */
TACET_MUST_CHECK tacet_err tacet_content_parse(tacet_span in,
                                               tacet_content *out);
void tacet_content_write(tacet_buf *w, const tacet_content *c);

/* The leaves in order. Start with *at = 0; false at the end. */
bool tacet_content_part(const tacet_content *c, size_t *at, tacet_part *out);

TACET_MUST_CHECK tacet_err tacet_message_id(const uint8_t account[32],
                                            const uint8_t device[16],
                                            const uint8_t conversation[32],
                                            tacet_span content,
                                            uint8_t id[TACET_MESSAGE_ID_LEN]);

/* ---- making one ---- */

typedef struct tacet_content_file {
  tacet_span type, filename;
  const tacet_attachment *reference;
} tacet_content_file;

typedef struct tacet_content_args {
  tacet_span text;      /* UTF-8, or empty */
  tacet_span text_type; /* its media type; empty: TACET_TYPE_TEXT */
  const tacet_content_file *files;
  size_t n_files;
  tacet_span in_reply_to;   /* a message id, or empty */
  uint32_t expires_seconds; /* from reading; 0: never */
  uint64_t counter;
  uint64_t sent_at;   /* ms of Unix time; 0: not said */
  tacet_span log;     /* TACET_CONTENT_LOG_LEN bytes, or empty */
  tacet_span control; /* encoded tacet_control instead of text and files */
} tacet_content_args;
/* Draws the salt. ARGUMENT: nothing in it, too many files, a control besides
 * something else, or half a message id. A failure leaves no trace in w but its
 * sticky error. */
TACET_MUST_CHECK tacet_err tacet_content_make(tacet_buf *w,
                                              const tacet_content_args *args);
#define TACET_TYPE_TEXT "text/plain;charset=utf-8"
#define TACET_TYPE_MARKDOWN "text/markdown;variant=GFM"
#define TACET_TYPE_CONTROL "application/tacet-control"

/* ---- control messages: a single part of type application/tacet-control ----
 *
 *   struct { ControlType type; select (type) {
 *     case leave:      ;
 *     case capability: opaque mailbox[16]; opaque capability[32];
 *     case address:    opaque mailbox[16]; opaque capability[32];
 *                      opaque sealing_key[32];
 *     case successor:  opaque replaces<V>; uint64 last_epoch;
 *                      opaque epoch_authenticator<V>; uint8 reason;
 *     case erased:     opaque manifest<V>;
 *   } } Control;
 *
 * capability: the sender's mailbox in this conversation has another capability.
 * address: it has moved. leave: the sender's account leaves; another member
 * commits that. successor: first content of the group that goes on in the place
 * of a broken one. erased: the sender's last manifest, without devices. */
typedef enum tacet_control_type {
  TACET_CONTROL_LEAVE = 1,
  TACET_CONTROL_CAPABILITY = 2,
  TACET_CONTROL_ADDRESS = 3,
  TACET_CONTROL_SUCCESSOR = 4,
  TACET_CONTROL_ERASED = 5
} tacet_control_type;

typedef struct tacet_control {
  tacet_control_type type;
  uint8_t mailbox[16], capability[32], sealing_key[32];
  tacet_span replaces, epoch_authenticator;
  uint64_t last_epoch;
  uint8_t reason; /* 1 cannot follow, 2 broken slots, 3 forked */
  tacet_span manifest;
} tacet_control;
void tacet_control_write(tacet_buf *w, const tacet_control *c);
/* UNKNOWN_TYPE: made by a newer version; to be ignored. */
TACET_MUST_CHECK tacet_err tacet_control_parse(tacet_span in,
                                               tacet_control *out);

#ifdef __cplusplus
}
#endif
#endif
