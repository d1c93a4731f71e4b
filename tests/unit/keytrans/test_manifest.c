/* SPDX-License-Identifier: Apache-2.0
 * The chain of manifests, with every way to break it; handles; safety codes. */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tacet/keytrans/manifest.h"

#define KEYS 5
static tacet_secret private_keys[KEYS];
static uint8_t public_keys[KEYS][32];
enum { ALICE_1, ALICE_2, ALICE_3, RECOVERY, RECOVERY_2 };

static int make_keys(void **state) {
  (void)state;
  for (size_t i = 0; i < KEYS; i++) {
    if (tacet_sig_ed25519.generate(&private_keys[i], public_keys[i]) !=
        TACET_OK) {
      return -1;
    }
  }
  return tacet_crypto_init() == TACET_OK ? 0 : -1;
}

static void put_device(tacet_manifest *m, size_t which) {
  tacet_device *d = &m->devices[m->n_devices++];
  memset(d->id, (int)which + 1, sizeof(d->id));
  memcpy(d->key, public_keys[which], 32);
}

static tacet_manifest_signer by(size_t which) {
  tacet_manifest_signer s = {.recovery = which >= RECOVERY,
                             .private_key = &private_keys[which]};
  memset(s.device_id, (int)which + 1, sizeof(s.device_id));
  return s;
}

static tacet_manifest first(tacet_buf *bytes) {
  tacet_manifest m = {.handle = "alice@localhost"};
  const tacet_secret *new_keys[] = {&private_keys[ALICE_1]};
  tacet_manifest_signer s = by(ALICE_1);
  put_device(&m, ALICE_1);
  memcpy(m.recovery_key, public_keys[RECOVERY], 32);
  assert_ok(tacet_manifest_sign(&m, NULL, &s, new_keys, 1, bytes));
  return m;
}

static void a_chain_is_followed(void **state) {
  (void)state;
  TACET_BUF(b0, 1 << 16);
  TACET_BUF(b1, 1 << 16);
  TACET_BUF(b2, 1 << 16);
  TACET_BUF(b3, 1 << 16);
  tacet_manifest m0 = first(&b0), read, m1;
  assert_ok(tacet_manifest_first(tacet_buf_span(&b0), &read));
  assert_memory_equal(&read, &m0, sizeof(m0));

  m1 = m0; /* a second device joins, by the first's signature */
  put_device(&m1, ALICE_2);
  const tacet_secret *second[] = {&private_keys[ALICE_2]};
  tacet_manifest_signer s = by(ALICE_1);
  assert_ok(tacet_manifest_sign(&m1, &m0, &s, second, 1, &b1));
  assert_int_equal(m1.number, 1);
  assert_memory_equal(m1.account_id, m0.account_id, 32);
  assert_ok(tacet_manifest_next(&m0, tacet_buf_span(&b1), &read));
  assert_memory_equal(read.hash, m1.hash, 32);

  tacet_manifest m2 = m1; /* all devices and the recovery key replaced */
  m2.n_devices = 0;
  put_device(&m2, ALICE_3);
  memcpy(m2.recovery_key, public_keys[RECOVERY_2], 32);
  const tacet_secret *third[] = {&private_keys[ALICE_3]};
  s = by(RECOVERY);
  assert_ok(tacet_manifest_sign(&m2, &m1, &s, third, 1, &b2));
  assert_ok(tacet_manifest_next(&m1, tacet_buf_span(&b2), &read));
  assert_true(read.by_recovery_key);

  tacet_manifest m3 = m2; /* erased; nothing follows */
  m3.n_devices = 0;
  s = by(ALICE_3);
  assert_ok(tacet_manifest_sign(&m3, &m2, &s, NULL, 0, &b3));
  assert_ok(tacet_manifest_next(&m2, tacet_buf_span(&b3), &read));
  tacet_manifest m4 = m3;
  put_device(&m4, ALICE_1);
  s = by(RECOVERY_2);
  TACET_BUF(b4, 1 << 16);
  const tacet_secret *one[] = {&private_keys[ALICE_1]};
  assert_err(TACET_ERR_ARGUMENT,
             tacet_manifest_sign(&m4, &m3, &s, one, 1, &b4));
}

/* Each row changes what an honest next manifest would be; making it must be
 * refused, since whoever makes one checks it as everybody else will. */
static void what_must_not_follow(void **state) {
  (void)state;
  TACET_BUF(b0, 1 << 16);
  const tacet_manifest m0 = first(&b0);
  for (int row = 0; row < 7; row++) {
    tacet_manifest m = m0;
    tacet_manifest_signer s = by(ALICE_1);
    const tacet_secret *keys[] = {&private_keys[ALICE_2]};
    size_t n_keys = 1;
    put_device(&m, ALICE_2);
    switch (row) {
    case 0: /* a device that was not listed signs */
      s = by(ALICE_2);
      break;
    case 1: /* a device changes the recovery key */
      memcpy(m.recovery_key, public_keys[RECOVERY_2], 32);
      break;
    case 2: /* another name */
      strcpy(m.handle, "alicf@localhost");
      break;
    case 3: /* no proof of possession */
      n_keys = 0;
      break;
    case 4: /* somebody else's proof */
      keys[0] = &private_keys[ALICE_3];
      break;
    case 5: /* a device replaces all devices */
      m.n_devices = 0;
      put_device(&m, ALICE_2);
      break;
    case 6: /* a recovery key that is not in force */
      s = by(RECOVERY_2);
      break;
    default:
      break;
    }
    TACET_BUF(w, 1 << 16);
    tacet_err err = tacet_manifest_sign(&m, &m0, &s, keys, n_keys, &w);
    if (err != TACET_ERR_ARGUMENT) {
      fail_msg("row %d: %s", row, tacet_err_name(err));
    }
    assert_int_equal(w.len, 0);
  }
}

