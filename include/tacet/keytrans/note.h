/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/note.h -- signed notes (c2sp.org/signed-note v1.0.0), log
 * checkpoints (c2sp.org/tlog-checkpoint v1.0.0) and cosignatures
 * (c2sp.org/tlog-cosignature v1.0.1).
 *
 *   origin\n                      \
 *   size\n                         | the text, here a checkpoint
 *   base64(root)\n                /
 *   \n
 *   — name base64(key id || signature)\n          a line for each signature
 *
 * Nothing in a note may be used before a signature of a key that one knows has
 * been verified. Signatures of other keys say nothing and are passed over.
 */
#ifndef TACET_KEYTRANS_NOTE_H
#define TACET_KEYTRANS_NOTE_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/keytrans/tlog.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_NOTE_MAX (64 * 1024)
#define TACET_NOTE_SIGNATURES_MAX 64 /* the standard wants 16 at least */
#define TACET_NOTE_NAME_MAX 255

/* ---- keys ---- */

/* Signature types, of the standard's list. */
#define TACET_NOTE_ED25519 0x01
#define TACET_NOTE_COSIGNATURE 0x04 /* Ed25519, with a time */

typedef struct tacet_note_key {
  char name[TACET_NOTE_NAME_MAX + 1];
  uint8_t type;
  uint8_t public_key[32];
  uint32_t id; /* first bytes of SHA-256(name || "\n" || type || public_key) */
} tacet_note_key;

/* Not empty, UTF-8, without spaces of any kind, '+' and control characters. */
bool tacet_note_name_valid(tacet_span name);
/* Computes the id. ARGUMENT for a bad name or type. */
TACET_MUST_CHECK tacet_err tacet_note_key_make(tacet_span name, uint8_t type,
                                               const uint8_t public_key[32],
                                               tacet_note_key *out);
/* From a verifier key, name+id+base64. UNKNOWN_TYPE for a type that is not
 * listed above, ENCODING for any other fault. */
TACET_MUST_CHECK tacet_err tacet_note_key_read(tacet_span vkey,
                                               tacet_note_key *out);
void tacet_note_key_write(const tacet_note_key *k, tacet_buf *out);

/* ---- notes ---- */

typedef struct tacet_note {
  tacet_span text;       /* with its final newline */
  tacet_span signatures; /* their lines */
} tacet_note;

/* Form alone. Any INPUT error. */
TACET_MUST_CHECK tacet_err tacet_note_parse(tacet_span bytes, tacet_note *out);
/* Did this key sign? NOT_FOUND if it has no line in the note; AUTH if one of
 * its lines does not verify: then the whole note is to be thrown away.
 * *timestamp gets a cosignature's time in seconds (of several, the latest), 0
 * for another type. */
TACET_MUST_CHECK tacet_err tacet_note_verify(const tacet_note *note,
                                             const tacet_note_key *key,
                                             uint64_t *timestamp);
/* Appends the line of a signature over `text`. private_key: 32-byte seed.
 * timestamp: seconds, for a cosignature alone, else 0. A note is its text, a
 * newline, and these lines. ARGUMENT if text is none. */
TACET_MUST_CHECK tacet_err tacet_note_sign(tacet_span text,
                                           const tacet_note_key *key,
                                           const tacet_secret *private_key,
                                           uint64_t timestamp, tacet_buf *out);

/* ---- checkpoints ---- */

typedef struct tacet_checkpoint {
  tacet_span origin; /* which log */
  uint64_t size;
  tacet_tlog_hash root;
  tacet_span extensions; /* lines that some logs add; ours never does */
} tacet_checkpoint;

/* The text of a note. ENCODING. */
TACET_MUST_CHECK tacet_err tacet_checkpoint_parse(tacet_span text,
                                                  tacet_checkpoint *out);
/* Without extensions. */
void tacet_checkpoint_write(const tacet_checkpoint *c, tacet_buf *out);

#ifdef __cplusplus
}
#endif
#endif
