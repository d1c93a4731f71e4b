/* SPDX-License-Identifier: Apache-2.0
 * A request from its body to its end, stage by stage. */
#include "server/delivery/private.h"

#include <stdlib.h>

/* Slots are the largest answers, a piece of a blob comes next. */
#define ANSWER_MAX (TACETD_SLOT_READ_BYTES_MAX + TACETD_KIB(64))

/* One block; sto_job stands first in the request. */
typedef struct whole {
  dlv_request r;
  dlv_work w;
} whole;

/* ---- making one ---- */

static tacet_err parse(dlv_request *r) {
  tacet_span body = tacet_bytes_span(&r->body);
  switch (r->call) {
  case DLV_CREATE:
    return tacet_create_mailboxes_parse(body, &r->in.create);
  case DLV_CHANGE:
    return tacet_change_mailbox_parse(body, &r->in.change);
  case DLV_DELETE:
    return tacet_delete_mailboxes_parse(body, &r->in.erase);
  case DLV_SEND:
    return tacet_send_parse(body, &r->in.send);
  case DLV_SLOTS:
    return tacet_read_slots_parse(body, &r->in.slots);
  case DLV_BLOB_PUT:
  case DLV_BLOB_GET:
  case DLV_SUBSCRIBE:
  case DLV_FETCH:
  case DLV_ACK:
    return TACET_OK;
  }
  return TACET_ERR_UNSUPPORTED;
}

static tacet_err allocate_parts(dlv_request *r) {
  void *part = NULL;
  switch (r->call) {
  case DLV_BLOB_PUT:
    part = r->in.put = calloc(1, sizeof(*r->in.put));
    break;
  case DLV_SUBSCRIBE:
    part = r->in.subscribe = calloc(1, sizeof(*r->in.subscribe));
    break;
  case DLV_FETCH:
    part = r->in.fetch = calloc(1, sizeof(*r->in.fetch));
    break;
  case DLV_ACK:
    part = r->in.ack = calloc(1, sizeof(*r->in.ack));
    break;
  case DLV_SEND:
    part = r->work->hashes =
        calloc(r->in.send.n_recipients + 1, sizeof(*r->work->hashes));
    break;
  case DLV_CREATE:
  case DLV_CHANGE:
  case DLV_DELETE:
  case DLV_SLOTS:
  case DLV_BLOB_GET:
    return TACET_OK;
  }
  return part == NULL ? TACET_ERR_NOMEM : TACET_OK;
}

/* Here, on the caller's thread, so that the writer has less to do. */
static tacet_err hash_capabilities(dlv_request *r) {
  tacet_span list = r->in.send.recipients;
  size_t i = 0;
  for (tacet_recipient to; tacet_recipient_next(&list, &to); i++) {
    TACET_TRY(
        dlv_hash(to.capability, sizeof(to.capability), r->work->hashes[i]));
  }
  return TACET_OK;
}

static tacet_wire_error status_of(tacet_err err) {
  switch (err) {
  case TACET_OK:
    return TACET_WIRE_OK;
  case TACET_ERR_FULL:
    return TACET_WIRE_STORAGE;
  case TACET_ERR_BUSY:
    return TACET_WIRE_BUSY;
  case TACET_ERR_LIMIT:
    return TACET_WIRE_TOO_LARGE;
  default:
    return tacet_err_kind(err) == TACET_KIND_LOCAL ? TACET_WIRE_INTERNAL
                                                   : TACET_WIRE_MALFORMED;
  }
}

tacet_wire_error dlv_request_new(dlv_call call, tacet_bytes *body,
                                 dlv_request **out) {
  whole *all = calloc(1, sizeof(*all));
  if (all == NULL) {
    return TACET_WIRE_INTERNAL;
  }
  dlv_request *r = &all->r;
  r->call = call;
  r->work = &all->w;
  tacet_buf_init(&r->answer, ANSWER_MAX);
  if (body != NULL) {
    r->body = *body;
    *body = (tacet_bytes){NULL, 0};
  }
  tacet_err err = parse(r);
  if (err == TACET_OK) {
    err = allocate_parts(r);
  }
  if (err == TACET_OK && call == DLV_SEND) {
    err = hash_capabilities(r);
  }
  if (err != TACET_OK) {
    dlv_request_free(r);
    return status_of(err);
  }
  *out = r;
  return TACET_WIRE_OK;
}

static void free_items(dlv_fetch *f) {
  for (size_t i = 0; f->items != NULL && i < f->n_items; i++) {
    dlv_item_unref(f->items[i]);
  }
  free(f->items);
}

void dlv_request_free(dlv_request *r) {
  if (r == NULL) {
    return;
  }
  switch (r->call) {
  case DLV_SUBSCRIBE:
    if (r->in.subscribe != NULL) {
      tacet_wipe(r->in.subscribe->keys, sizeof(r->in.subscribe->keys));
    }
    free(r->in.subscribe);
    break;
  case DLV_FETCH:
    if (r->in.fetch != NULL) {
      free_items(r->in.fetch);
    }
    free(r->in.fetch);
    break;
  case DLV_ACK:
    free(r->in.ack);
    break;
  case DLV_BLOB_PUT:
    if (r->in.put != NULL) {
      tacet_wipe(r->in.put, sizeof(*r->in.put)); /* tokens */
    }
    free(r->in.put);
    break;
  case DLV_CREATE:
  case DLV_CHANGE:
  case DLV_DELETE:
  case DLV_SEND:
  case DLV_SLOTS:
  case DLV_BLOB_GET:
    break;
  }
  free(r->work->hashes);
  free(r->work->spent);
  tacet_bytes_free(&r->body);
  tacet_buf_free(&r->answer);
  tacet_wipe(&r->in, sizeof(r->in)); /* secrets and capabilities */
  free(r);
}

