/* SPDX-License-Identifier: Apache-2.0
 * Signatures by tokens against docs/protocol/vectors/desk-token.json, which was
 * made apart from this code, in Python; and all that is none. */
#include "tests/support/support.h"

#include "desk/keys/token.h"
#include "tacet/crypto.h"

#include <jansson.h>
#include <string.h>

#define VECTORS "docs/protocol/vectors/desk-token.json"

static json_t *vectors;

/* One of the vectors. */
typedef struct vector {
  const char *name, *line, *label;
  desk_public_key key;
  tacet_span content, client_hash, data, signature; /* exact blocks */
  uint32_t counter;
} vector;

static const char *text(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  assert_non_null(t);
  return t;
}

static vector vector_at(size_t i) {
  const json_t *v = json_array_get(json_object_get(vectors, "signatures"), i);
  vector out = {
      .name = text(v, "name"),
      .line = text(v, "line"),
      .label = text(v, "label"),
      .content = test_hex(text(v, "content")),
      .client_hash = test_hex(text(v, "client_data_hash")),
      .data = test_hex(text(v, "authenticator_data")),
      .signature = test_hex(text(v, "signature")),
      .counter = (uint32_t)json_integer_value(json_object_get(v, "counter"))};
  assert_ok(desk_public_of_hex(text(v, "key"), &out.key));
  return out;
}

static void vector_free(vector *v) {
  test_hex_free(v->content);
  test_hex_free(v->client_hash);
  test_hex_free(v->data);
  test_hex_free(v->signature);
}

static size_t n_vectors(void) {
  return json_array_size(json_object_get(vectors, "signatures"));
}

static int setup(void **state) {
  (void)state;
  assert_ok(tacet_crypto_init());
  vectors = json_load_file(VECTORS, 0, NULL);
  assert_non_null(vectors);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  json_decref(vectors);
  return 0;
}

/* The signature of the token alone, out of the form. */
static tacet_span inner(const vector *v) {
  size_t head = v->signature.p[5] < 64 ? 6 : 7;
  return tacet_span_of(v->signature.p + head, v->signature.len - head);
}

static void signs_as_others_do(void **state) {
  (void)state;
  assert_int_equal(5, n_vectors());
  for (size_t i = 0; i < n_vectors(); i++) {
    vector v = vector_at(i);
    uint8_t challenge[DESK_CLIENT_HASH];
    char line[DESK_PUBLIC_TEXT];
    desk_public_key key;
    desk_signature made;
    assert_ok(desk_token_challenge(v.label, v.content, challenge));
    assert_span(v.client_hash, tacet_span_of(challenge, sizeof(challenge)));
    desk_public_text(&v.key, line);
    assert_string_equal(v.line, line);
    assert_ok(desk_public_read(line, &key));
    assert_true(desk_public_equal(&key, &v.key) && desk_public_is_token(&key));
    assert_ok(desk_signature_verify(&key, v.label, v.content, v.signature));
    assert_int_equal(v.counter, desk_token_counter(v.signature));
    const desk_assertion a = {v.data, challenge, inner(&v)};
    assert_ok(desk_token_signature(&key, &a, &made));
    assert_span(v.signature, desk_signature_span(&made));
    vector_free(&v);
  }
}

static void refused(const vector *v, tacet_span signature) {
  assert_err(TACET_ERR_AUTH,
             desk_signature_verify(&v->key, v->label, v->content, signature));
}

/* Every bit; every length; one byte behind. */
static void every_change_is_found(void **state) {
  (void)state;
  for (size_t i = 0; i < n_vectors(); i++) {
    vector v = vector_at(i);
    uint8_t *copy = malloc(v.signature.len + 1);
    assert_non_null(copy);
    memcpy(copy, v.signature.p, v.signature.len);
    copy[v.signature.len] = 0;
    for (size_t bit = 0; bit < 8 * v.signature.len; bit++) {
      copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
      refused(&v, tacet_span_of(copy, v.signature.len));
      copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t len = 0; len < v.signature.len; len++) {
      uint8_t *cut = malloc(len > 0 ? len : 1);
      assert_non_null(cut);
      memcpy(cut, copy, len);
      refused(&v, tacet_span_of(cut, len));
      free(cut);
    }
    refused(&v, tacet_span_of(copy, v.signature.len + 1));
    assert_ok(desk_signature_verify(&v.key, v.label, v.content,
                                    tacet_span_of(copy, v.signature.len)));
    free(copy);
    vector_free(&v);
  }
}

