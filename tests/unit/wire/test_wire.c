/* SPDX-License-Identifier: Apache-2.0
 * Each message there and back, cut short, prolonged, and with what is
 * forbidden. */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tacet/wire.h"
#include "tests/support/wire_table.h"

static void each_message_survives(void **state) {
  (void)state;
  for (size_t i = 0; i < wire_table_n; i++) {
    TACET_BUF(w, 1 << 20);
    TACET_BUF(again, 1 << 20);
    wire_table[i].sample(&w);
    assert_int_equal(w.err, TACET_OK);
    tacet_err err = wire_table[i].again(tacet_buf_span(&w), &again);
    if (err != TACET_OK) {
      fail_msg("%s: %s", wire_table[i].name, tacet_err_name(err));
    }
    assert_span(tacet_buf_span(&w), tacet_buf_span(&again));
  }
}

static void none_is_taken_cut_short_or_prolonged(void **state) {
  (void)state;
  for (size_t i = 0; i < wire_table_n; i++) {
    TACET_BUF(w, 1 << 20);
    wire_table[i].sample(&w);
    for (size_t n = 0; n <= w.len + 1; n++) {
      if (n == w.len) {
        continue;
      }
      uint8_t *cut = calloc(1, n == 0 ? 1 : n);
      memcpy(cut, w.p, n < w.len ? n : w.len);
      TACET_BUF(again, 1 << 20);
      tacet_err err = wire_table[i].again(tacet_span_of(cut, n), &again);
      if (tacet_err_kind(err) != TACET_KIND_INPUT) {
        fail_msg("%s of %zu bytes at %zu: %s", wire_table[i].name, w.len, n,
                 tacet_err_name(err));
      }
      free(cut);
    }
  }
}

/* Whatever a changed bit makes of a message, it has one encoding. */
static void changed_bits_are_refused_or_canonical(void **state) {
  (void)state;
  for (size_t i = 0; i < wire_table_n; i++) {
    TACET_BUF(w, 1 << 20);
    wire_table[i].sample(&w);
    for (size_t bit = 0; bit < w.len * 8; bit++) {
      TACET_BUF(again, 1 << 25);
      w.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
      tacet_err err = wire_table[i].again(tacet_buf_span(&w), &again);
      if (err == TACET_OK) {
        assert_span(tacet_buf_span(&w), tacet_buf_span(&again));
      } else {
        assert_int_equal(tacet_err_kind(err), TACET_KIND_INPUT);
      }
      w.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
  }
}

static void what_a_send_must_not_be(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t n_recipients, item;
    bool ephemeral, slot;
    tacet_err err;
  } rows[] = {
      {"one", 1, 10, false, false, TACET_OK},
      {"ephemeral", 1, 10, true, false, TACET_OK},
      {"slot without recipient", 0, 10, false, true, TACET_OK},
      {"nobody", 0, 10, false, false, TACET_ERR_ENCODING},
      {"ephemeral slot", 1, 10, true, true, TACET_ERR_ENCODING},
      {"the most recipients", 1024, 16384, false, false, TACET_OK},
      {"one more", 1025, 10, false, false, TACET_ERR_LIMIT},
      {"largest item", 1, 65536, false, false, TACET_OK},
      {"larger", 1, 65537, false, false, TACET_ERR_LIMIT},
      {"too much together", 1024, 16385, false, false, TACET_ERR_LIMIT},
  };
  uint8_t *item = calloc(1, 70000);
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(list, 1 << 20);
    TACET_BUF(w, 1 << 20);
    for (size_t n = 0; n < rows[i].n_recipients; n++) {
      tacet_recipient_write(&list, &(tacet_recipient){.mailbox = {1}});
    }
    tacet_send_write(&w,
                     &(tacet_send){.recipients = tacet_buf_span(&list),
                                   .item = tacet_span_of(item, rows[i].item),
                                   .ephemeral = rows[i].ephemeral,
                                   .has_slot = rows[i].slot});
    tacet_send m;
    tacet_err err = tacet_send_parse(tacet_buf_span(&w), &m);
    if (err != rows[i].err) {
      fail_msg("%s: %s", rows[i].name, tacet_err_name(err));
    }
  }
  free(item);
}

