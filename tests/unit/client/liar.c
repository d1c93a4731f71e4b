/* SPDX-License-Identifier: Apache-2.0
 * Lying. */
#include "tests/unit/client/liar.h"

#include "client/chain.h"
#include "client/claims.h"
#include "client/deliver.h"
#include "client/groups.h"
#include "client/lookup.h"
#include "client/mailboxes.h"
#include "client/outbox.h"
#include "client/people.h"
#include "client/sync.h"
#include "client/talks.h"
#include "tacet/wire/delivery.h"
#include "tacet/wire/directory.h"

/* ---- manifests ---- */

static tacet_span own_manifest(person *p) {
  char handle[80];
  (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, p->name);
  fake_account *a = fake_server_account(p->w->s, handle);
  assert_non_null(a);
  return tacet_span_of(a->manifests[0].p, a->manifests[0].len);
}

/* Signs m as what follows `before`, and adds it to the list. */
static void go_on(tacet_manifest *m, const tacet_manifest *before,
                  const tacet_manifest_signer *signer,
                  const tacet_secret *new_key, tacet_buf *list) {
  TACET_BUF(bytes, TACET_MANIFEST_MAX);
  assert_ok(tacet_manifest_sign(m, before, signer, &new_key,
                                new_key != NULL ? 1 : 0, &bytes));
  assert_ok(tacet_manifest_parse(tacet_buf_span(&bytes), m));
  tacet_opaque_list_add(list, tacet_buf_span(&bytes));
}

void lie_chain(person *p, size_t more, tacet_buf *list) {
  tacet_manifest m[3];
  TACET_SECRET(key);
  tacet_device added;
  const client_self *self = &p->c->self;
  tacet_opaque_list_add(list, own_manifest(p));
  assert_ok(tacet_manifest_first(own_manifest(p), &m[0]));
  memset(added.id, 0xff, sizeof(added.id)); /* stands last */
  assert_ok(tacet_sig_ed25519.generate(&key, added.key));
  if (more > 0) {
    m[1] = m[0];
    m[1].number = 1;
    m[1].devices[m[1].n_devices++] = added;
    tacet_manifest_signer by = {.private_key = &self->device_key};
    memcpy(by.device_id, self->device, sizeof(by.device_id));
    go_on(&m[1], &m[0], &by, &key, list);
  }
  if (more > 1) {
    m[2] = m[1];
    m[2].number = 2;
    m[2].n_devices = 1;
    m[2].devices[0] = added;
    tacet_manifest_signer by = {.private_key = &key};
    memcpy(by.device_id, added.id, sizeof(by.device_id));
    go_on(&m[2], &m[1], &by, NULL, list);
  }
  assert_ok(list->err);
}

void lie_publish(person *p, tacet_span list) {
  char handle[80];
  tacet_span one;
  (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, p->name);
  fake_account *a = fake_server_account(p->w->s, handle);
  while (tacet_opaque_list_next(&list, &one)) {
    tacet_manifest m;
    assert_ok(tacet_manifest_parse(one, &m));
    if (m.number < a->n_manifests) {
      continue;
    }
    fake_manifest_add(p->w->s, a, one, &m);
  }
}

void lie_learn(person *p, tacet_span list) {
  assert_ok(client_enter(p->c));
  assert_ok(client_chain_take_asked(p->c, list));
}

/* ---- groups ---- */

static tacet_err outbox_empty(client *c, void *what, bool *yes) {
  size_t n;
  (void)what;
  assert_ok(
      client_store_count(c->store, CLIENT_T_OUTBOX, TACET_SPAN_EMPTY, &n));
  *yes = n == 0;
  return TACET_OK;
}

void lie_flush(person *p) {
  client_end end;
  client_work work = {
      .until = outbox_empty, .timeout_ms = 10000, .once = true, .fd = -1};
  assert_ok(client_work_until(p->c, &work, &end));
  client_rest(p->c);
}

void lie_room_of(person *p, const char *to, tacet_room *out) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_talk t;
  tacet_room room;
  assert_ok(client_enter(p->c));
  assert_ok(client_resolve_talk(p->c, to, &mem, &t));
  assert_ok(client_session_load(p->c, t.group, &s));
  assert_ok(client_room_of(p->c, &s, &room));
  /* Nothing in it may point into the session. */
  *out = (tacet_room){.kind = room.kind,
                      .slot_server = TACET_SPAN_LIT(FAKE_DOMAIN)};
  memcpy(out->conversation, room.conversation, sizeof(out->conversation));
}

fake_mailbox *lie_mailbox_of(person *p, const char *to) {
  CLIENT_MEM(mem);
  client_talk t;
  client_group_record r;
  assert_ok(client_enter(p->c));
  assert_ok(client_resolve_talk(p->c, to, &mem, &t));
  assert_ok(client_group_get(p->c, t.group, &mem, &r));
  fake_mailbox *m = fake_mailbox_find(p->w->s, r.mailbox);
  assert_non_null(m);
  return m;
}

