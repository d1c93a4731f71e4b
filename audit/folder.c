/* SPDX-License-Identifier: Apache-2.0
 * The files of a copied log. */
#include "audit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool join(const char *dir, const char *name, const char *end,
                 char out[AUD_PATH_MAX]) {
  int n = snprintf(out, AUD_PATH_MAX, "%s/%s%s", dir, name, end);
  if (n < 0 || n >= AUD_PATH_MAX) {
    errno = ENAMETOOLONG;
    return false;
  }
  return true;
}

/* ---- reading ---- */

static tacet_err read_all(int fd, size_t len, tacet_bytes *out) {
  TACET_TRY(tacet_bytes_new(out, len));
  for (size_t at = 0; at < len;) {
    ssize_t n = read(fd, out->p + at, len - at);
    if (n == 0) {
      errno = EIO; /* it became shorter */
    }
    if (n <= 0) {
      tacet_bytes_free(out);
      return TACET_ERR_IO;
    }
    at += (size_t)n;
  }
  return TACET_OK;
}

tacet_err aud_read_path(const char *path, size_t max, tacet_bytes *out) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT || errno == ENOTDIR ? TACET_ERR_NOT_FOUND
                                               : TACET_ERR_IO;
  }
  tacet_err e = TACET_ERR_IO;
  if (fstat(fd, &st) == 0) {
    if (!S_ISREG(st.st_mode)) {
      errno = EISDIR;
    } else if ((uint64_t)st.st_size > max) {
      errno = EFBIG;
      e = TACET_ERR_LIMIT;
    } else {
      e = read_all(fd, (size_t)st.st_size, out);
    }
  }
  int why = errno;
  (void)close(fd);
  errno = why;
  return e;
}

tacet_err aud_read(const char *dir, const char *name, size_t max,
                   tacet_bytes *out) {
  char path[AUD_PATH_MAX];
  return join(dir, name, "", path) ? aud_read_path(path, max, out)
                                   : TACET_ERR_IO;
}

/* ---- writing ---- */

tacet_err aud_make(const char *dir) {
  return mkdir(dir, 0755) == 0 || errno == EEXIST ? TACET_OK : TACET_ERR_IO;
}

/* The folders that `path` lies in, below the first `from` bytes. */
static tacet_err make_way(char *path, size_t from) {
  for (char *p = path + from; (p = strchr(p, '/')) != NULL; p++) {
    *p = '\0';
    tacet_err e = aud_make(path);
    *p = '/';
    TACET_TRY(e);
  }
  return TACET_OK;
}

static bool write_all(int fd, tacet_span bytes) {
  for (size_t at = 0; at < bytes.len;) {
    ssize_t n = write(fd, bytes.p + at, bytes.len - at);
    if (n < 0) {
      return false;
    }
    at += (size_t)n;
  }
  return true;
}

tacet_err aud_write(const char *dir, const char *name, tacet_span bytes) {
  char path[AUD_PATH_MAX], fresh[AUD_PATH_MAX];
  if (!join(dir, name, "", path) || !join(dir, name, ".new", fresh)) {
    return TACET_ERR_IO;
  }
  TACET_TRY(make_way(path, strlen(dir) + 1));
  int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    return TACET_ERR_IO;
  }
  bool ok = write_all(fd, bytes);
  ok = close(fd) == 0 && ok && rename(fresh, path) == 0;
  if (!ok) {
    int why = errno;
    (void)unlink(fresh);
    errno = why;
  }
  return ok ? TACET_OK : TACET_ERR_IO;
}

bool aud_remove(const char *dir, const char *name) {
  char path[AUD_PATH_MAX];
  return join(dir, name, "", path) && unlink(path) == 0;
}

tacet_err aud_settle(const char *dir) {
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return TACET_ERR_IO;
  }
  tacet_err e = syncfs(fd) == 0 ? TACET_OK : TACET_ERR_IO;
  int why = errno;
  (void)close(fd);
  errno = why;
  return e;
}
