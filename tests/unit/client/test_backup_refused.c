/* SPDX-License-Identifier: Apache-2.0
 * Backups that are damaged, of somebody else, forged, or broken off by death:
 * they change nothing.
 */
#include "tests/unit/client/attic.h"

#include "client/core.h"
#include "tacet/content/attachment.h"
#include "tacet/content/backup.h"
#include "tacet/crypto/pwhash.h"

/* ---- damaged ---- */

static void refused(person *q, const char *path, client_kind kind,
                    const char *code) {
  client_backup_counts n;
  expect_failure(q, client_import(q->c, path, ATTIC_PASS, &n, &q->err), kind,
                 code);
  assert_string_equal(attic_dump(q, ATTIC_TALKS, attic_dumps[3]),
                      "== bob\n== dave\n== crew\n");
}

static void test_damage(void **state) {
  world *w = *state;
  person *q, *p = attic_alice(w, &q);
  char good[160], bad[160];
  client_backup_counts n;
  (void)snprintf(good, sizeof(good), "%s", attic_path(w, "backup"));
  (void)snprintf(bad, sizeof(bad), "%s", attic_path(w, "bad"));
  attic_export(p, good);
  size_t len = attic_slurp(good);
  person *carol = &w->people[2];
  assert_string_equal(carol->name, "carol");
  expect_failure(carol,
                 client_import(carol->c, good, ATTIC_PASS, &n, &carol->err),
                 CLIENT_REFUSED, "other-account");
  refused(q, attic_path(w, "nothing"), CLIENT_USAGE, "no-such-file");
  refused(q, q->home, CLIENT_FAILED, "unreadable-file");
  expect_failure(
      q, client_import(q->c, good, TACET_SPAN_LIT("another"), &n, &q->err),
      CLIENT_FAILED, "wrong-passphrase");
  for (size_t cut = 0; cut < len; cut += cut < 80 ? 1 : len / 40) {
    attic_spit(bad, cut);
    refused(q, bad, cut < TACET_BACKUP_HEAD_LEN ? CLIENT_USAGE : CLIENT_FAILED,
            NULL);
  }
  attic_bytes[len] = 0;
  attic_spit(bad, len + 1);
  refused(q, bad, CLIENT_FAILED, NULL);
  for (size_t at = 0; at < len; at += at < 60 ? 1 : len / 40) {
    if (at == 18) {
      continue; /* a gibibyte for the passphrase: allowed, and slow */
    }
    attic_bytes[at] ^= 0x10;
    attic_spit(bad, len);
    expect_failure(q, client_import(q->c, bad, ATTIC_PASS, &n, &q->err),
                   at < 12 ? CLIENT_USAGE : CLIENT_FAILED, NULL);
    attic_bytes[at] ^= 0x10;
  }
  assert_string_equal(attic_dump(q, ATTIC_TALKS, attic_dumps[3]),
                      "== bob\n== dave\n== crew\n");
  attic_spit(bad, len);
  attic_import(q, bad);
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
  assert_ok(tacet_pwhash(ATTIC_PASS, tacet_span_of(head.salt, 16), 1, 8, &key));
  assert_ok(tacet_backup_stream_start(&head, &key, &s));
  memcpy(attic_bytes, s.head, sizeof(s.head));
  assert_ok(tacet_backup_seal(&s, tacet_buf_span(&f.w), true,
                              attic_bytes + sizeof(s.head)));
  attic_spit(path, sizeof(s.head) + f.w.len + 16);
  tacet_backup_stream_wipe(&s);
  tacet_buf_free(&f.w);
}

static void test_forged(void **state) {
  world *w = *state;
  person *a = person_join(w, "alice");
  (void)person_join(w, "bob");
  const char *path = attic_path(w, "forged");
  for (int what = HONEST + 1; what < FORGERIES; what++) {
    bool keys = what == OTHER_KEY || what == OTHER_RECORD;
    forge((forgery)what, a, path);
    refused(a, path, keys ? CLIENT_KEYS : CLIENT_FAILED,
            keys ? "not-yours" : "damaged");
  }
  forge(HONEST, a, path);
  assert_int_equal(attic_import(a, path).messages, 1);
  assert_non_null(strstr(attic_dump(a, "bob", attic_dumps[0]), "a thousand"));
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
  client_kind kind =
      client_import(d->q->c, d->path, ATTIC_PASS, &counts, &d->q->err);
  d->q->die_at = 0;
  person_reopen(d->q);
  const char *is = attic_dump(d->q, ATTIC_TALKS, attic_dumps[3]);
  bool old = strcmp(is, "== bob\n== dave\n== crew\n") == 0;
  if (!old && strcmp(is, d->was) != 0) {
    fail_msg("step %d: neither old nor new:\n%s", n, is);
  }
  return kind == CLIENT_OK;
}

static void test_death(void **state) {
  static deaths d;
  d.w = *state;
  d.p = attic_alice(d.w, &d.q);
  (void)snprintf(d.path, sizeof(d.path), "%s", attic_path(d.w, "backup"));
  attic_export(d.p, d.path);
  (void)snprintf(d.was, sizeof(d.was), "%s",
                 attic_dump(d.p, ATTIC_TALKS, attic_dumps[0]));
  at_each_step(d.q, import_once, &d);
  attic_import(d.q, d.path);
  assert_string_equal(d.was, attic_dump(d.q, ATTIC_TALKS, attic_dumps[1]));
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_damage),
      TEST(test_forged),
      TEST(test_death),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
