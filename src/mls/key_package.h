/* SPDX-License-Identifier: Apache-2.0
 * Key packages inside the library (RFC 9420 5.2, 10.1).
 */
#ifndef TACET_MLS_KEY_PACKAGE_H
#define TACET_MLS_KEY_PACKAGE_H

#include "mls/leaf.h"

/* The KeyPackage in an MLSMessage; UNKNOWN_TYPE for another message. */
TACET_MUST_CHECK tacet_err tacet_key_package_message(tacet_span message,
                                                     tacet_key_package *out);
/* KeyPackageRef, h->len bytes. */
TACET_MUST_CHECK tacet_err tacet_key_package_ref(const tacet_hash *h,
                                                 const tacet_key_package *k,
                                                 uint8_t *out);
/* 10.1 for a group that is described by the rules (source key_package). Without
 * `signatures` they are left out: for one that was checked whole before. */
TACET_MUST_CHECK tacet_err tacet_key_package_check(
    const tacet_key_package *k, const tacet_leaf_rules *rules, bool signatures);

#endif
