/* SPDX-License-Identifier: Apache-2.0
 * server/policy_file.h -- the policy in the data folder, for the commands that
 * change it: one after the other, and at once or not at all.
 */
#ifndef TACETD_POLICY_FILE_H
#define TACETD_POLICY_FILE_H

#include "server/ops/folder.h"
#include "tacet/keytrans/policy.h"

typedef struct tacetd_policy_file {
  char path[TACETD_PATH_MAX];
  uint8_t text[TACET_POLICY_TEXT_MAX];
  size_t len;
  int lock; /* the folder; -1: not open */
} tacetd_policy_file;

/* Waits for who changes it now. False after having said why. */
bool tacetd_policy_open(const char *folder, tacetd_policy_file *f);
void tacetd_policy_close(tacetd_policy_file *f);
static inline tacet_span tacetd_policy_text(const tacetd_policy_file *f) {
  return tacet_span_of(f->text, f->len);
}
/* A file that root makes belongs to the folder's owner, who serves it. */
bool tacetd_policy_give(const tacetd_policy_file *f, const char *path,
                        tacetd_trouble *why);
/* False with the reason in *why. */
bool tacetd_policy_replace(const tacetd_policy_file *f, tacet_span text,
                           tacetd_trouble *why);

/* Does a server run on the folder that has read an older policy? */
bool tacetd_policy_waits(const char *folder);

#endif
