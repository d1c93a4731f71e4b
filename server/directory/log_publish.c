/* SPDX-License-Identifier: Apache-2.0
 * The published head: how a head becomes it, and what is offered to the
 * witnesses before. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

#define PROOF_MAX (TACET_NOTE_MAX + (size_t)(8 * 1024))

/* ---- showing ---- */

/* At the start all of it comes at once. */
static tacet_err copy_shown(dir_log *log) {
  tacet_map *copy = NULL;
  TACET_TRY(tacet_map_copy(log->map, &copy));
  tacet_map_free(log->shown);
  log->shown = copy;
  return TACET_OK;
}

/* Brings the published map to `to` of the writer's keys. */
static tacet_err grow_shown(dir_log *log, uint64_t to,
                            const tacet_map_hash *root) {
  uint64_t before = tacet_map_size(log->shown), from = before;
  tacet_map_hash key, value, got;
  tacet_err err = TACET_OK;
  if (from == 0 && to > 0) {
    TACET_TRY(copy_shown(log));
    tacet_map_truncate(log->shown, to);
    from = to;
  }
  for (uint64_t i = from; i < to && err == TACET_OK; i++) {
    tacet_map_at(log->map, i, &key, &value);
    err = tacet_map_insert(log->shown, &key, &value);
  }
  if (err == TACET_OK) {
    err = tacet_map_root(log->shown, &got);
  }
  if (err == TACET_OK && memcmp(got.b, root->b, sizeof(got.b)) != 0) {
    err = TACET_ERR_STATE;
  }
  if (err != TACET_OK) {
    tacet_map_truncate(log->shown, before);
    (void)!tacet_map_root(log->shown, &got); /* readers make no hashes */
  }
  return err;
}

/* All that can fail before anything of it is seen. */
tacet_err dir_log_show(dir_log *log, const dir_log_offer *o) {
  dir_log_published p = {.head = o->head,
                         .epoch = o->epoch,
                         .n_witnesses = o->n_witnesses,
                         .witnessed = o->witnessed};
  TACET_BUF(proof, PROOF_MAX);
  tacet_tlog_source source = dir_tree_source(&log->tree);
  TACET_TRY(tacet_keylog_head_prove(&source, 0, o->head.size, &o->epoch,
                                    o->note, &proof));
  TACET_TRY(tacet_bytes_set(&p.note, o->note));
  tacet_err err = tacet_bytes_set(&p.proof, tacet_buf_span(&proof));
  if (err == TACET_OK) {
    (void)pthread_rwlock_wrlock(&log->lock);
    err = grow_shown(log, o->epoch.map_size, &o->epoch.map_root);
    if (err == TACET_OK) {
      dir_log_published old = log->published;
      log->published = p;
      p = old;
    }
    (void)pthread_rwlock_unlock(&log->lock);
  }
  tacet_bytes_free(&p.note);
  tacet_bytes_free(&p.proof);
  return err;
}

tacet_err dir_log_show_next(dir_log *log) {
  const dir_log_end *end = &log->durable;
  if (log->published.head.size == end->frontier.size) {
    return TACET_OK;
  }
  TACET_BUF(note, TACET_NOTE_MAX);
  dir_log_offer o = {.head = {.size = end->frontier.size, .root = end->root},
                     .epoch = end->epoch};
  TACET_TRY(dir_log_sign(log, &o.head, &note));
  o.note = tacet_buf_span(&note);
  return dir_log_show(log, &o);
}

/* ---- judging ---- */

tacet_err dir_log_entry(sto_conn *c, uint64_t index, tacet_keylog_entry *out) {
  bool row;
  sto_query *q = sto_query_start(c, Q_LOG_GET);
  sto_bind_int(q, (int64_t)index);
  TACET_TRY(sto_step(q, &row));
  tacet_err err =
      row ? tacet_keylog_entry_read(sto_blob(q, 0), out) : TACET_ERR_IO;
  sto_query_end(q);
  return err;
}

/* When witnesses have cosigned is for readers to judge by their own clocks: a
 * server whose clock is wrong goes on publishing. */
tacet_err dir_log_judge(const dir_log *log, sto_conn *c, tacet_span note,
                        dir_log_offer *o) {
  tacet_policy_verdict v;
  tacet_tlog_hash root;
  tacet_tlog_source source = dir_tree_source(&log->tree);
  TACET_TRY(tacet_policy_judge(log->policy, note, UINT64_MAX, &v));
  *o = (dir_log_offer){
      .note = note,
      .head = {.size = v.checkpoint.size, .root = v.checkpoint.root},
      .n_witnesses = v.n_witnesses,
      .witnessed = v.witnessed};
  if (!tacet_span_equal(v.checkpoint.origin, tacet_span_str(log->name.name))) {
    return TACET_ERR_AUTH;
  }
  if (o->head.size == 0 || o->head.size > log->durable.frontier.size) {
    return TACET_ERR_FORK;
  }
  TACET_TRY(tacet_tlog_root(&source, o->head.size, &root));
  if (!tacet_tlog_equal(&root, &o->head.root)) {
    return TACET_ERR_FORK;
  }
  TACET_TRY(dir_log_entry(c, o->head.size - 1, &o->epoch));
  return o->epoch.kind == TACET_KEYLOG_EPOCH ? TACET_OK : TACET_ERR_FORK;
}

