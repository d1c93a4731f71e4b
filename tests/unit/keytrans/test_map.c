/* SPDX-License-Identifier: Apache-2.0
 * The prefix tree beside its definition over a sorted list, its proofs, and
 * what they must not show. */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tacet/keytrans/map.h"

#define N 300

static tacet_map_hash keys[N], values[N];

static int set_up(void **state) {
  (void)state;
  if (tacet_crypto_init() != TACET_OK) {
    return -1;
  }
  for (size_t i = 0; i < N; i++) {
    uint8_t seed[] = {(uint8_t)i, (uint8_t)(i >> 8), 'k'};
    tacet_span s = tacet_span_of(seed, 3);
    assert_ok(tacet_hash_sha256.digest(&s, 1, keys[i].b));
    seed[2] = 'v';
    assert_ok(tacet_hash_sha256.digest(&s, 1, values[i].b));
  }
  /* Some that part late: at the last bit, in the middle, at a byte's border. */
  keys[N - 1] = keys[N - 2];
  keys[N - 1].b[31] ^= 1;
  keys[N - 3] = keys[N - 4];
  keys[N - 3].b[15] ^= 0x10;
  keys[N - 5] = keys[N - 6];
  keys[N - 5].b[2] ^= 0x80;
  return 0;
}

/* The definition: of the keys in the list that have this prefix. */
static tacet_map_hash defined(const size_t *list, size_t n, size_t depth) {
  tacet_map_hash out = {{0}}, half[2];
  if (n == 0) {
    return out;
  }
  if (n == 1) {
    const uint8_t kind = 2;
    const tacet_span parts[] = {tacet_span_of(&kind, 1),
                                tacet_span_of(keys[list[0]].b, 32),
                                tacet_span_of(values[list[0]].b, 32)};
    assert_ok(tacet_hash_sha256.digest(parts, 3, out.b));
    return out;
  }
  for (unsigned bit = 0; bit < 2; bit++) {
    size_t part[N], n_part = 0;
    for (size_t i = 0; i < n; i++) {
      if (((unsigned)keys[list[i]].b[depth / 8] >> (7 - depth % 8) & 1u) ==
          bit) {
        part[n_part++] = list[i];
      }
    }
    half[bit] = defined(part, n_part, depth + 1);
  }
  const uint8_t kind = 3;
  const tacet_span parts[] = {tacet_span_of(&kind, 1),
                              tacet_span_of(half[0].b, 32),
                              tacet_span_of(half[1].b, 32)};
  assert_ok(tacet_hash_sha256.digest(parts, 3, out.b));
  return out;
}

static void the_root_is_the_defined_one(void **state) {
  (void)state;
  tacet_map *m = NULL;
  size_t list[N];
  tacet_map_hash root;
  assert_ok(tacet_map_new(&m));
  for (size_t n = 0; n <= N; n++) {
    if (n < 20 || n % 50 == 0) { /* and in between many changes at once */
      tacet_map_hash want = defined(list, n, 0);
      assert_ok(tacet_map_root(m, &root));
      assert_memory_equal(root.b, want.b, 32);
    }
    assert_int_equal(tacet_map_size(m), n);
    if (n < N) {
      assert_false(tacet_map_has(m, &keys[n]));
      assert_ok(tacet_map_insert(m, &keys[n], &values[n]));
      assert_true(tacet_map_has(m, &keys[n]));
      assert_err(TACET_ERR_EXISTS, tacet_map_insert(m, &keys[n], &values[0]));
      list[n] = n;
    }
  }
  tacet_map_free(m);
  /* The order of insertion does not matter. */
  assert_ok(tacet_map_new(&m));
  for (size_t n = N; n-- > 0;) {
    assert_ok(tacet_map_insert(m, &keys[n], &values[n]));
  }
  tacet_map_hash again;
  assert_ok(tacet_map_root(m, &again));
  assert_memory_equal(again.b, root.b, 32);
  tacet_map_free(m);
}

