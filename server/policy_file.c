/* SPDX-License-Identifier: Apache-2.0
 * The policy's file. */
#include "server/policy_file.h"

#include "server/command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool tacetd_policy_open(const char *folder, tacetd_policy_file *f) {
  if (tacetd_folder_path(folder, TACETD_POLICY_NAME, f->path) != TACET_OK) {
    tacetd_say("the name of the data folder is too long");
    return false;
  }
  f->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (f->lock < 0 || flock(f->lock, LOCK_EX) != 0) {
    tacetd_say("cannot use the folder %s: %s", folder, strerror(errno));
    return false;
  }
  tacet_err e = tacetd_file_read(f->path, f->text, sizeof(f->text), &f->len);
  if (e != TACET_OK) {
    tacetd_say("cannot read %s: %s%s", f->path, tacet_err_text(e),
               e == TACET_ERR_NOT_FOUND ? "; `tacetd init` makes it" : "");
  }
  return e == TACET_OK;
}

void tacetd_policy_close(tacetd_policy_file *f) {
  if (f->lock >= 0) {
    (void)close(f->lock);
  }
}

bool tacetd_policy_give(const tacetd_policy_file *f, const char *path,
                        tacetd_trouble *why) {
  struct stat folder;
  if (geteuid() != 0 || (fstat(f->lock, &folder) == 0 &&
                         chown(path, folder.st_uid, folder.st_gid) == 0)) {
    return true;
  }
  tacetd_trouble_set(why, "cannot give %.300s to the folder's owner: %s", path,
                     strerror(errno));
  return false;
}

bool tacetd_policy_replace(const tacetd_policy_file *f, tacet_span text,
                           tacetd_trouble *why) {
  tacet_err e = tacetd_file_write(f->path, text);
  if (e != TACET_OK) {
    tacetd_trouble_set(why, "cannot write %.300s: %s", f->path,
                       tacet_err_text(e));
  }
  return e == TACET_OK && tacetd_policy_give(f, f->path, why);
}

static bool changed_at(const char *folder, const char *name,
                       struct timespec *out) {
  char path[TACETD_PATH_MAX];
  struct stat st;
  if (tacetd_folder_path(folder, name, path) != TACET_OK ||
      stat(path, &st) != 0) {
    return false;
  }
  *out = st.st_mtim;
  return true;
}

/* It reads the policy before it leaves its note. */
bool tacetd_policy_waits(const char *folder) {
  struct timespec policy, ready;
  return tacetd_folder_is_locked(folder) &&
         changed_at(folder, TACETD_POLICY_NAME, &policy) &&
         changed_at(folder, TACETD_READY_NAME, &ready) &&
         (policy.tv_sec > ready.tv_sec ||
          (policy.tv_sec == ready.tv_sec && policy.tv_nsec > ready.tv_nsec));
}