static void rivals_are_a_fork_and_a_copy_is_none(void **state) {
  (void)state;
  TACET_BUF(b0, 1 << 16);
  TACET_BUF(b1, 1 << 16);
  TACET_BUF(b1b, 1 << 16);
  tacet_manifest m0 = first(&b0), m1 = m0, m1b = m0, read;
  tacet_manifest_signer s = by(ALICE_1);
  const tacet_secret *k2[] = {&private_keys[ALICE_2]};
  const tacet_secret *k3[] = {&private_keys[ALICE_3]};
  put_device(&m1, ALICE_2);
  put_device(&m1b, ALICE_3);
  assert_ok(tacet_manifest_sign(&m1, &m0, &s, k2, 1, &b1));
  assert_ok(tacet_manifest_sign(&m1b, &m0, &s, k3, 1, &b1b));
  assert_err(TACET_ERR_EXISTS,
             tacet_manifest_next(&m1, tacet_buf_span(&b1), &read));
  assert_err(TACET_ERR_FORK,
             tacet_manifest_next(&m1, tacet_buf_span(&b1b), &read));
  assert_err(TACET_ERR_MANIFEST,
             tacet_manifest_next(&m1, tacet_buf_span(&b0), &read));
}

static void every_bit_counts(void **state) {
  (void)state;
  TACET_BUF(b0, 1 << 16);
  (void)first(&b0);
  tacet_manifest read;
  for (size_t bit = 0; bit < b0.len * 8; bit++) {
    b0.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_not_equal(tacet_manifest_first(tacet_buf_span(&b0), &read),
                         TACET_OK);
    b0.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  for (size_t n = 0; n < b0.len; n++) {
    uint8_t *cut = malloc(n == 0 ? 1 : n);
    memcpy(cut, b0.p, n);
    assert_int_not_equal(tacet_manifest_first(tacet_span_of(cut, n), &read),
                         TACET_OK);
    free(cut);
  }
  assert_ok(tacet_manifest_first(tacet_buf_span(&b0), &read));
}

static const struct {
  const char *handle;
  bool valid;
} handles[] = {
    {"a@localhost", true},
    {"alice.b-c_d9@example.org", true},
    {"12345678901234567890123456789012@x", true},
    {"123456789012345678901234567890123@x", false},
    {"Alice@localhost", false},
    {"@localhost", false},
    {"alice@", false},
    {"alice", false},
    {".alice@localhost", false},
    {"alice-@localhost", false},
    {"al ice@localhost", false},
    {"\xd0\xb0lice@localhost", false}, /* a Cyrillic a */
    {"alice@local..host", false},
    {"alice@-host", false},
    {"alice@host-", false},
    {"alice@host_", false},
    {"alice@b@c", false},
};

static void handles_look_like_nothing_else(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
    tacet_span name, domain;
    tacet_err err = tacet_handle_split(tacet_span_str(handles[i].handle),
                                       &name, &domain);
    if ((err == TACET_OK) != handles[i].valid) {
      fail_msg("%s", handles[i].handle);
    }
  }
}

static void both_sides_see_one_code(void **state) {
  (void)state;
  uint8_t a[32] = {1}, b[32] = {2}, c[32] = {3};
  char ab[61], ba[61], ac[61];
  assert_ok(tacet_safety_code(a, b, ab));
  assert_ok(tacet_safety_code(b, a, ba));
  assert_ok(tacet_safety_code(a, c, ac));
  assert_string_equal(ab, ba);
  assert_string_not_equal(ab, ac);
  assert_int_equal(strlen(ab), 60);
  assert_int_equal(strspn(ab, "0123456789"), 60);
}

static tacet_err make_and_check(void *ctx) {
  (void)ctx;
  tacet_manifest m = {.handle = "alice@localhost"};
  const tacet_secret *keys[] = {&private_keys[ALICE_1]};
  tacet_manifest_signer s = by(ALICE_1);
  put_device(&m, ALICE_1);
  TACET_BUF(w, 1 << 16);
  TACET_TRY(tacet_manifest_sign(&m, NULL, &s, keys, 1, &w));
  return tacet_manifest_first(tacet_buf_span(&w), &m);
}

static void a_failed_allocation_is_an_error(void **state) {
  (void)state;
  test_alloc_sweep(make_and_check, NULL);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_chain_is_followed),
      cmocka_unit_test(what_must_not_follow),
      cmocka_unit_test(rivals_are_a_fork_and_a_copy_is_none),
      cmocka_unit_test(every_bit_counts),
      cmocka_unit_test(handles_look_like_nothing_else),
      cmocka_unit_test(both_sides_see_one_code),
      cmocka_unit_test(a_failed_allocation_is_an_error),
  };
  return cmocka_run_group_tests(tests, make_keys, NULL);
}
