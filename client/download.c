/* SPDX-License-Identifier: Apache-2.0
 * Attachments coming in: fetched in pieces into the home, then decrypted to
 * where they were wanted. */
#include "client/attachments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/call.h"
#include "client/spool.h"

#define NAMES_MAX 1000 /* "name (1000)" and then no more */

static tacet_err damaged(client *c) {
  return client_fail(&c->detail, CLIENT_KEYS, "attachment-damaged",
                     "The file from the server is not the one that was sent; "
                     "nothing was kept of it: ask for it again.");
}

/* ---- fetching ---- */

static tacet_err get(client *c, const tacet_attachment *a, uint64_t first,
                     uint64_t last, client_mem *mem, tacet_span *out) {
  char capability[TACET_BASE64_LEN(32) + 1], range[64];
  tacet_base64url_write(tacet_span_of(a->blob, sizeof(a->blob)), capability);
  (void)snprintf(range, sizeof(range), "bytes=%llu-%llu",
                 (unsigned long long)first, (unsigned long long)last);
  client_header headers[2] = {{"Tacet-Capability", capability},
                              {"Range", range}};
  client_call call = {.half = CLIENT_DELIVERY,
                      .method = "GET",
                      .path = "/v1/blobs",
                      .headers = headers,
                      .n_headers = 2};
  client_reply reply;
  TACET_TRY(client_ask(c, &call, mem, &reply));
  if (reply.code == TACET_WIRE_BLOB || reply.code == TACET_WIRE_RANGE) {
    return client_fail(&c->detail, CLIENT_REFUSED, "expired",
                       "The server has this file no more (it keeps files for "
                       "45 days); ask for it again.");
  }
  TACET_TRY(client_expect_ok(c, &reply));
  if (reply.body.len == 0 || reply.body.len > last - first + 1) {
    return damaged(c);
  }
  *out = reply.body;
  return TACET_OK;
}

