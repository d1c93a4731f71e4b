/* SPDX-License-Identifier: Apache-2.0
 * The real server, call by call: what each does, and what each refuses. */
#include "tests/support/support.h"

#include "tests/e2e/server/peer.h"

#include <signal.h>
#include <string.h>

static host server;
static uint8_t invite[16];

static int start(void **state) {
  static const char *const generous[] = {"--registrations-per-hour", "100000",
                                         "--lookups-per-hour", "5", NULL};
  (void)state;
  host_make(&server, NULL);
  host_start(&server, generous);
  host_invite(&server, invite);
  return 0;
}
static int stop(void **state) {
  (void)state;
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

/* ---- the directory ---- */

static void test_register(void **state) {
  (void)state;
  peer a, b;
  TACET_BUF(manifest, TACET_MANIFEST_MAX);
  TACET_BUF(body, TACET_MANIFEST_MAX + 64);
  NET_ANSWER(answer);
  peer_open(&a, &server);
  peer_open(&b, &server);
  /* The same request twice is answered the same. */
  peer_make_account(&a, "anna", &manifest);
  tacet_create_account m = {.invite = tacet_span_of(invite, 16),
                            .manifest = tacet_buf_span(&manifest)};
  tacet_create_account_write(&body, &m);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(peer_call(&a, "POST", "/v1/accounts", NULL,
                               tacet_buf_span(&body), &answer, NULL),
                     201);
    assert_int_equal(answer.body.len, 0);
  }
  /* Somebody else cannot have the name. */
  TACET_BUF(other, TACET_MANIFEST_MAX);
  tacet_buf_clear(&body);
  peer_make_account(&b, "anna", &other);
  m.manifest = tacet_buf_span(&other);
  tacet_create_account_write(&body, &m);
  assert_int_equal(peer_call(&b, "POST", "/v1/accounts", NULL,
                             tacet_buf_span(&body), &answer, NULL),
                   409);
  assert_problem("handle-taken", &answer);
  /* Nor anybody register without a good invite. */
  uint8_t forged[16] = {1};
  TACET_BUF(third, TACET_MANIFEST_MAX);
  tacet_buf_clear(&body);
  peer_make_account(&b, "berta", &third);
  m.manifest = tacet_buf_span(&third);
  m.invite = tacet_span_of(forged, 16);
  tacet_create_account_write(&body, &m);
  assert_int_equal(peer_call(&b, "POST", "/v1/accounts", NULL,
                             tacet_buf_span(&body), &answer, NULL),
                   403);
  assert_problem("invite", &answer);
  peer_close(&a);
  peer_close(&b);
}

