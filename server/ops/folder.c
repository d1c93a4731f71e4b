/* SPDX-License-Identifier: Apache-2.0
 * The data folder. */
#include "server/ops/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

tacet_err tacetd_folder_path(const char *folder, const char *name, char *out) {
  int n = name[0] == '/'
              ? snprintf(out, TACETD_PATH_MAX, "%s", name)
              : snprintf(out, TACETD_PATH_MAX, "%s/%s", folder, name);
  return n < 0 || n >= TACETD_PATH_MAX ? TACET_ERR_LIMIT : TACET_OK;
}

static tacet_err err_of(int e) {
  switch (e) {
  case ENOENT:
  case ENOTDIR:
    return TACET_ERR_NOT_FOUND;
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
    return TACET_ERR_FULL;
  case EEXIST:
    return TACET_ERR_EXISTS;
  default:
    return TACET_ERR_IO;
  }
}

/* ---- the lock ---- */

static int open_lock(const char *folder, int flags) {
  char path[TACETD_PATH_MAX];
  if (tacetd_folder_path(folder, TACETD_LOCK_NAME, path) != TACET_OK) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

tacet_err tacetd_folder_lock(const char *folder, tacetd_trouble *why) {
  int fd = open_lock(folder, O_RDWR | O_CREAT);
  if (fd < 0) {
    int e = errno;
    tacetd_trouble_set(why, "cannot use the folder %.200s: %s%s", folder,
                       strerror(e),
                       e == ENOENT ? "; make it with `tacetd init`" : "");
    return err_of(e);
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    int e = errno;
    (void)close(fd);
    if (e == EWOULDBLOCK) {
      tacetd_trouble_set(why,
                         "another tacetd serves %.200s already; stop that one "
                         "first",
                         folder);
      return TACET_ERR_BUSY;
    }
    tacetd_trouble_set(why, "cannot lock %.200s: %s", folder, strerror(e));
    return TACET_ERR_IO;
  }
  return TACET_OK; /* the descriptor stays open: it is the lock */
}

bool tacetd_folder_is_locked(const char *folder) {
  int fd = open_lock(folder, O_RDONLY);
  if (fd < 0) {
    return false;
  }
  bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  (void)close(fd);
  return locked;
}

/* ---- files ---- */

static tacet_err write_all(int fd, tacet_span text) {
  while (text.len > 0) {
    ssize_t n = write(fd, text.p, text.len);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return err_of(errno);
    }
    text = tacet_span_of(text.p + n, text.len - (size_t)n);
  }
  return fsync(fd) != 0 ? err_of(errno) : TACET_OK;
}

tacet_err tacetd_file_write(const char *path, tacet_span text) {
  char aside[TACETD_PATH_MAX];
  int n = snprintf(aside, sizeof(aside), "%s.new", path);
  if (n < 0 || (size_t)n >= sizeof(aside)) {
    return TACET_ERR_LIMIT;
  }
  int fd =
      open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return err_of(errno);
  }
  tacet_err e = write_all(fd, text);
  if (close(fd) != 0 && e == TACET_OK) {
    e = err_of(errno);
  }
  if (e == TACET_OK && rename(aside, path) != 0) {
    e = err_of(errno);
  }
  if (e != TACET_OK) {
    (void)unlink(aside);
  }
  return e;
}

tacet_err tacetd_file_read(const char *path, uint8_t *out, size_t cap,
                           size_t *len) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return err_of(errno);
  }
  size_t got = 0;
  ssize_t n = 1;
  while (got < cap && n > 0) {
    n = read(fd, out + got, cap - got);
    got += n > 0 ? (size_t)n : 0;
  }
  uint8_t more;
  if (n > 0) {
    n = read(fd, &more, 1);
  }
  tacet_err e = n < 0 ? err_of(errno) : n > 0 ? TACET_ERR_LIMIT : TACET_OK;
  (void)close(fd);
  if (e == TACET_OK) {
    *len = got;
  }
  return e;
}

/* ---- the note of a running server ---- */

tacet_err tacetd_folder_ready_write(const char *folder, const char *url) {
  char path[TACETD_PATH_MAX];
  TACET_TRY(tacetd_folder_path(folder, TACETD_READY_NAME, path));
  return tacetd_file_write(path, tacet_span_str(url));
}

void tacetd_folder_ready_remove(const char *folder) {
  char path[TACETD_PATH_MAX];
  if (tacetd_folder_path(folder, TACETD_READY_NAME, path) == TACET_OK) {
    (void)unlink(path);
  }
}

tacet_err tacetd_folder_ready_read(const char *folder, char *url, size_t cap) {
  char path[TACETD_PATH_MAX];
  size_t len = 0;
  TACET_TRY(tacetd_folder_path(folder, TACETD_READY_NAME, path));
  if (!tacetd_folder_is_locked(folder)) {
    return TACET_ERR_NOT_FOUND;
  }
  TACET_TRY(tacetd_file_read(path, (uint8_t *)url, cap - 1, &len));
  url[len] = '\0';
  return TACET_OK;
}
