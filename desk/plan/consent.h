/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/consent.h -- the two officers who sign a plan.
 *
 *   struct { opaque case<V>; opaque plan[32]; } Consent;
 *
 * signed with Ed25519 under the label "Tacet 1.0 DeskPlan" (RFC 9420 5.1.2).
 * The signature stands in the log's event and in the bundle, so that who gets
 * the bundle sees for himself that two people agreed to exactly that plan.
 */
#ifndef TACET_DESK_CONSENT_H
#define TACET_DESK_CONSENT_H

#include "desk/plan/plan.h"

#define DESK_CONSENT_SIGNATURE 64
#define DESK_CONSENT_KEY 32
#define DESK_CONSENTS_MAX 16

/* All borrowed. */
typedef struct desk_consent {
  const char *officer;
  uint8_t key[DESK_CONSENT_KEY];
  uint8_t signature[DESK_CONSENT_SIGNATURE];
  int64_t time;    /* seconds since 1970 */
  uint64_t number; /* of the event */
} desk_consent;

/* ARGUMENT for a key that is none, NOMEM, PROVIDER. */
TACET_MUST_CHECK tacet_err desk_consent_sign(
    tacet_span private_key, const char *case_id, const uint8_t plan[DESK_HASH],
    uint8_t signature[DESK_CONSENT_SIGNATURE]);
/* AUTH. */
TACET_MUST_CHECK tacet_err desk_consent_verify(const desk_consent *c,
                                               const char *case_id,
                                               const uint8_t plan[DESK_HASH]);

/* Whether these are enough: two valid ones of two officers with two keys,
 * neither of whom is `filer` (the case's "filed_by"; NULL: not known, for who
 * checks a bundle elsewhere). POLICY and a sentence if not; AUTH if one does
 * not verify. */
TACET_MUST_CHECK tacet_err desk_consents_check(const desk_consent *list,
                                               size_t n, const char *filer,
                                               const char *case_id,
                                               const uint8_t plan[DESK_HASH],
                                               desk_trouble *why);

#endif
