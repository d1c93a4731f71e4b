/* SPDX-License-Identifier: Apache-2.0
 * Registering, changing the manifest, looking up, erasing; the operator's
 * commands beside a running server. */
#include "tests/unit/server_directory/book.h"

#define HANDLE(name) TACET_SPAN_LIT(name "@" DOMAIN)

static tacet_wire_error look(tacet_span handle, size_t *n) {
  bool more;
  return book_lookup(TACET_LOOKUP_HANDLE, handle, 0, n, &more);
}

static void test_register(void **state) {
  (void)state;
  person alice, bob, other;
  uint8_t invite[16], wrong[16];
  size_t n;
  invite_new(invite, 2, 7);
  person_make(&alice, "alice");
  memcpy(wrong, invite, 16);
  wrong[0] ^= 1;
  assert_int_equal(TACET_WIRE_INVITE, book_register(&alice, wrong));
  assert_int_equal(TACET_WIRE_INVITE, book_register(&alice, NULL));
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, look(HANDLE("alice"), &n));
  assert_int_equal(TACET_WIRE_OK, book_register(&alice, invite));
  /* The answer was lost: the same again, which uses nothing up. */
  assert_int_equal(TACET_WIRE_OK, book_register(&alice, invite));
  person_make(&other, "alice");
  assert_int_equal(TACET_WIRE_HANDLE_TAKEN, book_register(&other, invite));
  /* Who has no invite is not told whether a handle is taken. */
  assert_int_equal(TACET_WIRE_INVITE, book_register(&other, wrong));
  person_make(&bob, "bob");
  assert_int_equal(TACET_WIRE_OK, book_register(&bob, invite));
  person_make(&other, "carol");
  assert_int_equal(TACET_WIRE_INVITE, book_register(&other, invite)); /* used */
  assert_int_equal(TACET_WIRE_OK, look(HANDLE("alice"), &n));
  assert_int_equal(1, n);
  book_reopen();
  assert_int_equal(TACET_WIRE_OK, look(HANDLE("bob"), &n));
}

static void test_bad_registrations(void **state) {
  (void)state;
  person p;
  uint8_t invite[16];
  invite_new(invite, 100, 7);
  person_make_at(&p, "alice", "elsewhere.org");
  assert_int_equal(TACET_WIRE_HANDLE, book_register(&p, invite));
  person_make(&p, "alice");
  for (size_t at = 0; at < p.len; at += 7) { /* any byte, of any field */
    p.bytes[at] ^= 0x10;
    assert_int_equal(TACET_WIRE_MANIFEST, book_register(&p, invite));
    p.bytes[at] ^= 0x10;
  }
  tacet_manifest next; /* number 1 is no beginning */
  person_next(&p, 2, &next);
  assert_int_equal(TACET_WIRE_MANIFEST, book_register(&p, invite));
}

static void test_invites_expire(void **state) {
  (void)state;
  person p;
  uint8_t invite[16];
  invite_new(invite, 5, 1);
  person_make(&p, "alice");
  book_days_pass(1);
  assert_int_equal(TACET_WIRE_OK, book_register(&p, invite));
  book_days_pass(1);
  person_make(&p, "bob");
  assert_int_equal(TACET_WIRE_INVITE, book_register(&p, invite));
}

static void test_open_registration(void **state) {
  (void)state;
  person p;
  uint8_t junk[16] = {1};
  book_options.open_registration = true;
  book_reopen();
  person_make(&p, "alice");
  assert_int_equal(TACET_WIRE_OK, book_register(&p, NULL));
  person_make(&p, "bob");
  assert_int_equal(TACET_WIRE_OK, book_register(&p, junk));
}

