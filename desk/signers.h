/* SPDX-License-Identifier: Apache-2.0
 * desk/signers.h -- those who signed a bundle's plan: what there is to show
 * that they are officers. The desk's signature alone shows nothing of it:
 * whoever has the desk's key can make keys and names up.
 */
#ifndef TACET_DESK_SIGNERS_H
#define TACET_DESK_SIGNERS_H

#include "desk/command.h"
#include "desk/plan/bundle.h"
#include "desk/store/verify.h"

typedef struct desk_signers {
  size_t n;
  struct {
    bool is_logged; /* the bundle shows when the key was added, and where */
    bool is_kept;   /* that statement is one of --commitments */
    bool is_pinned; /* the key is one of --officers */
    desk_day_hash day;
  } all[DESK_CONSENTS_MAX]; /* in the order of the summary's */
} desk_signers;

/* With --officers and --commitments, where they are given; AUTH where one of
 * them does not have what signed, or where the bundle contradicts itself. */
TACET_MUST_CHECK tacet_err desk_signers_check(const desk_args *a,
                                              const desk_files *files,
                                              const desk_bundle_summary *s,
                                              desk_trouble *why,
                                              desk_signers *out);
/* For a person: each of them, and then what was not checked. */
void desk_signers_print(const desk_args *a, const desk_bundle_summary *s,
                        const desk_signers *signers);
/* For a program; a new reference. */
json_t *desk_signers_json(const desk_bundle_summary *s,
                          const desk_signers *signers);

#endif
