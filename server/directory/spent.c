/* SPDX-License-Identifier: Apache-2.0
 * A token that pays: checked by a reader, spent by the writer in the
 * transaction of what it pays for. */
#include "server/directory/private.h"

tacet_err dir_token_check(dir_request *r, tacet_span token) {
  dir_work *w = r->work;
  tacet_token t;
  w->has_spent = false;
  if (tacet_token_parse(token, &t) != TACET_OK) {
    return TACET_OK;
  }
  tacet_err err = tok_issuer_redeem(
      r->directory->issuers[TACET_TOKEN_DIRECTORY], &t, &w->spent);
  w->has_spent = err == TACET_OK;
  return tacet_err_kind(err) == TACET_KIND_LOCAL ? err : TACET_OK;
}

tacet_err dir_token_spend(dir_request *r, sto_conn *c) {
  const dir_work *w = r->work;
  if (!w->has_spent) {
    return dir_refuse(r, TACET_WIRE_TOKEN);
  }
  bool spent;
  tacet_span hash = tacet_span_of(w->spent.hash, sizeof(w->spent.hash));
  sto_query *q = sto_query_start(c, Q_SPENT_GET);
  sto_bind_blob(q, hash);
  TACET_TRY(sto_step(q, &spent));
  sto_query_end(q);
  if (spent) {
    return dir_refuse(r, TACET_WIRE_TOKEN_SPENT);
  }
  q = sto_query_start(c, Q_SPENT_ADD);
  sto_bind_blob(q, hash);
  sto_bind_int(q, w->spent.last_day);
  return sto_exec(q);
}
