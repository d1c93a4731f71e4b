/* SPDX-License-Identifier: Apache-2.0
 * Slots, for which many race, and blobs, which come in pieces and survive a
 * kill in between. */
#include "tests/support/support.h"

#include "tests/e2e/server/peer.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

static host server;
static peer owner;
static peer_mailbox box;

static int start(void **state) {
  uint8_t invite[16];
  (void)state;
  host_make(&server, NULL);
  host_start(&server, NULL);
  host_invite(&server, invite);
  peer_open(&owner, &server);
  peer_register(&owner, "owner", invite);
  peer_mailboxes(&owner, &box, 1);
  return 0;
}
static int stop(void **state) {
  (void)state;
  peer_close(&owner);
  host_stop(&server);
  host_remove(&server);
  return 0;
}

#define assert_problem(want, a)                                                \
  do {                                                                         \
    char got_code[64];                                                         \
    peer_problem((a), got_code);                                               \
    assert_string_equal(want, got_code);                                       \
  } while (0)

/* ---- slots ---- */

/* Claims a slot with a hint to the owner's mailbox. */
static int claim(peer *p, const uint8_t name[32], tacet_span commit,
                 bool with_recipient, const tacet_token *token, net_answer *a) {
  TACET_BUF(list, 128);
  TACET_BUF(paid, 256);
  TACET_BUF(body, TACET_SLOT_BODY_MAX + 4096);
  tacet_recipient r;
  memcpy(r.mailbox, box.id, 16);
  memcpy(r.capability, box.capability, 32);
  if (with_recipient) {
    tacet_recipient_write(&list, &r);
  }
  if (token != NULL) {
    tacet_token_write(&paid, token);
  }
  tacet_send m = {.recipients = tacet_buf_span(&list),
                  .n_recipients = with_recipient,
                  .item = TACET_SPAN_LIT("hint"),
                  .has_slot = true,
                  .token = tacet_buf_span(&paid),
                  .slot = {.body = commit}};
  memcpy(m.slot.name, name, 32);
  tacet_send_write(&body, &m);
  return peer_call(p, "POST", "/v1/send", NULL, tacet_buf_span(&body), a, NULL);
}

enum { RACERS = 8, ROUNDS = 6 };
struct racer {
  uint8_t name[32], commit[100], winner[100];
  int status;
};

static void *race(void *arg) {
  struct racer *r = arg;
  tacet_slot_conflict c;
  NET_ANSWER(a);
  peer p;
  peer_open(&p, &server);
  r->status = claim(&p, r->name, tacet_span_of(r->commit, 100), true, NULL, &a);
  if (r->status == 200) {
    memcpy(r->winner, r->commit, 100);
  } else if (r->status == 409 &&
             tacet_slot_conflict_parse(tacet_bytes_span(&a.body), &c) ==
                 TACET_OK &&
             c.body.len == 100) {
    memcpy(r->winner, c.body.p, 100);
  }
  peer_close(&p);
  return NULL;
}

static void test_race(void **state) {
  (void)state;
  for (uint8_t round = 0; round < ROUNDS; round++) {
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    unsigned won = 0;
    for (uint8_t i = 0; i < RACERS; i++) {
      memset(&racers[i], 0, sizeof(racers[i]));
      memset(racers[i].name, 100 + round, 32);
      memset(racers[i].commit, i + 1, 100);
      assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
      assert_int_equal(pthread_join(threads[i], NULL), 0);
      won += racers[i].status == 200;
      assert_true(racers[i].status == 200 || racers[i].status == 409);
    }
    assert_int_equal(won, 1);
    for (int i = 1; i < RACERS; i++) { /* all know the same winner */
      assert_memory_equal(racers[i].winner, racers[0].winner, 100);
    }
    /* The winner's bytes once more are success, another's are not. */
    NET_ANSWER(a);
    assert_int_equal(claim(&owner, racers[0].name,
                           tacet_span_of(racers[0].winner, 100), true, NULL,
                           &a),
                     200);
    uint8_t other[100] = {0};
    assert_int_equal(claim(&owner, racers[0].name, tacet_span_of(other, 100),
                           true, NULL, &a),
                     409);
  }
}

