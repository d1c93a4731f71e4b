/* SPDX-License-Identifier: Apache-2.0
 * Backups: what is written is read; what was changed in one bit, cut, prolonged
 * or put in another order is not. And docs/protocol/vectors/backup.json, which
 * was made apart from this code, in another language. */
#include "tests/support/support.h"

#include <jansson.h>
#include <string.h>

#include "tacet/content/backup.h"
#include "tacet/crypto.h"
#include "tacet/crypto/pwhash.h"

#define VECTORS "docs/protocol/vectors/backup.json"

static tacet_backup_stream fresh(void) {
  tacet_backup_head head = {.passes = 1, .memory = 8};
  tacet_backup_stream s;
  TACET_SECRET(key);
  key.len = 32;
  memset(key.b, 7, key.len);
  memset(head.prefix, 9, sizeof(head.prefix));
  assert_ok(tacet_backup_stream_start(&head, &key, &s));
  return s;
}

/* ---- chunks ---- */

#define N 3
static uint8_t sealed[N][TACET_BACKUP_SEALED_MAX];
static const size_t lens[N] = {TACET_BACKUP_SEALED_MAX, TACET_BACKUP_SEALED_MAX,
                               100 + 16};

static void seal_three(void) {
  tacet_backup_stream s = fresh();
  for (size_t i = 0; i < N; i++) {
    memset(sealed[i], (int)i, lens[i] - 16);
    assert_ok(tacet_backup_seal(&s, tacet_span_of(sealed[i], lens[i] - 16),
                                i + 1 == N, sealed[i]));
  }
  assert_err(TACET_ERR_STATE,
             tacet_backup_seal(&s, TACET_SPAN_EMPTY, true, sealed[0]));
}

/* Opens chunk `which` as the i-th one. */
static tacet_err open_as(tacet_backup_stream *s, size_t which, bool last) {
  static uint8_t out[TACET_BACKUP_SEALED_MAX];
  tacet_err e = tacet_backup_open(s, tacet_span_of(sealed[which], lens[which]),
                                  last, out);
  if (e == TACET_OK) {
    for (size_t i = 0; i < lens[which] - 16; i++) {
      assert_int_equal(out[i], which);
    }
  }
  return e;
}

static void test_chunks(void **state) {
  (void)state;
  static uint8_t out[TACET_BACKUP_SEALED_MAX];
  seal_three();
  tacet_backup_stream s = fresh();
  assert_err(TACET_ERR_AUTH, open_as(&s, 1, false)); /* order */
  assert_err(TACET_ERR_AUTH, open_as(&s, 0, true));  /* cut after it */
  assert_ok(open_as(&s, 0, false));
  assert_err(TACET_ERR_AUTH, open_as(&s, 0, false)); /* twice */
  assert_err(TACET_ERR_AUTH, open_as(&s, 2, true));  /* left out */
  assert_ok(open_as(&s, 1, false));
  assert_err(TACET_ERR_AUTH, open_as(&s, 2, false)); /* prolonged */
  assert_err(TACET_ERR_AUTH,
             tacet_backup_open(&s, tacet_span_of(sealed[2], 15), true, out));
  for (size_t i = 0; i < lens[2]; i++) {
    for (int bit = 0; bit < 8; bit++) {
      sealed[2][i] ^= (uint8_t)(1 << bit);
      assert_err(TACET_ERR_AUTH, open_as(&s, 2, true));
      sealed[2][i] ^= (uint8_t)(1 << bit);
    }
  }
  assert_ok(open_as(&s, 2, true));
  assert_err(TACET_ERR_STATE, open_as(&s, 2, true));
  tacet_backup_stream_wipe(&s);
}

/* The header is bound to every chunk. */
static void test_head(void **state) {
  (void)state;
  tacet_backup_head h = {.passes = 3, .memory = 65536}, read;
  TACET_BUF(w, 100);
  seal_three();
  for (size_t i = 0; i < TACET_BACKUP_HEAD_LEN; i++) {
    tacet_backup_stream s = fresh();
    s.head[i] ^= 1;
    assert_err(TACET_ERR_AUTH, open_as(&s, 0, false));
  }
  memset(h.salt, 1, sizeof(h.salt));
  memset(h.prefix, 2, sizeof(h.prefix));
  tacet_backup_head_write(&w, &h);
  assert_ok(w.err);
  assert_int_equal(w.len, TACET_BACKUP_HEAD_LEN);
  for (size_t n = 0; n < w.len; n++) {
    assert_true(tacet_backup_head_parse(tacet_span_of(w.p, n), &read) !=
                TACET_OK);
  }
  assert_ok(tacet_backup_head_parse(tacet_buf_span(&w), &read));
  assert_memory_equal(&read, &h, sizeof(h));
  w.p[12] = 2;
  assert_err(TACET_ERR_VERSION,
             tacet_backup_head_parse(tacet_buf_span(&w), &read));
  w.p[12] = 1;
  w.p[0] ^= 1;
  assert_err(TACET_ERR_ENCODING,
             tacet_backup_head_parse(tacet_buf_span(&w), &read));
}

