/* SPDX-License-Identifier: Apache-2.0
 * The fake server: the world, the transport, the directory's half. */
#include "tests/support/fake_server.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/error.h"
#include "tacet/crypto.h"

/* ---- small things ---- */

static void *must(void *p) {
  if (p == NULL) {
    abort();
  }
  return p;
}

#define OK(call)                                                               \
  do {                                                                         \
    if ((call) != TACET_OK) {                                                  \
      abort();                                                                 \
    }                                                                          \
  } while (0)

fake_bytes fake_copy(tacet_span in) {
  fake_bytes b = {must(malloc(in.len + 1)), in.len};
  if (in.len > 0) {
    memcpy(b.p, in.p, in.len);
  }
  return b;
}

void *fake_grow(void *list, size_t *n, size_t size) {
  uint8_t *p = must(realloc(list, (*n + 1) * size));
  memset(p + *n * size, 0, size);
  (*n)++;
  return p;
}

void fake_problem(fake_reply *r, tacet_wire_error code) {
  r->code = code;
  r->status = (unsigned)tacet_wire_error_status(code);
}

void fake_answer(fake_reply *r, unsigned status, tacet_buf *w) {
  OK(w->err);
  r->status = status;
  r->body = fake_copy(tacet_buf_span(w));
}

const char *fake_header(const client_call *call, const char *name) {
  for (size_t i = 0; i < call->n_headers; i++) {
    if (strcmp(call->headers[i].name, name) == 0) {
      return call->headers[i].value;
    }
  }
  return NULL;
}

/* ---- tokens and nonces ---- */

tacet_wire_error fake_spend(fake_server *s, tacet_token_kind kind,
                            tacet_span token) {
  tacet_token t;
  uint8_t id[8], hash[32];
  if (token.len == 0) {
    return TACET_WIRE_TOKEN_NEEDED;
  }
  tacet_token_key_id(s->issuer[kind].public_key, id);
  if (tacet_token_parse(token, &t) != TACET_OK ||
      memcmp(t.key_id, id, sizeof(id)) != 0 ||
      tacet_token_redeem(kind, &s->issuer[kind], &t) != TACET_OK) {
    return TACET_WIRE_TOKEN;
  }
  OK(tacet_token_hash(&t, hash));
  for (size_t i = 0; i < s->n_spent; i++) {
    if (memcmp(s->spent[i], hash, 32) == 0) {
      return TACET_WIRE_TOKEN_SPENT;
    }
  }
  s->spent = fake_grow(s->spent, &s->n_spent, 32);
  memcpy(s->spent[s->n_spent - 1], hash, 32);
  s->n_tokens_spent++;
  return TACET_WIRE_OK;
}

static void nonce_new(fake_server *s, char text[32]) {
  s->nonces = fake_grow(s->nonces, &s->n_nonces, 16);
  uint8_t *nonce = s->nonces[s->n_nonces - 1];
  OK(tacet_random(nonce, 16));
  tacet_base64url_write(tacet_span_of(nonce, 16), text);
}

static bool nonce_use(fake_server *s, const uint8_t nonce[16]) {
  for (size_t i = 0; i < s->n_nonces; i++) {
    if (memcmp(s->nonces[i], nonce, 16) == 0) {
      memmove(s->nonces[i], s->nonces[s->n_nonces - 1], 16);
      s->n_nonces--;
      return true;
    }
  }
  return false;
}

/* ---- accounts ---- */

fake_account *fake_server_account(fake_server *s, const char *handle) {
  for (size_t i = 0; i < s->n_accounts; i++) {
    if (strcmp(s->accounts[i].handle, handle) == 0 && !s->accounts[i].lost) {
      return &s->accounts[i];
    }
  }
  return NULL;
}

static fake_account *account_by_id(fake_server *s, const uint8_t *id) {
  for (size_t i = 0; i < s->n_accounts; i++) {
    if (memcmp(s->accounts[i].id, id, 32) == 0) {
      return &s->accounts[i];
    }
  }
  return NULL;
}