static void another_act_is_another(void **state) {
  (void)state;
  for (size_t i = 0; i < n_vectors(); i++) {
    vector v = vector_at(i), other = vector_at((i + 1) % n_vectors());
    const char *label =
        strcmp(v.label, "DeskAct") == 0 ? "DeskPlan" : "DeskAct";
    assert_err(TACET_ERR_AUTH,
               desk_signature_verify(&v.key, label, v.content, v.signature));
    assert_err(TACET_ERR_AUTH,
               desk_signature_verify(
                   &v.key, v.label,
                   tacet_span_of(v.content.p, v.content.len - 1), v.signature));
    if (memcmp(v.key.b + 2, other.key.b + 2, 32) != 0) {
      assert_err(TACET_ERR_AUTH, desk_signature_verify(&other.key, v.label,
                                                       v.content, v.signature));
    }
    /* A file's key with the same bytes does not verify a token's signature. */
    desk_public_key file = desk_public_of_file(v.key.b + 2);
    assert_err(TACET_ERR_AUTH,
               desk_signature_verify(&file, v.label, v.content, v.signature));
    vector_free(&v);
    vector_free(&other);
  }
}

/* A key that wants its owner verified takes no mere touch, though the token
 * signed it. */
static void the_key_says_what_it_wants(void **state) {
  (void)state;
  vector v = vector_at(1); /* touched */
  assert_int_equal(DESK_FLAG_PRESENT, v.key.b[1]);
  v.key.b[1] |= DESK_FLAG_VERIFIED;
  refused(&v, v.signature);
  vector_free(&v);
}

/* ---- what a token gives ---- */

/* A token of our own, to sign what it should not. */
typedef struct soft {
  tacet_secret private_key;
  desk_public_key key;
  uint8_t data[DESK_AUTHENTICATOR_MAX];
  size_t len;
  uint8_t challenge[DESK_CLIENT_HASH];
  uint8_t sig[TACET_SIG_MAX];
  size_t sig_len;
} soft;

static void soft_make(soft *t, bool ed25519) {
  const tacet_sig *s = ed25519 ? &tacet_sig_ed25519 : &tacet_sig_p256;
  *t = (soft){.len = DESK_AUTHENTICATOR_MIN};
  t->key.b[0] = ed25519 ? DESK_TOKEN_EDDSA : DESK_TOKEN_ES256;
  t->key.b[1] = DESK_FLAG_PRESENT;
  t->key.len = 2 + s->public_len;
  assert_ok(s->generate(&t->private_key, t->key.b + 2));
  assert_ok(tacet_hash_one(&tacet_hash_sha256, TACET_SPAN_LIT(DESK_TOKEN_PARTY),
                           t->data));
  t->data[32] = DESK_FLAG_PRESENT;
  assert_ok(
      desk_token_challenge("DeskAct", TACET_SPAN_LIT("act"), t->challenge));
}

static tacet_err soft_sign(soft *t, desk_signature *out) {
  uint8_t all[DESK_AUTHENTICATOR_MAX + DESK_CLIENT_HASH];
  bool ed25519 = t->key.b[0] == DESK_TOKEN_EDDSA;
  const tacet_sig *s = ed25519 ? &tacet_sig_ed25519 : &tacet_sig_p256;
  memcpy(all, t->data, t->len);
  memcpy(all + t->len, t->challenge, DESK_CLIENT_HASH);
  assert_ok(s->sign(tacet_secret_span(&t->private_key),
                    tacet_span_of(all, t->len + DESK_CLIENT_HASH), t->sig,
                    &t->sig_len));
  const desk_assertion a = {tacet_span_of(t->data, t->len), t->challenge,
                            tacet_span_of(t->sig, t->sig_len)};
  return desk_token_signature(&t->key, &a, out);
}