/* One token, or none, and none with what is never stored. */
static void what_a_token_may_go_with(void **state) {
  (void)state;
  static const uint8_t zeros[TACET_TOKEN_LEN + 1] = {0};
  static const struct {
    size_t len;
    bool ephemeral;
    tacet_err err;
  } rows[] = {{0, false, TACET_OK},
              {TACET_TOKEN_LEN, false, TACET_OK},
              {TACET_TOKEN_LEN - 1, false, TACET_ERR_ENCODING},
              {TACET_TOKEN_LEN + 1, false, TACET_ERR_LIMIT},
              {0, true, TACET_OK},
              {TACET_TOKEN_LEN, true, TACET_ERR_ENCODING}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(list, 64);
    TACET_BUF(w, 1024);
    tacet_send m;
    tacet_recipient_write(&list, &(tacet_recipient){.mailbox = {1}});
    tacet_send_write(&w,
                     &(tacet_send){.recipients = tacet_buf_span(&list),
                                   .ephemeral = rows[i].ephemeral,
                                   .token = tacet_span_of(zeros, rows[i].len)});
    assert_err(rows[i].err, tacet_send_parse(tacet_buf_span(&w), &m));
  }
}

/* Each mailbox of a batch is looked at before the first is made. */
static void a_mailbox_is_paid_or_not(void **state) {
  (void)state;
  for (size_t bad = 0; bad <= 3; bad++) {
    TACET_BUF(list, 1024);
    TACET_BUF(w, 1024);
    for (size_t i = 0; i < 3; i++) {
      tacet_new_mailbox_write(&list, &(tacet_new_mailbox){.paid = i == 1});
      list.p[list.len - 1] |= bad == i ? 2 : 0;
    }
    tacet_create_mailboxes m;
    tacet_create_mailboxes_write(
        &w, &(tacet_create_mailboxes){.mailboxes = tacet_buf_span(&list)});
    tacet_err err = tacet_create_mailboxes_parse(tacet_buf_span(&w), &m);
    assert_int_equal(err == TACET_OK, bad == 3);
  }
  for (size_t n = 0; n <= TACET_MAILBOXES_MAX + 1; n++) {
    TACET_BUF(list, 16384);
    TACET_BUF(w, 16384);
    tacet_create_mailboxes m;
    for (size_t i = 0; i < n; i++) {
      tacet_new_mailbox_write(&list, &(tacet_new_mailbox){.paid = false});
    }
    tacet_create_mailboxes_write(
        &w, &(tacet_create_mailboxes){.mailboxes = tacet_buf_span(&list)});
    bool fits = n >= 1 && n <= TACET_MAILBOXES_MAX;
    assert_err(fits ? TACET_OK : TACET_ERR_LIMIT,
               tacet_create_mailboxes_parse(tacet_buf_span(&w), &m));
  }
}

static void frames_have_a_direction(void **state) {
  (void)state;
  for (unsigned type = 0; type < 256; type++) {
    TACET_BUF(w, 1 << 16);
    tacet_frame f;
    uint8_t key[48] = {0};
    bool client = type >= TACET_FRAME_SUBSCRIBE && type <= TACET_FRAME_RESUME;
    bool server = type >= TACET_FRAME_HELLO && type <= TACET_FRAME_REFUSED;
    tacet_frame_write(&w, &(tacet_frame){.type = (tacet_frame_type)type,
                                         .list = tacet_span_of(key, 48)});
    if (type == TACET_FRAME_SUBSCRIBED) {
      tacet_buf_clear(&w);
      tacet_frame_write(&w, &(tacet_frame){.type = (tacet_frame_type)type});
    }
    assert_err(client ? TACET_OK : TACET_ERR_UNKNOWN_TYPE,
               tacet_frame_parse(tacet_buf_span(&w), true, &f));
    assert_err(server ? TACET_OK : TACET_ERR_UNKNOWN_TYPE,
               tacet_frame_parse(tacet_buf_span(&w), false, &f));
  }
}