/* ---- publishing ---- */

typedef struct publication {
  sto_job job;
  dir_log *log;
  tacet_span note;
  dir_log_offer offer;
  tacet_err refused; /* by the rules */
  tacet_err err;
  bool done;
  pthread_mutex_t lock;
  pthread_cond_t ended;
} publication;

static tacet_err store(sto_conn *c, const dir_log_offer *o) {
  sto_query *q = sto_query_start(c, Q_HEAD_SET);
  sto_bind_int(q, DIR_HEAD_PUBLISHED);
  sto_bind_int(q, (int64_t)o->head.size);
  sto_bind_blob(q, tacet_span_of(o->head.root.b, TACET_TLOG_HASH_LEN));
  sto_bind_blob(q, o->note);
  return sto_exec(q);
}

static tacet_err publish_run(sto_job *job, sto_conn *c) {
  publication *p = (publication *)(void *)job;
  dir_log *log = p->log;
  uint64_t newest =
      log->offer != NULL ? log->offer->head.size : log->published.head.size;
  p->refused = dir_log_judge(log, c, p->note, &p->offer);
  if (p->refused == TACET_OK && (tacet_policy_is_unwitnessed(log->policy) ||
                                 p->offer.head.size < newest)) {
    p->refused = TACET_ERR_STATE;
  }
  if (p->refused != TACET_OK) {
    return TACET_OK;
  }
  TACET_TRY(store(c, &p->offer));
  log->offer = &p->offer;
  return TACET_OK;
}

static void publish_done(sto_job *job, tacet_err err) {
  publication *p = (publication *)(void *)job;
  (void)pthread_mutex_lock(&p->lock);
  p->err = err != TACET_OK ? err : p->refused;
  if (p->err == TACET_OK && p->log->published.head.size < p->offer.head.size) {
    p->err = TACET_ERR_NOMEM; /* it is stored; the next one shows it */
  }
  p->done = true;
  (void)pthread_cond_signal(&p->ended);
  (void)pthread_mutex_unlock(&p->lock);
}

tacet_err dir_log_publish(dir_directory *d, tacet_span note) {
  publication p = {.job = {.run = publish_run, .done = publish_done},
                   .log = &d->log,
                   .note = note};
  (void)pthread_mutex_init(&p.lock, NULL);
  (void)pthread_cond_init(&p.ended, NULL);
  sto_write_unbounded(d->db, &p.job);
  (void)pthread_mutex_lock(&p.lock);
  while (!p.done) {
    (void)pthread_cond_wait(&p.ended, &p.lock);
  }
  (void)pthread_mutex_unlock(&p.lock);
  (void)pthread_cond_destroy(&p.ended);
  (void)pthread_mutex_destroy(&p.lock);
  return p.err;
}

/* ---- for who collects cosignatures ---- */

void dir_log_state_get(dir_directory *d, dir_log_state *out) {
  dir_log *log = &d->log;
  dir_log_read_begin(log);
  *out = (dir_log_state){
      .next = {.size = log->durable.frontier.size, .root = log->durable.root},
      .published = log->published.head,
      .map_size = log->durable.epoch.map_size,
      .unwitnessed = tacet_policy_is_unwitnessed(log->policy),
      .n_witnesses = log->published.n_witnesses,
      .witnessed = log->published.witnessed};
  dir_log_read_end(log);
}

tacet_err dir_log_next(dir_directory *d, bool again, tacet_buf *note) {
  dir_log_state s;
  dir_log_state_get(d, &s);
  if (s.next.size == 0 || (s.next.size == s.published.size && !again)) {
    return TACET_ERR_NOT_FOUND;
  }
  return dir_log_sign(&d->log, &s.next, note);
}

tacet_err dir_log_consistency(dir_directory *d, uint64_t old_size,
                              uint64_t size, tacet_tlog_proof *out) {
  dir_log *log = &d->log;
  tacet_tlog_source source = dir_tree_source(&log->tree);
  dir_log_read_begin(log);
  tacet_err err =
      size > log->durable.frontier.size
          ? TACET_ERR_ARGUMENT
          : tacet_tlog_prove_consistency(&source, old_size, size, out);
  dir_log_read_end(log);
  return err;
}