/* Backwards and forwards through every size: as if the others had never come.
 */
static void what_is_taken_back_was_never_there(void **state) {
  (void)state;
  static tacet_map_hash roots[N + 1];
  tacet_map *m = NULL;
  tacet_map_hash root, key, value;
  assert_ok(tacet_map_new(&m));
  assert_ok(tacet_map_root(m, &roots[0]));
  for (size_t n = 0; n < N; n++) {
    assert_ok(tacet_map_insert(m, &keys[n], &values[n]));
    assert_ok(tacet_map_root(m, &roots[n + 1]));
    tacet_map_at(m, n, &key, &value);
    assert_memory_equal(key.b, keys[n].b, 32);
    assert_memory_equal(value.b, values[n].b, 32);
  }
  tacet_map_truncate(m, N + 1);
  assert_int_equal(tacet_map_size(m), N);
  unsigned dice = 1;
  size_t n = N;
  for (unsigned round = 0; round < 400; round++) {
    dice = dice * 1103515245u + 12345u;
    size_t to = round == 0 ? 0 : round == 1 ? N : (dice >> 16) % (N + 1);
    tacet_map_truncate(m, to);
    for (n = (size_t)tacet_map_size(m); n < to; n++) {
      assert_false(tacet_map_has(m, &keys[n]));
      assert_ok(tacet_map_insert(m, &keys[n], &values[n]));
    }
    assert_int_equal(tacet_map_size(m), to);
    assert_ok(tacet_map_root(m, &root));
    assert_memory_equal(root.b, roots[to].b, 32);
  }
  tacet_map_free(m);
}

/* Through its bytes, to the last one. */
static void round_trip(tacet_map_proof *p) {
  TACET_BUF(b, 1 << 16);
  tacet_map_proof back;
  tacet_map_proof_write(p, &b);
  for (size_t cut = 0; cut <= b.len; cut += cut + 80 < b.len ? 17 : 1) {
    tacet_err err = TACET_OK;
    tacet_reader r = tacet_reader_over(tacet_span_of(b.p, cut), &err);
    tacet_map_proof_read(&r, &back);
    tacet_read_end(&r);
    assert_err(cut == b.len ? TACET_OK : TACET_ERR_TRUNCATED, err);
  }
  assert_memory_equal(&back, p, sizeof(back));
}

static void no_change_passes(const tacet_map_hash *root,
                             const tacet_map_hash *key,
                             const tacet_map_proof *good) {
  tacet_map_proof p = *good;
  for (size_t i = 0; i < p.depth; i++) {
    p.siblings[i].b[i % 32] ^= 4;
    assert_err(TACET_ERR_AUTH, tacet_map_verify(root, key, &p));
    p.siblings[i].b[i % 32] ^= 4;
  }
  for (int end = TACET_MAP_NOTHING; end <= TACET_MAP_FOUND; end++) {
    p.end = (tacet_map_end)end;
    if (p.end != good->end) {
      assert_err(TACET_ERR_AUTH, tacet_map_verify(root, key, &p));
    }
  }
  p = *good;
  if (p.end != TACET_MAP_NOTHING) {
    p.value.b[31] ^= 1;
    assert_err(TACET_ERR_AUTH, tacet_map_verify(root, key, &p));
    p.value.b[31] ^= 1;
  }
  if (p.depth > 0) {
    p.depth--;
    assert_err(TACET_ERR_AUTH, tacet_map_verify(root, key, &p));
  }
  p.depth = good->depth + 1;
  assert_err(TACET_ERR_AUTH, tacet_map_verify(root, key, &p));
  p.depth = TACET_MAP_DEPTH_MAX + 1;
  assert_err(TACET_ERR_AUTH, tacet_map_verify(root, key, &p));
}

