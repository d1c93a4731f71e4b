/* SPDX-License-Identifier: Apache-2.0
 * The files of blobs: blobs/xx/, named by the rest of the hash of the id in
 * hexadecimal. A file counts for what its row says: bytes behind that are of a
 * piece that was never answered. */
#include "server/delivery/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static tacet_err err_of(int e) {
  return e == ENOSPC || e == EDQUOT || e == EFBIG ? TACET_ERR_FULL
         : e == ENOENT                            ? TACET_ERR_NOT_FOUND
         : e == ENOMEM                            ? TACET_ERR_NOMEM
                                                  : TACET_ERR_IO;
}

typedef struct blob_path {
  char folder[DLV_PATH_MAX], file[DLV_PATH_MAX + 80];
} blob_path;

static tacet_err path_of(const dlv_delivery *d, const uint8_t hash[32],
                         blob_path *out) {
  char hex[2 * TACET_HASH_LEN + 1];
  tacet_hex_write(tacet_span_of(hash, TACET_HASH_LEN), hex);
  int n = snprintf(out->folder, sizeof(out->folder), "%s/%s/%.2s", d->folder,
                   DLV_BLOBS, hex);
  if (n < 0 || n >= (int)sizeof(out->folder)) {
    return TACET_ERR_IO;
  }
  (void)snprintf(out->file, sizeof(out->file), "%s/%s", out->folder, hex + 2);
  return TACET_OK;
}

static int sync_folder(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int e = fd < 0 || fsync(fd) != 0 ? errno : 0;
  if (fd >= 0) {
    (void)close(fd);
  }
  return e;
}

/* Its own name and its folder's have to be durable before a piece is. */
static tacet_err make_file(const dlv_delivery *d, const blob_path *p,
                           int *out) {
  char parent[DLV_PATH_MAX];
  (void)snprintf(parent, sizeof(parent), "%s/%s", d->folder, DLV_BLOBS);
  if (mkdir(p->folder, 0700) == 0) {
    int e = sync_folder(parent);
    if (e != 0) {
      return err_of(e);
    }
  } else if (errno != EEXIST) {
    return err_of(errno);
  }
  int fd = open(p->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return err_of(errno);
  }
  int e = sync_folder(p->folder);
  if (e != 0) {
    (void)close(fd);
    return err_of(e);
  }
  *out = fd;
  return TACET_OK;
}

static int write_all(int fd, tacet_span piece, uint64_t at) {
  while (piece.len > 0) {
    ssize_t n = pwrite(fd, piece.p, piece.len, (off_t)at);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return n < 0 ? errno : ENOSPC;
    }
    piece.p += n;
    piece.len -= (size_t)n;
    at += (uint64_t)n;
  }
  return 0;
}

tacet_err dlv_blob_file_write(const dlv_delivery *d, const uint8_t hash[32],
                              uint64_t at, tacet_span piece) {
  blob_path p;
  TACET_TRY(path_of(d, hash, &p));
  int fd = open(p.file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    TACET_TRY(make_file(d, &p, &fd));
  }
  int e = write_all(fd, piece, at);
  if (e == 0 && fdatasync(fd) != 0) {
    e = errno;
  }
  (void)close(fd);
  return e == 0 ? TACET_OK : err_of(e);
}

tacet_err dlv_blob_file_read(const dlv_delivery *d, const uint8_t hash[32],
                             uint64_t at, uint8_t *out, size_t len) {
  blob_path p;
  TACET_TRY(path_of(d, hash, &p));
  int fd = open(p.file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return err_of(errno);
  }
  int e = 0;
  while (e == 0 && len > 0) {
    ssize_t n = pread(fd, out, len, (off_t)at);
    if (n <= 0) {
      e = n == 0 ? EIO : errno == EINTR ? 0 : errno;
      continue;
    }
    out += n;
    len -= (size_t)n;
    at += (uint64_t)n;
  }
  (void)close(fd);
  return e == 0 ? TACET_OK : err_of(e);
}

void dlv_blob_file_remove(const dlv_delivery *d, const uint8_t hash[32]) {
  blob_path p;
  if (path_of(d, hash, &p) == TACET_OK) {
    (void)unlink(p.file); /* what stays is found at the next start */
  }
}

tacet_err dlv_blob_folder_make(const char *folder, sto_trouble *why) {
  char path[DLV_PATH_MAX];
  int n = snprintf(path, sizeof(path), "%s/%s", folder, DLV_BLOBS);
  if (n < 0 || n >= (int)sizeof(path)) {
    sto_trouble_set(why, "the name of the data folder is too long");
    return TACET_ERR_LIMIT;
  }
  if (mkdir(path, 0700) != 0 && errno != EEXIST) {
    int e = errno;
    sto_trouble_set(why, "%s cannot be made: %s", path, strerror(e));
    return err_of(e);
  }
  return TACET_OK;
}

/* ---- what a crash left ---- */

static tacet_err has_row(sto_conn *c, const uint8_t hash[32], bool *out) {
  sto_query *q = sto_query_start(c, Q_BLOB_GET);
  sto_bind_blob(q, tacet_span_of(hash, TACET_HASH_LEN));
  TACET_TRY(sto_step(q, out));
  sto_query_end(q);
  return TACET_OK;
}

static tacet_err sweep_folder(const dlv_delivery *d, sto_conn *c,
                              const char *name) {
  char path[DLV_PATH_MAX], hex[2 * TACET_HASH_LEN + 1];
  (void)snprintf(path, sizeof(path), "%s/%s/%s", d->folder, DLV_BLOBS, name);
  DIR *folder = opendir(path);
  tacet_err err = TACET_OK;
  for (struct dirent *e;
       err == TACET_OK && folder != NULL && (e = readdir(folder)) != NULL;) {
    uint8_t hash[TACET_HASH_LEN];
    bool known = true;
    int n = snprintf(hex, sizeof(hex), "%.2s%s", name, e->d_name);
    if (n == 2 * TACET_HASH_LEN &&
        tacet_hex_read(hex, (size_t)n, hash, sizeof(hash)) == TACET_OK) {
      err = has_row(c, hash, &known);
    }
    if (err == TACET_OK && !known) {
      dlv_blob_file_remove(d, hash);
    }
  }
  if (folder != NULL) {
    (void)closedir(folder);
  }
  return err;
}

tacet_err dlv_blob_files_sweep(const dlv_delivery *d, sto_conn *c) {
  for (unsigned i = 0; i < 256; i++) {
    char name[3];
    (void)snprintf(name, sizeof(name), "%02x", i);
    TACET_TRY(sweep_folder(d, c, name));
  }
  return TACET_OK;
}