void fake_manifest_add(fake_server *s, fake_account *a, tacet_span bytes,
                       const tacet_manifest *m) {
  a->manifests = fake_grow(a->manifests, &a->n_manifests, sizeof(fake_bytes));
  a->manifests[a->n_manifests - 1] = fake_copy(bytes);
  a->last = *m;
  fake_log_update(s->log, a->handle, bytes, s->now);
}

/* Tokens of invites, by their first byte. */
enum { TOKEN = 0x77, RESET_TOKEN = 0x78 };

static void package_remove(fake_account *a, size_t i) {
  free(a->packages[i].bytes.p);
  memmove(&a->packages[i], &a->packages[i + 1],
          (a->n_packages - i - 1) * sizeof(fake_package));
  a->n_packages--;
}

/* The handle is another account's. */
static void lose(fake_account *a) {
  a->lost = true;
  while (a->n_packages > 0) {
    package_remove(a, a->n_packages - 1);
  }
}

static void create_account(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_create_account m;
  tacet_manifest first;
  if (tacet_create_account_parse(body, &m) != TACET_OK ||
      tacet_manifest_first(m.manifest, &first) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  fake_account *a = fake_server_account(s, first.handle);
  bool other = a != NULL && memcmp(a->id, first.account_id, 32) != 0;
  if (other && m.invite.len == 16 && m.invite.p[0] == RESET_TOKEN) {
    lose(a);
    a = NULL;
  }
  if (a != NULL) {
    bool same = !a->erased && memcmp(a->id, first.account_id, 32) == 0;
    fake_problem(out, a->erased ? TACET_WIRE_HANDLE_RETIRED
                                : TACET_WIRE_HANDLE_TAKEN);
    if (same) {
      *out = (fake_reply){.status = 201};
    }
    return;
  }
  if (m.invite.len != 16 ||
      (m.invite.p[0] != TOKEN && m.invite.p[0] != RESET_TOKEN)) {
    fake_problem(out, TACET_WIRE_INVITE);
    return;
  }
  s->accounts = fake_grow(s->accounts, &s->n_accounts, sizeof(fake_account));
  a = &s->accounts[s->n_accounts - 1];
  (void)snprintf(a->handle, sizeof(a->handle), "%s", first.handle);
  memcpy(a->id, first.account_id, 32);
  fake_manifest_add(s, a, m.manifest, &first);
  out->status = 201;
}

/* Who signed the request; NULL, with the problem set, if nobody did. */
static fake_account *signer(fake_server *s, const client_call *call,
                            uint8_t device[16], fake_reply *out) {
  const char *text = fake_header(call, "Tacet-Authorization");
  tacet_auth auth;
  fake_problem(out, TACET_WIRE_AUTHORIZATION);
  if (text == NULL ||
      tacet_auth_parse(tacet_span_str(text), &auth) != TACET_OK) {
    return NULL;
  }
  fake_account *a = account_by_id(s, auth.account_id);
  const tacet_device *d =
      a == NULL ? NULL : tacet_manifest_device(&a->last, auth.device_id);
  tacet_auth_request r = {TACET_SPAN_LIT(FAKE_DOMAIN),
                          tacet_span_str(call->method),
                          tacet_span_str(call->path), call->body};
  if (d == NULL || tacet_auth_verify(&auth, &r, d->key) != TACET_OK) {
    return NULL;
  }
  if (!nonce_use(s, auth.nonce)) {
    fake_problem(out, TACET_WIRE_NONCE);
    return NULL;
  }
  memcpy(device, auth.device_id, 16);
  *out = (fake_reply){0};
  return a;
}

/* Packages of devices that are listed no more. */
static void drop_packages(fake_account *a) {
  for (size_t i = a->n_packages; i-- > 0;) {
    if (tacet_manifest_device(&a->last, a->packages[i].device) == NULL) {
      package_remove(a, i);
    }
  }
}

static void put_manifest(fake_server *s, const client_call *call, bool erase,
                         fake_reply *out) {
  uint8_t device[16];
  tacet_put_manifest m;
  tacet_manifest form, next;
  if (tacet_put_manifest_parse(call->body, &m) != TACET_OK ||
      tacet_manifest_parse(m.manifest, &form) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MANIFEST);
    return;
  }
  fake_account *a =
      erase ? signer(s, call, device, out) : account_by_id(s, form.account_id);
  if (a == NULL) {
    return;
  }
  if (a->lost && s->no_veto) {
    fake_problem(out, TACET_WIRE_UNKNOWN_ACCOUNT);
    return;
  }
  if (a->lost && s->swallows_veto) {
    out->status = 200;
    return;
  }
  tacet_err e = tacet_manifest_next(&a->last, m.manifest, &next);
  if (e == TACET_ERR_EXISTS && !erase) {
    out->status = 200;
    return;
  }
  if (form.number <= a->last.number && !erase) {
    fake_problem(out, TACET_WIRE_MANIFEST_CONFLICT);
    return;
  }
  if (e != TACET_OK || erase != (next.n_devices == 0)) {
    fake_problem(out, TACET_WIRE_MANIFEST);
    return;
  }
  if (a->lost) { /* a veto */
    lose(fake_server_account(s, a->handle));
    a->lost = false;
  }
  fake_manifest_add(s, a, m.manifest, &next);
  a->erased = erase;
  drop_packages(a);
  out->status = 200;
}