tacet_err client_blob_fetch(client *c, const tacet_attachment *a, size_t max,
                            client_mem *mem, tacet_span *out) {
  if (a->size > max) {
    return TACET_ERR_LIMIT;
  }
  uint64_t total = tacet_attachment_sealed_size(a->size);
  TACET_BUF(sealed, (size_t)total);
  while (sealed.len < total) {
    CLIENT_MEM(piece);
    tacet_span bytes;
    uint64_t last = sealed.len + TACET_BLOB_PIECE_MAX - 1;
    TACET_TRY(
        get(c, a, sealed.len, last < total ? last : total - 1, &piece, &bytes));
    tacet_write_bytes(&sealed, bytes);
    TACET_TRY(sealed.err);
  }
  uint8_t *plain = client_mem_alloc(mem, (size_t)a->size + TACET_CHUNK_LEN);
  if (plain == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_attachment_state state = {.next = 0};
  size_t at = 0, n = 0, len, want;
  while ((want = tacet_attachment_sealed_wants(a, &state)) > 0) {
    if (want > sealed.len - at ||
        tacet_attachment_open(a, &state, tacet_span_of(sealed.p + at, want),
                              plain + n, &len) != TACET_OK) {
      return damaged(c);
    }
    at += want;
    n += len;
  }
  *out = tacet_span_of(plain, n);
  return TACET_OK;
}

/* The encrypted file, in the home, as far as it is not there yet. */
static tacet_err fetch_sealed(client *c, const tacet_attachment *a,
                              const char *name, const char *path, int fd) {
  uint64_t total = tacet_attachment_sealed_size(a->size);
  struct stat st;
  if (fstat(fd, &st) != 0) {
    return client_os_failed(c, "read", path);
  }
  uint64_t have = (uint64_t)st.st_size;
  if (have > total || lseek(fd, (off_t)have, SEEK_SET) < 0) {
    return damaged(c);
  }
  while (have < total) {
    CLIENT_MEM(mem);
    tacet_span bytes;
    uint64_t last = have + TACET_BLOB_PIECE_MAX - 1;
    client_tell(c, "download", name, have, total);
    TACET_TRY(get(c, a, have, last < total ? last : total - 1, &mem, &bytes));
    TACET_TRY(client_write_all(c, fd, path, bytes));
    have += bytes.len;
  }
  client_tell(c, "download", name, total, total);
  return lseek(fd, 0, SEEK_SET) == 0 ? TACET_OK
                                     : client_os_failed(c, "read", path);
}

/* ---- decrypting ---- */

static tacet_err decrypt(client *c, const tacet_attachment *a, int in,
                         const char *in_path, int out, const char *out_path) {
  tacet_attachment_state state = {.next = 0};
  TACET_BYTES(sealed);
  TACET_BYTES(plain);
  TACET_TRY(tacet_bytes_new(&sealed, TACET_CHUNK_SEALED_MAX));
  TACET_TRY(tacet_bytes_new(&plain, TACET_CHUNK_LEN));
  size_t want, got, len;
  while ((want = tacet_attachment_sealed_wants(a, &state)) > 0) {
    TACET_TRY(client_read_some(c, in, in_path, sealed.p, want, &got));
    if (got != want ||
        tacet_attachment_open(a, &state, tacet_span_of(sealed.p, want), plain.p,
                              &len) != TACET_OK) {
      (void)unlink(in_path); /* fetch it anew next time */
      return damaged(c);
    }
    TACET_TRY(client_write_all(c, out, out_path, tacet_span_of(plain.p, len)));
  }
  return fsync(out) == 0 ? TACET_OK : client_os_failed(c, "write", out_path);
}

/* dir/name, "name (2)", ...: the n-th to try. The number goes before the last
 * dot. */
static tacet_err candidate(const char *dir, const char *name, int n,
                           client_mem *mem, const char **out) {
  if (n == 1) {
    return client_mem_printf(mem, out, "%s/%s", dir, name);
  }
  const char *dot = strrchr(name, '.');
  size_t stem =
      dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);
  return client_mem_printf(mem, out, "%s/%.*s (%d)%s", dir, (int)stem, name, n,
                           name + stem);
}

/* Gives the finished file a name that nobody has, without ever taking one away
 * from somebody. */
static tacet_err settle(client *c, const char *part, const char *dir,
                        const char *name, client_mem *mem, const char **out) {
  for (int n = 1; n <= NAMES_MAX; n++) {
    TACET_TRY(candidate(dir, name, n, mem, out));
    if (link(part, *out) == 0) {
      return TACET_OK;
    }
    if (errno == EEXIST) {
      continue;
    }
    /* No hard links here: look, then rename. */
    struct stat st;
    if (lstat(*out, &st) != 0 && rename(part, *out) == 0) {
      return TACET_OK;
    }
    if (errno != EEXIST) {
      return client_os_failed(c, "write", *out);
    }
  }
  errno = EEXIST;
  return client_os_failed(c, "find a free name for", name);
}

static tacet_err folders_make(client *c, const char *dir) {
  char path[4096];
  if ((size_t)snprintf(path, sizeof(path), "%s", dir) >= sizeof(path)) {
    errno = ENAMETOOLONG;
    return client_os_failed(c, "make the folder", dir);
  }
  for (char *p = path + 1;; p++) {
    if (*p != '/' && *p != '\0') {
      continue;
    }
    char kept = *p;
    *p = '\0';
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
      return client_os_failed(c, "make the folder", path);
    }
    *p = kept;
    if (kept == '\0') {
      return TACET_OK;
    }
  }
}

