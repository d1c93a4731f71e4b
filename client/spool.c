/* SPDX-License-Identifier: Apache-2.0
 * The folder of encrypted copies, and plain reading and writing. */
#include "client/spool.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/attachments.h"

void client_fd_close(int *fd) {
  if (*fd >= 0) {
    (void)close(*fd);
  }
}

tacet_err client_os_failed(client *c, const char *what, const char *path) {
  if (errno == ENOSPC || errno == EFBIG || errno == EDQUOT) {
    return TACET_ERR_FULL;
  }
  return client_fail(&c->detail, CLIENT_FAILED, "unreadable-file",
                     "Cannot %s %.300s (%s).", what, path, strerror(errno));
}

tacet_err client_spool_path(client *c, const char *name, client_mem *mem,
                            const char **out) {
  const char *folder;
  TACET_TRY(
      client_mem_printf(mem, &folder, "%s/spool", client_store_home(c->store)));
  if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
    return client_os_failed(c, "make the folder", folder);
  }
  return client_mem_printf(mem, out, "%s/%s", folder, name);
}

tacet_err client_spool_name(client *c, const tacet_attachment *a,
                            client_mem *mem, const char **out) {
  uint8_t name[32];
  TACET_TRY(client_store_keyed(c->store, "spool",
                               tacet_span_of(a->blob, sizeof(a->blob)), name));
  return client_mem_hex(mem, tacet_span_of(name, 16), out);
}

tacet_err client_write_all(client *c, int fd, const char *path,
                           tacet_span bytes) {
  while (bytes.len > 0) {
    ssize_t n = write(fd, bytes.p, bytes.len);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return client_os_failed(c, "write", path);
    }
    bytes.p += n;
    bytes.len -= (size_t)n;
  }
  return TACET_OK;
}

tacet_err client_read_some(client *c, int fd, const char *path, uint8_t *out,
                           size_t len, size_t *got) {
  size_t have = 0;
  while (have < len) {
    ssize_t n = read(fd, out + have, len - have);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return client_os_failed(c, "read", path);
    }
    if (n == 0) {
      break;
    }
    have += (size_t)n;
  }
  *got = have;
  return TACET_OK;
}

/* ---- sweeping ---- */

static void folder_close(DIR **d) {
  if (*d != NULL) {
    (void)closedir(*d);
  }
}

/* Paths of all records that still need their copy. */
static tacet_err is_needed(client *c, const char *path, bool *out) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range all = {.limit = 0};
  *out = false;
  TACET_TRY(client_store_list(c->store, CLIENT_T_FILE, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_file f;
    TACET_TRY(
        client_parse(c, &rows[i], client_file_fields, &f, sizeof(f), &mem));
    *out = *out || (f.path != NULL && strcmp(f.path, path) == 0);
  }
  return TACET_OK;
}

tacet_err client_files_sweep(client *c) {
  CLIENT_MEM(mem);
  const char *folder;
  TACET_TRY(client_spool_path(c, "", &mem, &folder));
  TACET_CLEANUP(folder_close) DIR *d = opendir(folder);
  if (d == NULL) {
    return TACET_OK;
  }
  for (struct dirent *e; (e = readdir(d)) != NULL;) {
    const char *path;
    struct stat st;
    bool needed;
    TACET_TRY(client_spool_path(c, e->d_name, &mem, &path));
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
      continue;
    }
    /* A day's grace: it may be written just now. */
    uint64_t age = client_now(c) / 1000 - (uint64_t)st.st_mtime;
    TACET_TRY(is_needed(c, path, &needed));
    if (!needed && age > 24 * 3600) {
      (void)unlink(path);
    }
  }
  return TACET_OK;
}
