/* SPDX-License-Identifier: Apache-2.0
 * Blobs: what stands in header fields, and pieces of at most 1 MiB. */
#include "server/http/private.h"
#include "server/http/ranges.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- fields ---- */

static bool read_id(const net_http_head *h, uint8_t id[TACET_BLOB_ID_LEN]) {
  tacet_span text = net_http_get(h, "tacet-capability");
  size_t len = 0;
  return text.p != NULL &&
         tacet_base64url_read((const char *)text.p, text.len, id,
                              TACET_BLOB_ID_LEN, &len) == TACET_OK &&
         len == TACET_BLOB_ID_LEN;
}

/* Tacet-Token: one or several, by commas. */
static bool read_tokens(const net_http_head *h, dlv_blob_put *put) {
  const size_t max = sizeof(put->tokens) / sizeof(put->tokens[0]);
  tacet_span rest = net_http_get(h, "tacet-token");
  while (rest.len > 0) {
    uint8_t bytes[TACET_TOKEN_LEN];
    size_t end = 0, next, len = 0;
    while (end < rest.len && rest.p[end] != ',') {
      end++;
    }
    next = end < rest.len ? end + 1 : end;
    while (next < rest.len && rest.p[next] == ' ') {
      next++;
    }
    if (put->n_tokens == max ||
        tacet_base64url_read((const char *)rest.p, end, bytes, sizeof(bytes),
                             &len) != TACET_OK ||
        tacet_token_parse(tacet_span_of(bytes, len),
                          &put->tokens[put->n_tokens]) != TACET_OK) {
      return false;
    }
    put->n_tokens++;
    rest = tacet_span_of(rest.p + next, rest.len - next);
  }
  return true;
}

/* A piece has the length that the field says; a question has none. */
static bool read_content_range(tacet_span text, uint64_t body_len,
                               dlv_blob_put *put) {
  tacetd_content_range r;
  if (!tacetd_content_range_parse(text, &r) ||
      body_len != (r.ask ? 0 : r.last - r.first + 1)) {
    return false;
  }
  put->ask = r.ask;
  put->first = r.first;
  put->total = r.total;
  return true;
}

/* ---- PUT ---- */

static void put_done(dlv_request *r) {
  tacetd_exchange *x = r->user;
  tacetd_answer a = {.error = r->status};
  if (r->status == TACET_WIRE_OK) {
    a.status = r->completed ? 201 : 200;
    a.body = tacet_buf_span(&r->answer);
  } else if (r->status == TACET_WIRE_BLOB_CONFLICT && r->answer.len > 0) {
    a.type = "application/tacet"; /* how much has come */
    a.body = tacet_buf_span(&r->answer);
  }
  tacetd_answer_later(x, &a);
  dlv_request_free(r);
}

static tacet_wire_error fill_put(const net_http_head *h, tacet_span body,
                                 dlv_request *d) {
  dlv_blob_put *put = d->in.put;
  if (!read_id(h, put->id) || !read_tokens(h, put) ||
      !read_content_range(net_http_get(h, "content-range"), body.len, put)) {
    return TACET_WIRE_MALFORMED;
  }
  if (put->total > TACET_BLOB_MAX) {
    return TACET_WIRE_TOO_LARGE;
  }
  return tacet_bytes_set(&d->body, body) == TACET_OK ? TACET_WIRE_OK
                                                     : TACET_WIRE_BUSY;
}

/* Hands a filled request over, or refuses it. */
static void submit(tacetd_exchange *x, net_request *r, dlv_request *d,
                   tacet_wire_error e) {
  if (e == TACET_WIRE_OK) {
    x->reply = net_request_defer(r);
    e = x->reply == NULL ? TACET_WIRE_BUSY : TACET_WIRE_OK;
  }
  if (e != TACET_WIRE_OK) {
    dlv_request_free(d);
    tacetd_refuse(x->s, x->call, r, e,
                  e == TACET_WIRE_BUSY ? TACETD_RETRY_AFTER_SECONDS : 0);
    return;
  }
  d->user = x;
  tacetd_exchange_ref(x);
  dlv_submit(x->s->delivery, d);
}

void tacetd_blob_put(tacetd_exchange *x, net_request *r, tacet_span body) {
  dlv_request *d = NULL;
  tacet_wire_error e = dlv_request_new(DLV_BLOB_PUT, NULL, &d);
  if (e == TACET_WIRE_OK) {
    d->done = put_done;
    e = fill_put(net_request_head(r), body, d);
  }
  submit(x, r, d, e);
}

/* ---- GET ---- */

static void get_done(dlv_request *r) {
  tacetd_exchange *x = r->user;
  const dlv_blob_get *get = &r->in.get;
  char field[128];
  tacetd_answer a = {.error = r->status};
  uint64_t len = r->answer.len;
  bool whole = !x->has_range && len == get->total;
  if (r->status == TACET_WIRE_OK && !whole && !x->has_range) {
    a.error = TACET_WIRE_RANGE; /* too long for one answer: ask for ranges */
  }
  if (a.error == TACET_WIRE_RANGE) {
    (void)snprintf(field, sizeof(field),
                   "Content-Range: bytes */%" PRIu64 "\r\n", get->total);
    a.headers = field;
  } else if (r->status == TACET_WIRE_OK) {
    a.type = "application/octet-stream";
    a.body = tacet_buf_span(&r->answer);
    a.status = whole ? 200 : 206;
    if (!whole) {
      (void)snprintf(field, sizeof(field),
                     "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
                     "\r\n",
                     get->first, get->first + len - (len > 0), get->total);
      a.headers = field;
    }
  }
  tacetd_answer_later(x, &a);
  dlv_request_free(r);
}

/* A longer range is answered with its beginning (RFC 9110 15.3.7). */
static bool read_range(tacet_span text, tacetd_exchange *x, dlv_blob_get *get) {
  tacetd_range r;
  get->len = TACET_BLOB_PIECE_MAX;
  x->has_range = text.p != NULL;
  if (!x->has_range) {
    return true;
  }
  if (!tacetd_range_parse(text, &r)) {
    return false;
  }
  get->first = r.first;
  if (r.last - r.first < TACET_BLOB_PIECE_MAX) {
    get->len = r.last - r.first + 1;
  }
  return true;
}

void tacetd_blob_get(tacetd_exchange *x, net_request *r) {
  const net_http_head *h = net_request_head(r);
  dlv_request *d = NULL;
  tacet_wire_error e = dlv_request_new(DLV_BLOB_GET, NULL, &d);
  if (e == TACET_WIRE_OK) {
    d->done = get_done;
    if (!read_id(h, d->in.get.id) ||
        !read_range(net_http_get(h, "range"), x, &d->in.get)) {
      e = TACET_WIRE_MALFORMED;
    }
  }
  submit(x, r, d, e);
}
