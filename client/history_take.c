/* SPDX-License-Identifier: Apache-2.0
 * History, on the device that it follows. */
#include "client/history.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/attachments.h"
#include "client/backup.h"
#include "client/events.h"
#include "client/spool.h"
#include "tacet/content/envelope.h"

#define RECORD TACET_SPAN_LIT("history in")

void client_history_in_fields(client_fields *f, void *record) {
  client_history_in *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->by, sizeof(r->by));
  client_field_u64(f, &r->stamp);
  client_field_fixed(f, r->secret, sizeof(r->secret));
  client_field_span(f, &r->parts);
  client_field_u32(f, &r->n_done);
}

static void record_wipe(client_history_in *r) {
  tacet_wipe(r, sizeof(*r));
}

static tacet_err load(client *c, client_mem *mem, client_history_in *out) {
  return client_get(c, CLIENT_T_SELF, RECORD, client_history_in_fields, out,
                    sizeof(*out), mem);
}

static tacet_err save(client *c, client_history_in *r) {
  return client_put(c, CLIENT_T_SELF, RECORD, TACET_SPAN_EMPTY, 0,
                    client_history_in_fields, r);
}

/* The file in which it is put together. */
static tacet_err path_of(client *c, client_mem *mem, const char **out) {
  return client_spool_path(c, "history", mem, out);
}

/* A later one takes the place of one that is under way: it has all of that. */
tacet_err client_history_take(client *c, const tacet_sync_entry *e) {
  CLIENT_MEM(mem);
  TACET_CLEANUP(record_wipe)
  client_history_in r = {.stamp = e->stamp, .parts = e->parts}, before;
  if (memcmp(e->device, c->self.device, sizeof(e->device)) != 0) {
    return TACET_OK;
  }
  tacet_err err = load(c, &mem, &before);
  TACET_TRY(err == TACET_ERR_NOT_FOUND ? TACET_OK : err);
  bool under_way = err == TACET_OK;
  if (under_way &&
      !tacet_sync_is_later(e->stamp, e->by, before.stamp, before.by)) {
    return TACET_OK;
  }
  memcpy(r.by, e->by, sizeof(r.by));
  memcpy(r.secret, e->secret, sizeof(r.secret));
  TACET_TRY(save(c, &r));
  client_job job = {.kind = CLIENT_JOB_HISTORY_TAKE};
  return under_way ? TACET_OK : client_job_add(c, &job);
}

/* ---- fetching ---- */

static tacet_err next_part(const client_history_in *r, uint32_t i,
                           tacet_attachment *out) {
  tacet_err e = TACET_OK;
  tacet_reader reader = tacet_reader_over(
      tacet_span_of(r->parts.p + (size_t)i * TACET_SYNC_PART_LEN,
                    TACET_SYNC_PART_LEN),
      &e);
  tacet_attachment_read(&reader, out);
  return e;
}

static tacet_err save_done(client *c, client_history_in *r, uint32_t n) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  r->n_done = n;
  TACET_TRY(save(c, r));
  return client_tx_commit(&tx);
}

/* Those that are not in the file yet, each at its place. A file that is shorter
 * than what was written into it was lost: from the beginning. */
static tacet_err fetch(client *c, client_history_in *r, const char *path) {
  uint32_t n = (uint32_t)(r->parts.len / TACET_SYNC_PART_LEN);
  uint64_t at = 0;
  struct stat st;
  if (r->n_done == 0) {
    (void)unlink(path); /* of another one, perhaps */
  }
  bool there = stat(path, &st) == 0;
  for (uint32_t i = 0; i < n; i++) {
    tacet_attachment a;
    TACET_TRY(next_part(r, i, &a));
    if (i < r->n_done && (!there || (uint64_t)st.st_size < at + a.size)) {
      return save_done(c, r, 0); /* and once more */
    }
    if (i >= r->n_done) {
      TACET_TRY(client_file_fetch_into(c, &a, "history", path, at));
      TACET_TRY(save_done(c, r, i + 1));
    }
    at += a.size;
    tacet_wipe(&a, sizeof(a));
  }
  return TACET_OK;
}

/* ---- taking it in ---- */

static tacet_err forget(client *c, const client_job *job) {
  TACET_TRY(client_store_delete(c->store, CLIENT_T_SELF, RECORD));
  return client_job_finish(c, job->number, NULL);
}

/* All of it, what tells of it, and that there is nothing left to do, at once.
 */
static tacet_err take_in(client *c, const client_job *job,
                         const client_history_in *r, const char *path) {
  CLIENT_MEM(mem);
  const char *passphrase;
  client_backup_counts counts;
  TACET_TRY(client_mem_hex(&mem, tacet_span_of(r->secret, sizeof(r->secret)),
                           &passphrase));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_home_read(c, path, tacet_span_str(passphrase), &counts));
  TACET_TRY(client_event_history(c, counts.conversations, counts.messages));
  TACET_TRY(forget(c, job));
  return client_tx_commit(&tx);
}

/* What will not be different the next time. */
static bool is_final(const client_error *d) {
  static const char *const local[] = {"damaged", "wrong-passphrase",
                                      "newer-version"};
  bool mine = false;
  for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
    mine = mine || (d->kind == CLIENT_FAILED && strcmp(d->code, local[i]) == 0);
  }
  return mine || d->kind == CLIENT_REFUSED || d->kind == CLIENT_USAGE ||
         d->kind == CLIENT_KEYS;
}

static tacet_err give_up(client *c, const client_job *job, const char *why) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(forget(c, job));
  TACET_TRY(client_event_warn(
      c, NULL, "history-not-taken",
      "The history that your other device gave could not be taken in. %s Use "
      "tacet export there and tacet import here.",
      why));
  return client_tx_commit(&tx);
}

tacet_err client_history_take_run(client *c, client_job *job, bool *done) {
  CLIENT_MEM(mem);
  TACET_CLEANUP(record_wipe) client_history_in r = {.n_done = 0};
  const char *path;
  TACET_TRY(path_of(c, &mem, &path));
  tacet_err e = load(c, &mem, &r);
  *done = e == TACET_ERR_NOT_FOUND;
  if (*done) {
    return TACET_OK;
  }
  TACET_TRY(e);
  uint32_t n = (uint32_t)(r.parts.len / TACET_SYNC_PART_LEN);
  e = fetch(c, &r, path);
  if (e == TACET_OK && r.n_done < n) {
    return TACET_OK; /* again, from the beginning */
  }
  e = e == TACET_OK ? take_in(c, job, &r, path) : e;
  if (e == TACET_ERR_FULL) {
    (void)unlink(path);
    return client_history_later(c, job);
  }
  if (e != TACET_OK && is_final(&c->detail)) {
    client_error why = c->detail;
    client_error_clear(&c->detail);
    e = give_up(c, job, why.text);
  }
  TACET_TRY(e);
  (void)unlink(path);
  *done = false; /* the job is gone already */
  return TACET_OK;
}
