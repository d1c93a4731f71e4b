/* SPDX-License-Identifier: Apache-2.0
 * The writer's side of the key log: entries of a transaction, its EPOCH, and
 * what its commit or its end makes of memory. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

#include "tacet/crypto.h"

/* Of what another process left, in one transaction; the rest comes in the next,
 * a second later. */
#define PENDING_MAX 256

/* ---- making an update ---- */

tacet_err dir_update_make(const tacet_vrf_key *vrf, const char *handle,
                          uint32_t version, tacet_span value, dir_update *out) {
  tacet_keylog_label label;
  dir_update u = {.entry = {.kind = TACET_KEYLOG_UPDATE}, .version = version};
  TACET_TRY(tacet_keylog_label_handle(tacet_span_str(handle), &label));
  TACET_TRY(tacet_random(u.opening, sizeof(u.opening)));
  TACET_TRY(tacet_keylog_key(vrf, &label, version, &u.entry.vrf_output, NULL));
  TACET_TRY(tacet_keylog_commit(u.opening, &label, version, value,
                                &u.entry.commitment));
  *out = u;
  return TACET_OK;
}

tacet_err dir_update_make_public(const tacet_vrf_key *vrf,
                                 const tacet_keylog_label *label,
                                 tacet_span value, dir_update *out) {
  dir_update u = {.entry = {.kind = TACET_KEYLOG_UPDATE}};
  TACET_TRY(tacet_keylog_key(vrf, label, 0, &u.entry.vrf_output, NULL));
  TACET_TRY(
      tacet_keylog_commit(u.opening, label, 0, value, &u.entry.commitment));
  *out = u;
  return TACET_OK;
}

/* ---- entries ---- */

static tacet_err write_entry(const tacet_keylog_entry *e, tacet_buf *out) {
  tacet_keylog_entry_write(e, out);
  return out->err;
}

/* The row, and the tree: other threads read there, below what is durable. */
static tacet_err append(dir_log *log, sto_conn *c,
                        const tacet_keylog_entry *e) {
  TACET_BUF(bytes, TACET_KEYLOG_ENTRY_MAX);
  tacet_tlog_hash leaf;
  TACET_TRY(write_entry(e, &bytes));
  TACET_TRY(tacet_tlog_leaf(tacet_buf_span(&bytes), &leaf));
  sto_query *q = sto_query_start(c, Q_LOG_ADD);
  sto_bind_int(q, (int64_t)log->frontier.size);
  sto_bind_blob(q, tacet_buf_span(&bytes));
  TACET_TRY(sto_exec(q));
  tacet_tlog_sink sink = dir_tree_sink(&log->tree);
  (void)pthread_rwlock_wrlock(&log->lock);
  tacet_err err = tacet_tlog_append(&log->frontier, &leaf, &sink);
  (void)pthread_rwlock_unlock(&log->lock);
  return err;
}

static tacet_err append_update(dir_log *log, sto_conn *c,
                               const tacet_keylog_entry *e) {
  tacet_map_hash value;
  TACET_TRY(tacet_keylog_value(&e->commitment, log->frontier.size, &value));
  TACET_TRY(tacet_map_insert(log->map, &e->vrf_output, &value));
  return append(log, c, e);
}

tacet_err dir_update_append(dir_log *log, sto_conn *c, const dir_update *u,
                            uint64_t *index) {
  *index = log->frontier.size;
  return append_update(log, c, &u->entry);
}

/* ---- what another process left ---- */

/* It has the entry alone: who reads the row learns no more than from the log.
 */
tacet_err dir_entry_leave(sto_conn *c, const tacet_keylog_entry *e) {
  TACET_BUF(bytes, TACET_KEYLOG_ENTRY_MAX);
  TACET_TRY(write_entry(e, &bytes));
  sto_query *q = sto_query_start(c, Q_PENDING_ADD);
  sto_bind_blob(q, tacet_buf_span(&bytes));
  return sto_exec(q);
}

