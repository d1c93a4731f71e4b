/* SPDX-License-Identifier: Apache-2.0
 * The lock of what acts outside of the database. */
#include "desk/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define WHO_MAX 100

static tacet_err cannot(desk_trouble *why) {
  desk_trouble_set(why, "the desk's folder cannot be locked: %s",
                   strerror(errno));
  return TACET_ERR_IO;
}

/* Who holds it wrote its name there; or is about to. */
static tacet_err is_held(int fd, desk_trouble *why) {
  char who[WHO_MAX];
  ssize_t n = pread(fd, who, sizeof(who) - 1, 0);
  who[n > 0 ? n : 0] = '\0';
  who[strcspn(who, "\n")] = '\0';
  desk_trouble_set(why,
                   "another tacet-desk is at work on this desk%s%s%s: nothing "
                   "was done; do it again when that one has ended",
                   *who ? " (" : "", who, *who ? ")" : "");
  return TACET_ERR_BUSY;
}

tacet_err desk_lock(const desk_store *s, const char *command,
                    desk_trouble *why) {
  char path[DESK_PATH_MAX], who[WHO_MAX];
  int n =
      snprintf(path, sizeof(path), "%s/" DESK_LOCK_NAME, desk_store_folder(s));
  if (n < 0 || (size_t)n >= sizeof(path)) {
    desk_trouble_set(why, "the name of the desk's folder is too long");
    return TACET_ERR_LIMIT;
  }
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return cannot(why);
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    tacet_err e = errno == EWOULDBLOCK ? is_held(fd, why) : cannot(why);
    (void)close(fd);
    return e;
  }
  n = snprintf(who, sizeof(who), "%.40s, process %ld\n", command,
               (long)getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, who, (size_t)n, 0) != n) {
    tacet_err e = cannot(why);
    (void)close(fd);
    return e;
  }
  return TACET_OK; /* the descriptor stays open: it is the lock */
}
