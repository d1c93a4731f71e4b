/* SPDX-License-Identifier: Apache-2.0
 * The log's tree: known roots, all proofs of all small trees beside the RFC's
 * recursive definitions, and everything that a proof must not show. */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tacet/keytrans/tlog.h"

#define N 70

static tacet_tlog_hash leaves[N], roots[N + 1];

/* The nodes of a log of N entries, as somebody stores them. */
static tacet_tlog_hash nodes[8][N];
static bool made[8][N];

static tacet_err put(void *ctx, unsigned level, uint64_t index,
                     const tacet_tlog_hash *node) {
  (void)ctx;
  assert_false(made[level][index]); /* once */
  made[level][index] = true;
  nodes[level][index] = *node;
  return TACET_OK;
}

static uint64_t asked; /* the size of the tree that is asked about */

static tacet_err get(void *ctx, unsigned level, uint64_t index,
                     tacet_tlog_hash *node) {
  (void)ctx;
  assert_true((index + 1) << level <= asked);
  assert_true(made[level][index]);
  *node = nodes[level][index];
  return TACET_OK;
}

static const tacet_tlog_source source = {get, NULL};

/* ---- RFC 6962 2.1, literally ---- */

static size_t k_of(size_t n) {
  size_t k = 1;
  while (2 * k < n) {
    k *= 2;
  }
  return k;
}

static tacet_tlog_hash mth(size_t lo, size_t hi) {
  tacet_tlog_hash out;
  if (hi == lo) {
    assert_ok(tacet_tlog_empty(&out));
    return out;
  }
  if (hi - lo == 1) {
    return leaves[lo];
  }
  size_t k = k_of(hi - lo);
  tacet_tlog_hash left = mth(lo, lo + k), right = mth(lo + k, hi);
  assert_ok(tacet_tlog_node(&left, &right, &out));
  return out;
}

static void path(size_t m, size_t lo, size_t hi, tacet_tlog_proof *p) {
  if (hi - lo == 1) {
    return;
  }
  size_t k = k_of(hi - lo);
  if (m < k) {
    path(m, lo, lo + k, p);
    p->hashes[p->n++] = mth(lo + k, hi);
  } else {
    path(m - k, lo + k, hi, p);
    p->hashes[p->n++] = mth(lo, lo + k);
  }
}

static void subproof(size_t m, size_t lo, size_t hi, bool whole,
                     tacet_tlog_proof *p) {
  if (m == hi - lo) {
    if (!whole) {
      p->hashes[p->n++] = mth(lo, hi);
    }
    return;
  }
  size_t k = k_of(hi - lo);
  if (m <= k) {
    subproof(m, lo, lo + k, whole, p);
    p->hashes[p->n++] = mth(lo + k, hi);
  } else {
    subproof(m - k, lo + k, hi, false, p);
    p->hashes[p->n++] = mth(lo, lo + k);
  }
}

static void assert_proof(const tacet_tlog_proof *want,
                         const tacet_tlog_proof *got) {
  assert_int_equal(want->n, got->n);
  assert_memory_equal(want->hashes, got->hashes,
                      want->n * sizeof(want->hashes[0]));
}

static int grow(void **state) {
  (void)state;
  if (tacet_crypto_init() != TACET_OK) {
    return -1;
  }
  tacet_tlog_frontier f = {.size = 0};
  const tacet_tlog_sink sink = {put, NULL};
  for (size_t i = 0; i <= N; i++) {
    assert_ok(tacet_tlog_frontier_root(&f, &roots[i]));
    if (i < N) {
      uint8_t entry[] = {(uint8_t)i, 'x'};
      assert_ok(tacet_tlog_leaf(tacet_span_of(entry, 2), &leaves[i]));
      assert_ok(tacet_tlog_append(&f, &leaves[i], &sink));
    }
  }
  return 0;
}

/* ---- tests ---- */

/* The eight entries that the first implementations of Certificate Transparency
 * were tested with, and their roots. */
