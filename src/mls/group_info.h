/* SPDX-License-Identifier: Apache-2.0
 * GroupInfo: signing one, and judging one together with its tree
 * (RFC 9420 12.4.3).
 */
#ifndef TACET_MLS_GROUP_INFO_H
#define TACET_MLS_GROUP_INFO_H

#include "mls/group.h"

typedef struct tacet_group_info_job {
  const tacet_suite *suite;
  tacet_group_context context;
  tacet_span confirmation_tag;
  uint32_t signer;
  const tacet_secret *signature_key;
  tacet_span extensions;               /* the caller's */
  const tacet_tree *tree;              /* put in; NULL: not */
  const tacet_secret *external_secret; /* external_pub put in; NULL: not */
} tacet_group_info_job;
/* Appends the GroupInfo (no MLSMessage). EXTENSION: the caller's extensions
 * double one of those. */
TACET_MUST_CHECK tacet_err
tacet_group_info_make(const tacet_group_info_job *job, tacet_buf *w);

/* 12.4.3.1, from the tree to the signature: everything that can be verified
 * without the epoch's secrets. tree: as given, or empty if inside. */
TACET_MUST_CHECK tacet_err tacet_group_info_check(const tacet_suite *suite,
                                                  const tacet_group_info *info,
                                                  tacet_span tree,
                                                  tacet_tree **out);
void tacet_group_info_view(const tacet_suite *suite,
                           const tacet_group_info *info,
                           tacet_mls_group_info *out);

#endif
