/* SPDX-License-Identifier: Apache-2.0
 * Calls of the directory: the nonce, the free look-ups, and then its own. */
#include "server/http/private.h"

static bool is_signed(tacetd_call call) {
  return call == TACETD_CALL_ERASE || call == TACETD_CALL_PUBLISH ||
         call == TACETD_CALL_TOKENS;
}

static dir_call dir_call_of(tacetd_call call) {
  switch (call) {
  case TACETD_CALL_REGISTER:
    return DIR_REGISTER;
  case TACETD_CALL_ERASE:
    return DIR_ERASE;
  case TACETD_CALL_MANIFEST:
    return DIR_MANIFEST;
  case TACETD_CALL_LOOKUP:
    return DIR_LOOKUP;
  case TACETD_CALL_PUBLISH:
    return DIR_PUBLISH;
  case TACETD_CALL_CLAIM:
    return DIR_CLAIM;
  case TACETD_CALL_LOG:
    return DIR_HEAD;
  case TACETD_CALL_ISSUER_PROOF:
    return DIR_WEEK;
  default:
    TACET_ASSERT(call == TACETD_CALL_TOKENS);
    return DIR_DRAW;
  }
}

/* On a thread of the directory: it is durable, or refused. */
static void done(dir_request *r) {
  tacetd_exchange *x = r->user;
  tacetd_answer a = {.error = r->status};
  if (x->is_signed && r->status == TACET_WIRE_AUTHORIZATION) {
    tacetd_nonce_give_back(x->s->nonces, x->nonce);
  }
  if (r->status == TACET_WIRE_OK) {
    a.status = x->call == TACETD_CALL_REGISTER ? 201 : 200;
    a.body = tacet_buf_span(&r->answer);
  }
  tacetd_answer_later(x, &a);
  dir_request_free(r);
}

/* Uses up the nonce that the signature is over. */
static tacet_wire_error take_nonce(tacetd_exchange *x, tacet_span header) {
  tacet_auth auth;
  if (tacet_auth_parse(header, &auth) != TACET_OK) {
    return TACET_WIRE_AUTHORIZATION;
  }
  memcpy(x->nonce, auth.nonce, sizeof(x->nonce));
  tacet_err e =
      tacetd_nonce_take(x->s->nonces, tacetd_now_ms() / 1000, x->nonce);
  x->is_signed = e == TACET_OK;
  return e == TACET_OK         ? TACET_WIRE_OK
         : e == TACET_ERR_BUSY ? TACET_WIRE_BUSY
                               : TACET_WIRE_NONCE;
}

/* Registrations are few by address; look-ups cost a token beyond some. */
static tacet_wire_error take_rate(tacetd_exchange *x, net_request *r,
                                  bool *must_pay, uint32_t *wait_s) {
  tacetd_address from = tacetd_address_of(net_request_peer(r));
  bool lookup = x->call == TACETD_CALL_LOOKUP;
  *must_pay = false;
  if (!lookup && x->call != TACETD_CALL_REGISTER) {
    return TACET_WIRE_OK;
  }
  bool free_one = tacetd_rate_take(
      x->s->rate, lookup ? TACETD_RATE_LOOKUPS : TACETD_RATE_REGISTRATIONS,
      tacetd_rate_tag(x->s->rate, &from), tacetd_now_ms(), wait_s);
  *must_pay = lookup && !free_one;
  return free_one || lookup ? TACET_WIRE_OK : TACET_WIRE_RATE;
}

/* Hands a request over, or refuses it. */
static void submit(tacetd_exchange *x, net_request *r, dir_request *d,
                   tacet_wire_error e, uint32_t wait_s) {
  if (e == TACET_WIRE_OK) {
    x->reply = net_request_defer(r);
    if (x->reply == NULL) {
      dir_request_free(d);
      e = TACET_WIRE_BUSY;
    }
  }
  if (e != TACET_WIRE_OK) {
    tacetd_refuse(x->s, x->call, r, e,
                  e == TACET_WIRE_BUSY ? TACETD_RETRY_AFTER_SECONDS : wait_s);
    return;
  }
  d->user = x;
  tacetd_exchange_ref(x);
  dir_submit(x->s->directory, d);
}

void tacetd_directory_call(tacetd_exchange *x, net_request *r,
                           tacet_span body) {
  tacetd_service *s = x->s;
  tacet_span header = net_http_get(net_request_head(r), "tacet-authorization");
  uint32_t wait_s = 0;
  bool must_pay = false;
  dir_request *d = NULL;
  TACET_BYTES(copy);
  tacet_wire_error e = take_rate(x, r, &must_pay, &wait_s);
  if (e == TACET_WIRE_OK && is_signed(x->call)) {
    e = take_nonce(x, header);
  }
  if (e == TACET_WIRE_OK && tacet_bytes_set(&copy, body) != TACET_OK) {
    e = TACET_WIRE_BUSY;
  }
  if (e == TACET_WIRE_OK) {
    e = dir_request_new(dir_call_of(x->call), &copy, header, &d);
    if (e != TACET_WIRE_OK && x->is_signed) {
      tacetd_nonce_give_back(s->nonces, x->nonce);
    }
  }
  if (e == TACET_WIRE_OK) {
    d->done = done;
    d->must_pay = must_pay;
  }
  submit(x, r, d, e, wait_s);
}

/* ---- GET /log/... ---- */

/* A tile never changes: whoever mirrors the log may keep it for good. */
static void file_done(dir_request *r) {
  tacetd_exchange *x = r->user;
  bool checkpoint = r->in.file.kind == DIR_FILE_CHECKPOINT;
  tacetd_answer a = {.error = r->status};
  if (r->status == TACET_WIRE_OK) {
    a.type =
        checkpoint ? "text/plain; charset=utf-8" : "application/octet-stream";
    a.cache = checkpoint ? "no-cache" : "public, max-age=31536000, immutable";
    a.body = tacet_buf_span(&r->answer);
  }
  tacetd_answer_later(x, &a);
  dir_request_free(r);
}

void tacetd_log_file(tacetd_exchange *x, net_request *r) {
  const size_t prefix = sizeof("/log/") - 1; /* as the route has it */
  tacet_span target = net_request_head(r)->target;
  dir_request *d = NULL;
  TACET_BYTES(path);
  tacet_wire_error e = TACET_WIRE_BUSY;
  if (tacet_bytes_set(&path, tacet_span_of(target.p + prefix,
                                           target.len - prefix)) == TACET_OK) {
    e = dir_request_new(DIR_FILE, &path, TACET_SPAN_EMPTY, &d);
  }
  if (e == TACET_WIRE_OK) {
    d->done = file_done;
  }
  submit(x, r, d, e, 0);
}