static void test_nonce_is_used_once(void **state) {
  (void)state;
  peer p;
  NET_ANSWER(answer);
  TACET_BUF(body, 64);
  const tacet_publish nothing = {.n_packages = 0};
  peer_open(&p, &server);
  peer_register(&p, "nora", invite);
  tacet_publish_write(&body, &nothing);
  uint8_t first[TACET_NONCE_LEN];
  memcpy(first, p.nonce, sizeof(first));
  assert_true(p.has_nonce); /* each answer of the directory brings one */
  assert_int_equal(peer_signed_call(&p, "PUT", "/v1/keypackages",
                                    tacet_buf_span(&body), &answer),
                   200);
  memcpy(p.nonce, first, sizeof(first));
  p.has_nonce = true;
  assert_int_equal(peer_signed_call(&p, "PUT", "/v1/keypackages",
                                    tacet_buf_span(&body), &answer),
                   401);
  assert_problem("nonce", &answer);
  /* The refusal brings the next, which works. */
  assert_true(p.has_nonce);
  /* A forger does not use up the nonce that he names. */
  memcpy(first, p.nonce, sizeof(first));
  peer forger = p;
  forger.http = NULL;
  forger.link = NULL;
  peer_reconnect(&forger);
  forger.device_key.b[0] ^= 1;
  memcpy(forger.nonce, first, sizeof(first));
  forger.has_nonce = true;
  assert_int_equal(peer_signed_call(&forger, "PUT", "/v1/keypackages",
                                    tacet_buf_span(&body), &answer),
                   401);
  assert_problem("authorization", &answer);
  net_client_free(forger.http);
  assert_int_equal(peer_signed_call(&p, "PUT", "/v1/keypackages",
                                    tacet_buf_span(&body), &answer),
                   200);
  /* A signature is for one method, path and body. */
  static const struct {
    const char *method, *path;
  } others[] = {{"DELETE", "/v1/accounts"}, {"POST", "/v1/tokens"}};
  for (size_t i = 0; i < 2; i++) {
    peer q = p;
    char host_domain[64];
    q.http = q.link = NULL;
    peer_reconnect(&q);
    memcpy(q.nonce, p.nonce, sizeof(q.nonce));
    q.has_nonce = true;
    (void)host_domain;
    tacet_auth auth = {.account_id = {0}};
    char text[TACET_AUTH_TEXT_MAX], header[TACET_AUTH_TEXT_MAX + 64];
    memcpy(auth.account_id, q.account_id, 32);
    memcpy(auth.device_id, q.device_id, 16);
    memcpy(auth.nonce, q.nonce, 16);
    const tacet_auth_request r = {.domain = TACET_SPAN_LIT("localhost"),
                                  .method = TACET_SPAN_LIT("PUT"),
                                  .path = TACET_SPAN_LIT("/v1/keypackages"),
                                  .body = tacet_buf_span(&body)};
    assert_ok(tacet_auth_sign(&auth, &r, &q.device_key));
    tacet_auth_write(&auth, text);
    (void)snprintf(header, sizeof(header), "Tacet-Authorization: %s\r\n", text);
    int status = peer_call(&q, others[i].method, others[i].path, header,
                           tacet_buf_span(&body), &answer, NULL);
    assert_in_range(status, 400, 401);
    net_client_free(q.http);
  }
  peer_close(&p);
}

static void test_lookup(void **state) {
  (void)state;
  peer p;
  NET_ANSWER(answer);
  TACET_BUF(body, 512);
  tacet_lookup_answer found;
  peer_open(&p, &server);
  peer_register(&p, "lena", invite);
  tacet_lookup m = {.kind = TACET_LOOKUP_HANDLE,
                    .key = TACET_SPAN_LIT("lena@localhost")};
  tacet_lookup_write(&body, &m);
  assert_int_equal(peer_call(&p, "POST", "/v1/lookup", NULL,
                             tacet_buf_span(&body), &answer, NULL),
                   200);
  assert_ok(tacet_lookup_answer_parse(tacet_bytes_span(&answer.body), &found));
  assert_int_equal(found.n_manifests, 1);
  tacet_buf_clear(&body);
  m.key = TACET_SPAN_LIT("nobody@localhost");
  tacet_lookup_write(&body, &m);
  assert_int_equal(peer_call(&p, "POST", "/v1/lookup", NULL,
                             tacet_buf_span(&body), &answer, NULL),
                   404);
  assert_problem("unknown-account", &answer);
  /* Five an hour are free here; then each costs a token. */
  tacet_buf_clear(&body);
  m.key = TACET_SPAN_LIT("lena@localhost");
  tacet_lookup_write(&body, &m);
  int status = 200;
  for (int i = 0; i < 6 && status == 200; i++) {
    status = peer_call(&p, "POST", "/v1/lookup", NULL, tacet_buf_span(&body),
                       &answer, NULL);
  }
  assert_int_equal(status, 402);
  assert_problem("token-needed", &answer);
  TACET_BUF(token, 256);
  tacet_token t = peer_token(&p, TACET_TOKEN_DIRECTORY);
  tacet_token_write(&token, &t);
  m.token = tacet_buf_span(&token);
  tacet_buf_clear(&body);
  tacet_lookup_write(&body, &m);
  assert_int_equal(peer_call(&p, "POST", "/v1/lookup", NULL,
                             tacet_buf_span(&body), &answer, NULL),
                   200);
  assert_int_equal(peer_call(&p, "POST", "/v1/lookup", NULL,
                             tacet_buf_span(&body), &answer, NULL),
                   402);
  assert_problem("token-spent", &answer);
  peer_close(&p);
}

/* ---- mailboxes and tokens ---- */

