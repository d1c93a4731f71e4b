/* SPDX-License-Identifier: Apache-2.0
 * Attachments: sizes around a chunk, names, broken-off transfers, damage.
 */
#include "tests/unit/client/people.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tacet/crypto.h"

static void write_file(const char *path, const uint8_t *data, size_t len) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_int_equal(fwrite(data, 1, len, f), len);
  assert_int_equal(fclose(f), 0);
}

static void assert_file(const char *path, const uint8_t *data, size_t len) {
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  uint8_t *got = malloc(len + 1);
  assert_int_equal(fread(got, 1, len + 1, f), len);
  if (len > 0) {
    assert_memory_equal(got, data, len);
  }
  free(got);
  fclose(f);
}

/* Sends one; false if it went into the outbox only. */
static bool send_file(person *p, const char *to, const char *path) {
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = to, .text = "see", .files = &path, .n_files = 1};
  expect_ok(p, client_send(p->c, &m, &mem, &id, &p->err));
  expect_ok(p, client_flush(p->c, id, 60000, &d, &p->err));
  return d == CLIENT_SENT;
}

static const char *dir_of(world *w) {
  static char dir[128];
  (void)snprintf(dir, sizeof(dir), "%s/got/here", w->folder);
  return dir;
}

static void test_sizes(void **state) {
  static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 3000000};
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    uint8_t *data = malloc(sizes[i] + 1);
    assert_ok(tacet_random(data, sizes[i] + 1));
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/file-%zu.pdf", w->folder, sizes[i]);
    write_file(path, data, sizes[i]);
    assert_true(send_file(alice, "bob", path));
    assert_int_equal(unlink(path), 0);
    CLIENT_MEM(mem);
    client_event e;
    const char *saved;
    await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
    assert_int_equal(e.u.message.n_attachments, 1);
    assert_int_equal(e.u.message.attachments[0].size, sizes[i]);
    assert_string_equal(e.u.message.attachments[0].type, "application/pdf");
    assert_null(e.u.message.attachments[0].path);
    expect_ok(bob, client_attachment_save(bob->c, e.u.message.id, 0, dir_of(w),
                                          &mem, &saved, &bob->err));
    assert_file(saved, data, sizes[i]);
    free(data);
  }
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  expect_ok(bob,
            client_history(bob->c, "alice", 1, &mem, &list, &n, &bob->err));
  assert_non_null(list[0].attachments[0].path); /* remembered */
  assert_false(fake_server_holds(w->s, TACET_SPAN_LIT("file-")));
}

/* Names that are taken, and names that would go elsewhere. */
static void test_names(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  char path[128], want[160];
  (void)snprintf(path, sizeof(path), "%s/..a b.tar.gz", w->folder);
  for (int i = 1; i < 4; i++) {
    uint8_t data[1] = {(uint8_t)i};
    write_file(path, data, 1);
    assert_true(send_file(alice, "bob", path));
    CLIENT_MEM(mem);
    client_event e;
    const char *saved;
    await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
    expect_ok(bob, client_attachment_save(bob->c, e.u.message.id, 0, dir_of(w),
                                          &mem, &saved, &bob->err));
    if (i == 1) {
      (void)snprintf(want, sizeof(want), "%s/a b.tar.gz", dir_of(w));
    } else {
      (void)snprintf(want, sizeof(want), "%s/a b.tar (%d).gz", dir_of(w), i);
    }
    assert_string_equal(saved, want);
    assert_file(saved, data, 1);
  }
}

/* Every request of an upload and of a download is lost once, before it was
 * carried out and after. */
static void test_broken_off(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  size_t len = 2500000;
  uint8_t *data = malloc(len);
  assert_ok(tacet_random(data, len));
  char path[128];
  (void)snprintf(path, sizeof(path), "%s/large", w->folder);
  write_file(path, data, len);
  for (int n = 1; n < 40; n++) {
    w->s->lose_at = (size_t)(n + 1) / 2;
    w->s->lose_answer = n % 2 == 0;
    bool at_once = send_file(alice, "bob", path);
    bool survived = at_once && w->s->lose_at > 0;
    w->s->lose_at = 0;
    gather(alice);
    CLIENT_MEM(mem);
    client_event e;
    const char *saved;
    await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
    w->s->lose_at = (size_t)(n + 1) / 2;
    w->s->lose_answer = n % 2 == 0;
    client_kind kind = client_attachment_save(
        bob->c, e.u.message.id, 0, dir_of(w), &mem, &saved, &bob->err);
    survived = survived && kind == CLIENT_OK;
    w->s->lose_at = 0;
    if (kind != CLIENT_OK) {
      assert_int_equal(kind, CLIENT_UNREACHABLE);
      expect_ok(bob,
                client_attachment_save(bob->c, e.u.message.id, 0, dir_of(w),
                                       &mem, &saved, &bob->err));
    }
    assert_file(saved, data, len);
    if (survived) {
      assert_true(n > 6);
      free(data);
      return;
    }
  }
  fail_msg("never got through");
}

