/* SPDX-License-Identifier: Apache-2.0
 * The lock and the bell. */
#include "client/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MAX_HERE 4096

static tacet_err failed(const char *path, client_error *detail) {
  if (errno == ENOSPC || errno == EDQUOT) {
    return TACET_ERR_FULL;
  }
  (void)client_fail(detail, CLIENT_FAILED, "unreadable",
                    "Cannot open %s (%s); check the permissions of the folder.",
                    path, strerror(errno));
  return TACET_ERR_IO;
}

tacet_err client_lock_open(const char *home, client_error *detail,
                           client_lock *out) {
  char path[PATH_MAX_HERE];
  client_lock l = CLIENT_LOCK_NONE;
  if ((size_t)snprintf(path, sizeof(path), "%s/sync.lock", home) >=
      sizeof(path)) {
    return TACET_ERR_ARGUMENT;
  }
  l.file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (l.file < 0) {
    return failed(path, detail);
  }
  (void)snprintf(path, sizeof(path), "%s/sync.bell", home);
  if (mkfifo(path, 0600) != 0 && errno != EEXIST) {
    client_lock_close(&l);
    return failed(path, detail);
  }
  /* Read and write, so that it opens at once and never signals an end. */
  l.bell = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (l.bell < 0) {
    client_lock_close(&l);
    return failed(path, detail);
  }
  *out = l;
  return TACET_OK;
}

void client_lock_close(client_lock *l) {
  if (l->file >= 0) {
    (void)close(l->file);
  }
  if (l->bell >= 0) {
    (void)close(l->bell);
  }
  *l = CLIENT_LOCK_NONE;
}

bool client_lock_try(client_lock *l) {
  if (!l->held) {
    l->held = flock(l->file, LOCK_EX | LOCK_NB) == 0;
  }
  return l->held;
}

void client_lock_release(client_lock *l) {
  if (l->held) {
    (void)flock(l->file, LOCK_UN);
    l->held = false;
  }
}

void client_lock_ring(client_lock *l) {
  ssize_t n = write(l->bell, "!", 1);
  (void)n; /* a full pipe rings already */
}

void client_lock_quiet(client_lock *l) {
  char heard[64];
  while (read(l->bell, heard, sizeof(heard)) > 0) {
  }
}
