/* SPDX-License-Identifier: Apache-2.0
 * Blobs: pieces in order, what they cost, ranges, and that a crash leaves
 * nothing half. */
#include "tests/unit/server_delivery/post.h"

#include <sys/stat.h>

typedef struct put {
  tacet_wire_error status;
  tacet_blob_state state;
  bool completed;
} put;

static put put_piece(uint8_t id, bool ask, uint64_t first, uint64_t total,
                     tacet_span piece, const tacet_token *tokens, size_t n) {
  tacet_bytes body = {NULL, 0};
  dlv_request *r = NULL;
  assert_ok(tacet_bytes_set(&body, piece));
  assert_int_equal(TACET_WIRE_OK, dlv_request_new(DLV_BLOB_PUT, &body, &r));
  dlv_blob_put *in = r->in.put;
  memset(in->id, id, sizeof(in->id));
  in->ask = ask;
  in->first = first;
  in->total = total;
  in->n_tokens = n;
  if (n > 0) {
    memcpy(in->tokens, tokens, n * sizeof(*tokens));
  }
  post_call(r);
  put out = {.status = r->status, .completed = r->completed};
  if (r->status == TACET_WIRE_OK || r->status == TACET_WIRE_BLOB_CONFLICT) {
    assert_ok(tacet_blob_state_parse(tacet_buf_span(&r->answer), &out.state));
  }
  dlv_request_free(r);
  return out;
}

static put ask(uint8_t id) {
  return put_piece(id, true, 0, 0, TACET_SPAN_EMPTY, NULL, 0);
}

/* Reads a range and compares; gives the status. */
static tacet_wire_error get(uint8_t id, uint64_t first, uint64_t len,
                            tacet_span want) {
  dlv_request *r = NULL;
  assert_int_equal(TACET_WIRE_OK, dlv_request_new(DLV_BLOB_GET, NULL, &r));
  memset(r->in.get.id, id, sizeof(r->in.get.id));
  r->in.get.first = first;
  r->in.get.len = len;
  post_call(r);
  tacet_wire_error status = r->status;
  if (status == TACET_WIRE_OK) {
    assert_span(want, tacet_buf_span(&r->answer));
    assert_int_equal(want.len, r->in.get.len);
  }
  dlv_request_free(r);
  return status;
}

static uint8_t content[3 * 1024 * 1024];

static int blobs_setup(void **state) {
  int failed = post_setup(state);
  fill_random(content, sizeof(content));
  return failed;
}

static tacet_span part(size_t from, size_t len) {
  return tacet_span_of(content + from, len);
}

static void test_pieces(void **state) {
  (void)state;
  enum { PIECE = 1024 * 1024, TOTAL = 2 * PIECE + 12345 };
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  put p = ask(1);
  assert_int_equal(TACET_WIRE_OK, p.status);
  assert_int_equal(0, p.state.total);
  p = put_piece(1, false, 0, TOTAL, part(0, PIECE), &t, 1);
  assert_int_equal(TACET_WIRE_OK, p.status);
  assert_int_equal(PIECE, p.state.received);
  assert_int_equal(TOTAL, p.state.total);
  assert_false(p.completed);
  assert_int_equal(TACET_WIRE_BLOB, get(1, 0, 10, TACET_SPAN_EMPTY));
  post_reopen(); /* taken up again, without tokens */
  assert_int_equal(PIECE, ask(1).state.received);
  p = put_piece(1, false, PIECE, TOTAL, part(PIECE, PIECE), NULL, 0);
  assert_int_equal(TACET_WIRE_OK, p.status);
  assert_false(p.completed);
  p = put_piece(1, false, 2 * PIECE, TOTAL, part(2 * PIECE, 12345), NULL, 0);
  assert_int_equal(TACET_WIRE_OK, p.status);
  assert_true(p.completed);
  assert_int_equal(TOTAL, p.state.received);
  post_reopen();
  assert_int_equal(TACET_WIRE_OK, get(1, 0, PIECE, part(0, PIECE)));
  assert_int_equal(TACET_WIRE_OK, get(1, PIECE - 5, 10, part(PIECE - 5, 10)));
  assert_int_equal(TACET_WIRE_OK, get(1, TOTAL - 1, PIECE, part(TOTAL - 1, 1)));
  assert_int_equal(TACET_WIRE_OK, /* no more than a piece at once */
                   get(1, 7, UINT64_MAX, part(7, PIECE)));
  assert_int_equal(TACET_WIRE_RANGE, get(1, TOTAL, 1, TACET_SPAN_EMPTY));
  assert_int_equal(TACET_WIRE_RANGE, get(1, UINT64_MAX, 1, TACET_SPAN_EMPTY));
  assert_int_equal(TACET_WIRE_BLOB, get(2, 0, 1, TACET_SPAN_EMPTY));
  /* The id reads it, so it stands nowhere. */
  uint8_t id[32];
  memset(id, 1, sizeof(id));
  assert_int_equal(0, post_count_raw(tacet_span_of(id, 32)));
}