static void test_tokens_buy_mailboxes_once(void **state) {
  (void)state;
  peer p;
  peer_mailbox boxes[3];
  NET_ANSWER(answer);
  TACET_BUF(inner, 4096);
  TACET_BUF(body, 4096);
  peer_open(&p, &server);
  peer_register(&p, "tina", invite);
  peer_mailboxes(&p, boxes, 3);
  tacet_token t = peer_token(&p, TACET_TOKEN_DELIVERY);
  tacet_new_mailbox n;
  memset(&n, 7, sizeof(n));
  n.paid = false;
  memcpy(n.sealing_key, boxes[0].sealing_public, 32);
  tacet_new_mailbox_write(&inner, &n);
  tacet_create_mailboxes m = {
      .token = t, .mailboxes = tacet_buf_span(&inner), .n_mailboxes = 1};
  tacet_create_mailboxes_write(&body, &m);
  for (int i = 0; i < 2; i++) { /* the same again: the same answer */
    assert_int_equal(peer_call(&p, "POST", "/v1/mailboxes", NULL,
                               tacet_buf_span(&body), &answer, NULL),
                     201);
  }
  /* The token is spent; a directory's token is none here; nor a forged one. */
  n.id[0] ^= 1;
  tacet_buf_clear(&inner);
  tacet_new_mailbox_write(&inner, &n);
  static const char *const codes[] = {"token-spent", "token", "token"};
  for (size_t i = 0; i < 3; i++) {
    if (i == 1) {
      m.token = peer_token(&p, TACET_TOKEN_DIRECTORY);
    } else if (i == 2) {
      m.token = peer_token(&p, TACET_TOKEN_DELIVERY);
      m.token.output[5] ^= 1;
    }
    m.mailboxes = tacet_buf_span(&inner);
    tacet_buf_clear(&body);
    tacet_create_mailboxes_write(&body, &m);
    assert_int_equal(peer_call(&p, "POST", "/v1/mailboxes", NULL,
                               tacet_buf_span(&body), &answer, NULL),
                     402);
    assert_problem(codes[i], &answer);
  }
  peer_close(&p);
}

/* ---- sending and receiving ---- */

static void expect_item(peer *p, const peer_mailbox *box, tacet_span want,
                        uint64_t *seq) {
  tacet_frame f;
  uint8_t plain[TACET_ITEM_MAX + 64];
  peer_expect(p, TACET_FRAME_ITEM, &f);
  assert_memory_equal(f.mailbox, box->id, 16);
  size_t len = peer_unseal(box, &f, plain);
  assert_span(want, tacet_span_of(plain, len));
  *seq = f.seq;
}

static void test_send_receive_acknowledge(void **state) {
  (void)state;
  peer alice, bob;
  peer_mailbox box;
  tacet_delivery d;
  tacet_frame f;
  tacet_subscription sub;
  uint64_t seq = 0;
  peer_open(&alice, &server);
  peer_open(&bob, &server);
  peer_register(&bob, "bob", invite);
  peer_mailboxes(&bob, &box, 1);
  /* Before anybody reads. */
  assert_int_equal(peer_send(&alice, &box, TACET_SPAN_LIT("one"), &d), 200);
  assert_int_equal(d, TACET_DELIVERY_STORED);
  assert_true(peer_link(&bob, NULL));
  assert_true(peer_subscribe(&bob, &box, 1));
  peer_expect(&bob, TACET_FRAME_SUBSCRIBED, &f);
  assert_true(tacet_subscription_next(&f.list, &sub));
  assert_true(sub.known);
  assert_int_equal(sub.acknowledged, 0);
  expect_item(&bob, &box, TACET_SPAN_LIT("one"), &seq);
  peer_expect(&bob, TACET_FRAME_CAUGHT_UP, &f);
  /* While somebody reads. */
  assert_int_equal(peer_send(&alice, &box, TACET_SPAN_LIT("two"), &d), 200);
  expect_item(&bob, &box, TACET_SPAN_LIT("two"), &seq);
  /* What is not acknowledged comes again. */
  assert_true(peer_link(&bob, NULL));
  assert_true(peer_subscribe(&bob, &box, 1));
  peer_expect(&bob, TACET_FRAME_SUBSCRIBED, &f);
  expect_item(&bob, &box, TACET_SPAN_LIT("one"), &seq);
  expect_item(&bob, &box, TACET_SPAN_LIT("two"), &seq);
  peer_expect(&bob, TACET_FRAME_CAUGHT_UP, &f);
  assert_true(peer_ack(&bob, box.id, seq));
  /* Sending after the acknowledgement is behind it in the writer's queue, so
   * when this is stored the others are erased. */
  assert_int_equal(peer_send(&alice, &box, TACET_SPAN_LIT("three"), &d), 200);
  expect_item(&bob, &box, TACET_SPAN_LIT("three"), &seq);
  uint64_t acknowledged = 0;
  for (int i = 0; i < 100 && acknowledged == 0; i++) {
    assert_true(peer_link(&bob, NULL));
    assert_true(peer_subscribe(&bob, &box, 1));
    peer_expect(&bob, TACET_FRAME_SUBSCRIBED, &f);
    assert_true(tacet_subscription_next(&f.list, &sub));
    acknowledged = sub.acknowledged;
  }
  assert_int_equal(acknowledged, seq - 1);
  expect_item(&bob, &box, TACET_SPAN_LIT("three"), &seq);
  peer_close(&alice);
  peer_close(&bob);
}

