/* SPDX-License-Identifier: Apache-2.0
 * Looking up an account: its manifests from a known number on, and what the key
 * log says of the newest. All of it is as of the published head. */
#include "server/directory/private.h"

#define LIST_MAX (TACETD_LOOKUP_MANIFESTS_MAX * (TACET_MANIFEST_MAX + 4))

static tacet_err find(dir_request *r, sto_conn *c, uint8_t account[32],
                      bool *found) {
  const tacet_lookup *in = &r->in.lookup;
  tacet_span name, domain;
  if (in->kind == TACET_LOOKUP_ACCOUNT) {
    *found = in->key.len == TACET_ACCOUNT_ID_LEN;
    if (*found) {
      memcpy(account, in->key.p, TACET_ACCOUNT_ID_LEN);
    }
    return *found ? TACET_OK : dir_refuse(r, TACET_WIRE_MALFORMED);
  }
  *found = false;
  if (tacet_handle_split(in->key, &name, &domain) != TACET_OK) {
    return dir_refuse(r, TACET_WIRE_HANDLE);
  }
  if (!tacet_span_equal(domain, tacet_span_str(r->directory->domain))) {
    return dir_refuse(r, TACET_WIRE_UNKNOWN_ACCOUNT);
  }
  TACET_TRY(dir_find_name(c, name, account, found));
  if (*found) {
    return TACET_OK;
  }
  bool retired;
  TACET_TRY(dir_is_retired(c, &r->directory->retired_key, name, &retired));
  return dir_refuse(r,
                    retired ? TACET_WIRE_ERASED : TACET_WIRE_UNKNOWN_ACCOUNT);
}

static tacet_err list_manifests(dir_request *r, sto_conn *c,
                                const uint8_t account[32], tacet_buf *list,
                                bool *more) {
  bool row = true;
  size_t n = 0;
  sto_query *q = sto_query_start(c, Q_MANIFEST_SHOWN_FROM);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  sto_bind_int(q, r->in.lookup.from);
  sto_bind_int(q, (int64_t)r->directory->log.published.head.size);
  sto_bind_int(q, TACETD_LOOKUP_MANIFESTS_MAX + 1);
  *more = false;
  while (row && !*more) {
    TACET_TRY(sto_step(q, &row));
    *more = row && n == TACETD_LOOKUP_MANIFESTS_MAX;
    if (row && !*more) {
      tacet_opaque_list_add(list, sto_blob(q, 0));
      n++;
    }
  }
  sto_query_end(q);
  return list->err;
}

/* Of the account's number 0: who has not seen the handle before wants to know
 * that it was nobody's before that. */
static tacet_err first_opening(sto_conn *c, const uint8_t account[32],
                               tacet_keylog_opening *out) {
  bool found;
  sto_query *q = sto_query_start(c, Q_MANIFEST_FIRST);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  TACET_TRY(sto_step(q, &found));
  if (!found) {
    return TACET_ERR_IO;
  }
  tacet_span o = sto_blob(q, 1);
  bool whole = o.len == sizeof(out->opening);
  out->index = (uint64_t)sto_int(q, 0);
  if (whole) {
    memcpy(out->opening, o.p, o.len);
  }
  sto_query_end(q);
  return whole ? TACET_OK : TACET_ERR_IO;
}

/* KeyProofs of the newest manifest. */
static tacet_err prove(dir_request *r, sto_conn *c,
                       const tacet_manifest *newest,
                       const tacet_keylog_opening *opening, tacet_buf *out) {
  tacet_keylog_label label;
  tacet_keylog_opening first;
  bool more = newest->number > 0;
  TACET_TRY(tacet_keylog_label_handle(tacet_span_str(newest->handle), &label));
  TACET_TRY(more ? first_opening(c, newest->account_id, &first) : TACET_OK);
  return dir_log_prove(&r->directory->log, r->in.lookup.log_size, &label,
                       r->in.lookup.seen, opening, more ? &first : NULL,
                       out);
}

