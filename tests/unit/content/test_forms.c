/* SPDX-License-Identifier: Apache-2.0
 * docs/protocol/vectors/forms.json: bytes that were made apart from this code, in
 * another language, after docs/protocol. What it says is written to those bytes
 * here, and read from them; cut anywhere, they are refused. */
#include "tests/support/support.h"

#include <jansson.h>

#include "tacet/content.h"
#include "tacet/content/envelope.h"
#include "tacet/content/room.h"
#include "tacet/crypto.h"

#define VECTORS "docs/protocol/vectors/forms.json"

static json_t *all;

/* ---- reading a row ---- */

/* What a row's spans point into: freed with it. */
typedef struct row {
  const json_t *o;
  tacet_span spans[8];
  size_t n;
} row;

static tacet_span bytes(row *r, const char *key) {
  const char *hex = json_string_value(json_object_get(r->o, key));
  if (hex == NULL || r->n == 8) {
    fail_msg("%s: no %s", VECTORS, key);
  }
  return r->spans[r->n++] = test_hex(hex);
}

static void copy(row *r, const char *key, uint8_t *out, size_t len) {
  tacet_span s = bytes(r, key);
  assert_int_equal(s.len, len);
  memcpy(out, s.p, len);
}

static tacet_span text(const row *r, const char *key) {
  const json_t *s = json_object_get(r->o, key);
  assert_true(json_is_string(s));
  return tacet_span_of(json_string_value(s), json_string_length(s));
}

static uint64_t number(const row *r, const char *key) {
  const json_t *n = json_object_get(r->o, key);
  assert_true(json_is_integer(n));
  return (uint64_t)json_integer_value(n);
}

static void each(const char *list, void (*check)(row *r)) {
  const json_t *rows = json_object_get(all, list);
  assert_true(json_array_size(rows) > 0);
  for (size_t i = 0; i < json_array_size(rows); i++) {
    row r = {.o = json_array_get(rows, i)};
    check(&r);
    for (size_t k = 0; k < r.n; k++) {
      test_hex_free(r.spans[k]);
    }
  }
}

/* Every proper prefix, in a block of its own, and one byte more. */
static void refused_but_whole(tacet_span in, tacet_err (*parse)(tacet_span)) {
  assert_ok(parse(in));
  for (size_t n = 0; n < in.len; n++) {
    uint8_t *cut = malloc(n == 0 ? 1 : n);
    memcpy(cut, in.p, n);
    assert_int_equal(tacet_err_kind(parse(tacet_span_of(cut, n))),
                     TACET_KIND_INPUT);
    free(cut);
  }
  uint8_t *longer = calloc(1, in.len + 1);
  memcpy(longer, in.p, in.len);
  assert_err(TACET_ERR_TRAILING, parse(tacet_span_of(longer, in.len + 1)));
  free(longer);
}

/* ---- structs ---- */

static tacet_err parse_identity(tacet_span in) {
  tacet_identity i;
  return tacet_identity_parse(in, &i);
}

static void check_identity(row *r) {
  tacet_identity i = {.manifest = (uint32_t)number(r, "manifest")}, got;
  TACET_BUF(w, 256);
  copy(r, "account", i.account, sizeof(i.account));
  copy(r, "device", i.device, sizeof(i.device));
  tacet_span want = bytes(r, "bytes");
  tacet_identity_write(&w, &i);
  assert_span(want, tacet_buf_span(&w));
  assert_ok(tacet_identity_parse(want, &got));
  assert_memory_equal(i.account, got.account, sizeof(i.account));
  assert_memory_equal(i.device, got.device, sizeof(i.device));
  assert_int_equal(i.manifest, got.manifest);
  refused_but_whole(want, parse_identity);
}

static tacet_err parse_address(tacet_span in) {
  tacet_address a;
  return tacet_address_parse(in, &a);
}

static void check_address(row *r) {
  tacet_address a = {.server = text(r, "server")}, got;
  TACET_BUF(w, 512);
  copy(r, "mailbox", a.mailbox, sizeof(a.mailbox));
  copy(r, "capability", a.capability, sizeof(a.capability));
  copy(r, "sealing_key", a.sealing_key, sizeof(a.sealing_key));
  tacet_span want = bytes(r, "bytes");
  tacet_address_write(&w, &a);
  assert_span(want, tacet_buf_span(&w));
  assert_ok(tacet_address_parse(want, &got));
  assert_span(a.server, got.server);
  assert_memory_equal(a.mailbox, got.mailbox, sizeof(a.mailbox));
  assert_memory_equal(a.capability, got.capability, sizeof(a.capability));
  assert_memory_equal(a.sealing_key, got.sealing_key, sizeof(a.sealing_key));
  refused_but_whole(want, parse_address);
}

static tacet_err parse_room(tacet_span in) {
  tacet_room m;
  return tacet_room_parse(in, &m);
}

