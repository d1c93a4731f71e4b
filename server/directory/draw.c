/* SPDX-License-Identifier: Apache-2.0
 * Drawing tokens: so many a day for an account, evaluated without being seen.
 *
 * The row remembers the day, how many that day of each kind, and the hash of
 * the last request. The same request again counts nothing and is evaluated
 * again, which gives the same tokens: so a lost answer costs nothing, and no
 * answer has to be kept. */
#include "server/directory/private.h"

static size_t n_of(const dir_request *r) {
  return r->in.draw.blinded.len / TACET_VOPRF_ELEMENT_LEN;
}

static tacet_err evaluate(dir_request *r, sto_conn *c) {
  (void)c;
  const tacet_draw *in = &r->in.draw;
  uint8_t evaluated[TACET_TOKEN_BATCH_MAX * TACET_VOPRF_ELEMENT_LEN];
  tacet_draw_answer answer = {tacet_span_of(evaluated, in->blinded.len), {0}};
  tacet_err err =
      tok_issuer_evaluate(r->directory->issuers[in->kind], in->key_id,
                          in->blinded, evaluated, answer.proof);
  if (err == TACET_ERR_NOT_FOUND) {
    return dir_refuse(r, TACET_WIRE_ISSUER_KEY);
  }
  if (err != TACET_OK) {
    return tacet_err_kind(err) == TACET_KIND_LOCAL
               ? err
               : dir_refuse(r, TACET_WIRE_MALFORMED);
  }
  tacet_draw_answer_write(&r->answer, &answer);
  return TACET_OK;
}

typedef struct drawn {
  int64_t day;
  uint32_t n[2];
  bool same; /* as the last request */
} drawn;

static tacet_err read_drawn(dir_request *r, sto_conn *c, drawn *out,
                            bool *found) {
  sto_query *q = sto_query_start(c, Q_ACCOUNT_GET);
  sto_bind_blob(q, tacet_span_of(r->auth.account_id, TACET_ACCOUNT_ID_LEN));
  TACET_TRY(sto_step(q, found));
  int64_t today = dir_today(r->directory);
  *out = (drawn){.day = today};
  if (*found && sto_int(q, 1) == today) {
    out->n[TACET_TOKEN_DIRECTORY] = (uint32_t)sto_int(q, 2);
    out->n[TACET_TOKEN_DELIVERY] = (uint32_t)sto_int(q, 3);
    out->same = tacet_span_equal(
        sto_blob(q, 4), tacet_span_of(r->work->hash, sizeof(r->work->hash)));
  }
  sto_query_end(q);
  return TACET_OK;
}

static tacet_err count_run(dir_request *r, sto_conn *c) {
  drawn d;
  bool found;
  tacet_token_kind kind = r->in.draw.kind;
  TACET_TRY(read_drawn(r, c, &d, &found));
  if (!found) {
    return dir_refuse(r, TACET_WIRE_UNKNOWN_ACCOUNT);
  }
  if (d.same) {
    dir_then(r, DIR_READER, false, evaluate);
    return TACET_OK;
  }
  uint32_t quota = r->directory->tokens_per_day[kind];
  if (n_of(r) > quota || d.n[kind] > quota - n_of(r)) {
    return dir_refuse(r, TACET_WIRE_QUOTA);
  }
  d.n[kind] += (uint32_t)n_of(r);
  sto_query *q = sto_query_start(c, Q_ACCOUNT_DRAW);
  sto_bind_blob(q, tacet_span_of(r->auth.account_id, TACET_ACCOUNT_ID_LEN));
  sto_bind_int(q, d.day);
  sto_bind_int(q, d.n[TACET_TOKEN_DIRECTORY]);
  sto_bind_int(q, d.n[TACET_TOKEN_DELIVERY]);
  sto_bind_blob(q, tacet_span_of(r->work->hash, sizeof(r->work->hash)));
  TACET_TRY(sto_exec(q));
  dir_then(r, DIR_READER, false, evaluate);
  return TACET_OK;
}

tacet_err dir_draw_start(dir_request *r, sto_conn *c) {
  TACET_TRY(dir_check_signature(r, c));
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK;
  }
  if (!tok_issuer_issues(r->directory->issuers[r->in.draw.kind],
                         r->in.draw.key_id)) {
    return dir_refuse(r, TACET_WIRE_ISSUER_KEY);
  }
  TACET_TRY(dir_hash(tacet_bytes_span(&r->body), r->work->hash));
  dir_then(r, DIR_WRITER, false, count_run);
  return TACET_OK;
}
