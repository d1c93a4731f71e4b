/* SPDX-License-Identifier: Apache-2.0
 * The key log as it is on the disk, for the operator's commands: its hashes,
 * its heads, and no map. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

#include "tacet/keytrans/inclusion.h"

#include <stdlib.h>

#define PIECE 4096 /* entries of one transaction */

struct dir_log_copy {
  dir_log log; /* keys, policy, tree, frontier, the head `next` */
  tacet_tlog_head next;
  tacet_bytes published; /* its note; empty: none */
};

/* Entries never change, so pieces that are read one after the other are those
 * of one moment. */
typedef struct reading {
  sto_job job;
  dir_log_copy *copy;
} reading;

static tacet_err read_head(sto_conn *c, int which, tacet_tlog_head *head,
                           tacet_bytes *note) {
  bool row;
  tacet_err err = TACET_OK;
  sto_query *q = sto_query_start(c, Q_HEAD_GET);
  sto_bind_int(q, which);
  TACET_TRY(sto_step(q, &row));
  if (row) {
    tacet_span root = sto_blob(q, 1);
    head->size = (uint64_t)sto_int(q, 0);
    if (root.len == sizeof(head->root.b)) {
      memcpy(head->root.b, root.p, root.len);
    } else {
      err = TACET_ERR_IO;
    }
    if (note != NULL && err == TACET_OK) {
      err = tacet_bytes_set(note, sto_blob(q, 2));
    }
  }
  sto_query_end(q);
  return err;
}

static tacet_err heads_run(sto_job *job, sto_conn *c) {
  dir_log_copy *copy = ((reading *)(void *)job)->copy;
  tacet_tlog_head published = {0};
  TACET_TRY(read_head(c, DIR_HEAD_NEXT, &copy->next, NULL));
  return read_head(c, DIR_HEAD_PUBLISHED, &published, &copy->published);
}

static tacet_err piece_run(sto_job *job, sto_conn *c) {
  dir_log_copy *copy = ((reading *)(void *)job)->copy;
  dir_log *log = &copy->log;
  tacet_tlog_sink sink = dir_tree_sink(&log->tree);
  uint64_t left = copy->next.size - log->frontier.size;
  sto_query *q = sto_query_start(c, Q_LOG_FROM);
  sto_bind_int(q, (int64_t)log->frontier.size);
  sto_bind_int(q, left < PIECE ? (int64_t)left : PIECE);
  for (bool row = true; row;) {
    tacet_tlog_hash leaf;
    TACET_TRY(sto_step(q, &row));
    if (row) {
      TACET_TRY(tacet_tlog_leaf(sto_blob(q, 0), &leaf));
      TACET_TRY(tacet_tlog_append(&log->frontier, &leaf, &sink));
    }
  }
  return TACET_OK;
}

static tacet_err read_all(dir_log_copy *copy, sto_conn *c) {
  reading heads = {.job = {.run = heads_run}, .copy = copy};
  reading piece = {.job = {.run = piece_run}, .copy = copy};
  tacet_tlog_hash root;
  TACET_TRY(sto_conn_transact(c, &heads.job));
  while (copy->log.frontier.size < copy->next.size) {
    uint64_t before = copy->log.frontier.size;
    TACET_TRY(sto_conn_transact(c, &piece.job));
    if (copy->log.frontier.size == before) {
      return TACET_ERR_IO;
    }
  }
  TACET_TRY(tacet_tlog_frontier_root(&copy->log.frontier, &root));
  return copy->next.size == 0 || tacet_tlog_equal(&root, &copy->next.root)
             ? TACET_OK
             : TACET_ERR_IO;
}