static void known_roots(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"00",
       "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"10",
       "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"2021",
       "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"3031",
       "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"40414243",
       "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"5051525354555657",
       "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"606162636465666768696a6b6c6d6e6f",
       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
  };
  tacet_tlog_frontier f = {.size = 0};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_span entry = test_hex(rows[i][0]), want = test_hex(rows[i][1]);
    tacet_tlog_hash h;
    assert_ok(tacet_tlog_leaf(entry, &h));
    assert_ok(tacet_tlog_append(&f, &h, NULL));
    assert_ok(tacet_tlog_frontier_root(&f, &h));
    assert_span(want, tacet_span_of(h.b, sizeof(h.b)));
    test_hex_free(entry);
    test_hex_free(want);
  }
}

static void roots_are_the_rfcs(void **state) {
  (void)state;
  for (size_t n = 0; n <= N; n++) {
    tacet_tlog_hash want = mth(0, n), got;
    assert_true(tacet_tlog_equal(&want, &roots[n]));
    asked = n;
    assert_ok(tacet_tlog_root(&source, n, &got));
    assert_true(tacet_tlog_equal(&want, &got));
  }
}

static void inclusion_is_the_rfcs(void **state) {
  (void)state;
  for (size_t n = 1; n <= N; n++) {
    asked = n;
    for (size_t i = 0; i < n; i++) {
      tacet_tlog_proof want = {.n = 0}, got = {.n = 0};
      path(i, 0, n, &want);
      assert_ok(tacet_tlog_prove_inclusion(&source, i, n, &got));
      assert_proof(&want, &got);
      assert_ok(tacet_tlog_verify_inclusion(i, &leaves[i], &got, n, &roots[n]));
    }
    tacet_tlog_proof p;
    assert_err(TACET_ERR_ARGUMENT,
               tacet_tlog_prove_inclusion(&source, n, n, &p));
  }
}

static void consistency_is_the_rfcs(void **state) {
  (void)state;
  for (size_t n = 0; n <= N; n++) {
    asked = n;
    for (size_t m = 0; m <= n; m++) {
      tacet_tlog_proof want = {.n = 0}, got = {.n = 0};
      if (m != 0) {
        subproof(m, 0, n, true, &want);
      }
      assert_ok(tacet_tlog_prove_consistency(&source, m, n, &got));
      assert_proof(&want, &got);
      assert_ok(
          tacet_tlog_verify_consistency(m, &roots[m], &got, n, &roots[n]));
    }
    tacet_tlog_proof p;
    assert_err(TACET_ERR_ARGUMENT,
               tacet_tlog_prove_consistency(&source, n + 1, n, &p));
  }
}

/* What a proof shows for one place it shows for no other: every index, every
 * size, one hash more, one less, each hash changed. */
static void inclusion_shows_one_thing(void **state) {
  (void)state;
  const size_t n = 37;
  asked = n;
  for (size_t i = 0; i < n; i++) {
    tacet_tlog_proof p;
    assert_ok(tacet_tlog_prove_inclusion(&source, i, n, &p));
    for (size_t j = 0; j <= n; j++) {
      if (j != i) {
        assert_err(TACET_ERR_AUTH, tacet_tlog_verify_inclusion(
                                       j, &leaves[i], &p, n, &roots[n]));
      }
    }
    for (size_t size = 0; size < N; size++) {
      if (size != n) {
        assert_err(TACET_ERR_AUTH, tacet_tlog_verify_inclusion(
                                       i, &leaves[i], &p, size, &roots[size]));
      }
    }
    for (size_t at = 0; at < p.n; at++) {
      tacet_tlog_proof bad = p;
      bad.hashes[at].b[at % 32] ^= 1;
      assert_err(TACET_ERR_AUTH, tacet_tlog_verify_inclusion(
                                     i, &leaves[i], &bad, n, &roots[n]));
    }
    tacet_tlog_proof bad = p;
    bad.n--;
    assert_err(TACET_ERR_AUTH,
               tacet_tlog_verify_inclusion(i, &leaves[i], &bad, n, &roots[n]));
    bad = p;
    bad.hashes[bad.n++] = leaves[0];
    assert_err(TACET_ERR_AUTH,
               tacet_tlog_verify_inclusion(i, &leaves[i], &bad, n, &roots[n]));
    bad.n = TACET_TLOG_PROOF_MAX + 1;
    assert_err(TACET_ERR_AUTH,
               tacet_tlog_verify_inclusion(i, &leaves[i], &bad, n, &roots[n]));
  }
}