tacet_err client_file_fetch(client *c, const tacet_attachment *a,
                            const char *name, const char *dir, client_mem *mem,
                            const char **path) {
  const char *spool, *in_path, *safe, *part;
  TACET_TRY(folders_make(c, dir));
  TACET_TRY(client_spool_name(c, a, mem, &spool));
  TACET_TRY(client_spool_path(c, spool, mem, &in_path));
  TACET_TRY(client_file_name(tacet_span_str(name), mem, &safe));
  CLIENT_FD(in);
  in = open(in_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (in < 0) {
    return client_os_failed(c, "write", in_path);
  }
  TACET_TRY(fetch_sealed(c, a, name, in_path, in));
  TACET_TRY(client_mem_printf(mem, &part, "%s/.%s.part", dir, spool));
  CLIENT_FD(out);
  out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (out < 0) {
    return client_os_failed(c, "write", part);
  }
  tacet_err e = decrypt(c, a, in, in_path, out, part);
  if (e == TACET_OK) {
    e = settle(c, part, dir, safe, mem, path);
  }
  (void)unlink(part);
  TACET_TRY(e);
  (void)unlink(in_path);
  return TACET_OK;
}

tacet_err client_file_fetch_into(client *c, const tacet_attachment *a,
                                 const char *name, const char *path,
                                 uint64_t at) {
  CLIENT_MEM(mem);
  const char *spool, *in_path;
  TACET_TRY(client_spool_name(c, a, &mem, &spool));
  TACET_TRY(client_spool_path(c, spool, &mem, &in_path));
  CLIENT_FD(in);
  in = open(in_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (in < 0) {
    return client_os_failed(c, "write", in_path);
  }
  TACET_TRY(fetch_sealed(c, a, name, in_path, in));
  CLIENT_FD(out);
  out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (out < 0 || lseek(out, (off_t)at, SEEK_SET) < 0) {
    return client_os_failed(c, "write", path);
  }
  TACET_TRY(decrypt(c, a, in, in_path, out, path));
  (void)unlink(in_path);
  return TACET_OK;
}

/* ---- the record ---- */

static tacet_err file_of(client *c, tacet_span message, size_t index,
                         client_mem *mem, client_file *out) {
  TACET_BUF(key, 128);
  client_file_key(message, index, &key);
  TACET_TRY(key.err);
  return client_get(c, CLIENT_T_FILE, tacet_buf_span(&key), client_file_fields,
                    out, sizeof(*out), mem);
}

tacet_err client_file_saved(client *c, tacet_span message, size_t index,
                            client_mem *mem, const char **path) {
  client_file f;
  tacet_err e = file_of(c, message, index, mem, &f);
  *path = e == TACET_OK ? f.saved : NULL;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

tacet_err client_file_set_saved(client *c, tacet_span message, size_t index,
                                const char *path) {
  CLIENT_MEM(mem);
  client_file f;
  tacet_err e = file_of(c, message, index, &mem, &f);
  if (e == TACET_ERR_NOT_FOUND) {
    f = (client_file){.incoming = true};
    e = TACET_OK;
  }
  TACET_TRY(e);
  f.saved = path;
  TACET_BUF(key, 128);
  client_file_key(message, index, &key);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_put(c, CLIENT_T_FILE, tacet_buf_span(&key), TACET_SPAN_EMPTY,
                       0, client_file_fields, &f));
  return client_tx_commit(&tx);
}

tacet_err client_files_forget(client *c, tacet_span message) {
  for (size_t i = 0; i <= CLIENT_FILES_MAX; i++) {
    CLIENT_MEM(mem);
    client_file f;
    tacet_err e = file_of(c, message, i, &mem, &f);
    if (e == TACET_ERR_NOT_FOUND) {
      continue;
    }
    TACET_TRY(e);
    TACET_BUF(key, 128);
    client_file_key(message, i, &key);
    TACET_TRY(
        client_store_delete(c->store, CLIENT_T_FILE, tacet_buf_span(&key)));
    if (f.path != NULL) {
      (void)unlink(f.path); /* undone or not: it belongs to no message then */
    }
  }
  return TACET_OK;
}
