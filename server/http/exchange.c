/* SPDX-License-Identifier: Apache-2.0
 * Requests under way, and their answers. */
#include "server/http/private.h"

#include <stdio.h>

#define HEADERS_MAX 640

tacetd_exchange *tacetd_exchange_new(tacetd_service *s, tacetd_call call,
                                     size_t reserved) {
  tacetd_exchange *x = tacet_alloc(sizeof(*x));
  if (x != NULL) {
    x->s = s;
    x->call = call;
    x->started_ms = tacetd_now_ms();
    x->reserved = reserved;
    atomic_init(&x->references, 1);
  }
  return x;
}

void tacetd_exchange_ref(tacetd_exchange *x) {
  (void)atomic_fetch_add(&x->references, 1);
}

void tacetd_exchange_unref(tacetd_exchange *x) {
  if (x != NULL && atomic_fetch_sub(&x->references, 1) == 1) {
    tacet_free(x);
  }
}

/* ---- answers ---- */

/* Which calls are the directory's: their answers carry the next nonce. */
static bool gives_nonce(tacetd_call call) {
  switch (call) {
  case TACETD_CALL_NONCE:
  case TACETD_CALL_REGISTER:
  case TACETD_CALL_ERASE:
  case TACETD_CALL_MANIFEST:
  case TACETD_CALL_LOOKUP:
  case TACETD_CALL_PUBLISH:
  case TACETD_CALL_CLAIM:
  case TACETD_CALL_TOKENS:
    return true;
  default:
    return false;
  }
}

static bool is_directory(tacetd_call call) {
  return gives_nonce(call) || call == TACETD_CALL_LOG ||
         call == TACETD_CALL_ISSUER_PROOF || call == TACETD_CALL_LOG_FILE;
}

static tacetd_reason reason_of(tacet_wire_error e) {
  switch (e) {
  case TACET_WIRE_RATE:
    return TACETD_REASON_RATE;
  case TACET_WIRE_BUSY:
    return TACETD_REASON_OVERLOAD;
  case TACET_WIRE_TOO_LARGE:
  case TACET_WIRE_HEADERS:
    return TACETD_REASON_SIZE;
  case TACET_WIRE_QUOTA:
    return TACETD_REASON_QUOTA;
  case TACET_WIRE_STORAGE:
    return TACETD_REASON_DISK;
  case TACET_WIRE_AUTHORIZATION:
  case TACET_WIRE_NONCE:
  case TACET_WIRE_INVITE:
  case TACET_WIRE_MAILBOX:
    return TACETD_REASON_AUTH;
  case TACET_WIRE_TOKEN:
  case TACET_WIRE_TOKEN_NEEDED:
  case TACET_WIRE_TOKEN_SPENT:
    return TACETD_REASON_TOKEN;
  default:
    return TACETD_REASON_MALFORMED;
  }
}

/* Everything an answer needs while it is handed over. */
struct written {
  char headers[HEADERS_MAX];
  char problem[TACETD_PROBLEM_MAX];
  net_response response;
};

static void add_nonce(tacetd_service *s, char *out, size_t room) {
  uint8_t nonce[TACET_NONCE_LEN];
  char text[TACET_BASE64_LEN(TACET_NONCE_LEN) + 1];
  if (tacetd_nonce_make(s->nonces, tacetd_now_ms() / 1000, nonce) == TACET_OK) {
    tacet_base64url_write(tacet_span_of(nonce, sizeof(nonce)), text);
    (void)snprintf(out, room, "Tacet-Nonce: %s\r\n", text);
  }
}

static void write_headers(tacetd_service *s, tacetd_call call,
                          const tacetd_answer *a, char *out) {
  size_t len = 0;
  int n = snprintf(out, HEADERS_MAX, "Cache-Control: %s\r\n%s",
                   a->cache != NULL ? a->cache : "no-store",
                   a->headers != NULL ? a->headers : "");
  TACET_ASSERT(n > 0 && n < HEADERS_MAX - 100);
  len = (size_t)n;
  if (a->retry_after_s > 0) {
    n = snprintf(out + len, HEADERS_MAX - len, "Retry-After: %u\r\n",
                 (unsigned)a->retry_after_s);
    len += (size_t)n;
  }
  if (gives_nonce(call)) {
    add_nonce(s, out + len, HEADERS_MAX - len);
  }
}

static void write_answer(tacetd_service *s, tacetd_call call,
                         const tacetd_answer *a, struct written *w) {
  int status = a->status != 0              ? a->status
               : a->error != TACET_WIRE_OK ? tacet_wire_error_status(a->error)
                                           : 200;
  bool problem = a->error != TACET_WIRE_OK && a->type == NULL;
  w->response = (net_response){.status = status,
                               .content_type = a->type,
                               .headers = w->headers,
                               .body = a->body,
                               .close = a->close};
  if (problem) {
    size_t len = tacetd_problem_write(a->error, status, w->problem);
    w->response.content_type = TACETD_PROBLEM_TYPE;
    w->response.body = tacet_span_of(w->problem, len);
  } else if (a->type == NULL && a->body.len > 0) {
    w->response.content_type = "application/tacet";
  }
  write_headers(s, call, a, w->headers);
  tacetd_count_answer(call, status);
  if (a->error == TACET_WIRE_INTERNAL) {
    TACETD_LOG(INTERNAL, .part = is_directory(call) ? TACETD_PART_DIRECTORY
                                                    : TACETD_PART_DELIVERY);
  } else if (a->error != TACET_WIRE_OK) {
    tacetd_count_refused(reason_of(a->error));
  }
}

void tacetd_answer_now(tacetd_service *s, tacetd_call call, net_request *r,
                       const tacetd_answer *a) {
  struct written w;
  write_answer(s, call, a, &w);
  net_respond(r, &w.response);
}

void tacetd_refuse(tacetd_service *s, tacetd_call call, net_request *r,
                   tacet_wire_error e, uint32_t retry_after_s) {
  tacetd_answer_now(
      s, call, r, &(tacetd_answer){.error = e, .retry_after_s = retry_after_s});
}

static void write_late(const tacetd_exchange *x, const tacetd_answer *a,
                       struct written *w) {
  tacetd_answer with_wait = *a;
  if (a->error == TACET_WIRE_BUSY || a->error == TACET_WIRE_STORAGE) {
    with_wait.retry_after_s = TACETD_RETRY_AFTER_SECONDS;
  } else if (a->error == TACET_WIRE_RATE) { /* of an account, by the hour */
    with_wait.retry_after_s = 3600;
  }
  write_answer(x->s, x->call, &with_wait, w);
  if (x->call == TACETD_CALL_SEND && w->response.status == 200) {
    tacetd_observe_send((int64_t)(tacetd_now_ms() - x->started_ms));
  }
}

void tacetd_answer_here(tacetd_exchange *x, net_request *r,
                        const tacetd_answer *a) {
  struct written w;
  write_late(x, a, &w);
  if (r != NULL) {
    net_respond(r, &w.response);
  }
  tacetd_exchange_unref(x);
}

void tacetd_answer_later(tacetd_exchange *x, const tacetd_answer *a) {
  struct written w;
  write_late(x, a, &w);
  net_reply_send(x->reply, &w.response);
  tacetd_exchange_unref(x);
}
