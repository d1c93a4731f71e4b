/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/consent.h -- the two officers who sign a plan.
 *
 *   struct { opaque case<V>; opaque plan[32]; } Consent;
 *
 * signed under the label "Tacet 1.0 DeskPlan" by an officer's key, in a file
 * or on a token (desk/keys/public.h).
 * The signature stands in the log's event and in the bundle, so that who gets
 * the bundle sees for himself that two people agreed to exactly that plan.
 */
#ifndef TACET_DESK_CONSENT_H
#define TACET_DESK_CONSENT_H

#include "desk/keys/public.h"
#include "desk/plan/plan.h"
#include "tacet/codec.h"

#define DESK_CONSENT_LABEL "DeskPlan"
#define DESK_CONSENT_CONTENT_MAX 1024
#define DESK_CONSENTS_MAX 16

/* All borrowed. */
typedef struct desk_consent {
  const char *officer;
  desk_public_key key;
  desk_signature signature;
  int64_t time;    /* seconds since 1970 */
  uint64_t number; /* of the event */
} desk_consent;

/* What is signed. */
void desk_consent_content(const char *case_id, const uint8_t plan[DESK_HASH],
                          tacet_buf *out);
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
