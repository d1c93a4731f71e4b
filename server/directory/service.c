/* SPDX-License-Identifier: Apache-2.0
 * Opening and closing the directory. */
#include "server/directory/private.h"

#include "tacet/crypto.h"

#include <stdlib.h>

/* Signatures and proofs; more would not help on few processors. */
#define READERS 2

tacet_err dir_file_path(const char *folder, const char *name,
                        char out[DIR_PATH_MAX], sto_trouble *why) {
  int n = snprintf(out, DIR_PATH_MAX, "%s/%s", folder, name);
  if (n < 0 || n >= DIR_PATH_MAX) {
    sto_trouble_set(why, "the name of the data folder is too long");
    return TACET_ERR_LIMIT;
  }
  return TACET_OK;
}

tacet_err dir_database_path(const char *folder, char out[DIR_PATH_MAX],
                            sto_trouble *why) {
  return dir_file_path(folder, DIR_DATABASE, out, why);
}

/* ---- the key of retired handles ---- */

tacet_err dir_retired_key(const char *folder, tacet_secret *out,
                          sto_trouble *why) {
  char path[DIR_PATH_MAX];
  uint8_t key[DIR_RETIRED_KEY_LEN];
  TACET_TRY(dir_file_path(folder, DIR_RETIRED_KEY, path, why));
  TACET_TRY(sto_secret_read(path, key, sizeof(key), why));
  tacet_err err = tacet_secret_set(out, tacet_span_of(key, sizeof(key)));
  tacet_wipe(key, sizeof(key));
  return err;
}

static tacet_err make_retired_key(const char *folder, sto_trouble *why) {
  char path[DIR_PATH_MAX];
  uint8_t key[DIR_RETIRED_KEY_LEN];
  TACET_TRY(dir_file_path(folder, DIR_RETIRED_KEY, path, why));
  tacet_err err = tacet_random(key, sizeof(key));
  if (err != TACET_OK) {
    sto_trouble_set(why, "%s", tacet_err_text(err));
    return err;
  }
  err = sto_secret_write(path, tacet_span_of(key, sizeof(key)), why);
  tacet_wipe(key, sizeof(key));
  return err == TACET_ERR_EXISTS ? TACET_OK : err;
}

/* ---- opening ---- */

static tacet_err flush(void *user, sto_conn *c) {
  dir_directory *d = user;
  TACET_TRY(dir_weeks_flush(d, c));
  return dir_log_flush(&d->log, c, dir_today(d));
}
static void committed(void *user) {
  dir_directory *d = user;
  if (dir_log_committed(&d->log) && d->log_grew.tell != NULL) {
    d->log_grew.tell(d->log_grew.user);
  }
}
static void undo(void *user) {
  dir_directory *d = user;
  sto_keeper_undo(&d->keeper);
  dir_weeks_undo(d);
  dir_log_undo(&d->log);
}
static void tick(void *user) {
  sto_keeper_tick(&((dir_directory *)user)->keeper);
}

static dir_directory *directory_new(const dir_options *o) {
  dir_directory *d = calloc(1, sizeof(*d));
  if (d == NULL) {
    return NULL;
  }
  d->week = -1;
  d->open_registration = o->open_registration;
  memcpy(d->tokens_per_day, o->tokens_per_day, sizeof(d->tokens_per_day));
  d->watch = o->watch;
  d->log_grew = o->log_grew;
  d->clock = o->clock != NULL ? *o->clock : sto_clock_system;
  d->domain = strdup(o->domain);
  sto_keeping of = dir_keeping(d);
  if (d->domain == NULL ||
      sto_keeper_init(&d->keeper, &of, &d->clock, &d->watch) != TACET_OK) {
    free(d->domain);
    free(d);
    return NULL;
  }
  return d;
}

/* ---- the key log, before anything is served ---- */

typedef struct loading {
  sto_job job;
  dir_directory *d;
  tacet_err err;
  bool done;
  pthread_mutex_t lock;
  pthread_cond_t ended;
} loading;

static tacet_err load_run(sto_job *job, sto_conn *c) {
  return dir_log_load(&((loading *)(void *)job)->d->log, c, false);
}

static void load_done(sto_job *job, tacet_err err) {
  loading *l = (loading *)(void *)job;
  l->d->log.serving = err == TACET_OK;
  (void)pthread_mutex_lock(&l->lock);
  l->err = err;
  l->done = true;
  (void)pthread_cond_signal(&l->ended);
  (void)pthread_mutex_unlock(&l->lock);
}