/* The handle is what the log is about: of an account that lost it there is
 * nothing to prove. */
static tacet_err has_handle(dir_request *r, sto_conn *c,
                            const tacet_manifest *m, bool *out) {
  uint8_t shown[TACET_ACCOUNT_ID_LEN];
  tacet_err err = dir_reset_shown(&r->directory->log, c, dir_name_of(m), shown);
  *out = err == TACET_OK && memcmp(shown, m->account_id, sizeof(shown)) == 0;
  return err == TACET_ERR_NOT_FOUND ? TACET_OK : err;
}

/* Under the lock of the log. */
static tacet_err answer(dir_request *r, sto_conn *c,
                        const uint8_t account[32]) {
  tacet_manifest newest;
  tacet_keylog_opening opening;
  bool found, more;
  TACET_BUF(list, LIST_MAX);
  TACET_BUF(proofs, DIR_PROOFS_MAX);
  if (r->directory->log.published.head.size == 0) {
    return dir_refuse(r, TACET_WIRE_BUSY); /* its witnesses are awaited */
  }
  TACET_TRY(dir_newest_shown(&r->directory->log, c, account, &newest, &opening,
                             &found));
  TACET_TRY(found ? has_handle(r, c, &newest, &found) : TACET_OK);
  if (!found) {
    return dir_refuse(r, TACET_WIRE_UNKNOWN_ACCOUNT);
  }
  TACET_TRY(list_manifests(r, c, account, &list, &more));
  if (list.len == 0 && r->in.lookup.from <= newest.number) {
    return dir_refuse(r, TACET_WIRE_ERASED); /* this very moment */
  }
  if (!more) {
    TACET_TRY(prove(r, c, &newest, &opening, &proofs));
  }
  tacet_lookup_answer a = {.manifests = tacet_buf_span(&list),
                           .proofs = tacet_buf_span(&proofs),
                           .more = more};
  tacet_lookup_answer_write(&r->answer, &a);
  return TACET_OK;
}

static tacet_span name_of(const tacet_lookup *in) {
  tacet_span name, domain;
  return tacet_handle_split(in->key, &name, &domain) == TACET_OK
             ? name
             : TACET_SPAN_EMPTY;
}

static tacet_err lookup_run(dir_request *r, sto_conn *c) {
  uint8_t account[TACET_ACCOUNT_ID_LEN];
  bool found;
  TACET_TRY(find(r, c, account, &found));
  if (!found) {
    return TACET_OK;
  }
  dir_log_read_begin(&r->directory->log);
  tacet_err err = r->in.lookup.kind == TACET_LOOKUP_HANDLE
                      ? dir_reset_shown(&r->directory->log, c,
                                        name_of(&r->in.lookup), account)
                      : TACET_OK;
  if (err == TACET_OK) {
    err = answer(r, c, account);
  } else if (err == TACET_ERR_NOT_FOUND) { /* erased this very moment */
    err = dir_refuse(r, TACET_WIRE_UNKNOWN_ACCOUNT);
  }
  dir_log_read_end(&r->directory->log);
  return err;
}

static tacet_err pay(dir_request *r, sto_conn *c) {
  TACET_TRY(dir_token_spend(r, c));
  if (r->status == TACET_WIRE_OK) {
    dir_then(r, DIR_READER, false, lookup_run);
  }
  return TACET_OK;
}

tacet_err dir_lookup_start(dir_request *r, sto_conn *c) {
  if (!r->must_pay) {
    return lookup_run(r, c);
  }
  if (r->in.lookup.token.len == 0) {
    return dir_refuse(r, TACET_WIRE_TOKEN_NEEDED);
  }
  TACET_TRY(dir_token_check(r, r->in.lookup.token));
  if (!r->work->has_spent) {
    return dir_refuse(r, TACET_WIRE_TOKEN);
  }
  dir_then(r, DIR_WRITER, true, pay);
  return TACET_OK;
}