static void test_who_may_send_and_read(void **state) {
  (void)state;
  peer p;
  peer_mailbox box, wrong;
  tacet_delivery d;
  tacet_frame f;
  tacet_subscription sub;
  peer_open(&p, &server);
  peer_register(&p, "wilma", invite);
  peer_mailboxes(&p, &box, 1);
  wrong = box;
  wrong.capability[3] ^= 1;
  assert_int_equal(peer_send(&p, &wrong, TACET_SPAN_LIT("x"), &d), 200);
  assert_int_equal(d, TACET_DELIVERY_STALE);
  peer_mailbox_new(&wrong);
  assert_int_equal(peer_send(&p, &wrong, TACET_SPAN_LIT("x"), &d), 200);
  assert_int_equal(d, TACET_DELIVERY_GONE);
  assert_int_equal(peer_send(&p, &box, TACET_SPAN_LIT("secret"), &d), 200);
  /* A wrong secret reads nothing, and erases nothing. */
  wrong = box;
  wrong.read_secret[0] ^= 1;
  assert_true(peer_link(&p, NULL));
  assert_true(peer_subscribe(&p, &wrong, 1));
  peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
  assert_true(tacet_subscription_next(&f.list, &sub));
  assert_false(sub.known);
  peer_expect(&p, TACET_FRAME_CAUGHT_UP, &f);
  assert_true(peer_ack(&p, box.id, 1000));
  assert_true(peer_subscribe(&p, &box, 1));
  peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
  assert_true(tacet_subscription_next(&f.list, &sub));
  assert_true(sub.known);
  peer_expect(&p, TACET_FRAME_ITEM, &f);
  peer_close(&p);
}

static void test_ephemeral(void **state) {
  (void)state;
  peer p;
  peer_mailbox box;
  tacet_frame f;
  NET_ANSWER(answer);
  TACET_BUF(list, 128);
  TACET_BUF(body, 512);
  tacet_recipient r;
  peer_open(&p, &server);
  peer_register(&p, "emil", invite);
  peer_mailboxes(&p, &box, 1);
  memcpy(r.mailbox, box.id, 16);
  memcpy(r.capability, box.capability, 32);
  tacet_recipient_write(&list, &r);
  const tacet_send m = {.recipients = tacet_buf_span(&list),
                        .n_recipients = 1,
                        .item = TACET_SPAN_LIT("typing"),
                        .ephemeral = true};
  tacet_send_write(&body, &m);
  /* Nobody is there: it is gone. */
  assert_int_equal(peer_call(&p, "POST", "/v1/send", NULL,
                             tacet_buf_span(&body), &answer, NULL),
                   200);
  assert_true(peer_link(&p, NULL));
  assert_true(peer_subscribe(&p, &box, 1));
  peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
  peer_expect(&p, TACET_FRAME_CAUGHT_UP, &f);
  assert_int_equal(peer_call(&p, "POST", "/v1/send", NULL,
                             tacet_buf_span(&body), &answer, NULL),
                   200);
  peer_expect(&p, TACET_FRAME_EPHEMERAL, &f);
  assert_span(TACET_SPAN_LIT("typing"), f.body);
  assert_memory_equal(f.mailbox, box.id, 16);
  peer_close(&p);
}