static void proofs_show_one_thing(void **state) {
  (void)state;
  tacet_map *m = NULL;
  assert_ok(tacet_map_new(&m));
  bool met[3] = {false};
  for (size_t n = 0; n < N; n++) {
    tacet_map_hash root;
    tacet_map_proof p;
    assert_ok(tacet_map_insert(m, &keys[n], &values[n]));
    if (n > 8 && n % 37 != 0 && n != N - 1) {
      continue;
    }
    assert_ok(tacet_map_root(m, &root));
    for (size_t i = 0; i < N; i += i < n && i % 5 != 0 ? 3 : 1) {
      assert_ok(tacet_map_prove(m, &keys[i], &p));
      assert_int_equal(p.end == TACET_MAP_FOUND, i <= n);
      assert_ok(tacet_map_verify(&root, &keys[i], &p));
      met[p.end] = true;
      no_change_passes(&root, &keys[i], &p);
      if (i % 20 == 0) {
        round_trip(&p);
      }
    }
  }
  assert_true(met[0] && met[1] && met[2]);
  tacet_map_free(m);
}

static void the_empty_map(void **state) {
  (void)state;
  tacet_map *m = NULL;
  tacet_map_hash root;
  tacet_map_proof p;
  const tacet_map_hash zero = {{0}};
  assert_ok(tacet_map_new(&m));
  assert_ok(tacet_map_root(m, &root));
  assert_memory_equal(root.b, zero.b, 32);
  assert_ok(tacet_map_prove(m, &keys[0], &p));
  assert_int_equal(p.end, TACET_MAP_NOTHING);
  assert_ok(tacet_map_verify(&root, &keys[0], &p));
  assert_err(TACET_ERR_AUTH, tacet_map_verify(&keys[1], &keys[0], &p));
  tacet_map_free(m);
}

/* The leaf of another key that does not lie on the path. */
static void another_leaf_elsewhere(void **state) {
  (void)state;
  tacet_map *m = NULL;
  tacet_map_hash root;
  tacet_map_proof p;
  assert_ok(tacet_map_new(&m));
  for (size_t i = 0; i < 16; i++) {
    assert_ok(tacet_map_insert(m, &keys[i], &values[i]));
  }
  assert_ok(tacet_map_root(m, &root));
  for (size_t i = 0; i < 16; i++) { /* the proof of i, for another key */
    assert_ok(tacet_map_prove(m, &keys[i], &p));
    p.end = TACET_MAP_OTHER;
    p.other = keys[i];
    for (size_t j = 16; j < N; j++) {
      tacet_map_proof own;
      assert_ok(tacet_map_prove(m, &keys[j], &own));
      bool same =
          own.end == TACET_MAP_OTHER && memcmp(own.other.b, keys[i].b, 32) == 0;
      assert_err(same ? TACET_OK : TACET_ERR_AUTH,
                 tacet_map_verify(&root, &keys[j], &p));
    }
  }
  tacet_map_free(m);
}

/* A root and the proof that a key is not there give the root with it. */
static void inserting_by_a_proof(void **state) {
  (void)state;
  tacet_map *m = NULL;
  tacet_map_hash root, next, made = {{0x55}};
  tacet_map_proof p;
  assert_ok(tacet_map_new(&m));
  for (size_t n = 0; n < N; n++) {
    assert_ok(tacet_map_root(m, &root));
    assert_ok(tacet_map_prove(m, &keys[n], &p));
    assert_ok(tacet_map_insert(m, &keys[n], &values[n]));
    assert_ok(tacet_map_root(m, &next));
    assert_ok(tacet_map_verify_insert(&root, &keys[n], &values[n], &p, &made));
    assert_memory_equal(made.b, next.b, 32);
    /* in its own place too, and not for another root or key */
    made = root;
    assert_ok(tacet_map_verify_insert(&made, &keys[n], &values[n], &p, &made));
    assert_memory_equal(made.b, next.b, 32);
    assert_err(TACET_ERR_AUTH,
               tacet_map_verify_insert(&next, &keys[n], &values[n], &p, &made));
    assert_memory_equal(made.b, next.b, 32);
    assert_ok(tacet_map_prove(m, &keys[n], &p));
    assert_err(TACET_ERR_EXISTS,
               tacet_map_verify_insert(&next, &keys[n], &values[n], &p, &made));
    assert_memory_equal(made.b, next.b, 32);
  }
  tacet_map_free(m);
}

