/* SPDX-License-Identifier: Apache-2.0
 * Accounts without homes. */
#include "tests/unit/client/crowd.h"

#include <stdio.h>

#include "client/core.h"
#include "tacet/content/room.h"
#include "tacet/wire/seal.h"

typedef struct one {
  tacet_secret device_key, seal_key;
  tacet_manifest manifest;
  uint8_t device[16], capability[32], account[32];
  fake_mailbox *box;
} one;

static void make_manifest(one *o, fake_server *s, fake_account *a, size_t i) {
  TACET_BUF(bytes, TACET_MANIFEST_MAX);
  tacet_manifest m = {.n_devices = 1};
  tacet_manifest_signer signer = {.private_key = &o->device_key};
  const tacet_secret *keys[] = {&o->device_key};
  (void)snprintf(m.handle, sizeof(m.handle), "crowd%zu@" FAKE_DOMAIN, i);
  assert_ok(tacet_random(o->device, sizeof(o->device)));
  assert_ok(tacet_random(m.recovery_key, sizeof(m.recovery_key)));
  assert_ok(tacet_sig_ed25519.generate(&o->device_key, m.devices[0].key));
  memcpy(m.devices[0].id, o->device, sizeof(o->device));
  memcpy(signer.device_id, o->device, sizeof(o->device));
  assert_ok(tacet_manifest_sign(&m, NULL, &signer, keys, 1, &bytes));
  assert_ok(tacet_manifest_first(tacet_buf_span(&bytes), &m));
  (void)snprintf(a->handle, sizeof(a->handle), "%s", m.handle);
  memcpy(a->id, m.account_id, sizeof(a->id));
  fake_manifest_add(s, a, tacet_buf_span(&bytes), &m);
}

static void make_mailbox(one *o, fake_server *s) {
  o->box = calloc(1, sizeof(*o->box));
  assert_ok(tacet_random(o->box->id, sizeof(o->box->id)));
  assert_ok(tacet_random(o->capability, sizeof(o->capability)));
  assert_ok(tacet_hash_one(&tacet_hash_sha256, tacet_span_of(o->capability, 32),
                           o->box->capability_hash));
  assert_ok(tacet_seal_key_new(&o->seal_key, o->box->sealing_key));
  o->box->next_seq = 1;
  s->mailboxes =
      fake_grow(s->mailboxes, &s->n_mailboxes, sizeof(fake_mailbox *));
  s->mailboxes[s->n_mailboxes - 1] = o->box;
}

static void make_package(one *o, fake_account *a, uint64_t now) {
  static const uint16_t types[] = {TACET_EXTENSION_DELIVERY,
                                   TACET_EXTENSION_ROOM};
  tacet_mls_config config = client_mls_config();
  tacet_identity identity = {.manifest = 0};
  tacet_address address = {.server = TACET_SPAN_LIT(FAKE_DOMAIN)};
  TACET_BUF(who, 64);
  TACET_BUF(where, 512);
  TACET_BUF(list, 512);
  TACET_BUF(message, 8192);
  TACET_MLS_KEYS(keys);
  memcpy(identity.account, a->id, 32);
  memcpy(identity.device, o->device, 16);
  memcpy(address.mailbox, o->box->id, 16);
  memcpy(address.capability, o->capability, 32);
  memcpy(address.sealing_key, o->box->sealing_key, 32);
  tacet_identity_write(&who, &identity);
  tacet_address_write(&where, &address);
  tacet_mls_extensions_add(&list, TACET_EXTENSION_DELIVERY,
                           tacet_buf_span(&where));
  tacet_mls_key_package_args args = {
      .leaf = {.signature_key = &o->device_key,
               .extension_types = types,
               .n_extension_types = 2,
               .identity = tacet_buf_span(&who),
               .extensions = tacet_buf_span(&list)},
      .not_before = now / 1000 - 3600,
      .not_after = now / 1000 + 60 * 86400};
  assert_ok(
      tacet_mls_key_package_new(&config, CLIENT_SUITE, &args, &message, &keys));
  a->packages = fake_grow(a->packages, &a->n_packages, sizeof(fake_package));
  memcpy(a->packages[0].device, o->device, 16);
  a->packages[0].bytes = fake_copy(tacet_buf_span(&message));
}

