/* SPDX-License-Identifier: Apache-2.0
 * Requests and their answers. */
#include "client/call.h"

#include "client/lookup.h"

#include <stdio.h>
#include <stdlib.h>

#define BACKOFF_MIN ((uint64_t)500) /* ms */
#define BACKOFF_MAX ((uint64_t)60000)
#define SIGNED_TRIES 3 /* nonces that were too old, in a row */

/* ---- reaching it ---- */

tacet_err client_connect(client *c) {
  if (c->net != NULL) {
    return TACET_OK;
  }
  CLIENT_MEM(mem);
  client_server_record r;
  TACET_TRY(client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       client_server_fields, &r, sizeof(r), &mem));
  client_server server = {.url = r.url, .has_pin = r.has_pin};
  memcpy(server.pin, r.pin, sizeof(server.pin));
  const client_transport_maker *maker = c->env->transport;
  return maker->make(maker->user, &server, &c->net);
}

bool client_may_ask(const client *c) {
  uint64_t now = client_monotonic(c);
  return now >= c->quiet_until && now >= c->told_until;
}

void client_reached(client *c, bool reached) {
  if (reached) {
    c->failures = 0;
    c->quiet_until = 0;
    return;
  }
  unsigned doublings = c->failures < 7 ? c->failures : 7;
  uint64_t wait = BACKOFF_MIN << doublings;
  uint64_t jitter = 0;
  if (client_chance(c, wait / 2 + 1, &jitter) != TACET_OK) {
    jitter = 0;
  }
  wait = wait / 2 + jitter;
  c->failures++;
  c->quiet_until =
      client_monotonic(c) + (wait < BACKOFF_MAX ? wait : BACKOFF_MAX);
}

/* ---- what it answered ---- */

/* The value of "code" in a problem+json. It is one of a fixed list, so a look
 * for the member is enough; anything else found there is not on the list. */
static tacet_wire_error problem_code(tacet_span body) {
  static const char key[] = "\"code\"";
  size_t i = 0, n = sizeof(key) - 1;
  while (i + n <= body.len && memcmp(body.p + i, key, n) != 0) {
    i++;
  }
  i += n;
  while (i < body.len &&
         (body.p[i] == ' ' || body.p[i] == ':' || body.p[i] == '"')) {
    i++;
  }
  size_t start = i;
  while (i < body.len && body.p[i] != '"') {
    i++;
  }
  return i >= body.len
             ? TACET_WIRE_INTERNAL
             : tacet_wire_error_find(tacet_span_of(body.p + start, i - start));
}

static bool is_overload(unsigned status, tacet_wire_error code) {
  return code == TACET_WIRE_RATE || code == TACET_WIRE_BUSY ||
         code == TACET_WIRE_STORAGE || code == TACET_WIRE_INTERNAL ||
         code == TACET_WIRE_TIMEOUT || status >= 500;
}

static void wait_as_told(client *c, const client_answer *a) {
  const char *text = client_answer_header(a, "retry-after");
  unsigned long s = text != NULL ? strtoul(text, NULL, 10) : 0;
  if (s > 0 && s <= 3600) {
    c->told_until = client_monotonic(c) + (uint64_t)s * 1000;
  }
}

static void keep_nonce(client *c, const client_answer *a) {
  const char *nonce = client_answer_header(a, "tacet-nonce");
  c->nonce[0] = '\0';
  if (nonce != NULL && strlen(nonce) < sizeof(c->nonce)) {
    (void)snprintf(c->nonce, sizeof(c->nonce), "%s", nonce);
  }
}

