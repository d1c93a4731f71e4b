/* SPDX-License-Identifier: Apache-2.0
 * A linking with both sides in one process. */
#include "tests/unit/client/scene.h"

#include <stdio.h>

#include "client/jobs.h"
#include "client/linking.h"

/* ---- the old device's turns ---- */

static void look_at_outcome(scene *t) {
  CLIENT_MEM(mem);
  client_job job;
  if (t->job == 0 ||
      client_job_get(t->old->c, t->job, &mem, &job) != TACET_OK || !job.done ||
      job.why == NULL) {
    return;
  }
  t->err.kind = (client_kind)job.kind_of_failure;
  (void)snprintf(t->err.code, sizeof(t->err.code), "%s", job.code);
}

void scene_turn(void *user) {
  scene *t = user;
  person *p = t->old;
  CLIENT_MEM(mem);
  client_event e;
  client_wait wait = {.timeout_ms = 0, .fd = -1};
  if (!t->begun && t->code[0] != '\0') {
    tacet_err err = client_enter(p->c);
    if (err == TACET_OK) {
      err = client_offer_begin(p->c, tacet_span_str(t->code), t->history,
                               &t->job);
    }
    t->kind = client_report(&p->c->detail, err, &t->err);
    t->begun = t->kind != CLIENT_FAILED;
  }
  if (client_next_event(p->c, &wait, &mem, &e, &p->err) == CLIENT_FAILED &&
      p->die_at == 0) {
    person_reopen(p);
  }
  look_at_outcome(t);
}

static void show(void *user, const char *code) {
  scene *t = user;
  assert_int_equal(strlen(code), TACET_LINKING_TEXT_LEN);
  (void)snprintf(t->code, sizeof(t->code), "%s", code);
}

client_kind scene_link(scene *t) {
  CLIENT_MEM(mem);
  client_registration r;
  return client_link(t->fresh->c, "https://example.org", "phone", show, t, &mem,
                     &r, &t->fresh->err);
}

void scene_set(scene *t, world *w, bool with_bob) {
  *t = (scene){.w = w};
  t->old = person_join(w, "alice");
  if (with_bob) {
    t->bob = person_join(w, "bob");
    befriend(t->old, t->bob);
  }
  t->fresh = person_new(w, "phone");
  w->s->meanwhile = scene_turn;
  w->s->meanwhile_user = t;
}

size_t scene_devices(person *p) {
  CLIENT_MEM(mem);
  const client_device *list;
  size_t n;
  expect_ok(p, client_devices(p->c, &mem, &list, &n, &p->err));
  return n;
}

void scene_check(scene *t, const char *tag) {
  char one[64], two[64];
  person *all[] = {t->old, t->fresh, t->bob};
  t->w->s->meanwhile = NULL;
  (void)snprintf(one, sizeof(one), "one %s", tag);
  (void)snprintf(two, sizeof(two), "two %s", tag);
  fleet_settle(all, 3, 10);
  t->w->s->now += 3700000; /* should "ready" have been lost */
  fleet_settle(all, 3, 30);
  say(t->fresh, "bob", one);
  say(t->bob, "alice", two);
  fleet_settle(all, 3, 6);
  assert_true(fleet_heard_once(t->bob, one));
  assert_true(fleet_heard_once(t->old, one));
  assert_true(fleet_heard_once(t->old, two));
  assert_true(fleet_heard_once(t->fresh, two));
  assert_int_equal(scene_devices(t->old), 2);
  assert_int_equal(scene_devices(t->fresh), 2);
}
