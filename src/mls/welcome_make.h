/* SPDX-License-Identifier: Apache-2.0
 * Writing a Welcome (RFC 9420 12.4.3.1).
 */
#ifndef TACET_MLS_WELCOME_MAKE_H
#define TACET_MLS_WELCOME_MAKE_H

#include "mls/proposals.h"

typedef struct tacet_welcome_job {
  const tacet_suite *suite;
  const tacet_proposal_list *list; /* its Adds are invited; its PSKs named */
  const tacet_path_secrets *path;  /* NULL: the commit has none */
  const tacet_secret *joiner, *psk_secret;
  tacet_span group_info; /* encoded */
} tacet_welcome_job;
/* A whole MLSMessage, appended. */
TACET_MUST_CHECK tacet_err tacet_welcome_make(const tacet_welcome_job *job,
                                              tacet_buf *message);

/* Key and nonce of the encrypted GroupInfo. */
TACET_MUST_CHECK tacet_err tacet_welcome_key(const tacet_suite *suite,
                                             const tacet_secret *joiner,
                                             const tacet_secret *psk_secret,
                                             tacet_message_key *out);

#endif
