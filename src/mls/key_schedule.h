/* SPDX-License-Identifier: Apache-2.0
 * The key schedule: from one epoch's init secret to the next epoch's secrets
 * (RFC 9420 8). `context` is the encoded GroupContext of the new epoch.
 */
#ifndef TACET_MLS_KEY_SCHEDULE_H
#define TACET_MLS_KEY_SCHEDULE_H

#include "tacet/crypto.h"

/* The secrets that live as long as an epoch. epoch_secret itself is not among
 * them: nothing needs it once these are derived. */
typedef struct tacet_epoch {
  tacet_secret init, sender_data, encryption, exporter, external, confirmation,
      membership, resumption, authenticator;
} tacet_epoch;
#define TACET_EPOCH(name)                                                      \
  TACET_CLEANUP(tacet_epoch_wipe) tacet_epoch name = {.init = {.len = 0}}
void tacet_epoch_wipe(tacet_epoch *e);

/* Nh zero bytes: what stands for a commit or PSK secret that there is not. */
void tacet_epoch_zero(const tacet_hash *h, tacet_secret *out);

TACET_MUST_CHECK tacet_err tacet_epoch_joiner(const tacet_hash *h,
                                              const tacet_secret *init,
                                              const tacet_secret *commit,
                                              tacet_span context,
                                              tacet_secret *joiner);
TACET_MUST_CHECK tacet_err tacet_epoch_welcome(const tacet_hash *h,
                                               const tacet_secret *joiner,
                                               const tacet_secret *psk,
                                               tacet_secret *welcome);
TACET_MUST_CHECK tacet_err tacet_epoch_derive(const tacet_hash *h,
                                              const tacet_secret *joiner,
                                              const tacet_secret *psk,
                                              tacet_span context,
                                              tacet_epoch *out);

/* MLS-Exporter (8.5). */
TACET_MUST_CHECK tacet_err tacet_epoch_export(const tacet_hash *h,
                                              const tacet_secret *exporter,
                                              const char *label,
                                              tacet_span context, size_t len,
                                              tacet_secret *out);

/* The init secret of an external commit (8.3): made against the epoch's
 * external_pub, found from its external_secret. */
TACET_MUST_CHECK tacet_err tacet_external_init_make(const tacet_suite *s,
                                                    tacet_span external_pub,
                                                    uint8_t *kem_output,
                                                    tacet_secret *init);
TACET_MUST_CHECK tacet_err tacet_external_init_find(
    const tacet_suite *s, const tacet_secret *external_secret,
    tacet_span kem_output, tacet_secret *init);
/* external_pub: kem->public_len bytes. */
TACET_MUST_CHECK tacet_err tacet_external_pub(
    const tacet_suite *s, const tacet_secret *external_secret, uint8_t *out);

#endif