void crowd_join(world *w, size_t n) {
  for (size_t i = 0; i < n; i++) {
    one o = {.box = NULL};
    w->s->accounts =
        fake_grow(w->s->accounts, &w->s->n_accounts, sizeof(fake_account));
    fake_account *a = &w->s->accounts[w->s->n_accounts - 1];
    make_manifest(&o, w->s, a, i);
    make_mailbox(&o, w->s);
    make_package(&o, a, w->s->now);
    tacet_secret_wipe(&o.device_key);
    tacet_secret_wipe(&o.seal_key);
  }
}

const char *const *crowd_names(size_t n) {
  static char names[CROWD_MAX][32];
  static const char *list[CROWD_MAX];
  assert_true(n <= CROWD_MAX);
  for (size_t i = 0; i < n; i++) {
    (void)snprintf(names[i], sizeof(names[i]), "crowd%zu", i);
    list[i] = names[i];
  }
  return list;
}

/* ---- letters of strangers ---- */

void crowd_address(world *w, const char *handle, bool last_resort,
                   tacet_recipient *to, uint8_t sealing_key[32]) {
  const fake_account *a = fake_server_account(w->s, handle);
  const fake_package *p = NULL;
  tacet_mls_config config = client_mls_config();
  tacet_mls_key_package kp;
  tacet_span extension;
  tacet_address address;
  assert_non_null(a);
  for (size_t i = 0; i < a->n_packages && p == NULL; i++) {
    p = a->packages[i].last_resort == last_resort ? &a->packages[i] : NULL;
  }
  assert_non_null(p);
  assert_ok(tacet_mls_key_package_check(
      &config, tacet_span_of(p->bytes.p, p->bytes.len), w->s->now / 1000, &kp));
  assert_true(tacet_mls_extensions_find(kp.member.extensions,
                                        TACET_EXTENSION_DELIVERY, &extension));
  assert_ok(tacet_address_parse(extension, &address));
  memcpy(to->mailbox, address.mailbox, sizeof(to->mailbox));
  memcpy(to->capability, address.capability, sizeof(to->capability));
  memcpy(sealing_key, address.sealing_key, 32);
}

tacet_delivery crowd_post(world *w, const char *handle, bool last_resort,
                          const tacet_letter *letter) {
  tacet_recipient to;
  uint8_t sealing_key[32];
  TACET_BUF(list, 64);
  TACET_BUF(item, TACET_LETTER_MAX);
  TACET_BUF(body, TACET_LETTER_MAX + 1024);
  crowd_address(w, handle, last_resort, &to, sealing_key);
  assert_ok(tacet_letter_seal(sealing_key, to.mailbox, letter, &item));
  tacet_recipient_write(&list, &to);
  tacet_send ask = {.recipients = tacet_buf_span(&list),
                    .item = tacet_buf_span(&item)};
  tacet_send_write(&body, &ask);
  client_call call = {.half = CLIENT_DELIVERY,
                      .method = "POST",
                      .path = "/v1/send",
                      .body = tacet_buf_span(&body)};
  fake_reply reply = {0};
  tacet_send_answer answer;
  fake_delivery(w->s, &call, &reply);
  assert_int_equal(reply.status, 200);
  assert_ok(tacet_send_answer_parse(tacet_span_of(reply.body.p, reply.body.len),
                                    &answer));
  tacet_delivery d = (tacet_delivery)answer.deliveries.p[0];
  free(reply.body.p);
  return d;
}

void crowd_blob(world *w, tacet_span plain, tacet_attachment *a) {
  tacet_attachment_state state = {.next = 0};
  TACET_BUF(sealed, 8u << 20);
  uint8_t chunk[TACET_CHUNK_SEALED_MAX];
  assert_ok(tacet_attachment_new(plain.len, a));
  for (uint32_t i = tacet_attachment_chunks(plain.len); i > 0; i--) {
    size_t want = tacet_attachment_wants(a, &state), len;
    assert_ok(tacet_attachment_seal(a, &state, tacet_span_of(plain.p, want),
                                    chunk, &len));
    tacet_write_bytes(&sealed, tacet_span_of(chunk, len));
    plain.p += want;
    plain.len -= want;
  }
  memcpy(a->hash, state.hash, sizeof(a->hash));
  w->s->blobs = fake_grow(w->s->blobs, &w->s->n_blobs, sizeof(fake_blob));
  fake_blob *b = &w->s->blobs[w->s->n_blobs - 1];
  memcpy(b->id, a->blob, sizeof(b->id));
  b->data = fake_copy(tacet_buf_span(&sealed));
  b->received = sealed.len;
}