static void bad_bytes(void **state) {
  (void)state;
  static const struct {
    uint8_t bytes[3];
    tacet_err want;
  } rows[] = {
      {{0, 0, 0}, TACET_OK},
      {{3, 0, 0}, TACET_ERR_ENCODING},
      {{0, 1, 1}, TACET_ERR_LIMIT},
      {{0, 1, 0}, TACET_ERR_TRUNCATED},
      {{2, 0, 0}, TACET_ERR_TRUNCATED},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_err err = TACET_OK;
    tacet_map_proof p;
    tacet_reader r = tacet_reader_over(tacet_span_of(rows[i].bytes, 3), &err);
    tacet_map_proof_read(&r, &p);
    tacet_read_end(&r);
    assert_err(rows[i].want, err);
  }
}

/* The copy goes its own way, and back. */
static void a_copy_is_a_map_of_its_own(void **state) {
  (void)state;
  tacet_map *m = NULL, *copy = NULL;
  tacet_map_hash half, all, got;
  assert_ok(tacet_map_new(&m));
  assert_ok(tacet_map_copy(m, &copy)); /* the empty one */
  assert_int_equal(0, tacet_map_size(copy));
  tacet_map_free(copy);
  for (size_t i = 0; i < N; i++) {
    if (i == N / 2) {
      assert_ok(tacet_map_root(m, &half));
    }
    assert_ok(tacet_map_insert(m, &keys[i], &values[i]));
  }
  assert_ok(tacet_map_copy(m, &copy)); /* some of its hashes are none yet */
  assert_ok(tacet_map_root(m, &all));
  assert_ok(tacet_map_root(copy, &got));
  assert_memory_equal(all.b, got.b, sizeof(all.b));
  tacet_map_truncate(copy, N / 2);
  assert_ok(tacet_map_root(copy, &got));
  assert_memory_equal(half.b, got.b, sizeof(half.b));
  assert_false(tacet_map_has(copy, &keys[N - 1]));
  assert_true(tacet_map_has(m, &keys[N - 1]));
  assert_ok(tacet_map_root(m, &got));
  assert_memory_equal(all.b, got.b, sizeof(all.b));
  for (size_t i = N / 2; i < N; i++) {
    assert_ok(tacet_map_insert(copy, &keys[i], &values[i]));
  }
  tacet_map_free(m);
  assert_ok(tacet_map_root(copy, &got));
  assert_memory_equal(all.b, got.b, sizeof(all.b));
  tacet_map_free(copy);
}

/* Nothing is half there after a failure, and it can be tried again. */
static tacet_err step(void *ctx) {
  tacet_map *m = NULL;
  tacet_err e = tacet_map_new(&m);
  for (size_t i = 0; e == TACET_OK && i < N; i++) {
    e = tacet_map_insert(m, &keys[i], &values[i]);
    if (e != TACET_OK) {
      assert_false(tacet_map_has(m, &keys[i]));
      assert_int_equal(tacet_map_size(m), i);
      assert_ok(tacet_map_root(m, ctx));
    }
  }
  if (e == TACET_OK) {
    tacet_map *copy = NULL;
    e = tacet_map_copy(m, &copy);
    tacet_map_free(copy);
  }
  tacet_map_free(m);
  return e;
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  tacet_map_hash root;
  test_alloc_sweep(step, &root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_root_is_the_defined_one),
      cmocka_unit_test(what_is_taken_back_was_never_there),
      cmocka_unit_test(proofs_show_one_thing),
      cmocka_unit_test(the_empty_map),
      cmocka_unit_test(another_leaf_elsewhere),
      cmocka_unit_test(inserting_by_a_proof),
      cmocka_unit_test(bad_bytes),
      cmocka_unit_test(a_copy_is_a_map_of_its_own),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