static tacet_err load(dir_log_copy *copy, const char *folder,
                      const char *domain, sto_trouble *why) {
  char path[DIR_PATH_MAX];
  sto_conn *c = NULL;
  TACET_TRY(dir_log_open(&copy->log, folder, domain, why));
  TACET_TRY(dir_database_path(folder, path, why));
  TACET_TRY(sto_conn_open(&dir_schema, path, why, &c));
  tacet_err err = read_all(copy, c);
  sto_conn_close(c);
  if (err != TACET_OK) {
    sto_trouble_set(why,
                    "the key log in %s cannot be read (%s); restore the data "
                    "folder from a copy",
                    path, tacet_err_text(err));
  }
  return err;
}

tacet_err dir_log_copy_new(const char *folder, const char *domain,
                           sto_trouble *why, dir_log_copy **out) {
  dir_log_copy *c = calloc(1, sizeof(*c));
  if (c == NULL) {
    sto_trouble_set(why, "there is not enough memory");
    return TACET_ERR_NOMEM;
  }
  tacet_err err = load(c, folder, domain, why);
  if (err != TACET_OK) {
    dir_log_copy_free(c);
    return err;
  }
  *out = c;
  return TACET_OK;
}

void dir_log_copy_free(dir_log_copy *c) {
  if (c != NULL) {
    tacet_bytes_free(&c->published);
    dir_log_close(&c->log);
    free(c);
  }
}

void dir_log_copy_state(const dir_log_copy *c, dir_log_state *out) {
  tacet_policy_verdict v = {.n_witnesses = 0};
  *out = (dir_log_state){.next = c->next,
                         .unwitnessed =
                             tacet_policy_is_unwitnessed(c->log.policy)};
  if (out->unwitnessed) {
    out->published = c->next;
  } else if (c->published.len > 0 &&
             tacet_policy_judge(c->log.policy, tacet_bytes_span(&c->published),
                                UINT64_MAX, &v) == TACET_OK) {
    out->published = (tacet_tlog_head){v.checkpoint.size, v.checkpoint.root};
    out->n_witnesses = v.n_witnesses;
    out->witnessed = v.witnessed;
  }
}

tacet_err dir_log_copy_next(const dir_log_copy *c, tacet_buf *note) {
  return c->next.size == 0 ? TACET_ERR_NOT_FOUND
                           : dir_log_sign(&c->log, &c->next, note);
}

tacet_err dir_log_copy_consistency(const dir_log_copy *c, uint64_t old_size,
                                   uint64_t size, tacet_tlog_proof *out) {
  tacet_tlog_source source = dir_tree_source(&c->log.tree);
  return size > c->next.size
             ? TACET_ERR_ARGUMENT
             : tacet_tlog_prove_consistency(&source, old_size, size, out);
}

tacet_err dir_log_copy_prove(const dir_log_copy *c, uint64_t index,
                             tacet_buf *out) {
  dir_log_state s;
  tacet_inclusion p = {.index = index, .note = tacet_bytes_span(&c->published)};
  tacet_tlog_source source = dir_tree_source(&c->log.tree);
  TACET_BUF(note, TACET_NOTE_MAX);
  dir_log_copy_state(c, &s);
  if (index >= s.published.size) {
    return TACET_ERR_NOT_FOUND;
  }
  if (s.unwitnessed) {
    TACET_TRY(dir_log_sign(&c->log, &s.published, &note));
    p.note = tacet_buf_span(&note);
  }
  TACET_TRY(
      tacet_tlog_prove_inclusion(&source, index, s.published.size, &p.path));
  tacet_inclusion_write(&p, out);
  return out->err;
}

const tacet_policy *dir_log_copy_policy(const dir_log_copy *c) {
  return c->log.policy;
}

bool dir_log_copy_signed(const dir_log_copy *c, const tacet_note_key *key) {
  tacet_note note;
  uint64_t time;
  if (tacet_policy_is_unwitnessed(c->log.policy)) {
    return true; /* it is signed anew at each start */
  }
  return c->published.len > 0 &&
         tacet_note_parse(tacet_bytes_span(&c->published), &note) == TACET_OK &&
         tacet_note_verify(&note, key, &time) == TACET_OK;
}
