/* SPDX-License-Identifier: Apache-2.0
 * Homes and their backups. */
#include "tests/unit/client/attic.h"

#include <stdarg.h>

#include "client/core.h"
#include "client/messages.h"

const char *attic_path(world *w, const char *name) {
  static char paths[4][160];
  static int next;
  char *path = paths[next++ % 4];
  (void)snprintf(path, sizeof(paths[0]), "%s/%s", w->folder, name);
  return path;
}

void attic_cheap(person *p) {
  p->env.pwhash_passes = 1;
  p->env.pwhash_memory = 8;
}

/* ---- homes ---- */

person *attic_twin(world *w, person *p, const char *name) {
  char command[400];
  person *q = &w->people[w->n++];
  client_free(p->c);
  p->c = NULL;
  *q = *p;
  q->env.user = q;
  q->env.transport = &q->maker;
  (void)snprintf(q->name, sizeof(q->name), "%s", name);
  (void)snprintf(q->home, sizeof(q->home), "%s/%s", w->folder, name);
  (void)snprintf(command, sizeof(command), "cp -r %s %s", p->home, q->home);
  assert_int_equal(system(command), 0);
  person_reopen(p);
  person_reopen(q);
  return q;
}

char attic_dumps[4][32768];

static void add(char *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(char *out, const char *format, ...) {
  size_t at = strlen(out);
  va_list ap;
  va_start(ap, format);
  assert_true((size_t)vsnprintf(out + at, sizeof(attic_dumps[0]) - at, format,
                                ap) < sizeof(attic_dumps[0]) - at);
  va_end(ap);
}

static void dump_message(char *out, const client_message *m) {
  add(out, "%s %s %s %s %d%d %llu %llu %llu '%s' re %s %d", m->id,
      m->group == NULL ? "-" : m->group, m->from, m->device, m->own, m->request,
      (unsigned long long)m->sent_at, (unsigned long long)m->received_at,
      (unsigned long long)m->expires_at, m->text,
      m->reply_to == NULL ? "-" : m->reply_to, m->delivery);
  for (size_t i = 0; i < m->n_attachments; i++) {
    const client_attachment *a = &m->attachments[i];
    add(out, " [%s %s %llu]", a->name, a->type, (unsigned long long)a->size);
  }
  add(out, "\n");
}

const char *attic_dump(person *p, const char *talks, char *out) {
  CLIENT_MEM(mem);
  const client_message *list;
  const client_contact *people;
  size_t n;
  char names[200], *at = names, *to;
  (void)snprintf(names, sizeof(names), "%s", talks);
  out[0] = '\0';
  while ((to = strsep(&at, ",")) != NULL) {
    add(out, "== %s\n", to);
    client_kind kind = client_history(p->c, to, 0, &mem, &list, &n, &p->err);
    for (size_t i = 0; kind == CLIENT_OK && i < n; i++) {
      dump_message(out, &list[i]);
    }
  }
  expect_ok(p, client_contacts(p->c, &mem, &people, &n, &p->err));
  for (size_t i = 0; i < n; i++) {
    bool seen = people[i].trust == CLIENT_TRANSPARENT;
    add(out, "%s %s trust %d%s%s devices %zu\n", people[i].handle,
        people[i].account, seen ? CLIENT_UNVERIFIED : people[i].trust,
        people[i].blocked ? " blocked" : "", people[i].deleted ? " gone" : "",
        people[i].n_devices);
  }
  return out;
}

void attic_write(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
  assert_int_equal(fclose(f), 0);
}

person *attic_alice(world *w, person **empty) {
  CLIENT_MEM(mem);
  person *a = person_new(w, "alice"), *b = person_join(w, "bob"),
         *c = person_join(w, "carol"), *d = person_join(w, "dave"),
         *e = person_join(w, "eve");
  char link[TACET_INVITE_LINK_MAX];
  client_registration r;
  const char *id, *who[] = {"bob", "carol"}, *file = attic_path(w, "plan.txt");
  bool queued;
  attic_cheap(a);
  fake_server_invite(w->s, link);
  expect_ok(a, client_register(a->c, "alice", link, "x", &mem, &r, &a->err));
  *empty = attic_twin(w, a, "twin");
  befriend(a, b);
  expect_ok(a, client_verify(a->c, "bob", NULL, &a->err));
  expect_ok(a, client_group_create(a->c, "crew", who, 2, &mem, &id, &queued,
                                   &a->err));
  gather(b);
  say(b, "crew", "from bob");
  gather(c);
  accept(c, "crew");
  say(c, "crew", "from carol");
  hear(a, "from carol");
  befriend(a, d);
  say(d, "alice", "you will regret this");
  hear(a, "you will regret this");
  expect_ok(a, client_block(a->c, "dave", &a->err));
  say(e, "alice", "hello stranger");
  gather(a);
  attic_write(file, "at nine");
  client_outgoing m = {
      .to = "bob", .text = "see", .files = &file, .n_files = 1};
  expect_ok(a, client_send(a->c, &m, &mem, &id, &a->err));
  client_outgoing m2 = {
      .to = "bob", .text = "vanishes", .reply_to = id, .expires_ms = 86400000};
  expect_ok(a, client_send(a->c, &m2, &mem, &id, &a->err));
  say(a, "bob", "last");
  w->s->down = true;
  client_outgoing m3 = {.to = "crew", .text = "waits"};
  expect_ok(a, client_send(a->c, &m3, &mem, &id, &a->err));
  return a;
}

client_backup_counts attic_export(person *p, const char *path) {
  client_backup_counts n;
  expect_ok(p, client_export(p->c, path, ATTIC_PASS, &n, &p->err));
  return n;
}

client_backup_counts attic_import(person *p, const char *path) {
  client_backup_counts n;
  expect_ok(p, client_import(p->c, path, ATTIC_PASS, &n, &p->err));
  return n;
}

void attic_forget(person *p, const char *to, size_t nth) {
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  uint8_t id[32];
  CLIENT_TX(tx);
  expect_ok(p, client_history(p->c, to, 0, &mem, &list, &n, &p->err));
  assert_true(nth < n);
  assert_ok(tacet_hex_read(list[nth].id, 64, id, sizeof(id)));
  assert_ok(client_tx_begin(p->c->store, &tx));
  assert_ok(client_message_delete(p->c, tacet_span_of(id, sizeof(id))));
  assert_ok(client_tx_commit(&tx));
}

/* ---- files ---- */

uint8_t attic_bytes[ATTIC_FILE_MAX];

size_t attic_slurp(const char *path) {
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  size_t n = fread(attic_bytes, 1, sizeof(attic_bytes), f);
  fclose(f);
  return n;
}

void attic_spit(const char *path, size_t len) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_int_equal(fwrite(attic_bytes, 1, len, f), len);
  assert_int_equal(fclose(f), 0);
}
