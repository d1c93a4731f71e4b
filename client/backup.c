/* SPDX-License-Identifier: Apache-2.0
 * Backups as files: written beside and renamed, read chunk by chunk. */
#include "client/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/chain.h"
#include "client/spool.h"
#include "tacet/content/attachment.h"
#include "tacet/crypto/pwhash.h"

static tacet_err start(const tacet_backup_head *head, tacet_span passphrase,
                       tacet_backup_stream *out) {
  TACET_SECRET(key);
  TACET_TRY(tacet_pwhash(passphrase,
                         tacet_span_of(head->salt, sizeof(head->salt)),
                         head->passes, head->memory, &key));
  return tacet_backup_stream_start(head, &key, out);
}

/* ---- writing ---- */

struct client_backup_writer {
  client *c;
  client_mem mem;
  const char *path, *part; /* the file, and what is written meanwhile */
  int fd;
  bool made, renamed;
  tacet_backup_stream stream;
  uint8_t *chunk; /* room for a sealed one */
  size_t fill;
  uint64_t total; /* bytes of plaintext so far */
  uint8_t hash[32];
};

void client_backup_writer_free(client_backup_writer *w) {
  if (w == NULL) {
    return;
  }
  client_fd_close(&w->fd);
  if (w->made && !w->renamed) {
    (void)unlink(w->part);
  }
  if (w->chunk != NULL) {
    tacet_free_wiped(w->chunk, TACET_BACKUP_SEALED_MAX);
  }
  client_mem_free(&w->mem);
  tacet_free_wiped(w, sizeof(*w));
}

static void writer_cleanup(client_backup_writer **w) {
  client_backup_writer_free(*w);
}

/* Locked before it is emptied: two that write to one name would mix. */
static tacet_err part_open(client_backup_writer *w) {
  w->fd = open(w->part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (w->fd < 0) {
    return client_os_failed(w->c, "write", w->part);
  }
  if (flock(w->fd, LOCK_EX | LOCK_NB) != 0) {
    return client_fail(&w->c->detail, CLIENT_FAILED, "busy",
                       "Another program is writing %.300s; wait for it.",
                       w->part);
  }
  w->made = true;
  return ftruncate(w->fd, 0) == 0 ? TACET_OK
                                  : client_os_failed(w->c, "write", w->part);
}

tacet_err client_backup_create(client *c, const char *path,
                               tacet_span passphrase, bool is_key,
                               client_backup_writer **out) {
  const client_env *env = c->env;
  struct stat st;
  if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
    return client_fail(&c->detail, CLIENT_USAGE, "is-folder",
                       "%.300s is no ordinary file; name one to write to.",
                       path);
  }
  TACET_CLEANUP(writer_cleanup)
  client_backup_writer *w = tacet_alloc(sizeof(*w));
  if (w == NULL) {
    return TACET_ERR_NOMEM;
  }
  w->c = c;
  w->fd = -1;
  w->chunk = tacet_alloc(TACET_BACKUP_SEALED_MAX);
  if (w->chunk == NULL) {
    return TACET_ERR_NOMEM;
  }
  TACET_TRY(client_mem_text(&w->mem, tacet_span_str(path), &w->path));
  TACET_TRY(client_mem_printf(&w->mem, &w->part, "%s.part", path));
  tacet_backup_head head = {
      .passes = env->pwhash_passes ? env->pwhash_passes : TACET_PWHASH_PASSES,
      .memory = env->pwhash_memory ? env->pwhash_memory : TACET_PWHASH_MEMORY};
  if (is_key) {
    head.passes = 1;
    head.memory = 8;
  }
  TACET_TRY(tacet_random(head.salt, sizeof(head.salt)));
  TACET_TRY(tacet_random(head.prefix, sizeof(head.prefix)));
  TACET_TRY(part_open(w));
  TACET_TRY(start(&head, passphrase, &w->stream));
  TACET_TRY(
      client_write_all(c, w->fd, w->part,
                       tacet_span_of(w->stream.head, sizeof(w->stream.head))));
  *out = w;
  w = NULL;
  return TACET_OK;
}

static tacet_err flush(client_backup_writer *w, bool last) {
  TACET_TRY(tacet_backup_seal(&w->stream, tacet_span_of(w->chunk, w->fill),
                              last, w->chunk));
  tacet_span sealed = tacet_span_of(w->chunk, w->fill + 16);
  w->fill = 0;
  TACET_TRY(client_check_interrupt(w->c));
  return client_write_all(w->c, w->fd, w->part, sealed);
}

/* A full chunk waits for what follows it: only then is it not the last. p NULL:
 * zeros. */
static tacet_err put_bytes(client_backup_writer *w, const uint8_t *p,
                           size_t len) {
  while (len > 0) {
    if (w->fill == TACET_BACKUP_CHUNK) {
      TACET_TRY(flush(w, false));
    }
    size_t n = TACET_BACKUP_CHUNK - w->fill;
    n = n < len ? n : len;
    if (p != NULL) {
      memcpy(w->chunk + w->fill, p, n);
      p += n;
    } else {
      memset(w->chunk + w->fill, 0, n);
    }
    w->fill += n;
    w->total += n;
    len -= n;
  }
  return TACET_OK;
}