static tacet_err load_log(dir_directory *d, sto_trouble *why) {
  loading l = {.job = {.run = load_run, .done = load_done}, .d = d};
  (void)pthread_mutex_init(&l.lock, NULL);
  (void)pthread_cond_init(&l.ended, NULL);
  sto_write_unbounded(d->db, &l.job);
  (void)pthread_mutex_lock(&l.lock);
  while (!l.done) {
    (void)pthread_cond_wait(&l.ended, &l.lock);
  }
  (void)pthread_mutex_unlock(&l.lock);
  (void)pthread_cond_destroy(&l.ended);
  (void)pthread_mutex_destroy(&l.lock);
  if (l.err != TACET_OK) {
    sto_trouble_set(why, "the key log cannot be read: %s",
                    tacet_err_text(l.err));
    if (d->log.load_trouble.text[0] != '\0') {
      *why = d->log.load_trouble;
    }
  }
  return l.err;
}

static tacet_err start(dir_directory *d, const dir_options *o,
                       sto_trouble *why) {
  char path[DIR_PATH_MAX];
  TACET_TRY(dir_database_path(o->folder, path, why));
  TACET_TRY(dir_retired_key(o->folder, &d->retired_key, why));
  TACET_TRY(dir_log_open(&d->log, o->folder, o->domain, why));
  for (int kind = 0; kind < 2; kind++) {
    TACET_TRY(tok_issuer_open(o->folder, (tacet_token_kind)kind, 0, why,
                              &d->issuers[kind]));
  }
  sto_options s = {.path = path,
                   .schema = &dir_schema,
                   .hooks = {.user = d,
                             .flush = flush,
                             .committed = committed,
                             .undo = undo,
                             .tick = tick},
                   .watch = d->watch,
                   .n_readers = READERS,
                   .queue_jobs_max = TACETD_WRITER_QUEUE_MAX,
                   .queue_bytes_max = TACETD_WRITER_QUEUE_BYTES_MAX,
                   .disk_reserve = o->disk_reserve,
                   .vfs = o->vfs};
  TACET_TRY(sto_open(&s, false, why, &d->db));
  TACET_TRY(load_log(d, why));
  tacet_err err = sto_keeper_start(&d->keeper, d->db);
  if (err != TACET_OK) {
    sto_trouble_set(why, "the directory database %s cannot be written: %s",
                    path, tacet_err_text(err));
  }
  return err;
}

tacet_err dir_open(const dir_options *o, sto_trouble *why,
                   dir_directory **out) {
  dir_directory *d = directory_new(o);
  if (d == NULL) {
    sto_trouble_set(why, "%s", tacet_err_text(TACET_ERR_NOMEM));
    return TACET_ERR_NOMEM;
  }
  tacet_err err = start(d, o, why);
  if (err != TACET_OK) {
    dir_close(d);
    return err;
  }
  *out = d;
  return TACET_OK;
}

void dir_close(dir_directory *d) {
  if (d == NULL) {
    return;
  }
  sto_keeper_stop(&d->keeper);
  sto_close(d->db);
  sto_keeper_free(&d->keeper);
  tok_issuer_free(d->issuers[0]);
  tok_issuer_free(d->issuers[1]);
  dir_log_close(&d->log);
  free(d->domain);
  tacet_wipe(d, sizeof(*d));
  free(d);
}

tacet_err dir_create(const char *folder, const char *domain, sto_trouble *why) {
  char path[DIR_PATH_MAX];
  sto_db *db = NULL;
  TACET_TRY(dir_database_path(folder, path, why));
  TACET_TRY(tok_issuer_create(folder, TACET_TOKEN_DIRECTORY, why));
  TACET_TRY(tok_issuer_create(folder, TACET_TOKEN_DELIVERY, why));
  TACET_TRY(make_retired_key(folder, why));
  TACET_TRY(dir_log_create(folder, domain, why));
  sto_options s = {.path = path,
                   .schema = &dir_schema,
                   .n_readers = 1,
                   .queue_jobs_max = 1,
                   .queue_bytes_max = 1};
  TACET_TRY(sto_open(&s, true, why, &db));
  sto_close(db);
  return TACET_OK;
}

/* ---- any thread, at once ---- */

tacet_err dir_issuers(dir_directory *d, tacet_buf *out) {
  tacet_issuers all = {.n = 0};
  tacet_span span;
  tok_issuer_list(d->issuers[TACET_TOKEN_DIRECTORY], &all);
  tok_issuer_list(d->issuers[TACET_TOKEN_DELIVERY], &all);
  tacet_issuers_write(out, &all);
  return tacet_buf_done(out, &span);
}

void dir_stats_get(dir_directory *d, dir_stats *out) {
  sto_stats_get(d->db, &out->storage);
  out->clock_trusted = atomic_load(&d->keeper.trusted);
  out->day = atomic_load(&d->keeper.today);
  out->clock_ahead = atomic_load(&d->keeper.ahead);
  out->expired = atomic_load(&d->keeper.expired);
}
