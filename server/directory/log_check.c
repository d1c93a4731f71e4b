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

/* Clients draw with no other keys than these. */
static tacet_err check_weeks(dir_log *log, tok_issuer *const issuers[2],
                             sto_conn *c) {
  bool row = true;
  sto_query *q = sto_query_start(c, Q_WEEK_ALL);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (!row) {
      break;
    }
    dir_update u;
    tacet_keylog_entry e;
    uint64_t index = (uint64_t)sto_int(q, 1);
    TACET_TRY(dir_week_make(issuers, &log->vrf, (uint32_t)sto_int(q, 0), &u));
    if (index >= log->frontier.size) {
      continue; /* came since the log was read */
    }
    TACET_TRY(dir_log_entry(c, index, &e));
    if (e.kind != TACET_KEYLOG_UPDATE ||
        memcmp(e.vrf_output.b, u.entry.vrf_output.b, TACET_MAP_LEN) != 0 ||
        memcmp(e.commitment.b, u.entry.commitment.b, TACET_MAP_LEN) != 0) {
      sto_trouble_set(&log->load_trouble,
                      "issuer-directory.key and issuer-delivery.key are not "
                      "those of the weeks in the key log, so clients draw no "
                      "tokens: put the files back from a copy; without one it "
                      "lasts until the weeks that are logged are over");
      return TACET_ERR_IO;
    }
  }
  return TACET_OK;
}

static tacet_err check_issuers(dir_log *log, const char *folder, sto_conn *c,
                               sto_trouble *why) {
  tok_issuer *issuers[2] = {NULL, NULL};
  tacet_err err = TACET_OK;
  for (int kind = 0; kind < 2 && err == TACET_OK; kind++) {
    err =
        tok_issuer_open(folder, (tacet_token_kind)kind, 0, why, &issuers[kind]);
  }
  if (err == TACET_OK) {
    err = check_weeks(log, issuers, c);
  }
  tok_issuer_free(issuers[0]);
  tok_issuer_free(issuers[1]);
  return err;
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
  if (err == TACET_OK) {
    err = check_issuers(log, folder, c, why);
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
