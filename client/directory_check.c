/* SPDX-License-Identifier: Apache-2.0
 * Holding the directory's answers against its key log. */
#include "client/directory_check.h"

#include "client/chain.h"
#include "client/labels.h"
#include "client/reset.h"
#include "tacet/wire/directory.h"

/* ---- what does not check out ---- */

static tacet_err found(client *c, const client_keylog *k,
                       const client_directory_answer *a, const char *code,
                       const char *before, const char *after) {
  CLIENT_MEM(mem);
  tacet_key_proofs p = {.head = TACET_SPAN_EMPTY};
  client_finding f = {.code = code,
                      .handle = a->handle,
                      .value = a->bytes,
                      .previous = a->previous,
                      .from = k->r.size};
  if (tacet_key_proofs_parse(a->proofs, &p) == TACET_OK) {
    f.head = p.head;
    f.label = p.label;
  }
  TACET_TRY(
      client_mem_printf(&mem, &f.what, "%s%s%s", before, a->handle, after));
  return client_keylog_alarm(c, k, &f);
}

tacet_err client_directory_forged(client *c, const client_keylog *k,
                                  const client_directory_answer *a) {
  return found(c, k, a, "unsigned-manifest", "The server has keys for ",
               " in its log that none of their devices signed");
}

tacet_err client_directory_moved(client *c, client_keylog *k,
                                 const client_directory_answer *a) {
  if (!k->has_trust) {
    return client_reset_fail_own(c);
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_directory_keep(c, k, a));
  TACET_TRY(client_tx_commit(&tx));
  return client_reset_fail_own(c);
}

/* ---- checking ---- */

static tacet_err check_label(client *c, const client_keylog *k,
                             client_directory_answer *a, tacet_span proof) {
  tacet_keylog_label label;
  TACET_TRY(tacet_keylog_label_handle(tacet_span_str(a->handle), &label));
  tacet_err e = tacet_keylog_label_verify(
      &a->head, tacet_span_of(k->trust.vrf_key, sizeof(k->trust.vrf_key)),
      &label, a->seen, a->bytes, proof, &a->label);
  if (e == TACET_OK && a->label.exists) {
    return TACET_OK;
  }
  if (e != TACET_OK && tacet_err_kind(e) == TACET_KIND_LOCAL) {
    return e;
  }
  return tacet_err_kind(e) == TACET_KIND_INPUT
             ? found(c, k, a, "proof-invalid", "What the server shows about ",
                     " is not a proof of its key log")
             : found(c, k, a, "unlogged-manifest", "The server gives keys for ",
                     " that its key log does not have");
}

/* Another process of this home has taken a newer head meanwhile. */
static tacet_err has_moved(client *c, const client_keylog *k, bool *out) {
  CLIENT_KEYLOG(now);
  TACET_TRY(client_keylog_open(c, &now));
  *out = now.r.size != k->r.size;
  return TACET_OK;
}

/* Number 0 as this home knows it, where the answer begins later. */
static tacet_err first_known(client *c, const client_directory_answer *a,
                             tacet_buf *all, tacet_span *out) {
  *out = a->first;
  if (a->first.len == 0) {
    TACET_TRY(client_chain_write(c, client_id_span(a->newest.account_id), all));
    tacet_span list = tacet_buf_span(all);
    (void)tacet_opaque_list_next(&list, out);
  }
  return TACET_OK;
}

/* Of a handle that was not seen before: that its number and version are one
 * means that it was nobody else's, if the log has number 0 as version 0.
 * Without that it could hide a reset, by lists of devices that were never
 * logged. */
static tacet_err check_first(client *c, const client_keylog *k,
                             client_directory_answer *a,
                             const tacet_key_proofs *p) {
  TACET_BUF(all, (size_t)8 << 20);
  tacet_span first = TACET_SPAN_EMPTY;
  tacet_keylog_label label;
  if (a->label.version == 0 || a->newest.number != a->label.version) {
    return TACET_OK;
  }
  TACET_TRY(tacet_keylog_label_handle(tacet_span_str(a->handle), &label));
  TACET_TRY(first_known(c, a, &all, &first));
  tacet_err e = tacet_keylog_first_verify(
      &a->head, tacet_span_of(k->trust.vrf_key, sizeof(k->trust.vrf_key)),
      &label, first, p->label, p->first);
  return e == TACET_OK || tacet_err_kind(e) == TACET_KIND_LOCAL
             ? e
             : found(c, k, a, "unlogged-manifest", "The server gives keys for ",
                     " that its key log does not have from the start");
}

static tacet_err check_history(client *c, const client_keylog *k,
                               client_directory_answer *a,
                               const tacet_key_proofs *p) {
  CLIENT_MEM(mem);
  client_label before;
  tacet_err e = client_label_get(c, a->handle, &mem, &before);
  if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
    return e;
  }
  bool seen = e == TACET_OK && before.n_seen > 0;
  TACET_TRY(seen ? TACET_OK : check_first(c, k, a, p));
  e = client_label_fits(seen ? &before : NULL, &a->newest, &a->label);
  bool moved = false;
  if (e == TACET_ERR_AUTH) { /* or was `before` written since it was asked? */
    TACET_TRY(has_moved(c, k, &moved));
  }
  return moved ? TACET_ERR_BUSY
         : e == TACET_ERR_AUTH
             ? found(c, k, a, "label-rollback",
                     "The server's key log has another history of ",
                     " than before")
             : e;
}

tacet_err client_directory_check(client *c, client_keylog *k,
                                 client_directory_answer *a) {
  tacet_key_proofs p;
  if (!k->has_trust) {
    return TACET_OK;
  }
  if (a->proofs.len == 0) {
    return found(c, k, a, "proof-missing", "The server gives keys for ",
                 " without the proof that its key log has them");
  }
  if (tacet_key_proofs_parse(a->proofs, &p) != TACET_OK) {
    return found(c, k, a, "proof-invalid", "What the server shows about ",
                 " is not a proof of its key log");
  }
  TACET_TRY(client_keylog_judge(c, k, p.head, &a->head));
  a->head_proof = p.head;
  TACET_TRY(client_keylog_fresh(c, k, &a->head));
  TACET_TRY(check_label(c, k, a, p.label));
  return check_history(c, k, a, &p);
}

tacet_err client_directory_keep(client *c, client_keylog *k,
                                const client_directory_answer *a) {
  if (!k->has_trust) {
    return TACET_OK;
  }
  TACET_TRY(client_keylog_keep(c, k, a->head_proof, &a->head));
  return client_label_keep(c, &a->newest, &a->label, &a->head);
}
