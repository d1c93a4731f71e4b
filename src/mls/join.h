/* SPDX-License-Identifier: Apache-2.0
 * What the ways into a group have in common, and who may follow whom.
 */
#ifndef TACET_MLS_JOIN_H
#define TACET_MLS_JOIN_H

#include "mls/group.h"

/* A group whose tree, context, and epoch secrets are set: checks that the
 * confirmation tag fits (CONFIRMATION), then finishes the transcript and the
 * secret tree. */
TACET_MUST_CHECK tacet_err tacet_group_confirm(tacet_mls_group *g,
                                               tacet_span confirmation_tag);

/* Is it of usage reinit or branch? */
bool tacet_psk_names_predecessor(const tacet_mls_psk_id *psk);
/* 11.2, 11.3: if the PSK is of usage reinit or branch, is g what may follow
 * from `predecessor`? REINIT. Else it is fine. (successor.c) */
TACET_MUST_CHECK tacet_err
tacet_successor_check(const tacet_mls_group *g, const tacet_mls_psk_id *psk,
                      const tacet_mls_group *predecessor);

#endif