tacet_err client_backup_put(client_backup_writer *w,
                            const tacet_backup_record *r) {
  TACET_BUF(buf, TACET_BACKUP_RECORD_MAX + 8);
  tacet_backup_record_write(&buf, r);
  TACET_TRY(buf.err);
  TACET_TRY(tacet_backup_hash(w->hash, tacet_buf_span(&buf)));
  return put_bytes(w, buf.p, buf.len);
}

static tacet_err folder_sync(client_backup_writer *w) {
  CLIENT_FD(fd);
  const char *slash = strrchr(w->path, '/'), *folder = ".";
  if (slash != NULL) {
    size_t len = slash == w->path ? 1 : (size_t)(slash - w->path);
    TACET_TRY(client_mem_text(&w->mem, tacet_span_of(w->path, len), &folder));
  }
  fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 && fsync(fd) == 0 ? TACET_OK
                                   : client_os_failed(w->c, "write", folder);
}

tacet_err client_backup_done(client_backup_writer *w, tacet_backup_end *end) {
  const client_self *self = &w->c->self;
  tacet_manifest newest;
  TACET_TRY(client_chain_newest(w->c, client_id_span(self->account), &newest));
  end->manifest = newest.number;
  memcpy(end->device, self->device, sizeof(end->device));
  TACET_TRY(tacet_backup_sign(end, w->hash, &self->device_key));
  tacet_backup_record last = {.type = TACET_BACKUP_END, .u.end = *end};
  TACET_TRY(client_backup_put(w, &last));
  TACET_TRY(put_bytes(w, NULL, tacet_padme(w->total) - w->total));
  TACET_TRY(flush(w, true));
  if (fsync(w->fd) != 0 || rename(w->part, w->path) != 0) {
    return client_os_failed(w->c, "write", w->path);
  }
  w->renamed = true;
  return folder_sync(w);
}

/* ---- reading ---- */

#define READ_MAX (TACET_BACKUP_RECORD_MAX + 2 * TACET_BACKUP_SEALED_MAX)

struct client_backup_reader {
  client *c;
  client_mem mem;
  const char *path;
  int fd;
  tacet_backup_stream stream;
  uint8_t *ahead; /* the next sealed chunk: whether one follows says which is
                     the last */
  size_t n_ahead;
  uint8_t *plain; /* READ_MAX bytes, of which at .. fill are not used yet */
  size_t at, fill;
  uint64_t total, size; /* of plaintext that was used; of the file */
  uint64_t n_read;
  uint8_t hash[32];
  bool first; /* nothing was opened yet */
};

const char *client_backup_path(const client_backup_reader *r) {
  return r->path;
}

void client_backup_reader_free(client_backup_reader *r) {
  if (r == NULL) {
    return;
  }
  client_fd_close(&r->fd);
  if (r->ahead != NULL) {
    tacet_free_wiped(r->ahead, TACET_BACKUP_SEALED_MAX);
  }
  if (r->plain != NULL) {
    tacet_free_wiped(r->plain, READ_MAX);
  }
  client_mem_free(&r->mem);
  tacet_free_wiped(r, sizeof(*r));
}

static void reader_cleanup(client_backup_reader **r) {
  client_backup_reader_free(*r);
}

tacet_err client_backup_damaged(client_backup_reader *r) {
  return client_fail(&r->c->detail, CLIENT_FAILED, "damaged",
                     "%.300s is damaged or cut short; nothing of it was "
                     "imported: use another copy of it.",
                     r->path);
}

static tacet_err read_ahead(client_backup_reader *r) {
  size_t n = 0;
  TACET_TRY(client_read_some(r->c, r->fd, r->path, r->ahead,
                             TACET_BACKUP_SEALED_MAX, &n));
  r->n_ahead = n;
  r->n_read += n;
  client_tell(r->c, "import", NULL, r->n_read < r->size ? r->n_read : r->size,
              r->size);
  return client_check_interrupt(r->c);
}

static tacet_err open_file(client_backup_reader *r) {
  struct stat st;
  r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
  if (r->fd < 0 && errno == ENOENT) {
    return client_fail(&r->c->detail, CLIENT_USAGE, "no-such-file",
                       "There is no such file: %.400s.", r->path);
  }
  if (r->fd < 0 || fstat(r->fd, &st) != 0) {
    return client_os_failed(r->c, "read", r->path);
  }
  r->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
  return TACET_OK;
}