/* ---- records ---- */

static tacet_backup_record samples[6];

static void fill(uint8_t *p, size_t len, int with) {
  memset(p, with, len);
}

static void make_samples(tacet_buf *parts) {
  static const uint8_t members[64] = {4};
  tacet_backup_part part = {.name = TACET_SPAN_LIT("r\xc3\xa9sum\xc3\xa9"),
                            .type = TACET_SPAN_LIT("text/plain"),
                            .size = 77,
                            .reference = TACET_SPAN_LIT("reference")};
  tacet_backup_part_write(parts, &part);
  assert_ok(parts->err);
  memset(samples, 0, sizeof(samples));
  for (size_t i = 0; i < 6; i++) {
    samples[i].type = (tacet_backup_type)(i + 1);
  }
  samples[0].u.owner.made_at = 12345;
  samples[0].u.owner.handle = TACET_SPAN_LIT("alice@example.org");
  fill(samples[0].u.owner.account, 32, 1);
  samples[1].u.person =
      (tacet_backup_person){.flags = TACET_BACKUP_PERSON_FLAGS,
                            .met_at = 9,
                            .manifests = TACET_SPAN_LIT("\x03"
                                                        "abc"
                                                        "\x02"
                                                        "de")};
  samples[2].u.rival = TACET_SPAN_LIT("a manifest");
  samples[3].u.talk =
      (tacet_backup_talk){.group = true,
                          .state = TACET_BACKUP_REMOVED,
                          .name = TACET_SPAN_LIT("night shift"),
                          .made_at = 1,
                          .active_at = 2,
                          .members = tacet_span_of(members, 64)};
  samples[4].u.message =
      (tacet_backup_message){.flags = TACET_BACKUP_MESSAGE_FLAGS,
                             .delivery = 2,
                             .sent_at = 5,
                             .received_at = 6,
                             .expires_at = 7,
                             .read_at = 9,
                             .expires_after = 8,
                             .text = TACET_SPAN_LIT("hello"),
                             .reply_to = tacet_span_of(members, 32),
                             .parts = tacet_buf_span(parts)};
  samples[5].u.end =
      (tacet_backup_end){.n_people = 1, .n_talks = 1, .n_messages = 1};
  fill(samples[5].u.end.signature, 64, 3);
}

static void test_records(void **state) {
  (void)state;
  TACET_BUF(parts, 1000);
  make_samples(&parts);
  for (size_t i = 0; i < 6; i++) {
    TACET_BUF(w, 1000);
    TACET_BUF(again, 1000);
    tacet_backup_record r;
    size_t used = 0;
    tacet_backup_record_write(&w, &samples[i]);
    assert_ok(w.err);
    for (size_t n = 0; n < w.len; n++) {
      assert_err(TACET_ERR_TRUNCATED,
                 tacet_backup_record_read(tacet_span_of(w.p, n), &r, &used));
    }
    size_t len = w.len;
    tacet_write_u8(&w, 0); /* what follows is not looked at */
    assert_ok(tacet_backup_record_read(tacet_buf_span(&w), &r, &used));
    assert_int_equal(used, len);
    tacet_backup_record_write(&again, &r);
    assert_true(
        tacet_span_equal(tacet_buf_span(&again), tacet_span_of(w.p, len)));
    /* Its own length one less or more: it is no record. */
    if (w.p[1] < 0x3f) {
      w.p[1]++;
      assert_true(tacet_backup_record_read(tacet_buf_span(&w), &r, &used) !=
                      TACET_OK ||
                  i == 2);
    }
  }
}

static void test_refused_records(void **state) {
  (void)state;
  static const uint8_t bad_utf8[] = {0xff};
  TACET_BUF(parts, 1000);
  make_samples(&parts);
  enum { CASES = 10 };
  for (int n = 0; n < CASES; n++) {
    tacet_backup_record t = samples[3], m = samples[4], p = samples[1];
    tacet_backup_record *r = n < 5 ? &t : n < 8 ? &m : &p;
    t.u.talk.state = n == 0 ? 0 : n == 1 ? 5 : t.u.talk.state;
    t.u.talk.members.len = n == 2 ? 33 : 64;
    t.u.talk.group = n != 3;
    t.u.talk.name = n == 4 ? tacet_span_of(bad_utf8, 1) : t.u.talk.name;
    m.u.message.delivery = n == 5 ? 3 : 0;
    m.u.message.reply_to.len = n == 6 ? 31 : 0;
    m.u.message.parts.len -= n == 7;
    p.u.person.flags = n == 8 ? 0x40 : 0;
    p.u.person.manifests.len = n == 9 ? 0 : p.u.person.manifests.len;
    TACET_BUF(w, 1000);
    size_t used;
    tacet_backup_record out;
    tacet_backup_record_write(&w, r);
    assert_ok(w.err);
    assert_err(TACET_ERR_ENCODING,
               tacet_backup_record_read(tacet_buf_span(&w), &out, &used));
  }
  static const uint8_t unknown[] = {7, 0},
                       large[] = {5, 0xbf, 0xff, 0xff, 0xff};
  size_t used;
  tacet_backup_record out;
  assert_err(TACET_ERR_UNKNOWN_TYPE,
             tacet_backup_record_read(tacet_span_of(unknown, 2), &out, &used));
  assert_err(TACET_ERR_LIMIT,
             tacet_backup_record_read(tacet_span_of(large, 5), &out, &used));
}