static void test_damage(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  uint8_t data[100000] = {1};
  char path[128];
  (void)snprintf(path, sizeof(path), "%s/file", w->folder);
  write_file(path, data, sizeof(data));
  assert_true(send_file(alice, "bob", path));
  CLIENT_MEM(mem);
  client_event e;
  const char *saved;
  await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
  fake_blob *blob = &w->s->blobs[w->s->n_blobs - 1];
  blob->data.p[70000] ^= 1;
  expect_failure(bob,
                 client_attachment_save(bob->c, e.u.message.id, 0, dir_of(w),
                                        &mem, &saved, &bob->err),
                 CLIENT_KEYS, "attachment-damaged");
  blob->data.p[70000] ^= 1;
  expect_ok(bob, client_attachment_save(bob->c, e.u.message.id, 0, dir_of(w),
                                        &mem, &saved, &bob->err));
  assert_file(saved, data, sizeof(data));
  memset(blob->id, 0, sizeof(blob->id));
  expect_failure(bob,
                 client_attachment_save(bob->c, e.u.message.id, 0, dir_of(w),
                                        &mem, &saved, &bob->err),
                 CLIENT_REFUSED, "expired");
  expect_failure(bob,
                 client_attachment_save(bob->c, e.u.message.id, 1, dir_of(w),
                                        &mem, &saved, &bob->err),
                 CLIENT_USAGE, "no-such-message");
}

static void test_of_a_request(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  char path[128];
  (void)snprintf(path, sizeof(path), "%s/file", w->folder);
  write_file(path, (const uint8_t *)"x", 1);
  assert_true(send_file(alice, "bob", path));
  CLIENT_MEM(mem);
  client_event e;
  const char *saved;
  await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
  expect_failure(bob,
                 client_attachment_save(bob->c, e.u.message.id, 0, dir_of(w),
                                        &mem, &saved, &bob->err),
                 CLIENT_REFUSED, "not-accepted");
  accept(bob, "alice");
  expect_ok(bob, client_attachment_save(bob->c, e.u.message.id, 0, dir_of(w),
                                        &mem, &saved, &bob->err));
}

static void test_what_cannot_be_sent(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  char huge[128], missing[140];
  (void)snprintf(huge, sizeof(huge), "%s/huge", w->folder);
  (void)snprintf(missing, sizeof(missing), "%s.missing", huge);
  write_file(huge, (const uint8_t *)"", 0);
  assert_int_equal(truncate(huge, (off_t)3 << 30), 0); /* sparse */
  const struct {
    const char *path, *code;
  } rows[] = {{huge, "file-too-large"},
              {missing, "no-such-file"},
              {w->folder, "is-folder"}};
  for (size_t i = 0; i < 3; i++) {
    CLIENT_MEM(mem);
    const char *id;
    client_outgoing m = {.to = "bob", .files = &rows[i].path, .n_files = 1};
    expect_failure(alice, client_send(alice->c, &m, &mem, &id, &alice->err),
                   CLIENT_USAGE, rows[i].code);
  }
  assert_string_equal(gather(bob), "");
}

/* A group whose tree does not fit a letter: all letters name one blob. */
static void test_a_large_tree(void **state) {
  world *w = *state;
  const char *handles[40];
  person *alice = person_join(w, "alice"), *last = NULL;
  char names[40][16];
  for (int i = 0; i < 40; i++) {
    (void)snprintf(names[i], sizeof(names[i]), "p%d", i);
    handles[i] = names[i];
    last = person_join(w, names[i]);
  }
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  size_t blobs = w->s->n_blobs;
  expect_ok(alice, client_group_create(alice->c, "crowd", handles, 40, &mem,
                                       &id, &queued, &alice->err));
  assert_int_equal(w->s->n_blobs, blobs + 1);
  say(alice, "crowd", "hello all");
  hear(last, "hello all");
  say(last, "crowd", "hello");
  hear(&w->people[1], "hello");
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_sizes),        TEST(test_names),
      TEST(test_broken_off),   TEST(test_damage),
      TEST(test_of_a_request), TEST(test_what_cannot_be_sent),
      TEST(test_a_large_tree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