/* ---- its way ---- */

static void finish(dlv_request *r) {
  if (r->status != TACET_WIRE_OK && r->status != TACET_WIRE_SLOT_TAKEN &&
      r->status != TACET_WIRE_BLOB_CONFLICT) {
    tacet_buf_clear(&r->answer);
  }
  r->done(r);
}

static tacet_err run_stage(sto_job *job, sto_conn *c) {
  dlv_request *r = (dlv_request *)(void *)job;
  /* A transaction that was taken back runs its stages again: from nothing. */
  r->status = TACET_WIRE_OK;
  r->work->next = NULL;
  tacet_buf_clear(&r->answer);
  TACET_TRY(r->work->stage(r, c));
  return r->answer.err; /* LIMIT or NOMEM of an answer is ours */
}

static void submit_stage(dlv_request *r, enum dlv_thread on);

static void stage_done(sto_job *job, tacet_err err) {
  dlv_request *r = (dlv_request *)(void *)job;
  dlv_work *w = r->work;
  if (err != TACET_OK && r->call == DLV_SUBSCRIBE && w->stage != NULL &&
      w->stage != dlv_subscribe_start) {
    err = TACET_OK; /* who reads may, though it could not be noted down */
  }
  if (err != TACET_OK) {
    r->status = status_of(err);
  } else if (r->status == TACET_WIRE_OK && w->next != NULL) {
    w->stage = w->next;
    submit_stage(r, w->next_on);
    return;
  }
  finish(r);
}

static size_t weight(const dlv_request *r) {
  size_t held = sizeof(whole) + r->body.len;
  if (r->call == DLV_SEND) {
    held += r->in.send.n_recipients *
            (r->in.send.item.len + sizeof(dlv_item) + TACET_HASH_LEN);
  }
  return held;
}

static void submit_stage(dlv_request *r, enum dlv_thread on) {
  r->job = (sto_job){.run = run_stage,
                     .done = stage_done,
                     .bytes = weight(r),
                     .grows = on == DLV_WRITER && r->work->grows};
  tacet_err err = on == DLV_WRITER ? sto_write(r->delivery->db, &r->job)
                                   : sto_read(r->delivery->db, &r->job);
  if (err != TACET_OK) {
    r->status = status_of(err);
    finish(r);
  }
}

static bool is_allowed(const dlv_request *r) {
  switch (r->call) {
  case DLV_BLOB_PUT:
    return r->in.put->total <= TACETD_BLOB_MAX &&
           r->body.len <= TACETD_BLOB_PIECE_MAX &&
           (r->in.put->ask ||
            (r->in.put->total > 0 && r->in.put->first <= r->in.put->total &&
             r->body.len > 0 &&
             r->body.len <= r->in.put->total - r->in.put->first));
  case DLV_SUBSCRIBE:
    return r->in.subscribe->n <= TACET_SUBSCRIBE_MAX;
  case DLV_FETCH:
    return r->in.fetch->n <= TACET_SUBSCRIBE_MAX &&
           r->in.fetch->max_items > 0 && r->in.fetch->max_items <= 65536;
  case DLV_ACK:
    return r->in.ack->n <= TACET_SUBSCRIBE_MAX;
  case DLV_CREATE:
  case DLV_CHANGE:
  case DLV_DELETE:
  case DLV_SEND:
  case DLV_SLOTS:
  case DLV_BLOB_GET:
    return true;
  }
  return false;
}

/* Where each call begins. What has to look at tokens or files, or only reads,
 * begins on a reader. */
static enum dlv_thread begin(dlv_request *r) {
  dlv_work *w = r->work;
  w->grows = false;
  switch (r->call) {
  case DLV_CREATE:
    w->stage = dlv_create_start;
    return DLV_READER;
  case DLV_CHANGE:
    w->stage = dlv_change_run;
    return DLV_WRITER;
  case DLV_DELETE:
    w->stage = dlv_delete_run;
    return DLV_WRITER;
  case DLV_SEND:
    w->grows = true;
    w->stage = r->in.send.ephemeral       ? dlv_send_ephemeral
               : r->in.send.token.len > 0 ? dlv_send_start
                                          : dlv_send_run;
    return w->stage == dlv_send_run ? DLV_WRITER : DLV_READER;
  case DLV_SLOTS:
    w->stage = dlv_slots_run;
    return DLV_READER;
  case DLV_BLOB_PUT:
    w->stage = dlv_blob_put_start;
    return DLV_READER;
  case DLV_BLOB_GET:
    w->stage = dlv_blob_get_run;
    return DLV_READER;
  case DLV_SUBSCRIBE:
    w->stage = dlv_subscribe_start;
    return DLV_READER;
  case DLV_FETCH:
    w->stage = dlv_fetch_run;
    return DLV_READER;
  case DLV_ACK:
    w->stage = dlv_ack_run;
    return DLV_WRITER;
  }
  return DLV_READER;
}

void dlv_submit(dlv_delivery *d, dlv_request *r) {
  TACET_ASSERT(r->done != NULL);
  r->delivery = d;
  if (!is_allowed(r)) {
    r->status = TACET_WIRE_MALFORMED;
    finish(r);
    return;
  }
  submit_stage(r, begin(r));
}
