/* SPDX-License-Identifier: Apache-2.0
 * Message framing: how a proposal, a commit or application data is signed, and
 * carried as PublicMessage or PrivateMessage (RFC 9420 6).
 *
 * Nothing here knows a group; what is needed of one comes as arguments: the
 * encoded GroupContext of the message's epoch (`context`, looked at only where
 * the sender type wants it) and keys. `work` is a buffer to build in; whoever
 * keeps it spares allocations.
 */
#ifndef TACET_MLS_FRAME_H
#define TACET_MLS_FRAME_H

#include "mls/secret_tree.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"
#include "tacet/mlswire.h"

/* AuthenticatedContent, as a view. Of `content` the fields count, and of its
 * body `raw`; application data to be sent has application_data and no raw. */
typedef struct tacet_frame {
  uint16_t wire_format;
  tacet_framed_content content;
  tacet_framed_content_auth auth;
} tacet_frame;

/* ---- content, signature ---- */

/* struct FramedContent */
void tacet_frame_content_write(tacet_buf *w, const tacet_frame *f);
/* sig gets up to TACET_SIG_MAX bytes; f->auth.signature then points there. */
TACET_MUST_CHECK tacet_err tacet_frame_sign(const tacet_suite *s,
                                            tacet_frame *f, tacet_span context,
                                            const tacet_secret *key,
                                            tacet_buf *work, uint8_t *sig);
TACET_MUST_CHECK tacet_err tacet_frame_verify(const tacet_suite *s,
                                              const tacet_frame *f,
                                              tacet_span context,
                                              tacet_span public_key,
                                              tacet_buf *work);

/* ---- PublicMessage (6.2) ---- */

/* A whole MLSMessage, appended. membership: the membership key, for senders
 * that are members; else it may be NULL. */
TACET_MUST_CHECK tacet_err tacet_frame_public_write(
    const tacet_suite *s, const tacet_frame *f, tacet_span context,
    const tacet_secret *membership, tacet_buf *work, tacet_buf *message);
/* AUTH unless the membership tag is right. For senders that are members. */
TACET_MUST_CHECK tacet_err tacet_frame_membership_check(
    const tacet_suite *s, const tacet_frame *f, tacet_span context,
    const tacet_secret *membership, tacet_span tag, tacet_buf *work);

/* ---- PrivateMessage (6.3) ---- */

TACET_MUST_CHECK tacet_err tacet_private_sender(const tacet_suite *s,
                                                const tacet_private_message *m,
                                                const tacet_secret *sender_data,
                                                tacet_buf *work,
                                                tacet_sender_data *out);
/* Decrypts with the key of sender and generation into `plain` (cleared first);
 * the frame points into m's message and into plain. The signature is still to
 * be verified. AUTH, PADDING, or any INPUT error. */
TACET_MUST_CHECK tacet_err tacet_private_open(const tacet_suite *s,
                                              const tacet_private_message *m,
                                              const tacet_sender_data *sender,
                                              const tacet_message_key *key,
                                              tacet_buf *work, tacet_buf *plain,
                                              tacet_frame *out);
/* A whole MLSMessage, appended. The frame is signed (and tagged) already. */
typedef struct tacet_private_keys {
  uint32_t generation;
  const tacet_message_key *key; /* of that generation */
  const tacet_secret *sender_data;
} tacet_private_keys;
TACET_MUST_CHECK tacet_err tacet_private_write(const tacet_suite *s,
                                               const tacet_frame *f,
                                               const tacet_private_keys *keys,
                                               size_t padding, tacet_buf *work,
                                               tacet_buf *message);

#endif