static void consistency_shows_one_thing(void **state) {
  (void)state;
  const size_t n = 45;
  asked = n;
  for (size_t m = 1; m <= n; m++) {
    tacet_tlog_proof p;
    assert_ok(tacet_tlog_prove_consistency(&source, m, n, &p));
    for (size_t other = 1; other <= N; other++) {
      if (other != m) {
        assert_err(TACET_ERR_FORK, tacet_tlog_verify_consistency(
                                       other, &roots[other], &p, n, &roots[n]));
        assert_err(TACET_ERR_FORK, tacet_tlog_verify_consistency(
                                       m, &roots[other], &p, n, &roots[n]));
      }
      if (other != n && (m != other || p.n != 0)) {
        assert_err(TACET_ERR_FORK, tacet_tlog_verify_consistency(
                                       m, &roots[m], &p, other, &roots[other]));
      }
    }
    for (size_t at = 0; at < p.n; at++) {
      tacet_tlog_proof bad = p;
      bad.hashes[at].b[at % 32] ^= 0x80;
      assert_err(TACET_ERR_FORK, tacet_tlog_verify_consistency(
                                     m, &roots[m], &bad, n, &roots[n]));
    }
    tacet_tlog_proof bad = p;
    bad.hashes[bad.n++] = leaves[0];
    assert_err(TACET_ERR_FORK,
               tacet_tlog_verify_consistency(m, &roots[m], &bad, n, &roots[n]));
    if (p.n > 0) {
      bad.n = p.n - 1;
      assert_err(TACET_ERR_FORK, tacet_tlog_verify_consistency(
                                     m, &roots[m], &bad, n, &roots[n]));
    }
  }
}

/* A fork: the same log but for one entry in the middle. */
static void a_fork_is_seen(void **state) {
  (void)state;
  tacet_tlog_frontier f = {.size = 0};
  tacet_tlog_hash forked[N + 1], nothing;
  assert_ok(tacet_tlog_empty(&nothing));
  for (size_t i = 0; i < N; i++) {
    assert_ok(tacet_tlog_frontier_root(&f, &forked[i]));
    assert_ok(tacet_tlog_append(&f, i == 20 ? &nothing : &leaves[i], NULL));
  }
  asked = 50;
  for (size_t m = 1; m < 50; m++) {
    tacet_tlog_proof p;
    assert_ok(tacet_tlog_prove_consistency(&source, m, 50, &p));
    assert_err(
        m <= 20 ? TACET_OK : TACET_ERR_FORK,
        tacet_tlog_verify_consistency(m, &forked[m], &p, 50, &roots[50]));
  }
}

static tacet_err full(void *ctx, unsigned level, uint64_t index,
                      const tacet_tlog_hash *node) {
  (void)index, (void)node;
  return level == *(unsigned *)ctx ? TACET_ERR_FULL : TACET_OK;
}

static void a_failed_append_leaves_no_trace(void **state) {
  (void)state;
  tacet_tlog_frontier f = {.size = 0}, before;
  for (size_t i = 0; i < 7; i++) {
    assert_ok(tacet_tlog_append(&f, &leaves[i], NULL));
  }
  before = f;
  for (unsigned level = 0; level <= 3; level++) {
    const tacet_tlog_sink sink = {full, &level};
    assert_err(TACET_ERR_FULL, tacet_tlog_append(&f, &leaves[7], &sink));
    assert_memory_equal(&f, &before, sizeof(f));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_roots),
      cmocka_unit_test(roots_are_the_rfcs),
      cmocka_unit_test(inclusion_is_the_rfcs),
      cmocka_unit_test(consistency_is_the_rfcs),
      cmocka_unit_test(inclusion_shows_one_thing),
      cmocka_unit_test(consistency_shows_one_thing),
      cmocka_unit_test(a_fork_is_seen),
      cmocka_unit_test(a_failed_append_leaves_no_trace),
  };
  return cmocka_run_group_tests(tests, grow, NULL);
}