static void an_item_has_its_bound(void **state) {
  (void)state;
  static const size_t max = TACET_ITEM_MAX + TACET_SEAL_TAG_LEN;
  uint8_t *sealed = calloc(1, max + 1);
  for (size_t n = max; n <= max + 1; n++) {
    TACET_BUF(w, 1 << 18);
    tacet_frame f;
    tacet_frame_write(&w, &(tacet_frame){.type = TACET_FRAME_ITEM,
                                         .body = tacet_span_of(sealed, n)});
    assert_err(n == max ? TACET_OK : TACET_ERR_LIMIT,
               tacet_frame_parse(tacet_buf_span(&w), false, &f));
  }
  free(sealed);
}

static void a_key_that_does_not_fit_leaves_no_trace(void **state) {
  (void)state;
  TACET_SECRET(key);
  uint8_t public_key[32], box[16] = {1};
  static const uint8_t zero[32]; /* gives the all-zero secret */
  tacet_unsealer u, before;
  memset(&u, 0xa5, sizeof(u));
  memcpy(&before, &u, sizeof(u));
  assert_ok(tacet_seal_key_new(&key, public_key));
  assert_int_not_equal(tacet_unsealer_new(&key, box, zero, &u), TACET_OK);
  assert_memory_equal(&u, &before, sizeof(u));
}

static tacet_err sign_and_send(void *ctx) {
  const tacet_secret *key = ctx;
  tacet_auth a = {.nonce = {3}};
  const tacet_auth_request r = {
      TACET_SPAN_LIT("localhost"), TACET_SPAN_LIT("POST"),
      TACET_SPAN_LIT("/v1/tokens"), TACET_SPAN_LIT("body")};
  TACET_BUF(list, 256);
  TACET_BUF(w, 1024);
  tacet_send m;
  TACET_TRY(tacet_auth_sign(&a, &r, key));
  tacet_recipient_write(&list, &(tacet_recipient){.mailbox = {1}});
  TACET_TRY(list.err);
  tacet_send_write(&w, &(tacet_send){.recipients = tacet_buf_span(&list),
                                     .item = TACET_SPAN_LIT("item")});
  TACET_TRY(w.err);
  return tacet_send_parse(tacet_buf_span(&w), &m);
}

static void a_failed_allocation_is_an_error(void **state) {
  (void)state;
  TACET_SECRET(key);
  uint8_t public_key[32];
  assert_ok(tacet_sig_ed25519.generate(&key, public_key));
  test_alloc_sweep(sign_and_send, &key);
}

static void codes_are_found_again(void **state) {
  (void)state;
  for (int e = TACET_WIRE_MALFORMED; e <= TACET_WIRE_RANGE; e++) {
    tacet_wire_error error = (tacet_wire_error)e;
    const char *code = tacet_wire_error_code(error);
    assert_int_equal(tacet_wire_error_find(tacet_span_str(code)), error);
    assert_in_range(tacet_wire_error_status(error), 400, 599);
    assert_true(strlen(tacet_wire_error_title(error)) > 10);
  }
  assert_int_equal(tacet_wire_error_find(TACET_SPAN_LIT("nonsense")),
                   TACET_WIRE_INTERNAL);
}