/* More than the window waits: the server stops at it, and goes on as
 * acknowledgements come; order and number are right. */
static void test_back_pressure(void **state) {
  (void)state;
  enum { N = 700 };
  peer p;
  peer_mailbox box;
  tacet_delivery d;
  tacet_frame f;
  uint64_t last = 0;
  peer_open(&p, &server);
  peer_register(&p, "bert", invite);
  peer_mailboxes(&p, &box, 1);
  assert_true(peer_link(&p, NULL));
  assert_true(peer_subscribe(&p, &box, 1));
  peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
  peer_expect(&p, TACET_FRAME_CAUGHT_UP, &f);
  assert_in_range(p.window, 8, N / 2);
  for (uint32_t i = 0; i < N; i++) {
    assert_int_equal(peer_send(&p, &box, tacet_span_of(&i, sizeof(i)), &d),
                     200);
    assert_int_equal(d, TACET_DELIVERY_STORED);
  }
  for (uint32_t i = 0; i < N; i++) {
    uint32_t got;
    uint8_t plain[64];
    if (i == p.window) { /* not one more without an acknowledgement */
      assert_false(peer_frame(&p, 300, &f, NULL));
      assert_true(peer_ack(&p, box.id, last));
    } else if (i > p.window && i % 50 == 0) {
      assert_true(peer_ack(&p, box.id, last));
    }
    peer_expect(&p, TACET_FRAME_ITEM, &f);
    assert_int_equal(peer_unseal(&box, &f, plain), sizeof(got));
    memcpy(&got, plain, sizeof(got));
    assert_int_equal(got, i);
    assert_true(f.seq > last);
    last = f.seq;
  }
  peer_close(&p);
}

static void test_resume(void **state) {
  (void)state;
  enum { N = 600 };
  peer p;
  static peer_mailbox boxes[N];
  uint8_t ticket[TACET_TICKET_LEN];
  tacet_delivery d;
  tacet_frame f;
  size_t got = 0;
  peer_open(&p, &server);
  peer_register(&p, "rosa", invite);
  for (size_t i = 0; i < N; i += 60) {
    peer_mailboxes(&p, boxes + i, 60);
  }
  assert_true(peer_link(&p, ticket));
  for (size_t i = 0; i < N; i += 200) {
    assert_true(peer_subscribe(&p, boxes + i, 200));
  }
  for (int i = 0; i < 6; i++) { /* in any order */
    assert_true(peer_frame(&p, 60000, &f, NULL));
    assert_true(f.type == TACET_FRAME_SUBSCRIBED ||
                f.type == TACET_FRAME_CAUGHT_UP);
  }
  assert_int_equal(peer_send(&p, &boxes[7], TACET_SPAN_LIT("a"), &d), 200);
  peer_expect(&p, TACET_FRAME_ITEM, &f); /* and never acknowledged */
  peer_unlink(&p);
  assert_int_equal(peer_send(&p, &boxes[599], TACET_SPAN_LIT("b"), &d), 200);
  /* The server may need a moment to notice that the line broke. */
  for (int i = 0; i < 200 && got == 0; i++) {
    uint8_t other[TACET_TICKET_LEN];
    assert_true(peer_link(&p, other));
    tacet_frame resume = {.type = TACET_FRAME_RESUME};
    memcpy(resume.ticket, ticket, sizeof(ticket));
    assert_true(peer_frame_send(&p, &resume));
    peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
    got = f.n_list;
  }
  while (got < N) {
    peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
    got += f.n_list;
  }
  uint8_t plain[64];
  bool a = false, b = false;
  for (int i = 0; i < 2; i++) {
    peer_expect(&p, TACET_FRAME_ITEM, &f);
    bool is_a = memcmp(f.mailbox, boxes[7].id, 16) == 0;
    assert_int_equal(peer_unseal(&boxes[is_a ? 7 : 599], &f, plain), 1);
    assert_int_equal(plain[0], is_a ? 'a' : 'b');
    a = a || is_a;
    b = b || !is_a;
  }
  assert_true(a && b);
  peer_expect(&p, TACET_FRAME_CAUGHT_UP, &f);
  /* A ticket works once. */
  peer q;
  peer_open(&q, &server);
  assert_true(peer_link(&q, NULL));
  tacet_frame resume = {.type = TACET_FRAME_RESUME};
  memcpy(resume.ticket, ticket, sizeof(ticket));
  assert_true(peer_frame_send(&q, &resume));
  peer_expect(&q, TACET_FRAME_SUBSCRIBED, &f);
  assert_int_equal(f.n_list, 0);
  peer_close(&q);
  peer_close(&p);
}

