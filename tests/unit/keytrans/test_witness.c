/* SPDX-License-Identifier: Apache-2.0
 * A witness: every status of add-checkpoint, and that it never cosigns two
 * histories. */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tacet/keytrans/witness.h"

#define N 40
#define TIME 1764000000

static tacet_secret log_private, other_private, witness_private;
static tacet_note_key log_key, other_key, witness_key;
static tacet_tlog_hash nodes[2][7][N], roots[2][N + 1]; /* two histories */

typedef struct source {
  int history;
} source;

static tacet_err put(void *ctx, unsigned level, uint64_t index,
                     const tacet_tlog_hash *node) {
  nodes[((source *)ctx)->history][level][index] = *node;
  return TACET_OK;
}

static tacet_err get(void *ctx, unsigned level, uint64_t index,
                     tacet_tlog_hash *node) {
  *node = nodes[((source *)ctx)->history][level][index];
  return TACET_OK;
}

static void make_key(const char *name, uint8_t type, tacet_secret *private_key,
                     tacet_note_key *key) {
  uint8_t public_key[32];
  assert_ok(tacet_sig_ed25519.generate(private_key, public_key));
  assert_ok(tacet_note_key_make(tacet_span_str(name), type, public_key, key));
}

/* The histories part at entry 20. */
static int set_up(void **state) {
  (void)state;
  if (tacet_crypto_init() != TACET_OK) {
    return -1;
  }
  make_key("log.example", TACET_NOTE_ED25519, &log_private, &log_key);
  make_key("log.example", TACET_NOTE_ED25519, &other_private, &other_key);
  make_key("witness.example", TACET_NOTE_COSIGNATURE, &witness_private,
           &witness_key);
  for (int h = 0; h < 2; h++) {
    source s = {h};
    const tacet_tlog_sink sink = {put, &s};
    tacet_tlog_frontier f = {.size = 0};
    for (size_t i = 0; i <= N; i++) {
      uint8_t entry[2] = {(uint8_t)i, i < 20 ? 0 : (uint8_t)h};
      tacet_tlog_hash leaf;
      assert_ok(tacet_tlog_frontier_root(&f, &roots[h][i]));
      assert_ok(tacet_tlog_leaf(tacet_span_of(entry, 2), &leaf));
      if (i < N) {
        assert_ok(tacet_tlog_append(&f, &leaf, &sink));
      }
    }
  }
  return 0;
}

static void make_note(uint64_t size, const tacet_tlog_hash *root,
                      const tacet_note_key *key,
                      const tacet_secret *private_key, tacet_buf *out) {
  TACET_BUF(line, TACET_NOTE_MAX);
  tacet_checkpoint c = {
      .origin = tacet_span_str("log.example"), .size = size, .root = *root};
  tacet_checkpoint_write(&c, out);
  assert_ok(tacet_note_sign(tacet_buf_span(out), key, private_key, 0, &line));
  tacet_write_u8(out, '\n');
  tacet_write_bytes(out, tacet_buf_span(&line));
}

/* Sends size `to` of a history, with the proof from `proof_from`, to a witness
 * that remembers `from` of history 0, and gives its status. */
static tacet_witness_status ask(uint64_t remembered, uint64_t old_size,
                                uint64_t proof_from, int history, uint64_t to,
                                tacet_tlog_head *next) {
  source s = {history};
  const tacet_tlog_source log = {get, &s};
  tacet_tlog_proof proof = {.n = 0};
  tacet_witness_request r;
  tacet_witness_status status;
  tacet_tlog_head memory = {remembered, roots[0][remembered]};
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(body, TACET_WITNESS_BODY_MAX);
  if (proof_from <= to) {
    assert_ok(tacet_tlog_prove_consistency(&log, proof_from, to, &proof));
  }
  make_note(to, &roots[history][to], &log_key, &log_private, &note);
  tacet_witness_write(old_size, &proof, tacet_buf_span(&note), &body);
  assert_ok(tacet_witness_read(tacet_buf_span(&body), &r));
  assert_span(tacet_span_str("log.example"), r.checkpoint.origin);
  assert_ok(tacet_witness_judge(&r, &log_key, 1, &memory, next, &status));
  return status;
}

