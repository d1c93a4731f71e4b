/* SPDX-License-Identifier: Apache-2.0
 * Opening and closing the directory. */
#include "server/directory/private.h"

#include "tacet/crypto.h"

#include <stdlib.h>

/* Signatures and proofs; more would not help on few processors. */
#define READERS 2

tacet_err dir_database_path(const char *folder, char out[DIR_PATH_MAX],
                            sto_trouble *why) {
  int n = snprintf(out, DIR_PATH_MAX, "%s/%s", folder, DIR_DATABASE);
  if (n < 0 || n >= DIR_PATH_MAX) {
    sto_trouble_set(why, "the name of the data folder is too long");
    return TACET_ERR_LIMIT;
  }
  return TACET_OK;
}

/* ---- the key of retired handles ---- */

static tacet_err retired_key_path(const char *folder, char out[DIR_PATH_MAX],
                                  sto_trouble *why) {
  int n = snprintf(out, DIR_PATH_MAX, "%s/%s", folder, DIR_RETIRED_KEY);
  if (n < 0 || n >= DIR_PATH_MAX) {
    sto_trouble_set(why, "the name of the data folder is too long");
    return TACET_ERR_LIMIT;
  }
  return TACET_OK;
}

tacet_err dir_retired_key(const char *folder, tacet_secret *out,
                          sto_trouble *why) {
  char path[DIR_PATH_MAX];
  uint8_t key[DIR_RETIRED_KEY_LEN];
  TACET_TRY(retired_key_path(folder, path, why));
  TACET_TRY(sto_secret_read(path, key, sizeof(key), why));
  tacet_err err = tacet_secret_set(out, tacet_span_of(key, sizeof(key)));
  tacet_wipe(key, sizeof(key));
  return err;
}

static tacet_err make_retired_key(const char *folder, sto_trouble *why) {
  char path[DIR_PATH_MAX];
  uint8_t key[DIR_RETIRED_KEY_LEN];
  TACET_TRY(retired_key_path(folder, path, why));
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

static void undo(void *user) {
  sto_keeper_undo(&((dir_directory *)user)->keeper);
}
static void tick(void *user) {
  sto_keeper_tick(&((dir_directory *)user)->keeper);
}

static dir_directory *directory_new(const dir_options *o) {
  dir_directory *d = calloc(1, sizeof(*d));
  if (d == NULL) {
    return NULL;
  }
  d->open_registration = o->open_registration;
  memcpy(d->tokens_per_day, o->tokens_per_day, sizeof(d->tokens_per_day));
  d->watch = o->watch;
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

static tacet_err start(dir_directory *d, const dir_options *o,
                       sto_trouble *why) {
  char path[DIR_PATH_MAX];
  TACET_TRY(dir_database_path(o->folder, path, why));
  TACET_TRY(dir_retired_key(o->folder, &d->retired_key, why));
  for (int kind = 0; kind < 2; kind++) {
    TACET_TRY(tok_issuer_open(o->folder, (tacet_token_kind)kind, 0, why,
                              &d->issuers[kind]));
  }
  sto_options s = {.path = path,
                   .schema = &dir_schema,
                   .hooks = {.user = d, .undo = undo, .tick = tick},
                   .watch = d->watch,
                   .n_readers = READERS,
                   .queue_jobs_max = TACETD_WRITER_QUEUE_MAX,
                   .queue_bytes_max = TACETD_WRITER_QUEUE_BYTES_MAX,
                   .disk_reserve = o->disk_reserve,
                   .vfs = o->vfs};
  TACET_TRY(sto_open(&s, false, why, &d->db));
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
  free(d->domain);
  tacet_wipe(d, sizeof(*d));
  free(d);
}

tacet_err dir_create(const char *folder, sto_trouble *why) {
  char path[DIR_PATH_MAX];
  sto_db *db = NULL;
  TACET_TRY(dir_database_path(folder, path, why));
  TACET_TRY(tok_issuer_create(folder, TACET_TOKEN_DIRECTORY, why));
  TACET_TRY(tok_issuer_create(folder, TACET_TOKEN_DELIVERY, why));
  TACET_TRY(make_retired_key(folder, why));
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
