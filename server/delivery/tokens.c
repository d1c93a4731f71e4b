/* SPDX-License-Identifier: Apache-2.0
 * Tokens that pay for what a request asks: checked by a reader, spent by the
 * writer in the transaction of what they pay for. */
#include "server/delivery/private.h"

#include <stdlib.h>

static bool stands_twice(const dlv_work *w, const tok_spent *s) {
  for (size_t i = 0; i < w->n_spent; i++) {
    if (memcmp(w->spent[i].hash, s->hash, sizeof(s->hash)) == 0) {
      return true;
    }
  }
  return false;
}

tacet_err dlv_tokens_check(dlv_request *r, const tacet_token *tokens,
                           size_t n) {
  dlv_work *w = r->work;
  w->n_spent = 0;
  free(w->spent);
  w->spent = calloc(n + 1, sizeof(*w->spent));
  if (w->spent == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    tok_spent s;
    tacet_err err = tok_issuer_redeem(r->delivery->issuer, &tokens[i], &s);
    if (err != TACET_OK && tacet_err_kind(err) == TACET_KIND_LOCAL) {
      return err;
    }
    if (err == TACET_OK && !stands_twice(w, &s)) {
      w->spent[w->n_spent++] = s;
    }
  }
  return TACET_OK;
}

static tacet_err was_spent(sto_conn *c, const tok_spent *s, bool *out) {
  sto_query *q = sto_query_start(c, Q_SPENT_GET);
  sto_bind_blob(q, tacet_span_of(s->hash, sizeof(s->hash)));
  TACET_TRY(sto_step(q, out));
  sto_query_end(q);
  return TACET_OK;
}

tacet_err dlv_tokens_spend(dlv_request *r, sto_conn *c, size_t n) {
  const dlv_work *w = r->work;
  if (w->n_spent < n) {
    return dlv_refuse(r, TACET_WIRE_TOKEN);
  }
  for (size_t i = 0; i < n; i++) {
    bool spent;
    TACET_TRY(was_spent(c, &w->spent[i], &spent));
    if (spent) {
      return dlv_refuse(r, TACET_WIRE_TOKEN_SPENT);
    }
  }
  for (size_t i = 0; i < n; i++) {
    sto_query *q = sto_query_start(c, Q_SPENT_ADD);
    sto_bind_blob(q, tacet_span_of(w->spent[i].hash, sizeof(w->spent[i].hash)));
    sto_bind_int(q, w->spent[i].last_day);
    TACET_TRY(sto_exec(q));
  }
  return TACET_OK;
}
