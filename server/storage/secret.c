/* SPDX-License-Identifier: Apache-2.0
 * Secrets in files of their own. */
#include "server/storage/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static tacet_err refuse(const char *path, int e, const char *verb,
                        sto_trouble *why) {
  sto_trouble_set(why, "%s cannot be %s: %s", path, verb, strerror(e));
  return e == ENOENT                                ? TACET_ERR_NOT_FOUND
         : e == EEXIST                              ? TACET_ERR_EXISTS
         : e == ENOSPC || e == EDQUOT || e == EFBIG ? TACET_ERR_FULL
                                                    : TACET_ERR_IO;
}

/* All of it, over interruptions. */
static ssize_t read_all(int fd, uint8_t *out, size_t len) {
  size_t at = 0;
  while (at < len) {
    ssize_t n = read(fd, out + at, len - at);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return n < 0 ? n : (ssize_t)at;
    }
    at += (size_t)n;
  }
  return (ssize_t)at;
}

tacet_err sto_secret_read(const char *path, uint8_t *out, size_t len,
                          sto_trouble *why) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return refuse(path, errno, "opened", why);
  }
  uint8_t more;
  ssize_t n = read_all(fd, out, len);
  int e = errno;
  bool exact = n == (ssize_t)len && read_all(fd, &more, 1) == 0;
  (void)close(fd);
  if (n < 0) {
    tacet_wipe(out, len);
    return refuse(path, e, "read", why);
  }
  if (!exact) {
    tacet_wipe(out, len);
    sto_trouble_set(why, "%s does not have %zu bytes; restore it from a copy",
                    path, len);
    return TACET_ERR_IO;
  }
  return TACET_OK;
}

static int sync_folder(const char *path) {
  char *copy = strdup(path);
  int fd = copy == NULL ? -1 : open(dirname(copy), O_RDONLY | O_DIRECTORY);
  int e = fd < 0 || fsync(fd) != 0 ? errno : 0;
  if (fd >= 0) {
    (void)close(fd);
  }
  free(copy);
  return e;
}

tacet_err sto_secret_write(const char *path, tacet_span bytes,
                           sto_trouble *why) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return refuse(path, errno, "made", why);
  }
  ssize_t n = write(fd, bytes.p, bytes.len);
  int e = n < 0 ? errno : n != (ssize_t)bytes.len ? ENOSPC : 0;
  if (e == 0 && fsync(fd) != 0) {
    e = errno;
  }
  if (close(fd) != 0 && e == 0) {
    e = errno;
  }
  e = e == 0 ? sync_folder(path) : e;
  if (e != 0) {
    (void)unlink(path);
    return refuse(path, e, "written", why);
  }
  return TACET_OK;
}
