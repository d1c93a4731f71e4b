/* SPDX-License-Identifier: Apache-2.0
 * Original documents: copied, hashed, kept under their hash. The copy comes
 * first and is hashed itself: what is hashed is what is kept, also where the
 * original changes meanwhile. */
#include "desk/intake.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static tacet_err refuse(const char *path, const char *verb, desk_trouble *why) {
  int e = errno;
  desk_trouble_set(why, "the document %.250s cannot be %s: %s", path, verb,
                   strerror(e));
  return e == ENOSPC || e == EDQUOT || e == EFBIG ? TACET_ERR_FULL
                                                  : TACET_ERR_IO;
}

/* At most DESK_DOCUMENT_MAX bytes, however long the file grows. */
static tacet_err copy(int from, int to, const char *path, desk_trouble *why) {
  static uint8_t buffer[64 * 1024];
  uint64_t total = 0;
  for (;;) {
    ssize_t n = read(from, buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return refuse(path, "read", why);
    }
    if (n == 0) {
      return fsync(to) == 0 ? TACET_OK : refuse(path, "kept", why);
    }
    total += (uint64_t)n;
    if (total > DESK_DOCUMENT_MAX) {
      desk_trouble_set(why, "the document is larger than %llu bytes",
                       DESK_DOCUMENT_MAX);
      return TACET_ERR_LIMIT;
    }
    for (ssize_t at = 0, m; at < n; at += m) {
      m = write(to, buffer + at, (size_t)(n - at));
      if (m < 0 && errno == EINTR) {
        m = 0;
      } else if (m <= 0) {
        return refuse(path, "kept", why);
      }
    }
  }
}

static tacet_err hash_file(int fd, uint8_t out[32], desk_trouble *why) {
  struct stat st;
  if (fstat(fd, &st) != 0) {
    return refuse("", "hashed", why);
  }
  size_t len = (size_t)st.st_size;
  if (len == 0) {
    return tacet_hash_one(&tacet_hash_sha256, TACET_SPAN_EMPTY, out);
  }
  void *p = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
  if (p == MAP_FAILED) {
    return refuse("", "hashed", why);
  }
  tacet_err e = tacet_hash_one(&tacet_hash_sha256, tacet_span_of(p, len), out);
  (void)munmap(p, len);
  return e;
}

static tacet_err keep(desk_store *s, int from, int to, const char *path,
                      const char *temporary, desk_trouble *why, char hash[65]) {
  uint8_t digest[32];
  char kept[DESK_PATH_MAX + 128], hex[65];
  TACET_TRY(copy(from, to, path, why));
  TACET_TRY(hash_file(to, digest, why));
  tacet_hex_write(tacet_span_of(digest, sizeof(digest)), hex);
  (void)snprintf(kept, sizeof(kept), "%s/%s/%s", desk_store_folder(s),
                 DESK_DOCUMENTS, hex);
  if (rename(temporary, kept) != 0) {
    return refuse(path, "kept", why);
  }
  memcpy(hash, hex, sizeof(hex));
  return TACET_OK;
}

tacet_err desk_intake_document(desk_store *s, const char *path,
                               desk_trouble *why, char hash[65]) {
  char temporary[DESK_PATH_MAX + 128];
  struct stat st;
  int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (from < 0 || fstat(from, &st) != 0 || !S_ISREG(st.st_mode)) {
    errno = from >= 0 && errno == 0 ? EINVAL : errno;
    tacet_err e = refuse(path, "opened", why);
    if (from >= 0) {
      (void)close(from);
    }
    return e;
  }
  (void)snprintf(temporary, sizeof(temporary), "%s/%s/new-%ld",
                 desk_store_folder(s), DESK_DOCUMENTS, (long)getpid());
  int to = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  tacet_err e = to < 0 ? refuse(path, "kept", why)
                       : keep(s, from, to, path, temporary, why, hash);
  if (e != TACET_OK) {
    (void)unlink(temporary);
  }
  (void)close(from);
  if (to >= 0) {
    (void)close(to);
  }
  return e;
}
