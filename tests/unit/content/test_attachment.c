/* SPDX-License-Identifier: Apache-2.0
 * Files in chunks: sizes around the edges, and everything that a server could
 * do to them. */
#include "tests/support/support.h"

#include "tacet/content/attachment.h"
#include "tacet/content/envelope.h"

typedef struct sealed_file {
  tacet_attachment a;
  tacet_buf bytes;
} sealed_file;

static uint8_t byte_at(uint64_t i) { return (uint8_t)(i * 31 + i / 1000); }

static void seal_file(uint64_t size, sealed_file *f) {
  tacet_attachment_state s = {.next = 0};
  static uint8_t plain[TACET_CHUNK_LEN], out[TACET_CHUNK_SEALED_MAX];
  tacet_buf_init(&f->bytes, SIZE_MAX / 2);
  assert_ok(tacet_attachment_new(size, &f->a));
  for (uint64_t at = 0; s.next < tacet_attachment_chunks(size);) {
    size_t n = tacet_attachment_wants(&f->a, &s), len;
    for (size_t i = 0; i < n; i++) {
      plain[i] = byte_at(at++);
    }
    assert_ok(
        tacet_attachment_seal(&f->a, &s, tacet_span_of(plain, n), out, &len));
    tacet_write_bytes(&f->bytes, tacet_span_of(out, len));
  }
  assert_int_equal(f->bytes.len, tacet_attachment_sealed_size(size));
  size_t len;
  assert_err(TACET_ERR_STATE, tacet_attachment_seal(&f->a, &s, TACET_SPAN_EMPTY,
                                                    out, &len));
  memcpy(f->a.hash, s.hash, 32);
}

/* Opens all of it; true only if every byte is right. */
static tacet_err open_file(const sealed_file *f) {
  tacet_attachment_state s = {.next = 0};
  static uint8_t out[TACET_CHUNK_SEALED_MAX];
  size_t at = 0;
  uint64_t got = 0;
  for (size_t n; (n = tacet_attachment_sealed_wants(&f->a, &s)) > 0; at += n) {
    size_t len;
    if (n > f->bytes.len - at) {
      return TACET_ERR_TRUNCATED;
    }
    TACET_TRY(tacet_attachment_open(&f->a, &s,
                                    tacet_span_of(f->bytes.p + at, n), out,
                                    &len));
    for (size_t i = 0; i < len; i++) {
      assert_int_equal(out[i], byte_at(got++));
    }
  }
  assert_int_equal(got, f->a.size);
  return TACET_OK;
}

static void sizes_around_the_edges(void **state) {
  (void)state;
  static const uint64_t sizes[] = {0,     1,      255,    65535,   65536,
                                   65537, 131071, 131072, 131073, 1000000};
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    sealed_file f;
    seal_file(sizes[i], &f);
    assert_ok(open_file(&f));
    tacet_buf_free(&f.bytes);
  }
  tacet_attachment a;
  assert_err(TACET_ERR_LIMIT,
             tacet_attachment_new(TACET_ATTACHMENT_MAX + 1, &a));
}

static void what_a_server_could_do(void **state) {
  (void)state;
  sealed_file f;
  seal_file(200000, &f); /* four chunks */
  const size_t chunk = TACET_CHUNK_SEALED_MAX;
  uint8_t *copy = malloc(f.bytes.len);
  memcpy(copy, f.bytes.p, f.bytes.len);
  f.bytes.p[chunk * 2 + 9] ^= 1; /* a changed bit */
  assert_err(TACET_ERR_AUTH, open_file(&f));
  memcpy(f.bytes.p, copy, f.bytes.len);
  memcpy(f.bytes.p, copy + chunk, chunk); /* swapped chunks */
  memcpy(f.bytes.p + chunk, copy, chunk);
  assert_err(TACET_ERR_AUTH, open_file(&f));
  memcpy(f.bytes.p, copy, f.bytes.len);
  memcpy(f.bytes.p + chunk, copy, chunk); /* one twice */
  assert_err(TACET_ERR_AUTH, open_file(&f));
  memcpy(f.bytes.p, copy, f.bytes.len);
  f.a.size = 131072; /* cut at a chunk: the second is not marked as last */
  assert_err(TACET_ERR_AUTH, open_file(&f));
  f.a.size = 200000;
  f.a.hash[0] ^= 1; /* another file under the same key */
  assert_err(TACET_ERR_AUTH, open_file(&f));
  f.a.hash[0] ^= 1;
  f.a.size = 199999; /* a byte of the file taken for padding */
  assert_int_equal(tacet_padme(199999), tacet_padme(200000));
  assert_err(TACET_ERR_PADDING, open_file(&f));
  f.a.size = 200000;
  assert_ok(open_file(&f));
  free(copy);
  tacet_buf_free(&f.bytes);
}

/* A chunk of another file, under the same key or an own one, in its place. */
static void chunks_are_of_one_file(void **state) {
  (void)state;
  sealed_file f, other;
  seal_file(100000, &f);
  seal_file(100000, &other);
  memcpy(f.bytes.p, other.bytes.p, TACET_CHUNK_SEALED_MAX);
  assert_err(TACET_ERR_AUTH, open_file(&f));
  tacet_buf_free(&f.bytes);
  tacet_buf_free(&other.bytes);
}

