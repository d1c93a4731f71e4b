/* SPDX-License-Identifier: Apache-2.0
 * Contents without memory: each allocation of each call fails in turn, gives
 * NOMEM and leaves nothing behind. (Envelopes and letters: test_envelope.c.)
 */
#include "tests/support/support.h"

#include "tacet/content.h"
#include "tacet/content/envelope.h"
#include "tacet/content/room.h"

#define ID(x) ((uint8_t[32]){x})

/* ---- what leaves and groups carry ---- */

static tacet_err identity(void *ctx) {
  tacet_identity in = {.account = {1}, .device = {2}, .manifest = 3}, out;
  (void)ctx;
  TACET_BUF(w, 256);
  tacet_identity_write(&w, &in);
  TACET_TRY(w.err);
  return tacet_identity_parse(tacet_buf_span(&w), &out);
}

static tacet_err address(void *ctx) {
  tacet_address in = {.server = TACET_SPAN_LIT("example.org")}, out;
  (void)ctx;
  TACET_BUF(w, 1024);
  tacet_address_write(&w, &in);
  TACET_TRY(w.err);
  return tacet_address_parse(tacet_buf_span(&w), &out);
}

static tacet_err room(void *ctx) {
  tacet_room in = {.kind = TACET_ROOM_GROUP,
                   .name = TACET_SPAN_LIT("crew"),
                   .admins = tacet_span_of(ID(1), 32),
                   .slot_server = TACET_SPAN_LIT("example.org")},
             out;
  (void)ctx;
  TACET_BUF(w, 1024);
  tacet_room_write(&w, &in);
  TACET_TRY(w.err);
  TACET_TRY(tacet_room_parse(tacet_buf_span(&w), &out));
  assert_true(tacet_room_is_admin(&out, ID(1)));
  return TACET_OK;
}

static tacet_err ids(void *ctx) {
  uint8_t out[32];
  (void)ctx;
  TACET_TRY(tacet_conversation_pair(ID(1), ID(2), out));
  TACET_TRY(
      tacet_successor_id(ID(3), TACET_SPAN_LIT("authenticator"), ID(4), out));
  return tacet_message_id(ID(5), ID(6), ID(7), TACET_SPAN_LIT("content"), out);
}

/* ---- what is said ---- */

static tacet_err content(void *ctx) {
  tacet_attachment file = {.size = 5};
  tacet_content_file files[] = {{.type = TACET_SPAN_LIT("image/png"),
                                 .filename = TACET_SPAN_LIT("a.png"),
                                 .reference = &file}};
  tacet_content_args args = {.text = TACET_SPAN_LIT("look"),
                             .files = files,
                             .n_files = 1,
                             .expires_seconds = 60,
                             .counter = 9};
  tacet_content c;
  (void)ctx;
  TACET_BUF(w, TACET_CONTENT_MAX);
  TACET_BUF(again, TACET_CONTENT_MAX);
  TACET_TRY(tacet_content_make(&w, &args));
  TACET_TRY(tacet_content_parse(tacet_buf_span(&w), &c));
  size_t at = 0, n = 0;
  for (tacet_part part; tacet_content_part(&c, &at, &part);) {
    n++;
  }
  assert_int_equal(n, 2);
  tacet_content_write(&again, &c);
  TACET_TRY(again.err);
  assert_span(tacet_buf_span(&w), tacet_buf_span(&again));
  return TACET_OK;
}

static tacet_err control(void *ctx) {
  (void)ctx;
  for (int type = TACET_CONTROL_LEAVE; type <= TACET_CONTROL_ERASED; type++) {
    tacet_control in = {.type = (tacet_control_type)type,
                        .replaces = TACET_SPAN_LIT("old"),
                        .epoch_authenticator = TACET_SPAN_LIT("tag"),
                        .reason = 1,
                        .manifest = TACET_SPAN_LIT("manifest")},
                  out;
    TACET_BUF(w, 1024);
    tacet_control_write(&w, &in);
    TACET_TRY(w.err);
    TACET_TRY(tacet_control_parse(tacet_buf_span(&w), &out));
  }
  return TACET_OK;
}

/* ---- what is inside an envelope ---- */

static tacet_err bodies(void *ctx) {
  tacet_hint hint = {2}, hint_out;
  tacet_slot_body body = {TACET_SPAN_LIT("manifests"),
                          TACET_SPAN_LIT("commit")},
                  body_out;
  tacet_letter_parts parts = {TACET_SPAN_LIT("manifests"),
                              TACET_SPAN_LIT("tree")},
                     parts_out;
  (void)ctx;
  TACET_BUF(w, 1024);
  tacet_hint_write(&w, &hint);
  TACET_TRY(w.err);
  TACET_TRY(tacet_hint_parse(tacet_buf_span(&w), &hint_out));
  TACET_BUF(slot, 1024);
  tacet_slot_body_write(&slot, &body);
  TACET_TRY(slot.err);
  TACET_TRY(tacet_slot_body_parse(tacet_buf_span(&slot), &body_out));
  TACET_BUF(letter, 1024);
  tacet_letter_parts_write(&letter, &parts);
  TACET_TRY(letter.err);
  return tacet_letter_parts_parse(tacet_buf_span(&letter), &parts_out);
}

/* ---- files ---- */

static tacet_err attachment(void *ctx) {
  static uint8_t sealed[TACET_CHUNK_SEALED_MAX], plain[TACET_CHUNK_LEN];
  tacet_attachment a, kept;
  tacet_attachment_state in = {.next = 0}, out = {.next = 0};
  size_t len, got;
  (void)ctx;
  TACET_TRY(tacet_attachment_new(7, &a));
  assert_int_equal(tacet_attachment_wants(&a, &in), 7);
  TACET_TRY(
      tacet_attachment_seal(&a, &in, TACET_SPAN_LIT("7 bytes"), sealed, &len));
  memcpy(a.hash, in.hash, sizeof(a.hash));
  TACET_BUF(w, 256);
  tacet_attachment_write(&w, &a);
  TACET_TRY(w.err);
  tacet_err e = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_buf_span(&w), &e);
  tacet_attachment_read(&r, &kept);
  TACET_TRY(e);
  return tacet_attachment_open(&kept, &out, tacet_span_of(sealed, len), plain,
                               &got);
}

static void a_failed_allocation_is_an_error(void **state) {
  (void)state;
  tacet_err (*const steps[])(void *) = {identity, address, room,   ids,
                                        content,  control, bodies, attachment};
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
    test_alloc_sweep(steps[i], NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_failed_allocation_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