static void test_signature(void **state) {
  (void)state;
  TACET_SECRET(key);
  uint8_t public_key[32], h[32] = {0};
  tacet_backup_end end = {.n_people = 3, .manifest = 2};
  assert_ok(tacet_sig_ed25519.generate(&key, public_key));
  assert_ok(tacet_backup_hash(h, TACET_SPAN_LIT("record")));
  assert_ok(tacet_backup_sign(&end, h, &key));
  assert_ok(tacet_backup_verify(&end, h, public_key));
  for (int n = 0; n < 7; n++) {
    tacet_backup_end e = end;
    uint8_t other[32];
    memcpy(other, h, 32);
    e.n_people += n == 0;
    e.n_talks += n == 1;
    e.n_messages += n == 2;
    e.manifest += n == 3;
    e.device[0] ^= (uint8_t)(n == 4);
    e.signature[0] ^= (uint8_t)(n == 5);
    other[0] ^= (uint8_t)(n == 6);
    assert_err(TACET_ERR_AUTH, tacet_backup_verify(&e, other, public_key));
  }
}

/* ---- made elsewhere ---- */

static tacet_span hex_of(const json_t *o, const char *key) {
  const char *hex = json_string_value(json_object_get(o, key));
  assert_non_null(hex);
  return test_hex(hex);
}

static void test_vectors(void **state) {
  (void)state;
  json_t *o = json_load_file(VECTORS, 0, NULL);
  assert_non_null(o);
  tacet_span file = hex_of(o, "file"), records = hex_of(o, "records"),
             device_key = hex_of(o, "device_public");
  const char *passphrase = json_string_value(json_object_get(o, "passphrase"));
  tacet_backup_head head;
  TACET_SECRET(key);
  tacet_backup_stream s;
  TACET_BYTES(plain);
  assert_ok(tacet_backup_head_parse(
      tacet_span_of(file.p, TACET_BACKUP_HEAD_LEN), &head));
  assert_ok(tacet_pwhash(tacet_span_str(passphrase),
                         tacet_span_of(head.salt, sizeof(head.salt)),
                         head.passes, head.memory, &key));
  assert_ok(tacet_backup_stream_start(&head, &key, &s));
  tacet_span chunk = {file.p + TACET_BACKUP_HEAD_LEN,
                      file.len - TACET_BACKUP_HEAD_LEN};
  assert_ok(tacet_bytes_new(&plain, chunk.len - 16));
  assert_ok(tacet_backup_open(&s, chunk, true, plain.p));
  assert_true(tacet_span_equal(tacet_span_of(plain.p, records.len), records));
  for (size_t i = records.len; i < plain.len; i++) {
    assert_int_equal(plain.p[i], 0);
  }
  uint8_t h[32] = {0};
  size_t types[7] = {0};
  for (tacet_span in = records; in.len > 0;) {
    tacet_backup_record r;
    TACET_BUF(again, 4096);
    size_t used;
    assert_ok(tacet_backup_record_read(in, &r, &used));
    tacet_backup_record_write(&again, &r);
    assert_true(
        tacet_span_equal(tacet_buf_span(&again), tacet_span_of(in.p, used)));
    types[r.type]++;
    if (r.type == TACET_BACKUP_END) {
      assert_ok(tacet_backup_verify(&r.u.end, h, device_key.p));
    }
    assert_ok(tacet_backup_hash(h, tacet_span_of(in.p, used)));
    in.p += used;
    in.len -= used;
  }
  for (size_t i = 1; i < 7; i++) {
    assert_true(types[i] > 0);
  }
  tacet_backup_stream_wipe(&s);
  test_hex_free(file);
  test_hex_free(records);
  test_hex_free(device_key);
  json_decref(o);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_chunks),    cmocka_unit_test(test_head),
      cmocka_unit_test(test_records),   cmocka_unit_test(test_refused_records),
      cmocka_unit_test(test_signature), cmocka_unit_test(test_vectors),
  };
  return tacet_crypto_init() == TACET_OK
             ? cmocka_run_group_tests(tests, NULL, NULL)
             : 1;
}
