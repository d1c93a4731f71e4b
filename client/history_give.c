/* SPDX-License-Identifier: Apache-2.0
 * History, on the device that gives it. */
#include "client/history.h"

#include <sys/stat.h>
#include <unistd.h>

#include "client/attachments.h"
#include "client/backup.h"
#include "client/chain.h"
#include "client/clock.h"
#include "client/devsync.h"
#include "client/events.h"
#include "client/members.h"
#include "client/spool.h"

#define PARENT TACET_SPAN_LIT("history out")
#define PART_MAX ((uint64_t)64 << 20) /* bytes of a file */
#define LIFE (40 * CLIENT_DAY)        /* the server keeps it for 45 */

void client_history_out_fields(client_fields *f, void *record) {
  client_history_out *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->device, sizeof(r->device));
  client_field_fixed(f, r->secret, sizeof(r->secret));
  client_field_u32(f, &r->n_parts);
  client_field_bool(f, &r->ready);
  client_field_u64(f, &r->made_at);
}

static void record_wipe(client_history_out *r) {
  tacet_wipe(r, sizeof(*r));
}

static void key_of(const uint8_t *device, tacet_buf *w) {
  tacet_write_bytes(w, PARENT);
  tacet_write_bytes(w, tacet_span_of(device, CLIENT_DEVICE_ID_LEN));
}

static void part_key(const uint8_t *device, uint32_t i, tacet_buf *w) {
  TACET_BUF(name, 64);
  key_of(device, &name);
  client_file_key(tacet_buf_span(&name), i, w);
}

static tacet_err load(client *c, const uint8_t *device, client_mem *mem,
                      client_history_out *out) {
  TACET_BUF(key, 64);
  key_of(device, &key);
  TACET_TRY(key.err);
  return client_get(c, CLIENT_T_SELF, tacet_buf_span(&key),
                    client_history_out_fields, out, sizeof(*out), mem);
}

static tacet_err save(client *c, client_history_out *r) {
  TACET_BUF(key, 64);
  key_of(r->device, &key);
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_SELF, tacet_buf_span(&key), PARENT, 0,
                    client_history_out_fields, r);
}

/* With its files: copies that were not uploaded are swept from the spool. */
static tacet_err forget(client *c, const client_history_out *r) {
  TACET_BUF(key, 64);
  for (uint32_t i = 0; i < r->n_parts; i++) {
    TACET_BUF(part, 128);
    part_key(r->device, i, &part);
    TACET_TRY(part.err);
    TACET_TRY(client_file_release(c, tacet_buf_span(&part)));
  }
  key_of(r->device, &key);
  TACET_TRY(key.err);
  return client_store_delete(c->store, CLIENT_T_SELF, tacet_buf_span(&key));
}

tacet_err client_history_give(client *c, const uint8_t *device) {
  uint8_t id[1][CLIENT_ID_LEN] = {{0}};
  client_job job = {
      .kind = CLIENT_JOB_HISTORY_GIVE, .accounts = id, .n_accounts = 1};
  memcpy(id[0], device, CLIENT_DEVICE_ID_LEN);
  return client_job_add(c, &job);
}

/* ---- making it ---- */

static void plain_remove(const char **path) {
  if (*path != NULL) {
    (void)unlink(*path);
  }
}

static tacet_err too_large(client *c) {
  return client_fail(&c->detail, CLIENT_REFUSED, "history-too-large",
                     "The history is larger than what can follow a device; use "
                     "tacet export here and tacet import there.");
}

/* Encrypts the file in pieces, each of which is queued for upload. */
static tacet_err cut(client *c, const char *path, client_history_out *r,
                     client_mem *mem, tacet_attachment *parts,
                     const char **copies) {
  uint64_t most = c->env->history_part != 0 ? c->env->history_part : PART_MAX;
  struct stat st;
  if (stat(path, &st) != 0) {
    return client_os_failed(c, "read", path);
  }
  uint64_t size = (uint64_t)st.st_size;
  for (uint64_t at = 0; at < size; at += most) {
    uint64_t len = size - at < most ? size - at : most;
    if (r->n_parts == TACET_SYNC_PARTS_MAX) {
      return too_large(c);
    }
    TACET_TRY(client_range_encrypt(c, path, at, len, mem, &parts[r->n_parts],
                                   &copies[r->n_parts]));
    r->n_parts++;
  }
  return TACET_OK;
}

