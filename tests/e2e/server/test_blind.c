/* SPDX-License-Identifier: Apache-2.0
 * What the server writes, logs and exports holds nothing of what it is given:
 * marked texts, names, ids and secrets are searched for in every form. */
#include "tests/support/support.h"

#include "tests/e2e/server/peer.h"

#include <signal.h>
#include <string.h>

static host server;

/* ---- searching ---- */

struct mark {
  const char *name;
  tacet_span bytes;
  bool on_disk;   /* may stand in the databases (the inventory lists it) */
  unsigned found; /* out: places where it may not stand */
};

struct search {
  struct mark *marks;
  size_t n;
  bool is_log;
};

static bool holds(tacet_bytes data, const void *needle, size_t len) {
  return data.len >= len && memmem(data.p, data.len, needle, len) != NULL;
}

/* As it is, in both cases of hexadecimal, and in base64 at each alignment. */
static bool holds_any_form(tacet_bytes data, tacet_span mark) {
  char hex[256], base64[256];
  if (holds(data, mark.p, mark.len)) {
    return true;
  }
  tacet_hex_write(mark, hex);
  if (holds(data, hex, strlen(hex))) {
    return true;
  }
  for (char *c = hex; *c != '\0'; c++) {
    *c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
  }
  if (holds(data, hex, strlen(hex))) {
    return true;
  }
  for (size_t shift = 0; shift < 3; shift++) {
    tacet_span part = tacet_span_of(mark.p + shift, mark.len - shift);
    part.len -= part.len % 3;
    tacet_base64url_write(part, base64);
    if (holds(data, base64, strlen(base64))) {
      return true;
    }
  }
  return false;
}

static void search_file(void *user, const char *path) {
  struct search *s = user;
  tacet_bytes data = host_read(path);
  bool database = strstr(path, ".db") != NULL;
  for (size_t i = 0; i < s->n; i++) {
    struct mark *m = &s->marks[i];
    if (!(database && m->on_disk) && holds_any_form(data, m->bytes)) {
      print_message("%s stands in %s\n", m->name, path);
      m->found++;
    }
  }
  free(data.p);
}

static void search_answer(struct search *s, const net_answer *a) {
  for (size_t i = 0; i < s->n; i++) {
    if (holds_any_form(a->body, s->marks[i].bytes)) {
      print_message("%s stands in an answer\n", s->marks[i].name);
      s->marks[i].found++;
    }
  }
}

/* ---- the test ---- */

static void test_marks(void **state) {
  (void)state;
  peer alice, bob;
  peer_mailbox box;
  uint8_t invite[16];
  tacet_delivery d;
  tacet_frame f;
  static const char text[] = "the-marked-text-of-an-item-4711";
  static const char agent[] = "marked-agent-0815";
  static const char path[] = "/marked/path/that/is/nowhere";
  host_make(&server, NULL);
  host_start(&server, NULL);
  host_invite(&server, invite);
  peer_open(&alice, &server);
  peer_open(&bob, &server);
  peer_register(&bob, "marked-handle", invite);
  peer_mailboxes(&bob, &box, 1);
  assert_int_equal(peer_send(&alice, &box, tacet_span_str(text), &d), 200);
  assert_true(peer_link(&bob, NULL));
  assert_true(peer_subscribe(&bob, &box, 1));
  peer_expect(&bob, TACET_FRAME_SUBSCRIBED, &f);
  peer_expect(&bob, TACET_FRAME_ITEM, &f); /* stays on the disk */
  /* Failures, which is when programs write things down. */
  NET_ANSWER(a);
  char headers[256];
  (void)snprintf(headers, sizeof(headers),
                 "User-Agent: %s\r\nTacet-Authorization: %s\r\n", agent, agent);
  struct mark marks[] = {
      {"the text", tacet_span_str(text), false, 0},
      {"the handle", TACET_SPAN_LIT("marked-handle"), true, 0},
      {"the agent", tacet_span_str(agent), false, 0},
      {"the path", tacet_span_str(path), false, 0},
      {"the mailbox", tacet_span_of(box.id, 16), true, 0},
      {"the read secret", tacet_span_of(box.read_secret, 32), false, 0},
      {"the capability", tacet_span_of(box.capability, 32), false, 0},
      {"the account", tacet_span_of(bob.account_id, 32), true, 0},
      {"the device", tacet_span_of(bob.device_id, 16), true, 0},
      {"the invite", tacet_span_of(invite, 16), false, 0},
      {"the address", TACET_SPAN_LIT("127.0.0.1:5"), false, 0},
  };
  struct search s = {.marks = marks, .n = sizeof(marks) / sizeof(marks[0]) - 1};
  const char *const paths[] = {path, "/v1/send", "/v1/keypackages",
                               "/v1/lookup", "/v1/blobs"};
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
    for (size_t k = 0; k < 2; k++) {
      (void)peer_call(&alice, k == 0 ? "POST" : "PUT", paths[i], headers,
                      tacet_span_str(text), &a, NULL);
      search_answer(&s, &a);
    }
  }
  assert_int_equal(
      peer_call(&alice, "GET", "/metrics", NULL, TACET_SPAN_EMPTY, &a, NULL),
      200);
  search_answer(&s, &a);
  host_files(&server, search_file, &s);
  host_stop(&server);
  host_files(&server, search_file, &s);
  for (size_t i = 0; i < s.n; i++) {
    assert_int_equal(marks[i].found, 0);
  }
  peer_close(&alice);
  peer_close(&bob);
}

/* The control: what may stand in the databases is found there, so the search
 * works. */
static void test_the_search_finds(void **state) {
  (void)state;
  struct mark marks[] = {
      {"the handle", TACET_SPAN_LIT("marked-handle"), false, 0}};
  struct search s = {.marks = marks, .n = 1};
  host_files(&server, search_file, &s);
  assert_true(marks[0].found > 0);
  static const uint8_t planted[] = "planted-mark";
  char as_hex[64], as_base64[64];
  const tacet_span mark = {planted, sizeof(planted) - 1};
  tacet_hex_write(mark, as_hex);
  tacet_base64url_write(tacet_span_of((const uint8_t *)"xplanted-mark", 13),
                        as_base64);
  assert_true(
      holds_any_form((tacet_bytes){(uint8_t *)as_hex, strlen(as_hex)}, mark));
  assert_true(holds_any_form(
      (tacet_bytes){(uint8_t *)as_base64, strlen(as_base64)}, mark));
  host_remove(&server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_marks),
      cmocka_unit_test(test_the_search_finds),
  };
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
