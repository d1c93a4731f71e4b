/* SPDX-License-Identifier: Apache-2.0
 * Reading the whole key log at the start, and whether it is the one that was
 * there before. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

tacet_err dir_log_damaged(dir_log *log, const char *what) {
  sto_trouble_set(&log->load_trouble,
                  "the key log in " DIR_DATABASE
                  " is damaged (%s); restore the data folder from a copy, and "
                  "have the witnesses asked before it is served",
                  what);
  return TACET_ERR_IO;
}

static tacet_err take_entry(dir_log *log, uint64_t index, tacet_span bytes) {
  tacet_keylog_entry e;
  tacet_tlog_hash leaf;
  tacet_map_hash value;
  tacet_tlog_sink sink = dir_tree_sink(&log->tree);
  if (index != log->frontier.size) {
    return dir_log_damaged(log, "an entry is missing");
  }
  if (tacet_keylog_entry_read(bytes, &e) != TACET_OK) {
    return dir_log_damaged(log, "an entry is none");
  }
  if (e.kind == TACET_KEYLOG_UPDATE) {
    TACET_TRY(tacet_keylog_value(&e.commitment, index, &value));
    tacet_err err = tacet_map_insert(log->map, &e.vrf_output, &value);
    if (err != TACET_OK) {
      return err == TACET_ERR_EXISTS
                 ? dir_log_damaged(log, "an entry is there twice")
                 : err;
    }
  }
  TACET_TRY(tacet_tlog_leaf(bytes, &leaf));
  TACET_TRY(tacet_tlog_append(&log->frontier, &leaf, &sink));
  log->ending.epoch = e;
  return TACET_OK;
}

static tacet_err take_entries(dir_log *log, sto_conn *c, uint64_t size) {
  bool row = true;
  sto_query *q = sto_query_start(c, Q_LOG_ALL);
  sto_bind_int(q, (int64_t)size);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row) {
      TACET_TRY(take_entry(log, (uint64_t)sto_int(q, 0), sto_blob(q, 1)));
    }
  }
  return TACET_OK;
}

static tacet_err stored_head(sto_conn *c, tacet_tlog_head *out) {
  bool row;
  sto_query *q = sto_query_start(c, Q_HEAD_GET);
  sto_bind_int(q, DIR_HEAD_NEXT);
  TACET_TRY(sto_step(q, &row));
  *out = (tacet_tlog_head){0};
  if (row && sto_blob(q, 1).len == TACET_TLOG_HASH_LEN) {
    out->size = (uint64_t)sto_int(q, 0);
    memcpy(out->root.b, sto_blob(q, 1).p, TACET_TLOG_HASH_LEN);
  }
  sto_query_end(q);
  return TACET_OK;
}

/* The entries give the head that was stored with the last of them. */
static tacet_err check_head(dir_log *log, const tacet_tlog_head *stored) {
  dir_log_end *end = &log->ending;
  tacet_map_hash root;
  end->frontier = log->frontier;
  TACET_TRY(tacet_tlog_frontier_root(&end->frontier, &end->root));
  TACET_TRY(tacet_map_root(log->map, &root));
  if (stored->size != log->frontier.size ||
      (stored->size > 0 && !tacet_tlog_equal(&end->root, &stored->root))) {
    return dir_log_damaged(log,
                           "its entries do not give the head that was stored");
  }
  if (stored->size > 0 &&
      (end->epoch.kind != TACET_KEYLOG_EPOCH ||
       end->epoch.map_size != tacet_map_size(log->map) ||
       memcmp(end->epoch.map_root.b, root.b, sizeof(root.b)) != 0)) {
    return dir_log_damaged(log,
                           "its last entry is not the EPOCH of the others");
  }
  return TACET_OK;
}

/* The head that witnesses had vouched for. Without one, or under a policy that
 * wants others, nothing is published until they vouch. */
static tacet_err load_published(dir_log *log, sto_conn *c) {
  dir_log_offer offer;
  bool row;
  sto_query *q = sto_query_start(c, Q_HEAD_GET);
  sto_bind_int(q, DIR_HEAD_PUBLISHED);
  TACET_TRY(sto_step(q, &row));
  tacet_err err = TACET_OK;
  if (row) {
    err = dir_log_judge(log, c, sto_blob(q, 2), &offer);
    err = err == TACET_OK ? dir_log_show(log, &offer) : err;
  }
  sto_query_end(q);
  if (err == TACET_ERR_FORK) {
    return dir_log_damaged(log, "the head that was published is not one of it");
  }
  return tacet_err_kind(err) == TACET_KIND_LOCAL && err != TACET_ERR_STATE
             ? err
             : TACET_OK;
}

/* Entries behind the head, which its transaction would have moved on. */
static tacet_err check_end(dir_log *log, sto_conn *c) {
  bool row;
  sto_query *q = sto_query_start(c, Q_LOG_GET);
  sto_bind_int(q, (int64_t)log->frontier.size);
  TACET_TRY(sto_step(q, &row));
  sto_query_end(q);
  return row ? dir_log_damaged(log, "there are entries behind its head")
             : TACET_OK;
}

tacet_err dir_log_load(dir_log *log, sto_conn *c, bool beside_server) {
  tacet_tlog_head stored;
  dir_tree_cut(&log->tree, 0);
  tacet_map_truncate(log->map, 0);
  log->frontier = (tacet_tlog_frontier){0};
  log->ending = (dir_log_end){.epoch = {.kind = TACET_KEYLOG_EPOCH}};
  TACET_TRY(stored_head(c, &stored));
  TACET_TRY(take_entries(log, c, stored.size));
  TACET_TRY(check_head(log, &stored));
  if (!beside_server || stored.size == 0) {
    TACET_TRY(check_end(log, c));
  }
  log->durable = log->ending;
  if (log->frontier.size == 0) {
    return TACET_OK;
  }
  return tacet_policy_is_unwitnessed(log->policy) ? dir_log_show_next(log)
                                                  : load_published(log, c);
}