static void takes_what_the_desk_asked_for_alone(void **state) {
  (void)state;
  for (int ed25519 = 0; ed25519 < 2; ed25519++) {
    soft t, other;
    desk_signature out = {.len = 0};
    soft_make(&t, ed25519 != 0);
    assert_ok(soft_sign(&t, &out));
    assert_ok(desk_signature_verify(&t.key, "DeskAct", TACET_SPAN_LIT("act"),
                                    desk_signature_span(&out)));
    out.len = 0;
    t.data[32] = DESK_FLAG_VERIFIED; /* verified, yet nobody there */
    assert_err(TACET_ERR_AUTH, soft_sign(&t, &out));
    t.data[32] = DESK_FLAG_PRESENT | DESK_FLAG_EXTENSIONS;
    assert_err(TACET_ERR_AUTH, soft_sign(&t, &out));
    t.data[32] = DESK_FLAG_PRESENT | DESK_FLAG_CREDENTIAL;
    assert_err(TACET_ERR_AUTH, soft_sign(&t, &out));
    t.data[32] = DESK_FLAG_PRESENT;
    t.len++; /* something behind the counter */
    assert_err(TACET_ERR_AUTH, soft_sign(&t, &out));
    t.len -= 2;
    assert_err(TACET_ERR_AUTH, soft_sign(&t, &out));
    t.len++;
    t.data[0] ^= 1; /* for another relying party */
    assert_err(TACET_ERR_AUTH, soft_sign(&t, &out));
    t.data[0] ^= 1;
    soft_make(&other, ed25519 != 0);
    tacet_secret kept = t.private_key;
    t.private_key = other.private_key; /* another credential */
    assert_err(TACET_ERR_AUTH, soft_sign(&t, &out));
    t.private_key = kept;
    assert_int_equal(0, out.len);
    assert_ok(soft_sign(&t, &out));
  }
}

/* ---- keys ---- */

static void keys_have_one_form(void **state) {
  (void)state;
  static const struct {
    const char *name, *hex;
  } wrong[] = {
      {"empty", ""},
      {"31 bytes", "00000000000000000000000000000000"
                   "000000000000000000000000000000"},
      {"an algorithm that is none",
       "0305174553b456dddfc6908ecab1c101fe6ab21e2baa0617795b7d43a634829"
       "93fd5"},
      {"wants nothing",
       "0100174553b456dddfc6908ecab1c101fe6ab21e2baa0617795b7d43a634829"
       "93fd5"},
      {"verified without a touch",
       "0104174553b456dddfc6908ecab1c101fe6ab21e2baa0617795b7d43a634829"
       "93fd5"},
      {"ES256 as short as EdDSA",
       "0205174553b456dddfc6908ecab1c101fe6ab21e2baa0617795b7d43a634829"
       "93fd5"}};
  desk_public_key key = {.len = 7};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    tacet_span bytes = test_hex(wrong[i].hex);
    if (desk_public_take(bytes, &key) != TACET_ERR_ENCODING) {
      fail_msg("%s", wrong[i].name);
    }
    test_hex_free(bytes);
  }
  assert_err(TACET_ERR_ENCODING, desk_public_of_hex(NULL, &key));
  assert_err(TACET_ERR_ENCODING, desk_public_of_hex("0", &key));
  assert_int_equal(7, key.len);
  /* Each kind of bytes under its own words. */
  vector v = vector_at(0);
  char line[2 * DESK_PUBLIC_TEXT];
  (void)snprintf(line, sizeof(line), "tacet-desk-key v1 %s",
                 v.line + strlen("tacet-desk-token-key v1 "));
  assert_err(TACET_ERR_ENCODING, desk_public_read(line, &key));
  uint8_t file[DESK_KEY_LEN] = {9};
  desk_public_key of_file = desk_public_of_file(file);
  desk_public_text(&of_file, line);
  assert_ok(desk_public_read(line, &key));
  assert_true(desk_public_equal(&of_file, &key));
  assert_false(desk_public_is_token(&key));
  (void)snprintf(line, sizeof(line), "%s ", v.line);
  assert_err(TACET_ERR_ENCODING, desk_public_read(line, &key));
  vector_free(&v);
}

/* ---- memory ---- */

static tacet_err verify_once(void *ctx) {
  const vector *v = ctx;
  return desk_signature_verify(&v->key, v->label, v->content, v->signature);
}

static void runs_out_of_memory(void **state) {
  (void)state;
  vector v = vector_at(0);
  test_alloc_sweep(verify_once, &v);
  vector_free(&v);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(signs_as_others_do),
      cmocka_unit_test(every_change_is_found),
      cmocka_unit_test(another_act_is_another),
      cmocka_unit_test(the_key_says_what_it_wants),
      cmocka_unit_test(takes_what_the_desk_asked_for_alone),
      cmocka_unit_test(keys_have_one_form),
      cmocka_unit_test(runs_out_of_memory)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
