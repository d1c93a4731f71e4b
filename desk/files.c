/* SPDX-License-Identifier: Apache-2.0
 * Files that come from outside, and those that go out. */
#include "desk/command.h"

#include "tacet/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32

static tacet_err refuse(const char *path, const char *verb, desk_trouble *why) {
  int e = errno;
  desk_trouble_set(why, "%.300s cannot be %s: %s", path, verb, strerror(e));
  return e == ENOENT                                ? TACET_ERR_NOT_FOUND
         : e == EEXIST                              ? TACET_ERR_EXISTS
         : e == ENOSPC || e == EDQUOT || e == EFBIG ? TACET_ERR_FULL
                                                    : TACET_ERR_IO;
}

static tacet_err read_into(int fd, const char *path, desk_trouble *why,
                           tacet_bytes *b) {
  size_t at = 0;
  while (at < b->len) {
    ssize_t n = read(fd, b->p + at, b->len - at);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return refuse(path, "read", why);
    }
    if (n == 0) {
      desk_trouble_set(why, "%.300s changed while it was read; do it again",
                       path);
      return TACET_ERR_IO;
    }
    at += (size_t)n;
  }
  return TACET_OK;
}

static tacet_err read_open(int fd, const char *path, size_t max,
                           desk_trouble *why, tacet_bytes *out) {
  struct stat st;
  TACET_BYTES(b);
  if (fstat(fd, &st) != 0) {
    return refuse(path, "read", why);
  }
  if (!S_ISREG(st.st_mode)) {
    desk_trouble_set(why, "%.300s is not a file", path);
    return TACET_ERR_ARGUMENT;
  }
  if ((uint64_t)st.st_size > max) {
    desk_trouble_set(why, "%.300s has %lld bytes, but at most %zu are taken",
                     path, (long long)st.st_size, max);
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(tacet_bytes_new(&b, (size_t)st.st_size));
  TACET_TRY(read_into(fd, path, why, &b));
  *out = b;
  b = (tacet_bytes){NULL, 0};
  return TACET_OK;
}

tacet_err desk_file_read(const char *path, size_t max, desk_trouble *why,
                         tacet_bytes *out) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return refuse(path, "opened", why);
  }
  tacet_err e = read_open(fd, path, max, why, out);
  (void)close(fd);
  return e;
}

static bool write_all(int fd, tacet_span b) {
  while (b.len > 0) {
    ssize_t n = write(fd, b.p, b.len);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return false;
    }
    b.p += n;
    b.len -= (size_t)n;
  }
  return true;
}

tacet_err desk_file_write(const char *path, tacet_span bytes,
                          desk_trouble *why) {
  if (strcmp(path, "-") == 0) {
    (void)fwrite(bytes.p, 1, bytes.len, stdout);
    return TACET_OK; /* the end of the program looks at it */
  }
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return refuse(path, "made", why);
  }
  bool good = write_all(fd, bytes) && fsync(fd) == 0;
  tacet_err e = good ? TACET_OK : refuse(path, "written", why);
  if (close(fd) != 0 && e == TACET_OK) {
    e = refuse(path, "written", why);
  }
  if (e != TACET_OK) {
    (void)unlink(path);
  }
  return e;
}

/* ---- JSON ---- */

/* jansson's own bound on nesting is 2048: that many frames of ours are too
 * many. Strings and escapes are passed over, so that this counts nothing that
 * the parser would not. */
static bool is_shallow(tacet_span text) {
  unsigned depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.p[i];
    if (in_string) {
      i += c == '\\' ? 1 : 0;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > DEPTH_MAX) {
        return false;
      }
    } else if ((c == '}' || c == ']') && depth > 0) {
      depth--;
    }
  }
  return true;
}

static bool has_real(const json_t *v) {
  const char *key;
  json_t *child;
  size_t i;
  if (json_is_real(v)) {
    return true;
  }
  json_object_foreach((json_t *)(uintptr_t)v, key, child) {
    if (has_real(child)) {
      return true;
    }
  }
  json_array_foreach(v, i, child) {
    if (has_real(child)) {
      return true;
    }
  }
  return false;
}

tacet_err desk_json_read(tacet_span text, desk_trouble *why, json_t **out) {
  json_error_t at;
  if (!tacet_is_utf8(text)) {
    desk_trouble_set(why, "it is not UTF-8");
    return TACET_ERR_ENCODING;
  }
  if (!is_shallow(text)) {
    desk_trouble_set(why, "it is nested more than %d levels deep", DEPTH_MAX);
    return TACET_ERR_LIMIT;
  }
  json_t *v =
      json_loadb((const char *)text.p, text.len, JSON_REJECT_DUPLICATES, &at);
  if (v == NULL) {
    /* The parser's own text quotes what it read. */
    desk_trouble_set(why, "it is not JSON: line %d, column %d", at.line,
                     at.column);
    return TACET_ERR_ENCODING;
  }
  if (!json_is_object(v) || has_real(v)) {
    desk_trouble_set(why, json_is_object(v) ? "it has a number with a fraction"
                                            : "it is JSON, but not an object");
    json_decref(v);
    return TACET_ERR_ENCODING;
  }
  *out = v;
  return TACET_OK;
}
