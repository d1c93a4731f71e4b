/* SPDX-License-Identifier: Apache-2.0
 * server/witnessing.h -- the directory's key log and the witnesses of its
 * policy, brought together.
 */
#ifndef TACETD_WITNESSING_H
#define TACETD_WITNESSING_H

#include "server/directory/log.h"
#include "server/witnesses/witnesses.h"

#include <stdatomic.h>

/* Zeroed before the directory is opened. */
typedef struct tacetd_witnessing {
  tacet_policy *policy;
  dir_directory *directory;
  _Atomic(wts_collector *) collector;
} tacetd_witnessing;

/* For dir_options.log_grew; may come before the start and after the stop. */
void tacetd_witnessing_grew(void *witnessing);
/* Reads the policy; begins to ask where somebody has to vouch. False after
 * having said why. */
bool tacetd_witnessing_start(tacetd_witnessing *w, const char *folder,
                             dir_directory *directory);
/* Will it connect to others? */
bool tacetd_witnessing_connects(const tacetd_witnessing *w);
/* Before the directory is closed; and after. */
void tacetd_witnessing_stop(tacetd_witnessing *w);
void tacetd_witnessing_free(tacetd_witnessing *w);

#endif
