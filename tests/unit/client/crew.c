/* SPDX-License-Identifier: Apache-2.0
 * The crew. */
#include "tests/unit/client/crew.h"

#include <string.h>

#include "client/commit.h"
#include "client/outbox.h"
#include "client/sync.h"
#include "client/talks.h"
#include "tacet/content/envelope.h"

static const char *const names[CREW_MAX] = {"alice", "bob", "carol", "dave",
                                            "erin"};

void crew_new(world *w, person **p, size_t n) {
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  for (size_t i = 0; i < n; i++) {
    p[i] = person_join(w, names[i]);
    if (i > 0) {
      befriend(p[0], p[i]);
    }
  }
  expect_ok(p[0], client_group_create(p[0]->c, "crew", names + 1, n - 1, &mem,
                                      &id, &queued, &p[0]->err));
  for (size_t i = 1; i < n; i++) {
    gather(p[i]);
    say(p[i], "crew", "here");
  }
  for (size_t i = 0; i < n; i++) {
    gather(p[i]);
  }
}

static client_group show(person *p, client_mem *mem) {
  client_group g;
  expect_ok(p, client_group_show(p->c, "crew", mem, &g, &p->err));
  return g;
}

size_t crew_members(person *p) {
  CLIENT_MEM(mem);
  return show(p, &mem).n_members;
}

uint64_t crew_epoch(person *p) {
  CLIENT_MEM(mem);
  return show(p, &mem).epoch;
}

void crew_open(person *p, client_session *s) {
  CLIENT_MEM(mem);
  client_talk t;
  assert_ok(client_enter(p->c));
  assert_ok(client_resolve_group(p->c, "crew", &mem, &t));
  assert_ok(client_session_load(p->c, t.group, s));
}

uint32_t crew_leaf(person *p, const client_session *s, person *who) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  size_t n;
  assert_ok(client_leaves(p->c, s->mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n; i++) {
    if (memcmp(leaves[i].who.account, who->c->self.account, CLIENT_ID_LEN) ==
        0) {
      return leaves[i].index;
    }
  }
  fail_msg("%s is not in %s's crew", who->name, p->name);
  return 0;
}

void crew_edit(person *p, void (*edit)(tacet_mls_group *g)) {
  CLIENT_SESSION(s);
  CLIENT_TX(tx);
  assert_ok(client_tx_begin(p->c->store, &tx));
  crew_open(p, &s);
  edit(s.mls);
  s.r.tree_saved = 0;
  assert_ok(client_session_save(p->c, &s));
  assert_ok(client_tx_commit(&tx));
}

static tacet_err outbox_empty(client *c, void *what, bool *yes) {
  size_t n;
  (void)what;
  assert_ok(
      client_store_count(c->store, CLIENT_T_OUTBOX, TACET_SPAN_EMPTY, &n));
  *yes = n == 0;
  return TACET_OK;
}

void crew_flush(person *p) {
  client_end end;
  client_work work = {
      .until = outbox_empty, .timeout_ms = 10000, .once = true, .fd = -1};
  assert_ok(client_work_until(p->c, &work, &end));
  client_rest(p->c);
}

void crew_commit(person *p, const struct client_change *ch) {
  CLIENT_SESSION(s);
  CLIENT_TX(tx);
  crew_open(p, &s);
  assert_ok(client_tx_begin(p->c->store, &tx));
  assert_ok(client_commit_make(p->c, &s, ch));
  assert_ok(client_tx_commit(&tx));
  crew_flush(p);
}

void crew_send(person *p, client_session *s, tacet_span message) {
  CLIENT_MEM(mem);
  CLIENT_TX(tx);
  client_epoch e;
  TACET_BUF(item, 1 << 16);
  client_parcel parcel = {.kind = CLIENT_PARCEL_ITEM,
                          .group = s->r.id,
                          .epoch = s->r.epoch,
                          .made_at = client_now(p->c)};
  assert_ok(client_epoch_get(p->c, s->r.id, s->r.epoch, &mem, &e));
  assert_ok(tacet_envelope_seal(tacet_secret_span(&e.envelope),
                                TACET_ENVELOPE_MESSAGE, message, &item));
  assert_ok(client_recipients(p->c, s, false, &mem, &parcel.to, &parcel.n_to));
  assert_ok(client_tx_begin(p->c->store, &tx));
  assert_ok(client_parcel_add(p->c, &parcel, tacet_buf_span(&item),
                              TACET_SPAN_EMPTY));
  assert_ok(client_tx_commit(&tx));
  crew_flush(p);
}

void crew_put(person *p, uint32_t n, tacet_span message) {
  CLIENT_SESSION(s);
  CLIENT_MEM(mem);
  client_epoch e;
  TACET_BUF(plain, 1 << 20);
  TACET_BUF(sealed, 1 << 20);
  tacet_slot_body body = {TACET_SPAN_EMPTY, message};
  crew_open(p, &s);
  assert_ok(client_epoch_get(p->c, s.r.id, s.r.epoch, &mem, &e));
  tacet_slot_body_write(&plain, &body);
  assert_ok(tacet_envelope_seal(tacet_secret_span(&e.envelope),
                                TACET_ENVELOPE_SLOT, tacet_buf_span(&plain),
                                &sealed));
  fake_server *f = p->w->s;
  f->slots = fake_grow(f->slots, &f->n_slots, sizeof(fake_slot));
  fake_slot *slot = &f->slots[f->n_slots - 1];
  memcpy(slot->name, e.slots[n], 32);
  slot->body = fake_copy(tacet_buf_span(&sealed));
}

void crew_talk(person **p, size_t n, const char *tag) {
  char text[64];
  for (size_t i = 0; i < n; i++) {
    (void)snprintf(text, sizeof(text), "%s of %s", tag, p[i]->name);
    say(p[i], "crew", text);
  }
  for (size_t i = 0; i < n; i++) {
    const char *heard = gather(p[i]);
    for (size_t k = 0; k < n; k++) {
      (void)snprintf(text, sizeof(text), "%s of %s\n", tag, p[k]->name);
      const char *at = strstr(heard, text);
      if ((at != NULL) != (i != k) ||
          (at != NULL && strstr(at + 1, text) != NULL)) {
        fail_msg("%s, of '%s': heard\n%s", p[i]->name, text, heard);
      }
    }
  }
}