/* ---- looking up ---- */

/* Once, in one of the two or three proofs that an answer has. */
static void flip(fake_server *s, tacet_buf *proof) {
  if (s->flip_proof == 0) {
    return;
  }
  size_t bit = s->flip_proof - 1, bits = tacet_buf_span(proof).len * 8;
  if (bit >= bits) {
    s->flip_proof -= bits;
    return;
  }
  ((uint8_t *)(uintptr_t)tacet_buf_span(proof).p)[bit / 8] ^=
      (uint8_t)(1u << (bit % 8));
  s->flip_proof = 0;
}

static void prove(fake_server *s, const char *handle, const tacet_lookup *m,
                  tacet_buf *out) {
  TACET_BUF(head, 1 << 18);
  TACET_BUF(label, 1 << 18);
  TACET_BUF(first, 64);
  if (s->no_proofs) {
    return;
  }
  s->n_seen += m->seen > 0;
  fake_log_head(s->log, m->log_size, s->now, &head);
  fake_log_label(s->log, s->proofs_of != NULL ? s->proofs_of : handle,
                 s->leave_out != 0 ? s->leave_out : m->seen, &label);
  fake_log_first(s->log, s->proofs_of != NULL ? s->proofs_of : handle, &first);
  flip(s, &head);
  flip(s, &label);
  tacet_key_proofs p = {tacet_buf_span(&head), tacet_buf_span(&label),
                        tacet_buf_span(&first)};
  tacet_key_proofs_write(out, &p);
}

/* Both logs go on whenever somebody asks. */
static void grow_both(fake_server *s) {
  fake_log *logs[] = {s->log, s->other_log};
  for (int i = 0; i < 2; i++) {
    fake_log_update(logs[i], "grown@" FAKE_DOMAIN, TACET_SPAN_LIT("x"), s->now);
  }
}

/* What is told of the other size that was asked about. */
static void also(fake_server *s, uint64_t size, tacet_buf *out) {
  bool evades = s->evade_from != 0 && size == s->evade_from;
  bool other = s->evasion == FAKE_OTHER || s->evasion == FAKE_GROW;
  fake_log_head(evades && other ? s->other_log : s->log, size, s->now, out);
  if (evades && s->evasion == FAKE_HALF) {
    tacet_buf_cut(out, out->len / 2);
  }
}