static tacet_err read_head(client_backup_reader *r, tacet_span passphrase) {
  uint8_t bytes[TACET_BACKUP_HEAD_LEN];
  size_t n = 0;
  tacet_backup_head head;
  TACET_TRY(client_read_some(r->c, r->fd, r->path, bytes, sizeof(bytes), &n));
  r->n_read = n;
  tacet_err e = tacet_backup_head_parse(tacet_span_of(bytes, n), &head);
  if (e == TACET_ERR_VERSION) {
    return client_fail(&r->c->detail, CLIENT_FAILED, "newer-version",
                       "%.300s was written by a newer version of tacet; update "
                       "this program.",
                       r->path);
  }
  if (e != TACET_OK) {
    return client_fail(&r->c->detail, CLIENT_USAGE, "no-backup",
                       "%.300s is not a backup that tacet export made.",
                       r->path);
  }
  e = start(&head, passphrase, &r->stream);
  return e == TACET_ERR_LIMIT ? client_backup_damaged(r) : e;
}

tacet_err client_backup_read(client *c, const char *path, tacet_span passphrase,
                             client_backup_reader **out) {
  TACET_CLEANUP(reader_cleanup)
  client_backup_reader *r = tacet_alloc(sizeof(*r));
  if (r == NULL) {
    return TACET_ERR_NOMEM;
  }
  r->c = c;
  r->fd = -1;
  r->first = true;
  r->ahead = tacet_alloc(TACET_BACKUP_SEALED_MAX);
  r->plain = tacet_alloc(READ_MAX);
  if (r->ahead == NULL || r->plain == NULL) {
    return TACET_ERR_NOMEM;
  }
  TACET_TRY(client_mem_text(&r->mem, tacet_span_str(path), &r->path));
  TACET_TRY(open_file(r));
  TACET_TRY(read_head(r, passphrase));
  TACET_TRY(read_ahead(r));
  *out = r;
  r = NULL;
  return TACET_OK;
}

/* Opens the chunk that was read ahead, behind what is not used yet. */
static tacet_err next_chunk(client_backup_reader *r) {
  size_t len = r->n_ahead;
  memmove(r->plain, r->plain + r->at, r->fill - r->at);
  r->fill -= r->at;
  r->at = 0;
  if (READ_MAX - r->fill < TACET_BACKUP_SEALED_MAX || r->stream.over) {
    return client_backup_damaged(r);
  }
  uint8_t *to = r->plain + r->fill;
  memcpy(to, r->ahead, len);
  TACET_TRY(read_ahead(r));
  tacet_err e = tacet_backup_open(&r->stream, tacet_span_of(to, len),
                                  r->n_ahead == 0, to);
  if (e == TACET_ERR_AUTH && r->first) {
    return client_fail(&r->c->detail, CLIENT_FAILED, "wrong-passphrase",
                       "The passphrase does not open %.300s, or its beginning "
                       "is damaged; nothing was imported.",
                       r->path);
  }
  if (e == TACET_ERR_AUTH) {
    return client_backup_damaged(r);
  }
  TACET_TRY(e);
  r->first = false;
  r->fill += len - 16;
  return TACET_OK;
}

/* By a device that this account had: its own chain, as this home knows it. */
static tacet_err check_end(client_backup_reader *r,
                           const tacet_backup_end *end) {
  client *c = r->c;
  tacet_manifest m;
  tacet_err e =
      client_chain_at(c, client_id_span(c->self.account), end->manifest, &m);
  const tacet_device *d =
      e == TACET_OK ? tacet_manifest_device(&m, end->device) : NULL;
  if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
    return e;
  }
  if (d != NULL) {
    e = tacet_backup_verify(end, r->hash, d->key);
    if (e == TACET_OK || tacet_err_kind(e) == TACET_KIND_LOCAL) {
      return e;
    }
  }
  return client_fail(&c->detail, CLIENT_KEYS, "not-yours",
                     "%.300s was not made by a device of %s; nothing of it was "
                     "imported.",
                     r->path, c->self.handle);
}

/* What is behind the last record: zeros, as many as its size asks for. */
static tacet_err check_padding(client_backup_reader *r) {
  uint64_t left = tacet_padme(r->total) - r->total;
  for (;;) {
    for (; r->at < r->fill; r->at++, left--) {
      if (r->plain[r->at] != 0 || left == 0) {
        return client_backup_damaged(r);
      }
    }
    if (r->stream.over) {
      return left == 0 ? TACET_OK : client_backup_damaged(r);
    }
    TACET_TRY(next_chunk(r));
  }
}

tacet_err client_backup_next(client_backup_reader *r,
                             tacet_backup_record *out) {
  size_t used = 0;
  tacet_backup_record record;
  tacet_err e;
  while ((e = tacet_backup_record_read(
              tacet_span_of(r->plain + r->at, r->fill - r->at), &record,
              &used)) == TACET_ERR_TRUNCATED) {
    TACET_TRY(next_chunk(r));
  }
  if (e != TACET_OK) {
    return client_backup_damaged(r);
  }
  tacet_span bytes = tacet_span_of(r->plain + r->at, used);
  r->at += used;
  r->total += used;
  if (record.type == TACET_BACKUP_END) {
    TACET_TRY(check_end(r, &record.u.end));
    TACET_TRY(check_padding(r));
  } else {
    TACET_TRY(tacet_backup_hash(r->hash, bytes));
  }
  *out = record;
  return TACET_OK;
}