static void what_continues_is_cosigned(void **state) {
  (void)state;
  for (uint64_t from = 0; from <= N; from++) {
    for (uint64_t to = from; to <= N; to++) {
      tacet_tlog_head next = {0};
      assert_int_equal(ask(from, from, from, 0, to, &next), TACET_WITNESS_OK);
      assert_int_equal(next.size, to);
      assert_true(tacet_tlog_equal(&next.root, &roots[0][to]));
    }
  }
}

static void what_forks_is_not(void **state) {
  (void)state;
  for (uint64_t from = 0; from <= N; from++) {
    for (uint64_t to = from; to <= N; to++) {
      tacet_tlog_head next = {0};
      bool same = to <= 20 || from <= 20;
      tacet_witness_status s = ask(from, from, from, 1, to, &next);
      assert_int_equal(s, same ? TACET_WITNESS_OK : TACET_WITNESS_INCONSISTENT);
      assert_true(same || next.size == 0); /* nothing is to be remembered */
    }
  }
}

static void statuses(void **state) {
  (void)state;
  tacet_tlog_head next = {0};
  assert_int_equal(ask(10, 9, 9, 0, 20, &next), TACET_WITNESS_CONFLICT);
  assert_int_equal(ask(10, 0, 0, 0, 20, &next), TACET_WITNESS_CONFLICT);
  assert_int_equal(ask(10, 11, 11, 0, 20, &next), TACET_WITNESS_CONFLICT);
  assert_int_equal(ask(10, 12, 12, 0, 11, &next), TACET_WITNESS_MALFORMED);
  assert_int_equal(ask(30, 30, 30, 0, 10, &next), TACET_WITNESS_MALFORMED);
  assert_int_equal(ask(10, 10, 9, 0, 20, &next), TACET_WITNESS_INCONSISTENT);
  /* A proof where none belongs. */
  assert_int_equal(ask(0, 0, 3, 0, 20, &next), TACET_WITNESS_INCONSISTENT);
  assert_int_equal(ask(20, 20, 19, 0, 20, &next), TACET_WITNESS_INCONSISTENT);
  assert_int_equal(next.size, 0);
}

static tacet_witness_status judged(const tacet_buf *note,
                                   const tacet_note_key *keys, size_t n) {
  tacet_tlog_proof none = {.n = 0};
  tacet_witness_request r;
  tacet_witness_status status;
  tacet_tlog_head memory = {0}, next;
  TACET_BUF(body, TACET_WITNESS_BODY_MAX);
  tacet_witness_write(0, &none, tacet_buf_span(note), &body);
  assert_ok(tacet_witness_read(tacet_buf_span(&body), &r));
  assert_ok(tacet_witness_judge(&r, keys, n, &memory, &next, &status));
  return status;
}

static void only_the_logs_own_signature_counts(void **state) {
  (void)state;
  tacet_note_key both[] = {log_key, other_key}, wrong;
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(empty, TACET_NOTE_MAX);
  make_note(5, &roots[0][5], &other_key, &other_private, &note);
  assert_int_equal(judged(&note, &log_key, 1), TACET_WITNESS_FORBIDDEN);
  assert_int_equal(judged(&note, both, 2), TACET_WITNESS_OK); /* a new key */
  wrong = log_key;
  wrong.id = other_key.id;
  assert_int_equal(judged(&note, &wrong, 1), TACET_WITNESS_FORBIDDEN);
  make_note(0, &roots[0][0], &log_key, &log_private, &empty);
  assert_int_equal(judged(&empty, &log_key, 1), TACET_WITNESS_OK);
  tacet_buf_clear(&empty);
  make_note(0, &roots[0][1], &log_key, &log_private, &empty);
  assert_int_equal(judged(&empty, &log_key, 1), TACET_WITNESS_INCONSISTENT);
}