static void test_conflicts(void **state) {
  (void)state;
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  put p = put_piece(1, false, 100, 1000, part(0, 100), &t, 1);
  assert_int_equal(TACET_WIRE_BLOB_CONFLICT, p.status);
  assert_int_equal(0, p.state.total);
  p = put_piece(1, false, 0, 1000, part(0, 100), &t, 1);
  assert_int_equal(TACET_WIRE_OK, p.status);
  static const struct {
    uint64_t first, total;
  } rows[] = {{0, 1000}, {99, 1000}, {101, 1000}, {100, 1001}, {100, 999}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    p = put_piece(1, false, rows[i].first, rows[i].total, part(0, 50), NULL, 0);
    assert_int_equal(TACET_WIRE_BLOB_CONFLICT, p.status);
    assert_int_equal(100, p.state.received);
    assert_int_equal(1000, p.state.total);
  }
  p = put_piece(1, false, 100, 1000, part(100, 900), NULL, 0);
  assert_true(p.completed);
  p = put_piece(1, false, 100, 1000, part(0, 900), NULL, 0);
  assert_int_equal(TACET_WIRE_BLOB_CONFLICT, p.status);
  assert_int_equal(TACET_WIRE_OK, get(1, 0, 1000, part(0, 1000)));
}

static void test_forms(void **state) {
  (void)state;
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  static const struct {
    uint64_t first, total;
    size_t len;
  } rows[] = {
      {0, 0, 0},                             /* nothing */
      {0, 0, 1},                             /* more than there is */
      {0, 10, 0},                            /* no piece */
      {0, 10, 11},                           /* beyond the end */
      {5, 10, 6},                            /* the same */
      {11, 10, 1},                           /* behind it */
      {UINT64_MAX, 10, 1},                   /* around */
      {0, TACETD_BLOB_MAX + 1ull, 1},        /* too large */
      {0, 2 * 1024 * 1024, 1024 * 1024 + 1}, /* too large a piece */
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    put p = put_piece(9, false, rows[i].first, rows[i].total,
                      part(0, rows[i].len), &t, 1);
    if (p.status != TACET_WIRE_MALFORMED) {
      fail_msg("row %zu: %d", i, p.status);
    }
  }
  assert_int_equal(0, ask(9).state.total);
}

static void test_tokens(void **state) {
  (void)state;
  enum { MIB = 1024 * 1024 };
  tacet_token t[13];
  for (int i = 0; i < 13; i++) {
    t[i] = post_token(TACET_TOKEN_DELIVERY);
  }
  put p = put_piece(1, false, 0, 1, part(0, 1), NULL, 0);
  assert_int_equal(TACET_WIRE_TOKEN_NEEDED, p.status);
  p = put_piece(1, false, 0, 8 * MIB + 1, part(0, 10), t, 1);
  assert_int_equal(TACET_WIRE_TOKEN_NEEDED, p.status);
  tacet_token twice[2] = {t[0], t[0]};
  p = put_piece(1, false, 0, 8 * MIB + 1, part(0, 10), twice, 2);
  assert_int_equal(TACET_WIRE_TOKEN, p.status);
  tacet_token bad[2] = {t[0], t[1]};
  bad[1].output[0] ^= 1;
  p = put_piece(1, false, 0, 8 * MIB + 1, part(0, 10), bad, 2);
  assert_int_equal(TACET_WIRE_TOKEN, p.status);
  p = put_piece(1, false, 0, 8 * MIB, part(0, 10), t, 2); /* one is enough */
  assert_int_equal(TACET_WIRE_OK, p.status);
  p = put_piece(2, false, 0, 100, part(0, 10), t, 1);
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, p.status);
  p = put_piece(2, false, 0, 100, part(0, 10), t + 1, 1); /* was kept */
  assert_int_equal(TACET_WIRE_OK, p.status);
  p = put_piece(3, false, 0, 88 * MIB, part(0, 10), t + 2, 11);
  assert_int_equal(TACET_WIRE_OK, p.status);
}