static void log_head(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_log_query q;
  TACET_BUF(head, 1 << 18);
  TACET_BUF(second, 1 << 18);
  TACET_BUF(both, 1 << 19);
  s->n_heads++;
  if (s->no_log || tacet_log_query_parse(body, &q) != TACET_OK) {
    fake_problem(out, s->no_log ? TACET_WIRE_NOT_FOUND : TACET_WIRE_MALFORMED);
    return;
  }
  if (s->evade_from != 0 && s->evasion == FAKE_GROW) {
    grow_both(s);
  }
  if (s->evade_from != 0 && q.also == s->evade_from &&
      (s->evasion == FAKE_NONE || s->evasion == FAKE_RATE)) {
    fake_problem(out, s->evasion == FAKE_NONE ? TACET_WIRE_NOT_FOUND
                                              : TACET_WIRE_RATE);
    return;
  }
  fake_log_head(s->log, q.size, s->now, &head);
  flip(s, &head);
  if (q.also != 0) {
    also(s, q.also, &second);
    tacet_log_heads_write(&both, &(tacet_log_heads){tacet_buf_span(&head),
                                                    tacet_buf_span(&second)});
  }
  fake_answer(out, 200, q.also != 0 ? &both : &head);
}

static void lookup(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_lookup m;
  s->n_lookups++;
  if (s->no_lookups || tacet_lookup_parse(body, &m) != TACET_OK) {
    fake_problem(out, s->no_lookups ? TACET_WIRE_RATE : TACET_WIRE_MALFORMED);
    return;
  }
  char handle[300];
  (void)snprintf(handle, sizeof(handle), "%.*s", (int)m.key.len,
                 (const char *)m.key.p);
  const fake_account *a = m.kind == TACET_LOOKUP_HANDLE
                              ? fake_server_account(s, handle)
                              : account_by_id(s, m.key.p);
  if (a != NULL && a->lost) {
    a = NULL;
  }
  if (s->impostor_chain != NULL) {
    a = s->impostor_chain;
  }
  if (a == NULL || a->erased) {
    fake_problem(out,
                 a == NULL ? TACET_WIRE_UNKNOWN_ACCOUNT : TACET_WIRE_ERASED);
    return;
  }
  TACET_BUF(list, 1 << 20);
  for (size_t i = m.from; i < a->n_manifests; i++) {
    tacet_opaque_list_add(
        &list, tacet_span_of(a->manifests[i].p, a->manifests[i].len));
  }
  TACET_BUF(proofs, 1 << 19);
  prove(s, m.kind == TACET_LOOKUP_HANDLE ? handle : a->handle, &m, &proofs);
  tacet_lookup_answer answer = {.manifests = tacet_buf_span(&list),
                                .proofs = tacet_buf_span(&proofs)};
  TACET_BUF(w, 1 << 21);
  tacet_lookup_answer_write(&w, &answer);
  fake_answer(out, 200, &w);
}

/* ---- key packages ---- */