static void check_room(row *r) {
  tacet_room m = {.kind = (tacet_room_kind)number(r, "kind"),
                  .name = text(r, "name"),
                  .slot_server = text(r, "slot_server")},
             got;
  TACET_BUF(w, 4096);
  copy(r, "conversation", m.conversation, sizeof(m.conversation));
  m.admins = bytes(r, "admins");
  tacet_span want = bytes(r, "bytes");
  tacet_room_write(&w, &m);
  assert_span(want, tacet_buf_span(&w));
  assert_ok(tacet_room_parse(want, &got));
  assert_int_equal(m.kind, got.kind);
  assert_memory_equal(m.conversation, got.conversation, 32);
  assert_span(m.name, got.name);
  assert_span(m.admins, got.admins);
  assert_span(m.slot_server, got.slot_server);
  for (size_t at = 0; at < got.admins.len; at += 32) {
    assert_true(tacet_room_is_admin(&got, got.admins.p + at));
  }
  refused_but_whole(want, parse_room);
}

static tacet_err parse_control(tacet_span in) {
  tacet_control c;
  return tacet_control_parse(in, &c);
}

static void read_control(row *r, tacet_control *c) {
  c->type = (tacet_control_type)number(r, "type");
  switch (c->type) {
  case TACET_CONTROL_LEAVE:
    break;
  case TACET_CONTROL_ADDRESS:
    copy(r, "sealing_key", c->sealing_key, sizeof(c->sealing_key));
    copy(r, "mailbox", c->mailbox, sizeof(c->mailbox));
    copy(r, "capability", c->capability, sizeof(c->capability));
    break;
  case TACET_CONTROL_CAPABILITY:
    copy(r, "mailbox", c->mailbox, sizeof(c->mailbox));
    copy(r, "capability", c->capability, sizeof(c->capability));
    break;
  case TACET_CONTROL_SUCCESSOR:
    c->replaces = bytes(r, "replaces");
    c->epoch_authenticator = bytes(r, "epoch_authenticator");
    c->last_epoch = number(r, "last_epoch");
    c->reason = (uint8_t)number(r, "reason");
    break;
  case TACET_CONTROL_ERASED:
    c->manifest = bytes(r, "manifest");
    break;
  }
}

static void check_control(row *r) {
  tacet_control c = {.reason = 0}, got;
  TACET_BUF(w, 4096);
  read_control(r, &c);
  tacet_span want = bytes(r, "bytes");
  tacet_control_write(&w, &c);
  assert_span(want, tacet_buf_span(&w));
  assert_ok(tacet_control_parse(want, &got));
  assert_int_equal(c.type, got.type);
  assert_memory_equal(c.mailbox, got.mailbox, sizeof(c.mailbox));
  assert_memory_equal(c.capability, got.capability, sizeof(c.capability));
  assert_memory_equal(c.sealing_key, got.sealing_key, sizeof(c.sealing_key));
  assert_span(c.replaces, got.replaces);
  assert_span(c.epoch_authenticator, got.epoch_authenticator);
  assert_span(c.manifest, got.manifest);
  assert_true(c.last_epoch == got.last_epoch && c.reason == got.reason);
  refused_but_whole(want, parse_control);
}

static tacet_err parse_hint(tacet_span in) {
  tacet_hint h;
  return tacet_hint_parse(in, &h);
}

static void check_hint(row *r) {
  tacet_hint h = {(uint32_t)number(r, "slot")}, got;
  TACET_BUF(w, 16);
  tacet_span want = bytes(r, "bytes");
  tacet_hint_write(&w, &h);
  assert_span(want, tacet_buf_span(&w));
  assert_ok(tacet_hint_parse(want, &got));
  assert_int_equal(h.slot, got.slot);
  refused_but_whole(want, parse_hint);
}

static tacet_err parse_slot_body(tacet_span in) {
  tacet_slot_body s;
  return tacet_slot_body_parse(in, &s);
}

static void check_slot_body(row *r) {
  tacet_slot_body s = {bytes(r, "manifests"), bytes(r, "commit")}, got;
  TACET_BUF(w, 4096);
  tacet_span want = bytes(r, "bytes");
  tacet_slot_body_write(&w, &s);
  assert_span(want, tacet_buf_span(&w));
  assert_ok(tacet_slot_body_parse(want, &got));
  assert_span(s.manifests, got.manifests);
  assert_span(s.commit, got.commit);
  refused_but_whole(want, parse_slot_body);
}

static void structs_have_these_bytes(void **state) {
  (void)state;
  each("identities", check_identity);
  each("addresses", check_address);
  each("rooms", check_room);
  each("controls", check_control);
  each("hints", check_hint);
  each("slot_bodies", check_slot_body);
}

/* ---- ids and sizes ---- */

static void check_pair(row *r) {
  uint8_t a[32], b[32], got[32];
  copy(r, "a", a, 32);
  copy(r, "b", b, 32);
  assert_ok(tacet_conversation_pair(a, b, got));
  assert_span(bytes(r, "conversation"), tacet_span_of(got, 32));
}

