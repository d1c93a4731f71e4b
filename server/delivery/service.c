/* SPDX-License-Identifier: Apache-2.0
 * Opening and closing the delivery half. */
#include "server/delivery/private.h"

#include "tacet/crypto.h"

#include <stdlib.h>

/* Fetching, slots, tokens and files; more would only wait for the disk. */
#define READERS 3

static tacet_err database_path(const char *folder, char *out,
                               sto_trouble *why) {
  int n = snprintf(out, DLV_PATH_MAX, "%s/%s", folder, DLV_DATABASE);
  if (n < 0 || n >= DLV_PATH_MAX) {
    sto_trouble_set(why, "the name of the data folder is too long");
    return TACET_ERR_LIMIT;
  }
  return TACET_OK;
}

/* ---- hooks of the database ---- */

static tacet_err flush(void *user, sto_conn *c) {
  dlv_delivery *d = user;
  TACET_TRY(dlv_outgoing_write(&d->out, &d->boxes, c, dlv_today(d)));
  return dlv_boxes_write(&d->boxes, c);
}

static void committed(void *user) {
  dlv_delivery *d = user;
  dlv_outgoing_tell(&d->out, &d->hooks);
  dlv_boxes_trim(&d->boxes);
}

static void undo(void *user) {
  dlv_delivery *d = user;
  dlv_outgoing_clear(&d->out);
  dlv_boxes_clear(&d->boxes);
  sto_keeper_undo(&d->keeper);
}

static void telling(void *user, bool begins) {
  const dlv_delivery *d = user;
  if (d->hooks.telling != NULL) {
    d->hooks.telling(d->hooks.user, begins);
  }
}

static void tick(void *user) {
  sto_keeper_tick(&((dlv_delivery *)user)->keeper);
}

/* ---- opening ---- */

static sto_options options_of(const char *path, dlv_delivery *d,
                              const dlv_options *o) {
  return (sto_options){
      .path = path,
      .schema = &dlv_schema,
      .hooks = {.user = d,
                .flush = flush,
                .committed = committed,
                .undo = undo,
                .tick = tick,
                .telling = telling},
      .watch = d->watch,
      .n_readers = READERS,
      .queue_jobs_max = TACETD_WRITER_QUEUE_MAX,
      .queue_bytes_max = TACETD_WRITER_QUEUE_BYTES_MAX,
      .disk_reserve = o->disk_reserve,
      .vfs = o->vfs,
  };
}

/* Files that a crash left, while requests are served already. */
typedef struct file_sweep {
  sto_job job;
  dlv_delivery *d;
} file_sweep;
static tacet_err sweep_run(sto_job *job, sto_conn *c) {
  return dlv_blob_files_sweep(((file_sweep *)(void *)job)->d, c);
}
static void sweep_done(sto_job *job, tacet_err err) {
  (void)err; /* the next start tries again */
  free(job);
}

static void start_file_sweep(dlv_delivery *d) {
  file_sweep *s = calloc(1, sizeof(*s));
  if (s != NULL) {
    s->job = (sto_job){.run = sweep_run, .done = sweep_done};
    s->d = d;
    if (sto_read(d->db, &s->job) != TACET_OK) {
      free(s);
    }
  }
}

static dlv_delivery *delivery_new(const dlv_options *o) {
  dlv_delivery *d = calloc(1, sizeof(*d));
  if (d == NULL) {
    return NULL;
  }
  d->hooks = o->hooks;
  d->watch = o->watch;
  d->clock = o->clock != NULL ? *o->clock : sto_clock_system;
  d->folder = strdup(o->folder);
  sto_keeping of = dlv_keeping(d);
  if (d->folder == NULL ||
      sto_keeper_init(&d->keeper, &of, &d->clock, &d->watch) != TACET_OK) {
    free(d->folder);
    free(d);
    return NULL;
  }
  return d;
}

static tacet_err start(dlv_delivery *d, const dlv_options *o,
                       sto_trouble *why) {
  char path[DLV_PATH_MAX];
  TACET_TRY(database_path(o->folder, path, why));
  TACET_TRY(
      tok_issuer_open(o->folder, TACET_TOKEN_DELIVERY, 0, why, &d->issuer));
  sto_options s = options_of(path, d, o);
  TACET_TRY(sto_open(&s, false, why, &d->db));
  tacet_err err = sto_keeper_start(&d->keeper, d->db);
  if (err != TACET_OK) {
    sto_trouble_set(why, "the delivery database %s cannot be written: %s", path,
                    tacet_err_text(err));
    return err;
  }
  start_file_sweep(d);
  return TACET_OK;
}

tacet_err dlv_open(const dlv_options *o, sto_trouble *why, dlv_delivery **out) {
  dlv_delivery *d = delivery_new(o);
  if (d == NULL) {
    sto_trouble_set(why, "%s", tacet_err_text(TACET_ERR_NOMEM));
    return TACET_ERR_NOMEM;
  }
  tacet_err err = start(d, o, why);
  if (err != TACET_OK) {
    dlv_close(d);
    return err;
  }
  *out = d;
  return TACET_OK;
}

void dlv_close(dlv_delivery *d) {
  if (d == NULL) {
    return;
  }
  sto_keeper_stop(&d->keeper);
  sto_close(d->db);
  dlv_outgoing_free(&d->out);
  dlv_boxes_clear(&d->boxes);
  free(d->dead_blobs);
  tok_issuer_free(d->issuer);
  sto_keeper_free(&d->keeper);
  free(d->folder);
  free(d);
}

tacet_err dlv_create(const char *folder, sto_trouble *why) {
  char path[DLV_PATH_MAX];
  sto_db *db = NULL;
  TACET_TRY(database_path(folder, path, why));
  TACET_TRY(tok_issuer_create(folder, TACET_TOKEN_DELIVERY, why));
  TACET_TRY(dlv_blob_folder_make(folder, why));
  sto_options s = {.path = path,
                   .schema = &dlv_schema,
                   .n_readers = 1,
                   .queue_jobs_max = 1,
                   .queue_bytes_max = 1};
  TACET_TRY(sto_open(&s, true, why, &db));
  sto_close(db);
  return TACET_OK;
}

void dlv_stats_get(dlv_delivery *d, dlv_stats *out) {
  sto_stats_get(d->db, &out->storage);
  out->clock_trusted = atomic_load(&d->keeper.trusted);
  out->day = atomic_load(&d->keeper.today);
  out->clock_ahead = atomic_load(&d->keeper.ahead);
  out->expired = atomic_load(&d->keeper.expired);
}

/* ---- the operator's commands ---- */

static tacet_err confirm_run(sto_job *job, sto_conn *c) {
  (void)job;
  return sto_keeper_confirm(c, Q_META_SET);
}

tacet_err dlv_clock_confirm(const char *folder, sto_trouble *why) {
  char path[DLV_PATH_MAX];
  sto_conn *c = NULL;
  sto_job job = {.run = confirm_run};
  TACET_TRY(database_path(folder, path, why));
  TACET_TRY(sto_conn_open(&dlv_schema, path, why, &c));
  tacet_err err = sto_conn_transact(c, &job);
  sto_conn_close(c);
  if (err != TACET_OK) {
    sto_trouble_set(why, "%s: %s", path, tacet_err_text(err));
  }
  return err;
}

tacet_err dlv_check(const char *folder, sto_trouble *why) {
  char path[DLV_PATH_MAX];
  TACET_TRY(database_path(folder, path, why));
  return sto_check(&dlv_schema, path, why);
}