static void publish(fake_server *s, const client_call *call, fake_reply *out) {
  uint8_t device[16];
  fake_account *a = signer(s, call, device, out);
  tacet_publish m;
  if (a == NULL) {
    return;
  }
  if (a->lost) {
    fake_problem(out, TACET_WIRE_UNKNOWN_ACCOUNT);
    return;
  }
  if (tacet_publish_parse(call->body, &m) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  tacet_published_package p;
  while (tacet_published_package_next(&m.packages, &p)) {
    for (size_t i = a->n_packages; p.last_resort && i-- > 0;) {
      if (a->packages[i].last_resort &&
          memcmp(a->packages[i].device, device, 16) == 0) {
        package_remove(a, i);
      }
    }
    a->packages = fake_grow(a->packages, &a->n_packages, sizeof(fake_package));
    fake_package *q = &a->packages[a->n_packages - 1];
    memcpy(q->device, device, 16);
    q->last_resort = p.last_resort;
    q->bytes = fake_copy(p.key_package);
  }
  TACET_BUF(held, 1 << 16);
  for (size_t i = 0; i < a->n_packages; i++) {
    uint8_t hash[32];
    OK(tacet_hash_one(
        &tacet_hash_sha256,
        tacet_span_of(a->packages[i].bytes.p, a->packages[i].bytes.len), hash));
    if (memcmp(a->packages[i].device, device, 16) == 0) {
      tacet_write_bytes(&held, tacet_span_of(hash, 32));
    }
  }
  tacet_publish_answer answer = {tacet_buf_span(&held)};
  TACET_BUF(w, 1 << 16);
  tacet_publish_answer_write(&w, &answer);
  fake_answer(out, 200, &w);
}

/* One of a device, if there is one. */
static void claim_of(fake_server *s, fake_account *a, const uint8_t device[16],
                     tacet_buf *list) {
  size_t best = a->n_packages;
  for (size_t i = 0; i < a->n_packages; i++) {
    if (memcmp(a->packages[i].device, device, 16) == 0 &&
        (best == a->n_packages || a->packages[best].last_resort)) {
      best = s->last_resort_only && !a->packages[i].last_resort ? best : i;
    }
  }
  if (best == a->n_packages) {
    return;
  }
  fake_package *p = &a->packages[best];
  tacet_claimed_package one = {.last_resort = p->last_resort,
                               .key_package =
                                   tacet_span_of(p->bytes.p, p->bytes.len)};
  memcpy(one.device_id, p->device, 16);
  tacet_claimed_package_write(list, &one);
  if (!p->last_resort) {
    package_remove(a, best);
  }
}

static void claim(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_claim m;
  if (tacet_claim_parse(body, &m) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  fake_account *a = account_by_id(s, m.account_id);
  if (a == NULL || a->n_packages == 0) {
    fake_problem(out, a == NULL ? TACET_WIRE_UNKNOWN_ACCOUNT
                                : TACET_WIRE_NO_KEY_PACKAGE);
    return;
  }
  tacet_wire_error e = fake_spend(s, TACET_TOKEN_DIRECTORY, m.token);
  if (e != TACET_WIRE_OK) {
    fake_problem(out, e);
    return;
  }
  if (s->impostor != NULL) {
    a = account_by_id(s, s->impostor->id);
  }
  TACET_BUF(list, 1 << 16);
  for (size_t d = 0; d < a->last.n_devices; d++) {
    claim_of(s, a, a->last.devices[d].id, &list);
  }
  tacet_claim_answer answer = {.packages = tacet_buf_span(&list)};
  TACET_BUF(w, 1 << 16);
  tacet_claim_answer_write(&w, &answer);
  fake_answer(out, 200, &w);
  a->n_claims++;
}

/* ---- tokens ---- */

static void issuers_of(const fake_server *s, uint32_t first,
                       tacet_issuers *out) {
  *out = (tacet_issuers){.n = 2};
  for (int k = 0; k < 2; k++) {
    tacet_issuer *i = &out->list[k];
    i->kind = (tacet_token_kind)k;
    memcpy(i->public_key, s->issuer[k].public_key, 32);
    i->first_day = first;
    i->issue_until = first + TACET_ISSUER_DAYS - 1;
    i->accept_until = first + 2 * TACET_ISSUER_DAYS - 1;
  }
}

static uint32_t week_of(uint64_t ms) {
  uint32_t day = (uint32_t)(ms / 86400000);
  return day - day % TACET_ISSUER_DAYS;
}

/* The keys of each week are in the log before they are asked for, from the
 * start on those of a quarter. */
static void log_week(fake_server *s, uint32_t first) {
  tacet_issuers all;
  TACET_BUF(value, 4096);
  issuers_of(s, first, &all);
  tacet_issuers_write(&value, &all);
  fake_log_issuers(s->log, first, tacet_buf_span(&value), s->now);
}

static void issuers(fake_server *s, fake_reply *out) {
  tacet_issuers all;
  TACET_BUF(w, 4096);
  uint32_t first = week_of(s->now);
  log_week(s, first);
  issuers_of(s, s->issuer_day != 0 ? s->issuer_day : first, &all);
  if (s->issuer_for_you) {
    memcpy(all.list[0].public_key, s->issuer[1].public_key, 32);
  }
  tacet_issuers_write(&w, &all);
  fake_answer(out, 200, &w);
}

static void issuer_proof(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_issuer_query q;
  TACET_BUF(head, 1 << 18);
  TACET_BUF(label, 1 << 18);
  TACET_BUF(w, 1 << 18);
  s->n_weeks++;
  if (s->no_weeks || tacet_issuer_query_parse(body, &q) != TACET_OK) {
    fake_problem(out, s->no_weeks ? TACET_WIRE_BUSY : TACET_WIRE_MALFORMED);
    return;
  }
  fake_log_head(s->log, q.log_size, s->now, &head);
  fake_log_week(s->log, s->other_week ? q.first_day - 7 : q.first_day, &label);
  tacet_key_proofs p = {tacet_buf_span(&head), tacet_buf_span(&label),
                        TACET_SPAN_EMPTY};
  tacet_key_proofs_write(&w, &p);
  fake_answer(out, 200, &w);
}

static void draw(fake_server *s, const client_call *call, fake_reply *out) {
  uint8_t device[16], id[8];
  tacet_draw m;
  if (signer(s, call, device, out) == NULL) {
    return;
  }
  if (tacet_draw_parse(call->body, &m) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  if (m.kind == TACET_TOKEN_DELIVERY && s->no_delivery_tokens) {
    fake_problem(out, TACET_WIRE_QUOTA);
    return;
  }
  tacet_token_key_id(s->issuer[m.kind].public_key, id);
  if (memcmp(id, m.key_id, 8) != 0) {
    fake_problem(out, TACET_WIRE_ISSUER_KEY);
    return;
  }
  uint8_t evaluated[TACET_TOKEN_BATCH_MAX * 32];
  tacet_draw_answer answer = {.evaluated =
                                  tacet_span_of(evaluated, m.blinded.len)};
  OK(tacet_voprf_blind_evaluate(&s->issuer[m.kind], m.blinded, evaluated,
                                answer.proof));
  TACET_BUF(w, 1 << 14);
  tacet_draw_answer_write(&w, &answer);
  fake_answer(out, 200, &w);
}

void fake_directory(fake_server *s, const client_call *call, fake_reply *out) {
  const char *path = call->path, *method = call->method;
  if (strcmp(path, "/v1/nonce") == 0) {
    out->status = 200;
  } else if (strcmp(path, "/v1/accounts") == 0 && method[0] == 'P') {
    create_account(s, call->body, out);
  } else if (strcmp(path, "/v1/accounts") == 0) {
    put_manifest(s, call, true, out);
  } else if (strcmp(path, "/v1/manifests") == 0) {
    put_manifest(s, call, false, out);
  } else if (strcmp(path, "/v1/lookup") == 0) {
    lookup(s, call->body, out);
  } else if (strcmp(path, "/v1/log") == 0) {
    log_head(s, call->body, out);
  } else if (strcmp(path, "/v1/keypackages") == 0) {
    publish(s, call, out);
  } else if (strcmp(path, "/v1/keypackages/claim") == 0) {
    claim(s, call->body, out);
  } else if (strcmp(path, "/v1/tokens/proof") == 0) {
    issuer_proof(s, call->body, out);
  } else if (strcmp(path, "/v1/tokens") == 0 && method[0] == 'G') {
    issuers(s, out);
  } else if (strcmp(path, "/v1/tokens") == 0) {
    draw(s, call, out);
  } else {
    fake_problem(out, TACET_WIRE_NOT_FOUND);
  }
}

/* ---- the transport ---- */

typedef struct connection {
  client_transport base;
  fake_server *s;
  fake_link link;
  bool interrupted;
} connection;

static tacet_err unreachable(const fake_server *s, client_error *detail) {
  if (s->certificate != NULL) {
    return client_fail(detail, CLIENT_KEYS, "certificate-changed", "%s",
                       s->certificate);
  }
  return client_fail(detail, CLIENT_UNREACHABLE, "unreachable",
                     "The server cannot be reached; try again later.");
}

static void at_work(const fake_server *s, bool begins) {
  if (s->at_work != NULL) {
    s->at_work(begins);
  }
}

static tacet_err give(fake_server *s, const fake_reply *r, client_half half,
                      client_mem *mem, client_answer *out) {
  client_header *h = client_mem_array(mem, 2, sizeof(*h));
  char *nonce = client_mem_alloc(mem, 32);
  if (h == NULL || nonce == NULL) {
    return TACET_ERR_NOMEM;
  }
  bool problem = r->status >= 400 && !r->raw;
  size_t n = 0;
  h[n++] = (client_header){"content-type", problem ? "application/problem+json"
                                                   : "application/tacet"};
  if (half == CLIENT_ACCOUNT) {
    nonce_new(s, nonce);
    h[n++] = (client_header){"tacet-nonce", nonce};
  }
  *out = (client_answer){.status = r->status, .headers = h, .n_headers = n};
  if (!problem) {
    return client_mem_copy(mem, tacet_span_of(r->body.p, r->body.len),
                           &out->body);
  }
  char json[120];
  int len = snprintf(json, sizeof(json), "{\"title\":\"no\",\"code\": \"%s\"}",
                     tacet_wire_error_code(r->code));
  return client_mem_copy(mem, tacet_span_of(json, (size_t)len), &out->body);
}

static tacet_err request(client_transport *base, const client_call *call,
                         client_mem *mem, client_answer *out,
                         client_error *detail) {
  connection *t = (connection *)base;
  fake_server *s = t->s;
  s->now += 5;
  s->n_requests++;
  bool lose = s->lose_at > 0 && --s->lose_at == 0;
  if (s->down || s->certificate != NULL || (lose && !s->lose_answer)) {
    return unreachable(s, detail);
  }
  fake_reply reply = {0};
  at_work(s, true);
  if (call->half == CLIENT_DELIVERY) {
    fake_delivery(s, call, &reply);
  } else {
    fake_directory(s, call, &reply);
  }
  at_work(s, false);
  tacet_err e =
      lose ? unreachable(s, detail) : give(s, &reply, call->half, mem, out);
  free(reply.body.p);
  return e;
}

static tacet_err link_open(client_transport *base, client_error *detail) {
  connection *t = (connection *)base;
  if (t->s->down || t->s->certificate != NULL) {
    return unreachable(t->s, detail);
  }
  at_work(t->s, true);
  fake_link_open(t->s, &t->link);
  at_work(t->s, false);
  return TACET_OK;
}

static tacet_err link_send(client_transport *base, tacet_span frame,
                           client_error *detail) {
  connection *t = (connection *)base;
  if (t->s->down || !t->link.open) {
    return unreachable(t->s, detail);
  }
  at_work(t->s, true);
  fake_link_send(t->s, &t->link, frame);
  at_work(t->s, false);
  return TACET_OK;
}

static tacet_err link_next(client_transport *base, client_sleep *sleep,
                           client_mem *mem, tacet_span *frame,
                           client_error *detail) {
  connection *t = (connection *)base;
  (void)detail;
  sleep->ready[0] = sleep->ready[1] = false;
  if (t->s->down && t->link.open) {
    fake_link_close(&t->link);
    return TACET_ERR_CLOSED;
  }
  fake_bytes out;
  at_work(t->s, true);
  bool any = t->link.open && fake_link_next(t->s, &t->link, &out);
  if (any) {
    OK(client_mem_copy(mem, tacet_span_of(out.p, out.len), frame));
    free(out.p);
  }
  at_work(t->s, false);
  if (any) {
    return TACET_OK;
  }
  t->s->now += sleep->ms; /* waiting, in this world */
  if (t->s->meanwhile != NULL && !t->s->in_meanwhile && !t->link.open) {
    t->s->in_meanwhile = true;
    t->s->meanwhile(t->s->meanwhile_user);
    t->s->in_meanwhile = false;
  }
  return TACET_ERR_NOT_FOUND;
}

static void link_close(client_transport *base) {
  fake_link_close(&((connection *)base)->link);
}

static void interrupt(client_transport *base) {
  ((connection *)base)->interrupted = true;
}

static void connection_free(client_transport *base) {
  link_close(base);
  free(base);
}

static tacet_err make(void *user, const client_server *server,
                      client_transport **out) {
  static const client_transport_calls calls = {
      .request = request,
      .link_open = link_open,
      .link_send = link_send,
      .link_next = link_next,
      .link_close = link_close,
      .interrupt = interrupt,
      .free = connection_free,
  };
  (void)server;
  connection *t = must(calloc(1, sizeof(*t)));
  t->base.calls = &calls;
  t->s = user;
  *out = &t->base;
  return TACET_OK;
}

/* ---- the world ---- */

fake_server *fake_server_new(void) {
  fake_server *s = must(calloc(1, sizeof(*s)));
  s->now = FAKE_START;
  s->log = fake_log_new();
  OK(tacet_voprf_key_generate(&s->issuer[0]));
  OK(tacet_voprf_key_generate(&s->issuer[1]));
  for (uint32_t week = 0; week < 13; week++) {
    log_week(s, week_of(FAKE_START) + week * TACET_ISSUER_DAYS);
  }
  return s;
}

void fake_server_free(fake_server *s) {
  for (size_t i = 0; i < s->n_accounts; i++) {
    fake_account *a = &s->accounts[i];
    while (a->n_packages > 0) {
      package_remove(a, a->n_packages - 1);
    }
    for (size_t k = 0; k < a->n_manifests; k++) {
      free(a->manifests[k].p);
    }
    free(a->packages);
    free(a->manifests);
  }
  fake_delivery_free(s);
  fake_log_free(s->log);
  free(s->accounts);
  free(s->spent);
  free(s->nonces);
  free(s);
}

client_transport_maker fake_server_maker(fake_server *s) {
  return (client_transport_maker){.user = s, .make = make};
}

uint64_t fake_server_now(void *server) {
  return ((fake_server *)server)->now;
}

static void write_link(const fake_server *s, uint8_t token,
                       char out[TACET_INVITE_LINK_MAX]) {
  tacet_invite i = {.url = "https://" FAKE_DOMAIN, .domain = FAKE_DOMAIN};
  TACET_BUF(trust, TACET_INVITE_POLICY_MAX);
  memset(i.token, token, sizeof(i.token));
  if (!s->no_trust) {
    fake_log_trust(s->log, &trust);
    i.policy_len = tacet_buf_span(&trust).len;
    memcpy(i.policy, tacet_buf_span(&trust).p, i.policy_len);
  }
  OK(tacet_invite_write(&i, out));
}

void fake_server_invite(const fake_server *s, char out[TACET_INVITE_LINK_MAX]) {
  write_link(s, TOKEN, out);
}

void fake_server_reset_link(const fake_server *s,
                            char out[TACET_INVITE_LINK_MAX]) {
  write_link(s, RESET_TOKEN, out);
}

bool fake_server_holds(const fake_server *s, tacet_span needle) {
  for (size_t i = 0; i < s->n_accounts; i++) {
    const fake_account *a = &s->accounts[i];
    for (size_t k = 0; k < a->n_packages; k++) {
      if (memmem(a->packages[k].bytes.p, a->packages[k].bytes.len, needle.p,
                 needle.len) != NULL) {
        return true;
      }
    }
  }
  return fake_delivery_holds(s, needle);
}