static void check_successor(row *r) {
  uint8_t conversation[32], creator[32], got[32];
  copy(r, "conversation", conversation, 32);
  copy(r, "creator", creator, 32);
  assert_ok(tacet_successor_id(conversation, bytes(r, "epoch_authenticator"),
                               creator, got));
  assert_span(bytes(r, "group_id"), tacet_span_of(got, 32));
}

static void check_padding(row *r) {
  uint64_t n = number(r, "size");
  assert_true(tacet_padme(n) == number(r, "padme"));
  assert_true(tacet_bucket(n) == number(r, "bucket"));
}

static void ids_and_sizes_are_these(void **state) {
  (void)state;
  each("pairs", check_pair);
  each("successors", check_successor);
  each("padding", check_padding);
}

/* ---- contents, envelopes, files ---- */

static tacet_err parse_content(tacet_span in) {
  tacet_content c;
  return tacet_content_parse(in, &c);
}

static void check_content(row *r) {
  row of = {.o = json_object_get(all, "message_ids_of")};
  uint8_t account[32], device[16], conversation[32], id[32];
  tacet_content c;
  tacet_part p;
  size_t at = 0;
  TACET_BUF(w, 4096);
  copy(&of, "account", account, sizeof(account));
  copy(&of, "device", device, sizeof(device));
  copy(&of, "conversation", conversation, sizeof(conversation));
  tacet_span in = bytes(r, "bytes");
  assert_ok(tacet_content_parse(in, &c));
  assert_true(c.has_counter);
  assert_true(c.counter ==
              strtoull((const char *)text(r, "counter").p, NULL, 10));
  while (tacet_content_part(&c, &at, &p)) {
    assert_int_not_equal(p.kind, TACET_PART_MULTI);
  }
  assert_true(at > 0);
  tacet_content_write(&w, &c);
  assert_span(in, tacet_buf_span(&w));
  assert_ok(tacet_message_id(account, device, conversation, in, id));
  assert_span(bytes(r, "message_id"), tacet_span_of(id, sizeof(id)));
  refused_but_whole(in, parse_content);
  for (size_t i = 0; i < of.n; i++) {
    test_hex_free(of.spans[i]);
  }
}

static void check_envelope(row *r) {
  TACET_BYTES(plain);
  tacet_envelope_type type;
  tacet_span body, in = bytes(r, "bytes");
  assert_int_equal(tacet_bucket(in.len), in.len);
  assert_ok(tacet_envelope_open(bytes(r, "key"), in, &plain, &type, &body));
  assert_int_equal(type, number(r, "type"));
  assert_span(bytes(r, "body"), body);
}

static void check_file(row *r) {
  tacet_attachment a = {.size = number(r, "size")};
  tacet_attachment_state s = {.next = 0}, t = {.next = 0};
  static uint8_t plain[TACET_CHUNK_LEN], again[TACET_CHUNK_LEN],
      out[TACET_CHUNK_SEALED_MAX];
  TACET_BUF(sealed, 1 << 20);
  copy(r, "key", a.key, sizeof(a.key));
  copy(r, "prefix", a.prefix, sizeof(a.prefix));
  copy(r, "hash", a.hash, sizeof(a.hash));
  for (uint64_t at = 0; s.next < tacet_attachment_chunks(a.size);) {
    size_t n = tacet_attachment_wants(&a, &s), len, got;
    for (size_t i = 0; i < n; i++) {
      plain[i] = (uint8_t)(at++ % 251);
    }
    assert_ok(
        tacet_attachment_seal(&a, &s, tacet_span_of(plain, n), out, &len));
    tacet_write_bytes(&sealed, tacet_span_of(out, len));
    assert_int_equal(len, tacet_attachment_sealed_wants(&a, &t));
    assert_ok(
        tacet_attachment_open(&a, &t, tacet_span_of(out, len), again, &got));
    assert_span(tacet_span_of(plain, n), tacet_span_of(again, got));
  }
  uint8_t hash[32];
  assert_span(tacet_span_of(a.hash, 32), tacet_span_of(s.hash, 32));
  assert_int_equal(sealed.len, number(r, "sealed_size"));
  assert_int_equal(sealed.len, tacet_attachment_sealed_size(a.size));
  assert_ok(tacet_hash_one(&tacet_hash_sha256, tacet_buf_span(&sealed), hash));
  assert_span(bytes(r, "sealed_sha256"), tacet_span_of(hash, 32));
}

static void what_another_made_is_read(void **state) {
  (void)state;
  each("contents", check_content);
  each("envelopes", check_envelope);
  each("files", check_file);
}

static int load(void **state) {
  (void)state;
  all = json_load_file(VECTORS, 0, NULL);
  return all == NULL || tacet_crypto_init() != TACET_OK;
}

static int unload(void **state) {
  (void)state;
  json_decref(all);
  return 0;
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(structs_have_these_bytes),
      cmocka_unit_test(ids_and_sizes_are_these),
      cmocka_unit_test(what_another_made_is_read),
  };
  return cmocka_run_group_tests(tests, load, unload);
}
