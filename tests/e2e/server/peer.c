/* SPDX-License-Identifier: Apache-2.0
 * The small client. */
#include "tests/e2e/server/peer.h"

#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_MS 60000

#define MUST(call)                                                             \
  do {                                                                         \
    tacet_err must = (call);                                                   \
    if (must != TACET_OK) {                                                    \
      die("%s:%d: %s: %s", __FILE__, __LINE__, #call, tacet_err_name(must));   \
    }                                                                          \
  } while (0)

/* ---- requests ---- */

void peer_open(peer *p, const host *server) {
  memset(p, 0, sizeof(*p));
  p->server = server;
  MUST(net_tls_client(server->pin, &p->tls));
  peer_reconnect(p);
}

void peer_reconnect(peer *p) {
  peer_unlink(p);
  net_client_free(p->http);
  p->has_nonce = false;
  if (net_client_new(p->server->host, p->server->port, p->tls, &p->http) !=
      NET_OK) {
    die("no client");
  }
}

void peer_close(peer *p) {
  peer_unlink(p);
  net_client_free(p->http);
  net_tls_free(p->tls);
  tacet_secret_wipe(&p->device_key);
}

static void keep_nonce(peer *p, const net_answer *a) {
  tacet_span text = net_http_get(&a->parsed, "tacet-nonce");
  size_t len = 0;
  p->has_nonce = text.p != NULL &&
                 tacet_base64url_read((const char *)text.p, text.len, p->nonce,
                                      sizeof(p->nonce), &len) == TACET_OK &&
                 len == sizeof(p->nonce);
}

int peer_call(peer *p, const char *method, const char *path,
              const char *headers, tacet_span body, net_answer *a,
              net_result *why) {
  const net_call call = {.method = method,
                         .target = path,
                         .headers = headers,
                         .content_type = "application/tacet",
                         .body = body,
                         .max_answer = PEER_ANSWER_MAX,
                         .timeout_ms = TIMEOUT_MS};
  net_result r = net_client_call(p->http, &call, a);
  if (why != NULL) {
    *why = r;
  }
  if (r != NET_OK) {
    return 0;
  }
  keep_nonce(p, a);
  return a->status;
}

int peer_signed_call(peer *p, const char *method, const char *path,
                     tacet_span body, net_answer *a) {
  tacet_auth auth = {.account_id = {0}};
  char text[TACET_AUTH_TEXT_MAX], header[TACET_AUTH_TEXT_MAX + 64];
  if (!p->has_nonce && peer_call(p, "POST", "/v1/nonce", NULL, TACET_SPAN_EMPTY,
                                 a, NULL) != 200) {
    return 0;
  }
  if (!p->has_nonce) {
    die("the answer of /v1/nonce has no Tacet-Nonce");
  }
  memcpy(auth.account_id, p->account_id, sizeof(auth.account_id));
  memcpy(auth.device_id, p->device_id, sizeof(auth.device_id));
  memcpy(auth.nonce, p->nonce, sizeof(auth.nonce));
  const tacet_auth_request r = {.domain = tacet_span_str(p->server->domain),
                                .method = tacet_span_str(method),
                                .path = tacet_span_str(path),
                                .body = body};
  MUST(tacet_auth_sign(&auth, &r, &p->device_key));
  tacet_auth_write(&auth, text);
  (void)snprintf(header, sizeof(header), "Tacet-Authorization: %s\r\n", text);
  p->has_nonce = false;
  return peer_call(p, method, path, header, body, a, NULL);
}

void peer_problem(const net_answer *a, char code[64]) {
  static const char key[] = "\"code\":\"";
  tacet_span type = net_http_get(&a->parsed, "content-type");
  code[0] = '\0';
  if (!tacet_span_equal(type, TACET_SPAN_LIT("application/problem+json")) ||
      a->body.len == 0) {
    return;
  }
  char *text = strndup((const char *)a->body.p, a->body.len);
  const char *at = strstr(text, key);
  if (at != NULL) {
    at += sizeof(key) - 1;
    size_t len = strcspn(at, "\"");
    (void)snprintf(code, 64, "%.*s", (int)len, at);
  }
  free(text);
}

/* ---- the directory ---- */

void peer_make_account(peer *p, const char *name, tacet_buf *manifest) {
  tacet_manifest m;
  TACET_SECRET(recovery);
  memset(&m, 0, sizeof(m));
  (void)snprintf(p->handle, sizeof(p->handle), "%s@%s", name,
                 p->server->domain);
  MUST(tacet_sig_ed25519.generate(&p->device_key, p->public_key));
  MUST(tacet_random(p->device_id, sizeof(p->device_id)));
  MUST(tacet_sig_ed25519.generate(&recovery, m.recovery_key));
  (void)snprintf(m.handle, sizeof(m.handle), "%s", p->handle);
  m.n_devices = 1;
  memcpy(m.devices[0].id, p->device_id, sizeof(p->device_id));
  memcpy(m.devices[0].key, p->public_key, sizeof(p->public_key));
  tacet_manifest_signer signer = {.private_key = &p->device_key};
  memcpy(signer.device_id, p->device_id, sizeof(signer.device_id));
  const tacet_secret *const keys[] = {&p->device_key};
  MUST(tacet_manifest_sign(&m, NULL, &signer, keys, 1, manifest));
  memcpy(p->account_id, m.account_id, sizeof(p->account_id));
}

void peer_register(peer *p, const char *name, const uint8_t invite[16]) {
  TACET_BUF(manifest, TACET_MANIFEST_MAX);
  TACET_BUF(body, TACET_MANIFEST_MAX + 64);
  NET_ANSWER(a);
  char code[64];
  peer_make_account(p, name, &manifest);
  const tacet_create_account m = {.invite =
                                      tacet_span_of(invite, TACET_INVITE_LEN),
                                  .manifest = tacet_buf_span(&manifest)};
  tacet_create_account_write(&body, &m);
  int status = peer_call(p, "POST", "/v1/accounts", NULL, tacet_buf_span(&body),
                         &a, NULL);
  if (status != 201) {
    peer_problem(&a, code);
    die("registering %s was answered %d %s", name, status, code);
  }
}

static void find_issuer(peer *p, tacet_token_kind kind, tacet_issuer *out) {
  tacet_issuers all;
  NET_ANSWER(a);
  if (peer_call(p, "GET", "/v1/tokens", NULL, TACET_SPAN_EMPTY, &a, NULL) !=
      200) {
    die("GET /v1/tokens was answered %d", a.status);
  }
  MUST(tacet_issuers_parse(tacet_bytes_span(&a.body), &all));
  bool found = false;
  for (size_t i = 0; i < all.n; i++) {
    if (all.list[i].kind == kind &&
        (!found || all.list[i].first_day > out->first_day)) {
      *out = all.list[i];
      found = true;
    }
  }
  if (!found) {
    die("there is no issuer of kind %d", (int)kind);
  }
}

void peer_draw(peer *p, tacet_token_kind kind, size_t n) {
  tacet_issuer issuer = {.first_day = 0};
  tacet_token_draw d;
  tacet_draw_answer answer;
  NET_ANSWER(a);
  char code[64];
  TACET_BUF(body, 8192);
  peer_tokens *t = &p->tokens[kind];
  if (t->n + n > PEER_TOKENS_MAX) {
    die("too many tokens");
  }
  find_issuer(p, kind, &issuer);
  MUST(tacet_token_draw_start(kind, issuer.public_key, n, &d));
  tacet_draw draw = {.kind = kind,
                     .blinded =
                         tacet_span_of(d.blinded, n * TACET_VOPRF_ELEMENT_LEN)};
  tacet_token_key_id(issuer.public_key, draw.key_id);
  tacet_draw_write(&body, &draw);
  int status =
      peer_signed_call(p, "POST", "/v1/tokens", tacet_buf_span(&body), &a);
  if (status != 200) {
    peer_problem(&a, code);
    die("drawing was answered %d %s", status, code);
  }
  MUST(tacet_draw_answer_parse(tacet_bytes_span(&a.body), &answer));
  MUST(tacet_token_draw_finish(
      &d, answer.evaluated, tacet_span_of(answer.proof, sizeof(answer.proof)),
      t->list + t->n));
  t->n += n;
}

tacet_token peer_token(peer *p, tacet_token_kind kind) {
  if (p->tokens[kind].n == 0) {
    peer_draw(p, kind, 16);
  }
  return p->tokens[kind].list[--p->tokens[kind].n];
}

/* ---- delivery ---- */

void peer_mailbox_new(peer_mailbox *m) {
  memset(m, 0, sizeof(*m));
  MUST(tacet_random(m->id, sizeof(m->id)));
  MUST(tacet_random(m->read_secret, sizeof(m->read_secret)));
  MUST(tacet_random(m->capability, sizeof(m->capability)));
  MUST(tacet_seal_key_new(&m->sealing_key, m->sealing_public));
}

static void write_mailbox(const peer_mailbox *m, tacet_buf *w) {
  tacet_new_mailbox n = {.paid = false};
  memcpy(n.id, m->id, sizeof(n.id));
  memcpy(n.sealing_key, m->sealing_public, sizeof(n.sealing_key));
  MUST(tacet_hash_one(&tacet_hash_sha256, tacet_span_of(m->read_secret, 32),
                      n.read_hash));
  MUST(tacet_hash_one(&tacet_hash_sha256, tacet_span_of(m->capability, 32),
                      n.capability_hash));
  tacet_new_mailbox_write(w, &n);
}

void peer_mailboxes(peer *p, peer_mailbox *list, size_t n) {
  TACET_BUF(inner, 64 * 1024);
  TACET_BUF(body, 64 * 1024);
  NET_ANSWER(a);
  char code[64];
  for (size_t i = 0; i < n; i++) {
    peer_mailbox_new(&list[i]);
    write_mailbox(&list[i], &inner);
  }
  const tacet_create_mailboxes m = {.token =
                                        peer_token(p, TACET_TOKEN_DELIVERY),
                                    .mailboxes = tacet_buf_span(&inner),
                                    .n_mailboxes = n};
  tacet_create_mailboxes_write(&body, &m);
  int status = peer_call(p, "POST", "/v1/mailboxes", NULL,
                         tacet_buf_span(&body), &a, NULL);
  if (status != 201) {
    peer_problem(&a, code);
    die("making mailboxes was answered %d %s", status, code);
  }
}

int peer_send(peer *p, const peer_mailbox *to, tacet_span item,
              tacet_delivery *delivery) {
  TACET_BUF(list, 128);
  TACET_BUF(body, TACET_ITEM_MAX + 256);
  NET_ANSWER(a);
  tacet_recipient r;
  tacet_send_answer answer;
  memcpy(r.mailbox, to->id, sizeof(r.mailbox));
  memcpy(r.capability, to->capability, sizeof(r.capability));
  tacet_recipient_write(&list, &r);
  const tacet_send m = {
      .recipients = tacet_buf_span(&list), .n_recipients = 1, .item = item};
  tacet_send_write(&body, &m);
  int status =
      peer_call(p, "POST", "/v1/send", NULL, tacet_buf_span(&body), &a, NULL);
  if (status == 200) {
    MUST(tacet_send_answer_parse(tacet_bytes_span(&a.body), &answer));
    if (answer.deliveries.len != 1) {
      die("one recipient, %zu answers", answer.deliveries.len);
    }
    *delivery = (tacet_delivery)answer.deliveries.p[0];
  }
  return status;
}

/* ---- receiving ---- */

bool peer_link(peer *p, uint8_t ticket[TACET_TICKET_LEN]) {
  int status = 0;
  tacet_frame f;
  peer_unlink(p);
  if (net_client_new(p->server->host, p->server->port, p->tls, &p->link) !=
      NET_OK) {
    die("no client");
  }
  if (net_client_ws_open(p->link, "/v1/receive", NULL, TACET_FRAME_MAX,
                         TIMEOUT_MS, &status) != NET_OK ||
      !peer_frame(p, TIMEOUT_MS, &f, NULL)) {
    peer_unlink(p);
    return false;
  }
  if (f.type != TACET_FRAME_HELLO) {
    die("the first frame is not HELLO but %d", (int)f.type);
  }
  p->window = f.number;
  if (ticket != NULL) {
    memcpy(ticket, f.ticket, TACET_TICKET_LEN);
  }
  return true;
}

void peer_unlink(peer *p) {
  net_client_free(p->link);
  p->link = NULL;
}

bool peer_frame_send(peer *p, const tacet_frame *f) {
  TACET_BUF(w, TACET_FRAME_MAX);
  tacet_span bytes;
  tacet_frame_write(&w, f);
  MUST(tacet_buf_done(&w, &bytes));
  if (p->link == NULL ||
      net_client_ws_send(p->link, bytes, TIMEOUT_MS) != NET_OK) {
    peer_unlink(p);
    return false;
  }
  return true;
}

bool peer_subscribe(peer *p, const peer_mailbox *list, size_t n) {
  TACET_BUF(keys, 64 * 1024);
  for (size_t i = 0; i < n; i++) {
    tacet_mailbox_key k;
    memcpy(k.id, list[i].id, sizeof(k.id));
    memcpy(k.read_secret, list[i].read_secret, sizeof(k.read_secret));
    tacet_mailbox_key_write(&keys, &k);
  }
  const tacet_frame f = {.type = TACET_FRAME_SUBSCRIBE,
                         .list = tacet_buf_span(&keys),
                         .n_list = n};
  return peer_frame_send(p, &f);
}

bool peer_ack(peer *p, const uint8_t mailbox[16], uint64_t seq) {
  tacet_frame f = {.type = TACET_FRAME_ACK, .seq = seq};
  memcpy(f.mailbox, mailbox, sizeof(f.mailbox));
  return peer_frame_send(p, &f);
}

bool peer_frame(peer *p, uint32_t ms, tacet_frame *f, bool *closed) {
  tacet_span message;
  uint16_t code = 0;
  net_result r = p->link == NULL ? NET_CLOSED
                                 : net_client_ws_recv(p->link, ms, -1, NULL,
                                                      &message, &code);
  bool ended = r != NET_OK && r != NET_TIMEOUT;
  if (closed != NULL) {
    *closed = ended;
  }
  if (ended) {
    peer_unlink(p);
  }
  if (r != NET_OK) {
    return false;
  }
  tacet_err e = tacet_frame_parse(message, false, f);
  if (e != TACET_OK) {
    die("a frame of the server does not parse: %s", tacet_err_name(e));
  }
  return true;
}

void peer_expect(peer *p, tacet_frame_type type, tacet_frame *f) {
  bool closed = false;
  if (!peer_frame(p, TIMEOUT_MS, f, &closed)) {
    die("frame %d was expected, but %s", (int)type,
        closed ? "the link is closed" : "nothing came");
  }
  if (f->type != type) {
    die("frame %d was expected, but %d came (%.*s)", (int)type, (int)f->type,
        f->type == TACET_FRAME_REFUSED ? (int)f->body.len : 0,
        (const char *)f->body.p);
  }
}

size_t peer_unseal(const peer_mailbox *m, const tacet_frame *f, uint8_t *out) {
  tacet_unsealer u;
  MUST(tacet_unsealer_new(&m->sealing_key, m->id, f->enc, &u));
  MUST(tacet_unsealer_open(&u, f->number, f->body, out));
  tacet_unsealer_wipe(&u);
  return f->body.len - TACET_SEAL_TAG_LEN;
}
