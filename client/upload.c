/* SPDX-License-Identifier: Apache-2.0
 * Attachments going out: encrypted into the home, uploaded in pieces. */
#include "client/attachments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/call.h"
#include "client/spool.h"
#include "client/tokens.h"
#include "tacet/content/envelope.h"

#define REFERENCE_MAX 256
#define UPLOAD_TRIES 4 /* with other tokens */

void client_file_key(tacet_span message, size_t index, tacet_buf *w) {
  tacet_write_vec(w, message);
  tacet_write_u32(w, (uint32_t)index);
}

/* ---- encrypting ---- */

/* Where the plain bytes come from: a file or memory. */
typedef struct source {
  int fd;
  const char *path;
  tacet_span bytes; /* what is left of them */
} source;

static tacet_err take(client *c, source *s, uint8_t *out, size_t want) {
  size_t got = 0;
  if (s->fd >= 0) {
    TACET_TRY(client_read_some(c, s->fd, s->path, out, want, &got));
  } else {
    got = want < s->bytes.len ? want : s->bytes.len;
    if (got > 0) {
      memcpy(out, s->bytes.p, got);
    }
    s->bytes.p += got;
    s->bytes.len -= got;
  }
  if (got != want) {
    return client_fail(&c->detail, CLIENT_FAILED, "file-changed",
                       "%.300s became shorter while it was read; send it when "
                       "nobody writes to it.",
                       s->path);
  }
  return TACET_OK;
}

static tacet_err encrypt_to(client *c, source *s, int fd, const char *path,
                            tacet_attachment *a) {
  tacet_attachment_state state = {.next = 0};
  uint32_t chunks = tacet_attachment_chunks(a->size);
  TACET_BYTES(plain);
  TACET_BYTES(sealed);
  TACET_TRY(tacet_bytes_new(&plain, TACET_CHUNK_LEN));
  TACET_TRY(tacet_bytes_new(&sealed, TACET_CHUNK_SEALED_MAX));
  for (uint32_t i = 0; i < chunks; i++) {
    size_t want = tacet_attachment_wants(a, &state), len = 0;
    TACET_TRY(take(c, s, plain.p, want));
    TACET_TRY(tacet_attachment_seal(a, &state, tacet_span_of(plain.p, want),
                                    sealed.p, &len));
    TACET_TRY(client_write_all(c, fd, path, tacet_span_of(sealed.p, len)));
    if (i % 64 == 0) {
      TACET_TRY(client_check_interrupt(c));
      client_tell(c, "encrypt", s->path, i, chunks);
    }
  }
  memcpy(a->hash, state.hash, sizeof(a->hash));
  return TACET_OK;
}

static tacet_err encrypt(client *c, source *s, uint64_t size, client_mem *mem,
                         tacet_attachment *out, const char **path) {
  tacet_attachment a;
  const char *name, *copy;
  TACET_TRY(tacet_attachment_new(size, &a));
  TACET_TRY(client_spool_name(c, &a, mem, &name));
  TACET_TRY(client_spool_path(c, name, mem, &copy));
  CLIENT_FD(fd);
  fd = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return client_os_failed(c, "write", copy);
  }
  tacet_err e = encrypt_to(c, s, fd, copy, &a);
  if (e == TACET_OK && fsync(fd) != 0) {
    e = client_os_failed(c, "write", copy);
  }
  if (e != TACET_OK) {
    (void)unlink(copy);
    return e;
  }
  *out = a;
  *path = copy;
  tacet_wipe(&a, sizeof(a));
  return TACET_OK;
}

static tacet_err open_plain(client *c, const char *path, int *fd,
                            uint64_t *size) {
  struct stat st;
  *fd = open(path, O_RDONLY | O_CLOEXEC);
  if (*fd < 0 && errno == ENOENT) {
    return client_fail(&c->detail, CLIENT_USAGE, "no-such-file",
                       "There is no such file: %.400s.", path);
  }
  if (*fd < 0 || fstat(*fd, &st) != 0) {
    return client_os_failed(c, "read", path);
  }
  if (!S_ISREG(st.st_mode)) {
    return client_fail(&c->detail, CLIENT_USAGE, "is-folder",
                       "%.400s is %s; send a file, or an archive of it.", path,
                       S_ISDIR(st.st_mode) ? "a folder" : "no ordinary file");
  }
  if ((uint64_t)st.st_size > CLIENT_FILE_MAX) {
    return client_fail(&c->detail, CLIENT_USAGE, "file-too-large",
                       "%.300s is too large: at most 100 MiB can be sent.",
                       path);
  }
  *size = (uint64_t)st.st_size;
  return TACET_OK;
}

