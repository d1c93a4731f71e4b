/* SPDX-License-Identifier: Apache-2.0
 * The operator's commands: one transaction each, beside a server that may be
 * running. */
#include "server/directory/private.h"

typedef struct command {
  sto_job job;
  const uint8_t *token;
  uint32_t uses;
  int64_t last_day;
  const char *name;
  const tacet_secret *key;
  const tacet_vrf_key *vrf;
  bool found;
  dir_reset reset;
  uint8_t account[TACET_ACCOUNT_ID_LEN];
  char *handle; /* TACETD_HANDLE_MAX + 1 bytes */
  void (*visit)(void *user, tacet_span name, int64_t created, int64_t drawn);
  void *user;
} command;

tacet_err dir_carry_out(const char *folder, sto_job *job, sto_trouble *why) {
  char path[DIR_PATH_MAX];
  sto_conn *c = NULL;
  TACET_TRY(dir_database_path(folder, path, why));
  TACET_TRY(sto_conn_open(&dir_schema, path, why, &c));
  tacet_err err = sto_conn_transact(c, job);
  sto_conn_close(c);
  if (err != TACET_OK) {
    sto_trouble_set(why, "the directory database %s: %s", path,
                    tacet_err_text(err));
  }
  return err;
}

static tacet_err invite_run(sto_job *job, sto_conn *c) {
  command *cmd = (command *)(void *)job;
  uint8_t hash[DIR_HASH_LEN];
  TACET_TRY(dir_hash(tacet_span_of(cmd->token, TACET_INVITE_LEN), hash));
  sto_query *q = sto_query_start(c, Q_INVITE_ADD);
  sto_bind_blob(q, tacet_span_of(hash, sizeof(hash)));
  sto_bind_int(q, cmd->uses);
  sto_bind_int(q, cmd->last_day);
  if (cmd->name == NULL) {
    sto_bind_null(q);
  } else {
    sto_bind_text(q, tacet_span_str(cmd->name));
  }
  return sto_exec(q);
}

tacet_err dir_invite_add(const char *folder,
                         const uint8_t token[TACET_INVITE_LEN], uint32_t uses,
                         int64_t last_day, sto_trouble *why) {
  command cmd = {.job = {.run = invite_run},
                 .token = token,
                 .uses = uses,
                 .last_day = last_day};
  return dir_carry_out(folder, &cmd.job, why);
}

/* A newer link takes the place of an older one. */
static tacet_err reset_run(sto_job *job, sto_conn *c) {
  command *cmd = (command *)(void *)job;
  uint8_t account[TACET_ACCOUNT_ID_LEN];
  tacet_span name = tacet_span_str(cmd->name);
  TACET_TRY(dir_find_name(c, name, account, &cmd->found));
  TACET_TRY(dir_reset_get(c, name, &cmd->reset));
  if (!cmd->found || cmd->reset.there) {
    return TACET_OK;
  }
  sto_query *q = sto_query_start(c, Q_INVITE_DROP_NAME);
  sto_bind_text(q, name);
  TACET_TRY(sto_exec(q));
  return invite_run(job, c);
}

tacet_err dir_reset_invite(const char *folder, const char *name,
                           const uint8_t token[TACET_INVITE_LEN],
                           int64_t last_day, bool *there, int64_t *again,
                           sto_trouble *why) {
  command cmd = {.job = {.run = reset_run},
                 .name = name,
                 .token = token,
                 .uses = 1,
                 .last_day = last_day};
  TACET_TRY(dir_carry_out(folder, &cmd.job, why));
  *there = cmd.found;
  *again = cmd.reset.day + TACETD_RESET_VETO_DAYS + 1;
  return cmd.found && cmd.reset.there ? TACET_ERR_STATE : TACET_OK;
}

static tacet_err list_run(sto_job *job, sto_conn *c) {
  command *cmd = (command *)(void *)job;
  bool row = true;
  sto_query *q = sto_query_start(c, Q_ACCOUNT_LIST);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row) {
      cmd->visit(cmd->user, sto_text(q, 0), sto_int(q, 1), sto_int(q, 2));
    }
  }
  return TACET_OK;
}

tacet_err dir_account_list(const char *folder,
                           void (*visit)(void *user, tacet_span name,
                                         int64_t created, int64_t drawn),
                           void *user, sto_trouble *why) {
  command cmd = {.job = {.run = list_run}, .visit = visit, .user = user};
  return dir_carry_out(folder, &cmd.job, why);
}

