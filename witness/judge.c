/* SPDX-License-Identifier: Apache-2.0
 * One add-checkpoint in the database. The writer runs one job after the other,
 * so nothing can come between what is read and what is written; and done() is
 * called once it is on the disk, so no cosignature leaves before. */
#include "witness/judge.h"

#include <stdlib.h>

/* The note with our line: what the monitoring address gives. */
static tacet_err remember(wit_judgement *j, sto_conn *c,
                          const tacet_tlog_head *next) {
  const tacet_witness_request *r = &j->request;
  TACET_BUF(cosigned, TACET_NOTE_MAX + 1024);
  TACET_TRY(tacet_witness_cosign(r, &j->identity->key,
                                 &j->identity->private_key, (uint64_t)j->time,
                                 &j->answer));
  tacet_write_bytes(&cosigned, r->note.text);
  tacet_write_u8(&cosigned, '\n');
  tacet_write_bytes(&cosigned, r->note.signatures);
  tacet_write_bytes(&cosigned, tacet_buf_span(&j->answer));
  TACET_TRY(cosigned.err);
  return wit_head_set(c, r->checkpoint.origin, next, tacet_buf_span(&cosigned),
                      j->time);
}

/* A log's own signature under a history that is not the remembered one. A log
 * that sent a wrong proof by mistake gives that, too: the two notes tell. */
static tacet_err keep_evidence(const wit_judgement *j, sto_conn *c) {
  const tacet_witness_request *r = &j->request;
  const uint8_t *from = r->note.text.p;
  size_t len = r->note.text.len + 1 + r->note.signatures.len;
  return wit_evidence(c, r->checkpoint.origin, tacet_span_of(from, len),
                      j->time);
}

static tacet_err run(sto_job *job, sto_conn *c) {
  wit_judgement *j = (wit_judgement *)job;
  tacet_note_key keys[WIT_KEYS_OF_LOG_MAX];
  tacet_tlog_head next;
  size_t n = 0;
  tacet_buf_clear(&j->answer);
  TACET_TRY(wit_keys(c, j->request.checkpoint.origin, keys, &n));
  if (n == 0) {
    j->status = TACET_WITNESS_UNKNOWN;
    return TACET_OK;
  }
  TACET_TRY(wit_head(c, j->request.checkpoint.origin, &j->remembered));
  TACET_TRY(tacet_witness_judge(&j->request, keys, n, &j->remembered, &next,
                                &j->status));
  if (j->status == TACET_WITNESS_OK) {
    return remember(j, c, &next);
  }
  return j->status == TACET_WITNESS_INCONSISTENT ? keep_evidence(j, c)
                                                 : TACET_OK;
}

tacet_err wit_judgement_new(const wit_identity *identity, tacet_span body,
                            int64_t time,
                            void (*done)(sto_job *job, tacet_err err),
                            wit_judgement **out) {
  wit_judgement *j = calloc(1, sizeof(*j));
  if (j == NULL) {
    return TACET_ERR_NOMEM;
  }
  j->job = (sto_job){.run = run, .done = done, .bytes = sizeof(*j) + body.len};
  j->identity = identity;
  j->time = time;
  j->answer.max = 1024;
  tacet_err e = tacet_bytes_set(&j->body, body);
  if (e == TACET_OK) {
    e = tacet_witness_read(tacet_bytes_span(&j->body), &j->request);
  }
  if (e != TACET_OK) {
    wit_judgement_free(j);
    return e;
  }
  *out = j;
  return TACET_OK;
}

void wit_judgement_free(wit_judgement *j) {
  if (j != NULL) {
    tacet_bytes_free(&j->body);
    tacet_buf_free(&j->answer);
    free(j);
  }
}