static void test_manifests(void **state) {
  (void)state;
  person alice, fork, stranger;
  tacet_manifest next, forked;
  size_t n;
  bool more;
  tacet_span id = tacet_span_of(alice.manifest.account_id, 32);
  person_register(&alice, "alice");
  assert_int_equal(TACET_WIRE_OK, book_manifest(&alice)); /* the same again */
  fork = alice;
  person_next(&alice, 2, &next);
  person_next(&fork, 3, &forked);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&alice));
  assert_int_equal(TACET_WIRE_OK, book_manifest(&alice)); /* lost answer */
  assert_int_equal(TACET_WIRE_MANIFEST_CONFLICT, book_manifest(&fork));
  person_accept(&alice, &next);
  /* A change of one byte is a forgery. */
  person_next(&alice, 3, &next);
  alice.bytes[alice.len - 1] ^= 1;
  assert_int_equal(TACET_WIRE_MANIFEST, book_manifest(&alice));
  alice.bytes[alice.len - 1] ^= 1;
  assert_int_equal(TACET_WIRE_OK, book_manifest(&alice));
  person_accept(&alice, &next);
  /* An old one again is fine, another with its number is not. */
  fork.manifest = forked;
  assert_int_equal(TACET_WIRE_MANIFEST_CONFLICT, book_manifest(&fork));
  person_make(&stranger, "alice");
  person_next(&stranger, 2, &next);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_manifest(&stranger));
  person_next(&alice, 0, &next); /* erasing is another call */
  assert_int_equal(TACET_WIRE_MANIFEST, book_manifest(&alice));
  assert_int_equal(TACET_WIRE_OK,
                   book_lookup(TACET_LOOKUP_ACCOUNT, id, 0, &n, &more));
  assert_int_equal(3, n);
  assert_int_equal(TACET_WIRE_OK,
                   book_lookup(TACET_LOOKUP_ACCOUNT, id, 2, &n, &more));
  assert_int_equal(1, n);
  assert_int_equal(TACET_WIRE_OK,
                   book_lookup(TACET_LOOKUP_ACCOUNT, id, 3, &n, &more));
  assert_int_equal(0, n);
}

static void test_many_manifests(void **state) {
  (void)state;
  person alice;
  size_t n;
  bool more;
  person_register(&alice, "alice");
  for (size_t i = 1; i <= 70; i++) {
    tacet_manifest next;
    person_next(&alice, 1 + i % 2, &next);
    assert_int_equal(TACET_WIRE_OK, book_manifest(&alice));
    person_accept(&alice, &next);
  }
  tacet_span id = tacet_span_of(alice.manifest.account_id, 32);
  assert_int_equal(TACET_WIRE_OK,
                   book_lookup(TACET_LOOKUP_ACCOUNT, id, 0, &n, &more));
  assert_int_equal(64, n);
  assert_true(more);
  assert_int_equal(TACET_WIRE_OK,
                   book_lookup(TACET_LOOKUP_ACCOUNT, id, 64, &n, &more));
  assert_int_equal(7, n);
  assert_false(more);
}

/* The log keeps each change for good, so an account has so many an hour. */
static void test_too_many_manifests(void **state) {
  (void)state;
  person alice, bob;
  tacet_manifest next, other;
  person_register(&alice, "alice");
  person_register(&bob, "bob");
  for (size_t i = 1; i <= TACETD_CHANGES_PER_ACCOUNT_HOUR; i++) {
    person_next(&alice, 1 + i % 2, &next);
    assert_int_equal(TACET_WIRE_OK, book_manifest(&alice));
    person_accept(&alice, &next);
  }
  person_next(&alice, 1, &next);
  assert_int_equal(TACET_WIRE_RATE, book_manifest(&alice));
  person_next(&bob, 2, &other);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&bob));
  book_hours_pass(1);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&alice));
  person_accept(&alice, &next);
  person_next(&alice, 0, &next);
  for (int i = 0; i < 2; i++) { /* and erasing is always possible */
    assert_int_equal(i == 0 ? TACET_WIRE_OK : TACET_WIRE_ERASED,
                     book_erase(&alice, 0));
  }
}