static void test_slot_rules(void **state) {
  (void)state;
  static uint8_t big[TACET_SLOT_FREE_MAX + 1];
  uint8_t name[32] = {1};
  NET_ANSWER(a);
  const tacet_span commit = TACET_SPAN_LIT("commit");
  assert_int_equal(claim(&owner, name, commit, false, NULL, &a), 403);
  assert_problem("no-recipient", &a);
  tacet_token t = peer_token(&owner, TACET_TOKEN_DELIVERY);
  assert_int_equal(claim(&owner, name, commit, false, &t, &a), 200);
  name[0] = 2;
  assert_int_equal(
      claim(&owner, name, tacet_span_of(big, sizeof(big)), true, NULL, &a),
      402);
  assert_problem("token-needed", &a);
  t = peer_token(&owner, TACET_TOKEN_DELIVERY);
  assert_int_equal(
      claim(&owner, name, tacet_span_of(big, sizeof(big)), true, &t, &a), 200);
}

static void test_read_slots(void **state) {
  (void)state;
  uint8_t names[3][32] = {{11}, {12}, {13}};
  TACET_BUF(body, 256);
  NET_ANSWER(a);
  tacet_slots_answer found;
  tacet_slot slot;
  assert_int_equal(
      claim(&owner, names[0], TACET_SPAN_LIT("first"), true, NULL, &a), 200);
  assert_int_equal(
      claim(&owner, names[2], TACET_SPAN_LIT("third"), true, NULL, &a), 200);
  const tacet_read_slots m = {.names = tacet_span_of(names, sizeof(names))};
  tacet_read_slots_write(&body, &m);
  assert_int_equal(peer_call(&owner, "POST", "/v1/slots", NULL,
                             tacet_buf_span(&body), &a, NULL),
                   200);
  assert_ok(tacet_slots_answer_parse(tacet_bytes_span(&a.body), &found));
  assert_int_equal(found.n_slots, 3);
  assert_true(tacet_slot_next(&found.slots, &slot));
  assert_span(TACET_SPAN_LIT("first"), slot.body);
  assert_true(tacet_slot_next(&found.slots, &slot));
  assert_int_equal(slot.state, TACET_SLOT_EMPTY);
  assert_true(tacet_slot_next(&found.slots, &slot));
  assert_span(TACET_SPAN_LIT("third"), slot.body);
}

/* ---- blobs ---- */

static void capability(const uint8_t id[32], char out[128]) {
  char text[64];
  tacet_base64url_write(tacet_span_of(id, 32), text);
  (void)snprintf(out, 128, "Tacet-Capability: %s\r\n", text);
}

/* One piece. tokens: how many to bring. */
static int put(const uint8_t id[32], uint64_t first, tacet_span piece,
               uint64_t total, size_t tokens, net_answer *a) {
  char headers[4096], field[128];
  capability(id, headers);
  if (piece.len == 0) {
    (void)snprintf(field, sizeof(field), "Content-Range: bytes */%llu\r\n",
                   (unsigned long long)total);
  } else {
    (void)snprintf(
        field, sizeof(field), "Content-Range: bytes %llu-%llu/%llu\r\n",
        (unsigned long long)first, (unsigned long long)(first + piece.len - 1),
        (unsigned long long)total);
  }
  strcat(headers, field);
  for (size_t i = 0; i < tokens; i++) {
    TACET_BUF(w, 256);
    char text[TACET_TOKEN_TEXT_MAX];
    tacet_token t = peer_token(&owner, TACET_TOKEN_DELIVERY);
    tacet_token_write(&w, &t);
    tacet_base64url_write(tacet_buf_span(&w), text);
    strcat(headers, i == 0 ? "Tacet-Token: " : ",");
    strcat(headers, text);
  }
  strcat(headers, tokens > 0 ? "\r\n" : "");
  return peer_call(&owner, "PUT", "/v1/blobs", headers, piece, a, NULL);
}

static uint64_t received(const net_answer *a) {
  tacet_blob_state s;
  assert_ok(tacet_blob_state_parse(tacet_bytes_span(&a->body), &s));
  return s.received;
}

static int get(const uint8_t id[32], const char *range, net_answer *a) {
  char headers[256];
  capability(id, headers);
  if (range != NULL) {
    (void)snprintf(headers + strlen(headers), 128, "Range: bytes=%s\r\n",
                   range);
  }
  return peer_call(&owner, "GET", "/v1/blobs", headers, TACET_SPAN_EMPTY, a,
                   NULL);
}

