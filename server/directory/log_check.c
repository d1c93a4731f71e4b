/* SPDX-License-Identifier: Apache-2.0
 * Whether the key log of a folder is whole and commits to its manifests. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

#include <stdlib.h>

/* One row of Q_MANIFEST_ALL and its entry. */
static tacet_err check_manifest(dir_log *log, sto_conn *c, sto_query *q) {
  tacet_manifest m;
  tacet_keylog_label label;
  tacet_keylog_entry e;
  tacet_map_hash key, commitment;
  tacet_span body = sto_blob(q, 0), opening = sto_blob(q, 3);
  uint32_t version = (uint32_t)sto_int(q, 1);
  if (tacet_manifest_parse(body, &m) != TACET_OK ||
      opening.len != TACET_KEYLOG_OPENING_LEN) {
    return dir_log_damaged(log, "a manifest is none");
  }
  TACET_TRY(tacet_keylog_label_handle(tacet_span_str(m.handle), &label));
  TACET_TRY(dir_log_entry(c, (uint64_t)sto_int(q, 2), &e));
  TACET_TRY(tacet_keylog_key(&log->vrf, &label, version, &key, NULL));
  TACET_TRY(tacet_keylog_commit(opening.p, &label, version, body, &commitment));
  bool same = e.kind == TACET_KEYLOG_UPDATE &&
              memcmp(e.vrf_output.b, key.b, sizeof(key.b)) == 0 &&
              memcmp(e.commitment.b, commitment.b, sizeof(key.b)) == 0;
  return same ? TACET_OK
              : dir_log_damaged(log, "a manifest is not what it commits to");
}

static tacet_err check_manifests(dir_log *log, sto_conn *c) {
  bool row = true;
  sto_query *q = sto_query_start(c, Q_MANIFEST_ALL);
  sto_bind_int(q, (int64_t)log->frontier.size);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row) {
      TACET_TRY(check_manifest(log, c, q));
    }
  }
  return TACET_OK;
}

static tacet_err check_all(dir_log *log, const char *folder, const char *domain,
                           sto_trouble *why) {
  char path[DIR_PATH_MAX];
  sto_conn *c = NULL;
  TACET_TRY(dir_log_open(log, folder, domain, why));
  TACET_TRY(dir_database_path(folder, path, why));
  TACET_TRY(sto_conn_open(&dir_schema, path, why, &c));
  tacet_err err = dir_log_load(log, c, true);
  if (err == TACET_OK) {
    err = check_manifests(log, c);
  }
  sto_conn_close(c);
  if (err != TACET_OK) {
    sto_trouble_set(why, "the key log cannot be read: %s", tacet_err_text(err));
    if (log->load_trouble.text[0] != '\0') {
      *why = log->load_trouble;
    }
  }
  return err;
}

tacet_err dir_log_check(const char *folder, const char *domain,
                        tacet_tlog_head *end, sto_trouble *why) {
  dir_log *log = calloc(1, sizeof(*log));
  if (log == NULL) {
    sto_trouble_set(why, "%s", tacet_err_text(TACET_ERR_NOMEM));
    return TACET_ERR_NOMEM;
  }
  tacet_err err = check_all(log, folder, domain, why);
  if (err == TACET_OK && end != NULL) {
    *end = (tacet_tlog_head){log->durable.frontier.size, log->durable.root};
  }
  dir_log_close(log);
  free(log);
  return err;
}