tacet_err client_ask(client *c, const client_call *call, client_mem *mem,
                     client_reply *out) {
  TACET_TRY(client_check_interrupt(c));
  if (client_store_dead(c->store)) {
    return TACET_ERR_IO;
  }
  if (!client_may_ask(c)) {
    return TACET_ERR_CLOSED;
  }
  TACET_TRY(client_connect(c));
  client_answer *a = client_mem_alloc(mem, sizeof(*a));
  if (a == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err e = c->net->calls->request(c->net, call, mem, a, &c->detail);
  if (client_is_unreachable(&c->detail, e)) {
    client_reached(c, false);
  }
  TACET_TRY(e);
  if (call->half == CLIENT_ACCOUNT) {
    keep_nonce(c, a);
  }
  client_reply reply = {.status = a->status, .body = a->body, .answer = a};
  if (a->status < 200 || a->status > 299) {
    reply.code = problem_code(a->body);
    const char *type = client_answer_header(a, "content-type");
    if (type != NULL && strcmp(type, "application/tacet") == 0) {
      reply.code = TACET_WIRE_SLOT_TAKEN; /* refined by the callers of blobs */
    }
  }
  if (reply.code != TACET_WIRE_OK && is_overload(reply.status, reply.code)) {
    client_reached(c, false);
    wait_as_told(c, a);
    return client_fail(&c->detail, CLIENT_UNREACHABLE, "busy",
                       "The server cannot do it now (%s); try again later.",
                       reply.code == TACET_WIRE_INTERNAL
                           ? "it failed"
                           : tacet_wire_error_code(reply.code));
  }
  client_reached(c, true);
  *out = reply;
  return TACET_OK;
}

tacet_err client_ask_plain(client *c, client_half half, const char *method,
                           const char *path, tacet_span body, client_mem *mem,
                           client_reply *out) {
  client_call call = {
      .half = half, .method = method, .path = path, .body = body};
  return client_ask(c, &call, mem, out);
}

/* ---- signed ---- */

static tacet_err fetch_nonce(client *c, client_mem *mem) {
  if (c->nonce[0] != '\0') {
    return TACET_OK;
  }
  client_reply reply;
  TACET_TRY(client_ask_plain(c, CLIENT_ACCOUNT, "POST", "/v1/nonce",
                             TACET_SPAN_EMPTY, mem, &reply));
  TACET_TRY(client_expect_ok(c, &reply));
  return c->nonce[0] != '\0' ? TACET_OK : TACET_ERR_ENCODING;
}

static tacet_err sign(client *c, const tacet_auth_request *r,
                      char out[TACET_AUTH_TEXT_MAX]) {
  tacet_auth a = {.signature = {0}};
  size_t len;
  memcpy(a.account_id, c->self.account, sizeof(a.account_id));
  memcpy(a.device_id, c->self.device, sizeof(a.device_id));
  TACET_TRY(tacet_base64url_read(c->nonce, strlen(c->nonce), a.nonce,
                                 sizeof(a.nonce), &len));
  c->nonce[0] = '\0'; /* used */
  if (len != sizeof(a.nonce)) {
    return TACET_ERR_ENCODING;
  }
  TACET_TRY(tacet_auth_sign(&a, r, &c->self.device_key));
  tacet_auth_write(&a, out);
  return TACET_OK;
}

tacet_err client_ask_signed(client *c, const char *method, const char *path,
                            tacet_span body, client_mem *mem,
                            client_reply *out) {
  tacet_auth_request r = {tacet_span_str(c->self.domain),
                          tacet_span_str(method), tacet_span_str(path), body};
  for (int n = 0;; n++) {
    TACET_TRY(fetch_nonce(c, mem));
    char text[TACET_AUTH_TEXT_MAX];
    TACET_TRY(sign(c, &r, text));
    client_header header = {"Tacet-Authorization", text};
    client_call call = {.half = CLIENT_ACCOUNT,
                        .method = method,
                        .path = path,
                        .headers = &header,
                        .n_headers = 1,
                        .body = body};
    client_reply reply;
    TACET_TRY(client_ask(c, &call, mem, &reply));
    if (reply.code == TACET_WIRE_AUTHORIZATION) {
      TACET_TRY(client_lookup_own(c)); /* was this device removed? */
      TACET_TRY(client_self_is_listed(c));
    }
    if (reply.code != TACET_WIRE_NONCE || n + 1 >= SIGNED_TRIES) {
      *out = reply;
      return TACET_OK;
    }
  }
}

tacet_err client_expect_ok(client *c, const client_reply *reply) {
  if (reply->code == TACET_WIRE_OK) {
    return TACET_OK;
  }
  return client_fail(
      &c->detail, CLIENT_REFUSED, tacet_wire_error_code(reply->code),
      "The server refused: %s", tacet_wire_error_title(reply->code));
}