enum { PIECE = TACET_BLOB_PIECE_MAX, TOTAL = 2 * PIECE + 12345 };
static uint8_t bytes[TOTAL];

static void test_blob(void **state) {
  (void)state;
  uint8_t id[32];
  NET_ANSWER(a);
  assert_ok(tacet_random(id, sizeof(id)));
  assert_ok(tacet_random(bytes, sizeof(bytes)));
  assert_int_equal(put(id, 0, tacet_span_of(bytes, PIECE), TOTAL, 0, &a), 402);
  assert_problem("token-needed", &a);
  assert_int_equal(put(id, 0, tacet_span_of(bytes, PIECE), TOTAL, 1, &a), 200);
  assert_int_equal(received(&a), PIECE);
  assert_int_equal(get(id, NULL, &a), 404); /* half a blob is none */
  /* The same again, a hole, another total: none changes anything. */
  int status = put(id, 0, tacet_span_of(bytes, PIECE), TOTAL, 0, &a);
  assert_true(status == 200 || status == 409);
  assert_int_equal(
      put(id, PIECE + 1, tacet_span_of(bytes + PIECE + 1, 100), TOTAL, 0, &a),
      409);
  assert_int_equal(received(&a), PIECE);
  assert_int_equal(
      put(id, PIECE, tacet_span_of(bytes + PIECE, 100), TOTAL + 1, 0, &a), 409);
  /* The server dies; the client asks and goes on. */
  assert_int_equal(host_end(&server, SIGKILL), 256 + SIGKILL);
  host_start(&server, NULL);
  peer_reconnect(&owner);
  assert_int_equal(put(id, 0, TACET_SPAN_EMPTY, TOTAL, 0, &a), 200);
  assert_int_equal(received(&a), PIECE);
  assert_int_equal(
      put(id, PIECE, tacet_span_of(bytes + PIECE, PIECE), TOTAL, 0, &a), 200);
  assert_int_equal(put(id, 2 * PIECE,
                       tacet_span_of(bytes + 2 * PIECE, TOTAL - 2 * PIECE),
                       TOTAL, 0, &a),
                   201);
  assert_int_equal(received(&a), TOTAL);
  /* Back in ranges. */
  static const struct {
    const char *range;
    int status;
    size_t first, len;
  } rows[] = {
      {"0-0", 206, 0, 1},
      {"5-104", 206, 5, 100},
      {"0-", 206, 0, PIECE}, /* as much as one answer holds */
      {"2097152-", 206, 2 * PIECE, TOTAL - 2 * PIECE},
      {"2109496-9999999", 206, TOTAL - 1, 1},
      {"2109497-", 416, 0, 0},
      {"9-8", 400, 0, 0},
      {"-5", 400, 0, 0},
      {"0-1,3-4", 400, 0, 0},
      {NULL, 416, 0, 0}, /* too long for one answer */
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    int got = get(id, rows[i].range, &a);
    if (got != rows[i].status) {
      fail_msg("range %s: %d", rows[i].range, got);
    }
    if (got == 206) {
      assert_span(tacet_span_of(bytes + rows[i].first, rows[i].len),
                  tacet_bytes_span(&a.body));
    }
  }
  id[0] ^= 1;
  assert_int_equal(get(id, "0-0", &a), 404);
  assert_problem("blob", &a);
}

static void test_blob_in_one_piece(void **state) {
  (void)state;
  uint8_t id[32];
  NET_ANSWER(a);
  assert_ok(tacet_random(id, sizeof(id)));
  assert_int_equal(put(id, 0, tacet_span_of(bytes, 1000), 1000, 1, &a), 201);
  assert_int_equal(get(id, NULL, &a), 200);
  assert_span(tacet_span_of(bytes, 1000), tacet_bytes_span(&a.body));
  assert_ok(tacet_random(id, sizeof(id)));
  assert_int_equal(
      put(id, 0, tacet_span_of(bytes, 1000), TACET_BLOB_MAX + 1, 1, &a), 413);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_race),
      cmocka_unit_test(test_slot_rules),
      cmocka_unit_test(test_read_slots),
      cmocka_unit_test(test_blob),
      cmocka_unit_test(test_blob_in_one_piece),
  };
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  return cmocka_run_group_tests(tests, start, stop);
}