tacet_err client_file_encrypt(client *c, const char *plain, client_mem *mem,
                              tacet_attachment *a, const char **path) {
  CLIENT_FD(fd);
  uint64_t size = 0;
  TACET_TRY(open_plain(c, plain, &fd, &size));
  source s = {.fd = fd, .path = plain};
  return encrypt(c, &s, size, mem, a, path);
}

tacet_err client_range_encrypt(client *c, const char *plain, uint64_t at,
                               uint64_t len, client_mem *mem,
                               tacet_attachment *a, const char **path) {
  CLIENT_FD(fd);
  fd = open(plain, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || lseek(fd, (off_t)at, SEEK_SET) < 0) {
    return client_os_failed(c, "read", plain);
  }
  source s = {.fd = fd, .path = plain};
  return encrypt(c, &s, len, mem, a, path);
}

tacet_err client_bytes_encrypt(client *c, tacet_span plain, client_mem *mem,
                               tacet_attachment *a, const char **path) {
  source s = {.fd = -1, .path = "text", .bytes = plain};
  return encrypt(c, &s, plain.len, mem, a, path);
}

/* ---- the record ---- */

tacet_err client_file_queue(client *c, tacet_span key,
                            const tacet_attachment *a, const char *path,
                            uint32_t users) {
  TACET_BUF(w, REFERENCE_MAX);
  tacet_attachment_write(&w, a);
  TACET_TRY(w.err);
  client_file f = {.path = path,
                   .size = tacet_attachment_sealed_size(a->size),
                   .blob = tacet_buf_span(&w),
                   .users = users};
  return client_put(c, CLIENT_T_FILE, key, TACET_SPAN_EMPTY, 0,
                    client_file_fields, &f);
}

tacet_err client_file_release(client *c, tacet_span key) {
  CLIENT_MEM(mem);
  client_file f;
  tacet_err e = client_get(c, CLIENT_T_FILE, key, client_file_fields, &f,
                           sizeof(f), &mem);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  if (f.users <= 1) { /* the encrypted copy, if it is there: swept */
    return client_store_delete(c->store, CLIENT_T_FILE, key);
  }
  f.users--;
  return client_put(c, CLIENT_T_FILE, key, TACET_SPAN_EMPTY, 0,
                    client_file_fields, &f);
}

static tacet_err save(client *c, tacet_span key, client_file *f) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_put(c, CLIENT_T_FILE, key, TACET_SPAN_EMPTY, 0,
                       client_file_fields, f));
  return client_tx_commit(&tx);
}

/* ---- uploading ---- */

typedef struct upload {
  client_file f;
  tacet_span key;
  char capability[TACET_BASE64_LEN(32) + 1];
} upload;

/* Moves the tokens that the blob costs from the store into the record, so that
 * a repeated first piece shows the same ones. */
static tacet_err set_tokens(client *c, upload *u, client_mem *mem) {
  size_t n = tacet_blob_tokens(u->f.size);
  TACET_BUF(w, n * TACET_TOKEN_LEN);
  CLIENT_TX(tx);
  for (size_t i = 0; i < n; i++) { /* draws, if need be, before the change */
    tacet_span token;
    TACET_TRY(client_tokens_pick(c, TACET_TOKEN_DELIVERY, i, mem, &token));
    tacet_write_bytes(&w, token);
  }
  TACET_TRY(client_mem_take(mem, &w, &u->f.tokens));
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(client_tokens_spent(
        c,
        tacet_span_of(u->f.tokens.p + i * TACET_TOKEN_LEN, TACET_TOKEN_LEN)));
  }
  TACET_TRY(client_put(c, CLIENT_T_FILE, u->key, TACET_SPAN_EMPTY, 0,
                       client_file_fields, &u->f));
  return client_tx_commit(&tx);
}

static tacet_err tokens_text(const upload *u, client_mem *mem,
                             const char **out) {
  size_t n = u->f.tokens.len / TACET_TOKEN_LEN;
  char *p = client_mem_alloc(mem, n * TACET_TOKEN_TEXT_MAX + 1);
  if (p == NULL) {
    return TACET_ERR_NOMEM;
  }
  *out = p;
  for (size_t i = 0; i < n; i++) {
    if (i > 0) {
      *p++ = ',';
    }
    tacet_base64url_write(
        tacet_span_of(u->f.tokens.p + i * TACET_TOKEN_LEN, TACET_TOKEN_LEN), p);
    p += strlen(p);
  }
  return TACET_OK;
}

static tacet_err put(client *c, const upload *u, const char *range,
                     const char *tokens, tacet_span piece, client_mem *mem,
                     client_reply *out) {
  client_header headers[3] = {{"Tacet-Capability", u->capability},
                              {"Content-Range", range},
                              {"Tacet-Token", tokens}};
  client_call call = {.half = CLIENT_DELIVERY,
                      .method = "PUT",
                      .path = "/v1/blobs",
                      .headers = headers,
                      .n_headers = tokens != NULL ? 3 : 2,
                      .body = piece};
  return client_ask(c, &call, mem, out);
}