static tacet_err queue(client *c, client_history_out *r,
                       const tacet_attachment *parts,
                       const char *const *copies) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (uint32_t i = 0; i < r->n_parts; i++) {
    TACET_BUF(key, 128);
    part_key(r->device, i, &key);
    TACET_TRY(key.err);
    TACET_TRY(
        client_file_queue(c, tacet_buf_span(&key), &parts[i], copies[i], 1));
  }
  TACET_TRY(save(c, r));
  return client_tx_commit(&tx);
}

/* A backup in the spool, encrypted under a secret that nobody has yet: what a
 * kill leaves of it is swept. */
static tacet_err make(client *c, const uint8_t *device, client_mem *mem,
                      client_history_out *out) {
  TACET_CLEANUP(record_wipe)
  client_history_out r = {.made_at = client_now(c)};
  TACET_CLEANUP(plain_remove) const char *path = NULL;
  const char *name, *passphrase, *copies[TACET_SYNC_PARTS_MAX];
  client_backup_counts counts;
  memcpy(r.device, device, sizeof(r.device));
  TACET_TRY(tacet_random(r.secret, sizeof(r.secret)));
  TACET_TRY(client_mem_hex(mem, tacet_span_of(r.secret, sizeof(r.secret)),
                           &passphrase));
  TACET_TRY(
      client_mem_hex(mem, tacet_span_of(r.device, sizeof(r.device)), &name));
  TACET_TRY(client_spool_path(c, name, mem, &path));
  TACET_TRY(
      client_home_write(c, path, tacet_span_str(passphrase), true, &counts));
  tacet_attachment *parts =
      client_mem_array(mem, TACET_SYNC_PARTS_MAX, sizeof(*parts));
  if (parts == NULL) {
    return TACET_ERR_NOMEM;
  }
  TACET_TRY(cut(c, path, &r, mem, parts, copies));
  TACET_TRY(queue(c, &r, parts, copies));
  *out = r;
  return TACET_OK;
}

/* ---- the job ---- */

static tacet_err upload(client *c, const client_history_out *r) {
  for (uint32_t i = 0; i < r->n_parts; i++) {
    TACET_BUF(key, 128);
    part_key(r->device, i, &key);
    TACET_TRY(key.err);
    TACET_TRY(client_file_upload(c, tacet_buf_span(&key), "history"));
  }
  return TACET_OK;
}

static tacet_err is_own_device(client *c, const uint8_t *device, bool *out) {
  tacet_manifest newest;
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &newest));
  *out = tacet_manifest_device(&newest, device) != NULL;
  return TACET_OK;
}

/* What cannot go on: nothing of it stays, and the user can export. */
static tacet_err give_up(client *c, const client_history_out *r,
                         const char *why) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(forget(c, r));
  TACET_TRY(client_event_warn(c, NULL, "history-not-given",
                              "The history was not given to the new device. %s "
                              "Use tacet export here and tacet import there.",
                              why));
  return client_tx_commit(&tx);
}

/* An answer that will be the same the next time. */
static bool is_final(const client_error *d) {
  return (d->kind == CLIENT_REFUSED || d->kind == CLIENT_USAGE ||
          d->kind == CLIENT_KEYS) &&
         strcmp(d->code, "quota") != 0;
}

static tacet_err make_ready(client *c, client_history_out *r) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  r->ready = true;
  TACET_TRY(save(c, r));
  TACET_TRY(client_sync_soon(c));
  return client_tx_commit(&tx);
}

tacet_err client_history_later(client *c, client_job *job) {
  CLIENT_TX(tx);
  client_error_clear(&c->detail);
  TACET_TRY(client_tx_begin(c->store, &tx));
  if (job->tries++ == 0) {
    TACET_TRY(client_event_warn(
        c, NULL, "disk-full",
        "There is no room on the disk for the history that follows a device; "
        "it is tried again every hour: make room."));
  }
  job->due = client_now(c) + CLIENT_HOUR;
  TACET_TRY(client_job_save(c, job));
  return client_tx_commit(&tx);
}

