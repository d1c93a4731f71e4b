/* SPDX-License-Identifier: Apache-2.0
 * Backups: what goes out comes in again, once, in order; what is damaged, of
 * somebody else, or broken off by death changes nothing.
 */
#include "tests/unit/client/people.h"

#include <string.h>
#include <unistd.h>

#include "client/core.h"
#include "client/messages.h"
#include "tacet/content/attachment.h"
#include "tacet/content/backup.h"
#include "tacet/crypto/pwhash.h"

#define PASS TACET_SPAN_LIT("a phrase for the file")
#define FILE_MAX ((size_t)4 << 20)

static const char *path_in(world *w, const char *name) {
  static char paths[4][160];
  static int next;
  char *path = paths[next++ % 4];
  (void)snprintf(path, sizeof(paths[0]), "%s/%s", w->folder, name);
  return path;
}

static void cheap(person *p) {
  p->env.pwhash_passes = 1;
  p->env.pwhash_memory = 8;
}

/* ---- homes ---- */

/* The home as it is now, under another name: the same account on a machine
 * that knows nothing yet. It never talks to the server. */
static person *twin(world *w, person *p, const char *name) {
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

static char dumps[4][32768];

static void add(char *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(char *out, const char *format, ...) {
  size_t at = strlen(out);
  va_list ap;
  va_start(ap, format);
  assert_true((size_t)vsnprintf(out + at, sizeof(dumps[0]) - at, format, ap) <
              sizeof(dumps[0]) - at);
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

/* History of these conversations, and all contacts. What the key log showed of
 * them is no matter of a backup: a device sees that for itself. */
static const char *dump(person *p, const char *talks, char *out) {
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

#define TALKS "bob,dave,crew"

static void write_file(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
  assert_int_equal(fclose(f), 0);
}

/* alice knows bob, whom she verified, and carol from a group; dave is blocked,
 * eve waits. */
static person *busy_alice(world *w, person **empty) {
  CLIENT_MEM(mem);
  person *a = person_new(w, "alice"), *b = person_join(w, "bob"),
         *c = person_join(w, "carol"), *d = person_join(w, "dave"),
         *e = person_join(w, "eve");
  char link[TACET_INVITE_LINK_MAX];
  client_registration r;
  const char *id, *who[] = {"bob", "carol"}, *file = path_in(w, "plan.txt");
  bool queued;
  cheap(a);
  fake_server_invite(w->s, link);
  expect_ok(a, client_register(a->c, "alice", link, "x", &mem, &r, &a->err));
  *empty = twin(w, a, "twin");
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
  write_file(file, "at nine");
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

static client_backup_counts export_to(person *p, const char *path) {
  client_backup_counts n;
  expect_ok(p, client_export(p->c, path, PASS, &n, &p->err));
  return n;
}

static client_backup_counts import_from(person *p, const char *path) {
  client_backup_counts n;
  expect_ok(p, client_import(p->c, path, PASS, &n, &p->err));
  return n;
}

/* ---- the same again ---- */

static void test_round_trip(void **state) {
  world *w = *state;
  person *q, *p = busy_alice(w, &q);
  const char *path = path_in(w, "backup");
  client_backup_counts out = export_to(p, path), in = import_from(q, path);
  assert_true(out.messages > 8);
  assert_int_equal(out.messages, in.messages);
  assert_int_equal(out.conversations, 3);
  assert_int_equal(in.conversations, 3);
  assert_int_equal(out.people, 2); /* bob, and dave, blocked */
  assert_int_equal(in.people, 2);
  assert_int_equal(in.known, 0);
  const char *was = dump(p, TALKS, dumps[0]);
  assert_string_equal(was, dump(q, TALKS, dumps[1]));
  assert_non_null(strstr(was, "[plan.txt text/plain 7]"));
  assert_non_null(strstr(was, " blocked"));
  /* What it does once it does once. */
  in = import_from(q, path);
  assert_int_equal(in.messages + in.conversations + in.people, 0);
  assert_int_equal(in.known, out.messages);
  assert_string_equal(was, dump(q, TALKS, dumps[1]));
  in = import_from(p, path); /* where it came from */
  assert_int_equal(in.messages + in.conversations + in.people, 0);
  assert_string_equal(was, dump(p, TALKS, dumps[1]));
  /* And again from there. */
  const char *second = path_in(w, "backup2");
  export_to(q, second);
  person_reopen(q);
  assert_string_equal(was, dump(q, TALKS, dumps[1]));
}

/* What was never sent is not sent from a copy either. */
static void test_unsent_stays_unsent(void **state) {
  world *w = *state;
  person *q, *p = busy_alice(w, &q);
  const char *path = path_in(w, "backup");
  export_to(p, path);
  import_from(q, path);
  CLIENT_MEM(mem);
  client_status s;
  expect_ok(q, client_status_get(q->c, &mem, &s, &q->err));
  assert_int_equal(s.n_queued, 0);
  assert_int_equal(s.n_verified, 1);
  assert_int_equal(s.n_events, 0);
  assert_int_equal(s.n_requests, 0);
}

/* ---- into a home that has some of it ---- */

static void forget(person *p, const char *to, size_t nth) {
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

static void test_gaps_are_filled_in_order(void **state) {
  world *w = *state;
  person *b = person_join(w, "bob"), *a = person_join(w, "alice");
  const char *path = path_in(w, "backup");
  cheap(a);
  befriend(a, b);
  for (int i = 0; i < 10; i++) {
    char text[16];
    w->s->now += 1000;
    (void)snprintf(text, sizeof(text), "%d", i);
    say(i % 2 == 0 ? a : b, i % 2 == 0 ? "bob" : "alice", text);
    gather(a);
    gather(b);
  }
  export_to(a, path);
  const char *was = dump(a, "bob", dumps[0]);
  static const size_t holes[] = {0, 5, 5, 8, 0};
  for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
    forget(a, "bob", holes[i]);
  }
  assert_string_not_equal(was, dump(a, "bob", dumps[1]));
  client_backup_counts in = import_from(a, path);
  assert_int_equal(in.messages, 5);
  assert_string_equal(was, dump(a, "bob", dumps[1]));
  /* The conversation goes on where it was. */
  say(b, "alice", "still there?");
  hear(a, "still there?");
  say(a, "bob", "yes");
  hear(b, "yes");
}

static void test_expired_stays_away(void **state) {
  world *w = *state;
  person *q, *p = busy_alice(w, &q);
  const char *path = path_in(w, "backup");
  export_to(p, path);
  w->s->now += 2 * 86400000;
  import_from(q, path);
  assert_null(strstr(dump(q, "bob", dumps[0]), "vanishes"));
  assert_non_null(strstr(dumps[0], "last"));
}

/* What the home decided itself is newer than the backup. */
static void test_own_decisions_stay(void **state) {
  world *w = *state;
  person *b = person_join(w, "bob"), *a = person_join(w, "alice");
  const char *path = path_in(w, "backup");
  bool queued;
  cheap(a);
  befriend(a, b);
  expect_ok(a, client_block(a->c, "bob", &a->err));
  export_to(a, path);
  expect_ok(a, client_unblock(a->c, "bob", &queued, &a->err));
  assert_false(queued);
  import_from(a, path);
  assert_null(strstr(dump(a, "bob", dumps[0]), " blocked"));
  say(b, "alice", "hear me");
  hear(a, "hear me");
  export_to(a, path);
  expect_ok(a, client_block(a->c, "bob", &a->err));
  import_from(a, path);
  assert_non_null(strstr(dump(a, "bob", dumps[0]), " blocked"));
}

/* ---- refused ---- */

static uint8_t bytes[FILE_MAX];

static size_t slurp(const char *path) {
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  size_t n = fread(bytes, 1, sizeof(bytes), f);
  fclose(f);
  return n;
}

static void spit(const char *path, size_t len) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, len, f), len);
  assert_int_equal(fclose(f), 0);
}

static void refused(person *q, const char *path, client_kind kind,
                    const char *code) {
  client_backup_counts n;
  expect_failure(q, client_import(q->c, path, PASS, &n, &q->err), kind, code);
  assert_string_equal(dump(q, TALKS, dumps[3]), "== bob\n== dave\n== crew\n");
}

static void test_damage(void **state) {
  world *w = *state;
  person *q, *p = busy_alice(w, &q);
  char good[160], bad[160];
  client_backup_counts n;
  (void)snprintf(good, sizeof(good), "%s", path_in(w, "backup"));
  (void)snprintf(bad, sizeof(bad), "%s", path_in(w, "bad"));
  export_to(p, good);
  size_t len = slurp(good);
  person *carol = &w->people[2];
  assert_string_equal(carol->name, "carol");
  expect_failure(carol, client_import(carol->c, good, PASS, &n, &carol->err),
                 CLIENT_REFUSED, "other-account");
  refused(q, path_in(w, "nothing"), CLIENT_USAGE, "no-such-file");
  refused(q, q->home, CLIENT_FAILED, "unreadable-file");
  expect_failure(
      q, client_import(q->c, good, TACET_SPAN_LIT("another"), &n, &q->err),
      CLIENT_FAILED, "wrong-passphrase");
  for (size_t cut = 0; cut < len; cut += cut < 80 ? 1 : len / 40) {
    spit(bad, cut);
    refused(q, bad, cut < TACET_BACKUP_HEAD_LEN ? CLIENT_USAGE : CLIENT_FAILED,
            NULL);
  }
  bytes[len] = 0;
  spit(bad, len + 1);
  refused(q, bad, CLIENT_FAILED, NULL);
  for (size_t at = 0; at < len; at += at < 60 ? 1 : len / 40) {
    if (at == 18) {
      continue; /* a gibibyte for the passphrase: allowed, and slow */
    }
    bytes[at] ^= 0x10;
    spit(bad, len);
    expect_failure(q, client_import(q->c, bad, PASS, &n, &q->err),
                   at < 12 ? CLIENT_USAGE : CLIENT_FAILED, NULL);
    bytes[at] ^= 0x10;
  }
  assert_string_equal(dump(q, TALKS, dumps[3]), "== bob\n== dave\n== crew\n");
  spit(bad, len);
  import_from(q, bad);
}

/* ---- forged: whoever knows the passphrase writes one ---- */

typedef enum forgery {
  HONEST,
  OTHER_KEY,    /* signed by no device of the account */
  OTHER_RECORD, /* changed after it was signed */
  COUNTS,
  NO_OWNER,
  TWO_OWNERS,
  SELF_AS_PERSON,
  WRONG_PAIR,
  NO_PEER,
  NOT_OWN,
  NO_END,
  PADDING,
  BEHIND_END,
  FORGERIES
} forgery;

typedef struct forger {
  forgery what;
  tacet_buf w;
  uint8_t h[32];
} forger;

static void put(forger *f, tacet_backup_type type, tacet_backup_record *r) {
  size_t at = f->w.len;
  r->type = type;
  tacet_backup_record_write(&f->w, r);
  assert_ok(f->w.err);
  assert_ok(tacet_backup_hash(f->h, tacet_span_of(f->w.p + at, f->w.len - at)));
}

static void put_owner(forger *f, person *p) {
  tacet_backup_record r = {.u.owner = {.handle = TACET_SPAN_LIT("a@b")}};
  memcpy(r.u.owner.account, p->c->self.account, 32);
  put(f, TACET_BACKUP_OWNER, &r);
}

static void put_bob(forger *f, person *p) {
  const fake_account *b = fake_server_account(
      p->w->s,
      f->what == SELF_AS_PERSON ? "alice@" FAKE_DOMAIN : "bob@" FAKE_DOMAIN);
  TACET_BUF(list, 10000);
  tacet_opaque_list_add(&list,
                        tacet_span_of(b->manifests[0].p, b->manifests[0].len));
  tacet_backup_record r = {
      .u.person = {.flags = TACET_BACKUP_ACCEPTED | TACET_BACKUP_NAMED,
                   .manifests = tacet_buf_span(&list)}};
  memcpy(r.u.person.account, b->id, 32);
  put(f, TACET_BACKUP_PERSON, &r);
}

static void put_talk(forger *f, person *p) {
  const fake_account *b = fake_server_account(p->w->s, "bob@" FAKE_DOMAIN);
  tacet_backup_record r = {.u.talk = {.state = TACET_BACKUP_OPEN}}, m = {0};
  memcpy(r.u.talk.peer, b->id, 32);
  r.u.talk.peer[0] ^= (uint8_t)(f->what == NO_PEER);
  assert_ok(client_pair_id(tacet_span_of(p->c->self.account, 32),
                           tacet_span_of(r.u.talk.peer, 32), r.u.talk.id));
  r.u.talk.id[0] ^= (uint8_t)(f->what == WRONG_PAIR);
  put(f, TACET_BACKUP_TALK, &r);
  m.u.message.flags = f->what == NOT_OWN ? TACET_BACKUP_OWN : 0;
  memcpy(m.u.message.account, b->id, 32);
  m.u.message.text = TACET_SPAN_LIT("I owe you a thousand");
  put(f, TACET_BACKUP_MESSAGE, &m);
}

static void put_end(forger *f, person *p) {
  TACET_SECRET(key);
  uint8_t public_key[32];
  tacet_backup_end end = {
      .n_people = 1, .n_talks = 1, .n_messages = f->what == COUNTS ? 2 : 1};
  memcpy(end.device, p->c->self.device, sizeof(end.device));
  if (f->what == OTHER_KEY) {
    assert_ok(tacet_sig_ed25519.generate(&key, public_key));
  } else {
    assert_ok(
        tacet_secret_set(&key, tacet_secret_span(&p->c->self.device_key)));
  }
  f->h[0] ^= (uint8_t)(f->what == OTHER_RECORD);
  assert_ok(tacet_backup_sign(&end, f->h, &key));
  tacet_backup_record r = {.type = TACET_BACKUP_END, .u.end = end};
  tacet_backup_record_write(&f->w, &r);
  assert_ok(f->w.err);
}

static void forge(forgery what, person *p, const char *path) {
  tacet_backup_head head = {.passes = 1, .memory = 8};
  tacet_backup_stream s;
  TACET_SECRET(key);
  forger f = {.what = what, .w = {.max = 60000}};
  if (what != NO_OWNER) {
    put_owner(&f, p);
  }
  put_bob(&f, p);
  if (what == TWO_OWNERS) {
    put_owner(&f, p);
  }
  put_talk(&f, p);
  if (what != NO_END) {
    put_end(&f, p);
  }
  tacet_write_zeros(&f.w, (size_t)tacet_padme(f.w.len) - f.w.len);
  if (what == PADDING) {
    tacet_write_zeros(&f.w, 1);
  } else if (what == BEHIND_END) {
    put_owner(&f, p);
  }
  assert_ok(f.w.err);
  assert_ok(tacet_pwhash(PASS, tacet_span_of(head.salt, 16), 1, 8, &key));
  assert_ok(tacet_backup_stream_start(&head, &key, &s));
  memcpy(bytes, s.head, sizeof(s.head));
  assert_ok(tacet_backup_seal(&s, tacet_buf_span(&f.w), true,
                              bytes + sizeof(s.head)));
  spit(path, sizeof(s.head) + f.w.len + 16);
  tacet_backup_stream_wipe(&s);
  tacet_buf_free(&f.w);
}

static void test_forged(void **state) {
  world *w = *state;
  person *a = person_join(w, "alice");
  (void)person_join(w, "bob");
  const char *path = path_in(w, "forged");
  for (int what = HONEST + 1; what < FORGERIES; what++) {
    bool keys = what == OTHER_KEY || what == OTHER_RECORD;
    forge((forgery)what, a, path);
    refused(a, path, keys ? CLIENT_KEYS : CLIENT_FAILED,
            keys ? "not-yours" : "damaged");
  }
  forge(HONEST, a, path);
  assert_int_equal(import_from(a, path).messages, 1);
  assert_non_null(strstr(dump(a, "bob", dumps[0]), "a thousand"));
}

/* ---- death ---- */

typedef struct deaths {
  world *w;
  person *p, *q;
  char path[160], was[32768];
} deaths;

static bool import_once(void *ctx, int n) {
  deaths *d = ctx;
  client_backup_counts counts;
  client_kind kind = client_import(d->q->c, d->path, PASS, &counts, &d->q->err);
  d->q->die_at = 0;
  person_reopen(d->q);
  const char *is = dump(d->q, TALKS, dumps[3]);
  bool old = strcmp(is, "== bob\n== dave\n== crew\n") == 0;
  if (!old && strcmp(is, d->was) != 0) {
    fail_msg("step %d: neither old nor new:\n%s", n, is);
  }
  return kind == CLIENT_OK;
}

static void test_death(void **state) {
  static deaths d;
  d.w = *state;
  d.p = busy_alice(d.w, &d.q);
  (void)snprintf(d.path, sizeof(d.path), "%s", path_in(d.w, "backup"));
  export_to(d.p, d.path);
  (void)snprintf(d.was, sizeof(d.was), "%s", dump(d.p, TALKS, dumps[0]));
  at_each_step(d.q, import_once, &d);
  import_from(d.q, d.path);
  assert_string_equal(d.was, dump(d.q, TALKS, dumps[1]));
}

/* The file that is there stays until the new one is whole. */
static void test_export_replaces_whole(void **state) {
  world *w = *state;
  person *a = person_join(w, "alice");
  client_backup_counts n;
  char path[160], part[170];
  cheap(a);
  (void)snprintf(path, sizeof(path), "%s", path_in(w, "backup"));
  (void)snprintf(part, sizeof(part), "%s.part", path);
  write_file(path, "what was there");
  client_interrupt(a->c);
  expect_failure(a, client_export(a->c, path, PASS, &n, &a->err), CLIENT_FAILED,
                 "interrupted");
  assert_int_equal(slurp(path), strlen("what was there"));
  assert_int_not_equal(access(part, F_OK), 0);
  write_file(part, "left by one that was killed, and longer than what follows");
  export_to(a, path);
  import_from(a, path);
  assert_int_not_equal(access(part, F_OK), 0);
  expect_failure(a, client_export(a->c, w->folder, PASS, &n, &a->err),
                 CLIENT_USAGE, "is-folder");
  expect_failure(a, client_export(a->c, path, TACET_SPAN_EMPTY, &n, &a->err),
                 CLIENT_USAGE, "passphrase-needed");
}

/* Many chunks, and a size that ends on one. */
static void test_large(void **state) {
  world *w = *state;
  person *b = person_join(w, "bob"), *a = person_join(w, "alice");
  const char *path = path_in(w, "backup");
  static char text[30001];
  cheap(a);
  befriend(a, b);
  w->s->down = true;
  for (int i = 0; i < 20; i++) {
    CLIENT_MEM(mem);
    const char *id;
    memset(text, 'a' + i, sizeof(text) - 1);
    client_outgoing m = {.to = "bob", .text = text};
    expect_ok(a, client_send(a->c, &m, &mem, &id, &a->err));
  }
  client_backup_counts out = export_to(a, path);
  assert_true(slurp(path) > 9 * TACET_BACKUP_CHUNK);
  for (int i = 0; i < 5; i++) {
    forget(a, "bob", 3);
  }
  client_backup_counts in = import_from(a, path);
  assert_int_equal(in.messages, 5);
  assert_int_equal(in.known + 5, out.messages);
}

/* ---- recovered, then imported ---- */

/* Lost, recovered with the words, a backup taken in: nobody does anything, and
 * within some hours everything goes on, the group too. */
static void test_recovered(void **state) {
  world *w = *state;
  CLIENT_MEM(mem);
  person *q, *p = busy_alice(w, &q), *bob = &w->people[1],
             *carol = &w->people[2];
  const char *path = path_in(w, "backup"), *words;
  char link[TACET_INVITE_LINK_MAX];
  client_recovered r;
  client_status s;
  w->s->down = false;
  expect_ok(p, client_recovery_words(p->c, &mem, &words, &p->err));
  export_to(p, path);
  const char *was = dump(p, TALKS, dumps[0]);
  client_free(p->c); /* the sea has it */
  p->c = NULL;
  person *n = person_new(w, "alice-again");
  cheap(n);
  fake_server_invite(w->s, link);
  client_recovering in = {.name = "alice", .words = words, .invite = link};
  expect_ok(n, client_recover(n->c, &in, &mem, &r, &n->err));
  import_from(n, path);
  assert_string_equal(was, dump(n, TALKS, dumps[1]));
  CLIENT_MEM(more);
  const char *id;
  client_outgoing m = {.to = "crew", .text = "can you hear me?"};
  expect_ok(n, client_send(n->c, &m, &more, &id, &n->err)); /* waits */
  size_t by_bob = 0, by_carol = 0;
  for (int i = 0; i < 40; i++) {
    w->s->now += 5 * 60000;
    (void)gather(n);
    by_bob += heard(gather(bob), "can you hear me?");
    by_carol += heard(gather(carol), "can you hear me?");
  }
  assert_int_equal(by_bob, 1);
  assert_int_equal(by_carol, 1);
  expect_ok(n, client_status_get(n->c, &more, &s, &n->err));
  assert_int_equal(s.n_requests, 0); /* nobody was asked anything */
  say(carol, "crew", "loud and clear");
  assert_int_equal(heard(gather(n), "loud and clear"), 1);
  say(bob, "alice", "good to have you back");
  assert_int_equal(heard(gather(n), "good to have you back"), 1);
  say(n, "bob", "thanks");
  assert_int_equal(heard(gather(bob), "thanks"), 1);
  const char *is = dump(n, "bob", dumps[2]);
  assert_non_null(strstr(is, "good to have you back"));
  assert_non_null(strstr(is, "hello back")); /* and what was */
}

/* The device was taken in as a stranger before the backup came: then it is none
 * any more. */
static void test_imported_late(void **state) {
  world *w = *state;
  CLIENT_MEM(mem);
  person *q, *p = busy_alice(w, &q), *bob = &w->people[1];
  const char *path = path_in(w, "backup"), *words;
  char link[TACET_INVITE_LINK_MAX];
  client_recovered r;
  client_status s = {.n_requests = 0};
  w->s->down = false;
  expect_ok(p, client_recovery_words(p->c, &mem, &words, &p->err));
  export_to(p, path);
  client_free(p->c);
  p->c = NULL;
  person *n = person_new(w, "alice-again");
  cheap(n);
  fake_server_invite(w->s, link);
  client_recovering in = {.name = "alice", .words = words, .invite = link};
  expect_ok(n, client_recover(n->c, &in, &mem, &r, &n->err));
  for (int i = 0; i < 200 && s.n_requests < 2; i++) {
    w->s->now += 6 * 3600000;
    gather(bob);
    gather(n);
    expect_ok(n, client_status_get(n->c, &mem, &s, &n->err));
  }
  assert_int_equal(s.n_requests, 2); /* bob, and the group */
  import_from(n, path);
  expect_ok(n, client_status_get(n->c, &mem, &s, &n->err));
  assert_int_equal(s.n_requests, 0);
  assert_int_equal(s.n_verified, 1);
  say(n, "bob", "I know you");
  assert_int_equal(heard(gather(bob), "I know you"), 1);
  say(bob, "crew", "all here");
  assert_int_equal(heard(gather(n), "all here"), 1);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_round_trip),
      TEST(test_unsent_stays_unsent),
      TEST(test_gaps_are_filled_in_order),
      TEST(test_expired_stays_away),
      TEST(test_own_decisions_stay),
      TEST(test_damage),
      TEST(test_forged),
      TEST(test_death),
      TEST(test_export_replaces_whole),
      TEST(test_large),
      TEST(test_recovered),
      TEST(test_imported_late),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