/* How much the server has. */
static tacet_err ask_state(client *c, upload *u) {
  CLIENT_MEM(mem);
  char range[48];
  client_reply reply;
  tacet_blob_state state = {0, 0};
  (void)snprintf(range, sizeof(range), "bytes */%llu",
                 (unsigned long long)u->f.size);
  TACET_TRY(put(c, u, range, NULL, TACET_SPAN_EMPTY, &mem, &reply));
  if (reply.status == 200 || reply.status == 201) {
    TACET_TRY(tacet_blob_state_parse(reply.body, &state));
  } else if (reply.code != TACET_WIRE_BLOB) {
    return client_expect_ok(c, &reply);
  }
  u->f.done = state.total == u->f.size ? state.received : 0;
  return TACET_OK;
}

static tacet_err put_piece(client *c, upload *u, tacet_span piece,
                           client_mem *mem, client_reply *reply) {
  char range[96];
  const char *tokens = NULL;
  (void)snprintf(range, sizeof(range), "bytes %llu-%llu/%llu",
                 (unsigned long long)u->f.done,
                 (unsigned long long)(u->f.done + piece.len - 1),
                 (unsigned long long)u->f.size);
  if (u->f.done == 0) {
    if (u->f.tokens.len == 0) {
      TACET_TRY(set_tokens(c, u, mem));
    }
    TACET_TRY(tokens_text(u, mem, &tokens));
  }
  return put(c, u, range, tokens, piece, mem, reply);
}

static tacet_err copy_damaged(client *c) {
  return client_fail(&c->detail, CLIENT_REFUSED, "copy-damaged",
                     "The encrypted copy of a file in the home is damaged or "
                     "gone; send the file again.");
}

/* One piece after the other, from u->f.done on. */
static tacet_err put_pieces(client *c, upload *u, int fd, const char *name) {
  TACET_BYTES(piece);
  TACET_TRY(tacet_bytes_new(&piece, TACET_BLOB_PIECE_MAX));
  for (int tries = 0; u->f.done < u->f.size;) {
    CLIENT_MEM(mem);
    client_reply reply;
    size_t len;
    client_tell(c, "upload", name, u->f.done, u->f.size);
    if (lseek(fd, (off_t)u->f.done, SEEK_SET) < 0) {
      return client_os_failed(c, "read", u->f.path);
    }
    TACET_TRY(client_read_some(c, fd, u->f.path, piece.p, piece.len, &len));
    if (len == 0) {
      return copy_damaged(c);
    }
    TACET_TRY(put_piece(c, u, tacet_span_of(piece.p, len), &mem, &reply));
    if (reply.status == 200 || reply.status == 201) {
      u->f.done += len;
    } else if (reply.status == 409) { /* an answer was lost: where is it? */
      TACET_TRY(ask_state(c, u));
    } else if (client_tokens_refused(reply.code) && tries < UPLOAD_TRIES) {
      u->f.tokens = TACET_SPAN_EMPTY;
    } else {
      return client_expect_ok(c, &reply);
    }
    tries += reply.status >= 400 ? 1 : 0;
    if (tries > UPLOAD_TRIES) {
      return TACET_ERR_CLOSED;
    }
  }
  client_tell(c, "upload", name, u->f.size, u->f.size);
  return TACET_OK;
}

tacet_err client_file_upload(client *c, tacet_span key, const char *name) {
  CLIENT_MEM(mem);
  upload u = {.key = key};
  tacet_err e = client_get(c, CLIENT_T_FILE, key, client_file_fields, &u.f,
                           sizeof(u.f), &mem);
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && u.f.path == NULL)) {
    return TACET_OK;
  }
  TACET_TRY(e);
  tacet_reader r = tacet_reader_over(u.f.blob, &e);
  tacet_attachment a;
  tacet_attachment_read(&r, &a);
  TACET_TRY(e);
  tacet_base64url_write(tacet_span_of(a.blob, sizeof(a.blob)), u.capability);
  CLIENT_FD(fd);
  fd = open(u.f.path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? copy_damaged(c)
                           : client_os_failed(c, "read", u.f.path);
  }
  if (u.f.tokens.len > 0) { /* an earlier try may have got somewhere */
    TACET_TRY(ask_state(c, &u));
  }
  TACET_TRY(put_pieces(c, &u, fd, name));
  const char *copy = u.f.path;
  u.f.path = NULL;
  u.f.tokens = TACET_SPAN_EMPTY;
  TACET_TRY(save(c, key, &u.f));
  (void)unlink(copy);
  return TACET_OK;
}