/* Every bit of a small file, and every length but its own. */
static void a_small_file_is_whole_or_nothing(void **state) {
  (void)state;
  sealed_file f;
  static uint8_t out[TACET_CHUNK_SEALED_MAX];
  seal_file(100, &f);
  for (size_t bit = 0; bit < f.bytes.len * 8; bit++) {
    f.bytes.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_err(TACET_ERR_AUTH, open_file(&f));
    f.bytes.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  tacet_write_zeros(&f.bytes, 16);
  for (size_t n = 0; n <= f.bytes.len; n++) {
    tacet_attachment_state s = {.next = 0};
    size_t len;
    bool whole = n == tacet_attachment_sealed_wants(&f.a, &s);
    assert_err(whole ? TACET_OK : TACET_ERR_AUTH,
               tacet_attachment_open(&f.a, &s, tacet_span_of(f.bytes.p, n), out,
                                     &len));
    assert_int_equal(s.next, whole ? 1 : 0); /* a failure moves nothing */
  }
  tacet_buf_free(&f.bytes);
}

/* Sealing, too: a state that was stored gives the same bytes. */
static void sealing_goes_on_where_it_stopped(void **state) {
  (void)state;
  static uint8_t plain[TACET_CHUNK_LEN], out[TACET_CHUNK_SEALED_MAX];
  sealed_file f;
  seal_file(150000, &f);
  for (uint32_t stop = 0; stop < tacet_attachment_chunks(f.a.size); stop++) {
    tacet_attachment_state s = {.next = 0}, kept;
    size_t len, at = 0;
    for (uint64_t i = 0; s.next < tacet_attachment_chunks(f.a.size);) {
      size_t n = tacet_attachment_wants(&f.a, &s);
      for (size_t k = 0; k < n; k++) {
        plain[k] = byte_at(i++);
      }
      kept = s;
      if (s.next == stop) { /* done, but the program ended before it was kept */
        assert_ok(tacet_attachment_seal(&f.a, &s, tacet_span_of(plain, n), out,
                                        &len));
        s = kept;
      }
      assert_ok(tacet_attachment_seal(&f.a, &s, tacet_span_of(plain, n), out,
                                      &len));
      assert_memory_equal(out, f.bytes.p + at, len);
      at += len;
    }
    assert_memory_equal(s.hash, f.a.hash, 32);
  }
  tacet_buf_free(&f.bytes);
}

static void a_wrong_piece_is_refused(void **state) {
  (void)state;
  static uint8_t plain[100], out[TACET_CHUNK_SEALED_MAX];
  tacet_attachment a;
  tacet_attachment_state s = {.next = 0};
  size_t len;
  assert_ok(tacet_attachment_new(50, &a));
  for (size_t n = 0; n <= sizeof(plain); n++) {
    if (n != 50) {
      assert_err(TACET_ERR_ARGUMENT,
                 tacet_attachment_seal(&a, &s, tacet_span_of(plain, n), out,
                                       &len));
    }
  }
  assert_int_equal(s.next, 0);
}

static void work_goes_on_where_it_stopped(void **state) {
  (void)state;
  sealed_file f;
  seal_file(150000, &f);
  tacet_attachment_state s = {.next = 0}, kept;
  static uint8_t out[TACET_CHUNK_SEALED_MAX];
  size_t len;
  assert_ok(tacet_attachment_open(
      &f.a, &s, tacet_span_of(f.bytes.p, TACET_CHUNK_SEALED_MAX), out, &len));
  kept = s; /* stored, and the program ends */
  tacet_span second =
      tacet_span_of(f.bytes.p + TACET_CHUNK_SEALED_MAX, TACET_CHUNK_SEALED_MAX);
  assert_ok(tacet_attachment_open(&f.a, &kept, second, out, &len));
  assert_int_equal(out[0], byte_at(TACET_CHUNK_LEN));
  tacet_buf_free(&f.bytes);
}

static void padding_hides_the_size(void **state) {
  (void)state;
  uint64_t last = 0;
  for (uint64_t n = 0; n < 200000; n++) {
    uint64_t padded = tacet_padme(n), bucket = tacet_bucket(n);
    assert_true(padded >= n && padded >= last);
    assert_true(padded <= n + n / 8 + 1);
    assert_int_equal(tacet_padme(padded), padded); /* already full */
    assert_true(bucket >= n && bucket >= 256);
    assert_int_equal(tacet_bucket(bucket), bucket);
    last = padded;
  }
  assert_int_equal(tacet_bucket(257), 512);
  assert_int_equal(tacet_bucket(65536), 65536);
  assert_int_equal(tacet_padme(100u << 20), 100u << 20);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_around_the_edges),
      cmocka_unit_test(what_a_server_could_do),
      cmocka_unit_test(chunks_are_of_one_file),
      cmocka_unit_test(a_small_file_is_whole_or_nothing),
      cmocka_unit_test(sealing_goes_on_where_it_stopped),
      cmocka_unit_test(a_wrong_piece_is_refused),
      cmocka_unit_test(work_goes_on_where_it_stopped),
      cmocka_unit_test(padding_hides_the_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
