/* SPDX-License-Identifier: Apache-2.0
 * tacet/content/envelope.h -- what the server is given: the outer envelope, in
 * which not even the header of MLS shows; first letters; bodies of slots.
 *
 *   struct { uint8 version = 1; opaque nonce[24]; ciphertext } Envelope;
 *   plaintext: struct { EnvelopeType type; opaque body<V>; } then zeros
 *
 * XChaCha20-Poly1305, random nonce, no aad, under the envelope key of the
 * epoch: Exporter("tacet envelope", "", 32). The zeros make the *whole
 * envelope* a bucket of 256 * 2^n up to 64 KiB, Padme above.
 *
 *   struct { uint8 version = 1; opaque enc[32]; ciphertext } Letter;
 *
 * HPKE base mode (X25519, HKDF-SHA256, ChaCha20-Poly1305) to the sealing key of
 * the mailbox; info "Tacet 1.0 letter", aad the mailbox's id; padded alike.
 */
#ifndef TACET_CONTENT_ENVELOPE_H
#define TACET_CONTENT_ENVELOPE_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/content/attachment.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_ENVELOPE_OVERHEAD (1 + 24 + 16) /* besides the plaintext */
#define TACET_ENVELOPE_MAX (3u * 1024 * 1024)
#define TACET_EXPORT_ENVELOPE "tacet envelope" /* context empty, 32 bytes */
#define TACET_EXPORT_SLOT "tacet slot"         /* context uint32 n, 32 bytes */
#define TACET_EXPORT_MEDIA "tacet media"       /* context empty, 32 bytes */

/* The size that n bytes are padded to: the next bucket. */
uint64_t tacet_bucket(uint64_t n);

typedef enum tacet_envelope_type {
  TACET_ENVELOPE_MESSAGE = 1, /* an MLSMessage */
  TACET_ENVELOPE_HINT = 2,    /* tacet_hint: there is a commit */
  TACET_ENVELOPE_SLOT = 3,    /* tacet_slot_body: in a slot */
  TACET_ENVELOPE_LINKING = 4  /* between two devices: tacet/content/linking.h */
} tacet_envelope_type;

/* Appends an envelope. key: 32 bytes. A failure appends nothing. LIMIT: it
 * would be over TACET_ENVELOPE_MAX. */
TACET_MUST_CHECK tacet_err tacet_envelope_seal(tacet_span key,
                                               tacet_envelope_type type,
                                               tacet_span body, tacet_buf *out);
/* AUTH: not under this key. *plain owns what *body points into. UNKNOWN_TYPE
 * for a type of a newer version; PADDING if it is not zero. */
TACET_MUST_CHECK tacet_err tacet_envelope_open(tacet_span key, tacet_span in,
                                               tacet_bytes *plain,
                                               tacet_envelope_type *type,
                                               tacet_span *body);

/* Slot `slot` of the epoch under whose key the envelope is has been claimed.
 *   struct { uint32 slot; } Hint; */
typedef struct tacet_hint {
  uint32_t slot;
} tacet_hint;
void tacet_hint_write(tacet_buf *w, const tacet_hint *h);
TACET_MUST_CHECK tacet_err tacet_hint_parse(tacet_span in, tacet_hint *out);

/* struct { opaque manifests<V>; opaque commit<V>; } SlotBody;
 * manifests: a list of opaque<V> (tacet/wire/directory.h), those that a member
 * may not know yet: of who is added, and newer ones of who is in. */
typedef struct tacet_slot_body {
  tacet_span manifests, commit;
} tacet_slot_body;
void tacet_slot_body_write(tacet_buf *w, const tacet_slot_body *s);
TACET_MUST_CHECK tacet_err tacet_slot_body_parse(tacet_span in,
                                                 tacet_slot_body *out);

/* ---- first letters ---- */

/* struct { opaque welcome<V>; LetterKind kind;
 *          select (kind) {
 *            case inside: opaque manifests<V>;
 *            case inline: opaque manifests<V>; opaque tree<V>;
 *            case blob:   Attachment parts; } } LetterBody;
 * welcome: with the entry of this joiner alone. manifests: of all members. What
 * would not fit, manifests and tree together, lies in a blob: LetterParts. */
typedef enum tacet_letter_kind {
  TACET_LETTER_INSIDE = 0, /* the tree is in the Welcome's GroupInfo */
  TACET_LETTER_INLINE = 1,
  TACET_LETTER_BLOB = 2
} tacet_letter_kind;
typedef struct tacet_letter {
  tacet_span welcome;
  tacet_letter_kind kind;
  tacet_span manifests;   /* INSIDE, INLINE */
  tacet_span tree;        /* INLINE */
  tacet_attachment parts; /* BLOB: where they are */
} tacet_letter;
#define TACET_LETTER_MAX (64 * 1024) /* a letter is one item */

/* The size that the letter will have, padding and all; tacet_letter_seal()
 * refuses what is above TACET_LETTER_MAX. */
uint64_t tacet_letter_size(const tacet_letter *letter);
/* Appends a letter. A failure appends nothing. LIMIT: it would be over
 * TACET_LETTER_MAX. */
TACET_MUST_CHECK tacet_err tacet_letter_seal(const uint8_t sealing_key[32],
                                             const uint8_t mailbox[16],
                                             const tacet_letter *letter,
                                             tacet_buf *out);
/* private_key: of the mailbox. AUTH: it is no letter to this mailbox; LIMIT: it
 * is over TACET_LETTER_MAX. *plain owns what *letter points into. */
TACET_MUST_CHECK tacet_err tacet_letter_open(const tacet_secret *private_key,
                                             const uint8_t mailbox[16],
                                             tacet_span in, tacet_bytes *plain,
                                             tacet_letter *letter);

/* struct { opaque manifests<V>; opaque tree<V>; } LetterParts;
 * The plaintext of a letter's blob, of at most TACET_LETTER_PARTS_MAX bytes:
 * that much of a stranger's is fetched before anybody was asked. It is room for
 * the manifests and the tree of a group of 1,024 devices. */
#define TACET_LETTER_PARTS_MAX (6u * 1024 * 1024)
typedef struct tacet_letter_parts {
  tacet_span manifests, tree;
} tacet_letter_parts;
void tacet_letter_parts_write(tacet_buf *w, const tacet_letter_parts *p);
TACET_MUST_CHECK tacet_err tacet_letter_parts_parse(tacet_span in,
                                                    tacet_letter_parts *out);

/* An attachment's reference as a struct: blob, key, prefix, hash, uint64 size.
 */
#define TACET_ATTACHMENT_LEN (32 + 32 + 19 + 32 + 8)
void tacet_attachment_write(tacet_buf *w, const tacet_attachment *a);
void tacet_attachment_read(tacet_reader *r, tacet_attachment *a);

#ifdef __cplusplus
}
#endif
#endif
