/* SPDX-License-Identifier: Apache-2.0
 * tacet/content/attachment.h -- files: encrypted in chunks, so that neither side
 * ever holds one whole, padded, so that the server does not see its size.
 *
 * XChaCha20-Poly1305 in a STREAM construction: chunks of 64 KiB of plaintext, the
 * nonce of chunk i is prefix[19] || uint32 i || uint8 last. What is encrypted is
 * the file, then zeros up to its padded size; there is one chunk at least. The
 * hash runs over the ciphertext: h = SHA-256(h || chunk), 32 zeros to begin
 * with. Reordered, swapped, cut or prolonged, it does not open.
 */
#ifndef TACET_CONTENT_ATTACHMENT_H
#define TACET_CONTENT_ATTACHMENT_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_CHUNK_LEN (64 * 1024) /* of plaintext */
#define TACET_CHUNK_TAG_LEN 16
#define TACET_CHUNK_SEALED_MAX (TACET_CHUNK_LEN + TACET_CHUNK_TAG_LEN)
#define TACET_ATTACHMENT_MAX ((uint64_t)100 * 1024 * 1024)

/* Where a file is and what opens it. Travels inside messages; the key is as
 * secret as the file. */
typedef struct tacet_attachment {
  uint8_t blob[32]; /* id: what reads it from the server */
  uint8_t key[32];
  uint8_t prefix[19];
  uint8_t hash[32];
  uint64_t size; /* of the file */
} tacet_attachment;

/* Padme: at most 12 % more, and only the size's leading bits show. Also used for
 * envelopes above 64 KiB. */
uint64_t tacet_padme(uint64_t size);
/* Bytes of ciphertext for a file of that size, and how many chunks. */
uint64_t tacet_attachment_sealed_size(uint64_t size);
uint32_t tacet_attachment_chunks(uint64_t size);

/* How far one is: can be stored, and gone on with later. */
typedef struct tacet_attachment_state {
  uint32_t next; /* chunk */
  uint8_t hash[32];
} tacet_attachment_state;

/* Draws blob id, key and prefix for a file of that size; hash is not known yet.
 * LIMIT above TACET_ATTACHMENT_MAX. */
TACET_MUST_CHECK tacet_err tacet_attachment_new(uint64_t size,
                                                tacet_attachment *a);
/* How many bytes of the file the next chunk takes (0: padding alone). */
size_t tacet_attachment_wants(const tacet_attachment *a,
                              const tacet_attachment_state *s);
/* Seals the next chunk. plain: exactly the bytes that _wants said; out gets
 * *out_len <= TACET_CHUNK_SEALED_MAX bytes. After the last chunk s->hash is what
 * belongs into a->hash. STATE: there are no more chunks. */
TACET_MUST_CHECK tacet_err tacet_attachment_seal(const tacet_attachment *a,
                                                 tacet_attachment_state *s,
                                                 tacet_span plain, uint8_t *out,
                                                 size_t *out_len);
/* Bytes of ciphertext that the next chunk has; 0: it was the last. */
size_t tacet_attachment_sealed_wants(const tacet_attachment *a,
                                     const tacet_attachment_state *s);
/* Opens the next chunk; out gets *out_len bytes of the file (TACET_CHUNK_LEN at
 * most). AUTH: it is not that chunk, or after the last one the hash differs. */
TACET_MUST_CHECK tacet_err tacet_attachment_open(const tacet_attachment *a,
                                                 tacet_attachment_state *s,
                                                 tacet_span sealed,
                                                 uint8_t *out, size_t *out_len);

#ifdef __cplusplus
}
#endif
#endif
