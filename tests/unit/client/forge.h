/* SPDX-License-Identifier: Apache-2.0
 * What no client does, for tests of those that meet it. Reaches into the MLS
 * library.
 */
#ifndef TACET_TESTS_CLIENT_FORGE_H
#define TACET_TESTS_CLIENT_FORGE_H

#include "tacet/codec.h"
#include "tacet/mls.h"

/* A commit as of the member at `leaf`, made by another: it opens under the keys
 * of its sender, which all members can derive, and is not signed. */
void forge_commit_of(tacet_mls_group *g, uint32_t leaf, tacet_buf *out);
/* A private Remove proposal of g's own; g's ratchet moves on. */
void forge_proposal(tacet_mls_group *g, uint32_t leaf, tacet_buf *out);
/* From here on no commit's confirmation tag fits for this member. */
void forge_deafness(tacet_mls_group *g);

#endif
