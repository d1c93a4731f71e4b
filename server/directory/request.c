/* SPDX-License-Identifier: Apache-2.0
 * A request from its body to its end, stage by stage. */
#include "server/directory/private.h"

#include <stdlib.h>

/* 64 manifests of 16 KiB are the largest answer, and their proofs. */
#define ANSWER_MAX                                                             \
  (TACETD_LOOKUP_MANIFESTS_MAX * TACETD_KIB(16) + TACETD_KIB(8) +              \
   DIR_PROOFS_MAX)

typedef struct whole {
  dir_request r;
  dir_work w;
} whole;

/* What stands in a signature; the routes themselves are the caller's. */
static const struct {
  const char *method, *path;
  bool is_signed;
  dir_stage start;
} calls[] = {
    [DIR_REGISTER] = {"POST", "/v1/accounts", false, dir_register_start},
    [DIR_ERASE] = {"DELETE", "/v1/accounts", true, dir_erase_start},
    [DIR_MANIFEST] = {"PUT", "/v1/manifests", false, dir_manifest_start},
    [DIR_LOOKUP] = {"POST", "/v1/lookup", false, dir_lookup_start},
    [DIR_PUBLISH] = {"PUT", "/v1/keypackages", true, dir_publish_start},
    [DIR_CLAIM] = {"POST", "/v1/keypackages/claim", false, dir_claim_start},
    [DIR_DRAW] = {"POST", "/v1/tokens", true, dir_draw_start},
    [DIR_HEAD] = {"POST", "/v1/log", false, dir_head_start},
    [DIR_WEEK] = {"POST", "/v1/tokens/proof", false, dir_week_start},
    [DIR_FILE] = {"GET", "/log/", false, dir_file_start},
};

const char *dir_method_of(dir_call call) {
  return calls[call].method;
}
const char *dir_path_of(dir_call call) {
  return calls[call].path;
}

/* ---- making one ---- */

static tacet_err parse(dir_request *r) {
  tacet_span body = tacet_bytes_span(&r->body);
  switch (r->call) {
  case DIR_REGISTER:
    return tacet_create_account_parse(body, &r->in.create);
  case DIR_ERASE:
  case DIR_MANIFEST:
    return tacet_put_manifest_parse(body, &r->in.put);
  case DIR_LOOKUP:
    return tacet_lookup_parse(body, &r->in.lookup);
  case DIR_PUBLISH:
    return tacet_publish_parse(body, &r->in.publish);
  case DIR_CLAIM:
    return tacet_claim_parse(body, &r->in.claim);
  case DIR_DRAW:
    return tacet_draw_parse(body, &r->in.draw);
  case DIR_HEAD:
    return tacet_log_query_parse(body, &r->in.log);
  case DIR_WEEK:
    return tacet_issuer_query_parse(body, &r->in.week);
  case DIR_FILE:
    return dir_file_parse(body, &r->in.file);
  }
  return TACET_ERR_UNSUPPORTED;
}

static tacet_wire_error status_of(tacet_err err) {
  switch (err) {
  case TACET_OK:
    return TACET_WIRE_OK;
  case TACET_ERR_FULL:
    return TACET_WIRE_STORAGE;
  case TACET_ERR_BUSY:
    return TACET_WIRE_BUSY;
  case TACET_ERR_NOT_FOUND:
    return TACET_WIRE_NOT_FOUND;
  default:
    return tacet_err_kind(err) == TACET_KIND_INPUT ? TACET_WIRE_MALFORMED
                                                   : TACET_WIRE_INTERNAL;
  }
}

tacet_wire_error dir_request_new(dir_call call, tacet_bytes *body,
                                 tacet_span authorization, dir_request **out) {
  whole *all = calloc(1, sizeof(*all));
  if (all == NULL) {
    return TACET_WIRE_INTERNAL;
  }
  dir_request *r = &all->r;
  r->call = call;
  r->work = &all->w;
  tacet_buf_init(&r->answer, ANSWER_MAX);
  r->body = *body;
  *body = (tacet_bytes){NULL, 0};
  tacet_wire_error status = status_of(parse(r));
  if (status == TACET_WIRE_OK && calls[call].is_signed &&
      tacet_auth_parse(authorization, &r->auth) != TACET_OK) {
    status = TACET_WIRE_AUTHORIZATION;
  }
  if (status != TACET_WIRE_OK) {
    dir_request_free(r);
    return status;
  }
  *out = r;
  return TACET_WIRE_OK;
}

void dir_request_free(dir_request *r) {
  if (r == NULL) {
    return;
  }
  free(r->work->packages);
  tacet_wipe(&r->work->update, sizeof(r->work->update));
  tacet_bytes_free(&r->body);
  tacet_buf_free(&r->answer);
  free(r);
}

/* ---- its way ---- */

static void finish(dir_request *r) {
  if (r->status != TACET_WIRE_OK) {
    tacet_buf_clear(&r->answer);
  }
  r->done(r);
}

static tacet_err run_stage(sto_job *job, sto_conn *c) {
  dir_request *r = (dir_request *)(void *)job;
  /* A transaction that was taken back runs its stages again: from nothing. */
  r->status = TACET_WIRE_OK;
  r->work->next = NULL;
  tacet_buf_clear(&r->answer);
  TACET_TRY(r->work->stage(r, c));
  return r->answer.err;
}

static void submit_stage(dir_request *r, enum dir_thread on);

static void stage_done(sto_job *job, tacet_err err) {
  dir_request *r = (dir_request *)(void *)job;
  dir_work *w = r->work;
  if (err != TACET_OK) {
    r->status = status_of(err);
  } else if (r->status == TACET_WIRE_OK && w->next != NULL) {
    w->stage = w->next;
    submit_stage(r, w->next_on);
    return;
  }
  finish(r);
}

static void submit_stage(dir_request *r, enum dir_thread on) {
  r->job = (sto_job){.run = run_stage,
                     .done = stage_done,
                     .bytes = sizeof(whole) + r->body.len,
                     .grows = on == DIR_WRITER && r->work->grows};
  tacet_err err = on == DIR_WRITER ? sto_write(r->directory->db, &r->job)
                                   : sto_read(r->directory->db, &r->job);
  if (err != TACET_OK) {
    r->status = status_of(err);
    finish(r);
  }
}

/* Every call begins on a reader: signatures and tokens take time. */
void dir_submit(dir_directory *d, dir_request *r) {
  TACET_ASSERT(r->done != NULL);
  r->directory = d;
  r->work->stage = calls[r->call].start;
  submit_stage(r, DIR_READER);
}
