/* SPDX-License-Identifier: Apache-2.0
 * server/ops/changes.h -- waiting for what a running server writes into its
 * folder: for a command that has left it something.
 */
#ifndef TACETD_OPS_CHANGES_H
#define TACETD_OPS_CHANGES_H

#include "tacet/base.h"

typedef struct tacetd_changes {
  int fd; /* -1: the system gives no notice */
  char name[64];
  int64_t end; /* ms of the clock that only goes on */
} tacetd_changes;

/* Notices writes to the file `name` of the folder from now on, for at most `ms`
 * milliseconds. So look at the file after this and before each wait. */
void tacetd_changes_start(tacetd_changes *w, const char *folder,
                          const char *name, int ms);
/* Waits until there was one since the last time. False if the time is over, or
 * there is no notice to wait for: look once more. */
bool tacetd_changes_wait(tacetd_changes *w);
void tacetd_changes_end(tacetd_changes *w);

#endif