/* The row says what counts: bytes that came without an answer are written
 * over, and a file without a row goes at the next start. */
static void test_after_a_crash(void **state) {
  (void)state;
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  assert_int_equal(TACET_WIRE_OK,
                   put_piece(1, false, 0, 1000, part(0, 400), &t, 1).status);
  uint8_t id[32], hash[32];
  memset(id, 1, sizeof(id));
  assert_ok(dlv_hash(id, 32, hash));
  /* A piece whose row never grew: the process died in between. */
  assert_ok(dlv_blob_file_write(post, hash, 400, part(2000, 600)));
  uint8_t orphan[32];
  fill_random(orphan, 32);
  assert_ok(dlv_blob_file_write(post, orphan, 0, part(0, 100)));
  uint8_t byte;
  assert_ok(dlv_blob_file_read(post, orphan, 50, &byte, 1));
  post_reopen();
  /* The sweep is the first job of a reader: one question later it is over. */
  for (int i = 0;
       i < 500 && dlv_blob_file_read(post, orphan, 50, &byte, 1) == TACET_OK;
       i++) {
    (void)ask(1);
  }
  assert_err(TACET_ERR_NOT_FOUND,
             dlv_blob_file_read(post, orphan, 50, &byte, 1));
  assert_int_equal(400, ask(1).state.received);
  assert_int_equal(TACET_WIRE_BLOB, get(1, 0, 10, TACET_SPAN_EMPTY));
  put p = put_piece(1, false, 400, 1000, part(400, 600), NULL, 0);
  assert_true(p.completed);
  assert_int_equal(TACET_WIRE_OK, get(1, 0, 1000, part(0, 1000)));
}

static bool folder_is_empty(const uint8_t hash[32]) {
  uint8_t byte;
  return dlv_blob_file_read(post, hash, 0, &byte, 1) == TACET_ERR_NOT_FOUND;
}

static void test_expiry(void **state) {
  (void)state;
  tacet_token t[2] = {post_token(TACET_TOKEN_DELIVERY),
                      post_token(TACET_TOKEN_DELIVERY)};
  (void)put_piece(1, false, 0, 500, part(0, 500), &t[0], 1);
  (void)put_piece(2, false, 0, 501, part(0, 500), &t[1], 1);
  uint8_t id[32], whole[32], half[32];
  memset(id, 1, sizeof(id));
  assert_ok(dlv_hash(id, 32, whole));
  memset(id, 2, sizeof(id));
  assert_ok(dlv_hash(id, 32, half));
  post_days_pass(2);
  assert_int_equal(500, ask(2).state.received);
  post_days_pass(1); /* unfinished: two days */
  assert_int_equal(0, ask(2).state.total);
  assert_true(folder_is_empty(half));
  post_days_pass(42);
  assert_int_equal(TACET_WIRE_OK, get(1, 0, 500, part(0, 500)));
  post_days_pass(1); /* finished: 45 */
  assert_int_equal(TACET_WIRE_BLOB, get(1, 0, 500, TACET_SPAN_EMPTY));
  assert_true(folder_is_empty(whole));
  post_settle();
  assert_int_equal(0, post_count_raw(part(0, 32)));
  assert_int_equal(0, post_count_raw(tacet_span_of(whole, 32)));
}

/* A low disk takes no piece, also of a blob that is half there. */
static void test_low_disk(void **state) {
  (void)state;
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  assert_int_equal(TACET_WIRE_OK,
                   put_piece(1, false, 0, 900, part(0, 500), &t, 1).status);
  assert_int_equal(
      TACET_WIRE_OK,
      put_piece(1, false, 500, 900, part(500, 100), NULL, 0).status);
  post_close();
  sto_trouble why;
  const dlv_options o = {.folder = post_folder, .disk_reserve = UINT64_MAX / 2};
  assert_ok(dlv_open(&o, &why, &post));
  uint8_t id[32], hash[32], byte;
  memset(id, 1, sizeof(id));
  assert_ok(dlv_hash(id, 32, hash));
  assert_int_equal(
      TACET_WIRE_STORAGE,
      put_piece(1, false, 600, 900, part(600, 300), NULL, 0).status);
  assert_err(TACET_ERR_IO, dlv_blob_file_read(post, hash, 600, &byte, 1));
  assert_int_equal(600, ask(1).state.received);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, blobs_setup, post_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_pieces),   TEST(test_conflicts),     TEST(test_forms),
      TEST(test_tokens),   TEST(test_after_a_crash), TEST(test_expiry),
      TEST(test_low_disk),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
