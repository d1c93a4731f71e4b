/* SPDX-License-Identifier: Apache-2.0
 * P-256, P-384 and P-521: known answers, points and scalars that are none, and
 * ECDSA signatures that a lax verifier would take. */
#include "tests/unit/crypto/rng.h"

typedef struct curve {
  const char *name;
  const tacet_kem *kem;
  const tacet_sig *sig;
  const char *gx, *gy, *n, *p;
  const char *y0; /* of the point with x = 0 */
  /* RFC 6979 A.2.5 to A.2.7: a key, and its signature of "sample". */
  const char *sk, *ux, *uy, *r, *s;
} curve;

static const curve curves[] = {
    {.name = "P-256",
     .kem = &tacet_kem_p256,
     .sig = &tacet_sig_p256,
     .gx = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
     .gy = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
     .n = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
     .p = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
     .y0 = "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
     .sk = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
     .ux = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     .uy = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
     .r = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
     .s = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {.name = "P-384",
     .kem = &tacet_kem_p384,
     .sig = &tacet_sig_p384,
     .gx = "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b98"
           "59f741e082542a385502f25dbf55296c3a545e3872760ab7",
     .gy = "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147c"
           "e9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
     .n = "ffffffffffffffffffffffffffffffffffffffffffffffff"
          "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
     .p = "ffffffffffffffffffffffffffffffffffffffffffffffff"
          "fffffffffffffffeffffffff0000000000000000ffffffff",
     .y0 = "c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42d"
           "ea2c4b4f75550793406d80d2b91ad54f9048bd487af1ade1",
     .sk = "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba"
           "9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
     .ux = "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e"
           "06aae5286b300c64def8f0ea9055866064a254515480bc13",
     .uy = "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9"
           "f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
     .r = "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa7"
          "3d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
     .s = "99ef4aeb15f178cea1fe40db2603138f130e740a19624526"
          "203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"},
    {.name = "P-521",
     .kem = &tacet_kem_p521,
     .sig = &tacet_sig_p521,
     .gx = "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3d"
           "baa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
     .gy = "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e66"
           "2c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
     .n = "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
          "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
     .p = "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     .y0 = "012df13601594a883ef2d935e44bb90bf4d6619b74e52af7552f97769011c0719e"
           "b439cfab2a88d40fe59a2bed1f43557169a2d0a2ccd280c607b92bbf51ffe0b078",
     .sk = "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75ca"
           "a896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538",
     .ux = "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd37"
           "1123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4",
     .uy = "00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28"
           "a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
     .r = "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f17"
          "4e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa",
     .s = "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af28"
          "2623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"},
};
#define N_CURVES (sizeof(curves) / sizeof(curves[0]))

#define FIELD_MAX 66
#define NUMBER_LEN (FIELD_MAX + 1) /* room for a carry */

/* Big endian, NUMBER_LEN bytes, of the hex of any number here. */
typedef struct number {
  uint8_t b[NUMBER_LEN];
} number;

static number number_of(const char *hex) {
  tacet_span bytes = test_hex(hex);
  number out = {{0}};
  memcpy(out.b + NUMBER_LEN - bytes.len, bytes.p, bytes.len);
  test_hex_free(bytes);
  return out;
}

static number small(uint8_t value) {
  number out = {{0}};
  out.b[NUMBER_LEN - 1] = value;
  return out;
}

/* a + b, or a - b. */
static number sum(number a, number b, bool minus) {
  int carry = 0;
  for (size_t i = NUMBER_LEN; i-- > 0;) {
    int d = a.b[i] + (minus ? -b.b[i] : b.b[i]) + carry;
    carry = d < 0 ? -1 : d > 255 ? 1 : 0;
    a.b[i] = (uint8_t)d;
  }
  return a;
}

static tacet_span field(const curve *c, const number *n) {
  return tacet_span_of(n->b + NUMBER_LEN - c->kem->private_len,
                       c->kem->private_len);
}

typedef struct point {
  uint8_t b[1 + 2 * FIELD_MAX];
} point;

static point point_of(const curve *c, uint8_t form, number x, number y) {
  size_t len = c->kem->private_len;
  point out = {{form}};
  memcpy(out.b + 1, field(c, &x).p, len);
  memcpy(out.b + 1 + len, field(c, &y).p, len);
  return out;
}

/* ---- points ---- */

static void point_is(const curve *c, const char *what, point p, bool valid) {
  TACET_SECRET(sk);
  TACET_SECRET(s);
  uint8_t pk[133], enc[133];
  assert_ok(c->kem->generate(&sk, pk));
  tacet_span at = tacet_span_of(p.b, c->kem->public_len);
  tacet_err sent = c->kem->encap(at, &s, enc);
  tacet_err got = c->kem->decap(tacet_secret_span(&sk), at, &s);
  /* What follows is no signature: the key has to be looked at all the same. */
  tacet_err verified = c->sig->verify(at, TACET_SPAN_LIT("m"),
                                      TACET_SPAN_LIT("\x30\x06\x02\x01\x01"
                                                     "\x02\x01\x01"));
  if (sent != (valid ? TACET_OK : TACET_ERR_ENCODING) ||
      got != (valid ? TACET_OK : TACET_ERR_AUTH) ||
      verified != TACET_ERR_AUTH) {
    fail_msg("%s, %s: %s, %s, %s", c->name, what, tacet_err_name(sent),
             tacet_err_name(got), tacet_err_name(verified));
  }
}

static void only_points_are_keys(void **state) {
  (void)state;
  for (size_t i = 0; i < N_CURVES; i++) {
    const curve *c = &curves[i];
    number x = number_of(c->gx), y = number_of(c->gy), p = number_of(c->p);
    number zero = small(0), one = small(1), y0 = number_of(c->y0);
    point_is(c, "the base point", point_of(c, 4, x, y), true);
    point_is(c, "its negative", point_of(c, 4, x, sum(p, y, true)), true);
    point_is(c, "x = 0", point_of(c, 4, zero, y0), true);
    point_is(c, "hybrid form", point_of(c, 6, x, y), false);
    point_is(c, "hybrid form, other parity", point_of(c, 7, x, y), false);
    point_is(c, "compressed form, padded", point_of(c, 2, x, zero), false);
    point_is(c, "no such form", point_of(c, 5, x, y), false);
    point_is(c, "infinity, padded", point_of(c, 0, zero, zero), false);
    point_is(c, "x and y changed places", point_of(c, 4, y, x), false);
    point_is(c, "y + 1", point_of(c, 4, x, sum(y, one, false)), false);
    point_is(c, "zero", point_of(c, 4, zero, zero), false);
    point_is(c, "x = p", point_of(c, 4, p, y0), false);
    point_is(c, "y = p", point_of(c, 4, x, p), false);
  }
  /* The seven bits of P-521's first byte that no coordinate uses. */
  const curve *c = &curves[2];
  number x = number_of(c->gx), y = number_of(c->gy), p = number_of(c->p);
  point_is(c, "x + p", point_of(c, 4, sum(x, p, false), y), false);
  point_is(c, "y + p", point_of(c, 4, x, sum(y, p, false)), false);
  for (unsigned bit = 1; bit < 8; bit++) {
    point high = point_of(c, 4, x, y);
    high.b[1] |= (uint8_t)(1u << bit);
    point_is(c, "a high bit of x", high, false);
  }
}

static void points_have_one_length(void **state) {
  (void)state;
  for (size_t i = 0; i < N_CURVES; i++) {
    const curve *c = &curves[i];
    point g = point_of(c, 2, number_of(c->gx), number_of(c->gy));
    TACET_SECRET(sk);
    TACET_SECRET(s);
    uint8_t pk[133], enc[133];
    assert_ok(c->kem->generate(&sk, pk));
    for (size_t n = 0; n < c->kem->public_len; n++) { /* 1 + len: compressed */
      tacet_span at = tacet_span_of(g.b, n);
      assert_err(TACET_ERR_ENCODING, c->kem->encap(at, &s, enc));
      assert_err(TACET_ERR_ENCODING,
                 c->kem->decap(tacet_secret_span(&sk), at, &s));
      assert_err(TACET_ERR_AUTH, c->sig->verify(at, TACET_SPAN_EMPTY, at));
    }
  }
}

/* ---- scalars ---- */

static void scalar_is(const curve *c, const char *what, tacet_span scalar,
                      bool valid) {
  point g = point_of(c, 4, number_of(c->gx), number_of(c->gy));
  tacet_span enc = tacet_span_of(g.b, c->kem->public_len);
  tacet_err want = valid ? TACET_OK : TACET_ERR_ARGUMENT;
  uint8_t pk[133], sig[TACET_SIG_MAX];
  size_t len = 0;
  TACET_SECRET(s);
  if (c->kem->public_key(scalar, pk) != want ||
      c->kem->decap(scalar, enc, &s) != want ||
      c->sig->public_key(scalar, pk) != want ||
      c->sig->sign(scalar, enc, sig, &len) != want) {
    fail_msg("%s, %s", c->name, what);
  }
}

static void scalars_are_in_range(void **state) {
  (void)state;
  for (size_t i = 0; i < N_CURVES; i++) {
    const curve *c = &curves[i];
    number n = number_of(c->n), one = small(1), zero = small(0), ones;
    number less = sum(n, one, true), more = sum(n, one, false);
    number sk = number_of(c->sk);
    memset(ones.b, 0xff, sizeof(ones.b));
    scalar_is(c, "zero", field(c, &zero), false);
    scalar_is(c, "one", field(c, &one), true);
    scalar_is(c, "n - 1", field(c, &less), true);
    scalar_is(c, "n", field(c, &n), false);
    scalar_is(c, "n + 1", field(c, &more), false);
    scalar_is(c, "all ones", field(c, &ones), false);
    tacet_span whole = field(c, &sk);
    for (size_t len = 0; len < whole.len; len++) {
      scalar_is(c, "cut short", tacet_span_of(whole.p + whole.len - len, len),
                false);
    }
    scalar_is(c, "a zero in front", tacet_span_of(whole.p - 1, whole.len + 1),
              false);
  }
}

/* 1 * G = G, (n - 1) * G = -G: so n is the order, and G what we call it. */
static void the_order_is_the_order(void **state) {
  (void)state;
  for (size_t i = 0; i < N_CURVES; i++) {
    const curve *c = &curves[i];
    number x = number_of(c->gx), y = number_of(c->gy), p = number_of(c->p);
    number one = small(1), last = sum(number_of(c->n), one, true);
    point g = point_of(c, 4, x, y), minus = point_of(c, 4, x, sum(p, y, true));
    uint8_t pk[133];
    assert_ok(c->kem->public_key(field(c, &one), pk));
    assert_memory_equal(g.b, pk, c->kem->public_len);
    assert_ok(c->kem->public_key(field(c, &last), pk));
    assert_memory_equal(minus.b, pk, c->kem->public_len);
  }
}

static void dead_generators_are_given_up_on(void **state) {
  (void)state;
  for (size_t i = 0; i < N_CURVES; i++) {
    TACET_SECRET(sk);
    uint8_t pk[133];
    tacet_random_source_set(test_rng_zeros);
    assert_err(TACET_ERR_RNG, curves[i].kem->generate(&sk, pk));
    test_rng_normal();
  }
}

/* The entry of draft-ietf-hpke-pq with DHKEM(P-384, HKDF-SHA384): its KDF is
 * another, its KEM is ours. RFC 9180 has no vectors for this curve. */
static void p384_known_answer(void **state) {
  (void)state;
  tacet_span ikm_e = test_hex("df490f3d80254f2485bc8abd4225c0834ab1982ce844a6b4"
                              "a3390bbe9f348b0a82ca464297bfccfa8b2ceaac6b43e6b"
                              "c");
  tacet_span ikm_r = test_hex("1569d065e398456987a4a76e7117d97767cc8aecef8efeba"
                              "a3ad5aee78d44f5fab347ee19307e6804ff32d8b15a3fbe"
                              "1");
  tacet_span sk = test_hex("8871021324f8190e50abe26cff62404778585a56d8712ff28af"
                           "d99605e898d08b580b7c8f18fb166b28b1a6584662b96");
  tacet_span enc = test_hex("0427d6d80a6394078f3b8f8cb86b0c38e1996895672415b313"
                            "a8ebbfe9adff897d8eec659efe200b5608a43140059fdb3f6a"
                            "b0179c5cd110adcf2e5caad5a027a7eb86b18d2ade59de94ba"
                            "b544f06222f49ab09d8d68debac3cb67ecce8bbcad9e");
  tacet_span want = test_hex("8207f0a43f67bf912e327f0893e5a3b14314c38eaa8604229"
                             "de4c033c6589e3bbe28b513aac127e85b4830c63daf572f");
  const tacet_kem *k = &tacet_kem_p384;
  TACET_SECRET(own);
  TACET_SECRET(s);
  uint8_t pk[97], made[97];
  assert_ok(k->derive_key_pair(ikm_r, &own, pk));
  assert_span(sk, tacet_secret_span(&own));
  assert_ok(
      k->encap_deterministic(tacet_span_of(pk, sizeof(pk)), ikm_e, &s, made));
  assert_span(enc, tacet_span_of(made, sizeof(made)));
  assert_span(want, tacet_secret_span(&s));
  assert_ok(k->decap(sk, enc, &s));
  assert_span(want, tacet_secret_span(&s));
  test_hex_free(ikm_e);
  test_hex_free(ikm_r);
  test_hex_free(sk);
  test_hex_free(enc);
  test_hex_free(want);
}

/* ---- signatures ---- */

typedef struct der {
  uint8_t b[256];
  size_t len;
} der;

static void der_bytes(der *d, const uint8_t *p, size_t len) {
  memcpy(d->b + d->len, p, len);
  d->len += len;
}

/* INTEGER with `zeros` more in front than there should be; -1 leaves out the
 * one that keeps it from being negative. */
static void der_integer(der *d, number n, int zeros) {
  size_t at = 0;
  while (at < NUMBER_LEN - 1 && n.b[at] == 0) {
    at++;
  }
  size_t len = NUMBER_LEN - at;
  zeros += n.b[at] >= 0x80 ? 1 : 0;
  uint8_t head[4] = {2, (uint8_t)(len + (size_t)zeros), 0, 0};
  der_bytes(d, head, 2 + (size_t)zeros);
  der_bytes(d, n.b + at, len);
}

/* `longer` writes the length of the SEQUENCE in one byte more than it needs. */
static der der_of(number r, number s, int zeros_r, int zeros_s, bool longer) {
  der body = {.len = 0}, out = {.b = {0x30}, .len = 1};
  der_integer(&body, r, zeros_r);
  der_integer(&body, s, zeros_s);
  uint8_t forms[2][4] = {{(uint8_t)body.len, 0x81, (uint8_t)body.len, 0},
                         {0x81, (uint8_t)body.len, 0x82, 0}};
  bool big = body.len >= 0x80;
  if (!longer) {
    der_bytes(&out, big ? forms[1] : forms[0], big ? 2 : 1);
  } else {
    uint8_t two[3] = {0x82, 0, (uint8_t)body.len};
    der_bytes(&out, big ? two : forms[0] + 1, big ? 3 : 2);
  }
  der_bytes(&out, body.b, body.len);
  return out;
}

static void sig_is(const curve *c, const char *what, const der *d, bool good) {
  point u = point_of(c, 4, number_of(c->ux), number_of(c->uy));
  uint8_t *exact = malloc(d->len + 1);
  memcpy(exact + 1, d->b, d->len);
  tacet_err err = c->sig->verify(tacet_span_of(u.b, c->sig->public_len),
                                 TACET_SPAN_LIT("sample"),
                                 tacet_span_of(exact + 1, d->len));
  free(exact);
  if (err != (good ? TACET_OK : TACET_ERR_AUTH)) {
    fail_msg("%s, %s: %s", c->name, what, tacet_err_name(err));
  }
}

static void rs_is(const curve *c, const char *what, number r, number s,
                  bool good) {
  der d = der_of(r, s, 0, 0, false);
  sig_is(c, what, &d, good);
}

static void numbers_out_of_range(const curve *c, number r, number s) {
  number n = number_of(c->n), zero = small(0), one = small(1);
  rs_is(c, "RFC 6979", r, s, true);
  rs_is(c, "n - s, which ECDSA allows", r, sum(n, s, true), true);
  rs_is(c, "s and r changed places", s, r, false);
  rs_is(c, "r = s = 0", zero, zero, false);
  rs_is(c, "r = 0", zero, s, false);
  rs_is(c, "s = 0", r, zero, false);
  rs_is(c, "r = s = 1", one, one, false);
  rs_is(c, "r = n", n, s, false);
  rs_is(c, "s = n", r, n, false);
  rs_is(c, "r + n", sum(r, n, false), s, false);
  rs_is(c, "s + n", r, sum(s, n, false), false);
  rs_is(c, "n - r", sum(n, r, true), s, false);
}

static void forms_that_are_not_der(const curve *c, number r, number s) {
  der d = der_of(r, s, 0, 0, true);
  sig_is(c, "a longer length", &d, false);
  d = der_of(r, s, 1, 0, false);
  sig_is(c, "a zero too many in r", &d, false);
  d = der_of(r, s, 0, 1, false);
  sig_is(c, "a zero too many in s", &d, false);
  if (c->sig->id != tacet_sig_p521.id || r.b[1] >= 0x80) {
    d = der_of(r, s, -1, 0, false);
    sig_is(c, "negative r", &d, false);
  }
  d = der_of(r, s, 0, 0, false);
  d.b[d.len++] = 0;
  sig_is(c, "a byte after it", &d, false);
  d = der_of(r, s, 0, 0, false);
  d.b[0] = 0x31;
  sig_is(c, "a SET", &d, false);
  d.b[0] = 0x30;
  for (size_t n = d.len; n-- > 0;) {
    d.len = n;
    sig_is(c, "cut short", &d, false);
  }
  d = (der){.len = 0};
  der_bytes(&d, field(c, &r).p, c->sig->private_len);
  der_bytes(&d, field(c, &s).p, c->sig->private_len);
  sig_is(c, "r and s without DER", &d, false);
}

static void signatures_have_one_form(void **state) {
  (void)state;
  for (size_t i = 0; i < N_CURVES; i++) {
    number r = number_of(curves[i].r), s = number_of(curves[i].s);
    numbers_out_of_range(&curves[i], r, s);
    forms_that_are_not_der(&curves[i], r, s);
  }
}

static void keys_of_rfc_6979(void **state) {
  (void)state;
  for (size_t i = 0; i < N_CURVES; i++) {
    const curve *c = &curves[i];
    number sk = number_of(c->sk);
    point u = point_of(c, 4, number_of(c->ux), number_of(c->uy));
    uint8_t pk[133];
    assert_ok(c->sig->public_key(field(c, &sk), pk));
    assert_memory_equal(u.b, pk, c->sig->public_len);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_points_are_keys),
      cmocka_unit_test(points_have_one_length),
      cmocka_unit_test(scalars_are_in_range),
      cmocka_unit_test(the_order_is_the_order),
      cmocka_unit_test(dead_generators_are_given_up_on),
      cmocka_unit_test(p384_known_answer),
      cmocka_unit_test(signatures_have_one_form),
      cmocka_unit_test(keys_of_rfc_6979),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
