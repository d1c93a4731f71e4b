/* SPDX-License-Identifier: Apache-2.0
 * What one's own leaf says: from the caller's arguments, or from the leaf that
 * stands in the tree and what is to change of it.
 */
#ifndef TACET_MLS_OWN_LEAF_H
#define TACET_MLS_OWN_LEAF_H

#include "mls/group.h"

/* A leaf in the making: its fields, with what they point to. The spans of the
 * arguments must live on. */
typedef struct tacet_own_leaf {
  tacet_leaf_node node;
  tacet_secret signature_key; /* private, expanded (tacet_sig_expand) */
  uint8_t signature_public[TACET_SIG_PUBLIC_MAX];
  uint8_t encryption_public[TACET_KEM_PUBLIC_MAX];
  tacet_buf lists; /* of the capabilities */
} tacet_own_leaf;
#define TACET_OWN_LEAF(name)                                                   \
  TACET_CLEANUP(tacet_own_leaf_free)                                           \
  tacet_own_leaf name = {.lists = {.max = 1 << 16}}
void tacet_own_leaf_free(tacet_own_leaf *l);

/* All but encryption key, source and signature. ARGUMENT: extensions that are
 * malformed, doubled, or not among the capabilities; a key that is none. */
TACET_MUST_CHECK tacet_err tacet_own_leaf_new(const tacet_mls_config *config,
                                              const tacet_suite *suite,
                                              const tacet_mls_leaf_args *args,
                                              tacet_own_leaf *out);
/* The same from the leaf in the tree. The spans point into it. */
TACET_MUST_CHECK tacet_err
tacet_own_leaf_update(const tacet_mls_group *g,
                      const tacet_mls_update_args *args, tacet_own_leaf *out);
/* A fresh encryption key: its public half into the leaf. */
TACET_MUST_CHECK tacet_err tacet_own_leaf_fresh_key(const tacet_suite *suite,
                                                    tacet_own_leaf *l,
                                                    tacet_secret *private_key);

#endif
