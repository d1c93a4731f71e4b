/* SPDX-License-Identifier: Apache-2.0
 * Several devices of one person. */
#include "tests/unit/client/fleet.h"

#include <stdio.h>

#include "client/account.h"
#include "client/chain.h"
#include "client/lookup.h"
#include "client/reconcile.h"
#include "client/sync.h"

static client_self self_of(client *old, client *fresh, const char *name) {
  client_self self = {.stage = CLIENT_STAGE_ACCOUNT,
                      .handle = old->self.handle,
                      .domain = old->self.domain,
                      .device_name = name};
  (void)fresh;
  memcpy(self.account, old->self.account, sizeof(self.account));
  memcpy(self.recovery_public, old->self.recovery_public, 32);
  assert_ok(tacet_random(self.device, sizeof(self.device)));
  assert_ok(tacet_sig_ed25519.generate(&self.device_key, self.device_public));
  return self;
}

static void insert(tacet_manifest *m, const client_self *self) {
  size_t i = m->n_devices++;
  for (; i > 0 && memcmp(m->devices[i - 1].id, self->device, 16) > 0; i--) {
    m->devices[i] = m->devices[i - 1];
  }
  memcpy(m->devices[i].id, self->device, 16);
  memcpy(m->devices[i].key, self->device_public, 32);
}

static void put(fake_server *s, const uint8_t account[32], tacet_span bytes,
                const tacet_manifest *m) {
  for (size_t i = 0; i < s->n_accounts; i++) {
    fake_account *a = &s->accounts[i];
    if (memcmp(a->id, account, 32) == 0) {
      fake_manifest_add(s, a, bytes, m);
    }
  }
}

static void keep_all(client *old, client *fresh) {
  TACET_BUF(list, 1 << 16);
  tacet_span all, one;
  assert_ok(client_chain_write(old, client_id_span(old->self.account), &list));
  all = tacet_buf_span(&list);
  while (tacet_opaque_list_next(&all, &one)) {
    assert_ok(client_chain_keep_own(fresh, one));
  }
}

person *fleet_add(person *old, const char *name) {
  CLIENT_MEM(mem);
  person *p = person_new(old->w, name);
  client_server_record server;
  tacet_manifest last, next;
  TACET_BUF(bytes, TACET_MANIFEST_MAX);
  assert_ok(client_self_load(old->c));
  assert_ok(client_get(old->c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       client_server_fields, &server, sizeof(server), &mem));
  assert_ok(
      client_chain_newest(old->c, client_id_span(old->c->self.account), &last));
  client_self self = self_of(old->c, p->c, name);
  next = last;
  insert(&next, &self);
  tacet_manifest_signer signer = {.private_key = &old->c->self.device_key};
  memcpy(signer.device_id, old->c->self.device, 16);
  const tacet_secret *keys[] = {&self.device_key};
  assert_ok(tacet_manifest_sign(&next, &last, &signer, keys, 1, &bytes));
  put(old->w->s, self.account, tacet_buf_span(&bytes), &next);
  CLIENT_TX(tx);
  assert_ok(client_tx_begin(p->c->store, &tx));
  assert_ok(client_put(p->c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       TACET_SPAN_EMPTY, 0, client_server_fields, &server));
  assert_ok(client_self_save(p->c, &self));
  assert_ok(client_self_load(p->c));
  keep_all(old->c, p->c);
  assert_ok(client_chain_keep_own(p->c, tacet_buf_span(&bytes)));
  assert_ok(client_tx_commit(&tx));
  assert_ok(client_account_publish(p->c));
  return p;
}

void fleet_drop(person *signer_of, const person *drop) {
  client *c = signer_of->c;
  tacet_manifest last, next;
  TACET_BUF(bytes, TACET_MANIFEST_MAX);
  assert_ok(client_chain_newest(c, client_id_span(c->self.account), &last));
  next = last;
  next.n_devices = 0;
  for (size_t i = 0; i < last.n_devices; i++) {
    if (memcmp(last.devices[i].id, drop->c->self.device, 16) != 0) {
      next.devices[next.n_devices++] = last.devices[i];
    }
  }
  tacet_manifest_signer signer = {.private_key = &c->self.device_key};
  memcpy(signer.device_id, c->self.device, 16);
  assert_ok(tacet_manifest_sign(&next, &last, &signer, NULL, 0, &bytes));
  put(signer_of->w->s, c->self.account, tacet_buf_span(&bytes), &next);
  fleet_look(signer_of);
}

void fleet_look(person *p) {
  CLIENT_MEM(mem);
  client_person self;
  assert_ok(client_self_load(p->c));
  assert_ok(client_lookup_account(p->c, client_id_span(p->c->self.account),
                                  &mem, &self));
}

/* ---- what was shown ---- */

static struct {
  const person *p;
  char text[64];
} shown[4096];
static size_t n_shown;

void fleet_forget(void) {
  n_shown = 0;
}

static void note(const person *p, const char *text) {
  assert_true(n_shown < sizeof(shown) / sizeof(shown[0]));
  shown[n_shown].p = p;
  (void)snprintf(shown[n_shown].text, sizeof(shown[0].text), "%s", text);
  n_shown++;
}

bool fleet_heard_once(const person *p, const char *text) {
  size_t n = 0;
  for (size_t i = 0; i < n_shown; i++) {
    n += shown[i].p == p && strcmp(shown[i].text, text) == 0;
  }
  return n == 1;
}

static void listen(person *p) {
  for (;;) {
    CLIENT_MEM(mem);
    client_event e;
    client_wait wait = {.timeout_ms = 0, .fd = -1};
    client_kind kind = client_next_event(p->c, &wait, &mem, &e, &p->err);
    if (kind == CLIENT_REFUSED) { /* removed */
      return;
    }
    check_failure(p, kind, CLIENT_OK, NULL, "client_next_event", __FILE__,
                  __LINE__);
    if (e.type == CLIENT_EVENT_NONE) {
      return;
    }
    if (e.type == CLIENT_EVENT_MESSAGE) {
      note(p, e.u.message.text);
    }
    if (e.type == CLIENT_EVENT_WARNING) {
      note(p, e.u.warning.code);
      if (getenv("SHOW") != NULL) {
        print_message("%s: %s\n", p->name, e.u.warning.text);
      }
    }
    expect_ok(p, client_event_done(p->c, e.id, &p->err));
  }
}

void fleet_settle(person **p, size_t n, int turns) {
  for (int turn = 0; turn < turns; turn++) {
    for (size_t i = 0; i < n; i++) {
      listen(p[i]);
    }
    p[0]->w->s->now += 5000;
  }
}