static void a_signature_is_for_one_request(void **state) {
  (void)state;
  TACET_SECRET(key);
  uint8_t public_key[32];
  assert_ok(tacet_sig_ed25519.generate(&key, public_key));
  tacet_auth a = {.account_id = {1}, .device_id = {2}, .nonce = {3}};
  const tacet_auth_request r = {
      TACET_SPAN_LIT("localhost"), TACET_SPAN_LIT("POST"),
      TACET_SPAN_LIT("/v1/tokens"), TACET_SPAN_LIT("body")};
  assert_ok(tacet_auth_sign(&a, &r, &key));
  assert_ok(tacet_auth_verify(&a, &r, public_key));
  tacet_auth_request other = r;
  other.domain = TACET_SPAN_LIT("elsewhere");
  assert_err(TACET_ERR_AUTH, tacet_auth_verify(&a, &other, public_key));
  other = r;
  other.method = TACET_SPAN_LIT("PUT");
  assert_err(TACET_ERR_AUTH, tacet_auth_verify(&a, &other, public_key));
  other = r;
  other.path = TACET_SPAN_LIT("/v1/accounts");
  assert_err(TACET_ERR_AUTH, tacet_auth_verify(&a, &other, public_key));
  other = r;
  other.body = TACET_SPAN_LIT("bodz");
  assert_err(TACET_ERR_AUTH, tacet_auth_verify(&a, &other, public_key));
  a.nonce[15] ^= 1;
  assert_err(TACET_ERR_AUTH, tacet_auth_verify(&a, &r, public_key));
  a.nonce[15] ^= 1;
  public_key[0] ^= 1;
  assert_err(TACET_ERR_AUTH, tacet_auth_verify(&a, &r, public_key));
}

static void a_seal_opens_for_its_mailbox_and_number(void **state) {
  (void)state;
  TACET_SECRET(key);
  uint8_t public_key[32], box[16] = {1}, other_box[16] = {2};
  assert_ok(tacet_seal_key_new(&key, public_key));
  tacet_sealer s;
  tacet_unsealer u, wrong;
  assert_ok(tacet_sealer_new(public_key, box, &s));
  assert_ok(tacet_unsealer_new(&key, box, s.enc, &u));
  assert_ok(tacet_unsealer_new(&key, other_box, s.enc, &wrong));
  uint8_t sealed[2][20 + TACET_SEAL_TAG_LEN], open[20];
  for (uint32_t i = 0; i < TACET_SEAL_ITEMS_MAX; i++) {
    uint32_t number = 99;
    assert_ok(tacet_sealer_seal(&s, TACET_SPAN_LIT("the same item twenty"),
                                &number, sealed[i & 1]));
    assert_int_equal(number, i);
    tacet_span got = tacet_span_of(sealed[i & 1], sizeof(sealed[0]));
    assert_ok(tacet_unsealer_open(&u, i, got, open));
    assert_memory_equal(open, "the same item twenty", 20);
    assert_err(TACET_ERR_AUTH, tacet_unsealer_open(&u, i + 1, got, open));
    assert_err(TACET_ERR_AUTH, tacet_unsealer_open(&wrong, i, got, open));
    assert_memory_not_equal(sealed[0], sealed[1], sizeof(sealed[0]));
  }
  uint32_t number;
  assert_err(TACET_ERR_LIMIT,
             tacet_sealer_seal(&s, TACET_SPAN_LIT("more"), &number, sealed[0]));
  static const uint8_t zero[32];
  assert_int_not_equal(tacet_sealer_new(zero, box, &s), TACET_OK);
  tacet_sealer_wipe(&s);
  tacet_unsealer_wipe(&u);
  tacet_unsealer_wipe(&wrong);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_message_survives),
      cmocka_unit_test(none_is_taken_cut_short_or_prolonged),
      cmocka_unit_test(changed_bits_are_refused_or_canonical),
      cmocka_unit_test(what_a_send_must_not_be),
      cmocka_unit_test(what_a_token_may_go_with),
      cmocka_unit_test(a_mailbox_is_paid_or_not),
      cmocka_unit_test(frames_have_a_direction),
      cmocka_unit_test(an_item_has_its_bound),
      cmocka_unit_test(a_key_that_does_not_fit_leaves_no_trace),
      cmocka_unit_test(a_failed_allocation_is_an_error),
      cmocka_unit_test(codes_are_found_again),
      cmocka_unit_test(a_signature_is_for_one_request),
      cmocka_unit_test(a_seal_opens_for_its_mailbox_and_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