static void test_delete_tells_the_reader(void **state) {
  (void)state;
  peer p;
  peer_mailbox box;
  tacet_delivery d;
  tacet_frame f;
  NET_ANSWER(answer);
  TACET_BUF(inner, 256);
  TACET_BUF(body, 256);
  tacet_mailbox_key k;
  peer_open(&p, &server);
  peer_register(&p, "gerda", invite);
  peer_mailboxes(&p, &box, 1);
  assert_true(peer_link(&p, NULL));
  assert_true(peer_subscribe(&p, &box, 1));
  peer_expect(&p, TACET_FRAME_SUBSCRIBED, &f);
  peer_expect(&p, TACET_FRAME_CAUGHT_UP, &f);
  memcpy(k.id, box.id, 16);
  memcpy(k.read_secret, box.read_secret, 32);
  tacet_mailbox_key_write(&inner, &k);
  const tacet_delete_mailboxes m = {.mailboxes = tacet_buf_span(&inner),
                                    .n_mailboxes = 1};
  tacet_delete_mailboxes_write(&body, &m);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(peer_call(&p, "DELETE", "/v1/mailboxes", NULL,
                               tacet_buf_span(&body), &answer, NULL),
                     200);
  }
  peer_expect(&p, TACET_FRAME_GONE, &f);
  assert_memory_equal(f.mailbox, box.id, 16);
  assert_int_equal(peer_send(&p, &box, TACET_SPAN_LIT("x"), &d), 200);
  assert_int_equal(d, TACET_DELIVERY_GONE);
  peer_close(&p);
}

/* ---- pages ---- */

static void test_pages(void **state) {
  (void)state;
  static const struct {
    const char *path, *type, *has;
  } pages[] = {
      {"/.well-known/tacet", "application/json", "\"domain\":\"localhost\""},
      {"/v1/health", "application/json", "\"status\":\"ok\""},
      {"/metrics", "text/plain; version=0.0.4", "tacetd_requests_total{"},
      {"/i", "text/html; charset=utf-8", "You have an invite"},
      {"/what-we-hold", "text/html; charset=utf-8", "What does not exist here"},
      {"/what-we-hold.txt", "text/plain; charset=utf-8",
       "What does not exist here"},
  };
  peer p;
  peer_open(&p, &server);
  for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
    NET_ANSWER(a);
    assert_int_equal(
        peer_call(&p, "GET", pages[i].path, NULL, TACET_SPAN_EMPTY, &a, NULL),
        200);
    assert_span(tacet_span_str(pages[i].type),
                net_http_get(&a.parsed, "content-type"));
    char *text = strndup((const char *)a.body.p, a.body.len);
    assert_non_null(strstr(text, pages[i].has));
    assert_null(strstr(text, "<script"));
    free(text);
    if (strncmp(pages[i].path, "/what-we-hold", 13) == 0) {
      assert_span(tacet_span_str("public, max-age=86400"),
                  net_http_get(&a.parsed, "cache-control"));
    }
    if (strstr(pages[i].type, "html") != NULL) {
      tacet_span csp = net_http_get(&a.parsed, "content-security-policy");
      assert_true(csp.len > 20 && memcmp(csp.p, "default-src 'none'", 18) == 0);
    }
  }
  peer_close(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_register),
      cmocka_unit_test(test_nonce_is_used_once),
      cmocka_unit_test(test_lookup),
      cmocka_unit_test(test_tokens_buy_mailboxes_once),
      cmocka_unit_test(test_send_receive_acknowledge),
      cmocka_unit_test(test_who_may_send_and_read),
      cmocka_unit_test(test_ephemeral),
      cmocka_unit_test(test_back_pressure),
      cmocka_unit_test(test_resume),
      cmocka_unit_test(test_delete_tells_the_reader),
      cmocka_unit_test(test_pages),
  };
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  return cmocka_run_group_tests(tests, start, stop);
}