/* What was said stands: a second time it is not said again. */
static tacet_err append_statement(dir_log *log, sto_conn *c,
                                  const tacet_keylog_entry *e) {
  uint64_t index;
  bool found;
  TACET_TRY(dir_statement_at(c, e->hash, &index, &found));
  return found ? TACET_OK : append(log, c, e);
}

/* An entry that does not fit (its version is there) is dropped: the log must
 * go on. */
static tacet_err append_left(dir_log *log, sto_conn *c, tacet_span bytes) {
  tacet_keylog_entry e;
  if (tacet_keylog_entry_read(bytes, &e) != TACET_OK ||
      e.kind == TACET_KEYLOG_EPOCH) {
    return TACET_OK;
  }
  if (e.kind == TACET_KEYLOG_STATEMENT) {
    return append_statement(log, c, &e);
  }
  return tacet_map_has(log->map, &e.vrf_output) ? TACET_OK
                                                : append_update(log, c, &e);
}

static tacet_err take_pending(dir_log *log, sto_conn *c) {
  int64_t last = -1;
  bool row = true;
  sto_query *q = sto_query_start(c, Q_PENDING_LIST);
  sto_bind_int(q, PENDING_MAX);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row) {
      last = sto_int(q, 0);
      TACET_TRY(append_left(log, c, sto_blob(q, 1)));
    }
  }
  if (last < 0) {
    return TACET_OK;
  }
  q = sto_query_start(c, Q_PENDING_DELETE);
  sto_bind_int(q, last);
  return sto_exec(q);
}

/* ---- the end of a transaction ---- */

static tacet_err append_epoch(dir_log *log, sto_conn *c, int64_t day) {
  dir_log_end *end = &log->ending;
  end->epoch = (tacet_keylog_entry){.kind = TACET_KEYLOG_EPOCH,
                                    .day = (uint32_t)day,
                                    .map_size = tacet_map_size(log->map)};
  TACET_TRY(tacet_map_root(log->map, &end->epoch.map_root));
  TACET_TRY(append(log, c, &end->epoch));
  end->frontier = log->frontier;
  return tacet_tlog_frontier_root(&end->frontier, &end->root);
}

tacet_err dir_log_flush(dir_log *log, sto_conn *c, int64_t day) {
  if (!log->serving) {
    return TACET_OK;
  }
  TACET_TRY(take_pending(log, c));
  /* The first EPOCH has an empty map: so there is a head from the start. */
  if (log->frontier.size == log->durable.frontier.size &&
      log->frontier.size > 0) {
    return TACET_OK;
  }
  TACET_TRY(append_epoch(log, c, day));
  sto_query *q = sto_query_start(c, Q_HEAD_SET);
  sto_bind_int(q, DIR_HEAD_NEXT);
  sto_bind_int(q, (int64_t)log->ending.frontier.size);
  sto_bind_blob(q, tacet_span_of(log->ending.root.b, TACET_TLOG_HASH_LEN));
  sto_bind_null(q);
  return sto_exec(q);
}

bool dir_log_committed(dir_log *log) {
  bool grew = log->frontier.size != log->durable.frontier.size;
  const dir_log_offer *offer = log->offer;
  log->offer = NULL;
  if (grew) {
    (void)pthread_rwlock_wrlock(&log->lock);
    log->durable = log->ending;
    (void)pthread_rwlock_unlock(&log->lock);
  }
  /* Where memory is short the published head stays behind; unwitnessed ones
   * are tried again at the next commit, within a second. */
  if (log->serving && tacet_policy_is_unwitnessed(log->policy)) {
    (void)!dir_log_show_next(log);
  } else if (offer != NULL) {
    (void)!dir_log_show(log, offer);
  }
  return grew;
}

void dir_log_undo(dir_log *log) {
  const dir_log_end *end = &log->durable;
  log->offer = NULL;
  log->frontier = end->frontier;
  tacet_map_truncate(log->map, end->epoch.map_size);
  (void)pthread_rwlock_wrlock(&log->lock);
  dir_tree_cut(&log->tree, end->frontier.size);
  (void)pthread_rwlock_unlock(&log->lock);
}