static void claim_all(person *p, const uint8_t *talk, const char *const *names,
                      size_t n, client_mem *mem, tacet_span **packages,
                      size_t *n_packages) {
  for (size_t i = 0; i < n; i++) {
    client_person who;
    char handle[80];
    (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, names[i]);
    tacet_err e = client_person_by_handle(p->c, handle, mem, &who);
    if (e == TACET_ERR_NOT_FOUND) {
      e = client_lookup_handle(p->c, handle, mem, &who);
    }
    assert_ok(e);
    assert_ok(client_claims_ensure(p->c, talk, &who));
    assert_ok(
        client_claims_get(p->c, talk, who.account, mem, packages, n_packages));
  }
}

/* p's client takes itself for this device; *as becomes the one that it was. */
static void pose_as(person *p, tacet_identity *as) {
  tacet_identity was = {.manifest = 0};
  client_self *self = &p->c->self;
  memcpy(was.account, self->account, sizeof(was.account));
  memcpy(was.device, self->device, sizeof(was.device));
  memcpy(self->account, as->account, sizeof(was.account));
  memcpy(self->device, as->device, sizeof(was.device));
  *as = was;
}

/* In p's store under an id of its own: another group may have that one. */
static void found(person *p, const person *as, tacet_span id,
                  const tacet_room *room, const char *const *names, size_t n) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_talk t = {.state = CLIENT_TALK_OPEN, .name = "forged", .group = id};
  client_founding f = {.talk = t.id, .id = id, .room = room};
  tacet_span *packages = NULL;
  assert_ok(client_enter(p->c));
  assert_ok(tacet_random(t.id, sizeof(t.id)));
  claim_all(p, t.id, names, n, &mem, &packages, &f.n_packages);
  f.packages = packages;
  assert_ok(client_mailboxes_ensure(p->c, 1));
  {
    CLIENT_TX(tx);
    tacet_identity who = {.manifest = 0};
    memcpy(who.account, as->c->self.account, sizeof(who.account));
    memcpy(who.device, as->c->self.device, sizeof(who.device));
    pose_as(p, &who);
    assert_ok(client_tx_begin(p->c->store, &tx));
    assert_ok(id.len > 0 ? client_talk_save(p->c, &t) : TACET_OK);
    assert_ok(id.len > 0 ? client_group_found(p->c, &f, &s)
                         : client_group_begin(p->c, &t, room, f.packages,
                                              f.n_packages));
    assert_ok(client_tx_commit(&tx));
    pose_as(p, &who);
  }
  lie_flush(p);
}

void lie_group(person *p, const tacet_room *room, const char *const *names,
               size_t n) {
  found(p, p, TACET_SPAN_EMPTY, room, names, n);
}

void lie_group_with_id(person *p, tacet_span id, const tacet_room *room,
                       const char *const *names, size_t n) {
  found(p, p, id, room, names, n);
}

void lie_group_as(person *p, const person *as, const tacet_room *room,
                  const char *const *names, size_t n) {
  found(p, as, TACET_SPAN_EMPTY, room, names, n);
}

/* ---- contents ---- */

void lie_encrypt(person *p, const char *to, tacet_span content) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_talk t;
  assert_ok(client_enter(p->c));
  assert_ok(client_resolve_talk(p->c, to, &mem, &t));
  {
    CLIENT_TX(tx);
    assert_ok(client_tx_begin(p->c->store, &tx));
    assert_ok(client_session_load(p->c, t.group, &s));
    assert_ok(client_outbox_encrypt(p->c, &s, content, TACET_SPAN_EMPTY,
                                    TACET_SPAN_EMPTY));
    assert_ok(client_tx_commit(&tx));
  }
}

void lie_content(person *p, const char *to, tacet_span content) {
  lie_encrypt(p, to, content);
  lie_flush(p);
}

static void post(person *p, const client_parcel *parcel) {
  CLIENT_MEM(mem);
  client_payload payload;
  TACET_BUF(list, 1 << 16);
  TACET_BUF(body, 1 << 20);
  assert_ok(client_payload_get(p->c, parcel, &mem, &payload));
  for (size_t i = 0; i < parcel->n_to; i++) {
    tacet_recipient to;
    memcpy(to.mailbox, parcel->to[i].mailbox, sizeof(to.mailbox));
    memcpy(to.capability, parcel->to[i].capability, sizeof(to.capability));
    tacet_recipient_write(&list, &to);
  }
  tacet_send ask = {.recipients = tacet_buf_span(&list), .item = payload.item};
  tacet_send_write(&body, &ask);
  assert_ok(body.err);
  client_call call = {.half = CLIENT_DELIVERY,
                      .method = "POST",
                      .path = "/v1/send",
                      .body = tacet_buf_span(&body)};
  fake_reply reply = {0};
  fake_delivery(p->w->s, &call, &reply);
  assert_int_equal(reply.status, 200);
  free(reply.body.p);
}

void lie_post_unheard(person *p) {
  CLIENT_MEM(mem);
  client_parcel *list;
  size_t n;
  assert_ok(client_enter(p->c));
  assert_ok(client_parcel_list(p->c, &mem, &list, &n));
  assert_true(n > 0);
  for (size_t i = 0; i < n; i++) {
    post(p, &list[i]);
  }
}