static tacet_err id_run(sto_job *job, sto_conn *c) {
  command *cmd = (command *)(void *)job;
  return dir_find_name(c, tacet_span_str(cmd->name), cmd->account, &cmd->found);
}

tacet_err dir_account_id(const char *folder, const char *name,
                         uint8_t id[TACET_ACCOUNT_ID_LEN], bool *there,
                         sto_trouble *why) {
  command cmd = {.job = {.run = id_run}, .name = name};
  TACET_TRY(dir_carry_out(folder, &cmd.job, why));
  *there = cmd.found;
  if (cmd.found) {
    memcpy(id, cmd.account, sizeof(cmd.account));
  }
  return TACET_OK;
}

static tacet_err name_run(sto_job *job, sto_conn *c) {
  command *cmd = (command *)(void *)job;
  tacet_manifest newest;
  uint8_t has[TACET_ACCOUNT_ID_LEN];
  TACET_TRY(dir_newest(c, cmd->account, &newest, &cmd->found));
  tacet_span name = cmd->found ? dir_name_of(&newest) : TACET_SPAN_EMPTY;
  if (name.len == 0 || name.len > TACETD_HANDLE_MAX) {
    cmd->found = false;
    return TACET_OK;
  }
  memcpy(cmd->handle, name.p, name.len);
  cmd->handle[name.len] = '\0';
  TACET_TRY(dir_find_name(c, tacet_span_str(cmd->handle), has, &cmd->found));
  cmd->found = cmd->found && memcmp(has, cmd->account, sizeof(has)) == 0;
  return TACET_OK;
}

tacet_err dir_account_name(const char *folder,
                           const uint8_t id[TACET_ACCOUNT_ID_LEN],
                           char name[TACETD_HANDLE_MAX + 1], bool *there,
                           sto_trouble *why) {
  char found[TACETD_HANDLE_MAX + 1] = "";
  command cmd = {.job = {.run = name_run}, .handle = found};
  memcpy(cmd.account, id, sizeof(cmd.account));
  TACET_TRY(dir_carry_out(folder, &cmd.job, why));
  *there = cmd.found;
  if (cmd.found) {
    memcpy(name, found, sizeof(found));
  }
  return TACET_OK;
}

/* The handle's last version has no manifest: nobody signed that one. The log
 * has one writer, the server, which finds the entry within a second, or when it
 * is started. */
static tacet_err leave_update(command *cmd, sto_conn *c,
                              const uint8_t account[32]) {
  tacet_manifest newest;
  dir_update u;
  uint32_t version;
  bool found;
  TACET_TRY(dir_newest(c, account, &newest, &found));
  TACET_TRY(found ? dir_newest_version(c, account, &version) : TACET_ERR_IO);
  TACET_TRY(dir_update_make(cmd->vrf, newest.handle, version + 1,
                            TACET_SPAN_EMPTY, &u));
  return dir_entry_leave(c, &u.entry);
}

static tacet_err erase_run(sto_job *job, sto_conn *c) {
  command *cmd = (command *)(void *)job;
  uint8_t account[TACET_ACCOUNT_ID_LEN];
  tacet_span name = tacet_span_str(cmd->name);
  TACET_TRY(dir_find_name(c, name, account, &cmd->found));
  if (!cmd->found) {
    return TACET_OK;
  }
  TACET_TRY(leave_update(cmd, c, account));
  return dir_erase_rows(c, cmd->key, account, name);
}

tacet_err dir_account_erase(const char *folder, const char *name,
                            sto_trouble *why) {
  TACET_SECRET(key);
  TACET_VRF_KEY(vrf);
  TACET_TRY(dir_retired_key(folder, &key, why));
  TACET_TRY(dir_log_vrf_key(folder, &vrf, why));
  command cmd = {
      .job = {.run = erase_run}, .name = name, .key = &key, .vrf = &vrf};
  TACET_TRY(dir_carry_out(folder, &cmd.job, why));
  if (!cmd.found) {
    sto_trouble_set(why, "there is no account with that handle");
    return TACET_ERR_NOT_FOUND;
  }
  return TACET_OK;
}

static tacet_err confirm_run(sto_job *job, sto_conn *c) {
  (void)job;
  return sto_keeper_confirm(c, Q_META_SET);
}

tacet_err dir_clock_confirm(const char *folder, sto_trouble *why) {
  command cmd = {.job = {.run = confirm_run}};
  return dir_carry_out(folder, &cmd.job, why);
}

tacet_err dir_check(const char *folder, sto_trouble *why) {
  char path[DIR_PATH_MAX];
  TACET_TRY(dir_database_path(folder, path, why));
  return sto_check(&dir_schema, path, why);
}