tacet_err client_history_give_run(client *c, client_job *job, bool *done) {
  CLIENT_MEM(mem);
  TACET_CLEANUP(record_wipe) client_history_out r = {.ready = false};
  const uint8_t *device = job->accounts[0];
  bool own;
  TACET_TRY(is_own_device(c, device, &own));
  tacet_err e = load(c, device, &mem, &r);
  *done = !own || (e == TACET_OK && r.ready);
  if (*done) {
    return TACET_OK; /* removed meanwhile: client_history_next() forgets it */
  }
  if (e == TACET_ERR_NOT_FOUND) {
    memcpy(r.device, device, sizeof(r.device));
    e = make(c, device, &mem, &r);
  }
  e = e == TACET_OK ? upload(c, &r) : e;
  if (e == TACET_ERR_FULL) {
    return client_history_later(c, job);
  }
  if (e != TACET_OK && is_final(&c->detail)) {
    client_error why = c->detail;
    client_error_clear(&c->detail);
    *done = true;
    return give_up(c, &r, why.text);
  }
  TACET_TRY(e);
  *done = true;
  return make_ready(c, &r);
}

/* ---- telling ---- */

static tacet_err is_in(client *c, client_session *s, const uint8_t *device,
                       bool *out) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  size_t n;
  *out = false;
  TACET_TRY(client_leaves(c, s->mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n; i++) {
    *out = *out ||
           (memcmp(leaves[i].who.device, device, CLIENT_DEVICE_ID_LEN) == 0 &&
            client_is_self(c, client_id_span(leaves[i].who.account)));
  }
  return TACET_OK;
}

static tacet_err entry_of(client *c, const client_history_out *r,
                          client_mem *mem, tacet_sync_entry *out) {
  tacet_sync_entry e = {.type = TACET_SYNC_HISTORY, .stamp = r->made_at};
  TACET_BUF(parts, (size_t)TACET_SYNC_PARTS_MAX * TACET_SYNC_PART_LEN);
  memcpy(e.by, c->self.device, sizeof(e.by));
  memcpy(e.device, r->device, sizeof(e.device));
  memcpy(e.secret, r->secret, sizeof(e.secret));
  for (uint32_t i = 0; i < r->n_parts; i++) {
    client_file f;
    TACET_BUF(key, 128);
    part_key(r->device, i, &key);
    TACET_TRY(key.err);
    TACET_TRY(client_get(c, CLIENT_T_FILE, tacet_buf_span(&key),
                         client_file_fields, &f, sizeof(f), mem));
    tacet_write_bytes(&parts, f.blob);
  }
  TACET_TRY(client_mem_take(mem, &parts, &e.parts));
  *out = e;
  tacet_wipe(&e, sizeof(e));
  return TACET_OK;
}

tacet_err client_history_next(client *c, client_session *s, client_mem *mem,
                              tacet_sync_entry *out, bool *any) {
  const client_row *rows;
  size_t n;
  client_range range = {.parent = PARENT};
  *any = false;
  TACET_TRY(client_store_list(c->store, CLIENT_T_SELF, &range, mem, &rows, &n));
  for (size_t i = 0; i < n && !*any; i++) {
    TACET_CLEANUP(record_wipe) client_history_out r;
    bool own, in;
    TACET_TRY(client_parse(c, &rows[i], client_history_out_fields, &r,
                           sizeof(r), mem));
    TACET_TRY(is_own_device(c, r.device, &own));
    TACET_TRY(is_in(c, s, r.device, &in));
    if (!own || (r.ready && client_since(c, r.made_at) > LIFE)) {
      TACET_TRY(forget(c, &r));
    } else if (r.ready && in) {
      TACET_TRY(entry_of(c, &r, mem, out));
      TACET_TRY(forget(c, &r));
      *any = true;
    }
  }
  return TACET_OK;
}
