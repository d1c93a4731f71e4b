/* SPDX-License-Identifier: Apache-2.0
 * A device list that none of its account's devices signed, in the database and
 * in the log: what an operator does who wants to read along. The log that has
 * it is one and the same for everybody. */
#include "server/directory/private.h"
#include "tests/hostile/hostile.h"

#include <stdio.h>
#include <string.h>

#include "tacet/crypto.h"

/* Signed with a key of ours, as if that had been the first device's before. */
static tacet_err sign(const forgery *f, const tacet_manifest *newest,
                      tacet_buf *out) {
  TACET_SECRET(ours);
  uint8_t key[TACET_DEVICE_KEY_LEN];
  tacet_manifest as_if = *newest, m = *newest;
  TACET_TRY(tacet_sig_ed25519.generate(&ours, key));
  memcpy(as_if.devices[0].key, key, sizeof(key));
  m.devices[0] = as_if.devices[0];
  const tacet_secret *new_keys[] = {&ours};
  size_t n_new = 0;
  bool ghost = strcmp(f->what, "ghost") == 0;
  if (ghost) {
    m.devices[0] = newest->devices[0];
    as_if.devices[0] = newest->devices[0];
    tacet_device *d = &m.devices[m.n_devices++];
    memset(d->id, 0xff, sizeof(d->id));
    memcpy(d->key, key, sizeof(key));
    n_new = 1;
  }
  tacet_manifest_signer by = {.recovery = ghost, .private_key = &ours};
  if (ghost) { /* as if ours were the recovery key */
    memcpy(as_if.recovery_key, key, sizeof(key));
  } else {
    memcpy(by.device_id, m.devices[0].id, sizeof(by.device_id));
  }
  return tacet_manifest_sign(&m, &as_if, &by, new_keys, n_new, out);
}

tacet_err hostile_next_index(sto_conn *c, int64_t *out) {
  bool row = true;
  sto_query *q = sto_query_start(c, Q_LOG_ALL);
  sto_bind_int(q, INT64_MAX);
  *out = 0;
  while (row) {
    TACET_TRY(sto_step(q, &row));
    *out = row ? sto_int(q, 0) + 1 : *out;
  }
  return TACET_OK;
}

static tacet_err add(sto_conn *c, const tacet_manifest *before,
                     tacet_span bytes, const dir_update *u) {
  int64_t index;
  TACET_TRY(hostile_next_index(c, &index));
  TACET_TRY(dir_entry_leave(c, &u->entry));
  sto_query *q = sto_query_start(c, Q_MANIFEST_ADD);
  sto_bind_blob(q, tacet_span_of(before->account_id, TACET_ACCOUNT_ID_LEN));
  sto_bind_int(q, before->number + 1);
  sto_bind_blob(q, bytes);
  sto_bind_int(q, u->version);
  sto_bind_int(q, index);
  sto_bind_blob(q, tacet_span_of(u->opening, sizeof(u->opening)));
  return sto_exec(q);
}

static tacet_err forge_list(const forgery *f, sto_conn *c) {
  uint8_t account[TACET_ACCOUNT_ID_LEN];
  tacet_manifest newest;
  dir_update u;
  uint32_t version;
  bool found;
  TACET_BUF(bytes, TACET_MANIFEST_MAX);
  TACET_TRY(dir_find_name(c, tacet_span_str(f->name), account, &found));
  TACET_TRY(found ? dir_newest(c, account, &newest, &found)
                  : TACET_ERR_NOT_FOUND);
  TACET_TRY(dir_newest_version(c, account, &version));
  TACET_TRY(sign(f, &newest, &bytes));
  TACET_TRY(dir_update_make(f->vrf, newest.handle, version + 1,
                            tacet_buf_span(&bytes), &u));
  return add(c, &newest, tacet_buf_span(&bytes), &u);
}

static tacet_err forge_run(sto_job *job, sto_conn *c) {
  const forgery *f = (forgery *)(void *)job;
  if (strcmp(f->what, "unlogged") == 0 || strcmp(f->what, "unmarked") == 0) {
    return hostile_seize(f, c, strcmp(f->what, "unmarked") == 0);
  }
  if (strcmp(f->what, "withheld") == 0) {
    return hostile_release(f, c);
  }
  if (strcmp(f->what, "week") == 0) {
    return hostile_week_again(f, c);
  }
  return strcmp(f->what, "ghost") == 0 || strcmp(f->what, "swap") == 0
             ? forge_list(f, c)
             : TACET_ERR_ARGUMENT;
}

int hostile_forge(int argc, char **argv) {
  TACET_VRF_KEY(vrf);
  sto_trouble why = {""};
  char path[DIR_PATH_MAX];
  sto_conn *c = NULL;
  if (argc != 4 || strcmp(argv[2], "--data") != 0) {
    (void)fprintf(stderr, "usage: tacetd-hostile forge WHAT NAME --data DIR\n");
    return 2;
  }
  forgery f = {
      .job = {.run = forge_run}, .what = argv[0], .name = argv[1], .vrf = &vrf};
  tacet_err e = tacet_crypto_init();
  e = e != TACET_OK ? e : dir_log_vrf_key(argv[3], &vrf, &why);
  e = e != TACET_OK ? e : dir_database_path(argv[3], path, &why);
  e = e != TACET_OK ? e : sto_conn_open(&dir_schema, path, &why, &c);
  if (e == TACET_OK) {
    e = sto_conn_transact(c, &f.job);
    sto_conn_close(c);
  }
  if (e != TACET_OK) {
    (void)fprintf(stderr, "tacetd-hostile: %s %s\n", tacet_err_text(e),
                  why.text);
  }
  return e == TACET_OK ? 0 : 1;
}