static void the_cosignature_verifies(void **state) {
  (void)state;
  tacet_tlog_proof none = {.n = 0};
  tacet_witness_request r;
  tacet_note cosigned;
  uint64_t time;
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(body, TACET_WITNESS_BODY_MAX);
  TACET_BUF(line, TACET_NOTE_MAX);
  make_note(5, &roots[0][5], &log_key, &log_private, &note);
  tacet_witness_write(0, &none, tacet_buf_span(&note), &body);
  assert_ok(tacet_witness_read(tacet_buf_span(&body), &r));
  assert_err(
      TACET_ERR_ARGUMENT,
      tacet_witness_cosign(&r, &witness_key, &witness_private, 0, &line));
  assert_err(TACET_ERR_ARGUMENT,
             tacet_witness_cosign(&r, &log_key, &log_private, TIME, &line));
  assert_ok(
      tacet_witness_cosign(&r, &witness_key, &witness_private, TIME, &line));
  tacet_write_bytes(&note, tacet_buf_span(&line)); /* as the log does */
  assert_ok(tacet_note_parse(tacet_buf_span(&note), &cosigned));
  assert_ok(tacet_note_verify(&cosigned, &witness_key, &time));
  assert_int_equal(time, TIME);
}

#define NOTE                                                                   \
  "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"           \
  "\xe2\x80\x94 k AAAAAAA=\n"
#define HASH "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

static void bodies(void **state) {
  (void)state;
  static const struct {
    const char *body;
    tacet_err want;
  } rows[] = {
      {"old 0\n\n" NOTE, TACET_OK},
      {"old 0\n" HASH HASH "\n" NOTE, TACET_OK},
      {"", TACET_ERR_ENCODING},
      {"old 0", TACET_ERR_ENCODING},
      {"old 0\n", TACET_ERR_ENCODING},
      {"old 0\n\n", TACET_ERR_ENCODING},
      {"old 00\n\n" NOTE, TACET_ERR_ENCODING},
      {"old -1\n\n" NOTE, TACET_ERR_ENCODING},
      {"old  0\n\n" NOTE, TACET_ERR_ENCODING},
      {"old\n\n" NOTE, TACET_ERR_ENCODING},
      {"new 0\n\n" NOTE, TACET_ERR_ENCODING},
      {"old 0\n" NOTE, TACET_ERR_ENCODING},
      {"old 0\nAAAA\n\n" NOTE, TACET_ERR_ENCODING},
      {"old 0\n" HASH NOTE, TACET_ERR_ENCODING},
  };
  tacet_witness_request r;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_err e = tacet_witness_read(tacet_span_str(rows[i].body), &r);
    if (e != rows[i].want) {
      fail_msg("row %zu: %s", i, tacet_err_name(e));
    }
  }
  TACET_BUF(b, 1 << 20);
  for (size_t n = 63; n <= 64; n++) {
    tacet_buf_clear(&b);
    tacet_write_bytes(&b, tacet_span_str("old 0\n"));
    for (size_t i = 0; i < n; i++) {
      tacet_write_bytes(&b, tacet_span_str(HASH));
    }
    tacet_write_bytes(&b, tacet_span_str("\n" NOTE));
    assert_err(n == 63 ? TACET_OK : TACET_ERR_LIMIT,
               tacet_witness_read(tacet_buf_span(&b), &r));
  }
  tacet_write_zeros(&b, TACET_WITNESS_BODY_MAX);
  assert_err(TACET_ERR_LIMIT, tacet_witness_read(tacet_buf_span(&b), &r));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_continues_is_cosigned),
      cmocka_unit_test(what_forks_is_not),
      cmocka_unit_test(statuses),
      cmocka_unit_test(only_the_logs_own_signature_counts),
      cmocka_unit_test(the_cosignature_verifies),
      cmocka_unit_test(bodies),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