static void test_lookup_keys(void **state) {
  (void)state;
  person alice;
  uint8_t id[32] = {0};
  size_t n;
  bool more;
  person_register(&alice, "alice");
  static const struct {
    const char *handle;
    tacet_wire_error want;
  } rows[] = {{"alice@" DOMAIN, TACET_WIRE_OK},
              {"bob@" DOMAIN, TACET_WIRE_UNKNOWN_ACCOUNT},
              {"alice@elsewhere.org", TACET_WIRE_UNKNOWN_ACCOUNT},
              {"alice", TACET_WIRE_HANDLE},
              {"Alice@" DOMAIN, TACET_WIRE_HANDLE},
              {"al ice@" DOMAIN, TACET_WIRE_HANDLE},
              {"\xd0\xb0lice@" DOMAIN, TACET_WIRE_HANDLE}, /* Cyrillic */
              {"alice'--@" DOMAIN, TACET_WIRE_HANDLE}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(rows[i].want, look(tacet_span_str(rows[i].handle), &n));
  }
  assert_int_equal(
      TACET_WIRE_UNKNOWN_ACCOUNT,
      book_lookup(TACET_LOOKUP_ACCOUNT, tacet_span_of(id, 32), 0, &n, &more));
}

/* Beyond the free ones a look-up costs a token, found or not. */
static tacet_wire_error pay_lookup(const tacet_token *t, const char *handle) {
  TACET_BUF(w, 1024);
  uint8_t bytes[TACET_TOKEN_LEN];
  const tacet_lookup m = {.kind = TACET_LOOKUP_HANDLE,
                          .key = tacet_span_str(handle),
                          .token = t == NULL ? TACET_SPAN_EMPTY
                                             : book_token_bytes(t, bytes)};
  tacet_lookup_write(&w, &m);
  return status_of_call(book_call(DIR_LOOKUP, &w, true));
}

static void test_paid_lookups(void **state) {
  (void)state;
  person alice;
  person_register(&alice, "alice");
  tacet_token t = book_token(TACET_TOKEN_DIRECTORY), forged = t;
  tacet_token other = book_token(TACET_TOKEN_DELIVERY);
  forged.output[0] ^= 1;
  assert_int_equal(TACET_WIRE_TOKEN_NEEDED, pay_lookup(NULL, "alice@" DOMAIN));
  assert_int_equal(TACET_WIRE_TOKEN, pay_lookup(&forged, "alice@" DOMAIN));
  assert_int_equal(TACET_WIRE_TOKEN, pay_lookup(&other, "alice@" DOMAIN));
  assert_int_equal(TACET_WIRE_OK, pay_lookup(&t, "alice@" DOMAIN));
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, pay_lookup(&t, "alice@" DOMAIN));
  t = book_token(TACET_TOKEN_DIRECTORY);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, pay_lookup(&t, "bob@" DOMAIN));
  book_reopen();
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, pay_lookup(&t, "alice@" DOMAIN));
}

static void test_erase(void **state) {
  (void)state;
  person alice, again;
  tacet_manifest last;
  uint8_t invite[16];
  size_t n;
  bool more;
  TACET_BUF(packages, 8192);
  person_register(&alice, "alice");
  published_add(&packages, &alice, 0, false);
  assert_int_equal(1, book_publish(&alice, 0, &packages).n_held);
  /* Not without the signature of a device, nor by one that is not listed. */
  person_next(&alice, 0, &last);
  assert_int_equal(TACET_WIRE_AUTHORIZATION, book_erase(&alice, 1));
  person wrong = alice;
  wrong.device_keys[0] = alice.device_keys[1];
  assert_int_equal(TACET_WIRE_AUTHORIZATION, book_erase(&wrong, 0));
  person_next(&alice, 2, &last); /* nor with a manifest that has devices */
  assert_int_equal(TACET_WIRE_MANIFEST, book_erase(&alice, 0));
  person_next(&alice, 0, &last);
  assert_int_equal(TACET_WIRE_OK, book_erase(&alice, 0));
  assert_int_equal(TACET_WIRE_ERASED, book_erase(&alice, 0)); /* lost answer */
  assert_int_equal(TACET_WIRE_ERASED, look(HANDLE("alice"), &n));
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT,
                   book_lookup(TACET_LOOKUP_ACCOUNT,
                               tacet_span_of(alice.manifest.account_id, 32), 0,
                               &n, &more));
  /* The handle is nobody's for good. */
  invite_new(invite, 1, 7);
  person_make(&again, "alice");
  assert_int_equal(TACET_WIRE_HANDLE_RETIRED, book_register(&again, invite));
  book_reopen();
  assert_int_equal(TACET_WIRE_HANDLE_RETIRED, book_register(&again, invite));
  person_make(&again, "alice2"); /* and the invite is still good */
  assert_int_equal(TACET_WIRE_OK, book_register(&again, invite));
}

/* ---- the operator ---- */

static size_t n_listed;
static char listed[4][40];
static void list_one(void *user, tacet_span name, int64_t created,
                     int64_t drawn) {
  (void)user;
  assert_true(n_listed < 4);
  (void)snprintf(listed[n_listed++], sizeof(listed[0]), "%.*s %d %d",
                 (int)name.len, (const char *)name.p, (int)created, (int)drawn);
}

static void test_operator(void **state) {
  (void)state;
  person bob, alice;
  sto_trouble why;
  size_t n;
  person_register(&bob, "bob");
  book_days_pass(3);
  person_register(&alice, "alice");
  n_listed = 0;
  assert_ok(dir_account_list(book_folder, list_one, NULL, &why));
  assert_int_equal(2, n_listed);
  assert_string_equal("alice 20003 -1", listed[0]);
  assert_string_equal("bob 20000 -1", listed[1]);
  assert_err(TACET_ERR_NOT_FOUND,
             dir_account_erase(book_folder, "carol", &why));
  assert_ok(dir_account_erase(book_folder, "bob", &why));
  assert_int_equal(TACET_WIRE_ERASED, look(HANDLE("bob"), &n));
  assert_ok(dir_check(book_folder, &why));
  book_close(); /* with no server, too */
  uint8_t invite[16];
  invite_new(invite, 1, 7);
  book_reopen();
  person_make(&bob, "bob");
  assert_int_equal(TACET_WIRE_HANDLE_RETIRED, book_register(&bob, invite));
  /* Without a folder there is a sentence. */
  assert_err(TACET_ERR_NOT_FOUND,
             dir_invite_add("/nonexistent", invite, 1, 1, &why));
  assert_non_null(strstr(why.text, "tacetd init"));
}

static void test_bodies(void **state) {
  (void)state;
  TACET_BUF(w, 16);
  tacet_write_bytes(&w, TACET_SPAN_LIT("\x05\x01\x02"));
  for (int call = DIR_REGISTER; call <= DIR_DRAW; call++) {
    assert_int_equal(TACET_WIRE_MALFORMED,
                     status_of_call(book_call((dir_call)call, &w, false)));
  }
  TACET_BUF(draw, 256);
  uint8_t element[32] = {1};
  const tacet_draw m = {.blinded = tacet_span_of(element, 32)};
  tacet_draw_write(&draw, &m);
  assert_int_equal(TACET_WIRE_AUTHORIZATION,
                   status_of_call(book_call(DIR_DRAW, &draw, false)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, book_setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_register),           TEST(test_bad_registrations),
      TEST(test_invites_expire),     TEST(test_open_registration),
      TEST(test_manifests),          TEST(test_many_manifests),
      TEST(test_too_many_manifests), TEST(test_lookup_keys),
      TEST(test_paid_lookups),       TEST(test_erase),
      TEST(test_operator),           TEST(test_bodies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
